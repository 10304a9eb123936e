"""Places by name: what a gazetteer knows, and what becomes of a row with a name only.

In go rows of PLACES, which a gazetteer that the user gave holds, and OBSERVATIONS; out
come the observations, those without coordinates placed where their name is known. A
place is as uncertain as the area that it names: the centre of the area, with the error
that the gazetteer states for it; a settlement without coordinates lies somewhere in the
area above it.

A name that several places bear gets no place and an issue with the candidates
(``place_ambiguous``), unless what else is written (a former name in brackets, an area
after a comma, the row's sector) leaves one, or they lie in each other: then the widest
is meant. A name that nobody bears is ``place_unknown``; one that was read as another
spelling or a former name is ``place_read_as``. All three are warnings: the row is kept.

>>> rows = [
...     {"place_id": "1", "name": "Alvenor", "level": "raion", "lon": -25.0,
...      "lat": -3.0, "sigma_m": 9e3, "parent": None},
...     {"place_id": "2", "name": "Sigha", "level": "settlement", "parent": "1"},
...     {"place_id": "3", "name": "Brook", "parent": "1", "formerly": ["Redtown"]},
...     {"place_id": "4", "name": "Brook", "lon": -20.0, "lat": 0.0, "sigma_m": 500.0},
... ]
>>> known = Gazetteer(pa.Table.from_pylist(rows, PLACES), publishers={})
>>> answer = known.find("Sihah")
>>> answer.place.name, answer.place.sigma_m, answer.read_as
('Sigha', 9000.0, True)
>>> [one.place_id for one in known.find("Brook").candidates]
['3', '4']
>>> known.find("Brook (formerly Redtown)").place.place_id
'3'
"""  # fmt: skip

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.evidence.coarsen import coarsen_outgoing
from tocsin.evidence.issues import Fault, Faults, Issues
from tocsin.evidence.toponyms import Written, key, plain, written
from tocsin.model import OBSERVATIONS, PLACES, Outcome, conform

__all__ = ["Answer", "Gazetteer", "NamedPlace", "place_by_name"]

CANDIDATES_SHOWN: Final = 5
HIGHEST: Final = 8
"""Areas above each other; more, and they name each other in a ring."""


class NamedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a gazetteer; coordinates None: known by name only."""

    place_id: str
    name: str
    level: str | None
    lon: float | None
    lat: float | None
    sigma_m: float | None
    above: tuple[int, ...]
    publisher: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a gazetteer says of a name.

    Attributes:
        place: the one that is meant, or None: unknown or ambiguous.
        candidates: every place that may be meant.
        read_as: True where the name was read as another spelling or a former name.
    """

    place: NamedPlace | None = None
    candidates: tuple[NamedPlace, ...] = ()
    read_as: bool = False


class Gazetteer:
    """Places by name.

    Args:
        places: PLACES of any number of gazetteers.
        publishers: source id -> publisher, named where a place rests on it.
    """

    def __init__(self, places: pa.Table, *, publishers: Mapping[str, str]) -> None:
        self._rows: list[dict[str, Any]] = conform(
            places, PLACES, what="places"
        ).to_pylist()
        self._publishers = publishers
        self._number = {
            row["place_id"]: at
            for at, row in enumerate(self._rows)
            if row["place_id"] is not None
        }

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, text: str, *, within: Iterable[str] = ()) -> Answer:
        """The place of this name.

        Args:
            text: as somebody wrote it.
            within: names of areas that it is said to lie in; they narrow, never refuse.
        """
        asked = written(text)
        for index, make, read_as in self._ways():
            found = sorted(
                {at for name in asked.names for at in index.get(make(name), ())}
            )
            if found:
                return self._answer(found, asked, tuple(within), read_as=read_as)
        return Answer()

    def _ways(self) -> list[tuple[dict[str, list[int]], Callable[[str], str], bool]]:
        """How a name is looked up, the surest way first."""
        return [
            (self._named, plain, False),
            (self._former, plain, True),
            (self._keyed, key, True),
        ]

    @cached_property
    def _named(self) -> dict[str, list[int]]:
        return self._index(lambda row: [row["name"], *(row["variants"] or ())], plain)

    @cached_property
    def _former(self) -> dict[str, list[int]]:
        return self._index(lambda row: row["formerly"] or (), plain)

    @cached_property
    def _keyed(self) -> dict[str, list[int]]:
        return self._index(_all_names, key)

    def _index(
        self,
        names: Callable[[dict[str, Any]], Iterable[str]],
        make: Callable[[str], str],
    ) -> dict[str, list[int]]:
        index: defaultdict[str, list[int]] = defaultdict(list)
        for at, row in enumerate(self._rows):
            for name in {make(name) for name in names(row) if name}:
                index[name].append(at)
        return dict(index)

    def _answer(
        self, found: list[int], asked: Written, within: Sequence[str], *, read_as: bool
    ) -> Answer:
        if asked.level is not None:
            found = [a for a in found if self._rows[a]["level"] == asked.level] or found
        for hint in (*asked.hints, *within):
            if len(found) > 1:
                found = [at for at in found if self._bears(at, hint)] or found
        found = self._told_apart(found)
        places = tuple(self._place(at) for at in found)
        top = self._widest(found)
        meant = None if top is None else self._located(self._place(top))
        return Answer(place=meant, candidates=places, read_as=read_as)

    def _told_apart(self, found: list[int]) -> list[int]:
        """One of those that several gazetteers hold alike.

        Alike are two of one name and level at one place, or one of them at none.
        """
        if len(found) == 1:
            return found
        places = {at: self._place(at) for at in found}
        located = {
            (key(p.name), p.level, p.lon, p.lat): at
            for at, p in reversed(places.items())
            if p.lon is not None
        }
        there = {name[:2] for name in located}
        nowhere = {
            (key(p.name), p.level, p.place_id): at
            for at, p in places.items()
            if p.lon is None and (key(p.name), p.level) not in there
        }
        return sorted((*located.values(), *nowhere.values()))

    def _located(self, place: NamedPlace) -> NamedPlace:
        """The place; where it is known by name only, as another gazetteer puts it."""
        if place.lon is not None:
            return place
        twins = [self._place(at) for at in self._keyed.get(key(place.name), ())]
        twins = [t for t in twins if t.level == place.level and t.lon is not None]
        if len(twins) != 1:
            return place
        (twin,) = twins
        return msgspec.structs.replace(
            place,
            lon=twin.lon,
            lat=twin.lat,
            sigma_m=twin.sigma_m,
            publisher=f"{place.publisher} and {twin.publisher}",
        )

    def _bears(self, at: int, hint: str) -> bool:
        """Whether the hint is another name of the place, or of an area above it."""
        wanted = key(hint)
        names = [key(name) for name in _all_names(self._rows[at])]
        above = [
            key(name)
            for number in self._above(at)
            for name in _all_names(self._rows[number])
        ]
        return wanted in names or any(name.startswith(wanted) for name in above)

    def _widest(self, found: list[int]) -> int | None:
        """The place in which all of them lie, or None: they are different places."""
        tops = [at for at in found if all(at in (o, *self._above(o)) for o in found)]
        return tops[0] if tops else None

    def _above(self, at: int) -> tuple[int, ...]:
        """The areas that a place lies in, the smallest first."""
        chain: list[int] = []
        while len(chain) < HIGHEST:
            parent = self._rows[chain[-1] if chain else at]["parent"]
            if parent not in self._number or self._number[parent] in (at, *chain):
                break
            chain.append(self._number[parent])
        return tuple(chain)

    def _place(self, at: int) -> NamedPlace:
        row, above = self._rows[at], self._above(at)
        placed = [n for n in (at, *above) if self._rows[n]["lon"] is not None]
        where = self._rows[placed[0]] if placed else row
        return NamedPlace(
            place_id=row["place_id"] or "",
            name=row["name"],
            level=row["level"],
            lon=where["lon"],
            lat=where["lat"],
            sigma_m=where["sigma_m"],
            above=above,
            publisher=self._publishers.get(row["source_id"], row["source_id"] or ""),
        )

    def shown(self, place: NamedPlace) -> str:
        """The place with the areas that it lies in, for a person to tell it apart."""
        above = [self._rows[at]["name"] for at in place.above]
        level = f" {place.level}" if place.level else ""
        inside = f" in {', '.join(above)}" if above else ""
        return f"{place.name}{level}{inside}" + (
            f" [{place.place_id}]" if place.place_id else ""
        )


def _all_names(row: dict[str, Any]) -> list[str]:
    return [row["name"], *(row["variants"] or ()), *(row["formerly"] or ())]


def place_by_name(
    observations: pa.Table, gazetteer: Gazetteer, *, file: str
) -> Outcome[pa.Table]:
    """The observations, those with a name and no place placed by the gazetteer.

    Args:
        file: whose rows they are, for the issues.
    """
    seen = pl.DataFrame(pl.from_arrow(observations))
    nameless = pl.col("lon").is_null() & pl.col("observer_lon").is_null()
    wanted = seen.select(nameless & pl.col("place_name").is_not_null()).to_series()
    if not wanted.any():
        return Outcome(records=observations)
    asked = (
        seen.filter(wanted).select("place_name", "sector").unique(maintain_order=True)
    )
    told = pl.DataFrame([_told(gazetteer, *pair) for pair in asked.rows()], _TOLD)
    placed = seen.join(
        told, on=["place_name", "sector"], how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    faults = _faults(placed, wanted, file)
    new = wanted & placed["new_lon"].is_not_null()
    put = {
        name: pl.when(new).then(f"new_{name}").otherwise(name).alias(name)
        for name in ("lon", "lat", "sigma_m")
    }
    done = placed.with_columns(**put)
    coarse = coarsen_outgoing(done)
    done = done.with_columns(
        pl.when(new).then(coarse[name]).otherwise(done[name]).alias(name)
        for name in ("lon", "lat", "sigma_m")
    )
    table = conform(done.to_arrow(), OBSERVATIONS, what="observations")
    return Outcome(records=table, issues=faults)  # type: ignore[arg-type]


_TOLD: Final = {
    "place_name": pl.String,
    "sector": pl.String,
    "new_lon": pl.Float64,
    "new_lat": pl.Float64,
    "new_sigma_m": pl.Float64,
    "code": pl.String,
    "shown": pl.String,
}
_FAULTS: Final = (
    Fault(
        code="place_unknown",
        field="place_name",
        message="`{value}` is in no gazetteer that was given",
        repair="add it, or this spelling of it, to a gazetteer of your own",
        warning=True,
    ),
    Fault(
        code="place_ambiguous",
        field="place_name",
        message="{value}",
        repair="name the area after a comma, or give coordinates",
        warning=True,
    ),
    Fault(
        code="place_read_as",
        field="place_name",
        message="{value}",
        repair="kept; add the spelling to a gazetteer if it is right",
        warning=True,
    ),
)


def _told(gazetteer: Gazetteer, name: str, sector: str | None) -> dict[str, Any]:
    """What becomes of one name."""
    answer = gazetteer.find(name, within=[sector] if sector else [])
    place = answer.place
    row: dict[str, Any] = dict.fromkeys(_TOLD) | {"place_name": name, "sector": sector}
    if place is not None:
        row |= {
            "new_lon": place.lon,
            "new_lat": place.lat,
            "new_sigma_m": place.sigma_m,
        }
        if answer.read_as:
            of = f", says {place.publisher}" if place.publisher else ""
            row |= {"code": "place_read_as"}
            row |= {"shown": f"`{name}` was read as {gazetteer.shown(place)}{of}"}
    elif answer.candidates:
        row |= {"code": "place_ambiguous"}
        row |= {"shown": _candidates(gazetteer, name, answer.candidates)}
    else:
        row |= {"code": "place_unknown", "shown": name}
    return row


def _candidates(
    gazetteer: Gazetteer, name: str, candidates: Sequence[NamedPlace]
) -> str:
    first = "; ".join(gazetteer.shown(one) for one in candidates[:CANDIDATES_SHOWN])
    rest = len(candidates) - CANDIDATES_SHOWN
    more = f"; and {rest} more" if rest > 0 else ""
    return f"`{name}` is the name of {len(candidates)} places: {first}{more}"


def _faults(placed: pl.DataFrame, wanted: pl.Series, file: str) -> Issues:
    row = placed["raw_ref"].str.extract(r"#(\d+)$").cast(pl.Int64).fill_null(0)
    faults = Faults(file, row.to_numpy().astype(np.int64))
    for fault in _FAULTS:
        faults.add(fault, wanted & (placed["code"] == fault.code), placed["shown"])
    return faults.issues()
