"""How much was watched: the quick answer is the answer word for word (rule C1)."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.agreement.evaluate.watch import Stretch, Watch, watch
from tocsin.model.tables import COVERAGE

names = st.sampled_from([None, "East", "West"])
kinds = st.sampled_from([None, "fire", "place"])
stretches = st.lists(
    st.builds(
        lambda sector, kind, start, length, share: Stretch(
            sector, kind, start, start + length, share
        ),
        names,
        kinds,
        st.integers(0, 12),
        st.integers(1, 6),
        st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    ),
    max_size=8,
)


def word_for_word(held, at, sector, kind):
    """The largest share of all coverage that holds there and then."""
    return max(
        (
            s.share
            for s in held
            if s.sector in (None, sector)
            and s.kind in (None, kind)
            and s.start <= at < s.stop
        ),
        default=0.0,
    )


@given(stretches, names, st.integers(-1, 20))
def test_share_is_the_largest_of_what_covers_the_instant(held, sector, at):
    seen = Watch(tuple(held))
    both = [word_for_word(held, at, sector, kind) for kind in ("fire", "place")]
    assert seen.share(at, sector, ("fire",)) == both[0]
    assert seen.share(at, sector, ("fire", "place")) == min(both)


@given(stretches, names)
def test_steps_say_the_same_as_single_instants(held, sector):
    seen = Watch(tuple(held))
    edges, shares = seen.steps(sector, ("fire", "place"))
    for at in range(-1, 20):
        before = [
            share for edge, share in zip(edges, shares, strict=True) if edge <= at
        ]
        assert before[-1] == seen.share(at, sector, ("fire", "place"))
    assert set(seen.edges()) == {t for s in held for t in (s.start, s.stop)}


def test_what_was_not_stated_not_yet_known_or_empty_is_not_watched():
    noon = datetime(2025, 3, 3, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    rows = [
        {"t_start": noon, "t_end": noon + hour, "share": 0.5, "known_at": noon},
        {"t_start": noon, "t_end": noon + hour, "share": None, "known_at": noon},
        {"t_start": noon, "t_end": noon, "share": 1.0, "known_at": noon},
        {"t_start": noon, "t_end": noon + hour, "share": 2.0, "known_at": noon + hour},
        {"t_start": noon, "t_end": noon + hour, "share": 0.9, "known_at": None},
    ]
    whole = [{name: row.get(name) for name in COVERAGE.names} for row in rows]
    table = pa.Table.from_pylist(whole, schema=COVERAGE)
    at = int(noon.timestamp())
    then = watch(table, as_known_at=noon, origin=None)
    assert [s.share for s in then.stretches] == [0.5]
    now = watch(table, as_known_at=None, origin=None)
    assert now.share(at, "East", ("fire",)) == 1.0
