"""Instants and lengths of time of an agreement, as whole seconds since 1970, UTC.

A day has 86,400 seconds. Months and years have no length: they are added on the
agreement's calendar, in its zone, and what a short month lacks is rounded as it says
(rule T4 of the semantics).

>>> from tocsin.agreement.terms import Calendar, Duration
>>> rome = Calendar(zone="Europe/Rome", rounded="down")
>>> from tocsin.model.times import instant, seconds, from_seconds, utc_text
>>> january = seconds(instant("2025-01-31T12:00:00Z"))
>>> utc_text(from_seconds(later(january, Duration(amount=1, unit="month"), rome)))
'2025-02-28T12:00:00Z'
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.agreement.terms import Calendar, Duration, FixedTime
from tocsin.errors import WrongUse
from tocsin.model.times import from_seconds, seconds

__all__ = ["fixed", "later"]

MONTHS_A_YEAR = 12


def later(at: int, length: Duration, calendar: Calendar | None) -> int:
    """So long after an instant.

    Raises:
        WrongUse: months without a calendar, or a zone that nobody knows.
    """
    if not length.is_calendar:
        return at + length.seconds
    if calendar is None:
        raise WrongUse(
            f'{length}: months need a line such as `calendar "UTC" rounded down`'
        )
    local = from_seconds(at).astimezone(_zone(calendar))
    return seconds(_months_later(local, length.months, calendar))


def fixed(time: FixedTime, calendar: Calendar | None) -> int:
    """A date or instant as written; without an offset it is local to the calendar.

    Raises:
        WrongUse: no offset and no calendar, or no date at all.
    """
    try:
        read = datetime.fromisoformat(time.text)
    except ValueError as error:
        raise WrongUse(f"`{time.text}` is not a date; write 2025-03-03") from error
    if read.tzinfo is not None:
        return seconds(read)
    if calendar is None:
        raise WrongUse(f"`{time.text}` has no time zone; add Z, or a line `calendar`")
    return seconds(read.replace(tzinfo=_zone(calendar)))


def _zone(calendar: Calendar) -> ZoneInfo:
    try:
        return ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise WrongUse(
            f"`{calendar.zone}` is not a time zone; write an IANA name"
        ) from error


def _months_later(local: datetime, months: int, calendar: Calendar) -> datetime:
    whole = local.year * MONTHS_A_YEAR + local.month - 1 + months
    year, month = divmod(whole, MONTHS_A_YEAR)
    last = monthrange(year, month + 1)[1]
    landed = local.replace(year=year, month=month + 1, day=min(local.day, last))
    short = local.day > last and calendar.rounded == "up"
    return landed + timedelta(days=1) if short else landed
