"""One promise on its way: what each event brings, and what each clock brings."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.guarantees.engine import Event, advance, begin, standing
from tocsin.guarantees.promises import Asked, Gate, Occasion, Promise
from tocsin.model import GuaranteeState as S
from tocsin.model import Origin, TriggerMode

BREACH = datetime(2025, 3, 6, 0, tzinfo=UTC)
ALLEGED = BREACH + timedelta(hours=10)
FOUND = ALLEGED + timedelta(hours=30)
HOUR = timedelta(hours=1)

ATTRIBUTE = Asked(
    kind="attribute",
    what="attribute the serious violation",
    name="serious_violation",
    clause="Article 5(1)",
    owed_by=("Mechanism",),
    after_s=48 * 3600,
    runs_from="alleged",
    otherwise="Article 6(3)",
)
MEET = Asked(
    kind="consult",
    what="meet",
    name="meet",
    clause="Article 6(1)",
    owed_by=("Coalition",),
    after_s=24 * 3600,
)
DECIDE = Asked(
    kind="decide",
    what="adopt Response",
    name="Response",
    clause="Article 6(1)",
    owed_by=("Coalition",),
    after_s=72 * 3600,
    blockers=("Aurelia", "Brennia"),
    otherwise="Article 6(3)",
)
CONSULTATION = Promise(
    clause="Article 6(1)",
    title="Consultation and response",
    mode=TriggerMode.BY_DECISION,
    findings=("serious_violation",),
    attributions=(ATTRIBUTE,),
    steps=(MEET, DECIDE),
)
MEASURES = Promise(
    clause="Article 6(3)",
    title="Automatic measures",
    mode=TriggerMode.AUTOMATIC,
    woken_by=("Article 6(1)",),
    steps=(
        Asked(
            kind="effect",
            what="snapback",
            name="snapback",
            clause="Article 6(3)",
            after_s=7 * 86_400,
            runs_from="woken",
            blockers=("Coalition",),
        ),
    ),
)
DEPLOYMENT = Promise(
    clause="Article 6(2)",
    title="Deployment",
    mode=TriggerMode.BY_DECISION,
    findings=("serious_violation",),
    attributions=(ATTRIBUTE,),
    steps=(
        Asked(
            kind="power",
            what="Coalition may deploy Force",
            name="deploy",
            clause="Article 6(2)",
        ),
    ),
    gates=(
        Gate(kind="in_force", words="Article 1(1) in force", name="Article 1(1)"),
        Gate(kind="act", words="consent of Southland", name="consent", by="Southland"),
        Gate(kind="adopted", words="adopted Response", name="Response"),
    ),
    upstream="Article 6(1)",
    lapses_s=90 * 86_400,
    lapses_in_words="after 90 days",
)
NORTHLAND = Occasion(
    party="Northland", sector="Alvenor", finding="serious_violation", episode="e1"
)
ALLEGATION = Event(what="alleged", at=ALLEGED)
FINDING = Event(what="found", at=FOUND)


def after(events, at, *, promise=CONSULTATION, about=NORTHLAND):
    state = begin(promise, about, origin=Origin.EXERCISE)
    return advance(state, events, at=at)


def step(guarantee, what):
    return next(s for s in guarantee.steps if s.what == what)


def test_promise_sleeps_until_something_happens():
    guarantee = after([], BREACH).guarantee
    assert guarantee.state == S.DORMANT
    assert guarantee.since is None
    assert "no serious violation is alleged or found" in guarantee.why


def test_promise_that_was_never_advanced_sleeps():
    assert standing(begin(MEASURES, Occasion(), origin=Origin.EXERCISE)).state == (
        S.DORMANT
    )


def test_allegation_starts_the_clock_of_attribution_and_no_other():
    guarantee = after([ALLEGATION], ALLEGED + HOUR).guarantee
    assert guarantee.state == S.CONDITION_ALLEGED
    attribute = step(guarantee, "attribute the serious violation")
    assert attribute.due == ALLEGED + 48 * HOUR
    assert step(guarantee, "meet").due is None
    assert step(guarantee, "adopt Response").due is None


def test_guarantors_clocks_run_from_the_finding_not_from_the_allegation():
    guarantee = after([ALLEGATION, FINDING], FOUND).guarantee
    assert guarantee.state == S.CONDITION_FOUND
    assert guarantee.since == FOUND
    assert step(guarantee, "meet").due == FOUND + 24 * HOUR
    assert step(guarantee, "adopt Response").due == FOUND + 72 * HOUR
    assert step(guarantee, "attribute the serious violation").done_at == FOUND


def test_who_can_block_stands_at_each_open_step():
    guarantee = after([ALLEGATION, FINDING], FOUND).guarantee
    assert step(guarantee, "adopt Response").blockers == ("Aurelia", "Brennia")
    voted = Event(what="tallied", at=FOUND + HOUR, step="Response", by=("Brennia",))
    later = after([ALLEGATION, FINDING, voted], FOUND + HOUR).guarantee
    assert step(later, "adopt Response").blockers == ("Brennia",)


def test_allegation_that_nobody_attributes_in_time_lapses_and_says_what_follows():
    due = ALLEGED + 48 * HOUR
    before = after([ALLEGATION], due - timedelta(seconds=1)).guarantee
    at_due = after([ALLEGATION], due)
    assert before.state == S.CONDITION_ALLEGED
    assert at_due.guarantee.state == S.LAPSED
    assert at_due.guarantee.since == due
    assert "Article 6(3)" in at_due.guarantee.why
    assert at_due.notices[-1].to[0] == "Mechanism"


def test_attribution_in_the_last_second_is_in_time():
    due = ALLEGED + 48 * HOUR
    found = Event(what="found", at=due)
    assert after([ALLEGATION, found], due).guarantee.state == S.CONDITION_FOUND


def test_rejected_attribution_declines_the_promise():
    no = Event(what="not_found", at=FOUND)
    guarantee = after([ALLEGATION, no], FOUND).guarantee
    assert guarantee.state == S.DECLINED
    assert "decided that it is not found" in guarantee.why


def test_meeting_in_time_calls_the_consultation():
    met = Event(what="done", at=FOUND + 20 * HOUR, step="meet")
    guarantee = after([ALLEGATION, FINDING, met], FOUND + 21 * HOUR).guarantee
    assert guarantee.state == S.CONSULTATION_CALLED
    assert step(guarantee, "meet").done_at == FOUND + 20 * HOUR
    assert not step(guarantee, "meet").missed
    assert "adopt Response" in guarantee.why


def test_consultation_not_called_within_its_24_hours_is_missed_and_told():
    said = after([ALLEGATION, FINDING], FOUND + 25 * HOUR)
    assert said.guarantee.state == S.CONDITION_FOUND
    assert step(said.guarantee, "meet").missed
    notice = said.notices[-1]
    assert notice.at == FOUND + 24 * HOUR
    assert "Coalition did not meet by 2025-03-08T16:00:00Z" in notice.sentence
    assert "The text says nothing of what follows." in notice.sentence


def test_late_meeting_stays_late():
    met = Event(what="done", at=FOUND + 30 * HOUR, step="meet")
    guarantee = after([ALLEGATION, FINDING, met], FOUND + 31 * HOUR).guarantee
    assert guarantee.state == S.CONSULTATION_CALLED
    assert step(guarantee, "meet").missed
    assert step(guarantee, "meet").done_at == FOUND + 30 * HOUR


def test_step_that_nobody_could_see_is_not_called_missed():
    unseen = Event(what="called_for", at=FOUND, step="meet", known=False)
    said = after([ALLEGATION, FINDING, unseen], FOUND + 25 * HOUR)
    assert not step(said.guarantee, "meet").missed
    assert not any("did not meet" in notice.sentence for notice in said.notices)


def test_clock_that_the_evaluation_stopped_runs_as_the_evaluation_says():
    later = FOUND + 60 * HOUR
    called = Event(what="called_for", at=FOUND, step="meet", due=later)
    guarantee = after([ALLEGATION, FINDING, called], FOUND + 25 * HOUR).guarantee
    assert step(guarantee, "meet").due == later
    assert not step(guarantee, "meet").missed


def test_proposal_makes_the_decision_pending():
    proposed = Event(what="proposed", at=FOUND + 2 * HOUR, step="Response")
    guarantee = after([ALLEGATION, FINDING, proposed], FOUND + 3 * HOUR).guarantee
    assert guarantee.state == S.DECISION_PENDING


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("adopted", S.ACTIVATED), ("rejected", S.DECLINED), ("lapsed", S.LAPSED)],
)
def test_outcome_of_the_decision_is_the_state_of_the_promise(outcome, state):
    decided = Event(what=outcome, at=FOUND + 50 * HOUR, step="Response")
    said = after([ALLEGATION, FINDING, decided], FOUND + 500 * HOUR)
    assert said.guarantee.state == state
    assert said.guarantee.since == FOUND + 50 * HOUR


def test_decision_not_taken_by_its_deadline_has_lapsed():
    said = after([ALLEGATION, FINDING], FOUND + 72 * HOUR)
    assert said.guarantee.state == S.LAPSED
    assert "No decision was taken in time" in said.guarantee.why
    assert "Article 6(3)" in said.guarantee.why


def test_adoption_in_the_last_second_counts():
    decided = Event(what="adopted", at=FOUND + 72 * HOUR, step="Response")
    said = after([ALLEGATION, FINDING, decided], FOUND + 73 * HOUR)
    assert said.guarantee.state == S.ACTIVATED


def test_adoption_after_the_deadline_changes_nothing():
    late = Event(what="adopted", at=FOUND + 72 * HOUR + timedelta(seconds=1))
    said = after([ALLEGATION, FINDING, late], FOUND + 100 * HOUR)
    assert said.guarantee.state == S.LAPSED


def test_measure_that_needs_no_decision_is_owed_as_soon_as_it_is_called_for():
    woken = Event(what="woken", at=FOUND + 72 * HOUR)
    about = Occasion(party="Northland", because=("Article 6(1)",))
    said = after([woken], FOUND + 73 * HOUR, promise=MEASURES, about=about)
    snapback = step(said.guarantee, "snapback")
    assert said.guarantee.state == S.ACTIVATED
    assert snapback.due == FOUND + 72 * HOUR + timedelta(days=7)
    assert snapback.done_at is None
    assert snapback.blockers == ("Coalition",)


def test_measure_takes_effect_by_itself():
    woken = Event(what="woken", at=FOUND)
    said = after([woken], FOUND + timedelta(days=8), promise=MEASURES)
    snapback = step(said.guarantee, "snapback")
    assert snapback.done_at == FOUND + timedelta(days=7)
    assert not snapback.missed


def test_measure_can_be_suspended_by_whom_the_text_names():
    events = [
        Event(what="woken", at=FOUND),
        Event(what="suspended", at=FOUND + timedelta(days=3)),
    ]
    said = after(events, FOUND + timedelta(days=8), promise=MEASURES)
    assert said.guarantee.state == S.SUSPENDED
    assert "as the text allows" in said.guarantee.why


GATES = [
    ALLEGATION,
    FINDING,
    Event(what="opened", at=BREACH, step="Article 1(1) in force"),
    Event(what="opened", at=FOUND + 40 * HOUR, step="adopted Response"),
    Event(what="adopted", at=FOUND + 40 * HOUR, step="Response"),
]
CONSENT = Event(what="opened", at=FOUND + 60 * HOUR, step="consent of Southland")


def test_power_with_a_gate_of_which_nothing_is_known_is_not_open():
    said = after(GATES, FOUND + 50 * HOUR, promise=DEPLOYMENT)
    assert said.guarantee.state == S.DECISION_PENDING
    assert "consent of Southland: unknown" in said.guarantee.why
    assert step(said.guarantee, "consent of Southland: unknown").blockers == (
        "Southland",
    )


def test_power_opens_with_its_last_gate():
    said = after([*GATES, CONSENT], FOUND + 61 * HOUR, promise=DEPLOYMENT)
    assert said.guarantee.state == S.ACTIVATED
    assert said.guarantee.since == FOUND + 60 * HOUR


def test_consent_given_long_before_opens_nothing_alone():
    early = Event(what="opened", at=BREACH, step="consent of Southland")
    said = after([early, *GATES[:3]], FOUND + HOUR, promise=DEPLOYMENT)
    assert said.guarantee.state != S.ACTIVATED


def test_power_is_suspended_while_a_gate_is_closed_again():
    closed = Event(what="closed", at=FOUND + 70 * HOUR, step="consent of Southland")
    again = Event(what="opened", at=FOUND + 80 * HOUR, step="consent of Southland")
    events = [*GATES, CONSENT, closed, again]
    at = {h: after(events, FOUND + h * HOUR, promise=DEPLOYMENT) for h in (71, 81)}
    assert at[71].guarantee.state == S.SUSPENDED
    assert at[81].guarantee.state == S.ACTIVATED


@pytest.mark.parametrize("gates", [GATES, [*GATES, CONSENT]])
def test_power_lapses_at_its_time_used_or_not(gates):
    adopted = FOUND + 40 * HOUR
    said = after(gates, adopted + timedelta(days=90), promise=DEPLOYMENT)
    assert said.guarantee.state == S.LAPSED
    assert said.guarantee.since == adopted + timedelta(days=90)


def test_power_is_declined_with_its_decision():
    no = Event(what="rejected", at=FOUND + 40 * HOUR, step="Response")
    events = [ALLEGATION, FINDING, no, CONSENT]
    said = after(events, FOUND + 70 * HOUR, promise=DEPLOYMENT)
    assert said.guarantee.state == S.DECLINED


def test_promise_ends_with_its_text():
    ended = Event(what="ended", at=FOUND + 10 * HOUR)
    said = after([ALLEGATION, FINDING, ended], FOUND + 500 * HOUR)
    assert said.guarantee.state == S.TERMINATED
    assert not step(said.guarantee, "meet").missed


def test_promise_that_only_asks_to_talk_stays_at_talking():
    talk = Promise(
        clause="Article 6(5)",
        title="Consultation",
        mode=TriggerMode.AUTOMATIC,
        findings=("serious_violation",),
        steps=(MEET,),
    )
    met = Event(what="done", at=FOUND + HOUR, step="meet")
    said = after([FINDING, met], FOUND + timedelta(days=30), promise=talk)
    assert said.guarantee.state == S.CONSULTATION_CALLED
    assert "asks for no more than talking" in said.guarantee.why


def test_each_change_is_a_version_that_names_the_one_before():
    first = after([ALLEGATION], ALLEGED)
    second = advance(first.state, [FINDING], at=FOUND)
    assert second.guarantee.version == first.guarantee.version + 1
    assert second.guarantee.supersedes == first.guarantee.guarantee_id


def test_notice_is_given_once():
    first = after([ALLEGATION, FINDING], FOUND)
    assert first.notices
    assert advance(first.state, [FINDING], at=FOUND + HOUR).notices == ()


def test_notice_that_later_evidence_contradicts_is_withdrawn():
    missed = after([ALLEGATION, FINDING], FOUND + 25 * HOUR)
    met = Event(what="done", at=FOUND + 3 * HOUR, step="meet")
    corrected = advance(missed.state, [met], at=FOUND + 26 * HOUR)
    assert not step(corrected.guarantee, "meet").missed
    withdrawn = [n for n in corrected.notices if n.sentence.startswith("Withdrawn")]
    assert len(withdrawn) == 1
    assert "did not meet" in withdrawn[0].sentence


def test_looking_back_shows_what_stood_then_and_withdraws_nothing():
    now = after([ALLEGATION, FINDING], FOUND + 25 * HOUR)
    then = advance(now.state, [], at=ALLEGED + HOUR)
    assert then.guarantee.state == S.CONDITION_ALLEGED
    assert then.notices == ()


def test_origin_is_carried_into_every_record():
    said = after([ALLEGATION], ALLEGED)
    assert said.guarantee.origin == Origin.EXERCISE
    assert {notice.origin for notice in said.notices} == {Origin.EXERCISE}
