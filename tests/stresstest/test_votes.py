"""Coalitions against every ballot of the only tally, and against brute force."""

import time
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
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteShare,
    VoteUnanimous,
    Weight,
    Within,
)
from tocsin.model import Vote
from tocsin.stresstest.votes import (
    ballots,
    coalitions,
    smallest_blocking,
    smallest_winning,
)

DAY = datetime(2025, 3, 3, tzinfo=UTC)
DUE = DAY + timedelta(days=3)


def subsets(names):
    return [g for size in range(len(names) + 1) for g in combinations(names, size)]


@st.composite
def simple_votes(draw, names):
    kind = draw(st.sampled_from(["of", "share", "number", "unanimous", "consensus"]))
    of = draw(st.sampled_from(["votes", "members"]))
    if kind == "of":
        some = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        return VoteOf(at_least=draw(st.integers(1, len(some))), names=tuple(some))
    if kind == "share":
        share = draw(st.sampled_from([(1, 2), (2, 3), (3, 5), (1, 1)]))
        return VoteShare(
            share=Fraction(numerator=share[0], denominator=share[1]),
            of=of,
            more_than=share != (1, 1) and draw(st.booleans()),
        )
    if kind == "number":
        return VoteNumber(at_least=draw(st.integers(1, len(names))), of=of)
    return VoteUnanimous() if kind == "unanimous" else VoteConsensus()


@st.composite
def votes(draw, names, depth=2):
    if depth and draw(st.integers(0, 2)) == 0:
        tests = tuple(draw(st.lists(votes(names, depth - 1), min_size=2, max_size=3)))
        return draw(st.sampled_from([VoteAll, VoteAny]))(tests=tests)
    return draw(simple_votes(names))


@st.composite
def procedures(draw, most=5):
    names = tuple("ABCDE"[: draw(st.integers(1, most))])
    weights = draw(
        st.lists(st.integers(1, 5), min_size=len(names), max_size=len(names))
    )
    use = draw(st.booleans())
    return names, Procedure(
        vote=draw(votes(names)),
        quorum=draw(
            st.none()
            | simple_votes(names).filter(lambda v: not isinstance(v, VoteConsensus))
        ),
        vetoes=tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True))),
        outside_vetoes=draw(st.sampled_from([(), ("Z",)])),
        weights=tuple(
            Weight(name=n, votes=w) for n, w in zip(names, weights, strict=True)
        )
        if use
        else (),
        deadline=Within(duration=Duration(amount=3, unit="day")),
    )


def adopted(procedure, names, how):
    cast = [Ballot(member=n, vote=v, t=DAY) for n, v in how.items() if v]
    return (
        tally(procedure, cast, members=names, proposal_at=DAY, due=DUE, at=DUE).outcome
        == "adopted"
    )


def wins_in_every_ballot(procedure, names, actors, group):
    others = [n for n in actors if n not in group]
    return all(
        adopted(
            procedure,
            names,
            dict.fromkeys(group, Vote.YES) | dict(zip(others, how, strict=True)),
        )
        for how in product([Vote.YES, Vote.NO, Vote.ABSTAIN, None], repeat=len(others))
    )


@given(procedures(most=3))
@settings(max_examples=60)
def test_a_group_wins_if_the_tally_adopts_under_every_ballot_of_the_others(case):
    names, procedure = case
    rules = ballots(procedure, names)
    for group in subsets(rules.actors):
        expected = wins_in_every_ballot(procedure, names, rules.actors, group)
        assert rules.wins(group) == expected, (group, procedure)


@given(procedures(most=4))
@settings(max_examples=60)
def test_a_group_rejects_if_its_no_ends_the_vote_whatever_the_others_do(case):
    names, procedure = case
    rules = ballots(procedure, names)
    for group in subsets(rules.actors):
        others = [n for n in rules.actors if n not in group]
        outcomes = {
            tally(
                procedure,
                [
                    Ballot(member=n, vote=v, t=DAY)
                    for n, v in [
                        *((g, Vote.NO) for g in group),
                        *((o, vote) for o in others),
                    ]
                    if v
                ],
                members=names,
                proposal_at=DAY,
                due=DUE,
                at=DUE,
            ).outcome
            for vote in (Vote.YES, None)
        }
        assert rules.rejects(group) == (outcomes == {"rejected"})


@given(procedures())
@settings(max_examples=150)
def test_coalitions_are_those_of_brute_force(case):
    names, procedure = case
    rules = ballots(procedure, names)
    found = coalitions(procedure, names)
    winning = [set(g) for g in subsets(rules.actors) if rules.wins(g)]
    blocking = [set(g) for g in subsets(rules.actors) if rules.blocks(g)]
    assert found.can_pass == bool(winning)
    if not winning:
        return
    assert len(found.smallest_winning) == min(len(g) for g in winning)
    assert set(found.smallest_winning) in winning
    assert len(found.smallest_blocking) == min(len(g) for g in blocking)
    assert set(found.smallest_blocking) in blocking
    assert set(found.veto_players) == {n for n in rules.actors if {n} in blocking}
    minimal = [g for g in winning if not any(h < g for h in winning)]
    assert found.complete == (len(minimal) <= 20)
    if found.complete:
        assert sorted(map(sorted, found.winning_minimal)) == sorted(
            map(sorted, minimal)
        )


@pytest.mark.parametrize(
    ("vote", "size"),
    [
        (VoteShare(share=Fraction(numerator=2, denominator=3), of="members"), 12),
        (VoteShare(share=Fraction(numerator=66, denominator=100), of="members"), 12),
        (VoteUnanimous(), 1),
        (VoteConsensus(), 1),
    ],
)
def test_blocking_groups_of_35_guarantors(vote, size):
    names = tuple(f"G{n}" for n in range(35))
    assert len(coalitions(Procedure(vote=vote), names).smallest_blocking) == size


def test_weights_heads_and_three_vetoes_of_35_take_milliseconds():
    names = tuple(f"G{n}" for n in range(35))
    procedure = Procedure(
        vote=VoteAll(
            tests=(
                VoteShare(share=Fraction(numerator=66, denominator=100), of="votes"),
                VoteNumber(at_least=15, of="members"),
            )
        ),
        vetoes=names[:3],
        weights=tuple(Weight(name=n, votes=35 - i) for i, n in enumerate(names)),
    )
    rules = ballots(procedure, names)
    start = time.process_time()
    assert len(smallest_blocking(rules)) == 1
    assert len(smallest_winning(rules)) == 15
    assert time.process_time() - start < 0.05
