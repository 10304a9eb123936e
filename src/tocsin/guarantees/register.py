"""Acts on record, as promises need them: which gates opened, what binds, who voted.

In: an agreement, the promises of it and the FACTS table. Out: events for the engine.
Facts not yet known and facts that were withdrawn are left out by the same function
that leaves them out of the evaluation, and from when to when an article binds is the
evaluation's answer.

A gate that is an act (``consent of Southland``) opens with that act on record. It
closes when the same actor does ``withdraw_consent`` or ``refuse_consent``, or is on
record with the act and the vote ``no``. A record whose subject names something else
opens nothing. Where the text asks it of each contributor, the contributors are the
members on record with ``contribute``; as long as there is none, every member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from tocsin.agreement.evaluate.force import EVER, Force, Span, force
from tocsin.agreement.evaluate.history import Fact, History, settle
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.evaluate.results import Decision, Duty
from tocsin.agreement.terms import Agreement, EventTime
from tocsin.guarantees.engine import Event
from tocsin.guarantees.promises import Gate, Promise
from tocsin.model import FACTS, Issue, Vote, conform, from_seconds, seconds

__all__ = ["Register"]

BALLOT: Final = "ballot"
CONTRIBUTE: Final = "contribute"
AGAINST: Final = ("withdraw_", "refuse_")
"""Before the name of an act: the same actor takes it back, or refuses it."""


class Register:
    """What is on record for the promises of one agreement."""

    def __init__(
        self,
        agreement: Agreement,
        made: Iterable[Promise],
        facts: pa.Table,
        *,
        as_known_at: datetime | None = None,
    ) -> None:
        kinds = {BALLOT, CONTRIBUTE, *_starters(agreement)}
        for promise in made:
            kinds |= {kind for gate in promise.gates for kind in _kinds(gate)}
            kinds |= {step.act for step in promise.steps if step.act}
        outcome = settle(_acts(facts, kinds), as_known_at=as_known_at)
        self.issues: tuple[Issue, ...] = outcome.issues
        self.acts: tuple[Fact, ...] = outcome.records.facts()
        self.agreement = agreement
        self.force = _force(agreement, outcome.records)

    def with_contributors(self, promise: Promise) -> Promise:
        """The promise with the gates of those who contribute, where that is known."""
        who = {act.party for act in self.acts if act.kind == CONTRIBUTE}
        if not who:
            return promise
        gates = [g for g in promise.gates if not g.of_each or g.by in who]
        return replace(promise, gates=tuple(gates))

    def always(self, promise: Promise) -> Iterator[Event]:
        """What holds on every occasion: the gates, and the end of the article."""
        end = self._span(promise.clause).stop
        if end < EVER:
            yield Event(what="ended", at=from_seconds(end))
        for gate in promise.gates:
            if gate.kind == "in_force":
                yield from self._in_force(gate)
            elif gate.kind == "act":
                yield from self._act(gate, _meant(promise))

    def first_ballot(
        self, decision: Decision, sector: str | None = None
    ) -> datetime | None:
        """When the first ballot on a decision was cast since it was opened."""
        names = {decision.name.casefold(), decision.clause.casefold()}
        for act in self.acts:
            about = act.subject is not None and act.subject.casefold() in names
            whose = act.target_party in {decision.party, None}
            where = act.sector in {sector, None}
            opened = act.t >= seconds(decision.opened_at)
            if act.kind == BALLOT and about and whose and where and opened:
                return from_seconds(act.t)
        return None

    def late(self, duty: Duty) -> datetime | None:
        """When a duty was done after its time, or None: it was not."""
        if duty.due is None:
            return None
        for act in self.acts:
            mine = act.kind == duty.act and act.party == duty.holder
            whose = act.target_party in {duty.party, None}
            where = act.sector in {duty.sector, None}
            if mine and whose and where and act.t > seconds(duty.due):
                return from_seconds(act.t)
        return None

    def _in_force(self, gate: Gate) -> Iterator[Event]:
        span = self._span(gate.name)
        if span.start >= span.stop:
            return
        start = from_seconds(max(span.start, 0))
        yield Event(what="opened", at=start, step=gate.words)
        if span.stop < EVER:
            yield Event(what="closed", at=from_seconds(span.stop), step=gate.words)

    def _span(self, clause: str) -> Span:
        """Of an article with paragraphs, from the first start to the last end."""
        meant = self.agreement.find(clause.removeprefix("Article "))
        spans = [self.force[article.number] for article in meant]
        if not spans:
            return Span(EVER, EVER)
        return Span(min(s.start for s in spans), max(s.stop for s in spans))

    def _act(self, gate: Gate, meant: set[str]) -> Iterator[Event]:
        kinds = set(_kinds(gate))
        for act in self.acts:
            by_it = act.kind in kinds and gate.by in {"", act.party}
            if by_it and (act.subject is None or act.subject in meant):
                shut = act.kind != gate.name or act.vote == Vote.NO
                what = "closed" if shut else "opened"
                yield Event(
                    what=what,  # type: ignore[arg-type]
                    at=from_seconds(act.t),
                    step=gate.words,
                    by=(act.party,) if act.party else (),
                )


def _kinds(gate: Gate) -> tuple[str, ...]:
    if gate.kind != "act":
        return ()
    return (gate.name, *(f"{before}{gate.name}" for before in AGAINST))


def _meant(promise: Promise) -> set[str]:
    """What a consent or mandate may name and still be meant for this promise."""
    named = {gate.name for gate in promise.gates}
    things = {step.thing for step in promise.steps if step.thing}
    return named | things | {promise.clause, promise.upstream}


def _starters(agreement: Agreement) -> Iterator[str]:
    """Events that bring an article into force or end it."""
    for article in agreement.articles:
        said = article.in_force
        if said is not None:
            for time in (*said.start, *((said.until,) if said.until else ())):
                if isinstance(time.base, EventTime):
                    yield time.base.event


def _acts(facts: pa.Table, kinds: set[str]) -> pa.Table:
    """The rows of these kinds, and those that withdraw others."""
    table = conform(facts, FACTS, what="facts")
    wanted = pc.is_in(table["kind"], value_set=pa.array(sorted(kinds), pa.string()))
    return table.filter(pc.or_(wanted, pc.is_valid(table["withdraws"])))


def _force(agreement: Agreement, history: History) -> Force:
    return force(plan(agreement), history)
