"""The story of one promise: events and clocks in order, and every change they make.

Beside :mod:`tocsin.guarantees.engine`, which states the rules and keeps what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import msgspec

from tocsin.guarantees.promises import ACCUSED, Asked, Gate, Occasion, Promise
from tocsin.guarantees.wording import Telling, said_of, why
from tocsin.model import GuaranteeState, Instant, Record, Step

__all__ = ["FINAL", "ORDER", "Event", "Moment", "in_order", "tell"]

S = GuaranteeState

FINAL: Final = frozenset({S.DECLINED, S.LAPSED, S.TERMINATED})
"""States that nothing leaves."""

AWAKE: Final = frozenset({S.CONDITION_FOUND, S.CONSULTATION_CALLED, S.DECISION_PENDING})
"""States in which a decision can be taken."""

What = Literal[
    "alleged",  # the condition became true
    "found",  # it was attributed
    "not_found",  # the attribution was rejected
    "woken",  # something else called for it: a lapsed decision, a number of episodes
    "called_for",  # a step was called for, with the clock that the evaluation counts
    "done",  # a step was taken
    "proposed",  # a decision was proposed, or a first ballot cast
    "tallied",  # who alone can still stop the decision
    "adopted",
    "rejected",
    "lapsed",
    "suspended",
    "resumed",
    "opened",  # a gate
    "closed",  # a gate
    "ended",  # the text, or this article of it, no longer binds
]
ORDER: Final = {what: rank for rank, what in enumerate(get_args(What))}
"""What follows what within one second."""


class Event(Record, frozen=True, kw_only=True):
    """Something that happened, as far as one promise is concerned.

    Attributes:
        what: what happened.
        at: when, to the second.
        step: name of the step or words of the gate that it concerns, or "".
        by: who did it, or who can still stop it (``tallied``).
        due: until when the step is due, as the evaluation counts it; None: the engine
            counts from the text.
        known: False where nobody could see whether the step was taken.
    """

    what: What
    at: Instant
    step: str = ""
    by: tuple[str, ...] = ()
    due: Instant | None = None
    known: bool = True


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each event once, by time; within a second in the order in which things follow."""
    unique = dict.fromkeys(events)
    return tuple(
        sorted(unique, key=lambda e: (e.at, ORDER[e.what], e.step, e.by, str(e.due)))
    )


class Moment(Record, frozen=True, kw_only=True):
    """A change: the state and the steps from an instant on (None: from the outset)."""

    at: Instant | None
    state: GuaranteeState
    since: Instant | None
    steps: tuple[Step, ...]
    why: str
    sentence: str = ""
    to: tuple[str, ...] = ()


def tell(
    promise: Promise, occasion: Occasion, events: Iterable[Event], at: datetime
) -> list[Moment]:
    """The changes until ``at``, the first of them being asleep; events in order."""
    teller = _Teller(promise, occasion)
    for event in events:
        if event.at > at:
            break
        teller.clocks_before(event.at)
        teller.take(event)
    teller.clocks_before(at + timedelta(seconds=1))
    return teller.moments


class _Teller:
    """Goes through the events in order and writes down every change."""

    def __init__(self, promise: Promise, occasion: Occasion) -> None:
        self.promise = promise
        self.occasion = occasion
        self.state = S.DORMANT
        self.since: datetime | None = None
        self.anchors: dict[str, datetime] = {}
        self.due: dict[str, datetime] = {}
        self.done: dict[str, datetime] = {}
        self.blockers: dict[str, tuple[str, ...]] = {}
        self.missed: set[str] = set()
        self.unknown: set[str] = set()
        self.gates: dict[str, bool] = {}
        self.opened: dict[str, datetime] = {}
        self.moments = [self._moment(None)]

    # -- events

    def take(self, event: Event) -> None:
        """One event, with everything that follows from it at once."""
        if self.state in FINAL or not self._counts(event):
            return
        self._remember(event)
        self._follow(event)
        self._write(event.at, event)

    def _counts(self, event: Event) -> bool:
        """Whether the event can act in this state; a ballot before a finding cannot."""
        awake = self.state in AWAKE and "adopted" not in self.anchors
        match event.what:
            case "adopted":
                return awake and bool(self._decides())
            case "rejected":
                return awake or (self.state == S.ACTIVATED and not self._decides())
            case "lapsed":
                return awake or self.state == S.CONDITION_ALLEGED
            case "not_found":
                return self.state == S.CONDITION_ALLEGED
            case "suspended":
                return self.state == S.ACTIVATED
            case "resumed":
                return self.state == S.SUSPENDED
        return True

    def _decides(self) -> bool:
        return bool(self.promise.steps_of("decide") or self.promise.upstream)

    def _remember(self, event: Event) -> None:
        match event.what:
            case "called_for":
                if event.due is not None:
                    self.due[event.step] = event.due
                if not event.known:
                    self.unknown.add(event.step)
            case "done":
                self.done.setdefault(event.step, event.at)
            case "tallied":
                self.blockers[event.step] = event.by
            case "opened":
                if not self.gates.get(event.step):
                    self.opened[event.step] = event.at
                self.gates[event.step] = True
            case "closed":
                self.gates[event.step] = False
            case _:
                self._decide(event)
                self._anchor(event)

    def _decide(self, event: Event) -> None:
        """A decision settles its step: taken, or missed where it lapsed."""
        alleged = self.state == S.CONDITION_ALLEGED
        steps = self._attributions() if alleged else self.promise.steps_of("decide")
        names = [asked.name for asked in steps]
        if event.what in {"adopted", "rejected", "not_found"}:
            self.done |= {n: event.at for n in names if n not in self.done}
        elif event.what == "lapsed":
            self.missed |= set(names)

    def _anchor(self, event: Event) -> None:
        """From the first instant of its kind, the clocks that run from it."""
        if event.what in self.anchors:
            return
        self.anchors[event.what] = event.at
        if event.what == "alleged" and event.due is not None:
            self._clock(event.due, [a.name for a in self._attributions()])
        self._start_clocks(event.what, event.at)
        if event.what == "found":
            self.done |= {a.name: event.at for a in self._attributions()}
            self.anchors.setdefault("woken", event.at)
            self._start_clocks("woken", self.anchors["woken"])

    def _clock(self, due: datetime, names: Iterable[str]) -> None:
        self.due |= dict.fromkeys(names, due)

    def _start_clocks(self, anchor: str, at: datetime) -> None:
        for asked in (*self._attributions(), *self.promise.steps):
            if asked.runs_from == anchor and asked.after_s is not None:
                due = at + timedelta(seconds=asked.after_s)
                self.due.setdefault(asked.name, due)

    def _follow(self, event: Event) -> None:
        """Where the event leads."""
        at = event.at
        match event.what:
            case "ended":
                self._enter(S.TERMINATED, at)
            case "alleged" if self.state == S.DORMANT:
                self._enter(S.CONDITION_ALLEGED, at)
            case "found" | "woken":
                self._wake(at)
            case "not_found" | "rejected":
                self._enter(S.DECLINED, at)
            case "lapsed":
                self._enter(S.LAPSED, at)
            case "done" if self.state == S.CONDITION_FOUND and self._consulted():
                self._enter(S.CONSULTATION_CALLED, at)
            case "proposed" if self._awaits_decision():
                self._enter(S.DECISION_PENDING, at)
            case "adopted" if not self.promise.gates:
                self._enter(S.ACTIVATED, at)
            case "suspended":
                self._enter(S.SUSPENDED, at)
            case "resumed":
                self._enter(S.ACTIVATED, at)
        if self.promise.steps_of("power"):
            self._power(at)

    def _wake(self, at: datetime) -> None:
        if self.state not in {S.DORMANT, S.CONDITION_ALLEGED}:
            return
        if self.promise.steps_of("power") or self.promise.upstream:
            self._enter(S.CONDITION_FOUND, at)
        elif self.promise.steps_of("consult"):
            called = S.CONSULTATION_CALLED if self._consulted() else S.CONDITION_FOUND
            self._enter(called, at)
        elif self.promise.steps_of("decide"):
            self._enter(S.DECISION_PENDING, at)
        else:
            self._enter(S.ACTIVATED, at)

    def _power(self, at: datetime) -> None:
        """A power follows its gates."""
        if self.state in FINAL:
            return
        woken = "woken" in self.anchors or not self.promise.findings
        is_open = all(self.gates.get(gate.words) for gate in self.promise.gates)
        if self.state == S.ACTIVATED and not is_open:
            self._enter(S.SUSPENDED, at)
        elif self.state != S.ACTIVATED and is_open and woken:
            self.anchors.setdefault("activated", at)
            self._enter(S.ACTIVATED, at)
        elif self.state in {S.DORMANT, *AWAKE} and woken and self._somebody_acted():
            self._enter(S.DECISION_PENDING, at)
        self._lapse_clock()

    def _somebody_acted(self) -> bool:
        awaited = [g for g in self.promise.gates if g.kind != "in_force"]
        return any(self.gates.get(gate.words) for gate in awaited)

    def _lapse_clock(self) -> None:
        start = self.anchors.get("adopted", self.anchors.get("activated"))
        if start is not None and self.promise.lapses_s is not None:
            due = start + timedelta(seconds=self.promise.lapses_s)
            for asked in self.promise.steps_of("power"):
                self.due.setdefault(asked.name, due)

    def _consulted(self) -> bool:
        owed = self.promise.steps_of("consult")
        return bool(owed) and all(step.name in self.done for step in owed)

    def _awaits_decision(self) -> bool:
        waiting = {S.CONDITION_FOUND, S.CONSULTATION_CALLED}
        return self.state in waiting and self._decides()

    def _enter(self, state: GuaranteeState, at: datetime) -> None:
        if state != self.state:
            self.state, self.since = state, at

    # -- clocks

    def clocks_before(self, until: datetime) -> None:
        """Let every clock run out that does so before ``until``."""
        while self.state not in FINAL:
            running = [(due, asked) for due, asked in self._running() if due < until]
            if not running:
                return
            due, asked = min(running, key=lambda pair: (pair[0], pair[1].name))
            self._run_out(asked, due)
            self._write(due, None, run_out=asked)

    def _running(self) -> Iterator[tuple[datetime, Asked]]:
        for asked in self._attributions():
            if self.state == S.CONDITION_ALLEGED:
                yield from self._open_clock(asked)
        for asked in self.promise.steps:
            yield from self._open_clock(asked)

    def _open_clock(self, asked: Asked) -> Iterator[tuple[datetime, Asked]]:
        due = self.due.get(asked.name)
        taken = asked.name in self.done and asked.kind != "power"
        if due is not None and not taken and asked.name not in self.missed:
            yield due, asked

    def _run_out(self, asked: Asked, due: datetime) -> None:
        match asked.kind:
            case "effect":
                self.done[asked.name] = due
            case "power":
                self._enter(S.LAPSED, due)
            case "attribute" | "decide":
                self.missed.add(asked.name)
                self._enter(S.LAPSED, due)
            case _:
                self.missed.add(asked.name)

    # -- what is written down

    def _attributions(self) -> tuple[Asked, ...]:
        wanted = self.occasion.finding
        every = self.promise.attributions
        return tuple(asked for asked in every if wanted in {None, asked.name})

    def _write(
        self, at: datetime, event: Event | None, *, run_out: Asked | None = None
    ) -> None:
        moment, last = self._moment(at), self.moments[-1]
        if (moment.state, moment.steps) == (last.state, last.steps):
            return
        sentence, to = said_of(
            self._telling(moment.steps),
            entered=moment.state != last.state,
            what=event.what if event else "",
            step=self._step_of(event, run_out),
        )
        self.moments.append(msgspec.structs.replace(moment, sentence=sentence, to=to))

    def _step_of(self, event: Event | None, run_out: Asked | None) -> Step | None:
        name = run_out.name if run_out else (event.step if event else "")
        for asked in (*self._attributions(), *self.promise.steps):
            if asked.name == name:
                return self._step(asked)
        return None

    def _moment(self, at: datetime | None) -> Moment:
        steps = tuple(self._steps())
        return Moment(
            at=at,
            state=self.state,
            since=self.since,
            steps=steps,
            why=why(self._telling(steps)),
        )

    def _telling(self, steps: tuple[Step, ...]) -> Telling:
        return Telling(
            promise=self.promise,
            about=self.occasion,
            state=self.state,
            at=self.anchors,
            steps=steps,
        )

    def _steps(self) -> Iterator[Step]:
        for asked in (*self._attributions(), *self.promise.steps):
            yield self._step(asked)
        for gate in self.promise.gates:
            yield self._gate(gate)

    def _step(self, asked: Asked) -> Step:
        done, due = self.done.get(asked.name), self.due.get(asked.name)
        late = done is not None and due is not None and done > due
        unseen = asked.name in self.unknown
        over = done is not None or self.state in FINAL
        blockers = self.blockers.get(asked.name, asked.blockers)
        return Step(
            what=asked.what,
            clause=asked.clause,
            owed_by=self._names(asked.owed_by),
            due=due,
            blockers=() if over else self._names(blockers),
            otherwise=asked.otherwise,
            done_at=done,
            missed=late or (asked.name in self.missed and not unseen),
        )

    def _gate(self, gate: Gate) -> Step:
        is_open = self.gates.get(gate.words)
        words = {None: "unknown", True: "open", False: "closed"}[is_open]
        return Step(
            what=f"{gate.words}: {words}",
            clause=self.promise.clause,
            owed_by=(gate.by,) if gate.by else (),
            due=None,
            blockers=(gate.by,) if gate.by and self.state not in FINAL else (),
            done_at=self.opened.get(gate.words) if is_open else None,
        )

    def _names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        party = self.occasion.party
        return tuple((party or n) if n == ACCUSED else n for n in names)
