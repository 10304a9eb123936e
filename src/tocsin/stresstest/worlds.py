"""Whether and when a tree comes about, over many worlds: who is willing, how fast.

In: a tree, inputs and a generator. Out: :class:`Chances`: the probability of coming
about within a time, as a function of the guarantors' willingness, of the correlation of
their refusals and of the time allowed. Refusals share one factor (a one-factor Gaussian
copula): with correlation 0 each decides for itself, with 1 all refuse together.

The same worlds serve every willingness and correlation (common random numbers), so that
differences between two texts are not noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from tocsin.stresstest.compiling import ACCUSED
from tocsin.stresstest.inputs import Hours, Inputs
from tocsin.stresstest.tree import Gate, Leaf, Node, leaves
from tocsin.stresstest.votes import Tests, Threshold

__all__ = ["Chances", "Worlds", "chances", "draw_worlds"]

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WORLDS: Final = 2_048
WILLING: Final = np.linspace(0.0, 1.0, 9)
CORRELATED: Final = np.linspace(0.0, 1.0, 5)
ALLOWED_H: Final = np.concatenate(([0.0], np.geomspace(1.0, 8_760.0, 48), [np.inf]))
INFINITE: Final = float("inf")
NEARLY: Final = 1e-9


class Worlds(msgspec.Struct, frozen=True, kw_only=True):
    """Chance, drawn once: a common factor, one number per actor and per step.

    Attributes:
        common: the shared factor.  # (n,)
        own: by actor.  # (n,)
        step: by leaf, uniform: how long it takes.  # (n,)
        silence: by vote, uniform: whether refusal is silent.  # (n,)
    """

    common: Reals
    own: dict[str, Reals]
    step: dict[str, Reals]
    silence: dict[str, Reals]


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """Probability of coming about, on a grid.

    Attributes:
        p: by willingness, correlation and hours allowed.  # (9, 5, 50)
        hours: of the worlds in which it comes about, all at the middle of the inputs.
    """

    p: Reals
    hours: Reals

    def at(self, willingness: Reals, correlation: Reals, hours: Reals) -> Reals:
        """The probability at many points, linear between grid points."""
        i, u = _between(WILLING, willingness)
        j, v = _between(CORRELATED, correlation)
        k, w = _between(ALLOWED_H[:-1], np.minimum(hours, ALLOWED_H[-2]))
        total = np.zeros_like(u)
        for a, b, c in np.ndindex(2, 2, 2):
            weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
            total += weight * self.p[i + a, j + b, k + c]
        return total

    @property
    def median_s(self) -> float | None:
        """Median seconds to activation over all worlds; None: it does not come."""
        middle = float(np.median(self.hours)) if len(self.hours) else INFINITE
        return None if middle == INFINITE else middle * 3_600


def _between(grid: Reals, x: Reals) -> tuple[npt.NDArray[np.int64], Reals]:
    at = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, len(grid) - 2)
    return at, np.clip((x - grid[at]) / (grid[at + 1] - grid[at]), 0.0, 1.0)


def draw_worlds(tree: Node, rng: np.random.Generator, *, n: int = WORLDS) -> Worlds:
    """The chance of so many worlds for a tree."""
    held = list(leaves(tree))
    actors = dict.fromkeys(name for leaf in held for name in leaf.actors)
    return Worlds(
        common=rng.standard_normal(n),
        own={name: rng.standard_normal(n) for name in actors},
        step={leaf.key: rng.random(n) for leaf in held},
        silence={leaf.choice: rng.random(n) for leaf in held if leaf.is_vote},
    )


def chances(tree: Node, inputs: Inputs, rng: np.random.Generator) -> Chances:
    """The probability of coming about in time, over willingness and correlation."""
    worlds = draw_worlds(tree, rng)
    p = np.empty((len(WILLING), len(CORRELATED), len(ALLOWED_H)))
    durations = _durations(tree, inputs, worlds)
    for i, willing in enumerate(WILLING):
        for j, correlated in enumerate(CORRELATED):
            run = _Run(inputs, worlds, durations, willing, correlated)
            hours = np.sort(run.finish(tree, np.zeros(len(worlds.common))))
            p[i, j] = np.searchsorted(hours, ALLOWED_H, side="right") / len(hours)
            p[i, j, -1] = np.isfinite(hours).mean()
    middle = _Run(
        inputs,
        worlds,
        durations,
        inputs["willingness"].middle,
        inputs["correlation"].middle,
    )
    return Chances(p=p, hours=middle.finish(tree, np.zeros(len(worlds.common))))


# --- how long steps take -------------------------------------------------------------


def _durations(tree: Node, inputs: Inputs, worlds: Worlds) -> dict[str, Reals]:
    allowed = dict(_allowances(tree, 0.0))
    return {
        leaf.key: _duration(leaf, allowed[leaf.key], inputs, worlds.step[leaf.key])
        for leaf in leaves(tree)
    }


def _allowances(node: Node, before: float) -> list[tuple[str, float | None]]:
    """By leaf, the seconds that the text allows after the step before it."""
    if isinstance(node, Leaf):
        if node.promised_s is None:
            return [(node.key, None)]
        return [(node.key, max(0.0, node.promised_s - before))]
    found: list[tuple[str, float | None]] = []
    for part in node.parts:
        found += _allowances(part, before)
        if node.kind == "in_order":
            dated = [leaf.promised_s or 0 for leaf in leaves(part)]
            before = max([before, *dated])
    return found


def _duration(leaf: Leaf, allowed: float | None, inputs: Inputs, u: Reals) -> Reals:
    """Hours that a step takes, world by world."""
    told = inputs.steps.get(leaf.words)
    if told is not None:
        return _triangle(told, u)
    if not leaf.discretionary and leaf.kind != "response":
        return np.zeros_like(u)
    if allowed is None:
        return _triangle(inputs.undated, u)
    hours = allowed / 3_600
    if leaf.kind == "lapsed":
        return np.full_like(u, hours)
    return _triangle(Hours(low=0, usual=hours / 2, high=hours, source="the text"), u)


def _triangle(hours: Hours, u: Reals) -> Reals:
    """Quantiles of a triangular distribution."""
    width = hours.high - hours.low
    if width <= 0:
        return np.full_like(u, hours.low)
    mode = (hours.usual - hours.low) / width
    left = hours.low + np.sqrt(u * mode) * width
    right = hours.high - np.sqrt((1 - u) * (1 - mode)) * width
    return np.where(u < mode, left, right)


# --- who is willing, and when all is done --------------------------------------------


class _Run:
    """The worlds at one willingness and one correlation."""

    def __init__(
        self,
        inputs: Inputs,
        worlds: Worlds,
        durations: Mapping[str, Reals],
        willing: float,
        correlated: float,
    ) -> None:
        self.inputs = inputs
        self.worlds = worlds
        self.durations = durations
        shared, alone = np.sqrt(correlated), np.sqrt(1 - correlated)
        self.willing: dict[str, Flags] = {
            name: shared * worlds.common + alone * own <= ndtri(self._p(name, willing))
            for name, own in worlds.own.items()
        }
        self.adopted: dict[str, Flags] = {}

    def _p(self, name: str, willing: float) -> float:
        """How likely one actor is to do its part."""
        if name in (ACCUSED, self.inputs.violator):
            return NEARLY
        told = self.inputs.actors.get(name)
        if told is None:
            return willing
        # the actor keeps its distance from the others, in probits
        usual = min(max(self.inputs["willingness"].middle, NEARLY), 1 - NEARLY)
        own = min(max(told.middle, NEARLY), 1 - NEARLY)
        return float(ndtr(ndtri(willing) + ndtri(own) - ndtri(usual)))

    def finish(self, node: Node, start: Reals) -> Reals:
        """Hours at which a node has come about; infinite where it does not."""
        if isinstance(node, Leaf):
            took = start + self.durations[node.key]
            return np.where(self.happens(node), took, INFINITE)
        return self._joined(node, start)

    def _joined(self, gate: Gate, start: Reals) -> Reals:
        if gate.kind == "in_order":
            for part in gate.parts:
                start = self.finish(part, start)
            return start
        if gate.needed <= 0:
            return start
        times = np.sort([self.finish(part, start) for part in gate.parts], axis=0)
        return np.asarray(times[gate.needed - 1])

    def happens(self, leaf: Leaf) -> Flags:
        """Whether a step comes about, apart from its time."""
        n = len(self.worlds.common)
        if leaf.kind == "never":
            return np.zeros(n, dtype=bool)
        if leaf.vote is not None:
            return self._voted(leaf)
        if leaf.kind == "act" and leaf.actors:
            each = [self.willing[name] for name in leaf.actors]
            return np.asarray(np.logical_and.reduce(each))
        violator = self.inputs.violator
        if violator is not None and violator in leaf.controlled_by:
            return np.zeros(n, dtype=bool)
        return np.ones(n, dtype=bool)

    def _voted(self, leaf: Leaf) -> Flags:
        adopted = self._carried(leaf)
        if leaf.kind == "adopted":
            return adopted
        if leaf.kind == "not_suspended":
            return ~self._suspended(leaf)
        silent = (
            self.worlds.silence[leaf.choice] < self.inputs["silent_refusals"].middle
        )
        return ~adopted & (silent if leaf.kind == "lapsed" else ~silent)

    def _suspended(self, leaf: Leaf) -> Flags:
        """Those who are not willing vote to suspend."""
        assert leaf.vote is not None
        against = {name: ~self.willing[name] for name in leaf.vote.actors}
        return self._passes(leaf, against)

    def _carried(self, leaf: Leaf) -> Flags:
        assert leaf.vote is not None
        if leaf.choice not in self.adopted:
            self.adopted[leaf.choice] = self._passes(leaf, self.willing)
        return self.adopted[leaf.choice]

    def _passes(self, leaf: Leaf, yes: Mapping[str, Flags]) -> Flags:
        assert leaf.vote is not None
        n = len(self.worlds.common)
        if leaf.vote.vote is None:
            return np.zeros(n, dtype=bool)
        tests = [test for test in leaf.vote.tests if test is not leaf.vote.quorum]
        return np.asarray(np.logical_and.reduce([_test(test, yes) for test in tests]))


def _test(test: Threshold | Tests, yes: Mapping[str, Flags]) -> Flags:
    if isinstance(test, Threshold):
        weight = sum(w * yes[name].astype(np.int64) for name, w in test.weights)
        return np.asarray(weight >= test.at_least)
    held = [_test(part, yes) for part in test.parts]
    joined = np.logical_and.reduce if test.every else np.logical_or.reduce
    return np.asarray(joined(held))
