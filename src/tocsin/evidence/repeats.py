"""The same row in two files, or one file given twice: read once, told as an issue.

In go the readings of a run in the order given; out come the same readings without the
rows that an earlier reading already gave. Rows read = rows kept + issues that refuse a
row still holds for each of them. Watch logs may repeat: time watched twice is a union.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import polars as pl
import pyarrow as pa

from tocsin.evidence.connector import Reading
from tocsin.evidence.issues import Fault, Faults, Issues

__all__ = ["distinct"]

_KEYS: Final = {
    "observations": ("observation_id",),
    "register": ("origin", "source_id", "raw_sha256"),
}
_REPEATED: Final = Fault(
    code="duplicate_row",
    field=None,
    message="the row was already read from another file",
    repair="give each file once",
)


def distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings, each row in the first of them that gives it."""
    seen: dict[str, pl.DataFrame] = {}
    return tuple(_fresh(reading, seen) for reading in readings)


def _fresh(reading: Reading, seen: dict[str, pl.DataFrame]) -> Reading:
    for name, table in _tables(reading):
        keys = pl.DataFrame(pl.from_arrow(table.select([*_KEYS[name], "raw_ref"])))
        before = seen.get(name)
        seen[name] = keys if before is None else pl.concat([before, keys])
        if before is not None:
            known = before.select(_KEYS[name]).unique().with_columns(known=True)
            joined = keys.join(known, on=_KEYS[name], how="left", maintain_order="left")
            repeated = joined["known"].fill_null(value=False)
            if repeated.any():
                reading = _without(reading, name, repeated, keys["raw_ref"])
    return reading


def _tables(reading: Reading) -> Iterator[tuple[str, pa.Table]]:
    for name in _KEYS:
        table = getattr(reading, name)
        if table is not None and table.num_rows:
            yield name, table


def _without(
    reading: Reading, name: str, repeated: pl.Series, refs: pl.Series
) -> Reading:
    file = str(refs[0]).rpartition("#")[0]
    rows = refs.str.extract(r"#(\d+)$").cast(pl.Int64).fill_null(0).to_numpy()
    faults = Faults(file, rows)
    faults.add(_REPEATED, repeated)
    kept = getattr(reading, name).filter(pa.array((~repeated).to_numpy()))
    issues = Issues((reading.issues, faults.issues()))
    return msgspec.structs.replace(reading, **{name: kept}, issues=issues)
