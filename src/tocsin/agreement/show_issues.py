r"""Issues as a compiler shows them: the line, a caret under the words, the repair.

Grouped by place, warnings first, so that what must be mended stands last, where a
terminal leaves the eye; the number of both closes the page.

>>> from tocsin.agreement.load import examine
>>> text = "```tocsin\nparties A, B\nArticle 1\n  forbid any party to fier\n```"
>>> errors = [i for i in examine(text).issues if not i.warning]
>>> print(show_issues(errors, {"agreement.md": text}))
error[undefined_name]: unknown act `fier`; did you mean `fire`?
  --> agreement.md:4:23
  |
4 |   forbid any party to fier
  |                       ^^^^
  = repair: write `fire`
<BLANKLINE>
1 error, 0 warnings
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from tocsin.agreement.localise import counted, word
from tocsin.model.records import Issue, Where
from tocsin.model.visible import visible

__all__ = ["show_issues"]

RED, YELLOW, BLUE, BOLD, PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[34m", "\x1b[1m", ""
RESET: Final = "\x1b[0m"
WORD: Final = re.compile(r'"[^"]*"?|[^\W\d][\w\'’ʼ-]*|[\d/.]+(?:\(\w+\))*|\S')
TAB: Final = 4


def show_issues(
    issues: Sequence[Issue],
    texts: Mapping[str, str],
    *,
    language: str = "en",
    colour: bool = False,
) -> str:
    """All issues as one page of text.

    Args:
        issues: of one or several files.
        texts: the text of each file by the name that the issues use; a file that is
            not there is shown by its place alone.
        language: of the words around the messages.
        colour: True for a terminal.
    """
    page = _Page(texts, language, colour=colour)
    ordered = sorted(issues, key=lambda issue: not issue.warning)  # stable: by place
    for _, group in groupby(ordered, key=lambda one: (not one.warning, one.where)):
        page.place(list(group))
    errors = sum(not issue.warning for issue in issues)
    warnings = len(issues) - errors
    both = (counted(errors, "error", language), counted(warnings, "warning", language))
    return page.text() + ", ".join(both)


class _Page:
    """A page that grows by one place at a time."""

    def __init__(
        self, texts: Mapping[str, str], language: str, *, colour: bool
    ) -> None:
        self.lines = {name: text.splitlines() for name, text in texts.items()}
        self.language = language
        self.colour = colour
        self.out: list[str] = []

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.out)

    def place(self, issues: Sequence[Issue]) -> None:
        """Every issue of one place: the messages, the line, the repairs."""
        where = issues[0].where
        shown = [where, *(also for issue in issues for also in issue.also)]
        width = max(len(str(one.line or "")) for one in shown)
        for issue in issues:
            self.out.append(self.head(issue))
        self.excerpt(where, width, ink=YELLOW if issues[0].warning else RED)
        for issue in issues:
            for also in dict.fromkeys(issue.also):
                self.out.append(f"{' ' * width} = {self.say('see also')}:")
                self.excerpt(also, width, ink=BLUE)
            if issue.repair:
                repair = self.painted(self.say("repair"), BOLD)
                self.out.append(f"{' ' * width} = {repair}: {visible(issue.repair)}")
        self.out.append("")

    def head(self, issue: Issue) -> str:
        kind = self.say("warning" if issue.warning else "error")
        ink = YELLOW if issue.warning else RED
        head = self.painted(f"{kind}[{issue.code}]", ink)
        return f"{head}: {visible(issue.message)}"

    def excerpt(self, where: Where, width: int, *, ink: str) -> None:
        """The place, the line that stands there, and a caret under the words."""
        self.out.append(
            f"{' ' * width}{self.painted('-->', BLUE)} {visible(str(where))}"
        )
        lines = self.lines.get(where.file, [])
        if where.line is None or not 0 < where.line <= len(lines):
            return
        text = lines[where.line - 1].expandtabs(TAB)
        bar = self.painted("|", BLUE)
        self.out.append(f"{' ' * width} {bar}")
        self.out.append(f"{where.line:>{width}} {bar} {text}".rstrip())
        if where.column is not None:
            start = where.column - 1
            found = WORD.match(text, start)
            carets = "^" * (found.end() - start if found else 1)
            self.out.append(
                f"{' ' * width} {bar} {' ' * start}{self.painted(carets, ink)}"
            )

    def say(self, text: str) -> str:
        return word(text, self.language)

    def painted(self, text: str, ink: str) -> str:
        return f"{ink}{text}{RESET}" if self.colour and ink else text
