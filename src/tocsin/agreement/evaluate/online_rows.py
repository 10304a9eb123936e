"""Verdicts of the online engine on their way out, and what changed about them.

A row is known by its clause, party, sector, subject, instant, due date and, where
several calls of one second stand side by side, by its root. :class:`Told` is one row,
:class:`Part` many in columns; witnesses are serial numbers until they leave the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Final, NamedTuple

import msgspec
import numpy as np

from tocsin.agreement.evaluate.history import NONE, Flags, Ints, Reals
from tocsin.agreement.evaluate.online_kernels import ENDED

__all__ = [
    "ADDED",
    "BY_COVERAGE",
    "BY_FACT",
    "BY_FORCE",
    "BY_LATE_FACT",
    "BY_PROCEDURE",
    "BY_WITHDRAWAL",
    "REASONS",
    "REVISED",
    "WITHDRAWN",
    "Change",
    "Part",
    "RowKey",
    "Told",
    "compared",
    "ended",
    "is_same",
    "joined",
    "net",
    "netted",
    "part_of",
    "told_of",
]

ADDED, REVISED, WITHDRAWN = 1, 2, 3
SAME_P: Final = 1e-9

BY_FACT, BY_LATE_FACT, BY_WITHDRAWAL, BY_COVERAGE, BY_FORCE, BY_PROCEDURE = range(1, 7)
REASONS: Final = (
    "time passed",
    "a fact came in",
    "a fact came in late",
    "a fact was withdrawn, corrected or joined by another report",
    "coverage became known",
    "what is in force, or which sectors are known, changed",
    "another clause woke it",
)
"""Why a verdict changed, by number."""

NOTHING: Final = (np.nan,) * 5


class RowKey(NamedTuple):
    """What a row is known by; codes of texts, -1 for null."""

    clause: int
    party: int
    sector: int
    subject: int
    t: int
    due: int
    root: int


class Told(NamedTuple):
    """One verdict: chances are met, breached, pending, excused, ever (NaN for null)."""

    key: RowKey
    verdict: int
    method: int
    certain: bool
    p: tuple[float, ...]
    serials: tuple[int, ...]


class Change(NamedTuple):
    """A verdict that is new, revised or withdrawn, and what was said before."""

    state: int
    told: Told
    was: Told | None
    reason: int


class Part(msgspec.Struct, kw_only=True):
    """Changes in columns.

    Attributes:
        key: the columns of :class:`RowKey`. (n, 7)
        state: added, revised or withdrawn.
        verdict: 0 to 4, or ENDED where the article ceased to bind.
        p: met, breached, pending, excused, ever. (n, 5)
        was, was_p: verdict and P(breached) said before; -1 and NaN where none was.
        reason: why it changed.
        offsets: where the witness of each row begins in ``serials``. (n + 1,)
    """

    key: Ints
    state: Ints
    verdict: Ints
    method: Ints
    certain: Flags
    p: Reals
    was: Ints
    was_p: Reals
    reason: Ints
    offsets: Ints
    serials: Ints

    def __len__(self) -> int:
        return len(self.state)

    @staticmethod
    def added(told: Iterable[Told]) -> Part:
        """Rows as if all of them were new."""
        return part_of([Change(ADDED, one, None, 0) for one in told])


def is_same(one: Told, other: Told) -> bool:
    """Verdict, method and witness exactly, chances within 1e-9."""
    if one[1:4] != other[1:4] or one.serials != other.serials:
        return False
    return one.p == other.p or all(
        abs(a - b) <= SAME_P or (isnan(a) and isnan(b))
        for a, b in zip(one.p, other.p, strict=True)
    )


def compared(
    old: Mapping[RowKey, Told], new: Mapping[RowKey, Told], reason: int
) -> list[Change]:
    """What is new, revised or withdrawn between two states of some rows."""
    changes = [
        Change(WITHDRAWN, told, told, reason)
        for key, told in old.items()
        if key not in new
    ]
    for key, told in new.items():
        was = old.get(key)
        if was is None:
            changes.append(Change(ADDED, told, None, reason))
        elif not is_same(was, told):
            changes.append(Change(REVISED, told, was, reason))
    return changes


def net(changes: Sequence[Change]) -> list[Change]:
    """At most one change of each row: from what was said first to what is said last."""
    found: dict[RowKey, Change] = {}
    for change in changes:
        first = found.pop(change.told.key, None)
        merged = change if first is None else _merged(first, change)
        if merged is not None:
            found[merged.told.key] = merged
    return list(found.values())


def _merged(first: Change, last: Change) -> Change | None:
    gone = last.state == WITHDRAWN
    if first.state == ADDED:
        return None if gone else last._replace(state=ADDED, was=None)
    if not gone and first.was is not None and is_same(first.was, last.told):
        return None
    state = WITHDRAWN if gone else REVISED
    return last._replace(state=state, was=first.was)


def netted(part: Part) -> Part:
    """The same of a whole part, by what was said before and is said now."""
    order: dict[tuple[int, ...], list[int]] = {}
    for n, key in enumerate(part.key.tolist()):
        order.setdefault(tuple(key), []).append(n)
    if len(order) == len(part):
        return part
    kept, state, first = [], [], []
    for rows in order.values():
        begun = part.state[rows[0]] == ADDED
        gone = part.state[rows[-1]] == WITHDRAWN
        if begun and gone:
            continue
        kept.append(rows[-1])
        first.append(rows[0])
        single = len(rows) == 1
        changed = ADDED if begun else WITHDRAWN if gone else REVISED
        state.append(int(part.state[rows[0]]) if single else changed)
    return _taken(part, kept, first, state)


def _taken(part: Part, kept: list[int], first: list[int], state: list[int]) -> Part:
    """Rows of a part, with what was said before the first change of each."""
    last, begin = np.array(kept, np.int64), np.array(first, np.int64)
    low, high = part.offsets[last], part.offsets[last + 1]
    counts = high - low
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    return Part(
        key=part.key[last],
        state=np.array(state, dtype=np.int64),
        verdict=part.verdict[last],
        method=part.method[last],
        certain=part.certain[last],
        p=part.p[last],
        was=part.was[begin],
        was_p=part.was_p[begin],
        reason=part.reason[last],
        offsets=offsets,
        serials=part.serials[np.repeat(low, counts) + inside],
    )


def part_of(changes: Sequence[Change]) -> Part:
    """Single changes as columns."""
    told = [change.told for change in changes]
    counts = [len(one.serials) for one in told]
    flat = [serial for one in told for serial in one.serials]
    was = [change.was for change in changes]
    return Part(
        key=np.array([one.key for one in told], dtype=np.int64).reshape(-1, 7),
        state=np.array([change.state for change in changes], dtype=np.int64),
        verdict=np.array([one.verdict for one in told], dtype=np.int64),
        method=np.array([one.method for one in told], dtype=np.int64),
        certain=np.array([one.certain for one in told], dtype=np.bool_),
        p=np.array([one.p for one in told], dtype=np.float64).reshape(-1, 5),
        was=np.array([NONE if one is None else one.verdict for one in was], np.int64),
        was_p=np.array([np.nan if one is None else one.p[1] for one in was], float),
        reason=np.array([change.reason for change in changes], dtype=np.int64),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        serials=np.array(flat, dtype=np.int64),
    )


def told_of(part: Part) -> dict[RowKey, Told]:
    """Columns as single rows by key."""
    found = {}
    bounds = part.offsets.tolist()
    serials = part.serials.tolist()
    for n, key in enumerate(part.key.tolist()):
        told = Told(
            RowKey(*key),
            int(part.verdict[n]),
            int(part.method[n]),
            bool(part.certain[n]),
            tuple(part.p[n].tolist()),
            tuple(serials[bounds[n] : bounds[n + 1]]),
        )
        found[told.key] = told
    return found


def ended(key: RowKey) -> Told:
    """The last row of a key: from here on its article says nothing (rule T6)."""
    return Told(key, ENDED, 0, certain=False, p=NOTHING, serials=())


def joined(parts: Iterable[Part]) -> Part:
    """Several parts as one."""
    held = list(parts) or [part_of(())]
    counts = [np.diff(part.offsets) for part in held]
    plain = {
        name: np.concatenate([getattr(part, name) for part in held])
        for name in Part.__struct_fields__
        if name != "offsets"
    }
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    return Part(offsets=offsets.astype(np.int64), **plain)
