"""When each clause was open: from the text, from the acts on record, or as supposed.

A clause opens its gates: an article its being in force (and not suspended: the acts
`suspend` and `resume` with the clause as their subject), a power everything that it
``needs``. What nothing on record settles stays shut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate.force import EVER, Span, force
from tocsin.agreement.evaluate.history import settle
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import (
    Agreement,
    Article,
    EventTime,
)
from tocsin.cell.board import Opened
from tocsin.coordination import Gate
from tocsin.coordination.gates import GateKind
from tocsin.coordination.gates import Span as Open
from tocsin.guarantees import Promise, promises
from tocsin.guarantees.register import Register
from tocsin.model import FACTS, conform, from_seconds
from tocsin.model.contributions import Board

__all__ = ["Supposed", "clause_gates"]

SUSPEND: Final = "suspend"


RESUME: Final = "resume"


class Supposed(msgspec.Struct, frozen=True, kw_only=True):
    """What a what-if supposes, instead of what is on record.

    Attributes:
        ceasefire: when it begins, or None: as the text and the record say.
        suspended: from when it is suspended, or None.
        resumed: from when it holds again, or None: it stays suspended.
        opened: words of gates -> since when they are open.
    """

    ceasefire: datetime | None = None
    suspended: datetime | None = None
    resumed: datetime | None = None
    opened: dict[str, datetime] = {}


def clause_gates(opened: Opened, supposed: Supposed) -> dict[str, tuple[Gate, ...]]:
    """Clause -> its gates, for every clause of the agreement."""
    agreement = opened.agreement
    if agreement is None:
        return _supposed_alone(opened.board, supposed)
    when = _Record(opened, agreement, supposed)
    made = {promise.clause: promise for promise in when.promises if promise.gates}
    return {
        article.clause: tuple(when.gates(article, made.get(article.clause)))
        for article in agreement.articles
    }


def _supposed_alone(board: Board, supposed: Supposed) -> dict[str, tuple[Gate, ...]]:
    """Without a text, only what is supposed of the ceasefire is known."""
    if supposed.ceasefire is None or not board.ceasefire:
        return {}
    words = f"{board.ceasefire} in force"
    spans = _supposed_spans(supposed, supposed.ceasefire)
    gate = Gate(
        words=words,
        kind="in_force",
        clause=board.ceasefire,
        spans=spans,
        why="supposed",
    )
    return {board.ceasefire: (gate,)}


class _Record:
    """When each gate of an agreement was open, from the text and the acts."""

    def __init__(
        self, opened: Opened, agreement: Agreement, supposed: Supposed
    ) -> None:
        facts = conform(opened.facts, FACTS, what="facts")
        self.agreement = agreement
        self.promises = promises(agreement)
        self.register = Register(agreement, self.promises, facts)
        history = settle(_acts(facts, (SUSPEND, RESUME))).records
        self.changes = [(f.kind, f.subject, f.t) for f in history.facts()]
        starters = settle(facts).records
        self.force = force(plan(agreement), starters)
        self.board, self.supposed = opened.board, supposed
        self.decided = opened.decided

    def gates(self, article: Article, promise: Promise | None) -> Iterator[Gate]:
        """The gates of one clause: of a power all that it needs, else its force."""
        if promise is None:
            yield self._in_force(article.clause, article.clause)
            return
        if article.in_force is not None and not _asks_for_force(promise):
            yield self._in_force(article.clause, article.clause)
        events = list(self.register.always(promise))
        for gate in promise.gates:
            if gate.kind == "in_force":
                yield self._in_force(gate.name, article.clause)
                continue
            changes = [(e.what, e.at) for e in events if e.step == gate.words]
            if gate.kind == "adopted":
                changes += [("opened", at) for n, at in self.decided if n == gate.name]
            spans = self._supposing(gate.words, _spans(changes))
            yield Gate(
                words=gate.words,
                kind=_kind(gate.kind, gate.name),
                clause=article.clause,
                spans=spans,
                who=(gate.by,) if gate.by else (),
            )

    def _in_force(self, name: str, asked_by: str) -> Gate:
        event = self._begins_with(name)
        ceasefire = name == self.board.ceasefire or (
            event != "" and event == self._begins_with(self.board.ceasefire)
        )
        mine = ceasefire and self.supposed.ceasefire is not None
        if ceasefire and self.supposed.ceasefire is not None:
            spans = _supposed_spans(self.supposed, self.supposed.ceasefire)
        else:
            number = name.removeprefix("Article ")
            spans = self._held(name, self.force[number])
            spans = self._after_suspension(name, spans)
        words = event.replace("_", " ") or f"{name} in force"
        return Gate(
            words=words,
            kind="in_force",
            clause=asked_by,
            spans=self._supposing(words, spans),
            why="supposed" if mine else "",
        )

    def _begins_with(self, name: str) -> str:
        """The event that brings a clause into force, or "": none does."""
        for article in self.agreement.find(name.removeprefix("Article ")):
            for start in article.in_force.start if article.in_force else ():
                if isinstance(start.base, EventTime):
                    return start.base.event
        return ""

    def _held(self, name: str, span: Span) -> tuple[Open, ...]:
        """The span of force, without the times in which the clause was suspended."""
        if span.start >= span.stop:
            return ()
        start = from_seconds(max(span.start, 0))
        stop = None if span.stop >= EVER else from_seconds(span.stop)
        changes = [("opened", start)]
        for kind, subject, t in self.changes:
            if subject == name:
                changes.append(
                    ("closed" if kind == SUSPEND else "opened", from_seconds(t))
                )
        if stop is not None:
            changes.append(("closed", stop))
        return tuple(s for s in _spans(changes) if stop is None or s.since < stop)

    def _after_suspension(self, name: str, spans: tuple[Open, ...]) -> tuple[Open, ...]:
        """What is supposed to be suspended is the ceasefire as it is on record."""
        at = self.supposed.suspended
        if at is None or name != self.board.ceasefire:
            return spans
        changes = [("opened", s.since) for s in spans if s.since < at]
        changes.append(("closed", at))
        if self.supposed.resumed is not None:
            changes.append(("opened", self.supposed.resumed))
        return _spans(changes)

    def _supposing(self, words: str, spans: tuple[Open, ...]) -> tuple[Open, ...]:
        since = self.supposed.opened.get(words)
        return spans if since is None else (Open(since=since),)


def _asks_for_force(promise: Promise) -> bool:
    return any(gate.kind == "in_force" for gate in promise.gates)


def _kind(kind: str, name: str) -> GateKind:
    if kind == "adopted":
        return "adopted"
    if kind == "act" and name in {"consent", "mandate"}:
        return "consent" if name == "consent" else "mandate"
    return "other"


def _supposed_spans(supposed: Supposed, begins: datetime) -> tuple[Open, ...]:
    changes = [("opened", begins)]
    if supposed.suspended is not None:
        changes.append(("closed", supposed.suspended))
    if supposed.resumed is not None:
        changes.append(("opened", supposed.resumed))
    return _spans(changes)


def _spans(changes: Iterable[tuple[str, datetime]]) -> tuple[Open, ...]:
    """Openings and closings, in any order, as spans; of one instant a closing wins."""
    spans: list[Open] = []
    since: datetime | None = None
    for what, at in sorted(changes, key=lambda c: (c[1], c[0] != "opened")):
        if what == "opened" and since is None:
            since = at
        elif what != "opened" and since is not None:
            if at > since:
                spans.append(Open(since=since, until=at))
            since = None
    if since is not None:
        spans.append(Open(since=since))
    return tuple(spans)


def _acts(facts: pa.Table, kinds: Iterable[str]) -> pa.Table:
    wanted = pc.is_in(facts["kind"], value_set=pa.array(sorted(kinds), pa.string()))
    return facts.filter(pc.or_(wanted, pc.is_valid(facts["withdraws"])))
