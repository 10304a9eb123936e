"""Whether a crossing was open when it was promised to be.

In: promised hours, closures, the times in which somebody watched. Out: per day how many
of the promised minutes were seen open, known to be closed, and seen by nobody. A day is
**kept** only if all of it was watched and none of it closed; **broken** as soon as a
closing by a restriction fell into it; else **undetermined**. A mine or fighting closes
a crossing, too, and is told apart: the clause decides whether that excuses.

Each day names the clause that holds the promise. The language of agreements has no
hours of a day, so this check stands here and not among the verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.coordination.gates import Span
from tocsin.coordination.roads import Closure, promised_span
from tocsin.model.contributions import Opening
from tocsin.model.records import Instant, Record

__all__ = ["Passage", "passages"]

DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)


class Passage(Record, frozen=True, kw_only=True):
    """One promised opening and what is known of it, in minutes."""

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
    known = [c for c in closures if c.place == hours.place and _meant(c, hours)]
    days = []
    day = start
    while day < until:
        since, end = promised_span(hours, day)
        if start <= since and end <= until:
            days.append(_passage(hours, known, watched, since, end))
        day += DAY
    return tuple(days)


def _meant(closure: Closure, hours: Opening) -> bool:
    if not closure.kinds or not hours.kinds:
        return True
    return bool(set(closure.kinds) & set(hours.kinds))


def _passage(
    hours: Opening,
    closures: Sequence[Closure],
    watched: Sequence[Span],
    since: datetime,
    until: datetime,
) -> Passage:
    denied = [c for c in closures if c.reason == "restriction"]
    other = [c for c in closures if c.reason in {"incident", "mine"}]
    promised = (until - since) // MINUTE
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
        promised=promised,
        denied=shut,
        hindered=hindered,
        watched=seen,
        verdict="broken" if shut else "kept" if whole else "undetermined",
    )


def _covered(
    spans: Iterable[tuple[datetime | None, datetime | None]],
    since: datetime,
    until: datetime,
) -> int:
    """Whole minutes of a time that these spans cover together."""
    clipped = sorted(
        (max(begin or since, since), min(end or until, until)) for begin, end in spans
    )
    total, last = timedelta(), since
    for begin, end in clipped:
        if end > last:
            total += end - max(begin, last)
            last = end
    return total // MINUTE
