"""Spellings of one name meet under one key; other names do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.evidence.toponyms import key, plain, written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siha", "Sihah"),
        ("Миколаївка", "Mykolaivka"),
        ("Миколаївка", "Mykolayivka"),
        ("Згурівка", "Zghurivka"),
        ("Харьков", "Kharkov"),
        ("Донецька область", "Donetska oblast"),
        ("м. Маріуполь", "Mariupol"),
        ("Слов'янськ", "Sloviansk"),
        ("São Vento", "Sao  Vento"),
        ("Новопетрівка", "NOVOPETRIVKA"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Andriivka", "Andriivske"), ("Donetsk", "Donetska"), ("Toretsk", "Turetsk")],
)
def test_different_names_keep_different_keys(one, other):
    assert key(one) != key(other)


def test_a_former_name_and_an_area_are_hints_and_not_the_name():
    said = written("Kadiivka (колишній Стаханов), Luhanska oblast")
    assert said.names == ("Kadiivka",)
    assert said.hints == ("Стаханов", "Luhanska oblast")


def test_two_names_with_a_stroke_stand_for_each_other():
    assert written("Bakhmut/Artemivsk").names == ("Bakhmut", "Artemivsk")


def test_a_name_that_is_only_a_word_for_a_kind_stays_a_name():
    assert plain("Selo") == "selo"


@given(st.text(max_size=60))
def test_any_text_has_a_key_and_the_key_is_its_own_key(text):
    once = key(text)
    assert key(once) == key(key(once))
    assert isinstance(written(text).names, tuple)
