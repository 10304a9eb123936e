"""How much each eye tells of whether it happened, fitted on exercises.

Penalised maximum likelihood of the additive log-odds of ``[happened]``: a logistic
regression that is drawn to the parameters given. An exercise is no field: what is
fitted here belongs to the generator that it was fitted to, and is written to a file of
its own, for ``--params``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from tocsin.findings import Weights

__all__ = ["Told", "fitted", "written"]

Reals = npt.NDArray[np.float64]
DRAWN = 1.0
"""Standard deviation, in log-odds, by which a weight may leave the one given."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of incidents of fire, and whether they were hostile fire.

    Attributes:
        names: weights, as ``fire.patrol`` or ``another``.
        design: (n, names) how often each counts.
        given: (n,) log-odds of the terms that are not fitted.
        happened: (n,) whether it was hostile fire.
    """

    names: tuple[str, ...]
    design: Reals
    given: Reals
    happened: npt.NDArray[np.bool_]


def fitted(told: Told, weights: Weights) -> dict[str, float]:
    """The weights that explain best what happened, drawn to those given."""
    start = np.array([_value(weights, name) for name in told.names])
    so = told.happened.astype(float)

    def loss(values: Reals) -> tuple[float, Reals]:
        odds = told.design @ values + told.given
        away = (values - start) / DRAWN**2
        wrong = float((np.logaddexp(0, odds) - so * odds).sum())
        slope = told.design.T @ (expit(odds) - so) + away
        return wrong + float(away @ (values - start)) / 2, slope

    found = minimize(loss, start, jac=True, method="L-BFGS-B")
    return {
        name: round(float(value), 3)
        for name, value in zip(told.names, found.x, strict=True)
    }


def _value(weights: Weights, name: str) -> float:
    table, _, entry = name.partition(".")
    given = getattr(weights.happened, table)
    return float(given[entry] if entry else given)


def written(values: dict[str, float], seeds: Sequence[int]) -> str:
    """The weights as a file for ``--params``, saying what they were fitted on."""
    told = ", ".join(map(str, seeds))
    lines = [f"# Fitted on exercises with the seeds {told}; true of no field."]
    lines.append("[attribution.happened]")
    lines += [f"{name} = {v}" for name, v in values.items() if "." not in name]
    for table in ("fire", "again", "credibility"):
        lines.append(f"\n[attribution.happened.{table}]")
        lines += [
            f"{name.partition('.')[2]} = {value}"
            for name, value in values.items()
            if name.startswith(f"{table}.")
        ]
    return "\n".join([*lines, ""])
