"""Agreements from files: what loads, and what is refused with all its errors."""

from pathlib import Path

import pytest

from tocsin.agreement import load, read
from tocsin.agreement.literate import digest_of
from tocsin.errors import InputRefused

ROOT = Path(__file__).resolve().parents[2]
RULES = "```tocsin\nparties A, B\nArticle 1\n  forbid any party to fire\n```\n"


def codes(issues):
    return [issue.code for issue in issues]


@pytest.mark.parametrize("folder", sorted(ROOT.glob("agreements/*/agreement.md")))
def test_agreements_of_the_project_load(folder):
    assert load(folder).articles
    assert load(folder.parent).articles


def test_folder_and_its_file_give_the_same_agreement(tmp_path):
    (tmp_path / "agreement.md").write_text(f"# Title\n\n{RULES}", encoding="utf-8")
    assert load(tmp_path) == load(str(tmp_path / "agreement.md"))
    assert load(tmp_path).name == tmp_path.name.replace("-", "_")


def test_refusal_lists_all_errors_and_no_warnings(tmp_path):
    file = tmp_path / "a.md"
    text = RULES.replace("fire", "fyre") + "```tocsin\nArticle 2\n  forbit x\n```\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        load(file)
    assert codes(refused.value.issues) == ["syntax", "undefined_name"]
    assert f"{file}:4:23" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "file_missing"), (b" \n", "file_empty"), (b"\xff\xfe", "file_damaged")],
)
def test_file_that_holds_no_text_is_an_issue(tmp_path, content, code):
    file = tmp_path / "agreement.md"
    if content is not None:
        file.write_bytes(content)
    outcome = read(tmp_path)
    assert outcome.records is None
    assert codes(outcome.issues) == [code]
    with pytest.raises(InputRefused):
        load(tmp_path)


def test_changed_sentence_is_refused_until_its_hash_is_written(tmp_path):
    file = tmp_path / "agreement.md"
    sentence = "Neither Party shall open fire."
    block = RULES.replace("tocsin\n", f"tocsin sha256:{digest_of(sentence)}\n")
    file.write_text(f"{sentence}\n\n{block}", encoding="utf-8")
    assert load(tmp_path).blocks[0].digest == digest_of(sentence)
    file.write_text(f"{sentence} Ever.\n\n{block}", encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        load(tmp_path)
    assert codes(refused.value.issues) == ["sentence_changed"]
    assert digest_of(f"{sentence} Ever.") in refused.value.issues[0].repair


def test_white_space_does_not_change_a_sentence():
    assert digest_of("Fire\n  ceases. ") == digest_of("Fire ceases.")


def test_names_on_the_map_need_no_declaration(tmp_path):
    area = {"name": "Grey_zone", "kind": "zone", "publisher": "Mission"}
    feature = {"type": "Feature", "properties": area, "geometry": None}
    collection = {"type": "FeatureCollection", "features": [feature]}
    import json

    (tmp_path / "areas.geojson").write_text(json.dumps(collection), encoding="utf-8")
    rules = RULES.replace("to fire", "to fire in Grey_zone")
    (tmp_path / "agreement.md").write_text(rules, encoding="utf-8")
    assert load(tmp_path).articles[0].rules[0].deed.in_ == "Grey_zone"
