"""Whose ground a place is on, with the uncertainty of the place and of the line.

Side of the line is told by control polygons, never by the nearest segment (wrong at
sharp bends). A place is not a point: its share on each side is that of 40 points which
stand for its Gaussian; far from any border a few at its rim settle it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import shapely

from tocsin.findings.cases import Reals
from tocsin.model.control import Control
from tocsin.model.grounds import Grounds

__all__ = ["DIRECTIONS", "around", "by_layer", "shares"]

METRES_PER_DEGREE = 111_195.08
POINTS = 40
RIM, RIM_SIGMAS = 10, 3.2
DIRECTIONS = np.arange(24) * 15.0
"""Directions in which ground is looked for, degrees from north."""
RINGS = (0.15, 0.4, 0.7, 1.0)
"""At which shares of the distance it is looked for."""
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

Held = Sequence[shapely.Geometry | None] | Grounds
"""The ground of each party, in the order of the parties."""


def by_layer(
    control: Control, t: npt.NDArray[np.int64], parties: Sequence[str]
) -> Iterator[tuple[npt.NDArray[np.int64], Held]]:
    """Cases that fall under one layer, with the ground of each party in it.

    Args:
        control: the layers.
        t: microseconds since 1970 of each case.
        parties: the parties of the agreement.
    """
    starts = [
        layer.valid_from.timestamp() * 1e6 if layer.valid_from else -np.inf
        for layer in control.layers
    ]
    number = np.searchsorted(np.array(starts), t, side="right") - 1
    for layer in np.unique(number[number >= 0]):
        held = [control.layers[layer].held.get(party) for party in parties]
        yield np.flatnonzero(number == layer), Grounds(held)


def shares(lon: Reals, lat: Reals, sigma_m: Reals, held: Held) -> Reals:
    """Share of each place on the ground of each party, (n, parties).

    What no party holds, or more than one is said to hold, belongs to nobody.
    """
    rim = _spread(lon, lat, sigma_m, *_circle())
    owner = _holders(*rim, held)
    result = _count(owner, len(held))
    mixed = np.flatnonzero((owner != owner[:, :1]).any(axis=1))
    if mixed.size:
        points = _spread(lon[mixed], lat[mixed], sigma_m[mixed], *_gaussian())
        result[mixed] = _count(_holders(*points, held), len(held))
    return result


def around(lon: Reals, lat: Reals, range_m: Reals, held: Held) -> Reals:
    """How much of each direction is each party's ground, (n, directions, parties)."""
    angle = np.radians(np.repeat(DIRECTIONS, len(RINGS)))
    radius = np.tile(np.array(RINGS), len(DIRECTIONS))
    points = _spread(lon, lat, range_m, radius * np.sin(angle), radius * np.cos(angle))
    owner = _holders(*points, held).reshape(len(lon), len(DIRECTIONS), len(RINGS))
    return np.stack([(owner == k).mean(axis=2) for k in range(len(held))], axis=2)


def _circle() -> tuple[Reals, Reals]:
    angle = 2 * np.pi * np.arange(RIM) / RIM
    east, north = RIM_SIGMAS * np.sin(angle), RIM_SIGMAS * np.cos(angle)
    return np.append(east, 0.0), np.append(north, 0.0)


def _gaussian() -> tuple[Reals, Reals]:
    """Points of equal weight that stand for a Gaussian: Fibonacci's spiral."""
    k = np.arange(POINTS)
    radius = np.sqrt(-2 * np.log(1 - (k + 0.5) / POINTS))
    return radius * np.cos(k * GOLDEN_ANGLE), radius * np.sin(k * GOLDEN_ANGLE)


def _spread(
    lon: Reals, lat: Reals, scale_m: Reals, east: Reals, north: Reals
) -> tuple[Reals, Reals]:
    """Points around each place, (n, points); ``east`` and ``north`` in its scale."""
    metres = METRES_PER_DEGREE * np.maximum(np.cos(np.radians(lat)), 0.01)
    return (
        lon[:, None] + scale_m[:, None] * east / metres[:, None],
        lat[:, None] + scale_m[:, None] * north / METRES_PER_DEGREE,
    )


def _holders(lon: Reals, lat: Reals, held: Held) -> npt.NDArray[np.int64]:
    """Number of the party that holds each point; -1 for nobody or for two."""
    grounds = held if isinstance(held, Grounds) else Grounds(held)
    first, number = grounds.holders(lon, lat)
    return np.where(number == 1, first, -1).reshape(lon.shape)


def _count(owner: npt.NDArray[np.int64], n_parties: int) -> Reals:
    return np.stack([(owner == k).mean(axis=1) for k in range(n_parties)], axis=1)
