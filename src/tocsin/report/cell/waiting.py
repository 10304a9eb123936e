"""Gates that are shut, in whose hands they lie, and what waits behind each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.coordination import Overview, Standing
from tocsin.model.contributions import STAGES
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Table,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import listed, stamp

__all__ = ["ABOUT", "waiting"]

ABOUT: Final = (
    "Nothing counts as deployable while one of its gates is shut. A gate of which"
    " nothing is on record is shut."
)


def waiting(view: Overview) -> Iterator[Block]:
    """The table of shut gates, the one that holds most first."""
    held_by: dict[str, list[Standing]] = {}
    for one in view.status.standings:
        if one.stage in STAGES:
            for gate in one.waits_for:
                held_by.setdefault(gate, []).append(one)
    lines = []
    gates = {gate.words: gate for all_ in view.gates.values() for gate in all_}
    for words, held in sorted(held_by.items(), key=lambda kv: (-len(kv[1]), kv[0])):
        shut = gates[words]
        closed = shut.closed_since(view.at)
        lines.append(
            Line(
                cells=(
                    Cell(text=plain(words)),
                    Cell(text=plain(listed(shut.who)) if shut.who else "–"),
                    Cell(
                        text=f"shut since {stamp(closed)}" if closed else "not opened"
                    ),
                    Cell(
                        text=plain(
                            listed([s.contribution.contribution_id for s in held])
                        )
                    ),
                )
            )
        )
    yield Table(
        anchor="gates",
        caption="Gates that are shut, and what waits behind each",
        columns=tuple(
            Column(title=t) for t in ("gate", "in whose hands", "state", "waiting")
        ),
        rows=tuple(lines),
    )
