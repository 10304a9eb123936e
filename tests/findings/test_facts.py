"""Which facts incidents and the register make, and that none is made twice."""

import pyarrow as pa
import pytest
from shapely import box

from tocsin.findings import make_facts
from tocsin.model import FACTS, REGISTER, Area, Areas, load_acts
from tocsin.model.tables import conform
from tocsin.model.times import instant

PARTIES = ("Northland", "Southland")
AREAS = Areas(
    areas=(
        Area(name="East", kind="sector", geometry=box(5, -5, 10, 5), publisher="x"),
        Area(name="Upper Ford", kind="sector", geometry=None, publisher="x",
             variants=("Verkhnii Brid",)),
        Area(name="Line", kind="line", geometry=None, publisher="x"),
    )
)  # fmt: skip


def facts(given, register=None, *, p=None, areas=AREAS, parties=PARTIES):
    """Facts as records; ``p`` gives the parties' probabilities of every incident."""
    incidents = given.incidents
    for party, value in (p or {}).items():
        at = incidents.schema.get_field_index(f"p_{party}")
        values = pa.array([value] * incidents.num_rows)
        incidents = incidents.set_column(at, incidents.schema.field(at), values)
    outcome = make_facts(
        incidents, given.members, given.observations, register, areas=areas,
        acts=load_acts(), parties=parties,
    )  # fmt: skip
    assert outcome.records.schema == FACTS
    return outcome.records.to_pylist()


def acts(rows):
    return sorted((row["kind"], row["party"]) for row in rows)


def test_each_party_that_may_have_done_it_has_a_row_and_the_rows_exclude_each_other(
    case,
):
    rows = facts(case("id\na"), p={"Northland": 0.7, "Southland": 0.2})
    assert [(r["party"], r["target_party"], r["p"]) for r in rows] == [
        ("Northland", "Southland", 0.7),
        ("Southland", "Northland", 0.2),
    ]
    assert {r["choice"] for r in rows} == {r["root"] for r in rows} == {"a"}
    assert len({r["fact_id"] for r in rows}) == 2


def test_rows_of_an_exchange_of_fire_do_not_exclude_each_other(case):
    given = case("id kind\na exchange_of_fire")
    both = facts(given, p={"Northland": 0.4, "Southland": 0.4})
    assert acts(both) == [("fire", "Northland"), ("fire", "Southland")]
    assert {r["root"] for r in both} == {"a"}
    assert len({r["choice"] for r in both}) == 2


def test_where_nobody_is_named_one_row_without_party_says_so(case):
    (row,) = facts(case("id\na"))
    assert (row["kind"], row["party"], row["target_party"], row["p"]) == (
        "fire", None, None, 1.0,
    )  # fmt: skip


def test_same_fact_is_not_made_twice_by_several_members_of_one_incident(case):
    given = case("""
        id  incident  kind
        a   x         explosion
        b   x         explosion
        c   x         shot
    """)
    assert acts(facts(given, p={"Northland": 0.8})) == [("fire", "Northland")]


def test_exercise_outside_the_zone_is_no_fire(case):
    # field practice, acceptance scenario 2: 276 of 302 were live-fire exercises
    given = case("""
        id  incident  setting
        a   drill     live_fire_exercise
        b   drill     -
        c   shooting  -
    """)
    made = {(r["root"], r["kind"]) for r in facts(given)}
    assert made == {("drill", "exercise_fire"), ("shooting", "fire")}


def test_claim_of_a_party_that_it_was_an_exercise_bars_nothing(case):
    given = case("""
        id  incident  nature  setting
        a   x         event   -
        b   x         claim   live_fire_exercise
    """)
    assert [r["kind"] for r in facts(given)] == ["fire"]


def test_controlled_detonation_and_calm_are_no_fire(case):
    given = case("""
        id  kind       assessment
        a   explosion  controlled_detonation
        b   calm       -
    """)
    assert facts(given) == []


def test_casualty_is_fire_only_where_its_source_records_deaths_by_force(case):
    given = case("""
        id  kind      source_id
        a   casualty  ucdp-ged
        b   casualty  hospital
    """)
    assert [r["root"] for r in facts(given)] == ["a"]


def test_period_in_which_nothing_was_counted_makes_no_fact(case):
    given = case("""
        id    nature        kind  source_id       count
        some  period_count  -     osce-smm-daily  28
        none  period_count  -     osce-smm-daily  0
    """)
    assert [(r["root"], r["count"]) for r in facts(given)] == [("some", 28)]


def test_restriction_is_laid_only_to_a_party_that_somebody_named(case):
    given = case("""
        id  kind         claimed_party
        a   restriction  Southland
        b   restriction  -
    """)
    rows = facts(given, p={"Northland": 0.1, "Southland": 0.8})
    assert {(r["root"], r["party"]) for r in rows} == {("a", "Southland"), ("b", None)}


def test_counts_of_one_event_are_not_added_and_upper_bounds_are_no_count(case):
    given = case("""
        id  incident  count  count_qualifier
        a   x         12     about
        b   x         9      at_least
        c   x         80     up_to
    """)
    assert [r["count"] for r in facts(given)] == [12]


def test_weapon_is_named_only_where_the_members_agree(case):
    given = case("""
        id  incident  weapon
        a   same      mlrs
        b   same      unknown
        c   other     mlrs
        d   other     tank
    """)
    assert {r["root"]: r["weapon"] for r in facts(given)} == {
        "same": "mlrs",
        "other": None,
    }


def test_sector_is_the_stated_one_else_the_one_around_the_place(case):
    given = case("""
        id       sector         place_name     lon  lat
        stated   verkhnii_brid  -              7    0
        village  -              Verkhnii_Brid  -    -
        inside   -              -              7    0
        outside  -              -              50   0
        strange  Elsewhere      -              7    0
    """)
    table = given.observations
    names = pa.array(
        [n and n.replace("_", " ") for n in table["place_name"].to_pylist()]
    )
    at = table.schema.get_field_index("place_name")
    given.observations = table.set_column(at, table.schema.field(at), names)
    assert {r["root"]: r["sector"] for r in facts(given)} == {
        "stated": "Upper Ford",
        "village": "Upper Ford",
        "inside": "East",
        "outside": None,
        "strange": "East",
    }


def test_members_that_state_different_sectors_leave_it_to_the_place(case):
    given = case("""
        id  incident  sector         lon  lat
        a   x         Upper_Ford     7    0
        b   x         East           7    0
    """)
    assert [r["sector"] for r in facts(given)] == ["East"]


def test_fact_has_the_widest_times_that_it_may_have_had(case):
    given = case("""
        id  t         t_sigma_s
        a   06:00:00  30
    """)
    (row,) = facts(given)
    assert row["t"] == instant("2025-03-03T06:00:00Z")
    assert row["t_earliest"] == instant("2025-03-03T05:59:00Z")
    assert row["t_latest"] == instant("2025-03-03T06:01:00Z")


@pytest.mark.parametrize(
    ("t_start", "t_end", "t"),
    [
        # a day in Kyiv, the day on which clocks go forward, a week, an hour
        ("2T21:00:00", "3T21:00:00", "2025-03-03T09:00:00Z"),
        ("2025-03-29T22:00:00Z", "2025-03-30T21:00:00Z", "2025-03-30T09:30:00Z"),
        ("3T00:00:00", "10T00:00:00", "2025-03-06T12:00:00Z"),
        ("3T06:00:00", "3T07:00:00", "2025-03-03T06:00:00Z"),
    ],
)
def test_what_is_known_to_a_day_only_is_taken_to_have_been_at_its_middle(
    case, t_start, t_end, t
):
    given = case(f"""
        id  t_start    t_end
        a   {t_start}  {t_end}
    """)
    (row,) = facts(given)
    assert row["t"] == instant(t)
    bounds = given.incidents.to_pylist()[0]
    assert (row["t_earliest"], row["t_latest"]) == (bounds["t_start"], bounds["t_end"])


def test_facts_of_one_incident_under_two_acts_do_not_exclude_each_other(case):
    given = case("""
        id  incident  kind
        a   x         position_new
        b   x         trench_or_fortification
    """)
    rows = facts(given, p={"Northland": 0.9})
    assert acts(rows) == [("advance", "Northland"), ("fortify", "Northland")]
    assert len({r["choice"] for r in rows}) == 2
    assert len({r["root"] for r in rows}) == 1


def register(*rows):
    defaults = {
        "origin": "exercise", "source_id": "minutes", "raw_sha256": "0",
        "t": instant("2025-03-05T10:00:00Z"),
    }  # fmt: skip
    full = [
        defaults | {"raw_ref": f"acts.csv#{n}"} | row for n, row in enumerate(rows, 1)
    ]
    names = {name for row in full for name in row}
    given = pa.schema([field for field in REGISTER if field.name in names])
    return conform(pa.Table.from_pylist(full, given), REGISTER, what="test")


def test_acts_on_record_are_certain_and_stand_in_time_order(case):
    ballot = {
        "act": "ballot", "party": "Aurelia", "target_party": "Northland",
        "subject": "Article 5(1)", "sector": "East", "vote": "yes",
    }  # fmt: skip
    rows = facts(case("id\na"), register(ballot, {"act": "meet", "party": "Coalition"}))
    assert [r["kind"] for r in rows] == ["fire", "ballot", "meet"]
    vote = rows[1]
    assert {k: vote[k] for k in ("party", "target_party", "subject", "vote", "p")} == {
        "party": "Aurelia", "target_party": "Northland", "subject": "Article 5(1)",
        "vote": "yes", "p": 1.0,
    }  # fmt: skip
    assert vote["root"] == vote["fact_id"]


def test_three_parties_have_no_other_party(case):
    parties = ("A", "B", "C")
    rows = facts(case("id\na", parties), p={"A": 0.8}, parties=parties)
    assert [(r["party"], r["target_party"]) for r in rows] == [("A", None)]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_in_gives_no_facts(case, n):
    given = case("id kind\na calm")
    given.incidents = given.incidents.slice(0, n)
    assert facts(given) == []
