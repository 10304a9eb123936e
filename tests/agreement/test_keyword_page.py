"""The page of keywords against the grammar: each entry, in three languages."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from tocsin.agreement.keywords import UNITS
from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.words import read_lines

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "keywords.md"
GRAMMAR = files("tocsin.agreement").joinpath("grammar.lark").read_text("utf-8")
LITERALS = {
    *("NAME", "STRING", "INT", "DECIMAL", "INSTANT", "OPERATOR", "ARTICLE_NUMBER"),
    *("_NL", "_INDENT", "_DEDENT", "_COMMA", "_PLUS", *UNITS.values()),
}
HEADS = {"line": "Where a line begins", "inner": "Within a line"}


def rows(head):
    """The cells of each row of the table under a heading."""
    section = (
        PAGE.read_text(encoding="utf-8").split(f"## {head}\n")[1].split("\n## ")[0]
    )
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [line.strip("| ").split(" | ") for line in lines]


def entries():
    for place, head in HEADS.items():
        for cells in rows(head):
            for language, forms in zip(LANGUAGES, cells[:3], strict=True):
                for form in re.findall(r"`([^`]+)`", forms):
                    yield pytest.param(
                        place, language, form, cells[0].strip("`"), id=f"{place}-{form}"
                    )


def terminal(place, language, form):
    """What the lexer makes of a form, where a line begins or within one."""
    before = "" if place == "line" else f"{LANGUAGES[language].phrases['AND']} "
    tokens = read_lines([before + form], language=language)[0].tokens
    return tuple(token.type for token in tokens[0 if place == "line" else 1 :])


@pytest.mark.parametrize(("place", "language", "form", "english"), list(entries()))
def test_form_on_the_page_is_the_token_of_the_english_keyword(
    place, language, form, english
):
    assert terminal(place, language, form) == terminal(place, "en", english)
    assert len(terminal(place, "en", english)) == 1


def test_page_has_an_entry_for_every_token_of_the_grammar_and_no_other():
    declared = {
        name
        for line in re.findall(r"(?m)^%declare (.+)$", GRAMMAR)
        for name in line.split()
    }
    on_page = {
        terminal(place, "en", cells[0].strip("`"))[0]
        for place, head in HEADS.items()
        for cells in rows(head)
    }
    assert on_page == declared - LITERALS


def test_every_entry_has_three_languages_a_meaning_and_an_example():
    for head in HEADS.values():
        for cells in rows(head):
            assert len(cells) == len(LANGUAGES) + 2, cells
            assert all(cell.strip() for cell in cells)


def test_units_and_names_on_the_page_read_as_the_english_ones():
    for cells in rows("Units"):
        english = read_lines([f"and 2 {cells[0].split('`')[1]}"])[0].tokens[-1]
        for language, forms in zip(LANGUAGES, cells, strict=True):
            for form in re.findall(r"`([^`]+)`", forms):
                joined = f"{LANGUAGES[language].phrases['AND']} 2 {form}"
                assert read_lines([joined], language=language)[0].tokens[-1] == english
    for cells in rows("Names"):
        known = {"parties": "party", "members": "member"}
        name = cells[0].strip("`")
        for language, forms in zip(LANGUAGES, cells, strict=True):
            if language == "en":
                continue
            for form in re.findall(r"`([^`]+)`", forms):
                read = LANGUAGES[language].names[form]
                assert read in {name, known.get(name, name.removesuffix("s"))} or (
                    name == "bodies" and read == "body"
                )
