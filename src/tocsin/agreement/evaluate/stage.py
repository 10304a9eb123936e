"""What a condition can look at, for one key, in the same worlds throughout.

A :class:`Stage` plays every breach and deed that its condition speaks of in one list of
worlds. A stage *on record* has one world only: what reaches the default standard
happened, the rest did not; exceptions and conditions of prohibitions are judged so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from tocsin.agreement.evaluate.chance import Worlds, reaches, worlds
from tocsin.agreement.evaluate.conditions import Bound, Items, NotEvaluated, Subject
from tocsin.agreement.evaluate.force import Force
from tocsin.agreement.evaluate.history import Flags, History
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.plan import (
    Obligation,
    Plan,
    Prohibition,
    as_if_forbidden,
    pattern,
    plain,
    who_names,
)
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import Breaches as BreachesTerm
from tocsin.agreement.terms import Condition, Deed, Happened, Term, Who

__all__ = ["Provider", "Stage", "subjects_of"]


class Provider(Protocol):
    """Who knows the events of articles and deeds."""

    def prohibition(self, prohibition: Prohibition) -> Breaches:
        """Events of a prohibition, or of a deed as if it were forbidden."""

    def duty(self, obligation: Obligation) -> Breaches:
        """Obligations not kept when they fell due."""


class Stage:
    """What a condition can look at, for one key, in the same worlds throughout."""

    def __init__(
        self,
        setting: Setting,
        sources: Provider,
        condition: Condition,
        bound: Bound,
        *,
        on_record: bool = False,
    ) -> None:
        self.setting = setting
        self.on_record = on_record
        self.sources = sources
        self.seen = [
            (subject, *self._events(subject, bound))
            for subject in subjects_of(setting, condition)
        ]
        cuts: dict[str, list[float]] = {}
        for _, source, events in self.seen if not on_record else ():
            for name, ends in _cuts(source, events).items():
                cuts.setdefault(name, []).extend(ends)
        self.world: Worlds = worlds(cuts, seed=setting.question.seed)
        self.kept: frozenset[int] | None = None
        self.made = {
            id(s): self._items(source, events) for s, source, events in self.seen
        }

    @property
    def plan(self) -> Plan:
        """The agreement made ready."""
        return self.setting.plan

    @property
    def history(self) -> History:
        """The facts."""
        return self.setting.history

    @property
    def force(self) -> Force:
        """When articles bind."""
        return self.setting.force

    @property
    def until(self) -> int:
        """The end of the question."""
        return self.setting.question.until

    @property
    def n_worlds(self) -> int:
        """How many worlds there are."""
        return len(self.world.weight)

    def items(self, subject: Subject, bound: Bound) -> Items:
        """The breaches or deeds of the subject; only the kept ones, if any are."""
        del bound
        items = self.made[id(subject)]
        if self.kept is None:
            return items
        mine = np.isin(items.row, list(self.kept))
        return Items(
            t=items.t[mine],
            last=items.last[mine],
            true=items.true[mine],
            row=items.row[mine],
        )

    def events(self) -> list[Event]:
        """Everything that the condition can look at, once each, in time order."""
        held = {id(e): e for _, _, events in self.seen for part in events for e in part}
        return sorted(held.values(), key=lambda event: event.index)

    def row_of(self, event: Event) -> int:
        """The row of the history that speaks for an event."""
        return int(np.searchsorted(self.history.index, event.index))

    def _events(
        self, subject: Subject, bound: Bound
    ) -> tuple[list[Breaches], list[list[Event]]]:
        if isinstance(subject, Deed):
            if not plain(pattern(self.plan.agreement, subject)):
                raise NotEvaluated(
                    Happened(deed=subject, where=subject.where), subject.act
                )
            held = [
                self.sources.prohibition(as_if_forbidden(self.plan.agreement, subject))
            ]
        else:
            number = subject.article.number
            held = [self.sources.prohibition(p) for p in self.plan.prohibition(number)]
            held += [self.sources.duty(o) for o in self.plan.duties(number)]
        fits = [[e for e in s.events if self._fits(e, subject, bound)] for s in held]
        return held, fits

    def _fits(self, event: Event, subject: Subject, bound: Bound) -> bool:
        if event.party is None or not self._by(event.party, subject.by, bound):
            return False
        place = subject.in_
        if place == "sector":
            return event.sector == bound.get("sector") or "sector" not in bound
        known = {sector for sector in self.setting.sectors if sector is not None}
        return place not in known or event.sector == place

    def _by(self, party: str, who: Who | None, bound: Bound) -> bool:
        if who is None:
            return True
        if who.quantifier is None and who.names == ("party",):
            return party == bound.get("party") or bound.get("party") is None
        if who.quantifier is None and who.names == ("opponent",):
            return party != bound.get("party")
        return party in who_names(self.plan.agreement, who)

    def _played(self, source: Breaches, chosen: Sequence[Event]) -> list[Flags]:
        if not self.on_record:
            return source.play(chosen, self.world)
        found = []
        for event in chosen:
            cluster = source.clusters[event.cluster]
            p = float(cluster.weight[cluster.breach[:, event.column]].sum())
            found.append(np.array([reaches(p, self.plan.standard)]))
        return found

    def _items(
        self, sources: Sequence[Breaches], events: Sequence[Sequence[Event]]
    ) -> Items:
        """One item for each root: several events of a root are one thing (rule P1)."""
        held: dict[tuple[int, str], tuple[Event, Flags]] = {}
        for number, (source, chosen) in enumerate(zip(sources, events, strict=True)):
            for event, true in zip(chosen, self._played(source, chosen), strict=True):
                first, before = held.get(
                    (number, event.root), (event, np.zeros_like(true))
                )
                held[number, event.root] = first, before | true
        found = sorted(held.values(), key=lambda pair: pair[0].index)
        shape = (len(found), len(self.world.weight))
        return Items(
            t=np.array([event.t for event, _ in found], dtype=np.int64),
            last=np.array([event.last for event, _ in found], dtype=np.int64),
            true=np.array([true for _, true in found], dtype=np.bool_).reshape(shape),
            row=np.array([self.row_of(event) for event, _ in found], dtype=np.int64),
        )


def _cuts(
    sources: Sequence[Breaches], events: Sequence[Sequence[Event]]
) -> dict[str, list[float]]:
    cuts: dict[str, list[float]] = {}
    for source, chosen in zip(sources, events, strict=True):
        for name, ends in source.cuts(chosen).items():
            cuts.setdefault(name, []).extend(ends)
    return cuts


def subjects_of(setting: Setting, term: object) -> Iterator[Subject]:
    """Every count, deed and breach that a condition speaks of."""
    lets = {named.name: named.when for named in setting.plan.agreement.conditions}
    if isinstance(term, Deed) and term.act in lets:
        yield from subjects_of(setting, lets[term.act])
    elif isinstance(term, (Deed, BreachesTerm)):
        yield term
    elif isinstance(term, Term):
        for name in term.__struct_fields__:
            yield from subjects_of(setting, getattr(term, name))
    elif isinstance(term, tuple):
        for part in term:
            yield from subjects_of(setting, part)
