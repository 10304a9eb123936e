r"""Markdown into blocks: where the rules stand, and the treaty sentence above each.

In: the text of an agreement. Out: its fenced blocks marked ``tocsin``. The treaty
sentence of a block is the prose between it and the heading or fence before it; its
hash is kept on the fence (three backticks, then ``tocsin sha256:0123456789ab``).

>>> blocks = read_blocks("Fire ceases.\n```tocsin\nparties A, B\n```\n")
>>> blocks[0].sentence, blocks[0].first_line, blocks[0].lines
('Fire ceases.', 3, ('parties A, B',))
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

import msgspec

__all__ = ["FencedBlock", "digest_of", "first_heading", "read_blocks"]

FENCE: Final = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
HEADING: Final = re.compile(r"^#{1,6}\s+(?P<title>.*?)\s*#*\s*$")
COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
DIGEST: Final = re.compile(r"^sha256:([0-9a-f]{12})$")
DIGEST_LENGTH: Final = 12  # 48 bits: chance collisions are not the danger, typos are


class FencedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A fenced block of rules.

    Attributes:
        fence_line: line of the opening fence, counted from 1.
        first_line: line of the first rule.
        lines: the rules.
        language: of the keywords, or None where the fence does not say.
        sentence: the prose above it, white space collapsed; "" if there is none.
        written: the hash that the fence carries, or None.
        strange: words on the fence that say nothing to Tocsin.
        closed: False if the file ends within the block.
    """

    fence_line: int
    first_line: int
    lines: tuple[str, ...]
    language: str | None = None
    sentence: str = ""
    written: str | None = None
    strange: tuple[str, ...] = ()
    closed: bool = True


def read_blocks(text: str) -> list[FencedBlock]:
    """The blocks marked ``tocsin``, in order; other fences are passed over."""
    blocks: list[FencedBlock] = []
    prose: list[str] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if fence is None:
            prose = [] if HEADING.match(lines[at]) else [*prose, lines[at]]
            at += 1
            continue
        end = _end_of_fence(lines, at, fence["mark"])
        if fence["info"].split()[:1] == ["tocsin"]:
            blocks.append(_block(lines, at, end, fence["info"], prose))
        prose = []
        at = end + 1
    return blocks


def digest_of(sentence: str) -> str:
    r"""First 12 hex digits of the SHA-256 of a sentence, however it is wrapped.

    >>> digest_of("Fire  ceases.") == digest_of("Fire\nceases.")
    True
    """
    plain = _collapse(sentence).encode()
    return hashlib.sha256(plain).hexdigest()[:DIGEST_LENGTH]


def first_heading(text: str) -> str | None:
    """The title of the file: its first heading, or None."""
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading:
            return heading["title"]
    return None


def _end_of_fence(lines: list[str], start: int, mark: str) -> int:
    """Index of the closing fence, or of the end of the file."""
    for at in range(start + 1, len(lines)):
        line = lines[at].strip()
        if line and set(line) == {mark[0]} and len(line) >= len(mark):
            return at
    return len(lines)


def _block(
    lines: list[str], start: int, end: int, info: str, prose: list[str]
) -> FencedBlock:
    words = info.split()[1:]
    digests = [match[1] for word in words if (match := DIGEST.match(word))]
    languages = [word for word in words if re.fullmatch("[a-z]{2}", word)]
    strange = [word for word in words if not DIGEST.match(word)]
    return FencedBlock(
        fence_line=start + 1,
        first_line=start + 2,
        lines=tuple(lines[start + 1 : end]),
        language=languages[0] if languages else None,
        sentence=_collapse(COMMENT.sub(" ", "\n".join(prose))),
        written=digests[0] if digests else None,
        strange=tuple(word for word in strange if word not in languages[:1]),
        closed=end < len(lines),
    )


def _collapse(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
