"""``oblige P to clear X in Z before T``: judged when due, by what was seen there.

To clear is to have nothing left. Whether something is left is told by sightings (acts
``place``), each of which holds as long as presence persists and until the party is on
record to have cleared; whether nothing is left only by who looked (rule O6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.duty_calls import Call, breach_of, gone_at, instances
from tocsin.agreement.evaluate.duty_chance import measure
from tocsin.agreement.evaluate.duty_clocks import due_of, stopped
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.oracle_findings import Look, least_share
from tocsin.agreement.evaluate.plan import SIGHTING, Obligation, sightings
from tocsin.agreement.evaluate.results import Duty, DutyState
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting, sectors_of
from tocsin.agreement.evaluate.stage import Provider
from tocsin.model.times import from_seconds

__all__ = ["clearing", "judge_clearing"]


class Clearings(Provider, Protocol):
    """Who knows sightings, and what stands on record."""

    @property
    def record(self) -> OnRecord:
        """When conditions hold on record."""


def clearing(
    setting: Setting,
    obligation: Obligation,
    facts: Sequence[Fact],
    sources: Clearings,
    judged: Judged,
) -> None:
    """The verdict on each party that had to clear: pending, then as seen when due."""
    if obligation.trigger is not None and obligation.called_by is None:
        return
    for call in instances(setting, obligation, facts, sources.record):
        judge_clearing(setting, obligation, call, sources, judged)


def judge_clearing(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    sources: Clearings,
    judged: Judged,
) -> None:
    """The verdict on one call to clear."""
    if call.holder is None or call.t >= setting.question.until:
        return
    question = setting.question
    stops = stopped(setting, obligation, call, sources.record)
    due = due_of(setting, obligation, call, stops)
    gone = gone_at(setting, obligation, call, sources.record)
    start = max(call.t, question.start)
    rows = []
    if due is not None and gone <= due:
        due = None
    if due is None or start < due:
        rows.append(_pending(obligation, call, start, due))
    if due is None and gone < question.until:
        rows.append(_stopped(obligation, call, max(start, gone)))
    if due is not None and due < question.until:
        rows.append(_seen(setting, obligation, call, due, max(start, due), sources))
    judged.single += rows
    state: DutyState = rows[-1].verdict  # type: ignore[assignment]
    done = due if state == "met" else None
    if call.caller is None:
        judged.duties.append(_duty(obligation, call, state, due, done))
    if state == "breached" and due is not None:
        judged.breaches.append(breach_of(obligation, call, due))


def _pending(obligation: Obligation, call: Call, t: int, due: int | None) -> Row:
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict="pending",
        due=due,
        certain=measure(call.chance) >= 1.0,
        p_pending=measure(call.chance),
    )


def _stopped(obligation: Obligation, call: Call, t: int) -> Row:
    """From here on something stops the duty: it never falls due (rule O7)."""
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict="excused",
        p_excused=measure(call.chance),
    )


def _seen(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    due: int,
    t: int,
    sources: Clearings,
) -> Row:
    """Breached if something was there, met if somebody looked and nothing was."""
    asked = sightings(obligation, call.holder, call.sector, call.subject)
    source = sources.prohibition(asked)
    there = [
        e for e in source.events if e.party == call.holder and e.t <= due <= e.last
    ]
    left, idle, sampled = _chances(source, there)
    look = Look(over=obligation.persists_s or 0, kinds=(SIGHTING,), forced=call.t)
    shares = [least_share(setting, look, s, due) for s in sectors_of(setting, asked)]
    called = measure(call.chance)
    left *= called
    met = called * idle * min(shares, default=0.0)
    verdict = "undetermined"
    if reaches(left, setting.plan.standard):
        verdict = "breached"
    elif reaches(met, setting.plan.standard) and min(shares) >= setting.plan.watched:
        verdict = "met"
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict=verdict,
        due=due,
        certain=verdict == "breached" and any(event.certain for event in there),
        p_met=met,
        p_breached=left,
        ever=left if verdict == "breached" else None,
        method="sampled" if sampled else "exact",
        ranges=ranges_of(event.index for event in there),
    )


def _chances(source: Breaches, there: list[Event]) -> tuple[float, float, bool]:
    """P(something is there), P(nothing is, even where the place is unknown)."""
    columns: dict[int, list[int]] = {}
    for event in there:
        columns.setdefault(event.cluster, []).append(event.column)
    none = idle = 1.0
    sampled = False
    for cluster, held in columns.items():
        worlds = source.clusters[cluster]
        none *= float(worlds.weight[~worlds.breach[:, held].any(axis=1)].sum())
        idle *= float(worlds.weight[~worlds.act[:, held].any(axis=1)].sum())
        sampled |= worlds.sampled
    return 1.0 - none, idle, sampled


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
    )
