"""JSON lines -> raw rows: one object a line, its names the columns.

A line that is no object (a log that was cut while it was written) is an issue; the
lines around it are read.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import numpy as np
import polars as pl
from msgspec import Meta

from tocsin.connectors.tables.geojson import typed
from tocsin.evidence import Issues, Mapping, RawRows
from tocsin.model import Issue, Where

__all__ = ["read_jsonl"]

_Row = Annotated[dict[str, Any], Meta(min_length=1)]


def read_jsonl(data: bytes, file: str, mapping: Mapping) -> RawRows:  # noqa: ARG001  # one shape for all readers
    """The objects of a file of JSON lines, one row each; empty lines are none."""
    cells: list[dict[str, Any]] = []
    numbers, failed = [], []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            cells.append(msgspec.json.decode(line, type=_Row))
            numbers.append(number)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            failed.append(_failed(file, number, error))
    names = dict.fromkeys(name for row in cells for name in row)
    frame = pl.DataFrame(
        {name: typed([row.get(name) for row in cells]) for name in names},
        height=len(cells),
    )
    rows = np.array(numbers, dtype=np.int64)
    return RawRows(file=file, frame=frame, rows=rows, failed=Issues([failed]))


def _failed(file: str, number: int, error: Exception) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file=file, line=number),
        message=f"the line is no JSON object: {error}",
        repair="it may have been cut while it was written; enter it again",
        refuses_row=True,
    )
