"""What the checks of a text share: a flaw, and the text as the checks read it.

A flaw names its clause and line, what it leads to if nobody mends it, and the words
that would mend it. The severity is not a taste: it says what the flaw costs the
guarantee, and the sentence in ``consequence`` explains it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, Final, Literal, Protocol, TypeAlias

from tocsin.agreement.terms import (
    Agreement,
    Article,
    Breaches,
    FindingRule,
    Forbid,
    Norm,
    Oblige,
    Rule,
    Who,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.model.records import Record, Where
from tocsin.stresstest.compiling import ACCUSED, binding
from tocsin.stresstest.structure import Structure, structure_of

__all__ = ["DENIALS", "HOURS", "Check", "Flaw", "Severity", "Text", "in_hours"]

Severity: TypeAlias = Literal["grave", "serious", "minor"]
"""Grave: the guarantee may never act. Serious: it acts late, or on the wrong terms.
Minor: it acts, and its words invite dispute."""

HOURS: Final = 3_600
MOST_HOURS: Final = 96
DENIALS: Final = ("restrict", "jam", "deny_access", "obstruct")
"""Acts by which somebody keeps the monitors from seeing."""


class Flaw(Record, frozen=True, kw_only=True):
    """Something in the text by which a guarantee would fail.

    Attributes:
        check: which check found it.
        clause: the clause it stands in.
        where: file and line.
        message: what is wrong, with the words of the text.
        consequence: what it leads to; conditions stand inside the sentence.
        repair: what to write.
        also: the other clause, where it takes two.
    """

    check: str
    severity: Severity
    clause: str
    where: Where
    message: str
    consequence: str
    repair: str
    also: tuple[str, ...] = ()


class Text:
    """An agreement as the checks read it.

    Args:
        agreement: the agreement.
        fait_accompli_s: how fast facts may be created on the ground, in seconds.
    """

    def __init__(self, agreement: Agreement, *, fait_accompli_s: int) -> None:
        self.agreement = agreement
        self.fait_accompli_s = fait_accompli_s
        self.articles = binding(agreement)

    @cached_property
    def structures(self) -> tuple[Structure, ...]:
        """The structure of every guarantee."""
        return structure_of(self.agreement)

    def rules(self) -> Iterator[tuple[Article, Rule]]:
        """Every rule with its article."""
        for article in self.articles:
            for rule in rules_of(article):
                yield article, rule

    @cached_property
    def findings(self) -> dict[str, tuple[Article, FindingRule]]:
        """Findings by name."""
        return {
            rule.name: (article, rule)
            for article, rule in self.rules()
            if isinstance(rule, FindingRule)
        }

    @cached_property
    def pursued(self) -> frozenset[str]:
        """Numbers of the articles whose breach leads to anything."""
        numbers = {
            counted.article.number
            for article in self.articles
            for counted in find(article, Breaches)
        }
        return frozenset(
            article.number
            for number in numbers
            for article in self.agreement.find(number)
        )

    def binds_guarantor(self, rule: Rule) -> bool:
        """True where it binds somebody other than the parties."""
        return isinstance(rule, Norm) and not self.is_party(rule.who)

    def is_party(self, who: Who) -> bool:
        """True where parties are meant, or whoever is in breach."""
        parties = {"party", "parties", "opponent", ACCUSED, *self.agreement.party_names}
        return not who.of and set(who.names) <= parties

    def consequence_of(self, article: Article) -> bool:
        """Whether a breach of an article leads to anything."""
        own = any(
            isinstance(rule, Norm) and rule.failing_that for rule in rules_of(article)
        )
        return own or article.number in self.pursued

    def denials(self) -> Iterator[tuple[Article, Forbid]]:
        """Prohibitions to keep the monitors from seeing."""
        for article, rule in self.rules():
            if isinstance(rule, Forbid) and rule.deed.act in DENIALS:
                yield article, rule

    def duties(self) -> Iterator[tuple[Article, Oblige]]:
        """Obligations of those who are not parties."""
        for article, rule in self.rules():
            if isinstance(rule, Oblige) and self.binds_guarantor(rule):
                yield article, rule


class Check(Protocol):
    """One check of a text."""

    name: ClassVar[str]
    severity: ClassVar[Severity]

    def flaws(self, text: Text) -> Iterator[Flaw]:
        """Every place where the text has this flaw."""


def in_hours(seconds: float | None) -> str:
    """Seconds as hours or days, as a sentence says them."""
    if seconds is None:
        return "no time that the text limits"
    hours = seconds / HOURS
    return f"{hours:g} hours" if hours < MOST_HOURS else f"{hours / 24:g} days"
