"""Text into tokens: the words of a block of rules, line by line.

In: the lines of a block. Out: lines of tokens (:class:`TokenLine`), which
:func:`stream` joins for the parser with the tokens that mark the end of a line and a
deeper line. Nothing is refused here: a character that the language does not know
becomes a token that the grammar does not know, so that the parser names its place.

>>> [token.type for token in read_lines(["forbid any party to fire"])[0].tokens]
['FORBID', 'ANY', 'NAME', '_TO', 'NAME']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import msgspec
from lark import Token

from tocsin.agreement.keywords import UNITS, Phrases
from tocsin.agreement.languages import APOSTROPHES, LANGUAGES

__all__ = ["TokenLine", "read_lines", "stream"]

LEXEME: Final = r"""(?P<skip>\s+|\#.*)
    |(?P<STRING>"[^"]*")
    |(?P<INSTANT>\d{{4}}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?(?!\w))
    |(?P<FRACTION>\d+/\d+)
    |(?P<DECIMAL>\d+\.\d+)
    |(?P<INT>\d+)
    |(?P<word>{word})
    |(?P<OPERATOR>>=|<=|>|<|=)
    |(?P<_COMMA>,)
    |(?P<_PLUS>\+)
    |(?P<unknown>.)"""
ARTICLE_NUMBER: Final = re.compile(r"[ \t]+([0-9A-Z]\w*(?:\.\w+)*(?:\(\w+\))*)")


class TokenLine(msgspec.Struct, frozen=True):
    """A line of the text, or several that commas join.

    Attributes:
        indent: columns before its first word.
        tokens: never empty.
    """

    indent: int
    tokens: tuple[Token, ...]

    @property
    def continues(self) -> bool:
        """True for a line that begins with ``and`` or ``or``."""
        return self.tokens[0].type in {"AND", "OR"}


def read_lines(
    lines: Sequence[str], *, first_line: int = 1, language: str = "en"
) -> list[TokenLine]:
    """Tokens of each line; empty lines and comments (``#``) leave none."""
    read: list[TokenLine] = []
    for number, text in enumerate(lines, first_line):
        joins = bool(read) and read[-1].tokens[-1].type == "_COMMA"
        tokens = tuple(_tokens(text.expandtabs(4), number, language, inner=joins))
        if tokens and joins:
            read[-1] = TokenLine(read[-1].indent, read[-1].tokens + tokens)
        elif tokens:
            read.append(TokenLine((tokens[0].column or 1) - 1, tokens))
    return read


def stream(lines: Sequence[TokenLine]) -> Iterator[Token]:
    """The tokens for the parser, with ``_NL``, ``_INDENT`` and ``_DEDENT``.

    Lines that begin with ``and`` or ``or`` belong to the line above them whatever
    their depth; the grammar does not see how deep they stand.
    """
    depths = [lines[0].indent]
    for line in lines:
        if not line.continues:
            yield from _depth_tokens(depths, line)
        yield from line.tokens
        yield _mark("_NL", line.tokens[-1])
    last = lines[-1].tokens[-1]
    yield from (_mark("_DEDENT", last) for _ in depths[1:])


def _depth_tokens(depths: list[int], line: TokenLine) -> Iterator[Token]:
    if line.indent > depths[-1]:
        depths.append(line.indent)
        yield _mark("_INDENT", line.tokens[0])
    while len(depths) > 1 and line.indent < depths[-1]:
        depths.pop()
        yield _mark("_DEDENT", line.tokens[0])


def _mark(kind: str, near: Token) -> Token:
    return Token.new_borrow_pos(kind, "", near)


def _tokens(text: str, number: int, language: str, *, inner: bool) -> Iterator[Token]:
    lexemes = _lexemes(text, language)
    at = 0
    while at < len(lexemes):
        kind, value, column = lexemes[at]
        taken = 1
        if kind == "word":
            kind, value, taken, inner = _word(lexemes, at, language, inner=inner)
        elif kind == "STRING":
            value = value[1:-1]
        yield _token(kind, value, number, column, lexemes[at + taken - 1])
        at += taken


Lexeme = tuple[str, str, int]  # kind, text, column counted from 1


@cache
def _lexeme(language: str) -> re.Pattern[str]:
    return re.compile(LEXEME.format(word=LANGUAGES[language].word), re.VERBOSE)


def _lexemes(text: str, language: str) -> list[Lexeme]:
    found: list[Lexeme] = []
    lexeme = _lexeme(language)
    at = 0
    while at < len(text):
        match = _article_number(text, at, found) or lexeme.match(text, at)
        assert match is not None  # `unknown` takes any character
        kind = match.lastgroup or "ARTICLE_NUMBER"
        if kind != "skip":
            start = match.start(1) if kind == "ARTICLE_NUMBER" else match.start()
            value = text[start : match.end()]
            if kind == "word":
                value = value.translate(APOSTROPHES)
            found.append((kind, value, start + 1))
        at = match.end()
    return found


def _article_number(text: str, at: int, found: list[Lexeme]) -> re.Match[str] | None:
    if found and found[-1][1] in _article_words():
        return ARTICLE_NUMBER.match(text, at)
    return None


@cache
def _article_words() -> frozenset[str]:
    return frozenset(
        words[0]
        for language in LANGUAGES.values()
        for words, terminal in language.inner.items()
        if terminal == "ARTICLE"
    )


def _word(
    lexemes: list[Lexeme], at: int, language: str, *, inner: bool
) -> tuple[str, str, int, bool]:
    """Token type, value, number of lexemes taken, and whether the line has begun."""
    table = LANGUAGES[language]
    unit = _unit_at(lexemes, at, language)
    if unit:
        return UNITS[unit], unit, 1, True
    if at and UNITS.get(_unit_at(lexemes, at - 1, language)) == "DISTANCE_UNIT":
        terminal = table.after_distance.get((lexemes[at][1],))
        if terminal:
            return terminal, _english(terminal), 1, True
    phrases = _by_first_word(language, "inner" if inner else "line")
    for words, terminal in phrases.get(lexemes[at][1], ()):
        if tuple(text for _, text, _ in lexemes[at : at + len(words)]) == words:
            value = " ".join(words).replace("' ", "'")
            value = table.fractions.get(value, _english(terminal))
            return terminal, value, len(words), terminal != "THEN"
    return *_name(lexemes[at][1], language), 1, True


def _english(terminal: str) -> str:
    """What a keyword is in English: tokens say the same in every language."""
    return LANGUAGES["en"].phrases[terminal]


def _unit_at(lexemes: list[Lexeme], at: int, language: str) -> str:
    """The unit that a word is behind a number, or ""."""
    if at and lexemes[at - 1][0] in {"INT", "DECIMAL"}:
        return LANGUAGES[language].units.get(lexemes[at][1], "")
    return ""


def _name(word: str, language: str) -> tuple[str, str]:
    """A name of the language's own in English; any other as it stands."""
    table = LANGUAGES[language]
    before, after = table.unexcused.split("{}")
    bare = word.removeprefix(before).removesuffix(after)
    if bare and bare != word:
        return "NAME", f"unexcused_{table.names.get(bare, bare)}"
    name = table.names.get(word, word)
    return ("NAME" if name.isidentifier() else "unknown"), name


@cache
def _by_first_word(
    language: str, place: str
) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Phrases by their first word, the longest first."""
    phrases: Phrases = getattr(LANGUAGES[language], place)
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words in sorted(phrases, key=len, reverse=True):
        found.setdefault(words[0], []).append((words, phrases[words]))
    return found


def _token(kind: str, value: str, line: int, column: int, last: Lexeme) -> Token:
    end = last[2] + len(last[1])
    return Token(kind, value, line=line, column=column, end_line=line, end_column=end)
