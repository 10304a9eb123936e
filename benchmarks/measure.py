"""How a figure is taken: median of at least five runs, peers in turn, ratio printed.

Times are CPU seconds of this process and its children unless a row says otherwise:
the machines that run this are shared, and wall time tells more about the neighbours.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

RUNS = 5


@dataclass(frozen=True)
class Timing:
    """Median, least and greatest of the runs, in seconds."""

    median_s: float
    least_s: float
    greatest_s: float
    runs: int


def cpu_s() -> float:
    mine = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(
    work: Callable[[], object],
    *,
    runs: int = RUNS,
    warm: int = 1,
    clock: Callable[[], float] = cpu_s,
) -> Timing:
    """Time ``work`` several times, after ``warm`` runs that do not count."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(runs):
        begin = clock()
        work()
        taken.append(clock() - begin)
    return Timing(statistics.median(taken), min(taken), max(taken), runs)


def in_turn(
    works: dict[str, Callable[[], object]],
    *,
    runs: int = RUNS,
    clock: Callable[[], float] = cpu_s,
) -> dict[str, Timing]:
    """Time several works A B C A B C ..., so that a drifting machine hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(runs):
        for name, work in works.items():
            begin = clock()
            work()
            taken[name].append(clock() - begin)
    return {
        name: Timing(statistics.median(t), min(t), max(t), runs)
        for name, t in taken.items()
    }


wall_s = time.perf_counter


def peer(name: str) -> str:
    """A peer with the version that is installed."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} (not installed)"


def machine() -> str:
    model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


@dataclass
class Page:
    """What a benchmark reports: a title, what was done, and a table.

    Attributes:
        title: heading of the page.
        about: the workload in plain words: what, how many, which seed.
        columns: heads of the table.
        rows: cells as text.
        bars: the bar, what was measured, and whether it holds.
    """

    title: str
    about: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    bars: list[tuple[str, str, bool]] = field(default_factory=list)

    def text(self, *, command: str, machine: str) -> str:
        lines = [f"# {self.title}", "", self.about, ""]
        lines += [f"Command: `{command}`. Machine: {machine}.", ""]
        lines += [_row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row(row) for row in self.rows]
        if self.bars:
            lines += ["", "| bar | measured | holds |", "| --- | --- | --- |"]
            lines += [_row((b, m, "yes" if ok else "no")) for b, m, ok in self.bars]
        return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
