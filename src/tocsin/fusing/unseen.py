"""A map of what nobody could see: for each kind of act and each day, each sector.

In: COVERAGE and the sectors' shapes. Out: shares by kind, sector and day, and one small
map for each kind and day, SVG. Black is what nobody could see; hatched is what nobody
states. A sector without a shape is not on the map, and the table still tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from tocsin.evidence import watched

__all__ = ["ANY", "by_kind", "mapped", "shapes_of"]

ANY = "any"
"""Stands for what is watched whatever its kind."""
DAY = timedelta(days=1)
WIDTH, GAP, TOP, LEFT = 150.0, 14.0, 64.0, 16.0
ACROSS = 7
SIMPLE = 0.004  # of the map's width: no finer shape shows at this size


def by_kind(coverage: pa.Table, *, start: datetime, until: datetime) -> pl.DataFrame:
    """Share watched of each sector on each day, for each kind that a watch names.

    A watch that names no kind watches for every kind. Null: nobody states the share.
    """
    rows = pl.DataFrame(pl.from_arrow(coverage))
    kinds = rows["kind"].drop_nulls().unique().sort().to_list()
    sectors = rows["sector"].drop_nulls().unique().sort().to_list()
    general = rows.filter(pl.col("kind").is_null()).to_arrow()
    found = [
        {"kind": kind or ANY, "sector": sector, "day": day, **seen}
        for kind in (None, *kinds)
        for sector in sectors
        for day in _days(start, until)
        for seen in _share(coverage if kind else general, sector, kind, day, until)
    ]
    types: dict[str, Any] = {
        "kind": pl.String, "sector": pl.String, "day": pl.Datetime("us", "UTC"),
        "share": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(found, schema=types)


def _days(start: datetime, until: datetime) -> Iterator[datetime]:
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        yield max(day, start)
        day += DAY


def _share(
    coverage: pa.Table,
    sector: str,
    kind: str | None,
    day: datetime,
    until: datetime,
) -> Iterator[dict[str, float | None]]:
    end = min(day.replace(hour=0, minute=0, second=0) + DAY, until)
    seen = watched(coverage, sector=sector, kind=kind, start=day, end=end)
    stated = seen.hours_stated > 0 or seen.hours_unstated == 0
    yield {"share": seen.share if stated else None}


def shapes_of(areas: Mapping[str, Any]) -> dict[str, BaseGeometry]:
    """The shapes of the sectors, by name."""
    return {
        str(each["properties"].get("name")): shapely.geometry.shape(each["geometry"])
        for each in areas.get("features", ())
        if each.get("geometry") and each["properties"].get("kind") == "sector"
    }


def mapped(
    shares: pl.DataFrame, shapes: Mapping[str, BaseGeometry], *, title: str
) -> str:
    """One small map for each kind and day, under a heading for each kind.

    >>> from datetime import UTC
    >>> one = {
    ...     "kind": "any",
    ...     "sector": "East",
    ...     "share": 0.0,
    ...     "day": datetime(2025, 3, 3, tzinfo=UTC),
    ... }
    >>> picture = mapped(
    ...     pl.DataFrame([one]), {"East": shapely.box(0, 0, 2, 1)}, title="Exercise"
    ... )
    >>> picture.count("<path"), "nobody could see" in picture
    (2, True)
    """
    frame = _Frame(shapes)
    parts, top = [], TOP
    for kind in shares["kind"].unique(maintain_order=True):
        mine = shares.filter(pl.col("kind") == kind)
        heading = "Whatever its kind" if kind == ANY else f"For {kind}"
        parts.append(f'<text x="{LEFT}" y="{top - 10}">{escape(heading)}</text>')
        days = mine["day"].unique(maintain_order=True).sort().to_list()
        for n, day in enumerate(days):
            x = LEFT + (n % ACROSS) * (WIDTH + GAP)
            y = top + (n // ACROSS) * (frame.height + 34)
            there = mine.filter(pl.col("day") == day).to_dicts()
            parts.append(_one(there, shapes, frame, day, (x, y)))
        top += (-(-len(days) // ACROSS)) * (frame.height + 34) + 30
    width = LEFT * 2 + ACROSS * (WIDTH + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {top:.0f}"'
        ' font-family="sans-serif" font-size="11" role="img"'
        f' aria-label="{escape(title)}"><defs><pattern id="unsaid" width="5" height="5"'
        ' patternUnits="userSpaceOnUse"><path d="M0 5L5 0" stroke="#888"/></pattern>'
        f'</defs><rect width="{width:.0f}" height="{top:.0f}" fill="#fff"/>'
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>'
        f"{''.join(parts)}"
        f'<text x="{LEFT}" y="{top - 6:.0f}">Black: nobody could see. White: all of it'
        " was watched. Hatched: nobody says how much.</text></svg>"
    )


class _Frame:
    """Degrees to the small map: north is up, east is wide as at its middle."""

    def __init__(self, shapes: Mapping[str, BaseGeometry]) -> None:
        bounds = shapely.total_bounds(
            list(shapes.values()) or [shapely.box(0, 0, 1, 1)]
        )
        self.west, south, self.east, self.north = bounds.tolist()
        self.narrow = max(float(np.cos(np.radians((south + self.north) / 2))), 0.01)
        self.scale = WIDTH / max((self.east - self.west) * self.narrow, 1e-9)
        self.height = max((self.north - south) * self.scale, 4.0)

    def path(self, geometry: BaseGeometry) -> str:
        """The outlines of a shape."""
        fine = SIMPLE * max(self.east - self.west, 1e-9)
        simple = shapely.simplify(geometry, fine)
        return "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self._on_map(ring)) + "Z"
            for part in shapely.get_parts(simple)
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        )

    def _on_map(self, ring: BaseGeometry) -> Iterator[tuple[float, float]]:
        for lon, lat in shapely.get_coordinates(ring).tolist():
            yield (
                (lon - self.west) * self.narrow * self.scale,
                (self.north - lat) * self.scale,
            )


def _one(
    rows: Sequence[dict[str, Any]],
    shapes: Mapping[str, BaseGeometry],
    frame: _Frame,
    day: datetime,
    at: tuple[float, float],
) -> str:
    drawn = "".join(
        f'<path d="{frame.path(shapes[row["sector"]])}" fill="{_fill(row["share"])}"'
        f' fill-rule="evenodd" stroke="#777" stroke-width="0.5">'
        f"<title>{escape(_said(row))}</title></path>"
        for row in rows
        if row["sector"] in shapes
    )
    x, y = at
    return (
        f'<g transform="translate({x:.1f} {y:.1f})">{drawn}'
        f'<text y="{frame.height + 14:.0f}">{day:%d %b %Y}</text></g>'
    )


def _fill(share: float | None) -> str:
    if share is None:
        return "url(#unsaid)"
    light = round(255 * min(max(share, 0.0), 1.0))
    return f"rgb({light},{light},{light})"


def _said(row: Mapping[str, Any]) -> str:
    if row["share"] is None:
        return f"{row['sector']}: nobody says how much was in view"
    if not row["share"]:
        return f"{row['sector']}: nobody could see"
    return f"{row['sector']}: {row['share']:.0%} watched"
