"""An agreement read aloud: exact words, confirmed examples, nobody's name."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from strategies import agreements
from tocsin.agreement import (
    evaluate_fully,
    load,
    load_areas,
    parse,
    parse_rules,
    without_places,
)
from tocsin.agreement.examples import examples, tables_of
from tocsin.agreement.reading import (
    _Say,
    paraphrase,
    read_aloud,
    to_html,
    to_text,
)
from tocsin.errors import WrongUse
from tocsin.model.places import Areas

ROOT = Path(__file__).resolve().parents[2]
LANTERN = ROOT / "agreements" / "exercise-lantern"
SAMPLE = (Path(__file__).parent / "sample.tocsin").read_text(encoding="utf-8")
SMALL = parse_rules(
    """
parties Northland, Southland
sectors North, East
Article 1(1) "Ceasefire"
  forbid any party to fire
  failing that Article 3
Article 2
  when inspection_accepted of party at site
  oblige party to grant_access at site
  within 24 hours of inspection_accepted
Article 3
  upon breach of Article 2 by party at site
  oblige party to give_reasons at site
  within 12 hours
Article 5
  finding storm for party, sector
  when count of breaches of Article 1(1) by party in sector over 72 hours >= 3
Article 6
  permit Northland to fly
act give_reasons is "to give reasons"
"""
).records


def bare(tree):
    return without_places(msgspec.structs.replace(tree, language="en"))


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_english_paraphrase_read_back_gives_the_same_tree(tree):
    again = parse(paraphrase(tree))
    assert not again.issues
    assert bare(again.records) == bare(tree)


TEXTS = sorted(
    path for path in ROOT.glob("agreements/*/*.md") if "```tocsin" in path.read_text()
)


@pytest.mark.parametrize("language", ["en", "fr", "uk"])
@pytest.mark.parametrize(
    "path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_paraphrase_of_every_agreement_reads_back_in_each_language(path, language):
    tree = load(path)
    again = parse(paraphrase(tree, language=language))
    assert not again.issues
    assert bare(again.records) == bare(tree)


SHOWN = examples(SMALL, Areas())


@pytest.mark.parametrize(
    ("clause", "kept", "broken"),
    [
        ("Article 1(1)", "met", "breached"),
        ("Article 2", "met", "breached"),
        ("Article 3", "met", "breached"),
        ("Article 5", "not_found", "found"),
    ],
)
def test_each_clause_has_an_example_that_keeps_and_one_that_breaks(
    clause, kept, broken
):
    keeps, breaks = SHOWN[clause]
    assert keeps.outcome == kept
    assert breaks.outcome == broken


def test_a_permission_cannot_be_broken_and_says_so():
    assert SHOWN["Article 6"][1].reason == "permission"


@pytest.mark.parametrize("engine", ["oracle", "batch"])
def test_both_engines_confirm_each_example(engine):
    for clause in ("Article 1(1)", "Article 2", "Article 3"):
        for example in SHOWN[clause]:
            facts, watched = tables_of(example)
            said = evaluate_fully(
                SMALL,
                facts,
                coverage=watched,
                start=example.start,
                until=example.until,
                engine=engine,
            ).verdicts.to_pylist()
            verdicts = {row["verdict"] for row in said if row["clause"] == clause}
            assert example.outcome in verdicts


def test_every_fact_of_a_short_example_is_needed():
    _, breaks = SHOWN["Article 2"]
    assert [fact["kind"] for fact in breaks.facts] == ["inspection_accepted"]


@pytest.mark.parametrize("language", ["en", "fr", "uk"])
def test_page_names_nobody_in_an_imagined_history(language):
    said = read_aloud(SMALL, Areas(), language=language)
    page = to_html(said)
    pictures = "".join(part.split("</svg>")[0] for part in page.split("<svg")[1:])
    assert "Northland" not in pictures
    assert "Party A" in pictures or language != "en"
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_text_draws_the_same_for_a_terminal():
    shown = to_text(read_aloud(SMALL, Areas()))
    assert "Party A: inspection accepted" in shown
    assert "IMAGINED" in shown


def reasons(name, clause):
    """The outcome of each example, or why there is none."""
    folder = ROOT / "agreements" / name
    shown = examples(load(folder), load_areas(folder).records)
    return [one.outcome or one.reason for one in shown[clause]]


@pytest.mark.parametrize(
    ("name", "clause", "said"),
    [
        ("minsk-2015", "Article 2(1)", ["met", "no_course"]),
        ("minsk-2015", "Article 2(2)", ["met", "no_course"]),
        ("paris-2026", "Article D1(2)", ["not_found", "nobody_decides"]),
        ("paris-2026", "Article D3(1)", ["members_open", "shut"]),
        ("paris-2026", "Article D6", ["met", "no_deadline"]),
        ("budapest-1994", "Article 6", ["consultation_only", "consultation_only"]),
        ("dayton-1995", "Article 4(1)", ["no_course", "breached"]),
        ("dayton-1995", "Article 4(2)", ["open", "shut"]),
        ("staged-plan-2026", "Article 3", ["met", "breached"]),
    ],
)
def test_where_no_history_can_exist_the_reason_is_said(name, clause, said):
    assert reasons(name, clause) == said


def test_a_power_has_a_history_in_which_it_opens_and_one_in_which_it_stays_shut():
    assert reasons("exercise-lantern", "Article 6(2)") == ["open", "shut"]


@pytest.mark.parametrize("language", ["en", "fr", "uk"])
def test_every_reason_is_said_in_words(language):
    source = (ROOT / "src/tocsin/agreement/unshowable.py").read_text(encoding="utf-8")
    words = {*re.findall(r'return "(\w+)"', source), "no_example"}
    for reason in words:
        said = _Say(language)(reason)
        assert "_" not in said, reason


def test_lantern_has_an_example_for_every_clause_that_is_evaluated():
    try:
        shown = examples(load(LANTERN), load_areas(LANTERN).records)
    except WrongUse as refused:
        pytest.fail(str(refused))
    missing = [
        c for c, pair in shown.items() for one in pair if one.reason == "no_example"
    ]
    assert not missing
