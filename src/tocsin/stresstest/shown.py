"""The history that shows a flaw of the text: one small function for each check.

In: a flaw and the aliased agreement. Out: :class:`~tocsin.stresstest.claims.Played`: a
history, what the monitor's replay of it shows, and whether that is what the flaw says.
Where no history can be evaluated, WrongUse says why, in the words of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tocsin.agreement.terms import (
    Agreement,
    Article,
    Decision,
    Deed,
    Duration,
    Effect,
    Exception_,
    FindingRule,
    FindingState,
    Forbid,
    InForce,
    Norm,
    Oblige,
    Permit,
    Power,
    Procedure,
    Rule,
)
from tocsin.agreement.walk import find, rules_of
from tocsin.errors import WrongUse
from tocsin.stresstest.claims import (
    Claim,
    Played,
    duty_states,
    followed,
    played,
    quiet,
)
from tocsin.stresstest.compiling import Guarantee, binding
from tocsin.stresstest.flaws import Flaw
from tocsin.stresstest.happenings import Happenings, Row, breaches
from tocsin.stresstest.histories import (
    DAY,
    History,
    Replayed,
    activated,
    activation,
    background,
    replay,
    start_of_history,
    table,
)
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.lint_deciders import JUDGES
from tocsin.stresstest.tree import leaves

__all__ = ["Case", "show"]

HOUR: Final = timedelta(hours=1)
LOOK: Final = 60
"""Days for which the monitor looks on, where the text sets no end."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A flaw under aliases, with what stands around it."""

    agreement: Agreement
    flaw: Flaw
    clause: str
    promised: tuple[Guarantee, ...]
    inputs: Inputs

    @property
    def begin(self) -> datetime:
        """When the history begins."""
        return start_of_history(self.agreement)

    @property
    def happen(self) -> Happenings:
        """What can be put on record from then on."""
        return Happenings(self.agreement, self.begin)

    @property
    def article(self) -> Article:
        """The article of the flaw."""
        for article in binding(self.agreement):
            if article.clause == self.clause:
                return article
        raise WrongUse(f"{self.clause} is no clause")

    @property
    def rule(self) -> Rule:
        """The rule at the flaw's line, else the first of its article."""
        rules = list(rules_of(self.article))
        return next((r for r in rules if r.where == self.flaw.where), rules[0])

    def guarantee(self) -> Guarantee | None:
        """The guarantee that the rule makes, where it makes one."""
        rule = self.rule
        for one in self.promised:
            if isinstance(rule, Norm) and one.act == rule.deed.act:
                return one
            if getattr(rule, "name", None) == one.name:
                return one
        return self.promised[0] if self.promised else None

    def history(
        self, rows: Iterable[Row], *, days: float = LOOK, start: datetime | None = None
    ) -> History:
        """The rows, after the events from which the articles run."""
        whole = [*background(self.agreement, self.begin), *rows]
        return History(
            facts=table(whole),
            start=start or self.begin - DAY,
            until=self.begin + days * DAY,
        )

    def play(
        self,
        history: History,
        claims: Iterable[Claim],
        shows: Callable[[Replayed], bool],
    ) -> Played:
        """Replayed; where the engine leaves the clause out, that is said."""
        made = played(self.agreement, history, claims, shows)
        left_out = made.left_out(self.clause)
        if left_out:
            raise WrongUse(left_out)
        return made


def show(case: Case) -> Played:
    """The history of a flaw.

    Raises:
        WrongUse: why no history can be evaluated.
    """
    return SHOWS[case.flaw.check](case)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _claim(case: Case, of: str, name: str = "", state: str = "") -> Claim:
    return Claim(of=of, clause=case.clause, name=name, state=state)  # type: ignore[arg-type]


def _seen(clause: str, verdict: str) -> Claim:
    return Claim(of="verdict", clause=clause, name=verdict, state="seen")


def _never(clause: str, verdict: str) -> Claim:
    return Claim(of="verdict", clause=clause, name=verdict, state="none")


def _states(case: Case, found: Replayed, act: str = "") -> set[str]:
    """The states of the duties of the clause."""
    return set(duty_states(found.evaluation, case.clause, act))


# --- talk, judges, one alone ---------------------------------------------------------


def _consult_only(case: Case) -> Played:
    """They talk, as promised; nothing is owed and nothing follows."""
    rule = case.rule
    if isinstance(rule, Decision):
        vote = case.happen.ballots(rule.procedure, rule.name)
        meet = [
            {"kind": "meet", "party": name, "t": case.begin + HOUR}
            for name in (rule.procedure.by.names if rule.procedure.by else ())
        ]
        history = case.history([*case.happen.of(rule.trigger), *vote, *meet])
        claims = (_claim(case, "decision", rule.name), _claim(case, "guarantee"))
        return case.play(
            history,
            claims,
            lambda found: (
                _outcomes(found, rule.name) == {"consulted"} and not _followed(found)
            ),
        )
    assert isinstance(rule, Norm)
    before = case.happen.of(rule.trigger)
    silent = replay(case.agreement, case.history(before))
    return case.play(
        case.history([*before, *_by_holder(case, rule)]),
        (_claim(case, "duty", rule.deed.act), _seen(case.clause, "met")),
        lambda found: (
            _states(case, found, rule.deed.act) == {"met"}
            and followed(found.evaluation) == followed(silent.evaluation)
        ),
    )


def _outcomes(found: Replayed, name: str) -> set[str]:
    return {d.outcome for d in found.evaluation.decisions if d.name == name}


def _followed(found: Replayed) -> bool:
    """Whether a decision was adopted or a measure took effect; to find is neither."""
    held = found.evaluation
    findings = {e.name for e in held.episodes}
    adopted = {d.name for d in held.decisions if d.outcome == "adopted"}
    return bool(adopted - findings or held.effects)


def _by_holder(case: Case, rule: Norm) -> list[Row]:
    later = Happenings(case.agreement, case.begin + HOUR)
    return later.deed(rule.deed, by=rule.who)


def _self_judging(case: Case) -> Played:
    """The case has come for everybody but for who is bound, and nobody is late."""
    rule, promised = case.rule, case.guarantee()
    assert isinstance(rule, Norm)
    judged = any(d.act in JUDGES for d in find(rule, Deed) if d is not rule.deed)
    if not judged:
        return _any_amount(case, rule)
    if promised is None:
        raise WrongUse(f"{case.clause} promises nothing that a replay could show")
    history = activation(case.agreement, promised)
    kept = [r for r in history.facts.to_pylist() if r["kind"] not in JUDGES]
    history = msgspec.structs.replace(history, facts=table(kept))
    return case.play(
        history,
        (_claim(case, "guarantee"), _never(case.clause, "breached")),
        lambda found: not activated(found, promised),
    )


def _any_amount(case: Case, rule: Norm) -> Played:
    """The smallest thing, given once, keeps the promise."""
    rows = [*case.happen.of(rule.trigger), *_by_holder(case, rule)]
    return case.play(
        case.history(rows),
        (_claim(case, "duty", rule.deed.act), _seen(case.clause, "met")),
        lambda found: _states(case, found, rule.deed.act) == {"met"},
    )


def _unilateral(case: Case) -> Played:
    """Nobody has broken anything; one alone acts, and breaks nothing either."""
    rule = case.rule
    assert isinstance(rule, Power)
    acts = case.happen.of(rule.needs) if rule.needs is not None else []
    alone = _by_holder(case, rule)[:1]
    forbids = [p.article.clause for p in case.happen.made.prohibitions]
    return case.play(
        case.history([*acts, *alone]),
        (
            _claim(case, "guarantee"),
            *(_never(clause, "breached") for clause in forbids),
        ),
        lambda found: not found.evaluation.episodes,
    )


def _unable(case: Case) -> Played:
    """Who can does it; who was asked cannot, and is in breach or waits for ever."""
    rule = case.rule
    assert isinstance(rule, Oblige)
    acts = {a.name: a.performed_by for a in case.agreement.acts}
    able = acts.get(rule.deed.act) or ()
    bodies = [body.name for body in case.agreement.bodies if "body" in able]
    later = Happenings(case.agreement, case.begin + HOUR)
    row = later.deed(rule.deed)[0]
    rows = [{**row, "party": name} for name in bodies]
    return case.play(
        case.history([*case.happen.of(rule.trigger), *rows]),
        (_claim(case, "duty", rule.deed.act),),
        lambda found: (
            bool(_states(case, found, rule.deed.act))
            and not _states(case, found, rule.deed.act) & {"met", "excused"}
        ),
    )


def _no_members(case: Case) -> Played:
    """States act or vote in their own name; nobody counts as the body."""
    for article in binding(case.agreement):
        for rule in rules_of(article):
            procedure = _procedure(rule)
            if procedure and procedure.by and case.clause in procedure.by.names:
                return _uncounted(case, rule)
    for article in binding(case.agreement):
        for rule in rules_of(article):
            if isinstance(rule, Oblige) and case.clause in rule.who.names:
                return _unowned(case, article, rule)
    raise WrongUse("no clause asks anything of it")


def _procedure(rule: Rule) -> Procedure | None:
    held = getattr(rule, "procedure", None) or getattr(rule, "attribution", None)
    return held if isinstance(held, Procedure) else None


STATES: Final = ("Guarantor_1", "Guarantor_2", "Guarantor_3")


def _uncounted(case: Case, rule: Rule) -> Played:
    """Three states vote yes; no vote of theirs can be counted."""
    assert isinstance(rule, FindingRule | Decision)
    if isinstance(rule, FindingRule):
        rows = case.happen.finding(rule.name, found=False)
        claim = Claim(of="episode", clause="", name=rule.name, state="")
    else:
        rows = case.happen.of(rule.trigger)
        claim = Claim(of="decision", clause="", name=rule.name, state="")
    vote = {"kind": "ballot", "subject": rule.name, "vote": "yes"}
    rows += [{**vote, "party": name, "t": case.begin + HOUR} for name in STATES]

    def shows(found: Replayed) -> bool:
        held = found.evaluation
        states = {str(e.attribution) for e in held.episodes if e.name == rule.name}
        states |= _outcomes(found, rule.name)
        return bool(states) and not states & {"adopted", "not_needed"}

    return case.play(case.history(rows), (claim,), shows)


def _unowned(case: Case, article: Article, rule: Oblige) -> Played:
    """Three states do it; whether that was the group's doing nobody can say."""
    later = Happenings(case.agreement, case.begin + HOUR)
    row = later.deed(rule.deed)[0]
    rows = [{**row, "party": name} for name in STATES]
    claim = Claim(of="duty", clause=article.clause, name=rule.deed.act, state="")

    def shows(found: Replayed) -> bool:
        states = duty_states(found.evaluation, article.clause, rule.deed.act)
        return bool(states) and "met" not in states

    return case.play(
        case.history([*case.happen.of(rule.trigger), *rows]), (claim,), shows
    )


# --- clocks and ends -----------------------------------------------------------------


def _no_deadline(case: Case) -> Played:
    """Nobody does anything for sixty days, and nobody is late."""
    rule = case.rule
    if isinstance(rule, Decision):
        claim = _claim(case, "decision", rule.name)

        def waits(found: Replayed) -> bool:
            return _outcomes(found, rule.name) == {"pending"}

    elif isinstance(rule, Effect):
        claim = _claim(case, "effect", rule.name)

        def waits(found: Replayed) -> bool:
            held = [e for e in found.evaluation.effects if e.effect == rule.name]
            return bool(held) and all(e.due is None for e in held)

    else:
        assert isinstance(rule, Norm)
        claim = _claim(case, "duty", rule.deed.act)

        def waits(found: Replayed) -> bool:
            return _states(case, found, rule.deed.act) == {"pending"}

    history = case.history(_called(case, rule))
    claims = (claim, _never(case.clause, "breached"))
    made = case.play(history, claims, waits)
    if made.claims[0].state != "none":
        return made
    waited = _claim(case, "episode", _finding_of(rule))
    return case.play(history, (waited,), _unfound)


def _called(case: Case, rule: Rule) -> list[Row]:
    trigger = rule.trigger if not isinstance(rule, Forbid | Permit) else None
    needs = getattr(rule, "needs", None)
    return [*case.happen.of(trigger), *(case.happen.of(needs) if needs else ())]


def _finding_of(rule: Rule) -> str:
    """The finding that the rule waits for, where nobody can make it."""
    trigger = getattr(rule, "trigger", None)
    for state in find(trigger, FindingState) if trigger else ():
        return state.finding
    raise WrongUse("what it waits for is not evaluated, so that it is never called for")


def _unfound(found: Replayed) -> bool:
    """The breach is alleged, and sixty days later nobody has found it."""
    states = {e.attribution for e in found.evaluation.episodes}
    return bool(states) and not states & {"adopted", "not_needed"}


def _too_late(case: Case) -> Played:
    """Everybody keeps every deadline, at the last second."""
    promised = next(
        (g for g in case.promised if case.flaw.message.startswith(g.key)),
        case.guarantee(),
    )
    if promised is None:
        raise WrongUse(f"{case.clause} promises nothing that a replay could show")
    days = (
        max((leaf.promised_s or 0) for leaf in leaves(promised.tree)) // 86_400 + LOOK
    )
    history = activation(case.agreement, promised, late=True, days=int(days))

    def slow(found: Replayed) -> bool:
        done = _done_at(found, promised)
        if done is None:
            return False
        return (done - case.begin).total_seconds() > case.inputs.fait_accompli_s

    return case.play(history, (_of_guarantee(promised),), slow)


def _of_guarantee(promised: Guarantee) -> Claim:
    of = {"measure": "effect", "decision": "decision", "power": "guarantee"}
    name = promised.name if promised.kind in {"measure", "decision"} else ""
    kind = of.get(promised.kind, "duty")
    return Claim(of=kind, clause=promised.clause, name=name, state="")  # type: ignore[arg-type]


def _done_at(found: Replayed, promised: Guarantee) -> datetime | None:
    """When the guarantee acted."""
    held = found.evaluation
    at: list[datetime | None] = []
    match promised.kind:
        case "measure":
            at = [
                e.due or e.arose_at for e in held.effects if e.effect == promised.name
            ]
        case "decision":
            at = [
                d.decided_at
                for d in held.decisions
                if d.name == promised.name and d.outcome == "adopted"
            ]
        case "power":
            at = [
                g.since
                for g in found.guarantees
                if g.clause == promised.clause and g.state == "activated"
            ]
        case _:
            at = [d.done_at for d in held.duties if d.clause == promised.clause]
    return min((t for t in at if t is not None), default=None)


def _ends(case: Case) -> Played:
    """Everybody is content, and one day it is over."""
    rule, force = case.rule, case.article.in_force or InForce()
    lapses = getattr(rule, "lapses", None)
    length = lapses.after.duration if lapses and lapses.after else force.for_
    if length is None:
        raise WrongUse("its end is no length of time that a replay could run out")
    days = _days(length) + 3
    rows: list[Row] = []
    if isinstance(rule, Forbid):
        late = [case.begin + days * DAY]
        rows = breaches(case.happen.made, case.article.number, times=late)
        claims: tuple[Claim, ...] = (_never(case.clause, "breached"),)
        return case.play(case.history(rows, days=days + 1), claims, lambda _: True)
    promised = case.guarantee()
    if promised is None:
        raise WrongUse(f"{case.clause} promises nothing that a replay could show")
    history = activation(case.agreement, promised, days=int(days))
    over = {"lapsed", "terminated"}
    made = case.play(history, (_claim(case, "guarantee"),), lambda _: True)
    if made.claims[0].state == "dormant":
        raise WrongUse("nothing wakes the power, so that its time never begins to run")
    return case.play(
        history,
        (_claim(case, "guarantee"),),
        lambda found: (
            {g.state.value for g in found.guarantees if g.clause == case.clause} <= over
        ),
    )


def _days(length: Duration) -> int:
    return length.months * 31 if length.is_calendar else length.seconds // 86_400 + 1


def _escape(case: Case) -> Played:
    """The ground is opened once, and used for as long as one likes."""
    rule = case.rule
    assert isinstance(rule, Norm)
    for exception in rule.exceptions:
        if exception.limited_to is None and isinstance(rule, Forbid):
            return _excepted(case, exception)
    for excuse in rule.excuses:
        if excuse.at_most is None:
            ground = case.happen.of(excuse.while_)
            held = [{**row, "t_end": case.begin + LOOK * DAY} for row in ground]
            return _stopped(case, rule, held)
    raise WrongUse("a standing duty that a ground lifts has no instant to be judged at")


def _excepted(case: Case, exception: Exception_) -> Played:
    happen = case.happen
    happen.party, happen.opponent = happen.opponent, happen.party
    party = case.agreement.party_names[-1]
    opened = [*happen.of(exception.when), *happen.of(exception.needs)]
    ground = [{**row, "t_end": case.begin + LOOK * DAY} for row in opened]
    times = [case.begin + n * DAY for n in range(1, 31)]
    own = breaches(case.happen.made, case.article.number, times=times, party=party)
    return case.play(
        case.history([*ground, *own]),
        (_seen(case.clause, "excused"),),
        lambda found: _last_verdict(found, case.clause, party) == "excused",
    )


def _last_verdict(found: Replayed, clause: str, party: str) -> str:
    """The last verdict on a party that is more than a gap."""
    names = ("clause", "party", "verdict")
    columns = (found.evaluation.verdicts[name].to_pylist() for name in names)
    said = [
        verdict
        for *of, verdict in zip(*columns, strict=True)
        if of == [clause, party] and verdict in ("breached", "excused")
    ]
    return said[-1] if said else ""


def _stopped(case: Case, rule: Norm, held: list[Row]) -> Played:
    """Called for, and its clock stands."""
    history = case.history([*case.happen.of(rule.trigger), *held])
    return case.play(
        history,
        (_claim(case, "duty", rule.deed.act), _never(case.clause, "breached")),
        lambda found: (
            bool(_states(case, found, rule.deed.act))
            and not _states(case, found, rule.deed.act) & {"breached", "met"}
        ),
    )


# --- breach and proof ----------------------------------------------------------------


def _no_consequence(case: Case) -> Played:
    """A hundred breaches, one an hour, and nothing follows from any of them."""
    number = case.article.number
    times = [case.begin + timedelta(hours=at) for at in range(100)]
    try:
        rows = breaches(case.happen.made, number, times=times)
    except WrongUse:
        duties = [r for r in rules_of(case.article) if isinstance(r, Oblige)]
        if not duties:
            raise
        return _omitted(case, duties[0])
    return case.play(
        case.history(rows),
        (_seen(case.clause, "breached"),),
        lambda found: quiet(found.evaluation),
    )


def _omitted(case: Case, duty: Oblige) -> Played:
    """Called for and not done, for sixty days: the same follows as if it were done."""
    before = case.happen.of(duty.trigger)
    try:
        done = _by_holder(case, duty)
    except WrongUse:  # only a map could tell that it is done
        done = []
    kept = replay(case.agreement, case.history([*before, *done]))

    def nothing_more(found: Replayed) -> bool:
        states = _states(case, found, duty.deed.act)
        same = followed(found.evaluation) == followed(kept.evaluation)
        nothing = same if done else quiet(found.evaluation)
        return nothing and bool(states) and "met" not in states

    claims = (_claim(case, "duty", duty.deed.act),)
    return case.play(case.history(before), claims, nothing_more)


def _unproven(case: Case) -> Played:
    """Breaches enough, each seen by one source, because access was denied."""
    rule = case.rule
    assert isinstance(rule, FindingRule)
    rows = Happenings(case.agreement, case.begin).of(rule.when)
    single = [{**row, "n_independent": 1} for row in rows]
    return case.play(
        case.history(single),
        (Claim(of="episode", clause="", name=rule.name, state="none"),),
        lambda found: any(v == "breached" for v in _verdicts(found)),
    )


def _verdicts(found: Replayed) -> list[str]:
    said: list[str] = found.evaluation.verdicts["verdict"].to_pylist()
    return said


def _blinding(case: Case) -> Played:
    """The monitors are kept away; what they would have seen is undetermined."""
    denied = next((r for r in rules_of(case.article) if isinstance(r, Forbid)), None)
    excused = next(
        (r for r in rules_of(case.article) if isinstance(r, Norm) and r.excuses), None
    )
    if "can stop its own clock" in case.flaw.message and excused is not None:
        own = [row for e in excused.excuses for row in case.happen.of(e.while_)]
        held = [{**row, "t_end": case.begin + LOOK * DAY} for row in own]
        return _stopped(case, excused, held)
    if "and nothing follows" in case.flaw.message and denied is not None:
        return _no_consequence(case)
    return case.play(
        case.history([]),
        (
            _seen(case.clause, "undetermined"),
            _never(case.clause, "met"),
            _never(case.clause, "breached"),
        ),
        lambda found: quiet(found.evaluation),
    )


def _contradiction(case: Case) -> Played:
    """Who does what the one clause asks breaks the other."""
    rule = case.rule
    if not isinstance(rule, Oblige | Permit):
        raise WrongUse("no rule of the clause asks for an act")
    if not case.flaw.also:
        claims = (_claim(case, "duty", rule.deed.act),)
        first = start_of_history(case.agreement)
        rows = Happenings(case.agreement, first).deed(rule.deed, by=rule.who)
        return case.play(
            case.history(rows, start=first - 400 * DAY),
            claims,
            lambda found: _states(case, found, rule.deed.act) == {"breached"},
        )
    number = case.flaw.also[0].removeprefix("Article ")
    rows = case.happen.deed(rule.deed, by=rule.who)
    banned = breaches(case.happen.made, number, times=[case.begin])[0]
    same = ("sector", "weapon", "subject")
    rows = [{**row, **{n: row.get(n) or banned.get(n) for n in same}} for row in rows]
    asks: tuple[Claim, ...] = ()
    if isinstance(rule, Oblige):
        asks = (_claim(case, "duty", rule.deed.act),)
    return case.play(
        case.history([*case.happen.of(rule.trigger), *rows]),
        (*asks, _seen(case.flaw.also[0], "breached")),
        lambda found: (
            isinstance(rule, Permit) or "met" in _states(case, found, rule.deed.act)
        ),
    )


def _undefined(case: Case) -> Played:
    """What the one reading calls so and the other does not: it comes to nothing."""
    name = case.clause
    deeds = [
        (article, deed)
        for article in binding(case.agreement)
        for deed in find(article, Deed)
        if deed.act == name
    ]
    if not deeds:
        raise WrongUse(f"no clause turns on what `{_plain(name)}` means")
    rows = case.happen.deed(deeds[0][1])
    disputed = [{**row, "p": 0.5} for row in rows]
    article = deeds[0][0]
    return case.play(
        case.history(disputed),
        (_never(article.clause, "breached"), _never(article.clause, "met")),
        lambda found: (
            not found.evaluation.episodes
            and not any(d.state == "met" for d in found.evaluation.duties)
            and not any(
                g.state.value == "activated"
                for g in found.guarantees
                if g.clause == article.clause
            )
        ),
    )


SHOWS: Final[dict[str, Callable[[Case], Played]]] = {
    "consult_only": _consult_only,
    "self_judging": _self_judging,
    "perverse_unilateral_right": _unilateral,
    "cannot_perform": _unable,
    "members_not_stated": _no_members,
    "no_deadline": _no_deadline,
    "deadline_too_long": _too_late,
    "mandate_without_renewal": _ends,
    "escape_clause": _escape,
    "no_consequence": _no_consequence,
    "standard_out_of_reach": _unproven,
    "pays_for_blinding": _blinding,
    "contradiction": _contradiction,
    "undefined_term": _undefined,
}
