"""The embargo and the grid: laws that hold for every incident and every release."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tocsin.report.release import EMBARGO, coarse, held_back

RELEASED = datetime(2025, 3, 10, 8, tzinfo=UTC)
ages = st.floats(0.0, 60.0).map(lambda hours: timedelta(hours=hours))


def incident(kind="explosion", *, age=timedelta(0), sigma_s=None, **more):
    row = {
        "kind": kind,
        "t_end": RELEASED - age,
        "t_sigma_s": sigma_s,
        "impact": False,
        "outgoing": False,
        "period": False,
    }
    types = {"kind": pl.String, "t_sigma_s": pl.Float64}
    return pl.DataFrame([row | more], schema_overrides=types)


def held(frame):
    return frame.select(held_back(RELEASED)).item()


@given(ages)
def test_an_impact_is_held_back_exactly_until_it_is_24_hours_old(age):
    assert held(incident(age=age, impact=True)) == (age < EMBARGO)


@given(ages, st.floats(0, 40_000))
def test_doubt_about_the_time_never_shortens_the_embargo(age, sigma_s):
    sure = held(incident(age=age, impact=True))
    unsure = held(incident(age=age, impact=True, sigma_s=sigma_s))
    assert unsure or not sure


def test_an_explosion_that_nobody_assessed_may_have_been_an_impact():
    assert held(incident())
    assert not held(incident(outgoing=True))


def test_traces_of_fire_are_held_back_like_the_fire():
    assert all(held(incident(kind)) for kind in ("crater", "damage", "casualty"))
    assert not any(held(incident(kind)) for kind in ("shot", "restriction"))
    assert not held(incident(None))


def test_a_figure_for_a_period_has_no_place_and_is_not_held_back():
    assert not held(incident(impact=True, period=True))


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(0.1, 500_000),
    st.booleans(),
)
def test_no_place_is_finer_than_its_doubt_and_1_km(lon, lat, sigma_m, outgoing):
    frame = pl.DataFrame(
        {"lon": [lon], "lat": [lat], "sigma_m": [sigma_m], "outgoing": [outgoing]}
    )
    (row,) = frame.with_columns(coarse(outgoing_floor_m=1_000.0)).to_dicts()
    grid = row["grid_deg"]
    assert grid * 111_320 >= min(max(sigma_m, 1_000.0), 5.0 * 111_320)
    assert row["sigma_m"] >= max(sigma_m, 1_000.0)
    for shown, true in ((row["lon"], lon), (row["lat"], lat)):
        assert abs(shown - true) <= grid / 2 + 1e-9
        assert abs(shown / grid - round(shown / grid)) < 1e-6


def test_a_place_without_a_stated_doubt_is_no_place():
    frame = pl.DataFrame(
        {"lon": [1.0], "lat": [2.0], "sigma_m": [None], "outgoing": [False]},
        schema_overrides={"sigma_m": pl.Float64},
    )
    (row,) = frame.with_columns(coarse(outgoing_floor_m=1_000.0)).to_dicts()
    assert (row["lon"], row["lat"]) == (None, None)
