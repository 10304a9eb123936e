"""Clocks of complaints and mandates: who is owed an answer, and what runs out.

In: a board, an instant. Out: one :class:`Clock` per complaint and mandate, the most
pressing first. A complaint runs from the day it came in, whoever it is against; no
answer in time is late and stays late. A complaint for which no time was promised has no
deadline, and that is said.

>>> from datetime import UTC, datetime
>>> complaint = Complaint(
...     complaint_id="c-1",
...     by="population",
...     area="Alvenor",
...     about="blocked school road",
...     received=datetime(2025, 3, 5, tzinfo=UTC),
...     answer_within_days=7,
... )
>>> board = Board(
...     title="Exercise",
...     origin="exercise",
...     regions=("Alvenor",),
...     functions=("patrol",),
...     complaints=(complaint,),
... )
>>> [(c.state, c.due.day) for c in clocks(board, at=datetime(2025, 3, 14, tzinfo=UTC))]
[('late', 12)]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.coordination.gates import midnight
from tocsin.model.contributions import Board, Complaint, Mandate
from tocsin.model.records import Instant, Record

__all__ = ["Clock", "ClockState", "clocks"]

ClockState = Literal[
    "late", "expired", "renew", "running", "no deadline", "not granted", "done"
]
ORDER: Final = (
    "late",
    "expired",
    "renew",
    "not granted",
    "running",
    "no deadline",
    "done",
)


class Clock(Record, frozen=True, kw_only=True):
    """One clock.

    Attributes:
        kind: complaint or mandate.
        due: until when, or None: no end is stated.
        days_left: until then; negative: so long ago; None: no end, or it has ended.
    """

    kind: Literal["complaint", "mandate"]
    who: str
    about: str
    area: str = ""
    state: ClockState
    since: Instant | None = None
    due: Instant | None = None
    days_left: float | None = None


def clocks(board: Board, *, at: datetime) -> tuple[Clock, ...]:
    """Every clock that has begun by this instant, the most pressing first."""
    found = [_complaint(c, at) for c in board.complaints if c.received <= at]
    found += [_mandate(m, at) for m in board.mandates]
    return tuple(sorted(found, key=_order))


def _order(clock: Clock) -> tuple[int, float, str, str]:
    left = clock.days_left if clock.days_left is not None else float("inf")
    return ORDER.index(clock.state), left, clock.who, clock.about


def _complaint(one: Complaint, at: datetime) -> Clock:
    due = (
        None
        if one.answer_within_days is None
        else one.received + timedelta(days=one.answer_within_days)
    )
    ends = [end for end in (one.answered, one.closed) if end is not None]
    over = any(end <= at for end in ends)
    return Clock(
        kind="complaint",
        who=one.by,
        about=one.about + (f" (against {one.against})" if one.against else ""),
        area=one.area,
        state=_complaint_state(one, due, at, done=over),
        since=one.received,
        due=due,
        days_left=None if due is None or over else (due - at) / timedelta(days=1),
    )


def _complaint_state(
    one: Complaint, due: datetime | None, at: datetime, *, done: bool
) -> ClockState:
    answered = one.answered if one.answered is not None else one.closed
    if due is None:
        return "done" if done else "no deadline"
    if done:
        return "late" if answered is not None and answered > due else "done"
    return "late" if due < at else "running"


def _mandate(one: Mandate, at: datetime) -> Clock:
    due = None if one.expires is None else midnight(one.expires)
    return Clock(
        kind="mandate",
        who=one.state,
        about=one.body,
        state=_mandate_state(one, due, at),
        since=None if one.granted is None else midnight(one.granted),
        due=due,
        days_left=None if due is None else (due - at) / timedelta(days=1),
    )


def _mandate_state(one: Mandate, due: datetime | None, at: datetime) -> ClockState:
    if one.granted is None or midnight(one.granted) > at:
        return "not granted"
    if due is None:
        return "no deadline"
    if due <= at:
        return "expired"
    needs = one.renewal_takes_days
    pressing = needs is not None and due - at <= timedelta(days=needs)
    return "renew" if pressing else "running"
