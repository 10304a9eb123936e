"""What a promise waits for, and from when to when each gate was open.

In: a board and the gates of the clauses that it names, each with the spans in which it
was open (the pipeline takes them from the agreement and the acts on record). Out: for
each contribution its gates, those of its own caveats included. What it refuses: to take
a gate of which nothing is known for open.

A **clause** opens all its gates together: Article 6(2) waits for the ceasefire, a
consent, a decision and mandates, each by itself. A **mandate** gate comes from the
caveat `only_after_parliament`; it closes when the mandate expires. **delivered ID**
waits until another contribution has arrived.

>>> from datetime import UTC, datetime
>>> day = [datetime(2025, 3, n, tzinfo=UTC) for n in range(1, 32)]
>>> gate = Gate(
...     words="Article 1(1) in force",
...     kind="in_force",
...     clause="Article 1(1)",
...     spans=(Span(since=day[2], until=day[9]), Span(since=day[20])),
... )
>>> gate.open_at(day[1]), gate.open_at(day[5]), gate.open_at(day[12])
(False, True, False)
>>> gate.closed_since(day[12]) == day[9]
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Final, Literal

from msgspec.structs import replace

from tocsin.model.contributions import (
    Board,
    CaveatKind,
    Contribution,
    Mandate,
    Stage,
)
from tocsin.model.records import Instant, Record

__all__ = [
    "DELIVERED",
    "Gate",
    "GateKind",
    "Span",
    "fund_gates",
    "gates_of",
    "midnight",
]

GateKind = Literal["in_force", "consent", "adopted", "mandate", "delivered", "other"]
DELIVERED: Final = "delivered "
"""Begins a condition that waits for another contribution: ``delivered ID``."""


class Span(Record, frozen=True, kw_only=True):
    """From an instant, inclusive, to another, exclusive; None: it has no end yet."""

    since: Instant
    until: Instant | None = None

    def holds(self, at: datetime) -> bool:
        """True where the instant lies within."""
        return self.since <= at and (self.until is None or at < self.until)


class Gate(Record, frozen=True, kw_only=True):
    """Something that must be open before a promise counts.

    Attributes:
        words: the gate as the text words it, e.g. ``consent of Southland``.
        clause: the clause that asks for it.
        spans: when it was open, in order; empty: never, as far as is on record.
        who: on whom it waits; empty where nobody in particular opens it.
        why: what its state rests on, in words, or "".
    """

    words: str
    kind: GateKind
    clause: str = ""
    spans: tuple[Span, ...] = ()
    who: tuple[str, ...] = ()
    why: str = ""

    def open_at(self, at: datetime) -> bool:
        """Whether it is open at an instant."""
        return any(span.holds(at) for span in self.spans)

    def closed_since(self, at: datetime) -> datetime | None:
        """When it closed again, where it had been open before; else None."""
        if self.open_at(at):
            return None
        ends = [s.until for s in self.spans if s.until is not None and s.until <= at]
        return max(ends, default=None)

    def opens_after(self, at: datetime) -> datetime | None:
        """When it opens next, as far as is on record, or None."""
        return min((s.since for s in self.spans if s.since > at), default=None)


def gates_of(
    board: Board, clauses: Mapping[str, tuple[Gate, ...]]
) -> dict[str, tuple[Gate, ...]]:
    """Contribution id -> its gates: the ceasefire's first, each once.

    Args:
        board: as read and checked.
        clauses: clause -> its gates. A condition that is not among them stays a gate
            of which nothing is known.
    """
    return {
        one.contribution_id: _once(tuple(_of(one, board, clauses)))
        for one in board.contributions
    }


def fund_gates(
    board: Board, clauses: Mapping[str, tuple[Gate, ...]]
) -> dict[str, tuple[Gate, ...]]:
    """Fund id -> the gates of its security conditions; funds without any are absent.

    Args:
        board: as read and checked.
        clauses: clause -> its gates. A condition that is not among them stays a gate
            of which nothing is known.
    """
    found: dict[str, tuple[Gate, ...]] = {}
    for fund in board.funds:
        gates: list[Gate] = []
        for condition in fund.conditions:
            if condition.startswith(DELIVERED):
                gates.append(_delivered(condition, board))
            elif condition in clauses:
                gates += [
                    gate
                    for gate in clauses[condition]
                    if gate.kind != "mandate" or fund.donor in gate.who
                ]
            else:
                why = "no agreement was given that holds this clause"
                gates.append(
                    Gate(words=condition, kind="other", clause=condition, why=why)
                )
        if gates:
            found[fund.fund_id] = _once(tuple(gates))
    return found


def _once(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
    """Each gate once. A state's mandate by its parliament is the text's mandate."""
    named = [g for g in gates if g.kind == "mandate" and not g.clause]
    rest = [g for g in gates if not (named and g.kind == "mandate" and g.clause)]
    text = [g.spans for g in gates if g.kind == "mandate" and g.clause and g.spans]
    if text:
        rest = [replace(g, spans=g.spans or text[0]) if g in named else g for g in rest]
    return tuple({gate.words: gate for gate in rest}.values())


def _of(
    one: Contribution, board: Board, clauses: Mapping[str, tuple[Gate, ...]]
) -> Iterator[Gate]:
    for condition in one.conditions:
        if condition.startswith(DELIVERED):
            yield _delivered(condition, board)
        elif condition in clauses:
            mine = (g for g in clauses[condition] if _concerns(g, one))
            yield from (_on_board(gate, one, board) for gate in mine)
        else:
            why = "no agreement was given that holds this clause"
            yield Gate(words=condition, kind="other", clause=condition, why=why)
    for caveat in one.caveats:
        if caveat.kind is CaveatKind.ONLY_AFTER_PARLIAMENT:
            yield _mandate(one.state, caveat.body, board.mandates)


def _concerns(gate: Gate, one: Contribution) -> bool:
    """A mandate is asked of each contributor for its own part only."""
    return gate.kind != "mandate" or not gate.who or one.state in gate.who


def _on_board(gate: Gate, one: Contribution, board: Board) -> Gate:
    """A mandate that no act on record opens may be among the board's mandates."""
    if gate.kind != "mandate" or gate.spans:
        return gate
    return replace(gate, spans=_mandate(one.state, "", board.mandates).spans)


def _delivered(condition: str, board: Board) -> Gate:
    other = condition.removeprefix(DELIVERED)
    spans = tuple(
        Span(since=midnight(step.on))
        for one in board.contributions
        if one.contribution_id == other
        for step in one.steps
        if step.stage is Stage.DELIVERED and step.on is not None
    )
    return Gate(words=condition, kind="delivered", spans=spans[:1])


def _mandate(state: str, body: str, mandates: tuple[Mandate, ...]) -> Gate:
    mine = [m for m in mandates if m.state == state and (not body or m.body == body)]
    spans = tuple(
        Span(
            since=midnight(m.granted),
            until=None if m.expires is None else midnight(m.expires),
        )
        for m in mine
        if m.granted is not None
    )
    words = f"mandate of {state}" + (f" ({body})" if body else "")
    why = "" if mine else "no mandate is on record"
    return Gate(words=words, kind="mandate", spans=spans, who=(state,), why=why)


def midnight(day: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
