"""Comma-separated files and their kin -> raw rows, every cell as the text it is."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.csv

from tocsin.errors import SourceUnusable
from tocsin.evidence import Issues, Mapping, RawRows, unusable
from tocsin.model import Issue, Where

__all__ = ["read_delimited"]

DELIMITERS: Final = (",", ";", "\t", "|")
LONGEST_CELL: Final = 2**24

Lines = npt.NDArray[np.int64]

_EMPTY: Final = (b"\n", b"\r\n")
_EMPTY_LINES: Final = (b"", b"\r")

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(data: bytes, file: str, mapping: Mapping) -> RawRows:
    """The rows of a delimited file; the first line names the columns.

    Raises:
        SourceUnusable: the bytes are not of the encoding, a quote is never closed, or
            two columns have one name.
    """
    text = _utf8(data, file, mapping)
    head = text.lstrip(b"\r\n").partition(b"\n")[0].decode().rstrip("\r")
    delimiter = mapping.delimiter or _delimiter(head, mapping)
    broken: list[pa.csv.InvalidRow] = []
    table = _parse(text, head, delimiter, _keeper(broken))
    _check_head(table.column_names, file)
    lines = _lines(text, delimiter, table.num_rows + len(broken), file)
    frame = pl.DataFrame(pl.from_arrow(table))
    names = {name: name.strip() for name in frame.columns}
    at = [row.number - 2 for row in broken]  # counted from 1, the head line first
    failed = Issues(
        [[_broken(row, file, int(lines[row.number - 2])) for row in broken]]
    )
    rows = np.delete(lines, at)
    return RawRows(file=file, frame=frame.rename(names), rows=rows, failed=failed)


def _utf8(data: bytes, file: str, mapping: Mapping) -> bytes:
    encoding = mapping.encoding
    for mark, named in _MARKS:
        if data.startswith(mark):
            encoding = named
            data = data.removeprefix(mark) if named == "utf-8" else data
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error, file) from error
    except LookupError as error:
        message = f"`{encoding}` is no encoding"
        raise unusable(
            "description_invalid", file, message, field="encoding"
        ) from error
    if "\0" in decoded:
        message = "it holds zero bytes; it is no text file"
        raise unusable("file_damaged", file, message)
    return data if encoding == "utf-8" else decoded.encode()


def _undecodable(data: bytes, error: UnicodeDecodeError, file: str) -> SourceUnusable:
    line = data.count(b"\n", 0, error.start) + 1
    issue = Issue(
        code="file_damaged",
        where=Where(file=file, line=line),
        message=f"byte 0x{data[error.start]:02X} is not {error.encoding}",
        repair='if the file is from Windows, give `encoding = "cp1252"` in the [table]'
        " of its description",
    )
    return SourceUnusable(issue)


def _delimiter(head: str, mapping: Mapping) -> str:
    """The delimiter under which the head line names most of what is needed."""

    def fits(delimiter: str) -> tuple[int, int]:
        names = {name.strip(' "') for name in head.split(delimiter)}
        return len(names & set(mapping.needed)), len(names)

    return max(DELIMITERS, key=fits)


def _keeper(broken: list[pa.csv.InvalidRow]) -> Callable[[pa.csv.InvalidRow], str]:
    def keep(row: pa.csv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    return keep


def _parse(
    text: bytes, head: str, delimiter: str, keep: Callable[[pa.csv.InvalidRow], str]
) -> pa.Table:
    columns = pa.csv.read_csv(
        io.BytesIO(head.encode() + b"\n"),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter),
    ).column_names
    return pa.csv.read_csv(
        io.BytesIO(text),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=16 * 2**20),
        parse_options=pa.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
            null_values=[],
        ),
    )


def _check_head(names: list[str], file: str) -> None:
    stripped = [name.strip() for name in names]
    twice = sorted({name for name in stripped if stripped.count(name) > 1})
    if twice:
        message = f"two columns are called {', '.join(f'`{name}`' for name in twice)}"
        raise unusable("file_damaged", file, message, repair="rename one of them")


def _lines(text: bytes, delimiter: str, rows: int, file: str) -> Lines:
    """The line of the file on which each row begins, from 1; the head line is one.

    Only a file with empty lines, or with quotes whose lines are not its rows, has rows
    that do not follow each other line by line. The latter is read again by the letter
    of RFC 4180: a stray quote would swallow the rows up to the next one into one cell.
    """
    one_by_one = np.arange(2, rows + 2, dtype=np.int64)
    ends = rows + text.endswith(b"\n")
    if b'"' in text and text.count(b"\n") > ends:
        found = _lines_by_quotes(text, delimiter, file)
    elif text.startswith(_EMPTY) or b"\n\n" in text or b"\n\r\n" in text:
        found = [
            number
            for number, line in enumerate(text.split(b"\n"), start=1)
            if line not in _EMPTY_LINES
        ]
    else:
        return one_by_one
    told = np.array(found[1:], dtype=np.int64)
    return told if len(told) == rows else one_by_one


def _lines_by_quotes(text: bytes, delimiter: str, file: str) -> list[int]:
    """The line on which each row begins, by the rules of quoting.

    Raises:
        SourceUnusable: a quote is never closed, or closed where it should not be.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = io.StringIO(text.decode(), newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins, begin = [], 1
    try:
        for row in reader:
            if row:
                begins.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise SourceUnusable(
            Issue(
                code="file_damaged",
                where=Where(file=file, line=reader.line_num),
                message=f"a quote is opened and not closed as it should be: {error}",
                repair="close it, or double it where it belongs to the text",
            )
        ) from error
    return begins


def _broken(row: pa.csv.InvalidRow, file: str, line: int) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file=file, line=line),
        message=f"the row has {row.actual_columns} cells where the head line names"
        f" {row.expected_columns}: `{' '.join(row.text.split())[:120]}`",
        repair="quote cells that hold the delimiter",
        refuses_row=True,
    )
