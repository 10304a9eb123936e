"""From evidence to report: run, report, the sources and where to get them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from time import sleep
from typing import Annotated, Any, Final

import typer

from tocsin.cli.arguments import AgreementArgument, FolderArgument, id_and_file
from tocsin.cli.bars import byte_bars, stage_bars
from tocsin.cli.clock import cost_so_far, utc_now
from tocsin.cli.endings import exit_codes
from tocsin.cli.files import put
from tocsin.cli.root import app
from tocsin.errors import WrongUse

__all__ = ["Format", "Kind", "get_source", "report", "run", "sources"]

ISSUES_SAID: Final = 3
"""Of each code; the rest stands in the run's records and in its report."""


class Format(StrEnum):
    """What a report is written as."""

    HTML = "html"
    JSON = "json"


class Kind(StrEnum):
    """Which report."""

    DAILY = "daily"


@app.command()
def run(
    agreement: AgreementArgument,
    *,
    source: Annotated[
        list[str],
        typer.Option(
            metavar="ID=FILE",
            help="Evidence: a source that `tocsin sources` lists (or a description of"
            " your own, `my-table.toml=FILE`). Give it once for each file.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder for the result, made if missing."),
    ],
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="D", help="First day or instant asked about."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--to", metavar="D", help="Last day (inclusive) or instant."),
    ] = None,
    as_known_at: Annotated[
        str | None,
        typer.Option(metavar="T", help="Answer with what was known at this instant."),
    ] = None,
    control: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who is said to control which ground: GeoJSON with a property"
            " `party`, or a dated layer.",
        ),
    ] = None,
    gazetteer: Annotated[
        list[str],
        typer.Option(
            metavar="ID=FILE",
            help="Named places, for rows with a name and no coordinates: a gazetteer"
            " that `tocsin sources` lists, or `my-places.toml=FILE`.",
        ),
    ] = [],  # noqa: B006  # typer copies it
) -> None:
    """Take evidence in, and find what it says under an agreement.

    Reads the agreement, the sources and the control layer. Writes `DIR/summary.json`,
    tables (`DIR/segments`) and records (`DIR/records`), all at once when done.

    Example: `tocsin run agreements/minsk-2015 --source ucdp-ged=ged.parquet --out out`
    """
    from tocsin import pipeline

    with exit_codes(), stage_bars() as progress:
        asked = pipeline.question(start=start, until=until, as_known_at=as_known_at)
        summary = pipeline.run_folder(
            agreement,
            [id_and_file(text) for text in source],
            out,
            asked=asked,
            control_file=control,
            gazetteers=[id_and_file(text, "--gazetteer") for text in gazetteer],
            progress=progress,
            cost=cost_so_far(),
        )
    with exit_codes():
        _say_issues_of(out, summary["issues"])
        _say_summary(summary, out)


@app.command()
def report(
    folder: FolderArgument,
    *,
    day: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Day, UTC.")
    ],
    kind: Annotated[Kind, typer.Option(help="Which report.")] = Kind.DAILY,
    form: Annotated[
        Format, typer.Option("--format", help="One HTML file, or the same as JSON.")
    ] = Format.HTML,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write it; `-` for standard output."
        ),
    ] = None,
    released_at: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="When it leaves the mission (default: now). Impacts of the 24 hours"
            " before are withheld.",
        ),
    ] = None,
) -> None:
    """Write the daily report from a folder that `tocsin run` made.

    Reads DIR. Writes one self-contained file, by default
    `DIR/report/daily-YYYY-MM-DD.html` (or `.json`).

    Example: `tocsin report out/minsk --kind daily --date 2021-10-01 --format html`
    """
    from tocsin import report as reports
    from tocsin.model import instant

    with exit_codes():
        now = utc_now()
        released = now if released_at is None else instant(released_at)
        if released > now:  # what is withheld until then is not shown today
            raise WrongUse(f"--released-at {released_at} has not come yet")
        path = out or folder / "report" / f"{kind}-{day:%Y-%m-%d}.{form}"
        data = reports.write(
            folder,
            kind=kind.value,
            day=day.date(),
            form=form.value,
            released_at=released,
        )
        put(path, data)


@app.command()
def sources() -> None:
    """List the sources that Tocsin can read, with publisher, licence and coverage.

    Reads nothing but its own descriptions; writes to standard output: a table, or, to
    a pipe, one line for each source with tabs between.

    Example: `tocsin sources`
    """
    from rich.console import Console
    from rich.table import Table

    from tocsin import connectors

    rows = [
        (one.id, one.publisher, one.licence, _period(one.coverage), one.gives)
        for one in connectors.describe_all()
    ]
    if not sys.stdout.isatty():
        typer.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(box=None)
    table.add_column("id", no_wrap=True)
    for heading in ("publisher", "licence", "covers", "gives"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@app.command("get")
def get_source(
    source: Annotated[
        str, typer.Argument(help="An id that `tocsin sources` lists, or `my.toml`.")
    ],
    *,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the files go.")
    ] = Path("data"),
) -> None:
    """Fetch the public files of a source, checked against its description.

    Writes FOLDER/NAME when a file is whole; until then NAME.part, from which the same
    command goes on. Needs a network.

    Example: `tocsin get alerts-official --to data`
    """
    from tocsin import connectors

    with exit_codes(), byte_bars() as told:
        fetched = connectors.fetch(source, to, wait=sleep, told=told)
        known = connectors.description(source)
    for one in fetched:
        typer.echo(f"{one.path}: {one.bytes:,} bytes, SHA-256 {one.sha256}")
    for name in (each.name for each in known.downloads if each.sha256 is None):
        said = "states neither length nor digest, for it changes: keep the one above"
        typer.echo(f"{name}: its description {said}", err=True)
    typer.echo(f"{known.publisher}; {known.licence}", err=True)


def _say_issues_of(out: Path, counts: Mapping[str, int]) -> None:
    """The first few issues of each code, and where all of them are."""
    from tocsin.evidence import Issues
    from tocsin.model import visible
    from tocsin.store import FolderStore

    if not counts:
        return
    view = FolderStore(out).view()
    for code, few in Issues([view.issues()]).first(ISSUES_SAID).items():
        more = counts[code] - len(few)
        typer.echo(f"{code}: {counts[code]:,}", err=True)
        for issue in few:
            typer.echo(visible(f"  {issue}".replace("\n", "\n  ")), err=True)
        if more:
            typer.echo(f"  and {more:,} more", err=True)
    typer.echo(f"all {sum(counts.values()):,} issues: {view.file('issues')}", err=True)


def _say_summary(summary: Mapping[str, Any], out: Path) -> None:
    issues = sum(summary["issues"].values())
    typer.echo(
        f"{summary['rows_read']} rows read: {summary['observations']} observations,"
        f" {summary['rows_refused']} refused, {issues} issues in all"
    )
    typer.echo(f"{summary['incidents']} incidents")
    for clause, parties in summary["findings"].items():
        for party, verdicts in parties.items():
            numbers = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items())
            typer.echo(f"{clause}, {party.replace('_', ' ')}: {numbers}")
    for one in summary["guarantees"]:
        due = f", next step due {one['due']}" if one["due"] else ""
        about = f" ({one['party'].replace('_', ' ')})" if one["party"] else ""
        typer.echo(f"{one['clause']} {one['title']}{about}: {one['state']}{due}")
    typer.echo(f"{out / 'summary.json'}: {summary['seconds']} s")


def _period(coverage: Any) -> str:
    def show(day: date | None, unknown: str) -> str:
        return unknown if day is None else day.isoformat()

    return f"{show(coverage.first, '?')} to {show(coverage.last, 'now')}"
