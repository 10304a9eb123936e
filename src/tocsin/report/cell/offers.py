"""Every contribution: how it stands, its steps, its caveats, how sure it is."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.coordination import Overview
from tocsin.coordination.caveats import label
from tocsin.report.cell.names import plain, unsure
from tocsin.report.document import (
    Block,
    Cell,
    Column,
    Sentence,
    Table,
)
from tocsin.report.document import (
    Row as Line,
)
from tocsin.report.wording import listed

__all__ = ["offers"]


def offers(view: Overview) -> Iterator[Block]:
    """The table of contributions, and which of them nothing needs."""
    lines = []
    for one in view.status.standings:
        given = one.contribution
        dated = [
            f"{s.stage.value} {s.on:%d %b %Y}" if s.on else s.stage.value
            for s in given.steps
        ]
        caveats = [label(given, at) for at, _ in enumerate(given.caveats)]
        bare = [plain(c.removeprefix(f"{given.state}: ")) for c in caveats]
        lines.append(
            Line(
                cells=(
                    Cell(text=plain(given.state)),
                    Cell(text=one.sentence),
                    Cell(text="; ".join(dict.fromkeys(dated))),
                    Cell(text=listed(bare) if bare else "–"),
                    Cell(text=one.certainty.value, tone=unsure(one.certainty)),
                ),
                anchor=f"c-{given.contribution_id}",
            )
        )
    yield Table(
        anchor="contributions",
        caption="Contributions",
        columns=tuple(
            Column(title=t)
            for t in ("state", "how it stands", "steps", "caveats", "certainty")
        ),
        rows=tuple(lines),
    )
    if view.status.idle:
        yield Sentence(
            text="Taken up by no row of the board, for nothing that they may do is"
            f" needed: {plain(listed(view.status.idle))}.",
            tone="unknown",
        )
