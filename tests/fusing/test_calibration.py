"""Calibration: the measures by hand, the picture, and the command."""

import json
import tomllib
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.findings import load_weights
from tocsin.fusing.calibration import Judged, calibrated, drawn, reliability, said
from tocsin.fusing.fitting import Told, fitted, written
from tocsin.fusing.held_out import judged


def of(p, truth, mix=None, parties=("N", "S")):
    p = np.array(p, dtype=float)
    mix = tuple(mix or ["patrol"] * len(p))
    return Judged(parties=parties, p=p, truth=np.array(truth), mix=mix)


def test_measures_of_four_incidents_by_hand():
    judged = of([[0.9, 0.1], [0.8, 0.0], [0.0, 0.96], [0.2, 0.1]], [0, -1, 1, 0])
    every = calibrated(judged)[0]
    assert every.named == 0.75
    assert every.accuracy == pytest.approx(2 / 3)
    brier = (0.01 + 0.01) / 2 + 0.64 / 2 + 0.0016 / 2 + (0.64 + 0.01) / 2
    assert every.brier == pytest.approx(brier / 4)
    logs = [np.log(0.9), np.log(0.2), np.log(0.96), np.log(0.2)]
    assert every.log_loss == pytest.approx(-np.mean(logs))
    assert (every.sure, every.sure_accuracy) == (0.25, 1.0)
    # .9 and .96 share a bin and are right; .8 is alone and wrong
    assert every.ece == pytest.approx((2 * (1 - 0.93) + 0.8) / 3)


def test_bias_against_one_party_shows_as_a_lean():
    judged = of([[0.9, 0.0]] * 10, [0] * 5 + [1] * 5)
    lean = {one.name: one.lean for one in calibrated(judged)}
    assert lean["did it: N"] == pytest.approx(0.4)
    assert lean["did it: S"] == pytest.approx(-0.5)


def test_mix_of_sensors_is_told_where_there_is_enough_of_it():
    judged = of([[0.9, 0.0]] * 40, [0] * 40, ["patrol"] * 35 + ["static_camera"] * 5)
    names = [one.name for one in calibrated(judged)]
    assert "patrol" in names
    assert "static_camera" not in names
    assert any("| patrol | 35 |" in line for line in said(calibrated(judged)))


def test_nobody_named_has_no_accuracy_and_breaks_nothing():
    every = calibrated(of([[0.0, 0.0]], [-1]))[0]
    assert (every.accuracy, every.ece, every.sure_accuracy) == (None, None, None)
    assert reliability(of([[0.0, 0.0]], [-1])) == ()


def test_picture_is_a_whole_drawing_with_a_dot_for_each_bin():
    bins = reliability(of([[0.9, 0.1], [0.6, 0.1]], [0, 1]))
    picture = ET.fromstring(drawn(bins, title="EXERCISE"))
    assert len(picture.findall(".//{http://www.w3.org/2000/svg}circle")) == 2


def test_fit_learns_what_a_hotline_is_worth_and_keeps_what_nothing_was_told_of():
    weights = load_weights()
    told = Told(
        names=("fire.hotline", "fire.mini_uav", "another"),
        design=np.tile([1.0, 0.0, 0.0], (400, 1)),
        given=np.zeros(400),
        happened=np.arange(400) % 10 == 0,
    )
    found = fitted(told, weights)
    assert found["fire.hotline"] == pytest.approx(np.log(0.1 / 0.9), abs=0.1)
    assert found["fire.mini_uav"] == weights.happened.fire["mini_uav"]
    assert found["another"] == weights.happened.another
    text = tomllib.loads(written(found, [7]))["attribution"]["happened"]
    assert text["fire"]["hotline"] == found["fire.hotline"]
    assert text["another"] == found["another"]


def test_fit_finds_again_the_weights_that_made_what_happened():
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 2, (4000, 3)).astype(float)
    true = np.array([-1.0, 2.0, 0.5])
    names = ("fire.patrol", "fire.mini_uav", "weapon")
    chance = 1 / (1 + np.exp(-counts @ true))
    told = Told(
        names=names,
        design=counts,
        given=np.zeros(4000),
        happened=rng.random(4000) < chance,
    )
    found = fitted(told, load_weights())
    assert [found[name] for name in names] == pytest.approx(true.tolist(), abs=0.2)


def test_incidents_that_are_taken_for_fire_and_are_none_are_judged_too():
    found = judged([5], days=1, per_day=500)
    assert (found.truth == -1).sum() > (found.truth >= 0).sum() / 4
    assert set(np.unique(found.truth)) == {-1, 0, 1}


def test_command_fits_on_one_seed_and_measures_on_another(tmp_path):
    run, out = CliRunner().invoke, tmp_path / "cal"
    size = ["--days", "1", "--per-day", "400"]
    fit = ["calibrate", "--seed", "5", "--fit", str(tmp_path / "fit.toml"), *size]
    assert run(app, fit).exit_code == 0
    asked = ["calibrate", "--seed", "6", "--out", str(out), *size]
    done = run(app, [*asked, "--params", str(tmp_path / "fit.toml")])
    assert done.exit_code == 0, done.output
    figures = json.loads((out / "calibration.json").read_text())
    assert figures["groups"][0]["name"] == "all"
    assert "EXERCISE" in (out / "reliability.svg").read_text()
    assert "reliability.svg" in (out / "calibration.md").read_text()
