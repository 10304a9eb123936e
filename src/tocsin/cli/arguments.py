"""What several commands take, and how its words are read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.errors import WrongUse

__all__ = [
    "AgreementArgument",
    "AtOption",
    "FolderArgument",
    "day_of",
    "id_and_file",
    "instant_of",
    "known_language",
]

AgreementArgument = Annotated[
    Path, typer.Argument(help="An agreement: a Markdown file, or a folder with one.")
]


FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder that `tocsin run` wrote.")
]


AtOption = Annotated[
    str | None, typer.Option("--at", metavar="T", help="At this instant; default now.")
]


def id_and_file(text: str, option: str = "--source") -> tuple[str, Path]:
    """The source and the file of `ID=FILE`; anything else is wrong use."""
    source_id, equals, file = text.partition("=")
    if not (source_id and equals and file):
        raise WrongUse(f"{option} {text}: write it as ID=FILE")
    return source_id, Path(file)


def instant_of(text: str) -> datetime:
    """The instant that these words name, in UTC."""
    from tocsin.model import instant

    return instant(text)


def day_of(text: str | None) -> datetime | None:
    """The instant that these words name; None stays None."""
    return None if text is None else instant_of(text)


def known_language(language: str | None) -> None:
    """Refuse a language in which no agreement can be written."""
    from tocsin.agreement import LANGUAGES

    if language is not None and language not in LANGUAGES:
        raise WrongUse(f"--language {language}: use one of {', '.join(LANGUAGES)}")
