"""Findings whose condition is more than one count: joined, lasting, since, in sequence.

All worlds of everything that the condition can look at for one key are listed, or drawn
when they are too many; in every world the condition is looked at at every instant at
which it can change (rule G1). Both engines use this code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.conditions import (
    Bound,
    NotEvaluated,
    changes,
    lookback,
    truth,
)
from tocsin.agreement.evaluate.force import EVER
from tocsin.agreement.evaluate.history import Flags, Ints
from tocsin.agreement.evaluate.judged import Judged, Opened
from tocsin.agreement.evaluate.oracle_breaches import Event
from tocsin.agreement.evaluate.oracle_findings import At, Look, keys_of, verdicts
from tocsin.agreement.evaluate.oracle_sources import Sources
from tocsin.agreement.evaluate.plan import Finding
from tocsin.agreement.evaluate.rows import ranges_of
from tocsin.agreement.evaluate.setting import Setting, kinds_of
from tocsin.agreement.evaluate.stage import Stage, subjects_of
from tocsin.agreement.evaluate.witness import irreducible
from tocsin.agreement.terms import (
    Aggregate,
    Article,
    Compare,
    Condition,
    Deed,
)
from tocsin.model.records import Issue

__all__ = ["conditioned"]

MOST_TRIED: Final = 24
"""Up to so many facts a witness is made irreducible; beyond, it is the whole window."""

Key = tuple[str | None, str | None]


# --- findings ------------------------------------------------------------------------


def conditioned(
    setting: Setting, finding: Finding, sources: Sources, judged: Judged
) -> None:
    """Episodes and verdicts of a finding, whatever its condition."""
    try:
        look = _look(setting, finding)
        for key in keys_of(setting, finding):
            _of_key(setting, finding, sources, look, key, judged)
    except NotEvaluated as refused:
        judged.issues.append(_issue(finding.article, refused))


def _look(setting: Setting, finding: Finding) -> Look:
    condition = finding.rule.when
    kinds: list[str] = []
    for subject in subjects_of(setting, condition):
        if isinstance(subject, Deed):
            kinds.append(subject.act)
        else:
            for prohibition in setting.plan.prohibition(subject.article.number):
                kinds += kinds_of(prohibition)
    back = lookback(condition)
    return Look(over=min(back, EVER), kinds=tuple(dict.fromkeys(kinds)), forced=-EVER)


def _of_key(
    setting: Setting,
    finding: Finding,
    sources: Sources,
    look: Look,
    key: Key,
    judged: Judged,
) -> None:
    bound = _bound(key)
    stage = Stage(setting, sources, finding.rule.when, bound)
    at = _instants(setting, finding, stage, bound)
    held = truth(stage, finding.rule.when, bound, at)
    stays = truth(stage, _lowered(finding.rule.when), bound, at)
    for pause in setting.force.pauses_of(finding.article.number):
        within = (at >= pause.start) & (at < pause.stop)
        held[within] = stays[within] = False
    states = _states(finding, stage, look, at, held, stays)
    opened = list(_opened(setting, finding, stage, look, key, states, held))
    judged.episodes += opened
    judged.sampled |= stage.world.sampled
    verdicts(setting, finding, look, states, opened, key, judged)


def _bound(key: Key) -> dict[str, str | None]:
    party, sector = key
    bound = {} if party is None else {"party": party}
    return bound if sector is None else {**bound, "sector": sector}  # type: ignore[return-value]


def _instants(setting: Setting, finding: Finding, stage: Stage, bound: Bound) -> Ints:
    span = setting.force[finding.article.number]
    at = {int(t) for t in changes(stage, finding.rule.when, bound)}
    at |= {int(t) for t in changes(stage, _lowered(finding.rule.when), bound)}
    at.add(span.start if abs(span.start) < EVER else setting.question.start)
    pauses = setting.force.pauses_of(finding.article.number)
    at |= {t for pause in pauses for t in (pause.start, pause.stop)}
    asked = [t for t in at if t in span and t < setting.question.until]
    return np.array(sorted(asked), dtype=np.int64)


def _lowered(condition: Condition) -> Condition:
    """What keeps an episode open: ``until below N`` in the place of the number."""
    if isinstance(condition, Compare) and condition.until_below is not None:
        return msgspec.structs.replace(
            condition, operator=">=", right=condition.until_below, until_below=None
        )
    parts = getattr(condition, "conditions", None)
    if parts is None:
        return condition
    return msgspec.structs.replace(
        condition, conditions=tuple(_lowered(part) for part in parts)
    )


def _states(
    finding: Finding, stage: Stage, look: Look, at: Ints, held: Flags, stays: Flags
) -> list[At]:
    weight, events = stage.world.weight, stage.events()
    states = []
    for n, t in enumerate(at):
        behind = [e.sources for e in events if t - look.over <= e.last and e.t <= t]
        enough = finding.sources <= 1 or max(behind, default=0) >= finding.sources
        p = float(weight[held[n]].sum())
        keeps = float(weight[stays[n]].sum())
        states.append(
            At(
                t=int(t),
                p=p,
                holds=enough and reaches(p, finding.standard),
                stays=enough and reaches(keeps, finding.standard),
                method="sampled" if stage.world.sampled else "exact",
            )
        )
    return states


def _opened(
    setting: Setting,
    finding: Finding,
    stage: Stage,
    look: Look,
    key: Key,
    states: Sequence[At],
    held: Flags,
) -> Iterator[Opened]:
    """Open when the condition becomes true, close when it no longer stays so (F3)."""
    span = setting.force[finding.article.number]
    first: int | None = None
    for n, state in enumerate(states):
        if first is None and state.holds:
            first = n
        elif first is not None and not state.stays:
            yield _episode(
                finding, stage, look, key, states[first], state.t, held[first:n]
            )
            first = None
    if first is not None:
        closed = span.stop if span.stop < setting.question.until else None
        yield _episode(finding, stage, look, key, states[first], closed, held[first:])


def _episode(
    finding: Finding,
    stage: Stage,
    look: Look,
    key: Key,
    first: At,
    closed: int | None,
    held: Flags,
) -> Opened:
    """``p_ever`` is exact here: the worlds are the same at every instant (rule G6)."""
    start = max(first.t - look.over, -EVER)
    window = [e for e in stage.events() if start <= e.last and e.t <= first.t]
    witness = _witness(finding, stage, key, first, window)
    sure = first.p >= 1.0 and all(e.certain and e.early == e.late for e in window)
    return Opened(
        finding=finding,
        party=key[0],
        sector=key[1],
        alleged=first.t,
        closed=closed,
        p=first.p,
        ever=float(stage.world.weight[held.any(axis=0)].sum()),
        certain=sure,
        method=first.method,
        number=len(window),
        window_start=max(start, min((e.t for e in window), default=first.t)),
        ranges=ranges_of(event.index for event in witness),
        facts=tuple(event.fact_id for event in witness if event.fact_id),
    )


def _witness(
    finding: Finding, stage: Stage, key: Key, first: At, window: Sequence[Event]
) -> list[Event]:
    """Facts of the window without any of which the condition would not hold (W1)."""
    if len(window) > MOST_TRIED:
        return list(window)
    condition, bound = finding.rule.when, _bound(key)
    at = np.array([first.t], dtype=np.int64)

    def probability(chosen: Sequence[int]) -> float:
        stage.kept = frozenset(stage.row_of(window[n]) for n in chosen)
        held = truth(stage, condition, bound, at)
        stage.kept = None
        return float(stage.world.weight[held[0]].sum())

    every = list(range(len(window)))
    left = irreducible(
        every, [1.0] * len(window), probability, finding.standard, independent=False
    )
    return [window[n] for n in left]


def _issue(article: Article, refused: NotEvaluated) -> Issue:
    term: Condition | Aggregate = refused.term
    return Issue(
        code="not_evaluated",
        where=term.where,
        message=f"{article.clause}: `{refused.what}` is read but not evaluated yet",
        repair="judge this finding by hand; the rest of the agreement is evaluated",
        warning=True,
    )
