"""V6: the closed form against every equilibrium of small games, found by enumeration.

The enumeration knows nothing of the closed form: it tries every combination of never,
sometimes and always for the three moves that are free (a hard challenger, a soft one, a
soft defender) and keeps those at which nobody gains by another move. A hard defender
resists and a soft challenger backs down: that is what the words mean.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import WrongUse
from tocsin.stresstest.game import EXAMPLE, NAMES, Payoffs, solve

EPS = 1e-9


def payoffs(values):
    return Payoffs(**{name: np.array([value]) for name, value in values.items()})


def equilibria(u, p_d, p_c):
    """Classes of equilibria, each with how often hard and soft challenge, and y."""
    c_t = (u["c_dc"] - u["c_sq"]) / (u["c_dc"] - u["c_h"])
    indifferent_soft = (u["c_dc"] - u["c_sq"]) / (u["c_dc"] - u["c_cd"])
    d_t = (u["d_cd"] - u["d_dc"]) / (u["d_cd"] - u["d_s"])
    found = set()
    for hard in ("never", "mix", "always"):
        for soft in ("never", "mix", "always"):
            for y in responses(hard, soft, p_d, (c_t, indifferent_soft)):
                x_soft = {"never": 0.0, "always": 1.0}.get(soft)
                x_hard = {"never": 0.0, "always": 1.0}.get(hard)
                if soft == "mix":
                    if x_hard is None:
                        continue
                    x_soft = mixing(p_c, x_hard, d_t) if 0 < y < 1 else 0.5
                    if not 0 < x_soft < 1:
                        continue
                if x_hard is None:
                    continue  # needs r = c_t exactly and a belief to match: nongeneric
                if stands(u, p_d, p_c, d_t, x_hard, x_soft, y):
                    found.add((hard, soft, "mix" if 0 < y < 1 else y))
    return found


def responses(hard, soft, p_d, knees):
    """Resistance of a soft defender that could keep each type where it is."""
    yield from (0.0, 1.0)
    for knee in knees:
        y = (knee - p_d) / (1 - p_d)
        if 0 < y < 1:
            yield y
            yield min(1.0, y + (1 - y) / 2)


def mixing(p_c, x_hard, d_t):
    """How often soft ones challenge so that a soft defender is indifferent."""
    if x_hard == 0:
        return -1.0
    return p_c * x_hard * (1 - d_t) / ((1 - p_c) * d_t)


def stands(u, p_d, p_c, d_t, x_hard, x_soft, y):
    r = p_d + (1 - p_d) * y
    worth_hard = (1 - r) * u["c_dc"] + r * u["c_h"]
    worth_soft = (1 - r) * u["c_dc"] + r * u["c_cd"]
    for worth, x in ((worth_hard, x_hard), (worth_soft, x_soft)):
        gain = worth - u["c_sq"]
        if (x == 0 and gain > EPS) or (x == 1 and gain < -EPS):
            return False
        if 0 < x < 1 and abs(gain) > EPS:
            return False
    challenged = p_c * x_hard + (1 - p_c) * x_soft
    beliefs = (
        [p_c * x_hard / challenged] if challenged > EPS else np.linspace(0, 1, 101)
    )
    return any(answers(q, d_t, y) for q in beliefs)


def answers(q, d_t, y):
    """A soft defender does best to resist below d_t, to concede above it."""
    if abs(q - d_t) < 1e-7:
        return True
    return y == (1.0 if q < d_t else 0.0) or (0 < y < 1 and abs(q - d_t) < 1e-2)


EXPECTED = {
    "certain_deterrence": ("never", "never"),
    "separating": ("always", "never"),
    "bluff": ("always", "mix"),
    "attack": ("always", "always"),
}


@st.composite
def games(draw):
    c = sorted(draw(st.lists(st.floats(0, 1), min_size=4, max_size=4, unique=True)))
    d = sorted(draw(st.lists(st.floats(0, 1), min_size=3, max_size=3, unique=True)))
    values = dict(zip(("c_cd", "c_h", "c_sq", "c_dc"), c, strict=True))
    values |= dict(zip(("d_s", "d_dc", "d_cd"), d, strict=True))
    gaps = np.concatenate([np.diff(c), np.diff(d)])
    p_d, p_c = draw(st.floats(0.02, 0.98)), draw(st.floats(0.02, 0.98))
    return values, p_d, p_c, bool((gaps > 0.02).all())


def knees_apart(u, p_d, p_c):
    """Away from the borders between regions, where everything is indifferent."""
    c_t = (u["c_dc"] - u["c_sq"]) / (u["c_dc"] - u["c_h"])
    c_s = (u["c_dc"] - u["c_sq"]) / (u["c_dc"] - u["c_cd"])
    d_t = (u["d_cd"] - u["d_dc"]) / (u["d_cd"] - u["d_s"])
    return min(abs(p_d - c_t), abs(p_d - c_s), abs(p_c - d_t)) > 0.02


@given(games())
@settings(max_examples=400)
def test_closed_form_gives_the_equilibria_that_enumeration_finds(case):
    values, p_d, p_c, generic = case
    if not generic or not knees_apart(values, p_d, p_c):
        return
    solved = solve(payoffs(values), p_d=np.array([p_d]), p_c=np.array([p_c]))
    found = {(hard, soft) for hard, soft, _ in equilibria(values, p_d, p_c)}
    expected = {EXPECTED[solved.name(0)], ("never", "never")}
    assert found == expected
    assert bool(solved.steadfast[0]) == (len(expected) == 2)


def test_three_hundred_games_agree_with_enumeration():
    rng = np.random.Generator(np.random.PCG64(6))
    counts = dict.fromkeys(NAMES, 0)
    while sum(counts.values()) < 300:
        c, d = np.sort(rng.random(4)), np.sort(rng.random(3))
        values = dict(zip(("c_cd", "c_h", "c_sq", "c_dc"), c, strict=True))
        values |= dict(zip(("d_s", "d_dc", "d_cd"), d, strict=True))
        p_d, p_c = rng.random(2)
        gaps = np.concatenate([np.diff(c), np.diff(d)])
        if gaps.min() < 0.02 or not knees_apart(values, p_d, p_c):
            continue
        solved = solve(payoffs(values), p_d=np.array([p_d]), p_c=np.array([p_c]))
        found = {(hard, soft) for hard, soft, _ in equilibria(values, p_d, p_c)}
        assert found == {EXPECTED[solved.name(0)], ("never", "never")}
        counts[solved.name(0)] += 1
    assert min(counts.values()) > 10


@given(games())
def test_outcomes_are_probabilities_that_sum_to_one(case):
    values, p_d, p_c, generic = case
    if not generic:
        return
    s = solve(payoffs(values), p_d=np.array([p_d]), p_c=np.array([p_c]))
    parts = [s.p_status_quo, s.p_conceded, s.p_backed_down, s.p_war]
    assert all(-1e-12 <= float(part[0]) <= 1 + 1e-12 for part in parts)
    assert sum(float(part[0]) for part in parts) == pytest.approx(1)


def test_payoffs_out_of_order_are_refused():
    with pytest.raises(WrongUse, match="c_dc > c_sq"):
        solve(payoffs(EXAMPLE | {"c_h": 0.9}), p_d=np.array([0.5]), p_c=np.array([0.5]))


def test_a_hundred_thousand_games_take_a_fraction_of_a_second():
    import time

    rng = np.random.Generator(np.random.PCG64(1))
    n = 100_000
    many = Payoffs(**{k: np.full(n, v) for k, v in EXAMPLE.items()})
    p_d, p_c = rng.random(n), rng.random(n)
    start = time.process_time()
    solve(many, p_d=p_d, p_c=p_c)
    assert time.process_time() - start < 0.5
