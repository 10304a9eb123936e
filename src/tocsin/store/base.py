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

from tocsin.model import (
    Finding,
    Guarantee,
    Issue,
    Notice,
    Origin,
    SourceDescription,
)

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

R = TypeVar("R")


class Writer(Protocol):
    """Collects one run; nothing is visible before :meth:`commit`."""

    def put_table(self, name: str, table: pa.Table) -> None:
        """Keep a table under one of :data:`TABLES`."""

    def put_records(
        self, kind: str, records: Sequence[msgspec.Struct | Mapping[str, Any]]
    ) -> None:
        """Keep records of one of :data:`RECORD_KINDS`."""

    def commit(self, summary: Mapping[str, Any]) -> None:
        """Make everything visible at once, with the run's summary."""


class View(Protocol):
    """What a reader may ask of one committed run."""

    @property
    def origin(self) -> Origin:
        """Observed, exercise or imagined: every record of the run is of this origin."""

    def summary(self) -> dict[str, Any]:
        """The run's summary (see docs/reference/commands.md)."""

    def table(self, name: str, *, known_by: datetime | None = None) -> pa.Table:
        """A table; with ``known_by`` only rows that were known then."""

    def records(self, kind: str, of: type[R]) -> tuple[R, ...]:
        """Records of one kind, validated as they are read."""

    def findings(self) -> tuple[Finding, ...]:
        """What each clause says of each party."""

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Every promise and how far it has come."""

    def notices(self) -> tuple[Notice, ...]:
        """Who is to be told what."""

    def issues(self) -> tuple[Issue, ...]:
        """Every fault of the world that the run met."""

    def sources(self) -> tuple[SourceDescription, ...]:
        """Descriptions of the sources that were read."""

    def agreement(self) -> dict[str, Any]:
        """The agreement, as reports show it."""


class Store(Protocol):
    """A place that keeps runs."""

    def writer(self) -> Writer:
        """A new, empty writer."""

    def view(self) -> View:
        """The last committed run."""
