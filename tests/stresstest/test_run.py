"""The whole test: the keys of the result, histories that replay, nothing said aloud."""

import json
import re
import shlex

import msgspec
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tocsin.agreement.load import load
from tocsin.cli import app
from tocsin.errors import InputRefused, WrongUse
from tocsin.model import Marking, instant
from tocsin.stresstest import stress
from tocsin.stresstest.claims import Claim
from tocsin.stresstest.histories import History, replay

KEYS = {
    "can_activate",
    "veto_players",
    "smallest_blocking",
    "winning_minimal",
    "time",
    "automaticity",
    "false_activation",
    "single_points",
    "violator_controlled",
    "covers",
    "slices",
    "credibility",
    "lint",
}
NAMES = ["Northland", "Southland", "Aurelia", "Brennia", "Caldoria", "Meridia"]


@pytest.fixture(scope="module")
def lantern(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("stress")
    folder = root / "agreements"
    result = stress(
        folder / "exercise-lantern",
        against=folder / "minsk-2015",
        out=out,
        draws=2_000,
    )
    return out, result


def test_each_guarantee_has_the_keys_of_the_reference(lantern):
    out, _ = lantern
    held = json.loads((out / "stress.json").read_text("utf-8"))
    for guarantee in held["guarantees"]:
        assert set(guarantee) >= KEYS
        assert set(guarantee["time"]) >= {"best", "median", "worst", "promised"}
        assert set(guarantee["credibility"]) >= {"required", "delivered", "equilibria"}


def test_every_history_on_disk_replays_to_its_claim(lantern):
    out, result = lantern
    played = [w for w in result.weaknesses if w.history]
    assert len(played) > 5
    for weakness in played:
        folder = out / weakness.history
        claim = json.loads((folder / "claim.json").read_text("utf-8"))
        history = History(
            facts=pq.read_table(folder / "facts.parquet"),
            start=instant(claim["start"]),
            until=instant(claim["until"]),
        )
        found = replay(load(folder), history)
        claims = msgspec.convert(claim["claims"], tuple[Claim, ...])
        assert claims
        assert all(one.holds(found) for one in claims), weakness.id
        assert weakness.confirmed, weakness.id


def test_the_command_of_each_history_gives_the_claimed_verdict(lantern, monkeypatch):
    out, result = lantern
    monkeypatch.chdir(out)
    first = {w.kind: w for w in reversed(result.weaknesses) if w.history}
    for weakness in first.values():
        ended = CliRunner().invoke(app, shlex.split(weakness.command)[1:])
        assert ended.exit_code == 0, ended.output
        table = pq.read_table(out / weakness.history / "verdicts.parquet")
        columns = (table[name].to_pylist() for name in ("clause", "verdict"))
        found = set(zip(*columns, strict=True))
        for claim in weakness.claims:
            if claim.of == "verdict":
                said = (claim.clause, claim.name) in found
                assert said == (claim.state == "seen"), (weakness.id, claim)


def test_what_is_written_about_imagined_events_names_nobody(lantern):
    out, _ = lantern
    for path in (out / "histories").rglob("*"):
        if path.suffix in {".md", ".json"}:
            text = path.read_text("utf-8")
            assert not [n for n in NAMES if re.search(rf"\b{n}\b", text)], path
        if path.name == "facts.parquet":
            facts = pq.read_table(path)
            assert set(facts["origin"].to_pylist()) == {"imagined"}
            assert facts["lon"].null_count == facts.num_rows
            said = {*facts["party"].to_pylist(), *facts["target_party"].to_pylist()}
            assert not said & set(NAMES)


def test_slices_are_marked_and_carry_no_place_or_date(lantern):
    out, result = lantern
    assert result.marking == Marking.AMBER_STRICT
    held = json.loads((out / "stress.json").read_text("utf-8"))
    for cut in held["slices"]:
        assert cut["marking"] == "amber_strict"
        assert not re.search(r"\d{4}-\d\d-\d\d", json.dumps(cut))


def test_same_seed_gives_the_same_bytes(root, tmp_path):
    folder = root / "agreements/exercise-lantern"
    for name in ("one", "two"):
        stress(folder, out=tmp_path / name, draws=500, seed=4)
    one, two = (
        {
            p.relative_to(tmp_path / n): p.read_bytes()
            for p in (tmp_path / n).rglob("*")
            if p.is_file()
        }
        for n in ("one", "two")
    )
    assert one == two


def test_two_texts_are_compared_and_the_verdict_is_about_texts(lantern):
    _, result = lantern
    assert result.against is not None
    assert result.against.other == "Minsk_2015"
    assert "Read as texts" in result.against.sentence
    assert {d.better for d in result.against.differences} <= {"this", "other"}


def test_a_text_is_the_same_bargain_as_itself(root, tmp_path):
    folder = root / "agreements/exercise-lantern"
    result = stress(folder, against=folder, out=tmp_path, draws=500)
    assert result.against.verdict == "the same bargain"


def test_limits_are_stated(lantern):
    _, result = lantern
    joined = " ".join(result.limits)
    for words in ("judgements", "few", "equilibria", "predicts"):
        assert words in joined


def test_faulty_text_is_refused(tmp_path):
    (tmp_path / "agreement.md").write_text("no rules", encoding="utf-8")
    with pytest.raises(InputRefused):
        stress(tmp_path, out=tmp_path / "out")


def test_missing_inputs_are_refused_before_anything_is_written(root, tmp_path):
    with pytest.raises(WrongUse):
        stress(
            root / "agreements/exercise-lantern",
            inputs=tmp_path / "none.toml",
            out=tmp_path / "out",
        )
    assert not (tmp_path / "out").exists()
