import numpy as np
import polars as pl
import pytest

from tocsin.evidence.cells import detail, fill
from tocsin.evidence.issues import Faults
from tocsin.evidence.mapping import read_mapping
from tocsin.model import OBSERVATIONS


def filled(cells, column, *, to="kind", **table):
    raw = pl.DataFrame({"x": cells})
    mapping = read_mapping("mine", {"columns": {to: {"from": "x", **column}}, **table})
    faults = Faults("f", np.arange(1, raw.height + 1))
    values = fill(raw, mapping, OBSERVATIONS, faults)[to].to_list()
    return values, [issue.message for issue in faults.issues()]


def test_lookup_translates_and_refuses_what_it_does_not_list():
    values, told = filled(["bang", "boom"], {"values": {"bang": "explosion"}})
    assert values == ["explosion", None]
    assert told == ["`boom` is not in the look-up of the description"]


def test_unlisted_word_may_be_unknown_or_kept():
    words = {"values": {"bang": "explosion"}}
    assert filled(["boom"], {**words, "unlisted": "unknown"}) == ([None], [])
    assert filled(["boom"], {**words, "unlisted": "keep"}) == (["boom"], [])


def test_first_listed_tag_counts_and_damaged_tags_are_looked_up():
    column = {
        "match": "tag",
        "values": {"artillery": "explosion", "firefighb": "exchange_of_fire"},
        "unlisted": "unknown",
    }
    cells = ["firefighb|loc|artillery", "loc|firefighb", "artilleryman", ""]
    assert filled(cells, column)[0] == ["explosion", "exchange_of_fire", None, None]


def test_beginning_of_a_cell_may_be_looked_up():
    column = {"match": "start", "values": {"Munitions": "mine_or_uxo"}}
    assert filled(["Munitions June"], column) == (["mine_or_uxo"], [])


def test_numbers_of_a_column_are_looked_up_as_they_are_read():
    column = {"values": {"1": 1000, "2": 12500}}
    assert filled([1, 2], column, to="sigma_m")[0] == [1000, 12500]
    assert filled([1.0, 2.0], column, to="sigma_m")[0] == [1000, 12500]
    assert filled(["1", " 2 "], column, to="sigma_m")[0] == [1000, 12500]


@pytest.mark.parametrize(
    ("unit", "metres"), [("km", 1500.0), ("m", 1.5), ("mi", 2414.016)]
)
def test_units_become_metres(unit, metres):
    assert filled(["1.5"], {"unit": unit}, to="sigma_m")[0] == [metres]


def test_words_for_unknown_are_unknown():
    table = {"missing": ["", "n/a", "NaN"]}
    assert filled(["n/a", "", " "], {}, to="count", **table) == ([None] * 3, [])
    assert filled([float("nan")], {}, to="lon", **table) == ([None], [])


def test_nan_that_nobody_declared_unknown_is_a_fault():
    values, told = filled([float("nan"), float("inf")], {}, to="lon")
    assert values == [None, None]
    assert told == ["`nan` is not a number", "`inf` is not a number"]


def test_first_column_that_is_not_empty_counts():
    raw = pl.DataFrame({"village": ["", "B"], "town": ["C", "D"]})
    table = {"columns": {"place_name": {"from": ["village", "town"]}}}
    faults = Faults("f", np.arange(1, 3))
    table = fill(raw, read_mapping("mine", table), OBSERVATIONS, faults)
    assert table["place_name"].to_list() == ["C", "B"]


def test_list_is_split_at_commas_semicolons_and_spaces():
    assert filled(["Aurelia; Brennia,Caldoria"], {}, to="rel_to")[0] == [
        ["Aurelia", "Brennia", "Caldoria"]
    ]


def test_detail_is_json_with_sorted_names():
    raw = pl.DataFrame({"n": ["4", ""], "seen": ["1", "0"], "who": ['the "A"', "B"]})
    table = {
        "detail": {
            "who": "who",
            "number": {"from": "n", "as": "number"},
            "flag": {"from": "seen", "as": "flag"},
        }
    }
    faults = Faults("f", np.arange(1, 3))
    assert detail(raw, read_mapping("mine", table), faults).to_list() == [
        '{"flag":true,"number":4,"who":"the \\"A\\""}',
        '{"flag":false,"number":null,"who":"B"}',
    ]


def test_date_and_time_of_two_columns_are_one_time():
    raw = pl.DataFrame({"day": ["2025-10-17", "2025-10-17"], "time": ["0934", ""]})
    table = {
        "zone": "UTC",
        "columns": {
            "t_start": {"from": ["day", "time"], "join": " ", "format": "%Y-%m-%d %H%M"}
        },
    }
    faults = Faults("f", np.arange(1, 3))
    times = fill(raw, read_mapping("mine", table), OBSERVATIONS, faults)["t_start"]
    assert times.dt.strftime("%H:%M").to_list() == ["09:34", None]


def test_otherwise_fills_the_empty_and_the_unlisted():
    column = {
        "match": "tag",
        "values": {"artillery": "event"},
        "unlisted": "unknown",
        "otherwise": "warning",
    }
    cells = ["artillery|loc", "loc", ""]
    values, told = filled(cells, column, to="nature")
    assert (values, told) == (["event", "warning", "warning"], [])


def test_label_is_short_and_the_same_for_the_same_text():
    values, _ = filled(["a b", "a b", "c", ""], {"as": "label"}, to="derived_from")
    assert values[0] == values[1] != values[2]
    assert [value and len(value) for value in values] == [16, 16, 16, None]
