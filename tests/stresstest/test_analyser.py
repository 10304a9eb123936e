"""Every answer of the analyser, on random agreements, against brute force and replay.

Ten thousand by hand: ``python tests/analyser.py 10000 1``.
"""

import pytest

from analyser import differences


@pytest.mark.parametrize("first", [1, 40_000])
def test_random_agreements_are_as_brute_force_and_the_monitor_say(first):
    assert not [told for at in range(6) for told in differences(first + at)]
