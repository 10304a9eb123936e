"""The oracle: the meaning of the language, word for word, without any haste.

It goes through instants one by one, lists worlds, and adds up chances term by term. It
is the definition: where the batch engine differs, the batch engine is wrong. Rules in
brackets are those of ``docs/reference/semantics.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.agreement.evaluate.chance import reaches
from tocsin.agreement.evaluate.force import Span
from tocsin.agreement.evaluate.judged import Judged, Method, Stated
from tocsin.agreement.evaluate.oracle_breaches import Breaches, Event
from tocsin.agreement.evaluate.oracle_clearing import clearing
from tocsin.agreement.evaluate.oracle_conditions import conditioned
from tocsin.agreement.evaluate.oracle_duties import duties
from tocsin.agreement.evaluate.oracle_findings import episodes
from tocsin.agreement.evaluate.oracle_sources import Sources
from tocsin.agreement.evaluate.pausing import paused
from tocsin.agreement.evaluate.plan import CLEARING, Finding, Prohibition
from tocsin.agreement.evaluate.rows import Row, ranges_of
from tocsin.agreement.evaluate.setting import (
    Setting,
    kinds_of,
    sectors_of,
    stretch_of,
)

__all__ = ["find", "judge", "prohibit"]


def judge(setting: Setting) -> Judged:
    """Every verdict that facts and coverage give; procedures follow elsewhere."""
    judged = Judged()
    setting = paused(setting)
    facts = setting.history.facts()
    sources = Sources(setting, lambda _: facts)
    for prohibition in setting.plan.prohibitions:
        prohibit(setting, prohibition, sources, judged)
    for finding in setting.plan.findings:
        find(setting, finding, sources, judged)
    for obligation in setting.plan.obligations:
        if obligation.pattern.act == CLEARING:
            clearing(setting, obligation, facts, sources, judged)
        else:
            duties(setting, obligation, facts, sources.record, judged)
    judged.sampled |= sources.sampled
    judged.issues += sources.pleas.issues.values()
    return judged


def prohibit(
    setting: Setting, prohibition: Prohibition, sources: Sources, judged: Judged
) -> None:
    """The verdicts of one prohibition."""
    _prohibit(setting, prohibition, sources.prohibition(prohibition), judged)


def find(setting: Setting, finding: Finding, sources: Sources, judged: Judged) -> None:
    """Episodes and verdicts of one finding, whatever its condition.

    Several sources may share their chance, so that they are looked at together (G1).
    """
    counted = [] if finding.count is None else sources.counted(finding.count)
    if len(counted) == 1:
        episodes(setting, finding, counted, judged)
    else:
        conditioned(setting, finding, sources, judged)


# --- prohibitions --------------------------------------------------------------------


def _prohibit(
    setting: Setting, prohibition: Prohibition, broken: Breaches, judged: Judged
) -> None:
    sectors = sectors_of(setting, prohibition)
    nobodys = [event for event in broken.events if event.party is None]
    for party in prohibition.parties:
        held = [event for event in broken.events if event.party == party]
        nowhere = any(event.sector is None for event in held)
        for sector in (*sectors, None) if nowhere and None not in sectors else sectors:
            mine = [event for event in held if event.sector == sector]
            open_ = [event for event in nobodys if event.sector in {sector, None}]
            _of_key(setting, prohibition, broken, party, sector, mine, open_, judged)
    _of_nobody(setting, prohibition, broken, judged)


def _of_key(
    setting: Setting,
    prohibition: Prohibition,
    broken: Breaches,
    party: str,
    sector: str | None,
    events: Sequence[Event],
    nobodys: Sequence[Event],
    judged: Judged,
) -> None:
    """Verdicts of one party in one sector: a row at each change, and at each breach."""
    stretch = stretch_of(setting, prohibition)
    previous = ""
    kinds = kinds_of(prohibition)
    watched, _ = setting.watch.steps(sector, kinds)
    pauses = setting.force.pauses_of(prohibition.article.number)
    turns = [*watched.tolist(), *(t for p in pauses for t in (p.start, p.stop))]
    for at in _instants(stretch, turns, (*events, *nobodys)):
        if any(at in pause for pause in pauses):
            if previous:
                judged.single.append(_not_in_force(prohibition, party, sector, at))
            previous = ""
            continue
        clear = not any(event.t <= at <= event.last for event in nobodys)
        share = setting.watch.share(at, sector, kinds) if clear else 0.0
        row = _row(setting, prohibition, broken, party, sector, events, at, share)
        begun = [event for event in events if event.t == at]
        again = row.verdict == "breached" and bool(begun)
        if row.verdict != previous or again:
            judged.single.append(row)
        if again:
            judged.breaches.append(_stated(prohibition, row, begun[0]))
        previous = row.verdict
    if previous and stretch.stop < setting.question.until:
        judged.single.append(_not_in_force(prohibition, party, sector, stretch.stop))


def _instants(
    stretch: Span, turns: Sequence[int], events: Sequence[Event]
) -> list[int]:
    """Every instant at which a verdict of the key can change.

    ``turns`` holds those at which the watched share of its sector does, and those at
    which the article is suspended or binds again.
    """
    at = {stretch.start, *turns}
    at |= {event.t for event in events} | {event.last + 1 for event in events}
    return sorted(t for t in at if t in stretch)


def _row(
    setting: Setting,
    prohibition: Prohibition,
    broken: Breaches,
    party: str,
    sector: str | None,
    events: Sequence[Event],
    at: int,
    share: float,
) -> Row:
    """The verdict at one instant (rule N1), of which such a share was watched.

    While it is not clear who acted nobody is known to have kept the article (rule N3):
    then the share is 0.
    """
    now = [event for event in events if event.t <= at <= event.last]
    breach, excused, nothing, method = _chances(broken, now)
    met = nothing * share
    standard = setting.plan.standard
    verdict, certain = "undetermined", False
    if reaches(breach, standard):
        verdict, certain = "breached", any(event.certain for event in now)
    elif reaches(excused, standard):
        verdict = "excused"
    elif reaches(met, standard) and share >= setting.plan.watched:
        could = any(
            event.early <= at <= max(event.late, event.last) for event in events
        )
        verdict, certain = "met", share >= 1.0 and not could
    return Row(
        clause=prohibition.article.clause,
        party=party,
        sector=sector,
        t=at,
        verdict=verdict,
        certain=certain,
        p_met=met,
        p_breached=breach,
        p_excused=excused,
        ever=breach if verdict == "breached" else None,
        method=method,
        ranges=ranges_of(event.index for event in now),
    )


def _chances(
    broken: Breaches, now: Sequence[Event]
) -> tuple[float, float, float, Method]:
    """P(some breach), P(no breach but an excused act), P(no act at all), and how."""
    no_breach = no_excuse = nothing = 1.0
    method: Method = "exact"
    for cluster, columns in _by_cluster(now):
        held = broken.clusters[cluster]
        free = ~held.breach[:, columns].any(axis=1)
        plain = free & ~held.excused[:, columns].any(axis=1)
        idle = ~held.act[:, columns].any(axis=1)
        no_breach *= float(held.weight[free].sum())
        no_excuse *= float(held.weight[plain].sum())
        nothing *= float(held.weight[idle].sum())
        method = "sampled" if held.sampled else method
    return 1.0 - no_breach, no_breach - no_excuse, nothing, method


def _by_cluster(events: Sequence[Event]) -> Iterator[tuple[int, list[int]]]:
    columns: dict[int, list[int]] = {}
    for event in events:
        columns.setdefault(event.cluster, []).append(event.column)
    yield from columns.items()


def _stated(prohibition: Prohibition, row: Row, event: Event) -> Stated:
    return Stated(
        article=prohibition.article.number,
        party=row.party,
        sector=row.sector,
        subject=None,
        t=row.t,
        index=event.index,
    )


def _not_in_force(
    prohibition: Prohibition, party: str, sector: str | None, at: int
) -> Row:
    """From here on the article says nothing (rule T6)."""
    return Row(
        clause=prohibition.article.clause,
        party=party,
        sector=sector,
        t=at,
        verdict="undetermined",
        possible=False,
        p_met=None,
        p_breached=None,
        p_pending=None,
        p_excused=None,
    )


def _of_nobody(
    setting: Setting, prohibition: Prohibition, broken: Breaches, judged: Judged
) -> None:
    """Acts of nobody known: undetermined, and no party is named (rule N3)."""
    stretch = stretch_of(setting, prohibition)
    held = [e for e in broken.events if e.party is None and e.t in stretch]
    for sector, at in sorted({(e.sector or "", e.t) for e in held}):
        now = [e for e in held if (e.sector or "") == sector and e.t == at]
        judged.single.append(
            Row(
                clause=prohibition.article.clause,
                party=None,
                sector=sector or None,
                t=at,
                verdict="undetermined",
                ranges=ranges_of(event.index for event in now),
            )
        )
