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


@app.command("test")
def try_cases(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH ...]", help="Cases, or folders with cases."),
    ] = None,
    *,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Write down what Tocsin says now; read the diff."
        ),
    ] = False,
) -> None:
    """Try cases: an agreement, dated facts, who watched, and the verdicts expected.

    Without PATH: those in `tests/cases`. Each case is a Markdown file; both engines
    answer it. Shows every difference; exits with 1 if there is one.

    Example: `tocsin test tests/cases/good`
    """
    from tocsin.agreement import cases

    with _exit_codes():
        files = cases.cases_in(paths or [Path("tests/cases")])
        if not files:
            raise WrongUse("no case in the paths given: a case has a `verdicts` block")
        differing = sum(_try_case(file, update=update) for file in files)
        verb = "rewritten" if update else "differ"
        typer.echo(f"{len(files)} cases, {differing} {verb}")
        raise SystemExit(bool(differing and not update))


@app.command()
def explain(  # one option for each part of the question
    verdicts: Annotated[
        Path | None,
        typer.Argument(
            metavar="[VERDICTS]", help="Verdicts, as `evaluate` wrote them."
        ),
    ] = None,
    *,
    agreement: Annotated[Path, typer.Option(metavar="A", help="The agreement.")],
    facts: Annotated[Path, typer.Option(metavar="F", help="The facts (Parquet).")],
    coverage: Annotated[
        Path | None, typer.Option(metavar="C", help="Who watched (Parquet).")
    ] = None,
    row: Annotated[
        int | None, typer.Option(metavar="N", help="Which row, counted from 0.")
    ] = None,
    why_not: Annotated[
        tuple[str, str, str, str] | None,
        typer.Option(
            "--why-not",
            metavar="CLAUSE PARTY SECTOR T",
            help="Why not breached then; `-` for no sector.",
        ),
    ] = None,
) -> None:
    """Say why a verdict is what it is, and what would have changed it.

    The sentence, the facts it rests on, what else would have been needed, and what was
    known when. Needs VERDICTS and `--row`, or `--why-not`. Writes to standard output.

    Example: `tocsin explain v.parquet --row 3 --agreement a.md --facts f.parquet`
    """
    from tocsin import agreement as rules
    from tocsin.agreement import because
    from tocsin.model import instant

    with _exit_codes():
        text = rules.load(agreement)
        given = {
            "coverage": None if coverage is None else _table_in(coverage),
            "areas": rules.load_areas(agreement).records,
        }
        evidence = _table_in(facts)
        if why_not is not None:
            clause, party, sector, at = why_not
            answer = because.why_not(
                text,
                evidence,
                clause=clause,
                party=None if party == "-" else party,
                sector=None if sector == "-" else sector,
                at=instant(at),
                **given,
            )
        elif verdicts is not None and row is not None:
            found = _table_in(verdicts)
            answer = because.because(found, row, text, evidence, **given)
        else:
            raise WrongUse(
                "give VERDICTS and --row N, or --why-not CLAUSE PARTY SECTOR T"
            )
        typer.echo(because.to_text(answer))


@app.command()
def prove(  # one option for each thing a verdict depends on
    agreement: AgreementArgument,
    *,
    facts: Annotated[Path, typer.Option(metavar="F", help="The facts (Parquet).")],
    coverage: Annotated[
        Path | None, typer.Option(metavar="C", help="Who watched (Parquet).")
    ] = None,
    start: Annotated[str, typer.Option("--from", metavar="T", help="From when.")],
    until: Annotated[str, typer.Option("--to", metavar="T", help="Until when.")],
    as_known_at: Annotated[
        str | None, typer.Option(metavar="T", help="As known at this instant.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The proofs, as JSON.")],
) -> None:
    """Write proofs of the verdicts, for a checker that trusts no engine.

    Plain prohibitions and duties with a clock can be proved; the file says of which
    clauses verdicts were left out.

    Example: `tocsin prove a.md --facts f.parquet --from T --to T --out proofs.json`
    """
    from tocsin import agreement as rules
    from tocsin.agreement import proving
    from tocsin.model import instant

    with _exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        text = rules.load(agreement)
        known = None if as_known_at is None else instant(as_known_at)
        asked: dict[str, Any] = {"start": instant(start), "until": instant(until)}
        asked["as_known_at"] = known
        verdicts = rules.evaluate(
            text,
            _table_in(facts),
            coverage=None if coverage is None else _table_in(coverage),
            areas=rules.load_areas(agreement).records,
            **asked,
        ).records
        data = proving.proofs(
            verdicts, text, file=file, facts=facts, coverage=coverage, **asked
        )
        _put(out, data)
        can = sorted(proving.provable(text, file.read_text(encoding="utf-8")))
        typer.echo(
            f"of {verdicts.num_rows} verdicts; proved: {', '.join(can) or 'none'}"
        )


@app.command("verify-proof")
def verify_proof(
    proofs: Annotated[Path, typer.Argument(help="Proofs that `tocsin prove` wrote.")],
    *,
    agreement: Annotated[Path, typer.Option(metavar="A", help="The agreement.")],
    facts: Annotated[Path, typer.Option(metavar="F", help="The facts (Parquet).")],
    coverage: Annotated[
        Path | None, typer.Option(metavar="C", help="Who watched (Parquet).")
    ] = None,
) -> None:
    """Check proofs against the text and the tables, without any engine.

    The checker is one file of the standard library and PyArrow that can be run alone.
    Exits with 1 if one verdict does not follow.

    Example: `tocsin verify-proof proofs.json --agreement a.md --facts f.parquet`
    """
    from tocsin import agreement as rules
    from tocsin.agreement import checker

    with _exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        try:
            data = proofs.read_bytes()
            number = checker.check_proofs(data, file, facts, coverage)
        except checker.Refused as refused:
            typer.echo(f"refused: {refused}", err=True)
            raise SystemExit(1) from None
        typer.echo(f"{number} verdicts follow from the text and the facts")


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="An agreement.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another, or a version.")],
    *,
    common: Annotated[
        bool, typer.Option("--common", help="Only clauses that both texts have.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="text|json|html", help="Written as.")
    ] = "text",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead.")
    ] = None,
) -> None:
    """Compare two agreements in meaning, clause by clause.

    Acts that become forbidden or permitted, deadlines that move, vetoes that appear,
    numbers, members. Layout and order are no difference. Exits with 0 either way.

    Example: `tocsin diff agreements/paris-2026/draft.md \
    agreements/paris-2026/declaration.md --common`
    """
    from tocsin import agreement as rules
    from tocsin.agreement import comparing

    with _exit_codes():
        if form not in {"text", "json", "html"}:
            raise WrongUse(f"--format {form}: use text, json or html")
        texts = rules.load(before), rules.load(after)
        changes = comparing.compare(*texts, common=common)
        if form == "json":
            import msgspec

            data = msgspec.json.format(msgspec.json.encode(changes), indent=2)
        elif form == "html":
            named = {"before": str(before), "after": str(after)}
            data = comparing.to_html(changes, **named).encode()
        else:
            data = comparing.to_text(changes).encode()
        _put(out or Path("-"), data)


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
        now = _now()
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
        _put(path, data)


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

    with _exit_codes():
        if live:
            _fuse_live(observations, params, inside=inside, replay=replay)
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
        _say_issues(sifted.issues)
    typer.echo(
        f"{sifted.observations:,} observations: {sifted.incidents.num_rows:,} incidents"
        f" of {sifted.members.num_rows:,}, {sifted.leftover.num_rows:,} in none"
    )
    typer.echo(f"{out}, {members}")


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

    with _exit_codes(), _progress() as progress:
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

    with _exit_codes():
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

    with _exit_codes():
        sys.stdout.buffer.write(encode(stresstest.durability_of(data)))


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


cell_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The coordination cell: who promised what, where, and what is missing.",
)
app.add_typer(cell_app, name="cell")
reconstruction_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Reconstruction: needs, pledges, commitments, payments.",
)
app.add_typer(reconstruction_app, name="reconstruction")


class CellFormat(StrEnum):
    """How the state of the board is written."""

    TABLE = "table"
    HTML = "html"
    JSON = "json"


class CellExport(StrEnum):
    """The field's formats."""

    THREE_W = "3w"
    GEOJSON = "geojson"
    JSON = "json"


class MoneyExport(StrEnum):
    """The formats of aid and of contracts."""

    IATI = "iati"
    OCDS = "ocds"


BoardOption = Annotated[
    Path | None,
    typer.Option(
        "--board",
        metavar="FILE",
        help="The board (TOML or JSON); without it, `contributions.toml` beside the"
        " agreement.",
    ),
]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="T", help="At this instant; default now.")
]
RunOption = Annotated[
    Path | None,
    typer.Option("--run", metavar="DIR", help="Acts and findings of a `tocsin run`."),
]
ActsOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="ID=FILE", help="Evidence instead of a run."),
]
PlanOption = Annotated[
    float | None,
    typer.Option("--plan", metavar="SECONDS", min=1, help="Make a plan, too."),
]
LeastOption = Annotated[
    str,
    typer.Option("--count", metavar="STAGE", help="Plan from this stage on."),
]
RatesOption = Annotated[
    Path | None,
    typer.Option("--rates", metavar="FILE", help="CSV: currency,into,rate,on,source."),
]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="`-` for standard output.")
]


@cell_app.command("status")
def cell_status(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    form: Annotated[
        CellFormat, typer.Option("--format", help="Table, HTML page or JSON.")
    ] = CellFormat.TABLE,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    plan: PlanOption = None,
    least: LeastOption = "committed",
    rates: RatesOption = None,
    into: Annotated[
        str, typer.Option("--into", metavar="CODE", help="Currency of the gap chart.")
    ] = "",
    out: OutOption = Path("-"),
) -> None:
    """Show what was promised, committed and delivered, who leads, and what waits.

    Reads the board beside the agreement, the agreement and the acts on record. Writes
    a table to the terminal, or one HTML page or JSON file.

    Example: `tocsin cell status agreements/exercise-lantern --at 2025-03-16`
    """
    with _exit_codes():
        opened, view = _board_at(agreement, at, board, run, source)
        if form is CellFormat.TABLE:
            for line in _board_lines(view):
                typer.echo(line)
            return
        from tocsin.report import cell as pages

        planned = None if plan is None else _planned(opened, view, least, plan)
        booked, gaps, issues = _booked(opened.board, rates, into)
        page = pages.cell_page(
            view,
            areas=opened.areas,
            booked=booked,
            gaps=gaps,
            planned=planned,
            issues=(*opened.issues, *issues),
        )
        html = form is CellFormat.HTML
        data = (
            pages.render_cell(page).encode() if html else pages.render_cell_json(page)
        )
        _put(out, data)


@cell_app.command("import")
def cell_import(
    agreement: AgreementArgument,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="Contributions as CSV.")
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The new board, JSON.")
    ],
    board: BoardOption = None,
) -> None:
    """Add the contributions of a table to a board, and check the whole.

    A contribution that the board has already needs a higher `version` and what it
    `supersedes`; the older version is kept. Reads the board and TABLE. Writes the board
    as JSON, which `--board` takes; nothing is written where anything is wrong.

    Example: `tocsin cell import agreements/exercise-lantern new.csv --out board.json`
    """
    from tocsin import cell
    from tocsin.model import encode

    with _exit_codes():
        merged, issues = cell.merge(agreement, table, board_file=board)
        _say_issues(issues)
        _put(out, encode(merged))


@cell_app.command("plan")
def cell_plan(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="The most time for the search.")
    ] = 30.0,
    least: LeastOption = "committed",
    only_open: Annotated[
        bool, typer.Option(help="Count only what can be deployed now.")
    ] = False,
    out: OutOption = Path("-"),
) -> None:
    """Assign what is promised to what is needed, under every caveat, over 12 months.

    Says what stays uncovered, the bound below which no plan can come, and the price of
    each caveat. Where not everything that must be met can be, it names the smallest set
    of conditions in conflict and ends with 1. Writes JSON.

    Example: `tocsin cell plan agreements/exercise-lantern --at 2025-03-16`
    """
    from tocsin.model import encode

    with _exit_codes():
        opened, view = _board_at(agreement, at, board, run, source)
        planned = _planned(opened, view, least, seconds, only_open=only_open)
        if planned.conflict:
            _say_conflict(agreement, planned.conflict)
            raise SystemExit(1)
        _put(out, encode(planned))


@cell_app.command("what-if")
def cell_what_if(  # noqa: PLR0913  # one for each option
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    ceasefire: Annotated[
        str | None, typer.Option(metavar="D", help="The ceasefire begins then.")
    ] = None,
    suspended: Annotated[
        str | None, typer.Option(metavar="D", help="It is suspended from then on.")
    ] = None,
    resumed: Annotated[
        str | None, typer.Option(metavar="D", help="It holds again from then on.")
    ] = None,
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="GATE=D", help="A gate is open since then."),
    ] = None,
    without: Annotated[
        str | None, typer.Option(metavar="ID", help="Plan without this contribution.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="For each plan.")] = 10.0,
) -> None:
    """Show what a change would open, freeze or leave uncovered. Writes nothing.

    Example: `tocsin cell what-if agreements/exercise-lantern --suspended 2025-03-10
    --at 2025-03-16`
    """
    from tocsin import cell

    with _exit_codes():
        supposed = cell.Supposed(
            ceasefire=_day(ceasefire),
            suspended=_day(suspended),
            resumed=_day(resumed),
            opened=dict(_gate(text) for text in opened or ()),
        )
        held, view = _board_at(agreement, at, board, run, source)
        after = cell.overview(held, at=view.at, supposed=supposed)
        for line in cell.differences(view, after):
            typer.echo(line)
        if without is not None:
            typer.echo(_without(held, view, without, seconds))


@cell_app.command("export")
def cell_export(
    agreement: AgreementArgument,
    *,
    at: AtOption = None,
    board: BoardOption = None,
    run: RunOption = None,
    source: ActsOption = None,
    form: Annotated[
        CellExport, typer.Option("--format", help="3W with HXL, GeoJSON or JSON.")
    ] = CellExport.THREE_W,
    out: OutOption = Path("-"),
) -> None:
    """Write the board as 3W table with HXL tags, GeoJSON by region, or JSON.

    What is not marked CLEAR or GREEN stays out of 3W, unless it is an exercise.
    Nothing is finer than a region.

    Example: `tocsin cell export agreements/paris-2026 --format 3w --at 2026-02-10`
    """
    from tocsin.model import encode
    from tocsin.report import cell_exports

    with _exit_codes():
        opened, view = _board_at(agreement, at, board, run, source)
        if form is CellExport.THREE_W:
            _put(out, cell_exports.three_w(view))
        elif form is CellExport.GEOJSON:
            _put(out, cell_exports.geojson(view, areas=opened.areas))
        else:
            _put(out, encode(opened.board))


@app.command()
def route(
    start: Annotated[str, typer.Argument(metavar="FROM", help="`LON,LAT`")],
    end: Annotated[str, typer.Argument(metavar="TO", help="`LON,LAT`")],
    *,
    roads: Annotated[
        Path, typer.Option(metavar="FILE", help="Roads: GeoJSON of LineStrings.")
    ],
    kind: Annotated[
        str, typer.Option(help="Kind of traffic: medical, school, or your own.")
    ] = "medical",
    at: AtOption = None,
    closures: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Closures: CSV.")
    ] = None,
    board: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A board with promised opening hours."),
    ] = None,
    others: Annotated[
        int, typer.Option(min=0, max=9, help="Further ways beside the quickest.")
    ] = 2,
) -> None:
    """Find the quickest open way, and others beside it. Writes JSON to the terminal.

    Reads the roads, what closes them and, from a board, promised hours. Ends with 1
    where no way is open. Why roads are closed is told as numbers, without a place.

    Example: `tocsin route -29.1,-3.2 -28.4,-3.4 --roads roads.geojson`
    """
    from tocsin import cell
    from tocsin.model import encode

    with _exit_codes():
        found = cell.find_route(
            _point(start),
            _point(end),
            roads_file=roads,
            kind=kind,
            at=_now() if at is None else _instant(at),
            closures_file=closures,
            board_file=board,
            others=others,
        )
        sys.stdout.buffer.write(encode(found))
        if not found.ways:
            raise SystemExit(1)


@reconstruction_app.command("status")
def reconstruction_status(
    agreement: AgreementArgument,
    *,
    board: BoardOption = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="A published table: `rdna`, `one`, `kiel` or `donor-tracker`.",
        ),
    ] = None,
    rates: RatesOption = None,
    into: Annotated[
        str, typer.Option("--into", metavar="CODE", help="Convert with dated rates.")
    ] = "",
) -> None:
    """Show needs, pledges, commitments, allocations and payments, each apart.

    Reads the board's money and published tables. Amounts stay as written; with
    `--into` and `--rates` they are converted where a rate of the very day is given.
    Writes a table to the terminal.

    Example: `tocsin reconstruction status agreements/exercise-lantern`
    """
    from tocsin import cell

    with _exit_codes():
        held = cell.with_tables(
            _board_only(agreement, board), [_source(text) for text in table or ()]
        )
        booked, gaps, issues = _booked(held, rates, into)
        for line in cell.money_lines(booked, gaps):
            typer.echo(line)
        _say_issues(issues)


@reconstruction_app.command("export")
def reconstruction_export(
    agreement: AgreementArgument,
    *,
    form: Annotated[
        MoneyExport, typer.Option("--format", help="IATI 2.03 or OCDS 1.1.")
    ] = MoneyExport.IATI,
    at: AtOption = None,
    board: BoardOption = None,
    country: Annotated[
        str, typer.Option(metavar="CODE", help="ISO 3166 code of who receives.")
    ] = "",
    uri: Annotated[
        str, typer.Option(help="Where an OCDS package will be published.")
    ] = "https://example.org/ocds/package.json",
    out: OutOption = Path("-"),
) -> None:
    """Write the board's money as IATI 2.03 or OCDS 1.1.

    A fund without a day cannot stand in either: it is left out and told.

    Example: `tocsin reconstruction export agreements/exercise-lantern --format iati`
    """
    from tocsin.report import cell_money

    with _exit_codes():
        held = _board_only(agreement, board)
        instant = _now() if at is None else _instant(at)
        if form is MoneyExport.IATI:
            made = cell_money.iati(held, at=instant, country=country)
        else:
            made = cell_money.ocds(held, at=instant, uri=uri)
        for name in made.left_out:
            typer.echo(f"left out, for it has no day or period: {name}", err=True)
        _put(out, made.data)


# --- below: what the coordination commands share


def _board_at(
    path: Path,
    at: str | None,
    board: Path | None,
    run: Path | None,
    source: Sequence[str] | None,
) -> tuple[Any, Any]:
    """The board with the acts on record, and its overview at an instant."""
    from tocsin import cell

    instant = _now() if at is None else _instant(at)
    opened = cell.open_board(
        path,
        board_file=board,
        run=run,
        sources=[_source(text) for text in source or ()],
        at=instant,
    )
    _say_issues(opened.issues)
    return opened, cell.overview(opened, at=instant)


def _board_only(path: Path, board: Path | None) -> Any:
    from tocsin import cell

    return cell.open_board(path, board_file=board, at=_now()).board


def _board_lines(view: Any) -> Iterator[str]:
    from tocsin.cell import status_lines

    yield from status_lines(view)


def _planned(
    opened: Any, view: Any, least: str, seconds: float, *, only_open: bool = False
) -> Any:
    from tocsin.coordination.conflict import conflict
    from tocsin.coordination.plan import solve
    from tocsin.coordination.prices import prices, unpriced
    from tocsin.coordination.problem import pose
    from tocsin.model.contributions import STAGES, Stage
    from tocsin.report.cell import Planned

    if least not in STAGES:
        raise WrongUse(f"--count {least}: give one of {', '.join(STAGES)}")
    stage = Stage(least)
    standings = view.status.standings
    asked = pose(opened.board, standings, least=stage, only_open=only_open)
    made = solve(asked, seconds=seconds)
    if not made.feasible:
        found = conflict(asked)
        words = found.conditions if found else ("the search found no plan in time",)
        return Planned(problem=asked, plan=made, conflict=words, least=stage)
    cost = (
        *prices(asked, made, seconds=max(2.0, seconds / 3)),
        *unpriced(opened.board, standings, asked, made),
    )
    return Planned(problem=asked, plan=made, prices=cost, least=stage)


def _say_conflict(path: Path, words: Sequence[str]) -> None:
    from tocsin.model import Issue, Where

    _say_issues(
        [
            Issue(
                code="no_plan",
                where=Where(file=str(path)),
                message="these cannot hold together: " + "; ".join(words),
                repair="change one of them",
            )
        ]
    )


def _without(opened: Any, view: Any, name: str, seconds: float) -> str:
    from tocsin.coordination.plan import solve
    from tocsin.coordination.prices import change_without
    from tocsin.coordination.problem import pose

    asked = pose(opened.board, view.status.standings)
    if name not in {who.supplier_id for who in asked.suppliers}:
        known = ", ".join(who.supplier_id for who in asked.suppliers)
        raise WrongUse(f"--without {name}: the plan counts {known}")
    change = change_without(asked, solve(asked, seconds=seconds), name, seconds=seconds)
    return (
        f"without {name}: {change.before:,} weighted unit-months uncovered become"
        f" {change.after:,}; {change.bound_kept:.0%} of what the others do stays"
    )


def _booked(board: Any, rates: Path | None, into: str) -> tuple[Any, Any, Any]:
    from tocsin import cell

    return cell.book_money(board, rates_file=rates, into=into)


def _instant(text: str) -> datetime:
    from tocsin.model import instant

    return instant(text)


def _day(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)


def _gate(text: str) -> tuple[str, datetime]:
    words, equals, day = text.rpartition("=")
    if not (words and equals and day):
        raise WrongUse(f"--open {text}: write it as GATE=D")
    return words, _instant(day)


def _point(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUse(f"`{text}` is no place: write LON,LAT in degrees") from error
    return lon, lat


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
            help="Measure nothing: count on these seeds how often lone reports are"
            " true, and write that for `--params`.",
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

    with _exit_codes():
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

    Reads what `tocsin run` left. Writes `coverage.json` and the picture `coverage.svg`.

    Example: `tocsin coverage out/demo`
    """
    from tocsin.fusing import seen

    with _exit_codes():
        place = out or folder / "coverage"
        watches, days = seen.coverage_of(folder, place)
    dark = days.filter((days["hours"] == 0) & days["share"].is_not_null()).height
    unsaid = days["share"].null_count()
    typer.echo(
        f"{watches.height:,} watch days; of {days.height:,} sector days {dark:,} were"
        f" seen by nobody, and of {unsaid:,} nobody says how much was in view"
    )
    typer.echo(f"{place / 'coverage.json'}, {place / 'coverage.svg'}")


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

    with _exit_codes():
        states = changes.states(first, second, folder)
        found = changes.diff(*states)
    for one in found:
        typer.echo(msgspec.json.encode(one).decode() if as_json else str(one))
    if not as_json:
        typer.echo(
            f"{len(found):,} incidents changed: {states[0].name}, {states[1].name}"
        )


# --- below: how the commands speak ---------------------------------------------------


def _fuse_live(
    before: Path | None, params: Path | None, *, inside: bool, replay: bool
) -> None:
    """Lines in, lines out, until the end of standard input."""
    from tocsin.fusing import start

    stream = start.live_stream(before, params, now=_now, inside=inside, replay=replay)
    for line in stream.lines(sys.stdin.buffer):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    if stream.faults:
        raise SystemExit(1)


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
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stdout = sys.stderr
        raise SystemExit(0) from None
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


def _try_case(file: Path, *, update: bool) -> bool:
    """Whether a case differs; shows how, or writes down what is said now."""
    from tocsin.agreement import cases

    try:
        case = cases.read_case(file)
        said = cases.answer(case)
    except InputRefused as refused:
        _show_issues(refused.issues, "en")
        return True
    if said == case.said:
        return False
    if update:
        target, text = cases.updated(case, said)
        _put(target, text.encode())
    else:
        _show_difference(file, case.said, said)
    return True


def _show_difference(file: Path, before: str, after: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(), after.splitlines(), f"{file}: expected", "said now",
        lineterm="", n=2,
    )  # fmt: skip
    inks = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        ink = inks.get(line[:1]) if sys.stdout.isatty() else None
        typer.secho(line, fg=ink)


def _table_in(file: Path) -> Any:
    """A Parquet table; a file that is none is a fault of the input."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(file)
    except pa.ArrowException as error:
        raise WrongUse(f"{file} is no Parquet table: {error}") from None


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
