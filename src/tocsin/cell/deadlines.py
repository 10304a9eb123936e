"""Deadlines that a text counts from its ceasefire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.terms import (
    Agreement,
    Article,
    ArticleTime,
    Before,
    Norm,
    Power,
    Within,
)
from tocsin.cell.board import Opened
from tocsin.coordination import Due

__all__ = ["deadlines"]

DAY_S: Final = 86_400


def deadlines(opened: Opened) -> Iterator[Due]:
    """Deadlines that the text counts from the ceasefire, in days after it."""
    agreement, ceasefire = opened.agreement, opened.board.ceasefire
    if agreement is None or not ceasefire:
        return
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, Norm):
                yield from _of_rule(agreement, article, rule, ceasefire)


def _of_rule(
    agreement: Agreement, article: Article, rule: Norm, ceasefire: str
) -> Iterator[Due]:
    title = article.title or rule.deed.act.replace("_", " ")
    who = " and ".join(rule.who.names) if rule.who.quantifier is None else "each party"
    if isinstance(rule.deadline, Before):
        days = _days(agreement, rule.deadline.time.base, ceasefire)
        plus = rule.deadline.time.plus
        if days is not None:
            more = 0.0 if plus is None else _length(agreement, plus)
            yield Due(
                clause=article.clause,
                words=f"{title}: due from {who}",
                days=days + more,
            )
    ends = rule.lapses.after if rule.lapses is not None else None
    if isinstance(rule, Power) and isinstance(ends, Within) and ends.of is None:
        days = _length(agreement, ends.duration)
        yield Due(clause=article.clause, words=f"{title}: the power lapses", days=days)


def _days(agreement: Agreement, base: object, ceasefire: str) -> float | None:
    """Days from the ceasefire to the base of a deadline; None: another event."""
    if not isinstance(base, ArticleTime) or base.edge != "start":
        return None
    named = f"Article {base.article.number}"
    if named == ceasefire:
        return 0.0
    for article in agreement.find(base.article.number):
        for start in article.in_force.start if article.in_force else ():
            if start.plus is None:
                return _days(agreement, start.base, ceasefire)
    return None


def _length(agreement: Agreement, duration: object) -> float:
    from tocsin.agreement.terms import Duration

    if not isinstance(duration, Duration):
        return 0.0
    return later(0, duration, agreement.calendar) / DAY_S
