"""Why there is no plan: the smallest set of conditions that cannot hold together.

In: a problem whose ``must`` needs cannot all be met. Out: the fewest conditions that
are already in conflict: needs that must be met, caveats, rotations, capacities of hubs
and their number. Numbers of units and the regions of an offer are taken as given.

The method is that of implicit hitting sets (Ignatiev and others, *Smallest MUS
extraction with minimal hitting set dualization*, CP 2015): guess the smallest set that
touches every known way out; if it is in conflict it is the answer, else grow it to a
way out and guess again. So the set is smallest in number, not only irreducible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from msgspec.structs import replace

from tocsin.coordination.plan import Model, solver
from tocsin.coordination.problem import Problem
from tocsin.model.records import Record

__all__ = ["Conflict", "conflict"]

MOST_ROUNDS: Final = 400
SECONDS: Final = 5.0  # for one question whether a set can hold together


class Conflict(Record, frozen=True, kw_only=True):
    """Conditions that cannot hold together.

    Attributes:
        conditions: in words; leave out any one of them and the rest can hold, as far
            as only these are asked.
        smallest: True: no smaller set is in conflict; False: only irreducible, because
            the search was broken off.
    """

    conditions: tuple[str, ...]
    smallest: bool


def conflict(problem: Problem, *, workers: int = 2) -> Conflict | None:
    """The smallest conflict, or None: everything that must be met can be.

    Raises:
        WrongUse: OR-Tools is not installed.
    """
    cp_model = solver()
    asked = _Conditions(problem)
    whole = frozenset(range(len(asked.words)))

    def holds(chosen: Collection[int]) -> bool:
        built = Model(cp_model, asked.with_only(chosen))
        search = cp_model.CpSolver()
        search.parameters.num_workers = workers
        search.parameters.max_time_in_seconds = SECONDS
        return bool(search.solve(built.model) != cp_model.INFEASIBLE)

    if holds(whole):
        return None
    ways_out: list[frozenset[int]] = []
    for _ in range(MOST_ROUNDS):
        guess = _hitting(cp_model, ways_out, len(whole))
        if not holds(guess):
            return _told(asked, guess, smallest=True)
        ways_out.append(whole - _grown(guess, whole, holds))
    return _told(asked, _reduced(whole, holds), smallest=False)


def _told(asked: _Conditions, chosen: Collection[int], *, smallest: bool) -> Conflict:
    words = tuple(asked.words[at] for at in sorted(chosen))
    return Conflict(conditions=words, smallest=smallest)


def _hitting(
    cp_model: Any, ways_out: list[frozenset[int]], number: int
) -> frozenset[int]:
    """A smallest set with something of every way out."""
    model = cp_model.CpModel()
    taken = [model.new_bool_var(str(at)) for at in range(number)]
    for way in ways_out:
        model.add_bool_or([taken[at] for at in sorted(way)])
    model.minimize(sum(taken))
    search = cp_model.CpSolver()
    search.parameters.num_workers = 1
    search.solve(model)
    return frozenset(at for at, one in enumerate(taken) if search.value(one))


def _grown(guess: frozenset[int], whole: frozenset[int], holds: Any) -> frozenset[int]:
    """As many further conditions as can hold together with the guess."""
    kept = set(guess)
    for at in sorted(whole - guess):
        if holds(kept | {at}):
            kept.add(at)
    return frozenset(kept)


def _reduced(whole: frozenset[int], holds: Any) -> frozenset[int]:
    kept = set(whole)
    for at in sorted(whole):
        if not holds(kept - {at}):
            kept.discard(at)
    return frozenset(kept)


class _Conditions:
    """The conditions of a problem, and the problem with only some of them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = _only_musts(problem)
        self.items = tuple(self._items())
        self.words = tuple(words for _, _, words in self.items)

    def _items(self) -> Iterator[tuple[str, Any, str]]:
        problem = self.problem
        for d, need in enumerate(problem.demands):
            if need.must:
                words = f"{need.label} must have {need.units} at all times"
                yield "must", d, f"{words}, months {need.first} to {need.last}"
        for d, need in enumerate(problem.demands):
            if need.protected and problem.hubs:
                yield "storage", d, f"{need.label} needs protected storage"
        for caveat in problem.caveats:
            yield "caveat", caveat, f"caveat of {caveat}"
        for s, who in enumerate(problem.suppliers):
            if who.off:
                words = f"{who.on} months on, {who.off} off"
                yield "rotation", s, f"rotation of {who.label}: {words}"
        for h, hub in enumerate(problem.hubs):
            if hub.capacity is not None:
                yield "hub", h, f"{hub.hub_id} sustains {hub.capacity}"
        if problem.hubs and problem.hubs_open is not None:
            yield "hubs", None, f"only {problem.hubs_open} hubs may be opened"

    def with_only(self, chosen: Collection[int]) -> Problem:
        """The problem in which only these conditions are asked."""
        kept = {(self.items[at][0], self.items[at][1]) for at in chosen}
        problem = self.problem
        freed = [
            (b.supplier, b.demand)
            for b in problem.barred
            if not any(("caveat", caveat) in kept for caveat in b.caveats)
        ]
        return replace(
            problem,
            pairs=tuple(sorted({*problem.pairs, *freed})),
            demands=tuple(
                replace(
                    need,
                    must=("must", d) in kept,
                    protected=need.protected and ("storage", d) in kept,
                )
                for d, need in enumerate(problem.demands)
            ),
            suppliers=tuple(
                replace(who, off=who.off if ("rotation", s) in kept else 0)
                for s, who in enumerate(problem.suppliers)
            ),
            hubs=tuple(
                replace(hub, capacity=hub.capacity if ("hub", h) in kept else None)
                for h, hub in enumerate(problem.hubs)
            ),
            hubs_open=problem.hubs_open if ("hubs", None) in kept else None,
        )


def _only_musts(problem: Problem) -> Problem:
    """Without what can always be left uncovered: it is in nobody's way."""
    kept: list[int] = []
    todo = [d for d, need in enumerate(problem.demands) if need.must]
    while todo:
        d = todo.pop()
        if d not in kept:
            kept.append(d)
            todo += problem.demands[d].after
    kept.sort()
    at = {d: n for n, d in enumerate(kept)}
    return replace(
        problem,
        demands=tuple(
            replace(
                problem.demands[d], after=tuple(at[o] for o in problem.demands[d].after)
            )
            for d in kept
        ),
        pairs=tuple((s, at[d]) for s, d in problem.pairs if d in at),
        barred=tuple(
            replace(b, demand=at[b.demand]) for b in problem.barred if b.demand in at
        ),
    )
