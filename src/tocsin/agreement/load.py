"""An agreement from a file or folder, read and checked.

``read`` gives the agreement with every issue; ``load`` gives the agreement or refuses,
with all errors at once.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection
from pathlib import Path

from tocsin.agreement.check import check
from tocsin.agreement.literate import read_blocks
from tocsin.agreement.localise import localise
from tocsin.agreement.parse import parse
from tocsin.agreement.terms import Agreement
from tocsin.agreement.words import read_lines
from tocsin.errors import InputRefused
from tocsin.model.records import Issue, Outcome, Where

__all__ = ["examine", "load", "read"]

AGREEMENT_FILE = "agreement.md"
MISSING = frozenset(
    {"no_deadline", "no_decider", "no_fallback", "no_consequence", "unbound"}
)
"""Codes of what is not there; a clause that could not be read may have said it."""


DECLARING = {"FINDING": "finding", "DECIDE": "decision", "ARTICLE": "article"}
"""What declares a name within an article."""
QUOTED = re.compile(r"`(\w+)`")


def load(path: str | Path) -> Agreement:
    """The agreement, or a refusal.

    Args:
        path: a Markdown file, or a folder with ``agreement.md`` and, if there is a
            map, ``areas.geojson``.

    Raises:
        InputRefused: the file cannot be read, or its text has errors; all are listed.
    """
    outcome = read(path)
    errors = [issue for issue in outcome.issues if not issue.warning]
    if errors or outcome.records is None:
        raise InputRefused(errors)
    return outcome.records


def read(path: str | Path) -> Outcome[Agreement] | Outcome[None]:
    """As much of the agreement as can be read, and every error and warning.

    The records are None only where there is no text to read.
    """
    file = Path(path)
    if file.is_dir():
        file = file / AGREEMENT_FILE
    text = _text_of(file)
    if isinstance(text, Issue):
        return Outcome(records=None, issues=(text,))
    return examine(text, file=str(file), areas=_areas(file.parent))


def examine(
    text: str, *, file: str = AGREEMENT_FILE, areas: Collection[str] = ()
) -> Outcome[Agreement]:
    """The agreement that a text holds, with every issue of its words and its sense."""
    parsed = parse(text, file=file)
    checked = check(parsed.records, areas=areas)
    spoilt = _spoilt(text, parsed) if parsed.issues else frozenset()
    told = [
        issue
        for issue in checked.issues
        if not _follows(issue, parsed)
        and not _leads_to(issue, checked)
        and issue.message not in spoilt
    ]
    language = parsed.records.language
    issues = (localise(issue, language) for issue in (*parsed.issues, *told))
    return Outcome(records=parsed.records, issues=tuple(issues))


def _follows(issue: Issue, parsed: Outcome[Agreement]) -> bool:
    """True for what is missing only because a faulty clause was set aside."""
    if issue.code not in MISSING:
        return False
    lines = [article.where.line or 0 for article in parsed.records.articles]
    starts = sorted({0, *lines})
    faulty = {bisect(starts, fault.where.line or 0) for fault in parsed.issues}
    return bisect(starts, issue.where.line or 0) in faulty


def _leads_to(issue: Issue, checked: Outcome[Agreement]) -> bool:
    """True for what comes only of another error of the article.

    A party is unbound because a name beside it is not known; a ``then`` has no instant
    because the duty before it has no deadline.
    """
    number = _article_at(issue, checked.records)
    if issue.code == "cannot_judge" and issue.message.startswith("`then` "):
        return any(
            other.code == "no_deadline"
            and _article_at(other, checked.records) == number
            for other in checked.issues
            if not other.warning
        )
    if issue.code != "unbound":
        return False
    return any(
        _article_at(other, checked.records) == number
        and (other.code == "undefined_name" or _names(other) & _names(issue))
        for other in checked.issues
        if other.code in {"undefined_name", "unsafe"} and not other.warning
    )


def _article_at(issue: Issue, agreement: Agreement) -> int:
    """Which article of the text an issue lies in, counted from 1; 0: before them."""
    starts = sorted({article.where.line or 0 for article in agreement.articles})
    return bisect(starts, issue.where.line or 0)


def _names(issue: Issue) -> set[str]:
    return set(QUOTED.findall(issue.message))


def _spoilt(text: str, parsed: Outcome[Agreement]) -> frozenset[str]:
    """Messages about names whose own line stands in a part that cannot be read."""
    language = parsed.records.language
    read_of = (read_lines(b.lines, language=language) for b in read_blocks(text))
    lines = [line.tokens for block in read_of for line in block if len(line.tokens) > 1]
    return frozenset(
        f"unknown {kind} `{tokens[1]}`"
        for tokens in lines
        for head, kind in DECLARING.items()
        if tokens[0].type == head
    )


def _text_of(file: Path) -> str | Issue:
    where = Where(file=str(file))
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        repair = f"give a Markdown file, or a folder with {AGREEMENT_FILE}"
        return Issue(code="file_missing", where=where, message=message, repair=repair)
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text: {error.reason} at byte {error.start}"
        repair = "save the file as UTF-8"
        return Issue(code="file_damaged", where=where, message=message, repair=repair)
    if not text.strip():
        message, repair = "holds nothing to read", "write the agreement into it"
        return Issue(code="file_empty", where=where, message=message, repair=repair)
    return text


def _areas(folder: Path) -> Collection[str]:
    """Names on the map beside the text; its own faults are told by who reads it."""
    from tocsin.agreement.areas import AREAS_FILE, load_areas

    if not (folder / AREAS_FILE).exists():
        return ()
    areas = load_areas(folder).records.areas
    return {name for area in areas for name in (area.name, *area.variants)}
