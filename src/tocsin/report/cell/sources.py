"""Who says so: every source with its day, its certainty and its address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.coordination import Overview
from tocsin.model import Issue
from tocsin.model.contributions import Source
from tocsin.report.cell.names import unsure
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
from tocsin.report.wording import day_text

__all__ = ["ABOUT", "sources"]

ABOUT: Final = "Every step of every contribution with who says so, and when."


def sources(view: Overview, issues: Sequence[Issue]) -> Iterator[Block]:
    """The table of sources, then every warning of board and money."""
    cited: dict[Source, list[str]] = {}
    for one in view.board.contributions:
        for step in one.steps:
            cited.setdefault(step.source, []).append(one.contribution_id)
    for fund in view.board.funds:
        cited.setdefault(fund.source, []).append(fund.fund_id)
    lines = [
        Line(
            cells=(
                Cell(text=source.title),
                Cell(
                    text="not dated"
                    if source.published is None
                    else day_text(source.published)
                ),
                Cell(text=source.certainty.value, tone=unsure(source.certainty)),
                Cell(text=source.note or "–"),
                Cell(text=source.url or "not given"),
                Cell(text=", ".join(dict.fromkeys(names))),
            )
        )
        for source, names in cited.items()
    ]
    yield Table(
        anchor="sources-table",
        caption="Who says so",
        columns=tuple(
            Column(title=t)
            for t in ("source", "said on", "certainty", "note", "address", "for")
        ),
        rows=tuple(lines),
    )
    for issue in issues:
        yield Sentence(text=f"{issue.where}: {issue.message}", tone="warning")
