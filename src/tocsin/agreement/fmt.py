r"""The rules of an agreement in one layout; prose, comments and meaning stay.

In: the text of an agreement that can be read. Out: the same text with every block of
rules laid out alike: one space between words, two for each step of depth, `and` and
`or` one step deeper than what they join, one empty line at most. The order of the
lines, the comments and everything outside the blocks are the author's. Formatting twice
changes nothing, and the formatted text has the same tree: both are checked each time.

>>> print(
...     fmt("```tocsin\nparties   A,B\nArticle 1\n     forbid any party  to fire\n```")
... )
```tocsin
parties A, B
Article 1
  forbid any party to fire
```
<BLANKLINE>
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from tocsin.agreement.languages import LANGUAGES
from tocsin.agreement.literate import FencedBlock, digest_of, read_blocks
from tocsin.agreement.parse import language_of, parse
from tocsin.agreement.say import say
from tocsin.agreement.terms import without_places
from tocsin.agreement.words import TokenLine, read_lines
from tocsin.errors import InputRefused, WrongUse

__all__ = ["fmt", "fmt_rules"]

STEP: Final = "  "
COMMENT: Final = re.compile(r'^((?:[^"#]|"[^"]*")*)(#.*)$')


def fmt(
    text: str,
    *,
    file: str = "agreement.md",
    stamp: bool = False,
    language: str | None = None,
) -> str:
    """The text with its blocks laid out.

    Args:
        text: Markdown with blocks of rules.
        file: its name, for messages.
        stamp: also write the hash of each treaty sentence onto its fence. Whoever
            does this says: I have read these rules against this sentence.
        language: write the rules in this language; None: in their own.

    Raises:
        InputRefused: the rules cannot be read; every fault is listed.
        WrongUse: a name of the text is a keyword of the language asked for.
    """
    before = parse(text, file=file)
    if before.issues:
        raise InputRefused(before.issues)
    blocks = read_blocks(text)
    source = language_of(blocks)
    target = language or source
    written = _written(text, blocks, source, target, stamp=stamp)
    after = parse(written, file=file)
    same = msgspec.structs.replace(after.records, language=before.records.language)
    if after.issues or without_places(same) != without_places(before.records):
        raise WrongUse(_clash(after.issues, target))
    return written


def fmt_rules(lines: Sequence[str], *, source: str, target: str) -> list[str]:
    """The lines of one block, laid out, in another language if asked."""
    layout = _Layout(target)
    tokens = read_lines(lines, first_line=0, language=source)
    starts = {one.tokens[0].line: one for one in tokens}
    for number, text in enumerate(lines):
        found = COMMENT.match(text)
        if number in starts:
            layout.line(starts[number])
        if found and found[1].strip():
            layout.trail(found[2].rstrip())
        elif found:
            layout.comment(found[2].rstrip())
        elif not text.strip():
            layout.blank()
    return layout.finished()


def _clash(issues: Sequence[object], language: str) -> str:
    first = f"\n{issues[0]}" if issues else ""
    return (
        f"the rules cannot be written in `{language}` without a change of meaning: a"
        f" name of the text is a keyword there; choose another name{first}"
    )


# --- the file around the blocks


def _written(
    text: str, blocks: Sequence[FencedBlock], source: str, target: str, *, stamp: bool
) -> str:
    lines = text.splitlines()
    out: list[str] = []
    done = 0
    for block in blocks:
        out += lines[done : block.fence_line - 1]
        out.append(
            _fence(lines[block.fence_line - 1], block, source, target, stamp=stamp)
        )
        own = block.language if block.language in LANGUAGES else source
        out += fmt_rules(block.lines, source=own or source, target=target)
        done = block.first_line - 1 + len(block.lines)
    out += lines[done:]
    return "\n".join(out) + "\n"


def _fence(
    line: str, block: FencedBlock, source: str, target: str, *, stamp: bool
) -> str:
    mark = re.match(r"\s*(`{3,}|~{3,})", line)
    assert mark is not None  # a block begins with a fence
    says = block.language is not None or target != source
    words = ["tocsin"]
    words += [target] if says and (target != "en" or block.language) else []
    digest = digest_of(block.sentence) if block.sentence else None
    rules = any(one.tokens[0].type == "ARTICLE" for one in _lines(block, source))
    stamped = stamp and digest and (rules or block.written)
    kept = digest if stamped else block.written
    words += [f"sha256:{kept}"] if kept else []
    return mark[1] + " ".join(words)


def _lines(block: FencedBlock, language: str) -> list[TokenLine]:
    own = block.language if block.language in LANGUAGES else None
    return read_lines(block.lines, language=own or language)


# --- lines and comments


class _Layout:
    """Lines as they are laid out."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.out: list[str] = []
        self.depths: list[int] = []
        self.joints: list[tuple[int, int]] = []  # (place in out, column)
        self.comments: list[str] = []
        self.last = -1  # place in out of the last line of rules
        self.gap = False

    def blank(self) -> None:
        """An empty line; several become one."""
        if self.comments:
            self._put_comments(0)
        self.gap = bool(self.out)

    def comment(self, text: str) -> None:
        """A comment on a line of its own, kept for the line below it."""
        if self.gap and not self.comments:
            self._break()
        self.comments.append(text)

    def trail(self, text: str) -> None:
        """A comment at the end of the last line."""
        self.out[self.last] += f"  {text}"

    def line(self, line: TokenLine) -> None:
        """A line of rules."""
        if line.continues:
            depth = len(self.depths)
        else:
            self._settle()
            depth = self._depth(line.indent)
        self._break()
        self._put_comments(depth)
        if line.continues:
            self.joints.append((len(self.out), line.indent))
        self.last = len(self.out)
        self.out.append(f"{STEP * depth}{say(line.tokens, self.language)}")

    def finished(self) -> list[str]:
        """Every line."""
        self._settle()
        self._put_comments(0)
        return self.out

    def _settle(self) -> None:
        """Gives the ``and`` and ``or`` lines of one condition their depths."""
        columns = sorted({column for _, column in self.joints})
        for at, column in self.joints:
            depth = len(self.depths) + columns.index(column)
            self.out[at] = STEP * depth + self.out[at].lstrip()
        self.joints = []

    def _put_comments(self, depth: int) -> None:
        self.out += [f"{STEP * depth}{comment}" for comment in self.comments]
        self.comments = []

    def _break(self) -> None:
        if self.gap and self.out:
            self.out.append("")
        self.gap = False

    def _depth(self, indent: int) -> int:
        while self.depths and indent < self.depths[-1]:
            self.depths.pop()
        if not self.depths or indent > self.depths[-1]:
            self.depths.append(indent)
        return len(self.depths) - 1
