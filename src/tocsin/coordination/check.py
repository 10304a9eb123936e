"""What is wrong with a board: names, versions, leads, conditions in a ring, money.

In: a board, the places of its entries in their file, the clauses of the agreement. Out:
issues, all of them. A board with errors is refused; warnings leave it usable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from tocsin.coordination.caveats import areas_of
from tocsin.coordination.gates import DELIVERED
from tocsin.coordination.patrols import busiest
from tocsin.coordination.standing import newest
from tocsin.model.contributions import (
    EVERYWHERE,
    STAGES,
    Board,
    CaveatKind,
    Contribution,
    Lead,
    Source,
    Stage,
)
from tocsin.model.currencies import CURRENCIES
from tocsin.model.records import Issue, Where

__all__ = ["check"]

NAMING_AREAS: Final = (CaveatKind.ONLY_IN, CaveatKind.NOT_IN)
Places = Mapping[str, Where]
"""``contribution ID``, ``need ID``, ``lead N`` -> where it stands."""


def check(
    board: Board, *, places: Places, clauses: Collection[str] | None = None
) -> tuple[Issue, ...]:
    """Every fault of a board, in the order of its parts.

    Args:
        board: as read.
        places: where each entry stands; entries that are not there are told without.
        clauses: the clauses of the agreement; None: no agreement is at hand, so
            conditions are not compared with it.
    """
    tell = _Telling(places)
    return (
        *_names(board, tell),
        *_versions(board, tell),
        *_steps(board, tell),
        *_leads(board, tell),
        *_conditions(board, tell, clauses),
        *_rings(board, tell),
        *_money(board, tell),
        *_patrols(board, tell),
        *_assumptions(board, tell),
    )


class _Telling:
    """Makes issues that know where their entry stands."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def where(self, key: str) -> Where:
        return self.places.get(key, Where(file=key))

    def __call__(  # the parts of an issue
        self,
        code: str,
        key: str,
        message: str,
        *,
        repair: str = "",
        also: Sequence[str] = (),
        warning: bool = False,
    ) -> Issue:
        return Issue(
            code=code,
            where=self.where(key),
            message=message,
            repair=repair,
            also=tuple(self.where(other) for other in also),
            warning=warning,
        )


# --- names


def _names(board: Board, tell: _Telling) -> Iterator[Issue]:
    known = {*board.regions, *board.neighbouring}
    for key, areas in _areas(board):
        for area in sorted(set(areas) - known - {EVERYWHERE}):
            words = f"`{area}` is no region of this board"
            yield tell("undefined_name", key, words, repair=_one_of(board.regions))
    for key, functions in _functions(board):
        for name in sorted(set(functions) - set(board.functions)):
            words = f"`{name}` is no function of this board"
            yield tell("undefined_name", key, words, repair=_one_of(board.functions))
    for one in board.contributions:
        for caveat in one.caveats:
            if caveat.kind in NAMING_AREAS and not caveat.areas:
                words = f"the caveat `{caveat.kind.value}` names no region"
                key = _key(one)
                yield tell("value_missing", key, words, repair="add `areas = [...]`")


def _one_of(names: Sequence[str]) -> str:
    return f"one of {', '.join(names)}"


def _areas(board: Board) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in board.contributions:
        named = [area for caveat in one.caveats for area in caveat.areas]
        yield _key(one), (*one.areas, *named)
    for need in board.needs:
        yield f"need {need.need_id}", (need.area,)
    for hub in board.hubs:
        yield f"hub {hub.hub_id}", (hub.region, *hub.serves)
    for at, lead in enumerate(board.leads, start=1):
        yield f"lead {at}", (lead.area,)
    for complaint in board.complaints:
        yield f"complaint {complaint.complaint_id}", (complaint.area,)


def _functions(board: Board) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "board", board.monitoring
    for one in board.contributions:
        yield _key(one), one.functions
    for need in board.needs:
        yield f"need {need.need_id}", (need.function,)
    for at, lead in enumerate(board.leads, start=1):
        yield f"lead {at}", (lead.function,)


def _key(one: Contribution) -> str:
    return f"contribution {one.contribution_id}/{one.version}"


# --- versions and steps


def _versions(board: Board, tell: _Telling) -> Iterator[Issue]:
    counts = Counter((one.contribution_id, one.version) for one in board.contributions)
    for (name, version), number in counts.items():
        if number > 1:
            words = f"version {version} of `{name}` stands {number} times"
            key = f"contribution {name}/{version}"
            yield tell("id_conflict", key, words, repair="give each its own version")
    for one in board.contributions:
        asked = one.supersedes
        if asked is not None and (one.contribution_id, asked) not in counts:
            words = f"`{one.contribution_id}` supersedes version {asked}, not there"
            yield tell("undefined_name", _key(one), words, repair="keep every version")
        if one.version > 1 and asked is None:
            words = f"version {one.version} does not say what it supersedes"
            repair = f"add `supersedes = {one.version - 1}`"
            yield tell("value_missing", _key(one), words, repair=repair)
        if asked is not None and asked >= one.version:
            words = f"version {one.version} cannot supersede version {asked}"
            yield tell("value_invalid", _key(one), words)
    for name, ids in (
        ("need", [n.need_id for n in board.needs]),
        ("hub", [h.hub_id for h in board.hubs]),
        ("complaint", [c.complaint_id for c in board.complaints]),
        ("fund", [f.fund_id for f in board.funds]),
    ):
        for one_id, number in Counter(ids).items():
            if number > 1:
                words = f"`{one_id}` stands {number} times"
                yield tell("defined_twice", f"{name} {one_id}", words)


def _steps(board: Board, tell: _Telling) -> Iterator[Issue]:
    for one in board.contributions:
        key = _key(one)
        if not one.steps:
            yield tell("value_missing", key, "it has no step: no stage, no source")
        yield from _later_before_earlier(one, tell)
        for step in one.steps:
            more = step.quantity is not None and one.quantity is not None
            if more and (step.quantity or 0) > (one.quantity or 0):
                words = f"{step.quantity} {step.stage.value} of {one.quantity} offered"
                yield tell("contradiction", key, words, warning=True)
        if one.valid_from and one.valid_until and one.valid_until <= one.valid_from:
            words = f"it ends on {one.valid_until}, not after {one.valid_from}"
            yield tell("time_invalid", key, words)


def _later_before_earlier(one: Contribution, tell: _Telling) -> Iterator[Issue]:
    dated = {s.stage: s.on for s in one.steps if s.on is not None}
    order = [stage for stage in (*STAGES, Stage.WITHDRAWN) if stage in dated]
    for before, after in pairwise(order):
        if dated[after] < dated[before]:
            words = f"{after.value} on {dated[after]}, before {before.value}"
            yield tell(
                "time_invalid",
                _key(one),
                f"`{one.contribution_id}` was {words} on {dated[before]}",
                repair="correct a date, or make a new version",
            )


# --- leads


def _leads(board: Board, tell: _Telling) -> Iterator[Issue]:
    firm = [(at, e) for at, e in enumerate(board.leads, start=1) if not e.claimed]
    for number, (at, lead) in enumerate(firm):
        for other_at, other in firm[number + 1 :]:
            same = (lead.area, lead.function) == (other.area, other.function)
            if same and _overlap(lead, other):
                yield tell(
                    "two_leads",
                    f"lead {at}",
                    f"{lead.state} and {other.state} both lead {lead.function} in"
                    f" {lead.area}",
                    repair="end one of them, or mark it `claimed = true`",
                    also=[f"lead {other_at}"],
                )
    for at, lead in enumerate(board.leads, start=1):
        if lead.since and lead.until and lead.until <= lead.since:
            words = f"the lead ends on {lead.until}, not after {lead.since}"
            yield tell("time_invalid", f"lead {at}", words)


def _overlap(one: Lead, other: Lead) -> bool:
    def before(end: date | None, start: date | None) -> bool:
        return end is not None and start is not None and end <= start

    return not before(one.until, other.since) and not before(other.until, one.since)


# --- conditions


def _conditions(
    board: Board, tell: _Telling, clauses: Collection[str] | None
) -> Iterator[Issue]:
    ids = {one.contribution_id for one in board.contributions}
    for key, conditions in _conditioned(board):
        for condition in conditions:
            if condition.startswith(DELIVERED):
                other = condition.removeprefix(DELIVERED)
                if other not in ids:
                    words = f"it waits for `{other}`, which is no contribution"
                    yield tell("undefined_name", key, words)
            elif clauses is not None and condition not in clauses:
                words = f"it waits for `{condition}`, which the agreement does not hold"
                yield tell("undefined_name", key, words, repair="name a clause of it")
    needs = {need.need_id for need in board.needs}
    for need in board.needs:
        for other in need.after:
            if other not in needs:
                words = f"it comes after `{other}`, which is no need"
                yield tell("undefined_name", f"need {need.need_id}", words)


def _conditioned(board: Board) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in board.contributions:
        yield _key(one), one.conditions
    for fund in board.funds:
        yield f"fund {fund.fund_id}", fund.conditions


def _rings(board: Board, tell: _Telling) -> Iterator[Issue]:
    """Conditions that wait for each other: neither can ever be met."""
    waits = {
        one.contribution_id: [
            c.removeprefix(DELIVERED) for c in one.conditions if c.startswith(DELIVERED)
        ]
        for one in board.contributions
    }
    versions = {one.contribution_id: one.version for one in board.contributions}
    after = {need.need_id: list(need.after) for need in board.needs}
    for kind, graph in (("contribution", waits), ("need", after)):
        for ring in _ring_of(graph):
            keys = [
                f"contribution {name}/{versions[name]}"
                if kind == "contribution"
                else f"need {name}"
                for name in ring
            ]
            chain = " -> ".join([*ring, ring[0]])
            yield tell(
                "circular",
                keys[0],
                f"they wait for each other: {chain}",
                repair="let one of them wait for nothing in the ring",
                also=keys[1:],
            )


def _ring_of(graph: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Each ring once, beginning with its least name."""
    told: set[tuple[str, ...]] = set()
    for start in sorted(graph):
        path = _back_to(start, graph)
        if path:
            least = path.index(min(path))
            ring = (*path[least:], *path[:least])
            if ring not in told:
                told.add(ring)
                yield ring


def _back_to(start: str, graph: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A shortest way from a name back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in graph.get(way[-1], ()):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


# --- money


def _money(board: Board, tell: _Telling) -> Iterator[Issue]:
    entries = [(f"fund {f.fund_id}", f.money) for f in board.funds]
    entries += [(f"money_need {n.need_id}", n.money) for n in board.money_needs]
    for key, money in entries:
        if money.currency not in CURRENCIES:
            words = f"`{money.currency}` is no currency of ISO 4217"
            yield tell("currency_unknown", key, words, repair="such as EUR, USD or UAH")
        if money.amount < 0:
            words = f"{money.amount} {money.currency} is less than nothing"
            yield tell("value_invalid", key, words)
    known = {f.fund_id for f in board.funds}
    for fund in board.funds:
        if fund.of and fund.of not in known:
            words = f"it comes out of `{fund.of}`, which is no fund"
            yield tell("undefined_name", f"fund {fund.fund_id}", words)
    for source, key in _sources(board):
        if source.url and not source.url.startswith(("https://", "http://")):
            words = f"`{source.url}` is no web address"
            yield tell("value_invalid", key, words, warning=True)


def _sources(board: Board) -> Iterator[tuple[Source, str]]:
    for one in board.contributions:
        for step in one.steps:
            yield step.source, _key(one)
    for fund in board.funds:
        yield fund.source, f"fund {fund.fund_id}"


# --- patrols and assumptions


def _patrols(board: Board, tell: _Telling) -> Iterator[Issue]:
    by_id = {one.contribution_id: one for one in newest(board)}
    for at, patrol in enumerate(board.patrols, start=1):
        key, given = f"patrol {at}", by_id.get(patrol.contribution)
        if given is None:
            words = f"`{patrol.contribution}` is no contribution of this board"
            yield tell("undefined_name", key, words, repair=_one_of(sorted(by_id)))
        elif patrol.area not in areas_of(given, board):
            words = f"{given.state} may not serve in {patrol.area}"
            repair = "see its areas and caveats"
            yield tell("contradiction", key, words, repair=repair)
    for name, given in by_id.items():
        most = busiest(p for p in board.patrols if p.contribution == name)
        if given.quantity is not None and most > given.quantity:
            words = f"{most} of `{name}` patrol at one time, of {given.quantity} it has"
            yield tell("contradiction", _key(given), words)


def _assumptions(board: Board, tell: _Telling) -> Iterator[Issue]:
    by_id = {one.contribution_id: one for one in newest(board)}
    for at, one in enumerate(board.assumptions, start=1):
        key, given = f"assumption {at}", by_id.get(one.contribution)
        if given is None:
            words = f"`{one.contribution}` is no contribution of this board"
            yield tell("undefined_name", key, words, repair=_one_of(sorted(by_id)))
        elif given.quantity is not None:
            words = f"`{one.contribution}` has a number of its own: {given.quantity}"
            yield tell("contradiction", key, words, repair="leave the assumption out")
