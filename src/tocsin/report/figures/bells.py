"""The clocks of the guarantees on one line of time: since when, until when, and how.

Each step has a line of its own, from the instant at which its clock began to the one by
which it is due. The end of the day stands across all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tocsin.model import Guarantee, Step
from tocsin.report.document import Figure, LegendItem
from tocsin.report.figures.signs import sign
from tocsin.report.figures.svg import drawing, group, tag
from tocsin.report.wording import clock, counted, listed, stamp

__all__ = ["clock_strip"]

WIDTH: Final = 720.0
EDGE: Final = 14.0
LABEL: Final = 26.0
ROW: Final = 54.0
AXIS: Final = 34.0
MOST_ROWS: Final = 14
TICKS: Final = (6, 12, 24, 48, 72, 168, 336, 720, 2160)
MOST_TICKS: Final = 6
CLOSE: Final = 40.0  # to the edge: a label there is set flush with it


class _Clock(NamedTuple):
    label: str
    since: datetime
    due: datetime
    step: Step


def clock_strip(guarantees: Sequence[Guarantee], end: datetime) -> Figure | None:
    """The clocks that run or ran out, the soonest first; None where there is none."""
    clocks = sorted(
        (one for each in guarantees for one in _clocks(each, end)),
        key=lambda one: (one.due, one.label),
    )[:MOST_ROWS]
    if not clocks:
        return None
    first = min(one.since for one in clocks)
    last = max(*(one.due for one in clocks), end)
    axis = _Axis(first, last + (last - first) * 0.04)
    rows = [_row(each, at, axis) for at, each in enumerate(clocks)]
    bottom = LABEL + ROW * len(clocks)
    words = _words(clocks, end)
    now = _now(axis.x(end), bottom)
    svg = drawing(
        [now, *rows, _ticks(axis, bottom)],
        width=WIDTH,
        height=bottom + AXIS,
        klass="clocks",
        label=words,
    )
    return Figure(
        anchor="figure-clocks",
        title="What is due, and by when",
        description=words,
        svg=svg,
        legend=(
            LegendItem(mark="due", text="due, not on record as done"),
            LegendItem(mark="done", text="done"),
            LegendItem(mark="missed", text="missed"),
            LegendItem(mark="now", text="end of the day"),
        ),
    )


class _Axis(NamedTuple):
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        whole = (self.last - self.first) / timedelta(seconds=1) or 1.0
        part = (at - self.first) / timedelta(seconds=1)
        return EDGE + (WIDTH - 2 * EDGE) * part / whole


def _clocks(guarantee: Guarantee, end: datetime) -> list[_Clock]:
    return [
        _Clock(
            label=f"{step.clause}: {step.what} · {listed(step.owed_by)}",
            since=min(guarantee.since or end, step.due),
            due=step.due,
            step=step,
        )
        for step in guarantee.steps
        if step.due is not None
    ]


def _state(step: Step) -> str:
    if step.missed:
        return "missed"
    return "due" if step.done_at is None else "done"


def _row(one: _Clock, at: int, axis: _Axis) -> str:
    begin, until = axis.x(one.since), axis.x(one.due)
    state = _state(one.step)
    y = LABEL
    parts = [
        tag("text", one.label, x=EDGE, y=y - 8, klass="label"),
        tag("line", x1=begin, x2=until, y1=y + 6, y2=y + 6, klass=f"run run-{state}"),
        _mark(one, state, axis, y + 6),
        _when(one, until, y + 6),
    ]
    return group(parts, transform=f"translate(0 {LABEL + at * ROW - 14:.1f})")


def _mark(one: _Clock, state: str, axis: _Axis, y: float) -> str:
    """The state where it came about: at the act, or at the instant it is due."""
    if one.step.done_at is None:
        return sign(state, at=(axis.x(one.due), y))
    due = axis.x(one.due)
    limit = tag("line", x1=due, x2=due, y1=y - 5, y2=y + 5, klass="limit")
    return limit + sign("done", at=(axis.x(one.step.done_at), y))


def _when(one: _Clock, x: float, y: float) -> str:
    right = x > WIDTH * 0.6
    return tag(
        "text",
        _when_words(one.step, one.due),
        x=x - 12 if right else x + 12,
        y=y - 8 if right else y + 4,
        klass="when",
        text_anchor="end" if right else "start",
    )


def _when_words(step: Step, due: datetime) -> str:
    if step.done_at is not None:
        return f"done {stamp(step.done_at)}, due {clock(due)}"
    return f"{_state(step)} {stamp(due)}"


def _now(x: float, bottom: float) -> str:
    line = tag("line", x1=x, x2=x, y1=14, y2=bottom, klass="now")
    side = "end" if x > WIDTH / 2 else "start"
    text = tag("text", "end of the day", x=x, y=10, klass="when", text_anchor=side)
    return line + text


def _ticks(axis: _Axis, top: float) -> str:
    hours = (axis.last - axis.first) / timedelta(hours=1)
    every = next((step for step in TICKS if hours / step <= MOST_TICKS), TICKS[-1])
    step = timedelta(hours=every)
    start = axis.first.replace(hour=0, minute=0, second=0, microsecond=0)
    at, parts = (
        start,
        [tag("line", x1=EDGE, x2=WIDTH - EDGE, y1=0, y2=0, klass="ground")],
    )
    while at <= axis.last:
        if at >= axis.first:
            parts.append(_tick(axis.x(at), at, timed=step < timedelta(days=1)))
        at += step
    return group(parts, transform=f"translate(0 {top:.1f})", klass="axis")


def _tick(x: float, at: datetime, *, timed: bool) -> str:
    text = stamp(at) if timed and at.hour == 0 else at.strftime("%H:%M")
    text = text.removesuffix(" 00:00") if timed else stamp(at).removesuffix(" 00:00")
    short = text.removesuffix(f" {at.year}")
    side = "start" if x < CLOSE else "end" if x > WIDTH - CLOSE else "middle"
    often = "tick" if at.hour == 0 else "tick minor"
    return tag("line", x1=x, x2=x, y1=0, y2=6, klass="ground") + tag(
        "text", short, x=x, y=24, klass=often, text_anchor=side
    )


def _words(clocks: Sequence[_Clock], end: datetime) -> str:
    states = [_state(one.step) for one in clocks]
    told = [f"{one.label}: {_state(one.step)}, due {stamp(one.due)}" for one in clocks]
    return (
        f"At the end of the day ({stamp(end)} UTC)"
        f" {counted(states.count('due'), 'step')} due,"
        f" {states.count('missed')} missed, {states.count('done')} done."
        f" {'; '.join(told)}."
    )
