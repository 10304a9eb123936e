"""What a report asks of a committed run; a store answers it.

Everything is values: tables of :mod:`tocsin.model.tables` and records of
:mod:`tocsin.model.records`. A view that was opened *as known at* an instant answers
with what was known then.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

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

__all__ = ["AgreementText", "Article", "TableName", "View"]

TableName = Literal[
    "observations",
    "incidents",
    "members",
    "facts",
    "coverage",
    "register",
]


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """One clause, as a reader of the treaty knows it.

    Attributes:
        sentence: the treaty sentence, in prose.
        standard: the probability at which a breach is said, or None: not stated.
        standard_name: the word for it, or None.
    """

    number: str
    title: str
    sentence: str
    file: str
    line: int
    standard: float | None = None
    standard_name: str | None = None


class AgreementText(msgspec.Struct, frozen=True, kw_only=True):
    """The agreement as far as a report shows it; `View.agreement` gives it as a dict.

    Attributes:
        areas: a GeoJSON FeatureCollection as in ``areas.geojson``: properties
            ``name``, ``kind``, ``publisher`` and perhaps ``variants``; a geometry may
            be null.
    """

    title: str
    parties: tuple[str, ...]
    articles: tuple[Article, ...]
    areas: dict[str, Any]


class View(Protocol):
    """What a report may ask of one run."""

    @property
    def origin(self) -> Origin:
        """Observed, exercise or imagined."""

    def summary(self) -> dict[str, Any]:
        """The run's summary.

        The report reads, where they are there: ``as_known_at`` (RFC 3339 text) and
        ``sources`` (source id -> ``rows_read`` and ``refused``).
        """

    def table(self, name: TableName) -> pa.Table:
        """A table of the run."""

    def findings(self) -> tuple[Finding, ...]:
        """All findings of the run."""

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Guarantees; several versions of one, if kept, differ in ``since``."""

    def notices(self) -> tuple[Notice, ...]:
        """Who was to be told what, and when."""

    def issues(self) -> tuple[Issue, ...]:
        """Faults of the world that the run met."""

    def sources(self) -> tuple[SourceDescription, ...]:
        """Descriptions of the sources that the run read."""

    def agreement(self) -> dict[str, Any]:
        """The agreement, with the fields of :class:`AgreementText`."""
