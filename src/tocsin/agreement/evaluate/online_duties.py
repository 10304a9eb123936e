"""An obligation with a deadline, kept up to date fact by fact (rules O1 to O4).

A call is looked at again when one of its own facts changes, when an act at the same
place falls into its time, and when its deadline comes, whether anything happens then or
not.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import TINY
from tocsin.agreement.evaluate.force import Span
from tocsin.agreement.evaluate.history import NONE
from tocsin.agreement.evaluate.online_articles import Clock
from tocsin.agreement.evaluate.online_ledger import Ledger, Staged
from tocsin.agreement.evaluate.online_routes import Route, Routes
from tocsin.agreement.evaluate.online_rows import (
    BY_FACT,
    BY_LATE_FACT,
    BY_WITHDRAWAL,
    Change,
    RowKey,
    Told,
    compared,
)
from tocsin.agreement.evaluate.plan import Obligation
from tocsin.agreement.terms import EventTime, Within

__all__ = ["CallKey", "StandingDuty", "Touched", "is_simple_duty"]

MET, BREACHED, PENDING, UNDETERMINED = 0, 1, 2, 4
NAN: Final = float("nan")
NOBODYS: Final = (0.0, 0.0, 0.0, 0.0, NAN)

KNOWN: Final = frozenset(
    {
        "article", "who", "pattern", "trigger", "called_by", "deadline", "excuses",
        "failing_that", "persists_s", "where", "holders", "needs", "unless",
        "pausable",
    }
)  # fmt: skip
"""What this module knows an obligation to say; more than that is not simple."""

Pairs = list[tuple[float, float]]
SiteKey = tuple[int, int, int]
"""Codes of a holder, a sector and a subject; -1 where the rule binds none."""


class CallKey(NamedTuple):
    """One call: of whom, where, about what, by which root."""

    holder: int
    sector: int
    subject: int
    root: int


_Places = list[tuple[CallKey | SiteKey, int]]
"""Rows with the call that each makes, or the site at which it answers one."""


class _Entry(NamedTuple):
    """One fact, as far as an obligation looks at it; sorts in time order."""

    us: int
    name: str
    t: int
    early: int
    late: int
    lo: float
    hi: float
    component: int
    serial: int


class _Site(msgspec.Struct):
    """What is done, and called for, at one place."""

    acts: list[_Entry] = []
    calls: list[tuple[int, CallKey]] = []


def is_simple_duty(obligation: Obligation) -> bool:
    """A deed calls, no clock stops, and the deadline runs from the call."""
    if set(obligation.__struct_fields__) - KNOWN:
        return False
    deadline, called = obligation.deadline, obligation.called_by
    if called is None or obligation.conditional or not isinstance(deadline, Within):
        return False
    if deadline.duration.is_calendar or obligation.pattern.act == "clear":
        return False
    if any(p.zone or p.near for p in (called, obligation.pattern)):
        return False
    who = obligation.who
    if who.quantifier is not None or who.names != ("party",) or who.of is not None:
        return False
    if deadline.of is None:
        return True
    base = deadline.of.base
    own = isinstance(base, EventTime) and base.event == called.act
    return own and deadline.of.plus is None


class Touched(msgspec.Struct, kw_only=True):
    """What a delivery may change: calls, their rows as told, facts as they were."""

    calls: set[CallKey] = set()
    rows: dict[RowKey, Told] = {}
    gone: list[tuple[CallKey | SiteKey, _Entry]] = []
    alone: _Places = []
    late: bool = False


class StandingDuty:
    """The verdicts of one obligation, call by call.

    Args:
        number: of its clause.
        obligation: one that :func:`is_simple_duty`.
        first: its routes are ``first`` (calls) and the one after it (acts).
    """

    def __init__(
        self,
        number: int,
        obligation: Obligation,
        ledger: Ledger,
        routes: Routes,
        first: int,
        standard: float,
    ) -> None:
        assert isinstance(obligation.deadline, Within)
        assert obligation.called_by is not None
        self.number, self.obligation = number, obligation
        self.ledger, self.routes, self.first = ledger, routes, first
        self.standard = standard - TINY
        self.allowance = obligation.deadline.duration.seconds
        called, pattern = obligation.called_by, obligation.pattern
        target = called.against_variable == "party"
        self.holder_column = "target_party" if target else "party"
        self.call_binds = bool(called.sector_variable), bool(called.subject_variable)
        self.act_binds = bool(pattern.sector_variable), bool(pattern.subject_variable)
        self.span, self.start = Span(), 0
        self.calls: dict[CallKey, list[_Entry]] = {}
        self.sites: dict[SiteKey, _Site] = {}
        self.due: list[tuple[int, CallKey]] = []
        self.breaches: dict[CallKey, tuple[int, int]] = {}
        self.wanted = self.moved = False

    @staticmethod
    def routes_of(obligation: Obligation) -> list[Route]:
        """What must be found for it."""
        assert obligation.called_by is not None
        return [Route(pattern=obligation.called_by), Route(pattern=obligation.pattern)]

    def bind(self, span: Span, start: int) -> None:
        """When its article binds, and from when rows are told."""
        self.span, self.start = span, start

    # --- a delivery, before and after it counts --------------------------------------

    def before(self, staged: Staged, clock: Clock) -> Touched:
        """What it may change, and how that stood."""
        touched = Touched(gone=self._entries(self._of_roots(staged.touched)))
        alone = staged.alone
        hits = self.routes.hits(alone, (self.first, self.first + 1))
        touched.alone = self._places(hits.tolist())
        for key, row in (*self._of_roots(staged.touched, every=True), *touched.alone):
            t = int(self.ledger.whole["t"][row])
            self._touch(key, t, touched)
            touched.late |= t < clock.was
        if clock.was > self.start:
            for call in touched.calls:
                touched.rows |= self._rows(call, clock.was)
        return touched

    def after(self, staged: Staged, touched: Touched, clock: Clock) -> list[Change]:
        """What is said differently now."""
        for key, entry in touched.gone:
            self._take_out(key, entry)
        added = [*touched.alone, *self._of_roots(staged.touched)]
        for key, entry in self._entries(added):
            self._put_in(key, entry, clock)
        calls = touched.calls
        while self.due and self.due[0][0] < clock.now:
            _, call = heapq.heappop(self.due)
            if call not in calls and call in self.calls:
                calls.add(call)
                touched.rows |= self._rows(call, clock.was)
        new: dict[RowKey, Told] = {}
        for call in calls:
            new |= self._rows(call, clock.now)
        reason = BY_LATE_FACT if touched.late else BY_FACT
        return compared(touched.rows, new, BY_WITHDRAWAL if staged.touched else reason)

    def everything(self, until: int) -> dict[RowKey, Told]:
        """All rows that stand."""
        found: dict[RowKey, Told] = {}
        for call in self.calls:
            found |= self._rows(call, until)
        return found

    def forget(self, floor: int) -> None:
        """Let go calls that fell due before an instant, and acts too old for others."""
        for call, held in list(self.calls.items()):
            if held[-1].t + self.allowance < floor:
                self._unlist(call, held)
                del self.calls[call]
        for key, site in list(self.sites.items()):
            first = bisect_left(site.acts, floor - self.allowance, key=_second)
            del site.acts[:first]
            if not site.acts and not site.calls:
                del self.sites[key]

    def _touch(self, key: CallKey | SiteKey, t: int, touched: Touched) -> None:
        if isinstance(key, CallKey):
            touched.calls.add(key)
            return
        site = self.sites.get(key)
        if site is None:
            return
        lo = bisect_left(site.calls, (t - self.allowance,))
        hi = bisect_left(site.calls, (t + 1,))
        touched.calls |= {call for _, call in site.calls[lo:hi]}

    # --- facts -----------------------------------------------------------------------

    def _of_roots(self, roots: Sequence[int], *, every: bool = False) -> _Places:
        ledger = self.ledger
        if not roots:
            return []
        return self._places(
            [
                row
                for root in roots
                for row in ledger.root_rows(root)
                if every or ledger.alive[row]
            ]
        )

    def _places(self, rows: Sequence[int]) -> _Places:
        """Which call each row makes, and where it answers one."""
        if not rows:
            return []
        at = np.array(rows, dtype=np.int64)
        calls = self.routes.fits(at, self.first).tolist()
        acts = self.routes.fits(at, self.first + 1).tolist()
        whole = self.ledger.whole
        named = ("party", self.holder_column, "sector", "subject", "root")
        columns = [whole[name][at].tolist() for name in named]
        found: _Places = []
        for n, (party, holder, sector, subject, root) in enumerate(
            zip(*columns, strict=True)
        ):
            about = sector, subject
            if calls[n]:
                key = CallKey(holder, *_bound(about, self.call_binds), root)
                found.append((key, rows[n]))
            if acts[n] and party >= 0:
                found.append(((party, *_bound(about, self.act_binds)), rows[n]))
        return found

    def _entries(self, places: _Places) -> list[tuple[CallKey | SiteKey, _Entry]]:
        if not places:
            return []
        whole, real, ids = self.ledger.whole, self.ledger.real, self.ledger.ids
        held = [row for _, row in places]
        rows = np.array(held, dtype=np.int64)
        columns = (
            whole["us"][rows].tolist(),
            [ids[row] for row in held],
            whole["t"][rows].tolist(),
            whole["early"][rows].tolist(),
            whole["late"][rows].tolist(),
            real["lo"][rows].tolist(),
            real["hi"][rows].tolist(),
            self._components(whole["root"][rows].tolist()),
            self.ledger.serial[rows].tolist(),
        )
        entries = map(_Entry._make, zip(*columns, strict=True))
        return [(key, entry) for (key, _), entry in zip(places, entries, strict=True)]

    def _components(self, roots: list[int]) -> list[int]:
        if not self.ledger.chosen:
            return roots
        return [min(self.ledger.tied(root)) for root in roots]

    def _site_of(self, call: CallKey) -> SiteKey:
        """Where acts answer a call; what the act does not bind is left open."""
        sector = call.sector if self.act_binds[0] else NONE
        subject = call.subject if self.act_binds[1] else NONE
        return call.holder, sector, subject

    def _put_in(self, key: CallKey | SiteKey, entry: _Entry, clock: Clock) -> None:
        if not isinstance(key, CallKey):
            insort(self.sites.setdefault(key, _Site()).acts, entry)
            self._wait_for(key, entry, clock)
            return
        held = self.calls.setdefault(key, [])
        self._unlist(key, held)
        insort(held, entry)
        self._enlist(key, held)
        heapq.heappush(self.due, (held[0].t + self.allowance, key))
        answers = self._acts(key, entry.t, entry.t + self.allowance)
        for t in (entry.t, self.start, *(act.t for act in answers)):
            if t >= clock.now:
                heapq.heappush(self.due, (t, key))

    def _wait_for(self, key: SiteKey, entry: _Entry, clock: Clock) -> None:
        """An act that has not come yet wakes its calls when it does."""
        if entry.t >= clock.now:
            touched = Touched()
            self._touch(key, entry.t, touched)
            for call in touched.calls:
                heapq.heappush(self.due, (entry.t, call))

    def _take_out(self, key: CallKey | SiteKey, entry: _Entry) -> None:
        if not isinstance(key, CallKey):
            self.sites[key].acts.remove(entry)
            return
        held = self.calls[key]
        self._unlist(key, held)
        held.remove(entry)
        self._enlist(key, held)
        if not held:
            del self.calls[key]

    def _unlist(self, key: CallKey, held: Sequence[_Entry]) -> None:
        for t in {entry.t for entry in held}:
            self.sites[self._site_of(key)].calls.remove((t, key))

    def _enlist(self, key: CallKey, held: Sequence[_Entry]) -> None:
        site = self.sites.setdefault(self._site_of(key), _Site())
        for t in {entry.t for entry in held}:
            insort(site.calls, (t, key))

    # --- one call --------------------------------------------------------------------

    def _rows(self, call: CallKey, until: int) -> dict[RowKey, Told]:
        """Pending, then met, or breached when it falls due (rule O3)."""
        held = [e for e in self.calls.get(call, ()) if e.t in self.span and e.t < until]
        if not held:
            if self.breaches.pop(call, None) is not None:
                self.moved = True
            return {}
        due = held[0].t + self.allowance
        acts = self._acts(call, held[0].t, min(due, until - 1))
        at = {held[0].t, due, max(held[0].t, self.start), *(act.t for act in acts)}
        told = self._told(call, held, acts, due)
        rows = [told(t) for t in sorted(at) if t < until]
        if self.wanted:
            self._note(call, rows[-1], due, held[0].serial)
        kept: list[Told] = []
        for row in rows:
            changed = not kept or row.verdict != kept[-1].verdict
            if row.key.t >= self.start and changed:
                kept.append(row)
        return {row.key: row for row in kept}

    def _acts(self, call: CallKey, first: int, last: int) -> list[_Entry]:
        if call.holder < 0:
            return []
        acts = self.sites[self._site_of(call)].acts
        lo = bisect_left(acts, first, key=_second)
        return acts[lo : bisect_right(acts, last, key=_second)]

    def _told(
        self, call: CallKey, held: Sequence[_Entry], acts: Sequence[_Entry], due: int
    ) -> Callable[[int], Told]:
        """The verdict of a call at an instant (rule O3)."""
        called = _measure([(entry.lo, entry.hi) for entry in held], ())
        known = call.holder >= 0

        def at(t: int) -> Told:
            done = acts[: bisect_right(acts, t, key=_second)]
            idle = _idle(held, done, called)
            late = t >= due
            met, breached, pending = called - idle, idle * late, idle * (not late)
            verdict = UNDETERMINED
            if known and breached >= self.standard:
                verdict = BREACHED
            elif known and met >= self.standard:
                verdict = MET
            elif known and pending >= self.standard:
                verdict = PENDING
            ever = breached if verdict == BREACHED else NAN
            first = (done[0].serial,) if verdict == MET and done else ()
            return Told(
                RowKey(self.number, *call[:3], t, due, call.root),
                verdict,
                0,
                _is_certain(verdict, held, done, due),
                (met, breached, pending, 0.0, ever) if known else NOBODYS,
                (held[0].serial, *first),
            )

        return at

    def _note(self, call: CallKey, last: Told, due: int, serial: int) -> None:
        """Keep the breaches that stand, for the rules that they wake."""
        stands = last.verdict == BREACHED
        was = self.breaches.get(call)
        if stands and was != (due, serial):
            self.breaches[call], self.moved = (due, serial), True
        elif not stands and was is not None:
            del self.breaches[call]
            self.moved = True


def _bound(about: tuple[int, int], binds: tuple[bool, bool]) -> tuple[int, int]:
    """Sector and subject, as far as the rule binds them."""
    return about[0] if binds[0] else NONE, about[1] if binds[1] else NONE


def _second(entry: _Entry) -> int:
    return entry.t


def _measure(
    pairs: Sequence[tuple[float, float]], without: Iterable[tuple[float, float]]
) -> float:
    """Length of what the stretches cover and the others do not."""
    without = list(without)
    if len(pairs) == 1 and not without:
        return pairs[0][1] - pairs[0][0]
    ends = sorted({end for pair in (*pairs, *without) for end in pair})
    total = 0.0
    for lo, hi in pairwise(ends):
        inside = any(a <= lo and hi <= b for a, b in pairs)
        if inside and not any(a <= lo and hi <= b for a, b in without):
            total += hi - lo
    return total


def _idle(held: Sequence[_Entry], done: Sequence[_Entry], called: float) -> float:
    """P(called for and nothing done); components are independent (rule P3)."""
    if not done:
        return called
    if len(done) == 1 and done[0].component != held[0].component:
        return called * (1.0 - (done[0].hi - done[0].lo))
    by_component: dict[int, Pairs] = {}
    for act in done:
        by_component.setdefault(act.component, []).append((act.lo, act.hi))
    own = by_component.pop(held[0].component, [])
    idle = _measure([(entry.lo, entry.hi) for entry in held], own)
    for pairs in by_component.values():
        idle *= 1.0 - _measure(pairs, ())
    return idle


def _is_certain(
    verdict: int, held: Sequence[_Entry], done: Sequence[_Entry], due: int
) -> bool:
    """The verdict holds in every reading of the times (rule D1)."""
    if verdict == UNDETERMINED:
        return False
    if not any(entry.lo <= 0.0 and entry.hi >= 1.0 for entry in held):
        return False
    if verdict != MET:
        return not done
    first = held[0]
    last = due - (first.t - first.early)
    return any(
        act.lo <= 0.0 and act.hi >= 1.0 and first.late <= act.early and act.late <= last
        for act in done
    )
