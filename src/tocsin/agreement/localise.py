"""Issues in the language of the file they are about.

The checks speak English; here their sentences are put into French or Ukrainian by a
table of patterns (``languages/messages.toml``), and the keywords they quote into the
keywords of that language. A mixed message helps nobody, so a test holds that no
sentence of the checks is missing from the table.

>>> message("unknown zone `Lime`; did you mean `Line`?", "fr")
'zone : `Lime` est inconnu ; vouliez-vous dire `Line` ?'
>>> message("add a `vote` line", "uk")
'додайте рядок `голосування`'
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from tocsin.agreement.say import say, say_rules
from tocsin.agreement.words import read_lines
from tocsin.model.records import Issue

__all__ = ["counted", "localise", "message", "patterns", "rules_in", "word"]

COLUMNS: Final = {"fr": 0, "uk": 1}
HOLE: Final = re.compile(r"\{(\d?)\}")
QUOTED: Final = re.compile(r"`([^`\n]+)`")
DIGEST: Final = re.compile(r"^(sha256:|tocsin\b|en$)")
AND: Final = re.compile(r"^(and|or) ")
JOINTS: Final = re.compile(r"( and | or |, )")


def localise(issue: Issue, language: str) -> Issue:
    """The same issue in a language; in English it is as it was."""
    if language not in COLUMNS:
        return issue
    return msgspec.structs.replace(
        issue,
        message=message(issue.message, language),
        repair=message(issue.repair, language),
    )


def message(text: str, language: str) -> str:
    """A sentence of the checks in a language, with its keywords."""
    if language not in COLUMNS or not text:
        return text
    for pattern, forms in patterns("message"):
        found = pattern.fullmatch(text)
        if found:
            pieces = [_piece(shown, language) for shown in found.groups()]
            return _keywords(_filled(forms[COLUMNS[language]], pieces), language)
    return _keywords(text, language)


def word(text: str, language: str, *pieces: object) -> str:
    """A word around the messages, such as ``error``, with numbers put in."""
    if language in COLUMNS:
        text = _table()["word"][text][COLUMNS[language]]
    return _filled(text, [str(piece) for piece in pieces])


def counted(number: int, what: str, language: str) -> str:
    """A number of things: ``1 error``, ``2 errors``.

    >>> counted(1, "error", "en"), counted(2, "warning", "fr")
    ('1 error', '2 avertissements')
    """
    single = number == 1 or (number == 0 and language == "fr")
    return word(f"{{}} {what}" if single else f"{{}} {what}s", language, number)


@cache
def patterns(part: str) -> tuple[tuple[re.Pattern[str], tuple[str, str]], ...]:
    """The patterns of a part of the table, those with the fewest holes first."""
    made = []
    for english, (french, ukrainian) in _table()[part].items():
        parts = [re.escape(piece) for piece in english.split("{}")]
        made.append((re.compile("(.+?)".join(parts), re.DOTALL), (french, ukrainian)))
    return tuple(sorted(made, key=lambda one: (one[0].groups, -len(one[0].pattern))))


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    text = files("tocsin.agreement").joinpath("languages", "messages.toml")
    return tomllib.loads(text.read_text(encoding="utf-8"))


def _filled(text: str, pieces: list[str]) -> str:
    """The text with its holes filled, in order or by their numbers."""
    rest = iter(pieces)

    def fill(hole: re.Match[str]) -> str:
        return pieces[int(hole[1]) - 1] if hole[1] else next(rest, "")

    return HOLE.sub(fill, text)


def _piece(shown: str, language: str) -> str:
    """What a message shows: a word of the table, or several joined, or as it is."""
    known = _table()["piece"]

    def said(part: str) -> str:
        bare = part.strip()
        forms = known.get(bare)
        return part.replace(bare, forms[COLUMNS[language]]) if forms else part

    if shown.startswith(("and ", "or ")):  # quoted rules
        return shown
    return _articles("".join(said(part) for part in JOINTS.split(shown)), language)


def _articles(text: str, language: str) -> str:
    return re.sub(r"\bArticle (?=\d)", "Стаття ", text) if language == "uk" else text


def _keywords(text: str, language: str) -> str:
    """Keywords between back ticks in the language; names stay as they are."""

    def said(found: re.Match[str]) -> str:
        return (
            found[0] if DIGEST.match(found[1]) else f"`{rules_in(found[1], language)}`"
        )

    return QUOTED.sub(said, text)


def rules_in(quoted: str, language: str) -> str:
    """Quoted rules; a keyword from within a line is known behind an ``and``."""
    bare = AND.sub("", quoted) or quoted
    inner = read_lines([f"and {bare}"])[0].tokens[1:]
    within = quoted != bare or read_lines([bare])[0].tokens[0].type == "NAME"
    if within and inner[0].type not in {"NAME", "unknown"}:
        return say(inner, language)
    return say_rules(bare, language)
