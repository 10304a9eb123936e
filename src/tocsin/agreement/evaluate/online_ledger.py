"""The facts that the online engine remembers, in the order in which they came.

Each fact gets a serial number. Two phases keep what follows honest:
:meth:`Ledger.stage` says what a delivery would change (facts that stand apart, and
roots whose facts change in any other way), :meth:`Ledger.commit` changes it; in between
the units of the engine look at how things were. Facts that reach back behind the
lateness horizon are handed back, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.history import (
    NONE,
    WITHDRAWAL,
    Flags,
    Ints,
    Reals,
)
from tocsin.agreement.evaluate.history import _stretches as stretches
from tocsin.agreement.evaluate.online_intake import (
    TEXTS,
    Incoming,
    Vocabulary,
)
from tocsin.agreement.evaluate.online_marks import Marks
from tocsin.agreement.evaluate.online_order import Order
from tocsin.model.records import Issue, Where

__all__ = ["NEVER", "REAL", "WHOLE", "Ledger", "Staged"]

NEVER: Final = -(1 << 61)
"""A horizon behind which nothing lies."""

WHOLE = (
    "us", "t", "early", "late", "end", *TEXTS, "count", "sources", "root", "choice",
)  # fmt: skip
REAL = ("value", "p", "lo", "hi", "lon", "lat", "sigma_m")
SAME = ("us", "early", "late", "end", *TEXTS, "count", "sources")
SAME_REAL = ("value", "p", "lon", "lat", "sigma_m")


class Staged(msgspec.Struct, kw_only=True):
    """What a delivery would change.

    Attributes:
        first, stop: the rows it adds.
        alone: rows that are new, count, and touch nothing that is known, in time order.
        touched: roots whose facts change in any other way.
        alive: rows that begin or cease to count.
        moved: rows whose stretch of chance is to be set.
        late: rows of the delivery (not of the ledger) that are handed back.
        gone: ids that this delivery withdraws.
    """

    first: int
    stop: int
    alone: Ints
    touched: list[int] = []
    alive: dict[int, bool] = {}
    moved: dict[int, tuple[float, float]] = {}
    late: list[int] = []
    gone: dict[str, str] = {}
    issues: list[Issue] = []


class Ledger:
    """Facts in columns by row; rows are in the order of arrival."""

    def __init__(self) -> None:
        self.n = 0
        self.next_serial = 0
        self.words = Vocabulary()
        self.ids: list[str] = []
        self.serial: Ints = np.empty(0, np.int64)
        self.whole: dict[str, Ints] = {name: np.empty(0, np.int64) for name in WHOLE}
        self.real: dict[str, Reals] = {name: np.empty(0) for name in REAL}
        self.alive: Flags = np.empty(0, np.bool_)
        self.usable: Flags = np.empty(0, np.bool_)
        self.order = Order()
        self.by_id: dict[str, int] = {}
        self.doubles: dict[str, list[int]] = {}
        self.withdrawn: dict[str, int] = {}
        self.root_of: dict[str, int] = {}
        self.root_names: dict[int, str] = {}
        self.members: dict[int, list[int]] = {}
        self.choice_of: dict[str, int] = {}
        self.chosen: dict[int, list[int]] = {}
        self.seen: dict[str, dict[int, int]] = {"sector": {}}
        self.frozen: dict[int, int] = {}
        self.let_go = Marks()

    def __len__(self) -> int:
        return self.n

    # --- looking things up -----------------------------------------------------------

    def row(self, serial: int) -> int:
        """The row of a serial number that is still held."""
        if self.next_serial == self.n:
            return serial
        return int(np.searchsorted(self.serial[: self.n], serial))

    def rows(self, serials: Ints) -> Ints:
        """The rows of serial numbers that are still held."""
        if self.next_serial == self.n:
            return serials
        return np.searchsorted(self.serial[: self.n], serials).astype(np.int64)

    def root_rows(self, root: int) -> list[int]:
        """All rows of a root, in the order of arrival."""
        members = self.members.get(root)
        if members is None:
            return [self.row(root)]
        return [self.row(serial) for serial in members]

    def living(self, name: str) -> int:
        """The serial number of the fact that counts under an id."""
        for row in self._of_id(name):
            if self.alive[row]:
                return int(self.serial[row])
        raise KeyError(name)

    def everything(self) -> Staged:
        """All facts that count, as if they came in one delivery."""
        rows = np.flatnonzero(self.alive[: self.n])
        root, choice = self.whole["root"][rows], self.whole["choice"][rows]
        apart = self._apart(root, choice, 0) if len(rows) else rows.astype(np.bool_)
        staged = Staged(first=0, stop=self.n, alone=self._in_order(rows[apart]))
        staged.touched = np.unique(root[~apart]).tolist()
        return staged

    def sorted_rows(self, rows: Iterable[int]) -> list[int]:
        """Rows in time order: by microsecond, then by id (rule T3)."""
        us = self.whole["us"]
        return sorted(rows, key=lambda row: (us[row], self.ids[row]))

    def tied(self, root: int) -> set[int]:
        """The roots that share their chance with this one, itself among them (P2)."""
        choice, alive = self.whole["choice"], self.alive
        found, waiting = {root}, [root]
        while waiting:
            for row in self.root_rows(waiting.pop()):
                if choice[row] < 0 or not alive[row]:
                    continue
                for serial in self.chosen.get(int(choice[row]), ()):
                    other = self.row(serial)
                    mate = int(self.whole["root"][other])
                    if alive[other] and mate not in found:
                        found.add(mate)
                        waiting.append(mate)
        return found

    def position(self, serials: Ints) -> Ints:
        """Positions in the whole table in time order."""
        if not self.frozen:
            rows = self.rows(serials)
            return self.order.positions(self.whole["us"][rows], serials)
        fixed = np.array([self.frozen.get(s, NONE) for s in serials.tolist()], np.int64)
        held = serials[fixed < 0]
        us = self.whole["us"][self.rows(held)]
        fixed[fixed < 0] = self.order.positions(us, held)
        return fixed

    def roots_of(self, codes: Ints) -> list[str | None]:
        """Names of roots by code; of other codes below -1 a running number."""
        return [
            f"#{-code}" if code < NONE else self.root_names.get(code)
            for code in codes.tolist()
        ]

    # --- letting go ------------------------------------------------------------------

    def freeze(self, us: int, quoted: set[int], kept: Ints) -> None:
        """Facts before an instant stand where they stand; remember it of some.

        Args:
            us: no fact comes in before this instant any more.
            quoted: serial numbers that rows quote; kept: rows that stay.
        """
        wanted = quoted | set(self.serial[kept].tolist())
        places = self.frozen | self.order.drop(us)
        self.frozen = {serial: places[serial] for serial in wanted & places.keys()}

    def keep(self, rows: Ints, subjects_in_use: set[int]) -> None:
        """Only these rows stay; serial numbers stay as they are."""
        subjects = set(self.whole["subject"][: self.n].tolist())
        subjects -= subjects_in_use | {NONE}
        before = self._bearers()
        self.ids = [self.ids[row] for row in rows.tolist()]
        self.n = len(rows)
        self.serial, self.alive = self.serial[rows], self.alive[rows]
        self.usable = self.usable[rows]
        self.whole = {name: values[rows] for name, values in self.whole.items()}
        self.real = {name: values[rows] for name, values in self.real.items()}
        roots = set(self.whole["root"].tolist())
        self.root_names = {c: n for c, n in self.root_names.items() if c in roots}
        chosen = set(self.whole["choice"].tolist())
        self.choice_of = {n: c for n, c in self.choice_of.items() if c in chosen}
        names = set(self.ids)
        self.doubles = {n: d for n, d in self.doubles.items() if n in names}
        since = int(self.order.held[0, 0]) // 1_000_000 if self.order.n else NEVER
        self.withdrawn = {
            n: t for n, t in self.withdrawn.items() if n in names or t >= since
        }
        self.index()
        self.let_go.add(sorted(before - self._bearers()))
        subjects -= set(self.whole["subject"].tolist())
        self.words.forget("subject", subjects)

    def _bearers(self) -> set[str]:
        """Every name that a fact may share with another."""
        return {*self.ids, *self.root_names.values(), *self.choice_of}

    def index(self) -> None:
        """Find again what the columns say: ids, roots, choices."""
        serials = self.serial[: self.n].tolist()
        held = set(serials)
        self.doubles = {n: [s for s in d if s in held] for n, d in self.doubles.items()}
        self.by_id = dict(zip(reversed(self.ids), reversed(serials), strict=True))
        self.root_of = {name: code for code, name in self.root_names.items()}
        whole, serial = self.whole, self.serial[: self.n]
        root, choice = whole["root"][: self.n], whole["choice"][: self.n]
        _, group, counts = np.unique(root, return_inverse=True, return_counts=True)
        several = np.flatnonzero((counts[group] > 1) | (root != serial))
        self.members, self.chosen = {}, {}
        for row in several.tolist():
            self.members.setdefault(int(root[row]), []).append(serials[row])
        for row in np.flatnonzero(choice >= 0).tolist():
            self.chosen.setdefault(int(choice[row]), []).append(serials[row])

    def sectors(self) -> tuple[str, ...]:
        """The sectors that facts name."""
        names = self.words.names("sector")
        return tuple(names[code] for code in self.seen["sector"])

    # --- a delivery ------------------------------------------------------------------

    def stage(self, incoming: Incoming, floor: int) -> Staged:
        """What this delivery would change; its rows are held, but do not count yet."""
        staged = Staged(first=self.n, stop=self.n, alone=np.empty(0, np.int64))
        kept = self._admitted(incoming, floor, staged)
        self._append(incoming, kept)
        staged.stop = self.n
        self._count(incoming, kept, staged)
        return staged

    def adopt(
        self,
        ids: list[str],
        roots: list[str],
        choice: Ints,
        whole: dict[str, Ints],
        real: dict[str, Reals],
    ) -> Staged:
        """Facts that another engine has settled, chances and all; as :meth:`stage`."""
        first, begun, m = self.n, self.next_serial, len(ids)
        known = {roots[n] for n in range(m) if roots[n] in self.root_of}
        self._room(m)
        self.n, self.next_serial = first + m, begun + m
        self.ids += ids
        self.serial[first : self.n] = begun + np.arange(m)
        self.usable[first : self.n], self.alive[first : self.n] = True, False
        for name, values in whole.items():
            self.whole[name][first : self.n] = values
        for name, reals in real.items():
            self.real[name][first : self.n] = reals
        self.whole["choice"][first : self.n] = choice
        for n, (name, root) in enumerate(zip(ids, roots, strict=True)):
            self._register(name, root, first + n)
            if choice[n] >= 0:
                self.chosen.setdefault(int(choice[n]), []).append(begun + n)
        staged = Staged(first=first, stop=self.n, alone=np.empty(0, np.int64))
        touched = {self.root_of[root] for root in known}
        for code in list(touched):
            touched |= self.tied(code)
        codes = self.whole["root"][first : self.n]
        bound = np.isin(codes, list(touched))
        if len(self.chosen):
            old = {
                int(c) for c in choice[choice >= 0] if self.chosen[int(c)][0] < begun
            }
            bound |= np.isin(choice, list(old))
            mates = [self.row(serial) for code in old for serial in self.chosen[code]]
            touched |= {int(self.whole["root"][row]) for row in mates}
        staged.alone = first + np.flatnonzero(~bound)
        staged.alive = {first + int(n): True for n in np.flatnonzero(bound)}
        staged.touched = sorted(touched | set(codes[bound].tolist()))
        return staged

    def _register(self, name: str, root: str, row: int) -> None:
        serial = int(self.serial[row])
        self.by_id[name] = serial
        held = self.root_of.setdefault(root, serial)
        if held == serial:
            self.root_names[serial] = root
        else:
            self.members.setdefault(held, [held]).append(serial)
        self.whole["root"][row] = held

    def commit(self, staged: Staged) -> bool:
        """Let it count. True where a sector came to be known, or is so no more."""
        known = set(self.seen["sector"])
        for row, alive in staged.alive.items():
            self.alive[row] = alive
            self._see(row, 1 if alive else -1)
        for row, (lo, hi) in staged.moved.items():
            self.real["lo"][row], self.real["hi"][row] = lo, hi
        rows = staged.alone
        self.alive[rows] = True
        counts = np.bincount(self.whole["sector"][rows] + 1)
        for code in np.flatnonzero(counts[1:]):
            seen = self.seen["sector"]
            seen[int(code)] = seen.get(int(code), 0) + int(counts[code + 1])
        return self.seen["sector"].keys() != known

    def _see(self, row: int, by: int) -> None:
        code = int(self.whole["sector"][row])
        if code < 0:
            return
        seen = self.seen["sector"]
        seen[code] = seen.get(code, 0) + by
        if seen[code] == 0:
            del seen[code]

    # --- which rows come in ----------------------------------------------------------

    def _admitted(self, incoming: Incoming, floor: int, staged: Staged) -> Ints:
        """Rows of the delivery that are new and not too late."""
        n = len(incoming.ids)
        refused = np.minimum(incoming.t, incoming.early) < floor
        again = self._again(incoming)
        if floor > NEVER:
            refused |= self._reaching_back(incoming, floor)
            refused |= self.let_go.among(incoming.ids)
            refused |= self.let_go.among(incoming.choices)
            if incoming.roots is not incoming.ids:
                refused |= self.let_go.among(incoming.roots)
        staged.late = np.flatnonzero(refused & ~again).tolist()
        return np.flatnonzero(~(refused | again)) if n else np.empty(0, np.int64)

    def _again(self, incoming: Incoming) -> Flags:
        """Rows that were delivered before, word for word; they change nothing."""
        ids = incoming.ids
        again = np.zeros(len(ids), dtype=np.bool_)
        if len(set(ids)) == len(ids) and self.by_id.keys().isdisjoint(ids):
            return again
        within: dict[str, list[int]] = {}
        for n, name in enumerate(ids):
            rows = self._of_id(name)
            again[n] = any(self._is_same(row, incoming, n) for row in rows) or any(
                incoming.same(m, n) for m in within.get(name, ())
            )
            within.setdefault(name, []).append(n)
        return again

    def _of_id(self, name: str) -> list[int]:
        if name in self.doubles:
            return [self.row(serial) for serial in self.doubles[name]]
        return [self.row(self.by_id[name])] if name in self.by_id else []

    def _is_same(self, row: int, incoming: Incoming, n: int) -> bool:
        choice = int(self.whole["choice"][row])
        return (
            all(self.whole[c][row] == incoming.whole[c][n] for c in SAME)
            and all(_equal(self.real[c][row], incoming.real[c][n]) for c in SAME_REAL)
            and self.root_names[int(self.whole["root"][row])] == incoming.roots[n]
            and self.choice_of.get(incoming.choices[n] or "", NONE) == choice
        )

    def _reaching_back(self, incoming: Incoming, floor: int) -> Flags:
        """Rows that would change a fact from behind the horizon."""
        back = np.zeros(len(incoming.ids), dtype=np.bool_)
        if self._is_all_new(incoming):
            return back
        for n, (name, root) in enumerate(
            zip(incoming.ids, incoming.roots, strict=True)
        ):
            rows = self._of_id(name)
            if root in self.root_of:
                rows += self.root_rows(self.root_of[root])
            choice, gone = incoming.choices[n], incoming.withdraws[n]
            if choice is not None and choice in self.choice_of:
                held = self.chosen[self.choice_of[choice]]
                rows += [self.row(serial) for serial in held]
            if gone is not None:
                rows += self._of_id(gone)
            back[n] = any(self._behind(row, floor) for row in rows)
        return back

    def _is_all_new(self, incoming: Incoming) -> bool:
        return (
            not incoming.withdrawing
            and self.by_id.keys().isdisjoint(incoming.ids)
            and self.root_of.keys().isdisjoint(incoming.roots)
            and not (
                incoming.choosing and self.choice_of.keys() & set(incoming.choices)
            )
        )

    def _behind(self, row: int, floor: int) -> bool:
        return bool(min(self.whole["t"][row], self.whole["early"][row]) < floor)

    def _append(self, incoming: Incoming, kept: Ints) -> None:
        m, first = len(kept), self.n
        self._room(m)
        stop = first + m
        every = len(kept) == len(incoming.ids)
        names = incoming.ids if every else [incoming.ids[n] for n in kept]
        self.ids += names
        self.serial[first:stop] = self.next_serial + np.arange(m)
        for name, values in incoming.whole.items():
            self.whole[name][first:stop] = values if every else values[kept]
        for name, reals in incoming.real.items():
            self.real[name][first:stop] = reals if every else reals[kept]
        p = self.real["p"][first:stop]
        withdrawal = self.words.code("kind", WITHDRAWAL)
        self.usable[first:stop] = (
            (p > 0.0) & (p <= 1.0) & (self.whole["kind"][first:stop] != withdrawal)
        )
        self.alive[first:stop] = False
        self.real["lo"][first:stop] = 0.0
        self.real["hi"][first:stop] = p
        self.n = stop
        self.next_serial += m
        self.order.insert(
            self.whole["us"][first:stop], self.serial[first:stop], names, self._id_of
        )

    def _id_of(self, serial: int) -> str:
        return self.ids[self.row(serial)]

    def _room(self, more: int) -> None:
        have, need = len(self.serial), self.n + more
        if need <= have:
            return
        size = max(need, 2 * have, 1024)
        self.serial = _longer(self.serial, size)
        self.alive = _longer(self.alive, size)
        self.usable = _longer(self.usable, size)
        for name in WHOLE:
            self.whole[name] = _longer(self.whole[name], size)
        for name in REAL:
            self.real[name] = _longer(self.real[name], size)

    # --- what comes to count ---------------------------------------------------------

    def _count(self, incoming: Incoming, kept: Ints, staged: Staged) -> None:
        first, stop = staged.first, staged.stop
        begun = self.next_serial - (stop - first)
        choices, touched_ids = self._named(incoming, kept, staged)
        alive = self.usable[first:stop].copy()
        for name in touched_ids:
            self._settle_id(name, staged, alive)
        root, choice = self.whole["root"][first:stop], self.whole["choice"][first:stop]
        apart = (root >= begun) & (choice < begun) if not choices else root >= begun
        if choices:
            apart &= self._apart(root, choice, begun)
        changed = {row for row in staged.alive if row < first}
        regroup = {int(self.whole["choice"][row]) for row in changed} - {NONE}
        new = np.flatnonzero(alive)
        if choices:
            old = (choice >= 0) & (choice < begun)
            regroup |= set(choice[old].tolist())
            self._stretch_new(first, new[choice[new] >= begun])
        for group in regroup:
            changed |= self._stretch(group, staged, first, alive)
        mixed = np.flatnonzero(alive & ~apart)
        changed |= {first + int(n) for n in mixed}
        staged.alive |= {first + int(n): True for n in mixed}
        roots = dict.fromkeys(int(self.whole["root"][row]) for row in sorted(changed))
        for code in list(roots):
            roots |= dict.fromkeys(sorted(self.tied(code)))
        staged.touched = list(roots)
        alone = first + np.flatnonzero(alive & apart)
        if staged.touched:
            own = np.isin(self.whole["root"][alone], staged.touched)
            staged.alive |= {int(row): True for row in alone[own]}
            alone = alone[~own]
        staged.alone = self._in_order(alone)
        self._note_bad(first, stop, staged)

    def _named(
        self, incoming: Incoming, kept: Ints, staged: Staged
    ) -> tuple[bool, list[str]]:
        """Ids, roots and choices of the new rows; True where some share a choice."""
        odd: list[str] = []
        by_id, root_of, members = self.by_id, self.root_of, self.members
        roots, ids, row = incoming.roots, incoming.ids, staged.first
        serial = self.next_serial - (staged.stop - staged.first)
        codes = self.whole["root"]
        for n in kept.tolist():
            name = ids[n]
            if name in by_id:
                self.doubles.setdefault(name, [by_id[name]]).append(serial)
                odd.append(name)
            else:
                by_id[name] = serial
                if self.withdrawn and name in self.withdrawn:
                    odd.append(name)
            held = root_of.get(roots[n])
            if held is None:
                root_of[roots[n]] = held = serial
                self.root_names[held] = roots[n]
            elif held in members:
                members[held].append(serial)
            else:
                members[held] = [held, serial]
            codes[row] = held
            row += 1
            serial += 1
        self._withdraw(incoming, kept, staged, odd)
        return self._choose(incoming, kept, staged), list(dict.fromkeys(odd))

    def _withdraw(
        self, incoming: Incoming, kept: Ints, staged: Staged, odd: list[str]
    ) -> None:
        if not incoming.withdrawing:
            return
        for n in kept.tolist():
            gone = incoming.withdraws[n]
            if gone is None:
                continue
            staged.gone[gone] = incoming.ids[n]
            self.withdrawn.setdefault(gone, int(incoming.t[n]))
            if gone not in self.by_id and self.order.dropped:
                staged.late.append(n)
                staged.issues.append(_unknown(gone, incoming.ids[n]))
            odd += [gone] if gone in self.by_id else []

    def _choose(self, incoming: Incoming, kept: Ints, staged: Staged) -> bool:
        first, stop = staged.first, staged.stop
        self.whole["choice"][first:stop] = NONE
        if not incoming.choosing:
            return False
        serial = self.next_serial - (stop - first)
        for at, n in enumerate(kept.tolist()):
            name = incoming.choices[n]
            if name is None:
                continue
            code = self.choice_of.setdefault(name, serial + at)
            self.chosen.setdefault(code, []).append(serial + at)
            self.whole["choice"][first + at] = code
        return True

    def _settle_id(self, name: str, staged: Staged, alive: Flags) -> None:
        """Of one id the earliest usable row counts, unless it was withdrawn."""
        rows = self.sorted_rows(self._of_id(name))
        usable = [row for row in rows if self._fit(row)]
        chosen = usable[0] if usable and name not in self.withdrawn else None
        if chosen is not None and self.real["p"][chosen] == 0.0:
            chosen = None
        for row in rows:
            counts = row == chosen
            if row >= staged.first:
                alive[row - staged.first] = counts
            elif bool(self.alive[row]) != counts:
                staged.alive[row] = counts
        if len(rows) > 1 and name not in self.withdrawn:
            staged.issues.append(_said_twice(name))

    def _fit(self, row: int) -> bool:
        p = self.real["p"][row]
        withdrawal = self.words.code("kind", WITHDRAWAL)
        return bool(0.0 <= p <= 1.0 and self.whole["kind"][row] != withdrawal)

    def _apart(self, root: Ints, choice: Ints, begun: int) -> Flags:
        """Rows whose choice is new, and whose roots have no other."""
        fresh = (choice < 0) | (choice >= begun)
        if int(root.max(initial=NONE)) < begun:
            return np.zeros(len(root), dtype=np.bool_)
        least = np.full(int(root.max(initial=0)) + 1 - begun, np.iinfo(np.int64).max)
        most = np.full(len(least), NONE)
        own = np.flatnonzero(root >= begun)
        np.minimum.at(least, root[own] - begun, choice[own])
        np.maximum.at(most, root[own] - begun, choice[own])
        uniform = np.zeros(len(root), dtype=np.bool_)
        uniform[own] = least[root[own] - begun] == most[root[own] - begun]
        stale = np.unique(root[~(fresh & uniform)])
        apart = fresh & uniform & ~np.isin(root, stale)
        bound = np.unique(choice[~apart & (choice >= 0)])
        while True:
            hit = apart & (choice >= 0) & np.isin(choice, bound)
            if not hit.any():
                return apart
            apart &= ~np.isin(root, np.unique(root[hit]))
            bound = np.unique(choice[~apart & (choice >= 0)])

    def _stretch_new(self, first: int, new: Ints) -> None:
        """Stretches of rows whose choice came with this delivery alone."""
        rows = self._in_order(first + new)
        if not len(rows):
            return
        lo, hi = stretches(self.real["p"][rows], self.whole["choice"][rows])
        self.real["lo"][rows], self.real["hi"][rows] = lo, hi

    def _stretch(
        self, choice: int, staged: Staged, first: int, alive: Flags
    ) -> set[int]:
        """Stretches of a choice that gained or lost a row: all its rows."""

        def counts(row: int) -> bool:
            if row >= first:
                return bool(alive[row - first])
            return staged.alive.get(row, bool(self.alive[row]))

        held = [self.row(serial) for serial in self.chosen[choice]]
        rows = np.array(self.sorted_rows(filter(counts, held)), dtype=np.int64)
        p = self.real["p"][rows]
        lo, hi = stretches(p, np.zeros(len(rows), np.int64))
        for n, row in enumerate(rows.tolist()):
            staged.moved[row] = float(lo[n]), float(hi[n])
        return set(rows.tolist())

    def _in_order(self, rows: Ints) -> Ints:
        us = self.whole["us"][rows]
        if not len(rows) or (us[1:] > us[:-1]).all():
            return rows
        order = np.argsort(us, kind="stable")
        ordered = us[order]
        if (ordered[1:] == ordered[:-1]).any():
            return np.array(self.sorted_rows(rows.tolist()), dtype=np.int64)
        return rows[order]

    def _note_bad(self, first: int, stop: int, staged: Staged) -> None:
        p = self.real["p"][first:stop]
        bad = np.flatnonzero(~((p >= 0.0) & (p <= 1.0)))
        if len(bad):
            staged.issues.append(_bad(tuple(self.ids[first + n] for n in bad[:20])))


# --- small things --------------------------------------------------------------------


def _longer(values: Any, size: int) -> Any:
    longer = np.empty(size, values.dtype)
    longer[: len(values)] = values
    return longer


def _equal(a: float, b: float) -> bool:
    return bool(a == b or (np.isnan(a) and np.isnan(b)))


def _said_twice(name: str) -> Issue:
    return Issue(
        code="id_conflict",
        where=Where(file="facts", field="fact_id"),
        message="1 facts carry the id of another fact",
        repair="give each fact its own id; of each id the earliest is used",
        evidence=(name,),
    )


def _unknown(gone: str, name: str) -> Issue:
    return Issue(
        code="too_late",
        where=Where(file="facts", field="withdraws"),
        message=f"`{name}` withdraws `{gone}`, which is not known, or no more; it is"
        f" handed back, and will count should `{gone}` come",
        repair="if that fact lies behind the horizon, evaluate all by the batch engine",
        evidence=(name,),
        warning=True,
    )


def _bad(ids: tuple[str, ...]) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file="facts", field="p"),
        message=f"{len(ids)} facts have a probability outside 0 to 1",
        repair="give `p` between 0 and 1; these facts are left out",
        evidence=ids,
    )
