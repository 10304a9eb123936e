"""The real records of ../shared/data, each row accounted for."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tocsin.connectors import read_control, read_source

pytestmark = pytest.mark.shared_data


def read(shared_data: Path, source_id: str, file: str):
    reading = read_source(source_id, shared_data / file)
    assert reading.adds_up
    return reading, pl.DataFrame(pl.from_arrow(reading.observations))


def test_ucdp_every_row_is_an_observation_and_the_deaths_add_up(shared_data):
    reading, seen = read(
        shared_data, "ucdp-ged", "events/ucdp_ged_ukraine_2014_2022-02.parquet"
    )
    assert (reading.rows_read, seen.height) == (3077, 3077)
    assert seen["count"].sum() == 8342
    assert not len(reading.issues)
    sectors = Counter(seen["sector"].to_list())
    assert sectors == {"Donetsk": 2112, "Luhansk": 727, None: 238}


def test_ucdp_names_nobody_as_responsible_and_no_arrival(shared_data):
    _, seen = read(
        shared_data, "ucdp-ged", "events/ucdp_ged_ukraine_2014_2022-02.parquet"
    )
    assert seen["claimed_party"].null_count() == seen.height
    assert seen["received_at"].null_count() == seen.height
    assert (seen["t_end"] - seen["t_start"]).dt.total_hours().min() == 23
    assert seen["sigma_m"].null_count() == 0


def test_ucdp_candidate_rows_are_all_taken(shared_data):
    reading, seen = read(
        shared_data,
        "ucdp-ged-candidate",
        "events/ucdp_ged_candidate_ukraine_2022.parquet",
    )
    assert (reading.rows_read, seen.height, len(reading.issues)) == (536, 536, 0)


OSCE = "minsk/osce_smm_daily_counts_2020-07_2021-12.csv"


def test_osce_has_one_real_contradiction_and_no_other(shared_data):
    reading, seen = read(shared_data, "osce-smm-daily", OSCE)
    assert (reading.rows_read, seen.height) == (216, 216)
    assert reading.issues.counts() == {"contradiction": 1}
    [issue] = reading.issues
    assert issue.message == (
        "231/2021 says 28 for Luhansk in the period that 230/2021 put at 47"
    )
    lines = (shared_data / OSCE).read_text().splitlines()
    assert lines[issue.where.line].startswith("231/2021,2021-10-02")
    assert lines[issue.also[0].line].startswith("230/2021,2021-10-01")


def test_osce_periods_end_at_the_cut_off_in_kyiv(shared_data):
    _, seen = read(shared_data, "osce-smm-daily", OSCE)
    first = seen.row(0, named=True)
    assert first["t_start"] == datetime(2020, 7, 29, 16, 30, tzinfo=UTC)
    assert first["t_end"] == datetime(2020, 7, 30, 16, 30, tzinfo=UTC)
    assert first["received_at"] == datetime(2020, 7, 31, 21, tzinfo=UTC)
    assert set(seen["setting"].to_list()) == {None}
    assert Counter(seen["count_qualifier"].to_list()) == {"exact": 214, "at_least": 2}
    assert set(seen["kind"].to_list()) == {None}


def test_deepstate_is_the_last_change_on_or_before_the_day(shared_data):
    file = "control/deepstate_occupied_area_changes_2024-07_2026-08.parquet"
    outcome = read_control(shared_data / file)
    control = outcome.records
    assert len(control.layers) == 656
    assert control.at(datetime(2024, 7, 7, 23, tzinfo=UTC)) is None
    index = pl.read_csv(shared_data / "control/deepstate_daily_index.csv")
    changed = sorted(index.filter(pl.col("changed"))["date"].to_list())
    for day in index["date"].to_list()[::50]:
        layer = control.at(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))
        last = max(date for date in changed if date <= day)
        assert layer.valid_from.date().isoformat() == last
    assert control.layers[-1].holder(37.80, 48.00) == "Russian_Federation"
    assert control.layers[-1].holder(30.52, 50.45) is None
