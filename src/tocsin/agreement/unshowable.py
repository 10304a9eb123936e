r"""Why no history can keep, or break, a clause: said plainly, where it is so.

In: an article, its agreement and its map. Out: a word for the reason, or "" where a
history can exist. The words are explained to readers in ``languages/messages.toml`` and
:mod:`tocsin.agreement.reading`.

>>> from tocsin.agreement.parse import parse_rules
>>> from tocsin.model.places import Areas
>>> tree = parse_rules("parties A\nArticle 1\n  permit A to fly").records
>>> why_none(tree, Areas(), tree.articles[0], "breaks", frozenset())
'permission'
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Literal

from tocsin.agreement.terms import (
    Agreement,
    Article,
    Deadline,
    DeadlineNotStated,
    Decision,
    Deed,
    Effect,
    FindingRule,
    Forbid,
    Near,
    Oblige,
    Permit,
    Power,
    Procedure,
    Rule,
)
from tocsin.agreement.walk import find
from tocsin.model.places import Areas

__all__ = ["UNLESS_SHOWN", "why_none"]

UNLESS_SHOWN: Final = frozenset({"nobody_decides", "no_course", "members_open"})
"""Reasons that stand only where the engine confirms no history all the same."""

FALLING: Final = "breaks"


def why_none(
    agreement: Agreement,
    areas: Areas,
    article: Article,
    mode: Literal["keeps", "breaks"],
    blocked: Collection[int | None],
) -> str:
    """The reason why no history can show this, or ""."""
    rules = article.rules
    if not rules:
        return "no_rule"
    if all(isinstance(rule, Permit) for rule in rules):
        return "permission"
    lines = {rule.where.line for rule in rules} | {article.where.line}
    if lines & (set(blocked) - {None}):
        return "not_evaluated"
    reasons = [_of_rule(agreement, areas, rule, mode) for rule in rules]
    return reasons[0] if all(reasons) else ""


def _of_rule(  # noqa: PLR0911  # one case for each kind of rule
    agreement: Agreement, areas: Areas, rule: Rule, mode: str
) -> str:
    falls = mode == FALLING
    match rule:
        case Permit():
            return "permission"
        case Power(trigger=None, needs=None) if falls:
            return "unconditional"
        case Power() if not falls and _open_members(agreement, rule):
            return "members_open"
        case Oblige() if falls and _is_open(rule.deadline):
            return "no_deadline"
        case Oblige() if falls == (rule.deed.act == "clear") and _on_no_map(
            agreement, areas, rule
        ):
            return "no_course"
        case Forbid() if falls and _on_no_map(agreement, areas, rule):
            return "no_course"
        case FindingRule() if falls and _nobody(agreement, rule.attribution):
            return "nobody_decides"
        case Decision():
            return _of_decision(agreement, rule, mode)
        case Effect() if _hangs_in_the_air(agreement, rule) and not falls:
            return "nobody_decides"
    return ""


def _of_decision(agreement: Agreement, rule: Decision, mode: str) -> str:
    if rule.procedure.consultation_only:
        return "consultation_only"
    if mode == FALLING and _is_open(rule.procedure.deadline):
        return "no_deadline"
    if _nobody(agreement, rule.procedure):
        return "nobody_decides"
    return ""


def _is_open(deadline: Deadline | None) -> bool:
    return deadline is None or isinstance(deadline, DeadlineNotStated)


def _nobody(agreement: Agreement, procedure: Procedure | None) -> bool:
    """A procedure of a body whose members the text does not name."""
    if procedure is None or procedure.by is None:
        return False
    known = [agreement.members_of(name) for name in procedure.by.names]
    named = [n for n in procedure.by.names if n not in _bodies(agreement)]
    return not named and not any(known)


def _open_members(agreement: Agreement, rule: Power) -> bool:
    """A power of a group whose members the text does not name."""
    named = [name for name in rule.who.names if name in _bodies(agreement)]
    return bool(named) and not any(agreement.members_of(name) for name in named)


def _bodies(agreement: Agreement) -> set[str]:
    groups = {group.name for group in agreement.groups}
    return groups | {body.name for body in agreement.bodies}


def _hangs_in_the_air(agreement: Agreement, rule: Effect) -> bool:
    """An effect that only a finding brings about which nobody can attribute."""
    upon = rule.trigger.upon if rule.trigger else None
    return upon is not None and any(_found_by_nobody(agreement, upon))


def _found_by_nobody(agreement: Agreement, upon: object) -> Iterator[bool]:
    name = getattr(upon, "finding", None)
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, FindingRule) and rule.name == name:
                yield _nobody(agreement, rule.attribution)


def _on_no_map(agreement: Agreement, areas: Areas, rule: Oblige | Forbid) -> bool:
    """A rule about a strip along a line that nobody drew: nothing is known in it."""
    zones = {zone.name: zone for zone in agreement.zones}
    drawn = {area.name for area in areas.areas if area.geometry is not None}
    nears = [zone.near for name in _zones_of(rule) if (zone := zones.get(name))]
    return any(near is not None and near.to not in drawn for near in nears)


def _zones_of(rule: Oblige | Forbid) -> set[str]:
    return {deed.in_ for deed in find(rule.deed, Deed) if deed.in_} | {
        near.to for near in find(rule.deed, Near)
    }
