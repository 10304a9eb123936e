"""One tree in three languages: what is written in one reads the same in another."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from strategies import agreements
from tocsin.agreement import parse, parse_rules, to_source, without_places
from tocsin.agreement.fmt import fmt
from tocsin.agreement.languages import LANGUAGES, detect, table_of
from tocsin.agreement.words import read_lines
from tocsin.errors import WrongUse

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (Path(__file__).parent / "sample.tocsin").read_text(encoding="utf-8")
TEXTS = [*ROOT.glob("agreements/*/agreement.md"), *ROOT.glob("tests/cases/good/*.md")]
OTHERS = [language for language in LANGUAGES if language != "en"]


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


def tree(text):
    import msgspec

    outcome = parse(text)
    assert not outcome.issues, f"{outcome.issues[0]}\n{text}"
    return without_places(msgspec.structs.replace(outcome.records, language="en"))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_text_in_another_language_has_the_same_tree_and_comes_back(path, language):
    text = path.read_text(encoding="utf-8")
    there = fmt(text, language=language)
    assert tree(there) == tree(text)
    assert fmt(there, language="en").replace("tocsin en", "tocsin") == fmt(text)
    assert fmt(there) == there


@pytest.mark.parametrize("language", OTHERS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_any_tree_survives_the_way_through_another_language(language, made):
    text = to_source(made)
    try:
        there = fmt(text, language=language)
    except WrongUse:  # a name that is a keyword there; the test below holds the words
        return
    assert tree(there) == tree(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_known_by_its_keywords(language):
    text = fmt(f"```tocsin\n{SAMPLE}```\n", language=language)
    bare = text.replace(f"tocsin {language}", "tocsin")
    assert parse(bare).records.language == language
    assert detect(bare.splitlines()) == language


def test_each_phrase_of_a_language_means_one_thing():
    for code in OTHERS:
        table = table_of(code)
        for place in ("line", "inner"):
            seen = {}
            for english, forms in table[place].items():
                for form in [forms] if isinstance(forms, str) else forms:
                    assert seen.setdefault(form, english) == english, (code, form)


def test_typographic_apostrophes_are_read():
    for apostrophe in "'’ʼ":
        text = (
            f"сторони A, B\nСтаття 1\n  зобов{apostrophe}язати кожну сторону: відвести"
        )
        assert not parse_rules(text).issues
        text = f"parties A, B\nArticle 1\n  en vigueur jusqu{apostrophe}à 2030-01-01"
        assert not parse_rules(text).issues


def test_french_elisions_are_read():
    for of in ("de A", "d'A", "du A", "des A"):
        line = read_lines([f"quand tir {of}"], language="fr")[0]
        assert [token.type for token in line.tokens] == ["WHEN", "NAME", "_OF", "NAME"]


def test_name_that_is_a_keyword_elsewhere_is_refused_with_its_reason():
    text = "```tocsin\nparties A, voix\nArticle 1\n  forbid voix to fire\n```\n"
    with pytest.raises(WrongUse, match="is a keyword"):
        fmt(text, language="fr")
