"""Possible breaches of one party in one sector, in time order, as they come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from tocsin.agreement.evaluate.history import Ints, Reals
from tocsin.agreement.evaluate.online_kernels import cut, splice
from tocsin.agreement.evaluate.online_order import (
    NameOf,
    between_equals,
    with_room,
)

__all__ = [
    "CERTAIN",
    "EARLY",
    "LATE",
    "ROOT",
    "SERIAL",
    "SOURCES",
    "US",
    "Event",
    "Events",
    "Series",
    "T",
]

T, EARLY, LATE, CERTAIN, SERIAL, US, SOURCES, ROOT = range(8)
COLUMNS: Final = 8
ACT, BREACH = 0, 1


class Event(NamedTuple):
    """One possible breach: what one root says of one party in one sector."""

    party: int
    sector: int
    whole: tuple[int, ...]
    chance: tuple[float, float]


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """Possible breaches in time order.

    Attributes:
        party, sector: codes, -1 for unknown. (n,)
        whole: t, early, late, certain, serial, microseconds, sources, root. (8, n)
        chance: of the act, and of a breach. (2, n)
    """

    party: Ints
    sector: Ints
    whole: Ints
    chance: Reals

    def __len__(self) -> int:
        return len(self.party)


def events_of(found: Sequence[Event]) -> Events:
    """Single events as columns."""
    n = len(found)
    return Events(
        party=np.array([event.party for event in found], dtype=np.int64),
        sector=np.array([event.sector for event in found], dtype=np.int64),
        whole=np.array([event.whole for event in found], np.int64).reshape(n, 8).T,
        chance=np.array([event.chance for event in found], float).reshape(n, 2).T,
    )


class Series:
    """Events of one key, sorted by time; of equal time by the id of their fact."""

    def __init__(self) -> None:
        self.n = self.dropped = 0
        self.held: Ints = np.empty((COLUMNS, 0), np.int64)
        self.chances: Reals = np.empty((2, 0))
        self.spread: Ints = np.zeros(2, np.int64)

    @property
    def ever(self) -> int:
        """How many events it held, those let go included."""
        return self.n + self.dropped

    @property
    def whole(self) -> Ints:
        """The columns, as :attr:`Events.whole`."""
        return self.held[:, : self.n]

    @property
    def chance(self) -> Reals:
        """The columns, as :attr:`Events.chance`."""
        return self.chances[:, : self.n]

    @property
    def t(self) -> Ints:
        """Seconds, sorted."""
        return self.held[T, : self.n]

    def insert(self, whole: Ints, chance: Reals, name_of: NameOf) -> None:
        """Put sorted events where they belong."""
        m = whole.shape[1]
        self.held = with_room(self.held, self.n, m)
        self.chances = with_room(self.chances, self.n, m)
        stop = self.n + m
        if self.n == 0 or whole[US, 0] > self.held[US, self.n - 1]:
            self.held[:, self.n : stop] = whole
            self.chances[:, self.n : stop] = chance
        else:
            at = between_equals(
                self.held[US],
                self.held[SERIAL],
                self.n,
                whole[US],
                whole[SERIAL],
                name_of,
            )
            splice(self.held, self.n, at, whole)
            splice(self.chances, self.n, at, chance)
        self.n = stop
        self.spread[0] = max(self.spread[0], (whole[T] - whole[EARLY]).max())
        self.spread[1] = max(self.spread[1], (whole[LATE] - whole[T]).max())

    def remove(self, gone: Sequence[Event]) -> None:
        """Take out events, each known by its fact."""
        serials = [event.whole[SERIAL] for event in gone]
        at = np.flatnonzero(np.isin(self.held[SERIAL, : self.n], serials))
        cut(self.held, self.n, at)
        cut(self.chances, self.n, at)
        self.n -= len(at)

    def drop(self, before: int) -> None:
        """Let events go that end before an instant and stand at the front."""
        late = np.maximum(self.t, self.held[LATE, : self.n])
        kept = np.flatnonzero(late >= before)
        first = int(kept[0]) if len(kept) else self.n
        if first:
            self.held = self.held[:, first : self.n].copy()
            self.chances = self.chances[:, first : self.n].copy()
            self.n -= first
            self.dropped += first
