"""The summary: what is frozen, missing most, contested, resting on reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.coordination import Overview, Row
from tocsin.coordination.standing import plural
from tocsin.model.contributions import Certainty
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Sentence,
)
from tocsin.report.wording import counted, listed, number, stamp

__all__ = ["summary"]


def summary(view: Overview) -> Iterator[Block]:
    """Sentences, the most pressing first."""
    if view.board.note:
        yield Sentence(text=view.board.note)
    for freeze in view.freezes:
        end = "still" if freeze.until is None else f"until {stamp(freeze.until)}"
        yield Sentence(
            text=f"{plain(freeze.state)}: {freeze.contribution_id} is frozen since"
            f" {stamp(freeze.since)}, {end}; {freeze.gate} is shut.",
            tone="warning" if freeze.until is None else "",
        )
    yield from _gaps(view.status.rows)
    contested = [c for c in view.status.leads if c.state == "contested"]
    for cell in contested:
        others = listed([plain(n) for n in cell.claims])
        yield Sentence(
            text=f"{cell.function.capitalize()} in {cell.area}: {plain(cell.lead)}"
            f" leads, and {others} claims the lead, too.",
            tone="warning",
        )
    unsure = [
        s
        for s in view.status.standings
        if s.certainty is not Certainty.STATED and s.stage
    ]
    if unsure:
        yield Sentence(
            text=f"Resting on reports, and labelled so:"
            f" {counted(len(unsure), 'contribution')}.",
            tone="unknown",
        )


def _gaps(rows: Sequence[Row]) -> Iterator[Sentence]:
    missing = [row for row in rows if row.gap]
    missing.sort(key=lambda row: (-(row.gap_at_best or 0), -(row.gap or 0)))
    for row in missing[:6]:
        best = row.gap_at_best
        more = f"; {number(best)} even if all that is shared came here" if best else ""
        unit = row.unit if row.need == 1 else plural(row.unit)
        yield Sentence(
            text=f"{row.function.capitalize()} in {row.area} lacks a commitment of"
            f" {number(row.gap or 0)} of {number(row.need or 0)} {unit}{more}.",
            tone="breached" if best else "pending",
        )
    if len(missing) > 6:  # noqa: PLR2004  # the rest stands on the board
        yield Sentence(text=f"{len(missing) - 6} further gaps stand on the board.")
