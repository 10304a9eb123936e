"""How good attribution is on a generator that no weight was fitted to.

Nothing of the package makes the scene. It differs from the exercise in what matters
for calibration: the line is a sine, fire falls about it as a normal distribution says,
a tenth is friendly, assessments err twice as often, bearings have heavy tails, false
reports are a tenth and lie near the line, and nobody drills. Each row of the table is
one such difference taken away or made worse.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from shapely import Polygon

from benchmarks.measure import Page
from tocsin.findings import attribute
from tocsin.fusing.calibration import Judged, calibrated
from tocsin.incidents import fuse
from tocsin.model import OBSERVATIONS, Control, ControlLayer, conform

METRES = 111_195.0
PARTIES = ("Aster", "Birch")
START = 1_741_000_000
# platform, share of events reported, place error m, time error s, share with a bearing
EYES = (
    ("acoustic_sensor", 0.60, 500.0, 5.0, 0.10),
    ("static_camera", 0.30, 400.0, 5.0, 0.30),
    ("mini_uav", 0.25, 80.0, 30.0, 0.30),
    ("patrol", 0.30, 700.0, 240.0, 0.15),
    ("open_source", 0.30, 2200.0, 900.0, 0.0),
)
SCENES = {
    "as described": {},
    "a quarter false": {"false": 0.25},
    "a fifth friendly": {"friendly": 0.20},
    "assessments right": {"mistaken": 0.0},
    "no bearings": {"bearings": 0.0},
    "errors stated half as great": {"factor": 0.5},
}


def run(*, quick: bool) -> Page:
    n = 1_500 if quick else 12_000
    page = Page(
        title="Attribution on a generator that nothing was fitted to",
        about=f"{n:,} true events a scene, seeds 1 to 3, weights as they come. Named:"
        " share of incidents of fire and of false fire in which a party is named.",
        columns=(
            "scene", "incidents", "named", "right of those", "ECE", "Brier",
            "at .95", "right of those",
        ),
    )  # fmt: skip
    for name, more in SCENES.items():
        parts = [judged(n // 3, seed=seed, **more) for seed in (1, 2, 3)]
        every = calibrated(
            Judged(
                parties=PARTIES,
                p=np.concatenate([part.p for part in parts]),
                truth=np.concatenate([part.truth for part in parts]),
                mix=tuple(mix for part in parts for mix in part.mix),
            )
        )[0]
        figures = (
            every.named, every.accuracy, every.ece, every.brier, every.sure,
            every.sure_accuracy,
        )  # fmt: skip
        cells = ["" if f is None else f"{f:.3f}" for f in figures]
        page.rows.append((name, f"{every.incidents:,}", *cells))
        if not more and every.ece is not None and every.sure_accuracy is not None:
            page.bars.append(("ECE .02", f"{every.ece:.3f}", every.ece <= 0.02))
            right = every.sure_accuracy
            page.bars.append((".99 right at .95", f"{right:.3f}", right >= 0.99))
    return page


def line_y(x):
    return 20e3 * np.sin(x / 60e3)


def judged(
    n: int, *, seed: int, false=0.10, friendly=0.10, mistaken=0.08, bearings=1.0,
    factor=1.0,
) -> Judged:  # fmt: skip
    rng = np.random.default_rng(seed)
    x, t = rng.uniform(0, 400e3, n), rng.uniform(0, n * 60.0, n)
    party = rng.integers(0, 2, n)  # 0 holds the north
    at_gun = rng.random(n) < 0.12
    home = at_gun | (~at_gun & (rng.random(n) < friendly))
    north = (party == 0) == home
    y = line_y(x) + np.where(north, 1, -1) * np.abs(rng.normal(0, 3_000, n))
    heading = np.where(party == 0, 180.0, 0.0) + rng.normal(0, 25, n)
    lies = int(false * n * 2)  # of about two rows an event
    rows = [
        _told(
            rng,
            eye,
            (x, y, t, at_gun, heading),
            mistaken=mistaken,
            bearings=bearings,
            factor=factor,
        )
        for eye in EYES
    ]
    rows += [_false(rng, eye, lies // len(EYES), n * 60.0, factor) for eye in EYES]
    table, event = _table(pl.concat(rows))
    control = _control()
    fused = fuse(table, sources=(), parties=PARTIES).records
    found = attribute(
        fused.incidents, fused.members, table, parties=PARTIES, control=control,
        sources=(),
    ).records.incidents  # fmt: skip
    by = (
        pl.DataFrame(pl.from_arrow(fused.members))
        .join(event, on="observation_id")
        .group_by("incident_id")
        .agg(
            event=pl.col("event").filter(pl.col("event") >= 0).mode().min(),
            mix=pl.col("platform").unique().sort().str.join(" + "),
        )
    )
    ids = pl.DataFrame(pl.from_arrow(found)).join(
        by, on="incident_id", how="left", maintain_order="left"
    )
    true = ids["event"].fill_null(-1).to_numpy()
    return Judged(
        parties=PARTIES,
        p=ids.select(f"p_{p}" for p in PARTIES).to_numpy(),
        truth=np.where(true >= 0, party[np.maximum(true, 0)], -1),
        mix=tuple(ids["mix"].fill_null("").to_list()),
    )


def _told(rng, eye, scene, *, mistaken, bearings, factor):
    x, y, t, at_gun, heading = scene
    platform, share, sigma, late, pointing = eye
    seen = np.flatnonzero(rng.random(len(x)) < share)
    n = len(seen)
    wrong = rng.random(n) < mistaken
    said = np.where(at_gun[seen] ^ wrong, "outgoing", "impact").astype(object)
    said[rng.random(n) < 0.5] = None
    tail = np.degrees(rng.standard_t(4, n)) * 0.25
    points = rng.random(n) < pointing * bearings
    return pl.DataFrame({
        "event": seen, "platform": [platform] * n,
        "x": x[seen] + rng.normal(0, sigma, n), "y": y[seen] + rng.normal(0, sigma, n),
        "t": t[seen] + rng.normal(0, late, n), "sigma_m": np.full(n, sigma * factor),
        "t_sigma_s": np.full(n, late * factor),
        "assessment": pl.Series(said.tolist(), dtype=pl.String),
        "fire_bearing_deg": np.where(points, (heading[seen] + tail) % 360, np.nan),
    })  # fmt: skip


def _false(rng, eye, n, seconds, factor):
    platform, _, sigma, late, pointing = eye
    x = rng.uniform(0, 400e3, n)
    said = rng.choice(["outgoing", "impact", ""], n, p=[0.1, 0.4, 0.5]).astype(object)
    said[said == ""] = None
    points = rng.random(n) < pointing
    return pl.DataFrame({
        "event": np.full(n, -1), "platform": [platform] * n,
        "x": x, "y": line_y(x) + rng.normal(0, 8_000, n),
        "t": rng.uniform(0, seconds, n), "sigma_m": np.full(n, sigma * factor),
        "t_sigma_s": np.full(n, late * factor),
        "assessment": pl.Series(said.tolist(), dtype=pl.String),
        "fire_bearing_deg": np.where(points, rng.uniform(0, 360, n), np.nan),
    })  # fmt: skip


def _table(rows: pl.DataFrame) -> tuple[pa.Table, pl.DataFrame]:
    at = ((START + pl.col("t")) * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    bearing = pl.col("fire_bearing_deg").fill_nan(None)
    named = rows.with_row_index("i").with_columns(
        observation_id=pl.format("o{}", pl.col("i").cast(pl.String).str.zfill(8)),
        origin=pl.lit("imagined"), source_id="platform", nature=pl.lit("event"),
        kind=pl.lit("explosion"), t_start=at, t_end=at,
        lon=pl.col("x") / METRES, lat=pl.col("y") / METRES, fire_bearing_deg=bearing,
        fire_kappa=pl.when(bearing.is_not_null()).then(8.0),
        raw_sha256=pl.lit("0"), raw_ref=pl.lit("x#1"),
    )  # fmt: skip
    wanted = [name for name in OBSERVATIONS.names if name in named.columns]
    table = conform(named.select(wanted).to_arrow(), OBSERVATIONS, what="scene")
    return table, named.select("observation_id", "event", "platform")


def _control() -> Control:
    x = np.linspace(-50e3, 450e3, 2_000)
    line = np.column_stack([x, line_y(x)]) / METRES
    far = np.array([[450e3, 400e3], [-50e3, 400e3]]) / METRES
    held = {
        PARTIES[0]: Polygon(np.concatenate([line, far])),
        PARTIES[1]: Polygon(np.concatenate([line, far * [1, -1]])),
    }
    layer = ControlLayer(valid_from=None, held=held)
    return Control(publisher="scene", origin="imagined", layers=(layer,), sigma_m=50.0)
