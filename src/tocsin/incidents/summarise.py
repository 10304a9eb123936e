"""Groups of reports as the rows of INCIDENTS and MEMBERS.

The founder is the event that arrived first; the incident's id is minted from it, so
that it does not change when more arrives. Place and time are means by precision, their
errors widened where the members fit worse than they say (Birge's ratio). Copies,
warnings and claims move nothing. Forces sighted and outgoing fire are never averaged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.incidents.arrays import Flags, Ints, Reals
from tocsin.incidents.copies import Copies
from tocsin.incidents.merge import Groups
from tocsin.incidents.reports import (
    EVENT,
    KINDS,
    OUTGOING,
    PERIOD_COUNT,
    SIGHTING,
    Reports,
)
from tocsin.incidents.roots import count_independent
from tocsin.model import MEMBERS, OUTGOING_FLOOR_M, SourceDescription, incidents_schema

__all__ = ["Membership", "mint", "tables"]

GRID_DEG = 0.01  # grid of outgoing fire, as at intake
NEVER = np.iinfo(np.int64).max
EQUAL = 1e-9  # relative difference that is rounding


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """For each report the incident that it belongs to.

    Attributes:
        home: index of the first report of its incident; -1 where it has none.
        tie: log-likelihood ratio that ties it in; NaN where alone.
        copy: True where it is a copy of another report.
        chosen: reports that were compared by place and time.
        groups: their groups.
    """

    home: Ints
    tie: Reals
    copy: Flags
    chosen: Ints
    groups: Groups


def mint(origin: str, founder: str) -> str:
    """Id of the incident that this observation founded.

    >>> mint("exercise", "a")[:12]
    '26f4a7882f34'
    """
    return hashlib.sha256(f"incident\n{origin}\n{founder}".encode()).hexdigest()


def tables(
    reports: Reports,
    copies: Copies,
    membership: Membership,
    sources: Sequence[SourceDescription],
    parties: Sequence[str],
) -> tuple[pa.Table, pa.Table]:
    """INCIDENTS by begin and id, every party's probability 0; and MEMBERS."""
    sums = _sums(reports, membership)
    n = len(sums.home)
    names = reports.ids.gather(sums.founder).to_list()
    minted = pl.Series([mint(reports.origin, name) for name in names], dtype=pl.String)
    n_independent = count_independent(
        reports,
        copies.family,
        sums.member,
        sums.incident,
        sources=sources,
        n_incidents=n,
    )
    known = pl.Series(sums.received).cast(pl.Datetime("us", "UTC"))
    columns = {
        "incident_id": minted,
        "origin": pl.repeat(reports.origin, n, dtype=pl.String, eager=True),
        "kind": _kinds(reports, sums),
        **_times(reports, membership, sums),
        **_places(reports, membership, sums),
        "n_observations": sums.n,
        "n_independent": n_independent,
        **{f"p_{party}": np.zeros(n) for party in parties},
        "p_undetermined": np.ones(n),
        "version": np.ones(n, dtype=np.int64),
        "known_at": known.zip_with(pl.Series(sums.received < NEVER), known.clear(n)),
    }
    incidents = pl.DataFrame(columns).sort("t_start", "incident_id")
    return (
        incidents.to_arrow().cast(incidents_schema(parties)),
        _members(reports, membership, sums, minted),
    )


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Members sorted by incident, and what each incident has of them.

    ``own`` counts the events that are no copies; ``best_place`` and ``best_time`` are
    the reports among them with the smallest errors, -1 where none has a place.
    """

    home: Ints
    member: Ints
    incident: Ints
    n: Ints
    founder: Ints
    received: Ints
    outgoing: Flags
    sighting: Flags
    own: Ints
    own_member: Flags
    best_place: Ints
    best_time: Ints


def _sums(reports: Reports, membership: Membership) -> _Sums:
    member = np.flatnonzero(membership.home >= 0)
    member = member[np.argsort(membership.home[member], kind="stable")]
    home, start, incident, n = np.unique(
        membership.home[member],
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    nature, role = reports.nature[member], reports.role[member]
    event = (nature == EVENT) | (nature == PERIOD_COUNT)
    own = event & ~membership.copy[member]
    received = reports.received[member]
    groups = (member, incident.reshape(-1), start)
    return _Sums(
        home=home,
        member=member,
        incident=incident.reshape(-1),
        n=n,
        founder=_least(received.astype(float), event, *groups),
        received=np.maximum.reduceat(received, start) if n.size else received,
        outgoing=_any(role == OUTGOING, start),
        sighting=_any(role == SIGHTING, start),
        own=np.bincount(incident.reshape(-1)[own], minlength=len(home)),
        own_member=own,
        best_place=_best_placed(reports, own, groups),
        best_time=_least(reports.var_t[member], own, *groups),
    )


def _best_placed(reports: Reports, own: Flags, groups: tuple[Ints, Ints, Ints]) -> Ints:
    """The best placed report of each incident; of equals the one that came first.

    So no later arrival that is no better moves a gun: whoever collects what is shown at
    one knowledge time after the other learns of one place, and has no mean to take.
    """
    member, incident, _ = groups
    spread = reports.cov[member, 0] + reports.cov[member, 2]
    placed = own & reports.placed[member]
    best = _least(spread, placed, *groups)
    least = np.append(reports.cov[:, 0] + reports.cov[:, 2], np.inf)[best]
    equal = placed & (spread <= least[incident] * (1 + EQUAL))
    return _least(reports.received[member].astype(float), equal, *groups)


def _any(flags: Flags, start: Ints) -> Flags:
    return np.logical_or.reduceat(flags, start) if start.size else flags


def _least(
    values: Reals,
    among: Flags,
    member: Ints,
    incident: Ints,
    start: Ints,
) -> Ints:
    """The first member of each incident with the smallest value; -1 where none may."""
    if not start.size:
        return member
    values = np.where(among, values, np.inf)
    least = np.minimum.reduceat(values, start)[incident]
    candidate = np.where(among & (values == least), member, NEVER)
    first = np.minimum.reduceat(candidate, start)
    return np.where(first == NEVER, -1, first)


def _kinds(reports: Reports, sums: _Sums) -> pl.Series:
    """The kind that most reports name; of equals the first in the vocabulary."""
    kind = reports.kind[sums.member]
    named = sums.own_member & (kind > 0)
    both, n = np.unique(
        sums.incident[named] * len(KINDS) + kind[named], return_counts=True
    )
    incident, kind = np.divmod(both, len(KINDS))
    order = np.lexsort((kind, -n, incident))
    found, first = np.unique(incident[order], return_index=True)
    names = np.zeros(len(sums.home), dtype=np.int64)
    names[found] = kind[order][first]
    return pl.Series([None, *KINDS[1:]], dtype=pl.String).gather(names)


def _times(
    reports: Reports, membership: Membership, sums: _Sums
) -> dict[str, pl.Series]:
    """Of one report its own interval; of more their mean, as long as the best-timed."""
    at, several, birge = _of_group(membership, sums)
    groups, home = membership.groups, sums.home
    t, half = reports.t[home].copy(), reports.half[home].copy()
    sigma = reports.t_sigma[home].copy()
    t[several] = groups.t[at]
    half[several] = reports.half[sums.best_time[several]]
    sigma[several] = np.sqrt(groups.var_t[at]) * birge
    return {
        "t_start": _instants(t - half),
        "t_end": _instants(t + half),
        "t_sigma_s": pl.Series(sigma),
    }


def _instants(seconds: Reals) -> pl.Series:
    whole = pl.Series(np.round(seconds * 1e6).astype(np.int64))
    return whole.cast(pl.Datetime("us", "UTC"))


def _of_group(membership: Membership, sums: _Sums) -> tuple[Ints, Ints, Reals]:
    """Incidents of several reports: their groups, which they are, Birge's ratio."""
    several = np.flatnonzero((sums.own > 1) & np.isin(sums.home, membership.chosen))
    at = np.searchsorted(membership.chosen, sums.home[several])
    freedom = 3 * (sums.own[several] - 1)
    return at, several, np.sqrt(np.maximum(membership.groups.misfit[at] / freedom, 1.0))


def _places(
    reports: Reports, membership: Membership, sums: _Sums
) -> dict[str, pl.Series]:
    """The mean by precision; of forces and outgoing fire the best single report."""
    at, several, birge = _of_group(membership, sums)
    groups, home = membership.groups, sums.home
    lon, lat = reports.lon[home].copy(), reports.lat[home].copy()
    sigma = np.sqrt(reports.cov[home][:, [0, 2]].mean(axis=1))
    lon[several] = (groups.lon[at] + 180) % 360 - 180
    lat[several] = groups.lat[at]
    sigma[several] = np.sqrt(groups.cov[at][:, [0, 2]].mean(axis=1)) * birge
    single = np.flatnonzero((sums.outgoing | sums.sighting) & (sums.best_place >= 0))
    best = sums.best_place[single]
    lon[single], lat[single] = reports.lon[best], reports.lat[best]
    sigma[single] = np.sqrt(reports.cov[best][:, [0, 2]].max(axis=1))
    sigma = np.maximum(sigma, _least_reach(reports, sums))
    out = sums.outgoing
    lon[out], lat[out] = _to_grid(lon[out]), _to_grid(lat[out])
    sigma[out] = np.maximum(sigma[out], OUTGOING_FLOOR_M)
    sigma[np.isnan(lon)] = np.nan
    places = {"lon": lon, "lat": lat, "sigma_m": sigma}
    return {name: pl.Series(column).fill_nan(None) for name, column in places.items()}


def _least_reach(reports: Reports, sums: _Sums) -> Reals:
    """Of incidents that were seen in sectors only, the smallest sector; else 0.

    A sector is no point: shown as one, its error reaches to its farthest corner.
    """
    least = np.full(len(sums.home), np.inf)
    placed = sums.own_member & reports.placed[sums.member]
    np.minimum.at(least, sums.incident[placed], reports.reach[sums.member[placed]])
    return np.where(np.isfinite(least), least, 0.0)


def _to_grid(degrees: Reals) -> Reals:
    return np.round(np.round(degrees / GRID_DEG) * GRID_DEG, 6)


def _members(
    reports: Reports, membership: Membership, sums: _Sums, minted: pl.Series
) -> pa.Table:
    """MEMBERS, an incident's together; the founder is tied in by nothing."""
    llr = membership.tie[sums.member].copy()
    llr[np.isin(sums.member, sums.founder)] = np.nan
    frame = pl.DataFrame({
        "observation_id": reports.ids.gather(sums.member),
        "incident_id": minted.gather(sums.incident),
        "llr": pl.Series(llr).fill_nan(None),
    })  # fmt: skip
    return frame.to_arrow().cast(MEMBERS)
