"""Where each fact stands in time, while facts keep coming in between.

Witness ranges count facts by ``t``, then by ``fact_id`` (rule T3). The order holds
serial numbers sorted so; facts that were let go from its front are only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import njit

from tocsin.agreement.evaluate.history import Ints
from tocsin.agreement.evaluate.online_kernels import places, splice

__all__ = ["Order", "between_equals"]

NameOf = Callable[[int], str]


class Order:
    """Serial numbers in time order, and how many stood before the first of them."""

    def __init__(self) -> None:
        self.n = 0
        self.dropped = 0
        self.held: Ints = np.empty((2, 0), np.int64)

    def insert(
        self, us: Ints, serial: Ints, names: Sequence[str], name_of: NameOf
    ) -> None:
        """Put facts where they belong.

        Args:
            us: microseconds of each. (m,)
            serial: its serial number. (m,)
            names: its id; ids decide between facts of one microsecond.
            name_of: the id of a serial number that is held.
        """
        if not len(us):
            return
        us, serial = _sorted(us, serial, names)
        self.held = with_room(self.held, self.n, len(us))
        if self.n == 0 or us[0] > self.held[0, self.n - 1]:
            self.held[0, self.n : self.n + len(us)] = us
            self.held[1, self.n : self.n + len(us)] = serial
        else:
            at = between_equals(self.held[0], self.held[1], self.n, us, serial, name_of)
            splice(self.held, self.n, at, np.stack([us, serial]))
        self.n += len(us)

    def positions(self, us: Ints, serial: Ints) -> Ints:
        """The place of each fact among all, those let go included."""
        found: Ints = _positions(self.held, self.n, us, serial)
        return found + self.dropped

    def drop(self, us: int) -> dict[int, int]:
        """Let facts before an instant go; gives their last places by serial number."""
        n = int(np.searchsorted(self.held[0, : self.n], us))
        gone = self.held[1, :n].tolist()
        places = dict(zip(gone, range(self.dropped, self.dropped + n), strict=True))
        self.held = self.held[:, n : self.n].copy()
        self.n -= n
        self.dropped += n
        return places


def with_room(held: Any, n: int, more: int) -> Any:
    """The same table with room for so many more columns."""
    if n + more <= held.shape[1]:
        return held
    longer = np.empty((held.shape[0], max(n + more, 2 * n, 16)), held.dtype)
    longer[:, :n] = held[:, :n]
    return longer


def between_equals(
    us: Ints, held: Ints, n: int, new: Ints, serial: Ints, name_of: NameOf
) -> Ints:
    """Where sorted new facts belong; of equal time ids decide."""
    at: Ints = places(us, n, new)
    for i in np.flatnonzero((at > 0) & (us[np.maximum(at, 1) - 1] == new)):
        name = name_of(int(serial[i]))
        while (
            at[i] > 0
            and us[at[i] - 1] == new[i]
            and name_of(int(held[at[i] - 1])) > name
        ):
            at[i] -= 1
    return at


def _sorted(us: Ints, serial: Ints, names: Sequence[str]) -> tuple[Ints, Ints]:
    if not len(us) or (us[1:] > us[:-1]).all():
        return us, serial
    order = np.argsort(us, kind="stable")
    ordered = us[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.array(sorted(range(len(us)), key=lambda n: (us[n], names[n])))
    return us[order], serial[order]


@njit(cache=True)
def _positions(held: Ints, n: int, us: Ints, serial: Ints) -> Ints:
    out = np.empty(len(us), np.int64)
    for i in range(len(us)):
        lo, hi = 0, n
        while lo < hi:
            middle = (lo + hi) // 2
            if held[0, middle] < us[i]:
                lo = middle + 1
            else:
                hi = middle
        while held[1, lo] != serial[i]:
            lo += 1
        out[i] = lo
    return out
