"""The ground as files: the areas of the agreement and who controls what.

``areas.geojson`` of ``agreements/exercise-lantern`` is written by
``python -m tocsin.exercise FILE``; a test holds the committed file to this module.

>>> names = [f["properties"]["name"] for f in areas_geojson()["features"]]
>>> names[:3]
['contact_line', 'Alvenor', 'Brasketh']
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from tocsin.exercise.cast import LANTERN, Cast
from tocsin.exercise.world import Ground, Reals, lantern_ground, to_degrees

__all__ = ["PUBLISHER", "areas_bytes", "areas_geojson", "control_geojson"]

SURVEYED_M: Final = 30.0  # how far the drawn line may be off
PUBLISHER: Final = "Exercise directing staff"
_SITE_KM, _RANGE_KM, _AREA_KM = 3.0, 4.0, 2.0


def areas_geojson(
    cast: Cast = LANTERN, *, ground: Ground | None = None
) -> dict[str, Any]:
    """Line, sectors, zones and territories as a GeoJSON FeatureCollection."""
    ground = ground or lantern_ground()
    features = [_line(ground), *_sectors(ground, cast), *_zones(ground, cast)]
    return _collection([*features, *_territories(ground, cast)])


def areas_bytes() -> bytes:
    """The bytes of the committed file: one feature a line."""
    head = '{"type":"FeatureCollection","features":[\n'
    lines = [_compact(feature) for feature in areas_geojson()["features"]]
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def control_geojson(
    cast: Cast = LANTERN, *, ground: Ground | None = None
) -> dict[str, Any]:
    """One polygon per party: the ground that it holds on its side of the line."""
    ground = ground or lantern_ground()
    rings = _held(ground)
    held = _collection(
        [
            _feature({"party": party, "publisher": PUBLISHER}, "Polygon", [ring])
            for party, ring in zip(cast.parties, rings, strict=True)
        ]
    )
    return held | {"publisher": PUBLISHER, "sigma_m": SURVEYED_M}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _feature(
    properties: dict[str, Any], shape: str, coordinates: Any
) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _named(name: str, kind: str, variants: tuple[str, ...] = ()) -> dict[str, Any]:
    given = {"name": name, "kind": kind, "publisher": PUBLISHER}
    return given | {"variants": list(variants)}


def _points(x: Reals, y: Reals) -> list[list[float]]:
    lon, lat = to_degrees(x, y)
    points: list[list[float]] = np.column_stack([lon, lat]).round(4).tolist()
    return points


def _ring(x: Reals, y: Reals) -> list[list[float]]:
    points = _points(x, y)
    return [*points, points[0]]


def _line(ground: Ground) -> dict[str, Any]:
    about = _named("contact_line", "line", ("Line of Contact", "the Line"))
    return _feature(about, "LineString", _points(ground.x, ground.y))


def _sectors(ground: Ground, cast: Cast) -> list[dict[str, Any]]:
    features = []
    for index, name in enumerate(cast.sectors):
        mine = ground.edge_sector == index
        x = ground.edge_x[mine]
        ring = _ring(
            np.concatenate([x, x[::-1]]),
            np.concatenate([ground.lower_y[mine], ground.upper_y[mine][::-1]]),
        )
        about = _named(name, "sector", (f"Sector {index + 1}", f"Sector {name}"))
        features.append(_feature(about, "Polygon", [ring]))
    return features


def _zones(ground: Ground, cast: Cast) -> list[dict[str, Any]]:
    kinds = (
        (cast.sites, ground.sites, _SITE_KM),
        (cast.areas, ground.areas, _AREA_KM),
        (cast.ranges, ground.ranges, _RANGE_KM),
    )
    return [
        _feature(_named(name, "zone"), "Polygon", [_circle(x, y, radius_km)])
        for names, places, radius_km in kinds
        for name, (x, y) in zip(names, places.tolist(), strict=True)
    ]


def _circle(x: float, y: float, radius_km: float) -> list[list[float]]:
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    return _ring(x + radius_km * np.cos(turn), y + radius_km * np.sin(turn))


def _territories(ground: Ground, cast: Cast) -> list[dict[str, Any]]:
    return [
        _feature(_named(party, "territory"), "Polygon", [ring])
        for party, ring in zip(cast.parties, _held(ground), strict=True)
    ]


def _held(ground: Ground) -> list[list[list[float]]]:
    """Rings of the northern and of the southern party, counter-clockwise."""
    north, south = ground.coast
    line = np.column_stack([ground.x, ground.y])
    rings = (np.concatenate([line, north[::-1]]), np.concatenate([line[::-1], south]))
    return [_ring(ring[:, 0], ring[:, 1]) for ring in rings]
