"""Conditions in many worlds at once: windows, lasting, since, until, sequences.

In come a condition, what its variables are bound to, and a :class:`Scene` that knows
when each thing happened of which a condition can speak, and in which worlds. Out comes,
for each of some instants, in which worlds the condition holds (rules G1 to G6). Between
two neighbouring :func:`changes` nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

import msgspec
import numpy as np

from tocsin.agreement.evaluate.force import EVER, Force, instant_of
from tocsin.agreement.evaluate.history import Flags, History, Ints, Reals
from tocsin.agreement.evaluate.plan import Plan
from tocsin.agreement.terms import (
    Aggregate,
    AllOf,
    AnyOf,
    ArticleIs,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Deed,
    Duration,
    Happened,
    Lasting,
    Not,
    Number,
    Sequence,
    Since,
    Until,
    VariableIs,
)

__all__ = ["Bound", "Items", "NotEvaluated", "Scene", "changes", "lookback", "truth"]

NUMBERS: Final = {"number": "count", "count": "count", "value": "value"}
"""Which column of the facts an attribute means."""

Bound: TypeAlias = Mapping[str, str | None]
Subject: TypeAlias = Breaches | Deed


class NotEvaluated(Exception):
    """A condition that this version cannot evaluate."""

    def __init__(self, term: Condition | Aggregate, what: str) -> None:
        self.term = term
        self.what = what
        super().__init__(what)


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """Things in time order, and in which worlds each happened.

    Attributes:
        t, last: first and last second of each. (n,)
        true: (n, n_worlds).
        row: the row of the history that speaks for each, -1 for none.
    """

    t: Ints
    last: Ints
    true: Flags
    row: Ints


class Scene(Protocol):
    """What a condition can look at."""

    @property
    def plan(self) -> Plan:
        """The agreement made ready."""

    @property
    def history(self) -> History:
        """The facts."""

    @property
    def force(self) -> Force:
        """When articles bind."""

    @property
    def until(self) -> int:
        """The end of the question."""

    @property
    def n_worlds(self) -> int:
        """How many worlds there are."""

    def items(self, subject: Subject, bound: Bound) -> Items:
        """The breaches or deeds that a condition speaks of."""


def truth(  # noqa: PLR0911  # one case for each kind of condition
    scene: Scene, condition: Condition, bound: Bound, at: Ints
) -> Flags:
    """At each instant, in which worlds the condition holds: (len(at), n_worlds).

    Raises:
        NotEvaluated: the condition has a part that this version cannot evaluate.
    """
    match condition:
        case AllOf():
            parts = [truth(scene, c, bound, at) for c in condition.conditions]
            return np.asarray(np.logical_and.reduce(parts))
        case AnyOf():
            parts = [truth(scene, c, bound, at) for c in condition.conditions]
            return np.asarray(np.logical_or.reduce(parts))
        case Not():
            return ~truth(scene, condition.condition, bound, at)
        case VariableIs():
            held = (
                bound.get(condition.variable) in condition.names
            ) != condition.negated
            return _always(scene, at, np.full(len(at), held))
        case ArticleIs():
            return _always(scene, at, _in_force(scene, condition, at))
        case Happened():
            return _happened(scene, condition, bound, at)
        case BreachOf():
            return _during(scene.items(condition.breaches, bound), at, 0)
        case Compare():
            return _compared(scene, condition, bound, at)
        case Lasting():
            return _lasting(scene, condition, bound, at)
        case Since() | Until() | Sequence():
            return _stepped(scene, condition, bound, at)
    raise NotEvaluated(condition, "this condition")


def _always(scene: Scene, at: Ints, held: Flags) -> Flags:
    return np.repeat(held[:, None], scene.n_worlds, axis=1).reshape(len(at), -1)


def _in_force(scene: Scene, condition: ArticleIs, at: Ints) -> Flags:
    if condition.state == "suspended":
        raise NotEvaluated(condition, "an article that is suspended")
    spans = [
        scene.force[a.number]
        for a in scene.plan.agreement.find(condition.article.number)
    ]
    inside = [(at >= span.start) & (at < span.stop) for span in spans]
    held: Flags = np.logical_or.reduce(inside)
    return held if condition.state == "in_force" else ~held


def _happened(scene: Scene, condition: Happened, bound: Bound, at: Ints) -> Flags:
    """The deed goes on, or did within the last stretch, ends included (rule G2)."""
    for named in scene.plan.agreement.conditions:
        if named.name == condition.deed.act:
            return truth(scene, named.when, bound, at)
    window = _seconds(condition, condition.in_last) if condition.in_last else 0
    return _during(scene.items(condition.deed, bound), at, window)


def _during(items: Items, at: Ints, window: int) -> Flags:
    held = np.zeros((len(at), items.true.shape[1]), dtype=np.bool_)
    for n, s in enumerate(at):
        inside = (items.t <= s) & (items.last >= s - window)
        held[n] = items.true[inside].any(axis=0)
    return held


def _seconds(term: Condition | Aggregate, length: Duration) -> int:
    if length.is_calendar:
        raise NotEvaluated(term, "a window of months")
    return length.seconds


# --- numbers -------------------------------------------------------------------------


def _compared(scene: Scene, condition: Compare, bound: Bound, at: Ints) -> Flags:
    left = _number(scene, condition.left, bound, at)
    match condition.right:
        case Number():
            right: Reals | float = condition.right.value
        case Duration():
            right = float(_seconds(condition, condition.right))
        case Aggregate():
            right = _number(scene, condition.right, bound, at)
    match condition.operator:
        case ">=":
            return np.asarray(left >= right)
        case "<=":
            return np.asarray(left <= right)
        case ">":
            return np.asarray(left > right)
        case "<":
            return np.asarray(left < right)
        case "=":
            return np.asarray(left == right)


def _number(scene: Scene, aggregate: Aggregate, bound: Bound, at: Ints) -> Reals:
    """The aggregate at each instant, in each world (rule G3)."""
    if not isinstance(aggregate.subject, (Breaches, Deed)):
        raise NotEvaluated(aggregate, "a count of episodes beside evidence")
    items = scene.items(aggregate.subject, bound)
    starts = _starts(scene, aggregate, at)
    low = np.searchsorted(items.t, starts)
    high = np.maximum(np.searchsorted(items.t, at, side="right"), low)
    match aggregate.function:
        case "count":
            return _sums(items.true.astype(np.float64), low, high)
        case "sum":
            values = _values(scene, aggregate, items)
            weighed: Reals = items.true * values[:, None]
            return _sums(weighed, low, high)
        case "max":
            return _greatest(items, _values(scene, aggregate, items), low, high)
        case "count_distinct":
            return _kinds(items, _kind_of(scene, aggregate, items), low, high)
        case "duration":
            raise NotEvaluated(aggregate, "duration of")


def _starts(scene: Scene, aggregate: Aggregate, at: Ints) -> Ints:
    if aggregate.over is not None:
        return at - _seconds(aggregate, aggregate.over)
    assert aggregate.since is not None
    since = instant_of(scene.plan, scene.history, aggregate.since)
    return np.full(len(at), since, dtype=np.int64)


def _sums(values: Reals, low: Ints, high: Ints) -> Reals:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[high] - total[low])


def _values(scene: Scene, aggregate: Aggregate, items: Items) -> Reals:
    column = NUMBERS.get(str(aggregate.attribute))
    if column is None:
        raise NotEvaluated(aggregate, f"{aggregate.function} of {aggregate.attribute}")
    values = getattr(scene.history, column)
    known: Reals = np.nan_to_num(values[items.row].astype(np.float64))
    return known


def _greatest(items: Items, values: Reals, low: Ints, high: Ints) -> Reals:
    """The greatest value in the window; nothing is 0."""
    found = np.zeros((len(low), items.true.shape[1]))
    for n, (lo, hi) in enumerate(zip(low, high, strict=True)):
        inside = np.where(items.true[lo:hi], values[lo:hi, None], 0.0)
        found[n] = inside.max(axis=0, initial=0.0)
    return found


def _kind_of(scene: Scene, aggregate: Aggregate, items: Items) -> Ints:
    attribute = str(aggregate.attribute)
    if attribute not in scene.history.text:
        raise NotEvaluated(aggregate, f"count distinct {attribute}")
    return scene.history[attribute].code[items.row]


def _kinds(items: Items, kind: Ints, low: Ints, high: Ints) -> Reals:
    """How many different known values there are in the window."""
    found = np.zeros((len(low), items.true.shape[1]))
    for n, (lo, hi) in enumerate(zip(low, high, strict=True)):
        for one in np.unique(kind[lo:hi][kind[lo:hi] >= 0]):
            found[n] += items.true[lo:hi][kind[lo:hi] == one].any(axis=0)
    return found


def _lasting(scene: Scene, condition: Lasting, bound: Bound, at: Ints) -> Flags:
    """Something goes on now, and has without a gap for longer than that (rule G4)."""
    if not isinstance(condition.subject, (Breaches, Deed)):
        raise NotEvaluated(condition, "an episode that lasts")
    items = scene.items(condition.subject, bound)
    longer = _seconds(condition, condition.longer_than)
    held = np.zeros((len(at), items.true.shape[1]), dtype=np.bool_)
    begun = np.full(items.true.shape[1], -EVER)
    reach = np.full(items.true.shape[1], -EVER)
    done = 0
    for n in np.argsort(at, kind="stable"):
        while done < len(items.t) and items.t[done] <= at[n]:
            true = items.true[done]
            begun = np.where(true & (items.t[done] > reach + 1), items.t[done], begun)
            reach = np.where(true, np.maximum(reach, items.last[done]), reach)
            done += 1
        held[n] = (reach >= at[n]) & (at[n] - begun > longer)
    return held


# --- since, until, then --------------------------------------------------------------


def _stepped(
    scene: Scene, condition: Since | Until | Sequence, bound: Bound, at: Ints
) -> Flags:
    """Go through every instant of change, then look at those that were asked for."""
    every = np.unique(np.concatenate([changes(scene, condition, bound), at]))
    match condition:
        case Since():
            held = _since(scene, condition, bound, every)
        case Until():
            held = _until(scene, condition, bound, every)
        case Sequence():
            held = _sequence(scene, condition, bound, every)
    return held[np.searchsorted(every, at)]


def _since(scene: Scene, condition: Since, bound: Bound, every: Ints) -> Flags:
    holds = truth(scene, condition.holds, bound, every)
    start = truth(scene, condition.start, bound, every)
    within = EVER if condition.within is None else _seconds(condition, condition.within)
    held = np.zeros_like(holds)
    last = np.full(scene.n_worlds, -EVER)
    for n, s in enumerate(every):
        if n:
            last = np.where(start[n - 1], s - 1, last)
        last = np.where(holds[n], last, -EVER)
        held[n] = start[n] | ((last > -EVER) & (s - last <= within))
    return held


def _until(scene: Scene, condition: Until, bound: Bound, every: Ints) -> Flags:
    """Only what came before the end of the question is known to have come."""
    holds = truth(scene, condition.holds, bound, every)
    end = truth(scene, condition.end, bound, every) & (every < scene.until)[:, None]
    within = _seconds(condition, condition.within)
    held = np.zeros_like(holds)
    next_ = np.full(scene.n_worlds, EVER)
    for n in range(len(every) - 1, -1, -1):
        next_ = np.where(end[n], every[n], np.where(holds[n], next_, EVER))
        held[n] = next_ - every[n] <= within
    return held


def _sequence(scene: Scene, condition: Sequence, bound: Bound, every: Ints) -> Flags:
    """Each step strictly after the one before it, and at most so long after (G5)."""
    done = truth(scene, condition.first, bound, every)
    for step in condition.steps:
        now = truth(scene, step.condition, bound, every)
        within = _seconds(condition, step.within)
        last = np.full(scene.n_worlds, -EVER)
        after = np.zeros_like(now)
        for n, s in enumerate(every):
            if n:
                last = np.where(done[n - 1], s - 1, last)
            after[n] = now[n] & (s - last <= within)
        done = after
    return done


# --- when anything can change --------------------------------------------------------


def changes(scene: Scene, condition: Condition, bound: Bound) -> Ints:
    """Instants between which the condition cannot change; more than need be."""
    return np.unique(
        np.array(sorted(_changes(scene, condition, bound)), dtype=np.int64)
    )


def _changes(  # noqa: PLR0911  # one case for each kind of condition
    scene: Scene, condition: Condition, bound: Bound
) -> set[int]:
    match condition:
        case AllOf() | AnyOf():
            return set().union(
                *(_changes(scene, c, bound) for c in condition.conditions)
            )
        case Not():
            return _changes(scene, condition.condition, bound)
        case ArticleIs():
            found = scene.plan.agreement.find(condition.article.number)
            edges = {
                e
                for a in found
                for e in (scene.force[a.number].start, scene.force[a.number].stop)
            }
            return {edge for edge in edges if abs(edge) < EVER}
        case Happened():
            return _deed_changes(scene, condition, bound)
        case BreachOf():
            return _spans(scene.items(condition.breaches, bound), 0)
        case Compare():
            parts = [
                p for p in (condition.left, condition.right) if isinstance(p, Aggregate)
            ]
            return set().union(*(_window_changes(scene, part, bound) for part in parts))
        case Lasting() if isinstance(condition.subject, (Breaches, Deed)):
            items = scene.items(condition.subject, bound)
            longer = _seconds(condition, condition.longer_than)
            return _spans(items, 0) | {int(t) + longer + 1 for t in items.t}
        case Since():
            within = _seconds(condition, condition.within) if condition.within else 0
            parts_of = (condition.holds, condition.start)
            return _shifted(scene, parts_of, bound, within)
        case Until():
            within = _seconds(condition, condition.within)
            return _shifted(scene, (condition.holds, condition.end), bound, -within)
        case Sequence():
            steps = [step.condition for step in condition.steps]
            found_at: set[int] = set()
            for step in condition.steps:
                within = _seconds(condition, step.within)
                found_at |= _shifted(scene, (condition.first, *steps), bound, within)
            return found_at
    return set()


def _deed_changes(scene: Scene, condition: Happened, bound: Bound) -> set[int]:
    for named in scene.plan.agreement.conditions:
        if named.name == condition.deed.act:
            return _changes(scene, named.when, bound)
    window = _seconds(condition, condition.in_last) if condition.in_last else 0
    return _spans(scene.items(condition.deed, bound), window)


def _spans(items: Items, window: int) -> set[int]:
    return {int(t) for t in items.t} | {int(t) + window + 1 for t in items.last}


def _window_changes(scene: Scene, aggregate: Aggregate, bound: Bound) -> set[int]:
    if not isinstance(aggregate.subject, (Breaches, Deed)):
        raise NotEvaluated(aggregate, "a count of episodes beside evidence")
    times = {int(t) for t in scene.items(aggregate.subject, bound).t}
    if aggregate.over is None:
        return times
    over = _seconds(aggregate, aggregate.over)
    return times | {t + over + 1 for t in times}


def _shifted(
    scene: Scene, conditions: tuple[Condition, ...], bound: Bound, by: int
) -> set[int]:
    own = set().union(*(_changes(scene, c, bound) for c in conditions))
    near = {t + d for t in own for d in (0, 1)}
    return near | {t + by + d for t in own for d in (-1, 0, 1)}


def lookback(condition: Condition) -> int:
    """How far back from an instant the condition looks, in seconds."""
    match condition:
        case AllOf() | AnyOf():
            return max(lookback(part) for part in condition.conditions)
        case Not():
            return lookback(condition.condition)
        case Happened():
            return condition.in_last.seconds if condition.in_last else 0
        case Compare():
            over = condition.left.over
            return over.seconds if over is not None else EVER
        case Lasting():
            return condition.longer_than.seconds + 1
        case Since():
            within = condition.within.seconds if condition.within else EVER
            return min(
                EVER, within + max(lookback(condition.holds), lookback(condition.start))
            )
        case Sequence():
            steps = [
                step.within.seconds + lookback(step.condition)
                for step in condition.steps
            ]
            return lookback(condition.first) + sum(steps)
    return 0
