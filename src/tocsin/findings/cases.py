"""What an incident's members say that bears on who did it, as arrays.

In: INCIDENTS, MEMBERS, OBSERVATIONS, the sources. Out: :class:`Cases`, one entry for
each incident: where and when, what was seen of it (where it fell, at its source), with
which weapon; and the bearings and claims, one vote for each independent root. Two rows
of one owner are one root, and so are a report and its repost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from scipy.special import expit, logit

from tocsin.findings.weights import Weights
from tocsin.model import SourceDescription

__all__ = [
    "BOTH",
    "FIRE",
    "FLIGHT",
    "IMPACT",
    "JAMMING",
    "NO_ROLE",
    "SOURCE",
    "Cases",
    "Reals",
    "only",
    "read_cases",
]

NO_ROLE, FIRE, IMPACT, SOURCE, FLIGHT, JAMMING, BOTH = range(7)
SEEN_DIRECTLY = (
    "restriction",
    "weapon_presence",
    "military_presence",
    "position_new",
    "position_moved_forward",
    "trench_or_fortification",
    "checkpoint",
)
OBSERVED = (
    "observation_id", "source_id", "platform", "nature", "kind", "assessment",
    "setting", "weapon", "fire_bearing_deg", "fire_kappa", "claimed_party",
    "claimed_by", "derived_from", "reliability", "credibility", "bearing_deg",
)  # fmt: skip

Reals = npt.NDArray[np.float64]


class Cases(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of each array for each incident, in the order of INCIDENTS.

    Attributes:
        ids: ids of the incidents.
        lon, lat: degrees, NaN where unknown; sigma_m: metres per axis.
        t: microseconds since 1970 of the begin.
        role: what is seen: fire (1), where it fell for certain (2), a thing at its
            source (3), a flight (4), jamming (5), an exchange (6), nothing that the
            place tells (0).
        at_source: of fire, the probability that it was seen where it left, by what
            the eyes assessed; else 0 or 1 by the role.
        fire: True where it is fire that nobody marks as a drill or a controlled
            detonation.
        weapon: the class that its members agree on, or null.
        range_m: greatest range of that weapon; NaN where unknown.
        eyes: columns case, platform, reports, named, aimed, credibility: one row for
            each kind of eye, with the number of its reports that are no copies,
            whether one of them names a class of weapon and whether one tells a
            direction, and the best grade.
        bearings: columns case, deg, kappa, owner: one row for each root.
        claims: columns case, party, weight, proof, owner: one row for each root;
            ``proof`` is False where somebody with an interest names the opponent.
    """

    ids: pl.Series
    lon: Reals
    lat: Reals
    sigma_m: Reals
    t: npt.NDArray[np.int64]
    role: npt.NDArray[np.int64]
    at_source: Reals
    fire: npt.NDArray[np.bool_]
    weapon: pl.Series
    range_m: Reals
    eyes: pl.DataFrame
    bearings: pl.DataFrame
    claims: pl.DataFrame

    def __len__(self) -> int:
        return len(self.ids)


def only(cases: Cases, k: int) -> Cases:
    """The k-th case alone, as case 0."""
    one = slice(k, k + 1)
    arrays = (
        "ids", "lon", "lat", "sigma_m", "t", "role", "at_source", "fire", "weapon",
        "range_m",
    )  # fmt: skip
    frames = ("eyes", "bearings", "claims")
    taken = {name: getattr(cases, name)[one] for name in arrays}
    for name in frames:
        rows = getattr(cases, name).filter(pl.col("case") == k)
        taken[name] = rows.with_columns(case=pl.lit(0, dtype=pl.Int64))
    return Cases(**taken)


def read_cases(
    incidents: pa.Table,
    members: pa.Table,
    observations: pa.Table,
    sources: Sequence[SourceDescription],
    parties: Sequence[str],
    weights: Weights,
) -> Cases:
    """The cases of these incidents."""
    ids = pl.Series(incidents["incident_id"])
    rows = _members(ids, members, observations, sources)
    weapon = _weapons(rows, len(ids))
    role = _roles(rows, len(ids), weights)
    mutual = pl.Series(incidents["kind"]).is_in(list(weights.roles.both))
    role[mutual.fill_null(value=False).to_numpy()] = BOTH
    return Cases(
        ids=ids,
        lon=_real(incidents, "lon"),
        lat=_real(incidents, "lat"),
        sigma_m=_real(incidents, "sigma_m"),
        t=incidents["t_start"].cast(pa.int64()).to_numpy(),
        role=role,
        at_source=_at_source(rows, role, weights),
        fire=_hostile(rows, role),
        weapon=weapon,
        range_m=_ranges(weapon, weights),
        eyes=_eyes(rows),
        bearings=_bearings(rows, weights),
        claims=_claims(rows, sources, parties, weights),
    )


def _real(table: pa.Table, column: str) -> Reals:
    return pl.Series(table[column]).fill_null(np.nan).to_numpy()


def _members(
    ids: pl.Series,
    members: pa.Table,
    observations: pa.Table,
    sources: Sequence[SourceDescription],
) -> pl.DataFrame:
    """The members of all incidents with the owner of their root."""
    owners = {source.id: source.owner for source in sources}
    seen = pl.DataFrame(observations.select(OBSERVED)).with_columns(
        owner=pl.col("source_id").replace(owners)
    )
    roots = seen.filter(pl.col("derived_from").is_not_null()).select("derived_from")
    known = seen.select("observation_id", root_owner="owner").join(
        roots, left_on="observation_id", right_on="derived_from", how="semi"
    )
    cases = pl.DataFrame({"incident_id": ids, "case": np.arange(len(ids))})
    return (
        pl.DataFrame(members.select(["observation_id", "incident_id"]))
        .join(cases, on="incident_id")
        .join(seen, on="observation_id")
        .join(known, left_on="derived_from", right_on="observation_id", how="left")
        .with_columns(owner=pl.coalesce("root_owner", "derived_from", "owner"))
        .sort("case", "observation_id")
    )


def _known_weapon() -> pl.Expr:
    return (pl.col("weapon") != "unknown").fill_null(value=False)


def _events() -> pl.Expr:
    return pl.col("nature").is_in(["event", "period_count"])


def _roles(rows: pl.DataFrame, n: int, weights: Weights) -> npt.NDArray[np.int64]:
    """What is seen; of several the most telling, a thing at its source before all."""
    by, named = weights.roles, pl.col("kind")
    of_kind = {
        **dict.fromkeys(by.unknown, FIRE),
        **dict.fromkeys(by.impact, IMPACT),
        **dict.fromkeys(by.flight, FLIGHT),
        **dict.fromkeys(by.jamming, JAMMING),
        **dict.fromkeys(by.both, FIRE),  # one member says so
        **dict.fromkeys(by.source, SOURCE),
    }
    role = named.replace_strict(of_kind, default=NO_ROLE, return_dtype=pl.Int64)
    # An exercise is held on the ground of whoever holds it.
    drill = (pl.col("setting") == "live_fire_exercise").fill_null(value=False)
    # Where a direction finder points, there the emitter is.
    found = (role == JAMMING) & pl.col("bearing_deg").is_not_null()
    role = pl.when(drill | found).then(SOURCE).otherwise(role).fill_null(NO_ROLE)
    seen = rows.filter(_events()).select("case", role=role)
    roles = np.zeros(n, dtype=np.int64)
    for value in (JAMMING, FLIGHT, IMPACT, FIRE, SOURCE):
        roles[seen.filter(pl.col("role") == value)["case"].to_numpy()] = value
    return roles


def _at_source(
    rows: pl.DataFrame, role: npt.NDArray[np.int64], weights: Weights
) -> Reals:
    """P(seen where it left): log-odds, one vote of each owner's kind of eye."""
    by = weights.line
    says = pl.col("assessment").replace_strict(
        {"outgoing": 1, "impact": -1, "airburst": -1},
        default=0,
        return_dtype=pl.Int64,
    )
    flash = (pl.col("kind") == "muzzle_flash").fill_null(value=False)
    votes = (
        rows.filter(_events())
        .group_by("case", "owner", pl.col("platform").fill_null("unknown"))
        .agg(vote=pl.when(flash).then(1).otherwise(says).sum().sign())
    )
    net = np.zeros(len(role))
    np.add.at(net, votes["case"].to_numpy(), votes["vote"].to_numpy())
    log_odds = logit(by.seen_at_source) - net * logit(by.wrong_assessment)
    fixed = np.where(role == SOURCE, 1.0, 0.0)
    return np.where(role == FIRE, expit(log_odds), fixed)


def _hostile(rows: pl.DataFrame, role: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Fire that no eye marks as a drill or a controlled detonation."""
    peaceful = (pl.col("setting") == "live_fire_exercise") | (
        pl.col("assessment") == "controlled_detonation"
    )
    marked = rows.filter(_events() & peaceful.fill_null(value=False))
    hostile = np.isin(role, (FIRE, IMPACT, BOTH))
    hostile[marked["case"].to_numpy()] = False
    return hostile


def _weapons(rows: pl.DataFrame, n: int) -> pl.Series:
    """The weapon on which the members agree."""
    named = rows.filter(_known_weapon())
    agreed = (
        named.group_by("case")
        .agg(pl.col("weapon").first(), n=pl.col("weapon").n_unique())
        .filter(pl.col("n") == 1)
    )
    every = pl.DataFrame({"case": np.arange(n)})
    joined = every.join(agreed, on="case", how="left", maintain_order="left")
    return joined["weapon"]


def _ranges(weapon: pl.Series, weights: Weights) -> Reals:
    known = {name: far for name, far in weights.range_m.items() if name != "default"}
    far = weapon.replace_strict(known, default=None, return_dtype=pl.Float64)
    return far.fill_null(np.nan).to_numpy()


def _eyes(rows: pl.DataFrame) -> pl.DataFrame:
    """The kinds of eye that saw each case, by their own reports.

    Of a case that copies alone tell of, one copy of each stands for the original.
    """
    original = pl.col("derived_from").is_null()
    return (
        rows.filter(_events())
        .filter(original | ~original.any().over("case"))
        .group_by("case", pl.col("platform").fill_null("unknown"))
        .agg(
            reports=pl.coalesce("derived_from", "observation_id").n_unique(),
            named=_known_weapon().any(),
            aimed=pl.col("fire_bearing_deg").is_not_null().any(),
            credibility=pl.col("credibility")
            .filter(pl.col("credibility") != "6")
            .min(),
        )
        .sort("case", "platform")
    )


def _bearings(rows: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """The surest bearing of each root."""
    kappa = pl.col("fire_kappa").fill_null(weights.bearing.default_kappa)
    return (
        rows.filter(pl.col("fire_bearing_deg").is_not_null() & _events())
        .with_columns(kappa=kappa.clip(0, weights.bearing.most_kappa))
        .sort("case", "owner", -pl.col("kappa"), "observation_id")
        .unique(["case", "owner"], keep="first", maintain_order=True)
        .select("case", "kappa", "owner", deg="fire_bearing_deg")
    )


def _claims(
    rows: pl.DataFrame,
    sources: Sequence[SourceDescription],
    parties: Sequence[str],
    weights: Weights,
) -> pl.DataFrame:
    """The heaviest claim of each root; a root that names two parties names none."""
    number = {party: i for i, party in enumerate(parties)}
    named = rows.filter(pl.col("claimed_party").is_in(list(parties)))
    said = [
        (case, number[party], *_weight(party, row, parties, weights), row["owner"])
        for case, party, row in _each_claim(named, sources)
    ]
    columns = {
        "case": pl.Int64, "party": pl.Int64, "weight": pl.Float64, "proof": pl.Boolean,
        "owner": pl.String,
    }  # fmt: skip
    claims = pl.DataFrame(said, schema=columns, orient="row")
    return (
        claims.filter(pl.col("party").n_unique().over("case", "owner") == 1)
        .sort("case", "owner", -pl.col("weight"))
        .unique(["case", "owner"], keep="first", maintain_order=True)
    )


def _each_claim(
    named: pl.DataFrame, sources: Sequence[SourceDescription]
) -> list[tuple[int, str, dict[str, object]]]:
    about = {s.id: f"{s.owner}; {s.publisher}" for s in sources}
    on_the_spot = {source.id for source in sources if source.mission_sensor}
    grades = {source.id: source.reliability for source in sources}
    claims = []
    for row in named.iter_rows(named=True):
        source = row["source_id"]
        row["claimant"] = row["claimed_by"] or about.get(source, source)
        row["on_the_spot"] = (
            row["claimed_by"] is None
            and source in on_the_spot
            and row["kind"] in SEEN_DIRECTLY
        )
        row["grade"] = row["reliability"] or grades.get(source)
        claims.append((row["case"], row["claimed_party"], row))
    return claims


def _weight(
    party: str, row: dict[str, object], parties: Sequence[str], weights: Weights
) -> tuple[float, bool]:
    """How much one claim weighs, and whether it counts as evidence at all."""
    claims = weights.claims
    interest = _interest(str(row["claimant"]), parties)
    if party in interest:
        return claims.admission, True
    if interest or row["nature"] == "claim":
        return claims.interested, False
    if row["platform"] in claims.residents:
        return claims.resident, claims.resident > 0
    if row["on_the_spot"]:
        return claims.on_the_spot, True
    grade = row["grade"]
    return (claims.graded.get(str(grade), 0.0) if grade else claims.neutral), True


def _interest(claimant: str, parties: Sequence[str]) -> set[str]:
    """The parties whose name stands in the claimant's."""
    return {
        party
        for party in parties
        if re.search(rf"\b{re.escape(party)}\b", claimant, re.IGNORECASE)
    }
