"""The oracle's obligations: called for, due, done or not.

A deed that calls for an obligation opens one instance of it. The instance is met by the
first fitting act from the calling second to the last second in time, both included; at
that last second, if nothing was done, it is breached (rules O1 to O4). A duty ``at all
times`` stands in :mod:`tocsin.agreement.evaluate.oracle_standing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.conditions import NotEvaluated
from tocsin.agreement.evaluate.duty_calls import (
    Call,
    breach_of,
    gone_at,
    instances,
    site_of,
)
from tocsin.agreement.evaluate.duty_chance import called_and_idle, measure
from tocsin.agreement.evaluate.duty_clocks import due_of, stopped
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.oracle_standing import standing
from tocsin.agreement.evaluate.places import distance_m, placed
from tocsin.agreement.evaluate.plan import Obligation, Pattern
from tocsin.agreement.evaluate.results import Duty, DutyState
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting
from tocsin.model.records import Issue
from tocsin.model.times import from_seconds

__all__ = ["Call", "duties", "fulfilling", "fulfils", "is_done_by", "judge_call"]


def duties(
    setting: Setting,
    obligation: Obligation,
    facts: Sequence[Fact],
    record: OnRecord,
    judged: Judged,
) -> None:
    """All instances that deeds, or the article itself, call for."""
    if obligation.trigger is not None and obligation.called_by is None:
        return
    try:
        for call in instances(setting, obligation, facts, record):
            judge_call(setting, obligation, call, facts, record, judged)
    except NotEvaluated as refused:
        judged.issues.append(_issue(obligation, refused))


# --- one instance --------------------------------------------------------------------


def judge_call(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    facts: Sequence[Fact],
    record: OnRecord,
    judged: Judged,
) -> None:
    """Verdicts of one instance: pending, then met, or breached when it falls due."""
    stops = stopped(setting, obligation, call, record)
    facts = fulfilling(setting, obligation, call, facts)
    if obligation.at_all_times:
        mine = [f for f in facts if is_done_by(f, obligation.pattern, call)]
        standing(setting, obligation, call, mine, stops, record, judged)
        return
    due = due_of(setting, obligation, call, stops)
    gone = gone_at(setting, obligation, call, record)
    until = setting.question.until
    last = min(until - 1, gone - 1, EVER if due is None else due)
    acts = [fact for fact in facts if fulfils(fact, obligation.pattern, call, last)]
    at = {call.t, gone, *(fact.t for fact in acts)}
    at |= {t for stop in stops for t in (stop.start, stop.stop)}
    if gone < EVER:
        stops = [*stops, Span(gone, EVER)]
    if due is not None and gone <= due:
        due = None
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


def fulfilling(
    setting: Setting, obligation: Obligation, call: Call, facts: Sequence[Fact]
) -> Sequence[Fact]:
    """The facts that lie where the act is owed: in its zone, near its site (O9)."""
    deed = obligation.pattern
    if deed.near_to in {"place", "site"}:
        return [fact for fact in facts if _is_near(setting, fact, deed, call)]
    inside = placed(deed, setting.history, setting.plan.agreement, setting.areas)
    if inside is None:
        return facts
    likely = np.nan_to_num(inside.p)
    return [f for f in facts if reaches(float(likely[f.row]), setting.plan.standard)]


def _is_near(setting: Setting, fact: Fact, deed: Pattern, call: Call) -> bool:
    """By the best places of act and site; an unknown place proves nothing."""
    place = site_of(setting, call)
    if place is None or deed.near is None or fact.lon is None or fact.lat is None:
        return False
    here = np.array([fact.lon]), np.array([fact.lat])
    there = np.array([place[0]]), np.array([place[1]])
    return bool(distance_m(*here, *there)[0] < deed.near.metres)


def fulfils(fact: Fact, pattern: Pattern, call: Call, last: int) -> bool:
    """The act is the holder's, in time, at the site and in the sector as bound."""
    return call.t <= fact.t <= last and is_done_by(fact, pattern, call)


def is_done_by(fact: Fact, pattern: Pattern, call: Call) -> bool:
    """The act is the holder's, at the site and in the sector as bound."""
    bound: dict[str, str | None] = {}
    if pattern.sector_variable is not None:
        bound[pattern.sector_variable] = call.sector
    if pattern.subject_variable is not None:
        bound[pattern.subject_variable] = call.subject
    mine = call.holder is not None and fact.party == call.holder
    return mine and matches(fact, pattern, bound)


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
    called = measure(call.chance)
    idle = called_and_idle(call, done)
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
        judged.breaches.append(breach_of(obligation, call, due))


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


def _issue(obligation: Obligation, refused: NotEvaluated) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"{obligation.article.clause}: `{refused.what}` is read and not"
        " evaluated in a condition of this duty",
        repair="judge this duty by hand",
        warning=True,
    )
