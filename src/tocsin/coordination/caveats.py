"""What a state will not do, in the one place that knows what each caveat means.

In: a contribution, a need, a board. Out: whether it may serve, and if not, which
caveats stand in the way. A price of a caveat is what it would cover if it were lifted;
so every refusal names its caveats, all of them, and never only the first.
"""

from __future__ import annotations

from typing import Final

from tocsin.model.contributions import (
    EVERYWHERE,
    Board,
    Caveat,
    CaveatKind,
    Contribution,
    Need,
    Presence,
)

__all__ = ["areas_of", "barring", "bound_to", "label", "offered_in", "suits"]

FROM_WHERE: Final = frozenset(
    {
        CaveatKind.NO_TROOPS_ON_GROUND,
        CaveatKind.ONLY_FROM_NEIGHBOURING,
        CaveatKind.ONLY_REMOTE,
    }
)


def offered_in(one: Contribution, board: Board) -> frozenset[str]:
    """The regions that the offer names, before any caveat."""
    if EVERYWHERE in one.areas:
        return frozenset((*board.regions, *board.neighbouring))
    return frozenset(one.areas)


def areas_of(one: Contribution, board: Board) -> tuple[str, ...]:
    """The regions in which it may serve under its caveats, in the board's order."""
    kept = set(offered_in(one, board))
    for caveat in one.caveats:
        if caveat.kind is CaveatKind.ONLY_IN:
            kept &= set(caveat.areas)
        elif caveat.kind is CaveatKind.NOT_IN:
            kept -= set(caveat.areas)
    return tuple(a for a in (*board.regions, *board.neighbouring) if a in kept)


def bound_to(one: Contribution, board: Board) -> str:
    """The one region of the board in which it may serve, or "": there are several."""
    regions = [area for area in areas_of(one, board) if area in board.regions]
    return regions[0] if len(regions) == 1 else ""


def suits(one: Contribution, need: Need, board: Board) -> bool:
    """Whether the offer, without its caveats, is of the kind that the need asks for."""
    return (
        one.capability == need.capability
        and need.function in one.functions
        and need.area in offered_in(one, board)
        and (one.presence in need.presences or _says_from_where(one))
    )


def _says_from_where(one: Contribution) -> bool:
    """A caveat explains from where it acts; without it, it could act from elsewhere."""
    return any(caveat.kind in FROM_WHERE for caveat in one.caveats)


def barring(one: Contribution, need: Need, board: Board) -> tuple[int, ...]:
    """Positions of the caveats that keep it from the need; empty: none does.

    ``only_after_parliament`` bars nothing by itself: it is a gate, and time opens it.
    """
    return tuple(
        at for at, caveat in enumerate(one.caveats) if _bars(caveat, need, board)
    )


def _bars(caveat: Caveat, need: Need, board: Board) -> bool:
    asked = frozenset(need.presences)
    match caveat.kind:
        case CaveatKind.NO_TROOPS_ON_GROUND:
            return asked <= {Presence.INSIDE}
        case CaveatKind.ONLY_FROM_NEIGHBOURING:
            return Presence.NEIGHBOURING not in asked
        case CaveatKind.ONLY_REMOTE:
            return Presence.REMOTE not in asked
        case CaveatKind.ONLY_MONITORING:
            return need.function not in board.monitoring
        case CaveatKind.ONLY_IN:
            return need.area not in caveat.areas
        case CaveatKind.NOT_IN:
            return need.area in caveat.areas
        case CaveatKind.ONLY_AFTER_PARLIAMENT:
            return False


def label(one: Contribution, at: int) -> str:
    """A caveat in words, with whose it is: what the page and the prices call it."""
    caveat = one.caveats[at]
    plain = caveat.kind.value.replace("_", " ")
    named = ", ".join(caveat.areas) or caveat.body
    return f"{one.state}: {plain}" + (f" ({named})" if named else "")
