"""The terms of one attribution in words, each with what was compared and its source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tocsin.findings.cases import FLIGHT, IMPACT, JAMMING, SOURCE, Cases
from tocsin.findings.happened import WHETHER
from tocsin.findings.terms import TERMS, Terms, own_share
from tocsin.findings.weights import Weights
from tocsin.model import Judgement, Reason
from tocsin.model.control import Control

__all__ = ["reasons_of", "whether_of"]

PARAMETERS = "attribution.toml"
FELL = 0.1  # less than that in doubt is said plainly


def whether_of(cases: Cases, terms: Terms, weights: Weights) -> Judgement:
    """The reasons for and against that the first case happened."""
    reasons = tuple(
        Reason(
            term=term,
            value=float(terms.whether[term][0]),
            compared=_doubt(term, cases, terms, weights),
            source=PARAMETERS,
        )
        for term in WHETHER
        if terms.whether[term][0]
    )
    return Judgement(value=sum(reason.value for reason in reasons), reasons=reasons)


def _doubt(term: str, cases: Cases, terms: Terms, weights: Weights) -> tuple[str, str]:
    eyes = cases.eyes["platform"].to_list()
    if term == "eyes":
        what = "hostile fire" if cases.fire[0] else "what it tells of"
        told = ", ".join(eyes) or "nobody's own report"
        return told, f"how often what such an eye alone reports was {what}"
    if term == "further eyes":
        return f"{len(eyes)} kinds of eye", "two false reports must also fall together"
    if term == "again":
        return "more than one report of one kind of eye", "copies left out"
    if term == "credibility":
        grades = ", ".join(cases.eyes["credibility"].drop_nulls())
        return f"credibility {grades} as given", "reports that nobody graded"
    if term == "silent eyes":
        return "eyes at work thereabouts that tell nothing of it", "such as do"
    if term == "direction":
        return "the direction of fire is told", "reports that tell none"
    if term == "weapon":
        return "its class of weapon is told", "reports that name no class of weapon"
    far = terms.away_m[0] / 1000
    others = weights.near.others_m / 1000
    return (
        f"{far:.1f} km from the other side's ground",
        f"drill, blasts and false alarms, which lie {others:.0f} km from it typically",
    )


def reasons_of(
    cases: Cases,
    terms: Terms,
    parties: Sequence[str],
    control: Control | None,
    weights: Weights,
) -> dict[str, Judgement]:
    """For each party the reasons of the first case."""
    publisher = control.publisher if control else ""
    judgements = {}
    for k, party in enumerate(parties):
        reasons = tuple(
            Reason(
                term=term,
                value=float(terms.values[term][0, k]),
                compared=_compared(term, k, cases, terms, parties, weights),
                source=_source(term, cases, publisher),
            )
            for term in TERMS
            if terms.values[term][0, k]
        )
        value = sum(reason.value for reason in reasons)
        judgements[party] = Judgement(value=value, reasons=reasons)
    return judgements


def _compared(
    term: str,
    k: int,
    cases: Cases,
    terms: Terms,
    parties: Sequence[str],
    weights: Weights,
) -> tuple[str, str]:
    if term == "line":
        return _line(cases, terms, parties, weights)
    if term == "bearing":
        return _bearing(cases, parties[k])
    if term == "range":
        return _range(k, cases, terms, parties[k])
    return _claims(term, k, cases, parties[k])


def _line(
    cases: Cases, terms: Terms, parties: Sequence[str], weights: Weights
) -> tuple[str, str]:
    """For example: 92 % of its place on Northland's ground; 12 % of ... ."""
    holder = int(np.argmax(terms.held[0]))
    own = own_share(cases, weights)[0]
    share = terms.held[0, holder]
    first = f"{share:.0%} of its place on ground held by {parties[holder]}"
    second = (
        f"of what {_seen(cases)} on a party's ground {own:.0%} is taken to be its own"
    )
    return first, second


def _seen(cases: Cases) -> str:
    if cases.role[0] == FLIGHT:
        return "flies"
    if cases.role[0] == JAMMING:
        return "is jammed"
    if cases.role[0] == IMPACT or cases.at_source[0] < FELL:
        return "fell"
    if cases.role[0] == SOURCE or cases.at_source[0] > 1 - FELL:
        return "is seen at its source"
    return "was seen"


def _bearing(cases: Cases, party: str) -> tuple[str, str]:
    bearings = cases.bearings.sort("kappa", descending=True)
    first = ", ".join(f"{deg:.0f}" for deg in bearings["deg"])
    if cases.role[0] == FLIGHT:
        return f"on a course of {first} degrees", f"{party}'s ground behind it or ahead"
    ahead = cases.at_source[0] > 1 - FELL
    where = "the other side's ground" if ahead else f"{party}'s ground"
    return f"fire towards {first} degrees", f"where {where} lies"


def _range(k: int, cases: Cases, terms: Terms, party: str) -> tuple[str, str]:
    weapon, far = cases.weapon[0], cases.range_m[0] / 1000
    near = "holds ground" if terms.values["range"][0, k] > 0 else "holds no ground"
    return f"{weapon} reaches {far:.0f} km", f"{party} {near} so near"


def _claims(term: str, k: int, cases: Cases, party: str) -> tuple[str, str]:
    said = cases.claims.filter(cases.claims["proof"] == (term == "claims"))
    own = said.filter(said["party"] == k)
    if not own.height:
        return "others are named", f"{party} is not"
    doubt = "whose word counts" if term == "claims" else "with an interest"
    return f"{party} named by {own.height}", f"{doubt}; one vote for each owner"


def _source(term: str, cases: Cases, publisher: str) -> str:
    if term == "line":
        return publisher
    if term == "bearing":
        return "; ".join([*cases.bearings["owner"].unique().sort(), publisher])
    if term == "range":
        return f"{PARAMETERS}; {publisher}"
    named = cases.claims.filter(cases.claims["proof"] == (term == "claims"))
    return "; ".join(named["owner"].unique().sort())
