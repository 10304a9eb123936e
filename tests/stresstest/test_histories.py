"""What the analyser says, the monitor confirms: replayed on random agreements."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement.check import check
from tocsin.agreement.parse import parse, parse_rules
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import without_places
from tocsin.stresstest.alias import aliased, aliases_of
from tocsin.stresstest.compiling import guarantees_of
from tocsin.stresstest.histories import activated, activation, replay
from tocsin.stresstest.structure import structure_of
from tocsin.stresstest.tree import forced, smallest_blocking, ways
from tocsin.stresstest.votes import minimal_winning

VOTES = [
    "2 of 3 of Guarantor_1, Guarantor_2, Guarantor_3",
    "two thirds of votes",
    "more than 1/2 of votes",
    "all members",
    "at least 2 members",
    "60 percent of votes\n    and at least 2 members",
    "1 of 2 of Guarantor_1, Guarantor_2\n    or 3 votes",
]


@st.composite
def texts(draw):
    votes = st.sampled_from(VOTES)
    veto = draw(
        st.sampled_from(["", "    veto Guarantor_1\n", "    veto Guarantor_2\n"])
    )
    weights = draw(st.sampled_from(["", "    weights Guarantor_1 3, Guarantor_2 2\n"]))
    silence = draw(st.sampled_from(["", "    silence is yes after 5 hours\n"]))
    quorum = draw(st.sampled_from(["", "    quorum 2 members\n"]))
    attributed = draw(st.booleans())
    state = "found" if attributed else "alleged"
    back = draw(st.sampled_from(["", "    otherwise Article 5\n"]))
    first = draw(
        st.sampled_from(
            [
                "lapsed Article 3",
                "rejected Article 3",
                f"{state} storm on party, sector",
            ]
        )
    )
    attribution = (
        f"""  attributed by Body_1
    vote {draw(votes)}
    within 6 hours of alleged
{draw(st.sampled_from(["", "    otherwise Article 5" + chr(10)]))}"""
        if attributed
        else ""
    )
    return f"""
parties Party_A, Party_B
group Group_1 of Guarantor_1, Guarantor_2, Guarantor_3
body Body_1 of Guarantor_1, Guarantor_2, Guarantor_3
sectors Sector_1, Sector_2
act fire is "to open fire"
Article 1
  forbid any party to fire
Article 2
  finding storm for party, sector
  when count of breaches of Article 1 by party in sector over 72 hours >= 4
{attribution}Article 3
  upon {state} storm on party, sector
  decide Response by Group_1
    vote {draw(votes)}
{quorum}{veto}{weights}{silence}    within 24 hours
{back}Article 5
  upon {first}
  effect snapback on party
  within 2 days of due
"""


def tree_of(text):
    outcome = parse_rules(text)
    assert not outcome.issues, outcome.issues
    return outcome.records


@given(texts())
@settings(max_examples=60)
def test_what_can_activate_does_and_what_cannot_does_not(text):
    agreement = tree_of(text)
    said = {s.key: s for s in structure_of(agreement)}
    for promised in guarantees_of(agreement):
        found = replay(agreement, activation(agreement, promised))
        assert activated(found, promised) == said[promised.key].can_activate


@given(texts())
@settings(max_examples=60)
def test_who_can_block_blocks_whichever_way_the_others_go(text):
    agreement = tree_of(text)
    for promised in guarantees_of(agreement):
        group = smallest_blocking(promised.tree)
        if not group:
            continue
        for way in ways(promised.tree):
            outcomes = {
                activated(
                    replay(
                        agreement,
                        activation(agreement, promised, way=way, refuse=group, how=how),
                    ),
                    promised,
                )
                for how in ("no", "silent", "yes")
            }
            assert False in outcomes, (promised.key, group, way)


@given(texts())
@settings(max_examples=60)
def test_what_comes_if_nobody_acts_comes_in_the_monitor(text):
    agreement = tree_of(text)
    if "silence" in text:
        return  # silence counts only once somebody has proposed
    everybody = ("Guarantor_1", "Guarantor_2", "Guarantor_3")
    for promised in guarantees_of(agreement):
        history = activation(agreement, promised, refuse=everybody, how="silent")
        found = activated(replay(agreement, history), promised)
        assert found == forced(promised.tree, idle=True)


@given(texts())
@settings(max_examples=60)
def test_a_winning_group_carries_the_decision_against_the_others(text):
    agreement = tree_of(text)
    promised = guarantees_of(agreement)[0]
    leaf = next(one for one in _leaves(promised) if one.key == "Response:vote:adopted")
    groups, _ = minimal_winning(leaf.vote)
    attribution = [one for one in _leaves(promised) if "attribution" in one.key]
    for group in groups:
        others = [name for name in leaf.actors if name not in group]
        if attribution and not attribution[0].vote.wins(group):
            continue
        history = activation(agreement, promised, refuse=others)
        assert activated(replay(agreement, history), promised)


def _leaves(promised):
    from tocsin.stresstest.tree import leaves

    return list(leaves(promised.tree))


# --- aliases


@pytest.mark.parametrize("folder", ["exercise-lantern", "minsk-2015"])
def test_aliased_agreement_names_nobody_and_reads_again(root, folder):
    text = (root / "agreements" / folder / "agreement.md").read_text("utf-8")
    agreement = parse(text).records
    hidden = aliased(agreement)
    source = to_source(hidden)
    for name in aliases_of(agreement):
        assert not re.search(rf"(?<![\w]){name}(?![\w])", source), name
    again = parse(source)
    assert not again.issues
    assert without_places(again.records) == without_places(hidden)
    assert not [i for i in check(again.records).issues if not i.warning]


def test_aliases_keep_what_the_structure_says(root):
    text = (root / "agreements/exercise-lantern/agreement.md").read_text("utf-8")
    agreement = parse(text).records
    real, hidden = structure_of(agreement), structure_of(aliased(agreement))
    for one, other in zip(real, hidden, strict=True):
        assert one.time.promised == other.time.promised
        assert one.time.idle == other.time.idle
        assert one.automaticity.reached == other.automaticity.reached
        assert len(one.smallest_blocking) == len(other.smallest_blocking)


def test_lantern_replays_its_own_weaknesses(root):
    text = (root / "agreements/exercise-lantern/agreement.md").read_text("utf-8")
    agreement = aliased(parse(text).records)
    response = guarantees_of(agreement)[0]
    assert activated(replay(agreement, activation(agreement, response)), response)
    one = smallest_blocking(response.tree)
    assert len(one) == 1
    blocked = replay(agreement, activation(agreement, response, refuse=one))
    assert not activated(blocked, response)
    said = {d.outcome for d in blocked.evaluation.decisions if d.name == "Response"}
    assert said == {"rejected"}
