"""Section 4: which clause says what of which party, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tocsin.model import Finding, Verdict
from tocsin.report.cite import ANNEX, some
from tocsin.report.day import Day
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Link,
    Part,
    Row,
    Section,
    Sentence,
    Table,
)
from tocsin.report.embargo import WITHHELD
from tocsin.report.sections.phrases import NONE, named, party_of, sector_of
from tocsin.report.view import Article
from tocsin.report.wording import (
    counted,
    listed,
    number,
    probability,
    sentence,
    spoken,
    stamp,
)

__all__ = ["article_of", "breach_groups", "clauses", "standard_words"]

SAID: Final = (Verdict.BREACHED, Verdict.PENDING, Verdict.EXCUSED)
SENTENCES: Final = 14
SECTORS_SAID: Final = 6


def clauses(day: Day) -> Section:
    """The matrix of clauses and parties, then each finding in a sentence."""
    said = [finding for finding in day.findings if finding.verdict in SAID]
    blocks: list[Block] = [_matrix(day), *_untouched(day)]
    groups = _alike(_sentence_of(day, finding) for finding in said)
    blocks += [_as_one(theirs) for theirs in groups[:SENTENCES]]
    if len(groups) > SENTENCES:
        more = counted(sum(map(len, groups[SENTENCES:])), "more finding")
        text = f"{more} of this day stand in Annex B."
        blocks.append(Sentence(text=text, evidence=(ANNEX["B"],)))
    blocks += _undetermined(day)
    return Section(
        number="4",
        anchor="clauses",
        title="Clauses and parties",
        about="A breach is said when its probability reaches the clause's standard. Met"
        " is said only over time that somebody watched. A party is named only where the"
        " evidence supports it.",
        blocks=tuple(blocks),
    )


def breach_groups(
    findings: Sequence[Finding],
) -> dict[tuple[str, str], list[Finding]]:
    """Breaches by clause and party, in order."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.verdict is Verdict.BREACHED:
            groups.setdefault((finding.clause, party_of(finding)), []).append(finding)
    return dict(sorted(groups.items()))


def _sentence_of(day: Day, finding: Finding) -> Sentence:
    """The finding's own sentence, then probability, standard and control layer."""
    head = f"{finding.clause}, {party_of(finding)}: "
    said = (
        finding.sentence
        if finding.clause in finding.sentence
        else head + finding.sentence
    )
    return Sentence(
        text=f"{sentence(said)} {sentence(_conditions(day, finding))}",
        evidence=_evidence(day, finding),
        tone=finding.verdict.value,
    )


def _alike(given: Iterable[Sentence]) -> list[list[Sentence]]:
    """Sentences that say the same (their sector is withheld), together."""
    groups: dict[str, list[Sentence]] = {}
    for one in given:
        groups.setdefault(one.text, []).append(one)
    return list(groups.values())


def _as_one(theirs: list[Sentence]) -> Sentence:
    if len(theirs) == 1:
        return theirs[0]
    links = [link for one in theirs for link in one.evidence]
    return Sentence(
        text=f"{theirs[0].text} {counted(len(theirs), 'finding')} say this.",
        evidence=some(links, rest=ANNEX["B"]),
        tone=theirs[0].tone,
    )


def _evidence(day: Day, finding: Finding) -> tuple[Link, ...]:
    own = day.link[finding.finding_id]
    facts = [day.link[each] for each in finding.witness.facts if each in day.link]
    return (own, *some(facts, rest=ANNEX["C"]))


def _conditions(day: Day, finding: Finding) -> str:
    """What the finding's own sentence leaves unsaid: how sure, by which standard."""
    parts = [standard_words(article_of(day, finding.clause))]
    unsaid = "probability" not in finding.sentence
    if unsaid and (finding.p_breached or finding.verdict is Verdict.BREACHED):
        parts.insert(0, f"probability of breach {_chance(finding)}")
    if "UTC" not in finding.sentence:
        since = f"{spoken(finding.verdict.value)} since {stamp(finding.t_start)} UTC"
        parts.insert(0, since)
    if finding.due is not None and finding.verdict is Verdict.PENDING:
        parts.append(f"due {stamp(finding.due)} UTC")
    return ", ".join([*parts, *_control(finding)])


def _chance(finding: Finding) -> str:
    if finding.p_breached is None and finding.sector == WITHHELD:
        return "withheld"
    return probability(finding.p_breached)


def _control(finding: Finding) -> list[str]:
    """The layer that it rests on, by its publisher, and the verdict without it."""
    if finding.control is None:
        return []
    unsaid = "withheld" if finding.sector == WITHHELD else "not known"
    bare = spoken(finding.without_control) if finding.without_control else unsaid
    return [f"rests on the control layer of {finding.control}, without it {bare}"]


def article_of(day: Day, clause: str) -> Article | None:
    """The clause as the agreement words it, or None: it does not name it."""
    return next((a for a in day.agreement.articles if a.number == clause), None)


def standard_words(article: Article | None) -> str:
    """'standard clear (0.75)', or that none is stated."""
    standard = None if article is None else article.standard
    if article is None or standard is None:
        return "standard not stated"
    name = article.standard_name
    return f"standard {name} ({standard:g})" if name else f"standard {standard:g}"


def _matrix(day: Day) -> Table:
    columns = _columns(day)
    touched = {finding.clause for finding in day.findings}
    known = [a.number for a in day.agreement.articles]
    order = [n for n in known if n in touched] + sorted(touched - set(known))
    return Table(
        anchor="table-clauses",
        caption="What each clause says of each party over this day",
        columns=(
            Column(title="Clause"),
            Column(title="Standard"),
            *(
                Column(title=named(party) if party else "Party undetermined")
                for party in columns
            ),
        ),
        rows=tuple(_matrix_row(day, clause, columns) for clause in order),
        note="Each line of a cell: verdict, number of findings that held at some time"
        f" of the day, highest probability of breach. {NONE} no finding of this day.",
        wide=True,
    )


def _columns(day: Day) -> list[str | None]:
    """Parties in the order of the agreement, then others that findings name."""
    others = {finding.party for finding in day.findings if finding.party}
    columns: list[str | None] = [*day.parties, *sorted(others - set(day.parties))]
    if any(finding.party is None for finding in day.findings):
        columns.append(None)
    return columns


def _matrix_row(day: Day, clause: str, columns: Sequence[str | None]) -> Row:
    article = article_of(day, clause)
    title = f"{clause} {article.title}" if article else clause
    standard = standard_words(article).removeprefix("standard ")
    cells = (_cell(day, clause, party) for party in columns)
    return Row(cells=(Cell(text=title), Cell(text=standard), *cells))


def _cell(day: Day, clause: str, party: str | None) -> Cell:
    theirs = [f for f in day.findings if f.clause == clause and f.party == party]
    if not theirs:
        return Cell(text=NONE)
    parts = []
    for verdict in dict.fromkeys(finding.verdict for finding in theirs):
        same = [finding for finding in theirs if finding.verdict is verdict]
        parts.append(Part(text=_count(verdict, same), tone=verdict.value))
    links = some([day.link[f.finding_id] for f in theirs][:1], rest=ANNEX["B"])
    return Cell(parts=tuple(parts), links=links, value=len(theirs))


def _count(verdict: Verdict, same: list[Finding]) -> str:
    """'breached 3, p up to 0.93'; the probability only for a breach."""
    text = f"{verdict.value} {number(len(same))}"
    if verdict is not Verdict.BREACHED:
        return text
    known = [f.p_breached for f in same if f.p_breached is not None]
    highest = probability(max(known, default=None))
    return f"{text}, p {'up to ' if len(known) > 1 else ''}{highest}"


def _untouched(day: Day) -> list[Sentence]:
    touched = {finding.clause for finding in day.findings}
    quiet = [a.number for a in day.agreement.articles if a.number not in touched]
    if not quiet:
        return []
    text = (
        f"No finding of this day under {listed(quiet)}: not in force, nothing triggered"
        f" {'it' if len(quiet) == 1 else 'them'}, or this version does not evaluate"
        f" {'it' if len(quiet) == 1 else 'them'} (see section 9)."
    )
    return [Sentence(text=text)]


def _undetermined(day: Day) -> list[Sentence]:
    """What could not be said, by clause and party, and what would help."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in day.findings:
        if finding.verdict is Verdict.UNDETERMINED:
            groups.setdefault((finding.clause, party_of(finding)), []).append(finding)
    return [_open(day, *key, theirs) for key, theirs in sorted(groups.items())]


def _open(day: Day, clause: str, party: str, theirs: list[Finding]) -> Sentence:
    sectors = sorted({sector_of(finding.sector) for finding in theirs})
    where = listed(sectors[:SECTORS_SAID])
    if len(sectors) > SECTORS_SAID:
        where = counted(len(sectors), "sector")
    settles = sorted({finding.settles for finding in theirs if finding.settles})
    help_ = f" What would settle it: {'; '.join(settles[:2])}." if settles else ""
    return Sentence(
        text=f"{clause}, {party}: undetermined in {where}"
        f" ({counted(len(theirs), 'finding')}).{help_}",
        evidence=some([day.link[f.finding_id] for f in theirs], rest=ANNEX["B"]),
        tone="undetermined",
    )
