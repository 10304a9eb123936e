"""Which facts each rule speaks of, found once when a fact comes in.

A batch goes through the batch engine's column tests; a single fact is looked up by its
texts, so that the tests run once for each combination of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.batch_breaches import fitting
from tocsin.agreement.evaluate.history import Codes, Flags, History, Ints, Reals
from tocsin.agreement.evaluate.online_intake import TEXTS
from tocsin.agreement.evaluate.online_ledger import Ledger
from tocsin.agreement.evaluate.places import placed
from tocsin.agreement.evaluate.plan import Pattern, Plan
from tocsin.agreement.terms import FilterCompare
from tocsin.model.places import Areas

__all__ = ["Route", "Routes"]

FEW: Final = 16
"""Up to so many facts are looked up one by one."""

WORD: Final = 62
"""Rules in one word of bits."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to find: facts of a pattern, perhaps of certain parties or nobody's."""

    pattern: Pattern
    parties: tuple[str, ...] | None = None


class Routes:
    """For each row of a ledger the rules that speak of it, as bits."""

    def __init__(
        self, routes: Sequence[Route], ledger: Ledger, plan: Plan, areas: Areas
    ) -> None:
        self.routes = tuple(routes)
        self.ledger, self.plan, self.areas = ledger, plan, areas
        self.words = max(1, -(-len(routes) // WORD))
        self.bits: Ints = np.zeros((0, self.words), np.int64)
        self.zoned = [n for n, route in enumerate(routes) if _has_place(route.pattern)]
        self.zone_acts = {self.routes[n].pattern.act for n in self.zoned}
        self.zone: Reals = np.ones((0, len(self.zoned)))
        self.sure: Flags = np.ones((0, len(self.zoned)), np.bool_)
        self.numbers = sorted(_numbers(routes))
        self.subjects = {route.pattern.subject for route in routes} - {None}
        self.memo: dict[tuple[object, ...], Ints] = {}

    def extend(self, first: int, stop: int) -> None:
        """Find the rules of new rows of the ledger."""
        if stop > len(self.bits):
            size = max(stop, 2 * len(self.bits), 1024)
            self.bits = _longer(self.bits, size)
            self.zone, self.sure = _longer(self.zone, size), _longer(self.sure, size)
        if stop - first > FEW:
            self._test(first, stop)
        else:
            for row in range(first, stop):
                self._look_up(row)

    def keep(self, rows: Ints) -> None:
        """Only these rows stay, in this order."""
        self.bits, self.zone = self.bits[rows], self.zone[rows]
        self.sure = self.sure[rows]

    def fits(self, rows: Ints, number: int) -> Flags:
        """Which of some rows a rule speaks of."""
        word, bit = divmod(number, WORD)
        found: Flags = ((self.bits[rows, word] >> bit) & 1).astype(np.bool_)
        return found

    def hits(self, rows: Ints, numbers: Sequence[int]) -> Ints:
        """Those of some rows of which any of these rules speaks."""
        if not len(rows):
            return rows
        mask = np.zeros(self.words, dtype=np.int64)
        for number in numbers:
            mask[number // WORD] |= 1 << number % WORD
        if len(rows) == 1:
            return rows if (self.bits[rows[0]] & mask).any() else rows[:0]
        return rows[(self.bits[rows] & mask).any(axis=1)]

    def is_fit(self, row: int, number: int) -> bool:
        """Whether a rule speaks of a row."""
        word, bit = divmod(number, WORD)
        return bool((int(self.bits[row, word]) >> bit) & 1)

    def place(self, rows: Ints, number: int) -> tuple[Reals, Flags] | None:
        """How likely, and how surely, rows lie where the rule asks; None: anywhere."""
        if number not in self.zoned:
            return None
        column = self.zoned.index(number)
        return self.zone[rows, column], self.sure[rows, column]

    def _look_up(self, row: int) -> None:
        whole, words = self.ledger.whole, self.ledger.words
        kind = words.names("kind")[whole["kind"][row]]
        if kind in self.zone_acts:
            self._test(row, row + 1)
            return
        key: tuple[object, ...] = (
            *(int(whole[name][row]) for name in TEXTS if name != "subject"),
            bool(np.isnan(self.ledger.real["lon"][row])),
        )
        if self.subjects:
            key += (int(whole["subject"][row]),)
        for name in self.numbers:
            held = whole.get(name)
            key += (float(self.ledger.real[name][row] if held is None else held[row]),)
        if key not in self.memo:
            self._test(row, row + 1)
            self.memo[key] = self.bits[row].copy()
        self.bits[row] = self.memo[key]

    def _test(self, first: int, stop: int) -> None:
        seen = _glance(self.ledger, first, stop, named=bool(self.subjects))
        self.bits[first:stop] = 0
        self.zone[first:stop], self.sure[first:stop] = 1.0, True
        for number, route in enumerate(self.routes):
            fits = fitting(seen, route.pattern)
            if route.parties is not None:
                party = seen["party"]
                allowed = [party.of(name) for name in route.parties]
                fits &= np.isin(party.code, [*allowed, -1])
            if number in self.zoned and fits.any():
                self._place(first, stop, number, seen, fits)
            word, bit = divmod(number, WORD)
            self.bits[first:stop, word] |= fits.astype(np.int64) << bit

    def _place(
        self, first: int, stop: int, number: int, seen: History, fits: Flags
    ) -> None:
        where = placed(
            self.routes[number].pattern, seen, self.plan.agreement, self.areas
        )
        if where is None:
            return
        column = self.zoned.index(number)
        self.zone[first:stop, column] = where.p
        self.sure[first:stop, column] = where.sure
        fits &= ~(where.p == 0.0)


def _has_place(pattern: Pattern) -> bool:
    return pattern.zone is not None or pattern.near is not None


def _numbers(routes: Sequence[Route]) -> set[str]:
    """Columns of numbers that some filter looks at."""
    return {
        test.attribute
        for route in routes
        for tests in route.pattern.filter.any_of
        for test in tests
        if isinstance(test, FilterCompare)
    }


def _longer(values: Any, size: int) -> Any:
    longer = np.zeros((size, values.shape[1]), values.dtype)
    longer[: len(values)] = values
    return longer


def _glance(ledger: Ledger, first: int, stop: int, *, named: bool) -> History:
    """Rows as a history that is only looked at by column tests."""
    whole = {name: values[first:stop] for name, values in ledger.whole.items()}
    real = {name: values[first:stop] for name, values in ledger.real.items()}
    text = {
        name: Codes(
            whole[name],
            tuple(ledger.words.names(name)) if named or name != "subject" else (),
        )
        for name in TEXTS
    }
    return History(
        origin=None,
        fact_id=None,
        index=whole["t"],
        text=text,
        count=whole["count"],
        value=real["value"],
        t=whole["t"],
        early=whole["early"],
        late=whole["late"],
        end=whole["end"],
        p=real["p"],
        root=whole["root"],
        component=whole["root"],
        lo=real["lo"],
        hi=real["hi"],
        sources=whole["sources"],
        lon=real["lon"],
        lat=real["lat"],
        sigma_m=real["sigma_m"],
        root_names=(),
        known_until=None,
    )
