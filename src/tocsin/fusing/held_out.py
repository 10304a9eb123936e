"""Exercises that nothing was fitted to, fused and attributed, beside their truth."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tocsin import connectors, exercise, findings, incidents
from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.exercise import Exercise, Misspecified, Scenario
from tocsin.findings import Weights
from tocsin.findings.cases import read_cases
from tocsin.findings.happened import FITTED, WHETHER, design
from tocsin.findings.terms import weigh
from tocsin.fusing.calibration import Judged
from tocsin.fusing.fitting import Told
from tocsin.model import OBSERVATIONS, Control, conform

__all__ = ["judged", "told_of"]

FIRE = (
    "explosion", "projectile_in_flight", "burst", "shot", "muzzle_flash", "airburst",
    "salvo", "exchange_of_fire",
)  # fmt: skip


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise, fused.

    Attributes:
        exercise: with its truth.
        seen: OBSERVATIONS.
        control: who holds which ground.
        incidents, members: what fusion made of them.
    """

    exercise: Exercise
    seen: pa.Table
    control: Control
    incidents: pa.Table
    members: pa.Table


def judged(
    seeds: Sequence[int],
    *,
    days: int,
    per_day: int,
    factor: float = 1.0,
    weights: Weights | None = None,
) -> Judged:
    """The incidents of these exercises, attributed, with their truth.

    Args:
        seeds: one exercise each.
        days: length of each.
        per_day: observations a day, about.
        factor: stated over true standard errors.
        weights: see ``attribution.toml``; None: those that come with Tocsin.
    """
    scenario = Scenario(
        days=days, per_day=per_day, misspecified=Misspecified(factor=factor)
    )
    parts = [_one(scenario, seed, weights) for seed in seeds]
    return Judged(
        parties=parts[0].parties,
        p=np.concatenate([part.p for part in parts]),
        truth=np.concatenate([part.truth for part in parts]),
        mix=tuple(mix for part in parts for mix in part.mix),
    )


def told_of(seeds: Sequence[int], *, days: int, per_day: int, weights: Weights) -> Told:
    """What was told of the incidents of fire of these exercises, for fitting."""
    scenario = Scenario(days=days, per_day=per_day)
    parts = [_told(_played(scenario, seed), weights) for seed in seeds]
    return Told(
        names=parts[0].names,
        design=np.concatenate([part.design for part in parts]),
        given=np.concatenate([part.given for part in parts]),
        happened=np.concatenate([part.happened for part in parts]),
    )


def _told(played: Played, weights: Weights) -> Told:
    parties, control = played.control.parties, played.control
    tables = (played.incidents, played.members, played.seen)
    cases = read_cases(*tables, played.exercise.sources, parties, weights)
    terms = weigh(cases, parties, control, weights)
    rest = [terms.whether[term] for term in WHETHER if term not in FITTED]
    who, taken = _truth(played, parties)
    mine = cases.fire & taken
    names, counts = design(cases, weights)
    return Told(
        names=names,
        design=counts[mine],
        given=np.sum(rest, axis=0)[mine],
        happened=who[mine] >= 0,
    )


def _one(scenario: Scenario, seed: int, weights: Weights | None) -> Judged:
    played = _played(scenario, seed)
    parties = played.control.parties
    attributed = findings.attribute(
        played.incidents,
        played.members,
        played.seen,
        parties=parties,
        control=played.control,
        sources=played.exercise.sources,
        weights=weights,
    ).records.incidents
    who, taken = _truth(played, parties)
    counts = taken | (who >= 0)
    mix = _by_incident(played)["mix"].fill_null("unknown")
    p = pl.DataFrame(pl.from_arrow(attributed)).select(f"p_{x}" for x in parties)
    return Judged(
        parties=parties,
        p=p.to_numpy()[counts],
        truth=who[counts],
        mix=tuple(mix.filter(pl.Series(counts)).to_list()),
    )


def _played(scenario: Scenario, seed: int) -> Played:
    chance = np.random.Generator(np.random.PCG64(seed))
    made = exercise.generate(scenario, rng=chance)
    seen, control = _observed(made), _control(made)
    fused = incidents.fuse(seen, sources=made.sources, parties=control.parties).records
    return Played(
        exercise=made,
        seen=seen,
        control=control,
        incidents=fused.incidents,
        members=fused.members,
    )


def _observed(played: Exercise) -> pa.Table:
    """As intake gives them, without reading and writing files."""
    given = pl.DataFrame(pl.from_arrow(played.observations))
    row = pl.int_range(1, given.height + 1).cast(pl.String)
    named = given.with_columns(
        observation_id=row.str.zfill(12),
        origin=pl.lit("exercise"),
        raw_sha256=row,
        raw_ref=pl.concat_str(pl.lit("exercise#"), row),
    )
    coarse = coarsen_outgoing(named).to_arrow()
    return conform(coarse, OBSERVATIONS, what="exercise")


def _control(played: Exercise) -> Control:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "control.geojson"
        file.write_text(json.dumps(played.control | {"origin": "exercise"}))
        return connectors.read_control(file).records


def _truth(
    played: Played, parties: tuple[str, ...]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Who opened fire in each incident, -1: nobody; and which are taken for fire.

    An incident is taken for fire as ``acts.toml`` does it: a member tells of fire, and
    none marks it as a drill or a controlled detonation.
    """
    by = _by_incident(played)
    events = played.exercise.truth_events
    number = {party: n for n, party in enumerate(parties)}
    did = np.array([
        number.get(who, -1) if fire else -1
        for who, fire in zip(
            events["party"].to_pylist(), events["fire"].to_pylist(), strict=True
        )
    ])  # fmt: skip
    true = by["event"].fill_null(-1).to_numpy()
    taken = (by["fire"] & ~by["marked"]).fill_null(value=False).to_numpy()
    return np.where(true >= 0, did[np.maximum(true, 0)], -1), taken


def _by_incident(played: Played) -> pl.DataFrame:
    """The true event of an incident is that to which most of its members belong."""
    columns = ["observation_id", "platform", "nature", "kind", "setting", "assessment"]
    told = pl.DataFrame(played.seen.select(columns)).with_columns(
        event=pl.Series(played.exercise.truth_members["event"])
    )
    own = pl.col("nature") == "event"
    true = pl.col("event").filter(
        pl.col("event").is_not_null() & (pl.col("event") >= 0)
    )
    marked = (pl.col("setting") == "live_fire_exercise").fill_null(value=False)
    marked |= pl.col("assessment").eq_missing(pl.lit("controlled_detonation"))
    by = (
        pl.DataFrame(pl.from_arrow(played.members))
        .join(told, on="observation_id")
        .group_by("incident_id")
        .agg(
            event=true.mode().min(),
            fire=(own & pl.col("kind").is_in(FIRE)).any(),
            marked=(own & marked).any(),
            mix=pl.col("platform").filter(own).unique().sort().str.join(" + "),
        )
    )
    ids = pl.DataFrame({"incident_id": pl.Series(played.incidents["incident_id"])})
    return ids.join(by, on="incident_id", how="left", maintain_order="left")
