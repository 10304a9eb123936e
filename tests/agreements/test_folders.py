"""Every agreement that comes with Tocsin: it loads, it cites, it names publishers."""

import re
import tomllib
from pathlib import Path

import pytest

from tocsin.agreement.areas import load_areas
from tocsin.agreement.literate import digest_of, read_blocks
from tocsin.agreement.load import load, read

ROOT = Path(__file__).parents[2] / "agreements"
FOLDERS = sorted(path.parent for path in ROOT.glob("*/agreement.md"))
MEANT = {"no_consequence", "no_deadline", "no_fallback"}
OPEN = {"no_decider", "not_enforceable"}  # texts that do not say who or how
CITATION = re.compile(r"\[([a-z0-9][a-z0-9; -]*)\](?!\()")
MARKS = ("not verified", "assumption")  # what an author says of a passage, no source


def each_folder(test):
    return pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)(test)


def citations(folder):
    return tomllib.loads((folder / "citations.toml").read_text(encoding="utf-8"))


def prose(folder):
    text = (folder / "agreement.md").read_text(encoding="utf-8")
    return re.sub(r"^```tocsin.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_there_are_agreements_to_test():
    assert {"minsk-2015", "exercise-lantern"} <= {folder.name for folder in FOLDERS}


@each_folder
def test_it_loads_and_warns_only_of_what_the_text_leaves_open(folder):
    assert load(folder).articles
    issues = read(folder).issues
    assert {issue.code for issue in issues} <= MEANT | OPEN, [str(i) for i in issues]
    assert all(issue.warning for issue in issues)


@each_folder
def test_each_fence_carries_the_hash_of_its_sentence(folder):
    text = (folder / "agreement.md").read_text(encoding="utf-8")
    blocks = read_blocks(text)
    assert blocks
    for block in blocks:
        assert block.sentence, f"line {block.fence_line}: no sentence above the block"
        assert block.written == digest_of(block.sentence), f"line {block.fence_line}"


@each_folder
def test_what_it_cites_is_in_its_list_of_sources(folder):
    known = {source["id"] for source in citations(folder)["source"]}
    cited = {
        name
        for match in CITATION.findall(prose(folder))
        for name in match.split("; ")
        if not name.startswith(MARKS)
    }
    assert cited <= known


@each_folder
def test_each_source_says_whether_it_was_read_and_what_for(folder):
    sources = citations(folder)["source"]
    assert len({source["id"] for source in sources}) == len(sources)
    for source in sources:
        assert source["read"] in {"page", "dataset", "own", "no"}
        assert source["title"]
        assert source["publisher"]
        assert source["used_for"]
        assert "url" in source or source["read"] != "page"


@each_folder
def test_each_claim_is_somebodys_and_has_a_source(folder):
    found = citations(folder)
    known = {source["id"] for source in found["source"]}
    for claim in found.get("claim", []):
        assert claim["by"]
        assert claim["claim"]
        if claim.get("verified", True):
            assert claim["on"]
            assert claim["source"] in known


@each_folder
def test_each_area_names_its_publisher(folder):
    if not (folder / "areas.geojson").exists():
        pytest.skip("its ground has not been drawn yet")
    outcome = load_areas(folder)
    assert not outcome.issues
    assert outcome.records.areas
    assert all(area.publisher for area in outcome.records.areas)
