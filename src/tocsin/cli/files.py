"""Files that a command reads and writes, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from tocsin.errors import InputRefused, WrongUse

__all__ = ["parquet_bytes", "put", "table_given", "table_in"]


def put(path: Path, data: bytes) -> None:
    """Write a file whole and name it; `-` is standard output."""
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    from tocsin.store import write_durably

    write_durably(path, data)
    typer.echo(str(path))


def table_in(file: Path) -> Any:
    """A Parquet table; a file that is none is a fault of the input."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(file)
    except pa.ArrowException as error:
        raise WrongUse(f"{file} is no Parquet table: {error}") from None


def table_given(file: Path) -> Any:
    """A Parquet table from outside.

    Raises:
        InputRefused: there is no such file, it is empty, or it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputRefused([_unreadable(file, error)]) from None


def _unreadable(file: Path, error: Exception) -> Any:
    from tocsin.model import Issue, Where

    if not file.is_file():
        code, said = "file_missing", "there is no such file"
    elif not file.stat().st_size:
        code, said = "file_empty", "the file is empty"
    else:
        first = (str(error).splitlines() or [""])[0]
        code, said = "file_damaged", f"no whole Parquet file: {first}"
    return Issue(
        code=code,
        where=Where(file=str(file)),
        message=said,
        repair="give the path of a Parquet file that was written to its end",
    )


def parquet_bytes(table: Any) -> bytes:
    """A table as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(table, out)
    return bytes(out.getvalue().to_pybytes())
