"""What fusion learns from the data as a whole, frozen: an epoch.

The score of a pair weighs "one event" against "two events that lie this close by
chance", so it needs the local rate of reports and how common each kind is. If every
new report changed them, every score would change with every report. So they are
estimated once, frozen as an :class:`Epoch` and named by a version; a new epoch is an
explicit new run.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np

from tocsin.incidents.arrays import Ints, Reals
from tocsin.incidents.params import Params, RateParams
from tocsin.incidents.reports import KINDS, METRES_PER_DEGREE, Reports
from tocsin.model import encode

__all__ = [
    "FORBIDDEN",
    "Epoch",
    "RateMap",
    "codes",
    "estimate_epoch",
    "quiet_epoch",
    "versioned",
]

FORBIDDEN = -1e18
"""Score of two kinds that never are one event."""
ROLES = 4


class RateMap(msgspec.Struct, frozen=True, kw_only=True):
    """Reports per square metre and second, by cell; see :func:`_rate_map`."""

    params: RateParams
    overall: float
    wide_cells: Ints
    wide_rates: Reals
    cells: Ints
    rates: Reals

    def log_rate(self, lon: Reals, lat: Reals, t: Reals) -> Reals:
        """Logarithm of the rate at each place and time."""
        cell, wide = _cells(lon, lat, t, self.params)
        fallback = _look_up(self.wide_cells, self.wide_rates, wide, self.overall)
        a, volume = self.params.shrink, _volume(self.params)
        empty = a / (volume + a / fallback)
        return np.log(_look_up(self.cells, self.rates, cell, empty))


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is estimated from the data, and its version.

    Attributes:
        rate: the local rate of reports.
        kind_terms: (codes, codes) log-likelihood ratio of two kinds and roles.
        place_scale: source id -> factor on its stated errors of place.
        time_scale: source id -> factor on its stated errors of time.
        place_default: platform -> factor on what is assumed where nobody states an
            error of place; ``unknown`` where no platform is known either.
        time_default: the same for times.
        version: hash of all of these and of the parameters.
    """

    rate: RateMap
    kind_terms: Reals
    place_scale: dict[str, float]
    time_scale: dict[str, float]
    place_default: dict[str, float] = {}
    time_default: dict[str, float] = {}
    version: str


def codes(reports: Reports, chosen: Ints) -> Ints:
    """Kind and role of each chosen report as one index into ``kind_terms``."""
    return reports.kind[chosen] * ROLES + reports.role[chosen]


def estimate_epoch(reports: Reports, chosen: Ints, params: Params) -> Epoch:
    """The epoch of these reports, with the stated errors taken at their word.

    Args:
        reports: all reports.
        chosen: indices of those that are placed and may be members of incidents.
        params: see ``fusion.toml``.
    """
    rate = _rate_map(
        reports.lon[chosen], reports.lat[chosen], reports.t[chosen], params.rate
    )
    kind_terms = _kind_terms(reports.kind[chosen], params)
    bare = Epoch(
        rate=rate, kind_terms=kind_terms, place_scale={}, time_scale={}, version=""
    )
    return versioned(bare, params)


def quiet_epoch(params: Params) -> Epoch:
    """The epoch before anything is known: one rate everywhere, all kinds alike."""
    nothing = np.empty(0, dtype=np.int64)
    rate = RateMap(
        params=params.rate,
        overall=params.rate.start,
        wide_cells=nothing,
        wide_rates=np.empty(0),
        cells=nothing,
        rates=np.empty(0),
    )
    kind_terms = _kind_terms(nothing, params)
    bare = Epoch(
        rate=rate, kind_terms=kind_terms, place_scale={}, time_scale={}, version=""
    )
    return versioned(bare, params)


def versioned(epoch: Epoch, params: Params) -> Epoch:
    """The epoch with the hash of its content as version."""
    factors = [
        epoch.place_scale, epoch.time_scale, epoch.place_default, epoch.time_default,
    ]  # fmt: skip
    digest = hashlib.sha256(encode([params, factors]))
    rate = epoch.rate
    for array in (rate.cells, rate.rates, rate.wide_rates, epoch.kind_terms):
        digest.update(np.ascontiguousarray(array).tobytes())
    return msgspec.structs.replace(epoch, version=digest.hexdigest()[:16])


def _rate_map(lon: Reals, lat: Reals, t: Reals, params: RateParams) -> RateMap:
    """Counts by cell, shrunk to the wide cell around, and that to the whole.

    With n reports in a volume V and a prior rate r worth a reports, the estimate is
    (n + a) / (V + a / r): the posterior mean of a Poisson rate under a Gamma prior.
    """
    cell, wide = _cells(lon, lat, t, params)
    volume, a = _volume(params), params.shrink
    wide_volume = volume * params.wide**3
    wide_cells, wide_n = np.unique(wide, return_counts=True)
    overall = max(len(lon), 1) / (max(len(wide_cells), 1) * wide_volume)
    wide_rates = (wide_n.astype(float) + a) / (wide_volume + a / overall)
    cells, first, n = np.unique(cell, return_index=True, return_counts=True)
    around = wide_rates[np.searchsorted(wide_cells, wide[first])]
    return RateMap(
        params=params,
        overall=overall,
        wide_cells=wide_cells,
        wide_rates=wide_rates,
        cells=cells,
        rates=(n.astype(float) + a) / (volume + a / around),
    )


def _volume(params: RateParams) -> float:
    return params.cell_m**2 * params.cell_s


def _cells(lon: Reals, lat: Reals, t: Reals, params: RateParams) -> tuple[Ints, Ints]:
    """Numbers of the cell and of the wide cell of each place and time."""
    row = np.floor(lat * METRES_PER_DEGREE / params.cell_m)
    middle = np.radians((row + 0.5) * params.cell_m / METRES_PER_DEGREE)
    east = lon * METRES_PER_DEGREE * np.maximum(np.cos(middle), 0.01)
    column, day = np.floor(east / params.cell_m), np.floor(t / params.cell_s)
    return _key(row, column, day), _key(
        row // params.wide, column // params.wide, day // params.wide
    )


def _key(row: Reals, column: Reals, day: Reals) -> Ints:
    packed = (row.astype(np.int64) + (1 << 19)) << 43
    packed |= (column.astype(np.int64) + (1 << 20)) << 22
    return packed | (day.astype(np.int64) + (1 << 21))


def _look_up(
    keys: Ints,
    values: Reals,
    wanted: Ints,
    default: Reals | float,
) -> Reals:
    if not keys.size:
        return np.broadcast_to(default, wanted.shape).astype(float)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], default)


def _kind_terms(kind: Ints, params: Params) -> Reals:
    """How much two kinds speak for one event, for all kinds and roles.

    log P(kinds | one event) - log P(kinds | two events).

    Of one event the second observer reports the first one's kind with probability
    ``agree``, else any kind of its group as it is common. An unknown kind says
    nothing, but never joins a restriction or jamming: those are cases of their own.
    """
    group_of = params.group_of()
    group = np.array([group_of.get(name, 0) for name in KINDS])
    n = np.bincount(kind, minlength=len(KINDS)).astype(float)
    n += params.kinds.pseudo / len(KINDS)
    of_group = np.bincount(group[1:], weights=n[1:], minlength=group.max() + 1)[group]
    of_group[0] = n[0]  # the unknown kind; its terms are set below
    share, agree = n / of_group, params.kinds.agree
    log_group = np.log(of_group / n[1:].sum())
    terms = np.full((len(KINDS), len(KINDS)), np.log(1 - agree)) - log_group
    np.fill_diagonal(terms, np.log(agree / share + (1 - agree)) - log_group)
    terms[group[:, None] != group[None, :]] = FORBIDDEN
    _unknown_kind(terms, group, group_of)
    return _with_roles(terms)


def _unknown_kind(terms: Reals, group: Ints, group_of: dict[str, int]) -> None:
    alone = {group_of.get("restriction"), group_of.get("jamming"), group_of.get("calm")}
    silent = np.where(np.isin(group, [g for g in alone if g]), FORBIDDEN, 0.0)
    terms[0, :] = terms[:, 0] = silent
    terms[0, 0] = 0.0


def _with_roles(terms: Reals) -> Reals:
    """What is seen at the gun and what is seen where it fell are two places."""
    role = np.arange(ROLES)
    clash = (role[:, None] != role) & (role[:, None] > 0) & (role > 0)
    clashes = np.where(clash, FORBIDDEN, 0.0)
    wide = np.kron(terms, np.ones((ROLES, ROLES))) + np.tile(clashes, terms.shape)
    return np.asarray(np.maximum(wide, FORBIDDEN))
