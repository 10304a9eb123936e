"""The line of days after the ceasefire, as a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.coordination import Overview
from tocsin.coordination.timeline import Entry
from tocsin.report.document import Figure
from tocsin.report.figures.svg import drawing, tag

__all__ = ["day_line"]

WIDTH: Final = 720.0


ROW: Final = 30.0


LABELS: Final = 150.0


SINGLE_LINE: Final = 62


def day_line(view: Overview) -> Figure | None:
    """The line of days after the ceasefire; None: no entry has a day."""
    entries = [e for e in view.timeline if e.days is not None and e.days >= 0]
    if not entries:
        return None
    last = max(30.0, *(e.days or 0.0 for e in entries)) * 1.04
    days = _grouped(entries)
    height = 34 + ROW * len(days)
    parts = [*_marks(last, height), *_now(view, last, height)]
    for at, (day, group) in enumerate(days):
        parts += _day(day, group, 36 + ROW * at, last)
    return Figure(
        anchor="figure-days",
        title="Due on ceasefire + N days",
        description="Filled: a contribution can serve. Open: a deadline, a mandate or"
        " a lead ends. Dashed: the instant of this page. Entries of one day stand"
        " together; the table below has each of them.",
        svg=drawing(
            parts,
            width=WIDTH,
            height=height,
            klass="days clocks",
            label="What falls due after the ceasefire",
        ),
        scrolls=True,
    )


def _x(day: float, last: float) -> float:
    return LABELS + (WIDTH - LABELS - 30) * day / last


def _marks(last: float, height: float) -> Iterator[str]:
    step = 10 if last <= 80 else 30  # noqa: PLR2004  # days between two marks
    for mark in range(0, int(last) + 1, step):
        x = _x(mark, last)
        yield tag("line", x1=x, x2=x, y1=20, y2=height - 6, klass="tick-line")
        yield tag("text", f"+{mark}", x=x, y=13, klass="tick")


def _now(view: Overview, last: float, height: float) -> Iterator[str]:
    """The instant of the page, where it lies on the line."""
    if view.ceasefire is None:
        return
    now = (view.at - view.ceasefire).total_seconds() / 86_400
    if 0 <= now <= last:
        x = _x(now, last)
        yield tag("line", x1=x, x2=x, y1=16, y2=height - 6, klass="now-line")


def _day(day: int, group: Sequence[Entry], y: float, last: float) -> Iterator[str]:
    x = _x(day, last)
    left = x > WIDTH * 0.55
    ready = any(e.kind == "ready" for e in group)
    yield tag("text", f"day {day}", x=0, y=y + 4, klass="label")
    yield tag("circle", cx=x, cy=y, r=5, klass="bar-done" if ready else "bar-due")
    yield tag(
        "text",
        _cut("; ".join(e.words for e in group)),
        x=x - 10 if left else x + 10,
        y=y + 4,
        klass="when",
        text_anchor="end" if left else "start",
    )


def _grouped(entries: Sequence[Entry]) -> list[tuple[int, list[Entry]]]:
    """Entries by the whole days that have passed; the table has the hour."""
    days: dict[int, list[Entry]] = {}
    for entry in entries:
        days.setdefault(int(entry.days or 0), []).append(entry)
    return sorted(days.items())


def _cut(text: str) -> str:
    return text if len(text) <= SINGLE_LINE else f"{text[: SINGLE_LINE - 1]}…"
