"""The nearest point of a line, held to shapely's distance."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin.model.nearest import Line

# To a millionth: shapely puts a piece shorter than 1e-160 at an infinite distance.
coordinate = st.integers(-20, 20).map(float) | st.floats(-20, 20).map(
    lambda value: round(value, 6)
)
point = st.tuples(coordinate, coordinate)
path = st.lists(point, min_size=2, max_size=40)


def agree(shape, points):
    x, y = np.array(points, dtype=float).T
    away, px, py = Line(shape).nearest(x, y)
    rim = shape.boundary if shape.geom_type.endswith("Polygon") else shape
    with np.errstate(all="ignore"):  # shapely stumbles over pieces without a length
        plain = shapely.distance(rim, shapely.points(x, y))
    np.testing.assert_allclose(away, plain, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.hypot(x - px, y - py), away, rtol=1e-9, atol=1e-9)
    with np.errstate(all="ignore"):
        on_it = shapely.distance(rim, shapely.points(px, py))
    np.testing.assert_allclose(on_it, 0.0, atol=1e-9)


@given(st.lists(path, min_size=1, max_size=3), st.lists(point, min_size=1))
def test_distance_and_nearest_point_are_those_of_shapely(paths, points):
    agree(shapely.MultiLineString(paths), points)


@given(path, st.lists(point, min_size=1))
def test_of_an_area_the_rim_counts_from_both_sides(corners, points):
    area = shapely.make_valid(shapely.Polygon([*corners, corners[0], corners[0]]))
    assume(area.geom_type.endswith("Polygon") and not area.is_empty)
    agree(area, points)


@given(st.integers(0, 2**32 - 1))
def test_a_long_line(seed):
    rng = np.random.default_rng(seed)
    line = shapely.LineString(np.cumsum(rng.normal(0, 1, (3_000, 2)), axis=0))
    agree(line, rng.normal(0, 40, (50, 2)))


def test_a_lone_point_is_near_to_itself():
    away, x, y = Line(shapely.Point(3, 4)).nearest(np.zeros(1), np.zeros(1))
    assert (away[0], x[0], y[0]) == (5.0, 3.0, 4.0)


def test_nothing_is_near_to_an_empty_line():
    away, x, _ = Line(shapely.LineString()).nearest(np.zeros(1), np.zeros(1))
    assert np.isinf(away[0])
    assert np.isnan(x[0])


@pytest.mark.parametrize(("x", "y"), [(np.nan, 0.0), (0.0, np.nan)])
def test_distance_of_an_unknown_place_is_unknown(x, y):
    line = Line(shapely.LineString([(0, 0), (1, 1)]))
    assert np.isnan(line.nearest(np.array([x]), np.array([y]))[0][0])
