from datetime import UTC, datetime

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from tocsin.errors import WrongUse
from tocsin.exercise import (
    Denials,
    Escalation,
    Exchange,
    FalseReports,
    HeavyWeapons,
    Jamming,
    Misspecified,
    Provocation,
    ReturnFire,
    Scenario,
    ShotCameras,
    generate,
)
from tocsin.exercise.world import BOX
from tocsin.model import COVERAGE, OBSERVATIONS, REGISTER, VOCABULARY, conform

TABLES = (
    "observations",
    "watch",
    "register",
    "truth_events",
    "truth_members",
    "truth_breaches",
)

party = st.integers(0, 1)
sector = st.integers(0, 11)
hour = st.floats(0, 60)
hours = st.floats(0.5, 40)
number = st.integers(0, 12)
parts = st.one_of(
    st.builds(
        Escalation, party=party, sector=sector, begin_h=hour, hours=hours, events=number
    ),
    st.builds(Exchange, sector=sector, begin_h=hour, each=number),
    st.builds(ReturnFire, attacker=party, sector=sector, begin_h=hour),
    st.builds(Provocation, party=party, sector=sector, begin_h=hour, events=number),
    st.builds(
        FalseReports, by=party, sector=sector, begin_h=hour, hours=hours, reports=number
    ),
    st.builds(Jamming, by=party, sector=sector, begin_h=hour, hours=hours),
    st.builds(ShotCameras, by=party, sector=sector, begin_h=hour, hours=hours),
    st.builds(
        Denials,
        by=party,
        sector=sector,
        begin_h=hour,
        hours=hours,
        times=st.integers(1, 5),
    ),
    st.builds(HeavyWeapons, party=party, sector=sector, begin_h=hour, hours=hours),
)
scenarios = st.builds(
    Scenario,
    days=st.integers(1, 4),
    per_day=st.integers(1, 300),
    origin=st.sampled_from(["exercise", "imagined"]),
    fire_per_day=st.floats(0, 60),
    fire_share=st.none() | st.floats(0, 1),
    false_share=st.floats(0, 0.9),
    late_share=st.floats(0, 1),
    reposts=st.floats(0, 3),
    wrong_settlement=st.floats(0, 1),
    restrictions_per_day=st.floats(0, 6),
    misspecified=st.builds(
        Misspecified,
        factor=st.floats(0.2, 4),
        spread=st.floats(0, 1),
        tails=st.none() | st.floats(2.1, 30),
    ),
    plan=st.lists(parts, max_size=4).map(tuple),
    answers=st.just(()),
)


def chance(seed):
    return np.random.Generator(np.random.PCG64(seed))


def frame(table):
    return pl.DataFrame(pl.from_arrow(table))


@settings(max_examples=60)
@given(scenarios, st.integers(0, 2**32))
def test_every_scenario_gives_tables_that_keep_the_laws(scenario, seed):
    exercise = generate(scenario, rng=chance(seed))
    table = exercise.observations
    assert table.num_rows >= scenario.rows
    assert table.num_rows == exercise.truth_members.num_rows
    rows = frame(table)
    west, south, east, north = BOX
    for lon, lat in (("lon", "lat"), ("observer_lon", "observer_lat")):
        assert rows.filter(~pl.col(lon).is_between(west, east)).is_empty()
        assert rows.filter(~pl.col(lat).is_between(south, north)).is_empty()
    assert (rows["t_start"] <= rows["t_end"]).all()
    assert (rows["t_end"] <= rows["received_at"]).all()
    assert (rows["t_start"] >= scenario.start).all()
    assert rows["received_at"].is_sorted()
    for name in ("bearing_deg", "fire_bearing_deg", "width_deg"):
        assert rows.filter(~pl.col(name).is_between(0, 360)).is_empty()
    assert (rows["range_min_m"].drop_nulls() >= 0).all()
    ranges = rows.drop_nulls("range_min_m")
    assert (ranges["range_min_m"] < ranges["range_max_m"]).all()
    assert (rows["sigma_m"].drop_nulls() > 0).all()
    assert (rows["t_sigma_s"].drop_nulls() > 0).all()
    assert (rows["count"].drop_nulls() > 0).all()
    shares = exercise.watch["share"].to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert not np.isnan(shares).any()


@settings(max_examples=25)
@given(scenarios, st.integers(0, 2**32))
def test_truth_covers_what_was_seen_and_points_at_what_happened(scenario, seed):
    exercise = generate(scenario, rng=chance(seed))
    members, events = frame(exercise.truth_members), frame(exercise.truth_events)
    assert members["row"].to_list() == list(range(1, len(members) + 1))
    seen = members.drop_nulls("event")
    assert seen["event"].is_in(events["event"].implode()).all()
    assert events["event"].to_list() == list(range(len(events)))
    breaches = frame(exercise.truth_breaches).drop_nulls("event")
    assert breaches["event"].is_in(events["event"].implode()).all()
    fire = events.filter("fire")
    ceasefire = breaches.filter(pl.col("clause") == "Article 1(1)")
    assert sorted(ceasefire["event"]) == sorted(fire["event"])
    excused = ceasefire.filter(pl.col("verdict") == "excused")["event"]
    assert sorted(excused) == sorted(events.filter("excused")["event"])


@settings(max_examples=15)
@given(scenarios, st.integers(0, 2**32))
def test_same_seed_same_bytes(scenario, seed):
    one, two = (generate(scenario, rng=chance(seed)) for _ in range(2))
    for name in TABLES:
        assert serialised(getattr(one, name)) == serialised(getattr(two, name))
    assert one.control == two.control


def serialised(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_another_seed_is_another_exercise(lantern):
    other = generate(Scenario(), rng=chance(99))
    assert other.observations["lon"] != lantern.observations["lon"]


def test_tables_fit_the_schemas_of_the_model(lantern):
    raw = pa.array(["0"] * lantern.observations.num_rows)
    given_ids = ("observation_id", "raw_sha256", "raw_ref")
    whole = lantern.observations
    for name in given_ids:
        whole = whole.append_column(name, raw)
    conform(whole, OBSERVATIONS, what="observations")
    conform(lantern.watch, COVERAGE, what="watch")
    names = [f.name for f in REGISTER if not f.name.startswith("raw_")]
    assert lantern.register.column_names == names


@pytest.mark.parametrize("column", sorted({*VOCABULARY} - {"origin", "vote"}))
def test_words_are_those_of_the_field(lantern, column):
    used = {*lantern.observations[column].drop_null().to_pylist()}
    assert used <= {*VOCABULARY[column]}
    assert used


def test_exactly_so_many_observations_as_asked_for(lantern):
    assert lantern.observations.num_rows == 14_000


def test_about_fifteen_percent_are_false_alarms(lantern):
    false = lantern.truth_members["event"].null_count / 14_000
    assert 0.12 < false < 0.18


def test_about_half_of_the_noticed_events_are_noticed_once(lantern):
    sizes = frame(lantern.truth_members).drop_nulls("event").group_by("event").len()
    assert 0.35 < (sizes["len"] == 1).mean() < 0.60
    assert 2.2 < sizes["len"].mean() < 3.6


def test_outgoing_fire_leaves_from_the_shooter_s_own_side(lantern):
    events = frame(lantern.truth_events).filter("fire")
    held = {
        feature["properties"]["party"]: shape(feature["geometry"])
        for feature in lantern.control["features"]
    }
    out = events.filter(pl.col("assessment") == "outgoing")
    for who, ground in held.items():
        mine = out.filter(pl.col("party") == who)
        assert len(mine) > 5
        assert inside(ground, mine).all()
    impacts = events.filter(pl.col("assessment") == "impact")
    at = {who: inside(ground, impacts) for who, ground in held.items()}
    own = np.where(impacts["party"] == "Northland", at["Northland"], at["Southland"])
    assert 0.02 < own.mean() < 0.15


def inside(ground, rows):
    return shapely.contains_xy(ground, rows["lon"].to_numpy(), rows["lat"].to_numpy())


def test_reports_contradict_the_true_assessment_only_rarely(lantern):
    rows = frame(lantern.observations).with_columns(
        event=pl.Series(lantern.truth_members["event"].to_pylist())
    )
    truth = frame(lantern.truth_events).select("event", true="assessment", fire="fire")
    both = rows.join(truth, on="event").filter(
        "fire", pl.col("assessment").is_in(["outgoing", "impact"])
    )
    assert len(both) > 300
    assert 0 < (both["assessment"] != both["true"]).mean() < 0.08


def test_reposts_share_a_root_with_their_original(lantern):
    rows = frame(lantern.observations).with_columns(
        event=pl.Series(lantern.truth_members["event"].to_pylist())
    )
    stories = rows.drop_nulls("derived_from").group_by("derived_from")
    told = stories.agg(
        pl.len(),
        places=pl.col("place_name").n_unique(),
        events=pl.col("event").n_unique(),
        began=pl.col("t_start").n_unique(),
    )
    true = told.filter(
        pl.col("derived_from").is_in(rows.drop_nulls("event")["derived_from"].implode())
    )
    assert (true["len"] >= 2).all()
    assert (true["places"] == 1).all()
    assert (true["events"] == 1).all()
    assert (true["began"] == 1).all()


def test_some_reports_come_up_to_two_days_late(lantern):
    rows = frame(lantern.observations).filter(pl.col("platform") == "acoustic_sensor")
    late = (rows["received_at"] - rows["t_end"]).dt.total_hours()
    assert 0.07 < (late >= 6).mean() < 0.13
    assert 40 < late.max() <= 49


def test_no_instrument_sees_anything_in_the_jammed_sector(lantern):
    rows = frame(lantern.observations).with_columns(
        event=pl.Series(lantern.truth_members["event"].to_pylist())
    )
    truth = frame(lantern.truth_events).select(
        "event", where="sector", t="t", true_kind="kind"
    )
    seen = rows.join(truth, on="event").filter(
        pl.col("where") == "Fenwarden",
        pl.col("t").is_between(
            datetime(2025, 3, 7, tzinfo=UTC),
            datetime(2025, 3, 8, 7, 59, 59, tzinfo=UTC),
        ),
    )
    other = seen.filter(~pl.col("true_kind").is_in(["jamming", "restriction"]))
    assert set(other["nature"]) == {"claim"}
    watch = frame(lantern.watch).filter(
        pl.col("sector") == "Fenwarden", pl.col("why") == "jamming"
    )
    dark = watch.filter(pl.col("share") == 0)
    assert dark["source_id"].n_unique() == 4
    total = (dark["t_end"] - dark["t_start"]).dt.total_hours().sum()
    assert total >= 4 * 32


def test_watch_logs_of_a_network_and_sector_follow_on_each_other(lantern):
    watch = frame(lantern.watch)
    for _, rows in watch.group_by("sector", "source_id"):
        ordered = rows.sort("t_start")
        assert (ordered["t_end"][:-1] == ordered["t_start"][1:]).all()
        assert ordered["t_start"][0] == Scenario().start
        assert (ordered["t_end"][-1] - ordered["t_start"][0]).days == 14


def test_a_party_never_reports_what_it_did_itself(lantern):
    rows = frame(lantern.observations).with_columns(
        event=pl.Series(lantern.truth_members["event"].to_pylist())
    )
    truth = frame(lantern.truth_events).select("event", party="party")
    claims = rows.filter(pl.col("nature") == "claim").join(truth, on="event")
    known = claims.drop_nulls("party")
    assert len(known) > 100
    assert (known["claimed_by"] != known["party"]).all()
    assert (claims["claimed_by"] != claims["claimed_party"]).all()


def test_restriction_names_the_denier(lantern):
    rows = frame(lantern.observations).filter(pl.col("restriction") == "denial")
    assert len(rows) > 5
    assert rows["claimed_party"].null_count() == 0


def test_planned_parts_alone_may_exceed_the_volume():
    thin = Scenario(days=2, per_day=1, plan=(escalation(events=30),), answers=())
    assert generate(thin, rng=chance(3)).observations.num_rows > 30


def test_stray_fire_alone_is_never_a_serious_violation():
    for seed in range(3):
        calm = Scenario(days=8, per_day=400, fire_per_day=200, plan=(), answers=())
        breaches = frame(generate(calm, rng=chance(seed)).truth_breaches)
        assert "Article 5(1)" not in breaches["clause"].to_list()


def test_what_lies_beyond_the_last_day_does_not_happen():
    short = Scenario(days=1, per_day=50, answers=())
    exercise = generate(short, rng=chance(4))
    end = short.start.timestamp() + 86_400
    for table, column in (("truth_events", "t"), ("register", "t"), ("watch", "t_end")):
        times = getattr(exercise, table)[column].to_pylist()
        assert all(t.timestamp() <= end for t in times)


def escalation(**changes):
    whole = {"party": 0, "sector": 3, "begin_h": 2, "hours": 20, "events": 50}
    return Escalation(**(whole | changes))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (Scenario(days=0), "days"),
        (Scenario(per_day=-1), "per_day"),
        (Scenario(false_share=2.0), "false_share"),
        (Scenario(plan=(escalation(sector=12),)), "sector"),
        (Scenario(plan=(escalation(party=2),)), "party"),
        (Scenario(misspecified=Misspecified(factor=0)), "factor"),
    ],
)
def test_value_out_of_bounds_is_refused_by_name(wrong, word):
    with pytest.raises(WrongUse, match=word):
        generate(wrong, rng=chance(1))


def test_generator_refuses_to_make_observed_evidence():
    with pytest.raises(WrongUse, match="observed"):
        Scenario(origin="observed")


def test_start_without_a_zone_is_refused():
    with pytest.raises(WrongUse, match="zone"):
        Scenario(start=Scenario().start.replace(tzinfo=None))


def test_scenario_survives_a_round_trip_through_json():
    whole = Scenario()
    again = msgspec.json.decode(msgspec.json.encode(whole), type=Scenario)
    assert again == whole


def test_progress_goes_from_nothing_to_all():
    told = []
    generate(
        Scenario(days=1, per_day=30, plan=(), answers=()),
        rng=chance(1),
        progress=lambda step, share: told.append((step, share)),
    )
    shares = [share for _, share in told]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)
