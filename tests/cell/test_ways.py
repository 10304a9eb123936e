"""Ways through what a run found: roads close by fire, denial and mines, as known."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from tocsin import cell, pipeline
from tocsin.cli import app
from tocsin.errors import OriginsMixed, WrongUse

ROADS = "agreements/exercise-crossings/roads.geojson"
LANTERN = "agreements/exercise-lantern"
BEGIN = datetime(2025, 3, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
run_app = CliRunner()

# Quillan Bridge, as the exercise's map has it
LON, LAT = -27.7103, -3.6083


def observed(number, kind, *, after=0.0, known=0.5, lon=LON, lat=LAT, sigma_m=300.0):
    return {
        "observation_id": f"{number:064x}",
        "origin": "exercise",
        "source_id": "exercise-observations",
        "nature": "event",
        "kind": kind,
        "means": "heard",
        "t_start": BEGIN + after * HOUR,
        "t_end": BEGIN + after * HOUR,
        "t_sigma_s": 60.0,
        "received_at": BEGIN + (after + known) * HOUR,
        "lon": lon,
        "lat": lat,
        "sigma_m": sigma_m,
        "raw_sha256": f"{number:064x}",
        "raw_ref": f"log#{number}",
    }


@pytest.fixture
def made(root, tmp_path):
    """The folder of a run over these observations."""

    def run(*rows):
        file = tmp_path / "observations.parquet"
        pl.DataFrame(list(rows)).write_parquet(file)
        out = tmp_path / "run"
        pipeline.run_folder(
            root / LANTERN,
            [("tocsin-observations", file)],
            out,
            asked=pipeline.Question(start=BEGIN, until=BEGIN + 48 * HOUR),
        )
        return out

    return run


def asked(root, folder, at, *, end="Corvaline South", **rule):
    return cell.find_route(
        "Corvaline North school",
        end,
        roads_file=root / ROADS,
        kind="medical",
        at=at,
        barriers=cell.Barriers(run=folder, rule=cell.Rule(**rule)),
    )


def test_fire_at_a_crossing_sends_the_convoy_elsewhere_and_later_lets_it_back(
    root, made
):
    folder = made(observed(1, "explosion"))
    before = asked(root, folder, BEGIN - HOUR)
    during = asked(root, folder, BEGIN + HOUR)
    after = asked(root, folder, BEGIN + 13 * HOUR)
    assert before.closed_roads["incident"] == 0
    assert during.closed_roads["incident"] > 0
    assert during.ways[0].minutes > before.ways[0].minutes
    assert after.ways == before.ways


def test_what_nobody_knew_yet_closes_nothing(root, made):
    folder = made(observed(1, "explosion", known=6.0))
    assert asked(root, folder, BEGIN + HOUR).closed_roads["incident"] == 0
    assert asked(root, folder, BEGIN + 7 * HOUR).closed_roads["incident"] > 0


def test_a_mine_closes_until_further_notice_and_a_denial_for_its_hours(root, made):
    folder = made(
        observed(1, "mine_or_uxo"),
        observed(2, "restriction", lon=-25.082, lat=-3.2661),
    )
    soon = asked(root, folder, BEGIN + HOUR)
    assert (soon.closed_roads["mine"] > 0, soon.closed_roads["restriction"] > 0) == (
        True,
        True,
    )
    late = asked(root, folder, BEGIN + 40 * HOUR)
    assert (late.closed_roads["mine"] > 0, late.closed_roads["restriction"]) == (
        True,
        0,
    )


def test_an_incident_that_nobody_could_place_closes_no_road_and_is_counted(root, made):
    folder = made(observed(1, "explosion", sigma_m=9_000.0))
    found = asked(root, folder, BEGIN + HOUR)
    assert (found.vague_incidents, found.closed_roads["incident"]) == (1, 0)


def test_a_flight_over_a_road_closes_nothing(root, made):
    folder = made(observed(1, "uav_overflight"))
    found = asked(root, folder, BEGIN + HOUR)
    assert set(found.closed_roads.values()) == {0}


def test_the_wider_the_berth_the_more_roads_are_closed(root, made):
    folder = made(observed(1, "explosion"))
    closed = [
        asked(root, folder, BEGIN + HOUR, keep_away_m=m).closed_roads["incident"]
        for m in (0.0, 2_000.0, 30_000.0, 90_000.0)
    ]
    assert closed == sorted(closed)
    assert closed[0] < closed[-1]


def test_a_kind_of_place_finds_the_one_that_is_reached_first(root, made):
    folder = made(observed(1, "explosion", lon=-27.66, lat=-3.39))
    usual = asked(root, folder, BEGIN - HOUR, end="hospital")
    assert usual.end == "Corvaline North hospital"
    cut = asked(root, folder, BEGIN + HOUR, end="hospital", keep_away_m=15_000.0)
    assert cut.ways
    assert cut.ways[0].minutes > usual.ways[0].minutes


def test_the_answer_tells_no_place_of_a_closure(root, made):
    folder = made(observed(1, "explosion"))
    told = json.loads(
        run_app.invoke(
            app,
            [
                *("route", "Corvaline North school", "Corvaline South"),
                *("--roads", str(root / ROADS), "--run", str(folder)),
                *("--at", "2025-03-04T09:00Z"),
            ],
        ).stdout
    )
    assert set(told) == {
        *("at", "closed_roads", "end", "kind", "note", "start", "vague_incidents"),
        "ways",
    }
    assert set(told["closed_roads"]) == {"hours", "incident", "mine", "restriction"}
    points = [tuple(p) for way in told["ways"] for p in way["points"]]
    assert (LON, LAT) not in points


def test_roads_of_an_exercise_take_no_run_of_another_origin(root, tmp_path, made):
    folder = made(observed(1, "explosion"))
    text = (root / ROADS).read_text(encoding="utf-8")
    real = tmp_path / "roads.geojson"
    real.write_text(text.replace('"exercise",', '"observed",', 1), encoding="utf-8")
    with pytest.raises(OriginsMixed, match="the run is exercise, the roads are obs"):
        cell.find_route(
            "Corvaline North school",
            "Corvaline South",
            roads_file=real,
            kind="medical",
            at=BEGIN,
            barriers=cell.Barriers(run=folder),
        )


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("Corvalin North school", "did you mean `Corvaline North school`"),
        ("nowhere", "or as the end a kind of the road file: town, hospital"),
    ],
)
def test_an_unknown_place_is_told_with_what_is_known(root, place, message):
    with pytest.raises(WrongUse, match=message):
        cell.find_route(
            place,
            "hospital",
            roads_file=root / ROADS,
            kind="medical",
            at=BEGIN,
            barriers=cell.Barriers(),
        )


def test_a_negative_distance_is_wrong_use(root, made):
    folder = made(observed(1, "explosion"))
    with pytest.raises(WrongUse, match="0 or more"):
        asked(root, folder, BEGIN, keep_away_m=-1.0)
