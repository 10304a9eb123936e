"""Two texts side by side: a meaningful evolution, or the same bargain?

In: two stress tests. Out: a :class:`Comparison`, which counts what each text has that
the other has not: a guarantee that can activate, one that comes if nobody acts, a
promised time, how many it takes to stop it, breaches with a consequence. It compares
texts, never the worlds in which they were made.

:func:`strength` gives a text one number, for ranking texts only: a rank is compared
with a rank of outcomes (:func:`rank_agreement`) and is never called an accuracy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tocsin.stresstest.flaws import Flaw, in_hours
from tocsin.stresstest.result import (
    Comparison,
    Difference,
    GuaranteeResult,
    StressTest,
)
from tocsin.stresstest.structure import Structure

__all__ = ["compare", "rank_agreement", "strength"]

TALK = "consultation"


def strength(structures: Sequence[Structure], flaws: Sequence[Flaw] = ()) -> float:
    """How much of a text acts, between 0 and 1; for ranks only.

    A guarantee counts by what stands between the breach and the response: 1 where it
    comes whatever the deciders do, .75 where it comes if nobody acts, .5 where a part
    can carry it against any one, .25 where one can stop it, 0 for talk and for what
    cannot activate. The best guarantee counts, less a little for every grave flaw of
    its own clause; flaws elsewhere do not, or a longer text would rank lower.
    """
    grave = Counter(flaw.clause for flaw in flaws if flaw.severity == "grave")
    held = (_strength(one) / (1 + 0.05 * grave[one.clause]) for one in structures)
    return round(max(held, default=0.0), 4)


def _strength(one: Structure) -> float:
    if not one.can_activate or one.kind == TALK:
        return 0.0
    if one.automaticity.reached:
        return 1.0
    if one.automaticity.without_anybody:
        return 0.75
    timed = 0.05 if one.time.promised is not None else 0.0
    alone = bool(one.veto_players)
    return (0.25 if alone else 0.5) + timed


def compare(this: StressTest, other: StressTest) -> Comparison:
    """This text against another."""
    differences = tuple(_differences(this, other))
    better = sum(d.better == "this" for d in differences)
    worse = sum(d.better == "other" for d in differences)
    verdict = _verdict(better, worse, this, other)
    return Comparison(
        other=other.agreement,
        verdict=verdict,
        differences=differences,
        sentence=f"Read as texts, {this.agreement} is {verdict} beside"
        f" {other.agreement}: better in {better}, worse in {worse} of the points"
        " compared. A longer text has more places for flaws; what people would do under"
        " either is a judgement, not a reading.",
    )


def _verdict(better: int, worse: int, this: StressTest, other: StressTest) -> str:
    if better and not worse and this.rank > other.rank:
        return "a meaningful evolution"
    if worse and not better:
        return "weaker"
    if not better and not worse:
        return "the same bargain"
    if this.rank == other.rank:
        return "the same bargain in other words"
    return "stronger in part" if this.rank > other.rank else "weaker in part"


def _differences(this: StressTest, other: StressTest) -> list[Difference]:
    rows = [
        _more("guarantees that can activate", _able(this), _able(other)),
        _more("that come if nobody acts", _by_itself(this), _by_itself(other)),
        _stoppers(this, other),
        _less("grave flaws", _grave(this), _grave(other)),
        _less("breaches without consequence", _free(this), _free(other)),
        _less("conditions in a violator's hand", _theirs(this), _theirs(other)),
        _fastest(this, other),
        _delivered(this, other),
    ]
    return [row for row in rows if row is not None]


def _able(test: StressTest) -> int:
    return sum(g.can_activate and g.kind != TALK for g in test.guarantees)


def _by_itself(test: StressTest) -> int:
    return sum(bool(g.automaticity.without_anybody) for g in test.guarantees)


def _stoppers(this: StressTest, other: StressTest) -> Difference | None:
    """A text in which nothing acts has nothing to stop, which is worse than any."""
    one, two = _alone(this), _alone(other)
    if one == two:
        return None
    return Difference(
        what="who alone can stop everything",
        this="nothing acts" if one is None else str(one),
        other="nothing acts" if two is None else str(two),
        better="other" if one is None or (two is not None and two < one) else "this",
    )


def _alone(test: StressTest) -> int | None:
    """Those whose refusal alone stops every guarantee that is not talk."""
    able = [g for g in test.guarantees if g.can_activate and g.kind != TALK]
    if not able:
        return None
    return len(set.intersection(*(set(g.veto_players) for g in able)))


def _grave(test: StressTest) -> int:
    return sum(flaw.severity == "grave" for flaw in test.lint)


def _free(test: StressTest) -> int:
    return sum(flaw.check == "no_consequence" for flaw in test.lint)


def _theirs(test: StressTest) -> int:
    return sum(c.stops_alone for g in test.guarantees for c in g.violator_controlled)


def _more(what: str, this: int, other: int) -> Difference | None:
    return _row(what, this, other, better="this" if this > other else "other")


def _less(what: str, this: int, other: int) -> Difference | None:
    return _row(what, this, other, better="this" if this < other else "other")


def _row(what: str, this: int, other: int, *, better: str) -> Difference | None:
    if this == other:
        return None
    return Difference(what=what, this=str(this), other=str(other), better=better)


def _fastest(this: StressTest, other: StressTest) -> Difference | None:
    times = [_promised(test.guarantees) for test in (this, other)]
    if times[0] == times[1]:
        return None
    first, second = (t if t is not None else float("inf") for t in times)
    return Difference(
        what="fastest promised response",
        this=in_hours(times[0]),
        other=in_hours(times[1]),
        better="this" if first < second else "other",
    )


def _promised(guarantees: Sequence[GuaranteeResult]) -> float | None:
    held = [
        g.time.promised
        for g in guarantees
        if g.can_activate and g.kind != TALK and g.time.promised is not None
    ]
    return min(held, default=None)


def _delivered(this: StressTest, other: StressTest) -> Difference | None:
    values = [_median(test) for test in (this, other)]
    if values[0] is None or values[1] is None or values[0] == values[1]:
        return None
    return Difference(
        what="worth of the best promise (median), conditional on these inputs",
        this=f"{values[0]:.2f}",
        other=f"{values[1]:.2f}",
        better="this" if values[0] > values[1] else "other",
    )


def _median(test: StressTest) -> float | None:
    held = [g.credibility.delivered.median for g in test.guarantees if g.credibility]
    return round(max(held), 2) if held else None


def rank_agreement(ours: Sequence[float], outcomes: Sequence[float]) -> float:
    """Kendall's tau-b of two rankings: agreement of ranks, never an accuracy."""
    from scipy.stats import kendalltau

    return float(kendalltau(ours, outcomes).statistic)
