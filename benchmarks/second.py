"""A second generator of observations, of different noise than the exercise's.

After the scene of the reference measurements: a self-affine line of 1,200 km, hot spots
along it, six sensors. Errors have heavy tails (Student's t with 5 degrees of freedom,
scaled to the stated standard error), acoustic and camera places are long and thin,
satellites see a fire late, posts snap to settlements, some of them to the wrong one,
and are copied. Nothing of the package is used to make it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

METRES_PER_DEGREE = 111_195.0
KINDS = ("explosion", "burst", "shot", "projectile_in_flight", "salvo")
START_S = 1_741_000_000
# name, platform, share of events seen, place error along and across, time error
SENSORS = (
    ("array", "acoustic_sensor", 0.55, 900.0, 150.0, 8.0),
    ("cameras", "static_camera", 0.30, 1200.0, 120.0, 10.0),
    ("drones", "mini_uav", 0.25, 80.0, 80.0, 45.0),
    ("patrols", "patrol", 0.35, 1000.0, 1000.0, 480.0),
    ("satellite", "satellite_imagery", 0.30, 375.0, 375.0, 3600.0),
    ("posts", "open_source", 0.45, 2500.0, 2500.0, 1500.0),
)


def generate(
    n: int, *, per_day: int, seed: int, factor: float = 1.0
) -> tuple[pa.Table, np.ndarray]:
    """About n observations and the true event of each; -1 - k for what is false.

    Args:
        factor: stated over true standard errors.
    """
    rng = np.random.default_rng(seed)
    seconds = n / per_day * 86_400
    events = int(n / 2.9)
    line_x = np.linspace(0, 1_200e3, 5_000)
    line_y = _self_affine(rng, 5_000)
    hot = rng.integers(0, 5_000, 60)
    vertex = np.where(
        rng.random(events) < 0.7,
        (hot[rng.integers(0, 60, events)] + rng.normal(0, 8, events)).astype(int)
        % 5000,
        rng.integers(0, 5_000, events),
    )
    x = line_x[vertex] + rng.normal(0, 500, events)
    y = line_y[vertex] + rng.normal(0, 4_000, events)
    t = rng.uniform(0, seconds, events)
    kind = rng.choice(5, events, p=[0.45, 0.2, 0.2, 0.1, 0.05])
    towns = np.stack([rng.uniform(0, 1_200e3, 900), rng.normal(0, 12e3, 900)], 1)
    towns[:, 1] += np.interp(towns[:, 0], line_x, line_y)
    parts = [_seen(rng, sensor, x, y, t, kind, towns, factor) for sensor in SENSORS]
    parts.append(_false(rng, int(0.15 * n), seconds, line_x, line_y, factor))
    rows = pl.concat(parts, how="diagonal")
    rows = rows[rng.permutation(rows.height)[:n]].with_row_index("i")
    at = ((START_S + pl.col("s")) * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    table = rows.select(
        observation_id=pl.format("o{}", pl.col("i").cast(pl.String).str.zfill(8)),
        source_id="source_id",
        platform="platform",
        kind=pl.lit(pl.Series(KINDS)).gather("k"),
        t_start=at,
        t_end=at,
        t_sigma_s="t_sigma_s",
        lon=pl.col("x") / (METRES_PER_DEGREE * np.cos(np.radians(48.5))) + 22,
        lat=pl.col("y") / METRES_PER_DEGREE + 48.5,
        sigma_m="sigma_m",
        derived_from=pl.when(pl.col("copy") >= 0).then(
            pl.format("post {}", pl.col("copy"))
        ),
    )
    return table.to_arrow(), rows["event"].to_numpy()


def _self_affine(rng, n):
    step = np.zeros(n)
    for octave in range(1, 10):
        knots = np.interp(
            np.arange(n), np.linspace(0, n, 2**octave), rng.normal(0, 1, 2**octave)
        )
        step += knots * 60e3 / 2 ** (0.8 * octave)
    return step


def _heavy(rng, scale, n):
    return scale * rng.standard_t(5, n) / np.sqrt(5 / 3)


def _seen(rng, sensor, x, y, t, kind, towns, factor):
    name, platform, share, along, across, t_sigma = sensor
    seen = np.flatnonzero(rng.random(len(x)) < share)
    n = len(seen)
    turn = rng.uniform(0, np.pi, n)
    a, b = _heavy(rng, along, n), _heavy(rng, across, n)
    px = x[seen] + a * np.cos(turn) - b * np.sin(turn)
    py = y[seen] + a * np.sin(turn) + b * np.cos(turn)
    pt = t[seen] + _heavy(rng, t_sigma, n)
    if name == "satellite":
        pt = t[seen] + rng.exponential(t_sigma, n)
    if name == "posts":
        px, py = _settled(rng, x[seen], y[seen], towns)
    sigma = np.sqrt((along**2 + across**2) / 2) * rng.lognormal(0, 0.2, n)
    same = rng.random(n) < 0.85
    part = pl.DataFrame({
        "event": seen, "source_id": [name] * n, "platform": [platform] * n,
        "x": px, "y": py, "s": pt,
        "k": np.where(same, kind[seen], rng.integers(0, 5, n)),
        "sigma_m": sigma * factor, "t_sigma_s": np.full(n, t_sigma * factor),
        "copy": np.full(n, -1),
    })  # fmt: skip
    return _copied(rng, part) if name == "posts" else part


def _settled(rng, x, y, towns):
    """The nearest town, or now and then another."""
    from scipy.spatial import cKDTree

    near = cKDTree(towns).query(np.stack([x, y], 1), k=6)[1]
    wrong = rng.random(len(x)) < 0.12
    which = np.where(
        wrong, near[np.arange(len(x)), rng.integers(1, 6, len(x))], near[:, 0]
    )
    return towns[which, 0], towns[which, 1]


def _copied(rng, posts):
    posts = posts.with_columns(copy=pl.int_range(pl.len()))
    again = posts.sample(
        fraction=0.35, with_replacement=True, seed=int(rng.integers(1e9))
    )
    late = again.with_columns(s=pl.col("s") + rng.exponential(5_400, again.height))
    return pl.concat([posts, late])


def _false(rng, n, seconds, line_x, line_y, factor):
    """Fires of farms in clusters, and lone false reports."""
    fields = rng.integers(0, 5_000, max(1, n // 30))
    begin = rng.uniform(0, seconds, len(fields))
    of = rng.integers(0, len(fields), n)
    farm = rng.random(n) < 0.4
    vertex = np.where(farm, fields[of], rng.integers(0, 5_000, n))
    t = np.where(
        farm, begin[of] + rng.exponential(7_200, n), rng.uniform(0, seconds, n)
    )
    farm_y = rng.normal(0, 15e3, len(fields))[of]
    y = line_y[vertex] + np.where(farm, farm_y, rng.normal(0, 8e3, n))
    sensor = np.where(farm, 4, rng.integers(0, 6, n))
    along = np.array([np.sqrt((s[3] ** 2 + s[4] ** 2) / 2) for s in SENSORS])[sensor]
    return pl.DataFrame({
        "event": -1 - np.arange(n),
        "source_id": np.array([s[0] for s in SENSORS], dtype=object)[sensor].tolist(),
        "platform": np.array([s[1] for s in SENSORS], dtype=object)[sensor].tolist(),
        "x": line_x[vertex] + rng.normal(0, 1500, n), "y": y + rng.normal(0, 500, n),
        "s": t, "k": rng.integers(0, 5, n), "sigma_m": along * factor,
        "t_sigma_s": np.array([s[5] for s in SENSORS])[sensor] * factor,
        "copy": np.full(n, -1),
    })  # fmt: skip
