"""Evaluation beside other monitors and frames: a filter, a count, a deadline.

Each piece of work runs in a process of its own, so that its memory can be told. Loading
is not timed, for nobody: frames, lists and Tocsin begin with the same columns of FACTS,
text as text. Every answer is compared with Tocsin's; where a peer's own
meaning must give another number, the table says which and why.

P1 counts the facts that break a filter. P2 counts the heavy fire at whose second the
same party has fired heavily in the sector at least 10 times within 72 hours. P3 counts
the requests that were not answered within 24 hours; what is not due yet does not count.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.alone import Measured, measured
from benchmarks.ceasefire import (
    COUNT,
    DEADLINE,
    FILTER,
    HEAD,
    PARTIES,
    REACH,
    SECTORS,
    START,
    START_S,
    WINDOW_S,
    facts,
    log,
    relevant,
)
from benchmarks.evaluate_peers import FEW
from benchmarks.measure import Page, peer, timed

TEXTS = {"filter": FILTER, "count": COUNT, "deadline": DEADLINE}
NAMES = {
    "filter": "P1 filter",
    "count": "P2 count over 72 h",
    "deadline": "P3 deadline",
}

PEERS = ("polars", "pandas", "loop", "reelay", "rtamt")
SAYS = {
    "polars": "polars",
    "pandas": "pandas",
    "loop": "plain loop with deques",
    "reelay": "reelay",
    "rtamt": "rtamt",
}
CANNOT = {
    ("count", "reelay"): "cannot express: no aggregation",
    ("count", "rtamt"): "cannot express: no aggregation",
}


def run(*, quick: bool, full: bool = False) -> Page:
    sizes = (100_000,) if quick else (100_000, 1_000_000)
    if full:
        sizes = (*sizes, 10_000_000)
    page = Page(
        title="Evaluation",
        about="3 parties, 20 sectors, 30 days for each 100,000 facts, seed 7; 55 %"
        " fire, 23 % of it heavy, 2 % requests. P1: heavy fire of one party in five"
        " sectors. P2: heavy fire at whose second the same party has fired heavily in"
        " the sector at least 10 times within 72 hours. P3: requests due and not"
        " answered within 24 hours. Facts that matter are those that the property"
        " speaks of; M/s are million facts in a CPU second, the median of five runs,"
        " of one where a run takes over 2 s. Memory is the growth over the loaded"
        " facts. In brackets: how many facts a slow peer is given. Tocsin gives for"
        " every verdict its witnesses, probabilities and certainty; peers give counts.",
        columns=(
            "property", "facts", "who", "all M/s", "that matter M/s", "CPU s", "wall s",
            "MB", "answer", "ratio to batch",
        ),
    )  # fmt: skip
    for n in sizes:
        for what in TEXTS:
            _compare(page, what, n)
    _kernels(page, runs=1 if quick else 5)
    _files(page, 100_000 if quick else 1_000_000)
    return page


# --- the table -----------------------------------------------------------------------


def _compare(page: Page, what: str, n: int) -> None:
    batch = measured("benchmarks.evaluate:tocsin", what=what, n=n)
    _row(page, what, n, "tocsin batch", batch, batch, n)
    if what == "deadline" and n >= 1_000_000:
        rate = n / batch.cpu_s / 1e6
        bar = f"deadline with witnesses: 1 M facts/s ({n:,} facts)"
        page.bars.append((bar, f"{rate:.1f} M/s", rate >= 1.0))
    both = measured("benchmarks.evaluate:tocsin", what=what, n=n, threads=2)
    _row(page, what, n, "tocsin batch, 2 threads", both, batch, n)
    if both.answer != batch.answer:
        page.bars.append((f"{NAMES[what]}: same with threads", "differs", False))
    if n <= 1_000_000:
        online = measured("benchmarks.evaluate:online", what=what, n=n)
        _row(page, what, n, "tocsin online, 1,000 at a time", online, batch, n)
    for name in PEERS:
        said = CANNOT.get((what, name))
        if said is not None:
            page.rows.append((NAMES[what], f"{n:,}", name, said, *[""] * 6))
            continue
        few = min(n, FEW.get(name, n)) if n <= 1_000_000 else n
        if name in FEW and n > 100_000:
            continue
        found = measured(f"benchmarks.evaluate_peers:{name}", what=what, n=n)
        _row(page, what, n, peer(SAYS[name]) if name != "loop" else SAYS[name],
             found, batch, n, few=few if name in FEW else None)  # fmt: skip


def _row(
    page: Page,
    what: str,
    n: int,
    who: str,
    found: Measured,
    batch: Measured,
    given: int,
    *,
    few: int | None = None,
) -> None:
    answer = dict(found.answer)
    whole, part = answer.pop("facts"), answer.pop("relevant")
    mine = batch.answer[answer.pop("asked", "found")]
    said = f"{answer['found']:,}" if "found" in answer else ""
    if answer.get("found") != mine:
        why = answer.get("why", "")
        said += f" (tocsin {mine:,}{': ' + why if why else ''})"
        if not why:
            page.bars.append((f"{NAMES[what]}, {who}: same answer", said, False))
    rate = whole / found.cpu_s / 1e6
    ours = batch.answer["facts"] / batch.cpu_s / 1e6
    ours_relevant = batch.answer["relevant"] / batch.cpu_s / 1e6
    matter = part / found.cpu_s / 1e6
    ratio = matter / ours_relevant if few else rate / ours
    del given
    page.rows.append((
        NAMES[what], f"{n:,}" + (f" [{whole:,}]" if few else ""), who, _figure(rate),
        _figure(matter), f"{found.cpu_s:.3f}", f"{found.wall_s:.3f}",
        f"{found.mb:,.0f}", said, f"{ratio:.2g}",
    ))  # fmt: skip


def _figure(rate: float) -> str:
    return f"{rate:.2f}" if rate >= 0.1 else f"{rate:.4f}"


# --- tocsin --------------------------------------------------------------------------


def _agreed(text: str):
    from tocsin.agreement.parse import parse_rules

    outcome = parse_rules(HEAD + text)
    assert not outcome.issues, outcome.issues
    return outcome.records


def tocsin(*, what: str, n: int, threads: int = 1):
    """The batch engine: from Arrow to verdicts, episodes and witnesses."""
    from tocsin.agreement.evaluate import evaluate_fully, parallel

    held = log(n)
    agreement, table = _agreed(TEXTS[what]), facts(held)

    def work():
        with parallel.threads(threads):
            whole = evaluate_fully(agreement, table, start=START, until=held.until)
        return whole.verdicts, whole.episodes

    found = _answer(held, what, *work())
    return lambda: (work(), found)[1]


def online(*, what: str, n: int, batch: int = 1_000):
    """The online engine, from the first fact to the end of the question."""
    from datetime import timedelta

    from tocsin.agreement.evaluate.online import Monitor

    held = log(n)
    agreement, table = _agreed(TEXTS[what]), facts(held)
    cuts = list(range(0, len(held), batch))
    parts = [table.slice(k, batch) for k in cuts]
    ends = [int(held.t[min(k + batch, len(held)) - 1]) for k in cuts]

    def work():
        monitor = Monitor(agreement, start=START)
        for part, end in zip(parts, ends, strict=True):
            monitor.take(part, now=START + timedelta(seconds=end))
        monitor.tick(held.until)
        return monitor.verdicts(), monitor.procedures.episodes

    found = _answer(held, what, *work())
    return lambda: (work(), found)[1]


def _answer(held, what, verdicts: pa.Table, episodes) -> dict[str, int]:
    matter = relevant(held, what)
    told = {"facts": len(held), "relevant": int(matter.sum())}
    if what == "filter":
        breached = verdicts.filter(pa.compute.equal(verdicts["verdict"], "breached"))
        ranges = pa.compute.list_flatten(breached["witness"])
        ranges = ranges.combine_chunks() if ranges.num_chunks != 1 else ranges.chunk(0)
        lengths = pa.compute.subtract(ranges.field("stop"), ranges.field("start"))
        return told | {"found": pa.compute.sum(lengths).as_py() or 0}
    if what == "deadline":
        breached = verdicts.filter(pa.compute.equal(verdicts["verdict"], "breached"))
        return told | {"found": len(set(breached["subject"].to_pylist()))}
    return told | {"found": _within(held, episodes)}


def _within(held, episodes) -> int:
    """Heavy fire within an episode of its party and sector."""
    inside = 0
    names = (np.array(PARTIES), np.array(SECTORS))
    own = defaultdict(list)
    for episode in episodes:
        closed = episode.closed_at or held.until
        span = (episode.alleged_at.timestamp(), closed.timestamp())
        own[episode.party, episode.sector].append(span)
    rows = np.flatnonzero(held.heavy)
    key = held.party[rows] * len(SECTORS) + held.sector[rows]
    for code in np.unique(key):
        t = held.t[rows[key == code]] + START_S
        name = names[0][code // len(SECTORS)], names[1][code % len(SECTORS)]
        for first, stop in own[str(name[0]), str(name[1])]:
            inside += np.searchsorted(t, stop) - np.searchsorted(t, first)
    return int(inside)


# --- the kernels alone, and files ----------------------------------------------------


def _kernels(page: Page, runs: int) -> None:
    """The loops over what matters, without reading: 60 keys, windows of 10 to 300."""
    from tocsin.agreement.evaluate.kernels import (
        runs as episodes_of,
    )
    from tocsin.agreement.evaluate.kernels import (
        window_at_least,
        window_points,
    )

    held = log(1_000_000)
    rows = np.flatnonzero(held.heavy)
    key = held.party[rows] * len(SECTORS) + held.sector[rows]
    series = [held.t[rows[key == code]] for code in np.unique(key)]
    chances = [np.random.default_rng(1).uniform(0.5, 1, len(t)) for t in series]

    def certain():
        for t in series:
            _, low, high = window_points(t, WINDOW_S)
            reached = high - low >= REACH
            episodes_of(reached, reached, reached.astype(np.float64))

    def likely():
        for t, q in zip(series, chances, strict=True):
            _, low, high = window_points(t, WINDOW_S)
            p = window_at_least(q, low, high, REACH)
            reached = p >= 0.75
            episodes_of(reached, reached, p)

    for work, name, bar in (
        (certain, "kernel, witnesses as ranges", 10.0),
        (likely, "kernel with probability, k = 10", 2.0),
    ):
        spent = timed(work, runs=runs).median_s
        rate = len(rows) / spent / 1e6
        page.rows.append((
            NAMES["count"], "1,000,000", f"tocsin {name}", "", f"{rate:.1f}",
            f"{spent:.4f}", "", "", "", "",
        ))  # fmt: skip
        measured_ = f"{rate:.1f} M facts that matter/s"
        page.bars.append((f"{name}: {bar:g} M/s a core", measured_, rate >= bar))


def _files(page: Page, n: int) -> None:
    """All three properties in one agreement, from Parquet to Parquet."""
    found = measured("benchmarks.evaluate:files", n=n)
    rate = found.answer["facts"] / found.cpu_s / 1e6
    page.rows.append((
        "P1, P2 and P3", f"{n:,}", "tocsin batch, Parquet to Parquet, with sentences",
        f"{rate:.2f}", "", f"{found.cpu_s:.3f}", f"{found.wall_s:.3f}",
        f"{found.mb:,.0f}", f"{found.answer['rows']:,} verdicts", "",
    ))  # fmt: skip
    bar = f"Parquet to Parquet with sentences: 0.5 M facts/s a core ({n:,} facts)"
    page.bars.append((bar, f"{rate:.2f} M/s", rate >= 0.5))


def files(*, n: int):
    from tocsin.agreement.evaluate import evaluate
    from tocsin.agreement.evaluate.sentences import with_sentences

    held = log(n)
    agreement = _agreed(FILTER + COUNT + DEADLINE)
    folder = Path(tempfile.mkdtemp())
    pq.write_table(facts(held), folder / "facts.parquet")

    def work():
        table = pq.read_table(folder / "facts.parquet")
        made = evaluate(agreement, table, start=START, until=held.until).records
        said = with_sentences(made, agreement)
        pq.write_table(said, folder / "verdicts.parquet")
        return {"facts": len(held), "rows": made.num_rows}

    return work
