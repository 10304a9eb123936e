"""Whether it happened: what each eye, its grade and the place say, as log-odds.

The terms add up to the natural log-odds that what the incident tells of happened: of an
incident of fire, that it was hostile fire and neither a false alarm nor a drill or a
blast that nobody marked as such. What deceives an acoustic array does not deceive a
camera, so each kind of eye counts, and each further one besides, because two false
reports must also fall together by chance. An eye that reports from thereabouts and is
silent on it counts against it. A copy, a claim and a warning lift no doubt.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from tocsin.findings.cases import Cases, Reals
from tocsin.findings.weights import Weights

__all__ = ["FITTED", "WHETHER", "design", "silence", "silent", "whether"]

WHETHER = (
    "eyes",
    "further eyes",
    "again",
    "silent eyes",
    "credibility",
    "weapon",
    "direction",
    "near",
)
"""The terms, in the order in which they are printed."""


FITTED = ("eyes", "further eyes", "again", "credibility", "weapon", "direction")
"""Of these, the terms whose weights are fitted; the others are given."""


def whether(cases: Cases, away_m: Reals | None, weights: Weights) -> dict[str, Reals]:
    """Each term of each case, (n,); their sum is the log-odds that it happened.

    Args:
        cases: the cases.
        away_m: metres from the other side's ground, or None: no control layer.
        weights: see ``attribution.toml``.
    """
    happened, n = weights.happened, len(cases)
    fire = cases.fire[cases.eyes["case"].to_numpy()]
    rows = cases.eyes.with_columns(
        eye=_of(cases.eyes["platform"], happened.fire, fire, happened.unlisted)
        + _of(cases.eyes["platform"], happened.other, ~fire, happened.unlisted),
        again=_of(cases.eyes["platform"], happened.again, fire | ~fire, 0.0)
        * (cases.eyes["reports"].to_numpy() > 1),
        grade=cases.eyes["credibility"].replace_strict(
            happened.credibility, default=0.0, return_dtype=pl.Float64
        ),
    )
    case = rows["case"].to_numpy()
    eyes = np.bincount(case, minlength=n)
    sums = {
        term: np.bincount(case, weights=rows[column].to_numpy(), minlength=n)
        for term, column in (
            ("eyes", "eye"),
            ("again", "again"),
            ("credibility", "grade"),
        )
    }
    return {
        "eyes": np.where(eyes > 0, sums["eyes"], happened.unlisted),
        "further eyes": happened.another * np.maximum(eyes - 1, 0),
        "again": sums["again"],
        "silent eyes": silence(cases, weights),
        "credibility": sums["credibility"],
        "weapon": happened.weapon * (cases.fire & _tells(cases, "named", weights)),
        "direction": happened.direction
        * (cases.fire & _tells(cases, "aimed", weights)),
        "near": near(cases, away_m, weights),
    }


def silence(cases: Cases, weights: Weights) -> Reals:
    """What the silence of eyes at work thereabouts says of each case, (n,)."""
    said = np.zeros(len(cases))
    for platform, weight in weights.happened.silent.items():
        said[silent(cases, platform)] += weight
    return said


METRES_PER_DEGREE = 111_195.08
AROUND_M, AROUND_S = 40_000.0, 172_800.0
"""An eye is at work where it reports anything within so much of the place and time."""


def _tells(cases: Cases, what: str, weights: Weights) -> npt.NDArray[np.bool_]:
    """Cases of which an eye of its own, not hearsay, tells this."""
    own = ~pl.col("platform").is_in(list(weights.happened.hearsay))
    found = np.zeros(len(cases), dtype=bool)
    found[cases.eyes.filter(pl.col(what) & own)["case"].to_numpy()] = True
    return found


def silent(cases: Cases, platform: str) -> npt.NDArray[np.bool_]:
    """Cases of fire that this kind of eye, at work thereabouts, does not tell of."""
    placed = np.isfinite(cases.lon) & np.isfinite(cases.lat)
    mine = np.zeros(len(cases), dtype=bool)
    mine[cases.eyes.filter(pl.col("platform") == platform)["case"].to_numpy()] = True
    quiet = np.zeros(len(cases), dtype=bool)
    at = np.flatnonzero(cases.fire & placed & ~mine)
    if at.size and (mine & placed).any():
        near_by, _ = cKDTree(_scene(cases, mine & placed)).query(
            _scene(cases, at), distance_upper_bound=1.0
        )
        quiet[at] = np.isfinite(near_by)
    return quiet


def _scene(cases: Cases, which: npt.NDArray[np.generic]) -> Reals:
    """Place and time in units of what counts as thereabouts."""
    lon, lat, t = cases.lon[which], cases.lat[which], cases.t[which]
    metres = METRES_PER_DEGREE / AROUND_M
    east = lon * metres * np.cos(np.radians(lat))
    return np.column_stack([east, lat * metres, t / 1e6 / AROUND_S])


def _of(
    names: pl.Series, table: Mapping[str, float], where: np.ndarray, other: float
) -> Reals:
    found = names.replace_strict(
        dict(table), default=other, return_dtype=pl.Float64
    ).to_numpy()
    return np.where(where, found, 0.0)


def near(cases: Cases, away_m: Reals | None, weights: Weights) -> Reals:
    """Log of how much likelier hostile fire falls so near than anything else.

    Both fall off exponentially; the doubt of the place widens the nearer of them.
    """
    if away_m is None:
        return np.zeros(len(cases))
    by = weights.near
    typical = np.where(
        np.isnan(cases.range_m), by.default_m, by.share_of_range * cases.range_m
    )
    typical = np.hypot(typical, np.nan_to_num(cases.sigma_m))
    typical = np.minimum(typical, by.others_m)
    said = np.log(by.others_m / typical) - away_m * (1 / typical - 1 / by.others_m)
    said = np.clip(said, -by.most, by.most)
    return np.where(cases.fire & np.isfinite(away_m), said, 0.0)


def design(cases: Cases, weights: Weights) -> tuple[tuple[str, ...], Reals]:
    """How often each weight of ``[happened]`` counts for each case, for fitting.

    Returns:
        Names of weights, as ``fire.patrol`` or ``another``, and (n, names).
    """
    n, rows = len(cases), cases.eyes
    columns: dict[str, Reals] = {}

    def count(name: str, of: pl.DataFrame) -> None:
        columns[name] = np.bincount(of["case"].to_numpy(), minlength=n).astype(float)

    for name in weights.happened.fire:
        count(f"fire.{name}", rows.filter(pl.col("platform") == name))
    for name in weights.happened.again:
        twice = rows.filter((pl.col("platform") == name) & (pl.col("reports") > 1))
        count(f"again.{name}", twice)
    for name in weights.happened.credibility:
        count(f"credibility.{name}", rows.filter(pl.col("credibility") == name))
    columns["weapon"] = _tells(cases, "named", weights).astype(float)
    columns["direction"] = _tells(cases, "aimed", weights).astype(float)
    eyes = np.bincount(rows["case"].to_numpy(), minlength=n)
    columns["another"] = np.maximum(eyes - 1, 0).astype(float)
    return tuple(columns), np.column_stack(list(columns.values()))
