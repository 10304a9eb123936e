"""A table from outside, column by column: of the right type, or what is wrong with it.

Nothing is guessed: a time without a zone is not taken for UTC, a text is not read as a
number. Only what cannot be misread is converted: other widths of numbers, other units
of time, numbers that are whole though written as decimals, NaN for unknown.

>>> import pyarrow as pa
>>> columns = Columns(pa.table({"t": [1]}), "facts.parquet")
>>> columns.read(pa.field("t", pa.timestamp("us", tz="UTC"), nullable=False))
>>> print(columns.issues[0])
facts.parquet (t): error [value_invalid] column `t` is int64, not a time
    repair: write it as timestamp[us, tz=UTC]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.records import Issue, Where

__all__ = ["Columns", "Flags"]

Flags: TypeAlias = npt.NDArray[np.bool_]

SHOWN: Final = 5
"""So many rows of one fault are named."""

FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The calendar's first and last microsecond."""


class Columns:
    """The columns of a table as they are read, and every fault that was met.

    Args:
        table: as it was given.
        file: its name, for the user.
    """

    def __init__(self, table: pa.Table, file: str) -> None:
        self.table, self.file = table, file
        self.read_so_far: dict[str, pa.ChunkedArray] = {}
        self.issues: list[Issue] = []

    @property
    def ids(self) -> list[str | None]:
        """The ids of the rows, where they have any."""
        held = self.read_so_far.get("fact_id")
        return [] if held is None else held.to_pylist()

    def read(self, field: pa.Field) -> None:
        """Take a column in as the type that it must have, or say what is wrong."""
        if field.name not in self.table.column_names:
            if not field.nullable:
                self._missing(field)
            return
        column = self.table[field.name]
        read = _READERS[str(field.type)]
        found = read(self, field.name, column)
        if found is None:
            return
        if not field.nullable and found.null_count:
            self.fault(
                "value_missing",
                field.name,
                _flags(pc.is_null(found)),
                f"`{field.name}` is empty",
                f"every row needs its `{field.name}`",
            )
        self.read_so_far[field.name] = found

    def get(self, name: str) -> pa.ChunkedArray | None:
        """A column that was there and could be read."""
        return self.read_so_far.get(name)

    def fault(  # one argument for each part of an issue
        self,
        code: str,
        field: str,
        bad: Flags,
        what: str,
        repair: str,
        *,
        warning: bool = False,
    ) -> None:
        """One issue for all rows with one fault; nothing where no row has it."""
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        ids = self.ids
        named = [ids[row] for row in rows[:20]] if ids else []
        self.issues.append(
            Issue(
                code=code,
                where=Where(file=self.file, line=int(rows[0]) + 1, field=field),
                message=f"{what}{_of_rows(rows.tolist())}",
                repair=repair,
                evidence=tuple(name for name in named if name is not None),
                warning=warning,
            )
        )

    def unknown_columns(self, known: Sequence[str]) -> None:
        """Say which columns nobody reads."""
        from tocsin.agreement.names import nearest

        for name in self.table.column_names:
            if name in known:
                continue
            close = nearest(name, known)
            hint = f"; did you mean `{close}`?" if close else ""
            self.issues.append(
                Issue(
                    code="column_unknown",
                    where=Where(file=self.file, field=name),
                    message=f"column `{name}` is not read{hint}",
                    repair=f"rename it to `{close}`" if close else "leave it out",
                    warning=True,
                )
            )

    # --- by type ---------------------------------------------------------------------

    def text(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Texts."""
        of = column.type
        held = of.value_type if pa.types.is_dictionary(of) else of
        if _is_text(held) or pa.types.is_null(of):
            return column.cast(pa.string())
        return self._wrong(name, of, "a text", "string")

    def time(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Times with a zone, as microseconds UTC."""
        of = column.type
        if pa.types.is_null(of):
            return column.cast(_TIME)
        if not pa.types.is_timestamp(of):
            return self._wrong(name, of, "a time", "timestamp[us, tz=UTC]")
        if of.tz is None:
            self.issues.append(
                Issue(
                    code="time_without_zone",
                    where=Where(file=self.file, field=name),
                    message=f"column `{name}` is {of}: its times have no zone",
                    repair="convert them to UTC and write timestamp[us, tz=UTC]",
                )
            )
            return None
        return self._in_calendar(name, column)

    def real(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Numbers; NaN is unknown, except where it stands for a probability."""
        of = column.type
        if not (_is_number(of) or pa.types.is_null(of)):
            return self._wrong(name, of, "a number", "double")
        found = column.cast(pa.float64(), safe=False)
        if name not in {"p", "share"}:
            found = pc.if_else(pc.is_nan(found), pa.scalar(None, pa.float64()), found)
        bad = _flags(pc.is_inf(found))
        self.fault("value_invalid", name, bad, f"`{name}` is infinite", "correct it")
        return found

    def whole(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Whole numbers."""
        of = column.type
        if not (_is_number(of) or pa.types.is_null(of)):
            return self._wrong(name, of, "a whole number", "int64")
        if pa.types.is_floating(of):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, of), column)
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            values = column.cast(pa.float64(), safe=False)
            bad = _flags(pc.not_equal(pc.floor(values), values))
            bad |= _flags(pc.greater_equal(pc.abs(values), 2.0**63))
            said = f"`{name}` is not a whole number"
            self.fault("value_invalid", name, bad, said, "write it as int64")
            return None

    # --- faults ----------------------------------------------------------------------

    def _in_calendar(
        self, name: str, column: pa.ChunkedArray
    ) -> pa.ChunkedArray | None:
        fine = column.type.unit in {"us", "ns"}
        try:
            found = column.cast(_TIME, safe=not fine)
        except pa.ArrowInvalid:
            found = None
        far = found is None or self._is_far(found)
        if not far:
            return found
        self.issues.append(
            Issue(
                code="time_invalid",
                where=Where(file=self.file, field=name),
                message=f"column `{name}` holds times outside the years 1 to 9999",
                repair="correct them; leave an unknown time empty",
            )
        )
        return None

    def _is_far(self, times: pa.ChunkedArray) -> bool:
        ends = pc.min_max(times.cast(pa.int64()))
        low, high = ends["min"].as_py(), ends["max"].as_py()
        return low is not None and (low < FIRST or high > LAST)

    def _wrong(
        self, name: str, of: pa.DataType, what: str, repair: str
    ) -> pa.ChunkedArray | None:
        self.issues.append(
            Issue(
                code="value_invalid",
                where=Where(file=self.file, field=name),
                message=f"column `{name}` is {of}, not {what}",
                repair=f"write it as {repair}",
            )
        )
        return None

    def _missing(self, field: pa.Field) -> None:
        self.issues.append(
            Issue(
                code="column_missing",
                where=Where(file=self.file, field=field.name),
                message=f"column `{field.name}` is missing"
                f"; there are {', '.join(self.table.column_names) or 'none'}",
                repair=f"add `{field.name}` ({field.type})",
            )
        )


_TIME: Final = pa.timestamp("us", tz="UTC")
_READERS: Final[dict[str, Any]] = {
    "string": Columns.text,
    "timestamp[us, tz=UTC]": Columns.time,
    "double": Columns.real,
    "int64": Columns.whole,
}


def _is_text(of: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(of)
        or pa.types.is_large_string(of)
        or pa.types.is_string_view(of)
    )


def _is_number(of: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of)
    )


def _flags(mask: Any) -> Flags:
    """A mask as booleans; what is unknown is False."""
    filled = pc.fill_null(mask, fill_value=False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _of_rows(rows: list[int]) -> str:
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN])
    if len(rows) == 1:
        return f" (row {shown})"
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f" in {len(rows)} rows ({shown}{more})"
