"""The library: texts of the past, ranked as texts, beside what came of them.

In: the folder of agreements. Out: one row per agreement that has an ``outcome.toml``,
and the agreement of the two rankings (Kendall's tau-b). The cases are few and were not
drawn by lot, and no text caused its outcome alone: the figure is rank agreement, and is
never called accuracy.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from tocsin.agreement.load import load
from tocsin.model.records import Record
from tocsin.stresstest.comparing import rank_agreement, strength
from tocsin.stresstest.lint import lint
from tocsin.stresstest.structure import structure_of

__all__ = ["Library", "LibraryRow", "Outcome", "library"]

FILE: Final = "outcome.toml"


class Outcome(Record, frozen=True, kw_only=True):
    """What came of an agreement, apart from its text.

    Attributes:
        label: in words.
        rank: 3 held, 2 honoured in part, 1 monitored but not enforced, 0 failed.
        summary: what happened.
        source: where that comes from.
    """

    label: str
    rank: int
    summary: str
    source: str


class LibraryRow(Record, frozen=True, kw_only=True):
    """One text, its own strength and its outcome."""

    folder: str
    name: str
    strength: float
    best: str
    grave_flaws: int
    outcome: Outcome


class Library(Record, frozen=True, kw_only=True):
    """The texts, strongest first, and how far the ranks agree.

    Attributes:
        tau: Kendall's tau-b of strength and outcome, -1 to 1.
        sentence: what that does and does not mean.
    """

    rows: tuple[LibraryRow, ...]
    tau: float
    sentence: str


def library(folder: Path) -> Library:
    """Every agreement in a folder that says what came of it."""
    found = [_row(path.parent) for path in sorted(folder.glob(f"*/{FILE}"))]
    rows = tuple(sorted(found, key=lambda row: (-row.strength, row.folder)))
    tau = rank_agreement(
        [row.strength for row in rows], [float(row.outcome.rank) for row in rows]
    )
    return Library(
        rows=rows,
        tau=tau,
        sentence=f"Rank agreement of text and outcome over {len(rows)} cases:"
        f" tau-b {tau:+.2f}. The cases are few and selected, forces in place and much"
        " else stand in no text, and a rank agreement is no accuracy.",
    )


def _row(folder: Path) -> LibraryRow:
    agreement = load(folder)
    structures = structure_of(agreement)
    flaws = lint(agreement)
    grave = sum(flaw.severity == "grave" for flaw in flaws)
    able = [s for s in structures if s.can_activate and s.kind != "consultation"]
    held = tomllib.loads((folder / FILE).read_text("utf-8"))
    return LibraryRow(
        folder=folder.name,
        name=agreement.name,
        strength=strength(structures, flaws),
        best=max(able, key=lambda s: strength((s,), flaws)).key if able else "none",
        grave_flaws=grave,
        outcome=msgspec.convert(held, Outcome),
    )
