"""How much of a sector was watched, for which acts, when.

In comes a COVERAGE table, out come shares at instants. Coverage of a null sector counts
everywhere, of a null kind for every act. Overlapping coverage counts by its largest
share, because two watchers may have watched the same part; a null share is not watched.
An interval of coverage holds its start and not its end, so that intervals that follow
each other leave no gap (rule C1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate.history import Ints, Reals
from tocsin.errors import OriginsMixed
from tocsin.model.tables import COVERAGE, TIME, conform

__all__ = ["Stretch", "Watch", "watch"]

BEGINNING: Final = -(1 << 62)
"""Before every instant."""


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
        self._curves: dict[tuple[str | None, str], tuple[Ints, Reals]] = {}
        self._listed: dict[tuple[str | None, str], tuple[list[int], list[float]]] = {}
        self._edges: tuple[int, ...] | None = None
        self._by_sector: dict[str | None, list[Stretch]] = {}
        for stretch in stretches:
            self._by_sector.setdefault(stretch.sector, []).append(stretch)

    @property
    def sectors(self) -> tuple[str, ...]:
        """The sectors that the coverage names."""
        return tuple(sorted(name for name in self._by_sector if name is not None))

    def edges(self) -> tuple[int, ...]:
        """Every instant at which a share may change."""
        if self._edges is None:
            ends = {s.start for s in self.stretches} | {s.stop for s in self.stretches}
            self._edges = tuple(sorted(ends))
        return self._edges

    def share(self, at: int, sector: str | None, kinds: Sequence[str]) -> float:
        """The watched share at an instant; of several acts the least watched."""
        return min((self._share_of(at, sector, kind) for kind in kinds), default=1.0)

    def _share_of(self, at: int, sector: str | None, kind: str) -> float:
        key = (sector, kind)
        if key not in self._listed:
            edges, shares = self._curve(sector, kind)
            self._listed[key] = edges.tolist(), shares.tolist()
        listed, held = self._listed[key]
        return held[bisect_right(listed, at) - 1]

    def steps(self, sector: str | None, kinds: Sequence[str]) -> tuple[Ints, Reals]:
        """The share as steps: from each instant on, until the next; before them 0."""
        key = (sector, tuple(kinds))
        if key not in self._known:
            self._known[key] = self._made(sector, kinds)
        return self._known[key]

    def _made(self, sector: str | None, kinds: Sequence[str]) -> tuple[Ints, Reals]:
        curves = [self._curve(sector, kind) for kind in kinds]
        if not curves:
            return np.array([BEGINNING]), np.ones(1)
        at = np.unique(np.concatenate([edges for edges, _ in curves]))
        least = np.ones(len(at))
        for edges, shares in curves:
            place = np.searchsorted(edges, at, side="right") - 1
            held = np.where(place >= 0, shares[np.maximum(place, 0)], 0.0)
            least = np.minimum(least, held)
        return _joined(at, least)

    def _curve(self, sector: str | None, kind: str) -> tuple[Ints, Reals]:
        """The share for one act as steps; before the first of them it is 0."""
        key = (sector, kind)
        if key not in self._curves:
            here = [self._by_sector.get(name, []) for name in {None, sector}]
            held = [s for part in here for s in part if s.kind in {None, kind}]
            self._curves[key] = _joined(*_largest(held))
        return self._curves[key]


def _largest(held: Sequence[Stretch]) -> tuple[Ints, Reals]:
    """The largest share at each instant: the larger are laid over the smaller."""
    start = np.array([s.start for s in held], dtype=np.int64)
    stop = np.array([s.stop for s in held], dtype=np.int64)
    at = np.unique(np.concatenate([[BEGINNING], start, stop]))
    share = np.zeros(len(at))
    sizes = np.array([s.share for s in held])
    first, last = np.searchsorted(at, start), np.searchsorted(at, stop)
    for size in np.unique(sizes):
        begun, over = (
            np.bincount(n[sizes == size], None, len(at)) for n in (first, last)
        )
        share[np.cumsum(begun - over) > 0] = size
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


def _stretches(table: pa.Table, as_known_at: datetime | None) -> Iterator[Stretch]:
    wanted = pc.is_valid(table["share"])
    if as_known_at is not None:
        known = pc.less_equal(table["known_at"], pa.scalar(as_known_at, TIME))
        wanted = pc.and_(wanted, pc.fill_null(known, fill_value=False))
    kept = table.filter(wanted)
    share = pc.min_element_wise(pc.max_element_wise(kept["share"], 0.0), 1.0)
    columns = (
        kept["sector"].to_pylist(),
        kept["kind"].to_pylist(),
        _seconds_of(kept["t_start"]),
        _seconds_of(kept["t_end"]),
        share.to_pylist(),
    )
    for sector, kind, start, stop, held in zip(*columns, strict=True):
        if stop > start:
            yield Stretch(sector, kind, start, stop, held)


def _seconds_of(times: pa.ChunkedArray) -> list[int]:
    """Whole seconds, rounded down (rule T1)."""
    micro = times.cast(TIME).cast(pa.int64()).to_numpy()
    return (micro // 1_000_000).tolist()  # type: ignore[no-any-return]
