"""The online engine: facts in batches, one by one, late, and none at all.

Ten clauses, and every fact matters to exactly one of them: four prohibitions, four
findings that count breaches over 72 hours, two duties with a deadline. 3 parties and 20
sectors; a deed is one of ten kinds. One core, after compilation; CPU time.
"""

from __future__ import annotations

import gc
import time
from datetime import timedelta

import numpy as np
import pyarrow as pa

from benchmarks.ceasefire import DAY_S, PARTIES, PER_MONTH, SECTORS, START, START_S
from benchmarks.measure import RUNS, Page, peak_rss_mb

KINDS = (
    *(f"strike{n}" for n in range(8)),
    "request0", "access0", "request1", "access1",
)  # fmt: skip
LATENESS = timedelta(hours=48)


def text() -> str:
    """Ten articles; counted ones have a prohibition that is not one of the ten."""
    parts = [f"parties {', '.join(PARTIES)}\nsectors {', '.join(SECTORS)}\n"]
    parts += [f'act {kind} is "to do so"\n' for kind in KINDS]
    parts += [f"Article {n + 1}\n  forbid any party to strike{n}\n" for n in range(4)]
    parts += [
        f"Article {n + 1}(1)\n  forbid any party to strike{n}\n"
        f"Article {n + 1}(2)\n  finding storm{n} for party, sector\n  when count of"
        f" breaches of Article {n + 1}(1) by party in sector over 72 hours >= 10\n"
        for n in range(4, 8)
    ]
    parts += [
        f"Article {n + 9}\n  when request{n} of party at site\n"
        f"  oblige party to access{n} at site\n  within 24 hours of request{n}\n"
        for n in range(2)
    ]
    return "".join(parts)


def agreement():
    from tocsin.agreement.parse import parse_rules

    outcome = parse_rules(text())
    assert not outcome.issues, outcome.issues
    return outcome.records


def facts(n: int, *, seed: int = 7, doubt: bool = False) -> pa.Table:
    """Facts in time order, each of one of the kinds, a tenth for each clause."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.integers(0, n * 30 * DAY_S // PER_MONTH, n))
    kind = rng.integers(0, 10, n)
    kind = np.where(kind < 8, kind, 8 + 2 * (kind - 8) + (rng.random(n) < 0.48))
    subject = np.full(n, -1)
    for clause in range(2):
        asks = np.flatnonzero(kind == 8 + 2 * clause)
        gives = np.flatnonzero(kind == 9 + 2 * clause)
        subject[asks] = asks
        before = np.searchsorted(asks, gives) - 1
        back = np.minimum(rng.integers(0, 40, len(gives)), np.maximum(before, 0))
        subject[gives] = asks[np.maximum(before - back, 0)]
    party = rng.integers(0, 3, n)
    party = np.where(subject >= 0, party[np.maximum(subject, 0)], party)
    weight = 1 / np.arange(1, len(SECTORS) + 1)
    sector = rng.choice(len(SECTORS), n, p=weight / weight.sum())
    names = [None if s < 0 else f"r{s}" for s in subject.tolist()]
    columns = {
        "fact_id": pa.array([f"f{k}" for k in range(n)]),
        "origin": pa.repeat(pa.scalar("imagined"), n),
        "kind": pa.array(KINDS).take(pa.array(kind)),
        "party": pa.array(PARTIES).take(pa.array(party)),
        "sector": pa.array(SECTORS).take(pa.array(sector)),
        "subject": pa.array(names, pa.string()),
        "t": pa.array((START_S + t) * 1_000_000).cast(pa.timestamp("us", "UTC")),
    }
    if doubt:
        columns["p"] = pa.array(rng.uniform(0.5, 1.0, n))
    return pa.table(columns)


def run(*, quick: bool) -> Page:
    n = 20_000 if quick else 100_000
    page = Page(
        title="Online evaluation",
        about="Ten clauses, every fact matters to one of them; 3 parties, 20 sectors,"
        f" 30 days for each 100,000 facts; lateness horizon 48 hours. {n:,} facts in"
        " batches; one by one at 1,000 a second of the facts' own time. CPU"
        " time of one core after compilation.",
        columns=("work", "facts", "facts/s", "median ms", "p99 ms", "most ms"),
    )
    _replay(facts(3_000), 500)  # compiles
    table = facts(n)
    in_order = _batches(page, table, "certain", 1_000, quick=quick)
    greater = _batches(page, table, "certain", 10_000, quick=quick)
    _batches(page, facts(n, doubt=True), "p between .5 and 1", 10_000, quick=quick)
    best = n / min(in_order, greater)
    page.bars.append(("80,000 facts/s in batches", f"{best:,.0f}", best >= 80_000))
    _late(page, table, in_order)
    _one_by_one(page, 2_000 if quick else 10_000)
    page.bars.append(("peak memory", f"{peak_rss_mb():,.0f} MB", True))
    return page


def _monitor():
    from tocsin.agreement.evaluate.online import Monitor

    return Monitor(agreement(), start=START, lateness_s=int(LATENESS.total_seconds()))


def _instants(table: pa.Table) -> np.ndarray:
    return table["t"].cast(pa.int64()).to_numpy() // 1_000_000


def _replay(table: pa.Table, size: int, now: np.ndarray | None = None):
    """Take the rows in batches as they stand; the clock follows ``now``."""
    monitor = _monitor()
    now = _instants(table) if now is None else now
    told = 0
    for k in range(0, table.num_rows, size):
        clock = START + timedelta(seconds=int(now[k : k + size].max()) - START_S)
        changes = monitor.take(table.slice(k, size), now=clock)
        told += changes.verdicts.num_rows
    monitor.tick(START + timedelta(seconds=int(now.max()) - START_S + 3 * DAY_S))
    return monitor, told


def _batches(
    page: Page, table: pa.Table, name: str, size: int, *, quick: bool
) -> float:
    taken = []
    for _ in range(1 if quick else RUNS):
        gc.collect()
        begin = time.process_time()
        _replay(table, size)
        taken.append(time.process_time() - begin)
    spent = float(np.median(taken))
    rate = f"{table.num_rows / spent:,.0f}"
    work = f"batches of {size:,}, {name}"
    page.rows.append((work, f"{table.num_rows:,}", rate, "", "", ""))
    return spent


def _late(page: Page, table: pa.Table, in_order: float) -> None:
    """One fact in ten up to 48 hours late, at the same instants of the clock."""
    rng = np.random.default_rng(1)
    t = _instants(table)
    late = rng.random(len(t)) < 0.1
    arrival = t + np.where(late, rng.integers(0, 2 * DAY_S - 3_600, len(t)), 0)
    order = np.argsort(arrival, kind="stable")
    mixed, now = table.take(pa.array(order)), arrival[order]
    begin = time.process_time()
    monitor, _ = _replay(mixed, 1_000, now)
    spent = time.process_time() - begin
    rate = f"{len(t) / spent:,.0f}"
    page.rows.append(("batches of 1,000, 10 % late", f"{len(t):,}", rate, "", "", ""))
    ratio = spent / in_order
    page.bars.append(("10 % late cost at most 2 x", f"{ratio:.2f} x", ratio <= 2.0))
    same = _same(mixed, now)
    page.bars.append(("late or not: the batch engine's verdicts", str(same), same))
    del monitor


def _same(mixed: pa.Table, now: np.ndarray) -> bool:
    """Over a fifth of the facts, with nothing let go, so that all rows are there."""
    from tocsin.agreement.evaluate import evaluate
    from tocsin.agreement.evaluate.online import Monitor

    some = mixed.slice(0, mixed.num_rows // 5)
    end = START + timedelta(seconds=int(now[: some.num_rows].max()) - START_S + DAY_S)
    monitor = Monitor(agreement(), start=START)
    for k in range(0, some.num_rows, 1_000):
        clock = int(now[k : k + 1_000].max()) - START_S
        monitor.take(some.slice(k, 1_000), now=START + timedelta(seconds=clock))
    monitor.tick(end)
    ours = monitor.verdicts()
    theirs = evaluate(agreement(), some, start=START, until=end).records
    columns = ["clause", "party", "sector", "subject", "t", "verdict", "witness"]
    return ours.select(columns).equals(theirs.select(columns))


def _one_by_one(page: Page, n: int) -> None:
    """A full state behind it: 48 hours of facts before the first one is timed."""
    before = facts(20_000)
    monitor, _ = _replay_only(before)
    begin = int(_instants(before).max())
    rows = facts(n, seed=8).to_pylist()
    gc.collect()
    gc.freeze()
    taken, ticks = [], []
    for k, row in enumerate(rows):
        at = START + timedelta(seconds=begin - START_S + 1 + k // 1_000)
        row["fact_id"], row["t"] = f"one{k}", at
        row["subject"] = row["subject"] and "one" + row["subject"]
        start = time.process_time()
        monitor.take([row], now=at)
        taken.append((time.process_time() - start) * 1e3)
    for second in range(1, 200):
        start = time.process_time()
        monitor.tick(at + timedelta(seconds=second))
        ticks.append((time.process_time() - start) * 1e3)
    gc.unfreeze()
    for name, each in (("one by one", taken), ("a second without any fact", ticks)):
        figures = [np.median(each), np.quantile(each, 0.99), max(each)]
        rate = f"{1e3 / np.mean(each):,.0f}"
        page.rows.append((name, f"{len(each):,}", rate, *(f"{x:.2f}" for x in figures)))
    p99, most = float(np.quantile(taken, 0.99)), max(taken)
    page.bars.append(("one by one: p99 of 1 ms", f"{p99:.2f} ms", p99 <= 1.0))
    page.bars.append(("one by one: at most 50 ms", f"{most:.1f} ms", most <= 50.0))
    fires = max(ticks) <= 1_000.0
    page.bars.append(
        ("a deadline fires within 1 s, no fact needed", f"{max(ticks):.1f} ms", fires)
    )


def _replay_only(table: pa.Table):
    monitor, now = _monitor(), _instants(table)
    for k in range(0, table.num_rows, 1_000):
        clock = START + timedelta(seconds=int(now[k : k + 1_000].max()) - START_S)
        monitor.take(table.slice(k, 1_000), now=clock)
    return monitor, now
