"""Minsk through the engine: what it finds, and above all what it must not find."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from shapely.geometry import LineString

from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.load import load
from tocsin.model import COVERAGE, FACTS, Area, Areas, instant

FOLDER = Path(__file__).parents[2] / "agreements" / "minsk-2015"
MINSK = load(FOLDER)
KM = 1 / 111.195  # degrees of latitude near the equator


def fact(kind, party, t, **more):
    given = {"kind": kind, "party": party, "t": instant(t), "origin": "observed"}
    return given | {"sector": "Donetsk"} | more


def verdicts(rows, start, until, *, areas=None, coverage=()):
    numbered = [{"fact_id": f"f{n:03}", **row} for n, row in enumerate(rows)]
    evaluated = evaluate_fully(
        MINSK,
        pa.Table.from_pylist(numbered, schema=FACTS),
        coverage=pa.Table.from_pylist(list(coverage), schema=COVERAGE),
        areas=areas,
        start=instant(start),
        until=instant(until),
    )
    return evaluated.verdicts.to_pylist()


def breaches(rows, start, until, **more):
    found = verdicts(rows, start, until, **more)
    return {(v["clause"], v["party"]) for v in found if v["verdict"] == "breached"}


def watched(start, until):
    return {
        "sector": None,
        "kind": None,
        "t_start": instant(start),
        "t_end": instant(until),
        "share": 1.0,
        "origin": "observed",
    }


SIDES = ["Ukraine", "Armed_formations"]


# --- what it finds -------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
def test_fire_in_2016_breaks_the_package_alone(side):
    shot = fact("fire", side, "2016-05-01T12:00:00Z")
    found = breaches([shot], "2016-05-01", "2016-05-02")
    assert found == {("Article 1(1)", side)}


@pytest.mark.parametrize("side", SIDES)
def test_fire_after_27_july_2020_breaks_both_texts(side):
    shot = fact("fire", side, "2020-08-01T12:00:00Z")
    found = breaches([shot], "2020-08-01", "2020-08-02")
    assert found == {("Article 1(1)", side), ("Article 2020(2)", side)}


@pytest.mark.parametrize(
    ("t", "found"),
    [
        ("2020-07-26T21:00:59Z", {"Article 1(1)"}),
        ("2020-07-26T21:01:00Z", {"Article 1(1)", "Article 2020(2)"}),
    ],
)
def test_measures_of_2020_begin_with_their_second(t, found):
    shot = fact("fire", "Ukraine", t)
    named = breaches([shot], "2020-07-26", "2020-07-28")
    assert {clause for clause, _ in named} == found


@pytest.mark.parametrize("kind", ["advance", "fly", "sabotage", "place_in_settlement"])
def test_each_act_that_the_measures_ban_is_a_breach_where_it_is_on_record(kind):
    act = fact(kind, "Armed_formations", "2020-08-01T12:00:00Z")
    assert breaches([act], "2020-08-01", "2020-08-02")


# --- what it must not find -----------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_nothing_is_a_breach_once_the_text_is_over(side, year):
    first = "2022-02-22" if year == 2022 else f"{year}-01-01"
    acts = [
        fact(kind, side, f"{year}-06-01T12:00:00Z")
        for kind in ("fire", "advance", "fly", "place", "restrict")
    ]
    found = verdicts(
        acts, first, f"{year}-12-31", coverage=[watched(first, f"{year}-12-31")]
    )
    assert not [v for v in found if v["verdict"] in {"breached", "met"}]


def test_last_second_binds_and_the_next_does_not():
    def shot(t):
        return breaches([fact("fire", "Ukraine", t)], "2022-02-21", "2022-02-23")

    assert shot("2022-02-21T21:59:59Z")
    assert not shot("2022-02-21T22:00:00Z")


@pytest.mark.parametrize("t", ["2015-02-14T21:59:59Z", "2014-06-01T12:00:00Z"])
def test_nothing_is_a_breach_before_the_ceasefire(t):
    shot = fact("fire", "Armed_formations", t)
    assert not breaches([shot], "2014-01-01", "2015-02-15")


def test_fire_of_nobody_known_names_nobody():
    shots = [fact("fire", None, f"2020-08-0{n}T12:00:00Z") for n in range(1, 6)]
    found = verdicts(shots, "2020-08-01", "2020-08-08")
    assert not [v for v in found if v["verdict"] == "breached"]
    assert any(v["party"] is None and v["verdict"] == "undetermined" for v in found)


def test_fire_outside_the_two_regions_is_not_meant():
    shot = fact("fire", "Ukraine", "2016-05-01T12:00:00Z", sector=None)
    assert not breaches([shot], "2016-05-01", "2016-05-02")


def test_silence_accuses_nobody_of_anything():
    """Seven years without a single fact, and without anybody watching."""
    found = verdicts([], "2015-02-14", "2022-03-01")
    assert {v["verdict"] for v in found} <= {"undetermined", "pending"}


RETURN_FIRE = [
    fact("advance", "Armed_formations", "2020-08-01T06:00:00Z"),
    fact("mechanism_failed", "Ukraine", "2020-08-01T07:00:00Z"),
    fact("order_return_fire", "Ukraine", "2020-08-01T08:00:00Z"),
    fact("fire", "Ukraine", "2020-08-01T09:00:00Z"),
]


def test_return_fire_by_the_procedure_of_2020_is_no_breach():
    found = verdicts(RETURN_FIRE, "2020-08-01", "2020-08-02")
    said = {(v["clause"], v["verdict"]) for v in found if v["party"] == "Ukraine"}
    assert ("Article 1(1)", "excused") in said
    assert ("Article 2020(2)", "excused") in said
    assert "breached" not in {verdict for _, verdict in said}


@pytest.mark.parametrize("without", ["advance", "mechanism_failed"])
def test_return_fire_that_skips_a_step_of_the_procedure_is_a_breach(without):
    acts = [act for act in RETURN_FIRE if act["kind"] != without]
    found = breaches(acts, "2020-08-01", "2020-08-02")
    assert ("Article 2020(2)", "Ukraine") in found


@pytest.mark.parametrize("ending", ["lift_order", "mechanism_resumed"])
def test_return_fire_after_its_ground_is_gone_is_a_breach(ending):
    over = fact(ending, "Ukraine", "2020-08-01T08:30:00Z")
    found = breaches([*RETURN_FIRE, over], "2020-08-01", "2020-08-02")
    assert ("Article 2020(2)", "Ukraine") in found


def test_return_fire_without_an_order_is_a_breach():
    acts = [
        fact("advance", "Armed_formations", "2020-08-01T06:00:00Z"),
        fact("fire", "Ukraine", "2020-08-01T09:00:00Z"),
    ]
    found = breaches(acts, "2020-08-01", "2020-08-02")
    assert ("Article 2020(2)", "Ukraine") in found


# --- weapons in the zones (acceptance scenario 7) ------------------------------------


def line(name, lat):
    return Area(
        name=name,
        kind="line",
        geometry=LineString([(-25.0, lat), (-24.0, lat)]),
        publisher="a test, in the open ocean",
    )


def lines(*, actual=0.0, of_2014=0.0):
    return Areas(
        areas=(
            Area(name="Donetsk", kind="sector", geometry=None, publisher="a test"),
            line("actual_line", actual * KM),
            line("line_of_2014", of_2014 * KM),
        )
    )


def seen_at(km, weapon, side, *, areas):
    sighting = fact(
        "place",
        side,
        "2016-05-01T12:00:00Z",
        weapon=weapon,
        lon=-24.5,
        lat=km * KM,
        sigma_m=1.0,
    )
    return breaches([sighting], "2016-05-01", "2016-05-02", areas=areas)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("km", "breach"), [(30, True), (40, False)])
def test_bm21_30_km_from_the_line_is_a_breach_and_40_km_is_not(km, breach, side):
    assert bool(seen_at(km, "mlrs", side, areas=lines())) == breach


@pytest.mark.parametrize(
    ("weapon", "km", "breach"),
    [
        ("artillery_ge_100", 24, True),
        ("artillery_ge_100", 26, False),
        ("artillery_lt_100", 1, False),
        ("mlrs_heavy", 69, True),
        ("mlrs_heavy", 71, False),
        ("tactical_missile", 69, True),
        ("tank", 1, False),
    ],
)
def test_each_class_has_its_own_half_width(weapon, km, breach):
    assert bool(seen_at(km, weapon, "Ukraine", areas=lines())) == breach


def test_same_launcher_is_inside_by_one_line_and_outside_by_the_other():
    apart = lines(actual=0.0, of_2014=10.0)  # 10 km further north
    assert not seen_at(40, "mlrs", "Ukraine", areas=apart)
    assert seen_at(40, "mlrs", "Armed_formations", areas=apart)


def test_another_version_of_the_line_is_another_answer():
    assert seen_at(30, "mlrs", "Ukraine", areas=lines(actual=0.0))
    assert not seen_at(30, "mlrs", "Ukraine", areas=lines(actual=-6.0))


def test_without_a_course_of_the_line_a_weapon_is_undetermined():
    sighting = fact(
        "place", "Ukraine", "2016-05-01T12:00:00Z", weapon="mlrs", lon=-24.5, lat=0.1
    )
    found = verdicts([sighting], "2016-05-01", "2016-05-02")
    of_the_zone = [v for v in found if v["clause"] == "Article 2(1)"]
    assert not [v for v in of_the_zone if v["verdict"] in {"breached", "met"}]


def test_weapons_may_stand_there_until_the_withdrawal_is_due():
    begin = datetime.fromisoformat("2015-02-14T22:00:00+00:00")
    for days, breach in ((15, False), (17, True)):
        at = (begin + timedelta(days=days)).isoformat()
        sighting = fact(
            "place", "Ukraine", at, weapon="mlrs", lon=-24.5, lat=0.1, sigma_m=1.0
        )
        found = breaches([sighting], "2015-02-14", "2015-03-10", areas=lines())
        assert bool(found) == breach
