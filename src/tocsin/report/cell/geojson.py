"""The board as GeoJSON: one feature per region, no finer than a kilometre.

Each feature has what is needed, promised, committed and delivered there. No unit has a
place.
"""

from __future__ import annotations

import json
from typing import Any, Final

from shapely import get_parts, orient_polygons, set_precision, transform
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from tocsin.coordination import Overview, Row
from tocsin.model import Areas, utc_text
from tocsin.model.contributions import Stage

__all__ = ["geojson"]

DIGITS: Final = 2
CELL: Final = 0.01  # degrees: about a kilometre, the coarseness of public output


def geojson(view: Overview, *, areas: Areas) -> bytes:
    """One feature per region, its outline no finer than a kilometre; none: no map."""
    features = []
    for name in view.board.regions:
        area = areas.named(name)
        outline = None
        if area is not None and area.geometry is not None:
            outline = _coarse(area.geometry)
        features.append(
            {
                "type": "Feature",
                "geometry": outline,
                "properties": {
                    "name": name,
                    "publisher": area.publisher if area else None,
                    "origin": view.board.origin.value,
                    "as_of": utc_text(view.at),
                    "functions": [
                        _function(row) for row in view.status.rows if row.area == name
                    ],
                },
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    return (json.dumps(collection, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _coarse(outline: BaseGeometry) -> dict[str, Any]:
    """On a grid of two digits of a degree; valid still, outer rings counterclockwise.

    Reference: RFC 7946, 3.1.6. A region smaller than the grid keeps a cell of it.
    """
    snapped = set_precision(outline, CELL)
    if snapped.is_empty:
        snapped = set_precision(box(*outline.bounds).buffer(CELL / 2), CELL)
    whole = transform(orient_polygons(_only_areas(snapped)), lambda p: p.round(DIGITS))
    found: dict[str, Any] = mapping(whole)
    return found


def _only_areas(outline: BaseGeometry) -> BaseGeometry:
    """Without lines and points that a part shrank to."""
    parts = [p for p in get_parts(outline) if isinstance(p, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _function(row: Row) -> dict[str, Any]:
    amounts = {
        name: {"here": a.here, "shared": a.shared, "unstated": a.unstated}
        for name, a in (
            ("promised", row.promised),
            ("committed", row.committed),
            (Stage.DELIVERED.value, row.delivered),
            ("deployable", row.deployable),
        )
    }
    return {
        "function": row.function,
        "capability": row.capability,
        "unit": row.unit,
        "need": row.need,
        "gap": row.gap,
        "lead": row.lead.lead or None,
        "lead_state": row.lead.state,
        "waits_for": list(row.waits_for),
        **amounts,
    }
