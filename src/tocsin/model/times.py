"""Instants, UTC only. Inside the language an instant is a whole second.

>>> seconds(instant("2020-07-27T00:01:00Z"))
1595808060
>>> utc_text(instant("2020-07-27T00:01:00+03:00"))
'2020-07-26T21:01:00Z'
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tocsin.errors import WrongUse

__all__ = [
    "BOUNDS_FROM",
    "from_seconds",
    "instant",
    "seconds",
    "start_of_day",
    "utc_text",
]


BOUNDS_FROM = timedelta(hours=20)
"""From this length on, a start and an end are bounds of when something happened, not
its begin and its end: a local day (23 to 25 hours), a week, a month."""


def instant(text: str, *, end_of_day: bool = False) -> datetime:
    """An instant from RFC 3339 text; a bare date is its first instant in UTC.

    Args:
        text: ``2020-07-27`` or ``2020-07-27T00:01:00Z``.
        end_of_day: for a bare date, give the first instant of the next day.

    Raises:
        WrongUse: the text is no date, or is a time without a zone.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(
            f"`{text}` is not a date; write 2020-07-27 or 2020-07-27T00:01:00Z"
        ) from error
    if len(text) == len("2020-07-27"):
        return start_of_day(parsed.date() + timedelta(days=int(end_of_day)))
    if parsed.tzinfo is None:
        raise WrongUse(f"`{text}` has no time zone; add Z for UTC, as in {text}Z")
    return parsed.astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """First instant of a day, UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00:00Z, rounded down."""
    return int(at.timestamp() // 1)


def from_seconds(whole: int) -> datetime:
    """The instant of a number of seconds since 1970, UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole)


def utc_text(at: datetime) -> str:
    """RFC 3339 text with Z, to the second."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
