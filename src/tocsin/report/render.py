"""A document as one page that needs nothing else, or as JSON.

The page carries its style and drawings in itself, loads nothing, runs nothing (its
policy forbids both), and reads on a phone, in the dark and on paper. Every text is
escaped: what a source wrote is never trusted. The same document always gives the same
bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from tocsin.model import encode, visible
from tocsin.report.document import (
    Block,
    Document,
    Row,
    Section,
    Sentence,
    Table,
)
from tocsin.report.figures import sign
from tocsin.report.wording import day_text, number, stamp

__all__ = ["render_html", "render_json"]

PAGE: Final = "daily.html.jinja"
STYLE: Final = "daily.css"
PRINTED: Final = 24
"""Rows up to which a table is printed whole, if the page does not show all its rows."""
PRINTED_FIRST: Final = 8
"""Of a longer one so many are printed, besides those that a section cites."""


def render_html(document: Document) -> str:
    """One page of HTML that opens offline."""
    shown = _shown(document)
    return _template().render(
        document=document,
        head=document.head,
        runs=_runs,
        rows=lambda table: _rows(table, shown),
        on_paper=lambda table: _on_paper(table, shown),
        reachable=_anchors(document, shown).__contains__,
        style=Markup(_read(STYLE)),  # noqa: S704  # our own file
        paper=Markup(_paper(document)),  # noqa: S704  # letters and digits only
    )


def render_json(document: Document) -> bytes:
    """The whole document: every row of every table, and the drawings as SVG text."""
    return encode(document)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown_whole,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day_text, "stamp": stamp, "number": number}
    environment.globals["key"] = _key
    environment.globals["raw_svg"] = _drawing
    return environment.get_template(PAGE)


def _shown_whole(value: Any) -> Any:
    """What a source wrote shows all that is in it; our own markup is left alone."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def _read(name: str) -> str:
    return files("tocsin.report").joinpath(name).read_text(encoding="utf-8")


def _key(mark: str) -> Markup:
    """A drawn sign, as small as a letter."""
    opening = '<svg class="key" viewBox="-8.5 -8.5 17 17" aria-hidden="true">'
    return Markup(f"{opening}{sign(mark)}</svg>")  # noqa: S704  # signs are our own


def _drawing(svg: str) -> Markup:
    """A figure's drawing; `figures/` has escaped every text in it."""
    return Markup(svg)  # noqa: S704


def _runs(blocks: Iterable[Block]) -> Iterator[tuple[str, Any]]:
    """Sentences that follow each other, as one list; everything else by itself."""
    sentences: list[Sentence] = []
    for block in blocks:
        if isinstance(block, Sentence):
            sentences.append(block)
            continue
        if sentences:
            yield "sentences", sentences
            sentences = []
        yield type(block).__name__.lower(), block
    if sentences:
        yield "sentences", sentences


def _paper(document: Document) -> str:
    """What stands in the margins of every printed page."""
    head = document.head
    boxes = {
        "top-left": f"{head.title} {head.number}, {day_text(head.day)}",
        "top-center": document.watermark,
        "top-right": f"TLP:{head.marking.value.upper().replace('_', '+')}",
    }
    said = " ".join(
        f'@{box} {{ content: "{_safe(text)}" }}' for box, text in boxes.items() if text
    )
    return f"@page {{ {said} }}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ,:/+.]", " ", text)


# --- which rows of long tables stand on the page


def _shown(document: Document) -> frozenset[str]:
    """Anchors that the sections link to: their rows are shown in any case."""
    blocks = [block for section in document.sections for block in section.blocks]
    links = [
        *(link for b in blocks if isinstance(b, Sentence) for link in b.evidence),
        *(
            link
            for b in blocks
            if isinstance(b, Table)
            for row in b.rows[: b.shown]
            for cell in row.cells
            for link in cell.links
        ),
    ]
    return frozenset(link.to for link in links)


def _rows(table: Table, shown: frozenset[str]) -> list[Row]:
    """The first rows, and those that something links to, in their order."""
    if table.shown is None:
        return list(table.rows)
    return [
        row
        for at, row in enumerate(table.rows)
        if at < table.shown or row.anchor in shown
    ]


def _on_paper(table: Table, shown: frozenset[str]) -> frozenset[int]:
    """Which rows of the page are printed: of a long table the first, and those cited.

    Cited by a section, that is; who wants more has the page and the JSON.
    """
    rows = _rows(table, shown)
    if table.shown is None or len(rows) <= PRINTED:
        return frozenset(range(len(rows)))
    return frozenset(
        at for at, row in enumerate(rows) if at < PRINTED_FIRST or row.anchor in shown
    )


def _anchors(document: Document, shown: frozenset[str]) -> frozenset[str]:
    """Every anchor that the page has, so that no link leads nowhere."""
    parts: list[Section] = [*document.sections, *document.annexes]
    found = {section.anchor for section in parts}
    for block in (block for section in parts for block in section.blocks):
        found.add(getattr(block, "anchor", ""))
        if isinstance(block, Table):
            found |= {row.anchor for row in _rows(block, shown) if row.anchor}
    return frozenset(found)
