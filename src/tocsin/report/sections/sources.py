"""Section 11: every source with publisher, owner, licence, and what was refused."""

from __future__ import annotations

from tocsin.model import SourceDescription
from tocsin.report.day import Day
from tocsin.report.document import Cell, Column, Link, Row, Section, Sentence, Table
from tocsin.report.wording import counted, day_text, number, percent

__all__ = ["sources"]


def sources(day: Day) -> Section:
    """One row per source of the run, in order of its id."""
    return Section(
        number="11",
        anchor="sources",
        title="Sources",
        about="Two sources are independent only if both their owner and their way of"
        " knowing differ.",
        blocks=(_refused(day), _table(day), *_faults(day)),
    )


def _refused(day: Day) -> Sentence:
    refused = sum(issue.refuses_row for issue in day.issues)
    taken = sum(day.rows_of_source.values())
    text = (
        f"The run took in {counted(taken, 'observation')} and refused"
        f" {counted(refused, 'row')}; each refused row is an issue with its place in"
        " section 9."
    )
    return Sentence(
        text=text,
        evidence=(Link(to="table-issues", label="issues"),) if day.issues else (),
    )


def _table(day: Day) -> Table:
    return Table(
        anchor="table-sources",
        caption="Sources of this run",
        columns=(
            Column(title="Source"),
            Column(title="Publisher, owner"),
            Column(title="Way of knowing"),
            Column(title="Licence"),
            Column(title="Observations", numeric=True),
            Column(title="Rows refused", numeric=True),
            Column(title="Coverage, as it says"),
        ),
        rows=tuple(_row(day, source) for source in day.sources),
        wide=True,
    )


def _row(day: Day, source: SourceDescription) -> Row:
    taken = day.rows_of_source.get(source.id, 0)
    refused = _refused_of(day, source.id)
    owner = "" if source.owner == source.publisher else f", {source.owner}"
    return Row(
        cells=(
            Cell(text=f"{source.title} ({source.id})"),
            Cell(text=f"{source.publisher}{owner}"),
            Cell(text=source.way_of_knowing),
            Cell(text=source.licence),
            Cell(text=number(taken), value=taken),
            Cell(
                text="not stated" if refused is None else number(refused), value=refused
            ),
            Cell(text=_coverage(source)),
        )
    )


def _refused_of(day: Day, source_id: str) -> int | None:
    """As the run's summary says, or None where it does not tell sources apart."""
    told = day.summary.get("sources")
    mine = told.get(source_id) if isinstance(told, dict) else None
    refused = mine.get("refused") if isinstance(mine, dict) else None
    return refused if isinstance(refused, int) else None


def _coverage(source: SourceDescription) -> str:
    said = source.coverage
    first = f"from {day_text(said.first)}" if said.first else "first day not stated"
    last = f"to {day_text(said.last)}" if said.last else "last day not stated"
    if said.share is not None:
        share = f"{percent(said.share)} watched"
    else:
        share = "share given row by row" if said.per_row else "share watched not stated"
    return f"{said.area}, {first}, {last}, {share}"


def _faults(day: Day) -> list[Sentence]:
    """What is known to be wrong with a source stands beside what it says."""
    return [
        Sentence(
            text=f"Known faults of {source.id}: "
            f"{'; '.join(fault.rstrip('.') for fault in source.faults)}."
        )
        for source in day.sources
        if source.faults
    ]
