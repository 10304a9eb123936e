"""What Tocsin knows of a source before it reads a row: who owns it, how it knows.

A description is a TOML file beside the connectors; see ``docs/reference/sources.md``.
Two sources are independent only if both their owner and their way of knowing differ.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tocsin.model.records import Record, Share
from tocsin.model.vocabulary import Marking, Origin, Platform, SourceReliability

__all__ = ["CoverageOf", "Download", "Expected", "SourceDescription"]

Seconds = Annotated[float, Meta(ge=0, description="seconds")]


class Expected(Record, frozen=True, kw_only=True):
    """What a known edition of the source holds, so that a silent change fails loudly.

    Attributes:
        rows: rows of the whole file, or None: not fixed.
        sums: column -> sum over the whole file.
        file_sha256: the edition for which the figures hold; None: for every edition.
    """

    rows: int | None = None
    sums: dict[str, float] = {}
    file_sha256: str | None = None


class Download(Record, frozen=True, kw_only=True):
    """A file of the source that anybody may fetch; ``tocsin get`` does.

    Attributes:
        url: where it lies; ``https``, or ``http`` where there is nothing else.
        name: what it is called here, so that the description can read it.
        bytes: how long it is, or None: it changes.
        sha256: what it holds, or None: it changes.
    """

    url: str
    name: str
    bytes: Annotated[int, Meta(ge=0)] | None = None
    sha256: str | None = None


class CoverageOf(Record, frozen=True, kw_only=True):
    """What the source could have seen, as far as it says.

    Attributes:
        area: in words.
        first: first day covered, or None: unknown.
        last: last day covered, or None: goes on.
        share: share of the area watched, or None: not stated.
        missing: known gaps, as pairs of first and last day.
        per_row: True where each row itself says which period and sector it covers.
    """

    area: str
    first: date | None = None
    last: date | None = None
    share: Share | None = None
    missing: tuple[tuple[date, date], ...] = ()
    per_row: bool = False


class SourceDescription(Record, frozen=True, kw_only=True):
    """One source, described as data.

    Attributes:
        id: as given to ``--source ID=FILE``.
        connector: which way in reads it: ``tables`` or a connector of its own.
        owner: who collects; two sources of one owner are never independent.
        way_of_knowing: e.g. patrols and cameras, press monitoring, satellite.
        gives: what a row is: observations, coverage, acts on record or named places.
        downloads: its files that anybody may fetch; empty where there are none.
        row_is_event: True where the source itself tells its events apart: two of its
            rows are never put together as one.
        table: the column mapping for the connector (see docs/reference/sources.md).
    """

    id: str
    title: str
    connector: str = "tables"
    gives: Literal["observations", "coverage", "register", "places"] = "observations"
    publisher: str
    owner: str
    way_of_knowing: str
    licence: str
    redistribute: bool = False
    url: str = ""
    origin: Origin = Origin.OBSERVED
    platform: Platform | None = None
    reliability: SourceReliability | None = None
    marking: Marking = Marking.AMBER
    cadence: str = ""
    coverage: CoverageOf
    expected: Expected = Expected()
    downloads: tuple[Download, ...] = ()
    faults: tuple[str, ...] = ()
    mission_sensor: bool = False
    row_is_event: bool = False
    sigma_m: Annotated[float, Meta(gt=0)] | None = None
    t_sigma_s: Seconds | None = None
    table: dict[str, Any] = msgspec.field(default_factory=dict)
