"""How far one contribution has come, and whether it counts as deployable.

In: a contribution, its gates, an instant. Out: a :class:`Standing`. The stage is that
of the last step not after the instant. It counts as **deployable** only if it is
committed or further, all its gates are open, and its days of preparation have passed
since the last of them opened. It is **frozen** where its gates had been open together
and one has closed again: what has arrived stays where it is and does not grow.

Nothing is added up here. An offer without a number stays without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from tocsin.coordination.gates import Gate, midnight
from tocsin.model.contributions import (
    STAGES,
    Board,
    Certainty,
    Contribution,
    Stage,
    Step,
)
from tocsin.model.records import Instant, Record

__all__ = ["Standing", "newest", "plural", "reached", "stand"]


class Standing(Record, frozen=True, kw_only=True):
    """One contribution at an instant.

    Attributes:
        stage: None before its first step, or where the offer's time has run out.
        quantities: stage -> units that have come at least so far; None: not stated.
        placed: region -> stage -> units of a step that names the region.
        waits_for: the words of the gates that are shut, in order.
        shut: the same gates as records, with who holds them.
        deployable: True where it counts now.
        ready_at: from when it counts, given the gates as they are on record; None: a
            gate has not opened, so no day can be named.
        frozen_since: when a gate closed again after all had been open, or None.
        certainty: of the step that gives the stage.
        sentence: all of it in words.
    """

    contribution: Contribution
    stage: Stage | None
    quantities: dict[str, int | None] = {}
    placed: dict[str, dict[str, int]] = {}
    waits_for: tuple[str, ...] = ()
    shut: tuple[Gate, ...] = ()
    deployable: bool = False
    ready_at: Instant | None = None
    frozen_since: Instant | None = None
    certainty: Certainty = Certainty.STATED
    sentence: str = ""


def newest(board: Board) -> tuple[Contribution, ...]:
    """The highest version of each contribution, in the order of the file."""
    last: dict[str, Contribution] = {}
    for one in board.contributions:
        known = last.get(one.contribution_id)
        if known is None or one.version > known.version:
            last[one.contribution_id] = one
    return tuple(last.values())


def stand(
    board: Board, gates: Mapping[str, tuple[Gate, ...]], *, at: datetime
) -> tuple[Standing, ...]:
    """Every contribution of the board at an instant, the newest version of each."""
    return tuple(
        _stand(one, gates.get(one.contribution_id, ()), at) for one in newest(board)
    )


def _stand(one: Contribution, gates: Sequence[Gate], at: datetime) -> Standing:
    taken = [step for step in one.steps if step.on is None or midnight(step.on) <= at]
    last = max(taken, key=_order, default=None)
    stage = None if last is None or not _valid(one, at) else last.stage
    shut = tuple(gate for gate in gates if not gate.open_at(at))
    ready = _ready(one, gates, at)
    counts = stage in STAGES[1:] and ready is not None and ready <= at
    made = Standing(
        contribution=one,
        stage=stage,
        quantities=_quantities(one, taken) if stage in STAGES else {},
        placed=_placed(taken) if stage in STAGES else {},
        waits_for=tuple(gate.words for gate in shut),
        shut=shut,
        deployable=counts,
        ready_at=ready,
        frozen_since=_frozen(gates, at) if stage in STAGES else None,
        certainty=last.source.certainty if last else Certainty.STATED,
    )
    return replace(made, sentence=" ".join(_said(made, at)))


def reached(stage: Stage | None, least: Stage) -> bool:
    """Whether a stage is at least another; what is withdrawn has reached nothing."""
    return stage in STAGES and STAGES.index(stage) >= STAGES.index(least)


def _order(step: Step) -> tuple[bool, object, int]:
    """By day; without a day first; at one day by the order of the stages."""
    rank = list(Stage).index(step.stage)
    return step.on is not None, step.on or 0, rank


def _valid(one: Contribution, at: datetime) -> bool:
    begun = one.valid_from is None or midnight(one.valid_from) <= at
    return begun and (one.valid_until is None or at < midnight(one.valid_until))


def _quantities(one: Contribution, taken: Sequence[Step]) -> dict[str, int | None]:
    """Units per stage. A step without a number means what the stage before had."""
    by_stage: dict[Stage, int | None] = {}
    for step in sorted(taken, key=_order):
        before = [by_stage[s] for s in STAGES if s in by_stage]
        carried = before[-1] if before else one.quantity
        more = by_stage.get(step.stage) if step.area else None
        given = carried if step.quantity is None else step.quantity
        by_stage[step.stage] = given if more is None else more + (given or 0)
    by_stage.setdefault(Stage.OFFERED, one.quantity)
    least = [s for s in STAGES if s in by_stage]
    return {stage.value: by_stage[stage] for stage in least}


def _placed(taken: Sequence[Step]) -> dict[str, dict[str, int]]:
    placed: dict[str, dict[str, int]] = {}
    for step in taken:
        if step.area and step.quantity is not None:
            there = placed.setdefault(step.area, {})
            there[step.stage.value] = there.get(step.stage.value, 0) + step.quantity
    return placed


def _ready(one: Contribution, gates: Sequence[Gate], at: datetime) -> datetime | None:
    """When preparation ends after the last gate opened; it may lie ahead.

    What has arrived is prepared: a gate that shuts and opens again costs it no days.
    """
    opened = [_opening(gate, at) for gate in gates]
    if any(instant is None for instant in opened):
        return None
    known = [instant for instant in opened if instant is not None]
    begun = [midnight(s.on) for s in one.steps if s.stage is Stage.COMMITTED and s.on]
    start = max([*known, *begun], default=None)
    if start is None:
        return at if reached(_last_stage(one), Stage.COMMITTED) else None
    days = 0 if _arrived(one, at) else one.ready_after_days
    return start + timedelta(days=days)


def _arrived(one: Contribution, at: datetime) -> bool:
    return any(
        step.stage is Stage.DELIVERED
        and step.on is not None
        and midnight(step.on) <= at
        for step in one.steps
    )


def _last_stage(one: Contribution) -> Stage | None:
    last = max(one.steps, key=_order, default=None)
    return None if last is None else last.stage


def _opening(gate: Gate, at: datetime) -> datetime | None:
    """When the gate opened, if it is open; else when it opens next."""
    held = [span.since for span in gate.spans if span.holds(at)]
    return held[0] if held else gate.opens_after(at)


def _frozen(gates: Sequence[Gate], at: datetime) -> datetime | None:
    """The first closing after all gates had been open together, or None."""
    closings = [c for gate in gates if (c := gate.closed_since(at)) is not None]
    if not closings:
        return None
    first = min(closings)
    before = first - timedelta(seconds=1)
    return first if all(gate.open_at(before) for gate in gates) else None


def _said(one: Standing, at: datetime) -> Iterator[str]:
    who = one.contribution
    if one.stage is None:
        yield f"{who.state}: {who.capability} is not on offer at this instant."
        return
    amount = "" if one.stage is Stage.DECLINED else f" {_amount(one)},"
    yield f"{_plain(who.state)}: {who.capability},{amount} {one.stage.value}."
    if one.stage is Stage.WITHDRAWN:
        return
    if one.certainty is not Certainty.STATED:
        yield f"This is {one.certainty.value}."
    if one.stage is Stage.DECLINED:
        return
    if one.frozen_since is not None:
        yield f"Frozen since {one.frozen_since:%d %B %Y}: {_shut(one)} closed again."
    elif one.waits_for:
        yield f"Waits for {_shut(one)}."
    elif not reached(one.stage, Stage.COMMITTED):
        yield "Every gate is open, and it is an offer still."
    elif one.ready_at is not None and one.ready_at > at:
        yield f"Every gate is open; ready on {one.ready_at:%d %B %Y}."
    else:
        yield "Deployable now."


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _amount(one: Standing) -> str:
    number = one.contribution.quantity
    unit = one.contribution.unit
    if number is None:
        return "no number stated"
    return f"{number:,} {unit if number == 1 else plural(unit)}"


def plural(unit: str) -> str:
    """More than one of a unit, in words.

    >>> plural("company"), plural("convoy")
    ('companies', 'convoys')
    """
    ends = unit.endswith("y") and unit[-2:-1] not in set("aeiou")
    return f"{unit[:-1]}ies" if ends else f"{unit}s"


def _shut(one: Standing) -> str:
    words = [_plain(gate) for gate in one.waits_for]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
