"""Whether the sources state their errors rightly: one factor each, from the data.

Take pairs of reports that may be of one event. With the errors as stated, the squared
standardised distance of a true pair is 2 in the mean for the place and 1 for the time.
Where the pairs of a source lie twice as far apart, its errors are understated. Which
pairs are true is not known, so each counts with the probability that it is one
(expectation), and the factors are moved until the means fit (maximisation). A source
moves a pair as far as the pair's variance is its own, and few pairs move nothing:
``prior_pairs`` stand for the statement. Two reports at the very same coordinates share
an entry of a gazetteer, which says nothing of how far off that entry is.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tocsin.incidents.arrays import Flags, Ints, Reals
from tocsin.incidents.candidates import (
    LOG_TWO_PI,
    METRES_PER_DEGREE,
    Pairs,
    Points,
    find_pairs,
)
from tocsin.incidents.params import ScaleParams

__all__ = ["Scales", "estimate_scales", "sample"]

WIDE_GATE = 40.0  # true pairs of a source whose errors are three times as large
WIDE_THRESHOLD = -9.0
BLOCK_S = 21_600.0  # six hours
SAMPLE = 20_000


class Scales(msgspec.Struct, frozen=True, kw_only=True):
    """Factors on the stated standard errors, by number of the source."""

    place: Reals
    time: Reals


class _Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs with what does not change while the factors do.

    ``apart`` is False where both are at the very same coordinates.
    """

    i: Ints
    j: Ints
    dx: Reals
    dy: Reals
    dt: Reals
    rest: Reals
    apart: Flags


class _Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Prior and bounds of each source."""

    prior: Reals
    least: Reals
    most: Reals

    @classmethod
    def of(cls, params: ScaleParams, loose: ScaleParams, free: Flags) -> _Limits:
        return cls(
            prior=np.where(free, loose.prior_pairs, params.prior_pairs),
            least=np.where(free, loose.least, params.least),
            most=np.where(free, loose.most, params.most),
        )


def estimate_scales(
    points: Points,
    source: Ints,
    kind_terms: Reals,
    params: ScaleParams,
    *,
    n_sources: int,
    free: tuple[Flags, Flags] | None = None,
    loose: ScaleParams | None = None,
) -> Scales:
    """The factors of each source; 1 where the data say nothing.

    Args:
        points: reports with their errors as stated; see :func:`sample`.
        source: number of the source of each report.
        kind_terms: see :class:`tocsin.incidents.epoch.Epoch`.
        params: bounds and prior.
        n_sources: how many sources there are.
        free: for place and time, which sources state no errors of their own.
        loose: bounds and prior of those.
    """
    none = np.zeros(n_sources, dtype=bool)
    limits = [
        _Limits.of(params, loose or params, which) for which in free or (none,) * 2
    ]
    scales = Scales(place=np.ones(n_sources), time=np.ones(n_sources))
    pairs = find_pairs(points, kind_terms, gate=WIDE_GATE, threshold=WIDE_THRESHOLD)
    apart = _apart(points, pairs, kind_terms)
    rounds = max(params.rounds, loose.rounds if loose else 0)
    for _ in range(rounds if len(pairs.i) else 0):
        scales = _round(points, source, apart, scales, limits)
    return scales


def sample(t: Reals, *, size: int = SAMPLE) -> Ints:
    """Indices of the reports of some quarters of days, spread over all days."""
    block = np.floor(t / BLOCK_S).astype(np.int64)
    blocks, n = np.unique(block, return_counts=True)
    spread = np.argsort((blocks * 0x9E3779B1) % (1 << 32), kind="stable")
    enough = int(np.searchsorted(np.cumsum(n[spread]), size)) + 1
    return np.flatnonzero(np.isin(block, blocks[spread[:enough]]))


def _apart(points: Points, pairs: Pairs, kind_terms: Reals) -> _Apart:
    i, j = pairs.i, pairs.j
    scale = METRES_PER_DEGREE * (points.cos_lat[i] + points.cos_lat[j]) / 2
    rate = (points.log_rate[i] + points.log_rate[j]) / 2
    kinds = kind_terms[points.code[i], points.code[j]]
    dx = (points.lon[j] - points.lon[i]) * scale
    dy = (points.lat[j] - points.lat[i]) * METRES_PER_DEGREE
    return _Apart(
        i=i,
        j=j,
        dx=dx,
        dy=dy,
        apart=(dx != 0) | (dy != 0),
        dt=points.t[j] - points.t[i],
        rest=kinds - rate - 1.5 * LOG_TWO_PI,
    )


def _round(
    points: Points,
    source: Ints,
    apart: _Apart,
    scales: Scales,
    limits: list[_Limits],
) -> Scales:
    i, j = apart.i, apart.j
    cov = points.cov * (scales.place[source] ** 2)[:, None]
    var_t = points.var_t * scales.time[source] ** 2
    s = cov[i] + cov[j]
    v = var_t[i] + var_t[j]
    det = s[:, 0] * s[:, 2] - s[:, 1] ** 2
    across = s[:, 2] * apart.dx**2 + s[:, 0] * apart.dy**2
    d2_place = (across - 2 * s[:, 1] * apart.dx * apart.dy) / det
    d2_t = apart.dt**2 / v
    llr = apart.rest - 0.5 * (d2_place + d2_t + np.log(det * v))
    true = 1 / (1 + np.exp(-np.clip(llr, -50, 50)))
    ends = (i, j)
    place = [cov[end][:, [0, 2]].sum(axis=1) / s[:, [0, 2]].sum(axis=1) for end in ends]
    time = [var_t[end] / v for end in ends]
    return Scales(
        place=_moved(
            scales.place,
            source,
            ends,
            true * apart.apart,
            place,
            d2_place / 2,
            limits[0],
        ),
        time=_moved(scales.time, source, ends, true, time, d2_t, limits[1]),
    )


def _moved(
    scale: Reals,
    source: Ints,
    ends: tuple[Ints, Ints],
    true: Reals,
    shares: list[Reals],
    misfit: Reals,
    limits: _Limits,
) -> Reals:
    """The factors, moved by how far the source's pairs lie apart."""
    seen, expected = np.zeros_like(scale), np.zeros_like(scale)
    for end, share in zip(ends, shares, strict=True):
        weight = true * share
        seen += np.bincount(source[end], weight * misfit, len(scale))
        expected += np.bincount(source[end], weight, len(scale))
    prior = limits.prior
    stated = scale**2  # the prior pulls towards a factor of 1
    ratio = (seen + prior / stated) / (expected + prior)
    return np.clip(scale * np.sqrt(ratio), limits.least, limits.most)
