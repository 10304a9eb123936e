"""How often what one kind of eye alone reports happened, counted on exercises.

An exercise is no field: what is fitted here belongs to the generator that it was fitted
to, and is written to a file of its own, for ``--params``. The judgements of
``attribution.toml`` stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tocsin.findings import Weights
from tocsin.fusing.calibration import Judged

__all__ = ["fitted", "written"]

PRIOR = 10.0
"""The judgement counts as much as so many incidents."""
SHARES = np.concatenate([[0.01], np.arange(0.05, 1.0, 0.05), [0.99]])


def fitted(judged: Judged, weights: Weights) -> dict[str, float]:
    """``[happened]``: each platform's share of lone reports that were true.

    ``coincidence`` is the one of some values that explains incidents of several
    platforms best (maximum likelihood).
    """
    happened = judged.truth >= 0
    mix = np.array(judged.mix)
    shares = dict(weights.happened)
    for name in shares.keys() - {"default", "coincidence"}:
        alone = mix == name
        true = happened[alone].sum() + PRIOR * shares[name]
        shares[name] = float(np.clip(true / (alone.sum() + PRIOR), 0.01, 0.99))
    several = [
        (m.split(" + "), h) for m, h in zip(mix, happened, strict=True) if "+" in m
    ]
    if several:
        scores = [_log_likelihood(several, shares, float(c)) for c in SHARES]
        shares["coincidence"] = float(SHARES[int(np.argmax(scores))])
    return {name: round(value, 3) for name, value in sorted(shares.items())}


def _log_likelihood(
    several: Sequence[tuple[list[str], bool]], shares: dict[str, float], c: float
) -> float:
    total = 0.0
    for names, so in several:
        doubts = [1 - shares.get(name, shares["default"]) for name in names]
        doubt = float(np.prod(doubts)) * c ** (len(names) - 1)
        doubt = min(max(doubt, 1e-6), 1 - 1e-6)
        total += float(np.log(1 - doubt if so else doubt))
    return total


def written(shares: dict[str, float], seeds: Sequence[int]) -> str:
    """The shares as a file for ``--params``, saying what they were counted on."""
    told = ", ".join(map(str, seeds))
    head = f"# Counted on exercises with the seeds {told}; true of no field.\n"
    lines = [f"{name} = {value}" for name, value in shares.items()]
    return "\n".join([f"{head}[attribution.happened]", *lines, ""])
