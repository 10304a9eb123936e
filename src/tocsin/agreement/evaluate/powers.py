"""Powers: from when to when somebody may bring something about (rule V10).

A power is open while all that it needs holds on record and nothing stops it, from what
calls for it until it lapses or ends. It obliges nobody: used or not, nobody breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.agreement.evaluate.ballots import due_of
from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.effects import lapse_of
from tocsin.agreement.evaluate.force import EVER, Span
from tocsin.agreement.evaluate.happened import is_decided
from tocsin.agreement.evaluate.history import Fact
from tocsin.agreement.evaluate.on_record import OnRecord
from tocsin.agreement.evaluate.oracle_breaches import matches
from tocsin.agreement.evaluate.plan import PowerRule, pattern, who_names
from tocsin.agreement.evaluate.results import Open, PowerState, PowerUse
from tocsin.agreement.evaluate.rows import Row
from tocsin.agreement.evaluate.setting import Setting
from tocsin.agreement.evaluate.stage import Here
from tocsin.agreement.evaluate.triggers import Firing, firings
from tocsin.agreement.terms import AllOf, Condition, DecisionIs
from tocsin.agreement.walk import find
from tocsin.model.records import Issue
from tocsin.model.times import from_seconds

__all__ = ["powers_of"]


def powers_of(
    setting: Setting, rule: PowerRule, facts: Sequence[Fact], record: OnRecord
) -> tuple[list[PowerUse], list[Row], list[Issue]]:
    """How the power stood on each occasion, its verdicts, and what is not evaluated."""
    fired, issues = _occasions(setting, rule, facts, record)
    uses: list[PowerUse] = []
    rows: list[Row] = []
    for firing in fired:
        for holder in who_names(setting.plan.agreement, rule.rule.who):
            whom = firing.party if holder == "party" else holder
            if whom is not None:
                use, said = _use(setting, rule, firing, whom, facts, record)
                uses.append(use)
                rows += said
    return uses, rows, issues


def _occasions(
    setting: Setting, rule: PowerRule, facts: Sequence[Fact], record: OnRecord
) -> tuple[list[Firing], list[Issue]]:
    """Its trigger, each decision that it needs, or else its article's beginning."""
    decided = [c for c in _needs(rule) if isinstance(c, DecisionIs)]
    trigger, article = rule.rule.trigger, rule.article
    if trigger is None and decided:
        found = [
            Firing(
                t=event.t,
                party=event.party,
                sector=event.sector,
                episode=event.episode,
                because=(event.article,),
            )
            for event in setting.happened
            if is_decided(setting.plan.agreement, decided[0], event, {})
            and setting.force.binds(article.number, event.t)
        ]
        return sorted(found, key=lambda f: (f.t, f.party or "", f.sector or "")), []
    return firings(setting, article, trigger, facts, record)


def _needs(rule: PowerRule) -> tuple[Condition, ...]:
    needs = rule.rule.needs
    if needs is None:
        return ()
    return needs.conditions if isinstance(needs, AllOf) else (needs,)


def _here(setting: Setting, rule: PowerRule) -> Here:
    """What an act on record may name and be meant for this power."""
    names = {rule.article.clause, rule.rule.deed.thing or ""}
    for condition in find(rule.rule, DecisionIs):
        for decision in setting.plan.decisions:
            meant = condition.article is None and decision.rule.name
            if meant == condition.decision or (
                condition.article is not None
                and decision.article.is_meant_by(condition.article.number)
            ):
                names |= {decision.rule.name, decision.article.clause}
    return Here(names=frozenset(names))


def _use(
    setting: Setting,
    rule: PowerRule,
    firing: Firing,
    holder: str,
    facts: Sequence[Fact],
    record: OnRecord,
) -> tuple[PowerUse, list[Row]]:
    here = _here(setting, rule)
    until = setting.question.until
    held = [record.spans(c, firing.bound, here) for c in _needs(rule)]
    ready = _meet(
        [[Span(firing.t, EVER)], *held, _unstopped(setting, rule, firing, record)]
    )
    ready = _without(ready, setting.force.pauses_of(rule.article.number))
    opens = ready[0].start if ready else EVER
    by_decision = rule.rule.trigger is None and bool(firing.because)
    begins = firing.t if by_decision else opens
    lapses = min(
        lapse_of(setting, rule.rule.lapses, firing.t, begins),
        _used_by(setting, rule, firing),
    )
    ends = min(lapses, _ended(setting, rule, firing, opens, record))
    ends = min(ends, setting.force[rule.article.number].stop)
    spans = [Span(s.start, min(s.stop, ends)) for s in ready if s.start < ends]
    spans = [Span(s.start, min(s.stop, until)) for s in spans if s.start < until]
    state = _state(spans, ends, lapses, until)
    used = _used(setting, rule, holder, facts, spans)
    use = PowerUse(
        clause=rule.article.clause,
        holder=holder,
        act=rule.rule.deed.act,
        thing=rule.rule.deed.thing,
        episode=firing.episode,
        party=firing.party,
        sector=firing.sector,
        arose_at=from_seconds(firing.t),
        open=_opened(spans, until),
        needs=tuple(_opened(one, until) for one in held),
        lapses_at=None if lapses >= EVER else from_seconds(lapses),
        used_at=None if used is None else from_seconds(used),
        state=state,
    )
    return use, list(_rows(setting, rule, firing, holder, spans, ends))


def _unstopped(
    setting: Setting, rule: PowerRule, firing: Firing, record: OnRecord
) -> list[Span]:
    unless = rule.rule.unless
    if unless is None:
        return [Span()]
    here = _here(setting, rule)
    stops = record.spans(unless.condition, firing.bound, here)
    return _without([Span()], stops)


def _used_by(setting: Setting, rule: PowerRule, firing: Firing) -> int:
    """A power with a deadline lapses the second after it."""
    due = due_of(setting, rule.rule.deadline, firing.t, None)
    return EVER if due is None else due + 1


def _ended(
    setting: Setting, rule: PowerRule, firing: Firing, opens: int, record: OnRecord
) -> int:
    condition = rule.rule.ends_when
    if condition is None or opens >= EVER:
        return EVER
    here = _here(setting, rule)
    return record.first(condition, firing.bound, opens, here)


def _state(spans: Sequence[Span], ends: int, lapses: int, until: int) -> PowerState:
    if ends < until:
        return "lapsed" if ends == lapses else "ended"
    return "open" if spans and spans[-1].stop >= until else "shut"


def _used(
    setting: Setting,
    rule: PowerRule,
    holder: str,
    facts: Sequence[Fact],
    spans: Sequence[Span],
) -> int | None:
    """The first act of the holder on record while it was open."""
    deed = pattern(setting.plan.agreement, rule.rule.deed)
    for fact in facts:
        mine = fact.party == holder and reaches(fact.p, setting.plan.standard)
        if mine and matches(fact, deed, {}) and any(fact.t in s for s in spans):
            return fact.t
    return None


def _opened(spans: Sequence[Span], until: int) -> tuple[Open, ...]:
    """Spans as instants; an end that has not come is None."""
    return tuple(
        Open(
            since=from_seconds(max(span.start, 0)),
            to=from_seconds(span.stop) if span.stop < until else None,
        )
        for span in spans
        if span.start < until
    )


def _rows(
    setting: Setting,
    rule: PowerRule,
    firing: Firing,
    holder: str,
    spans: Sequence[Span],
    ends: int,
) -> Iterator[Row]:
    """Pending while something is missing, met while it can be used."""
    question = setting.question
    at = {firing.t, question.start, *(e for s in spans for e in (s.start, s.stop))}
    last = min(ends, question.until)
    previous = ""
    due = ends if ends < EVER else None
    for t in sorted(t for t in at if firing.t <= t < last and t >= question.start):
        is_open = any(t in span for span in spans)
        verdict = "met" if is_open else "pending"
        if verdict != previous:
            yield Row(
                clause=rule.article.clause,
                party=holder,
                sector=firing.sector,
                t=t,
                verdict=verdict,
                due=due,
                p_met=float(is_open),
                p_pending=float(not is_open),
            )
        previous = verdict
    if previous and ends < question.until:
        yield _over(rule, firing, holder, ends)


def _over(rule: PowerRule, firing: Firing, holder: str, at: int) -> Row:
    return Row(
        clause=rule.article.clause,
        party=holder,
        sector=firing.sector,
        t=at,
        verdict="undetermined",
        possible=False,
        p_met=None,
        p_breached=None,
        p_pending=None,
        p_excused=None,
    )


# --- spans ---------------------------------------------------------------------------


def _meet(parts: Sequence[Sequence[Span]]) -> list[Span]:
    """The times that all parts have in common."""
    common = [Span()]
    for part in parts:
        common = [
            Span(max(a.start, b.start), min(a.stop, b.stop))
            for a in common
            for b in part
            if max(a.start, b.start) < min(a.stop, b.stop)
        ]
    return common


def _without(spans: Sequence[Span], gaps: Sequence[Span]) -> list[Span]:
    """The times of some spans that lie in no gap."""
    left = list(spans)
    for gap in gaps:
        cut = [
            piece
            for span in left
            for piece in (
                Span(span.start, min(span.stop, gap.start)),
                Span(max(span.start, gap.stop), span.stop),
            )
        ]
        left = [piece for piece in cut if piece.start < piece.stop]
    return left
