"""The whole board at an instant: what the page, the JSON and the exports show.

In: a board, the gates of the clauses, the deadlines of the text, an instant. Out: one
:class:`Overview`. It only puts together what the other modules of the room say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.coordination.clocks import Clock, clocks
from tocsin.coordination.gates import Gate, Span, fund_gates, gates_of
from tocsin.coordination.patrols import PatrolCover, patrol_cover
from tocsin.coordination.standing import stand
from tocsin.coordination.status import Status, status
from tocsin.coordination.timeline import Due, Entry, Freeze, freezes, timeline
from tocsin.model.contributions import Board
from tocsin.model.records import Instant, Record

__all__ = ["HeldFund", "Overview", "overview"]


class HeldFund(Record, frozen=True, kw_only=True):
    """A fund whose security condition does not hold at the instant.

    Attributes:
        waits_for: the gates that are shut.
    """

    fund_id: str
    waits_for: tuple[str, ...]


class Overview(Record, frozen=True, kw_only=True):
    """Everything that a coordination cell asks at an instant.

    Attributes:
        agreement: its title; "" where none was given.
        ceasefire: when the ceasefire began, or None: it has not, as far as is known.
        suspended: True where it had begun and does not hold at the instant.
        spans: when the ceasefire held.
        gates: contribution id -> its gates.
    """

    board: Board
    agreement: str
    at: Instant
    ceasefire: Instant | None
    suspended: bool
    spans: tuple[Span, ...]
    gates: dict[str, tuple[Gate, ...]]
    status: Status
    timeline: tuple[Entry, ...]
    freezes: tuple[Freeze, ...]
    clocks: tuple[Clock, ...]
    patrols: tuple[PatrolCover, ...] = ()
    held_funds: tuple[HeldFund, ...] = ()


def overview(
    board: Board,
    clauses: Mapping[str, tuple[Gate, ...]],
    *,
    at: datetime,
    deadlines: Iterable[Due] = (),
    agreement: str = "",
) -> Overview:
    """The board at an instant, under these gates.

    Args:
        board: as read and checked.
        clauses: clause -> its gates, as far as the agreement and the acts on record
            say.
        at: the instant.
        deadlines: of the text, in days after the ceasefire.
        agreement: its title, for the reader.
    """
    gates = gates_of(board, clauses)
    spans = _ceasefire(board, clauses)
    begun = min((span.since for span in spans), default=None)
    if begun is not None and begun > at:
        begun = None
    standings = stand(board, gates, at=at)
    return Overview(
        board=board,
        agreement=agreement,
        at=at,
        ceasefire=begun,
        suspended=begun is not None and not any(span.holds(at) for span in spans),
        spans=spans,
        gates=gates,
        status=status(board, standings, at=at, ceasefire=begun),
        timeline=timeline(
            board, gates, standings, deadlines=deadlines, at=at, ceasefire=begun
        ),
        freezes=freezes(board, gates, at=at),
        clocks=clocks(board, at=at),
        patrols=patrol_cover(board, standings, at=at),
        held_funds=_held(fund_gates(board, clauses), at),
    )


def _held(gates: Mapping[str, tuple[Gate, ...]], at: datetime) -> tuple[HeldFund, ...]:
    shut = {
        name: tuple(gate.words for gate in mine if not gate.open_at(at))
        for name, mine in gates.items()
    }
    return tuple(
        HeldFund(fund_id=name, waits_for=words) for name, words in shut.items() if words
    )


def _ceasefire(
    board: Board, clauses: Mapping[str, tuple[Gate, ...]]
) -> tuple[Span, ...]:
    gates = clauses.get(board.ceasefire, ())
    return next((gate.spans for gate in gates if gate.kind == "in_force"), ())
