"""Two records of one warning: matched, so that they count as one root.

In go OBSERVATIONS and two sources of warnings; out come the pairs of warnings for the
same place whose beginnings lie within a few minutes, each with the nearest of the
other, and the share of each series that has a partner. Whether two series are
independent is not decided here: where they know in the same way (volunteers who follow
the official signal), a pair is one root, and :func:`one_root` says so in
``derived_from``, the later naming the earlier.

>>> from datetime import UTC, datetime
>>> def alert(number, source, minute):
...     return {
...         "observation_id": str(number),
...         "origin": "exercise",
...         "raw_ref": "",
...         "source_id": source,
...         "nature": "warning",
...         "place_name": "Alvenor",
...         "t_start": datetime(2025, 3, 3, 10, minute, tzinfo=UTC),
...         "t_end": datetime(2025, 3, 3, 11, tzinfo=UTC),
...         "raw_sha256": "",
...     }
>>> rows = [alert(1, "official", 0), alert(2, "volunteer", 3), alert(3, "volunteer", 9)]
>>> seen = pa.Table.from_pylist(rows, OBSERVATIONS)
>>> matched = match_warnings(seen, "official", "volunteer")
>>> matched.pairs["second"].to_list(), matched.share_of_first, matched.share_of_second
(['2'], 1.0, 0.5)
>>> one_root(seen, matched)["derived_from"].to_pylist()
[None, '1', None]
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Final

import msgspec
import polars as pl
import pyarrow as pa

from tocsin.model import OBSERVATIONS, SourceDescription, conform

__all__ = ["WITHIN_S", "MatchedWarnings", "match_warnings", "one_root"]
__all__ += ["one_warning"]

WITHIN_S: Final = 300.0
"""How far apart two records of one warning may begin, seconds."""


class MatchedWarnings(msgspec.Struct, frozen=True, kw_only=True):
    """Which warnings of two series are one.

    Attributes:
        pairs: ``first`` and ``second`` (observation ids) and ``later_s``, the seconds
            by which the second began after the first; each id at most once.
        share_of_first: share of the first series within reach of some warning of the
            second, 0 to 1; and the other way round.
    """

    pairs: pl.DataFrame
    share_of_first: float
    share_of_second: float


def match_warnings(
    observations: pa.Table, first: str, second: str, *, within_s: float = WITHIN_S
) -> MatchedWarnings:
    """Match two series of warnings by place and begin.

    Args:
        first: id of one source.
        second: id of the other.
    """
    one, other = (_series(observations, source) for source in (first, second))
    there, back = _nearest(one, other, within_s), _nearest(other, one, within_s)
    mutual = there.join(
        back.select(observation_id="nearest", nearest="observation_id"),
        on=["observation_id", "nearest"],
    )
    pairs = mutual.select(
        first="observation_id",
        second="nearest",
        later_s=(pl.col("t_nearest") - pl.col("t_start")).dt.total_milliseconds() / 1e3,
    )
    return MatchedWarnings(
        pairs=pairs.unique("second", maintain_order=True),
        share_of_first=_share(there, one),
        share_of_second=_share(back, other),
    )


def one_root(observations: pa.Table, matched: MatchedWarnings) -> pa.Table:
    """The observations, the later of each pair derived from the earlier."""
    late = pl.col("later_s") >= 0
    roots = matched.pairs.select(
        observation_id=pl.when(late).then("second").otherwise("first"),
        root=pl.when(late).then("first").otherwise("second"),
    )
    seen = pl.DataFrame(pl.from_arrow(observations))
    joined = seen.join(
        roots, on="observation_id", how="left", maintain_order="left"
    ).with_columns(derived_from=pl.coalesce("derived_from", "root"))
    return conform(joined.to_arrow(), OBSERVATIONS, what="observations")


def one_warning(
    observations: pa.Table, *, sources: Iterable[SourceDescription]
) -> pa.Table:
    """The observations, each two records of one warning with one root.

    Two series are records of the same warnings where they know in the same way, whoever
    keeps them: until a description says otherwise, volunteers who follow the state's
    signal are that signal.
    """
    ways: dict[str, list[str]] = {}
    for source in sources:
        same = ways.setdefault(source.way_of_knowing, [])
        if source.id not in same:
            same.append(source.id)
    for series in ways.values():
        for first, second in combinations(sorted(series), 2):
            matched = match_warnings(observations, first, second)
            if matched.pairs.height:
                observations = one_root(observations, matched)
    return observations


def _series(observations: pa.Table, source: str) -> pl.DataFrame:
    columns = ["observation_id", "source_id", "nature", "place_name", "t_start"]
    seen = pl.DataFrame(pl.from_arrow(observations.select(columns)))
    return seen.filter(
        pl.col("source_id") == source,
        pl.col("nature") == "warning",
        pl.col("place_name").is_not_null(),
    ).sort("t_start", "observation_id")


def _nearest(one: pl.DataFrame, other: pl.DataFrame, within_s: float) -> pl.DataFrame:
    """Each warning with the nearest of the other series, where one is near enough."""
    partner = other.select(
        "place_name",
        "t_start",
        nearest="observation_id",
        t_nearest="t_start",
    )
    return one.join_asof(
        partner,
        on="t_start",
        by="place_name",
        strategy="nearest",
        tolerance=f"{round(within_s * 1000)}ms",
        check_sortedness=False,  # both are sorted by _series
    ).filter(pl.col("nearest").is_not_null())


def _share(found: pl.DataFrame, of: pl.DataFrame) -> float:
    return found.height / of.height if of.height else 0.0
