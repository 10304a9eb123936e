"""Independence needs different owners and different ways of knowing."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.incidents.roots import independent

TWO_REPORTS = """
    id  source_id  platform       t         t_sigma_s  lon     lat  sigma_m
    a   one        patrol         06:00:00  60         10.000  0    500
    b   two        {}             06:00:30  60         10.001  0    500
"""


def roots(result):
    return result.incidents["n_independent"].to_pylist()


def test_two_posts_of_one_mission_are_one_root(fused, source):
    sources = (source("one", "mission", "patrols"), source("two", "mission", "cameras"))
    assert roots(fused(TWO_REPORTS.format("static_camera"), sources)) == [1]


def test_two_newspapers_know_in_the_same_way(fused, source):
    sources = (source("one", "paper a", "press"), source("two", "paper b", "press"))
    assert roots(fused(TWO_REPORTS.format("open_source"), sources)) == [1]


def test_mission_and_satellite_are_two_roots(fused, source):
    sources = (
        source("one", "mission", "patrols"),
        source("two", "agency", "satellite"),
    )
    assert roots(fused(TWO_REPORTS.format("satellite_imagery"), sources)) == [2]


def test_undescribed_sources_of_one_platform_are_not_shown_to_be_independent(fused):
    assert roots(fused(TWO_REPORTS.format("patrol"))) == [1]
    assert roots(fused(TWO_REPORTS.format("acoustic_sensor"))) == [2]


KNOWING = st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz"))


@given(st.sets(KNOWING, min_size=1, max_size=7))
def test_number_is_that_of_the_largest_set_without_a_repeated_owner_or_way(knowings):
    largest = max(
        size
        for size in range(1, len(knowings) + 1)
        for chosen in combinations(sorted(knowings), size)
        if len({o for o, _ in chosen}) == size and len({w for _, w in chosen}) == size
    )
    assert independent(knowings) == largest
