"""`tocsin fuse` as a user meets it: files in, files out, faults listed."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.model import MEMBERS, incidents_schema

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
RING = [[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]
SOUTH = [[0, -2], [0, 0], [2, 0], [2, -2], [0, -2]]


def row(name, minutes=0, lon=1.0, lat=0.5, **more):
    at = NOON + timedelta(minutes=minutes)
    return {
        "observation_id": name, "source_id": f"s {name}", "kind": "explosion",
        "t_start": at, "t_end": at, "lon": lon, "lat": lat, "sigma_m": 400.0,
    } | more  # fmt: skip


def layer(*parties, **more):
    features = [
        {
            "type": "Feature",
            "properties": {"party": party},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for party, ring in parties
    ]
    return {"type": "FeatureCollection", "publisher": "Survey", "features": features}


@pytest.fixture
def fuse(tmp_path):
    """Run the command on rows; the result, and the two files if they are there."""

    def run(rows, *options, control=None, params=None):
        files = [tmp_path / n for n in ("seen.parquet", "inc.parquet", "mem.parquet")]
        if rows is not None:
            frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
            frame.write_parquet(files[0])
        more = []
        for name, text in (("control", control), ("params", params)):
            if text is not None:
                data = text if isinstance(text, str) else json.dumps(text)
                suffix = "geojson" if name == "control" else "toml"
                (tmp_path / f"{name}.{suffix}").write_text(data)
                more += [f"--{name}", str(tmp_path / f"{name}.{suffix}")]
        asked = ["fuse", files[0], "--out", files[1], "--members", files[2], *options]
        done = CliRunner().invoke(app, [str(a) for a in [*asked, *more]])
        tables = [pq.read_table(f) if f.exists() else None for f in files[1:]]
        return done, *tables

    return run


def test_required_columns_alone_are_enough(fuse):
    rows = [row("a"), row("b", minutes=2, lon=1.002), row("c", lon=1.9)]
    done, incidents, members = fuse(rows)
    assert done.exit_code == 0, done.output
    assert incidents.schema.equals(incidents_schema(()))
    assert members.schema.equals(MEMBERS)
    by = dict(zip(*members.select([0, 1]).to_pydict().values(), strict=True))
    assert by["a"] == by["b"] != by["c"]


def test_parties_of_the_control_layer_become_columns(fuse):
    told = {"assessment": "impact", "fire_bearing_deg": 0.0, "fire_kappa": 15.0}
    rows = [row("a", platform="mini_uav", **told)]
    control = layer(("North", RING), ("South", SOUTH))
    done, incidents, _ = fuse(rows, control=control)
    assert done.exit_code == 0, done.output
    assert incidents.schema.equals(incidents_schema(("North", "South")))
    (one,) = incidents.to_pylist()
    assert one["p_South"] > 0.3 > one["p_North"]
    assert one["p_South"] + one["p_North"] + one["p_undetermined"] == pytest.approx(1)


def test_layer_without_origin_serves_an_exercise(fuse):
    control = layer(("North", RING), ("South", SOUTH))
    done, incidents, _ = fuse([row("a", origin="exercise")], control=control)
    assert done.exit_code == 0, done.output
    assert incidents["origin"].to_pylist() == ["exercise"]
    other = control | {"origin": "observed"}
    done, *_ = fuse([row("a", origin="exercise")], control=other)
    assert done.exit_code == 2
    assert "origin" in done.output or "control is" in done.output


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"sigma_m": -5.0}, "value_invalid"),
        ({"sigma_m": None}, "value_missing"),
        ({"sigma_m": float("nan")}, "value_invalid"),
        ({"t_sigma_s": -1.0}, "value_invalid"),
        ({"t_end": NOON - timedelta(hours=1)}, "time_invalid"),
        ({"t_start": None}, "value_missing"),
        ({"lon": 200.0}, "place_invalid"),
        ({"lat": -95.0}, "place_invalid"),
        ({"lat": None}, "place_invalid"),
        ({"observation_id": None}, "value_missing"),
        ({"observation_id": "a"}, "id_conflict"),
        ({"nature": "rumour"}, "value_invalid"),
    ],
)
def test_faulty_row_is_named_and_nothing_is_written(fuse, fault, said):
    rows = [row("a", t_sigma_s=30.0, nature="event"), row("b", minutes=9) | fault]
    done, incidents, members = fuse(pl.DataFrame(rows, infer_schema_length=None))
    assert done.exit_code == 1, done.output
    assert f"error [{said}]" in done.output
    assert incidents is None
    assert members is None


def test_all_faults_are_listed_never_only_the_first(fuse):
    rows = [row("a", sigma_m=-1.0), row("b", lon=999.0), row("c", lat=91.0)]
    done, *_ = fuse(rows, control=layer())
    assert done.exit_code == 1
    for number, code in ((1, "value_invalid"), (2, "place_invalid"), (3, "place_inv")):
        assert f"seen.parquet:{number} " in done.output
        assert code in done.output
    assert "control.geojson" in done.output


def test_keep_going_leaves_out_only_what_is_faulty(fuse):
    rows = [row("a"), row("b", sigma_m=-1.0), row("c", lon=1.9)]
    done, _, members = fuse(rows, "--keep-going")
    assert done.exit_code == 0
    assert "left out" in done.output
    assert sorted(members["observation_id"].to_pylist()) == ["a", "c"]


def test_platform_says_how_far_off_a_row_may_be(fuse):
    done, incidents, _ = fuse([row("a", sigma_m=None, platform="mini_uav")])
    assert done.exit_code == 0, done.output
    assert incidents["sigma_m"].to_pylist() == [100.0]


def test_ring_of_reposts_is_refused_with_its_members(fuse):
    rows = [row("a", derived_from="b"), row("b", derived_from="a")]
    done, incidents, _ = fuse(rows)
    assert done.exit_code == 1
    assert "repost_cycle" in done.output
    assert incidents is None
    assert fuse(rows, "--keep-going")[0].exit_code == 0


@pytest.mark.parametrize(
    ("control", "said"),
    [
        (layer(), "no features"),
        (layer(("North", [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]])), "crosses itself"),
        (layer(("North", RING), ("South", RING)), "control_overlap"),
        ("{", "file_damaged"),
    ],
)
def test_layer_that_cannot_be_used_is_refused(fuse, control, said):
    done, incidents, _ = fuse([row("a")], control=control)
    assert done.exit_code == 1
    assert said in done.output
    assert incidents is None


def test_times_without_a_zone_are_utc_and_said_to_be(fuse):
    naive = {"t_start": NOON.replace(tzinfo=None), "t_end": NOON.replace(tzinfo=None)}
    done, incidents, _ = fuse([row("a") | naive])
    assert done.exit_code == 0
    assert "time_without_zone" in done.output
    assert incidents["t_start"].to_pylist() == [NOON]


def test_word_out_of_the_vocabulary_counts_as_unknown(fuse):
    done, incidents, _ = fuse([row("a", kind="kaboom")])
    assert done.exit_code == 0
    assert "`kaboom` is no kind" in done.output
    assert incidents["kind"].to_pylist() == [None]


def test_missing_column_and_missing_file_are_named(fuse):
    done, *_ = fuse(pl.DataFrame([row("a")]).drop("sigma_m", "lat"))
    assert done.exit_code == 1
    assert "no column `sigma_m`" in done.output
    assert "no column `lat`" in done.output
    (done, *_), text = fuse(None), "there is no such file"
    assert done.exit_code == 1 or text in done.output


def test_parameters_replace_ours_and_are_checked(fuse):
    rows = [row("a"), row("b", minutes=2, lon=1.002)]
    _, incidents, _ = fuse(rows, params="[decide]\nthreshold = 90.0\n")
    assert incidents.num_rows == 2
    done, *_ = fuse(rows, params='[decide]\ngate = "wide"\n')
    assert done.exit_code == 1
    assert "description_invalid" in done.output
    strict = "[attribution]\nname_from = 0.999\n"
    control = layer(("North", RING), ("South", SOUTH))
    _, incidents, _ = fuse([row("a")], params=strict, control=control)
    assert incidents["p_undetermined"].to_pylist() == [1.0]


def test_no_rows_give_no_incidents(fuse):
    done, incidents, members = fuse(pl.DataFrame([row("a")]).clear())
    assert done.exit_code == 0, done.output
    assert (incidents.num_rows, members.num_rows) == (0, 0)
