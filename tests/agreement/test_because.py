"""Why a verdict is what it is."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

import tocsin.agreement.because as because_module
from tocsin.agreement import evaluate, parse_rules
from tocsin.agreement.because import because, to_text, why_not
from tocsin.agreement.localise import word
from tocsin.errors import WrongUse
from tocsin.model.tables import COVERAGE, FACTS, conform

RULES = parse_rules(
    """
parties Northland, Southland
sectors North
Article 1(1) "Ceasefire"
  in force from 2026-03-01T00:00Z
  forbid any party to fire
Article 2
  when inspection_accepted of party at site
  oblige party to grant_access at site
  within 24 hours
"""
).records


def day(n, hour=0):
    return datetime(2026, 3, n, hour, tzinfo=UTC)


FACTS_ = conform(
    pa.Table.from_pylist(
        [
            {"fact_id": "a", "kind": "fire", "party": "Northland", "sector": "North",
             "t": day(1, 2), "p": 0.5, "received_at": day(1, 3)},
            {"fact_id": "b", "kind": "fire", "party": "Northland", "sector": "North",
             "t": day(1, 2), "p": 0.5, "received_at": day(3)},
            {"fact_id": "c", "kind": "fire", "party": "Southland", "sector": "North",
             "t": day(1, 5), "p": 0.5, "received_at": day(1, 6)},
            {"fact_id": "d", "kind": "inspection_accepted", "party": "Southland",
             "subject": "Depot", "t": day(1, 8), "received_at": day(1, 8)},
        ],
        schema=FACTS,
    ),
    FACTS,
    what="facts",
)  # fmt: skip
WATCHED = pa.Table.from_pylist(
    [{"t_start": day(1), "t_end": day(2), "share": 1.0, "known_at": day(1)}],
    schema=COVERAGE,
)
VERDICTS = evaluate(RULES, FACTS_, coverage=WATCHED, start=day(1), until=day(2)).records
ROWS = VERDICTS.to_pylist()


def row_of(**said):
    return next(
        n for n, row in enumerate(ROWS) if all(row[k] == v for k, v in said.items())
    )


def answer(**said):
    row = row_of(**said)
    return because(VERDICTS, row, RULES, FACTS_, coverage=WATCHED)


BREACH = answer(clause="Article 1(1)", verdict="breached", party="Northland")


def test_breach_is_said_with_its_chance_and_standard():
    assert BREACH.sentence.startswith(
        "Article 1(1), Northland in North: breached from 2026-03-01T02:00:00Z"
    )
    assert "probability 0.75, the standard is 0.55" in BREACH.sentence


def test_witness_is_shown_as_rows_of_facts():
    assert [fact["fact_id"] for fact in BREACH.witness] == ["a", "b"]


def test_each_root_is_taken_away_to_see_what_would_be_left():
    assert BREACH.needed == (
        "without a (root a) it would be: undetermined",
        "without b (root b) it would be: undetermined",
    )


def test_what_was_known_when_is_the_engines_own_answer():
    said = [(known.at, known.verdict) for known in BREACH.known]
    assert said == [(day(1), "met"), (day(1, 3), "undetermined"), (day(3), "breached")]


def test_pending_duty_names_the_act_and_its_last_instant():
    found = answer(clause="Article 2", verdict="pending")
    assert "grant_access of Southland by 2026-03-02T08:00:00Z would meet it" in (
        found.needed
    )


def test_why_not_shows_what_is_missing_and_what_is_near():
    found = why_not(
        RULES,
        FACTS_,
        clause="Article 1(1)",
        party="Southland",
        sector="North",
        at=day(1, 5),
        coverage=WATCHED,
    )
    text = to_text(found)
    assert "undetermined" in found.sentence or "met" in found.sentence
    assert "one more independent root" in text
    assert "a (fire, 2026-03-01T02:00:00Z): of Northland; at another time" in text


def test_why_not_before_entry_into_force_says_so():
    early = datetime(2026, 2, 1, tzinfo=UTC)
    found = why_not(
        RULES,
        FACTS_,
        clause="Article 1(1)",
        party="Northland",
        sector="North",
        at=early,
    )
    assert "not in force" in found.sentence


@pytest.mark.parametrize("row", [-1, 999])
def test_row_that_is_not_there_is_refused(row):
    with pytest.raises(WrongUse, match="the verdicts have rows 0 to"):
        because(VERDICTS, row, RULES, FACTS_)


def test_clause_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(WrongUse, match=r"it has Article 1\(1\), Article 2"):
        why_not(RULES, FACTS_, clause="Article 9", party=None, sector=None, at=day(1))


ENGLISH = re.compile(r"\b(the|would|nothing|known|facts|here|probability|due)\b")


@pytest.mark.parametrize("language", ["fr", "uk"])
def test_answer_stands_in_the_language_of_the_agreement(language):
    rules = msgspec.structs.replace(RULES, language=language)
    asked = {"coverage": WATCHED}
    answers = [because(VERDICTS, n, rules, FACTS_, **asked) for n in range(len(ROWS))]
    answers += [
        why_not(rules, FACTS_, clause="Article 1(1)", party=party, sector="North",
                at=at, **asked)
        for party in ("Northland", None, "Nobody")
        for at in (day(1, 2), day(1, 20), day(4))
    ]  # fmt: skip
    for answer in answers:
        assert not ENGLISH.search(to_text(answer)), to_text(answer)


def test_every_sentence_of_an_answer_is_in_the_table():
    source = Path(because_module.__file__).read_text(encoding="utf-8")
    said = re.findall(r'(?:say|word)\(\s*((?:"[^"]*"\s*)+)', source)
    sentences = {"".join(re.findall(r'"([^"]*)"', one)) for one in said}
    assert len(sentences) > 20
    for sentence in sentences:
        assert word(sentence, "uk", *"abcdef"), sentence
