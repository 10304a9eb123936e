"""A duty ``at all times``: at every second its holder does it, or does not (rule O8).

An act counts from its time to its end, and with ``presence persists N`` so much longer.
There is no deadline and no coverage: who has to act has to show it (rule O3). While the
clock of another duty would stand, this one is excused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.duty_calls import Call, breach_of, gone_at
from tocsin.agreement.evaluate.duty_chance import called_and_idle, measure
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.plan import Obligation
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting

__all__ = ["holding", "idle_stretches", "standing"]

VERDICTS = ("breached", "met", "excused")


def standing(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    acts: Sequence[Fact],
    stops: Sequence[Span],
    record: OnRecord,
    judged: Judged,
) -> None:
    """The verdicts of one call: a row at each change, a breach at each new one.

    Args:
        setting: what is looked at.
        obligation: a duty at all times.
        call: what called for it.
        acts: every act that may do it, in time order.
        stops: when it is excused.
        record: what stands on record.
        judged: takes the rows and the breaches.
    """
    span = setting.force[obligation.article.number]
    stretch = Span(call.t, min(span.stop, setting.question.until))
    gone = gone_at(setting, obligation, call, record)
    stops = [*stops, Span(gone, EVER)]
    previous = ""
    for t in _instants(setting, obligation, acts, stops, stretch):
        now = holding(obligation, acts, t)
        off = any(t in stop for stop in stops)
        row = _row(setting, obligation, call, now, t, excused=off)
        if row.verdict != previous and t >= setting.question.start:
            judged.single.append(row)
        if row.verdict == "breached" != previous:
            judged.breaches.append(breach_of(obligation, call, t))
        previous = row.verdict
    if previous and span.stop < setting.question.until:
        judged.single.append(_ended(obligation, call, span.stop))


def holding(obligation: Obligation, acts: Sequence[Fact], t: int) -> list[Fact]:
    """The acts that go on at a second."""
    persists = obligation.persists_s or 0
    return [fact for fact in acts if fact.t <= t <= fact.end + persists]


def idle_stretches(
    setting: Setting, obligation: Obligation, call: Call, acts: Sequence[Fact],
    stops: Sequence[Span], gone: int,
) -> Iterator[Span]:  # fmt: skip
    """The times in which, on record, nothing was done: each is one breach."""
    span = setting.force[obligation.article.number]
    stretch = Span(call.t, min(span.stop, setting.question.until))
    stops = [*stops, Span(gone, EVER)]
    begun: int | None = None
    for t in _instants(setting, obligation, acts, stops, stretch):
        likely = [
            fact
            for fact in holding(obligation, acts, t)
            if reaches(fact.p, setting.plan.standard)
        ]
        idle = not likely and not any(t in stop for stop in stops)
        if idle and begun is None:
            begun = t
        elif not idle and begun is not None:
            yield Span(begun, t)
            begun = None
    if begun is not None:
        yield Span(begun, stretch.stop)


def _instants(
    setting: Setting,
    obligation: Obligation,
    acts: Sequence[Fact],
    stops: Sequence[Span],
    stretch: Span,
) -> list[int]:
    persists = obligation.persists_s or 0
    at = {stretch.start, setting.question.start}
    at |= {fact.t for fact in acts} | {fact.end + persists + 1 for fact in acts}
    at |= {edge for stop in stops for edge in (stop.start, stop.stop)}
    return sorted(t for t in at if t in stretch)


def _row(
    setting: Setting,
    obligation: Obligation,
    call: Call,
    now: Sequence[Fact],
    t: int,
    *,
    excused: bool,
) -> Row:
    called = measure(call.chance)
    idle = called_and_idle(call, now)
    p = {
        "breached": 0.0 if excused else idle,
        "met": called - idle,
        "excused": idle if excused else 0.0,
    }
    known = call.holder is not None
    standard = setting.plan.standard
    said = [name for name in VERDICTS if known and reaches(p[name], standard)]
    verdict = said[0] if said else "undetermined"
    caller = [] if call.caller is None else [call.caller.index]
    shown = [fact.index for fact in now[:1]] if verdict == "met" else []
    sure = called >= 1.0 and idle in {0.0, 1.0}
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict=verdict,
        certain=sure and verdict in {"met", "breached"} and _is_still(now, t),
        p_met=p["met"] if known else 0.0,
        p_breached=p["breached"] if known else 0.0,
        p_excused=p["excused"] if known else 0.0,
        ever=p["breached"] if verdict == "breached" else None,
        ranges=ranges_of([*caller, *shown]),
    )


def _is_still(now: Sequence[Fact], t: int) -> bool:
    """No act at this second could have been at another (rule D1)."""
    return all(fact.early == fact.late for fact in now) and bool(now or t)


def _ended(obligation: Obligation, call: Call, t: int) -> Row:
    return Row(
        clause=obligation.article.clause,
        party=call.holder,
        sector=call.sector,
        subject=call.subject,
        t=t,
        verdict="undetermined",
        possible=False,
        p_met=None,
        p_breached=None,
        p_pending=None,
        p_excused=None,
    )
