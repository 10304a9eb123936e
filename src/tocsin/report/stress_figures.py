"""The pictures of a stress test: tree, clock, blockers, curves, worths, durability.

Every picture has its words beside it, and nothing in it depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Final

from tocsin.report.figures.svg import drawing, group, path_of, tag, told
from tocsin.stresstest.falsehood import FalseActivation
from tocsin.stresstest.flaws import in_hours
from tocsin.stresstest.result import GuaranteeResult
from tocsin.stresstest.strategy import Credibility, Spread
from tocsin.stresstest.survival import Durability
from tocsin.stresstest.tree import Gate, Leaf, Node

__all__ = [
    "blockers",
    "clocks",
    "curve",
    "durability",
    "plain",
    "slices",
    "tree",
    "worth",
]

WIDTH: Final = 820.0
ROW: Final = 26.0
STEP: Final = 24.0
LABEL: Final = 250.0
ASIDE: Final = 170.0
"""Room for words beside a picture, where they overlap nothing in it."""

TWO: Final = 2
MOST_LEAVES: Final = 60
HOUR: Final = 3_600
GATES: Final = {
    "all": "all of these",
    "in_order": "one after the other",
    "any": "any one of these",
}
SHORT: Final = 88
STEPS: Final = (1, 2, 5, 10, 30, 90, 365, 10_000)
MOST_TICKS: Final = 9
Scale = Callable[[float], float]


def plain(words: str) -> str:
    """Names as a person writes them: no underscores."""
    return words.replace("_", " ")


# --- the activation tree -------------------------------------------------------------


def tree(found: GuaranteeResult) -> str:
    """What must happen, from the breach to the response, as an indented tree."""
    rows: list[tuple[int, str, str]] = []
    _rows(found.tree, 0, rows)
    rows = rows[:MOST_LEAVES]
    parts: list[str] = []
    for at, (depth, kind, words) in enumerate(rows):
        y = ROW * (at + 0.7)
        parts += _branch(rows, at, depth)
        parts.append(_sign(kind, 10 + STEP * depth, y))
        parts.append(tag("text", _cut(words), x=24 + STEP * depth, y=y + 4.5))
    height = ROW * (len(rows) + 0.4)
    label = f"Activation tree of {found.key}"
    return drawing(parts, width=WIDTH, height=height, klass="tree", label=label)


def _rows(node: Node, depth: int, rows: list[tuple[int, str, str]]) -> None:
    if isinstance(node, Leaf):
        rows.append((depth, node.kind, _leaf_words(node)))
        return
    if len(node.parts) == 1:
        _rows(node.parts[0], depth, rows)
        return
    rows.append((depth, "gate", _gate_words(node)))
    for part in node.parts:
        _rows(part, depth + 1, rows)


def _gate_words(gate: Gate) -> str:
    if gate.kind == "at_least":
        return f"at least {gate.at_least} of these {len(gate.parts)}"
    return GATES[gate.kind]


def _leaf_words(leaf: Leaf) -> str:
    words = f"{leaf.words} ({leaf.clause})" if leaf.clause else leaf.words
    if leaf.kind == "never":
        return f"NEVER: {leaf.words}"
    if leaf.discretionary and leaf.promised_s is None:
        return f"{words}, no deadline"
    if leaf.discretionary and leaf.promised_s:
        return f"{words}, by {in_hours(leaf.promised_s)}"
    return words


def _cut(text: str) -> str:
    text = plain(text)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _branch(rows: Sequence[tuple[int, str, str]], at: int, depth: int) -> list[str]:
    """The line from a row up to its parent."""
    if depth == 0:
        return []
    above = at - 1
    while rows[above][0] >= depth:
        above -= 1
    x = 10 + STEP * (depth - 1)
    top, mid = ROW * (above + 0.7) + 7, ROW * (at + 0.7)
    return [tag("path", d=f"M{x} {top:.1f}V{mid:.1f}H{x + STEP - 8}", klass="branch")]


def _sign(kind: str, x: float, y: float) -> str:
    """A shape for what sort of step it is."""
    if kind == "gate":
        return tag("circle", cx=x, cy=y, r=4.0, klass="gate")
    if kind == "detect":
        return tag("circle", cx=x, cy=y, r=6.0, klass="seen")
    if kind in {"adopted", "lapsed", "rejected", "not_adopted", "not_suspended"}:
        points = [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)]
        return tag("path", d=path_of([points], close=True), klass="vote")
    if kind == "never":
        crossed = [[(x - 6, y - 6), (x + 6, y + 6)], [(x - 6, y + 6), (x + 6, y - 6)]]
        return tag("path", d=path_of(crossed, close=False), klass="never")
    klass = {"act": "act", "response": "response"}.get(kind, "state")
    return tag("rect", x=x - 6, y=y - 6, width=12, height=12, klass=klass)


# --- the clock -----------------------------------------------------------------------


def clocks(found: Sequence[GuaranteeResult], fait_accompli_s: float) -> str:
    """From breach to response: best, median, promised, worst, and the fait accompli."""
    dated = [t for g in found for t in _times(g) if t is not None]
    last = max([*dated, fait_accompli_s, 24 * HOUR]) * 1.08
    wide = WIDTH - LABEL - ASIDE

    def x(seconds: float) -> float:
        return LABEL + wide * seconds / last

    parts = [*_axis(last, x, len(found))]
    parts.append(_upright(x(fait_accompli_s), len(found), "fait", "facts are made"))
    for at, one in enumerate(found):
        parts.append(_clock_row(one, at, x))
    height = ROW * 1.5 * len(found) + 46
    label = "Clock from breach to response"
    return drawing(parts, width=WIDTH, height=height, klass="stress-clock", label=label)


def _times(found: GuaranteeResult) -> tuple[float | None, ...]:
    time = found.time
    return time.best, time.median, time.promised, time.worst, time.idle


def _axis(last: float, x: Scale, rows: int) -> list[str]:
    days = last / 86_400
    step = next(s for s in STEPS if days / s <= MOST_TICKS)
    bottom = ROW * 1.5 * rows + 28
    parts = []
    for day in range(0, int(days) + 1, step):
        at = x(day * 86_400)
        parts.append(tag("line", x1=at, x2=at, y1=22, y2=bottom, klass="grid"))
        text = _days(day)
        parts.append(
            tag("text", text, x=at, y=bottom + 15, klass="tick", text_anchor="middle")
        )
    return parts


def _days(day: int) -> str:
    if day == 0:
        return "breach"
    return "1 day" if day == 1 else f"{day} days"


def _upright(x: float, rows: int, klass: str, words: str) -> str:
    line = tag("line", x1=x, x2=x, y1=18, y2=ROW * 1.5 * rows + 28, klass=klass)
    text = tag("text", words, x=x, y=13, klass="tick", text_anchor="middle")
    return group([line, text])


def _clock_row(found: GuaranteeResult, at: int, x: Scale) -> str:
    y = ROW * 1.5 * at + 44
    place = x
    time = found.time
    parts = [tag("text", _cut(found.key)[:36], x=0, y=y + 4, klass="label")]
    if not found.can_activate:
        parts.append(tag("text", "never", x=LABEL + 4, y=y + 4, klass="never-words"))
        return group(parts)
    if time.promised is not None:
        end = place(time.promised)
        start = place(time.best or 0)
        parts.append(tag("line", x1=start, x2=end, y1=y, y2=y, klass="promised"))
        parts.append(tag("circle", cx=end, cy=y, r=5.0, klass="dot"))
    if time.median is not None:
        middle = place(time.median)
        points = [(middle, y - 8), (middle + 6, y), (middle, y + 8), (middle - 6, y)]
        parts.append(tag("path", d=path_of([points], close=True), klass="median"))
    worst = in_hours(time.worst) if time.worst else "may never come"
    if time.promised is None:
        words = f"no deadline: {worst}"
        parts.append(tag("text", words, x=LABEL + 6, y=y + 4, klass="tick"))
        return told(group(parts), f"{found.key}: {_clock_words(found)}")
    lines = (f"promised: {in_hours(time.promised)}", f"worst: {worst}")
    for number, words in enumerate(lines):
        at_y, right = y - 3 + 14 * number, WIDTH - ASIDE + 14
        parts.append(tag("text", words, x=right, y=at_y, klass="tick"))
    return told(group(parts), f"{found.key}: {_clock_words(found)}")


def _clock_words(found: GuaranteeResult) -> str:
    time = found.time
    said = [f"best {in_hours(time.best)}", f"promised {in_hours(time.promised)}"]
    if time.median is not None:
        said.append(f"median {in_hours(time.median)}, conditional on these inputs")
    return ", ".join(said)


# --- who can block -------------------------------------------------------------------


def blockers(found: Sequence[GuaranteeResult]) -> str:
    """Guarantees by actors: who alone can stop which."""
    names = list(dict.fromkeys(n for g in found for n in g.veto_players))[:24]
    cell = min(44.0, (WIDTH - LABEL) / max(len(names), 1))
    parts = [
        tag(
            "text",
            name.replace("_", " "),
            x=0,
            y=0,
            klass="tick",
            transform=f"translate({LABEL + cell * (at + 0.6):.1f} 96) rotate(-50)",
        )
        for at, name in enumerate(names)
    ]
    for row, one in enumerate(found):
        y = 104 + ROW * row
        parts.append(tag("text", _cut(one.key)[:36], x=0, y=y + 15, klass="label"))
        for at, name in enumerate(names):
            alone = name in one.veto_players
            box = tag(
                "rect",
                x=LABEL + cell * at + 3,
                y=y + 2,
                width=min(cell, ROW) - 6,
                height=ROW - 6,
                klass="alone" if alone else "not-alone",
            )
            parts.append(told(box, f"{name} {'can' if alone else 'cannot'} stop it"))
    height = 110 + ROW * len(found)
    label = "Who alone can stop which guarantee"
    return drawing(parts, width=WIDTH, height=height, klass="blockers", label=label)


# --- missed against false ------------------------------------------------------------


def curve(found: FalseActivation) -> str:
    """Missed and false over the threshold, with the text's own threshold."""
    points = found.curve
    wide, tall, left, top = WIDTH - 50 - ASIDE / 2, 190.0, 50.0, 12.0
    most = max(p.threshold for p in points)

    def at(threshold: float, share: float) -> tuple[float, float]:
        right = left + wide * (threshold - 1) / max(most - 1, 1)
        return right, top + tall * (1 - share)

    false = [at(p.threshold, p.false) for p in points]
    missed = [at(p.threshold, p.missed) for p in points]
    parts = [*_frame(left, top, wide, tall)]
    parts.append(tag("path", d=path_of([false], close=False), klass="curve-false"))
    parts.append(tag("path", d=path_of([missed], close=False), klass="curve-missed"))
    if found.threshold is not None:
        x, _ = at(found.threshold, 0)
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=top + tall, klass="fait"))
        side = -5 if x > left + wide - 90 else 5
        parts.append(
            tag(
                "text",
                f"the text: {found.threshold}",
                x=x + side,
                y=top + 13,
                klass="tick",
                text_anchor="end" if side < 0 else "start",
            )
        )
    for threshold in sorted({1, most // 2 or 1, most}):
        x, y = at(threshold, 0)
        number = tag("text", str(threshold), x=x, y=y + 17, text_anchor="middle")
        parts.append(group([number], klass="tick"))
    parts.append(
        tag(
            "text",
            "counted in a window",
            x=left + wide / 2,
            y=top + tall + 34,
            klass="tick",
            text_anchor="middle",
        )
    )
    ends = (false[-1][1], missed[-1][1])
    for words, y in zip(("false", "missed"), _apart(*ends), strict=True):
        parts.append(tag("text", words, x=left + wide + 9, y=y + 4, klass="label"))
    label = f"Missed against false activations of {found.finding}, by threshold"
    return drawing(parts, width=WIDTH, height=252, klass="curves", label=label)


def _apart(one: float, other: float) -> tuple[float, float]:
    """Two heights at which words do not overlap."""
    short = 17 - abs(one - other)
    if short <= 0:
        return one, other
    return (one - short, other) if one <= other else (one, other - short)


def _frame(left: float, top: float, wide: float, tall: float) -> Iterable[str]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = top + tall * (1 - share)
        yield tag("line", x1=left, x2=left + wide, y1=y, y2=y, klass="grid")
        yield tag(
            "text", f"{share:.0%}", x=left - 7, y=y + 4, klass="tick", text_anchor="end"
        )


# --- slices --------------------------------------------------------------------------


def slices(found: Sequence[tuple[str, int | None, int | None]]) -> str:
    """How many fit below each trigger, in one window and over the horizon.

    Args:
        found: clause, in one window, over the horizon; None: no limit.
    """
    most = max([n or 0 for _, _, n in found] + [1])
    wide = WIDTH - LABEL - 230
    parts = []
    for row, (clause, window, horizon) in enumerate(found):
        y = ROW * 1.3 * row + 6
        parts.append(tag("text", _cut(clause), x=0, y=y + 15, klass="label"))
        if horizon is None:
            parts.append(
                tag("text", "no trigger counts it: no limit", x=LABEL, y=y + 15)
            )
            continue
        long = max(2.0, wide * horizon / most)
        bar = tag("rect", x=LABEL, y=y + 3, width=long, height=16, klass="taken")
        words = f"{horizon} over the horizon, {window} in a window"
        parts.append(group([bar, tag("text", words, x=LABEL + long + 7, y=y + 15)]))
    height = ROW * 1.3 * len(found) + 10
    label = "What fits below each trigger"
    return drawing(parts, width=WIDTH, height=height, klass="slices", label=label)


# --- required against delivered ------------------------------------------------------


def worth(found: Sequence[GuaranteeResult]) -> str:
    """What is delivered against what would be required, as intervals over draws."""
    wide = WIDTH - LABEL - 40

    def x(share: float) -> float:
        return LABEL + wide * share

    held = [g for g in found if g.credibility is not None]
    bottom = 26 + ROW * 1.7 * len(held)
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            tag("line", x1=x(share), x2=x(share), y1=8, y2=bottom, klass="grid")
        )
        parts.append(
            tag(
                "text",
                f"{share:.2f}",
                x=x(share),
                y=bottom + 15,
                klass="tick",
                text_anchor="middle",
            )
        )
    for row, one in enumerate(held):
        assert one.credibility is not None
        y = 22 + ROW * 1.7 * row
        parts.append(tag("text", _cut(one.key)[:36], x=0, y=y + 9, klass="label"))
        parts.append(_interval(one.credibility.delivered, y, x, "delivered"))
        parts.append(_interval(one.credibility.required, y + 15, x, "required"))
        if row == 0:
            parts += _legend(one.credibility, y, x)
    label = "What is delivered against what would be required"
    height = bottom + 22
    return drawing(parts, width=WIDTH, height=height, klass="worth", label=label)


def _legend(found: Credibility, y: float, x: Scale) -> Iterable[str]:
    """Which bar is which, written beside the first of each."""
    for klass, high, at in (
        ("delivered", found.delivered.p95, y + 4),
        ("required", found.required.p95, y + 19),
    ):
        inside = x(high) < WIDTH - 110
        yield tag(
            "text",
            klass,
            x=x(high) + 9 if inside else WIDTH - 2,
            y=at if inside else at - 11,
            klass=klass,
            text_anchor="start" if inside else "end",
        )


def _interval(spread: Spread, y: float, x: Scale, klass: str) -> str:
    low, first, middle, third, high = (
        x(v) for v in (spread.p05, spread.p25, spread.median, spread.p75, spread.p95)
    )
    parts = [
        tag("line", x1=low, x2=max(high, low + 2), y1=y, y2=y, klass=f"{klass} thin"),
        tag("line", x1=first, x2=max(third, first + 3), y1=y, y2=y, klass=klass),
        tag("circle", cx=middle, cy=y, r=4.0, klass=f"{klass} middle"),
    ]
    words = f"{klass}: {spread.p05:.2f} to {spread.p95:.2f}, median {spread.median:.2f}"
    return told(group(parts), words)


# --- durability ----------------------------------------------------------------------


def durability(found: Durability) -> str:
    """Share of spells in which peace still held, with intervals."""
    left, top, wide, tall = 50.0, 12.0, WIDTH - 230, 200.0
    last = max(found.curves[0].years)

    def at(years: float, share: float) -> tuple[float, float]:
        return left + wide * years / last, top + tall * (1 - share)

    parts = [*_frame(left, top, wide, tall)]
    ends: list[tuple[str, float, float]] = []
    for number, one in enumerate(found.curves):
        klass = ("without", "with")[number % 2]
        points = [(0.0, 1.0), *zip(one.years, one.survived, strict=True)]
        line = [at(years, share) for years, share in points]
        parts.append(tag("path", d=path_of([line], close=False), klass=f"km {klass}"))
        for years, low, high in zip(one.years, one.low, one.high, strict=True):
            x, y1 = at(years, low)
            _, y2 = at(years, high)
            shift = (-3, 3)[number % 2]
            parts.append(
                tag(
                    "line",
                    x1=x + shift,
                    x2=x + shift,
                    y1=y1,
                    y2=y2,
                    klass=f"bound {klass}",
                )
            )
        ends.append((one.group, *line[-1]))
    heights = _apart(*(y for _, _, y in ends)) if len(ends) == TWO else ()
    for (name, x, y), height in zip_longest(ends, heights):
        parts.append(tag("text", name, x=x + 9, y=(height or y) + 4, klass="label"))
    for years in found.curves[0].years:
        x, y = at(years, 0)
        parts.append(
            tag(
                "text",
                f"{years:g} y",
                x=x,
                y=y + 17,
                klass="tick",
                text_anchor="middle",
            )
        )
    label = "Share of peace spells that still held, by years"
    return drawing(parts, width=WIDTH, height=245, klass="durability", label=label)
