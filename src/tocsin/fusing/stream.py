"""Live fusion over lines: observations come in, changes go out, both as JSON lines.

A line is an observation with the columns of OBSERVATIONS (times as RFC 3339), and
``op``: ``add`` (also where there is none), ``correct`` or ``withdraw`` (which needs the
``observation_id`` alone). What goes out is what the line changed.

What goes out may leave the mission. So an incident that may show where fire landed is
held back until it is 24 hours old by the clock that is given: its number is said, its
place is not (as in the daily report). ``inside`` lifts that for the mission's own
screens. Outgoing fire is never finer than 1 km, inside or out.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from tocsin.errors import InputRefused, TocsinError
from tocsin.fusing.naming import Naming
from tocsin.fusing.observed import as_observations
from tocsin.incidents import Change, Live
from tocsin.model import Issue, Where

__all__ = ["LANDED", "Stream"]

EMBARGO = timedelta(hours=24)  # design section 1: impacts leave this late
LANDED = ("crater", "damage", "casualty", "airburst")
"""Kinds that show where fire landed."""
SOON = datetime.min.replace(tzinfo=UTC)
OPS = ("add", "correct", "withdraw")

Clock = Callable[[dict[str, Any]], datetime]


class Stream:
    """Lines in, lines out, one :class:`Live` between them.

    Args:
        live: what stands already.
        clock: the instant at which a line's changes would leave, from the line.
        inside: nothing is held back.
        naming: who did it, or None: no control layer, and nobody is named.
    """

    def __init__(
        self,
        live: Live,
        *,
        clock: Clock,
        inside: bool = False,
        naming: Naming | None = None,
    ) -> None:
        self._live, self._clock, self._inside = live, clock, inside
        self._naming = naming
        self._held: list[tuple[datetime, int, Change]] = []
        self._order = count()
        self._landed: dict[str, bool] = {}
        self._until: dict[str, datetime] = {}
        self.faults = 0

    def knows(self, table: pa.Table) -> None:
        """Learn of rows that stood before."""
        self._landed.update(_marks(table))
        if self._naming is not None:
            self._naming.takes(table)
            self._naming.begin()

    def lines(self, given: Iterable[bytes]) -> Iterator[bytes]:
        """The changes that each line makes, as lines; a faulty line is an issue."""
        yield _line({"change": "epoch", "version": self._live.epoch.version})
        for number, text in enumerate(given, start=1):
            if text.strip():
                yield from self._answer(number, text)
        if self._held:
            yield _line({"change": "withheld", "changes": len(self._held)})

    def _answer(self, number: int, text: bytes) -> Iterator[bytes]:
        try:
            row, op = _read(text)
            at = self._clock(row)
            outcome = self._step(op, row, number)
        except (InputRefused, msgspec.DecodeError, TocsinError) as error:
            yield from map(self._issue, _issues(error, number))
            return
        yield from map(self._issue, outcome.issues)
        yield from self._release(at)
        changes = outcome.records
        if self._naming is not None:
            name = str(row.get("observation_id"))
            hidden = self._hidden(changes, at, name)
            changes = tuple(
                self._naming.named(changes, name, because=op, hidden=hidden)
            )
        for change in changes:
            yield from self._leave(change, at)

    def _step(self, op: str, row: dict[str, Any], number: int) -> Any:
        if op == "withdraw":
            return self._live.withdraw([str(row.get("observation_id"))])
        table = as_observations([row], name="stdin", line=number)
        for name, lands in _marks(table):
            self._landed[name] = lands
        if self._naming is not None and (op == "add") != (
            table["observation_id"][0].as_py() in self._live
        ):
            self._naming.takes(table)
        return self._live.add(table) if op == "add" else self._live.correct(table)

    def _leave(self, change: Change, at: datetime) -> Iterator[bytes]:
        """The change, or that something changed."""
        due = self._due(change)
        waits = self._until.get(change.incident_id)
        due = max(due, waits) if waits else due
        if self._inside or due <= at:
            yield _line(change)
            return
        self._until[change.incident_id] = due
        heapq.heappush(self._held, (due, next(self._order), change))
        yield _line({"change": "withheld", "because": change.because, "changes": 1})

    def _hidden(
        self, changes: Sequence[Change], at: datetime, row: str = ""
    ) -> frozenset[str]:
        """Incidents whose place the listener does not know yet."""
        if self._inside:
            return frozenset()
        waiting = {name for name, until in self._until.items() if until > at}
        new = {change.incident_id for change in changes if self._due(change) > at}
        home = self._live.home_of(row)
        if home and self._landing(home, self._live.incident(home)) > at:
            new.add(home)
        return frozenset(waiting | new)

    def _release(self, at: datetime) -> Iterator[bytes]:
        released: set[str] = set()
        yield from self._let_go(at, released)
        if released and self._naming is not None:
            hidden = self._hidden((), at)
            for change in self._naming.again(released - hidden, hidden):
                yield from self._leave(change, at)

    def _let_go(self, at: datetime, released: set[str]) -> Iterator[bytes]:
        while self._held and self._held[0][0] <= at:
            _, _, change = heapq.heappop(self._held)
            if self._until.get(change.incident_id, at) <= at:
                self._until.pop(change.incident_id, None)
            released.add(change.incident_id)
            yield _line(change)

    def _due(self, change: Change) -> datetime:
        """When it may leave: at once, or a day after fire may have landed there."""
        if change.incident is None:
            return self._until.get(change.incident_id, SOON)
        return self._landing(change.incident_id, change.incident)

    def _landing(self, incident_id: str, row: dict[str, Any]) -> datetime:
        """A day after fire may have landed there; at once where none may have."""
        members = self._live.members_of(incident_id)
        if not any(self._landed.get(name) for name in members):
            return SOON
        doubt = timedelta(seconds=2 * (row["t_sigma_s"] or 0.0))
        ends: datetime = row["t_end"]
        return ends + doubt + EMBARGO

    def _issue(self, issue: Issue) -> bytes:
        self.faults += not issue.warning
        said = msgspec.to_builtins(issue)
        kind = "warning" if issue.warning else "error"
        return _line({"change": "issue", "issue": kind, **said})


def _read(text: bytes) -> tuple[dict[str, Any], str]:
    row = msgspec.json.decode(text)
    if not isinstance(row, dict):
        raise msgspec.DecodeError("a line is an object")
    op = str(row.pop("op", "add"))
    if op not in OPS:
        raise msgspec.DecodeError(f"`op` is {op}; it is one of {', '.join(OPS)}")
    return row, op


def _marks(table: pa.Table) -> Iterator[tuple[str, bool]]:
    """For each observation whether it may show where fire landed.

    An explosion that nobody assessed may have been an impact and is treated as one.
    """
    assessed = pl.col("assessment").fill_null("undetermined")
    kind = pl.col("kind").fill_null("")
    landed = assessed.is_in(["impact", "airburst"]) | kind.is_in(LANDED)
    unassessed = (kind == "explosion") & (assessed == "undetermined")
    rows = pl.DataFrame(table.select(["observation_id", "kind", "assessment"]))
    yield from rows.select("observation_id", landed | unassessed).iter_rows()


def _issues(error: Exception, number: int) -> Iterator[Issue]:
    if isinstance(error, InputRefused):
        yield from error.issues
        return
    code = "file_damaged" if isinstance(error, msgspec.DecodeError) else "value_invalid"
    yield Issue(code=code, where=Where(file="stdin", line=number), message=str(error))


def _line(what: Any) -> bytes:
    return msgspec.json.encode(what) + b"\n"
