"""Plans: both planners keep every rule, and neither beats the bound."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.coordination.conftest import caveat, day, need, offer, with_

from tocsin.coordination import gates_of, stand
from tocsin.coordination.conflict import conflict
from tocsin.coordination.greedy import greedy
from tocsin.coordination.plan import solve
from tocsin.coordination.prices import change_without, prices, unpriced
from tocsin.coordination.problem import (
    Demand,
    HubSite,
    Problem,
    Supplier,
    pose,
)
from tocsin.coordination.rules import violations
from tocsin.coordination.turns import Turn, made, shortfall_of
from tocsin.model.contributions import CaveatKind, Hub, Presence


def supplier(name, units, **more):
    return Supplier(supplier_id=name, label=name, units=units, **more)


def demand(name, units, **more):
    return Demand(demand_id=name, label=name, area=name, units=units, **more)


@st.composite
def problems(draw, months=2):
    suppliers = tuple(
        supplier(
            f"s{n}",
            draw(st.integers(0, 2)),
            on=draw(st.integers(1, 2)),
            off=draw(st.integers(0, 1)),
            first=draw(st.integers(1, months)),
            last=months,
        )
        for n in range(draw(st.integers(1, 2)))
    )
    demands = tuple(
        demand(
            f"d{n}",
            draw(st.integers(1, 2)),
            first=draw(st.integers(1, months)),
            last=months,
            weight=draw(st.integers(1, 3)),
            after=(0,) if n and draw(st.booleans()) else (),
            protected=draw(st.booleans()),
        )
        for n in range(draw(st.integers(1, 2)))
    )
    every = list(product(range(len(suppliers)), range(len(demands))))
    pairs = tuple(pair for pair in every if draw(st.booleans()))
    hubs = ()
    if draw(st.booleans()):
        hubs = tuple(
            HubSite(
                hub_id=f"h{n}",
                serves=frozenset(d.area for d in demands if draw(st.booleans())),
                capacity=draw(st.integers(0, 3)),
                storage=draw(st.booleans()),
            )
            for n in range(2)
        )
    return Problem(
        months=months,
        suppliers=suppliers,
        demands=demands,
        pairs=pairs,
        hubs=hubs,
        hubs_open=1 if hubs else None,
    )


def best_of_all(problem: Problem) -> int:
    """The least shortfall, by trying every plan."""
    keys = [
        (s, d, month)
        for s, d in problem.pairs
        for month in range(
            max(problem.suppliers[s].first, problem.demands[d].first),
            problem.months + 1,
        )
    ]
    most = [
        min(problem.suppliers[s].units, problem.demands[d].units) for s, d, _ in keys
    ]
    sets = [()] if not problem.hubs else [(), *((h,) for h in range(len(problem.hubs)))]
    least = shortfall_of(problem, {})
    for units in product(*(range(m + 1) for m in most)):
        values = dict(zip(keys, units, strict=True))
        shortfall = shortfall_of(problem, values)
        if shortfall < least and any(
            not violations(problem, made(values, hubs, shortfall, 0.0)) for hubs in sets
        ):
            least = shortfall
    return least


@settings(max_examples=40)
@given(problems())
def test_law_the_plan_is_as_good_as_the_best_of_all_plans(problem):
    plan = solve(problem, seconds=5, workers=1)
    assert violations(problem, plan) == ()
    assert plan.shortfall == best_of_all(problem)
    assert plan.bound <= plan.shortfall


@settings(max_examples=150)
@given(problems(months=5))
def test_law_the_plain_twin_keeps_every_rule(problem):
    assert violations(problem, greedy(problem)) == ()


@settings(max_examples=25)
@given(problems(months=5))
def test_law_search_is_never_worse_than_the_plain_twin(problem):
    plan = solve(problem, seconds=5, workers=1)
    assert violations(problem, plan) == ()
    assert plan.bound - 1e-6 <= plan.shortfall <= greedy(problem).shortfall


def test_a_broken_plan_is_seen_to_be_broken():
    problem = Problem(
        months=2,
        suppliers=(supplier("a", 1, on=1, off=1),),
        demands=(demand("East", 1, last=2), demand("West", 1, last=2)),
        pairs=((0, 0),),
        hubs=(HubSite(hub_id="h", serves=frozenset({"East"}), capacity=0),),
    )
    turns = {(0, 0, 1): 1, (0, 0, 2): 1, (0, 1, 1): 1}
    words = " ".join(violations(problem, made(turns, (0,), 1, 0.0)))
    for fault in ("may not serve West", "2 of 1 in month 1", "no rest", "draw on h"):
        assert fault in words


def posed(board):
    return pose(board, stand(board, gates_of(board, {}), at=day(9)))


def test_no_plan_counts_an_offer_or_a_withdrawal(board):
    from tests.coordination.conftest import step

    held = with_(
        board,
        contributions=(
            offer("a", steps=(step("offered", 1),)),
            offer("b", steps=(step("committed", 1), step("withdrawn", 2))),
            offer("c", quantity=None),
        ),
    )
    problem = posed(held)
    assert problem.suppliers == ()
    assert [why for _, why in problem.left_out] == [
        "it has not come to `committed`",
        "withdrawn",
        "no number is stated",
    ]


def test_the_price_of_a_caveat_is_what_it_would_cover(board):
    barred = offer("a", caveats=(caveat(CaveatKind.NOT_IN, "East"),))
    problem = posed(with_(board, contributions=(barred,)))
    plan = solve(problem, seconds=5, workers=1)
    (price,) = prices(problem, plan, seconds=5, workers=1)
    assert plan.shortfall == 2 * 12
    assert (price.at_least, price.at_most) == (24.0, 24.0)
    assert price.covers == (("patrols in East", 24),)
    assert price.caveat == "A: not in (East)"


def test_two_caveats_that_bar_the_same_need_cost_nothing_alone(board):
    both = offer(
        "a",
        caveats=(
            caveat(CaveatKind.NOT_IN, "East"),
            caveat(CaveatKind.ONLY_IN, "West"),
        ),
    )
    problem = posed(with_(board, contributions=(both,)))
    plan = solve(problem, seconds=5, workers=1)
    assert [p.at_most for p in prices(problem, plan, workers=1)] == [0.0, 0.0]


def test_what_needs_protected_storage_draws_only_on_hubs_that_have_it(board):
    def problem_with(*, storage):
        hubs = (
            Hub(hub_id="open", region="East", serves=("East",), capacity=9),
            Hub(
                hub_id="kept",
                region="East",
                serves=("East",),
                capacity=1,
                storage=storage,
            ),
        )
        return posed(
            with_(
                board, needs=(need("East", 3, to_month=1, protected=True),), hubs=hubs
            )
        )

    without = solve(problem_with(storage=False), seconds=5, workers=1)
    assert without.shortfall == 3
    kept = solve(problem_with(storage=True), seconds=5, workers=1)
    assert (kept.shortfall, kept.hubs) == (2, (1,))


def test_a_refusal_without_a_number_is_priced_between_nothing_and_the_whole_gap(board):
    from tests.coordination.conftest import step

    no = offer(
        "italia",
        quantity=None,
        presence=Presence.REMOTE,
        caveats=(caveat(CaveatKind.NO_TROOPS_ON_GROUND),),
        steps=(step("declined", 1),),
    )
    held = with_(board, contributions=(no,))
    standings = stand(held, gates_of(held, {}), at=day(9))
    problem = pose(held, standings)
    (price,) = unpriced(held, standings, problem, greedy(problem))
    assert (price.at_least, price.at_most, price.stated) == (0.0, 48.0, False)


def test_what_the_others_do_stays_when_one_contribution_goes(board):
    held = with_(
        board,
        contributions=(
            offer("a", areas=("East",), quantity=2),
            offer("b", areas=("West",), quantity=2),
            offer("c", quantity=2),
        ),
    )
    problem = posed(held)
    plan = solve(problem, seconds=5, workers=1)
    change = change_without(problem, plan, "c", seconds=5, workers=1)
    assert (change.before, change.after) == (0, 0)
    assert change.bound_kept >= 0.5
    again = change_without(problem, plan, "b", seconds=5, workers=1)
    assert again.after == 0


def test_no_plan_names_the_smallest_set_in_conflict(board):
    held = with_(
        board,
        needs=(need("East", 4, must=True), need("West", 1)),
        contributions=(
            offer("a", caveats=(caveat(CaveatKind.NOT_IN, "East"),)),
            offer("b", areas=("East",), quantity=2),
        ),
        hubs=(Hub(hub_id="h", region="East", serves=("East", "West"), capacity=9),),
    )
    problem = posed(held)
    assert not solve(problem, seconds=5, workers=1).feasible
    found = conflict(problem, workers=1)
    assert found is not None
    assert found.smallest
    assert found.conditions == (
        "patrols in East must have 4 at all times, months 1 to 12",
        "caveat of A: not in (East)",
    )


def test_a_conflict_of_rotation_and_must_names_the_rotation(board):
    held = with_(
        board,
        needs=(need("East", 4, must=True),),
        contributions=(offer("a", months_on=3, months_off=3),),
    )
    found = conflict(posed(held), workers=1)
    assert found is not None
    assert len(found.conditions) == 2
    assert "rotation of A: patrol team: 3 months on, 3 off" in found.conditions


def test_where_a_plan_is_there_no_conflict_is(board):
    assert conflict(posed(board), workers=1) is None


def test_without_the_solver_the_message_says_what_to_install(board, monkeypatch):
    import sys

    from tocsin.errors import WrongUse

    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(WrongUse, match=r"install `tocsin\[cell\]`"):
        solve(posed(board), seconds=1)


def test_a_need_that_comes_after_another_waits_for_it():
    problem = Problem(
        months=3,
        suppliers=(supplier("a", 2, last=3), supplier("b", 1, last=3)),
        demands=(
            demand("clear", 1, first=2, last=2),
            demand("school", 1, last=3, after=(0,)),
        ),
        pairs=((0, 0), (1, 1)),
    )
    plan = solve(problem, seconds=5, workers=1)
    school = [t.month for t in plan.turns if t.demand == 1]
    assert school == [3]
    assert Turn(supplier=0, demand=0, month=2, units=1) in plan.turns
