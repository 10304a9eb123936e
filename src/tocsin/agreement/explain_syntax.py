"""A fault of the parser as a sentence, with the words that would mend it.

In: lark's ``UnexpectedToken``. Out: an issue that shows the offending words, says what
may stand there, and names the nearest keyword for a word that looks like one.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from lark import Token, UnexpectedToken

from tocsin.agreement.languages import LANGUAGES
from tocsin.model.records import Issue, Where

__all__ = ["explain"]

WORDS: Final = {
    "_NL": "the end of the line",
    "_INDENT": "a deeper line",
    "_DEDENT": "the end of the deeper lines",
    "$END": "the end",
    "_COMMA": "`,`",
    "_PLUS": "`+`",
    "NAME": "a name",
    "STRING": "words in quotes",
    "INT": "a number",
    "DECIMAL": "a number",
    "FRACTION": "a share",
    "INSTANT": "a date",
    "OPERATOR": "`>=`, `<=`, `>`, `<` or `=`",
    "TIME_UNIT": "a unit of time",
    "DISTANCE_UNIT": "`m` or `km`",
    "ARTICLE_NUMBER": "a number such as 1(1)",
}
QUOTE: Final = '"'
MOST_SHOWN: Final = 6  # more alternatives than that help nobody
BEGINNINGS: Final = {
    "OBLIGE": ("rule", "begin the line with a keyword, such as `forbid` or `when`"),
    "PARTIES": (
        "definition",
        "begin the line with a keyword, such as `parties` or `act`",
    ),
}
"""What may stand where too many keywords may: a token of each, its name, a repair."""
REPAIRS: Final = {
    "TIME_UNIT": "add a unit: `seconds`, `minutes`, `hours`, `days`, `weeks`,"
    " `months` or `years`",
    "DISTANCE_UNIT": "add a unit: `m` or `km`",
    "ARTICLE_NUMBER": "add a number: `Article 1(1)`",
    "OPERATOR": "add what it is compared with, such as `>= 10`",
    "_OVER": "add the length of the window, such as `over 72 hours`",
    "_LASTING_OVER": "add how long, such as `lasting over 24 hours`",
    "_TO": "add `to` and the act: who does what",
    "WHEN": "add a line `when` with the condition",
    "_WITHIN": "add how soon, such as `within 6 hours`",
    "_IS": "add `is` and what it stands for",
}
OPENERS: Final = {
    "by": "a deadline is `before` an instant or `within` a time",
    "if": "write `when`",
    "must": "write `oblige WHO to ACT`",
    "shall": "write `oblige WHO to ACT`",
    "may": "write `permit WHO to ACT` or `power WHO to ACT`",
    "prohibit": "write `forbid WHO to ACT`",
    "until": "write `in force until`, or `ends when` with a condition",
    "after": "write `within` with a time, or `upon` with an event",
    "silence": "write `silence is yes after`, `silence is no after` or"
    " `silence is abstention after`",
    "lapses": "write `lapses after` a time or `lapses at` an instant",
}


def explain(fault: UnexpectedToken, file: str, language: str = "en") -> Issue:
    """The issue that a fault of the parser is."""
    token: Token = fault.token
    where = Where(file=file, line=token.line, column=token.column)
    accepted = set(fault.accepts or fault.expected)
    return Issue(
        code="syntax",
        where=where,
        message=_message(token, accepted),
        repair=_repair(token, accepted, language),
    )


def _message(token: Token, accepted: set[str]) -> str:
    expected = _listed(accepted)
    if token.type == "unknown" and str(token) == QUOTE:
        return "words in quotes are not closed on their line"
    if token.type in {"_NL", "_DEDENT", "$END"}:
        return f"the line ends too early; expected {expected}"
    if token.type == "_INDENT":
        return "this line stands deeper than the line above allows"
    for kind, (name, _) in BEGINNINGS.items():
        if kind in accepted:
            return f"no {name} begins with `{token}`"
    shown = f'"{token}"' if token.type == "STRING" else token
    return f"`{shown}` cannot stand here; expected {expected}"


def _listed(accepted: set[str]) -> str:
    for kind, (name, _) in BEGINNINGS.items():
        if kind in accepted:
            return f"a {name}"
    shown = sorted({_shown(kind) for kind in accepted - {"_INDENT", "_DEDENT"}})
    shown = sorted(shown, key=lambda one: one.startswith("`"))  # stable: names first
    if len(shown) > MOST_SHOWN:
        return ", ".join(shown[:MOST_SHOWN]) + ", ..."
    if len(shown) <= 1:
        return shown[0] if shown else "nothing"
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _shown(kind: str) -> str:
    if kind in WORDS:
        return WORDS[kind]
    table = LANGUAGES["en"]
    for phrases in (table.line, table.inner):
        for words, terminal in phrases.items():
            if terminal == kind:
                return f"`{' '.join(words)}`"
    return kind


def _repair(token: Token, accepted: set[str], language: str) -> str:
    if token.type == "NAME":
        nearest = _nearest_keyword(token, accepted, language)
        if nearest:
            return nearest
    if token.type == "unknown":
        return "close the quotes" if str(token) == QUOTE else f"take out `{token}`"
    return _missing(token, accepted) or _misplaced(token, accepted)


def _missing(token: Token, accepted: set[str]) -> str:
    """What has to be added, if that is what is wrong."""
    wanted = [repair for kind, repair in REPAIRS.items() if kind in accepted]
    if token.type != "_INDENT":
        wanted += [what for kind, (_, what) in BEGINNINGS.items() if kind in accepted]
    if token.type == "NAME" and "_COMMA" in accepted:
        wanted.append(f"put a comma before `{token}`, if it is one more name")
    return wanted[0] if wanted else ""


def _misplaced(token: Token, accepted: set[str]) -> str:
    """What is wrong with the word or the depth of the line itself."""
    if "NAME" in accepted and token.type not in {"_NL", "_DEDENT", "_INDENT"}:
        return _not_a_name(token)
    if accepted == {"$END"}:
        return "give it the depth of the lines above"
    if token.type == "_INDENT":
        return "give it the depth of the line above, or of the line it belongs to"
    return ""


def _not_a_name(token: Token) -> str:
    if token.type in {"INT", "DECIMAL", "FRACTION", "INSTANT"}:
        return f"`{token}` is a number; write a name here"
    return f"`{token}` is a keyword of the language; write a name here"


def _nearest_keyword(token: Token, accepted: set[str], language: str) -> str:
    if str(token) in OPENERS:
        return OPENERS[str(token)]
    table = LANGUAGES[language]
    words = {
        " ".join(phrase).split(" ")[0]: " ".join(phrase)
        for phrases in (table.inner, table.line)
        for phrase, kind in phrases.items()
        if kind in accepted
    }
    close = get_close_matches(str(token), words, n=1, cutoff=0.6)
    return f"did you mean `{words[close[0]]}`?" if close else ""
