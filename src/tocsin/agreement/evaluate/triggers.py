"""What wakes a rule: ``upon`` an event, ``when`` a condition holds.

In comes what has happened so far (:class:`Event`), out come the firings of a trigger:
one for each event that fits, with the party, sector and subject that it binds. Any
other condition fires whenever it comes to hold on record (rule V9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.conditions import Bound, NotEvaluated
from tocsin.agreement.evaluate.force import EVER
from tocsin.agreement.evaluate.happened import Event, is_decided, is_stated
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.places import placed
from tocsin.agreement.evaluate.plan import Pattern, pattern, who_names
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Here
from tocsin.agreement.terms import (
    AllOf,
    AnyOf,
    Article,
    BreachOf,
    Compare,
    Condition,
    DecisionIs,
    Deed,
    Duration,
    Episodes,
    FindingState,
    Happened,
    Number,
    Trigger,
    VariableIs,
    Who,
)
from tocsin.agreement.terms import Breaches as BreachesTerm
from tocsin.agreement.walk import walk
from tocsin.model.records import Issue

__all__ = ["Event", "Firing", "firings", "holds_at"]


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger fired: when, about whom, where, because of what."""

    t: int
    party: str | None = None
    sector: str | None = None
    subject: str | None = None
    episode: str | None = None
    because: tuple[str, ...] = ()

    @property
    def bound(self) -> Bound:
        """What the variables of the rule's conditions stand for."""
        held = {"party": self.party, "sector": self.sector, "site": self.subject}
        return {name: value for name, value in held.items() if value is not None}


def firings(
    setting: Setting,
    article: Article,
    trigger: Trigger | None,
    facts: Sequence[Fact],
    record: OnRecord,
) -> tuple[list[Firing], list[Issue]]:
    """All firings while the article is in force, in time order, each once.

    Without a trigger the article itself calls, when it enters into force (rule O1).
    """
    try:
        fired = list(_woken(setting, article, trigger, facts, record))
    except NotEvaluated as refused:
        return [], [_not_evaluated(article, refused)]
    events = setting.happened
    fired += [_firing(event) for event in events if _otherwise(event, article)]
    once: dict[tuple[int, str, str, str, str], Firing] = {}
    for firing in fired:
        in_time = firing.t < setting.question.until
        if in_time and setting.force.binds(article.number, firing.t):
            once.setdefault(_order(firing), firing)
    return [once[key] for key in sorted(once)], []


def holds_at(
    record: OnRecord, condition: Condition, firing: Firing, clause: str
) -> bool:
    """Whether a condition holds at the second of a firing, about what it is about."""
    here = Here(names=frozenset({clause}))
    return record.holds(condition, firing.bound, firing.t, here)


def _woken(
    setting: Setting,
    article: Article,
    trigger: Trigger | None,
    facts: Sequence[Fact],
    record: OnRecord,
) -> Iterator[Firing]:
    if trigger is None:
        span = setting.force[article.number]
        begins = span.start if abs(span.start) < EVER else setting.question.start
        yield Firing(t=begins)
        return
    upon = trigger.upon if trigger.upon is not None else trigger.when
    assert upon is not None
    fired = _fired(setting, article, upon, facts, record)
    beside = trigger.when if trigger.upon is not None else None
    for firing in fired:
        if beside is None or holds_at(record, beside, firing, article.clause):
            yield firing


def _order(firing: Firing) -> tuple[int, str, str, str, str]:
    return (
        firing.t,
        firing.party or "",
        firing.sector or "",
        firing.subject or "",
        firing.episode or "",
    )


def _otherwise(event: Event, article: Article) -> bool:
    return event.kind == "otherwise" and event.name == article.clause


def _firing(event: Event) -> Firing:
    because = event.episode or event.article
    return Firing(
        t=event.t,
        party=event.party,
        sector=event.sector,
        subject=event.subject,
        episode=event.episode,
        because=(because,),
    )


def _fired(
    setting: Setting,
    article: Article,
    condition: Condition,
    facts: Sequence[Fact],
    record: OnRecord,
) -> list[Firing]:
    match condition:
        case AnyOf():
            return [
                firing
                for part in condition.conditions
                for firing in _fired(setting, article, part, facts, record)
            ]
        case AllOf() if any(_is_event(setting, c) for c in condition.conditions):
            return list(_together(setting, article, condition, facts, record))
        case FindingState() | BreachOf() | DecisionIs():
            return [_firing(e) for e in setting.happened if _is(setting, condition, e)]
        case Compare() if _counts_episodes(condition):
            return _counted(setting, condition, setting.happened)
        case Happened() if _is_event(setting, condition):
            return _deeds(setting, condition, facts)
    return list(_risen_to(setting, article, condition, record))


def _is_event(setting: Setting, condition: Condition) -> bool:
    """True for what happens at an instant; all else is a state that comes to hold."""
    match condition:
        case FindingState() | BreachOf() | DecisionIs():
            return True
        case Compare():
            return _counts_episodes(condition)
        case Happened(in_last=None):
            lets = {named.name for named in setting.plan.agreement.conditions}
            deed = pattern(setting.plan.agreement, condition.deed)
            bound = deed.near_to in {"place", "site"} or deed.unexcused
            return condition.deed.act not in lets and not bound
    return False


def _together(
    setting: Setting,
    article: Article,
    condition: AllOf,
    facts: Sequence[Fact],
    record: OnRecord,
) -> Iterator[Firing]:
    """Each event of the condition fires where all of the rest holds at its second."""
    for part in condition.conditions:
        if not _is_event(setting, part):
            continue
        rest = [other for other in condition.conditions if other is not part]
        for firing in _fired(setting, article, part, facts, record):
            if all(holds_at(record, c, firing, article.clause) for c in rest):
                yield firing


def _is(
    setting: Setting, condition: FindingState | BreachOf | DecisionIs, event: Event
) -> bool:
    match condition:
        case FindingState():
            variables = setting.plan.variables_of(condition.finding)
            return is_stated(condition, event, {}, variables)
        case BreachOf():
            of = condition.breaches
            meant = {a.number for a in setting.plan.agreement.find(of.article.number)}
            fits = event.kind == "breach" and event.name in meant
            fits = fits and of.in_ in {None, "sector", event.sector}
            return fits and _is_by(setting, of.by, event.party)
        case DecisionIs():
            return is_decided(setting.plan.agreement, condition, event, {})


def _is_by(setting: Setting, who: Who | None, party: str | None) -> bool:
    if who is None or (who.quantifier is None and who.names == ("party",)):
        return True
    return party in who_names(setting.plan.agreement, who)


def _deeds(
    setting: Setting, condition: Happened, facts: Sequence[Fact]
) -> list[Firing]:
    deed = pattern(setting.plan.agreement, condition.deed)
    there = _inside(setting, deed)
    return [
        Firing(
            t=fact.t,
            party=fact.target_party if deed.against_variable == "party" else fact.party,
            sector=fact.sector,
            subject=fact.subject,
            because=(fact.fact_id,),
        )
        for fact in facts
        if reaches(fact.p, setting.plan.standard)
        and matches(fact, deed, {})
        and (there is None or bool(there[fact.row]))
    ]


def _inside(setting: Setting, deed: Pattern) -> np.ndarray | None:
    """Which facts lie where the deed asks, as surely as the default standard asks."""
    inside = placed(deed, setting.history, setting.plan.agreement, setting.areas)
    if inside is None:
        return None
    return np.nan_to_num(inside.p) >= setting.plan.standard


# --- what comes to hold --------------------------------------------------------------


def _risen_to(
    setting: Setting, article: Article, condition: Condition, record: OnRecord
) -> Iterator[Firing]:
    """Fires when it comes to hold, for each party and place of which it speaks."""
    span = setting.force[article.number]
    begins = span.start if abs(span.start) < EVER else setting.question.start
    here = Here(names=frozenset({article.clause}))
    for firing in _about_whom(setting, condition):
        for held in record.spans(condition, firing.bound, here):
            t = held.start if held.start > -EVER else begins
            if span.start > -EVER and t < begins < held.stop:
                t = begins
            yield msgspec.structs.replace(firing, t=t)


def _about_whom(setting: Setting, condition: Condition) -> Iterator[Firing]:
    variables = set(_variables(setting, condition))
    parties: Sequence[str | None] = (None,)
    if variables & {"party", "opponent"}:
        parties = setting.plan.agreement.party_names
    sectors = setting.sectors if "sector" in variables else (None,)
    sites: Sequence[str | None] = (None,)
    if "site" in variables:
        known = {site.name for site in setting.plan.agreement.sites}
        sites = sorted(known | set(setting.history.names("subject")))
    for party in parties:
        for sector in sectors:
            for site in sites:
                yield Firing(t=0, party=party, sector=sector, subject=site)


def _variables(setting: Setting, condition: Condition) -> Iterator[str | None]:
    lets = {named.name: named.when for named in setting.plan.agreement.conditions}
    for term in walk(condition):
        match term:
            case Who(quantifier=None):
                yield from term.names
            case Deed():
                yield from (term.in_, term.at)
                if term.act in lets:
                    yield from _variables(setting, lets[term.act])
            case BreachesTerm():
                yield from (term.in_, term.at)
            case Episodes():
                yield term.in_
            case FindingState():
                known = setting.plan.variables_of(term.finding)
                yield from term.arguments or known
            case VariableIs():
                yield term.variable
            case _:
                pass


# --- counting episodes ---------------------------------------------------------------


def _counts_episodes(condition: Compare) -> bool:
    """``count of episodes of F over W >= k``, which fires once when it is reached."""
    left = condition.left
    known = left.over is not None and not left.over.is_calendar
    counts = isinstance(left.subject, Episodes) and left.function == "count"
    grows = condition.operator in (">=", ">") and isinstance(condition.right, Number)
    return known and counts and grows


def _counted(
    setting: Setting, condition: Compare, events: Sequence[Event]
) -> list[Firing]:
    """Fires when the count of found episodes comes to reach its number (rule F6)."""
    subject, over, least = condition.left.subject, condition.left.over, condition.right
    assert isinstance(subject, Episodes)
    assert isinstance(least, Number)
    assert over is not None
    k = int(least.value) + (condition.operator == ">")
    fired = []
    for group in _groups(setting, subject, events):
        fired += _risen(group, over, k)
    return fired


def _groups(
    setting: Setting, subject: Episodes, events: Sequence[Event]
) -> Iterable[list[Event]]:
    """Found episodes by what the count distinguishes: the party, the sector."""
    groups: dict[tuple[str | None, str | None], list[Event]] = {}
    for event in events:
        if event.kind != "found" or event.name != subject.finding:
            continue
        if not _is_by(setting, subject.by, event.party):
            continue
        by_sector = event.sector if subject.in_ == "sector" else None
        if subject.in_ not in (None, "sector", event.sector):
            continue
        by_party = event.party if subject.by is not None else None
        groups.setdefault((by_party, by_sector), []).append(event)
    return groups.values()


def _risen(group: Sequence[Event], over: Duration, k: int) -> list[Firing]:
    times = sorted(event.t for event in group)
    fired, above = [], False
    for at in sorted({t + d for t in times for d in (0, over.seconds + 1)}):
        inside = [event for event in group if at - over.seconds <= event.t <= at]
        if len(inside) >= k and not above:
            first = inside[0]
            ids = tuple(event.episode or event.name for event in inside)
            fired.append(
                Firing(
                    t=at,
                    party=first.party,
                    sector=first.sector
                    if len({e.sector for e in inside}) == 1
                    else None,
                    because=ids,
                )
            )
        above = len(inside) >= k
    return fired


def _not_evaluated(article: Article, refused: NotEvaluated) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"{article.clause}: `{refused.what}` is read but wakes nothing",
        repair="judge this part by hand; the rest of the article is evaluated",
        warning=True,
    )
