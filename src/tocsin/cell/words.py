"""The board, and what a supposition changes on it, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin import coordination
from tocsin.coordination import Overview

__all__ = ["differences", "status_lines"]


def status_lines(view: Overview) -> Iterator[str]:
    """The board as lines with tabs between: one for each region, task, capability."""
    yield f"{view.board.title}, {view.at:%Y-%m-%d %H:%M} UTC, {view.board.origin.value}"
    begun = "no ceasefire on record"
    if view.ceasefire is not None:
        begun = f"ceasefire since {view.ceasefire:%Y-%m-%d}"
    yield begun + (", SUSPENDED" if view.suspended else "")
    heads = "region task capability need promised committed delivered gap lead waits"
    yield heads.replace(" ", "\t")
    for row in view.status.rows:
        amounts = (row.promised, row.committed, row.delivered)
        yield "\t".join(
            [
                row.area,
                row.function,
                row.capability,
                _need(row),
                *(_amount(one) for one in amounts),
                _gap(row),
                row.lead.lead or row.lead.state,
                "; ".join(row.waits_for) or "-",
            ]
        )
    for one in view.status.standings:
        yield one.sentence


def _need(row: coordination.Row) -> str:
    """What is needed now, or from which month; ``?``: nobody stated a number."""
    if not row.needed and row.opens:
        return f"from month {row.opens}"
    return "?" if row.need is None else str(row.need)


def _gap(row: coordination.Row) -> str:
    if not row.needed and row.opens:
        return "-"
    return "?" if row.gap is None else str(row.gap)


def _amount(one: coordination.Amount) -> str:
    unstated = f"+?{one.unstated}" if one.unstated else ""
    return f"{one.here}+{one.shared}{unstated}"


def differences(before: Overview, after: Overview) -> Iterator[str]:
    """What a supposition opens, freezes or shuts, one line for each contribution."""
    old = {s.contribution.contribution_id: s for s in before.status.standings}
    changed = False
    for one in after.status.standings:
        name = one.contribution.contribution_id
        if one.sentence != old[name].sentence:
            changed = True
            yield f"{name}: {old[name].sentence} -> {one.sentence}"
    if not changed:
        yield "nothing changes at this instant"
    for freeze in after.freezes:
        until = "still" if freeze.until is None else f"until {freeze.until:%Y-%m-%d}"
        yield f"frozen: {freeze.contribution_id} since {freeze.since:%Y-%m-%d}, {until}"
