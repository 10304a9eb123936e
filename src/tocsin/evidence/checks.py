"""Readings of one source held against each other, and against what it should hold.

``previous_period``: some reports say their own figure and that of the period before.
The second reading of a period is compared with the first, region by region:

- A report over N days speaks of a previous period of at most N days. So its figure is
  for the **whole** of the earlier report's period only where that is no longer than
  its own; then the two must be equal (an ``at_least`` figure may grow).
- Where the earlier period is longer, the figure is for a **part** of it ("previous 24
  hours" after a weekend). It contradicts the earlier one only where it is larger.

Which reports follow each other is told from where their periods end and start, never
from their numbers (numbers are sometimes misprinted). A contradiction refuses no row.

A source most of whose reports come before their events has a wrong clock or zone; that
is told once for the whole file.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from tocsin.evidence.connector import RawRows
from tocsin.evidence.issues import Fault, Faults, Issues
from tocsin.evidence.mapping import Check, Mapping
from tocsin.model import CoverageOf, Issue, SourceDescription, Where

__all__ = ["check_expected", "check_rows", "contradicts"]

FEWEST_FOR_A_CLOCK: Final = 20
"""Rows below which nothing is said of a source's clock."""


def check_rows(
    kept: pl.DataFrame, raw: RawRows, mapping: Mapping, coverage: CoverageOf
) -> Issues:
    """The checks that the mapping asks for, over the rows that were kept."""
    told = [_previous_period(kept, raw, check) for check in mapping.checks]
    outside = _outside(kept, raw.file, coverage, mapping.zone or "UTC")
    return Issues([*told, _clock(kept, raw.file), outside])


def check_expected(raw: RawRows, description: SourceDescription) -> Issues:
    """Where the file does not hold what a known edition holds: a warning each."""
    expected = description.expected
    if expected.file_sha256 not in {None, raw.sha256}:
        return Issues()
    rows = raw.frame.height + raw.failed.refused
    found: list[tuple[str, float, float | None]] = []
    if expected.rows is not None:
        found.append(("rows", expected.rows, rows))
    found += [(name, total, _sum(raw, name)) for name, total in expected.sums.items()]
    empty = [] if rows else [_empty(raw)]
    return Issues(
        [empty, [_unexpected(raw, *what) for what in found if what[1] != what[2]]]
    )


def contradicts(
    says: pl.Expr, whole: pl.Expr, *, at_least: pl.Expr, longer: pl.Expr
) -> pl.Expr:
    """Whether a later reading of a period cannot be reconciled with the earlier one.

    Args:
        says: what the later report says of the previous period.
        whole: what the earlier report said of its own period.
        at_least: the earlier figure is a lower bound.
        longer: the earlier period is longer than the later one.
    """
    part = says > whole
    return (
        pl.when(at_least)
        .then(pl.when(longer).then(pl.lit(False)).otherwise(says < whole))
        .otherwise(pl.when(longer).then(part).otherwise(says != whole))
    )


def _previous_period(kept: pl.DataFrame, raw: RawRows, check: Check) -> list[Issue]:
    told = pl.DataFrame(
        {
            "row": raw.rows,
            "label": raw.frame[check.label].cast(pl.String),
            "says": raw.frame[check.previous].cast(pl.Float64, strict=False),
        }
    )
    wanted = ["observation_id", "sector", "t_start", "t_end", "count"]
    qualifier = [n for n in kept.columns if n == "count_qualifier"]
    row = pl.col("raw_ref").str.extract(r"#(\d+)$").cast(pl.Int64)
    later = kept.select(*wanted, *qualifier, row=row).join(told, on="row")
    pairs = later.join(
        later,
        left_on=["sector", "t_start"],
        right_on=["sector", "t_end"],
        suffix="_was",
    ).filter(pl.col("says").is_not_null() & pl.col("count_was").is_not_null())
    at_least = (
        pl.col("count_qualifier_was") == "at_least" if qualifier else pl.lit(False)
    )
    lasts = pl.col("t_end") - pl.col("t_start")
    earlier_lasts = pl.col("t_start") - pl.col("t_start_was")
    wrong = contradicts(
        pl.col("says"),
        pl.col("count_was"),
        at_least=at_least.fill_null(value=False),
        longer=_days(earlier_lasts) > _days(lasts),
    )
    found = pairs.filter(wrong).sort("row").to_dicts()
    return [_contradiction(raw.file, check, pair) for pair in found]


def _outside(kept: pl.DataFrame, file: str, coverage: CoverageOf, zone: str) -> Issues:
    """Rows that begin on a day which the source says it does not cover."""
    if "t_start" not in kept.columns or kept.is_empty():
        return Issues()
    day = kept["t_start"].dt.convert_time_zone(zone).dt.date()
    wrong = pl.repeat(value=False, n=kept.height, dtype=pl.Boolean, eager=True)
    if coverage.first is not None:
        wrong |= day < coverage.first
    if coverage.last is not None:
        wrong |= day > coverage.last
    for first, last in coverage.missing:
        wrong |= day.is_between(first, last)
    rows = kept["raw_ref"].str.extract(r"#(\d+)$").cast(pl.Int64).fill_null(0)
    faults = Faults(file, rows.to_numpy())
    fault = Fault(
        code="outside_coverage",
        field="t_start",
        message=f"{{value}} lies outside what the source covers, {_span(coverage)}",
        repair="kept; the date may be wrong, or the file newer than its description",
        warning=True,
    )
    faults.add(fault, wrong, day)
    return faults.issues()


def _span(coverage: CoverageOf) -> str:
    gaps = ", ".join(f"{first} to {last}" for first, last in coverage.missing)
    but = f" but for {gaps}" if gaps else ""
    return f"{coverage.first or '?'} to {coverage.last or 'today'}{but}"


def _clock(kept: pl.DataFrame, file: str) -> list[Issue]:
    """A clock that is wrong for the whole source: reports come before their events."""
    if not {"received_at", "t_start"} <= set(kept.columns):
        return []
    early = (kept["t_start"] - kept["received_at"]).drop_nulls().dt.total_seconds()
    ahead = early.filter(early > 0)
    if len(early) < FEWEST_FOR_A_CLOCK or len(ahead) < len(early) / 2:
        return []
    message = (
        f"{len(ahead):,} of {len(early):,} rows were received before they happened, by"
        f" {np.median(ahead.to_numpy()):,.0f} seconds in the middle"
    )
    return [
        Issue(
            code="time_invalid",
            where=Where(file=file, field="received_at"),
            message=message,
            repair="the clock or the time zone of the whole source looks wrong; compare"
            " it with another before its times are used",
            warning=True,
        )
    ]


def _days(lasts: pl.Expr) -> pl.Expr:
    """Whole days, so that the hour of a clock change makes no period longer."""
    return (lasts.dt.total_seconds() / 86_400).round()


def _contradiction(file: str, check: Check, pair: dict[str, object]) -> Issue:
    says, was = _figure(pair["says"]), _figure(pair["count_was"])
    return Issue(
        code="contradiction",
        where=Where(file=file, line=pair["row"], field=check.previous),  # type: ignore[arg-type]
        message=f"{pair['label']} says {says} for {pair['sector']} in the period"
        f" that {pair['label_was']} put at {was}",
        repair="both rows are kept as they are; ask the publisher which one holds",
        also=(Where(file=file, line=pair["row_was"]),),  # type: ignore[arg-type]
        evidence=(str(pair["observation_id"]), str(pair["observation_id_was"])),
        warning=True,
    )


def _figure(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _sum(raw: RawRows, name: str) -> float | None:
    if name not in raw.frame.columns:
        return None
    total = raw.frame[name].cast(pl.Float64, strict=False).sum()
    return round(float(total), 6)


def _unexpected(raw: RawRows, name: str, expected: float, found: float | None) -> Issue:
    of = "rows" if name == "rows" else f"in all of `{name}`"
    number = "no such column" if found is None else f"{found:,.15g}"
    return Issue(
        code="count_unexpected",
        where=Where(file=raw.file, field=None if name == "rows" else name),
        message=f"{number} {of}; the description expects {expected:,.15g}",
        repair="the source may have changed, or the file is a part of it; compare it"
        " with the edition that the description names",
        warning=True,
    )


def _empty(raw: RawRows) -> Issue:
    where = Where(file=raw.file)
    message = "the file has columns and no rows"
    return Issue(code="file_empty", where=where, message=message, warning=True)
