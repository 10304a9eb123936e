"""Sources, described for people: the generated part of ``docs/reference/sources.md``.

``make reference`` rewrites it; a test holds it current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.evidence import SCHEMAS, Column, Mapping, read_mapping
from tocsin.model import Download, SourceDescription

__all__ = ["sources_page"]


def sources_page(sources: Iterable[SourceDescription]) -> str:
    """One section for each source, in Markdown."""
    return "\n".join(line for source in sources for line in _section(source)) + "\n"


def _section(source: SourceDescription) -> Iterator[str]:
    yield f"### `{source.id}`\n"
    yield f"{source.title}.\n"
    yield "| | |"
    yield "| --- | --- |"
    for name, value in _facts(source):
        yield f"| {name} | {_cell(value)} |"
    yield ""
    if source.faults:
        yield "Known faults:\n"
        yield from (f"- {fault}" for fault in source.faults)
        yield ""
    if source.connector == "tables" and not source.table.get("layout"):
        mapping = read_mapping(source.id, source.table, gives=source.gives)
        yield from _mapping(mapping, source)


def _facts(source: SourceDescription) -> Iterator[tuple[str, str]]:
    may = "may be redistributed" if source.redistribute else "not to be redistributed"
    yield "publisher", source.publisher
    yield "owner", source.owner
    yield "way of knowing", source.way_of_knowing
    yield "gives", "control layer" if source.connector == "control" else source.gives
    yield "origin", _origin(source)
    yield "licence", f"{source.licence}; {may}"
    if source.url:
        yield "address", f"<{source.url}>"
    if source.cadence:
        yield "cadence", source.cadence
    yield "covers", _covers(source)
    if expected := _expected(source):
        yield "expected", expected
    if source.sigma_m is not None:
        yield "error of a place", f"{source.sigma_m:,.0f} m, where a row states none"
    if source.url or source.downloads:
        yield "files to fetch", _to_fetch(source)
    yield "marking", f"TLP:{source.marking.upper().replace('_', '+')}"


def _to_fetch(source: SourceDescription) -> str:
    """What `tocsin get` fetches and checks, and what of it nobody states."""
    if not source.downloads:
        return "none described: no address of the very file that is read here is known"
    return f"{'; '.join(map(_file, source.downloads))}: `tocsin get {source.id}`"


def _file(one: Download) -> str:
    if one.sha256 is None or one.bytes is None:
        return f"`{one.name}` (it changes: neither length nor SHA-256 is known before)"
    return f"`{one.name}` ({one.bytes:,} bytes, SHA-256 `{one.sha256}`)"


def _origin(source: SourceDescription) -> str:
    from_file = source.table.get("origin_from_file")
    return "as the file says, one for all rows" if from_file else str(source.origin)


def _covers(source: SourceDescription) -> str:
    covered = source.coverage
    parts = [covered.area]
    if covered.first or covered.last:
        parts.append(f"{covered.first or '?'} to {covered.last or 'today'}")
    if covered.missing:
        gaps = ", ".join(f"{first} to {last}" for first, last in covered.missing)
        parts.append(f"no data {gaps}")
    if covered.per_row:
        parts.append("each row says its period")
    share = "not stated" if covered.share is None else f"{covered.share:.0%}"
    return "; ".join([*parts, f"share watched {share}"])


def _expected(source: SourceDescription) -> str:
    expected = source.expected
    rows = [] if expected.rows is None else [f"{expected.rows:,} rows"]
    sums = [f"{total:,.15g} in all of `{n}`" for n, total in expected.sums.items()]
    return "; ".join(rows + sums)


def _mapping(mapping: Mapping, source: SourceDescription) -> Iterator[str]:
    yield "| Tocsin's column | filled from |"
    yield "| --- | --- |"
    for name in SCHEMAS[source.gives].names:
        if name in mapping.columns:
            yield f"| `{name}` | {_cell(_filled(mapping.columns[name], mapping))} |"
    if mapping.detail:
        kept = ", ".join(f"`{name}`" for name in mapping.detail)
        yield f"| `detail` | {kept} |"
    yield ""
    for check in mapping.checks:
        yield f"Checked: `{check.previous}` against the row of the period before.\n"


def _filled(column: Column, mapping: Mapping) -> str:
    if column.value is not None:
        return f"always `{column.value}`"
    parts = [" or else ".join(f"`{name}`" for name in column.sources)]
    if column.unit != "one":
        parts.append(f"in {column.unit}")
    if column.at:
        parts.append(f"at {column.at}, {column.zone or mapping.zone}")
    if column.day_when:
        parts.append(f"{column.day_when} means the day only")
    if column.values:
        listed = ", ".join(f"{word} = {value}" for word, value in column.values.items())
        how = {"whole": "", "start": "beginning with: ", "tag": "first tag of: "}
        parts.append(f"{how[column.match]}{listed}; others {_unlisted(column)}")
    return "; ".join(parts)


def _unlisted(column: Column) -> str:
    words = {"refuse": "are refused", "unknown": "are unknown", "keep": "are kept"}
    return words[column.unlisted]


def _cell(text: Any) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
