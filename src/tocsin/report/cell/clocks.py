"""Complaints and mandates with their clocks, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.coordination import Overview
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Table,
    Tone,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import stamp

__all__ = ["clocks"]


def clocks(view: Overview) -> Iterator[Block]:
    """One line for each clock that has begun; nothing where there is none."""
    tones: dict[str, Tone] = {
        "late": "warning",
        "expired": "warning",
        "renew": "warning",
    }
    lines = [
        Line(
            cells=(
                Cell(text=f"{clock.kind}: {plain(clock.who)}"),
                Cell(text=f"{clock.about}{f', {clock.area}' if clock.area else ''}"),
                Cell(text=clock.state, tone=tones.get(clock.state, "")),
                Cell(text="–" if clock.since is None else stamp(clock.since)),
                Cell(
                    text="no end is stated" if clock.due is None else stamp(clock.due)
                ),
                Cell(
                    text="–" if clock.days_left is None else f"{clock.days_left:.0f}",
                    value=clock.days_left,
                ),
            )
        )
        for clock in view.clocks
    ]
    if lines:
        yield Table(
            anchor="clocks-table",
            caption="Clocks, the most pressing first",
            columns=(
                Column(title="clock"),
                Column(title="about"),
                Column(title="state"),
                Column(title="since"),
                Column(title="until"),
                Column(title="days left", numeric=True),
            ),
            rows=tuple(lines),
        )
