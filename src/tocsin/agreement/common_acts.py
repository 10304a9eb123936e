"""Acts that an agreement need not declare, and who can perform each.

To these come the acts of ``acts.toml`` (which observations show them) and those that
the agreement declares itself. ``unexcused_X`` is the act X where no exception covers
it; nobody performs it as such.

>>> performers_of("active_combat")
('nobody',)
"""

from __future__ import annotations

from functools import cache
from typing import Final

from tocsin.agreement.terms import Names
from tocsin.model.acts import load_acts

__all__ = ["ANCHORS", "COMMON_ACTS", "common_acts", "performers_of"]

ANYBODY: Final[Names] = ()
NOBODY: Final[Names] = ("nobody",)
BODIES: Final[Names] = ("group", "body", "member")

COMMON_ACTS: Final[dict[str, Names]] = {
    "ceasefire": NOBODY,  # the moment, not an act of one side
    "active_combat": NOBODY,
    "signature": ANYBODY,
    "ratification": ANYBODY,
    "consent": ANYBODY,
    "mandate": ANYBODY,
    "notice": ANYBODY,
    "meet": BODIES,
    "deploy": ANYBODY,
    "clear": ANYBODY,
    "grant_access": ANYBODY,
    "inspection_requested": ANYBODY,
    "inspection_accepted": ANYBODY,
}
"""Name to who can perform it; () is anybody."""

ANCHORS: Final = frozenset(
    {"found", "alleged", "proposal", "due", "adopted", "rejected", "lapsed", "breach"}
)
"""Instants that a rule's own course gives, beside the acts."""


@cache
def common_acts() -> frozenset[str]:
    """Every act that needs no declaration."""
    return frozenset(COMMON_ACTS) | {rule.act for rule in load_acts()}


def performers_of(act: str) -> Names:
    """Who can perform an act that the agreement does not declare."""
    if act.startswith("unexcused_"):
        return NOBODY
    return COMMON_ACTS.get(act, ANYBODY)
