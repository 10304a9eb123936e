"""Reconstruction money of a board and of published tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tocsin.connectors.aid import read_aid
from tocsin.connectors.boards import read_rates
from tocsin.coordination import Overview
from tocsin.coordination.money import Booked, Gap, book, gaps, sums
from tocsin.errors import OriginsMixed
from tocsin.model import Issue
from tocsin.model.contributions import Board, Fund, MoneyNeed

__all__ = ["book_money", "held_lines", "money_lines", "with_tables"]


def book_money(
    board: Board, *, rates_file: Path | None = None, into: str = ""
) -> tuple[tuple[Booked, ...], tuple[Gap, ...], tuple[Issue, ...]]:
    """The board's money as written, its gaps per sector, and what has no rate.

    Without ``into`` the gaps are in the currency of most of the needs.
    """
    rates = () if rates_file is None else read_rates(rates_file)
    made = book(board.funds, rates=rates, into=into)
    currencies = [need.money.currency for need in board.money_needs]
    usual = max(set(currencies), key=currencies.count) if currencies else ""
    asked = into or usual
    found = gaps(board.money_needs, made.records, currency=asked) if asked else ()
    return made.records, found, made.issues


def held_lines(view: Overview) -> Iterator[str]:
    """The funds whose security condition does not hold, one line each."""
    for one in view.held_funds:
        yield f"{one.fund_id} waits for {', '.join(one.waits_for)}"


def with_tables(board: Board, tables: Sequence[tuple[str, Path]]) -> Board:
    """The board with the funds and needs of published tables beside its own."""
    funds, needs = list(board.funds), list(board.money_needs)
    for name, file in tables:
        for record in read_aid(name, file).records:
            if isinstance(record, Fund | MoneyNeed) and record.origin != board.origin:
                raise OriginsMixed(
                    f"{name} is {record.origin}, the board {board.origin}"
                )
            if isinstance(record, Fund):
                funds.append(record)
            elif isinstance(record, MoneyNeed):
                needs.append(record)
    return msgspec.structs.replace(board, funds=tuple(funds), money_needs=tuple(needs))


def money_lines(booked: Sequence[Booked], found: Sequence[Gap]) -> Iterator[str]:
    """Sums by stage, donor and sector, then the gaps, as lines for a terminal."""
    for one in sums(booked):
        sector = one.sector or "sector not stated"
        amount = f"{one.amount:,} {one.currency}"
        yield f"{one.stage.value:10} {one.donor}: {amount}, {sector}"
    for gap in found:
        need = "not stated" if gap.need is None else f"{gap.need:,}"
        stages = ", ".join(f"{name} {amount:,}" for name, amount in gap.stages.items())
        more = f"; {gap.unconverted} funds not converted" if gap.unconverted else ""
        missing = "not known" if gap.gap is None else f"{gap.gap:,}"
        missing = f"at most {missing}" if gap.gap and gap.unconverted else missing
        yield (
            f"{gap.sector}: needed {need} {gap.currency}; {stages};"
            f" gap to commitments {missing}{more}"
        )
