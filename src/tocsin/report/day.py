"""The evidence of one day, gathered once: every section and figure reads from this.

In comes a view of a run; out comes a :class:`Day` that holds the day's incidents, the
day before for comparison, who watched, the findings that held and the guarantees as
they stood when the day ended. Nothing later than the end of the day shows as done.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.errors import StoreDamaged
from tocsin.model import (
    BOUNDS_FROM,
    Finding,
    Guarantee,
    GuaranteeState,
    Issue,
    Marking,
    Notice,
    Origin,
    SourceDescription,
    Step,
    instant,
    parties_of,
    start_of_day,
)
from tocsin.report.cite import labels
from tocsin.report.document import Link
from tocsin.report.embargo import veil
from tocsin.report.incidents import (
    incidents_between,
    observations_of,
    rows_between,
)
from tocsin.report.release import EMBARGO
from tocsin.report.sectors import Sectors, sectors_of
from tocsin.report.view import AgreementText, View
from tocsin.report.watch import Readings, Watch, readings, watched

__all__ = ["Day", "gather"]

ONE_DAY: Final = timedelta(days=1)
LONGEST_DAY: Final = timedelta(hours=25)
"""A local day on which clocks go back."""
FACTS_SHOWN: Final = 5
VERDICT_ORDER: Final = ("breached", "pending", "excused", "undetermined", "met")


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a run.

    Attributes:
        released_at: when the report is given out, or None: not said; then the end of
            the day stands for it, the earliest instant at which it could be.
        incidents: those that began on this day, or, where only a day of somewhere
            is known, lie mostly on it; one row each.
        before: the same of the day before.
        periods: figures that a source gives for a period that touches this day.
        near_periods: these and such figures of the day before, for comparison.
        undated: incidents whose time is known only to more than a day, and may be this.
        observed: observations behind all of these.
        said: all observations of the day, for claims, markings and late arrivals.
        cited: facts that the findings rest on, the first few of each.
        link: label and anchor of everything in the annexes, by content id.
    """

    day: date
    start: datetime
    end: datetime
    released_at: datetime | None
    origin: Origin
    agreement: AgreementText
    parties: tuple[str, ...]
    sectors: Sectors
    incidents: pl.DataFrame
    before: pl.DataFrame
    periods: pl.DataFrame
    near_periods: pl.DataFrame
    undated: pl.DataFrame
    observed: pl.DataFrame
    said: pl.DataFrame
    coverage: pl.DataFrame
    register: pl.DataFrame
    cited: pl.DataFrame
    watch: Watch
    watch_before: Watch
    readings: tuple[Readings, ...]
    findings: tuple[Finding, ...]
    guarantees: tuple[Guarantee, ...]
    notices: tuple[Notice, ...]
    issues: tuple[Issue, ...]
    sources: tuple[SourceDescription, ...]
    rows_of_source: dict[str, int]
    summary: dict[str, Any]
    link: dict[str, Link]

    @property
    def cut_off(self) -> datetime | None:
        """Up to when knowledge counts, or None: whatever the run knew."""
        known = self.summary.get("as_known_at")
        return None if known is None else instant(str(known))

    @property
    def asked(self) -> tuple[datetime, datetime] | None:
        """The time that the run asks about, or None: its summary does not say."""
        start, until = (self.summary.get(name) for name in ("start", "until"))
        if start is None or until is None:
            return None
        return instant(str(start)), instant(str(until))

    @property
    def marking(self) -> Marking:
        """The strictest marking among the evidence of the day and its sources."""
        given = {Marking(word) for word in self.said["marking"].drop_nulls().unique()}
        given |= {source.marking for source in self.sources}
        return next((each for each in Marking if each in given), Marking.AMBER)

    @property
    def held(self) -> pl.DataFrame:
        """Incidents of the day that are too young to be placed."""
        return self.incidents.filter(pl.col("held"))

    def links(self, ids: pl.Series) -> list[Link]:
        """The links of these ids, in their order."""
        return [self.link[each] for each in ids.to_list() if each in self.link]


def gather(view: View, day: date, *, released_at: datetime | None) -> Day:
    """Everything that the report of this day needs.

    Raises:
        StoreDamaged: the view's agreement lacks what a report shows.
    """
    start = start_of_day(day)
    tables = {
        name: view.table(name)
        for name in ("observations", "incidents", "members", "facts", "coverage")
    }
    agreement = _agreement(view)
    sources = tuple(sorted(view.sources(), key=lambda source: source.id))
    sectors = sectors_of(agreement.areas)
    near = rows_between(tables["incidents"], start - ONE_DAY, start + ONE_DAY)
    observed = observations_of(near, tables["members"], tables["observations"])
    shown = incidents_between(
        near,
        observed,
        tables["facts"],
        sectors=sectors,
        sensors=tuple(source.id for source in sources if source.mission_sensor),
        released_at=released_at or start + ONE_DAY,
    )
    parts = _parts(shown, start)
    listed = pl.concat([parts["incidents"], parts["periods"], parts["undated"]])
    every, issues, promises = view.findings(), view.issues(), view.guarantees()
    young_from = (released_at or start + ONE_DAY) - EMBARGO
    held, behind_held = _held(tables, sectors, young_from)
    hidden = veil(
        held,
        observed=behind_held,
        observations=tables["observations"],
        facts=tables["facts"],
        findings=every,
        issues=issues,
        sectors=sectors.names,
        young_from=young_from,
    )
    findings = tuple(sorted(hidden.findings(_findings_of(every, start)), key=_gravity))
    guarantees = hidden.guarantees(_guarantees_at(promises, start + ONE_DAY), promises)
    cited = _cited(findings, tables["facts"])
    fit = listed.filter(~pl.col("held")).select("incident_id")
    behind = observed.join(fit, on="incident_id", how="semi")
    return Day(
        day=day,
        start=start,
        end=start + ONE_DAY,
        released_at=released_at,
        origin=view.origin,
        agreement=agreement,
        parties=agreement.parties or parties_of(tables["incidents"]),
        sectors=sectors,
        observed=behind,
        said=_said(tables["observations"], start),
        coverage=_frame(rows_between(tables["coverage"], start, start + ONE_DAY)),
        register=_acts(view.table("register"), start),
        cited=cited,
        watch=watched(tables["coverage"], sectors.names, start),
        watch_before=watched(tables["coverage"], sectors.names, start - ONE_DAY),
        readings=readings(tables["coverage"], sources),
        findings=findings,
        guarantees=guarantees,
        notices=hidden.notices(_notices_of(view.notices(), start), guarantees),
        issues=hidden.issues(issues),
        sources=sources,
        rows_of_source=_rows_of_source(tables["observations"]),
        summary=view.summary(),
        link={
            **labels("A", "i", listed["incident_id"], bare=_bare(listed)),
            **labels("B", "f", (finding.finding_id for finding in findings)),
            **labels("C", "x", cited["fact_id"]),
            **labels("D", "o", behind["observation_id"].unique(maintain_order=True)),
        },
        **parts,
    )


def _held(
    tables: dict[str, pa.Table], sectors: Sectors, young_from: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All incidents of the run that are held back, and the observations behind them.

    Those of later days count, too: a finding of this day may go on into them.
    """
    after = pc.greater(_latest(tables["incidents"]), pa.scalar(young_from))
    late = tables["incidents"].filter(after)
    observed = observations_of(late, tables["members"], tables["observations"])
    shown = incidents_between(
        late,
        observed,
        tables["facts"],
        sectors=sectors,
        sensors=(),
        released_at=young_from + EMBARGO,
    )
    return shown.filter(pl.col("held")), observed


def _latest(incidents: pa.Table) -> pa.ChunkedArray:
    """The latest that each can have ended: the end and two errors of its time."""
    sigma = pc.fill_null(incidents["t_sigma_s"], 0.0)
    doubt = pc.cast(pc.round(pc.multiply(sigma, 2e6)), pa.int64())
    return pc.add(incidents["t_end"], pc.cast(doubt, pa.duration("us")))


def _bare(listed: pl.DataFrame) -> frozenset[str]:
    """What is held back has no anchor made from its content: it could be tried out."""
    return frozenset(listed.filter(pl.col("held"))["incident_id"].to_list())


def _notices_of(notices: tuple[Notice, ...], start: datetime) -> tuple[Notice, ...]:
    today = (n for n in notices if start <= n.at < start + ONE_DAY)
    return tuple(sorted(today, key=lambda notice: (notice.at, notice.notice_id)))


def _agreement(view: View) -> AgreementText:
    try:
        return msgspec.convert(view.agreement(), AgreementText)
    except msgspec.ValidationError as error:
        message = f"the run's agreement lacks what a report shows: {error}"
        raise StoreDamaged(f"{message}; run `tocsin run` again") from error


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def _parts(shown: pl.DataFrame, start: datetime) -> dict[str, pl.DataFrame]:
    """The incidents told apart by how their time is known.

    What is known to a day somewhere (23 to 25 hours) is booked to the day, UTC, that
    holds most of it, once; what is known to more than that is booked to none.
    """
    end = start + ONE_DAY
    within = (pl.col("t_start") < end) & (pl.col("t_end") >= start)
    lasts = pl.col("t_end") - pl.col("t_start")
    middle = pl.col("t_start") + lasts / 2
    booked = pl.when(lasts >= BOUNDS_FROM).then(middle).otherwise("t_start")
    vague = lasts > LONGEST_DAY
    single = shown.filter(~pl.col("period") & ~pl.col("only_claimed"))
    dated = single.filter(~vague)
    return {
        "incidents": dated.filter(booked.is_between(start, end, "left")),
        "before": dated.filter(booked.is_between(start - ONE_DAY, start, "left")),
        "periods": shown.filter(pl.col("period") & within).sort(
            "t_start", "sector", "incident_id", nulls_last=True
        ),
        "near_periods": shown.filter(pl.col("period")),
        "undated": single.filter(vague & within),
    }


def _findings_of(findings: tuple[Finding, ...], start: datetime) -> tuple[Finding, ...]:
    """Findings that held at some time of the day."""
    end = start + ONE_DAY
    held = [
        finding
        for finding in findings
        if finding.t_start < end and (finding.t_end is None or finding.t_end > start)
    ]
    return tuple(held)


def _gravity(finding: Finding) -> tuple[int, datetime, str]:
    order = VERDICT_ORDER.index(finding.verdict.value)
    return order, finding.t_start, finding.finding_id


def _cited(findings: tuple[Finding, ...], facts: pa.Table) -> pl.DataFrame:
    """The first few facts of each finding, in order of time.

    A finding that rests on what is held back cites none (see :mod:`embargo`).
    """
    wanted = sorted(
        {each for finding in findings for each in finding.witness.facts[:FACTS_SHOWN]}
    )
    chosen = facts.filter(pc.is_in(facts["fact_id"], pa.array(wanted, pa.string())))
    return _frame(chosen).sort("t", "fact_id")


def _said(observations: pa.Table, start: datetime) -> pl.DataFrame:
    """Observations of the day or received on it, in order, for what is said of them."""
    columns = (
        "observation_id",
        "source_id",
        "nature",
        "kind",
        "weapon",
        "count",
        "count_qualifier",
        "place_name",
        "detail",
        "t_start",
        "t_end",
        "received_at",
        "claimed_party",
        "claimed_by",
        "derived_from",
        "marking",
        "raw_ref",
    )
    end = pa.scalar(start + ONE_DAY)
    received = observations["received_at"]
    that_day = pc.and_(
        pc.less(observations["t_start"], end),
        pc.greater_equal(observations["t_end"], pa.scalar(start)),
    )
    arrived = pc.and_(
        pc.less(received, end), pc.greater_equal(received, pa.scalar(start))
    )
    wanted = pc.or_(that_day, pc.fill_null(arrived, False))
    chosen = observations.select(list(columns)).filter(wanted)
    return _frame(chosen).sort("t_start", "observation_id")


def _acts(register: pa.Table, start: datetime) -> pl.DataFrame:
    acts = _frame(register)
    today = pl.col("t").is_between(start, start + ONE_DAY, "left")
    return acts.filter(today).sort("t", "raw_ref")


def _rows_of_source(observations: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(observations["source_id"].combine_chunks()).to_pylist()
    return {row["values"]: row["counts"] for row in counts}


def _guarantees_at(
    guarantees: tuple[Guarantee, ...], end: datetime
) -> tuple[Guarantee, ...]:
    """The last version of each guarantee that held before the day ended."""
    latest: dict[tuple[str, str, str], Guarantee] = {}
    for each in sorted(guarantees, key=lambda g: (g.version, g.guarantee_id)):
        if each.since is None or each.since < end:
            key = (each.clause, each.party or "", each.episode or each.sector or "")
            latest[key] = msgspec.structs.replace(
                each, steps=tuple(_step_at(step, end) for step in each.steps)
            )
    awake = {g.clause for g in latest.values() if g.state is not GuaranteeState.DORMANT}
    return tuple(
        latest[key]
        for key in sorted(latest)
        if latest[key].state is not GuaranteeState.DORMANT or key[0] not in awake
    )


def _step_at(step: Step, end: datetime) -> Step:
    """The step as it stood when the day ended."""
    done = step.done_at if step.done_at is not None and step.done_at < end else None
    overdue = done is None and step.due is not None and step.due < end
    late = step.missed and done is not None
    return msgspec.structs.replace(step, done_at=done, missed=overdue or late)
