"""Conditions in many worlds at once: windows, lasting, since, until, sequences.

In come a condition, what its variables are bound to, and a :class:`Scene` that knows
when each thing happened of which a condition can speak, and in which worlds. Out comes,
for each of some instants, in which worlds the condition holds (rules G1 to G7). Between
two neighbouring :func:`changes` nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Sequence_
from typing import Final, Protocol, TypeAlias

import msgspec
import numpy as np

from tocsin.agreement.evaluate.force import EVER, Force, Span, instant_of
from tocsin.agreement.evaluate.happened import Event, is_decided, is_stated
from tocsin.agreement.evaluate.history import Flags, History, Ints, Reals
from tocsin.agreement.evaluate.plan import Plan, Stands
from tocsin.agreement.terms import (
    Aggregate,
    AllOf,
    AnyOf,
    ArticleIs,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Counted,
    DecisionIs,
    Deed,
    Duration,
    Episodes,
    FindingState,
    Happened,
    Lasting,
    Not,
    Number,
    Sequence,
    Since,
    SuspendedBy,
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

    @property
    def happened(self) -> Sequence_[Event]:
        """Episodes and decisions, as procedures gave them."""

    def items(self, subject: Subject, bound: Bound) -> Items:
        """The breaches or deeds that a condition speaks of."""

    def suspended_at(self, condition: SuspendedBy, bound: Bound) -> int:
        """When somebody on record suspended the rule; EVER: nobody did."""

    def standing(self, condition: Stands, bound: Bound) -> Sequence_[Span]:
        """When an act that was done stands."""

    def is_by(self, party: str, episodes: Episodes, bound: Bound) -> bool:
        """Whether episodes of a party are meant."""


def truth(  # noqa: C901, PLR0911  # one case for each kind of condition
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
            return _always(scene, np.full(len(at), held))
        case ArticleIs():
            return _always(scene, _in_force(scene, condition, at))
        case Stands():
            return _always(scene, _standing(scene, condition, bound, at))
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
        case FindingState() | DecisionIs() | SuspendedBy():
            return _always(scene, _on_record(scene, condition, bound, at))
    raise NotEvaluated(condition, "this condition")


def _always(scene: Scene, held: Flags) -> Flags:
    return np.repeat(held[:, None], scene.n_worlds, axis=1)


def _in_force(scene: Scene, condition: ArticleIs, at: Ints) -> Flags:
    """Of an article with several paragraphs one is enough."""
    binds = np.zeros(len(at), dtype=np.bool_)
    inside = np.zeros(len(at), dtype=np.bool_)
    for article in scene.plan.agreement.find(condition.article.number):
        span = scene.force[article.number]
        mine = (at >= span.start) & (at < span.stop)
        pauses = scene.force.pauses_of(article.number)
        for pause in pauses:
            inside |= mine & (at >= pause.start) & (at < pause.stop)
            mine &= (at < pause.start) | (at >= pause.stop)
        binds |= mine
    match condition.state:
        case "in_force":
            return binds
        case "not_in_force":
            return ~binds
    return inside & ~binds


def _standing(scene: Scene, condition: Stands, bound: Bound, at: Ints) -> Flags:
    held = np.zeros(len(at), dtype=np.bool_)
    for span in scene.standing(condition, bound):
        held |= (at >= span.start) & (at < span.stop)
    return held


# --- what procedures gave ------------------------------------------------------------


def _on_record(
    scene: Scene,
    condition: FindingState | DecisionIs | SuspendedBy,
    bound: Bound,
    at: Ints,
) -> Flags:
    """What was found, decided or suspended stays so; alleged is what is open (G7)."""
    held = np.zeros(len(at), dtype=np.bool_)
    for start, last in _states_of(scene, condition, bound):
        held |= (at >= start) & (at <= last)
    return held


def _states_of(
    scene: Scene, condition: FindingState | DecisionIs | SuspendedBy, bound: Bound
) -> Iterator[tuple[int, int]]:
    match condition:
        case SuspendedBy():
            yield scene.suspended_at(condition, bound), EVER
        case DecisionIs():
            agreement = scene.plan.agreement
            for event in scene.happened:
                if is_decided(agreement, condition, event, bound):
                    yield event.t, EVER
        case FindingState():
            variables = scene.plan.variables_of(condition.finding)
            for event in scene.happened:
                if is_stated(condition, event, bound, variables):
                    yield event.t, EVER if event.last is None else event.last


def _things(scene: Scene, subject: Counted, bound: Bound, *, found: bool) -> Items:
    """What is counted; episodes by their being found, or from opening to closing."""
    if not isinstance(subject, Episodes):
        return scene.items(subject, bound)
    kind = "found" if found else "alleged"
    held = [
        event
        for event in scene.happened
        if event.kind == kind
        and event.name == subject.finding
        and _is_meant(scene, event, subject, bound)
    ]
    held.sort(key=lambda event: (event.t, event.party or "", event.sector or ""))
    last = [e.t if found else EVER if e.last is None else e.last for e in held]
    return Items(
        t=np.array([event.t for event in held], dtype=np.int64),
        last=np.array(last, dtype=np.int64),
        true=np.ones((len(held), scene.n_worlds), dtype=np.bool_),
        row=np.full(len(held), -1, dtype=np.int64),
    )


def _is_meant(scene: Scene, event: Event, subject: Episodes, bound: Bound) -> bool:
    if subject.in_ == "sector" and event.sector != bound.get("sector", event.sector):
        return False
    inside = None if subject.in_ == "sector" else scene.plan.sectors_of(subject.in_)
    if inside is not None and event.sector not in inside:
        return False
    if subject.by is None:
        return True
    return event.party is not None and scene.is_by(event.party, subject, bound)


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
    lasts = aggregate.function == "duration"
    items = _things(scene, aggregate.subject, bound, found=not lasts)
    starts = _starts(scene, aggregate, at)
    if lasts:
        return _lengths(items, starts, at)
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
    raise NotEvaluated(aggregate, aggregate.function)


def _starts(scene: Scene, aggregate: Aggregate, at: Ints) -> Ints:
    if aggregate.over is not None:
        return at - _seconds(aggregate, aggregate.over)
    assert aggregate.since is not None
    since = instant_of(scene.plan, scene.history, aggregate.since)
    return np.full(len(at), since, dtype=np.int64)


def _sums(values: Reals, low: Ints, high: Ints) -> Reals:
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(total[high] - total[low])


def _lengths(items: Items, starts: Ints, at: Ints) -> Reals:
    """Seconds of the window in which something went on, in each world (rule G3)."""
    total = np.zeros((len(at), items.true.shape[1]))
    for world in range(items.true.shape[1]):
        begun, over = _joined(items, world)
        reach = np.minimum(over[:, None], at + 1) - np.maximum(begun[:, None], starts)
        total[:, world] = np.maximum(reach, 0).sum(axis=0)
    return total


def _joined(items: Items, world: int) -> tuple[Ints, Ints]:
    """The times in which something goes on in a world: first seconds, and the ends."""
    true = items.true[:, world]
    begun, over = items.t[true], items.last[true] + 1
    if not len(begun):
        return begun, over
    order = np.argsort(begun, kind="stable")
    begun, reach = begun[order], np.maximum.accumulate(over[order])
    fresh = np.append(True, begun[1:] > reach[:-1])
    heads = np.flatnonzero(fresh)
    return begun[heads], reach[np.append(heads[1:], len(begun)) - 1]


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
    attribute = {"site": "subject"}.get(str(aggregate.attribute), aggregate.attribute)
    attribute = str(attribute)
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
    items = _things(scene, condition.subject, bound, found=False)
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


def _changes(  # noqa: C901, PLR0911  # one case for each kind of condition
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
            spans = [scene.force[a.number] for a in found]
            spans += [p for a in found for p in scene.force.pauses_of(a.number)]
            edges = {edge for span in spans for edge in (span.start, span.stop)}
            return {edge for edge in edges if abs(edge) < EVER}
        case Stands():
            return {
                edge
                for span in scene.standing(condition, bound)
                for edge in (span.start, span.stop)
                if edge < EVER
            }
        case Happened():
            return _deed_changes(scene, condition, bound)
        case BreachOf():
            return _spans(scene.items(condition.breaches, bound), 0)
        case FindingState() | DecisionIs() | SuspendedBy():
            ends = _states_of(scene, condition, bound)
            return {t for one in ends for t in (one[0], one[1] + 1) if t < EVER}
        case Compare():
            return _compare_changes(scene, condition, bound)
        case Lasting():
            items = _things(scene, condition.subject, bound, found=False)
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


def _compare_changes(scene: Scene, condition: Compare, bound: Bound) -> set[int]:
    parts = [p for p in (condition.left, condition.right) if isinstance(p, Aggregate)]
    own: set[int] = set()
    for part in parts:
        own |= _window_changes(scene, part, bound)
    if any(part.function == "duration" for part in parts):
        own |= _crossings(scene, condition, bound, own)
    return own


def _deed_changes(scene: Scene, condition: Happened, bound: Bound) -> set[int]:
    for named in scene.plan.agreement.conditions:
        if named.name == condition.deed.act:
            return _changes(scene, named.when, bound)
    window = _seconds(condition, condition.in_last) if condition.in_last else 0
    return _spans(scene.items(condition.deed, bound), window)


def _spans(items: Items, window: int) -> set[int]:
    return {int(t) for t in items.t} | {int(t) + window + 1 for t in items.last}


def _window_changes(scene: Scene, aggregate: Aggregate, bound: Bound) -> set[int]:
    lasts = aggregate.function == "duration"
    items = _things(scene, aggregate.subject, bound, found=not lasts)
    times = {int(t) for t in items.t}
    times |= {int(t) + 1 for t in items.last} if lasts else set()
    times = {t for t in times if t < EVER}
    if aggregate.over is None:
        since = int(_starts(scene, aggregate, np.zeros(1, dtype=np.int64))[0])
        return times | ({since} if lasts and abs(since) < EVER else set())
    over = _seconds(aggregate, aggregate.over)
    return times | {t + over + 1 for t in times}


def _crossings(
    scene: Scene, condition: Compare, bound: Bound, edges: set[int]
) -> set[int]:
    """Where lengths of time may reach what they are compared with.

    Between two edges a length grows or shrinks by one second a second, or stands; two
    lengths near each other by two.
    """
    at = np.array(sorted(edges), dtype=np.int64)
    if not len(at):
        return set()
    away = np.abs(_margin(scene, condition, bound, at)).astype(np.int64)
    next_ = np.append(at[1:], EVER)[:, None]
    found: set[int] = set()
    for step in (away, away + 1, away // 2, away // 2 + 1):
        t = at[:, None] + step
        found |= {int(one) for one in t[t < next_]}
    return found


def _margin(scene: Scene, condition: Compare, bound: Bound, at: Ints) -> Reals:
    left = _number(scene, condition.left, bound, at)
    match condition.right:
        case Aggregate():
            return np.asarray(left - _number(scene, condition.right, bound, at))
        case Duration():
            return np.asarray(left - _seconds(condition, condition.right))
    return np.asarray(left - condition.right.value)


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
            sides = [condition.left, condition.right]
            windows = [side.over for side in sides if isinstance(side, Aggregate)]
            return max(EVER if over is None else over.seconds for over in windows)
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
