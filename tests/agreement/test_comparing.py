"""Two versions of a text compared in meaning."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from strategies import agreements
from tocsin.agreement import load, parse, parse_rules
from tocsin.agreement.comparing import compare, to_html, to_text
from tocsin.agreement.fmt import fmt

ROOT = Path(__file__).resolve().parents[2] / "agreements"
SAMPLE = (Path(__file__).parent / "sample.tocsin").read_text(encoding="utf-8")


def told(old, new):
    return [str(one) for one in compare(parse_rules(old).records, new)]


def changed(before, after):
    assert before in SAMPLE
    return told(SAMPLE, parse_rules(SAMPLE.replace(before, after)).records)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_a_text_does_not_differ_from_itself(tree):
    assert compare(tree, tree) == ()


@pytest.mark.parametrize("language", ["en", "fr", "uk"])
def test_layout_and_language_are_no_change_of_meaning(language):
    text = f"```tocsin\n{SAMPLE}```\n"
    other = parse(fmt(text, language=language)).records
    assert compare(parse(text).records, other) == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "forbid  any party to fire",
            "permit  any party to fire",
            "Article 1(1): any party to fire: was forbidden, is now permitted",
        ),
        (
            "within  24 hours of found",
            "within  72 hours of found",
            (
                "Article 6(1): Coalition to meet: deadline:"
                " 24 hours of found -> 72 hours of found (looser)"
            ),
        ),
        (
            "over 72 hours >= 10",
            "over 72 hours >= 4",
            (
                "Article 5(1): serious_violation: number asked for:"
                " >= 10 -> >= 4 (stricter)"
            ),
        ),
        (
            "veto    Aurelia, Brennia",
            "veto    Aurelia, Brennia, Caldoria",
            "Article 6(1): Response: veto of Caldoria appears: can stop it",
        ),
        (
            "limited to  30 minutes",
            "limited to  60 minutes",
            (
                "Article 1(1): any party to fire: exception self_defence limited to:"
                " 30 minutes -> 60 minutes (looser)"
            ),
        ),
        (
            "    and   consent of Southland\n",
            "",
            (
                "Article 6(2): Coalition to deploy Force: needs consent of Southland is"
                " gone: must hold first"
            ),
        ),
        (
            "Coalition of Aurelia, Brennia, Caldoria",
            "Coalition of Aurelia, Brennia",
            (
                "the agreement: Coalition: members:"
                " Aurelia, Brennia, Caldoria -> Aurelia, Brennia"
            ),
        ),
        (
            "sources 2",
            "sources 3",
            "Article 5(1): serious_violation: independent sources: 2 -> 3 (looser)",
        ),
    ],
)
def test_change_is_told_by_what_it_means(before, after, said):
    assert said in changed(before, after)


def test_paris_draft_and_declaration_differ_in_the_support_of_the_united_states():
    files = [ROOT / "paris-2026" / name for name in ("draft.md", "declaration.md")]
    changes = [str(one) for one in compare(*map(load, files), common=True)]
    assert (
        "Article D3(2): United_States to support_force: was owed, is now permitted"
        in changes
    )


def test_pages_show_each_change():
    changes = compare(
        parse_rules(SAMPLE).records,
        parse_rules(SAMPLE.replace("24 hours of found", "72 hours of found")).records,
    )
    assert "Article 6(1)" in to_text(changes)
    page = to_html(changes, before="a.md", after="b.md")
    assert "72 hours of found" in page
    assert "<script" not in page
    assert to_text(()) == "no difference in meaning\n"


ENGLISH = re.compile(
    r"\b(the|was|is now|appears|gone|deadline|members|not stated|and|or|of|count|"
    r"forbidden|permitted|owed|looser|stricter|when|needs|within|before)\b"
)
TEXTS = ("exercise-lantern", "minsk-2015", "paris-2026", "dayton-1995")


@pytest.mark.parametrize("language", ["fr", "uk"])
@pytest.mark.parametrize("name", [None, *TEXTS])
def test_changes_are_said_in_the_language_of_the_text(name, language):
    whole = load(ROOT / name) if name else parse_rules(SAMPLE).records
    bare = parse_rules("parties Somebody").records
    for old, new in ((bare, whole), (whole, bare)):
        for change in compare(old, new):
            if change.aspect != "meaning":  # the author's own words
                assert not ENGLISH.search(change.line(language)), change.line(language)
        assert f'lang="{language}"' in to_html(
            compare(old, new), before="A", after="B", language=language
        )


def test_looser_and_stricter_are_said_too():
    text = SAMPLE.replace("within  24 hours of found", "within  72 hours of found")
    change = compare(parse_rules(SAMPLE).records, parse_rules(text).records)[0]
    assert change.line("fr").endswith("(plus souple)")
    assert change.line("uk").endswith("(мʼякше)")


def test_no_change_is_said_in_each_language():
    said = {to_text((), language=language) for language in ("en", "fr", "uk")}
    assert len(said) == 3
