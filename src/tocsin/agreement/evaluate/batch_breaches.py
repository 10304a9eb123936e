"""The batch engine's breaches: the oracle's events, as columns.

Almost every event stands alone: its chance is one number. Only where acts depend on
each other are worlds looked at, cluster by cluster: where one may excuse another, two
rules speak of one root, or one choice spans several roots of a party.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tocsin.agreement.evaluate.chance import Worlds, worlds
from tocsin.agreement.evaluate.force import Span
from tocsin.agreement.evaluate.history import (
    NONE,
    Flags,
    History,
    Ints,
    Reals,
    component_names,
    rising,
)
from tocsin.agreement.evaluate.kernels import excuses, reply_pairs, unions
from tocsin.agreement.evaluate.places import placed
from tocsin.agreement.evaluate.plan import (
    Pattern,
    Prohibition,
    Reply,
    SimpleFilter,
)
from tocsin.agreement.evaluate.setting import Setting, begins
from tocsin.agreement.terms import FilterCompare, FilterIn

__all__ = ["Events", "Table", "among", "first_of_each", "fitting", "gather"]

OPERATORS = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
    "=": np.equal,
}
TEXT_NAMES = {"target": "target_party"}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The worlds of a cluster of events; columns are in the order of the events."""

    weight: Reals
    act: Flags
    breach: Flags
    excused: Flags
    sampled: bool


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """Possible breaches of a prohibition in time order, one array per column.

    Attributes:
        row: the row of the history that speaks for the event.
        party, sector: codes of the history's columns.
        act, breach, excused: how likely it happened, was a breach, was excused.
        cluster, column: place in ``tables``, -1 for an event that stands alone.
        certain: a breach in every reading.
    """

    row: Ints
    party: Ints
    sector: Ints
    root: Ints
    t: Ints
    early: Ints
    late: Ints
    index: Ints
    sources: Ints
    act: Reals
    breach: Reals
    excused: Reals
    cluster: Ints
    column: Ints
    certain: Flags
    tables: tuple[Table, ...]

    def __len__(self) -> int:
        return len(self.t)


class _Acts(msgspec.Struct, frozen=True, kw_only=True):
    """Acts of all rules: what one root says of one party in one sector."""

    rule: Ints
    row: Ints
    chance: Reals  # of the act, without its place
    zone: Reals  # NaN: unknown
    sure: Flags
    whole: Flags
    sources: Ints
    members: tuple[Ints, ...]  # rows of the acts of more than one report
    member_of: Ints  # position in members, -1: the row alone


def gather(setting: Setting, prohibition: Prohibition) -> Events:
    """Every event that may be a breach of the prohibition."""
    history = setting.history
    acts = _acts(setting, prohibition)
    if not rising(acts.row):
        acts = _taken(acts, np.lexsort((acts.rule, acts.row)))
    pairs = [
        _pairs(history, prohibition, acts, n) for n in range(len(prohibition.rules))
    ]
    event, first = _grouped(history, acts, setting, prohibition)
    label = _tied(history, acts, pairs, event)
    clusters = _tables(setting, prohibition, acts, pairs, event, first, label)
    return _events(setting, prohibition, acts, event, first, clusters)


# --- which rows ----------------------------------------------------------------------


def fitting(history: History, pattern: Pattern) -> Flags:
    """Rows that are such a deed; what a variable binds is left open."""
    fits = np.zeros(len(history), dtype=np.bool_)
    fits[_fitting_rows(history, pattern)] = True
    return fits


def _fitting_rows(history: History, pattern: Pattern) -> Ints:
    """The same as positions: each test looks only at what passed those before it."""
    rows = np.flatnonzero(history["kind"].code == history["kind"].of(pattern.act))
    if pattern.by is not None:
        rows = rows[_among(history, "party", pattern.by, rows)]
    if pattern.against is not None:
        rows = rows[_among(history, "target_party", pattern.against, rows)]
    if pattern.sectors is not None:
        nowhere = (history["sector"].code[rows] < 0) & np.isnan(history.lon[rows])
        rows = rows[_among(history, "sector", pattern.sectors, rows) | nowhere]
    if pattern.subject is not None:
        rows = rows[_among(history, "subject", (pattern.subject,), rows)]
    return rows[_passing(history, pattern.filter, rows)]


def _among(history: History, column: str, names: Sequence[str], rows: Ints) -> Flags:
    codes = history[column]
    return among(codes.code[rows], [codes.of(name) for name in names])


def among(code: Ints, wanted: Sequence[int]) -> Flags:
    """Where a code is one of those wanted; -1 is null, less is no value at all."""
    table = np.zeros(max(int(code.max(initial=0)), *wanted, 0) + 2, dtype=np.bool_)
    table[[one for one in wanted if one >= NONE]] = True
    found: Flags = table[code]
    return found


def _passing(history: History, simple: SimpleFilter, rows: Ints) -> Flags:
    """An unknown value passes no filter."""
    if not simple.any_of:
        return np.ones(len(rows), dtype=np.bool_)
    passing = np.zeros(len(rows), dtype=np.bool_)
    for tests in simple.any_of:
        every = np.ones(len(rows), dtype=np.bool_)
        for test in tests:
            every &= _test(history, test, rows)
        passing |= every
    return passing


def _test(history: History, test: FilterIn | FilterCompare, rows: Ints) -> Flags:
    if isinstance(test, FilterCompare):
        values = getattr(history, test.attribute)[rows].astype(np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray(OPERATORS[test.operator](values, test.number))
    if test.attribute not in history.text:
        return np.zeros(len(rows), dtype=np.bool_)
    inside = _among(history, test.attribute, test.values, rows)
    if not test.negated:
        return inside
    return ~inside & (history[test.attribute].code[rows] >= 0)


# --- acts ----------------------------------------------------------------------------


def _acts(setting: Setting, prohibition: Prohibition) -> _Acts:
    parts = [_acts_of(setting, prohibition, n) for n in range(len(prohibition.rules))]
    offset, moved = 0, []
    for part in parts:
        moved.append(np.where(part.member_of >= 0, part.member_of + offset, -1))
        offset += len(part.members)
    return _Acts(
        rule=np.concatenate([part.rule for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        chance=np.concatenate([part.chance for part in parts]),
        zone=np.concatenate([part.zone for part in parts]),
        sure=np.concatenate([part.sure for part in parts]),
        whole=np.concatenate([part.whole for part in parts]),
        sources=np.concatenate([part.sources for part in parts]),
        members=tuple(rows for part in parts for rows in part.members),
        member_of=np.concatenate(moved),
    )


def _acts_of(setting: Setting, prohibition: Prohibition, number: int) -> _Acts:
    """One act for each root, party and sector; its earliest report speaks for it."""
    history, rule = setting.history, prohibition.rules[number]
    fits = fitting(history, rule.pattern)
    parties = [history["party"].of(name) for name in rule.parties]
    fits &= among(history["party"].code, [*parties, NONE])
    place = placed(rule.pattern, history, setting.plan.agreement, setting.areas)
    if place is not None:
        fits &= ~(place.p == 0.0)
    rows = np.flatnonzero(fits)
    first, group = first_of_each(_key(history, rows))
    head = rows[first]
    unknown = np.zeros(len(head), dtype=np.bool_)
    if rule.pattern.sectors is not None:
        unknown = history["sector"].code[head] < 0
    zone = np.ones(len(head)) if place is None else place.p[head]
    sure = np.ones(len(head), np.bool_) if place is None else place.sure[head]
    members, member_of = _several(rows, group, len(head))
    chance = history.hi[head] - history.lo[head]
    whole = (history.lo[head] <= 0.0) & (history.hi[head] >= 1.0)
    sources = history.sources[head].copy()
    if members:
        order = np.lexsort((history.lo[rows], group))
        many = unions(
            group[order], history.lo[rows[order]], history.hi[rows[order]], len(head)
        )
        chance = np.where(member_of >= 0, many, chance)
        np.maximum.at(sources, group, history.sources[rows])
        every = (history.lo[rows] <= 0.0) & (history.hi[rows] >= 1.0)
        np.logical_or.at(whole, group, every)
    return _Acts(
        rule=np.full(len(head), number, dtype=np.int64),
        row=head,
        chance=chance,
        zone=np.where(unknown, np.nan, zone),
        sure=sure & ~unknown,
        whole=whole,
        sources=sources,
        members=members,
        member_of=member_of,
    )


def _key(history: History, rows: Ints) -> Ints:
    party, sector = history["party"], history["sector"]
    key = history.root[rows] * (len(party.names) + 1) + party.code[rows] + 1
    return np.asarray(key * (len(sector.names) + 1) + sector.code[rows] + 1)


def first_of_each(key: Ints) -> tuple[Ints, Ints]:
    """Position of the first of each value, in that order, and the group of each."""
    if rising(key):
        return np.arange(len(key)), np.arange(len(key))
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[group]


def _several(rows: Ints, group: Ints, n: int) -> tuple[tuple[Ints, ...], Ints]:
    """The rows of each act that has more than one report."""
    if len(rows) == n:
        return (), np.full(n, -1, dtype=np.int64)
    counts = np.bincount(group, minlength=n)
    member_of = np.full(n, -1, dtype=np.int64)
    many = np.flatnonzero(counts > 1)
    if not len(many):
        return (), member_of
    member_of[many] = np.arange(len(many))
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(counts)
    return tuple(rows[order[ends[g] - counts[g] : ends[g]]] for g in many), member_of


def _taken(acts: _Acts, order: Ints) -> _Acts:
    return msgspec.structs.replace(
        acts,
        rule=acts.rule[order],
        row=acts.row[order],
        chance=acts.chance[order],
        zone=acts.zone[order],
        sure=acts.sure[order],
        whole=acts.whole[order],
        sources=acts.sources[order],
        member_of=acts.member_of[order],
    )


# --- what depends on what ------------------------------------------------------------

Pairs = list[tuple[Ints, Ints]]


def _pairs(history: History, prohibition: Prohibition, acts: _Acts, rule: int) -> Pairs:
    """For each exception of a rule: (hostile act, act that may answer it)."""
    mine = np.flatnonzero(acts.rule == rule)
    rows = acts.row[mine]
    found = []
    for reply in prohibition.rules[rule].replies:
        hostile, answer = reply_pairs(
            history.t[rows],
            history["party"].code[rows],
            history.lon[rows],
            history.lat[rows],
            reply.within_s + (reply.limit_s or 0),
            -1.0 if reply.nearer_m is None else reply.nearer_m,
        )
        found.append((mine[hostile], mine[answer]))
    return found


def _grouped(
    history: History, acts: _Acts, setting: Setting, prohibition: Prohibition
) -> tuple[Ints, Ints]:
    """Acts in force by event (-1: not in force), and each event's first act."""
    span = setting.force[prohibition.article.number]
    active = [begins(setting, rule) for rule in prohibition.rules]
    starts = np.array([max(a.start, span.start) for a in active])[acts.rule]
    stops = np.array([min(a.stop, span.stop) for a in active])[acts.rule]
    t = history.t[acts.row]
    bound = np.flatnonzero((starts <= t) & (t < stops))
    first, group = first_of_each(_key(history, acts.row[bound]))
    event = np.full(len(t), -1, dtype=np.int64)
    event[bound] = group
    return event, bound[first]


def _tied(history: History, acts: _Acts, pairs: Sequence[Pairs], event: Ints) -> Ints:
    """The cluster of each act that depends on others, -1 for acts that stand alone."""
    n = len(acts.row)
    component = history.component[acts.row]
    party = history["party"].code[acts.row]
    ends = [pair for each in pairs for pair in each]
    shared = _repeated(component * (party.max(initial=0) + 2) + party + 1, event >= 0)
    together = _repeated(event, event >= 0)
    if not any(len(h) for h, _ in ends) and not shared.any() and not together.any():
        return np.full(n, -1, dtype=np.int64)
    first_of = np.unique(component, return_index=True, return_inverse=True)
    edges = [(np.arange(n), first_of[1][first_of[2]]), *ends]
    whole = np.flatnonzero(event >= 0)
    heads, group = first_of_each(event[whole])
    edges.append((whole, whole[heads][group]))
    a, b = (np.concatenate(side) for side in zip(*edges, strict=True))
    label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), (n, n)))[1]
    involved = shared | together
    for hostile, answer in ends:
        involved[hostile] = involved[answer] = True
    many = np.isin(label, np.unique(label[involved]))
    return np.where(many, label, -1).astype(np.int64)


def _repeated(key: Ints, counts: Flags) -> Flags:
    """Where a key occurs more than once among those that count."""
    repeated = np.zeros(len(key), dtype=np.bool_)
    rows = np.flatnonzero(counts)
    if rising(key[rows]):
        return repeated
    _, group, sizes = np.unique(key[rows], return_inverse=True, return_counts=True)
    repeated[rows] = sizes[group] > 1
    return repeated


# --- worlds --------------------------------------------------------------------------


class _Clusters(msgspec.Struct, frozen=True):
    """Clusters of dependent events: their worlds, and each event's place in them."""

    tables: tuple[Table, ...]
    cluster: Ints
    column: Ints


def _tables(
    setting: Setting,
    prohibition: Prohibition,
    acts: _Acts,
    pairs: Sequence[Pairs],
    event: Ints,
    first: Ints,
    label: Ints,
) -> _Clusters:
    """For each cluster of dependent acts the worlds of its events."""
    n = len(first)
    cluster, column = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
    tables: list[Table] = []
    names = component_names(setting.history) if (label >= 0).any() else ()
    order = np.argsort(label, kind="stable")
    cut = np.searchsorted(label[order], np.unique(label[label >= 0]))
    groups = np.split(order, cut)[1:]
    by_pair = [_sorted_by_cluster(each, label) for each in pairs]
    for group in groups:
        held = np.unique(event[group])
        held = held[held >= 0]
        if not len(held):
            continue
        table = _table(
            setting, prohibition, acts, by_pair, event, group, label[group[0]], names
        )
        cluster[held], column[held] = len(tables), np.arange(len(held))
        tables.append(table)
    return _Clusters(tuple(tables), cluster, column)


def _sorted_by_cluster(pairs: Pairs, label: Ints) -> list[tuple[Ints, Ints, Ints]]:
    ordered = []
    for hostile, answer in pairs:
        order = np.lexsort((hostile, answer, label[answer]))
        hostile, answer = hostile[order], answer[order]
        ordered.append((hostile, answer, label[answer]))
    return ordered


def _table(
    setting: Setting,
    prohibition: Prohibition,
    acts: _Acts,
    pairs: Sequence[Sequence[tuple[Ints, Ints, Ints]]],
    event: Ints,
    group: Ints,
    label: np.int64,
    names: Sequence[str],
) -> Table:
    history = setting.history
    held = np.unique(event[group])
    held = held[held >= 0]
    world = worlds(_cuts(history, acts, group, names), seed=setting.question.seed)
    happened = _happened(history, acts, group, names, world)
    excused = np.zeros_like(happened)
    for number, rule in enumerate(prohibition.rules):
        for reply, ends in zip(rule.replies, pairs[number], strict=True):
            mine = _of_cluster(ends, int(label))
            excused |= _excused(history, acts, group, happened, mine, reply)
    place = np.searchsorted(held, event[group])
    shape = (len(world.weight), len(held))
    act, breach, pardoned = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    for n, member in enumerate(group):
        if event[member] < 0:
            continue
        act[:, place[n]] |= happened[:, n]
        if not np.isnan(acts.zone[member]):
            breach[:, place[n]] |= happened[:, n] & ~excused[:, n]
            pardoned[:, place[n]] |= excused[:, n]
    return Table(
        weight=world.weight,
        act=act,
        breach=breach,
        excused=pardoned & ~breach,
        sampled=world.sampled,
    )


def _stretches(history: History, acts: _Acts, act: int) -> list[tuple[float, float]]:
    rows = (
        [acts.row[act]]
        if acts.member_of[act] < 0
        else acts.members[acts.member_of[act]]
    )
    return [(float(history.lo[row]), float(history.hi[row])) for row in rows]


def _zone_key(history: History, acts: _Acts, act: int) -> str:
    root = history.root_names[history.root[acts.row[act]]]
    return f"zone/{acts.rule[act]}/{root}"


def _cuts(
    history: History, acts: _Acts, group: Ints, names: Sequence[str]
) -> dict[str, list[float]]:
    cuts: dict[str, list[float]] = {}
    for act in group:
        ends = cuts.setdefault(names[history.component[acts.row[act]]], [])
        ends += [end for pair in _stretches(history, acts, act) for end in pair]
        if 0.0 < acts.zone[act] < 1.0:
            key = _zone_key(history, acts, act)
            cuts.setdefault(key, []).append(float(acts.zone[act]))
    return cuts


def _happened(
    history: History, acts: _Acts, group: Ints, names: Sequence[str], world: Worlds
) -> Flags:
    happened = np.zeros((len(world.weight), len(group)), dtype=np.bool_)
    for n, act in enumerate(group):
        name = names[history.component[acts.row[act]]]
        true = world.true(name, _stretches(history, acts, act))
        if 0.0 < acts.zone[act] < 1.0:
            zone = _zone_key(history, acts, act)
            true = true & world.true(zone, [(0.0, float(acts.zone[act]))])
        happened[:, n] = true
    return happened


def _of_cluster(ends: tuple[Ints, Ints, Ints], label: int) -> tuple[Ints, Ints]:
    hostile, answer, labels = ends
    lo, hi = np.searchsorted(labels, [label, label + 1])
    return hostile[lo:hi], answer[lo:hi]


def _excused(
    history: History,
    acts: _Acts,
    group: Ints,
    happened: Flags,
    ends: tuple[Ints, Ints],
    reply: Reply,
) -> Flags:
    hostile, answer = ends
    rows = acts.row[group]
    found: Flags = excuses(
        history.t[rows],
        history["party"].code[rows],
        happened,
        np.searchsorted(group, hostile),
        np.searchsorted(group, answer),
        reply.within_s,
        -1 if reply.limit_s is None else reply.limit_s,
        reply.hostile.unexcused,
    )
    return found


# --- events --------------------------------------------------------------------------


def _events(
    setting: Setting,
    prohibition: Prohibition,
    acts: _Acts,
    event: Ints,
    first: Ints,
    clusters: _Clusters,
) -> Events:
    history = setting.history
    tables, cluster, column = clusters.tables, clusters.cluster, clusters.column
    rows = acts.row[first]
    known = ~np.isnan(acts.zone[first])
    chance = acts.chance[first] * np.where(known, acts.zone[first], 1.0)
    breach, excused = np.where(known, chance, 0.0), np.zeros(len(first))
    for n in np.flatnonzero(cluster >= 0):
        table = tables[cluster[n]]
        chance[n] = table.weight[table.act[:, column[n]]].sum()
        breach[n] = table.weight[table.breach[:, column[n]]].sum()
        excused[n] = table.weight[table.excused[:, column[n]]].sum()
    sources = acts.sources[first].copy()
    sure = _certain(setting, prohibition, acts)
    certain = np.zeros(len(first), dtype=np.bool_)
    bound = np.flatnonzero(event >= 0)
    np.maximum.at(sources, event[bound], acts.sources[bound])
    np.logical_or.at(certain, event[bound], sure[bound])
    return Events(
        row=rows,
        party=history["party"].code[rows],
        sector=history["sector"].code[rows],
        root=history.root[rows],
        t=history.t[rows],
        early=history.early[rows],
        late=history.late[rows],
        index=history.index[rows],
        sources=sources,
        act=chance,
        breach=breach,
        excused=excused,
        cluster=cluster,
        column=column,
        certain=certain,
        tables=tables,
    )


def _certain(setting: Setting, prohibition: Prohibition, acts: _Acts) -> Flags:
    """Acts that are breaches in every reading (rule D1)."""
    history = setting.history
    span = setting.force[prohibition.article.number]
    early, late = history.early[acts.row], history.late[acts.row]
    certain: Flags = acts.whole & acts.sure & (acts.zone == 1.0)
    for number, rule in enumerate(prohibition.rules):
        mine = acts.rule == number
        active = begins(setting, rule)
        bound = Span(max(span.start, active.start), min(span.stop, active.stop))
        certain &= ~mine | ((early >= bound.start) & (late < bound.stop))
        for reply in rule.replies:
            reach = reply.within_s + (reply.limit_s or 0)
            certain &= ~_challenged(history, acts, mine, reach)
    return certain


def _challenged(history: History, acts: _Acts, mine: Flags, reach: int) -> Flags:
    """Where somebody else's act could, by some reading, have come before it."""
    challenged = np.zeros(len(acts.row), dtype=np.bool_)
    held = np.flatnonzero(mine)
    rows = acts.row[held]
    party = history["party"].code[rows]
    for name in np.unique(party):
        own, other = party == name, rows[party != name]
        other = other[np.argsort(history.early[other], kind="stable")]
        latest = np.maximum.accumulate(history.late[other])
        before = np.searchsorted(history.early[other], history.late[rows[own]])
        last = latest[np.maximum(before - 1, 0)] if len(other) else before * 0
        near = last >= history.early[rows[own]] - reach
        challenged[held[own]] = (before > 0) & near & bool(len(other))
    return challenged
