"""The annexes: what every sentence of the report links to, and how it was made.

Nothing here says more of a place than the map does. What is held back keeps its row,
its class and the instant from which it may be shown, and nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import polars as pl

from tocsin.model import BOUNDS_FROM, Finding, Witness
from tocsin.report.classes import CLASSES, shown_class
from tocsin.report.day import Day
from tocsin.report.document import (
    Cell,
    Column,
    Link,
    Row,
    Section,
    Sentence,
    Table,
    Term,
    Terms,
)
from tocsin.report.figures.ground import DISCLAIMER
from tocsin.report.release import EMBARGO
from tocsin.report.sections.phrases import (
    attribution,
    count_words,
    named,
    party_of,
    place_words,
    sector_of,
)
from tocsin.report.sections.restrictions import claims_words
from tocsin.report.wording import (
    counted,
    listed,
    number,
    percent,
    probability,
    spoken,
    stamp,
)

__all__ = ["annexes"]

ROWS_SHOWN: Final = 120
FACTS_LINKED: Final = 5


def annexes(day: Day) -> tuple[Section, ...]:
    """Incidents, findings, facts, observations, then method and terms."""
    return (
        _incidents(day),
        _findings(day),
        _facts(day),
        _observations(day),
        _method(day),
    )


def _annex(
    letter: str, title: str, about: str, *blocks: Table | Terms | Sentence
) -> Section:
    return Section(
        number=letter,
        anchor=f"annex-{letter.lower()}",
        title=title,
        about=about,
        blocks=blocks,
    )


# --- A


def _incidents(day: Day) -> Section:
    frame = pl.concat([day.incidents, day.periods, day.undated])
    return _annex(
        "A",
        "Incidents",
        "What happened, as far as it is known, formed from one or more observations."
        " Places are given on a grid no finer than their doubt and 1 km.",
        Table(
            anchor="table-incidents",
            caption="Incidents, period figures and incidents of uncertain date",
            columns=(
                Column(title="No."),
                Column(title="Began (UTC)"),
                Column(title="What"),
                Column(title="Sector"),
                Column(title="Place"),
                Column(title="Count"),
                Column(title="Observations, roots", numeric=True),
                Column(title="Ascribed to"),
            ),
            rows=tuple(_incident(day, row) for row in frame.to_dicts()),
            shown=ROWS_SHOWN,
            wide=True,
        ),
    )


def _incident(day: Day, row: dict[str, Any]) -> Row:
    link = day.link[row["incident_id"]]
    if row["held"]:
        return _withheld(row, link)
    return Row(
        anchor=link.to,
        cells=(
            Cell(text=link.label),
            Cell(text=_began(row)),
            Cell(text=_what(row), mark=row["class"]),
            Cell(text=sector_of(row["sector"])),
            Cell(text=place_words(row)),
            Cell(text=count_words(row), value=row["count_high"]),
            Cell(text=f"{row['n_observations']}, {row['n_independent']}"),
            Cell(text=attribution(row, _parties(row))),
        ),
    )


def _parties(row: dict[str, Any]) -> list[str]:
    return [n[2:] for n in row if n.startswith("p_") and n != "p_undetermined"]


def _withheld(row: dict[str, Any], link: Link) -> Row:
    """Its class, and the instant from which it may be shown; nothing else."""
    until = stamp(row["t_end"] + EMBARGO)
    words = ("withheld", f"not before {until}", *["withheld"] * 3)
    return Row(
        anchor=link.to,
        cells=(
            Cell(text=link.label),
            Cell(text="withheld"),
            Cell(text=shown_class(row["class"]).one, mark=row["class"]),
            *(Cell(text=word) for word in words),
        ),
    )


def _began(row: dict[str, Any]) -> str:
    if not row["period"] and row["t_end"] - row["t_start"] >= BOUNDS_FROM:
        return f"between {stamp(row['t_start'])} and {stamp(row['t_end'])}"
    sigma = row["t_sigma_s"]
    doubt = f" ± {max(1, round(sigma / 60)):,} min" if sigma else ""
    lasts = row["t_end"] - row["t_start"]
    long = row["period"] or lasts > 2 * timedelta(seconds=sigma or 60.0)
    end = f" to {stamp(row['t_end'])}" if long else ""
    return f"{stamp(row['t_start'])}{end}{doubt}"


_ASSESSED: Final = {
    "impact": "assessed as impact",
    "outgoing": "assessed as outgoing",
    "exercise": "assessed as live-fire exercise",
}


def _what(row: dict[str, Any]) -> str:
    words = [spoken(row["kind"]) if row["kind"] else "kind undetermined"]
    if row["class"] in _ASSESSED:
        words.append(_ASSESSED[row["class"]])
    words += [spoken(each) for each in (*row["weapons"], *row["restrictions"])]
    if row["claims"]:
        words.append(f"named: {claims_words(row)}")
    return ", ".join(dict.fromkeys(words))


# --- B


def _findings(day: Day) -> Section:
    return _annex(
        "B",
        "Findings and what they rest on",
        "The gravest verdicts first. A witness is small enough to check by hand.",
        Table(
            anchor="table-findings",
            caption="Findings that held at some time of this day",
            columns=(
                Column(title="No."),
                Column(title="Clause, party"),
                Column(title="Sector"),
                Column(title="Verdict"),
                Column(title="From, to (UTC)"),
                Column(title="p", numeric=True),
                Column(title="Sentence"),
                Column(title="Witness"),
            ),
            rows=tuple(_finding(day, finding) for finding in day.findings),
            shown=ROWS_SHOWN,
            wide=True,
        ),
    )


def _finding(day: Day, finding: Finding) -> Row:
    link = day.link[finding.finding_id]
    facts = finding.witness.facts[:FACTS_LINKED]
    return Row(
        anchor=link.to,
        cells=(
            Cell(text=link.label),
            Cell(text=f"{finding.clause}, {party_of(finding)}"),
            Cell(text=finding.sector or "not distinguished"),
            Cell(text=finding.verdict.value, tone=finding.verdict.value),
            Cell(text=_held(finding)),
            Cell(text=probability(finding.p_breached), value=finding.p_breached),
            Cell(text=_sentence(finding)),
            Cell(
                text=_witness(finding.witness),
                links=tuple(day.link[each] for each in facts if each in day.link),
            ),
        ),
    )


def _held(finding: Finding) -> str:
    """From when until when; an act known to a day only was at some time of its window.

    Such an act stands at the middle of what is known of its time.
    """
    begin, end = finding.witness.window_start, finding.witness.window_end
    instant = finding.t_end and finding.t_end - finding.t_start <= timedelta(seconds=1)
    if instant and begin and end and end - begin >= BOUNDS_FROM:
        return f"at some time between {stamp(begin)} and {stamp(end)}"
    until = stamp(finding.t_end) if finding.t_end else "holds on"
    return f"{stamp(finding.t_start)} to {until}"


def _sentence(finding: Finding) -> str:
    settles = f" To settle it: {finding.settles}." if finding.settles else ""
    control = f" Control layer: {finding.control}." if finding.control else ""
    return f"{finding.sentence}{settles}{control}"


def _witness(witness: Witness) -> str:
    parts = [counted(len(witness.facts), "fact")] if witness.facts else []
    if witness.number is not None:
        parts.append(f"number compared {number(witness.number)}")
    if witness.window_start and witness.window_end:
        window = f"{stamp(witness.window_start)} to {stamp(witness.window_end)}"
        parts.append(f"window {window}")
    if witness.missing:
        parts.append(f"missing: {witness.missing}")
    share = witness.coverage_share
    if share is not None:
        parts.append(f"{percent(share)} of the window watched")
    return "; ".join(parts) or "no fact"


# --- C


def _facts(day: Day) -> Section:
    return _annex(
        "C",
        "Facts that findings rest on",
        "An incident put in the words of the agreement. The first few facts of each"
        " finding, those of withheld incidents left out; the run holds all of them.",
        Table(
            anchor="table-facts",
            caption="Facts",
            columns=(
                Column(title="No."),
                Column(title="At (UTC)"),
                Column(title="Act"),
                Column(title="Party"),
                Column(title="p", numeric=True),
                Column(title="Sector"),
                Column(title="About"),
                Column(title="Roots", numeric=True),
                Column(title="Incident"),
            ),
            rows=tuple(_fact(day, row) for row in day.cited.to_dicts()),
            shown=ROWS_SHOWN,
            wide=True,
        ),
    )


def _fact(day: Day, row: dict[str, Any]) -> Row:
    link = day.link[row["fact_id"]]
    incident = day.link.get(row["root"] or "")
    p = 1.0 if row["p"] is None else row["p"]
    vote = f": {row['vote']}" if row["vote"] else ""
    return Row(
        anchor=link.to,
        cells=(
            Cell(text=link.label),
            Cell(text=_at(row)),
            Cell(text=f"{spoken(row['kind'])}{vote}"),
            Cell(text=named(row["party"]) if row["party"] else "undetermined"),
            Cell(text=probability(p), value=p),
            Cell(text=row["sector"] or "not known"),
            Cell(text=row["subject"] or row["target_party"] or "nothing stated"),
            Cell(
                text=number(row["n_independent"] or 1), value=row["n_independent"] or 1
            ),
            Cell(
                text="" if incident else "of another day, or an act on record",
                links=(incident,) if incident else (),
            ),
        ),
    )


def _at(row: dict[str, Any]) -> str:
    """The instant of an act; of what is known to a day or longer only, the bounds."""
    first, last = row["t_earliest"], row["t_latest"]
    if first is None or last is None or last - first < BOUNDS_FROM:
        return stamp(row["t"])
    return f"between {stamp(first)} and {stamp(last)}"


# --- D


def _observations(day: Day) -> Section:
    frame = day.observed.unique("observation_id", keep="first", maintain_order=True)
    return _annex(
        "D",
        "Observations behind the incidents",
        "What each source said, once, and the row of its file that holds it.",
        Table(
            anchor="table-observations",
            caption="Observations",
            columns=(
                Column(title="No."),
                Column(title="Source"),
                Column(title="File and row"),
                Column(title="How known"),
                Column(title="Received (UTC)"),
                Column(title="Copy of"),
                Column(title="Names as responsible"),
                Column(title="Incident"),
            ),
            rows=tuple(_observation(day, row) for row in frame.to_dicts()),
            shown=ROWS_SHOWN,
            wide=True,
        ),
    )


def _observation(day: Day, row: dict[str, Any]) -> Row:
    link = day.link[row["observation_id"]]
    incident = day.link.get(row["incident_id"])
    known = [spoken(row[k]) for k in ("nature", "platform", "means") if row[k]]
    received = stamp(row["received_at"]) if row["received_at"] else "not known"
    named = row["claimed_party"]
    by = row["claimed_by"] or row["source_id"]
    return Row(
        anchor=link.to,
        cells=(
            Cell(text=link.label),
            Cell(text=row["source_id"]),
            Cell(text=row["raw_ref"]),
            Cell(text=", ".join(known)),
            Cell(text=received),
            Cell(text=row["derived_from"] or "nothing stated"),
            Cell(text=f"{named}, says {by}" if named else "nobody"),
            Cell(links=(incident,) if incident else ()),
        ),
    )


# --- E


def _method(day: Day) -> Section:
    return _annex(
        "E",
        "Method and terms",
        "",
        Terms(terms=(*_METHOD, *_classes(), *_layers(day))),
    )


def _classes() -> tuple[Term, ...]:
    kinds = [
        f"{each.many}: {listed([spoken(kind.value) for kind in each.kinds])}"
        for each in CLASSES
        if each.kinds
    ]
    return (Term(word="Classes", meaning=f"{'; '.join(kinds)}."),)


def _layers(day: Day) -> tuple[Term, ...]:
    layers = sorted({f.control for f in day.findings if f.control})
    named = listed(layers) or "none was used; the side of the line stays undetermined"
    return (
        Term(word="Control layer", meaning=f"{named}."),
        Term(word="Lines and names", meaning=DISCLAIMER),
        *(
            Term(
                word=f"{article.number} {article.title}",
                meaning=f"{article.sentence} ({article.file}:{article.line})",
            )
            for article in day.agreement.articles
        ),
    )


_METHOD: Final = (
    Term(
        word="Day",
        meaning="From 00:00 to 24:00 UTC. An incident belongs to the day on which it"
        " began, by its best estimate. Where only a day of some zone is known, it"
        " belongs to the day that holds most of it and is shown with its bounds.",
    ),
    Term(
        word="None recorded",
        meaning="Nobody who watched reported it. It does not mean that nothing"
        " happened; the share watched stands beside it.",
    ),
    Term(
        word="Share watched",
        meaning="The part of a sector that somebody is on record as watching, averaged"
        " over time. Not stated is not zero, and not one.",
    ),
    Term(
        word="Independent roots",
        meaning="Reports that are not copies of one another and differ in owner and way"
        " of knowing.",
    ),
    Term(
        word="Ascribed to",
        meaning="Probability that a party did it, from the evidence alone; the rest is"
        " undetermined. An incident ascribed is not a breach found.",
    ),
    Term(
        word="Withheld",
        meaning="What may show where fire landed is given out 24 hours late. An"
        " explosion that nobody assessed is treated as an impact.",
    ),
    Term(
        word="Outgoing fire",
        meaning="Never placed finer than its best single observation or 1 km.",
    ),
    Term(
        word="Verdicts",
        meaning="Met, breached, pending (time has not run out), excused, undetermined"
        " (knowledge is lacking).",
    ),
)
