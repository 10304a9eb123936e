"""A board beside its agreement, checked, with the acts on record.

A board without an agreement beside it still reads; then every clause is a gate of which
nothing is known. :func:`merge` adds a table of contributions and checks the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import agreement as language
from tocsin import coordination, pipeline, store
from tocsin.agreement.terms import (
    Agreement,
)
from tocsin.connectors.boards import read_board, read_contributions
from tocsin.connectors.registry import read_source
from tocsin.errors import InputRefused, OriginsMixed, WrongUse
from tocsin.model import FACTS, Areas, Issue, empty
from tocsin.model.contributions import Board

__all__ = ["BOARD_FILE", "Opened", "merge", "open_board"]

BOARD_FILE: Final = "contributions.toml"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A board with what it hangs on.

    Attributes:
        agreement: None where the folder holds none.
        areas: the map beside the agreement; empty where there is none.
        facts: FACTS: the acts on record and, of a run, what was found.
        decided: (decision, instant) of every adopted decision.
        issues: warnings of board and map; errors refuse.
    """

    board: Board
    agreement: Agreement | None
    areas: Areas
    facts: pa.Table
    decided: tuple[tuple[str, datetime], ...] = ()
    issues: tuple[Issue, ...] = ()


def open_board(
    path: Path,
    *,
    board_file: Path | None = None,
    run: Path | None = None,
    sources: Sequence[tuple[str, Path]] = (),
    at: datetime,
) -> Opened:
    """The board of an agreement's folder, checked, with the acts on record.

    Args:
        path: the folder of an agreement, or its file.
        board_file: the board; None: ``contributions.toml`` in the folder.
        run: a folder that ``tocsin run`` wrote for this agreement, or None.
        sources: evidence to run over instead, as ``tocsin run`` takes it.
        at: evidence up to this instant counts.

    Raises:
        InputRefused: the agreement or the board has errors; all of them are listed.
        OriginsMixed: the evidence is of another origin than the board.
        WrongUse: both a run and sources were given, or evidence and no agreement.
    """
    folder = path if path.is_dir() else path.parent
    given = read_board(board_file or folder / BOARD_FILE)
    agreement = _agreement(path)
    clauses = None if agreement is None else _clauses(agreement)
    issues = coordination.check(given.board, places=given.places, clauses=clauses)
    errors = [issue for issue in issues if not issue.warning]
    if errors:
        raise InputRefused(errors)
    areas = language.load_areas(path)
    facts, decided = _record(agreement, given.board, areas.records, run, sources, at)
    return Opened(
        board=given.board,
        agreement=agreement,
        areas=areas.records,
        facts=facts,
        decided=decided,
        issues=(*issues, *areas.issues),
    )


def _agreement(path: Path) -> Agreement | None:
    """The agreement, or None: the folder holds a board and no text."""
    if path.is_dir() and not (path / "agreement.md").exists():
        return None
    return language.load(path)


def _clauses(agreement: Agreement) -> set[str]:
    return {article.clause for article in agreement.articles}


def _record(  # what the facts depend on
    agreement: Agreement | None,
    board: Board,
    areas: Areas,
    run: Path | None,
    sources: Sequence[tuple[str, Path]],
    at: datetime,
) -> tuple[pa.Table, tuple[tuple[str, datetime], ...]]:
    if run is None and not sources:
        return empty(FACTS), ()
    if run is not None and sources:
        raise WrongUse("give either a run or sources, not both")
    if agreement is None:
        raise WrongUse("evidence needs an agreement; this folder holds none")
    if run is not None:
        view = store.FolderStore(run).view()
        _same_origin(view.origin, board)
        facts = view.table("facts")
        evaluation = _evaluated(agreement, facts, view.table("coverage"), areas, at)
    else:
        given = pipeline.gather([read_source(*one) for one in sources])
        _same_origin(given.origin, board)
        asked = pipeline.Question(until=at)
        result = pipeline.run(
            agreement, given, areas=areas, asked=asked, engine="batch"
        )
        facts, evaluation = result.facts, result.evaluation
    decided = tuple(
        (d.name, d.decided_at)
        for d in evaluation.decisions
        if d.outcome == "adopted" and d.decided_at is not None
    )
    return facts, decided


def _same_origin(origin: str, board: Board) -> None:
    if origin != board.origin:
        raise OriginsMixed(f"the evidence is {origin}, the board is {board.origin}")


def _evaluated(
    agreement: Agreement,
    facts: pa.Table,
    coverage: pa.Table,
    areas: Areas,
    at: datetime,
) -> language.Evaluation:
    first = pc.min(facts["t"]).as_py() if facts.num_rows else None
    start = first if first is not None and first < at else at - timedelta(days=1)
    return language.evaluate_fully(
        agreement,
        facts,
        coverage=coverage,
        areas=areas,
        start=start,
        until=at,
        engine="batch",
    )


def merge(
    path: Path, table: Path, *, board_file: Path | None = None
) -> tuple[Board, tuple[Issue, ...]]:
    """A board with the contributions of a table added, checked as a whole.

    Raises:
        InputRefused: the board, the table or both together have errors.
    """
    folder = path if path.is_dir() else path.parent
    given = read_board(board_file or folder / BOARD_FILE)
    added = read_contributions(table, board=given.board)
    merged = msgspec.structs.replace(
        given.board, contributions=(*given.board.contributions, *added)
    )
    agreement = _agreement(path)
    clauses = None if agreement is None else _clauses(agreement)
    issues = coordination.check(merged, places=given.places, clauses=clauses)
    errors = [issue for issue in issues if not issue.warning]
    if errors:
        raise InputRefused(errors)
    return merged, issues
