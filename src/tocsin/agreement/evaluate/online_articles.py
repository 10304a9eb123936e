"""A prohibition, kept up to date fact by fact (rules N1 to N3, T6).

What is said at an instant follows from the acts of that second and of the one before,
and from who watched. So a new, late or withdrawn act touches its own second, the next,
and, where its time is uncertain, whether the verdicts around it are certain; nothing
else is looked at again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import TINY
from tocsin.agreement.evaluate.force import EVER
from tocsin.agreement.evaluate.history import NONE, Flags, Ints, Reals
from tocsin.agreement.evaluate.online_events import EventMaker, Key, Ranged
from tocsin.agreement.evaluate.online_kernels import ENDED, NO_ROW, forbidden
from tocsin.agreement.evaluate.online_rows import (
    ADDED,
    BY_COVERAGE,
    BY_FACT,
    BY_FORCE,
    BY_LATE_FACT,
    BY_WITHDRAWAL,
    REVISED,
    SAME_P,
    WITHDRAWN,
    Part,
)
from tocsin.agreement.evaluate.online_series import (
    EARLY,
    LATE,
    SERIAL,
    Event,
    Events,
    Series,
    T,
)
from tocsin.agreement.evaluate.rows import NO_TIME

__all__ = [
    "Clock",
    "StandingArticle",
    "Touch",
    "Watching",
]

BREACHED = 1
NOBODY: Final = NONE


class Clock(msgspec.Struct, frozen=True):
    """Verdicts before ``was`` were told; now those before ``now`` are."""

    was: int
    now: int


class Watching(msgspec.Struct, frozen=True):
    """New knowledge of who watched a sector: the curve, and where it differs."""

    curve: tuple[Ints, Reals]
    low: int
    high: int


class Touch(msgspec.Struct, kw_only=True):
    """What a delivery does to one key.

    Attributes:
        added: positions of new events; gone: events taken out.
        at: instants to be looked at again.
        low, high: the first and last second of a changed event; empty: low > high.
        reason: why.
    """

    added: Ints | None = None
    gone: list[Event] = []
    at: list[Ints] = []
    low: int = EVER
    high: int = -EVER
    reason: int = 0


class StandingArticle:
    """The verdicts of one article's prohibitions, key by key.

    Args:
        number: of the article's clause.
        events: makes its events.
        standard: at which a breach is said; watched: the share from which kept can be.
    """

    def __init__(
        self, number: int, events: EventMaker, standard: float, watched: float
    ) -> None:
        self.number, self.events = number, events
        self.prohibition, self.ledger = events.prohibition, events.ledger
        self.standard, self.watched = standard - TINY, watched
        rules = events.prohibition.rules
        self.kinds = tuple(dict.fromkeys(rule.pattern.act for rule in rules))
        self.series: dict[Key, Series] = {}
        self.awake: set[Key] = set()
        self.sectors: frozenset[int] = frozenset()
        self.curves: dict[int, tuple[Ints, Reals]] = {}
        self.waiting: list[tuple[int, int, int]] = []
        self.breaches: dict[tuple[int, int, int], int] = {}
        self.wanted = self.moved = False
        self.before: dict[int, Ints] = {}
        self.since = self.next_edge = -EVER

    @property
    def ranged(self) -> Ranged:
        """When its article binds."""
        return self.events.ranged

    # --- what changes ----------------------------------------------------------------

    def touched(
        self, added: Events, gone: Sequence[Event], *, late: int
    ) -> dict[Key, Touch]:
        """Which keys these events touch.

        Args:
            added: new events, in time order; gone: those that are no more.
            late: what came for an instant before this came late.
        """
        found: dict[Key, Touch] = {}
        for key, at in _by_key(added) if len(added) else ():
            t = added.whole[T, at]
            found[key] = Touch(
                added=at,
                at=[t, t + 1],
                low=int(t[0]),
                high=int(t[-1]),
                reason=BY_LATE_FACT if t[0] < late else BY_FACT,
            )
        for event in gone:
            touch = found.setdefault((event.party, event.sector), Touch())
            touch.gone.append(event)
            t = event.whole[T]
            touch.at.append(np.array([t, t + 1]))
            touch.low, touch.high = min(touch.low, t), max(touch.high, t)
            touch.reason = BY_WITHDRAWAL
        return found

    def apply(
        self,
        added: Events,
        touches: dict[Key, Touch],
        clock: Clock,
        watching: Mapping[int, Watching],
    ) -> list[Part]:
        """Put the changes in; what is said differently by them and by the clock."""
        self._wake_by_clock(touches, clock, watching)
        self.before = self._veil_over(touches)
        for key in self.awake if watching else ():
            if key[1] in watching:
                touch = touches.setdefault(key, Touch())
                touch.reason = touch.reason or BY_COVERAGE
        parts = [
            part
            for key, touch in sorted(touches.items(), key=_nobody_first)
            if len(part := self._apply(key, touch, added, clock, watching.get(key[1])))
        ]
        self.curves.update({sector: w.curve for sector, w in watching.items()})
        self.before = {}
        return parts

    def _veil_over(self, touches: dict[Key, Touch]) -> dict[int, Ints]:
        """Acts of nobody known touch every party there; gives how they stood before."""
        moved = [
            (key, touch)
            for key, touch in touches.items()
            if key[0] == NOBODY and touch.low <= touch.high
        ]
        for (_, sector), touch in moved:
            for key in self.awake:
                if sector in {NONE, key[1]}:
                    mine = touches.setdefault(key, Touch())
                    mine.at += touch.at
                    mine.reason = mine.reason or touch.reason
        return {sector: self._unclear(sector).copy() for (_, sector), _ in moved}

    def _unclear(self, sector: int) -> Ints:
        """When somebody unknown acted in a sector."""
        series = self.series.get((NOBODY, sector))
        return NO_INSTANTS if series is None else series.t

    def _veil(self, sector: int, *, old: bool) -> tuple[Ints, Ints]:
        """The same, there and nobody knows where, before or after this delivery."""
        if old and self.before:
            there, anywhere = (
                self.before[s] if s in self.before else self._unclear(s)
                for s in (sector, NONE)
            )
            return there, anywhere
        return self._unclear(sector), self._unclear(NONE)

    def _apply(
        self,
        key: Key,
        touch: Touch,
        added: Events,
        clock: Clock,
        watching: Watching | None,
    ) -> Part:
        series = self.series.setdefault(key, Series())
        fresh = self.curve(key[1]) if watching is None else watching.curve
        at = self._instants_of(key, series, added, touch, watching)
        old = None
        if len(at) and at[0] < clock.was:
            old = self._rows(key, series, at, clock.was, self.curve(key[1]), old=True)
        if touch.gone:
            series.remove(touch.gone)
        if touch.added is not None:
            series.insert(
                added.whole[:, touch.added], added.chance[:, touch.added], self.name_of
            )
        self._settle_awake(key, series)
        for t in at[at >= clock.now].tolist():
            heapq.heappush(self.waiting, (t, *key))
        new = self._rows(key, series, at, clock.now, fresh)
        return self._difference(key, series, at, (old, new), touch.reason)

    def name_of(self, serial: int) -> str:
        """The id of a fact."""
        return self.ledger.ids[self.ledger.row(serial)]

    def reset(self, sectors: Sequence[int], clock: Clock) -> list[Part]:
        """Only these sectors exist; what was said of others is withdrawn."""
        self.sectors = frozenset(sectors)
        parties = [self._party(name) for name in self.prohibition.parties]
        wanted = {(party, sector) for party in parties for sector in sectors}
        wanted |= {
            key
            for key, series in self.series.items()
            if key[0] in parties and key[1] == NONE and series.ever
        }
        parts = []
        self.next_edge = -EVER
        for key in sorted(wanted ^ self.awake):
            series = self.series.setdefault(key, Series())
            at = np.unique(self._within(key, series, -EVER, EVER, None))
            old = self._rows(key, series, at, clock.was, self.curve(key[1]))
            self.awake ^= {key}
            for t in at[at >= clock.was].tolist():
                heapq.heappush(self.waiting, (t, *key))
            new = self._rows(key, series, at, clock.was, self.curve(key[1]))
            part = self._difference(key, series, at, (old, new), BY_FORCE)
            parts += [part] if len(part) else []
        return parts

    def _party(self, name: str) -> int:
        return self.ledger.words.code("party", name)

    def _settle_awake(self, key: Key, series: Series) -> None:
        """A party has no sector only while some act of it has none (rule T7)."""
        if key[1] != NONE or key[0] == NOBODY or NONE in self.sectors:
            return
        if series.ever:
            self.awake.add(key)
            self.next_edge = -EVER
        else:
            self.awake.discard(key)

    def _wake_by_clock(
        self,
        touches: dict[Key, Touch],
        clock: Clock,
        watching: Mapping[int, Watching],
    ) -> None:
        """Add what the clock alone makes due: edges of watching, the article's ends."""
        if clock.now <= clock.was:
            return
        if self.next_edge < clock.now or watching:
            self._wake_by_edges(touches, clock, watching)
        while self.waiting and self.waiting[0][0] < clock.now:
            t, party, sector = heapq.heappop(self.waiting)
            touches.setdefault((party, sector), Touch()).at.append(np.array([t]))

    def _wake_by_edges(
        self,
        touches: dict[Key, Touch],
        clock: Clock,
        watching: Mapping[int, Watching],
    ) -> None:
        ends = np.array([self.ranged.start, self.ranged.stop])
        due: dict[int, Ints] = {}
        self.next_edge = min((int(t) for t in ends if t >= clock.now), default=EVER)
        for sector in {sector for _, sector in self.awake}:
            held = watching.get(sector)
            edge = (self.curve(sector) if held is None else held.curve)[0]
            first = int(np.searchsorted(edge, clock.now))
            if first < len(edge):
                self.next_edge = min(self.next_edge, int(edge[first]))
            at = np.concatenate([_part_of(edge, clock.was, clock.now), ends])
            due[sector] = at[(at >= clock.was) & (at < clock.now)]
        for key in self.awake:
            if len(due[key[1]]):
                touches.setdefault(key, Touch()).at.append(due[key[1]])

    def curve(self, sector: int) -> tuple[Ints, Reals]:
        """How much of a sector is watched, in steps."""
        return self.curves.get(sector, NO_CURVE)

    def _instants_of(
        self,
        key: Key,
        series: Series,
        added: Events,
        touch: Touch,
        watching: Watching | None,
    ) -> Ints:
        """Every instant at which the verdict of a key may be another now."""
        at = list(touch.at)
        odd = key[1] == NONE and key[0] != NOBODY and NONE not in self.sectors
        if odd and len(touch.gone) >= series.ever:
            at.append(self._within(key, series, -EVER, EVER, watching))
        if key[0] != NOBODY:
            low, high = _reach(added, touch)
            if low < high:
                at.append(self._within(key, series, low, high + 1, watching))
            if watching is not None:
                low, high = watching.low, watching.high
                at.append(self._within(key, series, low, high, watching))
        return np.unique(np.concatenate(at)) if at else np.empty(0, np.int64)

    def _within(
        self,
        key: Key,
        series: Series,
        low: int,
        high: int,
        watching: Watching | None,
    ) -> Ints:
        """Every instant of a key, both ends included, at which it may say something."""
        t = series.t
        held = t[np.searchsorted(t, low - 1) : np.searchsorted(t, high, side="right")]
        edges = [_part_of(self.curve(key[1])[0], low, high + 1)]
        if watching is not None:
            edges.append(_part_of(watching.curve[0], low, high + 1))
        if key[0] != NOBODY:
            veil = [
                _part_of(v, low - 1, high + 1) for v in self._veil(key[1], old=False)
            ]
            edges += [at for v in veil for at in (v, v + 1)]
        ends = np.array([self.ranged.start, self.ranged.stop])
        every = np.concatenate([held, held + 1, *edges, ends])
        return every[(every >= low) & (every <= high) & (every < EVER)]

    # --- rows ------------------------------------------------------------------------

    def _rows(
        self,
        key: Key,
        series: Series,
        at: Ints,
        until: int,
        curve: tuple[Ints, Reals],
        *,
        old: bool = False,
    ) -> Rows:
        made = forbidden(
            at,
            self.ranged.start,
            self.ranged.stop,
            until,
            series.held,
            series.chances,
            series.n,
            series.spread,
            *curve,
            *self._veil(key[1], old=old),
            self.standard,
            self.watched,
            key[0] == NOBODY,
        )
        rows = Rows(*made)
        if key not in self.awake and key[0] != NOBODY:
            rows.verdict[:] = NO_ROW
        return rows

    def _difference(
        self,
        key: Key,
        series: Series,
        at: Ints,
        rows: tuple[Rows | None, Rows],
        reason: int,
    ) -> Part:
        old, new = rows
        said = new.verdict != NO_ROW
        state = np.where(said, ADDED, 0)
        was, was_p = np.full(len(at), NONE), np.full(len(at), np.nan)
        if old is not None:
            before = old.verdict != NO_ROW
            state[before & said] = 0
            state[before & said & _differs(old, new)] = REVISED
            state[before & ~said] = WITHDRAWN
            was = np.where(before, old.verdict, NONE)
            was_p = np.where(before, old.p[:, 1], np.nan)
        if self.wanted:
            self._note(key, series, at, state, rows)
        return self._part(key, series, at, new, (state, was, was_p, reason))

    def _part(
        self,
        key: Key,
        series: Series,
        at: Ints,
        rows: Rows,
        change: tuple[Ints, Ints, Reals, int],
    ) -> Part:
        state, was, was_p, reason = change
        place = np.flatnonzero(state)
        n = len(place)
        verdict = rows.verdict[place]
        keys = np.full((n, 7), NONE, dtype=np.int64)
        keys[:, 0], keys[:, 1], keys[:, 2] = self.number, *key
        keys[:, 4], keys[:, 5] = at[place], NO_TIME
        p = np.zeros((n, 5))
        p[:, :2] = rows.p[place]
        p[:, 4] = np.where(verdict == BREACHED, p[:, 1], np.nan)
        p[verdict == ENDED] = np.nan
        if key[0] == NOBODY:
            p[:, 4] = np.nan
        low, high = rows.low[place], rows.high[place]
        counts = np.where(state[place] == WITHDRAWN, 0, high - low)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        return Part(
            key=keys,
            state=state[place],
            verdict=verdict,
            method=np.zeros(n, dtype=np.int64),
            certain=rows.certain[place],
            p=p,
            was=np.where(state[place] == ADDED, NONE, was[place]),
            was_p=was_p[place],
            reason=np.where(state[place] == ADDED, 0, reason),
            offsets=offsets,
            serials=series.held[SERIAL][np.repeat(low, counts) + inside],
        )

    def _note(
        self,
        key: Key,
        series: Series,
        at: Ints,
        state: Ints,
        rows: tuple[Rows | None, Rows],
    ) -> None:
        """Keep the single breaches that stand, for the rules that they wake."""
        old, new = rows
        for n in np.flatnonzero(state):
            if old is not None and old.verdict[n] == BREACHED:
                self.moved |= self.breaches.pop((*key, int(at[n])), None) is not None
            if new.verdict[n] == BREACHED and new.high[n] > new.low[n]:
                serial = int(series.held[SERIAL, new.low[n]])
                self.breaches[*key, int(at[n])] = serial
                self.moved = True

    def had(self, key: Key, dropped: int) -> None:
        """A key held so many events that were let go."""
        series = self.series.setdefault(key, Series())
        series.dropped = dropped
        self._settle_awake(key, series)

    def forget(self, since: int) -> None:
        """Let go what lies before an instant."""
        self.since = since + 2
        for series in self.series.values():
            series.drop(since)

    def everything(self, until: int) -> list[Part]:
        """All rows that stand, and are not let go."""
        parts = []
        for key, series in self.series.items():
            at = np.unique(self._within(key, series, self.since, EVER, None))
            rows = self._rows(key, series, at, until, self.curve(key[1]))
            state = np.where(rows.verdict != NO_ROW, ADDED, 0)
            nothing = np.full(len(at), NONE), np.full(len(at), np.nan)
            parts.append(self._part(key, series, at, rows, (state, *nothing, 0)))
        return parts


class Rows(msgspec.Struct):
    """What :func:`forbidden` gives."""

    verdict: Ints
    p: Reals
    certain: Flags
    low: Ints
    high: Ints
    mark: Ints


def _differs(old: Rows, new: Rows) -> Flags:
    far = np.abs(old.p - new.p).max(axis=1) > SAME_P
    other = (old.verdict != new.verdict) | (old.certain != new.certain)
    return np.asarray(far | other | (old.mark != new.mark))


def _by_key(added: Events) -> Iterator[tuple[Key, Ints]]:
    """Positions of events by key, in time order."""
    if len(added) == 1:
        yield (int(added.party[0]), int(added.sector[0])), np.zeros(1, np.int64)
        return
    width = int(added.sector.max(initial=NONE)) + 2
    key = (added.party + 1) * width + added.sector + 1
    order = np.argsort(key, kind="stable")
    heads = np.flatnonzero(np.diff(key[order], prepend=-1))
    for at in np.split(order, heads[1:]) if len(order) else ():
        yield (int(added.party[at[0]]), int(added.sector[at[0]])), at


def _reach(added: Events, touch: Touch) -> tuple[int, int]:
    """Within which seconds events of uncertain time may have been."""
    low = min((e.whole[EARLY] for e in touch.gone), default=EVER)
    high = max((e.whole[LATE] for e in touch.gone), default=-EVER)
    if touch.added is not None:
        whole = added.whole[:, touch.added]
        if (whole[EARLY] < whole[T]).any() or (whole[LATE] > whole[T]).any():
            low = min(low, int(whole[EARLY].min()))
            high = max(high, int(whole[LATE].max()))
    return low, high


def _part_of(edge: Ints, low: int, high: int) -> Ints:
    lo, hi = np.searchsorted(edge, [low, high])
    return edge[lo:hi]


def _nobody_first(item: tuple[Key, Touch]) -> bool:
    return item[0][0] != NOBODY


NO_INSTANTS: Final = np.empty(0, np.int64)
NO_CURVE: Final = (np.array([-(1 << 62)]), np.zeros(1))
"""Nobody ever watched."""
