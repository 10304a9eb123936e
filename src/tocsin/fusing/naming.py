"""Who did it, live: the incidents that a step touched, attributed as the batch does.

What one incident is laid to depends on others: an eye that reports from thereabouts and
is silent on it speaks against it. So a step names again every incident within reach of
those that it changed, each beside everything within reach of *it*; and what is said at
each instant is what :func:`tocsin.findings.attribute` says of all that stands.

What is hidden from the listener counts for nobody else until it is shown: or whoever
watches how the probabilities of its neighbours move could tell where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from tocsin import findings
from tocsin.errors import OriginsMixed
from tocsin.findings import Weights
from tocsin.findings.happened import AROUND_M, AROUND_S
from tocsin.incidents import Change, Live
from tocsin.model import MEMBERS, OBSERVATIONS, Control, conform, incidents_schema

__all__ = ["Naming"]

METRES_PER_DEGREE = 111_195.08
CELL_DEG = AROUND_M / METRES_PER_DEGREE
SAME = 1e-12


class Naming:
    """The parties' probabilities of what stands in a :class:`Live`.

    Args:
        live: what stands.
        control: who holds which ground.
        weights: see ``attribution.toml``.
        states_origin: whether the layer's file says what it is part of.
    """

    def __init__(
        self, live: Live, control: Control, weights: Weights, *, states_origin: bool
    ) -> None:
        self._live, self._control, self._weights = live, control, weights
        self._states_origin = states_origin
        self._rows: dict[str, dict[str, Any]] = {}
        self._at: dict[str, tuple[int, int] | None] = {}
        self._cells: dict[tuple[int, int], set[str]] = {}
        self._said: dict[str, dict[str, float]] = {}

    def takes(self, table: pa.Table) -> None:
        """Learn of rows that are added or corrected.

        Raises:
            OriginsMixed: they are not of the layer's origin.
        """
        origins = set(table["origin"].to_pylist())
        if self._states_origin and origins - {self._control.origin}:
            raise OriginsMixed(
                f"observations are {', '.join(sorted(origins))}, control is"
                f" {self._control.origin}"
            )
        self._rows.update((row["observation_id"], row) for row in table.to_pylist())

    def begin(self) -> None:
        """Name everything that stands."""
        for name, row in self._live.incidents.items():
            self._put(name, row)
        self._said.update(self._ask(list(self._at)))

    def named(
        self,
        changes: Sequence[Change],
        row: str,
        *,
        because: str,
        hidden: AbstractSet[str] = frozenset(),
    ) -> Iterator[Change]:
        """The changes with the parties' probabilities, then whom else they touch.

        Args:
            changes: of one step; none where a correction moved no incident.
            row: the observation that the step is about.
            because: the step.
            hidden: incidents that the listener is not to learn of yet.
        """
        touched = {change.incident_id for change in changes}
        home = self._live.home_of(row)
        about = touched | ({home} if home else set())
        around = self._near(about)
        for change in changes:
            self._put(change.incident_id, change.incident)
        around |= self._near(about)
        new = self._ask_each(around, hidden)
        for change in changes:
            yield _with(change, new.get(change.incident_id))
        yield from self._moved(new, touched, self._told(because, (row,)), hidden)
        for gone in touched - new.keys():
            self._said.pop(gone, None)

    def _told(self, because: str, observations: tuple[str, ...]) -> Change:
        """What stands in the line of every incident that is only named anew."""
        return Change(
            change="attributed",
            incident_id="",
            version=0,
            because=because,
            observations=observations,
            epoch=self._live.epoch.version,
        )

    def again(
        self, names: AbstractSet[str], hidden: AbstractSet[str]
    ) -> Iterator[Change]:
        """Whom it touches that these are hidden no longer."""
        new = self._ask_each(self._near(names), hidden)
        yield from self._moved(new, set(), self._told("released", ()), hidden)

    def _moved(
        self,
        new: Mapping[str, dict[str, float]],
        touched: AbstractSet[str],
        about: Change,
        hidden: AbstractSet[str],
    ) -> Iterator[Change]:
        """Those whose probabilities are no longer what was said of them."""
        for name in sorted(new.keys() - touched - hidden):
            if _differ(self._said.get(name), new[name]):
                row = self._live.incident(name)
                yield msgspec.structs.replace(
                    about,
                    incident_id=name,
                    version=row["version"],
                    incident=row | new[name],
                )
        self._said.update(new)

    def _ask_each(
        self, names: AbstractSet[str], hidden: AbstractSet[str]
    ) -> dict[str, dict[str, float]]:
        """Of each, beside what is not hidden."""
        names = {name for name in names if name in self._at}
        found = self._ask(sorted(names - hidden), hidden)
        for name in sorted(names & hidden):
            found |= self._ask([name], hidden)
        return found

    def _put(self, name: str, row: dict[str, Any] | None) -> None:
        """Where and when an incident is; None: it is no more."""
        was = self._at.pop(name, None)
        if was is not None:
            self._cells[was].discard(name)
        if row is not None:
            self._at[name] = cell = _cell(row)
            if cell is not None:
                self._cells.setdefault(cell, set()).add(name)

    def _near(self, names: Iterable[str]) -> set[str]:
        """These and all in the cells around them."""
        found = set()
        for name in names:
            cell = self._at.get(name)
            found.add(name)
            if cell is not None:
                for day in (-1, 0, 1):
                    for north in (-1, 0, 1):
                        found |= self._cells.get(
                            (cell[0] + day, cell[1] + north), set()
                        )
        return {name for name in found if name in self._at}

    def _ask(
        self, names: list[str], hidden: AbstractSet[str] = frozenset()
    ) -> dict[str, dict[str, float]]:
        """What attribution says of these beside all within reach that is shown."""
        if not names:
            return {}
        parties = self._control.parties
        beside = sorted((self._near(names) - hidden) | set(names))
        attributed = findings.attribute(
            *self._tables(beside),
            parties=parties,
            control=self._control,
            sources=(),
            weights=self._weights,
        ).records.incidents
        columns = [*(f"p_{party}" for party in parties), "p_undetermined"]
        rows = pl.DataFrame(attributed.select(["incident_id", *columns]))
        wanted = rows.filter(pl.col("incident_id").is_in(names))
        return {row.pop("incident_id"): row for row in wanted.to_dicts()}

    def _tables(self, names: Sequence[str]) -> tuple[pa.Table, pa.Table, pa.Table]:
        nobody = {f"p_{party}": 0.0 for party in self._control.parties}
        schema = incidents_schema(self._control.parties)
        rows = [self._live.incident(name) | nobody for name in names]
        tied = [
            (member, name, llr)
            for name in names
            for member, llr in self._live.members_of(name).items()
        ]
        seen = [self._rows[member] for member, _, _ in tied]
        columns = [list(column) for column in zip(*tied, strict=True)]
        return (
            pa.Table.from_pylist(rows, schema),
            pa.Table.from_arrays(
                [pa.array(c, f.type) for c, f in zip(columns, MEMBERS, strict=True)],
                schema=MEMBERS,
            ),
            conform(
                pa.Table.from_pylist(seen, OBSERVATIONS), OBSERVATIONS, what="live"
            ),
        )


def _cell(row: dict[str, Any]) -> tuple[int, int] | None:
    """Two days and a belt of latitude as wide as the reach; None without a place."""
    if row["lat"] is None:
        return None
    day = int(row["t_start"].timestamp() // AROUND_S)
    return day, int(np.floor(row["lat"] / CELL_DEG))


def _with(change: Change, p: dict[str, float] | None) -> Change:
    if change.incident is None or p is None:
        return change
    return msgspec.structs.replace(change, incident=change.incident | p)


def _differ(old: dict[str, float] | None, new: dict[str, float]) -> bool:
    return old is None or any(abs(old[name] - new[name]) > SAME for name in new)
