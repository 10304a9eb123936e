"""How far a place is from the ground of the other side.

Hostile fire under a ceasefire falls near the line; thunder, blasting and drill fall
anywhere. Distance speaks for whether it happened, the side for who did it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from tocsin.findings.cases import Reals
from tocsin.model.control import Control

__all__ = ["from_the_line"]

METRES_PER_DEGREE = 111_195.08
EVERY_DEG = 0.005  # a border is walked in steps of about half a kilometre


def from_the_line(
    control: Control,
    lon: Reals,
    lat: Reals,
    t: npt.NDArray[np.int64],
    parties: Sequence[str],
) -> Reals:
    """Metres from each place to the ground of the second nearest party.

    That is the other side's ground for a place on a party's own, and the line for a
    place between them. NaN where no layer or no place is known, or one party alone
    holds ground.

    Args:
        control: the layers.
        lon, lat: degrees.
        t: microseconds since 1970 of each place.
        parties: the parties of the agreement.
    """
    away = np.full(len(lon), np.nan)
    starts = [
        layer.valid_from.timestamp() * 1e6 if layer.valid_from else -np.inf
        for layer in control.layers
    ]
    number = np.searchsorted(np.array(starts), t, side="right") - 1
    placed = np.isfinite(lon) & np.isfinite(lat)
    for layer in np.unique(number[(number >= 0) & placed]):
        held = [control.layers[layer].held.get(party) for party in parties]
        drawn = [ground for ground in held if ground is not None]
        at = np.flatnonzero((number == layer) & placed)
        if len(drawn) > 1:
            away[at] = _second(lon[at], lat[at], drawn)
    return away


def _second(lon: Reals, lat: Reals, grounds: Sequence[shapely.Geometry]) -> Reals:
    """Distance to the second nearest; inside a ground it is 0 away."""
    middle = float(np.cos(np.radians(np.median(lat))))
    scale = np.array([METRES_PER_DEGREE * max(middle, 0.01), METRES_PER_DEGREE])
    places = np.column_stack([lon, lat]) * scale
    each = []
    for ground in grounds:
        border = shapely.get_coordinates(shapely.segmentize(ground, EVERY_DEG))
        far, _ = cKDTree(border * scale).query(places)
        shapely.prepare(ground)
        far[shapely.contains_xy(ground, lon, lat)] = 0.0
        each.append(far)
    return np.asarray(np.sort(np.stack(each, axis=1), axis=1)[:, 1])
