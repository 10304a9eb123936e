import json

import pytest

from tocsin.agreement.areas import load_areas

GOOD = {
    "type": "Feature",
    "properties": {
        "name": "Sector 1",
        "kind": "sector",
        "publisher": "Mechanism",
        "variants": ["S-1"],
        "valid_from": "2025-03-03T00:00:00Z",
        "colour": "red",
    },
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-30, 0], [-29, 0], [-29, 1], [-30, 0]]],
    },
}


def folder(tmp_path, *features):
    collection = {"type": "FeatureCollection", "features": list(features)}
    (tmp_path / "areas.geojson").write_text(json.dumps(collection))
    return tmp_path


def changed(**properties):
    return {**GOOD, "properties": {**GOOD["properties"], **properties}}


def test_a_feature_becomes_an_area_that_is_found_by_its_variant(tmp_path):
    areas = load_areas(folder(tmp_path, GOOD)).records
    assert areas.named("s-1").name == "Sector 1"
    assert areas.of_kind("sector")[0].geometry.area == pytest.approx(0.5)


def test_no_map_is_no_fault(tmp_path):
    assert load_areas(tmp_path).records.areas == ()
    assert load_areas(tmp_path).issues == ()


def test_a_sector_without_geometry_is_known_by_name_only(tmp_path):
    areas = load_areas(folder(tmp_path, {**GOOD, "geometry": None})).records
    assert areas.named("Sector 1").geometry is None


@pytest.mark.parametrize(
    "bad",
    [
        changed(kind="province"),
        changed(name=""),
        {**GOOD, "geometry": {"type": "Point", "coordinates": [0, 0]}},
        {
            **GOOD,
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[0, 0], [999, 0], [1, 1], [0, 0]]],
            },
        },
        {"type": "Feature"},
        7,
    ],
)
def test_a_bad_feature_is_an_issue_with_its_number_and_the_rest_is_read(tmp_path, bad):
    outcome = load_areas(folder(tmp_path, bad, changed(name="Other", variants=[])))
    assert [area.name for area in outcome.records.areas] == ["Other"]
    assert [(i.code, i.where.line) for i in outcome.issues] == [("place_invalid", 1)]


def test_two_areas_of_one_name_are_an_issue(tmp_path):
    codes = [i.code for i in load_areas(folder(tmp_path, GOOD, GOOD)).issues]
    assert codes == ["defined_twice"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"features": null}'])
def test_a_damaged_file_is_an_issue_and_gives_no_areas(tmp_path, text):
    (tmp_path / "areas.geojson").write_text(text)
    outcome = load_areas(tmp_path)
    assert outcome.records.areas == ()
    assert [issue.code for issue in outcome.issues] == ["file_damaged"]
