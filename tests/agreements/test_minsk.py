"""Minsk as data: instants, widths, lines, exceptions, and what is left open."""

import re
from pathlib import Path

import pytest

from tocsin.agreement.areas import load_areas
from tocsin.agreement.evaluate.force import force
from tocsin.agreement.evaluate.history import settle
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.load import load
from tocsin.agreement.terms import (
    Aggregate,
    AllOf,
    Compare,
    DeadlineNotStated,
    Forbid,
    Not,
    Oblige,
    Since,
)
from tocsin.guarantees import promises
from tocsin.model import FACTS, empty, instant, seconds

FOLDER = Path(__file__).parents[2] / "agreements" / "minsk-2015"
MINSK = load(FOLDER)
AREAS = load_areas(FOLDER).records
SPANS = force(plan(MINSK), settle(empty(FACTS)).records).spans
END = seconds(instant("2022-02-22T00:00:00+02:00"))


def article(number):
    (found,) = MINSK.find(number)
    return found


def rules(number, kind):
    return [rule for rule in article(number).rules if isinstance(rule, kind)]


def zone(name):
    return next(zone for zone in MINSK.zones if zone.name == name)


def inside(zone_name, km_from_its_line):
    return km_from_its_line * 1_000 < zone(zone_name).near.distance.metres


# --- times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "begins"),
    [
        ("1(1)", "2015-02-14T22:00:00Z"),
        ("2(1)", "2015-02-14T22:00:00Z"),
        ("2020(1)", "2020-07-26T21:01:00Z"),
        ("2020(2)", "2020-07-26T21:01:00Z"),
        ("2020(7)", "2020-07-26T21:01:00Z"),
    ],
)
def test_each_text_binds_from_its_instant_in_kyiv(number, begins):
    assert SPANS[number].start == seconds(instant(begins))


def test_every_article_ends_when_a_signatory_first_claimed_the_end():
    assert {span.stop for span in SPANS.values()} == {END}
    assert len(SPANS) == len(MINSK.articles)


@pytest.mark.parametrize("year", [2023, 2024, 2026])
def test_nothing_binds_in_later_years(year):
    assert not any(seconds(instant(f"{year}-06-01")) in span for span in SPANS.values())


def test_the_end_is_recorded_as_claimed_and_by_whom():
    text = (FOLDER / "citations.toml").read_text(encoding="utf-8")
    ends = re.findall(r'about = "end of the agreements"\n.*\nby = "([^"(]+)', text)
    assert [who.strip() for who in ends] == [
        "Russian Federation",
        "Ukraine",
        "United Nations",
    ]


# --- who -----------------------------------------------------------------------------


def test_parties_of_the_rules_are_the_sides_that_the_texts_oblige():
    assert MINSK.party_names == ("Ukraine", "Armed_formations")


def test_status_of_the_russian_federation_is_two_claims_and_no_decision():
    claims = {
        status.claimed_by: status.claim
        for status in MINSK.statuses
        if status.name == "Russian_Federation"
    }
    assert set(claims) == {"Russian_Federation", "Ukraine"}
    assert "mediator" in claims["Russian_Federation"]
    assert "party to the conflict" in claims["Ukraine"]


def test_both_sides_are_bound_by_the_same_words():
    for each in MINSK.articles:
        for rule in each.rules:
            if isinstance(rule, Forbid):
                assert rule.who.names == ("party",)
    ukraine, formations = article("2(1)"), article("2(2)")
    assert [r.deed.thing for r in ukraine.rules] == [
        r.deed.thing for r in formations.rules
    ]
    assert {str(r.deadline.time.plus) for r in ukraine.rules} == {"16 days"}
    assert {str(r.deadline.time.plus) for r in formations.rules} == {"16 days"}


# --- widths and lines (acceptance scenario 7) ----------------------------------------


@pytest.mark.parametrize(
    ("weapons", "total_km"),
    [("Artillery_zone", 50), ("Rocket_zone", 70), ("Long_range_zone", 140)],
)
@pytest.mark.parametrize("side", ["Ukraine", "formations"])
def test_each_side_withdraws_by_half_of_the_total_width(weapons, total_km, side):
    near = zone(f"{weapons}_{side}").near
    assert near.distance.metres * 2 == total_km * 1_000


def test_prose_says_that_the_widths_are_total():
    text = (FOLDER / "agreement.md").read_text(encoding="utf-8")
    assert "**These are total widths.**" in text


@pytest.mark.parametrize(
    ("km", "breaches"), [(30.0, True), (34.9, True), (35.0, False), (40.0, False)]
)
def test_bm21_at_30_km_is_inside_its_zone_and_at_40_km_is_not(km, breaches):
    """The classic error is to take the width of 70 km for the distance of a side."""
    assert inside("Rocket_zone_Ukraine", km) == breaches
    assert inside("Rocket_zone_formations", km) == breaches


@pytest.mark.parametrize(
    ("weapon", "of"),
    [
        ("artillery_ge_100", "artillery"),
        ("mortar_ge_120", "artillery"),
        ("mlrs", "rockets"),
        ("mlrs_heavy", "long_range"),
        ("tactical_missile", "long_range"),
    ],
)
def test_each_weapon_is_in_one_class(weapon, of):
    assert [let.name for let in MINSK.lets if weapon in let.filter.values] == [of]


@pytest.mark.parametrize("weapon", ["artillery_lt_100", "mortar_lt_120", "tank"])
def test_gun_of_99_mm_is_in_no_class(weapon):
    assert not [let for let in MINSK.lets if weapon in let.filter.values]


def test_each_side_measures_from_its_own_line():
    lines = {z.name: z.near.to for z in MINSK.zones if z.near}
    assert {to for name, to in lines.items() if "Ukraine" in name} == {"actual_line"}
    assert {to for name, to in lines.items() if "formations" in name} == {
        "line_of_2014"
    }


@pytest.mark.parametrize(("number", "side"), [("2(1)", "Ukraine"), ("2(2)", "form")])
def test_each_side_is_held_to_the_zones_of_its_own_line(number, side):
    for rule in rules(number, Oblige):
        (then,) = rule.then
        assert side in rule.deed.in_
        assert rule.deed.in_ == then.deed.in_
        assert rule.deed.thing == then.deed.thing
        assert rule.who.names == then.who.names


def test_lines_have_no_course_that_tocsin_could_have_invented():
    for name in ("actual_line", "line_of_2014"):
        assert AREAS.named(name).geometry is None


# --- sectors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sector"),
    [
        ("Donetsk oblast", "Donetsk"),  # UCDP adm_1
        ("Luhansk oblast", "Luhansk"),
        ("Donetsk", "Donetsk"),  # OSCE region
        ("Donetsk region", "Donetsk"),
        ("Донецька область", "Donetsk"),
        ("ЛУГАНСЬКА ОБЛАСТЬ", "Luhansk"),
        ("Lugansk", "Luhansk"),
    ],
)
def test_names_of_the_sources_find_the_sector(name, sector):
    assert AREAS.named(name).name == sector


@pytest.mark.parametrize("name", ["Dnipropetrovsk oblast", "Rostov oblast"])
def test_other_regions_are_no_sector_of_it(name):
    assert AREAS.named(name) is None


# --- the measures of 2020 ------------------------------------------------------------


def test_all_seven_measures_are_there():
    numbers = [each.number for each in MINSK.articles if "2020(" in each.number]
    assert numbers == [f"2020({n})" for n in range(1, 8)]


def test_return_fire_is_the_only_exception_and_only_from_fire():
    exceptions = {
        each.number: [
            exception.name
            for rule in rules(each.number, Forbid)
            for exception in rule.exceptions
        ]
        for each in MINSK.articles
    }
    assert {n: e for n, e in exceptions.items() if e} == {
        "1(1)": ["return_fire"],
        "2020(2)": ["return_fire"],
    }


@pytest.mark.parametrize("number", ["1(1)", "2020(2)"])
def test_return_fire_needs_an_order_and_a_failed_mechanism_and_an_offensive(number):
    (ban,) = rules(number, Forbid)
    (exception,) = ban.exceptions
    order, needs = exception.when, exception.needs
    assert isinstance(order, Since)
    assert order.start.deed.act == "order_return_fire"
    assert isinstance(order.holds, Not)
    assert isinstance(needs, AllOf)
    mechanism, offensive = needs.conditions
    assert mechanism.start.deed.act == "mechanism_failed"
    assert isinstance(offensive, Compare)
    assert isinstance(offensive.left, Aggregate)
    assert offensive.left.subject.act == "advance"
    assert offensive.left.subject.by.names == ("opponent",)
    assert exception.limited_to is None


def test_duties_without_a_deadline_in_the_text_have_none_here():
    for number in ("2020(4)", "2020(5)", "2020(6)"):
        for rule in rules(number, Oblige):
            assert isinstance(rule.deadline, DeadlineNotStated)


def test_no_duty_can_be_found_broken_by_silence_alone():
    """A duty with a deadline and no trigger is broken where no act is on record."""
    for each in MINSK.articles:
        for rule in each.rules:
            if isinstance(rule, Oblige) and rule.trigger is None:
                open_ended = isinstance(rule.deadline, DeadlineNotStated)
                assert open_ended or rule.deed.act == "clear"


# --- what the text does not have -----------------------------------------------------


def test_text_promises_nothing_to_whom_it_protects():
    assert promises(MINSK) == ()
