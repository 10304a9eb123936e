"""The board in the field's formats: OCHA 3W with HXL tags, and GeoJSON by region.

**3W** says who does what where: a CSV table whose second line holds HXL hashtags. It is
a projection: gates, caveats and doubts have columns of their own and stay attached.
**GeoJSON** has one feature per region with what is needed, promised, committed and
delivered there. Nothing in either is finer than a region, and neither has the place of
a unit. What is not CLEAR or GREEN is left out of both, and the number left out is told.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final

from shapely.geometry import mapping

from tocsin.coordination import Overview, Row, Standing
from tocsin.coordination.caveats import areas_of, label
from tocsin.model import Areas, Marking, utc_text
from tocsin.model.contributions import STAGES, Stage

__all__ = ["HXL", "geojson", "three_w"]

HXL: Final = (
    ("who", "#org+name"),
    ("what", "#sector+name"),
    ("capability", "#activity+type"),
    ("where", "#adm1+name"),
    ("stage", "#status"),
    ("quantity", "#capacity+num"),
    ("unit", "#capacity+unit"),
    ("deployable", "#status+deployable"),
    ("waits for", "#condition"),
    ("caveats", "#constraint"),
    ("from", "#date+start"),
    ("until", "#date+end"),
    ("certainty", "#meta+certainty"),
    ("source", "#meta+source"),
    ("url", "#meta+url"),
    ("origin", "#meta+origin"),
    ("as of", "#date+reported"),
)
RELEASABLE: Final = frozenset({Marking.CLEAR, Marking.GREEN})
DIGITS: Final = 2  # of a degree: about a kilometre, the coarseness of public output


def three_w(view: Overview, *, released_to_all: bool = True) -> bytes:
    """Who does what where, one line for each contribution, function and region.

    Args:
        view: the board at an instant.
        released_to_all: leave out what is not CLEAR or GREEN; exercises have no secret
            and are always whole.
    """
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([head for head, _ in HXL])
    rows.writerow([tag for _, tag in HXL])
    for one in view.status.standings:
        if one.stage in STAGES and _released(one, view, public=released_to_all):
            for function in one.contribution.functions:
                for area in areas_of(one.contribution, view.board):
                    rows.writerow(
                        [_safe(cell) for cell in _line(one, function, area, view)]
                    )
    return out.getvalue().encode()


def _released(one: Standing, view: Overview, *, public: bool) -> bool:
    observed = view.board.origin.value == "observed"
    return not (public and observed) or one.contribution.marking in RELEASABLE


def _line(one: Standing, function: str, area: str, view: Overview) -> Sequence[object]:
    given = one.contribution
    last = next((s for s in reversed(given.steps) if s.stage is one.stage), None)
    reached = one.quantities.get(one.stage.value) if one.stage else None
    return (
        given.state,
        function,
        given.capability,
        area,
        one.stage.value if one.stage else "",
        "" if reached is None else reached,
        given.unit,
        "yes" if one.deployable else "no",
        " | ".join(one.waits_for),
        " | ".join(label(given, at) for at in range(len(given.caveats))),
        given.valid_from or "",
        given.valid_until or "",
        one.certainty.value,
        last.source.title if last else "",
        last.source.url if last else "",
        given.origin.value,
        utc_text(view.at),
    )


def _safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


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
