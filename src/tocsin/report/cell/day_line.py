"""The line of days after the ceasefire, as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
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

    def x(day: float) -> float:
        return LABELS + (WIDTH - LABELS - 30) * day / last

    parts = []
    step = 10 if last <= 80 else 30  # noqa: PLR2004  # days between two marks
    for mark in range(0, int(last) + 1, step):
        parts.append(
            tag("line", x1=x(mark), x2=x(mark), y1=20, y2=height - 6, klass="tick-line")
        )
        parts.append(tag("text", f"+{mark}", x=x(mark), y=13, klass="tick"))
    for at, (day, group) in enumerate(days):
        y = 36 + ROW * at
        ready = any(e.kind == "ready" for e in group)
        left = x(day) > WIDTH * 0.55
        words = _cut("; ".join(e.words for e in group))
        parts.append(tag("text", f"day {day:g}", x=0, y=y + 4, klass="label"))
        parts.append(
            tag(
                "circle", cx=x(day), cy=y, r=5, klass="bar-done" if ready else "bar-due"
            )
        )
        parts.append(
            tag(
                "text",
                words,
                x=x(day) - 10 if left else x(day) + 10,
                y=y + 4,
                klass="when",
                text_anchor="end" if left else "start",
            )
        )
    if view.ceasefire is not None:
        now = (view.at - view.ceasefire).total_seconds() / 86_400
        if 0 <= now <= last:
            parts.append(
                tag(
                    "line", x1=x(now), x2=x(now), y1=16, y2=height - 6, klass="now-line"
                )
            )
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


def _grouped(entries: Sequence[Entry]) -> list[tuple[float, list[Entry]]]:
    days: dict[float, list[Entry]] = {}
    for entry in entries:
        days.setdefault(entry.days or 0.0, []).append(entry)
    return sorted(days.items())


def _cut(text: str) -> str:
    return text if len(text) <= SINGLE_LINE else f"{text[: SINGLE_LINE - 1]}…"
