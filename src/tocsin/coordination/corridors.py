"""Corridors that were proposed or agreed: what became of them, and who said what.

In: claims about corridors, one by one. Out: a tally by outcome in which nothing is
merged: successful, disrupted, disputed and unknown stay apart, and each corridor keeps
every statement with the side that made it. An outcome rests on what was reported; one
side's announcement is not a corridor, and unknown is not a failure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from tocsin.model.records import Instant, Record

__all__ = [
    "OUTCOMES",
    "Corridor",
    "CorridorTally",
    "Statement",
    "addresses",
    "outcome_of",
    "statements",
    "tally",
]

CODER: Final = re.compile(r"^(Status: [^;]{1,60};)?\s*(see source:)?")
"""What the source's coder wrote before a statement: an outcome, a pointer."""

OUTCOMES: Final = ("successful", "disrupted", "disputed", "unknown")


class Statement(Record, frozen=True, kw_only=True):
    """Words of a report and the place they are dated from, which tells the side."""

    text: str
    dated_from: str = ""


class Corridor(Record, frozen=True, kw_only=True):
    """One corridor on one day, as claimed.

    Attributes:
        on: the first instant of its day, which begins at midnight of the place.
        day: that day by the calendar of the place, or None: as ``on`` says in UTC.
        proposed_by: a party, or "" where both are said to have agreed, or nobody says.
        agreed: True where the source calls it agreed.
        outcome: one of :data:`OUTCOMES`.
    """

    corridor_id: str
    on: Instant
    day: date | None = None
    start: str
    end: str
    proposed_by: str = ""
    agreed: bool = False
    outcome: str
    statements: tuple[Statement, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[str, ...]:
        """Places from which its statements are dated, each once."""
        places = (s.dated_from for s in self.statements if s.dated_from)
        return tuple(dict.fromkeys(places))


class CorridorTally(Record, frozen=True, kw_only=True):
    """How many of each outcome, in all and by who proposed; never one total of success.

    Attributes:
        both_sides: corridors with statements dated from more than one place.
        one_sided: corridors that rest on statements from one place.
    """

    outcomes: dict[str, int]
    by_proposal: dict[str, dict[str, int]]
    both_sides: int
    one_sided: int


def tally(corridors: Iterable[Corridor]) -> CorridorTally:
    """The corridors counted by outcome; an outcome that is not known counts as such."""
    known = tuple(corridors)
    outcomes = Counter(outcome_of(one) for one in known)
    by_proposal: dict[str, Counter[str]] = {}
    for one in known:
        who = "agreed" if one.agreed else one.proposed_by or "not stated"
        by_proposal.setdefault(who, Counter())[outcome_of(one)] += 1
    sided = [len(one.sides) for one in known]
    return CorridorTally(
        outcomes={name: outcomes[name] for name in OUTCOMES},
        by_proposal={
            who: {name: counts[name] for name in OUTCOMES}
            for who, counts in sorted(by_proposal.items())
        },
        both_sides=sum(number > 1 for number in sided),
        one_sided=sum(number == 1 for number in sided),
    )


def outcome_of(one: Corridor) -> str:
    """What became of it; what is none of the known outcomes is unknown."""
    return one.outcome if one.outcome in OUTCOMES else "unknown"


def statements(text: str, *, between: str = ";;") -> tuple[Statement, ...]:
    """The statements in a field that joins them with rows of semicolons.

    A report begins with the place from which it is dated, in capitals. An address among
    them is where a statement was read, and is none itself; see :func:`addresses`.

    >>> said = statements("MOSCOW. March 5 - Opened. ;;;; KYIV. March 5 - Not open.")
    >>> [(one.dated_from, one.text[-9:]) for one in said]
    [('MOSCOW', '- Opened.'), ('KYIV', 'Not open.')]
    """
    return tuple(
        Statement(text=part, dated_from=_dateline(part))
        for part in _parts(text, between)
        if not part.startswith("http")
    )


def addresses(text: str, *, between: str = ";;") -> tuple[str, ...]:
    """The web addresses in such a field, each once.

    >>> addresses("KYIV. Open. ;;;; https://x.example/1 ;; https://x.example/1")
    ('https://x.example/1',)
    """
    found = (part for part in _parts(text, between) if part.startswith("http"))
    return tuple(dict.fromkeys(found))


def _parts(text: str, between: str) -> Iterator[str]:
    """What stands between, without the coder's own words in front."""
    for part in text.split(between):
        bare = CODER.sub("", part.strip(" ;\n")).strip()
        if bare:
            yield bare


def _dateline(text: str) -> str:
    words = text.split(".", maxsplit=1)[0].strip()
    city = words.isupper() and len(words.split()) <= 2  # noqa: PLR2004
    return words if city else ""
