"""Imagined histories: the real pipeline, the same bytes, nobody's name, resumable."""

import json

import msgspec
import pytest

from tocsin.errors import WrongUse
from tocsin.stresstest.imagined import ADVERSARIES, Played, imagine, play, summarise

DAYS, PER_DAY = 7, 80


@pytest.fixture(scope="module")
def surge() -> Played:
    return play("fait_accompli", 7, days=DAYS, per_day=PER_DAY)


def test_same_seed_same_history(surge):
    assert play("fait_accompli", 7, days=DAYS, per_day=PER_DAY) == surge


def test_history_says_what_became_of_it_and_names_nobody(surge):
    assert surge.origin == "imagined"
    assert surge.earnest
    text = msgspec.json.encode(surge).decode()
    for name in ("Northland", "Southland", "Aurelia", "Meridia", "Alvenor"):
        assert name not in text


def test_quiet_history_activates_nothing():
    quiet = play("quiet", 3, days=DAYS, per_day=PER_DAY)
    assert not any([quiet.earnest, quiet.alleged, quiet.answered])


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(tmp_path, monkeypatch):
    keep = tmp_path / "imagined.jsonl"
    few = ("quiet", "slices")
    again = {"seed": 1, "days": DAYS, "per_day": PER_DAY, "keep": keep}
    first = imagine(1, adversaries=few, **again)
    with keep.open("a", encoding="utf-8") as file:
        file.write('{"adversary": "sli')  # cut short
    told = []
    both = imagine(2, adversaries=few, progress=lambda *a: told.append(a), **again)
    assert both[0] == first[0]
    assert [share for _, share in told] == [1.0]


def test_another_process_gives_the_same_history():
    asked = {"seed": 3, "days": 5, "per_day": 20, "adversaries": ("quiet",)}
    assert imagine(1, processes=2, **asked) == imagine(1, **asked)


def test_kept_histories_of_another_length_are_refused(tmp_path):
    keep = tmp_path / "imagined.jsonl"
    played = Played(
        adversary="quiet",
        seed=1,
        days=3,
        observations=1,
        earnest=False,
        alleged=False,
        found=False,
        answered=False,
        alleged_h=None,
        answered_h=None,
        false_alleged=0,
    )
    keep.write_text(json.dumps(msgspec.to_builtins(played)) + "\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="3 days"):
        imagine(1, seed=1, days=DAYS, keep=keep)


def test_summary_is_conditional_and_in_shares(surge):
    (found,) = summarise([surge])
    assert "conditional on the exercise's assumptions" in found.sentence
    assert found.histories == 1
    assert 0 <= found.answered <= found.found <= found.alleged <= 1


def test_every_adversary_of_the_issue_can_be_played():
    assert set(ADVERSARIES) == {
        "quiet",
        "slices",
        "fait_accompli",
        "provocation",
        "blinding",
        "false_reports",
        "pressure",
    }
