"""The rarer constructs: random agreements of them, and one meaning in every engine."""

import os
from typing import get_args

import msgspec
import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from constructs import constructs, is_sound, records
from histories import AREAS, at, coverages, facts, procedures
from tocsin.agreement.evaluate import Engine, evaluate_fully
from tocsin.model.tables import FACTS

CASES = int(os.environ.get("TOCSIN_DIFFERENTIAL_CASES", "120")) // 2
UNTIL = at(7_300)
NOTHING = FACTS.empty_table()
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
]


@settings(max_examples=CASES, suppress_health_check=SLOW)
@given(
    constructs(),
    facts(),
    procedures(),
    records(),
    coverages(),
    st.sampled_from((0, 900)),
)
def test_every_engine_says_the_same_of_every_construct(
    agreement, acts, ballots, record, watched, start
):
    assume(is_sound(agreement))
    table = pa.concat_tables([acts, ballots, record])
    asked = {"coverage": watched, "areas": AREAS, "start": at(start), "until": UNTIL}
    oracle, *others = (
        evaluate_fully(agreement, table, engine=engine, **asked)
        for engine in get_args(Engine)
    )
    for other in others:
        assert_same_table(oracle.verdicts, other.verdicts)
        for name in ("episodes", "decisions", "duties", "effects", "powers", "issues"):
            mine, yours = getattr(oracle, name), getattr(other, name)
            assert [*map(rounded, mine)] == [*map(rounded, yours)], name


def assert_same_table(one, other):
    """Verdict, range and order exactly; probabilities within 1e-9."""
    assert one.num_rows == other.num_rows
    for field in one.schema:
        mine, yours = one[field.name], other[field.name]
        if pa.types.is_floating(field.type):
            numbers = (
                column.to_numpy(zero_copy_only=False) for column in (mine, yours)
            )
            np.testing.assert_allclose(*numbers, rtol=0, atol=1e-9, err_msg=field.name)
        else:
            assert mine.equals(yours), field.name


def rounded(record):
    plain = msgspec.to_builtins(record)
    return {k: round(v, 8) if isinstance(v, float) else v for k, v in plain.items()}


@settings(max_examples=20, suppress_health_check=SLOW)
@given(constructs(), facts(), procedures(), records(), st.randoms())
def test_order_of_arrival_changes_nothing_of_them(
    agreement, acts, ballots, record, chance
):
    assume(is_sound(agreement))
    table = pa.concat_tables([acts, ballots, record])
    order = list(range(table.num_rows))
    chance.shuffle(order)
    asked = {"areas": AREAS, "start": at(0), "until": UNTIL}
    one = evaluate_fully(agreement, table, **asked)
    shuffled = table.take(pa.array(order, pa.int64()))
    other = evaluate_fully(agreement, shuffled, **asked)
    assert one.verdicts.equals(other.verdicts)
    assert one.effects == other.effects
    assert one.powers == other.powers


@settings(max_examples=20, suppress_health_check=SLOW)
@given(constructs())
def test_every_random_agreement_is_wholly_judged(agreement):
    assume(is_sound(agreement))
    said = evaluate_fully(agreement, NOTHING, start=at(0), until=UNTIL)
    assert "not_evaluated" not in {issue.code for issue in said.issues}
