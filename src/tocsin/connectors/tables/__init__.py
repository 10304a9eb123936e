"""Tables as files (CSV, GeoJSON, Parquet) through the mapping of a description."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from tocsin.connectors.tables.files import read_rows
from tocsin.evidence import Reading, read_mapping, take_in
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
    return take_in(raw, description)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
