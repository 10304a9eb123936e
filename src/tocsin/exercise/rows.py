"""Observations as one structured array, and as the table that a mission would receive.

Words of the vocabulary are small integers, -1 is unknown; places are kilometres until
the table is made. No row knows the truth but by ``event``, and that column never leaves
this room with the observations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.exercise.events import (
    ASSESSMENTS,
    KINDS,
    RESTRICTIONS,
    SETTINGS,
    WEAPONS,
)
from tocsin.exercise.world import BOX, to_degrees
from tocsin.model import OBSERVATIONS, VOCABULARY

__all__ = [
    "COLUMNS",
    "ROW",
    "Names",
    "Rows",
    "blank_rows",
    "observations_table",
    "word",
]

Rows = npt.NDArray[Any]
"""A structured array of :data:`ROW`."""

_CODES: Final = {
    "nature": VOCABULARY["nature"],
    "platform": VOCABULARY["platform"],
    "means": VOCABULARY["means"],
    "kind": KINDS,
    "assessment": ASSESSMENTS,
    "setting": SETTINGS,
    "restriction": RESTRICTIONS,
    "weapon": WEAPONS,
    "count_qualifier": VOCABULARY["count_qualifier"],
    "reliability": VOCABULARY["reliability"],
    "credibility": VOCABULARY["credibility"],
    "marking": VOCABULARY["marking"],
}
_REALS: Final = (
    "sigma_m",
    "bearing_deg",
    "width_deg",
    "range_min_m",
    "range_max_m",
    "fire_bearing_deg",
    "fire_kappa",
    "t_sigma_s",
)

ROW: Final = np.dtype(
    [(name, "i1") for name in _CODES]
    + [(name, "f8") for name in _REALS]
    + [(name, "f8") for name in ("x", "y", "observer_x", "observer_y")]
    + [(name, "f8") for name in ("t_start", "t_end", "received_at")]
    + [
        ("event", "i8"),  # -1: nothing happened
        ("source", "i1"),  # index into the sources
        ("network", "i1"),
        ("count", "i4"),  # 0: nothing counted
        ("place", "i4"),  # index of a settlement, -1 none
        ("sector", "i1"),  # where the source states it
        ("claimed_party", "i1"),
        ("claimed_by", "i1"),
        ("root", "i8"),  # number of the story, -1 none
    ]
)

_ABSENT: Final = {"origin", "observation_id", "raw_sha256", "raw_ref"}
COLUMNS: Final = tuple(f for f in OBSERVATIONS if f.name not in _ABSENT - {"origin"})
"""Fields of the observations table: those of OBSERVATIONS that a source can give."""


class Names:
    """The words that an exercise uses for its sources, parties and places."""

    def __init__(
        self,
        *,
        sources: Sequence[str],
        parties: Sequence[str],
        sectors: Sequence[str],
        settlements: Sequence[str],
    ) -> None:
        self.sources = tuple(sources)
        self.parties = tuple(parties)
        self.sectors = tuple(sectors)
        self.settlements = tuple(settlements)


def word(column: str, text: str) -> int:
    """Number of a word in one of the coded columns."""
    return _CODES[column].index(text)


def blank_rows(how_many: int) -> Rows:
    """Rows of which nothing is known yet."""
    rows = np.zeros(how_many, ROW)
    for name in ROW.names or ():
        if ROW[name].kind == "f":
            rows[name] = np.nan
        elif name != "count":
            rows[name] = -1
    return rows


def observations_table(
    rows: Rows, names: Names, *, start_us: int, origin: str
) -> pa.Table:
    """The rows as they reach the mission: degrees, words and UTC."""
    given: dict[str, Any] = {
        name: _words(rows[name], list(words)) for name, words in _CODES.items()
    }
    given |= {name: _rounded(rows[name], 3) for name in _REALS}
    given |= _times(rows, start_us) | _places(rows) | _named(rows, names)
    given["count"] = pa.array(rows["count"].astype(np.int64), mask=rows["count"] == 0)
    given["origin"] = _words(np.zeros(len(rows), np.int8), [origin])
    columns = [
        given[field.name].cast(field.type)
        if field.name in given
        else pa.nulls(len(rows), field.type)
        for field in COLUMNS
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(COLUMNS))


def _words(codes: npt.NDArray[Any], words: Sequence[str]) -> pa.Array:
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words, pa.string())).cast(
        pa.string()
    )


def _rounded(values: npt.NDArray[Any], digits: int) -> pa.Array:
    return pa.array(np.round(values, digits), from_pandas=True)


def _times(rows: Rows, start_us: int) -> dict[str, pa.Array]:
    return {
        name: pa.array(start_us + np.round(rows[name]).astype(np.int64) * 1_000_000)
        for name in ("t_start", "t_end", "received_at")
    }


def _places(rows: Rows) -> dict[str, pa.Array]:
    given = {}
    for lon_name, lat_name, x_name, y_name in (
        ("lon", "lat", "x", "y"),
        ("observer_lon", "observer_lat", "observer_x", "observer_y"),
    ):
        lon, lat = to_degrees(rows[x_name], rows[y_name])
        given[lon_name] = _rounded(np.clip(lon, BOX[0], BOX[2]), 5)
        given[lat_name] = _rounded(np.clip(lat, BOX[1], BOX[3]), 5)
    return given


def _named(rows: Rows, names: Names) -> dict[str, pa.Array]:
    return {
        "source_id": _words(rows["source"], names.sources),
        "place_name": _words(rows["place"], names.settlements),
        "sector": _words(rows["sector"], names.sectors),
        "claimed_party": _words(rows["claimed_party"], names.parties),
        "claimed_by": _words(rows["claimed_by"], names.parties),
        "derived_from": _stories(rows["root"]),
    }


def _stories(roots: npt.NDArray[Any]) -> pa.Array:
    import pyarrow.compute as pc

    numbers = pa.array(roots, mask=roots < 0).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar("story"), numbers, pa.scalar("-"))
