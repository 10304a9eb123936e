"""Whether a crossing was open when it was promised to be.

In: promised hours, closures, the times in which somebody watched. Out: per day how many
of the promised minutes were seen open, known to be shut by the party that promised, and
shut otherwise. A day is **broken** as soon as that party shut the crossing within it;
**kept** only if all of it was watched and nothing shut it; else **undetermined**. Fire,
a mine, another party, or somebody whom nobody saw may shut a crossing, too: that is
told apart and never laid to the party that promised.

Each day names the clause that holds the promise. What the monitor itself says of that
clause is asked in :mod:`tocsin.cell.hours`; both come to the same by ways of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.coordination.gates import Span
from tocsin.coordination.roads import Closure, promised_span
from tocsin.model.contributions import Opening
from tocsin.model.records import Instant, Record

__all__ = ["Passage", "Watched", "meant_for", "passages", "shut_by_promiser"]

DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)


class Watched(Record, frozen=True, kw_only=True):
    """Somebody watched a crossing from an instant to another."""

    place: str
    since: Instant
    until: Instant
    source: str = ""


class Passage(Record, frozen=True, kw_only=True):
    """One promised opening and what is known of it, in minutes.

    Attributes:
        denied: shut by the party that promised.
        hindered: shut by fire, a mine, somebody else, or nobody knows by whom.
    """

    place: str
    party: str
    clause: str
    since: Instant
    until: Instant
    promised: int
    denied: int
    hindered: int
    watched: int
    verdict: Literal["kept", "broken", "undetermined"]


def passages(
    hours: Opening,
    closures: Iterable[Closure],
    watched: Sequence[Span],
    *,
    start: datetime,
    until: datetime,
) -> tuple[Passage, ...]:
    """Every promised opening that ends in the time asked about."""
    known = [c for c in closures if c.place == hours.place and meant_for(c, hours)]
    days = []
    day = start
    while day < until:
        since, end = promised_span(hours, day)
        if start <= since and end <= until:
            days.append(_passage(hours, known, watched, since, end))
        day += DAY
    return tuple(days)


def meant_for(closure: Closure, hours: Opening) -> bool:
    """Whether a closure stops any traffic for which the hours are promised."""
    if not closure.kinds or not hours.kinds:
        return True
    return bool(set(closure.kinds) & set(hours.kinds))


def shut_by_promiser(closure: Closure, hours: Opening) -> bool:
    """Whether the party that promised was seen to shut the place itself."""
    return closure.reason == "restriction" and closure.by == hours.party


def _passage(
    hours: Opening,
    closures: Sequence[Closure],
    watched: Sequence[Span],
    since: datetime,
    until: datetime,
) -> Passage:
    denied = [c for c in closures if shut_by_promiser(c, hours)]
    other = [c for c in closures if not shut_by_promiser(c, hours)]
    promised = until - since
    shut = _covered([(c.since, c.until) for c in denied], since, until)
    seen = _covered([(s.since, s.until) for s in watched], since, until)
    hindered = _covered([(c.since, c.until) for c in other], since, until)
    whole = seen >= promised and not hindered
    return Passage(
        place=hours.place,
        party=hours.party,
        clause=hours.clause,
        since=since,
        until=until,
        promised=promised // MINUTE,
        denied=shut // MINUTE,
        hindered=hindered // MINUTE,
        watched=seen // MINUTE,
        verdict="broken" if shut else "kept" if whole else "undetermined",
    )


def _covered(
    spans: Iterable[tuple[datetime | None, datetime | None]],
    since: datetime,
    until: datetime,
) -> timedelta:
    """How much of a time these spans cover together."""
    clipped = sorted(
        (max(begin or since, since), min(end or until, until)) for begin, end in spans
    )
    total, last = timedelta(), since
    for begin, end in clipped:
        if end > max(begin, last):
            total += end - max(begin, last)
            last = end
    return total
