"""Road graphs from GeoJSON, and closures from a table.

**GeoJSON**: every feature is a LineString; its two ends are nodes, shared where they
meet. ``minutes`` says how long it takes, or ``speed_kmh`` (else 50 km/h over its
length); ``place`` names a crossing on it.

**Closures** in CSV: ``place`` or ``lon``, ``lat``, ``radius_m``; ``since``, ``until``
(empty: open-ended), ``kinds`` joined with ``|``, ``reason``, ``source``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.coordination.roads import Closure, Roads
from tocsin.errors import InputRefused
from tocsin.model import Issue, Where

__all__ = ["read_closures", "read_roads"]

USUAL_KMH: Final = 50.0
DIGITS: Final = 6  # of a degree: ends that agree so far are one node
DEGREE_KM: Final = 111.32


def read_roads(file: Path) -> Roads:
    """The road graph in a GeoJSON file.

    Raises:
        InputRefused: it cannot be read, or features have faults; all are listed.
    """
    features = _features(file)
    nodes: dict[tuple[float, float], int] = {}
    rows: list[tuple[int, int, float, str]] = []
    faults: list[Issue] = []
    for number, feature in enumerate(features, start=1):
        try:
            line, properties = _line(feature)
            ends = [_node(nodes, line[0]), _node(nodes, line[-1])]
            rows.append((*ends, _minutes(line, properties), _place(properties)))  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError) as error:
            faults.append(_issue("place_invalid", file, number, f"is no road: {error}"))
    if faults:
        raise InputRefused(faults)
    points = list(nodes)
    return Roads.of(
        lon=[lon for lon, _ in points],
        lat=[lat for _, lat in points],
        tail=[row[0] for row in rows],
        head=[row[1] for row in rows],
        minutes=[row[2] for row in rows],
        places=[row[3] for row in rows],
    )


def read_closures(file: Path) -> tuple[Closure, ...]:
    """The closures of a CSV table.

    Raises:
        InputRefused: it cannot be read, or lines have faults; all are listed.
    """
    rows = csv.DictReader(io.StringIO(_text(file)))
    made: list[Closure] = []
    faults: list[Issue] = []
    for line, row in enumerate(rows, start=2):
        given: dict[str, Any] = {k: v for k, v in row.items() if k and v}
        if "kinds" in given:
            given["kinds"] = [part.strip() for part in given["kinds"].split("|")]
        try:
            made.append(msgspec.convert(given, Closure, strict=False))
        except msgspec.ValidationError as error:
            faults.append(_issue("value_invalid", file, line, str(error)))
    if faults:
        raise InputRefused(faults)
    return tuple(made)


def _features(file: Path) -> list[dict[str, Any]]:
    try:
        collection = msgspec.json.decode(_text(file))
        return list(collection["features"])
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        message = f"is no GeoJSON of features: {error}"
        raise InputRefused([_issue("file_damaged", file, None, message)]) from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {error}"
        raise InputRefused([_issue("file_missing", file, None, message)]) from error


def _line(feature: dict[str, Any]) -> tuple[list[tuple[float, float]], dict[str, Any]]:
    geometry = feature["geometry"]
    if geometry["type"] != "LineString" or len(geometry["coordinates"]) < 2:  # noqa: PLR2004
        raise ValueError("a road is a LineString of two points or more")
    line = [(float(x), float(y)) for x, y, *_ in geometry["coordinates"]]
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in line):  # noqa: PLR2004
        raise ValueError("a point lies outside WGS 84")
    return line, feature.get("properties") or {}


def _node(nodes: dict[tuple[float, float], int], point: tuple[float, float]) -> int:
    rounded = (round(point[0], DIGITS), round(point[1], DIGITS))
    return nodes.setdefault(rounded, len(nodes))


def _minutes(line: list[tuple[float, float]], properties: dict[str, Any]) -> float:
    if properties.get("minutes") is not None:
        minutes = float(properties["minutes"])
    else:
        speed = float(properties.get("speed_kmh") or USUAL_KMH)
        minutes = sum(_lengths(line)) / speed * 60
    if not 0 < minutes < float("inf"):
        raise ValueError(f"it takes {minutes} minutes")
    return minutes


def _lengths(line: list[tuple[float, float]]) -> Iterator[float]:
    for (x, y), (east, north) in pairwise(line):
        yield hypot((east - x) * cos(radians(y)), north - y) * DEGREE_KM


def _place(properties: dict[str, Any]) -> str:
    return str(properties.get("place") or "")


def _issue(code: str, file: Path, line: int | None, message: str) -> Issue:
    return Issue(code=code, where=Where(file=str(file), line=line), message=message)
