"""The online engine says in the end what the oracle says, whatever came when."""

import os
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from histories import (
    AREAS,
    PROBABILITIES,
    SECTORS,
    START,
    at,
    coverages,
    facts,
    followed_rules,
    procedures,
    rules,
    seconds,
)
from strategies import sound_agreements
from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.evaluate.online import CHANGES, Monitor
from tocsin.agreement.parse import parse_rules
from tocsin.errors import OriginsMixed, WrongUse
from tocsin.model.tables import COVERAGE, FACTS, VERDICTS, conform

CASES = int(os.environ.get("TOCSIN_DIFFERENTIAL_CASES", "120"))
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
UNTIL = 7_300
KEY = ("clause", "party", "sector", "subject", "t", "due", "which")
TOLD = sorted({*VERDICTS.names} - {"revision", "known_at", "witness", "origin"})


# --- random agreements that are followed fact by fact, histories, arrivals


@st.composite
def plain_facts(draw, most=16):
    """Facts of roots of their own: one party's, alternatives, reposts, nobody's."""
    rows = []
    for number in range(draw(st.integers(0, most))):
        t, spread = draw(seconds), draw(st.sampled_from((0, 0, 0, 30, 400)))
        place = draw(
            st.sampled_from((None, (-29.5, 0.0), (-29.51, 0.05), (-29.2, 0.3)))
        )
        row = {
            "fact_id": f"f{number}",
            "origin": "imagined",
            "kind": draw(
                st.sampled_from(("fire", "fire", "fire", "fly", "request", "access"))
            ),
            "party": draw(st.sampled_from(("Northland", "Southland", None))),
            "sector": draw(st.sampled_from((*SECTORS, *SECTORS, None))),
            "subject": draw(st.sampled_from(("Depot", "Camp"))),
            "weapon": draw(st.sampled_from((None, "mlrs"))),
            "n_independent": draw(st.integers(1, 3)),
            "p": draw(st.sampled_from(PROBABILITIES)),
            "t": at(t),
            "t_earliest": at(t - spread),
            "t_latest": at(t + spread),
        }
        if place is not None:
            sigma = draw(st.sampled_from((0.0, 5_000.0)))
            row |= {"lon": place[0], "lat": place[1], "sigma_m": sigma}
        shape = draw(st.sampled_from(("one", "one", "choice", "repost")))
        rows.append(row)
        if shape == "choice":
            row |= {"party": "Northland", "root": f"r{number}", "choice": f"c{number}"}
            other = {"party": "Southland", "p": round((1.0 - row["p"]) / 2, 6)}
            rows.append({**row, **other, "fact_id": f"g{number}"})
        if shape == "repost":
            row["root"] = f"r{number}"
            later = at(t + draw(st.integers(0, 900)))
            times = {"t": later, "t_earliest": later, "t_latest": later}
            p = draw(st.sampled_from(PROBABILITIES))
            rows.append({**row, **times, "fact_id": f"h{number}", "p": p})
    if draw(st.booleans()):
        t = at(draw(seconds))
        rows.append({"fact_id": "s", "kind": "signed", "party": "Both", "t": t})
    for number in range(draw(st.integers(0, 2)) if rows else 0):
        gone = draw(st.sampled_from(rows))["fact_id"]
        back = {"fact_id": f"w{number}", "kind": "withdrawal", "t": at(7000)}
        rows.append({**back, "withdraws": gone})
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


@st.composite
def arrivals(draw, table, coverage):
    """Facts and coverage in any order, some of them twice; the clock goes on between.

    Gives steps of facts (as a table, or row by row), coverage, and the clock.
    """
    n = table.num_rows
    order = draw(st.permutations(range(n)))
    again = draw(st.lists(st.sampled_from(order), max_size=3)) if n else []
    order = [*order, *again]
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=5)))
    steps, clock = [], 0
    watched = draw(st.integers(0, len(cuts)))
    for number, (lo, hi) in enumerate(
        zip([0, *cuts], [*cuts, len(order)], strict=True)
    ):
        clock += draw(st.sampled_from((0, 0, 1, 60, 600, 3_000)))
        part = table.take(pa.array(order[lo:hi], pa.int64()))
        seen = coverage if number == watched else None
        if seen is not None and seen.num_rows > 1 and draw(st.booleans()):
            steps.append((None, seen.slice(1), None, clock))
            seen = seen.slice(0, 1)
        steps.append((part, seen, draw(st.booleans()), min(clock, UNTIL)))
    return steps


# --- what must be the same


def plain_rows(table):
    return [
        {k: v for k, v in row.items() if v is not None} for row in table.to_pylist()
    ]


def play(agreement, steps, *, start=0, until=UNTIL, check=None, **more):
    """A monitor after all steps, and the changes that it told."""
    monitor = Monitor(agreement, areas=AREAS, start=at(start), **more)
    told = []
    for part, seen, as_table, clock in steps:
        now = max(at(clock), monitor.now)
        given_ = part if as_table or part is None else plain_rows(part)
        told.append(monitor.take(given_, coverage=seen, now=now))
        if check is not None:
            check(monitor, told)
    told.append(monitor.tick(at(until)))
    return monitor, told


def folded(told):
    """The rows that stand after these changes, by what they are known by."""
    standing, revisions = {}, {}
    for changes in told:
        for row in changes.table.to_pylist():
            key = tuple(row[name] for name in KEY)
            before = revisions.get(key, 0)
            assert row["revision"] == before + 1, row
            revisions[key] = row["revision"]
            assert (row["change"] == "added") == (key not in standing), row
            assert (row["was"] is None) == (row["change"] == "added"), row
            if row["change"] == "withdrawn":
                del standing[key]
            else:
                standing[key] = row
    return standing


def comparable(rows):
    found = [
        tuple(
            round(row[name], 8) if isinstance(row[name], float) else row[name]
            for name in TOLD
        )
        for row in rows
    ]
    return sorted(found, key=str)


def assert_says_the_same(monitor, told, reference):
    said, wanted = monitor.verdicts(), reference.verdicts
    assert said.num_rows == wanted.num_rows
    for name in wanted.column_names:
        if name in {"revision", "known_at"}:
            continue
        if pa.types.is_floating(wanted.schema.field(name).type):
            one, other = (
                t[name].to_numpy(zero_copy_only=False) for t in (said, wanted)
            )
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-9, err_msg=name)
        else:
            assert said[name].to_pylist() == wanted[name].to_pylist(), name
    assert comparable(folded(told).values()) == comparable(wanted.to_pylist())


def reference(agreement, table, coverage, *, start=0, until=UNTIL, engine="oracle"):
    return evaluate_fully(
        agreement,
        table,
        coverage=coverage,
        areas=AREAS,
        start=at(start),
        until=at(until),
        engine=engine,
    )


def both(data, agreement, acts, record, watched):
    table = pa.concat_tables([acts, record])
    start = data.draw(st.sampled_from((0, 900)))
    steps = data.draw(arrivals(table, watched))
    monitor, told = play(agreement, steps, start=start)
    expected = reference(agreement, table, watched, start=start)
    assert_says_the_same(monitor, told, expected)


@settings(max_examples=CASES, suppress_health_check=SLOW, deadline=None)
@given(st.data(), followed_rules(), plain_facts(), procedures(), coverages())
def test_any_order_of_arrival_ends_where_the_oracle_ends(
    data, agreement, acts, record, watched
):
    both(data, agreement, acts, record, watched)


@settings(max_examples=CASES // 2, suppress_health_check=SLOW, deadline=None)
@given(st.data(), rules(), facts(), procedures(), coverages())
def test_exceptions_and_shared_roots_end_where_the_oracle_ends(
    data, agreement, acts, record, watched
):
    both(data, agreement, acts, record, watched)


@settings(max_examples=CASES // 3, suppress_health_check=SLOW, deadline=None)
@given(st.data(), sound_agreements(), facts(), procedures(), coverages())
def test_agreements_of_the_whole_language_end_where_the_oracle_ends(
    data, agreement, acts, record, watched
):
    both(data, agreement, acts, record, watched)


@settings(max_examples=CASES // 2, suppress_health_check=SLOW, deadline=None)
@given(followed_rules(), plain_facts(), procedures(), coverages())
def test_online_is_an_engine_like_the_others(agreement, acts, record, watched):
    table = pa.concat_tables([acts, record])
    one, other = (
        reference(agreement, table, watched, engine=engine)
        for engine in ("oracle", "online")
    )
    assert one.verdicts.num_rows == other.verdicts.num_rows
    assert comparable(one.verdicts.to_pylist()) == comparable(
        other.verdicts.to_pylist()
    )
    assert one.verdicts["witness"].to_pylist() == other.verdicts["witness"].to_pylist()
    assert [e.episode_id for e in one.episodes] == [
        e.episode_id for e in other.episodes
    ]
    assert one.issues == other.issues


@settings(max_examples=CASES // 3, suppress_health_check=SLOW, deadline=None)
@given(st.data(), followed_rules(), plain_facts(), procedures(), coverages())
def test_saved_and_loaded_anywhere_it_goes_on_the_same(
    data, agreement, acts, record, watched
):
    table = pa.concat_tables([acts, record])
    steps = data.draw(arrivals(table, watched))
    at_step = data.draw(st.integers(0, len(steps)))
    monitor, first = Monitor(agreement, areas=AREAS, start=START), []
    for number, (part, seen, _, clock) in enumerate(
        [*steps, (None, None, None, UNTIL)]
    ):
        if number == at_step:
            before = monitor.verdicts()
            monitor = Monitor.load(monitor.save(), agreement, areas=AREAS)
            assert monitor.verdicts().equals(before)
        now = max(at(clock), monitor.now)
        first.append(monitor.take(part, coverage=seen, now=now))
    assert_says_the_same(monitor, first, reference(agreement, table, watched))


# --- the lateness horizon


@st.composite
def in_time(draw, table, lateness):
    """Each fact some time after it happened, never later than the horizon allows."""
    early = table["t_earliest"].to_pylist()
    happened = [
        int(((e or t) - START).total_seconds())
        for e, t in zip(early, table["t"].to_pylist(), strict=True)
    ]
    arrival = [max(t + draw(st.integers(1, lateness)), 0) for t in happened]
    return sorted(range(table.num_rows), key=lambda n: (arrival[n], n)), arrival


def refused(table, back, arrival):
    """Ids handed back for good: not withdrawals that came before their fact."""
    gone = dict(
        zip(table["fact_id"].to_pylist(), table["withdraws"].to_pylist(), strict=True)
    )
    ahead = {
        name
        for name in back
        if gone[name] in arrival and arrival[gone[name]] >= arrival[name]
    }
    return sorted(set(back) - ahead)


@settings(max_examples=CASES // 2, suppress_health_check=SLOW, deadline=None)
@given(st.data(), followed_rules(), plain_facts(most=30), procedures(), coverages())
def test_what_is_let_go_was_told_rightly(data, agreement, acts, record, watched):
    """Within the horizon the end is the same, though the past is forgotten."""
    table = pa.concat_tables([acts, record])
    order, arrival = data.draw(in_time(table, 500))
    steps = [
        (table.slice(n, 1), None, data.draw(st.booleans()), arrival[n]) for n in order
    ]
    back = []
    steps.insert(0, (None, watched, None, 0))
    monitor, told = play(agreement, steps, lateness_s=600, until=12_000)
    for changes in told:
        back += changes.handed_back["fact_id"].to_pylist()
    ids = table["fact_id"].to_pylist()
    back = refused(table, back, dict(zip(ids, arrival, strict=True)))
    rest = [n for n, name in enumerate(ids) if name not in back]
    kept = table.take(pa.array(rest, pa.int64()))
    expected = reference(agreement, kept, watched, until=12_000).verdicts
    assert comparable(folded(told).values()) == comparable(expected.to_pylist())
    wanted = comparable(expected.to_pylist())
    assert all(row in wanted for row in comparable(monitor.verdicts().to_pylist()))


# --- one by one

FIRE = (
    "parties Northland, Southland\n"
    'act fire is "to open fire"\n'
    "Article 1(1)\n  forbid any party to fire\n"
)
COUNT = FIRE + (
    "Article 5(1)\n  finding storm for party\n"
    "  when count of breaches of Article 1(1) by party over 60 minutes >= 2\n"
)
DUTY = (
    "parties Northland, Southland\n"
    'act request is "to request"\nact access is "to grant access"\n'
    "Article 2(1)\n  when request of party at site\n  oblige party to access at site\n"
    "  within 60 minutes of request\n"
)


def agreed(text):
    return parse_rules(text).records


def fact(name, t, kind="fire", **more):
    row = {"fact_id": name, "kind": kind, "party": "Northland", "t": at(t)}
    return row | {"origin": "imagined"} | more


def test_a_deadline_fires_with_no_event_arriving():
    monitor = Monitor(agreed(DUTY), start=START)
    asked = fact("a", 0, "request", subject="Depot")
    assert monitor.take([asked], now=at(1)).table["verdict"].to_pylist() == ["pending"]
    assert len(monitor.tick(at(3_600))) == 0
    (row,) = monitor.tick(at(3_601)).table.to_pylist()
    assert (row["verdict"], row["t"], row["due"]) == ("breached", at(3_600), at(3_600))


def test_access_that_is_reported_late_takes_the_breach_back():
    monitor = Monitor(agreed(DUTY), start=START)
    monitor.take([fact("a", 0, "request", subject="Depot")], now=at(4_000))
    late = monitor.take([fact("b", 1_800, "access", subject="Depot")])
    rows = {(row["t"], row["change"]): row for row in late.table.to_pylist()}
    assert set(rows) == {(at(1_800), "added"), (at(3_600), "withdrawn")}
    gone = rows[at(3_600), "withdrawn"]
    assert (gone["was"], gone["was_p_breached"], gone["revision"]) == (
        "breached",
        1.0,
        2,
    )
    assert gone["reason"] == "a fact came in late"
    assert gone["p_breached"] is None
    assert not gone["possible"]


def test_the_same_row_twice_changes_nothing():
    monitor = Monitor(agreed(FIRE), start=START)
    row = fact("a", 10, sector="East")
    monitor.take([row], now=at(60))
    again = monitor.take([row | {"received_at": at(50)}])
    assert len(again) == 0
    assert monitor.remembered == 1


def test_a_correction_withdraws_and_says_anew():
    monitor = Monitor(agreed(FIRE), start=START)
    monitor.take([fact("a", 10)], now=at(60))
    right = fact("b", 20, party="Southland", withdraws="a")
    rows = monitor.take([right]).table.to_pylist()
    assert {(r["party"], r["t"], r["change"]) for r in rows} == {
        ("Northland", at(10), "withdrawn"),
        ("Northland", at(11), "withdrawn"),
        ("Southland", at(20), "added"),
        ("Southland", at(21), "added"),
    }
    assert {r["reason"] for r in rows if r["change"] == "withdrawn"} == {
        "a fact was withdrawn, corrected or joined by another report"
    }


def test_a_withdrawal_may_come_before_its_fact():
    monitor = Monitor(agreed(FIRE), start=START)
    monitor.take([fact("w", 5, "withdrawal", withdraws="a")], now=at(60))
    assert len(monitor.take([fact("a", 10)])) == 0


def test_only_the_episode_that_changes_is_revised():
    """Late evidence leaves every other row as it was told (Meaning 8)."""
    monitor = Monitor(agreed(COUNT), start=START)
    days = [
        fact(f"f{n}", 86_400 * n + m, sector="East") for n in range(9) for m in (0, 9)
    ]
    monitor.take(days, now=at(9 * 86_400))
    late = monitor.take([fact("late", 4 * 86_400 + 5, sector="East")])
    rows = late.table.to_pylist()
    touched = {row["t"] for row in rows}
    assert all(at(4 * 86_400) < t <= at(4 * 86_400 + 3_700) for t in touched)
    opened = [
        r for r in rows if r["verdict"] == "breached" and r["clause"] == "Article 5(1)"
    ]
    assert [r["t"] for r in opened] == [at(4 * 86_400 + 5)]


def test_facts_behind_the_horizon_are_handed_back_and_said():
    monitor = Monitor(agreed(FIRE), start=START, lateness_s=3_600)
    monitor.tick(at(10_000))
    changes = monitor.take([fact("old", 100), fact("new", 9_000)])
    assert changes.handed_back["fact_id"].to_pylist() == ["old"]
    assert [issue.code for issue in changes.issues] == ["too_late"]
    assert monitor.floor == at(6_400)
    told = monitor.verdicts().filter(pa.compute.field("verdict") == "breached")
    assert told["t"].to_pylist() == [at(9_000)]


def test_a_report_of_an_old_root_is_handed_back():
    monitor = Monitor(agreed(FIRE), start=START, lateness_s=3_600)
    monitor.take([fact("a", 100, root="one", p=0.4)], now=at(1_000))
    monitor.tick(at(10_000))
    changes = monitor.take([fact("b", 9_000, root="one", p=0.9)])
    assert changes.handed_back["fact_id"].to_pylist() == ["b"]


def test_marks_of_what_was_let_go_are_saved():
    monitor = Monitor(agreed(FIRE), start=START, lateness_s=3_600)
    monitor.take([fact("a", 100, root="one", choice="так")], now=at(1_000))
    monitor.tick(at(10_000))
    assert monitor.remembered == 0
    again = Monitor.load(monitor.save(), agreed(FIRE))
    assert again.save() == monitor.save()
    rows = [fact("b", 9_000, root="one"), fact("c", 9_000, choice="так")]
    rows += [fact("d", 9_000, root="a"), fact("e", 9_000, root="other")]
    for kept in (monitor, again):
        back = kept.take(rows).handed_back["fact_id"].to_pylist()
        assert back == ["b", "c", "d"]


def test_coverage_behind_the_horizon_is_taken_from_the_horizon_on():
    monitor = Monitor(agreed(FIRE), start=START, lateness_s=3_600)
    monitor.tick(at(10_000))
    seen = {"t_start": at(0), "t_end": at(9_000), "share": 1.0, "origin": "imagined"}
    changes = monitor.take(coverage=pa.Table.from_pylist([seen], schema=COVERAGE))
    assert changes.coverage_handed_back.num_rows == 1
    rows = changes.table.to_pylist()
    assert {(row["t"], row["verdict"]) for row in rows} == {
        (at(6_400), "met"),
        (at(9_000), "undetermined"),
    }


def test_memory_stays_flat_while_facts_keep_coming():
    monitor = Monitor(agreed(COUNT), start=START, lateness_s=3_600)
    held = []
    for day in range(60):
        rows = [fact(f"{day}-{n}", 86_400 * day + 60 * n, p=0.7) for n in range(200)]
        monitor.take(rows, now=at(86_400 * day + 60 * 200))
        held.append((monitor.remembered, len(monitor.save())))
    assert max(n for n, _ in held[10:]) <= 3 * 200
    marks = 8 * 200  # bytes for the names of each day that was let go
    sizes = [size - marks * day for day, (_, size) in enumerate(held)]
    assert max(sizes[40:]) <= 1.2 * max(sizes[10:20])


def test_clauses_that_are_judged_anew_are_named():
    text = FIRE + (
        "  except self_defence\n"
        "    when unexcused_fire of opponent in the last 10 minutes\n"
    )
    assert Monitor(agreed(FIRE), start=START).judged_anew == ()
    assert Monitor(agreed(text), start=START).judged_anew == ("Article 1(1)",)


def test_a_microsecond_decides_the_order_of_witnesses():
    monitor = Monitor(agreed(FIRE), start=START)
    half = timedelta(microseconds=500_000)
    one = fact("b", 10) | {"t": at(10)}
    other = fact("a", 10, party="Southland") | {"t": at(10) + half}
    monitor.take([other, one], now=at(60))
    table = monitor.verdicts().filter(pa.compute.field("verdict") == "breached")
    said = dict(
        zip(table["party"].to_pylist(), table["witness"].to_pylist(), strict=True)
    )
    assert said["Northland"] == [{"start": 0, "stop": 1}]
    assert said["Southland"] == [{"start": 1, "stop": 2}]


def test_a_fact_dated_ahead_waits_for_the_clock():
    monitor = Monitor(agreed(FIRE), start=START)
    first = monitor.take([fact("a", 5_000)], now=at(60))
    assert "breached" not in first.table["verdict"].to_pylist()
    assert "breached" in monitor.tick(at(5_001)).table["verdict"].to_pylist()


def stands(monitor, told):
    """What was told adds up to what stands."""
    rows = comparable(monitor.verdicts().to_pylist())
    assert comparable(folded(told).values()) == rows
    return rows


def test_what_followed_from_an_episode_goes_with_it():
    text = COUNT + (
        "Article 6(1)\n  upon found storm on party\n"
        "  oblige Southland to meet\n  within 10 minutes of found\n"
    )
    monitor = Monitor(agreed('act meet is "to meet"\n' + text), start=START)
    fires = [fact("a", 100), fact("b", 200)]
    told = [monitor.take(fires, now=at(20_000))]
    assert "Article 6(1)" in monitor.verdicts()["clause"].to_pylist()
    told.append(monitor.take([fact("c", 300, kind="other", withdraws="b")]))
    assert "Article 6(1)" not in monitor.verdicts()["clause"].to_pylist()
    stands(monitor, told)


def test_an_answer_dated_ahead_counts_whichever_came_first():
    asked = fact("a", 0, "request", subject="Depot")
    granted = fact("b", 2_000, "access", subject="Depot")
    for pair in ([asked, granted], [granted, asked]):
        monitor = Monitor(agreed(DUTY), start=START)
        told = [monitor.take([one], now=at(1_000)) for one in pair]
        told.append(monitor.tick(at(2_001)))
        assert told[-1].verdicts["verdict"].to_pylist() == ["met"]
        stands(monitor, told)


def test_an_act_of_nobody_dated_ahead_veils_a_sector_that_is_named_later():
    monitor = Monitor(agreed(FIRE), start=START)
    seen = {"t_start": at(0), "t_end": at(9_000), "share": 1.0, "sector": "North"}
    watched = pa.Table.from_pylist([seen | {"origin": "imagined"}], schema=COVERAGE)
    told = [monitor.take([fact("a", 3_000, party=None)], now=at(60))]
    told.append(monitor.take(coverage=watched, now=at(5_000)))
    assert any(at(3_000) in row and "North" in row for row in stands(monitor, told))


def test_changes_have_the_columns_that_are_promised():
    monitor = Monitor(agreed(FIRE), start=START)
    changes = monitor.take([fact("a", 5)], now=at(60))
    assert changes.table.schema == CHANGES
    assert changes.verdicts.schema == VERDICTS
    assert set(changes.table["known_at"].to_pylist()) == {at(60)}
    assert set(changes.table["origin"].to_pylist()) == {"imagined"}


@pytest.mark.parametrize(
    ("take", "error"),
    [
        ({"facts": [{"kind": "fire", "t": START}]}, WrongUse),
        (
            {
                "facts": [
                    {"fact_id": "a", "kind": "fire", "t": START.replace(tzinfo=None)}
                ]
            },
            WrongUse,
        ),
        ({"now": START - timedelta(seconds=1)}, WrongUse),
        ({"now": START.replace(tzinfo=None)}, WrongUse),
        ({"facts": [fact("b", 1, origin="observed")]}, OriginsMixed),
    ],
)
def test_wrong_use_is_refused_and_changes_nothing(take, error):
    monitor = Monitor(agreed(FIRE), start=START)
    monitor.take([fact("a", 5)], now=START)
    before = monitor.save()
    with pytest.raises(error):
        monitor.take(**take)
    assert monitor.save() == before


def test_a_state_of_another_text_is_refused():
    state = Monitor(agreed(FIRE), start=START).save()
    with pytest.raises(WrongUse, match="another text"):
        Monitor.load(state, agreed(COUNT))
    with pytest.raises(WrongUse, match="no saved monitor"):
        Monitor.load(b"nothing", agreed(FIRE))
