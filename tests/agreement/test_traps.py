"""Each trap of the reference that other monitors fall into, by its name."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tocsin.agreement.evaluate import evaluate, evaluate_fully
from tocsin.agreement.evaluate.chance import at_least
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.kernels import window_at_least, window_points
from tocsin.agreement.parse import parse_rules
from tocsin.agreement.terms import Calendar, Duration
from tocsin.errors import OriginsMixed, WrongUse
from tocsin.model.tables import COVERAGE, FACTS, conform
from tocsin.model.times import instant, seconds

START = datetime(2025, 3, 3, tzinfo=UTC)
EVERY = ("oracle", "batch", "online")
ENGINES = pytest.mark.parametrize("engine", EVERY)
HEAD = 'parties Northland, Southland\nact fire is "to open fire"\n'
CEASEFIRE = HEAD + "Article 1(1)\n  forbid any party to fire\n"
STORM = (
    CEASEFIRE + "Article 5(1)\n  finding storm for party\n"
    "  when count of breaches of Article 1(1) by party over 72 hours >= 10\n"
)
INSPECTION = (
    'parties Northland, Southland\nact request is "to ask"\nact access is "to grant"\n'
    "Article 2(1)\n  when request of party at site\n  oblige party to access at site\n"
    "  within 24 hours of request\n"
)


def at(hours):
    return START + timedelta(hours=hours)


def table(rows, schema=FACTS):
    return conform(pa.Table.from_pylist(rows, schema=schema), schema, what="rows")


def fact(number, hours, kind="fire", party="Northland", **more):
    return {
        "fact_id": f"f{number}",
        "kind": kind,
        "party": party,
        "t": at(hours),
        **more,
    }


def ask(source, rows, *, engine, until=240, **more):
    agreement = parse_rules(source).records
    return evaluate_fully(
        agreement, table(rows), start=START, until=at(until), engine=engine, **more
    )


@ENGINES
def test_the_end_of_the_log_is_not_turned_into_breaches(engine):
    rows = [fact(n, n, "request", subject=f"site {n}") for n in range(48)]
    found = ask(INSPECTION, rows, engine=engine, until=48).verdicts.to_pylist()
    last = {row["subject"]: row["verdict"] for row in found}
    assert list(last.values()).count("breached") == 24
    assert list(last.values()).count("pending") == 24


@ENGINES
def test_late_events_are_not_dropped(engine):
    rows = [
        fact(0, 0, "request", subject="Depot"),
        fact(1, 5, "access", subject="Depot"),
    ]
    found = ask(INSPECTION, rows[::-1], engine=engine).verdicts.to_pylist()
    assert [row["verdict"] for row in found] == ["pending", "met"]


def test_equal_timestamps_are_answered_alike_by_all_engines():
    rows = [fact(n, 1 + n // 5) for n in range(40)]
    one, *others = (ask(STORM, rows, engine=e) for e in EVERY)
    assert [e.alleged_at for e in one.episodes] == [at(2)]
    for other in others:
        assert one.verdicts.equals(other.verdicts)
        assert one.episodes == other.episodes


def test_an_invalid_formula_is_refused_and_does_not_answer_false():
    outcome = parse_rules(HEAD + "Article 1(1)\n  forbid any party fire\n")
    assert outcome.issues


@ENGINES
def test_a_robustness_of_exactly_zero_is_not_satisfaction(engine):
    rows = [fact(0, 0, "request", subject="Depot")]
    late = fact(1, 24, "access", subject="Depot")
    late["t"] += timedelta(seconds=1)
    found = ask(INSPECTION, [*rows, late], engine=engine).verdicts.to_pylist()
    assert [row["verdict"] for row in found] == ["pending", "breached"]
    in_time = fact(1, 24, "access", subject="Depot")
    found = ask(INSPECTION, [*rows, in_time], engine=engine).verdicts.to_pylist()
    assert [row["verdict"] for row in found] == ["pending", "met"]


def test_a_parse_error_has_a_line():
    issue = parse_rules(HEAD + "Article 1(1)\n  forbid any party fire\n").issues[0]
    assert issue.where.line == 4
    assert issue.where.column is not None


def test_month_arithmetic_follows_the_calendar():
    month = Duration(amount=1, unit="month")
    january = seconds(instant("2025-01-31T12:00:00Z"))
    down = later(january, month, Calendar(zone="UTC", rounded="down"))
    up = later(january, month, Calendar(zone="UTC", rounded="up"))
    assert down == seconds(instant("2025-02-28T12:00:00Z"))
    assert up == seconds(instant("2025-03-01T12:00:00Z"))
    with pytest.raises(WrongUse, match="calendar"):
        later(january, month, None)


def test_a_month_keeps_local_time_over_a_change_of_clocks():
    month = Duration(amount=1, unit="month")
    march = seconds(instant("2025-03-15T12:00:00+02:00"))
    april = later(march, month, Calendar(zone="Europe/Kyiv", rounded="down"))
    assert april == seconds(instant("2025-04-15T12:00:00+03:00"))


@ENGINES
def test_a_window_does_not_count_twice_at_its_closed_ends(engine):
    rows = [fact(n, 72 * (n // 9)) for n in range(18)]
    found = ask(STORM, rows, engine=engine).episodes
    assert [(e.alleged_at, e.closed_at) for e in found] == [
        (at(72), at(72) + timedelta(seconds=1))
    ]
    assert [
        int(high - low)
        for low, high in zip(*window_points(np.array([0, 5]), 5)[1:], strict=True)
    ] == [1, 2, 1, 0]


REPOSTS = [
    ("reports", range(30), 0.979),
    ("incidents", [n // 3 for n in range(30)], 0.001),
]


@ENGINES
@pytest.mark.parametrize(("what", "roots", "chance"), REPOSTS)
def test_reposts_are_not_counted_as_events(engine, what, roots, chance):
    """30 reports at p = .5 of 30, or of only 10, things: P(at least 10)."""
    source = STORM + "  standard 0.0005\n"
    rows = [fact(n, n / 10, p=0.5, root=f"r{r}") for n, r in enumerate(roots)]
    p = max(e.p_ever for e in ask(source, rows, engine=engine).episodes)
    assert p == pytest.approx(chance, abs=5e-4)


def test_ten_roots_of_three_counted_as_reports_would_have_said_828():
    three = [np.array([0.5, 0.0, 0.0, 0.5])] * 10
    assert at_least(three, 10) == pytest.approx(0.828, abs=5e-4)


SELF_DEFENCE = CEASEFIRE + (
    "  except self_defence\n"
    "    when unexcused_fire of opponent in the last 10 minutes\n"
    "    limited to 30 minutes\n"
)


@ENGINES
def test_mutual_fire_does_not_excuse_itself(engine):
    minutes = [(0, "Northland"), (1, "Southland"), (2, "Northland"), (3, "Southland")]
    rows = [fact(n, m / 60, party=p) for n, (m, p) in enumerate(minutes)]
    found = ask(SELF_DEFENCE, rows, engine=engine).verdicts.to_pylist()
    said = {
        row["verdict"]
        for row in found
        if row["party"] == "Northland" and row["witness"]
    }
    assert said == {"breached"}
    same_second = [fact(0, 1), fact(1, 1, party="Southland")]
    found = ask(SELF_DEFENCE, same_second, engine=engine).verdicts.to_pylist()
    assert [row["verdict"] for row in found if row["witness"]] == ["breached"] * 2


@ENGINES
def test_blinding_a_camera_does_not_pay(engine):
    seen = [{"t_start": START, "t_end": at(24), "share": 1.0}]
    blind = [{"t_start": START, "t_end": at(6), "share": 1.0}]
    met = [
        ask(CEASEFIRE, [], engine=engine, until=24, coverage=table(rows, COVERAGE))
        for rows in (seen, blind)
    ]
    watched, blinded = (found.verdicts.to_pylist() for found in met)
    assert {row["verdict"] for row in watched} == {"met"}
    after = {row["verdict"] for row in blinded if row["t"] >= at(6)}
    assert after == {"undetermined"}


def test_a_poisson_binomial_keeps_its_digits_when_facts_leave_the_window():
    """Dividing a term out again errs by up to 1e24; nothing is divided out here."""
    chance = np.random.default_rng(3)
    q = np.concatenate([chance.uniform(0.999, 1.0, 400), chance.uniform(0, 1e-3, 400)])
    t = np.arange(800)
    _, low, high = window_points(t, 99)
    for k in (1, 10, 60):
        ours = window_at_least(q, low, high, k)
        anew = [
            at_least([np.array([1 - x, x]) for x in q[i:j]], k)
            for i, j in zip(low, high, strict=True)
        ]
        np.testing.assert_allclose(ours, anew, rtol=0, atol=1e-12)


@ENGINES
def test_origins_are_never_mixed(engine):
    rows = [fact(0, 1, origin="observed"), fact(1, 2, origin="exercise")]
    with pytest.raises(OriginsMixed):
        ask(CEASEFIRE, rows, engine=engine)
    watched = table(
        [{"t_start": START, "t_end": at(1), "share": 1.0, "origin": "imagined"}],
        COVERAGE,
    )
    with pytest.raises(OriginsMixed):
        ask(CEASEFIRE, rows[:1], engine=engine, coverage=watched)


def test_a_question_that_ends_before_it_starts_is_refused():
    with pytest.raises(WrongUse, match="not after its start"):
        evaluate(parse_rules(CEASEFIRE).records, table([]), start=at(1), until=START)


def test_an_engine_that_is_not_there_is_refused():
    with pytest.raises(WrongUse, match="oracle"):
        evaluate(
            parse_rules(CEASEFIRE).records,
            table([]),
            start=START,
            until=at(1),
            engine="fast",
        )


@ENGINES
@pytest.mark.parametrize("rows", [[], [fact(0, 1, party="Southland")]])
def test_an_omission_that_no_fact_tells_of_has_no_fact_as_its_witness(engine, rows):
    source = CEASEFIRE + (
        'act hand_over is "to hand over the maps"\n'
        "Article 2(1)\n  in force from 2025-03-03T00:00Z\n"
        "  oblige each party to hand_over\n  within 5 hours\n"
        "Article 5(1)\n  finding neglect for party\n"
        "  when count of breaches of Article 2(1) by party over 9 hours >= 1\n"
    )
    said = ask(source, rows, engine=engine)
    (episode,) = [e for e in said.episodes if e.party == "Northland"]
    assert episode.witness.facts == ()
    found = said.verdicts.to_pylist()
    neglect = [r for r in found if r["clause"] == "Article 5(1)"]
    assert {r["verdict"] for r in neglect} >= {"breached"}
    assert all(not r["witness"] for r in neglect if r["verdict"] == "breached")
