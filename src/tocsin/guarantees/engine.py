"""The clock of one promise: from an allegation to what is owed, step by step.

In: a promise of the text, events in any order, an instant. Out: the state in which the
promise stands at that instant, what is due from whom by when, and the notices that
this gives. No file, no network, no clock of its own: ``at`` is an argument.

The rules, in the order in which they are applied:

1. A promise sleeps (*dormant*) until an event wakes it.
2. An alleged breach is not a found one. While *condition alleged*, only the clock of
   those who attribute runs; no guarantor owes anything.
3. When the breach is found (*condition found*), the guarantors' clocks start, and they
   count from that instant, not from the allegation and not from the breach.
4. When those who must consult have met, the *consultation* is *called*; when a decision
   has been proposed or a ballot cast, the *decision* is *pending*. Where the text asks
   for no consultation, the decision is pending as soon as the breach is found.
5. Adopted is *activated*, rejected is *declined*, not decided in time is *lapsed*. A
   decision counts if it falls in the second in which the clock runs out.
6. What needs no decision (a measure, a duty of the guarantors) is activated when it is
   called for: from then on it is owed. Until it has taken effect it may be *suspended*
   by whom the text names.
7. A power is activated when its last gate opens, *suspended* while one is closed again,
   and lapses at its time, used or not. A gate of which nothing is on record is unknown,
   and an unknown gate is not open.
8. *Declined*, *lapsed* and *terminated* are final. Time alone never brings a promise
   back; only evidence that turns out earlier can, and then the notices that no longer
   hold are withdrawn.
9. A step that is not taken in time is *missed*. It stays owed. Where the text says what
   follows, that is shown; where it is silent, the silence is shown.

All events are kept, and the story is told anew from all of them. So neither the order
of their arrival nor the number of calls matters: advancing twice is advancing once.

>>> from datetime import UTC, datetime, timedelta
>>> from tocsin.model import TriggerMode
>>> found = datetime(2025, 3, 8, 6, tzinfo=UTC)
>>> promise = Promise(
...     clause="Article 6(1)",
...     title="Consultation",
...     mode=TriggerMode.BY_DECISION,
...     findings=("serious_violation",),
...     steps=(
...         Asked(
...             kind="consult",
...             what="meet",
...             name="meet",
...             clause="Article 6(1)",
...             owed_by=("Coalition",),
...             after_s=86_400,
...         ),
...     ),
... )
>>> about = Occasion(party="Northland", finding="serious_violation")
>>> state = begin(promise, about, origin=Origin.EXERCISE)
>>> alleged = Event(what="alleged", at=found - timedelta(hours=30))
>>> said = advance(state, [Event(what="found", at=found), alleged], at=found)
>>> said.guarantee.state.value, said.guarantee.steps[0].due == found + timedelta(days=1)
('condition_found', True)
>>> late = advance(said.state, [], at=found + timedelta(hours=25))
>>> late.guarantee.steps[0].missed, late.notices[0].to
(True, ('Coalition',))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from tocsin.guarantees.promises import Asked, Occasion, Promise
from tocsin.guarantees.story import FINAL, Event, Moment, in_order, tell
from tocsin.model import Guarantee, Instant, Notice, Origin, Record, identified

__all__ = [
    "FINAL",
    "Advanced",
    "Asked",
    "Event",
    "Occasion",
    "State",
    "advance",
    "begin",
    "standing",
]

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every event."""


class State(Record, frozen=True, kw_only=True):
    """Everything about one promise on one occasion; replace it, never change it.

    Attributes:
        events: all that are known, those after ``at`` as well.
        at: the instant to which it was advanced, or None: not yet.
        told: the notices that hold now.
    """

    promise: Promise
    occasion: Occasion
    origin: Origin
    events: tuple[Event, ...] = ()
    at: Instant | None = None
    told: tuple[Notice, ...] = ()


class Advanced(Record, frozen=True, kw_only=True):
    """What advancing gives: the state, the record of it, and what is new to tell.

    Attributes:
        guarantee: how it stands.
        versions: every version until then, the oldest first; the last is ``guarantee``.
        notices: what was not told before, and what is withdrawn.
    """

    state: State
    guarantee: Guarantee
    versions: tuple[Guarantee, ...]
    notices: tuple[Notice, ...] = ()


def begin(promise: Promise, occasion: Occasion, *, origin: Origin) -> State:
    """A promise on an occasion, before anything is known."""
    return State(promise=promise, occasion=occasion, origin=origin)


def advance(state: State, events: Iterable[Event], *, at: datetime) -> Advanced:
    """The promise as it stands at ``at``, with these events besides those it knows.

    The second of ``at`` is over: its events count, and a clock that runs out in it has
    run out. Going back in time is allowed and shows what stood then.
    """
    known = in_order((*state.events, *events))
    moments = tell(state.promise, state.occasion, known, at)
    told = tuple(_notices(state, moments))
    new = tuple(notice for notice in told if notice not in state.told)
    if state.at is not None and at < state.at:
        told = state.told
    gone = [notice for notice in state.told if notice not in told]
    withdrawn = tuple(_withdrawn(notice, at) for notice in gone)
    after = msgspec.structs.replace(state, events=known, at=at, told=told)
    versions = tuple(_records(after, moments))
    return Advanced(
        state=after,
        guarantee=versions[-1],
        versions=versions,
        notices=(*withdrawn, *new),
    )


def standing(state: State) -> Guarantee:
    """The record of a promise as it stood when it was last advanced."""
    known = state.events if state.at else ()
    moments = tell(state.promise, state.occasion, known, state.at or BEGINNING)
    return _records(state, moments)[-1]


# --- records -------------------------------------------------------------------------


def _records(state: State, moments: list[Moment]) -> list[Guarantee]:
    """One version per change, each naming the one before it."""
    records: list[Guarantee] = []
    for moment in moments:
        before = records[-1].guarantee_id if records else None
        records.append(_record(state, moment, len(records) + 1, before))
    return records


def _record(
    state: State, moment: Moment, version: int, supersedes: str | None
) -> Guarantee:
    promise, about = state.promise, state.occasion
    record = Guarantee(
        guarantee_id="",
        origin=state.origin,
        clause=promise.clause,
        title=promise.title,
        party=about.party,
        sector=about.sector,
        mode=promise.mode,
        state=moment.state,
        since=moment.since,
        episode=about.episode,
        steps=moment.steps,
        why=moment.why,
        version=version,
        supersedes=supersedes,
    )
    return identified(record, field="guarantee_id")


def _notices(state: State, moments: list[Moment]) -> Iterator[Notice]:
    for moment in moments:
        if moment.at is not None and moment.sentence:
            notice = Notice(
                notice_id="",
                origin=state.origin,
                at=moment.at,
                clause=state.promise.clause,
                to=moment.to,
                sentence=moment.sentence,
            )
            yield identified(notice, field="notice_id")


def _withdrawn(notice: Notice, at: datetime) -> Notice:
    sentence = f"Withdrawn, because later evidence changed it: {notice.sentence}"
    again = msgspec.structs.replace(notice, notice_id="", at=at, sentence=sentence)
    return identified(again, field="notice_id")
