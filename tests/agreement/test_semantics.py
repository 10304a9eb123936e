"""Every example of docs/reference/semantics.md is run, by every engine.

An example is a block of rules, then blocks ``facts`` and perhaps ``coverage``, then
what must come out: ``verdicts``, ``episodes``, ``decisions``, ``duties``, ``effects``.
A time ``1T12:00`` is noon of the day after 3 March 2025. Only the columns that stand
in the expectation are compared, and only the clauses that it names.
"""

import csv
import importlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from tocsin.agreement.evaluate import evaluate_fully
from tocsin.agreement.evaluate.online import Monitor
from tocsin.agreement.parse import parse_rules
from tocsin.model.tables import COVERAGE, FACTS, conform

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "semantics.md"
RULE = re.compile(r"(?m)^### ([A-Z]\d+) ")
FENCE = re.compile(r"(?ms)^```(?:text )?(\w+)([^\n]*)\n(.*?)^```$")
DAY = datetime(2025, 3, 3, tzinfo=UTC)
RESULTS = ("verdicts", "episodes", "decisions", "duties", "effects", "powers")
PLACES = {"lon", "lat", "sigma_m"}


def parts():
    """Each rule of the page with its text."""
    text = PAGE.read_text(encoding="utf-8")
    pieces = RULE.split(text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def time(text):
    day, clock = text.split("T")
    hours, minutes, *rest = (int(part) for part in clock.split(":"))
    return DAY + timedelta(
        days=int(day), hours=hours, minutes=minutes, seconds=sum(rest)
    )


def table(body):
    rows = csv.DictReader(line for line in body.splitlines() if line.strip())
    return [{k.strip(): v.strip() for k, v in row.items()} for row in rows]


def value(name, text):
    if text == "":
        return None
    if re.fullmatch(r"\d+T[\d:]+", text):
        return time(text)
    return float(text) if name in {"p", "share", "value", *PLACES} else text


def facts(body):
    rows = []
    for number, row in enumerate(table(body)):
        named = {name: value(name, text) for name, text in row.items()}
        for whole in ("count", "n_independent"):
            if named.get(whole) is not None:
                named[whole] = int(named[whole])
        rows.append({"fact_id": f"f{number}", **named})
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


def coverage(body):
    rows = [{k: value(k, v) for k, v in row.items()} for row in table(body)]
    return conform(pa.Table.from_pylist(rows, schema=COVERAGE), COVERAGE, what="c")


def examples():
    for rule, text in parts().items():
        blocks = FENCE.findall(text)
        starts = [n for n, block in enumerate(blocks) if block[0] == "tocsin"]
        for place, start in enumerate(starts):
            stop = [*starts, len(blocks)][place + 1]
            yield pytest.param(blocks[start:stop], id=f"{rule}-{place + 1}")


def outcome(blocks, engine):
    given = {name: body for name, _, body in blocks}
    asked = " ".join(info for _, info, _ in blocks)
    bounds = {k: time(v) for k, v in re.findall(r"(start|until|known)=(\S+)", asked)}
    read = parse_rules(given["tocsin"])
    assert not read.issues, [str(issue) for issue in read.issues]
    return evaluate_fully(
        read.records,
        facts(given.get("facts", "kind,t")),
        coverage=coverage(given.get("coverage", "sector,t_start,t_end,share")),
        start=bounds.get("start", DAY),
        until=bounds.get("until", DAY + timedelta(days=30)),
        as_known_at=bounds.get("known"),
        engine=engine,
    )


def said(record, name):
    held = record[name]
    if isinstance(held, datetime):
        past = held - DAY
        hours, rest = divmod(past.seconds, 3600)
        clock = f"{past.days}T{hours:02}:{rest // 60:02}"
        return f"{clock}:{rest % 60:02}" if rest % 60 else clock
    if isinstance(held, float):
        return f"{held:.3f}"
    if isinstance(held, (tuple, list)):
        ends = [(x["start"], x["stop"]) if isinstance(x, dict) else x for x in held]
        return " ".join(
            str(x) if isinstance(x, str) else f"{x[0]}-{x[1]}" for x in ends
        )
    return "" if held is None else str(held)


@pytest.mark.parametrize("engine", ["oracle", "batch", "online"])
@pytest.mark.parametrize("blocks", list(examples()))
def test_example_of_the_semantics(blocks, engine):
    found = outcome(blocks, engine)
    expected = [(name, table(body)) for name, _, body in blocks if name in RESULTS]
    issues = [body.split() for name, _, body in blocks if name == "issues"]
    assert expected or issues, "an example without an expectation shows nothing"
    for name, rows in expected:
        records = getattr(found, name)
        plain = records.to_pylist() if name == "verdicts" else map(as_dict, records)
        clauses = {row["clause"] for row in rows if "clause" in row}
        columns = list(rows[0]) if rows else ["clause"]
        got = [
            {column: said(row, column) for column in columns}
            for row in plain
            if not clauses or row["clause"] in clauses
        ]
        assert got == rows
    for codes in issues:
        assert sorted({issue.code for issue in found.issues}) == sorted(codes)


@pytest.mark.parametrize("blocks", list(examples()))
def test_a_monitor_says_the_same_of_the_example_in_any_order(blocks):
    """Rule L1: facts come one by one, the last first, while the clock goes on."""
    given = {name: body for name, _, body in blocks}
    asked = " ".join(info for _, info, _ in blocks)
    bounds = {k: time(v) for k, v in re.findall(r"(start|until)=(\S+)", asked)}
    start = bounds.get("start", DAY)
    until = bounds.get("until", DAY + timedelta(days=30))
    agreement = parse_rules(given["tocsin"]).records
    table = facts(given.get("facts", "kind,t"))
    seen = coverage(given.get("coverage", "sector,t_start,t_end,share"))
    monitor = Monitor(agreement, start=start)
    monitor.take(coverage=seen)
    for number in reversed(range(table.num_rows)):
        clock = min(monitor.now + timedelta(hours=6), until)
        monitor.take(table.slice(number, 1), now=clock)
    monitor.tick(until)
    wanted = evaluate_fully(
        agreement, table, coverage=seen, start=start, until=until, engine="oracle"
    ).verdicts
    own = ["revision", "known_at"]
    assert monitor.verdicts().drop_columns(own).equals(wanted.drop_columns(own))


def as_dict(record):
    return msgspec.structs.asdict(record)


@pytest.mark.parametrize(("rule", "text"), list(parts().items()))
def test_each_rule_has_an_example_and_names_its_code(rule, text):
    named = re.findall(r"(?m)^Code: (.+)$", text)
    assert len(named) == 1, f"{rule} does not say which code implements it"
    assert "```tocsin" in text, f"{rule} has no example"
    for path in re.findall(r"`([\w.]+)`", named[0]):
        module, _, attribute = path.rpartition(".")
        held = importlib.import_module(f"tocsin.{module}")
        assert hasattr(held, attribute), path


def test_every_rule_that_the_code_names_is_on_the_page():
    folder = PAGE.parents[2] / "src" / "tocsin" / "agreement"
    named = set()
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for group in re.findall(
            r"\((?:rules? )?([A-Z]\d(?:,? (?:to |and )?[A-Z]\d)*)\)", text
        ):
            named |= set(re.findall(r"[A-Z]\d", group))
    assert named <= set(parts()), sorted(named - set(parts()))
