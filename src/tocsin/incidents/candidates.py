"""Which reports may be of one event, and how much speaks for it.

In: reports as points with covariance and time with variance. Out: every pair whose
log-likelihood ratio

    llr = -1/2 (d2_space + d2_time) - 1/2 log det S - 3/2 log 2 pi - log rate + kinds

exceeds the threshold and whose distance passes the gate, S being the sum of the two
covariances. The reports are sorted into classes of like uncertainty (so that a coarse
one does not make all cells coarse) and, within a class, into cells of the class's reach
and by time. Each pair of classes is met once, on the grid of the coarser: the reports
of one cell and those of the cells around are swept in time together. At constant
density the work grows with the number of reports.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numba
import numpy as np

from tocsin.incidents.arrays import Flags, Ints, Reals

__all__ = ["LOG_TWO_PI", "Pairs", "Points", "find_pairs", "shortest_cut"]

LOG_TWO_PI = math.log(2 * math.pi)
METRES_PER_DEGREE = 111_195.08
SPACE_STEP, TIME_STEP = 4.0, 8.0  # one class holds errors within these factors
MARGIN = 1.05  # a degree of longitude is not equally long in neighbouring rows


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """What the search needs of each report; one entry of each array for each report.

    Attributes:
        lon: degrees, cut where nobody reports (see :func:`shortest_cut`).
        lat: degrees.
        cos_lat: cosine of the latitude.
        cov: (n, 3) covariance of the place, m^2: east-east, east-north, north-north.
        t: seconds.
        var_t: s^2.
        log_rate: logarithm of the local rate, reports per m^2 and s.
        code: kind and role, index into the epoch's kind terms.
        follower: True for warnings and claims: they may join, never found.
        once: bit of a source of which two reports are never one event, else 0.
    """

    lon: Reals
    lat: Reals
    cos_lat: Reals
    cov: Reals
    t: Reals
    var_t: Reals
    log_rate: Reals
    code: Ints
    follower: Flags
    once: Ints


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs i < j with their log-likelihood ratio, in no particular order."""

    i: Ints
    j: Ints
    llr: Reals


def shortest_cut(lon: Reals) -> Reals:
    """Longitudes with the seam of the circle in the widest empty stretch.

    >>> shortest_cut(np.array([179.5, -179.5])).tolist()
    [179.5, 180.5]
    """
    if not lon.size:
        return lon
    taken = np.zeros(360, dtype=bool)
    taken[np.floor(lon + 180).astype(np.int64) % 360] = True
    ends = np.flatnonzero(taken)
    gaps = np.diff(np.append(ends, ends[0] + 360))
    seam = (ends[np.argmax(gaps)] + 1) % 360 - 180
    return seam + (lon - seam) % 360 if seam != -180 else lon  # noqa: PLR2004


def find_pairs(
    points: Points, kind_terms: Reals, *, gate: float, threshold: float
) -> Pairs:
    """All pairs that pass the gate and the threshold."""
    if len(points.lon) < 2:  # noqa: PLR2004
        none = np.empty(0, dtype=np.int64)
        return Pairs(i=none, j=none, llr=np.empty(0))
    classes = _classes(points)
    order, *grid = _grid(points, classes, gate)
    i, j, llr = _search(  # type: ignore[call-arg]  # numba's types know no *grid
        order, points.lon[order], points.lat[order], points.cos_lat[order],
        points.cov[order], points.t[order], points.var_t[order], points.log_rate[order],
        points.code[order], points.follower[order],
        points.once[order], kind_terms, *grid, gate, threshold,
    )  # fmt: skip
    return Pairs(i=i, j=j, llr=llr)


def _classes(points: Points) -> Ints:
    """Number of the class of each report, the finest places first."""
    wide = np.maximum(points.cov[:, 0], points.cov[:, 2])
    space = np.floor(np.log(wide) / (2 * math.log(SPACE_STEP))).astype(np.int64)
    time = np.floor(np.log(points.var_t) / (2 * math.log(TIME_STEP))).astype(np.int64)
    both = (space - space.min()) * 64 + np.clip(time - time.min(), 0, 63)
    return np.unique(both, return_inverse=True)[1].reshape(-1)


def _grid(points: Points, classes: Ints, gate: float) -> tuple[Any, ...]:
    """Reports sorted by class, cell and time; bounds of classes and of cells.

    Returns:
        order: reports in that order; class_cell: first cell of each class (and end);
        cell_start: first report of each cell (and end); cell_row, cell_col: its place;
        size: metres on a side of a class's cells; bounds: (classes, 4) largest
        variance of place and time, least variance of place and time; least_rate.
    """
    n = classes.max() + 1
    wide = np.maximum(points.cov[:, 0], points.cov[:, 2])
    det = points.cov[:, 0] * points.cov[:, 2] - points.cov[:, 1] ** 2
    bounds = np.empty((n, 5))
    for column, (values, pick) in enumerate(
        [
            (wide, np.maximum),
            (points.var_t, np.maximum),
            (np.sqrt(np.maximum(det, 1e-9)), np.minimum),
            (points.var_t, np.minimum),
            (points.log_rate, np.minimum),
        ]
    ):
        bounds[:, column] = -np.inf if pick is np.maximum else np.inf
        pick.at(bounds[:, column], classes, values)
    size = np.sqrt(2 * gate * bounds[:, 0])
    row, col = _cell_of(points.lon, points.lat, size[classes])
    cell = (classes << 48) | ((row + (1 << 23)) << 24) | (col + (1 << 23))
    order = np.lexsort((points.t, cell))
    cells, start = np.unique(cell[order], return_index=True)
    class_cell = np.searchsorted(cells >> 48, np.arange(n + 1))
    first = order[start]
    return (
        order, class_cell, np.append(start, len(order)), row[first], col[first],
        size, bounds,
    )  # fmt: skip


def _cell_of(lon: Reals, lat: Reals, size: Reals) -> tuple[Ints, Ints]:
    row = np.floor(lat * METRES_PER_DEGREE / size)
    middle = np.radians((row + 0.5) * size / METRES_PER_DEGREE)
    metres = METRES_PER_DEGREE * np.maximum(np.cos(middle), 0.01)
    return row.astype(np.int64), np.floor(lon * metres / size).astype(np.int64)


@numba.njit(cache=True)
def _search(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917
    order: Ints,
    lon: Reals,
    lat: Reals,
    cos_lat: Reals,
    cov: Reals,
    t: Reals,
    var_t: Reals,
    log_rate: Reals,
    code: Ints,
    follower: Flags,
    once: Ints,
    kind_terms: Reals,
    class_cell: Ints,
    cell_start: Ints,
    cell_row: Ints,
    cell_col: Ints,
    size: Reals,
    bounds: Reals,
    gate: float,
    threshold: float,
) -> tuple[Ints, Ints, Reals]:
    """The sweep described at the head of this file; all reports come in grid order."""
    n_out = 0
    out_i = np.empty(4 * len(lon) + 1024, np.int64)
    out_j = np.empty(len(out_i), np.int64)
    out_llr = np.empty(len(out_i), np.float64)
    room = np.empty(len(lon), np.float64)
    best_kind = kind_terms.max() - 1.5 * LOG_TWO_PI - threshold
    for fine in range(len(size)):
        for coarse in range(fine, len(size)):
            side = size[coarse]
            reach = math.sqrt(gate * (bounds[fine, 0] + bounds[coarse, 0]))
            reach_t = math.sqrt(gate * (bounds[fine, 1] + bounds[coarse, 1]))
            lo, hi = class_cell[coarse], class_cell[coarse + 1]
            for cell in range(class_cell[fine], class_cell[fine + 1]):
                a, b = cell_start[cell], cell_start[cell + 1]
                south, north, west, east = 90.0, -90.0, 1e9, -1e9
                widest = 0.0
                for p in range(a, b):
                    south, north = min(south, lat[p]), max(north, lat[p])
                    west, east = min(west, lon[p]), max(east, lon[p])
                    # the best that any report of the coarse class can reach with p
                    det_p = max(cov[p, 0] * cov[p, 2] - cov[p, 1] * cov[p, 1], 1e-9)
                    place = math.sqrt(det_p) + bounds[coarse, 2]
                    best = best_kind - 0.5 * (
                        math.log(place * place * (var_t[p] + bounds[coarse, 3]))
                        + log_rate[p]
                        + bounds[coarse, 4]
                    )
                    room[p] = min(gate, 2 * best + 1e-6)
                    widest = max(widest, room[p])
                if widest <= 0:
                    continue
                row_lo = math.floor((south * METRES_PER_DEGREE - reach) / side)
                row_hi = math.floor((north * METRES_PER_DEGREE + reach) / side)
                for row in range(row_lo, row_hi + 1):
                    middle = math.radians((row + 0.5) * side / METRES_PER_DEGREE)
                    metres = METRES_PER_DEGREE * max(math.cos(middle), 0.01)
                    col_lo = math.floor((west * metres - MARGIN * reach) / side)
                    col_hi = math.floor((east * metres + MARGIN * reach) / side)
                    # first cell of the class at or after (row, col_lo)
                    left, right = lo, hi
                    while left < right:
                        mid = (left + right) // 2
                        if cell_row[mid] < row or (
                            cell_row[mid] == row and cell_col[mid] < col_lo
                        ):
                            left = mid + 1
                        else:
                            right = mid
                    while (
                        left < hi and cell_row[left] == row and cell_col[left] <= col_hi
                    ):
                        first, end = cell_start[left], cell_start[left + 1]
                        left += 1
                        for p in range(a, b):
                            while first < end and t[first] < t[p] - reach_t:
                                first += 1
                            if room[p] <= 0:
                                continue
                            for q in range(first, end):
                                dt = t[q] - t[p]
                                if dt > reach_t:
                                    break
                                if fine == coarse and q <= p:
                                    continue
                                if once[p] & once[q]:
                                    continue
                                v_t = var_t[p] + var_t[q]
                                if dt * dt > room[p] * v_t:
                                    continue
                                dy = (lat[q] - lat[p]) * METRES_PER_DEGREE
                                s_nn = cov[p, 2] + cov[q, 2]
                                if dy * dy > room[p] * s_nn:
                                    continue
                                dx = (
                                    (lon[q] - lon[p])
                                    * METRES_PER_DEGREE
                                    * (0.5 * (cos_lat[p] + cos_lat[q]))
                                )
                                s_ee = cov[p, 0] + cov[q, 0]
                                if dx * dx > room[p] * s_ee:
                                    continue
                                s_en = cov[p, 1] + cov[q, 1]
                                det = s_ee * s_nn - s_en * s_en
                                d2 = (
                                    s_nn * dx * dx - 2 * s_en * dx * dy + s_ee * dy * dy
                                ) / det + dt * dt / v_t
                                if d2 > gate or (follower[p] and follower[q]):
                                    continue
                                llr = (
                                    kind_terms[code[p], code[q]]
                                    - 0.5 * (d2 + math.log(det * v_t))
                                    - 1.5 * LOG_TWO_PI
                                    - 0.5 * (log_rate[p] + log_rate[q])
                                )
                                if llr <= threshold:
                                    continue
                                if n_out == len(out_i):
                                    out_i = np.concatenate(
                                        (out_i, np.empty_like(out_i))
                                    )
                                    out_j = np.concatenate(
                                        (out_j, np.empty_like(out_j))
                                    )
                                    out_llr = np.concatenate(
                                        (out_llr, np.empty_like(out_llr))
                                    )
                                out_i[n_out] = min(order[p], order[q])
                                out_j[n_out] = max(order[p], order[q])
                                out_llr[n_out] = llr
                                n_out += 1
    return out_i[:n_out], out_j[:n_out], out_llr[:n_out]
