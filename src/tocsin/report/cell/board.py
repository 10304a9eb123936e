"""The board: a map, a table at a glance, and each row in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.coordination import Amount, Overview, Row
from tocsin.coordination.leads import LeadCell
from tocsin.model import Areas
from tocsin.report.cell.names import plain
from tocsin.report.cell.region_map import region_map
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Part,
    Sentence,
    Table,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import number

__all__ = ["ABOUT", "board"]

ABOUT: Final = (
    "Units are never added across capabilities. What may serve in several regions is"
    " shared: it is shown beside each of them and counted in none."
)


def board(view: Overview, areas: Areas) -> Iterator[Block]:
    """The map, or a sentence that there is none, and the two tables."""
    figure = region_map(areas, view.status.rows)
    if figure is not None:
        yield figure
    else:
        yield Sentence(
            text="There is no map: the regions are known by name only.", tone="unknown"
        )
    yield _glance(view)
    yield _rows(view)


def _glance(view: Overview) -> Table:
    """Regions down, functions across: what stands there in a word or two."""
    functions = [
        f
        for f in view.board.functions
        if any(r.function == f for r in view.status.rows)
    ]
    lines = []
    for area in view.board.regions:
        cells = [Cell(text=area)]
        for function in functions:
            here = [
                r for r in view.status.rows if (r.area, r.function) == (area, function)
            ]
            parts = tuple(_glance_part(row) for row in here)
            cells.append(Cell(parts=parts) if parts else Cell(text="–"))
        lines.append(Line(cells=tuple(cells)))
    return Table(
        anchor="board",
        caption="At a glance: here, of what is needed",
        columns=(Column(title="region"), *(Column(title=f) for f in functions)),
        rows=tuple(lines),
        note="Dark: a gap even with all that is shared. Dotted: covered only by what is"
        " shared, committed and not yet arrived, or waiting. Dashed: no number is"
        " stated. Plain: delivered.",
        wide=True,
    )


def _glance_part(row: Row) -> Part:
    if not row.needed and row.opens:
        return Part(text=f"from month {row.opens}", tone="pending")
    if row.need is None:
        some = any(
            a.here or a.shared or a.unstated for a in (row.promised, row.committed)
        )
        return Part(
            text="offered, no number" if some else "nobody", tone="undetermined"
        )
    need = number(row.need)
    here = f"{number(row.committed.here)}/{need}"
    if row.delivered.here >= row.need:
        return Part(text=f"{number(row.delivered.here)}/{need} here", tone="met")
    if row.gap_at_best:
        return Part(text=f"{here}, gap", tone="breached")
    if row.frozen:
        return Part(text=f"{here}, frozen", tone="pending")
    if row.waits_for:
        return Part(text=f"{here}, waits", tone="pending")
    words = "committed" if not row.gap else "shared"
    return Part(text=f"{here}, {words}", tone="pending")


def _rows(view: Overview) -> Table:
    columns = (
        Column(title="region and task"),
        Column(title="capability"),
        Column(title="needed", numeric=True),
        Column(title="promised", numeric=True),
        Column(title="committed", numeric=True),
        Column(title="delivered", numeric=True),
        Column(title="deployable", numeric=True),
        Column(title="gap", numeric=True),
        Column(title="lead"),
        Column(title="waits for"),
    )
    return Table(
        anchor="rows",
        caption="Promised, committed, delivered, led, missing, waiting",
        columns=columns,
        rows=tuple(_line(row) for row in view.status.rows),
        note="here + shared; ? is an offer without a number. A gap in brackets is what"
        " remains if all that is shared came here.",
        wide=True,
    )


def _line(row: Row) -> Line:
    need = "not stated" if row.need is None else number(row.need)
    if not row.needed and row.opens:
        need = f"from month {row.opens}"
    if not row.needed and row.opens:
        gap = Cell(text="–")
    elif row.gap is None:
        gap = Cell(text="not known", tone="unknown")
    elif row.gap:
        gap = Cell(
            text=f"{number(row.gap)} ({number(row.gap_at_best or 0)})",
            value=row.gap,
            tone="warning",
        )
    else:
        gap = Cell(text="none", value=0)
    return Line(
        cells=(
            Cell(text=f"{row.area}, {row.function}"),
            Cell(text=row.capability),
            Cell(text=need, value=row.need),
            *(
                Cell(text=_amount(a), value=a.here)
                for a in (row.promised, row.committed, row.delivered, row.deployable)
            ),
            gap,
            Cell(text=_lead_words(row.lead)),
            Cell(text=plain(", ".join(row.waits_for)) or "–"),
        )
    )


def _amount(one: Amount) -> str:
    parts = [number(one.here)] if one.here or not one.unstated else []
    if one.shared:
        parts.append(f"+{number(one.shared)}")
    if one.unstated:
        parts.append("?" if one.unstated == 1 else f"?×{one.unstated}")
    return " ".join(parts)


def _lead_words(cell: LeadCell) -> str:
    if cell.state == "contested":
        return f"{plain(cell.lead)}, contested by {plain(', '.join(cell.claims))}"
    if cell.lead:
        return plain(cell.lead)
    if cell.claims:
        return f"nobody; offered by {plain(', '.join(cell.claims))}"
    return "nobody"
