"""Tokens back into words, in any of the languages.

The grammar is one, so a line is translated token by token: keywords by the table of the
language, units by their number, names that the language itself knows by its list; names
that the author chose stay as they are. What comes out is read back to the same tokens.

>>> from tocsin.agreement.words import read_lines
>>> line = read_lines(["forbid any  party to fire in Line"])[0]
>>> say(line.tokens), say(line.tokens, "fr")
('forbid any party to fire in Line', 'interdire à toute partie : tirer dans Line')
>>> say(line.tokens, "uk")
'заборонити будь-якій стороні: стріляти у Line'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lark import Token

from tocsin.agreement.keywords import FRACTIONS, PLURALS, UNITS
from tocsin.agreement.languages import LANGUAGES, Language
from tocsin.agreement.words import read_lines

__all__ = ["say", "say_rules", "unit_text"]

PLACES: Final = frozenset({"_IN", "_AT", "_ON", "_FOR", "STANDARD", "_NEAR"})
KEEPS_CASE: Final = frozenset({"EACH", "ANY", "ALL", "_COMMA", "ARTICLE"})
FEW: Final = range(2, 5)
TEENS: Final = range(11, 15)
SHARES: Final = {value: words for words, value in FRACTIONS.items()}


def say(tokens: Sequence[Token], language: str = "en") -> str:
    """A line of tokens in the words of a language."""
    return _Line(tokens, LANGUAGES[language]).text()


def say_rules(text: str, language: str) -> str:
    """A piece of English rules, such as a message quotes, in another language.

    >>> say_rules("within 24 hours", "uk")
    'протягом 24 годин'
    """
    lines = read_lines(text.splitlines())
    if any(token.type == "unknown" for line in lines for token in line.tokens):
        return text
    return "\n".join(say(line.tokens, language) for line in lines) or text


def unit_text(amount: int, unit: str, language: str = "en") -> str:
    """The form of a unit that goes with a number.

    >>> [unit_text(n, "day", "uk") for n in (1, 3, 5, 11, 21)]
    ['день', 'дні', 'днів', 'днів', 'день']
    """
    forms = LANGUAGES[language].forms[unit]
    if UNITS[unit] == "DISTANCE_UNIT":
        return forms[0]
    if language == "uk":
        return forms[_slavic(amount)]
    return forms[0 if amount == 1 else 1]


def _slavic(amount: int) -> int:
    """One, few or many."""
    teen = amount % 100 in TEENS
    if amount % 10 == 1 and not teen:
        return 0
    return 1 if amount % 10 in FEW and not teen else 2


class _Line:
    """A line on its way into words."""

    def __init__(self, tokens: Sequence[Token], table: Language) -> None:
        self.tokens = tokens
        self.table = table
        self.case = ""

    def text(self) -> str:
        words: list[str] = []
        for at, token in enumerate(self.tokens):
            word = self.word(at, token)
            tight = token.type == "_COMMA" or word in {",", ":"}
            if words and not tight and not words[-1].endswith("'"):
                words.append(" ")
            words.append(self.table.colon if word == ":" else word)
        text = "".join(words)
        for old, new in self.table.polish:
            text = re.sub(old, new, text)
        return text.strip()

    def word(self, at: int, token: Token) -> str:
        self.govern(at, token)
        match token.type:
            case "NAME":
                return self.name(at, token)
            case "STRING":
                return f'"{token}"'
            case "TIME_UNIT":
                return self.unit(at, token)
            case "DISTANCE_UNIT":
                return self.table.forms[str(token)][0]
            case "FRACTION":
                return self.fraction(token)
            case "_COMMA":
                return ","
            case "_PLUS":
                return "+"
        return self.keyword(at, token)

    def govern(self, at: int, token: Token) -> None:
        """Which case the words from here on stand in."""
        above = self.tokens[at - 1].type if at else ""
        governed = self.governed(at, token)
        if governed:
            self.case = governed
        elif token.type in KEEPS_CASE or above in KEEPS_CASE:
            pass
        elif not (above and self.governed(at - 1, self.tokens[at - 1])):
            held = token.type == "TIME_UNIT" and above == "INT"
            self.case = self.case if held else ""

    def governed(self, at: int, token: Token) -> str:
        """The case that a token asks for; the ``to`` before an act asks for none."""
        if token.type == "_TO" and not self.nearby(at):
            return ""
        return self.table.governs.get(token.type, "")

    def before(self, at: int) -> str:
        """The type of the token before; of ``to`` behind a distance, ``_NEAR``."""
        kind = self.tokens[at - 1].type if at else ""
        near = kind == "_TO" and at > 1 and self.tokens[at - 2].type == "DISTANCE_UNIT"
        return "_NEAR" if near else kind

    def keyword(self, at: int, token: Token) -> str:
        phrase = self.table.phrases.get(token.type)
        if phrase is None:
            return str(token)
        if token.type == "_TO" and self.table.after_distance and self.nearby(at):
            return " ".join(next(iter(self.table.after_distance)))
        after = self.table.after.get(token.type, {})
        kind = self.before(at)
        if token.type == "_OF" and kind == "NAME":
            kind = self.tokens[at - 2].type if at > 1 else kind
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else ""
        kind_of = f"{token.type}_M" if following in self.table.masculine else token.type
        cases = self.table.cases
        cased = cases.get(self.case or "nominative", {}).get(kind_of)
        return after.get(kind) or cased or phrase

    def nearby(self, at: int) -> bool:
        return at > 0 and self.tokens[at - 1].type == "DISTANCE_UNIT"

    def unit(self, at: int, token: Token) -> str:
        amount = int(self.tokens[at - 1]) if at else 1
        code = next(c for c, table in LANGUAGES.items() if table is self.table)
        forms = self.table.forms[str(token)]
        if code == "uk" and self.case == "genitive":
            return forms[3 if _slavic(amount) == 0 else 2]
        return unit_text(amount, str(token), code)

    def fraction(self, token: Token) -> str:
        words = SHARES.get(str(token))
        own = {value: said for said, value in self.table.fractions.items()}
        return own[str(token)] if words else str(token)

    def name(self, at: int, token: Token) -> str:
        name = str(token)
        if self.before(at) == "ALL":
            name = PLURALS.get(name, name)
        bare = name.removeprefix("unexcused_")
        if bare != name:
            said = self.table.nouns.get(bare, bare)
            return self.table.unexcused.format(said)
        cased = self.table.cases.get(self.case, {}).get(name)
        return cased or self.plain(at, name)

    def plain(self, at: int, name: str) -> str:
        before = self.before(at)
        table = self.table
        if before == "_TO":
            return table.verbs.get(name) or table.nouns.get(name) or name
        if before in PLACES:
            return table.words.get(name) or table.nouns.get(name) or name
        return table.nouns.get(name) or table.words.get(name) or name
