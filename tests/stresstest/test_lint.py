"""One text per kind of flaw, and its repaired twin that no longer has it."""

import pytest

from tocsin.agreement.parse import parse, parse_rules
from tocsin.stresstest.lint import CHECKS, lint

HEAD = """
parties A, B
group Coalition of C, D, E
body Mechanism of C, D, E led by C
act fire is "to open fire"
act deploy is "to deploy"
act help is "to help"
act judge is "to judge"
act audit is "to audit"
  performed by body
act restrict is "to restrict the monitors"
Article 1
  forbid any party to fire
Article 2
  finding storm for party, sector
  when count of breaches of Article 1 by party in sector over 72 hours >= 10
  standard probable
    sources {sources}
  attributed by Mechanism
    vote 2 of 3 of C, D, E
    within 6 hours of alleged
Article 9
  forbid any party to restrict
"""
PURSUED = """
Article 10
  finding blinding for party, sector
  when count of breaches of Article 9 by party in sector over 72 hours >= 2
"""
DUTY = (
    "Article 3\n  upon found storm on party, sector\n  oblige Coalition to {}\n  {}\n"
)
MERCY = """
Article 3
  forbid any party to help
  except mercy
    when fire of opponent
"""
DECIDE = """
Article 3
  upon found storm on party, sector
  decide Response by Coalition
    {}
    {}
"""

CASES = {
    "consult_only": (
        DECIDE.format("consultation only", "within 9 hours of found"),
        DECIDE.format("vote all members", "within 9 hours of found"),
    ),
    "self_judging": (
        "Article 3\n  power Coalition to help\n  needs judge of Coalition\n",
        "Article 3\n  power Coalition to help\n  needs adopted Response\n",
    ),
    "escape_clause": (
        MERCY,
        MERCY + "    limited to 30 minutes\n",
    ),
    "no_deadline": (
        DUTY.format("help", "deadline not stated"),
        DUTY.format("help", "within 9 hours"),
    ),
    "deadline_too_long": (
        DUTY.format("help", "within 90 hours"),
        DUTY.format("help", "within 9 hours"),
    ),
    "perverse_unilateral_right": (
        "Article 3\n  power each member of Coalition to help\n",
        (
            "Article 3\n  upon found storm on party, sector\n"
            "  power each member of Coalition to help\n"
        ),
    ),
    "cannot_perform": (
        "Article 3\n  oblige each party to audit\n  at all times\n",
        "Article 3\n  oblige Mechanism to audit\n  at all times\n",
    ),
    "contradiction": (
        (
            "Article 3\n  in force from 2025-01-01T00:00Z\n"
            "  oblige each party to fire\n"
            "  before 2025-02-01T00:00Z\n"
        ),
        (
            "Article 3\n  in force from 2025-01-01T00:00Z\n"
            "  oblige each party to help\n"
            "  before 2025-02-01T00:00Z\n"
        ),
    ),
    "undefined_term": (
        "term serious not stated\n",
        'term serious is "ten breaches in three days"\n',
    ),
    "mandate_without_renewal": (
        "Article 3\n  power Coalition to help\n  lapses after 90 days\n",
        "Article 3\n  power Coalition to help\n",
    ),
    "members_not_stated": (
        "group Club\n  members not stated\n",
        "group Club of C, D\n",
    ),
    "no_consequence": (
        "Article 3\n  forbid any party to deploy\n",
        (
            "Article 3\n  forbid any party to deploy\nArticle 4\n  finding force for"
            " party\n  when count of breaches of Article 3 by party over 9 hours >= 1\n"
        ),
    ),
}


def kinds(text, sources=1):
    outcome = parse_rules(HEAD.format(sources=sources) + text)
    assert not outcome.issues, outcome.issues
    return {flaw.check for flaw in lint(outcome.records)}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_of_flaw_is_found_and_its_repair_is_not(kind):
    flawed, mended = CASES[kind]
    quiet = "" if kind == "no_consequence" else PURSUED
    assert kind in kinds(flawed + quiet)
    if kind != "no_consequence":
        assert kind not in kinds(mended + quiet)


def test_standard_is_out_of_reach_only_where_denial_costs_nothing():
    assert "standard_out_of_reach" in kinds("", sources=2)
    assert "standard_out_of_reach" not in kinds(PURSUED, sources=2)


def test_clause_pays_for_blinding_only_where_denial_costs_nothing():
    assert "pays_for_blinding" in kinds("")
    assert "pays_for_blinding" not in kinds(PURSUED)


def test_breach_that_a_finding_counts_has_a_consequence():
    clauses = {
        flaw.clause
        for flaw in lint(
            parse_rules(HEAD.format(sources=1) + CASES["no_consequence"][1]).records
        )
        if flaw.check == "no_consequence"
    }
    assert "Article 3" not in clauses


def test_every_check_has_a_case():
    tested = {*CASES, "standard_out_of_reach", "pays_for_blinding"}
    assert {check.name for check in CHECKS} == tested


def contradictions(text):
    outcome = parse_rules(HEAD.format(sources=1) + text)
    assert not outcome.issues, outcome.issues
    return [f for f in lint(outcome.records) if f.check == "contradiction"]


def test_both_clauses_of_a_contradiction_are_named():
    (found,) = contradictions(CASES["contradiction"][0])
    assert (found.clause, found.also) == ("Article 3", ("Article 1",))


@pytest.mark.parametrize(
    ("start", "until", "conflict"),
    [
        ("2025-01-01T00:00Z", "2025-02-01T00:00Z", False),
        ("2025-01-01T00:00Z", "2025-06-01T00:00Z", True),
    ],
)
def test_rules_that_never_bind_together_do_not_contradict(start, until, conflict):
    text = f"""
Article 3
  in force from {start}
  in force until {until}
  oblige each party to deploy
  at all times
Article 4
  in force from 2025-03-01T00:00Z
  forbid any party to deploy
"""
    assert bool(contradictions(text)) == conflict


def test_symbolic_starts_are_compared_by_their_offsets():
    text = """
Article 3
  in force from ceasefire
  oblige each party to deploy
  before ceasefire + 3 days
Article 4
  in force from ceasefire + {} days
  forbid any party to deploy
"""
    assert contradictions(text.format(2))
    assert not contradictions(text.format(5))


def test_weapons_apart_do_not_contradict():
    text = """
let big is weapon in mlrs
let small is weapon in {}
Article 3
  oblige each party to deploy big
  at all times
Article 4
  forbid any party to deploy small
"""
    assert not contradictions(text.format("mortar_ge_120"))
    (found,) = contradictions(text.format("mlrs, mortar_ge_120"))
    assert "mlrs" in found.message


def test_duty_due_before_it_begins_cannot_be_kept():
    text = """
Article 3
  in force from 2025-03-01T00:00Z
  oblige each party to deploy
  before 2025-02-01T00:00Z
"""
    (found,) = contradictions(text)
    assert "before it begins" in found.message


def test_lantern_does_not_contradict_itself(root):
    text = (root / "agreements/exercise-lantern/agreement.md").read_text("utf-8")
    assert "contradiction" not in {flaw.check for flaw in lint(parse(text).records)}
