from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.exercise.clusters import compare, f1

groupings = st.integers(0, 12).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.integers(-1, 4), min_size=n, max_size=n) for _ in range(2)]
    )
)


def same(groups, a, b):
    return groups[a] >= 0 and groups[a] == groups[b]


def by_hand(truth, found):
    """Every pair and every item, one by one, as the definitions say."""
    items = range(len(truth))
    true = {(a, b) for a, b in combinations(items, 2) if same(truth, a, b)}
    said = {(a, b) for a, b in combinations(items, 2) if same(found, a, b)}
    both = len(true & said)
    precision = both / len(said) if said else 1.0
    recall = both / len(true) if true else 1.0
    members = lambda groups, a: {b for b in items if a == b or same(groups, a, b)}  # noqa: E731
    shares = []
    for a in items:
        t, f = members(truth, a), members(found, a)
        shares.append((len(t & f) / len(f), len(t & f) / len(t)))
    b_precision = sum(s[0] for s in shares) / len(shares) if shares else 1.0
    b_recall = sum(s[1] for s in shares) / len(shares) if shares else 1.0
    return precision, recall, b_precision, b_recall


@settings(max_examples=300)
@given(groupings)
def test_scores_are_those_of_counting_every_pair(two):
    truth, found = two
    result = compare(np.array(truth, np.int64), np.array(found, np.int64))
    assert (
        result.pairwise_precision,
        result.pairwise_recall,
        result.bcubed_precision,
        result.bcubed_recall,
    ) == pytest.approx(by_hand(truth, found))


@given(groupings)
def test_names_of_groups_do_not_matter(two):
    truth, found = (np.array(groups, np.int64) for groups in two)
    renamed = np.where(found >= 0, 1_000 - found, -1)
    assert compare(truth, found) == compare(truth, renamed)


@given(groupings)
def test_swapping_truth_and_finding_swaps_precision_and_recall(two):
    truth, found = (np.array(groups, np.int64) for groups in two)
    one, other = compare(truth, found), compare(found, truth)
    assert one.pairwise_precision == other.pairwise_recall
    assert one.bcubed_precision == pytest.approx(other.bcubed_recall)


def test_everything_in_one_incident_has_full_recall_and_poor_precision():
    result = compare(np.array([0, 0, 1, 1]), np.array([7, 7, 7, 7]))
    assert result.pairwise_recall == 1
    assert result.pairwise_precision == pytest.approx(2 / 6)
    assert result.pairwise_f1 == pytest.approx(0.5)
    assert result.bcubed_precision == pytest.approx(0.5)


def test_nothing_put_together_has_no_recall():
    result = compare(np.array([0, 0, 1]), np.array([-1, -1, -1]))
    assert result.pairwise_recall == 0
    assert result.pairwise_precision == 1
    assert result.pairwise_f1 == 0
    assert result.bcubed_recall == pytest.approx(2 / 3)


def test_f1_of_nothing_is_nothing():
    assert f1(0, 0) == 0
