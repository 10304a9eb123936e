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

import math

import msgspec
import numba
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
    place, time = _moments(
        apart.i,
        apart.j,
        apart.dx,
        apart.dy,
        apart.dt,
        apart.rest,
        apart.apart,
        points.cov,
        points.var_t,
        source,
        scales.place**2,
        scales.time**2,
    )
    return Scales(
        place=_moved(scales.place, place, limits[0]),
        time=_moved(scales.time, time, limits[1]),
    )


@numba.njit(cache=True)
def _moments(  # noqa: PLR0913, PLR0917  # numba takes no structures
    i: Ints,
    j: Ints,
    dx: Reals,
    dy: Reals,
    dt: Reals,
    rest: Reals,
    apart: Flags,
    cov: Reals,
    var_t: Reals,
    source: Ints,
    place: Reals,
    time: Reals,
) -> tuple[Reals, Reals]:
    """For each source how far its pairs lie apart, and how far they should.

    Args:
        place, time: squares of the factors so far.

    Returns:
        for place and for time: (2, n_sources), seen and expected, each pair by its
        probability and by the part of its variance that is the source's own.
    """
    of_place, of_time = np.zeros((2, len(place))), np.zeros((2, len(place)))
    for k in range(len(i)):
        one, other = source[i[k]], source[j[k]]
        ee_one, nn_one = cov[i[k], 0] * place[one], cov[i[k], 2] * place[one]
        ee_other, nn_other = cov[j[k], 0] * place[other], cov[j[k], 2] * place[other]
        s_ee, s_nn = ee_one + ee_other, nn_one + nn_other
        s_en = cov[i[k], 1] * place[one] + cov[j[k], 1] * place[other]
        v_one, v_other = var_t[i[k]] * time[one], var_t[j[k]] * time[other]
        v = v_one + v_other
        det = s_ee * s_nn - s_en * s_en
        across = s_nn * dx[k] * dx[k] + s_ee * dy[k] * dy[k]
        d2_place = (across - 2 * s_en * dx[k] * dy[k]) / det
        d2_t = dt[k] * dt[k] / v
        llr = rest[k] - 0.5 * (d2_place + d2_t + math.log(det * v))
        true = 1 / (1 + math.exp(-min(max(llr, -50.0), 50.0)))
        if apart[k]:
            share = true / (s_ee + s_nn)
            from_one = share * (ee_one + nn_one)
            from_other = share * (ee_other + nn_other)
            of_place[0, one] += from_one * d2_place / 2
            of_place[1, one] += from_one
            of_place[0, other] += from_other * d2_place / 2
            of_place[1, other] += from_other
        from_one, from_other = true * v_one / v, true * v_other / v
        of_time[0, one] += from_one * d2_t
        of_time[1, one] += from_one
        of_time[0, other] += from_other * d2_t
        of_time[1, other] += from_other
    return of_place, of_time


def _moved(scale: Reals, moments: Reals, limits: _Limits) -> Reals:
    """The factors, moved by how far the source's pairs lie apart."""
    seen, expected = moments
    prior = limits.prior
    stated = scale**2  # the prior pulls towards a factor of 1
    ratio = (seen + prior / stated) / (expected + prior)
    moved: Reals = np.clip(scale * np.sqrt(ratio), limits.least, limits.most)
    return moved
