"""The cell's one question: promised, committed, delivered, led, missing, waiting.

In: a board, how each contribution stands, an instant. Out: a :class:`Status` with one
row per region, function and capability. Units are never added across capabilities, and
what may serve in several regions is **shared**: it is shown beside each of them and
counted in none, so no team is counted twice. A gap is therefore given twice: without
what is shared, and if every shared unit came here.

A need without a number has no gap in numbers; that is said, and never becomes zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tocsin.coordination.caveats import areas_of, barring, bound_to, suits
from tocsin.coordination.gates import midnight
from tocsin.coordination.leads import LeadCell, lead_matrix
from tocsin.coordination.standing import Standing, reached
from tocsin.model.contributions import Board, Contribution, Need, Stage
from tocsin.model.records import Instant, Record

__all__ = ["Amount", "Row", "Status", "month_of", "status"]

MONTH_DAYS = 30
"""A month of a plan, counted from the ceasefire; plans are not calendars."""


class Amount(Record, frozen=True, kw_only=True):
    """Units of one capability, and how many offers state no number.

    Attributes:
        here: units bound to this region alone.
        shared: units that may serve here or elsewhere.
        unstated: contributions without a number among them.
    """

    here: int = 0
    shared: int = 0
    unstated: int = 0


class Row(Record, frozen=True, kw_only=True):
    """One function in one region with one capability.

    Attributes:
        need: units needed at the instant, or None: no number is stated.
        needed: whether anything says that it is needed now.
        opens: the month from which it will be needed, where it is not yet; or None.
        gap: need less what is committed here; None where the need has no number.
        gap_at_best: the same if every shared committed unit came here.
        waits_for: gates of the contributions that could serve here, each once.
        frozen: True where a contribution here is frozen.
        contributions: ids, in the order of the board.
    """

    area: str
    function: str
    capability: str
    unit: str
    needed: bool
    opens: int | None = None
    need: int | None
    promised: Amount = Amount()
    committed: Amount = Amount()
    delivered: Amount = Amount()
    deployable: Amount = Amount()
    gap: int | None = None
    gap_at_best: int | None = None
    lead: LeadCell
    waits_for: tuple[str, ...] = ()
    frozen: bool = False
    contributions: tuple[str, ...] = ()


class Status(Record, frozen=True, kw_only=True):
    """The board at an instant.

    Attributes:
        month: months since the ceasefire began, from 1; None: it has not begun.
        standings: every contribution, in the order of the board.
        rows: in the order of the board's regions and functions.
        leads: the whole matrix.
        idle: contributions that no row takes up: their capability is needed nowhere
            that they may serve.
    """

    at: Instant
    month: int | None
    standings: tuple[Standing, ...]
    rows: tuple[Row, ...]
    leads: tuple[LeadCell, ...]
    idle: tuple[str, ...] = ()


def status(
    board: Board,
    standings: Sequence[Standing],
    *,
    at: datetime,
    ceasefire: datetime | None = None,
) -> Status:
    """The rows of the board at an instant.

    Args:
        board: as read and checked.
        standings: as :func:`tocsin.coordination.stand` gives them, for the same
            instant.
        at: the instant.
        ceasefire: when the ceasefire began; None: it has not, and needs of the first
            month are shown.
    """
    month = None if ceasefire is None or at < ceasefire else month_of(ceasefire, at)
    leads = lead_matrix(board, standings, on=at.date())
    by_cell = {(cell.area, cell.function): cell for cell in leads}
    rows = tuple(
        _row(board, standings, key, month or 1, by_cell[key[:2]])
        for key in _keys(board, standings)
    )
    taken = {name for row in rows for name in row.contributions}
    return Status(
        at=at,
        month=month,
        standings=tuple(standings),
        rows=rows,
        leads=leads,
        idle=tuple(
            one.contribution.contribution_id
            for one in standings
            if one.contribution.contribution_id not in taken
        ),
    )


def month_of(ceasefire: datetime, at: datetime) -> int:
    """The month of a plan in which an instant lies, from 1."""
    return (at - midnight(ceasefire.date())).days // MONTH_DAYS + 1


def _keys(
    board: Board, standings: Iterable[Standing]
) -> tuple[tuple[str, str, str], ...]:
    """Every region, function and capability that is needed or bound there."""
    needed = {(n.area, n.function, n.capability) for n in board.needs}
    bound = {
        (area, function, one.contribution.capability)
        for one in standings
        if (area := bound_to(one.contribution, board))
        for function in one.contribution.functions
    }
    order = {name: at for at, name in enumerate((*board.regions, *board.neighbouring))}
    task = {name: at for at, name in enumerate(board.functions)}
    known = [k for k in needed | bound if k[0] in board.regions and k[1] in task]
    return tuple(sorted(known, key=lambda k: (order[k[0]], task[k[1]], k[2])))


def _row(
    board: Board,
    standings: Sequence[Standing],
    key: tuple[str, str, str],
    month: int,
    lead: LeadCell,
) -> Row:
    area, function, capability = key
    needs = [
        n
        for n in board.needs
        if (n.area, n.function, n.capability) == key
        and n.from_month <= month <= n.to_month
    ]
    mine = [one for one in standings if _serves(one.contribution, key, needs, board)]
    committed = _amount(mine, board, Stage.COMMITTED, area)
    need = _sum([n.quantity for n in needs]) if needs else None
    return Row(
        area=area,
        function=function,
        capability=capability,
        unit=(
            needs[0].unit if needs else mine[0].contribution.unit if mine else "unit"
        ),
        needed=bool(needs),
        opens=_opens(board, key, month),
        need=need,
        promised=_amount(mine, board, Stage.OFFERED, area),
        committed=committed,
        delivered=_amount(mine, board, Stage.DELIVERED, area),
        deployable=_amount(
            [one for one in mine if one.deployable], board, Stage.COMMITTED, area
        ),
        gap=None if need is None else max(0, need - committed.here),
        gap_at_best=None
        if need is None
        else max(0, need - committed.here - committed.shared),
        lead=lead,
        waits_for=tuple(dict.fromkeys(w for one in mine for w in one.waits_for)),
        frozen=any(one.frozen_since is not None for one in mine),
        contributions=tuple(one.contribution.contribution_id for one in mine),
    )


def _opens(board: Board, key: tuple[str, str, str], month: int) -> int | None:
    later = [
        n.from_month
        for n in board.needs
        if (n.area, n.function, n.capability) == key and n.from_month > month
    ]
    return min(later, default=None)


def _unit(needs: Sequence[Need], mine: Sequence[Standing]) -> str:
    if needs:
        return needs[0].unit
    return mine[0].contribution.unit if mine else "unit"


def _serves(
    one: Contribution, key: tuple[str, str, str], needs: Sequence[Need], board: Board
) -> bool:
    """Where needs are stated, they and the caveats decide; else the offer's words."""
    if needs:
        return any(suits(one, n, board) and not barring(one, n, board) for n in needs)
    area, function, capability = key
    named = one.capability == capability and function in one.functions
    return named and area in areas_of(one, board)


def _amount(mine: Iterable[Standing], board: Board, stage: Stage, area: str) -> Amount:
    """Bound here: by the offer, or by a step that names the region; else shared."""
    here = shared = unstated = 0
    for one in mine:
        if not reached(one.stage, stage):
            continue
        units = _at_least(one, stage)
        placed = {
            name: _there(by_stage, stage) for name, by_stage in one.placed.items()
        }
        if units is None:
            unstated += 1
        elif bound_to(one.contribution, board):
            here += units
        else:
            here += placed.get(area, 0)
            shared += max(0, units - sum(placed.values()))
    return Amount(here=here, shared=shared, unstated=unstated)


def _there(by_stage: dict[str, int], stage: Stage) -> int:
    """Units in a region that have come at least so far; what arrived was allocated."""
    return max(
        (n for name, n in by_stage.items() if reached(Stage(name), stage)), default=0
    )


def _at_least(one: Standing, stage: Stage) -> int | None:
    """Units that have come at least to this stage."""
    for later in (s for s in Stage if s in one.quantities):
        if reached(Stage(later), stage):
            return one.quantities[later]
    return None


def _sum(numbers: Sequence[int | None]) -> int | None:
    """None where no number is known; else the sum of those that are."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
