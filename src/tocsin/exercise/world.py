"""The ground: a contact line in the open ocean, its sectors, sites and settlements.

The geography of the exercise is one of its constants, like the text of its agreement:
every exercise plays on the same ground, drawn from a fixed seed, and everything that
happens on it comes from the generator that the caller hands over. Vertices are rounded
to 0.0001 degrees (11 m), so that the ground and ``areas.geojson`` are the same.

Inside the room a place is ``x, y`` in kilometres east and north of the middle of the
box. The line is a function ``y(x)``: which side a place is on is exact.

>>> ground = lantern_ground()
>>> round(length_km(ground.x, ground.y))
1200
>>> int(sector_at(ground, 0.0, line_y(ground, 0.0))), int(sector_at(ground, 0.0, 900.0))
(6, -1)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

__all__ = [
    "BOX",
    "Ground",
    "distance_to_line",
    "draw_ground",
    "lantern_ground",
    "length_km",
    "line_y",
    "north_of_line",
    "sector_at",
    "to_degrees",
    "to_km",
]

Reals = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

BOX: Final = (-32.0, -8.0, -18.0, 2.0)
"""West, south, east, north: open ocean, far from any coast."""

_MIDDLE: Final = (-25.0, -3.0)
_KM_PER_DEGREE: Final = 111.195  # mean radius 6,371.0 km
_SQUEEZE: Final = float(np.cos(np.radians(_MIDDLE[1])))

_SEED: Final = 20250303
_VERTICES: Final = 5_000
_LENGTH_KM: Final = 1_200.0
_EXTENT_KM: Final = 1_000.0
_ROUGHNESS: Final = 0.75  # Hurst exponent of the self-affine line
_ARC_KM: Final = 55.0
_DEPTH_KM: Final = (44.0, 60.0)
_SETTLEMENTS: Final = 1_500


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """The geography, in kilometres; arrays are read-only.

    Attributes:
        x: vertices of the line, kilometres east, ascending.  # (5000,)
        y: vertices of the line, kilometres north.  # (5000,)
        normal_deg: bearing from south to north across the line, smoothed.  # (5000,)
        cuts: where one sector ends and the next begins.  # (13,)
        edge_x: nodes of the sectors' outer edges, ascending, each cut twice.
        upper_y: outer edge on the northern side at ``edge_x``.
        lower_y: outer edge on the southern side at ``edge_x``.
        edge_sector: sector to which each node belongs.
        coast: outer coast of the northern and of the southern party, west to east.
        sites: centres of the inspection sites.  # (6, 2)
        ranges: centres of the firing ranges.  # (6, 2)
        areas: centres of the disengagement areas.  # (3, 2)
        settlements: centres of the settlements.  # (1500, 2)
        tree: search tree over the settlements.
        vertices: search tree over the vertices of the line.
    """

    x: Reals
    y: Reals
    normal_deg: Reals
    cuts: Reals
    edge_x: Reals
    upper_y: Reals
    lower_y: Reals
    edge_sector: Wholes
    coast: tuple[Reals, Reals]
    sites: Reals
    ranges: Reals
    areas: Reals
    settlements: Reals
    tree: cKDTree
    vertices: cKDTree


def to_degrees(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Reals, Reals]:
    """Longitude and latitude of kilometres east and north of the middle."""
    lon = _MIDDLE[0] + np.asarray(x, dtype=float) / (_KM_PER_DEGREE * _SQUEEZE)
    return lon, _MIDDLE[1] + np.asarray(y, dtype=float) / _KM_PER_DEGREE


def to_km(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Reals, Reals]:
    """Kilometres east and north of the middle; undoes :func:`to_degrees`."""
    x = (np.asarray(lon, dtype=float) - _MIDDLE[0]) * _KM_PER_DEGREE * _SQUEEZE
    return x, (np.asarray(lat, dtype=float) - _MIDDLE[1]) * _KM_PER_DEGREE


def length_km(x: Reals, y: Reals) -> float:
    """Length of a line through these vertices."""
    return float(np.hypot(np.diff(x), np.diff(y)).sum())


def line_y(ground: Ground, x: npt.ArrayLike) -> Reals:
    """Where the line runs at ``x``; beyond its ends it goes straight on."""
    at = np.asarray(x, dtype=np.float64)
    return np.asarray(np.interp(at, ground.x, ground.y))


def north_of_line(
    ground: Ground, x: npt.ArrayLike, y: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Whether a place is on the northern party's side."""
    return np.asarray(y, dtype=float) > line_y(ground, x)


def distance_to_line(ground: Ground, x: Reals, y: Reals) -> Reals:
    """Kilometres to the nearest vertex of the line (vertices are 0.24 km apart)."""
    nearest, _ = ground.vertices.query(np.column_stack([x, y]))
    return np.asarray(nearest, dtype=float)


def sector_at(ground: Ground, x: npt.ArrayLike, y: npt.ArrayLike) -> Wholes:
    """Index of the sector in which a place lies; -1 outside all of them."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    index = np.clip(np.searchsorted(ground.cuts, x, side="right") - 1, 0, 11)
    nodes = np.searchsorted(ground.edge_x, x, side="right")
    left = np.clip(nodes - 1, 0, len(ground.edge_x) - 2)
    upper, lower = (
        _between(ground, e, left, x) for e in (ground.upper_y, ground.lower_y)
    )
    inside = (x >= ground.cuts[0]) & (x < ground.cuts[-1]) & (lower < y) & (y < upper)
    return np.where(inside, index, -1)


def _between(ground: Ground, edge: Reals, left: Wholes, x: Reals) -> Reals:
    x0, x1 = ground.edge_x[left], ground.edge_x[left + 1]
    share = np.divide(x - x0, x1 - x0, out=np.zeros_like(x), where=x1 > x0)
    return np.asarray(edge[left] * (1 - share) + edge[left + 1] * share)


@lru_cache(maxsize=1)
def lantern_ground() -> Ground:
    """The ground of every exercise, the same on each call."""
    return draw_ground(rng=np.random.Generator(np.random.PCG64(_SEED)))


def draw_ground(*, rng: np.random.Generator) -> Ground:
    """A ground drawn by chance; :func:`lantern_ground` is the one that is used."""
    x, y = _draw_line(rng)
    smooth = _smoothed(y, width=101)
    cuts = _draw_cuts(rng, x)
    edges = _draw_edges(rng, x, smooth, cuts)
    settlements = _draw_settlements(rng, x, smooth, np.asarray(edges[0]))
    parts = Ground(
        x=x,
        y=y,
        normal_deg=_normals(x, smooth),
        cuts=cuts,
        edge_x=edges[0],
        upper_y=edges[1],
        lower_y=edges[2],
        edge_sector=edges[3],
        coast=(_draw_coast(rng, x, smooth, 1), _draw_coast(rng, x, smooth, -1)),
        sites=_draw_places(rng, x, smooth, (0.06, 0.94), (14.0, 24.0), "111000"),
        ranges=_draw_places(rng, x, smooth, (0.12, 0.88), (36.0, 39.0), "101010"),
        areas=_draw_places(rng, x, y, (0.2, 0.8), (0.0, 0.0), "111"),
        settlements=settlements,
        tree=cKDTree(settlements),
        vertices=cKDTree(np.column_stack([x, y])),
    )
    for name in parts.__struct_fields__:
        _freeze(getattr(parts, name))
    return parts


def _draw_line(rng: np.random.Generator) -> tuple[Reals, Reals]:
    """A self-affine line of the wanted length by spectral synthesis."""
    waves = np.arange(1, 4097)
    size = waves ** -(_ROUGHNESS + 0.5)
    spectrum = np.zeros(4097, dtype=complex)
    spectrum[1:] = size * np.exp(2j * np.pi * rng.random(4096))
    rough = np.fft.irfft(spectrum, 8192)[:_VERTICES]
    rough = (rough - np.linspace(rough[0], rough[-1], _VERTICES)) / np.ptp(rough)
    x = np.linspace(-_EXTENT_KM / 2, _EXTENT_KM / 2, _VERTICES)
    arc = _ARC_KM * np.sin(2 * np.pi * x / _EXTENT_KM)
    low, high = 0.0, 1_000.0
    for _ in range(60):
        swing = (low + high) / 2
        short = length_km(x, arc + swing * rough) < _LENGTH_KM
        low, high = (swing, high) if short else (low, swing)
    return _snapped(x, arc + low * rough)


def _snapped(x: Reals, y: Reals) -> tuple[Reals, Reals]:
    lon, lat = to_degrees(x, y)
    return to_km(np.round(lon, 4), np.round(lat, 4))


def _smoothed(y: Reals, *, width: int) -> Reals:
    padded = np.pad(y, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def _normals(x: Reals, smooth: Reals) -> Reals:
    wide = _smoothed(smooth, width=101)
    slope = np.gradient(wide, x)
    return np.asarray(np.degrees(np.arctan2(-slope, 1.0)))


def _draw_cuts(rng: np.random.Generator, x: Reals) -> Reals:
    even = np.linspace(x[0], x[-1], 13)
    even[1:-1] += rng.uniform(-12, 12, 11)
    return _snapped(even, np.zeros(13))[0]


def _draw_edges(
    rng: np.random.Generator, x: Reals, smooth: Reals, cuts: Reals
) -> tuple[Reals, Reals, Reals, Wholes]:
    nodes, upper, lower, owner = [], [], [], []
    for index in range(12):
        inner = np.arange(cuts[index], cuts[index + 1], 6.0)[1:]
        at = np.concatenate(
            [cuts[index : index + 1], inner, cuts[index + 1 : index + 2]]
        )
        middle = np.interp(at, x, smooth)
        nodes.append(at)
        upper.append(middle + rng.uniform(*_DEPTH_KM) + rng.normal(0, 0.8, len(at)))
        lower.append(middle - rng.uniform(*_DEPTH_KM) + rng.normal(0, 0.8, len(at)))
        owner.append(np.full(len(at), index))
    at = np.concatenate(nodes)
    top, bottom = (
        _snapped(at, np.concatenate(upper)),
        _snapped(at, np.concatenate(lower)),
    )
    return top[0], top[1], bottom[1], np.concatenate(owner)


def _draw_coast(rng: np.random.Generator, x: Reals, smooth: Reals, side: int) -> Reals:
    at = np.linspace(x[0], x[-1], 300)
    bow = np.sqrt(np.clip(1 - (2 * at / _EXTENT_KM) ** 2, 0, None))
    rough = _smoothed(np.cumsum(rng.normal(0, 3.0, 300)), width=5)
    rough -= np.linspace(rough[0], rough[-1], 300)
    far = np.maximum(110 + 150 * bow + rough, 95.0)
    east, north = _snapped(at, np.interp(at, x, smooth) + side * far)
    return np.column_stack([east, north])


def _draw_places(
    rng: np.random.Generator,
    x: Reals,
    base: Reals,
    span: tuple[float, float],
    off_km: tuple[float, float],
    north: str,
) -> Reals:
    """Places along the line at a distance from it; ``north`` has a 1 for each side."""
    share = np.linspace(*span, len(north)) + rng.uniform(-0.02, 0.02, len(north))
    at = x[(share * (len(x) - 1)).astype(int)]
    side = np.array([1 if mark == "1" else -1 for mark in north])
    away = side * rng.uniform(*off_km, len(north))
    return np.column_stack(_snapped(at, np.interp(at, x, base) + away))


def _draw_settlements(
    rng: np.random.Generator, x: Reals, smooth: Reals, edge_x: Reals
) -> Reals:
    at = rng.uniform(edge_x[0], edge_x[-1], _SETTLEMENTS)
    away = np.clip(rng.laplace(0, 14.0, _SETTLEMENTS), -70, 70)
    return np.column_stack(_snapped(at, np.interp(at, x, smooth) + away))


def _freeze(value: object) -> None:
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, tuple):
        for part in value:
            _freeze(part)
