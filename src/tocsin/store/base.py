"""What any store must do: keep tables and records, and let a reader ask for them.

A :class:`Writer` collects everything of one run and commits it as one; until then a
reader sees what was there before, afterwards all of the new, never half. A
:class:`View` is what reports and pages may ask. The contract suite in
``tests/store/contract.py`` runs against every store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec
import pyarrow as pa

__all__ = ["RECORD_KINDS", "TABLES", "Store", "View", "Writer"]

TABLES = (
    "observations",
    "register",
    "coverage",
    "incidents",
    "members",
    "attribution",
    "facts",
    "verdicts",
)
"""Tables that a run keeps, in the order in which the stages make them."""

RECORD_KINDS = ("issues", "sources", "findings", "guarantees", "notices", "agreement")
"""Records that a run keeps."""

R = TypeVar("R", bound=msgspec.Struct)


class Writer(Protocol):
    """Collects one run; nothing is visible before :meth:`commit`."""

    def put_table(self, name: str, table: pa.Table) -> None:
        """Keep a table under one of :data:`TABLES`."""

    def put_records(self, kind: str, records: Sequence[msgspec.Struct]) -> None:
        """Keep records of one of :data:`RECORD_KINDS`."""

    def commit(self, summary: Mapping[str, Any]) -> None:
        """Make everything visible at once, with the run's summary."""


class View(Protocol):
    """What a reader may ask of one committed run."""

    def summary(self) -> dict[str, Any]:
        """The run's summary (see docs/reference/commands.md)."""

    def table(self, name: str, *, known_by: datetime | None = None) -> pa.Table:
        """A table; with ``known_by`` only rows that were known then."""

    def records(self, kind: str, of: type[R]) -> tuple[R, ...]:
        """Records of one kind, validated as they are read."""


class Store(Protocol):
    """A place that keeps runs."""

    def writer(self) -> Writer:
        """A new, empty writer."""

    def view(self) -> View:
        """The last committed run."""
