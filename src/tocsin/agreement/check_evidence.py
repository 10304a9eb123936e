"""Checks that evidence does not wait for itself: no clause judges by its own verdict.

A condition that says when a clause binds, what it excuses or what it finds is judged
before the clause is. So it must not speak, even by way of others, of what the clause
itself gives (rule G7 of ``docs/reference/semantics.md``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from tocsin.agreement.names import Declared
from tocsin.agreement.terms import (
    Agreement,
    Article,
    ArticleIs,
    Breaches,
    Condition,
    Decision,
    DecisionIs,
    Deed,
    Episodes,
    FindingRule,
    FindingState,
    Forbid,
    Norm,
    Oblige,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.model.records import Issue

__all__ = ["check_evidence"]

UNEXCUSED = "unexcused_"
Graph: TypeAlias = Mapping[str, set[str]]


def check_evidence(declared: Declared) -> Iterator[Issue]:
    """Every condition that leads back to the clause that it judges."""
    yield from _of_articles(declared.agreement)
    yield from _of_acts(declared.agreement)


# --- what is judged by what ----------------------------------------------------------


class _Judged(NamedTuple):
    """Something that evidence or a procedure gives, and the conditions behind it.

    Attributes:
        name: what it is: the frame, the breaches, a finding or a decision.
        by: conditions that are looked at before it can be judged.
        woken: conditions that only wake it: these may speak of anything earlier.
    """

    name: str
    article: Article
    by: tuple[Condition, ...]
    woken: tuple[Condition, ...] = ()


def _of_articles(agreement: Agreement) -> Iterator[Issue]:
    things = [one for a in agreement.articles if not a.repealed for one in _things(a)]
    asked: dict[str, set[str]] = {}
    for one in things:
        named = asked.setdefault(one.name, set())
        named.update(*(_named(agreement, c) for c in (*one.by, *one.woken)))
        named.add(_frame(one.article))
    for one in things:
        for condition in one.by:
            if one.name in _reached(_named(agreement, condition), asked):
                yield _circular(one.article, condition)
                break


def _frame(article: Article) -> str:
    return f"frame {article.number}"


def _things(article: Article) -> Iterator[_Judged]:
    frame = tuple(c for c in (article.suspended_while, article.surviving) if c)
    yield _Judged(_frame(article), article, frame)
    for rule in rules_of(article):
        match rule:
            case FindingRule():
                yield _Judged(f"finding {rule.name}", article, (rule.when,))
            case Decision():
                yield _Judged(f"decision {rule.name}", article, (), _waking(rule))
            case Forbid():
                by = (*_limits(rule), *_waking(rule))
                yield _Judged(f"breach {article.number}", article, by)
            case Oblige():
                name = f"breach {article.number}"
                yield _Judged(name, article, tuple(_limits(rule)), _waking(rule))


def _limits(rule: Norm) -> Iterator[Condition]:
    yield from (c for c in (rule.needs, rule.unless and rule.unless.condition) if c)
    yield from (excuse.while_ for excuse in rule.excuses)
    for exception in rule.exceptions:
        yield from (c for c in (exception.when, exception.needs) if c)


def _waking(rule: Norm | Decision) -> tuple[Condition, ...]:
    trigger = rule.trigger
    return tuple(c for c in (trigger.upon, trigger.when) if c) if trigger else ()


def _named(agreement: Agreement, condition: Condition) -> set[str]:
    """What the condition speaks of, among what is judged."""
    found = {f"finding {state.finding}" for state in find(condition, FindingState)}
    found |= {f"finding {counted.finding}" for counted in find(condition, Episodes)}
    for breaches in find(condition, Breaches):
        meant = agreement.find(breaches.article.number)
        found |= {f"breach {article.number}" for article in meant}
    for state in find(condition, ArticleIs):
        found |= {_frame(article) for article in agreement.find(state.article.number)}
    for decided in find(condition, DecisionIs):
        if decided.article is None:
            found.add(f"decision {decided.decision}")
            continue
        for article in agreement.find(decided.article.number):
            names = [r.name for r in article.rules if isinstance(r, Decision)]
            found |= {f"decision {name}" for name in names}
    return found


def _reached(start: set[str], asked: Graph) -> set[str]:
    reached: set[str] = set()
    waiting = set(start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting |= asked.get(name, set())
    return reached


def _circular(article: Article, condition: Condition) -> Issue:
    return Issue(
        code="circular",
        where=condition.where if condition.where.file else article.where,
        message=f"{article.clause} is judged by what it gives itself",
        repair="let the condition speak of acts on record, or of another article",
    )


# --- acts that only count where nothing excuses them ---------------------------------


def _of_acts(agreement: Agreement) -> Iterator[Issue]:
    """``unexcused_A`` excuses B, and ``unexcused_B`` excuses A: which came first?"""
    asked: dict[str, set[str]] = {}
    forbids = [
        (article, rule)
        for article in agreement.articles
        for rule in rules_of(article)
        if isinstance(rule, Forbid)
    ]
    for _, rule in forbids:
        asked.setdefault(rule.deed.act, set()).update(_others(rule))
    told: set[Any] = set()
    for article, rule in forbids:
        act = rule.deed.act
        if act not in told and act in _reached(_others(rule), asked):
            told.add(act)
            yield Issue(
                code="circular",
                where=rule.where,
                message=f"{article.clause}: `{act}` is excused by an unexcused act that"
                f" `{act}` may excuse",
                repair="name the act without `unexcused_` in one of the two",
            )


def _others(rule: Forbid) -> set[str]:
    deeds = [deed.act for one in rule.exceptions for deed in find(one, Deed)]
    acts = {a.removeprefix(UNEXCUSED) for a in deeds if a.startswith(UNEXCUSED)}
    return acts - {rule.deed.act}
