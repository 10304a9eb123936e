"""Places and areas, WGS 84. A place without its uncertainty is not a place.

Areas come with an agreement as ``areas.geojson``: a FeatureCollection whose features
carry ``name``, ``kind`` (sector, line, zone, territory), ``publisher``, and optionally
``variants`` (other names and scripts) and ``valid_from`` / ``valid_to``. A feature may
have no geometry: then the area is known by name only.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from shapely.geometry.base import BaseGeometry

from tocsin.model.records import Instant

__all__ = [
    "COARSEST_M",
    "OUTGOING_FLOOR_M",
    "Area",
    "Areas",
    "Degrees",
    "Latitude",
    "Longitude",
    "Metres",
]

Longitude = Annotated[float, Meta(ge=-180, le=180, description="degrees east, WGS 84")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="degrees north, WGS 84")]
Metres = Annotated[float, Meta(ge=0, description="metres")]
Degrees = Annotated[
    float, Meta(ge=0, le=360, description="degrees, clockwise from north")
]

OUTGOING_FLOOR_M = 1_000.0
"""Outgoing fire is never placed finer than this, in any output (design section 1)."""

COARSEST_M = 1_000.0
"""Public output is coarsened to this or worse (design section 1)."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A named area or line of an agreement.

    Attributes:
        name: as the agreement's rules name it.
        kind: sector (the grid of reporting), line, zone or territory.
        geometry: shapely geometry in degrees WGS 84, or None: known by name only.
        publisher: who drew it; shown wherever a finding rests on it.
        variants: other names, scripts and former names.
    """

    name: str
    kind: Literal["sector", "line", "zone", "territory"]
    geometry: BaseGeometry | None
    publisher: str
    variants: tuple[str, ...] = ()
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class Areas(msgspec.Struct, frozen=True, kw_only=True):
    """All areas of an agreement; empty where the text comes without a map."""

    areas: tuple[Area, ...] = ()

    def of_kind(self, kind: str) -> tuple[Area, ...]:
        """Areas of one kind, in the order of the file."""
        return tuple(area for area in self.areas if area.kind == kind)

    def named(self, name: str) -> Area | None:
        """The area with this name or variant (case-insensitive), or None."""
        wanted = name.casefold()
        for area in self.areas:
            if wanted in {n.casefold() for n in (area.name, *area.variants)}:
                return area
        return None
