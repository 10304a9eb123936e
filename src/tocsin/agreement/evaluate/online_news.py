"""What one delivery changes for each clause: as it stood, and as it stands."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate.online_articles import Clock, StandingArticle
from tocsin.agreement.evaluate.online_counts import Counting
from tocsin.agreement.evaluate.online_duties import StandingDuty, Touched
from tocsin.agreement.evaluate.online_events import Dependent
from tocsin.agreement.evaluate.online_ledger import Ledger, Staged
from tocsin.agreement.evaluate.online_series import ROOT, Event, Events, events_of

__all__ = ["News", "Units"]


class Units(msgspec.Struct):
    """Everything that is followed fact by fact.

    Attributes:
        articles: prohibitions by the number of their article.
    """

    ledger: Ledger
    articles: dict[str, StandingArticle] = {}
    counts: list[Counting] = []
    duties: list[StandingDuty] = []


class News:
    """What a delivery changes for each unit: as it stood, then as it stands.

    Made before the delivery counts; :meth:`read` once it does.
    """

    def __init__(
        self, units: Units, staged: Staged, clock: Clock, *, fresh: bool = False
    ) -> None:
        self.units, self.staged = units, staged
        self.old = {
            number: [] if fresh else _of_roots(unit, staged.touched)
            for number, unit in units.articles.items()
        }
        self.for_duties = _without_roots(units.ledger, staged) if fresh else staged
        self.touched: list[Touched] = [
            duty.before(self.for_duties, clock) for duty in units.duties
        ]
        self.events: dict[str, tuple[Events, list[Event]]] = {}

    def kinds(self) -> set[str]:
        """The acts of facts that begin or cease to count, or change their chance."""
        ledger, staged = self.units.ledger, self.staged
        rows = set(staged.alive) | {
            row for root in staged.touched for row in ledger.root_rows(root)
        }
        codes = set(np.unique(ledger.whole["kind"][staged.alone]).tolist())
        codes |= {int(ledger.whole["kind"][row]) for row in rows}
        names = ledger.words.names("kind")
        return {names[code] for code in codes}

    def read(self) -> frozenset[str]:
        """Find what changes; gives the articles that cannot be followed any more."""
        return frozenset(
            number
            for number, unit in self.units.articles.items()
            if not self._read(number, unit)
        )

    def _read(self, number: str, unit: StandingArticle) -> bool:
        try:
            fresh = _of_roots(unit, self.staged.touched)
            alone = unit.events.alone(self.staged.alone)
        except Dependent:
            return False
        split = any(
            not count.shared and _is_split(alone, fresh, count)
            for count in self.units.counts
            if count.article is unit
        )
        if split:
            return False
        old = self.old[number]
        was, now = set(old), set(fresh)
        gone = [event for event in old if event not in now]
        added = [event for event in fresh if event not in was]
        if added:
            alone = unit.events.merged(alone, events_of(added))
        self.events[number] = alone, gone
        return True


def _without_roots(ledger: Ledger, staged: Staged) -> Staged:
    """All rows one by one; an obligation does not mind what they share."""
    rows = np.flatnonzero(ledger.alive[: ledger.n])
    return msgspec.structs.replace(staged, alone=rows, touched=[])


def _of_roots(unit: StandingArticle, roots: Sequence[int]) -> list[Event]:
    return [event for root in roots for event in unit.events.of_root(root)]


def _is_split(alone: Events, fresh: Sequence[Event], count: Counting) -> bool:
    """True where one root would count twice under one key of a finding."""
    pairs = list(zip(alone.party.tolist(), alone.whole[ROOT].tolist(), strict=True))
    pairs += [(event.party, event.whole[ROOT]) for event in fresh]
    held = [pair for pair in pairs if pair[0] >= 0]
    return not count.by_sector and len(set(held)) < len(held)
