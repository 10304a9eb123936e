"""Near duplicates of texts: what is one story, and what is not."""

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence.cells import fill
from tocsin.evidence.issues import Faults
from tocsin.evidence.mapping import read_mapping
from tocsin.evidence.retold import SHARED, WORD, retold
from tocsin.model import OBSERVATIONS

STORY = "Drones hit the oil depot at Feodosia last night, fire crews at work"


@pytest.mark.parametrize(
    "again",
    [
        STORY,
        STORY.upper(),
        STORY.replace(",", " -") + "!",
        f"{STORY} (photo)",
        f"Updated: {STORY}",
        STORY.replace("last night, ", ""),
    ],
)
def test_story_told_again_in_nearly_the_same_words_is_one(again):
    assert retold([STORY, "Something else", again]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "other",
    [
        "Drones hit the oil depot at Kerch yesterday, crews put the fire out",
        f"{STORY}: 3 dead",
        "Feodosia",
        "",
    ],
)
def test_other_story_is_not_taken_for_it(other):
    assert retold([STORY, other]).tolist() == [0, 1]


def test_higher_count_is_a_later_report_and_no_copy():
    told = "The strike on the market of the town killed {} people, says the mayor"
    assert retold([told.format(4), told.format(7), told.format(4)]).tolist() == [
        0,
        1,
        0,
    ]


def test_short_texts_are_one_only_where_they_are_the_same():
    texts = ["Explosions in Kharkiv", "Explosions in Sumy", "Explosions in Kharkiv!"]
    assert retold(texts).tolist() == [0, 1, 0]


TEXT = st.lists(st.sampled_from(list("abcdefgh12")), max_size=9).map(" ".join)


@given(st.lists(TEXT, max_size=14))
def test_each_text_stands_for_itself_or_retells_one_that_does(texts):
    found = retold(texts)
    for n, first in enumerate(found.tolist()):
        assert first <= n
        assert found[first] == first
        mine, its = (set(WORD.findall(texts[k].casefold())) for k in (n, first))
        assert mine == its or len(mine & its) >= SHARED * len(mine | its)
        assert {w for w in mine ^ its if w[0].isdigit()} == set()


@given(st.lists(TEXT, min_size=2, max_size=10))
def test_pair_that_is_one_story_is_found_where_neither_retells_another(texts):
    found = retold(texts)
    leaders = [n for n, first in enumerate(found.tolist()) if n == first]
    for a, i in enumerate(leaders):
        for j in leaders[a + 1 :]:
            mine, its = (set(WORD.findall(texts[k].casefold())) for k in (i, j))
            long = min(len(mine), len(its)) >= 5
            alike = len(mine & its) >= SHARED * len(mine | its)
            same_numbers = not {w for w in mine ^ its if w[0].isdigit()}
            assert not (long and alike and same_numbers)


def test_many_texts_take_seconds():
    rng = np.random.default_rng(1)
    words = np.array([f"w{k}" for k in range(5_000)])
    texts = [" ".join(rng.choice(words, 12)) for _ in range(8_000)]
    texts += [f"{text} photo" for text in texts[:500]]
    begin = time.process_time()
    found = retold(texts)
    assert found[8_000:].tolist() == list(range(500))
    assert time.process_time() - begin < 20


def test_column_as_story_gives_retold_rows_one_label():
    cells = [STORY, f"{STORY} (photo)", "Explosions in Sumy", None]
    raw = pl.DataFrame({"x": cells})
    column = {"derived_from": {"from": "x", "as": "story"}}
    mapping = read_mapping("mine", {"columns": column})
    labels = fill(raw, mapping, OBSERVATIONS, Faults("f", np.arange(1, 5)))[
        "derived_from"
    ]
    assert labels[0] == labels[1] != labels[2]
    assert labels[3] is None
