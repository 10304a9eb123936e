"""Inside a zone or not, and how near, with the uncertainty of the place.

A zone is a strip nearer than a distance to a line, or an area of the map. A place is a
point with a standard error per axis. How likely it lies inside follows from its
distance to the edge, taking the edge as straight over the width of the error (Z1).
Inside is *sure* only where the place has no error at all: the tails of a Gaussian never
end.

>>> round(
...     float(within_strip(np.array([29_000.0]), np.array([1_000.0]), 30_000.0)[0]), 3
... )
0.841
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import shapely
from pyproj import Transformer
from scipy.special import ndtr
from shapely.geometry.base import BaseGeometry

from tocsin.agreement.evaluate.history import Flags, History, Ints, Reals
from tocsin.agreement.evaluate.plan import Pattern
from tocsin.agreement.terms import Agreement
from tocsin.model.grounds import Grounds
from tocsin.model.nearest import Line
from tocsin.model.places import Area, Areas

__all__ = ["Inside", "distance_m", "inside", "placed", "within_strip"]

EARTH_M: Final = 6_371_008.8
"""Mean radius of the Earth, metres (IUGG)."""


class Inside(msgspec.Struct, frozen=True):
    """For each fact: how likely it lies inside (NaN: unknown), and whether surely."""

    p: Reals
    sure: Flags


def placed(
    pattern: Pattern, history: History, agreement: Agreement, areas: Areas
) -> Inside | None:
    """Where a pattern asks for a place on the map: how likely each fact is there.

    None where the pattern asks for no place, or for one that a rule binds. Only facts
    of the pattern's act are looked at; for others the place is unknown.
    """
    asked = history["kind"].code == history["kind"].of(pattern.act)
    if pattern.zone is not None:
        return inside(pattern.zone, history, asked, agreement, areas)
    if pattern.near is None or pattern.near_to in {None, "place", "site"}:
        return None
    near = areas.named(str(pattern.near_to))
    return _strip(near, pattern.near.metres, history, asked)


def inside(
    zone: str, history: History, asked: Flags, agreement: Agreement, areas: Areas
) -> Inside:
    """How likely each fact that is asked for lies in the zone of this name."""
    for drawn in agreement.zones:
        if drawn.name == zone and drawn.near is not None:
            area = areas.named(drawn.near.to)
            return _strip(area, drawn.near.distance.metres, history, asked)
    area = areas.named(zone)
    if area is None or area.kind == "sector" or area.geometry is None:
        return _by_name(zone if area is None else area.name, history)
    return _area(area.geometry, history, asked)


def _by_name(sector: str, history: History) -> Inside:
    """A sector: facts name the one in which they lie; else it is unknown."""
    codes = history["sector"]
    known = codes.code >= 0
    p = np.where(known, (codes.code == codes.of(sector)).astype(np.float64), np.nan)
    return Inside(p, known)


def _strip(area: Area | None, width_m: float, history: History, asked: Flags) -> Inside:
    if area is None or area.geometry is None:
        return _unknown(history)
    rows = np.flatnonzero(asked & ~np.isnan(history.lon))
    p = np.full(len(history), np.nan)
    away, _ = _distances(area.geometry, history, rows)
    p[rows] = within_strip(away, np.nan_to_num(history.sigma_m[rows]), width_m)
    return Inside(p, ~np.isnan(p) & (history.sigma_m == 0.0))


def _area(geometry: BaseGeometry, history: History, asked: Flags) -> Inside:
    rows = np.flatnonzero(asked & ~np.isnan(history.lon))
    p = np.full(len(history), np.nan)
    away, within = _distances(geometry, history, rows)
    sigma = np.nan_to_num(history.sigma_m[rows])
    signed = np.where(within, away, -away)
    with np.errstate(divide="ignore", invalid="ignore"):
        p[rows] = np.where(sigma > 0, ndtr(signed / sigma), signed > 0)
    return Inside(p, ~np.isnan(p) & (history.sigma_m == 0.0))


def within_strip(away: Reals, sigma: Reals, width: float) -> Reals:
    """How likely a point is nearer than ``width`` to a straight line.

    Args:
        away: distance of the best place from the line, metres.
        sigma: standard error per axis, metres; 0: exact.
        width: half of the strip, metres.
    """
    exact = (away < width).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = ndtr((width - away) / sigma) - ndtr((-width - away) / sigma)
    return np.where(sigma > 0, p, exact)


def _unknown(history: History) -> Inside:
    n = len(history)
    return Inside(np.full(n, np.nan), np.zeros(n, dtype=np.bool_))


def _distances(
    geometry: BaseGeometry, history: History, rows: Ints
) -> tuple[Reals, Flags]:
    """Metres to the line or the edge of the area, and whether inside the area."""
    centre = geometry.envelope.centroid
    to_metres = Transformer.from_crs(
        "EPSG:4326",
        f"+proj=aeqd +lat_0={centre.y} +lon_0={centre.x} +datum=WGS84",
        always_xy=True,
    )
    flat = shapely.transform(
        geometry, lambda xy: np.column_stack(to_metres.transform(*xy.T))
    )
    x, y = to_metres.transform(history.lon[rows], history.lat[rows])
    away, _, _ = Line(flat).nearest(x, y)
    within = np.zeros(len(rows), np.bool_)
    if flat.geom_type.endswith("Polygon"):
        within = Grounds([flat]).holders(x, y)[1] > 0
    return away, within


def distance_m(lon: Reals, lat: Reals, lon_2: Reals, lat_2: Reals) -> Reals:
    """Great-circle distance, metres (haversine); NaN where a place is unknown.

    Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2), 1984.
    """
    a, b = np.radians(lat), np.radians(lat_2)
    half = np.radians(np.subtract(lon_2, lon)) / 2
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(half) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))
