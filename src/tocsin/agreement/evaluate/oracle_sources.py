"""What conditions speak of: breaches of articles, deeds as such, obligations not kept.

Each is a list of events with their worlds (:class:`Breaches`), made once, when first
asked for. Events of one source can be played again in other worlds, so that
a condition over several sources sees the same world in all of them (rule G1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import Worlds, worlds
from tocsin.agreement.evaluate.conditions import NotEvaluated
from tocsin.agreement.evaluate.duty_calls import Call, gone_at, instances
from tocsin.agreement.evaluate.duty_clocks import due_of, stopped
from tocsin.agreement.evaluate.history import Fact, Flags, History, component_names
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import (
    Breaches,
    Cluster,
    Event,
    breaches,
)
from tocsin.agreement.evaluate.oracle_duties import fulfilling, fulfils, is_done_by
from tocsin.agreement.evaluate.oracle_standing import holding, idle_stretches
from tocsin.agreement.evaluate.plan import (
    CLEARING,
    CountOfBreaches,
    Obligation,
    Prohibition,
    acts_of,
    sightings,
)
from tocsin.agreement.evaluate.pleas import Pleas
from tocsin.agreement.evaluate.setting import Setting, begins, kinds_of
from tocsin.agreement.terms import ArticleRef, BreachOf
from tocsin.agreement.terms import Breaches as BreachesTerm

__all__ = ["Sources", "literal_sources"]

FactsOf = Callable[[frozenset[str]], Sequence[Fact]]


def literal_sources(setting: Setting) -> Sources:
    """Sources that make a record of a fact only where somebody asks for its act."""
    history = setting.history
    made: dict[frozenset[str], tuple[Fact, ...]] = {}

    def facts_of(kinds: frozenset[str]) -> tuple[Fact, ...]:
        if kinds not in made:
            codes = [history["kind"].of(kind) for kind in sorted(kinds)]
            rows = np.flatnonzero(np.isin(history["kind"].code, codes))
            made[kinds] = tuple(history.fact(int(row)) for row in rows)
        return made[kinds]

    return Sources(setting, facts_of)


class Sources:
    """The events of every article and deed that a condition asks for."""

    def __init__(self, setting: Setting, facts_of: FactsOf) -> None:
        self.setting = setting
        self.facts_of = facts_of
        self.made: dict[str, Breaches] = {}
        self.making: set[str] = set()
        self.pleas = Pleas(setting, self)

    @property
    def record(self) -> OnRecord:
        """When conditions hold on record."""
        return self.pleas.record

    @property
    def sampled(self) -> bool:
        """True where worlds had to be drawn."""
        return any(c.sampled for made in self.made.values() for c in made.clusters)

    def counted(self, count: CountOfBreaches) -> list[Breaches]:
        """The events that a count goes over."""
        held = [self.prohibition(p) for p in self.setting.plan.counted(count)]
        if count.deed is not None:
            return held
        return held + [self.duty(o) for o in self.setting.plan.duties(count.article)]

    def prohibition(self, prohibition: Prohibition) -> Breaches:
        """Events of a prohibition, or of a deed as if it were forbidden."""
        number = prohibition.article.number
        key = f"{number}/{[(r.parties, r.pattern) for r in prohibition.rules]}"
        if key in self.making:
            raise NotEvaluated(_itself(prohibition), "an article that asks for itself")
        if key not in self.made:
            self.making.add(key)
            self.made[key] = breaches(
                prohibition,
                self.setting.plan,
                self.setting.history,
                self.facts_of(frozenset(kinds_of(prohibition))),
                areas=self.setting.areas,
                span=self.setting.force[number],
                active=[begins(self.setting, rule) for rule in prohibition.rules],
                seed=self.setting.question.seed,
                plead=self.pleas.of(number),
            )
            self.making.discard(key)
        return self.made[key]

    def duty(self, obligation: Obligation) -> Breaches:
        """Obligations not kept when they fell due, as events at that second."""
        key = f"{obligation.article.number}/{obligation.where}/{obligation.pattern}"
        if key not in self.made:
            if key in self.making:
                raise NotEvaluated(_itself(obligation), "a duty that asks for itself")
            self.making.add(key)
            facts = self.facts_of(acts_of(self.setting.plan.agreement, obligation))
            self.made[key] = _duty_breaches(self.setting, obligation, facts, self)
            self.making.discard(key)
        return self.made[key]


def _itself(rule: Prohibition | Obligation) -> BreachOf:
    article = rule.article
    named = ArticleRef(number=article.number, where=article.where)
    return BreachOf(breaches=BreachesTerm(article=named), where=article.where)


class _Broken(msgspec.Struct, kw_only=True, eq=False):
    """One breach that may be: its call, and the acts that may have kept the duty.

    Attributes:
        due, last: its first and last second.
        source, there: of a duty to clear: the sightings that hold when it is due.
    """

    call: Call
    acts: list[Fact]
    due: int
    last: int
    source: Breaches | None = None
    there: list[Event] = []


def _duty_breaches(
    setting: Setting, obligation: Obligation, facts: Sequence[Fact], sources: Sources
) -> Breaches:
    history = setting.history
    called = obligation.trigger is None or obligation.called_by is not None
    held: list[_Broken] = []
    for call in instances(setting, obligation, facts, sources.record) if called else ():
        if call.holder is not None:
            held += _broken(setting, obligation, call, facts, sources)
    held.sort(key=lambda broken: (broken.due, _index(broken)))
    names = component_names(history) if len(history) else ()
    events = [_event(history, broken, number) for number, broken in enumerate(held)]
    by_event = {id(event): broken for event, broken in zip(events, held, strict=True)}

    def cuts(chosen: Sequence[Event]) -> dict[str, list[float]]:
        return _cuts([by_event[id(event)] for event in chosen], names)

    def play(chosen: Sequence[Event], world: Worlds) -> list[Flags]:
        return [_idle(by_event[id(event)], names, world) for event in chosen]

    clusters = _clusters(events, cuts, play, setting.question.seed)
    return Breaches(events=events, clusters=clusters, cuts=cuts, play=play)


def _broken(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    facts: Sequence[Fact],
    sources: Sources,
) -> Iterator[_Broken]:
    """The breaches that one call may come to."""
    stops = stopped(setting, obligation, call, sources.record)
    gone = gone_at(setting, obligation, call, sources.record)
    facts = fulfilling(setting, obligation, call, facts)
    if obligation.at_all_times:
        mine = [f for f in facts if is_done_by(f, obligation.pattern, call)]
        for idle in idle_stretches(setting, obligation, call, mine, stops, gone):
            acts = holding(obligation, mine, idle.start)
            yield _Broken(call=call, acts=acts, due=idle.start, last=idle.stop - 1)
        return
    due = due_of(setting, obligation, call, stops)
    if due is None or due >= min(gone, setting.question.until):
        return
    if obligation.pattern.act == CLEARING:
        source = sources.prohibition(
            sightings(obligation, call.holder, call.sector, call.subject)
        )
        there = [e for e in source.events if e.t <= due <= e.last and e.party]
        yield _Broken(call=call, acts=[], due=due, last=due, source=source, there=there)
        return
    acts = [f for f in facts if fulfils(f, obligation.pattern, call, due)]
    yield _Broken(call=call, acts=acts, due=due, last=due)


def _index(broken: _Broken) -> int:
    return -1 if broken.call.caller is None else broken.call.caller.index


def _event(history: History, broken: _Broken, number: int) -> Event:
    call, caller = broken.call, broken.call.caller
    whole = any(lo <= 0.0 and hi >= 1.0 for lo, hi in call.chance)
    return Event(
        party=call.holder,
        sector=call.sector,
        root=f"{number}/" + ("" if caller is None else history.root_names[caller.root]),
        t=broken.due,
        early=broken.due,
        late=broken.due,
        last=broken.last,
        index=_index(broken),
        fact_id="" if caller is None else caller.fact_id,
        sources=1 if caller is None else caller.sources,
        certain=whole and not broken.acts and _is_plain(broken),
        acts=[],
    )


def _is_plain(broken: _Broken) -> bool:
    return broken.source is None or any(event.certain for event in broken.there)


def _cuts(held: Sequence[_Broken], names: Sequence[str]) -> dict[str, list[float]]:
    cuts: dict[str, list[float]] = {}
    for broken in held:
        if broken.source is not None:
            for name, ends in broken.source.cuts(broken.there).items():
                cuts.setdefault(name, []).extend(ends)
        if broken.call.caller is not None:
            ends = cuts.setdefault(names[broken.call.caller.component], [])
            ends += [end for pair in broken.call.chance for end in pair]
        for act in broken.acts:
            cuts.setdefault(names[act.component], []).extend((act.lo, act.hi))
    return cuts


def _idle(broken: _Broken, names: Sequence[str], world: Worlds) -> Flags:
    """In which worlds it was called for and nothing was done."""
    idle = np.ones(len(world.weight), dtype=np.bool_)
    if broken.call.caller is not None:
        idle &= world.true(names[broken.call.caller.component], broken.call.chance)
    for act in broken.acts:
        idle &= ~world.true(names[act.component], [(act.lo, act.hi)])
    if broken.source is not None:
        seen = broken.source.play(broken.there, world)
        idle &= np.logical_or.reduce([np.zeros_like(idle), *seen])
    return idle


def _clusters(
    events: Sequence[Event],
    cuts: Callable[[Sequence[Event]], Mapping[str, list[float]]],
    play: Callable[[Sequence[Event], Worlds], list[Flags]],
    seed: int,
) -> list[Cluster]:
    """Instances that share a component are one cluster."""
    groups: list[tuple[set[str], list[Event]]] = []
    for event in events:
        needs = set(cuts([event]))
        tied = [group for group in groups if group[0] & needs]
        groups = [group for group in groups if not group[0] & needs]
        names = needs.union(*(group[0] for group in tied))
        groups.append((names, [e for group in tied for e in group[1]] + [event]))
    clusters = []
    for number, (_, group) in enumerate(groups):
        world = worlds(cuts(group), seed=seed)
        flags = np.stack(play(group, world), axis=1)
        for column, event in enumerate(group):
            event.cluster, event.column = number, column
        clusters.append(
            Cluster(
                weight=world.weight,
                act=flags,
                breach=flags,
                excused=np.zeros_like(flags),
                sampled=world.sampled,
            )
        )
    return clusters
