"""The duty log as a file: lines are added, none is ever changed.

One line is one item of an entry, in Tocsin's own columns (JSON), so that
``--source manual-log=FILE`` reads it. What settles an open item is a line of its own in
``FILE`` with ``.closed.jsonl`` at its end; the log itself stays as it was written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.errors import WrongUse
from tocsin.evidence import Entry, entry_rows
from tocsin.model import instant, utc_text

__all__ = ["Handover", "OpenItem", "add", "close", "handover", "last_entry"]
__all__ += ["to_correct"]

SHORTEST_ID: Final = 4


class OpenItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something of an entry that nobody has settled."""

    entry: str
    at: datetime
    form: str
    by: str
    what: tuple[str, ...]


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What one shift leaves to the next.

    Attributes:
        entries: entries of the shift by form.
        open: what is open of this shift and of earlier ones, the oldest first.
        closed: what was closed in the shift, as (entry, by whom, words).
        corrected: what was corrected in the shift, as (entry, by which, by whom).
        unreadable: lines of the log that could not be read.
    """

    entries: dict[str, int]
    open: tuple[OpenItem, ...]
    closed: tuple[tuple[str, str, str], ...]
    corrected: tuple[tuple[str, str, str], ...]
    unreadable: int

    def lines(self) -> Iterator[str]:
        """The handover as a page of text."""
        counts = ", ".join(f"{n} {form}" for form, n in self.entries.items())
        yield f"Entries of the shift: {counts or 'none'}"
        yield f"Closed in the shift: {len(self.closed)}"
        yield from (f"  {entry}  {by}: {words}" for entry, by, words in self.closed)
        yield f"Corrected in the shift: {len(self.corrected)}"
        for entry, other, by in self.corrected:
            yield f"  {entry}  {by}: in its place {other}; it no longer counts"
        yield f"Open: {sum(len(one.what) for one in self.open)}"
        for one in self.open:
            yield f"  {one.entry}  {utc_text(one.at)}  {one.form}, {one.by}"
            yield from (f"      - {what}" for what in one.what)
        if self.unreadable:
            yield f"Lines that could not be read: {self.unreadable}"


def add(file: Path, entry: Entry) -> int:
    """Add the rows of an entry at the end of the log; gives their number.

    Raises:
        WrongUse: the entry has no item, or the log is of another origin.
    """
    made = entry_rows(entry)
    if not made:
        raise WrongUse("the entry has no item: nothing was understood to have happened")
    origins = {row.get("origin") for row in _lines(file)[0]}
    if origins - {str(entry.origin)}:
        other = ", ".join(sorted(str(one) for one in origins))
        raise WrongUse(f"{file} is {other}; {entry.origin} needs a log of its own")
    _append(file, [msgspec.json.encode(row, order="sorted") for row in made])
    return len(made)


def to_correct(file: Path, entry: str) -> str:
    """The whole id of the entry that begins like that and still stands.

    Raises:
        WrongUse: no entry of the log begins like that, or several do, or another has
            taken its place already.
    """
    rows, _ = _lines(file)
    found = _whole_id(file, rows, entry)
    for row in rows:
        if _detail(row).get("withdraws") == found:
            by = _detail(row).get("entry", "?")
            raise WrongUse(
                f"`{found}` was corrected by `{by}` already; correct that one"
            )
    return found


def close(file: Path, entry: str, *, by: str, words: str, at: datetime) -> str:
    """Say that what was open of an entry is settled; gives the whole id.

    Raises:
        WrongUse: no entry of the log, or more than one, begins like that.
    """
    found = _whole_id(file, _lines(file)[0], entry)
    line = {"entry": found, "by": by, "words": words, "at": utc_text(at)}
    _append(_closings(file), [msgspec.json.encode(line, order="sorted")])
    return found


def _whole_id(file: Path, rows: Sequence[dict[str, Any]], entry: str) -> str:
    known = {str(_detail(row).get("entry", "")) for row in rows}
    found = sorted(one for one in known if one.startswith(entry))
    if len(found) != 1 or len(entry) < SHORTEST_ID:
        raise WrongUse(f"`{entry}` is the beginning of {len(found)} entries of {file}")
    return found[0]


def handover(file: Path, *, since: datetime, until: datetime) -> Handover:
    """What the shift between these instants leaves open.

    Raises:
        WrongUse: there is no such log.
    """
    if not file.is_file():
        raise WrongUse(f"there is no log {file}; `tocsin log` begins one")
    rows, unreadable = _lines(file)
    closings = [one for one in _lines(_closings(file))[0] if _before(one["at"], until)]
    closed = {one["entry"] for one in closings}
    entries: dict[str, dict[str, Any]] = {}
    for row in rows:
        if _before(row.get("received_at", ""), until):
            entries.setdefault(_detail(row).get("entry", "?"), row)
    back = {
        str(_detail(row)["withdraws"]): row
        for row in entries.values()
        if _detail(row).get("withdraws")
    }
    shift = [row for row in entries.values() if not _before(row["received_at"], since)]
    counts: dict[str, int] = {}
    for row in shift:
        form = _detail(row).get("form", "?")
        counts[form] = counts.get(form, 0) + 1
    settled = closed | set(back)
    left = (_open(name, row) for name, row in entries.items() if name not in settled)
    return Handover(
        entries=dict(sorted(counts.items())),
        open=tuple(sorted((one for one in left if one.what), key=lambda one: one.at)),
        closed=tuple(
            (one["entry"], one["by"], one["words"])
            for one in closings
            if not _before(one["at"], since)
        ),
        corrected=tuple(
            (old, _detail(row).get("entry", "?"), _detail(row).get("logged_by", "?"))
            for old, row in back.items()
            if not _before(row["received_at"], since)
        ),
        unreadable=unreadable,
    )


def last_entry(file: Path) -> dict[str, Any]:
    """The last row of the log, for what stays the same; empty where there is none."""
    rows, _ = _lines(file)
    return rows[-1] if rows else {}


def _open(name: str, row: dict[str, Any]) -> OpenItem:
    said = _detail(row)
    return OpenItem(
        entry=name,
        at=instant(row["t_start"]),
        form=said.get("form", "?"),
        by=said.get("logged_by", "?"),
        what=tuple(said.get("open", ())),
    )


def _before(text: str, at: datetime) -> bool:
    return bool(text) and instant(text) < at


def _detail(row: dict[str, Any]) -> dict[str, Any]:
    try:
        return msgspec.json.decode(row.get("detail") or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _closings(file: Path) -> Path:
    return file.with_name(f"{file.name}.closed.jsonl")


def _lines(file: Path) -> tuple[list[dict[str, Any]], int]:
    """The lines that are whole, and how many are not."""
    if not file.exists():
        return [], 0
    rows, unreadable = [], 0
    for line in file.read_bytes().splitlines():
        try:
            rows.append(msgspec.json.decode(line, type=dict[str, Any]))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            unreadable += bool(line.strip())
    return rows, unreadable


def _append(file: Path, lines: Sequence[bytes]) -> None:
    """Add whole lines in one write, on disk before it returns; a torn line is ended."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab+") as log:
        torn = False
        if log.seek(0, os.SEEK_END):
            log.seek(-1, os.SEEK_END)
            torn = log.read(1) != b"\n"
        log.write((b"\n" if torn else b"") + b"".join(line + b"\n" for line in lines))
        log.flush()
        os.fsync(log.fileno())
