"""What a delivery changed, as a table that is made when somebody looks at it.

The first columns are those of VERDICTS; ``revision`` counts what was said of the same
clause, party, sector, subject and instant. A row that is ``withdrawn`` says nothing any
more: it has no chances and no witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.agreement.evaluate.history import NONE, Flags, Ints, Reals
from tocsin.agreement.evaluate.online_core import Core
from tocsin.agreement.evaluate.online_engine import ranges_of_serials
from tocsin.agreement.evaluate.online_kernels import ENDED
from tocsin.agreement.evaluate.online_rows import ADDED, REASONS, WITHDRAWN, Part
from tocsin.agreement.evaluate.rows import METHOD_NAMES, NO_TIME, VERDICT_NAMES
from tocsin.model.records import Issue
from tocsin.model.tables import TIME, VERDICTS, WITNESS_RANGE

__all__ = ["CHANGES", "Changes", "Revisions"]

MICROSECONDS: Final = 1_000_000
UNDETERMINED: Final = 4
STATES: Final = ("added", "revised", "withdrawn")

CHANGES: Final = pa.schema(
    [
        *VERDICTS,
        pa.field("which", pa.string()),
        pa.field("change", pa.string(), nullable=False),
        pa.field("was", pa.string()),
        pa.field("was_p_breached", pa.float64()),
        pa.field("reason", pa.string()),
    ]
)
"""VERDICTS; which call it is about (its root, or a number), where several of one second
stand side by side; whether the row is new, revised or withdrawn; what was said before,
and why it changed."""


class Revisions:
    """How often each row was said; only rows that were said again are kept."""

    def __init__(self) -> None:
        self.said: dict[tuple[int, ...], int] = {}

    def next(self, part: Part) -> Ints:
        """The revision of each change, and one more for the next."""
        revision = np.ones(len(part), dtype=np.int64)
        again = part.state != ADDED
        if not self.said and not again.any():
            return revision
        rows = range(len(part)) if self.said else np.flatnonzero(again).tolist()
        for n in rows:
            key = tuple(part.key[n].tolist())
            if again[n] or key in self.said:
                revision[n] = self.said[key] = self.said.get(key, 1) + 1
        return revision

    def known(self, part: Part) -> Ints:
        """The present revision of rows."""
        keys = part.key.tolist()
        return np.array([self.said.get(tuple(key), 1) for key in keys], dtype=np.int64)


class Changes:
    """What one delivery or tick changed.

    Attributes:
        issues: faults of what came in, and of what is handed back.
        handed_back: facts behind the lateness horizon: evaluate them by batch.
        coverage_handed_back: coverage that began behind it, as it came; the part from
            the horizon on was taken.
    """

    def __init__(
        self,
        part: Part,
        revision: Ints,
        place: Ints,
        core: Core,
        *,
        known_at: int,
        handed_back: pa.Table,
        coverage: pa.Table,
        issues: tuple[Issue, ...],
    ) -> None:
        words = core.ledger.words
        self._part, self._revision, self._place = part, revision, place
        self._names = {
            "clause": core.clauses,
            "party": words.names("party"),
            "sector": words.names("sector"),
        }
        named = words.names("subject")
        subjects = part.key[:, 3].tolist()
        self._subjects = [None if code < 0 else named[code] for code in subjects]
        self._which = core.ledger.roots_of(part.key[:, 6])
        self._origin, self._known_at = core.origin, known_at
        self.handed_back, self.coverage_handed_back = handed_back, coverage
        self.issues = issues

    def __len__(self) -> int:
        return len(self._part)

    @property
    def verdicts(self) -> pa.Table:
        """The rows as a VERDICTS table."""
        return self.table.select(VERDICTS.names).cast(VERDICTS)

    @cached_property
    def table(self) -> pa.Table:
        """The rows as a CHANGES table, in the order of the text, then of time."""
        part = self._part
        gone = part.state == WITHDRAWN
        over = gone | (part.verdict == ENDED)
        verdict = np.where(over, UNDETERMINED, part.verdict)
        columns = {
            name: _text(names, part.key[:, column])
            for column, (name, names) in enumerate(self._names.items())
        }
        columns |= {
            "subject": pa.array(self._subjects, pa.string()),
            "t": _time(part.key[:, 4]),
            "verdict": _text(VERDICT_NAMES, verdict),
            "due": _time(part.key[:, 5]),
            "certain": pa.array(part.certain & ~over),
            "possible": pa.array(~over),
            "method": _text(METHOD_NAMES, part.method),
            "revision": pa.array(self._revision),
            "witness": self._witness(),
            "which": pa.array(self._which, pa.string()),
            "change": _text(STATES, part.state - 1),
            "was": _text((*VERDICT_NAMES, "undetermined"), part.was),
            "was_p_breached": _real(part.was_p),
            "reason": _text(REASONS, np.where(part.state == ADDED, NONE, part.reason)),
        }
        columns |= {
            name: _real(np.where(over, np.nan, part.p[:, n]))
            for n, name in enumerate(CHANCES)
        }
        return self._sorted(columns, len(part))

    def _sorted(self, columns: dict[str, pa.Array], n: int) -> pa.Table:
        known = pa.scalar(self._known_at * MICROSECONDS, pa.int64())
        columns["known_at"] = pa.repeat(known, n).cast(TIME)
        columns["origin"] = pa.repeat(pa.scalar(self._origin, pa.string()), n)
        arrays = [columns[field.name] for field in CHANGES]
        table = pa.Table.from_arrays(arrays, schema=CHANGES)
        if n < 2:  # noqa: PLR2004  # nothing to sort
            return table
        place = pa.array(self._part.key[:, 0])
        ranked = {name: columns[name] for name in SORTED} | {"place": place}
        ranked["first"] = self._first()
        order = pa.table(ranked)
        by = [(name, "ascending") for name in ("place", *SORTED, "first")]
        return table.take(pa.compute.sort_indices(order, sort_keys=by))

    def _first(self) -> pa.Array:
        """The first fact of each witness, -1 for none: the last tie-break."""
        offsets, ranges = self._ranges
        first = np.full(len(self._part), NONE, dtype=np.int64)
        some = np.diff(offsets) > 0
        first[some] = ranges[offsets[:-1][some], 0]
        return pa.array(first)

    @cached_property
    def _ranges(self) -> tuple[Ints, Ints]:
        return ranges_of_serials(self._place, self._part.offsets)

    def _witness(self) -> pa.Array:
        offsets, ranges = self._ranges
        pairs = pa.StructArray.from_arrays(
            [pa.array(ranges[:, 0]), pa.array(ranges[:, 1])], fields=list(WITNESS_RANGE)
        )
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pairs)


CHANCES: Final = ("p_met", "p_breached", "p_pending", "p_excused", "probability_ever")
SORTED: Final = ("party", "sector", "subject", "t", "due", "verdict")


def _text(names: Sequence[str], code: Ints) -> pa.Array:
    if len(code) < len(names):
        said = [None if c < 0 else names[c] for c in code.tolist()]
        return pa.array(said, pa.string())
    missing: Flags = code < 0
    return pa.array(names, pa.string()).take(pa.array(code, mask=missing))


def _time(at: Ints) -> pa.Array:
    missing: Flags = at == NO_TIME
    return pa.array(np.where(missing, 0, at) * MICROSECONDS, mask=missing).cast(TIME)


def _real(values: Reals) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
