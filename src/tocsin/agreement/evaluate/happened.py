"""What has happened in procedures, as conditions and triggers may speak of it.

Episodes alleged and found, decisions taken, breaches stated: made by one round of
:mod:`tocsin.agreement.evaluate.procedure` and looked at by the next (rule G7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from tocsin.agreement.terms import Agreement, DecisionIs, FindingState

__all__ = ["Event", "is_decided", "is_stated"]

Kind = Literal[
    "alleged",
    "found",
    "breach",
    "adopted",
    "rejected",
    "lapsed",
    "pending",
    "consulted",
    "otherwise",
]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a party, in a sector, about a subject.

    ``last`` is the last second of an episode that was alleged, or None: it is open.
    """

    kind: Kind
    name: str
    article: str
    party: str | None
    sector: str | None
    t: int
    subject: str | None = None
    episode: str | None = None
    last: int | None = None


def is_stated(
    condition: FindingState,
    event: Event,
    bound: Mapping[str, str | None],
    variables: tuple[str, ...],
) -> bool:
    """The event is such an episode, of whom and where the text asks for.

    Args:
        condition: with its arguments, one for each variable of the finding; a name of
            a party or sector stands for itself.
        event: what happened.
        bound: what the variables stand for; those that are not bound fit anything.
        variables: of the finding.
    """
    if event.kind != condition.state or event.name != condition.finding:
        return False
    held = {"party": event.party, "sector": event.sector}
    for variable, argument in zip(variables, condition.arguments, strict=False):
        if argument == "opponent" and "party" in bound:
            if held.get(variable) == bound["party"]:
                return False
        elif argument in {"party", "sector", "opponent"}:
            if argument in bound and held.get(variable) != bound[argument]:
                return False
        elif held.get(variable) != argument:
            return False
    return True


def is_decided(
    agreement: Agreement,
    condition: DecisionIs,
    event: Event,
    bound: Mapping[str, str | None],
) -> bool:
    """The event is such an outcome, about the same party and sector if about any."""
    if event.kind != condition.outcome:
        return False
    if condition.article is not None:
        meant = {a.clause for a in agreement.find(condition.article.number)}
        if event.article not in meant:
            return False
    elif event.name != condition.decision:
        return False
    mine = event.party in {None, bound.get("party", event.party)}
    return mine and event.sector in {None, bound.get("sector", event.sector)}
