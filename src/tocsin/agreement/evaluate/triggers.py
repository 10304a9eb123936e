"""What wakes a rule: ``upon`` an event, ``when`` a condition holds.

In comes what has happened so far (:class:`Event`), out come the firings of a trigger:
one for each event that fits, with the party, sector and subject that it binds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.plan import pattern, who_names
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.terms import (
    AnyOf,
    Article,
    ArticleIs,
    BreachOf,
    Compare,
    Condition,
    DecisionIs,
    Duration,
    Episodes,
    FindingState,
    Happened,
    Number,
    Trigger,
    Who,
)
from tocsin.model.records import Issue

__all__ = ["Event", "Firing", "firings"]

Kind = Literal[
    "alleged",
    "found",
    "breach",
    "adopted",
    "rejected",
    "lapsed",
    "pending",
    "consulted",
    "otherwise",
]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a party, in a sector, about a subject."""

    kind: Kind
    name: str
    article: str
    party: str | None
    sector: str | None
    t: int
    subject: str | None = None
    episode: str | None = None


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger fired: when, about whom, where, because of what."""

    t: int
    party: str | None = None
    sector: str | None = None
    subject: str | None = None
    episode: str | None = None
    because: tuple[str, ...] = ()


class _Refused(Exception):
    """A condition that cannot wake a rule in this version."""

    def __init__(self, term: Condition) -> None:
        self.term = term
        super().__init__(type(term).__name__)


def firings(
    setting: Setting,
    article: Article,
    trigger: Trigger,
    facts: Sequence[Fact],
    events: Sequence[Event],
) -> tuple[list[Firing], list[Issue]]:
    """All firings while the article is in force, in time order, each once."""
    span = setting.force[article.number]
    try:
        upon = trigger.upon if trigger.upon is not None else trigger.when
        assert upon is not None
        fired = _fired(setting, upon, facts, events)
        if trigger.upon is not None and trigger.when is not None:
            fired = [f for f in fired if _holds(setting, trigger.when, f, events)]
    except _Refused as refused:
        return [], [_not_evaluated(article, refused)]
    fired += [_firing(event) for event in events if _otherwise(event, article.number)]
    once: dict[tuple[int, str, str, str, str], Firing] = {}
    for firing in fired:
        if firing.t in span and firing.t < setting.question.until:
            once.setdefault(_order(firing), firing)
    return [once[key] for key in sorted(once)], []


def _order(firing: Firing) -> tuple[int, str, str, str, str]:
    return (
        firing.t,
        firing.party or "",
        firing.sector or "",
        firing.subject or "",
        firing.episode or "",
    )


def _otherwise(event: Event, number: str) -> bool:
    return event.kind == "otherwise" and event.name == f"Article {number}"


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
    condition: Condition,
    facts: Sequence[Fact],
    events: Sequence[Event],
) -> list[Firing]:
    match condition:
        case AnyOf():
            parts = [_fired(setting, c, facts, events) for c in condition.conditions]
            return [firing for part in parts for firing in part]
        case FindingState() | BreachOf() | DecisionIs():
            return [_firing(e) for e in events if _is(setting, condition, e)]
        case Compare():
            return _counted(setting, condition, events)
        case Happened() if condition.in_last is None:
            return _deeds(setting, condition, facts)
    raise _Refused(condition)


def _is(
    setting: Setting, condition: FindingState | BreachOf | DecisionIs, event: Event
) -> bool:
    match condition:
        case FindingState():
            return event.kind == condition.state and event.name == condition.finding
        case BreachOf():
            of = condition.breaches
            meant = {a.number for a in setting.plan.agreement.find(of.article.number)}
            fits = event.kind == "breach" and event.name in meant
            return fits and _is_by(setting, of.by, event.party)
        case DecisionIs():
            if event.kind != condition.outcome:
                return False
            if condition.article is not None:
                found = setting.plan.agreement.find(condition.article.number)
                return event.article in {article.clause for article in found}
            return event.name == condition.decision


def _is_by(setting: Setting, who: Who | None, party: str | None) -> bool:
    if who is None or (who.quantifier is None and who.names == ("party",)):
        return True
    return party in who_names(setting.plan.agreement, who)


def _deeds(
    setting: Setting, condition: Happened, facts: Sequence[Fact]
) -> list[Firing]:
    deed = pattern(setting.plan.agreement, condition.deed)
    if deed.zone or deed.near or deed.unexcused:
        raise _Refused(condition)
    return [
        Firing(
            t=fact.t,
            party=fact.target_party if deed.against_variable == "party" else fact.party,
            sector=fact.sector,
            subject=fact.subject,
            because=(fact.fact_id,),
        )
        for fact in facts
        if reaches(fact.p, setting.plan.standard) and matches(fact, deed, {})
    ]


# --- counting episodes ---------------------------------------------------------------


def _counted(
    setting: Setting, condition: Compare, events: Sequence[Event]
) -> list[Firing]:
    """Fires when the count of found episodes comes to reach its number (rule F6)."""
    subject, over, least = condition.left.subject, condition.left.over, condition.right
    if not isinstance(subject, Episodes) or condition.left.function != "count":
        raise _Refused(condition)
    if over is None or over.is_calendar or condition.operator not in (">=", ">"):
        raise _Refused(condition)
    if not isinstance(least, Number):
        raise _Refused(condition)
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


# --- conditions beside the event -----------------------------------------------------


def _holds(
    setting: Setting, condition: Condition, firing: Firing, events: Sequence[Event]
) -> bool:
    match condition:
        case ArticleIs() if condition.state in ("in_force", "not_in_force"):
            meant = setting.plan.agreement.find(condition.article.number)
            inside = any(firing.t in setting.force[a.number] for a in meant)
            return inside == (condition.state == "in_force")
        case FindingState() | DecisionIs() | BreachOf():
            return any(
                _is(setting, condition, event)
                and event.t <= firing.t
                and event.party in (None, firing.party)
                for event in events
            )
    raise _Refused(condition)


def _not_evaluated(article: Article, refused: _Refused) -> Issue:
    return Issue(
        code="not_evaluated",
        where=refused.term.where,
        message=f"{article.clause}: this condition is read but wakes nothing yet",
        repair="judge this part by hand; the rest of the article is evaluated",
        warning=True,
    )
