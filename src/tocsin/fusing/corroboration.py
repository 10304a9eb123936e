"""Whether two independent records agree more than chance would have it.

In: the events of one record (place, day) and the sightings of another. Out: for each
area and season the share of events with a sighting near, the share that chance gives,
and the excess with its standard error. Chance is taken from baseline years in which the
first record cannot have caused the second: the same places on the same days of those
years. A count alone proves nothing: fields burn every summer, with or without a war.

>>> from datetime import date
>>> day = date(2014, 7, 5)
>>> one = pl.DataFrame({"area": ["East"], "day": [day], "lon": [38.0], "lat": [48.0]})
>>> seen = pl.DataFrame({"day": [day], "lon": [38.001], "lat": [48.0]})
>>> excess(one, seen, baseline=(2012, 2013)).select("share", "chance").row(0)
(1.0, 0.0)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

__all__ = ["Agreement", "excess"]

Flags = npt.NDArray[np.bool_]
METRES_PER_DEGREE = 111_195.08
SEASONS = ("winter", "spring", "summer", "autumn")
Agreement = pl.DataFrame
"""Columns area, season, events, share, chance, excess, error."""


def excess(
    events: pl.DataFrame,
    sightings: pl.DataFrame,
    *,
    baseline: Sequence[int],
    within_m: float = 2_000.0,
    within_days: int = 0,
) -> Agreement:
    """The agreement of two records over chance, by area and season and in all.

    Args:
        events: columns area, day, lon, lat.
        sightings: columns day, lon, lat; those of the baseline years among them.
        baseline: years that say what chance is.
        within_m: how near a sighting must be.
        within_days: how many days off it may be.
    """
    hit = _met(events, sightings, within_m, within_days)
    chance = np.mean(
        [
            _met(_moved(events, year), sightings, within_m, within_days)
            for year in baseline
        ],
        axis=0,
    )
    rows = events.select(
        "area",
        season=pl.lit(pl.Series(SEASONS)).gather(pl.col("day").dt.month() % 12 // 3),
    ).with_columns(hit=pl.Series(hit).cast(pl.Float64), by_chance=pl.Series(chance))
    whole = rows.with_columns(area=pl.lit("all"), season=pl.lit("all"))
    measured = _measured(pl.concat([whole, rows]), len(baseline))
    return measured.sort(pl.col("area") != "all", "area", "season")


def _moved(events: pl.DataFrame, year: int) -> pl.DataFrame:
    """The same places on the same days of another year; 29 February is the 28th."""
    day = pl.col("day")
    leap = (day.dt.month() == 2) & (day.dt.day() == 29)  # noqa: PLR2004
    to = pl.date(year, day.dt.month(), pl.when(leap).then(28).otherwise(day.dt.day()))
    return events.with_columns(day=to)


def _met(
    events: pl.DataFrame, sightings: pl.DataFrame, within_m: float, within_days: int
) -> Flags:
    """Which events have a sighting near in place and day."""
    if events.is_empty() or sightings.is_empty():
        return np.zeros(events.height, dtype=bool)
    middle = np.cos(np.radians(events["lat"].to_numpy().mean()))
    reach = within_days + 0.5
    ours, theirs = (_space(t, middle, within_m, reach) for t in (events, sightings))
    return np.asarray(
        cKDTree(theirs).query_ball_point(ours, 1.0, p=np.inf, return_length=True) > 0
    )


def _space(
    table: pl.DataFrame, middle: float, within_m: float, reach: float
) -> npt.NDArray[np.float64]:
    """East, north and day, each in units of its reach: a box, not a ball."""
    days = table["day"].cast(pl.Date).cast(pl.Int32).to_numpy()
    metres = METRES_PER_DEGREE / within_m
    return np.column_stack([
        table["lon"].to_numpy() * metres * middle,
        table["lat"].to_numpy() * metres,
        days / reach,
    ])  # fmt: skip


def _measured(rows: pl.DataFrame, years: int) -> Agreement:
    """Shares and their difference; errors of two independent binomials."""
    n = pl.len()
    share, chance = pl.col("hit").mean(), pl.col("by_chance").mean()
    spread = share * (1 - share) / n + chance * (1 - chance) / (n * years)
    return rows.group_by("area", "season").agg(
        events=n, share=share, chance=chance, excess=share - chance, error=spread.sqrt()
    )
