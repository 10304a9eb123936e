"""The incidents of some days with what their observations say, fit to be shown.

In come the run's tables; out comes one row per incident with its class, its sector and
its place as coarse as it may leave. What is held back (see :mod:`release`) has lost its
place and its sector here, so that nothing later can show it by accident.

Columns are filtered before anything is copied: a year of a million observations costs
little more than a day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model import OUTGOING_FLOOR_M
from tocsin.report.classes import class_of
from tocsin.report.release import coarse, held_back
from tocsin.report.sectors import Sectors

__all__ = ["incidents_between", "observations_of", "rows_between"]

OF_OBSERVATIONS: Final = (
    "observation_id",
    "source_id",
    "nature",
    "platform",
    "means",
    "kind",
    "assessment",
    "setting",
    "restriction",
    "weapon",
    "count",
    "count_qualifier",
    "t_start",
    "t_end",
    "received_at",
    "lon",
    "observer_lon",
    "observer_lat",
    "bearing_deg",
    "width_deg",
    "range_min_m",
    "range_max_m",
    "place_name",
    "sector",
    "claimed_party",
    "claimed_by",
    "derived_from",
    "marking",
    "raw_ref",
)
SHAPE: Final = (
    "observer_lon",
    "observer_lat",
    "bearing_deg",
    "width_deg",
    "range_min_m",
    "range_max_m",
)
"""What places an observation in a part of a ring around its observer."""
HIDDEN_WHEN_HELD: Final = ("lon", "lat", "sigma_m", "grid_deg", "sector")


def rows_between(table: pa.Table, start: datetime, end: datetime) -> pa.Table:
    """Rows whose time touches the half-open time from start to end."""
    begins = pc.less(table["t_start"], pa.scalar(end))
    ends = pc.greater_equal(table["t_end"], pa.scalar(start))
    return table.filter(pc.and_(begins, ends))


def observations_of(
    incidents: pa.Table, members: pa.Table, observations: pa.Table
) -> pl.DataFrame:
    """The observations that make up these incidents, with their `incident_id`."""
    of_these = members.filter(
        pc.is_in(members["incident_id"], incidents["incident_id"].combine_chunks())
    ).select(["observation_id", "incident_id"])
    theirs = observations.select(list(OF_OBSERVATIONS)).filter(
        pc.is_in(
            observations["observation_id"], of_these["observation_id"].combine_chunks()
        )
    )
    return (
        _frame(of_these)
        .join(_frame(theirs), on="observation_id", how="inner")
        .sort("incident_id", "observation_id")
    )


def incidents_between(
    incidents: pa.Table,
    observed: pl.DataFrame,
    facts: pa.Table,
    *,
    sectors: Sectors,
    sensors: tuple[str, ...],
    released_at: datetime,
) -> pl.DataFrame:
    """One row per incident, in order of time.

    Args:
        incidents: INCIDENTS rows of the days in question.
        observed: what :func:`observations_of` gave for them.
        facts: FACTS; where one stands for an incident, its sector holds.
        sectors: the agreement's sectors.
        sensors: source ids that are sensors of the mission itself.
        released_at: the instant at which the report is given out.
    """
    frame = _frame(incidents).join(
        _said(observed, sensors), on="incident_id", how="left"
    )
    frame = _filled(frame).join(
        _sectors_of_facts(incidents, facts), on="incident_id", how="left"
    )
    frame = frame.with_columns(
        pl.Series(
            "sector", [_sector(row, sectors) for row in _asked(frame)], pl.String
        ),
        held_back(released_at),
    )
    frame = frame.with_columns(class_of(), *coarse(outgoing_floor_m=OUTGOING_FLOOR_M))
    frame = frame.with_columns(*_never_a_point())
    return _hidden(frame).sort("t_start", "incident_id")


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def _said(observed: pl.DataFrame, sensors: tuple[str, ...]) -> pl.DataFrame:
    """What the observations of each incident say, taken together."""
    setting = pl.col("setting").drop_nulls()
    return observed.group_by("incident_id", maintain_order=True).agg(
        (pl.col("nature") == "period_count").any().alias("period"),
        (pl.col("nature") == "claim").all().alias("only_claimed"),
        (pl.col("assessment") == "outgoing").any().alias("outgoing"),
        pl.col("assessment").is_in(["impact", "airburst"]).any().alias("impact"),
        ((setting.len() > 0) & (setting == "live_fire_exercise").all()).alias(
            "exercise"
        ),
        pl.col("source_id").is_in(list(sensors)).any().alias("own_sensor"),
        pl.col("count").min().alias("count_low"),
        pl.col("count").max().alias("count_high"),
        pl.col("received_at").max().alias("received_last"),
        *(
            pl.col(name).drop_nulls().unique().sort().alias(plural)
            for name, plural in (
                ("weapon", "weapons"),
                ("restriction", "restrictions"),
                ("source_id", "sources"),
                ("count_qualifier", "qualifiers"),
                ("place_name", "place_names"),
                ("sector", "sector_names"),
            )
        ),
        pl.col("lon").is_null().all().alias("no_point"),
        pl.struct(SHAPE)
        .filter(pl.col("lon").is_null() & pl.col("bearing_deg").is_not_null())
        .unique()
        .sort()
        .alias("shapes"),
        pl.struct("claimed_party", "claimed_by", "source_id")
        .filter(pl.col("claimed_party").is_not_null())
        .unique()
        .sort()
        .alias("claims"),
    )


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    """An incident without observations says nothing; it is not left out."""
    flags = (
        *("period", "only_claimed", "outgoing", "impact", "exercise", "own_sensor"),
        "no_point",
    )
    lists = (
        "weapons",
        "restrictions",
        "sources",
        "qualifiers",
        "place_names",
        "sector_names",
        "claims",
        "shapes",
    )
    return frame.with_columns(
        *(pl.col(name).fill_null(False) for name in flags),
        *(pl.col(name).fill_null([]) for name in lists),
    )


def _sectors_of_facts(incidents: pa.Table, facts: pa.Table) -> pl.DataFrame:
    theirs = facts.select(["root", "sector"]).filter(
        pc.is_in(facts["root"], incidents["incident_id"].combine_chunks())
    )
    return (
        _frame(theirs)
        .drop_nulls()
        .group_by("root")
        .agg(pl.col("sector").min().alias("fact_sector"))
        .rename({"root": "incident_id"})
    )


def _asked(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.select(
        "fact_sector", "sector_names", "place_names", "lon", "lat"
    ).to_dicts()


def _sector(row: dict[str, Any], sectors: Sectors) -> str | None:
    names = (row["fact_sector"], *row["sector_names"], *row["place_names"])
    return sectors.find(names=names, lon=row["lon"], lat=row["lat"])


def _never_a_point() -> list[pl.Expr]:
    """What was only ever seen in sectors has sectors for its place, and no middle."""
    only_sectors = pl.col("no_point") & (pl.col("shapes").list.len() > 0)
    return [
        *(
            pl.when(only_sectors).then(None).otherwise(pl.col(name)).alias(name)
            for name in ("lon", "lat", "sigma_m", "grid_deg")
        ),
        pl.when(only_sectors).then(pl.col("shapes")).otherwise([]).alias("shapes"),
    ]


def _hidden(frame: pl.DataFrame) -> pl.DataFrame:
    """What is held back loses everything that says where it was."""
    held = pl.col("held")
    return frame.with_columns(
        *(
            pl.when(held).then(None).otherwise(pl.col(name)).alias(name)
            for name in HIDDEN_WHEN_HELD
        ),
        *(
            pl.when(held).then([]).otherwise(pl.col(name)).alias(name)
            for name in ("place_names", "shapes")
        ),
    ).drop("fact_sector", "sector_names", "no_point")
