import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence.coarsen import coarsen_outgoing

COLUMNS = {
    "assessment": pl.String,
    "kind": pl.String,
    "detail": pl.String,
    **dict.fromkeys(
        [
            "lon",
            "lat",
            "sigma_m",
            "bearing_deg",
            "width_deg",
            "range_min_m",
            "range_max_m",
        ],
        pl.Float64,
    ),
}


def seen(**given):
    return pl.DataFrame([{**dict.fromkeys(COLUMNS), **given}], schema=COLUMNS)


def coarse(**given):
    return coarsen_outgoing(seen(**given)).to_dicts()[0]


def place(lon=37.123, lat=48.456, sigma_m=10.0):
    return {"lon": lon, "lat": lat, "sigma_m": sigma_m}


def test_impact_stays_where_it_was_seen():
    given = place() | {"assessment": "impact", "detail": '{"x":1}'}
    assert coarsen_outgoing(seen(**given)).equals(seen(**given))


def test_muzzle_flash_is_coarse_whatever_it_was_assessed_as():
    assert coarse(kind="muzzle_flash", **place())["sigma_m"] == 1000
    assert coarse(kind="muzzle_flash", assessment="impact", **place())["lon"] == 37.12


def test_coarser_place_stays_as_coarse_as_it_is():
    assert coarse(assessment="outgoing", **place(sigma_m=5000.0))["sigma_m"] == 5000


def test_place_of_unknown_error_gets_one_and_no_place_gets_none():
    assert coarse(assessment="outgoing", **place(sigma_m=None))["sigma_m"] == 1000
    assert coarse(assessment="outgoing")["sigma_m"] is None


def test_detail_of_outgoing_fire_is_dropped_because_it_may_hold_the_place():
    given = {"assessment": "outgoing", "detail": '{"grid":"37U DQ 12345 67890"}'}
    assert coarse(**given)["detail"] is None


def test_bearing_without_a_width_or_a_range_is_dropped():
    assert coarse(assessment="outgoing", bearing_deg=123.4)["bearing_deg"] is None


@given(
    st.floats(-180, 180), st.floats(-89, 89), st.one_of(st.none(), st.floats(0, 1e5))
)
def test_outgoing_fire_is_never_placed_finer_than_1_km(lon, lat, sigma):
    one = coarse(assessment="outgoing", **place(lon, lat, sigma))
    assert one["sigma_m"] >= 1000
    for exact, kept in ((lon, one["lon"]), (lat, one["lat"])):
        assert abs(kept * 100 - round(kept * 100)) < 1e-4
        assert abs(kept - exact) <= 0.005 + 1e-6


@given(st.floats(0, 360), st.floats(0, 60), st.floats(0, 20_000), st.floats(1, 20_000))
def test_sector_of_outgoing_fire_is_never_thinner_than_1_km(bearing, width, near, deep):
    one = coarse(
        assessment="outgoing",
        bearing_deg=bearing,
        width_deg=width,
        range_min_m=near,
        range_max_m=near + deep,
    )
    assert one["width_deg"] >= width
    across = math.radians(one["width_deg"]) * one["range_max_m"]
    assert across >= 1000 - 1e-6 or one["width_deg"] == 360
    assert one["range_max_m"] - one["range_min_m"] >= 1000
    steps = [(one["bearing_deg"] + turn) / one["width_deg"] for turn in (0, 360)]
    assert min(abs(step - round(step)) for step in steps) < 1e-6
    off = abs(one["bearing_deg"] - bearing) % 360
    assert min(off, 360 - off) <= one["width_deg"] / 2 + 1e-6
    assert one["range_min_m"] <= near + 1e-6
    assert one["range_max_m"] >= near + deep - 1e-6
