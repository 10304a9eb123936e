"""Verdicts on their way into a table.

Engines fill :class:`Rows`, :func:`verdict_table` puts them into canonical order: clause
in the order of the text, party, sector, subject, time. Rows of equal place stay in the
order of their instant of falling due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.agreement.evaluate.history import Ints, Reals
from tocsin.agreement.terms import EARLIER, Agreement
from tocsin.model.tables import TIME, VERDICTS, WITNESS_RANGE

__all__ = ["NO_TIME", "Ranges", "Row", "Rows", "ranges_of", "rows_of", "verdict_table"]

NO_TIME: Final = -(1 << 62)
"""Stands for no instant in a column of seconds."""

MICROSECONDS: Final = 1_000_000
VERDICT_NAMES: Final = ("met", "breached", "pending", "excused", "undetermined")
METHOD_NAMES: Final = ("exact", "bounded", "sampled")

Ranges = tuple[tuple[int, int], ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict, for engines that make them one by one. Null p: not in force."""

    clause: str
    party: str | None
    sector: str | None
    t: int
    verdict: str
    subject: str | None = None
    due: int | None = None
    certain: bool = False
    possible: bool = True
    p_met: float | None = 0.0
    p_breached: float | None = 0.0
    p_pending: float | None = 0.0
    p_excused: float | None = 0.0
    ever: float | None = None
    method: str = "exact"
    ranges: Ranges = ()


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Many verdicts in columns; text as codes into ``names``, -1 for null.

    Attributes:
        names: the texts of clause, party, sector and subject.
        p: met, breached, pending, excused, ever; NaN for null. (n, 5)
        offsets: where the ranges of each row begin in ``ranges``. (n + 1,)
        ranges: half-open ranges into FACTS in time order. (m, 2)
    """

    names: tuple[str, ...]
    clause: Ints
    party: Ints
    sector: Ints
    subject: Ints
    t: Ints
    due: Ints
    verdict: Ints
    method: Ints
    certain: Any
    possible: Any
    p: Reals
    offsets: Ints
    ranges: Ints

    def __len__(self) -> int:
        return len(self.t)


def ranges_of(indices: Iterable[int]) -> Ranges:
    """Positions as half-open ranges, neighbours joined; -1 stands for no fact.

    >>> ranges_of([7, -1, 3, 4])
    ((3, 5), (7, 8))
    """
    ranges: list[tuple[int, int]] = []
    for index in sorted({index for index in indices if index >= 0}):
        if ranges and ranges[-1][1] == index:
            ranges[-1] = (ranges[-1][0], index + 1)
        else:
            ranges.append((index, index + 1))
    return tuple(ranges)


def rows_of(rows: Sequence[Row]) -> Rows:
    """Single verdicts as columns."""
    names: dict[str, int] = {}

    def code(text: str | None) -> int:
        return -1 if text is None else names.setdefault(text, len(names))

    def codes(texts: Iterable[str | None]) -> Ints:
        return np.fromiter((code(text) for text in texts), dtype=np.int64)

    counts = [len(row.ranges) for row in rows]
    made = {
        "clause": codes(r.clause for r in rows),
        "party": codes(r.party for r in rows),
        "sector": codes(r.sector for r in rows),
        "subject": codes(r.subject for r in rows),
    }
    return Rows(
        names=tuple(names),
        **made,
        t=np.array([r.t for r in rows], dtype=np.int64),
        due=np.array([NO_TIME if r.due is None else r.due for r in rows], np.int64),
        verdict=np.array([VERDICT_NAMES.index(r.verdict) for r in rows], np.int64),
        method=np.array([METHOD_NAMES.index(r.method) for r in rows], np.int64),
        certain=np.array([r.certain for r in rows], dtype=np.bool_),
        possible=np.array([r.possible for r in rows], dtype=np.bool_),
        p=np.array([_five(r) for r in rows], dtype=np.float64).reshape(-1, 5),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        ranges=np.array([x for r in rows for x in r.ranges], np.int64).reshape(-1, 2),
    )


def _five(row: Row) -> tuple[float, ...]:
    five = (row.p_met, row.p_breached, row.p_pending, row.p_excused, row.ever)
    return tuple(np.nan if p is None else p for p in five)


def verdict_table(
    parts: Sequence[Rows],
    agreement: Agreement,
    *,
    origin: str | None,
    known_at: int | None,
) -> pa.Table:
    """All verdicts as one table in canonical order.

    Args:
        parts: in any order.
        agreement: gives the order of the clauses.
        origin: of the facts.
        known_at: seconds, or None: as known at the end.
    """
    tables = [_table(part, agreement) for part in parts if len(part)]
    if not tables:
        return VERDICTS.empty_table()
    whole = pa.concat_tables(tables)
    keys = ["place", "party", "sector", "subject", "t", "due", "verdict", "first"]
    order = [(key, "ascending") for key in keys]
    whole = whole.sort_by(order)
    if any(EARLIER in article.number for article in agreement.articles):
        whole = whole.filter(pa.array(_kept(whole)))
    n = whole.num_rows
    known = None if known_at is None else known_at * MICROSECONDS
    columns = {
        "revision": pa.array(np.ones(n, dtype=np.int64)),
        "known_at": pa.repeat(pa.scalar(known, pa.int64()), n).cast(TIME),
        "origin": pa.repeat(pa.scalar(origin, pa.string()), n),
    }
    made = [
        columns[field.name] if field.name in columns else whole[field.name]
        for field in VERDICTS
    ]
    return pa.Table.from_arrays(made, schema=VERDICTS)


def _kept(whole: pa.Table) -> list[bool]:
    """Where one version follows another at once, the clause does not cease (A1)."""
    keys = ("clause", "party", "sector", "subject", "t", "possible")
    rows = list(zip(*(whole[key].to_pylist() for key in keys), strict=True))
    binding = {row[:-1] for row in rows if row[-1]}
    return [row[-1] or row[:-1] not in binding for row in rows]


def _table(rows: Rows, agreement: Agreement) -> pa.Table:
    names = pa.array(rows.names, pa.string())
    places = {a.clause: n for n, a in enumerate(agreement.articles)}
    place = np.array([places.get(name, len(places)) for name in rows.names], np.int64)
    met, breached, pending, excused, ever = (_real(rows.p[:, c]) for c in range(5))
    starts, stops = (pa.array(rows.ranges[:, c]) for c in range(2))
    pairs = pa.StructArray.from_arrays([starts, stops], fields=list(WITNESS_RANGE))
    counts = np.diff(rows.offsets)
    first = np.full(len(rows), -1, dtype=np.int64)
    first[counts > 0] = rows.ranges[rows.offsets[:-1][counts > 0], 0]
    return pa.table(
        {
            "place": place[rows.clause],
            "first": first,
            "clause": _text(names, rows.clause),
            "party": _text(names, rows.party),
            "sector": _text(names, rows.sector),
            "subject": _text(names, rows.subject),
            "t": _time(rows.t),
            "verdict": _text(pa.array(VERDICT_NAMES), rows.verdict),
            "due": _time(rows.due),
            "certain": pa.array(rows.certain),
            "possible": pa.array(rows.possible),
            "p_met": met,
            "p_breached": breached,
            "p_pending": pending,
            "p_excused": excused,
            "probability_ever": ever,
            "method": _text(pa.array(METHOD_NAMES), rows.method),
            "witness": pa.ListArray.from_arrays(
                pa.array(rows.offsets, pa.int32()), pairs
            ),
        }
    )


def _text(names: pa.Array, code: Ints) -> pa.Array:
    return names.take(pa.array(code, mask=code < 0))


def _time(at: Ints) -> pa.Array:
    return pa.array(at * MICROSECONDS, mask=at == NO_TIME).cast(TIME)


def _real(values: Reals) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
