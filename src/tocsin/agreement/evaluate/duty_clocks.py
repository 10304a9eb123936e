"""When an obligation falls due, and when its clock stands (rules O2 and O5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.duty_calls import Call, bound_of, here_of
from tocsin.agreement.evaluate.force import EVER, Span, instant_of
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.plan import Obligation
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import (
    AtAllTimes,
    Before,
    DeadlineNotStated,
    EventTime,
    Excuse,
    Within,
)
from tocsin.errors import WrongUse

__all__ = ["due_of", "stopped"]


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
    setting: Setting, obligation: Obligation, call: Call, record: OnRecord
) -> list[Span]:
    """When the clock stands: the union of all excusing times, capped (rule O5)."""
    spans = list(_after(setting.force.pauses_of(obligation.article.number), call.t))
    for excuse in obligation.excuses:
        held = record.spans(
            excuse.while_, bound_of(call), here_of(setting, obligation, call)
        )
        spans += _capped(list(_after(held, call.t)), excuse)
    return _union(spans)


def _after(spans: Iterable[Span], at: int) -> Iterator[Span]:
    for span in spans:
        if span.stop > at:
            yield Span(max(span.start, at), span.stop)


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
