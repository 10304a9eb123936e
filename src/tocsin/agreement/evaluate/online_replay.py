"""Facts put to a monitor in the order in which they came in: what was said when.

The verdicts are those of every engine. Beside each stands how often it was said (its
``revision``) and since when it is said so (``known_at``): the later of its instant and
the arrival of what made it so. What was said in between, and is no more, is in
``changes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate.history import Ints
from tocsin.agreement.evaluate.online import Monitor
from tocsin.agreement.evaluate.online_changes import CHANGES
from tocsin.agreement.terms import Agreement
from tocsin.model.places import Areas
from tocsin.model.tables import COVERAGE, FACTS, TIME, VERDICTS, conform
from tocsin.model.times import from_seconds, seconds

__all__ = ["Progress", "Replayed", "replay"]

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done, 0 to 1."""

KEY: Final = ["clause", "party", "sector", "subject", "t", "due", "which"]
MICROSECONDS: Final = 1_000_000
EARLIEST: Final = -62_135_596_800


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What was said.

    Attributes:
        verdicts: what stands in the end: a VERDICTS table.
        changes: all that was ever said, in the order in which it came to be said.
    """

    verdicts: pa.Table
    changes: pa.Table


def replay(  # noqa: PLR0913  # as for evaluate
    agreement: Agreement,
    facts: pa.Table,
    *,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
    start: datetime,
    until: datetime,
    as_known_at: datetime | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Replayed:
    """Verdicts with their revisions; arguments as for ``evaluate``.

    A fact of which nobody recorded when it arrived is taken as known when it happened;
    coverage, as known from the beginning.
    """
    monitor = Monitor(agreement, areas=areas, start=start, seed=seed)
    table, watched = conform(facts, FACTS, what="facts"), None
    if coverage is not None:
        watched = conform(coverage, COVERAGE, what="coverage")
    arrivals = _Arrivals(table, watched, as_known_at)
    told = _told(monitor, arrivals, seconds(until), progress or _silent)
    changes = pa.concat_tables([CHANGES.empty_table(), *told])
    return Replayed(verdicts=_standing(monitor, changes), changes=changes)


class _Arrivals:
    """Facts and coverage by the second in which they arrived."""

    def __init__(
        self, facts: pa.Table, coverage: pa.Table | None, known: datetime | None
    ) -> None:
        facts, at = _known(facts, "received_at", known, facts["t"])
        self.facts, self.at = _in_order(facts, at)
        if coverage is None:
            self.coverage, self.seen = None, np.empty(0, np.int64)
        else:
            never = pa.chunked_array([pa.nulls(coverage.num_rows, TIME)])
            coverage, seen = _known(coverage, "known_at", known, never)
            self.coverage, self.seen = _in_order(coverage, seen)

    @property
    def seconds(self) -> list[int]:
        """When something arrived, in order."""
        return [int(at) for at in np.union1d(self.at, self.seen)]

    def __iter__(self) -> Iterator[tuple[int, pa.Table, pa.Table | None]]:
        """Each second at which something arrived, with what did."""
        for at in self.seconds:
            watched = None
            if self.coverage is not None:
                watched = _between(self.coverage, self.seen, at)
            yield at, _between(self.facts, self.at, at), watched


def _between(table: pa.Table, at: Ints, second: int) -> pa.Table:
    first, stop = np.searchsorted(at, [second, second + 1])
    return table.slice(first, stop - first)


def _known(
    table: pa.Table, name: str, known: datetime | None, absent: pa.ChunkedArray
) -> tuple[pa.Table, pa.ChunkedArray]:
    """Rows that were known, and when each came to be; as in rule P4."""
    if known is not None:
        mask = pc.less_equal(table[name], pa.scalar(known, TIME))
        kept = pc.fill_null(mask, fill_value=False)
        table, absent = table.filter(kept), absent.filter(kept)
    return table, pc.coalesce(table[name], absent)


def _in_order(table: pa.Table, at: pa.ChunkedArray) -> tuple[pa.Table, Ints]:
    whole = pc.fill_null(at.cast(pa.int64()), EARLIEST * MICROSECONDS)
    second = np.asarray(whole.to_numpy(), dtype=np.int64) // MICROSECONDS
    order = np.argsort(second, kind="stable")
    return table.take(pa.array(order)), second[order]


def _silent(_what: str, _share: float) -> None:
    """Nobody looks."""


def _told(
    monitor: Monitor, arrivals: _Arrivals, until: int, progress: Progress
) -> Iterator[pa.Table]:
    """Changes, one table for each delivery that changes something."""
    before = start = seconds(monitor.now)
    many = len(arrivals.seconds)
    for done, (at, facts, coverage) in enumerate(arrivals, start=1):
        yield from _changed(monitor, before, min(max(at, start), until))
        now = min(max(at + 1, start), until)
        yield from _changed(monitor, at, now, facts=facts, coverage=coverage)
        before = at
        progress("facts as they came in", done / many)
    yield from _changed(monitor, before, until)


def _changed(
    monitor: Monitor, since: int, now: int, **given: Any
) -> Iterator[pa.Table]:
    """What is said differently, each row known at its instant or when it came in."""
    if not given and now == seconds(monitor.now):
        return
    changes = monitor.take(**given, now=from_seconds(now))
    if len(changes):
        table = changes.table
        known = pa.scalar(since * MICROSECONDS, pa.int64())
        at = pc.max_element_wise(table["t"].cast(pa.int64()), known).cast(TIME)
        place = CHANGES.get_field_index("known_at")
        yield table.set_column(place, CHANGES.field(place), at)


def _standing(monitor: Monitor, changes: pa.Table) -> pa.Table:
    """The rows that stand, each with the instant since which it is said so."""
    said = monitor.standing().drop_columns(["known_at"])
    last = pl.DataFrame(changes.select([*KEY, "known_at"]))
    last = last.unique(KEY, keep="last", maintain_order=True)
    rows = pl.DataFrame(said).join(
        last, on=KEY, how="left", nulls_equal=True, maintain_order="left"
    )
    return rows.select(VERDICTS.names).to_arrow().cast(VERDICTS)
