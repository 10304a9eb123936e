from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import WrongUse
from tocsin.model import from_seconds, instant, seconds, utc_text


@given(st.integers(-(10**10), 10**11))
def test_seconds_and_instants_are_each_others_inverse(whole: int):
    assert seconds(from_seconds(whole)) == whole


def test_seconds_round_down_also_before_1970():
    assert seconds(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1


def test_a_bare_date_is_a_whole_day():
    assert utc_text(instant("2020-07-27")) == "2020-07-27T00:00:00Z"
    assert utc_text(instant("2020-07-27", end_of_day=True)) == "2020-07-28T00:00:00Z"


@pytest.mark.parametrize("text", ["2020-07-27T00:01", "yesterday", "27.07.2020", ""])
def test_a_time_that_leaves_room_for_doubt_is_refused(text: str):
    with pytest.raises(WrongUse):
        instant(text)
