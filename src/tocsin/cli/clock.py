"""The clock and the meter. Only here, and in the server, is the time asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

__all__ = ["cost_so_far", "utc_now"]


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def cost_so_far() -> Callable[[], dict[str, float]]:
    """What the command has cost so far: seconds of wall time, peak memory in MB."""
    begin = perf_counter()

    def cost() -> dict[str, float]:
        peak_kb = getrusage(RUSAGE_SELF).ru_maxrss
        return {
            "seconds": round(perf_counter() - begin, 2),
            "peak_rss_mb": round(peak_kb / 1024, 1),
        }

    return cost
