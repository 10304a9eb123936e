"""Drawings of the coordination page: regions, the line of days, money against needs.

Nothing is finer than a region. A region is filled by how much of what is needed there
is still missing; the pattern says the same without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from tocsin.coordination import Overview, Row
from tocsin.coordination.money import Gap
from tocsin.coordination.timeline import Entry
from tocsin.model import Area, Areas
from tocsin.report.document import Figure, LegendItem
from tocsin.report.figures.svg import drawing, path_of, tag, told

__all__ = ["gap_chart", "region_map", "timeline_figure"]

WIDTH: Final = 720.0
LEAST: Final = 220.0
MOST: Final = 560.0
HALF: Final = 5.2  # half the width of a letter of a name
HEAD: Final = 26.0  # room for names above and below
ROW: Final = 30.0
LABELS: Final = 150.0
FULL: Final = 1.0
SHORT_OF: Final = 0.5
SINGLE_LINE: Final = 62


def region_map(areas: Areas, rows: Sequence[Row]) -> Figure | None:
    """Each region of the agreement's map, filled by what is missing; None: no map."""
    names = dict.fromkeys(row.area for row in rows)
    known = [(name, areas.named(name)) for name in names]
    shapes = [
        (name, area)
        for name, area in known
        if area is not None and area.geometry is not None
    ]
    if not shapes:
        return None
    bounds = [_bounds(area) for _, area in shapes]
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    scale = min(WIDTH / (east - west), MOST / (north - south))
    height = max(LEAST, (north - south) * scale) + 2 * HEAD

    def xy(point: tuple[float, ...]) -> tuple[float, float]:
        return (point[0] - west) * scale, (north - point[1]) * scale + HEAD

    parts, words = [_hatching()], []
    for at, (name, area) in enumerate(shapes):
        share = _covered([row for row in rows if row.area == name])
        said = _share_words(share)
        rings = [[xy(point) for point in ring] for ring in _rings(area)]
        outline = path_of(rings, close=True)
        parts.append(
            told(tag("path", d=outline, klass=f"region-fill {_klass(share)}"), said)
        )
        left, low, right, high = _bounds(area)
        x, above = (xy((left, low))[0] + xy((right, low))[0]) / 2, at % 2 == 0
        y = xy((left, high))[1] - 2 if above else xy((left, low))[1] + 2
        parts.append(
            tag(
                "text",
                name,
                x=min(max(x, HALF * len(name)), WIDTH - HALF * len(name)),
                y=y - 4 if above else y + 12,
                klass="place",
                text_anchor="middle",
            )
        )
        words.append(f"{name}: {said}")
    publishers = sorted({area.publisher for _, area in shapes})
    return Figure(
        anchor="figure-regions",
        title="What is covered by commitments, by region",
        description="; ".join(words) + ".",
        svg=drawing(
            parts,
            width=WIDTH,
            height=height,
            klass="map regions",
            label="Regions by how much of their needs is committed",
        ),
        legend=(
            LegendItem(mark="bar-done", text="all that is needed is committed"),
            LegendItem(mark="bar-half", text="half or more"),
            LegendItem(mark="bar-gap", text="less than half"),
            LegendItem(mark="unstated", text="no number is stated"),
        ),
        credit=f"Regions drawn by {', '.join(publishers)}.",
        scrolls=True,
    )


def _bounds(area: Area) -> tuple[float, float, float, float]:
    assert area.geometry is not None
    west, south, east, north = area.geometry.bounds
    return west, south, east, north


def _rings(area: Area) -> list[list[tuple[float, ...]]]:
    assert area.geometry is not None
    parts = getattr(area.geometry, "geoms", [area.geometry])
    return [list(part.exterior.coords) for part in parts]


def _covered(rows: Iterable[Row]) -> float | None:
    """Share of the needed units that is committed here; None: nobody states a need."""
    stated = [(row.need, row.committed.here) for row in rows if row.need]
    if not stated:
        return None
    needed = sum(need for need, _ in stated)
    return sum(min(need, have) for need, have in stated) / needed


def _klass(share: float | None) -> str:
    if share is None:
        return "unstated"
    if share >= FULL:
        return "full"
    return "half" if share >= SHORT_OF else "gap"


def _share_words(share: float | None) -> str:
    return "no number is stated" if share is None else f"{share:.0%} committed here"


def _hatching() -> str:
    lines = tag("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", klass="hatch-line")
    return (
        '<defs><pattern id="gap-hatch" width="6" height="6"'
        f' patternUnits="userSpaceOnUse">{lines}</pattern></defs>'
    )


def timeline_figure(view: Overview) -> Figure | None:
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


def gap_chart(gaps: Sequence[Gap]) -> Figure | None:
    """Per sector: needed, pledged, committed, allocated, paid; None: no number."""
    shown = [gap for gap in gaps if gap.need or any(gap.stages.values())]
    if not shown:
        return None
    most = max(max([gap.need or Decimal(), *gap.stages.values()]) for gap in shown)
    currency = shown[0].currency
    bar, inner = 11.0, WIDTH - LABELS - 130
    parts, top = [], 4.0
    for gap in shown:
        parts.append(tag("text", gap.sector, x=0, y=top + bar, klass="label"))
        for name, amount, klass in _money_lines(gap):
            wide = float((amount or Decimal()) / most) * inner
            parts.append(
                tag(
                    "rect",
                    x=LABELS,
                    y=top,
                    width=wide,
                    height=bar,
                    klass=f"money {klass}",
                )
            )
            said = name if amount is None else f"{amount:,f} {name}"
            parts.append(
                tag("text", said, x=LABELS + wide + 6, y=top + bar - 1, klass="tick")
            )
            top += bar + 4
        top += 12
    words = "; ".join(
        f"{g.sector}: needed {g.need if g.need is not None else 'not stated'},"
        f" committed {g.stages['committed']}, paid {g.stages['paid']}"
        + (f", and {g.unconverted} funds in other currencies" if g.unconverted else "")
        for g in shown
    )
    return Figure(
        anchor="figure-money",
        title=f"Needs and money by sector, {currency}",
        description=f"{words}. Stages are shown side by side and are never added.",
        svg=drawing(
            parts,
            width=WIDTH,
            height=top,
            klass="moneys",
            label="Needs and money by sector",
        ),
        scrolls=True,
    )


def _money_lines(gap: Gap) -> list[tuple[str, Decimal | None, str]]:
    """What there is of a sector; a stage without money in this currency has no bar."""
    need = ("needed", gap.need, "need")
    lines = [need if gap.need is not None else ("need not stated", None, "need")]
    lines += [(name, amount, name) for name, amount in gap.stages.items() if amount]
    if gap.unconverted:
        lines.append((f"and {gap.unconverted} in other currencies", None, "other"))
    return lines
