"""Who watched which sector, hour by hour: shares, what cut them, the coverage table.

The same grid decides what a network could detect and what the coverage table says, so
that the exercise never claims to have watched where it could see nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec import Meta

from tocsin.exercise.world import Reals
from tocsin.model import COVERAGE, Record

__all__ = [
    "ACOUSTIC",
    "CAMERA",
    "HOTLINE",
    "MISSION",
    "NETWORKS",
    "PARTY",
    "PATROL",
    "PRESS",
    "SATELLITE",
    "UAV",
    "Outage",
    "Watch",
    "draw_watch",
    "share_watched",
    "watch_table",
]

NETWORKS: Final = (
    "acoustic",
    "cameras",
    "uav",
    "patrols",
    "satellite",
    "press",
    "hotline",
    "party",
)
ACOUSTIC, CAMERA, UAV, PATROL, SATELLITE, PRESS, HOTLINE, PARTY = range(8)
MISSION: Final = (ACOUSTIC, CAMERA, UAV, PATROL)
"""Networks that watch a sector; the others only happen to see something."""

_NOMINAL: Final = np.array([0.70, 0.28, 0.27, 0.16, 1.0, 1.0, 1.0, 1.0])
_SPREAD: Final = np.array([0.10, 0.07, 0.07, 0.04, 0.0, 0.0, 0.0, 0.0])
_AT_NIGHT: Final = np.array([1.0, 0.85, 0.35, 0.15, 1.0, 0.8, 0.7, 1.0])
_DAY: Final = (6, 18)  # hours of daylight, UTC
_SECTORS: Final = 12


class Outage(Record, frozen=True, kw_only=True):
    """Networks that saw less of a sector for some whole hours.

    Attributes:
        networks: which of :data:`NETWORKS`.
        sector: index of the sector.
        begin_h: first hour, from the start of the exercise.
        end_h: first hour after it.
        left: share of the usual sight that is left.
        why: goes to the coverage table.
    """

    networks: tuple[int, ...]
    sector: int
    begin_h: int
    end_h: int
    left: Annotated[float, Meta(ge=0, le=1)] = 0.0
    why: str


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Shares by network, sector and hour; the last sector stands for outside.

    Attributes:
        share: 0 to 1.  # (8 networks, 13 sectors, hours)
        cause: index into ``causes``, 0 for none.  # (8, 13, hours)
        causes: reasons in words; the first is "".
    """

    share: Reals
    cause: npt.NDArray[np.int16]
    causes: tuple[str, ...]

    def sight(self, sector: npt.ArrayLike, t: Reals) -> Reals:
        """How much of its usual sight each network had.  # (8, events)."""
        hour = np.clip((t // 3600).astype(int), 0, self.share.shape[2] - 1)
        now = self.share[:, np.asarray(sector), hour]
        return np.asarray(now / _NOMINAL[:, None])


def draw_watch(
    rng: np.random.Generator, *, hours: int, outages: Sequence[Outage]
) -> Watch:
    """Usual shares by day and night, cut by the outages in their order."""
    usual = _NOMINAL[:, None] + _SPREAD[:, None] * rng.uniform(-1, 1, (8, _SECTORS + 1))
    clock = np.arange(hours) % 24
    night = (clock < _DAY[0]) | (clock >= _DAY[1])
    light = np.where(night[None, :], _AT_NIGHT[:, None], 1.0)
    share = usual[:, :, None] * light[:, None, :]
    cause = np.zeros(share.shape, dtype=np.int16)
    causes = ["", *sorted({outage.why for outage in outages})]
    for outage in outages:
        where = (list(outage.networks), outage.sector)
        span = slice(max(outage.begin_h, 0), max(outage.end_h, 0))
        share[*where, span] *= outage.left
        cause[*where, span] = causes.index(outage.why)
    return Watch(share=share, cause=cause, causes=tuple(causes))


def share_watched(watch: Watch, sector: npt.ArrayLike, t: Reals) -> Reals:
    """Share of a sector that some network of the mission watched at ``t``."""
    hour = np.clip((t // 3600).astype(int), 0, watch.share.shape[2] - 1)
    blind = 1 - watch.share[list(MISSION)][:, np.asarray(sector), hour]
    return np.asarray(1 - blind.prod(axis=0))


def watch_table(
    watch: Watch,
    *,
    sectors: Sequence[str],
    source_ids: Sequence[str],
    start_us: int,
    origin: str,
) -> pa.Table:
    """One row for each network, sector and span of hours with the same share."""
    network, sector, begin, end = _spans(watch)
    share = watch.share[network, sector, begin]
    cause = np.array([*watch.causes], dtype=object)[watch.cause[network, sector, begin]]
    hour_us = 3_600_000_000
    ends = start_us + end * hour_us
    columns = {
        "sector": np.array(sectors, dtype=object)[sector],
        "kind": pa.nulls(len(share), pa.string()),
        "t_start": pa.array(start_us + begin * hour_us).cast(
            COVERAGE.field("t_start").type
        ),
        "t_end": pa.array(ends).cast(COVERAGE.field("t_end").type),
        "share": np.round(share, 3),
        "known_at": pa.array(ends + hour_us).cast(COVERAGE.field("known_at").type),
        "source_id": np.array(source_ids, dtype=object)[network],
        "origin": pa.array([origin] * len(share), pa.string()),
        "why": pa.array([word or None for word in cause], pa.string()),
    }
    return pa.table(columns, schema=COVERAGE)


def _spans(watch: Watch) -> tuple[npt.NDArray[np.int64], ...]:
    """Network, sector, first hour and hour after of each span."""
    share = watch.share[list(MISSION)][:, :_SECTORS]
    cause = watch.cause[list(MISSION)][:, :_SECTORS]
    changes = np.ones(share.shape, dtype=bool)
    changes[:, :, 1:] = (np.diff(share) != 0) | (np.diff(cause) != 0)
    changes[:, :, ::24] = True  # a log is handed in each day
    network, sector, begin = np.nonzero(changes)
    hours = share.shape[2]
    end = np.append(begin[1:], hours)
    return network, sector, begin, np.where(end == 0, hours, end)
