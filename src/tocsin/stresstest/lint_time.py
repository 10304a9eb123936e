"""Checks of clocks and ends: no deadline, too long a deadline, no renewal, no exit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tocsin.agreement.terms import (
    AtAllTimes,
    Deadline,
    DeadlineNotStated,
    Decision,
    Deed,
    Effect,
    InForce,
    Norm,
    Power,
    Rule,
)
from tocsin.agreement.walk import find
from tocsin.stresstest.flaws import Flaw, Severity, Text, in_hours

__all__ = ["DeadlineTooLong", "EscapeClause", "MandateWithoutRenewal", "NoDeadline"]


class NoDeadline:
    """Something that a guarantor must do or decide, and no time by which."""

    name: ClassVar[str] = "no_deadline"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Duties of guarantors, decisions and measures without a deadline."""
        for article, rule in text.rules():
            what = self._open(text, rule)
            if what is None:
                continue
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=article.clause,
                where=rule.where,
                message=f"{article.clause}: {what} has no deadline",
                consequence="it is never late, so nothing follows from not doing it:"
                " waiting is a way to refuse that nobody has to own",
                repair="add `within 72 hours`",
            )

    def _open(self, text: Text, rule: Rule) -> str | None:
        if isinstance(rule, Decision) and _none(rule.procedure.deadline):
            return f"the decision {rule.name}"
        if isinstance(rule, Effect) and isinstance(rule.deadline, DeadlineNotStated):
            return f"the measure {rule.name}"
        if isinstance(rule, Norm) and not isinstance(rule, Power):
            duty = text.binds_guarantor(rule) and type(rule).__name__ == "Oblige"
            if duty and _none(rule.deadline):
                return f"`{rule.deed.act}`"
        return None


def _none(deadline: Deadline | None) -> bool:
    return deadline is None or isinstance(deadline, DeadlineNotStated)


class DeadlineTooLong:
    """What is promised comes after facts are made on the ground."""

    name: ClassVar[str] = "deadline_too_long"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Guarantees whose promised time exceeds that of a fait accompli."""
        for found in text.structures:
            promised = found.time.promised
            if promised is None or promised <= text.fait_accompli_s:
                continue
            article = next(a for a in text.articles if a.clause == found.clause)
            fast = in_hours(text.fait_accompli_s)
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=found.clause,
                where=article.where,
                message=f"{found.key}: promised {in_hours(promised)} after the breach",
                consequence="if facts on the ground are made within"
                f" {fast} (an input), every deadline can be kept and the response"
                " still comes when there is nothing left to prevent",
                repair="shorten the deadlines on its critical path, or let a first"
                " measure follow without a decision",
            )


class MandateWithoutRenewal:
    """A mandate, power or article that ends, and no rule by which it is renewed."""

    name: ClassVar[str] = "mandate_without_renewal"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Ends without renewal."""
        if any(_renews(deed.act) for deed in find(text.agreement, Deed)):
            return
        for article, rule in text.rules():
            lapses = getattr(rule, "lapses", None)
            force = article.in_force or InForce()
            if lapses is None and force.for_ is None:
                continue
            ends = f"{force.for_}" if force.for_ else "its own term"
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=article.clause,
                where=rule.where,
                message=f"{article.clause} ends after {ends}; nothing renews it",
                consequence="whoever wants it gone needs only to wait: its end needs no"
                " decision, its survival needs one that the text does not know",
                repair="say who renews it, by which vote, before it ends",
            )


def _renews(act: str) -> bool:
    return any(word in act for word in ("renew", "extend", "prolong"))


class EscapeClause:
    """An exception, excuse or suspension that nothing limits."""

    name: ClassVar[str] = "escape_clause"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Exceptions and excuses without a limit."""
        for article, rule in text.rules():
            if not isinstance(rule, Norm):
                continue
            for what in self._unlimited(rule):
                yield Flaw(
                    check=self.name,
                    severity=self.severity,
                    clause=article.clause,
                    where=rule.where,
                    message=f"{article.clause}: {what} has no limit",
                    consequence="once opened it lasts as long as its user likes;"
                    " flexible texts of this kind are breached more often (Park 2023,"
                    " as read in its abstract)",
                    repair="add `limited to 30 minutes` to an exception, `at most 48"
                    " hours` to an excuse",
                )

    def _unlimited(self, rule: Norm) -> Iterator[str]:
        for exception in rule.exceptions:
            if exception.limited_to is None:
                yield f"the exception {exception.name}"
        for excuse in rule.excuses:
            if excuse.at_most is None:
                yield "the excuse that stops its clock"
        if isinstance(rule.deadline, AtAllTimes) and rule.unless is not None:
            yield "the ground that lifts a standing duty"
