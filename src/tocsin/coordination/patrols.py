"""Which region is patrolled at which hour, by whom, and when by nobody.

In: a board whose patrols say who goes where between which hours, how each contribution
stands, an instant. Out: for every region the units on patrol in each hour of that day,
as planned and as far as they can be deployed now, the share of the day that is covered,
and the gaps. Regions by name and hours of the day, nothing finer: a patrol has no
route.

>>> from datetime import UTC, datetime
>>> night = Patrol(
...     contribution="a", area="East", units=2, opens="20:00", closes="06:30"
... )
>>> gaps([minute for minute, units in enumerate(minutes_of(night)) if not units])
('06:30-20:00',)
>>> busiest([night, night])
4
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from tocsin.coordination.standing import Standing
from tocsin.model.contributions import Board, Patrol
from tocsin.model.records import Record

__all__ = ["PatrolCover", "busiest", "gaps", "minutes_of", "patrol_cover"]

Minutes = npt.NDArray[np.int64]  # (1440,) units on patrol in each minute of a day, UTC
DAY: int = 1_440


class PatrolCover(Record, frozen=True, kw_only=True):
    """Patrols of one region on one day, UTC.

    Attributes:
        planned: the fewest units on patrol in each of the 24 hours.
        ready: the same, of contributions that can be deployed now.
        share_planned, share_ready: share of the day with anybody on patrol, 0 to 1.
        gaps: times of the day with nobody planned.
        by: states that patrol, each once.
    """

    area: str
    planned: tuple[int, ...]
    ready: tuple[int, ...]
    share_planned: float
    share_ready: float
    gaps: tuple[str, ...]
    by: tuple[str, ...]


def patrol_cover(
    board: Board, standings: Iterable[Standing], *, at: datetime
) -> tuple[PatrolCover, ...]:
    """Every region of the board; empty where no patrol is planned at all."""
    if not board.patrols:
        return ()
    by_id = {one.contribution.contribution_id: one for one in standings}
    today = [p for p in board.patrols if _on(p, at.date()) and p.contribution in by_id]
    return tuple(_cover(area, today, by_id) for area in board.regions)


def busiest(patrols: Iterable[Patrol]) -> int:
    """The most units that these patrols have out at one time, on any day."""
    known = list(patrols)
    days = {patrol.since or date.min for patrol in known}
    out = [_sum([p for p in known if _on(p, day)]) for day in days]
    return max((int(minutes.max()) for minutes in out), default=0)


def minutes_of(patrol: Patrol) -> Minutes:
    """Units out in each minute of a day."""
    opens, closes = _minute(patrol.opens), _minute(patrol.closes)
    minute = np.arange(DAY)
    if opens < closes:
        out = (opens <= minute) & (minute < closes)
    else:
        out = (minute >= opens) | (minute < closes)
    return out.astype(np.int64) * patrol.units


def gaps(minutes: Sequence[int]) -> tuple[str, ...]:
    """Minutes of a day as times; one that runs over midnight stands as one, last."""
    free = np.zeros(DAY, np.bool_)
    free[list(minutes)] = True
    if free.all():
        return ("00:00-24:00",)
    begins = np.nonzero(free & ~np.roll(free, 1))[0].tolist()
    ends = ((np.nonzero(free & ~np.roll(free, -1))[0] + 1) % DAY).tolist()
    spans = [(b, next((e for e in ends if e > b), min(ends))) for b in begins]
    return tuple(f"{_clock(begin)}-{_clock(end)}" for begin, end in spans)


def _cover(
    area: str, today: Sequence[Patrol], by_id: dict[str, Standing]
) -> PatrolCover:
    here = [p for p in today if p.area == area]
    planned = _sum(here)
    ready = _sum([p for p in here if by_id[p.contribution].deployable])
    states = [by_id[p.contribution].contribution.state for p in here]
    return PatrolCover(
        area=area,
        planned=_hours(planned),
        ready=_hours(ready),
        share_planned=round(float((planned > 0).mean()), 6),
        share_ready=round(float((ready > 0).mean()), 6),
        gaps=gaps(np.nonzero(planned == 0)[0].tolist()),
        by=tuple(dict.fromkeys(states)),
    )


def _sum(patrols: Sequence[Patrol]) -> Minutes:
    total = np.zeros(DAY, np.int64)
    for patrol in patrols:
        total += minutes_of(patrol)
    return total


def _hours(minutes: Minutes) -> tuple[int, ...]:
    return tuple(int(n) for n in minutes.reshape(24, 60).min(axis=1))


def _on(patrol: Patrol, day: date) -> bool:
    begun = patrol.since is None or patrol.since <= day
    return begun and (patrol.until is None or day < patrol.until)


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
