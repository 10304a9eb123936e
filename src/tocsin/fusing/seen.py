"""Who could have seen what, by sector, kind of watch and day; and what nobody could.

In: the COVERAGE, observations and incidents that a run left. Out: one row for each
sector, watch (a source) and day: hours watched (each weighted with the share that was
in view), hours reported without a share, hours that it was blind and why; then for each
sector and day the union of all watches, the incidents begun there, and their number for
each hour watched. Where nothing was watched there is no rate: nothing is divided by
nothing, and a day without incidents is not said to be calm.

A watch that went blind is itself evidence: each spell for which no report of a
restriction or of jamming accounts is listed, so that somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from tocsin.evidence import watched
from tocsin.fusing.unseen import by_kind, mapped, shapes_of
from tocsin.model import FACTS, conform, encode, instant, utc_text
from tocsin.store import FolderStore, write_durably

__all__ = ["by_day", "by_watch", "coverage_of", "drawn", "unexplained"]

DAY = timedelta(days=1)
GOES_ON = timedelta(days=3)
"""A camera that was shot, or a sector that is closed, may stay so for days."""
BLINDING = ("restrict", "jam")
"""Acts that leave a watch blind."""


def coverage_of(folder: Path, out: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables of a run; written with the map to ``out``.

    Raises:
        WrongUse: the folder holds no run.
    """
    view = FolderStore(folder).view()
    summary = view.summary()
    start, until = instant(summary["start"]), instant(summary["until"])
    coverage, facts = view.table("coverage"), view.table("facts")
    watches = by_watch(coverage, start=start, until=until)
    days = by_day(coverage, facts, start=start, until=until)
    picture = drawn(days, title=f"{summary['origin'].upper()}: share watched")
    kinds = by_kind(coverage, start=start, until=until)
    shapes = shapes_of(view.records("agreement", dict)[0]["areas"])
    where = mapped(
        kinds, shapes, title=f"{summary['origin'].upper()}: what was watched"
    )
    rows = {
        "watches": watches.to_dicts(),
        "days": days.to_dicts(),
        "kinds": kinds.to_dicts(),
        "unexplained": unexplained(watches, facts).to_dicts(),
    }
    write_durably(out / "coverage.svg", picture.encode())
    write_durably(out / "map.svg", where.encode())
    write_durably(out / "coverage.json", encode(_plain(rows)))
    return watches, days


def _plain(rows: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return {
        name: [
            {k: utc_text(v) if isinstance(v, datetime) else v for k, v in row.items()}
            for row in table
        ]
        for name, table in rows.items()
    }


def by_watch(coverage: pa.Table, *, start: datetime, until: datetime) -> pl.DataFrame:
    """For each sector, kind, source and day: hours watched, not stated, and blind."""
    rows = pl.DataFrame(pl.from_arrow(coverage))
    found = []
    for keys, some in rows.group_by("sector", "kind", "source_id", maintain_order=True):
        table = some.to_arrow()
        for day in _days(start, until):
            hours = _hours(table, day, min(day + DAY, until))
            if hours is not None:
                names = dict(zip(("sector", "kind", "source_id"), keys, strict=True))
                found.append({**names, "day": day, **hours})
    types: dict[str, Any] = {
        "sector": pl.String, "kind": pl.String, "source_id": pl.String,
        "day": pl.Datetime("us", "UTC"), "hours": pl.Float64,
        "hours_unstated": pl.Float64, "hours_blind": pl.Float64, "why": pl.String,
    }  # fmt: skip
    return pl.DataFrame(found, schema=types).sort("sector", "source_id", "day", "kind")


def unexplained(watches: pl.DataFrame, facts: pa.Table) -> pl.DataFrame:
    """Watch days on which a watch was blind and no act in its sector says why.

    An act of the day, or of the days before from which it may go on, explains it.
    """
    acts = pl.DataFrame(pl.from_arrow(conform(facts, FACTS, what="facts")))
    told = acts.filter(pl.col("kind").is_in(BLINDING)).select(
        "sector", since=pl.col("t").dt.truncate("1d")
    )
    blind = watches.filter(pl.col("hours_blind") > 0)
    known = (
        blind.join(told, on="sector")
        .filter(
            (pl.col("since") <= pl.col("day"))
            & (pl.col("since") >= pl.col("day") - GOES_ON)
        )
        .select(blind.columns)
        .unique()
    )
    return blind.join(
        known, on=blind.columns, how="anti", nulls_equal=True, maintain_order="left"
    )


def _hours(table: pa.Table, day: datetime, end: datetime) -> dict[str, object] | None:
    """Hours of one watch on one day; None where it says nothing of it."""
    rows = pl.DataFrame(pl.from_arrow(table))
    rows = rows.filter((pl.col("t_end") > day) & (pl.col("t_start") < end))
    if rows.is_empty():
        return None
    blind = rows.filter(pl.col("share") == 0)
    seen = watched(rows.to_arrow(), sector=None, start=day, end=end)
    dark = watched(
        blind.with_columns(share=pl.lit(1.0)).to_arrow(),
        sector=None, start=day, end=end,
    ).hours  # fmt: skip
    why = ", ".join(blind["why"].drop_nulls().unique().sort())
    return {
        "hours": seen.hours,
        "hours_unstated": seen.hours_unstated,
        "hours_blind": dark,
        "why": why or None,
    }


def by_day(
    coverage: pa.Table, facts: pa.Table, *, start: datetime, until: datetime
) -> pl.DataFrame:
    """For each sector and day: share watched, incidents, their rate an hour watched.

    An incident is counted once, however many facts it makes.
    """
    acts = pl.DataFrame(pl.from_arrow(conform(facts, FACTS, what="facts")))
    incident = pl.coalesce("root", "choice")  # one incident may make several facts
    acts = acts.filter(pl.col("choice").is_not_null()).with_columns(incident=incident)
    acts = acts.unique(["incident", "sector"])
    counts = acts.group_by("sector", day=pl.col("t").dt.truncate("1d")).len("incidents")
    n = {(s, d): k for s, d, k in counts.iter_rows()}
    sectors = pl.Series(coverage["sector"]).drop_nulls().unique().sort().to_list()
    found = []
    for sector in sectors:
        for day in _days(start, until):
            end = min(day + DAY, until)
            seen = watched(coverage, sector=sector, start=day, end=end)
            incidents = n.get((sector, day), 0)
            stated = seen.hours_stated > 0
            found.append({
                "sector": sector, "day": day, "hours": seen.hours,
                "share": seen.share if stated else None, "incidents": incidents,
                "per_hour": incidents / seen.hours if seen.hours > 0 else None,
            })  # fmt: skip
    types: dict[str, Any] = {
        "sector": pl.String, "day": pl.Datetime("us", "UTC"), "hours": pl.Float64,
        "share": pl.Float64, "incidents": pl.Int64, "per_hour": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(found, schema=types)


def _days(start: datetime, until: datetime) -> Iterator[datetime]:
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        yield max(day, start)
        day += DAY


CELL, LEFT, TOP = 22, 150, 70


def drawn(days: pl.DataFrame, *, title: str) -> str:
    """Sectors down, days across, the darker the less was watched, SVG.

    A hatched cell is one of which nobody says how much was watched.
    """
    sectors = days["sector"].unique(maintain_order=True).to_list()
    dates = days["day"].unique(maintain_order=True).sort().to_list()
    cells = [
        _cell(row, LEFT + CELL * dates.index(row["day"]), TOP + CELL * y)
        for y, sector in enumerate(sectors)
        for row in days.filter(pl.col("sector") == sector).to_dicts()
    ]
    names = [
        f'<text x="{LEFT - 8}" y="{TOP + CELL * y + 15}" text-anchor="end">'
        f"{escape(name)}</text>"
        for y, name in enumerate(sectors)
    ]
    width, height = LEFT + CELL * len(dates) + 20, TOP + CELL * len(sectors) + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' font-family="sans-serif" font-size="11" role="img"'
        f' aria-label="{escape(title)}"><defs><pattern id="unsaid" width="5" height="5"'
        ' patternUnits="userSpaceOnUse"><path d="M0 5L5 0" stroke="#888"/></pattern>'
        f'</defs><rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="12" y="22" font-size="14">{escape(title)}</text>{_dates(dates)}'
        f"{''.join(names + cells)}"
        f'<text x="12" y="{height - 12}">Dark: nobody could see. Hatched: nobody says'
        " how much was in view.</text></svg>"
    )


def _dates(dates: Sequence[datetime]) -> str:
    return "".join(
        f'<text x="{LEFT + CELL * x + 4}" y="{TOP - 6}" transform="rotate(-55'
        f' {LEFT + CELL * x + 4} {TOP - 6})">{date:%d %b}</text>'
        for x, date in enumerate(dates)
    )


def _cell(row: dict[str, object], x: int, y: int) -> str:
    share = row["share"]
    fill, said = "url(#unsaid)", "nobody says how much was in view"
    if isinstance(share, float):
        light = round(25 + 225 * min(share, 1.0))
        fill, said = f"rgb({light},{light},{light})", f"{share:.0%} watched"
    told = f"{row['sector']}: {said}, {row['incidents']} incidents"
    return (
        f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="{fill}"'
        f' stroke="#666"><title>{escape(told)}</title></rect>'
    )
