"""Checks of time: deadlines, units that can be compared, dates that exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tocsin.agreement.names import Declared
from tocsin.agreement.terms import (
    Aggregate,
    Agreement,
    Compare,
    DeadlineNotStated,
    Decision,
    Duration,
    Effect,
    Exception_,
    Excuse,
    FindingRule,
    FixedTime,
    Forbid,
    Happened,
    Lasting,
    Norm,
    Number,
    Oblige,
    Procedure,
    Rule,
    SequenceStep,
    Since,
    Term,
    Until,
    Within,
)
from tocsin.agreement.walk import all_rules, find, procedures, walk
from tocsin.model.records import Issue, Where

__all__ = ["check_times"]

WINDOWS: Final[dict[type[Term], str]] = {
    Aggregate: "over",
    Happened: "in_last",
    Since: "within",
    Until: "within",
    SequenceStep: "within",
    Lasting: "longer_than",
    Excuse: "at_most",
    Exception_: "limited_to",
    Forbid: "persists",
    Oblige: "persists",
    Agreement: "persists",
}
"""Where a term keeps the length of a window."""


def check_times(declared: Declared) -> Iterator[Issue]:
    """Every fault of deadlines, units and dates."""
    agreement = declared.agreement
    for _, rule in all_rules(agreement):
        yield from _without_deadline(rule)
    for procedure in procedures(agreement):
        yield from _silence_and_deadline(procedure)
    for term in walk(agreement):
        yield from _window_in_months(term)
        yield from _mixed_units(term)
    yield from _months_without_calendar(agreement)
    yield from _dates(agreement)


# --- deadlines


def _without_deadline(rule: Rule) -> Iterator[Issue]:
    match rule:
        case Oblige(deadline=None):
            yield _no_deadline(rule.where, "this obligation", warning=False)
        case Norm(deadline=DeadlineNotStated()):
            yield _open_deadline(rule.where)
        case FindingRule(attribution=Procedure(deadline=None)):
            yield _no_deadline(rule.where, "this attribution", warning=True)
        case Decision(procedure=Procedure(deadline=None)):
            yield _no_deadline(rule.where, "this decision", warning=True)
        case Effect(deadline=None):
            yield _no_deadline(rule.where, "this effect", warning=True)
        case _:
            pass


def _no_deadline(where: Where, what: str, *, warning: bool) -> Issue:
    return Issue(
        code="no_deadline",
        where=where,
        message=f"{what} has no deadline",
        repair="add `within` or `before`; if the text is silent, `deadline not stated`",
        warning=warning,
    )


def _open_deadline(where: Where) -> Issue:
    return Issue(
        code="no_deadline",
        where=where,
        message="the text sets no deadline, so this can never be breached",
        repair="ask the parties for a deadline and add `within`",
        warning=True,
    )


def _silence_and_deadline(procedure: Procedure) -> Iterator[Issue]:
    """Silence that counts only after the deadline never counts."""
    silence, deadline = procedure.silence, procedure.deadline
    if silence is None or not isinstance(deadline, Within):
        return
    after, due = silence.after, deadline.duration
    if after.is_calendar != due.is_calendar:
        yield _unit_mismatch(after, due)
    elif _length(after) > _length(due):
        yield Issue(
            code="silence_too_late",
            where=silence.where,
            message=f"silence counts after {after}, but the deadline is {due}",
            repair=f"let silence count after less than {due}",
            also=(deadline.where,),
        )


def _length(duration: Duration) -> int:
    return duration.months if duration.is_calendar else duration.seconds


# --- units


def _unit_mismatch(one: Duration, other: Duration) -> Issue:
    return Issue(
        code="unit_mismatch",
        where=one.where,
        message=f"`{one}` cannot be compared with `{other}`:"
        " a month has no fixed number of days",
        repair="write both in days, or both in months",
        also=(other.where,),
    )


def _window_in_months(term: Term) -> Iterator[Issue]:
    """Windows slide by seconds; months have no length."""
    for window in _windows(term):
        if window is not None and window.is_calendar:
            yield Issue(
                code="unit_mismatch",
                where=window.where,
                message=f"a window of `{window}` has no fixed length",
                repair="write the window in days",
            )


def _windows(term: Term) -> tuple[Duration | None, ...]:
    field = WINDOWS.get(type(term))
    return (getattr(term, field),) if field else ()


def _mixed_units(term: Term) -> Iterator[Issue]:
    """Durations are compared with durations, numbers with numbers."""
    if not isinstance(term, Compare):
        return
    is_time = term.left.function == "duration"
    for side in (term.right, term.until_below):
        if isinstance(side, Aggregate):
            fits = (side.function == "duration") == is_time
        elif isinstance(side, Duration):
            fits = is_time and not side.is_calendar
        else:
            fits = side is None or not is_time
        if side is not None and not fits:
            yield _wrong_unit(side, is_time=is_time)
    yield from _below(term)


def _wrong_unit(side: Number | Duration | Aggregate, *, is_time: bool) -> Issue:
    shown = f"`{side}`" if isinstance(side, Duration) else "this number"
    wanted = "a time such as `2 days`" if is_time else "a number without a unit"
    return Issue(
        code="unit_mismatch",
        where=side.where,
        message=f"{shown} cannot be compared with what stands before it",
        repair=f"write {wanted}",
    )


def _below(term: Compare) -> Iterator[Issue]:
    """An episode must be able to open and to close."""
    low, high = _plain(term.until_below), _plain(term.right)
    if low is None or high is None or term.until_below is None:
        return
    if term.operator not in {">", ">="} or low > high:
        yield Issue(
            code="unsafe",
            where=term.until_below.where,
            message="`until below` needs `>=` or `>` and a number not above it",
            repair="lower the number after `until below`",
        )


def _plain(side: object) -> float | None:
    if isinstance(side, Number):
        return side.value
    if isinstance(side, Duration) and not side.is_calendar:
        return float(side.seconds)
    return None


def _months_without_calendar(agreement: Agreement) -> Iterator[Issue]:
    """Deadlines in months need to know whose calendar, and how it is rounded."""
    if agreement.calendar is not None:
        return
    windows = {id(window) for term in walk(agreement) for window in _windows(term)}
    for duration in find(agreement, Duration):
        if duration.is_calendar and id(duration) not in windows:
            yield Issue(
                code="time_without_zone",
                where=duration.where,
                message=f"`{duration}` needs a calendar",
                repair='declare `calendar "Europe/Kyiv" rounded down`, with your zone',
            )


# --- dates


def _dates(agreement: Agreement) -> Iterator[Issue]:
    dated = {id(item.dated) for item in agreement.instruments}  # days, not instants
    for fixed in find(agreement, FixedTime):
        moment = _read(fixed.text)
        if moment is None:
            yield _not_a_date(fixed)
        elif _needs_zone(agreement, moment) and id(fixed) not in dated:
            yield _zoneless(fixed)
    yield from _unknown_zone(agreement)


def _needs_zone(agreement: Agreement, moment: datetime) -> bool:
    return moment.tzinfo is None and agreement.calendar is None


def _read(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _not_a_date(fixed: FixedTime) -> Issue:
    return Issue(
        code="time_invalid",
        where=fixed.where,
        message=f"`{fixed.text}` is no date of the calendar",
        repair="write year-month-day, such as 2026-03-01T00:00+02:00",
    )


def _zoneless(fixed: FixedTime) -> Issue:
    return Issue(
        code="time_without_zone",
        where=fixed.where,
        message=f"`{fixed.text}` could be an instant in any time zone",
        repair="add the zone (`T00:00+02:00`), or declare a `calendar`",
    )


def _unknown_zone(agreement: Agreement) -> Iterator[Issue]:
    if agreement.calendar is None:
        return
    try:
        ZoneInfo(agreement.calendar.zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone, where = agreement.calendar.zone, agreement.calendar.where
        yield Declared(agreement).unknown(
            "time zone", zone, available_timezones(), where
        )
