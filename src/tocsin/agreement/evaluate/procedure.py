"""What follows once breaches and episodes stand: attribution, decisions, effects.

Both engines hand over to this module. Here nothing is uncertain any more: an episode is
alleged or not, a ballot on record counts or does not; doubt stays in the record of the
episode (rule V1). Everything is recomputed from the facts in rounds until nothing new
follows, so that clauses may wake each other in any order of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.decisions import Ballot, Tally, tally
from tocsin.agreement.evaluate.clocks import later
from tocsin.agreement.evaluate.force import EVER, instant_of
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged, Opened, Stated
from tocsin.agreement.evaluate.oracle_duties import Call, judge_call
from tocsin.agreement.evaluate.plan import (
    DecisionRule,
    EffectRule,
    Obligation,
    who_names,
)
from tocsin.agreement.evaluate.results import (
    Attribution,
    Decision,
    DecisionOutcome,
    Duty,
    Effect,
    EffectState,
    Episode,
    episode_id,
)
from tocsin.agreement.evaluate.rows import Row
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.triggers import Event, Firing, firings
from tocsin.agreement.terms import (
    Before,
    Deadline,
    EventTime,
    Norm,
    Procedure,
    SuspendedBy,
    Within,
)
from tocsin.errors import WrongUse
from tocsin.model.records import Issue, Witness
from tocsin.model.times import from_seconds, seconds, utc_text
from tocsin.model.vocabulary import Vote

__all__ = ["Proceeded", "proceed"]

MOST_ROUNDS: Final = 16
BALLOT, PROPOSAL, MEETING, SUSPENSION = "ballot", "proposal", "meet", "suspend"


class Proceeded(msgspec.Struct, kw_only=True):
    """Everything that followed, and the verdicts on duties among it."""

    episodes: list[Episode] = []
    decisions: list[Decision] = []
    duties: list[Duty] = []
    effects: list[Effect] = []
    rows: list[Row] = []
    issues: list[Issue] = []


class _Round(msgspec.Struct, kw_only=True):
    decisions: list[Decision]
    duties: list[Duty]
    effects: list[Effect]
    rows: list[Row]
    events: list[Event]
    issues: list[Issue]


def proceed(setting: Setting, judged: Judged) -> Proceeded:
    """Attribute the episodes, then follow every clause that they wake."""
    facts = _on_record(setting)
    episodes = [_attributed(setting, opened, facts) for opened in judged.episodes]
    given = [event for episode in episodes for event in _events_of(episode)]
    given += [e for stated in judged.breaches for e in _breach_events(setting, stated)]
    found: list[Event] = []
    for _ in range(MOST_ROUNDS):
        result = _follow(setting, facts, [*given, *found])
        if result.events == found:
            break
        found = result.events
    return Proceeded(
        episodes=episodes,
        decisions=result.decisions,
        duties=[*judged.duties, *result.duties],
        effects=result.effects,
        rows=result.rows,
        issues=result.issues,
    )


def _on_record(setting: Setting) -> tuple[Fact, ...]:
    """The facts that a procedure can speak of: a small part of the history."""
    plan, history = setting.plan, setting.history
    kinds = {BALLOT, PROPOSAL, MEETING, SUSPENSION}
    kinds |= {o.pattern.act for o in plan.obligations if o.called_by is None}
    for obligation in plan.obligations:
        if obligation.called_by is None and obligation.excuses:
            kinds |= set(history.names("kind"))
    kinds |= setting.plan.upon_acts
    codes = np.array([history["kind"].of(kind) for kind in sorted(kinds)])
    rows = np.flatnonzero(np.isin(history["kind"].code, codes))
    until = setting.question.until
    return tuple(history.fact(int(row)) for row in rows if history.t[row] < until)


# --- attribution ---------------------------------------------------------------------


def _attributed(setting: Setting, opened: Opened, facts: Sequence[Fact]) -> Episode:
    """An episode is found when it is attributed, or at once where nobody must (V2)."""
    procedure = opened.finding.rule.attribution
    clause, name = opened.finding.article.clause, opened.finding.rule.name
    found: datetime | None = from_seconds(opened.alleged)
    state: Attribution = "not_needed"
    due: int | None = None
    if procedure is not None:
        due = _due(setting, procedure.deadline, opened.alleged, None)
        held = _tally(
            setting,
            procedure,
            _bodies(setting, procedure, ()),
            _ballots(
                facts, {clause, name}, opened.party, opened.sector, opened.alleged
            ),
            proposal_at=None,
            due=due,
        )
        state = held.outcome
        found = held.decided_at if state == "adopted" else None
    return _episode(opened, found, state, due)


def _episode(
    opened: Opened, found: datetime | None, state: Attribution, due: int | None
) -> Episode:
    rule, article = opened.finding.rule, opened.finding.article
    alleged = from_seconds(opened.alleged)
    said = rule.attribution.otherwise if rule.attribution else None
    return Episode(
        episode_id=episode_id(
            rule.name, opened.party, opened.sector, utc_text(alleged)
        ),
        clause=article.clause,
        name=rule.name,
        party=opened.party,
        sector=opened.sector,
        alleged_at=alleged,
        found_at=found,
        attribution=state,
        attribution_due=None if due is None else from_seconds(due),
        closed_at=None if opened.closed is None else from_seconds(opened.closed),
        p=opened.p,
        p_ever=opened.ever,
        certain=opened.certain,
        method=opened.method,
        otherwise=str(said.article) if said and said.article else "",
        witness=Witness(
            facts=opened.facts,
            window_start=from_seconds(opened.window_start),
            window_end=alleged,
            number=float(opened.number),
        ),
        ranges=opened.ranges,
    )


def _events_of(episode: Episode) -> Iterator[Event]:
    alleged = seconds(episode.alleged_at)
    yield Event(
        kind="alleged",
        name=episode.name,
        article=episode.clause,
        party=episode.party,
        sector=episode.sector,
        t=alleged,
        episode=episode.episode_id,
    )
    if episode.found_at is not None:
        yield Event(
            kind="found",
            name=episode.name,
            article=episode.clause,
            party=episode.party,
            sector=episode.sector,
            t=seconds(episode.found_at),
            episode=episode.episode_id,
        )
    if episode.attribution == "lapsed" and episode.otherwise:
        assert episode.attribution_due is not None
        yield Event(
            kind="otherwise",
            name=episode.otherwise,
            article=episode.otherwise,
            party=episode.party,
            sector=episode.sector,
            t=seconds(episode.attribution_due),
            episode=episode.episode_id,
        )


def _breach_events(setting: Setting, stated: Stated) -> Iterator[Event]:
    """The breach itself, and what must follow it (``failing that``)."""
    breach = Event(
        kind="breach",
        name=stated.article,
        article=f"Article {stated.article}",
        party=stated.party,
        sector=stated.sector,
        subject=stated.subject,
        t=stated.t,
    )
    yield breach
    for obligation in setting.plan.obligations:
        if obligation.article.number == stated.article:
            for step in obligation.failing_that:
                if step.article is not None:
                    yield msgspec.structs.replace(
                        breach, kind="otherwise", name=str(step.article)
                    )


# --- one round -----------------------------------------------------------------------


def _follow(setting: Setting, facts: Sequence[Fact], events: Sequence[Event]) -> _Round:
    made = _Round(decisions=[], duties=[], effects=[], rows=[], events=[], issues=[])
    for obligation in setting.plan.obligations:
        if obligation.trigger is not None and obligation.called_by is None:
            _oblige(setting, obligation, facts, events, made)
    for decision in setting.plan.decisions:
        _decide(setting, decision, facts, events, made)
    for effect in setting.plan.effects:
        _take_effect(setting, effect, facts, events, made)
    return made


def _oblige(
    setting: Setting,
    obligation: Obligation,
    facts: Sequence[Fact],
    events: Sequence[Event],
    made: _Round,
) -> None:
    assert obligation.trigger is not None
    fired, issues = firings(
        setting, obligation.article, obligation.trigger, facts, events
    )
    made.issues += issues
    judged = Judged()
    for firing in fired:
        for holder in _holders(setting, obligation, firing):
            call = Call(
                holder=holder,
                sector=firing.sector,
                subject=firing.subject,
                t=firing.t,
                episode=firing.episode,
                about=firing.party if firing.party != holder else None,
            )
            judge_call(setting, obligation, call, facts, judged)
    made.duties += judged.duties
    made.rows += judged.single
    for stated in judged.breaches:
        made.events += _breach_events(setting, stated)


def _holders(
    setting: Setting, obligation: Obligation, firing: Firing
) -> Sequence[str | None]:
    who = obligation.who
    if who.quantifier is None and who.names == ("party",):
        return (firing.party,)
    if who.quantifier is None and who.names == ("opponent",):
        return [p for p in setting.plan.agreement.party_names if p != firing.party]
    return who_names(setting.plan.agreement, who)


# --- decisions -----------------------------------------------------------------------


def _decide(
    setting: Setting,
    rule: DecisionRule,
    facts: Sequence[Fact],
    events: Sequence[Event],
    made: _Round,
) -> None:
    if rule.rule.trigger is None:
        return
    fired, issues = firings(setting, rule.article, rule.rule.trigger, facts, events)
    made.issues += issues
    for firing in fired:
        decision = _decision(setting, rule, firing, facts)
        made.decisions.append(decision)
        made.events += _outcome_events(decision, firing)


def _decision(
    setting: Setting, rule: DecisionRule, firing: Firing, facts: Sequence[Fact]
) -> Decision:
    """Open from its trigger; proposed, voted on, decided or lapsed (rules V3 to V6)."""
    procedure, name = rule.rule.procedure, rule.rule.name
    names = {name, rule.article.clause}
    due = _due(setting, procedure.deadline, firing.t, None)
    proposed = _proposed(facts, names, firing, due)
    if due is None:
        due = _due(setting, procedure.deadline, firing.t, proposed)
    bodies = _bodies(setting, procedure, _article_bodies(rule))
    held = _tally(
        setting,
        procedure,
        bodies,
        _ballots(facts, names, firing.party, firing.sector, firing.t),
        proposal_at=proposed,
        due=due,
    )
    outcome, decided = _outcome(procedure, held, facts, bodies, firing, due)
    said = procedure.otherwise
    return Decision(
        clause=rule.article.clause,
        name=name,
        body=", ".join(bodies),
        episode=firing.episode,
        party=firing.party,
        opened_at=from_seconds(firing.t),
        proposal_at=None if proposed is None else from_seconds(proposed),
        outcome=outcome,
        decided_at=decided,
        due=held.due,
        otherwise=str(said.article or said.outcome) if said else "",
        yes=held.yes,
        no=held.no,
        abstain=held.abstain,
        silent=held.silent,
        can_block=held.can_block,
        smallest_block=held.smallest_block,
        would_suffice=held.would_suffice,
    )


def _outcome(
    procedure: Procedure,
    held: Tally,
    facts: Sequence[Fact],
    bodies: Sequence[str],
    firing: Firing,
    due: int | None,
) -> tuple[DecisionOutcome, datetime | None]:
    """What came out; a consultation decides nothing."""
    if procedure.consultation_only:
        for fact in facts:
            in_time = fact.t >= firing.t and (due is None or fact.t <= due)
            if fact.kind == MEETING and fact.party in bodies and in_time:
                return "consulted", from_seconds(fact.t)
    said = procedure.otherwise
    if held.outcome == "lapsed" and said is not None and said.outcome is not None:
        return said.outcome, held.decided_at
    return held.outcome, held.decided_at


def _outcome_events(decision: Decision, firing: Firing) -> Iterator[Event]:
    if decision.decided_at is None or decision.outcome == "consulted":
        return
    base = Event(
        kind=decision.outcome,
        name=decision.name,
        article=decision.clause,
        party=decision.party,
        sector=firing.sector,
        subject=firing.subject,
        t=seconds(decision.decided_at),
        episode=decision.episode,
    )
    yield base
    if decision.outcome == "lapsed" and decision.otherwise.startswith("Article "):
        yield msgspec.structs.replace(
            base, kind="otherwise", name=decision.otherwise, article=decision.otherwise
        )


def _proposed(
    facts: Sequence[Fact], names: set[str], firing: Firing, due: int | None
) -> int | None:
    """The first proposal of the decision since it was called for, in time."""
    for fact in facts:
        in_time = fact.t >= firing.t and (due is None or fact.t <= due)
        about = _about(fact, names, firing.party, firing.sector)
        if fact.kind == PROPOSAL and in_time and about:
            return fact.t
    return None


def _ballots(
    facts: Sequence[Fact],
    names: set[str],
    party: str | None,
    sector: str | None,
    since: int,
) -> list[Ballot]:
    """Ballots on this matter: those that name it, and name no other party or sector."""
    return [
        Ballot(member=fact.party, vote=Vote(fact.vote), t=from_seconds(fact.t))
        for fact in facts
        if fact.kind == BALLOT
        and fact.t >= since
        and fact.party is not None
        and fact.vote is not None
        and _about(fact, names, party, sector)
    ]


def _about(fact: Fact, names: set[str], party: str | None, sector: str | None) -> bool:
    wanted = {name.casefold() for name in names}
    return (
        fact.subject is not None
        and fact.subject.casefold() in wanted
        and fact.target_party in (None, party)
        and fact.sector in (None, sector)
    )


def _tally(
    setting: Setting,
    procedure: Procedure,
    bodies: Sequence[str],
    ballots: Sequence[Ballot],
    *,
    proposal_at: int | None,
    due: int | None,
) -> Tally:
    agreement = setting.plan.agreement
    members = [m for body in bodies for m in agreement.members_of(body) or (body,)]
    held = [g.weights for g in agreement.groups if g.name in bodies]
    held += [b.weights for b in agreement.bodies if b.name in bodies]
    weights = {weight.name: weight.votes for part in held for weight in part}
    return tally(
        procedure,
        ballots,
        members=tuple(dict.fromkeys(members)),
        weights=weights,
        proposal_at=None if proposal_at is None else from_seconds(proposal_at),
        due=None if due is None else from_seconds(due),
        at=from_seconds(setting.question.until - 1),
    )


def _bodies(
    setting: Setting, procedure: Procedure, else_: Sequence[str]
) -> tuple[str, ...]:
    if procedure.by is None:
        return tuple(else_)
    return who_names(setting.plan.agreement, procedure.by)


def _article_bodies(rule: DecisionRule) -> tuple[str, ...]:
    """Who decides where the text does not say: whom the article obliges."""
    for other in rule.article.rules:
        if isinstance(other, Norm) and other.who.names != ("party",):
            return other.who.names
    return ()


def _due(
    setting: Setting, deadline: Deadline | None, opened: int, proposed: int | None
) -> int | None:
    """Until when it may be decided; None: no deadline, or it does not run yet."""
    calendar = setting.plan.agreement.calendar
    try:
        if isinstance(deadline, Before):
            at = instant_of(setting.plan, setting.history, deadline.time)
            return None if at == EVER else at
        if isinstance(deadline, Within):
            of = deadline.of.base if deadline.of else None
            if isinstance(of, EventTime) and of.event == PROPOSAL:
                return proposed and later(proposed, deadline.duration, calendar)
            return later(opened, deadline.duration, calendar)
    except WrongUse:
        return None
    return None


# --- effects -------------------------------------------------------------------------


def _take_effect(
    setting: Setting,
    rule: EffectRule,
    facts: Sequence[Fact],
    events: Sequence[Event],
    made: _Round,
) -> None:
    if rule.rule.trigger is None:
        return
    fired, issues = firings(setting, rule.article, rule.rule.trigger, facts, events)
    made.issues += issues
    for firing in _once_each(fired):
        made.effects.append(_effect(setting, rule, firing, facts))


def _once_each(fired: Sequence[Firing]) -> list[Firing]:
    """One effect for one party at one instant, whatever the number of its reasons."""
    held: dict[tuple[str | None, int], Firing] = {}
    for firing in fired:
        key = (firing.party, firing.t)
        if key in held:
            because = tuple(dict.fromkeys((*held[key].because, *firing.because)))
            firing = msgspec.structs.replace(held[key], because=because)
        held[key] = firing
    return list(held.values())


def _effect(
    setting: Setting, rule: EffectRule, firing: Firing, facts: Sequence[Fact]
) -> Effect:
    due = _due(setting, rule.rule.deadline, firing.t, None)
    suspended = _suspended(setting, rule, firing, facts)
    state: EffectState = "in_effect"
    if suspended is not None:
        state = "suspended"
    elif due is not None and due >= setting.question.until:
        state = "pending"
    on = rule.rule.on
    by_name = on is not None and on.names not in (("party",), ("opponent",))
    return Effect(
        clause=rule.article.clause,
        effect=rule.rule.name,
        on=", ".join(on.names) if on is not None and by_name else firing.party,
        because=firing.because,
        arose_at=from_seconds(firing.t),
        due=None if due is None else from_seconds(due),
        suspended_at=None if suspended is None else from_seconds(suspended),
        state=state,
    )


def _suspended(
    setting: Setting, rule: EffectRule, firing: Firing, facts: Sequence[Fact]
) -> int | None:
    """When it was suspended: by a decision, or by an act where no vote is asked for."""
    unless = rule.rule.unless
    if unless is None or not isinstance(unless.condition, SuspendedBy):
        return None
    names = {rule.article.clause, rule.rule.name}
    bodies = who_names(setting.plan.agreement, unless.condition.who)
    if unless.procedure is not None:
        ballots = _ballots(facts, names, firing.party, firing.sector, firing.t)
        held = _tally(
            setting, unless.procedure, bodies, ballots, proposal_at=None, due=None
        )
        adopted = held.decided_at if held.outcome == "adopted" else None
        return None if adopted is None else seconds(adopted)
    for fact in facts:
        by = fact.kind == SUSPENSION and fact.party in bodies and fact.t >= firing.t
        if by and _about(fact, names, firing.party, firing.sector):
            return fact.t
    return None
