"""How much of a sector was watched over a time."""

import pytest

from tocsin.findings.watched import watched
from tocsin.model import COVERAGE, empty
from tocsin.model.times import instant


def share(coverage, sector, start, end):
    day = "2025-03-03T{}Z"
    return watched(coverage).share(
        sector, instant(day.format(start)), instant(day.format(end))
    )


def test_overlapping_coverage_counts_by_its_largest_share(coverage_of):
    coverage = coverage_of("""
        sector  t_start   t_end     share
        East    00:00:00  12:00:00  0.5
        East    06:00:00  12:00:00  0.8
        East    06:00:00  12:00:00  0.2
    """)
    assert share(coverage, "East", "00:00:00", "06:00:00") == pytest.approx(0.5)
    assert share(coverage, "East", "06:00:00", "12:00:00") == pytest.approx(0.8)
    assert share(coverage, "East", "00:00:00", "23:59:59") == pytest.approx(0.325, 1e-3)


def test_coverage_of_no_sector_counts_everywhere(coverage_of):
    coverage = coverage_of("""
        sector  t_start   t_end     share
        -       00:00:00  12:00:00  0.3
        East    00:00:00  12:00:00  0.1
    """)
    assert share(coverage, "East", "00:00:00", "12:00:00") == pytest.approx(0.3)


def test_share_that_nobody_stated_is_unknown(coverage_of):
    assert share(empty(COVERAGE), "East", "00:00:00", "12:00:00") is None
    unstated = coverage_of("""
        sector  t_start   t_end     share
        East    00:00:00  12:00:00  -
    """)
    assert share(unstated, "East", "00:00:00", "12:00:00") is None
