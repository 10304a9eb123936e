"""Which true breaches a run of the pipeline found, missed, or made up.

Verdicts and true breaches are instants of one clause, one party and one sector (or
subject). A verdict finds a breach if it says ``breached`` within the tolerance of it;
each finds at most one. Over instants on a line the pairing that takes the earliest
partner first is as large as any.

A breach in a sector that nobody watched cannot be found: it is counted apart, and is
well answered with ``undetermined`` and badly with ``met``.

>>> pair([10.0, 100.0], [12.0, 95.0, 300.0], tolerance=10.0)
[(0, 0), (1, 1)]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import pyarrow as pa

from tocsin.exercise.truth import CEASEFIRE, OBSTRUCTION, SERIOUS
from tocsin.model import Record

__all__ = ["BLIND_BELOW", "TOLERANCE_S", "Matched", "match_verdicts", "pair"]

TOLERANCE_S: Final = {
    CEASEFIRE: 900.0,
    SERIOUS: 24 * 3600.0,
    OBSTRUCTION: 24 * 3600.0,
    "Article 3(2)": 3600.0,
}
"""Seconds by which a verdict may miss the true instant, by clause."""

_OTHERWISE_S = 900.0

BLIND_BELOW: Final = 0.2
"""A breach is unseen where the mission watched less than this share of the sector."""

Cell: TypeAlias = tuple[str, str | None, str | None]


class Matched(Record, frozen=True, kw_only=True):
    """Verdicts of one clause against the truth.

    Attributes:
        found: true breaches, in watched sectors, that a verdict names.
        missed: those that none names.
        missed_unreported: of these, the acts of which no observation tells: noise of
            a party that the mission had no eye on, and no method can find.
        missed_undetermined: of the other missed ones, where the clause was said to be
            undetermined then: not known, but not denied either.
        false: verdicts of breach that fit no true breach, watched or not.
        false_excused: of these, the ones that name an act of self-defence.
        unseen: true breaches that nobody could have seen.
        unseen_undetermined: of these, where the verdict then was undetermined.
        unseen_met: of these, where the clause was said to be kept.
    """

    clause: str
    found: int
    missed: int
    missed_unreported: int
    missed_undetermined: int
    false: int
    false_excused: int
    unseen: int
    unseen_undetermined: int
    unseen_met: int

    @property
    def recall(self) -> float | None:
        """Share of the watched breaches that were found."""
        whole = self.found + self.missed
        return self.found / whole if whole else None

    @property
    def precision(self) -> float | None:
        """Share of the verdicts of breach that are true."""
        whole = self.found + self.false
        return self.found / whole if whole else None


def pair(
    truth: Sequence[float], said: Sequence[float], *, tolerance: float
) -> list[tuple[int, int]]:
    """Largest pairing of instants no further apart than ``tolerance``.

    Both sequences ascend; the result holds positions in each, every one at most once.
    """
    pairs, at = [], 0
    for number, t in enumerate(truth):
        while at < len(said) and said[at] < t - tolerance:
            at += 1
        if at < len(said) and said[at] <= t + tolerance:
            pairs.append((number, at))
            at += 1
    return pairs


def match_verdicts(
    breaches: pa.Table,
    verdicts: pa.Table,
    *,
    clauses: Sequence[str],
    tolerance_s: Mapping[str, float] = TOLERANCE_S,
    reported: Collection[int] | None = None,
) -> tuple[Matched, ...]:
    """One row for each clause asked about.

    Args:
        breaches: ``truth_breaches`` of an exercise.
        verdicts: VERDICTS.
        clauses: which clauses to compare.
        tolerance_s: seconds by which a verdict may miss, by clause; others 15 minutes.
        reported: numbers of the true events of which some observation tells; None:
            not known, and no breach counts as unreported.
    """
    true, said = breaches.to_pylist(), verdicts.to_pylist()
    return tuple(
        _match_clause(
            clause,
            [row for row in true if row["clause"] == clause],
            [row for row in said if row["clause"] == clause],
            tolerance_s.get(clause, _OTHERWISE_S),
            reported,
        )
        for clause in clauses
    )


def _match_clause(
    clause: str,
    true: list[Any],
    said: list[Any],
    tolerance: float,
    reported: Collection[int] | None,
) -> Matched:
    breached = [row for row in true if row["verdict"] == "breached"]
    watched = [row for row in breached if not _unseen(row)]
    unseen = [row for row in breached if _unseen(row)]
    claims = [row for row in said if row["verdict"] == "breached" and row["party"]]
    missed, left = _paired(watched, claims, tolerance)
    _, left = _paired(unseen, left, tolerance)
    excused = [row for row in true if row["verdict"] == "excused"]
    others, _ = _paired(excused, left, tolerance)
    then = [_verdict_then(row, said, tolerance) for row in unseen]
    told = [row for row in missed if _told(row, reported)]
    open_ = [_verdict_then(row, said, tolerance) for row in told]
    return Matched(
        clause=clause,
        found=len(watched) - len(missed),
        missed=len(missed),
        missed_unreported=len(missed) - len(told),
        missed_undetermined=open_.count("undetermined"),
        false=len(left),
        false_excused=len(excused) - len(others),
        unseen=len(unseen),
        unseen_undetermined=then.count("undetermined"),
        unseen_met=then.count("met"),
    )


def _unseen(row: Any) -> bool:
    share = row["watched_share"]
    return share is not None and share < BLIND_BELOW


def _told(row: Any, reported: Collection[int] | None) -> bool:
    return reported is None or row["event"] is None or row["event"] in reported


def _cell(row: Any) -> Cell:
    return row["party"], row["sector"], row["subject"]


def _paired(
    true: list[Any], said: list[Any], tolerance: float
) -> tuple[list[Any], list[Any]]:
    """The true rows that find no partner, and the verdicts that are left over."""
    cells: dict[Cell, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((true, said)):
        for row in sorted(rows, key=lambda row: row["t"]):
            cells[_cell(row)][side].append(row)
    alone: tuple[list[Any], list[Any]] = ([], [])
    for sides in cells.values():
        times = [[row["t"].timestamp() for row in rows] for rows in sides]
        pairs = pair(*times, tolerance=tolerance)
        for side in (0, 1):
            used = {both[side] for both in pairs}
            alone[side].extend(r for n, r in enumerate(sides[side]) if n not in used)
    return alone


def _verdict_then(breach: Any, said: list[Any], tolerance: float) -> str:
    """What the clause was said to be, of that party and sector, at that instant.

    A row that leaves open which party it was, within the tolerance, says undetermined.
    Else the latest row holds, and of rows of one instant the one that names the party;
    a row without a party, or without a sector, speaks of all of them.
    """
    best: tuple[Any, bool] | None = None
    verdict = "nothing"
    for row in said:
        fits = row["party"] in (None, breach["party"])
        fits &= row["sector"] in (None, breach["sector"])
        if not fits:
            continue
        apart = (row["t"] - breach["t"]).total_seconds()
        if row["party"] is None and abs(apart) <= tolerance:
            return str(row["verdict"])
        rank = (row["t"], row["party"] is not None)
        if apart <= 0 and (best is None or rank >= best):
            best, verdict = rank, str(row["verdict"])
    return verdict
