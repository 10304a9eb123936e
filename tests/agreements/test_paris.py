"""The Paris instruments: nothing invented, what is open is open, the files agree."""

from pathlib import Path

import pytest

from tocsin.agreement import load, without_places
from tocsin.agreement.terms import Forbid, Oblige, Permit

FOLDER = Path(__file__).parents[2] / "agreements" / "paris-2026"
PARIS = load(FOLDER)
PARTS = ["declaration.md", "declaration-of-intent.md"]
STAGED = load(FOLDER.parent / "staged-plan-2026")


def rules(agreement):
    return [rule for article in agreement.articles for rule in article.rules]


def test_parts_hold_the_same_articles_as_the_whole():
    parts = [article for name in PARTS for article in load(FOLDER / name).articles]
    bare = [without_places(article) for article in parts]
    assert bare == [without_places(article) for article in PARIS.articles]


def test_no_ceasefire_clause_was_invented():
    assert not [rule for rule in rules(PARIS) if isinstance(rule, Forbid)]


def test_no_duty_lies_on_the_russian_federation_or_the_united_states():
    bound = {n for r in rules(PARIS) if isinstance(r, Oblige) for n in r.who.names}
    assert bound == {"Coalition", "France", "United_Kingdom"}


def test_no_obligation_has_a_deadline_that_the_texts_do_not_state():
    for rule in rules(PARIS):
        if isinstance(rule, Oblige):
            assert type(rule.deadline).__name__ == "DeadlineNotStated"


def test_members_of_coalition_mechanism_and_commission_are_not_stated():
    held = {one.name: one.members_stated for one in (*PARIS.groups, *PARIS.bodies)}
    assert not held["Coalition"]
    assert not held["Mechanism"]
    assert not held["Special_Commission"]


def test_instruments_carry_signatories_force_and_state():
    found = {one.name: one for one in PARIS.instruments}
    assert found["Declaration"].state == "declared"
    assert found["Declaration"].signed_by == ()
    intent = found["Declaration_of_intent"]
    assert intent.signed_by == ("France", "United_Kingdom", "Ukraine")
    assert intent.force == "political"


@pytest.mark.parametrize(
    ("name", "kinds"), [("draft.md", {Oblige}), ("declaration.md", {Permit})]
)
def test_support_of_the_united_states_was_owed_in_the_draft_only(name, kinds):
    (article,) = load(FOLDER / name).find("D3(2)")
    assert {type(rule) for rule in article.rules} == kinds


def test_draft_and_plan_say_what_they_are():
    draft = (FOLDER / "draft.md").read_text(encoding="utf-8")
    assert "AS QUOTED BY THE PRESS" in draft
    plan = (FOLDER.parent / "staged-plan-2026/agreement.md").read_text(encoding="utf-8")
    assert "REPORTED, UNCONFIRMED" in plan
    assert STAGED.instruments[0].state is None  # no text was published
