"""The meaning of an agreement: what its clauses say of whom, when, how surely.

``docs/reference/semantics.md`` states every rule, formally and in words. Three engines
have that one meaning: ``oracle`` is the definition, slow and literal; ``batch`` gives
the same from columns; ``online`` keeps it up to date fact by fact (see
:class:`tocsin.agreement.evaluate.online.Monitor`). :func:`evaluate` gives the verdicts;
:func:`evaluate_fully` gives episodes, decisions, duties and effects beside them (see
:mod:`tocsin.agreement.evaluate.results`).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from tocsin.agreement.evaluate.results import (
    Decision,
    Duty,
    Effect,
    Episode,
    Evaluation,
    PowerUse,
)
from tocsin.agreement.terms import Agreement
from tocsin.errors import WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Outcome
from tocsin.model.tables import COVERAGE
from tocsin.model.times import seconds

if TYPE_CHECKING:
    from tocsin.agreement.evaluate.judged import Judged
    from tocsin.agreement.evaluate.procedure import Proceeded
    from tocsin.agreement.evaluate.setting import Setting

__all__ = [
    "Decision",
    "Duty",
    "Effect",
    "Engine",
    "Episode",
    "Evaluation",
    "PowerUse",
    "evaluate",
    "evaluate_fully",
]

Engine = Literal["oracle", "batch", "online"]


def evaluate(  # noqa: PLR0913  # one argument for each thing that a verdict depends on
    agreement: Agreement,
    facts: pa.Table,
    *,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
    start: datetime,
    until: datetime,
    as_known_at: datetime | None = None,
    engine: Engine = "batch",
    seed: int = 0,
) -> Outcome[pa.Table]:
    """The verdicts from ``start`` to before ``until``: a VERDICTS table.

    Args:
        agreement: a checked agreement.
        facts: a FACTS table; its order does not matter.
        coverage: a COVERAGE table; None: nobody watched anything.
        areas: the agreement's map; None: it has none.
        start: verdicts begin here; facts before it still fill windows.
        until: the end of the question, not the end of time: what falls due later is
            pending.
        as_known_at: leave out what was not yet known; None: everything is known.
        engine: ``oracle``, ``batch`` or ``online``.
        seed: for probabilities that must be sampled.

    Raises:
        WrongUse: the question ends before it starts, or a table lacks a column.
        OriginsMixed: observed, exercise and imagined records were given together.
    """
    whole = evaluate_fully(
        agreement,
        facts,
        coverage=coverage,
        areas=areas,
        start=start,
        until=until,
        as_known_at=as_known_at,
        engine=engine,
        seed=seed,
    )
    return Outcome(records=whole.verdicts, issues=whole.issues)


def evaluate_fully(  # noqa: PLR0913  # as for evaluate
    agreement: Agreement,
    facts: pa.Table,
    *,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
    start: datetime,
    until: datetime,
    as_known_at: datetime | None = None,
    engine: Engine = "batch",
    seed: int = 0,
) -> Evaluation:
    """Verdicts, and what follows from them; see :func:`evaluate`."""
    from tocsin.agreement.evaluate import rounds
    from tocsin.agreement.evaluate.history import settle
    from tocsin.agreement.evaluate.judged import Question

    if until <= start:
        raise WrongUse(f"the question ends at {until}, not after its start at {start}")
    settled = settle(facts, as_known_at=as_known_at)
    question = Question(start=seconds(start), until=seconds(until), seed=seed)
    setting = _setting(
        agreement, settled.records, coverage, areas, question, as_known_at
    )
    setting, judged, after = rounds.settled(setting, partial(_judged, engine))
    known = (*settled.issues, *setting.force.issues, *setting.plan.issues)
    return _evaluation(setting, judged, after, known)


def _setting(
    agreement: Agreement,
    history: Any,
    coverage: pa.Table | None,
    areas: Areas | None,
    question: Any,
    as_known_at: datetime | None,
) -> Setting:
    from tocsin.agreement.evaluate.force import force
    from tocsin.agreement.evaluate.plan import plan
    from tocsin.agreement.evaluate.setting import Setting
    from tocsin.agreement.evaluate.watch import watch

    made = plan(agreement)
    watched = COVERAGE.empty_table() if coverage is None else coverage
    return Setting(
        plan=made,
        history=history,
        areas=areas or Areas(),
        watch=watch(watched, as_known_at=as_known_at, origin=history.origin),
        force=force(made, history),
        question=question,
    )


def _judged(engine: str, setting: Setting) -> Judged:
    """The engines are loaded where they are used: numba takes its time."""
    if engine == "oracle":
        from tocsin.agreement.evaluate import oracle

        return oracle.judge(setting)
    if engine == "batch":
        from tocsin.agreement.evaluate import batch

        return batch.judge(setting)
    if engine == "online":
        from tocsin.agreement.evaluate import online_engine

        return online_engine.judge(setting)
    raise WrongUse(f"there is no engine `{engine}`; use oracle, batch or online")


def _evaluation(
    setting: Setting, judged: Judged, after: Proceeded, known: tuple[Any, ...]
) -> Evaluation:
    from tocsin.agreement.evaluate.chance import DRAWN_WORLDS
    from tocsin.agreement.evaluate.rows import rows_of, verdict_table

    history = setting.history
    return Evaluation(
        verdicts=verdict_table(
            [*judged.rows, rows_of([*judged.single, *after.rows])],
            setting.plan.agreement,
            origin=history.origin,
            known_at=history.known_until,
        ),
        episodes=tuple(sorted(after.episodes, key=_episode_order)),
        decisions=tuple(sorted(after.decisions, key=_decision_order)),
        duties=tuple(sorted(after.duties, key=_duty_order)),
        effects=tuple(sorted(after.effects, key=_effect_order)),
        powers=tuple(sorted(after.powers, key=_power_order)),
        issues=tuple(dict.fromkeys((*known, *judged.issues, *after.issues))),
        worlds=DRAWN_WORLDS if judged.sampled else 0,
    )


def _episode_order(episode: Episode) -> tuple[object, ...]:
    about = episode.party or "", episode.sector or ""
    return episode.clause, *about, episode.alleged_at


def _decision_order(decision: Decision) -> tuple[object, ...]:
    about = decision.party or "", decision.episode or ""
    return decision.clause, decision.opened_at, *about, decision.name


def _duty_order(duty: Duty) -> tuple[object, ...]:
    about = duty.sector or "", duty.subject or "", duty.episode or "", duty.act
    return duty.clause, duty.arose_at, duty.holder, *about


def _effect_order(effect: Effect) -> tuple[object, ...]:
    return effect.clause, effect.arose_at, effect.on or "", effect.effect


def _power_order(power: PowerUse) -> tuple[object, ...]:
    about = power.party or "", power.sector or "", power.act
    return power.clause, power.arose_at, power.holder, *about
