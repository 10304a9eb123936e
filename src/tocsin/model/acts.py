"""Which observations make which act of the language: ``acts.toml``, read and checked.

>>> sorted({rule.act for rule in load_acts()})[:3]
['advance', 'exercise_fire', 'fire']
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Literal

import msgspec

from tocsin.model.records import Record
from tocsin.model.vocabulary import (
    Assessment,
    ExplosionAssessment,
    Nature,
    ObservationKind,
    WeaponClass,
)

__all__ = ["ActRule", "load_acts"]


class ActRule(Record, frozen=True, kw_only=True):
    """One rule of ``acts.toml``; see the head of that file for each field."""

    act: str
    label: str
    kinds: tuple[ObservationKind, ...]
    natures: tuple[Nature, ...] = (Nature.EVENT,)
    weapons: tuple[WeaponClass, ...] = ()
    sources: tuple[str, ...] = ()
    only_settings: tuple[Assessment, ...] = ()
    not_settings: tuple[Assessment, ...] = ()
    not_assessments: tuple[ExplosionAssessment, ...] = ()
    by: Literal["attributed", "claimed"]
    because: str = ""


def load_acts() -> tuple[ActRule, ...]:
    """The rules, in the order of the file."""
    text = files("tocsin.model").joinpath("acts.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["rule"], tuple[ActRule, ...])
