"""Incidents: fuse, compare, calibrate, and say who could have seen what."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.arguments import FolderArgument
from tocsin.cli.clock import utc_now
from tocsin.cli.endings import exit_codes, say_issues
from tocsin.cli.root import app
from tocsin.errors import WrongUse

__all__ = ["calibrate", "coverage", "fuse", "incidents_app", "incidents_diff"]


@app.command()
def fuse(  # noqa: PLR0913  # each is an option of the command
    observations: Annotated[
        Path | None,
        typer.Argument(help="Observations, Parquet; none with `--live`."),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Incidents, Parquet.")
    ] = None,
    members: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Which observation is in which incident."),
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who is said to control which ground; its parties become columns.",
        ),
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Parameters that differ from ours, TOML."),
    ] = None,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going", help="Leave faulty rows out instead of refusing the file."
        ),
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Read observations as JSON lines from standard input, write changes as"
            " JSON lines; OBSERVATIONS, if given, are what stands before.",
        ),
    ] = False,
    inside: Annotated[
        bool,
        typer.Option(
            "--inside", help="With `--live`: hold nothing back; for the mission alone."
        ),
    ] = False,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="With `--live`: the clock is each line's `received_at`."
        ),
    ] = False,
) -> None:
    """Fuse observations into incidents, from a file or live.

    Reads OBSERVATIONS, the control layer and the parameters. Writes both tables when
    both are complete; with `--live` writes changes to standard output.

    Example: `tocsin fuse seen.parquet --out found.parquet --members in.parquet`
    """
    from tocsin.fusing import batch

    with exit_codes():
        if live:
            _fuse_live(observations, params, control, inside=inside, replay=replay)
            return
        if observations is None or out is None or members is None:
            raise WrongUse("give OBSERVATIONS, --out and --members")
        sifted = batch.fuse_file(
            observations,
            out,
            members,
            control_file=control,
            params_file=params,
            keep_going=keep_going,
        )
        say_issues(sifted.issues)
    typer.echo(
        f"{sifted.observations:,} observations: {sifted.incidents.num_rows:,} incidents"
        f" of {sifted.members.num_rows:,}, {sifted.leftover.num_rows:,} in none"
    )
    typer.echo(f"{out}, {members}")


@app.command()
def calibrate(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the page and the picture.")
    ] = Path("out/calibration"),
    seed: Annotated[
        list[int], typer.Option(min=0, help="An exercise to measure on; repeat it.")
    ] = [21, 22],  # noqa: B006  # typer copies it
    days: Annotated[int, typer.Option(min=1, max=366, help="Length of each.")] = 14,
    per_day: Annotated[
        int, typer.Option(min=10, max=200_000, help="Observations a day, about.")
    ] = 1_000,
    factor: Annotated[
        float, typer.Option(min=0.1, max=10.0, help="Stated over true errors.")
    ] = 1.0,
    params: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Parameters that differ from ours, TOML."),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Measure nothing: fit on these seeds what each kind of eye is worth,"
            " and write that for `--params`.",
        ),
    ] = None,
) -> None:
    """Measure how good the probabilities of attribution are, on exercises.

    Reads nothing but the parameters. Writes `calibration.md`, `calibration.json` and
    `reliability.svg` into DIR.

    Example: `tocsin calibrate --seed 21 --days 3 --out out/calibration`
    """
    from tocsin.fusing import batch
    from tocsin.fusing import calibrate as measure

    with exit_codes():
        weights = batch.read_params(params)[1]
        size: dict[str, Any] = {"days": days, "per_day": per_day, "weights": weights}
        if fit is not None:
            measure.fit(fit, seed, **size)
            typer.echo(str(fit))
            return
        typer.echo(measure.calibrate(out, seed, factor=factor, **size))
    typer.echo(str(out / "calibration.md"))


@app.command()
def coverage(
    folder: FolderArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write; without it, DIR/coverage."),
    ] = None,
) -> None:
    """Say who could have seen what, by sector, watch and day, and what nobody could.

    Reads what `tocsin run` left. Writes `coverage.json`, the picture `coverage.svg`
    and a map of each day, `map.svg`.

    Example: `tocsin coverage out/demo`
    """
    from tocsin.fusing import seen

    with exit_codes():
        place = out or folder / "coverage"
        watches, days = seen.coverage_of(folder, place)
    dark = days.filter((days["hours"] == 0) & days["share"].is_not_null()).height
    unsaid = days["share"].null_count()
    typer.echo(
        f"{watches.height:,} watch days; of {days.height:,} sector days {dark:,} were"
        f" seen by nobody, and of {unsaid:,} nobody says how much was in view"
    )
    for name in ("coverage.json", "coverage.svg", "map.svg"):
        typer.echo(str(place / name))


incidents_app = typer.Typer(no_args_is_help=True, help="Incidents, looked at again.")


app.add_typer(incidents_app, name="incidents")


@incidents_app.command("diff")
def incidents_diff(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A folder; with `--in` an instant.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The same, later.")],
    *,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--in", metavar="DIR", help="A and B are knowledge times of this run."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line.")
    ] = False,
) -> None:
    """Say which incidents changed between A and B, what became of them, and why.

    Reads what `tocsin run` left. Writes to standard output.

    Example: `tocsin incidents diff 2025-03-05 2025-03-06 --in out/demo`
    """
    import msgspec

    from tocsin.fusing import changes

    with exit_codes():
        states = changes.states(first, second, folder)
        found = changes.diff(*states)
    for one in found:
        typer.echo(msgspec.json.encode(one).decode() if as_json else str(one))
    if not as_json:
        typer.echo(
            f"{len(found):,} incidents changed: {states[0].name}, {states[1].name}"
        )


def _fuse_live(
    before: Path | None,
    params: Path | None,
    control: Path | None,
    *,
    inside: bool,
    replay: bool,
) -> None:
    """Lines in, lines out, until the end of standard input."""
    from tocsin.fusing import start

    stream = start.live_stream(
        before,
        params,
        now=utc_now,
        inside=inside,
        replay=replay,
        control_file=control,
    )
    for line in stream.lines(sys.stdin.buffer):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    if stream.faults:
        raise SystemExit(1)
