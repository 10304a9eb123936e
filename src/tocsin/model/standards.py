"""How sure is sure enough: ``standards.toml``, read and checked.

>>> load_standards().level[load_standards().default]
0.55
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from tocsin.errors import WrongUse
from tocsin.model.records import Probability, Record, Share

__all__ = ["Standards", "load_standards"]


class Standards(Record, frozen=True, kw_only=True):
    """The named standards of evidence.

    Attributes:
        default: the level of a clause that names none.
        watched: smallest share of a sector that counts as watched.
        level: probability from which a clause says "breached", by name.
    """

    default: str
    watched: Share
    level: dict[str, Probability]


@cache
def load_standards() -> Standards:
    """The standards that hold where an agreement does not set its own.

    Raises:
        WrongUse: the default is not one of the levels.
    """
    text = files("tocsin.model").joinpath("standards.toml").read_text(encoding="utf-8")
    standards = msgspec.convert(tomllib.loads(text), Standards)
    if standards.default not in standards.level:
        raise WrongUse(
            f"standards.toml: the default `{standards.default}` has no level"
        )
    return standards
