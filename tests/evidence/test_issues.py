import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence import Fault, Faults, Issues
from tocsin.model import Issue, Where

WRONG = Fault(code="value_invalid", field="n", message="`{value}` is wrong")
ODD = Fault(code="place_invalid", field="n", message="odd", warning=True)


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.lists(
            st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=5
        )
    )
)
def test_each_bad_row_is_refused_exactly_once(masks):
    faults = Faults("f", np.arange(1, len(masks[0]) + 1))
    for mask in masks:
        faults.add(WRONG, np.array(mask))
    issues = faults.issues()
    bad = np.any(masks, axis=0)
    refused = sorted(i.where.line for i in issues if i.refuses_row)
    assert refused == (np.flatnonzero(bad) + 1).tolist()
    assert issues.refused == len(refused)
    assert len(issues) == np.sum(masks) == sum(issues.counts().values())


def test_warning_refuses_nothing():
    faults = Faults("f", np.arange(1, 3))
    faults.add(ODD, np.array([True, True]))
    assert not faults.refused.any()
    assert (faults.issues().refused, len(faults.issues())) == (0, 2)


def test_issues_are_a_sequence_that_can_be_joined_and_cut():
    faults = Faults("f", np.arange(1, 4))
    faults.add(WRONG, np.array([True, False, True]), pl.Series(["a", "b", "c"]))
    single = Issue(code="file_empty", where=Where(file="g"), message="nothing")
    joined = faults.issues() + [single]  # noqa: RUF005
    assert [issue.code for issue in joined] == [
        "value_invalid",
        "value_invalid",
        "file_empty",
    ]
    assert joined[-1] is single
    assert [issue.message for issue in joined[:2]] == ["`a` is wrong", "`c` is wrong"]
    assert [single] + faults.issues() == [single, *faults.issues()]  # noqa: RUF005
    with pytest.raises(IndexError):
        joined[3]


def test_no_issues_are_none():
    assert len(Issues()) == 0
    assert list(Issues([(), Issues()])) == []
    assert (Issues().counts(), Issues().refused) == ({}, 0)


def test_long_value_is_cut_and_stays_on_one_line():
    faults = Faults("f", np.array([7]))
    faults.add(WRONG, np.array([True]), pl.Series(["a\nb" + "x" * 500]))
    message = faults.issues()[0].message
    assert message.startswith("`a bxxx")
    assert len(message) < 140


def test_a_million_equal_faults_are_told_at_once():
    faults = Faults("f", np.arange(1, 1_000_001))
    faults.add(WRONG, np.ones(1_000_000, bool), pl.Series(["x"] * 1_000_000))
    issues = faults.issues()
    assert issues.counts() == {"value_invalid": 1_000_000}
    assert issues.refused == 1_000_000
    assert issues[999_999].where.line == 1_000_000


def test_the_first_few_of_each_code_are_made_and_no_others():
    faults = Faults("big.csv", np.arange(1, 1_000_001))
    fault = Fault(code="value_invalid", field="x", message="bad", warning=True)
    faults.add(fault, np.ones(1_000_000, dtype=bool))
    other = Issue(code="file_empty", where=Where(file="a.csv"), message="empty")
    found = Issues([faults.issues(), [other], faults.issues()]).first(2)
    assert list(found) == ["file_empty", "value_invalid"]
    assert [issue.where.line for issue in found["value_invalid"]] == [1, 2]
