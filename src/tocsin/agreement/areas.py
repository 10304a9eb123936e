"""The map of an agreement: ``areas.geojson`` beside its text.

In comes the folder of an agreement, out come its sectors, lines, zones and territories
(:class:`tocsin.model.Areas`). A feature that cannot be used is an issue with its number
in the file, and the rest is still read; a file that is no GeoJSON is an issue and gives
no areas. No file at all is no fault: the agreement comes without a map.

A feature needs ``name``, ``kind`` and ``publisher``. Without a geometry it is known by
its name only: observations find it by ``sector`` or ``place_name``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import shapely
from msgspec import Meta
from shapely.geometry.base import BaseGeometry

from tocsin.model.places import Area, Areas
from tocsin.model.records import Instant, Issue, Outcome, Where

__all__ = ["AREAS_FILE", "load_areas"]

AREAS_FILE = "areas.geojson"
LINE_TYPES = frozenset({"LineString", "MultiLineString"})
FACE_TYPES = frozenset({"Polygon", "MultiPolygon"})


class _Properties(msgspec.Struct, frozen=True):
    """What a feature must say of itself; further properties are left alone."""

    name: Annotated[str, Meta(min_length=1)]
    kind: Literal["sector", "line", "zone", "territory"]
    publisher: Annotated[str, Meta(min_length=1)]
    variants: tuple[str, ...] = ()
    valid_from: Instant | None = None
    valid_to: Instant | None = None


def load_areas(folder: Path) -> Outcome[Areas]:
    """The areas of the agreement in this folder, and an issue for each unusable one.

    Args:
        folder: the agreement's folder, or its file: then the folder that holds it.
    """
    path = (folder if folder.is_dir() else folder.parent) / AREAS_FILE
    if not path.exists():
        return Outcome(records=Areas())
    try:
        collection = msgspec.json.decode(path.read_bytes())
        features = msgspec.convert(collection["features"], list[Any])
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        return Outcome(records=Areas(), issues=(_not_geojson(path, error),))
    read = list(_read(path, features))
    areas = tuple(area for area in read if isinstance(area, Area))
    faults = [issue for issue in read if isinstance(issue, Issue)]
    return Outcome(records=Areas(areas=areas), issues=(*faults, *_twice(path, areas)))


def _read(path: Path, features: list[Any]) -> Iterator[Area | Issue]:
    for number, feature in enumerate(features, start=1):
        where = Where(file=str(path), line=number)
        try:
            yield _area(feature)
        except (msgspec.ValidationError, shapely.errors.ShapelyError) as error:
            yield _unusable(where, str(error))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            yield _unusable(where, f"not a GeoJSON feature ({error})")


def _area(feature: Mapping[str, Any]) -> Area:
    said = msgspec.convert(feature["properties"], _Properties)
    geometry = _geometry(feature.get("geometry"), said.kind)
    return Area(geometry=geometry, **msgspec.structs.asdict(said))


def _geometry(raw: object, kind: str) -> BaseGeometry | None:
    """The geometry, or None where the feature is known by name only."""
    if raw is None:
        return None
    geometry = shapely.from_geojson(msgspec.json.encode(raw).decode())
    _refuse_unfit(geometry, kind)
    return geometry


def _refuse_unfit(geometry: BaseGeometry, kind: str) -> None:
    fitting = LINE_TYPES if kind == "line" else FACE_TYPES
    if geometry.geom_type not in fitting:
        raise ValueError(f"a {kind} cannot be a {geometry.geom_type}")
    if geometry.is_empty or not geometry.is_valid:
        raise ValueError(f"its shape is not valid: {shapely.is_valid_reason(geometry)}")
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004  # degrees of WGS 84
        raise ValueError("its coordinates are not longitude and latitude in degrees")


def _twice(path: Path, areas: tuple[Area, ...]) -> Iterator[Issue]:
    """Two areas with one name: which one a rule means would be chance."""
    seen: set[str] = set()
    for area in areas:
        names = {name.casefold() for name in (area.name, *area.variants)}
        if names & seen:
            yield Issue(
                code="defined_twice",
                where=Where(file=str(path)),
                message=f"two areas are called `{area.name}`",
                repair="give each area and each variant its own name",
            )
        seen |= names


def _unusable(where: Where, why: str) -> Issue:
    return Issue(
        code="place_invalid",
        where=where,
        message=f"feature {where.line} is not used: {why}",
        repair="give it `name`, `kind`, `publisher` and a valid geometry or null",
    )


def _not_geojson(path: Path, error: Exception) -> Issue:
    return Issue(
        code="file_damaged",
        where=Where(file=str(path)),
        message=f"not a GeoJSON FeatureCollection: {error}",
        repair="write a FeatureCollection, coordinates as longitude, latitude",
    )
