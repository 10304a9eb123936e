"""Incidents become facts: which act was done, by whom, where, when, how surely.

In: attributed INCIDENTS with their members, the register of acts on record, the areas
of the agreement, and the rules of ``acts.toml``, by which alone an observation makes an
act. Out: FACTS in time order. Refused: to make one fact twice, or to name anybody whom
attribution does not name.

- One row for each act of an incident and each party that may have done it, with its
  probability; the rows exclude each other, but for an exchange of fire, in which both
  acted. Where nobody is named, one row says so.
- A rule that excludes a setting or an assessment excludes the incident as soon as
  one of its events is so marked. A period's count of zero is no act.
- Observers of one event count the same thing, so counts are never added up: the
  highest count that somebody stands by (not an upper bound) is the incident's.
- A fact cannot have been before ``t_start`` nor after ``t_end``, each widened by two
  standard errors. It is taken to have been at ``t_start``; of what is known to a day or
  longer only, at the middle.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.model import (
    BOUNDS_FROM,
    FACTS,
    ActRule,
    Areas,
    Outcome,
    conform,
    parties_of,
)
from tocsin.model.grounds import Grounds

__all__ = ["make_facts"]

SEEN = (
    "observation_id", "source_id", "nature", "kind", "assessment", "setting", "weapon",
    "count", "count_qualifier", "place_name", "sector", "claimed_party",
)  # fmt: skip
NOT_STOOD_BY = ("up_to", "uncountable", "none")
WIDE = 2.0  # standard errors


def make_facts(
    incidents: pa.Table,
    members: pa.Table,
    observations: pa.Table,
    register: pa.Table | None,
    *,
    areas: Areas,
    acts: Sequence[ActRule],
    parties: Sequence[str],
) -> Outcome[pa.Table]:
    """FACTS of these incidents and of the register, in time order.

    Args:
        incidents: attributed INCIDENTS.
        members: MEMBERS.
        observations: OBSERVATIONS that hold every member.
        register: REGISTER, or None.
        areas: the areas of the agreement; its sectors are used.
        acts: the rules of ``acts.toml``.
        parties: the parties of the agreement.
    """
    seen = pl.DataFrame(members.select(["observation_id", "incident_id"])).join(
        pl.DataFrame(observations.select(SEEN)), on="observation_id"
    )
    made = _acts(seen, acts)
    done = pl.DataFrame(incidents).join(made, on="incident_id")
    done = done.with_columns(_sectors(done, seen, areas))
    tables = [_rows(done, parties_of(incidents), parties)]
    if register is not None and register.num_rows:
        tables.append(_register(pl.DataFrame(register)))
    facts = pl.concat(tables, how="diagonal_relaxed").sort("t", "fact_id")
    return Outcome(records=conform(facts.to_arrow(), FACTS, what="facts"))


def _acts(seen: pl.DataFrame, acts: Sequence[ActRule]) -> pl.DataFrame:
    """One row for each incident and act, with what the matching members say.

    Several rules may make one act; it is made once.
    """
    kept = [_matching(seen, rule) for rule in acts]
    rows = pl.concat(kept).unique(["incident_id", "act", "observation_id"])
    weapon = pl.col("weapon").filter(pl.col("weapon") != "unknown").drop_nulls()
    stood_by = ~pl.col("count_qualifier").fill_null("exact").is_in(NOT_STOOD_BY)
    return (
        rows.group_by("incident_id", "act")
        .agg(
            weapon=pl.when(weapon.n_unique() == 1).then(weapon.first()),
            count=pl.col("count").filter(stood_by).max(),
            claimed=pl.col("claimed_party").drop_nulls().unique(),
            by_claim=(pl.col("by") == "claimed").all(),
        )
        .with_columns(n_acts=pl.len().over("incident_id"))
    )


def _matching(seen: pl.DataFrame, rule: ActRule) -> pl.DataFrame:
    """The members that make this rule's act."""
    event = pl.col("nature").is_in(["event", "period_count"])
    marked = (
        pl.col("setting").is_in(rule.not_settings)
        | pl.col("assessment").is_in(rule.not_assessments)
    ).fill_null(value=False)
    fits = pl.col("nature").is_in(rule.natures)
    fits &= ~((pl.col("nature") == "period_count") & (pl.col("count") == 0)).fill_null(
        value=False
    )
    for column, allowed in (
        ("kind", rule.kinds),
        ("weapon", rule.weapons),
        ("source_id", rule.sources),
        ("setting", rule.only_settings),
    ):
        if allowed:
            fits &= pl.col(column).is_in(allowed).fill_null(value=False)
    barred = seen.filter(event & marked).select("incident_id")
    return (
        seen.filter(fits)
        .join(barred, on="incident_id", how="anti")
        .with_columns(act=pl.lit(rule.act), by=pl.lit(rule.by))
    )


def _sectors(done: pl.DataFrame, seen: pl.DataFrame, areas: Areas) -> pl.Series:
    """The sector that the members state and agree on, else the one around the place."""
    called = {
        name.casefold(): area.name
        for area in reversed(areas.of_kind("sector"))
        for name in (*area.variants, area.name)
    }

    def meant(column: str) -> pl.Expr:
        lower = pl.col(column).str.to_lowercase()
        return lower.replace_strict(called, default=None, return_dtype=pl.String)

    stated = (
        seen.select(
            "incident_id", sector=pl.coalesce(meant("sector"), meant("place_name"))
        )
        .drop_nulls()
        .unique()
        .group_by("incident_id")
        .agg(pl.col("sector").first(), n=pl.len())
        .filter(pl.col("n") == 1)
    )
    by_name = done.select("incident_id").join(
        stated, on="incident_id", how="left", maintain_order="left"
    )["sector"]
    return pl.Series("sector", by_name).fill_null(_around(done, areas))


def _around(done: pl.DataFrame, areas: Areas) -> pl.Series:
    """The first sector whose ground holds the place; null for none."""
    lon, lat = done["lon"].fill_null(np.nan), done["lat"].fill_null(np.nan)
    sectors = areas.of_kind("sector")
    grounds = Grounds([area.geometry for area in sectors])
    first, _ = grounds.holders(lon.to_numpy(), lat.to_numpy())
    names = pl.Series([None, *(a.name for a in sectors)], dtype=pl.String)
    return names.gather(first + 1)


def _rows(
    done: pl.DataFrame, columns: Sequence[str], parties: Sequence[str]
) -> pl.DataFrame:
    """One row for each party that may have done each act, or one that names nobody."""
    p_columns = [f"p_{party}" for party in columns]
    by_party = (
        done.unpivot(
            p_columns,
            index=["incident_id", "act"],
            variable_name="party",
            value_name="p",
        )
        .with_columns(pl.col("party").str.strip_prefix("p_"))
        .filter(pl.col("p") > 0)
    )
    named = done.join(by_party, on=["incident_id", "act"])
    named = named.filter(
        ~pl.col("by_claim") | pl.col("claimed").list.contains(pl.col("party"))
    )
    # In an exchange of fire both acted: their rows do not exclude each other.
    mutual = (pl.col("kind") == "exchange_of_fire").fill_null(value=False)
    together = mutual & (len(columns) == 2)  # noqa: PLR2004
    named = named.with_columns(together=together)
    nobody = done.join(named, on=["incident_id", "act"], how="anti").with_columns(
        party=pl.lit(None, dtype=pl.String), p=pl.lit(1.0), together=pl.lit(value=False)
    )
    return _facts(pl.concat([named, nobody], how="diagonal"), parties)


def _facts(rows: pl.DataFrame, parties: Sequence[str]) -> pl.DataFrame:
    wide = pl.duration(microseconds=pl.col("t_sigma_s").fill_null(0.0) * WIDE * 1e6)
    others = dict(zip(parties, reversed(parties), strict=True))
    target = pl.lit(None, dtype=pl.String)
    if len(parties) == 2:  # noqa: PLR2004
        target = pl.col("party").replace_strict(
            others, default=None, return_dtype=pl.String
        )
    key = pl.concat_str("incident_id", "act", separator="/")
    fact_id = pl.concat_str(key, pl.col("party").fill_null("*"), separator="/")
    lasts = pl.col("t_end") - pl.col("t_start")
    middle = pl.when(lasts >= BOUNDS_FROM).then(lasts / 2).otherwise(pl.duration())
    return rows.select(
        fact_id=fact_id,
        origin="origin",
        kind="act",
        party="party",
        target_party=target,
        sector="sector",
        weapon="weapon",
        count="count",
        t=(pl.col("t_start") + middle).dt.truncate("1s"),
        t_earliest=pl.col("t_start") - wide,
        t_latest=pl.col("t_end") + wide,
        t_end="t_end",
        received_at="known_at",
        p="p",
        root="incident_id",
        choice=pl.when("together")
        .then(fact_id)
        .when(pl.col("n_acts") > 1)
        .then(key)
        .otherwise("incident_id"),
        n_independent="n_independent",
        lon="lon",
        lat="lat",
        sigma_m="sigma_m",
    )


def _register(rows: pl.DataFrame) -> pl.DataFrame:
    """Acts on record happened: p = 1, and each row is its own root."""
    fact_id = pl.concat_str("source_id", "raw_ref", separator="/")
    return rows.select(
        fact_id=fact_id,
        origin="origin",
        kind="act",
        party="party",
        target_party="target_party",
        sector="sector",
        subject="subject",
        vote="vote",
        t="t",
        t_earliest="t",
        t_latest="t",
        received_at="received_at",
        p=pl.lit(1.0),
        root=fact_id,
        n_independent=pl.lit(1, dtype=pl.Int64),
    )
