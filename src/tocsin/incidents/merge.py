"""From pairs to groups: the strongest pair first, each merger under a gate.

All pairs are taken in one total order, by score and then by the two reports, so the
answer knows no order of arrival. A pair merges the groups of its two reports only if

- their kinds and roles agree (a restriction never meets fire, nor a gun a crater),
- they hold no two rows of a source that tells its own events apart,
- the two *groups* lie close by their own uncertainty: the Mahalanobis distance of their
  means, under the sum of their covariances, passes the gate (without this, chains of
  near neighbours grow along a busy line),
- and the two groups as wholes are likelier one event than two.

A follower (a warning, a claim) then joins the group of its strongest pair that passes
the same gate; it neither founds a group nor moves one.
"""

from __future__ import annotations

import math

import msgspec
import numba
import numpy as np

from tocsin.incidents.arrays import Flags, Ints, Reals
from tocsin.incidents.candidates import LOG_TWO_PI, METRES_PER_DEGREE, Pairs, Points

__all__ = ["Groups", "merge", "total_order"]

SCORE_STEP = 1e-6  # scores are compared in steps of this, so that equal means equal


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """For each report its group, and for each group its place and time.

    Attributes:
        label: index of the group's first report; followers that join none have -1.
        tie: strongest pair with another report of the group; NaN where alone.
        lon, lat, cov, t, var_t: of the group, at the index of its first report.
        misfit: sum of squared standardised distances of the members, same index.
    """

    label: Ints
    tie: Reals
    lon: Reals
    lat: Reals
    cov: Reals
    t: Reals
    var_t: Reals
    misfit: Reals


def total_order(pairs: Pairs) -> Ints:
    """Order of the pairs: strongest first, equal ones by their reports."""
    score = -np.round(pairs.llr / SCORE_STEP).astype(np.int64)
    order = np.argsort(score)
    sorted_score = score[order]
    tied = np.zeros(len(order), dtype=bool)
    tied[1:] = sorted_score[1:] == sorted_score[:-1]
    tied[:-1] |= tied[1:].copy()
    at = np.flatnonzero(tied)
    some = order[at]
    order[at] = some[np.lexsort((pairs.j[some], pairs.i[some], score[some]))]
    return order


def merge(
    points: Points,
    group: Ints,
    role: Ints,
    pairs: Pairs,
    *,
    gate: float,
    threshold: float,
) -> Groups:
    """Groups of reports that are one event.

    Args:
        points: the reports.
        group: group of kinds of each report, 0 for unknown.
        role: role of each report, 0 for unknown.
        pairs: see :func:`tocsin.incidents.candidates.find_pairs`.
        gate: chi-square gate.
        threshold: least log-likelihood ratio.
    """
    order = total_order(pairs)
    label, tie, lon, lat, cov, t, var_t, misfit = _merge(
        points.lon, points.lat, points.cov, points.t, points.var_t, points.log_rate,
        points.follower, points.once, group, role,
        pairs.i[order], pairs.j[order], pairs.llr[order],
        gate, threshold,
    )  # fmt: skip
    return Groups(
        label=label, tie=tie, lon=lon, lat=lat, cov=cov, t=t, var_t=var_t, misfit=misfit
    )


@numba.njit(cache=True)
def _find(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True)
def _apart(
    lon: Reals, lat: Reals, cov: Reals, t: Reals, var_t: Reals, a: int, b: int
) -> tuple[float, float]:
    """Squared Mahalanobis distance of two groups and log det of their covariance."""
    scale = math.cos(math.radians(0.5 * (lat[a] + lat[b])))
    dx = (lon[b] - lon[a]) * METRES_PER_DEGREE * scale
    dy = (lat[b] - lat[a]) * METRES_PER_DEGREE
    s_ee = cov[a, 0] + cov[b, 0]
    s_en = cov[a, 1] + cov[b, 1]
    s_nn = cov[a, 2] + cov[b, 2]
    v_t = var_t[a] + var_t[b]
    det = s_ee * s_nn - s_en * s_en
    dt = t[b] - t[a]
    d2 = (s_nn * dx * dx - 2 * s_en * dx * dy + s_ee * dy * dy) / det + dt * dt / v_t
    return d2, math.log(det * v_t)


@numba.njit(cache=True)
def _join(
    lon: Reals, lat: Reals, cov: Reals, t: Reals, var_t: Reals, a: int, b: int
) -> None:
    """Put b into a: the mean weighted by precision (Kalman update of a by b)."""
    scale = METRES_PER_DEGREE * math.cos(math.radians(0.5 * (lat[a] + lat[b])))
    dx = (lon[b] - lon[a]) * scale
    dy = (lat[b] - lat[a]) * METRES_PER_DEGREE
    s_ee = cov[a, 0] + cov[b, 0]
    s_en = cov[a, 1] + cov[b, 1]
    s_nn = cov[a, 2] + cov[b, 2]
    det = s_ee * s_nn - s_en * s_en
    gain = var_t[a] / (var_t[a] + var_t[b])
    t[a] += gain * (t[b] - t[a])
    var_t[a] -= gain * var_t[a]
    if dx == 0 and dy == 0:
        # one entry of a gazetteer, however many reports name it: keep the surer
        if cov[b, 0] + cov[b, 2] < cov[a, 0] + cov[a, 2]:
            cov[a, 0], cov[a, 1], cov[a, 2] = cov[b, 0], cov[b, 1], cov[b, 2]
        return
    # gain K = cov_a S^-1
    k_ee = (cov[a, 0] * s_nn - cov[a, 1] * s_en) / det
    k_en = (cov[a, 1] * s_ee - cov[a, 0] * s_en) / det
    k_ne = (cov[a, 1] * s_nn - cov[a, 2] * s_en) / det
    k_nn = (cov[a, 2] * s_ee - cov[a, 1] * s_en) / det
    lon[a] += (k_ee * dx + k_en * dy) / scale
    lat[a] += (k_ne * dx + k_nn * dy) / METRES_PER_DEGREE
    c_ee = cov[a, 0] - (k_ee * cov[a, 0] + k_en * cov[a, 1])
    c_en = cov[a, 1] - (k_ee * cov[a, 1] + k_en * cov[a, 2])
    c_nn = cov[a, 2] - (k_ne * cov[a, 1] + k_nn * cov[a, 2])
    cov[a, 0], cov[a, 1], cov[a, 2] = c_ee, c_en, c_nn


@numba.njit(cache=True)
def _merge(  # noqa: C901, PLR0912, PLR0913, PLR0917
    lon0: Reals,
    lat0: Reals,
    cov0: Reals,
    t0: Reals,
    var_t0: Reals,
    log_rate0: Reals,
    follower: Flags,
    once0: Ints,
    group0: Ints,
    role0: Ints,
    i: Ints,
    j: Ints,
    llr: Reals,
    gate: float,
    threshold: float,
) -> tuple[Ints, Reals, Reals, Reals, Reals, Reals, Reals, Reals]:
    """The pass described at the head of this file; see there."""
    n = len(lon0)
    parent = np.arange(n)
    lon, lat, cov, t, var_t = (
        lon0.copy(), lat0.copy(), cov0.copy(), t0.copy(), var_t0.copy(),
    )  # fmt: skip
    log_rate, group, role = log_rate0.copy(), group0.copy(), role0.copy()
    once = once0.copy()
    misfit = np.zeros(n)
    for k in range(len(i)):
        if follower[i[k]] or follower[j[k]]:
            continue
        a, b = _find(parent, i[k]), _find(parent, j[k])
        if a == b or once[a] & once[b]:
            continue
        if group[a] != group[b] and group[a] != 0 and group[b] != 0:
            continue
        if role[a] != role[b] and role[a] != 0 and role[b] != 0:
            continue
        d2, log_det = _apart(lon, lat, cov, t, var_t, a, b)
        if d2 > gate:
            continue
        whole = -0.5 * (d2 + log_det) - 1.5 * LOG_TWO_PI
        if whole - 0.5 * (log_rate[a] + log_rate[b]) <= threshold:
            continue
        a, b = min(a, b), max(a, b)
        _join(lon, lat, cov, t, var_t, a, b)
        parent[b] = a
        misfit[a] += misfit[b] + d2
        once[a] |= once[b]
        group[a], role[a] = max(group[a], group[b]), max(role[a], role[b])
    label = np.empty(n, np.int64)
    for m in range(n):
        label[m] = -1 if follower[m] else _find(parent, m)
    tie = np.full(n, np.nan)
    for k in range(len(i)):
        p, q = i[k], j[k]
        if follower[p] or follower[q]:
            if follower[q]:
                p, q = q, p
            if label[p] >= 0:
                continue
            a = label[q]
            if once[a] & once0[p]:
                continue
            if group[a] != group[p] and group[a] != 0 and group[p] != 0:
                continue
            if role[a] != role[p] and role[a] != 0 and role[p] != 0:
                continue
            d2 = _follows(lon, lat, cov, t, var_t, lon0, lat0, cov0, t0, var_t0, a, p)
            if d2 <= gate:
                label[p], tie[p] = a, llr[k]
                once[a] |= once0[p]
        elif label[p] == label[q]:
            if math.isnan(tie[p]):
                tie[p] = llr[k]
            if math.isnan(tie[q]):
                tie[q] = llr[k]
    return label, tie, lon, lat, cov, t, var_t, misfit


@numba.njit(cache=True)
def _follows(  # noqa: PLR0913, PLR0917
    lon: Reals,
    lat: Reals,
    cov: Reals,
    t: Reals,
    var_t: Reals,
    lon0: Reals,
    lat0: Reals,
    cov0: Reals,
    t0: Reals,
    var_t0: Reals,
    a: int,
    p: int,
) -> float:
    """Squared Mahalanobis distance of a follower from a group."""
    scale = math.cos(math.radians(0.5 * (lat[a] + lat0[p])))
    dx = (lon0[p] - lon[a]) * METRES_PER_DEGREE * scale
    dy = (lat0[p] - lat[a]) * METRES_PER_DEGREE
    s_ee = cov[a, 0] + cov0[p, 0]
    s_en = cov[a, 1] + cov0[p, 1]
    s_nn = cov[a, 2] + cov0[p, 2]
    dt = t0[p] - t[a]
    d2 = (s_nn * dx * dx - 2 * s_en * dx * dy + s_ee * dy * dy) / (
        s_ee * s_nn - s_en * s_en
    )
    return float(d2 + dt * dt / (var_t[a] + var_t0[p]))
