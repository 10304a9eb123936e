"""The daily report of one day out of a year, after import and fusion.

The year is the exercise's, a million observations; making and running it takes some
minutes of its own, which are shown and are no part of the bar. No peer makes such a
report, so none runs beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import RUNS, Page, timed, wall_s

BAR_S = 10.0
DAYS, PER_DAY = 365, 2_740
QUICK_DAYS = 20


def run(*, quick: bool) -> Page:
    """The page of figures; the bar is on wall seconds of the whole command."""
    page = Page(
        title="Daily report out of a year",
        about=f"The exercise over {DAYS} days at {PER_DAY:,} observations a day, seed"
        " 1; then `tocsin report` of a day in its last quarter, as a command of its"
        " own, imports included.",
        columns=("work", "observations", "format", "CPU", "wall"),
    )
    days = QUICK_DAYS if quick else DAYS
    with tempfile.TemporaryDirectory() as folder:
        _year(page, Path(folder), days)
        day = date(2025, 3, 3) + timedelta(days=days * 4 // 5)
        for form in ("html", "json"):
            _report(page, Path(folder), day, form, runs=1 if quick else RUNS)
    return page


def _year(page: Page, folder: Path, days: int) -> None:
    from tocsin import demonstration

    def make() -> None:
        done = demonstration.run(folder, seed=1, days=days, per_day=PER_DAY)
        counts.append(int(done.summary["observations"]))

    counts: list[int] = []
    cpu = timed(make, runs=1, warm=0)
    name = "simulate, run, score (no part of the bar)"
    page.rows.append((name, f"{counts[-1]:,}", "", f"{cpu.median_s:.0f} s", ""))


def _report(page: Page, folder: Path, day: date, form: str, *, runs: int) -> None:
    out = folder / f"timed.{form}"
    words = ["report", "--kind", "daily", "--format", form, "--date", f"{day}"]
    command = [sys.executable, "-m", "tocsin", *words, "--out", f"{out}", f"{folder}"]

    def make() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    cpu, wall = timed(make, runs=runs), timed(make, runs=runs, clock=wall_s)
    seen = page.rows[0][1]
    took = f"{wall.median_s:.1f} s"
    page.rows.append(("report", seen, form, f"{cpu.median_s:.1f} s", took))
    page.bars.append(
        (
            f"a day out of a year, {form}, in {BAR_S:.0f} s",
            took,
            wall.median_s <= BAR_S,
        )
    )
