"""Required against delivered: what a promise must be worth, and what it is worth.

In: a tree, inputs and a generator. Out: :class:`Credibility`. What is delivered is a
product, P(activation in time) x P(attribution) x capability: none can stand in for
another. What is required is the probability from which a hard challenger stays home
(:mod:`tocsin.stresstest.game`). Both are distributions over draws from the inputs'
ranges (Saltelli's scheme on a Sobol sequence), with Sobol indices, and every sentence
says that they are conditional on these inputs. Nothing here predicts an attack.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.stresstest.game import NAMES, Payoffs, Solution, solve
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.solver import needs_extra
from tocsin.stresstest.tree import Node
from tocsin.stresstest.worlds import Chances, chances

__all__ = ["DRAWN", "Credibility", "Spread", "credibility", "draw"]

Reals = npt.NDArray[np.float64]

DRAWN: Final = (
    "willingness",
    "correlation",
    "attribution",
    "capability",
    "fait_accompli_h",
    "pace",
    "challenger_gain",
    "challenger_war_cost",
    "defender_stake",
    "hard_challenger",
)
"""The inputs that are drawn, in the order of the columns."""

RESAMPLES: Final = 10
FLAT: Final = 1e-6
MULTIPLE: Final = (
    "several equilibria may exist: beside each of the others stands one in which nobody"
    " challenges because everybody believes that only a soft challenger would"
)


class Spread(Record, frozen=True, kw_only=True):
    """A distribution over draws, by its quantiles."""

    p05: float
    p25: float
    median: float
    p75: float
    p95: float


class Credibility(Record, frozen=True, kw_only=True):
    """Required against delivered, conditional on the inputs.

    Attributes:
        required: probability of being honoured from which nobody challenges.
        delivered: P(activation in time) x P(attribution) x capability.
        activation: the first of the three factors.
        suffices: share of draws in which delivered reaches required.
        equilibria: share of draws by equilibrium, those that survive D1.
        steadfast: share of draws in which steadfast deterrence stands beside it.
        status_quo: probability that nobody challenges, over draws.
        sobol: first-order and total index of each input on what is delivered.
        draws: how many draws were made.
        sentence: the result in words, its condition inside.
    """

    required: Spread
    delivered: Spread
    activation: Spread
    suffices: float
    equilibria: dict[str, float]
    steadfast: float
    status_quo: Spread
    sobol: dict[str, tuple[float, float]]
    draws: int
    seed: int
    sentence: str
    multiple: str = MULTIPLE


def credibility(
    tree: Node, inputs: Inputs, *, draws: int, seed: int, rng: np.random.Generator
) -> tuple[Credibility, Chances]:
    """What a guarantee must be worth and what it is worth, over many draws."""
    table = chances(tree, inputs, rng)
    return judged(table, inputs, draw(inputs, draws, seed), seed), table


def draw(inputs: Inputs, draws: int, seed: int) -> Reals:
    """Draws from the ranges, about as many as asked, by Saltelli's scheme.

    Returns:
        One row a draw, one column an input of :data:`DRAWN`.

    Raises:
        WrongUse: too few draws for the scheme.
    """
    base = 2 ** int(np.log2(max(draws, 1) / (len(DRAWN) + 2)) + 0.5)
    if base < 2:  # noqa: PLR2004 - the smallest Sobol sequence
        raise WrongUse(f"{draws} draws are too few: ask for at least 24")
    try:
        from SALib.sample import sobol
    except ImportError as error:
        raise needs_extra("SALib", error) from error
    drawn = sobol.sample(_problem(inputs), base, calc_second_order=False, seed=seed)
    return np.asarray(drawn, dtype=float)


def _problem(inputs: Inputs) -> dict[str, Any]:
    bounds = [[inputs[name].low, inputs[name].high] for name in DRAWN]
    for pair in bounds:  # a range of one point still needs a width
        pair[1] = max(pair[1], pair[0] + 1e-9)
    return {"num_vars": len(DRAWN), "names": list(DRAWN), "bounds": bounds}


def judged(table: Chances, inputs: Inputs, drawn: Reals, seed: int) -> Credibility:
    """The draws put through the tree's chances and the game."""
    column = dict(zip(DRAWN, drawn.T, strict=True))
    hours = column["fait_accompli_h"] / column["pace"]
    active = table.at(column["willingness"], column["correlation"], hours)
    delivered = active * column["attribution"] * column["capability"]
    solved = _solved(column, delivered)
    suffices = float((delivered >= solved.required).mean())
    counts = np.bincount(solved.code, minlength=len(NAMES)) / len(drawn)
    return Credibility(
        required=spread(solved.required),
        delivered=spread(delivered),
        activation=spread(active),
        suffices=suffices,
        equilibria=dict(zip(NAMES, counts.tolist(), strict=True)),
        steadfast=float(solved.steadfast.mean()),
        status_quo=spread(solved.p_status_quo),
        sobol=_sobol(inputs, delivered, seed),
        draws=len(drawn),
        seed=seed,
        sentence=_sentence(suffices, delivered, solved.required),
    )


def _solved(column: dict[str, Reals], delivered: Reals) -> Solution:
    """The game of each draw, worths between 0 (backing down) and 1 (getting one's way).

    The gain is what a challenger wins over the status quo; the cost of war is the share
    of the status quo's worth that a hard challenger loses by fighting.
    """
    gain = np.clip(column["challenger_gain"], 1e-6, 1 - 1e-6)
    cost = np.clip(column["challenger_war_cost"], 1e-6, 1 - 1e-6)
    stake = np.clip(column["defender_stake"], 1e-6, 1 - 1e-6)
    one, none = np.ones_like(gain), np.zeros_like(gain)
    payoffs = Payoffs(
        c_dc=one,
        c_sq=1 - gain,
        c_h=(1 - gain) * (1 - cost),
        c_cd=none,
        d_cd=one,
        d_dc=1 - stake,
        d_s=none,
    )
    return solve(payoffs, p_d=delivered, p_c=column["hard_challenger"])


def spread(values: Reals) -> Spread:
    """A distribution by its quantiles."""
    low, first, middle, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    return Spread(
        p05=float(low),
        p25=float(first),
        median=float(middle),
        p75=float(third),
        p95=float(high),
    )


def _sobol(inputs: Inputs, output: Reals, seed: int) -> dict[str, tuple[float, float]]:
    """First-order and total indices; 0 where the output does not vary at all."""
    if float(np.ptp(output)) < FLAT:
        return dict.fromkeys(DRAWN, (0.0, 0.0))
    from SALib.analyze import sobol

    with warnings.catch_warnings():  # a resample may hold one value only
        warnings.simplefilter("ignore", UserWarning)
        found = sobol.analyze(
            _problem(inputs),
            output,
            calc_second_order=False,
            num_resamples=RESAMPLES,
            seed=seed,
        )
    pairs = zip(found["S1"], found["ST"], strict=True)
    return {
        name: (float(first), float(total))
        for name, (first, total) in zip(DRAWN, pairs, strict=True)
    }


def _sentence(suffices: float, delivered: Reals, required: Reals) -> str:
    low, high = np.quantile(delivered, [0.05, 0.95])
    least, most = np.quantile(required, [0.05, 0.95])
    return (
        f"Conditional on these inputs, the promise is worth {low:.2f} to {high:.2f}"
        f" (5 to 95 % of draws) where {least:.2f} to {most:.2f} would be required;"
        f" it suffices in {suffices:.0%} of the draws."
    )
