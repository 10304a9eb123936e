"""What stands on record: when a condition holds, as far as facts alone can say.

One world only: what reaches the default standard happened, the rest did not. So are
judged exceptions, preconditions, suspensions, excuses and triggers (rules V1 and X5).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from tocsin.agreement.evaluate.conditions import Bound, changes, truth
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.history import Flags, Ints
from tocsin.agreement.evaluate.plan import Stands
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import (
    NOWHERE,
    Here,
    Provider,
    Stage,
    subjects_of,
)
from tocsin.agreement.terms import Condition, Deed, SuspendedBy
from tocsin.agreement.walk import find

__all__ = ["Course", "OnRecord"]

Course: TypeAlias = tuple[Ints, Flags]
"""Instants, and whether a condition holds from each until the next."""


class OnRecord:
    """Knows of every condition when it holds; each is looked at once.

    Raises:
        NotEvaluated: from each method, where a part of a condition asks for itself.
    """

    def __init__(self, setting: Setting, sources: Provider) -> None:
        self.setting = setting
        self.sources = sources
        self.known: dict[object, Course] = {}
        self.asks: dict[int, tuple[bool, bool]] = {}

    def course(
        self, condition: Condition, bound: Bound, here: Here = NOWHERE
    ) -> Course:
        """When the condition holds, from before all time to the end of it."""
        here = self._narrowed(condition, here)
        key = (id(condition), tuple(sorted(bound.items())), here)
        if key not in self.known:
            self.known[key] = self._made(condition, bound, here)
        return self.known[key]

    def holds(
        self, condition: Condition, bound: Bound, at: int, here: Here = NOWHERE
    ) -> bool:
        """Whether it holds at a second."""
        instants, held = self.course(condition, bound, here)
        return bool(held[np.searchsorted(instants, at, side="right") - 1])

    def begun(
        self, condition: Condition, bound: Bound, at: int, here: Here = NOWHERE
    ) -> int:
        """Since when it has held without a break, given that it holds."""
        instants, held = self.course(condition, bound, here)
        place = int(np.searchsorted(instants, at, side="right")) - 1
        while place > 0 and held[place - 1]:
            place -= 1
        return int(instants[place])

    def first(
        self, condition: Condition, bound: Bound, at: int, here: Here = NOWHERE
    ) -> int:
        """The first second from ``at`` on at which it holds; EVER: none."""
        for span in self.spans(condition, bound, here):
            if span.stop > at:
                return max(span.start, at)
        return EVER

    def spans(
        self, condition: Condition, bound: Bound, here: Here = NOWHERE
    ) -> list[Span]:
        """The times in which it holds, in order, with gaps between them."""
        instants, held = self.course(condition, bound, here)
        edges = np.diff(held.astype(np.int8), prepend=0, append=0)
        at = np.append(instants, EVER)
        starts, stops = at[edges > 0], at[edges < 0]
        return [Span(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]

    def _narrowed(self, condition: Condition, here: Here) -> Here:
        """Only what the condition asks for: most ask for no place and no name."""
        if id(condition) not in self.asks:
            deeds = list(subjects_of(self.setting, condition))
            near = any(isinstance(d, Deed) and d.near is not None for d in deeds)
            asked = (*find(condition, SuspendedBy), *find(condition, Stands))
            named = bool(asked)
            self.asks[id(condition)] = near, named
        near, named = self.asks[id(condition)]
        return Here(here.place if near else None, here.names if named else frozenset())

    def _made(self, condition: Condition, bound: Bound, here: Here) -> Course:
        stage = Stage(
            self.setting, self.sources, condition, bound, on_record=True, here=here
        )
        at = np.unique(np.append(changes(stage, condition, bound), -EVER))
        return at, truth(stage, condition, bound, at)[:, 0]
