"""Patrols: which region is patrolled at which hour, by whom, and when by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.coordination import Overview
from tocsin.coordination.patrols import PatrolCover
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Sentence,
    Table,
    Tone,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.figures.svg import drawing, tag
from tocsin.report.wording import listed

__all__ = ["ABOUT", "patrols"]

ABOUT: Final = (
    "Every day, UTC. A patrol is a region and hours; it has no route, and nothing finer"
    " than a region is kept. Planned is who would go; ready is who can be deployed now."
)
WIDTH: Final = 720.0
LABELS: Final = 110.0
ROW: Final = 22.0
HEAD: Final = 18.0
HOURS: Final = 24


def patrols(view: Overview) -> Iterator[Block]:
    """A sentence on gaps, the day by region and hour, and the table."""
    if not view.patrols:
        return
    never = [one.area for one in view.patrols if not any(one.planned)]
    if never:
        words = f"Nobody patrols {listed(never)} at any hour."
        yield Sentence(text=words, tone="breached")
    yield _figure(view.patrols)
    yield _table(view.patrols)


def _figure(cover: Sequence[PatrolCover]) -> Figure:
    height = HEAD + ROW * len(cover) + 4
    parts = [_hatching(), *_hours()]
    for at, one in enumerate(cover):
        parts += _row(one, HEAD + at * ROW)
    return Figure(
        anchor="figure-patrols",
        title="Patrols by region and hour, UTC",
        description="Filled: somebody who can be deployed now patrols all of the hour."
        " Outlined: somebody would, once the gates are open. Hatched: nobody.",
        svg=drawing(
            parts,
            width=WIDTH,
            height=height,
            klass="patrols",
            label="Which region is patrolled at which hour",
        ),
        scrolls=True,
    )


def _hours() -> Iterator[str]:
    for hour in range(0, HOURS, 3):
        yield tag("text", f"{hour:02d}", x=_x(hour), y=HEAD - 6, klass="tick")


def _row(one: PatrolCover, y: float) -> Iterator[str]:
    yield tag("text", one.area, x=0, y=y + ROW * 0.7, klass="label")
    for hour in range(HOURS):
        yield tag(
            "rect",
            x=_x(hour) + 1,
            y=y + 1,
            width=_x(1) - _x(0) - 2,
            height=ROW - 3,
            klass=f"shift {_state(one, hour)}",
        )


def _x(hour: int) -> float:
    return LABELS + hour * (WIDTH - LABELS) / HOURS


def _state(one: PatrolCover, hour: int) -> str:
    if one.ready[hour]:
        return "ready"
    return "planned" if one.planned[hour] else "idle"


def _hatching() -> str:
    lines = tag("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", klass="idle-line")
    return (
        '<defs><pattern id="idle-hatch" width="6" height="6"'
        f' patternUnits="userSpaceOnUse">{lines}</pattern></defs>'
    )


def _table(cover: Sequence[PatrolCover]) -> Table:
    return Table(
        anchor="patrols-table",
        caption="Share of the day with anybody on patrol",
        columns=(
            Column(title="region"),
            Column(title="planned", numeric=True),
            Column(title="ready", numeric=True),
            Column(title="by"),
            Column(title="nobody planned"),
        ),
        rows=tuple(_line(one) for one in cover),
    )


def _line(one: PatrolCover) -> Line:
    tone: Tone = "warning" if one.gaps else ""
    return Line(
        cells=(
            Cell(text=one.area),
            Cell(text=f"{one.share_planned:.0%}", value=one.share_planned),
            Cell(text=f"{one.share_ready:.0%}", value=one.share_ready),
            Cell(text=plain(listed(one.by)) if one.by else "–"),
            Cell(text=", ".join(one.gaps) or "none", tone=tone),
        )
    )
