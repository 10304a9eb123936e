"""Facts made ready for the engines: known, not withdrawn, in time order, in columns.

In comes a FACTS table, out comes a :class:`History`: one array per column, text as
codes. Rows not yet known at ``as_known_at`` and rows that were withdrawn are left out;
what cannot be used is an issue. Nothing depends on the order of the rows.

*Chance.* Facts of one independent root stand or fall together, and rows that share a
``choice`` exclude each other. Both are said by one rule: every component of roots (tied
together by choices) has one uniform number, and a row is true where that number falls
into its stretch ``lo`` to ``hi``. A row without a choice has the stretch 0 to ``p``;
rows that share a choice lie one behind the other (rule P2 of the semantics).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate.parallel import each
from tocsin.errors import OriginsMixed
from tocsin.model.records import Issue, Outcome, Where
from tocsin.model.tables import FACTS, conform

__all__ = [
    "NONE",
    "Codes",
    "Fact",
    "History",
    "Ints",
    "Names",
    "Reals",
    "component_names",
    "rising",
    "settle",
    "time_order",
]

Ints: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

NONE: Final = -1
"""The code of null."""

WITHDRAWAL: Final = "withdrawal"
"""Kind of a row that only withdraws another one."""

MICROSECONDS: Final = 1_000_000
ROUNDING: Final = 1e-9
TEXTS: Final = ("kind", "party", "target_party", "sector", "subject", "weapon", "vote")


class Codes(msgspec.Struct, frozen=True):
    """A column of text as codes into its distinct values; -1 is null."""

    code: Ints  # (n,)
    names: tuple[str, ...]

    def of(self, name: str) -> int:
        """The code of a value; -2, which no row has, where it does not occur."""
        try:
            return self.names.index(name)
        except ValueError:
            return -2

    def name(self, code: int) -> str | None:
        """The value of a code."""
        return None if code < 0 else self.names[code]


class Names(Sequence[str]):
    """The texts of an Arrow array, made only when one is asked for."""

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts
        self._made: list[str] | None = None

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __getitem__(self, place: Any) -> Any:
        return self._all()[place]

    def _all(self) -> list[str]:
        if self._made is None:
            self._made = self._texts.to_pylist()
        return self._made


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One row, for whoever goes through facts one by one; times in seconds.

    ``row`` is its place in the history, ``index`` that in the whole table.
    """

    row: int
    index: int
    fact_id: str
    kind: str
    party: str | None
    target_party: str | None
    sector: str | None
    subject: str | None
    weapon: str | None
    vote: str | None
    count: int
    value: float | None
    t: int
    early: int
    late: int
    end: int
    p: float
    root: int
    component: int
    lo: float
    hi: float
    sources: int
    lon: float | None
    lat: float | None
    sigma_m: float | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The facts in time order, one array per column.

    Attributes:
        index: position of the row in the whole table in time order (rule T3).
        t, early, late, end: seconds since 1970; ``end`` is ``t`` where none is said.
        root: number of the independent root.
        component: number of the component of roots that share their chance.
        lo, hi: the row is true where the component's number lies in [lo, hi).
        root_names: names of the roots by number; worlds are drawn from them.
        sources: number of independent sources behind the row.
    """

    origin: str | None
    fact_id: pa.Array
    index: Ints
    text: dict[str, Codes]
    count: Ints
    value: Reals
    t: Ints
    early: Ints
    late: Ints
    end: Ints
    p: Reals
    root: Ints
    component: Ints
    lo: Reals
    hi: Reals
    sources: Ints
    lon: Reals
    lat: Reals
    sigma_m: Reals
    root_names: Sequence[str]
    known_until: int | None

    def __len__(self) -> int:
        return len(self.t)

    def __getitem__(self, column: str) -> Codes:
        return self.text[column]

    def names(self, column: str) -> tuple[str, ...]:
        """The distinct values of a text column."""
        return self.text[column].names

    def facts(self) -> tuple[Fact, ...]:
        """Every row as a record; for the oracle and for small results."""
        return tuple(self.fact(row) for row in range(len(self)))

    def fact(self, row: int) -> Fact:
        """One row as a record."""
        said: dict[str, Any] = {
            name: codes.name(int(codes.code[row])) for name, codes in self.text.items()
        }
        return Fact(
            row=row,
            index=int(self.index[row]),
            fact_id=self.fact_id[row].as_py(),
            count=int(self.count[row]),
            value=_real(self.value[row]),
            t=int(self.t[row]),
            early=int(self.early[row]),
            late=int(self.late[row]),
            end=int(self.end[row]),
            p=float(self.p[row]),
            root=int(self.root[row]),
            component=int(self.component[row]),
            lo=float(self.lo[row]),
            hi=float(self.hi[row]),
            sources=int(self.sources[row]),
            lon=_real(self.lon[row]),
            lat=_real(self.lat[row]),
            sigma_m=_real(self.sigma_m[row]),
            **said,
        )


def _real(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def component_names(history: History) -> Sequence[str]:
    """A name for each component that does not depend on the facts' order."""
    if np.array_equal(history.component, history.root):
        return history.root_names
    names = [""] * (int(history.component.max()) + 1)
    for component, root in zip(history.component, history.root, strict=True):
        held, name = names[component], history.root_names[root]
        names[component] = min(held, name) if held else name
    return tuple(names)


def time_order(facts: pa.Table) -> Ints:
    """Row numbers of a FACTS table in time order: by ``t``, then by ``fact_id``.

    Witness ranges of the verdicts count in this order, over the whole table.
    """
    t = _instants(facts["t"])
    order = np.argsort(t, kind="stable")
    ordered = t[order]
    tied = np.zeros(len(order), dtype=np.bool_)
    same = ordered[1:] == ordered[:-1]
    tied[1:] |= same
    tied[:-1] |= same
    if tied.any():
        rows = order[tied]
        ids = np.asarray(
            facts["fact_id"].take(pa.array(rows)).to_pylist(), dtype=object
        )
        order[tied] = rows[np.lexsort((ids.astype(str), t[rows]))]
    return order.astype(np.int64)


def settle(facts: pa.Table, *, as_known_at: datetime | None = None) -> Outcome[History]:
    """The facts that count at ``as_known_at``, in time order.

    Args:
        facts: a FACTS table; columns that are missing are unknown throughout.
        as_known_at: leave out what was received later, and what has no arrival time;
            None: everything.

    Raises:
        OriginsMixed: the facts are of different origin.
        WrongUse: a required column is missing.
    """
    table = conform(facts, FACTS, what="facts")
    origin = _one_origin(table)
    order = time_order(table)
    if not rising(order):
        table = table.take(pa.array(order))
    table = table.combine_chunks()
    keep, issues = _known(table, as_known_at)
    keep &= ~_withdrawn(table, keep)
    keep, issues = _usable(table, keep, issues)
    rows = np.flatnonzero(keep)
    if len(rows) < table.num_rows:
        table = table.filter(pa.array(keep))
    history = _columns(table, rows, origin, as_known_at)
    return Outcome(records=history, issues=tuple(issues))


def rising(values: Ints) -> bool:
    """True where each is greater than the one before: sorted, and none twice."""
    return bool((values[1:] > values[:-1]).all())


def _one_origin(table: pa.Table) -> str | None:
    origins = sorted(pc.unique(table["origin"]).drop_null().to_pylist())
    if len(origins) > 1:
        raise OriginsMixed(
            f"the facts are of different origin: {', '.join(origins)};"
            " evaluate each on its own"
        )
    return origins[0] if origins else None


def _known(table: pa.Table, at: datetime | None) -> tuple[Flags, list[Issue]]:
    if at is None:
        return np.ones(table.num_rows, dtype=np.bool_), []
    arrived = table["received_at"]
    limit = pa.scalar(at, type=arrived.type)
    known = pc.fill_null(pc.less_equal(arrived, limit), False)
    return _flags(known), _arrival_unknown(arrived.null_count)


def _arrival_unknown(number: int) -> list[Issue]:
    if not number:
        return []
    return [
        Issue(
            code="arrival_unknown",
            where=Where(file="facts", field="received_at"),
            message=f"{number} facts have no arrival time and are left out of what was"
            " known at an earlier time",
            repair="give `received_at`, or ask without `as_known_at`",
            warning=True,
        )
    ]


def _withdrawn(table: pa.Table, known: Flags) -> Flags:
    """Rows withdrawn by a row that is itself known, and rows that only withdraw."""
    if table["withdraws"].null_count == table.num_rows:
        gone = np.zeros(table.num_rows, dtype=np.bool_)
    else:
        named = table["withdraws"].filter(pa.array(known)).drop_null()
        gone = _flags(pc.is_in(table["fact_id"], value_set=named.combine_chunks()))
    return gone | _flags(pc.equal(table["kind"], WITHDRAWAL))


def _usable(
    table: pa.Table, keep: Flags, issues: list[Issue]
) -> tuple[Flags, list[Issue]]:
    p = _reals(table["p"], absent=1.0)
    bad = keep & ~((p >= 0.0) & (p <= 1.0))
    if bad.any():
        issues = [*issues, _bad_probability(table, bad)]
    twice = _repeated(table, keep & ~bad)
    if twice.any():
        issues = [*issues, _said_twice(table, twice)]
    return keep & ~bad & ~twice & (p > 0.0), issues


def _repeated(table: pa.Table, keep: Flags) -> Flags:
    """Rows whose id an earlier row in time order already has."""
    if _all_differ(table["fact_id"]):
        return np.zeros(table.num_rows, dtype=np.bool_)
    codes = _dictionary(table["fact_id"]).code
    codes = np.where(keep, codes, -1 - np.arange(len(codes)))
    first = np.unique(codes, return_index=True)[1]
    repeated = keep.copy()
    repeated[first] = False
    return repeated


def _all_differ(column: pa.ChunkedArray) -> bool:
    """True only where no text occurs twice: texts of different hash differ."""
    return rising(np.sort(pl.Series(_one_chunk(column)).hash().to_numpy()))


def _bad_probability(table: pa.Table, bad: Flags) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file="facts", field="p"),
        message=f"{int(bad.sum())} facts have a probability outside 0 to 1",
        repair="give `p` between 0 and 1; these facts are left out",
        evidence=tuple(table["fact_id"].filter(pa.array(bad)).to_pylist()[:20]),
    )


def _said_twice(table: pa.Table, twice: Flags) -> Issue:
    return Issue(
        code="id_conflict",
        where=Where(file="facts", field="fact_id"),
        message=f"{int(twice.sum())} facts carry the id of another fact",
        repair="give each fact its own id; of each id the earliest is used",
        evidence=tuple(table["fact_id"].filter(pa.array(twice)).to_pylist()[:20]),
    )


def _columns(
    table: pa.Table, rows: Ints, origin: str | None, at: datetime | None
) -> History:
    t = _seconds(table["t"])
    p = _reals(table["p"], absent=1.0)
    root, root_names = _roots(table)
    choice = _dictionary(table["choice"]).code
    lo, hi = _stretches(p, choice)
    return History(
        origin=origin,
        fact_id=_one_chunk(table["fact_id"]),
        index=rows.astype(np.int64),
        text=_texts(table),
        count=_wholes(table["count"], absent=1),
        value=_reals(table["value"], absent=np.nan),
        t=t,
        early=_early(table["t_earliest"], t),
        late=_late(table["t_latest"], t),
        end=_late(table["t_end"], t),
        p=p if hi is p else np.where(choice >= 0, hi - lo, p),
        root=root,
        component=_components(root, choice),
        lo=lo,
        hi=hi,
        sources=_wholes(table["n_independent"], absent=1),
        lon=_reals(table["lon"], absent=np.nan),
        lat=_reals(table["lat"], absent=np.nan),
        sigma_m=_reals(table["sigma_m"], absent=np.nan),
        root_names=root_names,
        known_until=None if at is None else int(at.timestamp() // 1),
    )


def _early(said: pa.ChunkedArray, t: Ints) -> Ints:
    return t if _unsaid(said) else np.minimum(_seconds(said, absent=t), t)


def _late(said: pa.ChunkedArray, t: Ints) -> Ints:
    return t if _unsaid(said) else np.maximum(_seconds(said, absent=t), t)


def _roots(table: pa.Table) -> tuple[Ints, Names]:
    """The root of each row as a code, and the roots' names."""
    said, ids = table["root"], table["fact_id"]
    if _unsaid(said) and _all_differ(ids):
        return np.arange(len(ids)), Names(_one_chunk(ids))
    encoded = _one_chunk(pc.coalesce(said, ids)).dictionary_encode()
    code = encoded.indices.to_numpy().astype(np.int64)
    return code, Names(encoded.dictionary)


def _texts(table: pa.Table) -> dict[str, Codes]:
    """Text columns as codes; ``party`` and ``target_party`` share their names."""
    columns = each(lambda name: _dictionary(table[name]), TEXTS, size=table.num_rows)
    texts = dict(zip(TEXTS, columns, strict=True))
    party, target = texts["party"], texts["target_party"]
    names = tuple(dict.fromkeys((*party.names, *target.names)))
    place = np.array([names.index(name) for name in target.names], dtype=np.int64)
    moved = target.code
    if target.names:
        moved = np.where(target.code < 0, NONE, place[np.maximum(target.code, 0)])
    return texts | {
        "party": Codes(party.code, names),
        "target_party": Codes(moved, names),
    }


def _stretches(p: Reals, choice: Ints) -> tuple[Reals, Reals]:
    """Where each row is true: alone from 0 to p, or behind the others of its choice."""
    if choice.max(initial=NONE) == NONE:
        return np.broadcast_to(np.float64(0.0), len(p)), p
    lo, hi = np.zeros_like(p), p.copy()
    chosen = np.flatnonzero(choice >= 0)
    order = chosen[np.argsort(choice[chosen], kind="stable")]
    group = choice[order]
    first = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff([*first, len(order)])
    rank = np.arange(len(order)) - np.repeat(first, sizes)
    for step in range(1, int(rank.max(initial=0)) + 1):
        here = np.flatnonzero(rank == step)
        lo[order[here]] = hi[order[here - 1]]
        hi[order[here]] = lo[order[here]] + p[order[here]]
    _scale_down(lo, hi, order, first, sizes)
    return np.clip(lo, 0.0, 1.0), np.clip(hi, 0.0, 1.0)


def _scale_down(lo: Reals, hi: Reals, order: Ints, first: Ints, sizes: Ints) -> None:
    """Alternatives that together exceed 1 are scaled to 1; a sum of 1 stays."""
    if not len(order):
        return
    whole = np.repeat(np.maximum.reduceat(hi[order], first), sizes)
    factor = np.where(whole > 1.0 + ROUNDING, 1.0 / whole, 1.0)
    lo[order] *= factor
    hi[order] *= factor


def _components(root: Ints, choice: Ints) -> Ints:
    """Roots that a choice ties together are one component."""
    chosen = choice >= 0
    if not chosen.any():
        return root
    n_roots = int(root.max(initial=-1)) + 1
    key = np.unique(choice[chosen] * n_roots + root[chosen])
    pairs = np.stack([key // max(n_roots, 1), key % max(n_roots, 1)])
    if pairs.shape[1] == len(np.unique(pairs[0])):
        return root
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = n_roots + int(choice.max()) + 1
    ties = coo_matrix((np.ones(pairs.shape[1]), (pairs[0] + n_roots, pairs[1])), (n, n))
    labels = connected_components(ties, directed=False)[1]
    return np.asarray(labels[root], dtype=np.int64)


# --- from Arrow to arrays ------------------------------------------------------------


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:  # combining would copy
        return column.chunk(0)
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _unsaid(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count == len(column))


def _dictionary(column: pa.ChunkedArray) -> Codes:
    """Codes in the order in which the values occur in time."""
    if _unsaid(column):
        return Codes(np.broadcast_to(np.int64(NONE), len(column)), ())
    encoded = _one_chunk(column).dictionary_encode()
    code = encoded.indices
    code = code.fill_null(NONE) if code.null_count else code
    names = encoded.dictionary.to_pylist()
    return Codes(code.to_numpy().astype(np.int64), tuple(names))


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(column.to_numpy(), dtype=np.bool_)


def _reals(column: pa.ChunkedArray, *, absent: float) -> Reals:
    if _unsaid(column):  # one value for all, without the memory
        return np.broadcast_to(np.float64(absent), len(column))
    return np.asarray(pc.fill_null(column, absent).to_numpy(), dtype=np.float64)


def _wholes(column: pa.ChunkedArray, *, absent: int) -> Ints:
    if _unsaid(column):
        return np.broadcast_to(np.int64(absent), len(column))
    return np.asarray(pc.fill_null(column, absent).to_numpy(), dtype=np.int64)


def _instants(column: pa.ChunkedArray) -> Ints:
    whole = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return np.asarray(whole.to_numpy(), dtype=np.int64)


def _seconds(column: pa.ChunkedArray, *, absent: Ints | None = None) -> Ints:
    if absent is None:
        return _instants(column) // MICROSECONDS
    if _unsaid(column):
        return absent
    micros = column.cast(pa.int64())
    whole = np.asarray(pc.fill_null(micros, 0).to_numpy(), dtype=np.int64)
    missing = _flags(pc.is_null(column))
    return np.where(missing, absent, whole // MICROSECONDS)
