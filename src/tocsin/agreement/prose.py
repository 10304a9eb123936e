r"""An article in plain English, one sentence for each rule.

For people who do not read the language; what binds is the treaty sentence. The acts'
own labels are used where the agreement is given.

>>> from tocsin.agreement.parse import parse_rules
>>> text = "parties A, B\nArticle 1\n  forbid any party to fire"
>>> to_english(parse_rules(text).records.articles[0])
('No party may open fire.',)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from tocsin.agreement.keywords import PLURALS
from tocsin.agreement.source import number_text
from tocsin.agreement.terms import (
    Aggregate,
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    ArticleTime,
    AtAllTimes,
    Before,
    Breaches,
    BreachOf,
    Compare,
    Condition,
    Counted,
    Deadline,
    Decision,
    DecisionIs,
    Deed,
    Duration,
    Effect,
    Episodes,
    EventTime,
    Exception_,
    Excuse,
    FailingThat,
    FindingRule,
    FindingState,
    FixedTime,
    Forbid,
    Happened,
    Lapses,
    Lasting,
    Norm,
    Not,
    Number,
    Oblige,
    Otherwise,
    Permit,
    Power,
    Procedure,
    Rule,
    Silence,
    Since,
    SuspendedBy,
    TimePoint,
    Trigger,
    Unless,
    Until,
    VariableIs,
    VoteAll,
    VoteAny,
    VoteConsensus,
    VoteNumber,
    VoteOf,
    VoteRule,
    VoteShare,
    VoteUnanimous,
    Who,
    Within,
)
from tocsin.agreement.terms import (
    Sequence as SequenceOf,
)
from tocsin.model.acts import load_acts

__all__ = ["to_english"]

OPERATORS: Final = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "fewer than",
    "=": "exactly",
}
STATES: Final = {
    "in_force": "is in force",
    "not_in_force": "is not in force",
    "suspended": "is suspended",
}
SILENCES: Final = {"yes": "assent", "no": "refusal", "abstain": "abstention"}
VARIABLES: Final = {
    "party": "the party",
    "opponent": "the opposing party",
    "sector": "the sector",
    "site": "the site",
    "place": "the place of it",
    "member": "the member",
}


def to_english(
    article: Article, *, agreement: Agreement | None = None
) -> tuple[str, ...]:
    """One sentence for each rule of the article, in its order.

    Args:
        article: any article.
        agreement: the agreement that declares its acts and terms; without it acts go
            by their names.
    """
    speaker = _Speaker(_labels(agreement))
    return tuple(speaker.sentence(rule) for rule in article.rules)


def _labels(agreement: Agreement | None) -> dict[str, str]:
    own = {act.name: act.label for act in agreement.acts} if agreement else {}
    return {**_common_labels(), **own}


@cache
def _common_labels() -> dict[str, str]:
    return {rule.act: rule.label for rule in load_acts()}


class _Speaker:
    """Says terms in English; knows what the acts are called."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels

    def sentence(self, rule: Rule) -> str:
        """A rule as one sentence."""
        clauses = [*self.trigger(rule.trigger), self.core(rule)]
        text = ", ".join(clauses)
        return f"{text[0].upper()}{text[1:]}."

    def core(self, rule: Rule) -> str:
        match rule:
            case Norm():
                return self.norm(rule)
            case FindingRule():
                return self.finding(rule)
            case Decision():
                return self.decision(rule)
            case Effect():
                return self.effect(rule)

    def trigger(self, trigger: Trigger | None) -> Iterator[str]:
        if trigger is not None and trigger.upon is not None:
            yield f"as soon as {self.condition(trigger.upon)}"
        if trigger is not None and trigger.when is not None:
            yield f"when {self.condition(trigger.when)}"

    # --- norms

    def norm(self, norm: Norm) -> str:
        parts = [self.modal(norm)]
        parts += self.deadline(norm.deadline)
        parts += [self.exception(exception) for exception in norm.exceptions]
        parts += [self.excuse(excuse) for excuse in norm.excuses]
        parts += self.limits(norm)
        if norm.persists is not None:
            parts.append(f"(what was seen counts as present for {norm.persists})")
        text = " ".join(parts)
        text += "".join(f"; {self.failing(failing)}" for failing in norm.failing_that)
        return text + "".join(f"; after that {self.norm(then)}" for then in norm.then)

    def modal(self, norm: Norm) -> str:
        verb = self.deed(norm.deed)
        match norm:
            case Forbid() if norm.who.quantifier in {"any", "each"}:
                return f"no {self.kind(norm.who)} may {verb}"
            case Forbid():
                return f"{self.who(norm.who)} must not {verb}"
            case Permit():
                return f"{self.who(norm.who)} may {verb}"
            case Oblige():
                return f"{self.who(norm.who)} must {verb}"
            case Power():
                return f"{self.who(norm.who)} has the power to {verb}"
        raise TypeError(f"no kind of norm: {norm!r}")

    def deadline(self, deadline: Deadline | None) -> list[str]:
        match deadline:
            case None:
                return []
            case Within():
                return [f"within {self.span(deadline)}"]
            case Before():
                return [f"before {self.time(deadline.time)}"]
            case AtAllTimes():
                return ["at all times"]
        return ["(the text sets no deadline)"]

    def span(self, within: Within) -> str:
        of = f" of {self.time(within.of)}" if within.of is not None else ""
        return f"{within.duration}{of}"

    def exception(self, exception: Exception_) -> str:
        parts = [f"except for {_spaced(exception.name)}"]
        if exception.when is not None:
            parts.append(f"when {self.condition(exception.when)}")
        if exception.needs is not None:
            parts.append(f"provided that {self.condition(exception.needs)}")
        if exception.limited_to is not None:
            parts.append(f"for no longer than {exception.limited_to}")
        return ", ".join(parts)

    def excuse(self, excuse: Excuse) -> str:
        most = f", for {excuse.at_most} in all at most" if excuse.at_most else ""
        return f"(the clock stands while {self.condition(excuse.while_)}{most})"

    def failing(self, failing: FailingThat) -> str:
        if failing.article is not None:
            return f"failing that, {failing.article} applies"
        assert failing.finding is not None  # one of the two is always said
        return f"failing that, {self.condition(failing.finding)}"

    def limits(self, rule: Norm | Effect) -> list[str]:
        parts = []
        if rule.needs is not None:
            parts.append(f"provided that {self.condition(rule.needs)}")
        if rule.unless is not None:
            parts.append(self.unless(rule.unless))
        if rule.lapses is not None:
            parts.append(self.lapses(rule.lapses))
        if rule.ends_when is not None:
            parts.append(f"until {self.condition(rule.ends_when)}")
        return parts

    def unless(self, unless: Unless) -> str:
        text = f"unless {self.condition(unless.condition)}"
        procedure = unless.procedure
        return f"{text} ({self.procedure(procedure)})" if procedure else text

    def lapses(self, lapses: Lapses) -> str:
        if lapses.after is not None:
            return f"lapsing after {self.span(lapses.after)}"
        assert lapses.at is not None  # one of the two is always said
        return f"lapsing at {self.time(lapses.at)}"

    # --- findings, decisions, effects

    def finding(self, rule: FindingRule) -> str:
        of = _listed([_said(one) for one in rule.variables])
        about = f" about {of}" if of else ""
        text = f"there is a finding of {_spaced(rule.name)}{about}"
        text += f" when {self.condition(rule.when)}"
        if rule.standard is not None:
            level = rule.standard.level
            text += f", shown to be {_spaced(level)}" if level else ", shown"
            if rule.standard.probability is not None:
                text += f" with probability {number_text(rule.standard.probability)}"
            if rule.standard.sources is not None:
                text += f" from {rule.standard.sources} independent sources or more"
        if rule.attribution is not None and rule.attribution.by is not None:
            who = self.who(rule.attribution.by)
            text += f", attributed by {who}{self.told(rule.attribution)}"
        return text

    def decision(self, rule: Decision) -> str:
        who = self.who(rule.procedure.by) if rule.procedure.by else "somebody"
        if rule.procedure.consultation_only:
            return f"{who} consults on {_spaced(rule.name)} and decides nothing"
        return f"{who} decides on {_spaced(rule.name)}{self.told(rule.procedure)}"

    def told(self, procedure: Procedure) -> str:
        text = self.procedure(procedure)
        return f", {text}" if text else ""

    def effect(self, rule: Effect) -> str:
        on = f" on {self.who(rule.on)}" if rule.on is not None else ""
        parts = [f"{_spaced(rule.name)}{on} follows by itself"]
        parts += self.deadline(rule.deadline)
        return " ".join([*parts, *self.limits(rule)])

    def procedure(self, procedure: Procedure) -> str:
        parts = []
        if procedure.vote is not None:
            parts.append(f"by {self.vote(procedure.vote)}")
        if procedure.quorum is not None:
            parts.append(f"with {self.vote(procedure.quorum)} taking part")
        vetoes = (*procedure.vetoes, *procedure.outside_vetoes)
        if vetoes:
            parts.append(f"{_listed(vetoes)} holding a veto")
        if procedure.silence is not None:
            parts.append(self.silence(procedure.silence))
        parts += self.deadline(procedure.deadline)
        if procedure.otherwise is not None:
            parts.append(self.otherwise(procedure.otherwise))
        return ", ".join(parts)

    def silence(self, silence: Silence) -> str:
        of = f" from {self.time(silence.of)}" if silence.of is not None else ""
        return (
            f"silence for {silence.after}{of} counting as {SILENCES[silence.counts_as]}"
        )

    def otherwise(self, otherwise: Otherwise) -> str:
        if otherwise.article is not None:
            return f"otherwise {otherwise.article} applies"
        return f"otherwise it is {otherwise.outcome}"

    def vote(self, rule: VoteRule) -> str:
        match rule:
            case VoteAll():
                return " and ".join(self.vote(test) for test in rule.tests)
            case VoteAny():
                return " or ".join(self.vote(test) for test in rule.tests)
            case VoteOf():
                return f"{rule.at_least} of {_listed(rule.names)}"
            case VoteShare():
                share = f"{rule.share.numerator}/{rule.share.denominator}"
                more = "more than " if rule.more_than else ""
                return f"{more}{share} of all {rule.of}"
            case VoteNumber():
                return f"at least {number_text(rule.at_least)} {rule.of}"
            case VoteUnanimous():
                return f"all of {_listed(rule.names)}" if rule.names else "all members"
            case VoteConsensus():
                return "consensus"

    # --- conditions

    def condition(self, condition: Condition) -> str:
        match condition:
            case AllOf():
                return self.joined(condition.conditions, " and ")
            case AnyOf():
                return self.joined(condition.conditions, " or ")
            case Not():
                return f"it is not so that {self.condition(condition.condition)}"
            case Since():
                return self.since(condition)
            case Until():
                holds, end = condition.holds, self.condition(condition.end)
                within = f"within {condition.within}"
                return f"{self.condition(holds)} until, {within}, {end}"
            case SequenceOf():
                return self.sequence(condition)
        return self.simple(condition)

    def joined(self, parts: Sequence[Condition], word: str) -> str:
        return word.join(
            f"({self.condition(part)})"
            if isinstance(part, AllOf | AnyOf)
            else self.condition(part)
            for part in parts
        )

    def since(self, since: Since) -> str:
        last = f" in the last {since.within}" if since.within is not None else ""
        start = self.condition(since.start)
        return f"{self.condition(since.holds)} ever since {start}{last}"

    def sequence(self, sequence: SequenceOf) -> str:
        steps = (
            f", then within {step.within} {self.condition(step.condition)}"
            for step in sequence.steps
        )
        return self.condition(sequence.first) + "".join(steps)

    def simple(self, condition: Condition) -> str:
        match condition:
            case Happened():
                return self.happened(condition)
            case FindingState():
                named = _listed([_said(name) for name in condition.arguments])
                on = f" against {named}" if named else ""
                return f"{_spaced(condition.finding)} is {condition.state}{on}"
            case BreachOf():
                return self.breach(condition.breaches)
            case DecisionIs():
                about = condition.article or _spaced(condition.decision or "")
                return f"the decision on {about} is {condition.outcome}"
            case ArticleIs():
                return f"{condition.article} {STATES[condition.state]}"
            case SuspendedBy():
                return f"{self.who(condition.who)} suspends it"
            case VariableIs():
                word = "is none of" if condition.negated else "is one of"
                return f"the {condition.variable} {word} {_listed(condition.names)}"
        return self.number(condition)

    def number(self, condition: Condition) -> str:
        if isinstance(condition, Lasting):
            subject = self.counted(condition.subject)
            return f"some {subject} go on for more than {condition.longer_than}"
        assert isinstance(condition, Compare)  # the only kind that is left
        right = self.side(condition.right)
        text = f"{self.aggregate(condition.left)} is {OPERATORS[condition.operator]}"
        text += f" {right}"
        if condition.until_below is not None:
            text += f" (until it falls below {self.side(condition.until_below)})"
        return text

    def side(self, side: Number | Duration | Aggregate) -> str:
        if isinstance(side, Aggregate):
            return self.aggregate(side)
        return str(side) if isinstance(side, Duration) else number_text(side.value)

    def aggregate(self, aggregate: Aggregate) -> str:
        kinds = {
            "count": "the number of",
            "count_distinct": f"the number of different {aggregate.attribute}s among",
            "sum": f"the sum of {aggregate.attribute} over",
            "max": f"the largest {aggregate.attribute} among",
            "duration": "the time taken by",
        }
        window = f"within any {aggregate.over}"
        if aggregate.since is not None:
            window = f"since {self.time(aggregate.since)}"
        return f"{kinds[aggregate.function]} {self.counted(aggregate.subject)} {window}"

    def counted(self, subject: Counted) -> str:
        match subject:
            case Breaches():
                by = f" by {self.who(subject.by)}" if subject.by is not None else ""
                place = _place(subject.in_, subject.at)
                return f"breaches of {subject.article}{by}{place}"
            case Episodes():
                by = f" by {self.who(subject.by)}" if subject.by is not None else ""
                place = _place(subject.in_, None)
                return f"episodes of {_spaced(subject.finding)}{by}{place}"
            case Deed():
                return self.happening(subject)

    def breach(self, breaches: Breaches) -> str:
        who = self.who(breaches.by) if breaches.by is not None else "somebody"
        return f"{who} breaches {breaches.article}{_place(breaches.in_, breaches.at)}"

    # --- who does what, where and when

    def happened(self, happened: Happened) -> str:
        last = f" in the last {happened.in_last}" if happened.in_last else ""
        return f"there is {self.happening(happened.deed)}{last}"

    def happening(self, deed: Deed) -> str:
        """A deed as a noun: ``fire of the party``."""
        thing = f" {_spaced(deed.thing)}" if deed.thing else ""
        by = f" of {self.who(deed.by)}" if deed.by is not None else ""
        return f"{_spaced(deed.act)}{thing}{by}{self.narrowed(deed)}"

    def deed(self, deed: Deed) -> str:
        """A deed as a verb: ``open fire``."""
        thing = f" {_spaced(deed.thing)}" if deed.thing else ""
        label = self.labels.get(deed.act)
        if label is not None:  # a label is a whole phrase, its object stands apart
            thing = f" ({thing.strip()})" if thing else ""
        verb = (label or _spaced(deed.act)).removeprefix("to ")
        return f"{verb}{thing}{self.narrowed(deed)}"

    def narrowed(self, deed: Deed) -> str:
        against = f" against {self.who(deed.against)}" if deed.against else ""
        weapons = f" with {_spaced(deed.with_)}" if deed.with_ else ""
        near = ""
        if deed.near is not None:
            to = _said(deed.near.to)
            near = f" nearer than {deed.near.distance} to {to}"
        return f"{against}{weapons}{_place(deed.in_, deed.at)}{near}"

    def who(self, who: Who) -> str:
        if who.quantifier is None:
            return _listed([_said(name) for name in who.names])
        return f"{who.quantifier} {self.kind(who)}"

    def kind(self, who: Who) -> str:
        of = f" of {_spaced(who.of)}" if who.of else ""
        kind = who.names[0]
        if who.quantifier == "all":
            kind = PLURALS.get(kind, kind)
        return f"{_spaced(kind)}{of}"

    def time(self, point: TimePoint) -> str:
        match point.base:
            case FixedTime():
                text = point.base.text
            case ArticleTime():
                text = f"the {point.base.edge} of {point.base.article}"
            case EventTime():
                of = f" of {self.who(point.base.of)}" if point.base.of else ""
                text = f"{_EVENTS.get(point.base.event, _spaced(point.base.event))}{of}"
        return f"{point.plus} after {text}" if point.plus is not None else text


_EVENTS: Final = {
    "found": "the finding",
    "alleged": "the allegation",
    "proposal": "the proposal",
    "due": "falling due",
    "adopted": "adoption",
    "rejected": "rejection",
    "lapsed": "the lapse",
    "ceasefire": "the ceasefire",
}


def _place(in_: str | None, at: str | None) -> str:
    inside = f" in {_said(in_)}" if in_ else ""
    return inside + (f" at {_said(at)}" if at else "")


def _said(name: str) -> str:
    """A name, or what a variable stands for."""
    return VARIABLES.get(name, _spaced(name))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    spaced = [_spaced(name) for name in names]
    if len(spaced) <= 1:
        return "".join(spaced)
    return f"{', '.join(spaced[:-1])} and {spaced[-1]}"
