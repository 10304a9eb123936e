"""Names in the evidence that the agreement does not know: told, never guessed.

A source that blames `Northlnad`, or a ballot of a state that nothing in the agreement
names, would be read and then count for nobody. In go the tables and the names of the
agreement; out comes one warning for each source and name, with the first row that
bears it, how many there are, and the nearest name that is known.

>>> import pyarrow as pa
>>> from tocsin.model import OBSERVATIONS, REGISTER, empty
>>> seen = pa.table(
...     {
...         "source_id": ["press"] * 3,
...         "claimed_party": ["Northlnad", None, "Northlnad"],
...         "raw_ref": ["p.csv#2", "p.csv#3", "p.csv#4"],
...     }
... )
>>> told = strangers(seen, empty(REGISTER), parties=["Northland"], actors=["Northland"])
>>> print(told[0])
p.csv:2 (claimed_party): warning [party_unknown] `Northlnad` is no party of the
agreement; 2 rows of press name it, and it counts for nobody
    repair: did you mean `Northland`?
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl
import pyarrow as pa

from tocsin.evidence.mapping import near
from tocsin.model import Issue, Where

__all__ = ["strangers"]


def strangers(
    observations: pa.Table,
    register: pa.Table,
    *,
    parties: Collection[str],
    actors: Collection[str],
) -> tuple[Issue, ...]:
    """A warning for each source and name that the agreement does not know.

    Args:
        observations: OBSERVATIONS; `claimed_party` must be a party.
        register: REGISTER; whoever acts or is acted on must be named somewhere.
        parties: names of the parties.
        actors: every name that the agreement gives to anybody.
    """
    asked = (
        (observations, "claimed_party", parties, "no party of the agreement"),
        (register, "party", actors, "nobody that the agreement names"),
        (register, "target_party", actors, "nobody that the agreement names"),
    )
    return tuple(issue for each in asked for issue in _unknown(*each))


def _unknown(
    table: pa.Table, field: str, known: Collection[str], what: str
) -> Iterator[Issue]:
    named = table.select(["source_id", field, "raw_ref"])
    rows: pl.DataFrame = pl.DataFrame(pl.from_arrow(named))
    found = (
        rows.filter(pl.col(field).is_not_null() & ~pl.col(field).is_in(list(known)))
        .group_by("source_id", field, maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("raw_ref").first())
        .sort("source_id", field)
    )
    for row in found.iter_rows(named=True):
        name, n = row[field], row["rows"]
        verb = "names" if n == 1 else "name"
        yield Issue(
            code="party_unknown",
            where=_where(row["raw_ref"], field),
            message=f"`{name}` is {what}; {n:,} row{'s' * (n != 1)} of"
            f" {row['source_id']} {verb} it, and it counts for nobody",
            repair=near(name, known) or f"known are {', '.join(sorted(known)[:12])}",
            warning=True,
        )


def _where(raw_ref: str, field: str) -> Where:
    file, _, number = raw_ref.rpartition("#")
    line = int(number) if number.isdigit() else None
    return Where(file=file or raw_ref, line=line, field=field)
