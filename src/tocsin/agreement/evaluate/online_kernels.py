"""The loops of the online engine, compiled. Each has a plain twin in the tests.

They look at one key (a party in a sector) at a time, over the few instants that a new
fact can touch. Chances are counted by the batch engine's own two-stack kernels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uint64

__all__ = [
    "ENDED",
    "NO_ROW",
    "cut",
    "forbidden",
    "marks",
    "next_moment",
    "places",
    "splice",
    "sweep",
    "window_moments",
    "witnesses",
]

MET, BREACHED, UNDETERMINED = 0, 1, 4
ENDED = 5
"""The last row of a key: its article has ceased to bind."""

NO_ROW = -1
"""At this instant nothing is said: the verdict before it still holds."""


@njit(cache=True)
def _first_at(t: Any, n: int, s: int) -> int:
    """The first of ``n`` sorted instants that is not before ``s``."""
    lo, hi = 0, n
    while lo < hi:
        middle = (lo + hi) // 2
        if t[middle] < s:
            lo = middle + 1
        else:
            hi = middle
    return lo


@njit(cache=True)
def forbidden(  # noqa: C901, PLR0913, PLR0917  # numba takes no structures
    at: Any,
    start: int,
    stop: int,
    until: int,
    whole: Any,
    chance: Any,
    n: int,
    spread: Any,
    edge: Any,
    share: Any,
    unclear: Any,
    anywhere: Any,
    standard: float,
    watched: float,
    nobody: bool,  # noqa: FBT001
) -> Any:
    """Rows of one key of a prohibition at some instants (rule N1).

    What is said at ``s`` follows from the events of ``s`` and of the second before it,
    and from who watched then, so that each instant can be asked about on its own.

    Args:
        at: instants, in any order. (m,)
        start, stop, until: rows lie from ``start`` to before ``stop`` and ``until``.
        whole: t, early, late, certain (0 or 1), serial of the events by time. (5, n)
        chance: of the act, and of a breach. (2, n)
        spread: by how much an event may be earlier, and later, than its ``t``.
        edge, share: the watched share from each edge on.
        unclear, anywhere: seconds at which somebody unknown acted there, or nobody
            knows where: then nobody is known to have kept the article (rule N3).
        standard, watched: to be reached (less the rounding), least share.
        nobody: True for acts of nobody known (rule N3).

    Returns:
        verdict or NO_ROW; P(met) and P(breached) (m, 2); certain; first and last event
        of the instant; a number that differs where the events do.
    """
    m = len(at)
    verdict = np.full(m, NO_ROW)
    p = np.zeros((m, 2))
    certain = np.zeros(m, np.bool_)
    low, high = np.zeros(m, np.int64), np.zeros(m, np.int64)
    mark = np.zeros(m, np.uint64)
    t = whole[0]
    for i in range(m):
        s = at[i]
        if s < start or s >= until or s > stop:
            continue
        if s == stop:
            if start < stop and not nobody:
                verdict[i] = ENDED
            continue
        lo, hi = _first_at(t, n, s), _first_at(t, n, s + 1)
        low[i], high[i] = lo, hi
        for e in range(lo, hi):
            mark[i] = mark[i] * uint64(1_000_003) + uint64(whole[4, e] + 1)
        if nobody:
            if hi > lo:
                verdict[i] = UNDETERMINED
            continue
        held = _held(s, edge, share, unclear, anywhere)
        said, met, breach = _said(lo, hi, chance, held, standard, watched)
        if s > start and not (said == BREACHED and hi > lo):
            since = _first_at(t, n, s - 1)
            other = _held(s - 1, edge, share, unclear, anywhere)
            before = _said(since, lo, chance, other, standard, watched)[0]
            if before == said:
                continue
        verdict[i] = said
        p[i, 0], p[i, 1] = met, breach
        if said == BREACHED:
            for e in range(lo, hi):
                certain[i] |= whole[3, e] == 1
        elif said == MET and held >= 1.0:
            certain[i] = not _could(s, whole, n, spread)
    return verdict, p, certain, low, high, mark


@njit(cache=True)
def _held(s: int, edge: Any, share: Any, unclear: Any, anywhere: Any) -> float:
    """The share that was watched, 0 while it is not clear who acted."""
    for at in (unclear, anywhere):
        first = _first_at(at, len(at), s)
        if first < len(at) and at[first] == s:
            return 0.0
    return float(share[_first_at(edge, len(edge), s + 1) - 1])


@njit(cache=True)
def _said(  # numba takes no structures
    lo: int, hi: int, chance: Any, held: float, standard: float, watched: float
) -> Any:
    free = idle = 1.0
    for e in range(lo, hi):
        idle *= 1.0 - chance[0, e]
        free *= 1.0 - chance[1, e]
    met = idle * held
    if 1.0 - free >= standard:
        return BREACHED, met, 1.0 - free
    if met >= standard and held >= watched:
        return MET, met, 1.0 - free
    return UNDETERMINED, met, 1.0 - free


@njit(cache=True)
def _could(s: int, whole: Any, n: int, spread: Any) -> bool:
    """True where some event could, by some reading, have been at ``s``."""
    e = _first_at(whole[0], n, s - spread[1])
    while e < n and whole[0, e] <= s + spread[0]:
        if whole[1, e] <= s <= whole[2, e]:
            return True
        e += 1
    return False


@njit(cache=True)
def window_moments(  # noqa: C901  # numba takes no structures
    t: Any, over: int, begin: int, limit: int, force: int, row_start: int, edge: Any
) -> Any:
    """Every instant from ``begin`` to ``limit`` at which a finding may change.

    Args:
        t: sorted seconds of what is counted. (n,)
        over: length of the window.
        begin, limit: both included; before them stands the instant ``begin - 1``.
        force: when the finding's article began to bind; far away: it always did.
        row_start: from when verdicts are told.
        edge: where watching changes.

    Returns:
        instants; the window of each as a range into ``t``; whether something entered or
        left, or the article began (then the condition is looked at); whether something
        entered.
    """
    n, edges = len(t), len(edge)
    first = _first_at(t, n, begin - over - 1)
    most = 2 * (n - first) + 2 * edges + 4
    at = np.empty(most, np.int64)
    low, high = np.empty(most, np.int64), np.empty(most, np.int64)
    state, entered = np.zeros(most, np.bool_), np.zeros(most, np.bool_)
    far = 1 << 62
    enter, leave = _first_at(t, n, begin), first
    here, later = _first_at(edge, edges, begin), _first_at(edge, edges, begin - over)
    at[0] = begin - 1
    low[0] = _first_at(t, n, begin - 1 - over)
    high[0] = enter
    m, lo = 1, low[0]
    force_at = force if force >= begin else far
    row_at = row_start if row_start >= begin else far
    while True:
        s = min(force_at, row_at)
        if enter < n:
            s = min(s, t[enter])
        if leave < n:
            s = min(s, t[leave] + over + 1)
        if here < edges:
            s = min(s, edge[here])
        if later < edges:
            s = min(s, edge[later] + over)
        if s > limit or s == far:
            break
        while enter < n and t[enter] == s:
            enter += 1
            state[m] = entered[m] = True
        while leave < n and t[leave] + over + 1 == s:
            leave += 1
            state[m] = True
        while here < edges and edge[here] == s:
            here += 1
        while later < edges and edge[later] + over == s:
            later += 1
        if force_at == s:
            state[m], force_at = True, far
        if row_at == s:
            row_at = far
        while lo < n and t[lo] + over < s:
            lo += 1
        at[m], low[m], high[m] = s, lo, enter
        m += 1
    return at[:m], low[:m], high[:m], state[:m], entered[:m]


@njit(cache=True)
def next_moment(  # numba takes no structures
    t: Any, over: int, frontier: int, force: int, row_start: int, stop: int, edge: Any
) -> int:
    """The first instant from ``frontier`` on at which a finding may change."""
    n, edges = len(t), len(edge)
    found = 1 << 60
    for at in (force, row_start, stop):
        if at >= frontier:
            found = min(found, at)
    i = _first_at(t, n, frontier)
    if i < n:
        found = min(found, t[i])
    i = _first_at(t, n, frontier - over - 1)
    if i < n:
        found = min(found, t[i] + over + 1)
    i = _first_at(edge, edges, frontier)
    if i < edges:
        found = min(found, edge[i])
    i = _first_at(edge, edges, frontier - over)
    if i < edges:
        found = min(found, edge[i] + over)
    return found


@njit(cache=True)
def sweep(  # noqa: PLR0913, PLR0917  # numba takes no structures
    at: Any,
    state: Any,
    p: Any,
    stays: Any,
    enough: Any,
    least: Any,
    row_start: int,
    standard: float,
    watched: float,
    is_open: bool,  # noqa: FBT001
    said: int,
) -> Any:
    """Openings, closings and verdicts of a finding over its moments (rules F3, F5).

    Args:
        at, state, p, stays, enough, least: of each moment; the first is only looked
            back upon.
        is_open, said: how it stood before.

    Returns:
        positions of openings and of closings; positions and verdicts of rows; how it
        stands after.
    """
    m = len(at)
    opens, shuts = np.empty(m, np.int64), np.empty(m, np.int64)
    where, verdict = np.empty(m, np.int64), np.empty(m, np.int64)
    o = c = r = 0
    for i in range(1, m):
        opened = False
        if state[i]:
            if not is_open and enough[i] and p[i] >= standard:
                is_open, opened = True, True
                opens[o] = i
                o += 1
            elif is_open and not (enough[i] and stays[i] >= standard):
                is_open = False
                shuts[c] = i
                c += 1
        if at[i] < row_start:
            continue
        now = UNDETERMINED
        if is_open:
            now = BREACHED
        elif (1.0 - p[i]) * least[i] >= standard and least[i] >= watched:
            now = MET
        if now != said or opened:
            where[r], verdict[r] = i, now
            r += 1
            said = now
    return opens[:o], shuts[:c], where[:r], verdict[:r], is_open, said


@njit(cache=True)
def _reaches(q: Any, left: Any, k: int, standard: float, below: Any) -> bool:
    below[:] = 0.0
    below[0] = 1.0
    for i in range(len(q)):
        if left[i]:
            for j in range(k - 1, 0, -1):
                below[j] = below[j] * (1.0 - q[i]) + below[j - 1] * q[i]
            below[0] *= 1.0 - q[i]
    return bool(1.0 - below.sum() >= standard)


@njit(cache=True)
def witnesses(q: Any, k: int, standard: float) -> Any:
    """The smallest, earliest of independent facts that reach a number (rule W1).

    Args:
        q: chance of each fact, in time order. (n,)
        k: the number, at least 1.
        standard: to be reached, less the rounding.
    """
    n = len(q)
    left = np.zeros(n, np.bool_)
    below = np.zeros(k)
    kept = 0
    while kept < n and not _reaches(q, left, k, standard, below):
        left[kept] = True
        kept += 1
    tried = np.zeros(n, np.bool_)
    for _ in range(kept):
        least = -1
        for i in range(kept - 1, -1, -1):
            if not tried[i] and (least < 0 or q[i] < q[least]):
                least = i
        tried[least] = True
        left[least] = False
        if not _reaches(q, left, k, standard, below):
            left[least] = True
            break
    return np.flatnonzero(left)


@njit(cache=True)
def places(us: Any, n: int, new: Any) -> Any:
    """Where each of some instants would come behind its equals in a sorted array."""
    out = np.empty(len(new), np.int64)
    for i in range(len(new)):
        out[i] = _first_at(us, n, new[i] + 1)
    return out


@njit(cache=True)
def splice(held: Any, n: int, at: Any, new: Any) -> None:
    """Put columns into a sorted table: ``new[:, i]`` before ``held[:, at[i]]``.

    Args:
        held: (rows, capacity), of which ``n`` columns are used; there is room.
        at: sorted positions in the old table. (m,)
        new: (rows, m)
    """
    for row in range(held.shape[0]):
        to, take = n + len(at) - 1, n - 1
        for i in range(len(at) - 1, -1, -1):
            while take >= at[i]:
                held[row, to] = held[row, take]
                to -= 1
                take -= 1
            held[row, to] = new[row, i]
            to -= 1


@njit(cache=True)
def cut(held: Any, n: int, at: Any) -> None:
    """Take columns out of a table in place.

    Args:
        held: (rows, capacity), of which the first ``n`` columns are used.
        at: sorted positions. (m,)
    """
    for row in range(held.shape[0]):
        to, gone = 0, 0
        for i in range(n):
            if gone < len(at) and at[gone] == i:
                gone += 1
                continue
            held[row, to] = held[row, i]
            to += 1


@njit(cache=True)
def marks(letters: Any) -> Any:
    """FNV-1a over the letters of each name, then mixed.

    Args:
        letters: code points, 0 behind the last one. (n, width)

    Reference: Fowler, Noll and Vo, draft-eastlake-fnv; the last steps after
    MurmurHash3's finaliser.
    """
    out = np.empty(len(letters), np.uint64)
    for i in range(len(letters)):
        h = uint64(14695981039346656037)
        for letter in letters[i]:
            if letter == 0:
                break
            h = (h ^ uint64(letter)) * uint64(1099511628211)
        h = (h ^ (h >> uint64(33))) * uint64(0xFF51AFD7ED558CCD)
        out[i] = h ^ (h >> uint64(33))
    return out
