"""Phrases that several sections use, so that the same thing is said the same way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from tocsin.evidence import Sector
from tocsin.model import BOUNDS_FROM, Finding
from tocsin.report.classes import CLASSES, ShownClass
from tocsin.report.day import Day
from tocsin.report.document import Link
from tocsin.report.wording import (
    GAP,
    clock,
    counted,
    listed,
    number,
    probability,
    spoken,
    stamp,
)

__all__ = [
    "COVERAGE_LINK",
    "NONE",
    "attribution",
    "count_words",
    "hand_out",
    "named",
    "of_class",
    "party_of",
    "place_words",
    "sector_of",
    "sector_words",
    "when_words",
    "withheld_words",
]

NONE: Final = "–"
COVERAGE_LINK: Final = Link(to="table-coverage", label="coverage")
WHOLE_DEGREE: Final = 1.0
TENTH: Final = 0.1


def of_class(incidents: pl.DataFrame, shown: ShownClass) -> pl.DataFrame:
    """The incidents of one class."""
    return incidents.filter(pl.col("class") == shown.name)


def party_of(finding: Finding) -> str:
    """The party named, or that none is."""
    return named(finding.party) if finding.party else "party undetermined"


def named(party: str) -> str:
    """A party as people say it; in the rules its name is one word."""
    return party.replace("_", " ")


def sector_of(sector: str | None) -> str:
    """The sector, or that it is not known."""
    return sector or "sector not known"


def count_words(row: dict[str, Any]) -> str:
    """What the sources count, and how they mean it; both figures if they differ."""
    low, high = row["count_low"], row["count_high"]
    if low is None:
        return "uncountable" if "uncountable" in row["qualifiers"] else "not stated"
    figure = number(low) if low == high else f"{number(low)} to {number(high)}"
    meant = [spoken(word) for word in row["qualifiers"] if word != "exact"]
    return f"{listed(meant, last='or')} {figure}" if meant else figure


def place_words(row: dict[str, Any]) -> str:
    """The place on its grid with its doubt, as a sector, or by name only."""
    if row["lat"] is None or row["lon"] is None:
        return _sectors_or_name(row)
    grid = row["grid_deg"]
    digits = 0 if grid >= WHOLE_DEGREE else 1 if grid >= TENTH else 2
    km = max(1, round(row["sigma_m"] / 1000))
    north = f"{abs(row['lat']):.{digits}f}°{GAP}{'N' if row['lat'] >= 0 else 'S'}"
    east = f"{abs(row['lon']):.{digits}f}°{GAP}{'E' if row['lon'] >= 0 else 'W'}"
    return f"{north} {east} ±{GAP}{number(km)}{GAP}km"


def _sectors_or_name(row: dict[str, Any]) -> str:
    if row["shapes"]:
        return "; ".join(dict.fromkeys(sector_words(one) for one in row["shapes"]))
    names = row["place_names"]
    return f"{listed(names, last='or')}, by name only" if names else "no place"


def sector_words(shape: dict[str, Any]) -> str:
    """A part of a ring around an observer, in words, with its size; never where."""
    seen = Sector(
        shape["bearing_deg"],
        shape["width_deg"] or Sector.UNSTATED_DEG,
        shape["range_min_m"],
        shape["range_max_m"],
    )
    area = seen.area_km2
    size = "" if area is None else f" ({area:.1f}{GAP}km²)"
    return f"{seen.words()} of the observer{size}"


def attribution(row: dict[str, Any], parties: Iterable[str]) -> str:
    """How surely the incident is ascribed to each party, and the undetermined rest."""
    each = [
        f"{named(party)} {probability(row[f'p_{party}'])}"
        for party in parties
        if (row.get(f"p_{party}") or 0) > 0
    ]
    if row["p_undetermined"] > 0 or not each:
        each.append(f"undetermined {probability(row['p_undetermined'])}")
    return ", ".join(each)


def when_words(row: dict[str, Any]) -> str:
    """The hour at which it began; of what is known to a day only, the bounds."""
    if row["t_end"] - row["t_start"] < BOUNDS_FROM:
        return clock(row["t_start"])
    return f"between {stamp(row['t_start'])} and {stamp(row['t_end'])}"


def hand_out(day: Day) -> str:
    """'at release', or the end of the day where the release is not said."""
    return "at release" if day.released_at else "at the end of the day"


def withheld_words(held: pl.DataFrame, day: Day) -> str:
    """How many impacts are too young to be placed, by class; never where."""
    by_class = [
        counted(n, shown.one, shown.many)
        for shown in CLASSES
        if (n := of_class(held, shown).height)
    ]
    return (
        f"{listed(by_class)} that may show where fire landed"
        f" {'was' if held.height == 1 else 'were'} less than 24 hours old"
        f" {hand_out(day)}: counted here by class, withheld from every map and from"
        " every row that names a sector"
    )
