"""Gazetteers are files that the user gives, read through a description."""

import pyarrow as pa
import pytest

from tocsin.connectors import read_places, read_source
from tocsin.errors import SourceUnusable
from tocsin.evidence import Gazetteer

OWN = """name,level,parent,variants,formerly,lon,lat,sigma_m
Brook,settlement,,Брук|Le Brook,Redtown|Old Brook,-25.5,1.0,800
Meadow,settlement,,,,,,
Far,settlement,,,,200,1,5
"""


def test_a_gazetteer_of_ones_own_needs_no_description(tmp_path):
    (tmp_path / "places.csv").write_text(OWN, encoding="utf-8")
    reading = read_places("tocsin-places", tmp_path / "places.csv")
    brook, meadow = reading.places.to_pylist()
    assert brook["variants"] == ["Брук", "Le Brook"]
    assert brook["formerly"] == ["Redtown", "Old Brook"]
    assert meadow["lon"] is None
    assert reading.adds_up
    assert [issue.code for issue in reading.issues] == ["place_invalid"]


def test_a_gazetteer_is_no_evidence_and_evidence_no_gazetteer(tmp_path):
    with pytest.raises(SourceUnusable, match="--gazetteer tocsin-places="):
        read_source("tocsin-places", tmp_path / "places.csv")
    with pytest.raises(SourceUnusable, match="is no gazetteer"):
        read_places("viina", tmp_path / "viina.csv")


def ukraine(shared_data, *more):
    folder = shared_data / "boundaries"
    files = {
        "cod-areas": "gazetteer_raions_hromadas.csv",
        "cod-settlements": "settlement_pcodes_names.csv.gz",
        "cod-oblasts": "oblast_pcodes.csv",
        "minregion-oblasts": "ukraine_oblasts_minregion_2020_simplified.geojson",
    }
    readings = [read_places(i, folder / file) for i, file in files.items()]
    assert [(r.kept, len(r.issues)) for r in readings] == [
        (1908, 0), (29708, 0), (27, 0), (27, 0)
    ]  # fmt: skip
    tables = [reading.places for reading in (*readings, *more)]
    return Gazetteer(pa.concat_tables(tables), publishers={})


def test_the_real_gazetteers_answer_in_three_scripts(shared_data, tmp_path):
    file = tmp_path / "former.csv"
    file.write_text(
        "name,level,parent,variants,formerly\n"
        "Kadiivka,settlement,UA4402005,Кадіївка,Stakhanov|Стаханов\n"
    )
    known = ukraine(shared_data, read_places("tocsin-places", file))
    assert known.find("Донецьк").place == known.find("Donetsk").place
    kadiivka = known.find("Kadiivka (formerly Stakhanov)").place
    assert kadiivka.name == "Kadiivka"
    assert known.find("Стаханов").place.lon == kadiivka.lon
    assert known.find("Бахчисарайский район").place.name == "Bakhchysaraiskyi"
    assert known.find("Kyivska oblast").place.sigma_m > 100_000
    assert known.find("Київська область").place.sigma_m > 100_000


def test_the_real_gazetteer_answers_an_ambiguous_name_with_candidates(shared_data):
    known = ukraine(shared_data)
    assert known.find("Andriivka").place is None
    assert len(known.find("Andriivka").candidates) == 73
    assert len(known.find("Andriivka, Donetska oblast").candidates) == 10
