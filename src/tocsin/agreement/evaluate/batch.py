"""The batch engine: the oracle's meaning, computed in columns over Arrow.

Prohibitions, findings that count breaches and obligations with a deadline are columnar.
What is not (presence that persists, exceptions other than a reply to the same act,
excuses that stop a clock, obligations without a trigger) goes to the oracle's own code,
clause by clause: the result is the same, only slower. :func:`columnar` says which.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate.batch_breaches import Events, gather
from tocsin.agreement.evaluate.batch_duties import duties
from tocsin.agreement.evaluate.batch_findings import episodes
from tocsin.agreement.evaluate.chance import TINY
from tocsin.agreement.evaluate.force import Span
from tocsin.agreement.evaluate.history import Fact, Flags, Ints, Reals
from tocsin.agreement.evaluate.judged import Judged, Stated
from tocsin.agreement.evaluate.oracle import find, prohibit
from tocsin.agreement.evaluate.oracle_clearing import clearing
from tocsin.agreement.evaluate.oracle_duties import duties as literal_duties
from tocsin.agreement.evaluate.oracle_sources import Sources
from tocsin.agreement.evaluate.parallel import each
from tocsin.agreement.evaluate.pausing import paused
from tocsin.agreement.evaluate.plan import (
    CLEARING,
    DEED,
    Finding,
    Obligation,
    Prohibition,
    acts_of,
)
from tocsin.agreement.evaluate.rows import NO_TIME, Rows
from tocsin.agreement.evaluate.setting import (
    Setting,
    kinds_of,
    sectors_of,
    stretch_of,
)

__all__ = ["columnar", "judge"]

MET, BREACHED, PENDING, EXCUSED, UNDETERMINED = range(5)
EXACT, SAMPLED = 0, 2


def judge(setting: Setting) -> Judged:
    """Every verdict that facts and coverage give; the same as the oracle's."""
    judged = Judged()
    setting = paused(setting)
    events: dict[str, Events] = {}
    literal = _Literal(setting)
    for prohibition, made in _prohibitions(setting):
        if made is None:
            prohibit(setting, prohibition, literal.sources, judged)
        else:
            events[prohibition.article.number], own = made
            _join(judged, own)
    for finding in setting.plan.findings:
        _find(setting, finding, events, literal, judged)
    sources = literal.sources
    for obligation, columns in _obligations(setting):
        if columns is not None:
            _join(judged, columns)
            continue
        facts = literal.of(acts_of(setting.plan.agreement, obligation))
        if obligation.pattern.act == CLEARING:
            clearing(setting, obligation, facts, sources, judged)
        else:
            literal_duties(setting, obligation, facts, sources.record, judged)
    judged.sampled |= any(t.sampled for e in events.values() for t in e.tables)
    judged.sampled |= literal.sources.sampled
    judged.issues += literal.sources.pleas.issues.values()
    return judged


def _prohibitions(
    setting: Setting,
) -> list[tuple[Prohibition, tuple[Events, Judged] | None]]:
    """Each with its events and verdicts; None where only the oracle's code covers it.

    Clauses look at nothing of each other, so that threads may share them out.
    """

    def made(prohibition: Prohibition) -> tuple[Events, Judged] | None:
        if not columnar(prohibition):
            return None
        own, events = Judged(), gather(setting, prohibition)
        _prohibit(setting, prohibition, events, own)
        return events, own

    held = setting.plan.prohibitions
    return list(zip(held, each(made, held, size=len(setting.history)), strict=True))


def _obligations(setting: Setting) -> list[tuple[Obligation, Judged | None]]:
    """The same for obligations that deeds call for, or their articles."""

    def made(obligation: Obligation) -> Judged | None:
        own = Judged()
        clears = obligation.pattern.act == CLEARING
        return None if clears or not duties(setting, obligation, own) else own

    held = [o for o in setting.plan.obligations if _called(setting, o)]
    return list(zip(held, each(made, held, size=len(setting.history)), strict=True))


def _join(judged: Judged, own: Judged) -> None:
    """What a clause on its own gave, behind what the clauses before it gave."""
    judged.rows += own.rows
    judged.single += own.single
    judged.breaches += own.breaches
    judged.episodes += own.episodes
    judged.duties += own.duties
    judged.issues += own.issues
    judged.sampled |= own.sampled


class _Literal:
    """Facts one by one, for what only the oracle's code covers."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sources = Sources(setting, self.of)

    def of(self, kinds: frozenset[str]) -> tuple[Fact, ...]:
        """Only the facts of these kinds."""
        history = self.setting.history
        codes = [history["kind"].of(kind) for kind in sorted(kinds)]
        rows = np.flatnonzero(np.isin(history["kind"].code, codes))
        return tuple(history.fact(int(row)) for row in rows)


def _called(setting: Setting, obligation: Obligation) -> bool:
    """False where a procedure calls, or a deed that never happened."""
    if obligation.called_by is None:
        return obligation.trigger is None
    return obligation.called_by.act in setting.history.names("kind")


def columnar(prohibition: Prohibition) -> bool:
    """True where the batch engine has columns for the prohibition."""
    return not any(
        rule.persists_s or rule.conditional or len(rule.replies) > 1
        for rule in prohibition.rules
    )


def _find(
    setting: Setting,
    finding: Finding,
    events: dict[str, Events],
    literal: _Literal,
    judged: Judged,
) -> None:
    counted = _counted(setting, finding)
    if counted is None:
        find(setting, finding, literal.sources, judged)
        return
    number = counted.article.number
    if number not in events or number.startswith(DEED):
        events[number] = gather(setting, counted)
    episodes(setting, finding, events[number], judged)


def _counted(setting: Setting, finding: Finding) -> Prohibition | None:
    """What is counted, where the batch engine has columns for it."""
    count = finding.count
    if count is None or count.by_variable != "party":
        return None
    if "party" not in finding.rule.variables:
        return None
    held = setting.plan.counted(count)
    if len(held) != 1 or (count.deed is None and setting.plan.duties(count.article)):
        return None
    return held[0] if columnar(held[0]) else None


# --- prohibitions --------------------------------------------------------------------


class _Moments(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts before those that change nothing are dropped, one array per column.

    Attributes:
        rank: 0 what no act changes, 1 an act: at one instant the act speaks.
        first, stop: the events of the instant as a range, empty where there is none.
    """

    key: Ints
    t: Ints
    rank: Ints
    verdict: Ints
    p: Reals  # met, breached, excused
    sampled: Flags
    certain: Flags
    first: Ints
    stop: Ints


def _prohibit(
    setting: Setting, prohibition: Prohibition, events: Events, judged: Judged
) -> None:
    stretch = stretch_of(setting, prohibition)
    if stretch.start >= stretch.stop:
        _of_nobody(setting, prohibition, events, stretch, judged)
        return
    keys = _keys(setting, prohibition, events)
    parties = [setting.history["party"].of(party) for party, _ in keys]
    sectors = [-1 if s is None else setting.history["sector"].of(s) for _, s in keys]
    key, order = _sorted_by_key(events, parties, sectors)
    seen = _watched(setting, prohibition, events, {sector for _, sector in keys})
    base = _idle(setting, seen, keys, stretch)
    acts = _acting(setting, seen, events, order, key[order], keys, stretch)
    after = _afterwards(base, acts, stretch)
    kept = _changes(_merged([*base, acts, after]))
    certain = _sure(kept, events, order, key[order])
    rows = _rows(setting, prohibition, events, keys, kept, certain, order, stretch)
    judged.rows.append(rows)
    _state(setting, prohibition, keys, kept, events, order, judged)
    _of_nobody(setting, prohibition, events, stretch, judged)


Keys = list[tuple[str, str | None]]


def _keys(setting: Setting, prohibition: Prohibition, events: Events) -> Keys:
    """Whom and where: every party with every sector, and with none if need be."""
    sectors = sectors_of(setting, prohibition)
    keys: Keys = []
    for party in prohibition.parties:
        keys += [(party, sector) for sector in sectors]
        code = setting.history["party"].of(party)
        nowhere = ((events.party == code) & (events.sector < 0)).any()
        if nowhere and None not in sectors:
            keys.append((party, None))
    return keys


def _sorted_by_key(
    events: Events, parties: Sequence[int], sectors: Sequence[int]
) -> tuple[Ints, Ints]:
    """The key of each event (-1: none), and the events with a key by key, then time."""
    width = max(*sectors, int(events.sector.max(initial=-1))) + 3
    wanted = np.array(parties) * width + np.array(sectors) + 1
    place = np.argsort(wanted, kind="stable")
    own = events.party * width + events.sector + 1
    at = np.searchsorted(wanted[place], own)
    at = np.minimum(at, len(place) - 1)
    hit = (wanted[place][at] == own) & (events.party >= 0)
    key = np.where(hit, place[at], -1)
    order = np.argsort(key, kind="stable")
    return key, order[np.searchsorted(key[order], 0) :]


Steps = tuple[Ints, Reals]
"""Instants, and the share that was watched from each until the next."""


def _watched(
    setting: Setting,
    prohibition: Prohibition,
    events: Events,
    sectors: set[str | None],
) -> dict[str | None, Steps]:
    """The share watched by sector; 0 while it is not clear who acted (rule N3)."""
    kinds, history = kinds_of(prohibition), setting.history
    nobodys = events.party < 0
    found = {}
    for sector in sectors:
        code = -1 if sector is None else history["sector"].of(sector)
        here = nobodys & ((events.sector == code) | (events.sector < 0))
        edge, share = setting.watch.steps(sector, kinds)
        found[sector] = _cut(edge, share, np.unique(events.t[here]))
    return found


def _cut(edge: Ints, share: Reals, at: Ints) -> Steps:
    """The steps with a share of 0 in each of these seconds."""
    edges = np.unique(np.concatenate([edge, at, at + 1]))
    place = np.searchsorted(edge, edges, side="right") - 1
    held = np.where(place >= 0, share[np.maximum(place, 0)], 0.0)
    held[np.isin(edges, at)] = 0.0
    return edges, held


def _idle(
    setting: Setting, seen: dict[str | None, Steps], keys: Keys, stretch: Span
) -> list[_Moments]:
    """What holds while nobody acts: kept where somebody watched (rule N1)."""
    found = []
    for number, (_, sector) in enumerate(keys):
        edge, share = seen[sector]
        first = np.searchsorted(edge, stretch.start, side="right") - 1
        last = np.searchsorted(edge, stretch.stop)
        t = np.maximum(edge[first:last], stretch.start)
        held = share[first:last]
        verdict = _verdicts(
            setting, np.zeros_like(held), np.zeros_like(held), held, held
        )
        found.append(
            _Moments(
                key=np.full(len(t), number, dtype=np.int64),
                t=t,
                rank=np.zeros(len(t), dtype=np.int64),
                verdict=verdict,
                p=np.stack([held, np.zeros_like(held), np.zeros_like(held)], axis=1),
                sampled=np.zeros(len(t), dtype=np.bool_),
                certain=held >= 1.0,
                first=np.zeros(len(t), dtype=np.int64),
                stop=np.zeros(len(t), dtype=np.int64),
            )
        )
    return found


def _verdicts(
    setting: Setting, breach: Reals, excused: Reals, met: Reals, share: Reals
) -> Ints:
    standard = setting.plan.standard - TINY
    verdict = np.full(len(met), UNDETERMINED, dtype=np.int64)
    verdict[(met >= standard) & (share >= setting.plan.watched)] = MET
    verdict[excused >= standard] = EXCUSED
    verdict[breach >= standard] = BREACHED
    return verdict


def _acting(
    setting: Setting,
    seen: dict[str | None, Steps],
    events: Events,
    order: Ints,
    key: Ints,
    keys: Keys,
    stretch: Span,
) -> _Moments:
    """The verdict at each instant at which somebody acts."""
    inside = (events.t[order] >= stretch.start) & (events.t[order] < stretch.stop)
    place = np.flatnonzero(inside)
    t, own = events.t[order[place]], key[place]
    new = np.ones(len(place), dtype=np.bool_)
    new[1:] = (t[1:] != t[:-1]) | (own[1:] != own[:-1])
    heads = np.flatnonzero(new)
    ends = np.append(heads[1:], len(place))
    breach, excused, nothing, sampled = _chances(events, order[place], heads, ends)
    share = _shares(seen, keys, own[heads], t[heads])
    met = nothing * share
    sure = (
        np.logical_or.reduceat(events.certain[order[place]], heads)
        if len(heads)
        else new
    )
    return _Moments(
        key=own[heads],
        t=t[heads],
        rank=np.ones(len(heads), dtype=np.int64),
        verdict=_verdicts(setting, breach, excused, met, share),
        p=np.stack([met, breach, excused], axis=1),
        sampled=sampled,
        certain=sure,
        first=place[heads] if len(heads) else heads,
        stop=place[ends - 1] + 1 if len(heads) else heads,
    )


def _chances(
    events: Events, place: Ints, heads: Ints, ends: Ints
) -> tuple[Reals, Reals, Reals, Flags]:
    """P(some breach), P(no breach but an excused act), P(no act), for each instant."""
    if not len(heads):
        none = np.zeros(0)
        return none, none, none, np.zeros(0, dtype=np.bool_)
    free = np.multiply.reduceat(1.0 - events.breach[place], heads)
    plain = np.multiply.reduceat(
        1.0 - events.breach[place] - events.excused[place], heads
    )
    idle = np.multiply.reduceat(1.0 - events.act[place], heads)
    drawn = _drawn(events)[place]
    sampled = np.logical_or.reduceat(drawn, heads)
    tied = np.add.reduceat((events.cluster[place] >= 0).astype(np.int64), heads)
    for n in np.flatnonzero(tied > 1):
        free[n], plain[n], idle[n] = _jointly(events, place[heads[n] : ends[n]])
    return 1.0 - free, free - plain, idle, sampled


def _drawn(events: Events) -> Flags:
    drawn = np.array([*(table.sampled for table in events.tables), False], np.bool_)
    return np.asarray(drawn[events.cluster], dtype=np.bool_)


def _jointly(events: Events, members: Ints) -> tuple[float, float, float]:
    """The same for acts of one instant that depend on each other."""
    alone = members[events.cluster[members] < 0]
    free = float(np.prod(1.0 - events.breach[alone]))
    plain = float(np.prod(1.0 - events.breach[alone] - events.excused[alone]))
    idle = float(np.prod(1.0 - events.act[alone]))
    for cluster in np.unique(events.cluster[members]):
        if cluster < 0:
            continue
        table = events.tables[cluster]
        columns = events.column[members[events.cluster[members] == cluster]]
        no_breach = ~table.breach[:, columns].any(axis=1)
        free *= float(table.weight[no_breach].sum())
        quiet = no_breach & ~table.excused[:, columns].any(axis=1)
        plain *= float(table.weight[quiet].sum())
        idle *= float(table.weight[~table.act[:, columns].any(axis=1)].sum())
    return free, plain, idle


def _shares(seen: dict[str | None, Steps], keys: Keys, key: Ints, t: Ints) -> Reals:
    shares = np.zeros(len(t))
    sectors = [sector for _, sector in keys]
    for sector, (edge, share) in seen.items():
        mine = np.isin(key, [n for n, s in enumerate(sectors) if s == sector])
        place = np.searchsorted(edge, t[mine], side="right") - 1
        shares[mine] = share[np.maximum(place, 0)]
    return shares


def _afterwards(base: Sequence[_Moments], acts: _Moments, stretch: Span) -> _Moments:
    """One second after an act what holds is again what nobody's act changes."""
    idle = _merged(list(base))
    t = acts.t + 1
    place = _last_before(idle, acts.key, t)
    kept = np.flatnonzero(t < stretch.stop)
    return _Moments(
        key=acts.key[kept],
        t=t[kept],
        rank=np.zeros(len(kept), dtype=np.int64),
        verdict=idle.verdict[place[kept]],
        p=idle.p[place[kept]],
        sampled=np.zeros(len(kept), dtype=np.bool_),
        certain=idle.certain[place[kept]],
        first=np.zeros(len(kept), dtype=np.int64),
        stop=np.zeros(len(kept), dtype=np.int64),
    )


def _last_before(idle: _Moments, key: Ints, t: Ints) -> Ints:
    """The last moment of the key at or before each instant."""
    starts = np.searchsorted(idle.key, np.arange(int(idle.key.max(initial=0)) + 2))
    place = np.empty(len(t), dtype=np.int64)
    for own in np.unique(key):
        mine = key == own
        lo, hi = starts[own], starts[own + 1]
        place[mine] = lo + np.searchsorted(idle.t[lo:hi], t[mine], side="right") - 1
    return place


def _merged(parts: Sequence[_Moments]) -> _Moments:
    """All moments by key and time; where an act speaks, it alone."""
    fields = _Moments.__struct_fields__
    whole = {f: np.concatenate([getattr(part, f) for part in parts]) for f in fields}
    order = np.lexsort((-whole["rank"], whole["t"], whole["key"]))
    key, t = whole["key"][order], whole["t"][order]
    again = np.zeros(len(order), dtype=np.bool_)
    again[1:] = (key[1:] == key[:-1]) & (t[1:] == t[:-1])
    kept = order[~again]
    return _Moments(**{f: whole[f][kept] for f in fields})


def _changes(moments: _Moments) -> _Moments:
    """Only where the verdict changes, and at every breach."""
    changed = np.ones(len(moments.t), dtype=np.bool_)
    same_key = moments.key[1:] == moments.key[:-1]
    changed[1:] = ~same_key | (moments.verdict[1:] != moments.verdict[:-1])
    changed |= (moments.verdict == BREACHED) & (moments.rank > 0)
    kept = np.flatnonzero(changed)
    fields = _Moments.__struct_fields__
    return _Moments(**{f: getattr(moments, f)[kept] for f in fields})


def _sure(kept: _Moments, events: Events, order: Ints, key: Ints) -> Flags:
    """Which verdicts hold in every reading of the facts (rule D1)."""
    certain: Flags = (kept.verdict == BREACHED) & kept.certain
    watched = np.flatnonzero((kept.verdict == MET) & kept.certain & (kept.rank == 0))
    for own in np.unique(kept.key[watched]):
        mine = watched[kept.key[watched] == own]
        lo, hi = np.searchsorted(key, [own, own + 1])
        early = np.sort(events.early[order[lo:hi]])
        late = np.sort(events.late[order[lo:hi]])
        begun = np.searchsorted(early, kept.t[mine], side="right")
        over = np.searchsorted(late, kept.t[mine], side="left")
        certain[mine] = begun == over
    return certain


def _rows(
    setting: Setting,
    prohibition: Prohibition,
    events: Events,
    keys: Keys,
    kept: _Moments,
    certain: Flags,
    order: Ints,
    stretch: Span,
) -> Rows:
    ends = stretch.stop < setting.question.until
    n, extra = len(kept.t), len(keys) if ends else 0
    names = _names(prohibition, keys)
    code = {name: number for number, name in enumerate(names)}
    party = np.array([code[p] for p, _ in keys])
    sector = np.array([-1 if s is None else code[s] for _, s in keys])
    key = np.concatenate([kept.key, np.arange(extra)])
    breached = kept.verdict == BREACHED
    p = np.full((n + extra, 5), np.nan)
    p[:n, 0], p[:n, 1], p[:n, 3] = kept.p.T
    p[:n, 2] = 0.0
    p[:n, 4] = np.where(breached, kept.p[:, 1], np.nan)
    offsets, ranges = _ranges(events, kept, order, extra)
    return Rows(
        names=names,
        clause=np.zeros(n + extra, dtype=np.int64),
        party=party[key],
        sector=sector[key],
        subject=np.full(n + extra, -1, dtype=np.int64),
        t=np.concatenate([kept.t, np.full(extra, stretch.stop)]),
        due=np.full(n + extra, NO_TIME),
        verdict=np.concatenate([kept.verdict, np.full(extra, UNDETERMINED)]),
        method=np.concatenate(
            [np.where(kept.sampled, SAMPLED, EXACT), np.zeros(extra, np.int64)]
        ),
        certain=np.concatenate([certain, np.zeros(extra, dtype=np.bool_)]),
        possible=np.concatenate([np.ones(n, np.bool_), np.zeros(extra, np.bool_)]),
        p=p,
        offsets=offsets,
        ranges=ranges,
    )


def _names(prohibition: Prohibition, keys: Keys) -> tuple[str, ...]:
    said = [prohibition.article.clause, *(p for p, _ in keys)]
    return tuple(dict.fromkeys([*said, *(s for _, s in keys if s is not None)]))


def _ranges(
    events: Events, kept: _Moments, order: Ints, extra: int
) -> tuple[Ints, Ints]:
    """The events of each verdict as ranges into the facts, neighbours joined."""
    counts = kept.stop - kept.first
    starts = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
    index = events.index[order[np.repeat(kept.first, counts) + within]]
    row = np.repeat(np.arange(len(counts)), counts)
    joined = np.zeros(len(index), dtype=np.bool_)
    joined[1:] = (row[1:] == row[:-1]) & (index[1:] == index[:-1] + 1)
    head = np.flatnonzero(~joined)
    tail = np.append(head[1:], len(index))[: len(head)] - 1
    ranges = np.stack([index[head], index[tail] + 1], axis=1)
    sizes = np.bincount(row[head], minlength=len(counts) + extra)
    return np.concatenate([[0], np.cumsum(sizes)]), ranges.astype(np.int64)


def _state(
    setting: Setting,
    prohibition: Prohibition,
    keys: Keys,
    kept: _Moments,
    events: Events,
    order: Ints,
    judged: Judged,
) -> None:
    """Single breaches, where some rule is woken by them."""
    if prohibition.article.number not in setting.plan.breaches_wanted:
        return
    for n in np.flatnonzero((kept.verdict == BREACHED) & (kept.rank > 0)):
        party, sector = keys[kept.key[n]]
        judged.breaches.append(
            Stated(
                article=prohibition.article.number,
                party=party,
                sector=sector,
                subject=None,
                t=int(kept.t[n]),
                index=int(events.index[order[kept.first[n]]]),
            )
        )


def _of_nobody(
    setting: Setting,
    prohibition: Prohibition,
    events: Events,
    stretch: Span,
    judged: Judged,
) -> None:
    """Acts of nobody known: undetermined, and no party is named (rule N3)."""
    inside = (
        (events.party < 0) & (events.t >= stretch.start) & (events.t < stretch.stop)
    )
    place = np.flatnonzero(inside)
    order = place[
        np.lexsort((events.index[place], events.t[place], events.sector[place]))
    ]
    if not len(order):
        return
    t, sector = events.t[order], events.sector[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (t[1:] != t[:-1]) | (sector[1:] != sector[:-1])
    heads = np.flatnonzero(new)
    n, sectors = len(heads), setting.history.names("sector")
    moments = _Moments(
        key=sector[heads],
        t=t[heads],
        rank=np.ones(n, dtype=np.int64),
        verdict=np.full(n, UNDETERMINED),
        p=np.zeros((n, 3)),
        sampled=np.zeros(n, dtype=np.bool_),
        certain=np.zeros(n, dtype=np.bool_),
        first=heads,
        stop=np.append(heads[1:], len(order)),
    )
    offsets, ranges = _ranges(events, moments, order, 0)
    p = np.zeros((n, 5))
    p[:, 4] = np.nan
    judged.rows.append(
        Rows(
            names=(*sectors, prohibition.article.clause),
            clause=np.full(n, len(sectors)),
            party=np.full(n, -1),
            sector=moments.key,
            subject=np.full(n, -1),
            t=moments.t,
            due=np.full(n, NO_TIME),
            verdict=moments.verdict,
            method=np.zeros(n, dtype=np.int64),
            certain=moments.certain,
            possible=np.ones(n, dtype=np.bool_),
            p=p,
            offsets=offsets,
            ranges=ranges,
        )
    )
