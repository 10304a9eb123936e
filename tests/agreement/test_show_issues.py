"""What `tocsin check` says: with its line, in its language, all of it."""

import ast
import re
from pathlib import Path

import pytest

from tocsin.agreement import examine, show_issues
from tocsin.agreement.fmt import fmt_rules
from tocsin.agreement.literate import read_blocks
from tocsin.agreement.localise import message, patterns

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "src/tocsin/agreement"
BAD = sorted(ROOT.glob("tests/cases/bad/*.md"))
# Files whose sentences a reader of an agreement meets.
SPEAKING = ["build_rules", "build_conditions", "explain_syntax", "names", "parse"]
SPEAKING += [path.stem for path in ROOM.glob("check_*.py")]
WITHOUT = {"message", "repair"}


def said(node):
    """The text of a string in the code, with `{}` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
        return ["".join(parts)]
    if isinstance(node, ast.IfExp):
        return [*said(node.body), *said(node.orelse)]
    return []


def sentences():
    """Every message and repair that the code writes out, by file."""
    for name in SPEAKING:
        tree = ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg in WITHOUT:
                yield from ((name, text) for text in said(node.value))
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = getattr(node, "targets", None) or [node.target]
                if any(getattr(t, "id", "") in WITHOUT for t in targets):
                    yield from ((name, text) for text in said(node.value))
            if isinstance(node, ast.Dict):
                for value in node.values:
                    yield from ((name, t) for t in said(value) if " " in t)


COMPOSED = {
    "",
    "unknown {} `{}`{}",
    "{} {}, so it can never begin",
    "{} has no deadline",
    "the sentence above{} is not the one it was written for",
    "nothing ties{} to the sentence above",
    "no treaty sentence stands above{}",
    (
        "read the rules against the sentence; if they say the same, run"
        " `tocsin fmt --stamp` (it writes `sha256:{}`)"
    ),
    (
        "read the rules against the sentence again; if they still say the same,"
        " run `tocsin fmt --stamp` (it writes `sha256:{}`)"
    ),
    "a share of {}/{} can never be reached",
    "write {}",
}
"""Put together from parts; the bad cases show each of them whole."""


@pytest.mark.parametrize("language", ["fr", "uk"])
def test_no_sentence_of_the_checks_lacks_a_translation(language):
    known = {pattern.pattern for pattern, _ in patterns("message")}
    missing = []
    for name, text in sentences():
        shown = re.sub(r"\{\w+\}", "{}", text)
        pattern = "(.+?)".join(re.escape(part) for part in shown.split("{}"))
        pieces = message(shown.replace("{}", "x"), language) != shown
        told = shown in COMPOSED or pattern in known or pieces or is_word(shown)
        if " " in shown and not told:
            missing.append((name, shown))
    assert not missing


def is_word(text):
    from tocsin.agreement.localise import _table

    return text in _table()["piece"] or text.startswith(("`>=`", "`m`"))


def in_language(text, language):
    lines = text.splitlines()
    for block in reversed(read_blocks(text)):
        start = block.first_line - 1
        made = fmt_rules(block.lines, source="en", target=language)
        lines[start : start + len(block.lines)] = made
        lines[start - 1] = lines[start - 1].replace("tocsin", f"tocsin {language}", 1)
    return "\n".join(lines) + "\n"


ENGLISH = re.compile(r"\b(the|write|add|nothing|cannot|declare|expected|unknown)\b")


@pytest.mark.parametrize("language", ["fr", "uk"])
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_case_in_another_language_is_answered_in_it(path, language):
    if path.stem == "no_block":
        return
    text = in_language(path.read_text(encoding="utf-8"), language)
    for issue in examine(text, file=path.name).issues:
        words = re.sub(r"`[^`]*`", "", f"{issue.message} {issue.repair}")
        assert not ENGLISH.search(words), issue


CONTRADICTION = """```tocsin
parties A, B
Article 1
  forbid any party to clear
Article 2
  oblige A to clear
  at all times
```
"""


def page(text, **how):
    return show_issues(examine(text).issues, {"agreement.md": text}, **how)


def test_contradiction_shows_both_lines_with_carets():
    shown = page(CONTRADICTION)
    assert "4 |   forbid any party to clear\n  |   ^^^^^^" in shown
    assert "6 |   oblige A to clear\n  |   ^^^^^^" in shown


def test_errors_stand_after_warnings_and_are_counted():
    shown = page(CONTRADICTION)
    assert shown.rindex("warning[") < shown.index("error[")
    assert shown.endswith("1 error, 3 warnings")


def test_colour_is_only_what_is_asked_for():
    assert "\x1b" not in page(CONTRADICTION)
    assert "\x1b[1;31merror" in page(CONTRADICTION, colour=True)


def test_several_faults_of_one_place_share_its_line():
    text = "```tocsin\nparties A\nArticle 1\n  forbid any party to fire\n"
    assert page(text).count("1 | ```tocsin") == 2  # once as warning, once as error
