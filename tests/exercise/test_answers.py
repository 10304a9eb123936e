from datetime import timedelta

import polars as pl
import pytest

from tocsin.exercise import LANTERN, Answer, Ballot
from tocsin.exercise.answers import answer_acts
from tocsin.exercise.truth import SERIOUS, Breach

FOUND = Breach(clause=SERIOUS, party="Northland", sector="Alvenor", t=36_000.0)
YES = (
    Ballot(member="lead", vote="yes", after_h=10),
    Ballot(member=0, vote="yes", after_h=20),
)


@pytest.fixture(scope="module")
def register(lantern):
    return pl.DataFrame(pl.from_arrow(lantern.register))


def about(register, act, sector, subject=None):
    rows = register.filter(pl.col("act") == act, pl.col("sector") == sector)
    return rows if subject is None else rows.filter(pl.col("subject") == subject)


def found_at(register, sector):
    yes = about(register, "ballot", sector, SERIOUS).filter(pl.col("vote") == "yes")
    return yes.sort("t")["t"][1]


def test_every_open_violation_is_attributed_within_48_hours(register, lantern):
    truth = pl.DataFrame(pl.from_arrow(lantern.truth_breaches))
    alleged = dict(
        truth.filter(pl.col("clause") == SERIOUS).select("sector", "t").rows()
    )
    for sector in ("Corvaline", "Hollistrand", "Kelvarra"):
        assert found_at(register, sector) - alleged[sector] <= timedelta(hours=48)
        party = about(register, "ballot", sector)["target_party"].unique().to_list()
        assert len(party) == 1


def test_hidden_violation_is_attributed_to_nobody(register):
    assert about(register, "ballot", "Fenwarden").is_empty()


def test_one_guarantee_has_all_that_it_needs(register):
    found = found_at(register, "Corvaline")
    met = about(register, "meet", "Corvaline")["t"][0]
    assert timedelta(0) < met - found <= timedelta(hours=24)
    votes = about(register, "ballot", "Corvaline", "Response")
    assert votes["vote"].to_list() == ["yes"] * 3
    assert votes["t"].max() - found <= timedelta(hours=72)
    consent = register.filter(pl.col("act") == "consent")
    assert consent["party"].to_list() == ["Southland"]
    mandates = register.filter(pl.col("act") == "mandate")["party"].to_list()
    assert mandates == ["Aurelia", "Brennia", "Caldoria"]


def test_one_guarantee_is_met_upon_and_never_decided(register):
    found = found_at(register, "Hollistrand")
    met = about(register, "meet", "Hollistrand")["t"][0]
    assert met - found <= timedelta(hours=24)
    assert about(register, "proposal", "Hollistrand").is_empty()
    assert found + timedelta(hours=72) < found.replace(month=3, day=17)


def test_one_consultation_is_not_called_in_time(register):
    found = found_at(register, "Kelvarra")
    met = register.filter(pl.col("act") == "meet")["t"]
    inside = [t for t in met if found < t <= found + timedelta(hours=24)]
    assert inside == []
    assert (found + timedelta(hours=24)).day < 17


def test_every_drill_is_notified_within_twelve_hours(register, lantern):
    events = pl.DataFrame(pl.from_arrow(lantern.truth_events))
    drill = events.filter(pl.col("setting") == "live_fire_exercise")
    notices = register.filter(pl.col("act") == "notify")
    notified = drill.join(notices, on=["party", "sector"], suffix="_notice").filter(
        (pl.col("t_notice") - pl.col("t")).is_between(timedelta(0), timedelta(hours=12))
    )
    assert notified["event"].n_unique() == len(drill) > 500


def test_no_finding_no_answer():
    answer = Answer(party=0, sector=0, attribution=YES, meet_h=5)
    assert answer_acts(answer, [], LANTERN) == ()


def test_without_enough_votes_nobody_meets():
    answer = Answer(party=0, sector=0, attribution=YES[:1], meet_h=5)
    acts = answer_acts(answer, [FOUND], LANTERN)
    assert [act.act for act in acts] == ["ballot"]


def test_steps_follow_the_second_yes():
    answer = Answer(party=0, sector=0, attribution=YES, meet_h=5, propose_h=7)
    acts = {act.act: act.at_h for act in answer_acts(answer, [FOUND], LANTERN)}
    assert acts["meet"] == 10 + 20 + 5
    assert acts["proposal"] == 10 + 20 + 7


def test_veto_is_a_ballot_of_no():
    veto = Ballot(member=1, vote="no", after_h=3)
    answer = Answer(party=0, sector=0, attribution=YES, propose_h=1, ballots=(veto,))
    last = answer_acts(answer, [FOUND], LANTERN)[-1]
    assert (last.party, last.vote, last.subject) == ("Brennia", "no", "Response")
