"""A table of observations from anywhere, checked, as OBSERVATIONS.

In: a Parquet file with at least :data:`REQUIRED`; ``kind`` may be null, and so may the
place of a row that gives a sector (observer, bearing) or a name instead. Every other
column of OBSERVATIONS is taken where it is there and null where it is not; ``platform``
then says how far off a row may be. Out: OBSERVATIONS, and an issue for each thing that
is wrong. Faults are errors; a word that the vocabulary does not know is a warning, and
the value counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import InputRefused
from tocsin.model import (
    OBSERVATIONS,
    VOCABULARY,
    Issue,
    Nature,
    Origin,
    Outcome,
    Where,
    conform,
)

__all__ = ["REQUIRED", "as_observations", "check_rows", "read_observations"]

REQUIRED: Final = (
    "observation_id", "source_id", "kind", "t_start", "t_end", "lon", "lat", "sigma_m",
)  # fmt: skip
NEVER_NULL: Final = ("observation_id", "source_id", "t_start", "t_end")
TIMES: Final = ("t_start", "t_end", "received_at")
SHOWN: Final = 100
"""So many rows with one fault are listed one by one; then their number is said."""
ERRORS: Final = (
    "sigma_m", "t_sigma_s", "width_deg", "range_min_m", "range_max_m", "fire_kappa",
)  # fmt: skip
BOUNDS: Final = {"lon": 180.0, "observer_lon": 180.0, "lat": 90.0, "observer_lat": 90.0}


def read_observations(
    file: Path, *, origin: str | None = None, keep_going: bool = False
) -> Outcome[pa.Table]:
    """The rows of a file as OBSERVATIONS.

    Args:
        file: Parquet.
        origin: of rows that do not say; None: ``observed``.
        keep_going: rows with faults are left out, and their faults are warnings.

    Raises:
        InputRefused: the file cannot be read, or rows have faults; all are listed.
    """
    given = _read(file)
    rows, issues = _typed(file, given)
    rows = rows.with_columns(_filled(rows, origin or Origin.OBSERVED))
    bad, wrong = check_rows(rows, str(file))
    issues += wrong
    if keep_going:
        rows = rows.filter(~bad)
        issues = [_forgiven(issue) for issue in issues]
    if any(not issue.warning for issue in issues):
        raise InputRefused(issues)
    rows = rows.unique("observation_id", keep="first", maintain_order=True)
    ready = rows.with_columns(_known_words(rows))
    return Outcome(records=_table(ready), issues=tuple(issues))


def _table(rows: pl.DataFrame) -> pa.Table:
    return conform(rows.to_arrow(), OBSERVATIONS, what="observations")


def _read(file: Path) -> pa.Table:
    """The columns of the file that OBSERVATIONS knows."""
    where = Where(file=str(file))
    if not file.is_file():
        why = "there is no such file" if not file.exists() else "it is a folder"
        raise InputRefused([Issue(code="file_missing", where=where, message=why)])
    try:
        there = pq.read_schema(file).names
        table = pq.read_table(
            file, columns=[n for n in OBSERVATIONS.names if n in there]
        )
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        message = f"it is not whole or not a Parquet file: {reason}"
        issue = Issue(code="file_damaged", where=where, message=message)
        raise InputRefused([issue]) from error
    missing = [name for name in REQUIRED if name not in there]
    if missing:
        raise InputRefused([_no_column(file, name, there) for name in missing])
    return table


def _no_column(file: Path, name: str, there: Sequence[str]) -> Issue:
    return Issue(
        code="column_missing",
        where=Where(file=str(file), field=name),
        message=f"there is no column `{name}`; the file has {', '.join(there)}",
        repair="docs/reference/commands.md, `tocsin fuse`, lists the columns",
    )


def _typed(file: Path, given: pa.Table) -> tuple[pl.DataFrame, list[Issue]]:
    """The columns in the types of OBSERVATIONS; one that cannot be cast is an issue."""
    issues: list[Issue] = []
    columns = []
    for name in given.column_names:
        column = pl.Series(name, given[name])
        try:
            columns.append(_cast(file, column, issues))
        except (pl.exceptions.PolarsError, ValueError) as error:
            kind, reason = OBSERVATIONS.field(name).type, str(error).partition("\n")[0]
            message = f"`{name}` cannot be read as {kind}: {reason}"
            issues.append(_issue(str(file), None, name, "value_invalid", message))
    if any(not issue.warning for issue in issues):
        raise InputRefused(issues)
    return pl.DataFrame(columns), issues


def _cast(file: Path, column: pl.Series, issues: list[Issue]) -> pl.Series:
    if column.name in TIMES:
        return _time(file, column, issues)
    wanted = pl.Series(pa.nulls(0, OBSERVATIONS.field(column.name).type)).dtype
    return column.cast(wanted)


def _time(file: Path, column: pl.Series, issues: list[Issue]) -> pl.Series:
    utc = pl.Datetime("us", "UTC")
    if column.dtype == pl.String:
        return column.str.to_datetime(time_unit="us", time_zone="UTC")
    if not isinstance(column.dtype, pl.Datetime):
        if column.null_count() == len(column):
            return column.cast(utc)
        raise ValueError(f"its type is {column.dtype}, not a time")
    if column.dtype.time_zone is None:
        message = f"`{column.name}` has no time zone; it is read as UTC"
        issues.append(
            _issue(
                str(file), None, column.name, "time_without_zone", message, warning=True
            )
        )
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return column.cast(pl.Datetime("us", column.dtype.time_zone)).cast(utc)


def _filled(rows: pl.DataFrame, origin: str) -> list[pl.Expr]:
    """What OBSERVATIONS requires and the file need not have."""
    stated = {"origin": origin, "nature": Nature.EVENT, "raw_sha256": "", "raw_ref": ""}
    return [
        (
            pl.col(name).fill_null(value) if name in rows.columns else pl.lit(value)
        ).alias(name)
        for name, value in stated.items()
    ]


def _known_words(rows: pl.DataFrame) -> list[pl.Expr]:
    """Words that the vocabulary does not know become null."""
    return [
        pl.when(pl.col(name).is_in(words)).then(name).alias(name)
        for name, words in VOCABULARY.items()
        if name in rows.columns and name not in ("origin", "nature")
    ]


# --- faults


def check_rows(rows: pl.DataFrame, file: str) -> tuple[pl.Series, list[Issue]]:
    """Which rows have a fault, and an issue for each fault of each row.

    Args:
        rows: typed columns of OBSERVATIONS, those of :data:`REQUIRED` among them.
        file: named in the issues.
    """
    faults = [(*about, rows.select(bad).to_series()) for about, bad in _faults(rows)]
    issues: list[Issue] = []
    bad = pl.repeat(False, rows.height, eager=True)
    for code, field, message, where in faults:
        where = where.fill_null(False)
        if where.any():
            bad |= where
            issues += _each(file, code, field, message, where)
    issues += _words(rows, file)
    issues += _repeats(rows, file)
    return bad, issues


def _faults(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, str, str], pl.Expr]]:
    """Code, field and message of every fault that a row can have, and its test."""
    for name in NEVER_NULL:
        yield ("value_missing", name, "is empty"), pl.col(name).is_null()
    backwards = pl.col("t_end") < pl.col("t_start")
    yield ("time_invalid", "t_end", "ends before it starts"), backwards
    for name, bound in BOUNDS.items():
        if name in rows.columns:
            outside = (pl.col(name).abs() <= bound).not_()
            message = f"lies outside -{bound:g} to {bound:g} degrees"
            yield ("place_invalid", name, message), outside
    half = pl.col("lon").is_null() != pl.col("lat").is_null()
    yield ("place_invalid", "lon", "has only one of `lon` and `lat`"), half
    for name in ERRORS:
        if name in rows.columns:
            wrong = (pl.col(name) < 0) | pl.col(name).is_finite().not_()
            yield ("value_invalid", name, "is negative or not a number"), wrong
    yield (
        ("value_missing", "sigma_m", "is empty, and no `platform` says how far off"),
        pl.col("lon").is_not_null() & pl.col("sigma_m").is_null() & _no_platform(rows),
    )
    for name in ("origin", "nature"):
        known = pl.col(name).is_in(VOCABULARY[name])
        words = ", ".join(VOCABULARY[name])
        yield ("value_invalid", name, f"is none of {words}"), known.not_()


def _no_platform(rows: pl.DataFrame) -> pl.Expr:
    if "platform" not in rows.columns:
        return pl.lit(True)
    return pl.col("platform").is_in(VOCABULARY["platform"]).fill_null(False).not_()


def _each(
    file: str, code: str, field: str, message: str, where: pl.Series
) -> Iterator[Issue]:
    numbers = where.arg_true()
    for number in numbers.head(SHOWN):
        yield _issue(file, number + 1, field, code, f"`{field}` {message}")
    if len(numbers) > SHOWN:
        more = f"`{field}` {message}: {len(numbers) - SHOWN:,} more rows"
        yield _issue(file, None, field, code, more)


def _words(rows: pl.DataFrame, file: str) -> Iterator[Issue]:
    for name, words in VOCABULARY.items():
        if name not in rows.columns or name in ("origin", "nature"):
            continue
        counts = rows[name].value_counts(sort=True)
        strange = counts.filter(pl.col(name).is_in(words).not_())
        for word, n in strange.head(SHOWN).iter_rows():
            message = f"`{word}` is no {name} that Tocsin knows: unknown in {n:,} rows"
            yield _issue(file, None, name, "value_invalid", message, warning=True)


def _repeats(rows: pl.DataFrame, file: str) -> Iterator[Issue]:
    """The same row twice counts once; two rows of one id that differ are an error."""
    if rows["observation_id"].n_unique() == rows.height:
        return
    again = rows.with_row_index("number", offset=1)
    again = again.filter(pl.col("observation_id").is_duplicated())
    whole = again.drop("number", "rel_to", strict=False)
    differ = again.filter(~whole.is_duplicated())["observation_id"].unique()
    firsts = again.unique("observation_id", keep="first", maintain_order=True)
    for number, name in firsts.select("number", "observation_id").head(SHOWN).rows():
        if name in differ:
            message = f"two rows bear the id `{name}` and differ"
            yield _issue(file, number, "observation_id", "id_conflict", message)
        else:
            message = f"`{name}` is there more than once; it counts once"
            yield _issue(
                file, number, "observation_id", "duplicate_row", message, warning=True
            )


def _issue(
    file: str,
    line: int | None,
    field: str,
    code: str,
    message: str,
    *,
    warning: bool = False,
) -> Issue:
    return Issue(
        code=code,
        where=Where(file=file, line=line, field=field),
        message=message,
        warning=warning,
    )


def _forgiven(issue: Issue) -> Issue:
    """The fault as a warning: its row is left out."""
    if issue.warning:
        return issue
    return Issue(
        code=issue.code,
        where=issue.where,
        message=f"{issue.message}: left out",
        repair=issue.repair,
        evidence=issue.evidence,
        warning=True,
    )


def as_observations(
    given: list[dict[str, object]], *, name: str, line: int
) -> pa.Table:
    """Rows as objects, times as text, as OBSERVATIONS.

    Args:
        given: one object for each row; what a row does not say is unknown.
        name: named in the issues; ``line``: the line of the first row.

    Raises:
        InputRefused: rows have faults; all are listed.
    """
    there = {key for row in given for key in row}
    missing = [c for c in NEVER_NULL if c not in there]
    if missing:
        raise InputRefused([
            _issue(name, line, c, "value_missing", f"`{c}` is empty") for c in missing
        ])  # fmt: skip
    columns: list[pl.Series] = []
    issues: list[Issue] = []
    for key in [n for n in OBSERVATIONS.names if n in there or n in REQUIRED]:
        try:
            column = pl.Series(key, [row.get(key) for row in given], strict=True)
            columns.append(_cast(Path(name), column, issues))
        except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            issues.append(
                _issue(name, line, key, "value_invalid", f"`{key}`: {reason}")
            )
    if any(not issue.warning for issue in issues):
        raise InputRefused(issues)
    rows = pl.DataFrame(columns)
    rows = rows.with_columns(_filled(rows, Origin.OBSERVED))
    _, wrong = check_rows(rows, name)
    faults = [
        Issue(
            code=one.code,
            where=Where(file=name, line=line, field=one.where.field),
            message=one.message,
        )
        for one in wrong
        if not one.warning
    ]
    if faults:
        raise InputRefused(faults)
    return _table(rows.with_columns(_known_words(rows)))
