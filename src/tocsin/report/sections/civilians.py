"""Section 7: casualties and damage, only where corroborated.

Corroborated means two independent roots, or one sensor of the mission itself. What
rests on less is counted in a sentence and listed in Annex A, never in the table.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from tocsin.report.cite import ANNEX, some
from tocsin.report.classes import shown_class
from tocsin.report.day import Day
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Row,
    Section,
    Sentence,
    Table,
)
from tocsin.report.sections.phrases import (
    COVERAGE_LINK,
    count_words,
    hand_out,
    of_class,
    sector_of,
    when_words,
)
from tocsin.report.wording import counted, listed, number, spoken

__all__ = ["civilians", "harm_sentences"]

ROOTS: Final = 2
ROWS_SHOWN: Final = 60


def civilians(day: Day) -> Section:
    """The corroborated reports, and how many are not."""
    blocks: list[Block] = [*harm_sentences(day)]
    shown = _corroborated(_harm(day)).filter(~pl.col("held"))
    if shown.height:
        blocks.append(_table(day, shown))
    return Section(
        number="7",
        anchor="civilians",
        title="Casualties and damage",
        about="Only what two independent roots or a sensor of the mission report."
        " Copies of one report are one root.",
        blocks=tuple(blocks),
    )


def harm_sentences(day: Day) -> list[Sentence]:
    """How many are corroborated, how many are not, how many are withheld."""
    harm = _harm(day)
    sure = _corroborated(harm)
    alone = harm.join(sure.select("incident_id"), on="incident_id", how="anti")
    told = [_sure(day, sure)]
    if alone.height:
        told.append(_alone(day, alone))
    held = harm.filter(pl.col("held"))
    if held.height:
        told.append(_held(day, held))
    return told


def _harm(day: Day) -> pl.DataFrame:
    return of_class(day.incidents, shown_class("harm"))


def _corroborated(harm: pl.DataFrame) -> pl.DataFrame:
    return harm.filter((pl.col("n_independent") >= ROOTS) | pl.col("own_sensor"))


def _sure(day: Day, sure: pl.DataFrame) -> Sentence:
    watch = day.watch.all().words()
    if sure.is_empty():
        text = f"No corroborated report of casualties or damage is on record ({watch})."
        return Sentence(text=text, evidence=(COVERAGE_LINK,))
    kinds = dict(sure.group_by("kind").len().sort("kind").iter_rows())
    each = [
        counted(n, f"report of {spoken(k)}", f"reports of {spoken(k)}")
        for k, n in kinds.items()
    ]
    return Sentence(
        text=f"Corroborated: {listed(each)} ({watch}).",
        evidence=some(day.links(sure["incident_id"]), rest=ANNEX["A"]),
    )


def _alone(day: Day, alone: pl.DataFrame) -> Sentence:
    verb = "rests" if alone.height == 1 else "rest"
    return Sentence(
        text=f"{counted(alone.height, 'report')} of casualties or damage {verb} on a"
        " single root and cannot be confirmed here; not in the table.",
        evidence=some(day.links(alone["incident_id"]), rest=ANNEX["A"]),
        tone="unknown",
    )


def _held(day: Day, held: pl.DataFrame) -> Sentence:
    return Sentence(
        text=f"Of all these, {counted(held.height, 'report')} less than 24 hours old"
        f" {hand_out(day)} {'is' if held.height == 1 else 'are'} counted here and shown"
        " without a place.",
        evidence=some(day.links(held["incident_id"]), rest=ANNEX["A"]),
        tone="warning",
    )


def _table(day: Day, shown: pl.DataFrame) -> Table:
    return Table(
        anchor="table-civilians",
        caption="Corroborated reports of casualties and damage",
        columns=(
            Column(title="Began (UTC)"),
            Column(title="Kind"),
            Column(title="Sector"),
            Column(title="As counted by the sources", numeric=True),
            Column(title="Independent roots", numeric=True),
            Column(title="Sources"),
        ),
        rows=tuple(_row(day, row) for row in shown.to_dicts()),
        shown=ROWS_SHOWN,
    )


def _row(day: Day, row: dict[str, Any]) -> Row:
    return Row(
        cells=(
            Cell(text=when_words(row), links=(day.link[row["incident_id"]],)),
            Cell(text=spoken(row["kind"])),
            Cell(text=sector_of(row["sector"])),
            Cell(text=count_words(row), value=row["count_high"]),
            Cell(text=number(row["n_independent"]), value=row["n_independent"]),
            Cell(text=listed(row["sources"])),
        )
    )
