"""The stress test of one text, whole: everything that ``stress.json`` says.

The keys of a guarantee are those of the command's reference
(``docs/reference/stress-json.md``). Every number that rests on inputs says so in a
sentence; what is not known is null, and what was not computed says why.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tocsin.model.records import Record
from tocsin.model.vocabulary import Marking, Origin
from tocsin.stresstest.falsehood import FalseActivation
from tocsin.stresstest.flaws import Flaw
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.slices import Slice
from tocsin.stresstest.strategy import Credibility
from tocsin.stresstest.structure import (
    Automaticity,
    Clock,
    Control,
    Cover,
    SinglePoint,
)
from tocsin.stresstest.survival import Durability
from tocsin.stresstest.tree import Gate, Leaf
from tocsin.stresstest.weaknesses import Weakness

__all__ = ["LIMITS", "Comparison", "Difference", "GuaranteeResult", "StressTest"]

LIMITS: Final = (
    "Inputs are judgements: every figure that rests on them is conditional on them.",
    "Histories are few and were not drawn by lot: a reference class is no forecast.",
    "Several equilibria may exist; a text cannot choose among them.",
    "Nothing here predicts an attack, or advises on the use of force.",
)


class GuaranteeResult(Record, frozen=True, kw_only=True):
    """Everything about one guarantee; ``tree`` is what was analysed."""

    clause: str
    name: str
    title: str
    kind: str
    can_activate: bool
    impossible: tuple[str, ...]
    veto_players: tuple[str, ...]
    smallest_blocking: tuple[str, ...]
    winning_minimal: tuple[tuple[str, ...], ...]
    winning_complete: bool
    cut_sets: tuple[tuple[str, ...], ...]
    time: Clock
    automaticity: Automaticity
    false_activation: FalseActivation | None
    single_points: tuple[SinglePoint, ...]
    violator_controlled: tuple[Control, ...]
    covers: Cover
    slices: tuple[Slice, ...]
    credibility: Credibility | None
    lint: tuple[Flaw, ...]
    tree: Gate | Leaf

    @property
    def key(self) -> str:
        """Clause and name: unique in an agreement."""
        return f"{self.clause} {self.name}"


class Difference(Record, frozen=True, kw_only=True):
    """One thing that two texts do not share."""

    what: str
    this: str
    other: str
    better: str


class Comparison(Record, frozen=True, kw_only=True):
    """This text against another.

    Attributes:
        other: name of the other text.
        verdict: a meaningful evolution, the same bargain, weaker, or mixed.
        differences: what changed, most important first.
        sentence: the verdict in words.
    """

    other: str
    verdict: str
    differences: tuple[Difference, ...]
    sentence: str


class StressTest(Record, frozen=True, kw_only=True):
    """The stress test of one text.

    Attributes:
        origin: always ``imagined``: nothing in it was observed.
        instruments: linked texts that are not in force, with their state.
        weaknesses: the gravest first.
        rank: the text's own strength, for rank comparisons only.
    """

    agreement: str
    title: str
    origin: Origin = Origin.IMAGINED
    marking: Marking = Marking.AMBER_STRICT
    draws: int
    seed: int
    inputs: Inputs
    guarantees: tuple[GuaranteeResult, ...]
    weaknesses: tuple[Weakness, ...]
    lint: tuple[Flaw, ...]
    slices: tuple[Slice, ...]
    instruments: tuple[str, ...]
    rank: float
    against: Comparison | None = None
    durability: Durability | None = None
    limits: tuple[str, ...] = LIMITS

    def as_json(self) -> bytes:
        """The result as JSON, the same bytes for the same inputs."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2)

    def as_builtins(self) -> Any:
        """The result as plain values."""
        return msgspec.to_builtins(self)
