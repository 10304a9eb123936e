"""Many points against many areas: exactly what shapely says, on edges, too."""

import numpy as np
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin.model.grounds import Grounds

# Halves and few of them: points fall on corners and edges all the time.
coordinate = st.integers(0, 12).map(lambda n: n / 2)
point = st.tuples(coordinate, coordinate)
ring = st.lists(point, min_size=3, max_size=9, unique=True)


@st.composite
def shapes(draw):
    """Sound polygons, with holes and in several parts."""
    drawn = draw(st.lists(ring, min_size=1, max_size=3))
    whole = shapely.union_all([shapely.make_valid(shapely.Polygon(r)) for r in drawn])
    if draw(st.booleans()):
        whole = shapely.difference(
            whole, shapely.make_valid(shapely.Polygon(draw(ring)))
        )
    return whole


def plainly(areas, x, y):
    """First holder and number of holders, by shapely's predicate alone."""
    inside = np.zeros((len(areas), len(x)), dtype=bool)
    for n, area in enumerate(areas):
        if area is not None:
            inside[n] = shapely.contains_xy(area, x, y)
    first = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
    return first, inside.sum(axis=0)


def agree(areas, x, y):
    first, number = Grounds(areas).holders(x, y)
    plain_first, plain_number = plainly(areas, x, y)
    np.testing.assert_array_equal(first, plain_first)
    np.testing.assert_array_equal(number, plain_number)


@given(
    st.lists(st.none() | shapes(), min_size=1, max_size=4), st.lists(point, min_size=1)
)
def test_points_on_corners_and_edges_are_held_as_by_shapely(areas, points):
    agree(areas, *np.array(points).T)


@given(shapes(), st.lists(st.tuples(st.floats(0, 1), st.integers(-3, 3)), min_size=1))
def test_points_a_rounding_away_from_an_edge_are_held_as_by_shapely(area, along):
    """Where floating point cannot tell the side, shapely's exact predicate does."""
    rim = shapely.get_coordinates(area.boundary)
    assume(len(rim) > 1)
    turned = shapely.transform(area, lambda xy: xy @ [[0.8, -0.6], [0.6, 0.8]])
    rim = shapely.get_coordinates(turned.boundary)
    at = [
        rim[k % (len(rim) - 1)] * (1 - share) + rim[k % (len(rim) - 1) + 1] * share
        for k, (share, _) in enumerate(along)
    ]
    x, y = np.array(at).T
    x = x + np.array([steps for _, steps in along]) * np.spacing(x)
    agree([turned], x, y)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_many_overlapping_areas_of_many_edges(seed, number):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    areas = []
    for _ in range(number):
        radius = rng.uniform(0.2, 3.0, len(angle))
        x, y = rng.uniform(0, 10, 2)
        ring = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
        areas.append(shapely.make_valid(shapely.Polygon(ring)))
    agree(areas, *rng.uniform(-2, 12, (2, 200)))


def test_nobody_holds_what_has_no_place():
    first, number = Grounds([shapely.box(0, 0, 1, 1)]).holders(
        np.array([np.nan, 0.5, np.inf, -np.inf]), np.array([0.5, np.nan, 0.5, 0.5])
    )
    assert first.tolist() == [-1] * 4
    assert number.tolist() == [0] * 4


def test_without_any_area_nobody_holds_anything():
    for areas in ([], [None], [shapely.Polygon()]):
        assert Grounds(areas).holders(np.ones(1), np.ones(1))[0].tolist() == [-1]


def test_shapes_of_other_kinds_are_left_to_shapely():
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(5, 5)])
    agree(
        [mixed, shapely.box(0, 0, 9, 9)], np.array([0.5, 5, 7]), np.array([0.5, 5, 7])
    )
