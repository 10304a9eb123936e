"""Raw rows in, observations and issues out: each row becomes exactly one of them.

In go the rows of one file as they stand and the description of their source. Out comes
a :class:`tocsin.evidence.connector.Reading` with a table of OBSERVATIONS (or COVERAGE,
or REGISTER, as the description says) in the order of the file, and an issue for each
row that is refused, with its place, the offending value and a repair.

Refused are values outside the closed vocabulary, times and coordinates that cannot be,
numbers out of range, missing required values, exact repetitions of a row, and a second
row under the same id of the source. Nothing is repaired in silence; the one thing that
is changed is the place of outgoing fire (:mod:`tocsin.evidence.coarsen`).

>>> import numpy as np
>>> source = msgspec.convert(
...     {
...         "id": "watch",
...         "title": "Watch",
...         "publisher": "P",
...         "owner": "P",
...         "way_of_knowing": "patrols",
...         "licence": "none",
...         "origin": "exercise",
...         "coverage": {"area": "Lantern"},
...         "table": {"zone": "UTC", "columns": {"t_start": "when", "kind": "what"}},
...     },
...     SourceDescription,
... )
>>> frame = pl.DataFrame(
...     {
...         "when": ["2025-03-03 10:00"] * 3 + ["2025-03-04 10:00"],
...         "what": ["shot", "shot", "shoot", "burst"],
...     }
... )
>>> raw = RawRows(file="w.csv", frame=frame, rows=np.arange(1, 5), failed=Issues())
>>> reading = take_in(raw, source)
>>> reading.observations.num_rows, reading.rows_read, reading.adds_up
(2, 4, True)
>>> for issue in reading.issues:
...     print(issue)
w.csv:3 (kind): error [value_invalid] `shoot` is no kind
    repair: did you mean `shot`?
w.csv:2: error [duplicate_row] the row repeats an earlier row
    see also w.csv:1
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

import msgspec
import polars as pl
import pyarrow as pa

from tocsin.evidence.cells import detail, fill
from tocsin.evidence.checks import check_expected, check_rows
from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.evidence.connector import RawRows, Reading, unusable
from tocsin.evidence.issues import Fault, Faults, Issues
from tocsin.evidence.mapping import SCHEMAS, Column, Mapping, near, read_mapping
from tocsin.evidence.rows import digests, raw_bytes, row_ids
from tocsin.evidence.validity import check_values
from tocsin.model import Nature, Origin, SourceDescription

__all__ = ["take_in"]

_GIVEN_IDS: Final = ("observation_id", "raw_sha256")


def take_in(raw: RawRows, description: SourceDescription) -> Reading:
    """Make a reading of the rows.

    Raises:
        SourceUnusable: the description does not fit the file (``column_missing``,
            ``description_invalid``) or the file mixes origins (``origin_mixed``).
    """
    mapping = _mapping(raw, description)
    _need(raw, mapping, description)
    description = _with_origin(raw, description, mapping)
    faults = Faults(raw.file, raw.rows)
    schema = SCHEMAS[description.gives]
    rows = raw_bytes(raw.frame)
    table = fill(raw.frame, mapping, schema, faults)
    table = _by_default(table, raw, description, mapping, faults)
    check_values(table, schema, faults, bounds=mapping.bounds)
    table = _identified(table, raw, description, rows)
    _tell_repetitions(table, raw, mapping, faults)
    kept = table.filter(~faults.refused)
    later = check_rows(kept, raw, mapping, description.coverage)
    expected = check_expected(raw, description)
    return Reading(
        source=description,
        rows_read=raw.frame.height + raw.failed.refused,
        issues=Issues((raw.failed, faults.issues(), later, expected)),
        **{description.gives: _conformed(kept, schema)},
    )


def _mapping(raw: RawRows, description: SourceDescription) -> Mapping:
    """The description's mapping; Tocsin's own columns are filled by their own names."""
    mapping = read_mapping(description.id, description.table, gives=description.gives)
    if mapping.layout is None:
        return mapping
    own = {
        name: Column(source=name)
        for name in SCHEMAS[description.gives].names
        if name in raw.frame.columns and name not in {*_GIVEN_IDS, "raw_ref"}
    }
    return msgspec.structs.replace(mapping, columns={**own, **mapping.columns})


def _need(raw: RawRows, mapping: Mapping, description: SourceDescription) -> None:
    """Every column that the mapping names is in the file, and every required one named.

    Raises:
        SourceUnusable: all that are missing, each with the nearest name.
    """
    there = raw.frame.columns
    missing = [name for name in mapping.needed if name not in there]
    if missing:
        words = "; ".join(f"`{name}` {near(name, there)}".strip() for name in missing)
        raise unusable(
            "column_missing",
            raw.file,
            f"the file has no column {words}",
            repair=f"its columns are {', '.join(there)[:400]}; rename them, or change"
            f" the description of {description.id}",
        )
    own = {"origin", "source_id", "nature", *_GIVEN_IDS, "raw_ref", "t_end"}
    required = [f.name for f in SCHEMAS[description.gives] if not f.nullable]
    unnamed = [name for name in required if name not in {*own, *mapping.columns}]
    if unnamed:
        code = "column_missing" if mapping.layout else "description_invalid"
        message = f"nothing fills the required column {', '.join(unnamed)}"
        raise unusable(code, raw.file, message)


def _with_origin(
    raw: RawRows, description: SourceDescription, mapping: Mapping
) -> SourceDescription:
    """The description with the one origin of the rows.

    Raises:
        SourceUnusable: the file holds several origins, or another than is described.
    """
    if "origin" not in mapping.columns or not raw.frame.height:
        return description
    filled = mapping.columns["origin"]
    column = filled.sources[0] if filled.sources else "origin"
    found = (
        sorted({str(value) for value in raw.frame[column].unique().to_list()})
        if filled.sources
        else [str(filled.value)]
    )
    allowed = list(Origin) if mapping.origin_from_file else [description.origin]
    if len(found) != 1 or found[0] not in allowed:
        raise unusable(
            "origin_mixed",
            raw.file,
            f"the rows are {', '.join(found)}; {description.id} takes rows of one"
            f" origin, {' or '.join(allowed)}",
            field=column,
        )
    return msgspec.structs.replace(description, origin=Origin(found[0]))


def _by_default(
    table: pl.DataFrame,
    raw: RawRows,
    description: SourceDescription,
    mapping: Mapping,
    faults: Faults,
) -> pl.DataFrame:
    """Where a row says nothing, what the description says of the whole source."""
    says: dict[str, object] = {"source_id": description.id}
    if description.gives == "observations":
        says |= {
            "nature": Nature.EVENT,
            "platform": description.platform,
            "reliability": description.reliability,
            "marking": description.marking,
            "t_sigma_s": description.t_sigma_s,
        }
    filled = table.with_columns(
        (
            pl.coalesce(pl.col(name), pl.lit(value))
            if name in table.columns
            else pl.lit(value)
        ).alias(name)
        for name, value in says.items()
        if value is not None
    ).with_columns(origin=pl.lit(str(description.origin)))
    if mapping.detail:
        filled = filled.with_columns(detail(raw.frame, mapping, faults).alias("detail"))
    if description.sigma_m is not None and "lon" in table.columns:
        sigma = pl.col("sigma_m") if "sigma_m" in table.columns else pl.lit(None)
        stated = pl.when(pl.col("lon").is_not_null()).then(description.sigma_m)
        filled = filled.with_columns(sigma_m=pl.coalesce(sigma, stated))
    return filled


def _identified(
    table: pl.DataFrame,
    raw: RawRows,
    description: SourceDescription,
    rows: list[bytes],
) -> pl.DataFrame:
    """With the row's id, digest and place; Tocsin's own rows keep the id they have."""
    ids = row_ids(str(description.origin), table["source_id"], rows)
    computed = {"observation_id": ids, "raw_sha256": digests(rows)}
    own = description.table.get("layout") == "tocsin"
    for name in _GIVEN_IDS:
        if own and name in raw.frame.columns:
            computed[name] = raw.frame[name].to_list()
    refs = f"{PurePath(raw.file).name}#" + pl.Series(raw.rows, dtype=pl.Int64).cast(
        pl.String
    )
    given = refs.alias("raw_ref")
    if own and "raw_ref" in raw.frame.columns:
        given = raw.frame["raw_ref"]
    return table.with_columns(
        *(
            pl.Series(name, values, dtype=pl.String)
            for name, values in computed.items()
        ),
        given.alias("raw_ref"),
    )


def _tell_repetitions(
    table: pl.DataFrame, raw: RawRows, mapping: Mapping, faults: Faults
) -> None:
    """Exact repetitions of a row, and a second row under one id of the source."""
    same = pl.DataFrame({"key": table["raw_sha256"], "row": raw.rows})
    first = same.select(pl.col("row").first().over("key"))["row"].to_numpy()
    repeated = Fault(
        code="duplicate_row", field=None, message="the row repeats an earlier row"
    )
    faults.add(repeated, first != raw.rows, also=first)
    key = mapping.id or ("observation_id" if mapping.layout else None)
    if key is None or key not in raw.frame.columns:
        return
    cells = raw.frame[key].cast(pl.String).str.strip_chars()
    ids = pl.select(pl.when(~cells.is_in(mapping.missing)).then(cells)).to_series()
    named = pl.DataFrame({"key": ids, "row": raw.rows, "raw": table["raw_sha256"]})
    fresh = named.select(
        row=pl.col("row").first().over("key"), raw=pl.col("raw").first().over("key")
    )
    conflict = Fault(
        code="id_conflict",
        field=key,
        message="`{value}` is already the id of another row with other content",
        repair="one of the two needs another id, or is a correction that must say so",
    )
    differs = ids.is_not_null() & (fresh["raw"] != named["raw"])
    faults.add(conflict, differs, ids, also=fresh["row"].to_numpy())


def _conformed(kept: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """The rows as a table of exactly this schema."""
    if "assessment" in schema.names:
        kept = coarsen_outgoing(_with_columns(kept, schema))
    columns = []
    for field in schema:
        if field.name in kept.columns:
            columns.append(kept[field.name].to_arrow().cast(field.type))
        else:
            columns.append(pa.nulls(kept.height, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _with_columns(kept: pl.DataFrame, schema: pa.Schema) -> pl.DataFrame:
    """The columns on which coarsening looks, where the source has none of them."""
    kinds = {"assessment": pl.String, "kind": pl.String}
    places = [n for n in schema.names if n in {"lon", "lat", "sigma_m"}]
    sector = ["bearing_deg", "width_deg", "range_min_m", "range_max_m"]
    wanted = {**kinds, **dict.fromkeys([*places, *sector], pl.Float64)}
    absent = [n for n in wanted if n not in kept.columns]
    return kept.with_columns(pl.lit(None, dtype=wanted[n]).alias(n) for n in absent)
