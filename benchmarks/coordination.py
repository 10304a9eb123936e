"""Planning and routing at the size of a large mission.

Planning: 30 contributions, 120 regions, 12 months, caveats, rotations and hubs, against
the bound that the solver proves. Routing: a road graph of 90,000 nodes, one route, and
10,000 kept routes checked again after an incident.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Page, timed, wall_s
from tocsin.coordination.gates import gates_of
from tocsin.coordination.greedy import greedy
from tocsin.coordination.plan import solve
from tocsin.coordination.problem import Problem, pose
from tocsin.coordination.roads import Closure, Roads
from tocsin.coordination.routes import Kept, recheck, route
from tocsin.coordination.rules import violations
from tocsin.coordination.standing import stand
from tocsin.model import Origin, instant
from tocsin.model.contributions import (
    Board,
    Caveat,
    CaveatKind,
    Contribution,
    Hub,
    Need,
    Presence,
    Source,
    Stage,
    Step,
)

CAPABILITIES = {
    "patrols": "patrol team",
    "monitoring": "observer team",
    "corridors": "medical convoy",
    "demining": "clearance company",
    "supply": "supply column",
}
SECONDS = 30.0
AT = instant("2025-03-16T00:00:00Z")


def question(rng: np.random.Generator, *, contributors: int, regions: int) -> Problem:
    """A board of a large mission: more is needed than is offered, unevenly."""
    names = tuple(f"Region {n}" for n in range(1, regions + 1))
    board = Board(
        title="Benchmark",
        origin=Origin.IMAGINED,
        regions=names,
        functions=tuple(CAPABILITIES),
        monitoring=("monitoring",),
        contributions=tuple(_offers(rng, contributors, names)),
        needs=tuple(_needs(rng, names)),
        hubs=tuple(_hubs(rng, names)),
        hubs_open=6,
    )
    standings = stand(board, gates_of(board, {}), at=AT)
    return pose(board, standings)


def _offers(rng, number, names):
    source = Source(title="benchmark")
    functions = list(CAPABILITIES)
    for n in range(number):
        function = functions[n % len(functions)]
        first = int(rng.integers(len(names)))
        near = tuple(names[(first + k) % len(names)] for k in range(len(names) // 3))
        far = tuple(rng.choice(names, size=len(names) // 6, replace=False).tolist())
        caveats = [
            (),
            (Caveat(kind=CaveatKind.ONLY_IN, areas=near),),
            (Caveat(kind=CaveatKind.NOT_IN, areas=far),),
            (Caveat(kind=CaveatKind.ONLY_FROM_NEIGHBOURING),),
        ][int(rng.choice(4, p=[0.4, 0.25, 0.25, 0.1]))]
        from_next_door = any(
            c.kind is CaveatKind.ONLY_FROM_NEIGHBOURING for c in caveats
        )
        on = int(rng.integers(3, 7))
        yield Contribution(
            contribution_id=f"c{n}",
            origin=Origin.IMAGINED,
            state=f"Guarantor {n + 1}",
            capability=CAPABILITIES[function],
            quantity=int(rng.integers(10, 45)),
            functions=(function,),
            caveats=caveats,
            presence=Presence.NEIGHBOURING if from_next_door else Presence.INSIDE,
            steps=(Step(stage=Stage.COMMITTED, source=source),),
            ready_after_days=int(rng.integers(0, 90)),
            months_on=on,
            months_off=int(rng.integers(0, on + 1)),
        )


def _needs(rng, names):
    for at, name in enumerate(names):
        for function, capability in CAPABILITIES.items():
            if function in {"demining", "supply"} and rng.random() < 0.5:
                continue
            first = int(rng.integers(1, 4))
            yield Need(
                need_id=f"{at}-{function}",
                area=name,
                function=function,
                capability=capability,
                quantity=int(rng.integers(1, 4)),
                from_month=first,
                to_month=12,
                weight=int(rng.integers(1, 4)),
                presences=(Presence.INSIDE, Presence.NEIGHBOURING)
                if rng.random() < 0.3
                else (Presence.INSIDE,),
            )


def _hubs(rng, names):
    for n in range(8):
        begin = n * len(names) // 8
        reach = len(names) // 4
        serves = tuple(names[(begin + k) % len(names)] for k in range(reach))
        yield Hub(
            hub_id=f"hub {n + 1}",
            region=names[begin],
            serves=serves,
            capacity=int(rng.integers(70, 140)),
        )


def run(*, quick: bool) -> Page:
    rng = np.random.default_rng(8)
    page = Page(
        title="Coordination: plans and routes",
        about="30 contributions of 5 capabilities for 120 regions over 12 months, with"
        " caveats, rotations and 8 hubs of which 6 may open; 2 threads. The gap is"
        " against the bound that the solver proves. Plans are timed by the wall, routes"
        " in CPU time.",
        columns=("work", "size", "time", "result"),
    )
    _planning(page, rng, quick=quick)
    _routing(page, rng, quick=quick)
    return page


def _planning(page: Page, rng: np.random.Generator, *, quick: bool) -> None:
    size = (
        {"contributors": 10, "regions": 30}
        if quick
        else {
            "contributors": 30,
            "regions": 120,
        }
    )
    asked = question(rng, **size)
    cells = sum(need.last - need.first + 1 for need in asked.demands)
    shown = f"{len(asked.pairs):,} pairs, {cells:,} needs x months"
    simple = greedy(asked)
    took = timed(lambda: greedy(asked), runs=1, warm=0, clock=wall_s)
    page.rows.append(
        ("greedy", shown, f"{took.median_s:.2f} s", f"shortfall {simple.shortfall:,}")
    )
    limit = 5.0 if quick else SECONDS
    begin = wall_s()
    plan = solve(asked, seconds=limit, workers=2)
    seconds = wall_s() - begin
    broken = violations(asked, plan)
    page.rows.append(
        (
            "CP-SAT, 2 threads",
            shown,
            f"{seconds:.1f} s",
            (
                f"shortfall {plan.shortfall:,}, bound {plan.bound:,.0f},"
                f" {len(broken)} rules broken"
            ),
        )
    )
    good = plan.gap <= 0.02 and seconds <= limit * 1.05 and not broken
    bar = f"within 2 % of optimal in {limit:.0f} s"
    page.bars.append((bar, f"{plan.gap:.2%} in {seconds:.1f} s", good))


def _routing(page: Page, rng: np.random.Generator, *, quick: bool) -> None:
    """A grid of 300 x 300 crossings, about a kilometre apart, at 25 to 100 km/h."""
    side = 100 if quick else 300
    roads = _grid(rng, side)
    shown = f"{roads.nodes:,} nodes, {len(roads.minutes):,} roads"
    far, last = 0, roads.nodes - 1
    across = timed(lambda: route(roads, far, last))
    cells = rng.integers(0, roads.nodes, size=(20, 2))
    each = [
        timed(lambda a=int(a), b=int(b): route(roads, a, b), runs=5) for a, b in cells
    ]
    worst = max(one.median_s for one in [across, *each]) * 1e3
    usual = float(np.median([one.median_s for one in each])) * 1e3
    page.rows.append(
        ("one route, corner to corner", shown, f"{across.median_s * 1e3:.1f} ms", "")
    )
    page.rows.append(("one route, 20 random pairs", shown, f"{usual:.1f} ms", "median"))
    page.bars.append(("one route under 50 ms", f"at most {worst:.1f} ms", worst < 50))
    kept = _kept(rng, roads, 1_000 if quick else 10_000)
    for what, metres in (("an incident", 2_500.0), ("a wide closing", 15_000.0)):
        _rechecked(page, roads, kept, shown, what, metres)


def _rechecked(page: Page, roads, kept, shown, what, metres) -> None:
    number = len(kept.start)
    shut = roads.closed(
        [_in_the_middle(roads, metres)],
        at=AT,
        kind="medical",
    )
    again = recheck(roads, kept, closed=shut)
    took = timed(lambda: recheck(roads, kept, closed=shut))
    lost = sum(not one.found for one in again.anew)
    said = f"{int(shut.sum())} roads closed, {len(again.broken)} routes broken"
    page.rows.append(
        (
            f"{number:,} routes checked again after {what} of {metres / 1e3:g} km",
            shown,
            f"{took.median_s:.2f} s",
            f"{said}, {lost} without any way",
        )
    )
    bar = f"{number:,} routes in 2 s after {what}"
    page.bars.append((bar, f"{took.median_s:.2f} s", took.median_s < 2.0))


def _in_the_middle(roads: Roads, metres: float) -> Closure:
    lon, lat = float(roads.lon.mean()), float(roads.lat.mean())
    return Closure(lon=lon, lat=lat, radius_m=metres, reason="incident")


def _grid(rng, side):
    rows, columns = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    at = rows * side + columns
    tail = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    head = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    return Roads.of(
        lon=(-30 + columns * 0.01).ravel(),
        lat=(-3 + rows * 0.01).ravel(),
        tail=tail,
        head=head,
        minutes=rng.uniform(0.6, 2.4, len(tail)),
    )


def _kept(rng, roads, number):
    """From random places to any of 60 hospitals, near or far."""
    hospitals = rng.choice(roads.nodes, 60, replace=False)
    starts = rng.integers(0, roads.nodes, number)
    ends = hospitals[rng.integers(0, len(hospitals), number)]
    nothing = Kept(
        start=starts.astype(np.int64),
        end=ends.astype(np.int64),
        minutes=np.full(number, np.inf),
        edges=np.zeros(0, np.int64),
        first=np.zeros(number + 1, np.int64),
    )
    open_roads = np.zeros(len(roads.minutes), bool)
    return Kept.of(recheck(roads, nothing, closed=open_roads).anew)
