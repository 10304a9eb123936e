"""When two readings of one period by one source contradict each other."""

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence import Issues, RawRows, take_in
from tocsin.evidence.checks import contradicts
from tocsin.model import SourceDescription

SOURCE = {
    "id": "daily",
    "title": "Daily",
    "publisher": "P",
    "owner": "P",
    "way_of_knowing": "patrols",
    "licence": "none",
    "coverage": {"area": "Lantern"},
    "table": {
        "zone": "Europe/Kyiv",
        "columns": {
            "nature": {"value": "period_count"},
            "t_start": {"from": "start", "at": "19:30"},
            "t_end": {"from": "end", "at": "19:30"},
            "sector": "region",
            "count": "figure",
            "count_qualifier": {
                "from": "least",
                "values": {"1": "at_least", "0": "exact"},
            },
        },
        "checks": [{"kind": "previous_period", "previous": "was", "label": "report"}],
    },
}


def report(name, start, end, figure, was="", *, region="East", least="0"):
    return {
        "report": name,
        "start": f"2021-{start}",
        "end": f"2021-{end}",
        "figure": str(figure),
        "was": str(was),
        "region": region,
        "least": least,
    }


def contradictions(*reports):
    raw = RawRows(
        file="d.csv",
        frame=pl.DataFrame(list(reports)),
        rows=np.arange(1, len(reports) + 1),
        failed=Issues(),
    )
    reading = take_in(raw, msgspec.convert(SOURCE, SourceDescription))
    assert reading.kept == len(reports)  # a contradiction refuses no row
    assert reading.adds_up
    return [issue for issue in reading.issues if issue.code == "contradiction"]


def test_other_figure_for_the_same_day_is_a_contradiction_that_names_both_rows():
    [issue] = contradictions(
        report("230", "09-29", "09-30", 47), report("231", "09-30", "10-01", 21, 28)
    )
    assert issue.message == "231 says 28 for East in the period that 230 put at 47"
    assert (issue.where.line, issue.where.field) == (2, "was")
    assert [place.line for place in issue.also] == [1]
    assert len(issue.evidence) == 2
    assert issue.warning


def test_same_figure_is_none():
    assert not contradictions(
        report("1", "09-29", "09-30", 47), report("2", "09-30", "10-01", 21, 47)
    )


def test_last_24_hours_of_a_weekend_are_a_part_of_it():
    weekend = report("118", "05-21", "05-23", 601)
    assert not contradictions(weekend, report("119", "05-23", "05-24", 214, 134))


def test_part_that_is_larger_than_the_whole_is_a_contradiction():
    weekend = report("118", "05-21", "05-23", 601)
    assert contradictions(weekend, report("119", "05-23", "05-24", 214, 602))


def test_weekend_report_speaks_of_the_whole_day_before_it():
    friday = report("117", "05-20", "05-21", 197)
    assert contradictions(friday, report("118", "05-21", "05-23", 601, 190))
    assert not contradictions(friday, report("118", "05-21", "05-23", 601, 197))


def test_figure_that_was_a_lower_bound_may_grow_and_not_shrink():
    first = report("303", "12-27", "12-28", 98, least="1")
    assert not contradictions(first, report("304", "12-28", "12-29", 5, 120))
    assert contradictions(first, report("304", "12-28", "12-29", 5, 97))


def test_reports_of_other_regions_or_after_a_gap_are_not_compared():
    first = report("1", "09-29", "09-30", 47)
    assert not contradictions(
        first, report("2", "09-30", "10-01", 21, 28, region="West")
    )
    assert not contradictions(first, report("3", "10-01", "10-02", 21, 28))


def test_day_of_a_clock_change_is_no_longer_than_another():
    first = report("1", "10-30", "10-31", 47)  # 25 hours
    assert contradictions(first, report("2", "10-31", "11-01", 21, 28))


def test_misprinted_number_of_a_report_does_not_matter():
    first = report("1", "01-06", "01-07", 32)
    assert contradictions(first, report("54", "01-07", "01-08", 13, 31))


@given(st.integers(0, 500), st.integers(0, 500), st.booleans(), st.booleans())
def test_equal_figures_never_contradict(says, whole, at_least, longer):
    wrong = pl.select(
        contradicts(
            pl.lit(says),
            pl.lit(whole),
            at_least=pl.lit(at_least),
            longer=pl.lit(longer),
        )
    ).item()
    if says == whole:
        assert not wrong
    if longer and says <= whole:
        assert not wrong


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"rows": 3}, "1 rows; the description expects 3"),
        ({"sums": {"figure": 48}}, "47 in all of `figure`; the description expects 48"),
        ({"sums": {"gone": 1}}, "no such column in all of `gone`"),
    ],
)
def test_silent_change_of_a_source_is_told(expected, words):
    frame = pl.DataFrame([report("1", "09-29", "09-30", 47)])
    raw = RawRows(file="d", frame=frame, rows=np.array([1]), failed=Issues())
    plain = {**SOURCE, "expected": expected}
    reading = take_in(raw, msgspec.convert(plain, SourceDescription))
    assert [issue.code for issue in reading.issues] == ["count_unexpected"]
    assert words in reading.issues[0].message
    assert reading.kept == 1


def test_figures_of_another_edition_are_not_asked_of_this_one():
    frame = pl.DataFrame([report("1", "09-29", "09-30", 47)])
    raw = RawRows(
        file="d", frame=frame, rows=np.array([1]), failed=Issues(), sha256="ab"
    )
    plain = {**SOURCE, "expected": {"rows": 3, "file_sha256": "cd"}}
    assert not len(take_in(raw, msgspec.convert(plain, SourceDescription)).issues)


def test_a_row_outside_what_the_source_covers_is_kept_and_told():
    source = msgspec.convert(
        {
            **SOURCE,
            "coverage": {
                "area": "Lantern",
                "first": "2025-03-01",
                "last": "2025-03-31",
                "missing": [["2025-03-10", "2025-03-11"]],
            },
            "table": {"zone": "Europe/Kyiv", "columns": {"t_start": "when"}},
        },
        SourceDescription,
    )
    times = [
        "2025-02-28 23:59",
        "2025-03-01 00:00",
        "2025-03-11 23:59",
        "2025-03-31 23:59",
        "2025-04-01 00:00",
    ]
    raw = RawRows(
        file="d.csv",
        frame=pl.DataFrame({"when": times}),
        rows=np.arange(1, 6),
        failed=Issues(),
    )
    reading = take_in(raw, source)
    assert reading.observations.num_rows == 5
    assert [(i.code, i.where.line) for i in reading.issues] == [
        ("outside_coverage", 1),
        ("outside_coverage", 3),
        ("outside_coverage", 5),
    ]
    assert "but for 2025-03-10 to 2025-03-11" in reading.issues[0].message
