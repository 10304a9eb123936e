"""The library: every text is read, and ranked as a text; outcomes stand apart."""

import re
import tomllib

import msgspec
import pytest

from tocsin.agreement.load import read
from tocsin.stresstest.comparing import strength
from tocsin.stresstest.library import library
from tocsin.stresstest.lint import lint
from tocsin.stresstest.structure import structure_of

FOLDERS = [
    "budapest-1994",
    "cyprus-1960",
    "dayton-1995",
    "korea-1953",
    "lebanon-2024",
    "locarno-1925",
    "nato-article-5",
]


@pytest.mark.parametrize("name", FOLDERS)
def test_text_has_no_error_and_its_sentences_carry_their_hash(root, name):
    outcome = read(root / "agreements" / name)
    assert not [issue for issue in outcome.issues if not issue.warning]
    codes = {issue.code for issue in outcome.issues}
    assert not codes & {"sentence_changed", "sentence_unmarked"}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_statement_cites_a_source_that_says_whether_it_was_read(root, name):
    folder = root / "agreements" / name
    held = tomllib.loads((folder / "citations.toml").read_text("utf-8"))
    assert {source["read"] for source in held["source"]} <= {"page", "no"}
    ids = {source["id"] for source in held["source"]}
    text = (folder / "agreement.md").read_text("utf-8")
    cited = {
        part.strip()
        for group in re.findall(r"\[([a-z0-9][a-z0-9; -]*)\](?!\()", text)
        for part in group.split(";")
    }
    notes = {one for one in cited if one.startswith(("assumption", "not verified"))}
    assert cited - notes <= ids


def test_outcomes_stand_apart_from_the_texts(root):
    for name in FOLDERS:
        folder = root / "agreements" / name
        assert (folder / "outcome.toml").exists()
        block = (folder / "agreement.md").read_text("utf-8")
        rules = "".join(re.findall(r"```tocsin.*?```", block, re.DOTALL))
        assert "outcome" not in rules


def test_ranks_are_told_as_rank_agreement_and_never_as_accuracy(root):
    found = library(root / "agreements")
    assert {row.folder for row in found.rows} >= {*FOLDERS, "minsk-2015"}
    assert -1 <= found.tau <= 1
    assert "no accuracy" in found.sentence
    assert "few and selected" in found.sentence


def test_a_longer_text_does_not_rank_lower_for_flaws_elsewhere(root):
    agreement = read(root / "agreements/dayton-1995").records
    structures, flaws = structure_of(agreement), lint(agreement)
    elsewhere = [msgspec.structs.replace(flaw, clause="Article 99") for flaw in flaws]
    assert strength(structures, [*flaws, *elsewhere]) == strength(structures, flaws)


@pytest.mark.parametrize(
    ("name", "flaws"),
    [
        ("budapest-1994", {"consult_only", "no_deadline", "no_consequence"}),
        ("nato-article-5", {"consult_only", "self_judging", "no_deadline"}),
        ("locarno-1925", {"self_judging", "members_not_stated", "no_deadline"}),
        ("cyprus-1960", {"perverse_unilateral_right", "consult_only"}),
        ("lebanon-2024", {"escape_clause", "consult_only"}),
        ("minsk-2015", {"no_consequence", "no_deadline"}),
    ],
)
def test_flaws_that_the_literature_names_are_found(root, name, flaws):
    agreement = read(root / "agreements" / name).records
    assert flaws <= {flaw.check for flaw in lint(agreement)}
