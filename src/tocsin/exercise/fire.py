"""Acts of fire: weapon, place on one side of the line, direction and number of rounds.

Most rounds fall on the opponent's ground; some are seen where they leave, some fall
short. That the side of the ground alone names the wrong party in about one case in
eight is an assumption, the one that was made in the study of fusion methods.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.exercise.events import Events, Flags, assessment, blank, kind, weapon
from tocsin.exercise.world import Ground, Reals, Wholes, line_y, sector_at

__all__ = ["arm", "fire_at", "place_fire", "toward"]

OUTGOING_SHARE: Final = 0.12
SHORT_SHARE: Final = 0.06
_FIRST_SHARE: Final = 0.7  # of an act noticed as the first of its kinds

# weapon: (share of acts, typical depth beyond the line in km, kinds it is noticed as,
#          typical number of rounds)
_ARSENAL: Final = {
    "small_arms": (0.20, 0.5, ("shot", "burst"), 9.0),
    "heavy_machine_gun": (0.13, 0.8, ("burst",), 7.0),
    "automatic_grenade_launcher": (0.08, 1.0, ("explosion", "burst"), 6.0),
    "ifv_cannon": (0.06, 1.2, ("burst", "shot"), 5.0),
    "mortar_lt_120": (0.16, 2.2, ("explosion",), 5.0),
    "mortar_ge_120": (0.10, 3.5, ("explosion", "projectile_in_flight"), 5.0),
    "tank": (0.06, 1.4, ("explosion", "muzzle_flash"), 3.0),
    "artillery_ge_100": (0.08, 7.0, ("explosion", "projectile_in_flight"), 6.0),
    "mlrs": (0.02, 9.0, ("salvo",), 12.0),
    "fpv_drone": (0.11, 4.0, ("explosion",), 1.5),
}
_DRILL: Final = {
    "tank": 0.2,
    "artillery_ge_100": 0.3,
    "mortar_ge_120": 0.2,
    "ifv_cannon": 0.2,
    "heavy_machine_gun": 0.1,
}

_NAMES: Final = tuple(_ARSENAL)
_CODES: Final = np.array([weapon(name) for name in _NAMES], dtype=np.int8)
_SHARES: Final = np.array([row[0] for row in _ARSENAL.values()])
_DEPTHS: Final = np.array([row[1] for row in _ARSENAL.values()])
_ROUNDS: Final = np.array([row[3] for row in _ARSENAL.values()])
_FIRST: Final = np.array([kind(row[2][0]) for row in _ARSENAL.values()], dtype=np.int8)
_OTHER: Final = np.array([kind(row[2][-1]) for row in _ARSENAL.values()], dtype=np.int8)
_DRILL_SHARES: Final = np.array([_DRILL.get(name, 0.0) for name in _NAMES])


def arm(
    events: Events, rng: np.random.Generator, *, drill: bool = False
) -> tuple[Events, Reals]:
    """Weapon, kind and rounds for each event, and the typical depth of that weapon."""
    shares = _DRILL_SHARES if drill else _SHARES
    chosen = _choose(rng, shares, len(events))
    events["weapon"] = _CODES[chosen]
    first = rng.random(len(events)) < _FIRST_SHARE
    events["kind"] = np.where(first, _FIRST[chosen], _OTHER[chosen])
    events["count"] = 1 + rng.poisson(_ROUNDS[chosen] - 1)
    events["until"] = events["t"] + rng.exponential(40.0, len(events))
    return events, _DEPTHS[chosen]


def _choose(rng: np.random.Generator, shares: Reals, how_many: int) -> Wholes:
    edges = np.cumsum(shares) / np.sum(shares)
    index = np.searchsorted(edges, rng.random(how_many), side="right")
    return np.minimum(index, len(shares) - 1)


def fire_at(
    ground: Ground, rng: np.random.Generator, *, t: Reals, x: Reals, party: Wholes
) -> Events:
    """Hostile fire by ``party`` at times ``t`` about the places ``x`` on the line."""
    events = blank(len(t))
    events["t"], events["x"], events["party"] = t, x, party
    events, depth = arm(events, rng)
    outgoing, short = _fates(rng, len(t))
    flash = events["kind"] == kind(
        "muzzle_flash"
    )  # seen where it leaves, or not at all
    outgoing, short = outgoing | flash, short & ~flash
    out, into = assessment("outgoing"), assessment("impact")
    events["assessment"] = np.where(outgoing, out, into)
    away = np.clip(rng.exponential(depth) + 0.05, 0.05, 25.0)
    place_fire(ground, events, own_side=outgoing | short, away_km=away)
    events["bearing"] = toward(ground, events, rng)
    return events


def _fates(rng: np.random.Generator, how_many: int) -> tuple[Flags, Flags]:
    draw = rng.random(how_many)
    outgoing = draw < OUTGOING_SHARE
    return outgoing, ~outgoing & (draw < OUTGOING_SHARE + SHORT_SHARE)


def place_fire(
    ground: Ground, events: Events, *, own_side: Flags, away_km: Reals
) -> None:
    """Put events on the shooter's own side or on the other, so far from the line."""
    home = np.where(events["party"] == 0, 1.0, -1.0)
    side = np.where(own_side, home, -home)
    events["y"] = line_y(ground, events["x"]) + side * away_km
    events["sector"] = sector_at(ground, events["x"], events["y"])


def toward(ground: Ground, events: Events, rng: np.random.Generator) -> Reals:
    """Direction of fire: across the line to the opponent, within some 25 degrees."""
    across = np.interp(events["x"], ground.x, ground.normal_deg)
    away = np.where(events["party"] == 0, 180.0, 0.0)
    return np.asarray((across + away + rng.normal(0, 25.0, len(events))) % 360.0)
