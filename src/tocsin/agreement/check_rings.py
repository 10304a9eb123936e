"""Checks for rings: rules that wait for each other, names that define themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from tocsin.agreement.names import Declared
from tocsin.agreement.terms import (
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleTime,
    BreachOf,
    Decision,
    DecisionIs,
    Deed,
    Episodes,
    FilterNamed,
    FindingRule,
    FindingState,
    Rule,
    Term,
)
from tocsin.agreement.walk import all_rules, find, walk
from tocsin.model.records import Issue, Where

__all__ = ["check_rings"]

Ruled: TypeAlias = tuple[Article, Rule]


def check_rings(declared: Declared) -> Iterator[Issue]:
    """Every ring of rules and of names."""
    yield from _rings_of_rules(declared)
    yield from _rings_of_names(declared)


# --- rules


def _rings_of_rules(declared: Declared) -> Iterator[Issue]:
    """Rules that wait for each other, so that none can ever begin.

    A rule can begin once its conditions can; what can begin is grown from nothing
    until it grows no more, and what is left waits in a ring (or for one).
    """
    ruled = list(all_rules(declared.agreement))
    able: set[int] = set()
    while True:
        grown = {at for at, one in enumerate(ruled) if _can_begin(one, ruled, able)}
        if grown == able:
            break
        able = grown
    stuck = [one for at, one in enumerate(ruled) if at not in able]
    yield from _stuck(stuck)


def _can_begin(one: Ruled, ruled: Sequence[Ruled], able: set[int]) -> bool:
    article, rule = one
    waits = [*_requirements(rule), *_entry(article)]
    return all(_possible(term, one, ruled, able) for term in waits)


def _requirements(rule: Rule) -> Iterator[Term]:
    if rule.trigger is not None:
        yield from (p for p in (rule.trigger.upon, rule.trigger.when) if p is not None)
    if isinstance(rule, FindingRule):
        yield rule.when
    needs = getattr(rule, "needs", None)
    if needs is not None:
        yield needs


def _entry(article: Article) -> Iterator[Term]:
    """Articles whose start or end this one's start waits for."""
    if article.in_force is not None and article.in_force.join == "all":
        for point in article.in_force.start:
            if isinstance(point.base, ArticleTime):
                yield point.base


def _possible(term: Term, one: Ruled, ruled: Sequence[Ruled], able: set[int]) -> bool:
    """Whether a condition can come true, given the rules that can begin."""
    match term:
        case AllOf():
            return all(_possible(p, one, ruled, able) for p in term.conditions)
        case AnyOf():
            return any(_possible(p, one, ruled, able) for p in term.conditions)
    waited = [at for at, other in enumerate(ruled) if _waits_for(term, other)]
    return not waited or any(at in able for at in waited)


def _waits_for(term: Term, other: Ruled) -> bool:
    """Whether a condition can come true only through this rule."""
    article, rule = other
    match term:
        case ArticleIs(state="in_force") | ArticleTime():
            return article.is_meant_by(term.article.number)
        case BreachOf():
            return article.is_meant_by(term.breaches.article.number)
        case DecisionIs():
            decides = isinstance(rule, Decision | FindingRule)
            if term.article is not None:
                return decides and article.is_meant_by(term.article.number)
            return isinstance(rule, Decision) and rule.name == term.decision
        case FindingState():
            return isinstance(rule, FindingRule) and rule.name == term.finding
    return _counts(term, rule)


def _counts(term: Term, rule: Rule) -> bool:
    """Whether a number counts the episodes of this finding."""
    counted = [episodes.finding for episodes in find(term, Episodes)]
    return isinstance(rule, FindingRule) and rule.name in counted


def _stuck(stuck: Sequence[Ruled]) -> Iterator[Issue]:
    told: set[str] = set()
    for article, rule in stuck:
        if article.number in told:
            continue
        told.add(article.number)
        others = [a for a in _awaited((article, rule), stuck) if a is not article]
        also = tuple(dict.fromkeys(other.where for other in others))
        named = list(dict.fromkeys(other.clause for other in others))
        waits = f"waits for {', '.join(named)}" if named else "waits for itself"
        yield Issue(
            code="circular",
            where=rule.where,
            message=f"{article.clause} {waits}, so it can never begin",
            repair="take one condition out, or add another way in with `or`",
            also=also,
        )


def _awaited(one: Ruled, stuck: Sequence[Ruled]) -> list[Article]:
    """The articles that a rule waits for, among those that can never begin."""
    article, rule = one
    waits = [*_requirements(rule), *_entry(article)]
    parts = [part for wait in waits for part in walk(wait)]
    return [
        other[0] for other in stuck if any(_waits_for(part, other) for part in parts)
    ]


# --- names


def _rings_of_names(declared: Declared) -> Iterator[Issue]:
    """A name whose meaning leads back to itself."""
    agreement = declared.agreement
    meanings: dict[str, tuple[set[str], Where]] = {}
    for let in agreement.lets:
        asked = {named.name for named in find(let.filter, FilterNamed)}
        meanings[let.name] = asked, let.where
    for condition in agreement.conditions:
        asked = {deed.act for deed in find(condition.when, Deed)}
        meanings[condition.name] = asked, condition.where
    for zone in agreement.zones:
        meanings[zone.name] = {*zone.covers, *zone.except_}, zone.where
    for name, (asked, where) in meanings.items():
        if name in _reached(asked, meanings):
            yield Issue(
                code="circular",
                where=where,
                message=f"`{name}` is explained by itself",
                repair="say it without its own name",
            )


def _reached(asked: set[str], meanings: dict[str, tuple[set[str], Where]]) -> set[str]:
    """Every name that these names lead to."""
    reached: set[str] = set()
    waiting = set(asked)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting |= meanings[name][0] if name in meanings else set()
    return reached
