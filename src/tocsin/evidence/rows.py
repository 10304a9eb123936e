"""Ids of rows: the same row has the same id, whatever the order of columns and rows.

The bytes of a raw row are its cells as a JSON object with sorted names, as they were
read: text from a text file, numbers and times from Parquet. A number that JSON does
not know (NaN) counts as unknown. Ids are those of :func:`tocsin.model.row_id`.

>>> from tocsin.model import row_id
>>> names = raw_bytes(pl.DataFrame({"b": ["x"], "a": [1]}))
>>> names
[b'{"a":1,"b":"x"}']
>>> row_ids("observed", pl.Series(["mine"]), names)[0] == row_id(
...     "observed", "mine", names[0]
... )
True
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["digests", "raw_bytes", "row_ids"]


def raw_bytes(raw: pl.DataFrame) -> list[bytes]:
    """The bytes of each row."""
    if not raw.height:
        return []
    ordered = raw.select(sorted(raw.columns))
    encoded: list[bytes] = (
        ordered.to_struct().struct.json_encode().cast(pl.Binary).to_list()
    )
    return encoded


def digests(rows: Sequence[bytes]) -> list[str]:
    """SHA-256 (hex) of each row."""
    return [sha256(row).hexdigest() for row in rows]


def row_ids(origin: str, source_ids: pl.Series, rows: Sequence[bytes]) -> list[str]:
    """:func:`tocsin.model.row_id` of each row; what rows share is hashed once."""
    begun = {name: _begun(origin, name) for name in source_ids.unique().to_list()}
    if len(begun) == 1:
        start = next(iter(begun.values()))
        return [_ended(start, row) for row in rows]
    return [
        _ended(begun[name], row)
        for name, row in zip(source_ids.to_list(), rows, strict=True)
    ]


def _begun(origin: str, source_id: str) -> _Hash:
    digest = sha256()
    for part in (origin.encode(), source_id.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest


def _ended(begun: _Hash, row: bytes) -> str:
    digest = begun.copy()
    digest.update(len(row).to_bytes(8, "big"))
    digest.update(row)
    return digest.hexdigest()
