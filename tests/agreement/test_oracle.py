"""The oracle against the definition of probability: every world evaluated on its own.

A world is a history without doubt. Its verdicts need no probability at all; what the
oracle says of the doubtful history must be the weight of the worlds that say so.
"""

from itertools import pairwise, product

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from histories import at
from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.evaluate.history import settle
from tocsin.agreement.parse import parse_rules
from tocsin.model.tables import FACTS, conform

PARTIES = ("Northland", "Southland")
RULES = """\
parties Northland, Southland
act fire is "to open fire"
act request is "to ask"
act access is "to grant"
standard sure is 0.999999
Article 1(1)
  forbid any party to fire
  except self_defence
    when {guilty}fire of opponent in the last {within} minutes
{limit}Article 2(1)
  when request of party at site
  oblige party to access at site
  within {due} minutes of request
Article 5(1)
  finding storm for party
  when {count} >= {bar}{joined}
  standard {standard}
"""


@st.composite
def rules(draw):
    limit = draw(st.sampled_from(("", "    limited to 15 minutes\n")))
    over = draw(st.integers(1, 20))
    other = f"fire by opponent in the last {draw(st.integers(1, 9))} minutes"
    joined = draw(st.sampled_from(("", f"\n    and {other}", f"\n    or not {other}")))
    count = draw(
        st.sampled_from(
            (
                f"count of breaches of Article 1(1) by party over {over} minutes",
                f"count of fire by party over {over} minutes",
                f"count of breaches of Article 2(1) by party over {over} minutes",
            )
        )
    )
    return {
        "guilty": draw(st.sampled_from(("unexcused_", ""))),
        "within": draw(st.integers(1, 10)),
        "limit": limit,
        "due": draw(st.integers(1, 10)),
        "count": count,
        "bar": draw(st.integers(1, 3)),
        "joined": joined,
    }


@st.composite
def doubtful(draw):
    rows = []
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("fire", "fire", "fire", "request", "access")))
        p = draw(st.sampled_from((1.0, 0.6, 0.5, 0.3)))
        rest = round((1 - p) * draw(st.sampled_from((1.0, 0.5, 0.0))), 6)
        parties = draw(st.permutations(PARTIES))
        for party, chance in zip(parties, (p, rest), strict=True):
            if chance:
                row = {"kind": kind, "party": party, "p": chance, "subject": "Depot"}
                row |= {"root": f"r{number}", "choice": f"c{number}"}
                minutes = draw(st.integers(0, 30)) if party == parties[0] else None
                row["t"] = at(60 * minutes) if minutes is not None else rows[-1]["t"]
                rows.append({"fact_id": f"f{len(rows)}", **row})
    return rows


def table(rows):
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


def asked(source, rows):
    return evaluate_fully(
        parse_rules(source).records,
        table(rows),
        start=at(0),
        until=at(60 * 60),
        engine="oracle",
    )


def worlds(rows):
    """Each world with its weight: the rows that are true in it, without doubt."""
    history = settle(table(rows)).records
    cells = {}
    for row in range(len(history)):
        ends = cells.setdefault(int(history.component[row]), {0.0, 1.0})
        ends |= {float(history.lo[row]), float(history.hi[row])}
    names = list(cells)
    for world in product(*(list(pairwise(sorted(cells[n]))) for n in names)):
        weight = 1.0
        for lo, hi in world:
            weight *= hi - lo
        chosen = dict(zip(names, world, strict=True))
        true = [
            {
                k: v
                for k, v in rows[_row(rows, history, n)].items()
                if k not in {"p", "choice"}
            }
            for n in range(len(history))
            if history.lo[n] <= chosen[int(history.component[n])][0]
            and chosen[int(history.component[n])][1] <= history.hi[n]
        ]
        yield weight, true


def _row(rows, history, n):
    wanted = history.fact_id[n].as_py()
    return next(i for i, row in enumerate(rows) if row["fact_id"] == wanted)


def holding(found, key, t):
    """The verdict of a key that holds at an instant, in a world without doubt."""
    rows = [r for r in found if (r["clause"], r["party"]) == key and r["t"] <= t]
    return rows[-1]["verdict"] if rows else None


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(rules(), doubtful(), st.sampled_from((0.3, 0.55, 0.9)))
def test_a_probability_is_the_weight_of_the_worlds_that_say_so(parts, rows, standard):
    found = asked(RULES.format(standard=standard, **parts), rows).verdicts.to_pylist()
    every = [
        (
            weight,
            asked(RULES.format(standard="sure", **parts), true).verdicts.to_pylist(),
        )
        for weight, true in worlds(rows)
    ]
    for row in found:
        key = (row["clause"], row["party"])
        if row["p_breached"] is None or key[0] == "Article 2(1)":
            continue
        breached = sum(w for w, v in every if holding(v, key, row["t"]) == "breached")
        assert row["p_breached"] == pytest.approx(breached, abs=1e-9), (key, row["t"])


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(rules(), doubtful())
def test_an_obligation_is_broken_in_the_worlds_that_say_so(parts, rows):
    found = asked(RULES.format(standard="sure", **parts), rows).verdicts.to_pylist()
    every = [
        (
            weight,
            asked(RULES.format(standard="sure", **parts), true).verdicts.to_pylist(),
        )
        for weight, true in worlds(rows)
    ]
    last = {}
    for row in found:
        if row["clause"] == "Article 2(1)":
            last.setdefault((row["party"], row["due"]), []).append(row)
    for (party, due), mine in last.items():
        calls = {row["witness"][0]["start"] for row in mine}
        if len(calls) > 1 or mine[-1]["t"] < due:
            continue
        weight = sum(w for w, v in every if _broken(v, party, due))
        assert mine[-1]["p_breached"] == pytest.approx(weight, abs=1e-9)


def _broken(rows, party, due):
    mine = [r for r in rows if (r["party"], r["due"]) == (party, due)]
    return bool(mine) and mine[-1]["verdict"] == "breached"


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(rules(), doubtful())
def test_the_witness_of_an_episode_reaches_its_number_by_itself(parts, rows):
    source = RULES.format(standard=0.3, **{**parts, "joined": ""})
    if "2(1)" in parts["count"]:
        return
    source = source.replace(f"{parts['guilty']}fire of opponent", "request of opponent")
    for episode in asked(source, rows).episodes:
        kept = set(episode.witness.facts)
        mine = [row for row in rows if row["fact_id"] in kept]
        again = asked(source, mine).episodes
        ours = [e for e in again if e.party == episode.party]
        assert any(e.alleged_at == episode.alleged_at for e in ours)
        for left_out in mine:
            fewer = [row for row in mine if row is not left_out]
            less = [
                e for e in asked(source, fewer).episodes if e.party == episode.party
            ]
            assert not any(e.alleged_at == episode.alleged_at for e in less)
