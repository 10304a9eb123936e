"""True events as one structured array: what happened, where, when and by whom.

Words of the vocabulary are small integers here (their place in the list), -1 is
unknown or none; party 0 is the one north of the line. Times are seconds since the
exercise began.

>>> KINDS[kind("explosion")], WEAPONS[weapon("mlrs")]
('explosion', 'mlrs')
>>> blank(2)["party"].tolist()
[-1, -1]
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tocsin.model import ObservationKind
from tocsin.model.vocabulary import (
    Assessment,
    ExplosionAssessment,
    RestrictionKind,
    WeaponClass,
)

__all__ = [
    "ASSESSMENTS",
    "EVENT",
    "FIRE_KINDS",
    "HEAVY",
    "KINDS",
    "RESTRICTIONS",
    "SETTINGS",
    "WEAPONS",
    "Events",
    "Flags",
    "assessment",
    "blank",
    "is_fire",
    "kind",
    "restriction",
    "weapon",
]

Events = npt.NDArray[Any]
"""A structured array of :data:`EVENT`."""

Flags = npt.NDArray[np.bool_]

KINDS: Final = tuple(str(word) for word in ObservationKind)
WEAPONS: Final = tuple(str(word) for word in WeaponClass)
ASSESSMENTS: Final = tuple(str(word) for word in ExplosionAssessment)
SETTINGS: Final = tuple(str(word) for word in Assessment)
RESTRICTIONS: Final = tuple(str(word) for word in RestrictionKind)

EVENT: Final = np.dtype(
    [
        ("t", "f8"),  # begin, seconds since the exercise began
        ("until", "f8"),  # end
        ("x", "f8"),  # kilometres east of the middle
        ("y", "f8"),  # kilometres north of the middle
        ("sector", "i1"),  # -1 outside all sectors
        ("kind", "i1"),
        ("weapon", "i1"),
        ("party", "i1"),  # who did it; -1 nobody, or civilians
        ("assessment", "i1"),
        ("setting", "i1"),  # 0 is live_fire_exercise
        ("restriction", "i1"),
        ("count", "i4"),  # 0 where there is nothing to count
        ("bearing", "f8"),  # direction of fire, degrees from north, or NaN
        ("loud", "f8"),  # how noticeable, 1 on average
        ("sure", "i1"),  # network that reports it in any case, or -1
        ("part", "i2"),  # which part of the scenario, -1 the background
    ]
)


def kind(word: str) -> int:
    """Number of an observation kind."""
    return KINDS.index(word)


def weapon(word: str) -> int:
    """Number of a weapon class."""
    return WEAPONS.index(word)


def assessment(word: str) -> int:
    """Number of an assessment of an explosion."""
    return ASSESSMENTS.index(word)


def restriction(word: str) -> int:
    """Number of a kind of restriction."""
    return RESTRICTIONS.index(word)


FIRE_KINDS: Final = tuple(
    kind(word)
    for word in (
        "explosion",
        "projectile_in_flight",
        "burst",
        "shot",
        "muzzle_flash",
        "airburst",
        "salvo",
        "exchange_of_fire",
    )
)
"""Kinds that make the act ``fire`` by ``acts.toml``."""

HEAVY: Final = tuple(
    weapon(word) for word in ("artillery_ge_100", "mlrs", "mlrs_heavy", "mortar_ge_120")
)


def blank(how_many: int) -> Events:
    """Events of which nothing is known yet."""
    events = np.zeros(how_many, EVENT)
    for name in ("sector", "kind", "weapon", "party", "assessment", "setting"):
        events[name] = -1
    for name in ("restriction", "sure", "part"):
        events[name] = -1
    events["bearing"] = np.nan
    events["loud"] = 1.0
    return events


def is_fire(events: Events) -> Flags:
    """Which events are hostile fire: no exercise and no controlled detonation."""
    shooting = np.isin(events["kind"], FIRE_KINDS) & (events["party"] >= 0)
    peaceful = events["assessment"] == assessment("controlled_detonation")
    return np.asarray(shooting & (events["setting"] != 0) & ~peaceful)
