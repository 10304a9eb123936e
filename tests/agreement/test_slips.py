"""Slips put into agreements: each is answered with its place and a repair."""

import importlib.util
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
LEAST = 40
NOT_OF_TEXTS = {"not_evaluated"}  # told by the engines, not by `check`


def load():
    spec = importlib.util.spec_from_file_location("slips", DOCS / "slips.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["slips"] = module
    spec.loader.exec_module(module)
    return module


book = load()
SLIPS = book.slips()


def names():
    return [f"{one['text']}: {one['slip']}" for one in SLIPS]


def test_there_are_at_least_forty_in_several_texts_and_three_languages():
    texts = {one["text"] for one in SLIPS}
    assert len(SLIPS) >= LEAST
    assert texts >= {"lantern", "minsk", "paris", "lantern-fr", "lantern-uk"}


def test_every_code_of_the_text_of_an_agreement_has_its_slip():
    from tocsin.model.codes import CODES

    codes = list(CODES)
    of_texts = codes[codes.index("syntax") : codes.index("not_evaluated")]
    here = {one["code"] for one in SLIPS}
    others = {"sentence_unmarked", *NOT_OF_TEXTS}  # the tutorial shows the first
    assert set(of_texts) - here <= others


@pytest.mark.parametrize("slip", SLIPS, ids=names())
def test_slip_is_answered_at_its_place(slip):
    text = book.with_slip(slip)
    first = book.answer(slip)[0]
    assert book.at_place(text, first.where).startswith(slip["at"])
    if "also" in slip:
        other = [book.at_place(text, where) for where in first.also]
        assert [one for one in other if one.startswith(slip["also"])]


@pytest.mark.parametrize("slip", SLIPS, ids=names())
def test_repair_takes_the_slip_away_and_brings_no_error(slip):
    first = book.answer(slip)[0]
    mended = book.mended(slip, first)
    after = book.found(slip["text"], mended)
    told = [(issue.code, issue.message) for issue in after]
    before = [
        (i.code, i.message) for i in book.found(slip["text"], book.with_slip(slip))
    ]
    this = (first.code, first.message)
    assert told.count(this) == before.count(this) - 1
    errors = [issue for issue in after if not issue.warning]
    assert not errors, errors[0]


def test_repair_that_gives_a_word_is_applied_as_it_stands():
    """Most of the table is mechanical: nobody has to think."""
    given = [one for one in SLIPS if "mend" not in one]
    assert len(given) >= LEAST // 4


@pytest.mark.parametrize("slip", SLIPS, ids=names())
def test_slip_brings_hardly_anything_beside_its_own_message(slip):
    """One slip, one message: what only follows from it is not told."""
    text = book.original(slip["text"])
    new = book.errors(slip["text"], book.with_slip(slip))
    old = book.errors(slip["text"], text)
    assert len(new) - len(old) <= slip.get("errors", 1)
