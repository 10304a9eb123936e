"""A report as values: head, sections, sentences, tables and figures.

One document makes the page and the JSON, so neither can say what the other does not.
Every sentence with a figure carries links to the evidence in the annexes. Texts are
plain: whatever a source wrote is escaped where the page is made.

>>> figures = Sentence(
...     text="3 impacts were recorded.", evidence=(Link(to="i-1f", label="A1"),)
... )
>>> figures.evidence[0].to
'i-1f'
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from tocsin.model import Instant, Marking, Origin, Record

__all__ = [
    "Block",
    "Cell",
    "Column",
    "Document",
    "Figure",
    "Head",
    "LegendItem",
    "Link",
    "Part",
    "Row",
    "Section",
    "Sentence",
    "Stage",
    "Table",
    "Term",
    "Terms",
    "Tone",
    "Track",
]

Tone = Literal[
    "",
    "warning",
    "unknown",
    "met",
    "breached",
    "pending",
    "excused",
    "undetermined",
]
"""How a text is set apart; the text itself always says the same in words."""


class Link(Record, frozen=True, kw_only=True):
    """A link to an anchor of the same document, such as a row of an annex."""

    to: str
    label: str


class Sentence(Record, frozen=True, kw_only=True, omit_defaults=True, tag="sentence"):
    """A statement with its conditions inside, and what it rests on.

    Attributes:
        text: plain words.
        evidence: the rows of the annexes that it rests on; the first few, then the
            annex as a whole.
        quote: words that somebody else wrote, such as a treaty sentence.
    """

    text: str
    evidence: tuple[Link, ...] = ()
    tone: Tone = ""
    quote: str = ""


class Part(Record, frozen=True, kw_only=True):
    """A line of a cell that is set apart."""

    text: str
    tone: Tone


class Cell(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A cell: text, or lines of their own; with the plain value for programs.

    Attributes:
        value: the number behind the text, unrounded; None where there is none.
        mark: name of a drawn sign (see ``figures/signs.py``) shown before the text.
    """

    text: str = ""
    value: float | int | None = None
    parts: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    mark: str = ""
    tone: Tone = ""


class Column(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A column; ``numeric`` sets it flush right."""

    title: str
    numeric: bool = False
    mark: str = ""


class Row(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A row; its first cell heads it. Sentences link to its anchor."""

    cells: tuple[Cell, ...]
    anchor: str | None = None


class Table(Record, frozen=True, kw_only=True, omit_defaults=True, tag="table"):
    """A table.

    Attributes:
        shown: rows that the page shows, besides those that something links to; None:
            all. The JSON always holds all.
    """

    anchor: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    shown: int | None = None
    wide: bool = False


class LegendItem(Record, frozen=True, kw_only=True):
    """A drawn sign and what it stands for."""

    mark: str
    text: str


class Figure(Record, frozen=True, kw_only=True, omit_defaults=True, tag="figure"):
    """A drawing with its words: what it shows, how to read it, who drew what.

    Attributes:
        svg: the drawing; made by ``figures/``, which escapes every text in it.
        description: what a reader who cannot see it should know.
        beside: the drawing is narrow, so that its words may stand beside it.
        scrolls: the drawing is wide and flat; a narrow screen moves along it.
    """

    anchor: str
    title: str
    description: str
    svg: str
    legend: tuple[LegendItem, ...] = ()
    credit: str = ""
    beside: bool = False
    scrolls: bool = False


class Term(Record, frozen=True, kw_only=True):
    """A word and what it means here."""

    word: str
    meaning: str


class Terms(Record, frozen=True, kw_only=True, tag="terms"):
    """A list of words with their meaning."""

    terms: tuple[Term, ...]


class Stage(Record, frozen=True, kw_only=True):
    """A stage on the way of a guarantee: passed, here, or ahead."""

    name: str
    at: Literal["passed", "here", "ahead"]


class Track(Record, frozen=True, kw_only=True, tag="track"):
    """How far a guarantee has come."""

    title: str
    anchor: str
    stages: tuple[Stage, ...]


Block = Sentence | Table | Figure | Terms | Track


class Section(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A numbered part of the report."""

    number: str
    anchor: str
    title: str
    blocks: tuple[Block, ...]
    about: str = ""


class Head(Record, frozen=True, kw_only=True):
    """What stands first: number, day, cut-off, zone, and how much could be seen.

    Attributes:
        released_at: when the report is given out; None: not before the day has ended.
        withheld: impacts too young to be given out.
        marking: TLP 2.0, the strictest among the day's evidence.
    """

    number: str
    title: str
    agreement: str
    day: date
    period_start: Instant
    period_end: Instant
    cut_off: Instant | None
    released_at: Instant | None
    zone: Literal["UTC"] = "UTC"
    marking: Marking
    coverage: Sentence
    withheld: int


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of one kind about one day.

    Attributes:
        watermark: empty for what was observed; else it stands on every page.
    """

    format: Literal["tocsin.report/1"] = "tocsin.report/1"
    kind: Literal["daily"] = "daily"
    origin: Origin
    watermark: str
    day: date
    head: Head
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
