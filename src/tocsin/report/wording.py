r"""How the report says numbers, shares, times and lists, so that none says too much.

>>> percent(0.999), percent(0.0), percent(0.004)
('>99\xa0%', '0\xa0%', '<1\xa0%')
>>> probability(0.999), probability(1.0), probability(None)
('>0.99', '1', 'not stated')
>>> listed(("East", "North", "West"))
'East, North and West'
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

__all__ = [
    "GAP",
    "clock",
    "counted",
    "day_text",
    "days_text",
    "duration",
    "listed",
    "number",
    "percent",
    "probability",
    "sentence",
    "spoken",
    "stamp",
]

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SPOKEN = {
    "mortar_lt_120": "mortar under 120\u00a0mm",
    "mortar_ge_120": "mortar of 120\u00a0mm or more",
    "artillery_lt_100": "artillery under 100\u00a0mm",
    "artillery_ge_100": "artillery of 100\u00a0mm or more",
    "mlrs": "MLRS",
    "mlrs_heavy": "heavy MLRS",
    "atgm": "ATGM",
    "ifv_cannon": "IFV cannon",
    "fpv_drone": "FPV drone",
    "uav_recon": "reconnaissance UAV",
    "uav_strike": "strike UAV",
    "uav_overflight": "UAV overflight",
    "uav_fire": "fire at a UAV",
    "mini_uav": "mini UAV",
    "mid_range_uav": "mid-range UAV",
    "long_range_uav": "long-range UAV",
    "gps_interference": "GPS interference",
    "mine_or_uxo": "mine or UXO",
}
"""Words of the vocabulary that underscores alone would garble."""

GAP = "\u00a0"  # a figure and its unit stay on one line
HOUR_S = 3600
DAY_H = 24
LONG_H = 72  # from here on a duration is said in days
UNSURE = 0.995  # rounds to 1, but is not 1
SLIGHT = 0.005  # rounds to 0, but is not 0


def number(value: float) -> str:
    """1204 -> '1,204'; fractions only where there are any."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def percent(share: float) -> str:
    """A share as a percentage; only the whole is 100 %, only nothing is 0 %."""
    if 0 < share < SLIGHT:
        return f"<1{GAP}%"
    if UNSURE <= share < 1:
        return f">99{GAP}%"
    return f"{100 * share:.0f}{GAP}%"


def probability(p: float | None) -> str:
    """Two digits; only certainty is 1, only impossibility is 0."""
    if p is None:
        return "not stated"
    if 0 < p < SLIGHT:
        return "<0.01"
    if UNSURE <= p < 1:
        return ">0.99"
    return "1" if p >= 1 else "0" if p <= 0 else f"{p:.2f}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """'1 incident', '3 incidents'."""
    noun = one if value == 1 else (many or f"{one}s")
    return f"{number(value)}{GAP}{noun}"


def listed(words: Sequence[str], *, last: str = "and") -> str:
    """'a, b and c'; an empty list is an empty text."""
    *first, final = words or ("",)
    return f"{', '.join(first)} {last} {final}" if first else final


def spoken(word: str | None) -> str:
    """A word of the vocabulary as people say it."""
    if word is None:
        return "undetermined"
    return SPOKEN.get(word, word.replace("_", " "))


def sentence(text: str) -> str:
    """The text with a capital letter first and a full stop last."""
    stripped = text.strip()
    whole = stripped[:1].upper() + stripped[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def day_text(day: date) -> str:
    """'9 March 2025'."""
    return f"{day.day}{GAP}{MONTHS[day.month - 1]} {day.year}"


def days_text(first: date, last: date) -> str:
    """One day, or the first and the last."""
    if first == last:
        return day_text(first)
    return f"{day_text(first)} to {day_text(last)}"


def clock(at: datetime) -> str:
    """'04:10', UTC."""
    return at.astimezone(UTC).strftime("%H:%M")


def stamp(at: datetime) -> str:
    """'9 Mar 2025 04:10', UTC."""
    local = at.astimezone(UTC)
    return f"{local.day}{GAP}{MONTHS[local.month - 1][:3]} {local.year} {clock(local)}"


def duration(span: timedelta) -> str:
    """'40 min', '31 h', '5 days'; rounded down, so that nobody has less than said."""
    hours = span.total_seconds() / HOUR_S
    if hours < 1:
        return f"{int(hours * 60)}{GAP}min"
    if hours < LONG_H:
        return f"{int(hours)}{GAP}h"
    return f"{int(hours // DAY_H)}{GAP}days"
