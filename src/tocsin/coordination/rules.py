"""The rules of a plan, checked one by one by somebody who knows no planner.

In: a problem and any plan. Out: every rule that the plan breaks, in words; none where
it keeps them all. The tests hold both planners to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tocsin.coordination.problem import Ground, Problem, windows
from tocsin.coordination.turns import (
    Plan,
    Turns,
    all_units,
    months_of,
    shortfall_of,
)

__all__ = ["violations"]

Sums = dict[tuple[int, int], int]


def violations(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Every rule that a plan breaks, in words; empty: it keeps them all."""
    values = plan.units()
    turns: Sums = defaultdict(int)
    served: Sums = defaultdict(int)
    for (s, d, month), units in values.items():
        turns[s, month] += units
        served[d, month] += units
    return (
        *_pairs(problem, values),
        *_suppliers(problem, turns),
        *_demands(problem, served, feasible=plan.feasible),
        *_orders(problem, served),
        *_shortfall(problem, plan, values),
        *_overdrawn(problem, plan, values),
    )


def _pairs(problem: Problem, values: Turns) -> Iterator[str]:
    for (s, d, month), units in values.items():
        who, need = problem.suppliers[s].label, problem.demands[d].label
        if (s, d) not in problem.pairs:
            yield f"{who} may not serve {need}"
        if month not in months_of(problem, s, d) or units < 0:
            yield f"{who} is not there in month {month}"


def _suppliers(problem: Problem, turns: Sums) -> Iterator[str]:
    for s, who in enumerate(problem.suppliers):
        for month in range(1, problem.months + 1):
            if turns[s, month] > who.units:
                yield f"{who.label}: {turns[s, month]} of {who.units} in month {month}"
        for window in windows(who, problem.months):
            if sum(turns[s, m] for m in window) > who.on * who.units:
                yield f"{who.label}: no rest in months {window[0]} to {window[-1]}"


def _demands(problem: Problem, served: Sums, *, feasible: bool) -> Iterator[str]:
    for d, need in enumerate(problem.demands):
        for month in range(need.first, need.last + 1):
            if served[d, month] > need.units:
                yield f"{need.label}: more than needed in month {month}"
            if need.must and feasible and served[d, month] < need.units:
                yield f"{need.label}: must be met in month {month}"


def _orders(problem: Problem, served: Sums) -> Iterator[str]:
    for d, need in enumerate(problem.demands):
        for other in need.after:
            first = problem.demands[other]
            for month in range(need.first, min(need.last, first.last + 1) + 1):
                begun = month - 1 >= first.first
                met = first.units <= served[other, month - 1]
                if served[d, month] and not (begun and met):
                    yield f"{need.label}: before {first.label} was met"


def _shortfall(problem: Problem, plan: Plan, values: Turns) -> Iterator[str]:
    real = shortfall_of(problem, values)
    if plan.shortfall != real:
        yield f"the shortfall is {real}, not {plan.shortfall}"


def _overdrawn(problem: Problem, plan: Plan, values: Turns) -> Iterator[str]:
    """Hubs: for each set of opened hubs, what only they can sustain (Hall's rule)."""
    if not problem.hubs:
        return
    if problem.hubs_open is not None and len(plan.hubs) > problem.hubs_open:
        yield f"{len(plan.hubs)} hubs are open, {problem.hubs_open} may be"
    drawn: dict[tuple[Ground, int], int] = defaultdict(int)
    for (s, d, month), units in values.items():
        if problem.suppliers[s].needs_hub:
            drawn[problem.demands[d].ground, month] += units
    for month in range(1, problem.months + 1):
        for chosen in _subsets(plan.hubs):
            inside = {
                where
                for (where, when), _ in drawn.items()
                if when == month
                and {h for h in plan.hubs if problem.hubs[h].sustains(where)} <= chosen
            }
            asked = sum(drawn[where, month] for where in inside)
            room = sum(
                all_units(problem)
                if problem.hubs[h].capacity is None
                else problem.hubs[h].capacity or 0
                for h in chosen
            )
            if asked > room:
                names = ", ".join(problem.hubs[h].hub_id for h in sorted(chosen))
                where = names or "no hub"
                yield f"month {month}: {asked} units draw on {where}, for {room}"


def _subsets(hubs: tuple[int, ...]) -> Iterator[set[int]]:
    for bits in range(1 << len(hubs)):
        yield {h for at, h in enumerate(hubs) if bits >> at & 1}
