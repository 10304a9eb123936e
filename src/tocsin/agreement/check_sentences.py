"""Checks of the prose: a rule whose treaty sentence changed must be read again."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.agreement.names import Declared
from tocsin.agreement.terms import Block
from tocsin.model.records import Issue

__all__ = ["check_sentences"]


def check_sentences(declared: Declared) -> Iterator[Issue]:
    """Blocks whose sentence is not the one that they were written for."""
    for block in declared.agreement.blocks:
        if block.written is not None and block.written != block.digest:
            yield _changed(block)
        elif block.articles and not block.sentence:
            yield _missing(block)
        elif block.articles and block.written is None:
            yield _unmarked(block)


def _changed(block: Block) -> Issue:
    return Issue(
        code="sentence_changed",
        where=block.where,
        message=f"the sentence above{_named(block)} is not the one it was written for",
        repair="read the rules against the sentence again; if they still say the same,"
        f" run `tocsin fmt --stamp` (it writes `sha256:{block.digest}`)",
    )


def _unmarked(block: Block) -> Issue:
    return Issue(
        code="sentence_unmarked",
        where=block.where,
        message=f"nothing ties{_named(block)} to the sentence above",
        repair="read the rules against the sentence; if they say the same, run"
        f" `tocsin fmt --stamp` (it writes `sha256:{block.digest}`)",
        warning=True,
    )


def _missing(block: Block) -> Issue:
    return Issue(
        code="sentence_unmarked",
        where=block.where,
        message=f"no treaty sentence stands above{_named(block)}",
        repair="write the sentence that the rules render above the block",
        warning=True,
    )


def _named(block: Block) -> str:
    if not block.articles:
        return " this block"
    return " Article " + ", ".join(block.articles)
