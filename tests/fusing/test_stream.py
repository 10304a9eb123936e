"""`tocsin fuse --live` as a user meets it: lines in, lines out."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from tocsin import cli
from tocsin.incidents import fuse, load_params, quiet_epoch

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def sent(name, minutes=0, **more):
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    return {
        "observation_id": name, "source_id": f"s {name}", "kind": "shot",
        "t_start": at, "t_end": at, "t_sigma_s": 60.0, "lon": 1.0, "lat": 0.5,
        "sigma_m": 400.0,
    } | more  # fmt: skip


@pytest.fixture
def live(monkeypatch):
    """Run the command on lines, at an instant; the changes and the exit code."""

    def run(lines, *options, at=NOON):
        monkeypatch.setattr(cli.incidents, "utc_now", lambda: at)
        text = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
        done = CliRunner().invoke(cli.app, ["fuse", "--live", *options], input=text)
        out = [json.loads(line) for line in done.stdout.splitlines()]
        assert out[0]["change"] == "epoch", done.output
        return out[1:], done.exit_code

    return run


def kinds(changes):
    return [change["change"] for change in changes]


def test_each_line_is_answered_with_what_it_changed(live):
    changes, code = live([
        sent("a"), sent("b", 1), {"op": "withdraw", "observation_id": "a"},
        {**sent("b", 1), "op": "correct", "lon": 1.5},
        {"op": "withdraw", "observation_id": "b"},
    ])  # fmt: skip
    assert code == 0
    assert kinds(changes) == ["created", "changed", "changed", "changed", "retracted"]
    assert len({change["incident_id"] for change in changes}) == 1
    assert [c["version"] for c in changes] == [1, 2, 3, 4, 5]
    assert changes[2]["left"] == ["a"]
    assert changes[3]["incident"]["lon"] == 1.5


def test_faulty_lines_are_issues_and_the_rest_goes_on(live):
    changes, code = live([
        "{", sent("a", sigma_m=-1.0), {"op": "explode"}, {"source_id": "s"},
        sent("t", t_end="2020-01-01T00:00:00Z"), {"op": "withdraw"},
        {"op": "withdraw", "observation_id": "ghost"}, sent("fine"),
    ])  # fmt: skip
    assert code == 1
    codes = [c["code"] for c in changes if c["change"] == "issue"]
    assert {"file_damaged", "value_invalid", "value_missing", "time_invalid"} <= {
        *codes
    }
    assert "observation_unknown" in codes
    assert kinds(changes)[-1] == "created"


def test_ring_of_reposts_loses_nobody_and_the_stream_goes_on(live):
    changes, code = live([
        sent("a", derived_from="b"), sent("b", 1, derived_from="a"),
        sent("c", 2, derived_from="c"), sent("far", lon=3.0),
    ])  # fmt: skip
    assert code == 0
    joined = [name for c in changes for name in c.get("joined", ())]
    assert sorted(joined) == ["a", "b", "c", "far"]


@pytest.mark.parametrize(
    "landed",
    [
        {"kind": "crater"},
        {"kind": "explosion", "assessment": "impact"},
        {"kind": "explosion"},
        {"kind": "damage"},
    ],
)
def test_impact_leaves_a_day_late_and_not_a_second_earlier(live, landed):
    young, _ = live([sent("a", **landed)], at=NOON + timedelta(hours=23, minutes=59))
    assert kinds(young) == ["withheld", "withheld"]
    assert "1.0" not in json.dumps(young)
    assert "incident" not in {key for change in young for key in change}
    old, _ = live([sent("a", **landed)], at=NOON + timedelta(hours=24, minutes=3))
    assert kinds(old) == ["created"]
    inside, _ = live([sent("a", **landed)], "--inside")
    assert kinds(inside) == ["created"]


def test_held_changes_leave_in_order_once_they_are_old(live):
    crater = sent("a", kind="crater", received_at="2025-03-03T12:05:00Z")
    more = sent("b", 1, kind="crater", received_at="2025-03-03T13:00:00Z")
    late = sent("c", 2_000, lon=5.0, received_at="2025-03-05T00:00:00Z")
    changes, _ = live([crater, more, late], "--replay")
    assert kinds(changes) == ["withheld", "withheld", "created", "changed", "created"]


def test_difference_of_two_outputs_shows_no_young_impact(live):
    base = [sent("shot"), sent("other", lon=3.0)]
    with_impact = [*base, sent("crater", 1, kind="crater")]
    first, _ = live(base, at=NOON + timedelta(hours=1))
    second, _ = live(with_impact, at=NOON + timedelta(hours=1))
    more = [change for change in second if change not in first]
    assert set(kinds(more)) == {"withheld"}


def test_outgoing_fire_is_never_finer_than_one_kilometre(live):
    gun = [
        sent(f"g{k}", k % 3, assessment="outgoing", kind="explosion", sigma_m=20.0)
        for k in range(8)
    ]
    changes, _ = live(gun, "--inside")
    rows = [change["incident"] for change in changes if change.get("incident")]
    assert rows
    assert all(row["sigma_m"] >= 1_000 for row in rows)
    assert all(round(row["lon"], 2) == row["lon"] for row in rows)


def test_what_stands_before_sets_the_epoch_and_takes_part(live, tmp_path, scene):
    table, _ = scene(200, days=1, seed=4)
    table = table.slice(0, 400)
    file = tmp_path / "before.parquet"
    pl.DataFrame(table).write_parquet(file)
    fused = fuse(table, sources=(), parties=()).records
    row = fused.incidents.to_pylist()[0]
    member = {
        **sent("new", origin="exercise", lon=row["lon"], lat=row["lat"]),
        "t_start": row["t_start"].isoformat(), "t_end": row["t_start"].isoformat(),
        "kind": row["kind"],
    }  # fmt: skip
    changes, code = live([member], str(file), "--inside")
    assert code == 0
    assert changes[0]["change"] == "changed"
    assert changes[0]["epoch"] != quiet_epoch(load_params()).version
