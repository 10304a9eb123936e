"""The sample of the design, places, recovery from faults, nesting, speed."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.agreement import check, examine, parse, parse_rules, without_places
from tocsin.agreement.terms import (
    AllOf,
    AnyOf,
    Decision,
    Effect,
    FindingRule,
    Forbid,
    Oblige,
    Power,
    Term,
    Who,
)
from tocsin.agreement.walk import walk

SAMPLE = (Path(__file__).parent / "sample.tocsin").read_text(encoding="utf-8")


def condition_of(*lines):
    rules = ["Article 1", "  finding x for party", *(f"  {line}" for line in lines)]
    outcome = parse_rules("\n".join(rules))
    return outcome.records.articles[0].rules[0].when, outcome.issues


def named(condition):
    """Shape of a condition: acts, with and/or as lists."""
    if isinstance(condition, AllOf | AnyOf):
        word = "and" if isinstance(condition, AllOf) else "or"
        return [word, *(named(part) for part in condition.conditions)]
    return condition.deed.act


def test_sample_of_the_design_is_read_without_a_fault():
    outcome = parse_rules(SAMPLE)
    assert not outcome.issues
    kinds = {a.number: [type(r) for r in a.rules] for a in outcome.records.articles}
    assert kinds == {
        "1(1)": [Forbid],
        "2(1)": [Oblige],
        "3(2)": [Oblige],
        "5(1)": [FindingRule],
        "6(1)": [Oblige, Decision],
        "6(2)": [Power],
        "6(3)": [Effect],
    }


def test_sample_of_the_design_has_no_errors_only_warnings():
    issues = check(parse_rules(SAMPLE).records).issues
    assert not [str(issue) for issue in issues if not issue.warning]


def test_every_node_of_the_sample_knows_its_place():
    agreement = parse_rules(SAMPLE, file="sample.md").records
    nowhere = [t for a in agreement.articles for t in walk(a) if not t.where.line]
    assert not nowhere
    forbid = agreement.articles[0].rules[0]
    assert (forbid.where.file, forbid.where.line) == ("sample.md", 11)
    assert forbid.where.column == 3


def test_lines_are_counted_from_the_top_of_the_markdown_file():
    text = f"# Title\n\nProse.\n\n```tocsin\n{SAMPLE}```\n"
    agreement = parse(text, file="sample.md").records
    assert agreement.articles[0].rules[0].where.line == 11 + 5
    assert agreement.title == "Title"
    assert agreement.articles[0].sentence == "Prose."


def test_same_words_in_another_layout_are_the_same_tree():
    spread = SAMPLE.replace("\n  within", "\n# a comment\n\n  within  ")
    tree = without_places(parse_rules(SAMPLE).records)
    assert without_places(parse_rules(spread).records) == tree


def test_decision_without_a_name_is_taken_by_the_body_obliged_above():
    decision = parse_rules(SAMPLE).records.articles[4].rules[1]
    assert without_places(decision.procedure.by) == Who(names=("Coalition",))


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        (["when a", "  or b"], ["or", "a", "b"]),
        (["when a", "  or b", "    and c"], ["or", "a", ["and", "b", "c"]]),
        (["when a", "    and b", "  or c"], ["or", ["and", "a", "b"], "c"]),
        (
            ["when a", "    and b", "  or c", "    and d"],
            ["or", ["and", "a", "b"], ["and", "c", "d"]],
        ),
        (
            ["when a", "  or b", "    and c", "      or d", "  or e"],
            ["or", "a", ["and", "b", ["or", "c", "d"]], "e"],
        ),
    ],
)
def test_depth_says_what_and_and_or_join(lines, shape):
    condition, issues = condition_of(*lines)
    assert not issues
    assert named(condition) == shape


def test_and_beside_or_at_one_level_is_refused():
    _, issues = condition_of("when a", "  or b", "  and c")
    assert [issue.message for issue in issues] == [
        "`and` beside `or`: what belongs together?"
    ]


def test_several_faults_in_one_article_are_all_told_and_the_rest_is_kept():
    text = (
        "Article 1\n  forbid any party fire\n  oblige A to meet\n  within 3\n"
        "  forbid A to fly\nArticle 2\n  oblidge A to meet\nArticle 3\n"
        "  forbid A to fire\n"
    )
    outcome = parse_rules(text)
    assert [issue.where.line for issue in outcome.issues] == [2, 4, 7]
    kept = {a.number: len(a.rules) for a in outcome.records.articles}
    assert kept == {"1": 2, "2": 0, "3": 1}


def test_faulty_heading_does_not_hide_the_faults_below_it():
    text = "Article 1 Ceasefire\n  forbid any party fire\n  within 3\n"
    issues = parse_rules(text).issues
    assert [issue.where.line for issue in issues] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "repair"),
    [
        ("oblidge A to meet", "did you mean `oblige`?"),
        ("by 24 hours", "a deadline is `before` an instant or `within` a time"),
        ("in force form ceasefire", "did you mean"),
        ("lapses 90 days", "write `lapses after` a time or `lapses at` an instant"),
        ("forbid A fire", "add `to` and the act: who does what"),
        ("within 3", "add a unit"),
        ("failing that Article", "add a number: `Article 1(1)`"),
        ("forbid A to over", "`over` is a keyword of the language; write a name here"),
    ],
)
def test_fault_comes_with_its_repair(line, repair):
    rules = f"Article 1\n  oblige A to meet\n  {line}\n"
    assert [repair in issue.repair for issue in parse_rules(rules).issues] == [True]


def test_any_text_is_answered_with_issues_never_with_an_exception():
    for text in ("\t", "Article", "Article 1\n\n", '"', "§ 1", "and x", "  x\n y\nz"):
        assert parse_rules(text) is not None
    assert parse("").issues
    assert parse("```tocsin\n").issues


def test_fifty_articles_are_read_within_a_tenth_of_a_second():
    articles = SAMPLE[SAMPLE.index("Article 1(1)") :]
    text = SAMPLE + articles * 7
    parse_rules(SAMPLE)  # makes the parser
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        agreement = parse_rules(text).records
        seconds.append(time.perf_counter() - start)
    assert len(agreement.articles) == 56
    assert min(seconds) < 0.1


def test_trees_are_values():
    assert parse_rules(SAMPLE).records == parse_rules(SAMPLE).records
    assert hash(parse_rules(SAMPLE).records.articles[0]) is not None
    assert issubclass(Forbid, Term)


def slips():
    """The sample with some of its words taken out, doubled, swapped or misspelt."""
    words = re.split(r"(\s+)", SAMPLE)
    others = st.sampled_from(["", "over", "Article", '"', "and", "\n", "  ", "7", "x"])

    def slip(changes):
        spoilt = list(words)
        for place, other in changes:
            spoilt[place] = other
        return "".join(spoilt)

    pairs = st.tuples(st.integers(0, len(words) - 1), others)
    return st.lists(pairs, min_size=1, max_size=6).map(slip)


@settings(max_examples=150, deadline=None)
@given(slips())
def test_any_slip_is_answered_with_issues_that_have_a_place(text):
    outcome = examine(f"```tocsin\n{text}\n```", file="slip.md")
    assert outcome.records is not None
    assert not [str(issue) for issue in outcome.issues if not issue.where.line]
