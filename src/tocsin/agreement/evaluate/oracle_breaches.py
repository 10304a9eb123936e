"""The oracle's breaches: every forbidden act, and whether something excuses it.

Literal and slow. An *act* is what one independent root says of one party in one sector;
further reports of the root add nothing but chance (rule P1). Acts that share a chance,
or of which one may excuse another, form a *cluster*; within a cluster every world is
looked at on its own, clusters are independent of each other (rules P3 and X1 to X4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import Worlds, reaches, worlds
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import (
    Fact,
    Flags,
    History,
    Reals,
    component_names,
)
from tocsin.agreement.evaluate.places import Inside, distance_m, placed
from tocsin.agreement.evaluate.plan import (
    ForbidRule,
    Pattern,
    Plan,
    Prohibition,
    Reply,
    SimpleFilter,
)
from tocsin.agreement.terms import FilterCompare, FilterIn
from tocsin.model.places import Areas

CLEARING: Final = "clear"
Plea = Literal["forbidden", "excused", "allowed", "unclear"]

__all__ = [
    "Act",
    "Breaches",
    "Cluster",
    "Event",
    "Plea",
    "breaches",
    "matches",
    "passes",
]


class Act(msgspec.Struct, kw_only=True, eq=False):
    """What one root says that one party did in one sector, for one rule."""

    rule: int
    party: str | None
    sector: str | None
    root: str
    component: str
    t: int
    early: int
    late: int
    end: int
    index: int
    fact_id: str
    sources: int
    stretches: list[tuple[float, float]]
    zone_p: float
    sure: bool
    lon: float
    lat: float
    pardoned: bool = False
    until: int = 0


class Event(msgspec.Struct, kw_only=True, eq=False):
    """A breach that may have been: the acts of one root, party and sector."""

    party: str | None
    sector: str | None
    root: str
    t: int
    early: int
    late: int
    last: int
    index: int
    fact_id: str
    sources: int
    certain: bool
    acts: list[Act]
    cluster: int = -1
    column: int = -1


class Cluster(msgspec.Struct, kw_only=True):
    """The worlds of events that depend on each other.

    Attributes:
        weight: of each world.
        act, breach, excused: (n_worlds, n_events): the act happened; it was a breach;
            it happened and something excused it.
        sampled: True where the worlds were drawn.
    """

    weight: Reals
    act: Flags
    breach: Flags
    excused: Flags
    sampled: bool


class Breaches(msgspec.Struct, kw_only=True):
    """All events of one source, in time order, and their clusters.

    Attributes:
        cuts: for some events the components that matter, and where they are cut.
        play: in which worlds each of some events is a breach.
    """

    events: list[Event]
    clusters: list[Cluster]
    cuts: Callable[[Sequence[Event]], dict[str, list[float]]]
    play: Callable[[Sequence[Event], Worlds], list[Flags]]


def breaches(  # noqa: PLR0913  # one argument for each thing that a breach depends on
    prohibition: Prohibition,
    plan: Plan,
    history: History,
    facts: Sequence[Fact],
    *,
    areas: Areas,
    span: Span,
    active: Sequence[Span],
    seed: int,
    plead: Callable[[ForbidRule, Act], Plea] | None = None,
) -> Breaches:
    """Every event that may be a breach of the prohibition, with its worlds.

    Args:
        prohibition: the article's prohibitions.
        plan: the agreement made ready.
        history: the facts in columns.
        facts: at least those of the forbidden acts, one by one.
        areas: the map.
        span: when the article binds.
        active: when each of its rules binds (``then forbid`` binds later).
        seed: for drawn worlds.
        plead: what stands on record for an act, where the rule has conditions or
            exceptions other than a reply (rule X5).
    """
    acts = [
        act
        for number, rule in enumerate(prohibition.rules)
        for act in _acts(number, rule, plan, history, facts, areas)
        if plead is None or _heard(act, plead(rule, act))
    ]
    _clear(acts, prohibition, history, plan.standard)
    ties = _Ties(len(acts))
    _tie_by_component(ties, acts)
    links = [
        _links(number, rule, acts, ties)
        for number, rule in enumerate(prohibition.rules)
    ]
    events = _events(acts, prohibition, span, active, ties)
    place = {id(act): n for n, act in enumerate(acts)}
    tied: dict[int, list[int]] = {}
    for n in range(len(acts)):
        tied.setdefault(ties.find(n), []).append(n)

    def members(chosen: Sequence[Event]) -> list[int]:
        heads = {ties.find(place[id(event.acts[0])]) for event in chosen}
        return sorted(n for head in heads for n in tied[head])

    def cuts(chosen: Sequence[Event]) -> dict[str, list[float]]:
        return _cuts(acts, members(chosen))

    def play(chosen: Sequence[Event], world: Worlds) -> list[Flags]:
        happened, excused = _play(acts, members(chosen), prohibition, links, world)
        cluster = _cluster(chosen, place, world, happened, excused)
        return [cluster.breach[:, column] for column in range(len(chosen))]

    return Breaches(
        events=events,
        clusters=_clusters(events, acts, prohibition, links, ties, seed),
        cuts=cuts,
        play=play,
    )


def _clear(
    acts: Sequence[Act], prohibition: Prohibition, history: History, standard: float
) -> None:
    """A sighting persists until its party is on record to have cleared at most."""
    on_record = history["kind"].code == history["kind"].of(CLEARING)
    cleared = [history.fact(int(row)) for row in np.flatnonzero(on_record)]
    for act in acts:
        persists = prohibition.rules[act.rule].persists_s
        lasts = persists or prohibition.rules[act.rule].lasts
        act.until = act.end + persists if lasts else -EVER
        for fact in cleared if persists else ():
            mine = fact.party == act.party and fact.sector in {None, act.sector}
            if mine and fact.t > act.t and reaches(fact.p, standard):
                act.until = min(act.until, fact.t - 1)


def _heard(act: Act, plea: Plea) -> bool:
    """Note what stands on record for the act; False where it is not forbidden."""
    if plea == "unclear":
        act.zone_p, act.sure = float("nan"), False
    act.pardoned = plea == "excused"
    return plea != "allowed"


# --- which facts ---------------------------------------------------------------------


def matches(fact: Fact, pattern: Pattern, bound: dict[str, str | None]) -> bool:
    """True where the fact is such a deed; variables that are not bound fit anything."""
    return (
        fact.kind == pattern.act
        and _named(fact.party, pattern.by, pattern.by_variable, bound)
        and _named(fact.target_party, pattern.against, pattern.against_variable, bound)
        and _in_sectors(fact, pattern, bound)
        and _subject(fact, pattern, bound)
        and passes(fact, pattern.filter)
    )


def _named(
    name: str | None,
    names: tuple[str, ...] | None,
    variable: str | None,
    bound: dict[str, str | None],
) -> bool:
    if names is not None:
        return name in names
    if variable == "opponent" and "party" in bound:
        return name is not None and name != bound["party"]
    if variable is not None and variable in bound:
        return name == bound[variable]
    return True


def _in_sectors(fact: Fact, pattern: Pattern, bound: dict[str, str | None]) -> bool:
    if pattern.sectors is not None:
        return fact.sector in pattern.sectors or (
            fact.sector is None and fact.lon is None
        )
    if pattern.sector_variable in bound:
        return fact.sector == bound[str(pattern.sector_variable)]
    return True


def _subject(fact: Fact, pattern: Pattern, bound: dict[str, str | None]) -> bool:
    if pattern.subject is not None:
        return fact.subject == pattern.subject
    if pattern.subject_variable in bound:
        return fact.subject == bound[str(pattern.subject_variable)]
    return True


def passes(fact: Fact, simple: SimpleFilter) -> bool:
    """True where the fact passes the filter; an unknown value passes none."""
    if not simple.any_of:
        return True
    return any(all(_test(fact, test) for test in tests) for tests in simple.any_of)


def _test(fact: Fact, test: FilterIn | FilterCompare) -> bool:
    value: Any = getattr(fact, test.attribute, None)
    if value is None:
        return False
    if isinstance(test, FilterIn):
        return (value in test.values) != test.negated
    number = test.number
    match test.operator:
        case ">=":
            return bool(value >= number)
        case "<=":
            return bool(value <= number)
        case ">":
            return bool(value > number)
        case "<":
            return bool(value < number)
        case "=":
            return bool(value == number)


def _acts(
    number: int,
    rule: ForbidRule,
    plan: Plan,
    history: History,
    facts: Sequence[Fact],
    areas: Areas,
) -> Iterator[Act]:
    """One act for each root, party and sector; its earliest report speaks for it."""
    place = placed(rule.pattern, history, plan.agreement, areas)
    names = component_names(history)
    held: dict[tuple[str | None, str | None, int], Act] = {}
    for fact in facts:
        row = fact.row
        anybody = fact.party is None or (rule.lasts and not rule.parties)
        if not anybody and fact.party not in rule.parties:
            continue
        if not matches(fact, rule.pattern, {}):
            continue
        if place is not None and place.p[row] == 0.0:
            continue
        key = (fact.party, fact.sector, fact.root)
        if key not in held:
            held[key] = _act(number, rule, row, fact, history, place, names)
        held[key].sources = max(held[key].sources, fact.sources)
        held[key].stretches.append((fact.lo, fact.hi))
    yield from held.values()


def _act(
    number: int,
    rule: ForbidRule,
    row: int,
    fact: Fact,
    history: History,
    place: Inside | None,
    names: Sequence[str],
) -> Act:
    unknown = rule.pattern.sectors is not None and fact.sector is None
    zone_p = 1.0 if place is None else float(place.p[row])
    return Act(
        rule=number,
        party=fact.party,
        sector=fact.sector,
        root=history.root_names[fact.root],
        component=names[fact.component],
        t=fact.t,
        early=fact.early,
        late=fact.late,
        end=fact.end,
        index=fact.index,
        fact_id=fact.fact_id,
        sources=fact.sources,
        stretches=[],
        zone_p=float("nan") if unknown else zone_p,
        sure=not unknown and (place is None or bool(place.sure[row])),
        lon=float("nan") if fact.lon is None else fact.lon,
        lat=float("nan") if fact.lat is None else fact.lat,
    )


# --- what depends on what ------------------------------------------------------------


class _Ties:
    """Which acts belong to one cluster (union-find)."""

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))

    def find(self, n: int) -> int:
        while self.parent[n] != n:
            self.parent[n] = self.parent[self.parent[n]]
            n = self.parent[n]
        return n

    def tie(self, a: int, b: int) -> None:
        low, high = sorted((self.find(a), self.find(b)))
        self.parent[high] = low


def _tie_by_component(ties: _Ties, acts: Sequence[Act]) -> None:
    first: dict[str, int] = {}
    for n, act in enumerate(acts):
        ties.tie(first.setdefault(act.component, n), n)


def _links(
    number: int, rule: ForbidRule, acts: Sequence[Act], ties: _Ties
) -> list[list[tuple[int, int]]]:
    """For each exception the pairs (hostile act, act that may answer it), tied."""
    mine = [n for n, act in enumerate(acts) if act.rule == number]
    linked = []
    for reply in rule.replies:
        pairs = list(_pairs(acts, mine, reply))
        for hostile, answer in pairs:
            ties.tie(hostile, answer)
        linked.append(pairs)
    return linked


def _pairs(
    acts: Sequence[Act], mine: Sequence[int], reply: Reply
) -> Iterator[tuple[int, int]]:
    ordered = sorted(mine, key=lambda n: acts[n].t)
    reach = reply.within_s + (reply.limit_s or 0)
    for place, hostile in enumerate(ordered):
        for answer in ordered[place + 1 :]:
            if acts[answer].t > acts[hostile].t + reach:
                break
            if _may_answer(acts[hostile], acts[answer], reply):
                yield hostile, answer


def _may_answer(hostile: Act, answer: Act, reply: Reply) -> bool:
    """Strictly earlier, of another party, within reach of time and place (rule X1)."""
    reach = reply.within_s + (reply.limit_s or 0)
    if not hostile.t < answer.t <= hostile.t + reach:
        return False
    if hostile.party is None or answer.party is None or hostile.party == answer.party:
        return False
    return _near(hostile, answer, reply)


def _near(a: Act, b: Act, reply: Reply) -> bool:
    """By the best places; an excuse that no place supports is none (rule X3)."""
    if reply.nearer_m is None:
        return True
    here = np.array([a.lon]), np.array([a.lat])
    there = np.array([b.lon]), np.array([b.lat])
    return bool(distance_m(*here, *there)[0] < reply.nearer_m)


# --- events --------------------------------------------------------------------------


def _events(
    acts: Sequence[Act],
    prohibition: Prohibition,
    span: Span,
    active: Sequence[Span],
    ties: _Ties,
) -> list[Event]:
    grouped: dict[tuple[str | None, str | None, str], list[int]] = {}
    for n, act in enumerate(acts):
        if act.t in span and act.t in active[act.rule]:
            grouped.setdefault((act.party, act.sector, act.root), []).append(n)
    events = []
    for members in grouped.values():
        members.sort(key=lambda n: (acts[n].t, acts[n].index, acts[n].rule))
        for n in members[1:]:
            ties.tie(members[0], n)
        rules = [prohibition.rules[acts[n].rule] for n in members]
        spans = [_overlap(span, active[acts[n].rule]) for n in members]
        events.append(_event([acts[n] for n in members], rules, spans, acts))
    return sorted(events, key=lambda event: event.index)


def _overlap(a: Span, b: Span) -> Span:
    return Span(max(a.start, b.start), min(a.stop, b.stop))


def _event(
    members: list[Act], rules: list[ForbidRule], spans: list[Span], acts: Sequence[Act]
) -> Event:
    first = members[0]
    return Event(
        party=first.party,
        sector=first.sector,
        root=first.root,
        t=first.t,
        early=first.early,
        late=first.late,
        last=max(first.t, *(act.until for act in members)),
        index=first.index,
        fact_id=first.fact_id,
        sources=max(act.sources for act in members),
        certain=any(
            _certain(act, rule, span, acts)
            for act, rule, span in zip(members, rules, spans, strict=True)
        ),
        acts=members,
    )


def _certain(act: Act, rule: ForbidRule, span: Span, acts: Sequence[Act]) -> bool:
    """A breach in every reading (rule D1), in force at every time it may have had."""
    if not (_whole(act.stretches) and act.sure and act.zone_p == 1.0):
        return False
    if act.early not in span or act.late not in span or rule.exceptions:
        return False
    return not any(
        other.party != act.party
        and other.rule == act.rule
        and other.early < act.late
        and act.early - other.late <= reply.within_s + (reply.limit_s or 0)
        for reply in rule.replies
        for other in acts
    )


def _whole(stretches: Iterable[tuple[float, float]]) -> bool:
    return any(lo <= 0.0 and hi >= 1.0 for lo, hi in stretches)


# --- worlds --------------------------------------------------------------------------


def _clusters(
    events: Sequence[Event],
    acts: Sequence[Act],
    prohibition: Prohibition,
    links: Sequence[Sequence[Sequence[tuple[int, int]]]],
    ties: _Ties,
    seed: int,
) -> list[Cluster]:
    place = {id(act): n for n, act in enumerate(acts)}
    members: dict[int, list[Event]] = {}
    for event in events:
        members.setdefault(ties.find(place[id(event.acts[0])]), []).append(event)
    tied: dict[int, list[int]] = {}
    for n in range(len(acts)):
        tied.setdefault(ties.find(n), []).append(n)
    clusters: list[Cluster] = []
    for head, group in members.items():
        for column, event in enumerate(group):
            event.cluster, event.column = len(clusters), column
        every = tied[head]
        world = worlds(_cuts(acts, every), seed=seed)
        happened, excused = _play(acts, every, prohibition, links, world)
        clusters.append(_cluster(group, place, world, happened, excused))
    return clusters


def _cuts(acts: Sequence[Act], members: Sequence[int]) -> dict[str, list[float]]:
    cuts: dict[str, list[float]] = {}
    for n in members:
        act = acts[n]
        ends = cuts.setdefault(act.component, [])
        ends += [end for stretch in act.stretches for end in stretch]
        if 0.0 < act.zone_p < 1.0:
            cuts.setdefault(_zone_key(act), []).append(act.zone_p)
    return cuts


def _zone_key(act: Act) -> str:
    return f"zone/{act.rule}/{act.root}"


def _play(
    acts: Sequence[Act],
    members: Sequence[int],
    prohibition: Prohibition,
    links: Sequence[Sequence[Sequence[tuple[int, int]]]],
    world: Worlds,
) -> tuple[dict[int, Flags], dict[int, Flags]]:
    """In every world: which acts happened, and which of them are excused.

    Acts are looked at in time order; whether an act is excused depends on strictly
    earlier acts only, so that acts of one second never excuse each other (rule X2).
    """
    happened = {}
    for n in members:
        true = world.true(acts[n].component, acts[n].stretches)
        if 0.0 < acts[n].zone_p < 1.0:
            true = true & world.true(_zone_key(acts[n]), [(0.0, acts[n].zone_p)])
        happened[n] = true
    excused: dict[int, Flags] = {}
    for n in sorted(members, key=lambda n: (acts[n].t, acts[n].index)):
        rule = prohibition.rules[acts[n].rule]
        excused[n] = happened[n] & acts[n].pardoned
        for reply, pairs in zip(rule.replies, links[acts[n].rule], strict=True):
            for hostile, answer in pairs:
                if answer == n:
                    open_ = _open_until(acts, hostile, n, reply, pairs, happened)
                    guilty = happened[hostile]
                    if reply.hostile.unexcused:
                        guilty = guilty & ~excused[hostile]
                    excused[n] |= guilty & (acts[n].t <= open_) & happened[n]
    return happened, excused


def _open_until(
    acts: Sequence[Act],
    hostile: int,
    answer: int,
    reply: Reply,
    pairs: Sequence[tuple[int, int]],
    happened: dict[int, Flags],
) -> Any:
    """In every world: until when the answering party may answer this hostile act.

    Without a limit for as long as the hostile act lies within the window. With one, the
    exception opens at the party's first answer within the window and lasts its limit.
    """
    end = acts[hostile].t + reply.within_s
    if reply.limit_s is None:
        return np.full(len(happened[answer]), end)
    first = np.full(len(happened[answer]), np.inf)
    for other, candidate in pairs:
        act = acts[candidate]
        if other == hostile and act.party == acts[answer].party and act.t <= end:
            first = np.where(happened[candidate], np.minimum(first, act.t), first)
    return np.where(np.isfinite(first), first + reply.limit_s, -np.inf)


def _cluster(
    group: Sequence[Event],
    place: dict[int, int],
    world: Worlds,
    happened: dict[int, Flags],
    excused: dict[int, Flags],
) -> Cluster:
    shape = (len(world.weight), len(group))
    act, breach, pardoned = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    for column, event in enumerate(group):
        for member in event.acts:
            n = place[id(member)]
            act[:, column] |= happened[n]
            if not np.isnan(member.zone_p):
                breach[:, column] |= happened[n] & ~excused[n]
                pardoned[:, column] |= excused[n]
        pardoned[:, column] &= ~breach[:, column]
    return Cluster(
        weight=world.weight,
        act=act,
        breach=breach,
        excused=pardoned,
        sampled=world.sampled,
    )
