r"""Cases as text: an agreement, dated facts, who watched, and the verdicts expected.

A lawyer writes a case as a Markdown file and reads the difference when it fails. Its
blocks are fenced: `case` (which agreement, from when to when), `facts`, `coverage`, and
`verdicts`, which :func:`answer` fills. Rules may stand in the file itself (`tocsin`
blocks). A file without a `verdicts` block is a case of its words: beside it, in
``NAME.expected``, stands what `check` says of it and what it says in plain English.

A fact is a line: a time, an act, and what is known of it::

    2026-03-01T10:00Z fire by Northland in North with mlrs p 0.8
    2026-03-02T08:00Z ballot by Aurelia vote yes about Article 5(1) against Northland

Every engine answers every case, and a case fails if they differ.

>>> fact_of("2026-03-01T10:00Z fire by Northland in North p 0.8", 1)["p"]
0.8
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pyarrow as pa

from tocsin.agreement.areas import load_areas
from tocsin.agreement.evaluate import Engine, evaluate
from tocsin.agreement.load import examine, read
from tocsin.agreement.parse import parse
from tocsin.agreement.prose import to_english
from tocsin.agreement.terms import Agreement
from tocsin.errors import InputRefused, WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Issue, Where
from tocsin.model.tables import COVERAGE, FACTS, conform

__all__ = ["Case", "answer", "cases_in", "fact_of", "read_case", "updated"]

FENCE: Final = re.compile(r"^(`{3,})(case|facts|coverage|verdicts)\s*$")
TIME: Final = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$")
WORDS: Final = {
    "by": "party",
    "against": "target_party",
    "in": "sector",
    "about": "subject",
    "with": "weapon",
    "vote": "vote",
    "root": "root",
    "choice": "choice",
    "id": "fact_id",
    "withdraws": "withdraws",
}
NUMBERS: Final = {"count": "count", "sources": "n_independent"}
REALS: Final = {"value": "value", "p": "p"}
TIMES: Final = {
    "to": "t_end",
    "received": "received_at",
    "earliest": "t_earliest",
    "latest": "t_latest",
}
KEYS: Final = frozenset({*WORDS, *NUMBERS, *REALS, *TIMES, "at"})
COLUMNS: Final = ("clause", "party", "sector", "subject", "t", "verdict", "due", "p")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case as it stands in its file.

    Attributes:
        file: its name.
        text: the whole file.
        said: what is expected, as text.
        parts: the lines of its `case`, `facts` and `coverage` blocks.
        agreement: path of the agreement, or None: the rules stand in the file.
    """

    file: str
    text: str
    said: str
    parts: dict[str, list[tuple[int, str]]]
    agreement: str | None = None


def cases_in(paths: Iterable[Path]) -> list[Path]:
    """The files of cases in these files and folders, in order."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise WrongUse(f"{path}: no such file or folder")
        files = sorted(path.rglob("*.md")) if path.is_dir() else [path]
        found += [file for file in files if _is_case(file)]
    return list(dict.fromkeys(found))


def _is_case(file: Path) -> bool:
    if file.with_suffix(".expected").exists():
        return True
    return "```verdicts" in file.read_text(encoding="utf-8")


def read_case(file: Path) -> Case:
    """A case from its file."""
    text = file.read_text(encoding="utf-8")
    parts = dict(_blocks(text))
    if "verdicts" not in parts:
        beside = file.with_suffix(".expected")
        said = beside.read_text(encoding="utf-8") if beside.exists() else ""
        return Case(file=str(file), text=text, said=said, parts={})
    said = "".join(f"{line}\n" for _, line in parts.pop("verdicts"))
    named = [
        line.removeprefix("agreement ").strip()
        for _, line in parts.get("case", [])
        if line.startswith("agreement ")
    ]
    return Case(
        file=str(file),
        text=text,
        said=said,
        parts=parts,
        agreement=named[0] if named else None,
    )


def answer(case: Case) -> str:
    """What Tocsin says of a case today."""
    return _verdicts(case) if case.parts else _words(case)


def updated(case: Case, said: str) -> tuple[Path, str]:
    """The file to write, and its text, so that the case expects what is said now."""
    file = Path(case.file)
    if not case.parts:
        return file.with_suffix(".expected"), said
    before, fence, rest = case.text.partition("```verdicts\n")
    _, close, after = rest.partition("```")
    return file, f"{before}{fence}{said}{close}{after}"


# --- cases of words


def _words(case: Case) -> str:
    """What `check` says, and for texts without errors what they say in English."""
    name = Path(case.file).name
    issues = examine(case.text, file=name).issues
    lines = [str(issue) for issue in issues]
    if all(issue.warning for issue in issues):
        agreement = parse(case.text, file=name).records
        for article in agreement.articles:
            said = to_english(article, agreement=agreement)
            lines += [f"{article.clause}: {sentence}" for sentence in said]
    return "\n".join(lines) + "\n"


# --- cases of verdicts


def _verdicts(case: Case) -> str:
    agreement, areas = _agreement(case)
    asked = _question(case)
    facts = _facts(case)
    watched = _coverage(case)
    shown = _shown(case)
    texts: dict[str, str] = {}
    for engine in get_args(Engine):
        outcome = evaluate(
            agreement,
            facts,
            coverage=watched,
            areas=areas,
            start=asked["from"],
            until=asked["to"],
            as_known_at=asked.get("known"),
            engine=engine,
        )
        texts[engine] = _table(outcome.records, shown)
    if len(set(texts.values())) > 1:
        told = "".join(f"{engine}\n{text}" for engine, text in texts.items())
        return f"the engines differ\n{told}"
    return texts["oracle"]


def _agreement(case: Case) -> tuple[Agreement, Areas]:
    folder = Path(case.file).parent
    if case.agreement is None:
        outcome: Any = examine(case.text, file=case.file)
        areas = load_areas(folder).records
    else:
        path = folder / case.agreement
        outcome = read(path)
        areas = load_areas(path).records
    errors = [issue for issue in outcome.issues if not issue.warning]
    if errors or outcome.records is None:
        raise InputRefused(errors)
    return outcome.records, areas


def _question(case: Case) -> dict[str, datetime]:
    """From when to when, and as known at which instant."""
    asked: dict[str, datetime] = {}
    for number, line in case.parts.get("case", []):
        head, *rest = line.split()
        if head in {"from", "to"} and rest:
            asked[head] = _time(rest[0], case, number)
        elif head == "known" and rest[:1] == ["at"] and rest[1:]:
            asked["known"] = _time(rest[1], case, number)
        elif head not in {"agreement", "show"}:
            raise _refused(
                case,
                number,
                f"`{head}` says nothing in a `case` block",
                "write agreement, from, to, known at, or show",
            )
    missing = {"from", "to"} - asked.keys()
    if missing:
        raise _refused(
            case,
            None,
            f"the case lacks `{min(missing)}`",
            "add `from` and `to` with instants to its `case` block",
        )
    return asked


def _shown(case: Case) -> frozenset[str]:
    lines = [line for _, line in case.parts.get("case", []) if line.startswith("show ")]
    return frozenset(
        name.strip() for line in lines for name in line.removeprefix("show ").split(",")
    )


def _facts(case: Case) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for number, line in case.parts.get("facts", []):
        try:
            row = fact_of(line, len(rows) + 1)
        except ValueError as error:
            repair = "write TIME ACT by PARTY in SECTOR ..."
            raise _refused(case, number, str(error), repair) from None
        rows.append(row)
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


def fact_of(line: str, number: int) -> dict[str, Any]:
    """A row of FACTS from a line; raises ``ValueError`` that says what is wrong."""
    words = line.split()
    if not words or not TIME.match(words[0]):
        raise ValueError(f"`{words[0] if words else ''}` is no time with a zone")
    if len(words) == 1 or words[1] in KEYS:
        raise ValueError("no act after the time")
    row: dict[str, Any] = {
        "fact_id": f"f{number:03}",
        "origin": "imagined",
        "t": datetime.fromisoformat(words[0]),
        "kind": words[1],
    }
    for key, said in _pairs(words[2:]):
        row |= _value(key, said)
    return row


def _pairs(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each key with the words up to the next key."""
    at = 0
    while at < len(words):
        key = words[at]
        if key not in KEYS:
            raise ValueError(f"`{key}` is none of {', '.join(sorted(KEYS))}")
        end = at + 2
        while end < len(words) and words[end] not in KEYS:
            end += 1
        if end > len(words):
            raise ValueError(f"nothing stands after `{key}`")
        yield key, words[at + 1 : end]
        at = end


def _value(key: str, said: list[str]) -> dict[str, Any]:
    text = " ".join(said)
    if key in WORDS:
        return {WORDS[key]: text}
    if key in NUMBERS:
        return {NUMBERS[key]: int(text)}
    if key in REALS:
        return {REALS[key]: float(text)}
    if key in TIMES:
        return {TIMES[key]: datetime.fromisoformat(text)}
    lon, lat, *sigma = said
    sigma_m = float(sigma[0]) if sigma else 100.0
    return {"lon": float(lon), "lat": float(lat), "sigma_m": sigma_m}


def _coverage(case: Case) -> pa.Table:
    """`everywhere from T to T share 0.8`, or a sector, with `of KIND`."""
    rows: list[dict[str, Any]] = []
    for number, line in case.parts.get("coverage", []):
        words = line.split()
        row: dict[str, Any] = {"origin": "imagined", "share": 1.0}
        row["sector"] = None if words[0] == "everywhere" else words[0]
        pairs = dict(zip(words[1::2], words[2::2], strict=False))
        if not {"from", "to"} <= pairs.keys():
            raise _refused(
                case,
                number,
                "no `from` and `to`",
                "write everywhere from TIME to TIME share 1.0",
            )
        row["t_start"] = _time(pairs["from"], case, number)
        row["t_end"] = _time(pairs["to"], case, number)
        if "share" in pairs:
            row["share"] = float(pairs["share"])
        if "known" in pairs:
            row["known_at"] = _time(pairs["known"], case, number)
        row["kind"] = pairs.get("of")
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=COVERAGE)


def _table(verdicts: pa.Table, shown: frozenset[str]) -> str:
    """Verdicts as aligned text; the row of each change."""
    found = verdicts.to_pylist()
    rows: list[tuple[str, ...]] = [COLUMNS]
    rows += [_row(row) for row in found if not shown or row["clause"] in shown]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    p = row.get(f"p_{row['verdict']}")
    return (
        row["clause"],
        row["party"] or "-",
        row["sector"] or "-",
        row["subject"] or "-",
        _shown_time(row["t"]),
        row["verdict"],
        _shown_time(row["due"]),
        "-" if p is None else f"{p:.6g}",
    )


def _shown_time(at: datetime | None) -> str:
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the file


def _blocks(text: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Each block with its lines and their numbers, without comments and empty lines."""
    name = ""
    held: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and not name:
            name, held = fence[2], []
        elif name and line.startswith("```"):
            yield name, held
            name = ""
        elif name and line.strip() and not line.lstrip().startswith("#"):
            held.append((number, line.split("  #")[0].rstrip()))


def _time(text: str, case: Case, number: int | None) -> datetime:
    if not TIME.match(text):
        raise _refused(
            case, number, f"`{text}` is no time with a zone", "write 2026-03-01T00:00Z"
        )
    return datetime.fromisoformat(text)


def _refused(case: Case, line: int | None, message: str, repair: str) -> InputRefused:
    where = Where(file=case.file, line=line)
    issue = Issue(code="value_invalid", where=where, message=message, repair=repair)
    return InputRefused([issue])
