"""What fusion goes by, as data: ``fusion.toml``, read and checked.

>>> load_params().group_of()["explosion"] == load_params().group_of()["crater"]
True
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from tocsin.model import Record

__all__ = [
    "Decide",
    "Errors",
    "Floors",
    "KindParams",
    "Params",
    "RateParams",
    "ScaleParams",
    "load_params",
]

Positive = Annotated[float, Meta(gt=0)]


class Decide(Record, frozen=True, kw_only=True):
    """When two observations are one event."""

    threshold: float
    gate: Positive
    copy_window_s: Positive
    copy_llr: float


class Floors(Record, frozen=True, kw_only=True):
    """What is assumed where a row is silent or claims to know too well."""

    sigma_m: Positive
    t_sigma_s: Positive
    range_m: Positive
    width_deg: Positive


class RateParams(Record, frozen=True, kw_only=True):
    """How the local rate is estimated."""

    cell_m: Positive
    cell_s: Positive
    wide: Annotated[int, Meta(ge=2)]
    shrink: Positive
    start: Positive


class KindParams(Record, frozen=True, kw_only=True):
    """How much the reported kinds say."""

    agree: Annotated[float, Meta(gt=0, lt=1)]
    pseudo: Positive


class ScaleParams(Record, frozen=True, kw_only=True):
    """How far a source's stated errors may be corrected."""

    prior_pairs: Positive
    least: Positive
    most: Positive
    rounds: Annotated[int, Meta(ge=0)]


class Errors(Record, frozen=True, kw_only=True):
    """Standard errors of a platform."""

    sigma_m: Positive
    t_sigma_s: Positive


class Params(Record, frozen=True, kw_only=True):
    """All parameters of fusion; see the head of ``fusion.toml`` for each field."""

    decide: Decide
    floors: Floors
    rate: RateParams
    kinds: KindParams
    scales: ScaleParams
    assumed: ScaleParams
    groups: dict[str, tuple[str, ...]]
    platforms: dict[str, Errors]

    def group_of(self) -> dict[str, int]:
        """Number of the group of each kind, from 1; 0 stands for an unknown kind."""
        return {
            kind: number
            for number, kinds in enumerate(self.groups.values(), start=1)
            for kind in kinds
        }


def load_params(text: str | None = None) -> Params:
    """The parameters in this TOML text; without one, those that come with Tocsin.

    Raises:
        msgspec.ValidationError: a parameter is missing or out of its bounds.
    """
    return _own() if text is None else msgspec.convert(tomllib.loads(text), Params)


@cache
def _own() -> Params:
    place = files("tocsin.incidents").joinpath("fusion.toml")
    return msgspec.convert(tomllib.loads(place.read_text(encoding="utf-8")), Params)
