r"""Every check of a text, in one list.

In: an agreement. Out: its flaws, the gravest first, then in the order of the text. One
small class per check; to add one, write it and name it in :data:`CHECKS`.

>>> from tocsin.agreement.parse import parse_rules
>>> tree = parse_rules("parties A, B\ngroup C\n  members not stated").records
>>> [flaw.check for flaw in lint(tree)]
['members_not_stated']
"""

from __future__ import annotations

from typing import Final

from tocsin.agreement.terms import Agreement
from tocsin.stresstest.contradictions import Contradiction
from tocsin.stresstest.flaws import Check, Flaw, Text
from tocsin.stresstest.lint_deciders import (
    CannotPerform,
    ConsultOnly,
    MembersNotStated,
    PerverseUnilateralRight,
    SelfJudging,
)
from tocsin.stresstest.lint_evidence import (
    NoConsequence,
    PaysForBlinding,
    StandardOutOfReach,
    UndefinedTerms,
)
from tocsin.stresstest.lint_time import (
    DeadlineTooLong,
    EscapeClause,
    MandateWithoutRenewal,
    NoDeadline,
)

__all__ = ["CHECKS", "FAIT_ACCOMPLI_S", "lint"]

CHECKS: Final[tuple[Check, ...]] = (
    ConsultOnly(),
    SelfJudging(),
    EscapeClause(),
    NoDeadline(),
    DeadlineTooLong(),
    NoConsequence(),
    PerverseUnilateralRight(),
    CannotPerform(),
    Contradiction(),
    UndefinedTerms(),
    StandardOutOfReach(),
    MandateWithoutRenewal(),
    MembersNotStated(),
    PaysForBlinding(),
)

FAIT_ACCOMPLI_S: Final = 72 * 3_600
"""Where no inputs file says how fast facts may be made: three days, an assumption."""

ORDER: Final = ("grave", "serious", "minor")


def lint(
    agreement: Agreement, *, fait_accompli_s: int = FAIT_ACCOMPLI_S
) -> tuple[Flaw, ...]:
    """Every flaw that some check finds."""
    text = Text(agreement, fait_accompli_s=fait_accompli_s)
    found = {flaw: None for check in CHECKS for flaw in check.flaws(text)}
    return tuple(sorted(found, key=_rank))


def _rank(flaw: Flaw) -> tuple[int, int, str]:
    return ORDER.index(flaw.severity), flaw.where.line or 0, flaw.check
