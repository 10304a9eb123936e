"""Observations become incidents: which reports are of one event, and where and when.

In: OBSERVATIONS, the descriptions of their sources, the parties. Out: INCIDENTS (still
attributed to nobody), MEMBERS, what is left over and why, and the epoch. Refused:
rows of different origin. The order of the rows never matters.

What opens an incident: an ``event``; a ``period_count`` (its own, never merged). What
only joins one: a ``warning``, a ``claim``. What never does: ``calm``. Members and
leftover together are all observations.

Outgoing fire takes the place of its best single observation, on the grid of outgoing
fire, never finer than 1 km and never an average: Tocsin does not find firing points.

>>> import pyarrow as pa
>>> from datetime import UTC, datetime
>>> at = datetime(2025, 3, 3, 6, 0, tzinfo=UTC)
>>> def seen(name, source, platform, lon):
...     return {
...         "observation_id": name,
...         "origin": "exercise",
...         "source_id": source,
...         "platform": platform,
...         "nature": "event",
...         "kind": "explosion",
...         "t_start": at,
...         "t_end": at,
...         "t_sigma_s": 30.0,
...         "lon": lon,
...         "lat": 0.0,
...         "sigma_m": 300.0,
...         "raw_sha256": name,
...         "raw_ref": "day.csv#1",
...     }
>>> rows = pa.Table.from_pylist(
...     [
...         seen("a", "team 1", "patrol", 10.0),
...         seen("b", "cam 7", "static_camera", 10.002),
...         seen("c", "team 2", "patrol", 10.9),
...     ]
... )
>>> fused = fuse(rows, sources=(), parties=("N", "S")).records
>>> counts = fused.incidents.select(["n_observations", "n_independent"])
>>> sorted(tuple(row.values()) for row in counts.to_pylist())
[(1, 1), (2, 2)]
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.incidents.arrays import Flags, Ints
from tocsin.incidents.candidates import Points, find_pairs, shortest_cut
from tocsin.incidents.copies import Copies, find_copies
from tocsin.incidents.epoch import Epoch, codes, estimate_epoch, versioned
from tocsin.incidents.merge import Groups, merge
from tocsin.incidents.params import Params, load_params
from tocsin.incidents.reports import (
    CLAIM,
    EVENT,
    KINDS,
    PERIOD_COUNT,
    WARNING,
    Reports,
    read_reports,
)
from tocsin.incidents.roots import undescribed
from tocsin.incidents.scales import estimate_scales, sample
from tocsin.incidents.summarise import Membership, tables
from tocsin.model import Outcome, SourceDescription

__all__ = [
    "LEFTOVER",
    "Fused",
    "fusable",
    "fuse",
    "fuse_reports",
    "homes",
    "points_of",
]

UNKNOWN = ""
"""The platform of rows that name none, in an epoch's factors."""

LEFTOVER = pa.schema(
    [
        pa.field("observation_id", pa.string(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
    ]
)
"""Observations that belong to no incident: warning, claim, calm or not usable."""


class Fused(msgspec.Struct, frozen=True, kw_only=True):
    """What fusion gives.

    Attributes:
        incidents: INCIDENTS, by begin; no party has any probability yet.
        members: MEMBERS.
        leftover: observations of no incident, and why (see :data:`LEFTOVER`).
        epoch: what was learned from the data, and its version.
    """

    incidents: pa.Table
    members: pa.Table
    leftover: pa.Table
    epoch: Epoch


def fuse(
    observations: pa.Table,
    *,
    sources: Sequence[SourceDescription],
    parties: Sequence[str],
    params: Params | None = None,
    epoch: Epoch | None = None,
) -> Outcome[Fused]:
    """Incidents of these observations.

    Args:
        observations: OBSERVATIONS of one origin.
        sources: descriptions of the sources; without one a source is an issue.
        parties: the parties of the agreement, for the columns of INCIDENTS.
        params: see ``fusion.toml``; None: those that come with Tocsin.
        epoch: a frozen epoch to go by; None: estimate one from these observations.

    Raises:
        OriginsMixed: observed, exercise and imagined rows were given together.
    """
    params = params or load_params()
    reports, wrong = read_reports(observations, sources, params)
    done = fuse_reports(
        reports, sources=sources, parties=parties, params=params, epoch=epoch
    )
    issues = (*wrong, *done.issues, *undescribed(reports, sources))
    return Outcome(records=done.records, issues=issues)


def fuse_reports(
    reports: Reports,
    *,
    sources: Sequence[SourceDescription],
    parties: Sequence[str],
    params: Params,
    epoch: Epoch | None,
) -> Outcome[Fused]:
    """The same, of reports that were read before; for the arguments see above."""
    copies, rings = find_copies(reports, params)
    chosen = fusable(reports, copies)
    epoch = epoch or _epoch(reports, chosen, params)
    groups = _group(reports, chosen, epoch, params)
    membership = _membership(reports, copies, chosen, groups, params)
    incidents, members = tables(reports, copies, membership, sources, parties)
    fused = Fused(
        incidents=incidents,
        members=members,
        leftover=_leftover(reports, membership),
        epoch=epoch,
    )
    return Outcome(records=fused, issues=rings)


def _may_join(reports: Reports) -> Flags:
    calm = reports.kind == KINDS.index("calm")
    return np.asarray(reports.usable & ~calm)


def homes(reports: Reports, params: Params, epoch: Epoch) -> Ints:
    """For each report the first report of its incident, or -1; nothing is summed up."""
    copies, _ = find_copies(reports, params)
    chosen = fusable(reports, copies)
    groups = _group(reports, chosen, epoch, params)
    return _membership(reports, copies, chosen, groups, params).home


def fusable(reports: Reports, copies: Copies) -> Ints:
    """Indices of the reports that are compared with each other by place and time."""
    original = copies.copies == np.arange(len(reports))
    single = reports.nature != PERIOD_COUNT
    return np.flatnonzero(_may_join(reports) & original & single & reports.placed)


def _group(reports: Reports, chosen: Ints, epoch: Epoch, params: Params) -> Groups:
    points = points_of(reports, chosen, epoch, params)
    decide = params.decide
    pairs = find_pairs(
        points, epoch.kind_terms, gate=decide.gate, threshold=decide.threshold
    )
    return merge(
        points,
        reports.group[chosen],
        reports.role[chosen],
        pairs,
        gate=decide.gate,
        threshold=decide.threshold,
    )


def _epoch(reports: Reports, chosen: Ints, params: Params) -> Epoch:
    """The epoch of these reports, with what the sources misstate of their errors."""
    some = chosen[sample(reports.t[chosen])]
    stated = _assumed(reports, some, estimate_epoch(reports, chosen, params), params)
    scales = estimate_scales(
        points_of(reports, some, stated, params),
        reports.source[some],
        stated.kind_terms,
        params.scales,
        n_sources=len(reports.sources),
        free=(
            _silent(reports, reports.silent_place),
            _silent(reports, reports.silent_time),
        ),
        loose=params.assumed,
    )
    place = dict(zip(reports.sources, scales.place.tolist(), strict=True))
    time = dict(zip(reports.sources, scales.time.tolist(), strict=True))
    found = msgspec.structs.replace(stated, place_scale=place, time_scale=time)
    return versioned(found, params)


def _silent(reports: Reports, silent: Flags) -> Flags:
    """Sources of which half of the rows or more state no error."""
    n = len(reports.sources)
    rows = np.bincount(reports.source, minlength=n)
    return np.asarray(2 * np.bincount(reports.source[silent], minlength=n) >= rows)


def _assumed(reports: Reports, some: Ints, epoch: Epoch, params: Params) -> Epoch:
    """The epoch with what the data say of errors that nobody states.

    A platform's error is a judgement, and a row may name no platform: so the factor on
    it is estimated almost freely, for each platform as if it were one source.
    """
    silent = reports.silent_place[some] | reports.silent_time[some]
    if not silent.any():
        return epoch
    names = (UNKNOWN, *params.platforms)
    number = np.where(silent, reports.platform[some] + 1, 0)
    scales = estimate_scales(
        points_of(reports, some, epoch, params),
        number,
        epoch.kind_terms,
        params.assumed,
        n_sources=len(names) + 1,
    )
    seen = np.unique(number[silent]).tolist()
    return msgspec.structs.replace(
        epoch,
        place_default={names[k - 1]: float(scales.place[k]) for k in seen},
        time_default={names[k - 1]: float(scales.time[k]) for k in seen},
    )


def points_of(reports: Reports, chosen: Ints, epoch: Epoch, params: Params) -> Points:
    """What the search needs of these reports, by the factors of this epoch."""
    lon, lat, t = reports.lon[chosen], reports.lat[chosen], reports.t[chosen]
    place = np.array([epoch.place_scale.get(s, 1.0) for s in reports.sources] or [1.0])
    time = np.array([epoch.time_scale.get(s, 1.0) for s in reports.sources] or [1.0])
    source, platform = reports.source[chosen], reports.platform[chosen]
    names = (UNKNOWN, *params.platforms)
    of_place = np.array([epoch.place_default.get(name, 1.0) for name in names])
    of_time = np.array([epoch.time_default.get(name, 1.0) for name in names])
    place = place[source] * np.where(
        reports.silent_place[chosen], of_place[platform], 1
    )
    time = time[source] * np.where(reports.silent_time[chosen], of_time[platform], 1)
    return Points(
        lon=shortest_cut(lon),
        lat=lat,
        cos_lat=np.cos(np.radians(lat)),
        cov=reports.cov[chosen] * (place**2)[:, None],
        t=t,
        var_t=reports.var_t[chosen] * time**2,
        log_rate=epoch.rate.log_rate(lon, lat, t),
        code=codes(reports, chosen),
        follower=np.isin(reports.nature[chosen], (WARNING, CLAIM)),
        once=reports.once[chosen],
    )


def _membership(
    reports: Reports, copies: Copies, chosen: Ints, groups: Groups, params: Params
) -> Membership:
    """For each report the first report of its incident, or -1."""
    home, tie = np.full(len(reports), -1), np.full(len(reports), np.nan)
    opens = np.isin(reports.nature, (EVENT, PERIOD_COUNT)) & _may_join(reports)
    home[opens] = np.flatnonzero(opens)
    at = groups.label >= 0
    home[chosen] = np.where(at, chosen[groups.label], -1)
    tie[chosen] = groups.tie
    copy = copies.copies != np.arange(len(reports))
    home[copy] = home[copies.copies[copy]]
    tie[copy] = params.decide.copy_llr
    return Membership(home=home, tie=tie, copy=copy, chosen=chosen, groups=groups)


def _leftover(reports: Reports, membership: Membership) -> pa.Table:
    out = np.flatnonzero(membership.home < 0)
    why = np.select(
        [
            ~reports.usable[out],
            reports.kind[out] == KINDS.index("calm"),
            reports.nature[out] == WARNING,
        ],
        ["not usable: see the issues", "calm", "a warning that nothing bears out"],
        "a claim that nothing bears out",
    )
    return (
        pa.table(
            [
                reports.ids.gather(out).to_arrow().cast(pa.string()),
                pa.array(why, pa.string()),
            ],
            schema=LEFTOVER,
        )
        if len(out)
        else LEFTOVER.empty_table()
    )
