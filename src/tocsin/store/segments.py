"""Immutable Parquet segments, named by what they hold.

The same rows in the same order always give the same file name, so a segment is never
rewritten and two runs over the same evidence share theirs.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import StoreDamaged

__all__ = ["read_segment", "write_durably", "write_segment"]


def write_segment(folder: Path, table: pa.Table) -> str:
    """Write a table and return its file name; an equal segment is left as it is."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", store_schema=True)
    data = sink.getvalue().to_pybytes()
    name = f"{hashlib.sha256(data).hexdigest()}.parquet"
    if not (folder / name).exists():
        write_durably(folder / name, data)
    return name


def read_segment(folder: Path, name: str, *, verify: bool = False) -> pa.Table:
    """Read a segment back.

    Args:
        folder: where it lies.
        name: as :func:`write_segment` returned it.
        verify: also compare its bytes with its name.

    Raises:
        StoreDamaged: it is missing, is no Parquet, or its bytes are not its name's.
    """
    path = folder / name
    try:
        data = path.read_bytes()
        if verify and hashlib.sha256(data).hexdigest() != path.stem:
            raise StoreDamaged(f"{path} was changed after it was written; run again")
        return pq.read_table(pa.BufferReader(data))
    except FileNotFoundError as error:
        raise StoreDamaged(f"{path} is missing; run `tocsin run` again") from error
    except pa.ArrowException as error:
        raise StoreDamaged(f"{path} is no Parquet ({error}); run again") from error


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file atomically: it holds the old or the new bytes, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
