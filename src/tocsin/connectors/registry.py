"""Which sources there are: the descriptions in ``sources/*.toml``, and a user's own.

>>> description("ucdp-ged").owner
'Uppsala Conflict Data Program'
>>> description("ucdp-get")
Traceback (most recent call last):
...
tocsin.errors.SourceUnusable: ucdp-get: error [source_unknown] no source is called
`ucdp-get`
    repair: did you mean `ucdp-ged`?
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from tocsin.evidence import Connector, Reading, near, read_mapping, unusable
from tocsin.model import Control, Outcome, SourceDescription

__all__ = ["describe_all", "description", "fetch", "read_control", "read_places"]
__all__ += ["read_source"]

CONNECTORS: Final = ("tables", "control")
"""Modules of this room that a description may name as its ``connector``."""


def describe_all() -> tuple[SourceDescription, ...]:
    """Every source that Tocsin knows, in order of id."""
    return _built_in()


def description(source_id: str) -> SourceDescription:
    """The description of a source.

    Args:
        source_id: an id that ``tocsin sources`` lists, or the path of a description of
            one's own, which ends in ``.toml``.

    Raises:
        SourceUnusable: there is none (``source_unknown``, with the nearest id), or it
            has an error (``description_invalid``).
    """
    if source_id.casefold().endswith(".toml"):
        return _own(Path(source_id))
    found = {known.id: known for known in _built_in()}
    if source_id not in found:
        nearest = near(source_id, found)
        raise unusable(
            "source_unknown",
            source_id,
            f"no source is called `{source_id}`",
            repair=nearest
            or "`tocsin sources` lists them; or give your own"
            " description, as in `--source my-table.toml=FILE`",
        )
    return found[source_id]


def read_source(source_id: str, file: Path | str) -> Reading:
    """Read one file of a source.

    Args:
        source_id: as for :func:`description`.
        file: named in issues and in ``raw_ref`` as it is given here.

    Raises:
        SourceUnusable: nothing of it can be taken in.
    """
    described = description(source_id)
    if described.connector == "control":
        message = f"`{source_id}` is a control layer, not evidence"
        repair = f"give it as `--control {file}`"
        raise unusable("source_unknown", source_id, message, repair=repair)
    if described.gives == "places":
        message = f"`{source_id}` is a gazetteer, not evidence"
        repair = f"give it as `--gazetteer {source_id}={file}`"
        raise unusable("source_unknown", source_id, message, repair=repair)
    return _read(described, Path(file))


def read_places(source_id: str, file: Path | str) -> Reading:
    """Read one file of a gazetteer; the reading's ``places`` hold it.

    Raises:
        SourceUnusable: nothing of it can be taken in, or it holds no places.
    """
    described = description(source_id)
    if described.gives != "places":
        message = f"`{source_id}` is no gazetteer; it gives {described.gives}"
        raise unusable("source_unknown", source_id, message)
    return _read(described, Path(file))


def fetch(source_id: str, folder: Path, **how: Any) -> tuple[Any, ...]:
    """Every public file of a source, in this folder.

    Args:
        how: ``wait`` and ``told``, see :func:`tocsin.connectors.fetch.fetch`.

    Raises:
        SourceUnusable: it has none, or one cannot be had as it is described.
    """
    module = import_module("tocsin.connectors.fetch")
    fetched: tuple[Any, ...] = module.fetch(description(source_id), folder, **how)
    return fetched


def _read(described: SourceDescription, file: Path) -> Reading:
    module = import_module(f"tocsin.connectors.{described.connector}")
    return cast("Connector", module).read(file, described)


def read_control(file: Path | str) -> Outcome[Control]:
    """Read a control layer: GeoJSON with a property ``party``, or a dated table.

    Raises:
        InputRefused: a feature has a fault; all of them are listed.
        SourceUnusable: the file cannot be read.
    """
    module = import_module("tocsin.connectors.control")
    read: Outcome[Control] = module.read_control(Path(file), known=describe_all())
    return read


@cache
def _built_in() -> tuple[SourceDescription, ...]:
    folder = files("tocsin.connectors").joinpath("sources")
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    tables = {name: tomllib.loads(text) for name, text in texts.items()}
    known = {table["id"]: table for table in tables.values()}
    made = [_described(name, table, known) for name, table in tables.items()]
    return tuple(sorted(made, key=lambda source: source.id))


def _own(file: Path) -> SourceDescription:
    """A user's description; it may say ``like = "<id of a built-in one>"``."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or str(error)
        message = f"the description cannot be read: {why}"
        raise unusable("file_missing", str(file), message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"the description is not TOML: {error}"
        raise unusable("description_invalid", str(file), message) from error
    known = {source.id: {"table": source.table} for source in _built_in()}
    own = _described(str(file), table, known)
    if own.id in known:
        message = f"`{own.id}` is the id of a source that Tocsin describes itself"
        repair = f"give it an id of its own, such as `my-{own.id}`"
        raise unusable("description_invalid", str(file), message, repair=repair)
    return own


def _described(
    name: str, table: dict[str, Any], known: dict[str, dict[str, Any]]
) -> SourceDescription:
    """The record of a description, checked whole before any file is read."""
    whole = {**table, "table": _like(name, table, known)}
    try:
        made = msgspec.convert(whole, SourceDescription)
    except msgspec.ValidationError as error:
        raise unusable("description_invalid", name, str(error)) from error
    if made.connector not in CONNECTORS:
        message = f"`{made.connector}` is no connector"
        repair = near(made.connector, CONNECTORS) or f"one of {', '.join(CONNECTORS)}"
        raise unusable("description_invalid", name, message, repair=repair)
    if made.connector == "tables":
        read_mapping(name, made.table, gives=made.gives)
    return made


def _like(
    name: str, table: dict[str, Any], known: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The mapping, over that of the description that it says it is like."""
    own: dict[str, Any] = table.get("table", {})
    base_id = own.get("like")
    if base_id is None:
        return own
    if base_id not in known:
        message = f"`like` names `{base_id}`, which no description has as its id"
        raise unusable(
            "description_invalid", name, message, repair=near(base_id, known)
        )
    base = dict(_parts_of(known[base_id].get("table", {})))
    for part in ("columns", "detail"):
        base[part] = {**base.get(part, {}), **own.get(part, {})}
    return {**base, **{k: v for k, v in own.items() if k not in {"columns", "detail"}}}


def _parts_of(table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, part) for name, part in table.items() if name != "like")
