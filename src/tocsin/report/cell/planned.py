"""The plan: what stays uncovered, what each caveat costs, who is on duty when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.coordination.prices import Price, Supposed
from tocsin.coordination.problem import HubSite, Problem
from tocsin.coordination.turns import Plan
from tocsin.model.contributions import Stage
from tocsin.model.records import Record
from tocsin.report.cell.names import plain
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
from tocsin.report.wording import counted, listed, number

__all__ = ["ABOUT", "Planned", "plan_blocks", "price_words"]

ABOUT: Final = (
    "Who could serve where over twelve months under the caveats, were every gate to"
    " open with the ceasefire. A plan is a calculation, not a commitment."
)


NOBODYS: Final = " An assumed number is nobody's offer and enters no plan."
MOST_PRICES: Final = 12


class Planned(Record, frozen=True, kw_only=True):
    """A plan with its question and the prices of its caveats, for the page."""

    problem: Problem
    plan: Plan
    prices: tuple[Price, ...] = ()
    conflict: tuple[str, ...] = ()
    least: Stage = Stage.COMMITTED


def plan_blocks(planned: Planned | None) -> Iterator[Block]:
    """The plan, or what stands in its way; nothing where none was made."""
    if planned is None:
        return
    if planned.conflict:
        yield Sentence(text="There is no plan. These cannot hold together:")
        for words in planned.conflict:
            yield Sentence(text=words, tone="breached")
        return
    plan, asked = planned.plan, planned.problem
    asked_for = sum(d.weight * d.units * (d.last - d.first + 1) for d in asked.demands)
    best = "no plan has less" if plan.gap == 0 else f"at best {plan.bound:,.0f}"
    yield Sentence(
        text=f"Of {asked_for:,} weighted unit-months that are needed,"
        f" {plan.shortfall:,} stay uncovered; {best}."
    )
    hubs = [asked.hubs[h].hub_id for h in plan.hubs]
    if hubs:
        yield Sentence(text=f"Hubs to open: {listed(hubs)}.")
    shut = [w for w in asked.suppliers if w.waits_for]
    if shut:
        yield Sentence(
            text=f"It rests on {counted(len(shut), 'contribution')} whose gates are"
            " shut now.",
            tone="pending",
        )
    if asked.left_out:
        named = listed([f"{name} ({why})" for name, why in asked.left_out])
        yield Sentence(text=f"Not counted: {plain(named)}.", tone="unknown")
    yield from _hub_table(planned)
    yield from _prices(planned)
    yield _turns(planned)


def _prices(planned: Planned) -> Iterator[Table]:
    if not planned.prices:
        return
    shown = planned.prices[:MOST_PRICES]
    assumed = any(one.supposed for one in shown)
    titles = ["what it would cover", *(["with an assumed number"] if assumed else [])]
    yield Table(
        anchor="prices",
        caption="What each caveat costs: what would be covered if it alone were lifted",
        columns=(
            Column(title="caveat"),
            Column(title="weighted unit-months"),
            *(Column(title=title) for title in titles),
        ),
        rows=tuple(_price_line(one, assumed=assumed) for one in shown),
        note="Prices do not add up: two caveats may bar the same need. It is for each"
        " state to say what it will not do; a price judges no caveat."
        + (NOBODYS if assumed else ""),
    )


def _price_line(one: Price, *, assumed: bool) -> Line:
    covers = [f"{n} (+{number(u)})" if u else n for n, u in one.covers[:5]]
    supposed = "–" if one.supposed is None else _assumed(one.supposed)
    return Line(
        cells=(
            Cell(text=plain(one.caveat)),
            Cell(
                text=_limits(one),
                value=one.at_least,
                tone="" if one.stated else "unknown",
            ),
            Cell(text=", ".join(covers) or "–"),
            *([Cell(text=supposed, tone="unknown")] if assumed else []),
        )
    )


def price_words(one: Price) -> str:
    """The price of a caveat in weighted unit-months, with what it rests on."""
    if one.supposed is None:
        return _limits(one)
    return f"{_limits(one)}. Assumption: {_assumed(one.supposed)}"


def _limits(one: Price) -> str:
    if not one.stated:
        return f"0 to {one.at_most:,.0f}: no number was offered"
    return _between(one.at_least, one.at_most)


def _assumed(one: Supposed) -> str:
    return f"{_between(one.at_least, one.at_most)} with {one.words}"


def _between(least: float, most: float) -> str:
    return f"{most:,.0f}" if least == most else f"{least:,.0f} to {most:,.0f}"


def _hub_table(planned: Planned) -> Iterator[Table]:
    """Sites of hubs: what each could sustain, and whether the plan opens it."""
    hubs = planned.problem.hubs
    if not hubs:
        return
    yield Table(
        anchor="hubs",
        caption="Sites of hubs",
        columns=(
            Column(title="hub"),
            Column(title="serves"),
            Column(title="sustains", numeric=True),
            Column(title="protected storage"),
            Column(title="in the plan"),
        ),
        rows=tuple(
            _hub_line(hub, opened=at in planned.plan.hubs)
            for at, hub in enumerate(hubs)
        ),
        note="A need that asks for protected storage draws only on hubs that have it.",
    )


def _hub_line(hub: HubSite, *, opened: bool) -> Line:
    sustains = "not stated" if hub.capacity is None else str(hub.capacity)
    return Line(
        cells=(
            Cell(text=hub.hub_id),
            Cell(text=listed(sorted(hub.serves))),
            Cell(text=sustains, value=hub.capacity),
            Cell(text="yes" if hub.storage else "no"),
            Cell(text="open" if opened else "not opened"),
        )
    )


def _turns(planned: Planned) -> Table:
    asked = planned.problem
    months = range(1, asked.months + 1)
    on_duty: dict[tuple[int, int], int] = {}
    for turn in planned.plan.turns:
        key = (turn.supplier, turn.month)
        on_duty[key] = on_duty.get(key, 0) + turn.units
    lines = [
        Line(
            cells=(
                Cell(text=plain(who.label)),
                Cell(text=number(who.units), value=who.units),
                *(
                    Cell(
                        text=number(on_duty[s, m]) if on_duty.get((s, m)) else "·",
                        value=on_duty.get((s, m), 0),
                    )
                    for m in months
                ),
            )
        )
        for s, who in enumerate(asked.suppliers)
    ]
    return Table(
        anchor="turns",
        caption="Units on duty by month after the ceasefire",
        columns=(
            Column(title="contribution"),
            Column(title="units", numeric=True),
            *(Column(title=str(m), numeric=True) for m in months),
        ),
        rows=tuple(lines),
        wide=True,
    )
