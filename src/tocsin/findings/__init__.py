"""Incidents become facts, and facts become verdicts by clause and party."""

from tocsin.findings.attribution import ATTRIBUTION, Attributed, attribute, explain
from tocsin.findings.weights import Weights, load_weights

__all__ = [
    "ATTRIBUTION",
    "Attributed",
    "Weights",
    "attribute",
    "explain",
    "load_weights",
]
