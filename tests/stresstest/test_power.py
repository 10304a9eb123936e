"""V4: the Security Council, the figures of every textbook."""

import pytest

from tocsin.errors import WrongUse
from tocsin.stresstest.power import power
from tocsin.stresstest.votes import Ballots, Threshold


def council() -> Ballots:
    members = [f"P{n}" for n in range(1, 6)] + [f"E{n}" for n in range(1, 11)]
    nine = Threshold(weights=tuple((name, 1) for name in members), at_least=9)
    return Ballots(actors=tuple(members), vote=nine, vetoes=tuple(members[:5]))


def test_security_council_has_848_winning_coalitions():
    found = power(council())
    assert found.winning == 848
    assert found.to_act == pytest.approx(848 / 2**15)
    assert found.shapley_shubik["P1"] == pytest.approx(0.19627, abs=5e-6)
    assert found.shapley_shubik["E1"] == pytest.approx(0.001865, abs=5e-7)
    assert found.banzhaf["P1"] == pytest.approx(0.1669, abs=5e-5)
    assert found.banzhaf["E1"] == pytest.approx(0.01654, abs=5e-6)


def test_shares_sum_to_one():
    found = power(council())
    assert sum(found.shapley_shubik.values()) == pytest.approx(1)
    assert sum(found.banzhaf.values()) == pytest.approx(1)


def test_a_body_too_large_to_count_is_refused():
    names = tuple(f"G{n}" for n in range(23))
    with pytest.raises(WrongUse, match="at most 22"):
        power(Ballots(actors=names, vote=None))
