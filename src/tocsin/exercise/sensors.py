"""How many reports each network gives of each event.

A network's chance depends on the kind of event, on how noticeable that one was, on the
distance from its instruments and on what it could see of the sector in that hour. The
figures are chosen so that about half of the events that are noticed at all are noticed
once and the mean is about three, as in the study of fusion methods; they are not
measured on any real network.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tocsin.exercise.events import KINDS, Events, kind
from tocsin.exercise.watching import CAMERA, SATELLITE, Watch
from tocsin.exercise.world import Ground, Reals, line_y

__all__ = [
    "MOST",
    "OVERPASSES_H",
    "draw_counts",
    "expected_counts",
    "next_overpass",
    "rates",
]

# Reports expected of an event of average noticeability:
#            acoustic camera uav  patrol satellite press hotline party
_LOUD: Final = (1.60, 0.55, 0.45, 0.50, 0.40, 0.50, 0.22, 0.40)
_SHARP: Final = (0.90, 0.45, 0.20, 0.55, 0.00, 0.12, 0.16, 0.35)
_QUIET: Final = (0.00, 0.30, 0.75, 0.55, 0.00, 0.12, 0.10, 0.06)
_STILL: Final = (0.00, 0.10, 0.90, 0.45, 0.00, 0.04, 0.03, 0.00)
_HURT: Final = (0.00, 0.10, 0.35, 0.60, 0.00, 0.80, 0.40, 0.50)
_NONE: Final = (0.0,) * 8

_RATES: Final = {
    "explosion": _LOUD,
    "salvo": _LOUD,
    "airburst": _LOUD,
    "projectile_in_flight": (0.80, 0.60, 0.35, 0.40, 0.0, 0.20, 0.10, 0.30),
    "burst": _SHARP,
    "shot": _SHARP,
    "muzzle_flash": (0.30, 0.90, 0.35, 0.30, 0.0, 0.05, 0.05, 0.20),
    "exchange_of_fire": _SHARP,
    "uav_overflight": (0.15, 0.30, 0.30, 0.60, 0.0, 0.15, 0.15, 0.50),
    "illumination_flare": (0.00, 0.80, 0.30, 0.50, 0.0, 0.05, 0.05, 0.00),
    "casualty": _HURT,
    "damage": _HURT,
    "crater": _STILL,
    "weapon_presence": _STILL,
    "military_presence": _QUIET,
    "position_new": _STILL,
    "position_moved_forward": _STILL,
    "trench_or_fortification": _STILL,
    "mine_or_uxo": _STILL,
    "checkpoint": _QUIET,
    "gathering": _QUIET,
    "convoy": _QUIET,
}
_TABLE: Final = np.array([_RATES.get(word, _NONE) for word in KINDS])

MOST: Final = np.array([4, 2, 2, 2, 2, 4, 2, 1])
"""No network gives more reports of one event than this."""

_REACH_KM: Final = np.array([60.0, 12.0, 45.0, 40.0, 1e9, 80.0, 80.0, 40.0])

OVERPASSES_H: Final = np.array([1.5, 10.5, 13.5, 22.5])
"""Hours of the day, UTC, at which the satellites pass."""

_BURNS_H: Final = 1.5
_CAMERA_KM: Final = 15.0
_CLEAR_SKY: Final = 0.6


def rates(ground: Ground, watch: Watch, events: Events) -> Reals:
    """Reports expected of each event from each network.  # (events, 8)."""
    away = np.abs(events["y"] - line_y(ground, events["x"]))
    near = np.exp(-away[:, None] / _REACH_KM)
    seen = watch.sight(events["sector"], events["t"]).T
    expected = _TABLE[events["kind"]] * events["loud"][:, None] * near * seen
    expected[:, SATELLITE] *= _clear(events["t"])
    expected[:, CAMERA] *= away < _CAMERA_KM
    return np.asarray(np.minimum(expected, MOST))


def _clear(t: Reals) -> Reals:
    """Chance that something still burns at the next overpass, under an open sky."""
    return np.asarray(_CLEAR_SKY * np.exp(-(next_overpass(t) - t) / (_BURNS_H * 3600)))


def next_overpass(t: Reals) -> Reals:
    """Time of the next overpass after ``t``, seconds."""
    hour = (t / 3600.0) % 24.0
    index = np.searchsorted(OVERPASSES_H, hour, side="right")
    later = np.append(OVERPASSES_H, OVERPASSES_H[0] + 24.0)[index]
    return np.asarray(t + (later - hour) * 3600.0)


def expected_counts(expected: Reals) -> Reals:
    """Mean of a Poisson count of this rate that stops at :data:`MOST`."""
    term = np.exp(-expected)
    below = np.zeros_like(expected)
    mean = np.zeros_like(expected)
    for number in range(int(MOST.max())):
        below += term  # chance of at most `number`
        mean += np.where(number < MOST, 1.0 - below, 0.0)
        term *= expected / (number + 1)
    return mean


def draw_counts(
    rng: np.random.Generator, events: Events, expected: Reals
) -> npt.NDArray[np.int64]:
    """Reports of each event from each network.  # (events, 8)."""
    counts = np.minimum(rng.poisson(expected), MOST)
    counts[np.isin(events["kind"], _REPORTED)] = 0
    sure = np.flatnonzero(events["sure"] >= 0)
    counts[sure, events["sure"][sure]] = np.maximum(
        counts[sure, events["sure"][sure]], 1
    )
    return np.asarray(counts)


_REPORTED: Final = [kind(word) for word in ("calm", "restriction", "jamming")]
"""Reported by the network that met with it, and by no other."""
