"""Fusion beside the best tuned peers, on two generators with known truth.

Every method is tuned on one seed and scored on others. Two generators of different
noise: the package's exercise, and ``second.py``, which uses nothing of the package.
Stated errors are right, half or twice; the peers do not look at them. Each speed is
taken in a process of its own.
"""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks import fuse_peers, second
from benchmarks.alone import measured
from benchmarks.fuse_peers import components, pairwise_f1, places
from benchmarks.measure import Page, peer
from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.exercise import Misspecified, Scenario, generate, score_incidents
from tocsin.incidents import fuse
from tocsin.model import OBSERVATIONS
from tocsin.model.tables import conform

TUNE, SEEDS = 100, (1, 2, 3)
RADII_M = (400, 700, 1000, 1600, 2200, 3000, 4500)
SPANS_S = (60, 150, 300, 600, 900, 1300, 1800, 3600)
METHODS = ("leaf", "eom")
THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
PARTIES = ("Northland", "Southland")
GENERATORS = ("exercise", "second")
FACTORS = (1.0, 0.5, 2.0)
BARS = {5_000: 0.05, 50_000: 0.15}


def run(*, quick: bool, full: bool = False) -> Page:
    page = Page(
        title="Fusion",
        about="Observations put together into incidents. F1 over pairs of observations"
        f" that are events; every method is tuned on seed {TUNE}, the figures are"
        f" medians of the seeds {', '.join(map(str, SEEDS))}. `exercise` is the"
        " package's generator, `second` another one of other noise. Peers know place"
        " and time (splink the kind, too), and nothing of errors or copies. Rates are"
        " in CPU seconds, after compilation; memory is the growth over the loaded"
        " observations. incdbscan is exact DBSCAN, point by point; splink's threshold"
        " is the best on the data that it is scored on, which favours it.",
        columns=(
            "generator", "per day", "stated errors", "method", "F1",
            "observations", "observations/s", "MB",
        ),
    )  # fmt: skip
    for generator in GENERATORS:
        for per_day, n in ((5_000, 10_000 if quick else 40_000), (50_000, 50_000)):
            _accuracy(page, generator, per_day, n, quick=quick)
    _small(page)
    sizes = [10_000, 100_000, *([] if quick else [1_000_000])]
    _speed(page, [*sizes, *([10_000_000] if full else [])])
    return page


# --- how well ------------------------------------------------------------------------


def _accuracy(page: Page, generator: str, per_day: int, n: int, *, quick: bool) -> None:
    seeds = SEEDS[:1] if quick else SEEDS
    tuned = Scene(generator, n, per_day, TUNE)
    radius, span = _best_span(tuned)
    method = max(METHODS, key=lambda m: tuned.f1(_hdbscan(tuned, radius, span, m)))
    margins = {}
    for factor in FACTORS:
        scenes = [Scene(generator, n, per_day, seed, factor) for seed in seeds]
        ours = float(np.median([scene.ours() for scene in scenes]))
        fixed = [s.f1(components(s.places, radius, span)) for s in scenes]
        theirs = float(np.median(fixed))
        margins[factor] = ours - theirs
        head = (generator, f"{per_day:,}", f"x {factor:g}")
        page.rows.append((*head, "tocsin fuse", f"{ours:.3f}", "", "", ""))
        if factor == 1.0:
            name = f"{peer('scipy')} components: {radius} m, {span} s"
            page.rows.append((*head, name, f"{theirs:.3f}", "", "", ""))
            same = fuse_peers.dbscan(scenes[0].places, radius, span)
            as_much = abs(scenes[0].f1(same) - fixed[0]) < 1e-9
            name = f"{peer('scikit-learn')} DBSCAN, same radius and span"
            said = f"{theirs:.3f}" if as_much else f"{scenes[0].f1(same):.3f}"
            page.rows.append((*head, name, said, "", "", ""))
            scores = [s.f1(_hdbscan(s, radius, span, method)) for s in scenes]
            name = f"{peer('hdbscan')}, {method}"
            page.rows.append((*head, name, f"{np.median(scores):.3f}", "", "", ""))
    where = f"{per_day:,}/day, {generator}"
    _bar(page, f"{where}, right errors", BARS[per_day], margins[1.0])
    wrong = min(margins[0.5], margins[2.0])
    _bar(page, f"{where}, all errors wrong by 2", 0.03, wrong)


def _bar(page: Page, where: str, least: float, margin: float) -> None:
    bar = f"F1 at least +{least} over the best fixed radius at {where}"
    page.bars.append((bar, f"{margin:+.3f}", bool(margin >= least)))


def _best_span(scene: Scene) -> tuple[int, int]:
    spans = [(r, s) for r in RADII_M for s in SPANS_S]
    return max(spans, key=lambda span: scene.f1(components(scene.places, *span)))


def _hdbscan(scene: Scene, radius: int, span: int, method: str) -> np.ndarray:
    return fuse_peers.hdbscan(scene.places, radius, span, method)


def _small(page: Page) -> None:
    """What is too slow for more: incdbscan at 5,000, splink at 10,000."""
    tuned = Scene("second", 10_000, 5_000, TUNE)
    radius, span = _best_span(tuned)
    scene = Scene("second", 10_000, 5_000, SEEDS[0])
    n = len(scene.event)
    head = ("second", "5,000", "x 1")
    ours = f"{scene.ours():.3f}"
    page.rows.append((*head, "tocsin fuse", ours, f"{n:,}", "", ""))
    begin = time.process_time()
    label = fuse_peers.incdbscan(scene.places[:5_000], radius, span)
    spent = time.process_time() - begin
    f1 = pairwise_f1(scene.event[:5_000], label)
    name = f"{peer('incdbscan')}: {radius} m, {span} s"
    page.rows.append((*head, name, f"{f1:.3f}", "5,000", f"{5_000 / spent:,.0f}", ""))
    begin = time.process_time()
    pairs = fuse_peers.splink_pairs(scene.table)
    spent = time.process_time() - begin
    f1 = max(scene.f1(fuse_peers.joined(pairs, n, t)) for t in THRESHOLDS)
    rate = f"{n / spent:,.0f}"
    page.rows.append((*head, peer("splink"), f"{f1:.3f}", f"{n:,}", rate, ""))


class Scene:
    """Observations of one seed, with what is true of them."""

    def __init__(
        self, generator: str, n: int, per_day: int, seed: int, factor: float = 1.0
    ) -> None:
        self.exercise = None
        if generator == "second":
            given, event = second.generate(n, per_day=per_day, seed=seed, factor=factor)
            self.table, self.event = _as_taken_in(given, "imagined"), event
        else:
            self.exercise, self.table = _exercise(
                max(n // per_day, 1), per_day, seed, factor
            )
        self.places = places(self.table)

    @property
    def sources(self):
        return self.exercise.sources if self.exercise else ()

    def ours(self) -> float:
        members = fuse(self.table, sources=self.sources, parties=PARTIES)
        held = members.records.members
        if self.exercise:
            return self._scored(held)
        names = pl.DataFrame(held).select("observation_id", "incident_id")
        rows = pl.DataFrame(self.table).select("observation_id")
        found = rows.join(names, on="observation_id", how="left", maintain_order="left")
        codes = found["incident_id"].rank("dense").cast(pl.Int64).fill_null(-1)
        return self.f1(fuse_peers.alone(codes.to_numpy()))

    def f1(self, label: np.ndarray) -> float:
        if self.exercise is None:
            return pairwise_f1(self.event, label)
        incident = pa.array(label).cast(pa.string())
        ids = self.table["observation_id"]
        return self._scored(pa.table({"observation_id": ids, "incident_id": incident}))

    def _scored(self, members: pa.Table) -> float:
        found = score_incidents(self.exercise, observations=self.table, members=members)
        return found.pairwise_f1


def _exercise(days, per_day, seed, factor=1.0):
    scenario = Scenario(
        days=days, per_day=per_day, misspecified=Misspecified(factor=factor)
    )
    exercise = generate(scenario, rng=np.random.Generator(np.random.PCG64(seed)))
    given = coarsen_outgoing(_named(pl.DataFrame(exercise.observations), "exercise"))
    table = conform(given.to_arrow(), OBSERVATIONS, what="exercise")
    return exercise, table


def _as_taken_in(given: pa.Table, origin: str) -> pa.Table:
    named = pl.DataFrame(given).with_columns(nature=pl.lit("event"))
    kept = named["observation_id"]
    table = _named(named, origin).with_columns(observation_id=kept)
    return conform(table.to_arrow(), OBSERVATIONS, what=origin)


def _named(given: pl.DataFrame, origin: str) -> pl.DataFrame:
    """As intake gives them, without reading and writing files."""
    row = pl.int_range(1, given.height + 1).cast(pl.String)
    return given.with_columns(
        observation_id=row.str.zfill(12),
        origin=pl.lit(origin),
        raw_sha256=row,
        raw_ref=pl.concat_str(pl.lit(f"{origin}#"), row),
    )


# --- how fast ------------------------------------------------------------------------


def _speed(page: Page, sizes: list[int]) -> None:
    for n in sizes:
        methods = ["tocsin fuse", "scipy"]
        methods += ["scikit-learn"] if n <= 1_000_000 else []
        methods += ["hdbscan"] if n <= 100_000 else []
        for method in methods:
            found = measured("benchmarks.fuse:speed", method=method, n=n)
            rate = f"{found.answer / found.cpu_s:,.0f}"
            name = method if method == "tocsin fuse" else peer(method)
            size = f"{found.answer:,}"
            page.rows.append(
                ("second", "5,000", "x 1", name, "", size, rate, f"{found.mb:,.0f}")
            )
            limits = {1_000_000: 5.0, 10_000_000: 70.0}
            if method == "tocsin fuse" and n in limits:
                spent = f"{found.cpu_s:.1f} s, {found.mb:,.0f} MB"
                bar = f"{n:,} observations in {limits[n]:g} s of one core"
                page.bars.append((bar, spent, found.cpu_s <= limits[n]))


def speed(*, method: str, n: int):
    """One method on ``n`` observations of the second generator."""
    table = _as_taken_in(second.generate(n, per_day=5_000, seed=1)[0], "imagined")
    if method == "tocsin fuse":
        fuse(table.slice(0, 2_000), sources=(), parties=PARTIES)  # compiles

        def work():
            fuse(table, sources=(), parties=PARTIES)
            return table.num_rows

        return work
    at = places(table)
    ways = {
        "scipy": lambda: components(at, 2200, 1300),
        "scikit-learn": lambda: fuse_peers.dbscan(at, 2200, 1300),
        "hdbscan": lambda: fuse_peers.hdbscan(at, 2200, 1300, "leaf"),
    }
    return lambda: (ways[method](), len(at))[1]
