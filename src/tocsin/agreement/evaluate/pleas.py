"""What stands on record for an act: exceptions and conditions of a prohibition.

A reply to the same act of the opponent is judged world by world (rules X1 to X4). Every
other exception, and every condition under which a prohibition binds at all, rests on
what is on record: facts that reach the default standard (rule X5).
"""

from __future__ import annotations

import numpy as np

from tocsin.agreement.evaluate.conditions import NotEvaluated, changes, truth
from tocsin.agreement.evaluate.history import Flags, Ints
from tocsin.agreement.evaluate.oracle_breaches import Act, Plea
from tocsin.agreement.evaluate.plan import ForbidRule
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Provider, Stage
from tocsin.agreement.terms import AllOf, Condition, Exception_
from tocsin.model.records import Issue

__all__ = ["Pleas"]

Course = tuple[Ints, Flags]
"""Instants, and whether a condition holds from each until the next."""


class Pleas:
    """Hears what stands on record for the acts of a prohibition."""

    def __init__(self, setting: Setting, sources: Provider) -> None:
        self.setting = setting
        self.sources = sources
        self.known: dict[tuple[str, str | None, str | None], Course] = {}
        self.issues: dict[str, Issue] = {}

    def __call__(self, rule: ForbidRule, act: Act) -> Plea:
        """Allowed, excused, forbidden, or unclear: a part cannot be evaluated."""
        if act.party is None or not rule.conditional:
            return "forbidden"
        try:
            if rule.only_when is not None and not self._holds(rule.only_when, act):
                return "allowed"
            if any(self._open(exception, act) for exception in rule.exceptions):
                return "excused"
        except NotEvaluated as refused:
            self.issues.setdefault(refused.what, _issue(refused))
            return "unclear"
        return "forbidden"

    def _holds(self, condition: Condition, act: Act) -> bool:
        at, held = self._course(condition, act)
        place = int(np.searchsorted(at, act.t, side="right")) - 1
        return place >= 0 and bool(held[place])

    def _open(self, exception: Exception_, act: Act) -> bool:
        """Open while its condition holds, at most for its limit since that began."""
        parts = [c for c in (exception.when, exception.needs) if c is not None]
        if not parts:
            return True
        condition = parts[0] if len(parts) == 1 else AllOf(conditions=tuple(parts))
        if not self._holds(condition, act):
            return False
        if exception.limited_to is None:
            return True
        at, held = self._course(condition, act)
        place = int(np.searchsorted(at, act.t, side="right")) - 1
        while place > 0 and held[place - 1]:
            place -= 1
        return act.t <= int(at[place]) + exception.limited_to.seconds

    def _course(self, condition: Condition, act: Act) -> Course:
        key = (str(condition), act.party, act.sector)
        if key not in self.known:
            self.known[key] = self._made(condition, act)
        return self.known[key]

    def _made(self, condition: Condition, act: Act) -> Course:
        named = {"party": act.party, "sector": act.sector}
        bound = {name: value for name, value in named.items() if value is not None}
        stage = Stage(self.setting, self.sources, condition, bound, on_record=True)
        first = min(int(self.setting.history.t[0]), self.setting.question.start)
        at = np.unique(np.append(changes(stage, condition, bound), first))
        return at, truth(stage, condition, bound, at)[:, 0]


def _issue(refused: NotEvaluated) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"`{refused.what}` is read but not evaluated yet in an exception or"
        " condition of a prohibition: acts that it may excuse are undetermined",
        repair="judge these acts by hand",
        warning=True,
    )
