"""The open ways between two places, and why others are shut."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tocsin.connectors.boards import read_board
from tocsin.connectors.roads import read_closures, read_roads
from tocsin.coordination.routes import alternatives
from tocsin.model.records import Instant, Record

__all__ = ["Way", "Ways", "find_route"]


class Way(Record, frozen=True, kw_only=True):
    """One way: its minutes, its points, and how much it shares with those before."""

    minutes: float
    shared: float
    points: tuple[tuple[float, float], ...]


class Ways(Record, frozen=True, kw_only=True):
    """The open ways between two places for a kind of traffic.

    Attributes:
        ways: the quickest first; empty: none is open.
        closed_roads: how many roads are closed, by reason; no place is told.
        note: that an open road is one of which no closing is known.
    """

    kind: str
    at: Instant
    ways: tuple[Way, ...]
    closed_roads: dict[str, int]
    note: str = (
        "A road counts as open where no closing is known; nobody may have looked."
    )


def find_route(  # what a way depends on
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    roads_file: Path,
    kind: str,
    at: datetime,
    closures_file: Path | None = None,
    board_file: Path | None = None,
    others: int = 2,
) -> Ways:
    """The quickest open way between two points, and others beside it.

    Raises:
        InputRefused: roads, closures or board have errors.
    """
    roads = read_roads(roads_file)
    closures = () if closures_file is None else read_closures(closures_file)
    openings = () if board_file is None else read_board(board_file).board.openings
    closed = roads.closed(closures, at=at, kind=kind, openings=openings)
    numbers = {}
    for reason in ("incident", "mine", "restriction"):
        these = [one for one in closures if one.reason == reason]
        numbers[reason] = int(roads.closed(these, at=at, kind=kind).sum())
    numbers["hours"] = int(roads.closed([], at=at, kind=kind, openings=openings).sum())
    found = alternatives(
        roads, roads.nearest(*start), roads.nearest(*end), closed=closed, number=others
    )
    return Ways(
        kind=kind,
        at=at,
        closed_roads=numbers,
        ways=tuple(
            Way(
                minutes=round(one.minutes, 1),
                shared=one.shared,
                points=tuple(
                    (float(roads.lon[n]), float(roads.lat[n])) for n in one.nodes
                ),
            )
            for one in found
            if one.found
        ),
    )
