"""Tocsin: from observations of a ceasefire to what its guarantors now owe.

What is named here is public; the rest is free to change. A name is loaded when it is
first asked for, so that ``import tocsin`` takes no time.

    >>> import tocsin
    >>> tocsin.Origin.EXERCISE.value
    'exercise'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.errors import (
        InputRefused,
        OriginsMixed,
        RecordFailed,
        SourceUnusable,
        StoreDamaged,
        TocsinError,
        WrongUse,
    )
    from tocsin.model import (
        Finding,
        Guarantee,
        Issue,
        Judgement,
        Marking,
        Notice,
        Origin,
        Outcome,
        Reason,
        Record,
        SourceDescription,
        Step,
        Verdict,
        Where,
        Witness,
    )

__version__ = "0.1.0"

__all__ = [
    "Finding",
    "Guarantee",
    "InputRefused",
    "Issue",
    "Judgement",
    "Marking",
    "Notice",
    "Origin",
    "OriginsMixed",
    "Outcome",
    "Reason",
    "Record",
    "RecordFailed",
    "SourceDescription",
    "SourceUnusable",
    "Step",
    "StoreDamaged",
    "TocsinError",
    "Verdict",
    "Where",
    "Witness",
    "WrongUse",
    "__version__",
]

_DOORS = ("tocsin.errors", "tocsin.model")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for door in map(importlib.import_module, _DOORS):
            if name in door.__all__:
                return getattr(door, name)
    raise AttributeError(f"module 'tocsin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
