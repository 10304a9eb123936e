"""Tables as files (CSV, GeoJSON, Parquet) through the mapping of a description."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import polars as pl

from tocsin.connectors.tables.files import read_rows
from tocsin.evidence import Reading, read_mapping, take_in, unusable
from tocsin.model import SourceDescription

__all__ = ["read", "read_rows"]


def read(file: Path, description: SourceDescription) -> Reading:
    """Read a table.

    Raises:
        SourceUnusable: the file cannot be read, or the description does not fit it.
    """
    mapping = read_mapping(description.id, description.table, gives=description.gives)
    raw = read_rows(file, mapping)
    if description.expected.file_sha256 is not None:
        raw = msgspec.structs.replace(raw, sha256=_digest(file))
    try:
        return take_in(raw, description)
    except pl.exceptions.PanicException as panic:  # a type that no table has
        message = f"a column is of a kind that cannot be read: {panic}"
        raise unusable("file_damaged", str(file), message) from panic


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
