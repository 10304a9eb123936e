"""The model, described for people and machines: the page ``docs/reference/model.md``.

The page is generated from the schemas and records themselves; a test holds it current
(``make docs-generated`` rewrites it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pyarrow as pa

from tocsin.model import records, sources, tables, vocabulary

__all__ = ["json_schema", "model_page"]

_TABLES = {
    "OBSERVATIONS": tables.OBSERVATIONS,
    "INCIDENTS": tables.incidents_schema(("<party>",)),
    "MEMBERS": tables.MEMBERS,
    "FACTS": tables.FACTS,
    "REGISTER": tables.REGISTER,
    "COVERAGE": tables.COVERAGE,
    "VERDICTS": tables.VERDICTS,
    "PLACES": tables.PLACES,
}
_RECORDS = (
    records.Finding,
    records.Guarantee,
    records.Notice,
    records.Issue,
    sources.SourceDescription,
)

_HEAD = """\
# The model

Generated from `tocsin.model`; do not edit by hand. Times are UTC. Null means
*unknown*, never zero and never "no".

## Tables
"""


def json_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of every record that Tocsin writes or reads."""
    _, components = msgspec.json.schema_components(_RECORDS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": components,
    }


def model_page() -> str:
    """The text of ``docs/reference/model.md``."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    for name, schema in _TABLES.items():
        yield from _table(name, schema)
    yield "## Vocabulary\n\nClosed lists; any other value is refused where it enters.\n"
    for name, values in vocabulary.VOCABULARY.items():
        yield f"- **{name}**: " + ", ".join(f"`{value}`" for value in values)
    yield "\n## Records as JSON Schema\n\n```json"
    yield json.dumps(json_schema(), indent=2, sort_keys=True)
    yield "```"


def _table(name: str, schema: pa.Schema) -> Iterator[str]:
    yield f"### {name}\n"
    yield "| column | type | required | meaning |"
    yield "| --- | --- | --- | --- |"
    for field in schema:
        required = "no" if field.nullable else "yes"
        doc = field.metadata[b"doc"].decode()
        yield f"| `{field.name}` | {field.type} | {required} | {doc} |"
    yield ""
