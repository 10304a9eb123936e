"""Times as sources write them -> UTC, or a reason why not.

A bare date is a whole local day: it begins at its first instant and ends at the first
of the next. A local time that occurs twice (when clocks go back) is widened to both; a
local time that never was is a fault, like one outside 1900 to 2199.

>>> read = read_times(
...     pl.Series(["2020-07-27", "2020-10-25 03:30"]),
...     edge="end",
...     column=Column(source="when", zone="Europe/Kyiv"),
... )
>>> read.at.dt.to_string("%FT%TZ").to_list()
['2020-07-27T21:00:00Z', '2020-10-25T01:30:00Z']
>>> read_times(pl.Series(["2020-07-27 10:00"]), column=Column(source="when")).no_zone[0]
True
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
import polars as pl

from tocsin.evidence.mapping import Column

__all__ = ["Times", "read_times"]

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"
_ZONED: Final = r"[T ]\d{1,2}:\d{2}.*([Zz]|[+-]\d{2}:?\d{2})$"
_UTC: Final = pl.Datetime("us", "UTC")
_LOCAL: Final = pl.Datetime("us")


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """One column of times, read.

    Attributes:
        at: UTC; null where there is none or it could not be read.
        day: True where the cell is a bare date, or stands for one.
        unreadable: True where the cell is not empty and is no time.
        no_zone: True where a time names no zone and nobody else does.
        skipped: True where the local time never was, because clocks went forward.
    """

    at: pl.Series
    day: pl.Series
    unreadable: pl.Series
    no_zone: pl.Series
    skipped: pl.Series


def read_times(
    cells: pl.Series,
    *,
    column: Column,
    zone: str | None = None,
    edge: Literal["start", "end"] = "start",
) -> Times:
    """Read a column of times.

    Args:
        cells: text, dates or times with or without a zone; null is unknown.
        column: how the times are written, and what a bare date stands for.
        zone: of times without one, where the column names none.
        edge: which end of a day, and of an hour that occurs twice, is meant.
    """
    zone = column.zone or zone
    parts = _parts(cells, column)
    frame = pl.DataFrame(parts).with_columns(
        local=pl.coalesce("local", pl.col("day").cast(_LOCAL)),
        bare=pl.col("day").is_not_null(),
    )
    frame = _times_of_day(frame, column, edge)
    local = frame["local"]
    utc = _localise(local, zone or "UTC", edge)
    at = pl.select(pl.coalesce(frame["zoned"], utc)).to_series()
    at = _in_calendar(at + timedelta(seconds=column.plus_s))
    return Times(
        at=at,
        day=frame["bare"],
        unreadable=cells.is_not_null() & at.is_null(),
        no_zone=local.is_not_null() & (zone is None),
        skipped=local.is_not_null() & utc.is_null(),
    )


def _parts(cells: pl.Series, column: Column) -> dict[str, pl.Series]:
    """The cells as instants (zoned), local times (local) or bare dates (day)."""
    none = {
        "zoned": pl.repeat(None, len(cells), dtype=_UTC, eager=True),
        "local": pl.repeat(None, len(cells), dtype=_LOCAL, eager=True),
        "day": pl.repeat(None, len(cells), dtype=pl.Date, eager=True),
    }
    if isinstance(cells.dtype, pl.Datetime):
        if cells.dtype.time_zone:
            return {**none, "zoned": cells.dt.convert_time_zone("UTC").cast(_UTC)}
        return {**none, "local": cells.cast(_LOCAL)}
    if cells.dtype == pl.Date:
        return {**none, "day": cells}
    text = cells.cast(pl.String).str.strip_chars()
    return {**none, **(_by_format(text, column) if column.formats else _iso(text))}


def _iso(text: pl.Series) -> dict[str, pl.Series]:
    """ISO 8601 / RFC 3339, with a space or a T, seconds and fractions optional."""
    clean = (
        text.str.replace(" ", "T", literal=True)
        .str.replace(r"[Zz]$", "+00:00")
        .str.replace(r"(T\d{1,2}:\d{2})([+-]|$)", "$1:00$2")
    )
    zoned = clean.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%#z", strict=False, time_unit="us", time_zone="UTC"
    )
    return {
        "zoned": _only(zoned, text.str.contains(_ZONED)),
        "local": clean.str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"
        ),
        "day": _only(
            text.str.to_date("%Y-%m-%d", strict=False), text.str.contains(_DAY)
        ),
    }


def _by_format(text: pl.Series, column: Column) -> dict[str, pl.Series]:
    found: dict[str, list[pl.Series]] = {"zoned": [], "local": [], "day": []}
    for form in column.formats:
        if "%z" in form:
            read = text.str.to_datetime(
                form, strict=False, time_unit="us", time_zone="UTC"
            )
            found["zoned"].append(read)
        elif "%H" in form or "%I" in form:
            found["local"].append(
                text.str.to_datetime(form, strict=False, time_unit="us")
            )
        else:
            found["day"].append(text.str.to_date(form, strict=False))
    return {
        name: pl.select(pl.coalesce(several)).to_series()
        for name, several in found.items()
        if several
    }


def _only(series: pl.Series, where: pl.Series) -> pl.Series:
    return pl.select(pl.when(where).then(series)).to_series()


def _times_of_day(frame: pl.DataFrame, column: Column, edge: str) -> pl.DataFrame:
    """Bare dates (and what stands for one) set to the time of day that is meant."""
    if column.day_when is not None:
        midnight = pl.col("local").dt.strftime("%H:%M") == column.day_when
        frame = frame.with_columns(
            bare=pl.col("bare") | midnight.fill_null(value=False)
        )
    after = timedelta(days=1) if edge == "end" else timedelta(0)
    if column.at is not None:
        hours, minutes = (int(part) for part in column.at.split(":"))
        after = timedelta(hours=hours, minutes=minutes)
    day = pl.col("local").dt.truncate("1d") + after
    return frame.with_columns(
        local=pl.when("bare").then(day).otherwise(pl.col("local"))
    )


def _of_day(text: str) -> timedelta:
    hours, minutes = (int(part) for part in text.split(":"))
    return timedelta(hours=hours, minutes=minutes)


def _localise(local: pl.Series, zone: str, edge: str) -> pl.Series:
    twice: Literal["earliest", "latest"] = "earliest" if edge == "start" else "latest"
    if zone == "UTC":
        return local.dt.replace_time_zone("UTC")
    known = local.dt.replace_time_zone(zone, ambiguous=twice, non_existent="null")
    return known.dt.convert_time_zone("UTC")


def _in_calendar(at: pl.Series) -> pl.Series:
    first, end = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR + 1, 1, 1)  # noqa: DTZ001
    naive = at.dt.replace_time_zone(None)
    return _only(at, (naive >= first) & (naive < end))
