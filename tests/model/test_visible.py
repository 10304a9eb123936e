import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import visible


@given(st.text())
def test_nothing_that_acts_is_left(text):
    shown = visible(text)
    acting = {c for c in shown if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert not acting
    assert not any(unicodedata.bidirectional(c) in TURNS for c in shown)


@given(st.text())
def test_what_is_visible_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_letters_of_any_script_are_left_alone(text):
    assert visible(text) == text


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
