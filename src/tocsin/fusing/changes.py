"""What changed between two sets of incidents, and why.

In: what two runs left in their folders, or one folder at two knowledge times. Out: one
:class:`Descent` for each incident that is not the same in both. Incidents are matched
by the observations that they share, the largest share first, of equals by id; so a
changed id is told from a changed incident. Why: the observations that came or went, and
where none did, what else differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import incidents
from tocsin.errors import WrongUse
from tocsin.incidents import Epoch
from tocsin.model import Record, SourceDescription, instant, parties_of, utc_text
from tocsin.store import FolderStore

__all__ = ["Descent", "State", "diff", "states"]

LEAST_P = 0.005


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents as they stood."""

    name: str
    incidents: pa.Table
    members: pa.Table
    observations: frozenset[str]


class Descent(Record, frozen=True, kw_only=True):
    """What became of one incident from the first state to the second.

    Attributes:
        change: created, changed, merged (into ``other``), split (off ``other``),
            retracted.
        before, after: its id in each state, or None.
        joined, left: observations that it gained and lost.
        why: in words.
    """

    change: Literal["created", "changed", "merged", "split", "retracted"]
    before: str | None = None
    after: str | None = None
    other: str | None = None
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = (self.after or self.before or "")[:12]
        to = {"merged": " into ", "split": " off "}.get(self.change)
        other = f"{to}{(self.other or '')[:12]}" if to else ""
        return "\n".join(
            [f"{self.change} {name}{other}", *(f"  {w}" for w in self.why)]
        )


def states(first: str, second: str, folder: Path | None) -> tuple[State, State]:
    """The two states that were asked for.

    Args:
        first: a folder, or an instant of knowledge where ``folder`` is given.
        second: the same, later.
        folder: what ``tocsin run`` left, or None.

    Raises:
        WrongUse: there is no such folder, or a text is no instant.
    """
    if folder is None:
        return _of_folder(Path(first)), _of_folder(Path(second))
    view = FolderStore(folder).view()
    observations = view.table("observations")
    sources = view.records("sources", SourceDescription)
    whole = incidents.fuse(observations, sources=sources, parties=()).records
    times = [instant(text, end_of_day=True) for text in (first, second)]
    made = [_known_by(observations, at, sources, whole.epoch) for at in times]
    return made[0], made[1]


def _of_folder(folder: Path) -> State:
    if not folder.is_dir():
        raise WrongUse(f"{folder} is no folder that `tocsin run` wrote")
    view = FolderStore(folder).view()
    ids = view.table("observations")["observation_id"].to_pylist()
    return State(
        name=str(folder),
        incidents=view.table("incidents"),
        members=view.table("members"),
        observations=frozenset(ids),
    )


def _known_by(
    observations: pa.Table,
    at: datetime,
    sources: tuple[SourceDescription, ...],
    epoch: Epoch,
) -> State:
    """What was known at an instant, under the epoch of all that is known now."""
    known = pc.less_equal(observations["received_at"], pa.scalar(at))
    table = observations.filter(pc.fill_null(known, pa.scalar(False)))
    fused = incidents.fuse(table, sources=sources, parties=(), epoch=epoch).records
    return State(
        name=f"as known at {utc_text(at)}",
        incidents=fused.incidents,
        members=fused.members,
        observations=frozenset(table["observation_id"].to_pylist()),
    )


def diff(first: State, second: State) -> tuple[Descent, ...]:
    """Every incident that is not the same, by begin.

    >>> from tocsin.model import MEMBERS, incidents_schema
    >>> none = incidents_schema(()).empty_table()
    >>> nothing = State(
    ...     name="",
    ...     incidents=none,
    ...     members=MEMBERS.empty_table(),
    ...     observations=frozenset(),
    ... )
    >>> diff(nothing, nothing)
    ()
    """
    old, new = _groups(first), _groups(second)
    heir = _matched(old, new)
    back = {after: before for before, after in heir.items()}
    was, now = _rows(first), _rows(second)
    found = [
        *_gone(old, new, heir, second),
        *_still(old, new, heir, first, second, (was, now)),
        *_new(new, back, _homes(old), first),
    ]
    begin = {**{k: r["t_start"] for k, r in was.items()}}
    begin |= {k: r["t_start"] for k, r in now.items()}
    return tuple(
        sorted(
            found, key=lambda d: (begin[d.after or d.before or ""], d.change, str(d))
        )
    )


def _groups(state: State) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    columns = state.members.select(["observation_id", "incident_id"]).to_pydict()
    for name, incident in zip(*columns.values(), strict=True):
        groups.setdefault(incident, set()).add(name)
    return {incident: frozenset(names) for incident, names in groups.items()}


def _rows(state: State) -> dict[str, dict[str, Any]]:
    return {row["incident_id"]: row for row in state.incidents.to_pylist()}


def _homes(groups: Mapping[str, frozenset[str]]) -> dict[str, str]:
    return {name: incident for incident, names in groups.items() for name in names}


def _matched(
    old: Mapping[str, frozenset[str]], new: Mapping[str, frozenset[str]]
) -> dict[str, str]:
    """Each old incident and the new one that goes on as it."""
    homes = _homes(new)
    shared: dict[tuple[str, str], int] = {}
    for before, names in old.items():
        for name in names:
            if name in homes:
                both = before, homes[name]
                shared[both] = shared.get(both, 0) + 1
    heir: dict[str, str] = {}
    taken: set[str] = set()
    for before, after in sorted(shared, key=lambda b: (-shared[b], b[0] != b[1], b)):
        if before not in heir and after not in taken:
            heir[before] = after
            taken.add(after)
    return heir


def _gone(
    old: Mapping[str, frozenset[str]],
    new: Mapping[str, frozenset[str]],
    heir: Mapping[str, str],
    second: State,
) -> Iterator[Descent]:
    homes = _homes(new)
    for before in old.keys() - heir.keys():
        names = old[before]
        moved = sorted({homes[n] for n in names if n in homes})
        into = max(moved, key=lambda h: (len(new[h] & names), h)) if moved else None
        missing = sorted(names - second.observations)
        left_over = sorted((names & second.observations) - homes.keys())
        why = [_said(missing, "withdrawn or not taken in")]
        why += [_said(left_over, "still there, in no incident now")]
        if into:
            came = sorted(new[into] - names - {n for g in old.values() for n in g})
            why += [_said(came, "new, and tie them together")]
        yield Descent(
            change="merged" if into else "retracted",
            before=before,
            other=into,
            left=tuple(sorted(names)),
            why=tuple(filter(None, why)),
        )


def _new(
    new: Mapping[str, frozenset[str]],
    back: Mapping[str, str],
    was: Mapping[str, str],
    first: State,
) -> Iterator[Descent]:
    for after in new.keys() - back.keys():
        names = new[after]
        homes = [was[n] for n in names if n in was]
        off = max(set(homes), key=lambda h: (homes.count(h), h)) if homes else None
        fresh = sorted(names - first.observations)
        why = (_said(fresh, "not known before"),)
        yield Descent(
            change="split" if off else "created",
            after=after,
            other=off,
            joined=tuple(sorted(names)),
            why=tuple(filter(None, why)),
        )


def _still(  # two states, their groups and their rows
    old: Mapping[str, frozenset[str]],
    new: Mapping[str, frozenset[str]],
    heir: Mapping[str, str],
    first: State,
    second: State,
    rows: tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]],
) -> Iterator[Descent]:
    parties = parties_of(second.incidents)
    for before, after in heir.items():
        joined, left = new[after] - old[before], old[before] - new[after]
        fresh = sorted(joined - first.observations)
        gone = sorted(left - second.observations)
        why = [
            _said(fresh, "not known before"),
            _said(sorted(joined & first.observations), "came from elsewhere"),
            _said(gone, "withdrawn or not taken in"),
            _said(sorted(left & second.observations), "went elsewhere"),
            *_differ(rows[0][before], rows[1][after], parties),
        ]
        if before != after:
            why.append(f"its id was {before[:12]}")
        if any(why):
            yield Descent(
                change="changed",
                before=before,
                after=after,
                joined=tuple(sorted(joined)),
                left=tuple(sorted(left)),
                why=tuple(filter(None, why)),
            )


def _said(names: list[str], what: str) -> str:
    if not names:
        return ""
    some = ", ".join(name[:12] for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004
    return f"{what}: {some}{more}"


def _differ(
    was: dict[str, Any], now: dict[str, Any], parties: tuple[str, ...]
) -> Iterator[str]:
    for name in ("kind", "n_observations", "n_independent"):
        if was[name] != now[name]:
            yield f"{name}: {was[name]} -> {now[name]}"
    for party in parties:
        first, second = was.get(f"p_{party}"), now[f"p_{party}"]
        if first is not None and abs(first - second) >= LEAST_P:
            yield f"p_{party}: {first:.2f} -> {second:.2f}"
    if (was["lon"], was["lat"]) != (now["lon"], now["lat"]):
        yield "its place differs"
    if (was["t_start"], was["t_end"]) != (now["t_start"], now["t_end"]):
        yield "its time differs"
