"""The oracle's findings: counts in sliding windows, and the episodes they open.

A window of length W at second s holds the seconds s - W to s, both included; an act is
in it once (rule F1). Roots are counted, not reports and not acts on paper (rule P1).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import at_least, counted, reaches
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.judged import Judged, Method, Opened
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.plan import CountOfBreaches, Finding
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import Setting, kinds_of
from tocsin.agreement.evaluate.witness import earliest, irreducible

__all__ = ["At", "Look", "episodes", "keys_of", "least_share", "verdicts"]


class _Item(msgspec.Struct, kw_only=True, eq=False):
    """What is counted once: all events of one root under the key."""

    t: int
    early: int
    late: int
    index: int
    fact_id: str
    sources: int
    certain: bool
    source: Breaches
    cluster: int
    columns: list[int]


class At(msgspec.Struct, kw_only=True):
    """The condition at one instant."""

    t: int
    p: float
    holds: bool
    stays: bool
    method: Method


class _At(At, kw_only=True):
    """The condition at one instant, and what is counted then."""

    items: list[_Item]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How far back a condition looks, for which acts, and not before when."""

    over: int
    kinds: tuple[str, ...]
    forced: int


def episodes(
    setting: Setting,
    finding: Finding,
    sources: Sequence[Breaches],
    judged: Judged,
) -> None:
    """Episodes and verdicts of a finding that counts events of these sources."""
    count = finding.count
    assert count is not None
    articles = setting.plan.counted(count)
    look = Look(
        over=count.over_s,
        kinds=tuple(dict.fromkeys(kind for p in articles for kind in kinds_of(p))),
        forced=min(
            (setting.force[p.article.number].start for p in articles), default=-EVER
        ),
    )
    for party, sector in keys_of(setting, finding):
        items = _items(sources, count, party, sector)
        states = _states(setting, finding, items)
        opened = _opened(setting, finding, party, sector, states)
        judged.episodes += opened
        verdicts(setting, finding, look, states, opened, (party, sector), judged)


def keys_of(setting: Setting, finding: Finding) -> list[tuple[str | None, str | None]]:
    """Whom a finding may concern, and where (rule F4)."""
    parties: Sequence[str | None] = (None,)
    sectors: Sequence[str | None] = (None,)
    if "party" in finding.rule.variables:
        parties = setting.plan.agreement.party_names
    if "sector" in finding.rule.variables:
        sectors = setting.sectors
    return [(party, sector) for party in parties for sector in sectors]


def _items(
    sources: Sequence[Breaches],
    count: CountOfBreaches,
    party: str | None,
    sector: str | None,
) -> list[_Item]:
    held: dict[tuple[int, str], list[Event]] = {}
    for number, source in enumerate(sources):
        for event in source.events:
            if _counts(event, count, party, sector):
                held.setdefault((number, event.root), []).append(event)
    items = [_item(sources[number], group) for (number, _), group in held.items()]
    return sorted(items, key=lambda item: item.index)


def _counts(
    event: Event, count: CountOfBreaches, party: str | None, sector: str | None
) -> bool:
    """Nobody's acts count against nobody (rule N3), but as acts they count."""
    whose = count.by_variable is not None or count.parties is not None
    if event.party is None and (whose or count.deed is None):
        return False
    if count.by_variable is not None and event.party != party:
        return False
    if count.parties is not None and event.party not in count.parties:
        return False
    if count.sector_variable is not None and event.sector != sector:
        return False
    return count.sectors is None or event.sector in count.sectors


def _item(source: Breaches, group: Sequence[Event]) -> _Item:
    first = group[0]
    return _Item(
        t=first.t,
        early=first.early,
        late=first.late,
        index=first.index,
        fact_id=first.fact_id,
        sources=max(event.sources for event in group),
        certain=any(event.certain for event in group),
        source=source,
        cluster=first.cluster,
        columns=[event.column for event in group],
    )


# --- the condition, instant by instant -----------------------------------------------


def _states(setting: Setting, finding: Finding, items: Sequence[_Item]) -> list[_At]:
    """The condition at every instant at which it can change."""
    count = finding.count
    assert count is not None
    span = setting.force[finding.article.number]
    over = count.over_s
    at = {item.t for item in items} | {item.t + over + 1 for item in items}
    if abs(span.start) < EVER:
        at.add(span.start)
    instants = sorted(t for t in at if t in span and t < setting.question.until)
    return [
        _at(finding, t, [i for i in items if t - over <= i.t <= t]) for t in instants
    ]


def _at(finding: Finding, t: int, items: list[_Item]) -> _At:
    count = finding.count
    assert count is not None
    below = count.until_below
    p = _at_least(items, count.at_least)
    stays = p if below is None else _at_least(items, below)
    enough = max((item.sources for item in items), default=0) >= finding.sources
    sampled = any(item.source.clusters[item.cluster].sampled for item in items)
    return _At(
        t=t,
        items=items,
        p=p,
        holds=enough and reaches(p, finding.standard),
        stays=enough and reaches(stays, finding.standard),
        method="sampled" if sampled else "exact",
    )


def _at_least(items: Sequence[_Item], k: int) -> float:
    groups: dict[tuple[int, int], list[_Item]] = {}
    for item in items:
        groups.setdefault((id(item.source), item.cluster), []).append(item)
    return at_least([_distribution(group) for group in groups.values()], k)


def _distribution(group: Sequence[_Item]) -> np.ndarray:
    cluster = group[0].source.clusters[group[0].cluster]
    true = [cluster.breach[:, item.columns].any(axis=1) for item in group]
    return counted(cluster.weight, np.stack(true, axis=1))


# --- episodes ------------------------------------------------------------------------


def _opened(
    setting: Setting,
    finding: Finding,
    party: str | None,
    sector: str | None,
    states: Sequence[_At],
) -> list[Opened]:
    """Open when the condition becomes true, close when it no longer stays so (F3)."""
    span = setting.force[finding.article.number]
    opened: list[Opened] = []
    first: _At | None = None
    ever = 0.0
    for state in states:
        if first is None and state.holds:
            first, ever = state, state.p
        elif first is not None and not state.stays:
            opened.append(_episode(finding, party, sector, first, state.t, ever))
            first = None
        elif first is not None:
            ever = max(ever, state.p)
    if first is not None:
        closed = span.stop if span.stop < setting.question.until else None
        opened.append(_episode(finding, party, sector, first, closed, ever))
    return opened


def _episode(
    finding: Finding,
    party: str | None,
    sector: str | None,
    first: _At,
    closed: int | None,
    ever: float,
) -> Opened:
    count = finding.count
    assert count is not None
    held = _witness(finding, count.at_least, first.items)
    start = first.t - count.over_s
    sure = [
        i for i in first.items if i.certain and start <= i.early and i.late <= first.t
    ]
    return Opened(
        finding=finding,
        party=party,
        sector=sector,
        alleged=first.t,
        closed=closed,
        p=first.p,
        ever=ever,
        certain=len(sure) >= count.at_least,
        method=first.method,
        number=len(first.items),
        window_start=start,
        ranges=ranges_of(item.index for item in held),
        facts=tuple(item.fact_id for item in held if item.fact_id),
    )


def _witness(finding: Finding, k: int, items: Sequence[_Item]) -> list[_Item]:
    """The smallest, earliest facts that reach the number (rule W1)."""

    def probability(chosen: Sequence[int]) -> float:
        return _at_least([items[n] for n in chosen], k)

    kept = earliest(len(items), probability, finding.standard)
    chance = [_at_least([item], 1) for item in items]
    alone = len({(id(i.source), i.cluster) for i in items}) == len(items)
    left = irreducible(kept, chance, probability, finding.standard, independent=alone)
    return [items[n] for n in left]


# --- verdicts of a finding -----------------------------------------------------------


def verdicts(
    setting: Setting,
    finding: Finding,
    look: Look,
    states: Sequence[At],
    opened: Sequence[Opened],
    key: tuple[str | None, str | None],
    judged: Judged,
) -> None:
    """Breached while an episode is open; else met where its window was watched."""
    span = setting.force[finding.article.number]
    start = max(setting.question.start, span.start)
    stretch = Span(start, min(span.stop, setting.question.until))
    at = {start, *(state.t for state in states)}
    at |= {e + d for e in setting.watch.edges() for d in (0, look.over)}
    pauses = setting.force.pauses_of(finding.article.number)
    at |= {t for pause in pauses for t in (pause.start, pause.stop)}
    previous = ""
    for t in sorted(t for t in at if t in stretch):
        if any(t in pause for pause in pauses):
            if previous:
                judged.single.append(_ended(finding, key, t))
            previous = ""
            continue
        row = _verdict(setting, finding, look, states, opened, key, t)
        again = any(episode.alleged == t for episode in opened)
        if row.verdict != previous or again:
            judged.single.append(row)
        previous = row.verdict
    if previous and stretch.stop < setting.question.until:
        judged.single.append(_ended(finding, key, stretch.stop))


def _verdict(
    setting: Setting,
    finding: Finding,
    look: Look,
    states: Sequence[At],
    opened: Sequence[Opened],
    key: tuple[str | None, str | None],
    t: int,
) -> Row:
    """The verdict of a finding at one instant (rule F5)."""
    before = [state for state in states if state.t <= t]
    p = before[-1].p if before else 0.0
    method = before[-1].method if before else "exact"
    party, sector = key
    clause = finding.article.clause
    for episode in opened:
        if episode.alleged <= t and (episode.closed is None or t < episode.closed):
            return Row(
                clause=clause,
                party=party,
                sector=sector,
                t=t,
                verdict="breached",
                certain=episode.certain,
                p_breached=p,
                ever=episode.ever,
                method=method,
                ranges=episode.ranges,
            )
    share = least_share(setting, look, sector, t)
    met = (1.0 - p) * share
    kept = reaches(met, finding.standard) and share >= setting.plan.watched
    return Row(
        clause=clause,
        party=party,
        sector=sector,
        t=t,
        verdict="met" if kept else "undetermined",
        p_met=met,
        p_breached=p,
        method=method,
    )


def least_share(setting: Setting, look: Look, sector: str | None, t: int) -> float:
    """The smallest share at which any second of the window was watched."""
    start = min(max(t - look.over, look.forced), t)
    edges, _ = setting.watch.steps(sector, look.kinds)
    at = {start, *edges[(edges >= start) & (edges <= t)].tolist()}
    return min(setting.watch.share(edge, sector, look.kinds) for edge in at)


def _ended(finding: Finding, key: tuple[str | None, str | None], at: int) -> Row:
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
