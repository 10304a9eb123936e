"""What the sources misstate of their own errors is found and reported."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.incidents.scales import _moments


@pytest.mark.parametrize(("stated", "factor"), [(0.5, 2.0), (1.0, 1.0), (2.0, 0.5)])
def test_half_or_more_of_what_a_source_misstates_is_found(fused, scene, stated, factor):
    table, _ = scene(4000, days=4, seed=7, stated=stated)
    epoch = fused(table).epoch
    for scale in (epoch.place_scale, epoch.time_scale):
        for source in ("acoustic", "patrol"):
            left = abs(math.log(scale[source] / factor))
            assert left <= max(0.5 * abs(math.log(factor)), 0.15)


def test_a_source_with_few_pairs_is_taken_at_its_word(fused):
    epoch = fused("""
        id  source_id  t         t_sigma_s  lon     lat  sigma_m
        a   one        06:00:00  60         10.000  0    500
        b   two        06:02:00  60         10.008  0    500
    """).epoch
    assert epoch.place_scale["one"] == pytest.approx(1.0, abs=0.05)


def test_equal_coordinates_do_not_pass_for_small_errors(fused):
    rows = [
        f"o{k}_{s} press_{s} {6 + k % 12:02d}:{(7 * k) % 60:02d}:00 300"
        f" {10 + 0.05 * (k % 40)} 0 2200"
        for k in range(240)
        for s in range(3)
    ]
    epoch = fused("id source_id t t_sigma_s lon lat sigma_m\n" + "\n".join(rows)).epoch
    assert min(epoch.place_scale.values()) > 0.9


def plain_moments(apart, cov, var_t, source, place, time):
    """The definition: each pair by its probability and its source's part of it."""
    of_place, of_time = np.zeros((2, len(place))), np.zeros((2, len(place)))
    for i, j, dx, dy, dt, rest, differ in zip(*apart, strict=True):
        ours = [cov[end] * place[source[end]] for end in (i, j)]
        times = [var_t[end] * time[source[end]] for end in (i, j)]
        s, v = sum(ours), sum(times)
        matrix = np.array([[s[0], s[1]], [s[1], s[2]]])
        d2_place = np.array([dx, dy]) @ np.linalg.inv(matrix) @ np.array([dx, dy])
        d2_t = dt**2 / v
        llr = rest - 0.5 * (d2_place + d2_t + math.log(np.linalg.det(matrix) * v))
        true = 1 / (1 + math.exp(-min(max(llr, -50), 50)))
        for end, own, own_t in zip((i, j), ours, times, strict=True):
            weight = differ * true * (own[0] + own[2]) / (s[0] + s[2])
            of_place[:, source[end]] += weight * d2_place / 2, weight
            of_time[:, source[end]] += true * own_t / v * d2_t, true * own_t / v
    return of_place, of_time


@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_compiled_moments_are_those_of_the_definition(seed, n_pairs):
    rng = np.random.default_rng(seed)
    n, n_sources = 12, 3
    cov = np.column_stack(
        [rng.uniform(1, 9, n), rng.uniform(-0.9, 0.9, n), rng.uniform(1, 9, n)]
    )
    i, j = rng.integers(0, n, (2, n_pairs))
    dx, dy, dt, rest = rng.normal(0, 3, (4, n_pairs))
    apart = (i, j, dx, dy, dt, rest, rng.random(n_pairs) < 0.7)
    given = (
        cov,
        rng.uniform(0.5, 4, n),
        rng.integers(0, n_sources, n),
        *rng.uniform(0.5, 2, (2, n_sources)),
    )
    found, expected = _moments(*apart, *given), plain_moments(apart, *given)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-9, atol=1e-12)
