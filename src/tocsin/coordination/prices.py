"""What each caveat costs, and how much a plan changes when one contribution does.

The **price** of a caveat is the shortfall that a plan would no longer have if it were
lifted, all others staying. Where a search ends before it has proved the best plan, the
price is given as what it is at least and at most. Prices do not add up: two caveats may
bar the same need, and each alone may be worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from tocsin.coordination.caveats import barring, label, suits
from tocsin.coordination.plan import solve
from tocsin.coordination.problem import DAYS, Problem, Supplier, lifted
from tocsin.coordination.standing import Standing, plural
from tocsin.coordination.turns import Plan
from tocsin.model.contributions import (
    STAGES,
    Assumption,
    Board,
    Contribution,
    Need,
    Stage,
)
from tocsin.model.records import Record

__all__ = ["Change", "Price", "Supposed", "change_without", "prices", "unpriced"]


class Supposed(Record, frozen=True, kw_only=True):
    """What a caveat would cost if an offer had a number; the number is an assumption.

    Attributes:
        words: the number and why it was taken.
        at_least, at_most: equal where both plans were proved best.
    """

    words: str
    at_least: float
    at_most: float


class Price(Record, frozen=True, kw_only=True):
    """What a caveat costs, in weighted unit-months.

    Attributes:
        at_least, at_most: equal where both plans were proved best.
        alone: pairs that it alone bars; 0: lifting it alone frees nothing.
        covers: demands that would be served better, the most first, with unit-months.
        stated: False where the offer has no number, so that only limits are known.
        supposed: for such an offer the price at a number that the board assumes.
    """

    caveat: str
    at_least: float
    at_most: float
    alone: int
    covers: tuple[tuple[str, int], ...] = ()
    stated: bool = True
    supposed: Supposed | None = None


class Change(Record, frozen=True, kw_only=True):
    """A plan against the plan before it.

    Attributes:
        kept: share of the unit-months of the old plan that stand in the new one.
        bound_kept: the same of the unit-months that did not belong to what changed.
    """

    without: str
    before: int
    after: int
    kept: float
    bound_kept: float


def prices(
    problem: Problem,
    base: Plan,
    *,
    seconds: float = 10.0,
    workers: int = 2,
    caveats: Sequence[str] | None = None,
) -> tuple[Price, ...]:
    """The price of every caveat that bars a pair, the dearest first.

    Args:
        problem: the question.
        base: its plan.
        seconds: for each of the plans that are compared.
        workers: threads.
        caveats: only these; None: all.
    """
    made = []
    for caveat in problem.caveats if caveats is None else caveats:
        alone = sum(set(b.caveats) == {caveat} for b in problem.barred)
        if not alone:
            made.append(Price(caveat=caveat, at_least=0.0, at_most=0.0, alone=0))
            continue
        freed = lifted(problem, caveat)
        plan = solve(freed, seconds=seconds, workers=workers, before=base)
        made.append(
            Price(
                caveat=caveat,
                at_least=max(0.0, base.bound - plan.shortfall),
                at_most=max(0.0, base.shortfall - plan.bound),
                alone=alone,
                covers=_covers(problem, base, plan, caveat),
            )
        )
    return tuple(sorted(made, key=lambda p: (-p.at_least, -p.at_most, p.caveat)))


def change_without(
    problem: Problem,
    base: Plan,
    supplier_id: str,
    *,
    seconds: float = 10.0,
    workers: int = 2,
) -> Change:
    """How much of a plan stands when one contribution is gone."""
    gone = next(
        s for s, who in enumerate(problem.suppliers) if who.supplier_id == supplier_id
    )
    rest = replace(problem, pairs=tuple(p for p in problem.pairs if p[0] != gone))
    plan = solve(rest, seconds=seconds, workers=workers, before=base)
    old, new = base.units(), plan.units()
    total = sum(old.values())
    mine = sum(units for (s, _, _), units in old.items() if s == gone)
    kept = sum(min(units, new.get(key, 0)) for key, units in old.items())
    return Change(
        without=supplier_id,
        before=base.shortfall,
        after=plan.shortfall,
        kept=kept / total if total else 1.0,
        bound_kept=kept / (total - mine) if total > mine else 1.0,
    )


def _covers(
    problem: Problem, base: Plan, plan: Plan, caveat: str
) -> tuple[tuple[str, int], ...]:
    """Where the second plan serves more of what the caveat barred, the most first."""
    if plan.shortfall >= base.shortfall:
        return ()
    freed = {b.demand for b in problem.barred if set(b.caveats) == {caveat}}
    more: dict[str, int] = {}
    for sign, one in ((-1, base), (1, plan)):
        for turn in one.turns:
            if turn.demand in freed:
                name = problem.demands[turn.demand].label
                more[name] = more.get(name, 0) + sign * turn.units
    ranked = sorted(more.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((name, units) for name, units in ranked if units > 0)


def unpriced(
    board: Board,
    standings: Iterable[Standing],
    problem: Problem,
    plan: Plan,
    *,
    seconds: float = 10.0,
) -> tuple[Price, ...]:
    """Caveats of offers without a number: what they bar, and at most how much it lacks.

    Nobody knows how many units such an offer would bring if its caveat were lifted. So
    the price is between nothing and all that the barred needs lack in the plan. Where
    the board assumes a number, the price at that number is given, too, and named so.
    """
    lacking = _lacking(problem, plan)
    made: dict[str, Price] = {}
    assumed = {a.contribution: a for a in board.assumptions}
    for one in standings:
        given = one.contribution
        no_number = one.stage in STAGES and given.quantity is None
        if not (no_number or one.stage is Stage.DECLINED):
            continue
        for at, _ in enumerate(given.caveats):
            needs = [
                need
                for need in board.needs
                if suits(given, need, board) and barring(given, need, board) == (at,)
            ]
            most = sum(lacking.get(need.need_id, 0) for need in needs)
            if needs:
                made[label(given, at)] = Price(
                    caveat=label(given, at),
                    at_least=0.0,
                    at_most=float(most),
                    alone=len(needs),
                    stated=False,
                    covers=tuple((f"{n.function} in {n.area}", 0) for n in needs),
                    supposed=_supposed(
                        given, needs, assumed, problem, plan, seconds=seconds
                    ),
                )
    return tuple(made.values())


def _supposed(  # what a price at a number depends on
    given: Contribution,
    needs: Sequence[Need],
    assumed: Mapping[str, Assumption],
    problem: Problem,
    base: Plan,
    *,
    seconds: float,
) -> Supposed | None:
    """The price if the offer had the assumed number and the caveat were lifted."""
    one = assumed.get(given.contribution_id)
    if one is None:
        return None
    at = {demand.demand_id: d for d, demand in enumerate(problem.demands)}
    number = len(problem.suppliers)
    free = tuple((number, at[n.need_id]) for n in needs if n.need_id in at)
    more = Supplier(
        supplier_id=given.contribution_id,
        label=f"{given.state}: {given.capability}",
        units=one.quantity,
        first=min(problem.months, 1 + -(-given.ready_after_days // DAYS)),
        last=problem.months,
        on=given.months_on,
        off=given.months_off,
    )
    freed = replace(
        problem,
        suppliers=(*problem.suppliers, more),
        pairs=tuple(sorted({*problem.pairs, *free})),
    )
    plan = solve(freed, seconds=seconds, before=base)
    return Supposed(
        words=f"{one.quantity:,} {plural(given.unit)}: {one.why}",
        at_least=max(0.0, base.bound - plan.shortfall),
        at_most=max(0.0, base.shortfall - plan.bound),
    )


def _lacking(problem: Problem, plan: Plan) -> dict[str, int]:
    """Demand -> weighted unit-months that the plan leaves uncovered."""
    served: dict[tuple[int, int], int] = {}
    for turn in plan.turns:
        key = (turn.demand, turn.month)
        served[key] = served.get(key, 0) + turn.units
    return {
        need.demand_id: need.weight
        * sum(
            max(0, need.units - served.get((d, month), 0))
            for month in range(need.first, need.last + 1)
        )
        for d, need in enumerate(problem.demands)
    }
