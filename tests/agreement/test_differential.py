"""Three engines, one meaning: random agreements against random histories."""

import os

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from differential import run
from histories import AREAS, at, coverages, facts, procedures, rules
from strategies import sound_agreements
from tocsin.agreement.evaluate import evaluate_fully

CASES = int(os.environ.get("TOCSIN_DIFFERENTIAL_CASES", "120"))
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


def outcomes(agreement, table, watched, start=0, until=7_300, **more):
    return [
        evaluate_fully(
            agreement,
            table,
            coverage=watched,
            areas=AREAS,
            start=at(start),
            until=at(until),
            engine=engine,
            **more,
        )
        for engine in ("oracle", "batch", "online")
    ]


def assert_same(one, *others):
    """Verdict, range and order exactly; probabilities within 1e-9."""
    for other in others:
        assert_says_the_same(one, other)


def assert_says_the_same(one, other):
    assert_same_table(one.verdicts, other.verdicts)
    for name in ("episodes", "decisions", "duties", "effects", "issues"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert len(ours) == len(theirs), name
        for mine, yours in zip(ours, theirs, strict=True):
            assert rounded(mine) == rounded(yours)


def assert_same_table(one, other):
    assert one.schema == other.schema
    assert one.num_rows == other.num_rows
    for name in one.column_names:
        if pa.types.is_floating(one.schema.field(name).type):
            mine, yours = (t[name].to_numpy(zero_copy_only=False) for t in (one, other))
            np.testing.assert_allclose(mine, yours, rtol=0, atol=1e-9, err_msg=name)
        else:
            assert one[name].to_pylist() == other[name].to_pylist(), name


def rounded(record):
    plain = msgspec.to_builtins(record)
    return {k: round(v, 8) if isinstance(v, float) else v for k, v in plain.items()}


@settings(max_examples=CASES, suppress_health_check=SLOW)
@given(rules(), facts(), procedures(), coverages(), st.sampled_from((0, 900)))
def test_every_engine_says_what_the_oracle_says(
    agreement, acts, record, watched, start
):
    table = pa.concat_tables([acts, record])
    assert_same(*outcomes(agreement, table, watched, start=start))


@settings(max_examples=CASES // 3, suppress_health_check=SLOW)
@given(sound_agreements(), facts(), procedures(), coverages())
def test_every_engine_says_what_the_oracle_says_of_agreements_of_the_language(
    agreement, acts, record, watched
):
    table = pa.concat_tables([acts, record])
    assert_same(*outcomes(agreement, table, watched))


@pytest.mark.parametrize("number", range(5))
def test_ten_thousand_cases_are_answered_alike(number, tmp_path, monkeypatch):
    """2,000 by each seed; a million were put by hand (docs/reference/evaluate.md)."""
    monkeypatch.chdir(tmp_path)
    assert run(2_000, number) == 0, (tmp_path / "DIFFERENCES.txt").read_text()


@settings(max_examples=40, suppress_health_check=SLOW)
@given(rules(), facts(), procedures(), coverages(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(agreement, acts, record, watched, chance):
    table = pa.concat_tables([acts, record])
    order = list(range(table.num_rows))
    chance.shuffle(order)
    shuffled = table.take(pa.array(order, pa.int64()))
    for one, other in zip(
        outcomes(agreement, table, watched),
        outcomes(agreement, shuffled, watched),
        strict=True,
    ):
        assert one.verdicts.equals(other.verdicts)
        assert one.episodes == other.episodes


@pytest.mark.parametrize("engine", [0, 1, 2])
@settings(max_examples=30, suppress_health_check=SLOW)
@given(agreement=rules(), acts=facts(), watched=coverages())
def test_five_chances_never_exceed_one(engine, agreement, acts, watched):
    table = outcomes(agreement, acts, watched)[engine].verdicts
    names = ("p_met", "p_breached", "p_pending", "p_excused")
    parts = np.array([table[n].to_numpy(zero_copy_only=False) for n in names])
    known = ~np.isnan(parts).any(axis=0)
    assert (parts[:, known] >= -1e-12).all()
    assert (parts[:, known].sum(axis=0) <= 1.0 + 1e-9).all()


@settings(max_examples=30, suppress_health_check=SLOW)
@given(rules(), facts(), coverages())
def test_a_certain_breach_is_one_with_probability_one(agreement, acts, watched):
    table = outcomes(agreement, acts, watched)[1].verdicts.to_pylist()
    for row in table:
        if row["certain"] and row["verdict"] == "breached":
            assert row["p_breached"] == pytest.approx(1.0)


def test_many_dependent_acts_are_sampled_alike_under_the_same_seed():
    from tocsin.agreement.parse import parse_rules
    from tocsin.model.tables import FACTS, conform

    agreement = parse_rules(
        "parties Northland, Southland\n"
        'act fire is "to fire"\n'
        "Article 1(1)\n  forbid any party to fire\n  except self_defence\n"
        "    when unexcused_fire of opponent in the last 10 minutes\n"
        "Article 5(1)\n  finding storm for party\n"
        "  when count of breaches of Article 1(1) by party over 60 minutes >= 3\n"
    ).records
    rows = []
    for n in range(30):
        for party, p in (("Northland", 0.5), ("Southland", 0.45)):
            rows.append(
                {
                    "fact_id": f"{n}{party}",
                    "kind": "fire",
                    "party": party,
                    "p": p,
                    "choice": f"c{n}",
                    "root": f"r{n}",
                    "t": at(120 * n),
                }
            )
    table = conform(pa.Table.from_pylist(rows), FACTS, what="facts")
    one, *others = outcomes(agreement, table, None, seed=7)
    assert one.worlds > 0
    assert "sampled" in one.verdicts["method"].to_pylist()
    assert_same(one, *others)
    again = outcomes(agreement, table, None, seed=8)[1]
    assert not again.verdicts.equals(one.verdicts)


def test_dependent_acts_that_no_instant_of_the_finding_sees_are_no_fault():
    from tocsin.agreement.parse import parse_rules
    from tocsin.model.tables import FACTS, conform

    agreement = parse_rules(
        "parties Northland, Southland\n"
        'act fire is "to fire"\n'
        "Article 1(1)\n  forbid any party to fire\n  except self_defence\n"
        "    when unexcused_fire of opponent in the last 10 minutes\n"
        "Article 5(1)\n  in force from 2027-01-01T00:00Z\n  finding storm for party\n"
        "  when count of breaches of Article 1(1) by party over 60 minutes >= 3\n"
    ).records
    rows = [
        {"fact_id": party, "kind": "fire", "party": party, "p": 0.5, "t": at(60 * n)}
        for n, party in enumerate(("Northland", "Southland"))
    ]
    table = conform(pa.Table.from_pylist(rows), FACTS, what="facts")
    assert_same(*outcomes(agreement, table, None))


def test_two_rules_that_speak_of_one_root_make_one_breach_at_its_earliest_report():
    from tocsin.agreement.parse import parse_rules
    from tocsin.model.tables import FACTS, conform

    agreement = parse_rules(
        'parties Northland, Southland\nact fire is "to fire"\nact fly is "to fly"\n'
        "Article 1(1)\n  forbid any party to fire\n  forbid any party to fly\n"
    ).records
    rows = [
        {"fact_id": kind, "kind": kind, "party": "Northland", "root": "one", "t": at(n)}
        for n, kind in enumerate(("fire", "fly"))
    ]
    table = conform(pa.Table.from_pylist(rows), FACTS, what="facts")
    one, *others = outcomes(agreement, table, None)
    assert_same(one, *others)
    mine = [r for r in one.verdicts.to_pylist() if r["party"] == "Northland"]
    said = [(row["t"], row["verdict"]) for row in mine]
    assert said == [(at(0), "breached"), (at(1), "undetermined")]


PLEA = "  except self_defence\n    when fire of opponent in the last 9 minutes\n"


@pytest.mark.parametrize("plea", ["", PLEA])
def test_acts_of_one_root_at_two_places_lie_in_a_zone_each_as_likely_as_its_own(plea):
    """Found by the 48,810th case of seed 2: the oracle knew one place only."""
    from tocsin.agreement.parse import parse_rules
    from tocsin.model.tables import FACTS, conform

    agreement = parse_rules(
        "parties Northland, Southland\nline contact_line\n"
        "zone Line is nearer than 5 km to contact_line\n"
        'act fire is "to open fire"\n'
        f"Article 1(1)\n  forbid any party to fire in Line\n{plea}"
    ).records
    shared = {"kind": "fire", "root": "one", "lon": -29.5, "sigma_m": 5_000.0}
    rows = [
        {**shared, "fact_id": "a", "party": "Southland", "lat": 0.005, "t": at(0)},
        {**shared, "fact_id": "b", "party": None, "lat": 0.0, "t": at(9)},
    ]
    table = conform(pa.Table.from_pylist(rows), FACTS, what="facts")
    one, *others = outcomes(agreement, table, None)
    assert_same(one, *others)
    (p,) = one.verdicts.filter(pa.compute.equal(one.verdicts["verdict"], "breached"))[
        "p_breached"
    ].to_pylist()
    assert p == pytest.approx(0.6797, abs=1e-4)
