"""Activations that nobody earned: how often a trigger fires falsely, and misses.

In: an agreement and inputs. Out: for every finding a curve over its threshold: the
probability per window that it fires although nobody broke the peace (sensors that err,
return fire taken for the first shot, staged incidents and forged reports), against the
probability that it does not fire although somebody did. A lower threshold trades the
one for the other; no repair in this room does so silently.

Counts of errors are Poisson; a staged incident adds its own with its own probability.
Where a clause asks for several independent sources, each error must repeat in each of
them (``common_error``). All of it is conditional on the inputs.

>>> import numpy as np
>>> rates = Rates(errors=1.0, staged=0.0, staged_size=0.0, breaches=10.0)
>>> curve(rates, np.array([1, 2])).false.round(3).tolist()
[0.632, 0.264]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

from tocsin.agreement.evaluate.plan import Finding, plan
from tocsin.agreement.terms import Agreement, Effect
from tocsin.agreement.walk import rules_of
from tocsin.model.records import Record
from tocsin.stresstest.compiling import Guarantee
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.tree import leaves

__all__ = ["Curve", "FalseActivation", "Rates", "curve", "false_activation", "rates_of"]

Reals = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]

POINTS: Final = 25
REVERSIBLE: Final = ("sanction", "snapback", "suspen", "embargo", "withhold")
IRREVERSIBLE: Final = ("strike", "fire", "attack", "destroy", "invade")


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What a trigger meets in one of its windows.

    Attributes:
        errors: expected false events from sensors and misread self-defence.
        staged: probability that somebody stages incidents to make it fire.
        staged_size: expected events when it does.
        breaches: expected events that are seen when somebody breaks the peace.
    """

    errors: float
    staged: float
    staged_size: float
    breaches: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Missed against false, by threshold; each array is one value a threshold."""

    threshold: Wholes
    false: Reals
    missed: Reals


class Point(Record, frozen=True, kw_only=True):
    """One threshold with what it costs on either side."""

    threshold: int
    false: float
    missed: float


class FalseActivation(Record, frozen=True, kw_only=True):
    """How often a guarantee would act on nothing, and whether that can be undone.

    Attributes:
        finding: the trigger, or "" where it hangs on none.
        threshold: of the text, or None where it is no count.
        per_window: probability that the trigger fires falsely, and its range.
        missed: probability that it does not fire on a breach, and its range.
        causes: share of the false ones by cause.
        curve: missed against false over other thresholds.
        reversible: whether the measure can be taken back; None: the text is silent.
        why: why it can, or cannot.
        sentence: the same in words, its condition inside.
    """

    finding: str
    threshold: int | None
    per_window: tuple[float, float, float]
    missed: tuple[float, float, float]
    causes: dict[str, float]
    curve: tuple[Point, ...]
    reversible: bool | None
    why: str
    sentence: str


def false_activation(
    agreement: Agreement, promised: Guarantee, inputs: Inputs
) -> FalseActivation | None:
    """The false side of a guarantee; None where no finding wakes it."""
    finding = next(_findings(agreement, promised), None)
    if finding is None:
        return None
    at = finding.count.at_least if finding.count else 1
    found = [_at(inputs, finding, at, side) for side in ("low", "middle", "high")]
    middle = rates_of(inputs, finding.sources, "middle")
    reversible, why = reversibility(agreement, promised, inputs)
    return FalseActivation(
        finding=finding.rule.name,
        threshold=at if finding.count else None,
        per_window=(found[0][0], found[1][0], found[2][0]),
        missed=(found[0][1], found[1][1], found[2][1]),
        causes=_causes(inputs, finding.sources, at),
        curve=_points(curve(middle, _thresholds(at))),
        reversible=reversible,
        why=why,
        sentence=_sentence(finding.rule.name, found, UNDONE[reversible]),
    )


def rates_of(inputs: Inputs, sources: int, side: str) -> Rates:
    """What a trigger meets at the low, middle or high end of the inputs."""

    def at(name: str) -> float:
        return float(getattr(inputs[name], side))

    repeats = at("common_error") ** (sources - 1)
    return Rates(
        errors=(at("sensor_errors") + at("misread_self_defence")) * repeats,
        staged=at("staged"),
        staged_size=at("staged_size"),
        breaches=at("breaches") * at("seen"),
    )


def curve(rates: Rates, threshold: Wholes) -> Curve:
    """Missed against false for each threshold."""
    plain = poisson.sf(threshold - 1, rates.errors)
    staged = poisson.sf(threshold - 1, rates.errors + rates.staged_size)
    return Curve(
        threshold=threshold,
        false=np.asarray((1 - rates.staged) * plain + rates.staged * staged),
        missed=np.asarray(poisson.cdf(threshold - 1, rates.errors + rates.breaches)),
    )


def reversibility(
    agreement: Agreement, promised: Guarantee, inputs: Inputs
) -> tuple[bool | None, str]:
    """Whether what a guarantee does can be taken back, and why."""
    if promised.name in inputs.reversible:
        return inputs.reversible[promised.name], "as the inputs say"
    if promised.kind == "consultation":
        return True, "talking can always be ended"
    name = promised.name.casefold()
    if any(word in name for word in IRREVERSIBLE):
        return False, f"`{promised.name}` cannot be undone once done"
    for article in agreement.articles:
        for rule in rules_of(article):
            if isinstance(rule, Effect) and rule.name == promised.name:
                ends = rule.unless or rule.lapses or rule.ends_when
                if ends:
                    return True, "the text says how it is suspended or ends"
    if any(word in name for word in REVERSIBLE):
        return True, f"`{promised.name}` can be lifted, but no clause says by whom"
    if promised.lapses_s is not None:
        return True, "it lapses by itself"
    return None, "the text does not say whether and how it is taken back"


def _findings(agreement: Agreement, promised: Guarantee) -> Iterator[Finding]:
    seen = {leaf.key.removesuffix(":seen") for leaf in leaves(promised.tree)}
    for finding in plan(agreement).findings:
        if finding.rule.name in seen:
            yield finding


def _at(inputs: Inputs, finding: Finding, at: int, side: str) -> tuple[float, float]:
    """False and missed at one end of the inputs; few breaches make more misses."""
    other = {"low": "high", "high": "low"}.get(side, side)
    false = curve(rates_of(inputs, finding.sources, side), np.array([at])).false
    missed = curve(rates_of(inputs, finding.sources, other), np.array([at])).missed
    return float(false[0]), float(missed[0])


def _thresholds(at: int) -> Wholes:
    most = max(2 * at, 10)
    return np.unique(np.linspace(1, most, min(POINTS, most)).round().astype(np.int64))


def _points(held: Curve) -> tuple[Point, ...]:
    rows = zip(held.threshold, held.false, held.missed, strict=True)
    return tuple(
        Point(threshold=int(t), false=float(f), missed=float(m)) for t, f, m in rows
    )


def _causes(inputs: Inputs, sources: int, at: int) -> dict[str, float]:
    """Share of each cause, by what remains of it when it is left out."""
    whole = rates_of(inputs, sources, "middle")
    repeats = inputs["common_error"].middle ** (sources - 1)
    parts = {
        "sensor error": inputs["sensor_errors"].middle * repeats,
        "self-defence misread": inputs["misread_self_defence"].middle * repeats,
    }
    total = _false(whole, at)
    lost = {
        name: total
        - _false(msgspec.structs.replace(whole, errors=whole.errors - part), at)
        for name, part in parts.items()
    }
    without = msgspec.structs.replace(whole, staged=0.0)
    lost["deception and provocation"] = total - _false(without, at)
    summed = sum(lost.values())
    return {name: value / summed if summed > 0 else 0.0 for name, value in lost.items()}


def _false(rates: Rates, at: int) -> float:
    return float(curve(rates, np.array([at])).false[0])


UNDONE: Final[dict[bool | None, str]] = {
    True: "can be taken back",
    False: "cannot be taken back",
    None: "may or may not be taken back: the text is silent",
}


def _sentence(name: str, found: list[tuple[float, float]], undone: str) -> str:
    return (
        f"Conditional on these inputs, {name.replace('_', ' ')} is alleged falsely in"
        f" {found[0][0]:.1%} to {found[2][0]:.1%} of its windows, and what follows"
        f" {undone}."
    )
