"""Verdicts become findings: what each clause says of each party, in words.

In: VERDICTS of an engine, the FACTS it read, the coverage. Out: records
:class:`~tocsin.model.Finding`, one for each day with a breach, and one for each run of
days without (see :mod:`tocsin.findings.episodes`), each with its witness and a sentence
that carries its own conditions. Refused: a breach of a named party whose facts all name
nobody; it is said of nobody, and an issue says so.

>>> from datetime import UTC, datetime
>>> from tocsin.model import COVERAGE, FACTS, VERDICTS, empty
>>> assess(
...     empty(VERDICTS),
...     empty(FACTS),
...     None,
...     coverage=empty(COVERAGE),
...     until=datetime(2025, 3, 4, tzinfo=UTC),
... ).records
()
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement import Agreement
from tocsin.agreement.evaluate.history import time_order
from tocsin.findings.attribution import Attributed
from tocsin.findings.episodes import put_together
from tocsin.findings.sentences import sentence, settles
from tocsin.findings.watched import watched
from tocsin.model import (
    BOUNDS_FROM,
    Finding,
    Issue,
    Origin,
    Outcome,
    Verdict,
    Where,
    Witness,
    identified,
)

__all__ = ["WITNESSES", "assess"]

WITNESSES = 100
"""At most so many facts stand in a finding's witness, the earliest of each root first;
its ``number`` says how many roots there are."""

CITED = ("fact_id", "party", "p", "root", "n_independent")

_Key = tuple[str, str | None, str | None, str | None]
"""Clause, sector, subject and party of a finding-to-be."""

_Share = Callable[[str | None, datetime, datetime], float | None]
"""Which share of a sector was watched from when until when."""


def assess(
    verdicts: pa.Table,
    facts: pa.Table,
    agreement: Agreement | None,
    *,
    coverage: pa.Table,
    attribution: Attributed | None = None,
    without_control: pa.Table | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Outcome[tuple[Finding, ...]]:
    """The findings, by clause in the order of the verdicts and by time.

    Args:
        verdicts: VERDICTS; witnesses are ranges into the facts in time order.
        facts: the FACTS they were made from.
        agreement: gives the titles of clauses; None: they have none.
        coverage: COVERAGE.
        attribution: to say which findings rest on the control layer.
        without_control: VERDICTS from facts attributed without the control layer, to
            say what each finding would be; None: said only where nobody would be named.
        until: end of the question; None: the last instant of verdicts and coverage.
        known_at: as known at this instant.
    """
    if not verdicts.num_rows:
        return Outcome(records=())
    until = until or _last(verdicts, coverage)
    rows = put_together(verdicts, until).with_row_index("finding")
    rows = rows.join(_witnesses(rows, verdicts, facts), on="finding", how="left")
    rows = _with_open(_only_supported(rows.sort("finding")), until)
    rests = _Rests(attribution, without_control)
    share = cache(watched(coverage).share)  # many parties and clauses, the same days
    called = _called(agreement)
    found = [
        _finding(
            row, called.get(row["clause"], row["clause"]), share, rests, until, known_at
        )
        for row in rows.iter_rows(named=True)
    ]
    return Outcome(records=tuple(found), issues=tuple(_unsupported(rows)))


def _last(verdicts: pa.Table, coverage: pa.Table) -> datetime:
    ends = [pc.max(verdicts["t"]).as_py(), pc.max(coverage["t_end"]).as_py()]
    last: datetime = max(end for end in ends if end is not None)
    return last


def _witnesses(rows: pl.DataFrame, verdicts: pa.Table, facts: pa.Table) -> pl.DataFrame:
    """For each finding: its facts, how many roots, sources, and whom they name."""
    order = (
        pl.Series("at", time_order(facts))
        if facts.num_rows
        else pl.Series("at", [], pl.Int64)
    )
    ordered = pl.DataFrame(facts.select([*CITED, "t_earliest", "t_latest"]))
    ordered = ordered.gather(order) if hasattr(ordered, "gather") else ordered[order]
    ordered = ordered.with_row_index("position").with_columns(
        pl.col("root").fill_null(pl.col("fact_id")),
        pl.col("n_independent").fill_null(1),
        pl.col("p").fill_null(1.0),
        pl.col("position").cast(pl.Int64),
    )
    ranges = pl.DataFrame(
        {"row": np.arange(verdicts.num_rows), "witness": verdicts["witness"]}
    )
    spans = (
        rows.select("finding", "party", pl.col("row").cast(pl.List(pl.Int64)))
        .rename({"party": "named"})
        .explode("row")
        .join(ranges, on="row")
        .explode("witness")
        .drop_nulls("witness")
        .unnest("witness")
    )
    cited = (
        spans.with_columns(position=pl.int_ranges("start", "stop"))
        .explode("position")
        .join(ordered, on="position")
        .unique(["finding", "position"])
        .sort("finding", "position")
        .unique(["finding", "root"], keep="first", maintain_order=True)
    )
    vague = pl.col("t_latest") - pl.col("t_earliest") >= BOUNDS_FROM
    mine = pl.col("p").filter(pl.col("party").eq_missing(pl.col("named")))
    return cited.group_by("finding", maintain_order=True).agg(
        facts=pl.col("fact_id").head(WITNESSES),
        roots=pl.col("root").head(WITNESSES),
        n=pl.len().cast(pl.Int64),
        sources=pl.col("n_independent").max(),
        names_nobody=pl.col("party").is_null().all(),
        p_most=mine.max().fill_null(0.0),
        earliest=pl.col("t_earliest").filter(vague).min(),
        latest=pl.col("t_latest").filter(vague).max(),
    )


def _only_supported(rows: pl.DataFrame) -> pl.DataFrame:
    """A breach of a named party whose facts all name nobody is said of nobody."""
    accused = pl.col("party").is_not_null() & pl.col("verdict").is_in(
        ["breached", "excused"]
    )
    wrong = accused & pl.col("names_nobody").fill_null(value=False)
    return rows.with_columns(
        unsupported=pl.when(wrong).then("party"),
        party=pl.when(wrong).then(None).otherwise("party"),
        verdict=pl.when(wrong).then(pl.lit("undetermined")).otherwise("verdict"),
        n=pl.col("n").fill_null(0),
        sources=pl.col("sources").fill_null(0),
    )


def _with_open(rows: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """For each *met* row, how many incidents of its time stay undetermined (``open``).

    Those that may be the party's own, and those that nobody can be named for: a clause
    is not said to be kept over a time without naming them in the same sentence.
    """
    unsettled = (pl.col("verdict") == "undetermined") & (pl.col("n") > 0)
    found: dict[_Key, list[dict[str, Any]]] = {}
    for each in rows.filter(unsettled).sort("start").iter_rows(named=True):
        found.setdefault(_key(each, each["party"]), []).append(each)
    counts = [
        _beside(row, found, until) if row["verdict"] == "met" else 0
        for row in rows.iter_rows(named=True)
    ]
    return rows.with_columns(open=pl.Series(counts, dtype=pl.Int64))


def _key(row: dict[str, Any], party: str | None) -> _Key:
    return row["clause"], row["sector"], row["subject"], party


def _beside(
    row: dict[str, Any], found: Mapping[_Key, Sequence[dict[str, Any]]], until: datetime
) -> int:
    """Incidents of the undetermined rows that touch the time of this one."""
    start, end = row["start"], row["end"] or until
    n = 0
    for party in {row["party"], None}:
        theirs = found.get(_key(row, party), ())
        first = bisect_left(theirs, start, key=itemgetter("start"))
        last = bisect_left(theirs, end, key=itemgetter("start"))
        if first and (theirs[first - 1]["end"] or until) > start:
            first -= 1  # rows of one key follow each other: only the last can reach in
        n += sum(each["n"] for each in theirs[first:last])
    return n


def _unsupported(rows: pl.DataFrame) -> Iterator[Issue]:
    for row in rows.filter(pl.col("unsupported").is_not_null()).iter_rows(named=True):
        yield Issue(
            code="contradiction",
            where=Where(file=row["clause"]),
            message=f"the verdict names {row['unsupported']}, its facts name nobody:"
            " it is said of nobody",
            evidence=tuple(row["facts"]),
            warning=True,
        )


def _called(agreement: Agreement | None) -> dict[str, str]:
    """Each clause with its title."""
    articles = agreement.articles if agreement else ()
    return {a.clause: f"{a.clause} ({a.title})" for a in articles if a.title}


def _finding(
    row: dict[str, Any],
    called: str,
    share_of: _Share,
    rests: _Rests,
    until: datetime,
    known_at: datetime | None,
) -> Finding:
    start, end = row["start"], row["end"]
    said = row | {"clause": called}
    share = share_of(row["sector"], start, end or until)
    publisher, without = rests.on(row, until)
    finding = Finding(
        finding_id="",
        origin=Origin(row["origin"] or "observed"),
        clause=row["clause"],
        party=row["party"],
        sector=row["sector"],
        subject=row["subject"],
        verdict=Verdict(row["verdict"]),
        t_start=start,
        t_end=end,
        due=row["due"],
        p_breached=_probability(row["p_breached"]),
        probability_ever=_probability(row["ever"]),
        sentence=sentence(said, share, until),
        settles=settles(said, until),
        witness=Witness(
            facts=tuple(row["facts"] or ()),
            window_start=_first_of(start, row["earliest"]),
            window_end=_last_of(end or until, row["latest"]),
            number=float(row["n"]) if row["n"] else None,
            missing="" if row["n"] or row["verdict"] != "breached" else "what was due",
            coverage_share=share,
        ),
        control=publisher,
        without_control=without,
        known_at=known_at or row["known_at"],
    )
    return identified(finding, field="finding_id")


def _first_of(start: datetime, earliest: datetime | None) -> datetime:
    return start if earliest is None else min(start, earliest)


def _last_of(end: datetime, latest: datetime | None) -> datetime:
    return end if latest is None else max(end, latest)


def _probability(p: float | None) -> float | None:
    return None if p is None else min(max(p, 0.0), 1.0)


class _Rests:
    """Which findings rest on the control layer, and what they would be without it."""

    def __init__(
        self, attribution: Attributed | None, verdicts: pa.Table | None
    ) -> None:
        self.publisher = attribution.publisher if attribution else None
        self.with_it: dict[str, dict[str, float]] = {}
        self.without: dict[str, dict[str, float]] = {}
        if attribution and self.publisher:
            self.with_it = _moved(attribution.incidents, attribution.without_control)
            self.without = _moved(attribution.without_control, attribution.incidents)
        self.verdicts = None if verdicts is None else _by_key(verdicts)

    def on(
        self, row: dict[str, Any], until: datetime
    ) -> tuple[str | None, Verdict | None]:
        """The publisher, if the witness does rest on the layer; the verdict without."""
        if self.publisher is None or row["party"] is None:
            return None, None
        party = f"p_{row['party']}"
        moved = [root for root in row["roots"] or () if root in self.with_it]
        if not moved:
            return None, None
        if self.verdicts is not None:
            return self.publisher, self._verdict(row, until)
        nobody = len(moved) == row["n"] and not any(
            self.without[r][party] for r in moved
        )
        return self.publisher, Verdict.UNDETERMINED if nobody else None

    def _verdict(self, row: dict[str, Any], until: datetime) -> Verdict:
        """The gravest verdict of the same key over the same time."""
        assert self.verdicts is not None
        at, verdicts = self.verdicts.get(_key(row, row["party"]), ((), ()))
        last = bisect_right(at, row["end"] or until)
        first = bisect_right(at, row["start"], hi=last) - 1
        said = set(verdicts[max(first, 0) : last])
        order = ("breached", "excused", "pending", "undetermined", "met")
        return Verdict(next((v for v in order if v in said), "undetermined"))


def _by_key(verdicts: pa.Table) -> dict[_Key, tuple[list[datetime], list[str]]]:
    """The verdicts of each key, in time order as the table has them."""
    names = ("clause", "sector", "subject", "party", "t", "verdict")
    found: dict[_Key, tuple[list[datetime], list[str]]] = {}
    for *key, t, verdict in pl.DataFrame(verdicts.select(names)).iter_rows():
        at, said = found.setdefault(tuple(key), ([], []))
        at.append(t)
        said.append(verdict)
    return found


def _moved(mine: pa.Table, other: pa.Table) -> dict[str, dict[str, float]]:
    """Probabilities of the incidents whose probabilities differ between two tables."""
    columns = [name for name in mine.column_names if name.startswith("p_")]
    differ = np.zeros(mine.num_rows, dtype=bool)
    for name in columns:
        differ |= mine[name].to_numpy() != other[name].to_numpy()
    chosen = mine.filter(pa.array(differ)).select(["incident_id", *columns]).to_pylist()
    return {row.pop("incident_id"): row for row in chosen}
