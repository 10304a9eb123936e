"""What may leave the mission: the 24 hours of an impact, and how finely a place shows.

A report that is given out must not help anybody to correct fire or to aim. Whatever
may show where fire landed is held back until it is 24 hours old: its number is said,
its place is not. What is shown is never placed finer than its uncertainty or 1 km.

>>> import polars as pl
>>> grid_degrees(pl.DataFrame({"sigma_m": [50.0, 4_000.0, 60_000.0]}))
[0.01, 0.05, 1.0]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from tocsin.model.places import COARSEST_M

__all__ = ["EMBARGO", "coarse", "grid_degrees", "held_back"]

EMBARGO: Final = timedelta(hours=24)
"""Impacts leave the mission this late (design section 1)."""

GRIDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
METRES_PER_DEGREE: Final = 111_320.0
LANDED: Final = ("impact", "airburst")
MARKS_OF_FIRE: Final = ("crater", "damage", "casualty", "airburst")


def held_back(released_at: datetime) -> pl.Expr:
    """Which incidents may show where fire landed less than 24 hours before release.

    An explosion that nobody assessed may have been an impact and is treated as one.
    The age counts from the latest time at which it can have happened.
    """
    unassessed = (pl.col("kind") == "explosion") & ~pl.col("outgoing")
    landed = pl.col("impact") | pl.col("kind").is_in(MARKS_OF_FIRE) | unassessed
    doubt = pl.duration(seconds=2 * pl.col("t_sigma_s").fill_null(0.0))
    young = pl.col("t_end") + doubt > pl.lit(released_at - EMBARGO)
    return (landed.fill_null(False) & young & ~pl.col("period")).alias("held")


def grid_degrees(places: pl.DataFrame) -> list[float]:
    """The grid, in degrees, on which each place may be shown."""
    return places.select(_grid()).to_series().to_list()


def coarse(*, outgoing_floor_m: float) -> list[pl.Expr]:
    """`lon`, `lat` on a grid no finer than their doubt, `sigma_m` no less than 1 km.

    A place without a stated uncertainty is no place: its coordinates become null.
    """
    floor = (
        pl.when(pl.col("outgoing"))
        .then(pl.lit(outgoing_floor_m))
        .otherwise(pl.lit(COARSEST_M))
    )
    known = pl.col("sigma_m").is_not_null()
    grid = _grid()
    return [
        (pl.when(known).then((pl.col(axis) / grid).round() * grid)).alias(axis)
        for axis in ("lon", "lat")
    ] + [
        pl.when(known).then(pl.max_horizontal("sigma_m", floor)).alias("sigma_m"),
        grid.alias("grid_deg"),
    ]


def _grid() -> pl.Expr:
    """The coarsest grid that is still no finer than sigma, and 1 km at the least."""
    wanted = pl.max_horizontal("sigma_m", pl.lit(COARSEST_M)) / METRES_PER_DEGREE
    grid = pl.lit(GRIDS[0])
    for finer, coarser in pairwise(GRIDS):
        grid = pl.when(wanted > finer).then(pl.lit(coarser)).otherwise(grid)
    return grid
