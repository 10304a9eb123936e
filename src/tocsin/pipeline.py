"""The one place that knows the order of the stages, and puts stages and store together.

Take in, fuse, attribute, make facts, evaluate, assess, watch the guarantees::

    evidence ─► incidents ─► facts ─► verdicts ─► findings ─► guarantees

:func:`run` is values in, values out, so the stress test can run it over many imagined
histories in memory; :func:`run_folder` reads files, calls :func:`run`, and commits the
result as one. Neither asks the clock: times and costs are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import agreement as language
from tocsin import connectors, findings, guarantees, incidents, store
from tocsin.agreement import Evaluation
from tocsin.errors import InputRefused, OriginsMixed, SourceUnusable, WrongUse
from tocsin.evidence import (
    Gazetteer,
    Issues,
    Reading,
    cover,
    distinct,
    one_warning,
    place_by_name,
    standing,
    strangers,
    watched,
)
from tocsin.exercise import LANTERN, aliased, descriptions
from tocsin.model import (
    COVERAGE,
    OBSERVATIONS,
    PLACES,
    REGISTER,
    Areas,
    Control,
    Finding,
    Guarantee,
    Issue,
    Notice,
    Origin,
    Outcome,
    SourceDescription,
    Where,
    empty,
    instant,
    load_acts,
    start_of_day,
    utc_text,
)

__all__ = [
    "Evidence",
    "Progress",
    "Question",
    "Result",
    "gather",
    "question",
    "run",
    "run_folder",
]

Progress = Callable[[str, float], None]
"""Told a stage's name and the share of it that is done, 0 to 1."""

DAY: Final = timedelta(days=1)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Over which time, and with which knowledge, something is asked.

    Attributes:
        start: first instant, or None: of the first day with evidence.
        until: the instant at which the question ends, or None: the end of the last day
            with evidence.
        as_known_at: only what was received by then counts, or None: all of it.
    """

    start: datetime | None = None
    until: datetime | None = None
    as_known_at: datetime | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was taken in, of one origin.

    Attributes:
        sources: descriptions of the sources, each once.
        observations: OBSERVATIONS of all files.
        register: REGISTER of all files.
        coverage: COVERAGE that watch logs declare.
        issues: everything that was wrong with the rows.
        rows_read: source id -> rows of its files.
        rows_refused: source id -> rows that became issues.
        taken_in: rows that became observations; those that a question leaves out, too.
    """

    origin: Origin
    sources: tuple[SourceDescription, ...]
    observations: pa.Table
    register: pa.Table
    coverage: pa.Table
    issues: Issues
    rows_read: dict[str, int]
    rows_refused: dict[str, int]
    taken_in: int

    def rows_of(self, gives: str, rows: dict[str, int]) -> int:
        """Rows of the sources that give observations, register or coverage."""
        giving = {one.id for one in self.sources if one.gives == gives}
        return sum(number for source, number in rows.items() if source in giving)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found, and everything it rests on."""

    evidence: Evidence
    start: datetime
    until: datetime
    as_known_at: datetime | None
    coverage: pa.Table
    incidents: pa.Table
    members: pa.Table
    attribution: pa.Table
    facts: pa.Table
    evaluation: Evaluation
    findings: tuple[Finding, ...]
    guarantees: tuple[Guarantee, ...]
    versions: tuple[Guarantee, ...]
    notices: tuple[Notice, ...]
    issues: Issues


def question(
    *, start: str | None, until: str | None, as_known_at: str | None
) -> Question:
    """The question that these texts ask; a bare last day counts to its end.

    Raises:
        WrongUse: a text is no date, or the question ends before it starts.
    """
    asked = Question(
        start=None if start is None else instant(start),
        until=None if until is None else instant(until, end_of_day=True),
        as_known_at=None if as_known_at is None else instant(as_known_at),
    )
    if asked.start and asked.until and asked.until <= asked.start:
        raise WrongUse(f"--to {until} is not after --from {start}")
    return asked


def run(
    agreement: language.Agreement,
    given: Evidence,
    *,
    areas: Areas,
    asked: Question | None = None,
    control: Control | None = None,
    engine: language.Engine = "batch",
    progress: Progress | None = None,
) -> Result:
    """What this evidence says under this agreement.

    Args:
        agreement: checked, as :func:`tocsin.agreement.load` gives it.
        given: as :func:`gather` gives it.
        areas: the map of the agreement; empty where it has none.
        asked: over which time and with which knowledge; None: all of it.
        control: who is said to hold which ground, or None: nobody says.
        engine: which engine evaluates; they have one meaning.
        progress: told after each stage.

    Raises:
        OriginsMixed: the control layer is of another origin than the evidence.
        WrongUse: there is no evidence and the question does not say which time.
    """
    tell = progress or (lambda _stage, _share: None)
    if given.origin is not Origin.OBSERVED and not _fictional(agreement):
        raise WrongUse(
            f"evidence is {given.origin}, and {', '.join(agreement.party_names)} may be"
            " real: no accusation is made up. Use an agreement whose title says"
            " `fictional`, or parties named Party A, Party B"
        )
    if control is not None and control.origin != given.origin:
        raise OriginsMixed(f"evidence is {given.origin}, control is {control.origin}")
    parties = agreement.party_names
    counted, start, until = _counted(given, asked or Question())
    known = asked.as_known_at if asked else None

    unknown = strangers(
        counted.observations,
        counted.register,
        parties=parties,
        actors=_actors(agreement),
    )
    coverage = cover(
        counted.observations,
        declared=counted.coverage,
        sources=counted.sources,
        areas=areas,
        start=start,
        until=until,
    )
    tell("coverage", 1.0)
    fused = incidents.fuse(
        counted.observations, sources=counted.sources, parties=parties
    )
    tell("incidents", 1.0)
    attributed = findings.attribute(
        fused.records.incidents,
        fused.records.members,
        counted.observations,
        parties=parties,
        control=control,
        sources=counted.sources,
    )
    tell("attribution", 1.0)
    judge = _judge(agreement, counted, fused.records, areas, coverage, engine)
    facts, evaluation = judge(attributed.records.incidents, start, until, known)
    tell("verdicts", 1.0)
    without = None
    if control is not None:
        bare = judge(attributed.records.without_control, start, until, known)
        without = bare[1].verdicts
        tell("verdicts without control", 1.0)
    found = findings.assess(
        evaluation.verdicts,
        facts.records,
        agreement,
        coverage=coverage,
        attribution=attributed.records,
        without_control=without,
        until=until,
        known_at=known,
    )
    tell("findings", 1.0)
    promised = guarantees.watch(
        agreement,
        evaluation,
        facts.records,
        at=until,
        origin=counted.origin,
        as_known_at=known,
    )
    tell("guarantees", 1.0)
    return Result(
        evidence=counted,
        start=start,
        until=until,
        as_known_at=known,
        coverage=coverage,
        incidents=attributed.records.incidents,
        members=fused.records.members,
        attribution=attributed.records.terms,
        facts=facts.records,
        evaluation=evaluation,
        findings=found.records,
        guarantees=promised.records.guarantees,
        versions=promised.records.versions,
        notices=promised.records.notices,
        issues=Issues(
            (
                counted.issues,
                unknown,
                fused.issues,
                attributed.issues,
                facts.issues,
                evaluation.issues,
                found.issues,
                promised.issues,
            )
        ),
    )


def _fictional(agreement: language.Agreement) -> bool:
    """Whether nobody real can be accused: it says so, or its names are aliases."""
    names = agreement.party_names
    aliases = all(re.fullmatch(r"Party[ _][A-Z]", name) for name in names)
    return aliases or "fictional" in (agreement.title or "").casefold()


def _actors(agreement: language.Agreement) -> set[str]:
    """Every name that the agreement gives to anybody, and all that it mentions."""
    named = {group.name for group in agreement.groups}
    named |= {body.name for body in agreement.bodies}
    members = {one for each in named for one in agreement.members_of(each)}
    mentioned = {name for name, _line, _column in agreement.mentions}
    return {*agreement.party_names, *members, *named, *mentioned}


def _judge(
    agreement: language.Agreement,
    given: Evidence,
    fused: incidents.Fused,
    areas: Areas,
    coverage: pa.Table,
    engine: language.Engine,
) -> Callable[..., tuple[Outcome[pa.Table], Evaluation]]:
    """Incidents to facts to verdicts, as often as the incidents are attributed."""

    def judge(
        attributed: pa.Table, start: datetime, until: datetime, known: datetime | None
    ) -> tuple[Outcome[pa.Table], Evaluation]:
        facts = findings.make_facts(
            attributed,
            fused.members,
            given.observations,
            given.register,
            areas=areas,
            acts=load_acts(),
            parties=agreement.party_names,
        )
        evaluation = language.evaluate_fully(
            agreement,
            facts.records,
            coverage=coverage,
            areas=areas,
            start=start,
            until=until,
            as_known_at=known,
            engine=engine,
        )
        return facts, evaluation

    return judge


def gather(readings: Sequence[Reading]) -> Evidence:
    """Readings of any number of files, put together.

    Raises:
        OriginsMixed: they are not all observed, all exercise or all imagined.
        WrongUse: there is no reading.
    """
    if not readings:
        raise WrongUse("no source was given; give at least one --source ID=FILE")
    origins = {reading.source.origin for reading in readings}
    if len(origins) != 1:
        given = ", ".join(f"{r.source.id} is {r.source.origin}" for r in readings)
        raise OriginsMixed(f"sources of one origin only: {given}")
    readings = distinct(readings)
    observations = one_warning(
        _together([r.observations for r in readings], OBSERVATIONS),
        sources=[reading.source for reading in readings],
    )
    return Evidence(
        origin=origins.pop(),
        sources=_described(readings, observations),
        observations=observations,
        register=_together([r.register for r in readings], REGISTER),
        coverage=_together([r.coverage for r in readings], COVERAGE),
        issues=Issues(reading.issues for reading in readings),
        rows_read=_per_source(readings, lambda r: r.rows_read),
        rows_refused=_per_source(readings, lambda r: r.issues.refused),
        taken_in=observations.num_rows,
    )


def run_folder(
    path: Path,
    sources: Sequence[tuple[str, Path]],
    out: Path,
    *,
    asked: Question,
    control_file: Path | None = None,
    gazetteers: Sequence[tuple[str, Path]] = (),
    progress: Progress | None = None,
    cost: Callable[[], dict[str, float]] = dict,
) -> dict[str, Any]:
    """Read files, run, and commit the result to a folder; gives its summary.

    Args:
        path: the agreement: a file, or a folder with one.
        sources: id and file of each source.
        out: the folder; what a former run left there is replaced as one.
        asked: over which time and with which knowledge.
        control_file: a control layer, or None.
        gazetteers: id and file of each list of named places.
        progress: told after each stage.
        cost: called just before the commit; its figures go into the summary.

    Raises:
        InputRefused: the agreement, a source or the control layer has errors; all of
            them are listed and nothing is written.
        OriginsMixed: sources of different origin.
        WrongUse: ``out`` holds something that is not Tocsin's.
    """
    tell = progress or (lambda _stage, _share: None)
    kept = store.FolderStore(out)
    agreement, areas = _text_and_map(path)
    readings, control, issues = _read_all(sources, control_file, gazetteers, tell)
    given = gather(readings)
    _refuse_rowless(given, asked)
    result = run(
        agreement,
        given,
        areas=areas.records,
        asked=asked,
        control=control,
        progress=progress,
    )
    issues = Issues((areas.issues, issues, result.issues))
    summary = summarise(result, agreement, areas.records, issues) | cost()
    _commit(kept, result, agreement, areas.records, issues, summary)
    tell("written", 1.0)
    return summary


def _text_and_map(path: Path) -> tuple[language.Agreement, Outcome[Areas]]:
    """The agreement and its areas.

    Raises:
        InputRefused: one of them has errors; those of both are listed.
    """
    areas = language.load_areas(path)
    faults = [issue for issue in areas.issues if not issue.warning]
    try:
        agreement = language.load(path)
    except InputRefused as refused:
        raise InputRefused([*refused.issues, *faults]) from None
    if faults:
        raise InputRefused(faults)
    return agreement, areas


# --- evidence ------------------------------------------------------------------------

_ARRIVAL: Final = {
    "observations": "received_at",
    "register": "received_at",
    "coverage": "known_at",
}
_BEGIN: Final = {"observations": "t_start", "register": "t", "coverage": "t_start"}
_END: Final = {"observations": "t_end", "register": "t", "coverage": "t_end"}


def _read_all(
    sources: Sequence[tuple[str, Path]],
    control_file: Path | None,
    gazetteers: Sequence[tuple[str, Path]],
    tell: Progress,
) -> tuple[list[Reading], Control | None, Sequence[Issue]]:
    """Every source and the control layer; all that cannot be used, told at once."""
    readings, faults = [], []
    for number, (source_id, file) in enumerate(sources, start=1):
        try:
            readings.append(connectors.read_source(source_id, file))
        except SourceUnusable as unusable:
            faults.append(unusable.issue)
        tell("evidence", number / len(sources))
    control: Control | None = None
    issues: Sequence[Issue] = ()
    if control_file is not None:
        try:
            outcome = connectors.read_control(control_file)
            control, issues = outcome.records, outcome.issues
        except SourceUnusable as unusable:
            faults.append(unusable.issue)
    places = []
    for source_id, file in gazetteers:
        try:
            places.append(connectors.read_places(source_id, file))
        except SourceUnusable as unusable:
            faults.append(unusable.issue)
    if faults:
        raise InputRefused(faults)
    if places:
        known = Gazetteer(
            _together([one.places for one in places], PLACES),
            publishers={one.source.id: one.source.publisher for one in places},
        )
        readings = [_placed(reading, known) for reading in readings]
    told = Issues((issues, *(one.issues for one in places)))
    return readings, control, told


def _refuse_rowless(given: Evidence, asked: Question) -> None:
    """Refuse a question without times of its own where no row says any.

    Raises:
        InputRefused: what is wrong with each row, and that none is left.
    """
    tables = (given.observations, given.register, given.coverage)
    if any(table.num_rows for table in tables) or (asked.start and asked.until):
        return
    none = Issue(
        code="file_empty",
        where=Where(file=", ".join(given.rows_read)),
        message="no row of any source can be used, so there is no time to ask about",
        repair="give other files; or --from and --to, to ask about a time of which"
        " nothing is on record",
    )
    raise InputRefused([*given.issues, none])


def _placed(reading: Reading, known: Gazetteer) -> Reading:
    """The reading, its rows with a name and no coordinates placed by the gazetteers."""
    if reading.observations is None:
        return reading
    done = place_by_name(reading.observations, known, file=reading.source.id)
    return msgspec.structs.replace(
        reading,
        observations=done.records,
        issues=Issues((reading.issues, done.issues)),
    )


def _counted(given: Evidence, asked: Question) -> tuple[Evidence, datetime, datetime]:
    """The evidence that counts for a question, and the question's two ends.

    What was received after ``as_known_at`` does not count. What was received at an
    unknown time cannot be shown to have been known: it does not count either, and that
    is an issue. Acts on record and watch logs from before the start still count: a
    request of yesterday is answered today.
    """
    tables = {name: getattr(given, name) for name in _ARRIVAL}
    issues: list[Issue] = []
    if asked.as_known_at is not None:
        for name, column in _ARRIVAL.items():
            issues += _arrival_unknown(tables[name], column)
            known = pc.less_equal(tables[name][column], pa.scalar(asked.as_known_at))
            tables[name] = tables[name].filter(known)
    left = standing(tables["observations"])
    tables["observations"] = left.records
    issues += left.issues
    start, until = _ends(tables, asked)
    for name, table in tables.items():
        tables[name] = table.filter(pc.less(table[_BEGIN[name]], pa.scalar(until)))
    ended = pc.less(tables["observations"]["t_end"], pa.scalar(start))
    tables["observations"] = tables["observations"].filter(pc.invert(ended))
    kept = msgspec.structs.replace(given, **tables, issues=given.issues + issues)
    return kept, start, until


def _arrival_unknown(table: pa.Table, column: str) -> Iterator[Issue]:
    unknown = table.filter(pc.is_null(table[column]))
    counts = unknown.group_by("source_id").aggregate([([], "count_all")])
    for row in counts.sort_by("source_id").to_pylist():
        number, source_id = row["count_all"], row["source_id"] or "coverage"
        yield Issue(
            code="arrival_unknown",
            where=Where(file=source_id, field=column),
            message=f"{number} rows of {source_id} do not say when they were received",
            repair="ask without --as-known-at, or give the time of receipt",
            warning=True,
        )


def _ends(tables: dict[str, pa.Table], asked: Question) -> tuple[datetime, datetime]:
    if asked.start and asked.until:
        return asked.start, asked.until
    begins = [pc.min(table[_BEGIN[name]]).as_py() for name, table in tables.items()]
    ends = [pc.max(table[_END[name]]).as_py() for name, table in tables.items()]
    first = min((t for t in begins if t is not None), default=None)
    last = max((t for t in ends if t is not None), default=None)
    if first is None or last is None:
        raise WrongUse("the sources hold no row to ask about; give --from and --to")
    start = asked.start or start_of_day(first.date())
    midnight = start_of_day(last.date())
    end = midnight if midnight == last > start else midnight + DAY
    return start, asked.until or max(end, start + DAY)


def _together(tables: Sequence[pa.Table | None], schema: pa.Schema) -> pa.Table:
    given = [table for table in tables if table is not None]
    return pa.concat_tables(given).combine_chunks() if given else empty(schema)


def _described(
    readings: Sequence[Reading], observations: pa.Table
) -> tuple[SourceDescription, ...]:
    """The sources that were read, and those that their rows name as their own."""
    origin = readings[0].source.origin
    known = {one.id: one for one in connectors.describe_all()}
    if origin is not Origin.OBSERVED:
        cast = LANTERN if origin is Origin.EXERCISE else aliased(LANTERN)
        known |= {one.id: one for one in descriptions(cast, origin=origin)}
    named = pc.unique(observations["source_id"]).to_pylist()
    given = {one.source.id: one.source for one in readings}
    named_only = {
        i: msgspec.structs.replace(known[i], origin=origin)
        for i in named
        if i in known and i not in given
    }
    return tuple((given | named_only).values())


def _per_source(
    readings: Sequence[Reading], number: Callable[[Reading], int]
) -> dict[str, int]:
    total: dict[str, int] = {}
    for reading in readings:
        total[reading.source.id] = total.get(reading.source.id, 0) + number(reading)
    return total


# --- what is kept --------------------------------------------------------------------


def summarise(
    result: Result,
    agreement: language.Agreement,
    areas: Areas,
    issues: Issues,
) -> dict[str, Any]:
    """``summary.json`` but for its costs; docs/reference/commands.md tells each key."""
    given = result.evidence
    return {
        "origin": given.origin.value,
        "agreement": agreement.title or agreement.name,
        "start": utc_text(result.start),
        "until": utc_text(result.until),
        "as_known_at": result.as_known_at and utc_text(result.as_known_at),
        "rows_read": given.rows_of("observations", given.rows_read),
        "rows_refused": given.rows_of("observations", given.rows_refused),
        "observations": given.taken_in,
        "observations_in_question": given.observations.num_rows,
        "register_rows": given.rows_of("register", given.rows_read),
        "watch_rows": given.rows_of("coverage", given.rows_read),
        "sources": {
            source_id: {
                "rows_read": given.rows_read[source_id],
                "refused": given.rows_refused[source_id],
            }
            for source_id in given.rows_read
        },
        "issues": dict(sorted(issues.counts().items())),
        "incidents": result.incidents.num_rows,
        "findings": _counts(result.findings),
        "guarantees": [_standing(one) for one in result.guarantees],
        "coverage": _coverage(result, areas),
    }


def _counts(found: Sequence[Finding]) -> dict[str, dict[str, dict[str, int]]]:
    """Clause -> party -> verdict -> number of findings."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for one in found:
        verdicts = counts.setdefault(one.clause, {}).setdefault(
            one.party or "undetermined", {}
        )
        verdicts[one.verdict.value] = verdicts.get(one.verdict.value, 0) + 1
    return counts


def _standing(one: Guarantee) -> dict[str, Any]:
    due = [step.due for step in one.steps if step.done_at is None and step.due]
    return {
        "clause": one.clause,
        "title": one.title,
        "party": one.party,
        "sector": one.sector,
        "state": one.state.value,
        "since": one.since and utc_text(one.since),
        "due": utc_text(min(due)) if due else None,
    }


def _coverage(result: Result, areas: Areas) -> dict[str, Any]:
    """Per sector: share of the time watched, and hours for which no share is stated."""
    rows: dict[str, Any] = {}
    for sector in areas.of_kind("sector"):
        seen = watched(
            result.coverage, sector=sector.name, start=result.start, end=result.until
        )
        stated = seen.hours_stated > 0
        rows[sector.name] = {
            "share": round(seen.share, 4) if stated else None,
            "hours_without_stated_share": round(seen.hours_unstated, 2),
        }
    return rows


def _commit(
    kept: store.FolderStore,
    result: Result,
    agreement: language.Agreement,
    areas: Areas,
    issues: Issues,
    summary: dict[str, Any],
) -> None:
    writer = kept.writer()
    writer.put_table("observations", result.evidence.observations)
    writer.put_table("register", result.evidence.register)
    writer.put_table("coverage", result.coverage)
    writer.put_table("incidents", result.incidents)
    writer.put_table("members", result.members)
    writer.put_table("attribution", result.attribution)
    writer.put_table("facts", result.facts)
    writer.put_table("verdicts", result.evaluation.verdicts)
    writer.put_records("issues", issues)
    writer.put_records("sources", result.evidence.sources)
    writer.put_records("findings", result.findings)
    writer.put_records("guarantees", result.versions)
    writer.put_records("notices", result.notices)
    writer.put_records("agreement", [language.excerpt(agreement, areas)])
    writer.commit(summary)
