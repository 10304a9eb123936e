"""Trees against brute force: every truth of every leaf, every group, every choice."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.stresstest.tree import (
    Gate,
    Leaf,
    best,
    can_happen,
    cut_sets,
    forced,
    holds,
    leaves,
    path_sets,
    smallest_blocking,
    stops,
    worst,
)
from tocsin.stresstest.votes import Ballots, Threshold

ACTORS = "ABCD"


def body(threshold, vetoes=()):
    heads = Threshold(weights=tuple((a, 1) for a in ACTORS[:3]), at_least=threshold)
    return Ballots(actors=tuple(ACTORS[:3]), vote=heads, vetoes=vetoes)


@st.composite
def leaf(draw, number):
    kind = draw(st.sampled_from(["act", "event", "adopted", "lapsed", "never"]))
    key, promised = f"k{number}", draw(st.none() | st.integers(0, 9))
    if kind in {"adopted", "lapsed"}:
        choice = draw(st.sampled_from(["V1", "V2"]))
        vote = body({"V1": 2, "V2": 3}[choice])
        return Leaf(
            key=key, words=key, kind=kind, vote=vote, choice=choice, promised_s=promised
        )
    actors = (draw(st.sampled_from(ACTORS)),) if kind == "act" else ()
    return Leaf(key=key, words=key, kind=kind, actors=actors, promised_s=promised)


@st.composite
def trees(draw):
    numbers = iter(range(100))

    def make(depth):
        if depth == 0 or draw(st.integers(0, 2)) == 0:
            return draw(leaf(next(numbers)))
        parts = tuple(make(depth - 1) for _ in range(draw(st.integers(1, 3))))
        kind = draw(st.sampled_from(["all", "any", "in_order", "at_least"]))
        return Gate(kind=kind, parts=parts, at_least=draw(st.integers(1, len(parts))))

    return make(2)


def truths(tree):
    keys = [one.key for one in leaves(tree)]
    for values in product([False, True], repeat=len(keys)):
        yield dict(zip(keys, values, strict=True))


@given(trees())
@settings(max_examples=200)
def test_ways_and_cuts_are_those_of_the_truth_table(tree):
    ways = [{k for k, v in t.items() if v} for t in truths(tree) if holds(tree, t)]
    cuts = [
        {k for k, v in t.items() if not v} for t in truths(tree) if not holds(tree, t)
    ]
    least = [w for w in ways if not any(o < w for o in ways)]
    fewest = [c for c in cuts if not any(o < c for o in cuts)]
    assert sorted(map(sorted, path_sets(tree))) == sorted(map(sorted, least))
    assert sorted(map(sorted, cut_sets(tree))) == sorted(map(sorted, fewest))


def outcomes_of(tree):
    votes = sorted({one.choice for one in leaves(tree) if one.is_vote})
    acts = sorted({one.key for one in leaves(tree) if one.kind == "act"})
    for how in product(["adopted", "rejected", "lapsed"], repeat=len(votes)):
        for done in product([False, True], repeat=len(acts)):
            yield dict(zip(votes, how, strict=True)), dict(zip(acts, done, strict=True))


def under(tree, votes, acts):
    return {
        one.key: {
            "act": lambda one=one: acts[one.key],
            "event": lambda: True,
            "never": lambda: False,
        }.get(one.kind, lambda one=one: votes[one.choice] == one.kind)()
        for one in leaves(tree)
    }


@given(trees())
@settings(max_examples=200)
def test_reach_and_automaticity_are_those_of_every_choice_of_the_deciders(tree):
    results = [holds(tree, under(tree, v, a)) for v, a in outcomes_of(tree)]
    assert can_happen(tree) == any(results)
    assert forced(tree) == all(results)
    assert (worst(tree) == float("inf")) or forced(tree)


@given(trees())
@settings(max_examples=150)
def test_smallest_blocking_group_is_that_of_all_groups(tree):
    groups = [g for n in range(5) for g in combinations(ACTORS, n)]
    blocking = [g for g in groups if stops(tree, g)]
    found = smallest_blocking(tree)
    if not blocking:
        assert found == ()
    else:
        assert len(found) == min(map(len, blocking))
        assert stops(tree, found)


def act(name, promised, actor="A"):
    return Leaf(key=name, words=name, kind="act", actors=(actor,), promised_s=promised)


def test_promised_time_follows_the_critical_path():
    tree = Gate(kind="in_order", parts=(act("a", 24), act("b", 72), act("c", 48)))
    assert best(tree, promised=True) == 72
    assert best(tree) == 0


def test_a_step_without_deadline_leaves_the_promise_open():
    tree = Gate(kind="all", parts=(act("a", 24), act("b", None)))
    assert best(tree, promised=True) == float("inf")


def test_fallback_after_lapse_makes_it_sure_only_if_rejection_is_caught_too():
    vote = body(2)
    adopted, lapsed, caught = (
        Leaf(key=kind, words=kind, kind=kind, vote=vote, choice="V", promised_s=72)
        for kind in ("adopted", "lapsed", "not_adopted")
    )
    assert not forced(Gate(kind="any", parts=(adopted, lapsed)))
    assert forced(Gate(kind="any", parts=(adopted, caught)))
    assert forced(Gate(kind="any", parts=(adopted, lapsed)), idle=True)
    assert worst(Gate(kind="any", parts=(adopted, caught))) == 72
