"""Slices: against every placement on small clocks, and replayed by the monitor."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.parse import parse_rules
from tocsin.model.vocabulary import Marking
from tocsin.stresstest.happenings import breaches
from tocsin.stresstest.histories import (
    History,
    replay,
    start_of_history,
    table,
)
from tocsin.stresstest.slices import largest_uncounted, slices_of

HEAD = """
parties Party_A, Party_B
sectors Sector_1, Sector_2, Sector_3
act fire is "to open fire"
Article 1
  forbid any party to fire
"""


def crosses(counts, triggers):
    return any(
        sum(counts[t : t + window + 1]) >= at_least
        for window, at_least in triggers
        for t in range(len(counts))
    )


def brute_force(triggers, horizon):
    most = min(at_least for _, at_least in triggers) - 1
    return max(
        sum(counts)
        for counts in product(range(most + 1), repeat=horizon)
        if not crosses(counts, triggers)
    )


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(2, 4)), min_size=1, max_size=2),
    st.integers(1, 7),
)
@settings(max_examples=60)
def test_largest_uncounted_is_that_of_every_placement(triggers, horizon):
    found, how = largest_uncounted(triggers, horizon)
    assert found == brute_force(triggers, horizon)
    assert how != "lower bound"


def tree_of(text):
    outcome = parse_rules(HEAD + text)
    assert not outcome.issues, outcome.issues
    return outcome.records


def finding(window, at_least, name="storm", number="2"):
    return (
        f"""
Article {number}
  finding {name} for party, sector
  when count of breaches of Article 1 by party in sector over {window} seconds
""".rstrip()
        + f" >= {at_least}\n"
    )


def history_of(agreement, per_window, window, repeats):
    begin = start_of_history(agreement)
    times = [
        begin + timedelta(seconds=block * (window + 1))
        for block in range(repeats)
        for _ in range(per_window)
    ]
    return History(
        facts=table(breaches(plan(agreement), "1", times=times)),
        start=begin - timedelta(days=1),
        until=begin + timedelta(days=1),
    )


def monitored(agreement, *of):
    return replay(agreement, history_of(agreement, *of)).evaluation


@given(st.integers(1, 500), st.integers(2, 8))
@settings(max_examples=20)
def test_the_largest_slice_is_never_found_and_one_more_breach_is(window, at_least):
    agreement = tree_of(finding(window, at_least))
    (cut,) = slices_of(agreement, horizon_s=5 * (window + 1))
    assert cut.over_horizon == 5 * (at_least - 1)
    below = monitored(agreement, at_least - 1, window, 5)
    above = monitored(agreement, at_least, window, 1)
    assert below.episodes == ()
    assert len(above.episodes) == 1


def test_each_sector_counts_for_itself_where_the_finding_says_so():
    (cut,) = slices_of(tree_of(finding(3_599, 10)), horizon_s=36_000)
    assert (cut.over_horizon, cut.over_all_sectors, cut.sectors) == (90, 270, 3)


def test_two_triggers_bind_together():
    text = finding(3_599, 10) + finding(86_399, 20, "siege", "3")
    (cut,) = slices_of(tree_of(text), horizon_s=86_400)
    assert cut.over_horizon == 19
    assert "optimal" in cut.exact


def test_clause_that_no_trigger_counts_has_no_limit():
    (cut,) = slices_of(tree_of(""))
    assert cut.unlimited
    assert "ever activates" in cut.before_first


def test_slices_say_how_much_and_never_where_when_or_with_what():
    text = finding(3_599, 10)
    (cut,) = slices_of(tree_of(text))
    assert cut.marking == Marking.AMBER_STRICT
    fields = set(cut.__struct_fields__)
    assert not fields & {"place", "sector", "date", "t", "unit", "weapon", "facts"}


@pytest.mark.parametrize("longest", [24, 48])
def test_single_breach_may_last_until_its_trigger(longest):
    text = (
        "Article 2\n  finding storm for party, sector\n  when some breaches of"
        f" Article 1 by party in sector lasting over {longest} hours\n"
    )
    (cut,) = slices_of(tree_of(text))
    assert cut.longest_s == longest * 3_600
    assert not cut.unlimited
