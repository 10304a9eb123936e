"""What is learned from the data, and that it can be frozen."""

import numpy as np
import pytest

from tocsin.incidents import fuse, load_params
from tocsin.incidents.epoch import FORBIDDEN, _kind_terms, _rate_map
from tocsin.incidents.reports import KINDS


def test_rate_is_reports_by_area_and_time_where_there_are_many():
    rng = np.random.default_rng(2)
    params = load_params().rate
    n, days, side = 60_000, 16, 0.5
    lon, lat = rng.uniform(0, side, n), rng.uniform(0, side, n)
    t = rng.uniform(0, days * 86_400, n)
    rate = np.exp(_rate_map(lon, lat, t, params).log_rate(lon, lat, t))
    true = n / ((side * 111_195) ** 2 * days * 86_400)
    assert np.median(rate) == pytest.approx(true, rel=0.15)


def test_rate_of_an_empty_cell_is_low_but_not_nothing():
    params = load_params().rate
    one = np.array([10.0]), np.array([0.0]), np.array([0.0])
    rates = _rate_map(*one, params)
    there, elsewhere = rates.log_rate(*one), rates.log_rate(np.array([60.0]), *one[1:])
    assert np.isfinite(elsewhere).all()
    assert elsewhere[0] < there[0]


def test_agreeing_kinds_speak_for_one_event_and_rare_ones_more():
    params = load_params()
    common, rare = KINDS.index("explosion"), KINDS.index("salvo")
    kind = np.array([common] * 900 + [rare] * 100)
    terms = _kind_terms(kind, params)
    at = lambda a, b: terms[a * 4, b * 4]  # noqa: E731
    assert at(rare, rare) > at(common, common) > 0 > at(common, rare)
    assert at(0, common) == 0.0
    assert at(common, KINDS.index("jamming")) == FORBIDDEN
    assert at(0, KINDS.index("restriction")) == FORBIDDEN
    assert terms[common * 4 + 1, common * 4 + 2] == FORBIDDEN  # gun and crater
    assert (terms == terms.T).all()


def test_frozen_epoch_gives_the_same_scores_whatever_else_is_there(scene, fused):
    table, _ = scene(400, days=1, seed=5)
    whole = fused(table)
    some = table.slice(0, 300)
    again = fuse(some, sources=(), parties=("N", "S"), epoch=whole.epoch).records
    assert again.epoch is whole.epoch
    other = fused(some)
    assert other.epoch.version != whole.epoch.version


def test_parameters_are_part_of_the_version(scene):
    import msgspec

    table, _ = scene(50, days=1, seed=5)
    params = load_params()
    decide = msgspec.structs.replace(params.decide, gate=9.0)
    stricter = msgspec.structs.replace(params, decide=decide)
    versions = {
        fuse(table, sources=(), parties=("N", "S"), params=p).records.epoch.version
        for p in (params, stricter)
    }
    assert len(versions) == 2
