"""Control layers from GeoJSON: what is read, and what refuses the file."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from tocsin.connectors import read_control
from tocsin.errors import InputRefused, SourceUnusable
from tocsin.model import Origin

SQUARE = [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]
NORTH = [[[0, 1], [2, 1], [2, 2], [0, 2], [0, 1]]]


def area(party, ring=SQUARE, **properties):
    named = {} if party is None else {"party": party}
    return {
        "type": "Feature",
        "properties": named | properties,
        "geometry": {"type": "Polygon", "coordinates": ring},
    }


def read(tmp_path, *features, publisher="Survey", **whole):
    file = tmp_path / "control.geojson"
    named = {"publisher": publisher} if publisher else {}
    collection = {"type": "FeatureCollection", "features": list(features)}
    file.write_text(json.dumps(collection | named | whole), encoding="utf-8")
    return read_control(file)


def test_areas_without_a_date_hold_for_all_times(tmp_path):
    outcome = read(tmp_path, area("Southland"), area("Northland", NORTH))
    control = outcome.records
    assert (control.publisher, outcome.issues) == ("Survey", ())
    layer = control.at(datetime(1999, 1, 1, tzinfo=UTC))
    assert layer.holder(1, 0.5) == "Southland"
    assert layer.holder(1, 1.5) == "Northland"
    assert layer.holder(5, 5) is None


def test_several_areas_of_a_party_are_one_ground(tmp_path):
    control = read(tmp_path, area("A"), area("A", NORTH)).records
    assert control.layers[0].held["A"].area == pytest.approx(4)


def test_dated_areas_make_one_layer_for_each_date(tmp_path):
    control = read(
        tmp_path,
        area("A", valid_from="2025-03-05"),
        area("A", NORTH, valid_from="2025-03-03"),
        area("B", valid_from="2025-03-03"),
    ).records
    assert [sorted(layer.held) for layer in control.layers] == [["A", "B"], ["A"]]
    assert control.at(datetime(2025, 3, 2, tzinfo=UTC)) is None
    day = control.at(datetime(2025, 3, 4, 23, tzinfo=UTC))
    assert day.holder(1, 0.5) == "B"


def test_ground_that_two_parties_are_said_to_hold_is_told(tmp_path):
    outcome = read(tmp_path, area("A"), area("B"))
    [issue] = outcome.issues
    assert (issue.code, issue.warning) == ("control_overlap", True)
    assert "A and B" in issue.message
    assert outcome.records.layers[0].holder(1, 0.5) is None


def test_shared_border_is_no_overlap(tmp_path):
    assert read(tmp_path, area("A"), area("B", NORTH)).issues == ()


def test_every_fault_of_the_features_is_listed_and_nothing_is_read(tmp_path):
    with pytest.raises(InputRefused) as caught:
        read(
            tmp_path,
            area(None),
            area("A", valid_from="soon"),
            area("A") | {"geometry": {"type": "Point", "coordinates": [1, 1]}},
            area("A") | {"geometry": {"type": "Polygon", "coordinates": "x"}},
            area("A", [[[0, 0], [500, 0], [500, 1], [0, 0]]]),
            area("A") | {"geometry": None},
            "nonsense",
        )
    issues = caught.value.issues
    assert {issue.code for issue in issues} == {"control_invalid"}
    assert {issue.where.line for issue in issues} == {1, 2, 3, 4, 5, 6, 7}


def test_dated_and_undated_areas_do_not_mix(tmp_path):
    with pytest.raises(InputRefused, match="some none"):
        read(tmp_path, area("A"), area("B", NORTH, valid_from="2025-03-03"))


def test_shape_that_crosses_itself_is_mended_and_told(tmp_path):
    bow = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
    outcome = read(tmp_path, area("A", bow))
    assert "crosses itself" in outcome.issues[0].message
    assert outcome.records.layers[0].held["A"].is_valid


def test_publisher_that_is_not_named_is_told(tmp_path):
    outcome = read(tmp_path, area("A"), publisher="")
    assert "does not say who published it" in outcome.issues[0].message
    assert outcome.records.publisher == "not named (control.geojson)"
    named = read(tmp_path, area("A", publisher="Mapper"), publisher="")
    assert named.records.publisher == "Mapper"


def test_origin_is_one(tmp_path):
    assert (
        read(tmp_path, area("A"), origin="exercise").records.origin is Origin.EXERCISE
    )
    with pytest.raises(SourceUnusable) as caught:
        read(tmp_path, area("A", origin="imagined"), origin="exercise")
    assert caught.value.issue.code == "origin_mixed"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("c.geojson", b"", "file_empty"),
        ("c.geojson", b'{"type":', "file_damaged"),
        ("c.geojson", b"[]", "control_invalid"),
        ("c.geojson", b"\xff\xfe\x00", "file_damaged"),
        ("c.parquet", b"PAR1", "file_damaged"),
    ],
)
def test_broken_file_is_refused(tmp_path, name, content, code):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(SourceUnusable) as caught:
        read_control(file)
    assert caught.value.issue.code == code


def test_layer_without_features_folder_and_missing_file_are_refused(tmp_path):
    with pytest.raises(InputRefused, match="no features"):
        read(tmp_path)
    for file in (tmp_path, tmp_path / "none.geojson"):
        with pytest.raises(SourceUnusable) as caught:
            read_control(file)
        assert caught.value.issue.code == "file_missing"


def dated(tmp_path, *rows):
    file = tmp_path / "layer.parquet"
    names = {"date": pl.Date, "geometry_geojson": pl.String, "geom_sha": pl.String}
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(file)
    return file


def test_dated_table_is_recognised_by_its_columns(tmp_path):
    shape = json.dumps({"type": "Polygon", "coordinates": SQUARE})
    day = datetime(2025, 3, 3, tzinfo=UTC)
    file = dated(tmp_path, (day.date(), shape, "x"))
    control = read_control(file).records
    assert control.publisher.startswith("DeepState")
    assert control.at(day).holder(1, 0.5) == "Russian_Federation"


def test_dated_table_with_a_bad_row_is_refused_with_the_row(tmp_path):
    shape = json.dumps({"type": "Polygon", "coordinates": SQUARE})
    day = datetime(2025, 3, 3, tzinfo=UTC).date()
    file = dated(tmp_path, (day, shape, "x"), (day, shape, "y"), (None, "{}", "z"))
    with pytest.raises(InputRefused) as caught:
        read_control(file)
    assert len(caught.value.issues) == 2


def test_table_that_no_description_fits_is_refused(tmp_path):
    file = tmp_path / "other.parquet"
    pl.DataFrame({"day": ["2025-03-03"]}).write_parquet(file)
    with pytest.raises(SourceUnusable, match="no description of a control layer"):
        read_control(file)


@pytest.mark.parametrize(("given", "read"), [(30, 30.0), (0, 0.0), (None, None)])
def test_file_may_state_how_far_its_line_may_be_off(tmp_path, given, read):
    ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"party": "A"}, "geometry": area}
    whole = {"type": "FeatureCollection", "features": [feature], "publisher": "x"}
    file = tmp_path / "control.geojson"
    file.write_text(json.dumps(whole | {"sigma_m": given}))
    assert read_control(file).records.sigma_m == read


@pytest.mark.parametrize("wrong", [-1, "30", True, 1e9])
def test_error_of_the_line_that_is_no_distance_is_refused(tmp_path, wrong):
    ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"party": "A"}, "geometry": area}
    whole = {"type": "FeatureCollection", "features": [feature], "publisher": "x"}
    file = tmp_path / "control.geojson"
    file.write_text(json.dumps(whole | {"sigma_m": wrong}))
    with pytest.raises(InputRefused, match="sigma_m"):
        read_control(file)
