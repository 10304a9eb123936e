import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.exercise import Inspection, ReturnFire, Scenario, generate
from tocsin.exercise.events import blank, kind
from tocsin.exercise.truth import crossings, excused_fire

shots = st.lists(
    st.tuples(st.integers(0, 3_600), st.floats(0, 5), st.integers(0, 1)), max_size=14
)


def fire(rows):
    events = blank(len(rows))
    events["kind"] = kind("shot")
    for n, (t, x, party) in enumerate(rows):
        events["t"][n], events["x"][n], events["party"][n] = t, x, party
    return events


def excused_by_hand(rows):
    """The treaty sentence, act by act, in the order of time."""
    order = sorted(range(len(rows)), key=lambda n: rows[n][0])
    excused = dict.fromkeys(order, False)
    for answer in order:
        t, x, party = rows[answer]
        for hostile in order:
            t0, x0, other = rows[hostile]
            if other == party or excused[hostile] or t0 >= t or abs(x - x0) >= 2:
                continue
            answers = [
                rows[n][0]
                for n in order
                if rows[n][2] == party
                and abs(rows[n][1] - x0) < 2
                and t0 < rows[n][0] <= t0 + 600
            ]
            if answers and t <= min(answers) + 1_800:
                excused[answer] = True
    return [excused[n] for n in range(len(rows))]


@settings(max_examples=300)
@given(shots)
def test_self_defence_is_what_the_treaty_sentence_says(rows):
    assert excused_fire(fire(rows)).tolist() == excused_by_hand(rows)


def test_answer_in_the_same_second_is_no_self_defence():
    assert not excused_fire(fire([(10, 0.0, 0), (10, 0.0, 1)])).any()


def test_answer_to_an_excused_act_is_a_breach():
    answered = excused_fire(fire([(0, 0.0, 0), (60, 0.0, 1), (120, 0.0, 0)]))
    assert answered.tolist() == [False, True, False]


def test_first_answer_after_ten_minutes_comes_too_late():
    assert not excused_fire(fire([(0, 0.0, 0), (601, 0.0, 1)])).any()


def test_self_defence_ends_half_an_hour_after_the_first_answer():
    rows = [(0, 0.0, 0), (300, 0.0, 1), (2_100, 0.0, 1), (2_101, 0.0, 1)]
    assert excused_fire(fire(rows)).tolist() == [False, True, True, False]


@given(
    st.lists(st.integers(0, 300), max_size=30).map(sorted),
    st.integers(1, 6),
    st.integers(1, 100),
)
def test_finding_opens_where_the_count_comes_up_to_the_threshold(times, least, window):
    t = np.array(times, float)
    opened = []
    for n, at in enumerate(times):
        now = sum(at - window <= other <= at for other in times[: n + 1])
        before = sum(at - window <= other <= at for other in times[:n])
        if before < least <= now:
            opened.append(n)
    assert crossings(t, least=least, window_s=window) == opened


def chance(seed):
    return np.random.Generator(np.random.PCG64(seed))


def breaches(exercise, clause):
    table = pl.DataFrame(pl.from_arrow(exercise.truth_breaches))
    return table.filter(pl.col("clause") == clause)


def quiet(*plan):
    return Scenario(
        days=4,
        per_day=40,
        fire_per_day=0,
        restrictions_per_day=0,
        plan=plan,
        answers=(),
    )


def test_return_fire_is_excused_and_the_late_round_is_not():
    part = ReturnFire(attacker=0, sector=4, begin_h=20, hostile=4, late=1)
    rows = breaches(generate(quiet(part), rng=chance(1)), "Article 1(1)")
    got = rows.group_by("party", "verdict").len().sort("party", "verdict").rows()
    assert got == [
        ("Northland", "breached", 4),
        ("Southland", "breached", 1),
        ("Southland", "excused", 4),
    ]


def test_access_granted_in_time_is_no_breach_late_or_never_is():
    plan = (
        Inspection(site=0, begin_h=1, granted_h=24),
        Inspection(site=1, begin_h=1, granted_h=24.5),
        Inspection(site=4, begin_h=1, granted_h=None),
        Inspection(site=5, begin_h=90, granted_h=None),
    )
    rows = breaches(generate(quiet(*plan), rng=chance(1)), "Article 3(2)")
    assert rows.sort("subject").select("party", "subject").rows() == [
        ("Northland", "Mirrowane Depot"),
        ("Southland", "Ruskethar Depot"),
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("per_day", [200, 1_000])
def test_what_is_planned_is_found_in_truth_and_nothing_else(seed, per_day):
    exercise = generate(Scenario(per_day=per_day), rng=chance(seed))
    rows = breaches(exercise, "Article 5(1)").sort("t")
    assert rows.select("party", "sector").rows() == [
        ("Northland", "Corvaline"),
        ("Southland", "Fenwarden"),
        ("Southland", "Hollistrand"),
        ("Northland", "Kelvarra"),
    ]
    watched = dict(rows.select("sector", "watched_share").rows())
    assert watched.pop("Fenwarden") < 0.2
    assert min(watched.values()) > 0.6
    obstructed = breaches(exercise, "Article 5(2)")
    assert obstructed.select("party", "sector").rows() == [("Southland", "Jorrandel")]


def test_both_sides_of_the_exchange_are_in_breach(lantern):
    events = pl.DataFrame(pl.from_arrow(lantern.truth_events))
    number = [type(p).__name__ for p in lantern.scenario.plan].index("Exchange")
    mine = events.filter(pl.col("part") == number)
    rows = breaches(lantern, "Article 1(1)").join(mine.select("event"), on="event")
    assert rows.filter(pl.col("verdict") == "breached")["party"].n_unique() == 2
