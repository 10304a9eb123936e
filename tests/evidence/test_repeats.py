import msgspec
import numpy as np
import polars as pl

from tocsin.evidence import Issues, RawRows, distinct, take_in
from tocsin.model import SourceDescription


def reading(*kinds, file="a.csv", source_id="mine", gives="observations"):
    columns = (
        {"t_start": "when", "kind": "what"}
        if gives == "observations"
        else {"t": "when", "act": "what", "party": {"value": "Aurelia"}}
    )
    plain = {
        "id": source_id,
        "title": "Mine",
        "publisher": "P",
        "owner": "P",
        "way_of_knowing": "patrols",
        "licence": "none",
        "gives": gives,
        "coverage": {"area": "Lantern"},
        "table": {"zone": "UTC", "columns": columns},
    }
    frame = pl.DataFrame(
        {"when": ["2025-03-03"] * len(kinds), "what": list(kinds)},
        schema={"when": pl.String, "what": pl.String},
    )
    rows = np.arange(1, len(kinds) + 1)
    raw = RawRows(file=file, frame=frame, rows=rows, failed=Issues())
    return take_in(raw, msgspec.convert(plain, SourceDescription))


def kept(readings):
    return [one.kept for one in readings]


def test_file_given_twice_is_read_once():
    both = distinct([reading("shot", "burst"), reading("shot", "burst", file="b.csv")])
    assert kept(both) == [2, 0]
    assert all(one.adds_up for one in both)
    assert both[1].issues.counts() == {"duplicate_row": 2}
    assert str(both[1].issues[1].where) == "b.csv:2"


def test_only_the_rows_that_repeat_are_left_out():
    three = distinct([reading("shot"), reading("shot", "burst"), reading("burst")])
    assert kept(three) == [1, 1, 0]
    assert all(one.adds_up for one in three)


def test_same_words_of_another_source_are_another_row():
    assert kept(distinct([reading("shot"), reading("shot", source_id="other")])) == [
        1,
        1,
    ]


def test_acts_on_record_repeat_like_observations():
    acts = [reading("meet", gives="register"), reading("meet", gives="register")]
    assert kept(distinct(acts)) == [1, 0]


def test_readings_without_rows_pass():
    assert kept(distinct([reading(), reading("shot"), reading()])) == [0, 1, 0]
