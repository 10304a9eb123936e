from __future__ import annotations

import pyarrow as pa
import pytest

from tocsin.errors import WrongUse
from tocsin.model import VOCABULARY, load_acts, tables

SCHEMAS = {
    name: getattr(tables, name)
    for name in ("OBSERVATIONS", "MEMBERS", "FACTS", "REGISTER", "COVERAGE", "VERDICTS")
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_column_says_what_it_holds(name: str):
    for field in SCHEMAS[name]:
        assert len(field.metadata[b"doc"]) > 5 or field.metadata[b"doc"] == b"UTC"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_time_is_utc(name: str):
    times = [f for f in SCHEMAS[name] if pa.types.is_timestamp(f.type)]
    assert all(f.type == tables.TIME for f in times)


def test_units_stand_in_the_names_of_measures():
    measures = [f.name for f in tables.OBSERVATIONS if pa.types.is_floating(f.type)]
    units = ("_m", "_s", "_deg", "lon", "lat", "_kappa")
    assert [n for n in measures if not n.endswith(units)] == []


def test_incidents_have_the_columns_that_were_promised():
    names = tables.incidents_schema(("Northland", "Southland")).names
    assert names == [
        "incident_id",
        "origin",
        "kind",
        "t_start",
        "t_end",
        "t_sigma_s",
        "lon",
        "lat",
        "sigma_m",
        "n_observations",
        "n_independent",
        "p_Northland",
        "p_Southland",
        "p_undetermined",
        "version",
        "known_at",
    ]


def test_parties_are_read_back_from_the_columns():
    table = tables.incidents_schema(("A", "B C")).empty_table()
    assert tables.parties_of(table) == ("A", "B C")


def test_missing_columns_become_null_unless_required():
    given = pa.table(
        {"fact_id": ["f"], "kind": ["fire"], "t": pa.array([0], tables.TIME)}
    )
    facts = tables.conform(given, tables.FACTS, what="FACTS")
    assert facts.schema == tables.FACTS
    assert facts["party"].null_count == 1
    with pytest.raises(WrongUse, match="`t` is missing"):
        tables.conform(given.drop_columns("t"), tables.FACTS, what="FACTS")


def test_a_time_without_zone_is_not_taken_for_utc():
    naive = pa.table(
        {"fact_id": ["f"], "kind": ["fire"], "t": pa.array(["soon"], pa.string())}
    )
    with pytest.raises(WrongUse, match="`t` is not timestamp"):
        tables.conform(naive, tables.FACTS, what="FACTS")


def test_acts_use_only_the_vocabulary():
    rules = load_acts()
    assert {kind for rule in rules for kind in rule.kinds} <= set(VOCABULARY["kind"])
    assert all(rule.because for rule in rules if rule.sources)
