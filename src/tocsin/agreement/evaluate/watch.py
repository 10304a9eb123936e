"""How much of a sector was watched, for which acts, when.

In comes a COVERAGE table, out come shares at instants. Coverage of a null sector counts
everywhere, of a null kind for every act. Overlapping coverage counts by its largest
share, because two watchers may have watched the same part; a null share is not watched.
An interval of coverage holds its start and not its end, so that intervals that follow
each other leave no gap (rule C1).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.agreement.evaluate.history import Ints, Reals
from tocsin.errors import OriginsMixed
from tocsin.model.tables import COVERAGE, conform
from tocsin.model.times import seconds

__all__ = ["Stretch", "Watch", "watch"]


class Stretch(msgspec.Struct, frozen=True):
    """Coverage of one sector and kind over one time, ``start`` to before ``stop``."""

    sector: str | None
    kind: str | None
    start: int
    stop: int
    share: float


class Watch:
    """All coverage that is known, by sector."""

    def __init__(self, stretches: tuple[Stretch, ...]) -> None:
        self.stretches = stretches
        self._known: dict[tuple[str | None, tuple[str, ...]], tuple[Ints, Reals]] = {}
        self._by_sector: dict[str | None, list[Stretch]] = {}
        for stretch in stretches:
            self._by_sector.setdefault(stretch.sector, []).append(stretch)

    @property
    def sectors(self) -> tuple[str, ...]:
        """The sectors that the coverage names."""
        return tuple(sorted(name for name in self._by_sector if name is not None))

    def edges(self) -> tuple[int, ...]:
        """Every instant at which a share may change."""
        return tuple(sorted({t for s in self.stretches for t in (s.start, s.stop)}))

    def share(self, at: int, sector: str | None, kinds: Sequence[str]) -> float:
        """The watched share at an instant; of several acts the least watched."""
        return min((self._share_of(at, sector, kind) for kind in kinds), default=1.0)

    def _share_of(self, at: int, sector: str | None, kind: str) -> float:
        shares = [
            s.share
            for name in {None, sector}
            for s in self._by_sector.get(name, [])
            if s.start <= at < s.stop and s.kind in {None, kind}
        ]
        return max(shares, default=0.0)

    def steps(self, sector: str | None, kinds: Sequence[str]) -> tuple[Ints, Reals]:
        """The share as steps: from each instant on, until the next; before them 0."""
        key = (sector, tuple(kinds))
        if key not in self._known:
            self._known[key] = self._made(sector, kinds)
        return self._known[key]

    def _made(self, sector: str | None, kinds: Sequence[str]) -> tuple[Ints, Reals]:
        curves = [self._steps_of(sector, kind) for kind in kinds]
        if not curves:
            return np.array([-(1 << 62)]), np.ones(1)
        at = np.unique(np.concatenate([edges for edges, _ in curves]))
        least = np.ones(len(at))
        for edges, shares in curves:
            place = np.searchsorted(edges, at, side="right") - 1
            held = np.where(place >= 0, shares[np.maximum(place, 0)], 0.0)
            least = np.minimum(least, held)
        return _joined(at, least)

    def _steps_of(self, sector: str | None, kind: str) -> tuple[Ints, Reals]:
        here = [self._by_sector.get(name, []) for name in {None, sector}]
        held = [s for part in here for s in part if s.kind in {None, kind}]
        cuts = sorted({t for s in held for t in (s.start, s.stop)})
        at = np.array([-(1 << 62), *cuts], dtype=np.int64)
        share = np.zeros(len(at))
        for s in held:
            inside = (at >= s.start) & (at < s.stop)
            share[inside] = np.maximum(share[inside], s.share)
        return at, share


def _joined(at: Ints, share: Reals) -> tuple[Ints, Reals]:
    changes = np.ones(len(at), dtype=np.bool_)
    changes[1:] = share[1:] != share[:-1]
    return at[changes], share[changes]


def watch(
    coverage: pa.Table, *, as_known_at: datetime | None, origin: str | None
) -> Watch:
    """The coverage that was known at ``as_known_at``.

    Raises:
        OriginsMixed: coverage of another origin than the facts.
    """
    table = conform(coverage, COVERAGE, what="coverage")
    origins = {o for o in table["origin"].unique().to_pylist() if o is not None}
    if len(origins | ({origin} if origin else set())) > 1:
        raise OriginsMixed(
            f"the coverage is {', '.join(sorted(origins))}, the facts are {origin};"
            " evaluate each with its own"
        )
    return Watch(tuple(_stretches(table, as_known_at)))


def _stretches(table: pa.Table, as_known_at: datetime | None) -> list[Stretch]:
    read = []
    for row in table.to_pylist():
        known = row["known_at"]
        if as_known_at is not None and (known is None or known > as_known_at):
            continue
        start, stop = seconds(row["t_start"]), seconds(row["t_end"])
        if row["share"] is not None and stop > start:
            share = min(max(row["share"], 0.0), 1.0)
            read.append(Stretch(row["sector"], row["kind"], start, stop, share))
    return read
