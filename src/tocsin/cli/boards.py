"""What the commands of the cell and of reconstruction share: the board, opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.arguments import id_and_file, instant_of
from tocsin.cli.clock import utc_now
from tocsin.cli.endings import say_issues

__all__ = [
    "BoardOption",
    "OutOption",
    "RatesOption",
    "board_at",
    "board_only",
    "booked_money",
]

BoardOption = Annotated[
    Path | None,
    typer.Option(
        "--board",
        metavar="FILE",
        help="The board (TOML or JSON); without it, `contributions.toml` beside the"
        " agreement.",
    ),
]


RatesOption = Annotated[
    Path | None,
    typer.Option("--rates", metavar="FILE", help="CSV: currency,into,rate,on,source."),
]


OutOption = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="`-` for standard output.")
]


def board_at(
    path: Path,
    at: str | None,
    board: Path | None,
    run: Path | None,
    source: Sequence[str] | None,
) -> tuple[Any, Any]:
    """The board with the acts on record, and its overview at an instant."""
    from tocsin import cell

    instant = utc_now() if at is None else instant_of(at)
    opened = cell.open_board(
        path,
        board_file=board,
        run=run,
        sources=[id_and_file(text) for text in source or ()],
        at=instant,
    )
    say_issues(opened.issues)
    return opened, cell.overview(opened, at=instant)


def board_only(path: Path, board: Path | None) -> Any:
    """The board alone, without the acts on record."""
    from tocsin import cell

    return cell.open_board(path, board_file=board, at=utc_now()).board


def booked_money(board: Any, rates: Path | None, into: str) -> tuple[Any, Any, Any]:
    """The money of a board by stage, what is missing, and the issues."""
    from tocsin import cell

    return cell.book_money(board, rates_file=rates, into=into)
