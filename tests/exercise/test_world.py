import json

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from tocsin.exercise import areas_bytes, areas_geojson, control_geojson
from tocsin.exercise.world import (
    BOX,
    lantern_ground,
    length_km,
    north_of_line,
    sector_at,
    to_degrees,
    to_km,
)

GROUND = lantern_ground()
AREAS = {
    f["properties"]["name"]: (f["properties"], shape(f["geometry"]))
    for f in areas_geojson()["features"]
}
SECTORS = [area for about, area in AREAS.values() if about["kind"] == "sector"]
HELD = [shape(f["geometry"]) for f in control_geojson()["features"]]

east = st.floats(-520, 520)
north = st.floats(-250, 250)


def test_committed_areas_are_what_the_ground_gives(root):
    committed = root / "agreements" / "exercise-lantern" / "areas.geojson"
    assert committed.read_bytes() == areas_bytes()
    assert len(areas_bytes()) < 400_000


def test_line_is_1200_km_long_and_has_5000_vertices():
    assert round(length_km(GROUND.x, GROUND.y)) == 1_200
    assert len(AREAS["contact_line"][1].coords) == 5_000
    assert AREAS["contact_line"][1].is_simple


def test_everything_lies_in_the_open_atlantic():
    box = shapely.box(*BOX)
    assert all(box.contains(area) for _, area in AREAS.values())


def test_areas_are_valid_named_once_and_published():
    names = [f["properties"]["name"] for f in areas_geojson()["features"]]
    assert len(names) == len(set(names))
    for about, area in AREAS.values():
        assert area.is_valid
        assert about["publisher"] == "Exercise directing staff"
        assert about["kind"] in {"line", "sector", "zone", "territory"}


def test_sectors_cover_the_line_and_do_not_overlap():
    line = AREAS["contact_line"][1]
    assert line.difference(shapely.union_all(SECTORS).buffer(1e-9)).length == 0
    for n, sector in enumerate(SECTORS):
        for other in SECTORS[n + 1 :]:
            assert sector.intersection(other).area == 0


def test_sectors_reach_30_to_65_km_from_the_line_on_both_sides():
    for n in range(12):
        inside = GROUND.edge_sector == n
        at = GROUND.edge_x[inside]
        middle = np.interp(at, GROUND.x, GROUND.y)
        for edge in (GROUND.upper_y[inside] - middle, middle - GROUND.lower_y[inside]):
            assert 30 < edge.min() <= edge.max() < 75


def test_control_polygons_meet_at_the_line_and_nowhere_overlap():
    assert HELD[0].intersection(HELD[1]).area == 0
    assert HELD[0].intersection(HELD[1]).length > 10


@given(st.lists(st.tuples(east, north), min_size=1, max_size=50))
def test_sector_of_a_place_is_the_polygon_that_holds_it(places):
    x, y = np.array(places).T
    lon, lat = to_degrees(x, y)
    mine = sector_at(GROUND, x, y)
    for n, area in enumerate(SECTORS):
        inside = shapely.contains_xy(area, lon, lat)
        on_edge = shapely.distance(area.exterior, shapely.points(lon, lat)) < 1e-6
        assert (((mine == n) == inside) | on_edge).all()


@given(st.lists(st.tuples(east, north), min_size=1, max_size=50))
def test_no_place_is_held_by_the_party_across_the_line(places):
    x, y = np.array(places).T
    lon, lat = to_degrees(x, y)
    upper = north_of_line(GROUND, x, y)
    on_line = np.abs(y - np.interp(x, GROUND.x, GROUND.y)) < 1e-3
    assert not (shapely.contains_xy(HELD[0], lon, lat) & ~upper & ~on_line).any()
    assert not (shapely.contains_xy(HELD[1], lon, lat) & upper & ~on_line).any()


@given(east, north)
def test_degrees_and_kilometres_undo_each_other(x, y):
    again = to_km(*to_degrees(x, y))
    assert np.allclose(again, (x, y), atol=1e-9)


def test_ground_cannot_be_changed_by_an_exercise():
    assert not GROUND.x.flags.writeable
    assert not GROUND.settlements.flags.writeable


def test_areas_file_is_one_feature_a_line():
    lines = areas_bytes().decode().splitlines()
    assert len(lines) == 2 + len(AREAS)
    assert json.loads(areas_bytes())["type"] == "FeatureCollection"
