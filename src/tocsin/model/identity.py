"""Content ids: the same content has the same name, everywhere and for ever.

Records are canonicalised after RFC 8785 and hashed with SHA-256. Rows of tables are
hashed over their raw bytes (RFC 8785 is too slow for rows: about 62 us each). The
origin is part of every id, so an exercise can never be mistaken for an observation.

>>> row_id("observed", "ucdp-ged", b"1,2,3")[:12]
'b711ad801ec7'
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any, TypeVar

import msgspec
import rfc8785

__all__ = ["canonical", "content_id", "decode", "encode", "identified", "row_id"]

R = TypeVar("R", bound=msgspec.Struct)


def canonical(value: object) -> bytes:
    """Canonical bytes (RFC 8785) of a record or of plain JSON data.

    Raises:
        rfc8785.CanonicalizationError: a value has no canonical form.
    """
    data = msgspec.to_builtins(value)
    try:
        return _written(data).encode()
    except (KeyError, TypeError, UnicodeEncodeError):
        return rfc8785.dumps(data)  # which says what is wrong, or writes what is rare


def _written(data: Any) -> str:
    """What ``rfc8785.dumps`` writes, five times as fast; an error for what is rare."""
    kind = type(data)
    if kind is dict:
        pairs = [before + _written(data[name]) for name, before in _names(tuple(data))]
        return "{" + ",".join(pairs) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join(map(_written, data)) + "]"
    return _SIMPLE[kind](data)


@lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The names of an object in order, each with what goes before its value."""
    if not all(map(str.isascii, names)):
        raise KeyError  # sorted by UTF-16, which matters beyond ASCII
    return tuple((name, f"{_quoted(name)}:") for name in sorted(names))


def _whole(number: int) -> str:
    if not -_SAFE < number < _SAFE:
        raise KeyError
    return str(number)


def _real(number: float) -> str:
    """The shortest digits that give the number back; no ``.0``, no minus zero."""
    text = repr(number)
    if "e" in text or "n" in text:  # an exponent, nan, inf
        raise KeyError
    return "0" if number == 0 else text.removesuffix(".0")


_SAFE = 2**53
_SIMPLE: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: _whole,
    float: _real,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}


def content_id(value: object) -> str:
    """SHA-256 (hex) of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def row_id(origin: str, source_id: str, raw: bytes) -> str:
    """Id of one raw row; lengths go before parts, so none can pose as another."""
    digest = hashlib.sha256()
    for part in (origin.encode(), source_id.encode(), raw):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def identified(record: R, *, field: str) -> R:
    """The record with ``field`` set to the id of all its other content.

    The record goes through a decode round trip first, so that an int given for a float
    cannot change its id.
    """
    data = msgspec.to_builtins(record)
    data[field] = ""
    clean = msgspec.convert(data, type(record))
    return msgspec.structs.replace(clean, **{field: content_id(clean)})


def decode(data: bytes | str, of: type[R]) -> R:
    """A validated record from JSON; the only way in for records from outside."""
    return msgspec.json.decode(data, type=of)


def encode(value: Any) -> bytes:  # any JSON-able record
    """Readable JSON of a record: sorted keys, two spaces, a newline at the end."""
    return (
        msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)
        + b"\n"
    )
