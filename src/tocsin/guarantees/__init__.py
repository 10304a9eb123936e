"""Promises and how far they have come: triggers, clocks, who can block, notices.

:func:`watch` takes what an evaluation found and gives the promises as they stand;
:func:`advance` runs one of them and does no input or output. See
``docs/explanation/guarantees.md``.
"""

from tocsin.guarantees.engine import (
    FINAL,
    Advanced,
    Event,
    State,
    advance,
    begin,
    standing,
)
from tocsin.guarantees.promises import Asked, Gate, Occasion, Promise
from tocsin.guarantees.reader import promises
from tocsin.guarantees.watch import Watched, watch

__all__ = [
    "FINAL",
    "Advanced",
    "Asked",
    "Event",
    "Gate",
    "Occasion",
    "Promise",
    "State",
    "Watched",
    "advance",
    "begin",
    "promises",
    "standing",
    "watch",
]
