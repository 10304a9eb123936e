"""What proofs cost: evaluating with and without them, and checking them.

Random facts of a month in three sectors under five clauses of the shapes that can be
proved, everything read from and written to Parquet. The checker is slow on purpose: it
derives each verdict again by the plainest means, so it is given a part of the facts.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Page, in_turn
from tocsin.agreement import evaluate, parse
from tocsin.agreement.checker import check_proofs
from tocsin.agreement.proving import proofs
from tocsin.model.tables import COVERAGE, FACTS, conform

START = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = START + timedelta(days=30)
BAR = 0.30
TEXT = """# Proofs

```tocsin
parties Northland, Southland
sectors North, East, West
act request is "to request"
act access is "to give access"
act notify is "to notify"
Article 1(1) "Ceasefire"
  in force from 2026-03-01T00:00Z
  forbid any party to fire
Article 1(2)
  in force from start of Article 1(1)
  forbid any party to fly
Article 2
  in force from start of Article 1(1)
  when request of party at site
  oblige party to access at site
  within 20 minutes of request
Article 3
  in force from start of Article 1(1) + 1 day
  when fly of party in sector
  oblige party to notify in sector
  within 1 hour
Article 4
  forbid any party to jam
```
"""


def run(*, quick: bool) -> Page:
    number, part = (20_000, 1_000) if quick else (200_000, 4_000)
    with tempfile.TemporaryDirectory() as folder:
        whole = _Files(Path(folder) / "whole", number)
        small = _Files(Path(folder) / "part", part)
        timings = in_turn(
            {"evaluate": whole.evaluated, "evaluate and prove": whole.proved},
            runs=1 if quick else 7,
        )
        checked = small.checked()
        spent = in_turn({"check": small.checked}, runs=1 if quick else 5)["check"]
    plain, both = (timings[name].median_s for name in timings)
    page = Page(
        title="Proofs",
        about=f"{number:,} facts of 30 days, five clauses, Parquet to Parquet; CPU"
        f" seconds, median. The checker: {part:,} facts, {checked:,} verdicts.",
        columns=("work", "seconds", "ratio to evaluate"),
    )
    page.rows.append(("evaluate, verdicts written", f"{plain:.3f}", "1.00"))
    page.rows.append(
        ("the same, and proofs written", f"{both:.3f}", f"{both / plain:.2f}")
    )
    page.rows.append((f"check {checked:,} proofs", f"{spent.median_s:.2f}", "-"))
    over = both / plain - 1
    page.bars.append((f"proofs cost at most {BAR:.0%}", f"{over:.1%}", over <= BAR))
    page.bars.append(("every proof accepted", f"{checked:,} accepted", checked > 0))
    return page


class _Files:
    """An agreement, facts and coverage on disk."""

    def __init__(self, folder: Path, number: int) -> None:
        folder.mkdir()
        self.agreement = folder / "agreement.md"
        self.facts = folder / "facts.parquet"
        self.coverage = folder / "coverage.parquet"
        self.out = folder / "verdicts.parquet"
        self.proofs = folder / "proofs.json"
        self.agreement.write_text(TEXT, encoding="utf-8")
        self.tree = parse(TEXT, file=str(self.agreement)).records
        pq.write_table(_facts(number), self.facts)
        pq.write_table(_coverage(), self.coverage)

    def evaluated(self) -> pa.Table:
        made = evaluate(
            self.tree,
            pq.read_table(self.facts),
            coverage=pq.read_table(self.coverage),
            start=START,
            until=UNTIL,
        ).records
        pq.write_table(made, self.out)
        return made

    def proved(self) -> None:
        data = proofs(
            self.evaluated(),
            self.tree,
            file=self.agreement,
            facts=self.facts,
            coverage=self.coverage,
            start=START,
            until=UNTIL,
        )
        self.proofs.write_bytes(data)

    def checked(self) -> int:
        if not self.proofs.exists():
            self.proved()
        data = self.proofs.read_bytes()
        return check_proofs(data, self.agreement, self.facts, self.coverage)


def _facts(number: int) -> pa.Table:
    rng = np.random.default_rng(5)
    kinds = np.array(["fire", "fly", "request", "access", "notify", "jam"])
    seconds = rng.integers(0, 30 * 86_400, number)
    rows = {
        "fact_id": [f"f{n:07}" for n in range(number)],
        "origin": ["imagined"] * number,
        "kind": rng.choice(kinds, number, p=[0.5, 0.1, 0.15, 0.15, 0.08, 0.02]),
        "party": rng.choice(["Northland", "Southland"], number),
        "sector": rng.choice(["North", "East", "West"], number),
        "subject": rng.choice([f"Site {n}" for n in range(40)], number),
        "t": [START + timedelta(seconds=int(s)) for s in seconds],
        "p": rng.choice([1.0, 0.9, 0.6, 0.4], number),
    }
    return conform(pa.table(rows), FACTS, what="facts")


def _coverage() -> pa.Table:
    rows = [
        {
            "sector": sector,
            "t_start": START + timedelta(days=day),
            "t_end": START + timedelta(days=day, hours=20),
            "share": 0.9,
            "origin": "imagined",
        }
        for sector in ("North", "East", "West")
        for day in range(30)
    ]
    return pa.Table.from_pylist(rows, schema=COVERAGE)
