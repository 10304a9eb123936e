"""What makes an incident and what does not, as cases; then the laws of fusion."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from tocsin.errors import OriginsMixed
from tocsin.model import incidents_schema

# --- cases


def test_second_report_of_same_shelling_does_not_open_new_incident(fused, groups):
    result = fused("""
        id    source_id  platform       t         t_sigma_s  lon      lat   sigma_m
        cam   cam_7      static_camera  06:00:00  15         -25.000  0.00  400
        pat   team_2     patrol         06:04:00  300        -25.006  0.01  900
    """)
    assert groups(result) == {frozenset({"cam", "pat"})}
    (row,) = result.incidents.to_pylist()
    assert (row["n_observations"], row["n_independent"]) == (2, 2)
    assert row["kind"] == "explosion"
    assert row["sigma_m"] < 400
    assert row["p_undetermined"] == 1.0


def test_shelling_elsewhere_or_at_another_hour_is_another_incident(fused, groups):
    result = fused("""
        id    t         t_sigma_s  lon      lat   sigma_m
        here  06:00:00  30         -25.000  0.00  300
        far   06:00:00  30         -25.400  0.00  300
        late  09:00:00  30         -25.000  0.00  300
    """)
    assert groups(result) == {
        frozenset({"here"}),
        frozenset({"far"}),
        frozenset({"late"}),
    }


def test_reports_at_exactly_the_same_time_and_place_are_put_together(fused, groups):
    # st_dbscan drops pairs of equal time stamps; one overpass sees many fires at once
    result = fused("""
        id  source_id  t         t_sigma_s  lon  lat  sigma_m
        a   sat_1      06:00:00  60         10   0    400
        b   sat_2      06:00:00  60         10   0    400
        c   sat_3      06:00:00  60         10   0    400
    """)
    assert groups(result) == {frozenset("abc")}


def test_reports_across_the_date_line_are_put_together(fused, groups):
    result = fused("""
        id  source_id  t         t_sigma_s  lon       lat  sigma_m
        a   one        06:00:00  30         179.9995  10   400
        b   two        06:00:00  30         -179.9995 10   400
    """)
    assert groups(result) == {frozenset("ab")}
    assert abs(abs(result.incidents["lon"][0].as_py()) - 180) < 0.001


def test_warning_alone_opens_no_incident_and_joins_one_that_is_there(fused, groups):
    result = fused("""
        id     nature   source_id  t         t_sigma_s  lon     lat  sigma_m
        heard  event    team       06:00:00  60         10.000  0    500
        flash  warning  satellite  06:02:00  300        10.001  0    400
        farm   warning  satellite  06:02:00  300        12.000  0    400
        fire   warning  satellite  06:02:00  300        12.000  0    400
    """)
    assert groups(result) == {frozenset({"heard", "flash"})}
    why = {r["observation_id"]: r["why"] for r in result.leftover.to_pylist()}
    assert set(why) == {"farm", "fire"}
    assert "warning" in why["farm"]


def test_warning_moves_neither_place_nor_time_of_an_incident(fused):
    alone = """
        id     nature   t         t_sigma_s  lon     lat  sigma_m
        heard  event    06:00:00  60         10.000  0    500
    """
    joined = alone + "flash  warning  06:01:00  300  10.002  0  400\n"
    columns = ["incident_id", "t_start", "t_end", "lon", "lat", "sigma_m", "kind"]
    first, second = fused(alone), fused(joined)
    assert second.incidents["n_observations"].to_pylist() == [2]
    assert first.incidents.select(columns) == second.incidents.select(columns)


def test_claim_joins_but_neither_opens_an_incident_nor_counts_as_a_root(fused, source):
    result = fused(
        """
        id     nature  source_id  t         t_sigma_s  lon     lat  sigma_m
        heard  event   team       06:00:00  60         10.000  0    500
        said   claim   ministry   06:00:00  600        10.001  0    900
        alone  claim   ministry   18:00:00  600        11.000  0    900
        """,
        sources=(
            source("team", "mission", "patrols"),
            source("ministry", "state", "word"),
        ),
    )
    (row,) = result.incidents.to_pylist()
    assert (row["n_observations"], row["n_independent"]) == (2, 1)
    assert result.leftover["observation_id"].to_pylist() == ["alone"]


def test_period_count_is_kept_as_what_it_is(fused, groups):
    result = fused("""
        id    nature        kind       t_start   t_end     count  lon  lat  sigma_m
        day   period_count  -          00:00:00  23:59:59  302    10   0    9000
        same  period_count  -          00:00:00  23:59:59  302    10   0    9000
        shot  event         explosion  12:00:00  12:00:00  1      10   0    9000
        said  claim         explosion  00:00:00  23:59:59  45     10   0    9000
    """)
    assert {frozenset({"day"}), frozenset({"same"})} <= groups(result)
    kinds = result.incidents["kind"].to_pylist()
    assert kinds.count(None) == 2


def test_restriction_and_jamming_are_cases_of_their_own(fused, groups):
    result = fused("""
        id      kind         source_id  t         t_sigma_s  lon  lat  sigma_m
        boom    explosion    a          06:00:00  60         10   0    500
        denied  restriction  b          06:00:00  60         10   0    500
        again   restriction  c          06:00:00  60         10   0    500
        jam     jamming      d          06:00:00  60         10   0    500
        what    -            e          06:00:00  60         10   0    500
    """)
    found = groups(result)
    assert frozenset({"denied", "again"}) in found
    assert frozenset({"jam"}) in found
    assert frozenset({"boom", "what"}) in found


def test_calm_opens_nothing(fused):
    result = fused("""
        id    kind  t         lon  lat  sigma_m
        quiet calm  06:00:00  10   0    500
    """)
    assert result.incidents.num_rows == 0
    assert result.leftover["why"].to_pylist() == ["calm"]


def test_rows_of_a_source_that_tells_its_events_apart_stay_apart(fused, groups, source):
    # UCDP GED: one row is one lethal event, many of them in one village on one day
    text = """
        id   source_id  t         t_sigma_s  lon     lat  sigma_m
        a    register   06:00:00  600        10.000  0    1000
        b    register   06:00:00  600        10.000  0    1000
        cam  camera     06:01:00  60         10.001  0    300
    """
    sources = (source("register", row_is_event=True), source("camera"))
    found = groups(fused(text, sources))
    assert len(found) == 2
    assert not any({"a", "b"} <= group for group in found)
    assert groups(fused(text, (source("register"), source("camera")))) == {
        frozenset({"a", "b", "cam"})
    }


def test_gun_and_crater_of_one_shot_stay_two_incidents(fused, groups):
    result = fused("""
        id     assessment  source_id  t         t_sigma_s  lon    lat  sigma_m
        gun    outgoing    a          06:00:00  60         10.00  0    1000
        fell   impact      b          06:00:00  60         10.01  0    1000
        heard  -           c          06:00:00  60         10.01  0    900
    """)
    assert not any({"gun", "fell"} <= group for group in groups(result))


def test_places_known_by_name_only_are_not_merged_by_place(fused, groups):
    result = fused("""
        id  t         place_name  lon  lat
        a   06:00:00  Esknellune  -    -
        b   06:00:00  Esknellune  -    -
    """)
    assert groups(result) == {frozenset("a"), frozenset("b")}
    assert result.incidents["lon"].null_count == 2


def test_sector_meets_the_point_inside_it_and_not_the_one_behind_the_observer(
    fused, groups
):
    # "2-4 km SE of its position" is an annular sector, about 3 km out
    result = fused("""
        id     source_id  t         t_sigma_s  lon     lat     sigma_m  observer_lon  observer_lat  bearing_deg  width_deg  range_min_m  range_max_m
        heard  patrol     06:00:00  60         -       -       -        10.0          0.0           135          22.5       2000         4000
        seen   uav        06:00:00  60         10.019  -0.019  100      -             -             -            -          -            -
        back   uav        06:00:00  60         9.981   0.019   100      -             -             -            -          -            -
    """)  # noqa: E501
    assert groups(result) == {frozenset({"heard", "seen"}), frozenset({"back"})}


def test_chain_of_near_neighbours_does_not_become_one_incident(fused, groups):
    rows = [
        f"o{k:02d}  s{k}  06:00:00  60  {10 + 0.006 * k:.3f}  0  300" for k in range(20)
    ]
    text = "id source_id t t_sigma_s lon lat sigma_m\n" + "\n".join(rows)
    sizes = sorted(len(group) for group in groups(fused(text)))
    assert sizes[-1] <= 6


def test_unusable_rows_are_issues_and_stay_in_the_record(observed):
    from tocsin.incidents import fuse

    table = observed("""
        id     t_start   t_end     lon  lat  sigma_m
        fine   06:00:00  06:00:00  10   0    300
        back   07:00:00  06:00:00  10   0    300
        far    06:00:00  06:00:00  10   95   300
        minus  09:00:00  09:00:00  10   0    -5
        fine   06:00:00  06:00:00  10   0    300
    """)
    outcome = fuse(table, sources=(), parties=("N", "S"))
    codes = sorted(issue.code for issue in outcome.issues)
    assert codes == [
        "duplicate_row", "place_invalid", "source_unknown", "time_invalid",
        "value_invalid",
    ]  # fmt: skip
    kept = outcome.records.members.num_rows + outcome.records.leftover.num_rows
    assert kept == table.num_rows
    wrong = next(i for i in outcome.issues if i.code == "time_invalid")
    assert (wrong.where.file, wrong.where.line) == ("day.csv", 2)


def test_origins_are_not_mixed(fused, observed):
    row = "id origin t lon lat sigma_m\na {} 06:00:00 10 0 300"
    mixed = pa.concat_tables(
        [observed(row.format("observed")), observed(row.format("exercise"))]
    )
    with pytest.raises(OriginsMixed):
        fused(mixed)


def test_nothing_in_gives_nothing_out(fused, observed):
    none = observed("id t lon lat sigma_m\na 06:00:00 1 1 1").slice(0, 0)
    result = fused(none)
    assert result.incidents.schema == incidents_schema(("Northland", "Southland"))
    assert result.incidents.num_rows == result.members.num_rows == 0


# --- ids


def test_incident_keeps_its_id_when_a_later_report_joins_it(fused):
    first = """
        id    received_at  source_id  t         t_sigma_s  lon     lat  sigma_m
        zeta  06:10:00     team       06:00:00  60         10.000  0    500
    """
    then = first + "alfa  07:00:00  other  05:59:00  60  10.001  0  100\n"
    assert fused(first).incidents["incident_id"] == fused(then).incidents["incident_id"]


def test_founder_is_tied_in_by_nothing_and_everybody_else_by_a_number(fused):
    result = fused("""
        id  received_at  source_id  t         t_sigma_s  lon     lat  sigma_m
        a   06:10:00     one        06:00:00  60         10.000  0    500
        b   06:05:00     two        06:00:00  60         10.001  0    500
    """)
    llr = {r["observation_id"]: r["llr"] for r in result.members.to_pylist()}
    assert llr["b"] is None
    assert llr["a"] > 0


# --- outgoing fire


OUTGOING = st.lists(
    st.tuples(
        st.sampled_from(["outgoing", "undetermined", "muzzle"]),
        st.floats(-0.004, 0.004),
        st.floats(-0.004, 0.004),
        st.sampled_from([20, 150, 700, 1500, 4000]),
        st.sampled_from(["event", "warning"]),
    ),
    min_size=1,
    max_size=12,
)


@given(OUTGOING)
@settings(max_examples=60)
def test_outgoing_fire_is_never_finer_than_its_best_observation_or_one_km(
    fused, observed, reports
):
    lines = [
        f"o{k} {nature} {'muzzle_flash' if what == 'muzzle' else 'explosion'}"
        f" {'-' if what == 'muzzle' else what} s{k} 06:00:00 30 {10 + x} {y} {sigma}"
        for k, (what, x, y, sigma, nature) in enumerate(reports)
    ]
    head = "id nature kind assessment source_id t t_sigma_s lon lat sigma_m"
    table = observed("\n".join([head, *lines]))
    result = fused(table)
    seen = {row["observation_id"]: row for row in table.to_pylist()}
    incident = {row["incident_id"]: row for row in result.incidents.to_pylist()}
    members = {}
    for row in result.members.to_pylist():
        members.setdefault(row["incident_id"], []).append(seen[row["observation_id"]])
    for name, rows in members.items():
        if any(
            r["assessment"] == "outgoing" or r["kind"] == "muzzle_flash" for r in rows
        ):
            best = min(r["sigma_m"] for r in rows if r["nature"] == "event")
            assert incident[name]["sigma_m"] >= max(1000.0, best)
            places = {(round(r["lon"], 2), round(r["lat"], 2)) for r in rows}
            where = (incident[name]["lon"], incident[name]["lat"])
            assert where in {(round(x, 6), round(y, 6)) for x, y in places}


def test_hundred_bearings_of_one_gun_do_not_find_it(fused):
    rng = np.random.default_rng(1)
    rows = [
        f"o{k:03d} s{k} outgoing 06:00:00 10 {10 + x:.5f} {y:.5f} 1000"
        for k, (x, y) in enumerate(rng.normal(0, 0.009, (100, 2)))
    ]
    text = "id source_id assessment t t_sigma_s lon lat sigma_m\n" + "\n".join(rows)
    result = fused(text)
    assert pc.min(result.incidents["sigma_m"]).as_py() >= 1000.0


def test_many_sightings_of_one_weapon_are_not_averaged(fused):
    result = fused("""
        id  kind             source_id  t         t_sigma_s  lon     lat     sigma_m
        a   weapon_presence  one        06:00:00  600        10.001  0.001   150
        b   weapon_presence  two        06:00:00  600        10.000  0.000   200
        c   weapon_presence  three      06:00:00  600        10.002  0.002   400
    """)
    (row,) = result.incidents.to_pylist()
    assert (row["lon"], row["lat"], row["sigma_m"]) == (10.001, 0.001, 150.0)


# --- laws

KIND = st.sampled_from(
    ["explosion", "shot", "restriction", "weapon_presence", "calm", "-"]
)
NATURE = st.sampled_from(
    ["event", "event", "event", "warning", "claim", "period_count"]
)
REPORT = st.tuples(
    NATURE,
    KIND,
    st.sampled_from(["one", "two", "three"]),
    st.integers(0, 4),  # minutes: equal times are common
    st.integers(0, 4),  # places: equal places are common
    st.sampled_from([100, 500, 2000]),
    st.sampled_from(["-", "-", "o0", "story"]),
)


def _text(reports):
    lines = [
        f"o{k} {nature} {kind} {source} 06:{minute:02d}:00 40"
        f" {10 + 0.003 * place:.3f} 0 {sigma} {root}"
        for k, (nature, kind, source, minute, place, sigma, root) in enumerate(reports)
    ]
    head = "id nature kind source_id t t_sigma_s lon lat sigma_m derived_from"
    return "\n".join([head, *lines])


@given(st.lists(REPORT, min_size=1, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_answer_does_not_depend_on_the_order_of_the_rows(
    fused, observed, reports, chance
):
    table = observed(_text(reports))
    order = list(range(table.num_rows))
    chance.shuffle(order)
    first, second = fused(table), fused(table.take(order))
    assert first.incidents.equals(second.incidents)
    by_id = [("observation_id", "ascending")]
    assert first.members.sort_by(by_id).equals(second.members.sort_by(by_id))
    assert first.epoch.version == second.epoch.version


@given(st.lists(REPORT, min_size=1, max_size=25))
@settings(max_examples=100)
def test_members_and_leftover_are_all_observations_each_once(fused, observed, reports):
    table = observed(_text(reports))
    result = fused(table)
    kept = (
        result.members["observation_id"].to_pylist()
        + result.leftover["observation_id"].to_pylist()
    )
    assert sorted(kept) == sorted(table["observation_id"].to_pylist())
    incidents = result.incidents
    assert set(result.members["incident_id"].to_pylist()) == set(
        incidents["incident_id"].to_pylist()
    )
    counted = incidents["n_observations"].to_pylist()
    assert sum(counted) == result.members.num_rows
    assert all(
        n <= m
        for n, m in zip(incidents["n_independent"].to_pylist(), counted, strict=True)
    )


@given(st.lists(REPORT, min_size=1, max_size=25))
@settings(max_examples=60)
def test_every_incident_has_a_member_that_may_open_one(fused, observed, reports):
    table = observed(_text(reports))
    nature = dict(
        zip(
            table["observation_id"].to_pylist(),
            table["nature"].to_pylist(),
            strict=True,
        )
    )
    opened = {
        row["incident_id"]
        for row in fused(table).members.to_pylist()
        if nature[row["observation_id"]] in ("event", "period_count")
    }
    assert opened == set(fused(table).incidents["incident_id"].to_pylist())


# --- how well


def best_fixed_radius(table, truth, f1):
    """F1 of connected components under the one radius and time that suit best."""
    east, north = (
        table["lon"].to_numpy() * 111_195.0,
        table["lat"].to_numpy() * 111_195.0,
    )
    t = table["t_start"].cast(pa.int64()).to_numpy() / 1e6
    best = 0.0
    for radius in (400, 800, 1600, 2400):
        for seconds in (60, 200, 600, 1800):
            tree = cKDTree(
                np.column_stack([east / radius, north / radius, t / seconds])
            )
            i, j = tree.query_pairs(1.0, output_type="ndarray").T
            graph = coo_matrix((np.ones(len(i)), (i, j)), shape=(len(t), len(t)))
            best = max(best, f1(connected_components(graph)[1], truth))
    return best


@pytest.mark.parametrize("stated", [1.0, 0.5, 2.0])
def test_own_uncertainty_beats_the_best_fixed_radius_even_where_it_is_misstated(
    fused, scene, labels_of, pairwise_f1, stated
):
    table, truth = scene(3000, days=1, seed=11, stated=stated)
    ours = pairwise_f1(labels_of(fused(table), table), truth)
    assert ours >= best_fixed_radius(table, truth, pairwise_f1) + 0.05


def test_incidents_lie_as_close_to_the_truth_as_they_say(fused, observed):
    rng = np.random.default_rng(3)
    rows = [
        f"o{k}_{s} s{s} {k // 60:02d}:{k % 60:02d}:00 5"
        f" {10 + 0.1 * k + x:.6f} {y:.6f} 500"
        for k in range(300)
        for s, (x, y) in enumerate(rng.normal(0, 500 / 111_195.08, (3, 2)))
    ]
    result = fused("id source_id t t_sigma_s lon lat sigma_m\n" + "\n".join(rows))
    whole = result.incidents.filter(pc.equal(result.incidents["n_observations"], 3))
    lon, lat = whole["lon"].to_numpy(), whole["lat"].to_numpy()
    off = np.hypot(lon - np.round(lon, 1), lat) * 111_195.08
    standard = off**2 / whole["sigma_m"].to_numpy() ** 2 / 2
    assert whole.num_rows > 250
    assert 0.8 < standard.mean() < 1.2


def test_sector_is_never_shown_as_a_place_finer_than_the_sector(fused):
    # "2-4 km SE of its position": the farthest corner is 1.2 km from the centroid
    head = "id source_id t t_sigma_s lon lat observer_lon observer_lat bearing_deg"
    line = "06:00:00 60 - - 10.0 0.0 135 22.5 2000 4000"
    text = f"{head} width_deg range_min_m range_max_m\na one {line}\nb two {line}"
    alone = fused(text.rpartition("\n")[0]).incidents.to_pylist()
    (both,) = fused(text).incidents.to_pylist()
    assert both["n_observations"] == 2
    assert 1000 < alone[0]["sigma_m"] < 1400
    assert both["sigma_m"] == alone[0]["sigma_m"]


def test_errors_that_nobody_states_are_learned_from_the_data(fused, scene):
    table, _ = scene(3_000, days=3, seed=5)
    silent = table.drop_columns(["t_sigma_s"])
    epoch = fused(silent).epoch
    platforms = fused(table).epoch
    assert not platforms.time_default
    assert 5 < 15.0 * epoch.time_default["acoustic_sensor"] < 60  # it is 20 s
    assert 5 < 20.0 * epoch.time_default["static_camera"] < 60  # it is 15 s
