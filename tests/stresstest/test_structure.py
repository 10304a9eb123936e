"""Structure: texts with a known answer, random agreements, brute force, speed."""

import time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement.parse import parse, parse_rules
from tocsin.stresstest.compiling import guarantees_of
from tocsin.stresstest.structure import structure_of
from tocsin.stresstest.tree import stops

HEAD = """
parties A, B
group Coalition of C, D, E
body Mechanism of C, D, E led by C
act fire is "to open fire"
act deploy is "to deploy"
act help is "to help"
Article 1
  forbid any party to fire
Article 2
  finding storm for party, sector
  when count of breaches of Article 1 by party in sector over 72 hours >= 10
  attributed by Mechanism
    vote 2 of 3 of C, D, E
    within 48 hours of alleged
"""
DAY, HOUR = 86_400, 3_600


def only(text, clause="Article 3"):
    return next(s for s in structure_of(tree(text)) if s.clause == clause)


def tree(text):
    outcome = parse_rules(HEAD + text)
    assert not outcome.issues, outcome.issues
    return outcome.records


def test_decision_runs_from_finding_and_may_lapse():
    found = only("""
Article 3
  upon found storm on party, sector
  decide Response by Coalition
    vote two thirds of votes
    veto D
    within 72 hours of found
""")
    assert found.can_activate
    assert found.veto_players == ("D",)
    assert found.time.promised == 48 * HOUR + 72 * HOUR
    assert found.time.worst is None
    assert found.automaticity.reached == 0
    assert {p.kind for p in found.single_points} == {"sensor", "body", "state"}


def test_consultation_can_never_activate():
    found = only("""
Article 3
  upon found storm on party, sector
  decide Response by Coalition
    consultation only
    deadline not stated
""")
    assert not found.can_activate
    assert "only consults" in found.impossible[0]


def test_automatic_measure_without_attribution_is_reached_whatever_anybody_does():
    found = only("""
Article 3
  upon alleged storm on party, sector
  effect snapback on party
  within 7 days of due
""")
    assert found.automaticity.reached == 1
    assert found.time.worst == 7 * DAY
    assert found.smallest_blocking == ()


def test_fallback_is_reached_if_nobody_acts_yet_not_against_a_no():
    found = only("""
Article 3
  upon lapsed Article 4
  effect snapback on party
  within 7 days of due
Article 4
  upon alleged storm on party, sector
  decide Response by Coalition
    vote two thirds of votes
    within 72 hours of alleged
""")
    assert (found.automaticity.reached, found.automaticity.without_anybody) == (0, 1)
    assert found.time.idle == 72 * HOUR + 7 * DAY
    assert len(found.smallest_blocking) == 2


def test_gate_that_only_the_violators_consent_opens_is_seen():
    found = only("""
Article 3
  upon found storm on party, sector
  power Coalition to deploy
  needs consent of B
""")
    controls = {(c.violator, c.stops_alone) for c in found.violator_controlled}
    assert controls == {("B", True)}
    assert "host_consent" in {p.kind for p in found.single_points}
    assert found.time.promised is None
    assert "B: consent" in found.time.undated


def test_guarantee_that_starts_with_a_ceasefire_starts_on_the_violators_terms():
    found = only("""
Article 3
  in force from ceasefire
  upon alleged storm on party, sector
  effect snapback on party
""")
    assert {c.violator for c in found.violator_controlled} == {"A", "B"}


@pytest.mark.parametrize("who", ["party", "A"])
def test_the_attack_itself_is_the_breach_and_no_veto_of_the_attacker(who):
    found = only(f"""
act armed_attack is "to attack"
Article 3
  upon armed_attack of {who}
  oblige Coalition to help
  within 24 hours
""")
    assert found.veto_players == ("Coalition",)
    assert found.violator_controlled == ()


def test_clauses_that_wait_for_each_other_never_start():
    found = only("""
Article 3
  in force from start of Article 4
  upon alleged storm on party, sector
  effect snapback on party
Article 4
  in force from start of Article 3
  forbid any party to deploy
""")
    assert not found.can_activate
    assert "circular" in found.impossible[0]


def test_threshold_nobody_can_reach_is_never():
    found = only("""
Article 3
  upon found storm on party, sector
  decide Response by Coalition
    vote at least 4 members
    within 1 day of found
""")
    assert not found.can_activate


def test_lapse_without_deadline_never_comes():
    found = only("""
Article 3
  upon lapsed Article 4
  effect snapback on party
Article 4
  upon alleged storm on party, sector
  decide Response by Coalition
    vote all members
    deadline not stated
""")
    assert not found.can_activate
    assert "no deadline" in found.impossible[0]


def test_every_sort_of_single_point_is_found():
    """All that must be there, one of each sort: the answer is known beforehand."""
    found = only("""
act fund_force is "to fund the force"
act establish_headquarters is "to establish the headquarters"
act audit is "to audit"
Article 3
  in force from ceasefire
  upon found storm on party, sector
  power Coalition to deploy
  needs consent of B
    and fund_force of E
    and establish_headquarters of D
    and mandate of C
    and audit of Mechanism
  lapses after 90 days
""")
    points = {(p.kind, p.name) for p in found.single_points}
    assert {
        ("sensor", "the monitors"),
        ("body", "Mechanism"),
        ("body", "Coalition"),
        ("state", "C"),
        ("host_consent", "B"),
        ("funding", "E"),
        ("headquarters", "D"),
        ("condition", "ceasefire has come about"),
    } <= points
    assert "mandate_expiry" in {p.kind for p in found.single_points}


def test_what_two_can_do_instead_of_one_is_no_single_point():
    found = only("""
Article 3
  upon alleged storm on party, sector
  power Coalition to deploy
  needs mandate of C
    or mandate of D
""")
    assert not {p.name for p in found.single_points} & {"C", "D"}


def test_power_that_ends_is_a_single_point():
    found = only("""
Article 3
  upon alleged storm on party, sector
  power each member of Coalition to deploy
  lapses after 90 days
""")
    assert "mandate_expiry" in {p.kind for p in found.single_points}


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("", "not stated"),
        ("covers territory recognised borders", "recognised borders"),
        ("covers territory line at entry into force", "line at entry into force"),
        ("covers territory named line contact_line", "named line"),
    ],
)
def test_cover_says_what_is_covered_under_each_line(scope, said):
    text = """
Article 3
  upon alleged storm on party, sector
  effect snapback on party
"""
    found = structure_of(parse_rules(HEAD + scope + text).records)[0]
    assert found.covers.territory == said
    assert set(found.covers.per_line) == {"contact_line"}


def test_lantern_has_the_structure_its_text_gives(root):
    text = (root / "agreements/exercise-lantern/agreement.md").read_text("utf-8")
    by_key = {s.key: s for s in structure_of(parse(text).records)}
    assert by_key["Article 6(1) Response"].veto_players == ("Aurelia", "Brennia")
    deploy = by_key["Article 6(2) deploy Force"]
    assert set(deploy.veto_players) == {"Southland", "Aurelia", "Brennia"}
    snapback = by_key["Article 6(3) snapback"]
    assert (snapback.automaticity.reached, snapback.automaticity.without_anybody) == (
        0,
        1,
    )
    assert snapback.time.idle == snapback.time.promised


# --- random agreements against brute force -------------------------------------------


@st.composite
def agreements(draw):
    votes = [
        "2 of 3 of C, D, E",
        "two thirds of votes",
        "all members",
        "at least 2 members",
    ]
    veto = draw(st.sampled_from(["", "    veto C\n", "    veto C, D\n"]))
    attribution = draw(st.booleans())
    needs = draw(
        st.lists(
            st.sampled_from(
                [
                    "consent of B",
                    "mandate of C",
                    "mandate of each contributor",
                    "adopted Response",
                ]
            ),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    joiner = draw(st.sampled_from(["and", "or"]))
    needs_text = f"\n    {joiner} ".join(needs)
    state = "found" if attribution else "alleged"
    return f"""
Article 3
  upon {state} storm on party, sector
  decide Response by Coalition
    vote {draw(st.sampled_from(votes))}
{veto}    within 72 hours of alleged
    otherwise Article 5
Article 4
  power Coalition to deploy
  needs {needs_text}
Article 5
  upon {state} storm on party, sector
  effect snapback on party
  unless suspended by Coalition
    vote {draw(st.sampled_from(votes))}
"""


@given(agreements())
@settings(max_examples=60)
def test_blocking_groups_of_random_agreements_are_those_of_brute_force(text):
    agreement = tree(text)
    found = {s.key: s for s in structure_of(agreement)}
    for promised in guarantees_of(agreement):
        said = found[promised.key]
        groups = [g for n in range(6) for g in combinations([*"BCDE", "Coalition"], n)]
        groups += [(*g, "the party in breach") for g in groups]
        blocking = [g for g in groups if stops(promised.tree, g)]
        smallest = min(map(len, blocking), default=0)
        assert len(said.smallest_blocking) == smallest
        assert set(said.veto_players) == {g[0] for g in blocking if len(g) == 1}


def big_agreement(guarantors=35, articles=50):
    names = [f"G{n}" for n in range(1, guarantors + 1)]
    lines = [
        "parties A, B",
        f"group Coalition of {', '.join(names)}",
        'act fire is "to open fire"',
        'act deploy is "to deploy"',
        "Article 1\n  forbid any party to fire",
        (
            "Article 2\n  finding storm for party, sector\n  when count of breaches of"
            " Article 1 by party in sector over 72 hours >= 10\n  attributed by"
            " Coalition\n    vote two thirds of members\n    within 48 hours of alleged"
        ),
    ]
    for n in range(3, articles + 1):
        if n % 2:
            lines.append(
                f"Article {n}\n  upon found storm on party, sector\n  decide D{n} by"
                f" Coalition\n    vote 66 percent of votes\n    and at least 15 members"
                f"\n    veto G1, G2, G3\n    silence is yes after 48 hours\n    within"
                f" 72 hours of found\n    weights G1 29, G2 28, G4 7"
            )
        else:
            lines.append(
                f"Article {n}\n  power Coalition to deploy\n  needs adopted D{n - 1}\n"
                f"    and consent of B\n    and mandate of each contributor\n"
                f"  lapses after 90 days"
            )
    return "\n".join(lines)


def test_35_guarantors_and_50_articles_within_five_seconds():
    outcome = parse_rules(big_agreement())
    assert not outcome.issues
    start = time.process_time()
    found = structure_of(outcome.records)
    assert time.process_time() - start < 5
    assert len(found) == 48
    assert all(s.veto_players for s in found)
