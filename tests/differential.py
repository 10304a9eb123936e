"""Random agreements and histories by the thousand, put to every engine.

A case is an agreement, a history of a few hours and an order of arrival: the oracle,
the batch and the online engine judge the whole of it, and in every other question a
monitor is given it piece by piece, in any order, some of it twice; what it told on the
way must add up to the same. Verdicts, witnesses and order must be equal exactly,
probabilities within 1e-9. Where no clause of an agreement looks back further than a few
hours, thirty histories four days apart are put in one question: what is judged is the
same, and asking costs a tenth. By hand:

    python tests/differential.py CASES SEED

prints how many cases agreed, and writes those that did not to DIFFERENCES.txt.
"""

import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from constructs import constructs, is_sound
from histories import AREAS, PARTIES, SECTORS, STATES, at, followed_rules, rules
from strategies import sound_agreements
from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.evaluate.online import Monitor
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Deed, EventTime
from tocsin.agreement.walk import find
from tocsin.model.tables import COVERAGE, FACTS, VERDICTS

__all__ = ["agree", "run"]

PACKS, APART, ALONE, WHOLE = 8, 30, 5, 10
"""Questions of an agreement, histories in each; and histories put alone: of agreements
of a few hours, and of those of the whole language."""

DAYS = 4
UNTIL = 7_300
TIMES = ("t", "t_earliest", "t_latest", "t_end", "t_start")
NAMES = ("fact_id", "root", "choice", "withdraws")
RECORDED = (
    "ballot", "proposal", "meet", "suspend", "signed", "consent", "contribute", "deploy"
)  # fmt: skip
OWN = {"revision", "known_at"}
EXACT = [name for name in VERDICTS.names if name not in OWN and name != "witness"]
EXACT = [n for n in EXACT if not pa.types.is_floating(VERDICTS.field(n).type)]
REAL = [n for n in VERDICTS.names if pa.types.is_floating(VERDICTS.field(n).type)]
KEY = ["clause", "party", "sector", "subject", "t", "due", "which"]
RESULTS = ("episodes", "decisions", "duties", "effects", "powers", "issues")


def agreements():
    """Agreements, and whether they look no further than a few hours."""
    hours = st.one_of(rules(), followed_rules())
    near = hours.map(lambda agreement: (agreement, True))
    rest = st.one_of(constructs().filter(is_sound), sound_agreements())
    return st.one_of(near, near, rest.map(lambda agreement: (agreement, False)))


# --- a history


def history(agreement, chance):
    """Facts that the agreement speaks of, and coverage, within a few hours."""
    facts, coverage = _rows(agreement, chance)
    return _tables(facts, coverage)


def histories(agreement, chance):
    """Many histories, days apart."""
    facts, coverage = [], []
    plain = chance.random() < 0.5
    for number in range(APART):
        rows, watched = _rows(agreement, chance, plain=plain)
        facts += [_later(row, number) for row in rows]
        coverage += [_later(row, number) for row in watched]
    chance.shuffle(facts)
    return _tables(facts, coverage)


def _later(row, number):
    """A row of the history of this number, which shares nothing with the others."""
    by, tag = timedelta(days=DAYS * number), f".{number}"
    moved = {name: row[name] + by for name in TIMES if row.get(name) is not None}
    named = {name: row[name] + tag for name in NAMES if row.get(name) is not None}
    return {**row, **moved, **named}


def _tables(facts, coverage):
    return (
        pa.Table.from_pylist(facts, schema=FACTS),
        pa.Table.from_pylist(coverage, schema=COVERAGE),
    )


def _rows(agreement, chance, *, plain=False):
    """Rows of facts and of coverage; plain: no root is shared by several things."""
    kinds = sorted(
        {d.act.removeprefix("unexcused_") for d in find(agreement, Deed)}
        | {time.event for time in find(agreement, EventTime)}
    )
    rows = []
    for number in range(chance.choice((0, 1, 2, 3, 4, 6, 9))):
        rows += _acts(number, kinds or ["fire"], chance, plain=plain)
    for number in range(chance.choice((0, 0, 1, 3, 6))):
        rows.append(_on_record(number, chance))
    for number in range(chance.choice((0, 0, 0, 1, 2)) if rows else 0):
        gone = chance.choice(rows)["fact_id"]
        back = {"fact_id": f"w{number}", "kind": "withdrawal", "t": at(7000)}
        rows.append({**back, "withdraws": gone})
    chance.shuffle(rows)
    watched = [_watched(chance) for _ in range(chance.choice((0, 1, 1, 2, 4)))]
    return rows, watched


def _second(chance):
    often = (0, 60, 600, 601, 1200, 1800, 3600)
    return chance.choice(often) if chance.random() < 0.4 else chance.randint(-600, 7200)


def _acts(number, kinds, chance, *, plain):
    """Rows of one root: alternatives that exclude each other, reposts, nobody's."""
    t, spread = _second(chance), chance.choice((0, 0, 0, 30, 400))
    row = {
        "fact_id": f"f{number}",
        "origin": "imagined",
        "kind": chance.choice(kinds),
        "party": chance.choice((*PARTIES, *PARTIES, *PARTIES, None)),
        "sector": chance.choice((*SECTORS, *SECTORS, None)),
        "subject": chance.choice(("Depot", "Depot", "Camp", None)),
        "weapon": chance.choice((None, "mlrs", "tank")),
        "count": chance.choice((None, 1, 5)),
        "value": chance.choice((None, 0.5, 7.0)),
        "n_independent": chance.randint(1, 3),
        "root": chance.choice((f"r{number}", None if plain else "shared", None)),
        "p": chance.choice((None, 1.0, 1.0, 0.9, 0.6, 0.5, 0.35, 0.05)),
        "t": at(t),
        "t_earliest": at(t - spread),
        "t_latest": at(t + spread),
    }
    if chance.random() < 0.2:
        row["t_end"] = at(t + chance.randint(0, 1800))
    if chance.random() < 0.5:
        row["lon"] = chance.choice((-29.5, -29.51, -29.2))
        row["lat"] = chance.choice((0.0, 0.005, 0.05, 0.3))
        row["sigma_m"] = chance.choice((None, 0.0, 500.0, 5_000.0))
    shape = chance.choice(("one", "one", "choice", "repost"))
    if shape == "choice":
        p = row["p"] or 0.5
        rest = round(chance.choice((1.0, 0.8, 0.0)) * (1.0 - p), 6)
        row |= {"party": PARTIES[0], "p": p, "choice": f"c{number}"}
        row["root"] = row["root"] or (f"r{number}" if plain else None)
        other = {"fact_id": f"g{number}", "party": PARTIES[1], "p": rest}
        return [row, {**row, **other}]
    if shape == "repost":
        later = at(t + chance.randint(0, 900))
        again = {"fact_id": f"h{number}", "p": chance.choice((1.0, 0.5, 0.2))}
        times = {"t": later, "t_earliest": later, "t_latest": later, "t_end": None}
        row["root"] = row["root"] or f"r{number}"
        return [row, {**row, **again, **times}]
    return [row]


def _on_record(number, chance):
    kind = chance.choice(RECORDED)
    row = {
        "fact_id": f"p{number}",
        "origin": "imagined",
        "kind": kind,
        "t": at(_second(chance)),
        "party": "Coalition" if kind == "meet" else chance.choice(STATES),
    }
    if kind in {"ballot", "proposal"}:
        row["subject"] = chance.choice(("Article 5(1)", "Response", "Article 6(2)"))
        row["vote"] = chance.choice(("yes", "yes", "no", "abstain"))
        row["target_party"] = chance.choice((None, *PARTIES))
    return row


def _watched(chance):
    start = _second(chance)
    return {
        "sector": chance.choice((None, *SECTORS)),
        "kind": chance.choice((None, None, "fire", "fly", "place")),
        "t_start": at(start),
        "t_end": at(start + chance.randint(1, 9_000)),
        "share": chance.choice((None, 0.3, 0.6, 1.0, 1.0)),
        "origin": "imagined",
    }


# --- one case


def agree(agreement, facts, coverage, chance, *, until=UNTIL):
    """Say where the engines differ; None: nowhere."""
    start = chance.choice((0, 0, 900))
    asked = {"coverage": coverage, "areas": AREAS, "start": at(start)}
    asked["until"] = at(until)
    oracle, *others = (
        evaluate_fully(agreement, facts, engine=engine, **asked)
        for engine in ("oracle", "batch", "online")
    )
    for engine, other in zip(("batch", "online"), others, strict=True):
        differs = _differ(oracle.verdicts, other.verdicts) or _records(oracle, other)
        if differs:
            return f"{engine}: {differs}"
    if chance.random() < 0.5:
        end, told = _arriving(agreement, facts, coverage, start, until, chance)
        differs = _differ(oracle.verdicts, end)
        if differs:
            return f"monitor: {differs}"
        differs = _differ(_in_one_order(oracle.verdicts), _in_one_order(told))
        return differs and f"told: {differs}"
    return None


def _arriving(agreement, facts, coverage, start, until, chance):
    """What a monitor says in the end, and what it told on the way adds up to."""
    monitor = Monitor(agreement, areas=AREAS, start=at(start))
    order = list(range(facts.num_rows))
    order += chance.sample(order, min(len(order), chance.choice((0, 0, 1))))
    chance.shuffle(order)
    cuts = sorted(chance.choices(range(len(order) + 1), k=chance.randint(0, 4)))
    watched, clock, told = chance.randint(0, len(cuts)), start, []
    pieces = zip([0, *cuts], [*cuts, len(order)], strict=True)
    for number, (first, last) in enumerate(pieces):
        further = (0, 0, 1, 60, 600, 3_000, (until - start) // 3)
        clock = min(clock + chance.choice(further), until)
        part = facts.take(pa.array(order[first:last], pa.int64()))
        seen = coverage if number == watched else None
        told.append(monitor.take(part, coverage=seen, now=at(clock)).table)
    told.append(monitor.tick(at(until)).table)
    return monitor.verdicts(), _standing(pl.from_arrow(pa.concat_tables(told)))


def _standing(told):
    """Of each row what was told last, unless it was withdrawn."""
    last = told.unique(KEY, keep="last", maintain_order=True)
    return last.filter(pl.col("change") != "withdrawn").to_arrow()


def _in_one_order(table):
    """Rows in an order that no engine made, and what of them never changes its name.

    A witness moves when facts come before it; an origin is not known before a fact is.
    """
    exact = [name for name in EXACT if name != "origin"]
    near = [pl.col(name).round(7).alias(f"{name}_") for name in REAL]
    rows = pl.from_arrow(table.select([*exact, *REAL])).with_columns(near)
    return rows.sort([*exact, *(f"{name}_" for name in REAL)]).to_arrow()


def _differ(one, other):
    if one.num_rows != other.num_rows:
        return f"{one.num_rows} rows and {other.num_rows}"
    for name in (*EXACT, "witness"):
        if name in one.column_names and not one[name].equals(other[name]):
            return name
    for name in REAL:
        ours, theirs = (t[name].to_numpy(zero_copy_only=False) for t in (one, other))
        if not np.allclose(ours, theirs, rtol=0, atol=1e-9, equal_nan=True):
            return name
    return None


def _records(one, other):
    for name in RESULTS:
        ours, theirs = getattr(one, name), getattr(other, name)
        if ours != theirs and list(map(_rounded, ours)) != list(map(_rounded, theirs)):
            return name
    return None


def _rounded(record):
    plain = msgspec.to_builtins(record)
    return {k: round(v, 8) if isinstance(v, float) else v for k, v in plain.items()}


# --- many


def cases(agreement, chance, *, near):
    """Questions on one agreement: how many cases each is, and what is asked."""
    for _ in range(ALONE if near else WHOLE):
        yield 1, agreement, *history(agreement, chance), UNTIL
    if near:
        always = [msgspec.structs.replace(a, in_force=None) for a in agreement.articles]
        agreement = msgspec.structs.replace(agreement, articles=tuple(always))
    for _ in range(PACKS if near else 0):
        yield APART, agreement, *histories(agreement, chance), APART * DAYS * 86_400


class Tally:
    """How many cases were played, and how many differed."""

    def __init__(self, number):
        self.number, self.began = number, time.process_time()
        self.done = self.differed = 0

    def play(self, agreement, root, *, near):
        """All questions on one agreement."""
        chance = random.Random(root)
        for n, text, facts, coverage, until in cases(agreement, chance, near=near):
            try:
                said = agree(text, facts, coverage, chance, until=until)
            except Exception as error:  # noqa: BLE001  # it is written down
                said = repr(error)
            self.done += n
            if said is not None:
                self.differed += 1
                which = (self.number, root, self.done)
                _write_down(text, facts, coverage, said, which)

    def __str__(self):
        seconds = time.process_time() - self.began
        return f"{self.done} cases, {self.differed} differ, {seconds:.0f} s of one core"


def run(wanted, number):
    """So many cases or some more; says how many questions were answered differently."""
    tally = Tally(number)
    rounds = 0
    while tally.done < wanted:
        rounds += 1

        @seed(number * 100_000 + rounds)
        @settings(
            max_examples=20,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(agreements(), st.integers(0, 2**63))
        def play(found, root):
            if tally.done < wanted:
                tally.play(found[0], root, near=found[1])

        play()
        print(f"seed {number}: {tally}", flush=True)
    return tally.differed


def _write_down(agreement, facts, coverage, said, which):
    with Path("DIFFERENCES.txt").open("a", encoding="utf-8") as file:
        print(f"== {which} {said}\n{to_source(agreement)}", file=file)
        for row in (*facts.to_pylist(), *coverage.to_pylist()):
            print({k: v for k, v in row.items() if v is not None}, file=file)


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), int(sys.argv[2])) > 0)
