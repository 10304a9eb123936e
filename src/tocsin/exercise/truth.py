"""What is true: which acts are breaches, which are excused, which findings follow.

The rules are those of ``agreements/exercise-lantern``, written down a second time and
by other means than the engine's: for the exercise's own events, literally. Returned
fire is excused where an unexcused hostile act of the opponent lies strictly earlier and
nearer than two kilometres, was first answered within ten minutes, and that answer is no
more than thirty minutes old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta

from tocsin.exercise.acts import Act
from tocsin.exercise.cast import Cast
from tocsin.exercise.events import (
    ASSESSMENTS,
    HEAVY,
    KINDS,
    RESTRICTIONS,
    SETTINGS,
    WEAPONS,
    Events,
    Flags,
    is_fire,
    kind,
)
from tocsin.exercise.watching import Watch, share_watched
from tocsin.exercise.world import Ground, Reals, Wholes, distance_to_line, to_degrees
from tocsin.model import Record
from tocsin.model.tables import TIME

__all__ = [
    "CEASEFIRE",
    "OBSTRUCTION",
    "SERIOUS",
    "Breach",
    "Terms",
    "breaches_of",
    "breaches_table",
    "crossings",
    "events_table",
    "excused_fire",
    "overdue",
]

CEASEFIRE: Final = "Article 1(1)"
SERIOUS: Final = "Article 5(1)"
OBSTRUCTION: Final = "Article 5(2)"

_REACH_KM: Final = 2.0
_REACH_S: Final = 600.0
_LIMIT_S: Final = 1_800.0


class Terms(Record, frozen=True, kw_only=True):
    """Figures of the agreement that the truth depends on."""

    serious_count: Annotated[int, Meta(ge=1)] = 40
    obstruction_count: Annotated[int, Meta(ge=1)] = 5
    window_h: Annotated[float, Meta(gt=0)] = 72.0
    access_h: Annotated[float, Meta(gt=0)] = 24.0
    meet_h: Annotated[float, Meta(gt=0)] = 24.0
    withdrawal_h: Annotated[float, Meta(gt=0)] = 14 * 24.0
    line_km: Annotated[float, Meta(gt=0)] = 30.0


class Breach(Record, frozen=True, kw_only=True):
    """One true verdict at one instant.

    Attributes:
        t: seconds since the exercise began.
        event: number of the true event, or None where several make it up.
        verdict: ``breached``, or ``excused`` where self-defence excuses the act.
        watched: share of the sector that the mission watched then; None where the
            clause is a matter of record, not of sight.
    """

    clause: str
    party: str
    t: float
    verdict: str = "breached"
    sector: str | None = None
    subject: str | None = None
    event: int | None = None
    watched: float | None = None


def breaches_of(
    ground: Ground, watch: Watch, events: Events, *, cast: Cast, terms: Terms
) -> tuple[Breach, ...]:
    """Every breach that an event is, and every finding that the breaches add up to."""
    excused = excused_fire(events)
    watched = share_watched(watch, events["sector"], events["t"])
    single: list[Breach] = []
    for clause, mine in _by_clause(ground, events, terms).items():
        for n in np.flatnonzero(mine).tolist():
            row = _one(events[n], n, clause, cast, float(watched[n]))
            row = _excuse(row) if clause == CEASEFIRE and excused[n] else row
            single.append(row)
    single.sort(key=lambda row: (row.t, row.clause, row.event or 0))
    counted = (
        (CEASEFIRE, SERIOUS, terms.serious_count),
        ("Article 3(1)", OBSTRUCTION, terms.obstruction_count),
    )
    found = [
        row
        for clause, finding, least in counted
        for row in _findings(single, clause, finding, least, terms.window_h * 3600)
    ]
    return tuple(single + found)


def _by_clause(ground: Ground, events: Events, terms: Terms) -> dict[str, Flags]:
    kinds, party = events["kind"], events["party"] >= 0
    moved = np.isin(kinds, (kind("position_new"), kind("position_moved_forward")))
    near = np.zeros(len(events), dtype=bool)
    maybe = np.isin(kinds, (kind("uav_overflight"), kind("weapon_presence")))
    maybe_at = np.flatnonzero(maybe)
    away = distance_to_line(ground, events["x"][maybe_at], events["y"][maybe_at])
    near[maybe_at] = away < terms.line_km
    late = events["t"] > terms.withdrawal_h * 3600
    heavy = np.isin(events["weapon"], HEAVY)
    return {
        CEASEFIRE: is_fire(events),
        "Article 1(2)": moved & party,
        "Article 1(3)": (kinds == kind("uav_overflight")) & near & party,
        "Article 2(1)": (kinds == kind("weapon_presence"))
        & near
        & heavy
        & late
        & party,
        "Article 3(1)": (kinds == kind("restriction")) & party,
        "Article 3(4)": (kinds == kind("jamming")) & party,
    }


def _one(event: Any, number: int, clause: str, cast: Cast, watched: float) -> Breach:
    sector = int(event["sector"])
    return Breach(
        clause=clause,
        party=cast.parties[int(event["party"])],
        t=float(event["t"]),
        sector=cast.sectors[sector] if sector >= 0 else None,
        event=number,
        watched=round(watched, 3),
    )


def _excuse(row: Breach) -> Breach:
    return msgspec.structs.replace(row, verdict="excused")


def excused_fire(events: Events) -> Flags:
    """Which events are fire in self-defence.

    A hostile act opens the exception for the other party's first answer within ten
    minutes, from which it lasts thirty. Whether the hostile act was itself excused is
    settled in the order of time; acts of the same second never excuse each other.
    """
    shots = np.flatnonzero(is_fire(events))
    shots = shots[np.argsort(events["t"][shots], kind="stable")]
    pairs = _close_pairs(events, shots)
    first: dict[int, float] = {}
    for t, _, cause in pairs:
        if t - events["t"][cause] <= _REACH_S:
            first.setdefault(cause, t)
    excused = np.zeros(len(events), dtype=bool)
    for t, answer, cause in pairs:
        if not excused[cause] and t <= first.get(cause, -np.inf) + _LIMIT_S:
            excused[answer] = True
    return excused


def _close_pairs(events: Events, shots: Wholes) -> list[tuple[float, int, int]]:
    """(time, answer, earlier act of the opponent near it), by the time of the answer.

    Pairs are found by sliding the acts, ordered by time, against each other.
    """
    t, x, y, party = (events[name][shots] for name in ("t", "x", "y", "party"))
    pairs: list[tuple[float, int, int]] = []
    for gap in range(1, len(shots)):
        later, earlier = slice(gap, None), slice(None, -gap)
        apart = t[later] - t[earlier]
        soon = apart <= _REACH_S + _LIMIT_S
        if not soon.any():
            break
        near = np.hypot(x[later] - x[earlier], y[later] - y[earlier]) < _REACH_KM
        good = (apart > 0) & soon & near & (party[later] != party[earlier])
        pairs.extend(
            (float(t[n + gap]), int(shots[n + gap]), int(shots[n]))
            for n in np.flatnonzero(good).tolist()
        )
    return sorted(pairs)


def _findings(
    single: Sequence[Breach], clause: str, finding: str, least: int, window_s: float
) -> list[Breach]:
    """One row where the count of breaches in the window reaches ``least``."""
    cells: dict[tuple[str, str], list[Breach]] = defaultdict(list)
    for row in single:
        if row.clause == clause and row.verdict == "breached" and row.sector:
            cells[row.party, row.sector].append(row)
    found = []
    for (party, sector), rows in sorted(cells.items()):
        times = np.array([row.t for row in rows])
        for n in crossings(times, least=least, window_s=window_s):
            inside = [row.watched or 0.0 for row in rows[n - least + 1 : n + 1]]
            share = round(float(np.mean(inside)), 3)
            t = rows[n].t
            found.append(
                Breach(clause=finding, party=party, sector=sector, t=t, watched=share)
            )
    return found


def crossings(times: Reals, *, least: int, window_s: float) -> list[int]:
    """Numbers of the acts that bring the count in the closed window up to ``least``.

    >>> crossings(np.array([0.0, 10.0, 20.0, 200.0, 205.0]), least=3, window_s=100)
    [2]
    """
    first = np.searchsorted(times, times - window_s, side="left")
    count = np.arange(1, len(times) + 1) - first
    return [int(n) for n in np.flatnonzero(count == least)]


def overdue(
    acts: Sequence[Act], *, horizon_h: float, terms: Terms
) -> tuple[Breach, ...]:
    """Breaches of Article 3(2): access accepted and not granted in time."""
    rows = []
    for accepted in (act for act in acts if act.act == "inspection_accepted"):
        due = accepted.at_h + terms.access_h
        granted = any(
            act.act == "grant_access"
            and act.subject == accepted.subject
            and accepted.at_h <= act.at_h <= due
            for act in acts
        )
        if not granted and due < horizon_h:
            rows.append(
                Breach(
                    clause="Article 3(2)",
                    party=accepted.party,
                    subject=accepted.subject,
                    t=due * 3600,
                )
            )
    return tuple(rows)


# --- tables ---------------------------------------------------------------------------


def breaches_table(breaches: Sequence[Breach], *, start_us: int) -> pa.Table:
    """One row for each true verdict, in the order of time."""
    rows = sorted(breaches, key=lambda row: (row.t, row.clause, row.party))
    schema = pa.schema(
        [
            ("clause", pa.string()),
            ("party", pa.string()),
            ("sector", pa.string()),
            ("subject", pa.string()),
            ("t", TIME),
            ("verdict", pa.string()),
            ("event", pa.int64()),
            ("watched_share", pa.float64()),
        ]
    )
    given: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows]
        for name in ("clause", "party", "sector", "subject", "verdict", "event")
    }
    given["t"] = [start_us + round(row.t) * 1_000_000 for row in rows]
    given["watched_share"] = [row.watched for row in rows]
    columns = [pa.array(given[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def events_table(
    events: Events, *, cast: Cast, start_us: int, excused: Flags
) -> pa.Table:
    """Every true event, noticed or not; ``event`` is its number."""
    lon, lat = to_degrees(events["x"], events["y"])
    words = {
        "kind": (events["kind"], KINDS),
        "weapon": (events["weapon"], WEAPONS),
        "party": (events["party"], cast.parties),
        "assessment": (events["assessment"], ASSESSMENTS),
        "setting": (events["setting"], SETTINGS),
        "restriction": (events["restriction"], RESTRICTIONS),
        "sector": (events["sector"], cast.sectors),
    }
    columns: dict[str, Any] = {"event": pa.array(np.arange(len(events)))}
    for name, field in (("t", "t"), ("t_end", "until")):
        micros = start_us + np.round(events[field]).astype(np.int64) * 1_000_000
        columns[name] = pa.array(micros).cast(TIME)
    for name, (codes, known) in words.items():
        columns[name] = _spelled(codes, known)
    columns |= {"lon": np.round(lon, 6), "lat": np.round(lat, 6)}
    columns["count"] = pa.array(events["count"].astype(np.int64))
    bearing = np.round(events["bearing"], 2)
    columns["fire_bearing_deg"] = pa.array(bearing, from_pandas=True)
    columns["fire"] = pa.array(is_fire(events))
    columns["excused"] = pa.array(excused)
    columns["part"] = pa.array(events["part"].astype(np.int64), mask=events["part"] < 0)
    return pa.table(columns)


def _spelled(codes: Any, words: Sequence[str]) -> pa.Array:
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words, pa.string())).cast(
        pa.string()
    )
