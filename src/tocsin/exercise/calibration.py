"""How good the probabilities of attribution are: accuracy, Brier score, ECE.

Each incident gives a probability to each party; what is left is undetermined. The
Brier score is half the sum of squared errors over the parties, so that with two parties
and nothing left it is the usual one. An incident is determined where one party is
likelier than every other and than undetermined; accuracy and the expected calibration
error (ECE, ten bins of equal width) are over determined incidents, and the share of the
others stands beside them.

>>> p = np.array([[0.9, 0.1], [0.2, 0.1]])
>>> result = calibrate(p, np.array([0, 1]))
>>> result.accuracy, result.undetermined
(1.0, 0.5)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tocsin.model import Record

__all__ = ["Calibration", "calibrate"]

_BINS = 10
_SURE = 0.95


class Calibration(Record, frozen=True, kw_only=True):
    """Quality of attribution over some incidents.

    Attributes:
        incidents: how many there are: those that happened and those that did not.
        undetermined: share of them in which no party is named.
        accuracy: share of the determined ones that name the true party; to name one
            for what never happened is wrong; None where there is none.
        brier: mean over all incidents, 0 is best; None where there is none.
        ece: expected calibration error of the determined ones.
        sure: share of incidents in which a party has .95 or more.
        sure_accuracy: share of those that are right; None where there is none.
    """

    incidents: int
    undetermined: float
    accuracy: float | None
    brier: float | None
    ece: float | None
    sure: float
    sure_accuracy: float | None


def calibrate(p: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> Calibration:
    """Compare probabilities with the true parties.

    Args:
        p: probability of each party.  # (incidents, parties)
        truth: number of the true party, -1 where it never happened.  # (incidents,)
    """
    if not len(p):
        return Calibration(
            incidents=0,
            undetermined=0.0,
            accuracy=None,
            brier=None,
            ece=None,
            sure=0.0,
            sure_accuracy=None,
        )
    top, right = p.max(axis=1), p.argmax(axis=1) == truth
    tied = (p == top[:, None]).sum(axis=1) > 1
    determined = ~tied & (top > 1.0 - p.sum(axis=1))
    hit = np.zeros_like(p)
    somebody = np.flatnonzero(truth >= 0)
    hit[somebody, truth[somebody]] = 1.0
    sure = top >= _SURE
    return Calibration(
        incidents=len(p),
        undetermined=float(1 - determined.mean()),
        accuracy=_share(right[determined]),
        brier=float((((p - hit) ** 2).sum(axis=1) / 2).mean()),
        ece=_ece(top[determined], right[determined]),
        sure=float(sure.mean()),
        sure_accuracy=_share(right[sure]),
    )


def _share(right: npt.NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if len(right) else None


def _ece(top: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float | None:
    if not len(top):
        return None
    which = np.minimum((top * _BINS).astype(int), _BINS - 1)
    said = np.bincount(which, weights=top, minlength=_BINS)
    was = np.bincount(which, weights=right.astype(float), minlength=_BINS)
    return float(np.abs(said - was).sum() / len(top))
