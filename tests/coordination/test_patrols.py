"""Who patrols which region at which hour, and when nobody does."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.coordination.conftest import caveat, day, offer, with_

from tocsin.coordination import check, overview
from tocsin.coordination.patrols import DAY, busiest, gaps, minutes_of
from tocsin.model import Areas, Marking
from tocsin.model.contributions import CaveatKind, Patrol
from tocsin.report.cell import cell_page, geojson, three_w


def patrol(name="aurelia-teams", area="East", units=1, hours="06:00-18:00", **more):
    opens, closes = hours.split("-")
    return Patrol(
        contribution=name, area=area, units=units, opens=opens, closes=closes, **more
    )


def cover(board, *patrols, at=9):
    view = overview(with_(board, patrols=patrols), {}, at=day(at))
    return {one.area: one for one in view.patrols}


def test_a_day_has_a_share_covered_and_the_times_with_nobody(board):
    east = cover(board, patrol(hours="06:00-12:00"), patrol(hours="10:00-18:30"))[
        "East"
    ]
    assert east.share_planned == pytest.approx(12.5 / 24, abs=1e-5)
    assert east.gaps == ("18:30-06:00",)
    assert east.planned[5:8] == (0, 1, 1)
    assert east.planned[10:13] == (2, 2, 1)
    assert east.planned[18] == 0, "an hour counts only if all of it is patrolled"
    assert east.by == ("Aurelia",)


def test_a_region_without_patrols_says_so_for_the_whole_day(board):
    west = cover(board, patrol())["West"]
    assert (west.share_planned, west.gaps) == (0.0, ("00:00-24:00",))


def test_a_night_patrol_runs_over_midnight_and_the_same_time_twice_is_all_day(board):
    night = cover(board, patrol(hours="20:00-06:00"))["East"]
    assert night.gaps == ("06:00-20:00",)
    whole = cover(board, patrol(hours="00:00-00:00"))["East"]
    assert (whole.share_planned, whole.gaps) == (1.0, ())


def test_what_waits_for_a_gate_is_planned_and_not_ready(board):
    held = with_(
        board, contributions=(offer("aurelia-teams", conditions=("Article 1(1)",)),)
    )
    east = cover(held, patrol())["East"]
    assert (east.share_planned, east.share_ready) == (0.5, 0.0)
    ready = cover(board, patrol())["East"]
    assert ready.share_ready == 0.5


def test_a_patrol_counts_only_on_its_days(board):
    one = patrol(since=date(2025, 3, 5), until=date(2025, 3, 9))
    assert cover(board, one, at=8)["East"].share_planned == 0.5
    assert cover(board, one, at=9)["East"].share_planned == 0.0


def faults(board, *patrols):
    held = with_(board, patrols=patrols)
    return [issue.message for issue in check(held, places={}) if not issue.warning]


def test_more_teams_than_there_are_and_patrols_against_a_caveat_are_refused(board):
    held = with_(
        board,
        contributions=(
            offer("aurelia-teams", caveats=(caveat(CaveatKind.NOT_IN, "West"),)),
        ),
    )
    assert faults(held, patrol(units=3), patrol(units=2, hours="17:00-20:00")) == [
        "5 of `aurelia-teams` patrol at one time, of 4 it has"
    ]
    assert faults(held, patrol(units=4), patrol(units=4, hours="18:00-06:00")) == []
    later = patrol(units=4, since=date(2025, 3, 9))
    assert faults(held, patrol(units=4, until=date(2025, 3, 9)), later) == []
    assert faults(held, patrol(area="West")) == ["Aurelia may not serve in West"]
    assert faults(held, patrol("nobody")) == [
        "`nobody` is no contribution of this board"
    ]


def covered(patrols):
    """Of each minute of a day whether anybody is out."""
    return [n > 0 for n in sum((minutes_of(p) for p in patrols), [0] * DAY)]


def test_a_page_that_shows_hours_without_patrols_is_never_for_the_public(board):
    clear = offer("aurelia-teams", marking=Marking.CLEAR)
    held = with_(board, contributions=(clear,))

    def marking(*patrols):
        view = overview(with_(held, patrols=patrols), {}, at=day(9))
        return cell_page(view, areas=Areas()).marking

    assert marking() is Marking.CLEAR
    assert marking(patrol()) is Marking.AMBER


def test_no_patrol_leaves_in_an_export(board):
    view = overview(with_(board, patrols=(patrol(hours="03:21-04:22"),)), {}, at=day(9))
    assert b"03:21" not in three_w(view) + geojson(view, areas=Areas())


TIME = st.integers(0, DAY - 1).map(lambda m: f"{m // 60:02d}:{m % 60:02d}")


@given(st.lists(st.tuples(TIME, TIME), max_size=4))
def test_law_gaps_and_patrols_make_up_the_whole_day(spans):
    patrols = [patrol(hours=f"{a}-{b}") for a, b in spans]
    out = covered(patrols)
    free = gaps([minute for minute in range(DAY) if not out[minute]])
    back = covered([patrol(hours=text.replace("24:00", "00:00")) for text in free])
    assert all(one != other for one, other in zip(out, back, strict=True))
    assert busiest(patrols) <= len(patrols)
