"""What closes roads: the incidents, restrictions and mines that a run found.

In: the folder of a run, an instant, how long fire closes a way and how far around. Out:
closures as they were known at that instant, and how many incidents had a place too
vague to close any road. A closure lies around the place of an incident as the run knows
it, never finer; no place of a closure leaves the cell, only how many roads are closed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from tocsin import store
from tocsin.coordination.roads import Closure, Reason
from tocsin.errors import WrongUse
from tocsin.model import Origin, load_acts

__all__ = ["Closing", "Rule", "closures_of"]

REASONS: Final[dict[str, Reason]] = {
    "fire": "incident",
    "exercise_fire": "incident",
    "restrict": "restriction",
    "lay_mines": "mine",
}
"""Act of ``acts.toml`` -> why a road is closed by what makes it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident closes a road; assumptions of who plans, and shown as such.

    Attributes:
        keep_away_m: this far around the place, beside its uncertainty.
        quiet_h: so many hours after its end; a mine closes until further notice.
        vague_m: a place known less well than this closes no road and is counted.
    """

    keep_away_m: float = 2_000.0
    quiet_h: float = 12.0
    vague_m: float = 5_000.0


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Closures of a run, and what could not become one.

    Attributes:
        vague: incidents that would close a road, had anybody known where.
    """

    origin: Origin
    closures: tuple[Closure, ...]
    vague: int


def closures_of(run: Path, *, at: datetime, rule: Rule | None = None) -> Closing:
    """The closures that a run knew at an instant.

    Args:
        run: a folder that ``tocsin run`` or ``tocsin demo`` wrote.
        at: what became known later does not count.
        rule: how far and how long; None: the defaults.

    Raises:
        WrongUse: a limit of the rule is negative.
    """
    asked = rule or Rule()
    if min(asked.keep_away_m, asked.quiet_h, asked.vague_m) < 0:
        raise WrongUse("distances and hours of a closure are 0 or more")
    view = store.FolderStore(run).view()
    rows = _known(pl.DataFrame(view.table("incidents")), at)
    placed = rows.filter(
        pl.col("lon").is_not_null() & (pl.col("sigma_m") <= asked.vague_m)
    )
    return Closing(
        origin=Origin(view.origin),
        closures=tuple(_closure(row, asked) for row in placed.to_dicts()),
        vague=rows.height - placed.height,
    )


def _known(incidents: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Incidents of the kinds that close a road, begun and known by the instant."""
    reasons = {
        kind.value: REASONS[rule.act]
        for rule in load_acts()
        if rule.act in REASONS
        for kind in rule.kinds
    }
    return incidents.filter(
        pl.col("kind").is_in(list(reasons))
        & (pl.col("t_start") <= at)
        & (pl.col("known_at").is_null() | (pl.col("known_at") <= at))
    ).with_columns(reason=pl.col("kind").replace_strict(reasons, default=""))


def _closure(row: dict[str, Any], rule: Rule) -> Closure:
    lasts = timedelta(hours=rule.quiet_h)
    return Closure(
        lon=row["lon"],
        lat=row["lat"],
        radius_m=rule.keep_away_m + row["sigma_m"],
        since=row["t_start"],
        until=None if row["reason"] == "mine" else row["t_end"] + lasts,
        reason=row["reason"],
        source=f"incident {row['incident_id']}",
    )
