"""The agreement language: text to tree, checked, and back to plain words.

:func:`load` an agreement, walk its :mod:`~tocsin.agreement.terms`, and let
:func:`check` say everything that is wrong with it.
"""

from tocsin.agreement.areas import load_areas
from tocsin.agreement.check import check
from tocsin.agreement.evaluate import (
    Engine,
    Evaluation,
    evaluate,
    evaluate_fully,
)
from tocsin.agreement.excerpt import excerpt
from tocsin.agreement.fmt import fmt
from tocsin.agreement.keywords import KEYWORDS
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.load import AGREEMENT_FILE, examine, load, read
from tocsin.agreement.localise import word
from tocsin.agreement.parse import parse, parse_rules
from tocsin.agreement.prose import to_english
from tocsin.agreement.show_issues import show_issues
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement, without_places

__all__ = [
    "AGREEMENT_FILE",
    "KEYWORDS",
    "LANGUAGES",
    "Agreement",
    "Engine",
    "Evaluation",
    "check",
    "evaluate",
    "evaluate_fully",
    "examine",
    "excerpt",
    "fmt",
    "load",
    "load_areas",
    "parse",
    "parse_rules",
    "read",
    "show_issues",
    "to_english",
    "to_source",
    "without_places",
    "word",
]
