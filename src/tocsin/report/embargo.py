"""Findings that rest on what is held back lose the sector that would place it.

A finding says a sector and an instant. Where one of its facts is of an incident that
is withheld (see :mod:`release`), the two together would say where fire landed, so the
finding keeps its clause, party, time and number, and loses its sector, the facts that
lead to it and the share by which the sector could be told.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from tocsin.model import Finding

__all__ = ["WITHHELD", "without_place"]

WITHHELD: Final = "a withheld sector"
SHARE: Final = re.compile(rf"\d+% of {WITHHELD} was watched in the mean over that time")


def without_place(finding: Finding, young: frozenset[str], since: datetime) -> Finding:
    """The finding as it may leave.

    Args:
        finding: any finding.
        young: ids of the facts of incidents that are held back.
        since: how far back they can reach; a finding with more facts than its witness
            lists may rest on one of them if it holds later than this.
    """
    witness = finding.witness
    more = (witness.number or 0) > len(witness.facts) > 0
    late = finding.t_end is None or finding.t_end > since
    if finding.sector is None or not (
        young.intersection(witness.facts) or (young and more and late)
    ):
        return finding
    return msgspec.structs.replace(
        finding,
        sector=WITHHELD,
        sentence=_without(finding.sentence, finding.sector),
        settles=_without(finding.settles, finding.sector),
        witness=msgspec.structs.replace(witness, facts=(), coverage_share=None),
    )


def _without(text: str, sector: str) -> str:
    unnamed = re.sub(rf"\b{re.escape(sector)}\b", WITHHELD, text)
    return SHARE.sub("how much of it was watched is withheld with it", unnamed)
