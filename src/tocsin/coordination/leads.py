"""Who leads which function in which region: at most one, and who comes after.

In: a board, a day. Out: one :class:`LeadCell` per region and function. A claimed lead
beside another makes a cell **contested**; supporters without a lead make a **gap**;
several states that offer to lead where nobody does are an **overlap** to be settled.
Two leads of one cell and time are an error that :func:`tocsin.coordination.check`
tells; here the cell shows both and counts as contested.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from tocsin.coordination.caveats import areas_of, bound_to
from tocsin.coordination.standing import Standing
from tocsin.model.contributions import STAGES, Board, Lead, Role
from tocsin.model.records import Record

__all__ = ["LeadCell", "LeadState", "lead_matrix"]

LeadState = Literal["led", "contested", "overlap", "gap", "nobody"]


class LeadCell(Record, frozen=True, kw_only=True):
    """One function in one region.

    Attributes:
        state: ``led``; ``contested`` (a lead and a claim, or two); ``overlap`` (no lead
            and several offers to lead); ``gap`` (support and no lead); ``nobody``.
        lead: who leads now, or "".
        next: who takes over, or "".
        until: when the lead ends, or None: no end is stated.
        claims: others who claim or offer the lead.
        followers: who supports.
    """

    area: str
    function: str
    state: LeadState
    lead: str = ""
    next: str = ""
    until: date | None = None
    claims: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()


def lead_matrix(
    board: Board, standings: Iterable[Standing], *, on: date
) -> tuple[LeadCell, ...]:
    """Every region and function, in the order of the board."""
    known = tuple(standings)
    return tuple(
        _cell(board, known, area, function, on)
        for area in board.regions
        for function in board.functions
    )


def _cell(
    board: Board, known: tuple[Standing, ...], area: str, function: str, on: date
) -> LeadCell:
    here = [e for e in board.leads if (e.area, e.function) == (area, function)]
    now = [lead for lead in here if _holds(lead, on)]
    leads = [lead for lead in now if not lead.claimed]
    offers = _offering(board, known, area, function, Role.LEAD)
    support = _offering(board, known, area, function, Role.SUPPORT)
    first = leads[0] if leads else None
    others = {lead.state for lead in now if lead is not first}
    rest = [name for name in offers if not first or name != first.state]
    return LeadCell(
        area=area,
        function=function,
        state=_state(
            first, others, rest, support, asked=_asked(board, known, area, function)
        ),
        lead=first.state if first else "",
        next=_next(first, here, on),
        until=first.until if first else None,
        claims=tuple(sorted(others | (set() if first else set(rest)))),
        followers=tuple(
            name
            for name in dict.fromkeys([*support, *(rest if first else ())])
            if not first or name != first.state
        ),
    )


def _asked(board: Board, known: tuple[Standing, ...], area: str, function: str) -> bool:
    """Whether somebody needs the function here, or offers it for here alone."""
    needed = any((n.area, n.function) == (area, function) for n in board.needs)
    return needed or any(
        one.stage in STAGES
        and function in one.contribution.functions
        and bound_to(one.contribution, board) == area
        for one in known
    )


def _state(
    first: Lead | None,
    others: set[str],
    offers: list[str],
    support: list[str],
    *,
    asked: bool,
) -> LeadState:
    if (first and others) or len(others) > 1:
        return "contested"
    if first:
        return "led"
    if asked and len({*others, *offers}) > 1:
        return "overlap"
    return "gap" if asked and (others or offers or support) else "nobody"


def _holds(lead: Lead, on: date) -> bool:
    begun = lead.since is None or lead.since <= on
    return begun and (lead.until is None or on < lead.until)


def _next(first: Lead | None, here: list[Lead], on: date) -> str:
    """Who is named to follow, or whose own lead begins later."""
    if first and first.follows:
        return first.follows
    later = [lead for lead in here if lead.since is not None and lead.since > on]
    return min(later, key=lambda e: e.since or on).state if later else ""


def _offering(
    board: Board, known: tuple[Standing, ...], area: str, function: str, role: Role
) -> list[str]:
    names = [
        one.contribution.state
        for one in known
        if one.stage in STAGES
        and one.contribution.role is role
        and function in one.contribution.functions
        and area in areas_of(one.contribution, board)
    ]
    return list(dict.fromkeys(names))
