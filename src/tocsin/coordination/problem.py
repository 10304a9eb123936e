"""The planning question as values: who could serve which need, when, and what bars it.

In: a board and, for each contribution, from which month it counts. Out: a
:class:`Problem`: suppliers, demands, the pairs that are allowed, the pairs that only
caveats bar, and hubs. Nothing tactical enters: a demand is a number of units of a
capability in a region by name, over months.

**Rotation.** Units of a contribution are alike. In any ``on + off`` months together the
units that serve, added over these months, are at most ``on`` times the contribution's
number. This is exact: give the turns out in order of time, one unit after the other in
a fixed round; then no unit has more than ``on`` turns in such a window.

**Sustainment.** Every unit that serves inside a region draws on an opened hub that
serves the region; a hub sustains at most its capacity. Where a need asks for protected
storage, only hubs that have it count. A board without hubs has no such limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from tocsin.coordination.caveats import barring, label, suits
from tocsin.coordination.standing import Standing, reached
from tocsin.model.contributions import (
    Board,
    Contribution,
    Need,
    Presence,
    Stage,
)
from tocsin.model.records import Record

__all__ = [
    "DAYS",
    "MONTHS",
    "Barred",
    "Demand",
    "Ground",
    "HubSite",
    "Problem",
    "Supplier",
    "lifted",
    "pose",
    "windows",
]

Ground = tuple[str, bool]
"""A region, and whether protected storage is asked for."""

MONTHS: Final = 12
DAYS: Final = 30


class Supplier(Record, frozen=True, kw_only=True):
    """A contribution as the plan sees it; months from 1, both ends inclusive."""

    supplier_id: str
    label: str
    units: int
    first: int = 1
    last: int = MONTHS
    on: int = MONTHS
    off: int = 0
    needs_hub: bool = True
    waits_for: tuple[str, ...] = ()


class Demand(Record, frozen=True, kw_only=True):
    """A need with a number.

    Attributes:
        after: positions of demands that must be met before.
        protected: what serves it draws on hubs with protected storage only.
    """

    demand_id: str
    label: str
    area: str
    units: int
    first: int = 1
    last: int = MONTHS
    weight: int = 1
    must: bool = False
    after: tuple[int, ...] = ()
    protected: bool = False

    @property
    def ground(self) -> Ground:
        """Where its units draw, and whether on protected storage."""
        return self.area, self.protected


class HubSite(Record, frozen=True, kw_only=True):
    """A hub that may be opened; ``capacity`` None: no limit is stated."""

    hub_id: str
    serves: frozenset[str]
    capacity: int | None = None
    storage: bool = False

    def sustains(self, ground: Ground) -> bool:
        """Whether units that serve there may draw on it."""
        area, protected = ground
        return area in self.serves and (self.storage or not protected)


class Barred(Record, frozen=True, kw_only=True):
    """A pair that would suit, and the caveats that bar it, by their labels."""

    supplier: int
    demand: int
    caveats: tuple[str, ...]


class Problem(Record, frozen=True, kw_only=True):
    """A planning question.

    Attributes:
        pairs: (supplier, demand) that are allowed.
        barred: pairs that caveats bar.
        hubs_open: how many hubs may be opened; None: all.
        left_out: contributions that a plan cannot count, with why.
        open_needs: needs that a plan cannot count, for nobody stated a number.
    """

    months: int = MONTHS
    suppliers: tuple[Supplier, ...]
    demands: tuple[Demand, ...]
    pairs: tuple[tuple[int, int], ...]
    barred: tuple[Barred, ...] = ()
    hubs: tuple[HubSite, ...] = ()
    hubs_open: int | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    open_needs: tuple[str, ...] = ()

    @property
    def caveats(self) -> tuple[str, ...]:
        """Every caveat that bars a pair, in order of first mention."""
        return tuple(dict.fromkeys(c for b in self.barred for c in b.caveats))


def pose(
    board: Board,
    standings: Collection[Standing],
    *,
    least: Stage = Stage.COMMITTED,
    only_open: bool = False,
    months: int = MONTHS,
) -> Problem:
    """The question that a board asks.

    Args:
        board: as read and checked.
        standings: of its contributions.
        least: contributions count from this stage on.
        only_open: count only those whose gates are open now; else a plan supposes that
            every gate opens with the ceasefire, and says which parts rest on that.
        months: length of the plan.
    """
    left_out: list[tuple[str, str]] = []
    chosen: list[tuple[Contribution, Supplier]] = []
    for one in standings:
        why = _unusable(one, least, only_open=only_open)
        if why:
            left_out.append((one.contribution.contribution_id, why))
        else:
            chosen.append((one.contribution, _supplier(one, least, months)))
    needs = [n for n in board.needs if n.quantity and n.from_month <= months]
    allowed, barred = _pairs([c for c, _ in chosen], needs, board)
    return Problem(
        months=months,
        suppliers=tuple(supplier for _, supplier in chosen),
        demands=tuple(_demands(needs, months)),
        pairs=allowed,
        barred=barred,
        hubs=tuple(
            HubSite(
                hub_id=hub.hub_id,
                serves=frozenset(hub.serves),
                capacity=hub.capacity,
                storage=hub.storage,
            )
            for hub in board.hubs
        ),
        hubs_open=board.hubs_open,
        left_out=tuple(left_out),
        open_needs=tuple(n.need_id for n in board.needs if n.quantity is None),
    )


def lifted(problem: Problem, caveat: str) -> Problem:
    """The same question without one caveat: pairs that it alone bars are allowed."""
    freed = [
        (b.supplier, b.demand) for b in problem.barred if set(b.caveats) == {caveat}
    ]
    rest = [
        Barred(
            supplier=b.supplier,
            demand=b.demand,
            caveats=tuple(c for c in b.caveats if c != caveat),
        )
        for b in problem.barred
        if set(b.caveats) != {caveat}
    ]
    parts = {name: getattr(problem, name) for name in problem.__struct_fields__}
    pairs = tuple(sorted({*problem.pairs, *freed}))
    return Problem(**parts | {"pairs": pairs, "barred": tuple(rest)})


def windows(supplier: Supplier, months: int) -> Iterator[range]:
    """The months of each window of a rotation; none where no rest is needed."""
    if supplier.off == 0:
        return
    length = supplier.on + supplier.off
    last = max(1, months - length + 1)
    for first in range(1, last + 1):
        yield range(first, min(first + length, months + 1))


def _unusable(one: Standing, least: Stage, *, only_open: bool) -> str:
    if one.stage in {Stage.DECLINED, Stage.WITHDRAWN}:
        return one.stage.value
    if not reached(one.stage, least):
        return f"it has not come to `{least.value}`"
    if _units(one, least) is None:
        return "no number is stated"
    if only_open and not one.deployable:
        return f"waits for {', '.join(one.waits_for)}" if one.waits_for else "not ready"
    return ""


def _units(one: Standing, least: Stage) -> int | None:
    stages = [Stage(name) for name in one.quantities]
    come = [stage for stage in stages if reached(stage, least)]
    return one.quantities[come[0].value] if come else None


def _supplier(one: Standing, least: Stage, months: int) -> Supplier:
    given = one.contribution
    return Supplier(
        supplier_id=given.contribution_id,
        label=f"{given.state}: {given.capability}",
        units=_units(one, least) or 0,
        first=min(months, 1 + -(-given.ready_after_days // DAYS)),
        last=months,
        on=given.months_on,
        off=given.months_off,
        needs_hub=given.presence is Presence.INSIDE,
        waits_for=one.waits_for,
    )


def _demands(needs: Collection[Need], months: int) -> Iterator[Demand]:
    at: Mapping[str, int] = {need.need_id: n for n, need in enumerate(needs)}
    for need in needs:
        yield Demand(
            demand_id=need.need_id,
            label=f"{need.function} in {need.area}",
            area=need.area,
            units=need.quantity or 0,
            first=need.from_month,
            last=min(months, need.to_month),
            weight=need.weight,
            must=need.must,
            after=tuple(at[name] for name in need.after if name in at),
            protected=need.protected,
        )


def _pairs(
    given: list[Contribution], needs: list[Need], board: Board
) -> tuple[tuple[tuple[int, int], ...], tuple[Barred, ...]]:
    allowed: list[tuple[int, int]] = []
    barred: list[Barred] = []
    for s, one in enumerate(given):
        for d, need in enumerate(needs):
            if not suits(one, need, board):
                continue
            stops = barring(one, need, board)
            if stops:
                named = tuple(label(one, at) for at in stops)
                barred.append(Barred(supplier=s, demand=d, caveats=named))
            else:
                allowed.append((s, d))
    return tuple(allowed), tuple(barred)
