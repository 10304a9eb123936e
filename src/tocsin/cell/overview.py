"""The board at an instant, under the gates as they are on record or supposed."""

from __future__ import annotations

from datetime import datetime

from tocsin import coordination
from tocsin.cell.board import Opened
from tocsin.cell.deadlines import deadlines
from tocsin.cell.gates import Supposed, clause_gates
from tocsin.coordination import Overview

__all__ = ["overview"]


def overview(
    opened: Opened, *, at: datetime, supposed: Supposed | None = None
) -> Overview:
    """The board at an instant, under the gates as they are on record or supposed."""
    agreement = opened.agreement
    clauses = clause_gates(opened, supposed or Supposed())
    return coordination.overview(
        opened.board,
        clauses,
        at=at,
        deadlines=() if agreement is None else tuple(deadlines(opened)),
        agreement="" if agreement is None else (agreement.title or agreement.name),
    )
