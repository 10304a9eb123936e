"""Section 9: corrections, contradictions, and what could not be read."""

from __future__ import annotations

from collections import Counter
from typing import Final

import polars as pl

from tocsin.model import CODES, Issue
from tocsin.report.cite import ANNEX, some
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
from tocsin.report.wording import counted, listed, number

__all__ = ["corrections", "late_sentence"]

ROWS_SHOWN: Final = 12
FIRST: Final = ("contradiction", "id_conflict")
"""Codes that concern what sources say, listed before those of form."""


def corrections(day: Day) -> Section:
    """Revised findings and incidents, late arrivals, contradictions, other issues."""
    blocks: list[Block] = [*_revised(day), late_sentence(day), *_contradictions(day)]
    if day.issues:
        blocks += [_by_code(day.issues), _listing(day.issues)]
    else:
        blocks.append(Sentence(text="The run met no issue in any input."))
    return Section(
        number="9",
        anchor="corrections",
        title="Corrections, contradictions and gaps in the record",
        about="Nothing is changed in place: a new version supersedes the old, which can"
        " still be read. Issues concern the whole run, not this day alone.",
        blocks=tuple(blocks),
    )


def late_sentence(day: Day) -> Sentence:
    """Evidence about earlier days that was received on this one."""
    received = pl.col("received_at").is_between(day.start, day.end, closed="left")
    late = day.said.filter(received & (pl.col("t_end") < day.start))
    unknown = day.said.filter(pl.col("received_at").is_null()).height
    text = (
        f"{counted(late.height, 'observation')} about earlier days"
        f" {'was' if late.height == 1 else 'were'} received on this day"
        if late.height
        else "No observation about an earlier day is on record as received on this day"
    )
    if unknown:
        text += (
            f"; of {counted(unknown, 'observation')} the time of receipt is not known"
        )
    evidence = some(day.links(late["observation_id"]), rest=ANNEX["D"])
    return Sentence(text=f"{text}.", evidence=evidence)


def _revised(day: Day) -> list[Sentence]:
    told = []
    findings = [f for f in day.findings if f.revision > 1]
    if findings:
        links = some([day.link[f.finding_id] for f in findings], rest=ANNEX["B"])
        n = counted(len(findings), "finding")
        told.append(
            Sentence(
                text=f"{n} that held on this day {_is(len(findings))} a revision of an"
                " earlier version.",
                evidence=links,
                tone="warning",
            )
        )
    changed = day.incidents.filter(pl.col("version") > 1)
    if changed.height:
        links = some(day.links(changed["incident_id"]), rest=ANNEX["A"])
        n = counted(changed.height, "incident")
        told.append(
            Sentence(
                text=f"{n} of this day {_is(changed.height)} a later"
                " version: evidence was merged, split off or withdrawn.",
                evidence=links,
                tone="warning",
            )
        )
    return told


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _contradictions(day: Day) -> list[Sentence]:
    """Two readings of the same thing by the same source that differ, in full."""
    theirs = [issue for issue in day.issues if issue.code == "contradiction"]
    told = []
    for issue in sorted(theirs, key=_place)[:ROWS_SHOWN]:
        links = [day.link[each] for each in issue.evidence if each in day.link]
        text = f"Contradiction at {_places(issue)}: {issue.message}"
        told.append(Sentence(text=text, evidence=tuple(links), tone="warning"))
    return told


def _place(issue: Issue) -> tuple[str, int, int, str]:
    return issue.where.file, issue.where.line or 0, issue.where.column or 0, issue.code


def _places(issue: Issue) -> str:
    return listed([str(place) for place in (issue.where, *issue.also)])


def _by_code(issues: tuple[Issue, ...]) -> Table:
    counts = Counter(issue.code for issue in issues)
    refused = Counter(issue.code for issue in issues if issue.refuses_row)
    return Table(
        anchor="table-issue-codes",
        caption="Issues of the whole run, by code",
        columns=(
            Column(title="Code"),
            Column(title="What it means"),
            Column(title="Number", numeric=True),
            Column(title="Rows refused", numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    Cell(text=code),
                    Cell(text=CODES.get(code, "not described")),
                    Cell(text=number(counts[code]), value=counts[code]),
                    Cell(text=number(refused[code]), value=refused[code]),
                )
            )
            for code in sorted(counts, key=lambda c: (c not in FIRST, c))
        ),
    )


def _listing(issues: tuple[Issue, ...]) -> Table:
    ordered = sorted(issues, key=lambda i: (i.code not in FIRST, i.code, *_place(i)))
    return Table(
        anchor="table-issues",
        caption="Each issue with its place",
        columns=(
            Column(title="Code"),
            Column(title="Place"),
            Column(title="What is wrong"),
            Column(title="What would mend it"),
        ),
        rows=tuple(
            Row(
                cells=(
                    Cell(text=issue.code),
                    Cell(text=_places(issue)),
                    Cell(text=issue.message),
                    Cell(text=issue.repair or "nobody can mend it here"),
                )
            )
            for issue in ordered
        ),
        shown=ROWS_SHOWN,
    )
