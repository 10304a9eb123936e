"""Verdicts: asked for, why one is what it is, its proof, and the proof checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.cli.arguments import AgreementArgument, day_of
from tocsin.cli.bars import stage_bars
from tocsin.cli.endings import exit_codes, say_issues
from tocsin.cli.files import parquet_bytes, put, table_given, table_in
from tocsin.cli.root import app
from tocsin.errors import InputRefused, WrongUse

if TYPE_CHECKING:
    from tocsin.agreement import Agreement
    from tocsin.model import Areas, Outcome

__all__ = ["evaluate", "explain", "prove", "verify_proof"]

ENGINES = ("batch", "online", "oracle")


@app.command()
def evaluate(  # noqa: PLR0913  # one option for each thing a verdict depends on
    agreement: AgreementArgument,
    *,
    facts: Annotated[
        Path,
        typer.Option(
            metavar="FACTS.parquet", help="The facts: `fact_id`, `kind`, `t` and more."
        ),
    ],
    coverage: Annotated[
        Path | None,
        typer.Option(
            metavar="COVERAGE.parquet", help="Who watched; without it nobody did."
        ),
    ] = None,
    areas: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder with `areas.geojson` (default: the text's own)."
        ),
    ] = None,
    engine: Annotated[
        Any, typer.Option(metavar="|".join(ENGINES), help="Who judges; all agree.")
    ] = "batch",
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="T", help="From when (default: the first fact)."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="Until when, not included (default: as known at, or the last instant"
            " of the tables).",
        ),
    ] = None,
    as_known_at: Annotated[
        str | None, typer.Option(metavar="T", help="As known at this instant.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="For probabilities that are sampled.")
    ] = 0,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Add a column with a sentence for each.")
    ] = False,
    revisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With `--engine online`: also write all that was said on the way.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="VERDICTS.parquet", help="Where they are written.")
    ],
) -> None:
    """Judge facts by an agreement: who kept, broke or owes what, when, how surely.

    Reads Parquet tables, checks them (all faults are listed, exit code 1) and writes a
    VERDICTS table whole or not at all. The engine `online` takes the facts in the order
    of `received_at`, and writes how often each verdict was revised and since when it is
    known.

    Example: `tocsin evaluate a.md --facts f.parquet --out v.parquet --sentences`
    """
    from tocsin import agreement as rules
    from tocsin.agreement.evaluate import asking
    from tocsin.agreement.evaluate.sentences import with_sentences

    with exit_codes(), stage_bars() as progress:
        _refuse_wrong_use(engine, revisions, out, (facts, coverage, agreement))
        wanted = {"start": start, "until": until, "as_known_at": as_known_at}
        asked = {name: day_of(at) for name, at in wanted.items()}
        text = rules.load(agreement)
        drawn = rules.load_areas(areas or agreement)
        table, watched = _given(text, drawn, facts, coverage)
        begins, ends = asking.bounds(table, watched, **asked)
        answer = asking.ask(
            text,
            table,
            coverage=watched,
            areas=drawn.records,
            start=begins,
            until=ends,
            as_known_at=asked["as_known_at"],
            engine=engine,
            seed=seed,
            progress=progress,
        )
        say_issues(answer.issues)
        found = answer.records.verdicts
        put(out, parquet_bytes(with_sentences(found, text) if sentences else found))
        if revisions is not None:
            put(revisions, parquet_bytes(answer.records.changes))
        _say_how_many(found, to_stderr="-" in {str(out), str(revisions)})


def _refuse_wrong_use(
    engine: str, revisions: Path | None, out: Path, given: tuple[Path | None, ...]
) -> None:
    if engine not in ENGINES:
        raise WrongUse(f"--engine {engine}: use one of {', '.join(ENGINES)}")
    if revisions is not None and engine != "online":
        raise WrongUse("--revisions: only `--engine online` takes facts as they came")
    written = [path.resolve() for path in (out, revisions) if path is not None]
    read = {path.resolve() for path in given if path is not None}
    if len(set(written)) < len(written) or read & set(written):
        raise WrongUse("--out and --revisions: give files of their own")


def _given(
    text: Agreement, drawn: Outcome[Areas], facts: Path, coverage: Path | None
) -> tuple[Any, Any]:
    """The tables, checked; every fault of all of them is listed at once."""
    from tocsin.agreement.given import coverage_given, facts_given

    issues = list(drawn.issues)
    tables = []
    for file, check in ((facts, facts_given), (coverage, coverage_given)):
        table = None
        if file is not None:
            try:
                raw = table_given(file)
            except InputRefused as refused:
                issues += refused.issues
            else:
                checked = check(raw, text, areas=drawn.records, file=str(file))
                issues += checked.issues
                table = checked.records
        tables.append(table)
    if any(not issue.warning for issue in issues):
        raise InputRefused(issues)
    say_issues(issues)
    return tables[0], tables[1]


def _say_how_many(verdicts: Any, *, to_stderr: bool) -> None:
    counts = verdicts["verdict"].value_counts().to_pylist()
    said = ", ".join(
        f"{one['counts']} {one['values']}"
        for one in sorted(counts, key=lambda one: (-one["counts"], one["values"]))
    )
    number = f"{verdicts.num_rows} verdicts"
    typer.echo(f"{number}: {said}" if said else number, err=to_stderr)


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

    with exit_codes():
        text = rules.load(agreement)
        given = {
            "coverage": None if coverage is None else table_in(coverage),
            "areas": rules.load_areas(agreement).records,
        }
        evidence = table_in(facts)
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
            found = table_in(verdicts)
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

    with exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        text = rules.load(agreement)
        known = None if as_known_at is None else instant(as_known_at)
        asked: dict[str, Any] = {"start": instant(start), "until": instant(until)}
        asked["as_known_at"] = known
        verdicts = rules.evaluate(
            text,
            table_in(facts),
            coverage=None if coverage is None else table_in(coverage),
            areas=rules.load_areas(agreement).records,
            **asked,
        ).records
        data = proving.proofs(
            verdicts, text, file=file, facts=facts, coverage=coverage, **asked
        )
        put(out, data)
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

    with exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        try:
            data = proofs.read_bytes()
            number = checker.check_proofs(data, file, facts, coverage)
        except checker.Refused as refused:
            typer.echo(f"refused: {refused}", err=True)
            raise SystemExit(1) from None
        typer.echo(f"{number} verdicts follow from the text and the facts")
