"""The duty log: write an entry, close it, hand the shift over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.clock import utc_now
from tocsin.cli.endings import exit_codes
from tocsin.cli.root import app

__all__ = ["LogFile", "close", "handover", "log", "log_app"]

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
    language: Annotated[
        str, typer.Option(metavar="en|fr|uk|ru", help="Of the sentence.")
    ] = "en",
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
    corrects: Annotated[
        str,
        typer.Option(
            metavar="ENTRY", help="The entry that this one takes the place of."
        ),
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

    with exit_codes():
        told = duty.Told(
            form=form,
            sentence=sentence,
            language=language,
            observer=observer,
            at=at,
            until=until,
            zone=zone,
            platform=platform,
            by=by,
            origin=origin,
            note=note,
            follow_up=follow_up,
            corrects=corrects,
            answers=duty.pairs(answer),
            yes=yes,
        )
        ask = _ask if sys.stdin.isatty() and not yes else None
        typer.echo(duty.write(file, told, now=utc_now(), ask=ask, say=typer.echo))


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

    with exit_codes():
        for line in duty.handover(file, since=since, until=until, now=utc_now()):
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

    with exit_codes():
        typer.echo(duty.close(file, entry, by=by, words=words, now=utc_now()))


def _ask(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default)))
