r"""Everything that is wrong with an agreement, all at once, before anything runs it.

In: the tree. Out: ``Outcome[Agreement]`` with an issue for each fault, in the order of
the text; those that are not warnings make the agreement unusable. Each check stands in
a file of its own (``check_names``, ``check_times``, ...) and is a function from
:class:`~tocsin.agreement.names.Declared` to issues.

>>> from tocsin.agreement.parse import parse_rules
>>> tree = parse_rules("parties A, B\nArticle 1\n  oblige each party to clear")
>>> [i.message for i in check(tree.records).issues if not i.warning]
['this obligation has no deadline']
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, TypeAlias

from tocsin.agreement.check_conditions import check_conditions
from tocsin.agreement.check_decisions import check_decisions
from tocsin.agreement.check_evidence import check_evidence
from tocsin.agreement.check_judged import check_judged
from tocsin.agreement.check_names import check_names
from tocsin.agreement.check_norms import check_norms
from tocsin.agreement.check_rings import check_rings
from tocsin.agreement.check_sentences import check_sentences
from tocsin.agreement.check_times import check_times
from tocsin.agreement.names import Declared
from tocsin.agreement.terms import Agreement
from tocsin.model.records import Issue, Outcome

__all__ = ["CHECKS", "check"]

Check: TypeAlias = Callable[[Declared], Iterator[Issue]]

CHECKS: Final[tuple[Check, ...]] = (
    check_sentences,
    check_names,
    check_times,
    check_conditions,
    check_norms,
    check_judged,
    check_evidence,
    check_rings,
    check_decisions,
)
"""Every check; their order does not matter, the issues are sorted by place."""


def check(agreement: Agreement, *, areas: Collection[str] = ()) -> Outcome[Agreement]:
    """The agreement with everything that is wrong with it.

    Args:
        agreement: as :func:`tocsin.agreement.parse` reads it.
        areas: names of sectors, lines and zones of its map, beside those of the text.
    """
    declared = Declared(agreement, areas)
    found = {issue: None for one in CHECKS for issue in one(declared)}
    return Outcome(records=agreement, issues=tuple(sorted(found, key=_in_text)))


def _in_text(issue: Issue) -> tuple[int, int, str]:
    return issue.where.line or 0, issue.where.column or 0, issue.code
