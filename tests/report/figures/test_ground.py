"""The maps: nothing finer than its doubt, nothing lost, each line with its maker."""

import re
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.report.figures.ground import DEGREE_M, incident_maps

BOX = [[-26.0, -2.0], [-24.0, -2.0], [-24.0, 0.0], [-26.0, 0.0], [-26.0, -2.0]]
AREAS = {
    "features": [
        {
            "properties": {"name": "East", "kind": "sector", "publisher": "A Survey"},
            "geometry": {"type": "Polygon", "coordinates": [BOX]},
        }
    ]
}


def incidents(n, *, sigma_m=1000.0, name="shots", seed=1):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "incident_id": [f"{at:04x}" for at in range(n)],
            "class": [name] * n,
            "lon": rng.uniform(-26, -24, n),
            "lat": rng.uniform(-2, 0, n),
            "sigma_m": [sigma_m] * n,
            "t_start": [datetime(2025, 3, 9, tzinfo=UTC)] * n,
        }
    )


def metres_per_unit(svg):
    """From the scale bar that the reader sees."""
    length, unit = re.search(r">(\d+) (km|m)<", svg).groups()
    left, right = re.search(
        r'd="M([\d.]+) [\d.]+L.*?L([\d.]+) [\d.]+" cl', svg
    ).groups()
    return float(length) * (1000 if unit == "km" else 1) / (float(right) - float(left))


@given(st.floats(1_000.0, 60_000.0))
def test_each_circle_is_at_least_twice_the_standard_error(sigma_m):
    (figure,) = incident_maps(AREAS, incidents(3, sigma_m=sigma_m))
    radii = [float(r) for r in re.findall(r'r="([\d.]+)"', figure.svg)]
    assert len(radii) == 3
    scale = metres_per_unit(figure.svg)
    assert min(radii) * scale >= 2 * sigma_m * 0.98
    assert min(radii) >= 8  # as small as can be seen


def test_the_scale_bar_is_as_long_as_it_says():
    (figure,) = incident_maps(AREAS, incidents(1))
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', figure.svg)[1])
    across = metres_per_unit(figure.svg) * width
    sector = 2.0 * DEGREE_M * np.cos(np.radians(1.0))
    assert sector < across < 1.6 * sector


@pytest.mark.parametrize("n", [401, 2_000])
def test_too_many_marks_become_hexagons_that_count_each_once(n):
    fire = incidents(n)
    exercise = incidents(7, name="exercise").with_columns(
        pl.col("incident_id") + pl.lit("e")
    )
    figures = incident_maps(AREAS, pl.concat([fire, exercise]))
    assert [figure.anchor for figure in figures] == [
        "figure-map-fire",
        "figure-map-live-fire",
    ]
    counts = [
        sum(map(int, re.findall(r'class="bin-n"[^>]*>(\d+)<', figure.svg)))
        for figure in figures
    ]
    assert counts == [n, 7]
    assert "circle" not in figures[0].svg


def test_what_is_known_less_exactly_than_a_hexagon_stands_in_none():
    wide = incidents(20, sigma_m=300_000.0, seed=2).with_columns(
        pl.col("incident_id") + pl.lit("w")
    )
    (figure,) = incident_maps(AREAS, pl.concat([incidents(500), wide]))
    assert "20\u00a0incidents known less exactly than that stand in none" in (
        figure.description
    )


def test_whoever_drew_a_line_and_a_control_layer_is_named():
    (figure,) = incident_maps(AREAS, incidents(1), control=["B Watch", "B Watch"])
    assert figure.credit.startswith(
        "Areas and lines: A Survey. Control layer: B Watch. "
    )
    assert "do not state where a border runs" in figure.credit


def test_without_any_place_there_is_no_map():
    assert incident_maps({"features": []}, incidents(0)) == ()
