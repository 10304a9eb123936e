"""What can be taken in slices, each below every threshold: by integer programming.

In: an agreement. Out: for each finding that counts, the most breaches that never cross
its trigger, in one window and over a horizon, in one sector and in all; and what is
taken before the first activation. The output says how *much*, never how: no place, no
date, no unit, no sequence. It is marked AMBER+STRICT, for it is written for those who
draft the text.

Windows are closed at both ends and count whole seconds (rule of the language), so a
window of W seconds is followed by a free second: the optimum repeats every W + 1
seconds. One trigger alone has that closed form; several triggers on the same acts are a
small integer program (CP-SAT) over the instants at which some window frees up.
Hysteresis (``until below``) does not help who never crosses, and is left out.

>>> from tocsin.agreement.parse import parse_rules
>>> text = '''
... parties A, B
... sectors North, South
... act fire is "to open fire"
... Article 1
...   forbid any party to fire
... Article 2
...   finding storm for party, sector
...   when count of breaches of Article 1 by party in sector over 72 hours >= 10
... '''
>>> (cut,) = slices_of(parse_rules(text).records, horizon_s=30 * 86_400)
>>> cut.in_one_window, cut.over_horizon, cut.over_all_sectors
(9, 90, 180)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tocsin.agreement.evaluate.plan import CountOfBreaches, Finding, Plan, plan
from tocsin.agreement.terms import (
    Agreement,
    AnyOf,
    Breaches,
    Compare,
    Condition,
    Lasting,
    Number,
)
from tocsin.agreement.walk import find
from tocsin.model.records import Record
from tocsin.model.vocabulary import Marking
from tocsin.stresstest.solver import needs_extra

__all__ = ["HORIZON_S", "Slice", "largest_uncounted", "slices_of"]

HORIZON_S: Final = 90 * 86_400
MOST_INSTANTS: Final = 4_000


class Slice(Record, frozen=True, kw_only=True):
    """The most that can be taken below one trigger.

    Attributes:
        finding: the trigger.
        clause: whose breaches are taken; counted in breaches, or in seconds.
        in_one_window: most breaches in one window without crossing.
        over_horizon: most over the horizon, in one sector.
        over_all_sectors: most over the horizon, where each sector counts for itself.
        sectors: how many sectors that are; None: the text names none.
        horizon_s: the horizon.
        longest_s: longest single breach that crosses no trigger; None: none asks.
        before_first: what is taken before the first activation.
        unlimited: True where no trigger counts this clause at all.
        exact: how it was found.
        marking: who may see it.
    """

    finding: str
    clause: str
    in_one_window: int | None
    over_horizon: int | None
    over_all_sectors: int | None
    sectors: int | None
    horizon_s: int
    longest_s: int | None
    before_first: str
    unlimited: bool
    exact: str
    marking: Marking = Marking.AMBER_STRICT


def slices_of(agreement: Agreement, *, horizon_s: int = HORIZON_S) -> tuple[Slice, ...]:
    """The slices of every clause that binds the parties, in the order of the text."""
    made = plan(agreement)
    return tuple(
        _slice(made, prohibition.article.number, horizon_s)
        for prohibition in made.prohibitions
    )


def largest_uncounted(
    triggers: Sequence[tuple[int, int]], horizon_s: int
) -> tuple[int, str]:
    """The most events in a horizon that cross none of these (window, threshold).

    Args:
        triggers: window in seconds and number from which it fires.
        horizon_s: instants 0 to horizon_s - 1.
    """
    if len(triggers) == 1:
        window, at_least = triggers[0]
        return (at_least - 1) * -(-horizon_s // (window + 1)), "closed form"
    return _solved(tuple(triggers), horizon_s)


def _slice(made: Plan, number: str, horizon_s: int) -> Slice:
    triggers = list(_triggers(made, number))
    longest = min(_lasting(made, number), default=None)
    clause = f"Article {number}"
    if not triggers:
        return _unlimited(clause, longest, horizon_s)
    counts = [count for _, count in triggers]
    pairs = [(count.over_s, count.at_least) for count in counts]
    most, how = largest_uncounted(pairs, horizon_s)
    apart = all(count.sector_variable for count in counts)
    sectors = len(made.agreement.sectors) or None
    return Slice(
        finding=", ".join(dict.fromkeys(f.rule.name for f, _ in triggers)),
        clause=clause,
        in_one_window=min(at_least for _, at_least in pairs) - 1,
        over_horizon=most,
        over_all_sectors=most * (sectors or 1) if apart else most,
        sectors=sectors if apart else None,
        horizon_s=horizon_s,
        longest_s=longest,
        before_first=_before(min(at_least for _, at_least in pairs)),
        unlimited=False,
        exact=how,
    )


def _unlimited(clause: str, longest: int | None, horizon_s: int) -> Slice:
    return Slice(
        finding="",
        clause=clause,
        in_one_window=None,
        over_horizon=None,
        over_all_sectors=None,
        sectors=None,
        horizon_s=horizon_s,
        longest_s=longest,
        before_first="no number of breaches of this clause ever activates anything",
        unlimited=longest is None,
        exact="no trigger counts it",
    )


def _before(at_least: int) -> str:
    return (
        f"{at_least} breaches make the first trigger; whatever is taken between that"
        " and the response is limited by nothing in the text"
    )


def _triggers(made: Plan, number: str) -> Iterator[tuple[Finding, CountOfBreaches]]:
    """Findings that count breaches of an article."""
    for finding in made.findings:
        for count in _counts(finding):
            meant = {article.number for article in made.agreement.find(count.article)}
            if number in meant:
                yield finding, count


def _counts(finding: Finding) -> Iterator[CountOfBreaches]:
    """Every count in the condition of a finding; each alone can open it."""
    if finding.count is not None:
        yield finding.count
    if isinstance(finding.rule.when, AnyOf):
        for part in finding.rule.when.conditions:
            count = _counted(part)
            if count is not None:
                yield count


def _counted(part: Condition) -> CountOfBreaches | None:
    """One of several conditions, where it is a count of breaches in a window."""
    if not isinstance(part, Compare) or part.left.function != "count":
        return None
    subject, over = part.left.subject, part.left.over
    if not isinstance(subject, Breaches) or over is None or over.is_calendar:
        return None
    if part.operator not in (">=", ">") or not isinstance(part.right, Number):
        return None
    return CountOfBreaches(
        article=subject.article.number,
        parties=None,
        by_variable="party",
        sectors=None,
        sector_variable=subject.in_,
        over_s=over.seconds,
        at_least=int(part.right.value) + (part.operator == ">"),
        until_below=None,
    )


def _lasting(made: Plan, number: str) -> Iterator[int]:
    """Longest single breach below each ``lasting over`` of a finding."""
    for finding in made.findings:
        for term in find(finding.rule.when, Lasting):
            subject = term.subject
            if isinstance(subject, Breaches) and not term.longer_than.is_calendar:
                meant = {a.number for a in made.agreement.find(subject.article.number)}
                if number in meant:
                    yield term.longer_than.seconds


# --- several triggers at once --------------------------------------------------------


def _solved(triggers: tuple[tuple[int, int], ...], horizon_s: int) -> tuple[int, str]:
    """By CP-SAT over instants; enough of them that moving an event gains nothing.

    An event can always be moved to the earliest instant that keeps the order of what
    each window holds: a sum of multiples of the windows' lengths plus one second each.
    """
    instants = _instants([window + 1 for window, _ in triggers], horizon_s)
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise needs_extra("ortools", error) from error
    model: Any = cp_model.CpModel()
    most = min(at_least for _, at_least in triggers) - 1
    taken = [model.new_int_var(0, most, f"n{t}") for t in instants]
    for window, at_least in triggers:
        for first, start in enumerate(instants):
            inside = [
                n
                for t, n in zip(instants[first:], taken[first:], strict=True)
                if t <= start + window
            ]
            model.add(sum(inside) <= at_least - 1)
    model.maximize(sum(taken))
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_search_workers = 1
    solver.parameters.max_time_in_seconds = 20
    status = solver.solve(model)
    how = "integer program, optimal" if status == cp_model.OPTIMAL else "lower bound"
    return int(solver.objective_value), how


def _instants(steps: Sequence[int], horizon_s: int) -> list[int]:
    """All sums of steps below the horizon, at most :data:`MOST_INSTANTS`."""
    found = {0}
    frontier = [0]
    while frontier and len(found) < MOST_INSTANTS:
        at = frontier.pop(0)
        for step in steps:
            if at + step < horizon_s and at + step not in found:
                found.add(at + step)
                frontier.append(at + step)
    return sorted(found)
