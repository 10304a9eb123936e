"""Tables from outside: every fault is found, with its rows and its repair."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.agreement.given import coverage_given, facts_given
from tocsin.agreement.parse import parse_rules
from tocsin.model.codes import CODES
from tocsin.model.tables import COVERAGE, FACTS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGREEMENT = parse_rules(
    "parties Northland, Southland\nsectors East, West\n"
    'act fire is "to open fire"\n'
    "Article 1(1)\n  in force from signed\n  forbid any party to fire\n"
).records


def rows(*changes):
    """Facts that have nothing wrong with them but these changes."""
    made = []
    for number, change in enumerate(changes):
        row = {"fact_id": f"f{number}", "kind": "fire", "t": NOON}
        made.append({**row, "party": "Northland", "sector": "East", **change})
    return pa.Table.from_pylist(made, schema=FACTS)


def said(table, check=facts_given):
    """Code, row and column of each issue."""
    given = check(table, AGREEMENT, file="f.parquet")
    errors = [issue for issue in given.issues if not issue.warning]
    assert (given.records is None) == bool(errors)
    for issue in given.issues:
        assert issue.code in CODES
        assert issue.repair
        assert issue.where.file == "f.parquet"
    return [(issue.code, issue.where.line, issue.where.field) for issue in given.issues]


def test_three_columns_are_enough():
    table = pa.table({"fact_id": ["a"], "kind": ["fire"], "t": [NOON]})
    given = facts_given(table, AGREEMENT)
    assert given.issues == ()
    assert given.records.schema == FACTS
    assert given.records["p"].to_pylist() == [None]


def test_an_empty_table_is_no_fault():
    assert said(FACTS.empty_table()) == []
    assert said(COVERAGE.empty_table(), coverage_given) == []


HOUR = timedelta(hours=1)
FAULTS = [
    ({"fact_id": ""}, "value_missing", "fact_id"),
    ({"kind": "withdrawal"}, "value_missing", "withdraws"),
    ({"kind": "fier"}, "undefined_name", "kind"),
    ({"vote": "aye"}, "value_invalid", "vote"),
    ({"origin": "rumour"}, "value_invalid", "origin"),
    ({"count": -1}, "value_invalid", "count"),
    ({"n_independent": 0}, "value_invalid", "n_independent"),
    ({"p": 1.2}, "value_invalid", "p"),
    ({"p": -0.1}, "value_invalid", "p"),
    ({"p": float("nan")}, "value_invalid", "p"),
    ({"value": float("inf")}, "value_invalid", "value"),
    ({"t_earliest": NOON + HOUR}, "time_invalid", "t"),
    ({"t_latest": NOON - HOUR}, "time_invalid", "t_latest"),
    ({"t_end": NOON - HOUR}, "time_invalid", "t_end"),
    ({"lon": 200.0, "lat": 0.0}, "place_invalid", "lon"),
    ({"lon": 0.0, "lat": -91.0}, "place_invalid", "lat"),
    ({"lat": 1.0}, "place_invalid", "lon"),
    ({"lon": 0.0, "lat": 0.0, "sigma_m": -1.0}, "value_invalid", "sigma_m"),
]


@pytest.mark.parametrize(("change", "code", "field"), FAULTS)
def test_a_fault_is_said_with_its_row(change, code, field):
    assert said(rows({}, change)) == [(code, 2, field)]


def test_what_may_be_a_mistake_is_a_warning():
    doubtful = [
        {"party": "Nortland"},
        {"sector": "Est"},
        {"withdraws": "unheard"},
        {"received_at": NOON - HOUR},
    ]
    found = facts_given(rows(*doubtful), AGREEMENT)
    assert found.records.num_rows == 4
    assert {issue.code for issue in found.issues} == {
        "undefined_name",
        "fact_unknown",
        "time_invalid",
    }
    assert "did you mean `Northland`?" in "".join(map(str, found.issues))


def test_t_earliest_behind_t_latest():
    change = {"t_earliest": NOON + HOUR, "t_latest": NOON - HOUR}
    assert ("time_invalid", 1, "t_latest") in said(rows(change))


def test_alternatives_that_add_up_to_more_than_one():
    two = [{"choice": "c", "p": 0.7}, {"choice": "c", "p": 0.4, "party": "Southland"}]
    assert said(rows(*two)) == [("value_invalid", 1, "choice")]
    assert said(rows(two[0], {**two[1], "p": 0.3})) == []
    assert said(rows(two[0], {"choice": "c"})) == [("value_invalid", 1, "choice")]
    corrected = {**two[1], "p": 0.3, "withdraws": "f1"}
    assert said(rows(two[0], two[1], corrected)) == []


def test_one_id_for_two_things():
    assert said(rows({}, {"fact_id": "f0", "sector": "West"})) == [
        ("id_conflict", 2, "fact_id")
    ]


def test_the_same_row_again_counts_once_and_is_said():
    later = {"fact_id": "f0", "received_at": NOON + HOUR}
    assert said(rows({}, later)) == [("duplicate_row", 2, "fact_id")]


def test_origins_in_one_table():
    one, other = {"origin": "observed"}, {"origin": "exercise"}
    assert said(rows(one, other)) == [("origin_mixed", 1, "origin")]


def column(name, values):
    held = {"fact_id": ["a", "b"], "kind": ["fire"] * 2, "t": [NOON] * 2}
    return pa.table({**held, name: values})


WRONG_TYPES = [
    ("t", pa.array([1, 2]), "value_invalid"),
    ("t", pa.array(["2026-03-01", "2026-03-02"]), "value_invalid"),
    ("t", pa.array([NOON.replace(tzinfo=None)] * 2), "time_without_zone"),
    ("t", pa.array([2**62] * 2, pa.timestamp("us", "UTC")), "time_invalid"),
    ("t", pa.array([2**62] * 2, pa.timestamp("s", "UTC")), "time_invalid"),
    ("t", pa.nulls(2), "value_missing"),
    ("kind", pa.array([1, 2]), "value_invalid"),
    ("p", pa.array(["1", "0.5"]), "value_invalid"),
    ("count", pa.array([1.5, 2.0]), "value_invalid"),
    ("count", pa.array([2**63, 1], pa.uint64()), "value_invalid"),
    ("count", pa.array([True, False]), "value_invalid"),
]


@pytest.mark.parametrize(("name", "values", "code"), WRONG_TYPES)
def test_a_column_of_the_wrong_type(name, values, code):
    ((found, _, field),) = said(column(name, values))
    assert (found, field) == (code, name)


RIGHT_TYPES = [
    ("t", pa.array([NOON] * 2, pa.timestamp("ns", "Europe/Kyiv"))),
    ("t", pa.array([NOON] * 2, pa.timestamp("s", "UTC"))),
    ("kind", pa.array(["fire", "fire"]).dictionary_encode()),
    ("kind", pa.array(["fire", "fire"], pa.large_string())),
    ("count", pa.array([1.0, float("nan")])),
    ("count", pa.array([1, None], pa.int16())),
    ("p", pa.array([1, 0])),
    ("lon", pa.array([float("nan")] * 2)),
    ("subject", pa.nulls(2)),
]


@pytest.mark.parametrize(("name", "values"), RIGHT_TYPES)
def test_a_type_that_cannot_be_misread_is_read(name, values):
    given = facts_given(column(name, values), AGREEMENT)
    assert given.issues == ()
    assert given.records["t"].to_pylist() == [NOON, NOON]


def test_missing_unknown_and_repeated_columns():
    table = pa.table({"fact_id": ["a"], "partys": ["Northland"]})
    assert said(table) == [
        ("column_missing", None, "kind"),
        ("column_missing", None, "t"),
        ("column_unknown", None, "partys"),
    ]
    twice = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["fire"]), pa.array([NOON]), pa.array(["b"])],
        names=["fact_id", "kind", "t", "fact_id"],
    )
    assert ("value_invalid", None, "fact_id") in said(twice)


def test_all_faults_at_once():
    found = said(rows({"p": 2.0}, {"count": -1}, {"kind": "x"}))
    assert len(found) == 3


def watched(**change):
    row = {"t_start": NOON, "t_end": NOON + HOUR, "share": 1.0, "sector": "East"}
    return pa.Table.from_pylist([{**row, **change}], schema=COVERAGE)


COVERAGE_FAULTS = [
    ({"t_end": NOON - HOUR}, "time_invalid", "t_end"),
    ({"share": 1.1}, "value_invalid", "share"),
    ({"share": float("nan")}, "value_invalid", "share"),
    ({"origin": "rumour"}, "value_invalid", "origin"),
    ({"kind": "fier"}, "undefined_name", "kind"),
    ({"sector": "Nowhere"}, "undefined_name", "sector"),
]


@pytest.mark.parametrize(("change", "code", "field"), COVERAGE_FAULTS)
def test_a_fault_of_coverage_is_said(change, code, field):
    assert said(watched(**change), coverage_given) == [(code, 1, field)]
    assert said(watched(), coverage_given) == []
