"""A sector is drawn whole: what it covers stays inside, its observer is no point."""

from math import cos, radians, sin

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon

from tocsin.report.figures.ground import incident_maps, sector_maps
from tocsin.report.figures.rings import DEGREE_M, box, ring_of


def shape(bearing=135.0, width=22.5, near=2000.0, far=4000.0, lon=-25.0, lat=-3.0):
    return {
        "observer_lon": lon,
        "observer_lat": lat,
        "bearing_deg": bearing,
        "width_deg": width,
        "range_min_m": near,
        "range_max_m": far,
    }


def outline(one):
    outer, *holes = ring_of(one)
    return Polygon(outer, holes)


@given(
    st.floats(0, 360),
    st.sampled_from([22.5, 45.0, 112.5, 360.0]),
    st.floats(0, 5000),
    st.floats(300, 5000),
    st.floats(-25.0049, -24.9951),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_all_of_what_was_seen_lies_in_what_is_drawn(
    bearing, width, near, deep, lon, across, along
):
    one = shape(bearing, width, near, near + deep, lon=lon)
    at = radians(bearing + (across - 0.5) * width)
    away = near + along * deep
    east = away * sin(at) / (DEGREE_M * cos(radians(-3.0)))
    point = Point(lon + east, -3.0 + away * cos(at) / DEGREE_M)
    assert outline(one).buffer(1e-4).covers(point)


def test_the_drawn_observer_stands_on_the_grid():
    exact, coarse = shape(lon=-25.0031), shape(lon=-25.0)
    assert ring_of(exact) == ring_of(coarse)


def test_a_whole_ring_is_two_lines_and_a_sector_one():
    assert len(ring_of(shape(width=360.0))) == 2
    assert len(ring_of(shape())) == 1
    assert len(ring_of(shape(width=360.0, near=0.0))) == 1


def test_a_sector_to_the_south_east_lies_there():
    west, south, east, north = box(shape())
    assert west > -25.0
    assert north < -3.0
    assert east - west < 0.08
    assert north - south < 0.08


def rows(shapes, *, lon=None):
    return pl.DataFrame(
        {
            "incident_id": ["a"],
            "class": ["explosion"],
            "lon": pl.Series([lon], dtype=pl.Float64),
            "lat": pl.Series([lon and -3.0], dtype=pl.Float64),
            "sigma_m": pl.Series([lon and 1000.0], dtype=pl.Float64),
            "shapes": [shapes],
        }
    )


def test_a_sector_is_drawn_without_a_circle_and_without_a_sign():
    (figure,) = incident_maps({}, rows([shape()]))
    assert figure.svg.count("sector-seen") == 1
    assert "<circle" not in figure.svg
    assert "sign explosion" not in figure.svg
    assert "somewhere in this sector" in figure.svg
    assert "drawn whole" in figure.description
    assert [item.mark for item in figure.legend][-1] == "sector-seen"


def test_a_sector_without_a_far_edge_is_counted_and_not_drawn():
    frame = rows([shape(far=None)])
    areas = {
        "features": [
            {
                "properties": {"name": "E", "kind": "sector", "publisher": "S"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]],
                },
            }
        ]
    }
    (figure,) = incident_maps(areas, frame)
    assert "sector-seen" not in figure.svg
    assert "incident without a place" in figure.description.replace("\u00a0", " ")


def test_a_point_beside_a_sector_keeps_its_own_circle():
    both = pl.concat([rows([shape()]), rows([], lon=-25.0)], how="vertical_relaxed")
    (figure,) = incident_maps({}, both)
    assert figure.svg.count("<circle") == 1
    assert figure.svg.count("sector-seen") == 1


@pytest.mark.parametrize("bearing", np.arange(0, 360, 45.0))
def test_north_is_up_and_east_is_right(bearing):
    west, south, east, north = box(shape(bearing, lon=0.0, lat=0.0))
    if 0 < bearing < 180:
        assert east > -west
    if bearing in {315, 0, 45}:
        assert north > -south


def test_each_observer_has_a_map_near_enough_to_see_the_sector():
    both = pl.concat([rows([shape()]), rows([shape(90.0, lon=-20.0)])])
    one, other = sector_maps({}, both)
    assert (one.anchor, other.anchor) == ("figure-sectors-1", "figure-sectors-2")
    for figure in (one, other):
        assert figure.svg.count("sector-seen") == 1
        assert ">5 km<" in figure.svg
        assert "<circle" not in figure.svg


def test_no_more_observers_are_drawn_closer_than_a_page_holds():
    many = pl.concat([rows([shape(lon=-25.0 + n)]) for n in range(9)])
    assert len(sector_maps({}, many)) == 6
