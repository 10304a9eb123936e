"""The corridors of 2022 replayed: outcomes apart, both sides in their own words."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from tocsin import cell
from tocsin.cli import app

FILE = "events/humanitarian_corridors_2022.csv.gz"
run = CliRunner()


@pytest.fixture(scope="module")
def replayed(shared_data):
    return cell.replay(shared_data / FILE)


@pytest.mark.shared_data
def test_the_command_keeps_the_four_outcomes_apart(shared_data):
    done = run.invoke(app, ["cell", "corridors", str(shared_data / FILE)])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[1] == "125 successful, 5 disrupted, 7 disputed, 145 unknown"
    assert "do not redistribute" in lines[0]
    shown = [line for line in lines if line[:4] == "2022"]
    assert sum(": disputed," in line for line in shown) == 7
    assert sum(": disrupted," in line for line in shown) == 5
    assert len(shown) == 12


@pytest.mark.shared_data
def test_both_sides_of_a_disputed_corridor_stand_in_their_own_words(replayed):
    lines = list(cell.replay_lines(replayed, outcomes=("disputed",)))
    at = lines.index("2022-03-05 Mariupol to Zaporizhzhya: disputed, agreed")
    said = lines[at + 1 : at + 4]
    assert [line.split("]")[0].strip(" [") for line in said] == [
        "MOSCOW",
        "KYIV",
        "KYIV",
    ]


@pytest.mark.shared_data
def test_unknown_stays_unknown_and_no_rate_of_success_is_given(shared_data):
    asked = ["cell", "corridors", str(shared_data / FILE), "--format", "json"]
    told = json.loads(run.invoke(app, asked).stdout)
    assert told["tally"]["outcomes"]["unknown"] == 145
    assert sum(told["tally"]["outcomes"].values()) == len(told["corridors"]) == 282
    assert not {"rate", "share", "percent"} & set(told["tally"])
    assert "%" not in run.invoke(app, asked[:3]).stdout.split("2022-03-05")[0]


@pytest.mark.shared_data
def test_a_replay_to_a_day_knows_nothing_of_later_days(shared_data, replayed):
    early = cell.replay(shared_data / FILE, last=date(2022, 3, 31))
    later = [one for one in replayed.corridors if one.day > date(2022, 3, 31)]
    assert len(early.corridors) + len(later) == 282
    assert max(one.day for one in early.corridors) == date(2022, 3, 31)
    assert min(one.day for one in later) == date(2022, 4, 1)


@pytest.mark.shared_data
def test_an_address_is_a_link_and_no_statement(replayed):
    texts = [said.text for one in replayed.corridors for said in one.statements]
    assert not any(text.startswith(("http", "Status:")) for text in texts)
    assert all(link.startswith("http") for o in replayed.corridors for link in o.links)


@pytest.mark.shared_data
def test_an_outcome_that_is_none_is_wrong_use(shared_data):
    asked = ["cell", "corridors", str(shared_data / FILE), "--outcome", "failed"]
    done = run.invoke(app, asked)
    assert done.exit_code == 2
    assert "successful, disrupted, disputed, unknown" in done.output
