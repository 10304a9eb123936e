"""Missed against false: monotone, against simulation, and never told without its if."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.agreement.parse import parse_rules
from tocsin.stresstest.compiling import guarantees_of
from tocsin.stresstest.falsehood import Rates, curve, false_activation, rates_of
from tocsin.stresstest.inputs import Inputs

HEAD = """
parties A, B
group Coalition of C, D
act fire is "to open fire"
act strike is "to strike"
Article 1
  forbid any party to fire
Article 2
  finding storm for party, sector
  when count of breaches of Article 1 by party in sector over 72 hours >= {}
  standard probable
    sources {}
Article 3
  upon found storm on party, sector
  effect {} on party
  {}
"""


def found(at_least=10, sources=1, name="snapback", more="within 2 days"):
    outcome = parse_rules(HEAD.format(at_least, sources, name, more))
    assert not outcome.issues, outcome.issues
    (promised,) = guarantees_of(outcome.records)
    return false_activation(outcome.records, promised, Inputs())


rates = st.builds(
    Rates,
    errors=st.floats(0, 5),
    staged=st.floats(0, 1),
    staged_size=st.floats(0, 30),
    breaches=st.floats(0, 60),
)


@given(rates)
def test_a_higher_threshold_fires_less_falsely_and_misses_more(held):
    drawn = curve(held, np.arange(1, 40))
    assert (np.diff(drawn.false) <= 1e-12).all()
    assert (np.diff(drawn.missed) >= -1e-12).all()


def test_curve_is_that_of_many_simulated_windows():
    rng = np.random.Generator(np.random.PCG64(1))
    held = Rates(errors=2.0, staged=0.1, staged_size=12.0, breaches=9.0)
    n = 200_000
    staged = (rng.random(n) < held.staged) * rng.poisson(held.staged_size, n)
    false = rng.poisson(held.errors, n) + staged
    true = rng.poisson(held.errors + held.breaches, n)
    drawn = curve(held, np.array([3, 8]))
    for at, threshold in enumerate((3, 8)):
        assert drawn.false[at] == pytest.approx((false >= threshold).mean(), abs=0.005)
        assert drawn.missed[at] == pytest.approx((true < threshold).mean(), abs=0.005)


def test_more_sources_make_errors_rarer():
    one, two = rates_of(Inputs(), 1, "middle"), rates_of(Inputs(), 2, "middle")
    assert two.errors < one.errors
    assert two.staged == one.staged


def test_low_threshold_is_false_more_often_than_high():
    assert found(2).per_window[1] > found(20).per_window[1]
    assert found(2).missed[1] < found(20).missed[1]


def test_causes_are_shares():
    causes = found(5).causes
    assert sum(causes.values()) == pytest.approx(1)
    assert set(causes) == {
        "sensor error",
        "self-defence misread",
        "deception and provocation",
    }


@pytest.mark.parametrize(
    ("name", "more", "reversible"),
    [
        ("snapback", "unless suspended by Coalition", True),
        ("snapback", "within 2 days", True),
        ("air_strike", "within 2 days", False),
        ("measures", "within 2 days", None),
    ],
)
def test_whether_it_can_be_taken_back(name, more, reversible):
    assert found(name=name, more=more).reversible is reversible


def test_sentence_carries_its_condition():
    assert found().sentence.startswith("Conditional on these inputs")


def test_guarantee_without_finding_has_no_false_side():
    outcome = parse_rules(
        'parties A, B\ngroup C of D, E\nact attack is "to attack"\n'
        'act help is "to help"'
        "\nArticle 1\n  upon attack of party\n  oblige C to help\n  within 1 day\n"
    )
    (promised,) = guarantees_of(outcome.records)
    assert false_activation(outcome.records, promised, Inputs()) is None
