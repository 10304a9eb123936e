"""The open ways between two places, and how many roads are shut, by reason.

A place is ``LON,LAT``, or a name of the road file; the end may be a kind of place, such
as ``hospital``: then it is the one that is reached first. What shuts roads comes from a
table, from a run, and from promised hours on a board.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tocsin.cell.closing import Rule, closures_of
from tocsin.connectors.boards import read_board
from tocsin.connectors.roads import RoadFile, read_closures, read_roads
from tocsin.coordination.roads import Closure, Mask
from tocsin.coordination.routes import Route, alternatives, nearest_open
from tocsin.errors import OriginsMixed, WrongUse
from tocsin.evidence import near
from tocsin.model import Origin
from tocsin.model.contributions import Opening
from tocsin.model.records import Instant, Record

__all__ = ["Barriers", "Way", "Ways", "find_route", "way_lines"]

REASONS: Final = ("incident", "mine", "restriction")


class Way(Record, frozen=True, kw_only=True):
    """One way: its minutes, its points, and how much it shares with those before."""

    minutes: float
    shared: float
    points: tuple[tuple[float, float], ...]


class Ways(Record, frozen=True, kw_only=True):
    """The open ways between two places for a kind of traffic.

    Attributes:
        start, end: as asked, or the place that was reached first.
        ways: the quickest first; empty: none is open.
        closed_roads: how many sections of road are closed, by reason; no place is told.
        vague_incidents: incidents of the run whose place nobody knew well enough.
        note: that an open road is one of which no closing is known.
    """

    kind: str
    at: Instant
    start: str
    end: str
    ways: tuple[Way, ...]
    closed_roads: dict[str, int]
    vague_incidents: int = 0
    note: str = (
        "A road counts as open where no closing is known; nobody may have looked."
    )


class Barriers(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is read what shuts roads; None: nothing of that sort is asked.

    Attributes:
        closures: a table.
        run: the folder of a run, for its incidents, restrictions and mines.
        rule: when an incident of the run closes a road.
        board: a board with promised hours.
    """

    closures: Path | None = None
    run: Path | None = None
    rule: Rule = Rule()
    board: Path | None = None


def find_route(
    start: str,
    end: str,
    *,
    roads_file: Path,
    kind: str,
    at: datetime,
    barriers: Barriers,
    others: int = 2,
) -> Ways:
    """The quickest open way between two places, and others beside it.

    Raises:
        InputRefused: roads, closures or board have errors.
        OriginsMixed: the run or the board is of another origin than the roads.
        WrongUse: a place is neither a point nor a name or kind of the road file.
    """
    given = read_roads(roads_file)
    closures, vague = _closures(given, barriers, at)
    openings = _openings(given, barriers)
    roads = given.roads
    closed = roads.closed(closures, at=at, kind=kind, openings=openings)
    begin = roads.nearest(*_one(start, given))
    name, goal = _goal(end, given, begin, closed)
    ways = alternatives(roads, begin, goal, closed=closed, number=others)
    return Ways(
        kind=kind,
        at=at,
        start=start,
        end=name,
        closed_roads=_counted(given, closures, openings, at, kind),
        vague_incidents=vague,
        ways=tuple(_way(one, given) for one in ways if one.found),
    )


def way_lines(found: Ways) -> Iterator[str]:
    """The ways with their minutes, and how many sections of road are closed."""
    yield f"{found.start} to {found.end}, {found.kind}, {found.at:%Y-%m-%d %H:%M} UTC"
    for number, way in enumerate(found.ways, start=1):
        shared = f", {way.shared:.0%} of it on the ways before" if way.shared else ""
        yield f"  way {number}: {way.minutes:.0f} min{shared}"
    if not found.ways:
        yield "  no way is open"
    closed = ", ".join(f"{n} {why}" for why, n in sorted(found.closed_roads.items()))
    yield f"closed sections of road: {closed}"
    if found.vague_incidents:
        yield f"{found.vague_incidents} incidents were too vaguely placed to close any"
    yield found.note


def _closures(
    given: RoadFile, barriers: Barriers, at: datetime
) -> tuple[tuple[Closure, ...], int]:
    table = () if barriers.closures is None else read_closures(barriers.closures)
    if barriers.run is None:
        return table, 0
    found = closures_of(barriers.run, at=at, rule=barriers.rule)
    _same_origin(given, found.origin, "the run")
    return (*table, *found.closures), found.vague


def _openings(given: RoadFile, barriers: Barriers) -> tuple[Opening, ...]:
    if barriers.board is None:
        return ()
    board = read_board(barriers.board).board
    _same_origin(given, board.origin, "the board")
    return board.openings


def _same_origin(given: RoadFile, other: Origin, what: str) -> None:
    if given.origin is not None and given.origin != other:
        raise OriginsMixed(f"{what} is {other}, the roads are {given.origin}")


def _one(text: str, given: RoadFile) -> tuple[float, float]:
    """The point of `LON,LAT` or of a name."""
    named = [p for p in given.places if p.name.casefold() == text.casefold()]
    if named:
        return named[0].lon, named[0].lat
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongUse(f"`{text}` is no place: {_known(text, given)}") from None
    return lon, lat


def _known(text: str, given: RoadFile) -> str:
    names = [place.name for place in given.places]
    guess = near(text, names)
    kinds = ", ".join(dict.fromkeys(p.kind for p in given.places))
    also = f", or as the end a kind of the road file: {kinds}" if kinds else ""
    return f"write LON,LAT in degrees{also}" + (f" ({guess})" if guess else "")


def _goal(text: str, given: RoadFile, begin: int, closed: Mask) -> tuple[str, int]:
    """The end by name, or of a kind the one that is reached first."""
    these = [p for p in given.places if p.kind == text]
    if not these:
        return text, given.roads.nearest(*_one(text, given))
    ends = [given.roads.nearest(p.lon, p.lat) for p in these]
    first = nearest_open(given.roads, begin, ends, closed=closed)
    at = 0 if first is None else first
    return (text if first is None else these[at].name), ends[at]


def _counted(
    given: RoadFile,
    closures: Sequence[Closure],
    openings: Iterable[Opening],
    at: datetime,
    kind: str,
) -> dict[str, int]:
    numbers = {}
    for reason in REASONS:
        these = [one for one in closures if one.reason == reason]
        numbers[reason] = int(given.roads.closed(these, at=at, kind=kind).sum())
    hours = given.roads.closed([], at=at, kind=kind, openings=openings)
    return numbers | {"hours": int(hours.sum())}


def _way(one: Route, given: RoadFile) -> Way:
    roads = given.roads
    return Way(
        minutes=round(one.minutes, 1),
        shared=one.shared,
        points=tuple((float(roads.lon[n]), float(roads.lat[n])) for n in one.nodes),
    )
