"""The layout of rules: one for all, the author's words and comments kept."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from strategies import agreements
from tocsin.agreement import parse, to_source, without_places
from tocsin.agreement.fmt import fmt
from tocsin.errors import InputRefused

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [*ROOT.glob("agreements/*/agreement.md"), *ROOT.glob("tests/cases/good/*.md")]

MESSY = """# Title

Neither Party shall fire.
```tocsin
# who is meant
parties   A,B    # both


act fire   is "to open fire"
Article   1
        forbid any party   to fire   # at all
        # why not
        except calm
              when fire of party in the last 10   minutes
                      or consent of A
                         and consent of B
        needs  Article 1   in force
```
After.
"""

TIDY = """# Title

Neither Party shall fire.
```tocsin
# who is meant
parties A, B  # both

act fire is "to open fire"
Article 1
  forbid any party to fire  # at all
  # why not
  except calm
    when fire of party in the last 10 minutes
      or consent of A
        and consent of B
  needs Article 1 in force
```
After.
"""


def test_messy_block_is_laid_out_and_comments_and_prose_stay():
    assert fmt(MESSY) == TIDY


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_real_texts_keep_their_tree_and_prose_and_are_settled_at_once(path):
    text = path.read_text(encoding="utf-8")
    once = fmt(text)
    assert fmt(once) == once
    trees = [without_places(parse(one).records) for one in (text, once)]
    assert trees[0] == trees[1]
    assert prose_of(text) == prose_of(once)


def prose_of(text):
    from tocsin.agreement.literate import read_blocks

    return [(block.sentence, block.written) for block in read_blocks(text)]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(agreements())
def test_canonical_source_is_already_in_the_layout(made):
    source = to_source(made)
    assert fmt(source) == source


def test_stamp_writes_the_hash_of_each_sentence():
    stamped = fmt(MESSY, stamp=True)
    block = parse(stamped).records.blocks[0]
    assert block.written == block.digest
    assert fmt(stamped, stamp=True) == stamped


def test_text_with_faults_is_refused_with_all_of_them():
    with pytest.raises(InputRefused) as refused:
        fmt("```tocsin\nparties\nArticle 1\n  forbid any party\n```\n")
    assert len(refused.value.issues) == 2
