"""What follows once breaches and episodes stand: attribution, decisions, effects.

All engines hand over to this module. Here nothing is uncertain any more: an episode is
alleged or not, a ballot on record counts or does not; doubt stays in the record of the
episode (rule V1). Everything is recomputed from the facts in rounds until nothing new
follows, so that clauses may wake each other in any order of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np

from tocsin.agreement.decisions import Tally
from tocsin.agreement.evaluate.ballots import (
    BALLOT,
    MEETING,
    PROPOSAL,
    SUSPENSION,
    ballots,
    bodies_of,
    counted,
    due_of,
    is_about,
    silence_from,
)
from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.conditions import NotEvaluated
from tocsin.agreement.evaluate.duty_calls import Call, ready
from tocsin.agreement.evaluate.effects import effects_of
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.judged import Judged, Opened, Stated
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_clearing import judge_clearing
from tocsin.agreement.evaluate.oracle_duties import judge_call
from tocsin.agreement.evaluate.oracle_sources import Sources, literal_sources
from tocsin.agreement.evaluate.pausing import paused
from tocsin.agreement.evaluate.plan import (
    CLEARING,
    DecisionRule,
    EffectRule,
    Finding,
    Obligation,
    who_names,
)
from tocsin.agreement.evaluate.powers import powers_of
from tocsin.agreement.evaluate.results import (
    Attribution,
    Decision,
    DecisionOutcome,
    Duty,
    Effect,
    Episode,
    PowerUse,
    episode_id,
)
from tocsin.agreement.evaluate.rows import Row
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.triggers import Event, Firing, firings
from tocsin.agreement.terms import EARLIER, Article, Norm, Procedure
from tocsin.model.records import Issue, Witness
from tocsin.model.times import from_seconds, seconds, utc_text

__all__ = ["Proceeded", "proceed"]

MOST_ROUNDS: Final = 16
VOTING: Final = frozenset({BALLOT, PROPOSAL, SUSPENSION})


class Proceeded(msgspec.Struct, kw_only=True):
    """Everything that followed, and the verdicts on duties and powers among it.

    ``happened`` is what conditions of the evidence may speak of in the next round.
    """

    episodes: list[Episode] = []
    decisions: list[Decision] = []
    duties: list[Duty] = []
    effects: list[Effect] = []
    powers: list[PowerUse] = []
    rows: list[Row] = []
    issues: list[Issue] = []
    happened: tuple[Event, ...] = ()


class _Round(msgspec.Struct, kw_only=True):
    episodes: list[Episode] = []
    decisions: list[Decision] = []
    duties: list[Duty] = []
    effects: list[Effect] = []
    powers: list[PowerUse] = []
    rows: list[Row] = []
    events: list[Event] = []
    issues: list[Issue] = []


def proceed(setting: Setting, judged: Judged) -> Proceeded:
    """Attribute the episodes, then follow every clause that they wake."""
    setting = paused(setting)
    facts = _on_record(setting)
    begun = _Round()
    for opened in judged.episodes:
        _attribute(setting, opened, facts, begun)
    for stated in judged.breaches:
        _broken(setting, stated, facts, begun)
    result, found = _Round(), list[Event]()
    for _ in range(MOST_ROUNDS):
        happened = tuple(dict.fromkeys((*begun.events, *found)))
        result = _follow(msgspec.structs.replace(setting, happened=happened), facts)
        if result.events == found:
            break
        found = result.events
    return Proceeded(
        episodes=_once([*begun.episodes, *result.episodes]),
        decisions=[*begun.decisions, *result.decisions],
        duties=[*judged.duties, *result.duties],
        effects=result.effects,
        powers=result.powers,
        rows=result.rows,
        issues=result.issues,
        happened=happened,
    )


def _once(episodes: Iterable[Episode]) -> list[Episode]:
    held: dict[str, Episode] = {}
    for episode in episodes:
        held.setdefault(episode.episode_id, episode)
    return list(held.values())


def _on_record(setting: Setting) -> tuple[Fact, ...]:
    """The facts that a procedure can speak of: a small part of the history."""
    plan, history = setting.plan, setting.history
    kinds = {*VOTING, MEETING}
    kinds |= {o.pattern.act for o in plan.obligations if o.called_by is None}
    kinds |= {power.rule.deed.act for power in plan.powers}
    kinds |= setting.plan.upon_acts
    codes = np.array([history["kind"].of(kind) for kind in sorted(kinds)])
    rows = np.flatnonzero(np.isin(history["kind"].code, codes))
    until = setting.question.until
    found = (history.fact(int(row)) for row in rows if history.t[row] < until)
    return tuple(fact for fact in found if _counts(setting, fact))


def _counts(setting: Setting, fact: Fact) -> bool:
    """Ballots, proposals and suspensions count or do not: no chance is left (V1)."""
    return fact.kind not in VOTING or reaches(fact.p, setting.plan.standard)


# --- attribution ---------------------------------------------------------------------


def _attribute(
    setting: Setting, opened: Opened, facts: Sequence[Fact], made: _Round
) -> None:
    """An episode is found when it is attributed, or at once where nobody must (V2)."""
    found: datetime | None = from_seconds(opened.alleged)
    state: Attribution = "not_needed"
    due: int | None = None
    procedure = opened.finding.rule.attribution
    if procedure is not None and not opened.is_found:
        decision = _attribution(setting, opened, procedure, facts)
        made.decisions.append(decision)
        state = decision.outcome  # type: ignore[assignment]
        found = decision.decided_at if state == "adopted" else None
        due = due_of(setting, procedure.deadline, opened.alleged, None)
    episode = _episode(opened, found, state, due)
    made.episodes.append(episode)
    made.events += _events_of(episode)


def _attribution(
    setting: Setting, opened: Opened, procedure: Procedure, facts: Sequence[Fact]
) -> Decision:
    """The decision that attributes an episode, open from its allegation."""
    clause, name = opened.finding.article.clause, opened.finding.rule.name
    firing = Firing(t=opened.alleged, party=opened.party, sector=opened.sector)
    bodies = bodies_of(setting, procedure, ())
    due = due_of(setting, procedure.deadline, opened.alleged, None)
    proposed = _proposed(facts, {clause, name}, firing, due)
    cast = ballots(facts, {clause, name}, opened.party, opened.sector, opened.alleged)
    silent = silence_from(setting, procedure, opened.alleged, proposed)
    held = counted(setting, procedure, bodies, cast, proposal_at=silent, due=due)
    alleged = utc_text(from_seconds(opened.alleged))
    said = procedure.otherwise
    return _decided(
        held,
        clause=clause,
        name=name,
        body=", ".join(bodies),
        episode=episode_id(name, opened.party, opened.sector, alleged),
        party=opened.party,
        opened_at=from_seconds(opened.alleged),
        proposal_at=None if proposed is None else from_seconds(proposed),
        outcome=held.outcome,
        decided_at=held.decided_at,
        otherwise=str(said.article or said.outcome) if said else "",
    )


def _decided(held: Tally, **told: Any) -> Decision:
    return Decision(
        due=held.due,
        yes=held.yes,
        no=held.no,
        abstain=held.abstain,
        silent=held.silent,
        can_block=held.can_block,
        smallest_block=held.smallest_block,
        would_suffice=held.would_suffice,
        **told,
    )


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
        last=None if episode.closed_at is None else seconds(episode.closed_at) - 1,
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


def _broken(
    setting: Setting, stated: Stated, facts: Sequence[Fact], made: _Round
) -> None:
    """The breach itself, and what must follow it (``failing that``, rule V7)."""
    breach = Event(
        kind="breach",
        name=stated.article,
        article=f"Article {stated.article.partition(EARLIER)[0]}",
        party=stated.party,
        sector=stated.sector,
        subject=stated.subject,
        t=stated.t,
    )
    made.events.append(breach)
    for step in setting.plan.failing_that(stated.article):
        if step.article is not None:
            follows = msgspec.structs.replace(
                breach, kind="otherwise", name=str(step.article)
            )
            made.events.append(follows)
        elif step.finding is not None:
            for finding in setting.plan.findings:
                if finding.rule.name == step.finding.finding:
                    is_found = step.finding.state == "found"
                    opened = _opened_by(finding, stated, is_found=is_found)
                    _attribute(setting, opened, facts, made)


def _opened_by(finding: Finding, stated: Stated, *, is_found: bool) -> Opened:
    """An episode of one second, that of the breach; its verdict says how sure it is."""
    variables = finding.rule.variables
    return Opened(
        finding=finding,
        party=stated.party if "party" in variables else None,
        sector=stated.sector if "sector" in variables else None,
        alleged=stated.t,
        closed=stated.t + 1,
        p=1.0,
        ever=None,
        certain=False,
        method="exact",
        number=1,
        window_start=stated.t,
        ranges=(),
        facts=(),
        is_found=is_found,
    )


# --- one round -----------------------------------------------------------------------


def _follow(setting: Setting, facts: Sequence[Fact]) -> _Round:
    made, sources = _Round(), literal_sources(setting)
    for obligation in setting.plan.obligations:
        if obligation.trigger is not None and obligation.called_by is None:
            _oblige(setting, obligation, facts, sources, made)
    for decision in setting.plan.decisions:
        for firing in _fired(setting, decision, facts, sources.record, made):
            taken = _decision(setting, decision, firing, facts)
            made.decisions.append(taken)
            made.events += _outcome_events(taken, firing)
    for effect in setting.plan.effects:
        fired = _fired(setting, effect, facts, sources.record, made)
        with _refusing(effect.article, made):
            made.effects += effects_of(setting, effect, fired, facts, sources.record)
    for power in setting.plan.powers:
        with _refusing(power.article, made):
            uses, rows, issues = powers_of(setting, power, facts, sources.record)
            made.powers += uses
            made.rows += rows
            made.issues += issues
    return made


@contextmanager
def _refusing(article: Article, made: _Round) -> Iterator[None]:
    """A condition that nobody can evaluate is an issue, and the rest goes on (E1)."""
    try:
        yield
    except NotEvaluated as refused:
        made.issues.append(
            Issue(
                code="not_evaluated",
                where=refused.term.where,
                message=f"{article.clause}: `{refused.what}` is read and not evaluated",
                repair="judge this part by hand; the rest of the text is evaluated",
                warning=True,
            )
        )


def _fired(
    setting: Setting,
    rule: DecisionRule | EffectRule,
    facts: Sequence[Fact],
    record: OnRecord,
    made: _Round,
) -> list[Firing]:
    fired, issues = firings(setting, rule.article, rule.rule.trigger, facts, record)
    made.issues += issues
    return fired


def _oblige(
    setting: Setting,
    obligation: Obligation,
    facts: Sequence[Fact],
    sources: Sources,
    made: _Round,
) -> None:
    record = sources.record
    fired, issues = firings(
        setting, obligation.article, obligation.trigger, facts, record
    )
    made.issues += issues
    judged = Judged()
    with _refusing(obligation.article, made):
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
                for one in ready(setting, obligation, call, record):
                    if obligation.pattern.act == CLEARING:
                        judge_clearing(setting, obligation, one, sources, judged)
                    else:
                        judge_call(setting, obligation, one, facts, record, judged)
    made.duties += judged.duties
    made.rows += judged.single
    for stated in judged.breaches:
        _broken(setting, stated, facts, made)


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


def _decision(
    setting: Setting, rule: DecisionRule, firing: Firing, facts: Sequence[Fact]
) -> Decision:
    """Open from its trigger; proposed, voted on, decided or lapsed (rules V3 to V6)."""
    procedure, name = rule.rule.procedure, rule.rule.name
    names = {name, rule.article.clause}
    due = due_of(setting, procedure.deadline, firing.t, None)
    proposed = _proposed(facts, names, firing, due)
    if due is None:
        due = due_of(setting, procedure.deadline, firing.t, proposed)
    bodies = bodies_of(setting, procedure, _article_bodies(rule))
    cast = ballots(facts, names, firing.party, firing.sector, firing.t)
    silent = silence_from(setting, procedure, firing.t, proposed)
    held = counted(setting, procedure, bodies, cast, proposal_at=silent, due=due)
    outcome, decided = _outcome(procedure, held, facts, bodies, firing, due)
    said = procedure.otherwise
    return _decided(
        held,
        clause=rule.article.clause,
        name=name,
        body=", ".join(bodies),
        episode=firing.episode,
        party=firing.party,
        opened_at=from_seconds(firing.t),
        proposal_at=None if proposed is None else from_seconds(proposed),
        outcome=outcome,
        decided_at=decided,
        otherwise=str(said.article or said.outcome) if said else "",
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
        about = is_about(fact, names, firing.party, firing.sector)
        if fact.kind == PROPOSAL and in_time and about:
            return fact.t
    return None


def _article_bodies(rule: DecisionRule) -> tuple[str, ...]:
    """Who decides where the text does not say: whom the article obliges."""
    for other in rule.article.rules:
        if isinstance(other, Norm) and other.who.names != ("party",):
            return other.who.names
    return ()
