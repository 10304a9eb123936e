"""Who could have seen what, where and when: without it silence says nothing.

In go the observations, the watch logs that were declared, the sources' descriptions and
the areas and time asked about; out comes one COVERAGE table from three kinds of
evidence:

a. **Watch logs** (sources that give coverage), as declared.
b. **Descriptions**: a source that watches all days from ``first`` to ``last`` but the
   ``missing`` ones, with the share it states; or, where each row says what period it
   covers (``per_row``), those periods. A share that nobody states stays null.
c. **What blinds us**: jamming, a shot camera, a denied road. Over such a time the watch
   of the same source in that sector (of the same owner, where the source keeps no log)
   counts as 0, with the reason, unless the watch log already gives a reason itself.
   Where nobody can say in which sector it was, no sector's watch is cut.

A day without any reading has no row: no data, which is not the same as calm. What two
rows say of the same time is never added up; :func:`watched` takes the larger share.

>>> noon = datetime(2025, 3, 3, 12, tzinfo=UTC)
>>> def log(t_start, hours, share):
...     return {
...         "sector": "Alvenor",
...         "t_start": t_start,
...         "share": share,
...         "t_end": t_start + timedelta(hours=hours),
...     }
>>> table = pa.Table.from_pylist([log(noon, 6, 0.5), log(noon, 3, 0.4)], COVERAGE)
>>> watched(table, sector="Alvenor", start=noon, end=noon + timedelta(hours=12))
Watched(hours=3.0, hours_stated=6.0, hours_unstated=0.0, share=0.25)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from shapely import Point

from tocsin.model import (
    COVERAGE,
    Areas,
    SourceDescription,
    conform,
    start_of_day,
)

__all__ = ["BLINDING", "Watched", "cover", "watched"]

BLINDING: Final[dict[str, str]] = {
    "jamming": "jammed",
    "gps_interference": "satellite navigation disturbed",
    "camera_damage": "camera damaged",
    "uav_fire": "fire at an unmanned aircraft of the mission",
    "denial": "access denied",
    "conditional_access": "access under conditions",
    "delay": "delayed",
    "crossing_blocked": "crossing blocked",
    "mine_or_uxo": "mines",
    "weapons_fire_near_patrol": "fire near a patrol",
    "threat_or_violence": "threat or violence",
    "detention": "monitors detained",
}
"""Restrictions that blind a watch, and how coverage names them."""

_TIMES: Final = pl.Datetime("us", "UTC")
_Floats = npt.NDArray[np.float64]


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a time was watched.

    Attributes:
        hours: hours watched, each weighted with the share that was in view.
        hours_stated: hours for which somebody states a share, 0 included.
        hours_unstated: hours for which somebody reports, but states no share.
        share: of the whole time, 0 to 1; hours without any report count as 0.
    """

    hours: float
    hours_stated: float
    hours_unstated: float
    share: float


def cover(
    observations: pa.Table,
    *,
    declared: pa.Table,
    sources: Sequence[SourceDescription],
    areas: Areas,
    start: datetime,
    until: datetime,
) -> pa.Table:
    """COVERAGE of these sectors from ``start`` to ``until``, ordered.

    Args:
        observations: OBSERVATIONS of all sources.
        declared: COVERAGE of all watch logs; empty where there is none.
        sources: descriptions of all sources read.
        areas: of the agreement; their sectors are those that a description covers.
    """
    seen = pl.DataFrame(pl.from_arrow(observations))
    logs = pl.DataFrame(pl.from_arrow(conform(declared, COVERAGE, what="coverage")))
    sectors = [area.name for area in areas.of_kind("sector")]
    stated = [_described(source, seen, sectors) for source in sources]
    watch = pl.concat([logs, *stated], how="diagonal_relaxed")
    blinded = _blinded(seen, areas)
    parts = _without(watch, blinded, sources)
    both = pl.concat([parts, blinded], how="diagonal_relaxed")
    inside = _clipped(both, start, until)
    ordered = inside.sort("sector", "kind", "t_start", "t_end", "source_id", "why")
    return conform(ordered.to_arrow(), COVERAGE, what="coverage")


def watched(
    coverage: pa.Table,
    *,
    sector: str | None,
    start: datetime,
    end: datetime,
    kind: str | None = None,
) -> Watched:
    """How much of the time from ``start`` to ``end`` was watched: a union, never a sum.

    Args:
        sector: rows for this sector and for everywhere count; None: all rows.
        kind: rows for this act or kind and for any count; None: all rows.
    """
    rows = pl.DataFrame(pl.from_arrow(coverage))
    for name, wanted in (("sector", sector), ("kind", kind)):
        if wanted is not None:
            fits = pl.col(name).is_null() | (pl.col(name) == wanted)
            rows = rows.filter(fits)
    rows = rows.filter((pl.col("t_end") > start) & (pl.col("t_start") < end))
    begins = _seconds(rows["t_start"].clip(start, end))
    ends = _seconds(rows["t_end"].clip(start, end))
    shares = rows["share"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    whole = (end - start).total_seconds()
    return _sweep(begins, ends, shares, whole)


def _sweep(begins: _Floats, ends: _Floats, shares: _Floats, whole: float) -> Watched:
    edges = np.unique(np.concatenate([begins, ends]))
    best = np.full(max(len(edges) - 1, 0), -1.0)  # -1: nobody; NaN: share not stated
    first, last = np.searchsorted(edges, begins), np.searchsorted(edges, ends)
    for i, j, share in zip(first, last, shares, strict=True):
        here = best[i:j]
        here[here == -1.0] = np.nan
        best[i:j] = np.fmax(here, min(share, 1.0))
    lasts, unstated = np.diff(edges) / 3600, np.isnan(best)
    stated = ~unstated & (best >= 0)
    weighted = float((lasts * best)[stated].sum())
    return Watched(
        hours=weighted,
        hours_stated=float(lasts[stated].sum()),
        hours_unstated=float(lasts[unstated].sum()),
        share=weighted * 3600 / whole if whole > 0 else 0.0,
    )


def _seconds(times: pl.Series) -> _Floats:
    return times.dt.epoch("us").to_numpy().astype(np.float64) / 1e6


# --- what descriptions say


def _described(
    source: SourceDescription, seen: pl.DataFrame, sectors: Sequence[str]
) -> pl.DataFrame:
    """What the source could have seen, by its description; nothing for watch logs."""
    if source.gives != "observations" or not seen.height:
        return _frame([])
    if source.coverage.per_row:
        return _periods(source, seen.filter(pl.col("source_id") == source.id))
    if source.coverage.share is None or source.coverage.first is None:
        return _frame([])  # it says neither how much it sees nor from when
    return _frame(
        [
            {
                "sector": sector,
                "t_start": begin,
                "t_end": end,
                "share": source.coverage.share,
                "source_id": source.id,
                "origin": str(source.origin),
                "why": f"as {source.publisher} states for {source.coverage.area}",
            }
            for begin, end in _days(source)
            for sector in sectors
        ]
    )


def _days(source: SourceDescription) -> Iterator[tuple[datetime, datetime]]:
    """The times from the first to the last day, without the missing ones."""
    covered = source.coverage
    assert covered.first is not None
    end = (
        datetime.max.replace(tzinfo=UTC)
        if covered.last is None
        else _after(covered.last)
    )
    begin = start_of_day(covered.first)
    for first, last in sorted(covered.missing):
        if start_of_day(first) > begin:
            yield begin, min(start_of_day(first), end)
        begin = max(begin, _after(last))
    if begin < end:
        yield begin, end


def _after(day: Any) -> datetime:
    return start_of_day(day) + timedelta(days=1)


def _periods(source: SourceDescription, rows: pl.DataFrame) -> pl.DataFrame:
    """The periods and sectors that the rows themselves say they cover."""
    share = pl.lit(source.coverage.share, dtype=pl.Float64)
    stated = "stated by the source" if source.coverage.share else "share not stated"
    counts = rows.filter(
        pl.col("nature") == "period_count", pl.col("t_end") > pl.col("t_start")
    )
    return counts.select(
        "sector",
        "t_start",
        "t_end",
        share=share,
        known_at=pl.col("received_at"),
        source_id=pl.col("source_id"),
        origin=pl.col("origin"),
        why=pl.lit(f"period of a report by {source.publisher}; {stated}"),
    )


# --- what blinds us


def _blinded(seen: pl.DataFrame, areas: Areas) -> pl.DataFrame:
    """Times during which a watch in a sector was blind, with the reason."""
    if not seen.height:
        return _frame([])
    kind = pl.when(pl.col("kind") == "jamming").then(pl.lit("jamming"))
    restriction = pl.when(pl.col("kind") == "restriction").then(pl.col("restriction"))
    reason = pl.coalesce(kind, restriction).replace_strict(BLINDING, default=None)
    found = seen.with_columns(why=reason).filter(
        pl.col("why").is_not_null(),
        pl.col("nature") == "event",
        pl.col("t_end") > pl.col("t_start"),
    )
    sector = [_sector(row, areas) for row in found.to_dicts()]
    placed = found.with_columns(
        sector=pl.Series(sector, dtype=pl.String),
        kind=pl.lit(None, dtype=pl.String),
        share=pl.lit(0.0),
        known_at=pl.col("received_at"),
    )
    return placed.filter(pl.col("sector").is_not_null()).select(COVERAGE.names)


def _sector(row: dict[str, Any], areas: Areas) -> str | None:
    """The sector that the row names, else the one in which its place lies."""
    for name in (row["sector"], row["place_name"]):
        area = areas.named(name) if name else None
        if area is not None and area.kind == "sector":
            return area.name
    if row["lon"] is not None:
        for area in areas.of_kind("sector"):
            if area.geometry is not None and area.geometry.covers(
                Point(row["lon"], row["lat"])
            ):
                return area.name
    return str(row["sector"]) if row["sector"] else None


def _without(
    watch: pl.DataFrame, blinded: pl.DataFrame, sources: Sequence[SourceDescription]
) -> pl.DataFrame:
    """The watch, cut where it was blind."""
    if not blinded.height or not watch.height:
        return watch
    owners = {source.id: source.owner for source in sources}
    logged = watch["source_id"].drop_nulls().unique().to_list()
    same = pl.col("source_id") == pl.col("source_id_blind")
    owner = pl.col("source_id").replace(owners)
    of_owner = owner == pl.col("source_id_blind").replace(owners)
    rows = watch.with_row_index("row")
    pairs = (
        rows.filter(pl.col("why").is_null())
        .join(blinded, on="sector", suffix="_blind")
        .filter(
            same | (of_owner & ~pl.col("source_id_blind").is_in(logged)),
            pl.col("t_start_blind") < pl.col("t_end"),
            pl.col("t_end_blind") > pl.col("t_start"),
        )
    )
    pieces = [
        piece
        for group in pairs.partition_by("row", maintain_order=True)
        for piece in _pieces(group.sort("t_start_blind").to_dicts())
    ]
    whole = rows.join(pairs, on="row", how="anti").drop("row")
    return pl.concat([whole, _frame(pieces)], how="diagonal_relaxed")


def _pieces(cuts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row of the watch, without the times in which it was blind."""
    row = {name: cuts[0][name] for name in COVERAGE.names}
    begin = row["t_start"]
    for cut in cuts:
        if cut["t_start_blind"] > begin:
            yield {**row, "t_start": begin, "t_end": cut["t_start_blind"]}
        begin = max(begin, cut["t_end_blind"])
    if begin < row["t_end"]:
        yield {**row, "t_start": begin}


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {
        "t_start": _TIMES,
        "t_end": _TIMES,
        "known_at": _TIMES,
        "share": pl.Float64,
    }
    schema: dict[str, Any] = {
        name: types.get(name, pl.String) for name in COVERAGE.names
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _clipped(watch: pl.DataFrame, start: datetime, until: datetime) -> pl.DataFrame:
    inside = watch.filter((pl.col("t_end") > start) & (pl.col("t_start") < until))
    return inside.with_columns(pl.col("t_start", "t_end").clip(start, until))
