"""Slips in agreements and what Tocsin answers: the table of reference/errors.md.

``slips.toml`` says what the author did and what must come of it; here the slip is put
into the text, the text is checked, and the repair is applied.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tocsin.agreement import examine, fmt, load_areas
from tocsin.model.records import Issue

__all__ = ["answer", "at_place", "errors", "mended", "slips", "table", "with_slip"]

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "lantern": "exercise-lantern",
    "minsk": "minsk-2015",
    "paris": "paris-2026",
}
WORD = re.compile(r"[\w()]+")
DEEP = "      "
CONTEXT = 120  # characters that tell two places apart
GIVEN = re.compile(
    r"(?:write|did you mean|écrivez|vouliez-vous dire|напишіть) `([^`]+)`"
)


def slips() -> list[dict[str, str]]:
    """Every slip, in the order of the table."""
    return tomllib.loads((ROOT / "docs" / "slips.toml").read_text(encoding="utf-8"))[
        "slip"
    ]


@cache
def original(name: str) -> str:
    """A text before any slip, in its language."""
    folder, _, language = name.partition("-")
    path = ROOT / "agreements" / FOLDERS[folder] / "agreement.md"
    text = path.read_text(encoding="utf-8")
    return fmt(text, language=language) if language else text


def with_slip(slip: dict[str, str]) -> str:
    """The text with the slip in it."""
    return replaced(original(slip["text"]), slip["from"], slip["to"])


def answer(slip: dict[str, str]) -> tuple[Issue, ...]:
    """The issues of the slip's code that the text has only because of the slip."""
    return tuple(
        issue
        for issue in found(slip["text"], with_slip(slip))
        if issue.code == slip["code"]
        and _key(with_slip(slip), issue) not in _before(slip["text"])
    )


def mended(slip: dict[str, str], issue: Issue) -> str:
    """The text after the repair."""
    text = with_slip(slip)
    if "mend" in slip:
        return replaced(text, slip["mend"], slip["with"])
    given = GIVEN.search(issue.repair)
    assert given, f"no repair to apply: {issue.repair}"
    start = _offset(text, issue)
    return text[:start] + given[1] + text[start:].removeprefix(word_at(text, issue))


@cache
def found(name: str, text: str) -> tuple[Issue, ...]:
    """What `tocsin check` finds in a text, with the map of its agreement."""
    return examine(text, areas=_areas(name.partition("-")[0])).issues


def errors(name: str, text: str) -> list[Issue]:
    """Those that are no warnings."""
    return [issue for issue in found(name, text) if not issue.warning]


def at_place(text: str, where: Any) -> str:
    """The text from a place on."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[where.line - 1 :])[where.column - 1 :]


def word_at(text: str, issue: Issue) -> str:
    """The word at the place of an issue."""
    word = WORD.match(text, _offset(text, issue))
    return word[0] if word else ""


def replaced(text: str, old: str, new: str) -> str:
    """The text with these words in place of those, which stand there once."""
    assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    return text.replace(old, new)


def table() -> str:
    """The table as Markdown."""
    head = "| | slip | place | what `tocsin check` says | repair |\n"
    rows = [_row(number, slip) for number, slip in enumerate(slips(), 1)]
    return "".join([head, "| --- | --- | --- | --- | --- |\n", *rows])


def _row(number: int, slip: dict[str, str]) -> str:
    issue = answer(slip)[0]
    also = f"; also {issue.also[0].line}:{issue.also[0].column}" if issue.also else ""
    place = f"{slip['text']} {issue.where.line}:{issue.where.column}{also}"
    kind = "warning" if issue.warning else "error"
    cells = (
        str(number),
        f"{slip['slip']}: {_shown(slip['from'])} → {_shown(slip['to'])}",
        place,
        f"{kind} `{issue.code}`: {issue.message}",
        issue.repair,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _shown(words: str) -> str:
    """Words of a text on one line of a table; a depth is shown where it is all."""
    if words.startswith(DEEP):
        words = words.replace(" ", "\N{MIDDLE DOT}", len(DEEP))
    flat = " ⏎ ".join(" ".join(line.split()) for line in words.strip("\n").split("\n"))
    flat = flat.replace("```", "'''").strip()
    return f"`{flat}`" if flat else "nothing"


def _offset(text: str, issue: Issue) -> int:
    return len(text) - len(at_place(text, issue.where))


def _key(text: str, issue: Issue) -> tuple[str, str]:
    """An issue by what it says and the words it says it of."""
    return issue.message, at_place(text, issue.where)[:CONTEXT]


@cache
def _before(name: str) -> frozenset[tuple[str, str]]:
    text = original(name)
    return frozenset(_key(text, issue) for issue in found(name, text))


@cache
def _areas(folder: str) -> frozenset[str]:
    areas = load_areas(ROOT / "agreements" / FOLDERS[folder]).records.areas
    return frozenset(name for area in areas for name in (area.name, *area.variants))
