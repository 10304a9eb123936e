"""The page as HTML that needs nothing else, or as JSON."""

from __future__ import annotations

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tocsin.model import encode
from tocsin.report.cell.page import CellPage
from tocsin.report.document import (
    Table,
)
from tocsin.report.render import _drawing, _key, _read, _runs, _safe
from tocsin.report.wording import day_text, number, stamp

__all__ = ["render_cell", "render_cell_json"]


def render_cell(page: CellPage) -> str:
    """One page of HTML that opens offline."""
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "stamp": stamp,
        "number": number,
        "day_of": lambda at: day_text(at.date()),
    }
    environment.globals["key"] = _key
    environment.globals["raw_svg"] = _drawing
    blocks = [block for section in page.sections for block in section.blocks]
    anchors = {getattr(block, "anchor", "") for block in blocks}
    anchors |= {
        row.anchor
        for b in blocks
        if isinstance(b, Table)
        for row in b.rows
        if row.anchor
    }
    style = _read("daily.css") + _read("cell.css")
    return environment.get_template("cell.html.jinja").render(
        page=page,
        runs=_runs,
        rows=lambda table: list(table.rows),
        reachable=anchors.__contains__,
        style=Markup(style),  # noqa: S704  # our own files
        paper=Markup(_paper(page)),  # noqa: S704  # letters and digits only
    )


def render_cell_json(page: CellPage) -> bytes:
    """The whole page and the overview behind it, for programs."""
    return encode(page)


def _paper(page: CellPage) -> str:
    boxes = {
        "top-left": f"Coordination cell, {day_text(page.at.date())}",
        "top-center": page.watermark,
        "top-right": f"TLP:{page.marking.value.upper().replace('_', '+')}",
    }
    said = " ".join(f'@{b} {{ content: "{_safe(t)}" }}' for b, t in boxes.items() if t)
    return f"@page {{ {said} }}"
