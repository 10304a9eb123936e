"""Reports: what was recorded, what could not be seen, what it means and what is due.

A report is made as a document (values) and then rendered: :func:`daily`, then
:func:`render_html` for people and :func:`render_json` for programs. What a report needs
of a run is :class:`View`; :func:`write` does all of it for a folder.
"""

from tocsin.report.daily import daily
from tocsin.report.document import Document
from tocsin.report.render import render_html, render_json
from tocsin.report.view import AgreementText, Article, TableName, View
from tocsin.report.write import write

__all__ = [
    "AgreementText",
    "Article",
    "Document",
    "TableName",
    "View",
    "daily",
    "render_html",
    "render_json",
    "write",
]
