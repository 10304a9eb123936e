from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence.mapping import Column
from tocsin.evidence.times import read_times

KYIV = Column(source="t", zone="Europe/Kyiv")

NAIVE = datetime(2020, 7, 27, 0, 1)  # noqa: DTZ001  # sources write such times


def read(cell, *, edge="start", column=KYIV):
    times = read_times(pl.Series([cell]), column=column, edge=edge)
    at = times.at[0]
    return at and at.strftime("%Y-%m-%dT%H:%M:%SZ"), times


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2020-07-27T00:01:00Z", "2020-07-27T00:01:00Z"),
        ("2020-07-27T00:01:00+03:00", "2020-07-26T21:01:00Z"),
        ("2020-07-27 00:01+03:00", "2020-07-26T21:01:00Z"),
        ("2020-07-27 00:01:30.5+0300", "2020-07-26T21:01:30Z"),
        ("2020-07-27 00:01", "2020-07-26T21:01:00Z"),
        (" 2020-07-27T00:01:00 ", "2020-07-26T21:01:00Z"),
        ("2020-01-27 00:01", "2020-01-26T22:01:00Z"),
        (NAIVE, "2020-07-26T21:01:00Z"),
        (datetime(2020, 7, 27, 0, 1, tzinfo=UTC), "2020-07-27T00:01:00Z"),
    ],
)
def test_time_is_read_in_its_zone(cell, utc):
    assert read(cell)[0] == utc


@pytest.mark.parametrize("cell", ["2020-07-27", date(2020, 7, 27)])
def test_bare_date_is_the_whole_local_day(cell):
    assert read(cell)[0] == "2020-07-26T21:00:00Z"
    assert read(cell, edge="end")[0] == "2020-07-27T21:00:00Z"


def test_day_of_a_clock_change_has_23_or_25_hours():
    for day, hours in (("2021-03-28", 23), ("2021-10-31", 25)):
        start = read(day)[1].at[0]
        assert read(day, edge="end")[1].at[0] - start == timedelta(hours=hours)


def test_hour_that_occurs_twice_is_widened_to_both():
    assert read("2021-10-31 03:30")[0] == "2021-10-31T00:30:00Z"
    assert read("2021-10-31 03:30", edge="end")[0] == "2021-10-31T01:30:00Z"


def test_hour_that_never_was_is_unreadable():
    at, times = read("2021-03-28 03:30")
    assert at is None
    assert times.skipped[0]
    assert times.unreadable[0]


def test_date_may_stand_for_a_time_of_day():
    cut_off = Column(source="t", zone="Europe/Kyiv", at="19:30")
    assert read("2020-07-29", column=cut_off)[0] == "2020-07-29T16:30:00Z"
    night = Column(source="t", zone="Europe/Kyiv", at="24:00")
    assert read("2020-07-29", column=night)[0] == "2020-07-29T21:00:00Z"


def test_midnight_may_mean_the_day_only():
    column = Column(source="t", zone="UTC", day_when="00:00")
    assert read("2023-04-01 00:00:00", column=column, edge="end")[1].day[0]
    assert (
        read("2023-04-01 00:00:00", column=column, edge="end")[0]
        == "2023-04-02T00:00:00Z"
    )
    assert not read("2023-04-01 00:01:00", column=column)[1].day[0]


def test_time_without_any_zone_is_told_apart_from_nonsense():
    column = Column(source="t")
    _, times = read("2020-07-27 10:00", column=column)
    assert times.no_zone[0]
    _, times = read("half past ten", column=column)
    assert (times.no_zone[0], times.unreadable[0]) == (False, True)


@pytest.mark.parametrize(
    "cell", ["0001-01-01T00:00:00Z", "1899-12-31", "2200-01-02", "9999-12-31T00:00Z"]
)
def test_time_outside_the_calendar_is_unreadable(cell):
    assert read(cell)[1].unreadable[0]


def test_formats_are_tried_in_order():
    column = Column(source="t", zone="UTC", format=("%d.%m.%Y %H:%M", "%d.%m.%y"))
    assert read("05.03.2022 10:15", column=column)[0] == "2022-03-05T10:15:00Z"
    assert read("05.03.22", column=column)[0] == "2022-03-05T00:00:00Z"
    assert read("March 5", column=column)[1].unreadable[0]


def test_empty_cell_is_unknown_and_no_fault():
    at, times = read(None, column=Column(source="t"))
    assert at is None
    assert not times.unreadable[0]
    assert not times.no_zone[0]


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_fault(cell):
    times = read_times(pl.Series([cell], dtype=pl.String), column=Column(source="t"))
    assert (times.at[0] is None) == times.unreadable[0]


@given(st.datetimes(NAIVE.replace(year=1901), NAIVE.replace(year=2199)))
def test_written_in_utc_and_read_back_is_the_same_instant(moment):
    text = moment.replace(microsecond=0).isoformat() + "Z"
    assert read(text)[0] == text
