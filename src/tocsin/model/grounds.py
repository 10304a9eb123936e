"""Many points against many areas: which area holds each, exactly as shapely says.

In come shapes and columns of coordinates, out comes for each point the first area that
holds it and how many do. A point *on* an edge is held by nobody, as with shapely's
``contains``. Edges lie sorted by strips of their area, so that a point looks at a few
of them only; where floating-point arithmetic cannot tell on which side of an edge a
point lies, shapely's exact predicate decides. Compiled, with shapely as the twin in the
tests.

>>> from shapely import box
>>> grounds = Grounds([box(0, 0, 2, 2), None, box(1, 0, 3, 2)])
>>> first, number = grounds.holders(np.array([0.5, 1.5, 2.5, 9]), np.ones(4))
>>> first.tolist(), number.tolist()
([0, 0, 2, -1], [1, 2, 1, 0])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit
from shapely.geometry.base import BaseGeometry

__all__ = ["Grounds"]

Ints: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]

BELOW: Final = 3.3306690738754716e-16
"""Shewchuk's bound: an orientation greater than this share of its terms is certain.

"Adaptive Precision Floating-Point Arithmetic", Discrete & Computational Geometry 18,
1997, ``ccwerrboundA``.
"""

FILL: Final = 4
"""Strips of an area are so fine that an edge lies in so many of them on average."""

MOST_CELLS_A_SIDE: Final = 256
MOST_LISTED: Final = 64
"""An area stands in so many cells of the grid at most, on average."""

DRAWN: Final = ("Polygon", "MultiPolygon")


class Grounds:
    """Areas made ready for many points.

    Args:
        shapes: polygons in any plane coordinates; None or empty: an area that holds
            nothing. Shapes of other kinds are left to shapely.
    """

    def __init__(self, shapes: Sequence[BaseGeometry | None]) -> None:
        self.shapes = tuple(shapes)
        drawn = [s is not None and s.geom_type in DRAWN for s in self.shapes]
        self._others = [
            n
            for n, (shape, own) in enumerate(zip(self.shapes, drawn, strict=True))
            if shape is not None and not own
        ]
        kept = [s if own else None for s, own in zip(self.shapes, drawn, strict=True)]
        self._edges, self._owner = _edges(kept)
        self._box = _boxes(self._edges, self._owner, len(kept))
        self._strips = _strips(self._edges, self._owner, self._box)
        self._cells = _cells(self._box)

    def __len__(self) -> int:
        return len(self.shapes)

    def holders(self, x: Reals, y: Reals) -> tuple[Ints, Ints]:
        """The first area that holds each point, -1 for none; and how many do."""
        x, y = (np.ascontiguousarray(c, dtype=np.float64).ravel() for c in (x, y))
        if self._others:
            return self._literally(x, y)
        first, number = _search(
            x, y, self._edges, self._box, *self._strips, *self._cells
        )
        unsure = np.flatnonzero(number < 0)
        if len(unsure):
            first[unsure], number[unsure] = self._literally(x[unsure], y[unsure])
        return first, number

    def _literally(self, x: Reals, y: Reals) -> tuple[Ints, Ints]:
        first = np.full(len(x), -1, dtype=np.int64)
        number = np.zeros(len(x), dtype=np.int64)
        for place in range(len(self.shapes) - 1, -1, -1):
            shape = self.shapes[place]
            if shape is not None:
                inside = shapely.contains_xy(shape, x, y)
                first[inside] = place
                number += inside
        return first, number


# --- made ready ----------------------------------------------------------------------


def _edges(shapes: Sequence[BaseGeometry | None]) -> tuple[Reals, Ints]:
    """Every edge of every ring as x, y, x, y; and whose it is. In order of owner."""
    parts, owner = shapely.get_parts(np.array(shapes, object), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    edges = np.concatenate([xy[:-1][joined], xy[1:][joined]], axis=1).reshape(-1, 4)
    return edges, owner[part[ring[:-1][joined]]].astype(np.int64)


def _boxes(edges: Reals, owner: Ints, n: int) -> Reals:
    """West, south, east, north of each area; nothing lies in an empty one."""
    box = np.full((n, 4), np.inf)
    box[:, 2:] = -np.inf
    np.minimum.at(box[:, 0], owner, edges[:, 0])
    np.minimum.at(box[:, 1], owner, edges[:, 1])
    np.maximum.at(box[:, 2], owner, edges[:, 0])
    np.maximum.at(box[:, 3], owner, edges[:, 1])
    return box


def _strips(edges: Reals, owner: Ints, box: Reals) -> tuple[Ints, Reals, Ints, Ints]:
    """Edges by horizontal strips of their area.

    Returns:
        the first strip of each area and strips per unit of height; where each strip
        begins in the list of edges; the list.
    """
    counts = np.bincount(owner, minlength=len(box))
    number = np.maximum(counts // 2, 1)
    while True:
        per = _per_unit(box, number)
        low, high = _touched(edges, owner, box, per, number)
        filled = np.bincount(owner, weights=high - low + 1, minlength=len(box))
        full = (filled > FILL * np.maximum(counts, 1)) & (number > 1)
        if not full.any():
            break
        number = np.where(full, np.maximum(number // 2, 1), number)
    base = np.concatenate([[0], np.cumsum(number)])
    sizes = high - low + 1
    edge = np.repeat(np.arange(len(edges)), sizes)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    strip = base[owner[edge]] + low[edge] + step
    order = np.argsort(strip, kind="stable")
    begin = np.searchsorted(strip[order], np.arange(base[-1] + 1))
    return base, per, begin.astype(np.int64), edge[order]


def _per_unit(box: Reals, number: Ints) -> Reals:
    with np.errstate(divide="ignore", invalid="ignore"):
        per = number / (box[:, 3] - box[:, 1])
    return np.where(np.isfinite(per), per, 0.0)


def _touched(
    edges: Reals, owner: Ints, box: Reals, per: Reals, number: Ints
) -> tuple[Ints, Ints]:
    """The lowest and the highest strip that each edge touches."""
    south, top = box[owner, 1], number[owner] - 1
    low = np.minimum(edges[:, 1], edges[:, 3])
    high = np.maximum(edges[:, 1], edges[:, 3])
    first = ((low - south) * per[owner]).astype(np.int64)
    last = ((high - south) * per[owner]).astype(np.int64)
    return np.minimum(first, top), np.minimum(last, top)


def _cells(box: Reals) -> tuple[Reals, Ints, Ints, Ints]:
    """A grid over everything, with the areas whose box each cell touches.

    Returns:
        west, south, cells per unit of x and of y; columns and rows; where each cell
        begins in the list of areas; the list, in the order of the areas.
    """
    drawn = np.flatnonzero(np.isfinite(box).all(axis=1))
    if not len(drawn):
        return np.zeros(4), np.ones(2, np.int64), np.zeros(2, np.int64), drawn
    west, south = box[drawn, :2].min(axis=0)
    east, north = box[drawn, 2:].max(axis=0)
    extent = np.maximum(np.array([east - west, north - south]), 1e-300)
    side = max(1, min(int((16 * len(drawn)) ** 0.5), MOST_CELLS_A_SIDE))
    while True:
        size = np.array([side, side], dtype=np.int64)
        grid = np.concatenate([[west, south], np.minimum(side / extent, 1e300)])
        low = _cell_of(box[drawn, :2], grid, size)
        wide, tall = (_cell_of(box[drawn, 2:], grid, size) - low + 1).T
        if side == 1 or (wide * tall).sum() <= MOST_LISTED * len(drawn):
            break
        side //= 2  # areas that overlap much: more cells would only repeat them
    own = np.repeat(np.arange(len(drawn)), wide * tall)
    step = np.arange(len(own)) - np.repeat(
        np.cumsum(wide * tall) - wide * tall, wide * tall
    )
    row, column = low[own, 1] + step // wide[own], low[own, 0] + step % wide[own]
    cell = row * side + column
    order = np.argsort(cell, kind="stable")
    begin = np.searchsorted(cell[order], np.arange(side * side + 1))
    return grid, size, begin.astype(np.int64), drawn[own[order]]


def _cell_of(xy: Reals, grid: Reals, size: Ints) -> Ints:
    place = ((xy - grid[:2]) * grid[2:]).astype(np.int64)
    return np.clip(place, 0, size - 1)


# --- the loops, compiled -------------------------------------------------------------


@njit(cache=True, nogil=True)
def _search(  # noqa: PLR0913, PLR0917  # numba takes no structures
    x: Any,
    y: Any,
    edges: Any,
    box: Any,
    base: Any,
    per: Any,
    begin: Any,
    listed: Any,
    grid: Any,
    size: Any,
    cell_begin: Any,
    cell_areas: Any,
) -> Any:
    """First holder and number of holders of each point; number -1: not certain."""
    n = len(x)
    first = np.full(n, -1, np.int64)
    number = np.zeros(n, np.int64)
    if len(cell_areas) == 0:
        return first, number
    for i in range(n):
        column = (x[i] - grid[0]) * grid[2]
        row = (y[i] - grid[1]) * grid[3]
        # the far edges belong to the last cells; NaN fails every comparison
        if not (0.0 <= column <= size[0] and 0.0 <= row <= size[1]):
            continue
        cell = min(int(row), size[1] - 1) * size[0] + min(int(column), size[0] - 1)
        for j in range(cell_begin[cell], cell_begin[cell + 1]):
            k = cell_areas[j]
            if x[i] < box[k, 0] or x[i] > box[k, 2]:
                continue
            if y[i] < box[k, 1] or y[i] > box[k, 3]:
                continue
            strip = base[k] + min(
                int((y[i] - box[k, 1]) * per[k]), base[k + 1] - base[k] - 1
            )
            held = _held(x[i], y[i], edges, listed[begin[strip] : begin[strip + 1]])
            if held < 0:
                number[i] = -1
                break
            if held == 1:
                number[i] += 1
                if first[i] < 0:
                    first[i] = k
    return first, number


@njit(cache=True, nogil=True)
def _held(x: float, y: float, edges: Any, listed: Any) -> int:
    """1 where a ray to the east crosses an odd number of edges, -1 not certain."""
    odd = 0
    for e in listed:
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if (ay > y) == (by > y):
            corner = (ax == x and ay == y) or (bx == x and by == y)
            flat = ay == y and by == y and min(ax, bx) <= x <= max(ax, bx)
            if corner or flat:
                return -1
            continue
        if ax < x and bx < x:
            continue
        if ax > x and bx > x:
            odd = 1 - odd
            continue
        left = (ax - x) * (by - y)
        right = (ay - y) * (bx - x)
        if not abs(left - right) > BELOW * (abs(left) + abs(right)):
            return -1
        # upward edges have the point on their left, downward ones on their right
        if (left > right) == (by > ay):
            odd = 1 - odd
    return odd
