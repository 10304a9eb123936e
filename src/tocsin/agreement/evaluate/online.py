"""The online engine: verdicts that follow the facts as they come in.

A :class:`Monitor` takes facts and coverage in any order (late, twice, corrected,
withdrawn) and gives, after each delivery and each tick of the clock, what is said
differently now: new rows, revised rows with what was said before and why, and rows that
are withdrawn. In the end it has said what the other engines say of the same facts (rule
L1 of ``docs/reference/semantics.md``). It never asks the clock: ``now`` is an argument.

>>> from datetime import UTC, datetime, timedelta
>>> from tocsin.agreement.parse import parse_rules
>>> agreement = parse_rules('''
... parties Northland, Southland
... act request is "to accept an inspection"
... act access is "to grant access"
... Article 1(1)
...   when request of party at site
...   oblige party to access at site
...   within 1 hour of request
... ''').records
>>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
>>> monitor = Monitor(agreement, start=noon, lateness_s=48 * 3600)
>>> request = {"fact_id": "a", "kind": "request", "t": noon, "party": "Northland"}
>>> first = monitor.take(
...     [request | {"subject": "Depot"}], now=noon + timedelta(seconds=1)
... )
>>> first.verdicts["verdict"].to_pylist()
['pending']
>>> second = monitor.tick(noon + timedelta(hours=1, seconds=1))
>>> second.verdicts["verdict"].to_pylist()
['breached']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import pyarrow as pa

from tocsin.agreement.evaluate.online_articles import Clock
from tocsin.agreement.evaluate.online_changes import (
    CHANGES,
    Changes,
    Revisions,
)
from tocsin.agreement.evaluate.online_core import Core, Given
from tocsin.agreement.evaluate.online_intake import Incoming, delivery, of_rows
from tocsin.agreement.evaluate.online_ledger import NEVER, Staged
from tocsin.agreement.evaluate.online_memory import Saved, forget, restored, saved
from tocsin.agreement.evaluate.online_rows import Part, joined
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.evaluate.procedure import Proceeded
from tocsin.agreement.evaluate.watch import Stretch, Watch, watch
from tocsin.agreement.terms import Agreement
from tocsin.errors import OriginsMixed, WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Issue, Where
from tocsin.model.tables import COVERAGE, FACTS, VERDICTS, conform
from tocsin.model.times import from_seconds, seconds, utc_text

__all__ = ["CHANGES", "Changes", "Monitor"]

Facts: TypeAlias = pa.Table | Sequence[Mapping[str, Any]]
NO_FACTS: Final = FACTS.empty_table()
NO_COVERAGE: Final = COVERAGE.empty_table()
HORIZON: Final = "lateness horizon"


class Monitor:
    """Verdicts on an agreement, kept up to date.

    Args:
        agreement: a checked agreement.
        areas: the agreement's map; None: it has none.
        start: verdicts begin here; the clock stands here at first.
        lateness_s: how late a fact may come, in seconds: what reaches back further
            behind the clock is handed back, and what lies behind it is let go. None:
            everything is remembered, nothing is too late.
        seed: for probabilities that must be sampled.
    """

    def __init__(
        self,
        agreement: Agreement,
        *,
        areas: Areas | None = None,
        start: datetime,
        lateness_s: int | None = None,
        seed: int = 0,
    ) -> None:
        if lateness_s is not None and lateness_s < 0:
            raise WrongUse(f"lateness_s is {lateness_s}; give 0 or more seconds")
        self.agreement, self.lateness_s = agreement, lateness_s
        self._areas = areas or Areas()
        self._now = seconds(start)
        self._core = Core(
            Given(plan=plan(agreement), areas=self._areas, start=self._now, seed=seed)
        )
        self._revisions = Revisions()

    # --- what it knows ---------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """Where the clock stands: verdicts before this instant are told."""
        return from_seconds(self._now)

    @property
    def floor(self) -> datetime | None:
        """What reaches back behind this instant is too late; None: nothing is."""
        return None if self._floor() == NEVER else from_seconds(self._floor())

    @property
    def remembered(self) -> int:
        """How many facts it holds."""
        return len(self._core.ledger)

    @property
    def judged_anew(self) -> tuple[str, ...]:
        """Clauses without an incremental form: these keep all of their facts."""
        return tuple(sorted(self._core.literal.clauses))

    @property
    def procedures(self) -> Proceeded:
        """Episodes, decisions, duties of bodies and effects, as they stand."""
        return self._core.stands(self._now)

    def verdicts(self) -> pa.Table:
        """All rows that stand and that it still holds: a VERDICTS table."""
        return self.standing().select(VERDICTS.names).cast(VERDICTS)

    def standing(self) -> pa.Table:
        """The same as a CHANGES table, as if all were added now."""
        told = self._core.everything(self._now).values()
        part = Part.added(told)
        return self._table(part, self._revisions.known(part)).table

    # --- what comes in ---------------------------------------------------------------

    def take(
        self,
        facts: Facts | None = None,
        *,
        coverage: pa.Table | None = None,
        now: datetime | None = None,
    ) -> Changes:
        """Take facts and coverage in, let the clock go on, and say what that changes.

        A fact whose row ``withdraws`` another takes that one back; a correction is a
        withdrawal that is a fact itself. The same row twice changes nothing.

        Args:
            facts: a FACTS table, or rows by column name, in any order.
            coverage: a COVERAGE table.
            now: the clock's new instant; None: it stands still.

        Raises:
            WrongUse: the clock would go back, or a required column is missing.
            OriginsMixed: of another origin than what was taken before.
        """
        clock = self._clock(now)
        words = self._core.ledger.words
        incoming = of_rows((), words) if facts is None else delivery(facts, words)
        stretches, late = self._watched(coverage, incoming)
        self._be_of(incoming.origin)
        staged = self._core.ledger.stage(incoming, self._floor())
        watched = None
        if stretches:
            watched = Watch((*self._core.watch.stretches, *stretches))
        parts = self._core.deliver(staged, watched, clock)
        self._now = clock.now
        changes = self._table(
            joined(parts), None, _handed_back(facts, staged), late, self._issues(staged)
        )
        self._let_go()
        return changes

    def tick(self, now: datetime) -> Changes:
        """Let the clock go on: deadlines fire, windows empty, with no fact coming."""
        return self.take(now=now)

    # --- saved and resumed -----------------------------------------------------------

    def save(self) -> bytes:
        """Everything that is needed to go on elsewhere, without the agreement."""
        state = saved(
            self._core,
            self._revisions.said,
            agreement=self.agreement,
            lateness_s=self.lateness_s,
            now=self._now,
        )
        return state.encode()

    @classmethod
    def load(
        cls, data: bytes, agreement: Agreement, *, areas: Areas | None = None
    ) -> Monitor:
        """The monitor that :meth:`save` saved.

        Raises:
            WrongUse: saved by another version, or for another agreement.
        """
        state = Saved.decode(data, agreement)
        monitor = cls(
            agreement,
            areas=areas,
            start=from_seconds(state.start),
            lateness_s=state.lateness_s,
            seed=state.seed,
        )
        restored(state, monitor._core, monitor._revisions.said)
        monitor._now = state.now
        return monitor

    # --- below -----------------------------------------------------------------------

    def _clock(self, now: datetime | None) -> Clock:
        if now is None:
            return Clock(self._now, self._now)
        if now.tzinfo is None:
            raise WrongUse(f"`now` is {now}; give it a time zone")
        if seconds(now) < self._now:
            raise WrongUse(f"the clock stands at {self.now}; {now} lies before it")
        return Clock(self._now, seconds(now))

    def _floor(self) -> int:
        if self.lateness_s is None or self._now <= self._core.given.start:
            return NEVER
        return self._now - self.lateness_s

    def _be_of(self, origin: str | None) -> None:
        held = self._core.origin
        if origin is not None and held is not None and origin != held:
            raise OriginsMixed(f"this monitor holds {held} facts; these are {origin}")
        self._core.origin = held or origin

    def _watched(
        self, coverage: pa.Table | None, incoming: Incoming
    ) -> tuple[tuple[Stretch, ...], pa.Table]:
        """Coverage from the horizon on, and what of it lies behind."""
        if coverage is None:
            return (), NO_COVERAGE
        origin = self._core.origin or incoming.origin
        read = watch(coverage, as_known_at=None, origin=origin).stretches
        floor = self._floor()
        late = [n for n, s in enumerate(read) if s.start < floor]
        if not late:
            return read, NO_COVERAGE
        kept = (_from(stretch, floor) for stretch in read if stretch.stop > floor)
        table = conform(coverage, COVERAGE, what="coverage")
        behind = pa.array([int(seconds(at.as_py()) < floor) for at in table["t_start"]])
        return tuple(kept), table.filter(behind.cast(pa.bool_()))

    def _table(
        self,
        part: Part,
        revision: Any = None,
        back: pa.Table | None = None,
        unwatched: pa.Table | None = None,
        issues: Sequence[Issue] = (),
    ) -> Changes:
        core = self._core
        place = core.ledger.position(part.serials)
        made = self._revisions.next(part) if revision is None else revision
        return Changes(
            part,
            made,
            place,
            core,
            known_at=self._now,
            handed_back=NO_FACTS if back is None else back,
            coverage=NO_COVERAGE if unwatched is None else unwatched,
            issues=tuple(issues),
        )

    def _issues(self, staged: Staged) -> list[Issue]:
        found, self._core.issues = self._core.issues, []
        if staged.late:
            found.append(_too_late(len(staged.late), self._floor()))
        return found

    def _let_go(self) -> None:
        """Forget what no fact that is still in time can touch."""
        floor = self._floor()
        if floor != NEVER:
            forget(self._core, self._revisions.said, floor=floor, now=self._now)


def _from(stretch: Stretch, floor: int) -> Stretch:
    start = max(stretch.start, floor)
    return Stretch(stretch.sector, stretch.kind, start, stretch.stop, stretch.share)


def _handed_back(facts: Facts | None, staged: Staged) -> pa.Table:
    if not staged.late or facts is None:
        return NO_FACTS
    if isinstance(facts, pa.Table):
        whole = conform(facts, FACTS, what="facts")
        return whole.take(pa.array(staged.late, pa.int64()))
    return pa.Table.from_pylist([dict(facts[n]) for n in staged.late], schema=FACTS)


def _too_late(number: int, floor: int) -> Issue:
    return Issue(
        code="too_late",
        where=Where(file="facts", field="t"),
        message=f"{number} facts reach back behind {utc_text(from_seconds(floor))}, the"
        f" {HORIZON}, and are handed back",
        repair="evaluate them, with all facts, by the batch engine",
    )
