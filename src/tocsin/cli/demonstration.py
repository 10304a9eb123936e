"""The exercise, from the simulated night to its score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.bars import stage_bars
from tocsin.cli.clock import cost_so_far
from tocsin.cli.endings import exit_codes
from tocsin.cli.root import app

__all__ = ["demo"]


@app.command()
def demo(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for everything it makes.")
    ] = Path("out/demo"),
    seed: Annotated[
        int, typer.Option(min=0, help="Chance; same seed, same bytes.")
    ] = 1,
    days: Annotated[int, typer.Option(min=1, max=366, help="Length in days.")] = 14,
    per_day: Annotated[
        int, typer.Option(min=10, max=200_000, help="Observations a day, about.")
    ] = 1_000,
) -> None:
    """Simulate a fictional ceasefire, run everything, write the report, and score it.

    Reads `agreements/exercise-lantern`. Writes DIR: the evidence, the result, the
    report of the last day, and `score.json` against the known truth.

    Example: `tocsin demo --days 3 --per-day 300 --out out/demo`
    """
    from tocsin import demonstration

    with exit_codes(), stage_bars() as progress:
        result = demonstration.run(
            out,
            seed=seed,
            days=days,
            per_day=per_day,
            progress=progress,
            cost=cost_so_far(),
        )
    for line in result.lines():
        typer.echo(line)
