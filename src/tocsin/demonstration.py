"""The whole way on a fictional ceasefire with known truth: run, report and score it.

What it writes below its folder: ``evidence/`` (what the mission gets, and the truth),
``summary.json`` with tables and records (what :func:`tocsin.pipeline.run_folder`
writes), ``report/`` (the daily report, HTML and JSON) and ``score.json``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tocsin import exercise, pipeline, report, store
from tocsin.model import encode, start_of_day

__all__ = ["AGREEMENT", "Demonstration", "run"]

AGREEMENT = Path(__file__).parent / "exercise" / "lantern"
"""The agreement of the exercise; it comes with the package."""

SOURCES = ("observations", "watch", "register")


class Demonstration(msgspec.Struct, frozen=True, kw_only=True):
    """What a demonstration gives.

    Attributes:
        summary: of the run, as in ``summary.json``.
        score: against the truth.
        day: the day of the report.
        reports: the files of the report.
    """

    summary: dict[str, Any]
    score: exercise.Score
    day: date
    reports: tuple[Path, ...]

    def lines(self) -> list[str]:
        """The score and where to look, for a terminal."""
        return [
            "EXERCISE: fictional parties, simulated evidence, known truth",
            *self.score.lines(),
            *(f"report       {path}" for path in self.reports),
        ]


def run(
    out: Path,
    *,
    seed: int,
    days: int,
    per_day: int,
    progress: pipeline.Progress | None = None,
    cost: Callable[[], dict[str, float]] = dict,
) -> Demonstration:
    """Simulate, run, report and score.

    Args:
        out: folder for everything; what a former demonstration left is replaced.
        seed: chance; the same seed gives the same evidence.
        days: length of the simulated time.
        per_day: observations a day, about.
        progress: told each stage's name and its share done.
        cost: as for :func:`tocsin.pipeline.run_folder`.

    Raises:
        WrongUse: ``out`` holds something that is not Tocsin's.
    """
    tell = progress or (lambda _stage, _share: None)
    kept = store.FolderStore(out)
    scenario = exercise.Scenario(days=days, per_day=per_day)
    chance = np.random.Generator(np.random.PCG64(seed))
    played = exercise.generate(
        scenario, rng=chance, progress=lambda _step, share: tell("simulation", share)
    )
    files = exercise.write(played, out / "evidence")
    summary = pipeline.run_folder(
        AGREEMENT,
        [(f"exercise-{name}", files[name]) for name in SOURCES],
        out,
        asked=pipeline.Question(
            start=scenario.start, until=scenario.start + timedelta(days=days)
        ),
        control_file=files["control"],
        progress=progress,
        cost=cost,
    )
    day = (scenario.start + timedelta(days=days - 1)).date()
    # Simulated time: the report leaves a day and a night after its day.
    reports = _report(out, day, start_of_day(day) + 2 * timedelta(days=1))
    tell("report", 1.0)
    scored = _score(played, kept)
    store.write_durably(out / "score.json", encode(_figures(scored)))
    tell("score", 1.0)
    return Demonstration(summary=summary, score=scored, day=day, reports=reports)


def _report(out: Path, day: date, released_at: datetime) -> tuple[Path, ...]:
    paths = []
    for form in ("html", "json"):
        data = report.write(
            out,
            kind="daily",
            day=day,
            form=form,
            released_at=released_at,
        )
        paths.append(out / "report" / f"daily-{day}.{form}")
        store.write_durably(paths[-1], data)
    return tuple(paths)


def _score(played: exercise.Exercise, kept: store.FolderStore) -> exercise.Score:
    view = kept.view()
    return exercise.score(
        played,
        observations=view.table("observations"),
        incidents=view.table("incidents"),
        members=view.table("members"),
        verdicts=view.table("verdicts"),
    )


def _figures(scored: exercise.Score) -> dict[str, Any]:
    """The score as data, with the figures that follow from others written out."""
    data: dict[str, Any] = msgspec.to_builtins(scored)
    for name in ("incidents", "with_warnings"):
        grouping = getattr(scored, name)
        data[name]["pairwise_f1"] = grouping.pairwise_f1
        data[name]["bcubed_f1"] = grouping.bcubed_f1
    return data
