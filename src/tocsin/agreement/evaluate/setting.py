"""What both engines look at: the agreement, the facts, the map, the watch."""

from __future__ import annotations

import msgspec

from tocsin.agreement.evaluate.force import EVER, Force, Span, instant_of
from tocsin.agreement.evaluate.happened import Event
from tocsin.agreement.evaluate.history import History
from tocsin.agreement.evaluate.judged import Question
from tocsin.agreement.evaluate.plan import ForbidRule, Plan, Prohibition
from tocsin.agreement.evaluate.watch import Watch
from tocsin.agreement.terms import Before
from tocsin.errors import WrongUse
from tocsin.model.places import Areas

__all__ = ["Setting", "begins", "kinds_of", "sectors_of", "stretch_of"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation is about.

    ``happened`` is what procedures gave in the round before, for conditions that speak
    of it (rule G7); () in the first.
    """

    plan: Plan
    history: History
    areas: Areas
    watch: Watch
    force: Force
    question: Question
    happened: tuple[Event, ...] = ()

    @property
    def sectors(self) -> tuple[str | None, ...]:
        """Every sector that the map, the text, the facts or the coverage know (T7)."""
        names = {area.name for area in self.areas.of_kind("sector")}
        names |= {sector.name for sector in self.plan.agreement.sectors}
        names |= set(self.history.names("sector")) | set(self.watch.sectors)
        return tuple(sorted(names)) or (None,)


def sectors_of(setting: Setting, prohibition: Prohibition) -> tuple[str | None, ...]:
    """The sectors in which the prohibition can be broken."""
    limits = [rule.pattern.sectors for rule in prohibition.rules]
    if any(limit is None for limit in limits):
        return setting.sectors
    inside = {name for limit in limits if limit is not None for name in limit}
    return tuple(sorted(inside))


def kinds_of(prohibition: Prohibition) -> tuple[str, ...]:
    """The acts that must be watched before the prohibition can be called kept."""
    return tuple(dict.fromkeys(rule.pattern.act for rule in prohibition.rules))


def begins(setting: Setting, rule: ForbidRule) -> Span:
    """When one rule of an article binds: ``then forbid`` after its deadline (T6)."""
    if rule.after is None:
        return Span()
    if not isinstance(rule.after, Before):
        return Span(EVER, EVER)
    try:
        at = instant_of(setting.plan, setting.history, rule.after.time)
    except WrongUse:
        return Span(EVER, EVER)
    return Span(at + 1 if at < EVER else EVER, EVER)


def stretch_of(setting: Setting, prohibition: Prohibition) -> Span:
    """The part of the question in which the article prohibits anything at all."""
    span = setting.force[prohibition.article.number]
    first = min(begins(setting, rule).start for rule in prohibition.rules)
    start = max(setting.question.start, span.start, first)
    return Span(start, min(span.stop, setting.question.until))
