"""What attribution goes by, as data: ``attribution.toml``, read and checked.

>>> load_weights().claims.neutral > load_weights().claims.interested
True
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from tocsin.model import Record

__all__ = [
    "BearingWeights",
    "ClaimWeights",
    "LineWeights",
    "Roles",
    "Weights",
    "load_weights",
]

Chance = Annotated[float, Meta(gt=0, lt=1)]
Positive = Annotated[float, Meta(gt=0)]


class LineWeights(Record, frozen=True, kw_only=True):
    """What the side of the line says."""

    own_ground_impact: Chance
    own_ground_unknown: Chance
    own_ground_source: Chance
    most: Annotated[float, Meta(gt=0.5, lt=0.95)]
    default_error_m: Annotated[float, Meta(ge=0)]


class BearingWeights(Record, frozen=True, kw_only=True):
    """What a bearing of fire says."""

    most_kappa: Positive
    default_kappa: Positive
    false_share: Chance


class ClaimWeights(Record, frozen=True, kw_only=True):
    """What a claim says, by who makes it."""

    neutral: Positive
    on_the_spot: Positive
    admission: Positive
    interested: Annotated[float, Meta(ge=0)]
    graded: dict[str, float]


class Roles(Record, frozen=True, kw_only=True):
    """Which kinds are seen where it fell, which at the source."""

    impact: tuple[str, ...]
    source: tuple[str, ...]
    unknown: tuple[str, ...]


class Weights(Record, frozen=True, kw_only=True):
    """All parameters of attribution; see the head of ``attribution.toml``."""

    name_from: Chance
    most: Chance
    line: LineWeights
    bearing: BearingWeights
    range_m: dict[str, float]
    claims: ClaimWeights
    happened: dict[str, Chance]
    roles: Roles


def load_weights(text: str | None = None) -> Weights:
    """The parameters in this TOML text; without one, those that come with Tocsin.

    Raises:
        msgspec.ValidationError: a parameter is missing or out of its bounds.
    """
    if text is None:
        place = files("tocsin.findings").joinpath("attribution.toml")
        text = place.read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Weights)
