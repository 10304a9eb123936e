from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors import description
from tocsin.evidence import match_warnings, one_root, one_warning
from tocsin.model import OBSERVATIONS

START = datetime(2025, 3, 3, tzinfo=UTC)


def alerts(official, volunteer, *, place="Alvenor", other="Alvenor", nature="warning"):
    rows = [
        {
            "observation_id": f"{source}{number}",
            "origin": "exercise",
            "source_id": source,
            "nature": nature,
            "place_name": place if source == "a" else other,
            "t_start": START + timedelta(seconds=second),
            "t_end": START + timedelta(seconds=second + 60),
            "raw_sha256": "",
            "raw_ref": "",
        }
        for source, seconds in (("a", official), ("b", volunteer))
        for number, second in enumerate(seconds)
    ]
    return pa.Table.from_pylist(rows, OBSERVATIONS)


def pairs(table):
    matched = match_warnings(table, "a", "b")
    return list(zip(matched.pairs["first"], matched.pairs["second"], strict=True))


def test_warnings_of_one_place_within_five_minutes_are_one():
    assert pairs(alerts([0], [300])) == [("a0", "b0")]
    assert pairs(alerts([0], [301])) == []


def test_warnings_of_other_places_or_events_are_not_matched():
    assert pairs(alerts([0], [0], other="Brasketh")) == []
    assert pairs(alerts([0], [0], nature="event")) == []


def test_each_warning_is_matched_once_with_the_nearest():
    assert pairs(alerts([0, 200], [190])) == [("a1", "b0")]


def test_later_record_names_the_earlier_as_its_root():
    table = alerts([0, 1000], [30, 990])
    roots = one_root(table, match_warnings(table, "a", "b"))["derived_from"].to_pylist()
    assert roots == [None, "b1", "a0", None]


def test_series_without_warnings_matches_nothing():
    matched = match_warnings(alerts([], [1]), "a", "b")
    assert (matched.share_of_first, matched.share_of_second) == (0.0, 0.0)


SECONDS = st.lists(st.integers(0, 2000), max_size=8, unique=True)


@given(SECONDS, SECONDS)
def test_no_warning_is_in_two_pairs_and_none_is_lost(official, volunteer):
    table = alerts(official, volunteer)
    matched = match_warnings(table, "a", "b")
    for name in ("first", "second"):
        assert matched.pairs[name].n_unique() == matched.pairs.height
    assert (matched.pairs["later_s"].abs() <= 300).all()
    rooted = one_root(table, matched)
    assert rooted["observation_id"].equals(table["observation_id"])
    assert rooted["derived_from"].null_count == table.num_rows - matched.pairs.height


def described(source_id, way):
    known = description("alerts-official")
    return msgspec.structs.replace(known, id=source_id, way_of_knowing=way)


def test_two_series_of_one_way_of_knowing_are_one_root_without_being_asked():
    seen = alerts([0], [180, 2400])
    both = [described("a", "siren"), described("b", "siren")]
    assert one_warning(seen, sources=both)["derived_from"].to_pylist() == [
        None,
        "a0",
        None,
    ]


def test_two_series_that_know_in_different_ways_stay_two_roots():
    seen = alerts([0], [180])
    both = [described("a", "siren"), described("b", "a radar of their own")]
    assert one_warning(seen, sources=both).equals(seen)
