"""What the sources misstate of their own errors is found and reported."""

import math

import pytest


@pytest.mark.parametrize(("stated", "factor"), [(0.5, 2.0), (1.0, 1.0), (2.0, 0.5)])
def test_half_or_more_of_what_a_source_misstates_is_found(fused, scene, stated, factor):
    table, _ = scene(4000, days=4, seed=7, stated=stated)
    epoch = fused(table).epoch
    for scale in (epoch.place_scale, epoch.time_scale):
        for source in ("acoustic", "patrol"):
            left = abs(math.log(scale[source] / factor))
            assert left <= max(0.5 * abs(math.log(factor)), 0.15)


def test_a_source_with_few_pairs_is_taken_at_its_word(fused):
    epoch = fused("""
        id  source_id  t         t_sigma_s  lon     lat  sigma_m
        a   one        06:00:00  60         10.000  0    500
        b   two        06:02:00  60         10.008  0    500
    """).epoch
    assert epoch.place_scale["one"] == pytest.approx(1.0, abs=0.05)


def test_equal_coordinates_do_not_pass_for_small_errors(fused):
    rows = [
        f"o{k}_{s} press_{s} {6 + k % 12:02d}:{(7 * k) % 60:02d}:00 300"
        f" {10 + 0.05 * (k % 40)} 0 2200"
        for k in range(240)
        for s in range(3)
    ]
    epoch = fused("id source_id t t_sigma_s lon lat sigma_m\n" + "\n".join(rows)).epoch
    assert min(epoch.place_scale.values()) > 0.9
