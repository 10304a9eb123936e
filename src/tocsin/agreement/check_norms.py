"""Checks of rules against each other: who can, who must not, what follows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

from tocsin.agreement.common_acts import performers_of
from tocsin.agreement.names import KINDS_OF_ACTORS, Declared
from tocsin.agreement.terms import (
    Article,
    Breaches,
    Deed,
    FixedTime,
    Forbid,
    InForce,
    Names,
    Norm,
    Oblige,
    Permit,
    Power,
    Rule,
    Who,
)
from tocsin.agreement.walk import all_rules, find
from tocsin.model.records import Issue

__all__ = ["check_norms"]

Ruled: TypeAlias = tuple[Article, Rule]


def check_norms(declared: Declared) -> Iterator[Issue]:
    """Duties nobody can perform, contradictions, breaches without consequence."""
    for _, rule in all_rules(declared.agreement):
        if isinstance(rule, Oblige | Power):
            yield from _not_enforceable(rule, declared)
    yield from _contradictions(declared)
    yield from _without_consequence(declared)


# --- who can perform it


def _not_enforceable(norm: Norm, declared: Declared) -> Iterator[Issue]:
    """An act asked of somebody who cannot perform it (after EnfGuard's typing)."""
    performers = _performers(norm.deed.act, declared)
    for name in norm.who.names:
        roles = _roles(name, declared)
        known = name in declared.actors | KINDS_OF_ACTORS | {"opponent"}
        if known and performers and not roles & set(performers):
            yield Issue(
                code="not_enforceable",
                where=declared.where(name, norm.where),
                message=f"`{name}` cannot perform `{norm.deed.act}`:"
                f" that is done by {' or '.join(performers)}",
                repair="name somebody who can, or correct `performed by` of the act",
            )
    yield from _nobody_there(norm, declared)


def _performers(act: str, declared: Declared) -> Names:
    """Who can do an act: as its declaration says, else as the common act does."""
    own = [one.performed_by for one in declared.agreement.acts if one.name == act]
    return own[0] if own and own[0] else performers_of(act)


def _roles(name: str, declared: Declared) -> set[str]:
    """What a name is; a kind such as ``party`` is its own role."""
    roles = {name}
    if name in declared.parties or name == "opponent":
        roles.add("party")
    if name in declared.groups or name in {"guarantor", "group"}:
        roles.add("group")
    if name in declared.bodies:
        roles.add("body")
    if name in declared.members or name in {"contributor", "state"}:
        roles.add("member")
    return roles


def _nobody_there(norm: Norm, declared: Declared) -> Iterator[Issue]:
    """A group or body without members is nobody."""
    for name in norm.who.names:
        is_group = name in declared.groups | declared.bodies
        if is_group and not declared.agreement.members_of(name):
            message = f"`{name}` has no members, so nobody can be asked"
            if declared.is_open(name):
                message = f"the text does not say who belongs to `{name}`"
            yield Issue(
                code="not_enforceable",
                where=declared.where(name, norm.where),
                message=message,
                repair=f"say who belongs to `{name}`",
                warning=True,
            )


# --- contradictions


def _contradictions(declared: Declared) -> Iterator[Issue]:
    """The same act forbidden and owed or permitted: same bearer, place and time."""
    ruled = list(all_rules(declared.agreement))
    forbidden = [(a, r) for a, r in ruled if isinstance(r, Forbid) and _is_plain(r)]
    owed = [(a, r) for a, r in ruled if isinstance(r, Oblige | Permit)]
    for (one, forbid), (other, oblige) in product(forbidden, owed):
        if _collide(forbid, oblige, declared) and _overlap(one, other):
            yield _contradiction(one, forbid, other, oblige)


def _is_plain(forbid: Forbid) -> bool:
    """A prohibition with a way out does not contradict an obligation."""
    return not (forbid.exceptions or forbid.unless or forbid.needs or forbid.trigger)


def _collide(forbid: Forbid, oblige: Oblige | Permit, declared: Declared) -> bool:
    banned, owed = forbid.deed, oblige.deed
    return (
        banned.act == owed.act
        and _same_bearer(forbid.who, oblige.who, declared)
        and _covers(banned, owed)
    )


def _same_bearer(one: Who, other: Who, declared: Declared) -> bool:
    return bool(_bearers(one, declared) & _bearers(other, declared))


def _bearers(who: Who, declared: Declared) -> set[str]:
    names = set(who.names)
    if names & {"party", "opponent"}:
        names |= declared.parties
    if who.of is not None:
        names |= set(declared.agreement.members_of(who.of))
    return names


def _covers(banned: Deed, owed: Deed) -> bool:
    """True where whoever does what is owed does what is banned."""
    pairs = (
        (banned.thing, owed.thing),
        (banned.with_, owed.with_),
        (banned.in_, owed.in_),
        (banned.at, owed.at),
    )
    plain = banned.near is None and banned.against is None
    return plain and all(ban is None or ban == owe for ban, owe in pairs)


def _overlap(one: Article, other: Article) -> bool:
    """False where fixed dates keep the two articles apart."""
    return not (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: Article, other: Article) -> bool:
    end, start = _fixed_end(one.in_force), _fixed_start(other.in_force)
    return end is not None and start is not None and end <= start


def _fixed_end(in_force: InForce | None) -> str | None:
    if in_force and in_force.until and isinstance(in_force.until.base, FixedTime):
        return in_force.until.base.text
    return None


def _fixed_start(in_force: InForce | None) -> str | None:
    bases = [point.base for point in in_force.start] if in_force else []
    texts = [base.text for base in bases if isinstance(base, FixedTime)]
    return min(texts, default=None) if len(texts) == len(bases) else None


def _contradiction(
    one: Article, forbid: Forbid, other: Article, oblige: Oblige | Permit
) -> Issue:
    owed = f"{other.clause} obliges to `{oblige.deed.act}`, "
    if isinstance(oblige, Permit):
        owed = f"{other.clause} permits to `{oblige.deed.act}`, "
    return Issue(
        code="contradicts",
        where=oblige.where,
        message=f"{owed}{one.clause} forbids it: see both lines",
        repair="add `except` to the prohibition, or limit one of the two to a place",
        also=(forbid.where,),
    )


# --- consequence


def _without_consequence(declared: Declared) -> Iterator[Issue]:
    """An article whose breach nothing in the text takes up."""
    taken_up = _taken_up(declared)
    for article in declared.agreement.articles:
        breakable = [r for r in article.rules if isinstance(r, Forbid | Oblige)]
        silent = [rule for rule in breakable if not _goes_on(rule)]
        if silent and not any(article.is_meant_by(number) for number in taken_up):
            yield Issue(
                code="no_consequence",
                where=silent[0].where,
                message=f"nothing follows if {article.clause} is breached",
                repair="add `failing that`, or a finding that counts its breaches",
                warning=True,
            )


def _goes_on(rule: Norm) -> bool:
    return bool(rule.failing_that)


def _taken_up(declared: Declared) -> set[str]:
    """Numbers of the articles whose breaches some condition speaks of."""
    return {found.article.number for found in find(declared.agreement, Breaches)}
