"""What a history must show when the monitor replays it, and whether it does.

In: an evaluation with the promises as they stand. Out: whether a :class:`Claim` holds.
A claim is about records of one sort and one name, so that anybody can check it against
what ``tocsin evaluate`` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from tocsin.agreement.evaluate import Evaluation
from tocsin.agreement.terms import Agreement
from tocsin.model.records import Record
from tocsin.stresstest.histories import History, Replayed, replay

__all__ = ["Claim", "Played", "as_seen", "duty_states", "followed", "played", "quiet"]

NONE = "none"


class Claim(Record, frozen=True, kw_only=True):
    """What the replay of a history must show.

    Attributes:
        of: which part of an evaluation: decision, effect, duty, episode, guarantee; or
            verdict, where ``name`` is the verdict that is looked for.
        clause: the clause; for episodes and decisions the name is enough.
        name: of the decision, effect, act or finding; "" for any of the clause.
        state: the state of every one of them; ``none``: there must be none. For a
            verdict ``seen`` or ``none``.
    """

    of: Literal["decision", "effect", "duty", "episode", "guarantee", "verdict"]
    clause: str
    name: str
    state: str

    def holds(self, found: Replayed) -> bool:
        """Whether a replay shows it."""
        states = set(_states(self, found))
        return not states if self.state == NONE else states == {self.state}


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A history with the aliased agreement that it is replayed under, and its claims.

    Attributes:
        confirmed: the replay shows every claim, and what the weakness says.
    """

    history: History
    agreement: Agreement
    claims: tuple[Claim, ...]
    confirmed: bool
    replayed: Replayed

    def left_out(self, clause: str) -> str:
        """What of a clause the monitor does not settle, where that matters; else ""."""
        known = () if self.confirmed else self.replayed.evaluation.issues
        for issue in (*self.replayed.unsettled, *known):
            if issue.code == "not_evaluated" and clause in issue.message:
                return issue.message
        return ""


def played(
    agreement: Agreement,
    history: History,
    claims: Iterable[Claim],
    shows: Callable[[Replayed], bool],
) -> Played:
    """Let the monitor say what it sees, and keep that as the claims."""
    found = replay(agreement, history)
    said = as_seen(claims, found)
    return Played(
        history=history,
        agreement=agreement,
        claims=said,
        confirmed=shows(found) and all(claim.holds(found) for claim in said),
        replayed=found,
    )


def as_seen(claims: Iterable[Claim], found: Replayed) -> tuple[Claim, ...]:
    """The claims, those without a state with the one that the replay shows.

    Where it shows several states of one thing, each is a claim of its own; one that
    names a state is left as it is, and may fail.
    """
    said: list[Claim] = []
    for claim in claims:
        states = sorted(set(_states(claim, found)))
        state = claim.state or (states[0] if len(states) == 1 else "")
        state = state or (NONE if not states else ", ".join(states))
        said.append(msgspec.structs.replace(claim, state=state))
    return tuple(said)


def quiet(found: Evaluation) -> bool:
    """Whether nothing followed: no finding, no decision, no measure."""
    return not (found.episodes or found.decisions or found.effects)


def followed(found: Evaluation) -> tuple[object, ...]:
    """What followed from it all: findings, outcomes of decisions, measures."""
    return (
        tuple((e.name, e.party, e.attribution) for e in found.episodes),
        tuple((d.name, d.party, d.outcome) for d in found.decisions),
        tuple((e.effect, e.on, e.state) for e in found.effects),
    )


def duty_states(found: Evaluation, clause: str, act: str = "") -> list[str]:
    """How the duties of a clause stand at the end.

    What single deeds call for stands in the verdicts alone: of these, the last of each
    holder, subject and due time.
    """
    held = [d.state for d in found.duties if d.clause == clause and act in ("", d.act)]
    if held:
        return list(held)
    names = ("clause", "party", "subject", "due", "verdict")
    last: dict[tuple[object, ...], str] = {}
    for row in zip(*(found.verdicts[n].to_pylist() for n in names), strict=True):
        if row[0] == clause:
            last[row[:4]] = row[4]
    return list(last.values())


def _states(claim: Claim, replayed: Replayed) -> list[str]:
    """The states of all that a claim is about; several in one are told as one."""
    states = _found(claim, replayed)
    return [", ".join(sorted(set(states)))] if states else []


def _found(claim: Claim, replayed: Replayed) -> list[str]:
    found, name = replayed.evaluation, claim.name
    match claim.of:
        case "decision":
            return [d.outcome for d in found.decisions if d.name == name]
        case "effect":
            return [e.state for e in found.effects if e.effect == name]
        case "duty":
            return duty_states(found, claim.clause, name)
        case "episode":
            return [e.attribution for e in found.episodes if e.name == name]
        case "guarantee":
            held = [g for g in replayed.guarantees if g.clause == claim.clause]
            return [g.state.value for g in held]
    table = found.verdicts
    rows = zip(table["clause"].to_pylist(), table["verdict"].to_pylist(), strict=True)
    return [
        "seen" for clause, verdict in rows if (clause, verdict) == (claim.clause, name)
    ]
