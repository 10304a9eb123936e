"""Which texts tell one story in nearly the same words.

In: texts. Out: for each the number of the first text that it retells, itself where it
retells none. Two texts are one story if of all their words together at least four in
five stand in both, and every number of the one stands in the other: a higher count is a
later report and no copy. Short texts (`Explosions in X`) are compared whole.

Words are counted with scipy's sparse matrices, a few thousand texts against all at a
time, so that a hundred thousand texts need seconds and no more memory than they have.

>>> texts = [
...     "Drones hit the depot at Feodosia, fire crews at work",
...     "Drones hit the depot at Feodosia - fire crews at work (photo)",
...     "Drones hit 2 depots at Feodosia",
... ]
>>> retold(texts).tolist()
[0, 0, 2]
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["retold"]

WORD = re.compile(r"\w+")
LEAST_WORDS = 5
"""Texts of fewer words are one story only if they are the same."""
SHARED = 0.8
"""Jaccard index from which two texts are one story (judgement; JRC's study of media
repeats, CEUR 2794, finds that what helps is the place, which incidents compare)."""
CHUNK = 2_000
COMMON = 2_000
"""A word in more texts than this is no help in finding a pair, and still counts."""

Ints = npt.NDArray[np.int64]


def retold(texts: Sequence[str]) -> Ints:
    """For each text the first one that it retells; itself where it retells none."""
    words = [frozenset(WORD.findall(text.casefold())) for text in texts]
    first: dict[frozenset[str], int] = {}
    same = np.array([first.setdefault(w, n) for n, w in enumerate(words)], np.int64)
    alone = np.unique(same)
    long = np.array([n for n in alone if len(words[n]) >= LEAST_WORDS], np.int64)
    found = same.copy()
    for a, b in _pairs([words[n] for n in long]):
        i, j = int(long[a]), int(long[b])
        if found[i] == i and found[j] == j and _one_story(words[i], words[j]):
            found[j] = i
    return np.asarray(found[same])


def _pairs(words: Sequence[frozenset[str]]) -> list[tuple[int, int]]:
    """Pairs that may share enough, the earlier first, in the order of the texts."""
    if len(words) < 2:  # noqa: PLR2004
        return []
    of: dict[str, int] = {}
    column = [of.setdefault(word, len(of)) for text in words for word in sorted(text)]
    sizes = np.array([len(text) for text in words])
    row = np.repeat(np.arange(len(words)), sizes)
    rare = np.bincount(column)[column] <= COMMON
    ones = np.ones(int(rare.sum()), np.float32)
    at = (row[rare], np.array(column)[rare])
    counts = sparse.csr_matrix((ones, at), shape=(len(words), len(of)))
    kept = np.bincount(row[rare], minlength=len(words))
    pairs: list[tuple[int, int]] = []
    for begin in range(0, len(words), CHUNK):
        some = (counts[begin : begin + CHUNK] @ counts.T).tocoo()
        i, j, shared = some.row + begin, some.col, some.data
        # The rare words that both have cannot be fewer than this in one story.
        both = sizes[i] + sizes[j]
        common = np.minimum(sizes[i] - kept[i], sizes[j] - kept[j])
        near = (j > i) & (shared + common >= SHARED * (both - shared - common))
        pairs += zip(i[near].tolist(), j[near].tolist(), strict=True)
    return sorted(pairs)


def _one_story(a: frozenset[str], b: frozenset[str]) -> bool:
    numbers = {word for word in a ^ b if word[0].isdigit()}
    return not numbers and len(a & b) >= SHARED * len(a | b)
