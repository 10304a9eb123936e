r"""The tree back into the language, in one canonical form.

``to_source`` writes an agreement as Markdown. Read again it gives the same tree, places
aside; written again it gives the same text.

>>> from tocsin.agreement.parse import parse_rules
>>> tree = parse_rules("parties A, B\nArticle 1\n  forbid any  party to fire").records
>>> print(to_source(tree))
# rules
<BLANKLINE>
```tocsin
agreement rules
parties A, B
```
<BLANKLINE>
```tocsin
Article 1
  forbid any party to fire
```
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, TypeAlias

from tocsin.agreement.keywords import FRACTIONS, PLURALS
from tocsin.agreement.literate import digest_of
from tocsin.agreement.terms import (
    Act,
    Aggregate,
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleTime,
    AtAllTimes,
    Before,
    Body,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    ConditionLet,
    Counted,
    Deadline,
    Decision,
    DecisionIs,
    Deed,
    Distance,
    Duration,
    Effect,
    Episodes,
    EventTime,
    Exception_,
    FailingThat,
    Filter,
    FilterAll,
    FilterAny,
    FilterCompare,
    FilterIn,
    FilterNamed,
    FindingRule,
    FindingState,
    FixedTime,
    Fraction,
    Group,
    Happened,
    InForce,
    Instrument,
    Lapses,
    Lasting,
    Lead,
    Let,
    Line,
    Near,
    Norm,
    Not,
    Number,
    Otherwise,
    Procedure,
    Rule,
    Scope,
    Sequence,
    Silence,
    Since,
    Standard,
    Status,
    SuspendedBy,
    TimePoint,
    Trigger,
    UndefinedTerm,
    Unless,
    Until,
    VariableIs,
    Version,
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteRule,
    VoteShare,
    VoteUnanimous,
    Weight,
    Who,
    Within,
    Zone,
    without_places,
)

__all__ = [
    "condition_text",
    "deed_text",
    "number_text",
    "time_text",
    "to_source",
    "vote_text",
    "who_text",
]

Lines: TypeAlias = Iterator[str]
STEP: Final = "  "
PERCENT: Final = 100
FUNCTIONS: Final = {
    "count": "count of",
    "count_distinct": "count distinct",
    "sum": "sum of",
    "max": "max of",
    "duration": "duration of",
}
STATES: Final = {
    "in_force": "in force",
    "not_in_force": "not in force",
    "suspended": "suspended",
}
TERRITORIES: Final = {
    "line_at_entry_into_force": "line at entry into force",
    "named_line": "named line",
    "recognised_borders": "recognised borders",
}
SILENCES: Final = {"yes": "yes", "no": "no", "abstain": "abstention"}


def to_source(agreement: Agreement) -> str:
    """The agreement in Markdown; articles of one treaty sentence share a block."""
    parts = [f"# {agreement.title or agreement.name}\n"]
    parts.append(_fenced(_definitions(agreement), mark="tocsin"))
    for sentence, articles in groupby(agreement.articles, lambda one: one.sentence):
        lines = [line for article in articles for line in _article(article)]
        mark = f"tocsin sha256:{digest_of(sentence)}" if sentence else "tocsin"
        parts += [f"{sentence}\n"] if sentence else []
        parts.append(_fenced(lines, mark=mark))
    return "\n".join(parts)


def _fenced(lines: Iterable[str], *, mark: str) -> str:
    return "\n".join([f"```{mark}", *lines, "```", ""])


def _deeper(lines: Iterable[str]) -> Lines:
    return (STEP + line for line in lines)


# --- definitions


def _definitions(agreement: Agreement) -> Lines:
    title = f" {_quoted(agreement.title)}" if agreement.title else ""
    yield f"agreement {agreement.name}{title}"
    if agreement.calendar is not None:
        calendar = agreement.calendar
        yield f"calendar {_quoted(calendar.zone)} rounded {calendar.rounded}"
    yield from _named("parties", (party.name for party in agreement.parties))
    for status in agreement.statuses:
        yield _status(status)
    members: tuple[Group | Body, ...] = (*agreement.groups, *agreement.bodies)
    for member in members:
        yield from _membership(member)
    yield from _named("sectors", (sector.name for sector in agreement.sectors))
    yield from _named("sites", (site.name for site in agreement.sites))
    yield from _places(agreement)
    yield from _words(agreement)
    yield from _texts(agreement)


def _places(agreement: Agreement) -> Lines:
    for line in agreement.lines:
        yield _line(line)
    for zone in agreement.zones:
        yield _zone(zone)
    if agreement.scope is not None:
        yield _scope(agreement.scope)


def _words(agreement: Agreement) -> Lines:
    for let in agreement.lets:
        yield from _let(let)
    for condition in agreement.conditions:
        yield from _condition_let(condition)
    for act in agreement.acts:
        yield from _act(act)
    for term in agreement.terms:
        yield _term(term)


def _texts(agreement: Agreement) -> Lines:
    for instrument in agreement.instruments:
        yield from _instrument(instrument)
    for version in agreement.versions:
        yield _version(version)
    for level in agreement.standards:
        yield f"standard {level.name} is {number_text(level.probability)}"
    if agreement.persists is not None:
        yield f"presence persists {agreement.persists}"


def _named(keyword: str, names: Iterable[str]) -> Lines:
    listed = ", ".join(names)
    if listed:
        yield f"{keyword} {listed}"


def _status(status: Status) -> str:
    speaker = _speaker(status.claimed_by)
    return f"status {status.name} is {_quoted(status.claim)} claimed by {speaker}"


def _membership(term: Group | Body) -> Lines:
    keyword = "group" if isinstance(term, Group) else "body"
    members = f" of {', '.join(term.members)}" if term.members else ""
    lead = f" led by {term.lead}" if isinstance(term, Body) and term.lead else ""
    yield f"{keyword} {term.name}{members}{lead}"
    if term.weights:
        yield STEP + _weights(term.weights)
    if not term.members_stated:
        yield f"{STEP}members not stated"


def _weights(weights: tuple[Weight, ...]) -> str:
    return "weights " + ", ".join(f"{one.name} {one.votes}" for one in weights)


def _line(line: Line) -> str:
    text = f" is {_quoted(line.description)}" if line.description is not None else ""
    by = f" published by {_speaker(line.published_by)}" if line.published_by else ""
    return f"line {line.name}{text}{by}"


def _zone(zone: Zone) -> str:
    if zone.near is not None:
        return f"zone {zone.name} is {_near(zone.near)}"
    without = f" except {', '.join(zone.except_)}" if zone.except_ else ""
    return f"zone {zone.name} covers {', '.join(zone.covers)}{without}"


def _scope(scope: Scope) -> str:
    line = f" {scope.line}" if scope.line else ""
    return f"covers territory {TERRITORIES[scope.territory]}{line}"


def _let(let: Let) -> Lines:
    return _joined(f"let {let.name} is", _filter_tree(let.filter))


def _condition_let(let: ConditionLet) -> Lines:
    yield f"let {let.name} for {', '.join(let.variables)}"
    yield from _deeper(_conditions("when", let.when))


def _act(act: Act) -> Lines:
    yield f"act {act.name} is {_quoted(act.label)}"
    for label in act.labels:
        yield f"{STEP}label {label.language} {_quoted(label.text)}"
    yield from _deeper(_named("performed by", act.performed_by))
    yield from _deeper(_named("kinds", act.kinds))
    yield from _deeper(_named("weapons", act.weapons))


def _term(term: UndefinedTerm) -> str:
    if term.meaning is None:
        return f"term {term.name} not stated"
    return f"term {term.name} is {_quoted(term.meaning)}"


def _instrument(instrument: Instrument) -> Lines:
    yield f"instrument {instrument.name} is {_quoted(instrument.title)}"
    yield from _deeper(_named("signed by", instrument.signed_by))
    if instrument.dated is not None:
        yield f"{STEP}dated {instrument.dated.text}"
    if instrument.state is not None:
        yield f"{STEP}state {instrument.state}"
    if instrument.force is not None:
        yield f"{STEP}force {instrument.force}"


def _version(version: Version) -> str:
    title = f" {_quoted(version.title)}" if version.title else ""
    start = f" from {time_text(version.start)}" if version.start else ""
    return f"version {version.number}{title}{start}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _speaker(name: str) -> str:
    return name if name.isidentifier() else _quoted(name)


# --- articles


def _article(article: Article) -> Lines:
    title = f" {_quoted(article.title)}" if article.title is not None else ""
    yield f"{article.clause}{title}"
    yield from _deeper(_frame(article))
    above: Trigger | None = None
    for rule in article.rules:
        if rule.trigger is not None and not _same(rule.trigger, above):
            yield from _deeper(_trigger(rule.trigger))
        above = rule.trigger
        yield from _deeper(_rule(rule))


def _same(one: Trigger, other: Trigger | None) -> bool:
    return other is not None and without_places(one) == without_places(other)


def _frame(article: Article) -> Lines:
    if article.version != 1:
        yield f"in version {article.version}"
    if article.repealed:
        yield "repealed"
    if article.in_force is not None:
        yield from _in_force(article.in_force)
    if article.suspended_while is not None:
        yield from _conditions("suspended while", article.suspended_while)
    if article.surviving is not None:
        yield from _conditions("stays in force while", article.surviving)
    if article.scope is not None:
        yield _scope(article.scope)
    for lead in article.leads:
        yield _lead(lead)


def _in_force(in_force: InForce) -> Lines:
    word = "and" if in_force.join == "all" else "or"
    for at, point in enumerate(in_force.start):
        head = "in force from" if at == 0 else f"{STEP}{word}"
        yield f"{head} {time_text(point)}"
    if in_force.until is not None:
        yield f"in force until {time_text(in_force.until)}"
    if in_force.for_ is not None:
        yield f"in force for {in_force.for_}"


def _lead(lead: Lead) -> str:
    tasks = f" for {', '.join(lead.tasks)}" if lead.tasks else ""
    sectors = f" in {', '.join(lead.sectors)}" if lead.sectors else ""
    return f"lead {lead.name}{tasks}{sectors}"


def _trigger(trigger: Trigger) -> Lines:
    if trigger.upon is not None:
        yield from _conditions("upon", trigger.upon)
    if trigger.when is not None:
        yield from _conditions("when", trigger.when)


# --- rules


def _rule(rule: Rule) -> Lines:
    match rule:
        case Norm():
            yield from _norm(rule)
        case FindingRule():
            yield from _finding(rule)
        case Decision():
            by = f" by {who_text(rule.procedure.by)}" if rule.procedure.by else ""
            yield f"decide {rule.name}{by}"
            yield from _deeper(_procedure(rule.procedure))
        case Effect():
            yield from _effect(rule)


def _norm(norm: Norm) -> Lines:
    modal = type(norm).__name__.lower()
    yield f"{modal} {who_text(norm.who)} to {deed_text(norm.deed)}"
    yield from _deadline(norm.deadline)
    for exception in norm.exceptions:
        yield from _exception(exception)
    for excuse in norm.excuses:
        yield from _conditions("excused while", excuse.while_)
        if excuse.at_most is not None:
            yield f"{STEP}at most {excuse.at_most}"
    yield from _limits(norm)
    if norm.persists is not None:
        yield f"presence persists {norm.persists}"
    for failing in norm.failing_that:
        yield _failing_that(failing)
    for then in norm.then:
        first, *rest = _norm(then)
        yield f"then {first}"
        yield from rest


def _limits(rule: Norm | Effect) -> Lines:
    """What norms and effects have in common."""
    if rule.needs is not None:
        yield from _conditions("needs", rule.needs)
    if rule.unless is not None:
        yield from _unless(rule.unless)
    if rule.lapses is not None:
        yield _lapses(rule.lapses)
    if rule.ends_when is not None:
        yield from _conditions("ends when", rule.ends_when)


def _deadline(deadline: Deadline | None) -> Lines:
    match deadline:
        case Within():
            yield f"within {_span(deadline)}"
        case Before():
            yield f"before {time_text(deadline.time)}"
        case AtAllTimes():
            yield "at all times"
        case None:
            pass
        case _:
            yield "deadline not stated"


def _span(within: Within) -> str:
    of = f" of {time_text(within.of)}" if within.of is not None else ""
    return f"{within.duration}{of}"


def _exception(exception: Exception_) -> Lines:
    yield f"except {exception.name}"
    if exception.when is not None:
        yield from _deeper(_conditions("when", exception.when))
    if exception.needs is not None:
        yield from _deeper(_conditions("needs", exception.needs))
    if exception.limited_to is not None:
        yield f"{STEP}limited to {exception.limited_to}"


def _unless(unless: Unless) -> Lines:
    yield from _conditions("unless", unless.condition)
    if unless.procedure is not None:
        yield from _deeper(_procedure(unless.procedure))


def _lapses(lapses: Lapses) -> str:
    if lapses.after is not None:
        return f"lapses after {_span(lapses.after)}"
    assert lapses.at is not None  # one of the two is always said
    return f"lapses at {time_text(lapses.at)}"


def _failing_that(failing: FailingThat) -> str:
    if failing.article is not None:
        return f"failing that {failing.article}"
    assert failing.finding is not None  # one of the two is always said
    return f"failing that {condition_text(failing.finding)}"


def _finding(rule: FindingRule) -> Lines:
    variables = f" for {', '.join(rule.variables)}" if rule.variables else ""
    yield f"finding {rule.name}{variables}"
    yield from _conditions("when", rule.when)
    if rule.standard is not None:
        yield from _standard(rule.standard)
    if rule.attribution is not None and rule.attribution.by is not None:
        yield f"attributed by {who_text(rule.attribution.by)}"
        yield from _deeper(_procedure(rule.attribution))


def _standard(standard: Standard) -> Lines:
    level = standard.level
    if level is None:
        level = number_text(standard.probability or 0.0)
    yield f"standard {level}"
    if standard.sources is not None:
        yield f"{STEP}sources {standard.sources}"


def _effect(rule: Effect) -> Lines:
    on = f" on {who_text(rule.on)}" if rule.on is not None else ""
    yield f"effect {rule.name}{on}"
    yield from _deadline(rule.deadline)
    yield from _limits(rule)


# --- decisions


def _procedure(procedure: Procedure) -> Lines:
    if procedure.vote is not None:
        yield from _joined("vote", _vote_tree(procedure.vote))
    if procedure.quorum is not None:
        yield from _joined("quorum", _vote_tree(procedure.quorum))
    if procedure.weights:
        yield _weights(procedure.weights)
    yield from _named("veto", procedure.vetoes)
    yield from _named("outside veto", procedure.outside_vetoes)
    if procedure.silence is not None:
        yield _silence(procedure.silence)
    yield from _deadline(procedure.deadline)
    if procedure.otherwise is not None:
        yield _otherwise(procedure.otherwise)
    if procedure.consultation_only:
        yield "consultation only"


def _silence(silence: Silence) -> str:
    of = f" of {time_text(silence.of)}" if silence.of is not None else ""
    return f"silence is {SILENCES[silence.counts_as]} after {silence.after}{of}"


def _otherwise(otherwise: Otherwise) -> str:
    return f"otherwise {otherwise.article or otherwise.outcome}"


def vote_text(test: VoteRule) -> str:
    """A single test of a vote, as the language writes it."""
    match test:
        case VoteOf():
            total = f" of {test.total}" if test.total is not None else ""
            return f"{test.at_least}{total} of {', '.join(test.names)}"
        case VoteShare():
            more = "more than " if test.more_than else ""
            return f"{more}{_fraction(test.share)} of {test.of}"
        case VoteNumber():
            return f"at least {number_text(test.at_least)} {test.of}"
        case VoteUnanimous():
            return f"all of {', '.join(test.names)}" if test.names else "all members"
        case VoteConsensus():
            return "consensus"
    raise TypeError(f"several tests at once: {test!r}")


def _fraction(share: Fraction) -> str:
    digits = f"{share.numerator}/{share.denominator}"
    for words, value in FRACTIONS.items():
        if value == digits:
            return words
    if share.denominator == PERCENT:
        return f"{share.numerator} percent"
    return digits


# --- what `and` and `or` join

Tree: TypeAlias = "str | tuple[str, tuple[Tree, ...]]"
"""A line, or lines joined by a word."""


def _condition_tree(condition: Condition) -> Tree:
    if isinstance(condition, AllOf | AnyOf):
        word = "and" if isinstance(condition, AllOf) else "or"
        return word, tuple(_condition_tree(part) for part in condition.conditions)
    return condition_text(condition)


def _vote_tree(rule: VoteRule) -> Tree:
    if isinstance(rule, VoteAll | VoteAny):
        word = "and" if isinstance(rule, VoteAll) else "or"
        return word, tuple(_vote_tree(test) for test in rule.tests)
    return vote_text(rule)


def _filter_tree(rule: Filter) -> Tree:
    if isinstance(rule, FilterAll | FilterAny):
        word = "and" if isinstance(rule, FilterAll) else "or"
        return word, tuple(_filter_tree(one) for one in rule.filters)
    return _filter_text(rule)


def _conditions(head: str, condition: Condition) -> Lines:
    return _joined(head, _condition_tree(condition))


def _joined(head: str, tree: Tree) -> Lines:
    """Lines of a tree: the deeper a group, the deeper its ``and`` and ``or``."""
    for word, depth, text in _leaves(tree, head, 0):
        yield f"{STEP * depth}{word} {text}"


def _leaves(tree: Tree, word: str, depth: int) -> Iterator[tuple[str, int, str]]:
    if isinstance(tree, str):
        yield word, depth, tree
        return
    joint, parts = tree
    for at, part in enumerate(parts):
        own = list(_leaves(part, joint, depth + 1))
        first = (word, depth, own[0][2]) if at == 0 else (joint, depth + 1, own[0][2])
        yield first
        yield from ((joined, deep, text) for joined, deep, text in own[1:])


# --- conditions


def condition_text(condition: Condition) -> str:
    """A condition without ``and`` and ``or``, as the language writes it."""
    match condition:
        case Not():
            return f"not {condition_text(condition.condition)}"
        case Since():
            last = _in_last(condition.within)
            start = condition_text(condition.start)
            return f"{condition_text(condition.holds)} since {start}{last}"
        case Until():
            end = f"{condition_text(condition.end)} within {condition.within}"
            return f"{condition_text(condition.holds)} until {end}"
        case Sequence():
            return _sequence(condition)
        case Compare():
            return _compare(condition)
        case Lasting():
            subject = _counted(condition.subject)
            return f"some {subject} lasting over {condition.longer_than}"
    return _plain_condition(condition)


def _plain_condition(condition: Condition) -> str:
    match condition:
        case Happened():
            return f"{deed_text(condition.deed)}{_in_last(condition.in_last)}"
        case FindingState():
            on = f" on {', '.join(condition.arguments)}" if condition.arguments else ""
            return f"{condition.state} {condition.finding}{on}"
        case BreachOf():
            return f"breach of {_breaches(condition.breaches)}"
        case DecisionIs():
            return f"{condition.outcome} {condition.article or condition.decision}"
        case ArticleIs():
            return f"{condition.article} {STATES[condition.state]}"
        case SuspendedBy():
            return f"suspended by {who_text(condition.who)}"
        case VariableIs():
            word = "is not" if condition.negated else "is"
            return f"{condition.variable} {word} {', '.join(condition.names)}"
    raise TypeError(f"several conditions at once: {condition!r}")


def _in_last(duration: Duration | None) -> str:
    return f" in the last {duration}" if duration is not None else ""


def _sequence(sequence: Sequence) -> str:
    steps = (
        f" then {condition_text(step.condition)} within {step.within}"
        for step in sequence.steps
    )
    return condition_text(sequence.first) + "".join(steps)


def _compare(compare: Compare) -> str:
    left = f"{_aggregate(compare.left)} {compare.operator} {_side(compare.right)}"
    if compare.until_below is None:
        return left
    return f"{left} until below {_side(compare.until_below)}"


def _side(side: Number | Duration | Aggregate) -> str:
    match side:
        case Number():
            return number_text(side.value)
        case Duration():
            return str(side)
        case Aggregate():
            return _aggregate(side)


def _aggregate(aggregate: Aggregate) -> str:
    attribute = f" {aggregate.attribute} of" if aggregate.attribute else ""
    head = f"{FUNCTIONS[aggregate.function]}{attribute} {_counted(aggregate.subject)}"
    if aggregate.over is not None:
        return f"{head} over {aggregate.over}"
    assert aggregate.since is not None  # one of the two is always said
    return f"{head} since {time_text(aggregate.since)}"


def _counted(subject: Counted) -> str:
    match subject:
        case Breaches():
            return f"breaches of {_breaches(subject)}"
        case Episodes():
            by = f" by {who_text(subject.by)}" if subject.by is not None else ""
            return f"episodes of {subject.finding}{by}{_place(subject.in_, None)}"
        case Deed():
            return deed_text(subject)


def _breaches(breaches: Breaches) -> str:
    by = f" by {who_text(breaches.by)}" if breaches.by is not None else ""
    return f"{breaches.article}{by}{_place(breaches.in_, breaches.at)}"


def _place(in_: str | None, at: str | None) -> str:
    return (f" in {in_}" if in_ else "") + (f" at {at}" if at else "")


def _filter_text(rule: Filter) -> str:
    match rule:
        case FilterIn():
            word = "not in" if rule.negated else "in"
            return f"{rule.attribute} {word} {', '.join(rule.values)}"
        case FilterCompare():
            return f"{rule.attribute} {rule.operator} {number_text(rule.number)}"
        case FilterNamed():
            return rule.name
    raise TypeError(f"several filters at once: {rule!r}")


# --- who does what, where and when


def who_text(who: Who) -> str:
    """Who acts, as the language writes it."""
    names = ", ".join(who.names)
    if who.quantifier is None:
        return names
    kind = PLURALS.get(names, names) if who.quantifier == "all" else names
    return f"{who.quantifier} {kind}" + (f" of {who.of}" if who.of else "")


def deed_text(deed: Deed) -> str:
    """An act with its qualifiers, as the language writes it."""
    thing = f" {deed.thing}" if deed.thing is not None else ""
    by = f" of {who_text(deed.by)}" if deed.by is not None else ""
    against = f" against {who_text(deed.against)}" if deed.against is not None else ""
    weapons = f" with {deed.with_}" if deed.with_ is not None else ""
    near = f" {_near(deed.near)}" if deed.near is not None else ""
    place = _place(deed.in_, deed.at)
    return f"{deed.act}{thing}{by}{against}{weapons}{place}{near}"


def _near(near: Near) -> str:
    return f"nearer than {_distance(near.distance)} to {near.to}"


def _distance(distance: Distance) -> str:
    return f"{number_text(distance.amount)} {distance.unit}"


def time_text(point: TimePoint) -> str:
    """An instant, as the language writes it."""
    plus = f" + {point.plus}" if point.plus is not None else ""
    match point.base:
        case FixedTime():
            return f"{point.base.text}{plus}"
        case ArticleTime():
            return f"{point.base.edge} of {point.base.article}{plus}"
        case EventTime():
            of = f" of {who_text(point.base.of)}" if point.base.of is not None else ""
            return f"{point.base.event}{of}{plus}"


def number_text(value: float) -> str:
    """A number without exponent, whole numbers without a point.

    >>> number_text(10.0), number_text(0.55)
    ('10', '0.55')
    """
    if value == int(value):
        return str(int(value))
    return f"{value:f}".rstrip("0")
