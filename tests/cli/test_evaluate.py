"""`tocsin evaluate`: tables in, verdicts out, every fault said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.model.tables import COVERAGE, FACTS, VERDICTS

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TEXT = """# Ceasefire

```tocsin
parties Northland, Southland
act fire is "to open fire"
act request is "to ask for an inspection"
act access is "to grant access"
Article 1(1)
  forbid any party to fire
Article 2(1)
  when request of party at site
  oblige party to access at site
  within 24 hours of request
```
"""
OWN = ["revision", "known_at"]


def at(hours):
    return NOON + timedelta(hours=hours)


def fact(name, t, received, kind="fire", party="Northland", **more):
    row = {"fact_id": name, "kind": kind, "party": party, "t": at(t)}
    return {**row, "received_at": at(received), **more}


ROWS = [
    fact("a", 0, 1),
    fact("b", 2, 50, p=0.8),
    fact("r", 1, 1, "request", "Southland", subject="Depot"),
    fact("g", 5, 40, "access", "Southland", subject="Depot"),
    fact("w", 60, 60, "withdrawal", None, withdraws="a"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text(TEXT, encoding="utf-8")
    write("f.parquet", ROWS, FACTS)
    seen = [{"t_start": at(0), "t_end": at(30), "share": 1.0}]
    write("c.parquet", seen, COVERAGE)
    return tmp_path


def write(name, rows, schema):
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), name)


def evaluate(*arguments, facts="f.parquet", out="v.parquet"):
    asked = ["evaluate", "a.md", "--facts", facts, "--out", out, *arguments]
    return CliRunner().invoke(app, asked)


def verdicts(*arguments, **more):
    done = evaluate(*arguments, **more)
    assert done.exit_code == 0, done.output
    return pq.read_table("v.parquet")


def test_three_engines_write_the_same_verdicts(folder):
    tables = [
        verdicts("--engine", engine, "--coverage", "c.parquet")
        for engine in ("batch", "online", "oracle")
    ]
    assert all(table.schema.equals(VERDICTS) for table in tables)
    batch, online, oracle = (table.drop_columns(OWN) for table in tables)
    assert batch.equals(online)
    assert batch.equals(oracle)
    assert batch.num_rows > 6


def test_batch_knows_one_state_of_knowledge(folder):
    table = verdicts()
    assert set(table["revision"].to_pylist()) == {1}
    assert set(table["known_at"].to_pylist()) == {None}
    early = verdicts("--as-known-at", "2025-03-04T12:00Z")
    assert set(early["known_at"].to_pylist()) == {at(24)}
    assert "met" not in early["verdict"].to_pylist()


def test_online_writes_how_often_a_verdict_was_revised_and_since_when(folder):
    rows = verdicts("--engine", "online", "--revisions", "r.parquet").to_pylist()
    said = {(row["clause"], row["party"], row["t"]): row for row in rows}
    shot = said["Article 1(1)", "Northland", at(2)]
    assert (shot["verdict"], shot["revision"], shot["known_at"]) == (
        "breached",
        1,
        at(50),
    )
    start = said["Article 1(1)", "Northland", at(0)]
    assert (start["verdict"], start["revision"], start["known_at"]) == (
        "undetermined",
        3,
        at(60),
    )
    told = pq.read_table("r.parquet").to_pylist()
    first = [row for row in told if row["t"] == at(0) and row["party"] == "Northland"]
    assert [(row["verdict"], row["revision"], row["known_at"]) for row in first] == [
        ("undetermined", 1, at(0)),
        ("breached", 2, at(1)),
        ("undetermined", 3, at(60)),
    ]
    late = [row for row in told if row["change"] == "withdrawn"]
    assert next((row["was"], row["t"], row["known_at"]) for row in late) == (
        "breached",
        at(25),
        at(40),
    )


def test_a_deadline_is_known_when_it_passes_though_nothing_arrives(folder):
    write("asked.parquet", ROWS[2:3], FACTS)
    asked = ("--engine", "online", "--until", "2025-03-10T00:00Z")
    rows = verdicts(*asked, facts="asked.parquet").to_pylist()
    (row,) = [row for row in rows if row["verdict"] == "breached"]
    assert (row["t"], row["known_at"]) == (at(25), at(25))


def test_as_known_at_leaves_out_what_came_later_in_every_engine(folder):
    asked = ("--as-known-at", "2025-03-05T06:00Z")
    tables = [verdicts("--engine", e, *asked) for e in ("batch", "online", "oracle")]
    batch, online, oracle = (table.drop_columns(OWN) for table in tables)
    assert batch.equals(online)
    assert batch.equals(oracle)
    breaches = pa.compute.equal(batch["verdict"], "breached")
    assert batch.filter(breaches)["t"].to_pylist() == [at(0)]


def test_sentences_are_those_of_explain(folder):
    from tocsin.agreement import load
    from tocsin.agreement.because import because

    table = verdicts("--sentences")
    assert table.column_names == [*VERDICTS.names, "sentence"]
    facts, text = pq.read_table("f.parquet"), load(Path("a.md"))
    plain = table.drop_columns(["sentence"])
    for number, sentence in enumerate(table["sentence"].to_pylist()):
        held = because(plain, number, text, facts).sentence
        assert sentence.startswith(held)
    assert any("It rests on facts 2, 4." in s for s in table["sentence"].to_pylist())


def test_every_fault_of_every_table_is_listed(folder):
    bad = [fact("a", 0, 1, p=2.0), fact("a", 1, 1, kind="fier")]
    write("bad.parquet", bad, FACTS)
    Path("c.parquet").write_bytes(Path("c.parquet").read_bytes()[:-20])
    done = evaluate("--coverage", "c.parquet", facts="bad.parquet")
    assert done.exit_code == 1
    for code in ("value_invalid", "undefined_name", "id_conflict", "file_damaged"):
        assert f"[{code}]" in done.output
    assert "did you mean `fire`?" in done.output
    assert "repair: " in done.output
    assert not Path("v.parquet").exists()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: None, "file_missing"),
        (lambda: Path("x.parquet").touch(), "file_empty"),
        (lambda: Path("x.parquet").write_bytes(b"PAR1 no table"), "file_damaged"),
        (lambda: Path("x.parquet").mkdir(), "file_missing"),
    ],
)
def test_a_file_that_is_no_table(folder, make, code):
    make()
    done = evaluate(facts="x.parquet")
    assert done.exit_code == 1
    assert f"[{code}]" in done.output


def test_a_refused_run_leaves_the_old_verdicts_whole(folder):
    verdicts()
    before = Path("v.parquet").read_bytes()
    write("bad.parquet", [fact("a", 0, 1, count=-1)], FACTS)
    assert evaluate(facts="bad.parquet").exit_code == 1
    assert Path("v.parquet").read_bytes() == before
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--engine", "fast"),
        ("--until", "soon"),
        ("--until", "2025-03-01T00:00Z"),
        ("--revisions", "r.parquet"),
        ("--engine", "online", "--revisions", "v.parquet"),
        ("--coverage", "v.parquet"),
    ],
)
def test_wrong_use_is_said_and_nothing_is_written(folder, wrong):
    done = evaluate(*wrong)
    assert done.exit_code == 2
    assert not Path("v.parquet").exists()


def test_no_facts_and_no_bounds_is_wrong_use(folder):
    write("none.parquet", [], FACTS)
    assert evaluate(facts="none.parquet").exit_code == 2
    table = verdicts(
        "--from",
        "2025-03-03T00:00Z",
        "--until",
        "2025-03-04T00:00Z",
        facts="none.parquet",
    )
    assert set(table["verdict"].to_pylist()) == {"undetermined"}


def test_the_help_has_an_example():
    done = CliRunner().invoke(app, ["evaluate", "--help"])
    assert done.exit_code == 0
    assert "Example" in done.output
