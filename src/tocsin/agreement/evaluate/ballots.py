"""Ballots, proposals and deadlines of a procedure, as they stand on record.

What attributions, decisions and suspensions have in common (rules V2 to V6); the tally
itself is :func:`tocsin.agreement.decisions.tally`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tocsin.agreement.decisions import Ballot, Tally, tally
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.force import EVER, instant_of
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.plan import who_names
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import (
    Before,
    Deadline,
    EventTime,
    Procedure,
    Within,
)
from tocsin.errors import WrongUse
from tocsin.model.times import from_seconds
from tocsin.model.vocabulary import Vote

__all__ = [
    "BALLOT",
    "MEETING",
    "PROPOSAL",
    "SUSPENSION",
    "ballots",
    "bodies_of",
    "counted",
    "due_of",
    "is_about",
    "silence_from",
]

BALLOT, PROPOSAL, MEETING, SUSPENSION = "ballot", "proposal", "meet", "suspend"
OWN: Final = frozenset({"found", "alleged", "due", "adopted", "rejected", "lapsed"})
"""Instants that a rule's own course gives: that at which it was woken."""


def ballots(
    facts: Sequence[Fact],
    names: set[str],
    party: str | None,
    sector: str | None,
    since: int,
) -> list[Ballot]:
    """Ballots on this matter: those that name it, and name no other party or sector."""
    return [
        Ballot(member=fact.party, vote=Vote(fact.vote), t=from_seconds(fact.t))
        for fact in facts
        if fact.kind == BALLOT
        and fact.t >= since
        and fact.party is not None
        and fact.vote is not None
        and is_about(fact, names, party, sector)
    ]


def is_about(
    fact: Fact, names: set[str], party: str | None, sector: str | None
) -> bool:
    """The fact names this matter, and no other party or sector."""
    wanted = {name.casefold() for name in names}
    return (
        fact.subject is not None
        and fact.subject.casefold() in wanted
        and fact.target_party in (None, party)
        and fact.sector in (None, sector)
    )


def counted(
    setting: Setting,
    procedure: Procedure,
    bodies: Sequence[str],
    ballots: Sequence[Ballot],
    *,
    proposal_at: int | None,
    due: int | None,
) -> Tally:
    """How the decision of these bodies stands at the end of the question."""
    agreement = setting.plan.agreement
    members = [m for body in bodies for m in agreement.members_of(body) or (body,)]
    held = [g.weights for g in agreement.groups if g.name in bodies]
    held += [b.weights for b in agreement.bodies if b.name in bodies]
    weights = {weight.name: weight.votes for part in held for weight in part}
    return tally(
        procedure,
        ballots,
        members=tuple(dict.fromkeys(members)),
        weights=weights,
        proposal_at=None if proposal_at is None else from_seconds(proposal_at),
        due=None if due is None else from_seconds(due),
        at=from_seconds(setting.question.until - 1),
    )


def bodies_of(
    setting: Setting, procedure: Procedure, else_: Sequence[str]
) -> tuple[str, ...]:
    """Who decides: as the procedure says, else as the rule does."""
    if procedure.by is None:
        return tuple(else_)
    return who_names(setting.plan.agreement, procedure.by)


def due_of(
    setting: Setting, deadline: Deadline | None, opened: int, proposed: int | None
) -> int | None:
    """Until when it may be decided; None: no deadline, or it does not run yet."""
    calendar = setting.plan.agreement.calendar
    try:
        if isinstance(deadline, Before):
            at = instant_of(setting.plan, setting.history, deadline.time)
            return None if at == EVER else at
        if isinstance(deadline, Within):
            of = deadline.of.base if deadline.of else None
            if isinstance(of, EventTime) and of.event == PROPOSAL:
                return proposed and later(proposed, deadline.duration, calendar)
            return later(opened, deadline.duration, calendar)
    except WrongUse:
        return None
    return None


def silence_from(
    setting: Setting, procedure: Procedure, opened: int, proposed: int | None
) -> int | None:
    """Since when silence runs: the proposal, or the event that the text names (V5)."""
    said = procedure.silence.of if procedure.silence is not None else None
    if said is None:
        return proposed
    base = said.base
    try:
        if isinstance(base, EventTime) and base.event == PROPOSAL:
            begins = proposed
        elif isinstance(base, EventTime) and base.event in OWN:
            begins = opened
        else:
            return _known(instant_of(setting.plan, setting.history, said))
        if begins is None or said.plus is None:
            return begins
        return later(begins, said.plus, setting.plan.agreement.calendar)
    except WrongUse:
        return None


def _known(at: int) -> int | None:
    return None if at == EVER else at
