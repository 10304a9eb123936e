"""Acts that stand until they are taken back: consents, mandates, requests (rule O7).

In ``needs`` an act asks whether it has been done and still stands: from its second on
until its actor takes it back, by ``withdraw_X`` or ``refuse_X`` or by the act itself
with the vote `no`. Asked ``of each`` of some, it must stand for every one of them;
contributors are the members who are on record with ``contribute``, and as long as there
is none every member.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.plan import Pattern, Plan, Stands, who_names

__all__ = ["kinds_for", "standing_spans"]

CONTRIBUTE: Final = "contribute"
TAKEN_BACK: Final = ("withdraw_", "refuse_")


def kinds_for(act: str) -> frozenset[str]:
    """The acts of which one must know to say whether an act stands."""
    return frozenset({act, CONTRIBUTE, *(f"{word}{act}" for word in TAKEN_BACK)})


def standing_spans(
    plan: Plan,
    facts: Sequence[Fact],
    asked: Stands,
    deed: Pattern,
    bound: Mapping[str, str | None],
) -> list[Span]:
    """The times in which the act stands, of everybody of whom it is asked.

    Args:
        plan: the agreement made ready.
        facts: at least those of :func:`kinds_for` the act, in time order.
        asked: the act as the text asks for it.
        deed: the same as a pattern.
        bound: what the rule's variables stand for.
    """
    open_deed = msgspec.structs.replace(deed, by=None, by_variable=None)
    who = _of_whom(plan, facts, asked, bound)
    each = [_of_one(plan, facts, open_deed, name, bound) for name in who]
    by = asked.deed.by
    if by is None or by.quantifier == "any":
        return sorted((s for one in each for s in one), key=lambda span: span.start)
    common = [Span()] if each else []
    for one in each:
        common = [
            Span(max(a.start, b.start), min(a.stop, b.stop))
            for a in common
            for b in one
            if max(a.start, b.start) < min(a.stop, b.stop)
        ]
    return common


def _of_whom(
    plan: Plan,
    facts: Sequence[Fact],
    asked: Stands,
    bound: Mapping[str, str | None],
) -> Sequence[str | None]:
    by = asked.deed.by
    if by is None:
        return sorted({fact.party or "" for fact in facts})
    if by.quantifier is None and by.names in {("party",), ("opponent",)}:
        parties = plan.agreement.party_names
        mine = by.names == ("party",)
        known = bound.get("party")
        return [p for p in parties if known is None or (p == known) == mine]
    names = who_names(plan.agreement, by)
    contributed = {fact.party for fact in facts if fact.kind == CONTRIBUTE}
    if by.names in {("contributor",), ("contributors",)} and contributed & {*names}:
        return [name for name in names if name in contributed]
    return names


def _of_one(
    plan: Plan,
    facts: Sequence[Fact],
    deed: Pattern,
    name: str | None,
    bound: Mapping[str, str | None],
) -> list[Span]:
    """When one actor's act stands."""
    back = {f"{word}{deed.act}" for word in TAKEN_BACK}
    spans: list[Span] = []
    since: int | None = None
    for fact in facts:
        if (fact.party or "") != name or not reaches(fact.p, plan.standard):
            continue
        taken = fact.kind in back or (fact.kind == deed.act and fact.vote == "no")
        if taken and since is not None:
            spans.append(Span(since, fact.t))
            since = None
        elif not taken and since is None and matches(fact, deed, dict(bound)):
            since = fact.t
    if since is not None:
        spans.append(Span(since, EVER))
    return [span for span in spans if span.start < span.stop]
