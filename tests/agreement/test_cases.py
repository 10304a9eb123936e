"""Texts with the answers that they get, side by side in ``tests/cases``.

``good/*.md`` have no errors; beside each stands what they warn of and what they say in
plain English. ``bad/*.md`` have errors; beside each stand all issues, as a user reads
them. After a change that is meant, run this file as a script and read the difference:

    python tests/agreement/test_cases.py
"""

from pathlib import Path

import pytest

from tocsin.agreement import KEYWORDS, examine, parse, to_english
from tocsin.agreement.keywords import FRACTIONS
from tocsin.agreement.literate import read_blocks
from tocsin.agreement.words import read_lines
from tocsin.model.codes import CODES

CASES = Path(__file__).resolve().parents[1] / "cases"
GOOD = sorted(CASES.glob("good/*.md"))
BAD = sorted(CASES.glob("bad/*.md"))
FIRST, LAST = "syntax", "not_enforceable"  # the codes of the text, in their order


def issues_of(path):
    text = path.read_text(encoding="utf-8")
    return examine(text, file=path.name).issues


def answer_to(path):
    lines = [str(issue) for issue in issues_of(path)]
    if path.parent.name == "good":
        agreement = parse(path.read_text(encoding="utf-8"), file=path.name).records
        for article in agreement.articles:
            said = to_english(article, agreement=agreement)
            lines += [f"{article.clause}: {sentence}" for sentence in said]
    return "\n".join(lines) + "\n"


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", [*GOOD, *BAD], ids=name_of)
def test_case_gets_the_answer_that_stands_beside_it(path):
    expected = path.with_suffix(".expected").read_text(encoding="utf-8")
    assert answer_to(path) == expected


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_good_case_has_no_errors(path):
    assert not [str(issue) for issue in issues_of(path) if not issue.warning]


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_each_issue_of_a_bad_case_names_its_place_and_a_repair(path):
    for issue in issues_of(path):
        assert issue.code in CODES
        assert issue.repair, issue
        assert issue.where.file == path.name
        assert issue.where.line or path.stem == "no_block"


def test_each_code_of_the_text_has_a_bad_case():
    codes = list(CODES)
    of_the_text = {
        *codes[codes.index(FIRST) : codes.index(LAST) + 1],
        "time_invalid",
        "time_without_zone",
    }
    met = {issue.code for path in BAD for issue in issues_of(path)}
    assert of_the_text - met == set()


def test_each_keyword_has_a_good_case():
    assert [word for word in KEYWORDS if word not in words_of(GOOD)] == []


def words_of(paths):
    shares = {value: words for words, value in FRACTIONS.items()}
    tokens = [
        token
        for path in paths
        for block in read_blocks(path.read_text(encoding="utf-8"))
        for line in read_lines(block.lines)
        for token in line.tokens
    ]
    return {shares.get(str(token), str(token)) for token in tokens}


if __name__ == "__main__":
    for case in (*GOOD, *BAD):
        case.with_suffix(".expected").write_text(answer_to(case), encoding="utf-8")
