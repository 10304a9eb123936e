from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given
from shapely import box

from tocsin.errors import WrongUse
from tocsin.model.control import Control, ControlLayer

DAY = datetime(2025, 3, 3, tzinfo=UTC)


def layer(day, **held):
    return ControlLayer(valid_from=DAY + timedelta(days=day), held=held)


def test_before_the_first_layer_nothing_is_known():
    control = Control(publisher="P", layers=(layer(0, Northland=box(0, 0, 1, 1)),))
    assert control.at(DAY - timedelta(seconds=1)) is None
    assert control.at(DAY) is control.layers[0]


def test_layer_without_a_date_holds_for_all_times():
    only = ControlLayer(valid_from=None, held={"Northland": box(0, 0, 1, 1)})
    assert Control(publisher="P", layers=(only,)).at(DAY) is only


def test_control_without_layers_knows_nothing():
    assert Control(publisher="P", layers=()).at(DAY) is None


@given(st.sets(st.integers(0, 50), min_size=1), st.integers(-5, 60))
def test_layer_of_a_day_is_the_last_change_on_or_before_it(days, asked):
    control = Control(publisher="P", layers=tuple(layer(day) for day in sorted(days)))
    earlier = [day for day in days if day <= asked]
    found = control.at(DAY + timedelta(days=asked))
    assert (found and found.valid_from) == (
        DAY + timedelta(days=max(earlier)) if earlier else None
    )


def test_layers_out_of_order_or_twice_are_refused():
    for days in ((1, 0), (1, 1)):
        with pytest.raises(WrongUse):
            Control(publisher="P", layers=tuple(layer(day) for day in days))


def test_ground_that_two_parties_are_said_to_hold_has_no_holder():
    both = layer(0, Northland=box(0, 0, 2, 2), Southland=box(1, 0, 3, 2))
    assert both.holder(0.5, 1) == "Northland"
    assert both.holder(1.5, 1) is None
    assert both.holder(9, 9) is None
