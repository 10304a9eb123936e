"""Names that the online engine let go, as marks of eight bytes.

A new report of an act that was judged and forgotten would change what was told of it.
So the ids, roots and choices of facts that are let go leave a mark; what bears such a
name is handed back. The last :data:`MOST` marks are kept, so memory stays bounded.
Two names with one mark (once in 2e19) hand a fact back for nothing; nothing is ever
judged wrongly by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from tocsin.agreement.evaluate.history import Flags, Ints
from tocsin.agreement.evaluate.online_kernels import marks

__all__ = ["Marks"]

MOST: Final = 500_000


class Marks:
    """The marks of names; when too many are held, the older half goes.

    >>> held = Marks()
    >>> held.add(["a", "b"])
    >>> held.among(["b", "c"]).tolist()
    [True, False]
    """

    def __init__(self) -> None:
        self.older: set[int] = set()
        self.newer: set[int] = set()

    def __len__(self) -> int:
        return len(self.older) + len(self.newer)

    def add(self, names: Iterable[str]) -> None:
        """Mark names."""
        self.newer.update(_marks(list(names)).tolist())
        if len(self.newer) > MOST // 2:
            self.older, self.newer = self.newer, set()

    def among(self, names: Sequence[str | None]) -> Flags:
        """Which of some names bear a mark; None bears none."""
        if not len(self) or not names:
            return np.zeros(len(names), dtype=np.bool_)
        marks = zip(names, _marks(names).tolist(), strict=True)
        found = [name is not None and mark in self for name, mark in marks]
        return np.array(found, dtype=np.bool_)

    def __contains__(self, mark: int) -> bool:
        return mark in self.newer or mark in self.older

    def saved(self) -> tuple[bytes, bytes]:
        """The marks as bytes, in one order."""
        older, newer = (sorted(half) for half in (self.older, self.newer))
        return np.array(older, np.int64).tobytes(), np.array(newer, np.int64).tobytes()

    def restore(self, halves: tuple[bytes, bytes]) -> None:
        """What :meth:`saved` gave."""
        self.older, self.newer = (
            set(np.frombuffer(half, np.int64).tolist()) for half in halves
        )


def _marks(names: Sequence[str | None]) -> Ints:
    if not names:
        return np.empty(0, np.int64)
    texts = np.array([name or "" for name in names], dtype=np.str_)
    width = max(texts.dtype.itemsize // 4, 1)
    letters = texts.view(np.uint32).reshape(len(texts), width)
    found: Ints = marks(letters).view(np.int64)
    return found
