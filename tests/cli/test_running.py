"""`tocsin run` and `report` as a user meets what is wrong with the input."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli import app

ROOT = Path(__file__).parents[2]
LANTERN = ROOT / "agreements" / "exercise-lantern"
DESCRIPTION = """
id = "village-log"
title = "Village log"
publisher = "Village office"
owner = "Village office"
way_of_knowing = "residents"
licence = "none"
origin = "exercise"
[coverage]
area = "one village"
[table]
zone = "UTC"
[table.columns]
t_start = "when"
kind = "what"
claimed_party = "who"
place_name = "where"
"""
HEAD = "when,what,who,where\n"
GOOD = "2025-03-03 10:00,explosion,Northland,Alvenor\n"


@pytest.fixture
def run(tmp_path):
    described = tmp_path / "village.toml"
    described.write_text(DESCRIPTION, encoding="utf-8")

    def call(text, *options, agreement=LANTERN, out="out"):
        file = tmp_path / "log.csv"
        file.write_text(text, encoding="utf-8")
        arguments = ["run", agreement, "--source", f"{described}={file}"]
        arguments += ["--out", tmp_path / out, *options]
        done = CliRunner().invoke(app, [str(each) for each in arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    return call


def test_first_issues_of_each_code_are_shown_with_place_and_repair(run, tmp_path):
    bad = "".join(f"2025-03-03 1{n}:00,shoot,Northland,\n" for n in range(5))
    done = run(HEAD + GOOD + bad)
    assert done.exit_code == 0
    assert "value_invalid: 5" in done.stderr
    assert f"{tmp_path / 'log.csv'}:3 (kind): error [value_invalid]" in done.stderr
    assert "repair: did you mean `shot`?" in done.stderr
    assert "and 2 more" in done.stderr
    [kept] = [line for line in done.stderr.splitlines() if line.startswith("all ")]
    whole = Path(kept.rpartition(": ")[2])
    assert whole.read_text(encoding="utf-8").count('"value_invalid"') == 5


def test_a_party_that_the_agreement_does_not_know_is_told(run):
    done = run(HEAD + GOOD.replace("Northland", "Northlnad"))
    assert done.exit_code == 0
    assert "log.csv:2 (claimed_party): warning [party_unknown]" in done.stderr
    assert "did you mean `Northland`?" in done.stderr


def test_a_broken_map_ends_the_run_and_every_fault_is_listed(run, tmp_path):
    copy = tmp_path / "lantern"
    shutil.copytree(LANTERN, copy)
    (copy / "areas.geojson").write_text('{"type": "FeatureCollection"')
    text = (copy / "agreement.md").read_text(encoding="utf-8")
    (copy / "agreement.md").write_text(text.replace("forbid", "forbd", 1))
    done = run(HEAD + GOOD, agreement=copy)
    assert done.exit_code == 1
    assert "areas.geojson: error [file_damaged]" in done.stderr
    assert "[syntax]" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_map_with_one_unusable_feature_ends_the_run(run, tmp_path):
    copy = tmp_path / "lantern"
    shutil.copytree(LANTERN, copy)
    areas = (copy / "areas.geojson").read_text(encoding="utf-8")
    broken = areas.replace('"kind": "sector"', '"kind": "secteur"', 1)
    broken = broken.replace('"kind":"sector"', '"kind":"secteur"', 1)
    assert broken != areas
    (copy / "areas.geojson").write_text(broken)
    done = run(HEAD + GOOD, agreement=copy)
    assert (done.exit_code, "[place_invalid]" in done.stderr) == (1, True)


def test_a_file_that_holds_only_its_head_line_is_an_issue_and_no_wrong_use(run):
    done = run(HEAD)
    assert done.exit_code == 1
    assert "warning [file_empty] the file has columns and no rows" in done.stderr
    assert "no row of any source can be used" in done.stderr
    asked = run(HEAD, "--from", "2025-03-03", "--to", "2025-03-03")
    assert asked.exit_code == 0


def test_a_file_of_bad_rows_only_lists_them(run):
    done = run(HEAD + "2025-03-03 10:00,shoot,,\nnever,shot,,\n")
    assert done.exit_code == 1
    assert "log.csv:2 (kind)" in done.stderr
    assert "log.csv:3 (when)" in done.stderr


def test_a_folder_that_cannot_be_written_is_named_without_a_number(run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run(HEAD + GOOD, out="file/out")
    assert done.exit_code == 1
    assert "not a directory; nothing was half-written" in done.stderr
    assert "Errno" not in done.stderr


def test_what_a_source_writes_cannot_act_on_the_terminal_or_the_page(run, tmp_path):
    esc, turn = "\x1b[2K\x1b]0;calm\x07", "\u202e"
    done = run(HEAD + GOOD + f"2025-03-03 11:00,shot{esc},Nor{turn}thland,\n" + GOOD)
    assert done.exit_code == 0
    for sign in ("\x1b", "\x07", turn):
        assert sign not in done.output
    assert "<U+001B>" in done.output
    form = ["--released-at", "2025-03-05T12:00Z", "--out", str(tmp_path / "day.html")]
    given = ["report", str(tmp_path / "out"), "--date", "2025-03-03", *form]
    assert CliRunner().invoke(app, given).exit_code == 0
    page = (tmp_path / "day.html").read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert turn not in page
    assert "&lt;U+001B&gt;" in page


@pytest.mark.parametrize("day", ["2025-03-01", "2025-03-09"])
def test_the_report_of_a_day_outside_the_run_says_so_first(run, tmp_path, day):
    assert run(HEAD + GOOD).exit_code == 0
    given = ["report", str(tmp_path / "out"), "--date", day, "--out", "-"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0
    lead = done.stdout.partition('class="lead">')[2].partition("</p>")[0]
    assert "nothing was looked for on this day" in lead
    assert "This run asks about 3\u00a0Mar 2025 00:00 to 4\u00a0Mar 2025" in lead
