"""Road graphs from GeoJSON, and closures and watches from tables.

**GeoJSON**: a LineString is a road; its points are nodes, shared where roads meet.
``minutes`` says how long all of it takes, or ``speed_kmh`` (else 50 km/h over its
length); ``place`` names a crossing on it. A Point is a place with a ``name`` and a
``kind`` (hospital, school, checkpoint, ...). ``origin`` of the whole says whether it is
observed or an exercise; without it, nothing is said.

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
from tocsin.model import Issue, Origin, Where
from tocsin.model.records import Record

__all__ = ["NamedPlace", "RoadFile", "read_closures", "read_roads", "read_watches"]

Point = tuple[float, float]
"""Longitude and latitude, degrees WGS 84."""

R = TypeVar("R", bound=Record)
USUAL_KMH: Final = 50.0
DIGITS: Final = 6  # of a degree: ends that agree so far are one node
DEGREE_KM: Final = 111.32


class NamedPlace(Record, frozen=True, kw_only=True):
    """A place that a road file names, for instance a hospital."""

    name: str
    kind: str
    lon: float
    lat: float


class RoadFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a road file holds; ``origin`` None: the file does not say."""

    roads: Roads
    places: tuple[NamedPlace, ...] = ()
    origin: Origin | None = None


def read_roads(file: Path) -> RoadFile:
    """The road graph in a GeoJSON file, and the places that it names.

    Raises:
        InputRefused: it cannot be read, or features have faults; all are listed.
    """
    features, origin = _features(file)
    nodes: dict[Point, int] = {}
    rows: list[tuple[int, int, float, str]] = []
    places: list[NamedPlace] = []
    faults: list[Issue] = []
    for number, feature in enumerate(features, start=1):
        try:
            if feature["geometry"]["type"] == "Point":
                places.append(_named(feature))
            else:
                rows += _sections(nodes, feature)
        except (KeyError, TypeError, ValueError) as error:
            words = f"is no road and no place: {error}"
            faults.append(_issue("place_invalid", file, number, words))
    if faults:
        raise InputRefused(faults)
    points = list(nodes)
    return RoadFile(
        roads=Roads.of(
            lon=[lon for lon, _ in points],
            lat=[lat for _, lat in points],
            tail=[row[0] for row in rows],
            head=[row[1] for row in rows],
            minutes=[row[2] for row in rows],
            places=[row[3] for row in rows],
        ),
        places=tuple(places),
        origin=origin,
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


def _features(file: Path) -> tuple[list[dict[str, Any]], Origin | None]:
    try:
        collection = msgspec.json.decode(_text(file))
        said = collection.get("origin")
        return list(collection["features"]), None if said is None else Origin(said)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as e:
        message = f"is no GeoJSON of features: {e}"
        raise InputRefused([_issue("file_damaged", file, None, message)]) from e


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {error}"
        raise InputRefused([_issue("file_missing", file, None, message)]) from error


def _named(feature: dict[str, Any]) -> NamedPlace:
    lon, lat = _point(feature["geometry"]["coordinates"])
    said = feature.get("properties") or {}
    if not said.get("name"):
        raise ValueError("a place has a name")
    kind = str(said.get("kind") or "place")
    return NamedPlace(name=str(said["name"]), kind=kind, lon=lon, lat=lat)


def _sections(
    nodes: dict[Point, int], feature: dict[str, Any]
) -> list[tuple[int, int, float, str]]:
    """The sections of a road between its points, each with its part of the time."""
    geometry, said = feature["geometry"], feature.get("properties") or {}
    if geometry["type"] != "LineString" or len(geometry["coordinates"]) < 2:  # noqa: PLR2004
        raise ValueError("a road is a LineString of two points or more")
    line = [_point(point) for point in geometry["coordinates"]]
    lengths = list(_lengths(line))
    minutes, total = _minutes(lengths, said), sum(lengths)
    place = str(said.get("place") or "")
    ends = [_node(nodes, point) for point in line]
    if not total:
        return [(ends[0], ends[-1], minutes, place)]
    return [
        (one, other, minutes * length / total, place)
        for (one, other), length in zip(pairwise(ends), lengths, strict=True)
        if length
    ]


def _point(given: Any) -> Point:
    lon, lat = float(given[0]), float(given[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004
        raise ValueError("a point lies outside WGS 84")
    return lon, lat


def _node(nodes: dict[Point, int], point: Point) -> int:
    rounded = (round(point[0], DIGITS), round(point[1], DIGITS))
    return nodes.setdefault(rounded, len(nodes))


def _minutes(lengths: list[float], said: dict[str, Any]) -> float:
    """How long a road takes: as it says, or over its length at its speed."""
    if said.get("minutes") is not None:
        minutes = float(said["minutes"])
    else:
        speed = float(said.get("speed_kmh") or USUAL_KMH)
        minutes = sum(lengths) / speed * 60
    if not 0 < minutes < float("inf"):
        raise ValueError(f"it takes {minutes} minutes")
    return minutes


def _lengths(line: list[Point]) -> Iterator[float]:
    for (x, y), (east, north) in pairwise(line):
        yield hypot((east - x) * cos(radians(y)), north - y) * DEGREE_KM


def _issue(code: str, file: Path, line: int | None, message: str) -> Issue:
    return Issue(code=code, where=Where(file=str(file), line=line), message=message)
