"""Reposts: one root, however often it is told."""

import pytest

from tocsin.incidents import fuse


def test_five_posts_of_one_strike_are_one_root(fused, source):
    # field practice, acceptance scenario 5: five posts, four copies of one video
    sources = tuple(source(f"ch_{k}", f"owner {k}", f"way {k}") for k in range(5))
    result = fused(
        """
        id    source_id  derived_from  t         t_sigma_s  lon     lat  sigma_m
        root  ch_0       -             06:00:00  1800       10.000  0    2000
        c1    ch_1       root          08:30:00  1800       10.000  0    2000
        c2    ch_2       c1            09:00:00  1800       10.000  0    2000
        c3    ch_3       root          15:00:00  1800       10.000  0    2000
        c4    ch_4       root          21:00:00  1800       10.000  0    2000
        """,
        sources=sources,
    )
    (row,) = result.incidents.to_pylist()
    assert (row["n_observations"], row["n_independent"]) == (5, 1)
    assert row["sigma_m"] == pytest.approx(2000.0)


def test_rows_that_share_a_label_are_one_root(fused, source):
    sources = (source("ch_0", "a", "press"), source("ch_1", "b", "satellite"))
    text = """
        id  source_id  derived_from  t         t_sigma_s  lon     lat  sigma_m
        a   ch_0       {0}           06:00:00  600        10.000  0    900
        b   ch_1       {0}           06:01:00  600        10.001  0    900
    """
    shared = fused(text.format("video-7"), sources=sources).incidents.to_pylist()
    apart = fused(text.format("-"), sources=sources).incidents.to_pylist()
    assert [(r["n_observations"], r["n_independent"]) for r in shared] == [(2, 1)]
    assert [(r["n_observations"], r["n_independent"]) for r in apart] == [(2, 2)]


def test_summary_that_names_many_places_is_many_incidents(fused, groups):
    result = fused("""
        id  derived_from  t         t_sigma_s  lon   lat  sigma_m
        a   summary       06:00:00  3600       10.0  0    2000
        b   summary       06:00:00  3600       10.5  0    2000
        c   summary       06:00:00  3600       10.5  0    2000
    """)
    assert groups(result) == {frozenset("a"), frozenset("bc")}


def test_repost_of_a_different_event_two_weeks_later_is_no_copy(fused, groups):
    result = fused("""
        id    derived_from  t                     t_sigma_s  lon  lat  sigma_m
        root  -             2025-03-03T06:00:00Z  600        10   0    900
        old   root          2025-03-17T06:00:00Z  600        10   0    900
    """)
    assert groups(result) == {frozenset({"root"}), frozenset({"old"})}


def test_ring_of_reposts_is_an_issue_and_loses_nobody(observed):
    table = observed("""
        id  derived_from  t         t_sigma_s  lon  lat  sigma_m
        a   c             06:00:00  600        10   0    900
        b   a             06:01:00  600        10   0    900
        c   b             06:02:00  600        10   0    900
        d   c             06:03:00  600        10   0    900
    """)
    outcome = fuse(table, sources=(), parties=("N", "S"))
    ring = [issue for issue in outcome.issues if issue.code == "repost_cycle"]
    assert [issue.evidence for issue in ring] == [("a", "b", "c")]
    assert outcome.records.members.num_rows == 4
    assert outcome.records.incidents["n_observations"].to_pylist() == [4]


def test_copy_of_a_warning_is_left_over_with_it(fused):
    result = fused("""
        id    nature   derived_from  t         t_sigma_s  lon  lat  sigma_m
        root  warning  -             06:00:00  600        10   0    900
        copy  warning  root          06:05:00  600        10   0    900
    """)
    assert result.incidents.num_rows == 0
    assert result.leftover.num_rows == 2
