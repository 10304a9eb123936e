import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.exercise.background import quietened
from tocsin.exercise.events import blank

acts = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 1), st.integers(-1, 1)), max_size=25
)


def events(rows):
    made = blank(len(rows))
    for n, (t, party, sector) in enumerate(rows):
        made["t"][n], made["party"][n], made["sector"][n] = t, party, sector
    return made


@given(acts, acts, st.integers(1, 5), st.integers(1, 200))
def test_stray_acts_never_fill_a_window_nor_join_a_planned_burst(
    stray, planned, most, window
):
    kept = quietened(events(stray), events(planned), most=most, window_s=window)
    for act in kept:
        same = kept[(kept["party"] == act["party"]) & (kept["sector"] == act["sector"])]
        before = (same["t"] <= act["t"]) & (same["t"] >= act["t"] - window)
        assert before.sum() <= most
        near = [
            t
            for t, party, sector in planned
            if (party, sector) == (act["party"], act["sector"])
            and abs(t - act["t"]) <= window
        ]
        assert len(near) <= most


@given(acts)
def test_few_acts_are_all_kept(stray):
    kept = quietened(events(stray), blank(0), most=len(stray) + 1, window_s=1_000)
    assert np.array_equal(np.sort(kept["t"]), np.sort(events(stray)["t"]))
