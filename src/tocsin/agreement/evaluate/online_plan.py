"""Which clauses the online engine follows fact by fact, and which it judges anew.

Only what is known to be simple is followed; a construct that this module has never
heard of goes to the batch engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from tocsin.agreement.evaluate.online_duties import is_simple_duty
from tocsin.agreement.evaluate.online_rest import acts_of
from tocsin.agreement.evaluate.plan import (
    Finding,
    ForbidRule,
    Obligation,
    Plan,
    Prohibition,
    needed_acts,
)
from tocsin.agreement.terms import (
    EARLIER,
    Article,
    Before,
    Breaches,
    Duration,
    Episodes,
    FindingState,
    Term,
    Within,
)
from tocsin.agreement.walk import find

__all__ = [
    "Shares",
    "is_procedural",
    "is_restless",
    "is_whole",
    "record_reach",
    "recorded_acts",
    "shares_of",
    "starting_acts",
]

CLEARING: Final = "clear"
SIGHTING: Final = "place"
MONTH_S: Final = 31 * 86_400

COUNTED = {
    "article", "deed", "parties", "by_variable", "sectors", "sector_variable",
    "over_s", "at_least", "until_below",
}  # fmt: skip
"""What this module knows a count to say; more than that is not simple."""


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Who judges what.

    Attributes:
        prohibitions, findings, obligations: followed fact by fact.
        rest: what is judged anew, and the prohibitions that this counts.
        literal: numbers of the articles that are judged anew.
        acts: of which these speak.
    """

    prohibitions: tuple[Prohibition, ...]
    findings: tuple[Finding, ...]
    obligations: tuple[Obligation, ...]
    rest: Plan
    literal: frozenset[str]
    acts: frozenset[str]


def shares_of(plan: Plan, dependent: frozenset[str]) -> Shares:
    """Share out the clauses.

    Args:
        plan: everything that is evaluated.
        dependent: articles whose acts were seen to depend on each other.
    """
    if is_whole(plan):
        return _all_literal(plan)
    literal = set(dependent) | set(_not_simple(plan))
    while True:
        more = {
            finding.article.number
            for finding in plan.findings
            if not _counts_simply(plan, finding, literal)
        }
        if more <= literal:
            break
        literal |= more
    judged = [o for o in plan.obligations if o.trigger is None or o.called_by]
    rest = _rest(plan, literal, judged)
    return Shares(
        prohibitions=tuple(_others(plan.prohibitions, literal)),
        findings=tuple(_others(plan.findings, literal)),
        obligations=tuple(_others(judged, literal)),
        rest=rest,
        literal=frozenset(literal & {s.article.number for s in _shapes(plan, judged)}),
        acts=_acts(rest),
    )


def is_whole(plan: Plan) -> bool:
    """True where all is judged anew together, procedures included.

    So it is where evidence waits for procedures (rule G7), and where one version of an
    article takes over from another (rule A1).
    """
    amended = any(EARLIER in article.number for article in plan.agreement.articles)
    return amended or plan.waits_for_procedures


def _all_literal(plan: Plan) -> Shares:
    """Everything is judged anew together."""
    agreement = plan.agreement
    return Shares(
        prohibitions=(),
        findings=(),
        obligations=(),
        rest=plan,
        literal=frozenset(article.number for article in agreement.articles),
        acts=recorded_acts(plan)
        | starting_acts(plan)
        | needed_acts(agreement, agreement.articles),
    )


def _shapes(
    plan: Plan, judged: Sequence[Obligation]
) -> Iterator[Prohibition | Finding | Obligation]:
    yield from plan.prohibitions
    yield from plan.findings
    yield from judged


def _others(
    shapes: tuple[Prohibition, ...] | tuple[Finding, ...] | list[Obligation],
    literal: set[str],
) -> Iterator:  # type: ignore[type-arg]
    return (shape for shape in shapes if shape.article.number not in literal)


def _not_simple(plan: Plan) -> Iterator[str]:
    for prohibition in plan.prohibitions:
        if not all(map(_is_simple, prohibition.rules)):
            yield prohibition.article.number
    for obligation in plan.obligations:
        judged = obligation.trigger is None or obligation.called_by is not None
        if judged and not is_simple_duty(obligation):
            yield obligation.article.number


def _is_simple(rule: ForbidRule) -> bool:
    """No exception, nothing that persists, and nothing that is not known here."""
    plain = ForbidRule(parties=rule.parties, pattern=rule.pattern, after=rule.after)
    return rule == plain


def _counts_simply(plan: Plan, finding: Finding, literal: set[str]) -> bool:
    count = finding.count
    if count is None or count.deed is not None or finding.article.number in literal:
        return False
    variables = finding.rule.variables
    articles = [p.article.number for p in plan.prohibition(count.article)]
    by_sector = "sector" in variables
    return (
        len(articles) == 1
        and not plan.duties(count.article)
        and set(count.__struct_fields__) == COUNTED
        and articles[0] not in literal
        and count.by_variable == "party"
        and "party" in variables
        and count.parties is None
        and (count.sector_variable is not None) == by_sector
        and count.at_least >= 1
    )


def _rest(plan: Plan, literal: set[str], judged: list[Obligation]) -> Plan:
    """The clauses that are judged anew, and all to which their findings refer.

    Obligations that a procedure calls for stay: they say which breaches are waited for.
    """
    needed = set(literal)
    while True:
        findings = tuple(f for f in plan.findings if f.article.number in needed)
        more = set(_named(plan, needed))
        if more <= needed:
            break
        needed |= more
    return msgspec.structs.replace(
        plan,
        prohibitions=tuple(p for p in plan.prohibitions if p.article.number in needed),
        findings=findings,
        obligations=tuple(
            o for o in plan.obligations if o not in judged or o.article.number in needed
        ),
        issues=(),
    )


def _named(plan: Plan, needed: set[str]) -> Iterator[str]:
    """Articles to which conditions refer, by number or by their finding."""
    shapes = _shapes(plan, plan.obligations)
    terms: list[Term] = [s.article for s in shapes if s.article.number in needed]
    terms += plan.agreement.conditions if terms else ()
    names: set[str] = set()
    for term in terms:
        counted = [b.article.number for b in find(term, Breaches)]
        yield from (a.number for n in counted for a in plan.agreement.find(n))
        names |= {state.finding for state in find(term, FindingState)}
        names |= {episodes.finding for episodes in find(term, Episodes)}
    yield from (f.article.number for f in plan.findings if f.rule.name in names)


def _acts(rest: Plan) -> frozenset[str]:
    """Of their own articles, and of every condition that has a name.

    To clear is judged by what was seen there, of which the text need not speak (O6).
    """
    called = [o for o in rest.obligations if o.trigger is None or o.called_by]
    shapes = list(_shapes(rest, called))
    articles: list[Article] = [shape.article for shape in shapes]
    named = rest.agreement.conditions if shapes else ()
    return needed_acts(rest.agreement, [*articles, *named])


# --- what procedures and starts look at ----------------------------------------------


def starting_acts(plan: Plan) -> frozenset[str]:
    """Acts on record that start or end an article or a version of the text."""
    terms = [a.in_force for a in plan.agreement.articles if a.in_force is not None]
    after = [
        rule.after
        for prohibition in plan.prohibitions
        for rule in prohibition.rules
        if isinstance(rule.after, Before)
    ]
    return acts_of([*terms, *after, *plan.agreement.versions])


def recorded_acts(plan: Plan) -> frozenset[str]:
    """Acts that a procedure can speak of."""
    found = {"ballot", "proposal", "meet", "suspend"} | set(plan.upon_acts)
    called = [o for o in plan.obligations if o.called_by is None]
    found |= {o.pattern.act for o in called}
    found |= {power.rule.deed.act for power in plan.powers}
    if any(o.pattern.act == CLEARING for o in called):
        found.add(SIGHTING)
    frames = [a.suspended_while for a in plan.agreement.articles]
    frames += [a.surviving for a in plan.agreement.articles]
    asked = [*plan.recorded, *(frame for frame in frames if frame is not None)]
    return frozenset(found) | needed_acts(plan.agreement, asked)


def is_procedural(plan: Plan) -> bool:
    """True where something may follow an episode."""
    woken = [o for o in plan.obligations if o.trigger is not None and not o.called_by]
    attributed = [f for f in plan.findings if f.rule.attribution is not None]
    follows = any(plan.failing_that(a.number) for a in plan.agreement.articles)
    powers = plan.powers or follows
    return bool(woken or attributed or plan.decisions or plan.effects or powers)


def record_reach(plan: Plan) -> int | None:
    """How long something may still follow an episode; None: for ever."""
    woken = [o for o in plan.obligations if o.trigger is not None and not o.called_by]
    procedures = [rule.rule.procedure for rule in plan.decisions]
    deadlines = [o.deadline for o in woken] + [p.deadline for p in procedures]
    if not all(isinstance(deadline, Within) for deadline in deadlines):
        return None
    lengths = find(plan.agreement, Duration)
    return sum(
        MONTH_S * one.months if one.is_calendar else one.seconds for one in lengths
    )


def is_restless(plan: Plan) -> bool:
    """True where a procedure's clock may stand still: it is looked at every time."""
    return bool(plan.recorded or plan.powers)
