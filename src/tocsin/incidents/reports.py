"""What each observation says of place, time and kind, as arrays.

In: OBSERVATIONS and the descriptions of their sources. Out: :class:`Reports`, one
entry for each observation in *canonical order* (by begin, then id), so that nothing
that follows can depend on the order in which rows arrived.

A sector (observer, bearing, width, range band) becomes the centroid and the covariance
of the ring segment. A place known by name only stays without coordinates: it is never
merged by place. What cannot be used is an issue, and stays in the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.errors import OriginsMixed
from tocsin.incidents.arrays import Flags, Ints, Reals
from tocsin.incidents.params import Params
from tocsin.model import OBSERVATIONS, Issue, ObservationKind, SourceDescription, Where
from tocsin.model.tables import conform

__all__ = ["KINDS", "METRES_PER_DEGREE", "Reports", "read_reports"]

METRES_PER_DEGREE = 111_195.08  # mean Earth radius of 6,371,008.8 m (IUGG)
KINDS = ("", *ObservationKind)
NATURES = ("event", "period_count", "warning", "claim")
EVENT, PERIOD_COUNT, WARNING, CLAIM = range(4)
ROLES = {"outgoing": 1, "impact": 2, "airburst": 2}
ROLE_OF_KIND = {"crater": 2, "damage": 2, "casualty": 2, "airburst": 2}
SIGHTINGS = ("weapon_presence", "military_presence", "position_new")
OUTGOING, SIGHTING = 1, 3
COLUMNS = (
    "observation_id", "origin", "source_id", "nature", "platform", "kind", "assessment",
    "t_start", "t_end", "t_sigma_s", "received_at", "lon", "lat", "sigma_m",
    "observer_lon", "observer_lat", "bearing_deg", "width_deg", "range_min_m",
    "range_max_m", "derived_from", "raw_ref",
)  # fmt: skip


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """Observations in canonical order; every array has one entry for each of them.

    Attributes:
        row: row of the observation in the table given.
        kind: index into :data:`KINDS`; 0 for unknown.
        group: number of the group of kinds that may be one event; 0 for unknown.
        role: 1 at the gun, 2 where it fell, 3 a sighting of forces, 0 unknown.
        lon, lat: degrees; NaN where no place is known.
        cov: (n, 3) covariance of the place, m^2: east-east, east-north, north-north.
        reach: from the centroid of a sector to its farthest corner, metres; 0: a point.
        t: middle of the interval, seconds since 1970; half: half its length.
        var_t: variance of the time, s^2, the interval's length included.
        received: microseconds since 1970; the largest integer where unknown.
        source: index into ``sources``.
        once: one bit for each source that tells its own events apart, else 0.
        usable: False for what an issue keeps out of incidents.
        silent_place, silent_time: True where neither the row nor its source's
            description states the error, so that the platform's stands in.
    """

    row: Ints
    ids: pl.Series
    origin: str
    nature: Ints
    kind: Ints
    group: Ints
    role: Ints
    lon: Reals
    lat: Reals
    cov: Reals
    reach: Reals
    t: Reals
    half: Reals
    t_sigma: Reals
    var_t: Reals
    received: Ints
    source: Ints
    once: Ints
    sources: tuple[str, ...]
    platform: Ints
    derived_from: pl.Series
    usable: Flags
    silent_place: Flags
    silent_time: Flags

    def __len__(self) -> int:
        return len(self.row)

    @property
    def placed(self) -> Flags:
        """True where a place is known."""
        return ~np.isnan(self.lon)


def read_reports(
    observations: pa.Table, sources: Sequence[SourceDescription], params: Params
) -> tuple[Reports, tuple[Issue, ...]]:
    """The observations as arrays, and an issue for each thing that is wrong in them.

    Raises:
        OriginsMixed: observed, exercise and imagined rows were given together.
    """
    table = conform(observations, OBSERVATIONS, what="observations").select(COLUMNS)
    rows = _canonical(pl.DataFrame(table))
    errors = _errors(rows, sources, params)
    times = _times(rows, errors["t_sigma_s"], params)
    lon, lat, cov, reach = _places(rows, errors["sigma_m"], params)
    backwards = rows["t_end"].to_numpy() < rows["t_start"].to_numpy()
    repeated = ~rows["observation_id"].is_first_distinct().to_numpy()
    kind = _codes(rows["kind"], KINDS)
    source_ids = tuple(rows["source_id"].unique().sort())
    reports = Reports(
        row=rows["row"].to_numpy(),
        ids=rows["observation_id"],
        origin=_one_origin(rows["origin"]),
        nature=_codes(rows["nature"], NATURES),
        kind=kind,
        group=_groups(params)[kind],
        role=_roles(rows),
        lon=lon,
        lat=lat,
        cov=cov,
        reach=reach,
        received=_received(rows["received_at"]),
        source=_codes(rows["source_id"], source_ids),
        once=_once(source_ids, sources)[_codes(rows["source_id"], source_ids)],
        sources=source_ids,
        platform=_codes(rows["platform"], ("", *params.platforms)),
        derived_from=rows["derived_from"],
        usable=~(backwards | repeated),
        silent_place=errors["silent_sigma_m"].to_numpy() & ~np.isnan(lon),
        silent_time=errors["silent_t_sigma_s"].to_numpy(),
        **times,
    )
    return reports, tuple(_issues(rows, backwards, repeated, reports.placed))


def _canonical(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    return rows.sort("t_start", "observation_id", "raw_ref", maintain_order=False)


def _one_origin(origins: pl.Series) -> str:
    found = sorted(origins.unique())
    if len(found) > 1:
        raise OriginsMixed(
            f"observations are {' and '.join(found)}; fuse each origin by itself"
        )
    return found[0] if found else "observed"


def _codes(column: pl.Series, names: Sequence[str]) -> Ints:
    """Index of each value in ``names``; 0 for null and for what is not there."""
    return (
        column.cast(pl.String)
        .replace_strict(
            list(names), range(len(names)), default=0, return_dtype=pl.Int64
        )
        .fill_null(0)
        .to_numpy()
    )


def _once(source_ids: Sequence[str], sources: Sequence[SourceDescription]) -> Ints:
    """A bit for each source of which two rows are never one event.

    Beyond 62 such sources two may share a bit: then they are not put together.
    """
    apart = [s.id for s in sources if s.row_is_event]
    bits = {name: 1 << (n % 62) for n, name in enumerate(apart)}
    return np.array([bits.get(name, 0) for name in source_ids] or [0], dtype=np.int64)


def _groups(params: Params) -> Ints:
    group_of = params.group_of()
    return np.array([group_of.get(kind, 0) for kind in KINDS], dtype=np.int64)


def _roles(rows: pl.DataFrame) -> Ints:
    of_kind = {**ROLE_OF_KIND, **dict.fromkeys(SIGHTINGS, SIGHTING)}
    role = pl.coalesce(
        pl.when(pl.col("kind") == "muzzle_flash").then(OUTGOING),
        pl.col("assessment").replace_strict(ROLES, default=None, return_dtype=pl.Int64),
        pl.col("kind").replace_strict(of_kind, default=0, return_dtype=pl.Int64),
        pl.lit(0, dtype=pl.Int64),
    )
    return rows.select(role).to_series().to_numpy()


def _received(column: pl.Series) -> Ints:
    never = np.iinfo(np.int64).max
    return column.cast(pl.Int64).fill_null(never).to_numpy()


def _errors(
    rows: pl.DataFrame, sources: Sequence[SourceDescription], params: Params
) -> pl.DataFrame:
    """Standard errors: the row's own, else its source's, else its platform's."""
    silent = params.platforms["unknown"]

    def stated(name: str) -> pl.Expr:
        own = pl.when(pl.col(name).is_finite() & (pl.col(name) >= 0)).then(name)
        source = {
            s.id: getattr(s, name) for s in sources if getattr(s, name) is not None
        }
        described = pl.col("source_id").replace_strict(
            source, default=None, return_dtype=pl.Float64
        )
        return pl.coalesce(own, described)

    def of(name: str) -> pl.Expr:
        platform = {p: getattr(e, name) for p, e in params.platforms.items()}
        assumed = pl.col("platform").replace_strict(
            platform, default=None, return_dtype=pl.Float64
        )
        return pl.coalesce(stated(name), assumed, pl.lit(getattr(silent, name)))

    sector = pl.col("lon").is_null() & pl.col("observer_lon").is_not_null()
    return rows.select(
        of("sigma_m").alias("sigma_m"),
        of("t_sigma_s").alias("t_sigma_s"),
        silent_sigma_m=stated("sigma_m").is_null() & ~sector,
        silent_t_sigma_s=stated("t_sigma_s").is_null(),
    )


def _times(rows: pl.DataFrame, t_sigma: pl.Series, params: Params) -> dict[str, Reals]:
    start = rows["t_start"].cast(pl.Int64).to_numpy() / 1e6
    end = rows["t_end"].cast(pl.Int64).to_numpy() / 1e6
    half = np.maximum(end - start, 0.0) / 2
    sigma = t_sigma.to_numpy()
    floored = np.maximum(sigma, params.floors.t_sigma_s)
    return {
        "t": (start + end) / 2,
        "half": half,
        "t_sigma": sigma,
        "var_t": floored**2 + half**2 / 3,  # variance of a uniform interval
    }


def _places(
    rows: pl.DataFrame, sigma_m: pl.Series, params: Params
) -> tuple[Reals, Reals, Reals, Reals]:
    lon, lat = _inside(rows["lon"], 180), _inside(rows["lat"], 90)
    point = ~np.isnan(lon + lat)
    variance = np.maximum(sigma_m.to_numpy(), params.floors.sigma_m) ** 2
    cov = np.stack([variance, np.zeros_like(variance), variance], axis=1)
    lon[~point] = lat[~point] = np.nan
    seen = np.flatnonzero(~point & rows["observer_lon"].is_not_null().to_numpy())
    reach = np.zeros(len(lon))
    lon[seen], lat[seen], cov[seen], reach[seen] = _sectors(rows[seen], params)
    return lon, lat, cov, reach


def _inside(column: pl.Series, bound: float) -> Reals:
    values = column.fill_null(np.nan).to_numpy().astype(float, copy=True)
    values[~(np.abs(values) <= bound)] = np.nan
    return values


def _sectors(rows: pl.DataFrame, params: Params) -> tuple[Reals, Reals, Reals, Reals]:
    """Centroid, covariance and reach of each ring segment; NaN where a row has none.

    Moments of a segment of half-width w between radii a and b, along its bearing:
    E[r] = 2/3 (b^3 - a^3)/(b^2 - a^2), E[cos] = sin w / w, E[r^2] = (a^2 + b^2)/2,
    E[cos^2] = (1 + sin 2w / 2w)/2.
    """
    lon, lat = _inside(rows["observer_lon"], 180), _inside(rows["observer_lat"], 90)
    bearing = np.radians(_inside(rows["bearing_deg"], 360))
    width = rows["width_deg"].fill_null(params.floors.width_deg).to_numpy()
    w = np.radians(np.clip(width, 1.0, 360.0)) / 2
    a = np.maximum(rows["range_min_m"].fill_null(0.0).to_numpy(), 0.0)
    b = rows["range_max_m"].fill_null(params.floors.range_m).to_numpy()
    b = np.maximum(b, a + params.floors.sigma_m)
    along = 2 / 3 * (b**3 - a**3) / (b**2 - a**2) * np.sin(w) / w
    square, tilt = (a**2 + b**2) / 2, np.sin(2 * w) / (2 * w)
    floor = params.floors.sigma_m**2
    var_along = np.maximum(square * (1 + tilt) / 2 - along**2, floor)
    var_across = np.maximum(square * (1 - tilt) / 2, floor)
    east, north = np.sin(bearing), np.cos(bearing)
    cov = np.stack(
        [
            var_along * east**2 + var_across * north**2,
            (var_along - var_across) * east * north,
            var_along * north**2 + var_across * east**2,
        ],
        axis=1,
    )
    metres = METRES_PER_DEGREE
    shift = along * east / (metres * np.maximum(np.cos(np.radians(lat)), 0.01))
    lat = lat + along * north / metres
    lon = (lon + shift + 180) % 360 - 180
    return (
        np.where(np.isnan(lat), np.nan, lon),
        np.where(np.isnan(lon), np.nan, lat),
        cov,
        _reach(along, a, b, w),
    )


def _reach(along: Reals, near: Reals, far: Reals, half_width: Reals) -> Reals:
    """From the centroid to the farthest point of the segment.

    The law of cosines over its corners; beyond a right angle the far arc's end lies on
    the other side of the observer.
    """
    cos = np.cos(half_width)
    corners = [np.sqrt(along**2 + r**2 - 2 * along * r * cos) for r in (near, far)]
    return np.asarray(np.maximum(np.maximum(*corners), far - along))


def _issues(
    rows: pl.DataFrame, backwards: Flags, repeated: Flags, placed: Flags
) -> Iterator[Issue]:
    lon, lat = pl.col("lon"), pl.col("lat")
    outside = (lon.abs() <= 180).not_() | (lat.abs() <= 90).not_()  # noqa: PLR2004
    wrong = rows.select(
        place=outside.fill_null(False),
        sigma=(pl.col("sigma_m") < 0).fill_null(False)
        | (pl.col("t_sigma_s") < 0).fill_null(False),
    )
    yield from _each(
        rows, backwards, "time_invalid", "ends before it begins: kept out of incidents"
    )
    yield from _each(
        rows, repeated, "duplicate_row", "has an id that another row has: counted once"
    )
    yield from _each(
        rows, wrong["place"].to_numpy(), "place_invalid",
        "has a coordinate outside its range: taken as of unknown place",
    )  # fmt: skip
    yield from _each(
        rows, wrong["sigma"].to_numpy(), "value_invalid",
        "has a negative uncertainty: its source's or platform's is used",
    )  # fmt: skip
    no_sigma = placed & rows["lon"].is_not_null().to_numpy()
    no_sigma &= rows["sigma_m"].is_null().to_numpy()
    for source, n in rows.filter(no_sigma)["source_id"].value_counts(sort=True).rows():
        yield Issue(
            code="value_missing",
            where=Where(file=source, field="sigma_m"),
            message=f"{n} rows state no uncertainty of place",
            repair="state sigma_m in the rows or in the source's description",
            warning=True,
        )


def _each(rows: pl.DataFrame, where: Flags, code: str, what: str) -> Iterator[Issue]:
    chosen = rows.select("observation_id", "raw_ref").filter(where)
    for observation_id, raw_ref in chosen.iter_rows():
        file, _, line = raw_ref.rpartition("#")
        place = (
            Where(file=file, line=int(line))
            if line.isdecimal() and file
            else Where(file=raw_ref)
        )
        yield Issue(
            code=code,
            where=place,
            message=f"the observation {what}",
            evidence=(observation_id,),
            warning=True,
        )
