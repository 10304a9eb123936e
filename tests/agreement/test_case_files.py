"""Cases as text: they run, they fail loudly, and their format says what is wrong."""

from pathlib import Path

import pytest

from tocsin.agreement.cases import answer, cases_in, fact_of, read_case, updated
from tocsin.errors import InputRefused

CASES = Path(__file__).resolve().parents[1] / "cases"
EVALUATED = sorted(CASES.glob("good/evaluated/*.md"))

CASE = """# A case

```tocsin
parties A, B
sectors North
```

Nobody fires.

```tocsin
Article 1
  forbid any party to fire
```

```case
from 2026-03-01T00:00Z
to 2026-03-02T00:00Z
```

```facts
2026-03-01T02:00Z fire by A in North
```

```coverage
everywhere from 2026-03-01T00:00Z to 2026-03-02T00:00Z
```

```verdicts
```
"""


def case_of(tmp_path, text=CASE):
    file = tmp_path / "case.md"
    file.write_text(text, encoding="utf-8")
    return read_case(file)


@pytest.mark.parametrize("path", EVALUATED, ids=lambda path: path.stem)
def test_evaluated_case_gets_the_verdicts_that_stand_in_it(path):
    case = read_case(path)
    assert case.said
    assert answer(case) == case.said


def test_update_fills_the_verdicts_and_leaves_the_rest(tmp_path):
    case = case_of(tmp_path)
    file, text = updated(case, answer(case))
    assert "Article 1  A      North   -        2026-03-01T02:00:00Z  breached" in text
    assert text.replace(answer(case), "") == CASE
    file.write_text(text, encoding="utf-8")
    again = read_case(file)
    assert answer(again) == again.said


def test_changed_fact_changes_the_answer(tmp_path):
    case = case_of(tmp_path)
    other = case_of(tmp_path, CASE.replace("fire by A", "fire by B"))
    assert answer(case) != answer(other)


def test_only_the_clauses_asked_for_are_shown(tmp_path):
    text = CASE.replace(
        "to 2026-03-02T00:00Z\n```\n\n```facts",
        "to 2026-03-02T00:00Z\nshow Article 9\n```\n\n```facts",
    )
    assert len(answer(case_of(tmp_path, text)).splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-03-01 fire by A", "is no time with a zone"),
        ("2026-03-01T02:00Z by A", "no act after the time"),
        ("2026-03-01T02:00Z fire from A", "`from` is none of"),
        ("2026-03-01T02:00Z fire by", "nothing stands after `by`"),
    ],
)
def test_faulty_fact_says_what_is_wrong_with_its_line(tmp_path, line, words):
    text = CASE.replace("2026-03-01T02:00Z fire by A in North", line)
    with pytest.raises(InputRefused) as refused:
        answer(case_of(tmp_path, text))
    (issue,) = refused.value.issues
    assert words in issue.message
    assert issue.where.line == 21


def test_fact_carries_what_its_line_says():
    row = fact_of(
        "2026-03-02T08:00Z ballot by Aurelia vote yes about Article 5(1)"
        " against Northland p 0.5 sources 2 received 2026-03-03T00:00Z",
        1,
    )
    assert row["subject"] == "Article 5(1)"
    assert row["n_independent"] == 2
    assert row["received_at"].day == 3


def test_cases_are_found_in_folders():
    assert set(EVALUATED) <= set(cases_in([CASES]))
