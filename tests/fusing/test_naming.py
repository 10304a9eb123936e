"""`tocsin fuse --live --control`: who did it, line by line, as the batch says it."""

import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from typer.testing import CliRunner

from tocsin import cli
from tocsin.findings import attribute, load_weights
from tocsin.fusing.naming import Naming
from tocsin.fusing.observed import as_observations
from tocsin.fusing.stream import Stream
from tocsin.incidents import Live, fuse, load_params, quiet_epoch
from tocsin.model import Control, ControlLayer, incidents_schema

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
NORTH = [[0, 0], [20, 0], [20, 5], [0, 5], [0, 0]]
SOUTH = [[0, -5], [20, -5], [20, 0], [0, 0], [0, -5]]
HELD = {"North": box(0, 0, 20, 5), "South": box(0, -5, 20, 0)}
LINE = Control(
    publisher="survey", layers=(ControlLayer(valid_from=None, held=HELD),), sigma_m=50.0
)
PARTIES = ("North", "South")


def sent(name, *, lat=-0.01, lon=10.0, minutes=0, platform="acoustic_sensor", **more):
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    return {
        "observation_id": name, "source_id": platform, "kind": "explosion",
        "platform": platform, "t_start": at, "t_end": at, "t_sigma_s": 10.0,
        "lon": lon, "lat": lat, "sigma_m": 200.0, "origin": "exercise",
        "nature": "event",
    } | more  # fmt: skip


def stream():
    live = Live(quiet_epoch(load_params()), origin="exercise")
    naming = Naming(live, LINE, load_weights(), states_origin=False)
    return live, Stream(live, clock=lambda _row: NOON, inside=True, naming=naming)


def said(answers, state):
    """What a listener knows after these lines."""
    for line in answers:
        change = json.loads(line)
        if "incident" in change:
            if change["incident"] is None:
                state.pop(change["incident_id"], None)
            else:
                state[change["incident_id"]] = change["incident"]
    return state


def batch(rows):
    """What the batch says of these rows."""
    table = as_observations(rows, name="rows", line=1)
    params = load_params()
    fused = fuse(
        table, sources=(), parties=PARTIES, params=params, epoch=quiet_epoch(params)
    ).records
    attributed = attribute(
        fused.incidents, fused.members, table, parties=PARTIES, control=LINE, sources=()
    )
    return attributed.records.incidents.to_pylist()


STEP = st.tuples(
    st.sampled_from(["add", "add", "add", "correct", "withdraw"]),
    st.integers(0, 7),
    st.sampled_from([-0.3, -0.02, 0.005, 0.03]),
    st.sampled_from([10.0, 10.2, 10.6]),
    st.sampled_from([0, 1, 2_000, 4_000]),
    st.sampled_from(["acoustic_sensor", "patrol", "static_camera"]),
)


@given(st.lists(STEP, min_size=1, max_size=12))
def test_after_any_history_a_listener_knows_what_the_batch_says(steps):
    _, lines = stream()
    state, stands = {}, {}
    text = []
    for op, number, lat, lon, minutes, platform in steps:
        name = f"o{number}"
        row = sent(name, lat=lat, lon=lon, minutes=minutes, platform=platform)
        text.append(json.dumps(row | {"op": op}).encode())
        if op == "withdraw":
            stands.pop(name, None)
        elif (op == "add") != (name in stands):
            stands[name] = row
    said(lines.lines(text), state)
    expected = batch(list(stands.values())) if stands else []
    key = lambda row: (row["lon"], row["lat"], str(row["t_start"])[:19])  # noqa: E731
    for row in state.values():
        row["t_start"] = datetime.fromisoformat(row["t_start"])
    live_rows = sorted(state.values(), key=key)
    batch_rows = sorted(expected, key=key)
    assert len(live_rows) == len(batch_rows)
    for mine, theirs in zip(live_rows, batch_rows, strict=True):
        for column in ("p_North", "p_South", "p_undetermined"):
            assert mine[column] == pytest.approx(theirs[column], abs=1e-9)


def test_array_that_begins_to_report_speaks_against_what_it_was_silent_on():
    _, lines = stream()
    text = [
        sent("patrol", platform="patrol"),
        sent("array", lat=0.2, minutes=60, platform="acoustic_sensor"),
    ]
    answers = [
        json.loads(line)
        for line in lines.lines(json.dumps(row).encode() for row in text)
    ]
    kinds = [answer["change"] for answer in answers]
    assert kinds == ["epoch", "created", "created", "attributed"]
    alone, later = answers[1]["incident"], answers[3]["incident"]
    assert answers[3]["incident_id"] == answers[1]["incident_id"]
    assert answers[3]["observations"] == ["array"]
    assert alone["p_North"] > later["p_North"]


def test_correction_that_moves_no_incident_still_changes_who_is_believed():
    _, lines = stream()
    first = sent("a", platform="acoustic_sensor")
    right = sent("a", platform="patrol", op="correct", source_id="acoustic_sensor")
    text = [json.dumps(row).encode() for row in (first, right)]
    answers = [json.loads(line) for line in lines.lines(text)]
    assert [a["change"] for a in answers[:2]] == ["epoch", "created"]
    (told,) = answers[2:]
    assert told["observations"] == ["a"]
    assert told["incident"]["p_North"] != answers[1]["incident"]["p_North"]


YOUNG = {"kind": "crater", "platform": "patrol", "source_id": "patrol"}


def outside(rows):
    """The lines that leave the mission; `hour` after noon is when each row comes."""
    live = Live(quiet_epoch(load_params()), origin="exercise")
    naming = Naming(live, LINE, load_weights(), states_origin=False)
    hours = iter([row.get("hour", 0) for row in rows])
    lines = Stream(
        live, clock=lambda _row: NOON + timedelta(hours=next(hours)), naming=naming
    )
    given = [{k: v for k, v in row.items() if k != "hour"} for row in rows]
    text = [json.dumps(row).encode() for row in given]
    return [json.loads(line) for line in lines.lines(text)]


def test_probabilities_of_neighbours_do_not_tell_where_a_young_impact_lies():
    """Forty old shots all around: which of them moves would place the crater."""
    shots = [
        sent(f"s{k}", kind="shot", lon=10 + 0.02 * (k % 8), lat=-0.01 - 0.05 * (k // 8))
        for k in range(40)
    ]
    crater = sent("crater", lat=-0.1, lon=10.05, minutes=30, **YOUNG)
    after = [
        sent(f"t{k}", kind="shot", lon=10.4 + 0.03 * k, minutes=90) for k in range(4)
    ]
    without = outside([*shots, *after])
    with_it = outside([*shots, crater, *after])
    shown = [line for line in with_it if line["change"] != "withheld"]
    assert shown == [line for line in without if line["change"] != "withheld"]
    assert len(with_it) > len(shown)


def test_once_the_impact_is_old_its_neighbours_are_told_again():
    shot = sent("s", kind="shot", lat=-0.02)
    crater = sent("crater", lat=-0.1, minutes=30, **YOUNG)
    late = sent("late", lat=4.0, lon=1.0, minutes=30 * 60, kind="shot")
    answers = outside([shot, crater, late | {"hour": 40}])
    kinds = [answer["change"] for answer in answers]
    assert kinds == ["epoch", "created", "withheld", "created", "attributed", "created"]
    told = answers[4]
    assert told["because"] == "released"
    assert told["incident_id"] == answers[1]["incident_id"]
    assert told["incident"]["p_North"] < answers[1]["incident"]["p_North"]


@pytest.fixture
def layer(tmp_path):
    def write(**more):
        features = [
            {"type": "Feature", "properties": {"party": party},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for party, ring in (("North", NORTH), ("South", SOUTH))
        ]  # fmt: skip
        file = tmp_path / "control.geojson"
        whole = {"type": "FeatureCollection", "features": features, "publisher": "x"}
        file.write_text(json.dumps(whole | more))
        return file

    return write


@pytest.fixture
def command(monkeypatch):
    monkeypatch.setattr(cli.incidents, "utc_now", lambda: NOON + timedelta(days=3))

    def run(rows, *options):
        text = "\n".join(json.dumps(row) for row in rows)
        done = CliRunner().invoke(cli.app, ["fuse", "--live", *options], input=text)
        return [json.loads(x) for x in done.stdout.splitlines()], done

    return run


def test_parties_of_the_layer_stand_in_the_lines(command, layer):
    row = sent("a", platform="mini_uav", assessment="impact", fire_bearing_deg=180.0)
    changes, done = command([row], "--control", str(layer()))
    assert done.exit_code == 0
    incident = changes[1]["incident"]
    assert incident["p_North"] > 0.9
    assert incident["p_South"] == 0.0
    assert incident["p_North"] + incident["p_undetermined"] == pytest.approx(1)


def test_without_a_layer_nobody_is_named(command):
    changes, _ = command([sent("a", assessment="impact")])
    assert not any(name in changes[1]["incident"] for name in ("p_North", "p_South"))


def test_what_stands_before_is_named_with_what_comes(command, layer, tmp_path):
    before = tmp_path / "before.parquet"
    rows = [sent("a", platform="mini_uav"), sent("b", platform="mini_uav", lat=0.2)]
    table = as_observations(rows, name="before", line=1)
    pl.DataFrame(table).write_parquet(before)
    more = sent("c", platform="static_camera")
    changes, done = command([more], str(before), "--control", str(layer()))
    assert done.exit_code == 0, done.output
    (change,) = [c for c in changes if c["change"] == "changed"]
    assert set(change["joined"]) == {"c"}
    assert change["incident"]["p_North"] > 0.5


def test_layer_of_another_origin_names_nobody(command, layer):
    observed = layer(origin="observed")
    changes, done = command([sent("a")], "--control", str(observed))
    assert done.exit_code == 1
    assert [c["change"] for c in changes] == ["epoch", "issue"]
    assert "control is observed" in changes[1]["message"]


@pytest.mark.parametrize("fault", ["empty", "overlap", "bowtie", "missing"])
def test_layer_with_a_fault_is_refused_before_the_first_line(command, tmp_path, fault):
    bow = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    rings = {
        "empty": [], "overlap": [("North", NORTH), ("South", NORTH)],
        "bowtie": [("North", bow)],
    }  # fmt: skip
    file = tmp_path / "control.geojson"
    if fault != "missing":
        features = [
            {"type": "Feature", "properties": {"party": party},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for party, ring in rings[fault]
        ]  # fmt: skip
        whole = {"type": "FeatureCollection", "features": features, "publisher": "x"}
        file.write_text(json.dumps(whole))
    changes, done = command([sent("a")], "--control", str(file))
    assert done.exit_code == 1
    assert changes == []


def test_schema_of_a_line_is_that_of_the_table():
    _, lines = stream()
    out = io.BytesIO()
    for line in lines.lines([json.dumps(sent("a")).encode()]):
        out.write(line)
    incident = json.loads(out.getvalue().splitlines()[1])["incident"]
    assert set(incident) == set(incidents_schema(PARTIES).names)
    assert np.isfinite(incident["p_undetermined"])
