r"""An agreement compiled into activation trees, one for each guarantee.

In: an agreement. Out: a :class:`Guarantee` for every rule by which something follows
from a breach: a measure by itself, a power, a decision, or a duty of somebody who is
not the party in breach. How it is read:

- the clock starts when the breach is alleged, and the breach is taken to be seen;
- what follows ``otherwise`` follows when a vote lapses, not when it is lost;
- a mandate ``of each contributor`` is needed from those who contribute: one is enough;
- a group that holds a power and has adopted the decision it needs uses it.

>>> from tocsin.agreement.parse import parse_rules
>>> text = '''
... parties A, B
... group Coalition of C, D
... act attack is "to attack"
... act help is "to help"
... Article 1
...   upon attack of party
...   oblige Coalition to help
...   within 24 hours
... '''
>>> [g.clause for g in guarantees_of(parse_rules(text).records)]
['Article 1']
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from tocsin.agreement.terms import (
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleTime,
    AtAllTimes,
    Body,
    BreachOf,
    Compare,
    Condition,
    Deadline,
    Decision,
    DecisionIs,
    Deed,
    Duration,
    Effect,
    Episodes,
    EventTime,
    FindingRule,
    FindingState,
    Forbid,
    Group,
    Happened,
    Lasting,
    Not,
    Oblige,
    Power,
    Procedure,
    Rule,
    Sequence,
    Since,
    SuspendedBy,
    TimePoint,
    Trigger,
    Until,
    VariableIs,
    Who,
    Within,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.model.records import Record
from tocsin.stresstest.tree import Gate, Leaf, LeafKind, Node, best
from tocsin.stresstest.votes import Ballots, ballots

__all__ = [
    "ACCUSED",
    "OPPONENT",
    "Guarantee",
    "binding",
    "guarantees_of",
    "procedure_members",
]

ACCUSED: Final = "the party in breach"
OPPONENT: Final = "the other party"
MONTH_S: Final = 31 * 86_400
"""A month in a promised time: the longest."""

CONSULTS: Final = frozenset({"meet", "consult", "notify", "inform"})
Guaranteeing = Effect | Power | Decision | Oblige


class Guarantee(Record, frozen=True, kw_only=True):
    """Something that is promised, and the tree of what must happen before it acts.

    Attributes:
        clause: the clause that promises it.
        name: of the measure, power, decision or duty.
        title: of the article.
        kind: measure, power, decision, duty or consultation.
        tree: what must happen.
        lapses_s: seconds after which it ends, or None: it does not.
        act: what is done, as declared, where it is a duty or power.
    """

    clause: str
    name: str
    title: str
    kind: str
    tree: Gate | Leaf
    lapses_s: int | None = None
    act: str = ""

    @property
    def key(self) -> str:
        """Clause and name: unique in an agreement."""
        return f"{self.clause} {self.name}"


def guarantees_of(agreement: Agreement) -> tuple[Guarantee, ...]:
    """Every guarantee of the agreement with its tree, in the order of the text."""
    compiler = _Compiler(agreement)
    made = (
        compiler.guarantee(article, rule)
        for article in compiler.articles
        for rule in _principal(agreement, article)
    )
    return tuple(made)


def binding(agreement: Agreement) -> tuple[Article, ...]:
    """The articles in their newest version, without those that it repeals."""
    newest: dict[str, Article] = {}
    for article in agreement.articles:
        held = newest.get(article.number)
        if held is None or article.version >= held.version:
            newest[article.number] = article
    return tuple(article for article in newest.values() if not article.repealed)


def procedure_members(agreement: Agreement, procedure: Procedure) -> tuple[str, ...]:
    """Who belongs to the body that decides; () where the text does not say."""
    if procedure.by is None:
        return ()
    return tuple(
        dict.fromkeys(
            member
            for name in procedure.by.names
            for member in (agreement.members_of(name) or (name,))
        )
    )


# --- which rules are guarantees ------------------------------------------------------


def _principal(agreement: Agreement, article: Article) -> list[Guaranteeing]:
    """The rules that promise something; duties only where nothing else does."""
    rules = [rule for rule in rules_of(article) if _promises(agreement, rule)]
    strong = [rule for rule in rules if not isinstance(rule, Oblige)]
    return strong or rules  # type: ignore[return-value]


def _promises(agreement: Agreement, rule: Rule) -> bool:
    match rule:
        case Effect() | Decision():
            return True
        case Power():
            return rule.who.names != ("party",) or rule.who.quantifier is not None
        case Oblige():
            return rule.trigger is not None and _is_guarantor(agreement, rule.who)
    return False


def _is_guarantor(agreement: Agreement, who: Who) -> bool:
    """True where somebody other than the parties themselves is bound."""
    names = set(who.names) - {"party", "parties", "opponent", *agreement.party_names}
    return bool(names or who.of)


def _kind_of(rule: Guaranteeing) -> str:
    match rule:
        case Effect():
            return "measure"
        case Power():
            return "power"
        case Decision():
            return "consultation" if rule.procedure.consultation_only else "decision"
    return "consultation" if rule.deed.act in CONSULTS else "duty"


# --- times ---------------------------------------------------------------------------

Clock = dict[str, int | None]
"""Anchor to promised seconds after the breach is alleged; None: no deadline."""


def _seconds(length: Duration) -> int:
    return length.months * MONTH_S if length.is_calendar else length.seconds


def _due(deadline: Deadline | None, clock: Clock) -> int | None:
    """When a deadline falls, by the clock; None where there is none that runs."""
    if isinstance(deadline, AtAllTimes):
        return clock["woken"]
    if not isinstance(deadline, Within):
        return None
    base = _anchored(deadline.of, clock)
    return None if base is None else base + _seconds(deadline.duration)


def _anchored(of: TimePoint | None, clock: Clock) -> int | None:
    if of is None:
        return clock["woken"]
    name = of.base.event if isinstance(of.base, EventTime) else "woken"
    base = clock.get(name, clock["woken"])
    plus = _seconds(of.plus) if of.plus else 0
    return None if base is None else base + plus


def _finite(seconds: float) -> int | None:
    return None if seconds == float("inf") else int(seconds)


# --- the compiler --------------------------------------------------------------------


class _Compiler:
    """Compiles the rules of one agreement; remembers what it is inside of."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.articles = binding(agreement)
        self.inside: list[str] = []
        self.asked_within: int | None = 0  # None: of an act that a rule needs
        self.findings = {
            rule.name: (article, rule)
            for article in self.articles
            for rule in rules_of(article)
            if isinstance(rule, FindingRule)
        }
        self.decisions = {
            rule.name: (article, rule)
            for article in self.articles
            for rule in rules_of(article)
            if isinstance(rule, Decision)
        }
        self.lets = {let.name: let.when for let in agreement.conditions}

    def guarantee(self, article: Article, rule: Guaranteeing) -> Guarantee:
        """The guarantee of one rule."""
        lapses = getattr(rule, "lapses", None)
        after = lapses.after if lapses else None
        return Guarantee(
            clause=article.clause,
            name=rule.name if isinstance(rule, Effect | Decision) else _said(rule.deed),
            title=article.title or article.clause,
            kind=_kind_of(rule),
            tree=self.rule(article, rule),
            lapses_s=_seconds(after.duration) if after else None,
            act="" if isinstance(rule, Effect | Decision) else rule.deed.act,
        )

    def rule(self, article: Article, rule: Guaranteeing) -> Node:
        """What must happen before the rule acts, and the act itself."""
        before = [*self.in_force(article), *self.wakes(article, rule)]
        if isinstance(rule, Decision):
            return _in_order([*before, self.vote(article, rule, "adopted")])
        before += self.needs(rule)
        clock = self.clock(rule.trigger, _in_order(before))
        if isinstance(rule, Effect):
            return _in_order([*before, *self.measure(article, rule, clock)])
        return _in_order([*before, *self.act(article, rule, clock)])

    # -- what wakes a rule

    def wakes(self, article: Article, rule: Rule) -> list[Node]:
        """Its trigger, or being the fallback of a vote that lapsed."""
        own = self.trigger(rule.trigger)
        falls = self.fallbacks(article)
        if not falls or isinstance(rule, Decision):
            return own
        return [_any([*([_in_order(own)] if own else []), *falls])]

    def trigger(self, trigger: Trigger | None) -> list[Node]:
        """The conditions of a trigger."""
        if trigger is None:
            return []
        parts = [part for part in (trigger.upon, trigger.when) if part is not None]
        return [self.condition(part) for part in parts]

    def fallbacks(self, article: Article) -> list[Node]:
        """The votes whose lapse leads to this article."""
        found: list[Node] = []
        for name, (_, rule) in self.decisions.items():
            if _leads_to(rule.procedure, article):
                found.append(self.decision(name, "lapsed"))
        for name, (where, finding) in self.findings.items():
            if finding.attribution and _leads_to(finding.attribution, article):
                found.append(self.unattributed(name, where, finding))
        return found

    def clock(
        self, trigger: Trigger | None, before: Node, *, promised: bool = True
    ) -> Clock:
        """When the deadlines of a rule begin to run, as promised or at the soonest."""
        woken = _finite(best(before, promised=promised))
        found = woken
        for state in find(trigger, FindingState) if trigger else ():
            found = _finite(best(self.found(state.finding), promised=promised))
        return {"woken": woken, "due": woken, "found": found, "alleged": 0}

    def needs(self, rule: Rule) -> list[Node]:
        """What must also hold."""
        needs = getattr(rule, "needs", None)
        if needs is None:
            return []
        self.asked_within = None  # no text sets a deadline for what it only needs
        try:
            return [self.condition(needs)]
        finally:
            self.asked_within = 0

    # -- findings and votes

    def found(self, name: str) -> Node:
        """A finding is made: the breach is seen, and attributed where it must be."""
        if name not in self.findings:
            return _never(f"finding:{name}", f"no clause defines the finding {name}")
        article, rule = self.findings[name]
        return self.guarded(f"finding {name}", lambda: self._found(article, rule))

    def _found(self, article: Article, rule: FindingRule) -> Node:
        seen = self.seen(article, rule)
        if rule.attribution is None:
            return seen
        vote = self.outcome(
            article,
            f"{rule.name}:attribution",
            f"attribute the {_plain(rule.name)}",
            rule.attribution,
            {"woken": 0, "alleged": 0},
            "adopted",
        )
        return _in_order([seen, vote])

    def seen(self, article: Article, rule: FindingRule) -> Leaf:
        """The breach is seen and shown to the standard of the finding."""
        return Leaf(
            key=f"{rule.name}:seen",
            words=f"the {_plain(rule.name)} is seen and shown",
            kind="detect",
            clause=article.clause,
        )

    def unattributed(self, name: str, article: Article, rule: FindingRule) -> Node:
        """A finding that is alleged and not attributed in time."""
        assert rule.attribution is not None
        lapse = self.outcome(
            article,
            f"{name}:attribution",
            f"attribute the {_plain(name)}",
            rule.attribution,
            {"woken": 0, "alleged": 0},
            "lapsed",
        )
        return _in_order([self.seen(article, rule), lapse])

    def decision(self, name: str, outcome: LeafKind) -> Node:
        """A decision comes out like this."""
        if name not in self.decisions:
            return _never(
                f"decision:{name}", f"no clause calls for the decision {name}"
            )
        where, rule = self.decisions[name]
        return self.guarded(
            f"decision {name}",
            lambda: _in_order(
                [
                    *self.in_force(where),
                    *self.trigger(rule.trigger),
                    self.vote(where, rule, outcome),
                ]
            ),
        )

    def vote(self, article: Article, rule: Decision, outcome: LeafKind) -> Node:
        """The vote of a decision, with its clock."""
        before = _in_order(self.trigger(rule.trigger))
        clock = self.clock(rule.trigger, before)
        soonest = self.clock(rule.trigger, before, promised=False)
        named = f"adopt {_plain(rule.name)}"
        made = self.outcome(
            article, f"{rule.name}:vote", named, rule.procedure, clock, outcome
        )
        if outcome != "lapsed" or not isinstance(made, Leaf):
            return made
        due = _due(rule.procedure.deadline, soonest) or made.earliest_s
        return msgspec.structs.replace(made, earliest_s=min(due, made.earliest_s))

    def outcome(
        self,
        article: Article,
        choice: str,
        words: str,
        procedure: Procedure,
        clock: Clock,
        outcome: LeafKind,
    ) -> Node:
        """One outcome of one vote."""
        who = _names(procedure.by) or "nobody named"
        due = _due(procedure.deadline, clock)
        if due is None and procedure.silence and clock["woken"] is not None:
            due = clock["woken"] + _seconds(procedure.silence.after)
        if procedure.vote is None and not procedure.consultation_only:
            return self.unvoted(article, choice, f"{who}: {words}", procedure, due)
        rules = self.ballots(procedure, procedure_members(self.agreement, procedure))
        if procedure.consultation_only and outcome == "adopted":
            return _never(choice, f"{who} only consults: nothing can be adopted")
        if outcome == "lapsed" and due is None:
            return _never(
                f"{choice}:lapsed", f"{who}: the vote has no deadline to miss"
            )
        return Leaf(
            key=f"{choice}:{outcome}",
            words=f"{who}: {words}" if outcome == "adopted" else _not(who, words),
            kind=outcome,
            clause=article.clause,
            actors=rules.actors,
            vote=rules,
            choice=choice,
            earliest_s=(due or 0) if outcome == "lapsed" else 0,
            promised_s=due,
        )

    def ballots(self, procedure: Procedure, members: tuple[str, ...]) -> Ballots:
        """A vote with the weights of the body that takes it."""
        bodies = procedure.by.names if procedure.by else ()
        held: tuple[Group | Body, ...] = (
            *self.agreement.groups,
            *self.agreement.bodies,
        )
        weights = {
            weight.name: weight.votes
            for body in held
            if body.name in bodies
            for weight in body.weights
        }
        return ballots(procedure, members, weights)

    def unvoted(
        self,
        article: Article,
        choice: str,
        words: str,
        procedure: Procedure,
        due: int | None,
    ) -> Leaf:
        """A decision without a voting rule: the act of whoever is named."""
        who = procedure.by.names if procedure.by else ()
        if not who:
            return _never(choice, f"{words}: the text names nobody who decides")
        return Leaf(
            key=choice,
            words=words,
            kind="act",
            clause=article.clause,
            actors=who,
            promised_s=due,
        )

    # -- what a rule does

    def measure(self, article: Article, rule: Effect, clock: Clock) -> list[Node]:
        """The measure itself, and that nobody suspends it."""
        woken = clock["woken"]
        due = _due(rule.deadline, clock) if rule.deadline else woken
        leaf = Leaf(
            key=f"{rule.name}:effect",
            words=f"{_plain(rule.name)} takes effect by itself",
            kind="response",
            clause=article.clause,
            promised_s=due,
        )
        return [*self.kept(article, rule), leaf]

    def kept(self, article: Article, rule: Effect | Power | Oblige) -> list[Node]:
        """That what could stop the rule does not come about."""
        if rule.unless is None:
            return []
        procedure = rule.unless.procedure
        who = getattr(rule.unless.condition, "who", None)
        if procedure is None or procedure.vote is None:
            return [self.absent(article, rule.unless.condition)]
        members = procedure_members(self.agreement, procedure) or tuple(
            m for n in (who.names if who else ()) for m in self.agreement.members_of(n)
        )
        rules = self.ballots(procedure, members)
        return [
            Leaf(
                key=f"{article.clause}:suspension",
                words=f"{_names(who) or _names(procedure.by)} does not suspend it",
                kind="not_suspended",
                clause=article.clause,
                actors=rules.actors,
                vote=rules,
                choice=f"{article.clause}:suspension",
            )
        ]

    def act(self, article: Article, rule: Power | Oblige, clock: Clock) -> list[Node]:
        """Somebody uses a power or does a duty."""
        due = _due(rule.deadline, clock) if rule.deadline else None
        stop = self.kept(article, rule)
        if isinstance(rule, Power) and self.decided(rule):
            words = f"{_names(rule.who)}: {_said(rule.deed)}"
            used = Leaf(
                key=f"{article.clause}:used",
                words=words,
                kind="response",
                clause=article.clause,
                promised_s=clock["woken"] if rule.deadline is None else due,
            )
            return [*stop, used]
        return [*stop, self.deed(article.clause, rule.deed, rule.who, due)]

    def decided(self, rule: Power) -> bool:
        """Whether the holder of a power has decided by what the power needs."""
        if rule.needs is None:
            return False
        for state in find(rule.needs, DecisionIs):
            name = state.decision or _decides(self, state)
            held = self.decisions.get(name or "")
            by = held[1].procedure.by if held else None
            if by is not None and set(by.names) & set(rule.who.names):
                return True
        return False

    # -- conditions

    def condition(self, term: Condition) -> Node:  # noqa: C901, PLR0911
        """A condition as a tree."""
        match term:
            case AllOf():
                return Gate(kind="all", parts=self.conditions(term.conditions))
            case AnyOf():
                return _any(self.conditions(term.conditions))
            case FindingState():
                return self.finding(term)
            case DecisionIs():
                return self.decision_is(term)
            case ArticleIs():
                return self.article_is(term)
            case Compare():
                return self.counted(term)
            case BreachOf() | Lasting():
                return self.breach(term)
            case Happened():
                return self.happened(term)
            case Not() | SuspendedBy():
                inner = term.condition if isinstance(term, Not) else term
                return self.absent(None, inner)
            case Since():
                return _in_order(self.conditions((term.start, term.holds)))
            case Until():
                return _in_order(self.conditions((term.holds, term.end)))
            case Sequence():
                steps = tuple(step.condition for step in term.steps)
                return _in_order(self.conditions((term.first, *steps)))
            case VariableIs():
                return _given(f"is:{term.variable}:{term.names}", "it concerns these")
        raise TypeError(term)

    def conditions(self, terms: Iterable[Condition]) -> tuple[Node, ...]:
        """Several conditions."""
        return tuple(self.condition(term) for term in terms)

    def finding(self, term: FindingState) -> Node:
        """A finding is alleged or made."""
        if term.state == "found" or term.finding not in self.findings:
            return self.found(term.finding)
        article, rule = self.findings[term.finding]
        return self.seen(article, rule)

    def decision_is(self, term: DecisionIs) -> Node:
        """A decision has an outcome."""
        name = term.decision or _decides(self, term)
        kind: LeafKind = term.outcome
        if name is None:
            number = term.article.number if term.article else "?"
            return _never(f"decision:{number}", f"Article {number} decides nothing")
        return self.decision(name, kind)

    def article_is(self, term: ArticleIs) -> Node:
        """An article binds, or does not."""
        found = [a for a in self.articles if a.number == term.article.number]
        if not found and not self.agreement.find(term.article.number):
            return _never(f"{term.article}", f"there is no {term.article}")
        if term.state != "in_force":
            words = f"{term.article} is {term.state.replace('_', ' ')}"
            return _given(f"{term.article}:{term.state}", words)
        parts = [node for article in found for node in self.in_force(article)]
        state = Leaf(
            key=f"{term.article}:in_force",
            words=f"{term.article} is in force",
            kind="state",
            clause=str(term.article),
        )
        return _in_order([*parts, state])

    def counted(self, term: Compare) -> Node:
        """A number is reached: episodes that are found, or breaches that are seen."""
        subject = term.left.subject
        if isinstance(subject, Episodes):
            again = Leaf(
                key=f"{subject.finding}:repeated",
                words=f"the {_plain(subject.finding)} is found often enough",
                kind="detect",
            )
            return _in_order([self.found(subject.finding), again])
        if isinstance(subject, Deed):
            return self.deed_leaf(subject)
        words = f"breaches of {subject.article} are counted"
        return Leaf(key=f"count:{subject.article}", words=words, kind="detect")

    def breach(self, term: BreachOf | Lasting) -> Node:
        """A breach is seen."""
        subject = term.breaches if isinstance(term, BreachOf) else term.subject
        if isinstance(subject, Deed):
            return self.deed_leaf(subject)
        if isinstance(subject, Episodes):
            return self.found(subject.finding)
        words = f"a breach of {subject.article} is seen"
        return Leaf(key=f"breach:{subject.article}", words=words, kind="detect")

    def happened(self, term: Happened) -> Node:
        """Somebody acts, or something happens."""
        if term.deed.act in self.lets:
            named = self.lets[term.deed.act]
            return self.guarded(term.deed.act, lambda: self.condition(named))
        return self.deed_leaf(term.deed)

    def deed_leaf(self, deed: Deed) -> Node:
        """An act in a condition."""
        if deed.by is None or self.is_breach(deed):
            return Leaf(
                key=f"event:{deed.act}:{_names(deed.by)}",
                words=f"{_plain(deed.act)} happens and is seen",
                kind="detect",
                controlled_by=(),
            )
        return self.deed("", deed, deed.by, self.asked_within)

    def is_breach(self, deed: Deed) -> bool:
        """Whether a deed in a trigger is the wrong itself, not somebody's help."""
        wrongs = {
            rule.deed.act
            for article in self.articles
            for rule in rules_of(article)
            if isinstance(rule, Forbid)
        }
        parties = {"party", "parties", *self.agreement.party_names}
        accused = deed.by is not None and set(deed.by.names) <= parties
        return deed.act in wrongs or (accused and deed.act in HOSTILE)

    def deed(self, clause: str, deed: Deed, who: Who, due: int | None) -> Node:
        """An act of somebody: of all of them, of any, or of one contributor."""
        names = self.actors(who)
        acts = tuple(self.one_act(clause, deed, name, due) for name in names)
        if len(acts) == 1:
            return acts[0]
        if not acts:
            words = f"{_plain(deed.act)}: the text does not say who belongs to"
            return _never(f"{clause}:{deed.act}", f"{words} {_names(who)}")
        some = who.quantifier == "any" or who.names[0].startswith("contributor")
        return _any(acts) if some else Gate(kind="all", parts=acts)

    def one_act(self, clause: str, deed: Deed, name: str, due: int | None) -> Leaf:
        """An act of one of them."""
        return Leaf(
            key=f"{clause}:{_said(deed)}:{name}",
            words=f"{name}: {_said(deed)}",
            kind="act",
            clause=clause,
            actors=(name,),
            promised_s=due,
            act=deed.act,
            thing=deed.thing or "",
        )

    def actors(self, who: Who) -> tuple[str, ...]:
        """Who is meant, one by one where each acts for itself."""
        if who.of is not None:
            return self.agreement.members_of(who.of)
        plain = {"party": ACCUSED, "opponent": OPPONENT}
        if who.quantifier is None:
            return tuple(plain.get(name, name) for name in who.names)
        match who.names[0]:
            case "party" | "parties":
                return self.agreement.party_names
            case "group" | "groups":
                return tuple(group.name for group in self.agreement.groups)
            case "body" | "bodies":
                return tuple(body.name for body in self.agreement.bodies)
        members = (m for group in self.agreement.groups for m in group.members)
        return tuple(dict.fromkeys(members))

    def absent(self, article: Article | None, term: Condition) -> Leaf:
        """Something must not be so; who can make it so controls it."""
        who = tuple(
            name
            for deed in find(term, Deed)
            for name in (
                self.actors(deed.by) if deed.by else self.agreement.party_names
            )
        )
        words = " and ".join(sorted({_plain(deed.act) for deed in find(term, Deed)}))
        return Leaf(
            key=f"{article.clause if article else ''}:not:{words}",
            words=f"no {words or 'such condition'}",
            kind="state",
            clause=article.clause if article else "",
            controlled_by=tuple(dict.fromkeys(who)),
        )

    def doers(self, deed: Deed) -> tuple[str, ...]:
        """Who can do it; any party where the text leaves it open."""
        return self.actors(deed.by) if deed.by else self.agreement.party_names

    # -- when an article binds

    def in_force(self, article: Article) -> list[Node]:
        """What must happen before an article binds; nothing where a date says it."""
        made = self.guarded(
            f"{article.clause} in force", lambda: _in_order(self._in_force(article))
        )
        return [] if isinstance(made, Gate) and not made.parts else [made]

    def _in_force(self, article: Article) -> list[Node]:
        parts: list[Node] = []
        if article.in_force is not None:
            starts = [self.starts(article, point) for point in article.in_force.start]
            real = [node for node in starts if node is not None]
            if len(real) > 1 and article.in_force.join == "any":
                parts.append(_any(real))
            else:
                parts += real
        if article.suspended_while is not None:
            parts.append(self.absent(article, article.suspended_while))
        return parts

    def starts(self, article: Article, point: TimePoint) -> Node | None:
        """The event by which an article begins to bind; None for a date."""
        base = point.base
        if isinstance(base, ArticleTime):
            others = [a for a in self.articles if a.number == base.article.number]
            nodes = [node for other in others for node in self.in_force(other)]
            return _in_order(nodes) if nodes else None
        if not isinstance(base, EventTime):
            return None
        if base.of is not None:
            deed = Deed(act=base.event, by=base.of)
            return self.deed(article.clause, deed, base.of, 0)
        return Leaf(
            key=f"{base.event}",
            words=f"{_plain(base.event)} has come about",
            kind="state",
            clause=article.clause,
            controlled_by=self.agreement.party_names,
        )

    def guarded(self, what: str, make: object) -> Node:
        """What ``make`` gives; never, where it waits for itself."""
        if what in self.inside:
            ring = [*self.inside[self.inside.index(what) :], what]
            return _never(f"ring:{what}", f"circular: {' needs '.join(ring)}")
        self.inside.append(what)
        try:
            made: Node = make()  # type: ignore[operator]
        finally:
            self.inside.pop()
        return made


HOSTILE: Final = frozenset({"attack", "armed_attack", "aggression", "invade"})


def _decides(compiler: _Compiler, term: DecisionIs) -> str | None:
    """The name of the decision that an article calls for."""
    for name, (article, _) in compiler.decisions.items():
        if term.article is not None and article.number == term.article.number:
            return name
    return None


def _leads_to(procedure: Procedure, article: Article) -> bool:
    other = procedure.otherwise
    return bool(other and other.article and other.article.number == article.number)


def _in_order(parts: Iterable[Node]) -> Gate:
    flat: list[Node] = []
    for part in parts:
        nested = isinstance(part, Gate) and part.kind == "in_order"
        flat += part.parts if nested and isinstance(part, Gate) else (part,)
    return Gate(kind="in_order", parts=tuple(dict.fromkeys(flat)))


def _any(parts: Iterable[Node]) -> Node:
    held = tuple(dict.fromkeys(parts))
    return held[0] if len(held) == 1 else Gate(kind="any", parts=held)


def _never(key: str, why: str) -> Leaf:
    return Leaf(key=key, words=why, kind="never", why=why, promised_s=None)


def _given(key: str, words: str) -> Leaf:
    return Leaf(key=key, words=words, kind="event")


def _not(who: str, words: str) -> str:
    return f"{who} does not {words} in time"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _said(deed: Deed) -> str:
    return " ".join(_plain(part) for part in (deed.act, deed.thing) if part)


def _names(who: Who | None) -> str:
    if who is None:
        return ""
    head = f"{who.quantifier} " if who.quantifier else ""
    tail = f" of {who.of}" if who.of else ""
    return f"{head}{', '.join(_plain(name) for name in who.names)}{tail}"
