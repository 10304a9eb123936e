"""Outgoing fire is never placed finer than 1 km (design, "What Tocsin refuses").

Whatever a source says of the place of a firer is made coarse here, before anything
else sees it: a point is moved to a grid of 0.01 degree (about 1.1 km) and its error
raised to 1 km; a sector keeps whole kilometres of its range and no bearing finer than
its own width, and is nowhere thinner than 1 km; what else the source says of the row
(``detail``) may hold the place again and is dropped. The raw row stays in the source's
own file.

Outgoing are observations assessed as outgoing, and muzzle flashes whatever they were
assessed as: a muzzle flash is seen where somebody fires.

>>> seen = pl.DataFrame(
...     {
...         "assessment": ["outgoing", "impact"],
...         "kind": ["explosion"] * 2,
...         "lon": [37.12345] * 2,
...         "lat": [48.6789] * 2,
...         "sigma_m": [20.0] * 2,
...     }
... )
>>> coarsen_outgoing(seen).select("lon", "lat", "sigma_m").rows()
[(37.12, 48.68, 1000.0), (37.12345, 48.6789, 20.0)]
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from tocsin.model import OUTGOING_FLOOR_M

__all__ = ["GRID_DEG", "coarsen_outgoing", "is_outgoing"]

GRID_DEG: Final = 0.01
"""Spacing of the grid, degrees; 0.01 degree of latitude is 1.1 km."""

FULL_TURN: Final = 360.0


def is_outgoing() -> pl.Expr:
    """Which observations place a firer."""
    outgoing = (pl.col("assessment") == "outgoing") | (pl.col("kind") == "muzzle_flash")
    return outgoing.fill_null(value=False)


def coarsen_outgoing(observations: pl.DataFrame) -> pl.DataFrame:
    """The observations, those of outgoing fire with a coarse place.

    Columns that are missing are left out; others are left as they are.
    """
    changes = {**_point(), **_sector(), "detail": pl.lit(None, dtype=pl.String)}
    return observations.with_columns(
        pl.when(is_outgoing()).then(changed).otherwise(pl.col(name)).alias(name)
        for name, changed in changes.items()
        if set(changed.meta.root_names()) <= set(observations.columns)
        and name in observations.columns
    )


def _point() -> dict[str, pl.Expr]:
    placed = pl.col("lon").is_not_null()
    coarse = pl.max_horizontal("sigma_m", pl.lit(OUTGOING_FLOOR_M))
    return {
        "lon": _to_grid("lon", GRID_DEG),
        "lat": _to_grid("lat", GRID_DEG),
        "sigma_m": pl.when(placed).then(coarse).otherwise(pl.col("sigma_m")),
    }


def _sector() -> dict[str, pl.Expr]:
    """Sector widened to whole kilometres and 1 km across; its bearing to its width."""
    near = (pl.col("range_min_m") / OUTGOING_FLOOR_M).floor() * OUTGOING_FLOOR_M
    far = (pl.col("range_max_m") / OUTGOING_FLOOR_M).ceil() * OUTGOING_FLOOR_M
    far = pl.max_horizontal(far, near + OUTGOING_FLOOR_M)
    across = pl.lit(OUTGOING_FLOOR_M) / far * (180 / np.pi)
    width = pl.max_horizontal("width_deg", across.clip(0, FULL_TURN))
    width = pl.when(pl.col("bearing_deg").is_not_null()).then(width)
    steps = (pl.col("bearing_deg") / width).round()
    return {
        "width_deg": width,
        "bearing_deg": (steps * width) % FULL_TURN,
        "range_min_m": near,
        "range_max_m": far,
    }


def _to_grid(name: str, step: float) -> pl.Expr:
    return ((pl.col(name) / step).round() * step).round(6)
