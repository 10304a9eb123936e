"""Laws of the clock: what must hold whatever happens, in whatever order it is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tocsin.guarantees import (
    FINAL,
    Asked,
    Event,
    Gate,
    Occasion,
    Promise,
    advance,
    begin,
    standing,
)
from tocsin.guarantees.story import ORDER
from tocsin.model import GuaranteeState as S
from tocsin.model import Origin, TriggerMode

START = datetime(2025, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY_S = 86_400


def asked(kind, name, after_s, **more):
    clocked = {} if after_s is None else {"after_s": after_s}
    return Asked(kind=kind, what=name, name=name, clause="Article 6", **clocked, **more)


ATTRIBUTE = asked("attribute", "storm", 2 * DAY_S, runs_from="alleged")
CONSULT = asked("consult", "meet", DAY_S, owed_by=("Coalition",))
DECIDE = asked("decide", "Response", 3 * DAY_S, owed_by=("Coalition",))
EFFECT = asked("effect", "snapback", 7 * DAY_S, runs_from="woken")
ACT = asked("act", "assist", DAY_S, owed_by=("Aurelia",))
POWER = asked("power", "deploy", None)
CONSENT = Gate(kind="act", words="consent of Southland", name="consent", by="Southland")
ADOPTED = Gate(kind="adopted", words="adopted Response", name="Response")


def promise(mode, steps, **more):
    return Promise(clause="Article 6", title="Test", mode=mode, steps=steps, **more)


WOKEN = {"findings": ("storm",), "attributions": (ATTRIBUTE,)}
PROMISES = {
    "consult and decide": promise(TriggerMode.BY_DECISION, (CONSULT, DECIDE), **WOKEN),
    "decide": promise(TriggerMode.BY_CONSENSUS, (DECIDE,), **WOKEN),
    "consult only": promise(TriggerMode.AUTOMATIC, (CONSULT,), **WOKEN),
    "duty": promise(TriggerMode.AUTOMATIC, (ACT,), **WOKEN),
    "measure": promise(TriggerMode.AUTOMATIC, (EFFECT,)),
    "power after a decision": promise(
        TriggerMode.BY_DECISION,
        (POWER,),
        gates=(CONSENT, ADOPTED),
        upstream="Article 5",
        lapses_s=9 * DAY_S,
        **WOKEN,
    ),
    "power on request": promise(
        TriggerMode.BY_REQUEST, (POWER,), gates=(CONSENT,), lapses_s=9 * DAY_S
    ),
}
STEPS = ("", "meet", "Response", "assist", "snapback", CONSENT.words, ADOPTED.words)

instants = st.integers(0, 400).map(lambda h: START + h * HOUR)
anything = st.builds(
    Event,
    what=st.sampled_from(sorted(ORDER)),
    at=instants,
    step=st.sampled_from(STEPS),
    known=st.booleans(),
)
histories = st.lists(anything, max_size=12)
any_promise = st.sampled_from(list(PROMISES.values()))


def run(made, events, at):
    about = Occasion(party="Northland", finding="storm", episode="e")
    return advance(begin(made, about, origin=Origin.EXERCISE), events, at=at)


def stands(said):
    """All that a reader sees of a promise."""
    return said.guarantee


@given(any_promise, histories, instants, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(made, events, at, shuffler):
    shuffled = list(events)
    shuffler.shuffle(shuffled)
    assert stands(run(made, events, at)) == stands(run(made, shuffled, at))


@given(any_promise, histories, st.integers(0, 12), instants, instants)
def test_advancing_in_two_steps_is_advancing_in_one(made, events, cut, a, b):
    early, late = sorted((a, b))
    first = run(made, events[:cut], early)
    second = advance(first.state, events[cut:], at=late)
    assert stands(second) == stands(run(made, events, late))


@given(any_promise, histories, instants, instants)
def test_notices_of_two_steps_are_the_notices_of_one(made, events, a, b):
    early, late = sorted((a, b))
    first = run(made, events, early)
    second = advance(first.state, [], at=late)
    assert first.notices + second.notices == run(made, events, late).notices


@given(any_promise, histories, instants)
def test_telling_the_same_twice_changes_nothing(made, events, at):
    once = run(made, events, at)
    again = advance(once.state, events, at=at)
    assert stands(again) == stands(once)
    assert again.notices == ()


@given(any_promise, histories, instants)
def test_promise_stands_in_exactly_one_state_and_says_why(made, events, at):
    said = run(made, events, at)
    assert said.guarantee.state in S
    assert said.guarantee.why
    assert (said.guarantee.since is None) == (said.guarantee.version == 1) or (
        said.guarantee.state == S.DORMANT
    )
    assert standing(said.state) == said.guarantee


@given(any_promise, histories, instants)
def test_no_promise_is_activated_before_what_wakes_it(made, events, at):
    said = run(made, events, at)
    if said.guarantee.state == S.ACTIVATED:
        on_request = made.gates and not made.findings
        wakes = {"opened"} if on_request else {"found", "woken"}
        assert said.guarantee.since >= min(e.at for e in events if e.what in wakes)


gate_events = st.builds(
    Event,
    what=st.sampled_from(["opened", "closed", "opened"]),
    at=st.integers(0, 40).map(lambda h: START + h * HOUR),
    step=st.sampled_from([CONSENT.words, ADOPTED.words]),
)


@given(
    st.sampled_from([p for p in PROMISES.values() if p.gates]),
    st.lists(gate_events, max_size=12),
    st.integers(0, 48),
)
def test_power_is_open_only_while_all_its_gates_are(made, events, later):
    found = Event(what="found", at=START)
    at = START + later * HOUR
    said = run(made, [found, *events], at)
    last = {}
    for event in sorted(events, key=lambda e: (e.at, ORDER[e.what])):
        if event.at <= at:
            last[event.step] = event.what
    is_open = all(last.get(gate.words) == "opened" for gate in made.gates)
    assert (said.guarantee.state == S.ACTIVATED) == is_open


def test_a_decision_that_lapsed_before_its_clock_ran_is_missed_without_an_instant():
    events = [
        Event(what="lapsed", at=START, step="Response"),
        Event(what="woken", at=START, known=False),
    ]
    said = run(PROMISES["consult and decide"], events, START)
    assert said.guarantee.state == S.LAPSED
    assert "in time (no instant on record)" in said.notices[-1].sentence


@settings(max_examples=300)
@given(any_promise, histories, instants, instants)
def test_time_alone_never_brings_a_promise_back(made, events, a, b):
    early, late = sorted((a, b))
    first = run(made, [e for e in events if e.at <= early], early)
    if first.guarantee.state in FINAL:
        second = advance(first.state, [], at=late)
        assert stands(second) == stands(first)


@settings(max_examples=300)
@given(any_promise, histories, instants, histories)
def test_what_happens_after_the_end_does_not_bring_a_promise_back(
    made, events, at, more
):
    first = run(made, [e for e in events if e.at <= at], at)
    if first.guarantee.state in FINAL:
        later = [e for e in more if e.at > at]
        second = advance(first.state, later, at=START + 500 * HOUR)
        assert second.guarantee.state == first.guarantee.state


@given(instants, st.integers(0, 47), st.integers(0, 400))
def test_clock_runs_from_found_whenever_it_was_alleged(alleged, wait, later):
    found = alleged + wait * HOUR
    events = [Event(what="alleged", at=alleged), Event(what="found", at=found)]
    said = run(PROMISES["consult and decide"], events, found + later * HOUR)
    meet, response = said.guarantee.steps[1:]
    assert meet.due == found + timedelta(days=1)
    assert response.due == found + timedelta(days=3)
    assert meet.missed == (later >= 24)


@given(any_promise, histories, instants)
def test_step_is_missed_only_once_its_time_is_over(made, events, at):
    for step in run(made, events, at).guarantee.steps:
        if step.missed and step.done_at is None and step.due is not None:
            decided = [e.at for e in events if e.what == "lapsed" and e.at <= at]
            assert step.due <= at or decided


@given(any_promise, histories, instants)
def test_every_notice_names_its_clause_and_somebody_or_says_it_of_the_party(
    made, events, at
):
    for notice in run(made, events, at).notices:
        assert notice.clause == "Article 6"
        assert notice.sentence.startswith("Article 6")
        assert notice.at <= at


class OnePromise(RuleBasedStateMachine):
    """Events come in any order and late; the clock goes on; laws hold throughout."""

    def __init__(self):
        super().__init__()
        about = Occasion(party="Northland", finding="storm", episode="e")
        self.made = PROMISES["consult and decide"]
        self.state = begin(self.made, about, origin=Origin.IMAGINED)
        self.at = START
        self.events = []
        self.told = []

    @rule(hours=st.integers(0, 60))
    def time_passes(self, hours):
        self.at += hours * HOUR
        self._take([])

    @rule(event=anything)
    def something_becomes_known(self, event):
        self.events.append(event)
        self._take([event])

    def _take(self, events):
        said = advance(self.state, events, at=self.at)
        self.state = said.state
        self.told += said.notices

    @invariant()
    def it_stands_where_it_would_had_all_been_known_at_once(self):
        if self.state.at is not None:
            at_once = run_imagined(self.made, self.events, self.at)
            assert standing(self.state) == at_once.guarantee

    @invariant()
    def what_holds_of_all_that_was_told_is_what_is_true_now(self):
        if self.state.at is not None:
            at_once = run_imagined(self.made, self.events, self.at)
            assert self.state.told == at_once.state.told


def run_imagined(made, events, at):
    about = Occasion(party="Northland", finding="storm", episode="e")
    return advance(begin(made, about, origin=Origin.IMAGINED), events, at=at)


TestOnePromise = OnePromise.TestCase
TestOnePromise.settings = settings(max_examples=40, stateful_step_count=20)


@pytest.mark.parametrize("name", PROMISES)
def test_every_kind_of_promise_can_reach_an_end(name):
    """The laws above would hold of an engine that never moved; this one moves."""
    events = [
        Event(what="alleged", at=START),
        Event(what="found", at=START + HOUR),
        Event(what="woken", at=START + HOUR),
        Event(what="done", at=START + 2 * HOUR, step="meet"),
        Event(what="opened", at=START + 3 * HOUR, step=CONSENT.words),
        Event(what="opened", at=START + 4 * HOUR, step=ADOPTED.words),
        Event(what="adopted", at=START + 4 * HOUR, step="Response"),
    ]
    reached = run(PROMISES[name], events, START + 5 * HOUR).guarantee.state
    talk = name == "consult only"
    assert reached == (S.CONSULTATION_CALLED if talk else S.ACTIVATED)
