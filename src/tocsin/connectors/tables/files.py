"""Files of rows, told apart and opened: nothing is half-read in silence.

A folder, an empty or unreadable file, a Parquet file or archive that is cut short,
bytes that are not of the encoding, a quote that is never closed and a line of more than
:data:`LONGEST_LINE` bytes all end the reading of the file with a clear message, in
bounded memory. A row with too many or too few cells is an issue; the rest is read.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from tocsin.connectors.tables.delimited import read_delimited
from tocsin.connectors.tables.geojson import read_geojson
from tocsin.connectors.tables.jsonl import read_jsonl
from tocsin.connectors.tables.parquet import read_parquet
from tocsin.errors import SourceUnusable
from tocsin.evidence import Mapping, RawRows, unusable

__all__ = ["LARGEST_FILE", "LONGEST_LINE", "read_rows"]

Format = Literal["csv", "geojson", "jsonl", "parquet"]

LONGEST_LINE: Final = 4 * 2**20
"""Bytes in one line of a delimited file; longer, and it is no table of observations."""

LARGEST_FILE: Final[dict[str, int]] = {
    "csv": 2 * 2**30,
    "geojson": 256 * 2**20,
    "jsonl": 256 * 2**20,
}
"""Bytes of a text file, unpacked; Parquet is read in place and has no such limit."""

_BLOCK: Final = 2**20
_SUFFIXES: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "geojson",
    ".geojson": "geojson",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_READERS: Final[dict[str, Callable[[bytes, str, Mapping], RawRows]]] = {
    "csv": read_delimited,
    "geojson": read_geojson,
    "jsonl": read_jsonl,
}


def read_rows(file: Path, mapping: Mapping) -> RawRows:
    """The rows of a file as they stand.

    Raises:
        SourceUnusable: nothing of the file can be taken in.
    """
    name = str(file)
    form = _format(file, mapping)
    try:
        _check_there(file)
        if form == "parquet":
            return read_parquet(file)
        return _READERS[form](_text(file, form), name, mapping)
    except OSError as error:
        if error.errno is None:  # Arrow's own: what it read does not hold together
            raise _not_whole(name, form, error) from error
        why = error.strerror or str(error)
        raise unusable("file_missing", name, f"it cannot be read: {why}") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _not_whole(name, form, error) from error


def _not_whole(name: str, form: Format, error: Exception) -> SourceUnusable:
    reason = str(error).partition("\n")[0]
    message = f"it is not whole or not a {form} file: {reason}"
    return unusable("file_damaged", name, message, repair="get it again")


def _format(file: Path, mapping: Mapping) -> Format:
    if mapping.format is not None:
        return mapping.format
    stem = file.with_suffix("") if file.suffix.casefold() == ".gz" else file
    form = _SUFFIXES.get(stem.suffix.casefold())
    if form is None:
        raise unusable(
            "file_damaged",
            str(file),
            f"its name does not say what it is; known are {', '.join(_SUFFIXES)}",
            repair='rename it, or give `format = "csv"` in a description\'s [table]',
        )
    return form


def _check_there(file: Path) -> None:
    if file.is_dir():
        message = "it is a folder, not a file"
        raise unusable("file_missing", str(file), message, repair="name the file in it")
    if not file.exists():
        raise unusable("file_missing", str(file), "there is no such file")
    if not file.stat().st_size:
        raise unusable("file_empty", str(file), "the file is empty")


def _text(file: Path, form: Format) -> bytes:
    """The bytes of a text file, unpacked, read block by block within bounds."""
    blocks = []
    size = line = 0
    for block in _blocks(file):
        size += len(block)
        line = _line_length(block, line)
        if form in {"csv", "jsonl"} and line > LONGEST_LINE:
            raise _too_long(file)
        if size > LARGEST_FILE[form]:
            raise _too_large(file, LARGEST_FILE[form])
        blocks.append(block)
    if not size:
        raise unusable("file_empty", str(file), "the file is empty")
    return b"".join(blocks)


def _line_length(block: bytes, before: int) -> int:
    """Length of the line that is open at the end of the block."""
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    return before + len(block) if last < 0 else len(block) - last - 1


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        stream = gzip.GzipFile(fileobj=plain) if packed else plain
        try:
            while block := stream.read(_BLOCK):
                yield block
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"the archive is cut short or damaged: {error}"
            raise unusable(
                "file_damaged", str(file), message, repair="get it again"
            ) from error


def _too_long(file: Path) -> Exception:
    return unusable(
        "file_damaged",
        str(file),
        f"a line is longer than {LONGEST_LINE // 2**20} MiB",
        repair="a table has one row a line; the line ends may have been lost",
    )


def _too_large(file: Path, limit: int) -> Exception:
    return unusable(
        "file_damaged",
        str(file),
        f"the file is larger than {limit // 2**20} MiB",
        repair="cut it into parts, or save it as Parquet",
    )
