"""Each compiled loop against its plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement.evaluate.chance import TINY, at_least, reaches
from tocsin.agreement.evaluate.kernels import (
    answers,
    at_least_of,
    dropped,
    enough_of,
    excuses,
    least_shares,
    reply_pairs,
    runs,
    unions,
    window_at_least,
    window_below,
    window_points,
)
from tocsin.agreement.evaluate.witness import earliest, irreducible

times = st.lists(st.integers(0, 60), max_size=25).map(
    lambda t: np.array(sorted(t), np.int64)
)
chances = st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0))


def plain_windows(t, over):
    """At each instant of change: what lies from s - over to s."""
    at = sorted({int(x) for x in t} | {int(x) + over + 1 for x in t})
    return [(s, sum(x < s - over for x in t), sum(x <= s for x in t)) for s in at]


@given(times, st.integers(0, 30))
def test_windows_are_what_their_definition_says(t, over):
    assert list(zip(*window_points(t, over), strict=True)) == plain_windows(t, over)


@given(times, st.integers(0, 30), st.integers(1, 6), st.data())
def test_two_stacks_count_like_adding_up_anew(t, over, k, data):
    q = np.array([data.draw(chances) for _ in t])
    _, low, high = window_points(t, over)
    anew = [
        at_least([np.array([1 - x, x]) for x in q[i:j]], k)
        for i, j in zip(low, high, strict=True)
    ]
    np.testing.assert_allclose(window_at_least(q, low, high, k), anew, atol=1e-12)
    below = window_below(q, low, high, k)
    np.testing.assert_allclose(1.0 - below.sum(axis=1), anew, atol=1e-12)
    for i, j, p in zip(low, high, anew, strict=True):
        assert at_least_of(q[i:j], k) == pytest.approx(p, abs=1e-12)


def plain_runs(holds, stays, p):
    found, first, most = [], None, 0.0
    for n, (h, s) in enumerate(zip(holds, stays, strict=True)):
        if first is None and h:
            first, most = n, p[n]
        elif first is not None and not s:
            found.append((first, n, most))
            first = None
        elif first is not None:
            most = max(most, p[n])
    if first is not None:
        found.append((first, len(p), most))
    return found


@given(st.lists(st.tuples(st.booleans(), st.booleans(), chances), max_size=20))
def test_episodes_are_runs(rows):
    holds, stays, p = (
        (np.array(c) for c in zip(*rows, strict=True)) if rows else ([np.zeros(0)] * 3)
    )
    stays = np.array(stays, bool) | np.array(holds, bool)
    made = runs(np.array(holds, bool), stays, np.array(p, float))
    assert list(zip(*made, strict=True)) == plain_runs(holds, stays, p)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=12, unique=True),
    st.lists(st.integers(0, 60), max_size=8),
    st.integers(0, 20),
    st.integers(-5, 40),
)
def test_the_least_share_of_a_window_is_the_least_of_its_seconds(
    edges, at, over, forced
):
    edge = np.array([-100, *sorted(edges)])
    share = np.linspace(0, 1, len(edge))[
        np.argsort(np.arange(len(edge)) * 7 % 5, kind="stable")
    ]
    asked = np.array(sorted(at), np.int64)

    def at_second(s):
        return share[np.searchsorted(edge, s, side="right") - 1]

    plain = [
        min(at_second(s) for s in range(min(max(t - over, forced), t), t + 1))
        for t in asked
    ]
    assert list(least_shares(asked, over, forced, edge, share)) == plain


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=15
    )
)
def test_the_union_of_stretches_counts_nothing_twice(rows):
    rows = sorted((g, min(a, b), max(a, b)) for g, a, b in rows)
    group, lo, hi = (
        (np.array(c) for c in zip(*rows, strict=True))
        if rows
        else [np.zeros(0, int)] * 3
    )
    plain = [
        len({x for g, a, b in rows if g == n for x in range(a, b)}) for n in range(4)
    ]
    assert list(unions(group, lo / 1.0, hi / 1.0, 4)) == plain


@given(times, st.integers(0, 20), st.data())
def test_replies_pair_with_earlier_acts_of_others_within_reach(t, reach, data):
    party = np.array([data.draw(st.integers(-1, 1)) for _ in t], np.int64)
    nowhere = np.full(len(t), np.nan)
    hostile, answer = reply_pairs(t, party, nowhere, nowhere, reach, -1.0)
    plain = {
        (h, a)
        for h in range(len(t))
        for a in range(len(t))
        if t[h] < t[a] <= t[h] + reach
        and party[h] != party[a]
        and min(party[h], party[a]) >= 0
    }
    assert set(zip(hostile.tolist(), answer.tolist(), strict=True)) == plain
    assert not len(reply_pairs(t, party, nowhere, nowhere, reach, 2000.0)[0])


@settings(max_examples=150)
@given(
    times, st.integers(1, 15), st.none() | st.integers(0, 20), st.booleans(), st.data()
)
def test_an_excuse_is_what_the_rule_says(t, within, limit, guilty, data):
    party = np.array([data.draw(st.integers(0, 1)) for _ in t], np.int64)
    happened = np.array([[data.draw(st.booleans()) for _ in t]], dtype=bool).reshape(
        1, len(t)
    )
    nowhere = np.full(len(t), np.nan)
    hostile, answer = reply_pairs(
        t, party, nowhere, nowhere, within + (limit or 0), -1.0
    )
    order = np.lexsort((hostile, answer))
    made = excuses(
        t,
        party,
        happened,
        hostile[order],
        answer[order],
        within,
        -1 if limit is None else limit,
        guilty,
    )
    excused = {}
    for a in range(len(t)):
        excused[a] = happened[0, a] and any(
            happened[0, h]
            and not (guilty and excused[h])
            and t[h] < t[a]
            and party[h] != party[a]
            and t[a] <= _open_until(t, party, happened[0], h, party[a], within, limit)
            for h in range(a)
        )
    assert list(made[0]) == [excused[a] for a in range(len(t))]


def _open_until(t, party, happened, h, who, within, limit):
    if limit is None:
        return t[h] + within
    begun = [
        t[b]
        for b in range(len(t))
        if happened[b] and party[b] == who and t[h] < t[b] <= t[h] + within
    ]
    return min(begun) + limit if begun else -1


@given(
    st.integers(0, 20),
    st.integers(0, 10),
    st.lists(st.tuples(st.integers(0, 40), chances), max_size=6),
    chances,
    st.integers(0, 25),
)
def test_an_obligation_is_met_pending_or_breached(
    called, within, acts, p_called, start
):
    due, until, standard = called + within, 30, 0.55
    acts = sorted((t, p) for t, p in acts if called <= t <= due and t < until)
    t = np.array([a for a, _ in acts], np.int64)
    p = np.array([b for _, b in acts], float)
    one = np.array([called]), np.array([due]), np.array([p_called])
    made = answers(
        *one, np.array([0]), np.array([len(t)]), t, p, start, until, standard
    )
    said = []
    for now in range(max(called, start), until):
        idle = p_called * np.prod([1 - b for a, b in acts if a <= now])
        verdict = 4
        if now >= due and idle >= standard:
            verdict = 1
        elif p_called - idle >= standard:
            verdict = 0
        elif now < due and idle >= standard:
            verdict = 2
        if not said or said[-1][1] != verdict:
            said.append((now, verdict))
        if now >= due:
            break
    assert list(zip(made[1].tolist(), made[2].tolist(), strict=True)) == said


@given(
    st.lists(chances | st.floats(0, 1), max_size=12),
    st.integers(1, 4),
    st.sampled_from((0.5, 0.55, 0.75, 1.0)),
)
def test_witnesses_of_independent_facts_are_those_of_the_plain_search(
    chance, k, standard
):
    q = np.array(chance, dtype=np.float64)

    def probability(chosen):
        return at_least([np.array([1 - q[n], q[n]]) for n in chosen], k)

    kept = earliest(len(q), probability, standard)
    if not reaches(probability(kept), standard):
        return  # nobody asks for the witness of what does not hold
    assert enough_of(q, k, standard - TINY) == len(kept)
    plain = irreducible(kept, chance, probability, standard, independent=True)
    rank = np.array([round(x, 9) for x in chance[: len(kept)]])
    gone = dropped(q[: len(kept)], rank, k, standard - TINY)
    assert np.flatnonzero(~gone).tolist() == plain
