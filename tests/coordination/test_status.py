"""The board: what is here, what is shared, what is missing."""

from datetime import date

from tests.coordination.conftest import PAPER, caveat, day, need, offer, step, with_

from tocsin.coordination import gates_of, stand, status
from tocsin.model.contributions import CaveatKind, Lead, Presence, Role


def rows(board, at=None):
    instant = at or day(9)
    found = status(
        board,
        stand(board, gates_of(board, {}), at=instant),
        at=instant,
        ceasefire=day(1),
    )
    return {row.area: row for row in found.rows}, found


def test_what_may_serve_in_two_regions_is_counted_in_neither(board):
    found, _ = rows(board)
    assert (found["East"].committed.here, found["East"].committed.shared) == (0, 4)
    assert (found["East"].gap, found["East"].gap_at_best) == (2, 0)


def test_what_was_allocated_to_a_region_is_here_and_no_longer_shared(board):
    teams = offer(
        "a", steps=(step("committed", 1), step("allocated", 2, 3, area="East"))
    )
    found, _ = rows(with_(board, contributions=(teams,)))
    assert found["East"].committed.here == 3
    assert (found["West"].committed.here, found["West"].committed.shared) == (0, 1)
    assert found["East"].gap == 0


def test_what_has_arrived_is_not_counted_again_as_allocated(board):
    teams = offer(
        "a",
        steps=(
            step("committed", 1),
            step("allocated", 2, 3, area="East"),
            step("delivered", 3, 2, area="East"),
        ),
    )
    found, _ = rows(with_(board, contributions=(teams,)))
    assert found["East"].committed.here == 3
    assert found["East"].delivered.here == 2


def test_an_offer_without_a_number_stays_without_one(board):
    found, _ = rows(with_(board, contributions=(offer("a", quantity=None),)))
    assert found["East"].committed.unstated == 1
    assert found["East"].gap == 2


def test_a_need_without_a_number_has_no_gap_and_never_zero(board):
    found, _ = rows(with_(board, needs=(need("East", None),)))
    assert found["East"].gap is None


def test_a_need_of_a_later_month_is_not_needed_yet(board):
    found, _ = rows(with_(board, needs=(need("East", from_month=3),)))
    assert not found["East"].needed
    assert found["East"].opens == 3


def test_a_caveat_takes_an_offer_off_the_rows_that_it_bars(board):
    barred = offer("a", caveats=(caveat(CaveatKind.NOT_IN, "East"),))
    found, _ = rows(with_(board, contributions=(barred,)))
    assert found["East"].contributions == ()
    assert found["West"].committed.here == 4


def test_only_from_neighbouring_cannot_meet_a_need_inside(board):
    near = offer(
        "a",
        presence=Presence.NEIGHBOURING,
        caveats=(caveat(CaveatKind.ONLY_FROM_NEIGHBOURING),),
    )
    _, found = rows(with_(board, contributions=(near,)))
    assert found.idle == ("a",)


def lead(state, **more):
    given = {"area": "East", "function": "patrols", "state": state, "source": PAPER}
    return Lead(**given | more)


def cell(board, **more):
    _, found = rows(with_(board, **more))
    return next(c for c in found.leads if (c.area, c.function) == ("East", "patrols"))


def test_support_without_a_lead_is_a_gap(board):
    assert cell(board).state == "gap"


def test_two_offers_to_lead_are_an_overlap_until_one_leads(board):
    offers = (offer("a", role=Role.LEAD), offer("b", role=Role.LEAD))
    found = cell(board, contributions=offers)
    assert (found.state, found.claims) == ("overlap", ("A", "B"))
    led = cell(board, contributions=offers, leads=(lead("A"),))
    assert (led.state, led.lead, led.followers) == ("led", "A", ("B",))


def test_a_claim_beside_a_lead_is_contested(board):
    found = cell(board, leads=(lead("A"), lead("B", claimed=True)))
    assert (found.state, found.lead, found.claims) == ("contested", "A", ("B",))


def test_a_lead_names_who_replaces_it(board):
    found = cell(board, leads=(lead("A", until=date(2025, 9, 1), follows="B"),))
    assert (found.lead, found.next, found.until) == ("A", "B", date(2025, 9, 1))


def test_a_lead_that_begins_later_follows(board):
    found = cell(
        board,
        leads=(
            lead("A", until=date(2025, 4, 1)),
            lead("B", since=date(2025, 4, 1)),
        ),
    )
    assert (found.lead, found.next) == ("A", "B")
