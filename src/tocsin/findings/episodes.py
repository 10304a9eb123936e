"""Verdict rows, one for each change, put together into what one can read.

In: VERDICTS, each row holding from its instant to the next of its key (clause, party,
sector, subject). Out: one row for each finding-to-be:

- *breached* and *excused* within a day: one row for each day, with all its acts (the
  daily report needs the day's own number); one row for each longer episode;
- *pending*: one row for each day, with the first instant that falls due; one row for
  each due instant more than two days away;
- *met* and *undetermined*: one row for each run of days of one sort (all met, all
  undetermined, some of each); days with a breach say only the breach;
- acts of nobody known: one undetermined row without party for each day.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pyarrow as pa

__all__ = ["KEY", "put_together"]

KEY = ("clause", "party", "sector", "subject")
DAY = "1d"
ACTS = ("breached", "excused")
STATES = ("met", "undetermined")


def put_together(verdicts: pa.Table, until: datetime) -> pl.DataFrame:
    """One row for each finding-to-be, in order of clause and time.

    Columns: the key, verdict, start, end (null: still holds), ``row`` (numbers of the
    verdict rows), p_breached, ever, due, held_s (how long the verdict held in all).
    """
    rows = _runs(pl.DataFrame(verdicts).with_row_index("row"), until)
    named = rows.filter(
        pl.col("party").is_not_null() | (pl.col("verdict") != "undetermined")
    )
    nobody = rows.filter(
        pl.col("party").is_null() & (pl.col("verdict") == "undetermined")
    )
    short = pl.col("end").dt.truncate(DAY) == pl.col("start").dt.truncate(DAY)
    acts = named.filter(pl.col("verdict").is_in(ACTS) & short)
    pending = named.filter(pl.col("verdict") == "pending")
    soon = (pl.col("end") - pl.col("start")) <= pl.duration(days=2)
    lasting = named.filter(pl.col("verdict").is_in(ACTS) & ~short)
    states = named.filter(pl.col("verdict").is_in(STATES))
    whole = [
        _of_days(acts),
        _of_days(pending.filter(soon)),
        _lasting(pending.filter(~soon)),
        _of_days(nobody.with_columns(end="start")),
        _lasting(lasting),
        _states(states, acts),
    ]
    made = pl.concat(whole, how="diagonal_relaxed")
    ended = pl.when(pl.col("end") < until).then("end")
    return made.with_columns(end=ended).sort("order", "start", "verdict", *KEY[1:])


def _runs(rows: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """The rows with the instant at which each ceases to hold and its clause's order."""
    order = rows.group_by("clause", maintain_order=True).agg(order=pl.col("row").min())
    ends = pl.col("t").shift(-1).over(KEY, order_by=["t", "row"])
    said = pl.col("possible").fill_null(value=True) | pl.col("p_met").is_not_null()
    held = rows.with_columns(
        start="t", end=pl.min_horizontal(ends.fill_null(until), pl.lit(until))
    )
    held = held.filter(said & (pl.col("t") < until))
    return held.with_columns(end=pl.max_horizontal("start", "end")).join(
        order, on="clause"
    )


def _summed() -> list[pl.Expr]:
    return [
        pl.col("order").first(),
        pl.col("start").min(),
        pl.col("end").max(),
        pl.col("row"),
        pl.col("p_breached").first(),
        pl.col("probability_ever").max().alias("ever"),
        pl.col("due").min(),
        pl.col("known_at").max(),
        pl.col("origin").first(),
        (pl.col("end") - pl.col("start")).sum().dt.total_seconds().alias("held_s"),
    ]


def _of_days(acts: pl.DataFrame) -> pl.DataFrame:
    by_day = acts.with_columns(day=pl.col("start").dt.truncate(DAY)).sort("start")
    return by_day.group_by(*KEY, "verdict", "day", maintain_order=True).agg(_summed())


def _lasting(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one verdict and due instant that follow each other are one."""
    ordered = rows.sort(*KEY, "start")
    breaks = (pl.col("start") != pl.col("end").shift(1)).over(KEY)
    breaks |= (pl.col("verdict") != pl.col("verdict").shift(1)).over(KEY)
    breaks |= pl.col("due").ne_missing(pl.col("due").shift(1)).over(KEY)
    run = breaks.fill_null(value=True).cum_sum().alias("run")
    return (
        ordered.with_columns(run)
        .group_by(*KEY, "verdict", "run", maintain_order=True)
        .agg(_summed())
    )


def _states(states: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Runs of days that are all met, all undetermined, or some of each."""
    days = _by_day(states)
    broken = acts.select(*KEY, day=pl.col("start").dt.truncate(DAY)).unique()
    days = days.join(broken, on=[*KEY, "day"], how="anti", nulls_equal=True)
    sorts = days.group_by(*KEY, "day").agg(
        sort=pl.col("verdict").unique().sort().str.join("+")
    )
    sorts = sorts.sort(*KEY, "day")
    new = (pl.col("sort") != pl.col("sort").shift(1)).over(KEY).fill_null(value=True)
    new |= (
        (pl.col("day") - pl.col("day").shift(1) != pl.duration(days=1))
        .over(KEY)
        .fill_null(value=True)
    )
    sorts = sorts.with_columns(run=new.cum_sum())
    return (
        days.join(sorts, on=[*KEY, "day"], nulls_equal=True)
        .sort("start")
        .group_by(*KEY, "verdict", "run", maintain_order=True)
        .agg(_summed())
        .with_columns(pl.col("row").list.unique())
    )


def _by_day(states: pl.DataFrame) -> pl.DataFrame:
    """The rows cut at midnight."""
    last = pl.max_horizontal("start", pl.col("end") - pl.duration(microseconds=1))
    cut = states.with_columns(
        day=pl.datetime_ranges(
            pl.col("start").dt.truncate(DAY), last.dt.truncate(DAY), DAY
        )
    ).explode("day")
    next_day = pl.col("day") + pl.duration(days=1)
    return cut.with_columns(
        start=pl.max_horizontal("start", "day"), end=pl.min_horizontal("end", next_day)
    )
