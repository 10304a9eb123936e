"""Power indices of a voting body: Shapley-Shubik, Banzhaf and Coleman, exact.

Every coalition is counted, so a body has at most 22 members. The textbook check is the
Security Council: 848 winning coalitions.

References:
    Shapley and Shubik (1954); Banzhaf (1965); Coleman (1971), power to act.

>>> from tocsin.stresstest.votes import Ballots, Threshold
>>> heads = Threshold(weights=(("a", 1), ("b", 1), ("c", 1)), at_least=2)
>>> power(Ballots(actors=("a", "b", "c"), vote=heads)).banzhaf["a"]
0.3333333333333333
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.stresstest.votes import Ballots, Tests, Threshold

__all__ = ["LARGEST", "Power", "power"]

LARGEST = 22
Flags = npt.NDArray[np.bool_]
Wholes = npt.NDArray[np.int64]


class Power(Record, frozen=True, kw_only=True):
    """How much a member's vote counts, over all coalitions.

    Attributes:
        winning: how many coalitions win.
        to_act: Coleman's power to act: their share among all coalitions.
        shapley_shubik: share of orderings in which the member is decisive.
        banzhaf: share of all swings that are the member's (normalised).
    """

    winning: int
    to_act: float
    shapley_shubik: dict[str, float]
    banzhaf: dict[str, float]


def power(rules: Ballots) -> Power:
    """The indices of every member.

    Raises:
        WrongUse: the body is too large to count all its coalitions.
    """
    n = len(rules.actors)
    if n > LARGEST:
        raise WrongUse(f"{n} members: coalitions are counted for at most {LARGEST}")
    groups = np.arange(2**n, dtype=np.int64)
    wins = _wins(rules, groups)
    sizes = _weights(groups, dict.fromkeys(rules.actors, 1), rules.actors)
    orders = [math.factorial(s) * math.factorial(n - s - 1) for s in range(n)]
    share = np.array([order / math.factorial(n) for order in orders])
    shapley, swings = {}, {}
    for at, name in enumerate(rules.actors):
        without = (groups >> at & 1) == 0
        swing = without & ~wins & wins[groups | (1 << at)]
        shapley[name] = float(share[sizes[swing]].sum())
        swings[name] = int(swing.sum())
    total = sum(swings.values()) or 1
    return Power(
        winning=int(wins.sum()),
        to_act=float(wins.mean()),
        shapley_shubik=shapley,
        banzhaf={name: count / total for name, count in swings.items()},
    )


def _wins(rules: Ballots, groups: Wholes) -> Flags:
    if rules.vote is None:
        return np.zeros(len(groups), dtype=bool)
    held = [_passed(test, groups, rules.actors) for test in rules.tests]
    return np.asarray(np.logical_and.reduce(held))


def _passed(test: Threshold | Tests, groups: Wholes, actors: tuple[str, ...]) -> Flags:
    if isinstance(test, Threshold):
        weight = _weights(groups, test.of, actors)
        return np.asarray(weight >= test.at_least)
    held = [_passed(part, groups, actors) for part in test.parts]
    joined = np.logical_and.reduce if test.every else np.logical_or.reduce
    return np.asarray(joined(held))


def _weights(
    groups: Wholes, weights: dict[str, int], actors: tuple[str, ...]
) -> Wholes:
    total = np.zeros(len(groups), dtype=np.int64)
    for at, name in enumerate(actors):
        total += (groups >> at & 1) * weights.get(name, 0)
    return total
