"""The tally against brute force: every completion of the open ballots is tried."""

from datetime import UTC, datetime, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement.decisions import Ballot, tally
from tocsin.agreement.terms import (
    Duration,
    Fraction,
    Procedure,
    Silence,
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteShare,
    VoteUnanimous,
    Weight,
)
from tocsin.model.vocabulary import Vote

T0 = datetime(2025, 3, 3, tzinfo=UTC)
H = timedelta(hours=1)
ABC = ("Aurelia", "Brennia", "Caldoria")
TWO_THIRDS = VoteShare(share=Fraction(numerator=2, denominator=3), of="votes")
RESPONSE = Procedure(
    vote=VoteAll(tests=(TWO_THIRDS, VoteNumber(at_least=2, of="members"))),
    vetoes=("Aurelia", "Brennia"),
    silence=Silence(counts_as="yes", after=Duration(amount=48, unit="hour")),
)


def ballot(member, vote, hours=0.0):
    return Ballot(member=member, vote=Vote(vote), t=T0 + hours * H)


def at(hours, ballots=(), procedure=RESPONSE, members=ABC, due=72, proposed=0, **more):
    return tally(
        procedure,
        ballots,
        members=members,
        proposal_at=None if proposed is None else T0 + proposed * H,
        due=None if due is None else T0 + due * H,
        at=T0 + hours * H,
        **more,
    )


def test_two_veto_holders_with_two_thirds_of_the_votes_adopt_at_once():
    found = at(5, [ballot("Aurelia", "yes", 3), ballot("Brennia", "yes", 4)])
    assert (found.outcome, found.decided_at) == ("adopted", T0 + 4 * H)


def test_votes_suffice_but_a_veto_may_still_come_until_the_deadline():
    cast = [ballot("Aurelia", "yes", 3), ballot("Caldoria", "yes", 4)]
    assert at(71, cast).outcome == "pending"
    assert at(71, cast).can_block == ("Brennia",)
    assert at(72, cast).outcome == "adopted"
    assert at(72, [*cast, ballot("Brennia", "no", 72)]).outcome == "rejected"


def test_without_any_deadline_votes_that_suffice_adopt_and_nobody_vetoes_by_waiting():
    rule = Procedure(vote=TWO_THIRDS, vetoes=("Brennia",))
    cast = [ballot("Aurelia", "yes", 3), ballot("Caldoria", "yes", 4)]
    found = at(5, cast, procedure=rule, due=None)
    assert (found.outcome, found.decided_at) == ("adopted", T0 + 4 * H)


def test_silence_starts_at_the_proposal_and_never_without_one():
    assert at(72).outcome == "adopted"
    assert at(72).by_silence == ABC
    assert at(72, proposed=None).outcome == "lapsed"
    assert at(72, proposed=30).outcome == "lapsed"


def test_silence_can_be_overridden_by_a_late_ballot_until_the_deadline():
    late = [ballot("Aurelia", "no", 60), ballot("Caldoria", "no", 61)]
    assert at(59, late).outcome == "pending"
    assert at(72, late).outcome == "rejected"


def test_silence_never_casts_a_veto():
    rule = Procedure(
        vote=TWO_THIRDS,
        vetoes=("Caldoria",),
        silence=Silence(counts_as="no", after=Duration(amount=1, unit="hour")),
    )
    cast = [ballot("Aurelia", "yes"), ballot("Brennia", "yes")]
    assert at(72, cast, procedure=rule).outcome == "adopted"


def test_no_decision_by_the_deadline_is_lapsed_and_not_rejected():
    rule = Procedure(vote=TWO_THIRDS)
    found = at(72, [ballot("Aurelia", "yes")], procedure=rule)
    assert (found.outcome, found.decided_at) == ("lapsed", T0 + 72 * H)


def test_a_ballot_after_the_deadline_does_not_count():
    rule = Procedure(vote=TWO_THIRDS)
    cast = [ballot("Aurelia", "yes"), ballot("Brennia", "yes", 73)]
    assert at(90, cast, procedure=rule).outcome == "lapsed"


def test_a_share_is_of_all_eligible_weight_and_not_of_the_votes_cast():
    rule = Procedure(vote=TWO_THIRDS)
    cast = [ballot("Aurelia", "yes"), ballot("Brennia", "abstain")]
    assert at(72, cast, procedure=rule).outcome == "lapsed"


def test_two_thirds_of_the_votes_is_exact_where_floats_are_not():
    rule = Procedure(vote=TWO_THIRDS, weights=(Weight(name="Aurelia", votes=2),))
    cast = [ballot("Aurelia", "yes")]
    found = at(0, cast, procedure=rule, members=("Aurelia", "Brennia"))
    assert found.outcome == "adopted"


def test_a_veto_of_a_non_member_counts_only_if_it_is_declared():
    cast = [
        ballot("Dorinia", "no"),
        *(ballot(n, "yes", 1) for n in ABC),
    ]
    undeclared = Procedure(vote=TWO_THIRDS, vetoes=("Dorinia",))
    declared = Procedure(vote=TWO_THIRDS, outside_vetoes=("Dorinia",))
    assert at(2, cast, procedure=undeclared).outcome == "adopted"
    assert at(2, cast, procedure=undeclared).ignored == ("Dorinia",)
    assert at(2, cast, procedure=declared).outcome == "rejected"


def test_two_ballots_of_one_member_in_one_second_are_an_abstention():
    found = at(0, [ballot("Aurelia", "no"), ballot("Aurelia", "yes")])
    assert found.abstain == ("Aurelia",)


def test_a_member_may_change_its_ballot_until_the_decision_is_taken():
    rule = Procedure(vote=TWO_THIRDS)
    cast = [
        ballot("Aurelia", "no", 1),
        ballot("Aurelia", "yes", 2),
        ballot("Brennia", "yes", 3),
        ballot("Brennia", "no", 4),
    ]
    found = at(5, cast, procedure=rule)
    assert (found.outcome, found.decided_at) == ("adopted", T0 + 3 * H)


def test_two_of_three_named_states_decide_for_a_body_that_has_only_a_lead():
    rule = Procedure(vote=VoteOf(at_least=2, total=3, names=("Meridia", *ABC[:2])))
    cast = [ballot("Aurelia", "yes"), ballot("Brennia", "yes", 1)]
    assert at(1, cast, procedure=rule, members=("Meridia",)).outcome == "adopted"


def test_a_quorum_that_is_missed_lapses_even_with_votes_enough():
    rule = Procedure(
        vote=VoteNumber(at_least=1, of="members"),
        quorum=VoteNumber(at_least=2, of="members"),
    )
    assert at(72, [ballot("Aurelia", "yes")], procedure=rule).outcome == "lapsed"
    both = [ballot("Aurelia", "yes"), ballot("Brennia", "abstain", 1)]
    assert at(72, both, procedure=rule).outcome == "adopted"


def test_the_order_of_ballots_does_not_matter():
    cast = [ballot("Aurelia", "yes", 3), ballot("Brennia", "yes", 4)]
    assert at(9, cast) == at(9, cast[::-1])


def test_a_consultation_decides_nothing():
    rule = Procedure(vote=TWO_THIRDS, consultation_only=True)
    cast = [ballot(name, "yes") for name in ABC]
    assert at(72, cast, procedure=rule).outcome != "adopted"


def test_thirty_five_members_with_weights_have_a_smallest_block():
    members = tuple(f"Member {n:02}" for n in range(35))
    rule = Procedure(
        vote=VoteAll(
            tests=(
                VoteShare(share=Fraction(numerator=66, denominator=100), of="votes"),
                VoteNumber(at_least=15, of="members"),
            )
        ),
        weights=tuple(Weight(name=m, votes=35 - n) for n, m in enumerate(members)),
    )
    found = at(0, procedure=rule, members=members)
    assert len(found.smallest_block) == 7
    assert found.exact
    assert found.can_block == ()


NAMES = ("A", "B", "C", "D")


@st.composite
def votes(draw, depth=1):
    kinds = ["share", "number", "of", "all", "consensus"] + ["and", "or"] * depth
    match draw(st.sampled_from(kinds)):
        case "share":
            below = draw(st.integers(1, 6))
            share = Fraction(numerator=draw(st.integers(1, below)), denominator=below)
            of = draw(st.sampled_from(["votes", "members"]))
            more = draw(st.booleans())
            return VoteShare(share=share, of=of, more_than=more)
        case "number":
            of = draw(st.sampled_from(["votes", "members"]))
            return VoteNumber(at_least=draw(st.integers(1, 4)), of=of)
        case "of":
            names = tuple(draw(st.sets(st.sampled_from(NAMES), min_size=1)))
            return VoteOf(at_least=draw(st.integers(1, len(names))), names=names)
        case "all":
            return VoteUnanimous()
        case "consensus":
            return VoteConsensus()
        case joined:
            tests = tuple(draw(st.lists(votes(0), min_size=1, max_size=2)))
            return VoteAll(tests=tests) if joined == "and" else VoteAny(tests=tests)


@st.composite
def procedures(draw):
    silence = st.sampled_from(["yes", "no", "abstain"])
    after = Duration(amount=1, unit="hour")
    return Procedure(
        vote=draw(votes()),
        quorum=draw(st.none() | st.integers(1, 3).map(_members)),
        vetoes=tuple(draw(st.sets(st.sampled_from(NAMES), max_size=1))),
        silence=draw(
            st.none() | silence.map(lambda v: Silence(counts_as=v, after=after))
        ),
        weights=tuple(
            Weight(name=name, votes=draw(st.integers(1, 4))) for name in NAMES
        ),
    )


def _members(least):
    return VoteNumber(at_least=least, of="members")


def _final(procedure, positions):
    """What comes out at the deadline with these ballots and silence else."""
    cast = [ballot(name, vote, 1) for name, vote in positions.items() if vote]
    return at(2, cast, procedure=procedure, members=NAMES, due=2).outcome


def _completions(names):
    return product(["yes", "no", "abstain", None], repeat=len(names))


def _can_be_adopted(procedure, positions, names):
    return any(
        _final(procedure, {**positions, **dict(zip(names, votes, strict=True))})
        == "adopted"
        for votes in _completions(names)
    )


def _brute_blocks(procedure, positions, group, still):
    others = [name for name in still if name not in group]
    return any(
        not _can_be_adopted(
            procedure, {**positions, **dict(zip(group, votes, strict=True))}, others
        )
        for votes in _completions(group)
    )


@settings(max_examples=60, deadline=None)
@given(procedures(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Vote)))
def test_who_can_block_is_what_trying_every_completion_finds(procedure, positions):
    cast = [ballot(name, vote, 1) for name, vote in positions.items()]
    found = at(1, cast, procedure=procedure, members=NAMES, due=2)
    still = [name for name in NAMES if name not in positions]
    adoptable = _can_be_adopted(procedure, positions, still)
    if found.outcome == "rejected":
        assert not adoptable
    elif found.outcome == "adopted":
        assert not _brute_blocks(procedure, positions, still, still)
    else:
        alone = [n for n in still if _brute_blocks(procedure, positions, (n,), still)]
        assert list(found.can_block) == alone
        sizes = [
            size
            for size in range(1, len(still) + 1)
            for group in combinations(still, size)
            if _brute_blocks(procedure, positions, group, still)
        ]
        assert len(found.smallest_block) == min(sizes, default=0)


@settings(max_examples=60, deadline=None)
@given(procedures(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Vote)))
def test_who_would_suffice_is_a_smallest_set_that_adopts_at_once(procedure, positions):
    cast = [ballot(name, vote, 1) for name, vote in positions.items()]
    now = at(1, cast, procedure=procedure, members=NAMES, due=2)
    if now.outcome != "pending":
        return
    still = [name for name in NAMES if name not in positions]
    adopting = [
        group
        for size in range(len(still) + 1)
        for group in combinations(still, size)
        if _with_yes(procedure, cast, group).outcome == "adopted"
    ]
    assert len(now.would_suffice) == min(map(len, adopting), default=0)
    if adopting:
        assert _with_yes(procedure, cast, now.would_suffice).outcome == "adopted"


def _with_yes(procedure, cast, group):
    more = [*cast, *(ballot(name, "yes", 1) for name in group)]
    return at(1, more, procedure=procedure, members=NAMES, due=2)


@settings(max_examples=100, deadline=None)
@given(
    procedures(),
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(Vote), st.integers(0, 6)),
        max_size=8,
    ),
)
def test_an_outcome_once_reached_never_changes(procedure, rows):
    cast = [ballot(*row) for row in rows]
    seen = [
        at(hours, cast, procedure=procedure, members=NAMES, due=5) for hours in range(8)
    ]
    decided = [found for found in seen if found.outcome != "pending"]
    assert len({(f.outcome, f.decided_at) for f in decided}) == 1


@pytest.mark.parametrize("counts_as", ["yes", "no", "abstain"])
def test_silence_after_the_deadline_never_counts(counts_as):
    silence = Silence(counts_as=counts_as, after=Duration(amount=80, unit="hour"))
    found = at(72, procedure=Procedure(vote=TWO_THIRDS, silence=silence))
    assert found.outcome == "lapsed"
