"""Grouping against its plain twin, and the order that makes it know no other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.incidents.candidates import Pairs, Points, find_pairs
from tocsin.incidents.merge import merge, total_order

GATE, THRESHOLD, METRES = 16.0, -2.0, 111_195.08
KINDS = np.zeros((1, 1))


def points_of(rows):
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    lon, lat, sigma, t, t_sigma = columns[:5]
    return Points(
        lon=lon,
        lat=lat,
        cos_lat=np.cos(np.radians(lat)),
        cov=np.stack([sigma**2, np.zeros_like(sigma), 2 * sigma**2], axis=1),
        t=t,
        var_t=t_sigma**2,
        log_rate=np.full(len(lon), -25.0),
        code=np.zeros(len(lon), dtype=np.int64),
        follower=columns[5].astype(bool),
        once=columns[6].astype(np.int64),
    )


class PlainGroup:
    """A group in full: its members, and its mean and covariance as matrices."""

    def __init__(self, points, i, group, role):
        self.once = points.once[i]
        ee, en, nn = points.cov[i]
        self.members = {i}
        self.place = np.array([points.lon[i], points.lat[i]])
        self.cov = np.array([[ee, en], [en, nn]])
        self.t, self.var_t = points.t[i], points.var_t[i]
        self.group, self.role = group, role

    def metres(self, other):
        scale = METRES * math.cos(math.radians((self.place[1] + other.place[1]) / 2))
        return np.array([scale, METRES])

    def apart(self, other):
        d = (other.place - self.place) * self.metres(other)
        s, v = self.cov + other.cov, self.var_t + other.var_t
        d2 = d @ np.linalg.solve(s, d) + (other.t - self.t) ** 2 / v
        return d2, math.log(np.linalg.det(s) * v)

    def fits(self, other):
        if self.once & other.once:
            return False
        same = self.group == other.group or 0 in (self.group, other.group)
        return same and (self.role == other.role or 0 in (self.role, other.role))

    def take(self, other):
        metres = self.metres(other)
        d = (other.place - self.place) * metres
        if not d.any():
            if np.trace(other.cov) < np.trace(self.cov):
                self.cov = other.cov
        else:
            gain = self.cov @ np.linalg.inv(self.cov + other.cov)
            self.place = self.place + gain @ d / metres
            self.cov = self.cov - gain @ self.cov
        share = self.var_t / (self.var_t + other.var_t)
        self.t += share * (other.t - self.t)
        self.var_t -= share * self.var_t
        self.members |= other.members
        self.once |= other.once
        self.group, self.role = max(self.group, other.group), max(self.role, other.role)


def plain_merge(points, group, role, pairs, gate, threshold):
    """Label of each report, in the words of the docstring."""
    rows = sorted(
        zip(pairs.llr.tolist(), pairs.i.tolist(), pairs.j.tolist(), strict=True),
        key=lambda row: (-round(row[0] / 1e-6), row[1], row[2]),
    )
    n = len(points.lon)
    of = {i: PlainGroup(points, i, group[i], role[i]) for i in range(n)}
    for _, i, j in rows:
        if points.follower[i] or points.follower[j] or of[i] is of[j]:
            continue
        a, b = sorted((of[i], of[j]), key=lambda g: min(g.members))
        if not a.fits(b):
            continue
        d2, log_det = a.apart(b)
        whole = -0.5 * (d2 + log_det) - 1.5 * math.log(2 * math.pi)
        rate = points.log_rate[[min(a.members), min(b.members)]].mean()
        if d2 <= gate and whole - rate > threshold:
            a.take(b)
            for member in b.members:
                of[member] = a
    label = [-1 if points.follower[i] else min(of[i].members) for i in range(n)]
    for _, i, j in rows:
        p, q = (j, i) if points.follower[j] else (i, j)
        if points.follower[p] and label[p] < 0:
            alone = PlainGroup(points, p, group[p], role[p])
            if of[q].fits(alone) and of[q].apart(alone)[0] <= gate:
                label[p] = label[q]
                of[q].once |= alone.once
    return label


POINT = st.tuples(
    st.sampled_from([10.0, 10.002, 10.004, 10.01]),
    st.sampled_from([0.0, 0.0, 0.003, -0.006]),
    st.sampled_from([100.0, 400.0, 1500.0]),
    st.sampled_from([0.0, 20.0, 100.0, 600.0]),
    st.sampled_from([10.0, 60.0, 300.0]),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([0, 0, 1, 2]),
    st.integers(0, 2),
    st.integers(0, 2),
)


@given(st.lists(POINT, min_size=2, max_size=25))
@settings(max_examples=200)
def test_groups_are_exactly_those_of_the_plain_twin(rows):
    points = points_of(rows)
    group = np.array([row[7] for row in rows], dtype=np.int64)
    role = np.array([row[8] for row in rows], dtype=np.int64)
    pairs = find_pairs(points, KINDS, gate=GATE, threshold=THRESHOLD)
    found = merge(points, group, role, pairs, gate=GATE, threshold=THRESHOLD)
    expected = plain_merge(points, group, role, pairs, GATE, THRESHOLD)
    assert found.label.tolist() == expected


def test_equal_scores_are_taken_in_the_order_of_their_reports():
    pairs = Pairs(
        i=np.array([2, 0, 1, 0]),
        j=np.array([3, 2, 3, 1]),
        llr=np.array([1.0, 1.0 + 1e-9, 5.0, 1.0]),
    )
    order = total_order(pairs)
    assert [(pairs.i[k], pairs.j[k]) for k in order] == [(1, 3), (0, 1), (0, 2), (2, 3)]


def test_reports_at_one_gazetteer_entry_do_not_sharpen_its_place():
    rows = [(10.0, 0.0, 2000.0, 0.0, 60.0, 0, 0)] * 9
    points = points_of(rows)
    none = np.zeros(9, dtype=np.int64)
    pairs = find_pairs(points, KINDS, gate=GATE, threshold=THRESHOLD)
    found = merge(points, none, none, pairs, gate=GATE, threshold=THRESHOLD)
    assert set(found.label.tolist()) == {0}
    assert found.cov[0, 0] == pytest.approx(2000.0**2)
    assert found.var_t[0] == pytest.approx(60.0**2 / 9)


def test_means_are_weighted_by_precision():
    degree = 300 / METRES
    points = points_of([(10, 0, 100, 0, 60, 0, 0), (10 + degree, 0, 200, 30, 60, 0, 0)])
    none = np.zeros(2, dtype=np.int64)
    pairs = find_pairs(points, KINDS, gate=GATE, threshold=THRESHOLD)
    found = merge(points, none, none, pairs, gate=GATE, threshold=THRESHOLD)
    assert found.label.tolist() == [0, 0]
    assert (found.lon[0] - 10) * METRES == pytest.approx(60.0)  # a fifth of the way
    assert found.t[0] == pytest.approx(15.0)
    assert found.cov[0, 0] == pytest.approx(1 / (1 / 100**2 + 1 / 200**2))
