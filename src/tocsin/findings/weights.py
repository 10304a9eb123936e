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
    "HappenedWeights",
    "LineWeights",
    "NearWeights",
    "Roles",
    "Weights",
    "load_weights",
]

Chance = Annotated[float, Meta(gt=0, lt=1)]
Positive = Annotated[float, Meta(gt=0)]


class LineWeights(Record, frozen=True, kw_only=True):
    """What the side of the line says."""

    own_ground_impact: Chance
    own_ground_source: Chance
    own_ground_flight: Chance
    own_ground_jamming: Chance
    seen_at_source: Chance
    wrong_assessment: Annotated[float, Meta(gt=0, lt=0.5)]
    most: Annotated[float, Meta(gt=0.5, lt=0.95)]
    default_error_m: Annotated[float, Meta(ge=0)]


class BearingWeights(Record, frozen=True, kw_only=True):
    """What a bearing of fire says."""

    most_kappa: Positive
    default_kappa: Positive
    false_share: Chance
    homeward: Chance


class ClaimWeights(Record, frozen=True, kw_only=True):
    """What a claim says, by who makes it."""

    neutral: Positive
    on_the_spot: Positive
    admission: Positive
    interested: Annotated[float, Meta(ge=0)]
    resident: Annotated[float, Meta(ge=0)]
    residents: tuple[str, ...]
    graded: dict[str, float]


class HappenedWeights(Record, frozen=True, kw_only=True):
    """Whether it happened, as natural log-odds by platform and by grade."""

    another: Annotated[float, Meta(ge=0)]
    unlisted: float
    weapon: float
    direction: float
    hearsay: tuple[str, ...]
    fire: dict[str, float]
    other: dict[str, float]
    again: dict[str, float]
    silent: dict[str, Annotated[float, Meta(le=0)]]
    credibility: dict[str, float]


class NearWeights(Record, frozen=True, kw_only=True):
    """How far from the other side's ground hostile fire and anything else falls."""

    default_m: Positive
    share_of_range: Chance
    others_m: Positive
    most: Positive


class Roles(Record, frozen=True, kw_only=True):
    """Which kinds are seen where it fell, which at the source."""

    impact: tuple[str, ...]
    source: tuple[str, ...]
    unknown: tuple[str, ...]
    flight: tuple[str, ...]
    jamming: tuple[str, ...]
    both: tuple[str, ...]


class Weights(Record, frozen=True, kw_only=True):
    """All parameters of attribution; see the head of ``attribution.toml``."""

    name_from: Chance
    most: Chance
    line: LineWeights
    bearing: BearingWeights
    range_m: dict[str, float]
    claims: ClaimWeights
    happened: HappenedWeights
    near: NearWeights
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
