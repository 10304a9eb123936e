"""The plain planner: no search, always within the rules, never better than the best.

It serves the weightiest need first with the unit that is least wanted elsewhere, month
by month. It checks the searching planner in the tests, gives it a place to start, and
plans alone where OR-Tools is not installed.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from tocsin.coordination.problem import Problem, windows
from tocsin.coordination.turns import (
    Plan,
    all_units,
    made,
    months_of,
    shortfall_of,
)

__all__ = ["greedy"]


def greedy(problem: Problem) -> Plan:
    """A plan without search: the weightiest need first, the least wanted unit first.

    Its bound is zero: it knows of nothing better. Needs that come after others are
    served where the others were met in full the month before.
    """
    state = _Greedy(problem)
    order = sorted(
        range(len(problem.demands)),
        key=lambda d: (
            not problem.demands[d].must,
            len(problem.demands[d].after),
            -problem.demands[d].weight,
            len(state.suppliers[d]),
            d,
        ),
    )
    for month in range(1, problem.months + 1):
        for d in order:
            state.serve(d, month)
    shortfall = shortfall_of(problem, state.given)
    plan = made(state.given, tuple(state.hubs), shortfall, 0.0)
    missed = any(
        need.must and state.missing(d, month)
        for d, need in enumerate(problem.demands)
        for month in range(need.first, need.last + 1)
    )
    return replace(plan, how="greedy", feasible=not missed)


class _Greedy:
    """What has been given out so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.given: dict[tuple[int, int, int], int] = defaultdict(int)
        self.turns: dict[tuple[int, int], int] = defaultdict(int)
        self.served: dict[tuple[int, int], int] = defaultdict(int)
        self.drawn: dict[tuple[int, int], int] = defaultdict(int)
        self.suppliers: dict[int, list[int]] = defaultdict(list)
        wanted: dict[int, int] = defaultdict(int)
        for s, d in problem.pairs:
            self.suppliers[d].append(s)
            wanted[s] += 1
        for options in self.suppliers.values():
            options.sort(key=lambda s: (wanted[s], s))
        self.hubs = self._open_hubs()

    def _open_hubs(self) -> list[int]:
        """The hubs that serve most, as many as may be opened."""
        hubs = self.problem.hubs
        limit = len(hubs) if self.problem.hubs_open is None else self.problem.hubs_open
        chosen: list[int] = []
        left = {need.area for need in self.problem.demands}
        for _ in range(min(limit, len(hubs))):
            rest = [h for h in range(len(hubs)) if h not in chosen]
            best = max(rest, key=lambda h: (len(hubs[h].serves & left), -h))
            chosen.append(best)
            left -= hubs[best].serves
        return sorted(chosen)

    def missing(self, d: int, month: int) -> int:
        return self.problem.demands[d].units - self.served[d, month]

    def serve(self, d: int, month: int) -> None:
        need = self.problem.demands[d]
        if not need.first <= month <= need.last or not self._may_begin(d, month):
            return
        for s in self.suppliers[d]:
            units = min(self.missing(d, month), self._free(s, d, month))
            if units > 0:
                self._give(s, d, month, units)

    def _may_begin(self, d: int, month: int) -> bool:
        for other in self.problem.demands[d].after:
            first = self.problem.demands[other]
            over = month - 1 > first.last
            begun = month - 1 >= first.first
            if not over and (not begun or self.missing(other, month - 1) > 0):
                return False
        return True

    def _free(self, s: int, d: int, month: int) -> int:
        who = self.problem.suppliers[s]
        if month not in months_of(self.problem, s, d):
            return 0
        free = who.units - self.turns[s, month]
        for window in windows(who, self.problem.months):
            if month in window:
                used = sum(self.turns[s, m] for m in window)
                free = min(free, who.on * who.units - used)
        if who.needs_hub and self.problem.hubs:
            free = min(free, sum(room for _, room in self._rooms(d, month)))
        return max(0, free)

    def _rooms(self, d: int, month: int) -> list[tuple[int, int]]:
        where = self.problem.demands[d].ground
        rooms = []
        for h in self.hubs:
            hub = self.problem.hubs[h]
            if hub.sustains(where):
                most = all_units(self.problem) if hub.capacity is None else hub.capacity
                rooms.append((h, most - self.drawn[h, month]))
        return rooms

    def _give(self, s: int, d: int, month: int, units: int) -> None:
        self.given[s, d, month] += units
        self.turns[s, month] += units
        self.served[d, month] += units
        if not (self.problem.suppliers[s].needs_hub and self.problem.hubs):
            return
        for h, room in self._rooms(d, month):
            taken = min(units, room)
            self.drawn[h, month] += taken
            units -= taken
