"""Differences between two texts in the language of the reader.

The comparison speaks English and rules; here its words are put into French or Ukrainian
by a table (``languages/changes.toml``), and the rules it shows into the keywords of the
language. Names stay as they are.

>>> said("veto of Caldoria", "fr"), said("48 hours of found", "fr")
('veto de Caldoria', '48 heures à compter de constaté')
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from tocsin.agreement.localise import rules_in

__all__ = ["frame", "said"]

COLUMNS = {"fr": 0, "uk": 1}
JOINT = re.compile(r"( and | or )")


def frame(template: str, language: str, *pieces: str) -> str:
    """A line of the comparison with its pieces, which are said already."""
    if language in COLUMNS:
        template = _table()["change"][template][COLUMNS[language]]
    return template.format(*pieces)


def said(text: str, language: str) -> str:
    """Words or rules of the comparison in a language."""
    if language not in COLUMNS or not text:
        return text
    for pattern, forms in _patterns():
        found = pattern.fullmatch(text)
        if found:
            pieces = [said(piece, language) for piece in found.groups()]
            return forms[COLUMNS[language]].format(*pieces)
    parts = JOINT.split(text)
    if len(parts) > 1:
        return "".join(_joined(part, language) for part in parts)
    return rules_in(text, language)


def _joined(part: str, language: str) -> str:
    """A condition in brackets, a test of a vote, or the word that joins them."""
    bare = part.strip("() ")
    spoken = frame(bare, language) if bare in {"and", "or"} else said(bare, language)
    return part.replace(bare, spoken)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], list[str]], ...]:
    """The phrases of the table, those with the fewest holes first."""
    made = [
        (re.compile("(.+?)".join(map(re.escape, english.split("{}")))), forms)
        for english, forms in _table()["said"].items()
    ]
    return tuple(sorted(made, key=lambda one: (one[0].groups, -len(one[0].pattern))))


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    text = files("tocsin.agreement").joinpath("languages", "changes.toml")
    return tomllib.loads(text.read_text(encoding="utf-8"))
