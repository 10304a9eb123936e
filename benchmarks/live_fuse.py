"""Live fusion: how long one new observation takes, at 5,000 and 50,000 a day.

An exercise is fused up to an instant, and what follows is added one row at a time, in
order of arrival, to what stands. CPU time of each addition: read, linked, fused again
and told; then a few corrections and withdrawals. At the end the partition is compared
with that of the batch under the same epoch.
"""

from __future__ import annotations

import gc

import numpy as np
import polars as pl

from benchmarks.fuse import SEEDS, _exercise
from benchmarks.measure import Page, cpu_s, peak_rss_mb
from tocsin.incidents import Live, fuse

BARS_MS = {5_000: 20.0, 50_000: 100.0}


def run(*, quick: bool) -> Page:
    page = Page(
        title="Live fusion",
        about="Milliseconds of CPU for one step, from a row of OBSERVATIONS to its"
        " changes. A history stands before; then rows come one by one. Same partition:"
        " as the batch gives over all that stands.",
        columns=("per day", "before", "step", "n", "median", "p99", "most"),
    )
    for per_day, days in ((5_000, 4), (50_000, 1)):
        _density(page, per_day, days, 300 if quick else 2_000)
    page.bars.append(("peak memory", f"{peak_rss_mb():,.0f} MB", True))
    return page


def _density(page: Page, per_day: int, days: int, n: int) -> None:
    exercise, table = _exercise(days, per_day, SEEDS[0])
    table = table.take(np.argsort(pl.Series(table["received_at"]).to_numpy()))
    cut = table.num_rows - n
    before = table.slice(0, cut)
    epoch = fuse(before, sources=exercise.sources, parties=()).records.epoch
    live = Live(epoch, origin="exercise", sources=exercise.sources)
    live.add(before)
    live.add(table.slice(cut, 1))  # compiles
    gc.collect()
    rows = [table.slice(k, 1) for k in range(cut + 1, table.num_rows)]
    added = [_ms(live.add, row) for row in rows]
    again = [_ms(live.correct, row) for row in rows[:: len(rows) // 100]]
    names = [row["observation_id"][0].as_py() for row in rows[:: len(rows) // 100]]
    gone = [_ms(live.withdraw, [name]) for name in names]
    for step, taken in (("add", added), ("correct", again), ("withdraw", gone)):
        figures = [np.median(taken), np.quantile(taken, 0.99), max(taken)]
        cells = [f"{x:.1f}" for x in figures]
        page.rows.append((f"{per_day:,}", f"{cut:,}", step, f"{len(taken):,}", *cells))
    p99 = float(np.quantile(added, 0.99))
    bar = f"p99 of {BARS_MS[per_day]:g} ms for each new one at {per_day:,}/day"
    page.bars.append((bar, f"{p99:.1f} ms", p99 <= BARS_MS[per_day]))
    same = _same(live, table, set(names), epoch, exercise.sources)
    page.bars.append((f"same partition at {per_day:,}/day", str(same), same))


def _ms(step, what) -> float:
    start = cpu_s()
    step(what)
    return (cpu_s() - start) * 1000


def _same(live, table, gone, epoch, sources) -> bool:
    keep = ~pl.Series(table["observation_id"]).is_in(list(gone))
    left = table.filter(keep.to_arrow())
    fused = fuse(left, sources=sources, parties=(), epoch=epoch).records
    groups: dict[str, set[str]] = {}
    for row in fused.members.to_pylist():
        groups.setdefault(row["incident_id"], set()).add(row["observation_id"])
    here = {frozenset(group) for group in live.members.values()}
    return here == {frozenset(group) for group in groups.values()}
