"""The table of keywords is the language's own."""

import re
from importlib.resources import files

import pytest

from tocsin.agreement import KEYWORDS
from tocsin.agreement.keywords import ENGLISH, UNITS
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.words import read_lines

GRAMMAR = files("tocsin.agreement").joinpath("grammar.lark").read_text("utf-8")
LITERALS = {
    *("NAME", "STRING", "INT", "DECIMAL", "FRACTION", "INSTANT", "OPERATOR"),
    *("ARTICLE_NUMBER", "_NL", "_INDENT", "_DEDENT", "_COMMA", "_PLUS"),
    *UNITS.values(),
}


def declared():
    lines = re.findall(r"(?m)^%declare (.+)$", GRAMMAR)
    return {terminal for line in lines for terminal in line.split()}


def test_every_token_of_the_grammar_has_words_and_every_word_a_token():
    terminals = {keyword.terminal for keyword in ENGLISH}
    assert declared() - LITERALS == terminals - LITERALS


def test_every_declared_token_is_used_by_a_rule():
    rules = re.sub(r"(?m)^(%declare|//).*$", "", GRAMMAR)
    assert not [name for name in declared() if not re.search(rf"\b{name}\b", rules)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_every_token(language):
    table = LANGUAGES[language]
    assert set(table.line.values()) == set(LANGUAGES["en"].line.values())
    assert set(table.inner.values()) == set(LANGUAGES["en"].inner.values())


@pytest.mark.parametrize("keyword", ENGLISH, ids=lambda one: one.terminal)
def test_example_of_a_keyword_uses_it(keyword):
    readings = [read_lines([keyword.example]), read_lines([f"and {keyword.example}"])]
    kinds = [[t.type for line in lines for t in line.tokens] for lines in readings]
    if keyword.place == "line":
        assert kinds[0][0] == keyword.terminal
    else:
        assert keyword.terminal in {*kinds[0], *kinds[1]}


def test_keywords_are_listed_once():
    assert len(set(KEYWORDS)) == len(KEYWORDS)
    assert all(keyword.meaning.endswith(".") for keyword in ENGLISH)
