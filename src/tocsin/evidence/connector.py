"""What every way in keeps to: a file and a description in, a :class:`Reading` out.

A connector reads a file into :class:`RawRows`: the rows as they stand, each with its
number, and an issue for each row that has no shape at all. Intake makes the rest. For
every reading, rows read = rows kept + issues that refuse a row; :meth:`Reading.adds_up`
says so and the tests hold every connector to it.

A connector raises :class:`tocsin.errors.SourceUnusable` where it cannot go on; then
nothing of the file is taken in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tocsin.errors import SourceUnusable
from tocsin.evidence.issues import Issues
from tocsin.model import Issue, SourceDescription, Where

__all__ = ["Connector", "RawRows", "Reading", "unusable"]


class RawRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one file as they stand, before anything is understood of them.

    Attributes:
        file: the file as the user named it.
        frame: one column for each of the file's; cells of a text file are text.
        rows: where each row of ``frame`` begins in the file, from 1: its line in a
            text, its number in a table.
        failed: one issue for each row that could not be told into cells.
        sha256: of the file, or None: not computed.
    """

    file: str
    frame: pl.DataFrame
    rows: npt.NDArray[np.int64]
    failed: Issues
    sha256: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one file of one source gave.

    Attributes:
        source: the source's description; ``origin`` is that of the rows.
        observations: OBSERVATIONS, or None where the source gives something else.
        coverage: COVERAGE, or None.
        register: REGISTER, or None.
        places: PLACES, or None; only a gazetteer gives them.
        rows_read: rows of the file, whole or broken.
        issues: a sequence of Issue that knows its counts (``issues.counts()``).
    """

    source: SourceDescription
    observations: pa.Table | None = None
    coverage: pa.Table | None = None
    register: pa.Table | None = None
    places: pa.Table | None = None
    rows_read: int
    issues: Issues = msgspec.field(default_factory=Issues)

    @property
    def kept(self) -> int:
        """Rows that became a row of one of the tables."""
        tables = (self.observations, self.coverage, self.register, self.places)
        return sum(table.num_rows for table in tables if table is not None)

    @property
    def adds_up(self) -> bool:
        """Whether rows read = rows kept + issues that refuse a row."""
        return self.rows_read == self.kept + self.issues.refused


class Connector(Protocol):
    """A module of :mod:`tocsin.connectors` that reads sources."""

    def read(self, file: Path, description: SourceDescription) -> Reading:
        """Read the file.

        Raises:
            SourceUnusable: nothing of the file can be taken in.
        """


def unusable(
    code: str, file: str, message: str, *, repair: str = "", field: str | None = None
) -> SourceUnusable:
    """The exception that says why nothing of a file can be taken in."""
    where = Where(file=file, field=field)
    return SourceUnusable(Issue(code=code, where=where, message=message, repair=repair))
