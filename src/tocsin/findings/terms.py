"""The terms of attribution: what each kind of evidence says for each party.

Each term gives one number for each incident and party, the logarithm of how well that
party's doing it explains the evidence; only differences between parties count. A term
that has nothing to say is 0 for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.special import i0e

from tocsin.findings.cases import (
    BOTH,
    FIRE,
    FLIGHT,
    IMPACT,
    JAMMING,
    NO_ROLE,
    Cases,
    Reals,
)
from tocsin.findings.ground import DIRECTIONS, Held, around, by_layer, shares
from tocsin.findings.happened import whether
from tocsin.findings.near import from_the_line
from tocsin.findings.weights import Weights
from tocsin.model.control import Control

__all__ = ["TERMS", "Terms", "own_share", "weigh"]

TERMS = ("line", "bearing", "range", "claims", "interested claims")
"""The terms, in the order in which they are printed."""

EVEN = 0.5
BEYOND = 1.1  # a little more than the usual range is not out of range


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of all cases, each (n, parties), against the mean of the others.

    Attributes:
        values: one array for each of :data:`TERMS`.
        held: share of each place on each party's ground, (n, parties); NaN where no
            layer applies.
        away_m: metres from the other side's ground, (n,); NaN where unknown.
        whether: the terms on whether it happened at all, each (n,), and
        whether_bare: the same without the control layer.
    """

    values: dict[str, Reals]
    held: Reals
    away_m: Reals
    whether: dict[str, Reals]
    whether_bare: dict[str, Reals]


def weigh(
    cases: Cases, parties: Sequence[str], control: Control | None, weights: Weights
) -> Terms:
    """All terms of all cases."""
    n = (len(cases), len(parties))
    values = {term: np.zeros(n) for term in TERMS}
    held, away = np.full(n, np.nan), np.full(len(cases), np.nan)
    for term, proof in (("claims", True), ("interested claims", False)):
        _claims(values[term], cases, proof=proof)
    if control is not None and control.layers and len(parties) > 1:
        away = from_the_line(control, cases.lon, cases.lat, cases.t, parties)
        error = control.sigma_m
        error = weights.line.default_error_m if error is None else error
        for at, ground in by_layer(control, cases.t, parties):
            placed = at[~np.isnan(cases.lon[at])]
            _line(values["line"], held, placed, cases, ground, error, weights)
            _ground_around(values, placed, cases, ground, error, weights)
    return Terms(
        values={k: _centred(v) for k, v in values.items()},
        held=held,
        away_m=away,
        whether=whether(cases, away, weights),
        whether_bare=whether(cases, None, weights),
    )


def own_share(cases: Cases, weights: Weights) -> Reals:
    """How likely what is seen on a party's ground is its own doing, (n,)."""
    by = weights.line
    fire = cases.at_source * by.own_ground_source
    fire += (1 - cases.at_source) * by.own_ground_impact
    other = {FLIGHT: by.own_ground_flight, JAMMING: by.own_ground_jamming}
    return np.select([cases.role == k for k in other], list(other.values()), fire)


def _centred(values: Reals) -> Reals:
    """Each party against the mean of the others, so that terms add up."""
    n = values.shape[1]
    if n < 2:  # noqa: PLR2004
        return values
    return np.asarray(values - (values.sum(axis=1, keepdims=True) - values) / (n - 1))


def _claims(out: Reals, cases: Cases, *, proof: bool) -> None:
    said = cases.claims.filter(cases.claims["proof"] == proof)
    at = (said["case"].to_numpy(), said["party"].to_numpy())
    np.add.at(out, at, said["weight"].to_numpy())


def _line(
    out: Reals,
    held: Reals,
    at: np.ndarray,
    cases: Cases,
    ground: Held,
    error_m: float,
    weights: Weights,
) -> None:
    """P(place | party) from the shares of the place on each side, capped."""
    sigma = np.hypot(np.nan_to_num(cases.sigma_m[at]), error_m)
    held[at] = shares(cases.lon[at], cases.lat[at], sigma, ground)
    own = own_share(cases, weights)[at][:, None]
    n = out.shape[1]
    mine = held[at]
    others = mine.sum(axis=1, keepdims=True) - mine
    nobody = 1 - mine.sum(axis=1, keepdims=True)
    chance = mine * own + others * (1 - own) / (n - 1) + nobody / n
    chance /= chance.sum(axis=1, keepdims=True)
    chance = np.clip(chance, 1 - weights.line.most, weights.line.most)
    says = ~np.isin(cases.role[at], (NO_ROLE, BOTH))
    out[at[says]] = np.log(chance[says])


def _ground_around(
    values: dict[str, Reals],
    at: np.ndarray,
    cases: Cases,
    ground: Held,
    error_m: float,
    weights: Weights,
) -> None:
    """Bearing and range, for the cases that have either."""
    bearings = cases.bearings.filter(cases.bearings["case"].is_in(at))
    fell = np.isin(cases.role[at], (FIRE, IMPACT)) & (cases.at_source[at] < EVEN)
    known = at[fell & ~np.isnan(cases.range_m[at])]
    some = np.union1d(bearings["case"].to_numpy(), known).astype(np.int64)
    if not some.size:
        return
    far = np.nan_to_num(cases.range_m[some], nan=weights.range_m["default"])
    doubt = 2 * np.hypot(np.nan_to_num(cases.sigma_m[some]), error_m)
    far = far * BEYOND + doubt
    seen = around(cases.lon[some], cases.lat[some], far, ground)
    at_all = seen.max(axis=1)  # (n, parties): whether it has ground in range
    reachable = at_all > 0
    where = np.searchsorted(some, known)
    values["range"][known] = np.where(
        reachable[where], 0.0, np.log(weights.range_m["out_of_range"])
    )
    case = bearings["case"].to_numpy()
    said = _bearing(
        seen[np.searchsorted(some, case)],
        bearings["deg"].to_numpy(),
        bearings["kappa"].to_numpy(),
        _points_away(cases, weights)[case],
        cases.role[case] == FLIGHT,
        weights,
    )
    np.add.at(values["bearing"], case, said)


def _points_away(cases: Cases, weights: Weights) -> Reals:
    """How likely what is seen goes by the ground ahead of it, not by that behind it.

    Fire that is seen where it left goes towards the others' ground; an aircraft on its
    way home goes towards its own.
    """
    return np.where(cases.role == FLIGHT, weights.bearing.homeward, cases.at_source)


def _bearing(
    seen: Reals,
    deg: Reals,
    kappa: Reals,
    away: Reals,
    flies: np.ndarray,
    weights: Weights,
) -> Reals:
    """The logarithm of P(bearing | party), (n, parties).

    What flies comes from the direction opposite to its bearing: a party did it if its
    ground lies there. Where it left, the bearing points to the others' ground; where an
    aircraft goes home, to its own. Which of the two is seen is itself in doubt, so the
    two are mixed. The bearing is von Mises about each such direction (Mardia and Jupp,
    Directional Statistics, 2000), and now and then simply wrong.
    """
    others = seen.sum(axis=2, keepdims=True) - seen
    back = _density(seen, deg + 180, kappa)
    goal = np.where(flies[:, None, None], seen, others)
    ahead = _density(goal, deg, kappa)
    mean = (1 - away)[:, None] * back + away[:, None] * ahead
    flat = 1 / (2 * np.pi)
    false = weights.bearing.false_share
    return np.log((1 - false) * mean + false * flat)


def _density(ground: Reals, deg: Reals, kappa: Reals) -> Reals:
    """Density of a direction that may lie anywhere on this ground, (n, parties)."""
    turn = np.radians(deg[:, None] - DIRECTIONS[None, :])
    spread = kappa[:, None]
    density = np.exp(spread * (np.cos(turn) - 1)) / (2 * np.pi * i0e(spread))
    total = ground.sum(axis=1)
    mean = (ground * density[:, :, None]).sum(axis=1) / np.maximum(total, 1e-9)
    return np.asarray(np.where(total > 0, mean, 1 / (2 * np.pi)))
