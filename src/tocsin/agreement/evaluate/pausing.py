"""When articles do not bind between their start and their end, or survive it.

``suspended while C``: at the seconds at which C holds the article does not bind.
``stays in force while C``: at the seconds at which C holds neither a suspension nor its
own end stops it. Both are judged by what is on record (rules T8 and T9).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tocsin.agreement.evaluate.conditions import NotEvaluated
from tocsin.agreement.evaluate.force import EVER, Force, Span
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_sources import literal_sources
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import Article, ArticleRef
from tocsin.agreement.walk import find
from tocsin.model.records import Issue

__all__ = ["paused"]


def paused(setting: Setting) -> Setting:
    """The setting with the pauses of its articles; the same where it has them."""
    if setting.force.pauses is not None:
        return setting
    setting = _with(setting, msgspec.structs.replace(setting.force, pauses={}))
    for article in _in_order(setting):
        try:
            setting = _with(setting, _of_article(setting, article))
        except NotEvaluated as refused:
            issues = (*setting.force.issues, _issue(article, refused))
            setting = _with(
                setting, msgspec.structs.replace(setting.force, issues=issues)
            )
    return setting


def _with(setting: Setting, force: Force) -> Setting:
    return msgspec.structs.replace(setting, force=force)


def _in_order(setting: Setting) -> list[Article]:
    """Articles that may pause, each after those of which its conditions speak."""
    agreement = setting.plan.agreement
    ordered: dict[str, Article] = {}
    waiting: set[str] = set()

    def visit(article: Article) -> None:
        if article.number in ordered or article.number in waiting:
            return
        waiting.add(article.number)
        for condition in _conditions(article):
            for reference in find(condition, ArticleRef):
                for other in agreement.find(reference.number):
                    visit(other)
        if any(True for _ in _conditions(article)):
            ordered[article.number] = article

    for article in agreement.articles:
        visit(article)
    return list(ordered.values())


def _conditions(article: Article) -> Iterator:  # type: ignore[type-arg]
    yield from (c for c in (article.suspended_while, article.surviving) if c)


def _of_article(setting: Setting, article: Article) -> Force:
    record = OnRecord(setting, literal_sources(setting))
    span = setting.force[article.number]
    off: list[Span] = []
    kept: list[Span] = []
    if article.suspended_while is not None:
        off = record.spans(article.suspended_while, {})
    if article.surviving is not None and span.start < EVER:
        after = Span(span.start, EVER)
        kept = _clipped(record.spans(article.surviving, {}), after)
    on = _clipped(_complement(off), span)
    binding = _union([*on, *kept])
    return _changed(setting.force, article.number, span, binding)


def _changed(force: Force, number: str, span: Span, binding: list[Span]) -> Force:
    """From the first to the last second, and what lies between without binding."""
    whole = Span(span.start, max([span.stop, *(b.stop for b in binding)]))
    gaps = tuple(_clipped(_complement(binding), whole))
    return msgspec.structs.replace(
        force,
        spans={**force.spans, number: whole},
        pauses={**(force.pauses or {}), number: gaps},
    )


def _clipped(spans: Sequence[Span], to: Span) -> list[Span]:
    cut = [Span(max(s.start, to.start), min(s.stop, to.stop)) for s in spans]
    return [span for span in cut if span.start < span.stop]


def _complement(spans: Sequence[Span]) -> list[Span]:
    """The times outside of some that are in order and apart."""
    starts = [-EVER, *(span.stop for span in spans)]
    stops = [*(span.start for span in spans), EVER]
    pairs = zip(starts, stops, strict=True)
    return [Span(a, b) for a, b in pairs if a < b]


def _union(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.stop)):
        if joined and span.start <= joined[-1].stop:
            joined[-1] = Span(joined[-1].start, max(joined[-1].stop, span.stop))
        else:
            joined.append(span)
    return joined


def _issue(article: Article, refused: NotEvaluated) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"{article.clause}: when it is suspended is not evaluated:"
        f" {refused.what}",
        repair="judge its suspension by hand; it is taken to bind all the time",
        warning=True,
    )
