"""An imagined history as a picture: days from left to right, what happens on them.

Nobody's real name stands in a picture: parties are Party A, Party B, members of groups
are guarantors with a number, places are sectors and sites with a number. The same
history is drawn as SVG for a page, and as lines of text for a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final, Literal

import msgspec

from tocsin.agreement.examples import Example
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.localise import word
from tocsin.agreement.terms import Agreement, Body, Group
from tocsin.agreement.walk import all_rules

__all__ = ["Mark", "marks_of", "outcome_in_words", "svg", "text"]

LEFT, RIGHT, TOP = 20, 20, 34
SHAPES: Final = {"wide": (560, 26), "narrow": (340, 42)}  # width, height of a row
NARROW_CHAR: Final = 6.1  # width of a letter of a label, about
COLUMNS: Final = 48
GOOD: Final = frozenset({"met", "not_found", "adopted", "in_effect", "open"})
IN_WORDS: Final = {"open": "can be used", "shut": "cannot be used"}
MOST_DAYS: Final = 10  # numbers below the axis
DAY: Final = timedelta(days=1)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens, or several alike, as a picture shows it.

    Attributes:
        label: who did what, without anybody's name.
        first, last: days since the start.
        number: how many alike.
    """

    label: str
    first: float
    last: float
    number: int = 1


def marks_of(
    example: Example, agreement: Agreement, *, language: str = "en"
) -> tuple[Mark, ...]:
    """What happens, alike things together, in the order of time."""
    names = _aliases(agreement, example.facts, language)
    held: dict[str, list[float]] = {}
    for fact in example.facts:
        label = _label(fact, names, agreement, language)
        held.setdefault(label, []).append(_days(example, fact["t"]))
    return tuple(
        Mark(label=label, first=min(days), last=max(days), number=len(days))
        for label, days in sorted(held.items(), key=lambda one: min(one[1]))
    )


def svg(
    example: Example,
    marks: Iterable[Mark],
    *,
    language: str = "en",
    shape: Literal["wide", "narrow"] = "wide",
) -> str:
    """The history as an SVG picture with a title for who cannot see it.

    Args:
        example: the history.
        marks: what happens in it.
        language: of its words.
        shape: for a page, or for a telephone, where labels stand above their marks.
    """
    drawn = list(marks)
    width, row = SHAPES[shape]
    length = max(_days(example, example.until), 1.0)
    height = TOP + row * max(len(drawn), 1) + 44
    tone = "good" if example.outcome in GOOD else "bad"
    made = _row if shape == "wide" else _tall_row
    rows = [made(mark, n, length) for n, mark in enumerate(drawn)]
    if not drawn:
        quiet = word("nothing happens, and all is watched", language)
        rows = [
            f'<text class="label" x="{LEFT + 10}" y="{TOP + 16}">{escape(quiet)}</text>'
        ]
    at = _x(min(_days(example, example.at), length), length, width)
    said = outcome_in_words(example.outcome, language)
    return "".join(
        [
            f'<svg viewBox="0 0 {width} {height}" role="img" ',
            f'class="line {shape} {tone}">',
            f"<title>{escape(_spoken(example, drawn, language))}</title>",
            *_axis(length, (width, height), language),
            *_due(example, length, (width, height), language),
            _line("outcome", at, TOP - 8, at, height - 26),
            _line("holds", at, height - 26, width - RIGHT, height - 26),
            *rows,
            _outcome(at, said, width),
            "</svg>",
        ]
    )


def text(example: Example, marks: Iterable[Mark], *, language: str = "en") -> list[str]:
    """The history as lines for a terminal."""
    length = max(_days(example, example.until), 1.0)
    drawn = list(marks)
    lines = [_bar(mark, length) for mark in drawn]
    if not drawn:
        lines = [word("nothing happens, and all is watched", language)]
    at = round(min(_days(example, example.at), length) / length * (COLUMNS - 1))
    end = " " * at + "▲"
    day = word("day {}", language, f"{_days(example, example.at):.1f}")
    said = outcome_in_words(example.outcome, language)
    return [*lines, f"{end:<{COLUMNS}}  {said} ({day})"]


def outcome_in_words(outcome: str, language: str) -> str:
    """What an outcome is called: ``not found``, ``can be used``."""
    if language == "en":
        return IN_WORDS.get(outcome, outcome.replace("_", " "))
    return word(outcome, language)


# --- names


def _aliases(
    agreement: Agreement, facts: Iterable[dict[str, Any]], language: str
) -> dict[str, str]:
    """A name without a name for everybody and every place."""
    names = {
        name: word("Party {}", language, LETTERS[n % len(LETTERS)])
        for n, name in enumerate(agreement.party_names)
    }
    groups: tuple[Group | Body, ...] = (*agreement.groups, *agreement.bodies)
    members = [m for one in groups for m in agreement.members_of(one.name)]
    states = [m for m in dict.fromkeys(members) if m not in names]
    for n, name in enumerate(states, 1):
        names[name] = word("Guarantor {}", language, n)
    for n, one in enumerate(groups, 1):
        names.setdefault(one.name, word("Body {}", language, n))
    places = dict.fromkeys(f["sector"] for f in facts if f.get("sector"))
    for n, name in enumerate(places, 1):
        names[name] = word("Sector {}", language, n)
    return names


def _label(
    fact: dict[str, Any], names: dict[str, str], agreement: Agreement, language: str
) -> str:
    """Who does what: ``Party A: fire, Sector 1``."""
    party = fact.get("party")
    decided = {rule.name for _, rule in all_rules(agreement) if hasattr(rule, "name")}
    who = f"{names.get(party, word('Guarantor {}', language, 1))}: " if party else ""
    about = [
        names[v] for k in ("target_party", "sector") if (v := fact.get(k)) in names
    ]
    subject = fact.get("subject")
    if subject and (subject.startswith("Article") or subject in decided):
        about.append(_clause(subject, language))
    elif subject and subject not in names:
        about = [one for one in about if one != names.get(fact.get("sector") or "")]
        about.append(word("Site {}", language, 1))
    if fact.get("weapon"):
        about.append(str(fact["weapon"]))
    if fact.get("vote"):
        about.append(word(fact["vote"], language))
    tail = f" ({', '.join(dict.fromkeys(about))})" if about else ""
    return f"{who}{_act(fact['kind'], language)}{tail}"


def _clause(subject: str, language: str) -> str:
    return subject.replace("Article", "Стаття") if language == "uk" else subject


def _act(kind: str, language: str) -> str:
    said = LANGUAGES[language].nouns.get(kind, kind)
    return said.replace("_", " ")


def _days(example: Example, at: datetime | None) -> float:
    assert example.start is not None  # confirmed examples have a question
    return ((at or example.start) - example.start) / DAY


def _spoken(example: Example, marks: Iterable[Mark], language: str) -> str:
    said = "; ".join(
        f"{word('day {}', language, f'{mark.first:.1f}')}: {mark.label}"
        + (f" × {mark.number}" if mark.number > 1 else "")
        for mark in marks
    )
    return f"{example.clause}: {outcome_in_words(example.outcome, language)}. {said}"


# --- the picture


def _x(days: float, length: float, width: int) -> float:
    return LEFT + days / length * (width - LEFT - RIGHT)


def _axis(length: float, size: tuple[int, int], language: str) -> Iterable[str]:
    """Days below, at a step that leaves room for their numbers."""
    width, height = size
    most = MOST_DAYS * width / SHAPES["wide"][0]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if length / s <= most)
    y = height - 26
    yield f'<line class="axis" x1="{LEFT}" x2="{width - RIGHT}" y1="{y}" y2="{y}"/>'
    for day in range(0, int(length) + 1, step):
        x = _x(day, length, width)
        yield f'<line class="tick" x1="{x:.0f}" x2="{x:.0f}" y1="{TOP - 8}" y2="{y}"/>'
        shown = word("day {}", language, day) if day == 0 else str(day)
        anchor = "start" if day == 0 else "middle"
        yield (
            f'<text class="day" x="{x:.0f}" y="{y + 16}" text-anchor="{anchor}">'
            f"{escape(shown)}</text>"
        )


def _row(mark: Mark, number: int, length: float) -> str:
    """One mark with its label, on the side where there is room."""
    width, height = SHAPES["wide"]
    y = TOP + height * number + 8
    first, last = _x(mark.first, length, width), _x(mark.last, length, width)
    left = last < width * 0.55
    x = last + 11 if left else first - 11
    label = _label_at(mark, x, y + 4, "start" if left else "end")
    return _body(first, last, y) + label


def _tall_row(mark: Mark, number: int, length: float) -> str:
    """One mark with its label above it, for a narrow picture."""
    width, height = SHAPES["narrow"]
    y = TOP + height * number + 26
    first, last = _x(mark.first, length, width), _x(mark.last, length, width)
    long = NARROW_CHAR * len(_counted(mark))
    x = min(max(first - 5, 4), max(width - 4 - long, 4))
    return _body(first, last, y) + _label_at(mark, x, y - 12, "start")


def _body(first: float, last: float, y: int) -> str:
    """A dot, or a bar where alike things happen over some time."""
    body = f'<circle class="dot" cx="{first:.0f}" cy="{y}" r="5"/>'
    if last - first > 1:
        body = (
            f'<rect class="dot" x="{first - 5:.0f}" y="{y - 5}" rx="5"'
            f' width="{last - first + 10:.0f}" height="10"/>'
        )
    return body


def _label_at(mark: Mark, x: float, y: float, anchor: str) -> str:
    return (
        f'<text class="label" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">'
        f"{escape(_counted(mark))}</text>"
    )


def _counted(mark: Mark) -> str:
    return f"{mark.label} × {mark.number}" if mark.number > 1 else mark.label


def _due(
    example: Example, length: float, size: tuple[int, int], language: str
) -> list[str]:
    if example.due is None or example.due == example.at:
        return []
    width, height = size
    x = _x(min(_days(example, example.due), length), length, width)
    label = (
        f'<text class="duetext" x="{x:.0f}" y="{height - 30}" text-anchor="middle">'
        f"{escape(word('due', language))}</text>"
    )
    return [_line("due", x, TOP - 8, x, height - 26), label]


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="{kind}" x1="{x1:.0f}" y1="{y1:.0f}"'
        f' x2="{x2:.0f}" y2="{y2:.0f}"/>'
    )


def _outcome(at: float, said: str, width: int) -> str:
    half = 4.2 * len(said) + 9
    x = min(max(at, LEFT + half - 12), width - RIGHT - half + 12)
    return (
        f'<rect class="flag" x="{x - half:.0f}" y="4" width="{2 * half:.0f}"'
        f' height="20" rx="10"/><text class="flagtext" x="{x:.0f}" y="18"'
        f' text-anchor="middle">{escape(said)}</text>'
    )


def _bar(mark: Mark, length: float) -> str:
    """A line of a terminal: where it happens, then what."""
    first = round(mark.first / length * (COLUMNS - 1))
    last = max(first, round(min(mark.last, length) / length * (COLUMNS - 1)))
    drawn = "●" if first == last else "●" + "━" * (last - first - 1) + "●"
    line = "·" * first + drawn + "·" * (COLUMNS - 1 - last)
    return f"{line}  {_counted(mark)}"
