"""Every keyword of the grammar has a case as text that users can read and run."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from tocsin.agreement.keywords import ENGLISH, UNITS
from tocsin.agreement.literate import read_blocks
from tocsin.agreement.words import read_lines

CASES = Path(__file__).resolve().parents[1] / "cases"
GRAMMAR = files("tocsin.agreement").joinpath("grammar.lark").read_text("utf-8")
LITERALS = {
    *("NAME", "STRING", "INT", "DECIMAL", "INSTANT", "OPERATOR", "ARTICLE_NUMBER"),
    *("_NL", "_INDENT", "_DEDENT", "_COMMA", "_PLUS", *UNITS.values()),
}
SAYS_WHO_AND_WHAT = {
    *("STATUS", "_CLAIMED_BY", "LABEL", "KINDS", "WEAPONS", "INSTRUMENT", "SIGNED_BY"),
    *("DATED", "STATE", "FORCE", "_NOT_STATED", "NAMED_LINE", "RECOGNISED_BORDERS"),
}
"""Keywords that change no verdict (rule E1 of the semantics): read, not judged."""


def keywords():
    """What the grammar declares, as it stands in its own file."""
    lines = re.findall(r"(?m)^%declare (.+)$", GRAMMAR)
    return {terminal for line in lines for terminal in line.split()} - LITERALS


def used(folder):
    found = {}
    for path in sorted(folder.rglob("*.md")):
        for block in read_blocks(path.read_text(encoding="utf-8")):
            for terminal in terminals(block.lines):
                found.setdefault(terminal, path.name)
    return found


def terminals(lines):
    try:
        return {token.type for line in read_lines([*lines]) for token in line.tokens}
    except ValueError:  # a case of an error of words
        return set()


EVERYWHERE, EVALUATED = used(CASES), used(CASES / "good" / "evaluated")


@pytest.mark.parametrize("terminal", sorted(keywords()))
def test_keyword_of_the_grammar_has_a_case(terminal):
    assert terminal in EVERYWHERE


@pytest.mark.parametrize("terminal", sorted(keywords() - SAYS_WHO_AND_WHAT))
def test_keyword_that_changes_verdicts_has_a_case_with_verdicts(terminal):
    assert terminal in EVALUATED


def test_table_of_keywords_knows_what_the_grammar_declares():
    assert keywords() == {keyword.terminal for keyword in ENGLISH} - LITERALS
