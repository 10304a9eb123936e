"""What falls due on ceasefire + N days: a line and a table."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.coordination import Overview
from tocsin.report.cell.day_line import day_line
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Table,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import stamp

__all__ = ["days"]


def days(view: Overview) -> Iterator[Block]:
    """The line of days, and the table with every entry of it."""
    figure = day_line(view)
    if figure is not None:
        yield figure
    lines = [
        Line(
            cells=(
                Cell(text=_whole(e.days), value=e.days),
                Cell(text=e.words),
                Cell(text=e.clause or "–"),
                Cell(text="–" if e.at is None else stamp(e.at)),
                Cell(
                    text=plain(", ".join(e.waits_for)) or ("passed" if e.passed else "")
                ),
            )
        )
        for e in view.timeline
    ]
    if lines:
        yield Table(
            anchor="days-table",
            caption="Day by day",
            columns=(
                Column(title="day"),
                Column(title="what"),
                Column(title="clause"),
                Column(title="instant"),
                Column(title="waits for"),
            ),
            rows=tuple(lines),
        )


def _whole(days: float | None) -> str:
    return "no day" if days is None else f"+{int(days)}"
