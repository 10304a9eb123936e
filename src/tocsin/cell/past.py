"""Corridors of the past, as a source of claims lists them, replayed to a day.

Outcomes stay apart and no rate of success is given: an outcome that nobody reported is
unknown, and unknown is no failure. What each side said stands in its own words under
the place from which it is dated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from textwrap import shorten
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from tocsin.connectors.registry import read_source
from tocsin.coordination.corridors import (
    OUTCOMES,
    Corridor,
    CorridorTally,
    addresses,
    outcome_of,
    statements,
    tally,
)
from tocsin.errors import WrongUse
from tocsin.model.records import Record

__all__ = ["Replay", "corridors", "replay", "replay_lines"]

SHORT: Final = 240


class Replay(Record, frozen=True, kw_only=True):
    """Corridors up to a day, with the source that claims them.

    Attributes:
        licence: what may be done with the rows; they stay with who holds them.
        faults: what is known to be wrong with the source.
    """

    source: str
    publisher: str
    licence: str
    faults: tuple[str, ...]
    tally: CorridorTally
    corridors: tuple[Corridor, ...]


def corridors(file: Path, *, source_id: str = "corridors-2022") -> tuple[Corridor, ...]:
    """The corridors that a source of claims lists, each with both sides' statements.

    Raises:
        SourceUnusable: nothing of the file can be taken in.
    """
    return replay(file, source_id=source_id).corridors


def replay(
    file: Path,
    *,
    source_id: str = "corridors-2022",
    last: date | None = None,
    zone: str = "Europe/Kyiv",
) -> Replay:
    """The corridors of a source and what became of them.

    Args:
        file: of the source.
        source_id: of its description.
        last: only corridors of this day or before; None: all.
        zone: whose calendar the days of the source follow.

    Raises:
        SourceUnusable: nothing of the file can be taken in.
    """
    reading = read_source(source_id, file)
    rows = [] if reading.observations is None else reading.observations.to_pylist()
    about = reading.source
    known = tuple(_corridor(row, ZoneInfo(zone)) for row in rows)
    kept = tuple(one for one in known if last is None or _day(one) <= last)
    return Replay(
        source=about.title,
        publisher=about.publisher,
        licence=about.licence,
        faults=about.faults,
        tally=tally(kept),
        corridors=kept,
    )


def replay_lines(
    found: Replay, *, outcomes: Collection[str] = ("disputed", "disrupted")
) -> Iterator[str]:
    """The tally, then each corridor of these outcomes with what each side said.

    Raises:
        WrongUse: an outcome that is none of those that are kept apart.
    """
    for name in outcomes:
        if name not in OUTCOMES:
            raise WrongUse(f"--outcome {name}: give one of {', '.join(OUTCOMES)}")
    yield f"{found.source} ({found.publisher}; {found.licence})"
    yield from _tally_lines(found.tally)
    for one in found.corridors:
        if outcome_of(one) in outcomes:
            yield from _corridor_lines(one)


def _tally_lines(counts: CorridorTally) -> Iterator[str]:
    yield ", ".join(f"{n} {name}" for name, n in counts.outcomes.items())
    for who, by_outcome in counts.by_proposal.items():
        told = ", ".join(f"{n} {name}" for name, n in by_outcome.items() if n)
        yield f"  {_who(who)}: {told or 'none'}"
    yield (
        f"{counts.both_sides} with statements dated from more than one place,"
        f" {counts.one_sided} from one place only"
    )


def _who(name: str) -> str:
    if name in {"agreed", "not stated"}:
        return name
    return f"proposed by {name.replace('_', ' ')}"


def _corridor_lines(one: Corridor) -> Iterator[str]:
    way = " to ".join(place for place in (one.start, one.end) if place)
    who = "agreed" if one.agreed else _who(one.proposed_by or "not stated")
    yield f"{_day(one)} {way or 'place not stated'}: {outcome_of(one)}, {who}"
    for said in one.statements:
        place = said.dated_from or "not dated from a place"
        yield f"    [{place}] {shorten(said.text, SHORT, placeholder=' ...')}"


def _day(one: Corridor) -> date:
    return one.day or one.on.date()


def _corridor(row: dict[str, Any], zone: ZoneInfo) -> Corridor:
    said = msgspec.json.decode(row["detail"] or "{}")
    words = said.get("statements") or ""
    links = [link.strip() for link in (said.get("link") or "").split(";")]
    named = [link for link in links if link.startswith("http")]
    return Corridor(
        corridor_id=row["observation_id"],
        on=row["t_start"],
        day=row["t_start"].astimezone(zone).date(),
        start=said.get("from") or row["place_name"] or "",
        end=said.get("to") or "",
        proposed_by=row["claimed_by"] or "",
        agreed=said.get("proposal") == "Agreed",
        outcome=said.get("outcome") or "unknown",
        statements=statements(words),
        links=tuple(dict.fromkeys([*named, *addresses(words)])),
    )
