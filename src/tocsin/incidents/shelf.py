"""Reports kept one by one, and put together again as :class:`Reports`.

Every field of a report stands in a column that grows; a number is its place in all of
them. What is taken out comes in canonical order (by begin, then id), as
:func:`tocsin.incidents.reports.read_reports` would give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from tocsin.incidents.reports import Reports

__all__ = ["Shelf"]

TEXTS = ("ids", "derived_from")
WHOLE = ("origin", "sources")


class Shelf:
    """Reports by number and by id."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.number: dict[str, int] = {}
        self.ids: list[str] = []
        self.derived_from: list[str | None] = []
        self._sources: dict[str, int] = {}
        self._columns: dict[str, Any] = {}
        self._keys: list[tuple[int, str]] = []

    def put(self, reports: Reports) -> list[int]:
        """Take reports in and give their numbers; an id that is there is replaced."""
        first = len(self.ids)
        for name, values in _columns(reports):
            if name == "source":
                values = self._renumbered(reports)
            self._append(name, values, first)
        ids = reports.ids.to_list()
        self.ids += ids
        self.derived_from += reports.derived_from.to_list()
        begin = np.round((reports.t - reports.half) * 1e6).astype(np.int64).tolist()
        self._keys += zip(begin, ids, strict=True)
        numbers = list(range(first, first + len(ids)))
        self.number.update(zip(ids, numbers, strict=True))
        return numbers

    def drop(self, observation_id: str) -> None:
        """Forget an id; its number is not used again."""
        del self.number[observation_id]

    def take(self, numbers: Iterable[int]) -> Reports:
        """These reports, in canonical order."""
        order = sorted(numbers, key=self._keys.__getitem__)
        at = np.array(order, dtype=np.int64)
        columns = {name: values[at] for name, values in self._columns.items()}
        return Reports(
            ids=pl.Series("observation_id", [self.ids[k] for k in order], pl.String),
            derived_from=pl.Series(
                "derived_from", [self.derived_from[k] for k in order], pl.String
            ),
            origin=self.origin,
            sources=tuple(self._sources),
            **columns,
        )

    def roles(self, numbers: list[int]) -> set[int]:
        """The roles of these reports."""
        return set(self._columns["role"][numbers].tolist())

    def _renumbered(self, reports: Reports) -> Any:
        names = [
            self._sources.setdefault(name, len(self._sources))
            for name in reports.sources
        ]
        return np.array(names or [0], dtype=np.int64)[reports.source]

    def _append(self, name: str, values: Any, first: int) -> None:
        column = self._columns.get(name)
        need = first + len(values)
        if column is None or need > len(column):
            room = (max(64, 2 * need), *values.shape[1:])
            grown = np.zeros(room, dtype=values.dtype)
            if column is not None:
                grown[:first] = column[:first]
            self._columns[name] = column = grown
        column[first:need] = values


def _columns(reports: Reports) -> Iterator[tuple[str, Any]]:
    for name in reports.__struct_fields__:
        if name not in TEXTS and name not in WHOLE:
            yield name, getattr(reports, name)
