"""What the text alone says of each guarantee: no probabilities, no guesses.

In: an agreement. Out: one :class:`Structure` per guarantee: whether it can activate at
all, who can stop it, how fast it is at best, as promised and at worst, what happens
against the worst choice of every decider, on whom or what everything hangs, what the
violator itself controls, and which territory is covered under each claimed line.

>>> from tocsin.agreement.parse import parse_rules
>>> text = '''
... parties A, B
... group Coalition of C, D
... act attack is "to attack"
... act help is "to help"
... Article 1
...   upon attack of party
...   oblige each member of Coalition to help
...   within 24 hours
... '''
>>> (found,) = structure_of(parse_rules(text).records)
>>> found.veto_players, found.time.promised
(('C', 'D'), 86400.0)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tocsin.agreement.terms import (
    Agreement,
    Article,
    EventTime,
    InForce,
    Scope,
    TimePoint,
)
from tocsin.model.records import Record
from tocsin.stresstest.compiling import (
    ACCUSED,
    Guarantee,
    binding,
    guarantees_of,
)
from tocsin.stresstest.tree import (
    Leaf,
    Node,
    actors,
    best,
    can_happen,
    cut_sets,
    forced,
    leaves,
    smallest_blocking,
    stops,
    ways,
    worst,
)
from tocsin.stresstest.votes import minimal_winning

__all__ = [
    "Automaticity",
    "Clock",
    "Control",
    "Cover",
    "SinglePoint",
    "Structure",
    "structure_of",
]

CUTS_UP_TO = 3
SHOWN_CUTS = 40


class Clock(Record, frozen=True, kw_only=True):
    """Seconds from the alleged breach to the response; None: never, or no deadline.

    Attributes:
        best: everybody acts at once.
        median: under the ranges of an inputs file; None where there is none.
        promised: everybody keeps the deadlines of the text; None: one is missing.
        worst: whatever the deciders do; None: it may never come.
        idle: nobody does anything; None: then it does not come.
        undated: steps for which the text sets no deadline.
    """

    best: float | None
    median: float | None = None
    promised: float | None
    worst: float | None
    idle: float | None
    undated: tuple[str, ...] = ()


class Automaticity(Record, frozen=True, kw_only=True):
    """What is reached against the worst choice of every decider.

    Attributes:
        reached: 1 where the response comes whatever every decider does, else 0.
        without_anybody: 1 where it comes if nobody does anything at all.
        discretionary: steps at which somebody may refuse.
    """

    reached: int
    without_anybody: int
    discretionary: tuple[str, ...]


class SinglePoint(Record, frozen=True, kw_only=True):
    """Something on which everything hangs: without it alone, no response."""

    kind: Literal[
        "state",
        "body",
        "sensor",
        "headquarters",
        "funding",
        "mandate_expiry",
        "host_consent",
        "condition",
    ]
    name: str
    why: str


class Control(Record, frozen=True, kw_only=True):
    """A condition of the guarantee that lies in the violator's own hand."""

    violator: str
    condition: str
    stops_alone: bool


class Cover(Record, frozen=True, kw_only=True):
    """Which territory is covered, and what that means under each claimed line."""

    territory: str
    per_line: dict[str, str]


class Structure(Record, frozen=True, kw_only=True):
    """What the text alone says of one guarantee.

    Attributes:
        impossible: why it can never activate; () where it can.
        cut_sets: minimal sets of steps without which nothing comes, up to three each.
        cuts_complete: False where there are more than are listed.
        winning_minimal: groups whose yes carries its decision, each needed.
        winning_complete: False where there are more than are listed.
    """

    clause: str
    name: str
    title: str
    kind: str
    can_activate: bool
    impossible: tuple[str, ...]
    veto_players: tuple[str, ...]
    smallest_blocking: tuple[str, ...]
    winning_minimal: tuple[tuple[str, ...], ...]
    winning_complete: bool
    time: Clock
    automaticity: Automaticity
    cut_sets: tuple[tuple[str, ...], ...]
    cuts_complete: bool
    single_points: tuple[SinglePoint, ...]
    violator_controlled: tuple[Control, ...]
    covers: Cover

    @property
    def key(self) -> str:
        """Clause and name: unique in an agreement."""
        return f"{self.clause} {self.name}"


def structure_of(agreement: Agreement) -> tuple[Structure, ...]:
    """The structure of every guarantee, in the order of the text."""
    articles = {article.clause: article for article in binding(agreement)}
    return tuple(
        _structure(agreement, articles[promised.clause], promised)
        for promised in guarantees_of(agreement)
    )


def _structure(
    agreement: Agreement, article: Article, promised: Guarantee
) -> Structure:
    tree = promised.tree
    possible = can_happen(tree)
    held = cut_sets(tree)
    cuts = _named_cuts(tree, held)
    winning, complete = _winning(tree)
    return Structure(
        clause=promised.clause,
        name=promised.name,
        title=promised.title,
        kind=promised.kind,
        can_activate=possible,
        impossible=() if possible else tuple(_reasons(tree)),
        veto_players=tuple(n for n in actors(tree) if stops(tree, (n,), held)),
        smallest_blocking=smallest_blocking(tree) if possible else (),
        winning_minimal=winning,
        winning_complete=complete,
        time=_clock(tree),
        automaticity=_automaticity(tree),
        cut_sets=cuts[:SHOWN_CUTS],
        cuts_complete=len(cuts) <= SHOWN_CUTS,
        single_points=tuple(_single_points(agreement, article, promised)),
        violator_controlled=tuple(_controls(agreement, tree)),
        covers=_cover(agreement, article),
    )


# --- can it activate, when, whatever who does ----------------------------------------


def _reasons(tree: Node) -> Iterator[str]:
    """Why nothing can come of it: the steps that can never happen."""
    for leaf in leaves(tree):
        if leaf.kind == "never":
            yield leaf.why
        elif leaf.kind == "adopted" and leaf.vote and not leaf.vote.wins(leaf.actors):
            yield f"{leaf.words}: no vote of all of them could carry it"
    if not ways(tree):
        yield "no way through its conditions fits together"


def _clock(tree: Node) -> Clock:
    return Clock(
        best=_finite(best(tree)),
        promised=_finite(best(tree, promised=True)),
        worst=_finite(worst(tree)),
        idle=_finite(best(tree, promised=True)) if forced(tree, idle=True) else None,
        undated=tuple(
            dict.fromkeys(
                leaf.words
                for leaf in leaves(tree)
                if leaf.promised_s is None and leaf.kind != "never"
            )
        ),
    )


def _finite(seconds: float) -> float | None:
    return None if seconds == float("inf") else float(seconds)


def _automaticity(tree: Node) -> Automaticity:
    steps = (leaf.words for leaf in leaves(tree) if leaf.discretionary)
    return Automaticity(
        reached=int(forced(tree)),
        without_anybody=int(forced(tree, idle=True)),
        discretionary=tuple(dict.fromkeys(steps)),
    )


def _named_cuts(
    tree: Node, cuts: tuple[frozenset[str], ...]
) -> tuple[tuple[str, ...], ...]:
    words = {leaf.key: leaf.words for leaf in leaves(tree)}
    return tuple(
        tuple(sorted(words[key] for key in cut))
        for cut in cuts
        if len(cut) <= CUTS_UP_TO
    )


def _winning(tree: Node) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Who carries the last vote of the tree."""
    votes = [leaf for leaf in leaves(tree) if leaf.kind == "adopted" and leaf.vote]
    if not votes or votes[-1].vote is None:
        return (), True
    return minimal_winning(votes[-1].vote)


# --- single points of failure --------------------------------------------------------


def _single_points(
    agreement: Agreement, article: Article, promised: Guarantee
) -> Iterator[SinglePoint]:
    alone = {key for cut in cut_sets(promised.tree) if len(cut) == 1 for key in cut}
    seen: set[tuple[str, str]] = set()
    for leaf in leaves(promised.tree):
        if leaf.key in alone:
            for point in _points(agreement, leaf):
                if (point.kind, point.name) not in seen:
                    seen.add((point.kind, point.name))
                    yield point
    yield from _expiry(article, promised)


def _points(agreement: Agreement, leaf: Leaf) -> Iterator[SinglePoint]:
    if leaf.kind == "detect":
        yield SinglePoint(kind="sensor", name="the monitors", why=leaf.words)
    elif leaf.vote is not None:
        yield from _of_vote(leaf)
    elif leaf.kind == "act":
        yield _of_act(agreement, leaf)
    elif leaf.kind == "state" and leaf.controlled_by:
        yield SinglePoint(kind="condition", name=leaf.words, why="it must hold first")


def _of_vote(leaf: Leaf) -> Iterator[SinglePoint]:
    assert leaf.vote is not None
    if leaf.kind == "adopted":
        body = leaf.words.split(":", maxsplit=1)[0]
        yield SinglePoint(kind="body", name=body, why=f"it must {_act_of(leaf)}")
        for name in leaf.actors:
            if leaf.vote.blocks((name,)):
                why = f"its no alone stops: {leaf.words}"
                yield SinglePoint(kind="state", name=name, why=why)


def _act_of(leaf: Leaf) -> str:
    return leaf.words.split(": ", maxsplit=1)[-1]


def _of_act(agreement: Agreement, leaf: Leaf) -> SinglePoint:
    name, act = leaf.actors[0], _act_of(leaf)
    bodies = {body.name: body for body in agreement.bodies}
    if act.startswith("consent"):
        return SinglePoint(kind="host_consent", name=name, why=leaf.words)
    if any(word in act for word in ("fund", "pay", "contribute")):
        return SinglePoint(kind="funding", name=name, why=leaf.words)
    if any(word in act for word in ("headquarter", "command")):
        return SinglePoint(kind="headquarters", name=name, why=leaf.words)
    held = bodies.get(name)
    if held is not None or any(group.name == name for group in agreement.groups):
        lead = f", led by {held.lead}" if held and held.lead else ""
        return SinglePoint(kind="body", name=name, why=f"{leaf.words}{lead}")
    return SinglePoint(kind="state", name=name, why=leaf.words)


def _expiry(article: Article, promised: Guarantee) -> Iterator[SinglePoint]:
    force = article.in_force or InForce()
    if force.until is not None or force.for_ is not None:
        until = _point_words(force.until) if force.until else f"after {force.for_}"
        yield SinglePoint(
            kind="mandate_expiry", name=article.clause, why=f"it ends: {until}"
        )
    if promised.lapses_s is not None:
        days = promised.lapses_s // 86_400
        why = f"it lapses after {days} days, and the text names no renewal"
        yield SinglePoint(kind="mandate_expiry", name=promised.key, why=why)


def _point_words(point: TimePoint) -> str:
    base = point.base
    named = base.event if isinstance(base, EventTime) else getattr(base, "text", "")
    return str(named or f"{getattr(base, 'edge', '')} of another article")


# --- what the violator controls ------------------------------------------------------


def _controls(agreement: Agreement, tree: Node) -> Iterator[Control]:
    for party in agreement.party_names:
        seen: set[str] = set()
        for leaf in leaves(tree):
            if leaf.words not in seen and _controlled(leaf, party):
                seen.add(leaf.words)
                alone = any({leaf.key} == cut for cut in cut_sets(tree))
                yield Control(violator=party, condition=leaf.words, stops_alone=alone)


def _controlled(leaf: Leaf, party: str) -> bool:
    """Whether this party, being the one in breach, can keep the step from happening."""
    if party in leaf.controlled_by:
        return True
    if leaf.kind == "act":
        return any(name in (party, ACCUSED) for name in leaf.actors)
    return (
        leaf.vote is not None and leaf.kind == "adopted" and leaf.vote.blocks((party,))
    )


# --- what is covered -----------------------------------------------------------------


def _cover(agreement: Agreement, article: Article) -> Cover:
    scope = article.scope or agreement.scope
    lines = [line.name for line in agreement.lines] or ["contact_line"]
    if scope is None:
        text = "not stated: each side may claim its own reading"
        return Cover(territory="not stated", per_line=dict.fromkeys(lines, text))
    return Cover(
        territory=scope.territory.replace("_", " "),
        per_line={line: _covered(scope, line) for line in lines},
    )


def _covered(scope: Scope, line: str) -> str:
    match scope.territory:
        case "recognised_borders":
            return f"up to the recognised borders, also beyond {line}"
        case "named_line":
            same = scope.line == line
            return f"up to {scope.line}" + ("" if same else f", whatever {line} is")
    return f"up to {line} as it stood at entry into force; later losses are outside"
