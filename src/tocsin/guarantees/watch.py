"""From an evaluation to the promises as they stand: who owes what, and since when.

In: an agreement, what its evaluation found (episodes, decisions, duties, effects), the
facts (acts on record open the gates of powers), an instant. Out: one
:class:`~tocsin.model.Guarantee` per promise and occasion, and every notice up to that
instant. A promise that nothing has woken gives one sleeping record.

Nothing is decided here: what is found, due or adopted is what the evaluation says, and
each promise is run by :mod:`tocsin.guarantees.engine`. An agreement without promises
gives no records; that is an answer about the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pyarrow as pa

from tocsin.agreement.evaluate.results import (
    Decision,
    Duty,
    Effect,
    Episode,
    Evaluation,
    Open,
    PowerUse,
)
from tocsin.agreement.terms import Agreement
from tocsin.guarantees.engine import Event, advance, begin
from tocsin.guarantees.promises import Occasion, Promise
from tocsin.guarantees.reader import promises
from tocsin.guarantees.register import Register
from tocsin.model import (
    Guarantee,
    Issue,
    Notice,
    Origin,
    Outcome,
    Record,
)

__all__ = ["Watched", "watch"]


class Watched(Record, frozen=True, kw_only=True):
    """The promises of an agreement at an instant, and what was to be told until then.

    Attributes:
        guarantees: in the order of the text; within one clause by what woke them.
        versions: every version of each of them, the oldest first; the last of each is
            in ``guarantees``. A report on an earlier day needs them.
        notices: by time.
    """

    guarantees: tuple[Guarantee, ...] = ()
    versions: tuple[Guarantee, ...] = ()
    notices: tuple[Notice, ...] = ()


def watch(
    agreement: Agreement,
    evaluation: Evaluation,
    facts: pa.Table,
    *,
    at: datetime,
    origin: Origin,
    as_known_at: datetime | None = None,
) -> Outcome[Watched]:
    """Every promise of the agreement as it stands just before ``at``.

    Args:
        agreement: as loaded.
        evaluation: of the same agreement and facts, its ``until`` being ``at``.
        facts: the FACTS table that was evaluated.
        at: the end of the question; what happens or falls due at it is not yet known.
        origin: of the evidence; carried into every record.
        as_known_at: as given to the evaluation; None: everything is known.
    """
    last = at - timedelta(seconds=1)
    made = promises(agreement)
    register = Register(agreement, made, facts, as_known_at=as_known_at)
    guarantees: list[Guarantee] = []
    versions: list[Guarantee] = []
    notices: list[Notice] = []
    issues: list[Issue] = []
    for promise in made:
        promise = register.with_contributors(promise)
        case = _Case(promise, evaluation, register)
        for occasion, events in case.occasions(last):
            said = advance(begin(promise, occasion, origin=origin), events, at=last)
            guarantees.append(said.guarantee)
            versions += said.versions
            notices += said.notices
    in_time = sorted(notices, key=lambda n: (n.at, n.clause, n.notice_id))
    watched = Watched(
        guarantees=tuple(guarantees), versions=tuple(versions), notices=tuple(in_time)
    )
    return Outcome(records=watched, issues=tuple(issues))


class _Case:
    """One promise, with what the evaluation says that concerns it."""

    def __init__(
        self, promise: Promise, evaluation: Evaluation, register: Register
    ) -> None:
        self.promise = promise
        self.register = register
        self.all = evaluation
        clauses = {promise.clause, promise.upstream}
        self.decisions = [d for d in evaluation.decisions if d.clause in clauses]
        self.duties = [d for d in evaluation.duties if d.clause == promise.clause]
        self.effects = [e for e in evaluation.effects if e.clause == promise.clause]
        self.powers = [p for p in evaluation.powers if p.clause == promise.clause]

    def occasions(self, at: datetime) -> Iterator[tuple[Occasion, tuple[Event, ...]]]:
        """What the promise is about, with the events of each; one asleep if nothing."""
        always = tuple(self.register.always(self.promise))
        own = [power for power in self.powers if power.episode is None]
        always += tuple(event for power in own for event in self._power(power))
        woken = [
            (occasion, tuple(events))
            for occasion, events in (*self._of_episodes(), *self._of_effects())
        ]
        begun = [
            (occasion, (*always, *events))
            for occasion, events in woken
            if any(event.at <= at for event in events)
        ]
        yield from begun or [(Occasion(), always)]

    # -- occasions

    def _of_episodes(self) -> Iterator[tuple[Occasion, Iterable[Event]]]:
        for episode in self.all.episodes:
            if episode.name in self.promise.findings:
                yield _about(episode), self._events_of(episode)

    def _events_of(self, episode: Episode) -> Iterator[Event]:
        """In order: the finding, the duties, the decisions, the measures."""
        found = episode.episode_id
        attribution = [d for d in self.all.decisions if d.clause == episode.clause]
        mine = [d for d in attribution if d.episode == found]
        yield from _finding(episode, mine)
        for duty in self.duties:
            if duty.episode == found:
                yield from self._duty(duty)
        for decision in self.decisions:
            if decision.episode == found and decision.clause != episode.clause:
                yield from self._decision(decision, episode.sector)
        for effect in self.effects:
            if found in effect.because:
                yield from _effect(effect)
        for power in self.powers:
            if power.episode == found:
                yield from self._power(power)

    def _of_effects(self) -> Iterator[tuple[Occasion, Iterable[Event]]]:
        """Measures that something else woke, such as a decision that lapsed."""
        names = self.promise.findings
        episodes = {e.episode_id: e for e in self.all.episodes}
        for effect in self.effects:
            causes = [episodes[c] for c in effect.because if c in episodes]
            if not any(cause.name in names for cause in causes):
                yield _after(effect, causes), _effect(effect)

    # -- events

    def _power(self, power: PowerUse) -> Iterator[Event]:
        """Gates that only the evaluation can judge, and when the power lapses."""
        for gate in self.promise.gates:
            if gate.kind == "other":
                yield from _gate(gate.words, power.needs[gate.part], power.arose_at)
        if power.lapses_at is not None and self.promise.lapses_s is None:
            due, at = power.lapses_at, power.arose_at
            yield Event(what="called_for", at=at, step=power.act, due=due)

    def _duty(self, duty: Duty) -> Iterator[Event]:
        step = self._step(duty.act, duty.holder)
        known = duty.state != "undetermined"
        yield Event(
            what="called_for", at=duty.arose_at, step=step, due=duty.due, known=known
        )
        done = duty.done_at or self.register.late(duty)
        if done is not None:
            yield Event(what="done", at=done, step=step, by=(duty.holder,))

    def _step(self, act: str, holder: str) -> str:
        names = {step.name for step in self.promise.steps}
        each = f"{act} {holder}"
        return each if each in names else act

    def _decision(self, decision: Decision, sector: str | None) -> Iterator[Event]:
        name, gates = decision.name, self.promise.gates
        opened = decision.opened_at
        yield Event(what="called_for", at=opened, step=name, due=decision.due)
        first = self.register.first_ballot(decision, sector)
        begun = [t for t in (decision.proposal_at, first) if t is not None]
        if begun:
            yield Event(what="proposed", at=min(begun), step=name)
        if decision.outcome == "pending":
            yield Event(
                what="tallied",
                at=max([opened, *begun]),
                step=name,
                by=decision.can_block,
            )
        elif decision.decided_at is not None and decision.outcome != "consulted":
            yield Event(what=decision.outcome, at=decision.decided_at, step=name)
            if decision.outcome == "adopted":
                for gate in gates:
                    if gate.kind == "adopted":
                        yield Event(
                            what="opened", at=decision.decided_at, step=gate.words
                        )


def _gate(words: str, held: tuple[Open, ...], at: datetime) -> Iterator[Event]:
    """A gate from an instant on: closed at first, unless it holds by then."""
    later = [one for one in held if one.to is None or one.to > at]
    if not later or later[0].since > at:
        yield Event(what="closed", at=at, step=words)
    for one in later:
        yield Event(what="opened", at=max(one.since, at), step=words)
        if one.to is not None:
            yield Event(what="closed", at=one.to, step=words)


def _about(episode: Episode) -> Occasion:
    return Occasion(
        party=episode.party,
        sector=episode.sector,
        finding=episode.name,
        episode=episode.episode_id,
    )


def _after(effect: Effect, causes: list[Episode]) -> Occasion:
    """About the episode behind it where that is one; else about the party it hits."""
    finding = causes[0].name if len({c.name for c in causes}) == 1 else None
    alone = causes[0] if len(causes) == 1 else None
    return Occasion(
        party=effect.on,
        sector=alone.sector if alone else None,
        finding=finding,
        episode=alone.episode_id if alone else None,
        because=effect.because,
    )


def _finding(episode: Episode, attribution: list[Decision]) -> Iterator[Event]:
    due = episode.attribution_due
    yield Event(what="alleged", at=episode.alleged_at, due=due)
    decided = next((d.decided_at for d in attribution if d.decided_at), due)
    if episode.found_at is not None:
        yield Event(what="found", at=episode.found_at)
    elif episode.attribution == "rejected" and decided is not None:
        yield Event(what="not_found", at=decided)
    elif episode.attribution == "lapsed" and decided is not None:
        yield Event(what="lapsed", at=decided, step=episode.name)
    elif attribution:
        blockers = attribution[0].can_block
        at = attribution[0].opened_at
        yield Event(what="tallied", at=at, step=episode.name, by=blockers)


def _effect(effect: Effect) -> Iterator[Event]:
    at = effect.arose_at
    yield Event(what="woken", at=at)
    yield Event(what="called_for", at=at, step=effect.effect, due=effect.due)
    if effect.suspended_at is not None:
        yield Event(what="suspended", at=effect.suspended_at)
    elif effect.state == "refused":
        yield Event(what="rejected", at=effect.stopped_at or at)
    elif effect.ended_at is not None:
        yield Event(what="ended", at=effect.ended_at)
