"""Possible breaches of one article, made from the facts of a ledger.

Almost every fact stands alone: its event is one column of numbers. Several reports of
one root, or several rules that speak of it, are looked at root by root. Events of one
party that share their chance across roots are too much for this engine, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.force import Span
from tocsin.agreement.evaluate.history import Flags, Ints, Reals
from tocsin.agreement.evaluate.online_ledger import Ledger
from tocsin.agreement.evaluate.online_routes import Route, Routes
from tocsin.agreement.evaluate.online_series import SERIAL, Event, Events, events_of
from tocsin.agreement.evaluate.plan import Prohibition

__all__ = ["NO_EVENTS", "Dependent", "EventMaker", "Key", "Ranged"]

Key = tuple[int, int]
"""Codes of a party and a sector."""

NO_EVENTS: Final = events_of(())


class Ranged(msgspec.Struct, frozen=True, kw_only=True):
    """When an article binds.

    Attributes:
        span: the whole article; active: each of its rules.
        start, stop: the part in which verdicts are told.
    """

    span: Span
    active: tuple[Span, ...]
    start: int
    stop: int


class Dependent(Exception):  # a finding out, not an error
    """Acts of one key depend on each other: other engines must judge the article."""


class EventMaker:
    """Makes the events of one article.

    Args:
        prohibition: without exceptions, and of nothing that persists.
        routes: where its rules are found; ``first`` is the first of them.
    """

    def __init__(
        self, prohibition: Prohibition, ledger: Ledger, routes: Routes, first: int
    ) -> None:
        self.prohibition = prohibition
        self.ledger, self.routes = ledger, routes
        self.rules = range(first, first + len(prohibition.rules))
        self.ranged = Ranged(span=Span(), active=(), start=0, stop=0)

    @staticmethod
    def routes_of(prohibition: Prohibition) -> list[Route]:
        """What must be found for it."""
        return [
            Route(pattern=rule.pattern, parties=rule.parties)
            for rule in prohibition.rules
        ]

    def of_root(self, root: int) -> list[Event]:
        """The events of one root as the facts stand now.

        Raises:
            Dependent: they share their chance with another event of the same party.
        """
        if not any(
            self.routes.is_fit(row, rule)
            for row in self.ledger.root_rows(root)
            for rule in self.rules
        ):
            return []
        own = self._made(root)
        mates = self.ledger.tied(root) - {root} if own else set()
        parties = [event.party for event in own]
        for mate in mates:
            parties += [event.party for event in self._made(mate)]
        if mates and len(parties) > len(set(parties)):
            raise Dependent
        return own

    def _made(self, root: int) -> list[Event]:
        ledger, whole = self.ledger, self.ledger.whole
        rows = [row for row in ledger.root_rows(root) if ledger.alive[row]]
        acts: dict[tuple[int, int, int], list[int]] = {}
        for row in ledger.sorted_rows(rows):
            for number, rule in enumerate(self.rules):
                if self.routes.is_fit(row, rule):
                    key = int(whole["party"][row]), int(whole["sector"][row]), number
                    acts.setdefault(key, []).append(row)
        keys: dict[Key, list[tuple[int, list[int]]]] = {}
        for (party, sector, number), members in acts.items():
            if self._binds(int(whole["t"][members[0]]), number):
                keys.setdefault((party, sector), []).append((number, members))
        return [self._event(key, root, held) for key, held in keys.items()]

    def _binds(self, t: int, number: int) -> bool:
        return t in self.ranged.span and t in self.ranged.active[number]

    def _event(self, key: Key, root: int, acts: list[tuple[int, list[int]]]) -> Event:
        whole, real = self.ledger.whole, self.ledger.real
        rank = {row: n for n, row in enumerate(self.ledger.sorted_rows(
            members[0] for _, members in acts))}  # fmt: skip
        acts.sort(key=lambda act: (whole["t"][act[1][0]], rank[act[1][0]], act[0]))
        head = acts[0][1][0]
        every = [row for _, members in acts for row in members]
        return Event(
            *key,
            (
                int(whole["t"][head]),
                int(whole["early"][head]),
                int(whole["late"][head]),
                int(any(self._sure(number, rows) for number, rows in acts)),
                int(self.ledger.serial[head]),
                int(whole["us"][head]),
                max(int(whole["sources"][row]) for row in every),
                root,
            ),
            self._chance(acts, real["lo"], real["hi"]),
        )

    def _zone(self, number: int, row: int) -> tuple[float, bool]:
        """How likely, and how surely, an act lies where its rule asks; NaN: unknown."""
        pattern = self.prohibition.rules[number].pattern
        if pattern.sectors is not None and self.ledger.whole["sector"][row] < 0:
            return float("nan"), False
        place = self.routes.place(np.array([row]), self.rules[number])
        return (1.0, True) if place is None else (float(place[0][0]), bool(place[1][0]))

    def _chance(
        self, acts: Sequence[tuple[int, list[int]]], lo: Reals, hi: Reals
    ) -> tuple[float, float]:
        """P(some act happened), P(some of them was a breach)."""
        zones = [self._zone(number, rows[0])[0] for number, rows in acts]
        if len(acts) == 1:
            length = _covered([(lo[row], hi[row]) for row in acts[0][1]])
            if np.isnan(zones[0]):
                return length, 0.0
            return length * zones[0], length * zones[0]
        if any(0.0 < zone < 1.0 for zone in zones):
            raise Dependent
        guilty = [
            (lo[row], hi[row])
            for zone, (_, rows) in zip(zones, acts, strict=True)
            if not np.isnan(zone)
            for row in rows
        ]
        every = [(lo[row], hi[row]) for _, rows in acts for row in rows]
        return _covered(every), _covered(guilty)

    def _sure(self, number: int, rows: list[int]) -> bool:
        """A breach in every reading (rule D1)."""
        real, whole, head = self.ledger.real, self.ledger.whole, rows[0]
        zone, sure = self._zone(number, head)
        if not (sure and zone == 1.0):
            return False
        if not any(real["lo"][row] <= 0.0 and real["hi"][row] >= 1.0 for row in rows):
            return False
        return self._binds(int(whole["early"][head]), number) and self._binds(
            int(whole["late"][head]), number
        )

    def alone(self, rows: Ints) -> Events:
        """Events of rows that stand apart, in time order.

        Raises:
            Dependent: some of them share their chance within one party.
        """
        rows = self.routes.hits(rows, self.rules)
        if not len(rows):
            return NO_EVENTS
        bits = [self.routes.fits(rows, rule) for rule in self.rules]
        number = np.zeros(len(rows), dtype=np.int64)
        hits = np.zeros(len(rows), dtype=np.int64)
        for n, fits in enumerate(bits):
            hits += fits
            number[fits] = n
        odd = np.unique(self._odd(rows, hits))
        if len(odd):
            kept = ~np.isin(self.ledger.whole["root"][rows], odd)
            rows, number = rows[kept], number[kept]
        events = self._columns(rows, number)
        if not len(odd):
            return events
        more = [e for root in odd.tolist() for e in self.of_root(root)]
        return self.merged(events, events_of(more))

    def _odd(self, rows: Ints, hits: Ints) -> Ints:
        """Roots that have more than one report, or more than one rule, here."""
        whole = self.ledger.whole
        root, choice = whole["root"][rows], whole["choice"][rows]
        odd = [root[hits > 1]]
        if len(np.unique(root)) < len(root):
            width = int(whole["party"][rows].max(initial=0)) + 2
            pair = root * width + whole["party"][rows] + 1
            _, group, counts = np.unique(pair, return_inverse=True, return_counts=True)
            odd.append(root[counts[group] > 1])
        if (choice >= 0).any():
            self._refuse_shared(rows, root, choice)
        return np.concatenate(odd)

    def _refuse_shared(self, rows: Ints, root: Ints, choice: Ints) -> None:
        party = self.ledger.whole["party"][rows]
        chosen = choice >= 0
        trio = np.stack([choice[chosen], party[chosen], root[chosen]])
        pairs = np.unique(trio, axis=1)[:2]
        if np.unique(pairs, axis=1).shape[1] < pairs.shape[1]:
            raise Dependent

    def _columns(self, rows: Ints, number: Ints) -> Events:
        whole, real = self.ledger.whole, self.ledger.real
        t = whole["t"][rows]
        spans = [_overlap(self.ranged.span, active) for active in self.ranged.active]
        start = np.array([span.start for span in spans])
        stop = np.array([span.stop for span in spans])
        bound = np.flatnonzero((start[number] <= t) & (t < stop[number]))
        if len(bound) < len(rows):
            rows, number, t = rows[bound], number[bound], t[bound]
        early, late = whole["early"][rows], whole["late"][rows]
        lo, hi = real["lo"][rows], real["hi"][rows]
        zone, sure = self._zones(rows, number)
        known = ~np.isnan(zone)
        act = (hi - lo) * np.where(known, zone, 1.0)
        certain = sure & (zone == 1.0) & (lo <= 0.0) & (hi >= 1.0)
        certain &= (early >= start[number]) & (late < stop[number])
        return Events(
            party=whole["party"][rows],
            sector=whole["sector"][rows],
            whole=np.stack(
                [
                    t,
                    early,
                    late,
                    certain.astype(np.int64),
                    self.ledger.serial[rows],
                    whole["us"][rows],
                    whole["sources"][rows],
                    whole["root"][rows],
                ]
            ),
            chance=np.stack([act, np.where(known, act, 0.0)]),
        )

    def _zones(self, rows: Ints, number: Ints) -> tuple[Reals, Flags]:
        zone: Reals = np.ones(len(rows))
        sure: Flags = np.ones(len(rows), dtype=np.bool_)
        for n, rule in enumerate(self.prohibition.rules):
            mine = number == n
            place = self.routes.place(rows, self.rules[n])
            if place is not None:
                zone[mine], sure[mine] = place[0][mine], place[1][mine]
            if rule.pattern.sectors is not None:
                lost = mine & (self.ledger.whole["sector"][rows] < 0)
                zone[lost], sure[lost] = np.nan, False
        return zone, sure

    def merged(self, one: Events, other: Events) -> Events:
        """Events of two lists, in time order."""
        party = np.concatenate([one.party, other.party])
        whole = np.concatenate([one.whole, other.whole], axis=1)
        rows = self.ledger.rows(whole[SERIAL])
        place = {row: n for n, row in enumerate(self.ledger.sorted_rows(rows.tolist()))}
        order = np.argsort([place[row] for row in rows.tolist()], kind="stable")
        return Events(
            party=party[order],
            sector=np.concatenate([one.sector, other.sector])[order],
            whole=whole[:, order],
            chance=np.concatenate([one.chance, other.chance], axis=1)[:, order],
        )


def _overlap(a: Span, b: Span) -> Span:
    return Span(max(a.start, b.start), min(a.stop, b.stop))


def _covered(pairs: Iterable[tuple[float, float]]) -> float:
    """Length of the union of stretches."""
    total, reach = 0.0, 0.0
    for lo, hi in sorted(pairs):
        if hi > reach:
            total += hi - max(lo, reach)
            reach = hi
    return float(total)
