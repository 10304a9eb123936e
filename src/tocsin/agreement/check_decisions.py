"""Checks of decision procedures: somebody decides, and the numbers can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.agreement.decisions import eligible
from tocsin.agreement.names import Declared
from tocsin.agreement.terms import (
    Decision,
    FindingRule,
    Group,
    Names,
    Procedure,
    VoteNumber,
    VoteOf,
    VoteShare,
    VoteUnanimous,
)
from tocsin.agreement.walk import all_rules, find, procedures
from tocsin.model.records import Issue, Where

__all__ = ["check_decisions"]


def check_decisions(declared: Declared) -> Iterator[Issue]:
    """Missing deciders and fallbacks, impossible votes, vetoes from outside."""
    for _, rule in all_rules(declared.agreement):
        if isinstance(rule, Decision):
            yield from _decider(rule.procedure, rule, declared)
            yield from _fallback(rule.procedure, rule.where)
        elif isinstance(rule, FindingRule) and rule.attribution is not None:
            yield from _decider(rule.attribution, rule, declared)
            yield from _fallback(rule.attribution, rule.attribution.where)
    for procedure in procedures(declared.agreement):
        yield from _votes(procedure, declared)
        yield from _vetoes(procedure, declared)


def _members(procedure: Procedure, declared: Declared) -> Names:
    """The members of whoever decides."""
    if procedure.by is None:
        return ()
    members: list[str] = []
    for name in procedure.by.names:
        is_group = name in declared.groups | declared.bodies
        own = declared.agreement.members_of(name) if is_group else (name,)
        members.extend(own)
    return tuple(members)


def _decider(
    procedure: Procedure, rule: Decision | FindingRule, declared: Declared
) -> Iterator[Issue]:
    if procedure.consultation_only:
        return
    if procedure.by is None:
        message = f"the text does not say who decides `{rule.name}`"
        yield _no_decider(rule.where, message, f"write `decide {rule.name} by BODY`")
    elif not eligible(procedure, _members(procedure, declared)):
        name = ", ".join(procedure.by.names)
        message = f"`{name}` has no members who could decide `{rule.name}`"
        if declared.is_open(name):
            message = f"the text does not say who in `{name}` decides `{rule.name}`"
        repair = f"say who belongs to `{name}`"
        yield _no_decider(procedure.where, message, repair, warning=True)
    elif procedure.vote is None and len(_members(procedure, declared)) > 1:
        message = f"the text does not say how `{rule.name}` is decided"
        yield _no_decider(procedure.where, message, "add a `vote` line", warning=True)


def _no_decider(
    where: Where, message: str, repair: str, *, warning: bool = False
) -> Issue:
    return Issue(
        code="no_decider", where=where, message=message, repair=repair, warning=warning
    )


def _fallback(procedure: Procedure, where: Where) -> Iterator[Issue]:
    if procedure.otherwise is None and not procedure.consultation_only:
        yield Issue(
            code="no_fallback",
            where=where,
            message="nothing follows if this is not decided in time",
            repair="add `otherwise` with an article, or with `adopted` or `rejected`",
            warning=True,
        )


# --- votes


def _votes(procedure: Procedure, declared: Declared) -> Iterator[Issue]:
    members = eligible(procedure, _members(procedure, declared))
    weights = _weights(procedure, declared)
    total = sum(weights.get(name, 1) for name in members)
    for test in find(procedure, VoteOf):
        yield from _vote_of(test, declared)
    for everybody in find(procedure, VoteUnanimous):
        yield from _unknown_voters(everybody.names, everybody.where, declared)
    for number in find(procedure, VoteNumber):
        held = len(members) if number.of == "members" else total
        if members and number.at_least > held:
            message = f"{number.at_least:g} {number.of} are asked for, there are {held}"
            yield _impossible(number.where, message, f"ask for at most {held}")
    for share in find(procedure, VoteShare):
        yield from _vote_share(share)


def _weights(procedure: Procedure, declared: Declared) -> dict[str, int]:
    """Votes of each member: the procedure's own, else those of the deciding body."""
    names = procedure.by.names if procedure.by else ()
    agreement = declared.agreement
    bodies: tuple[Group, ...] = tuple(g for g in agreement.groups if g.name in names)
    held = [weight for body in bodies for weight in body.weights]
    held += [w for body in agreement.bodies if body.name in names for w in body.weights]
    return {weight.name: weight.votes for weight in (*held, *procedure.weights)}


def _vote_of(test: VoteOf, declared: Declared) -> Iterator[Issue]:
    yield from _unknown_voters(test.names, test.where, declared)
    named = len(set(test.names))
    if test.total is not None and test.total != named:
        message = f"the rule says `of {test.total}`, but names {named}"
        yield _impossible(
            test.where, message, f"write `of {named}`, or correct the list"
        )
    elif test.at_least > named:
        message = f"{test.at_least} of {named} can never be reached"
        yield _impossible(test.where, message, f"ask for at most {named}")


def _unknown_voters(names: Names, near: Where, declared: Declared) -> Iterator[Issue]:
    for name in names:
        if name not in declared.actors:
            yield declared.unknown("member", name, declared.actors, near)


def _vote_share(test: VoteShare) -> Iterator[Issue]:
    upper, lower = test.share.numerator, test.share.denominator
    if lower == 0 or upper > lower or (test.more_than and upper >= lower):
        message = f"a share of {upper}/{lower} can never be reached"
        yield _impossible(test.where, message, "write a share below the whole")


def _impossible(where: Where, message: str, repair: str) -> Issue:
    return Issue(code="votes_impossible", where=where, message=message, repair=repair)


# --- vetoes


def _vetoes(procedure: Procedure, declared: Declared) -> Iterator[Issue]:
    voters = eligible(procedure, _members(procedure, declared))
    for name in procedure.vetoes:
        if name not in declared.actors:
            yield declared.unknown("member", name, declared.actors, procedure.where)
        elif voters and name not in voters:
            yield _veto_outside(name, procedure, declared)
    for name in procedure.outside_vetoes:
        if name not in declared.actors:
            yield declared.unknown("member", name, declared.actors, procedure.where)


def _veto_outside(name: str, procedure: Procedure, declared: Declared) -> Issue:
    decider = ", ".join(procedure.by.names) if procedure.by else "the body"
    return Issue(
        code="veto_outside",
        where=declared.where(name, procedure.where),
        message=f"`{name}` holds a veto but is no member of {decider}",
        repair=f"if the text means it, write `outside veto {name}`",
    )
