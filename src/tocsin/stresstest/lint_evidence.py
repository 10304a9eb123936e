"""Checks of breach and proof: no consequence, no proof, blinding that pays, no term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tocsin.agreement.terms import Article, Deed, Forbid, Norm, Oblige
from tocsin.agreement.walk import find, rules_of
from tocsin.stresstest.flaws import Flaw, Severity, Text

__all__ = ["NoConsequence", "PaysForBlinding", "StandardOutOfReach", "UndefinedTerms"]


class NoConsequence:
    """A breach from which nothing follows."""

    name: ClassVar[str] = "no_consequence"
    severity: ClassVar[Severity] = "grave"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Articles that bind the parties and that nothing refers to."""
        for article in text.articles:
            bound = [r for r in rules_of(article) if self._binds(text, r)]
            if not bound or text.consequence_of(article):
                continue
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=article.clause,
                where=article.where,
                message=f"nothing follows from a breach of {article.clause}",
                consequence="it can be broken for ever at no cost; the count of its"
                " breaches becomes the only answer to them",
                repair=f"count breaches of {article.clause} in a finding",
            )

    def _binds(self, text: Text, rule: object) -> bool:
        return isinstance(rule, Forbid | Oblige) and text.is_party(rule.who)


class StandardOutOfReach:
    """Proof asks for sources that whoever denies access can keep away."""

    name: ClassVar[str] = "standard_out_of_reach"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Findings with several sources where denial of access costs nothing."""
        paid = any(text.consequence_of(article) for article, _ in text.denials())
        for article, rule in text.findings.values():
            sources = (rule.standard.sources or 1) if rule.standard else 1
            if sources <= 1 or paid:
                continue
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=article.clause,
                where=rule.where,
                message=f"{article.clause} asks for {sources} independent sources",
                consequence="where access is denied there is at most one, and denying"
                " it leads to nothing: the finding fails exactly where it is needed",
                repair="make denial of access a breach that a finding counts, or lower"
                " the number of sources where access was denied",
            )


class PaysForBlinding:
    """A clause that is worth more to who blinds the monitors than it costs."""

    name: ClassVar[str] = "pays_for_blinding"
    severity: ClassVar[Severity] = "serious"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Free denials, and excuses that the bearer can bring about itself."""
        for article, rule in text.denials():
            if not text.consequence_of(article):
                yield self._free(article, rule)
        if text.findings and not list(text.denials()):
            yield self._unmentioned(text)
        for article, norm in text.rules():
            if isinstance(norm, Norm) and self._own_excuse(text, norm):
                yield self._excused(article, norm)

    def _flaw(self, article: Article, message: str, consequence: str) -> Flaw:
        return Flaw(
            check=self.name,
            severity=self.severity,
            clause=article.clause,
            where=article.where,
            message=message,
            consequence=consequence,
            repair="let denial of sight count against who denies it",
        )

    def _free(self, article: Article, rule: Forbid) -> Flaw:
        return self._flaw(
            article,
            f"{article.clause} forbids `{rule.deed.act}`, and nothing follows",
            "what the monitors cannot see is undetermined and never a breach, so that"
            " keeping them away is cheaper than keeping the peace",
        )

    def _unmentioned(self, text: Text) -> Flaw:
        article = next(iter(text.findings.values()))[0]
        return self._flaw(
            article,
            f"{article.clause} rests on what is seen; no clause protects the seeing",
            "who denies access or jams breaks nothing, and no breach can be found where"
            " nobody sees",
        )

    def _excused(self, article: Article, rule: Norm) -> Flaw:
        return self._flaw(
            article,
            f"{article.clause}: who must `{rule.deed.act}` can stop its own clock",
            "the condition that excuses it may be of its own making: the text does not"
            " ask who brought it about",
        )

    def _own_excuse(self, text: Text, rule: Norm) -> bool:
        if not text.is_party(rule.who):
            return False
        deeds = [d for excuse in rule.excuses for d in find(excuse, Deed)]
        own = {*rule.who.names, "party"}
        return any(d.by is None or own & set(d.by.names) for d in deeds)


class UndefinedTerms:
    """A term that the text uses and does not define."""

    name: ClassVar[str] = "undefined_term"
    severity: ClassVar[Severity] = "minor"

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Terms that are not stated."""
        for term in text.agreement.terms:
            if term.meaning is not None:
                continue
            words = term.name.replace("_", " ")
            yield Flaw(
                check=self.name,
                severity=self.severity,
                clause=term.name,
                where=term.where,
                message=f"the text does not say what `{words}` means",
                consequence="each side will read it its own way on the day that it"
                " matters, and both readings will be arguable",
                repair=f'write `term {term.name} is "..."`',
            )
