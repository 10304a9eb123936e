"""FACTS and COVERAGE from outside: everything that is wrong with them, at once.

Comes in: tables as somebody else wrote them. Goes out: tables with exactly the columns
of :mod:`tocsin.model.tables`, their rows as they were (a witness counts them), or None
where a row or a column cannot be used; and every fault with its rows and its repair.

>>> import pyarrow as pa
>>> from tocsin.agreement.parse import parse_rules
>>> agreement = parse_rules('act fire is "to open fire"').records
>>> given = facts_given(pa.table({"fact_id": ["a"]}), agreement, file="f.parquet")
>>> given.records is None, [issue.where.field for issue in given.issues]
(True, ['kind', 't'])
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.common_acts import common_acts
from tocsin.agreement.given_columns import Columns, Flags
from tocsin.agreement.names import nearest
from tocsin.agreement.terms import Agreement, Deed, EventTime
from tocsin.agreement.walk import find
from tocsin.model.places import Areas
from tocsin.model.records import Issue, Outcome, Where
from tocsin.model.tables import COVERAGE, FACTS, conform

__all__ = ["coverage_given", "facts_given"]

Column = pa.ChunkedArray
WITHDRAWAL: Final = "withdrawal"
PROCEDURAL: Final = {WITHDRAWAL, "ballot", "proposal", "suspend", "place"}
UNEXCUSED: Final = "unexcused_"
VOTES: Final = ("yes", "no", "abstain")
ORIGINS: Final = ("observed", "exercise", "imagined")
CERTAIN: Final = 1.0 + 1e-9
RANGES: Final = (("lon", 180.0), ("lat", 90.0))


def facts_given(
    table: pa.Table,
    agreement: Agreement,
    *,
    areas: Areas | None = None,
    file: str = "facts",
) -> Outcome[pa.Table | None]:
    """A FACTS table, checked.

    Args:
        table: only ``fact_id``, ``kind`` and ``t`` must be there.
        agreement: whose acts, parties and sectors the facts speak of.
        areas: its map; None: it has none.
        file: the table's name, for the user.
    """
    columns = _read(table, FACTS, file)
    _check_names(columns, agreement, areas or Areas())
    _check_times(columns)
    _check_numbers(columns)
    _check_chances(columns)
    _check_ids(columns)
    return _outcome(columns, FACTS)


def coverage_given(
    table: pa.Table,
    agreement: Agreement,
    *,
    areas: Areas | None = None,
    file: str = "coverage",
) -> Outcome[pa.Table | None]:
    """A COVERAGE table, checked; as :func:`facts_given`."""
    columns = _read(table, COVERAGE, file)
    _one_of(columns, "origin", ORIGINS)
    _not_named(columns, "kind", _kinds(agreement), "watches for nothing", warning=True)
    _check_sectors(columns, agreement, areas or Areas())
    backward = _less(columns, "t_end", "t_start")
    columns.fault(
        "time_invalid",
        "t_end",
        backward,
        "`t_end` lies before `t_start`",
        "give the interval from its start to its end",
    )
    _in_unit(columns, "share")
    return _outcome(columns, COVERAGE)


def _read(table: pa.Table, schema: pa.Schema, file: str) -> Columns:
    columns = Columns(table, file)
    names = table.column_names
    for name in sorted({name for name in names if names.count(name) > 1}):
        columns.issues.append(_twice(file, name))
        table = table.select([n for n in table.column_names if n != name])
        columns.table = table
    for field in schema:
        columns.read(field)
    columns.unknown_columns(schema.names)
    return columns


def _outcome(columns: Columns, schema: pa.Schema) -> Outcome[pa.Table | None]:
    issues = tuple(columns.issues)
    if any(not issue.warning for issue in issues):
        return Outcome(records=None, issues=issues)
    n, held = columns.table.num_rows, columns.read_so_far
    bare = pa.table({"": pa.nulls(n)}) if not held else pa.table(held)
    return Outcome(records=conform(bare, schema, what=columns.file), issues=issues)


# --- names ---------------------------------------------------------------------------


def _check_names(columns: Columns, agreement: Agreement, areas: Areas) -> None:
    _empty_text(columns, "fact_id")
    _one_of(columns, "origin", ORIGINS)
    _one_of(columns, "vote", VOTES)
    _one_origin(columns)
    _not_named(columns, "kind", _kinds(agreement), "no clause speaks of it")
    named = {mention[0] for mention in agreement.mentions} | _actors(agreement)
    for name in ("party", "target_party"):
        _not_named(columns, name, named, "the text does not name it", warning=True)
    _check_sectors(columns, agreement, areas)


def _check_sectors(columns: Columns, agreement: Agreement, areas: Areas) -> None:
    sectors = {sector.name for sector in agreement.sectors}
    sectors |= {area.name for area in areas.of_kind("sector")}
    if sectors:
        said = "neither text nor map has it"
        _not_named(columns, "sector", sectors, said, warning=True)


def _kinds(agreement: Agreement) -> set[str]:
    """Every act that facts may report: declared, common, or spoken of."""
    known = {act.name for act in agreement.acts} | common_acts() | PROCEDURAL
    known |= {deed.act.removeprefix(UNEXCUSED) for deed in find(agreement, Deed)}
    return known | {time.event for time in find(agreement, EventTime)}


def _actors(agreement: Agreement) -> set[str]:
    names = set(agreement.party_names)
    bodies = [group.name for group in agreement.groups]
    bodies += [body.name for body in agreement.bodies]
    for body in bodies:
        names |= {body, *agreement.members_of(body)}
    return names


def _not_named(
    columns: Columns, name: str, known: set[str], why: str, *, warning: bool = False
) -> None:
    """One issue for each text that nothing names, with the nearest that is."""
    column = columns.get(name)
    if column is None:
        return
    for text in sorted(set(pc.unique(column).drop_null().to_pylist()) - known):
        close = nearest(text, known)
        hint = f"; did you mean `{close}`?" if close else ""
        repair = f"write `{close}`" if close else f"use one of {_some(known)}"
        columns.fault(
            "undefined_name",
            name,
            _flags(pc.equal(column, text)),
            f"unknown {name} `{text}`, {why}{hint}",
            repair,
            warning=warning,
        )


def _some(known: Iterable[str]) -> str:
    names = sorted(known)
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")  # noqa: PLR2004


def _one_of(columns: Columns, name: str, allowed: tuple[str, ...]) -> None:
    column = columns.get(name)
    if column is None:
        return
    fine = pc.is_in(column, value_set=pa.array(allowed))
    bad = _flags(pc.and_(pc.is_valid(column), pc.invert(fine)))
    said = pc.filter(column, pa.array(bad)).to_pylist()[:1]
    columns.fault(
        "value_invalid",
        name,
        bad,
        f"`{name}` is `{said[0] if said else ''}`",
        f"use {', '.join(allowed)}, or leave it empty",
    )


def _empty_text(columns: Columns, name: str) -> None:
    column = columns.get(name)
    if column is not None:
        empty = _flags(pc.equal(column, ""))
        columns.fault(
            "value_missing", name, empty, f"`{name}` is empty", "give each row an id"
        )


def _one_origin(columns: Columns) -> None:
    column = columns.get("origin")
    if column is None:
        return
    origins = sorted(pc.unique(column).drop_null().to_pylist())
    if len(origins) > 1:
        columns.fault(
            "origin_mixed",
            "origin",
            _flags(pc.not_equal(column, origins[0])),
            f"rows of {' and '.join(origins)} origin stand together",
            "evaluate each origin on its own",
        )


# --- times and numbers ---------------------------------------------------------------


def _check_times(columns: Columns) -> None:
    for early, late in (
        ("t_earliest", "t_latest"),
        ("t_earliest", "t"),
        ("t", "t_latest"),
        ("t", "t_end"),
    ):
        columns.fault(
            "time_invalid",
            late,
            _less(columns, late, early),
            f"`{late}` lies before `{early}`",
            f"`{early}` is at most `{late}`; leave an unknown time empty",
        )
    received, t, least = map(columns.get, ("received_at", "t", "t_earliest"))
    if received is not None and t is not None:
        first = t if least is None else pc.coalesce(least, t)
        said = "it was received before it can have happened"
        ahead = _flags(pc.less(received, first))
        repair = "check `received_at` and `t`"
        columns.fault("time_invalid", "received_at", ahead, said, repair, warning=True)


def _less(columns: Columns, one: str, other: str) -> Flags:
    """Rows in which one time lies before another; unknown times before none."""
    a, b = columns.get(one), columns.get(other)
    if a is None or b is None:
        return np.zeros(columns.table.num_rows, dtype=np.bool_)
    return _flags(pc.less(a, b))


def _check_numbers(columns: Columns) -> None:
    for name, least in (("count", 0), ("n_independent", 1), ("sigma_m", 0)):
        column = columns.get(name)
        if column is not None:
            said = f"`{name}` is less than {least}"
            bad = _flags(pc.less(column, least))
            columns.fault(
                "value_invalid", name, bad, said, "leave it empty if it is unknown"
            )
    for name, most in RANGES:
        column = columns.get(name)
        if column is not None:
            bad = _flags(pc.greater(pc.abs(column), most))
            said = f"`{name}` is outside -{most:g} to {most:g}"
            columns.fault("place_invalid", name, bad, said, "give degrees, WGS 84")
    lon, lat = columns.get("lon"), columns.get("lat")
    if lon is not None and lat is not None:
        alone = _flags(pc.not_equal(pc.is_null(lon), pc.is_null(lat)))
        said = "`lon` stands without `lat`, or `lat` without `lon`"
        columns.fault("place_invalid", "lon", alone, said, "give both or neither")
    elif lon is not None or lat is not None:
        held = "lon" if lat is None else "lat"
        some = _flags(pc.is_valid(columns.read_so_far[held]))
        said = f"`{held}` stands alone: there is no other coordinate"
        columns.fault("place_invalid", held, some, said, "give both or neither")


def _in_unit(columns: Columns, name: str) -> None:
    column = columns.get(name)
    if column is None:
        return
    outside = pc.or_(pc.less(column, 0.0), pc.greater(column, 1.0))
    bad = _flags(pc.or_(outside, pc.is_nan(column)))
    said = f"`{name}` is outside 0 to 1"
    columns.fault("value_invalid", name, bad, said, f"give `{name}` from 0 to 1")


# --- chances and ids -----------------------------------------------------------------


def _check_chances(columns: Columns) -> None:
    """Each from 0 to 1, and no more than 1 for rows that exclude each other."""
    _in_unit(columns, "p")
    choice = columns.get("choice")
    if choice is None or not len(choice):
        return
    p = columns.get("p")
    ones = pa.chunked_array([pa.array(np.ones(len(choice)))])
    rows = {"choice": choice, "p": ones if p is None else pc.fill_null(p, 1.0)}
    held = pa.table(rows).filter(pa.array(~_taken_back(columns)))
    sums = held.group_by("choice").aggregate([("p", "sum")]).drop_null()
    over = sums.filter(pc.greater(sums["p_sum"], CERTAIN))
    for name, total in zip(*over.sort_by("choice").to_pydict().values(), strict=True):
        columns.fault(
            "value_invalid",
            "choice",
            _flags(pc.equal(choice, name)),
            f"the rows of choice `{name}` exclude each other, but their `p` add up to"
            f" {total:.6g}",
            "make them add up to 1 at most",
        )


def _taken_back(columns: Columns) -> Flags:
    gone, ids = columns.get("withdraws"), columns.get("fact_id")
    if gone is None or ids is None:
        return np.zeros(columns.table.num_rows, dtype=np.bool_)
    return _flags(pc.is_in(ids, value_set=gone.combine_chunks().drop_null()))


def _check_ids(columns: Columns) -> None:
    ids, gone = columns.get("fact_id"), columns.get("withdraws")
    _check_withdrawals(columns)
    if ids is None:
        return
    if gone is not None:
        lost = pc.invert(pc.is_in(gone, value_set=ids.combine_chunks()))
        columns.fault(
            "fact_unknown",
            "withdraws",
            _flags(pc.and_(pc.is_valid(gone), lost)),
            "it withdraws a fact that is not in the table",
            "check the id; if that fact comes later, it will not count",
            warning=True,
        )
    if pc.count_distinct(ids).as_py() < len(ids):
        _check_repeated(columns)


def _check_withdrawals(columns: Columns) -> None:
    kind, gone = columns.get("kind"), columns.get("withdraws")
    if kind is not None:
        lost = _flags(pc.equal(kind, WITHDRAWAL))
        if gone is not None:
            lost &= _flags(pc.is_null(gone))
        said = "it does not say which fact it withdraws"
        repair = "give the id of that fact in `withdraws`"
        columns.fault("value_missing", "withdraws", lost, said, repair)


def _check_repeated(columns: Columns) -> None:
    """Rows of an id that an earlier row has: the same again, or something else."""
    said = [name for name in columns.read_so_far if name != "received_at"]
    rows = pa.table({name: columns.read_so_far[name] for name in said}).to_pylist()
    first: dict[str | None, int] = {}
    again, other = (np.zeros(len(rows), dtype=np.bool_) for _ in range(2))
    for n, row in enumerate(rows):
        held = first.setdefault(row["fact_id"], n)
        again[n] = held != n and row == rows[held]
        other[n] = held != n and row != rows[held]
    columns.fault(
        "id_conflict",
        "fact_id",
        other,
        "an earlier row has the same `fact_id` and says something else",
        "give each fact its own id; a correction `withdraws` what it corrects",
    )
    columns.fault(
        "duplicate_row",
        "fact_id",
        again,
        "an earlier row says the same under the same `fact_id`; it counts once",
        "leave the second out",
        warning=True,
    )


def _twice(file: str, name: str) -> Issue:
    return Issue(
        code="value_invalid",
        where=Where(file=file, field=name),
        message=f"there are several columns `{name}`",
        repair="keep one of them",
    )


def _flags(mask: pa.ChunkedArray) -> Flags:
    filled = pc.fill_null(mask, fill_value=False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)
