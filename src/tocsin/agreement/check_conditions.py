"""Checks of conditions: every variable is bound, and a finite record settles each.

The rules are those of safe-range first-order logic: every branch of an ``or`` binds
the same variables, negation stands only over variables that something else binds, and
what is negated must be settled at the instant of asking.

Reference: Basin et al., Monitoring Metric First-Order Temporal Properties, J. ACM 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from tocsin.agreement.names import VARIABLES, Declared
from tocsin.agreement.terms import (
    AllOf,
    AnyOf,
    Article,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    ConditionLet,
    Counted,
    DecisionIs,
    Deed,
    Effect,
    FindingRule,
    FindingState,
    Happened,
    Lasting,
    Norm,
    Not,
    Oblige,
    Rule,
    Sequence,
    Since,
    Trigger,
    Until,
    VariableIs,
    Who,
)
from tocsin.agreement.walk import all_rules, find
from tocsin.model.records import Issue, Where

__all__ = ["bound_by", "check_conditions"]

Bound: TypeAlias = frozenset[str]
NOTHING: Final[Bound] = frozenset()
SMALL: Final = frozenset({"<", "<=", "="})
CONTEXT: Final = frozenset({"opponent", "place", "member"})  # given by any party's deed


def check_conditions(declared: Declared) -> Iterator[Issue]:
    """Every unbound variable, unequal branch and unsafe negation."""
    for article, rule in all_rules(declared.agreement):
        yield from _of_rule(article, rule, declared)
    for let in declared.agreement.conditions:
        yield from _of_let(let, declared)


def bound_by(condition: Condition, declared: Declared, *, carry: bool = True) -> Bound:
    """The variables that a condition binds when it holds.

    Args:
        condition: any condition.
        declared: the names of its agreement.
        carry: whether a decision carries what its case is about. False where that is
            being asked, because decisions may wait for each other.
    """
    match condition:
        case Happened() | FindingState() | BreachOf() | Compare() | Lasting():
            return _spoken(condition, declared)
        case VariableIs():
            return NOTHING if condition.negated else frozenset({condition.variable})
        case AnyOf():
            branches = condition.conditions
            bound = [bound_by(branch, declared, carry=carry) for branch in branches]
            return frozenset.intersection(*bound)
        case DecisionIs():
            return _carried(condition, declared) if carry else NOTHING
    parts = _joint_parts(condition)
    return NOTHING.union(*(bound_by(part, declared, carry=carry) for part in parts))


def _joint_parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that all hold, at some time, when this one does."""
    match condition:
        case AllOf():
            return condition.conditions
        case Since():
            return condition.start, condition.holds
        case Until():
            return condition.end, condition.holds
        case Sequence():
            return condition.first, *(step.condition for step in condition.steps)
    return ()


# --- what a condition speaks of


def _spoken(
    condition: Happened | FindingState | BreachOf | Compare | Lasting,
    declared: Declared,
) -> Bound:
    match condition:
        case Happened():
            return _of_counted(condition.deed)
        case BreachOf():
            return _of_counted(condition.breaches)
        case Compare():
            return _of_counted(condition.left.subject)
        case Lasting():
            return _of_counted(condition.subject)
        case FindingState():
            names = condition.arguments or _variables_of(condition.finding, declared)
            return frozenset(names) & VARIABLES


def _variables_of(finding: str, declared: Declared) -> tuple[str, ...]:
    rule = declared.findings.get(finding)
    return rule.variables if rule else ()


def _of_counted(subject: Counted) -> Bound:
    names = {subject.in_} | _names(subject.by)
    if isinstance(subject, Breaches | Deed):
        names |= {subject.at}
    if isinstance(subject, Deed):
        names |= _names(subject.against)
        names |= {subject.near.to} if subject.near else set()
    return frozenset(name for name in names if name in VARIABLES)


def _names(who: Who | None) -> set[str | None]:
    if who is None or who.quantifier is not None:
        return set()
    return set(who.names)


def _carried(condition: DecisionIs, declared: Declared) -> Bound:
    """A decision is taken in a case: it carries what the case is about."""
    number = condition.article.number if condition.article else None
    return NOTHING.union(
        *(
            _of_trigger(rule.trigger, declared, carry=False)
            for article, rule in all_rules(declared.agreement)
            if rule.trigger and _is_meant(condition, article, rule, number)
        )
    )


def _is_meant(
    condition: DecisionIs, article: Article, rule: Rule, number: str | None
) -> bool:
    if number is not None:
        return article.is_meant_by(number)
    return getattr(rule, "name", None) == condition.decision


# --- rules


def _of_rule(article: Article, rule: Rule, declared: Declared) -> Iterator[Issue]:
    outer = NOTHING
    if rule.trigger is not None:
        outer = _of_trigger(rule.trigger, declared)
        if rule is _first_with(rule.trigger, article):
            yield from _of_trigger_parts(rule.trigger, declared)
    match rule:
        case Norm():
            yield from _of_norm(rule, outer, declared)
        case FindingRule():
            yield from _of_finding(rule, outer, declared)
        case Effect():
            yield from _of_effect(rule, outer, declared)
        case _:
            pass


def _first_with(trigger: Trigger, article: Article) -> Rule | None:
    """The first rule under a trigger: faults of the trigger are told only once."""
    return next((rule for rule in article.rules if rule.trigger == trigger), None)


def _of_trigger(trigger: Trigger, declared: Declared, *, carry: bool = True) -> Bound:
    parts = [part for part in (trigger.upon, trigger.when) if part is not None]
    return NOTHING.union(*(bound_by(part, declared, carry=carry) for part in parts))


def _of_trigger_parts(trigger: Trigger, declared: Declared) -> Iterator[Issue]:
    upon = NOTHING
    if trigger.upon is not None:
        yield from _faults(trigger.upon, NOTHING, declared)
        upon = bound_by(trigger.upon, declared)
    if trigger.when is not None:
        yield from _faults(trigger.when, upon, declared)


def _of_norm(norm: Norm, outer: Bound, declared: Declared) -> Iterator[Issue]:
    bearer = _names(norm.who) & {"party", "member"}
    yield from _unbound(norm.where, {str(name) for name in bearer} - outer)
    inner = outer | CONTEXT | {"party"}
    needed = _of_counted(norm.deed)
    if isinstance(norm, Oblige):
        yield from _unbound(norm.deed.where, set(needed - inner))
    inner |= needed
    for condition in _conditions_of(norm):
        yield from _faults(condition, inner, declared)


def _conditions_of(rule: Norm | Effect) -> Iterator[Condition]:
    """The conditions of a rule beside its trigger."""
    for condition in (rule.needs, rule.ends_when):
        if condition is not None:
            yield condition
    if rule.unless is not None:
        yield rule.unless.condition
    if isinstance(rule, Norm):
        yield from (excuse.while_ for excuse in rule.excuses)
        for exception in rule.exceptions:
            yield from (c for c in (exception.when, exception.needs) if c is not None)


def _of_finding(rule: FindingRule, outer: Bound, declared: Declared) -> Iterator[Issue]:
    yield from _faults(rule.when, outer, declared)
    bound = outer | bound_by(rule.when, declared)
    yield from _unbound(rule.where, set(rule.variables) - bound)


def _of_effect(rule: Effect, outer: Bound, declared: Declared) -> Iterator[Issue]:
    named = {str(name) for name in _names(rule.on) if name in VARIABLES}
    yield from _unbound(rule.where, named - outer)
    for condition in _conditions_of(rule):
        yield from _faults(condition, outer | CONTEXT | {"party"}, declared)


def _of_let(let: ConditionLet, declared: Declared) -> Iterator[Issue]:
    yield from _faults(let.when, NOTHING, declared)
    bound = bound_by(let.when, declared)
    yield from _unbound(let.where, set(let.variables) - bound)


_BIND: Final = {
    "party": "name it in `upon` or `when` (`of party`), or write `each party`",
    "sector": "name it in `upon` or `when` (`in sector`)",
    "site": "name it in `upon` or `when` (`at site`)",
    "opponent": "only an exception or excuse knows an opponent: write `party`",
}


def _unbound(where: Where, names: set[str]) -> Iterator[Issue]:
    for name in sorted(names):
        yield Issue(
            code="unbound",
            where=where,
            message=f"nothing says which `{name}` is meant",
            repair=_BIND[name] if name in _BIND else _BIND["party"],
        )


# --- within a condition


def _faults(condition: Condition, outer: Bound, declared: Declared) -> Iterator[Issue]:
    """Faults of a condition, given the variables that are bound around it."""
    match condition:
        case AllOf():
            around = outer | bound_by(condition, declared)
            for part in condition.conditions:
                yield from _faults(part, around, declared)
        case AnyOf():
            yield from _unequal(condition, outer, declared)
            for part in condition.conditions:
                yield from _faults(part, outer, declared)
        case Not():
            yield from _negated(condition, outer, declared)
        case Since():
            around = outer | bound_by(condition.start, declared)
            yield from _faults(condition.start, outer, declared)
            yield from _faults(condition.holds, around, declared)
        case Until():
            around = outer | bound_by(condition.end, declared)
            yield from _faults(condition.end, outer, declared)
            yield from _faults(condition.holds, around, declared)
        case Sequence():
            yield from _faults(condition.first, outer, declared)
            around = outer | bound_by(condition, declared)
            for step in condition.steps:
                yield from _faults(step.condition, around, declared)
        case Compare():
            yield from _small_numbers(condition, outer)
        case VariableIs(negated=True) if condition.variable not in outer:
            yield _unsafe(condition.where, {condition.variable})
        case _:
            pass


def _unequal(condition: AnyOf, outer: Bound, declared: Declared) -> Iterator[Issue]:
    """Branches bind the same variables; a decision may carry more of them."""
    told = [bound_by(part, declared, carry=False) for part in condition.conditions]
    wanted = NOTHING.union(*told) - outer
    for part, own in zip(condition.conditions, told, strict=True):
        missing = wanted - own - bound_by(part, declared)
        if missing:
            names = ", ".join(f"`{name}`" for name in sorted(missing))
            yield Issue(
                code="unbound",
                where=part.where,
                message=f"this alternative does not name {names}, another one does",
                repair="name the same party, sector and site in each, or write two"
                " articles",
            )


def _negated(condition: Not, outer: Bound, declared: Declared) -> Iterator[Issue]:
    inner = condition.condition
    free = bound_by(inner, declared) - outer
    if free:
        yield _unsafe(condition.where, set(free))
    inside = (inner, *_named_within(inner, declared))
    for until in (found for part in inside for found in find(part, Until)):
        yield Issue(
            code="unsafe",
            where=until.where,
            message="`not` over `until` asks of the future what is not there yet",
            repair="say it with `since`, or with a deadline",
        )
    for since in (found for part in inside for found in find(part, Since)):
        if since.within is None:
            yield _open_interval(since)
    yield from _faults(inner, outer, declared)


def _named_within(inner: Condition, declared: Declared) -> list[Condition]:
    """The named conditions that a condition asks for."""
    asked = {deed.act for deed in find(inner, Deed)}
    return [let.when for let in declared.agreement.conditions if let.name in asked]


def _open_interval(since: Since) -> Issue:
    return Issue(
        code="unsafe",
        where=since.where,
        message="`not` over `since` with an open interval: the record never ends",
        repair="close it: add `in the last` with a time",
    )


def _small_numbers(condition: Compare, outer: Bound) -> Iterator[Issue]:
    """Few or none: then also those of whom nothing is on record would count."""
    free = _of_counted(condition.left.subject) - outer
    if condition.operator in SMALL and free:
        yield _unsafe(condition.where, set(free))


def _unsafe(where: Where, names: set[str]) -> Issue:
    listed = " and ".join(f"`{name}`" for name in sorted(names))
    return Issue(
        code="unsafe",
        where=where,
        message=f"this would hold for every {listed} of which nothing is on record",
        repair=f"first say which {listed}: add a condition that must hold, with `and`",
    )
