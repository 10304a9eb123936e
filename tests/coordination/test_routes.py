"""Open ways, closed roads, promised hours, and the corridors of 2022."""

from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.coordination.conftest import day

from tocsin.connectors.roads import read_closures, read_roads
from tocsin.coordination import Span
from tocsin.coordination.corridors import Corridor, statements, tally
from tocsin.coordination.passage import passages
from tocsin.coordination.roads import Closure, Roads, is_open
from tocsin.coordination.routes import Kept, alternatives, recheck, route
from tocsin.errors import InputRefused, WrongUse
from tocsin.model.contributions import Opening

HOURS = Opening(
    place="Ford",
    party="Northland",
    clause="Article 4(2)",
    opens="06:00",
    closes="20:00",
    kinds=("medical",),
)


def square() -> Roads:
    """0 - 1 - 3 takes 20 minutes over the Ford, 0 - 2 - 3 takes 30."""
    return Roads.of(
        lon=[0.0, 0.1, 0.1, 0.2],
        lat=[0.0, 0.1, -0.1, 0.0],
        tail=[0, 1, 0, 2],
        head=[1, 3, 2, 3],
        minutes=[10.0, 10.0, 15.0, 15.0],
        places=["", "Ford", "", ""],
    )


def closed(roads, *closures, at=None, kind="medical", openings=()):
    return roads.closed(closures, at=at or day(4), kind=kind, openings=openings)


def test_the_quickest_open_way_is_found_in_both_directions():
    roads = square()
    there, back = route(roads, 0, 3), route(roads, 3, 0)
    assert (there.nodes.tolist(), there.minutes) == ([0, 1, 3], 20.0)
    assert (back.nodes.tolist(), back.edges.tolist()) == ([3, 1, 0], [1, 0])


def test_a_closed_crossing_sends_the_convoy_around():
    roads = square()
    shut = Closure(place="Ford", reason="mine")
    found = route(roads, 0, 3, closed=closed(roads, shut))
    assert (found.nodes.tolist(), found.minutes) == ([0, 2, 3], 30.0)


def test_an_incident_closes_the_roads_near_it_for_its_time_only():
    roads = square()
    near = Closure(
        lon=0.1,
        lat=0.1,
        radius_m=2_000,
        since=day(4),
        until=day(4) + timedelta(hours=6),
        reason="incident",
    )
    assert closed(roads, near, at=day(4)).tolist() == [True, True, False, False]
    assert not closed(roads, near, at=day(4) + timedelta(hours=6)).any()


def test_a_restriction_may_stop_schools_and_let_medicine_pass():
    roads = square()
    shut = Closure(place="Ford", kinds=("school",), reason="restriction")
    assert not closed(roads, shut, kind="medical").any()
    assert closed(roads, shut, kind="school").any()


def test_where_every_way_is_closed_it_says_so():
    roads = square()
    all_shut = np.ones(4, bool)
    found = route(roads, 0, 3, closed=all_shut)
    assert not found.found
    assert found.nodes.tolist() == []


def test_an_alternative_shares_little_with_the_way_before():
    found = alternatives(square(), 0, 3, number=3)
    assert [r.minutes for r in found] == [20.0, 30.0]
    assert found[1].shared == 0.0


def test_a_recheck_touches_only_what_is_broken():
    roads = square()
    kept = Kept.of([route(roads, 0, 3), route(roads, 0, 2), route(roads, 1, 3)])
    shut = closed(roads, Closure(place="Ford", reason="incident"))
    again = recheck(roads, kept, closed=shut)
    assert again.broken.tolist() == [0, 2]
    assert [r.minutes for r in again.anew] == [30.0, 40.0]
    assert (again.anew[1].start, again.anew[1].nodes.tolist()) == (1, [1, 0, 2, 3])


@st.composite
def graphs(draw):
    nodes = draw(st.integers(2, 7))
    pairs = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1))
    edges = draw(
        st.lists(pairs.filter(lambda p: p[0] != p[1]), min_size=1, max_size=14)
    )
    minutes = [float(draw(st.integers(1, 9))) for _ in edges]
    roads = Roads.of(
        lon=[0.01 * n for n in range(nodes)],
        lat=[0.01 * (n % 3) for n in range(nodes)],
        tail=[a for a, _ in edges],
        head=[b for _, b in edges],
        minutes=minutes,
    )
    return roads, np.array([draw(st.booleans()) for _ in edges])


def plainly(roads, shut, start, end):
    """The least minutes, by relaxing every road until nothing changes."""
    best = [float("inf")] * roads.nodes
    best[start] = 0.0
    for _ in range(roads.nodes):
        for a, b, m, no in zip(
            roads.tail, roads.head, roads.minutes, shut, strict=True
        ):
            if not no:
                best[b] = min(best[b], best[a] + m)
                best[a] = min(best[a], best[b] + m)
    return best[end]


@settings(max_examples=150)
@given(graphs())
def test_law_no_way_is_quicker_and_every_way_is_open(made):
    roads, shut = made
    end = roads.nodes - 1
    found = route(roads, 0, end, closed=shut)
    assert found.minutes == pytest.approx(plainly(roads, shut, 0, end))
    if found.found:
        assert not shut[found.edges].any()
        assert roads.minutes[found.edges].sum() == pytest.approx(found.minutes)


@settings(max_examples=80)
@given(graphs())
def test_law_a_recheck_gives_what_a_search_gives(made):
    roads, shut = made
    kept = Kept.of([route(roads, n, roads.nodes - 1) for n in range(roads.nodes)])
    again = recheck(roads, kept, closed=shut)
    for at, found in zip(again.broken, again.anew, strict=True):
        alone = route(roads, int(at), roads.nodes - 1, closed=shut)
        assert found.minutes == pytest.approx(alone.minutes)


def test_a_crossing_is_closed_outside_its_promised_hours():
    roads = square()
    at_noon, at_night = day(4) + timedelta(hours=12), day(4) + timedelta(hours=22)
    assert not closed(roads, at=at_noon, openings=(HOURS,)).any()
    assert closed(roads, at=at_night, openings=(HOURS,)).any()
    assert not closed(roads, at=at_night, kind="school", openings=(HOURS,)).any()


def test_hours_over_midnight_and_a_change_of_clocks():
    late = Opening(
        place="Ford",
        party="N",
        clause="A",
        opens="22:00",
        closes="02:00",
        zone="Europe/Kyiv",
    )
    assert is_open(late, day(4) + timedelta(hours=23))
    assert not is_open(late, day(4) + timedelta(hours=1))
    # On 30 March the clocks go forward: 02:00 in Kyiv is 00:00 UTC before, 23:00 after.
    assert is_open(late, day(30) - timedelta(minutes=1))


def days_of(closures, watched, until=5):
    return passages(HOURS, closures, watched, start=day(4), until=day(until))


def test_promised_hours_are_kept_only_if_all_of_them_were_watched():
    (kept,) = days_of([], [Span(since=day(4), until=day(5))])
    assert (kept.verdict, kept.promised, kept.watched) == ("kept", 840, 840)
    (half,) = days_of([], [Span(since=day(4), until=day(4) + timedelta(hours=12))])
    assert half.verdict == "undetermined"


def test_a_denial_in_promised_hours_breaks_them_and_fighting_does_not():
    begin = day(4) + timedelta(hours=8)
    seen = [Span(since=day(4), until=day(5))]
    denied = Closure(
        place="Ford",
        since=begin,
        until=begin + timedelta(hours=1),
        reason="restriction",
        by="Northland",
    )
    (broken,) = days_of([denied], seen)
    assert (broken.verdict, broken.denied) == ("broken", 60)
    nobody_knows = msgspec.structs.replace(denied, by="")
    (open_,) = days_of([nobody_knows], seen)
    assert (open_.verdict, open_.denied, open_.hindered) == ("undetermined", 0, 60)
    fighting = Closure(
        place="Ford", since=begin, until=begin + timedelta(hours=1), reason="incident"
    )
    (open_,) = days_of([fighting], seen)
    assert (open_.verdict, open_.denied, open_.hindered) == ("undetermined", 0, 60)


def test_a_denial_at_night_breaks_nothing():
    night = Closure(place="Ford", since=day(4), until=day(4, 3), reason="restriction")
    (kept,) = days_of([night], [Span(since=day(4), until=day(5))])
    assert kept.verdict == "kept"


# --- files


def test_roads_are_read_from_lines_that_share_their_ends(tmp_path):
    file = tmp_path / "roads.geojson"
    file.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","geometry":{"type":"LineString",'
        '"coordinates":[[0,0],[0.1,0]]},"properties":{"speed_kmh":60}},'
        '{"type":"Feature","geometry":{"type":"LineString",'
        '"coordinates":[[0.1,0],[0.1,0.1]]},"properties":'
        '{"minutes":7,"place":"Ford"}}]}',
        encoding="utf-8",
    )
    roads = read_roads(file).roads
    assert (roads.nodes, roads.names) == (3, ("Ford",))
    assert roads.minutes.tolist() == pytest.approx([11.132, 7.0])


def test_every_bad_road_and_closure_is_told(tmp_path):
    file = tmp_path / "roads.geojson"
    line = (
        '{{"geometry":{{"type":"{}","coordinates":{}}},"properties":{{"minutes":{}}}}}'
    )
    bad = [
        line.format("Polygon", "[[0,0],[1,1]]", 1),
        line.format("LineString", "[[0,0],[1,1]]", -3),
        line.format("LineString", "[[0,0],[999,1]]", 3),
    ]
    file.write_text(f'{{"features":[{",".join(bad)}]}}', encoding="utf-8")
    with pytest.raises(InputRefused) as refusal:
        read_roads(file)
    assert [i.where.line for i in refusal.value.issues] == [1, 2, 3]
    table = tmp_path / "closures.csv"
    table.write_text("place,reason\nFord,storm\nFord,mine\n,lunch\n", encoding="utf-8")
    with pytest.raises(InputRefused) as refusal:
        read_closures(table)
    assert [i.where.line for i in refusal.value.issues] == [2, 4]


def test_a_road_that_ends_nowhere_is_wrong_use():
    with pytest.raises(WrongUse, match="ends at a node"):
        Roads.of(lon=[0.0], lat=[0.0], tail=[0], head=[3], minutes=[1.0])


# --- corridors


def corridor(outcome, *texts, **more):
    said = tuple(s for text in texts for s in statements(text))
    given = {
        "corridor_id": "1",
        "on": day(5),
        "start": "A",
        "end": "B",
        "outcome": outcome,
        "statements": said,
    }
    return Corridor(**given | more)


def test_outcomes_stay_apart_and_what_is_not_known_is_unknown():
    found = tally(
        [
            corridor("successful", proposed_by="Northland"),
            corridor("disputed", "NORTH. March 5 - Open.", "SOUTH. March 5 - Shut."),
            corridor("whatever", agreed=True),
        ]
    )
    assert found.outcomes == {
        "successful": 1,
        "disrupted": 0,
        "disputed": 1,
        "unknown": 1,
    }
    assert (found.both_sides, found.one_sided) == (1, 0)
    assert set(found.by_proposal) == {"Northland", "agreed", "not stated"}


def test_the_corridors_of_2022_are_replayed_with_both_sides(shared_data):
    from tocsin.cell import corridors

    found = corridors(shared_data / "events" / "humanitarian_corridors_2022.csv.gz")
    counts = tally(found)
    assert counts.outcomes == {
        "successful": 125,
        "disputed": 7,
        "disrupted": 5,
        "unknown": 145,
    }
    assert {who: sum(n.values()) for who, n in counts.by_proposal.items()} == {
        "Ukraine": 251,
        "Russian_Federation": 11,
        "agreed": 20,
    }
    disputed = [one for one in found if one.outcome == "disputed"]
    assert all(len(one.statements) > 1 for one in disputed)
    assert {"MOSCOW", "KYIV"} <= {side for one in disputed for side in one.sides}


# --- roads and circles


def test_a_circle_on_the_middle_of_a_long_road_closes_it():
    roads = Roads.of(lon=[0.0, 1.0], lat=[0.0, 0.0], tail=[0], head=[1], minutes=[60.0])
    near = Closure(lon=0.5, lat=0.01, radius_m=2_000.0, reason="incident")
    far = Closure(lon=0.5, lat=0.05, radius_m=2_000.0, reason="incident")
    assert closed(roads, near).tolist() == [True]
    assert closed(roads, far).tolist() == [False]


def test_a_road_with_a_bend_is_closed_only_where_it_bends(tmp_path):
    file = tmp_path / "roads.geojson"
    file.write_text(
        '{"features":[{"geometry":{"type":"LineString",'
        '"coordinates":[[0,0],[0.5,0.3],[1,0]]},"properties":{"minutes":30}},'
        '{"geometry":{"type":"Point","coordinates":[1,0]},'
        '"properties":{"name":"Mill","kind":"school"}}]}',
        encoding="utf-8",
    )
    found = read_roads(file)
    assert found.roads.minutes.tolist() == pytest.approx([15.0, 15.0], abs=0.01)
    assert [(p.name, p.kind) for p in found.places] == [("Mill", "school")]
    middle = Closure(lon=0.5, lat=0.0, radius_m=5_000.0, reason="incident")
    assert not closed(found.roads, middle).any()


@given(
    st.tuples(*[st.integers(-300, 300)] * 4),
    st.integers(0, 40_000),
)
def test_law_a_road_is_closed_where_any_point_of_it_is_in_the_circle(ends, radius):
    x1, y1, x2, y2 = (n / 1_000 for n in ends)
    roads = Roads.of(lon=[x1, x2], lat=[y1, y2], tail=[0], head=[1], minutes=[1.0])
    one = Closure(lon=0.0, lat=0.0, radius_m=float(radius), reason="mine")
    share = np.linspace(0.0, 1.0, 2_001)
    away = np.hypot(x1 + share * (x2 - x1), y1 + share * (y2 - y1)).min() * 111_320.0
    spacing = np.hypot(x2 - x1, y2 - y1) * 111_320.0 / 2_000
    if away + spacing < radius:
        assert closed(roads, one).all()
    if away - spacing > radius:
        assert not closed(roads, one).any()
