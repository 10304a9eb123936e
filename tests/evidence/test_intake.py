"""What becomes of rows: cases first, then the laws that hold for all of them."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import SourceUnusable
from tocsin.evidence import Issues, RawRows, take_in
from tocsin.model import OBSERVATIONS, SourceDescription, row_id

TABLE = {
    "zone": "UTC",
    "id": "no",
    "bounds": [22.0, 44.0, 40.5, 52.5],
    "columns": {
        "t_start": "when",
        "t_end": {"from": "till", "optional": True},
        "kind": "what",
        "count": {"from": "n", "optional": True},
        "lon": {"from": "x", "optional": True},
        "lat": {"from": "y", "optional": True},
        "assessment": {"from": "as", "optional": True},
        "received_at": {"from": "got", "optional": True},
    },
    "detail": {"note": {"from": "note", "optional": True}},
}
GOOD = {"no": "1", "when": "2025-03-03 10:00", "what": "explosion"}


def source(table=None, **changes):
    plain = {
        "id": "mine",
        "title": "Mine",
        "publisher": "P",
        "owner": "P",
        "way_of_knowing": "patrols",
        "licence": "none",
        "origin": "exercise",
        "coverage": {"area": "Lantern"},
        "table": TABLE if table is None else table,
    }
    return msgspec.convert(plain | changes, SourceDescription)


def rows(*given):
    names = dict.fromkeys(name for row in given for name in row)
    frame = pl.DataFrame({name: [row.get(name) for row in given] for name in names})
    numbers = np.arange(1, len(given) + 1)
    return RawRows(file="a/w.csv", frame=frame, rows=numbers, failed=Issues())


def taken(*given, **changes):
    reading = take_in(rows(*given), source(**changes))
    assert reading.adds_up
    return reading


def refused(**wrong):
    """The issue that refuses a row with this one wrong value."""
    reading = taken({**GOOD, **wrong})
    assert reading.kept == 0
    return next(issue for issue in reading.issues if issue.refuses_row)


def test_good_row_becomes_an_observation_with_its_place_in_the_file():
    [row] = taken({**GOOD, "n": "3", "note": "loud"}).observations.to_pylist()
    assert row["t_start"] == row["t_end"] == datetime(2025, 3, 3, 10, tzinfo=UTC)
    assert (row["kind"], row["count"], row["nature"]) == ("explosion", 3, "event")
    assert (row["origin"], row["source_id"]) == ("exercise", "mine")
    assert (row["raw_ref"], row["detail"]) == ("w.csv#1", '{"note":"loud"}')


def test_id_is_that_of_the_model_and_does_not_depend_on_the_order_of_columns():
    one = taken(GOOD).observations.to_pylist()[0]
    other = taken(dict(reversed(GOOD.items()))).observations.to_pylist()[0]
    raw = b'{"no":"1","what":"explosion","when":"2025-03-03 10:00"}'
    assert one["observation_id"] == other["observation_id"]
    assert one["observation_id"] == row_id("exercise", "mine", raw)


def test_same_row_of_another_origin_or_source_has_another_id():
    ids = {
        taken(GOOD, **changes).observations["observation_id"][0].as_py()
        for changes in ({}, {"origin": "imagined"}, {"id": "other"})
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("wrong", "code", "field", "words"),
    [
        ({"what": "explosoin"}, "value_invalid", "kind", "`explosoin` is no kind"),
        ({"when": ""}, "value_missing", "t_start", "required and empty"),
        ({"when": "soon"}, "time_invalid", "when", "`soon` is no time"),
        ({"when": "0001-01-01 00:00"}, "time_invalid", "when", "1900"),
        ({"till": "2025-03-03 09:00"}, "time_invalid", "t_end", "before it starts"),
        ({"n": "many"}, "value_invalid", "n", "`many` is not a number"),
        ({"n": "2.5"}, "value_invalid", "n", "not a whole number"),
        ({"n": "-1"}, "value_invalid", "count", "`-1` is no count"),
        ({"x": "NaN", "y": "48.0"}, "value_invalid", "x", "`NaN` is not a number"),
        ({"x": "37.0", "y": ""}, "place_invalid", "lon", "the other is not"),
        ({"x": "37.0", "y": "98.0"}, "place_invalid", "lat", "no latitude"),
        ({"x": "48.0", "y": "37.0"}, "place_invalid", "lon", "swapped"),
        ({"as": "incoming"}, "value_invalid", "assessment", "no assessment"),
    ],
)
def test_bad_value_refuses_the_row_and_is_shown(wrong, code, field, words):
    issue = refused(**wrong)
    assert (issue.code, issue.where.field) == (code, field)
    assert words in issue.message
    assert (issue.where.file, issue.where.line) == ("a/w.csv", 1)


def test_near_miss_of_the_vocabulary_is_answered_with_the_word():
    assert refused(what="explosoin").repair == "did you mean `explosion`?"


def test_time_without_zone_is_refused_where_nobody_names_one():
    without = {name: part for name, part in TABLE.items() if name != "zone"}
    reading = taken(GOOD, table=without)
    assert reading.issues.counts() == {"time_without_zone": 1}
    assert taken({**GOOD, "when": "2025-03-03T10:00Z"}, table=without).kept == 1


def test_row_with_several_faults_is_refused_once_and_all_are_told():
    reading = taken({**GOOD, "what": "x", "n": "y", "when": "z"})
    assert len(reading.issues) == 3
    assert reading.issues.refused == 1


def test_exact_repetition_is_refused_and_names_the_first():
    reading = taken(GOOD, GOOD, {**GOOD, "no": "2"}, GOOD)
    assert reading.kept == 2
    assert reading.issues.counts() == {"duplicate_row": 2}
    assert [issue.where.line for issue in reading.issues] == [2, 4]
    assert [issue.also[0].line for issue in reading.issues] == [1, 1]


def test_second_row_under_one_id_with_other_content_is_refused():
    reading = taken(GOOD, {**GOOD, "what": "burst"})
    [issue] = reading.issues
    assert (issue.code, issue.where.line, issue.also[0].line) == ("id_conflict", 2, 1)
    assert "`1` is already the id" in issue.message


def test_rows_without_an_id_do_not_conflict():
    assert taken({**GOOD, "no": None}, {**GOOD, "no": None, "what": "shot"}).kept == 2


def test_place_outside_the_source_is_kept_with_a_warning():
    reading = taken({**GOOD, "x": "2.35", "y": "48.85"})
    assert (reading.kept, reading.issues[0].warning) == (1, True)


def test_report_that_came_before_the_event_is_kept_with_a_warning():
    reading = taken({**GOOD, "got": "2025-03-03 09:00"})
    assert reading.kept == 1
    assert "before it happened" in reading.issues[0].message


def test_outgoing_fire_leaves_intake_coarse():
    given = {
        **GOOD,
        "x": "37.12345",
        "y": "48.6789",
        "as": "outgoing",
        "note": "37.12345",
    }
    [row] = taken(given).observations.to_pylist()
    assert (row["lon"], row["lat"], row["sigma_m"]) == (37.12, 48.68, 1000)
    assert row["detail"] is None


def test_defaults_of_the_description_fill_what_a_row_leaves_open():
    given = {**GOOD, "x": "37.1", "y": "48.6"}
    changes = {"sigma_m": 500.0, "reliability": "B", "platform": "patrol"}
    placed, nowhere = taken(
        given, {**GOOD, "no": "2"}, **changes
    ).observations.to_pylist()
    assert (placed["sigma_m"], placed["reliability"]) == (500, "B")
    assert (nowhere["sigma_m"], nowhere["platform"]) == (None, "patrol")


def test_missing_columns_are_all_named_with_the_nearest():
    with pytest.raises(SourceUnusable) as caught:
        take_in(rows({"No": "1", "When": "2025-03-03"}), source())
    issue = caught.value.issue
    assert issue.code == "column_missing"
    assert "`when` did you mean `When`?" in issue.message
    assert "`what`" in issue.message


def test_mapping_that_fills_no_time_is_refused():
    with pytest.raises(SourceUnusable) as caught:
        taken(GOOD, table={"columns": {"kind": "what"}})
    assert caught.value.issue.code == "description_invalid"


def test_file_with_columns_and_no_rows_is_told():
    frame = pl.DataFrame(schema=dict.fromkeys(GOOD, pl.String))
    raw = RawRows(file="w", frame=frame, rows=np.arange(0), failed=Issues())
    reading = take_in(raw, source())
    assert reading.observations.schema.equals(OBSERVATIONS)
    assert (reading.rows_read, reading.issues.counts()) == (0, {"file_empty": 1})


def test_wrong_clock_of_a_whole_source_is_told_once_for_the_file():
    late = [{**GOOD, "no": str(n), "got": "2025-03-03 09:00"} for n in range(30)]
    reading = taken(*late)
    [whole] = [issue for issue in reading.issues if issue.where.line is None]
    assert whole.message.startswith("30 of 30 rows were received before they happened")
    assert "3,600 seconds" in whole.message
    few = taken(*late[:5])
    assert all(issue.where.line for issue in few.issues)


# --- Tocsin's own columns


OWN = {"layout": "tocsin", "origin_from_file": True}


def own(*given):
    plain = {"nature": "event", "origin": "exercise", "t_start": "2025-03-03T10:00Z"}
    return rows(*({**plain, "t_end": plain["t_start"], **row} for row in given))


def test_own_columns_need_no_mapping_and_keep_their_source():
    reading = take_in(own({"source_id": "patrols", "kind": "shot"}), source(OWN))
    [row] = reading.observations.to_pylist()
    assert (row["source_id"], row["kind"]) == ("patrols", "shot")


def test_own_rows_keep_the_ids_by_which_others_name_them():
    reading = take_in(own({"observation_id": "abc", "kind": "shot"}), source(OWN))
    assert reading.observations["observation_id"].to_pylist() == ["abc"]


def test_origin_is_read_from_the_file_and_must_be_one():
    both = own({"kind": "shot"}, {"kind": "shot", "origin": "observed"})
    with pytest.raises(SourceUnusable) as caught:
        take_in(both, source(OWN))
    assert caught.value.issue.code == "origin_mixed"
    reading = take_in(own({"origin": "imagined"}), source(OWN))
    assert reading.source.origin == "imagined"


def test_exercise_cannot_be_passed_off_as_observed():
    with pytest.raises(SourceUnusable) as caught:
        take_in(own({}), source({"layout": "tocsin"}, origin="observed"))
    assert caught.value.issue.code == "origin_mixed"


def test_an_origin_given_as_a_value_is_held_to_the_description():
    table = TABLE | {"columns": TABLE["columns"] | {"origin": {"value": "exercise"}}}
    with pytest.raises(SourceUnusable) as caught:
        take_in(rows(GOOD), source(table, origin="observed"))
    assert caught.value.issue.code == "origin_mixed"
    assert take_in(rows(GOOD), source(table, origin="exercise")).kept == 1


def test_watch_log_and_register_are_held_to_their_own_columns():
    log = rows(
        {"t_start": "2025-03-03", "t_end": "2025-03-03", "share": "0.5"},
        {"t_start": "2025-03-04", "t_end": "2025-03-04", "share": "50"},
    )
    watch = take_in(log, source({"layout": "tocsin", "zone": "UTC"}, gives="coverage"))
    assert (watch.kept, watch.issues[0].code) == (1, "value_invalid")
    acts = rows(
        {"act": "ballot", "party": "Aurelia", "vote": "yes", "t": "2025-03-03"},
        {"act": "ballot", "party": "Brennia", "vote": "aye", "t": "2025-03-03"},
        {"act": "ballot", "party": None, "vote": "no", "t": "2025-03-03"},
    )
    register = take_in(
        acts, source({"layout": "tocsin", "zone": "UTC"}, gives="register")
    )
    assert register.adds_up
    assert register.issues.counts() == {"value_invalid": 1, "value_missing": 1}
    assert register.register["party"].to_pylist() == ["Aurelia"]


# --- laws


CELL = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(
        [
            "",
            "2025-03-03",
            "2025-03-03 10:00",
            "shot",
            "explosion",
            "1",
            "37",
            "48",
            "NaN",
        ]
    ),
)
NAMES = ["no", "when", "till", "what", "n", "x", "y", "as", "got", "note"]
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELL)), max_size=12)


@settings(max_examples=40)
@given(ROWS)
def test_every_row_becomes_an_observation_or_one_issue(given):
    frame = pl.DataFrame(given, schema=dict.fromkeys(NAMES, pl.String))
    numbers = np.arange(1, len(given) + 1)
    raw = RawRows(file="w", frame=frame, rows=numbers, failed=Issues())
    reading = take_in(raw, source())
    assert reading.rows_read == len(given)
    assert reading.adds_up
    kept = {
        int(ref.partition("#")[2])
        for ref in reading.observations["raw_ref"].to_pylist()
    }
    told = {issue.where.line for issue in reading.issues if issue.refuses_row}
    assert kept | told == set(numbers)
    assert not kept & told
    reading.observations.validate(full=True)


@settings(max_examples=40)
@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_change_what_is_kept(given, chance):
    def ids(some):
        frame = pl.DataFrame(some, schema=dict.fromkeys(NAMES, pl.String))
        numbers = np.arange(1, len(some) + 1)
        raw = RawRows(file="w", frame=frame, rows=numbers, failed=Issues())
        without_id = {name: part for name, part in TABLE.items() if name != "id"}
        table = take_in(raw, source(without_id)).observations
        return sorted(table["observation_id"].to_pylist())

    shuffled = list(given)
    chance.shuffle(shuffled)
    assert ids(given) == ids(shuffled)
