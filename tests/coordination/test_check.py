"""A bad board is refused with everything that is wrong with it, and where."""

from pathlib import Path

import pytest

from tocsin.connectors.boards import read_board, read_contributions
from tocsin.coordination import check
from tocsin.errors import InputRefused

HEAD = """title = "Bad"
origin = "exercise"
regions = ["East", "West"]
functions = ["patrols"]
[source.s]
title = "paper"
"""
OFFER = """[[contribution]]
id = "{name}"
state = "Aurelia"
capability = "team"
functions = ["patrols"]
{more}
[[contribution.step]]
stage = "offered"
source = "s"
"""


def board(tmp_path: Path, text: str):
    file = tmp_path / "contributions.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return read_board(file)


def refused(tmp_path, text) -> list[str]:
    try:
        given = board(tmp_path, text)
    except InputRefused as error:
        return [f"{i.where.line} {i.code} {i.message}" for i in error.issues]
    issues = check(given.board, places=given.places, clauses={"Article 1"})
    return [f"{i.where.line} {i.code} {i.message}" for i in issues if not i.warning]


def test_every_fault_is_told_with_its_line_and_not_only_the_first(tmp_path):
    text = OFFER.format(name="a", more="quantity = -5\nrotation = 3")
    text += OFFER.format(name="b", more='presence = "orbit"')
    found = refused(tmp_path, text)
    assert [line.split()[:2] for line in found] == [
        ["7", "column_missing"],
        ["7", "value_invalid"],
        ["17", "value_invalid"],
    ]
    assert "-5" in found[1]


def test_two_leads_of_one_task_in_one_region_are_refused_and_both_named(tmp_path):
    lead = '[[lead]]\narea = "East"\nfunction = "patrols"\nstate = "{}"\nsource = "s"\n'
    given = board(tmp_path, lead.format("Aurelia") + lead.format("Brennia"))
    (issue,) = check(given.board, places=given.places)
    assert issue.code == "two_leads"
    assert "Aurelia and Brennia both lead patrols in East" in issue.message
    assert (issue.where.line, issue.also[0].line) == (7, 12)


def test_leads_that_follow_each_other_are_no_two_leads(tmp_path):
    lead = '[[lead]]\narea = "East"\nfunction = "patrols"\n'
    lead += 'state = "{}"\nsource = "s"\n{}\n'
    text = lead.format("Aurelia", "until = 2025-04-01")
    text += lead.format("Brennia", "since = 2025-04-01")
    assert refused(tmp_path, text) == []


def test_conditions_in_a_ring_are_told_once_with_the_whole_ring(tmp_path):
    names = ["a", "b", "c"]
    text = "".join(
        OFFER.format(name=name, more=f'conditions = ["delivered {names[at - 2]}"]')
        for at, name in enumerate(names)
    )
    (found,) = refused(tmp_path, text)
    assert "circular" in found
    assert "a -> b -> c -> a" in found


def test_needs_in_a_ring_are_told(tmp_path):
    need = '[[need]]\nid = "{}"\narea = "East"\nfunction = "patrols"\n'
    need += 'capability = "team"\nafter = ["{}"]\n'
    (found,) = refused(tmp_path, need.format("x", "y") + need.format("y", "x"))
    assert "circular they wait for each other: x -> y -> x" in found


@pytest.mark.parametrize("currency", ["EURO", "QQQ", "eur"])
def test_an_unknown_currency_is_refused(tmp_path, currency):
    fund = '[[fund]]\nid = "f"\ndonor = "A"\nstage = "pledged"\nsource = "s"\n'
    fund += f'[fund.money]\namount = "5"\ncurrency = "{currency}"\n'
    (found,) = refused(tmp_path, fund)
    assert "currency_unknown" in found


def test_money_below_nothing_is_refused(tmp_path):
    fund = '[[fund]]\nid = "f"\ndonor = "A"\nstage = "pledged"\nsource = "s"\n'
    fund += '[fund.money]\namount = "-5"\ncurrency = "EUR"\n'
    (found,) = refused(tmp_path, fund)
    assert "less than nothing" in found


def test_an_unknown_region_task_source_and_clause_are_told(tmp_path):
    text = OFFER.format(
        name="a", more='areas = ["Eats"]\nconditions = ["Article 7"]'
    ).replace('"patrols"', '"patrol"')
    found = refused(tmp_path, text)
    assert len(found) == 3
    assert all("undefined_name" in line for line in found)
    (missing,) = refused(
        tmp_path, OFFER.format(name="a", more="").replace('"s"', '"z"')
    )
    assert "no source is called `z`" in missing


def test_a_step_before_the_step_that_it_follows_is_told(tmp_path):
    text = OFFER.format(name="a", more="").replace(
        'stage = "offered"', 'stage = "offered"\non = 2025-03-05'
    )
    text += (
        '[[contribution.step]]\nstage = "committed"\non = 2025-03-01\nsource = "s"\n'
    )
    (found,) = refused(tmp_path, text)
    assert "committed on 2025-03-01, before offered" in found


def test_a_version_says_what_it_supersedes(tmp_path):
    text = OFFER.format(name="a", more="") + OFFER.format(name="a", more="version = 3")
    (found,) = refused(tmp_path, text)
    assert "does not say what it supersedes" in found


CSV = (
    "contribution_id,state,capability,quantity,functions,caveats,stage,on,source\n"
    "n-1,Brennia,team,{},patrols,not_in:East|only_after_parliament:Diet,{},{},wire\n"
    "n-1,Brennia,team,5,patrols,,committed,2025-03-02,wire\n"
)


def test_a_table_gives_contributions_with_a_step_for_each_line(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(CSV.format(5, "offered", "2025-03-01"), encoding="utf-8")
    (made,) = read_contributions(file, board=board(tmp_path, "").board)
    assert [s.stage.value for s in made.steps] == ["offered", "committed"]
    assert [c.kind.value for c in made.caveats] == ["not_in", "only_after_parliament"]
    assert made.caveats[0].areas == ("East",)
    assert made.caveats[1].body == "Diet"


def test_a_bad_table_is_refused_with_all_its_faults(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(CSV.format(-5, "promised", "soon"), encoding="utf-8")
    with pytest.raises(InputRefused) as refusal:
        read_contributions(file, board=board(tmp_path, "").board)
    assert len(refusal.value.issues) == 3
    assert {issue.where.line for issue in refusal.value.issues} == {2}
