r"""The same agreement without names: what an imagined history may say aloud.

Everything that is written about imagined events names ``Party_A``, ``Guarantor_1``,
``Body_1``, ``Sector_1`` and never a state, a person or a place. The replacement is made
in the tree, so that the aliased agreement is checked, evaluated and written like any
other.

>>> from tocsin.agreement.parse import parse_rules
>>> tree = parse_rules("parties Northland, Southland\ngroup Coalition of Aurelia")
>>> aliased(tree.records).party_names
('Party_A', 'Party_B')
"""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

import msgspec

from tocsin.agreement.terms import (
    Act,
    Agreement,
    Instrument,
    Line,
    Status,
    Term,
    UndefinedTerm,
)

__all__ = ["aliased", "aliases_of", "renamed"]


def aliases_of(agreement: Agreement) -> dict[str, str]:
    """The alias of every name that an agreement gives to somebody or some place."""
    members = [m for group in agreement.groups for m in group.members]
    members += [m for body in agreement.bodies for m in body.members]
    members += [body.lead for body in agreement.bodies if body.lead]
    signed = [name for text in agreement.instruments for name in text.signed_by]
    found: dict[str, str] = {}
    for at, name in enumerate(agreement.party_names):
        found[name] = f"Party_{ascii_uppercase[at % 26]}"
    _number(found, "Group", [group.name for group in agreement.groups])
    _number(found, "Body", [body.name for body in agreement.bodies])
    _number(found, "Guarantor", [*members, *signed])
    _number(found, "Sector", [sector.name for sector in agreement.sectors])
    _number(found, "Site", [site.name for site in agreement.sites])
    _number(found, "Line", [line.name for line in agreement.lines])
    _number(found, "Zone", [zone.name for zone in agreement.zones])
    return found


def aliased(agreement: Agreement) -> Agreement:
    """The agreement with aliases for names, and without titles and sentences."""
    hidden: Agreement = renamed(agreement, aliases_of(agreement))
    return msgspec.structs.replace(
        hidden,
        name="Imagined",
        title="An imagined history; aliases only",
        statuses=(),
        instruments=(),
        blocks=(),
        mentions=(),
        acts=tuple(_unlabelled(act) for act in hidden.acts),
        terms=tuple(_undescribed(term) for term in hidden.terms),
        articles=tuple(
            msgspec.structs.replace(article, title=None, sentence="")
            for article in hidden.articles
        ),
    )


def _unlabelled(act: Act) -> Act:
    label = f"to {act.name.replace('_', ' ')}"
    return msgspec.structs.replace(act, label=label, labels=())


def _undescribed(term: UndefinedTerm) -> UndefinedTerm:
    meaning = None if term.meaning is None else "as the text says"
    return msgspec.structs.replace(term, meaning=meaning)


def _number(found: dict[str, str], word: str, names: list[str]) -> None:
    new = [name for name in dict.fromkeys(names) if name not in found]
    for at, name in enumerate(new, start=1):
        found[name] = f"{word}_{at}"


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A tree, or part of one, with every name replaced that has an alias."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(renamed(part, names) for part in value)
    if isinstance(value, Status | Instrument):
        return value  # left out of what is written
    if isinstance(value, Line):
        value = msgspec.structs.replace(value, description=None, published_by=None)
    if isinstance(value, Term):
        fields = {
            field: renamed(getattr(value, field), names)
            for field in value.__struct_fields__
            if field != "where"
        }
        return msgspec.structs.replace(value, **fields)
    return value
