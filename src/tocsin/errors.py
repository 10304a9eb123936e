"""Every exception that Tocsin raises, and what to do about each.

Faults of the world (a bad row, a broken file, two sources that contradict each
other) are values: :class:`tocsin.model.Issue`. Exceptions are for faults of use and
for inputs that cannot be read at all::

    TocsinError
    ├── WrongUse            the caller asked for something that cannot be (exit 2)
    │   └── OriginsMixed    observed, exercise and imagined records were put together
    ├── InputRefused        an input has errors; all of them are listed (exit 1)
    ├── SourceUnusable      a connector cannot go on with this source
    ├── RecordFailed        a connector cannot read this record; the next may be fine
    └── StoreDamaged        a folder of Tocsin's is not what its manifest says
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.model.records import Issue

__all__ = [
    "InputRefused",
    "OriginsMixed",
    "RecordFailed",
    "SourceUnusable",
    "StoreDamaged",
    "TocsinError",
    "WrongUse",
]


class TocsinError(Exception):
    """Base of all errors of Tocsin; its text says what to do next."""


class WrongUse(TocsinError):
    """The caller asked for something that cannot be; the command line exits with 2."""


class OriginsMixed(WrongUse):
    """Records of different origin (observed, exercise, imagined) were put together."""


class InputRefused(TocsinError):
    """An input has errors; the command line lists them all and exits with 1.

    Args:
        issues: every error found, in the order of the input; never only the first.
    """

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("\n".join(str(issue) for issue in self.issues))


class SourceUnusable(TocsinError):
    """A connector cannot go on with this source; nothing of it is taken in.

    Args:
        issue: what is wrong, where, and how to repair it.
    """

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(str(issue))


class RecordFailed(TocsinError):
    """A connector cannot read this record; it becomes an issue and the run goes on."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(str(issue))


class StoreDamaged(TocsinError):
    """A folder of Tocsin's does not hold what its manifest says."""
