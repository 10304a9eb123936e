"""The daily report: one day of a run as a document.

In comes a view of a run; out comes a :class:`~tocsin.report.document.Document` in the
order of the field's daily reports. The same view, day and release always give the same
document: nothing here asks the clock.

What it refuses: to place what is younger than 24 hours at release and may show where
fire landed, to name a party where it is undetermined, and to take silence for peace.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from tocsin.errors import WrongUse
from tocsin.model import Origin
from tocsin.report.day import Day, gather
from tocsin.report.document import Document, Head
from tocsin.report.sections import (
    annexes,
    civilians,
    clauses,
    corrections,
    coverage,
    coverage_sentence,
    parties,
    promises,
    recorded,
    restrictions,
    sources,
    summary,
)
from tocsin.report.view import View

__all__ = ["WATERMARKS", "daily"]

WATERMARKS: Final = {
    Origin.OBSERVED: "",
    Origin.EXERCISE: "EXERCISE EXERCISE EXERCISE",
    Origin.IMAGINED: "EXERCISE IMAGINED EXERCISE",
}
"""What stands on every page of what was not observed."""

SECTIONS: Final = (
    summary,
    recorded,
    clauses,
    promises,
    restrictions,
    civilians,
    coverage,
    corrections,
    parties,
    sources,
)


def daily(view: View, *, day: date, released_at: datetime | None) -> Document:
    """The report of one day, as a document for :mod:`tocsin.report.render`.

    Args:
        view: a committed run.
        day: the day, UTC.
        released_at: the instant at which the report is given out. Impacts younger than
            24 hours then are withheld. None means that it is not said: then the end of
            the day stands for it, the earliest instant possible, and every impact of
            the day is withheld.

    Raises:
        WrongUse: `released_at` has no time zone.
    """
    if released_at is not None and released_at.tzinfo is None:
        raise WrongUse(f"released_at {released_at} has no time zone; give it in UTC")
    evidence = gather(view, day, released_at=released_at)
    return Document(
        origin=evidence.origin,
        watermark=WATERMARKS[evidence.origin],
        day=day,
        head=_head(evidence),
        sections=tuple(section(evidence) for section in SECTIONS),
        annexes=annexes(evidence),
    )


def _head(day: Day) -> Head:
    """The number is that of the day in its year, as missions count their reports."""
    return Head(
        number=f"{day.day.timetuple().tm_yday}/{day.day.year}",
        title="Daily report",
        agreement=day.agreement.title,
        day=day.day,
        period_start=day.start,
        period_end=day.end,
        cut_off=day.cut_off,
        released_at=day.released_at,
        marking=day.marking,
        coverage=coverage_sentence(day),
        withheld=day.held.height,
    )
