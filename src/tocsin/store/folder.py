"""The embedded store: a folder with Parquet segments and JSON records.

::

    DIR/summary.json          what the run found; the one file that makes a run visible
    DIR/segments/<sha>.parquet  tables, named by content
    DIR/records/<sha>.json      records, named by content

``summary.json`` names every segment and record file of the run under ``"files"`` and is
replaced last and at once. A run that is broken off leaves the former run whole and at
most some unnamed files, which the next commit sweeps away.

A view compares each file with its name and the origin of what it holds with the
summary's: a byte or a word that was changed afterwards is not shown, so an exercise
cannot lose its mark by an edit of ``summary.json``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.errors import StoreDamaged, WrongUse
from tocsin.model import (
    Finding,
    Guarantee,
    Issue,
    Notice,
    Origin,
    SourceDescription,
    encode,
)
from tocsin.store.base import RECORD_KINDS, TABLES
from tocsin.store.segments import read_segment, write_durably, write_segment

__all__ = ["FolderStore", "FolderView", "FolderWriter"]

R = TypeVar("R")

SUMMARY = "summary.json"
KNOWN_COLUMNS = ("received_at", "known_at")


class FolderStore:
    """A folder that holds one run at a time.

    Raises:
        WrongUse: the folder holds something that Tocsin did not put there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise WrongUse(f"{folder} is a file; give a folder")
        if not self._ours():
            raise WrongUse(
                f"{folder} is not empty and not Tocsin's; give another folder"
            )

    def _ours(self) -> bool:
        if not self.folder.exists() or (self.folder / SUMMARY).exists():
            return True
        return not any(
            entry.name not in {"segments", "records", "evidence"}
            and not entry.name.startswith(".")
            for entry in self.folder.iterdir()
        )

    def writer(self) -> FolderWriter:
        """A new, empty writer."""
        return FolderWriter(self.folder)

    def view(self) -> FolderView:
        """The last committed run.

        Raises:
            WrongUse: no run was ever committed here.
        """
        return FolderView(self.folder)


class FolderWriter:
    """Collects one run of a :class:`FolderStore`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, str] = {}

    def put_table(self, name: str, table: pa.Table) -> None:
        """Keep a table; it becomes visible at :meth:`commit`."""
        _known(name, TABLES)
        self._files[name] = write_segment(self.folder / "segments", table)

    def put_records(
        self, kind: str, records: Sequence[msgspec.Struct | Mapping[str, Any]]
    ) -> None:
        """Keep records; they become visible at :meth:`commit`."""
        _known(kind, RECORD_KINDS)
        data = encode(list(records))
        name = f"{hashlib.sha256(data).hexdigest()}.json"
        write_durably(self.folder / "records" / name, data)
        self._files[kind] = name

    def commit(self, summary: Mapping[str, Any]) -> None:
        """Replace ``summary.json`` at once, then sweep what nothing names any more."""
        files = dict(sorted(self._files.items()))
        write_durably(self.folder / SUMMARY, encode({**summary, "files": files}))
        _sweep(self.folder, keep=set(files.values()))


class FolderView:
    """Reads the last committed run of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            data = (folder / SUMMARY).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            message = (
                f"{folder} holds no run of Tocsin; run `tocsin run ... --out {folder}`"
            )
            raise WrongUse(message) from error
        try:
            self._summary = msgspec.json.decode(data, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise StoreDamaged(f"{folder / SUMMARY} cannot be read: {error}") from error

    def summary(self) -> dict[str, Any]:
        """The run's summary, without the list of files."""
        return {key: value for key, value in self._summary.items() if key != "files"}

    def table(self, name: str, *, known_by: datetime | None = None) -> pa.Table:
        """A table of the run; with ``known_by`` only rows shown to be known then."""
        _known(name, TABLES)
        table = read_segment(self.folder / "segments", self._file(name), verify=True)
        if "origin" in table.column_names:
            self._same_origin(name, pc.unique(table["origin"]).to_pylist())
        return table if known_by is None else _known_by(table, known_by)

    def records(self, kind: str, of: type[R]) -> tuple[R, ...]:
        """Records of one kind, validated as they are read.

        Raises:
            StoreDamaged: a record is not what its type says, was changed after it was
                written, or is of another origin than the run.
        """
        _known(kind, RECORD_KINDS)
        path = self.file(kind)
        try:
            data = path.read_bytes()
            read: tuple[R, ...] = msgspec.json.decode(data, type=tuple[of, ...])  # type: ignore[valid-type]
        except (FileNotFoundError, msgspec.DecodeError) as error:
            raise StoreDamaged(f"{path}: {error}; run `tocsin run` again") from error
        if hashlib.sha256(data).hexdigest() != path.stem:
            raise StoreDamaged(f"{path} was changed after it was written; run again")
        self._same_origin(kind, [getattr(each, "origin", None) for each in read])
        return read

    @property
    def origin(self) -> Origin:
        """Observed, exercise or imagined: every record of the run is of this origin.

        Raises:
            StoreDamaged: the summary does not say it.
        """
        try:
            return Origin(self._summary["origin"])
        except (KeyError, ValueError) as error:
            message = f"{self.folder / SUMMARY} names no `origin`; run again"
            raise StoreDamaged(message) from error

    def findings(self) -> tuple[Finding, ...]:
        """What each clause says of each party."""
        return self.records("findings", Finding)

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Every promise and how far it has come."""
        return self.records("guarantees", Guarantee)

    def notices(self) -> tuple[Notice, ...]:
        """Who is to be told what."""
        return self.records("notices", Notice)

    def issues(self) -> tuple[Issue, ...]:
        """Every fault of the world that the run met."""
        return self.records("issues", Issue)

    def sources(self) -> tuple[SourceDescription, ...]:
        """Descriptions of the sources that were read."""
        return self.records("sources", SourceDescription)

    def agreement(self) -> dict[str, Any]:
        """The agreement, as reports show it."""
        (text,) = self.records("agreement", dict)
        return text

    def file(self, kind: str) -> Path:
        """Where the records of one kind lie, for a person who wants all of them."""
        _known(kind, RECORD_KINDS)
        return self.folder / "records" / self._file(kind)

    def _file(self, name: str) -> str:
        files = self._summary.get("files", {})
        if name not in files:
            raise StoreDamaged(f"{self.folder / SUMMARY} names no `{name}`; run again")
        return Path(str(files[name])).name

    def _same_origin(self, name: str, found: Sequence[object]) -> None:
        """What is kept under `name` is of the origin that the summary says."""
        said = self._summary.get("origin")
        others = {str(each) for each in found if each is not None} - {str(said)}
        if said is not None and others:
            raise StoreDamaged(
                f"{self.folder / SUMMARY} says {said}, its {name} are"
                f" {' and '.join(sorted(others))}; run `tocsin run` again"
            )


def _known(name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise WrongUse(f"`{name}` is not one of {', '.join(names)}")


def _known_by(table: pa.Table, known_by: datetime) -> pa.Table:
    for column in KNOWN_COLUMNS:
        if column in table.column_names:
            return table.filter(pc.less_equal(table[column], pa.scalar(known_by)))
    return table


def _sweep(folder: Path, *, keep: set[str]) -> None:
    for part in ("segments", "records"):
        for path in (folder / part).glob("*"):
            if path.name not in keep:
                path.unlink(missing_ok=True)
