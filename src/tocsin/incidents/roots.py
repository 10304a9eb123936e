"""How many independent roots an incident has: reports are not counted, roots are.

Two roots are independent only if both their owner and their way of knowing differ, so
the number is the size of the largest set of roots in which no owner and no way of
knowing comes twice: a maximum matching between owners and ways.

>>> independent({("mission", "patrols"), ("mission", "cameras")})
1
>>> independent({("mission", "patrols"), ("agency", "satellite")})
2
>>> independent({("a", "press"), ("b", "press"), ("b", "satellite")})
2
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from tocsin.incidents.arrays import Ints
from tocsin.incidents.reports import CLAIM, Reports
from tocsin.model import Issue, SourceDescription, Where

__all__ = ["count_independent", "independent", "undescribed"]

Marks = npt.NDArray[np.uint64]
Knowing = tuple[str, str]
"""Owner and way of knowing."""


def count_independent(
    reports: Reports,
    family: Ints,
    member: Ints,
    incident: Ints,
    *,
    sources: Sequence[SourceDescription],
    n_incidents: int,
) -> Ints:
    """Independent roots of each incident.

    A repost has the owner and way of knowing of its root. A claim adds none: it is the
    statement of somebody with an interest. Rows of a source without a description have
    that source as owner and their platform as way of knowing.

    Args:
        reports: all reports.
        family: index of the root of each report.
        member: indices of the reports that belong to an incident.
        incident: number of that incident, same order.
        sources: descriptions of the sources.
        n_incidents: how many incidents there are.
    """
    root = family[member]
    knowing, number = _knowings(reports, root, sources)
    counted = reports.nature[member] != CLAIM
    pairs = np.sort(incident[counted] * len(knowing) + number[counted])
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
    of, which = np.divmod(pairs, len(knowing))
    found, start = np.unique(of, return_index=True)
    counts = np.zeros(n_incidents, dtype=np.int64)
    counts[found] = _by_pattern(which, start, knowing)
    return counts


def _by_pattern(which: Ints, start: Ints, knowing: list[Knowing]) -> Ints:
    """The number for each set of knowings, worked out once for each distinct set.

    A set is told from others by the sum of one fixed 64-bit number for each member.
    """
    if not start.size:
        return np.empty(0, dtype=np.int64)
    marks = _mix(np.arange(1, len(knowing) + 1, dtype=np.uint64))
    patterns = np.add.reduceat(marks[which], start)
    _, first, pattern = np.unique(patterns, return_index=True, return_inverse=True)
    ends = np.append(start[1:], len(which))
    sizes = [
        independent({knowing[k] for k in which[start[i] : ends[i]].tolist()})
        for i in first
    ]
    return np.array(sizes)[pattern.reshape(-1)]


def _mix(x: Marks) -> Marks:
    """Steele and Vigna's SplitMix64: one scattered 64-bit number for each."""
    x = x * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def independent(knowings: Collection[Knowing]) -> int:
    """Size of the largest set in which no owner and no way of knowing comes twice."""
    ways: dict[str, list[str]] = {}
    for owner, way in sorted(knowings):
        ways.setdefault(owner, []).append(way)
    holder: dict[str, str] = {}

    def place(owner: str, tried: set[str]) -> bool:
        for way in ways[owner]:
            if way not in tried:
                tried.add(way)
                if way not in holder or place(holder[way], tried):
                    holder[way] = owner
                    return True
        return False

    return sum(place(owner, set()) for owner in ways)


def undescribed(
    reports: Reports, sources: Sequence[SourceDescription]
) -> tuple[Issue, ...]:
    """A warning for each source without a description."""
    known = {source.id for source in sources}
    return tuple(
        Issue(
            code="source_unknown",
            where=Where(file=source, field="source_id"),
            message=f"`{source}` has no description: its platform is taken as its way"
            " of knowing, and itself as its owner",
            repair="describe the source, so that independence can be judged",
            warning=True,
        )
        for source in reports.sources
        if source not in known
    )


def _knowings(
    reports: Reports, root: Ints, sources: Sequence[SourceDescription]
) -> tuple[list[Knowing], Ints]:
    """The distinct owners and ways of knowing, and the number of each row's."""
    described = {source.id: source for source in sources}
    both = reports.source[root] * 64 + reports.platform[root]
    values, number = np.unique(both, return_inverse=True)
    names: list[Knowing] = []
    for value in values.tolist():
        source = reports.sources[value // 64]
        if source in described:
            text = described[source]
            names.append((text.owner, text.way_of_knowing))
        else:
            names.append((source, f"platform {value % 64}"))
    return names, number.reshape(-1)
