"""The oracle's obligations: called for, due, done or not.

A deed that calls for an obligation opens one instance of it. The instance is met by the
first fitting act from the calling second to the last second in time, both included; at
that last second, if nothing was done, it is breached (rules O1 to O4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.force import EVER, Span, instant_of
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged, Stated
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.places import distance_m
from tocsin.agreement.evaluate.plan import Obligation, Pattern, who_names
from tocsin.agreement.evaluate.plan import pattern as pattern_of
from tocsin.agreement.evaluate.results import Duty, DutyState
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import (
    AtAllTimes,
    Before,
    DeadlineNotStated,
    EventTime,
    Excuse,
    Happened,
    Within,
)
from tocsin.errors import WrongUse
from tocsin.model.times import from_seconds

__all__ = [
    "Call",
    "due_of",
    "duties",
    "fulfils",
    "instances",
    "judge_call",
    "stopped",
]

Stretches = list[tuple[float, float]]


class Call(msgspec.Struct, kw_only=True, frozen=True):
    """Something that calls for an obligation of somebody.

    Attributes:
        holder: who must act; None: not known.
        t: when it was called for.
        caller: the fact that called, or None: the article itself.
        chance: stretches of that fact's component in which it is true.
    """

    holder: str | None
    sector: str | None
    subject: str | None
    t: int
    caller: Fact | None = None
    chance: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    episode: str | None = None
    about: str | None = None


def duties(
    setting: Setting, obligation: Obligation, facts: Sequence[Fact], judged: Judged
) -> None:
    """All instances that deeds, or the article itself, call for."""
    if obligation.trigger is not None and obligation.called_by is None:
        return
    if isinstance(obligation.deadline, AtAllTimes) or obligation.pattern.act == "clear":
        return
    for call in instances(setting, obligation, facts):
        judge_call(setting, obligation, call, facts, judged)


def instances(
    setting: Setting, obligation: Obligation, facts: Sequence[Fact]
) -> Iterator[Call]:
    """The calls: one for each root, holder, sector and subject (rule O1)."""
    span = setting.force[obligation.article.number]
    if obligation.called_by is None:
        yield from _standing(setting, obligation, span)
        return
    held: dict[tuple[str | None, str | None, str | None, int], list[Fact]] = {}
    for fact in facts:
        in_time = fact.t in span and fact.t < setting.question.until
        if in_time and matches(fact, obligation.called_by, {}):
            for holder in _holders(setting, obligation, fact):
                key = (holder, *_bound_places(obligation, fact), fact.root)
                held.setdefault(key, []).append(fact)
    for (holder, sector, subject, _), group in held.items():
        yield Call(
            holder=holder,
            sector=sector,
            subject=subject,
            t=group[0].t,
            caller=group[0],
            chance=tuple((fact.lo, fact.hi) for fact in group),
            about=None,
        )


def _standing(setting: Setting, obligation: Obligation, span: Span) -> Iterator[Call]:
    """Without a trigger the article itself calls, when it enters into force."""
    start = span.start if abs(span.start) < EVER else setting.question.start
    if start < setting.question.until:
        for holder in _named_holders(setting, obligation):
            yield Call(holder=holder, sector=None, subject=None, t=start)


def _holders(
    setting: Setting, obligation: Obligation, fact: Fact
) -> Sequence[str | None]:
    who, called = obligation.who, obligation.called_by
    assert called is not None
    if who.quantifier is None and who.names == ("party",):
        if called.against_variable == "party":
            return (fact.target_party,)
        return (fact.party,)
    if who.quantifier is None and who.names == ("opponent",):
        return [p for p in setting.plan.agreement.party_names if p != fact.party]
    return _named_holders(setting, obligation)


def _named_holders(setting: Setting, obligation: Obligation) -> Sequence[str]:
    return who_names(setting.plan.agreement, obligation.who)


def _bound_places(obligation: Obligation, fact: Fact) -> tuple[str | None, str | None]:
    called = obligation.called_by
    assert called is not None
    sector = fact.sector if called.sector_variable else None
    subject = fact.subject if called.subject_variable else None
    return sector, subject


# --- one instance --------------------------------------------------------------------


def judge_call(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    facts: Sequence[Fact],
    judged: Judged,
) -> None:
    """Verdicts of one instance: pending, then met, or breached when it falls due."""
    stops = stopped(setting, obligation, call, facts)
    due = due_of(setting, obligation, call, stops)
    until = setting.question.until
    last = until - 1 if due is None else min(due, until - 1)
    acts = [fact for fact in facts if fulfils(fact, obligation.pattern, call, last)]
    at = {call.t, *(fact.t for fact in acts)}
    at |= {t for stop in stops for t in (stop.start, stop.stop)}
    if due is not None:
        at = {t for t in {*at, due} if t <= due}
    at.add(max(call.t, setting.question.start))
    rows = [
        _row(setting, obligation, call, acts, stops, due, t)
        for t in sorted(at)
        if call.t <= t < until
    ]
    if not rows:
        return
    judged.single += _changes(rows, setting.question.start)
    if call.holder is not None:
        done = [row.t for row in rows if row.verdict == "met"]
        _report(obligation, call, rows[-1], due, done[0] if done else None, judged)


def _changes(rows: Sequence[Row], start: int) -> list[Row]:
    """Rows of the question: the first at its start or later, then each change."""
    kept: list[Row] = []
    for row in rows:
        if row.t >= start and (not kept or row.verdict != kept[-1].verdict):
            kept.append(row)
    return kept


def fulfils(fact: Fact, pattern: Pattern, call: Call, last: int) -> bool:
    """The act is the holder's, in time, at the site and in the sector as bound."""
    bound: dict[str, str | None] = {}
    if pattern.sector_variable is not None:
        bound[pattern.sector_variable] = call.sector
    if pattern.subject_variable is not None:
        bound[pattern.subject_variable] = call.subject
    return (
        call.t <= fact.t <= last
        and call.holder is not None
        and fact.party == call.holder
        and matches(fact, pattern, bound)
    )


def _row(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    acts: Sequence[Fact],
    stops: Sequence[Span],
    due: int | None,
    t: int,
) -> Row:
    """The verdict of the instance at one instant (rule O3)."""
    done = [fact for fact in acts if fact.t <= t]
    called = _measure(call.chance)
    idle = _called_and_idle(call, done)
    late = due is not None and t >= due
    standing = not late and any(t in stop for stop in stops)
    p = {
        "breached": idle if late else 0.0,
        "met": called - idle,
        "excused": idle if standing else 0.0,
        "pending": 0.0 if late or standing else idle,
    }
    verdict = "undetermined"
    for name in ("breached", "met", "excused", "pending"):
        if call.holder is not None and reaches(p[name], setting.plan.standard):
            verdict = name
            break
    known = call.holder is not None
    caller = [] if call.caller is None else [call.caller.index]
    first = [fact.index for fact in done[:1]] if verdict == "met" else []
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict=verdict,
        due=due,
        certain=_certain(verdict, call, acts, due, t),
        p_met=p["met"] if known else 0.0,
        p_breached=p["breached"] if known else 0.0,
        p_pending=p["pending"] if known else 0.0,
        p_excused=p["excused"] if known else 0.0,
        ever=p["breached"] if verdict == "breached" else None,
        ranges=ranges_of([*caller, *first]),
    )


def _called_and_idle(call: Call, done: Sequence[Fact]) -> float:
    """P(it was called for and nothing was done): components are independent (P3)."""
    by_component: dict[int, Stretches] = {}
    for fact in done:
        by_component.setdefault(fact.component, []).append((fact.lo, fact.hi))
    own = -1 if call.caller is None else call.caller.component
    p = _measure(call.chance, without=by_component.pop(own, []))
    for stretches in by_component.values():
        p *= 1.0 - _measure(stretches)
    return p


def _measure(
    stretches: Iterable[tuple[float, float]],
    *,
    without: Iterable[tuple[float, float]] = (),
) -> float:
    """Length of what the stretches cover and the others do not."""
    stretches, without = list(stretches), list(without)
    ends = sorted({end for pair in (*stretches, *without) for end in pair})
    total = 0.0
    for lo, hi in pairwise(ends):
        inside = any(a <= lo and hi <= b for a, b in stretches)
        if inside and not any(a <= lo and hi <= b for a, b in without):
            total += hi - lo
    return total


def _certain(
    verdict: str, call: Call, acts: Sequence[Fact], due: int | None, t: int
) -> bool:
    """The verdict holds in every reading of the times (rule D1)."""
    whole = any(lo <= 0.0 and hi >= 1.0 for lo, hi in call.chance)
    if not whole or verdict not in {"met", "breached", "pending"}:
        return False
    caller = call.caller
    early = call.t if caller is None else caller.early
    late = call.t if caller is None else caller.late
    if verdict == "met":
        last = None if due is None else due - (call.t - early)
        return any(
            fact.t <= t
            and fact.lo <= 0.0
            and fact.hi >= 1.0
            and late <= fact.early
            and (last is None or fact.late <= last)
            for fact in acts
        )
    return not any(fact.t <= t for fact in acts)


def _report(
    obligation: Obligation,
    call: Call,
    last: Row,
    due: int | None,
    done: int | None,
    judged: Judged,
) -> None:
    assert call.holder is not None
    state: DutyState = last.verdict  # type: ignore[assignment]
    if call.caller is None:
        judged.duties.append(_duty(obligation, call, state, due, done))
    if state == "breached" and due is not None:
        judged.breaches.append(
            Stated(
                article=obligation.article.number,
                party=call.holder,
                sector=call.sector,
                subject=call.subject,
                t=due,
                index=-1 if call.caller is None else call.caller.index,
            )
        )


def _duty(
    obligation: Obligation,
    call: Call,
    state: DutyState,
    due: int | None,
    done: int | None,
) -> Duty:
    assert call.holder is not None
    return Duty(
        clause=obligation.article.clause,
        holder=call.holder,
        act=obligation.pattern.act,
        episode=call.episode,
        party=call.about,
        sector=call.sector,
        subject=call.subject,
        arose_at=from_seconds(call.t),
        due=None if due is None else from_seconds(due),
        done_at=None if done is None else from_seconds(done),
        state=state,
        failing_that=", ".join(_next(obligation)),
    )


def _next(obligation: Obligation) -> Iterator[str]:
    for step in obligation.failing_that:
        if step.article is not None:
            yield str(step.article)
        if step.finding is not None:
            yield step.finding.finding


# --- when it is due ------------------------------------------------------------------


def due_of(
    setting: Setting, obligation: Obligation, call: Call, stops: Sequence[Span]
) -> int | None:
    """The last second in time; None: no deadline, or none that is known (O2)."""
    deadline = obligation.deadline
    calendar = setting.plan.agreement.calendar
    try:
        match deadline:
            case Within():
                base = _base(setting, obligation, call, deadline)
                if base == EVER:
                    return None
                return _running(base, later(base, deadline.duration, calendar), stops)
            case Before():
                at = instant_of(setting.plan, setting.history, deadline.time)
                return None if at == EVER else _running(call.t, at, stops)
            case AtAllTimes() | DeadlineNotStated():
                return None
    except WrongUse:
        return None


def _base(
    setting: Setting, obligation: Obligation, call: Call, deadline: Within
) -> int:
    """The clock runs from the call, unless the text names another event."""
    of = deadline.of
    if of is None or (isinstance(of.base, EventTime) and of.plus is None):
        named = (
            None if of is None or not isinstance(of.base, EventTime) else of.base.event
        )
        own = obligation.called_by.act if obligation.called_by else None
        if named in {None, own, "found", "alleged", "due"} or call.episode:
            return call.t
    assert of is not None
    return instant_of(setting.plan, setting.history, of)


def _running(start: int, due: int, stops: Sequence[Span]) -> int:
    """The deadline put off by every second for which the clock stood before it (O5)."""
    for stop in stops:
        if stop.start <= due:
            due += stop.stop - max(stop.start, start)
    return due


def stopped(
    setting: Setting, obligation: Obligation, call: Call, facts: Sequence[Fact]
) -> list[Span]:
    """When the clock stands: the union of all excusing times, capped (rule O5)."""
    spans: list[Span] = []
    for excuse in obligation.excuses:
        spans += _capped(_excusing(setting, excuse, call, facts), excuse)
    return _union(spans)


def _excusing(
    setting: Setting, excuse: Excuse, call: Call, facts: Sequence[Fact]
) -> list[Span]:
    while_ = excuse.while_
    if not isinstance(while_, Happened):
        return []
    deed = pattern_of(setting.plan.agreement, while_.deed)
    lasts = while_.in_last.seconds if while_.in_last else 0
    bound = {"party": call.holder, "site": call.subject, "sector": call.sector}
    known: dict[str, str | None] = {n: v for n, v in bound.items() if v is not None}
    found = [
        Span(max(fact.t, call.t), fact.end + lasts + 1)
        for fact in facts
        if fact.end + lasts >= call.t
        and fact.t < setting.question.until
        and reaches(fact.p, setting.plan.standard)
        and matches(fact, deed, known)
        and _near_site(setting, fact, deed, call)
    ]
    return _union(found)


def _near_site(setting: Setting, fact: Fact, deed: Pattern, call: Call) -> bool:
    """By the best places of act and site; an unknown place excuses nothing."""
    if deed.near is None:
        return True
    place = _site(setting, call)
    if place is None or fact.lon is None or fact.lat is None:
        return False
    here = np.array([fact.lon]), np.array([fact.lat])
    there = np.array([place[0]]), np.array([place[1]])
    return bool(distance_m(*here, *there)[0] < deed.near.metres)


def _site(setting: Setting, call: Call) -> tuple[float, float] | None:
    caller = call.caller
    if caller is not None and caller.lon is not None and caller.lat is not None:
        return caller.lon, caller.lat
    area = setting.areas.named(call.subject) if call.subject else None
    if area is None or area.geometry is None:
        return None
    return area.geometry.centroid.x, area.geometry.centroid.y


def _union(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.stop)):
        if joined and span.start <= joined[-1].stop:
            joined[-1] = Span(joined[-1].start, max(joined[-1].stop, span.stop))
        else:
            joined.append(span)
    return joined


def _capped(spans: Sequence[Span], excuse: Excuse) -> list[Span]:
    """The earliest excusing seconds, until the cap is used up."""
    if excuse.at_most is None:
        return list(spans)
    left, kept = excuse.at_most.seconds, []
    for span in spans:
        length = min(span.stop - span.start, left)
        if length > 0:
            kept.append(Span(span.start, span.start + length))
            left -= length
    return kept
