"""Live fusion: observations are added, corrected and withdrawn, in any order.

In: rows of OBSERVATIONS, or ids to withdraw, one step at a time, under a frozen epoch.
Out: what the step changed, as :class:`Change` records. Only the component that the step
touches is fused again, by the very functions of the batch; so the partition is at each
instant that of :func:`tocsin.incidents.fuse` over what stands, in whatever order it
came.

Ids are minted once and never used again. Of groups that were one incident the one that
keeps most of its members keeps its id, of equals the one minted first: the others are
*merged* into it, or *split* from it, or *retracted* when nothing is left.

Outgoing fire keeps the place of its first best observation as long as that observation
stands. If each better one moved it, whoever collects the changes could average them.

>>> from tocsin.incidents.epoch import quiet_epoch
>>> from tocsin.incidents.params import load_params
>>> live = Live(quiet_epoch(load_params()), origin="exercise")
>>> live.withdraw(["nobody"]).issues[0].code
'observation_unknown'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.errors import OriginsMixed
from tocsin.incidents.candidates import find_pairs
from tocsin.incidents.copies import Copies
from tocsin.incidents.epoch import Epoch
from tocsin.incidents.fuse import fusable, fuse_reports, homes, points_of
from tocsin.incidents.nearby import Nearby
from tocsin.incidents.params import Params, load_params
from tocsin.incidents.reports import OUTGOING, Reports, read_reports
from tocsin.incidents.shelf import Shelf
from tocsin.incidents.summarise import mint
from tocsin.model import Issue, Outcome, Record, SourceDescription, Where

__all__ = ["Change", "Live"]

What = Literal["created", "changed", "merged", "split", "retracted", "attributed"]
PLACE = ("lon", "lat", "sigma_m")


class Change(Record, frozen=True, kw_only=True):
    """What became of one incident in one step: its line of descent.

    Attributes:
        change: created, changed, merged (into another), split (off another), retracted;
            attributed: only who is likely to have done it changed.
        incident_id: which incident.
        version: of the incident, 1 and one more at each change.
        other: the incident that it was merged into or split off, or None.
        because: the step, e.g. ``add``; and ``observations``, those it was about.
        joined, left: observations that the incident gained and lost.
        incident: INCIDENTS, as it is now; None where it is no more.
        epoch: version of the epoch by which it was fused.
    """

    change: What
    incident_id: str
    version: int
    other: str | None = None
    because: str
    observations: tuple[str, ...]
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    incident: dict[str, Any] | None = None
    epoch: str


class _Known(msgspec.Struct):
    """An incident as it stands."""

    members: dict[str, float | None]
    row: dict[str, Any]
    version: int
    born: int
    rests_on: str | None = None


class Live:
    """The incidents of everything that was added and not withdrawn.

    Args:
        epoch: what scores go by; it stays frozen.
        origin: of every row.
        sources: descriptions of the sources.
        params: see ``fusion.toml``; None: those that come with Tocsin.
    """

    def __init__(
        self,
        epoch: Epoch,
        *,
        origin: str,
        sources: Sequence[SourceDescription] = (),
        params: Params | None = None,
    ) -> None:
        self.epoch, self.params = epoch, params or load_params()
        self._sources = tuple(sources)
        self._shelf = Shelf(origin)
        decide = self.params.decide
        self._nearby = Nearby(
            epoch.kind_terms, gate=decide.gate, threshold=decide.threshold
        )
        self._links: dict[int, set[int]] = {}
        self._told: dict[str, set[int]] = {}  # id or label -> reports of that story
        self._incidents: dict[str, _Known] = {}
        self._home: dict[str, str] = {}
        self._minted: set[str] = set()
        self._born = count()

    # --- what stands

    @property
    def origin(self) -> str:
        """Of every row; "" until the first."""
        return self._shelf.origin

    @origin.setter
    def origin(self, value: str) -> None:
        self._shelf.origin = value

    @property
    def incidents(self) -> dict[str, dict[str, Any]]:
        """INCIDENTS rows by id."""
        return {name: known.row for name, known in self._incidents.items()}

    @property
    def members(self) -> dict[str, dict[str, float | None]]:
        """For each incident its observations, each with what ties it in."""
        return {name: dict(one.members) for name, one in self._incidents.items()}

    def incident(self, incident_id: str) -> dict[str, Any]:
        """The INCIDENTS row of one that stands."""
        return self._incidents[incident_id].row

    def home_of(self, observation_id: str) -> str | None:
        """The incident that this observation belongs to, or None."""
        return self._home.get(observation_id)

    def members_of(self, incident_id: str) -> dict[str, float | None]:
        """The observations of one incident, each with what ties it in; {}: none."""
        known = self._incidents.get(incident_id)
        return dict(known.members) if known else {}

    def __contains__(self, observation_id: object) -> bool:
        return observation_id in self._shelf.number

    def __len__(self) -> int:
        return len(self._shelf.number)

    # --- the three steps

    def add(self, rows: pa.Table) -> Outcome[tuple[Change, ...]]:
        """Take rows in; one that is there already is an issue, and not taken.

        Raises:
            OriginsMixed: a row is of another origin.
        """
        reports, issues = self._read(rows)
        ids = reports.ids.to_list()
        known = [name for name in ids if name in self]
        issues = (*issues, *(_there(name) for name in known))
        fresh = [k for k, name in enumerate(ids) if name not in self]
        return self._step("add", [], _pick(reports, fresh), issues)

    def correct(self, rows: pa.Table) -> Outcome[tuple[Change, ...]]:
        """Put these rows in the place of those of the same id.

        Raises:
            OriginsMixed: a row is of another origin.
        """
        reports, issues = self._read(rows)
        ids = reports.ids.to_list()
        issues = (*issues, *(_unknown(n, "correct") for n in ids if n not in self))
        right = [k for k, name in enumerate(ids) if name in self]
        gone = [ids[k] for k in right]
        return self._step("correct", gone, _pick(reports, right), issues)

    def withdraw(self, ids: Iterable[str]) -> Outcome[tuple[Change, ...]]:
        """Take rows back; an id that is not there is an issue."""
        asked = list(dict.fromkeys(ids))
        issues = tuple(_unknown(n, "withdraw") for n in asked if n not in self)
        return self._step("withdraw", [n for n in asked if n in self], None, issues)

    # --- one step

    def _read(self, rows: pa.Table) -> tuple[Reports, tuple[Issue, ...]]:
        reports, issues = read_reports(rows, self._sources, self.params)
        if len(reports) and reports.origin != self._shelf.origin:
            raise OriginsMixed(
                f"rows are {reports.origin}, what stands is {self._shelf.origin}"
            )
        first = [
            k for k in range(len(reports)) if reports.usable[k] or _alone(reports, k)
        ]
        return _pick(reports, first), issues

    def _step(
        self,
        because: str,
        gone: Sequence[str],
        new: Reports | None,
        issues: tuple[Issue, ...],
    ) -> Outcome[tuple[Change, ...]]:
        leaving = {self._shelf.number[name] for name in gone}
        before, told = self._component(leaving), self._stories(leaving)
        for name in gone:
            number = self._forget(name)
            before.discard(number)
            told.discard(number)
        numbers = self._take_in(new) if new is not None else []
        about = tuple(dict.fromkeys([*gone, *(self._shelf.ids[n] for n in numbers)]))
        if not about:
            return Outcome(records=(), issues=issues)
        told = self._stories({*told, *numbers})
        touched = self._moved(self._component({*before, *numbers}), told, gone)
        groups, rows = self._fuse(touched)
        lost = {self._home[name] for name in gone if name in self._home}
        changes = self._settle(touched, groups, rows, lost, because, about)
        return Outcome(records=tuple(changes), issues=issues)

    def _take_in(self, new: Reports) -> list[int]:
        numbers = self._shelf.put(new)
        for number, name in zip(numbers, new.ids, strict=True):
            self._links[number] = set()
            for key in {name, self._shelf.derived_from[number]} - {None}:
                self._told.setdefault(str(key), set()).add(number)
        alone = np.arange(len(new))
        chosen = fusable(new, Copies(family=alone, copies=alone))
        points = points_of(new, chosen, self.epoch, self.params)
        if len(chosen) > LOAD:
            self._link_all(numbers, chosen, points)
            return numbers
        for k, at in enumerate(chosen.tolist()):
            for other in self._nearby.near(points, k):
                self._links[other].add(numbers[at])
                self._links[numbers[at]].add(other)
            self._nearby.put(numbers[at], points, k)
        return numbers

    def _link_all(self, numbers: list[int], chosen: Any, points: Any) -> None:
        """Many at once into an empty index: by the search of the batch."""
        decide = self.params.decide
        pairs = find_pairs(
            points,
            self.epoch.kind_terms,
            gate=decide.gate + 1e-6,
            threshold=decide.threshold - 1e-6,
        )
        of = np.array(numbers)[chosen]
        for a, b in zip(of[pairs.i].tolist(), of[pairs.j].tolist(), strict=True):
            self._links[a].add(b)
            self._links[b].add(a)
        for k, number in enumerate(of.tolist()):
            for other in self._nearby.near(points, k) if self._loaded else ():
                self._links[other].add(number)
                self._links[number].add(other)
        for k, number in enumerate(of.tolist()):
            self._nearby.put(number, points, k)
        self._loaded = True

    _loaded = False

    def _forget(self, name: str) -> int:
        number = self._shelf.number[name]
        self._shelf.drop(name)
        self._nearby.drop(number)
        for other in self._links.pop(number):
            self._links[other].discard(number)
        for key in {name, self._shelf.derived_from[number]} - {None}:
            self._told[str(key)].discard(number)
        return number

    def _component(self, seeds: set[int]) -> set[int]:
        """All reports that are linked to these, as candidates or by reposts."""
        found, ahead = set(seeds), list(seeds)
        while ahead:
            number = ahead.pop()
            story = self._shelf.derived_from[number]
            near = self._links[number] | self._told[self._shelf.ids[number]]
            if story is not None:
                near |= self._told[story]
            fresh = near - found
            found |= fresh
            ahead += fresh
        return found

    def _stories(self, seeds: set[int]) -> set[int]:
        """All reports that are of one story with these, by reposts alone."""
        found, ahead = set(seeds), list(seeds)
        while ahead:
            number = ahead.pop()
            story = self._shelf.derived_from[number]
            near = set(self._told[self._shelf.ids[number]])
            if story is not None:
                near |= self._told[story]
            fresh = near - found
            found |= fresh
            ahead += fresh
        return found

    def _moved(
        self, component: set[int], told: set[int], gone: Sequence[str]
    ) -> set[int]:
        """The reports of a component whose incidents are not what they were.

        The component is put together again, but only the incidents whose members
        differ, or whose members' story was touched, are summed up again.
        """
        if not component:
            return component
        reports = self._shelf.take(component)
        ids, home = reports.ids.to_list(), homes(reports, self.params, self.epoch)
        left = {self._home[name] for name in gone if name in self._home}
        groups: dict[int, list[str]] = {}
        for name, first in zip(ids, home.tolist(), strict=True):
            groups.setdefault(first, []).append(name)
        number = self._shelf.number
        moved = {number[n] for n in groups.pop(-1, []) if n in self._home} | told
        whole: dict[int, set[int]] = {}
        for group in groups.values():
            numbers = {number[name] for name in group}
            whole |= dict.fromkeys(numbers, numbers)
            was = self._home.get(group[0])
            same = was is not None and was not in left
            if not same or self._incidents[str(was)].members.keys() != set(group):
                moved |= numbers
        return self._closed(moved, whole)

    def _closed(self, moved: set[int], whole: dict[int, set[int]]) -> set[int]:
        """With whoever shares an incident or a story with these.

        Apart from its root a repost would be taken for a root itself.
        """
        found: set[int] = set()
        while found != moved:
            found = moved
            moved = self._stories(found)
            moved = moved.union(*(whole.get(number, ()) for number in moved))
        return moved

    def _fuse(
        self, touched: set[int]
    ) -> tuple[list[dict[str, float | None]], list[dict[str, Any]]]:
        """The groups of a component with what ties each member in, and their rows."""
        reports = self._shelf.take(touched)
        fused = fuse_reports(
            reports,
            sources=self._sources,
            parties=(),
            params=self.params,
            epoch=self.epoch,
        ).records
        rows = fused.incidents.to_pylist()
        groups: dict[str, dict[str, float | None]] = {
            r["incident_id"]: {} for r in rows
        }
        columns = fused.members.to_pydict()
        for name, incident, llr in zip(*columns.values(), strict=True):
            groups[incident][name] = llr
        return [groups[r["incident_id"]] for r in rows], rows

    # --- ids and lines of descent

    def _settle(
        self,
        touched: set[int],
        groups: list[dict[str, float | None]],
        rows: list[dict[str, Any]],
        lost: set[str],
        because: str,
        about: tuple[str, ...],
    ) -> list[Change]:
        ids = [self._shelf.ids[number] for number in touched]
        olds = lost | {self._home[name] for name in ids if name in self._home}
        kept = self._heirs(groups, olds)
        why: dict[str, Any] = {
            "because": because,
            "observations": about,
            "epoch": self.epoch.version,
        }
        parents = [self._parent(group) for group in groups]
        before = {name: self._incidents[name] for name in olds}
        for name in (*ids, *about):
            self._home.pop(name, None)
        changes: list[Change] = []
        for k, (group, row) in enumerate(zip(groups, rows, strict=True)):
            name = kept.get(k) or self._mint(_founder(group))
            old = before.pop(name, None)
            for member in group:
                self._home[member] = name
            known = self._known(name, group, row, old, about)
            if old is None or (known.row, known.members) != (old.row, old.members):
                parent = parents[k] if old is None else None
                changes.append(_change(name, known, old, parent, why))
        for name, old in sorted(before.items(), key=lambda item: item[1].born):
            del self._incidents[name]
            heir = self._heir(old)
            changes.append(
                Change(
                    change="merged" if heir else "retracted",
                    incident_id=name,
                    version=old.version + 1,
                    other=heir,
                    left=tuple(sorted(old.members)),
                    **why,
                )
            )
        return changes

    def _heirs(
        self, groups: list[dict[str, float | None]], olds: set[str]
    ) -> dict[int, str]:
        """Which group goes on as which incident: the largest overlap first."""
        shared: dict[tuple[int, str], int] = {}
        for k, group in enumerate(groups):
            for name in group:
                home = self._home.get(name)
                if home is not None:
                    shared[k, home] = shared.get((k, home), 0) + 1
        order = sorted(
            shared,
            key=lambda both: (
                -shared[both], self._incidents[both[1]].born, min(groups[both[0]]),
            ),
        )  # fmt: skip
        heirs: dict[int, str] = {}
        free = set(olds)
        for k, name in order:
            if k not in heirs and name in free:
                heirs[k] = name
                free.discard(name)
        return heirs

    def _parent(self, group: Mapping[str, object]) -> str | None:
        """The incident from which most of these came."""
        homes = [self._home[name] for name in group if name in self._home]
        first = sorted(set(homes), key=lambda n: (-homes.count(n), n))
        return first[0] if first else None

    def _heir(self, old: _Known) -> str | None:
        """Where most of its members are now."""
        homes = [self._home[name] for name in old.members if name in self._home]
        first = sorted(set(homes), key=lambda n: (-homes.count(n), n))
        return first[0] if first else None

    def _mint(self, founder: str) -> str:
        """An id that was never used before."""
        for again in count():
            salt = founder if not again else f"{founder}\n{again}"
            name = mint(self._shelf.origin, salt)
            if name not in self._minted:
                self._minted.add(name)
                return name
        raise AssertionError  # count() does not end

    def _known(
        self,
        name: str,
        group: dict[str, float | None],
        row: dict[str, Any],
        old: _Known | None,
        about: tuple[str, ...],
    ) -> _Known:
        """The incident as it stands from now on."""
        row = {**row, "incident_id": name}
        rests_on = self._best_outgoing(group)
        if rests_on is not None and old is not None and old.rests_on is not None:
            stands = old.rests_on in group and old.rests_on not in about
            if stands:
                rests_on = old.rests_on
                row |= {field: old.row[field] for field in PLACE}
        version = old.version if old else 0
        known = _Known(
            members=group,
            row=row,
            version=version,
            born=old.born if old else next(self._born),
            rests_on=rests_on,
        )
        changed = old is None or ({**row, "version": 0}, group) != (
            {**old.row, "version": 0},
            old.members,
        )
        known.version += changed
        known.row["version"] = known.version
        self._incidents[name] = known
        return known

    def _best_outgoing(self, group: Mapping[str, object]) -> str | None:
        """The observation on which the place of outgoing fire rests; else None."""
        numbers = [self._shelf.number[name] for name in group]
        if OUTGOING not in self._shelf.roles(numbers):
            return None
        reports = self._shelf.take(numbers)
        spread = reports.cov[:, 0] + reports.cov[:, 2]
        event = reports.placed & (reports.nature == 0)
        if not event.any():
            return str(reports.ids[0])
        return str(reports.ids[int(np.argmin(np.where(event, spread, np.inf)))])


LOAD = 256
"""So many rows in one step are searched as a batch."""


def _change(
    name: str,
    known: _Known,
    old: _Known | None,
    parent: str | None,
    why: dict[str, Any],
) -> Change:
    was = set(old.members) if old else set()
    what: What = "changed" if old else ("split" if parent else "created")
    return Change(
        change=what,
        incident_id=name,
        version=known.version,
        other=parent,
        joined=tuple(sorted(set(known.members) - was)),
        left=tuple(sorted(was - set(known.members))),
        incident=known.row,
        **why,
    )


def _founder(group: Mapping[str, float | None]) -> str:
    """The member that nothing ties in."""
    return min(name for name, llr in group.items() if llr is None)


def _alone(reports: Reports, k: int) -> bool:
    """Whether an unusable row is the first of its id; a repeated one is not kept."""
    return bool(reports.ids.is_first_distinct()[k])


def _pick(reports: Reports, which: Sequence[int]) -> Reports:
    """Some of the reports."""
    if len(which) == len(reports):
        return reports
    at = np.array(which, dtype=np.int64)
    chosen: dict[str, Any] = {}
    for name in reports.__struct_fields__:
        values = getattr(reports, name)
        whole = isinstance(values, str | tuple)
        chosen[name] = values if whole else values[at]
    return Reports(**chosen)


def _there(name: str) -> Issue:
    return Issue(
        code="duplicate_row",
        where=Where(file="observations", field="observation_id"),
        message=f"`{name}` is there already; it was not taken in again",
        repair="send it as a correction",
        evidence=(name,),
        warning=True,
    )


def _unknown(name: str, wish: str) -> Issue:
    return Issue(
        code="observation_unknown",
        where=Where(file="observations", field="observation_id"),
        message=f"there is no observation `{name}` to {wish}",
        evidence=(name,),
    )
