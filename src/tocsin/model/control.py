"""Who is said to hold which ground, since when, and who says so.

A control layer is one publisher's view, never a territorial claim. It is dated: the
layer of a day is the last change on or before that day, and before the first layer
nothing is known. Ground that no party is said to hold stays undetermined.

>>> from datetime import UTC, datetime
>>> from shapely import box
>>> first = ControlLayer(
...     valid_from=datetime(2025, 3, 3, tzinfo=UTC),
...     held={"Northland": box(0, 1, 2, 2)},
... )
>>> control = Control(publisher="Meridia survey", layers=(first,))
>>> control.at(datetime(2025, 3, 2, tzinfo=UTC)) is None
True
>>> control.at(datetime(2025, 3, 9, tzinfo=UTC)).holder(1.0, 1.5)
'Northland'
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

import msgspec
from shapely import Point
from shapely.geometry.base import BaseGeometry

from tocsin.errors import WrongUse
from tocsin.model.records import Instant
from tocsin.model.vocabulary import Origin

__all__ = ["Control", "ControlLayer"]


class ControlLayer(msgspec.Struct, frozen=True, kw_only=True):
    """One publisher's view from one instant on, until the next layer.

    Attributes:
        valid_from: from when it holds, or None: the publisher gives no date, so it
            holds for all times.
        held: party -> the ground it is said to hold, degrees WGS 84.
    """

    valid_from: Instant | None
    held: dict[str, BaseGeometry]

    def holder(self, lon: float, lat: float) -> str | None:
        """The party said to hold this point, or None: nobody, or more than one."""
        point = Point(lon, lat)
        holders = [party for party, ground in self.held.items() if ground.covers(point)]
        return holders[0] if len(holders) == 1 else None


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A dated control layer: who published it and its changes, oldest first.

    Attributes:
        publisher: named in every finding that rests on the layer.
        layers: every change; a layer without a date stands alone.
        sigma_m: how far the line may be off, metres, or None: not stated.
    """

    publisher: str
    origin: Origin = Origin.OBSERVED
    layers: tuple[ControlLayer, ...]
    sigma_m: float | None = None

    def __post_init__(self) -> None:
        """Layers come in order, at most one of them undated.

        Raises:
            WrongUse: they do not.
        """
        dates = [layer.valid_from for layer in self.layers]
        known = [date for date in dates if date is not None]
        undated = len(dates) - len(known)
        if known != sorted(set(known)) or (undated and len(dates) > 1):
            raise WrongUse("control layers must be dated, distinct and oldest first")

    def at(self, instant: datetime) -> ControlLayer | None:
        """The last change on or before this instant, or None: before the first."""
        if not self.layers or self.layers[0].valid_from is None:
            return self.layers[0] if self.layers else None
        dates = [layer.valid_from for layer in self.layers if layer.valid_from]
        found = bisect_right(dates, instant)
        return self.layers[found - 1] if found else None

    @property
    def parties(self) -> tuple[str, ...]:
        """Every party that some layer names, in order of name."""
        return tuple(sorted({party for layer in self.layers for party in layer.held}))
