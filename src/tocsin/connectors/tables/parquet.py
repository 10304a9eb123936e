"""Parquet files -> raw rows, typed as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet

from tocsin.evidence import Issues, RawRows, unusable

__all__ = ["read_parquet"]


def read_parquet(file: Path) -> RawRows:
    """The rows of a Parquet file, checked against the checksums it carries.

    Bytes that the file does not call text are their hexadecimal digits.

    Raises:
        SourceUnusable: two columns have one name.
        pa.ArrowException: the file is cut short or is no Parquet file.
    """
    with pa.OSFile(str(file)) as opened:
        table = pa.parquet.read_table(opened, page_checksum_verification=True)
    table.validate(full=True)
    if len(set(table.column_names)) != table.num_columns:
        raise unusable("file_damaged", str(file), "two columns have one name")
    bare = pa.Table.from_arrays(table.columns, names=table.column_names)
    try:
        frame = pl.DataFrame(pl.from_arrow(bare))
    except pl.exceptions.PanicException as error:  # damage that Arrow let pass
        raise pa.ArrowInvalid(str(error)) from error
    frame = frame.with_columns(
        pl.col(name).bin.encode("hex")
        for name, kind in frame.schema.items()
        if kind == pl.Binary
    )
    rows = np.arange(1, frame.height + 1, dtype=np.int64)
    return RawRows(file=str(file), frame=frame, rows=rows, failed=Issues())
