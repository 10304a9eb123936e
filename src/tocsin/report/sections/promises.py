"""Section 5: guarantees and their clocks, for those who promised to answer.

For each guarantee that is awake: how far it has come, what is due from whom by when,
who alone can stop it, and what happens if nobody acts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tocsin.model import Guarantee, GuaranteeState, Step, TriggerMode
from tocsin.report.cite import ANNEX, anchor
from tocsin.report.day import Day
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Link,
    Row,
    Section,
    Sentence,
    Stage,
    Table,
    Track,
)
from tocsin.report.figures import clock_strip
from tocsin.report.sections.phrases import named
from tocsin.report.wording import duration, listed, sentence, spoken, stamp

__all__ = ["about_words", "awake", "due_words", "promises"]

WAY: Final = (
    GuaranteeState.DORMANT,
    GuaranteeState.CONDITION_ALLEGED,
    GuaranteeState.CONDITION_FOUND,
    GuaranteeState.CONSULTATION_CALLED,
    GuaranteeState.DECISION_PENDING,
    GuaranteeState.ACTIVATED,
)


MODES: Final = {
    TriggerMode.AUTOMATIC: "It acts by itself; nobody decides.",
    TriggerMode.BY_DECISION: "It acts only if a vote decides so.",
    TriggerMode.BY_CONSENSUS: "It acts only if all agree.",
    TriggerMode.BY_REQUEST: "It acts only if asked.",
}


def awake(day: Day) -> list[Guarantee]:
    """Guarantees that something woke, in the order of the clauses."""
    return [g for g in day.guarantees if g.state is not GuaranteeState.DORMANT]


def promises(day: Day) -> Section:
    """The state of each guarantee when the day ended, and the clocks that run."""
    strip = clock_strip(day.guarantees, day.end)
    blocks: list[Block] = [*_none(day)]
    if strip:
        blocks.append(strip)
    for guarantee in awake(day):
        blocks += _of(day, guarantee)
    blocks += _asleep(day)
    return Section(
        number="5",
        anchor="guarantees",
        title="Guarantees and their clocks",
        about=f"As it stood at the end of the day, {stamp(day.end)} UTC. The guarantors"
        " are watched by the same rules as the parties.",
        blocks=tuple(blocks),
    )


def due_words(step: Step, end: datetime) -> str:
    """By when, and how long that is from the end of the day."""
    if step.done_at is not None:
        late = " (late)" if step.missed else ""
        return f"done {stamp(step.done_at)}{late}"
    if step.due is None:
        return "no deadline in the text"
    if step.due <= end:
        before = duration(end - step.due)
        return f"missed: was due {stamp(step.due)}, {before} before the day ended"
    return f"{stamp(step.due)}, in {duration(step.due - end)}"


def about_words(guarantee: Guarantee) -> str:
    """Of whom and where; a party is not said to be in breach before it is found."""
    about = f" (concerning {named(guarantee.party)})" if guarantee.party else ""
    where = f" in {guarantee.sector}" if guarantee.sector else ""
    return f"{about}{where}"


def _none(day: Day) -> list[Sentence]:
    if day.guarantees:
        return []
    return [Sentence(text="The agreement as read here holds no guarantee.")]


def _of(day: Day, guarantee: Guarantee) -> list[Block]:
    title = f"{guarantee.clause} {guarantee.title}"
    return [
        Track(
            title=f"{title}{about_words(guarantee)}",
            anchor=anchor("g", guarantee.guarantee_id),
            stages=_stages(guarantee.state),
        ),
        Sentence(text=_why(guarantee), evidence=_evidence(day, guarantee)),
        _steps(guarantee, day.end),
    ]


def _stages(state: GuaranteeState) -> tuple[Stage, ...]:
    """The way of a guarantee; an end other than activation takes the last place."""
    way = WAY if state in WAY else (*WAY[:-1], state)
    here = way.index(state)
    return tuple(
        Stage(
            name=spoken(each.value),
            at="here" if at == here else "passed" if at < here else "ahead",
        )
        for at, each in enumerate(way)
    )


def _why(guarantee: Guarantee) -> str:
    since = f" Since {stamp(guarantee.since)} UTC." if guarantee.since else ""
    return f"{sentence(guarantee.why)}{since} {MODES[guarantee.mode]}"


def _evidence(day: Day, guarantee: Guarantee) -> tuple[Link, ...]:
    """The finding that woke it, if it held on this day, else one like it."""
    found = day.link.get(guarantee.episode or "")
    same = [
        day.link[finding.finding_id]
        for finding in day.findings
        if finding.party == guarantee.party and finding.verdict == "breached"
    ]
    return (found,) if found else (tuple(same[:1]) or (ANNEX["B"],))


def _steps(guarantee: Guarantee, end: datetime) -> Table:
    return Table(
        anchor=anchor("steps", guarantee.guarantee_id),
        caption=f"{guarantee.clause}: what is due, from whom, by when",
        columns=(
            Column(title="What"),
            Column(title="From whom"),
            Column(title="By when (UTC)"),
            Column(title="Who can block it"),
            Column(title="If nobody acts"),
        ),
        rows=tuple(_step(step, end) for step in guarantee.steps),
        note="" if guarantee.steps else "No step of this guarantee is due.",
    )


def _step(step: Step, end: datetime) -> Row:
    state = "missed" if step.missed else "done" if step.done_at else "due"
    return Row(
        cells=(
            Cell(text=f"{step.what} ({step.clause})", mark=state),
            Cell(text=listed(step.owed_by)),
            Cell(text=due_words(step, end), tone="warning" if step.missed else ""),
            Cell(text=listed(step.blockers) or "nobody alone"),
            Cell(text=step.otherwise or "the text is silent"),
        )
    )


def _asleep(day: Day) -> list[Sentence]:
    names = [
        f"{g.clause} {g.title}"
        for g in day.guarantees
        if g.state is GuaranteeState.DORMANT
    ]
    if not names:
        return []
    return [Sentence(text=f"Dormant at the end of the day: {listed(names)}.")]
