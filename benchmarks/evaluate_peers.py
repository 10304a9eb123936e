"""The peers of the evaluation benchmark, each with its own way to say the properties.

Each function loads the workload and gives a function that answers one property and says
how many facts it was given, how many of them matter and what it found; ``why`` says why
the answer must be another than Tocsin's.
"""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np

from benchmarks.ceasefire import (
    DAY_S,
    DEADLINE_S,
    HEAVY,
    PARTIES,
    REACH,
    SECTORS,
    WINDOW_S,
    facts,
    log,
    relevant,
)

FEW = {"reelay": 4_000, "rtamt": 20_000}
"""What these peers are given of the facts that matter, at most; rates are compared."""


def _told(held, what, found, **more):
    told = {"facts": len(held), "relevant": int(relevant(held, what).sum())}
    return told | {"found": int(found)} | more


def loop(*, what: str, n: int):
    """The floor: Python over lists, one deque for each key, no witness."""
    held = log(n)
    works = {"filter": _loop_filter, "count": _loop_count, "deadline": _loop_deadline}
    table = facts(held)
    t = held.t.tolist()
    names = ("kind", "party", "sector", "weapon", "subject")
    rows = list(zip(t, *(table[name].to_pylist() for name in names), strict=True))
    end = held.days * DAY_S
    why = {"why": "by event, not by second"} if what == "count" else {}
    return lambda: _told(held, what, works[what](rows, end), **why)


def _loop_filter(rows, end):
    del end
    found = 0
    for _, kind, party, sector, weapon, _ in rows:
        if (
            kind == "fire"
            and party == PARTIES[0]
            and weapon in HEAVY
            and sector in SECTORS[:5]
        ):
            found += 1
    return found


def _loop_count(rows, end):
    del end
    found = 0
    windows = defaultdict(deque)
    for t, kind, party, sector, weapon, _ in rows:
        if kind != "fire" or weapon not in HEAVY:
            continue
        window = windows[party, sector]
        window.append(t)
        while window[0] < t - WINDOW_S:
            window.popleft()
        found += len(window) >= REACH
    return found


def _loop_deadline(rows, end):
    found, open_, queue = 0, {}, deque()
    for t, kind, _, _, _, subject in rows:
        while queue and queue[0][0] < t:
            _, name = queue.popleft()
            found += open_.pop(name, None) is not None
        if kind == "request":
            open_[subject] = t
            queue.append((t + DEADLINE_S, subject))
        elif kind == "access":
            open_.pop(subject, None)
    while queue and queue[0][0] < end:
        found += open_.pop(queue.popleft()[1], None) is not None
    return found


def polars(*, what: str, n: int):
    import polars as pl

    held = log(n)
    frame = pl.DataFrame(facts(held)).set_sorted("t")
    c, end = pl.col, pl.lit(held.until)
    heavy = (c("kind") == "fire") & c("weapon").is_in(HEAVY)

    def work():
        if what == "filter":
            mine = (c("party") == PARTIES[0]) & c("sector").is_in(SECTORS[:5])
            found = frame.filter(heavy & mine).height
        elif what == "count":
            found = (
                frame.filter(heavy)
                .rolling("t", period="72h", closed="both", group_by=["party", "sector"])
                .agg(n=pl.len())
                .filter(c("n") >= REACH)
                .height
            )
        else:
            asked = frame.filter(c("kind") == "request").select("subject", "t")
            given = frame.filter(c("kind") == "access").select("subject", "t")
            both = asked.join(given, on="subject", how="left", suffix="_given")
            due = c("t") + pl.duration(seconds=DEADLINE_S)
            late = c("t_given").is_null() | (c("t_given") > due)
            found = both.filter(late & (due < end)).height
        return _told(held, what, found)

    return work


def pandas(*, what: str, n: int):
    import pandas as pd

    held = log(n)
    frame = facts(held).to_pandas()
    end = pd.Timestamp(held.until)
    day = pd.Timedelta(seconds=DEADLINE_S)

    def work():
        if what == "filter":
            mine = (frame["party"] == PARTIES[0]) & frame["sector"].isin(SECTORS[:5])
            return _told(held, what, len(frame[_heavy(frame) & mine]))
        if what == "count":
            counts = (
                frame.loc[_heavy(frame), ["t", "party", "sector"]]
                .assign(one=1.0)
                .groupby(["party", "sector"])
                .rolling("72h", on="t", closed="both")["one"]
                .sum()
            )
            found = int((counts >= REACH).sum())
            return _told(held, what, found, why="by event, not by second")
        asked = frame.loc[frame["kind"] == "request", ["subject", "t"]]
        given = frame.loc[frame["kind"] == "access", ["subject", "t"]]
        both = asked.merge(given, on="subject", how="left", suffixes=("", "_given"))
        late = both["t_given"].isna() | (both["t_given"] > both["t"] + day)
        return _told(held, what, (late & (both["t"] + day < end)).sum())

    return work


def _heavy(frame):
    return (frame["kind"] == "fire") & frame["weapon"].isin(HEAVY)


def reelay(*, what: str, n: int):
    """P1: a Boolean per fact. P3: seconds in which some request is overdue."""
    import reelay as peer_

    held = log(n)
    if what == "filter":
        sectors = " or ".join(f"{{s{k}: true}}" for k in range(5))
        rows = [
            {"heavy": h, "north": p == 0} | {f"s{k}": s == k for k in range(5)}
            for h, p, s in zip(
                held.heavy.tolist(),
                held.party.tolist(),
                held.sector.tolist(),
                strict=True,
            )
        ]

        def filtered():
            monitor = peer_.discrete_timed_monitor(
                pattern=f"{{heavy: true}} and {{north: true}} and ({sectors})",
                condense=False,
            )
            found = sum(bool(monitor.update(row)["value"]) for row in rows)
            return _told(held, what, found)

        return filtered
    return _reelay_deadline(peer_, held, FEW["reelay"])


def _reelay_deadline(peer_, held, most: int):
    rows = np.flatnonzero(held.request | held.access)[:most]
    updates, last, nothing = [], 0.0, {"request": "-", "access": "-"}
    for row in rows.tolist():
        t = float(held.t[row]) + 1.0  # (t - 1, t] is the second of the fact
        if t - 1.0 > last:
            updates.append({"time": t - 1.0} | nothing)
        t = max(t, last + 1e-3)
        name = "request" if held.request[row] else "access"
        updates.append({"time": t} | nothing | {name: f"r{held.subject[row]}"})
        last = t
    pattern = (
        f"exists[i]. ((not {{access: *i}}) since[{DEADLINE_S + 1}:] {{request: *i}})"
    )
    some = held.request.copy()
    some[rows[-1] + 1 :] = False
    overdue = _overdue_s(held, some, stop=int(last) - 1)

    def work():
        monitor = peer_.dense_timed_monitor(pattern=pattern)
        total, since = 0.0, None
        for update in updates:
            for told in monitor.update(update):
                if told["value"] and since is None:
                    since = told["time"]
                elif not told["value"] and since is not None:
                    total, since = total + told["time"] - since, None
        total += 0.0 if since is None else last - since
        return {
            "facts": len(rows), "relevant": len(rows), "found": round(total),
            "why": f"seconds in which a request is overdue; right {overdue:,}",
        }  # fmt: skip

    return work


def rtamt(*, what: str, n: int):
    """P1 online, fact by fact. P3 sliced: one offline specification per request."""
    import rtamt as peer_

    held = log(n)
    most = min(FEW["rtamt"], len(held))
    return (_rtamt_filter if what == "filter" else _rtamt_deadline)(peer_, held, most)


def _rtamt_filter(peer_, held, most: int):
    rows = list(
        zip(
            held.heavy[:most].astype(float).tolist(),
            held.party[:most].astype(float).tolist(),
            held.sector[:most].astype(float).tolist(),
            strict=True,
        )
    )
    mine = relevant(held, "filter")[:most]

    def work():
        spec = peer_.StlDiscreteTimeOnlineSpecification()
        for name in ("heavy", "party", "sector"):
            spec.declare_var(name, "float")
        spec.spec = "(heavy >= 0.5) and (party <= 0.5) and (sector <= 4.5)"
        spec.parse()
        found = 0
        for k, (h, p, s) in enumerate(rows):
            found += spec.update(k, [("heavy", h), ("party", p), ("sector", s)]) > 0
        right = int(mine.sum())
        return {
            "facts": most, "relevant": right, "found": found,
            "why": f"of the first {most:,} facts; right {right:,}",
        }  # fmt: skip

    return work


def _rtamt_deadline(peer_, held, most: int):
    asked, given = _by_subject(held, held.request), _by_subject(held, held.access)
    end = held.days * DAY_S
    slices = [
        (t, given.get(s)) for s, t in list(asked.items())[: most // 20]
        if t + DEADLINE_S < end
    ]  # fmt: skip
    right = sum(g is None or g - t > DEADLINE_S for t, g in slices)
    number = len(slices) + sum(g is not None for _, g in slices)

    def work():
        found = 0
        for t, g in slices:
            spec = peer_.StlDenseTimeOfflineSpecification()
            spec.declare_var("q", "float")
            spec.declare_var("a", "float")
            # thresholds at 0.5: on 0/1 signals a breach would have robustness 0
            spec.spec = f"(q >= 0.5) implies (eventually[0,{DEADLINE_S}] (a >= 0.5))"
            spec.parse()
            far = t + 2 * DEADLINE_S + 10
            asks = [[t, 1.0], [t + 1, 0.0], [far, 0.0]]
            gives = [[t, 0.0], [far, 0.0]]
            if g is not None and g < far - 2:
                gives = [[t, float(g == t)], [g, 1.0], [g + 1, 0.0], [far, 0.0]]
                gives = gives[1:] if g == t else gives
            robustness = spec.evaluate(["q", asks], ["a", gives])
            found += robustness[0][1] < 0
        return {
            "facts": number, "relevant": number, "found": found,
            "why": f"of {len(slices):,} requests; right {right:,}",
        }  # fmt: skip

    return work


def _by_subject(held, rows):
    return dict(zip(held.subject[rows].tolist(), held.t[rows].tolist(), strict=True))


def _overdue_s(held, late, stop: int) -> int:
    """Seconds in which some request is overdue, by the definition alone."""
    answered, spans = _by_subject(held, held.access), []
    for s, t in _by_subject(held, late).items():
        spans.append((t + DEADLINE_S, min(answered.get(s, stop), stop)))
    total = reach = 0
    for first, last in sorted(spans):
        if last > first:
            total += max(0, last - max(first, reach))
            reach = max(reach, last)
    return total
