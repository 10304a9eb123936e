"""Promised hours of crossings held against their clauses, by the monitor itself.

In: an agreement whose clauses forbid to shut a crossing, the board's hours with the
clause of each, closures, and who watched when. Out: per promised day what was seen, and
the verdict of the clause.

The language of agreements has no hours of a day. So a closing by the party that
promised becomes an act on record, the one that the clause forbids, only where it falls
within the promised hours; and a watch becomes coverage of the crossing's sector. Then
the pipeline runs as over any other evidence. Where fire, a mine, somebody else or
somebody unseen shut the crossing, nobody could have seen it open: that time counts as
unwatched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tocsin import pipeline
from tocsin.agreement import Agreement
from tocsin.agreement.terms import Forbid
from tocsin.cell.board import Opened
from tocsin.connectors.roads import read_closures, read_watches
from tocsin.coordination import Span
from tocsin.coordination.passage import (
    Passage,
    Watched,
    meant_for,
    passages,
    shut_by_promiser,
)
from tocsin.coordination.roads import Closure
from tocsin.errors import InputRefused, WrongUse
from tocsin.evidence import Issues
from tocsin.model import COVERAGE, OBSERVATIONS, REGISTER, Issue, Where, empty
from tocsin.model.contributions import Opening
from tocsin.model.records import Instant, Record

__all__ = ["PromisedDay", "PromisedHours", "hours", "hours_lines"]

SOURCE: Final = "cell-hours"
WORDS: Final[dict[str, Literal["kept", "broken", "undetermined"]]] = {
    "met": "kept",
    "breached": "broken",
}


class PromisedDay(Record, frozen=True, kw_only=True):
    """One promised opening: what was seen, and what the monitor says of its clause."""

    seen: Passage
    verdict: Literal["kept", "broken", "undetermined"]


class PromisedHours(Record, frozen=True, kw_only=True):
    """Every promised opening that lies in the time asked about.

    Attributes:
        days: in the order of the board's openings, then of days.
    """

    agreement: str
    origin: str
    since: Instant
    until: Instant
    days: tuple[PromisedDay, ...]


def hours(
    opened: Opened,
    *,
    closures_file: Path,
    watched_file: Path,
    start: datetime,
    until: datetime,
) -> PromisedHours:
    """What became of every promised opening between two instants.

    Args:
        opened: the board beside its agreement.
        closures_file: CSV of closures; ``by`` says who was seen to shut.
        watched_file: CSV of who watched which crossing when.
        start: the first instant.
        until: the instant after the last.

    Raises:
        InputRefused: a table has errors, or a clause cannot be checked so; all listed.
        WrongUse: there is no agreement, or no promised hours.
    """
    agreement = opened.agreement
    if agreement is None or not opened.board.openings:
        raise WrongUse("give an agreement, and a board with promised hours beside it")
    promises = _promises(opened, agreement)
    closures, watched = read_closures(closures_file), read_watches(watched_file)
    seen = [
        day
        for promise in promises
        for day in _seen(promise.hours, closures, watched, start, until)
    ]
    result = pipeline.run(
        agreement,
        _evidence(opened, promises, closures, watched, seen),
        areas=opened.areas,
        asked=pipeline.Question(start=start, until=until),
    )
    said = result.evaluation.verdicts
    return PromisedHours(
        agreement=agreement.title or agreement.name,
        origin=opened.board.origin.value,
        since=start,
        until=until,
        days=tuple(
            PromisedDay(seen=day, verdict=_verdict(said, day, promises)) for day in seen
        ),
    )


def hours_lines(found: PromisedHours) -> Iterator[str]:
    """One line for each crossing, then one for each day that was not kept."""
    yield f"{found.agreement}, {found.origin}"
    by_place: dict[str, list[PromisedDay]] = {}
    for day in found.days:
        by_place.setdefault(day.seen.place, []).append(day)
    for place, days in by_place.items():
        first = days[0].seen
        counts = ", ".join(
            f"{sum(d.verdict == word for d in days)} {word}"
            for word in ("kept", "broken", "undetermined")
        )
        yield f"{place} ({first.clause}, {first.party}): {counts} of {len(days)} days"
        yield from (_line(day) for day in days if day.verdict != "kept")


def _line(day: PromisedDay) -> str:
    one = day.seen
    return (
        f"  {one.since:%Y-%m-%d} {one.since:%H:%M}-{one.until:%H:%M} {day.verdict}:"
        f" {one.denied} min shut by {one.party}, {one.hindered} min shut otherwise,"
        f" {one.watched} of {one.promised} min watched"
    )


# --- clauses


class _Promise(Record, frozen=True, kw_only=True):
    """Promised hours with the act that their clause forbids and the sector it is in."""

    hours: Opening
    act: str
    sector: str


def _promises(opened: Opened, agreement: Agreement) -> list[_Promise]:
    made: list[_Promise] = []
    faults: list[Issue] = []
    for one in opened.board.openings:
        acts = _forbidden(agreement, one)
        area = opened.areas.named(one.place)
        if not acts:
            words = (
                f"{one.clause} forbids {one.party} nothing, so hours cannot break it"
            )
            faults.append(_fault(one, words, "name a clause that forbids to shut it"))
        elif area is None or area.kind != "sector":
            words = (
                f"`{one.place}` is no sector of the map, so nobody can watch it alone"
            )
            faults.append(_fault(one, words, "add it to areas.geojson as a sector"))
        else:
            made.append(_Promise(hours=one, act=acts[0], sector=area.name))
    if faults:
        raise InputRefused(faults)
    return made


def _forbidden(agreement: Agreement, hours_: Opening) -> list[str]:
    number = hours_.clause.removeprefix("Article ")
    return [
        rule.deed.act
        for article in agreement.find(number)
        for rule in article.rules
        if isinstance(rule, Forbid)
        and (rule.who.quantifier is not None or hours_.party in rule.who.names)
    ]


def _fault(one: Opening, words: str, repair: str) -> Issue:
    where = Where(file=f"opening {one.place}")
    return Issue(code="not_evaluated", where=where, message=words, repair=repair)


# --- evidence


def _seen(
    one: Opening,
    closures: Sequence[Closure],
    watched: Sequence[Watched],
    start: datetime,
    until: datetime,
) -> tuple[Passage, ...]:
    spans = [
        Span(since=w.since, until=w.until) for w in watched if w.place == one.place
    ]
    return passages(one, closures, spans, start=start, until=until)


def _evidence(
    opened: Opened,
    promises: Sequence[_Promise],
    closures: Sequence[Closure],
    watched: Sequence[Watched],
    days: Sequence[Passage],
) -> pipeline.Evidence:
    origin = opened.board.origin
    acts, coverage = [], []
    for promise in promises:
        mine = [c for c in closures if _stops(c, promise.hours)]
        meant = [d for d in days if d.place == promise.hours.place]
        acts += list(_acts(promise, mine, meant, origin.value))
        coverage += list(_coverage(promise, mine, watched, origin.value))
    return pipeline.Evidence(
        origin=origin,
        sources=(),
        observations=empty(OBSERVATIONS),
        register=pa.Table.from_pylist(acts, schema=REGISTER),
        coverage=pa.Table.from_pylist(coverage, schema=COVERAGE),
        issues=Issues(),
        rows_read={},
        rows_refused={},
        taken_in=0,
    )


def _stops(closure: Closure, one: Opening) -> bool:
    return closure.place == one.place and meant_for(closure, one)


def _acts(
    promise: _Promise, closures: Iterable[Closure], days: Sequence[Passage], origin: str
) -> Iterator[dict[str, Any]]:
    """Each closing by the promiser in each promised opening, at its first instant."""
    one = promise.hours
    for number, closure in enumerate(closures, start=1):
        if not shut_by_promiser(closure, one):
            continue
        for day in days:
            begin = max(closure.since or day.since, day.since)
            end = min(closure.until or day.until, day.until)
            if begin < end:
                ref = f"{one.place}#{number}/{day.since:%Y%m%d}"
                yield {
                    "act": promise.act,
                    "origin": origin,
                    "source_id": SOURCE,
                    "party": one.party,
                    "sector": promise.sector,
                    "subject": one.place,
                    "t": begin,
                    "raw_sha256": hashlib.sha256(ref.encode()).hexdigest(),
                    "raw_ref": ref,
                }


def _coverage(
    promise: _Promise,
    closures: Sequence[Closure],
    watched: Iterable[Watched],
    origin: str,
) -> Iterator[dict[str, Any]]:
    """Watches without the times in which something else shut the crossing."""
    blind = [c for c in closures if not shut_by_promiser(c, promise.hours)]
    for watch in watched:
        if watch.place != promise.hours.place:
            continue
        for since, until in _without(watch, blind):
            yield {
                "sector": promise.sector,
                "kind": promise.act,
                "t_start": since,
                "t_end": until,
                "share": 1.0,
                "source_id": watch.source or SOURCE,
                "origin": origin,
            }


def _without(
    watch: Watched, blind: Iterable[Closure]
) -> Iterator[tuple[datetime, datetime]]:
    since = watch.since
    cuts = [(c.since or watch.since, c.until or watch.until) for c in blind]
    for begin, end in sorted(cuts):
        if begin > since:
            yield since, min(begin, watch.until)
        since = max(since, end)
        if since >= watch.until:
            return
    yield since, watch.until


# --- what the monitor says


def _verdict(
    said: pa.Table, day: Passage, promises: Sequence[_Promise]
) -> Literal["kept", "broken", "undetermined"]:
    """Broken where any row of the time is; kept where all of it is; else neither."""
    sector = next(p.sector for p in promises if p.hours.place == day.place)
    mine = said.filter(
        pc.and_(
            pc.equal(said["clause"], day.clause),
            pc.and_(
                pc.equal(said["party"], day.party), pc.equal(said["sector"], sector)
            ),
        )
    )
    rows = sorted(zip(mine["t"].to_pylist(), mine["verdict"].to_pylist(), strict=True))
    held = [v for t, v in rows if t <= day.since][-1:]
    held += [v for t, v in rows if day.since < t < day.until]
    found = {WORDS.get(v, "undetermined") for v in held} or {"undetermined"}
    if "broken" in found:
        return "broken"
    return "kept" if found == {"kept"} else "undetermined"
