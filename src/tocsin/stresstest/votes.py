"""Who can stop a vote and who can carry it: exact, for every rule of the language.

In: a procedure and the members who vote under it. Out: :class:`Coalitions`. A group
*wins* if its yes carries the vote whatever the others do; it *blocks* if the rest does
not win without it. Both follow the rules of :mod:`tocsin.agreement.decisions`, which
stays the only tally: ``tests/stresstest/test_votes.py`` tries every ballot of small
bodies against it.

Weights, head counts, vetoes and unanimity have exact algorithms of their own, in
fractions of a millisecond; only votes that mix named groups or alternatives go to
OR-Tools' CP-SAT.

>>> from tocsin.agreement.terms import Fraction, Procedure, VoteShare
>>> rule = VoteShare(share=Fraction(numerator=2, denominator=3), of="votes")
>>> found = coalitions(Procedure(vote=rule), ("Aurelia", "Brennia", "Caldoria"))
>>> found.smallest_blocking, found.smallest_winning
(('Aurelia', 'Brennia'), ('Aurelia', 'Brennia'))
"""

from __future__ import annotations

import fractions
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from tocsin.agreement.decisions import eligible, veto_holders
from tocsin.agreement.terms import (
    EventTime,
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
from tocsin.model.records import Record

__all__ = [
    "Ballots",
    "Coalitions",
    "Tests",
    "Threshold",
    "coalitions",
    "minimal_winning",
    "smallest_jointly_blocking",
]

MOST_COALITIONS = 20
"""So many minimal winning coalitions are listed; a body of 35 may have millions."""

MOST_NODES = 20_000


class Threshold(Record, frozen=True, kw_only=True):
    """Passed when the weights of those in favour reach ``at_least``. Whole numbers."""

    weights: tuple[tuple[str, int], ...]
    at_least: int

    @property
    def of(self) -> dict[str, int]:
        """Weight by name."""
        return dict(self.weights)

    def passed(self, group: Collection[str]) -> bool:
        """True where the group reaches it."""
        return sum(w for name, w in self.weights if name in group) >= self.at_least

    @property
    def counts_heads(self) -> bool:
        """True where everybody weighs the same."""
        return len({weight for _, weight in self.weights}) <= 1


class Tests(Record, frozen=True, kw_only=True):
    """Tests that must all be passed, or of which one must be."""

    every: bool
    parts: tuple[Threshold | Tests, ...]

    def passed(self, group: Collection[str]) -> bool:
        """True where the group passes."""
        results = (part.passed(group) for part in self.parts)
        return all(results) if self.every else any(results)


class Ballots(Record, frozen=True, kw_only=True):
    """A procedure made ready: what its vote, its vetoes and its quorum ask for.

    Attributes:
        actors: voters, then veto holders from outside.
        vote: what those in favour must pass; None: nothing can be adopted.
        vetoes: who alone can reject.
        quorum: what those taking part must pass, or None.
        silence: what silence counts as, or None.
        unprompted: silence runs from something else than a proposal (rule V5), so that
            it also counts if nobody does anything.
    """

    actors: tuple[str, ...]
    vote: Threshold | Tests | None
    vetoes: tuple[str, ...] = ()
    quorum: Threshold | Tests | None = None
    silence: str | None = None
    unprompted: bool = False

    def wins(self, group: Collection[str]) -> bool:
        """The group carries the vote whatever the others do."""
        group = frozenset(group)
        if self.vote is None or not group.issuperset(self.vetoes):
            return False
        quorate = self.quorum is None or self.quorum.passed(group)
        return quorate and self.vote.passed(group)

    def blocks(self, group: Collection[str]) -> bool:
        """The rest cannot carry it without the group."""
        return not self.wins([name for name in self.actors if name not in group])

    def rejects(self, group: Collection[str]) -> bool:
        """The group's no makes adoption impossible, so that the vote ends rejected."""
        group = frozenset(group)
        if self.vote is None or group.intersection(self.vetoes):
            return True
        return not self.vote.passed([n for n in self.actors if n not in group])

    @property
    def tests(self) -> tuple[Threshold | Tests, ...]:
        """All that a winning group must pass; a veto is a threshold of one."""
        vetoes = [Threshold(weights=((v, 1),), at_least=1) for v in self.vetoes]
        own = [test for test in (self.vote, self.quorum) if test is not None]
        return (*vetoes, *own)

    @property
    def simple(self) -> tuple[Threshold, ...] | None:
        """The thresholds that must all be passed, or None: there are alternatives."""
        flat = list(_flat(self.tests))
        return None if None in flat else tuple(t for t in flat if t is not None)


class Coalitions(Record, frozen=True, kw_only=True):
    """Who can stop a vote, and who can carry it.

    Attributes:
        can_pass: False where nobody together can adopt anything.
        veto_players: who alone can stop it.
        smallest_blocking: a smallest group that can; () where nothing can pass.
        smallest_winning: a smallest group that can carry it; () where none can.
        winning_minimal: winning groups that need each of their members.
        complete: False where there are more of them than are listed.
    """

    can_pass: bool
    veto_players: tuple[str, ...]
    smallest_blocking: tuple[str, ...]
    smallest_winning: tuple[str, ...]
    winning_minimal: tuple[tuple[str, ...], ...]
    complete: bool


def coalitions(
    procedure: Procedure,
    members: Sequence[str],
    weights: Mapping[str, int] | None = None,
) -> Coalitions:
    """Who can stop and who can carry the vote of this body."""
    rules = ballots(procedure, members, weights)
    if not rules.wins(rules.actors):
        return Coalitions(
            can_pass=False,
            veto_players=(),
            smallest_blocking=(),
            smallest_winning=(),
            winning_minimal=(),
            complete=True,
        )
    minimal, complete = minimal_winning(rules)
    return Coalitions(
        can_pass=True,
        veto_players=tuple(n for n in rules.actors if rules.blocks((n,))),
        smallest_blocking=smallest_blocking(rules),
        smallest_winning=smallest_winning(rules),
        winning_minimal=minimal,
        complete=complete,
    )


def ballots(
    procedure: Procedure,
    members: Sequence[str],
    weights: Mapping[str, int] | None = None,
) -> Ballots:
    """A procedure as thresholds over names; its own weights go first."""
    voters = eligible(procedure, members)
    vetoes = veto_holders(procedure, members)
    own = dict(weights or {})
    own |= {weight.name: weight.votes for weight in procedure.weights}
    held = {name: own.get(name, 1) for name in voters}
    vote = None if procedure.consultation_only else procedure.vote
    return Ballots(
        actors=(*voters, *(v for v in vetoes if v not in voters)),
        vote=_tests(vote, held, members) if vote else None,
        vetoes=vetoes,
        quorum=_tests(procedure.quorum, held, members) if procedure.quorum else None,
        silence=procedure.silence.counts_as if procedure.silence else None,
        unprompted=_unprompted(procedure),
    )


def _unprompted(procedure: Procedure) -> bool:
    of = procedure.silence.of if procedure.silence else None
    if of is None:
        return False
    return not (isinstance(of.base, EventTime) and of.base.event == "proposal")


def smallest_blocking(rules: Ballots) -> tuple[str, ...]:
    """A smallest group without which nothing passes."""
    simple = rules.simple
    if simple is None:
        return smallest_jointly_blocking((rules,))
    return min((_breaks(test) for test in simple), key=lambda g: (len(g), g))


def smallest_winning(rules: Ballots) -> tuple[str, ...]:
    """A smallest group that carries the vote whatever the others do."""
    simple = rules.simple
    weighed = [t for t in simple or () if not t.counts_heads]
    if simple is None or len({t.weights for t in weighed}) > 1 or _named(rules, simple):
        return _solved_winning(rules)
    needed = _mandatory(simple)
    weight = weighed[0].of if weighed else {}
    rest = [n for n in rules.actors if n not in needed]
    rest.sort(key=lambda name: -weight.get(name, 1))
    for size in range(len(rest) + 1):
        if rules.wins((*needed, *rest[:size])):
            return (*needed, *rest[:size])
    return ()


def minimal_winning(
    rules: Ballots, most: int = MOST_COALITIONS
) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Winning groups that need each of their members, and whether these are all."""
    order = sorted(rules.actors, key=lambda n: (-_heaviest(rules, n), n))
    found: list[tuple[str, ...]] = []
    for nodes, group in enumerate(_winning(rules, order)):
        if len(found) == most or nodes > MOST_NODES:
            return tuple(found), False
        if group and _needs_each(rules, group):
            found.append(tuple(n for n in rules.actors if n in group))
    return tuple(dict.fromkeys(found)), True


def smallest_jointly_blocking(votes: Sequence[Ballots]) -> tuple[str, ...]:
    """A smallest group that stops all of these votes at once (CP-SAT)."""
    from tocsin.stresstest.solver import Model

    model = Model({name for rules in votes for name in rules.actors})
    for rules in votes:
        model.require(model.some(model.fails(test) for test in rules.tests))
    return model.smallest()


# --- thresholds ----------------------------------------------------------------------


def _flat(tests: Sequence[Threshold | Tests]) -> Iterator[Threshold | None]:
    for test in tests:
        if isinstance(test, Threshold):
            yield test
        elif test.every or len(test.parts) == 1:
            yield from _flat(test.parts)
        else:
            yield None


def _tests(
    rule: VoteRule, weights: dict[str, int], members: Sequence[str]
) -> Threshold | Tests:
    heads = dict.fromkeys(weights, 1)
    match rule:
        case VoteAll() | VoteAny():
            parts = tuple(_tests(test, weights, members) for test in rule.tests)
            return Tests(every=isinstance(rule, VoteAll), parts=parts)
        case VoteOf():
            return _threshold(dict.fromkeys(rule.names, 1), rule.at_least)
        case VoteUnanimous():
            names = rule.names or tuple(members)
            return _threshold(dict.fromkeys(names, 1), len(set(names)))
        case VoteConsensus():
            return _threshold(heads, len(heads))
        case VoteShare():
            size = weights if rule.of == "votes" else heads
            return _threshold(size, _share_of(rule, sum(size.values())))
        case VoteNumber():
            size = weights if rule.of == "votes" else heads
            return _threshold(size, math.ceil(fractions.Fraction(rule.at_least)))
    raise TypeError(rule)


def _threshold(weights: dict[str, int], at_least: int) -> Threshold:
    return Threshold(weights=tuple(weights.items()), at_least=at_least)


def _share_of(rule: VoteShare, total: int) -> int:
    """The smallest whole weight that reaches, or exceeds, the share of the total."""
    exact = fractions.Fraction(rule.share.numerator, rule.share.denominator) * total
    return math.floor(exact) + 1 if rule.more_than else math.ceil(exact)


def _breaks(test: Threshold) -> tuple[str, ...]:
    """The fewest without whom the rest does not reach it: the heaviest."""
    rest = sum(weight for _, weight in test.weights)
    group: list[str] = []
    for name, weight in sorted(test.weights, key=lambda pair: -pair[1]):
        if rest < test.at_least:
            break
        group.append(name)
        rest -= weight
    return tuple(group)


def _mandatory(tests: Sequence[Threshold]) -> tuple[str, ...]:
    """Those without whom some test fails."""
    return tuple(
        dict.fromkeys(
            name
            for test in tests
            for name, weight in test.weights
            if sum(w for _, w in test.weights) - weight < test.at_least
        )
    )


def _named(rules: Ballots, tests: Sequence[Threshold]) -> bool:
    """A head count among some of the actors only: then who is taken matters."""
    everybody = set(rules.actors)
    return any(
        len(test.weights) > test.at_least and set(test.of) != everybody
        for test in tests
        if test.counts_heads
    )


def _solved_winning(rules: Ballots) -> tuple[str, ...]:
    from tocsin.stresstest.solver import Model

    model = Model(rules.actors)
    for test in rules.tests:
        model.require(model.passes(test))
    return model.smallest()


# --- minimal winning groups ----------------------------------------------------------


def _heaviest(rules: Ballots, name: str) -> int:
    tests = [test for test in _flat(rules.tests) if test is not None]
    return max((test.of.get(name, 0) for test in tests), default=0)


def _winning(rules: Ballots, order: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every node of the search; winning groups are given whole, others as ()."""
    stack: list[tuple[tuple[str, ...], int]] = [((), 0)]
    while stack:
        group, at = stack.pop()
        if rules.wins(group):
            yield group
            continue
        yield ()
        if at < len(order) and rules.wins((*group, *order[at:])):
            stack.append((group, at + 1))
            stack.append(((*group, order[at]), at + 1))


def _needs_each(rules: Ballots, group: Sequence[str]) -> bool:
    return not any(rules.wins([n for n in group if n != name]) for name in group)
