"""False alarms: reports of what never happened.

Nearly half are fields on fire seen from orbit, in clusters. The rest are thunder and
quarries heard by the arrays, lights and birds before the cameras, tractors taken for
guns, recycled posts, and claims of a party that nobody can find traces of. They pass
through the same writers as true reports and are told with a weapon, an assessment and a
direction as those are, if less often, so nothing but their content gives them away.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.exercise.events import (
    FIRE_KINDS,
    Events,
    assessment,
    blank,
    kind,
    weapon,
)
from tocsin.exercise.reports import Desk, write_reports
from tocsin.exercise.rows import Rows, word
from tocsin.exercise.watching import (
    ACOUSTIC,
    CAMERA,
    HOTLINE,
    PARTY,
    PATROL,
    PRESS,
    SATELLITE,
    UAV,
    Watch,
)
from tocsin.exercise.world import line_y, sector_at

__all__ = ["false_alarms"]

_SHARES: Final = {
    SATELLITE: 0.45,
    ACOUSTIC: 0.12,
    CAMERA: 0.08,
    UAV: 0.08,
    PATROL: 0.03,
    PRESS: 0.12,
    HOTLINE: 0.06,
    PARTY: 0.06,
}
_LOOKS: Final = {
    SATELLITE: ("explosion",),
    ACOUSTIC: ("explosion", "burst", "shot"),
    CAMERA: ("muzzle_flash", "illumination_flare", "explosion"),
    UAV: ("military_presence", "weapon_presence", "trench_or_fortification"),
    PATROL: ("shot", "burst", "explosion"),
    PRESS: ("explosion", "damage", "casualty", "uav_overflight"),
    HOTLINE: ("explosion", "burst", "uav_overflight"),
    PARTY: ("explosion", "burst", "uav_overflight", "position_moved_forward"),
}
"""What each network takes nothing for."""

_WEAPON_IMAGINED: Final = 0.4  # of false fire, so much sounds like some weapon
_TAKEN_FOR_GUNS: Final = (
    "small_arms",
    "heavy_machine_gun",
    "mortar_lt_120",
    "mortar_ge_120",
    "artillery_ge_100",
)
_FIELD_FIRES: Final = 6.0  # hot pixels of one burning field


def false_alarms(desk: Desk, watch: Watch, *, how_many: int, seconds: float) -> Rows:
    """So many false rows, of all networks, none where a network was blind."""
    networks = list(_SHARES)
    counts = desk.rng.multinomial(how_many, list(_SHARES.values()))
    made = [
        _of_network(desk, watch, network, int(count), seconds)
        for network, count in zip(networks, counts, strict=True)
        if count
    ]
    return (
        np.concatenate(made)
        if made
        else write_reports(desk, PATROL, blank(0), np.empty(0, np.int64))
    )


def _of_network(
    desk: Desk, watch: Watch, network: int, how_many: int, seconds: float
) -> Rows:
    nothing = _imagine(desk, network, how_many, seconds)
    nothing = _where_it_could_see(desk, watch, network, nothing)
    nobody = np.full(how_many, -1, dtype=np.int64)
    rows = write_reports(desk, network, nothing, nobody)
    if network in (ACOUSTIC, CAMERA):
        doubtful = desk.chance(0.7, how_many)
        rows["credibility"] = np.where(
            doubtful, word("credibility", "4"), rows["credibility"]
        )
    return rows


def _imagine(desk: Desk, network: int, how_many: int, seconds: float) -> Events:
    """Events that never were, with the looks of what the network reports."""
    rng, ground = desk.rng, desk.ground
    events = blank(how_many)
    events["t"] = np.floor(rng.uniform(0, seconds, how_many))
    events["until"] = events["t"]
    events["x"] = rng.uniform(ground.cuts[0], ground.cuts[-1], how_many)
    typical = 25.0 if network in (SATELLITE, ACOUSTIC) else 6.0
    away = np.clip(rng.laplace(0, typical, how_many), -43, 43)
    events["y"] = line_y(ground, events["x"]) + away
    if network == SATELLITE:
        _in_clusters(rng, events)
    events["kind"] = rng.choice([kind(word) for word in _LOOKS[network]], how_many)
    shooting = np.isin(events["kind"], FIRE_KINDS)
    events["assessment"] = np.where(shooting, assessment("impact"), -1)
    events["bearing"] = np.where(shooting, rng.uniform(0, 360, how_many), np.nan)
    armed = shooting & (rng.random(how_many) < _WEAPON_IMAGINED)
    light = [weapon(name) for name in _TAKEN_FOR_GUNS]
    events["weapon"] = np.where(armed, rng.choice(light, how_many), -1)
    events["party"] = rng.integers(0, 2, how_many)
    events["count"] = 1 + rng.poisson(2.0, how_many)
    events["sector"] = sector_at(ground, events["x"], events["y"])
    return events


def _in_clusters(rng: np.random.Generator, events: Events) -> None:
    fields = max(1, int(len(events) / _FIELD_FIRES))
    field = rng.integers(0, fields, len(events))
    for axis in ("x", "y"):
        events[axis] = events[axis][field] + rng.normal(0, 0.8, len(events))
    events["t"] = events["t"][field]
    events["until"] = events["t"]


def _where_it_could_see(
    desk: Desk, watch: Watch, network: int, events: Events
) -> Events:
    """Move alarms of a blind hour to the time and place of another alarm."""
    sight = watch.sight(events["sector"], events["t"])[network]
    blind = sight <= 0
    if blind.any() and not blind.all():
        events[blind] = desk.rng.choice(events[~blind], int(blind.sum()))
    return events
