"""Attempts to learn from the output more than it is meant to say. All must fail."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tocsin import cli
from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.fusing.observed import as_observations
from tocsin.incidents import Live, fuse, load_params, quiet_epoch

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
METRES = 111_195.0
PARAMS = load_params()


def seen(name, lon, lat, *, sigma=30.0, second=0, arrived=60, **more):
    at = NOON + timedelta(seconds=second)
    return {
        "observation_id": name, "source_id": name, "kind": "explosion",
        "assessment": "outgoing", "platform": "mini_uav", "nature": "event",
        "t_start": at.isoformat(), "t_end": at.isoformat(), "t_sigma_s": 60.0,
        "lon": lon, "lat": lat, "sigma_m": sigma, "origin": "exercise",
        "received_at": (NOON + timedelta(minutes=arrived)).isoformat(),
    } | more  # fmt: skip


def taken_in(rows):
    """As a mission holds them: coarse from the moment that they come in."""
    table = as_observations(rows, name="rows", line=1)
    return coarsen_outgoing(pl.DataFrame(table)).to_arrow().cast(table.schema)


def places(rows):
    """Where the batch says that the guns are."""
    fused = fuse(
        taken_in(rows), sources=(), parties=(), params=PARAMS, epoch=quiet_epoch(PARAMS)
    ).records.incidents
    assert (pl.Series(fused["sigma_m"]).fill_null(1e9) >= 1_000).all()
    return list(zip(fused["lon"].to_pylist(), fused["lat"].to_pylist(), strict=True))


def watched_gun(rng, how_many, **more):
    """A gun, and good observations of it that come in one after the other."""
    gun = rng.uniform(10, 11), rng.uniform(-1, 1)
    rows = [
        seen(
            f"o{k}",
            gun[0] + rng.normal(0, 200) / METRES,
            gun[1] + rng.normal(0, 200) / METRES,
            second=int(rng.integers(0, 50)),
            arrived=60 + k,
            **more,
        )
        for k in range(how_many)
    ]
    return gun, rows


def off(gun, points):
    """How far the mean of these points is from the gun, metres."""
    east, north = (np.mean(axis) for axis in zip(*points, strict=True))
    return float(np.hypot(east - gun[0], north - gun[1]) * METRES)


# --- differencing


def test_every_knowledge_time_shows_the_same_place_and_their_mean_is_no_finer():
    rng = np.random.default_rng(4)
    first, mean = [], []
    for _ in range(40):
        gun, rows = watched_gun(rng, 12)
        shown = [places(rows[: k + 1]) for k in range(len(rows))]
        known = {place for each in shown for place in each}
        assert known == set(shown[0]), "a later export moved the gun"
        first.append(off(gun, shown[0]))
        mean.append(off(gun, list(known)))
    assert np.mean(mean) >= np.mean(first)


def test_export_without_one_observation_shows_another_single_one_and_never_a_mean():
    rng = np.random.default_rng(5)
    for _ in range(10):
        _, rows = watched_gun(rng, 6)
        coarse = taken_in(rows)
        single = set(
            zip(coarse["lon"].to_pylist(), coarse["lat"].to_pylist(), strict=True)
        )
        for k in range(len(rows)):
            assert set(places(rows[:k] + rows[k + 1 :])) <= single


def test_live_and_batch_together_show_no_more_than_either():
    rng = np.random.default_rng(6)
    for _ in range(10):
        _, rows = watched_gun(rng, 8)
        live = Live(quiet_epoch(PARAMS), origin="exercise")
        shown = set()
        for row in rows:
            live.add(taken_in([row]))
            shown |= {(one["lon"], one["lat"]) for one in live.incidents.values()}
        assert shown == set(places(rows))


def test_asking_again_and_again_gives_one_answer():
    _, rows = watched_gun(np.random.default_rng(7), 9)
    assert {tuple(places(rows)) for _ in range(5)} == {tuple(places(rows[::-1]))}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.floats(-0.02, 0.02),
            st.floats(-0.02, 0.02),
            st.sampled_from([5.0, 200.0, 1_000.0, 3_000.0]),
            st.integers(0, 90),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_gun_is_finer_than_its_best_observation_or_one_kilometre(given_rows):
    rows = [
        seen(f"o{k}", 10 + east, north, sigma=sigma, second=second)
        for k, (east, north, sigma, second) in enumerate(given_rows)
    ]
    fused = fuse(
        taken_in(rows), sources=(), parties=(), params=PARAMS, epoch=quiet_epoch(PARAMS)
    ).records
    sigma = {row["observation_id"]: max(row["sigma_m"], 1_000.0) for row in rows}
    best: dict[str, float] = {}
    for row in fused.members.to_pylist():
        own = sigma[row["observation_id"]]
        best[row["incident_id"]] = min(best.get(row["incident_id"], np.inf), own)
    for row in fused.incidents.to_pylist():
        assert row["sigma_m"] >= best[row["incident_id"]] * (1 - 1e-9)
        assert round(row["lon"], 2) == row["lon"]
        assert round(row["lat"], 2) == row["lat"]


# --- averaging


def test_many_bearings_from_many_posts_do_not_cross_at_the_gun():
    """Forty posts on a ring each give a bearing of one degree to the same gun."""
    gun = (10.137, 0.043)
    rows = []
    for k in range(40):
        turn = 2 * np.pi * k / 40
        post = gun[0] + 0.05 * np.sin(turn), gun[1] + 0.05 * np.cos(turn)
        rows.append(
            seen(
                f"b{k}", None, None, sigma=None, platform="acoustic_sensor",
                observer_lon=post[0], observer_lat=post[1],
                bearing_deg=float(np.degrees(turn) + 180) % 360, width_deg=1.0,
                range_min_m=5_000.0, range_max_m=6_200.0, second=k % 5,
            )
        )  # fmt: skip
    shown = places(rows)
    coarse = {(round(lon, 2), round(lat, 2)) for lon, lat in shown}
    assert set(shown) == coarse
    single = [places([row])[0] for row in rows]
    assert set(shown) <= set(single)


# --- the commands


@pytest.fixture
def command(tmp_path):
    def run(rows, name):
        file = tmp_path / f"{name}.parquet"
        out, members = tmp_path / f"{name}.out", tmp_path / f"{name}.in"
        table = as_observations(rows, name="rows", line=1)
        pl.DataFrame(table).write_parquet(file)
        asked = ["fuse", str(file), "--out", str(out), "--members", str(members)]
        done = CliRunner().invoke(cli.app, asked)
        assert done.exit_code == 0, done.output
        return pl.read_parquet(out)

    return run


def test_command_coarsens_what_was_handed_to_it_fine(command):
    _, rows = watched_gun(np.random.default_rng(8), 6)
    found = command(rows, "all")
    fewer = command(rows[1:], "fewer")
    for table in (found, fewer):
        assert (table["sigma_m"] >= 1_000).all()
        assert (table["lon"].round(2) == table["lon"]).all()
        assert (table["lat"].round(2) == table["lat"]).all()


def test_live_command_says_of_a_young_impact_only_that_something_is_withheld(
    monkeypatch,
):
    monkeypatch.setattr(cli.incidents, "utc_now", lambda: NOON + timedelta(hours=2))
    shot = seen("shot", 10.0, 0.1, assessment=None, kind="shot")
    crater = seen("crater", 10.0, 0.1, assessment="impact", kind="crater", second=30)
    again = {"op": "correct", **crater, "lon": 10.0004}
    gone = {"op": "withdraw", "observation_id": "crater"}
    text = "\n".join(json.dumps(row) for row in (shot, crater, again, again, gone))
    done = CliRunner().invoke(cli.app, ["fuse", "--live"], input=text)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line for line in lines if "incident" in line]
    assert len(told) == 1, "only the shot, which landed nowhere that we know of"
    rest = [line for line in lines[2:] if line["change"] != "withheld"]
    assert rest == []
