"""A road graph, and which of its roads are closed when, for whom, and why.

In: roads with the minutes that they take, closures, promised hours. Out: at an instant
and for a kind of traffic, which roads are open. A **closure** has a place (a named
crossing, or a circle), a time and a reason: an incident, a restriction, a mine or an
unexploded shell. A crossing with promised hours is closed outside them.

What it refuses: to take a road for open because nobody reported on it. Whether anybody
watched a road is asked by who plans; here only what is known to be closed is closed.

>>> import numpy as np
>>> roads = Roads.of(
...     lon=[0.0, 0.1, 0.2],
...     lat=[0.0, 0.0, 0.0],
...     tail=[0, 1],
...     head=[1, 2],
...     minutes=[10.0, 12.0],
...     places=["", "Ford"],
... )
>>> shut = Closure(place="Ford", since=None, until=None, reason="mine")
>>> roads.closed([shut], at=instant("2025-03-04T10:00:00Z"), kind="medical").tolist()
[False, True]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.errors import WrongUse
from tocsin.model.contributions import Opening
from tocsin.model.places import Latitude, Longitude, Metres
from tocsin.model.records import Instant, Record
from tocsin.model.times import instant

__all__ = ["Closure", "Reason", "Roads", "instant", "is_open"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Reason = Literal["incident", "restriction", "mine", "hours"]
DEGREE_M: Final = 111_320.0
MINUTES_A_DAY: Final = 1_440


class Closure(Record, frozen=True, kw_only=True):
    """A place that traffic cannot pass for a time.

    Attributes:
        place: a crossing by name, or "": the circle says where.
        lon, lat, radius_m: the circle; every road that comes into it is closed.
        since, until: None: since ever; until further notice.
        kinds: of traffic that it stops; empty: all.
        by: the party that shut the place, where it was seen; "": nobody knows who.
        source: who says so.
    """

    place: str = ""
    lon: Longitude | None = None
    lat: Latitude | None = None
    radius_m: Metres = 0.0
    since: Instant | None = None
    until: Instant | None = None
    kinds: tuple[str, ...] = ()
    reason: Reason
    by: str = ""
    source: str = ""

    def holds(self, at: datetime, kind: str) -> bool:
        """True where it stops this kind of traffic at an instant."""
        begun = self.since is None or self.since <= at
        lasts = self.until is None or at < self.until
        return begun and lasts and (not self.kinds or kind in self.kinds)


class Roads(msgspec.Struct, frozen=True, kw_only=True):
    """A graph of roads; each can be used in both directions.

    Attributes:
        lon, lat: of the nodes, degrees WGS 84.
        tail, head: of the edges, as positions of nodes.
        minutes: that each edge takes.
        place: of each edge the position of its crossing in ``names``, or -1.
        names: of the crossings.
        pointer, order, other: the graph by node: the edges at a node and their other
            ends, as compressed rows.
    """

    lon: Floats  # (n,)
    lat: Floats  # (n,)
    tail: Ints  # (m,)
    head: Ints  # (m,)
    minutes: Floats  # (m,)
    place: Ints  # (m,)
    names: tuple[str, ...]
    pointer: npt.NDArray[np.int32]  # (n + 1,)
    order: Ints  # (2 m,)
    other: npt.NDArray[np.int32]  # (2 m,)
    speed: float  # metres in a minute, over all roads

    @classmethod
    def of(  # the columns of the graph
        cls,
        *,
        lon: Any,
        lat: Any,
        tail: Any,
        head: Any,
        minutes: Any,
        places: Sequence[str] | None = None,
    ) -> Roads:
        """The graph of these nodes and edges.

        Raises:
            WrongUse: an edge ends nowhere, or takes no time.
        """
        tails, heads = np.asarray(tail, np.int64), np.asarray(head, np.int64)
        times, count = np.asarray(minutes, np.float64), len(lon)
        ends = np.concatenate([tails, heads])
        if len(ends) and (ends.min() < 0 or ends.max() >= count):
            raise WrongUse(f"an edge ends at a node that is not among {count}")
        if not np.isfinite(times).all() or (times <= 0).any():
            raise WrongUse("every road takes more than 0 minutes")
        called = places if places is not None else [""] * len(tails)
        names = tuple(dict.fromkeys(name for name in called if name))
        at = {name: position for position, name in enumerate(names)} | {"": -1}
        order = np.argsort(ends, kind="stable")
        pointer = np.zeros(count + 1, np.int32)
        np.cumsum(np.bincount(ends, minlength=count), out=pointer[1:])
        return cls(
            lon=np.asarray(lon, np.float64),
            lat=np.asarray(lat, np.float64),
            tail=tails,
            head=heads,
            minutes=times,
            place=np.asarray([at[name] for name in called], np.int64),
            names=names,
            pointer=pointer,
            order=order % max(1, len(tails)),
            other=np.concatenate([heads, tails])[order].astype(np.int32),
            speed=_speed(lon, lat, tails, heads, times),
        )

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.lon)

    def nearest(self, lon: float, lat: float) -> int:
        """The node nearest to a point."""
        east = (self.lon - lon) * cos(radians(lat))
        return int(np.argmin(east**2 + (self.lat - lat) ** 2))

    def closed(
        self,
        closures: Iterable[Closure],
        *,
        at: datetime,
        kind: str,
        openings: Iterable[Opening] = (),
    ) -> Mask:
        """Of each edge whether it is closed to a kind of traffic at an instant."""
        shut = np.zeros(len(self.tail), np.bool_)
        for one in closures:
            if one.holds(at, kind):
                shut |= self._within(one)
        for hours in openings:
            meant = not hours.kinds or kind in hours.kinds
            if meant and hours.place in self.names and not is_open(hours, at):
                shut |= self.place == self.names.index(hours.place)
        return shut

    def _within(self, one: Closure) -> Mask:
        if one.place:
            if one.place not in self.names:
                return np.zeros(len(self.tail), np.bool_)
            called: Mask = self.place == self.names.index(one.place)
            return called
        if one.lon is None or one.lat is None:
            return np.zeros(len(self.tail), np.bool_)
        return self._near(one.lon, one.lat, one.radius_m)

    def _near(self, lon: float, lat: float, radius_m: float) -> Mask:
        """Edges whose straight course comes into a circle, on a plane around it."""
        scale = cos(radians(lat))
        x, y = (self.lon - lon) * scale, self.lat - lat
        reach = radius_m / DEGREE_M
        ax, ay, bx, by = x[self.tail], y[self.tail], x[self.head], y[self.head]
        found = (np.minimum(ax, bx) <= reach) & (np.maximum(ax, bx) >= -reach)
        found &= (np.minimum(ay, by) <= reach) & (np.maximum(ay, by) >= -reach)
        at = np.nonzero(found)[0]
        away = _to_segment(ax[at], ay[at], bx[at], by[at])
        found[at] = away <= reach
        return found


def _to_segment(ax: Floats, ay: Floats, bx: Floats, by: Floats) -> Floats:
    """Distance of the origin from each segment a to b."""
    dx, dy = bx - ax, by - ay
    length = dx**2 + dy**2
    with np.errstate(invalid="ignore", divide="ignore"):
        along = np.where(length > 0, -(ax * dx + ay * dy) / length, 0.0)
    along = np.clip(along, 0.0, 1.0)
    away: Floats = np.hypot(ax + along * dx, ay + along * dy)
    return away


def _speed(lon: Any, lat: Any, tail: Ints, head: Ints, minutes: Floats) -> float:
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    total = float(minutes.sum())
    if not total:
        return 1.0
    east = (x[tail] - x[head]) * cos(radians(float(y.mean())))
    return float(np.hypot(east, y[tail] - y[head]).sum()) * DEGREE_M / total


def is_open(hours: Opening, at: datetime) -> bool:
    """Whether an instant lies in the promised hours of its day."""
    local = at.astimezone(ZoneInfo(hours.zone))
    now = local.hour * 60 + local.minute
    opens, closes = _minutes(hours.opens), _minutes(hours.closes)
    if opens <= closes:
        return opens <= now < closes
    return now >= opens or now < closes


def promised_span(hours: Opening, day: datetime) -> tuple[datetime, datetime]:
    """The promised hours that begin on the local day of an instant, in UTC."""
    zone = ZoneInfo(hours.zone)
    local = day.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    opens, closes = _minutes(hours.opens), _minutes(hours.closes)
    begin = local.replace(hour=opens // 60, minute=opens % 60)
    end = local.replace(hour=closes // 60, minute=closes % 60)
    if closes <= opens:
        end += timedelta(days=1)
    return begin.astimezone(day.tzinfo), end.astimezone(day.tzinfo)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
