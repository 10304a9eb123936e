"""The batch engine's findings: counts in sliding windows over whole columns.

Facts that stand alone go through the two-stack kernel. Where acts depend on each other
the chance of the dependent ones is folded cluster by cluster and joined with the rest;
it is folded anew only when one of them enters or leaves the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.agreement.evaluate.batch_breaches import Events, Table, first_of_each
from tocsin.agreement.evaluate.chance import TINY, at_least, counted
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import Flags, Ints, Reals
from tocsin.agreement.evaluate.judged import Judged, Opened
from tocsin.agreement.evaluate.kernels import (
    at_least_of,
    dropped,
    enough_of,
    least_shares,
    runs,
    window_at_least,
    window_below,
    window_points,
)
from tocsin.agreement.evaluate.oracle_findings import keys_of
from tocsin.agreement.evaluate.parallel import each
from tocsin.agreement.evaluate.plan import CountOfBreaches, Finding
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting, kinds_of
from tocsin.agreement.evaluate.witness import earliest, irreducible

__all__ = ["episodes"]

Key = tuple[str | None, str | None]


class _Items(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted once for a key: its roots, in time order.

    Attributes:
        q: how likely each was a breach; cluster: its cluster, -1: it stands alone.
        columns: the columns of its events in the cluster, by item.
    """

    t: Ints
    early: Ints
    late: Ints
    row: Ints
    index: Ints
    sources: Ints
    q: Reals
    certain: Flags
    cluster: Ints
    columns: tuple[Ints, ...]
    tables: tuple[Table, ...]

    @property
    def apart(self) -> bool:
        """None of them depends on others."""
        return not self.columns


class _States(msgspec.Struct, frozen=True, kw_only=True):
    """The condition at each instant at which it can change."""

    at: Ints
    low: Ints
    high: Ints
    p: Reals
    holds: Flags
    stays: Flags
    sampled: Flags


def episodes(
    setting: Setting, finding: Finding, events: Events, judged: Judged
) -> None:
    """Episodes and verdicts of a finding that counts a party's breaches."""
    count = finding.count
    assert count is not None
    kinds = tuple(kind for p in setting.plan.counted(count) for kind in kinds_of(p))
    chosen = _counting(setting, count, events)

    def of(key: Key) -> tuple[list[Opened], list[Row]]:
        items = _items(events, _mine(setting, count, chosen, key))
        states = _states(setting, finding, items)
        opened = _opened(setting, finding, key, items, states)
        return opened, _verdicts(setting, finding, kinds, key, states, opened)

    found = each(of, keys_of(setting, finding), size=len(events))
    for opened, rows in found:
        judged.episodes += opened
        judged.single += rows


# --- what is counted -----------------------------------------------------------------


class _Order(msgspec.Struct, frozen=True):
    """Events by party and sector, so that those of a key are one stretch."""

    place: Ints
    party: Ints
    sector: Ints


def _counting(setting: Setting, count: CountOfBreaches, events: Events) -> _Order:
    held = events.party >= 0
    if count.sectors is not None:
        codes = [setting.history["sector"].of(name) for name in count.sectors]
        held &= np.isin(events.sector, codes)
    place = np.flatnonzero(held)
    by_sector = events.sector[place] if count.sector_variable else place * 0
    order = np.lexsort((place, by_sector, events.party[place]))
    place = place[order]
    return _Order(place, events.party[place], by_sector[order])


def _mine(setting: Setting, count: CountOfBreaches, order: _Order, key: Key) -> Ints:
    party = setting.history["party"].of(str(key[0]))
    lo, hi = np.searchsorted(order.party, [party, party + 1])
    if count.sector_variable is not None:
        sector = -1 if key[1] is None else setting.history["sector"].of(key[1])
        span = np.searchsorted(order.sector[lo:hi], [sector, sector + 1])
        lo, hi = lo + span[0], lo + span[1]
    return np.sort(order.place[lo:hi])


def _items(events: Events, mine: Ints) -> _Items:
    """One item for each root; several events of a root are one cluster's columns."""
    first, item = first_of_each(events.root[mine])
    head = mine[first]
    sources = events.sources[head].copy()
    certain = events.certain[head].copy()
    if len(head) < len(mine):
        np.maximum.at(sources, item, events.sources[mine])
        np.logical_or.at(certain, item, events.certain[mine])
    columns = _columns(events, mine, item, len(head))
    q = events.breach[head].copy()
    for n in np.flatnonzero(events.cluster[head] >= 0):
        q[n] = _any_of(events.tables[events.cluster[head[n]]], columns[n])
    return _Items(
        t=events.t[head],
        early=events.early[head],
        late=events.late[head],
        row=events.row[head],
        index=events.index[head],
        sources=sources,
        q=q,
        certain=certain,
        cluster=events.cluster[head],
        columns=columns,
        tables=events.tables,
    )


def _columns(events: Events, mine: Ints, item: Ints, n: int) -> tuple[Ints, ...]:
    if not (events.cluster[mine] >= 0).any():
        return ()
    held: list[list[int]] = [[] for _ in range(n)]
    for place, event in zip(item, mine, strict=True):
        held[place].append(int(events.column[event]))
    return tuple(np.array(columns, dtype=np.int64) for columns in held)


def _any_of(table: Table, columns: Ints) -> float:
    return float(table.weight[table.breach[:, columns].any(axis=1)].sum())


# --- the condition -------------------------------------------------------------------


def _states(setting: Setting, finding: Finding, items: _Items) -> _States:
    count = finding.count
    assert count is not None
    span = setting.force[finding.article.number]
    at, low, high = _instants(items.t, count.over_s, span, setting.question.until)
    p, sampled = _reached(items, low, high, count.at_least)
    kept = (
        p
        if count.until_below is None
        else _reached(items, low, high, count.until_below)[0]
    )
    many = np.concatenate([[0], np.cumsum(items.sources >= finding.sources)])
    enough = many[high] > many[low]
    standard = finding.standard - TINY
    return _States(
        at=at,
        low=low,
        high=high,
        p=p,
        holds=enough & (p >= standard),
        stays=enough & (kept >= standard),
        sampled=sampled,
    )


def _instants(t: Ints, over: int, span: Span, until: int) -> tuple[Ints, Ints, Ints]:
    at, low, high = window_points(t, over)
    if abs(span.start) < EVER and span.start not in at:
        place = int(np.searchsorted(at, span.start))
        lo = int(np.searchsorted(t, span.start - over))
        hi = int(np.searchsorted(t, span.start, side="right"))
        at, low, high = (
            np.insert(values, place, value)
            for values, value in ((at, span.start), (low, lo), (high, hi))
        )
    asked = (at >= span.start) & (at < min(span.stop, until))
    return at[asked], low[asked], high[asked]


def _reached(items: _Items, low: Ints, high: Ints, k: int) -> tuple[Reals, Flags]:
    """For each window the chance that the number is reached, and whether sampled."""
    if k <= 0 or not len(low):
        return np.ones(len(low)), np.zeros(len(low), dtype=np.bool_)
    alone = items.cluster < 0
    if alone.all() and (items.q == 1.0).all():
        reached = high - low >= k
        return reached.astype(np.float64), np.zeros(len(low), dtype=np.bool_)
    if alone.all():
        return window_at_least(items.q, low, high, k), np.zeros(len(low), np.bool_)
    own = np.concatenate([[0], np.cumsum(alone)])
    below = window_below(items.q[alone], own[low], own[high], k)
    reach = np.cumsum(below, axis=1)[:, ::-1]
    tied = np.flatnonzero(~alone)
    first, stop = low - own[low], high - own[high]
    p, sampled = np.zeros(len(low)), np.zeros(len(low), dtype=np.bool_)
    starts = np.flatnonzero(np.diff(first, prepend=-1) | np.diff(stop, prepend=-1))
    for lo, hi in zip(starts, [*starts[1:], len(low)], strict=True):
        held = tied[first[lo] : stop[lo]]
        folded, drawn = _folded(items, held, k)
        p[lo:hi] = 1.0 - reach[lo:hi] @ folded
        sampled[lo:hi] = drawn
    return np.clip(p, 0.0, 1.0), sampled


def _folded(items: _Items, held: Ints, k: int) -> tuple[Reals, bool]:
    """Chance of 0, 1 ... k - 1 true items among those that depend on others."""
    below = np.zeros(k)
    below[0] = 1.0
    drawn = False
    for cluster in dict.fromkeys(items.cluster[held].tolist()):
        table = items.tables[cluster]
        mine = held[items.cluster[held] == cluster]
        below = np.convolve(below, _distribution(items, table, mine))[:k]
        drawn |= table.sampled
    return below, drawn


def _distribution(items: _Items, table: Table, mine: Ints) -> Reals:
    true = [table.breach[:, items.columns[n]].any(axis=1) for n in mine]
    return counted(table.weight, np.stack(true, axis=1))


# --- episodes ------------------------------------------------------------------------


def _opened(
    setting: Setting, finding: Finding, key: Key, items: _Items, states: _States
) -> list[Opened]:
    span = setting.force[finding.article.number]
    end = span.stop if span.stop < setting.question.until else None
    first, stop, most = runs(states.holds, states.stays, states.p)
    low, high = states.low[first], states.high[first]
    kept = [
        int(lo) + np.asarray(_witness(finding, items, int(lo), int(hi)), np.int64)
        for lo, hi in zip(low, high, strict=True)
    ]
    facts = _fact_ids(setting, items, kept)
    return [
        _episode(
            finding,
            key,
            items,
            states,
            int(n),
            int(states.at[m]) if m < len(states.at) else end,
            float(ever),
            (mine, names),
        )
        for n, m, ever, mine, names in zip(first, stop, most, kept, facts, strict=True)
    ]


def _fact_ids(
    setting: Setting, items: _Items, kept: Sequence[Ints]
) -> list[tuple[str, ...]]:
    """The ids of the facts of each witness, all looked up at once."""
    if not kept:
        return []
    rows = items.row[np.concatenate(kept)]
    names = setting.history.fact_id.take(pa.array(rows)).to_pylist()
    ends = np.cumsum([len(mine) for mine in kept]).tolist()
    return [
        tuple(names[end - len(mine) : end])
        for mine, end in zip(kept, ends, strict=True)
    ]


def _episode(
    finding: Finding,
    key: Key,
    items: _Items,
    states: _States,
    n: int,
    closed: int | None,
    ever: float,
    witness: tuple[Ints, tuple[str, ...]],
) -> Opened:
    count = finding.count
    assert count is not None
    alleged, low, high = int(states.at[n]), int(states.low[n]), int(states.high[n])
    start = alleged - count.over_s
    kept, names = witness
    early, late = items.early[low:high], items.late[low:high]
    sure = items.certain[low:high] & (early >= start) & (late <= alleged)
    return Opened(
        finding=finding,
        party=key[0],
        sector=key[1],
        alleged=alleged,
        closed=closed,
        p=float(states.p[n]),
        ever=ever,
        certain=bool(np.count_nonzero(sure) >= count.at_least),
        method="sampled" if states.sampled[n] else "exact",
        number=high - low,
        window_start=start,
        ranges=ranges_of(items.index[kept].tolist()),
        facts=names,
    )


def _witness(
    finding: Finding, items: _Items, low: int, high: int
) -> Sequence[int] | Ints:
    """The smallest, earliest facts that reach the number (rule W1)."""
    count = finding.count
    assert count is not None
    cluster = items.cluster[low:high]
    if items.apart or not (cluster >= 0).any():
        return _alone(items.q[low:high], count.at_least, finding.standard - TINY)
    tied = cluster[cluster >= 0]
    probability = _probability(items, low, count.at_least)
    kept = earliest(high - low, probability, finding.standard)
    return irreducible(
        kept,
        items.q[low:high].tolist(),
        probability,
        finding.standard,
        independent=len(np.unique(tied)) == len(tied),
    )


def _alone(q: Reals, k: int, standard: float) -> Ints:
    """The same of facts of which none depends on another, compiled."""
    first = q[: enough_of(q, k, standard)]
    if len(first) == k and (first == 1.0).all():
        return np.arange(k)
    rank = np.array([round(chance, 9) for chance in first.tolist()])
    return np.flatnonzero(~dropped(first, rank, k, standard))


def _probability(items: _Items, low: int, k: int) -> Callable[[Sequence[int]], float]:
    def of(chosen: Sequence[int]) -> float:
        held = low + np.array(chosen, dtype=np.int64)
        alone = held[items.cluster[held] < 0]
        if len(alone) == len(held):
            return float(at_least_of(items.q[held], k))
        groups = [np.array([1.0 - items.q[n], items.q[n]]) for n in alone]
        tied = held[items.cluster[held] >= 0]
        for cluster in dict.fromkeys(items.cluster[tied].tolist()):
            mine = tied[items.cluster[tied] == cluster]
            groups.append(_distribution(items, items.tables[cluster], mine))
        return at_least(groups, k)

    return of


# --- verdicts of a finding -----------------------------------------------------------


def _verdicts(
    setting: Setting,
    finding: Finding,
    kinds: tuple[str, ...],
    key: Key,
    states: _States,
    opened: Sequence[Opened],
) -> list[Row]:
    """Breached while an episode is open; else met where its window was watched (F5)."""
    count = finding.count
    assert count is not None
    span = setting.force[finding.article.number]
    start = max(setting.question.start, span.start)
    stop = min(span.stop, setting.question.until)
    if start >= stop:
        return []
    edge, share = setting.watch.steps(key[1], kinds)
    every = np.unique(np.concatenate([[start], states.at, edge, edge + count.over_s]))
    at = every[(every >= start) & (every < stop)]
    forced = min(
        setting.force[p.article.number].start for p in setting.plan.counted(count)
    )
    least = least_shares(at, count.over_s, forced, edge, share)
    place = np.searchsorted(states.at, at, side="right") - 1
    p = np.where(place >= 0, np.append(states.p, 0.0)[place], 0.0)
    sampled = np.where(place >= 0, np.append(states.sampled, False)[place], False)
    episode, alleged = _within(opened, at)
    kept = ((1.0 - p) * least >= finding.standard - TINY) & (
        least >= setting.plan.watched
    )
    verdict = np.where(episode >= 0, 1, np.where(kept, 0, 4))
    changed = np.append(True, verdict[1:] != verdict[:-1]) | alleged
    rows = [
        _row(
            finding,
            key,
            int(at[n]),
            float(p[n]),
            float(least[n]),
            bool(sampled[n]),
            bool(kept[n]),
            opened[episode[n]] if episode[n] >= 0 else None,
        )
        for n in np.flatnonzero(changed)
    ]
    return (
        [*rows, _ended(finding, key, stop)] if stop < setting.question.until else rows
    )


def _within(opened: Sequence[Opened], at: Ints) -> tuple[Ints, Flags]:
    """Which episode is open at each instant, -1 for none, and where one opens."""
    episode = np.full(len(at), -1, dtype=np.int64)
    alleged = np.zeros(len(at), dtype=np.bool_)
    for n, held in enumerate(opened):
        lo = np.searchsorted(at, held.alleged)
        hi = len(at) if held.closed is None else np.searchsorted(at, held.closed)
        episode[lo:hi] = n
        alleged[lo:hi] |= at[lo:hi] == held.alleged
    return episode, alleged


def _row(
    finding: Finding,
    key: Key,
    t: int,
    p: float,
    share: float,
    sampled: bool,  # noqa: FBT001
    kept: bool,  # noqa: FBT001
    episode: Opened | None,
) -> Row:
    if episode is not None:
        return Row(
            clause=finding.article.clause,
            party=key[0],
            sector=key[1],
            t=t,
            verdict="breached",
            certain=episode.certain,
            p_breached=p,
            ever=episode.ever,
            method="sampled" if sampled else "exact",
            ranges=episode.ranges,
        )
    return Row(
        clause=finding.article.clause,
        party=key[0],
        sector=key[1],
        t=t,
        verdict="met" if kept else "undetermined",
        p_met=(1.0 - p) * share,
        p_breached=p,
        method="sampled" if sampled else "exact",
    )


def _ended(finding: Finding, key: Key, at: int) -> Row:
    return Row(
        clause=finding.article.clause,
        party=key[0],
        sector=key[1],
        t=at,
        verdict="undetermined",
        possible=False,
        p_met=None,
        p_breached=None,
        p_pending=None,
        p_excused=None,
    )
