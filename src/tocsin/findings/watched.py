"""How much of a sector was watched over a time, from COVERAGE.

Overlapping coverage counts by its largest share, because two watchers may have watched
the same part. A share that is not stated counts as nothing watched; a sector of which
no share at all is stated is of unknown coverage.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["Watched", "watched"]


class _Curve(msgspec.Struct, frozen=True):
    """Watched seconds since the first edge, at each edge."""

    edges: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """Watched time of each sector."""

    curves: dict[str | None, _Curve]

    def share(self, sector: str | None, start: datetime, end: datetime) -> float | None:
        """Mean watched share of a sector over a time; None: unknown."""
        curve = self.curves.get(sector, self.curves.get(None))
        if curve is None:
            return None
        a, b = start.timestamp(), max(end.timestamp(), start.timestamp() + 1)
        at = np.interp([a, b], curve.edges, curve.seconds)
        return float(np.clip((at[1] - at[0]) / (b - a), 0.0, 1.0))


def watched(coverage: pa.Table) -> Watched:
    """The watched time of each sector that the coverage names, and of the rest.

    A sector of None stands for what is watched everywhere; where the coverage only
    names sectors it is the mean over them.
    """
    rows = pl.DataFrame(coverage.select(["sector", "t_start", "t_end", "share"]))
    stated = rows.filter(pl.col("share").is_not_null())
    everywhere = stated.filter(pl.col("sector").is_null())
    curves: dict[str | None, _Curve] = {}
    for sector in stated["sector"].drop_nulls().unique().sort():
        own = stated.filter(pl.col("sector") == sector)
        curves[sector] = _curve(pl.concat([own, everywhere]))
    if curves:
        curves[None] = _mean(list(curves.values()))
    elif everywhere.height:
        curves[None] = _curve(everywhere)
    return Watched(curves=curves)


def _curve(rows: pl.DataFrame) -> _Curve:
    start = rows["t_start"].cast(pl.Int64).to_numpy() / 1e6
    end = rows["t_end"].cast(pl.Int64).to_numpy() / 1e6
    share = rows["share"].to_numpy()
    edges = np.unique(np.concatenate([start, end]))
    largest = np.zeros(max(len(edges) - 1, 0))
    for first, last, value in zip(
        np.searchsorted(edges, start), np.searchsorted(edges, end), share, strict=True
    ):
        np.maximum(largest[first:last], value, out=largest[first:last])
    return _Curve(edges, np.append(0.0, np.cumsum(largest * np.diff(edges))))


def _mean(curves: list[_Curve]) -> _Curve:
    edges = np.unique(np.concatenate([curve.edges for curve in curves]))
    sums = [np.interp(edges, curve.edges, curve.seconds) for curve in curves]
    return _Curve(edges, np.mean(sums, axis=0))
