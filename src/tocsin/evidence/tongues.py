"""The lists of words of a duty log, by language, and a sentence made ready to be read.

The shape of a sentence rests on few words: numbers, winds, units, `and`, `to`. In
another language they are put into English first; all other words are looked up in the
list of that language as they stand, so that what is not understood is shown as typed.

>>> in_english("environ 45 explosions, 2 à 4 km SO, entre 21h10 et 23h40", "fr")
'environ 45 explosions, 2 to 4 km SW, between 21:10 and 23:40'
>>> in_english("2-4км ПдСх та Пд, дві черги", "uk")
'2-4km SE and S, two черги'
>>> in_english("В 3 км В: два взрыва с СВ", "ru")
'В 3 km E: two взрыва с NE'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["LANGUAGES", "in_english", "words_of"]

LANGUAGES: Final = ("en", "fr", "uk", "ru")

_HOUR: Final = re.compile(r"(?<!\d)(\d{1,2})\s?h\s?(\d{2})(?!\d)")
_ELISION: Final = re.compile(r"(?<!\w)(?:[dls]|qu)['’](?=\w)", re.IGNORECASE)
_BEHIND: Final = r"(?<=[km]m)\s+|(?<=\dm)\s+"


@cache
def words_of(language: str) -> dict[str, Any]:
    """The tables of a language's list of words."""
    name = "words.toml" if language == "en" else f"words.{language}.toml"
    text = files("tocsin.evidence").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(_ELISION.sub("", text) if language == "fr" else text)


def in_english(text: str, language: str) -> str:
    """The sentence with the words on which its shape rests in English."""
    if language == "en":
        return text
    small, winds, behind = _put(language)
    if language == "fr":
        text = _ELISION.sub("", _HOUR.sub(r"\1:\2", text))
    text = _replaced(text, winds, re.NOFLAG)
    text = _replaced(text, small, re.IGNORECASE)
    if behind:
        either = "|".join(map(re.escape, behind))
        pattern = rf"({_BEHIND})({either})(?!\w)"
        text = re.sub(pattern, lambda found: f"{found[1]}{behind[found[2]]}", text)
    return text


@cache
def _put(language: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """What is put for what: small words, winds as written, winds behind a distance."""
    tables = words_of(language)
    small, winds, behind = (
        {word: put for put, words in tables.get(part, {}).items() for word in words}
        for part in ("english", "winds", "winds_behind")
    )
    return small, winds, behind


def _replaced(text: str, puts: Mapping[str, str], flags: re.RegexFlag) -> str:
    """Whole words and phrases replaced, the longest first; a unit may touch digits."""
    either = "|".join(map(re.escape, sorted(puts, key=len, reverse=True)))
    pattern = rf"(?<![^\W\d])(?<!['’-])(?:{either})(?!['’]?\w)"
    folded = {word.casefold(): put for word, put in puts.items()}
    return re.sub(pattern, lambda found: folded[found[0].casefold()], text, flags=flags)
