"""What is written from a tree reads back as the same tree."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from strategies import agreements, sound_agreements
from tocsin.agreement import check, parse, without_places
from tocsin.agreement.source import to_source

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [*ROOT.glob("agreements/*/*.md"), *ROOT.glob("tests/cases/good/*.md")]


@settings(max_examples=120, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_tree_written_and_read_again_is_the_same_tree(tree):
    source = to_source(tree)
    outcome = parse(source)
    assert not outcome.issues, source
    assert without_places(outcome.records) == tree, source
    assert to_source(outcome.records) == source


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_check_answers_for_any_tree(tree):
    outcome = check(tree)
    assert outcome.records == tree
    assert all(issue.message for issue in outcome.issues)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(sound_agreements())
def test_sound_agreements_have_no_errors_and_read_back(tree):
    source = to_source(tree)
    outcome = parse(source)
    assert without_places(outcome.records) == tree, source
    errors = [str(i) for i in check(outcome.records).issues if not i.warning]
    assert not errors, source


@pytest.mark.parametrize(
    "path", TEXTS, ids=lambda path: path.parent.name + "/" + path.stem
)
def test_real_texts_written_and_read_again_are_the_same(path):
    tree = parse(path.read_text(encoding="utf-8"), file=str(path)).records
    again = parse(to_source(tree), file=str(path))
    assert not again.issues
    assert without_places(again.records) == without_places(tree)
