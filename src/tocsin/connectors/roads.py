"""Road graphs from GeoJSON, and closures from a table.

**GeoJSON**: every feature is a LineString; its two ends are nodes, shared where they
meet. ``minutes`` says how long it takes, or ``speed_kmh`` (else 50 km/h over its
length); ``place`` names a crossing on it.

**Closures** in CSV: ``place`` or ``lon``, ``lat``, ``radius_m``; ``since``, ``until``
(empty: open-ended), ``kinds`` joined with ``|``, ``reason``, ``by`` (the party that was
seen to shut it), ``source``. **Watches** in CSV: ``place``, ``since``, ``until``,
``source``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from tocsin.coordination.passage import Watched
from tocsin.coordination.roads import Closure, Roads
from tocsin.errors import InputRefused
from tocsin.model import Issue, Where
from tocsin.model.records import Record

__all__ = ["read_closures", "read_roads", "read_watches"]

R = TypeVar("R", bound=Record)
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
    return _lines(file, Closure)


def read_watches(file: Path) -> tuple[Watched, ...]:
    """Who watched which crossing when, from a CSV table.

    Raises:
        InputRefused: it cannot be read, or lines have faults; all are listed.
    """
    return _lines(file, Watched)


def _lines(file: Path, record: type[R]) -> tuple[R, ...]:
    """Each line of a table as a record that ends after it begins."""
    rows = csv.DictReader(io.StringIO(_text(file)))
    made: list[R] = []
    faults: list[Issue] = []
    for line, row in enumerate(rows, start=2):
        given: dict[str, Any] = {k: v for k, v in row.items() if k and v}
        if "kinds" in given:
            given["kinds"] = [part.strip() for part in given["kinds"].split("|")]
        try:
            one = msgspec.convert(given, record, strict=False)
        except msgspec.ValidationError as error:
            faults.append(_issue("value_invalid", file, line, str(error)))
            continue
        faults += _backwards(one, file, line)
        made.append(one)
    if faults:
        raise InputRefused(faults)
    return tuple(made)


def _backwards(one: Any, file: Path, line: int) -> Iterator[Issue]:
    if one.since is not None and one.until is not None and one.until <= one.since:
        words = f"it ends at {one.until}, not after {one.since}"
        yield _issue("time_invalid", file, line, words)


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
