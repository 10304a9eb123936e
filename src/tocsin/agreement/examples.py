"""For each clause a history that keeps it and one that breaks it.

A candidate is composed from the clause's own words: its act, its trigger, the count
that a finding asks for, the ballots that attribute it. Candidates are tried one after
the other (party by party, sector by sector) and *believed only when the engine says
so*; then every fact that is not needed is taken out again. Where no candidate is
confirmed, the clause has no example and the reason stands there: nothing is made up.

Everything here is imagined: facts carry ``origin`` imagined, and a history names the
parties of the text only because the text does. It says nothing about what they did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

from tocsin.agreement.common_acts import ANCHORS
from tocsin.agreement.evaluate import Evaluation, evaluate_fully
from tocsin.agreement.evaluate.plan import plan
from tocsin.agreement.terms import (
    Agreement,
    AllOf,
    AnyOf,
    Article,
    ArticleIs,
    Before,
    BreachOf,
    Compare,
    Condition,
    Decision,
    DecisionIs,
    Deed,
    Duration,
    Effect,
    EventTime,
    FilterIn,
    FindingRule,
    FindingState,
    FixedTime,
    Forbid,
    Happened,
    Number,
    Oblige,
    Power,
    Procedure,
    Rule,
    TimePoint,
    VariableIs,
    Who,
    Within,
)
from tocsin.agreement.unshowable import UNLESS_SHOWN, why_none
from tocsin.agreement.walk import find
from tocsin.errors import WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Instant
from tocsin.model.tables import COVERAGE, FACTS, conform

__all__ = ["Example", "Mode", "examples", "tables_of"]

Mode = Literal["keeps", "breaks"]
Facts = list[dict[str, Any]]

EPOCH: Final = datetime(2030, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
MONTH_S: Final = 30 * 86_400
DEFAULT_S: Final = 24 * 3_600
MOST_TRIES: Final = 6
MOST_TRIMMED: Final = 8  # histories longer than that are counts; their number is needed
ORIGIN: Final = "imagined"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A history under a clause.

    Attributes:
        clause: e.g. ``Article 1(1)``.
        mode: whether the history keeps the clause or breaks it.
        outcome: what the engine says (``met``, ``breached``, ``found``, ...); "" where
            no history was confirmed.
        facts: rows of a FACTS table, in time order.
        start, until: the question that the engine was asked.
        at: when the outcome holds from.
        due: when it was due, or None.
        reason: why there is no example, else "".
    """

    clause: str
    mode: Mode
    outcome: str = ""
    facts: tuple[dict[str, Any], ...] = ()
    start: Instant | None = None
    until: Instant | None = None
    at: Instant | None = None
    due: Instant | None = None
    reason: str = ""


def examples(agreement: Agreement, areas: Areas) -> dict[str, tuple[Example, Example]]:
    """For each clause one history that keeps it and one that breaks it."""
    made = {}
    blocked = {issue.where.line for issue in plan(agreement).issues}
    for article in agreement.articles:
        if article.repealed:
            continue
        maker = _Maker(agreement, areas, article)
        made[article.clause] = (
            maker.example("keeps", blocked),
            maker.example("breaks", blocked),
        )
    return made


def tables_of(example: Example) -> tuple[pa.Table, pa.Table]:
    """FACTS and COVERAGE of an example; everything was watched throughout."""
    rows = [
        {"fact_id": f"f{n:03}", "origin": ORIGIN, **row}
        for n, row in enumerate(example.facts)
    ]
    facts = conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")
    watched = [
        {
            "t_start": example.start,
            "t_end": example.until,
            "share": 1.0,
            "origin": ORIGIN,
        }
    ]
    return facts, pa.Table.from_pylist(watched, schema=COVERAGE)


class _Unknown(Exception):
    """A condition that nothing here knows how to bring about."""


class _Maker:
    """Candidates for one article, and their confirmation."""

    def __init__(self, agreement: Agreement, areas: Areas, article: Article) -> None:
        self.agreement = agreement
        self.areas = areas
        self.article = article
        self.start = _start_of(agreement)
        self.bind: dict[str, str] = {}

    def example(self, mode: Mode, blocked: set[int | None]) -> Example:
        """The first candidate that the engine confirms, or why there is none."""
        clause = self.article.clause
        told = why_none(self.agreement, self.areas, self.article, mode, blocked)
        if told and told not in UNLESS_SHOWN:
            return Example(clause=clause, mode=mode, reason=told)
        for rule in self.article.rules:
            for bound in self.bindings():
                self.bind = bound
                for facts, until in self.candidates(rule, mode):
                    found = self.confirmed(rule, mode, facts, until)
                    if found is not None:
                        return self.trimmed(rule, mode, found)
        return Example(clause=clause, mode=mode, reason=told or "no_example")

    def bindings(self) -> Iterator[dict[str, str]]:
        """Who, where and about what, in turn."""
        sectors = [sector.name for sector in self.agreement.sectors]
        sectors += [area.name for area in self.areas.of_kind("sector")]
        site = next((site.name for site in self.agreement.sites), "Site 1")
        tried = 0
        for party in self.agreement.party_names:
            others = [one for one in self.agreement.party_names if one != party]
            for sector in dict.fromkeys([*sectors[:1], ""]):
                if tried < MOST_TRIES:
                    tried += 1
                    yield {
                        "party": party,
                        "opponent": others[0] if others else party,
                        "sector": sector,
                        "site": site,
                    }

    # --- candidates

    def candidates(self, rule: Rule, mode: Mode) -> Iterator[tuple[Facts, datetime]]:
        """Histories to try under a rule, the plainest first."""
        try:
            facts, until = self.candidate(rule, mode)
        except _Unknown:
            return
        yield facts, until
        if isinstance(rule, Oblige) and mode == "breaks":
            for then in rule.then:  # what may not be there once the time is over
                late = self.deed(then.deed, then.who, until - 48 * HOUR)
                yield [*facts, *late], until
        if isinstance(rule, Oblige) and mode == "keeps":
            yield self.woken(rule, self.start + 48 * HOUR), until

    def candidate(self, rule: Rule, mode: Mode) -> tuple[Facts, datetime]:
        """Facts that should keep or break a rule, and until when to look."""
        t = self.start + 48 * HOUR
        match rule:
            case Forbid():
                facts = self.woken(rule, t)
                facts += self.deed(rule.deed, rule.who, t) if mode == "breaks" else []
                return facts, t + 24 * HOUR
            case Oblige():
                return self.obligation(rule, mode, t)
            case FindingRule():
                facts = self.finding(rule, t)
                return (facts if mode == "breaks" else facts[:-1]), t + 240 * HOUR
            case Decision():
                facts = self.woken(rule, t)
                facts += self.decided(rule, t, yes=mode == "keeps")
                return facts, t + self.span(rule.procedure.deadline) + 240 * HOUR
            case Power():
                return self.power(rule, mode, t)
            case Effect():
                until = t + self.span(rule.deadline) + 480 * HOUR
                return (self.woken(rule, t) if mode == "keeps" else []), until
        raise _Unknown

    def obligation(
        self, rule: Oblige, mode: Mode, t: datetime
    ) -> tuple[Facts, datetime]:
        facts = self.woken(rule, t) + self.anchors(rule, t)
        if rule.needs is not None:
            facts += self.condition(rule.needs, t)
        span = self.span(rule.deadline)
        if isinstance(rule.deadline, Before):
            t = self.start
        wait = self.waited(rule) if rule.trigger else timedelta()
        done = t + wait + min(span / 2, 12 * HOUR)
        if mode == "keeps":
            facts += self.done(rule, done)
        return facts, t + wait + span + 96 * HOUR

    def done(self, rule: Oblige, t: datetime) -> Facts:
        """The deed by its holder; by all parties, where each owes it unasked."""
        facts = self.deed(rule.deed, rule.who, t)
        if rule.trigger is not None or rule.who.names != ("party",):
            return facts
        return [
            fact | {"party": name}
            for fact in facts
            for name in self.agreement.party_names
        ]

    def anchors(self, rule: Oblige, t: datetime) -> Facts:
        """Events that a deadline runs from, where nothing else brings them about."""
        point = rule.deadline.of if isinstance(rule.deadline, Within) else None
        point = rule.deadline.time if isinstance(rule.deadline, Before) else point
        base = point.base if point else None
        woken = (
            {deed.act for deed in find(rule.trigger, Deed)} if rule.trigger else set()
        )
        if not isinstance(base, EventTime) or base.event in ANCHORS | woken:
            return []
        return [{"kind": base.event, "t": self.start if rule.trigger is None else t}]

    def power(self, rule: Power, mode: Mode, t: datetime) -> tuple[Facts, datetime]:
        """What a power needs; of all that, the last is missing where it stays shut."""
        needs = rule.needs
        parts = needs.conditions if isinstance(needs, AllOf) else (needs,)
        made = [self.needed(part, t) for part in parts if part is not None]
        made = [facts for facts in made if facts]
        if mode == "breaks":
            made = made[:-1]
        woken = [] if mode == "breaks" and needs is None else self.woken(rule, t)
        facts = woken + [fact for part in made for fact in part]
        return facts, t + self.waited(rule) + 240 * HOUR

    def needed(self, part: Condition, t: datetime) -> Facts:
        """Facts of a precondition; a consent or a mandate has no sector."""
        facts = self.condition(part, t)
        anywhere = isinstance(part, Happened) and part.deed.in_ is None
        for fact in facts if anywhere else []:
            fact.pop("sector", None)
        return facts

    def waited(self, rule: Rule) -> timedelta:
        """How long after its first fact what wakes a rule has happened."""
        upon = rule.trigger.upon if rule.trigger else None
        if upon is None:
            return timedelta()
        if any(True for _ in find(upon, FindingState)):
            return 2 * HOUR
        waits = [
            self.span(duty.deadline)
            for one in find(upon, BreachOf)
            for article in self.agreement.find(one.breaches.article.number)
            for duty in article.rules
            if isinstance(duty, Oblige)
        ]
        return max(waits, default=timedelta()) + timedelta(minutes=30) * bool(waits)

    def woken(self, rule: Rule, t: datetime) -> Facts:
        """Facts that wake a rule."""
        trigger = rule.trigger
        if trigger is None:
            return []
        parts = [part for part in (trigger.upon, trigger.when) if part is not None]
        return [fact for part in parts for fact in self.condition(part, t)]

    def condition(  # noqa: PLR0911  # one case for each kind of condition
        self, condition: Condition, t: datetime
    ) -> Facts:
        """Facts after which a condition holds at ``t`` or soon after."""
        match condition:
            case Happened():
                return self.deed(condition.deed, condition.deed.by, t)
            case AllOf():
                parts = [self.condition(part, t) for part in condition.conditions]
                return [fact for part in parts for fact in part]
            case AnyOf():
                return self.first_of(condition.conditions, t)
            case BreachOf():
                return self.breach(condition.breaches.article.number, t)
            case FindingState():
                return self.found(condition.finding, t)
            case DecisionIs(outcome="lapsed"):
                return self.lapsed(condition, t)
            case DecisionIs(outcome="adopted"):
                return self.adopted(condition, t)
            case ArticleIs(state="in_force"):
                return []
            case VariableIs():
                return []
            case Compare():
                return self.counted(condition, t)
        raise _Unknown

    def first_of(self, conditions: Sequence[Condition], t: datetime) -> Facts:
        for one in conditions:
            try:
                return self.condition(one, t)
            except _Unknown:
                continue
        raise _Unknown

    def breach(self, number: str, t: datetime) -> Facts:
        """Facts that break another article."""
        for article in self.agreement.find(number):
            for rule in article.rules:
                if isinstance(rule, Forbid):
                    return self.woken(rule, t) + self.deed(rule.deed, rule.who, t)
                if isinstance(rule, Oblige):
                    return self.woken(rule, t) + self.anchors(rule, t)
        raise _Unknown

    def counted(self, compare: Compare, t: datetime) -> Facts:
        """As many facts as a number asks for, within its window."""
        left = compare.left
        if left.function != "count" or not isinstance(compare.right, Number):
            raise _Unknown
        number = int(compare.right.value) + (compare.operator == ">")
        window = _length(left.over) if left.over else 24 * HOUR
        step = min(window / 2, 24 * HOUR) / max(number, 1)
        times = [t - step * (number - 1 - n) for n in range(number)]
        subject = left.subject
        if isinstance(subject, Deed):
            made = [self.deed(subject, subject.by, at) for at in times]
        elif hasattr(subject, "article"):
            made = [self.breach(subject.article.number, at) for at in times]
        else:
            raise _Unknown
        return [fact for part in made for fact in part]

    def found(self, name: str, t: datetime) -> Facts:
        for article in self.agreement.articles:
            for rule in article.rules:
                if isinstance(rule, FindingRule) and rule.name == name:
                    return self.finding(rule, t, clause=article.clause)
        raise _Unknown

    def finding(
        self, rule: FindingRule, t: datetime, *, clause: str | None = None
    ) -> Facts:
        """What alleges an episode, with ballots that attribute it."""
        sources = rule.standard.sources if rule.standard else None
        facts = self.condition(rule.when, t)
        for fact in facts:
            fact["n_independent"] = max(sources or 1, 1)
        if rule.attribution is not None:
            about = clause or self.article.clause
            ballots = self.ballots(rule.attribution, about, t + HOUR)
            facts = [*ballots, *facts] if clause is None else [*facts, *ballots]
        return facts

    def ballots(self, procedure: Procedure, subject: str, t: datetime) -> Facts:
        members = [
            member
            for name in (procedure.by.names if procedure.by else ())
            for member in (self.agreement.members_of(name) or (name,))
        ]
        about = {"target_party": self.bind["party"]}
        if self.bind["sector"]:
            about["sector"] = self.bind["sector"]
        return [
            {"kind": "ballot", "party": member, "subject": subject, "vote": "yes"}
            | about
            | {"t": t}
            for member in dict.fromkeys(members)
        ]

    def decided(self, rule: Decision, t: datetime, *, yes: bool) -> Facts:
        """A proposal, and ballots for it where it is to be adopted."""
        at = t + 3 * HOUR
        ballots = self.ballots(rule.procedure, rule.name, at + HOUR)
        if not ballots:
            raise _Unknown
        proposal = {**ballots[0], "kind": "proposal", "t": at}
        del proposal["vote"]
        return [proposal, *ballots] if yes else []

    def lapsed(self, condition: DecisionIs, t: datetime) -> Facts:
        """What calls for a decision that nobody then takes."""
        for article in self.agreement.articles:
            meant = condition.article and article.is_meant_by(condition.article.number)
            for rule in article.rules:
                named = isinstance(rule, Decision) and rule.name == condition.decision
                if isinstance(rule, Decision) and (meant or named):
                    return self.woken(rule, t)
        raise _Unknown

    def adopted(self, condition: DecisionIs, t: datetime) -> Facts:
        """What calls for a decision, and the votes that adopt it."""
        for article in self.agreement.articles:
            meant = condition.article and article.is_meant_by(condition.article.number)
            for rule in article.rules:
                named = isinstance(rule, Decision) and rule.name == condition.decision
                if isinstance(rule, Decision) and (meant or named):
                    return self.woken(rule, t) + self.decided(rule, t, yes=True)
        raise _Unknown

    # --- facts

    def deed(self, deed: Deed, who: Who | None, t: datetime) -> Facts:
        """The facts that a deed speaks of: one, or one for each who must do it."""
        everyone = self.everyone(deed.by if who is None else who)
        return [
            fact | {"party": name}
            for name in everyone
            for fact in self.one_deed(deed, who, t)
        ] or self.one_deed(deed, who, t)

    def everyone(self, who: Who | None) -> tuple[str, ...]:
        """All whom ``each member of`` or ``each contributor`` means; else nobody."""
        if who is None or who.quantifier is None or self.bind.keys() & set(who.names):
            return ()
        of = (who.of,) if who.of else self.deciders()
        groups = {group.name for group in self.agreement.groups}
        groups |= {body.name for body in self.agreement.bodies}
        members = [
            one
            for name in of
            for one in (self.agreement.members_of(name) if name in groups else (name,))
        ]
        return tuple(dict.fromkeys(members))

    def deciders(self) -> tuple[str, ...]:
        """Whom the powers and duties of the article are given to."""
        rules = [
            rule for rule in self.article.rules if isinstance(rule, Power | Oblige)
        ]
        return tuple(dict.fromkeys(name for rule in rules for name in rule.who.names))

    def one_deed(self, deed: Deed, who: Who | None, t: datetime) -> Facts:
        """A fact that a deed speaks of."""
        fact: dict[str, Any] = {"kind": deed.act.removeprefix("unexcused_"), "t": t}
        if not self.is_event(fact["kind"]):
            fact["party"] = self.actor(who)
        if deed.against is not None:
            fact["target_party"] = self.actor(deed.against)
        sector = self.sector(deed.in_)
        if sector:
            fact["sector"] = sector
        fact |= self.about(deed)
        return [fact]

    def is_event(self, act: str) -> bool:
        held = [one.performed_by for one in self.agreement.acts if one.name == act]
        return bool(held) and held[0] == ("nobody",)

    def actor(self, who: Who | None) -> str:
        if who is None:
            return self.bind["party"]
        name = who.names[0]
        if name in self.bind:
            return self.bind[name]
        if who.quantifier is not None and name == "member":
            members = self.agreement.members_of(who.of or "")
            return members[0] if members else self.bind["party"]
        return self.bind["party"] if name == "party" else name

    def sector(self, in_: str | None) -> str:
        if in_ is None or in_ in self.bind:
            return self.bind["sector"]
        zones = {zone.name: zone for zone in self.agreement.zones}
        if in_ in zones:
            return zones[in_].covers[0] if zones[in_].covers else self.bind["sector"]
        return in_

    def about(self, deed: Deed) -> dict[str, Any]:
        """Weapon, subject and place of a deed."""
        said: dict[str, Any] = {}
        lets = {let.name: let.filter for let in self.agreement.lets}
        for name in (deed.thing, deed.with_):
            rule = lets.get(name or "")
            if isinstance(rule, FilterIn) and rule.attribute == "weapon":
                said["weapon"] = rule.values[0]
            elif name and name not in lets:
                said["subject"] = name
        if deed.at is not None:
            said["subject"] = self.bind.get(deed.at, deed.at)
        return said | self.point(deed)

    def point(self, deed: Deed) -> dict[str, Any]:
        """A point on the line that a zone or a distance is measured from."""
        zones = {zone.name: zone for zone in self.agreement.zones}
        zone = zones.get(deed.in_ or "")
        near = zone.near if zone is not None else deed.near
        lines = [area for area in self.areas.areas if near and area.name == near.to]
        if not lines or lines[0].geometry is None:
            return {}
        on_line = lines[0].geometry.interpolate(0.5, normalized=True)
        return {"lon": on_line.x, "lat": on_line.y, "sigma_m": 100.0}

    # --- times

    def span(self, deadline: Any) -> timedelta:
        """How long a deadline leaves, about; a day where none is said."""
        match deadline:
            case Within():
                return _length(deadline.duration)
            case Before():
                plus = deadline.time.plus
                return _length(plus) if plus else 24 * HOUR
        return timedelta(seconds=DEFAULT_S)

    # --- what the engine says

    def confirmed(
        self, rule: Rule, mode: Mode, facts: Facts, until: datetime
    ) -> Example | None:
        """The candidate as an example, if the engine agrees that it is one."""
        whole = [*self.forces(), *facts]
        held = Example(
            clause=self.article.clause,
            mode=mode,
            facts=tuple(sorted(whole, key=lambda fact: (fact["t"], fact["kind"]))),
            start=self.start,
            until=until,
        )
        table, watched = tables_of(held)
        try:
            said = evaluate_fully(
                self.agreement,
                table,
                coverage=watched,
                areas=self.areas,
                start=self.start,
                until=until,
            )
        except WrongUse:
            return None
        return _outcome(held, rule, mode, said, self.article.clause)

    def trimmed(self, rule: Rule, mode: Mode, example: Example) -> Example:
        """The same without the facts that it does not need."""
        if len(example.facts) > MOST_TRIMMED:
            return example
        forces = self.forces()
        for fact in [one for one in example.facts if one not in forces]:
            fewer = [
                one for one in example.facts if one is not fact and one not in forces
            ]
            assert example.until is not None  # confirmed examples have a question
            found = self.confirmed(rule, mode, fewer, example.until)
            if found is not None and found.outcome == example.outcome:
                example = found
        return example

    def forces(self) -> Facts:
        """Events from which articles are in force."""
        points = [
            point.base
            for article in self.agreement.articles
            if article.in_force is not None
            for point in article.in_force.start
        ]
        names = [base.event for base in points if isinstance(base, EventTime)]
        return [{"kind": name, "t": self.start} for name in dict.fromkeys(names)]


def _outcome(
    held: Example, rule: Rule, mode: Mode, said: Evaluation, clause: str
) -> Example | None:
    """The example with what the engine said, or None if it said something else."""
    match rule:
        case Forbid() | Oblige():
            return _by_verdict(held, mode, said, clause)
        case FindingRule():
            found = [e for e in said.episodes if e.clause == clause and e.found_at]
            if mode == "breaks" and found:
                return _with(held, "found", found[0].found_at)
            quiet = mode == "keeps" and not found
            return _with(held, "not_found", held.until) if quiet else None
        case Decision():
            wanted = "adopted" if mode == "keeps" else "lapsed"
            taken = [d for d in said.decisions if d.clause == clause]
            ended = [d for d in taken if d.outcome == wanted and d.name == rule.name]
            return _with(held, wanted, ended[0].decided_at) if ended else None
        case Power():
            return _by_power(held, rule, mode, said)
        case Effect():
            taken_up = [e for e in said.effects if e.clause == clause]
            at = [e.due or e.arose_at for e in taken_up if e.state == "in_effect"]
            if mode == "keeps":
                return _with(held, "in_effect", at[0]) if at else None
            return None if taken_up else _with(held, "no_effect", held.until)
    return None


def _by_verdict(
    held: Example, mode: Mode, said: Evaluation, clause: str
) -> Example | None:
    rows = said.verdicts.select(["clause", "party", "t", "verdict", "due"]).to_pylist()
    rows = [row for row in rows if row["clause"] == clause]
    broken = [row for row in rows if row["verdict"] == "breached"]
    kept = [row for row in rows if row["verdict"] == "met"]
    if mode == "breaks" and broken:
        row = broken[0]
        return _with(held, "breached", row["t"], due=row["due"])
    if mode == "keeps" and kept and not broken:
        return _with(held, "met", kept[-1]["t"], due=kept[-1]["due"])
    return None


def _by_power(
    held: Example, rule: Power, mode: Mode, said: Evaluation
) -> Example | None:
    """A power that could be used at some time, or that nobody could use."""
    uses = [use for use in said.powers if use.clause == held.clause]
    opened = [use.open[0].since for use in uses if use.open]
    if mode == "keeps":
        return _with(held, "open", min(opened)) if opened else None
    shut = not opened and (uses or rule.trigger is not None)
    return _with(held, "shut", held.until) if shut else None


def _with(
    held: Example, outcome: str, at: datetime | None, *, due: datetime | None = None
) -> Example:
    return msgspec.structs.replace(held, outcome=outcome, at=at, due=due)


def _length(duration: Duration) -> timedelta:
    """A length in time; a month counts as 30 days, for a candidate only."""
    if duration.is_calendar:
        return timedelta(seconds=duration.months * MONTH_S)
    return timedelta(seconds=duration.seconds)


def _start_of(agreement: Agreement) -> datetime:
    """The latest fixed instant from which an article is in force."""
    points = [
        point
        for article in agreement.articles
        if article.in_force is not None
        for point in article.in_force.start
    ]
    fixed = [_instant(point) for point in points if isinstance(point.base, FixedTime)]
    return max((one for one in fixed if one is not None), default=EPOCH)


def _instant(point: TimePoint) -> datetime | None:
    assert isinstance(point.base, FixedTime)  # asked for fixed instants only
    try:
        found = datetime.fromisoformat(point.base.text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
