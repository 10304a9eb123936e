"""How a command ends: what is said of faults, and the exit code.

0 done; 1 the input has errors, all of them listed; 2 wrong use; 130 broken off by the
user (what was there before is still whole).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tocsin.errors import InputRefused, SourceUnusable, TocsinError, WrongUse

if TYPE_CHECKING:
    from tocsin.model import Issue

__all__ = ["exit_codes", "say_issues", "show_issues"]


@contextmanager
def exit_codes() -> Iterator[None]:
    """End the process with the code of the fault, after saying what it was."""
    try:
        yield
    except InputRefused as refused:
        say_issues(refused.issues)
        raise SystemExit(1) from None
    except SourceUnusable as unusable:
        say_issues([unusable.issue])
        raise SystemExit(1) from None
    except WrongUse as wrong:
        typer.echo(f"tocsin: {wrong}", err=True)
        raise SystemExit(2) from None
    except TocsinError as error:
        typer.echo(f"tocsin: {error}", err=True)
        raise SystemExit(1) from None
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stdout = sys.stderr
        raise SystemExit(0) from None
    except OSError as error:
        typer.echo(f"tocsin: {_why(error)}; nothing was half-written", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("tocsin: broken off; what was there before is whole", err=True)
        raise SystemExit(130) from None


def _why(error: OSError) -> str:
    """Which file, and what is the matter with it, without the number of the error."""
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def say_issues(issues: Sequence[Issue]) -> None:
    """Issues on standard error, one a line, and how many they are."""
    from tocsin.agreement.localise import counted
    from tocsin.model import visible

    for issue in issues:
        typer.echo(visible(str(issue)), err=True)
    errors = sum(not issue.warning for issue in issues)
    if issues:
        warnings = counted(len(issues) - errors, "warning", "en")
        typer.echo(f"{counted(errors, 'error', 'en')}, {warnings}", err=True)


def show_issues(issues: Sequence[Issue], language: str) -> None:
    """The issues of texts, each with its line; colour only on a terminal."""
    from tocsin.agreement import show_issues

    if not issues:
        return
    files = {issue.where.file for issue in issues}
    texts = {name: _text_of(Path(name)) for name in files}
    colour = sys.stderr.isatty()
    page = show_issues(issues, texts, language=language, colour=colour)
    typer.echo(page, err=True)


def _text_of(file: Path) -> str:
    """The text of a file, or "" where there is none to show."""
    from tocsin.model import visible

    try:
        return visible(file.read_text(encoding="utf-8"))  # line ends are read as LF
    except (OSError, UnicodeDecodeError):
        return ""
