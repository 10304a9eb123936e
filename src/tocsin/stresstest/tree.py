"""Activation trees: what must happen, by whom, before a guarantee acts.

A tree has gates (all, any, in order, k of n) and leaves. A leaf is an event, an act of
somebody or the outcome of a vote, and knows its two times in the scenario that the text
describes: the earliest and the promised instant, both in seconds after the breach is
alleged. Everything here is structure: no probabilities.

>>> act = Leaf(key="a", words="Aurelia consents", kind="act", actors=("Aurelia",))
>>> veto = Leaf(key="b", words="Brennia consents", kind="act", actors=("Brennia",))
>>> tree = Gate(kind="all", parts=(act, veto))
>>> [sorted(cut) for cut in cut_sets(tree)]
[['a'], ['b']]
>>> smallest_blocking(tree)
('Aurelia',)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations, product
from typing import Any, Final, Literal, TypeAlias

from tocsin.errors import WrongUse
from tocsin.model.records import Record
from tocsin.stresstest.votes import Ballots, smallest_winning
from tocsin.stresstest.votes import smallest_blocking as smallest_in

__all__ = [
    "Gate",
    "Leaf",
    "LeafKind",
    "Node",
    "actors",
    "best",
    "can_happen",
    "choices",
    "cut_sets",
    "forced",
    "holds",
    "leaves",
    "path_sets",
    "smallest_blocking",
    "stops",
    "ways",
    "worst",
]

LeafKind: TypeAlias = Literal[
    "detect",  # the breach is seen and shown: the monitors, not a decider
    "event",  # something that nobody decides
    "act",  # somebody acts: consents, mandates, deploys, asks
    "state",  # an article binds
    "adopted",  # a vote adopts
    "rejected",  # a vote rejects
    "lapsed",  # a vote is not taken in time
    "not_adopted",  # a vote is rejected or lapses
    "not_suspended",  # nobody votes to suspend
    "response",  # the measure itself, by itself
    "never",  # cannot happen
]
VOTES: Final = frozenset(
    {"adopted", "rejected", "lapsed", "not_adopted", "not_suspended"}
)
MANY: Final = 400
"""So many cut sets or ways are followed; beyond, the search says so."""


class Leaf(Record, frozen=True, kw_only=True):
    """One thing that must happen.

    Attributes:
        key: unique within a tree.
        words: as a person would say it.
        kind: what sort of thing it is.
        clause: the clause that asks for it.
        actors: who can do it; each of them can by itself prevent it.
        vote: the ballots, where it is the outcome of a vote.
        choice: which vote: leaves of the same vote share it.
        earliest_s: seconds after the breach, if everybody acts at once.
        promised_s: seconds after the breach, if everybody keeps the text's deadlines;
            None: the text sets none.
        why: for what can never happen, why.
        controlled_by: who controls it without being asked by the text.
        act, thing: for an act, what is done, as declared; "" where none is.
    """

    key: str
    words: str
    kind: LeafKind
    clause: str = ""
    actors: tuple[str, ...] = ()
    vote: Ballots | None = None
    choice: str = ""
    earliest_s: int = 0
    promised_s: int | None = 0
    why: str = ""
    controlled_by: tuple[str, ...] = ()
    act: str = ""
    thing: str = ""

    @property
    def is_vote(self) -> bool:
        """True where it is the outcome of a vote."""
        return self.kind in VOTES

    @property
    def discretionary(self) -> bool:
        """True where somebody may decide whether it happens."""
        return self.is_vote or (self.kind == "act" and bool(self.actors))


class Gate(Record, frozen=True, kw_only=True):
    """What joins leaves: all, any, in order (one after the other), or k of them."""

    kind: Literal["all", "any", "in_order", "at_least"]
    parts: tuple[Gate | Leaf, ...]
    at_least: int = 0
    words: str = ""

    @property
    def needed(self) -> int:
        """How many of the parts must happen."""
        if self.kind == "at_least":
            return self.at_least
        return 1 if self.kind == "any" else len(self.parts)


Node: TypeAlias = Gate | Leaf


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf, from the first to the last."""
    if isinstance(node, Leaf):
        yield node
    else:
        for part in node.parts:
            yield from leaves(part)


def actors(node: Node) -> tuple[str, ...]:
    """Everybody who can act or vote in a tree."""
    return tuple(dict.fromkeys(name for leaf in leaves(node) for name in leaf.actors))


def holds(node: Node, true: Mapping[str, bool]) -> bool:
    """The tree with each leaf true or false by its key."""
    if isinstance(node, Leaf):
        return true[node.key]
    return sum(holds(part, true) for part in node.parts) >= node.needed


# --- ways and cuts -------------------------------------------------------------------


def path_sets(node: Node) -> tuple[frozenset[str], ...]:
    """Minimal sets of leaves that bring the tree about; the shortest first."""
    return _sets(node, cut=False)


def cut_sets(node: Node) -> tuple[frozenset[str], ...]:
    """Minimal sets of leaves without which the tree cannot come about."""
    return _sets(node, cut=True)


def _sets(node: Node, *, cut: bool) -> tuple[frozenset[str], ...]:
    if isinstance(node, Leaf):
        return (frozenset({node.key}),)
    parts = [_sets(part, cut=cut) for part in node.parts]
    needed = len(parts) - node.needed + 1 if cut else node.needed
    if needed <= 0:
        return (frozenset(),)
    found: list[frozenset[str]] = []
    for chosen in combinations(parts, needed):
        found = _minimal([*found, *_joined(chosen)])
    return tuple(found)


def _joined(parts: Collection[tuple[frozenset[str], ...]]) -> list[frozenset[str]]:
    joined = [frozenset[str]()]
    for sets in parts:
        joined = _minimal([a | b for a in joined for b in sets])
    return joined


def _minimal(sets: list[frozenset[str]]) -> list[frozenset[str]]:
    """Without those that contain another; at most :data:`MANY`, the smallest."""
    kept: list[frozenset[str]] = []
    for one in sorted(set(sets), key=lambda s: (len(s), sorted(s))):
        if not any(other <= one for other in kept):
            kept.append(one)
        if len(kept) == MANY:
            break
    return kept


def can_happen(node: Node) -> bool:
    """True where it comes about if everybody does their part."""
    return bool(ways(node))


def ways(node: Node) -> tuple[frozenset[str], ...]:
    """Path sets that can be walked: no leaf that never happens, no vote both ways."""
    by_key = {leaf.key: leaf for leaf in leaves(node)}
    return tuple(p for p in path_sets(node) if _walkable([by_key[key] for key in p]))


def _walkable(leaves_of_path: list[Leaf]) -> bool:
    outcomes: dict[str, str] = {}
    for leaf in leaves_of_path:
        if leaf.kind == "never" or not _possible(leaf):
            return False
        if leaf.is_vote and not _agrees(
            outcomes.setdefault(leaf.choice, leaf.kind), leaf
        ):
            return False
    return True


def _agrees(held: str, leaf: Leaf) -> bool:
    loose = {held, leaf.kind}
    return held == leaf.kind or loose <= {"not_adopted", "rejected", "lapsed"}


def _possible(leaf: Leaf) -> bool:
    """Whether a vote can come out like this at all."""
    if leaf.kind != "adopted" or leaf.vote is None:
        return True
    return leaf.vote.wins(leaf.vote.actors)


# --- who can stop it -----------------------------------------------------------------
# A group has these moves in a vote: to carry it; to reject it; to stall, so that the
# others cannot carry it; to stay away, so that they cannot reject it; both of the last,
# so that it lapses; to settle it, so that only a veto, which silence never casts, can
# still keep it from being adopted. Which of them keeps an outcome from coming about:

Cut: TypeAlias = frozenset[str]
Move: TypeAlias = Literal["stall", "reject", "carry", "away", "lapse", "settle"]


def _moves(kinds: frozenset[str]) -> tuple[Move, ...]:
    """Moves that keep all of these outcomes of one vote from coming about."""
    if kinds == {"adopted"}:
        return ("stall",)  # to reject is to stall, too
    if kinds == {"lapsed"}:
        return ("reject", "settle")  # to carry is to settle, too
    if kinds == {"adopted", "lapsed"}:
        return ("reject",)
    if kinds == {"rejected"}:
        return ("away",)  # to carry is to stay in the way of a rejection, too
    if kinds == {"adopted", "rejected"}:
        return ("lapse",)
    return ("carry",) if "adopted" not in kinds else ()


def _can(vote: Ballots, move: Move, group: Collection[str]) -> bool:
    """Whether a group can make a move, whatever the others do."""
    match move:
        case "stall":
            return vote.blocks(group)
        case "reject":
            return bool(group) and vote.rejects(group)
        case "away":
            return bool(group) and _open(vote).wins(group)
        case "settle":
            return bool(group) and _without_vetoes(vote).wins(group)
        case "lapse":
            return vote.blocks(group) and _open(vote).wins(group)
    return bool(group) and vote.wins(group)


def _open(vote: Ballots) -> Ballots:
    """The vote without its quorum, which whoever stays away might still fill."""
    return Ballots(actors=vote.actors, vote=vote.vote, vetoes=vote.vetoes)


def _without_vetoes(vote: Ballots) -> Ballots:
    return Ballots(actors=vote.actors, vote=vote.vote, quorum=vote.quorum)


def stops(
    node: Node, group: Collection[str], cuts: tuple[Cut, ...] | None = None
) -> bool:
    """True where the group can see to it that the tree does not come about.

    Args:
        node: the tree.
        group: actors.
        cuts: its cut sets, where they are known already.
    """
    by_key = {leaf.key: leaf for leaf in leaves(node)}
    held = cut_sets(node) if cuts is None else cuts
    return any(_stops_all([by_key[key] for key in cut], group) for cut in held)


def _stops_all(cut: list[Leaf], group: Collection[str]) -> bool:
    acts, votes = _sides(cut)
    if not all(leaf.kind == "act" and set(leaf.actors) & set(group) for leaf in acts):
        return False
    return all(
        any(_can(vote, move, group) for move in _moves(kinds)) for vote, kinds in votes
    )


def _sides(cut: list[Leaf]) -> tuple[list[Leaf], list[tuple[Ballots, frozenset[str]]]]:
    """What of a cut is no vote, and each vote with the outcomes to prevent."""
    acts = [leaf for leaf in cut if leaf.vote is None and leaf.kind != "never"]
    kinds: dict[str, set[str]] = {}
    votes: dict[str, Ballots] = {}
    for leaf in cut:
        if leaf.vote is not None:
            kinds.setdefault(leaf.choice, set()).add(leaf.kind)
            votes[leaf.choice] = leaf.vote
    return acts, [(votes[choice], frozenset(held)) for choice, held in kinds.items()]


def smallest_blocking(node: Node) -> tuple[str, ...]:
    """A smallest group of actors that can stop the tree; () where none can."""
    by_key = {leaf.key: leaf for leaf in leaves(node)}
    best: tuple[str, ...] | None = None
    for cut in cut_sets(node):
        group = _cheapest([by_key[key] for key in cut])
        if group is not None and (best is None or _ordered(group) < _ordered(best)):
            best = group
    return best or ()


def _ordered(group: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return len(group), group


def _cheapest(cut: list[Leaf]) -> tuple[str, ...] | None:
    """The smallest group that stops every leaf of a cut; None: no group does."""
    acts, votes = _sides(cut)
    if any(leaf.kind != "act" or not leaf.actors for leaf in acts):
        return None
    found: list[tuple[str, ...]] = []
    for moves in product(*(_moves(kinds) for _, kinds in votes)):
        pairs = [(vote, move) for (vote, _), move in zip(votes, moves, strict=True)]
        group = _for_moves(acts, pairs)
        if group is not None:
            found.append(group)
    return min(found, key=_ordered) if found else None


def _for_moves(
    acts: list[Leaf], pairs: list[tuple[Ballots, Move]]
) -> tuple[str, ...] | None:
    """The smallest group that can make these moves and withhold these acts."""
    if not pairs and len(acts) <= 1:
        return (min(acts[0].actors),) if acts else ()
    if not acts and len(pairs) == 1:
        return _for_move(*pairs[0])
    return _solved(acts, pairs)


def _for_move(vote: Ballots, move: Move) -> tuple[str, ...] | None:
    match move:
        case "stall":
            return smallest_in(vote)
        case "reject":
            return smallest_in(_open(vote)) or None
        case "away":
            return smallest_winning(_open(vote)) or None
        case "settle":
            return smallest_winning(_without_vetoes(vote)) or None
        case "lapse":
            return _solved([], [(vote, move)])
    return smallest_winning(vote) or None


def _solved(
    acts: list[Leaf], pairs: list[tuple[Ballots, Move]]
) -> tuple[str, ...] | None:
    """By CP-SAT: one group for several votes and acts at once."""
    from tocsin.stresstest.solver import Model

    names = {name for vote, _ in pairs for name in vote.actors}
    model = Model(names | {name for leaf in acts for name in leaf.actors})
    for leaf in acts:
        model.require(model.some([model.member(name) for name in leaf.actors]))
    for vote, move in pairs:
        model.require(_literal(model, vote, move))
    return model.smallest() or None


def _literal(model: Any, vote: Ballots, move: Move) -> Any:
    open_ = _open(vote).tests
    match move:
        case "carry":
            return model.every([model.passes(test) for test in vote.tests])
        case "away":
            return model.every([model.passes(test) for test in open_])
        case "settle":
            free = _without_vetoes(vote).tests
            return model.every([model.passes(test) for test in free])
        case "lapse":
            stalls = model.some([model.fails(test) for test in vote.tests])
            return model.every([stalls, *(model.passes(test) for test in open_)])
    tests = vote.tests if move == "stall" else open_
    return model.some([model.fails(test) for test in tests])


# --- what is reached whatever the deciders do ----------------------------------------

Choice: TypeAlias = Mapping[str, str]

MOST_OPEN: Final = 8
REFUSED: Final = {"adopted": "rejected", "not_suspended": "suspended"}
"""How a vote that can only help is refused; a vote that helps both ways is tried."""


def choices(node: Node) -> Iterator[dict[str, str]]:
    """The choices of the deciders that could be worst: every act is refused.

    Raises:
        WrongUse: more votes that lead on both ways than can be tried one by one.
    """
    kinds: dict[str, set[str]] = {}
    for leaf in leaves(node):
        if leaf.is_vote:
            kinds.setdefault(leaf.choice, set()).add(leaf.kind)
    open_ = {choice: _outcomes(node, choice, held) for choice, held in kinds.items()}
    if sum(len(outcomes) > 1 for outcomes in open_.values()) > MOST_OPEN:
        raise WrongUse(
            f"more than {MOST_OPEN} votes in one guarantee lead on both ways"
        )
    for picked in product(*open_.values()):
        yield dict(zip(open_, picked, strict=True))


def _outcomes(node: Node, choice: str, kinds: set[str]) -> tuple[str, ...]:
    if len(kinds) == 1 and (only := next(iter(kinds))) in REFUSED:
        return (REFUSED[only],)
    of_it = [leaf for leaf in leaves(node) if leaf.choice == choice and leaf.vote]
    passes = any(leaf.vote and leaf.vote.wins(leaf.vote.actors) for leaf in of_it)
    return ("rejected", "lapsed", *(["adopted"] if passes else []))


def chosen(node: Node, choice: Choice) -> dict[str, bool]:
    """Each leaf under a choice of the deciders; the breach is seen, events happen."""
    return {leaf.key: _under(leaf, choice) for leaf in leaves(node)}


def _under(leaf: Leaf, choice: Choice) -> bool:
    if leaf.kind == "never" or (leaf.discretionary and not leaf.is_vote):
        return False
    if leaf.kind == "not_adopted":
        return choice[leaf.choice] in {"rejected", "lapsed"}
    if leaf.kind == "not_suspended":
        return choice[leaf.choice] == "kept"
    return choice[leaf.choice] == leaf.kind if leaf.is_vote else True


def forced(node: Node, *, idle: bool = False) -> bool:
    """True where it comes about whatever every decider does.

    Args:
        node: the tree.
        idle: ask only what happens if nobody does anything: no vote is cast, nobody
            acts, nobody suspends. What silence counts as is taken into account.
    """
    if idle:
        return holds(node, {leaf.key: _idle(leaf) for leaf in leaves(node)})
    return all(holds(node, chosen(node, choice)) for choice in choices(node))


def _idle(leaf: Leaf) -> bool:
    """Whether it happens if nobody lifts a hand."""
    if not leaf.is_vote:
        return not leaf.discretionary and leaf.kind != "never"
    assert leaf.vote is not None
    vote = leaf.vote
    passed = vote.silence == "yes" and vote.unprompted and vote.quorum is None
    adopted = passed and leaf.vote.wins(leaf.vote.actors)
    return {"adopted": adopted, "rejected": False, "not_suspended": True}.get(
        leaf.kind, not adopted
    )


def worst(node: Node) -> float:
    """Seconds until it surely comes about whatever the deciders do; inf where never."""
    if not forced(node):
        return float("inf")
    return max(time_under(node, chosen(node, choice)) for choice in choices(node))


def time_under(node: Node, true: Mapping[str, bool]) -> float:
    """Promised seconds until the tree comes about, given what happens."""
    if isinstance(node, Leaf):
        late = leaf_time(node, promised=True)
        return late if true[node.key] else float("inf")
    return joined_time(node, [time_under(part, true) for part in node.parts])


def leaf_time(leaf: Leaf, *, promised: bool) -> float:
    """Promised or earliest seconds of a leaf; inf where the text sets no deadline."""
    if leaf.kind == "never":
        return float("inf")
    if not promised:
        return leaf.earliest_s
    return float("inf") if leaf.promised_s is None else leaf.promised_s


def joined_time(gate: Gate, times: list[float]) -> float:
    """When enough of the parts have come about."""
    if gate.needed <= 0:
        return 0.0
    return sorted(times)[gate.needed - 1] if len(times) >= gate.needed else float("inf")


def best(node: Node, *, promised: bool = False) -> float:
    """Seconds until it comes about if everybody does their part at once, or in time."""
    if isinstance(node, Leaf):
        possible = node.kind != "never" and _possible(node)
        return leaf_time(node, promised=promised) if possible else float("inf")
    return joined_time(node, [best(part, promised=promised) for part in node.parts])
