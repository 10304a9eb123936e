r"""Who could have seen: the share of each sector that was watched, minute by minute.

In comes COVERAGE; out go a grid of minutes for one day and the list of days without any
reading of a source. Where several watched at once, the largest stated share holds: they
may have looked at the same ground. A share that nobody stated stays not stated.

>>> import pyarrow as pa
>>> from datetime import UTC, datetime
>>> from tocsin.model import COVERAGE, conform
>>> rows = pa.table(
...     {
...         "sector": ["East"],
...         "share": [0.5],
...         "t_start": [datetime(2025, 3, 3, tzinfo=UTC)],
...         "t_end": [datetime(2025, 3, 3, 12, tzinfo=UTC)],
...     }
... )
>>> rows = conform(rows, COVERAGE, what="coverage")
>>> grid = watched(rows, ("East", "West"), datetime(2025, 3, 3, tzinfo=UTC))
>>> grid.of("East").words()
'25\xa0% watched'
>>> grid.of("West").words()
'nobody on record as watching'
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.model import SourceDescription
from tocsin.report.wording import percent

__all__ = ["Readings", "Share", "Watch", "readings", "watched"]

MINUTES: Final = 1440
HOURS: Final = 24
EPOCH: Final = date(1970, 1, 1)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a time and place was watched.

    Attributes:
        stated: share that somebody is on record as watching, at the least.
        unstated: share of the time in which somebody watched, but how much is not said.
        somebody: False where nobody is on record as watching at all.
    """

    stated: float
    unstated: float
    somebody: bool

    @property
    def figure(self) -> float | None:
        """The share, or None where any part of it is not stated."""
        return None if self.unstated > 0 else self.stated

    def words(self) -> str:
        """'61 % watched', 'at least 41 % watched', or what is not known about it."""
        if not self.somebody:
            return "nobody on record as watching"
        if self.unstated == 0:
            return f"{percent(self.stated)} watched"
        if self.stated == 0:
            return "share watched not stated"
        return f"at least {percent(self.stated)} watched"

    def figure_words(self) -> str:
        """The same, as short as a cell of a table: '61 %', '≥ 41 %', 'not stated'."""
        if not self.somebody:
            return "nobody"
        if self.unstated == 0:
            return percent(self.stated)
        return "not stated" if self.stated == 0 else f"≥ {percent(self.stated)}"


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One day, sector by sector and minute by minute.

    Attributes:
        share: largest stated share, (n_sectors, 1440).
        unstated: somebody watched and no share is stated, (n_sectors, 1440).
        recorded: the record says anything at all, (n_sectors, 1440).
    """

    sectors: tuple[str, ...]
    share: NDArray[np.float64]
    unstated: NDArray[np.bool_]
    recorded: NDArray[np.bool_]

    def of(self, sector: str) -> Share:
        """The share of one sector over the day."""
        at = self.sectors.index(sector)
        return _share(self.share[at], self.unstated[at], self.recorded[at])

    def all(self) -> Share:
        """The mean over all sectors and the day; sectors weigh alike."""
        return _share(self.share, self.unstated, self.recorded)

    def hours(self, sector: str) -> tuple[Share, ...]:
        """The share of one sector, hour by hour."""
        at = self.sectors.index(sector)
        layers = (self.share[at], self.unstated[at], self.recorded[at])
        by_hour = (layer.reshape(HOURS, -1) for layer in layers)
        return tuple(_share(*hour) for hour in zip(*by_hour, strict=True))


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """On which days a source has readings.

    Attributes:
        days: how many days have one.
        gaps: first and last day of each run of days without a reading in between.
    """

    source_id: str
    first: date
    last: date
    days: int
    gaps: tuple[tuple[date, date], ...]

    def covers(self, day: date) -> bool:
        """Whether there is a reading for this day."""
        within = self.first <= day <= self.last
        return within and not any(a <= day <= b for a, b in self.gaps)


def watched(coverage: pa.Table, sectors: tuple[str, ...], start: datetime) -> Watch:
    """The day that begins at `start`, for these sectors.

    Rows without a sector hold for every sector; rows for other sectors are left out.
    """
    share = np.zeros((len(sectors), MINUTES))
    unstated = np.zeros((len(sectors), MINUTES), dtype=np.bool_)
    recorded = unstated.copy()
    named = {name: slice(at, at + 1) for at, name in enumerate(sectors)}
    for row in _rows_of_day(coverage, start):
        where = slice(None) if row["sector"] is None else named.get(row["sector"])
        if where is None:
            continue
        when = slice(max(0, row["first"]), min(MINUTES, row["last"]))
        recorded[where, when] = True
        if row["share"] is None:
            unstated[where, when] = True
        else:
            np.maximum(share[where, when], row["share"], out=share[where, when])
    return Watch(
        sectors=sectors,
        share=share,
        unstated=unstated & (share == 0),
        recorded=recorded,
    )


def readings(
    coverage: pa.Table, sources: tuple[SourceDescription, ...]
) -> tuple[Readings, ...]:
    """For each source, the days on which the record holds a reading of it, in order."""
    known = {source.id: source for source in sources}
    found = []
    for source_id in sorted(pc.unique(coverage["source_id"]).drop_null().to_pylist()):
        rows = coverage.filter(pc.equal(coverage["source_id"], source_id))
        days = _days(rows) - _said_missing(known.get(source_id))
        if days:
            found.append(_readings(source_id, sorted(days)))
    return tuple(found)


def _rows_of_day(coverage: pa.Table, start: datetime) -> list[dict[str, Any]]:
    """Rows that touch the day, with their first and last minute, in a fixed order."""
    end = start + timedelta(days=1)
    touches = pc.and_(
        pc.less(coverage["t_start"], pa.scalar(end)),
        pc.greater(coverage["t_end"], pa.scalar(start)),
    )
    rows = coverage.filter(touches).select(["sector", "t_start", "t_end", "share"])
    since = pl.lit(start)
    frame: pl.DataFrame = pl.DataFrame(pl.from_arrow(rows))
    return frame.select(
        "sector",
        "share",
        (pl.col("t_start") - since).dt.total_minutes().alias("first"),
        (pl.col("t_end") - since).dt.total_minutes().alias("last"),
    ).to_dicts()


def _share(
    share: NDArray[np.float64],
    unstated: NDArray[np.bool_],
    recorded: NDArray[np.bool_],
) -> Share:
    if share.size == 0:
        return Share(stated=0.0, unstated=0.0, somebody=False)
    return Share(
        stated=round(float(share.mean()), 6),
        unstated=float(unstated.mean()),
        somebody=bool(recorded.any()),
    )


def _days(rows: pa.Table) -> set[int]:
    """Days since 1970 that any row touches; an end at midnight is before it."""
    frame = pl.DataFrame(pl.from_arrow(rows.select(["t_start", "t_end"])))
    touched = frame.select(
        pl.col("t_start").dt.epoch("d").alias("first"),
        pl.max_horizontal("t_start", pl.col("t_end") - pl.duration(microseconds=1))
        .dt.epoch("d")
        .alias("last"),
    ).unique()
    return {
        day for first, last in touched.iter_rows() for day in range(first, last + 1)
    }


def _said_missing(source: SourceDescription | None) -> set[int]:
    """Days that the source's description itself says are missing."""
    gaps = () if source is None else source.coverage.missing
    return {
        day
        for first, last in gaps
        for day in range((first - EPOCH).days, (last - EPOCH).days + 1)
    }


def _readings(source_id: str, days: list[int]) -> Readings:
    gaps = [
        (_date(before + 1), _date(after - 1))
        for before, after in pairwise(days)
        if after - before > 1
    ]
    return Readings(
        source_id=source_id,
        first=_date(days[0]),
        last=_date(days[-1]),
        days=len(days),
        gaps=tuple(gaps),
    )


def _date(days: int) -> date:
    return datetime.fromtimestamp(days * 86_400, tz=UTC).date()
