"""Section 6: what kept the mission from seeing. A restriction is evidence, too."""

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
    of_class,
    sector_of,
    when_words,
)
from tocsin.report.wording import clock, counted, listed, percent, spoken

__all__ = ["claims_words", "restrictions", "restrictions_sentence"]

ROWS_SHOWN: Final = 40


def restrictions(day: Day) -> Section:
    """Restrictions and jamming as recorded, then the hours of blind sensors."""
    theirs = of_class(day.incidents, shown_class("restriction"))
    blind = _blind(day)
    blocks: list[Block] = [restrictions_sentence(day)]
    if theirs.height:
        blocks.append(_table(day, theirs))
    if blind:
        blocks.append(_blind_table(blind))
    return Section(
        number="6",
        anchor="restrictions",
        title="Restrictions and blinded sensors",
        about="Denied access, jamming and shot cameras are recorded like any act. Who"
        " is named here is named by somebody; the column says by whom.",
        blocks=tuple(blocks),
    )


def restrictions_sentence(day: Day) -> Sentence:
    """How many restrictions, of which kind."""
    theirs = of_class(day.incidents, shown_class("restriction"))
    watch = day.watch.all().words()
    if theirs.is_empty():
        text = f"No restriction of the monitors is on record for this day ({watch})."
        return Sentence(text=text, evidence=(COVERAGE_LINK,))
    kinds = sorted({word for row in theirs.to_dicts() for word in _kinds(row)})
    n = counted(theirs.height, "restriction")
    verb = "is" if theirs.height == 1 else "are"
    return Sentence(
        text=f"{n} of the monitors {verb} on record ({listed(kinds)}; {watch}).",
        evidence=some(day.links(theirs["incident_id"]), rest=ANNEX["A"]),
    )


def claims_words(row: dict[str, Any]) -> str:
    """Who is named, and by whom; a claim is always somebody's."""
    each = [
        f"{claim['claimed_party']}, says {claim['claimed_by'] or claim['source_id']}"
        for claim in row["claims"]
    ]
    return "; ".join(each) or "nobody"


def _kinds(row: dict[str, Any]) -> list[str]:
    return [spoken(word) for word in row["restrictions"]] or [spoken(row["kind"])]


def _table(day: Day, theirs: pl.DataFrame) -> Table:
    return Table(
        anchor="table-restrictions",
        caption="Restrictions that began on this day",
        columns=(
            Column(title="Began (UTC)"),
            Column(title="Kind"),
            Column(title="Sector"),
            Column(title="Reported by"),
            Column(title="Named as responsible"),
        ),
        rows=tuple(_row(day, row) for row in theirs.to_dicts()),
        shown=ROWS_SHOWN,
    )


def _row(day: Day, row: dict[str, Any]) -> Row:
    link = day.link[row["incident_id"]]
    return Row(
        cells=(
            Cell(text=when_words(row), links=(link,)),
            Cell(text=listed(_kinds(row))),
            Cell(text=sector_of(row["sector"])),
            Cell(text=listed(row["sources"])),
            Cell(text=claims_words(row)),
        )
    )


def _blind(day: Day) -> list[dict[str, Any]]:
    """Stretches with a reason and less than a full share, joined where they meet."""
    rows = (
        day.coverage.filter(pl.col("why").is_not_null())
        .filter(pl.col("share").is_null() | (pl.col("share") < 1))
        .with_columns(
            pl.max_horizontal("t_start", pl.lit(day.start)).alias("t_start"),
            pl.min_horizontal("t_end", pl.lit(day.end)).alias("t_end"),
        )
        .sort("sector", "source_id", "why", "t_start", "t_end", nulls_last=True)
        .to_dicts()
    )
    joined: list[dict[str, Any]] = []
    for row in rows:
        last = joined[-1] if joined else None
        if last and _same(last, row) and row["t_start"] <= last["t_end"]:
            last["t_end"] = max(last["t_end"], row["t_end"])
        else:
            joined.append(dict(row))
    return joined


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[k] == other[k] for k in ("sector", "source_id", "why", "share"))


def _blind_table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        anchor="table-blind",
        caption="Hours in which sensors or patrols could not see",
        columns=(
            Column(title="Sector"),
            Column(title="From, to (UTC)"),
            Column(title="Why"),
            Column(title="Share still watched", numeric=True),
            Column(title="Who watched"),
        ),
        rows=tuple(_blind_row(row) for row in rows),
        shown=ROWS_SHOWN,
    )


def _blind_row(row: dict[str, Any]) -> Row:
    share = row["share"]
    return Row(
        cells=(
            Cell(text=row["sector"] or "everywhere"),
            Cell(text=f"{clock(row['t_start'])} to {_end(row['t_end'])}"),
            Cell(text=spoken(row["why"])),
            Cell(text="not stated" if share is None else percent(share), value=share),
            Cell(text=row["source_id"] or "not stated"),
        )
    )


def _end(at: Any) -> str:
    return "24:00" if clock(at) == "00:00" else clock(at)
