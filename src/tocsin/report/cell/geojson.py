"""The board as GeoJSON: one feature per region, no finer than a kilometre.

Each feature has what is needed, promised, committed and delivered there. No unit has a
place.
"""

from __future__ import annotations

import json
from typing import Any, Final

from shapely.geometry import mapping

from tocsin.coordination import Overview, Row
from tocsin.model import Areas, utc_text
from tocsin.model.contributions import Stage

__all__ = ["geojson"]

DIGITS: Final = 2  # of a degree: about a kilometre, the coarseness of public output


def geojson(view: Overview, *, areas: Areas) -> bytes:
    """One feature per region, its outline no finer than a kilometre; none: no map."""
    features = []
    for name in view.board.regions:
        area = areas.named(name)
        outline = None
        if area is not None and area.geometry is not None:
            outline = _coarse(mapping(area.geometry))
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


def _coarse(geometry: dict[str, Any]) -> dict[str, Any]:
    """Rounded to two digits of a degree, without points that fall together."""

    def ring(points: Any) -> list[tuple[float, float]]:
        rounded = [(round(p[0], DIGITS), round(p[1], DIGITS)) for p in points]
        return [p for at, p in enumerate(rounded) if at == 0 or p != rounded[at - 1]]

    if geometry["type"] == "Polygon":
        coordinates: Any = [ring(part) for part in geometry["coordinates"]]
    else:
        coordinates = [[ring(r) for r in part] for part in geometry["coordinates"]]
    return {"type": geometry["type"], "coordinates": coordinates}


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
