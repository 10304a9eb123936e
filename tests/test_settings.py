"""Settings come from the environment, then the file, then the defaults."""

import pytest

from tocsin.errors import WrongUse
from tocsin.settings import Settings, limit_threads, read_settings


def test_nothing_set_gives_the_defaults():
    assert read_settings({"PATH": "anything"}) == Settings()


def test_environment_comes_before_the_file(tmp_path):
    file = tmp_path / "tocsin.toml"
    file.write_text("threads = 3\nprogress = false\n", encoding="utf-8")
    given = {"TOCSIN_SETTINGS": str(file), "TOCSIN_THREADS": "2"}
    assert read_settings(given) == Settings(threads=2, progress=False)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TOCSIN_THREADS", "0", "Expected `int` >= 1"),
        ("TOCSIN_THREADS", "many", "threads"),
        ("TOCSIN_PROGRESS", "sometimes", "progress"),
        ("TOCSIN_PROGRES", "1", "did you mean TOCSIN_PROGRESS?"),
        ("TOCSIN_COLOUR_OF_THE_SKY", "1", "known: TOCSIN_THREADS, TOCSIN_PROGRESS"),
        ("TOCSIN_SETTINGS", "absent.toml", "absent.toml"),
    ],
)
def test_what_cannot_be_is_refused_with_the_words(name, value, message):
    with pytest.raises(WrongUse) as refused:
        read_settings({name: value})
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threads = 'many'", "threads"),
        ("thread = 2", "thread"),
        ("threads =", "tocsin.toml"),
    ],
)
def test_fault_in_the_file_names_the_file(tmp_path, text, message):
    file = tmp_path / "tocsin.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match=r"tocsin\.toml") as refused:
        read_settings({"TOCSIN_SETTINGS": str(file)})
    assert message in str(refused.value)


def test_variables_of_the_tests_are_no_settings():
    assert read_settings({"TOCSIN_REQUIRE_SHARED_DATA": "1"}) == Settings()


def test_limit_of_threads_reaches_the_libraries_and_leaves_theirs():
    variables = {"NUMBA_NUM_THREADS": "1"}
    limit_threads(Settings(threads=2), variables)
    assert variables == {
        "POLARS_MAX_THREADS": "2",
        "NUMBA_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "2",
    }


def test_without_a_limit_nothing_is_set():
    variables = {}
    limit_threads(Settings(), variables)
    assert variables == {}
