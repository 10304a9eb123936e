"""Verdicts: why one is what it is, its proof, and the proof checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.arguments import AgreementArgument
from tocsin.cli.endings import exit_codes
from tocsin.cli.files import put, table_in
from tocsin.cli.root import app
from tocsin.errors import WrongUse

__all__ = ["explain", "prove", "verify_proof"]


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
