"""A delivery of facts as columns: from an Arrow table, or from single rows.

Text becomes codes into a vocabulary that grows. One fact at a time comes in without
Arrow, because making a table of one row costs more than judging it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate.history import NONE, WITHDRAWAL, Ints, Reals
from tocsin.errors import OriginsMixed, WrongUse
from tocsin.model.tables import FACTS, conform

__all__ = ["MICROSECONDS", "TEXTS", "Incoming", "Vocabulary", "delivery", "of_rows"]

TEXTS: Final = ("kind", "party", "target_party", "sector", "subject", "weapon", "vote")
MICROSECONDS: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
TIMES: Final = (("early", "t_earliest"), ("late", "t_latest"), ("end", "t_end"))
PLACE: Final = ("lon", "lat", "sigma_m")


class Vocabulary:
    """Texts as codes, column by column; parties and their targets share theirs."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {name: {} for name in TEXTS}
        self._names: dict[str, list[str | None]] = {name: [] for name in TEXTS}
        self._codes["target_party"] = self._codes["party"]
        self._names["target_party"] = self._names["party"]
        self.code("kind", WITHDRAWAL)

    def code(self, column: str, text: str | None) -> int:
        """The code of a text, a new one if it is new; -1 for null."""
        if text is None:
            return NONE
        codes = self._codes[column]
        code = codes.get(text)
        if code is None:
            code = codes[text] = len(self._names[column])
            self._names[column].append(text)
        return code

    def codes(self, column: str, texts: Iterable[str | None]) -> Ints:
        """The codes of several texts."""
        return np.array([self.code(column, text) for text in texts], dtype=np.int64)

    def known(self, column: str, text: str) -> int:
        """The code of a text, -2 where it never occurred."""
        return self._codes[column].get(text, -2)

    def names(self, column: str) -> Sequence[str]:
        """The texts by code."""
        return self._names[column]  # type: ignore[return-value]  # none that is used

    def forget(self, column: str, codes: Iterable[int]) -> None:
        """Let these texts go; their codes are not given out again."""
        names = self._names[column]
        for code in codes:
            name, names[code] = names[code], None
            if name is not None:
                del self._codes[column][name]

    def texts(self) -> dict[str, list[str | None]]:
        """Everything, to be saved."""
        return {name: self._names[name] for name in TEXTS if name != "target_party"}

    def restore(self, texts: Mapping[str, Sequence[str | None]]) -> None:
        """What :meth:`texts` gave."""
        for column, names in texts.items():
            self._names[column][:] = names
            self._codes[column].clear()
            for code, name in enumerate(names):
                if name is not None:
                    self._codes[column][name] = code


class Incoming(msgspec.Struct, kw_only=True):
    """Facts of one delivery, one array or list per column.

    Attributes:
        t, early: as in ``whole``, seconds.
        whole: microseconds ``us``, seconds, codes of texts, numbers.
        real: ``value``, ``p``, ``lon``, ``lat``, ``sigma_m``; NaN where unknown.
        withdrawing, choosing: False where no row does.
        origin: of all rows; None: not said.
    """

    ids: list[str]
    roots: list[str]
    choices: list[str | None]
    withdraws: list[str | None]
    t: Ints
    early: Ints
    whole: dict[str, Ints]
    real: dict[str, Reals]
    withdrawing: bool
    choosing: bool
    origin: str | None

    def same(self, a: int, b: int) -> bool:
        """True where two rows of one id say the same."""
        return (
            all(c[a] == c[b] for c in self.whole.values())
            and all(
                c[a] == c[b] or (np.isnan(c[a]) and np.isnan(c[b]))
                for c in self.real.values()
            )
            and self.roots[a] == self.roots[b]
            and self.choices[a] == self.choices[b]
        )


def delivery(
    facts: pa.Table | Sequence[Mapping[str, Any]], words: Vocabulary
) -> Incoming:
    """A delivery, whatever its shape.

    Raises:
        WrongUse: a required column or value is missing, or a time has no zone.
        OriginsMixed: the rows are of different origin.
    """
    if isinstance(facts, pa.Table):
        return _of_table(facts, words)
    return of_rows(facts, words)


# --- from a table --------------------------------------------------------------------


def _of_table(facts: pa.Table, words: Vocabulary) -> Incoming:
    table = conform(facts, FACTS, what="facts").combine_chunks()
    ids = table["fact_id"].to_pylist()
    us = _micros(table["t"], np.zeros(0, np.int64))
    t = us // MICROSECONDS
    whole = {"us": us, "t": t}
    for name, column in TIMES:
        found = _micros(table[column], us) // MICROSECONDS
        whole[name] = np.minimum(found, t) if name == "early" else np.maximum(found, t)
    for name in TEXTS:
        whole[name] = _texts(table[name], name, words)
    whole["count"] = _numbers(table["count"], 1, np.int64)
    whole["sources"] = _numbers(table["n_independent"], 1, np.int64)
    real = {name: _numbers(table[name], np.nan) for name in ("value", *PLACE)}
    real["p"] = _numbers(table["p"], 1.0)
    withdraws, choices = table["withdraws"], table["choice"]
    return Incoming(
        ids=ids,
        roots=_roots(table["root"], ids),
        choices=choices.to_pylist(),
        withdraws=withdraws.to_pylist(),
        t=t,
        early=whole["early"],
        whole=whole,
        real=real,
        withdrawing=withdraws.null_count < len(ids),
        choosing=choices.null_count < len(ids),
        origin=_one_of(pc.unique(table["origin"]).drop_null().to_pylist()),
    )


def _roots(column: pa.ChunkedArray, ids: list[str]) -> list[str]:
    if column.null_count == len(ids):
        return ids
    named = zip(column.to_pylist(), ids, strict=True)
    return [name if root is None else root for root, name in named]


def _micros(column: pa.ChunkedArray, absent: Ints) -> Ints:
    if column.null_count == len(column):
        return absent
    whole = column.cast(pa.int64())
    if not column.null_count:
        return np.asarray(whole.to_numpy(), dtype=np.int64)
    filled = np.asarray(pc.fill_null(whole, 0).to_numpy(), dtype=np.int64)
    return np.where(np.asarray(pc.is_null(column).to_numpy()), absent, filled)


def _texts(column: pa.ChunkedArray, name: str, words: Vocabulary) -> Ints:
    if column.null_count == len(column):
        return np.full(len(column), NONE, dtype=np.int64)
    encoded = column.combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    encoded = encoded.dictionary_encode()
    place = words.codes(name, encoded.dictionary.to_pylist())
    code = encoded.indices.fill_null(NONE).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(place, NONE)[code])


def _numbers(column: pa.ChunkedArray, absent: float, kind: Any = np.float64) -> Any:
    if column.null_count == len(column):
        return np.full(len(column), absent, dtype=kind)
    return np.array(pc.fill_null(column, absent).to_numpy(), dtype=kind)


# --- from single rows ----------------------------------------------------------------


def of_rows(rows: Sequence[Mapping[str, Any]], words: Vocabulary) -> Incoming:
    """The same from rows by column name; what is missing is unknown."""
    ids = [_said(row, "fact_id") for row in rows]
    us = np.array([_instant(_said(row, "t"), "t") for row in rows], dtype=np.int64)
    t = us // MICROSECONDS
    whole = {"us": us, "t": t}
    for name, column in TIMES:
        values = [row.get(column) for row in rows]
        found = t
        if any(value is not None for value in values):
            micros = [
                int(us[n]) if value is None else _instant(value, column)
                for n, value in enumerate(values)
            ]
            found = np.array(micros, dtype=np.int64) // MICROSECONDS
        whole[name] = np.minimum(found, t) if name == "early" else np.maximum(found, t)
    for row in rows:
        _said(row, "kind")
    for name in TEXTS:
        whole[name] = words.codes(name, (row.get(name) for row in rows))
    whole["count"] = _wholes(rows, "count")
    whole["sources"] = _wholes(rows, "n_independent")
    real = {name: _reals(rows, name, np.nan) for name in ("value", *PLACE)}
    real["p"] = _reals(rows, "p", 1.0)
    choices = [row.get("choice") for row in rows]
    withdraws = [row.get("withdraws") for row in rows]
    origins = {row.get("origin") for row in rows} - {None}
    return Incoming(
        ids=ids,
        roots=[_root(row, name) for row, name in zip(rows, ids, strict=True)],
        choices=choices,
        withdraws=withdraws,
        t=t,
        early=whole["early"],
        whole=whole,
        real=real,
        withdrawing=any(name is not None for name in withdraws),
        choosing=any(name is not None for name in choices),
        origin=_one_of(sorted(str(origin) for origin in origins)),
    )


def _root(row: Mapping[str, Any], name: str) -> str:
    root = row.get("root")
    return name if root is None else str(root)


def _said(row: Mapping[str, Any], name: str) -> Any:
    value = row.get(name)
    if value is None:
        raise WrongUse(f"facts: a row has no `{name}`; give `fact_id`, `kind` and `t`")
    return value


def _instant(value: Any, column: str) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise WrongUse(f"facts: `{column}` is {value!r}; give a datetime with a zone")
    return int((value - EPOCH) // MICROSECOND)


def _wholes(rows: Sequence[Mapping[str, Any]], name: str) -> Ints:
    values = (row.get(name) for row in rows)
    return np.array([1 if value is None else value for value in values], np.int64)


def _reals(rows: Sequence[Mapping[str, Any]], name: str, absent: float) -> Reals:
    values = (row.get(name) for row in rows)
    return np.array([absent if value is None else value for value in values], float)


def _one_of(origins: list[str]) -> str | None:
    if len(origins) > 1:
        raise OriginsMixed(
            f"the facts are of different origin: {', '.join(sorted(origins))};"
            " evaluate each on its own"
        )
    return origins[0] if origins else None
