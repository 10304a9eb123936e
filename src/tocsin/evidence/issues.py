"""Issues by the ten thousand: kept in columns, said one by one only when asked.

A feed that repeats itself can hold as many faults as rows. :class:`Issues` is a
sequence of :class:`tocsin.model.Issue` that keeps rows and values in columns, makes
each record when it is looked at, and knows its exact counts without making any.

>>> faults = Faults("day.csv", np.arange(1, 4))
>>> faults.add(
...     Fault(code="value_invalid", field="count", message="`{value}` is no number"),
...     np.array([False, True, True]),
...     pl.Series(["1", "x", "y"]),
... )
>>> issues = faults.issues()
>>> issues.counts(), issues.refused, faults.refused.tolist()
({'value_invalid': 2}, 2, [False, True, True])
>>> print(issues[1])
day.csv:3 (count): error [value_invalid] `y` is no number
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Final, overload

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.model import Issue, Where

__all__ = ["SHOWN", "Fault", "Faults", "Issues"]

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SHOWN: Final = 120
"""Characters of an offending value that a message shows."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with many rows at once.

    Attributes:
        message: one sentence; ``{value}`` stands for the row's own value.
        repair: what would mend it, or a function of the value that says so.
        warning: True where the rows are kept.
    """

    code: str
    field: str | None
    message: str
    repair: str | Callable[[str], str] = ""
    warning: bool = False


class _Group(Sequence[Issue]):
    """The issues of one fault, one for each row."""

    def __init__(
        self,
        fault: Fault,
        place: tuple[str, Rows],
        values: pl.Series | None,
        *,
        also: Rows | None,
        refuses: bool,
    ) -> None:
        self.fault = fault
        self.file, self.rows = place
        self.values = values
        self.also = also
        self.refuses = refuses

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Issue: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Issue]: ...
    def __getitem__(self, at: int | slice) -> Issue | Sequence[Issue]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        fault, shown = self.fault, self._value(at)
        repair = fault.repair if isinstance(fault.repair, str) else fault.repair(shown)
        return Issue(
            code=fault.code,
            where=Where(file=self.file, line=int(self.rows[at]), field=fault.field),
            message=fault.message.replace("{value}", shown),
            repair=repair,
            also=self._also(at),
            refuses_row=self.refuses,
            warning=fault.warning,
        )

    def _value(self, at: int) -> str:
        if self.values is None:
            return ""
        text = " ".join(str(self.values[at]).split())
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    def _also(self, at: int) -> tuple[Where, ...]:
        if self.also is None:
            return ()
        return (Where(file=self.file, line=int(self.also[at])),)


class Issues(Sequence[Issue]):
    """Issues in the order in which they were found; records are made when asked for."""

    def __init__(self, parts: Iterable[Sequence[Issue]] = ()) -> None:
        flat = [
            part
            for whole in parts
            for part in (whole.parts if isinstance(whole, Issues) else (whole,))
        ]
        self.parts: tuple[Sequence[Issue], ...] = tuple(p for p in flat if len(p))
        self._ends = tuple(accumulate(len(part) for part in self.parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Issue]:
        for part in self.parts:
            yield from part

    @overload
    def __getitem__(self, at: int) -> Issue: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Issue]: ...
    def __getitem__(self, at: int | slice) -> Issue | Sequence[Issue]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        index = at + len(self) if at < 0 else at
        if not 0 <= index < len(self):
            raise IndexError(at)
        part = bisect_right(self._ends, index)
        return self.parts[part][index - (self._ends[part - 1] if part else 0)]

    def __add__(self, other: Sequence[Issue]) -> Issues:
        return Issues((self, other))

    def __radd__(self, other: Sequence[Issue]) -> Issues:
        return Issues((other, self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Issues({self.counts()})"

    def counts(self) -> dict[str, int]:
        """Exact number of issues by code, without making any of them."""
        total: Counter[str] = Counter()
        for part in self.parts:
            if isinstance(part, _Group):
                total[part.fault.code] += len(part)
            else:
                total.update(issue.code for issue in part)
        return dict(total)

    def first(self, number: int) -> dict[str, list[Issue]]:
        """The first few issues of each code, in the order of the codes."""
        found: dict[str, list[Issue]] = {}
        for part in self.parts:
            for code, theirs in _by_code(part, number):
                few = found.setdefault(code, [])
                few += theirs[: max(0, number - len(few))]
        return dict(sorted(found.items()))

    @property
    def refused(self) -> int:
        """How many of them stand in place of an input row."""
        return sum(
            len(part) * part.refuses
            if isinstance(part, _Group)
            else sum(issue.refuses_row for issue in part)
            for part in self.parts
        )


def _by_code(
    part: Sequence[Issue], number: int
) -> Iterator[tuple[str, Sequence[Issue]]]:
    """The first few of each code of a part; of a group only these are made."""
    if isinstance(part, _Group):
        yield part.fault.code, part[:number]
        return
    for issue in part:
        yield issue.code, (issue,)


class Faults:
    """Collects the faults of one file's rows; each bad row is refused exactly once.

    The first fault of a row refuses it. Further faults of the same row are told, too,
    but refuse nothing, so that rows read = rows kept + issues that refuse a row.
    """

    def __init__(self, file: str, rows: Rows) -> None:
        self.file = file
        self.rows = rows
        self.refused: Mask = np.zeros(len(rows), dtype=bool)
        self._groups: list[_Group] = []

    def add(
        self,
        fault: Fault,
        where: Any,
        values: pl.Series | None = None,
        *,
        also: Rows | None = None,
    ) -> None:
        """Say that these rows have this fault.

        Args:
            where: mask over all rows; null counts as False.
            values: what the message shows, over all rows.
            also: for each row another row that belongs to the fault, over all rows.
        """
        mask = _mask(where)
        if fault.warning:
            self._group(fault, mask, values, also, refuses=False)
            return
        self._group(fault, mask & ~self.refused, values, also, refuses=True)
        self._group(fault, mask & self.refused, values, also, refuses=False)
        self.refused |= mask

    def issues(self) -> Issues:
        """Everything that was found."""
        return Issues(self._groups)

    def _group(
        self,
        fault: Fault,
        mask: Mask,
        values: pl.Series | None,
        also: Rows | None,
        *,
        refuses: bool,
    ) -> None:
        at = np.flatnonzero(mask)
        if len(at):
            shown = None if values is None else values.gather(at)
            other = None if also is None else also[at]
            place = (self.file, self.rows[at])
            self._groups.append(
                _Group(fault, place, shown, also=other, refuses=refuses)
            )


def _mask(where: Any) -> Mask:
    if isinstance(where, pl.Series):
        return where.fill_null(value=False).to_numpy().astype(bool)
    return np.asarray(where, dtype=bool)
