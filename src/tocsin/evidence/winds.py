"""Winds and distances as a person says them -> a sector, which is no point.

A wind is one of sixteen and is 22.5 degrees wide. Several winds are one sector that
covers them all, the short way round: `S and SSW` is 45 degrees around 191.25. Where
they do not touch (`S and W`) the sector covers what lies between them, too: what was
seen is somewhere in it, and nothing says how many of a count belong to which wind.

>>> sector(("S", "SSW"), 600.0, 4000.0)
Sector(bearing_deg=191.25, width_deg=45.0, range_min_m=600.0, range_max_m=4000.0)
>>> round(sector(("S", "SSW"), 600.0, 4000.0).area_km2, 1)
6.1
>>> sector(("NW", "NE"), None, None).width_deg
112.5
>>> towards("W", "E")
90.0
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

__all__ = ["WIDTH_DEG", "WINDS", "Sector", "sector", "towards"]

WINDS: Final = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
    "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
WIDTH_DEG: Final = 22.5
"""Degrees that one of sixteen winds stands for."""

FULL_TURN: Final = 360.0
STRAY: Final = 0.01


class Sector(msgspec.Struct, frozen=True):
    """Part of a ring around an observer; a range of None is not stated.

    Attributes:
        bearing_deg: of its middle, clockwise from north.
        width_deg: its full width; 360 is the whole ring.
    """

    UNSTATED_DEG: ClassVar[float] = 22.5
    """Width of a bearing that states none: one wind."""

    bearing_deg: float
    width_deg: float
    range_min_m: float | None
    range_max_m: float | None

    @property
    def area_km2(self) -> float | None:
        """How much ground it is, or None: its far edge is not stated."""
        if self.range_max_m is None:
            return None
        near = self.range_min_m or 0.0
        share = self.width_deg / FULL_TURN
        return math.pi * (self.range_max_m**2 - near**2) * share / 1e6

    def words(self) -> str:
        """The sector as a person says it.

        >>> sector(("S", "SSW"), 600.0, 4000.0).words()
        '0.6 to 4 km S to SSW'
        """
        near, far = (
            None if edge is None else f"{edge / 1000:.3f}".rstrip("0").rstrip(".")
            for edge in (self.range_min_m, self.range_max_m)
        )
        if far is not None:
            away = f"{near or 0} to {far} km"
        else:
            away = f"over {near} km" if near else "at no stated distance"
        return f"{away} {self._direction()}"

    def _direction(self) -> str:
        if self.width_deg >= FULL_TURN:
            return "in no stated direction"
        steps = (self.width_deg / WIDTH_DEG - 1) / 2
        ends = [
            WINDS[round(self.bearing_deg / WIDTH_DEG + side * steps) % len(WINDS)]
            for side in (-1, 1)
        ]
        exact = abs(steps * 2 - round(steps * 2)) < STRAY
        if not exact or self.width_deg < WIDTH_DEG:
            return f"{self.bearing_deg:.0f}° ± {self.width_deg / 2:.0f}°"
        return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def sector(
    winds: Sequence[str], range_min_m: float | None, range_max_m: float | None
) -> Sector:
    """The narrowest sector that covers all of these winds; without one, all round."""
    if not winds:
        return Sector(0.0, FULL_TURN, range_min_m, range_max_m)
    at = sorted({WINDS.index(wind) for wind in winds})
    gaps = [
        (b - a) % len(WINDS) or len(WINDS)
        for a, b in zip(at, at[1:] + at[:1], strict=True)
    ]
    widest = max(range(len(at)), key=lambda n: (gaps[n], -n))
    first = at[(widest + 1) % len(at)]
    steps = len(WINDS) - gaps[widest]
    middle = (first + steps / 2) * WIDTH_DEG % FULL_TURN
    return Sector(middle, (steps + 1) * WIDTH_DEG, range_min_m, range_max_m)


def towards(origin: str, end: str) -> float | None:
    """The direction from one wind to another, degrees; None where they are one."""
    a, b = (math.radians(WINDS.index(wind) * WIDTH_DEG) for wind in (origin, end))
    east, north = math.sin(b) - math.sin(a), math.cos(b) - math.cos(a)
    if math.hypot(east, north) < math.sin(math.radians(1.0)):
        return None
    return round(math.degrees(math.atan2(east, north)) % FULL_TURN, 6)
