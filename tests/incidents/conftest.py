"""Observations as text, and a small generated scene, for the tests of this room."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tocsin.incidents import fuse
from tocsin.model import OBSERVATIONS, SourceDescription
from tocsin.model.tables import conform
from tocsin.model.times import instant

PARTIES = ("Northland", "Southland")
REALS = {
    "lon", "lat", "sigma_m", "t_sigma_s", "observer_lon", "observer_lat", "bearing_deg",
    "width_deg", "range_min_m", "range_max_m", "fire_bearing_deg", "fire_kappa",
}  # fmt: skip
TIMES = {"t_start", "t_end", "received_at"}


def _value(column, text):
    if text == "-":
        return None
    if column in REALS:
        return float(text)
    if column == "count":
        return int(text)
    if column in TIMES:
        return instant(text if "T" in text else f"2025-03-03T{text}Z")
    return text


def table_of(text):
    """OBSERVATIONS from a table in text; `t` sets both times, `-` is unknown."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    rows = []
    for number, cells in enumerate(lines, start=1):
        row = {c: _value(c, v) for c, v in zip(head, cells, strict=True) if c != "t"}
        if "t" in head:
            row["t_start"] = row["t_end"] = _value("t_start", cells[head.index("t")])
        defaults = {
            "observation_id": row.pop("id"), "origin": "exercise", "nature": "event",
            "kind": "explosion", "source_id": "team", "raw_sha256": "0" * 64,
            "raw_ref": f"day.csv#{number}",
        }  # fmt: skip
        rows.append({**defaults, **row})
    return conform(pa.Table.from_pylist(rows, _schema(rows)), OBSERVATIONS, what="test")


def _schema(rows):
    names = {name for row in rows for name in row}
    return pa.schema([field for field in OBSERVATIONS if field.name in names])


def described(source_id, owner=None, way=None, **more):
    return SourceDescription(
        id=source_id, title=source_id, publisher=owner or source_id,
        owner=owner or source_id, way_of_knowing=way or source_id, licence="none",
        coverage={"area": "all"}, **more,
    )  # fmt: skip


def partition(fused):
    """The incidents as sets of observation ids."""
    groups = {}
    for row in fused.members.to_pylist():
        groups.setdefault(row["incident_id"], set()).add(row["observation_id"])
    return {frozenset(group) for group in groups.values()}


@pytest.fixture(scope="session")
def observed():
    return table_of


@pytest.fixture(scope="session")
def source():
    return described


@pytest.fixture(scope="session")
def groups():
    return partition


@pytest.fixture(scope="session")
def fused():
    """Fuse observations given as text or table; the outcome's records."""

    def run(given, sources=(), **more):
        table = table_of(given) if isinstance(given, str) else given
        return fuse(table, sources=sources, parties=PARTIES, **more).records

    return run


SENSORS = (  # name, platform, share of events seen, place error, time error
    ("acoustic", "acoustic_sensor", 0.55, 350.0, 20.0),
    ("camera", "static_camera", 0.3, 500.0, 15.0),
    ("uav", "mini_uav", 0.3, 100.0, 60.0),
    ("patrol", "patrol", 0.35, 900.0, 480.0),
    ("press", "open_source", 0.4, 2500.0, 2400.0),
)
KINDS = ("explosion", "burst", "shot", "projectile_in_flight", "salvo")


def scene_of(n_events, *, days, seed, stated=1.0):
    """Observations of events along a line of 400 km, and the true event of each.

    Args:
        stated: stated over true standard errors.
    """
    rng = np.random.default_rng(seed)
    east = rng.uniform(0, 400e3, n_events)
    north = 8e3 * np.sin(east / 20e3) + rng.normal(0, 3e3, n_events)
    t = rng.uniform(0, days * 86_400, n_events)
    kind = rng.integers(0, len(KINDS), n_events)
    parts = []
    for name, platform, share, sigma, t_sigma in SENSORS:
        seen = np.flatnonzero(rng.random(n_events) < share)
        n = len(seen)
        right = rng.random(n) < 0.85
        parts.append(
            pl.DataFrame(
                {
                    "event": seen,
                    "source_id": [name] * n,
                    "platform": [platform] * n,
                    "x": east[seen] + rng.normal(0, sigma, n),
                    "y": north[seen] + rng.normal(0, sigma, n),
                    "s": t[seen] + rng.normal(0, t_sigma, n),
                    "sigma_m": [sigma * stated] * n,
                    "t_sigma_s": [t_sigma * stated] * n,
                    "k": np.where(right, kind[seen], rng.integers(0, len(KINDS), n)),
                }
            )
        )
    rows = pl.concat(parts)
    rows = rows[rng.permutation(rows.height)].with_row_index("i")
    at = (1_741_000_000 + pl.col("s")) * 1e6
    at = at.cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    degree = 111_195.08
    table = rows.with_columns(
        observation_id=pl.concat_str(pl.lit("o"), pl.col("i")),
        origin=pl.lit("exercise"),
        nature=pl.lit("event"),
        kind=pl.lit(pl.Series(KINDS)).gather(pl.col("k")),
        t_start=at,
        t_end=at,
        lon=pl.col("x") / degree - 25,
        lat=pl.col("y") / degree,
        raw_sha256=pl.lit("0"),
        raw_ref=pl.concat_str(pl.lit("s#"), pl.col("i") + 1),
    )
    return conform(table.to_arrow(), OBSERVATIONS, what="scene"), rows[
        "event"
    ].to_numpy()


@pytest.fixture(scope="session")
def scene():
    return scene_of


def labels(fused, table):
    """Number of the incident of each observation; leftovers stand alone."""
    members = fused.members.to_pydict()
    found = dict(zip(members["observation_id"], members["incident_id"], strict=True))
    named = [found.get(name, name) for name in table["observation_id"].to_pylist()]
    return np.unique(named, return_inverse=True)[1]


def f1_of(label, truth):
    """Pairwise F1 of a partition against the true one."""

    def pairs(values):
        n = np.unique(values, return_counts=True)[1].astype(np.int64)
        return (n * (n - 1) // 2).sum()

    hits = pairs(label.astype(np.int64) * (truth.max() + 1) + truth)
    precision, recall = hits / max(pairs(label), 1), hits / max(pairs(truth), 1)
    return 2 * precision * recall / max(precision + recall, 1e-12)


@pytest.fixture(scope="session")
def labels_of():
    return labels


@pytest.fixture(scope="session")
def pairwise_f1():
    return f1_of
