"""Reconstruction money: needs against each stage, and every amount as written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.coordination import HeldFund
from tocsin.coordination.money import Booked, Gap, sums
from tocsin.report.cell.gap_chart import gap_chart
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Sentence,
    Table,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import counted, listed

__all__ = ["ABOUT", "money"]

ABOUT: Final = (
    "Amounts as written. Pledges, commitments, allocations and payments are never added"
    " to each other, nor is one currency to another."
)


def money(
    booked: Sequence[Booked], gaps: Sequence[Gap], held: Sequence[HeldFund] = ()
) -> Iterator[Block]:
    """The chart of gaps and the table of funds; nothing where no money is told."""
    if not booked and not gaps:
        return
    figure = gap_chart(gaps)
    if figure is not None:
        yield figure
    unconverted = sum(gap.unconverted for gap in gaps)
    if unconverted:
        yield Sentence(
            text=f"{counted(unconverted, 'fund')} in other currencies are not in this"
            " chart: no rate of their day was given.",
            tone="unknown",
        )
    yield from _held(booked, held)
    lines = [
        Line(
            cells=(
                Cell(text=plain(one.donor)),
                Cell(text=one.sector or "not stated"),
                Cell(text=one.stage.value),
                Cell(text=f"{one.amount:,.0f} {one.currency}", value=float(one.amount)),
            )
        )
        for one in sums(booked)
    ]
    yield Table(
        anchor="funds",
        caption="Pledged, committed, allocated, paid: by donor and sector, as written",
        columns=(
            Column(title="donor"),
            Column(title="sector"),
            Column(title="stage"),
            Column(title="amount", numeric=True),
        ),
        rows=tuple(lines),
    )


def _held(booked: Sequence[Booked], held: Sequence[HeldFund]) -> Iterator[Sentence]:
    """Money whose security condition does not hold at this instant."""
    by_id = {one.fund.fund_id: one.fund for one in booked}
    for one in held:
        fund = by_id.get(one.fund_id)
        if fund is not None:
            sector = fund.sector or "no stated sector"
            yield Sentence(
                text=f"{plain(fund.donor)}: {fund.money.amount:,f}"
                f" {fund.money.currency} {fund.stage.value} for {sector} waits for"
                f" {plain(listed(one.waits_for))}.",
                tone="pending",
            )
