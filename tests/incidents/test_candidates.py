"""The search against its plain twin: every pair, looked at one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.incidents.candidates import Points, find_pairs, shortest_cut

GATE, THRESHOLD = 16.0, -2.0
METRES = 111_195.08


def points_of(rows):
    """Points: lon, lat, sigma, lopsided, t, t_sigma, log_rate, code, follower, once."""
    columns = list(zip(*rows, strict=True))
    lon, lat, sigma, lopsided, t, t_sigma, log_rate, code, follower, once = columns
    sigma, lopsided = np.array(sigma, float), np.array(lopsided, float)
    lat = np.array(lat, float)
    return Points(
        lon=np.array(lon, float),
        lat=lat,
        cos_lat=np.cos(np.radians(lat)),
        cov=np.stack([sigma**2, 0.5 * lopsided * sigma**2, sigma**2], axis=1),
        t=np.array(t, float),
        var_t=np.array(t_sigma, float) ** 2,
        log_rate=np.array(log_rate, float),
        code=np.array(code, dtype=np.int64),
        follower=np.array(follower, dtype=bool),
        once=np.array(once, dtype=np.int64),
    )


def plain_pairs(points, kinds, gate, threshold):
    """Every pair, one by one, in the words of the formula."""
    found = {}
    for i in range(len(points.lon)):
        for j in range(i + 1, len(points.lon)):
            if points.follower[i] and points.follower[j]:
                continue
            if points.once[i] & points.once[j]:
                continue
            cos = 0.5 * (points.cos_lat[i] + points.cos_lat[j])
            dx = (points.lon[j] - points.lon[i]) * METRES * cos
            dy = (points.lat[j] - points.lat[i]) * METRES
            ee, en, nn = points.cov[i] + points.cov[j]
            v_t = points.var_t[i] + points.var_t[j]
            det = ee * nn - en * en
            d2 = (nn * dx * dx - 2 * en * dx * dy + ee * dy * dy) / det
            d2 += (points.t[j] - points.t[i]) ** 2 / v_t
            llr = (
                kinds[points.code[i], points.code[j]]
                - 0.5 * (d2 + math.log(det * v_t))
                - 1.5 * math.log(2 * math.pi)
                - 0.5 * (points.log_rate[i] + points.log_rate[j])
            )
            if d2 <= gate and llr > threshold:
                found[i, j] = llr
    return found


POINT = st.tuples(
    st.sampled_from([10.0, 10.001, 10.004, 10.02, 10.3]),
    st.floats(-0.02, 0.02),
    st.sampled_from([15.0, 90.0, 400.0, 3000.0]),
    st.sampled_from([-0.9, 0.0, 0.9]),
    st.sampled_from([0.0, 30.0, 600.0, 7200.0]),
    st.sampled_from([5.0, 60.0, 900.0, 20_000.0]),
    st.floats(-30.0, -20.0),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([0, 0, 1, 2]),
)
KINDS = np.array([[0.0, 0.0, 0.0], [0.0, 1.5, -1e18], [0.0, -1e18, 1.0]])


@given(st.lists(POINT, min_size=2, max_size=30))
@settings(max_examples=200)
def test_search_finds_exactly_the_pairs_that_its_plain_twin_finds(rows):
    points = points_of(rows)
    pairs = find_pairs(points, KINDS, gate=GATE, threshold=THRESHOLD)
    both = zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)
    found = dict(zip(both, pairs.llr.tolist(), strict=True))
    assert len(found) == len(pairs.i)
    expected = plain_pairs(points, KINDS, GATE, THRESHOLD)
    assert found.keys() == expected.keys()
    for pair, llr in expected.items():
        assert found[pair] == pytest.approx(llr, abs=1e-9)


@pytest.mark.parametrize("lat", [-70.0, 0.0, 48.0, 75.0])
def test_search_misses_no_pair_far_from_the_equator(lat):
    rng = np.random.default_rng(4)
    n = 150
    rows = [
        (10 + x, lat + y, s, 0.0, t, 60.0, -25.0, 1, False, 0)
        for x, y, s, t in zip(
            rng.normal(0, 0.05, n) / math.cos(math.radians(lat)),
            rng.normal(0, 0.05, n),
            rng.choice([50.0, 500.0, 5000.0], n),
            rng.uniform(0, 600, n),
            strict=True,
        )
    ]
    points = points_of(rows)
    pairs = find_pairs(points, KINDS, gate=GATE, threshold=THRESHOLD)
    found = set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True))
    assert found == plain_pairs(points, KINDS, GATE, THRESHOLD).keys()
    assert len(found) > 500


def test_fewer_than_two_reports_have_no_pair():
    one = points_of([(10, 0, 100, 0, 0, 60, -25, 1, False, 0)])
    assert not find_pairs(one, KINDS, gate=GATE, threshold=THRESHOLD).i.size


@given(st.lists(st.floats(-180, 179.999), min_size=1, max_size=20))
def test_cut_longitudes_are_the_same_places(lon):
    lon = np.array(lon)
    cut = shortest_cut(lon)
    assert np.allclose((cut - lon) % 360 % 360, 0) or np.allclose(
        np.cos(np.radians(cut - lon)), 1
    )
    assert cut.max() - cut.min() <= 360
