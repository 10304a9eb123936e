"""What a condition can look at, for one key, in the same worlds throughout.

A :class:`Stage` plays every breach and deed that its condition speaks of in one list of
worlds. A stage *on record* has one world only: what reaches the default standard
happened, the rest did not; exceptions and conditions of prohibitions are judged so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import Worlds, reaches, worlds
from tocsin.agreement.evaluate.conditions import Bound, Items, Subject
from tocsin.agreement.evaluate.force import EVER, Force, Span
from tocsin.agreement.evaluate.happened import Event as Happening
from tocsin.agreement.evaluate.history import Fact, Flags, History
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.places import distance_m
from tocsin.agreement.evaluate.plan import (
    UNEXCUSED,
    Obligation,
    Pattern,
    Plan,
    Prohibition,
    Stands,
    as_if_forbidden,
    pattern,
    who_names,
)
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.standing_acts import kinds_for, standing_spans
from tocsin.agreement.terms import Breaches as BreachesTerm
from tocsin.agreement.terms import (
    Condition,
    Deed,
    Episodes,
    SuspendedBy,
    Term,
    Who,
)

__all__ = ["Here", "Provider", "Stage", "subjects_of"]

NOTHING_KNOWN: Final = "\0"
"""A subject that no fact has: what is not known is near and at nothing."""


class Here(msgspec.Struct, frozen=True):
    """Where and for which clause a condition is asked.

    Attributes:
        place: of the act or the site that the rule speaks of, degrees, or None.
        names: of the clause, as an act ``suspend`` may name it.
    """

    place: tuple[float, float] | None = None
    names: frozenset[str] = frozenset()


NOWHERE: Final = Here()


class Provider(Protocol):
    """Who knows the events of articles and deeds."""

    def prohibition(self, prohibition: Prohibition) -> Breaches:
        """Events of a prohibition, or of a deed as if it were forbidden."""

    def duty(self, obligation: Obligation) -> Breaches:
        """Obligations not kept when they fell due."""

    def facts_of(self, kinds: frozenset[str]) -> Sequence[Fact]:
        """At least the facts of these acts."""


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
        here: Here = NOWHERE,
    ) -> None:
        self.setting = setting
        self.here = here
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
            id(s): self._items(s, source, events) for s, source, events in self.seen
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
    def happened(self) -> Sequence[Happening]:
        """Episodes and decisions, as procedures gave them."""
        return self.setting.happened

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

    def suspended_at(self, condition: SuspendedBy, bound: Bound) -> int:
        """When somebody on record suspended the clause; EVER: nobody did (rule G8)."""
        bodies = who_names(self.plan.agreement, condition.who)
        names = {name.casefold() for name in self.here.names}
        for fact in self.sources.facts_of(frozenset({SUSPENSION})):
            mine = fact.kind == SUSPENSION and fact.party in bodies
            named = (fact.subject or "").casefold() in names
            about = fact.target_party in {None, bound.get("party", fact.target_party)}
            if mine and named and about and reaches(fact.p, self.plan.standard):
                return fact.t
        return EVER

    def standing(self, condition: Stands, bound: Bound) -> Sequence[Span]:
        """When an act that was done stands (rule O7).

        An act that names another clause, decision or thing of the text is not meant.
        """
        deed = pattern(self.plan.agreement, condition.deed)
        others = self.plan.matters - {name.casefold() for name in self.here.names}
        facts = [
            fact
            for fact in self.sources.facts_of(kinds_for(deed.act))
            if fact.subject is None or fact.subject.casefold() not in others
        ]
        return standing_spans(self.plan, facts, condition, deed, bound)

    def is_by(self, party: str, episodes: Episodes, bound: Bound) -> bool:
        """Whether episodes of a party are meant."""
        return self._by(party, episodes.by, bound)

    # --- which events ----------------------------------------------------------------

    def _events(
        self, subject: Subject, bound: Bound
    ) -> tuple[list[Breaches], list[list[Event]]]:
        if isinstance(subject, Deed):
            held, deed = self._doing(subject, bound)
        else:
            number, deed = subject.article.number, None
            held = [self.sources.prohibition(p) for p in self.plan.prohibition(number)]
            held += [self.sources.duty(o) for o in self.plan.duties(number)]
        fits = [[e for e in s.events if self._fits(e, subject, bound)] for s in held]
        if deed is not None and deed.near is not None and deed.near_to in BOUND_PLACES:
            fits = [[e for e in part if self._is_near(e, deed)] for part in fits]
        if deed is not None and deed.unexcused:
            held, fits = self._unexcused(deed, held, fits)
        return held, fits

    def _doing(self, subject: Deed, bound: Bound) -> tuple[list[Breaches], Pattern]:
        """Acts as such, against whom and at which site the rule binds."""
        agreement = self.plan.agreement
        deed = pattern(agreement, subject)
        told: dict[str, object] = {}
        if deed.against_variable is not None and "party" in bound:
            others = tuple(n for n in agreement.party_names if n != bound["party"])
            mine = (str(bound["party"]),)
            told["against"] = mine if deed.against_variable == "party" else others
        if deed.subject_variable is not None and "site" in bound:
            told["subject"] = bound["site"] or NOTHING_KNOWN
        asked = as_if_forbidden(agreement, subject)
        if told:
            (rule,) = asked.rules
            rule = msgspec.structs.replace(
                rule, pattern=msgspec.structs.replace(rule.pattern, **told)
            )
            asked = msgspec.structs.replace(asked, rules=(rule,))
        return [self.sources.prohibition(asked)], deed

    def _is_near(self, event: Event, deed: Pattern) -> bool:
        """By the best places; what has no place is near nothing (rule X3)."""
        if self.here.place is None or deed.near is None:
            return False
        (lon, lat), act = self.here.place, event.acts[0]
        here, there = (np.array([x]) for x in (lon, lat)), (act.lon, act.lat)
        away = distance_m(*here, *(np.array([x]) for x in there))[0]
        return bool(away < deed.near.metres)

    def _unexcused(
        self, deed: Pattern, held: list[Breaches], fits: list[list[Event]]
    ) -> tuple[list[Breaches], list[list[Event]]]:
        """Of these acts the breaches; where no article forbids them, all (rule X6)."""
        rules = [
            msgspec.structs.replace(prohibition, rules=(rule,))
            for prohibition in self.plan.prohibitions
            for rule in prohibition.rules
            if rule.pattern.act == deed.act
        ]
        if not rules:
            return held, fits
        wanted = {(e.party, e.sector, e.root) for part in fits for e in part}
        sources = [self.sources.prohibition(rule) for rule in rules]
        return sources, [
            [e for e in s.events if (e.party, e.sector, e.root) in wanted]
            for s in sources
        ]

    def _fits(self, event: Event, subject: Subject, bound: Bound) -> bool:
        if event.party is None:
            if subject.by is not None or not isinstance(subject, Deed):
                return False
        elif not self._by(event.party, subject.by, bound):
            return False
        place = subject.in_
        if place == "sector":
            return event.sector == bound.get("sector") or "sector" not in bound
        if isinstance(subject, Deed):
            return True  # told from the fact alone, by its pattern
        inside = self.plan.sectors_of(place)
        return inside is None or event.sector in inside

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
        self,
        subject: Subject,
        sources: Sequence[Breaches],
        events: Sequence[Sequence[Event]],
    ) -> Items:
        """One item for each root: several events of a root are one thing (rule P1).

        An unexcused act counts from the second after it: acts of one second never
        excuse each other (rule X2).
        """
        after = isinstance(subject, Deed) and subject.act.startswith(UNEXCUSED)
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
            t=np.array([event.t + after for event, _ in found], dtype=np.int64),
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


BOUND_PLACES: Final = frozenset({"place", "site"})
SUSPENSION: Final = "suspend"


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
