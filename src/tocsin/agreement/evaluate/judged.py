"""What an engine hands to the procedure: verdicts, breaches, episodes and duties.

Both engines make these; :mod:`tocsin.agreement.evaluate.procedure` goes on from them,
once for both.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.agreement.evaluate.plan import Finding
from tocsin.agreement.evaluate.results import Duty
from tocsin.agreement.evaluate.rows import Ranges, Row, Rows
from tocsin.model.records import Issue

__all__ = ["Judged", "Opened", "Question", "Stated"]

Method = Literal["exact", "bounded", "sampled"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: verdicts from ``start`` to before ``until``, in seconds."""

    start: int
    until: int
    seed: int


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A breach that reached its standard: of which article, by whom, where, when."""

    article: str
    party: str | None
    sector: str | None
    subject: str | None
    t: int
    index: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An episode of a finding, before anybody attributes it.

    ``is_found`` is True where the text itself takes a breach to be found.
    """

    finding: Finding
    party: str | None
    sector: str | None
    alleged: int
    closed: int | None
    p: float
    ever: float | None
    certain: bool
    method: Method
    number: int
    window_start: int
    ranges: Ranges
    facts: tuple[str, ...]
    is_found: bool = False


class Judged(msgspec.Struct, kw_only=True):
    """What an engine has found so far."""

    rows: list[Rows] = []
    single: list[Row] = []
    breaches: list[Stated] = []
    episodes: list[Opened] = []
    duties: list[Duty] = []
    issues: list[Issue] = []
    sampled: bool = False
