"""Who can open, block or leave undone: gates of powers, and who stops what alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from tocsin.agreement.decisions import tally
from tocsin.agreement.source import condition_text
from tocsin.agreement.terms import (
    Agreement,
    AllOf,
    AnyOf,
    ArticleIs,
    Condition,
    DecisionIs,
    Happened,
    Power,
    Procedure,
    Who,
)
from tocsin.guarantees.promises import Gate

__all__ = ["alone", "can_block", "flat", "gates", "members"]

NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No ballots, no deadline: the instant of the question does not matter."""


def gates(agreement: Agreement, power: Power) -> tuple[Gate, ...]:
    """What a power needs, one gate for each act of each actor."""
    if power.needs is None:
        return ()
    needs = power.needs
    parts = needs.conditions if isinstance(needs, AllOf) else (needs,)
    return tuple(
        replace(gate, part=number)
        for number, part in enumerate(parts)
        for gate in _gate(agreement, power, part)
    )


def _gate(agreement: Agreement, power: Power, condition: Condition) -> Iterator[Gate]:
    match condition:
        case ArticleIs(state="in_force"):
            number = condition.article.number
            words = f"Article {number} in force"
            yield Gate(kind="in_force", words=words, name=f"Article {number}")
        case DecisionIs(outcome="adopted"):
            name = condition.decision or str(condition.article)
            yield Gate(kind="adopted", words=f"adopted {name}", name=name)
        case Happened():
            yield from _act_gates(agreement, power, condition)
        case _:
            words = _words(condition)
            yield Gate(kind="other", words=words, name=type(condition).__name__)


def _words(condition: Condition) -> str:
    """A condition in the words of the text, on one line."""
    if isinstance(condition, AllOf | AnyOf):
        join = " and " if isinstance(condition, AllOf) else " or "
        return join.join(_words(part) for part in condition.conditions)
    return condition_text(condition).replace("_", " ")


def _act_gates(
    agreement: Agreement, power: Power, happened: Happened
) -> Iterator[Gate]:
    act, by = happened.deed.act, happened.deed.by
    plain = act.replace("_", " ")
    if by is None:
        yield Gate(kind="act", words=plain, name=act)
        return
    names = members(agreement, power.who) if by.quantifier else by.names
    each = by.quantifier is not None
    for name in names:
        words = f"{plain} of {name}"
        yield Gate(kind="act", words=words, name=act, by=name, of_each=each)


def members(agreement: Agreement, who: Who | None) -> tuple[str, ...]:
    """Everybody who is meant: the members of groups and bodies, else the names."""
    names = who.names if who else ()
    return tuple(
        dict.fromkeys(
            m for name in names for m in agreement.members_of(name) or (name,)
        )
    )


def can_block(agreement: Agreement, procedure: Procedure) -> tuple[str, ...]:
    """Who alone can stop a decision while nobody has voted: vetoes, pivotal members."""
    names = procedure.by.names if procedure.by else ()
    said = [g.weights for g in agreement.groups if g.name in names]
    said += [b.weights for b in agreement.bodies if b.name in names]
    weights = {weight.name: weight.votes for each in said for weight in each}
    who = members(agreement, procedure.by)
    return tally(procedure, (), members=who, weights=weights, at=NO_TIME).can_block


def alone(agreement: Agreement, names: tuple[str, ...]) -> tuple[str, ...]:
    """Who alone can leave a duty undone: its bearer, where that is one state."""
    states = [m for name in names for m in agreement.members_of(name) or (name,)]
    return names if len(states) == 1 else ()


def flat(condition: Condition) -> Iterator[Condition]:
    """The simple conditions of which a condition is made, however they are joined."""
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.conditions:
            yield from flat(part)
    else:
        yield condition
