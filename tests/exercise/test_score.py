import numpy as np
import pyarrow as pa
import pytest

from tocsin.errors import WrongUse
from tocsin.exercise import (
    Scenario,
    generate,
    score,
    score_attribution,
    score_incidents,
)
from tocsin.model import VERDICTS, empty


@pytest.fixture(scope="module")
def small():
    plain = Scenario(days=3, per_day=300, plan=(), answers=())
    return generate(plain, rng=np.random.Generator(np.random.PCG64(5)))


def taken_in(exercise):
    """As intake would give them: an id for each row, and where it came from."""
    rows = range(1, exercise.observations.num_rows + 1)
    refs = pa.array([f"observations.parquet#{n}" for n in rows])
    ids = pa.array([f"id-{n}" for n in rows])
    table = exercise.observations.append_column("raw_ref", refs)
    return table.append_column("observation_id", ids)


def perfect(exercise):
    """Members and incidents of a pipeline that knows the truth."""
    events = exercise.truth_members["event"].to_pylist()
    group = {n: f"event-{e}" for n, e in enumerate(events, 1) if e is not None}
    members = pa.table(
        {
            "observation_id": [f"id-{n}" for n in group],
            "incident_id": list(group.values()),
        }
    )
    who = exercise.truth_events["party"].to_pylist()
    names = sorted({*group.values()})
    kinds = exercise.truth_events["kind"].to_pylist()
    party = [who[int(name.removeprefix("event-"))] for name in names]
    incidents = pa.table(
        {
            "incident_id": names,
            "kind": [kinds[int(name.removeprefix("event-"))] for name in names],
            "p_Northland": [float(p == "Northland") for p in party],
            "p_Southland": [float(p == "Southland") for p in party],
            "p_undetermined": [float(p is None) for p in party],
        }
    )
    return incidents, members


def scored(exercise, incidents, members):
    return score(
        exercise,
        observations=taken_in(exercise),
        incidents=incidents,
        members=members,
        verdicts=empty(VERDICTS),
    )


def test_who_knows_the_truth_scores_full_marks(small):
    result = scored(small, *perfect(small))
    assert result.incidents.pairwise_f1 == result.incidents.bcubed_f1 == 1
    assert result.with_warnings.pairwise_f1 == 1
    assert result.attribution.accuracy == 1
    assert result.attribution.brier == 0
    assert result.attribution.ece == pytest.approx(0)
    assert result.false_incidents == 0


def test_who_finds_nothing_misses_every_breach(small):
    result = scored(small, *perfect(small))
    true = small.truth_breaches.to_pylist()
    ceasefire = [r for r in true if r["clause"] == "Article 1(1)"]
    assert result.verdicts[0].found == 0
    assert result.verdicts[0].missed + result.verdicts[0].unseen == len(
        [r for r in ceasefire if r["verdict"] == "breached"]
    )


def test_incident_of_false_reports_counts_and_so_does_its_accusation(small):
    incidents, members = perfect(small)
    false = [
        f"id-{n}"
        for n, e in enumerate(small.truth_members["event"].to_pylist(), 1)
        if e is None
    ][:2]
    members = pa.concat_tables(
        [members, pa.table({"observation_id": false, "incident_id": ["lie", "noise"]})]
    )
    incidents = pa.concat_tables(
        [
            incidents,
            pa.table(
                {
                    "incident_id": ["lie", "noise"],
                    "kind": ["explosion", "explosion"],
                    "p_Northland": [0.9, 0.2],
                    "p_Southland": [0.0, 0.2],
                    "p_undetermined": [0.1, 0.6],
                }
            ),
        ]
    )
    result = scored(small, incidents, members)
    assert (result.false_incidents, result.accused_falsely) == (2, 1)
    honest = scored(small, *perfect(small)).attribution
    assert result.attribution.incidents == honest.incidents + 2
    assert result.attribution.accuracy < honest.accuracy  # to accuse is to err


def test_incident_is_the_event_of_most_of_its_members(small):
    events = small.truth_members["event"].to_pylist()
    fire = small.truth_events["fire"].to_pylist()
    who = small.truth_events["party"].to_pylist()
    rows = {}
    for n, e in enumerate(events, 1):
        if e is not None and fire[e]:
            rows.setdefault(e, []).append(n)
    large = next(e for e, r in rows.items() if len(r) >= 3)
    other = next(e for e in rows if who[e] != who[large])
    members = pa.table(
        {
            "observation_id": [f"id-{n}" for n in (*rows[large], rows[other][0])],
            "incident_id": ["mixed"] * (len(rows[large]) + 1),
        }
    )
    incidents = pa.table(
        {
            "incident_id": ["mixed"],
            "kind": [small.truth_events["kind"].to_pylist()[large]],
            "p_Northland": [float(who[large] == "Northland")],
            "p_Southland": [float(who[large] == "Southland")],
            "p_undetermined": [0.0],
        }
    )
    given = {"observations": taken_in(small), "members": members}
    result = score_attribution(small, incidents=incidents, **given)
    assert (result.incidents, result.accuracy) == (1, 1.0)


def test_order_of_arrival_in_the_store_does_not_matter(small):
    _, members = perfect(small)
    table = taken_in(small)
    turned = table.take(np.arange(table.num_rows)[::-1].copy())
    assert score_incidents(small, observations=table, members=members) == (
        score_incidents(small, observations=turned, members=members)
    )


def test_observation_of_another_exercise_is_refused(small):
    table = taken_in(small).slice(0, 1)
    refs = pa.array(["observations.parquet#99999"])
    stranger = table.set_column(table.column_names.index("raw_ref"), "raw_ref", refs)
    with pytest.raises(WrongUse, match="99999"):
        score_incidents(small, observations=stranger, members=perfect(small)[1])


def test_lines_fit_a_terminal_and_say_every_figure(small):
    lines = scored(small, *perfect(small)).lines()
    assert lines[0].startswith("incidents    pairwise F1 1.000")
    assert any(line.startswith("Article 1(1)") for line in lines)
    assert max(len(line) for line in lines) <= 132
