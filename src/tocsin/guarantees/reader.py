"""What an agreement promises, read off its text: steps, clocks, gates, who can block.

In: an agreement. Out: one :class:`Promise` per article that gives something to happen
once a breach is found: a decision to take, a measure that follows by itself, a duty of
the guarantors, a power. An article that only binds the parties is no promise.

The mode is derived from the text and never stated beside it:

- *automatic*: a measure (``effect``) or a duty follows without anybody's decision;
- *by consensus*: everybody who may vote can stop the decision alone (``all members``,
  ``consensus``, or a veto for each);
- *by decision*: a decision that a part of the members can take, or a power that its
  holder uses as it sees fit;
- *by request*: a power that opens with an act of somebody else (consent, a request).

A power that needs an adopted decision has the mode of that decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from msgspec.structs import replace

from tocsin.agreement.decisions import eligible, veto_holders
from tocsin.agreement.evaluate.plan import who_names
from tocsin.agreement.source import time_text
from tocsin.agreement.terms import (
    Agreement,
    Article,
    Compare,
    Condition,
    Decision,
    DecisionIs,
    Duration,
    Effect,
    Episodes,
    EventTime,
    FindingRule,
    FindingState,
    Lapses,
    Oblige,
    Power,
    Procedure,
    Rule,
    VoteAll,
    VoteConsensus,
    VoteRule,
    VoteUnanimous,
    Who,
    Within,
)
from tocsin.guarantees.gates import alone, can_block, flat, gates, members
from tocsin.guarantees.promises import Asked, Promise
from tocsin.model import TriggerMode

__all__ = ["promises"]

CONSULTS: Final = ("meet", "consult")
"""Acts that are consultation: doing them fulfils no promise but that of talking."""

Promising: TypeAlias = Oblige | Power | Decision | Effect
"""Rules that can promise something."""


def promises(agreement: Agreement) -> tuple[Promise, ...]:
    """The promises of an agreement, in the order of its articles."""
    made = [_promise(agreement, article) for article in agreement.articles]
    return tuple(promise for promise in made if promise is not None)


def _promise(agreement: Agreement, article: Article) -> Promise | None:
    rules = list(_promising(article))
    if not rules or article.repealed:
        return None
    power = next((rule for rule in rules if isinstance(rule, Power)), None)
    upstream = _upstream(agreement, power)
    findings = tuple(dict.fromkeys(n for rule in rules for n in _findings(rule)))
    lapses = next((_lapses(rule) for rule in rules if _lapses(rule)), None)
    promise = Promise(
        clause=article.clause,
        title=article.title or article.clause,
        mode=TriggerMode.AUTOMATIC,
        findings=findings,
        woken_by=tuple(n for rule in rules for n in _woken_by(agreement, rule)),
        steps=tuple(s for rule in rules for s in _steps(agreement, article, rule)),
        gates=gates(agreement, power) if power else (),
        upstream=upstream.clause if upstream else "",
        lapses_s=_lapse_seconds(lapses),
        lapses_in_words=_lapse_words(lapses),
    )
    return _completed(agreement, promise, upstream, rules)


def _completed(
    agreement: Agreement,
    promise: Promise,
    upstream: Article | None,
    rules: list[Promising],
) -> Promise:
    """With the mode, and with the findings of the decision that a power waits for."""
    findings = promise.findings
    if upstream is not None and not findings:
        found = (n for rule in upstream.rules for n in _findings(rule))
        findings = tuple(dict.fromkeys(found))
    return replace(
        promise,
        mode=_mode(agreement, promise, upstream, rules),
        findings=findings,
        attributions=tuple(_attributions(agreement, findings)),
    )


# --- what is a promise ---------------------------------------------------------------


def _promising(article: Article) -> Iterator[Promising]:
    for rule in article.rules:
        match rule:
            case Power() | Effect() | Decision():
                yield rule
            case Oblige() if _findings(rule) or list(_outcomes(rule)):
                yield rule


def _conditions(rule: Rule) -> Iterator[Condition]:
    trigger = rule.trigger
    if trigger is not None:
        for condition in (trigger.upon, trigger.when):
            if condition is not None:
                yield from flat(condition)


def _findings(rule: Rule) -> tuple[str, ...]:
    """Findings whose episodes wake a rule one by one (``upon found``)."""
    states = (c for c in _conditions(rule) if isinstance(c, FindingState))
    return tuple(dict.fromkeys(state.finding for state in states))


def _outcomes(rule: Rule) -> Iterator[DecisionIs]:
    yield from (c for c in _conditions(rule) if isinstance(c, DecisionIs))


def _woken_by(agreement: Agreement, rule: Rule) -> Iterator[str]:
    for outcome in _outcomes(rule):
        if outcome.article is not None:
            yield f"Article {outcome.article.number}"
        elif outcome.decision is not None:
            found = _decides(agreement, outcome.decision)
            yield found.clause if found else outcome.decision
    for condition in _conditions(rule):
        if isinstance(condition, Compare) and isinstance(
            condition.left.subject, Episodes
        ):
            yield from _defines(agreement, condition.left.subject.finding)


def _defines(agreement: Agreement, finding: str) -> Iterator[str]:
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, FindingRule) and rule.name == finding:
                yield article.clause


def _decides(agreement: Agreement, name: str) -> Article | None:
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, Decision) and rule.name == name:
                return article
    return None


def _upstream(agreement: Agreement, power: Power | None) -> Article | None:
    if power is None or power.needs is None:
        return None
    for condition in flat(power.needs):
        if isinstance(condition, DecisionIs) and condition.outcome == "adopted":
            if condition.decision is not None:
                return _decides(agreement, condition.decision)
            assert condition.article is not None
            return next(iter(agreement.find(condition.article.number)), None)
    return None


# --- the mode ------------------------------------------------------------------------


def _mode(
    agreement: Agreement,
    promise: Promise,
    upstream: Article | None,
    rules: list[Promising],
) -> TriggerMode:
    decision = next((rule for rule in rules if isinstance(rule, Decision)), None)
    if decision is None and upstream is not None:
        found = (rule for rule in upstream.rules if isinstance(rule, Decision))
        decision = next(found, None)
    if decision is not None:
        return _mode_of(agreement, decision.procedure)
    if any(gate.kind == "act" for gate in promise.gates):
        return TriggerMode.BY_REQUEST
    if promise.steps_of("power"):
        return TriggerMode.BY_DECISION
    return TriggerMode.AUTOMATIC


def _mode_of(agreement: Agreement, procedure: Procedure) -> TriggerMode:
    who = members(agreement, procedure.by)
    everybody = set(eligible(procedure, who))
    vetoes = set(veto_holders(procedure, who))
    if _asks_all(procedure.vote) or (everybody and everybody <= vetoes):
        return TriggerMode.BY_CONSENSUS
    return TriggerMode.BY_DECISION


def _asks_all(vote: VoteRule | None) -> bool:
    match vote:
        case VoteConsensus():
            return True
        case VoteUnanimous():
            return not vote.names
        case VoteAll():
            return any(_asks_all(test) for test in vote.tests)
    return False


# --- the steps -----------------------------------------------------------------------


def _steps(agreement: Agreement, article: Article, rule: Rule) -> Iterator[Asked]:
    match rule:
        case Oblige():
            yield from _duties(agreement, article, rule)
        case Decision():
            yield _to_decide(agreement, article.clause, rule.name, rule.procedure)
        case Effect():
            yield _measure(article, rule)
        case Power():
            yield _use(article, rule)


def _duties(agreement: Agreement, article: Article, rule: Oblige) -> Iterator[Asked]:
    """One duty; where each of a kind bears it, one for each."""
    names = who_names(agreement, rule.who)
    if rule.who.quantifier == "each" and rule.who.of is not None:
        for name in names:
            yield _duty(article, rule, (name,), f"{rule.deed.act} {name}")
    else:
        duty = _duty(article, rule, names, rule.deed.act)
        yield replace(duty, blockers=alone(agreement, names))


def _duty(article: Article, rule: Oblige, bearers: tuple[str, ...], name: str) -> Asked:
    after_s, runs_from, in_words = _clock(rule.deadline, default="woken")
    failing = [step.article for step in rule.failing_that if step.article]
    return Asked(
        kind="consult" if rule.deed.act in CONSULTS else "act",
        what=_deed_words(rule.deed.act, rule.deed.thing),
        name=name,
        clause=article.clause,
        act=rule.deed.act,
        owed_by=bearers,
        after_s=after_s,
        runs_from=runs_from,
        in_words=in_words,
        otherwise=str(failing[0]) if failing else "",
        blockers=bearers,
    )


def _to_decide(
    agreement: Agreement, clause: str, name: str, procedure: Procedure
) -> Asked:
    after_s, runs_from, in_words = _clock(procedure.deadline, default="found")
    return Asked(
        kind="decide",
        what=f"adopt {name}",
        name=name,
        clause=clause,
        owed_by=procedure.by.names if procedure.by else (),
        after_s=after_s,
        runs_from=runs_from,
        in_words=in_words,
        blockers=can_block(agreement, procedure),
        otherwise=_otherwise(procedure),
    )


def _attributions(agreement: Agreement, findings: tuple[str, ...]) -> Iterator[Asked]:
    for article in agreement.articles:
        for rule in article.rules:
            if isinstance(rule, FindingRule) and rule.name in findings:
                if rule.attribution is None:
                    continue
                how = rule.attribution
                asked = _to_decide(agreement, article.clause, rule.name, how)
                after_s, runs_from, in_words = _clock(how.deadline, default="alleged")
                yield replace(
                    asked,
                    kind="attribute",
                    what=f"attribute the {rule.name.replace('_', ' ')}",
                    after_s=after_s,
                    runs_from=runs_from,
                    in_words=in_words,
                )


def _measure(article: Article, rule: Effect) -> Asked:
    after_s, _, in_words = _clock(rule.deadline, default="woken")
    blockers: tuple[str, ...] = ()
    stopped = rule.unless.procedure if rule.unless else None
    if stopped is not None and rule.unless is not None:
        who = stopped.by or getattr(rule.unless.condition, "who", None)
        blockers = who.names if isinstance(who, Who) else ()
    return Asked(
        kind="effect",
        what=rule.name.replace("_", " "),
        name=rule.name,
        clause=article.clause,
        after_s=after_s,
        runs_from="woken",
        in_words=in_words,
        blockers=blockers,
        otherwise="it takes effect by itself",
    )


def _use(article: Article, rule: Power) -> Asked:
    """A power is owed by nobody; its clock is the end of it."""
    deed = _deed_words(rule.deed.act, rule.deed.thing)
    return Asked(
        kind="power",
        what=f"{' and '.join(rule.who.names)} may {deed}",
        name=rule.deed.act,
        clause=article.clause,
        act=rule.deed.act,
        thing=rule.deed.thing or "",
        otherwise="the power lapses unused" if rule.lapses else "",
    )


def _deed_words(act: str, thing: str | None) -> str:
    return f"{act.replace('_', ' ')} {thing}" if thing else act.replace("_", " ")


def _otherwise(procedure: Procedure) -> str:
    if procedure.otherwise is None:
        return ""
    if procedure.otherwise.article is not None:
        return f"Article {procedure.otherwise.article.number}"
    return procedure.otherwise.outcome or ""


def _clock(deadline: object, *, default: str) -> tuple[int | None, str, str]:
    """Seconds, what they run from, and the words of the text."""
    if not isinstance(deadline, Within):
        return None, default, ""
    of = deadline.of
    base, plus = default, 0
    words = f"within {deadline.duration}"
    if of is not None and isinstance(of.base, EventTime):
        base = of.base.event
        words += f" of {base}"
        plus = _seconds(of.plus) or 0
    elif of is not None:
        return None, default, words
    length = _seconds(deadline.duration)
    base = "woken" if base == "due" else base
    return (None if length is None else length + plus), base, words


def _seconds(duration: Duration | None) -> int | None:
    if duration is None or duration.is_calendar:
        return None
    return duration.seconds


# --- how long ------------------------------------------------------------------------


def _lapses(rule: Promising) -> Lapses | None:
    return None if isinstance(rule, Decision) else rule.lapses


def _lapse_seconds(lapses: Lapses | None) -> int | None:
    return _seconds(lapses.after.duration) if lapses and lapses.after else None


def _lapse_words(lapses: Lapses | None) -> str:
    if lapses is None:
        return ""
    if lapses.after is not None:
        return f"after {lapses.after.duration}"
    return f"at {time_text(lapses.at)}" if lapses.at is not None else ""
