"""The terms of one attribution in words, each with what was compared and its source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tocsin.findings.cases import IMPACT, SOURCE, Cases
from tocsin.findings.terms import TERMS, Terms
from tocsin.findings.weights import Weights
from tocsin.model import Judgement, Reason
from tocsin.model.control import Control

__all__ = ["reasons_of"]


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
    role = cases.role[0]
    own, seen = {
        IMPACT: (weights.line.own_ground_impact, "fell"),
        SOURCE: (weights.line.own_ground_source, "is seen at its source"),
    }.get(role, (weights.line.own_ground_unknown, "was seen"))
    share = terms.held[0, holder]
    first = f"{share:.0%} of its place on ground held by {parties[holder]}"
    second = f"of what {seen} on a party's ground {own:.0%} is taken to be its own"
    return first, second


def _bearing(cases: Cases, party: str) -> tuple[str, str]:
    bearings = cases.bearings.sort("kappa", descending=True)
    first = ", ".join(f"{deg:.0f}" for deg in bearings["deg"])
    where = (
        "the other side's ground" if cases.role[0] == SOURCE else f"{party}'s ground"
    )
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
        return f"attribution.toml; {publisher}"
    named = cases.claims.filter(cases.claims["proof"] == (term == "claims"))
    return "; ".join(named["owner"].unique().sort())
