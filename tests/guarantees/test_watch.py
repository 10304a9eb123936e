"""From an evaluation to the promises of a whole agreement."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tocsin.agreement.evaluate.results import (
    Decision,
    Duty,
    Effect,
    Episode,
    Evaluation,
)
from tocsin.agreement.parse import parse_rules
from tocsin.guarantees import watch
from tocsin.model import FACTS, VERDICTS, Origin, empty
from tocsin.model import GuaranteeState as S

HOUR = timedelta(hours=1)
ALLEGED = datetime(2025, 3, 6, 10, tzinfo=UTC)
FOUND = ALLEGED + 30 * HOUR
EPISODE_ID = "serious_violation/Northland/Alvenor/2025-03-06T10:00:00Z"

TEXT = """parties Northland, Southland
group Coalition of Aurelia, Brennia, Caldoria
body Mechanism of Meridia, Aurelia, Brennia
Article 1(1) "Ceasefire"
  in force from 2025-03-03T00:00Z
  in force until 2025-06-30T00:00Z
  forbid any party to fire
Article 5(1) "Serious violation"
  finding serious_violation for party, sector
  when count of breaches of Article 1(1) by party in sector over 72 hours >= 40
  attributed by Mechanism
    vote 2 of 3 of Meridia, Aurelia, Brennia
    within 48 hours of alleged
    otherwise Article 6(3)
Article 6(1) "Consultation"
  in force until end of Article 1(1)
  upon found serious_violation on party, sector
  oblige Coalition to meet
  within 24 hours of found
  decide Response
    vote two thirds of votes
    veto Aurelia, Brennia
    within 72 hours of found
    otherwise Article 6(3)
Article 6(2) "Deployment"
  in force until end of Article 1(1)
  power Coalition to deploy Force
  needs Article 1(1) in force
    and consent of Southland
    and adopted Response
    and mandate of each contributor
  lapses after 90 days
Article 6(3) "Measures"
  in force until end of Article 1(1)
  upon lapsed Article 6(1)
  effect snapback on party
  within 7 days of due
"""
AGREEMENT = parse_rules(TEXT).records

EPISODE = Episode(
    episode_id=EPISODE_ID,
    clause="Article 5(1)",
    name="serious_violation",
    party="Northland",
    sector="Alvenor",
    alleged_at=ALLEGED,
    found_at=FOUND,
    attribution="adopted",
    attribution_due=ALLEGED + 48 * HOUR,
    p=0.9,
)
DUTY = Duty(
    clause="Article 6(1)",
    holder="Coalition",
    act="meet",
    episode=EPISODE_ID,
    party="Northland",
    arose_at=FOUND,
    due=FOUND + 24 * HOUR,
    done_at=FOUND + 20 * HOUR,
    state="met",
)
DECISION = Decision(
    clause="Article 6(1)",
    name="Response",
    body="Coalition",
    episode=EPISODE_ID,
    party="Northland",
    opened_at=FOUND,
    proposal_at=FOUND + 21 * HOUR,
    outcome="pending",
    decided_at=None,
    due=FOUND + 72 * HOUR,
    otherwise="Article 6(3)",
    yes=("Caldoria",),
    can_block=("Aurelia", "Brennia"),
)


def changed(record, **fields):
    return type(record)(
        **{name: getattr(record, name) for name in record.__struct_fields__} | fields
    )


def evaluation(**parts):
    return Evaluation(verdicts=empty(VERDICTS), **parts)


def register(*acts):
    rows = [
        {"fact_id": str(n), "kind": kind, "party": party, "t": t, **more}
        for n, (kind, party, t, more) in enumerate(acts)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([*FACTS]))


def watched(at, *, facts=None, **parts):
    outcome = watch(
        AGREEMENT,
        evaluation(**parts),
        register() if facts is None else facts,
        at=at + timedelta(seconds=1),
        origin=Origin.EXERCISE,
    )
    return outcome.records


def states(seen):
    return {g.clause: g.state for g in seen.guarantees}


def test_every_promise_of_the_text_sleeps_where_nothing_happened():
    seen = watched(FOUND)
    assert states(seen) == dict.fromkeys(
        ["Article 6(1)", "Article 6(2)", "Article 6(3)"], S.DORMANT
    )
    assert seen.notices == ()
    assert all(g.party is None for g in seen.guarantees)


def test_sleeping_promise_already_shows_who_could_block_it():
    consultation = watched(FOUND).guarantees[0]
    assert consultation.steps[-1].blockers == ("Aurelia", "Brennia")


def test_alleged_episode_wakes_nobody_yet():
    alleged = changed(EPISODE, found_at=None, attribution="pending")
    seen = watched(ALLEGED + HOUR, episodes=(alleged,))
    assert states(seen)["Article 6(1)"] == S.CONDITION_ALLEGED
    assert states(seen)["Article 6(3)"] == S.DORMANT


def test_attribution_that_lapsed_lets_the_promise_lapse():
    due = ALLEGED + 48 * HOUR
    lapsed = changed(EPISODE, found_at=None, attribution="lapsed")
    measure = Effect(
        clause="Article 6(3)",
        effect="snapback",
        on="Northland",
        because=("Article 5(1)",),
        arose_at=due,
        due=due + timedelta(days=7),
    )
    seen = watched(due, episodes=(lapsed,), effects=(measure,))
    assert states(seen)["Article 6(1)"] == S.LAPSED
    assert states(seen)["Article 6(3)"] == S.ACTIVATED


def test_found_episode_with_a_meeting_and_a_proposal_is_before_the_decision():
    seen = watched(
        FOUND + 22 * HOUR,
        episodes=(EPISODE,),
        duties=(DUTY,),
        decisions=(DECISION,),
    )
    consultation = seen.guarantees[0]
    assert consultation.state == S.DECISION_PENDING
    assert consultation.party == "Northland"
    assert consultation.sector == "Alvenor"
    assert consultation.episode == EPISODE_ID
    meet, decide = consultation.steps[1:]
    assert meet.done_at == FOUND + 20 * HOUR
    assert decide.due == FOUND + 72 * HOUR
    assert decide.blockers == ("Aurelia", "Brennia")


def test_missed_consultation_is_said_to_the_coalition():
    missed = changed(DUTY, done_at=None, state="breached")
    seen = watched(FOUND + 25 * HOUR, episodes=(EPISODE,), duties=(missed,))
    told = [n for n in seen.notices if "did not meet" in n.sentence]
    assert [n.to[0] for n in told] == ["Coalition"]
    assert told[0].at == FOUND + 24 * HOUR


def test_meeting_held_too_late_is_on_record_as_late():
    missed = changed(DUTY, done_at=None, state="breached")
    met = ("meet", "Coalition", FOUND + 41 * HOUR, {"target_party": "Northland"})
    seen = watched(
        FOUND + 42 * HOUR, facts=register(met), episodes=(EPISODE,), duties=(missed,)
    )
    consultation = seen.guarantees[0]
    assert consultation.state == S.CONSULTATION_CALLED
    assert consultation.steps[1].done_at == FOUND + 41 * HOUR
    assert consultation.steps[1].missed
    assert "too late" in seen.notices[-1].sentence


def test_meeting_about_somebody_else_is_not_this_meeting():
    missed = changed(DUTY, done_at=None, state="breached")
    met = ("meet", "Coalition", FOUND + 41 * HOUR, {"target_party": "Southland"})
    seen = watched(
        FOUND + 42 * HOUR, facts=register(met), episodes=(EPISODE,), duties=(missed,)
    )
    assert seen.guarantees[0].state == S.CONDITION_FOUND


def test_first_ballot_makes_the_decision_pending_even_without_a_proposal():
    unproposed = changed(DECISION, proposal_at=None)
    about = {"subject": "response", "target_party": "Northland", "vote": "yes"}
    ballot = ("ballot", "Caldoria", FOUND + 5 * HOUR, about)
    seen = watched(
        FOUND + 6 * HOUR,
        facts=register(ballot),
        episodes=(EPISODE,),
        decisions=(unproposed,),
    )
    assert seen.guarantees[0].state == S.DECISION_PENDING


def test_measure_says_how_many_episodes_woke_it():
    others = tuple(
        changed(EPISODE, episode_id=f"e{n}", alleged_at=ALLEGED + n * HOUR)
        for n in range(3)
    )
    measure = Effect(
        clause="Article 6(3)",
        effect="snapback",
        on="Northland",
        because=("e0", "e1", "e2"),
        arose_at=FOUND,
        due=FOUND + timedelta(days=7),
    )
    seen = watched(FOUND, episodes=others, effects=(measure,))
    measures = next(g for g in seen.guarantees if g.clause == "Article 6(3)")
    assert "3 times serious violation by Northland" in measures.why


def test_duty_that_nobody_could_watch_is_not_held_against_its_bearer():
    unseen = changed(DUTY, done_at=None, state="undetermined")
    seen = watched(FOUND + 25 * HOUR, episodes=(EPISODE,), duties=(unseen,))
    assert not any(step.missed for step in seen.guarantees[0].steps)


ADOPTED = changed(
    DECISION, outcome="adopted", decided_at=FOUND + 40 * HOUR, can_block=()
)
GIVEN = (
    ("consent", "Southland", FOUND + 50 * HOUR, {}),
    ("mandate", "Aurelia", FOUND + 51 * HOUR, {}),
    ("mandate", "Brennia", FOUND + 52 * HOUR, {"subject": "Force"}),
    ("mandate", "Caldoria", FOUND + 53 * HOUR, {"subject": "Response"}),
)
ADOPTED_PARTS = {
    "episodes": (EPISODE,),
    "duties": (DUTY,),
    "decisions": (ADOPTED,),
}


def power(at, *acts):
    seen = watched(at, facts=register(*acts), **ADOPTED_PARTS)
    return next(g for g in seen.guarantees if g.clause == "Article 6(2)")


def test_power_waits_for_the_consent_and_the_mandates():
    deployment = power(FOUND + 60 * HOUR, *GIVEN[1:])
    assert deployment.state == S.DECISION_PENDING
    gates = {s.what: s.blockers for s in deployment.steps if ": " in s.what}
    assert gates["consent of Southland: unknown"] == ("Southland",)
    assert "mandate of Aurelia: open" in gates
    assert "Article 1(1) in force: open" in gates


def test_power_opens_with_the_last_mandate():
    deployment = power(FOUND + 60 * HOUR, *GIVEN)
    assert deployment.state == S.ACTIVATED
    assert deployment.since == FOUND + 53 * HOUR


@pytest.mark.parametrize(
    "taken_back",
    [
        ("withdraw_consent", "Southland", FOUND + 55 * HOUR, {}),
        ("refuse_consent", "Southland", FOUND + 55 * HOUR, {}),
        ("consent", "Southland", FOUND + 55 * HOUR, {"vote": "no"}),
    ],
)
def test_consent_taken_back_suspends_the_power(taken_back):
    deployment = power(FOUND + 60 * HOUR, *GIVEN, taken_back)
    assert deployment.state == S.SUSPENDED
    assert "consent of Southland: closed" in deployment.why


def test_consent_to_something_else_opens_nothing():
    other = ("consent", "Southland", FOUND + 50 * HOUR, {"subject": "Inspection"})
    assert power(FOUND + 60 * HOUR, other, *GIVEN[1:]).state == S.DECISION_PENDING


def test_consent_that_was_withdrawn_from_the_record_opens_nothing():
    corrected = ("withdrawal", None, FOUND + 55 * HOUR, {"withdraws": "0"})
    assert power(FOUND + 60 * HOUR, *GIVEN, corrected).state == S.DECISION_PENDING


def test_only_those_who_contribute_need_a_mandate_once_somebody_does():
    contributes = ("contribute", "Aurelia", FOUND, {})
    deployment = power(FOUND + 60 * HOUR, contributes, GIVEN[0], GIVEN[1])
    assert deployment.state == S.ACTIVATED
    assert not any("Brennia" in step.what for step in deployment.steps)


def test_measure_after_a_lapsed_decision_names_what_woke_it():
    lapsed = changed(
        DECISION, outcome="lapsed", decided_at=FOUND + 72 * HOUR, can_block=()
    )
    measure = Effect(
        clause="Article 6(3)",
        effect="snapback",
        on="Northland",
        because=("Article 6(1)",),
        arose_at=FOUND + 72 * HOUR,
        due=FOUND + 72 * HOUR + timedelta(days=7),
    )
    seen = watched(
        FOUND + 80 * HOUR,
        episodes=(EPISODE,),
        duties=(DUTY,),
        decisions=(lapsed,),
        effects=(measure,),
    )
    assert states(seen) == {
        "Article 6(1)": S.LAPSED,
        "Article 6(2)": S.LAPSED,
        "Article 6(3)": S.ACTIVATED,
    }


def test_two_episodes_are_two_occasions_of_one_promise():
    other = changed(EPISODE, episode_id="other", party="Southland", sector="Brasketh")
    seen = watched(FOUND, episodes=(EPISODE, other))
    parties = [g.party for g in seen.guarantees if g.clause == "Article 6(1)"]
    assert parties == ["Northland", "Southland"]


def test_promise_ends_with_the_agreement():
    seen = watched(datetime(2025, 7, 1, tzinfo=UTC))
    assert set(states(seen).values()) == {S.TERMINATED}


def test_nothing_is_known_of_an_episode_before_it_opens():
    seen = watched(ALLEGED - HOUR, episodes=(EPISODE,), duties=(DUTY,))
    assert states(seen)["Article 6(1)"] == S.DORMANT


def test_end_of_the_question_is_not_part_of_it():
    """The evaluation knows nothing of the second in which its question ends."""
    parts = {"episodes": (EPISODE,), "duties": (changed(DUTY, done_at=None),)}

    def missed(at):
        outcome = watch(
            AGREEMENT, evaluation(**parts), register(), at=at, origin=Origin.EXERCISE
        )
        return outcome.records.guarantees[0].steps[1].missed

    due = FOUND + 24 * HOUR
    assert not missed(due)
    assert missed(due + timedelta(seconds=1))


def test_every_version_is_kept_and_the_last_is_how_it_stands():
    seen = watched(FOUND + 22 * HOUR, **ADOPTED_PARTS)
    assert set(seen.guarantees) <= set(seen.versions)
    mine = [g for g in seen.versions if g.clause == "Article 6(1)"]
    assert [g.version for g in mine] == list(range(1, len(mine) + 1))
    assert [g.state for g in mine][:3] == [
        S.DORMANT,
        S.CONDITION_ALLEGED,
        S.CONDITION_FOUND,
    ]
    befores = [g.guarantee_id for g in mine[:-1]]
    assert [g.supersedes for g in mine[1:]] == befores


def test_order_of_the_register_does_not_matter():
    there = power(FOUND + 60 * HOUR, *GIVEN)
    back = power(FOUND + 60 * HOUR, *reversed(GIVEN))
    assert there == back


def test_agreement_that_promises_nothing_gives_no_records():
    bare = parse_rules("parties A, B\nArticle 1\n  forbid any party to fire\n").records
    outcome = watch(bare, evaluation(), register(), at=FOUND, origin=Origin.OBSERVED)
    assert outcome.records.guarantees == ()
    assert outcome.issues == ()
