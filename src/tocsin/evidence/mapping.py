"""How a source's own columns become Tocsin's: the ``[table]`` part of a description.

In goes the ``table`` dictionary of a :class:`tocsin.model.SourceDescription`, out comes
a checked :class:`Mapping`; an unknown key, unit or target column is refused with its
name and the nearest known one. ``docs/reference/sources.md`` explains each key.

>>> plain = read_mapping("mine", {"columns": {"t_start": "when", "count": "n"}})
>>> plain.columns["count"].sources
('n',)
>>> read_mapping("mine", {"columns": {"cuont": "n"}})
Traceback (most recent call last):
...
tocsin.errors.SourceUnusable: mine (table.columns.cuont): error [description_invalid]
`cuont` is no column of OBSERVATIONS
    repair: did you mean `count`?
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
import polars as pl
import pyarrow as pa
from msgspec import Meta

from tocsin.errors import SourceUnusable
from tocsin.model import COVERAGE, OBSERVATIONS, PLACES, REGISTER, Issue, Where
from tocsin.model.records import Record

__all__ = ["OF_THE_ROW", "SCHEMAS", "UNITS", "Check", "Column", "Mapping", "near"]
__all__ += ["read_mapping"]

Gives = Literal["observations", "coverage", "register", "places"]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Scalar = str | int | float | bool

SCHEMAS: Final[dict[str, pa.Schema]] = {
    "observations": OBSERVATIONS,
    "coverage": COVERAGE,
    "register": REGISTER,
    "places": PLACES,
}

OF_THE_ROW: Final = frozenset({"raw_sha256", "raw_ref", "observation_id"})
"""Columns that intake computes from the row itself; no mapping fills them."""

UNITS: Final[dict[str, float]] = {
    "m": 1.0,
    "km": 1_000.0,
    "mi": 1_609.344,
    "nmi": 1_852.0,
    "ft": 0.3048,
    "s": 1.0,
    "min": 60.0,
    "h": 3_600.0,
    "d": 86_400.0,
    "deg": 1.0,
    "mil": 360.0 / 6_400.0,
    "percent": 0.01,
    "one": 1.0,
}
"""Factor to metres, seconds, degrees or a share of one."""


class Column(
    Record, frozen=True, kw_only=True, rename={"source": "from", "kind": "as"}
):
    """How one of Tocsin's columns is filled.

    Attributes:
        source: the source's column, or several: the first that is not empty counts.
        first: how many characters of the cell count; None: all.
        join: put between several columns that are one value, such as a date and a time.
        value: the same value for every row.
        values: the source's words -> Tocsin's.
        match: whether a word of ``values`` is the whole cell, its beginning, or one of
            the tags in it; the first word of the list that fits counts.
        separator: between tags.
        unlisted: what a cell becomes that ``values`` does not list.
        otherwise: what an empty cell becomes, and an unlisted one that is unknown.
        unit: of the source's numbers.
        format: how a time is written (strptime codes); the first that fits counts.
        zone: of times without one; else the mapping's.
        at: time of day that a bare date stands for, ``24:00`` for its end.
        day_when: time of day that means: only the day is known.
        plus_s: seconds to add to a time.
        optional: True where the file may lack the column.
        kind: number or flag in place of text (for ``detail``), or a label: a short
            digest, the same for the same text (for ``derived_from``); or a story: the
            same label for texts that tell one thing in nearly the same words.
    """

    source: str | tuple[str, ...] = ()
    first: Annotated[int, Meta(ge=1)] | None = None
    join: str | None = None
    value: Scalar | None = None
    values: dict[str, Scalar] = {}
    match: Literal["whole", "start", "tag"] = "whole"
    separator: str = "|"
    unlisted: Literal["refuse", "unknown", "keep"] = "refuse"
    otherwise: Scalar | None = None
    unit: str = "one"
    format: str | tuple[str, ...] = ()
    zone: str | None = None
    at: TimeOfDay | None = None
    day_when: TimeOfDay | None = None
    plus_s: float = 0.0
    optional: bool = False
    kind: Literal["text", "number", "flag", "label", "story"] = "text"

    @property
    def sources(self) -> tuple[str, ...]:
        """The source's columns, in order of preference."""
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def formats(self) -> tuple[str, ...]:
        """The ways in which times are written, in order of preference."""
        return (self.format,) if isinstance(self.format, str) else self.format


class Check(Record, frozen=True, kw_only=True):
    """A check of one row against another of the same source.

    Attributes:
        kind: ``previous_period``: a report also says the figure of the period before.
        previous: the source's column with that figure.
        label: the source's column by which a person knows the row.
    """

    kind: Literal["previous_period"]
    previous: str
    label: str


class Mapping(Record, frozen=True, kw_only=True):
    """The whole ``[table]`` of a description, checked.

    Attributes:
        like: id of the description whose mapping this one starts from.
        layout: ``tocsin`` where the file has Tocsin's own columns.
        origin_from_file: the file's own ``origin`` column says what it is.
        format: how the file is written; None: told from its name.
        encoding: of a text file.
        delimiter: between cells; None: told from the head line.
        zone: of times that name none, such as ``Europe/Kyiv`` or ``UTC``.
        missing: cells that mean *unknown*.
        id: the source's column with an id of its own.
        bounds: west, south, east and north edge of what the source covers, degrees.
        columns: Tocsin's column -> how it is filled.
        detail: name -> how it is filled; kept in ``detail`` as JSON.
        checks: of rows against each other.
    """

    like: str | None = None
    layout: Literal["tocsin"] | None = None
    origin_from_file: bool = False
    format: Literal["csv", "geojson", "jsonl", "parquet"] | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    zone: str | None = None
    missing: tuple[str, ...] = ("",)
    id: str | None = None
    bounds: tuple[float, float, float, float] | None = None
    columns: dict[str, Column] = {}
    detail: dict[str, Column] = {}
    checks: tuple[Check, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The source's columns that a file must have, in the order of the mapping."""
        named = [
            name
            for column in (*self.columns.values(), *self.detail.values())
            if not column.optional
            for name in column.sources
        ]
        named += [
            name for check in self.checks for name in (check.previous, check.label)
        ]
        return tuple(dict.fromkeys([*named, *([self.id] if self.id else [])]))


def read_mapping(
    source_id: str, table: dict[str, Any], *, gives: Gives = "observations"
) -> Mapping:
    """The mapping of a description.

    Raises:
        SourceUnusable: a key, a column or a unit is not known.
    """
    plain = dict(table)
    for part in ("columns", "detail"):
        plain[part] = {
            name: {"from": column} if isinstance(column, str) else column
            for name, column in table.get(part, {}).items()
        }
    try:
        mapping = msgspec.convert(plain, Mapping)
    except msgspec.ValidationError as error:
        message = str(error).replace("$", "table", 1)
        raise _invalid(source_id, "table", message) from error
    _check_zone(source_id, "table.zone", mapping.zone)
    _check_columns(source_id, mapping, SCHEMAS[gives].names, gives.upper())
    return mapping


def near(word: str, known: Iterable[str]) -> str:
    """A repair that names the nearest known word, or "" where none is near."""
    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return f"did you mean `{by_fold[found[0]]}`?" if found else ""


def _check_columns(source_id: str, mapping: Mapping, known: list[str], of: str) -> None:
    for name, column in {**mapping.columns, **mapping.detail}.items():
        field = f"table.columns.{name}"
        if name in mapping.columns and (name not in known or name in OF_THE_ROW):
            message = f"`{name}` is no column of {of}"
            raise _invalid(source_id, field, message, near(name, known))
        if column.unit not in UNITS:
            message = f"`{column.unit}` is no unit"
            raise _invalid(source_id, field, message, f"one of {', '.join(UNITS)}")
        if bool(column.sources) == (column.value is not None):
            message = f"`{name}` needs either `from` or `value`, and not both"
            raise _invalid(source_id, field, message)
        _check_zone(source_id, field, column.zone)


def _check_zone(source_id: str, field: str, zone: str | None) -> None:
    if zone is None:
        return
    try:
        pl.Series([datetime(2020, 1, 1, tzinfo=UTC)]).dt.convert_time_zone(zone)
    except pl.exceptions.PolarsError as error:
        message = f"`{zone}` is no time zone"
        repair = "write it as in `Europe/Kyiv`, or `UTC`"
        raise _invalid(source_id, field, message, repair) from error


def _invalid(
    source_id: str, field: str, message: str, repair: str = ""
) -> SourceUnusable:
    where = Where(file=source_id, field=field)
    code = "description_invalid"
    return SourceUnusable(Issue(code=code, where=where, message=message, repair=repair))
