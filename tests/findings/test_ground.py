"""Whose ground a place is on, with its uncertainty."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box, prepare

from tocsin.findings.ground import DIRECTIONS, around, shares

NORTH, SOUTH = box(0, 0, 20, 5), box(0, -5, 20, 0)
METRES = 111_195.08


def one(value):
    return np.array([float(value)])


@given(st.floats(-3, 3), st.sampled_from([50.0, 500.0, 3000.0]))
def test_share_on_each_side_of_a_straight_line_is_that_of_the_gaussian(away, sigma):
    lat = away * sigma / METRES
    (share,) = shares(one(10), one(lat), one(sigma), [NORTH, SOUTH])
    expected = 0.5 * (1 + math.erf(away / math.sqrt(2)))
    assert share[0] == pytest.approx(expected, abs=0.066)  # 40 points, at worst
    assert 0.97 <= share.sum() <= 1.0  # a point right on the line is nobody's


def test_side_is_right_at_a_sharp_bend_where_the_nearest_segment_is_wrong():
    wedge = Polygon([(0, 0), (10, 0.1), (0, 0.2)])  # a thin tongue that points east
    rest = box(-20, -20, 20, 20).difference(wedge)
    for ground in (wedge, rest):
        prepare(ground)
    beyond, inside = shares(
        np.array([10.05, 8.0]),
        np.array([0.1, 0.1]),
        np.array([50.0, 50.0]),
        [wedge, rest],
    )
    assert beyond.tolist() == [0.0, 1.0]
    assert inside.tolist() == [1.0, 0.0]


def test_place_far_from_any_ground_belongs_to_nobody():
    (share,) = shares(one(60), one(60), one(500), [NORTH, SOUTH])
    assert share.tolist() == [0.0, 0.0]


def test_party_without_ground_in_the_layer_holds_nothing():
    (share,) = shares(one(10), one(1), one(500), [NORTH, None])
    assert share.tolist() == [1.0, 0.0]


def test_directions_run_clockwise_from_north():
    (seen,) = around(one(10), one(0), one(20_000), [NORTH, SOUTH])
    north = DIRECTIONS[seen[:, 0] == 1.0]
    assert {0.0, 45.0, 315.0} <= set(north)
    assert not {135.0, 180.0, 225.0} & set(north)
