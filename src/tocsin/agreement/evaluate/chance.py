"""Chance: the worlds of a few facts, and how many of many facts are true.

Two tools, and no third. *Worlds* list every way in which a few components of facts can
turn out, with its weight; beyond :data:`MOST_WORLDS` of them, worlds are drawn, the
same ones for the same seed in whatever order the facts came. *Counting* adds up
independent groups one by one (Poisson-binomial and its generalisation). A term is
never taken out again: removal by deconvolution loses all digits.

>>> thirty = [np.array([0.5, 0.5])] * 30
>>> round(at_least(thirty, 10), 3)
0.979
>>> ten_roots_of_three_reports = [np.array([0.5, 0.0, 0.0, 0.5])] * 10
>>> round(at_least(ten_roots_of_three_reports, 10), 3)
0.828
>>> round(at_least([np.array([0.5, 0.5])] * 10, 10), 3)
0.001
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.history import Flags, Reals

__all__ = [
    "DRAWN_WORLDS",
    "MOST_WORLDS",
    "TINY",
    "Worlds",
    "at_least",
    "counted",
    "reaches",
    "worlds",
]

MOST_WORLDS: Final = 4096
"""Up to so many worlds are listed exactly; beyond, worlds are drawn."""

DRAWN_WORLDS: Final = 2048
"""How many worlds are drawn: the standard error is at most 0.011."""

TINY: Final = 1e-9
"""Probabilities that differ by less are the same (design, Meaning 10)."""

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


class Worlds(msgspec.Struct, frozen=True, kw_only=True):
    """Ways in which some components can turn out.

    Attributes:
        weight: of each world; they sum to 1.
        number: the uniform number of each component in each world.
        sampled: True where the worlds were drawn, not listed.
    """

    weight: Reals
    number: dict[str, Reals]
    sampled: bool

    def true(self, component: str, stretches: Iterable[tuple[float, float]]) -> Flags:
        """In which worlds the component's number lies in one of the stretches."""
        number = self.number[component]
        inside = np.zeros(len(self.weight), dtype=np.bool_)
        for lo, hi in stretches:
            inside |= (number >= lo) & (number < hi)
        return inside


def reaches(p: float, standard: float) -> bool:
    """True where a probability reaches a standard, up to rounding."""
    return p >= standard - TINY


def worlds(edges: Mapping[str, Iterable[float]], *, seed: int) -> Worlds:
    """All worlds of these components, or as many as are drawn.

    Args:
        edges: for each component the ends of the stretches that matter.
        seed: for drawn worlds; a component's numbers depend on its name and the seed.
    """
    cells = {name: _cells(cuts) for name, cuts in sorted(edges.items())}
    number = 1
    for cell in cells.values():
        number *= len(cell)
    if number > MOST_WORLDS:
        return _drawn(tuple(cells), seed)
    return _listed(cells)


def _cells(cuts: Iterable[float]) -> list[tuple[float, float]]:
    """The stretches between the cuts: middle and length of each that is not empty."""
    ends = sorted({0.0, 1.0, *(float(min(max(cut, 0.0), 1.0)) for cut in cuts)})
    return [((lo + hi) / 2, hi - lo) for lo, hi in pairwise(ends)]


def _listed(cells: Mapping[str, Sequence[tuple[float, float]]]) -> Worlds:
    weight = np.ones(1)
    number: dict[str, Reals] = {}
    for name, cell in cells.items():
        middle, length = np.array(cell).T
        number = {n: np.repeat(u, len(cell)) for n, u in number.items()}
        number[name] = np.tile(middle, len(weight))
        weight = np.repeat(weight, len(cell)) * np.tile(length, len(weight))
    return Worlds(weight=weight, number=number, sampled=False)


def _drawn(names: Sequence[str], seed: int) -> Worlds:
    return Worlds(
        weight=np.full(DRAWN_WORLDS, 1.0 / DRAWN_WORLDS),
        number={name: _uniform(name, seed) for name in names},
        sampled=True,
    )


def _uniform(name: str, seed: int) -> Reals:
    """Uniform numbers of one component, from its name and the seed alone (SplitMix64).

    Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    start = np.uint64(int.from_bytes(digest, "big"))
    with np.errstate(over="ignore"):
        z = start + GOLDEN * np.arange(1, DRAWN_WORLDS + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def counted(weight: Reals, true: Flags) -> Reals:
    """How likely each number of true things is, from worlds.

    Args:
        weight: of each world.
        true: (n_worlds, n_things).
    """
    number = true.sum(axis=1)
    sizes = np.bincount(number, weights=weight, minlength=true.shape[1] + 1)
    return sizes.astype(np.float64)


def at_least(groups: Iterable[Reals], k: int) -> float:
    """Probability that independent groups together have at least ``k`` true things.

    Args:
        groups: for each group the probabilities of 0, 1, 2 ... true things.
        k: the number to be reached; everything reaches 0.
    """
    if k <= 0:
        return 1.0
    below = np.zeros(k)
    below[0] = 1.0
    for group in groups:
        below = np.convolve(below, group)[:k]
    return float(min(max(1.0 - below.sum(), 0.0), 1.0))
