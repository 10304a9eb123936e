"""Facts made ready: order, roots, choices, what is known."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histories import facts
from tocsin.agreement.evaluate.batch_breaches import among
from tocsin.agreement.evaluate.chance import worlds
from tocsin.agreement.evaluate.history import settle, time_order
from tocsin.errors import WrongUse
from tocsin.model.tables import FACTS, conform

START = datetime(2025, 3, 3, tzinfo=UTC)


def table(*rows):
    base = {"kind": "fire", "t": START}
    filled = [{"fact_id": f"f{n}", **base, **row} for n, row in enumerate(rows)]
    return conform(pa.Table.from_pylist(filled, schema=FACTS), FACTS, what="facts")


def test_facts_are_ordered_by_time_then_by_id():
    rows = table(
        {"fact_id": "b"}, {"fact_id": "c", "t": START - timedelta(1)}, {"fact_id": "a"}
    )
    assert list(time_order(rows)) == [1, 2, 0]


@given(facts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, chance):
    order = list(range(rows.num_rows))
    chance.shuffle(order)
    one = settle(rows).records
    other = settle(rows.take(pa.array(order, pa.int64()))).records
    assert one.fact_id.equals(other.fact_id)
    for name in ("index", "t", "root", "component", "lo", "hi", "p", "sources"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(facts())
def test_alternatives_lie_one_behind_the_other(rows):
    history = settle(rows).records
    choice = {row["fact_id"]: row["choice"] for row in rows.to_pylist()}
    names = [choice[i] for i in history.fact_id.to_pylist()]
    for name in set(names) - {None}:
        mine = [n for n, own in enumerate(names) if own == name]
        ends = sorted((history.lo[n], history.hi[n]) for n in mine)
        assert all(a[1] <= b[0] + 1e-12 for a, b in pairwise(ends))
        assert ends[-1][1] <= 1.0
        assert len({history.component[n] for n in mine}) == 1


def test_a_choice_ties_roots_into_one_component():
    rows = table(
        {"root": "a", "choice": "x", "p": 0.5},
        {"root": "b", "choice": "x", "p": 0.5},
        {"root": "c"},
    )
    component = settle(rows).records.component
    assert component[0] == component[1] != component[2]


def test_alternatives_that_exceed_one_are_scaled():
    rows = table(
        {"root": "a", "choice": "x", "p": 0.9}, {"root": "a", "choice": "x", "p": 0.9}
    )
    assert list(settle(rows).records.p) == pytest.approx([0.5, 0.5])


def test_a_probability_outside_0_to_1_is_an_issue_and_its_fact_is_left_out():
    outcome = settle(table({"p": 1.5}, {"p": 0.5}, {"p": float("nan")}))
    assert [issue.code for issue in outcome.issues] == ["value_invalid"]
    assert outcome.records.fact_id.to_pylist() == ["f1"]


def test_an_id_said_twice_is_an_issue_and_the_earliest_is_used():
    rows = table({"fact_id": "same", "t": START + timedelta(1)}, {"fact_id": "same"})
    outcome = settle(rows)
    assert [issue.code for issue in outcome.issues] == ["id_conflict"]
    assert len(outcome.records) == 1


def test_a_withdrawal_that_is_not_known_yet_withdraws_nothing():
    rows = table(
        {"received_at": START},
        {"kind": "withdrawal", "withdraws": "f0", "received_at": START + timedelta(2)},
    )
    assert len(settle(rows).records) == 0
    assert len(settle(rows, as_known_at=START + timedelta(1)).records) == 1


def test_a_correction_withdraws_and_states():
    rows = table({"party": "Northland"}, {"party": "Southland", "withdraws": "f0"})
    assert settle(rows).records.fact_id.to_pylist() == ["f1"]


def test_facts_without_an_arrival_were_not_known_at_an_earlier_time():
    outcome = settle(table({}, {"received_at": START}), as_known_at=START)
    assert [issue.code for issue in outcome.issues] == ["arrival_unknown"]
    assert outcome.records.fact_id.to_pylist() == ["f1"]


def test_a_table_without_a_required_column_is_refused():
    with pytest.raises(WrongUse, match="kind"):
        settle(pa.table({"fact_id": ["a"]}))


def test_drawn_worlds_depend_on_the_seed_and_the_names_alone():
    edges = {f"r{n}": [0.5] for n in range(20)}
    one, other = worlds(edges, seed=1), worlds(dict(reversed(edges.items())), seed=1)
    assert one.sampled
    np.testing.assert_array_equal(one.number["r3"], other.number["r3"])
    assert (one.number["r3"] != worlds(edges, seed=2).number["r3"]).any()
    assert abs(one.number["r3"].mean() - 0.5) < 0.03


@given(st.lists(st.floats(0, 1), max_size=4), st.lists(st.floats(0, 1), max_size=3))
def test_listed_worlds_weigh_one_together(a, b):
    world = worlds({"a": a, "b": b}, seed=0)
    assert world.weight.sum() == pytest.approx(1.0)
    assert not world.sampled


@given(facts())
def test_what_nobody_says_counts_like_what_is_said_row_by_row(rows):
    """A column without a value takes a shorter way to the same numbers."""
    said = rows
    for name, value in (("count", 1), ("p", 1.0), ("n_independent", 1)):
        at = said.column_names.index(name)
        whole = pa.chunked_array([pa.array([value] * rows.num_rows, rows[name].type)])
        said = said.set_column(at, said.field(name), whole)
    names = ("count", "p", "n_independent", "t_earliest", "t_latest", "t_end", "root")
    bare = said.drop_columns([n for n in names if n in said.column_names])
    for own, other in (("t_earliest", "t"), ("t_latest", "t"), ("t_end", "t")):
        said = said.set_column(said.column_names.index(own), own, said[other])
    said = said.set_column(said.column_names.index("root"), "root", said["fact_id"])
    one, other = settle(bare).records, settle(said).records
    for name in ("count", "p", "lo", "hi", "sources", "early", "late", "end", "root"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert list(one.root_names) == list(other.root_names)


@given(
    st.lists(st.integers(-1, 6), max_size=30),
    st.lists(st.integers(-2, 6), min_size=1, max_size=4),
)
def test_codes_that_are_wanted_are_found_by_a_table(codes, wanted):
    code = np.array(codes, dtype=np.int64)
    found = among(code, wanted)
    assert found.tolist() == [c in wanted for c in codes]
