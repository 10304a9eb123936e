"""The agreement language: text to tree, checked, and back to plain words.

:func:`load` an agreement, walk its :mod:`~tocsin.agreement.terms`, and let
:func:`check` say everything that is wrong with it.
"""

from tocsin.agreement.check import check
from tocsin.agreement.keywords import KEYWORDS
from tocsin.agreement.load import load, read
from tocsin.agreement.parse import parse, parse_rules
from tocsin.agreement.prose import to_english
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement, without_places

__all__ = [
    "KEYWORDS",
    "Agreement",
    "check",
    "load",
    "parse",
    "parse_rules",
    "read",
    "to_english",
    "to_source",
    "without_places",
]
