"""Findings whose condition is more than one count: joined, lasting, since, in sequence.

All worlds of everything that the condition can look at for one key are listed, or drawn
when they are too many; in every world the condition is looked at at every instant at
which it can change (rule G1). Both engines use this code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import Worlds, reaches, worlds
from tocsin.agreement.evaluate.conditions import (
    Bound,
    Items,
    NotEvaluated,
    Subject,
    changes,
    lookback,
    truth,
)
from tocsin.agreement.evaluate.force import EVER, Force
from tocsin.agreement.evaluate.history import Flags, History, Ints
from tocsin.agreement.evaluate.judged import Judged, Opened
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.oracle_findings import At, Look, keys_of, verdicts
from tocsin.agreement.evaluate.oracle_sources import Sources
from tocsin.agreement.evaluate.plan import Finding, Plan, as_if_forbidden, who_names
from tocsin.agreement.evaluate.rows import ranges_of
from tocsin.agreement.evaluate.setting import Setting, kinds_of
from tocsin.agreement.evaluate.witness import irreducible
from tocsin.agreement.terms import (
    Aggregate,
    Article,
    Compare,
    Condition,
    Deed,
    Term,
    Who,
)
from tocsin.agreement.terms import (
    Breaches as BreachesTerm,
)
from tocsin.model.records import Issue

__all__ = ["Stage", "conditioned", "subjects_of"]

MOST_TRIED: Final = 24
"""Up to so many facts a witness is made irreducible; beyond, it is the whole window."""

Key = tuple[str | None, str | None]


class Stage:
    """What a condition can look at, for one key, in the same worlds throughout."""

    def __init__(
        self, setting: Setting, sources: Sources, condition: Condition, bound: Bound
    ) -> None:
        self.setting = setting
        self.sources = sources
        self.seen = [
            (subject, *self._events(subject, bound))
            for subject in subjects_of(setting, condition)
        ]
        cuts: dict[str, list[float]] = {}
        for _, source, events in self.seen:
            for name, ends in _cuts(source, events).items():
                cuts.setdefault(name, []).extend(ends)
        self.world: Worlds = worlds(cuts, seed=setting.question.seed)
        self.kept: frozenset[int] | None = None
        self.made = {
            id(s): self._items(source, events) for s, source, events in self.seen
        }

    @property
    def plan(self) -> Plan:
        return self.setting.plan

    @property
    def history(self) -> History:
        return self.setting.history

    @property
    def force(self) -> Force:
        return self.setting.force

    @property
    def until(self) -> int:
        return self.setting.question.until

    @property
    def n_worlds(self) -> int:
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

    def _items(
        self, sources: Sequence[Breaches], events: Sequence[Sequence[Event]]
    ) -> Items:
        """One item for each root: several events of a root are one thing (rule P1)."""
        held: dict[tuple[int, str], tuple[Event, Flags]] = {}
        for number, (source, chosen) in enumerate(zip(sources, events, strict=True)):
            for event, true in zip(
                chosen, source.play(chosen, self.world), strict=True
            ):
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


# --- findings ------------------------------------------------------------------------


def conditioned(
    setting: Setting, finding: Finding, sources: Sources, judged: Judged
) -> None:
    """Episodes and verdicts of a finding, whatever its condition."""
    try:
        look = _look(setting, finding)
        for key in keys_of(setting, finding):
            _of_key(setting, finding, sources, look, key, judged)
    except NotEvaluated as refused:
        judged.issues.append(_issue(finding.article, refused))


def _look(setting: Setting, finding: Finding) -> Look:
    condition = finding.rule.when
    kinds: list[str] = []
    for subject in subjects_of(setting, condition):
        if isinstance(subject, Deed):
            kinds.append(subject.act)
        else:
            for prohibition in setting.plan.prohibition(subject.article.number):
                kinds += kinds_of(prohibition)
    back = lookback(condition)
    return Look(over=min(back, EVER), kinds=tuple(dict.fromkeys(kinds)), forced=-EVER)


def _of_key(
    setting: Setting,
    finding: Finding,
    sources: Sources,
    look: Look,
    key: Key,
    judged: Judged,
) -> None:
    bound = _bound(key)
    stage = Stage(setting, sources, finding.rule.when, bound)
    at = _instants(setting, finding, stage, bound)
    held = truth(stage, finding.rule.when, bound, at)
    stays = truth(stage, _lowered(finding.rule.when), bound, at)
    states = _states(finding, stage, look, at, held, stays)
    opened = list(_opened(setting, finding, stage, look, key, states, held))
    judged.episodes += opened
    judged.sampled |= stage.world.sampled
    verdicts(setting, finding, look, states, opened, key, judged)


def _bound(key: Key) -> dict[str, str | None]:
    party, sector = key
    bound = {} if party is None else {"party": party}
    return bound if sector is None else {**bound, "sector": sector}  # type: ignore[return-value]


def _instants(setting: Setting, finding: Finding, stage: Stage, bound: Bound) -> Ints:
    span = setting.force[finding.article.number]
    at = {int(t) for t in changes(stage, finding.rule.when, bound)}
    at |= {int(t) for t in changes(stage, _lowered(finding.rule.when), bound)}
    if abs(span.start) < EVER:
        at.add(span.start)
    asked = [t for t in at if t in span and t < setting.question.until]
    return np.array(sorted(asked), dtype=np.int64)


def _lowered(condition: Condition) -> Condition:
    """What keeps an episode open: ``until below N`` in the place of the number."""
    if isinstance(condition, Compare) and condition.until_below is not None:
        return msgspec.structs.replace(
            condition, operator=">=", right=condition.until_below, until_below=None
        )
    parts = getattr(condition, "conditions", None)
    if parts is None:
        return condition
    return msgspec.structs.replace(
        condition, conditions=tuple(_lowered(part) for part in parts)
    )


def _states(
    finding: Finding, stage: Stage, look: Look, at: Ints, held: Flags, stays: Flags
) -> list[At]:
    weight, events = stage.world.weight, stage.events()
    states = []
    for n, t in enumerate(at):
        behind = [e.sources for e in events if t - look.over <= e.last and e.t <= t]
        enough = finding.sources <= 1 or max(behind, default=0) >= finding.sources
        p = float(weight[held[n]].sum())
        keeps = float(weight[stays[n]].sum())
        states.append(
            At(
                t=int(t),
                p=p,
                holds=enough and reaches(p, finding.standard),
                stays=enough and reaches(keeps, finding.standard),
                method="sampled" if stage.world.sampled else "exact",
            )
        )
    return states


def _opened(
    setting: Setting,
    finding: Finding,
    stage: Stage,
    look: Look,
    key: Key,
    states: Sequence[At],
    held: Flags,
) -> Iterator[Opened]:
    """Open when the condition becomes true, close when it no longer stays so (F3)."""
    span = setting.force[finding.article.number]
    first: int | None = None
    for n, state in enumerate(states):
        if first is None and state.holds:
            first = n
        elif first is not None and not state.stays:
            yield _episode(
                finding, stage, look, key, states[first], state.t, held[first:n]
            )
            first = None
    if first is not None:
        closed = span.stop if span.stop < setting.question.until else None
        yield _episode(finding, stage, look, key, states[first], closed, held[first:])


def _episode(
    finding: Finding,
    stage: Stage,
    look: Look,
    key: Key,
    first: At,
    closed: int | None,
    held: Flags,
) -> Opened:
    """``p_ever`` is exact here: the worlds are the same at every instant (rule G6)."""
    start = max(first.t - look.over, -EVER)
    window = [e for e in stage.events() if start <= e.last and e.t <= first.t]
    witness = _witness(finding, stage, key, first, window)
    sure = first.p >= 1.0 and all(e.certain and e.early == e.late for e in window)
    return Opened(
        finding=finding,
        party=key[0],
        sector=key[1],
        alleged=first.t,
        closed=closed,
        p=first.p,
        ever=float(stage.world.weight[held.any(axis=0)].sum()),
        certain=sure,
        method=first.method,
        number=len(window),
        window_start=max(start, min((e.t for e in window), default=first.t)),
        ranges=ranges_of(event.index for event in witness),
        facts=tuple(event.fact_id for event in witness),
    )


def _witness(
    finding: Finding, stage: Stage, key: Key, first: At, window: Sequence[Event]
) -> list[Event]:
    """Facts of the window without any of which the condition would not hold (W1)."""
    if len(window) > MOST_TRIED:
        return list(window)
    condition, bound = finding.rule.when, _bound(key)
    at = np.array([first.t], dtype=np.int64)

    def probability(chosen: Sequence[int]) -> float:
        stage.kept = frozenset(stage.row_of(window[n]) for n in chosen)
        held = truth(stage, condition, bound, at)
        stage.kept = None
        return float(stage.world.weight[held[0]].sum())

    every = list(range(len(window)))
    left = irreducible(
        every, [1.0] * len(window), probability, finding.standard, independent=False
    )
    return [window[n] for n in left]


def _issue(article: Article, refused: NotEvaluated) -> Issue:
    term: Condition | Aggregate = refused.term
    return Issue(
        code="not_evaluated",
        where=term.where,
        message=f"{article.clause}: `{refused.what}` is read but not evaluated yet",
        repair="judge this finding by hand; the rest of the agreement is evaluated",
        warning=True,
    )
