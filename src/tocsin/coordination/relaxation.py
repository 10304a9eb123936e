"""The linear relaxation of a model: a bound for every plan, and a place to start.

In: a CP-SAT model in which every condition is linear, and variables that are held at a
value. Out: the optimum of the same model with fractions allowed (GLOP of OR-Tools). No
whole-numbered plan can be better, so it is a bound; where its values are whole, they
are a plan. Plans of a mission are nearly networks, so most values are whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

__all__ = ["Relaxed", "relax"]

INFINITE: Final = 1 << 60


class Relaxed(msgspec.Struct, frozen=True, kw_only=True):
    """The optimum with fractions: its value, and the value of each variable."""

    bound: float
    values: list[float]


def relax(
    model: Any, *, fixed: Mapping[int, int] | None = None, seconds: float = 10.0
) -> Relaxed | None:
    """The optimum of the relaxation, or None: there is none, or not in the time.

    Args:
        model: a ``CpModel`` with an objective; every constraint is linear.
        fixed: position of a variable -> the value at which it is held.
        seconds: the most time that it may take.
    """
    from ortools.math_opt.python import mathopt

    proto, held = model.proto, fixed or {}
    linear = mathopt.Model()
    variables = [
        linear.add_variable(
            lb=held.get(at, one.domain[0]),
            ub=held.get(at, one.domain[len(one.domain) - 1]),
        )
        for at, one in enumerate(proto.variables)
    ]
    for one in proto.constraints:
        given, domain = one.linear, one.linear.domain
        low, high = domain[0], domain[len(domain) - 1]
        linear.add_linear_constraint(
            lb=float("-inf") if low <= -INFINITE else low,
            ub=float("inf") if high >= INFINITE else high,
            expr=_sum(mathopt, given, variables),
        )
    goal = proto.objective
    linear.minimize(_sum(mathopt, goal, variables) + goal.offset)
    limit = mathopt.SolveParameters(time_limit=timedelta(seconds=seconds))
    found = mathopt.solve(linear, mathopt.SolverType.GLOP, params=limit)
    if found.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return None
    by_variable = found.variable_values()
    return Relaxed(
        bound=float(found.objective_value()),
        values=[float(by_variable[one]) for one in variables],
    )


def _sum(mathopt: Any, given: Any, variables: list[Any]) -> Any:
    return mathopt.LinearSum(
        factor * variables[at]
        for at, factor in zip(given.vars, given.coeffs, strict=True)
    )
