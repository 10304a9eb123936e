"""Incidents become facts, and facts become verdicts by clause and party."""

from tocsin.findings.assess import assess
from tocsin.findings.attribution import (
    ATTRIBUTION,
    HAPPENED,
    Attributed,
    attribute,
    explain,
)
from tocsin.findings.facts import make_facts
from tocsin.findings.weights import Weights, load_weights

__all__ = [
    "ATTRIBUTION",
    "HAPPENED",
    "Attributed",
    "Weights",
    "assess",
    "attribute",
    "explain",
    "load_weights",
    "make_facts",
]
