"""Proofs: what follows is accepted, what was tampered with is refused."""

import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from histories import at
from tocsin.agreement import evaluate, parse
from tocsin.agreement.checker import CHANCES, Refused, check_proofs, rows_of
from tocsin.agreement.proving import proofs, provable
from tocsin.model.tables import COVERAGE, FACTS, conform

CHECKER = Path(__file__).resolve().parents[2] / "src/tocsin/agreement/checker.py"
TEXT = """# T

Neither Party shall fire, nor fly; a request is answered in twenty minutes.

```tocsin
parties Northland, Southland
sectors North, East
act fire is "to open fire"
act fly is "to fly"
act request is "to request"
act access is "to give access"
Article 1(1) "Ceasefire"
  in force from 2026-03-01T00:00Z  # at midnight
  in force until 2026-03-01T01:30Z
  forbid any party to fire
Article 1(2)
  in force from signed
  forbid Northland to fly
Article 2
  when request of party at site
  oblige party to access at site
  within 20 minutes of request
Article 3
  forbid any party to fire in North
Article 4
  in force from start of Article 1(2) + 5 minutes
  in force until end of Article 1(1)
  lead Northland for notices
  when fly of party in sector
  oblige party to notify in sector
  within 15 minutes
  failing that Article 2
Article 5
  in force from start of Article 1(1) + 1 hour
  forbid any party to request
  failing that Article 2
act notify is "to notify"
act signed is "to sign"
```
"""
START, UNTIL = at(-300), at(7_000)


def histories(rng, number=90, span=7_000):
    """FACTS and COVERAGE in which windows, ties, reposts and choices collide."""
    rows = []
    for n in range(number):
        t = at(int(rng.integers(-300, span - 100)) // 20 * 20)
        kind = rng.choice(
            ["fire", "fire", "fly", "request", "access", "signed", "notify"]
        )
        row = {
            "fact_id": f"f{n}",
            "origin": "imagined",
            "kind": str(kind),
            "party": [None, "Northland", "Southland"][int(rng.integers(0, 3))],
            "sector": [None, "North", "East"][int(rng.integers(0, 3))],
            "subject": [None, "Depot", "Camp"][int(rng.integers(0, 3))],
            "t": t,
            "p": float(rng.choice([1.0, 0.9, 0.6, 0.5, 0.35])),
            "root": f"r{n // 2}" if rng.random() < 0.2 else None,
        }
        rows.append(row)
        if row["party"] is not None and rng.random() < 0.2:
            other = "Southland" if row["party"] == "Northland" else "Northland"
            row["choice"] = f"c{n}"
            rest = round((1 - row["p"]) * 0.9, 6)
            rows.append({**row, "fact_id": f"g{n}", "party": other, "p": rest})
    watched = [
        {
            "sector": [None, "North", "East"][int(rng.integers(0, 3))],
            "t_start": at(int(start)),
            "t_end": at(int(start) + span // 5),
            "share": float(rng.choice([0.3, 0.6, 1.0])),
            "origin": "imagined",
        }
        for start in rng.integers(-300, span - 1_000, size=8)
    ]
    facts = conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")
    return facts, pa.Table.from_pylist(watched, schema=COVERAGE)


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    """Files of proofs with at least a thousand verdicts in all."""
    made = []
    total = seed = 0
    while total < 1_000:
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        facts, coverage = histories(np.random.default_rng(seed))
        paths = [folder / name for name in ("a.md", "f.parquet", "c.parquet")]
        paths[0].write_text(TEXT, encoding="utf-8")
        pq.write_table(facts, paths[1])
        pq.write_table(coverage, paths[2])
        agreement = parse(TEXT, file=str(paths[0])).records
        asked = {"start": START, "until": UNTIL}
        verdicts = evaluate(agreement, facts, coverage=coverage, **asked).records
        data = proofs(
            verdicts,
            agreement,
            file=paths[0],
            facts=paths[1],
            coverage=paths[2],
            **asked,
        )
        made.append((data, paths))
        total += len(json.loads(data)["verdicts"]["t"])
        seed += 1
    return made


def test_a_thousand_random_verdicts_follow_from_text_and_facts(proved):
    assert sum(check_proofs(data, *paths) for data, paths in proved) >= 1_000


def columns(rows):
    """Verdicts as a proof writes them: column by column."""
    made = {"t": [row["t"] for row in rows]}
    for name in ("due", "clause", "party", "sector", "subject", "verdict", *CHANCES):
        names = sorted({row[name] for row in rows} - {None})
        codes = [-1 if r[name] is None else names.index(r[name]) for r in rows]
        made[name] = {"names": names, "codes": codes}
    places = [place for row in rows for place in row["witness"]]
    made["witness"] = {
        "counts": [len(row["witness"]) for row in rows],
        "start": places,
        "length": [1] * len(places),
    }
    return made


def tampered(row, rng):
    """The row with one of its claims changed so that it says something else."""
    row = dict(row)
    key = str(rng.choice([key for key in row if key != "clause"]))
    value = row[key]
    if key == "witness":
        row[key] = value[1:] if value else [0]
    elif key == "verdict":
        row[key] = {"met": "breached", "breached": "met"}.get(value, "met")
    elif key in {"party", "sector", "subject"}:
        row[key] = "Nowhere" if value is None else None
    elif value is None:
        row[key] = 0.5 if key.startswith("p_") else 1
    elif key.startswith("p_"):
        row[key] = value + (0.01 if value < 0.5 else -0.01)
    else:
        row[key] = value + 7
    return row


def test_a_thousand_tampered_proofs_are_refused(proved):
    rng = np.random.default_rng(7)
    accepted = []
    tried = 0
    while tried < 1_000:
        data, paths = proved[tried % len(proved)]
        held = json.loads(data)
        true = rows_of(held["verdicts"])
        row = true[int(rng.integers(0, len(true)))]
        false = tampered(row, rng)
        if false in true:  # by chance it says something true
            continue
        tried += 1
        held["verdicts"] = columns([false])
        try:
            check_proofs(json.dumps(held).encode(), *paths)
        except Refused:
            continue
        accepted.append((row, false))
    assert not accepted


@pytest.mark.parametrize("which", [0, 1, 2])
def test_proof_for_another_text_or_other_tables_is_refused(proved, tmp_path, which):
    data, paths = proved[0]
    other = list(paths)
    other[which] = tmp_path / paths[which].name
    changed = TEXT.replace("forbid any party to fly", "forbid any party to sign")
    if which == 0:
        other[0].write_text(changed + " ", encoding="utf-8")
    else:
        pq.write_table(pq.read_table(paths[which]).slice(1), other[which])
    with pytest.raises(Refused, match="is not what the proof was written for"):
        check_proofs(data, *other)


def test_standard_that_is_not_of_the_text_is_refused(proved):
    data, paths = proved[0]
    held = json.loads(data) | {"standard": 0.1}
    with pytest.raises(Refused, match="standards"):
        check_proofs(json.dumps(held).encode(), *paths)


def test_clauses_that_say_more_are_left_out_and_counted(proved):
    held = json.loads(proved[0][0])
    agreement = parse(TEXT).records
    assert provable(agreement, TEXT) == {
        f"Article {number}" for number in ("1(1)", "1(2)", "2", "4", "5")
    }
    assert held["not_proved"]["Article 3"] > 0


def test_checker_runs_alone_and_knows_no_engine(proved, tmp_path):
    data, paths = proved[0]
    file = tmp_path / "proofs.json"
    file.write_bytes(data)
    alone = tmp_path / "alone.py"
    alone.write_text(CHECKER.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(alone), str(file), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "verdicts follow" in done.stdout


def code_lines(source):
    """Lines that hold code; blank lines, comments and docstrings left out."""
    docs = set()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            docs |= set(range(first.lineno, first.end_lineno + 1))
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
    skipped |= {tokenize.DEDENT, tokenize.ENDMARKER}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines - docs


def test_checker_is_short_and_imports_nothing_of_tocsin():
    source = CHECKER.read_text(encoding="utf-8")
    assert len(code_lines(source)) < 300
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }
    assert imported <= {*sys.stdlib_module_names, "pyarrow"}


def test_writing_proofs_costs_at_most_three_tenths_of_evaluating(tmp_path):
    """The bar is 30 %; measured over 20,000 facts of a month, the best of three."""
    span = 30 * 86_400
    facts, coverage = histories(np.random.default_rng(3), number=20_000, span=span)
    paths = [tmp_path / name for name in ("a.md", "f.parquet", "c.parquet")]
    paths[0].write_text(TEXT, encoding="utf-8")
    pq.write_table(facts, paths[1])
    pq.write_table(coverage, paths[2])
    agreement = parse(TEXT, file=str(paths[0])).records
    text = TEXT.replace("T01:30Z", "T00:00Z").replace(
        "until 2026-03-01", "until 2027-03-01"
    )
    paths[0].write_text(text, encoding="utf-8")
    agreement = parse(text, file=str(paths[0])).records
    asked = {"start": START, "until": at(span)}

    def timed(work):
        best = []
        for _ in range(3):
            begin = perf_counter()
            made = work()
            best.append(perf_counter() - begin)
        return made, min(best)

    def evaluated():
        table = pq.read_table(paths[1])
        made = evaluate(agreement, table, coverage=coverage, **asked).records
        pq.write_table(made, tmp_path / "v.parquet")
        return made

    verdicts, plain = timed(evaluated)
    files = {"file": paths[0], "facts": paths[1], "coverage": paths[2]}
    _, more = timed(lambda: proofs(verdicts, agreement, **files, **asked))
    print(f"{verdicts.num_rows} verdicts: evaluate {plain:.3f} s, proofs {more:.3f} s")
    assert more <= 0.3 * plain
