"""What stands on record for an act: exceptions and conditions of a prohibition.

A reply to the same act of the opponent is judged world by world (rules X1 to X4). Every
other exception, and every condition under which a prohibition binds at all, rests on
what is on record: facts that reach the default standard (rules X5 and X6).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tocsin.agreement.evaluate.conditions import Bound, NotEvaluated
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import Act, Plea
from tocsin.agreement.evaluate.plan import ForbidRule
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Here, Provider
from tocsin.agreement.terms import AllOf, Condition, Exception_
from tocsin.model.records import Issue

__all__ = ["Pleas", "conditions_of"]


class Pleas:
    """Hears what stands on record for the acts of a prohibition."""

    def __init__(self, setting: Setting, sources: Provider) -> None:
        self.setting = setting
        self.record = OnRecord(setting, sources)
        self.joint: dict[int, Condition | None] = {}
        self.issues: dict[str, Issue] = {}

    def of(self, number: str) -> Callable[[ForbidRule, Act], Plea]:
        """Who hears the acts of one article."""

        def hear(rule: ForbidRule, act: Act) -> Plea:
            if rule.pausable and not self.setting.force.binds(number, act.t):
                return "allowed"
            return self._heard(rule, act, f"Article {number}")

        return hear

    def _heard(self, rule: ForbidRule, act: Act, clause: str) -> Plea:
        """Allowed, excused, forbidden, or unclear: a part cannot be evaluated."""
        if act.party is None or not (rule.exceptions or rule.only_when):
            return "forbidden"
        known = not np.isnan(act.lon) and not np.isnan(act.lat)
        here = Here((act.lon, act.lat) if known else None, frozenset({clause}))
        named = {"party": act.party, "sector": act.sector}
        bound = {name: value for name, value in named.items() if value is not None}
        try:
            limit = rule.only_when
            if limit is not None and not self.record.holds(limit, bound, act.t, here):
                return "allowed"
            if any(self._open(e, act.t, bound, here) for e in rule.exceptions):
                return "excused"
        except NotEvaluated as refused:
            self.issues.setdefault(refused.what, _issue(refused))
            return "unclear"
        return "forbidden"

    def _open(self, exception: Exception_, at: int, bound: Bound, here: Here) -> bool:
        """Open while its condition holds, at most for its limit since that began."""
        if id(exception) not in self.joint:
            self.joint[id(exception)] = conditions_of(exception)
        condition = self.joint[id(exception)]
        if condition is None:
            return True
        if not self.record.holds(condition, bound, at, here):
            return False
        if exception.limited_to is None:
            return True
        begun = self.record.begun(condition, bound, at, here)
        return at <= begun + exception.limited_to.seconds


def conditions_of(exception: Exception_) -> Condition | None:
    """What an exception asks for, as one condition; None: it is always open."""
    parts = [c for c in (exception.when, exception.needs) if c is not None]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(conditions=tuple(parts))


def _issue(refused: NotEvaluated) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"`{refused.what}` is read but not evaluated yet in an exception or"
        " condition of a prohibition: acts that it may excuse are undetermined",
        repair="judge these acts by hand",
        warning=True,
    )
