r"""The text of an agreement into its syntax tree, with every fault of the text.

In: Markdown with fenced blocks of rules. Out: ``Outcome[Agreement]``: what could be
read, and an issue with file, line, column and repair for everything that could not.
Each definition and each article is parsed for itself, so one fault hides no other;
within a faulty article the faulty clause is set aside and the rest is parsed again.

>>> outcome = parse("```tocsin\nparties Northland, Southland\n```")
>>> outcome.records.party_names
('Northland', 'Southland')
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Final

import msgspec
from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import Lexer

from tocsin.agreement.build import build
from tocsin.agreement.build_conditions import Part
from tocsin.agreement.explain_syntax import explain
from tocsin.agreement.languages import LANGUAGES, detect
from tocsin.agreement.literate import (
    FencedBlock,
    digest_of,
    first_heading,
    read_blocks,
)
from tocsin.agreement.terms import (
    Act,
    Agreement,
    Article,
    Block,
    Body,
    Calendar,
    ConditionLet,
    Group,
    Instrument,
    Label,
    Let,
    Line,
    StandardLevel,
    Status,
    UndefinedTerm,
    Version,
    Zone,
)
from tocsin.agreement.words import TokenLine, read_lines, stream
from tocsin.model.records import Issue, Outcome, Where

__all__ = ["language_of", "parse", "parse_rules"]

STARTS: Final = (
    "definition",
    "article",
    "item",
    "norm_part",
    "finding_part",
    "then",
)
PARTS_OF_ARTICLES: Final = ("item", "norm_part", "finding_part", "then")
FIELDS: Final[dict[type, str]] = {
    Status: "statuses",
    Group: "groups",
    Body: "bodies",
    Line: "lines",
    Zone: "zones",
    Let: "lets",
    ConditionLet: "conditions",
    Act: "acts",
    UndefinedTerm: "terms",
    Instrument: "instruments",
    Version: "versions",
    StandardLevel: "standards",
    Article: "articles",
}
SINGLE: Final = {"scope", "persists", "calendar"}


def parse(text: str, *, file: str = "agreement.md") -> Outcome[Agreement]:
    """The agreement that a Markdown file holds, as far as it can be read."""
    blocks = read_blocks(text)
    issues = list(_faults_of_blocks(blocks, file))
    reading = _Reading(file, language_of(blocks))
    laid_out = tuple(reading.read_block(block) for block in blocks)
    agreement = reading.agreement(title=first_heading(text), blocks=laid_out)
    return Outcome(records=agreement, issues=(*issues, *reading.issues))


def parse_rules(source: str, *, file: str = "rules") -> Outcome[Agreement]:
    """The agreement that bare rules make, without Markdown around them."""
    block = FencedBlock(fence_line=0, first_line=1, lines=tuple(source.splitlines()))
    reading = _Reading(file, language_of([block]))
    reading.read_block(block)
    agreement = reading.agreement(title=None, blocks=())
    return Outcome(records=agreement, issues=tuple(reading.issues))


def language_of(blocks: Sequence[FencedBlock]) -> str:
    """The language of a file: as its first fence says, else by its keywords."""
    said = [block.language for block in blocks[:1] if block.language in LANGUAGES]
    return said[0] or "en" if said else detect(line for b in blocks for line in b.lines)


def _faults_of_blocks(blocks: Sequence[FencedBlock], file: str) -> Iterator[Issue]:
    if not blocks:
        yield Issue(
            code="syntax",
            where=Where(file=file),
            message="no block of rules in the file",
            repair="add a fenced block that begins with ```tocsin",
        )
    for block in blocks:
        where = Where(file=file, line=block.fence_line, column=1)
        for word in block.strange:
            yield _strange_word(word, where)
        if not block.closed:
            message = "the block is not closed before the end of the file"
            yield Issue(code="syntax", where=where, message=message, repair="add ```")


def _strange_word(word: str, where: Where) -> Issue:
    return Issue(
        code="syntax",
        where=where,
        message=f"`{word}` where the block opens says nothing to Tocsin",
        repair="write `tocsin`, a language such as `en`, and `sha256:` with 12 digits",
    )


class _Reading:
    """What has been read of a file so far."""

    def __init__(self, file: str, language: str = "en") -> None:
        self.file = file
        self.issues: list[Issue] = []
        self.fields: dict[str, Any] = {}
        self.label: Label | None = None
        self.language = language
        self.mentions: list[tuple[str, int, int]] = []

    def read_block(self, block: FencedBlock) -> Block:
        """Reads a block; what it says is kept in ``fields``."""
        language = self._language(block)
        lines = read_lines(block.lines, first_line=block.first_line, language=language)
        self.mentions += _mentions(lines)
        numbers = [
            number
            for chunk in _chunks(lines, lines[0].indent if lines else 0)
            for number in self._read_chunk(chunk, block.sentence)
        ]
        return Block(
            sentence=block.sentence,
            digest=digest_of(block.sentence),
            written=block.written,
            articles=tuple(numbers),
            where=Where(file=self.file, line=block.fence_line, column=1),
        )

    def agreement(self, *, title: str | None, blocks: tuple[Block, ...]) -> Agreement:
        """Everything read, as one agreement."""
        label = self.label or Label(name=_name_of(self.file), title=title)
        return Agreement(
            name=label.name,
            title=label.title,
            language=self.language,
            blocks=blocks,
            mentions=tuple(self.mentions),
            where=Where(file=self.file),
            **self.fields,
        )

    def _language(self, block: FencedBlock) -> str:
        if block.language in LANGUAGES:
            self.language = block.language
        elif block.language is not None:
            known = ", ".join(LANGUAGES)
            where = Where(file=self.file, line=block.fence_line, column=1)
            message = f"no keywords for the language `{block.language}`"
            repair = f"use one of: {known}"
            self._issue("syntax", where, message, repair)
        return self.language

    def _read_chunk(self, chunk: list[TokenLine], sentence: str) -> Iterator[str]:
        """Reads a definition or an article; yields the number of an article."""
        if chunk[0].tokens[0].type == "ARTICLE":
            article = self._read_article(chunk)
            if article is not None:
                self._keep(msgspec.structs.replace(article, sentence=sentence))
                yield article.number
        else:
            self._keep(self._parse("definition", chunk))

    def _read_article(self, chunk: list[TokenLine]) -> Article | None:
        """The article without its faulty clauses; None if its heading is faulty."""
        hangs = False  # a clause was set aside, so the next one may hang in the air
        while (fault := _fault("article", chunk)) is not None:
            heading, *clauses = _clauses(chunk)
            at = _clause_at(clauses, fault.token)
            if at is None:
                self._refuse_article(fault, clauses)
                return None
            own = _fault_of_clause(clauses[at])
            if not hangs or (own is not None and own.token.type != "$END"):
                told = fault if own is None or own.token.type == "$END" else own
                self.issues.append(explain(told, self.file, self.language))
            hangs = True
            del clauses[at]
            chunk = [*heading, *(line for clause in clauses for line in clause)]
        article = self._parse("article", chunk)
        return article if isinstance(article, Article) else None

    def _refuse_article(
        self, fault: UnexpectedToken, clauses: list[list[TokenLine]]
    ) -> None:
        """Tells what is wrong with a heading, and with each clause by itself."""
        own = [_fault_of_clause(clause) for clause in clauses]
        faults = [fault, *(found for found in own if found is not None)]
        self.issues += [explain(found, self.file, self.language) for found in faults]

    def _parse(self, start: str, chunk: list[TokenLine]) -> Any:
        try:
            tree = _parser().parse(list(stream(chunk)), start=start)
        except UnexpectedToken as fault:
            self.issues.append(explain(fault, self.file, self.language))
            return None
        term, issues = build(tree, file=self.file)
        self.issues += issues
        return term

    def _keep(self, part: Any) -> None:
        """Puts a definition, an article or a setting into its field."""
        if isinstance(part, Label):
            self._keep_once("label", part, part.where)
        elif isinstance(part, Calendar):
            self._keep_once("calendar", part, part.where)
        elif isinstance(part, Part) and part.field in SINGLE:
            where = Where(file=self.file, line=part.token.line, column=1)
            self._keep_once(part.field, part.value, where)
        elif isinstance(part, Part):
            self.fields[part.field] = (*self.fields.get(part.field, ()), *part.value)
        elif part is not None:
            field = FIELDS[type(part)]
            self.fields[field] = (*self.fields.get(field, ()), part)

    def _keep_once(self, field: str, value: Any, where: Where) -> None:
        held = self.label if field == "label" else self.fields.get(field)
        if held is not None:
            name = "agreement" if field == "label" else field
            message = f"the {name} is declared a second time"
            self._issue("defined_twice", where, message, "keep one of the two")
        elif field == "label":
            self.label = value
        else:
            self.fields[field] = value

    def _issue(self, code: str, where: Where, message: str, repair: str) -> None:
        self.issues.append(
            Issue(code=code, where=where, message=message, repair=repair)
        )


class _Given(Lexer):
    """A lexer for the parser that passes on the tokens it is given."""

    def __init__(self, _conf: object) -> None: ...

    def lex(self, data: Any, _state: Any = None) -> Iterator[Token]:
        """The tokens as they are."""
        return iter(data)


@cache
def _parser() -> Lark:
    grammar = files("tocsin.agreement").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer=_Given,
        strict=True,
        start=list(STARTS),
        maybe_placeholders=True,
    )


def _fault(start: str, chunk: Sequence[TokenLine]) -> UnexpectedToken | None:
    """What stops the parser, or None if it reads the chunk."""
    try:
        _tree(start, chunk)
    except UnexpectedToken as fault:
        return fault
    return None


def _tree(start: str, chunk: Sequence[TokenLine]) -> Tree[Token]:
    return _parser().parse(list(stream(chunk)), start=start)


def _fault_of_clause(clause: Sequence[TokenLine]) -> UnexpectedToken | None:
    """What is wrong with a clause by itself, after the reading that gets furthest.

    None if some reading takes it all: then only its position is wrong.
    """
    faults = [_fault(start, clause) for start in PARTS_OF_ARTICLES]
    if None in faults:
        return None
    return max((f for f in faults if f), key=_reach)


def _reach(fault: UnexpectedToken) -> tuple[bool, int, int]:
    """How far a reading gets: to the end (something is missing), or to a place."""
    return fault.token.type == "$END", fault.line, fault.column


def _clauses(chunk: list[TokenLine]) -> list[list[TokenLine]]:
    """An article's heading and its clauses, each with the deeper lines below it."""
    if len(chunk) == 1:
        return [chunk]
    return [chunk[:1], *_chunks(chunk[1:], chunk[1].indent)]


def _clause_at(clauses: list[list[TokenLine]], token: Token) -> int | None:
    """Which clause holds a token; None for the heading above them."""
    for at in reversed(range(len(clauses))):
        first = clauses[at][0].tokens[0]
        if (first.line or 0) <= (token.line or 0):
            return at
    return None


def _chunks(lines: Sequence[TokenLine], depth: int) -> list[list[TokenLine]]:
    """Lines at ``depth``, each with the deeper and the ``and``/``or`` lines below."""
    chunks: list[list[TokenLine]] = []
    for line in lines:
        if chunks and (line.indent > depth or line.continues):
            chunks[-1].append(line)
        else:
            chunks.append([line])
    return chunks


def _mentions(lines: Sequence[TokenLine]) -> list[tuple[str, int, int]]:
    return [
        (str(token), token.line or 0, token.column or 0)
        for line in lines
        for token in line.tokens
        if token.type in {"NAME", "ARTICLE_NUMBER"}
    ]


def _name_of(file: str) -> str:
    """A name for an agreement that gives none: its file's, or its folder's."""
    path = PurePath(file)
    stem = path.parent.name if path.name == "agreement.md" else path.stem
    name = re.sub(r"\W", "_", stem) or "agreement"
    return f"_{name}" if name[0].isdigit() else name
