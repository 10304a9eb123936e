"""Files that a command reads and writes, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from tocsin.errors import WrongUse

__all__ = ["put", "table_in"]


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
