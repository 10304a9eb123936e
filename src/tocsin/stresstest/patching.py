"""A changed tree as a patch of the text that people wrote.

In: the text of an agreement and the tree it should have. Out: a unified diff of the
text itself, checked: the patched text parses to the wanted tree. Where the layout of
the text keeps lines from being found again, the diff is one of the canonical form, and
its header says so. Sentences are never touched: the prose of a treaty is for lawyers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff

import msgspec

from tocsin.agreement.parse import parse
from tocsin.agreement.source import to_source
from tocsin.agreement.terms import Agreement, Article, without_places

__all__ = ["patch", "patched"]


def patch(text: str, after: Agreement, *, file: str = "agreement.md") -> str:
    """The unified diff that turns the text into one with the wanted tree."""
    new = patched(text, after)
    if new is not None:
        return _diff(text, new, file)
    before = to_source(parse(text, file=file).records)
    return _diff(before, to_source(after), f"{file} (canonical form)")


def patched(text: str, after: Agreement) -> str | None:
    """The text with the wanted tree, or None where its lines cannot be found again.

    Line by line where each changed line is found in the text; else by writing the
    changed articles anew, in place.
    """
    before = parse(text).records
    for way in (_line_by_line, _article_by_article):
        result = way(text, before, after)
        if result is not None and _is(result, after):
            return result
    return None


def _is(text: str, after: Agreement) -> bool:
    again = parse(text)
    same = without_places(again.records) == without_places(after)
    return same and not again.issues


def _line_by_line(text: str, before: Agreement, after: Agreement) -> str | None:
    old, new = (to_source(tree).splitlines() for tree in (before, after))
    return _spliced(text, old, new)


def _spliced(text: str, old: Sequence[str], new: Sequence[str]) -> str | None:
    lines = text.splitlines()
    edits = list(_edits(old, new, _aligned(old, lines)))
    if None in edits:
        return None
    for start, stop, put in sorted((e for e in edits if e), reverse=True):
        lines[start:stop] = put
    return "\n".join(lines) + "\n"


def _article_by_article(text: str, before: Agreement, after: Agreement) -> str | None:
    """Definitions line by line, changed articles anew, new ones at the end."""
    bare = [msgspec.structs.replace(tree, articles=()) for tree in (before, after)]
    wanted = {article.number: article for article in after.articles}
    lines = text.splitlines()
    for article in reversed(before.articles):
        new = wanted.pop(article.number, None)
        if new is not None and without_places(new) == without_places(article):
            continue
        start = (article.where.line or 1) - 1
        lines[start : _end(lines, start)] = _written(after, new) if new else []
    for article in wanted.values():
        lines += ["", "```tocsin", *_written(after, article), "```"]
    changed = "\n".join(lines) + "\n"
    old, new_ = (to_source(tree).splitlines() for tree in bare)
    return _spliced(changed, old, new_) if old != new_ else changed


def _end(lines: Sequence[str], start: int) -> int:
    """The line after the last of an article."""
    for at in range(start + 1, len(lines)):
        if lines[at].startswith("```") or lines[at].lower().startswith("article "):
            while not lines[at - 1].strip():
                at -= 1
            return at
    return len(lines)


def _written(tree: Agreement, article: Article) -> list[str]:
    """An article in its canonical form."""
    alone = Agreement(name=tree.name, language=tree.language, articles=(article,))
    block = to_source(alone).split("```tocsin")[-1].split("\n", maxsplit=1)[1]
    return block.split("```", maxsplit=1)[0].strip("\n").splitlines()


def _diff(old: str, new: str, file: str) -> str:
    return "".join(
        unified_diff(
            old.splitlines(keepends=True),
            new.splitlines(keepends=True),
            f"a/{file}",
            f"b/{file}",
            n=2,
        )
    )


def _plain(line: str) -> str:
    return " ".join(line.split())


def _aligned(old: Sequence[str], lines: Sequence[str]) -> dict[int, int]:
    """Line of the canonical form to line of the text, where they say the same."""
    plain, told = [_plain(line) for line in old], [_plain(line) for line in lines]
    matcher = SequenceMatcher(None, plain, told, autojunk=False)
    found = {
        block.a + step: block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }
    taken = set(found.values())
    for at, line in enumerate(plain):  # lines that stand elsewhere, but only once
        if at not in found and told.count(line) == plain.count(line) == 1:
            other = told.index(line)
            if other not in taken:
                found[at] = other
    return found


Edit = tuple[int, int, list[str]]


def _edits(
    old: Sequence[str], new: Sequence[str], at: dict[int, int]
) -> Iterator[Edit | None]:
    """What to replace in the text; None where a line cannot be found."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        put = list(new[j1:j2])
        if tag == "insert":
            before = at.get(i1 - 1)
            yield None if before is None else (before + 1, before + 1, put)
            continue
        found = [at.get(i) for i in range(i1, i2)]
        if None in found:
            yield None
            continue
        known = [line for line in found if line is not None]
        yield (known[0], known[-1] + 1, put) if _together(known) else None


def _together(lines: list[int]) -> bool:
    return lines == list(range(lines[0], lines[-1] + 1))
