"""Threads: the same answer, whatever their number."""

import pytest
from hypothesis import HealthCheck, given, settings

from histories import AREAS, at, coverages, facts, rules
from tocsin.agreement.evaluate import evaluate_fully, parallel

SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]


@pytest.fixture
def _threads_for_few(monkeypatch):
    monkeypatch.setattr(parallel, "WORTH_IT", 0)


@pytest.mark.usefixtures("_threads_for_few")
@settings(max_examples=30, suppress_health_check=SLOW)
@given(rules(), facts(), coverages())
def test_the_number_of_threads_changes_nothing(agreement, acts, watched):
    def told(number):
        with parallel.threads(number):
            return evaluate_fully(
                agreement,
                acts,
                coverage=watched,
                areas=AREAS,
                start=at(0),
                until=at(7_300),
            )

    one = told(1)
    for number in (2, 5):
        other = told(number)
        assert one.verdicts.equals(other.verdicts)
        for name in ("episodes", "decisions", "duties", "effects", "issues"):
            assert getattr(one, name) == getattr(other, name)


@pytest.mark.usefixtures("_threads_for_few")
def test_results_come_in_the_order_of_the_things():
    with parallel.threads(3):
        assert parallel.each(str, range(50), size=1) == [str(n) for n in range(50)]


@pytest.mark.usefixtures("_threads_for_few")
def test_inside_a_thread_no_further_ones_are_started():
    def inner(_):
        return parallel.each(lambda n: parallel._NUMBER.get(), range(2), size=1)

    with parallel.threads(2):
        assert parallel.each(inner, range(2), size=1) == [[1, 1], [1, 1]]


@pytest.mark.usefixtures("_threads_for_few")
def test_a_fault_in_one_thread_reaches_the_caller():
    def fails(n):
        if n == 3:
            raise ValueError("three")
        return n

    with parallel.threads(2), pytest.raises(ValueError, match="three"):
        parallel.each(fails, range(5), size=1)
