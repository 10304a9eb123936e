"""Exercises that nothing was fitted to, fused and attributed, beside their truth."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from tocsin import connectors, exercise, findings, incidents
from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.exercise import Exercise, Misspecified, Scenario
from tocsin.findings import Weights
from tocsin.fusing.calibration import Judged
from tocsin.model import OBSERVATIONS, Control, conform

__all__ = ["judged"]

FIRE = (
    "explosion", "projectile_in_flight", "burst", "shot", "muzzle_flash", "airburst",
    "salvo", "crater", "damage", "casualty",
)  # fmt: skip


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


def _one(scenario: Scenario, seed: int, weights: Weights | None) -> Judged:
    chance = np.random.Generator(np.random.PCG64(seed))
    played = exercise.generate(scenario, rng=chance)
    seen = _observed(played)
    control = _control(played)
    parties = control.parties
    fused = incidents.fuse(seen, sources=played.sources, parties=parties).records
    attributed = findings.attribute(
        fused.incidents,
        fused.members,
        seen,
        parties=parties,
        control=control,
        sources=played.sources,
        weights=weights,
    ).records.incidents
    return _beside_truth(played, seen, attributed, fused.members, parties)


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


def _beside_truth(
    played: Exercise,
    seen: pa.Table,
    attributed: pa.Table,
    members: pa.Table,
    parties: tuple[str, ...],
) -> Judged:
    """The true event of an incident is that to which most of its members belong."""
    truth = pl.DataFrame({
        "observation_id": pl.Series(seen["observation_id"]),
        "event": pl.Series(played.truth_members["event"]),
        "platform": pl.Series(seen["platform"]).fill_null("unknown"),
    })  # fmt: skip
    rows = pl.DataFrame(pl.from_arrow(members)).join(truth, on="observation_id")
    event = pl.col("event").filter(
        pl.col("event").is_not_null() & (pl.col("event") >= 0)
    )
    by = rows.group_by("incident_id").agg(
        event=event.mode().min(),
        mix=pl.col("platform").unique().sort().str.join(" + "),
    )
    found = pl.DataFrame(pl.from_arrow(attributed)).join(
        by, on="incident_id", how="left", maintain_order="left"
    )
    events = played.truth_events
    number = {party: n for n, party in enumerate(parties)}
    did = np.array([
        number.get(who, -1) if fire else -2
        for who, fire in zip(
            events["party"].to_pylist(), events["fire"].to_pylist(), strict=True
        )
    ])  # fmt: skip
    true = found["event"].fill_null(-1).to_numpy()
    who = np.where(true >= 0, did[np.maximum(true, 0)], -1)
    fire = found["kind"].is_in(FIRE).fill_null(False).to_numpy()
    counts = (who >= 0) | ((true < 0) & fire)
    return Judged(
        parties=parties,
        p=found.select(f"p_{party}" for party in parties).to_numpy()[counts],
        truth=who[counts],
        mix=tuple(found["mix"].filter(pl.Series(counts)).to_list()),
    )
