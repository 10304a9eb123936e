"""What a value of each column may be: vocabulary, ranges, order, and what is required.

In go the filled columns of a table and its schema; every row with a value that cannot
be is told to the faults of the file. Closed lists are those of
:data:`tocsin.model.VOCABULARY`.

>>> import numpy as np
>>> from tocsin.model import COVERAGE
>>> faults = Faults("log.csv", np.arange(1, 3))
>>> check_values(pl.DataFrame({"share": [0.5, 50.0]}), COVERAGE, faults)
>>> print(faults.issues()[0])
log.csv:2 (share): error [value_invalid] `50.0` is no share from 0 to 1
"""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from tocsin.evidence.issues import Fault, Faults
from tocsin.evidence.mapping import near
from tocsin.model import VOCABULARY

__all__ = ["check_values"]

Bounds = tuple[float, float, float, float]

_RANGES: Final[dict[str, tuple[float, float | None, str]]] = {
    "count": (0, None, "a count from 0 on"),
    "t_sigma_s": (0, None, "an error in seconds from 0 on"),
    "sigma_m": (0, None, "an error in metres from 0 on"),
    "bearing_deg": (0, 360, "a bearing from 0 to 360"),
    "width_deg": (0, 360, "a width from 0 to 360"),
    "range_min_m": (0, None, "a distance in metres from 0 on"),
    "range_max_m": (0, None, "a distance in metres from 0 on"),
    "fire_bearing_deg": (0, 360, "a bearing from 0 to 360"),
    "fire_kappa": (0, None, "a concentration from 0 on"),
    "share": (0, 1, "share from 0 to 1"),
}
_PLACES: Final = {
    "lon": (180.0, "a longitude from -180 to 180"),
    "lat": (90.0, "a latitude from -90 to 90"),
    "observer_lon": (180.0, "a longitude from -180 to 180"),
    "observer_lat": (90.0, "a latitude from -90 to 90"),
}


def check_values(
    table: pl.DataFrame,
    schema: pa.Schema,
    faults: Faults,
    *,
    bounds: Bounds | None = None,
) -> None:
    """Tell every value that cannot be.

    Args:
        bounds: west, south, east, north edge of what the source covers, degrees; a
            point beyond them is kept with a warning, unless its coordinates are
            swapped.
    """
    _check_required(table, schema, faults)
    _check_words(table, faults)
    _check_ranges(table, faults)
    _check_places(table, faults)
    if bounds and {"lon", "lat"} <= set(table.columns):
        _check_bounds(table, bounds, faults)
    _check_order(table, faults)


def _check_required(table: pl.DataFrame, schema: pa.Schema, faults: Faults) -> None:
    """A row that was refused already (its time could not be read) is not told again."""
    for name in table.columns:
        if name in schema.names and not schema.field(name).nullable:
            message = f"`{name}` is required and empty"
            fault = Fault(code="value_missing", field=name, message=message)
            faults.add(fault, table[name].is_null() & ~pl.Series(faults.refused))


def _check_words(table: pl.DataFrame, faults: Faults) -> None:
    for name in set(VOCABULARY) & set(table.columns):
        words = VOCABULARY[name]
        cells = table[name].cast(pl.String)
        fault = Fault(
            code="value_invalid",
            field=name,
            message=f"`{{value}}` is no {name.replace('_', ' ')}",
            repair=lambda shown, words=words: (  # type: ignore[misc]
                near(shown, words) or f"one of {', '.join(words)}"
            ),
        )
        faults.add(fault, cells.is_not_null() & ~cells.is_in(words), cells)


def _check_ranges(table: pl.DataFrame, faults: Faults) -> None:
    for name in [name for name in _RANGES if name in table.columns]:
        low, high, words = _RANGES[name]
        cells = table[name]
        wrong = (cells < low) | (cells > high if high is not None else False)
        message = f"`{{value}}` is no {words.removeprefix('a ').removeprefix('an ')}"
        faults.add(
            Fault(code="value_invalid", field=name, message=message), wrong, cells
        )
    if {"range_min_m", "range_max_m"} <= set(table.columns):
        fault = Fault(
            code="value_invalid",
            field="range_max_m",
            message="the far edge, {value} m, is nearer than the near edge",
        )
        wrong = table["range_max_m"] < table["range_min_m"]
        faults.add(fault, wrong, table["range_max_m"])


def _check_places(table: pl.DataFrame, faults: Faults) -> None:
    for name in [name for name in _PLACES if name in table.columns]:
        limit, words = _PLACES[name]
        fault = Fault(
            code="place_invalid",
            field=name,
            message=f"`{{value}}` is no {words.removeprefix('a ')}",
        )
        faults.add(fault, table[name].abs() > limit, table[name])
    for lon, lat in (("lon", "lat"), ("observer_lon", "observer_lat")):
        if {lon, lat} <= set(table.columns):
            half = table[lon].is_null() != table[lat].is_null()
            message = "one coordinate is given and the other is not"
            fault = Fault(code="place_invalid", field=lon, message=message)
            faults.add(fault, half & ~pl.Series(faults.refused))


def _check_bounds(table: pl.DataFrame, bounds: Bounds, faults: Faults) -> None:
    lon, lat = table["lon"], table["lat"]
    known = lon.is_not_null() & lat.is_not_null() & ~pl.Series(faults.refused)
    inside = _inside(lon, lat, bounds)
    swapped = known & ~inside & _inside(lat, lon, bounds)
    shown = pl.select(pl.format("{}, {}", lon, lat)).to_series()
    fault = Fault(
        code="place_invalid",
        field="lon",
        message="{value} lies outside the source's area, and inside it when swapped",
        repair="longitude and latitude look swapped; name the columns the other way",
    )
    faults.add(fault, swapped, shown)
    outside = Fault(
        code="place_invalid",
        field="lon",
        message="{value} lies outside the area that the source covers",
        repair="kept as it is; look at the row before trusting its place",
        warning=True,
    )
    faults.add(outside, known & ~inside & ~swapped, shown)


def _inside(lon: pl.Series, lat: pl.Series, bounds: Bounds) -> pl.Series:
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _check_order(table: pl.DataFrame, faults: Faults) -> None:
    if not {"t_start", "t_end"} <= set(table.columns):
        return
    fault = Fault(
        code="time_invalid", field="t_end", message="it ends, {value}, before it starts"
    )
    faults.add(fault, table["t_end"] < table["t_start"], table["t_end"])
    if "received_at" not in table.columns:
        return
    early = Fault(
        code="time_invalid",
        field="received_at",
        message="received, {value}, before it happened",
        repair="kept as it is; a clock may be wrong",
        warning=True,
    )
    faults.add(early, table["received_at"] < table["t_start"], table["received_at"])
