"""Routes for medicine and schools: the quickest open way, others beside it, and again.

In: :class:`~tocsin.coordination.roads.Roads`, which of them are closed, two nodes. Out:
a :class:`Route` with its roads and minutes, or one that says that there is none. An
**alternative** shares at most a given part of its time with the routes before it.
:func:`recheck` looks at kept routes after something closed: what still stands is left
alone, what does not is found anew or told.

Dijkstra's search is scipy's; it is first kept to twice the straight way, since most
routes are found there, and to no bound if that finds none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import cos, radians
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.coordination.roads import DEGREE_M, Floats, Ints, Mask, Roads

__all__ = [
    "Kept",
    "Rechecked",
    "Route",
    "alternatives",
    "nearest_open",
    "recheck",
    "route",
]

FIRST_BOUND: Final = 2.0  # times the straight way at the graph's usual speed
PENALTY: Final = 3.0  # on roads that an alternative should avoid
NOBODY: Final = -9999  # scipy's mark of a node without predecessor


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A way from one node to another; ``minutes`` infinite and no nodes: none is open.

    Attributes:
        nodes, edges: in order of travel.
        shared: part of its minutes on roads of the routes before it.
    """

    start: int
    end: int
    nodes: Ints
    edges: Ints
    minutes: float
    shared: float = 0.0

    @property
    def found(self) -> bool:
        """Whether there is a way."""
        return bool(np.isfinite(self.minutes))


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Many routes in columns; route r has the edges ``[first[r]:first[r + 1]]``."""

    start: Ints  # (r,)
    end: Ints  # (r,)
    minutes: Floats  # (r,)
    edges: Ints  # (sum of lengths,)
    first: Ints  # (r + 1,)

    @classmethod
    def of(cls, routes: Sequence[Route]) -> Kept:
        """These routes, in this order."""
        lengths = [len(one.edges) for one in routes]
        empty = np.zeros(0, np.int64)
        return cls(
            start=np.array([one.start for one in routes], np.int64),
            end=np.array([one.end for one in routes], np.int64),
            minutes=np.array([one.minutes for one in routes], np.float64),
            edges=np.concatenate([empty, *(one.edges for one in routes)]),
            first=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        )


class Rechecked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of kept routes.

    Attributes:
        broken: positions of the routes that cannot be driven any more.
        anew: of each broken route the way that is open now, or none.
    """

    broken: Ints
    anew: tuple[Route, ...]


def route(roads: Roads, start: int, end: int, *, closed: Mask | None = None) -> Route:
    """The quickest open way between two nodes."""
    weights = _weights(roads, closed)
    return _search(roads, weights, start, end)


def alternatives(
    roads: Roads,
    start: int,
    end: int,
    *,
    closed: Mask | None = None,
    number: int = 2,
    most_shared: float = 0.6,
) -> tuple[Route, ...]:
    """The quickest way and up to ``number`` others that share little with those before.

    Roads that were used become three times as long for the next search; a way that
    still shares more than ``most_shared`` of its time ends the search.
    """
    first = route(roads, start, end, closed=closed)
    if not first.found:
        return (first,)
    found, factor = [first], np.ones(len(roads.minutes))
    for _ in range(number):
        factor[found[-1].edges] *= PENALTY
        other = _search(roads, _weights(roads, closed, factor), start, end)
        used = np.unique(np.concatenate([one.edges for one in found]))
        times = roads.minutes[other.edges]
        total = float(times.sum())
        shared = (
            float(times[np.isin(other.edges, used)].sum()) / total if total else 1.0
        )
        if not other.found or shared > most_shared:
            break
        found.append(
            msgspec.structs.replace(other, minutes=total, shared=round(shared, 6))
        )
    return tuple(found)


def recheck(roads: Roads, kept: Kept, *, closed: Mask) -> Rechecked:
    """Which kept routes are broken, and the open way of each of them."""
    hit = np.concatenate([[0], np.cumsum(closed[kept.edges])])
    cut = hit[kept.first[1:]] > hit[kept.first[:-1]]
    broken = np.nonzero(cut | ~np.isfinite(kept.minutes))[0]
    weights = _weights(roads, closed)
    by_end: dict[int, list[int]] = defaultdict(list)
    for at in broken:
        by_end[int(kept.end[at])].append(int(at))
    anew: dict[int, Route] = {}
    for end, mine in by_end.items():
        starts = kept.start[mine]
        ways = _to_one(roads, weights, starts, end, kept.minutes[mine])
        anew.update(zip(mine, ways, strict=True))
    return Rechecked(broken=broken, anew=tuple(anew[int(at)] for at in broken))


def nearest_open(
    roads: Roads, start: int, ends: Sequence[int], *, closed: Mask | None = None
) -> int | None:
    """Which of several nodes is reached first, as a position among them; None: none."""
    if not ends:
        return None
    reached, _ = _from(roads, _weights(roads, closed), start, np.inf)
    times = reached[np.asarray(ends, np.int64)]
    best = int(np.argmin(times))
    return best if np.isfinite(times[best]) else None


# --- searching


def _weights(roads: Roads, closed: Mask | None, factor: Floats | None = None) -> Floats:
    """Minutes of each edge; a closed one takes for ever."""
    minutes = roads.minutes if factor is None else roads.minutes * factor
    return minutes if closed is None else np.where(closed, np.inf, minutes)


def _graph(roads: Roads, weights: Floats) -> Any:
    from scipy.sparse import csr_array

    rows = weights[roads.order], roads.other, roads.pointer
    return csr_array(rows, shape=(roads.nodes, roads.nodes))


def _search(roads: Roads, weights: Floats, start: int, end: int) -> Route:
    bound = FIRST_BOUND * _straight(roads, start, end)
    for limit in (bound, np.inf):
        reached, before = _from(roads, weights, start, limit)
        if np.isfinite(reached[end]):
            return _back(roads, weights, before, start, end, float(reached[end]))
    return _none(start, end)


def _to_one(
    roads: Roads, weights: Floats, starts: Ints, end: int, before: Floats
) -> list[Route]:
    """Ways from many nodes to one: searched once, from its end."""
    known = before[np.isfinite(before)]
    near = FIRST_BOUND * float(known.max()) if len(known) else np.inf
    reached, last = _from(roads, weights, end, near)
    if np.isfinite(near) and not np.isfinite(reached[starts]).all():
        reached, last = _from(roads, weights, end, np.inf)
    ways = []
    for start in starts:
        minutes = float(reached[start])
        if not np.isfinite(minutes):
            ways.append(_none(int(start), end))
            continue
        way = _back(roads, weights, last, end, int(start), minutes)
        ways.append(
            msgspec.structs.replace(
                way,
                start=int(start),
                end=end,
                nodes=way.nodes[::-1],
                edges=way.edges[::-1],
            )
        )
    return ways


def _from(
    roads: Roads, weights: Floats, start: int, limit: float
) -> tuple[Floats, npt.NDArray[np.int32]]:
    from scipy.sparse.csgraph import dijkstra

    reached, before = dijkstra(
        _graph(roads, weights),
        indices=start,
        limit=limit,
        return_predecessors=True,
    )
    return reached, before


def _back(  # what a search left
    roads: Roads,
    weights: Floats,
    before: npt.NDArray[np.int32],
    start: int,
    end: int,
    minutes: float,
) -> Route:
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    nodes.reverse()
    way = np.array(nodes, np.int64)
    return Route(
        start=start,
        end=end,
        nodes=way,
        edges=_edges(roads, weights, way),
        minutes=minutes,
    )


def _edges(roads: Roads, weights: Floats, nodes: Ints) -> Ints:
    """Between each two neighbours of a way the quickest of the edges, all at once."""
    tail, head = nodes[:-1], nodes[1:]
    first = roads.pointer[tail].astype(np.int64)
    degree = roads.pointer[tail + 1] - first
    step = np.repeat(np.arange(len(tail)), degree)
    begin = np.cumsum(degree) - degree
    at = np.arange(len(step)) - begin[step] + first[step]
    fits = roads.other[at] == head[step]
    edges, step = roads.order[at[fits]], step[fits]
    best = np.lexsort((weights[edges], step))
    _, quickest = np.unique(step[best], return_index=True)
    found: Ints = edges[best][quickest]
    return found


def _none(start: int, end: int) -> Route:
    nothing = np.zeros(0, np.int64)
    return Route(start=start, end=end, nodes=nothing, edges=nothing, minutes=np.inf)


def _straight(roads: Roads, start: int, end: int) -> float:
    """Minutes of the straight way at the usual speed of the graph."""
    middle = cos(radians(float(roads.lat[start])))
    away = np.hypot(
        (roads.lon[end] - roads.lon[start]) * middle, roads.lat[end] - roads.lat[start]
    )
    return float(away) * DEGREE_M / roads.speed if roads.speed > 0 else np.inf
