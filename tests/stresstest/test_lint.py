"""One text per kind of flaw, and its repaired twin that no longer has it."""

import pytest

from flawed import CASES, HEAD, KINDS, PURSUED
from tocsin.agreement.parse import parse, parse_rules
from tocsin.stresstest.lint import CHECKS, lint


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
    assert {check.name for check in CHECKS} == set(KINDS)


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
