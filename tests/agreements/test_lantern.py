"""The Lantern Agreement through the whole engine: three answers to one violation."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.load import load
from tocsin.guarantees import watch
from tocsin.model import FACTS, GuaranteeState, Origin

FOLDER = Path(__file__).parents[2] / "agreements" / "exercise-lantern"
LANTERN = load(FOLDER)
TEXT = (FOLDER / "agreement.md").read_text(encoding="utf-8")
S = GuaranteeState
HOUR = timedelta(hours=1)
START = datetime(2025, 3, 3, tzinfo=UTC)
ALLEGED = START + 70 * HOUR
FOUND = ALLEGED + 25 * HOUR

FIRE = [
    {
        "kind": "fire",
        "party": "Northland",
        "sector": "Corvaline",
        "t": ALLEGED - n * HOUR / 2,
        "n_independent": 2,
        "root": f"incident {n}",
    }
    for n in range(40)
]
ABOUT = {"target_party": "Northland", "sector": "Corvaline"}


def act(kind, party, t, **more):
    return {"kind": kind, "party": party, "t": t} | ABOUT | more


def ballot(member, t, subject, vote="yes"):
    return act("ballot", member, t, subject=subject, vote=vote)


ATTRIBUTED = [
    ballot("Meridia", ALLEGED + 20 * HOUR, "Article 5(1)"),
    ballot("Aurelia", FOUND, "Article 5(1)"),
]
MET = act("meet", "Coalition", FOUND + 9 * HOUR)
ADOPTED = [
    act("proposal", "Aurelia", FOUND + 12 * HOUR, subject="Response"),
    ballot("Aurelia", FOUND + 18 * HOUR, "Response"),
    ballot("Brennia", FOUND + 26 * HOUR, "Response"),
]
GATES = [
    act("consent", "Southland", FOUND + 36 * HOUR, subject="Force"),
    act("mandate", "Aurelia", FOUND + 42 * HOUR, subject="Force"),
    act("mandate", "Brennia", FOUND + 42 * HOUR, subject="Force"),
    act("mandate", "Caldoria", FOUND + 43 * HOUR, subject="Force"),
]


def standing(rows, *, at=FOUND + 80 * HOUR):
    numbered = [
        {"fact_id": f"f{n:03}", "origin": "exercise", **row}
        for n, row in enumerate(rows)
    ]
    facts = pa.Table.from_pylist(numbered, schema=FACTS)
    until = at + timedelta(seconds=1)
    evaluated = evaluate_fully(LANTERN, facts, start=START, until=until)
    seen = watch(LANTERN, evaluated, facts, at=until, origin=Origin.EXERCISE).records
    return {g.clause: g for g in seen.guarantees}


def states(rows, **more):
    return {clause: g.state for clause, g in standing(rows, **more).items()}


def test_it_says_on_its_first_lines_that_it_is_fictional():
    assert "**FICTIONAL. EXERCISE ONLY.**" in TEXT.split("```", maxsplit=1)[0]


@pytest.mark.parametrize(
    "word", ["forty", "seventy-two", "thirty kilometres", "two thirds", "ninety days"]
)
def test_prose_says_the_numbers_of_its_rules_in_words(word):
    assert word in TEXT


def test_thirty_nine_breaches_wake_nobody():
    assert set(states(FIRE[:39]).values()) == {S.DORMANT}


def test_fortieth_breach_alleges_and_no_more():
    seen = standing(FIRE, at=ALLEGED)
    consultation = seen["Article 6(1)"]
    assert consultation.state == S.CONDITION_ALLEGED
    assert consultation.since == ALLEGED
    assert consultation.party == "Northland"
    assert consultation.sector == "Corvaline"


def test_met_adopted_consented_and_mandated_the_force_may_deploy():
    seen = states([*FIRE, *ATTRIBUTED, MET, *ADOPTED, *GATES])
    assert seen == {
        "Article 6(1)": S.ACTIVATED,
        "Article 6(2)": S.ACTIVATED,
        "Article 6(3)": S.DORMANT,
        "Article 6(4)": S.ACTIVATED,
        "Article 6(5)": S.DORMANT,
    }


def test_without_the_consent_of_the_host_the_force_may_not_deploy():
    seen = standing([*FIRE, *ATTRIBUTED, MET, *ADOPTED, *GATES[1:]])
    deployment = seen["Article 6(2)"]
    assert deployment.state == S.DECISION_PENDING
    assert "consent of Southland: unknown" in deployment.why


def test_met_without_a_proposal_the_decision_lapses_and_measures_follow():
    seen = standing([*FIRE, *ATTRIBUTED, MET])
    assert seen["Article 6(1)"].state == S.LAPSED
    assert seen["Article 6(1)"].since == FOUND + 72 * HOUR
    measures = seen["Article 6(3)"]
    assert measures.state == S.ACTIVATED
    assert measures.party == "Northland"
    assert measures.steps[0].due == FOUND + 72 * HOUR + timedelta(days=7)


def test_all_members_together_can_suspend_the_measures():
    lapsed = FOUND + 72 * HOUR
    votes = [
        ballot(member, lapsed + HOUR, "Article 6(3)")
        for member in ("Aurelia", "Brennia", "Caldoria")
    ]
    at = lapsed + 2 * HOUR
    rows = [*FIRE, *ATTRIBUTED, MET]
    assert states([*rows, *votes], at=at)["Article 6(3)"] == S.SUSPENDED
    assert states([*rows, *votes[:2]], at=at)["Article 6(3)"] == S.ACTIVATED


def test_meeting_on_the_second_day_is_late_and_says_so():
    late = act("meet", "Coalition", FOUND + 41 * HOUR)
    seen = standing([*FIRE, *ATTRIBUTED, late], at=FOUND + 42 * HOUR)
    meet = seen["Article 6(1)"].steps[1]
    assert meet.missed
    assert meet.done_at == FOUND + 41 * HOUR


def test_attribution_that_lapses_brings_the_measures_without_any_finding():
    seen = standing(FIRE, at=ALLEGED + 49 * HOUR)
    assert seen["Article 6(1)"].state == S.LAPSED
    assert seen["Article 6(3)"].state == S.ACTIVATED
    assert seen["Article 6(3)"].since == ALLEGED + 48 * HOUR


def test_veto_declines_the_response_and_the_power_with_it():
    veto = [*ADOPTED[:2], ballot("Brennia", FOUND + 26 * HOUR, "Response", "no")]
    seen = states([*FIRE, *ATTRIBUTED, MET, *veto])
    assert seen["Article 6(1)"] == S.DECLINED
    assert seen["Article 6(2)"] == S.DECLINED
