"""Checks of who decides: talk, one's own judge, one alone, nobody, somebody unable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tocsin.agreement.common_acts import performers_of
from tocsin.agreement.terms import (
    Body,
    Decision,
    DecisionIs,
    Deed,
    FindingState,
    Group,
    Names,
    Norm,
    Oblige,
    Power,
)
from tocsin.agreement.walk import find, walk
from tocsin.stresstest.compiling import CONSULTS
from tocsin.stresstest.flaws import Flaw, Severity, Text

__all__ = [
    "CannotPerform",
    "ConsultOnly",
    "MembersNotStated",
    "PerverseUnilateralRight",
    "SelfJudging",
]


class ConsultOnly:
    """A promise to talk, from which nothing follows."""

    name: ClassVar[str] = "consult_only"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Consultations, and duties that are nothing but talk."""
        for article, rule in text.rules():
            if isinstance(rule, Decision) and rule.procedure.consultation_only:
                yield self._flaw(article.clause, rule, rule.name)
        for article, duty in text.duties():
            others = [r for r in article.rules if r is not duty]
            decides = any(isinstance(r, Decision) for r in others)
            if duty.deed.act in CONSULTS and not decides and not duty.failing_that:
                yield self._flaw(article.clause, duty, duty.deed.act)

    def _flaw(self, clause: str, rule: Decision | Oblige, what: str) -> Flaw:
        return Flaw(
            check=self.name,
            severity=self.severity,
            clause=clause,
            where=rule.where,
            message=f"{clause}: `{what}` is consultation only",
            consequence="the promise is kept by talking: nobody can fail it, and"
            " nothing has to follow from it",
            repair="add a decision with a vote, a deadline and a fallback",
        )


class SelfJudging:
    """Who is bound judges alone whether the case has come."""

    name: ClassVar[str] = "self_judging"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Duties and powers that wait for the judgement of their own bearer."""
        open_terms = {t.name for t in text.agreement.terms if t.meaning is None}
        for article, rule in text.rules():
            if not isinstance(rule, Oblige | Power) or not text.binds_guarantor(rule):
                continue
            why = self._why(rule, open_terms)
            if why:
                yield Flaw(
                    check=self.name,
                    severity=self.severity,
                    clause=article.clause,
                    where=rule.where,
                    message=f"{article.clause}: {why}",
                    consequence="each of them can say in good faith that the case has"
                    " not come; the guarantee is worth the will of the day",
                    repair="let a finding that others attribute wake it: `upon found`",
                )

    def _why(self, rule: Norm, open_terms: set[str]) -> str | None:
        names = set(rule.who.names) | ({rule.who.of} if rule.who.of else set())
        if rule.deed.thing in open_terms:
            return f"what `{rule.deed.thing}` is, is left to who must give it"
        for condition in (rule.needs, getattr(rule.trigger, "when", None)):
            for deed in find(condition, Deed) if condition else ():
                by = deed.by
                if by and names & {*by.names, by.of} and deed.act in JUDGES:
                    return f"its bearer must itself {deed.act.replace('_', ' ')}"
        return None


JUDGES = frozenset(
    {"satisfied", "deem", "judge", "determine", "consider", "mandate", "be_satisfied"}
)
"""Acts by which somebody judges for itself; a national mandate is one of them."""


class PerverseUnilateralRight:
    """One alone may act, and nobody has to find a breach first."""

    name: ClassVar[str] = "perverse_unilateral_right"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Powers of one alone that no finding or decision guards."""
        for article, rule in text.rules():
            if not isinstance(rule, Power) or rule.who.quantifier not in (
                "each",
                "any",
            ):
                continue
            if self._guarded(rule):
                continue
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=article.clause,
                where=rule.where,
                message=f"{article.clause}: each may {rule.deed.act} alone",
                consequence="a guarantor may use the guarantee for itself, against the"
                " others and with their name on it: an activation nobody asked for",
                repair="make it need a finding or an adopted decision",
            )

    def _guarded(self, rule: Power) -> bool:
        terms = (rule.needs, getattr(rule.trigger, "upon", None))
        inside = (found for term in terms if term is not None for found in walk(term))
        return any(isinstance(found, FindingState | DecisionIs) for found in inside)


class CannotPerform:
    """An obligation on somebody who cannot do what it asks."""

    name: ClassVar[str] = "cannot_perform"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Obligations outside what their act says its performers are."""
        own = {act.name: act.performed_by for act in text.agreement.acts}
        for article, rule in text.rules():
            if not isinstance(rule, Oblige):
                continue
            able = own.get(rule.deed.act) or performers_of(rule.deed.act)
            if able and not self._able(text, rule, able):
                who = ", ".join(rule.who.names)
                yield Flaw(
                    check=self.name,
                    severity=self.severity,
                    clause=article.clause,
                    where=rule.where,
                    message=f"{article.clause}: {who} cannot `{rule.deed.act}`",
                    consequence="it will be breached on the first day, by nobody's"
                    " choice, and every later breach will hide behind it",
                    repair=f"oblige who can: {', '.join(able)}",
                )

    def _able(self, text: Text, rule: Norm, able: Names) -> bool:
        kinds = {
            "party": text.agreement.party_names,
            "group": tuple(g.name for g in text.agreement.groups),
            "body": tuple(b.name for b in text.agreement.bodies),
            "member": tuple(m for g in text.agreement.groups for m in g.members),
        }
        allowed = {n for kind in able for n in (kind, *kinds.get(kind, ()))}
        return bool(set(rule.who.names) & allowed)


class MembersNotStated:
    """A group or body that decides, and nobody knows who belongs to it."""

    name: ClassVar[str] = "members_not_stated"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Groups and bodies without members."""
        everybody: tuple[Group | Body, ...] = (
            *text.agreement.groups,
            *text.agreement.bodies,
        )
        for held in everybody:
            lead = getattr(held, "lead", None)
            if held.members or (lead and held.members_stated):
                continue
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=held.name,
                where=held.where,
                message=f"the text does not say who belongs to {held.name}",
                consequence="no vote of it can be counted, so that its first meeting is"
                " about who may attend",
                repair=f"write `group {held.name} of ...` with the names",
            )
