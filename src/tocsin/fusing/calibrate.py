"""The calibration of attribution, measured and written down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tocsin.findings import Weights
from tocsin.fusing.calibration import calibrated, drawn, reliability, said
from tocsin.fusing.fitting import fitted, written
from tocsin.fusing.held_out import judged, told_of
from tocsin.model import encode
from tocsin.store import write_durably

__all__ = ["calibrate", "fit"]


def calibrate(
    out: Path,
    seeds: Sequence[int],
    *,
    days: int,
    per_day: int,
    factor: float,
    weights: Weights,
) -> str:
    """Measure on these seeds; write the measures, the picture and the page.

    Returns:
        The table, as it stands in ``calibration.md``.
    """
    found = judged(seeds, days=days, per_day=per_day, factor=factor, weights=weights)
    groups, bins = calibrated(found), reliability(found)
    told = ", ".join(map(str, seeds))
    about = (
        f"Exercises with the seeds {told}: {days} days of about {per_day:,}"
        f" observations, stated errors x {factor:g}. Simulated evidence;"
        " no figure is of the field."
    )
    table = "\n".join(said(groups))
    title = f"EXERCISE: reliability, seeds {told}"
    write_durably(out / "reliability.svg", drawn(bins, title=title).encode())
    write_durably(out / "calibration.json", encode({"groups": groups, "bins": bins}))
    page = f"# Calibration\n\n{about}\n\n![Reliability](reliability.svg)\n\n{table}\n"
    write_durably(out / "calibration.md", page.encode())
    return table


def fit(
    file: Path, seeds: Sequence[int], *, days: int, per_day: int, weights: Weights
) -> None:
    """Fit on these seeds whether it happened; write the weights for --params."""
    told = told_of(seeds, days=days, per_day=per_day, weights=weights)
    write_durably(file, written(fitted(told, weights), seeds).encode())
