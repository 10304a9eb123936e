"""Measures that follow by themselves: when they take effect, what stops and ends them.

An effect arises when its trigger fires, or once all that it ``needs`` holds; it takes
effect at the end of its time, unless something stops it before, and lasts until it
lapses or a condition ends it (rule V8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tocsin.agreement.evaluate.ballots import (
    SUSPENSION,
    ballots,
    bodies_of,
    counted,
    due_of,
    is_about,
)
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.force import EVER, instant_of
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.plan import EffectRule, who_names
from tocsin.agreement.evaluate.results import Effect, EffectState
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Here
from tocsin.agreement.evaluate.triggers import Firing
from tocsin.agreement.terms import Condition, EventTime, Lapses, SuspendedBy
from tocsin.errors import WrongUse
from tocsin.model.times import from_seconds, seconds

__all__ = ["effects_of", "lapse_of"]

OWN = frozenset({"found", "alleged", "due", "adopted", "rejected", "lapsed"})


def effects_of(
    setting: Setting,
    rule: EffectRule,
    fired: Sequence[Firing],
    facts: Sequence[Fact],
    record: OnRecord,
) -> Iterator[Effect]:
    """One effect for one party at one instant, whatever the number of its reasons."""
    for firing in _once_each(fired):
        needs, here = rule.rule.needs, _here(rule)
        if needs is not None:
            at = record.first(needs, firing.bound, firing.t, here)
            if at >= setting.question.until:
                continue
            firing = msgspec.structs.replace(firing, t=at)
        yield _effect(setting, rule, firing, facts, record)


def _once_each(fired: Sequence[Firing]) -> list[Firing]:
    held: dict[tuple[str | None, int], Firing] = {}
    for firing in fired:
        key = (firing.party, firing.t)
        if key in held:
            because = tuple(dict.fromkeys((*held[key].because, *firing.because)))
            firing = msgspec.structs.replace(held[key], because=because)
        held[key] = firing
    return list(held.values())


def _here(rule: EffectRule) -> Here:
    return Here(names=frozenset({rule.article.clause, rule.rule.name}))


def _effect(
    setting: Setting,
    rule: EffectRule,
    firing: Firing,
    facts: Sequence[Fact],
    record: OnRecord,
) -> Effect:
    until = setting.question.until
    due = due_of(setting, rule.rule.deadline, firing.t, None)
    begins = firing.t if due is None else due
    suspended = _suspended(setting, rule, firing, facts)
    stopped = _stopped(rule, firing, begins, record)
    ended = _ended(setting, rule, firing, begins, record)
    state: EffectState = "in_effect"
    if suspended is not None:
        state = "suspended"
    elif stopped < until:
        state = "refused"
    elif due is not None and due >= until:
        state = "pending"
    elif ended < until:
        state = "ended"
    on = rule.rule.on
    by_name = on is not None and on.names not in (("party",), ("opponent",))
    return Effect(
        clause=rule.article.clause,
        effect=rule.rule.name,
        on=", ".join(on.names) if on is not None and by_name else firing.party,
        because=firing.because,
        arose_at=from_seconds(firing.t),
        due=None if due is None else from_seconds(due),
        suspended_at=None if suspended is None else from_seconds(suspended),
        stopped_at=from_seconds(stopped) if state == "refused" else None,
        ended_at=from_seconds(ended) if state == "ended" else None,
        state=state,
    )


def _stopped(rule: EffectRule, firing: Firing, begins: int, record: OnRecord) -> int:
    """When a condition stopped it before it took effect; EVER: none did."""
    unless = rule.rule.unless
    if unless is None or isinstance(unless.condition, SuspendedBy):
        return EVER
    at = record.first(unless.condition, firing.bound, firing.t, _here(rule))
    return at if at < begins or at == firing.t else EVER


def _ended(
    setting: Setting, rule: EffectRule, firing: Firing, begins: int, record: OnRecord
) -> int:
    """When it lapses or a condition ends it, whichever comes first."""
    ends = lapse_of(setting, rule.rule.lapses, firing.t, begins)
    condition: Condition | None = rule.rule.ends_when
    if condition is None:
        return ends
    return min(ends, record.first(condition, firing.bound, begins, _here(rule)))


def lapse_of(setting: Setting, lapses: Lapses | None, woken: int, begins: int) -> int:
    """When a power or measure lapses; EVER: never, or at no instant that is known.

    Args:
        setting: what is looked at.
        lapses: as the text says it.
        woken: when it was called for: ``of found`` and the like run from there.
        begins: when it begins to hold: a plain length of time runs from there.
    """
    if lapses is None:
        return EVER
    try:
        if lapses.at is not None:
            return instant_of(setting.plan, setting.history, lapses.at)
        assert lapses.after is not None
        of, base = lapses.after.of, begins
        if of is not None and isinstance(of.base, EventTime) and of.base.event in OWN:
            base = woken
        elif of is not None:
            base = instant_of(setting.plan, setting.history, of)
        if base >= EVER:
            return EVER
        return later(base, lapses.after.duration, setting.plan.agreement.calendar)
    except WrongUse:
        return EVER


def _suspended(
    setting: Setting, rule: EffectRule, firing: Firing, facts: Sequence[Fact]
) -> int | None:
    """When it was suspended: by a decision, or by an act where no vote is asked for."""
    unless = rule.rule.unless
    if unless is None or not isinstance(unless.condition, SuspendedBy):
        return None
    names = {rule.article.clause, rule.rule.name}
    bodies = who_names(setting.plan.agreement, unless.condition.who)
    if unless.procedure is not None:
        cast = ballots(facts, names, firing.party, firing.sector, firing.t)
        by = bodies_of(setting, unless.procedure, bodies)
        due = due_of(setting, unless.procedure.deadline, firing.t, None)
        held = counted(setting, unless.procedure, by, cast, proposal_at=None, due=due)
        adopted = held.decided_at if held.outcome == "adopted" else None
        return None if adopted is None else seconds(adopted)
    for fact in facts:
        mine = fact.kind == SUSPENSION and fact.party in bodies and fact.t >= firing.t
        if mine and is_about(fact, names, firing.party, firing.sector):
            return fact.t
    return None
