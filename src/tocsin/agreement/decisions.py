"""The only tally of Tocsin: quorum, weights, veto, silence and deadline.

In come a procedure as the agreement states it, the members with their weights and the
ballots; out comes one :class:`Tally`. The rules (``docs/reference/semantics.md``, part
"Decisions") in short: shares are of *all* eligible weight; an outcome is reached when
no ballot that is still open can change it, or at the deadline; silence starts at the
proposal, never casts a veto and can be overridden until the deadline; no decision is
``lapsed``, never ``rejected``. All arithmetic is exact.

>>> from datetime import UTC, datetime
>>> rule = Procedure(
...     vote=VoteShare(share=Fraction(numerator=2, denominator=3), of="votes")
... )
>>> day = datetime(2025, 3, 3, tzinfo=UTC)
>>> ballots = (
...     Ballot(member="Aurelia", vote=Vote.YES, t=day),
...     Ballot(member="Brennia", vote=Vote.YES, t=day),
... )
>>> tally(rule, ballots, members=("Aurelia", "Brennia", "Caldoria"), at=day).outcome
'adopted'
"""

from __future__ import annotations

import fractions
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from tocsin.agreement.terms import (
    Fraction,
    Procedure,
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteRule,
    VoteShare,
    VoteUnanimous,
)
from tocsin.model.records import Instant, Record
from tocsin.model.vocabulary import Vote

__all__ = ["Ballot", "Outcome", "Tally", "eligible", "tally", "veto_holders"]

Outcome: TypeAlias = Literal["adopted", "rejected", "lapsed", "pending"]

EXACT_UP_TO: Final = 14
"""Up to so many open members every set is tried; beyond, sets are found greedily."""


class Ballot(Record, frozen=True, kw_only=True):
    """One ballot of one member."""

    member: str
    vote: Vote
    t: Instant


class Tally(Record, frozen=True, kw_only=True):
    """How a decision stands at an instant.

    Attributes:
        outcome: adopted, rejected, lapsed (no decision by the deadline) or pending.
        decided_at: when the outcome was reached, or None while pending.
        due: until when it may be decided, or None: no deadline.
        yes, no, abstain: members by explicit ballot, in the order of the members.
        silent: members without a ballot.
        by_silence: members whose silence was counted.
        vetoed_by: who cast a veto.
        can_block: who alone can still prevent adoption.
        smallest_block: a smallest set of open members who together can prevent it.
        would_suffice: a smallest set of open members whose yes would adopt it now.
        exact: False where the two sets were found greedily (large bodies under rules
            joined by ``or``); each is then still such a set, perhaps not a smallest.
        ignored: who cast a ballot without a right to.
    """

    outcome: Outcome
    decided_at: Instant | None
    due: Instant | None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    abstain: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    by_silence: tuple[str, ...] = ()
    vetoed_by: tuple[str, ...] = ()
    can_block: tuple[str, ...] = ()
    smallest_block: tuple[str, ...] = ()
    would_suffice: tuple[str, ...] = ()
    exact: bool = True
    ignored: tuple[str, ...] = ()


class _Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure made ready: who may vote, who may veto, what each ballot weighs."""

    vote: VoteRule | None
    quorum: VoteRule | None
    voters: tuple[str, ...]
    members: tuple[str, ...]
    vetoes: tuple[str, ...]
    weights: Mapping[str, fractions.Fraction]
    waits_for_vetoes: bool

    @property
    def heard(self) -> tuple[str, ...]:
        """Everybody whose ballot matters: voters, then veto holders from outside."""
        return self.voters + tuple(v for v in self.vetoes if v not in self.voters)


Positions: TypeAlias = Mapping[str, Vote]


def tally(
    procedure: Procedure,
    ballots: Iterable[Ballot],
    *,
    members: Sequence[str],
    weights: Mapping[str, int] | None = None,
    proposal_at: datetime | None = None,
    due: datetime | None = None,
    at: datetime,
) -> Tally:
    """How the decision stands at ``at``, all ballots of that second included.

    Args:
        procedure: the procedure as the agreement states it.
        ballots: in any order; those after ``at`` or after ``due`` do not count.
        members: of the deciding body; those whom the vote itself names are added.
        weights: votes of each member, one where not said; the procedure's own go first.
        proposal_at: when it was proposed; silence runs from then. None: not proposed.
        due: the last instant at which it may be decided, or None: no deadline. Without
            one the end of the silence, if there is any, is the deadline.
        at: the instant of the question.
    """
    rules = _rules(procedure, members, weights or {}, waits=False)
    silence_at = _silence_at(procedure, proposal_at)
    last = due if due is not None else silence_at
    rules = msgspec.structs.replace(rules, waits_for_vetoes=last is not None)
    cast = sorted(ballots, key=lambda ballot: (ballot.t, ballot.member, ballot.vote))
    counted = [b for b in cast if b.t <= at and (last is None or b.t <= last)]
    ignored = {b.member for b in counted} - set(rules.heard)
    settled = _by_ballots(rules, counted)
    positions = settled.positions
    if settled.outcome == "pending" and last is not None and at >= last:
        return _at_deadline(rules, procedure, positions, silence_at, last, ignored)
    return _report(rules, positions, settled.outcome, settled.at, last, ignored)


def eligible(procedure: Procedure, members: Sequence[str]) -> tuple[str, ...]:
    """Who may vote: the members, then those whom the vote itself names."""
    named = _named(procedure.vote) if procedure.vote is not None else ()
    return tuple(dict.fromkeys((*members, *named)))


def veto_holders(procedure: Procedure, members: Sequence[str]) -> tuple[str, ...]:
    """Who may veto: voters so declared, and outsiders declared as such; nobody else."""
    voters = eligible(procedure, members)
    inside = [name for name in procedure.vetoes if name in voters]
    return tuple(dict.fromkeys((*inside, *procedure.outside_vetoes)))


class _Settled(msgspec.Struct, frozen=True):
    outcome: Outcome
    at: datetime | None
    positions: dict[str, Vote]


def _by_ballots(rules: _Rules, counted: Sequence[Ballot]) -> _Settled:
    """Go through the ballots second by second until no open ballot can matter."""
    positions: dict[str, Vote] = {}
    for t in sorted({ballot.t for ballot in counted}):
        positions |= _of_one_second(b for b in counted if b.t == t)
        outcome = _outcome_now(rules, positions)
        if outcome != "pending":
            return _Settled(outcome, t, positions)
    return _Settled("pending", None, positions)


def _of_one_second(ballots: Iterable[Ballot]) -> dict[str, Vote]:
    """Ballots of one second are simultaneous: two that differ are an abstention."""
    votes: dict[str, Vote] = {}
    for ballot in ballots:
        earlier = votes.setdefault(ballot.member, ballot.vote)
        if earlier != ballot.vote:
            votes[ballot.member] = Vote.ABSTAIN
    return votes


def _outcome_now(rules: _Rules, positions: Positions) -> Outcome:
    """Adopted or rejected only where the ballots that are still open cannot matter."""
    if _vetoed_by(rules, positions):
        return "rejected"
    still = _open(rules, positions)
    if not _votes_suffice(rules, _filled(positions, still, Vote.YES)):
        return "rejected"
    if rules.waits_for_vetoes and any(name in still for name in rules.vetoes):
        return "pending"
    certain = _votes_suffice(rules, _filled(positions, still, Vote.NO))
    return "adopted" if certain and _quorate(rules, positions) else "pending"


def _at_deadline(
    rules: _Rules,
    procedure: Procedure,
    positions: Positions,
    silence_at: datetime | None,
    last: datetime,
    ignored: Collection[str],
) -> Tally:
    """The deadline has come: silence counts now, and what is not decided has lapsed."""
    silent = [name for name in rules.voters if name not in positions]
    counts = silence_at is not None and silence_at <= last
    spoken = _filled(positions, silent, _counts_as(procedure)) if counts else positions
    outcome: Outcome = "lapsed"
    if _votes_suffice(rules, spoken) and _quorate(rules, positions):
        outcome = "adopted"
    elif not _votes_suffice(rules, _filled(spoken, _open(rules, spoken), Vote.YES)):
        outcome = "rejected"
    report = _report(rules, positions, outcome, last, last, ignored)
    by_silence = tuple(silent) if counts else ()
    return msgspec.structs.replace(report, by_silence=by_silence)


def _counts_as(procedure: Procedure) -> Vote:
    assert procedure.silence is not None
    return Vote(procedure.silence.counts_as)


def _silence_at(procedure: Procedure, proposal_at: datetime | None) -> datetime | None:
    """When silence counts: so long after the proposal; never without a proposal."""
    if procedure.silence is None or proposal_at is None:
        return None
    return proposal_at + timedelta(seconds=procedure.silence.after.seconds)


def _report(
    rules: _Rules,
    positions: Positions,
    outcome: Outcome,
    decided_at: datetime | None,
    due: datetime | None,
    ignored: Collection[str],
) -> Tally:
    pending = outcome == "pending"
    block, block_exact = _smallest_block(rules, positions) if pending else ((), True)
    enough, enough_exact = _would_suffice(rules, positions) if pending else ((), True)
    return Tally(
        outcome=outcome,
        decided_at=decided_at,
        due=due,
        yes=_who(rules, positions, Vote.YES),
        no=_who(rules, positions, Vote.NO),
        abstain=_who(rules, positions, Vote.ABSTAIN),
        silent=_open(rules, positions),
        vetoed_by=_vetoed_by(rules, positions),
        can_block=_can_block(rules, positions) if pending else (),
        smallest_block=block,
        would_suffice=enough,
        exact=block_exact and enough_exact,
        ignored=tuple(sorted(ignored)),
    )


# --- who can still block, and who would suffice --------------------------------------


def _can_block(rules: _Rules, positions: Positions) -> tuple[str, ...]:
    still = _open(rules, positions)
    return tuple(name for name in still if _blocks(rules, positions, (name,)))


def _blocks(rules: _Rules, positions: Positions, group: Collection[str]) -> bool:
    """True where the group alone, by no or by staying away, can prevent adoption."""
    if any(name in rules.vetoes for name in group):
        return True
    others = [n for n in _open(rules, positions) if n not in group]
    rest = _filled(positions, others, Vote.YES)
    against = _filled(rest, group, Vote.NO)
    return not (_votes_suffice(rules, against) and _quorate(rules, rest))


def _smallest_block(
    rules: _Rules, positions: Positions
) -> tuple[tuple[str, ...], bool]:
    vetoes = [name for name in _open(rules, positions) if name in rules.vetoes]
    if vetoes:
        return (vetoes[0],), True
    return _smallest(rules, positions, lambda g: _blocks(rules, positions, g), ())


def _would_suffice(rules: _Rules, positions: Positions) -> tuple[tuple[str, ...], bool]:
    still = _open(rules, positions)
    needed = [n for n in still if n in rules.vetoes and rules.waits_for_vetoes]

    def adopts(group: Collection[str]) -> bool:
        return _outcome_now(rules, _filled(positions, group, Vote.YES)) == "adopted"

    return _smallest(rules, positions, adopts, tuple(needed))


def _smallest(
    rules: _Rules,
    positions: Positions,
    works: Callable[[Collection[str]], bool],
    needed: tuple[str, ...],
) -> tuple[tuple[str, ...], bool]:
    """A smallest group of open members that works, heaviest first; () where none does.

    Whether a group works depends on more of it, never on less, so that trying heavier
    members first and all sizes in turn is exact.
    """
    order = [n for n in _open(rules, positions) if n not in needed]
    order.sort(key=lambda name: (-rules.weights.get(name, 0), name))
    if not works((*needed, *order)):
        return (), True
    if _only_thresholds(rules):
        return _shortest_prefix(order, works, needed), True
    if len(order) > EXACT_UP_TO:
        return _pruned(_shortest_prefix(order, works, needed), works), False
    for size in range(len(order) + 1):
        for group in combinations(order, size):
            if works((*needed, *group)):
                return (*needed, *group), True
    return (), True


def _shortest_prefix(
    order: Sequence[str],
    works: Callable[[Collection[str]], bool],
    needed: tuple[str, ...],
) -> tuple[str, ...]:
    """The shortest run of the heaviest; exact where only weight and heads count."""
    for size in range(len(order) + 1):
        if works((*needed, *order[:size])):
            return (*needed, *order[:size])
    return ()


def _pruned(
    group: tuple[str, ...], works: Callable[[Collection[str]], bool]
) -> tuple[str, ...]:
    """The group without those members that it does not need."""
    for name in group:
        without = tuple(other for other in group if other != name)
        if works(without):
            group = without
    return group


def _only_thresholds(rules: _Rules) -> bool:
    """True where votes and quorum ask only for weight and heads of everybody."""
    if set(rules.vetoes) - set(rules.voters):
        return False
    return all(_threshold(rule) for rule in (rules.vote, rules.quorum) if rule)


def _threshold(rule: VoteRule) -> bool:
    match rule:
        case VoteAll():
            return all(_threshold(test) for test in rule.tests)
        case VoteShare() | VoteNumber():
            return True
        case VoteUnanimous():
            return not rule.names
    return False


# --- does a set of ballots pass the vote ---------------------------------------------


def _votes_suffice(rules: _Rules, positions: Positions) -> bool:
    return rules.vote is not None and _passes(rules, rules.vote, positions)


def _quorate(rules: _Rules, positions: Positions) -> bool:
    """Everybody who cast a ballot takes part, also by abstention; the silent do not."""
    if rules.quorum is None:
        return True
    present = dict.fromkeys(positions, Vote.YES)
    return _passes(rules, rules.quorum, present)


def _passes(rules: _Rules, rule: VoteRule, positions: Positions) -> bool:
    yes = {name for name, vote in positions.items() if vote == Vote.YES}
    match rule:
        case VoteAll():
            return all(_passes(rules, test, positions) for test in rule.tests)
        case VoteAny():
            return any(_passes(rules, test, positions) for test in rule.tests)
        case VoteOf():
            return len(yes & set(rule.names)) >= rule.at_least
        case VoteUnanimous():
            return yes >= set(rule.names or rules.members)
        case VoteConsensus():
            return all(positions.get(name) != Vote.NO for name in rules.voters)
        case VoteShare():
            return _share_reached(rules, rule, yes)
        case VoteNumber():
            return _size(rules, rule.of, yes) >= fractions.Fraction(rule.at_least)
        case _:
            assert_never(rule)


def _share_reached(rules: _Rules, rule: VoteShare, yes: Collection[str]) -> bool:
    needed = _exact(rule.share) * _size(rules, rule.of, rules.voters)
    got = _size(rules, rule.of, yes)
    return got > needed if rule.more_than else got >= needed


def _exact(share: Fraction) -> fractions.Fraction:
    return fractions.Fraction(share.numerator, share.denominator)


def _size(
    rules: _Rules, of: Literal["votes", "members"], names: Collection[str]
) -> fractions.Fraction:
    """Weight or heads of those among the names who may vote."""
    voters = [name for name in rules.voters if name in names]
    if of == "members":
        return fractions.Fraction(len(voters))
    return sum((rules.weights[name] for name in voters), fractions.Fraction(0))


# --- who is who ----------------------------------------------------------------------


def _rules(
    procedure: Procedure,
    members: Sequence[str],
    weights: Mapping[str, int],
    *,
    waits: bool,
) -> _Rules:
    voters = eligible(procedure, members)
    own = {weight.name: weight.votes for weight in procedure.weights}
    return _Rules(
        vote=None if procedure.consultation_only else procedure.vote,
        quorum=procedure.quorum,
        voters=voters,
        members=tuple(members),
        vetoes=veto_holders(procedure, members),
        weights={n: fractions.Fraction(own.get(n, weights.get(n, 1))) for n in voters},
        waits_for_vetoes=waits,
    )


def _named(rule: VoteRule) -> tuple[str, ...]:
    match rule:
        case VoteOf() | VoteUnanimous():
            return rule.names
        case VoteAll() | VoteAny():
            return tuple(name for test in rule.tests for name in _named(test))
    return ()


def _vetoed_by(rules: _Rules, positions: Positions) -> tuple[str, ...]:
    return tuple(name for name in rules.vetoes if positions.get(name) == Vote.NO)


def _open(rules: _Rules, positions: Positions) -> tuple[str, ...]:
    return tuple(name for name in rules.heard if name not in positions)


def _who(rules: _Rules, positions: Positions, vote: Vote) -> tuple[str, ...]:
    return tuple(name for name in rules.heard if positions.get(name) == vote)


def _filled(positions: Positions, names: Iterable[str], vote: Vote) -> dict[str, Vote]:
    return {**dict.fromkeys(names, vote), **positions}
