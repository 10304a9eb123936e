from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import Record, canonical, content_id, decode, identified, row_id


class Weighed(Record, frozen=True, kw_only=True):
    weighed_id: str = ""
    origin: str = "exercise"
    weight_kg: Annotated[float, msgspec.Meta(ge=0)]


@given(st.integers(0, 2**50))
def test_an_int_given_for_a_float_does_not_change_the_id(weight: int):
    by_hand = identified(Weighed(weight_kg=weight), field="weighed_id")
    decoded = identified(Weighed(weight_kg=float(weight)), field="weighed_id")
    assert by_hand == decoded


def test_the_origin_is_part_of_every_id():
    first = identified(Weighed(weight_kg=1.0), field="weighed_id")
    second = identified(Weighed(weight_kg=1.0, origin="observed"), field="weighed_id")
    assert first.weighed_id != second.weighed_id
    assert row_id("observed", "s", b"x") != row_id("exercise", "s", b"x")


@given(st.binary(), st.binary(), st.text())
def test_no_part_of_a_row_can_pose_as_another(first: bytes, second: bytes, source: str):
    if first:
        assert row_id("observed", source, first + second) != row_id(
            "observed", source + "x", second
        )


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(-(2**53) + 1, 2**53 - 1),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_canonical_bytes_survive_a_round_trip(value: object):
    assert canonical(msgspec.json.decode(canonical(value))) == canonical(value)
    assert content_id(value) == content_id(msgspec.json.decode(canonical(value)))


json_data = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_data)
def test_canonical_bytes_are_those_of_the_reference_implementation(value: object):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [float("inf"), 2**53, "\ud800", {1: 2}])
def test_what_has_no_canonical_form_is_refused(value: object):
    with pytest.raises((rfc8785.CanonicalizationError, AttributeError)):
        canonical({"a": value})


def test_records_are_validated_where_they_enter():
    with pytest.raises(msgspec.ValidationError, match="weight_kg"):
        decode(b'{"weight_kg": -1}', Weighed)
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        decode(b'{"weight_kg": 1, "wieght": 2}', Weighed)
