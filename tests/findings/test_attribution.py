"""Who did it: what speaks for whom, and when nobody is named."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from tocsin.errors import WrongUse
from tocsin.findings import HAPPENED, load_weights
from tocsin.findings.attribution import named
from tocsin.findings.happened import WHETHER
from tocsin.model import Control, ControlLayer

WEIGHTS = load_weights()

DEEP_SOUTH = """
    id  assessment  lon  lat    sigma_m  platform
    a   impact      10   -0.10  300      patrol
"""


# --- the line


def test_impact_is_laid_to_the_other_side_but_never_by_the_line_alone(case, line, p_of):
    given = case(DEEP_SOUTH)
    north, south, nobody = p_of(given.attributed(line).records.incidents, "a")
    assert 0.7 < north < 0.95
    assert south == 0.0
    assert north + south + nobody == pytest.approx(1)


def test_outgoing_fire_is_laid_to_whoever_holds_the_ground(case, line, p_of):
    given = case(DEEP_SOUTH.replace("impact ", "outgoing"))
    north, south, _ = p_of(given.attributed(line).records.incidents, "a")
    assert north == 0.0
    assert 0.7 < south < 0.95


def test_without_control_layer_a_place_names_nobody_and_an_issue_says_so(case, p_of):
    outcome = case(DEEP_SOUTH).attributed(None)
    assert p_of(outcome.records.incidents, "a") == (0, 0, 1)
    assert [issue.code for issue in outcome.issues] == ["no_control_layer"]
    assert {t["party"] for t in outcome.records.terms.to_pylist()} == {None}


def test_result_without_the_layer_is_given_beside_the_result_with_it(case, line, p_of):
    attributed = case(DEEP_SOUTH).attributed(line).records
    assert p_of(attributed.incidents, "a")[0] > 0.7
    assert p_of(attributed.without_control, "a") == (0, 0, 1)
    assert attributed.publisher == "Meridia survey"


def test_place_on_the_line_names_nobody(case, line, p_of):
    given = case("""
        id  assessment  lon  lat     sigma_m
        on  impact      10   0.0000  300
        off impact      10   -0.0020 3000
    """)
    attributed = given.attributed(line).records
    assert p_of(attributed.incidents, "on") == (0, 0, 1)
    assert p_of(attributed.incidents, "off") == (0, 0, 1)


def test_ground_that_nobody_or_two_are_said_to_hold_names_nobody(case, p_of):
    held = {"Northland": box(0, -1, 20, 5), "Southland": box(0, -5, 20, 0)}
    layer = ControlLayer(valid_from=None, held=held)
    both = Control(publisher="x", layers=(layer,))
    given = case("""
        id    assessment  lon  lat   sigma_m
        both  impact      10   -0.5  100
        none  impact      40   -0.5  100
    """)
    attributed = given.attributed(both).records
    assert p_of(attributed.incidents, "both") == (0, 0, 1)
    assert p_of(attributed.incidents, "none") == (0, 0, 1)


def test_layer_of_the_day_counts(case, p_of):
    def layer(day, north, south):
        return ControlLayer(
            valid_from=datetime(2025, 3, day, tzinfo=UTC),
            held={"Northland": north, "Southland": south},
        )

    up, down = box(0, 0, 20, 5), box(0, -5, 20, 0)
    moving = Control(publisher="x", layers=(layer(2, up, down), layer(4, down, up)))
    given = case("""
        id      t                     assessment  lon  lat   sigma_m
        before  2025-03-01T06:00:00Z  impact      10   -0.5  100
        first   2025-03-03T06:00:00Z  impact      10   -0.5  100
        then    2025-03-05T06:00:00Z  impact      10   -0.5  100
    """)
    incidents = given.attributed(moving).records.incidents
    assert p_of(incidents, "before") == (0, 0, 1)
    assert p_of(incidents, "first")[0] > 0.7
    assert p_of(incidents, "then")[1] > 0.7


def test_restriction_is_not_told_by_whose_ground_it_is_on(case, line, p_of):
    given = case("""
        id      kind         lon  lat   sigma_m
        denied  restriction  10   -0.5  100
    """)
    assert p_of(given.attributed(line).records.incidents, "denied") == (0, 0, 1)


def test_of_an_exchange_of_fire_both_parties_are_the_actors(case, line, p_of):
    given = case("""
        id      kind              lon  lat   sigma_m
        both    exchange_of_fire  10   -0.5  100
    """)
    attributed = given.attributed(line).records
    for table in (attributed.incidents, attributed.without_control):
        north, south, nobody = p_of(table, "both")
        assert north == south > 0.9
        assert nobody == pytest.approx(1 - north, abs=1e-3)


def test_one_eye_of_three_that_saw_an_exchange_makes_no_exchange(case, line, p_of):
    given = case("""
        id  incident  kind              assessment  lon  lat   sigma_m
        a   x         explosion         impact      10   -0.1  100
        b   x         explosion         impact      10   -0.1  100
        c   x         exchange_of_fire  -           10   -0.1  100
    """)
    north, south, _ = p_of(given.attributed(line).records.incidents, "x")
    assert north > 0.9
    assert south == 0.0


def test_of_an_exchange_among_three_parties_nobody_knows_which_two(case, p_of):
    parties = ("Aland", "Beland", "Celand")
    given = case("id kind\nall exchange_of_fire", parties)
    assert p_of(given.attributed(None).records.incidents, "all") == (0, 0, 0, 1)


# --- flights and jamming


def test_flight_over_the_others_ground_on_a_course_from_home_is_laid_to_a_party(
    case, line, p_of
):
    given = case("""
        id    kind            lon  lat    sigma_m  fire_bearing_deg  fire_kappa
        plain uav_overflight  10   -0.05  200      -                 -
        bound uav_overflight  10   -0.05  200      180               8
        home  uav_overflight  10   -0.05  200      0                 8
    """)
    incidents = given.attributed(line).records.incidents
    plain, bound = p_of(incidents, "plain"), p_of(incidents, "bound")
    assert 0.55 < plain[0] < bound[0] < 0.95
    assert bound[1] < 0.15
    assert (
        p_of(incidents, "home")[0] < plain[0]
    )  # it may be the holder's, outward bound


def test_jamming_is_told_by_a_bearing_to_its_emitter_and_hardly_by_its_place(
    case, line, p_of
):
    given = case("""
        id     kind     lon  lat    sigma_m  observer_lon  observer_lat  bearing_deg
        met    jamming  10   -0.10  3000     -             -             -
        found  jamming  10   -0.10  3000     10            0.1           180
    """)
    incidents = given.attributed(line).records.incidents
    met, found = p_of(incidents, "met"), p_of(incidents, "found")
    assert found[1] > 0.9
    assert met[1] < 0.7


# --- assessments


def test_one_mistaken_assessment_does_not_outweigh_two_eyes_that_agree(
    case, line, source, p_of
):
    text = """
        id  incident  source_id  platform         assessment  lon  lat   sigma_m
        a   two       one        patrol           outgoing    10   -0.1  300
        b   two       two        static_camera    impact      10   -0.1  300
        c   two       three      acoustic_sensor  impact      10   -0.1  300
        d   one       one        patrol           outgoing    10   -0.1  300
    """
    incidents = case(text).attributed(line).records.incidents
    assert p_of(incidents, "two")[0] > 0.9
    assert 0.6 < p_of(incidents, "one")[1] < 0.9


def test_caller_who_names_the_side_across_the_line_adds_nothing_to_the_line(case, line):
    text = """
        id    platform  assessment  lon  lat   sigma_m  claimed_party
        call  {}        impact      10   -0.1  300      Northland
    """

    def who(platform):
        terms = case(text.format(platform)).attributed(line).records.terms.to_pylist()
        return {t["term"] for t in terms if t["party"]}

    assert who("hotline") == {"line"}
    assert who("open_source") == {"line", "claims"}


# --- bearings and range


def test_bearing_across_the_line_lifts_the_line_above_its_own_limit(case, line, p_of):
    given = case("""
        id      incident  source_id  platform       assessment  lon  lat    sigma_m  fire_bearing_deg  fire_kappa
        a       plain     team       patrol         impact      10   -0.03  300      -                 -
        b       told      team       patrol         impact      10   -0.03  300      180               12
        c       told      uav        mini_uav       impact      10   -0.03  300      175               12
    """)  # noqa: E501
    incidents = given.attributed(line).records.incidents
    assert p_of(incidents, "told")[0] > 0.95 > p_of(incidents, "plain")[0]


def test_bearing_from_the_rear_speaks_against_the_line(case, line, p_of):
    given = case("""
        id  assessment  lon  lat    sigma_m  fire_bearing_deg  fire_kappa
        a   impact      10   -0.03  300      0                 12
    """)
    attributed = given.attributed(line).records
    north, south, _ = p_of(attributed.incidents, "a")
    assert south > 0.7
    assert north < 0.3
    terms = attributed.terms.to_pylist()
    bearing = {t["party"]: t["value"] for t in terms if t["term"] == "bearing"}
    assert bearing["Southland"] > 1
    assert bearing["Southland"] == pytest.approx(-bearing["Northland"])


def test_second_bearing_of_one_owner_is_no_second_vote(case, line, source):
    text = """
        id  incident  source_id  assessment  lon  lat    sigma_m  fire_bearing_deg  fire_kappa
        a   x         one        impact      10   -0.03  300      180               8
        b   x         two        impact      10   -0.03  300      180               8
    """  # noqa: E501

    def bearing(sources):
        terms = case(text).attributed(line, sources).records.terms.to_pylist()
        return next(t["value"] for t in terms if t["term"] == "bearing")

    # two votes of an assessment sharpen the bearing a little, so not exactly twice
    one_owner = bearing((source("one", "mission"), source("two", "mission")))
    two_owners = bearing((source("one", "mission"), source("two", "agency")))
    assert two_owners == pytest.approx(2 * one_owner, rel=0.01)


def test_party_without_ground_in_range_is_unlikely_to_have_fired(case, line):
    given = case("""
        id    weapon         assessment  lon  lat    sigma_m
        near  mortar_lt_120  impact      10   -0.02  300
        deep  mortar_lt_120  impact      10   -0.30  300
        far   mlrs_heavy     impact      10   -0.30  300
    """)
    terms = given.attributed(line).records.terms.to_pylist()
    against = {
        t["incident_id"]: t["value"]
        for t in terms
        if t["term"] == "range" and t["party"] == "Northland"
    }
    assert set(against) == {"deep"}
    assert against["deep"] < -2


# --- claims


def test_word_of_a_party_about_its_opponent_names_nobody_however_often(
    case, source, p_of
):
    rows = [f"o{k} same ministry_{k} Northland Southland claim" for k in range(20)]
    head = "id incident source_id claimed_party claimed_by nature"
    event = "e same camera - - event"
    given = case("\n".join([head, event, *rows]))
    sources = tuple(source(f"ministry_{k}", f"owner {k}") for k in range(20))
    attributed = given.attributed(None, sources).records
    assert p_of(attributed.incidents, "same") == (0, 0, 1)
    terms = {t["term"] for t in attributed.terms.to_pylist() if t["party"]}
    assert terms == {"interested claims"}


def test_claims_of_a_party_do_not_lift_the_line_to_proof(case, line, source, p_of):
    rows = [
        f"o{k} same ch_{k} Northland Southland impact 10 -0.1 300" for k in range(30)
    ]
    head = "id incident source_id claimed_party claimed_by assessment lon lat sigma_m"
    given = case("\n".join([head, *rows]))
    sources = tuple(source(f"ch_{k}", f"owner {k}") for k in range(30))
    assert p_of(given.attributed(line, sources).records.incidents, "same")[0] < 0.95


def test_copied_claim_is_one_vote(case, source):
    text = """
        id  incident  source_id  claimed_party  derived_from
        a   x         one        Northland      -
        b   x         two        Northland      {}
    """
    sources = (source("one", "paper a"), source("two", "paper b"))

    def claims(root):
        terms = case(text.format(root)).attributed(None, sources).records.terms
        return next(t["value"] for t in terms.to_pylist() if t["party"] == "Northland")

    assert claims("-") == pytest.approx(2 * WEIGHTS.claims.neutral)
    assert claims("a") == pytest.approx(WEIGHTS.claims.neutral)


def test_admission_names_the_party_that_admits(case, p_of):
    given = case("""
        id  claimed_party  claimed_by
        a   Southland      Southland
    """)
    north, south, _ = p_of(given.attributed(None).records.incidents, "a")
    assert north == 0.0
    assert south > 0.7


def test_party_behind_a_source_is_known_by_its_owner(case, source):
    given = case("""
        id  source_id  claimed_party
        a   press      Northland
    """)
    sources = (source("press", "State radio of Southland"),)
    terms = given.attributed(None, sources).records.terms.to_pylist()
    (term,) = {t["term"] for t in terms if t["party"]}
    assert term == "interested claims"


def test_restriction_is_laid_to_the_party_that_the_mission_names(case, source, p_of):
    given = case("""
        id  kind         source_id  claimed_party
        a   restriction  patrols    Southland
    """)
    mission = (source("patrols", "mission", mission_sensor=True),)
    north, south, _ = p_of(given.attributed(None, mission).records.incidents, "a")
    assert (north, south > 0.8) == (0.0, True)


def test_root_that_names_both_names_none(case, source, p_of):
    given = case("""
        id  incident  source_id  claimed_party
        a   x         one        Southland
        b   x         one        Northland
    """)
    attributed = given.attributed(None, (source("one", "paper"),)).records
    assert p_of(attributed.incidents, "x") == (0, 0, 1)


# --- whether it happened


def whether(given, line=None):
    """Log-odds of each incident that it happened, and each term."""
    terms = given.attributed(line, weights=WEIGHTS).records.terms.to_pylist()
    found = {}
    for term in terms:
        if term["party"] is None:
            found.setdefault(term["incident_id"], {})[term["term"]] = term["value"]
    return found


def test_lone_weak_report_weighs_less_than_an_aircraft(case, line, p_of):
    given = case("""
        id    platform     assessment  lon  lat    sigma_m
        post  open_source  impact      10   -0.01  300
        eyes  mini_uav     impact      10   -0.01  300
    """)
    incidents = given.attributed(line, weights=WEIGHTS).records.incidents
    assert p_of(incidents, "post")[0] < p_of(incidents, "eyes")[0]


def test_two_kinds_of_eyes_lift_the_doubt_that_two_of_one_kind_do_not(case):
    found = whether(
        case("""
        id  incident  source_id  platform         nature   derived_from
        a   one       p          open_source      event    -
        b   posts     p          open_source      event    -
        c   posts     q          open_source      event    -
        d   both      p          open_source      event    -
        e   both      s          acoustic_sensor  event    -
        f   copied    p          open_source      event    x
        g   copied    q          acoustic_sensor  warning  -
    """)
    )
    alone = WEIGHTS.happened.fire["open_source"]
    for name in ("one", "posts", "copied"):
        assert found[name]["eyes"] == pytest.approx(alone)
        assert not {"again", "further eyes"} & set(found[name])
    heard = WEIGHTS.happened.fire["acoustic_sensor"]
    assert found["both"]["eyes"] == pytest.approx(alone + heard)
    assert found["both"]["further eyes"] == WEIGHTS.happened.another


def test_second_array_that_hears_the_same_counts_and_its_copy_does_not(case):
    found = whether(
        case("""
        id  incident  platform         derived_from
        a   two       acoustic_sensor  -
        b   two       acoustic_sensor  -
        c   copy      acoustic_sensor  -
        d   copy      acoustic_sensor  c
    """)
    )
    assert found["two"]["again"] == WEIGHTS.happened.again["acoustic_sensor"]
    assert "again" not in found["copy"]


def test_eye_at_work_thereabouts_that_is_silent_speaks_against(case):
    text = """
        id    platform         lon  lat  sigma_m
        seen  patrol           10   0.5  300
        near  acoustic_sensor  10   0.6  300
        far   patrol           15   0.5  300
    """
    found = whether(case(text))
    silent = WEIGHTS.happened.silent
    assert found["seen"]["silent eyes"] == silent["acoustic_sensor"]
    assert found["near"]["silent eyes"] == silent["patrol"]
    assert "silent eyes" not in found["far"]


def test_doubtful_grade_lowers_and_good_grade_lifts(case):
    found = whether(
        case("""
        id    platform  credibility
        good  patrol    2
        bad   patrol    4
        none  patrol    -
        six   patrol    6
    """)
    )
    assert found["good"]["credibility"] > 0 > found["bad"]["credibility"]
    assert "credibility" not in found["none"]
    assert "credibility" not in found["six"]


def test_fire_near_the_line_is_likelier_than_far_behind_it(case, line):
    found = whether(
        case("""
        id    platform  setting             lon  lat    sigma_m
        near  patrol    -                   10   -0.01  300
        mid   patrol    -                   10   -0.10  300
        deep  patrol    -                   10   -0.50  300
        drill patrol    live_fire_exercise  10   -0.50  300
    """),
        line,
    )
    assert found["near"]["near"] > 0 > found["mid"]["near"] > found["deep"]["near"]
    assert found["deep"]["near"] == -WEIGHTS.near.most
    assert "near" not in found["drill"]


def test_weapon_is_believed_of_an_eye_and_not_of_hearsay(case):
    found = whether(
        case("""
        id    platform     weapon
        post  open_source  mortar_lt_120
        eyes  patrol       mortar_lt_120
        dim   patrol       unknown
    """)
    )
    assert found["eyes"]["weapon"] == WEIGHTS.happened.weapon
    assert "weapon" not in found["post"]
    assert "weapon" not in found["dim"]


# --- words


def test_terms_of_an_explanation_add_up_and_name_their_source(case, line):
    given = case("""
        id  incident  source_id  claimed_party  claimed_by  weapon         assessment  lon  lat   sigma_m  fire_bearing_deg  fire_kappa
        a   x         team       -              -           mortar_lt_120  impact      10   -0.3  300      180               6
        b   x         radio      Northland      Southland   -              impact      10   -0.3  300      -                 -
        c   x         paper      Northland      -           -              impact      10   -0.3  300      -                 -
    """)  # noqa: E501
    judgements = given.explained("x", line)
    assert set(judgements) == {HAPPENED, "Northland", "Southland"}
    for judgement in judgements.values():
        total = math.fsum(reason.value for reason in judgement.reasons)
        assert judgement.value == pytest.approx(total)
    reasons = {reason.term: reason for reason in judgements["Northland"].reasons}
    assert set(reasons) == {"line", "bearing", "range", "claims", "interested claims"}
    assert reasons["line"].source == "Meridia survey"
    assert (
        "100% of its place on ground held by Southland" in reasons["line"].compared[0]
    )
    assert "paper" in reasons["claims"].source
    assert "line +" in judgements["Northland"].why()


def test_explanation_says_in_words_whether_it_happened(case, line):
    given = case("""
        id  incident  platform         weapon         credibility  lon  lat    sigma_m  fire_bearing_deg
        a   x         acoustic_sensor  mortar_lt_120  2            10   -0.01  300      180
        b   x         acoustic_sensor  -              3            10   -0.01  300      -
        c   x         static_camera    -              -            10   -0.01  300      -
        d   y         patrol           -              -            10   -0.02  300      -
    """)  # noqa: E501
    told = given.explained("x", line, weights=WEIGHTS)[HAPPENED]
    terms = {reason.term for reason in told.reasons}
    assert terms == set(WHETHER)
    assert told.value == pytest.approx(math.fsum(r.value for r in told.reasons))
    assert "acoustic_sensor, static_camera" in told.why()
    assert "km from the other side's ground" in told.why()
    whole = given.attributed(line, weights=WEIGHTS).records.terms.to_pylist()
    mine = [t["value"] for t in whole if t["incident_id"] == "x" and not t["party"]]
    assert math.fsum(mine) == pytest.approx(told.value)


def test_explaining_what_is_not_there_says_so(case, line):
    with pytest.raises(WrongUse, match="no incident `zzz`"):
        case(DEEP_SOUTH).explained("zzz", line)


def test_strange_party_in_the_layer_is_an_issue(case):
    layer = ControlLayer(valid_from=None, held={"Westland": box(0, -5, 20, 5)})
    outcome = case(DEEP_SOUTH).attributed(Control(publisher="x", layers=(layer,)))
    assert [issue.code for issue in outcome.issues] == ["control_invalid"]
    assert "Westland" in outcome.issues[0].message


# --- laws

TERM = st.lists(
    st.tuples(*[st.floats(-6, 6)] * 4), min_size=1, max_size=6
)  # line, bearing, claims, interested claims of the first of two parties


@given(TERM)
def test_probabilities_are_probabilities_and_only_evidence_names(rows):
    values = np.array(rows)
    names = ("line", "bearing", "claims", "interested claims")
    terms = {
        name: np.stack([values[:, k], -values[:, k]], axis=1)
        for k, name in enumerate(names)
    }
    p = named(terms, WEIGHTS)
    assert ((p >= 0) & (p <= WEIGHTS.most)).all()
    assert (p.sum(axis=1) <= 1 + 1e-9).all()
    speaks = np.max([terms[n] for n in names[:3]], axis=0) > 0
    assert (p[~speaks] == 0).all()
    proves = np.max([terms[n] for n in names[1:3]], axis=0) > 0
    assert (p[~proves] <= WEIGHTS.line.most).all()
    top = p.max(axis=1)
    assert ((top == 0) | (top >= WEIGHTS.name_from)).all()


@given(
    st.lists(
        st.tuples(st.floats(-0.2, 0.2), st.sampled_from([100, 900, 4000])),
        min_size=1,
        max_size=8,
    )
)
def test_swapping_the_parties_swaps_the_answer(case, line, rows):
    head = "id assessment lon lat sigma_m"
    there = [f"o{k} impact 10 {lat} {sigma}" for k, (lat, sigma) in enumerate(rows)]
    mirrored = [f"o{k} impact 10 {-lat} {sigma}" for k, (lat, sigma) in enumerate(rows)]
    one = case("\n".join([head, *there])).attributed(line).records.incidents
    two = case("\n".join([head, *mirrored])).attributed(line).records.incidents
    for a, b in (("Northland", "Southland"), ("Southland", "Northland")):
        # forty points stand for a place; a mirrored spiral is another forty
        difference = np.abs(one[f"p_{a}"].to_numpy() - two[f"p_{b}"].to_numpy())
        both = (one[f"p_{a}"].to_numpy() > 0) & (two[f"p_{b}"].to_numpy() > 0)
        assert (difference[both] < 0.06).all()


def test_three_parties_can_be_told_apart(case, source, p_of):
    parties = ("Aland", "Beland", "Celand")
    held = {"Aland": box(0, 0, 10, 5), "Beland": box(0, -5, 10, 0)}
    control = Control(publisher="x", layers=(ControlLayer(valid_from=None, held=held),))
    given = case("id assessment lon lat sigma_m\na outgoing 5 1 100", parties)
    p = p_of(given.attributed(control).records.incidents, "a")
    assert p[0] > 0.7
    assert p[1] == p[2] == 0.0


# --- calibration


def test_named_incidents_are_right_as_often_as_they_say(case, line, chance):
    rng = chance(5)
    n = 1500
    lat = rng.normal(0, 0.05, n)
    own = rng.random(n) < WEIGHTS.line.own_ground_impact
    by_north = np.where(own, lat > 0, lat < 0)
    bearing = np.where(by_north, 180.0, 0.0) + np.degrees(rng.vonmises(0, 3.0, n))
    told = rng.random(n) < 0.4
    sigma = rng.choice([200, 800, 2000], n)
    seen = lat + rng.normal(0, 1, n) * sigma / 111_195
    rows = [
        f"o{k:04d} impact 10 {seen[k]:.6f} {sigma[k]}"
        f" {f'{bearing[k] % 360:.1f}' if told[k] else '-'} 3"
        for k in range(n)
    ]
    head = "id assessment lon lat sigma_m fire_bearing_deg fire_kappa"
    given = case("\n".join([head, *rows]))
    attributed = given.attributed(line).records.incidents
    happened = 1 / (1 + math.exp(-6.0))
    north = attributed["p_Northland"].to_numpy() / happened
    south = attributed["p_Southland"].to_numpy() / happened
    says, right = np.maximum(north, south), (north > south) == by_north
    named_at_all = says > 0
    assert named_at_all.mean() > 0.6
    bins = np.digitize(says[named_at_all], [0.8, 0.9, 0.95])
    error = sum(
        (bins == b).mean()
        * abs(
            says[named_at_all][bins == b].mean() - right[named_at_all][bins == b].mean()
        )
        for b in np.unique(bins)
    )
    assert error < 0.04
    sure = says >= 0.95
    assert sure.sum() > 50
    assert right[sure].mean() >= 0.97
