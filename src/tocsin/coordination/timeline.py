"""What becomes due on ceasefire + N days, and what freezes when it is suspended.

In: a board, the gates of each contribution, the deadlines of the text. Out: entries in
order of their day. A gate that nothing has opened gives no day: the entry stands at the
end, with what it waits for. A **freeze** is a time in which a contribution whose gates
had all been open had one of them shut again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.coordination.gates import Gate, midnight
from tocsin.coordination.standing import Standing, newest, reached
from tocsin.model.contributions import STAGES, Board, Contribution, Stage
from tocsin.model.records import Instant, Record

__all__ = ["Due", "Entry", "Freeze", "freezes", "timeline"]

DAY: Final = timedelta(days=1)
EntryKind = Literal["deadline", "ready", "mandate", "lead", "renewal"]


class Due(Record, frozen=True, kw_only=True):
    """A deadline of the text, as the pipeline reads it from the agreement.

    Attributes:
        days: after the ceasefire began.
        repeats: True where each such act has a deadline of its own from another event;
            then it is not on the line of days.
    """

    clause: str
    words: str
    days: float


class Entry(Record, frozen=True, kw_only=True):
    """Something that falls on a day.

    Attributes:
        days: after the ceasefire; None: no day can be named.
        at: the instant, or None: the ceasefire has not begun or no day can be named.
        passed: True where the instant lies behind.
        waits_for: gates that nothing has opened yet.
    """

    kind: EntryKind
    words: str
    who: str = ""
    clause: str = ""
    days: float | None = None
    at: Instant | None = None
    passed: bool = False
    waits_for: tuple[str, ...] = ()


class Freeze(Record, frozen=True, kw_only=True):
    """A time in which a contribution may not go on; ``until`` None: it still lasts."""

    contribution_id: str
    state: str
    gate: str
    since: Instant
    until: Instant | None = None


def timeline(
    board: Board,
    gates: Mapping[str, tuple[Gate, ...]],
    standings: Iterable[Standing],
    *,
    deadlines: Iterable[Due] = (),
    at: datetime,
    ceasefire: datetime | None,
) -> tuple[Entry, ...]:
    """Deadlines, readiness, ends of mandates and changes of lead, in order of days."""
    entries = [
        *_deadlines(deadlines, ceasefire, at),
        *_readiness(standings, gates, ceasefire, at),
        *_mandates(board, ceasefire, at),
        *_successions(board, ceasefire, at),
    ]
    return tuple(sorted(entries, key=_order))


def freezes(
    board: Board, gates: Mapping[str, tuple[Gate, ...]], *, at: datetime
) -> tuple[Freeze, ...]:
    """Every freeze up to an instant, the oldest first."""
    found = [
        freeze
        for one in newest(board)
        for freeze in _freezes(one, gates.get(one.contribution_id, ()), at)
    ]
    return tuple(sorted(found, key=lambda f: (f.since, f.contribution_id, f.gate)))


def _freezes(
    one: Contribution, gates: Sequence[Gate], at: datetime
) -> Iterator[Freeze]:
    for gate in gates:
        for span in gate.spans:
            if span.until is None or span.until > at:
                continue
            before = span.until - timedelta(seconds=1)
            if all(other.open_at(before) for other in gates):
                opened = gate.opens_after(span.until - timedelta(seconds=1))
                yield Freeze(
                    contribution_id=one.contribution_id,
                    state=one.state,
                    gate=gate.words,
                    since=span.until,
                    until=opened if opened is not None and opened <= at else None,
                )


def _deadlines(
    deadlines: Iterable[Due], ceasefire: datetime | None, at: datetime
) -> Iterator[Entry]:
    for due in deadlines:
        instant = None if ceasefire is None else ceasefire + due.days * DAY
        yield Entry(
            kind="deadline",
            words=due.words,
            clause=due.clause,
            days=due.days,
            at=instant,
            passed=instant is not None and instant <= at,
        )


def _readiness(
    standings: Iterable[Standing],
    gates: Mapping[str, tuple[Gate, ...]],
    ceasefire: datetime | None,
    at: datetime,
) -> Iterator[Entry]:
    for standing in standings:
        if standing.stage not in STAGES:
            continue
        one = standing.contribution
        mine = gates.get(one.contribution_id, ())
        if not mine:
            continue
        never = [g for g in mine if not g.open_at(at) and g.opens_after(at) is None]
        others = [g for g in never if ceasefire is None and g.kind != "in_force"]
        waits = tuple(g.words for g in never)
        days = _days_to(one, mine, ceasefire, at) if not never else None
        if ceasefire is None and never and not others:
            days = float(one.ready_after_days)
        instant = ceasefire + days * DAY if ceasefire and days is not None else None
        yield Entry(
            kind="ready",
            words=_serving(standing),
            who=one.state,
            clause=", ".join(one.conditions),
            days=days,
            at=instant,
            passed=instant is not None and instant <= at,
            waits_for=waits,
        )


def _serving(one: Standing) -> str:
    state = one.contribution.state.replace("_", " ")
    words = f"{one.contribution.capability} of {state}"
    firm = reached(one.stage, Stage.COMMITTED)
    return f"{words} can serve" if firm else f"{words} could serve, once committed"


def _days_to(
    one: Contribution, gates: Sequence[Gate], ceasefire: datetime | None, at: datetime
) -> float | None:
    """Days from the ceasefire until it can serve, the gates being as on record."""
    if ceasefire is None:
        return float(one.ready_after_days)
    opened = [
        next((s.since for s in gate.spans if s.holds(at)), gate.opens_after(at))
        for gate in gates
    ]
    last = max([ceasefire, *(instant for instant in opened if instant is not None)])
    return (last - ceasefire) / DAY + one.ready_after_days


def _mandates(
    board: Board, ceasefire: datetime | None, at: datetime
) -> Iterator[Entry]:
    for mandate in board.mandates:
        if mandate.expires is None:
            continue
        expires = midnight(mandate.expires)
        yield _dated(
            "mandate",
            f"mandate of {mandate.state} ({mandate.body}) ends",
            mandate.state,
            expires,
            ceasefire,
            at,
        )
        if mandate.renewal_takes_days is not None:
            yield _dated(
                "renewal",
                f"renewal of the mandate of {mandate.state} must have begun",
                mandate.state,
                expires - mandate.renewal_takes_days * DAY,
                ceasefire,
                at,
            )


def _successions(
    board: Board, ceasefire: datetime | None, at: datetime
) -> Iterator[Entry]:
    for lead in board.leads:
        if lead.until is not None:
            after = f"; {lead.follows} follows" if lead.follows else "; nobody follows"
            words = f"lead of {lead.state} for {lead.function} in {lead.area} ends"
            yield _dated(
                "lead", words + after, lead.state, midnight(lead.until), ceasefire, at
            )


def _dated(  # the parts of one entry
    kind: EntryKind,
    words: str,
    who: str,
    instant: datetime,
    ceasefire: datetime | None,
    at: datetime,
) -> Entry:
    days = None if ceasefire is None else (instant - ceasefire) / DAY
    return Entry(
        kind=kind, words=words, who=who, days=days, at=instant, passed=instant <= at
    )


def _order(entry: Entry) -> tuple[bool, float, str, str]:
    unknown = entry.days is None and entry.at is None
    return unknown, entry.days or 0.0, entry.clause, entry.words
