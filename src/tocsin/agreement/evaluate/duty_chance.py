"""How likely it is that an obligation was called for and that nothing was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tocsin.agreement.evaluate.duty_calls import Call
from tocsin.agreement.evaluate.history import Fact

__all__ = ["called_and_idle", "measure"]

Stretches = list[tuple[float, float]]


def called_and_idle(call: Call, done: Sequence[Fact]) -> float:
    """P(it was called for and nothing was done): components are independent (P3)."""
    by_component: dict[int, Stretches] = {}
    for fact in done:
        by_component.setdefault(fact.component, []).append((fact.lo, fact.hi))
    own = -1 if call.caller is None else call.caller.component
    p = measure(call.chance, without=by_component.pop(own, []))
    for stretches in by_component.values():
        p *= 1.0 - measure(stretches)
    return p


def measure(
    stretches: Iterable[tuple[float, float]],
    *,
    without: Iterable[tuple[float, float]] = (),
) -> float:
    """Length of what the stretches cover and the others do not."""
    stretches, without = list(stretches), list(without)
    ends = sorted({end for pair in (*stretches, *without) for end in pair})
    total = 0.0
    for lo, hi in pairwise(ends):
        inside = any(a <= lo and hi <= b for a, b in stretches)
        if inside and not any(a <= lo and hi <= b for a, b in without):
            total += hi - lo
    return total
