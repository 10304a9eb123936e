"""The day hour by hour: what was recorded in each sector, and how much was watched.

Hatching is what nobody saw. It hangs from the top of each hour, as deep as the share
that was not watched, so that an hour without bars does not pass for a quiet hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

import polars as pl

from tocsin.report.classes import CLASSES
from tocsin.report.document import Figure, LegendItem
from tocsin.report.figures.svg import drawing, group, tag, told
from tocsin.report.watch import Share, Watch
from tocsin.report.wording import counted, listed

__all__ = ["MOST_ROWS", "coverage_strip", "hatch", "timeline"]

WIDTH: Final = 720.0
LEFT: Final = 4.0
HOUR: Final = (WIDTH - 2 * LEFT) / 24
HOURS: Final = 24
LABEL: Final = 24.0
TALL: Final = 54.0
LOW: Final = 30.0
GAP: Final = 12.0
AXIS: Final = 34.0
MANY_ROWS: Final = 8
MOST_ROWS: Final = 24
FULL: Final = 0.999
WORDS_FIT: Final = 190.0
LANES: Final = ("fire", "rest", "exercise")
LANE_WIDTH: Final = 7.0

_LANE: Final = {
    shown.name: "exercise"
    if shown.name == "exercise"
    else "fire"
    if shown.fire
    else "rest"
    for shown in CLASSES
}


def timeline(incidents: pl.DataFrame, watch: Watch) -> Figure | None:
    """Incidents by hour and sector over what was watched; None without sectors.

    Args:
        incidents: with `sector`, `t_start` and `class`; none that is held back.
        watch: the day, minute by minute.
    """
    rows = _rows(incidents, watch)
    if not rows:
        return None
    counts = _counts(incidents)
    highest = max(counts.values(), default=0)
    tall = LOW if len(rows) > MANY_ROWS else TALL
    parts = [hatch("timeline")]
    for at, sector in enumerate(rows):
        bars = (_bars(counts, sector, hour, highest, tall) for hour in range(24))
        shares = _shares(watch, sector)
        parts.append(_band(sector, at, tall, shares, "timeline", "".join(bars)))
    parts.append(_axis(len(rows), tall))
    words = _timeline_words(incidents, rows, highest)
    return Figure(
        anchor="figure-timeline",
        title="The day, hour by hour",
        description=words,
        svg=_whole(parts, len(rows), tall, words, "hours"),
        legend=(
            LegendItem(mark="bar-fire", text="fire, exercises apart"),
            LegendItem(mark="bar-rest", text="everything else"),
            LegendItem(mark="bar-exercise", text="live-fire exercises"),
            LegendItem(mark="unwatched", text="not watched, or not on record"),
            LegendItem(mark="unstated", text="watched, share not stated"),
        ),
    )


def coverage_strip(watch: Watch) -> Figure | None:
    """The share watched, by hour and sector; None without sectors."""
    rows = watch.sectors[:MOST_ROWS]
    if not rows:
        return None
    parts = [hatch("coverage")]
    for at, sector in enumerate(rows):
        shares = watch.hours(sector)
        solid = "".join(_watched(share, hour, LOW) for hour, share in enumerate(shares))
        label = f"{sector}: {watch.of(sector).words()}"
        parts.append(_band(label, at, LOW, shares, "coverage", solid))
    parts.append(_axis(len(rows), LOW))
    words = sentence_of_strip(watch)
    return Figure(
        anchor="figure-coverage",
        title="Who could have seen, hour by hour",
        description=words,
        svg=_whole(parts, len(rows), LOW, words, "hours"),
        legend=(
            LegendItem(mark="watched", text="share of the sector that was watched"),
            LegendItem(mark="unwatched", text="not watched, or not on record"),
            LegendItem(mark="unstated", text="watched, share not stated"),
        ),
    )


def sentence_of_strip(watch: Watch) -> str:
    """The strip in words, sector by sector."""
    each = [f"{sector}: {watch.of(sector).words()}" for sector in watch.sectors]
    more = len(each) - MOST_ROWS
    rest = f"; {counted(more, 'more sector')} in the table" if more > 0 else ""
    return (
        f"Share of each sector that was watched. {'; '.join(each[:MOST_ROWS])}{rest}."
    )


def hatch(name: str) -> str:
    """The hatching of what nobody saw; ids differ between the drawings of a page."""
    lines = tag("path", d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5", klass="hatch-line")
    pattern = (
        f'<pattern id="hatch-{name}" width="6" height="6"'
        f' patternUnits="userSpaceOnUse">{lines}</pattern>'
    )
    return f"<defs>{pattern}</defs>"


def _rows(incidents: pl.DataFrame, watch: Watch) -> list[str | None]:
    """Sectors in the order of the agreement, then what has no sector; not too many."""
    counts = dict(incidents.group_by("sector").len().iter_rows())
    named: list[str | None] = list(watch.sectors)
    if len(named) > MOST_ROWS:
        busiest = sorted(watch.sectors, key=lambda s: (-counts.get(s, 0), s))
        kept = set(busiest[:MOST_ROWS])
        named = [sector for sector in named if sector in kept]
    return [*named, None] if None in counts else named


def _counts(incidents: pl.DataFrame) -> dict[tuple[str | None, int, str], int]:
    lane = pl.col("class").replace_strict(_LANE).alias("lane")
    hour = pl.col("t_start").dt.hour().cast(pl.Int64).alias("hour")
    counted_by = incidents.select("sector", hour, lane)
    rows = counted_by.group_by("sector", "hour", "lane").len().iter_rows()
    return {(sector, hour, lane): n for sector, hour, lane, n in rows}


def _shares(watch: Watch, sector: str | None) -> tuple[Share, ...]:
    return () if sector is None else watch.hours(sector)


def _band(
    label: str | None,
    at: int,
    tall: float,
    shares: Sequence[Share],
    pattern: str,
    body: str,
) -> str:
    """One row: its label, the hatching behind, what stands in it, its ground line."""
    top = at * (LABEL + tall + GAP)
    behind = _unseen(shares, tall, pattern)
    name = tag("text", label or "Sector not known", x=LEFT, y=-7, klass="label")
    ground = tag("line", x1=LEFT, x2=WIDTH - LEFT, y1=tall, y2=tall, klass="ground")
    return group(
        [name, behind, body, ground, _unsure(shares)],
        transform=f"translate(0 {top + LABEL:.1f})",
    )


def _runs(shares: Sequence[Share]) -> Iterator[tuple[int, list[Share]]]:
    """Stretches of hours that are alike in whether their share is stated."""
    hour = 0
    for _, run in groupby(shares, key=lambda share: share.unstated > 0):
        hours = list(run)
        yield hour, hours
        hour += len(hours)


def _unseen(shares: Sequence[Share], tall: float, pattern: str) -> str:
    """Hatching hour by hour; a time whose share is not stated is one empty box."""
    parts = []
    for hour, run in _runs(shares):
        if run[0].unstated:
            left, wide = LEFT + hour * HOUR, len(run) * HOUR
            box = tag("rect", x=left, y=0, width=wide, height=tall, klass="unstated")
            parts.append(box)
        else:
            parts += [
                _veil(one, hour + at, tall, pattern) for at, one in enumerate(run)
            ]
    return "".join(parts)


def _unsure(shares: Sequence[Share]) -> str:
    """The words in such a box, over everything else."""
    return "".join(
        tag(
            "text",
            "share not stated" if len(run) * HOUR > WORDS_FIT else "?",
            x=LEFT + hour * HOUR + 5,
            y=15,
            klass="unsure",
        )
        for hour, run in _runs(shares)
        if run[0].unstated
    )


def _veil(share: Share, hour: int, tall: float, pattern: str) -> str:
    if share.stated > FULL:
        return ""
    return tag(
        "rect",
        x=LEFT + hour * HOUR,
        y=0,
        width=HOUR,
        height=tall * (1 - share.stated),
        fill=f"url(#hatch-{pattern})",
    )


def _watched(share: Share, hour: int, tall: float) -> str:
    high = tall * share.stated
    box = tag(
        "rect",
        x=LEFT + hour * HOUR + 0.5,
        y=tall - high,
        width=HOUR - 1,
        height=high,
        klass="watched",
    )
    return told(box, f"{hour:02d} to {hour + 1:02d} h: {share.words()}")


def _bars(
    counts: dict[tuple[str | None, int, str], int],
    sector: str | None,
    hour: int,
    highest: int,
    tall: float,
) -> str:
    return "".join(
        _bar(counts.get((sector, hour, lane), 0), hour, at, highest, tall)
        for at, lane in enumerate(LANES)
    )


def _bar(n: int, hour: int, lane: int, highest: int, tall: float) -> str:
    if n == 0:
        return ""
    high = max(3.0, (tall - 2) * n / highest)
    left = LEFT + hour * HOUR + (HOUR - 3 * LANE_WIDTH) / 2 + lane * LANE_WIDTH
    box = tag(
        "rect",
        x=left,
        y=tall - high,
        width=LANE_WIDTH - 1,
        height=high,
        klass=f"bar bar-{LANES[lane]}",
    )
    return told(box, f"{hour:02d} to {hour + 1:02d} h: {n}")


def _axis(rows: int, tall: float) -> str:
    top = rows * (LABEL + tall + GAP) - GAP
    ticks = (_tick(hour) for hour in range(0, HOURS + 1, 3))
    return group(ticks, transform=f"translate(0 {top:.1f})", klass="axis")


def _tick(hour: int) -> str:
    x = LEFT + hour * HOUR
    anchor = "start" if hour == 0 else "end" if hour == HOURS else "middle"
    often = "tick" if hour % 6 == 0 else "tick minor"
    text = f"{hour:02d}" if hour else "00 UTC"
    return tag("line", x1=x, x2=x, y1=0, y2=6, klass="ground") + tag(
        "text", text, x=x, y=24, klass=often, text_anchor=anchor
    )


def _whole(parts: Iterable[str], rows: int, tall: float, words: str, klass: str) -> str:
    height = rows * (LABEL + tall + GAP) - GAP + AXIS
    return drawing(parts, width=WIDTH, height=height, klass=klass, label=words)


def _timeline_words(
    incidents: pl.DataFrame, rows: list[str | None], highest: int
) -> str:
    by_sector = dict(incidents.group_by("sector").len().iter_rows())
    each = [
        f"{sector or 'sector not known'} {_n(by_sector.get(sector, 0))}"
        for sector in rows
    ]
    scale = (
        f" The highest bar is {counted(highest, 'incident')} in an hour."
        if highest
        else ""
    )
    return (
        f"Incidents of all classes that began in each hour, exercises included:"
        f" {listed(each)}.{scale} Hatching shows what was not watched."
    )


def _n(n: int) -> str:
    """Nothing recorded is no zero."""
    return counted(n, "incident") if n else "none on record"
