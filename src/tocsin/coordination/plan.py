"""A plan over months: who serves where, what stays uncovered, and how sure that is.

In: a :class:`~tocsin.coordination.problem.Problem`. Out: a :class:`Plan` with its
shortfall and the least shortfall that any plan can have (the solver's bound). CP-SAT of
OR-Tools searches; :func:`~tocsin.coordination.greedy.greedy` is its plain twin, never
better; :func:`~tocsin.coordination.rules.violations` checks any plan against the rules,
one by one, and knows neither.

First the weighted shortfall is made as small as the time allows: the linear relaxation
gives the bound and the hubs, its whole numbers are held, CP-SAT fills in the rest, and
goes on over everything where that is not the best yet. Then, with that
shortfall as a limit, the plan is made steady: it changes as little as possible against
the plan before it, where one is given, and moves as few units from month to month.

>>> from tocsin.coordination.problem import Demand, Supplier
>>> from tocsin.coordination.rules import violations
>>> question = Problem(
...     months=2,
...     suppliers=(Supplier(supplier_id="a", label="A", units=3, on=1, off=1),),
...     demands=(Demand(demand_id="d", label="patrols", area="East", units=2, last=2),),
...     pairs=((0, 0),),
... )
>>> simple = greedy(question)
>>> simple.shortfall, violations(question, simple)
(1, ())
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from math import ceil
from time import perf_counter
from typing import Any, Final

from msgspec.structs import replace

from tocsin.coordination.greedy import greedy
from tocsin.coordination.problem import Ground, Problem, windows
from tocsin.coordination.relaxation import Relaxed, relax
from tocsin.coordination.turns import (
    Plan,
    all_units,
    made,
    months_of,
    shortfall_of,
)
from tocsin.errors import WrongUse

__all__ = ["Model", "solve", "solver"]

STEADY_SHARE: Final = 0.3  # of the time that may go into making a plan steady
HUB_GAP: Final = 0.002  # hubs this near to the relaxation are not exchanged any more
ROUNDING: Final = 1e-6


def solve(
    problem: Problem,
    *,
    seconds: float = 30.0,
    workers: int = 2,
    gap: float = 0.0,
    before: Plan | None = None,
    steady: bool = True,
) -> Plan:
    """The best plan that is found in the time, with a bound.

    Args:
        problem: as :func:`tocsin.coordination.problem.pose` gives it.
        seconds: the most time that the search may take.
        workers: threads.
        gap: stop as soon as the plan is within this share of the best.
        before: a plan from which to differ as little as possible.
        steady: spend a part of the time on a plan that moves little.

    Raises:
        WrongUse: OR-Tools is not installed.
    """
    cp_model = solver()
    begin = perf_counter()

    def left(share: float = 1.0) -> float:
        """Seconds of this share of the time that are left; never none at all."""
        return max(0.2, seconds * share - (perf_counter() - begin))

    built = Model(cp_model, problem)
    built.minimise_shortfall()
    start = greedy(problem)
    built.hint(start if before is None else before)
    whole = relax(built.model, seconds=left(0.5))
    near = None if whole is None else _near(cp_model, built, whole, left, workers)
    bound = 0.0 if whole is None else float(ceil(whole.bound - ROUNDING))
    if near is None or near.objective_value > bound * (1 + gap) + ROUNDING:
        if near is not None:
            built.hint_all(near)
        share = 1 - STEADY_SHARE * steady
        search = _search(cp_model, left(share), workers, gap)
        found = search.solve(built.model)
        if found == cp_model.INFEASIBLE:
            return Plan(turns=(), shortfall=0, bound=0.0, feasible=False)
        if found in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            bound = max(bound, search.best_objective_bound)
            near = search
    plan = start if near is None else built.read(near, bound=bound)
    if near is None and not start.feasible:
        return Plan(turns=(), shortfall=0, bound=0.0, feasible=False)
    if start.feasible and start.shortfall < plan.shortfall:
        plan = replace(start, bound=bound)
    if not steady:
        return plan
    rest = min(left(0.95), seconds * STEADY_SHARE)
    return _steadied(cp_model, built, plan, before, rest, workers)


def _steadied(  # what the second search depends on
    cp_model: Any,
    built: Model,
    plan: Plan,
    before: Plan | None,
    seconds: float,
    workers: int,
) -> Plan:
    """A plan as good that changes and moves less, if one is found in the time."""
    built.keep(plan, before)
    search = _search(cp_model, seconds, workers, 0.05)
    if search.solve(built.model) in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return built.read(search, bound=plan.bound)
    return plan


def _near(
    cp_model: Any,
    built: Model,
    whole: Relaxed,
    left: Callable[[float], float],
    workers: int,
) -> Any | None:
    """A plan near the relaxation: its whole numbers are held, the rest is searched."""
    best = _with_hubs(built, whole, left)
    held = {at: v for at, v in enumerate(best.values) if abs(v - round(v)) < ROUNDING}
    search = _search(cp_model, left(0.6), workers, 0.0)
    model = built.model.clone()
    for at, value in held.items():
        one = model.get_int_var_from_proto_index(at)
        model.add(one == round(value))
    found = search.solve(model)
    return search if found in {cp_model.OPTIMAL, cp_model.FEASIBLE} else None


def _with_hubs(built: Model, whole: Relaxed, left: Callable[[float], float]) -> Relaxed:
    """The relaxation with whole hubs: the likeliest, then one exchanged at a time."""
    hubs = [one.index for one in built.opened]
    limit = built.problem.hubs_open
    if limit is None or limit >= len(hubs):
        held = dict.fromkeys(hubs, 1)
        return relax(built.model, fixed=held, seconds=left(0.5)) or whole
    ranked = sorted(hubs, key=lambda at: -whole.values[at])
    chosen = frozenset(ranked[:limit])
    best = _held(built, hubs, chosen, left)
    for out, come in product(reversed(ranked[:limit]), ranked[limit:]):
        good = best is not None and best.bound <= whole.bound * (1 + HUB_GAP)
        if good or left(0.4) <= 1.0:
            break
        other = (chosen - {out}) | {come}
        made_ = _held(built, hubs, other, left)
        if made_ is not None and (best is None or made_.bound < best.bound):
            best, chosen = made_, other
    return best or whole


def _held(
    built: Model,
    hubs: list[int],
    chosen: frozenset[int],
    left: Callable[[float], float],
) -> Relaxed | None:
    fixed = {at: int(at in chosen) for at in hubs}
    return relax(built.model, fixed=fixed, seconds=left(0.5))


def solver() -> Any:
    """The CP-SAT module of OR-Tools.

    Raises:
        WrongUse: it is not installed; the message says how to get it.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise WrongUse(
            "planning needs OR-Tools: install `tocsin[cell]`, or `pip install ortools`"
        ) from error
    return cp_model


def _search(cp_model: Any, seconds: float, workers: int, gap: float) -> Any:
    search = cp_model.CpSolver()
    search.parameters.max_time_in_seconds = seconds
    search.parameters.num_workers = workers
    search.parameters.relative_gap_limit = gap
    search.parameters.random_seed = 1
    return search


class Model:
    """The CP-SAT model of a problem."""

    def __init__(self, cp_model: Any, problem: Problem) -> None:
        self.problem = problem
        self.model = cp_model.CpModel()
        self.units = dict(self._units())
        self.short: dict[tuple[int, int], Any] = {}
        self.opened = [
            self.model.new_bool_var(f"hub {hub.hub_id}") for hub in problem.hubs
        ]
        self._demands()
        self._suppliers()
        self._hubs()
        self._orders()
        self.size = len(self.model.proto.variables)

    def _units(self) -> Iterator[tuple[tuple[int, int, int], Any]]:
        """A number for each pair and month in which both are there."""
        for s, d in self.problem.pairs:
            who, need = self.problem.suppliers[s], self.problem.demands[d]
            most = min(who.units, need.units)
            for month in months_of(self.problem, s, d):
                yield (s, d, month), self.model.new_int_var(0, most, "")

    def _demands(self) -> None:
        serving = _grouped(self.units, lambda key: (key[1], key[2]))
        for d, need in enumerate(self.problem.demands):
            for month in range(need.first, need.last + 1):
                most = 0 if need.must else need.units
                short = self.model.new_int_var(0, most, "")
                self.short[d, month] = short
                given = sum(serving.get((d, month), []))
                self.model.add(given + short == need.units)

    def _suppliers(self) -> None:
        serving = _grouped(self.units, lambda key: (key[0], key[2]))
        for s, who in enumerate(self.problem.suppliers):
            for month in range(1, self.problem.months + 1):
                given = serving.get((s, month))
                if given:
                    self.model.add(sum(given) <= who.units)
            for window in windows(who, self.problem.months):
                turns = [u for month in window for u in serving.get((s, month), [])]
                if turns:
                    self.model.add(sum(turns) <= who.on * who.units)

    def _hubs(self) -> None:
        """Units inside a region draw on opened hubs that serve it."""
        problem = self.problem
        if not problem.hubs:
            return
        if problem.hubs_open is not None:
            self.model.add(sum(self.opened) <= problem.hubs_open)
        inside = {
            key: unit
            for key, unit in self.units.items()
            if problem.suppliers[key[0]].needs_hub
        }
        ground = _grouped(inside, lambda key: (problem.demands[key[1]].ground, key[2]))
        drawn = defaultdict(list)
        for (where, month), given in ground.items():
            shares = []
            for h, hub in enumerate(problem.hubs):
                if hub.sustains(where):
                    share = self.model.new_int_var(0, _most(problem, where), "")
                    shares.append(share)
                    drawn[h, month].append(share)
            self.model.add(sum(given) == sum(shares))
        for (h, _), shares in drawn.items():
            capacity = problem.hubs[h].capacity
            most = capacity if capacity is not None else all_units(problem)
            self.model.add(sum(shares) <= most * self.opened[h])

    def _orders(self) -> None:
        """A need that comes after another is served once that was met in full."""
        serving = _grouped(self.units, lambda key: (key[1], key[2]))
        for d, need in enumerate(self.problem.demands):
            for other in need.after:
                first = self.problem.demands[other]
                for month in range(need.first, need.last + 1):
                    given = serving.get((d, month))
                    if not given or month - 1 > first.last:
                        continue
                    before = self.short.get((other, month - 1))
                    if before is None:
                        self.model.add(sum(given) == 0)
                        continue
                    met = self.model.new_bool_var("")
                    self.model.add(before <= first.units * (1 - met))
                    self.model.add(sum(given) <= need.units * met)

    def hint(self, plan: Plan) -> None:
        """Begin the search from a plan."""
        self.model.clear_hints()
        known = plan.units()
        for key, unit in self.units.items():
            self.model.add_hint(unit, known.get(key, 0))
        for h, opened in enumerate(self.opened):
            self.model.add_hint(opened, h in plan.hubs)

    def hint_all(self, found: Any) -> None:
        """Begin the search from everything that another search found."""
        self.model.clear_hints()
        for at in range(self.size):
            one = self.model.get_int_var_from_proto_index(at)
            self.model.add_hint(one, found.value(one))

    def minimise_shortfall(self) -> None:
        """What stays uncovered, weighted."""
        self.model.minimize(self._shortfall())

    def _shortfall(self) -> Any:
        weights = self.problem.demands
        return sum(weights[d].weight * short for (d, _), short in self.short.items())

    def keep(self, plan: Plan, before: Plan | None) -> None:
        """With this shortfall as a limit, change and move as little as possible."""
        self.model.add(self._shortfall() <= plan.shortfall)
        self.hint(plan)
        costs = []
        known = before.units() if before else {}
        for key, unit in self.units.items():
            s, d, month = key
            if before is not None:
                change = self.model.new_int_var(0, all_units(self.problem), "")
                self.model.add_abs_equality(change, unit - known.get(key, 0))
                costs.append(10 * change)
            last = self.units.get((s, d, month - 1))
            if last is not None:
                come = self.model.new_int_var(0, all_units(self.problem), "")
                self.model.add(come >= unit - last)
                costs.append(come)
        self.model.minimize(sum(costs) + sum(self.opened))

    def read(self, search: Any, *, bound: float) -> Plan:
        """The plan that the search found."""
        values = {key: int(search.value(unit)) for key, unit in self.units.items()}
        hubs = tuple(h for h, o in enumerate(self.opened) if search.value(o))
        shortfall = shortfall_of(self.problem, values)
        return made(values, hubs, shortfall, min(float(bound), float(shortfall)))


def _grouped(units: Mapping[tuple[int, int, int], Any], by: Any) -> dict[Any, Any]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, unit in units.items():
        groups[by(key)].append(unit)
    return groups


def _most(problem: Problem, where: Ground) -> int:
    return sum(need.units for need in problem.demands if need.ground == where)
