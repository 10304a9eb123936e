"""What a text promises, and what it takes for it to act, read off its rules."""

import pytest

from tocsin.agreement.parse import parse_rules
from tocsin.guarantees import promises
from tocsin.model import TriggerMode

HEAD = """parties Northland, Southland
group Coalition of Aurelia, Brennia, Caldoria
body Mechanism of Meridia, Aurelia, Brennia
Article 5(1) "Serious violation"
  finding serious_violation for party, sector
  when count of breaches of Article 1(1) by party in sector over 72 hours >= 40
  attributed by Mechanism
    vote 2 of 3 of Meridia, Aurelia, Brennia
    within 48 hours of alleged
    otherwise Article 6(3)
Article 1(1) "Ceasefire"
  forbid any party to fire
"""
UPON = "Article 6(1)\n  upon found serious_violation on party, sector\n"


def read(text):
    outcome = parse_rules(HEAD + text)
    assert not outcome.issues, [str(issue) for issue in outcome.issues]
    return promises(outcome.records)


def only(text):
    (promise,) = read(text)
    return promise


DECIDE = UPON + "  decide Response by Coalition\n"


@pytest.mark.parametrize(
    ("procedure", "mode"),
    [
        ("    vote two thirds of votes\n", TriggerMode.BY_DECISION),
        ("    vote 2 of 3 of Aurelia, Brennia, Caldoria\n", TriggerMode.BY_DECISION),
        ("    vote all members\n", TriggerMode.BY_CONSENSUS),
        ("    vote consensus\n", TriggerMode.BY_CONSENSUS),
        (
            "    vote half of votes\n    veto Aurelia, Brennia, Caldoria\n",
            TriggerMode.BY_CONSENSUS,
        ),
        (
            "    vote half of votes\n    veto Aurelia, Brennia\n",
            TriggerMode.BY_DECISION,
        ),
    ],
)
def test_mode_of_a_decision_is_consensus_only_if_everybody_can_stop_it(procedure, mode):
    assert only(DECIDE + procedure).mode == mode


def test_measure_without_a_decision_is_automatic():
    text = UPON + "  effect snapback on party\n  within 7 days of found\n"
    promise = only(text)
    assert promise.mode == TriggerMode.AUTOMATIC
    assert promise.findings == ("serious_violation",)


def test_power_that_waits_for_somebody_elses_act_is_by_request():
    text = "Article 6(2)\n  power Coalition to deploy\n  needs consent of Southland\n"
    promise = only(text)
    assert promise.mode == TriggerMode.BY_REQUEST
    assert [gate.words for gate in promise.gates] == ["consent of Southland"]
    assert promise.gates[0].by == "Southland"


def test_power_that_needs_a_decision_has_the_mode_of_the_decision():
    consultation, deployment = read(
        DECIDE
        + "    vote all members\n"
        + "Article 6(2)\n  power Coalition to deploy\n  needs adopted Response\n"
    )
    assert consultation.mode == deployment.mode == TriggerMode.BY_CONSENSUS
    assert deployment.upstream == "Article 6(1)"
    assert deployment.findings == ("serious_violation",)


def test_power_without_gates_is_at_its_holders_discretion():
    assert only("Article 6(2)\n  power Coalition to deploy\n").mode == (
        TriggerMode.BY_DECISION
    )


def test_mandate_of_each_contributor_is_a_gate_of_each_member():
    promise = only(
        "Article 6(2)\n  power Coalition to deploy\n"
        "  needs mandate of each contributor\n"
    )
    assert [gate.by for gate in promise.gates] == ["Aurelia", "Brennia", "Caldoria"]
    assert all(gate.of_each for gate in promise.gates)


def test_condition_that_is_no_gate_of_a_known_kind_stays_unsettled():
    promise = only(
        "Article 6(2)\n  power Coalition to deploy\n"
        "  needs consent of Southland\n    or consent of Northland\n"
    )
    assert [gate.kind for gate in promise.gates] == ["other"]


def test_alternative_among_other_needs_is_not_taken_for_both():
    promise = only(
        "Article 6(2)\n  power Coalition to deploy\n"
        "  needs consent of Southland\n    and Article 1(1) in force\n"
        "      or consent of Northland\n"
    )
    assert [gate.kind for gate in promise.gates] == ["act", "other"]


def test_member_whose_votes_are_needed_can_block_without_a_veto():
    outcome = parse_rules(
        HEAD.replace(
            "group Coalition of Aurelia, Brennia, Caldoria\n",
            "group Coalition of Aurelia, Brennia, Caldoria\n  weights Aurelia 3\n",
        )
        + DECIDE
        + "    vote two thirds of votes\n"
    )
    assert promises(outcome.records)[0].steps[0].blockers == ("Aurelia",)


def test_text_that_binds_only_the_parties_promises_nothing():
    assert read("") == ()


def test_duty_after_the_breach_of_a_duty_is_no_promise():
    text = (
        "Article 3(3)\n  upon breach of Article 1(1) by party\n"
        "  oblige party to grant_access\n  within 12 hours\n"
    )
    assert read(text) == ()


def test_steps_carry_their_deadline_their_bearer_and_what_follows():
    promise = only(
        UPON
        + "  oblige Coalition to meet\n  within 24 hours of found\n"
        + "  decide Response\n    vote two thirds of votes\n    veto Aurelia\n"
        + "    within 72 hours of found\n    otherwise Article 6(3)\n"
    )
    meet, decide = promise.steps
    assert (meet.kind, meet.owed_by, meet.after_s) == (
        "consult",
        ("Coalition",),
        86_400,
    )
    assert meet.in_words == "within 24 hours of found"
    assert decide.what == "adopt Response"
    assert decide.blockers == ("Aurelia",)
    assert decide.otherwise == "Article 6(3)"
    (attribute,) = promise.attributions
    assert (attribute.after_s, attribute.runs_from) == (48 * 3600, "alleged")
    assert attribute.otherwise == "Article 6(3)"


def test_everybody_without_whom_the_vote_fails_can_block_it():
    promise = only(DECIDE + "    vote all members\n    within 3 days of found\n")
    assert promise.steps[0].blockers == ("Aurelia", "Brennia", "Caldoria")


def test_duty_of_each_member_is_a_step_of_each():
    promise = only(
        UPON + "  oblige each member of Coalition to deploy\n  within 1 day of found\n"
    )
    assert [step.owed_by for step in promise.steps] == [
        ("Aurelia",),
        ("Brennia",),
        ("Caldoria",),
    ]
    assert len({step.name for step in promise.steps}) == 3


def test_text_without_a_deadline_gets_none():
    promise = only(UPON + "  oblige Coalition to meet\n  deadline not stated\n")
    assert promise.steps[0].after_s is None
    assert promise.steps[0].in_words == ""


def test_months_are_left_to_the_evaluation():
    promise = only(UPON + "  oblige Coalition to meet\n  within 1 month of found\n")
    assert promise.steps[0].after_s is None
    assert promise.steps[0].in_words == "within 1 month of found"
