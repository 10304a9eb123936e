"""A plan as values: who serves what in which month, and how good that is.

The searching and the plain planner both make a :class:`Plan`; :mod:`.rules` checks it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tocsin.coordination.problem import Problem
from tocsin.model.records import Record

__all__ = ["Plan", "Turn", "Turns", "all_units", "made", "months_of", "shortfall_of"]

Turns = Mapping[tuple[int, int, int], int]
"""(supplier, demand, month) -> units."""


class Turn(Record, frozen=True, kw_only=True):
    """So many units of a supplier serve a demand in a month."""

    supplier: int
    demand: int
    month: int
    units: int


class Plan(Record, frozen=True, kw_only=True):
    """A plan and how good it is.

    Attributes:
        turns: in order of supplier, demand, month; none with zero units.
        hubs: positions of the hubs that are opened.
        shortfall: weighted unit-months that stay uncovered.
        bound: no plan has less; equal to ``shortfall``: it is the best there is.
        feasible: False where what must be met cannot be.
        how: cp-sat or greedy.
    """

    turns: tuple[Turn, ...]
    hubs: tuple[int, ...] = ()
    shortfall: int
    bound: float
    feasible: bool = True
    how: str = "cp-sat"

    @property
    def gap(self) -> float:
        """How far it may be from the best, as a share of the shortfall."""
        if self.shortfall <= self.bound:
            return 0.0
        return (self.shortfall - self.bound) / self.shortfall

    def units(self) -> dict[tuple[int, int, int], int]:
        """(supplier, demand, month) -> units."""
        return {(t.supplier, t.demand, t.month): t.units for t in self.turns}


def months_of(problem: Problem, s: int, d: int) -> range:
    """The months in which a supplier and a demand are both there."""
    who, need = problem.suppliers[s], problem.demands[d]
    return range(max(who.first, need.first), min(who.last, need.last) + 1)


def all_units(problem: Problem) -> int:
    """Every unit of every supplier: no number of a plan is greater."""
    return sum(who.units for who in problem.suppliers)


def made(values: Turns, hubs: tuple[int, ...], shortfall: int, bound: float) -> Plan:
    """The plan that these turns are; none with zero units is kept."""
    turns = tuple(
        Turn(supplier=s, demand=d, month=month, units=units)
        for (s, d, month), units in sorted(values.items())
        if units
    )
    return Plan(turns=turns, hubs=hubs, shortfall=shortfall, bound=bound)


def shortfall_of(problem: Problem, values: Turns) -> int:
    """Weighted unit-months that these turns leave uncovered."""
    served: dict[tuple[int, int], int] = defaultdict(int)
    for (_, d, month), units in values.items():
        served[d, month] += units
    return sum(
        need.weight * max(0, need.units - served[d, month])
        for d, need in enumerate(problem.demands)
        for month in range(need.first, need.last + 1)
    )
