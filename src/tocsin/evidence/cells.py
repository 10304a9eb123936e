"""A source's cells -> Tocsin's columns, by the mapping of its description.

In go the raw rows (any types) and the mapping; out come columns of the types of the
table they belong to, and every cell that could not be read is told to the faults of
the file. Nothing is guessed: what the mapping does not name is not read.

>>> import numpy as np
>>> from tocsin.evidence.mapping import read_mapping
>>> from tocsin.model import OBSERVATIONS
>>> raw = pl.DataFrame({"kinds": ["loc|artillery", "loc"], "away_km": ["1.5", "far"]})
>>> mapping = read_mapping(
...     "mine",
...     {
...         "columns": {
...             "kind": {
...                 "from": "kinds",
...                 "match": "tag",
...                 "unlisted": "unknown",
...                 "values": {"artillery": "explosion"},
...             },
...             "range_max_m": {"from": "away_km", "unit": "km"},
...         }
...     },
... )
>>> faults = Faults("day.csv", np.arange(1, 3))
>>> filled = fill(raw, mapping, OBSERVATIONS, faults)
>>> filled["kind"].to_list(), filled["range_max_m"].to_list()
(['explosion', None], [1500.0, None])
>>> print(faults.issues()[0])
day.csv:2 (away_km): error [value_invalid] `far` is not a number
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Literal

import polars as pl
import pyarrow as pa

from tocsin.evidence.issues import Fault, Faults
from tocsin.evidence.mapping import UNITS, Column, Mapping, near
from tocsin.evidence.retold import retold
from tocsin.evidence.times import FIRST_YEAR, LAST_YEAR, Times, read_times

NAMES: Final = ("variants", "formerly")
"""List columns whose entries may hold spaces."""

__all__ = ["LABEL_LENGTH", "detail", "fill"]

LABEL_LENGTH: Final = 16
"""Hexadecimal digits of a label; among a million texts two share one 1 time in 4e7."""


def fill(
    raw: pl.DataFrame, mapping: Mapping, schema: pa.Schema, faults: Faults
) -> pl.DataFrame:
    """The columns of ``schema`` that the mapping fills, read and typed.

    Where a row gives no ``t_end`` it is the end of the cell that gives ``t_start``: the
    next local midnight for a bare date, else the same instant.
    """
    filled = {}
    for name, column in mapping.columns.items():
        cells = _cells(raw, column, mapping)
        filled[name] = _typed(cells, column, schema.field(name), mapping, faults)
    if "t_start" in filled and "t_end" in schema.names:
        filled["t_end"] = _ends(raw, mapping, filled.get("t_end"))
    return pl.DataFrame(filled, height=raw.height)


def _ends(raw: pl.DataFrame, mapping: Mapping, given: pl.Series | None) -> pl.Series:
    if given is not None:
        stated = _cells(raw, mapping.columns["t_end"], mapping).is_not_null()
        if stated.all():
            return given
    column = mapping.columns["t_start"]
    cells = _cells(raw, column, mapping)
    same = read_times(cells, column=column, zone=mapping.zone, edge="end").at
    if given is None:
        return same
    return pl.select(pl.when(stated).then(given).otherwise(same)).to_series()


def detail(raw: pl.DataFrame, mapping: Mapping, faults: Faults) -> pl.Series:
    """What else the source says, as JSON with sorted keys; null where nothing."""
    if not mapping.detail or not raw.height:
        return pl.repeat(None, raw.height, dtype=pl.String, eager=True)
    parts = {}
    for name, column in sorted(mapping.detail.items()):
        cells = _cells(raw, column, mapping)
        parts[name] = _detail_value(_worded(cells, column, faults), column, faults)
    return pl.DataFrame(parts).to_struct().struct.json_encode()


def _cells(raw: pl.DataFrame, column: Column, mapping: Mapping) -> pl.Series:
    """The cells that fill this column, unknown ones null."""
    if column.value is not None:
        return pl.repeat(column.value, raw.height, eager=True)
    present = [name for name in column.sources if name in raw.columns]
    if not present:
        return pl.repeat(None, raw.height, dtype=pl.String, eager=True)
    known = [_known(raw[name], mapping.missing) for name in present]
    if column.first is not None:
        known = [cells.cast(pl.String).str.head(column.first) for cells in known]
    if len(known) == 1:
        return known[0].alias(present[0])
    texts = [series.cast(pl.String) for series in known]
    if column.join is not None:
        return pl.select(pl.concat_str(texts, separator=column.join)).to_series()
    return pl.select(pl.coalesce(texts)).to_series().alias(present[0])


def _known(cells: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    if cells.dtype == pl.String:
        unknown = cells.str.strip_chars().is_in(missing)
    elif cells.dtype.is_float() and "NaN" in missing:
        unknown = cells.is_nan()
    else:
        return cells
    return pl.select(pl.when(~unknown).then(cells)).to_series()


def _typed(
    cells: pl.Series,
    column: Column,
    field: pa.Field,
    mapping: Mapping,
    faults: Faults,
) -> pl.Series:
    if pa.types.is_timestamp(field.type):
        return _time(cells, column, mapping, field.name, faults)
    words = _worded(cells, column, faults)
    if pa.types.is_list(field.type):
        return _several(words, column, field.name)
    if pa.types.is_string(field.type):
        text = words.cast(pl.String).str.strip_chars()
        if column.kind == "story":
            text = _stories(text)
        return _labels(text) if column.kind in {"label", "story"} else text
    number = _number(words, column, faults)
    return (
        number if pa.types.is_floating(field.type) else _whole(number, column, faults)
    )


def _stories(text: pl.Series) -> pl.Series:
    """Each text replaced by the first that tells the same in nearly the same words."""
    known = text.drop_nulls().unique(maintain_order=True)
    if known.is_empty():
        return text
    first = known.gather(retold(known.to_list()))
    return text.replace_strict(known, first, default=None, return_dtype=pl.String)


def _labels(text: pl.Series) -> pl.Series:
    """A short digest of each text."""
    known = text.drop_nulls().unique()
    digests = [sha256(one.encode()).hexdigest()[:LABEL_LENGTH] for one in known]
    return text.replace_strict(known, digests, default=None, return_dtype=pl.String)


def _several(words: pl.Series, column: Column, name: str) -> pl.Series:
    """Names are kept apart by the separator, single words by spaces as well."""
    if isinstance(words.dtype, pl.List):
        return words.cast(pl.List(pl.String))
    if name in NAMES:
        parts = words.cast(pl.String).str.split(column.separator)
        kept = pl.element().str.strip_chars()
        return parts.list.eval(kept.filter(kept != ""))
    return words.cast(pl.String).str.extract_all(r"[^,;\s]+")


def _time(
    cells: pl.Series, column: Column, mapping: Mapping, name: str, faults: Faults
) -> pl.Series:
    edge: Literal["start", "end"] = "end" if name == "t_end" else "start"
    read = read_times(cells, column=column, zone=mapping.zone, edge=edge)
    _tell_times(read, cells, column, faults)
    return read.at


def _tell_times(read: Times, cells: pl.Series, column: Column, faults: Faults) -> None:
    field = column.sources[0] if column.sources else None
    no_zone = Fault(
        code="time_without_zone",
        field=field,
        message="`{value}` names no time zone",
        repair='name the zone in the description, as in `zone = "Europe/Kyiv"`',
    )
    faults.add(no_zone, read.no_zone, cells)
    skipped = Fault(
        code="time_invalid",
        field=field,
        message="`{value}` never was: clocks went forward over it",
        repair="the zone of the description, or the clock of the source, is wrong",
    )
    faults.add(skipped, read.skipped, cells)
    unreadable = Fault(
        code="time_invalid",
        field=field,
        message="`{value}` is no time that a calendar from"
        f" {FIRST_YEAR} to {LAST_YEAR} holds",
        repair="write 2020-07-27T00:01:00Z, or give the `format` in the description",
    )
    faults.add(unreadable, read.unreadable & ~read.no_zone & ~read.skipped, cells)


def _worded(cells: pl.Series, column: Column, faults: Faults) -> pl.Series:
    """The cells in Tocsin's words, by the look-up of the column."""
    words = _looked_up(cells, column, faults) if column.values else cells
    if column.otherwise is None:
        return words
    filled = pl.coalesce(words, pl.lit(column.otherwise, dtype=words.dtype))
    return pl.select(filled).to_series().alias(cells.name)


def _looked_up(cells: pl.Series, column: Column, faults: Faults) -> pl.Series:
    text = _text(cells)
    by = {"whole": _whole_cell, "start": _beginning, "tag": _tag}
    found = by[column.match](text, column)
    if column.unlisted == "keep":
        return pl.select(pl.coalesce(found.cast(pl.String), text)).to_series()
    if column.unlisted == "refuse":
        fault = Fault(
            code="value_invalid",
            field=cells.name,
            message="`{value}` is not in the look-up of the description",
            repair=lambda shown: near(shown, column.values),
        )
        faults.add(fault, text.is_not_null() & found.is_null(), text)
    return found


def _text(cells: pl.Series) -> pl.Series:
    if cells.dtype.is_float():  # 1.0 is looked up as 1
        whole = cells.cast(pl.Int64, strict=False)
        return pl.select(
            pl.when(whole == cells)
            .then(whole.cast(pl.String))
            .otherwise(cells.cast(pl.String))
        ).to_series()
    return cells.cast(pl.String).str.strip_chars()


def _whole_cell(text: pl.Series, column: Column) -> pl.Series:
    words, values = list(column.values), list(column.values.values())
    return text.replace_strict(words, values, default=None)


def _beginning(text: pl.Series, column: Column) -> pl.Series:
    return _first(column, [text.str.starts_with(word) for word in column.values])


def _tag(text: pl.Series, column: Column) -> pl.Series:
    tags = text.str.split(column.separator).list.eval(pl.element().str.strip_chars())
    return _first(column, [tags.list.contains(word) for word in column.values])


def _first(column: Column, fits: list[pl.Series]) -> pl.Series:
    values = list(column.values.values())
    options = [
        pl.when(fit).then(pl.lit(value))
        for fit, value in zip(fits, values, strict=True)
    ]
    return pl.select(pl.coalesce(options)).to_series()


def _number(cells: pl.Series, column: Column, faults: Faults) -> pl.Series:
    number = cells.cast(pl.Float64, strict=False)
    fault = Fault(
        code="value_invalid", field=cells.name, message="`{value}` is not a number"
    )
    wrong = cells.is_not_null() & ~number.is_finite().fill_null(value=False)
    faults.add(fault, wrong, cells)
    return pl.select(pl.when(~wrong).then(number * UNITS[column.unit])).to_series()


def _whole(number: pl.Series, column: Column, faults: Faults) -> pl.Series:
    whole = number.cast(pl.Int64, strict=False)
    wrong = number.is_not_null() & (whole != number).fill_null(value=True)
    fault = Fault(
        code="value_invalid",
        field=column.sources[0] if column.sources else None,
        message="`{value}` is not a whole number",
    )
    faults.add(fault, wrong, number)
    return whole


def _detail_value(cells: pl.Series, column: Column, faults: Faults) -> pl.Series:
    if column.kind == "number":
        number = _number(cells, column, faults)
        whole = number.cast(pl.Int64, strict=False)
        return whole if (whole == number).all() else number
    if column.kind == "flag":
        return _text(cells).is_in(["1", "true", "True", "yes"])
    return cells
