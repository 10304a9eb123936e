"""Nothing counts as deployable while one of its gates is shut."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.coordination.conftest import PAPER, caveat, day, offer, step, with_

from tocsin.coordination import Gate, Span, freezes, gates_of, stand
from tocsin.model.contributions import CaveatKind, Mandate

FIRE = "Article 1(1)"


def ceasefire(*spans):
    made = tuple(Span(since=a, until=b) for a, b in spans)
    words = "Article 1(1) in force"
    return {FIRE: (Gate(words=words, kind="in_force", clause=FIRE, spans=made),)}


def one(board, contribution, clauses, at):
    held = with_(board, contributions=(contribution,))
    return stand(held, gates_of(held, clauses), at=at)[0]


def test_before_the_ceasefire_a_commitment_waits_for_it(board):
    found = one(
        board, offer("a", conditions=(FIRE,)), ceasefire((day(5), None)), day(4)
    )
    assert not found.deployable
    assert found.waits_for == ("Article 1(1) in force",)
    assert found.sentence.endswith("Waits for Article 1(1) in force.")


def test_days_of_preparation_count_from_the_last_gate(board):
    given_ = offer("a", conditions=(FIRE,), ready_after_days=3)
    clauses = ceasefire((day(5), None))
    assert not one(board, given_, clauses, day(7)).deployable
    assert one(board, given_, clauses, day(8)).deployable


def test_an_offer_is_not_deployable_whatever_is_open(board):
    given_ = offer("a", conditions=(FIRE,), steps=(step("offered", 1),))
    found = one(board, given_, ceasefire((day(1), None)), day(9))
    assert not found.deployable
    assert "offer still" in found.sentence


def test_a_suspension_freezes_what_was_open_and_says_since_when(board):
    clauses = ceasefire((day(3), day(10)))
    found = one(board, offer("a", conditions=(FIRE,)), clauses, day(12))
    assert not found.deployable
    assert found.frozen_since == day(10)


def test_what_was_never_open_is_not_frozen_but_waits(board):
    given_ = offer(
        "a",
        conditions=(FIRE,),
        caveats=(caveat(CaveatKind.ONLY_AFTER_PARLIAMENT, body="Diet"),),
    )
    found = one(board, given_, ceasefire((day(3), day(10))), day(12))
    assert found.frozen_since is None
    assert "mandate of A (Diet)" in found.waits_for


def test_a_freeze_ends_when_the_ceasefire_holds_again(board):
    held = with_(board, contributions=(offer("a", conditions=(FIRE,)),))
    clauses = ceasefire((day(3), day(10)), (day(14), None))
    (freeze,) = freezes(held, gates_of(held, clauses), at=day(20))
    assert (freeze.since, freeze.until) == (day(10), day(14))
    (open_ended,) = freezes(held, gates_of(held, clauses), at=day(12))
    assert open_ended.until is None


def test_a_mandate_that_has_run_out_shuts_its_gate(board):
    given_ = offer(
        "a", caveats=(caveat(CaveatKind.ONLY_AFTER_PARLIAMENT, body="Diet"),)
    )
    mandate = Mandate(
        state="A",
        body="Diet",
        granted=date(2025, 3, 2),
        expires=date(2025, 3, 20),
        source=PAPER,
    )
    held = with_(board, contributions=(given_,), mandates=(mandate,))
    gates = gates_of(held, {})
    assert stand(held, gates, at=day(10))[0].deployable
    assert not stand(held, gates, at=day(20))[0].deployable


def test_a_parliament_is_not_asked_twice_where_the_text_asks_for_a_mandate(board):
    text = Gate(words="mandate of A", kind="mandate", clause="Article 6", who=("A",))
    given_ = offer(
        "a",
        conditions=("Article 6",),
        caveats=(caveat(CaveatKind.ONLY_AFTER_PARLIAMENT, body="Diet"),),
    )
    held = with_(board, contributions=(given_,))
    gates = gates_of(held, {"Article 6": (text,)})["a"]
    assert [g.words for g in gates] == ["mandate of A (Diet)"]


def test_a_clause_that_no_agreement_holds_is_a_shut_gate(board):
    found = one(board, offer("a", conditions=("Article 9",)), {}, day(9))
    assert found.waits_for == ("Article 9",)


def test_what_waits_for_another_delivery_opens_with_it(board):
    first = offer("a", steps=(step("committed", 1), step("delivered", 8)))
    second = offer("b", conditions=("delivered a",))
    held = with_(board, contributions=(first, second))
    gates = gates_of(held, {})
    assert not stand(held, gates, at=day(7))[1].deployable
    assert stand(held, gates, at=day(8))[1].deployable


def test_the_newest_version_counts_and_an_older_one_is_kept(board):
    held = with_(
        board,
        contributions=(offer("a"), offer("a", quantity=9, version=2, supersedes=1)),
    )
    (found,) = stand(held, gates_of(held, {}), at=day(9))
    assert found.contribution.quantity == 9
    assert len(held.contributions) == 2


def test_withdrawn_and_declined_reach_nothing(board):
    gone = offer("a", steps=(step("committed", 1), step("withdrawn", 5)))
    said_no = offer("b", steps=(step("declined", 1),))
    held = with_(board, contributions=(gone, said_no))
    standings = stand(held, gates_of(held, {}), at=day(9))
    assert [s.stage.value for s in standings] == ["withdrawn", "declined"]
    assert not any(s.quantities or s.deployable for s in standings)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 20))
def test_law_deployable_means_every_gate_is_open(begin, stop, at, ready):
    from tocsin.model import Origin
    from tocsin.model.contributions import Board

    held = Board(
        title="t",
        origin=Origin.EXERCISE,
        regions=("East",),
        functions=("patrols",),
        contributions=(offer("a", conditions=(FIRE,), ready_after_days=ready),),
    )
    start = day(1)
    spans = ((start + timedelta(begin), start + timedelta(max(begin + 1, stop))),)
    instant = start + timedelta(at)
    gates = gates_of(held, ceasefire(*spans))
    (found,) = stand(held, gates, at=instant)
    is_open = all(gate.open_at(instant) for gate in gates["a"])
    assert found.deployable == (is_open and at >= begin + ready)
    assert bool(found.waits_for) == (not is_open)
