from datetime import UTC, date, datetime, timedelta

import hypothesis.strategies as st
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from shapely import box

from tocsin.evidence import cover, watched
from tocsin.model import (
    COVERAGE,
    OBSERVATIONS,
    Area,
    Areas,
    SourceDescription,
    conform,
    empty,
)

DAY = datetime(2025, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
AREAS = Areas(
    areas=(
        Area(name="Alvenor", kind="sector", geometry=box(0, 0, 1, 1), publisher="P"),
        Area(name="Brasketh", kind="sector", geometry=box(1, 0, 2, 1), publisher="P"),
    )
)


def source(source_id="watch", *, owner="mission", gives="observations", **coverage):
    plain = {
        "id": source_id,
        "title": source_id,
        "publisher": "Mission",
        "owner": owner,
        "way_of_knowing": "patrols",
        "licence": "none",
        "origin": "exercise",
        "gives": gives,
        "coverage": {"area": "all sectors", **coverage},
    }
    return msgspec.convert(plain, SourceDescription)


def log(start=0, end=24, *, share=0.5, sector="Alvenor", source_id="watch", **more):
    times = {"t_start": DAY + start * HOUR, "t_end": DAY + end * HOUR}
    return {"sector": sector, "share": share, "source_id": source_id, **times, **more}


def seen(start=6, end=8, **more):
    plain = {
        "observation_id": f"{start}-{end}-{len(more)}",
        "origin": "exercise",
        "source_id": "watch",
        "nature": "event",
        "sector": "Alvenor",
        "t_start": DAY + start * HOUR,
        "t_end": DAY + end * HOUR,
        "raw_sha256": "",
        "raw_ref": "",
    }
    return plain | more


def table(rows, schema):
    return conform(pa.Table.from_pylist(rows, schema), schema, what="test")


def covered(observations=(), declared=(), sources=None, *, days=2):
    return cover(
        table(list(observations), OBSERVATIONS),
        declared=table(list(declared), COVERAGE),
        sources=sources if sources is not None else (source(),),
        areas=AREAS,
        start=DAY,
        until=DAY + timedelta(days=days),
    ).to_pylist()


def spans(rows):
    hours = [
        ((r["t_start"] - DAY) / HOUR, (r["t_end"] - DAY) / HOUR, r["share"])
        for r in rows
    ]
    return sorted(hours, key=str)


def share_of_first_day(rows, sector="Alvenor"):
    coverage = table(rows, COVERAGE)
    return watched(
        coverage, sector=sector, start=DAY, end=DAY + timedelta(days=1)
    ).share


# --- declared


def test_watch_log_is_taken_as_declared_and_cut_to_the_question():
    rows = covered(declared=[log(-5, 30)], days=1)
    assert spans(rows) == [(0, 24, 0.5)]


def test_day_without_any_reading_has_no_row():
    assert covered(declared=[log(0, 24)], days=2)[-1]["t_end"] == DAY + 24 * HOUR
    assert covered() == []


# --- descriptions


def test_stated_share_covers_all_days_but_the_missing_ones():
    stated = source(
        first="2025-03-02",
        last="2025-03-04",
        share=0.3,
        missing=[["2025-03-03", "2025-03-03"]],
    )
    rows = covered([seen()], sources=(stated,), days=3)
    assert spans(rows) == [(24, 48, 0.3), (24, 48, 0.3)]
    assert {row["sector"] for row in rows} == {"Alvenor", "Brasketh"}


def test_source_that_states_no_share_and_no_periods_covers_nothing():
    assert covered([seen()], sources=(source(first="2025-03-01"),)) == []


def test_period_that_a_row_covers_counts_with_its_share_not_stated():
    period = seen(0, 24, nature="period_count", received_at=DAY + 40 * HOUR)
    rows = covered([period], sources=(source(per_row=True),))
    assert spans(rows) == [(0, 24, None)]
    assert rows[0]["known_at"] == DAY + 40 * HOUR
    assert "share not stated" in rows[0]["why"]


def test_event_of_a_source_with_periods_covers_nothing():
    assert covered([seen()], sources=(source(per_row=True),)) == []


# --- what blinds us


def test_jamming_cuts_the_watch_of_that_sector_and_says_why():
    rows = covered(
        [seen(kind="jamming")],
        [log(0, 24), log(0, 24, sector="Brasketh")],
    )
    alvenor = [row for row in rows if row["sector"] == "Alvenor"]
    assert spans(alvenor) == [(0, 6, 0.5), (6, 8, 0.0), (8, 24, 0.5)]
    assert [row["why"] for row in alvenor] == [None, "jammed", None]
    assert share_of_first_day(rows) == pytest.approx(0.5 * 22 / 24)
    assert share_of_first_day(rows, "Brasketh") == pytest.approx(0.5)


def test_overlapping_restrictions_are_cut_once():
    cuts = [
        seen(2, 6, kind="restriction", restriction="camera_damage"),
        seen(4, 8, kind="restriction", restriction="denial"),
    ]
    rows = covered(cuts, [log(0, 24)])
    assert [span for span in spans(rows) if span[2]] == [(0, 2, 0.5), (8, 24, 0.5)]


def test_log_that_gives_a_reason_itself_is_not_cut_again():
    rows = covered([seen(kind="jamming")], [log(0, 24, share=0.1, why="jammed")])
    assert (0, 24, 0.1) in spans(rows)


def test_log_of_another_source_is_not_cut_where_the_blinded_one_keeps_its_own():
    both = (source("cameras"), source("patrols"))
    logs = [log(0, 24, source_id="cameras"), log(0, 24, source_id="patrols")]
    shot = seen(kind="restriction", restriction="camera_damage", source_id="cameras")
    rows = covered([shot], logs, both)
    assert (0, 24, 0.5) in spans([r for r in rows if r["source_id"] == "patrols"])
    assert share_of_first_day(rows) == pytest.approx(0.5)


def test_log_of_the_same_owner_is_cut_where_the_source_keeps_none():
    both = (source("reports"), source("watch-log", gives="coverage"))
    rows = covered(
        [seen(kind="jamming", source_id="reports")],
        [log(0, 24, source_id="watch-log")],
        both,
    )
    assert share_of_first_day(rows) == pytest.approx(0.5 * 22 / 24)


def test_restriction_is_placed_in_its_sector_by_its_point():
    rows = covered(
        [seen(kind="jamming", sector=None, lon=1.5, lat=0.5)],
        [log(0, 24), log(0, 24, sector="Brasketh")],
    )
    assert share_of_first_day(rows) == pytest.approx(0.5)
    assert share_of_first_day(rows, "Brasketh") == pytest.approx(0.5 * 22 / 24)


def test_restriction_in_no_known_sector_cuts_nothing():
    rows = covered([seen(kind="jamming", sector=None)], [log(0, 24)])
    assert spans(rows) == [(0, 24, 0.5)]


# --- sums


def test_two_watches_of_the_same_time_are_never_added_up():
    rows = [log(0, 24, share=0.8), log(0, 24, share=0.7)]
    assert share_of_first_day(rows) == pytest.approx(0.8)


def test_share_that_nobody_states_counts_as_unstated_hours():
    coverage = table([log(0, 6, share=None), log(3, 9, share=0.5)], COVERAGE)
    day = watched(coverage, sector="Alvenor", start=DAY, end=DAY + 24 * HOUR)
    assert (day.hours_stated, day.hours_unstated, day.hours) == (6.0, 3.0, 3.0)


def test_nothing_watched_is_nothing():
    day = watched(empty(COVERAGE), sector="Alvenor", start=DAY, end=DAY + HOUR)
    assert (day.hours, day.share, day.hours_stated) == (0.0, 0.0, 0.0)


def test_watch_of_everywhere_counts_for_each_sector_and_one_kind_for_itself_only():
    everywhere = log(0, 24, sector=None)
    assert share_of_first_day([everywhere], "Brasketh") == pytest.approx(0.5)
    coverage = table([log(0, 24, kind="fly")], COVERAGE)
    span = {"sector": "Alvenor", "start": DAY, "end": DAY + 24 * HOUR}
    assert watched(coverage, kind="fire", **span).share == 0
    assert watched(coverage, kind="fly", **span).share == 0.5


INTERVALS = st.lists(
    st.tuples(
        st.integers(0, 23),
        st.integers(1, 24),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
    max_size=8,
)


@given(INTERVALS)
def test_watched_is_the_hour_by_hour_maximum_and_never_more_than_one(intervals):
    rows = [
        log(start, min(start + lasts, 24), share=share)
        for start, lasts, share in intervals
    ]
    hours = []
    for hour in range(24):
        shares = [
            share
            for start, lasts, share in intervals
            if start <= hour < start + lasts and share is not None
        ]
        hours.append(max(shares, default=0.0))
    share = share_of_first_day(rows)
    assert share == pytest.approx(sum(hours) / 24)
    assert 0 <= share <= 1


@given(INTERVALS, st.lists(st.tuples(st.integers(0, 23), st.integers(1, 12))))
def test_blinding_never_adds_to_what_was_watched(intervals, blind):
    logs = [log(s, s + n, share=share) for s, n, share in intervals]
    jams = [seen(s, s + n, kind="jamming") for s, n in blind]
    before = share_of_first_day(covered(declared=logs))
    assert share_of_first_day(covered(jams, logs)) <= before + 1e-12


def test_days_before_the_first_and_after_the_last_are_no_data():
    stated = source(first="2025-03-04", last="2025-03-04", share=1.0)
    rows = covered([seen()], sources=(stated,), days=9)
    assert {row["t_start"].date() for row in rows} == {date(2025, 3, 4)}
