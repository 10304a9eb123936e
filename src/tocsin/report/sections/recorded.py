"""Section 3: what was recorded, by sector and class; exercises apart, no total."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import polars as pl

from tocsin.model import BOUNDS_FROM
from tocsin.report.cite import ANNEX, some
from tocsin.report.classes import CLASSES, ShownClass
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
from tocsin.report.figures import incident_maps, sector_maps, timeline
from tocsin.report.sections.phrases import (
    NONE,
    count_words,
    of_class,
    sector_of,
    withheld_words,
)
from tocsin.report.wording import counted, listed, number, sentence, spoken, stamp

__all__ = ["change_table", "period_sentences", "recorded"]

SEAM: Final = timedelta(hours=1)
"""Periods that meet within this follow each other (a change of the clock)."""


def recorded(day: Day) -> Section:
    """The table of sectors and classes, period figures, maps and the timeline."""
    shown = day.incidents.filter(~pl.col("held"))
    control = [finding.control for finding in day.findings if finding.control]
    figures = [
        *incident_maps(day.agreement.areas, shown, control=control),
        *sector_maps(day.agreement.areas, shown, control=control),
        timeline(shown.filter(~BOUNDED), day.watch),
    ]
    blocks: list[Block] = [
        _table(day),
        *_withheld(day),
        *_of_local_days(day),
        *_periods(day),
        *_undated(day),
        *(figure for figure in figures if figure),
    ]
    return Section(
        number="3",
        anchor="recorded",
        title="Recorded, by sector and class",
        about="Recorded is not found: which clause is touched, and by whom, stands in"
        " section 4. Classes are never added up to one total, and a number means little"
        " without the share that was watched.",
        blocks=tuple(blocks),
    )


def change_table(day: Day) -> Table:
    """Each class this day and the day before, with what was watched on each."""
    watch, earlier = day.watch.all().words(), day.watch_before.all().words()
    rows = [_change(day, each) for each in CLASSES]
    return Table(
        anchor="table-change",
        caption=f"Recorded by class: this day with {watch},"
        f" the day before with {earlier}",
        columns=(
            Column(title="Class"),
            Column(title="This day", numeric=True),
            Column(title="Day before", numeric=True),
            Column(title="Evidence"),
        ),
        rows=tuple(row for row in rows if row is not None),
        note=f"{NONE} none recorded, at the share watched of that day. Classes are"
        " never added up; exercises are no violations unless a clause forbids them.",
    )


def _change(day: Day, shown: ShownClass) -> Row | None:
    today, before = of_class(day.incidents, shown), of_class(day.before, shown)
    if today.is_empty() and before.is_empty():
        return None
    links = some(day.links(today["incident_id"]), rest=ANNEX["A"])
    return Row(
        cells=(
            Cell(text=sentence(shown.many).removesuffix("."), mark=shown.name),
            _number(today.height),
            _number(before.height),
            Cell(links=links) if links else Cell(text=NONE),
        )
    )


def _number(n: int) -> Cell:
    """A figure; nothing recorded is no zero."""
    return Cell(text=number(n), value=n) if n else Cell(text=NONE)


def period_sentences(day: Day) -> list[Sentence]:
    """What each source counts for a period of this day, against the period before."""
    if day.periods.is_empty():
        return []
    groups = day.periods.partition_by(
        "sources", "t_start", "t_end", maintain_order=True
    )
    return [_period_sentence(day, group) for group in groups]


def _period_sentence(day: Day, group: pl.DataFrame) -> Sentence:
    first = group.row(0, named=True)
    begins = pl.col("t_start") < first["t_start"]
    meets = (pl.col("t_end") - first["t_start"]).abs() <= SEAM
    theirs = pl.col("sources") == first["sources"]
    before = day.near_periods.filter(begins & meets & theirs)
    earlier = _figures(before) if before.height else "no reading here"
    return Sentence(
        text=f"{listed(first['sources'])} counts {_counted(first['kind'])} from"
        f" {stamp(first['t_start'])} to {stamp(first['t_end'])} UTC: {_figures(group)}"
        f" ({day.watch.all().words()}); the period before: {earlier}.",
        evidence=some(day.links(group["incident_id"]), rest=ANNEX["A"]),
    )


def _figures(group: pl.DataFrame) -> str:
    rows = group.sort("sector", "incident_id", nulls_last=True).to_dicts()
    return listed([f"{count_words(row)} in {sector_of(row['sector'])}" for row in rows])


def _counted(kind: str | None) -> str:
    return "ceasefire violations" if kind is None else f"incidents of {spoken(kind)}"


def _table(day: Day) -> Table:
    classes = [shown for shown in CLASSES if of_class(day.incidents, shown).height]
    shown = day.incidents.filter(~pl.col("held"))
    names: list[str | None] = list(day.sectors.names)
    if shown["sector"].null_count():
        names.append(None)
    rows = [_sector_row(day, shown, name, classes) for name in names]
    if day.held.height:
        rows.append(_class_row("Sector withheld (24 hours)", "", day.held, classes))
    watched = day.watch.all().figure_words()
    rows.append(_class_row("All sectors", watched, day.incidents, classes))
    return Table(
        anchor="table-recorded",
        caption="Incidents of this day",
        columns=(
            Column(title="Sector"),
            Column(title="Share watched", numeric=True),
            *(
                Column(title=each.short, numeric=True, mark=each.name)
                for each in classes
            ),
        ),
        rows=tuple(rows),
        note=f"{NONE} none recorded, at the share watched in the second column."
        + ("" if classes else " No incident is on record for this day."),
        wide=True,
    )


def _sector_row(
    day: Day, shown: pl.DataFrame, sector: str | None, classes: list[ShownClass]
) -> Row:
    if sector is None:
        theirs = shown.filter(pl.col("sector").is_null())
        return _class_row("Sector not known", "", theirs, classes)
    theirs = shown.filter(pl.col("sector") == sector)
    return _class_row(sector, day.watch.of(sector).figure_words(), theirs, classes)


def _class_row(
    head: str, watched: str, theirs: pl.DataFrame, classes: list[ShownClass]
) -> Row:
    counts = dict(theirs.group_by("class").len().iter_rows())
    cells = (_number(counts.get(each.name, 0)) for each in classes)
    return Row(cells=(Cell(text=head), Cell(text=watched), *cells))


def _withheld(day: Day) -> list[Sentence]:
    if day.held.is_empty():
        return []
    links = some(day.links(day.held["incident_id"]), rest=ANNEX["A"])
    text = sentence(withheld_words(day.held, day))
    return [Sentence(text=text, evidence=links, tone="warning")]


BOUNDED: Final = pl.col("t_end") - pl.col("t_start") >= BOUNDS_FROM
"""Known to lie between two instants that are a day or more apart, and no nearer."""


def _of_local_days(day: Day) -> list[Sentence]:
    """Incidents of which only a day is known have no hour, and perhaps another day."""
    theirs = day.incidents.filter(BOUNDED)
    if theirs.is_empty():
        return []
    first, last = min(theirs["t_start"].to_list()), max(theirs["t_end"].to_list())
    one = theirs.height == 1
    text = (
        f"Of {counted(theirs.height, 'incident')} counted above no hour is known, only"
        f" that {'it was' if one else 'they were'} between {stamp(first)} and"
        f" {stamp(last)} UTC: counted once, on the day that holds most of that time,"
        " and in no hour of the timeline."
    )
    links = some(day.links(theirs["incident_id"]), rest=ANNEX["A"])
    return [Sentence(text=text, evidence=links, tone="unknown")]


def _undated(day: Day) -> list[Sentence]:
    """Incidents whose time is known only to more than a day stand in no table."""
    if day.undated.is_empty():
        return []
    links = some(day.links(day.undated["incident_id"]), rest=ANNEX["A"])
    n = counted(day.undated.height, "incident")
    they = "it stands" if day.undated.height == 1 else "they stand"
    text = (
        f"{n} whose time is known only to more than a day may have fallen on this day;"
        f" {they} in no table above."
    )
    return [Sentence(text=text, evidence=links, tone="unknown")]


def _periods(day: Day) -> list[Block]:
    """Figures that a source gives for a whole period; never added to incidents."""
    if day.periods.is_empty():
        return []
    rows = tuple(_period_row(day, row) for row in day.periods.to_dicts())
    return [
        Table(
            anchor="table-periods",
            caption="Figures that a source gives for a period that touches this day",
            columns=(
                Column(title="Source"),
                Column(title="Period"),
                Column(title="Sector"),
                Column(title="What is counted"),
                Column(title="Figure", numeric=True),
                Column(title="Share watched"),
            ),
            rows=rows,
            note="Each figure is its source's own and is never added to incidents. A 0"
            " is what was recorded, not what happened.",
        )
    ]


def _period_row(day: Day, row: dict[str, Any]) -> Row:
    link = day.link.get(row["incident_id"])
    sector = row["sector"]
    share = day.watch.of(sector).words() if sector in day.watch.sectors else ""
    return Row(
        cells=(
            Cell(text=", ".join(row["sources"]), links=(link,) if link else ()),
            Cell(text=f"{stamp(row['t_start'])} to {stamp(row['t_end'])}"),
            Cell(text=sector_of(sector)),
            Cell(text=_counted(row["kind"])),
            Cell(text=count_words(row), value=row["count_high"]),
            Cell(text=share or "not stated"),
        )
    )
