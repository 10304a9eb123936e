"""Who leads each task in each region, who takes over, where nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.coordination import Overview
from tocsin.coordination.leads import LeadCell
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Part,
    Table,
    Tone,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import listed

__all__ = ["ABOUT", "leads"]

TONES: Final[dict[str, Tone]] = {
    "led": "met",
    "contested": "breached",
    "overlap": "pending",
    "gap": "breached",
    "nobody": "",
}


ABOUT: Final = "At most one lead for each task in each region."


def leads(view: Overview) -> Iterator[Block]:
    """The matrix of regions and tasks."""
    by_cell = {(c.area, c.function): c for c in view.status.leads}
    lines = []
    for area in view.board.regions:
        cells = [Cell(text=area)]
        for function in view.board.functions:
            one = by_cell[area, function]
            cells.append(_cell(one))
        lines.append(Line(cells=tuple(cells)))
    yield Table(
        anchor="leads",
        caption="Leads by region and task",
        columns=(
            Column(title="region"),
            *(Column(title=f) for f in view.board.functions),
        ),
        rows=tuple(lines),
        note="An arrow names who takes over. Gap: support and no lead. Overlap: several"
        " offer the lead and none has it.",
        wide=True,
    )


def _cell(one: LeadCell) -> Cell:
    if one.state == "nobody":
        return Cell(text="–")
    words = plain(one.lead) or one.state
    if one.state == "contested":
        words = (
            f"{plain(one.lead) or 'nobody'}, contested by {plain(listed(one.claims))}"
        )
    elif one.state == "overlap":
        words = f"overlap: {plain(listed(one.claims))}"
    elif one.state == "gap":
        words = "gap"
    if one.next:
        words += f" → {plain(one.next)}"
    return Cell(parts=(Part(text=words, tone=TONES[one.state]),))
