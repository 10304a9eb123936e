"""The net of meridians and parallels, where an agreement's map gives no outline.

A mark on an empty sheet says nothing. Where no sector, line or territory has a shape,
the degrees are drawn, so that a place can be found on any other map.

>>> steps(30.0, 41.2), steps(48.1, 48.7)
([30.0, 32.0, 34.0, 36.0, 38.0, 40.0], [48.1, 48.2, 48.3, 48.4, 48.5, 48.6, 48.7])
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Final, Protocol

from tocsin.report.figures.svg import path_of, tag

__all__ = ["NO_OUTLINE", "net", "steps"]

NO_OUTLINE: Final = (
    " The map of the agreement gives no shape of any sector, so none is drawn; the net"
    " is of degrees."
)
FEWEST: Final = 4
"""Lines each way, at the least."""


class Ground(Protocol):
    """What is known of the drawing: its middle, its size, and where a place lies."""

    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...
    @property
    def degrees(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place lies in the drawing."""


def net(ground: Ground, *, foot: float) -> list[str]:
    """The lines with their degrees at the edge.

    Args:
        ground: the projection of the drawing.
        foot: height of what stands beneath the map.
    """
    east, bottom = ground.width, ground.height - foot
    west_lon = ground.lon - ground.degrees / 2
    _, y0 = ground.xy(ground.lon, ground.lat)
    _, y1 = ground.xy(ground.lon, ground.lat + 1.0)
    along = bottom / abs(y1 - y0)
    south = ground.lat - along / 2
    lines = []
    for lon in steps(west_lon, west_lon + ground.degrees):
        x, _ = ground.xy(lon, ground.lat)
        lines += _line((x, 0.0), (x, bottom), _degrees(lon, "E", "W"), (x + 3, 12))
    for lat in steps(south, south + along):
        _, y = ground.xy(ground.lon, lat)
        lines += _line((0.0, y), (east, y), _degrees(lat, "N", "S"), (3, y - 3))
    return lines


def steps(first: float, last: float) -> list[float]:
    """Round values between two, a few of them."""
    rough = (last - first) / FEWEST
    power = 10.0 ** floor(log10(rough))
    step = next(k * power for k in (5, 2, 1) if k * power <= rough)
    digits = max(0, -floor(log10(step)))
    begin = ceil(first / step)
    end = floor(last / step)
    return [round(n * step, digits) for n in range(begin, end + 1)]


def _line(
    start: tuple[float, float],
    end: tuple[float, float],
    words: str,
    at: tuple[float, float],
) -> list[str]:
    path = path_of([[start, end]], close=False)
    return [
        tag("path", d=path, klass="net"),
        tag("text", words, x=at[0], y=at[1], klass="when"),
    ]


def _degrees(value: float, plus: str, minus: str) -> str:
    return f"{abs(value):g}° {plus if value >= 0 else minus}"
