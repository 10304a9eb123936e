"""Entries of a log that a later entry of the same log takes back.

A log only grows: who was wrong writes a new entry that names the old one. In go
observations that were known at some instant; out come those that stand, and a warning
for each entry that was taken back. Asked what was known before the correction, the old
entry still stands: nothing is deleted.

An entry is named by ``entry`` in ``detail``, the one that it takes back by
``withdraws``; the first word of an entry that is itself taken back counts no more.

>>> import pyarrow as pa
>>> seen = pa.table(
...     {
...         "source_id": ["log"] * 3,
...         "detail": ['{"entry":"a1"}', '{"entry":"b2","withdraws":"a1"}', None],
...         "raw_ref": ["l.jsonl#1", "l.jsonl#2", "l.jsonl#3"],
...     }
... )
>>> left = standing(seen)
>>> left.records["raw_ref"].to_pylist()
['l.jsonl#2', 'l.jsonl#3']
>>> print(left.issues[0])
l.jsonl:1: warning [withdrawn] `b2` takes back `a1` of log: 1 row of it does not count
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model import Issue, Outcome, Where

__all__ = ["standing"]


def standing(observations: pa.Table) -> Outcome[pa.Table]:
    """The observations that no later entry takes back.

    Args:
        observations: with `source_id`, `detail` and `raw_ref`.
    """
    named = pc.fill_null(
        pc.match_substring(observations["detail"], '"withdraws"'), False
    )
    if not pc.any(named).as_py():
        return Outcome(records=observations)
    logs = pc.unique(observations.filter(named)["source_id"]).to_pylist()
    rows = _entries(observations, logs)
    back = rows.filter(pl.col("withdraws").is_not_null()).unique(
        ["source_id", "withdraws"], keep="first", maintain_order=True
    )
    taken = rows.join(
        back.select("source_id", pl.col("withdraws").alias("entry"), by="entry"),
        on=["source_id", "entry"],
    )
    kept = ~pl.Series(range(observations.num_rows)).is_in(taken["row"].to_list())
    return Outcome(
        records=observations.filter(kept.to_arrow()), issues=tuple(_told(taken))
    )


def _entries(observations: pa.Table, logs: list[str]) -> pl.DataFrame:
    """The rows of these logs with the entry of each and what that takes back."""
    columns = observations.select(["source_id", "detail", "raw_ref"])
    frame: pl.DataFrame = pl.DataFrame(pl.from_arrow(columns)).with_row_index("row")
    detail = pl.col("detail").str
    return frame.filter(pl.col("source_id").is_in(logs)).select(
        "row",
        "source_id",
        "raw_ref",
        entry=detail.json_path_match("$.entry"),
        withdraws=detail.json_path_match("$.withdraws"),
    )


def _told(taken: pl.DataFrame) -> list[Issue]:
    each = taken.group_by("source_id", "entry", "by", maintain_order=True).agg(
        pl.col("raw_ref").first(), pl.len().alias("n")
    )
    return [_issue(**row) for row in each.iter_rows(named=True)]


def _issue(source_id: str, entry: str, by: str, raw_ref: str, n: int) -> Issue:
    file, _, line = raw_ref.rpartition("#")
    rows = "1 row of it does" if n == 1 else f"{n} rows of it do"
    return Issue(
        code="withdrawn",
        where=Where(file=file, line=int(line) if line.isdigit() else None),
        message=f"`{by}` takes back `{entry}` of {source_id}: {rows} not count",
        warning=True,
    )
