"""Texts: check, lay out, read aloud, try cases, compare in meaning."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.cli.arguments import AgreementArgument, known_language
from tocsin.cli.endings import exit_codes, show_issues
from tocsin.cli.files import put
from tocsin.cli.root import app
from tocsin.errors import InputRefused, WrongUse

if TYPE_CHECKING:
    from tocsin.agreement import Agreement

__all__ = ["check", "diff", "fmt", "read", "try_cases"]


@app.command()
def check(agreement: AgreementArgument) -> None:
    """Read an agreement and say everything that is wrong with it.

    Reads the Markdown file (or `agreement.md` in the folder) and the areas beside it.
    Writes nothing. Each finding shows the line, the words and a repair, in the
    language of the file: English, French or Ukrainian.

    Example: `tocsin check agreements/minsk-2015`
    """
    from tocsin import agreement as language

    with exit_codes():
        outcome = language.read(agreement)
        issues = (*outcome.issues, *language.load_areas(agreement).issues)
        said = outcome.records.language if outcome.records else "en"
        show_issues(issues, said)
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

    with exit_codes():
        file = agreement / rules.AGREEMENT_FILE if agreement.is_dir() else agreement
        known_language(language)
        before = file.read_text(encoding="utf-8")
        after = rules.fmt(before, file=str(file), stamp=stamp, language=language)
        if check:
            typer.echo(f"{file}: {'laid out' if after == before else 'would change'}")
            raise SystemExit(after != before)
        put(out or file, after.encode())


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

    with exit_codes():
        known_language(language)
        text = rules.load(agreement)
        outcome = rules.load_areas(agreement)
        issues = rules.check(text, areas=_names_on(outcome.records)).issues
        said = reading.read_aloud(
            text, outcome.records, issues, language=language or text.language
        )
        if html is None:
            typer.echo(reading.to_text(said))
        else:
            put(html, reading.to_html(said).encode())


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

    with exit_codes():
        files = cases.cases_in(paths or [Path("tests/cases")])
        if not files:
            raise WrongUse("no case in the paths given: a case has a `verdicts` block")
        differing = sum(_try_case(file, update=update) for file in files)
        verb = "rewritten" if update else "differ"
        cases_tried = "1 case" if len(files) == 1 else f"{len(files)} cases"
        typer.echo(f"{cases_tried}, {differing} {verb}")
        raise SystemExit(bool(differing and not update))


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

    with exit_codes():
        if form not in {"text", "json", "html"}:
            raise WrongUse(f"--format {form}: use text, json or html")
        texts = rules.load(before), rules.load(after)
        changes = comparing.compare(*texts, common=common)
        if form == "json":
            import msgspec

            data = msgspec.json.format(msgspec.json.encode(changes), indent=2)
        elif form == "html":
            named = {
                "before": str(before),
                "after": str(after),
                "language": texts[1].language,
            }
            data = comparing.to_html(changes, **named).encode()
        else:
            told = comparing.to_text(changes, language=texts[1].language)
            data = told.encode()
        put(out or Path("-"), data)


def _say_checked(checked: Agreement) -> None:
    from tocsin.agreement import word

    parties = ", ".join(checked.party_names)
    number = len(checked.articles)
    articles = "article" if number == 1 else "articles"
    said = (f"{{}} {articles}, parties {{}}; no errors", checked.language)
    counted = word(*said, number, parties)
    typer.echo(f"{checked.title or checked.name}: {counted}")


def _try_case(file: Path, *, update: bool) -> bool:
    """Whether a case differs; shows how, or writes down what is said now."""
    from tocsin.agreement import cases

    try:
        case = cases.read_case(file)
        said = cases.answer(case)
    except InputRefused as refused:
        show_issues(refused.issues, "en")
        return True
    if said == case.said:
        return False
    if update:
        target, text = cases.updated(case, said)
        put(target, text.encode())
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


def _names_on(areas: Any) -> set[str]:
    return {name for area in areas.areas for name in (area.name, *area.variants)}
