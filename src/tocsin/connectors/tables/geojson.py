"""GeoJSON feature collections -> raw rows: properties, and the place of the geometry.

The columns ``lon`` and ``lat`` are the point, or the centre of a line or an area; then
``extent_m`` is half the diagonal of its box, in metres, to be mapped to ``sigma_m``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from tocsin.evidence import Issues, Mapping, RawRows, unusable
from tocsin.model import Issue, Where

__all__ = ["read_geojson", "typed"]

METRES_PER_DEGREE: Final = 111_320.0
TOO_LONG: Final = 2**63
"""A whole number from here on is kept as the text it is."""


def read_geojson(data: bytes, file: str, mapping: Mapping) -> RawRows:  # noqa: ARG001  # one shape for all readers
    """The features of a collection, one row each.

    Raises:
        SourceUnusable: it is not JSON, or no feature collection.
    """
    features = _features(data, file)
    cells: list[dict[str, Any]] = []
    rows, failed = [], []
    for number, feature in enumerate(features, start=1):
        try:
            cells.append(_something(_row(feature)))
            rows.append(number)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            failed.append(_failed(file, number, error))
    names = dict.fromkeys(name for row in cells for name in row)
    frame = pl.DataFrame(
        {name: typed([row.get(name) for row in cells]) for name in names},
        height=len(cells),
    )
    numbers = np.array(rows, dtype=np.int64)
    return RawRows(file=file, frame=frame, rows=numbers, failed=Issues([failed]))


def _features(data: bytes, file: str) -> list[Any]:
    try:
        whole = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
        features = whole["features"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"it is not whole or not JSON: {error}"
        raise unusable("file_damaged", file, message, repair="get it again") from error
    except (KeyError, TypeError) as error:
        message = "it is JSON and no FeatureCollection: it has no `features`"
        raise unusable("file_damaged", file, message) from error
    if not isinstance(features, list):
        raise unusable("file_damaged", file, "`features` is no list")
    return features


def _something(row: dict[str, Any]) -> dict[str, Any]:
    if not row:
        raise ValueError("it has neither a property nor a geometry")
    return row


def _row(feature: dict[str, Any]) -> dict[str, Any]:
    geometry = feature.get("geometry")
    properties = feature.get("properties") or {}
    return {**dict(properties), **(_place(geometry) if geometry else {})}


def _place(geometry: dict[str, Any]) -> dict[str, float]:
    points = list(_points(geometry["coordinates"]))
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    if len(points) == 1:
        return {"lon": lon, "lat": lat}
    wide = (max(lons) - min(lons)) * math.cos(math.radians(lat))
    extent = math.hypot(wide, max(lats) - min(lats)) / 2 * METRES_PER_DEGREE
    return {"lon": lon, "lat": lat, "extent_m": extent}


def _points(coordinates: list[Any]) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates[0], (int, float)):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _points(part)


def typed(values: list[Any]) -> pl.Series:
    """Numbers where all are numbers, else text; what is nested becomes JSON."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and _short(values):
        return pl.Series(values, dtype=pl.Int64)
    if kinds <= {float} or (kinds == {int, float} and _short(values)):
        return pl.Series(values, dtype=pl.Float64)
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _short(values: list[Any]) -> bool:
    return all(abs(value or 0) < TOO_LONG for value in values if type(value) is int)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _failed(file: str, number: int, error: Exception) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file=file, line=number),
        message=f"feature {number} is no feature with a geometry: {error!r}",
        refuses_row=True,
    )
