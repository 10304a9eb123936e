"""An agreement made ready for the engines: every clause resolved, nothing computed yet.

Names become sets, filters become lists of values, articles become the shapes that the
engines know: prohibitions, obligations, findings, decisions and effects. Both engines
start from the same :class:`Plan`; what it cannot hold is an issue ``not_evaluated``
that names the place (rule E1 of the semantics).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from tocsin.agreement.terms import (
    Agreement,
    AllOf,
    Article,
    AtAllTimes,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Deadline,
    DeadlineNotStated,
    Decision,
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
    Forbid,
    Happened,
    Norm,
    Not,
    Number,
    Oblige,
    Permit,
    Power,
    Term,
    Trigger,
    Who,
)
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
    "acts_of",
    "as_if_forbidden",
    "pattern",
    "plain",
    "plan",
    "who_names",
]

VARIABLES: Final = frozenset({"party", "opponent", "sector", "site", "place"})
UNEXCUSED: Final = "unexcused_"
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


class ForbidRule(msgspec.Struct, frozen=True, kw_only=True):
    """One prohibition: these must not do this."""

    parties: tuple[str, ...]
    pattern: Pattern
    replies: tuple[Reply, ...] = ()
    exceptions: tuple[Exception_, ...] = ()
    persists_s: int = 0
    after: Deadline | None = None
    only_when: Condition | None = None

    @property
    def conditional(self) -> bool:
        """True where an act may be allowed or excused by what is on record."""
        return bool(self.exceptions) or self.only_when is not None


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
    where: Where


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
    """Everything that the engines evaluate, and what they do not."""

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

    @property
    def upon_acts(self) -> frozenset[str]:
        """Acts that wake a rule that no engine judges by itself."""
        rules = [o.trigger for o in self.obligations if o.called_by is None]
        rules += [rule.rule.trigger for rule in self.decisions]
        rules += [rule.rule.trigger for rule in self.effects]
        whole = [
            t for trigger in rules if trigger for t in (trigger.upon, trigger.when)
        ]
        return frozenset(act for part in whole if part for act in _acts_in(part))

    @property
    def breaches_wanted(self) -> frozenset[str]:
        """Articles whose single breaches wake a rule."""
        rules = [o.trigger for o in self.obligations if o.called_by is None]
        rules += [rule.rule.trigger for rule in self.decisions]
        rules += [rule.rule.trigger for rule in self.effects]
        named = {
            number
            for trigger in rules
            if trigger
            for part in (trigger.upon, trigger.when)
            if part
            for number in _breached_in(part)
        }
        found = [a.number for n in named for a in self.agreement.find(n)]
        return frozenset(found)

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
Edge: TypeAlias = Literal["start", "end"]


def plan(agreement: Agreement) -> Plan:
    """The agreement's clauses as the engines need them."""
    standards = load_standards()
    binding = _in_their_version(agreement.articles)
    whole = agreement if binding == agreement.articles else _with(agreement, binding)
    return Plan(
        agreement=whole,
        prohibitions=tuple(_prohibitions(whole)),
        obligations=tuple(_obligations(whole)),
        findings=tuple(_findings(whole)),
        decisions=tuple(_of_kind(whole, Decision, DecisionRule)),
        effects=tuple(_of_kind(whole, Effect, EffectRule)),
        powers=tuple(_of_kind(whole, Power, PowerRule)),
        standard=_level(whole, standards.default),
        watched=standards.watched,
        issues=tuple(_not_evaluated(whole)),
    )


def _with(agreement: Agreement, articles: tuple[Article, ...]) -> Agreement:
    return msgspec.structs.replace(agreement, articles=articles)


def _in_their_version(articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """Of each article its newest version; what that repeals is gone (rule A1)."""
    newest: dict[str, Article] = {}
    for article in articles:
        held = newest.get(article.number)
        if held is None or article.version >= held.version:
            newest[article.number] = article
    kept = {id(article) for article in newest.values() if not article.repealed}
    return tuple(article for article in articles if id(article) in kept)


def _of_kind(agreement: Agreement, kind: type, made: type) -> Iterator:  # type: ignore[type-arg]
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, kind):
                yield made(article=article, rule=rule)


def _acts_in(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Happened):
        yield condition.deed.act.removeprefix(UNEXCUSED)
    for part in getattr(condition, "conditions", ()):
        yield from _acts_in(part)


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
            yield _forbid(agreement, rule, None, rule.persists)
        if isinstance(rule, Norm):
            for then in rule.then:
                if isinstance(then, Forbid):
                    persists = then.persists or rule.persists
                    yield _forbid(agreement, then, rule.deadline, persists)


def _forbid(
    agreement: Agreement,
    rule: Forbid,
    after: Deadline | None,
    persists: Duration | None,
) -> ForbidRule:
    deed = pattern(agreement, rule.deed)
    replies = [_reply(agreement, exception, deed) for exception in rule.exceptions]
    others = [e for e, r in zip(rule.exceptions, replies, strict=True) if r is None]
    lasts = persists or (agreement.persists if rule.deed.act == "place" else None)
    return ForbidRule(
        parties=who_names(agreement, rule.who),
        pattern=deed,
        replies=tuple(reply for reply in replies if reply is not None),
        exceptions=tuple(others),
        persists_s=lasts.seconds if lasts and not lasts.is_calendar else 0,
        after=after,
        only_when=_only_when(rule),
    )


def _only_when(rule: Forbid) -> Condition | None:
    """The conditions under which the prohibition binds at all, as one."""
    trigger = rule.trigger
    said = [trigger.upon, trigger.when, rule.needs] if trigger else [rule.needs]
    if rule.unless is not None:
        said.append(Not(condition=rule.unless.condition))
    parts = tuple(part for part in said if part is not None)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AllOf(conditions=parts)


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
                excuses=rule.excuses,
                failing_that=rule.failing_that,
                persists_s=_persists(agreement, rule),
                holders=who_names(agreement, rule.who),
                where=rule.where,
            )


def _obliges(rules: Iterable[Term]) -> Iterator[Oblige]:
    for rule in rules:
        if isinstance(rule, Oblige):
            yield rule


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
                said = rule.standard
                yield Finding(
                    article=article,
                    rule=rule,
                    standard=_standard(agreement, rule),
                    sources=(said.sources or 1) if said else 1,
                    count=_count(agreement, rule.when),
                )


def _standard(agreement: Agreement, rule: FindingRule) -> float:
    said = rule.standard
    if said is not None and said.probability is not None:
        return said.probability
    return _level(agreement, said.level if said and said.level else None)


def _level(agreement: Agreement, name: str | None) -> float:
    """The agreement's own number for a standard, else that of ``standards.toml``."""
    standards = load_standards()
    name = name or standards.default
    own = {level.name: level.probability for level in agreement.standards}
    return own.get(name, standards.level.get(name, standards.level[standards.default]))


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
    rule = ForbidRule(
        parties=names or agreement.party_names,
        pattern=msgspec.structs.replace(pattern(agreement, deed), by=None),
    )
    return Prohibition(article=Article(number=f"{DEED}{deed.act}"), rules=(rule,))


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
    for article in agreement.articles:
        for what, where in _gaps(agreement, article):
            yield Issue(
                code="not_evaluated",
                where=where,
                message=f"{article.clause}: `{what}` is read but not evaluated yet",
                repair="judge this part by hand; the rest of the article is evaluated",
                warning=True,
            )


def _gaps(agreement: Agreement, article: Article) -> Iterator[tuple[str, Where]]:
    """What the engines leave out. ``stays in force while`` matters to what can end."""
    if article.suspended_while is not None:
        yield "suspended while", article.suspended_while.where
        if article.surviving is not None:
            yield "stays in force while", article.surviving.where
    for rule in article.rules:
        if isinstance(rule, Oblige):
            yield from _duty_gaps(agreement, rule)
        if isinstance(rule, (FindingRule, Decision, Effect)):
            yield from _woken_gaps(rule)
        yield from _part_gaps(rule)


def _part_gaps(rule: Term) -> Iterator[tuple[str, Where]]:
    if isinstance(rule, (Permit, Power)):
        return
    names = ["ends_when", "lapses"]
    names += [] if isinstance(rule, Forbid) else ["needs"]
    names += [] if isinstance(rule, (Forbid, Effect)) else ["unless"]
    for name in names:
        held = getattr(rule, name, None)
        if held is not None:
            yield name.replace("_", " "), held.where


def _duty_gaps(agreement: Agreement, rule: Oblige) -> Iterator[tuple[str, Where]]:
    deed = pattern(agreement, rule.deed)
    if deed.act != "clear" and (deed.zone or deed.near):
        yield f"in {deed.zone or deed.near_to}", rule.deed.where
    if isinstance(rule.deadline, AtAllTimes):
        yield "at all times", rule.where
    for excuse in rule.excuses:
        if not isinstance(excuse.while_, Happened):
            yield "excused while", excuse.where
    for step in rule.failing_that:
        if step.finding is not None:
            yield "failing that (a finding)", step.where


def _woken_gaps(
    rule: FindingRule | Decision | Effect,
) -> Iterator[tuple[str, Where]]:
    """A finding follows its condition alone; a decision or effect needs a trigger."""
    if isinstance(rule, FindingRule) and rule.trigger is not None:
        yield "upon (before a finding)", rule.where
    if isinstance(rule, Decision) and rule.trigger is None:
        yield "decide (without upon)", rule.where
    if isinstance(rule, Effect) and rule.trigger is None:
        yield "effect (without upon)", rule.where
    procedure = getattr(rule, "procedure", None) or getattr(rule, "attribution", None)
    silence = procedure.silence if procedure is not None else None
    if silence is not None and silence.of is not None:
        of = silence.of.base
        if not (isinstance(of, EventTime) and of.event == "proposal"):
            yield "silence of another event than the proposal", silence.where
