"""A map of the regions, each filled by how much of its needs is committed there.

Nothing is finer than a region. The pattern says the same without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tocsin.coordination import Row
from tocsin.model import Area, Areas
from tocsin.report.document import Figure, LegendItem
from tocsin.report.figures.svg import drawing, path_of, tag, told

__all__ = ["region_map"]

WIDTH: Final = 720.0


LEAST: Final = 220.0


MOST: Final = 560.0


HALF: Final = 5.2  # half the width of a letter of a name


HEAD: Final = 26.0  # room for names above and below


FULL: Final = 1.0


SHORT_OF: Final = 0.5


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
