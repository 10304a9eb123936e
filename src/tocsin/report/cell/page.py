"""The coordination page: promised, committed, delivered, led, missing, waiting.

In comes an :class:`~tocsin.coordination.Overview`, and a plan where one was made; out
comes a :class:`CellPage`, as HTML that needs nothing else or as JSON. What it refuses:
a place finer than a region, a sum over capabilities, a number that nobody stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from tocsin.coordination import Overview
from tocsin.coordination.money import Booked, Gap
from tocsin.model import Areas, Instant, Issue, Marking, Origin
from tocsin.model.records import Record
from tocsin.report.cell.board import ABOUT as BOARD
from tocsin.report.cell.board import board
from tocsin.report.cell.clocks import clocks
from tocsin.report.cell.days import days
from tocsin.report.cell.head import Pill, facts, lead, pills
from tocsin.report.cell.leading import ABOUT as LEADS
from tocsin.report.cell.leading import leads
from tocsin.report.cell.money import ABOUT as MONEY
from tocsin.report.cell.money import money
from tocsin.report.cell.offers import offers
from tocsin.report.cell.patrols import ABOUT as PATROLS
from tocsin.report.cell.patrols import patrols
from tocsin.report.cell.planned import ABOUT as PLAN
from tocsin.report.cell.planned import Planned, plan_blocks
from tocsin.report.cell.sources import ABOUT as SOURCES
from tocsin.report.cell.sources import sources
from tocsin.report.cell.summary import summary
from tocsin.report.cell.waiting import ABOUT as WAITING
from tocsin.report.cell.waiting import waiting
from tocsin.report.daily import WATERMARKS
from tocsin.report.document import (
    Block,
    Section,
    Term,
)

__all__ = ["CellPage", "cell_page"]

ORDER: Final = (
    Marking.CLEAR,
    Marking.GREEN,
    Marking.AMBER,
    Marking.AMBER_STRICT,
    Marking.RED,
)


class CellPage(Record, frozen=True, kw_only=True):
    """The page as values; HTML and JSON come from the same."""

    format: Literal["tocsin.cell/1"] = "tocsin.cell/1"
    origin: Origin
    watermark: str
    marking: Marking
    title: str
    at: Instant
    lead: str
    figures: tuple[Pill, ...]
    facts: tuple[Term, ...]
    sections: tuple[Section, ...]
    overview: Overview


def cell_page(
    view: Overview,
    *,
    areas: Areas,
    booked: Sequence[Booked] = (),
    gaps: Sequence[Gap] = (),
    planned: Planned | None = None,
    issues: Sequence[Issue] = (),
) -> CellPage:
    """The page of an overview.

    Args:
        view: the board at an instant.
        areas: the map beside the agreement; empty where there is none.
        booked: the money, as :func:`tocsin.coordination.money.book` gives it.
        gaps: of the money.
        planned: a plan to show; None: none was made.
        issues: warnings of the board and of the money.
    """
    made: list[tuple[str, str, str, Iterable[Block]]] = [
        ("summary", "Summary", "", summary(view)),
        ("board-section", "The board", BOARD, board(view, areas)),
        ("waiting", "What waits for what", WAITING, waiting(view)),
        ("leads-section", "Who leads", LEADS, leads(view)),
        ("patrols-section", "Patrols", PATROLS, patrols(view)),
        ("days", "Due after the ceasefire", "", days(view)),
        ("plan", "The plan", PLAN, plan_blocks(planned)),
        ("offers", "Every contribution", "", offers(view)),
        ("money", "Reconstruction", MONEY, money(booked, gaps, view.held_funds)),
        ("clocks", "Complaints and mandates", "", clocks(view)),
        ("sources", "Sources", SOURCES, sources(view, issues)),
    ]
    sections = [
        (anchor, title, about, tuple(blocks)) for anchor, title, about, blocks in made
    ]
    kept = [one for one in sections if one[3]]
    kept_board = view.board
    return CellPage(
        origin=kept_board.origin,
        watermark=WATERMARKS[kept_board.origin],
        marking=_marking(view),
        title=kept_board.title
        if not view.agreement
        else f"{kept_board.title}. {view.agreement}",
        at=view.at,
        lead=lead(view),
        figures=tuple(pills(view)),
        facts=tuple(facts(view)),
        sections=tuple(
            Section(
                number=str(at), anchor=anchor, title=title, about=about, blocks=blocks
            )
            for at, (anchor, title, about, blocks) in enumerate(kept, start=1)
        ),
        overview=view,
    )


def _marking(view: Overview) -> Marking:
    """The strictest of the contributions; hours without patrols are for no public."""
    given = [one.marking for one in view.board.contributions]
    least = [Marking.AMBER] if view.patrols or not given else []
    return max([*given, *least], key=ORDER.index)
