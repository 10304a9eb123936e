"""Money against needs per sector, stage beside stage, as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from tocsin.coordination.money import Gap
from tocsin.report.document import Figure
from tocsin.report.figures.svg import drawing, tag

__all__ = ["gap_chart"]

WIDTH: Final = 720.0


LABELS: Final = 150.0


def gap_chart(gaps: Sequence[Gap]) -> Figure | None:
    """Per sector: needed, pledged, committed, allocated, paid; None: no number."""
    shown = [gap for gap in gaps if gap.need or any(gap.stages.values())]
    if not shown:
        return None
    most = max(max([gap.need or Decimal(), *gap.stages.values()]) for gap in shown)
    currency = shown[0].currency
    bar, inner = 11.0, WIDTH - LABELS - 130
    parts, top = [], 4.0
    for gap in shown:
        parts.append(tag("text", gap.sector, x=0, y=top + bar, klass="label"))
        for name, amount, klass in _money_lines(gap):
            wide = float((amount or Decimal()) / most) * inner
            parts.append(
                tag(
                    "rect",
                    x=LABELS,
                    y=top,
                    width=wide,
                    height=bar,
                    klass=f"money {klass}",
                )
            )
            said = name if amount is None else f"{amount:,f} {name}"
            parts.append(
                tag("text", said, x=LABELS + wide + 6, y=top + bar - 1, klass="tick")
            )
            top += bar + 4
        top += 12
    words = "; ".join(
        f"{g.sector}: needed {g.need if g.need is not None else 'not stated'},"
        f" committed {g.stages['committed']}, paid {g.stages['paid']}"
        + (f", and {g.unconverted} funds in other currencies" if g.unconverted else "")
        for g in shown
    )
    return Figure(
        anchor="figure-money",
        title=f"Needs and money by sector, {currency}",
        description=f"{words}. Stages are shown side by side and are never added.",
        svg=drawing(
            parts,
            width=WIDTH,
            height=top,
            klass="moneys",
            label="Needs and money by sector",
        ),
        scrolls=True,
    )


def _money_lines(gap: Gap) -> list[tuple[str, Decimal | None, str]]:
    """What there is of a sector; a stage without money in this currency has no bar."""
    need = ("needed", gap.need, "need")
    lines = [need if gap.need is not None else ("need not stated", None, "need")]
    lines += [(name, amount, name) for name, amount in gap.stages.items() if amount]
    if gap.unconverted:
        lines.append((f"and {gap.unconverted} in other currencies", None, "other"))
    return lines
