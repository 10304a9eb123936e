"""The languages in which rules can be written: words for the tokens of one grammar.

English stands in :mod:`~tocsin.agreement.keywords`; French and Ukrainian are data
(``languages/fr.toml``, ``languages/uk.toml``). The order of words is that of the
grammar in all of them, so the tree is the same whatever the language.

>>> terminal_of("line", ("in", "force", "from"))
'IN_FORCE_FROM'
>>> terminal_of("line", ("en", "vigueur", "dès"), language="fr")
'IN_FORCE_FROM'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Any, Final

import msgspec

from tocsin.agreement.keywords import (
    ENGLISH,
    FRACTIONS,
    PLURALS,
    UNITS,
    Phrases,
    Place,
)

__all__ = ["LANGUAGES", "Language", "detect", "table_of", "terminal_of", "words_of"]

ELISIONS: Final = (
    ("d'",),
    ("du",),
    ("des",),
    ("de", "la"),
    ("de", "l'"),
    ("de", "les"),
)
"""How a final ``de`` of a French phrase is also written."""

APOSTROPHES: Final = str.maketrans({"’": "'", "ʼ": "'"})
MOST: Final = 6  # words of the longest keyword that begins a line


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language for the tokens of the grammar.

    Attributes:
        word: a regular expression for a word of the text.
        line: phrases that begin a line, to tokens.
        inner: phrases within a line, to tokens.
        phrases: tokens to the words that Tocsin writes for them.
        after_distance: phrases that mean something else behind a distance.
        fractions: words for shares, to ``2/3``.
        units: every form of a unit, to the English singular.
        forms: unit to its forms: one, (few,) many.
        names: every form of a name that the language knows, to the English one.
        words, nouns, verbs: English name to what is written for it: a variable or
            kind; an act as a thing; an act to be done.
        labels: what common acts are called in a sentence.
        after: token to the phrase written for it behind another token.
        governs, cases: which case a token asks for, and the forms in that case.
        masculine: names before which ``each`` and ``any`` have another form.
        unexcused: pattern for an act that nothing excuses.
        colon: how a colon is attached.
        polish: replacements made last, in order.
    """

    word: str = r"[^\W\d]\w*"
    line: Phrases
    inner: Phrases
    phrases: dict[str, str]
    after_distance: Phrases = {}
    fractions: dict[str, str]
    units: dict[str, str]
    forms: dict[str, tuple[str, ...]]
    names: dict[str, str] = {}
    words: dict[str, str] = {}
    nouns: dict[str, str] = {}
    verbs: dict[str, str] = {}
    labels: dict[str, str] = {}
    after: dict[str, dict[str, str]] = {}
    governs: dict[str, str] = {}
    cases: dict[str, dict[str, str]] = {}
    masculine: frozenset[str] = frozenset()
    unexcused: str = "unexcused_{}"
    colon: str = ":"
    polish: tuple[tuple[str, str], ...] = ()


def words_of(phrase: str, *, elides: bool) -> tuple[str, ...]:
    """The words of a phrase as the lexer sees them.

    Args:
        phrase: as the table has it.
        elides: True where an apostrophe ends a word, as in French.

    >>> words_of("en vigueur jusqu'à", elides=True)
    ('en', 'vigueur', "jusqu'", 'à')
    """
    apart = re.sub(r"(?<=\w)'(?=\w)", "' ", phrase) if elides else phrase
    return tuple(apart.split())


def table_of(code: str) -> dict[str, Any]:
    """The data file of a language, as it stands."""
    text = files("tocsin.agreement").joinpath("languages", f"{code}.toml")
    return tomllib.loads(text.read_text(encoding="utf-8"))


def terminal_of(place: Place, words: tuple[str, ...], *, language: str = "en") -> str:
    """The terminal of a phrase; raises ``KeyError`` for words that are no keyword."""
    table = LANGUAGES[language]
    return (table.line if place == "line" else table.inner)[words]


def detect(lines: Iterable[str]) -> str:
    """The language whose keywords begin most of these lines; English if none does.

    >>> detect(["parties Nord, Sud", "Article 1", "  interdire à toute partie : tirer"])
    'fr'
    """
    held = list(lines)
    scores = {code: _score(table, held) for code, table in LANGUAGES.items()}
    return max(scores, key=lambda code: scores[code])


def _score(table: Language, lines: Sequence[str]) -> int:
    """How many words of these lines' heads are keywords of a language."""
    word = re.compile(table.word)
    heads = [tuple(word.findall(line.translate(APOSTROPHES))[:MOST]) for line in lines]
    return sum(_begins(table, head) for head in heads)


def _begins(table: Language, head: Sequence[str]) -> int:
    lengths = [n for n in range(1, len(head) + 1) if tuple(head[:n]) in table.line]
    return max(lengths, default=0)


# --- English


def _english() -> Language:
    times = [unit for unit, terminal in UNITS.items() if terminal == "TIME_UNIT"]
    units = {unit: unit for unit in UNITS} | {f"{unit}s": unit for unit in times}
    return Language(
        line=_places("line"),
        inner=_places("inner"),
        phrases={one.terminal: one.phrase for one in reversed(ENGLISH)},
        fractions=FRACTIONS,
        units=units,
        forms={u: (u, f"{u}s") if u in times else (u,) for u in UNITS},
    )


def _places(place: Place) -> Phrases:
    return {
        tuple(keyword.phrase.split()): keyword.terminal
        for keyword in ENGLISH
        if keyword.place == place
    }


# --- other languages


def _language(code: str) -> Language:
    table = table_of(code)
    return Language(
        word=table["word"],
        line=_translated(table, "line"),
        inner=_translated(table, "inner"),
        phrases=_canonical(table),
        after_distance=_after_distance(table),
        fractions={table["inner"][word]: value for word, value in FRACTIONS.items()},
        units={form: unit for unit, forms in table["units"].items() for form in forms},
        forms={unit: tuple(forms) for unit, forms in table["units"].items()},
        names=_names(table),
        words={name: _first(forms) for name, forms in table["names"].items()},
        nouns={name: _first(forms) for name, forms in table["nouns"].items()},
        verbs=table["verbs"],
        labels=table["labels"],
        after=table.get("after", {}),
        governs=table.get("governs", {}),
        cases=table.get("cases", {}),
        masculine=frozenset(table.get("masculine", ())),
        unexcused=table["unexcused"],
        colon=table["colon"],
        polish=tuple((old, new) for old, new in table["polish"]),
    )


def _first(forms: str | list[str]) -> str:
    return forms if isinstance(forms, str) else forms[0]


def _all(forms: str | list[str]) -> list[str]:
    return [forms] if isinstance(forms, str) else forms


def _translated(table: dict[str, Any], place: Place) -> Phrases:
    """Every phrase of a place to its token, elided forms included."""
    found: Phrases = {}
    for keyword in ENGLISH:
        if keyword.place == place:
            for phrase in _all(table[place][keyword.phrase]):
                for words in _elided(
                    words_of(phrase, elides=bool(table["elides"])), table["elides"]
                ):
                    found[words] = keyword.terminal
    return found


def _elided(words: tuple[str, ...], elides: list[str]) -> Iterator[tuple[str, ...]]:
    yield words
    if words[-1] in elides:
        yield from (words[:-1] + ending for ending in ELISIONS)


def _after_distance(table: dict[str, Any]) -> Phrases:
    return {
        words: terminal
        for word, terminal in table["after_distance"].items()
        for words in _elided((word,), table["elides"])
        if len(words) == 1
    }


def _canonical(table: dict[str, Any]) -> dict[str, str]:
    return {
        keyword.terminal: _first(table[keyword.place][keyword.phrase])
        for keyword in reversed(ENGLISH)
    }


def _names(table: dict[str, Any]) -> dict[str, str]:
    """Every form of every known name to the English name, plurals to the singular.

    The plural stands only behind ``all``, where the tree has the singular anyway.
    """
    singular = {plural: kind for kind, plural in PLURALS.items()}
    found: dict[str, str] = {}
    for part in ("verbs", "nouns", "names"):
        for name, forms in table[part].items():
            found |= dict.fromkeys(_all(forms), singular.get(name, name))
    for forms in table.get("cases", {}).values():
        for name, form in forms.items():
            if not name.isupper():  # capitals are tokens
                found.setdefault(form, singular.get(name, name))
    return found


LANGUAGES: Final[dict[str, Language]] = {
    "en": _english(),
    "fr": _language("fr"),
    "uk": _language("uk"),
}
"""The languages in which rules can be written, by their code."""
