"""One defect of each kind, injected, found, and repaired by the proposed patch."""

import re
import subprocess

import pytest

from tocsin.agreement.parse import parse
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import without_places
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.lint import CHECKS, lint
from tocsin.stresstest.patching import patch, patched
from tocsin.stresstest.repairs import repair, repair_of_slices, repair_of_structure
from tocsin.stresstest.slices import slices_of
from tocsin.stresstest.structure import structure_of

HEAD = """# A text

Prose that nobody may touch.

```tocsin
agreement Test
parties A, B
group Coalition of C, D, E
body Mechanism of C, D, E led by C
act fire is "to open fire"
act deploy is "to deploy"
act help is "to help"
act judge is "to judge"
act audit is "to audit"
  performed by body
act restrict is "to restrict the monitors"
{definitions}
```

More prose.

```tocsin
Article 1 "Ceasefire"
  forbid any party to fire

Article 2 "Storm"
  finding storm for party, sector
  when    count of breaches of Article 1 by party in sector over 72 hours >= 10
  standard probable
    sources {sources}
  attributed by Mechanism
    vote    2 of 3 of C, D, E
    within  6 hours of alleged

Article 9 "Monitors"
  forbid any party to restrict
{articles}
```
"""
PURSUED = """
Article 10
  finding blinding for party, sector
  when count of breaches of Article 9 by party in sector over 72 hours >= 2
"""
UPON = "\nArticle 3\n  upon found storm on party, sector\n"
DEFECTS = {
    "consult_only": UPON + "  decide Response by Coalition\n    consultation only\n"
    "    within 9 hours of found\n",
    "self_judging": "\nArticle 3\n  power Coalition to help\n"
    "  needs judge of Coalition\n",
    "escape_clause": "\nArticle 3\n  forbid any party to help\n  except mercy\n"
    "    when fire of opponent\n",
    "no_deadline": UPON + "  oblige Coalition to help\n  deadline not stated\n",
    "deadline_too_long": UPON + "  oblige Coalition to help\n  within 200 hours\n",
    "perverse_unilateral_right": "\nArticle 3\n  power each member of Coalition to"
    " help\n",
    "cannot_perform": "\nArticle 3\n  oblige each party to audit\n  at all times\n",
    "contradiction": "\nArticle 3\n  oblige each party to help\n  at all times\n"
    "\nArticle 4\n  forbid any party to help\n",
    "mandate_without_renewal": "\nArticle 3\n  power Coalition to help\n"
    "  lapses after 90 days\n",
    "no_consequence": "\nArticle 3\n  forbid any party to deploy\n",
}
DEFINED = {
    "undefined_term": "term serious not stated",
    "members_not_stated": "group Club\n  members not stated",
}


def text_with(kind):
    articles = DEFECTS.get(kind, "")
    if kind not in {"pays_for_blinding", "standard_out_of_reach"}:
        articles += PURSUED
    sources = 2 if kind == "standard_out_of_reach" else 1
    return HEAD.format(
        definitions=DEFINED.get(kind, ""), sources=sources, articles=articles
    )


def flaw_of(agreement, kind):
    found = [f for f in lint(agreement) if f.check == kind]
    wanted = [f for f in found if f.clause == "Article 3"] or found
    assert wanted, kind
    return wanted[0]


@pytest.mark.parametrize("kind", [check.name for check in CHECKS])
def test_injected_defect_is_found_and_the_patch_repairs_it(kind, tmp_path):
    text = text_with(kind)
    parsed = parse(text)
    assert not parsed.issues, parsed.issues
    flaw = flaw_of(parsed.records, kind)
    found = repair(parsed.records, text, flaw)
    assert found is not None
    assert "canonical form" not in found.patch
    mended = applied(text, found.patch, tmp_path)
    again = parse(mended)
    assert not again.issues
    left = [f for f in lint(again.records) if f.check == kind]
    assert flaw.clause not in {f.clause for f in left}
    assert "Prose that nobody may touch." in mended


def applied(text, diff, folder):
    """The text after the diff, by git, as a drafter would apply it."""
    (folder / "agreement.md").write_text(text, encoding="utf-8")
    (folder / "repair.patch").write_text(diff, encoding="utf-8")
    subprocess.run(
        ["git", "apply", "--unsafe-paths", "-p1", "repair.patch"],
        cwd=folder,
        check=True,
    )
    return (folder / "agreement.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [check.name for check in CHECKS])
def test_every_repair_says_what_it_does_to_missed_and_false(kind):
    text = text_with(kind)
    agreement = parse(text).records
    found = repair(agreement, text, flaw_of(agreement, kind))
    assert "neither" in found.trade or "false" in found.trade


def test_a_new_trigger_is_never_added_silently():
    text = text_with("no_consequence")
    agreement = parse(text).records
    found = repair(agreement, text, flaw_of(agreement, "no_consequence"))
    assert "conditional on these inputs false in" in found.trade


VETO = (
    UPON
    + """  decide Response by Coalition
    vote two thirds of members
    veto C
    within 9 hours of found
"""
)


def test_a_guarantee_that_one_can_stop_is_mended_by_one_line_and_says_its_price():
    text = HEAD.format(definitions="", sources=1, articles=VETO + PURSUED)
    agreement = parse(text).records
    found = repair_of_structure(agreement, text, "Article 3 Response")
    assert "veto of C" in found.words
    assert "on a false alarm too" in found.trade
    changed = [line for line in found.patch.splitlines() if line[:1] in "+-"]
    assert changed[2:] == ["-    veto C"]


def test_a_lower_threshold_leaves_less_below_it_and_says_both_numbers():
    text = HEAD.format(definitions="", sources=1, articles=PURSUED)
    agreement = parse(text).records
    cut = next(c for c in slices_of(agreement) if c.clause == "Article 1")
    found = repair_of_slices(agreement, text, cut)
    assert found.words == "let storm begin at 5, not 10"
    assert re.search(r"storm: false .*% to .*%, missed .*% to .*%", found.trade)
    changed = [line for line in found.patch.splitlines() if line[:1] in "+-"]
    assert len(changed[2:]) == 2
    after = parse(patched(text, parse(text.replace(">= 10", ">= 5")).records)).records
    (less,) = [c for c in slices_of(after) if c.clause == "Article 1"]
    assert less.in_one_window == 4


QUORUM = (
    UPON
    + """  decide Response by Coalition
    vote    at least 1 members
    quorum  3 members
    within  9 hours of found
"""
)


def test_a_quorum_by_which_one_can_stop_it_is_taken_out():
    text = HEAD.format(definitions="", sources=1, articles=QUORUM + PURSUED)
    agreement = parse(text).records
    found = repair_of_structure(agreement, text, "Article 3 Response")
    assert "quorum" in found.words
    assert "fewer to act" in found.trade


def test_repair_keeps_the_rest_of_the_tree():
    text = HEAD.format(definitions="", sources=1, articles=VETO + PURSUED)
    agreement = parse(text).records
    assert patched(text, agreement) == text
    assert patch(text, agreement) == ""


def test_a_layout_that_cannot_be_found_again_gets_a_canonical_patch():
    text = HEAD.format(definitions="", sources=1, articles=VETO)
    agreement = parse(text).records
    after = parse(to_source(agreement).replace("veto C", "veto D")).records
    assert "veto D" in patch(text, after)
    again = parse(patched(text, after)).records
    assert without_places(again) == without_places(
        parse(text.replace("veto C", "veto D")).records
    )


def test_lantern_repairs_are_found_for_its_flaws(root):
    path = root / "agreements/exercise-lantern/agreement.md"
    text = path.read_text("utf-8")
    agreement = parse(text).records
    flaws = [f for f in lint(agreement) if f.check != "no_consequence"]
    for flaw in flaws:
        assert repair(agreement, text, flaw, Inputs()) is not None, flaw


def test_repaired_structure_is_stronger(root):
    text = (root / "agreements/exercise-lantern/agreement.md").read_text("utf-8")
    agreement = parse(text).records
    found = repair_of_structure(agreement, text, "Article 6(1) Response")
    assert found is not None
    key = "Article 6(1) Response"
    before = next(s for s in structure_of(agreement) if s.key == key)
    assert before.veto_players
