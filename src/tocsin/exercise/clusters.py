"""How well incidents group observations: pairwise and B-cubed precision and recall.

Both compare two ways of grouping the same items. An item in no group is a group of its
own. Pairwise counts pairs of items that share a group; B-cubed (Bagga and Baldwin
1998) averages, over items, the share of the item's group that truly belongs with it.

>>> truth = np.array([0, 0, 0, 1, 1])
>>> found = np.array([5, 5, 6, 7, 7])
>>> agreement = compare(truth, found)
>>> agreement.pairwise_precision, agreement.pairwise_recall
(1.0, 0.5)
>>> round(agreement.bcubed_recall, 4)
0.7333
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tocsin.model import Record

__all__ = ["Agreement", "compare", "f1"]

Groups = npt.NDArray[np.int64]


class Agreement(Record, frozen=True, kw_only=True):
    """How well found groups agree with true ones; 1 is perfect.

    A precision or recall over nothing (no pair at all) is 1: nothing was wrong.
    """

    items: int
    pairwise_precision: float
    pairwise_recall: float
    bcubed_precision: float
    bcubed_recall: float

    @property
    def pairwise_f1(self) -> float:
        """Harmonic mean of pairwise precision and recall."""
        return f1(self.pairwise_precision, self.pairwise_recall)

    @property
    def bcubed_f1(self) -> float:
        """Harmonic mean of B-cubed precision and recall."""
        return f1(self.bcubed_precision, self.bcubed_recall)


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 where both are 0."""
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def compare(truth: Groups, found: Groups) -> Agreement:
    """Compare two groupings of the same items.

    Args:
        truth: group of each item; a negative number is a group of its own.
        found: the same for the grouping under test.
    """
    true, found = _singled(truth), _singled(found)
    together, sizes = np.unique(np.stack([true, found]), axis=1, return_counts=True)
    in_true = np.bincount(true)
    in_found = np.bincount(found)
    shared = _pairs(sizes)
    squares = sizes.astype(float) ** 2
    items = max(len(true), 1)
    return Agreement(
        items=len(true),
        pairwise_precision=_over(shared, _pairs(in_found)),
        pairwise_recall=_over(shared, _pairs(in_true)),
        bcubed_precision=_mean(squares / in_found[together[1]], items),
        bcubed_recall=_mean(squares / in_true[together[0]], items),
    )


def _singled(groups: Groups) -> Groups:
    """Groups numbered from 0, each negative item alone."""
    groups = np.asarray(groups, dtype=np.int64).copy()
    alone = groups < 0
    groups[alone] = groups.max(initial=0) + 1 + np.arange(int(alone.sum()))
    return np.unique(groups, return_inverse=True)[1].astype(np.int64).reshape(-1)


def _pairs(sizes: npt.NDArray[np.int64]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _over(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _mean(values: npt.NDArray[np.float64], items: int) -> float:
    return math.fsum(values) / items if len(values) else 1.0
