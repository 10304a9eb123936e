"""One piece of work in a process of its own: CPU, wall and memory that are its alone.

``measured("benchmarks.evaluate:polars", n=100_000, what="count")`` starts Python, calls
``polars(n=..., what=...)``, which loads the data and gives a function without
arguments, and times that function. Memory is what the process grew by over the loaded
data: the peak resident size after the runs less the size before them.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import RUNS, cpu_s, peak_rss_mb

LONG_S = 2.0
"""Work that takes longer is run once only, and the table says so."""


@dataclass(frozen=True)
class Measured:
    cpu_s: float
    wall_s: float
    mb: float
    runs: int
    answer: object


def measured(function: str, **arguments: object) -> Measured:
    """Raises CalledProcessError where the work fails."""
    asked = [sys.executable, "-m", "benchmarks.alone", function, json.dumps(arguments)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _main() -> None:
    module, name = sys.argv[1].split(":")
    made = getattr(importlib.import_module(module), name)
    work = made(**json.loads(sys.argv[2]))
    before = _forget_peak()
    begin = cpu_s()
    answer = work()  # compiles and warms
    first = cpu_s() - begin
    taken = []
    for _ in range(RUNS if first < LONG_S else 1):
        begin, clock = cpu_s(), time.perf_counter()
        work()
        taken.append((cpu_s() - begin, time.perf_counter() - clock))
    cpu, wall = (median(column) for column in zip(*taken, strict=True))
    grown = max(_peak_mb() - before, 0.0)
    told = {"cpu_s": cpu, "wall_s": wall, "mb": grown, "runs": len(taken)}
    print(json.dumps(told | {"answer": answer}))


def _forget_peak() -> float:
    """The size now, in MB; the peak is measured from here where the kernel lets us."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return peak_rss_mb()
    return _peak_mb()


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) / 1024
    return peak_rss_mb()


if __name__ == "__main__":
    _main()
