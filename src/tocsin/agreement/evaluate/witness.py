"""The smallest, earliest facts on which a count rests.

Irreducible: without any one of them the number would not be reached as surely as the
clause asks. Canonical: of all such sets the one that the earliest facts make, so that
every engine and every order of arrival gives the same (rule W1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.agreement.evaluate.chance import reaches

__all__ = ["earliest", "irreducible"]


def earliest(
    n: int, probability: Callable[[Sequence[int]], float], standard: float
) -> list[int]:
    """How many of the earliest things already reach the standard: 0 to that number.

    Args:
        n: how many things there are, in time order.
        probability: of the condition, were only these things there; it must not fall
            when a thing is added.
        standard: to be reached.
    """
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if reaches(probability(range(middle)), standard):
            high = middle
        else:
            low = middle + 1
    return list(range(low))


def irreducible(
    kept: Sequence[int],
    chance: Sequence[float],
    probability: Callable[[Sequence[int]], float],
    standard: float,
    *,
    independent: bool,
) -> list[int]:
    """Drop what is not needed, the least likely first and of equals the latest.

    Args:
        kept: things in time order that together reach the standard.
        chance: how likely each thing is, by its number.
        probability: of the condition, were only these things there.
        standard: to be reached.
        independent: of independent things the least likely is the first to go, so that
            one that is needed shows that all others are.
    """
    left = list(kept)
    for thing in sorted(kept, key=lambda n: (round(chance[n], 9), -n)):
        without = [other for other in left if other != thing]
        if reaches(probability(without), standard):
            left = without
        elif independent:
            break
    return left
