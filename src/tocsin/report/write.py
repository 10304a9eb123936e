"""From the folder of a run to the bytes of a report: the way the command line takes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Final

from tocsin.errors import WrongUse
from tocsin.report.daily import daily
from tocsin.report.render import render_html, render_json
from tocsin.store import FolderStore

__all__ = ["write"]

FORMS: Final = ("html", "json")


def write(
    folder: Path, *, kind: str, day: date, form: str, released_at: datetime | None
) -> bytes:
    """The report of a run that lies in a folder, as bytes; the caller puts them away.

    Args:
        folder: where `tocsin run` put its result.
        kind: `daily`.
        form: `html` or `json`.
        released_at: see :func:`tocsin.report.daily`.

    Raises:
        WrongUse: there is no run in the folder, or no such kind or form.
    """
    if kind != "daily":
        raise WrongUse(f"there is no report `{kind}`; give daily")
    if form not in FORMS:
        raise WrongUse(f"no report is written as `{form}`; give {' or '.join(FORMS)}")
    document = daily(FolderStore(folder).view(), day=day, released_at=released_at)
    if form == "json":
        return render_json(document)
    return render_html(document).encode()
