"""Section 2: the day in a few sentences, each with its conditions and its evidence."""

from __future__ import annotations

from typing import Final

from tocsin.model import Guarantee, GuaranteeState, Verdict
from tocsin.report.cite import ANNEX, some
from tocsin.report.day import Day
from tocsin.report.document import Block, Link, Section, Sentence
from tocsin.report.embargo import WITHHELD
from tocsin.report.sections.civilians import harm_sentences
from tocsin.report.sections.clauses import article_of, breach_groups, standard_words
from tocsin.report.sections.coverage import outside_sentences, reading_sentences
from tocsin.report.sections.phrases import COVERAGE_LINK, withheld_words
from tocsin.report.sections.promises import about_words, awake, due_words
from tocsin.report.sections.recorded import change_table, period_sentences
from tocsin.report.sections.restrictions import restrictions_sentence
from tocsin.report.wording import counted, listed, probability, sentence, spoken

__all__ = ["summary"]

ENDED: Final = (GuaranteeState.LAPSED, GuaranteeState.DECLINED)
"""Nothing more is due under these; only what was missed is worth a sentence."""


def summary(day: Day) -> Section:
    """What could be seen, what was recorded, what it means, what is due."""
    blocks: list[Block] = [
        *outside_sentences(day),
        *(s for s in reading_sentences(day) if s.tone == "unknown"),
        *_recorded(day),
        *period_sentences(day),
        *_withheld(day),
        *_found(day),
        *_due(day),
        restrictions_sentence(day),
        harm_sentences(day)[0],
    ]
    return Section(
        number="2",
        anchor="summary",
        title="Summary",
        blocks=tuple(blocks),
    )


def _recorded(day: Day) -> list[Block]:
    """The change by class; where no single incident is dated, that is all it says."""
    if not (day.incidents.is_empty() and day.before.is_empty()):
        return [change_table(day)]
    words = day.watch.all().words()
    text = f"No single incident is on record for this day ({words}), none for the day"
    text += f" before ({day.watch_before.all().words()})."
    return [Sentence(text=text, evidence=(COVERAGE_LINK,), tone="unknown")]


def _withheld(day: Day) -> list[Sentence]:
    if day.held.is_empty():
        return []
    links = some(day.links(day.held["incident_id"]), rest=ANNEX["A"])
    text = sentence(withheld_words(day.held, day))
    return [Sentence(text=text, evidence=links, tone="warning")]


def _found(day: Day) -> list[Sentence]:
    """Breaches by clause and party; then how much stays undetermined."""
    told = []
    for (clause, party), theirs in breach_groups(day.findings).items():
        sectors = sorted({f.sector for f in theirs if f.sector})
        where = f" in {listed(sectors)}" if sectors else ""
        known = [f.p_breached for f in theirs if f.p_breached is not None]
        told.append(
            Sentence(
                text=f"{clause}: breached by {party}{where}, {_up_to(known, sectors)}"
                " against the"
                f" {standard_words(article_of(day, clause))}"
                f" ({counted(len(theirs), 'finding')}).",
                evidence=some(
                    [day.link[f.finding_id] for f in theirs], rest=ANNEX["B"]
                ),
                tone="breached",
            )
        )
    return [*told, *_open(day)]


def _up_to(known: list[float], sectors: list[str]) -> str:
    """The highest probability; withheld with the sector, where it is."""
    if not known and WITHHELD in sectors:
        return "probability withheld"
    highest = probability(max(known, default=None))
    return f"probability {'up to ' if len(known) > 1 else ''}{highest}"


def _open(day: Day) -> list[Sentence]:
    theirs = [f for f in day.findings if f.verdict is Verdict.UNDETERMINED]
    if not theirs:
        return []
    clauses = listed(sorted({f.clause for f in theirs}))
    return [
        Sentence(
            text=f"{counted(len(theirs), 'finding')} under {clauses}"
            f" {'stays' if len(theirs) == 1 else 'stay'} undetermined: nobody could see"
            " enough, or the evidence names no party.",
            evidence=some([day.link[f.finding_id] for f in theirs], rest=ANNEX["B"]),
            tone="undetermined",
        )
    ]


def _due(day: Day) -> list[Sentence]:
    return [_guarantee(day, each) for each in awake(day)]


def _guarantee(day: Day, guarantee: Guarantee) -> Sentence:
    """Where it stands and the first step that is open."""
    about = about_words(guarantee)
    state = f"{guarantee.clause} {guarantee.title}{about}: "
    state += spoken(guarantee.state.value)
    waiting = [step for step in guarantee.steps if step.done_at is None]
    over = guarantee.state in ENDED
    if waiting and not (over and not waiting[0].missed):
        step = waiting[0]
        owed = f" is due from {listed(step.owed_by)}" if step.owed_by else ""
        state += f"; {step.what}{owed}"
        state += f" ({due_words(step, day.end)})"
        if step.blockers:
            state += f", can be blocked by {listed(step.blockers, last='or')}"
    return Sentence(
        text=f"{state}.",
        evidence=(Link(to="guarantees", label="section 5"),),
        tone="warning" if any(step.missed for step in waiting) else "pending",
    )
