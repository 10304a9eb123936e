"""Section 8: who could have seen, and the days of which the record holds nothing."""

from __future__ import annotations

from datetime import date
from typing import Final

from tocsin.model import CoverageOf
from tocsin.report.day import Day
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Link,
    Row,
    Section,
    Sentence,
    Table,
)
from tocsin.report.figures import coverage_map, coverage_strip
from tocsin.report.sections.phrases import COVERAGE_LINK
from tocsin.report.watch import Readings, Share
from tocsin.report.wording import (
    counted,
    day_text,
    days_text,
    listed,
    number,
    percent,
    sentence,
    stamp,
)

__all__ = ["coverage", "coverage_sentence", "outside_sentences", "reading_sentences"]

GAPS_SAID: Final = 6


def coverage_sentence(day: Day) -> Sentence:
    """How much of the day could have been seen, against the day before."""
    today, before = day.watch.all(), day.watch_before.all()
    outside = outside_sentences(day)
    if outside:
        return outside[0]
    if day.sectors.names:
        words = (
            f"{_of_day(today, len(day.sectors.names))}; the day before {before.words()}"
        )
    else:
        words = "the agreement names no sector, so the share watched is not known"
    return Sentence(
        text=sentence(words),
        evidence=(COVERAGE_LINK,),
        tone="" if today.figure else "unknown",
    )


def outside_sentences(day: Day) -> list[Sentence]:
    """That the run asks about another time, wholly or for a part of this day."""
    if day.asked is None:
        return []
    start, until = day.asked
    span = f"{stamp(start)} to {stamp(until)} UTC"
    if until <= day.start or start >= day.end:
        text = (
            f"This run asks about {span} and not about {day_text(day.day)}: nothing was"
            " looked for on this day, and nothing below says that it was quiet."
        )
    elif start > day.start or until < day.end:
        text = (
            f"This run asks about {span}, a part of {day_text(day.day)} only: of the"
            " rest of the day nothing was looked for."
        )
    else:
        return []
    return [Sentence(text=text, tone="warning")]


def reading_sentences(day: Day) -> list[Sentence]:
    """Since when each source has readings here, and which days between are missing."""
    return [
        sentence
        for each in day.readings
        if each.gaps or not each.covers(day.day)
        for sentence in _reading(each, day)
    ]


def coverage(day: Day) -> Section:
    """The share watched per sector, the map of what nobody saw, and the gaps."""
    figures: list[Figure | None] = [
        coverage_strip(day.watch),
        coverage_map(day.agreement.areas, day.watch),
    ]
    blocks: list[Block] = [
        coverage_sentence(day),
        *reading_sentences(day),
        *_not_covered(day),
        *(figure for figure in figures if figure),
        _table(day),
        _gaps_table(day),
    ]
    return Section(
        number="8",
        anchor="coverage",
        title="Who could have seen, and what nobody saw",
        about="Silence from an unwatched hour says nothing. Where several watched at"
        " once, the largest stated share holds, because they may have looked at the"
        " same ground.",
        blocks=tuple(blocks),
    )


def _of_day(share: Share, n: int) -> str:
    """The share over all sectors and hours; where it is not stated, for how long."""
    sectors = counted(n, "sector")
    if not share.somebody:
        return f"nobody is on record as watching any of {sectors} on this day"
    if not share.unstated:
        return f"{share.words()}, as a mean over {sectors} and 24 hours"
    unstated = percent(share.unstated)
    if not share.stated:
        return (
            f"during {unstated} of the day, as a mean over {sectors}, somebody watched,"
            " and how much they saw is not stated"
        )
    return (
        f"{share.words()}, as a mean over {sectors} and 24 hours; during {unstated} of"
        " that time the share is not stated"
    )


def _reading(each: Readings, day: Day) -> list[Sentence]:
    span = (each.last - each.first).days + 1
    missing = span - each.days
    link = (Link(to="table-readings", label="days with readings"),)
    told = [
        Sentence(
            text=f"Readings of {each.source_id} begin here on {day_text(each.first)}"
            f" and end on {day_text(each.last)}; of {counted(span, 'day')}"
            f" {_missing(missing, each)}. A missing day is no data, not a quiet day.",
            evidence=link,
        )
    ]
    if not each.covers(day.day):
        told.append(
            Sentence(
                text=f"No reading of {each.source_id} covers {day_text(day.day)}.",
                evidence=link,
                tone="unknown",
            )
        )
    return told


def _not_covered(day: Day) -> list[Sentence]:
    """Sources that say themselves that they do not cover this day."""
    silent = [one.id for one in day.sources if not _covers(one.coverage, day.day)]
    if not silent:
        return []
    verb = "does" if len(silent) == 1 else "do"
    return [
        Sentence(
            text=f"{listed(silent)} {verb} not cover {day_text(day.day)}, as described:"
            " no data, which is not calm.",
            evidence=(Link(to="sources", label="sources"),),
            tone="unknown",
        )
    ]


def _covers(covered: CoverageOf, day: date) -> bool:
    """Whether a source's description says that it covers a day; unsaid is yes."""
    early = covered.first is not None and day < covered.first
    late = covered.last is not None and day > covered.last
    return not (
        early or late or any(first <= day <= last for first, last in covered.missing)
    )


def _missing(missing: int, each: Readings) -> str:
    if not missing:
        return "none is missing"
    first = [days_text(*gap) for gap in each.gaps[:GAPS_SAID]]
    more = len(each.gaps) - GAPS_SAID
    rest = [counted(more, "more stretch", "more stretches")] if more > 0 else []
    verb = "is" if missing == 1 else "are"
    return f"{number(missing)} in between {verb} missing: {listed([*first, *rest])}"


def _table(day: Day) -> Table:
    return Table(
        anchor="table-coverage",
        caption="Share of each sector that was watched",
        columns=(
            Column(title="Sector"),
            Column(title="This day", numeric=True),
            Column(title="Day before", numeric=True),
            Column(title="Hours with nobody on record", numeric=True),
            Column(title="Who watched"),
        ),
        rows=tuple(_row(day, sector) for sector in day.sectors.names),
        note="A share is the part of the sector that somebody is on record as watching,"
        " averaged over the day.",
    )


def _row(day: Day, sector: str) -> Row:
    today, before = day.watch.of(sector), day.watch_before.of(sector)
    dark = sum(not share.somebody for share in day.watch.hours(sector))
    theirs = day.coverage.filter(
        (day.coverage["sector"] == sector) | day.coverage["sector"].is_null()
    )
    who = theirs["source_id"].drop_nulls().unique().sort().to_list()
    return Row(
        cells=(
            Cell(text=sector),
            _share(today),
            _share(before),
            Cell(text=number(dark), value=dark),
            Cell(text=listed(who) or "nobody on record"),
        )
    )


def _share(share: Share) -> Cell:
    return Cell(
        text=share.figure_words(),
        value=share.figure if share.somebody else None,
        tone="" if share.somebody and share.figure is not None else "unknown",
    )


def _gaps_table(day: Day) -> Table:
    return Table(
        anchor="table-readings",
        caption="Days with readings, by source",
        columns=(
            Column(title="Source"),
            Column(title="First day"),
            Column(title="Last day"),
            Column(title="Days with a reading", numeric=True),
            Column(title="Days without, in between"),
        ),
        rows=tuple(
            Row(
                cells=(
                    Cell(text=each.source_id),
                    Cell(text=day_text(each.first)),
                    Cell(text=day_text(each.last)),
                    Cell(text=number(each.days), value=each.days),
                    Cell(
                        text="; ".join(days_text(*gap) for gap in each.gaps) or "none"
                    ),
                )
            )
            for each in day.readings
        ),
        note="A source that says nothing of its coverage is not listed: on which days"
        " it could have seen anything is not known.",
    )
