"""Boards of a coordination cell: ``contributions.toml``, JSON, and tables in CSV.

**TOML** holds a whole board: its regions and functions at the top, then tables
``[[contribution]]``, ``[[need]]``, ``[[hub]]``, ``[[lead]]``, ``[[complaint]]``,
``[[mandate]]``, ``[[opening]]``, ``[[patrol]]``, ``[[assumption]]``, ``[[fund]]``,
``[[money_need]]``, and the sources that they cite by name under ``[source.NAME]``.
**JSON** is the same board as Tocsin writes it. **CSV** holds contributions, one line
for each step; lists are joined with ``|``.

A file with faults is refused, and every fault of every entry is told with its line.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.errors import InputRefused
from tocsin.evidence import near
from tocsin.model import Issue, Where
from tocsin.model.contributions import (
    Assumption,
    Board,
    Complaint,
    Contribution,
    Fund,
    Hub,
    Lead,
    Mandate,
    MoneyNeed,
    Need,
    Opening,
    Patrol,
    Rate,
    Source,
)
from tocsin.model.currencies import CURRENCIES
from tocsin.model.records import Record

__all__ = ["BoardFile", "read_board", "read_contributions", "read_rates"]

PARTS: Final[dict[str, tuple[str, type[Record], str]]] = {
    "contribution": ("contributions", Contribution, "contribution_id"),
    "need": ("needs", Need, "need_id"),
    "hub": ("hubs", Hub, "hub_id"),
    "lead": ("leads", Lead, ""),
    "complaint": ("complaints", Complaint, "complaint_id"),
    "mandate": ("mandates", Mandate, ""),
    "opening": ("openings", Opening, ""),
    "patrol": ("patrols", Patrol, ""),
    "assumption": ("assumptions", Assumption, ""),
    "fund": ("funds", Fund, "fund_id"),
    "money_need": ("money_needs", MoneyNeed, "need_id"),
}
"""Name of the table -> field of the board, record, field that identifies it."""

LARGEST_FILE: Final = 32 * 2**20
SHORT: Final = 80


class BoardFile(Record, frozen=True, kw_only=True):
    """A board with the place of each of its entries in its file."""

    board: Board
    places: dict[str, Where]


def read_board(file: Path) -> BoardFile:
    """The board in a TOML or JSON file.

    Raises:
        InputRefused: it cannot be read, or has faults; all of them are listed.
    """
    text = _text(file)
    if file.suffix.casefold() == ".json":
        return BoardFile(board=_from_json(file, text), places={})
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused([_issue("syntax", file, f"is not TOML: {error}")]) from error
    return _Toml(file, text, data).board()


def read_contributions(file: Path, *, board: Board) -> tuple[Contribution, ...]:
    """Contributions of a CSV table, for a board that is there already.

    The columns are the fields of a contribution; ``stage``, ``on``, ``step_quantity``
    and ``source``, ``published``, ``url``, ``certainty`` say its step. Lines with the
    same id and version are the steps of one contribution. Caveats are joined with
    ``|``, the regions that one names stand behind a colon: ``not_in:East,West``.

    Raises:
        InputRefused: the table cannot be read, or has faults; all are listed.
    """
    rows = list(csv.DictReader(io.StringIO(_text(file))))
    if not rows:
        raise InputRefused([_issue("file_empty", file, "holds no line")])
    faults: list[Issue] = []
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for line, row in enumerate(rows, start=2):
        data = _from_row(row, board)
        key = (str(data.get("contribution_id")), str(data.get("version", 1)))
        if key in made:
            made[key]["steps"] += data["steps"]
            continue
        where = Where(file=str(file), line=line)
        faults += _faults(data, Contribution, where)
        made[key] = data
    if faults:
        raise InputRefused(faults)
    return tuple(msgspec.convert(d, Contribution, strict=False) for d in made.values())


def read_rates(file: Path) -> tuple[Rate, ...]:
    """Rates of exchange, one line each: ``currency,into,rate,on,source``.

    Raises:
        InputRefused: the table cannot be read, or has faults; all are listed.
    """
    rows = list(csv.DictReader(io.StringIO(_text(file))))
    faults = [
        fault
        for line, row in enumerate(rows, start=2)
        for fault in _faults(row, Rate, Where(file=str(file), line=line))
    ]
    if faults:
        raise InputRefused(faults)
    return tuple(msgspec.convert(row, Rate, strict=False) for row in rows)


# --- TOML


class _Toml:
    """One file while it is read: its text, its tables, and the faults so far."""

    def __init__(self, file: Path, text: str, data: dict[str, Any]) -> None:
        self.file = str(file)
        self.lines = text.splitlines()
        self.data = data
        self.faults: list[Issue] = []
        self.sources = data.pop("source", {})
        self.places: dict[str, Where] = {"board": Where(file=self.file, line=1)}

    def board(self) -> BoardFile:
        """The board, or a refusal with everything that is wrong."""
        for name, table in self.sources.items():
            where = Where(file=self.file, line=self._line(f"[source.{name}]"))
            self.faults += _faults(table, Source, where)
        whole = {key: value for key, value in self.data.items() if key not in PARTS}
        for table, (field, record, identity) in PARTS.items():
            entries = self._entries(table)
            whole[field] = [
                self._entry(table, record, identity, at, entry)
                for at, entry in enumerate(entries, start=1)
            ]
        top = {k: v for k, v in whole.items() if not isinstance(v, list) or k in LISTS}
        self.faults += _faults(top, Board, self.places["board"])
        if self.faults:
            raise InputRefused(self.faults)
        return BoardFile(
            board=msgspec.convert(whole, Board, strict=False), places=self.places
        )

    def _entries(self, table: str) -> list[dict[str, Any]]:
        entries = self.data.get(table, [])
        if not isinstance(entries, list):
            words = f"write `[[{table}]]`, one for each"
            self.faults.append(_issue("syntax", self.file, words))
            return []
        return entries

    def _entry(
        self,
        table: str,
        record: type[Record],
        identity: str,
        at: int,
        given: Mapping[str, Any],
    ) -> dict[str, Any]:
        """An entry with its id, origin and sources filled in; its faults are noted."""
        where = Where(file=self.file, line=self._line(f"[[{table}]]", at))
        entry = {("steps" if k == "step" else k): v for k, v in given.items()}
        entry = {("caveats" if k == "caveat" else k): v for k, v in entry.items()}
        if identity and "id" in entry:
            entry[identity] = entry.pop("id")
        if "origin" in record.__struct_fields__:
            entry.setdefault("origin", self.data.get("origin"))
        key = f"{table} {entry.get(identity, at) if identity else at}"
        if table == "contribution":
            key += f"/{entry.get('version', 1)}"
        self.places[key] = where
        entry = self._cited(entry, where)
        self.faults += _faults(entry, record, where)
        return entry

    def _cited(self, entry: dict[str, Any], where: Where) -> dict[str, Any]:
        """The entry with each name of a source replaced by the source."""
        cited = dict(entry)
        name = cited.get("source")
        if isinstance(name, str):
            if name in self.sources:
                cited["source"] = self.sources[name]
            else:
                words = f"no source is called `{name}`"
                fix = near(name, self.sources)
                self.faults.append(_at("undefined_name", where, words, fix, "source"))
                cited["source"] = {"title": name}
        for part in ("steps", "caveats"):
            if isinstance(cited.get(part), list):
                cited[part] = [
                    self._cited(step, where) if isinstance(step, dict) else step
                    for step in cited[part]
                ]
        return cited

    def _line(self, heading: str, number: int = 1) -> int | None:
        seen = 0
        for line, text in enumerate(self.lines, start=1):
            seen += text.strip() == heading
            if seen == number:
                return line
        return None


LISTS: Final = ("regions", "neighbouring", "functions", "monitoring")


# --- faults, all of them


def _faults(data: Any, of: Any, where: Where, path: str = "") -> Iterator[Issue]:
    """Every field that is wrong, missing or unknown, however deep it stands."""
    struct = _struct(of)
    if struct is None:
        yield from _value_fault(data, of, where, path)
        return
    if not isinstance(data, Mapping):
        yield _at("value_invalid", where, f"`{data}` is no table", "", path)
        return
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    for name in data:
        if name not in fields:
            words = f"there is no field `{name}`"
            yield _at("column_missing", where, words, near(name, fields), path or None)
    for name, field in fields.items():
        below = f"{path}.{name}" if path else name
        if name not in data:
            if field.required:
                yield _at("value_missing", where, f"`{name}` is not there", "", below)
            continue
        yield from _field_faults(data[name], field.type, where, below)


def _field_faults(value: Any, of: Any, where: Where, path: str) -> Iterator[Issue]:
    inner = _inner(of)
    if inner is not None and isinstance(value, list):
        for at, one in enumerate(value, start=1):
            yield from _faults(one, inner, where, f"{path} {at}")
    else:
        yield from _faults(value, of, where, path)


def _value_fault(value: Any, of: Any, where: Where, path: str) -> Iterator[Issue]:
    if path.endswith("currency") and isinstance(value, str) and value not in CURRENCIES:
        words = f"`{value}` is no currency of ISO 4217"
        yield _at("currency_unknown", where, words, "such as EUR, USD or UAH", path)
        return
    try:
        msgspec.convert(value, of, strict=False)
    except msgspec.ValidationError as error:
        shown = str(value)[:SHORT]
        why = re.sub(r" - at `.*`$", "", str(error))
        yield _at("value_invalid", where, f"`{shown}`: {why}", "", path)


def _struct(of: Any) -> type[msgspec.Struct] | None:
    """The record type, through ``X | None``; None for anything else."""
    for one in _alternatives(of):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _inner(of: Any) -> Any | None:
    """What a tuple of any length holds, where that is a record."""
    if typing.get_origin(of) is tuple:
        inner = typing.get_args(of)[0]
        return inner if _struct(inner) is not None else None
    return None


def _alternatives(of: Any) -> Sequence[Any]:
    union = typing.get_origin(of) in {typing.Union, types.UnionType}
    return typing.get_args(of) if union else (of,)


# --- CSV and JSON


def _from_row(row: Mapping[str, str | None], board: Board) -> dict[str, Any]:
    given = {k: v.strip() for k, v in row.items() if k and v and v.strip()}
    source = {
        "title": given.pop("source", ""),
        "published": given.pop("published", None),
        "url": given.pop("url", ""),
        "certainty": given.pop("certainty", "stated"),
        "note": given.pop("note", ""),
    }
    step = {
        "stage": given.pop("stage", ""),
        "on": given.pop("on", None),
        "quantity": given.pop("step_quantity", None),
        "source": source,
    }
    data: dict[str, Any] = dict(given)
    for name in ("areas", "functions", "conditions"):
        if name in data:
            data[name] = [part.strip() for part in data[name].split("|")]
    if "caveats" in data:
        data["caveats"] = [_caveat(part) for part in data["caveats"].split("|")]
    return data | {"origin": board.origin.value, "steps": [step]}


def _caveat(text: str) -> dict[str, Any]:
    kind, _, rest = text.strip().partition(":")
    named = [part.strip() for part in rest.split(",") if part.strip()]
    if kind == "only_after_parliament":
        return {"kind": kind, "body": ", ".join(named)}
    return {"kind": kind, "areas": named}


def _from_json(file: Path, text: str) -> Board:
    try:
        return msgspec.json.decode(text, type=Board)
    except msgspec.MsgspecError as error:
        raise InputRefused([_issue("file_damaged", file, str(error))]) from error


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputRefused([_issue("file_damaged", file, "is too large")])
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused([_issue("file_damaged", file, "is not UTF-8")]) from error
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
        raise InputRefused([_issue("file_missing", file, why)]) from error


def _issue(code: str, file: Path | str, message: str) -> Issue:
    return Issue(code=code, where=Where(file=str(file)), message=message)


def _at(
    code: str, where: Where, message: str, repair: str = "", field: str | None = None
) -> Issue:
    placed = msgspec.structs.replace(where, field=field or None)
    return Issue(code=code, where=placed, message=message, repair=repair)
