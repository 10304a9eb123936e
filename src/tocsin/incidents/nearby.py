"""Which reports may be of one event with a new one: an index that takes and gives up.

Reports lie in blocks of six hours. A question is put to the blocks that its doubt can
reach, each swept once. It answers with at least every pair that
:func:`tocsin.incidents.candidates.find_pairs` would find (by a hair's breadth more),
so that what is not linked here is no candidate there.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from tocsin.incidents.arrays import Ints, Reals
from tocsin.incidents.candidates import LOG_TWO_PI, METRES_PER_DEGREE, Points

__all__ = ["Nearby"]

BLOCK_S = 21_600.0
HAIR = 1e-6
FIELDS = 12
Table = npt.NDArray[np.float64]


class Nearby:
    """The reports that a new one may belong with.

    Args:
        kind_terms: see :class:`tocsin.incidents.epoch.Epoch`.
        gate: chi-square gate.
        threshold: least log-likelihood ratio.
    """

    def __init__(self, kind_terms: Reals, *, gate: float, threshold: float) -> None:
        self._kind_terms = kind_terms
        self._gate, self._threshold = gate + HAIR, threshold - HAIR
        self._blocks: dict[int, _Block] = {}
        self._where: dict[int, tuple[int, int]] = {}

    def put(self, name: int, points: Points, k: int = 0) -> None:
        """Take point k in under this number."""
        at = math.floor(points.t[k] / BLOCK_S)
        block = self._blocks.setdefault(at, _Block())
        self._where[name] = at, block.put(name, _row(points, k))

    def drop(self, name: int) -> None:
        """Give it up; nothing happens where it is not there."""
        if name in self._where:
            at, row = self._where.pop(name)
            self._blocks[at].drop(row)

    def near(self, points: Points, k: int = 0) -> list[int]:
        """Numbers of the reports that may be of one event with point k."""
        row = _row(points, k)
        found: list[int] = []
        for at, block in self._blocks.items():
            reach = math.sqrt(self._gate * (points.var_t[k] + block.widest))
            first = at * BLOCK_S
            if first - reach <= points.t[k] <= first + BLOCK_S + reach:
                n = block.size
                hits = _sweep(
                    block.rows[:n], row, self._kind_terms, self._gate, self._threshold
                )
                found += block.names[:n][hits].tolist()
        return found


class _Block:
    """Rows of one stretch of time; a dropped row holds NaN and is used again."""

    def __init__(self) -> None:
        self.rows: Table = np.empty((64, FIELDS))
        self.names: Ints = np.empty(64, dtype=np.int64)
        self.size, self.widest = 0, 0.0
        self._free: list[int] = []

    def put(self, name: int, row: Reals) -> int:
        if self._free:
            at = self._free.pop()
        else:
            at, self.size = self.size, self.size + 1
        if at == len(self.names):
            self.rows = np.concatenate([self.rows, np.empty_like(self.rows)])
            self.names = np.concatenate([self.names, np.empty_like(self.names)])
        self.rows[at], self.names[at] = row, name
        self.widest = max(self.widest, float(row[7]))
        return at

    def drop(self, at: int) -> None:
        self.rows[at] = np.nan
        self._free.append(at)


def _row(points: Points, k: int) -> Reals:
    cov = points.cov[k]
    return np.array([
        points.lon[k], points.lat[k], points.cos_lat[k], cov[0], cov[1], cov[2],
        points.t[k], points.var_t[k], points.log_rate[k], points.code[k],
        points.follower[k], points.once[k],
    ])  # fmt: skip


@numba.njit(cache=True)
def _sweep(
    rows: Table, one: Reals, kind_terms: Reals, gate: float, threshold: float
) -> Ints:
    """Rows of the block that pass gate and threshold with this one."""
    out = np.empty(len(rows), np.int64)
    n = 0
    for q in range(len(rows)):
        v_t = rows[q, 7] + one[7]
        dt = rows[q, 6] - one[6]
        if not dt * dt <= gate * v_t:  # False for NaN: a dropped row
            continue
        s_nn = rows[q, 5] + one[5]
        dy = (rows[q, 1] - one[1]) * METRES_PER_DEGREE
        if dy * dy > gate * s_nn:
            continue
        s_ee, s_en = rows[q, 3] + one[3], rows[q, 4] + one[4]
        turn = (rows[q, 0] - one[0] + 540.0) % 360.0 - 180.0
        dx = turn * METRES_PER_DEGREE * 0.5 * (rows[q, 2] + one[2])
        det = s_ee * s_nn - s_en * s_en
        across = s_nn * dx * dx - 2 * s_en * dx * dy + s_ee * dy * dy
        d2 = across / det + dt * dt / v_t
        if d2 > gate or (rows[q, 10] > 0 and one[10] > 0):
            continue
        if np.int64(rows[q, 11]) & np.int64(one[11]):
            continue
        llr = (
            kind_terms[np.int64(rows[q, 9]), np.int64(one[9])]
            - 0.5 * (d2 + math.log(det * v_t))
            - 1.5 * LOG_TWO_PI
            - 0.5 * (rows[q, 8] + one[8])
        )
        if llr > threshold:
            out[n] = q
            n += 1
    return out[:n]
