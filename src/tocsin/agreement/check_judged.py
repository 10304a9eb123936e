"""Checks that everything the text says can be judged; nothing is silently left out.

The grammar reads some sentences that have no meaning that an engine could follow: a
distance to a site that nothing names, a vote to suspend a prohibition, an amendment
that begins with a finding. Each is an error with its repair. An engine that is given
such a text all the same leaves that part out and says so (``not_evaluated``, rule E1
of ``docs/reference/semantics.md``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.agreement.names import Declared
from tocsin.agreement.terms import (
    Aggregate,
    Agreement,
    Article,
    Before,
    Breaches,
    Compare,
    Condition,
    Deed,
    Effect,
    Episodes,
    EventTime,
    FindingRule,
    FindingState,
    Forbid,
    Lapses,
    Lasting,
    Norm,
    Rule,
    SuspendedBy,
    Term,
    TimePoint,
    VariableIs,
    Version,
    Who,
    Within,
)
from tocsin.agreement.walk import find, walk
from tocsin.model.records import Issue, Where

__all__ = ["check_judged", "refusals"]

NUMBERS: Final = frozenset({"number", "count", "value"})
WORDS: Final = frozenset(
    {"kind", "party", "target_party", "sector", "subject", "site", "weapon", "vote"}
)
RANGED: Final = frozenset({"party", "sector"})
BOUND: Final = frozenset({"party", "opponent", "sector", "site", "place", "member"})
COURSE: Final = frozenset(
    {"found", "alleged", "proposal", "due", "adopted", "rejected", "lapsed", "breach"}
)
"""Instants that only the course of a procedure gives."""


def check_judged(declared: Declared) -> Iterator[Issue]:
    """Everything that no engine can judge."""
    yield from refusals(declared.agreement)


def refusals(agreement: Agreement) -> Iterator[Issue]:
    """What the text says and no engine can judge, in the order of the text."""
    for article in agreement.articles:
        yield from _of_frame(agreement, article)
        for rule in article.rules:
            yield from _of_rule(rule)
            for condition in walk(rule):
                yield from _of_condition(agreement, condition)
    for named in agreement.conditions:
        for condition in walk(named.when):
            yield from _of_condition(agreement, condition)
    for version in agreement.versions:
        yield from _of_version(version)


def _refused(where: Where, message: str, repair: str) -> Issue:
    return Issue(code="cannot_judge", where=where, message=message, repair=repair)


# --- the frame of an article, and versions -------------------------------------------


def _of_frame(agreement: Agreement, article: Article) -> Iterator[Issue]:
    for what, condition in (
        ("suspended while", article.suspended_while),
        ("stays in force while", article.surviving),
    ):
        if condition is None:
            continue
        for name in sorted(_variables(condition)):
            yield _refused(
                condition.where,
                f"`{what}` speaks of the whole article, so nothing says which `{name}`"
                " is meant",
                f"write `any {name}`, or a name"
                if name in {"party", "member"}
                else f"leave `{name}` out, or write its name",
            )
        for part in walk(condition):
            yield from _of_condition(agreement, part)
    if article.in_force is not None:
        for time in find(article.in_force, TimePoint):
            yield from _of_course(time, "an article's frame")


def _variables(condition: Condition) -> set[str]:
    """The variables that a condition asks somebody to bind."""
    named: set[str | None] = set()
    for term in walk(condition):
        match term:
            case Who(quantifier=None):
                named |= set(term.names)
            case Deed() | Breaches():
                named |= {term.in_, term.at}
            case Episodes():
                named |= {term.in_}
            case FindingState():
                named |= set(term.arguments)
            case VariableIs():
                named |= {term.variable}
            case _:
                pass
    return {name for name in named if name in BOUND}


def _of_version(version: Version) -> Iterator[Issue]:
    if version.start is not None:
        yield from _of_course(version.start, "a version of the text")


def _of_course(time: TimePoint, what: str) -> Iterator[Issue]:
    """``found`` and the like mean an instant only within a procedure."""
    base = time.base
    if isinstance(base, EventTime) and base.event in COURSE:
        yield _refused(
            base.where,
            f"nothing says whose `{base.event}` is meant: {what} stands in no case",
            "name an act on record, a date, or the start or end of an article",
        )


# --- rules ---------------------------------------------------------------------------


def _of_rule(rule: Rule) -> Iterator[Issue]:
    if isinstance(rule, FindingRule):
        yield from _of_finding(rule)
    if isinstance(rule, Norm):
        yield from _of_norm(rule)
    if isinstance(rule, Norm | Effect):
        yield from _of_unless(rule)
    if isinstance(rule, Norm) and isinstance(rule.deadline, Before):
        yield from _of_course(rule.deadline.time, "`before`")
    for lapses in find(rule, Lapses):
        if lapses.at is not None:
            yield from _of_course(lapses.at, "`lapses at`")


def _of_finding(rule: FindingRule) -> Iterator[Issue]:
    if rule.trigger is not None and rule.trigger.upon is not None:
        yield _refused(
            rule.where,
            "a finding follows its own condition: `upon` cannot stand above it",
            "move `upon` to what follows from the finding, or say it with `when`",
        )
    for name in rule.variables:
        if name not in RANGED:
            yield _refused(
                rule.where,
                f"a finding cannot range over `{name}`",
                "let it range over party, sector, or both",
            )


def _of_norm(norm: Norm) -> Iterator[Issue]:
    near = norm.deed.near
    if near is not None and near.to in {"site", "place"} and isinstance(norm, Forbid):
        yield _refused(
            near.where,
            f"nothing says which `{near.to}` is meant: a prohibition binds none",
            "name a line or site of the map, or draw a `zone`",
        )
    for then in norm.then:
        if not isinstance(then, Forbid):
            yield _refused(
                then.where,
                "only a prohibition can stand after `then`",
                "give it an article of its own, with `in force from`",
            )
    deadline = norm.deadline
    fixed = isinstance(deadline, Before) or (
        isinstance(deadline, Within)
        and norm.trigger is None
        and (deadline.of is None or deadline.of.plus is None)
    )
    if norm.then and not fixed:
        yield _refused(
            norm.then[0].where,
            "`then` needs one instant for everybody, and this duty has none",
            "write `before` and an instant, or an article with `upon breach of`",
        )


def _of_unless(rule: Norm | Effect) -> Iterator[Issue]:
    unless = rule.unless
    if unless is None or unless.procedure is None:
        return
    if isinstance(rule, Effect) and isinstance(unless.condition, SuspendedBy):
        return
    yield _refused(
        unless.where,
        "a vote can suspend a measure (`effect ... unless suspended by`), nothing else",
        "let a `decide` line take the vote, and write `unless adopted` and its name",
    )


# --- conditions ----------------------------------------------------------------------


def _of_condition(agreement: Agreement, term: Term) -> Iterator[Issue]:
    match term:
        case Aggregate():
            yield from _of_aggregate(term)
            yield from _of_subject(agreement, term.subject)
        case Lasting():
            yield from _of_subject(agreement, term.subject)
        case Deed():
            yield from _of_named(agreement, term)
        case Compare():
            for side in (term.left, term.right):
                if isinstance(side, Aggregate) and side.since is not None:
                    yield from _of_course(side.since, "a window")
        case _:
            pass


def _of_aggregate(term: Aggregate) -> Iterator[Issue]:
    known = WORDS if term.function == "count_distinct" else NUMBERS
    if term.attribute is not None and term.attribute not in known:
        yield _refused(
            term.where,
            f"`{term.attribute}` is no {'name' if known is WORDS else 'number'} of an"
            " act",
            f"use {', '.join(sorted(known - {'count'}))}",
        )
    if term.attribute is not None and isinstance(term.subject, Episodes):
        yield _refused(
            term.where,
            f"an episode has no `{term.attribute}`",
            "count episodes, or ask how long they last",
        )


def _of_subject(agreement: Agreement, subject: Term) -> Iterator[Issue]:
    if not isinstance(subject, Breaches | Episodes) or subject.in_ is None:
        place = None
    else:
        drawn = {zone.name for zone in agreement.zones if zone.near is not None}
        place = subject.in_ if subject.in_ in drawn else None
    if place is not None:
        yield _refused(
            subject.where,
            f"a breach or episode has a sector, but no distance: `{place}` is a strip",
            f"let the article that is counted forbid it `in {place}`",
        )
    if isinstance(subject, Breaches) and subject.at is not None:
        yield _refused(
            subject.where,
            f"breaches cannot be counted by `{subject.at}`",
            "leave `at` out; each breach is told with its site",
        )


def _of_named(agreement: Agreement, deed: Deed) -> Iterator[Issue]:
    """A named condition is asked of what the rule is about."""
    if deed.act not in {named.name for named in agreement.conditions}:
        return
    mine = deed.by is None or (
        deed.by.names == ("party",) and deed.by.quantifier is None
    )
    if not mine or deed.in_ not in {None, "sector"} or deed.at or deed.near:
        yield _refused(
            deed.where,
            f"`{deed.act}` is a condition of its own: it is asked of the party and the"
            " sector that the rule is about, and of nobody else",
            f"write `{deed.act}` or `{deed.act} of party`, or write the condition out",
        )
