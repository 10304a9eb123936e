"""The coordination cell on paper: its page, and its exports in the field's formats.

:func:`cell_page` makes the page as values, :func:`render_cell` and
:func:`render_cell_json` write it. :func:`three_w` and :func:`geojson` are for other
organisations, :func:`iati` and :func:`ocds` for those who publish money. One module for
each part of the page.
"""

from tocsin.report.cell.exported import Exported
from tocsin.report.cell.geojson import geojson
from tocsin.report.cell.iati import iati
from tocsin.report.cell.ocds import ocds
from tocsin.report.cell.page import CellPage, cell_page
from tocsin.report.cell.planned import Planned, price_words
from tocsin.report.cell.rendering import render_cell, render_cell_json
from tocsin.report.cell.three_w import HXL, three_w

__all__ = [
    "HXL",
    "CellPage",
    "Exported",
    "Planned",
    "cell_page",
    "geojson",
    "iati",
    "ocds",
    "price_words",
    "render_cell",
    "render_cell_json",
    "three_w",
]
