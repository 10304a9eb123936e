"""Sectors on the map: parts of a ring around an observer, drawn as what they are.

The observer stands on a grid of about 1 km, as everything that leaves the mission does.
So that what was seen is still inside, the sector is made wider by as much as that may
move it, on every side. There is no mark in it: nothing says where in it anything was.

>>> shape = {"observer_lon": -25.0, "observer_lat": -3.0, "bearing_deg": 0.0,
...          "width_deg": 90.0, "range_min_m": 2000.0, "range_max_m": 4000.0}
>>> west, south, east, north = box(shape)
>>> south > -3.0, round(north, 2)
(True, -2.96)
"""  # fmt: skip

from __future__ import annotations

from collections.abc import Mapping
from math import cos, hypot, radians, sin
from typing import Any, Final

import shapely
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

__all__ = ["box", "ring_of"]

DEGREE_M: Final = 111_320.0
GRID_DEG: Final = 0.01
STEP_DEG: Final = 3.0
FULL_TURN: Final = 360.0
SMALLEST_HOLE_M: Final = 1.0
"""A hole in a ring that is smaller is not drawn."""
MOVED_M: Final = hypot(GRID_DEG / 2, GRID_DEG / 2) * DEGREE_M
"""How far the grid may move the observer."""


def ring_of(shape: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Outline in degrees: one closed line, or two where the ring is whole."""
    parts = shapely.get_parts(_sector(shape).buffer(MOVED_M, quad_segs=4))
    grown = max(parts, key=shapely.area)  # beside it GEOS may leave splinters
    lon, lat = (
        round(shape[f"observer_{axis}"] / GRID_DEG) * GRID_DEG
        for axis in ("lon", "lat")
    )
    squeeze = max(cos(radians(lat)), 0.01)
    return [
        [(lon + x / (DEGREE_M * squeeze), lat + y / DEGREE_M) for x, y in line.coords]
        for line in (grown.exterior, *grown.interiors)
    ]


def box(shape: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """West, south, east and north edge, degrees."""
    points = [point for line in ring_of(shape) for point in line]
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)


def _sector(shape: Mapping[str, Any]) -> BaseGeometry:
    """The part of the ring in metres, its observer at the origin."""
    near, far = shape["range_min_m"] or 0.0, shape["range_max_m"]
    if shape["width_deg"] >= FULL_TURN:
        disc = Point(0.0, 0.0).buffer(far)
        holed = near >= SMALLEST_HOLE_M
        return disc.difference(Point(0.0, 0.0).buffer(near)) if holed else disc
    return Polygon([*_arc(shape, far), *_arc(shape, near)[::-1]])


def _arc(shape: Mapping[str, Any], radius: float) -> list[tuple[float, float]]:
    width = shape["width_deg"]
    steps = max(2, round(width / STEP_DEG))
    first = shape["bearing_deg"] - width / 2
    bearings = [radians(first + width * n / steps) for n in range(steps + 1)]
    return [(radius * sin(bearing), radius * cos(bearing)) for bearing in bearings]
