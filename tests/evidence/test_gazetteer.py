"""A row with a name only gets the place of the name, as wide as the area it names."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tocsin.evidence import Gazetteer, place_by_name
from tocsin.model import OBSERVATIONS, PLACES

AT = datetime(2025, 3, 3, tzinfo=UTC)


def place(place_id, name, **other):
    return {"place_id": place_id, "name": name, "source_id": "g", **other}


PLACED = [
    place("N", "Northern", level="oblast", lon=-25.0, lat=1.0, sigma_m=90_000.0),
    place("S", "Southern", level="oblast", lon=-25.0, lat=-5.0, sigma_m=80_000.0),
    place("N1", "Alvska", level="raion", parent="N", lon=-25.5, lat=1.0, sigma_m=9e3),
    place("N11", "Alv", level="settlement", parent="N1", variants=["Альв"]),
    place("N12", "Mill", level="settlement", parent="N1", formerly=["Red Mill"]),
    place("S11", "Mill", level="settlement", parent="S"),
]


def gazetteer(rows=PLACED):
    return Gazetteer(pa.Table.from_pylist(rows, PLACES), publishers={"g": "Survey"})


def seen(*rows):
    base = {
        "origin": "exercise", "source_id": "s", "nature": "event", "t_start": AT,
        "t_end": AT, "raw_sha256": "",
    }  # fmt: skip
    return pa.Table.from_pylist(
        [
            {**base, "observation_id": str(n), "raw_ref": f"f.csv#{n}", **row}
            for n, row in enumerate(rows, start=1)
        ],
        OBSERVATIONS,
    )


def placed(*rows, known=None):
    return place_by_name(seen(*rows), known or gazetteer(), file="f.csv")


def test_a_settlement_without_coordinates_lies_somewhere_in_the_area_above_it():
    (row,) = placed({"place_name": "Альв"}).records.to_pylist()
    assert (row["lon"], row["lat"], row["sigma_m"]) == (-25.5, 1.0, 9000.0)
    assert row["place_name"] == "Альв"


def test_a_named_oblast_is_as_uncertain_as_an_oblast():
    (row,) = placed({"place_name": "Southern oblast"}).records.to_pylist()
    assert row["sigma_m"] == 80_000.0


def test_an_ambiguous_name_gets_no_place_and_its_candidates():
    outcome = placed({"place_name": "Mill"})
    (issue,) = outcome.issues
    assert outcome.records["lon"].to_pylist() == [None]
    assert (issue.code, issue.warning) == ("place_ambiguous", True)
    assert "2 places: Mill settlement in Alvska, Northern [N12]" in issue.message
    assert "Mill settlement in Southern [S11]" in issue.message
    assert issue.where.line == 1


@pytest.mark.parametrize(
    "row",
    [
        {"place_name": "Mill, Southern oblast"},
        {"place_name": "Mill (Southern)"},
        {"place_name": "Mill", "sector": "Southern oblast"},
    ],
)
def test_an_area_that_is_named_beside_it_tells_two_places_apart(row):
    outcome = placed(row)
    assert outcome.records["lat"].to_pylist() == [-5.0]
    assert not outcome.issues


def test_a_former_name_tells_two_places_apart_and_alone_finds_the_place():
    beside = placed({"place_name": "Mill (formerly Red Mill)"})
    alone = placed({"place_name": "Red Mill"})
    assert beside.records["lat"].to_pylist() == [1.0]
    assert alone.records["lat"].to_pylist() == [1.0]
    assert [issue.code for issue in alone.issues] == ["place_read_as"]
    assert "Survey" in alone.issues[0].message


def test_another_transliteration_is_found_and_told():
    outcome = placed({"place_name": "Alw"})
    assert outcome.records["lat"].to_pylist() == [1.0]
    assert [issue.code for issue in outcome.issues] == ["place_read_as"]


def test_a_name_that_nobody_knows_is_told_and_the_row_is_kept():
    outcome = placed({"place_name": "Nowhere"}, {"place_name": "Alv"})
    assert outcome.records.num_rows == 2
    (issue,) = outcome.issues
    assert str(issue).startswith(
        "f.csv:1 (place_name): warning [place_unknown] `Nowhere` is in no gazetteer"
    )


def test_coordinates_and_sectors_are_never_replaced_by_a_name():
    point = {"place_name": "Alv", "lon": 3.0, "lat": 4.0, "sigma_m": 50.0}
    sector = {"place_name": "Alv", "observer_lon": 3.0, "observer_lat": 4.0}
    rows = placed(point, sector).records.to_pylist()
    assert (rows[0]["lon"], rows[0]["sigma_m"]) == (3.0, 50.0)
    assert rows[1]["lon"] is None


def test_outgoing_fire_at_a_named_place_is_no_finer_than_a_kilometre():
    near = [place("1", "Hut", lon=-25.123456, lat=1.0, sigma_m=100.0)]
    outcome = placed(
        {"place_name": "Hut", "assessment": "outgoing"}, known=gazetteer(near)
    )
    (row,) = outcome.records.to_pylist()
    assert (row["lon"], row["sigma_m"]) == (-25.12, 1000.0)


def test_places_that_name_each_other_as_their_area_are_no_endless_ring():
    ring = [place("1", "One", parent="2"), place("2", "Two", parent="1")]
    answer = gazetteer(ring).find("One")
    assert answer.place.lon is None


def test_a_name_of_an_area_and_of_a_town_in_it_means_the_wider():
    rows = [
        place("1", "Port", level="oblast", lon=0.0, lat=0.0, sigma_m=5e4),
        place(
            "2", "Port", level="settlement", parent="1", lon=0.1, lat=0.1, sigma_m=1e3
        ),
    ]
    assert gazetteer(rows).find("Port").place.sigma_m == 5e4
    assert gazetteer(rows).find("Port city").place.sigma_m == 1e3


def test_one_place_in_two_gazetteers_is_one():
    rows = [
        place("1", "Alv", level="settlement", lon=1.0, lat=2.0, sigma_m=500.0),
        place("x", "Alv", level="settlement", lon=1.0, lat=2.0, sigma_m=500.0),
        place("y", "Alv", level="settlement"),
    ]
    assert gazetteer(rows).find("Alv").place.lon == 1.0
