"""An agreement made ready for the engines: every clause resolved, nothing computed yet.

Names become sets, filters become lists of values, articles become the shapes that the
engines know: prohibitions, obligations, findings, decisions and effects. Both engines
start from the same :class:`Plan`; what it cannot hold is an issue ``not_evaluated``
that names the place (rule E1 of the semantics).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Final, TypeAlias

import msgspec

from tocsin.agreement.check_judged import refusals
from tocsin.agreement.levels import level_of
from tocsin.agreement.terms import (
    EARLIER,
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleRef,
    ArticleTime,
    AtAllTimes,
    Before,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Deadline,
    DeadlineNotStated,
    Decision,
    DecisionIs,
    Deed,
    Distance,
    Duration,
    Effect,
    Episodes,
    EventTime,
    Exception_,
    Excuse,
    FailingThat,
    Filter,
    FilterAll,
    FilterAny,
    FilterCompare,
    FilterIn,
    FilterNamed,
    FindingRule,
    FindingState,
    Forbid,
    Happened,
    Norm,
    Not,
    Number,
    Oblige,
    Power,
    SuspendedBy,
    Term,
    TimePoint,
    Trigger,
    Unless,
    Who,
    Within,
)
from tocsin.agreement.walk import rules_of, walk
from tocsin.model.records import Issue, Where
from tocsin.model.standards import load_standards

__all__ = [
    "DEED",
    "CountOfBreaches",
    "DecisionRule",
    "EffectRule",
    "Finding",
    "Obligation",
    "Pattern",
    "Plan",
    "PowerRule",
    "Prohibition",
    "Reply",
    "SimpleFilter",
    "Stands",
    "acts_of",
    "as_if_forbidden",
    "needed_acts",
    "pattern",
    "plain",
    "plan",
    "who_names",
]

VARIABLES: Final = frozenset({"party", "opponent", "sector", "site", "place"})
UNEXCUSED: Final = "unexcused_"
CLEARING, SIGHTING = "clear", "place"
Stretch: TypeAlias = tuple[TimePoint | None, TimePoint | None]
DEED: Final = "deed "
"""Begins the number of an article that stands for acts as such."""


class SimpleFilter(msgspec.Struct, frozen=True):
    """A filter as any of all of simple tests; () lets everything through."""

    any_of: tuple[tuple[FilterIn | FilterCompare, ...], ...] = ()


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts a deed speaks of; None leaves a column open.

    Attributes:
        act: the kind of the facts.
        unexcused: only those that no exception excuses.
        by, against: names, or a variable that the rule binds.
        sectors: sectors it must lie in (of a zone that covers sectors), or None.
        sector_variable, subject_variable: the variable that the column binds.
        subject: the object or site that must be named, or None.
        zone: a zone drawn by distance or by a map, or None.
        near: distance to the place or site that the rule speaks of, or None.
    """

    act: str
    unexcused: bool = False
    by: tuple[str, ...] | None = None
    by_variable: str | None = None
    against: tuple[str, ...] | None = None
    against_variable: str | None = None
    sectors: tuple[str, ...] | None = None
    sector_variable: str | None = None
    subject: str | None = None
    subject_variable: str | None = None
    filter: SimpleFilter = SimpleFilter()
    zone: str | None = None
    near: Distance | None = None
    near_to: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An exception opened by an act of the opponent: self-defence (rule X1)."""

    name: str
    hostile: Pattern
    within_s: int
    nearer_m: float | None
    limit_s: int | None


class Stands(Happened, frozen=True, kw_only=True):
    """An act in ``needs``: that it has been done and was not taken back (rule O7)."""


class ForbidRule(msgspec.Struct, frozen=True, kw_only=True):
    """One prohibition: these must not do this.

    Attributes:
        persists_s: how long a sighting holds after its end.
        after: it binds from the second after this deadline.
        only_when: it binds only while this holds.
        pausable: its article may be suspended, or survive its end (T8 and T9).
        lasts: of deeds as such: an act goes on to the end that its fact gives, and
            without parties it may be anybody's.
    """

    parties: tuple[str, ...]
    pattern: Pattern
    replies: tuple[Reply, ...] = ()
    exceptions: tuple[Exception_, ...] = ()
    persists_s: int = 0
    after: Deadline | None = None
    only_when: Condition | None = None
    pausable: bool = False
    lasts: bool = False

    @property
    def conditional(self) -> bool:
        """True where an act may be allowed or excused by what is on record."""
        return bool(self.exceptions) or self.pausable or self.only_when is not None


class Prohibition(msgspec.Struct, frozen=True, kw_only=True):
    """All prohibitions of an article: broken where one of them is."""

    article: Article
    rules: tuple[ForbidRule, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        """Whom it binds, in the order of the text."""
        return tuple(
            dict.fromkeys(name for rule in self.rules for name in rule.parties)
        )


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody must do something, mostly once something has happened."""

    article: Article
    who: Who
    pattern: Pattern
    trigger: Trigger | None
    called_by: Pattern | None
    deadline: Deadline
    excuses: tuple[Excuse, ...] = ()
    failing_that: tuple[FailingThat, ...] = ()
    persists_s: int | None = None
    holders: tuple[str, ...] = ()
    needs: Condition | None = None
    unless: Unless | None = None
    pausable: bool = False
    where: Where

    @property
    def at_all_times(self) -> bool:
        """True where it is owed at every second (rule O8)."""
        return isinstance(self.deadline, AtAllTimes)

    @property
    def conditional(self) -> bool:
        """True where more than its deed and its deadline says what it asks."""
        told = self.excuses or self.needs or self.unless
        return bool(told) or self.pausable or self.at_all_times


class CountOfBreaches(msgspec.Struct, frozen=True, kw_only=True):
    """``count of breaches of ... over W >= k``, with hysteresis (rule F2).

    ``deed`` stands for an article where the acts themselves are counted.
    """

    article: str
    deed: Prohibition | None = None
    parties: tuple[str, ...] | None
    by_variable: str | None
    sectors: tuple[str, ...] | None
    sector_variable: str | None
    over_s: int
    at_least: int
    until_below: int | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, with its count where its condition is one."""

    article: Article
    rule: FindingRule
    standard: float
    sources: int
    count: CountOfBreaches | None


class DecisionRule(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that a trigger calls for."""

    article: Article
    rule: Decision


class EffectRule(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that follows by itself."""

    article: Article
    rule: Effect


class PowerRule(msgspec.Struct, frozen=True, kw_only=True):
    """A power: somebody may bring something about once its needs hold."""

    article: Article
    rule: Power


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the engines evaluate, and what they do not.

    ``stretches`` says from when to when an article binds by the versions of the text.
    """

    agreement: Agreement
    prohibitions: tuple[Prohibition, ...]
    obligations: tuple[Obligation, ...]
    findings: tuple[Finding, ...]
    decisions: tuple[DecisionRule, ...]
    effects: tuple[EffectRule, ...]
    powers: tuple[PowerRule, ...]
    standard: float
    watched: float
    issues: tuple[Issue, ...]
    stretches: dict[str, Stretch] = {}

    @property
    def upon_acts(self) -> frozenset[str]:
        """Acts that wake a rule that no engine judges by itself."""
        rules = self._triggers
        whole = [
            t for trigger in rules if trigger for t in (trigger.upon, trigger.when)
        ]
        return frozenset(act for part in whole if part for act in _acts_in(part))

    @property
    def recorded(self) -> tuple[Term, ...]:
        """Conditions that procedures judge by what is on record, events aside."""
        found: list[Term | None] = []
        for trigger in self._triggers:
            if trigger is not None:
                found += _states_in(trigger.upon or trigger.when)
                found.append(trigger.when if trigger.upon is not None else None)
        for duty in self.obligations:
            if duty.called_by is None and duty.trigger is not None:
                found += [e.while_ for e in duty.excuses]
                found += [duty.needs, duty.unless and duty.unless.condition]
        rules: list[Effect | Power] = [effect.rule for effect in self.effects]
        rules += [power.rule for power in self.powers]
        for held in rules:
            found += [held.needs, held.unless and held.unless.condition]
            found += [held.ends_when, held.lapses]
        for article in self.agreement.articles:
            found += [article.suspended_while, article.surviving]
        return tuple(term for term in found if term is not None)

    @property
    def breaches_wanted(self) -> frozenset[str]:
        """Articles whose single breaches wake a rule."""
        named = {
            number
            for trigger in self._triggers
            if trigger
            for part in (trigger.upon, trigger.when)
            if part
            for number in _breached_in(part)
        }
        found = [a.number for n in named for a in self.agreement.find(n)]
        found += [
            article.number
            for article in self.agreement.articles
            if self.failing_that(article.number)
        ]
        return frozenset(found)

    @property
    def _triggers(self) -> list[Trigger | None]:
        """What wakes the rules that no engine judges by itself."""
        rules = [o.trigger for o in self.obligations if o.called_by is None]
        rules += [rule.rule.trigger for rule in self.decisions]
        rules += [rule.rule.trigger for rule in self.effects]
        return rules + [rule.rule.trigger for rule in self.powers]

    def failing_that(self, number: str) -> tuple[FailingThat, ...]:
        """What follows a breach of an article, in the order of the text."""
        rules = [
            rule
            for article in self.agreement.articles
            if article.number == number
            for rule in rules_of(article)
        ]
        steps = (getattr(rule, "failing_that", ()) for rule in rules)
        return tuple(step for part in steps for step in part)

    def sectors_of(self, place: str | None) -> tuple[str, ...] | None:
        """The sectors of a zone or sector by its name; None: no place is asked for."""
        return None if place is None else _where(self.agreement, place)[0] or (place,)

    @property
    def matters(self) -> frozenset[str]:
        """Everything that an act on record may name as what it is about."""
        named = {article.clause for article in self.agreement.articles}
        named |= {decision.rule.name for decision in self.decisions}
        named |= {effect.rule.name for effect in self.effects}
        named |= {power.rule.deed.thing or "" for power in self.powers}
        return frozenset(name.casefold() for name in named if name)

    def variables_of(self, finding: str) -> tuple[str, ...]:
        """What a finding ranges over, in the order of the text."""
        for one in self.findings:
            if one.rule.name == finding:
                return one.rule.variables
        return ()

    @property
    def waits_for_procedures(self) -> bool:
        """True where evidence is judged by what procedures give (rule G7)."""
        return any(
            isinstance(term, FindingState | DecisionIs | Episodes)
            for condition in _of_evidence(self)
            for term in walk(condition)
        )

    def counted(self, count: CountOfBreaches) -> tuple[Prohibition, ...]:
        """What is counted: breaches of these, or acts as if they were forbidden."""
        return (count.deed,) if count.deed else self.prohibition(count.article)

    def duties(self, number: str) -> tuple[Obligation, ...]:
        """The obligations that an article number means."""
        meant = {article.number for article in self.agreement.find(number)}
        return tuple(o for o in self.obligations if o.article.number in meant)

    def prohibition(self, number: str) -> tuple[Prohibition, ...]:
        """The prohibitions that an article number means."""
        meant = {article.number for article in self.agreement.find(number)}
        return tuple(p for p in self.prohibitions if p.article.number in meant)


Shape: TypeAlias = Prohibition | Obligation | Finding | DecisionRule | EffectRule


def _of_evidence(plan: Plan) -> Iterator[Condition]:
    """Every condition that an engine looks at before procedures follow."""
    for prohibition in plan.prohibitions:
        for rule in prohibition.rules:
            yield from (part for part in (rule.only_when,) if part is not None)
            for exception in rule.exceptions:
                yield from (c for c in (exception.when, exception.needs) if c)
    yield from (finding.rule.when for finding in plan.findings)
    for duty in plan.obligations:
        if duty.trigger is None or duty.called_by is not None:
            yield from (excuse.while_ for excuse in duty.excuses)
            yield from (part for part in (duty.needs,) if part is not None)
            if duty.unless is not None:
                yield duty.unless.condition
    for article in plan.agreement.articles:
        yield from (c for c in (article.suspended_while, article.surviving) if c)
    yield from (named.when for named in plan.agreement.conditions)


def plan(agreement: Agreement) -> Plan:
    """The agreement's clauses as the engines need them."""
    standards = load_standards()
    binding, stretches = _in_their_version(agreement)
    whole = agreement if binding == agreement.articles else _with(agreement, binding)
    return Plan(
        agreement=whole,
        prohibitions=tuple(_prohibitions(whole)),
        obligations=tuple(_obligations(whole)),
        findings=tuple(_findings(whole)),
        decisions=tuple(_of_kind(whole, Decision, DecisionRule)),
        effects=tuple(_of_kind(whole, Effect, EffectRule)),
        powers=tuple(_of_kind(whole, Power, PowerRule)),
        standard=level_of(whole, None)[1],
        watched=standards.watched,
        stretches=stretches,
        issues=tuple(_not_evaluated(whole)),
    )


def _with(agreement: Agreement, articles: tuple[Article, ...]) -> Agreement:
    return msgspec.structs.replace(agreement, articles=articles)


def _in_their_version(
    agreement: Agreement,
) -> tuple[tuple[Article, ...], dict[str, Stretch]]:
    """The articles that ever bind, and from when to when by their versions (rule A1).

    Earlier versions are told apart by their number; they keep their clause.
    """
    starts = {version.number: version.start for version in agreement.versions}
    kept: dict[int, Article] = {}
    stretches: dict[str, Stretch] = {}
    for number in dict.fromkeys(article.number for article in agreement.articles):
        held = [a for a in agreement.articles if a.number == number]
        held.sort(key=lambda article: article.version)
        for article, after in zip_longest(held, held[1:]):
            until = starts.get(after.version) if after is not None else None
            replaced = after is not None and until is None
            if article.repealed or replaced:
                continue
            own = number if after is None else f"{number}{EARLIER}{article.version})"
            kept[id(article)] = msgspec.structs.replace(article, number=own)
            start = starts.get(article.version)
            if start is not None or until is not None:
                stretches[own] = start, until
    found = (kept[id(a)] for a in agreement.articles if id(a) in kept)
    return tuple(found), stretches


def _of_kind(agreement: Agreement, kind: type, made: type) -> Iterator:  # type: ignore[type-arg]
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, kind):
                if isinstance(rule, Effect | Power) and rule.needs is not None:
                    needs = as_needs(rule.needs)
                    rule = msgspec.structs.replace(rule, needs=needs)
                yield made(article=article, rule=rule)


def _acts_in(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Happened):
        yield condition.deed.act.removeprefix(UNEXCUSED)
    for part in getattr(condition, "conditions", ()):
        yield from _acts_in(part)


def _states_in(condition: Condition | None) -> Iterator[Condition]:
    """The parts of a trigger that are no events: they come to hold."""
    match condition:
        case AllOf() | AnyOf():
            for part in condition.conditions:
                yield from _states_in(part)
        case FindingState() | BreachOf() | DecisionIs() | None:
            return
        case Happened(in_last=None) if condition.deed.near is None:
            return
        case Compare() if isinstance(condition.left.subject, Episodes):
            return
        case _:
            yield condition


def _breached_in(condition: Condition) -> Iterator[str]:
    if isinstance(condition, BreachOf):
        yield condition.breaches.article.number
    for part in getattr(condition, "conditions", ()):
        yield from _breached_in(part)


# --- prohibitions --------------------------------------------------------------------


def _prohibitions(agreement: Agreement) -> Iterator[Prohibition]:
    for article in agreement.articles:
        rules = tuple(_forbid_rules(agreement, article))
        if rules:
            yield Prohibition(article=article, rules=rules)


def _forbid_rules(agreement: Agreement, article: Article) -> Iterator[ForbidRule]:
    for rule in article.rules:
        if isinstance(rule, Forbid):
            yield _forbid(agreement, article, rule, None, rule.persists)
        if isinstance(rule, Oblige) and _is_emptiness(rule):
            yield _nothing_there(agreement, article, rule)
        if isinstance(rule, Norm):
            for then in rule.then:
                if isinstance(then, Forbid):
                    persists = then.persists or rule.persists
                    after = _after(article, rule)
                    yield _forbid(agreement, article, then, after, persists)


def _after(article: Article, rule: Norm) -> Deadline | None:
    """The deadline before ``then``; a length of time runs from the article's start."""
    deadline = rule.deadline
    if not isinstance(deadline, Within) or rule.trigger is not None:
        return deadline
    start = ArticleTime(edge="start", article=ArticleRef(number=article.number))
    base = deadline.of.base if deadline.of else start
    time = TimePoint(base=base, plus=deadline.duration, where=deadline.where)
    return Before(time=time, where=deadline.where)


def _is_emptiness(rule: Oblige) -> bool:
    """``oblige P to clear X in Z at all times``: to have nothing there (rule O6)."""
    always = isinstance(rule.deadline, AtAllTimes) and rule.trigger is None
    return always and rule.deed.act == CLEARING


def _nothing_there(agreement: Agreement, article: Article, rule: Oblige) -> ForbidRule:
    lasts = rule.persists or agreement.persists
    needs = as_needs(rule.needs)
    said = [needs] if needs else []
    said += [Not(condition=rule.unless.condition)] if rule.unless else []
    return ForbidRule(
        parties=who_names(agreement, rule.who),
        pattern=msgspec.structs.replace(pattern(agreement, rule.deed), act=SIGHTING),
        exceptions=_needing(rule.exceptions) + tuple(_as_exceptions(rule.excuses)),
        persists_s=lasts.seconds if lasts and not lasts.is_calendar else 0,
        only_when=joint(said),
        pausable=_is_pausable(article),
    )


def _as_exceptions(excuses: tuple[Excuse, ...]) -> Iterator[Exception_]:
    for excuse in excuses:
        yield Exception_(name="excused", when=excuse.while_, limited_to=excuse.at_most)


def _is_pausable(article: Article) -> bool:
    """Suspended for a time, or surviving an end that it has."""
    said = article.in_force
    ends = said is not None and (said.until is not None or said.for_ is not None)
    survives = article.surviving is not None and ends
    return article.suspended_while is not None or survives


def _forbid(
    agreement: Agreement,
    article: Article,
    rule: Forbid,
    after: Deadline | None,
    persists: Duration | None,
) -> ForbidRule:
    deed = pattern(agreement, rule.deed)
    replies = [_reply(agreement, exception, deed) for exception in rule.exceptions]
    others = [e for e, r in zip(rule.exceptions, replies, strict=True) if r is None]
    lasts = persists or (agreement.persists if rule.deed.act == "place" else None)
    return ForbidRule(
        parties=_bearers(agreement, rule.who),
        pattern=deed,
        replies=tuple(reply for reply in replies if reply is not None),
        exceptions=_needing(tuple(others)),
        persists_s=lasts.seconds if lasts and not lasts.is_calendar else 0,
        after=after,
        only_when=_only_when(rule),
        pausable=_is_pausable(article),
    )


def _bearers(agreement: Agreement, who: Who) -> tuple[str, ...]:
    """Whom a prohibition binds; its conditions tell which `party` is meant."""
    variable = who.quantifier is None and who.names in {("party",), ("opponent",)}
    return agreement.party_names if variable else who_names(agreement, who)


def _only_when(rule: Forbid) -> Condition | None:
    """The conditions under which the prohibition binds at all, as one."""
    trigger = rule.trigger
    needs = as_needs(rule.needs)
    said = [trigger.upon, trigger.when, needs] if trigger else [needs]
    if rule.unless is not None:
        said.append(Not(condition=rule.unless.condition))
    return joint([part for part in said if part is not None])


def as_needs(condition: Condition | None) -> Condition | None:
    """What must hold first: an act in it must have been done, and stand."""
    match condition:
        case Happened(in_last=None):
            return Stands(deed=condition.deed, where=condition.where)
        case AllOf() | AnyOf():
            parts = tuple(as_needs(part) for part in condition.conditions)
            return msgspec.structs.replace(condition, conditions=parts)
        case Not():
            inner = as_needs(condition.condition)
            return msgspec.structs.replace(condition, condition=inner)
    return condition


def _needing(exceptions: tuple[Exception_, ...]) -> tuple[Exception_, ...]:
    """Exceptions whose own ``needs`` are read so, too."""
    return tuple(
        msgspec.structs.replace(one, needs=as_needs(one.needs)) if one.needs else one
        for one in exceptions
    )


def joint(parts: Sequence[Condition]) -> Condition | None:
    """Conditions that must all hold as one; None for none."""
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(conditions=tuple(parts))


def _reply(
    agreement: Agreement, exception: Exception_, forbidden: Pattern
) -> Reply | None:
    """The exception as an answer to the same act by the opponent, or None."""
    when, limit = exception.when, exception.limited_to
    if exception.needs or not isinstance(when, Happened) or when.in_last is None:
        return None
    near = when.deed.near
    if when.deed.by is None or when.deed.by.names != ("opponent",):
        return None
    if near is not None and near.to != "place":
        return None
    if when.in_last.is_calendar or (limit is not None and limit.is_calendar):
        return None
    hostile = pattern(agreement, when.deed)
    if not _same_deed(hostile, forbidden):
        return None
    return Reply(
        name=exception.name,
        hostile=hostile,
        within_s=when.in_last.seconds,
        nearer_m=near.distance.metres if near else None,
        limit_s=limit.seconds if limit else None,
    )


def _same_deed(hostile: Pattern, forbidden: Pattern) -> bool:
    """True where the hostile acts are just those that the article forbids."""
    return (
        hostile.act == forbidden.act
        and hostile.filter == forbidden.filter
        and hostile.sectors in (None, forbidden.sectors)
        and hostile.zone in (None, forbidden.zone)
        and hostile.against is None
        and hostile.subject is None
    )


# --- obligations ---------------------------------------------------------------------


def _obligations(agreement: Agreement) -> Iterator[Obligation]:
    for article in agreement.articles:
        for rule in _obliges(article.rules):
            yield Obligation(
                article=article,
                who=rule.who,
                pattern=pattern(agreement, rule.deed),
                trigger=rule.trigger,
                called_by=_called_by(agreement, rule.trigger),
                deadline=rule.deadline or DeadlineNotStated(where=rule.where),
                excuses=rule.excuses + tuple(_as_excuses(_needing(rule.exceptions))),
                failing_that=rule.failing_that,
                persists_s=_persists(agreement, rule),
                holders=who_names(agreement, rule.who),
                needs=as_needs(rule.needs),
                unless=rule.unless,
                pausable=_is_pausable(article),
                where=rule.where,
            )


def _obliges(rules: Iterable[Term]) -> Iterator[Oblige]:
    for rule in rules:
        if isinstance(rule, Oblige) and not _is_emptiness(rule):
            yield rule


def _as_excuses(exceptions: tuple[Exception_, ...]) -> Iterator[Excuse]:
    """The exceptions of a duty stop its clock while they are open (rule O5)."""
    for exception in exceptions:
        said = [c for c in (exception.when, exception.needs) if c is not None]
        always = ArticleIs(article=ArticleRef(number=""), state="not_in_force")
        yield Excuse(
            while_=joint(said) or always,
            at_most=exception.limited_to,
            where=exception.where,
        )


def _persists(agreement: Agreement, rule: Norm) -> int | None:
    length = rule.persists or agreement.persists
    return None if length is None or length.is_calendar else length.seconds


def _called_by(agreement: Agreement, trigger: Trigger | None) -> Pattern | None:
    """The facts that call for it, where the trigger is a deed and nothing else."""
    if trigger is None:
        return None
    parts = [part for part in (trigger.upon, trigger.when) if part is not None]
    if len(parts) != 1 or not isinstance(parts[0], Happened):
        return None
    called = pattern(agreement, parts[0].deed)
    return None if parts[0].in_last or called.zone or called.near else called


def acts_of(agreement: Agreement, obligation: Obligation) -> frozenset[str]:
    """Every act of which an obligation speaks."""
    acts = {obligation.pattern.act}
    if obligation.pattern.act == CLEARING:
        acts.add(SIGHTING)
    if obligation.called_by is not None:
        acts.add(obligation.called_by.act)
    for excuse in obligation.excuses:
        if isinstance(excuse.while_, Happened):
            acts.add(pattern(agreement, excuse.while_.deed).act)
    return frozenset(acts)


# --- findings ------------------------------------------------------------------------


def _findings(agreement: Agreement) -> Iterator[Finding]:
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, FindingRule):
                said, rule = rule.standard, _with_its_when(rule)
                simple = not _is_pausable(article)
                yield Finding(
                    article=article,
                    rule=rule,
                    standard=level_of(agreement, rule.standard)[1],
                    sources=(said.sources or 1) if said else 1,
                    count=_count(agreement, rule.when) if simple else None,
                )


def _with_its_when(rule: FindingRule) -> FindingRule:
    """What stands above the finding must hold with its own condition."""
    above = rule.trigger.when if rule.trigger is not None else None
    if above is None:
        return rule
    whole = joint([above, rule.when])
    return msgspec.structs.replace(rule, when=whole, trigger=None)


def _count(agreement: Agreement, when: Condition) -> CountOfBreaches | None:
    """The condition as a count in a window, or None: it is another."""
    if not isinstance(when, Compare) or when.left.function != "count":
        return None
    subject, over = when.left.subject, when.left.over
    if isinstance(subject, Episodes) or over is None or over.is_calendar:
        return None
    least, below = _whole(when.right), _whole(when.until_below)
    if when.operator not in {">=", ">"} or least is None or subject.at is not None:
        return None
    if when.until_below is not None and below is None:
        return None
    names, variable = _who(agreement, subject.by)
    sectors, sector_variable, zone = _where(agreement, subject.in_)
    if zone is not None and isinstance(subject, Breaches):
        return None
    if isinstance(subject, Deed) and not plain(pattern(agreement, subject)):
        return None
    return CountOfBreaches(
        article=subject.article.number if isinstance(subject, Breaches) else "",
        deed=None
        if isinstance(subject, Breaches)
        else as_if_forbidden(agreement, subject),
        parties=names,
        by_variable=variable,
        sectors=sectors,
        sector_variable=sector_variable,
        over_s=over.seconds,
        at_least=least + (when.operator == ">"),
        until_below=below,
    )


def plain(deed: Pattern) -> bool:
    """True where a deed can be told from the fact alone, whoever asks."""
    near_bound = deed.near is not None and deed.near_to in {"place", "site"}
    return not (deed.unexcused or near_bound or deed.against_variable)


def as_if_forbidden(agreement: Agreement, deed: Deed) -> Prohibition:
    """The acts of a deed as breaches of an article that always binds."""
    names, _ = _who(agreement, deed.by)
    anybody: tuple[str, ...] = () if deed.by is None else agreement.party_names
    rule = ForbidRule(
        parties=names or anybody,
        pattern=msgspec.structs.replace(pattern(agreement, deed), by=None),
        lasts=True,
    )
    return Prohibition(article=Article(number=f"{DEED}{deed.act}"), rules=(rule,))


def sightings(
    obligation: Obligation, holder: str | None, sector: str | None, subject: str | None
) -> Prohibition:
    """Sightings of what had to be cleared, as if they were forbidden (rule O6)."""
    deed = obligation.pattern
    told: dict[str, object] = {"act": SIGHTING, "by": None}
    if deed.sector_variable is not None and sector is not None:
        told["sectors"] = (sector,)
    if deed.subject_variable is not None and subject is not None:
        told["subject"] = subject
    rule = ForbidRule(
        parties=obligation.holders if holder is None else (holder,),
        pattern=msgspec.structs.replace(deed, **told),
        persists_s=obligation.persists_s or 0,
    )
    return Prohibition(article=Article(number=f"{DEED}{SIGHTING}"), rules=(rule,))


def needed_acts(agreement: Agreement, terms: Iterable[Term]) -> frozenset[str]:
    """Every act of which one must know to judge these terms, and what they ask for.

    Of an article whose breaches are asked for all acts are needed, of one that may be
    suspended those of its frame; of what must stand also those that take it back.
    """
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [*terms, *(named.when for named in agreement.conditions)]
    while waiting:
        term = waiting.pop()
        if id(term) in seen:
            continue
        seen.add(id(term))
        for part in walk(term):
            match part:
                case Deed():
                    act = part.act.removeprefix(UNEXCUSED)
                    found |= {act, f"withdraw_{act}", f"refuse_{act}"}
                    if act != part.act:
                        waiting += _forbidding(agreement, act)
                    if act == CLEARING:
                        found.add(SIGHTING)
                case EventTime():
                    found.add(part.event)
                case SuspendedBy():
                    found.add("suspend")
                case Breaches() | ArticleIs():
                    waiting += agreement.find(part.article.number)
                case Who(names=("contributor",) | ("contributors",)):
                    found.add("contribute")
                case _:
                    pass
    return frozenset(found)


def _forbidding(agreement: Agreement, act: str) -> list[Term]:
    """The articles that forbid an act."""
    return [
        article
        for article in agreement.articles
        if any(isinstance(r, Forbid) and r.deed.act == act for r in rules_of(article))
    ]


def _whole(term: object) -> int | None:
    if isinstance(term, Number) and term.value == int(term.value):
        return int(term.value)
    return None


# --- deeds, names, places ------------------------------------------------------------


def pattern(agreement: Agreement, deed: Deed) -> Pattern:
    """Which facts a deed speaks of."""
    by, by_variable = _who(agreement, deed.by)
    against, against_variable = _who(agreement, deed.against)
    sectors, sector_variable, zone = _where(agreement, deed.in_)
    subject, subject_variable = _subject(agreement, deed)
    return Pattern(
        act=deed.act.removeprefix(UNEXCUSED),
        unexcused=deed.act.startswith(UNEXCUSED),
        by=by,
        by_variable=by_variable,
        against=against,
        against_variable=against_variable,
        sectors=sectors,
        sector_variable=sector_variable,
        subject=subject,
        subject_variable=subject_variable,
        filter=_filters(agreement, deed),
        zone=zone,
        near=deed.near.distance if deed.near else None,
        near_to=deed.near.to if deed.near else None,
    )


def _who(
    agreement: Agreement, who: Who | None
) -> tuple[tuple[str, ...] | None, str | None]:
    if who is None:
        return None, None
    if who.quantifier is None and who.names in (("party",), ("opponent",)):
        return None, who.names[0]
    return who_names(agreement, who), None


def who_names(agreement: Agreement, who: Who) -> tuple[str, ...]:
    """The names that somebody means; a kind means everybody of that kind."""
    if who.of is not None:
        return agreement.members_of(who.of)
    names: list[str] = []
    for name in who.names:
        names += _of_kind_named(agreement, name) if who.quantifier else [name]
    return tuple(dict.fromkeys(names))


def _of_kind_named(agreement: Agreement, kind: str) -> list[str]:
    match kind:
        case "party" | "parties":
            return list(agreement.party_names)
        case "group" | "groups":
            return [group.name for group in agreement.groups]
        case "body" | "bodies":
            return [body.name for body in agreement.bodies]
        case "member" | "members" | "contributor" | "contributors":
            return [name for group in agreement.groups for name in group.members]
    return [kind]


def _where(
    agreement: Agreement, name: str | None
) -> tuple[tuple[str, ...] | None, str | None, str | None]:
    """Sectors, or the sector's variable, or a zone that only a map can tell."""
    if name is None:
        return None, None, None
    if name == "sector":
        return None, name, None
    for zone in agreement.zones:
        if zone.name == name and zone.near is not None:
            return None, None, name
        if zone.name == name:
            return _covered(agreement, name, frozenset()), None, None
    known = {sector.name for sector in agreement.sectors}
    return ((name,), None, None) if name in known else (None, None, name)


def _covered(agreement: Agreement, name: str, seen: frozenset[str]) -> tuple[str, ...]:
    """The sectors of a zone that covers sectors and other such zones."""
    for zone in agreement.zones:
        if zone.name == name and name not in seen:
            inside = [
                sector
                for part in zone.covers
                for sector in _covered(agreement, part, seen | {name})
            ]
            outside = {
                sector
                for part in zone.except_
                for sector in _covered(agreement, part, seen | {name})
            }
            return tuple(s for s in dict.fromkeys(inside) if s not in outside)
    return (name,)


def _subject(agreement: Agreement, deed: Deed) -> tuple[str | None, str | None]:
    """The site that is named or bound; an object that is no filter counts as one."""
    if deed.at is not None:
        known = {site.name for site in agreement.sites}
        return (deed.at, None) if deed.at in known else (None, deed.at)
    lets = {let.name for let in agreement.lets}
    if deed.thing is not None and deed.thing not in lets:
        return deed.thing, None
    return None, None


def _filters(agreement: Agreement, deed: Deed) -> SimpleFilter:
    names = [name for name in (deed.thing, deed.with_) if name is not None]
    lets = {let.name: let.filter for let in agreement.lets}
    filters = tuple(lets[name] for name in names if name in lets)
    if not filters:
        return SimpleFilter()
    return SimpleFilter(any_of=tuple(_normal(FilterAll(filters=filters), lets)))


def _normal(
    term: Filter, lets: dict[str, Filter]
) -> list[tuple[FilterIn | FilterCompare, ...]]:
    """A filter as any of all of simple tests."""
    match term:
        case FilterIn() | FilterCompare():
            return [(term,)]
        case FilterNamed():
            return _normal(lets[term.name], lets)
        case FilterAny():
            return [test for part in term.filters for test in _normal(part, lets)]
        case FilterAll():
            whole: list[tuple[FilterIn | FilterCompare, ...]] = [()]
            for part in term.filters:
                whole = [a + b for a in whole for b in _normal(part, lets)]
            return whole
    raise TypeError(term)


# --- what is not evaluated -----------------------------------------------------------


def _not_evaluated(agreement: Agreement) -> Iterator[Issue]:
    """What the checker refuses; an engine that is given it leaves it out (rule E1)."""
    for refused in refusals(agreement):
        yield msgspec.structs.replace(
            refused,
            code="not_evaluated",
            message=f"not evaluated: {refused.message}",
            warning=True,
        )
