"""Tests of a text before signature, and what they rest on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.arguments import AgreementArgument
from tocsin.cli.bars import stage_bars
from tocsin.cli.endings import exit_codes
from tocsin.cli.root import app

__all__ = ["durability", "stress", "validate"]


@app.command()
def stress(  # one for each option
    agreement: AgreementArgument,
    *,
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder for the result, made if missing."),
    ],
    against: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="Another text to compare with.")
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: what people may do, as ranges."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=64, max=10_000_000, help="Draws from the ranges, about.")
    ] = 100_000,
    seed: Annotated[
        int, typer.Option(min=0, help="Chance; same seed, same bytes.")
    ] = 1,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder with durability records, if any."),
    ] = None,
) -> None:
    """Test a text before signature: where its guarantees would fail to activate.

    Reads the agreement, the other text and the ranges. Writes `DIR/stress.json`, the
    histories that show each weakness, a patch that would mend it, and one HTML page.
    Everything is conditional on the inputs and marked AMBER+STRICT.

    Example: `tocsin stress agreements/exercise-lantern --out out/stress`
    """
    from tocsin import stresstest
    from tocsin.report.stress import write_stress_page

    with exit_codes(), stage_bars() as progress:
        tested = stresstest.stress(
            agreement,
            out=out,
            against=against,
            inputs=inputs,
            draws=draws,
            seed=seed,
            data=data,
            progress=progress,
        )
        page = write_stress_page(tested, out)
    for one in tested.weaknesses:
        typer.echo(one.sentence)
    typer.echo(
        f"{len(tested.weaknesses)} weaknesses, conditional on the inputs: {page}"
    )


@app.command()
def validate(
    *,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder with the files of published studies."),
    ] = None,
) -> None:
    """Say which published tables the stress test's models reproduce, and which not.

    Reads the files that the user supplies, if any; writes to standard output. Ends with
    1 where a table that could be computed was not reproduced.

    Example: `tocsin validate --data durability`
    """
    from tocsin import stresstest

    with exit_codes():
        tables = stresstest.validate(data)
        for table in tables:
            typer.echo(f"{table.id} {table.state}: {table.what} [{table.source}]")
            for row in table.rows:
                ours = "not computed" if row.ours is None else f"{row.ours:.4g}"
                typer.echo(f"    {row.what}: published {row.published:g}, here {ours}")
            if table.note:
                typer.echo(f"    {table.note}")
        if any(table.state == "not_reproduced" for table in tables):
            raise SystemExit(1)


@app.command()
def durability(
    *,
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder with the durability records.")
    ],
) -> None:
    """Show how long peace lasted elsewhere, with the reference class. Writes JSON.

    Reads the records in the folder; writes to standard output.

    Example: `tocsin durability --data durability`
    """
    from tocsin import stresstest
    from tocsin.model import encode

    with exit_codes():
        sys.stdout.buffer.write(encode(stresstest.durability_of(data)))
