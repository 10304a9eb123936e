"""The loops of the batch engine, compiled. Each has a plain twin in the tests.

Counting under doubt uses two stacks: the facts of a window form a queue; the older part
keeps the distributions of its suffixes, the newer part one distribution. A fact that
leaves takes its suffix with it, so that nothing is ever divided out (removing a term by
deconvolution was measured to err by up to 1e24). Distributions are cut off at the
number to be reached, because more is as good as enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "answers",
    "at_least_of",
    "dropped",
    "enough_of",
    "excuses",
    "least_shares",
    "reply_pairs",
    "runs",
    "surely",
    "unions",
    "window_at_least",
    "window_below",
    "window_points",
]

UNDETERMINED = 4


@njit(cache=True, nogil=True)
def window_points(t: Any, over: int) -> Any:
    """Instants at which a window over sorted times changes, and what lies in it.

    Args:
        t: sorted seconds. (n,)
        over: length of the window; at s it holds t with s - over <= t <= s.

    Returns:
        instants and half-open ranges into ``t``, each (m,) with m at most 2 n.
    """
    n = len(t)
    at = np.empty(2 * n, np.int64)
    low = np.empty(2 * n, np.int64)
    high = np.empty(2 * n, np.int64)
    m = lo = hi = 0
    while lo < n:
        leave = t[lo] + over + 1
        s = leave
        if hi < n and t[hi] < leave:
            s = t[hi]
        while hi < n and t[hi] <= s:
            hi += 1
        while lo < n and t[lo] + over < s:
            lo += 1
        at[m], low[m], high[m] = s, lo, hi
        m += 1
    return at[:m], low[:m], high[:m]


@njit(cache=True, nogil=True)
def window_below(q: Any, low: Any, high: Any, k: int) -> Any:
    """For each window the chance of 0, 1 ... k - 1 true facts, all independent.

    Args:
        q: chance of each fact. (n,)
        low, high: windows as ranges that only move forward. (m,)
        k: the number to be reached.

    Returns:
        (m, k); the rest to 1 is the chance of at least ``k``.
    """
    m = len(low)
    out = np.zeros((m, k))
    widest = 1
    for i in range(m):
        widest = max(widest, high[i] - low[i] + 1)
    front = np.zeros((widest + 1, k))
    back = np.zeros(k)
    front[0, 0] = back[0] = 1.0
    split = start = end = 0
    for i in range(m):
        while end < high[i]:
            _add(back, q[end], k)
            end += 1
        while start < low[i]:
            start += 1
        if start >= split:
            _turn(front, back, q, start, end, k)
            split = end
        _join(out[i], front[split - start], back, k)
    return out


@njit(cache=True, nogil=True)
def window_at_least(q: Any, low: Any, high: Any, k: int) -> Any:
    """For each window (m,) the chance of at least ``k`` true facts."""
    m = len(low)
    out = np.zeros(m)
    widest = 1
    for i in range(m):
        widest = max(widest, high[i] - low[i] + 1)
    front = np.zeros((widest + 1, k))
    back = np.zeros(k)
    front[0, 0] = back[0] = 1.0
    split = start = end = 0
    for i in range(m):
        while end < high[i]:
            _add(back, q[end], k)
            end += 1
        while start < low[i]:
            start += 1
        if start >= split:
            _turn(front, back, q, start, end, k)
            split = end
        older = front[split - start]
        below = reach = 0.0
        for j in range(k):
            reach += back[j]
            below += older[k - 1 - j] * reach
        out[i] = min(max(1.0 - below, 0.0), 1.0)
    return out


@njit(cache=True, nogil=True)
def _add(below: Any, q: float, k: int) -> None:
    """One more fact: each number is reached from itself or from one below."""
    for j in range(k - 1, 0, -1):
        below[j] = below[j] * (1.0 - q) + below[j - 1] * q
    below[0] *= 1.0 - q


@njit(cache=True, nogil=True)
def _turn(front: Any, back: Any, q: Any, start: int, end: int, k: int) -> None:
    """Make the newer part the older one: its suffixes, from ``end`` back."""
    front[0, :] = 0.0
    front[0, 0] = 1.0
    for n in range(1, end - start + 1):
        front[n, :] = front[n - 1, :]
        _add(front[n], q[end - n], k)
    back[:] = 0.0
    back[0] = 1.0


@njit(cache=True, nogil=True)
def _join(out: Any, older: Any, newer: Any, k: int) -> None:
    for i in range(k):
        if older[i] != 0.0:
            for j in range(k - i):
                out[i + j] += older[i] * newer[j]


@njit(cache=True, nogil=True)
def at_least_of(q: Any, k: int) -> float:
    """Chance that at least ``k`` of these independent facts are true."""
    if k <= 0:
        return 1.0
    below = np.zeros(k)
    below[0] = 1.0
    for i in range(len(q)):
        _add(below, q[i], k)
    return float(min(max(1.0 - below.sum(), 0.0), 1.0))


@njit(cache=True, nogil=True)
def enough_of(q: Any, k: int, standard: float) -> int:
    """How many of the earliest facts already make ``k`` true ones likely enough.

    The number of all where even all are not enough; see ``witness.earliest``.
    """
    if k <= 0:
        return 0
    below = np.zeros(k)
    below[0] = 1.0
    for i in range(len(q)):
        _add(below, q[i], k)
        if 1.0 - below.sum() >= standard:
            return i + 1
    return len(q)


@njit(cache=True, nogil=True)
def dropped(q: Any, rank: Any, k: int, standard: float) -> Any:
    """Which independent facts are not needed; see ``witness.irreducible``.

    Args:
        q: chance of each. (n,)
        rank: the order in which they may go; of equals the latest goes first. (n,)
    """
    n = len(q)
    gone, tried = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for _ in range(n):
        least = -1
        for i in range(n):
            if not tried[i] and (least < 0 or rank[i] <= rank[least]):
                least = i
        tried[least] = gone[least] = True
        if not at_least_of(q[~gone], k) >= standard:
            gone[least] = False
            break
    return gone


@njit(cache=True, nogil=True)
def runs(holds: Any, stays: Any, p: Any) -> Any:
    """Episodes: open where the condition holds, closed where it no longer stays.

    Returns:
        first and last-plus-one position of each episode, the latter ``n`` where it is
        still open, and the greatest ``p`` within it.
    """
    n = len(p)
    first = np.empty(n, np.int64)
    stop = np.empty(n, np.int64)
    most = np.empty(n)
    m, within = 0, False
    for i in range(n):
        if not within and holds[i]:
            first[m], most[m], within = i, p[i], True
        elif within and not stays[i]:
            stop[m], within = i, False
            m += 1
        elif within:
            most[m] = max(most[m], p[i])
    if within:
        stop[m] = n
        m += 1
    return first[:m], stop[:m], most[:m]


@njit(cache=True, nogil=True)
def least_shares(at: Any, over: int, forced: int, edge: Any, share: Any) -> Any:
    """The smallest share of watching in each window; before the first edge it is 0.

    Args:
        at: sorted instants; the window at s is max(s - over, forced) to s. (m,)
        edge, share: the share from each edge on, until the next. (e,)
    """
    out = np.zeros(len(at))
    first = 0
    for i in range(len(at)):
        start = min(max(at[i] - over, forced), at[i])
        while first + 1 < len(edge) and edge[first + 1] <= start:
            first += 1
        least = 1.0
        if edge[first] > start:
            least = 0.0
        j = first
        while j < len(edge) and edge[j] <= at[i]:
            least = min(least, share[j])
            j += 1
        out[i] = least
    return out


@njit(cache=True, nogil=True)
def unions(group: Any, lo: Any, hi: Any, n: int) -> Any:
    """Length of the union of stretches by group, sorted by group, then lo."""
    out = np.zeros(n)
    reach = 0.0
    last = -1
    for i in range(len(group)):
        if group[i] != last:
            last, reach = group[i], 0.0
        if hi[i] > reach:
            out[last] += hi[i] - max(lo[i], reach)
            reach = hi[i]
    return out


@njit(cache=True, nogil=True)
def reply_pairs(
    t: Any, party: Any, lon: Any, lat: Any, reach: int, nearer: float
) -> Any:
    """Pairs (hostile act, later act of another party) within reach of time and place.

    Args:
        t: sorted seconds; lon, lat: degrees, NaN where unknown; party: -1 for nobody.
        reach: seconds; nearer: metres, negative: any distance.
    """
    radius = 6_371_008.8
    hostile, answer = [], []
    first = 0
    for a in range(len(t)):
        while t[a] - t[first] > reach:
            first += 1
        for h in range(first, a):
            if t[h] >= t[a] or party[h] < 0 or party[a] < 0 or party[h] == party[a]:
                continue
            if nearer >= 0.0:
                y, z = np.radians(lat[h]), np.radians(lat[a])
                x = np.radians(lon[a] - lon[h]) / 2
                s = np.sin((z - y) / 2) ** 2 + np.cos(y) * np.cos(z) * np.sin(x) ** 2
                away = 2 * radius * np.arcsin(np.sqrt(min(max(s, 0.0), 1.0)))
                if not away < nearer:
                    continue
            hostile.append(h)
            answer.append(a)
    return np.array(hostile, np.int64), np.array(answer, np.int64)


@njit(cache=True, nogil=True)
def excuses(
    t: Any,
    party: Any,
    happened: Any,
    hostile: Any,
    answer: Any,
    within: int,
    limit: int,
    unexcused: bool,  # noqa: FBT001
) -> Any:
    """In every world, which acts an exception excuses (rules X1 to X4).

    Args:
        t: sorted seconds of the acts; happened: (n_worlds, n_acts).
        hostile, answer: pairs of acts, sorted by answer, then by hostile.
        within: an answer may begin so long after a hostile act.
        limit: answers go on so long after the first one; negative: no limit, then
            ``within`` bounds each answer.
        unexcused: True where only hostile acts that are not excused open it.
    """
    worlds, acts = happened.shape
    pairs = len(hostile)
    excused = np.zeros((worlds, acts), np.bool_)
    for w in range(worlds):
        for p in range(pairs):
            h, a = hostile[p], answer[p]
            if not happened[w, a] or not happened[w, h]:
                continue
            if unexcused and excused[w, h]:
                continue
            if limit < 0:
                if t[a] <= t[h] + within:
                    excused[w, a] = True
                continue
            begun = -1
            for other in range(pairs):
                b = answer[other]
                if hostile[other] == h and party[b] == party[a] and happened[w, b]:
                    if t[b] <= t[h] + within:
                        begun = t[b]
                    break
            if begun >= 0 and t[a] <= begun + limit:
                excused[w, a] = True
    return excused


@njit(cache=True, nogil=True)
def answers(  # noqa: PLR0913, PLR0917  # numba takes no structures
    called: Any,
    due: Any,
    p_called: Any,
    first: Any,
    stop: Any,
    t: Any,
    p: Any,
    start: int,
    until: int,
    standard: float,
) -> Any:
    """Verdicts of obligations with a deadline, up to four for each.

    Verdicts are 0 met, 1 breached, 2 pending, 4 undetermined.

    Args:
        called, due, p_called: when each was called for, its last second, how likely.
        first, stop: fitting acts of each as a range into ``t`` and ``p``, by time.
        start, until: the question; what was so before it is told at its start.
        standard: from which a verdict is said (already less the rounding).

    Returns:
        for each row: the obligation, the instant, the verdict, P(called and idle), the
        first act that counts or -1; and for each obligation its last verdict.
    """
    n = len(called)
    which = np.empty(4 * n, np.int64)
    at = np.empty(4 * n, np.int64)
    verdict = np.empty(4 * n, np.int64)
    idle_at = np.empty(4 * n)
    act = np.empty(4 * n, np.int64)
    last = np.full(n, -1)
    m = 0
    for i in range(n):
        idle = p_called[i]
        said = -1
        j = first[i]
        now = called[i]
        while now < until:
            while j < stop[i] and t[j] <= now:
                idle *= 1.0 - p[j]
                j += 1
            late = now >= due[i]
            v = 4
            if late and idle >= standard:
                v = 1
            elif p_called[i] - idle >= standard:
                v = 0
            elif not late and idle >= standard:
                v = 2
            last[i] = v
            if now >= start and v != said:
                which[m], at[m], verdict[m], idle_at[m] = i, now, v, idle
                act[m] = first[i] if v == 0 and j > first[i] else -1
                m += 1
                said = v
            if late and now >= start:
                break
            following = due[i] if now < due[i] else start
            if now < start < following:
                following = start
            if j < stop[i] and t[j] < following:
                following = t[j]
            now = following
    return which[:m], at[:m], verdict[:m], idle_at[:m], act[:m], last


@njit(cache=True, nogil=True)
def surely(  # noqa: PLR0913, PLR0917  # numba takes no structures
    which: Any,
    at: Any,
    verdict: Any,
    whole: Any,
    before: Any,
    latest: Any,
    due: Any,
    first: Any,
    stop: Any,
    t: Any,
    early: Any,
    late: Any,
    sure: Any,
) -> Any:
    """Which verdicts of :func:`answers` hold in every reading of the times.

    Args:
        which, at, verdict: the rows.
        whole, before, latest, due: of each obligation: called for certainly, seconds
            by which it may have been called for earlier, its latest call, last second.
        first, stop: its acts; t, early, late, sure: of each act.
    """
    out = np.zeros(len(which), np.bool_)
    for r in range(len(which)):
        i = which[r]
        if not whole[i] or verdict[r] == UNDETERMINED:
            continue
        held = False
        for j in range(first[i], stop[i]):
            if t[j] > at[r]:
                break
            if verdict[r] != 0:
                held = True
                break
            in_time = latest[i] <= early[j] and late[j] <= due[i] - before[i]
            if sure[j] and in_time:
                held = True
                break
        out[r] = held == (verdict[r] == 0)
    return out
