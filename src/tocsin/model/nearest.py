"""The nearest point of a line, for many points: a tree of boxes over its segments.

In come a line (or the rim of an area) and columns of plane coordinates, out come the
distance and the nearest point. Neighbouring segments share a box, boxes pairwise share
a greater one; a box farther away than what is already found is not opened. Compiled,
with shapely as the twin in the tests. To which *side* of a line a point lies is not
answered here: at a sharp bend the nearest segment tells it wrongly. Ask the areas.

>>> from shapely import LineString
>>> line = Line(LineString([(0, 0), (4, 0), (4, 3)]))
>>> away, x, y = line.nearest(np.array([1.0, 6.0]), np.array([2.0, 2.0]))
>>> away.tolist(), x.tolist(), y.tolist()
([2.0, 2.0], [1.0, 4.0], [0.0, 2.0])
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit
from shapely.geometry.base import BaseGeometry

__all__ = ["Line"]

Ints: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]

LEAF: Final = 4
"""Segments in the smallest box."""


class Line:
    """A line made ready for many points.

    Args:
        shape: lines, points or, for their rims, polygons; in plane coordinates.
    """

    def __init__(self, shape: BaseGeometry) -> None:
        rim = shape.boundary if shape.geom_type.endswith("Polygon") else shape
        self.segments = _segments(rim)
        self._boxes = _boxes(self.segments)

    def nearest(self, x: Reals, y: Reals) -> tuple[Reals, Reals, Reals]:
        """Distance, x and y of the nearest point; NaN for an unknown place."""
        x, y = (np.ascontiguousarray(c, dtype=np.float64).ravel() for c in (x, y))
        found: tuple[Reals, Reals, Reals] = _search(x, y, self.segments, self._boxes)
        return found


def _segments(rim: BaseGeometry) -> Reals:
    """The straight pieces of each part; a lone point is one that ends at its start."""
    parts = shapely.get_parts(rim)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    ends = np.concatenate([xy[:-1][joined], xy[1:][joined]], axis=1)
    lone = np.bincount(part, minlength=len(parts))[part] == 1
    points = np.tile(xy[lone], 2)
    return np.concatenate([ends.reshape(-1, 4), points.reshape(-1, 4)])


def _boxes(segments: Reals) -> Reals:
    """West, south, east, north of each box; those of box ``n`` are 2n + 1, 2n + 2."""
    leaves = max(1, -(-len(segments) // LEAF))
    width = 1 << (leaves - 1).bit_length()
    tree = np.full((2 * width - 1, 4), np.inf)
    tree[:, 2:] = -np.inf
    leaf = width - 1 + np.arange(len(segments)) // LEAF
    np.minimum.at(tree[:, 0], leaf, np.minimum(segments[:, 0], segments[:, 2]))
    np.minimum.at(tree[:, 1], leaf, np.minimum(segments[:, 1], segments[:, 3]))
    np.maximum.at(tree[:, 2], leaf, np.maximum(segments[:, 0], segments[:, 2]))
    np.maximum.at(tree[:, 3], leaf, np.maximum(segments[:, 1], segments[:, 3]))
    while width > 1:
        width //= 2
        below = tree[2 * width - 1 : 4 * width - 1]
        above = tree[width - 1 : 2 * width - 1]
        above[:, :2] = np.minimum(below[0::2, :2], below[1::2, :2])
        above[:, 2:] = np.maximum(below[0::2, 2:], below[1::2, 2:])
    return tree


@njit(cache=True, nogil=True)
def _search(x: Any, y: Any, segments: Any, boxes: Any) -> Any:
    n, inner = len(x), len(boxes) // 2
    away, at_x, at_y = np.empty(n), np.empty(n), np.empty(n)
    box, far = np.empty(64, np.int64), np.empty(64)
    for i in range(n):
        best, bx, by = np.inf, np.nan, np.nan
        if np.isnan(x[i]) or np.isnan(y[i]):
            best = np.nan
        box[0], far[0] = 0, 0.0
        depth = 1
        while depth > 0:
            depth -= 1
            if not far[depth] < best:
                continue
            node = box[depth]
            if node >= inner:
                first = (node - inner) * LEAF
                for s in range(first, min(first + LEAF, len(segments))):
                    d, px, py = _foot(x[i], y[i], segments[s])
                    if d < best:
                        best, bx, by = d, px, py
                continue
            left, right = 2 * node + 1, 2 * node + 2
            to_left = _outside(x[i], y[i], boxes[left])
            to_right = _outside(x[i], y[i], boxes[right])
            if to_left <= to_right:  # the nearer box is opened first
                box[depth], far[depth] = right, to_right
                box[depth + 1], far[depth + 1] = left, to_left
            else:
                box[depth], far[depth] = left, to_left
                box[depth + 1], far[depth + 1] = right, to_right
            depth += 2
        away[i], at_x[i], at_y[i] = np.sqrt(best), bx, by
    return away, at_x, at_y


@njit(cache=True, nogil=True)
def _outside(x: float, y: float, box: Any) -> float:
    """Square of the distance from a box, 0 within; infinite for an empty one."""
    east = max(box[0] - x, 0.0, x - box[2])
    north = max(box[1] - y, 0.0, y - box[3])
    squared: float = east * east + north * north
    return squared


@njit(cache=True, nogil=True)
def _foot(x: float, y: float, segment: Any) -> Any:
    """Square of the distance from a segment, and its nearest point."""
    ax, ay = segment[0], segment[1]
    dx, dy = segment[2] - ax, segment[3] - ay
    length = dx * dx + dy * dy
    share = 0.0
    if length > 0.0:
        share = min(max(((x - ax) * dx + (y - ay) * dy) / length, 0.0), 1.0)
    px, py = ax + share * dx, ay + share * dy
    if share == 1.0:  # exactly the end, not its rounding
        px, py = segment[2], segment[3]
    return (x - px) ** 2 + (y - py) ** 2, px, py
