"""Agreement of two records over chance: by hand, and on real ones where they are."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from tocsin.fusing.corroboration import excess


def table(*rows):
    names = ["area", "day", "lon", "lat"]
    return pl.DataFrame(list(rows), schema=names, orient="row")


def only(found, **wanted):
    (row,) = found.filter(**wanted).to_dicts()
    return row


def test_field_that_burns_each_summer_is_no_corroboration():
    events = table(("East", date(2014, 7, 5), 38.0, 48.0))
    fires = table(*(("", date(y, 7, 5), 38.0, 48.0) for y in (2012, 2013, 2014)))
    row = only(excess(events, fires, baseline=(2012, 2013)), area="East")
    assert (row["season"], row["share"], row["chance"]) == ("summer", 1.0, 1.0)
    assert row["excess"] == 0.0


@pytest.mark.parametrize(
    ("metres", "days", "met"), [(1_900, 0, 1), (2_100, 0, 0), (0, 1, 0)]
)
def test_sighting_must_be_near_and_of_the_day(metres, days, met):
    events = table(("East", date(2014, 1, 5), 38.0, 48.0))
    seen = table(("", date(2014, 1, 5 + days), 38.0, 48.0 + metres / 111_195.08))
    assert only(excess(events, seen, baseline=(2012,)), area="East")["share"] == met


def test_leap_day_has_a_day_in_other_years():
    events = table(("East", date(2016, 2, 29), 38.0, 48.0))
    seen = table(("", date(2013, 2, 28), 38.0, 48.0))
    assert only(excess(events, seen, baseline=(2013,)), area="all")["chance"] == 1.0


def test_independent_records_agree_no_more_than_chance():
    rng = np.random.default_rng(3)

    def drawn(n, first, last):
        span = (date(last, 12, 31) - date(first, 1, 1)).days
        at = [date(first, 1, 1) + timedelta(int(d)) for d in rng.integers(0, span, n)]
        lon, lat = rng.uniform(38, 38.3, n), rng.uniform(48, 48.2, n)
        return table(*(("East", *row) for row in zip(at, lon, lat, strict=True)))

    found = excess(
        drawn(1_500, 2014, 2015), drawn(4_000, 2012, 2015), baseline=(2012, 2013)
    )
    row = only(found, area="all")
    assert 0.02 < row["chance"] < 0.9
    assert abs(row["excess"]) < 4 * row["error"]


@pytest.mark.shared_data
def test_thermal_days_corroborate_few_lethal_events_before_2022(shared_data):
    events = pl.read_parquet(
        shared_data / "events/ucdp_ged_ukraine_2014_2022-02.parquet"
    )
    events = events.filter((pl.col("date_prec") == 1) & (pl.col("where_prec") <= 2))
    fires = pl.read_parquet(
        shared_data / "thermal/firms_viirs_ukraine_2012_2022.parquet"
    )
    seen = fires.select(
        day=pl.col("ACQ_DATE").cast(pl.Date), lon="LONGITUDE", lat="LATITUDE"
    )
    years = set(seen["day"].dt.year().unique().to_list())
    events = events.select(
        area="adm_1", day=pl.col("date_start").str.slice(0, 10).str.to_date(),
        lon="longitude", lat="latitude",
    )  # fmt: skip
    in_years = pl.col("day").dt.year().is_in(years)
    events = events.filter(in_years, pl.col("area").is_not_null())
    found = excess(events, seen, baseline=(2012, 2013))
    every = only(found, area="all")
    assert every["events"] == events.height == 304
    assert round(every["share"], 3) == 0.026
    assert round(every["chance"], 3) == 0.013
    # an excess of 1.3 errors: it cannot be told from chance
    assert 1 < every["excess"] / every["error"] < 2
