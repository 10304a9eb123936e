"""From when to when each article binds.

An article without a line `in force` binds with the agreement: always. Its start may be
a date, an event on record, or the start of another article; an event that did not
happen starts nothing (rule T6). An interval of force holds its start, not its end.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.clocks import fixed, later
from tocsin.agreement.evaluate.history import History
from tocsin.agreement.evaluate.plan import DEED, Plan, who_names
from tocsin.agreement.terms import (
    Article,
    ArticleTime,
    EventTime,
    FixedTime,
    TimeBase,
    TimePoint,
)
from tocsin.errors import WrongUse
from tocsin.model.records import Issue, Where

__all__ = ["ALWAYS", "EVER", "Force", "Span", "force", "instant_of"]

EVER: Final = 1 << 60
"""Later than every instant."""


class Span(msgspec.Struct, frozen=True):
    """Seconds from ``start`` to before ``stop``; empty where none lies between."""

    start: int = -EVER
    stop: int = EVER

    def __contains__(self, at: int) -> bool:
        return self.start <= at < self.stop


ALWAYS: Final = Span()
NEVER: Final = Span(EVER, EVER)


class Force(msgspec.Struct, frozen=True):
    """When each article binds, by its number, and what could not be resolved.

    Attributes:
        spans: from the first to before the last second at which it binds.
        issues: articles whose start cannot be resolved, or did not come.
        pauses: the times between in which it does not bind (rule T8); None: nobody has
            looked yet.
    """

    spans: dict[str, Span]
    issues: tuple[Issue, ...]
    pauses: dict[str, tuple[Span, ...]] | None = None

    def __getitem__(self, number: str) -> Span:
        if number.startswith(DEED):
            return ALWAYS
        return self.spans.get(number, NEVER)

    def pauses_of(self, number: str) -> tuple[Span, ...]:
        """When the article does not bind, between its start and its end."""
        return (self.pauses or {}).get(number, ())

    def binds(self, number: str, at: int) -> bool:
        """True where the article is in force at this second, and not suspended."""
        return at in self[number] and not any(at in p for p in self.pauses_of(number))


def force(plan: Plan, history: History) -> Force:
    """When each article of the plan binds, as far as these facts say."""
    spans: dict[str, Span] = {}
    issues: list[Issue] = []
    for article in plan.agreement.articles:
        try:
            spans[article.number] = _span(plan, history, article, frozenset())
        except WrongUse as error:
            spans[article.number] = NEVER
            issues.append(_unresolved(article, str(error)))
            continue
        if spans[article.number].start == EVER:
            issues.append(_not_begun(article))
    return Force(spans, tuple(issues))


def instant_of(plan: Plan, history: History, time: TimePoint) -> int:
    """The instant that a text means; :data:`EVER` where its event did not happen.

    Raises:
        WrongUse: the text cannot be resolved to an instant outside a procedure.
    """
    return _point(plan, history, time, frozenset())


def _span(plan: Plan, history: History, article: Article, seen: frozenset[str]) -> Span:
    if article.number in seen:
        raise WrongUse(f"{article.clause} waits for itself")
    seen |= {article.number}
    said = article.in_force
    start, stop = -EVER, EVER
    if said is not None and said.start:
        starts = [_point(plan, history, time, seen) for time in said.start]
        start = max(starts) if said.join == "all" else min(starts)
    if said is not None and said.until is not None:
        stop = _point(plan, history, said.until, seen)
    if said is not None and said.for_ is not None and abs(start) < EVER:
        stop = min(stop, later(start, said.for_, plan.agreement.calendar))
    first, end = plan.stretches.get(article.number, (None, None))
    if first is not None:
        start = max(start, _point(plan, history, first, seen))
    if end is not None:
        stop = min(stop, _point(plan, history, end, seen))
    return Span(start, stop)


def _point(plan: Plan, history: History, time: TimePoint, seen: frozenset[str]) -> int:
    base = _base(plan, history, time.base, seen)
    if time.plus is None or abs(base) == EVER:
        return base
    return later(base, time.plus, plan.agreement.calendar)


def _base(plan: Plan, history: History, base: TimeBase, seen: frozenset[str]) -> int:
    match base:
        case FixedTime():
            return fixed(base, plan.agreement.calendar)
        case ArticleTime():
            return _edge(plan, history, base, seen)
        case EventTime():
            return _event(plan, history, base)
    raise WrongUse(f"{base} is no instant")


def _edge(plan: Plan, history: History, time: ArticleTime, seen: frozenset[str]) -> int:
    """The start of the first, or the end of the last of the articles that are meant."""
    meant = plan.agreement.find(time.article.number)
    if not meant:
        raise WrongUse(f"there is no {time.article}")
    spans = [_span(plan, history, article, seen) for article in meant]
    if time.edge == "start":
        return min(span.start for span in spans)
    return max(span.stop for span in spans)


def _event(plan: Plan, history: History, time: EventTime) -> int:
    """The first time at which the event is on record, of everybody who is named."""
    if time.of is None:
        return _first(plan, history, time.event, None)
    each = [
        _first(plan, history, time.event, name)
        for name in who_names(plan.agreement, time.of)
    ]
    return min(each) if time.of.quantifier == "any" else max(each, default=EVER)


def _first(plan: Plan, history: History, event: str, party: str | None) -> int:
    held = history["kind"].code == history["kind"].of(event)
    if party is not None:
        held = held & (history["party"].code == history["party"].of(party))
    for row in held.nonzero()[0]:
        if reaches(float(history.p[row]), plan.standard):
            return int(history.t[row])
    return EVER


def _unresolved(article: Article, why: str) -> Issue:
    return Issue(
        code="not_evaluated",
        where=article.where,
        message=f"{article.clause} is not evaluated: {why}",
        repair="say its start as a date, an act on record or the start of an article",
    )


def _not_begun(article: Article) -> Issue:
    where = article.in_force.where if article.in_force else article.where
    return Issue(
        code="clause_without_facts",
        where=where if where.file else Where(file="agreement"),
        message=f"{article.clause} is not in force: nothing on record starts it",
        repair="give the event that starts it as an act on record",
        warning=True,
    )
