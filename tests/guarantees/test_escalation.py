"""Acceptance scenario 8: one escalation under three texts, through the whole engine.

A breach is found at T0, those who must consult meet within a day, the fighting goes
on, and the question is put at T0 + 72 hours. Automatic: activated. By decision, with
one vote missing: pending. By the consent of all, with one abstention: declined.
"""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.parse import parse_rules
from tocsin.guarantees import watch
from tocsin.model import COVERAGE, FACTS, Areas, Origin, TriggerMode, empty
from tocsin.model import GuaranteeState as S

HOUR = timedelta(hours=1)
START = datetime(2025, 3, 3, tzinfo=UTC)
SHOTS = (START + 10 * HOUR, START + 11 * HOUR)
ALLEGED = SHOTS[1]
T0 = ALLEGED + 20 * HOUR  # the second ballot of the Mechanism
AT = T0 + 72 * HOUR

HEAD = """parties Northland, Southland
group Coalition of Aurelia, Brennia, Caldoria
body Mechanism of Meridia, Aurelia, Brennia
sectors Alvenor
Article 1(1) "Ceasefire"
  forbid any party to fire
Article 5(1) "Serious violation"
  finding serious_violation for party, sector
  when count of breaches of Article 1(1) by party in sector over 72 hours >= 2
  attributed by Mechanism
    vote 2 of 3 of Meridia, Aurelia, Brennia
    within 48 hours of alleged
Article 6(1) "Response"
  upon found serious_violation on party, sector
  oblige Coalition to meet
  within 24 hours of found
"""
AUTOMATIC = """Article 6(2) "Measures"
  upon found serious_violation on party, sector
  effect snapback on party
  within 24 hours of found
  unless suspended by Coalition
    vote all members
"""
BY_DECISION = """  decide Response
    vote two thirds of votes
    veto Aurelia
    within 96 hours of found
"""
BY_ALL = """  decide Response
    vote all members
    within 96 hours of found
"""


def row(kind, party, t, **more):
    about = {"target_party": "Northland", "sector": "Alvenor"}
    given = {"kind": kind, "party": party, "t": t, "origin": "exercise"}
    return given | (about if kind != "fire" else {"sector": "Alvenor"}) | more


def ballots(subject, at, **votes):
    return [
        row("ballot", who, at + n * HOUR, subject=subject, vote=vote)
        for n, (who, vote) in enumerate(votes.items())
    ]


BREACHES = [row("fire", "Northland", t, n_independent=3) for t in SHOTS]
ATTRIBUTED = ballots("Article 5(1)", T0 - HOUR, Meridia="yes", Aurelia="yes")
MET = [row("meet", "Coalition", T0 + 20 * HOUR)]
PROPOSED = [row("proposal", "Aurelia", T0 + 24 * HOUR, subject="Response")]


def table(rows):
    numbered = [{"fact_id": f"f{n:03}", **row} for n, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=FACTS)


def at_the_end(text, rows, *, at=AT):
    agreement = parse_rules(HEAD + text)
    assert not agreement.issues
    facts = table(rows)
    evaluated = evaluate_fully(
        agreement.records,
        facts,
        coverage=empty(COVERAGE),
        areas=Areas(),
        start=START,
        until=at + timedelta(seconds=1),
    )
    end = at + timedelta(seconds=1)
    seen = watch(agreement.records, evaluated, facts, at=end, origin=Origin.EXERCISE)
    return {g.clause: g for g in seen.records.guarantees}, seen.records.notices


COMMON = [*BREACHES, *ATTRIBUTED, *MET]


def test_found_is_when_it_was_attributed_not_when_it_was_alleged():
    guarantees, _ = at_the_end(BY_DECISION, COMMON)
    response = guarantees["Article 6(1)"]
    attribute, meet, decide = response.steps
    assert attribute.done_at == T0
    assert meet.due == T0 + 24 * HOUR
    assert decide.due == T0 + 96 * HOUR


def test_automatic_measures_are_activated():
    guarantees, _ = at_the_end(AUTOMATIC, COMMON)
    measures = guarantees["Article 6(2)"]
    assert measures.mode == TriggerMode.AUTOMATIC
    assert measures.state == S.ACTIVATED
    assert measures.since == T0
    snapback = next(step for step in measures.steps if step.what == "snapback")
    assert snapback.done_at == T0 + 24 * HOUR


def test_before_it_takes_effect_the_page_shows_who_could_suspend_it():
    guarantees, _ = at_the_end(AUTOMATIC, COMMON, at=T0 + 2 * HOUR)
    measures = guarantees["Article 6(2)"]
    snapback = next(step for step in measures.steps if step.what == "snapback")
    assert snapback.blockers == ("Coalition",)
    assert "Coalition can suspend it" in measures.why


def test_decision_that_a_part_can_take_is_pending_and_shows_who_can_block():
    votes = ballots("Response", T0 + 30 * HOUR, Brennia="yes")
    guarantees, _ = at_the_end(BY_DECISION, [*COMMON, *PROPOSED, *votes])
    response = guarantees["Article 6(1)"]
    assert response.mode == TriggerMode.BY_DECISION
    assert response.state == S.DECISION_PENDING
    decide = response.steps[-1]
    assert decide.due == T0 + 96 * HOUR
    assert decide.blockers == ("Aurelia",)


def test_one_abstention_declines_what_all_must_adopt():
    votes = ballots(
        "Response", T0 + 30 * HOUR, Aurelia="yes", Brennia="yes", Caldoria="abstain"
    )
    guarantees, _ = at_the_end(BY_ALL, [*COMMON, *PROPOSED, *votes])
    response = guarantees["Article 6(1)"]
    assert response.mode == TriggerMode.BY_CONSENSUS
    assert response.state == S.DECLINED
    assert response.since == T0 + 32 * HOUR


def test_before_the_vote_everybody_can_block_what_all_must_adopt():
    guarantees, _ = at_the_end(BY_ALL, COMMON, at=T0 + 25 * HOUR)
    decide = guarantees["Article 6(1)"].steps[-1]
    assert decide.blockers == ("Aurelia", "Brennia", "Caldoria")


def test_meeting_that_never_took_place_is_told_to_the_coalition():
    guarantees, notices = at_the_end(BY_DECISION, [*BREACHES, *ATTRIBUTED])
    meet = guarantees["Article 6(1)"].steps[1]
    assert meet.missed
    told = [n for n in notices if "did not meet" in n.sentence]
    assert [n.at for n in told] == [T0 + 24 * HOUR]
    assert told[0].to[0] == "Coalition"


def test_allegation_that_nobody_attributes_never_reaches_the_guarantors():
    guarantees, _ = at_the_end(BY_DECISION, BREACHES)
    response = guarantees["Article 6(1)"]
    assert response.state == S.LAPSED
    assert response.steps[1].due is None


@pytest.mark.parametrize("hours", [0, 19, 60])
def test_evidence_in_any_order_gives_the_same_answer(hours):
    votes = ballots("Response", T0 + 30 * HOUR, Brennia="yes", Aurelia="yes")
    rows = [*COMMON, *PROPOSED, *votes]
    at = T0 + hours * HOUR
    there, told = at_the_end(BY_DECISION, rows, at=at)
    back, told_back = at_the_end(BY_DECISION, rows[::-1], at=at)
    states = {c: (g.state, g.since, g.steps) for c, g in there.items()}
    assert states == {c: (g.state, g.since, g.steps) for c, g in back.items()}
    assert [n.sentence for n in told] == [n.sentence for n in told_back]
