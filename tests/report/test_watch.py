"""Who could have seen, minute by minute, against a count by hand."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import COVERAGE, conform
from tocsin.report.watch import readings, watched

START = datetime(2025, 3, 9, tzinfo=UTC)
SECTORS = ("East", "West")
rows = st.lists(
    st.tuples(
        st.sampled_from(["East", "West", None, "Elsewhere"]),
        st.integers(-300, 1500),
        st.integers(1, 900),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
    max_size=12,
)


def coverage(given_rows, source="cameras"):
    minutes = [
        {
            "sector": sector,
            "t_start": START + timedelta(minutes=first),
            "t_end": START + timedelta(minutes=first + length),
            "share": share,
            "source_id": source,
        }
        for sector, first, length, share in given_rows
    ]
    return conform(
        pa.Table.from_pylist(minutes, schema=COVERAGE), COVERAGE, what="coverage"
    )


@given(rows)
def test_the_largest_stated_share_of_each_minute_holds(given_rows):
    grid = watched(coverage(given_rows), SECTORS, START)
    for sector in SECTORS:
        minutes = []
        for minute in range(1440):
            there = [
                share
                for name, first, length, share in given_rows
                if name in {sector, None} and first <= minute < first + length
            ]
            stated = [share for share in there if share is not None]
            minutes.append(max(stated, default=0.0))
        assert grid.of(sector).stated == pytest.approx(sum(minutes) / 1440, abs=1e-5)


@given(rows)
def test_the_order_of_rows_does_not_matter(given_rows):
    one = watched(coverage(given_rows), SECTORS, START)
    other = watched(coverage(given_rows[::-1]), SECTORS, START)
    assert (one.share == other.share).all()
    assert (one.unstated == other.unstated).all()


def test_a_jammed_day_is_watched_by_somebody_who_saw_nothing():
    jammed = watched(coverage([("East", 0, 1440, 0.0)]), SECTORS, START)
    assert jammed.of("East").words() == "0\u00a0% watched"
    assert jammed.of("West").words() == "nobody on record as watching"


def test_a_share_stated_for_half_the_day_is_a_share_at_the_least():
    half = watched(
        coverage([("East", 0, 720, 0.5), ("East", 720, 720, None)]), SECTORS, START
    )
    assert half.of("East").words() == "at least 25\u00a0% watched"
    assert half.of("East").figure is None
    assert [hour.figure_words() for hour in half.hours("East")][11:13] == [
        "50\u00a0%",
        "not stated",
    ]


def test_days_between_readings_are_listed_as_stretches():
    day = 1440
    table = coverage([("East", 0, day, 1.0), (None, 3 * day, 30, None)])
    (found,) = readings(table, ())
    assert (found.first, found.last, found.days) == (
        date(2025, 3, 9),
        date(2025, 3, 12),
        2,
    )
    assert found.gaps == ((date(2025, 3, 10), date(2025, 3, 11)),)
    assert found.covers(date(2025, 3, 9))
    assert not found.covers(date(2025, 3, 10))
    assert not found.covers(date(2025, 3, 13))
