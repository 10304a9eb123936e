"""Where the coordination board meets the agreement: gates, deadlines, acts on record.

The stages are strangers to each other. This module reads a board beside an agreement,
asks the agreement and the acts on record when each clause was open, and hands both to
:mod:`tocsin.coordination`. What nothing on record settles stays shut.

A clause opens its gates: an article its being in force (and not suspended: the acts
`suspend` and `resume` with the clause as their subject), a power everything that it
``needs``. A board without an agreement beside it still reads; then every clause is a
gate of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import agreement as language
from tocsin import coordination, pipeline, store
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.force import EVER, Span, force
from tocsin.agreement.evaluate.history import settle
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import (
    Agreement,
    Article,
    ArticleTime,
    Before,
    EventTime,
    Norm,
    Power,
    Within,
)
from tocsin.connectors.aid import read_aid
from tocsin.connectors.boards import read_board, read_contributions, read_rates
from tocsin.connectors.registry import read_source
from tocsin.connectors.roads import read_closures, read_roads
from tocsin.coordination import Due, Gate, Overview
from tocsin.coordination.corridors import Corridor, statements
from tocsin.coordination.gates import GateKind
from tocsin.coordination.gates import Span as Open
from tocsin.coordination.money import Booked, Gap, book, gaps, sums
from tocsin.coordination.routes import alternatives
from tocsin.errors import InputRefused, OriginsMixed, WrongUse
from tocsin.guarantees import Promise, promises
from tocsin.guarantees.register import Register
from tocsin.model import FACTS, Areas, Issue, conform, empty, from_seconds
from tocsin.model.contributions import Board, Fund, MoneyNeed
from tocsin.model.records import Instant, Record

__all__ = [
    "BOARD_FILE",
    "Opened",
    "Supposed",
    "Way",
    "Ways",
    "book_money",
    "clause_gates",
    "corridors",
    "deadlines",
    "differences",
    "find_route",
    "merge",
    "money_lines",
    "open_board",
    "overview",
    "status_lines",
    "with_tables",
]

BOARD_FILE: Final = "contributions.toml"
SUSPEND: Final = "suspend"
RESUME: Final = "resume"
DAY_S: Final = 86_400


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A board with what it hangs on.

    Attributes:
        agreement: None where the folder holds none.
        areas: the map beside the agreement; empty where there is none.
        facts: FACTS: the acts on record and, of a run, what was found.
        decided: (decision, instant) of every adopted decision.
        issues: warnings of board and map; errors refuse.
    """

    board: Board
    agreement: Agreement | None
    areas: Areas
    facts: pa.Table
    decided: tuple[tuple[str, datetime], ...] = ()
    issues: tuple[Issue, ...] = ()


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


def open_board(
    path: Path,
    *,
    board_file: Path | None = None,
    run: Path | None = None,
    sources: Sequence[tuple[str, Path]] = (),
    at: datetime,
) -> Opened:
    """The board of an agreement's folder, checked, with the acts on record.

    Args:
        path: the folder of an agreement, or its file.
        board_file: the board; None: ``contributions.toml`` in the folder.
        run: a folder that ``tocsin run`` wrote for this agreement, or None.
        sources: evidence to run over instead, as ``tocsin run`` takes it.
        at: evidence up to this instant counts.

    Raises:
        InputRefused: the agreement or the board has errors; all of them are listed.
        OriginsMixed: the evidence is of another origin than the board.
        WrongUse: both a run and sources were given, or evidence and no agreement.
    """
    folder = path if path.is_dir() else path.parent
    given = read_board(board_file or folder / BOARD_FILE)
    agreement = _agreement(path)
    clauses = None if agreement is None else _clauses(agreement)
    issues = coordination.check(given.board, places=given.places, clauses=clauses)
    errors = [issue for issue in issues if not issue.warning]
    if errors:
        raise InputRefused(errors)
    areas = language.load_areas(path)
    facts, decided = _record(agreement, given.board, areas.records, run, sources, at)
    return Opened(
        board=given.board,
        agreement=agreement,
        areas=areas.records,
        facts=facts,
        decided=decided,
        issues=(*issues, *areas.issues),
    )


def overview(
    opened: Opened, *, at: datetime, supposed: Supposed | None = None
) -> Overview:
    """The board at an instant, under the gates as they are on record or supposed."""
    agreement = opened.agreement
    clauses = clause_gates(opened, supposed or Supposed())
    return coordination.overview(
        opened.board,
        clauses,
        at=at,
        deadlines=() if agreement is None else tuple(deadlines(opened)),
        agreement="" if agreement is None else (agreement.title or agreement.name),
    )


# --- what is on record


def _agreement(path: Path) -> Agreement | None:
    """The agreement, or None: the folder holds a board and no text."""
    if path.is_dir() and not (path / "agreement.md").exists():
        return None
    return language.load(path)


def _clauses(agreement: Agreement) -> set[str]:
    return {article.clause for article in agreement.articles}


def _record(  # what the facts depend on
    agreement: Agreement | None,
    board: Board,
    areas: Areas,
    run: Path | None,
    sources: Sequence[tuple[str, Path]],
    at: datetime,
) -> tuple[pa.Table, tuple[tuple[str, datetime], ...]]:
    if run is None and not sources:
        return empty(FACTS), ()
    if run is not None and sources:
        raise WrongUse("give either a run or sources, not both")
    if agreement is None:
        raise WrongUse("evidence needs an agreement; this folder holds none")
    if run is not None:
        view = store.FolderStore(run).view()
        _same_origin(view.origin, board)
        facts = view.table("facts")
        evaluation = _evaluated(agreement, facts, view.table("coverage"), areas, at)
    else:
        given = pipeline.gather([read_source(*one) for one in sources])
        _same_origin(given.origin, board)
        asked = pipeline.Question(until=at)
        result = pipeline.run(
            agreement, given, areas=areas, asked=asked, engine="batch"
        )
        facts, evaluation = result.facts, result.evaluation
    decided = tuple(
        (d.name, d.decided_at)
        for d in evaluation.decisions
        if d.outcome == "adopted" and d.decided_at is not None
    )
    return facts, decided


def _same_origin(origin: str, board: Board) -> None:
    if origin != board.origin:
        raise OriginsMixed(f"the evidence is {origin}, the board is {board.origin}")


def _evaluated(
    agreement: Agreement,
    facts: pa.Table,
    coverage: pa.Table,
    areas: Areas,
    at: datetime,
) -> language.Evaluation:
    first = pc.min(facts["t"]).as_py() if facts.num_rows else None
    start = first if first is not None and first < at else at - timedelta(days=1)
    return language.evaluate_fully(
        agreement,
        facts,
        coverage=coverage,
        areas=areas,
        start=start,
        until=at,
        engine="batch",
    )


# --- gates


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


# --- deadlines


def deadlines(opened: Opened) -> Iterator[Due]:
    """Deadlines that the text counts from the ceasefire, in days after it."""
    agreement, ceasefire = opened.agreement, opened.board.ceasefire
    if agreement is None or not ceasefire:
        return
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, Norm):
                yield from _of_rule(agreement, article, rule, ceasefire)


def _of_rule(
    agreement: Agreement, article: Article, rule: Norm, ceasefire: str
) -> Iterator[Due]:
    title = article.title or rule.deed.act.replace("_", " ")
    who = " and ".join(rule.who.names) if rule.who.quantifier is None else "each party"
    if isinstance(rule.deadline, Before):
        days = _days(agreement, rule.deadline.time.base, ceasefire)
        plus = rule.deadline.time.plus
        if days is not None:
            more = 0.0 if plus is None else _length(agreement, plus)
            yield Due(
                clause=article.clause,
                words=f"{title}: due from {who}",
                days=days + more,
            )
    ends = rule.lapses.after if rule.lapses is not None else None
    if isinstance(rule, Power) and isinstance(ends, Within) and ends.of is None:
        days = _length(agreement, ends.duration)
        yield Due(clause=article.clause, words=f"{title}: the power lapses", days=days)


def _days(agreement: Agreement, base: object, ceasefire: str) -> float | None:
    """Days from the ceasefire to the base of a deadline; None: another event."""
    if not isinstance(base, ArticleTime) or base.edge != "start":
        return None
    named = f"Article {base.article.number}"
    if named == ceasefire:
        return 0.0
    for article in agreement.find(base.article.number):
        for start in article.in_force.start if article.in_force else ():
            if start.plus is None:
                return _days(agreement, start.base, ceasefire)
    return None


def _length(agreement: Agreement, duration: object) -> float:
    from tocsin.agreement.terms import Duration

    if not isinstance(duration, Duration):
        return 0.0
    return later(0, duration, agreement.calendar) / DAY_S


# --- a board and a table put together


def merge(
    path: Path, table: Path, *, board_file: Path | None = None
) -> tuple[Board, tuple[Issue, ...]]:
    """A board with the contributions of a table added, checked as a whole.

    Raises:
        InputRefused: the board, the table or both together have errors.
    """
    folder = path if path.is_dir() else path.parent
    given = read_board(board_file or folder / BOARD_FILE)
    added = read_contributions(table, board=given.board)
    merged = msgspec.structs.replace(
        given.board, contributions=(*given.board.contributions, *added)
    )
    agreement = _agreement(path)
    clauses = None if agreement is None else _clauses(agreement)
    issues = coordination.check(merged, places=given.places, clauses=clauses)
    errors = [issue for issue in issues if not issue.warning]
    if errors:
        raise InputRefused(errors)
    return merged, issues


# --- money


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


# --- words for a terminal


def status_lines(view: Overview) -> Iterator[str]:
    """The board as lines with tabs between: one for each region, task, capability."""
    yield f"{view.board.title}, {view.at:%Y-%m-%d %H:%M} UTC, {view.board.origin.value}"
    begun = "no ceasefire on record"
    if view.ceasefire is not None:
        begun = f"ceasefire since {view.ceasefire:%Y-%m-%d}"
    yield begun + (", SUSPENDED" if view.suspended else "")
    heads = "region task capability need promised committed delivered gap lead waits"
    yield heads.replace(" ", "\t")
    for row in view.status.rows:
        amounts = (row.promised, row.committed, row.delivered)
        yield "\t".join(
            [
                row.area,
                row.function,
                row.capability,
                "?" if row.need is None else str(row.need),
                *(_amount(one) for one in amounts),
                "?" if row.gap is None else str(row.gap),
                row.lead.lead or row.lead.state,
                "; ".join(row.waits_for) or "-",
            ]
        )
    for one in view.status.standings:
        yield one.sentence


def _amount(one: coordination.Amount) -> str:
    unstated = f"+?{one.unstated}" if one.unstated else ""
    return f"{one.here}+{one.shared}{unstated}"


def differences(before: Overview, after: Overview) -> Iterator[str]:
    """What a supposition opens, freezes or shuts, one line for each contribution."""
    old = {s.contribution.contribution_id: s for s in before.status.standings}
    changed = False
    for one in after.status.standings:
        name = one.contribution.contribution_id
        if one.sentence != old[name].sentence:
            changed = True
            yield f"{name}: {old[name].sentence} -> {one.sentence}"
    if not changed:
        yield "nothing changes at this instant"
    for freeze in after.freezes:
        until = "still" if freeze.until is None else f"until {freeze.until:%Y-%m-%d}"
        yield f"frozen: {freeze.contribution_id} since {freeze.since:%Y-%m-%d}, {until}"


# --- routes


class Way(Record, frozen=True, kw_only=True):
    """One way: its minutes, its points, and how much it shares with those before."""

    minutes: float
    shared: float
    points: tuple[tuple[float, float], ...]


class Ways(Record, frozen=True, kw_only=True):
    """The open ways between two places for a kind of traffic.

    Attributes:
        ways: the quickest first; empty: none is open.
        closed_roads: how many roads are closed, by reason; no place is told.
        note: that an open road is one of which no closing is known.
    """

    kind: str
    at: Instant
    ways: tuple[Way, ...]
    closed_roads: dict[str, int]
    note: str = (
        "A road counts as open where no closing is known; nobody may have looked."
    )


def find_route(  # what a way depends on
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    roads_file: Path,
    kind: str,
    at: datetime,
    closures_file: Path | None = None,
    board_file: Path | None = None,
    others: int = 2,
) -> Ways:
    """The quickest open way between two points, and others beside it.

    Raises:
        InputRefused: roads, closures or board have errors.
    """
    roads = read_roads(roads_file)
    closures = () if closures_file is None else read_closures(closures_file)
    openings = () if board_file is None else read_board(board_file).board.openings
    closed = roads.closed(closures, at=at, kind=kind, openings=openings)
    numbers = {}
    for reason in ("incident", "mine", "restriction"):
        these = [one for one in closures if one.reason == reason]
        numbers[reason] = int(roads.closed(these, at=at, kind=kind).sum())
    numbers["hours"] = int(roads.closed([], at=at, kind=kind, openings=openings).sum())
    found = alternatives(
        roads, roads.nearest(*start), roads.nearest(*end), closed=closed, number=others
    )
    return Ways(
        kind=kind,
        at=at,
        closed_roads=numbers,
        ways=tuple(
            Way(
                minutes=round(one.minutes, 1),
                shared=one.shared,
                points=tuple(
                    (float(roads.lon[n]), float(roads.lat[n])) for n in one.nodes
                ),
            )
            for one in found
            if one.found
        ),
    )


# --- corridors of the past


def corridors(file: Path, *, source_id: str = "corridors-2022") -> tuple[Corridor, ...]:
    """The corridors that a source of claims lists, each with both sides' statements.

    Raises:
        SourceUnusable: nothing of the file can be taken in.
    """
    reading = read_source(source_id, file)
    if reading.observations is None:
        return ()
    return tuple(_corridor(row) for row in reading.observations.to_pylist())


def _corridor(row: dict[str, Any]) -> Corridor:
    said = msgspec.json.decode(row["detail"] or "{}")
    return Corridor(
        corridor_id=row["observation_id"],
        on=row["t_start"],
        start=said.get("from") or row["place_name"] or "",
        end=said.get("to") or "",
        proposed_by=row["claimed_by"] or "",
        agreed=said.get("proposal") == "Agreed",
        outcome=said.get("outcome") or "unknown",
        statements=statements(said.get("statements") or ""),
        links=tuple(
            link.strip()
            for link in (said.get("link") or "").split(";")
            if link.strip().startswith("http")
        ),
    )
