"""From the parser's tree to terms: one method per rule of ``grammar.lark``.

The methods stand in three files after the parts of the grammar, each building on the
one before: words and conditions, rules and articles, definitions. What the grammar
cannot see (two deadlines for one duty, ``and`` beside ``or``) becomes an issue here.
"""

from __future__ import annotations

from lark import Token, Tree

from tocsin.agreement.build_definitions import DefinitionBuilder, PartOfAgreement
from tocsin.agreement.terms import Article
from tocsin.model.records import Issue

__all__ = ["PartOfAgreement", "build"]


def build(
    tree: Tree[Token] | Token, *, file: str
) -> tuple[Article | PartOfAgreement, list[Issue]]:
    """The term that a tree of the parser stands for, and what is wrong with it."""
    builder = DefinitionBuilder(file)
    if isinstance(tree, Token):
        raise TypeError(f"a lone token is no part of an agreement: {tree!r}")
    term = builder.transform(tree)
    return term, builder.issues
