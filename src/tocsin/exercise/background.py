"""What goes on along the line without being planned: stray fire, drill, daily life.

Most of what is recorded in a ceasefire is no breach: on one day of 2022 the OSCE
mission assessed 276 of 302 recorded violations as live-fire exercise outside the
security zone. Here, too, drill is the larger part.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from tocsin.exercise.events import (
    HEAVY,
    SETTINGS,
    WEAPONS,
    Events,
    assessment,
    blank,
    kind,
    restriction,
    weapon,
)
from tocsin.exercise.fire import arm, fire_at, toward
from tocsin.exercise.watching import CAMERA, PATROL, UAV, Outage
from tocsin.exercise.world import Ground, Reals, Wholes, line_y, sector_at

__all__ = ["calm", "cut", "daily_life", "quietened", "restrictions", "stray_fire"]

_HOT_SPOTS: Final = 60
_HOT_SHARE: Final = 0.7
_EVENING_SHARE: Final = 0.35
_SOUTH_DENIES: Final = 0.75  # OSCE SMM, January to June 2017
_EVEN: Final = 0.5
_DAY_S: Final = 86_400.0

# share, kind, owner (holder of the ground, other, or nobody), typical distance from the
# line in km, minutes it lasts, things to count
_LIFE: Final = (
    (0.025, "uav_overflight", "other", 6.0, 25.0, 1.0),
    (0.060, "weapon_presence", "holder", 20.0, 90.0, 3.0),
    (0.080, "military_presence", "holder", 8.0, 60.0, 6.0),
    (0.002, "position_moved_forward", "holder", 0.5, 120.0, 1.0),
    (0.002, "position_new", "holder", 1.0, 120.0, 1.0),
    (0.030, "trench_or_fortification", "holder", 1.5, 120.0, 1.0),
    (0.030, "mine_or_uxo", "holder", 1.5, 30.0, 8.0),
    (0.020, "crater", "nobody", 3.0, 30.0, 3.0),
    (0.025, "damage", "nobody", 4.0, 30.0, 2.0),
    (0.010, "casualty", "nobody", 4.0, 15.0, 1.0),
    (0.040, "checkpoint", "holder", 6.0, 120.0, 1.0),
    (0.040, "gathering", "nobody", 12.0, 90.0, 40.0),
    (0.060, "convoy", "nobody", 10.0, 45.0, 8.0),
    (0.040, "illumination_flare", "holder", 1.5, 2.0, 2.0),
)
_DRILL_SHARE: Final = 0.42
_BLAST_SHARE: Final = 0.05  # quarries and mine clearance

_KIND: Final = np.array([kind(row[1]) for row in _LIFE], dtype=np.int8)
_SHARE: Final = np.array([row[0] for row in _LIFE])
_OVER_OWN: Final = 0.2  # of flights, those that stay over their own ground
_HOMEWARD: Final = 0.3  # of flights that are seen, those on their way back
_OWNER: Final = np.array([("holder", "other", "nobody").index(row[2]) for row in _LIFE])
_AWAY: Final = np.array([row[3] for row in _LIFE])
_LASTS: Final = np.array([row[4] for row in _LIFE])
_THINGS: Final = np.array([row[5] for row in _LIFE])


def stray_fire(
    ground: Ground, rng: np.random.Generator, *, how_many: int, seconds: float
) -> Events:
    """Hostile fire of a ceasefire that holds, mostly at a few hot spots."""
    spots = rng.uniform(ground.cuts[0] + 5, ground.cuts[-1] - 5, _HOT_SPOTS)
    weights = rng.gamma(0.8, size=_HOT_SPOTS)
    chosen = rng.choice(_HOT_SPOTS, how_many, p=weights / weights.sum())
    hot = rng.random(how_many) < _HOT_SHARE
    anywhere = rng.uniform(ground.cuts[0], ground.cuts[-1], how_many)
    x = np.where(hot, spots[chosen] + rng.normal(0, 2.5, how_many), anywhere)
    x = np.clip(x, ground.cuts[0], ground.cuts[-1] - 0.01)
    t = _evenings(rng, how_many, seconds)
    events = fire_at(ground, rng, t=t, x=x, party=rng.integers(0, 2, how_many))
    events["loud"] = _noticeable(rng, how_many)
    return events


def _noticeable(rng: np.random.Generator, how_many: int) -> Reals:
    return rng.gamma(0.9, 1 / 0.9, how_many)


def _evenings(rng: np.random.Generator, how_many: int, seconds: float) -> Reals:
    """Times in whole seconds, denser in the evening and early night."""
    t = rng.uniform(0, seconds, how_many)
    later = rng.random(how_many) < _EVENING_SHARE
    evening = (
        np.floor(t / _DAY_S) + rng.triangular(16, 20, 24, how_many) / 24
    ) * _DAY_S
    return np.floor(np.minimum(np.where(later, evening, t), seconds - 1))


def quietened(events: Events, planned: Events, *, most: int, window_s: float) -> Events:
    """Without what would be more than ``most`` acts of a party in a sector in a window.

    Where more than that is planned within the window before or after, nothing is added:
    so only what the scenario plans becomes a serious violation, and no stray act opens
    it a second time as its count rises or fades.
    """
    events = events[np.argsort(events["t"], kind="stable")]
    cells = events["party"].astype(int) * 100 + events["sector"]
    planned_cells = planned["party"].astype(int) * 100 + planned["sector"]
    kept = np.ones(len(events), dtype=bool)
    for cell in np.unique(cells):
        mine = np.flatnonzero(cells == cell)
        t = events["t"][mine]
        around = np.sort(planned["t"][planned_cells == cell])
        near = np.searchsorted(around, t + window_s, side="right")
        near -= np.searchsorted(around, t - window_s)
        mine, t = mine[near <= most], t[near <= most]
        kept[cells == cell] = False
        kept[mine[_thinned(t, most=most, window_s=window_s)]] = True
    return events[kept]


def _thinned(t: Reals, *, most: int, window_s: float) -> list[int]:
    """Positions of the times that are kept: never more than ``most`` in a window."""
    recent: deque[float] = deque()
    kept = []
    for n, at in enumerate(t.tolist()):
        while recent and recent[0] < at - window_s:
            recent.popleft()
        if len(recent) < most:
            recent.append(at)
            kept.append(n)
    return kept


def daily_life(
    ground: Ground, rng: np.random.Generator, *, how_many: int, seconds: float
) -> Events:
    """Drill, blasting and everything that is no fire, in the order of chance."""
    draw = rng.random(how_many)
    drill = draw < _DRILL_SHARE
    blast = ~drill & (draw < _DRILL_SHARE + _BLAST_SHARE)
    events = blank(how_many)
    events["loud"] = _noticeable(rng, how_many)
    events[drill] = _drill(ground, rng, events[drill], seconds)
    events[blast] = _blasts(ground, rng, events[blast], seconds)
    other = ~(drill | blast)
    events[other] = _life(ground, rng, events[other], seconds)
    events["sector"] = sector_at(ground, events["x"], events["y"])
    return events


def _hours(
    rng: np.random.Generator, how_many: int, seconds: float, span: tuple[float, float]
) -> Reals:
    day = rng.integers(0, max(1, int(np.ceil(seconds / _DAY_S))), how_many)
    t = np.floor((day + rng.uniform(*span, how_many) / 24) * _DAY_S)
    return np.asarray(
        np.where(t < seconds, t, np.floor(rng.uniform(0, seconds, how_many)))
    )


def _drill(
    ground: Ground, rng: np.random.Generator, events: Events, seconds: float
) -> Events:
    many = len(events)
    at = rng.integers(0, len(ground.ranges), many)
    events["t"] = _hours(rng, many, seconds, (9.0, 19.0))
    events, _ = arm(events, rng, drill=True)
    for axis, name in enumerate(("x", "y")):
        events[name] = ground.ranges[at, axis] + rng.normal(0, 1.0, many)
    events["party"] = at % 2
    events["setting"] = SETTINGS.index("live_fire_exercise")
    events["assessment"] = assessment("impact")
    events["bearing"] = rng.uniform(0, 360, many)
    return events


def _blasts(
    ground: Ground, rng: np.random.Generator, events: Events, seconds: float
) -> Events:
    _somewhere(ground, rng, events, np.full(len(events), 15.0))
    events["t"] = _hours(rng, len(events), seconds, (7.0, 17.0))
    events["until"] = events["t"]
    events["kind"] = kind("explosion")
    events["assessment"] = assessment("controlled_detonation")
    events["party"] = _holder(ground, events)
    events["count"] = 1 + rng.poisson(1.0, len(events))
    return events


def _life(
    ground: Ground, rng: np.random.Generator, events: Events, seconds: float
) -> Events:
    many = len(events)
    what = rng.choice(len(_LIFE), many, p=_SHARE / _SHARE.sum())
    _somewhere(ground, rng, events, _AWAY[what])
    events["t"] = _hours(rng, many, seconds, (5.0, 22.0))
    events["until"] = events["t"] + np.floor(
        60 * _LASTS[what] * rng.uniform(0.4, 1.8, many)
    )
    events["kind"] = _KIND[what]
    holder = _holder(ground, events)
    over_own = rng.random(many) < _OVER_OWN
    events["party"] = np.select(
        [_OWNER[what] == 0, _OWNER[what] == 1],
        [holder, np.where(over_own, holder, 1 - holder)],
        -1,
    )
    _fly(ground, rng, events)
    events["count"] = np.maximum(1, rng.poisson(_THINGS[what]))
    events["weapon"] = _shown(rng, events["kind"])
    return events


def _fly(ground: Ground, rng: np.random.Generator, events: Events) -> None:
    """The course of what flies: towards the opponent, or home again."""
    home = 180.0 * (rng.random(len(events)) < _HOMEWARD)
    course = (toward(ground, events, rng) + home) % 360.0
    flies = events["kind"] == kind("uav_overflight")
    events["bearing"] = np.where(flies, course, np.nan)


def _shown(rng: np.random.Generator, kinds: Wholes) -> Wholes:
    """The weapon that is seen: guns where weapons stand, aircraft where they fly."""
    light = [weapon(name) for name in WEAPONS[:7]]
    guns = rng.choice([*HEAVY, *light], len(kinds))
    flown = np.where(kinds == kind("uav_overflight"), weapon("uav_recon"), -1)
    return np.asarray(np.where(kinds == kind("weapon_presence"), guns, flown))


def _somewhere(
    ground: Ground, rng: np.random.Generator, events: Events, away: Reals
) -> None:
    events["x"] = rng.uniform(ground.cuts[0], ground.cuts[-1], len(events))
    side = np.where(rng.random(len(events)) < _EVEN, 1.0, -1.0)
    off = np.clip(rng.exponential(away), 0.05, 55.0)
    events["y"] = line_y(ground, events["x"]) + side * off


def _holder(ground: Ground, events: Events) -> Wholes:
    return np.where(events["y"] > line_y(ground, events["x"]), 0, 1)


def calm(
    ground: Ground, rng: np.random.Generator, *, how_many: int, seconds: float
) -> Events:
    """Watches of two to six hours in which a patrol or a camera noted nothing."""
    events = blank(how_many)
    _somewhere(ground, rng, events, np.full(how_many, 3.0))
    events["t"] = _hours(rng, how_many, seconds, (0.0, 20.0))
    ends = events["t"] + np.floor(rng.uniform(2, 6, how_many) * 3600)
    events["until"] = np.minimum(ends, seconds)
    events["kind"] = kind("calm")
    events["sure"] = np.where(rng.random(how_many) < _EVEN, PATROL, CAMERA)
    events["sector"] = sector_at(ground, events["x"], events["y"])
    return events


def restrictions(
    ground: Ground, rng: np.random.Generator, *, how_many: int, seconds: float
) -> Events:
    """Patrols turned back, aircraft jammed, cameras shot.

    Three in four denials are on one side, as the OSCE mission counted in 2017.
    """
    events = blank(how_many)
    _somewhere(ground, rng, events, np.full(how_many, 8.0))
    events["t"] = _hours(rng, how_many, seconds, (7.0, 17.0))
    events["until"] = np.minimum(
        events["t"] + np.floor(rng.uniform(1, 5, how_many) * 3600), seconds
    )
    south = rng.random(how_many) < _SOUTH_DENIES
    off = np.abs(events["y"] - line_y(ground, events["x"]))
    events["y"] = line_y(ground, events["x"]) + np.where(south, -off, off)
    events["party"] = np.where(south, 1, 0)
    events["sector"] = sector_at(ground, events["x"], events["y"])
    what = rng.choice(4, how_many, p=[0.5, 0.2, 0.2, 0.1])
    words = ("denial", "conditional_access", "jamming", "camera_damage")
    jammed = what == words.index("jamming")
    events["kind"] = np.where(jammed, kind("jamming"), kind("restriction"))
    events["restriction"] = np.array([restriction(word) for word in words])[what]
    events["sure"] = np.array([PATROL, PATROL, UAV, CAMERA])[what]
    return events[events["sector"] >= 0]


def cut(event: Events) -> Outage:
    """What a restriction leaves of the sight on that sector."""
    network = int(event["sure"])
    left = {PATROL: 0.4, UAV: 0.1, CAMERA: 0.6}[network]
    hours = 48.0 if network == CAMERA else (event["until"] - event["t"]) / 3600
    begin = int(event["t"] // 3600)
    words = {PATROL: "access denied", UAV: "jamming", CAMERA: "camera damaged"}
    return Outage(
        networks=(network,),
        sector=int(event["sector"]),
        begin_h=begin,
        end_h=begin + max(1, int(np.ceil(hours))),
        left=left,
        why=words[network],
    )
