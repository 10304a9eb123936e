"""Ways through the tree that several checks and readers need.

>>> from tocsin.agreement.terms import Deed, Happened, Not
>>> [type(term).__name__ for term in walk(Not(condition=Happened(deed=Deed(act="x"))))]
['Not', 'Happened', 'Deed']
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from tocsin.agreement.terms import Agreement, Article, Norm, Procedure, Rule, Term

__all__ = ["all_rules", "find", "procedures", "rules_of", "walk"]

Kind = TypeVar("Kind", bound=Term)


def walk(term: Term) -> Iterator[Term]:
    """The term and every term within it, in the order of its fields."""
    yield term
    for name in term.__struct_fields__:
        value = getattr(term, name)
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            if isinstance(part, Term):
                yield from walk(part)


def find(term: Term, kind: type[Kind]) -> Iterator[Kind]:
    """Every term of a kind within a term."""
    return (found for found in walk(term) if isinstance(found, kind))


def rules_of(article: Article) -> Iterator[Rule]:
    """The rules of an article, those after ``then`` included."""
    for rule in article.rules:
        yield rule
        if isinstance(rule, Norm):
            yield from rule.then


def all_rules(agreement: Agreement) -> Iterator[tuple[Article, Rule]]:
    """Every rule with its article; repealed articles are left out."""
    for article in agreement.articles:
        if not article.repealed:
            for rule in rules_of(article):
                yield article, rule


def procedures(agreement: Agreement) -> Iterator[Procedure]:
    """Every decision procedure, attributions and suspensions included."""
    return find(agreement, Procedure)
