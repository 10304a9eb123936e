"""The commands, named after what a duty officer does. Only here is the clock asked.

Exit codes: 0 done; 1 the input has errors, all of them listed; 2 wrong use;
130 broken off by the user (what was there before is still whole).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tocsin.errors import InputRefused, SourceUnusable, TocsinError, WrongUse
from tocsin.settings import limit_threads, read_settings

if TYPE_CHECKING:
    from tocsin.agreement import Agreement
    from tocsin.model import Issue
    from tocsin.pipeline import Progress

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From observations of a ceasefire to what its guarantors now owe.",
)


class Format(StrEnum):
    """What a report is written as."""

    HTML = "html"
    JSON = "json"


class Kind(StrEnum):
    """Which report."""

    DAILY = "daily"


AgreementArgument = Annotated[
    Path, typer.Argument(help="An agreement: a Markdown file, or a folder with one.")
]
FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder that `tocsin run` wrote.")
]


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    with _exit_codes():
        limit_threads(read_settings())
        app(prog_name="tocsin", standalone_mode=True)
    sys.exit(0)


@app.callback()
def _top(
    version: Annotated[  # answered by the callback
        bool,
        typer.Option("--version", is_eager=True, callback=lambda v: _version(asked=v)),
    ] = False,
) -> None:
    """From observations of a ceasefire to what its guarantors now owe."""


@app.command()
def check(agreement: AgreementArgument) -> None:
    """Read an agreement and say everything that is wrong with it.

    Reads the Markdown file (or `agreement.md` in the folder) and the areas beside it.
    Writes nothing. Each finding shows the line, the words and a repair, in the
    language of the file: English, French or Ukrainian.

    Example: `tocsin check agreements/minsk-2015`
    """
    from tocsin import agreement as language

    with _exit_codes():
        outcome = language.read(agreement)
        issues = (*outcome.issues, *language.load_areas(agreement).issues)
        said = outcome.records.language if outcome.records else "en"
        _show_issues(issues, said)
        if outcome.records is None or any(not issue.warning for issue in issues):
            raise SystemExit(1)
        _say_checked(outcome.records)


@app.command()
def fmt(
    agreement: AgreementArgument,
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit with 1 if it would change."),
    ] = False,
    stamp: Annotated[
        bool,
        typer.Option(
            "--stamp",
            help="Also write the hash of each treaty sentence onto its block: I have"
            " read these rules against these sentences.",
        ),
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(metavar="en|fr|uk", help="Write the rules in this language."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write here; `-` for standard output."),
    ] = None,
) -> None:
    """Lay the rules of an agreement out alike; prose, comments and meaning stay.

    Rewrites the Markdown file in place unless `--check` or `--out` is given. A text
    with faults is not touched. Doing it twice changes nothing.

    Example: `tocsin fmt agreements/minsk-2015 --check`
    """
    from tocsin import agreement as rules

    with _exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        _known_language(language)
        before = file.read_text(encoding="utf-8")
        after = rules.fmt(before, file=str(file), stamp=stamp, language=language)
        if check:
            typer.echo(f"{file}: {'laid out' if after == before else 'would change'}")
            raise SystemExit(after != before)
        _put(out or file, after.encode())


@app.command()
def read(
    agreement: AgreementArgument,
    *,
    language: Annotated[
        str | None,
        typer.Option(metavar="en|fr|uk", help="Language (default: the file's own)."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page with pictures instead."),
    ] = None,
) -> None:
    """Read an agreement aloud: each clause in words, with examples and pictures.

    The rules stand in the reader's language; each example is imagined, named by nobody,
    and confirmed by the engine. Writes to standard output, or one HTML file.

    Example: `tocsin read agreements/minsk-2015 --language fr --html minsk.html`
    """
    from tocsin import agreement as rules
    from tocsin.agreement import reading

    with _exit_codes():
        _known_language(language)
        text = rules.load(agreement)
        outcome = rules.load_areas(agreement)
        issues = rules.check(text, areas=_names_on(outcome.records)).issues
        said = reading.read_aloud(
            text, outcome.records, issues, language=language or text.language
        )
        if html is None:
            typer.echo(reading.to_text(said))
        else:
            _put(html, reading.to_html(said).encode())


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

    with _exit_codes(), _progress() as progress:
        asked = pipeline.question(start=start, until=until, as_known_at=as_known_at)
        summary = pipeline.run_folder(
            agreement,
            [_source(text) for text in source],
            out,
            asked=asked,
            control_file=control,
            gazetteers=[_source(text, "--gazetteer") for text in gazetteer],
            progress=progress,
            cost=_cost(),
        )
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

    with _exit_codes():
        released = _now() if released_at is None else instant(released_at)
        path = out or folder / "report" / f"{kind}-{day:%Y-%m-%d}.{form}"
        data = reports.write(
            folder,
            kind=kind.value,
            day=day.date(),
            form=form.value,
            released_at=released,
        )
        _put(path, data)


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

    with _exit_codes(), _bytes_bars() as told:
        fetched = connectors.fetch(source, to, wait=sleep, told=told)
        known = connectors.description(source)
    for one in fetched:
        typer.echo(f"{one.path}: {one.bytes:,} bytes, SHA-256 {one.sha256}")
    typer.echo(f"{known.publisher}; {known.licence}", err=True)


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

    with _exit_codes(), _progress() as progress:
        result = demonstration.run(
            out,
            seed=seed,
            days=days,
            per_day=per_day,
            progress=progress,
            cost=_cost(),
        )
    for line in result.lines():
        typer.echo(line)


log_app = typer.Typer(
    invoke_without_command=True,
    help="Write the duty log: a form, or one sentence that becomes one.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(log_app, name="log")

LogFile = Annotated[
    Path, typer.Option("--file", metavar="FILE", help="The log; JSON lines.")
]


@log_app.callback()
def log(  # noqa: PLR0913  # one option for each thing that can be said
    asked: typer.Context,
    *,
    file: LogFile = Path("duty-log.jsonl"),
    form: Annotated[
        str, typer.Option(help="camera, patrol, impact or restriction.")
    ] = "camera",
    sentence: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What was observed, in words.")
    ] = None,
    observer: Annotated[
        str | None, typer.Option(metavar="LON,LAT", help="Where the observer stands.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="T", help="When (default: now).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="Until when (default: as --at).")
    ] = None,
    zone: Annotated[str, typer.Option(help="Of hours without a zone.")] = "UTC",
    platform: Annotated[
        str | None, typer.Option(help="What carried the eye (default: the form's).")
    ] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who writes.")] = "",
    origin: Annotated[str, typer.Option(help="observed or exercise.")] = "observed",
    note: Annotated[str, typer.Option(metavar="TEXT", help="Anything else.")] = "",
    follow_up: Annotated[
        str, typer.Option(metavar="TEXT", help="What the next shift must do.")
    ] = "",
    answer: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="A field of the form."),
    ] = [],  # noqa: B006  # typer copies it
    yes: Annotated[bool, typer.Option("--yes", help="Keep it without asking.")] = False,
) -> None:
    """Write the duty log: a form, or one sentence that becomes one.

    Shows what was understood and what was not, asks for the rest, and adds lines to
    FILE, which `tocsin run --source manual-log=FILE` reads. Nothing is ever changed.

    Example: `tocsin log --sentence "heard 3 explosions 2-4km SE" --observer 37.5,48.1`
    """
    if asked.invoked_subcommand is not None:
        return
    from tocsin import duty

    with _exit_codes():
        told = duty.Told(
            form=form,
            sentence=sentence,
            observer=observer,
            at=at,
            until=until,
            zone=zone,
            platform=platform,
            by=by,
            origin=origin,
            note=note,
            follow_up=follow_up,
            answers=duty.pairs(answer),
            yes=yes,
        )
        ask = _ask if sys.stdin.isatty() and not yes else None
        typer.echo(duty.write(file, told, now=_now(), ask=ask, say=typer.echo))


@log_app.command()
def handover(
    *,
    file: LogFile = Path("duty-log.jsonl"),
    since: Annotated[
        str | None,
        typer.Option(metavar="T", help="When the shift began (default: 12 hours ago)."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="When it ends (default: now).")
    ] = None,
) -> None:
    """Print what a shift leaves open: what is flagged, not understood, to follow up.

    Reads the log. What is open of earlier shifts stands there, too, until it is closed.

    Example: `tocsin log handover --file duty-log.jsonl --since 2025-03-03T18:00Z`
    """
    from tocsin import duty

    with _exit_codes():
        for line in duty.handover(file, since=since, until=until, now=_now()):
            typer.echo(line)


@log_app.command()
def close(
    entry: Annotated[str, typer.Argument(help="The entry's id, or its beginning.")],
    words: Annotated[str, typer.Argument(help="How it was settled.")],
    *,
    file: LogFile = Path("duty-log.jsonl"),
    by: Annotated[str, typer.Option(metavar="NAME", help="Who settles it.")] = "",
) -> None:
    """Say that what was open of an entry is settled.

    Adds a line to FILE.closed.jsonl; the log itself stays as it was written.

    Example: `tocsin log close 3fa9c1 "calibre is 120 mm, crater seen" --by Ada`
    """
    from tocsin import duty

    with _exit_codes():
        typer.echo(duty.close(file, entry, by=by, words=words, now=_now()))


# --- below: how the commands speak ---------------------------------------------------


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except InputRefused as refused:
        _say_issues(refused.issues)
        raise SystemExit(1) from None
    except SourceUnusable as unusable:
        _say_issues([unusable.issue])
        raise SystemExit(1) from None
    except WrongUse as wrong:
        typer.echo(f"tocsin: {wrong}", err=True)
        raise SystemExit(2) from None
    except TocsinError as error:
        typer.echo(f"tocsin: {error}", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        typer.echo(f"tocsin: {error}; nothing was half-written", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("tocsin: broken off; what was there before is whole", err=True)
        raise SystemExit(130) from None


@contextmanager
def _progress() -> Iterator[Progress | None]:
    if not read_settings().progress or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield show


@contextmanager
def _bytes_bars() -> Iterator[Callable[[str, int, int | None], None] | None]:
    if not read_settings().progress or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(name: str, so_far: int, of: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=of)
            bars.update(tasks[name], completed=so_far, total=of)

        yield show


def _version(*, asked: bool) -> None:
    if asked:
        from tocsin import __version__

        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


def _ask(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default)))


def _now() -> datetime:
    return datetime.now(UTC)


def _cost() -> Callable[[], dict[str, float]]:
    """What the command has cost so far: seconds of wall time, peak memory in MB."""
    begin = perf_counter()

    def cost() -> dict[str, float]:
        peak_kb = getrusage(RUSAGE_SELF).ru_maxrss
        return {
            "seconds": round(perf_counter() - begin, 2),
            "peak_rss_mb": round(peak_kb / 1024, 1),
        }

    return cost


def _source(text: str, option: str = "--source") -> tuple[str, Path]:
    source_id, equals, file = text.partition("=")
    if not (source_id and equals and file):
        raise WrongUse(f"{option} {text}: write it as ID=FILE")
    return source_id, Path(file)


def _names_on(areas: Any) -> set[str]:
    return {name for area in areas.areas for name in (area.name, *area.variants)}


def _known_language(language: str | None) -> None:
    from tocsin.agreement import LANGUAGES

    if language is not None and language not in LANGUAGES:
        raise WrongUse(f"--language {language}: use one of {', '.join(LANGUAGES)}")


def _show_issues(issues: Sequence[Issue], language: str) -> None:
    """The issues of texts, each with its line; colour only on a terminal."""
    from tocsin.agreement import show_issues

    if not issues:
        return
    files = {issue.where.file for issue in issues}
    texts = {name: _text_of(Path(name)) for name in files}
    colour = sys.stderr.isatty()
    page = show_issues(issues, texts, language=language, colour=colour)
    typer.echo(page, err=True)


def _text_of(file: Path) -> str:
    """The text of a file, or "" where there is none to show."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _say_issues(issues: Sequence[Issue]) -> None:
    for issue in issues:
        typer.echo(str(issue), err=True)
    errors = sum(not issue.warning for issue in issues)
    if issues:
        typer.echo(f"{errors} errors, {len(issues) - errors} warnings", err=True)


def _period(coverage: Any) -> str:
    def show(day: date | None, unknown: str) -> str:
        return unknown if day is None else day.isoformat()

    return f"{show(coverage.first, '?')} to {show(coverage.last, 'now')}"


def _put(path: Path, data: bytes) -> None:
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    from tocsin.store import write_durably

    write_durably(path, data)
    typer.echo(str(path))


def _say_checked(checked: Agreement) -> None:
    from tocsin.agreement import word

    parties = ", ".join(checked.party_names)
    said = ("{} articles, parties {}; no errors", checked.language)
    counted = word(*said, len(checked.articles), parties)
    typer.echo(f"{checked.title or checked.name}: {counted}")


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
            typer.echo(f"{clause}, {party}: {numbers}")
    for one in summary["guarantees"]:
        due = f", next step due {one['due']}" if one["due"] else ""
        about = f" ({one['party']})" if one["party"] else ""
        typer.echo(f"{one['clause']} {one['title']}{about}: {one['state']}{due}")
    typer.echo(f"{out / 'summary.json'}: {summary['seconds']} s")
