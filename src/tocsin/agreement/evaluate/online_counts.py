"""A finding that counts breaches, kept up to date fact by fact (rules F1 to F5, W1).

A fact touches the instants from its own second until it has left the window. Only these
are swept again; where the finding stands as before at their end, what follows stands
too.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import TINY
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import NONE, Flags, Ints, Reals
from tocsin.agreement.evaluate.kernels import least_shares, window_at_least
from tocsin.agreement.evaluate.online_articles import (
    Clock,
    StandingArticle,
    Touch,
    Watching,
)
from tocsin.agreement.evaluate.online_events import Dependent, Key
from tocsin.agreement.evaluate.online_kernels import (
    ENDED,
    next_moment,
    sweep,
    window_moments,
    witnesses,
)
from tocsin.agreement.evaluate.online_rows import (
    BY_COVERAGE,
    BY_FORCE,
    Change,
    RowKey,
    Told,
    compared,
    ended,
    net,
)
from tocsin.agreement.evaluate.online_series import (
    BREACH,
    CERTAIN,
    EARLY,
    LATE,
    ROOT,
    SERIAL,
    SOURCES,
    Events,
    Series,
)
from tocsin.agreement.evaluate.plan import Finding
from tocsin.agreement.evaluate.rows import NO_TIME

__all__ = ["Counting", "KeyState", "Standing"]

LONG_AGO: Final = -(1 << 58)
BREACHED = 1


class Standing(msgspec.Struct, kw_only=True):
    """An episode of one key, while it may still change.

    Attributes:
        serials: the facts of its witness.
        before: the greatest chance at instants that were let go.
    """

    alleged: int
    closed: int | None
    p: float
    ever: float
    certain: bool
    number: int
    serials: tuple[int, ...]
    names: tuple[str, ...] = ()
    before: float = 0.0


class _Row(msgspec.Struct):
    t: int
    verdict: int
    met: float
    breached: float
    episode: Standing | None


class KeyState(msgspec.Struct, kw_only=True):
    """Where one key stands.

    Attributes:
        frontier: everything before it was swept.
        at, p: chance at each second at which something entered the window.
    """

    rows: list[_Row] = []
    episodes: list[Standing] = []
    at: list[int] = []
    p: list[float] = []
    frontier: int = LONG_AGO


class _Sweep(msgspec.Struct, kw_only=True):
    """What one sweep found."""

    rows: list[_Row]
    opened: list[Standing]
    shut: list[int]
    at: list[int]
    p: list[float]
    is_open: bool
    said: int


class Counting:
    """A finding that counts a party's breaches of one article.

    Args:
        number: of the finding's clause.
        finding: with a count over fixed time.
        article: whose breaches it counts.
        standard: of the finding; watched: the share from which kept can be said.
    """

    def __init__(
        self, number: int, finding: Finding, article: StandingArticle, watched: float
    ) -> None:
        count = finding.count
        assert count is not None
        self.number, self.finding, self.article = number, finding, article
        self.count, self.over = count, count.over_s
        self.standard, self.watched = finding.standard - TINY, watched
        self.by_sector = count.sector_variable is not None
        self.shared = self.by_sector and count.sectors is None
        self.own: dict[Key, Series] = {}
        self.keys: dict[Key, KeyState] = {}
        self.due: list[tuple[int, int, int]] = []
        self.span = Span()
        self.row_start = 0
        self.forced = -EVER
        self.moved = False

    # --- which keys ------------------------------------------------------------------

    def bind(self, span: Span, start: int, forced: int) -> None:
        """When its article binds, from when rows are told, since when it is counted."""
        self.span, self.forced = span, forced
        self.row_start = max(start, span.start)

    def reset(self, keys: Sequence[Key], clock: Clock) -> list[Change]:
        """Only these keys exist; what others said is withdrawn."""
        changes = []
        for key in self.keys.keys() - set(keys):
            changes += compared(self._told(key, self.keys.pop(key).rows), {}, BY_FORCE)
            self.moved = True
        for key in keys:
            if key not in self.keys:
                self.keys[key] = KeyState()
                changes += self._update(key, Touch(), clock)
        return changes

    def series(self, key: Key) -> Series:
        """What is counted for a key."""
        if self.shared:
            return self.article.series.setdefault(key, Series())
        return self.own.setdefault(key, Series())

    # --- what changes ----------------------------------------------------------------

    def follow(
        self,
        added: Events,
        touches: dict[Key, Touch],
        clock: Clock,
        watching: Mapping[int, Watching],
    ) -> list[Change]:
        """What is said differently once these events, and the clock, have moved.

        Args:
            added, touches: as the article took them; its own series are up to date.
            watching: sectors whose coverage changed, and between which instants.

        Raises:
            Dependent: a root counts twice under one key.
        """
        mine = touches if self.shared else self._own(added, touches)
        held = {
            key: touch
            for key, touch in mine.items()
            if touch.low <= touch.high and key in self.keys
        }
        while self.due and self.due[0][0] < clock.now:
            _, party, sector = heapq.heappop(self.due)
            if (party, sector) in self.keys:
                held.setdefault((party, sector), Touch())
        for key in self.keys if watching else ():
            if key[1] in watching:
                fresh, touch = watching[key[1]], held.get(key, Touch())
                held[key] = Touch(
                    low=min(fresh.low, touch.low),
                    high=max(fresh.high, touch.high),
                    reason=touch.reason or BY_COVERAGE,
                )
        changes: list[Change] = []
        for key, touch in held.items():
            changes += self._update(key, touch, clock)
        return changes

    def _own(self, added: Events, touches: dict[Key, Touch]) -> dict[Key, Touch]:
        """The same for keys of the finding's own making; puts the events in."""
        found: dict[Key, Touch] = {}
        fresh: dict[Key, list[Ints]] = {}
        for (party, sector), touch in touches.items():
            key = self._key_of(party, sector)
            if key is None or touch.low > touch.high:
                continue
            held = found.setdefault(key, Touch(reason=touch.reason))
            held.low = min(held.low, touch.low)
            held.high = max(held.high, touch.high)
            if touch.gone:
                self.series(key).remove(touch.gone)
            if touch.added is not None:
                fresh.setdefault(key, []).append(touch.added)
        for key, parts in fresh.items():
            at = np.sort(np.concatenate(parts))
            self._insert(key, added, at)
        return found

    def _insert(self, key: Key, added: Events, at: Ints) -> None:
        whole, series = added.whole[:, at], self.series(key)
        if len(np.unique(whole[ROOT])) < len(at):
            raise Dependent
        series.insert(whole, added.chance[:, at], self.article.name_of)

    def _key_of(self, party: int, sector: int) -> Key | None:
        sectors = self.count.sectors
        if party < 0:
            return None
        if sectors is not None:
            words = self.article.ledger.words
            if sector not in {words.known("sector", name) for name in sectors}:
                return None
        return (party, sector) if self.by_sector else (party, NONE)

    # --- one key ---------------------------------------------------------------------

    def _update(self, key: Key, touch: Touch, clock: Clock) -> list[Change]:
        state, series = self.keys[key], self.series(key)
        first = max(self.span.start, LONG_AGO)
        limit = min(clock.now, self.span.stop) - 1
        begin = max(min(state.frontier, touch.low), first)
        last = touch.high + self.over + 1
        changes: list[Change] = []
        if touch.low < state.frontier and last < state.frontier - 1:
            done = self._zone(key, series, begin, min(last, limit), touch.reason)
            if done is not None:
                changes, begin = done, max(state.frontier, first)
        if begin <= limit or self._just_ended(state, clock):
            changes += self._to_the_end(key, series, begin, limit, clock, touch.reason)
        changes = net(changes)
        state.frontier = max(state.frontier, limit + 1)
        if self.span.stop < clock.now:
            state.frontier = max(state.frontier, self.span.stop + 1)
        self._wait(key, series, state)
        return changes

    def _just_ended(self, state: KeyState, clock: Clock) -> bool:
        ended_already = bool(state.rows) and state.rows[-1].verdict == ENDED
        return bool(state.rows) and self.span.stop < clock.now and not ended_already

    def _wait(self, key: Key, series: Series, state: KeyState) -> None:
        """Remember when the clock alone will change something."""
        edge = self.article.curve(key[1])[0]
        at = next_moment(
            series.t,
            self.over,
            state.frontier,
            self.span.start,
            self.row_start,
            self.span.stop,
            edge,
        )
        if at < EVER:
            heapq.heappush(self.due, (at, *key))

    def _zone(
        self, key: Key, series: Series, begin: int, limit: int, reason: int
    ) -> list[Change] | None:
        """Sweep a stretch in the past; None where what follows it changes too."""
        state = self.keys[key]
        if begin > limit:
            return []
        if limit < self.row_start:
            return None
        held = _open_at(state.episodes, begin)
        after = _open_at(state.episodes, limit + 1)
        found = self._sweep(key, series, begin, limit)
        said = _said_before(state.rows, limit + 1)
        if found.is_open != (after is not None) or found.said != said:
            return None
        old = self._snapshot(key, begin, limit + 1)
        marks = _marks(state)
        rest = [row for row in state.rows if row.t > limit]
        later = [e for e in state.episodes if e.alleged > limit]
        end = after.closed if after is not None else None
        affected = self._put(state, found, begin, limit, held, end)
        state.rows += rest
        state.episodes += later
        self._ever(state, affected)
        self.moved |= marks != _marks(state)
        return compared(old, self._snapshot(key, begin, limit + 1), reason)

    def _to_the_end(
        self,
        key: Key,
        series: Series,
        begin: int,
        limit: int,
        clock: Clock,
        reason: int,
    ) -> list[Change]:
        """Sweep from an instant to where the clock stands."""
        state = self.keys[key]
        held = _open_at(state.episodes, begin)
        found = self._sweep(key, series, begin, limit)
        stopped = self.span.stop < clock.now
        quiet = not (found.rows or found.shut or found.opened or stopped)
        if quiet and held is None and begin >= state.frontier:
            _note_states(state, begin, limit, found)
            return []
        old = self._snapshot(key, begin, EVER)
        marks = _marks(state)
        end = self.span.stop if stopped else None
        affected = self._put(state, found, begin, limit, held, end)
        self._ever(state, affected)
        if stopped and state.rows and self.row_start < self.span.stop:
            state.rows.append(_Row(self.span.stop, ENDED, 0.0, 0.0, None))
        self.moved |= marks != _marks(state)
        return compared(old, self._snapshot(key, begin, EVER), reason)

    def _put(
        self,
        state: KeyState,
        found: _Sweep,
        begin: int,
        limit: int,
        held: Standing | None,
        end: int | None,
    ) -> list[Standing]:
        """Replace what was known from ``begin`` on; gives the episodes it touches."""
        state.rows = [row for row in state.rows if row.t < begin]
        state.episodes = [e for e in state.episodes if e.alleged < begin]
        affected = ([held] if held is not None else []) + found.opened
        for episode, closed in zip(affected, [*found.shut, end], strict=False):
            episode.closed = closed
        state.episodes += found.opened
        for row in found.rows:
            if row.verdict == BREACHED:
                row.episode = _open_at(affected, row.t + 1)
        state.rows += found.rows
        _note_states(state, begin, limit, found)
        self.moved |= bool(found.opened or found.shut)
        return affected

    def _ever(self, state: KeyState, affected: Sequence[Standing]) -> None:
        """P that the condition held at some instant of the episode."""
        for episode in affected:
            lo, hi = bisect_left(state.at, episode.alleged), len(state.at)
            if episode.closed is not None:
                hi = bisect_left(state.at, episode.closed)
            most = max(state.p[lo:hi], default=0.0)
            episode.ever = max(episode.p, most, episode.before)

    def _sweep(self, key: Key, series: Series, begin: int, limit: int) -> _Sweep:
        state = self.keys[key]
        edge, share = self.article.curve(key[1])
        at, low, high, looked, entered = window_moments(
            series.t, self.over, begin, limit, self.span.start, self.row_start, edge
        )
        p, stays = self._chances(series, low, high)
        enough = self._enough(series, low, high)
        first = max(int(np.searchsorted(edge, begin - self.over - 1)) - 1, 0)
        least = least_shares(at, self.over, self.forced, edge[first:], share[first:])
        opens, shuts, where, verdict, is_open, said = sweep(
            at,
            looked,
            p,
            stays,
            enough,
            least,
            self.row_start,
            self.standard,
            self.watched,
            _open_at(state.episodes, begin) is not None,
            _said_before(state.rows, begin),
        )
        rows = [
            _Row(
                int(at[n]),
                int(v),
                0.0 if v == BREACHED else float((1.0 - p[n]) * least[n]),
                float(p[n]),
                None,
            )
            for n, v in zip(where.tolist(), verdict.tolist(), strict=True)
        ]
        return _Sweep(
            rows=rows,
            opened=[
                self._open(series, int(at[n]), float(p[n]), int(low[n]), int(high[n]))
                for n in opens.tolist()
            ],
            shut=at[shuts].tolist(),
            at=at[entered].tolist(),
            p=p[entered].tolist(),
            is_open=bool(is_open),
            said=int(said),
        )

    def _chances(self, series: Series, low: Ints, high: Ints) -> tuple[Reals, Reals]:
        first = int(low[0])
        q = series.chances[BREACH, first : int(high[-1])]
        p = window_at_least(q, low - first, high - first, self.count.at_least)
        below = self.count.until_below
        if below is None:
            return p, p
        if below == 0:
            return p, np.ones(len(p))
        return p, window_at_least(q, low - first, high - first, below)

    def _enough(self, series: Series, low: Ints, high: Ints) -> Flags:
        first = int(low[0])
        sources = series.held[SOURCES, first : int(high[-1])]
        many = np.zeros(len(sources) + 1, dtype=np.int64)
        np.cumsum(sources >= self.finding.sources, out=many[1:])
        return np.asarray(many[high - first] > many[low - first])

    def _open(
        self, series: Series, alleged: int, p: float, low: int, high: int
    ) -> Standing:
        whole = series.held[:, low:high]
        q = series.chances[BREACH, low:high]
        kept = witnesses(q, self.count.at_least, self.standard)
        sure = (
            (whole[CERTAIN] == 1)
            & (whole[EARLY] >= alleged - self.over)
            & (whole[LATE] <= alleged)
        )
        return Standing(
            alleged=alleged,
            closed=None,
            p=p,
            ever=p,
            certain=bool(sure.sum() >= self.count.at_least),
            number=high - low,
            serials=(serials := tuple(whole[SERIAL][kept].tolist())),
            names=tuple(self.article.name_of(serial) for serial in serials),
        )

    # --- as rows ---------------------------------------------------------------------

    def _snapshot(self, key: Key, begin: int, end: int) -> dict[RowKey, Told]:
        """Rows of a stretch of time, and the one that still holds when it begins."""
        rows = self.keys[key].rows
        first = bisect_left(rows, begin, key=lambda row: row.t)
        last = bisect_left(rows, end, key=lambda row: row.t)
        return self._told(key, rows[max(first - 1, 0) : last])

    def _told(self, key: Key, rows: Sequence[_Row]) -> dict[RowKey, Told]:
        told = (self._one(key, row) for row in rows)
        return {one.key: one for one in told}

    def _one(self, key: Key, row: _Row) -> Told:
        name = RowKey(self.number, *key, NONE, row.t, NO_TIME, NONE)
        if row.verdict == ENDED:
            return ended(name)
        episode = row.episode
        ever = float("nan") if episode is None else episode.ever
        return Told(
            name,
            row.verdict,
            0,
            episode is not None and episode.certain,
            (row.met, row.breached, 0.0, 0.0, ever),
            () if episode is None else episode.serials,
        )

    def forget(self, since: int, floor: int) -> None:
        """Let go what lies before an instant; episodes stay.

        Args:
            since: nothing that is counted from ``floor`` on lies before it.
        """
        for series in self.own.values():
            series.drop(since)
        for state in self.keys.values():
            first = bisect_left(state.rows, floor, key=lambda row: row.t)
            del state.rows[: max(first - 1, 0)]
            gone = bisect_left(state.at, floor)
            for episode in state.episodes:
                lo = bisect_left(state.at, episode.alleged)
                hi = (
                    gone
                    if episode.closed is None
                    else bisect_left(state.at, min(episode.closed, floor))
                )
                most = max(state.p[lo:hi], default=0.0)
                episode.before = max(episode.before, most)
            del state.at[:gone], state.p[:gone]

    def keep_told(self, before: dict[Key, KeyState], since: int) -> None:
        """Rows from before an instant stay as they were told."""
        for key, state in self.keys.items():
            told = before[key].rows if key in before else []
            state.rows = [row for row in told if row.t < since] + [
                row for row in state.rows if row.t >= since
            ]

    def rejoin(self, key: Key) -> None:
        """After loading: rows and episodes of a key speak of the same things again."""
        state = self.keys[key]
        held = {(e.alleged, e.closed): e for e in state.episodes}
        for row in state.rows:
            if row.episode is not None:
                name = row.episode.alleged, row.episode.closed
                row.episode = held.get(name, row.episode)
        self._wait(key, self.series(key), state)

    def everything(self) -> dict[RowKey, Told]:
        """All rows that stand."""
        found: dict[RowKey, Told] = {}
        for key, state in self.keys.items():
            found |= self._told(key, state.rows)
        return found


def _open_at(episodes: Sequence[Standing], t: int) -> Standing | None:
    """The episode that opened before ``t`` and was not closed before it."""
    for episode in reversed(episodes):
        if episode.alleged < t:
            still = episode.closed is None or episode.closed >= t
            return episode if still else None
    return None


def _said_before(rows: Sequence[_Row], t: int) -> int:
    first = bisect_left(rows, t, key=lambda row: row.t)
    return rows[first - 1].verdict if first else -1


def _marks(state: KeyState) -> list[tuple[int, int | None]]:
    """When its episodes open and close."""
    return [(episode.alleged, episode.closed) for episode in state.episodes]


def _note_states(state: KeyState, begin: int, limit: int, found: _Sweep) -> None:
    lo, hi = bisect_left(state.at, begin), bisect_right(state.at, limit)
    state.at[lo:hi] = found.at
    state.p[lo:hi] = found.p
