"""In which sector of the agreement something lies: by fact, by name, else by place.

>>> areas = {
...     "features": [
...         {
...             "geometry": None,
...             "properties": {"name": "East", "kind": "sector", "variants": ["Estia"]},
...         }
...     ]
... }
>>> finder = sectors_of(areas)
>>> finder.find(names=("estia",), lon=None, lat=None)
'East'
>>> finder.find(names=("Elsewhere",), lon=None, lat=None) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from shapely import contains_xy, prepare
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

__all__ = ["Sectors", "sectors_of"]


class Sectors(msgspec.Struct, frozen=True, kw_only=True):
    """The sectors of an agreement.

    Attributes:
        names: in the order of the file.
        called: every name and variant, in lower case, to the sector's name.
        shapes: the sectors whose ground is drawn.
    """

    names: tuple[str, ...]
    called: dict[str, str]
    shapes: tuple[tuple[str, BaseGeometry], ...]

    def find(
        self, *, names: Iterable[str | None], lon: float | None, lat: float | None
    ) -> str | None:
        """The sector of the first name that is known, else the one around the place."""
        for name in names:
            if name is not None and name.casefold() in self.called:
                return self.called[name.casefold()]
        if lon is None or lat is None:
            return None
        around = (name for name, ground in self.shapes if contains_xy(ground, lon, lat))
        return next(around, None)


def sectors_of(areas: dict[str, Any]) -> Sectors:
    """The sectors among the areas (GeoJSON) of an agreement."""
    features = [
        feature
        for feature in areas.get("features", ())
        if feature["properties"].get("kind") == "sector"
    ]
    names = tuple(str(feature["properties"]["name"]) for feature in features)
    called = {name.casefold(): name for name in names}
    for name, feature in zip(names, features, strict=True):
        for variant in feature["properties"].get("variants") or ():
            called.setdefault(str(variant).casefold(), name)
    drawn = [
        (name, shape(feature["geometry"]))
        for name, feature in zip(names, features, strict=True)
        if feature.get("geometry")
    ]
    for _, ground in drawn:
        prepare(ground)
    return Sectors(names=names, called=called, shapes=tuple(drawn))
