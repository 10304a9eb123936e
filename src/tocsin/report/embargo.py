"""What rests on held-back impacts leaves the mission without anything that places them.

An impact that is held back (see :mod:`release`) has lost its own place. Where it landed
could still be read from what follows from it: the one sector whose clause was breached
that minute, the one that is not said to be kept, the guarantee that woke. So every
finding under a clause that such acts can touch loses its sector, in whichever sector it
is, unless it was over before the day of the earliest of them; what began before loses
its beginning and its figures, too, for yesterday's report said them with the sector.
Two runs that differ only in where a withheld impact landed give the same report.

Names made from content (an id, an anchor) go as well: who knows all but the sector
could try them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final, TypeVar

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model import (
    Finding,
    Guarantee,
    GuaranteeState,
    Issue,
    Notice,
    Step,
    Verdict,
    Where,
    Witness,
    start_of_day,
)
from tocsin.report.wording import stamp

__all__ = ["WITHHELD", "Veil", "veil"]

WITHHELD: Final = "a withheld sector"
SHARE: Final = re.compile(rf"\S+ of {WITHHELD} was watched in the mean over that time")
OF_PLACES: Final = "place_"
SECOND: Final = timedelta(seconds=1)
RUNS: Final = (Verdict.MET, Verdict.UNDETERMINED)
R = TypeVar("R", Finding, Guarantee)


class Veil(msgspec.Struct, frozen=True, kw_only=True):
    """What is held back, and what could give it away.

    Attributes:
        since: from when on it could: the embargo, or the earliest fact that is held
            back; None where nothing is: then everything leaves as it is.
        young: ids of its facts.
        clauses: those that facts of such acts can touch.
        sectors: names of all sectors.
        rows: where the observations of what is held back stand in their files.
        old: the same of all that may be shown.
    """

    since: datetime | None
    young: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    sectors: tuple[str, ...] = ()
    rows: frozenset[str] = frozenset()
    old: frozenset[str] = frozenset()

    def findings(self, given: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings as they may leave, in the order given."""
        return _numbered([self._finding(each) for each in given], "finding_id")

    def guarantees(
        self, given: Sequence[Guarantee], versions: Iterable[Guarantee]
    ) -> tuple[Guarantee, ...]:
        """The guarantees as they may leave; versions tell when each woke."""
        woke: dict[tuple[str, ...], datetime] = {}
        for each in versions:
            if each.state is not GuaranteeState.DORMANT and each.since is not None:
                key = _same(each)
                woke[key] = min(woke.get(key, each.since), each.since)
        fit = [
            self._guarantee(each, woke.get(_same(each), each.since)) for each in given
        ]
        return _numbered(fit, "guarantee_id")

    def notices(
        self, given: Sequence[Notice], guarantees: Iterable[Guarantee]
    ) -> tuple[Notice, ...]:
        """The notices; those of a promise whose sector is withheld name no sector."""
        hidden = {each.clause for each in guarantees if each.sector == WITHHELD}
        return tuple(
            msgspec.structs.replace(each, sentence=self._no_sector(each.sentence))
            if self.since and each.at >= self.since and each.clause in hidden
            else each
            for each in given
        )

    def issues(self, given: Sequence[Issue]) -> tuple[Issue, ...]:
        """The issues; what may say where something young is keeps its place in a file.

        That is every issue of a row that is held back, and every issue about a place of
        which it is not known that its row is old enough.
        """
        if self.since is None:
            return tuple(given)
        return tuple(self._issue(each) for each in given)

    def _finding(self, finding: Finding) -> Finding:
        if self.since is None or finding.sector is None:
            return finding
        began = finding.t_start > self.since
        if finding.clause not in self.clauses:
            grounded = bool(finding.witness.facts)
            return self._unplaced(finding) if began and not grounded else finding
        if self._over(finding):
            return finding
        alone = self.young.issuperset(finding.witness.facts)
        whole = (finding.witness.number or 0) <= len(finding.witness.facts)
        if began and alone and whole:
            return self._unplaced(finding)
        return self._blurred(finding)

    def _over(self, finding: Finding) -> bool:
        """Whether it ended before the day from which on something is held back.

        Findings are put together by days. What a party kept, or may have kept, is put
        together over runs of days, and a run may go on or break off by what is held
        back: it is never over.
        """
        assert self.since is not None
        run = finding.party is not None and finding.verdict in RUNS
        midnight = start_of_day(self.since.date())
        return not run and finding.t_end is not None and finding.t_end <= midnight

    def _unplaced(self, finding: Finding) -> Finding:
        """Without its sector, the facts that lead to it, the share that tells it."""
        assert finding.sector is not None
        witness = finding.witness
        return msgspec.structs.replace(
            finding,
            finding_id="",
            sector=WITHHELD,
            sentence=self._no_sector(finding.sentence),
            settles=self._no_sector(finding.settles),
            witness=msgspec.structs.replace(witness, facts=(), coverage_share=None),
        )

    def _blurred(self, finding: Finding) -> Finding:
        """Also without when it began and every figure, which tell one from another."""
        assert self.since is not None
        who = (finding.party or "nobody known").replace("_", " ")
        return msgspec.structs.replace(
            finding,
            finding_id="",
            sector=WITHHELD,
            t_start=max(finding.t_start, self.since),
            t_end=finding.t_end and max(finding.t_end, self.since),
            p_breached=None,
            probability_ever=None,
            sentence=f"{finding.clause}, {who}: {finding.verdict.value} in {WITHHELD}"
            f" at some time since {stamp(self.since)} UTC; its figures are withheld"
            " with its sector",
            settles="",
            witness=Witness(),
            without_control=None,
        )

    def _guarantee(self, one: Guarantee, woke: datetime | None) -> Guarantee:
        if self.since is None or one.sector is None:
            return one
        if woke is not None and woke < self.since:
            return one
        steps = tuple(self._step(step) for step in one.steps)
        return msgspec.structs.replace(
            one,
            guarantee_id="",
            sector=WITHHELD,
            episode=None,
            why=self._no_sector(one.why),
            steps=steps,
        )

    def _step(self, step: Step) -> Step:
        return msgspec.structs.replace(
            step,
            what=self._no_sector(step.what),
            otherwise=self._no_sector(step.otherwise),
        )

    def _issue(self, issue: Issue) -> Issue:
        places = (issue.where, *issue.also)
        rows = {_row(place) for place in places}
        of_place = issue.code.startswith(OF_PLACES) and not rows <= self.old
        if not (of_place or rows & self.rows):
            return issue
        return msgspec.structs.replace(
            issue,
            message="withheld: it may say where something less than 24 hours old is",
            repair="",
            evidence=(),
        )

    def _no_sector(self, text: str) -> str:
        names = "|".join(re.escape(name) for name in self.sectors)
        if not names:
            return text
        unnamed = re.sub(rf"(?<!\w)(?:{names})(?!\w)", WITHHELD, text)
        return SHARE.sub("how much of it was watched is withheld with it", unnamed)


def veil(
    held: pl.DataFrame,
    *,
    observed: pl.DataFrame,
    observations: pa.Table,
    facts: pa.Table,
    findings: Iterable[Finding],
    issues: Iterable[Issue],
    sectors: Iterable[str],
    young_from: datetime,
) -> Veil:
    """What these incidents could be given away by.

    Args:
        held: the incidents that are held back.
        observed: the observations behind the incidents of the day, and of the day
            before.
        observations: OBSERVATIONS of the run.
        facts: FACTS of the run.
        findings: all findings of the run.
        issues: all issues of the run.
        sectors: names of the agreement's sectors.
        young_from: what ended later may be held back.
    """
    if held.is_empty():
        return Veil(since=None)
    theirs = facts.filter(
        pc.is_in(facts["root"], held["incident_id"].to_arrow().cast(pa.string()))
    )
    earliest = pc.min(theirs["t"]).as_py() or young_from
    mine = observed.join(held.select("incident_id"), on="incident_id", how="semi")
    return Veil(
        since=min(young_from, earliest - SECOND),
        young=frozenset(theirs["fact_id"].to_pylist()),
        clauses=_touched(findings, facts, pc.unique(theirs["kind"])),
        sectors=tuple(sorted(sectors, key=lambda name: (-len(name), name))),
        rows=frozenset(mine["raw_ref"].to_list()),
        old=_old(issues, observations, young_from) - set(mine["raw_ref"].to_list()),
    )


def _touched(
    findings: Iterable[Finding], facts: pa.Table, acts: pa.Array
) -> frozenset[str]:
    """Clauses of which any finding of the run rests on an act of these kinds."""
    alike = facts.filter(pc.is_in(facts["kind"], acts.cast(pa.string())))
    ids = frozenset(alike["fact_id"].to_pylist())
    touched: set[str] = set()
    for finding in findings:
        if finding.clause not in touched and not ids.isdisjoint(finding.witness.facts):
            touched.add(finding.clause)
    return frozenset(touched)


def _old(
    issues: Iterable[Issue], observations: pa.Table, young_from: datetime
) -> frozenset[str]:
    """Rows with an issue about a place, of which an old observation was made."""
    asked = {
        _row(place)
        for issue in issues
        if issue.code.startswith(OF_PLACES)
        for place in (issue.where, *issue.also)
    }
    if not asked:
        return frozenset()
    known = pc.is_in(observations["raw_ref"], pa.array(sorted(asked), pa.string()))
    old = pc.less(observations["t_end"], pa.scalar(young_from))
    rows = observations.filter(pc.and_(known, old))["raw_ref"]
    return frozenset(rows.to_pylist())


def _row(where: Where) -> str:
    """As `raw_ref` names it."""
    return f"{PurePath(where.file).name}#{where.line}"


def _same(one: Guarantee) -> tuple[str, ...]:
    """What the versions of one guarantee have in common."""
    return one.clause, one.party or "", one.episode or one.sector or ""


def _numbered(given: list[R], field: str) -> tuple[R, ...]:
    """Those without an id get a number, in an order that says nothing of a place."""
    key: Callable[[R], str] = lambda one: str(msgspec.json.encode(one))  # noqa: E731
    bare = sorted((one for one in given if not getattr(one, field)), key=key)
    number = {id(one): at for at, one in enumerate(bare, start=1)}
    return tuple(
        msgspec.structs.replace(one, **{field: f"withheld-{number[id(one)]}"})
        if id(one) in number
        else one
        for one in given
    )
