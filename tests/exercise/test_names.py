"""No real country and no real place: an exercise must never accuse anybody."""

import csv
import gzip
import json
import re

import pytest

from tocsin.exercise import LANTERN, aliased, areas_geojson

COUNTRIES = """
afghanistan albania algeria andorra angola argentina armenia australia austria
azerbaijan bahamas bahrain bangladesh barbados belarus belgium belize benin
bhutan bolivia bosnia botswana brazil brunei bulgaria burkina burundi cambodia
cameroon canada chad chile china colombia comoros congo croatia cuba cyprus
czechia denmark djibouti dominica ecuador egypt eritrea estonia eswatini
ethiopia fiji finland france gabon gambia georgia germany ghana greece grenada
guatemala guinea guyana haiti honduras hungary iceland india indonesia iran iraq
ireland israel italy jamaica japan jordan kazakhstan kenya kiribati korea kosovo
kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein
lithuania luxembourg madagascar malawi malaysia maldives mali malta mauritania
mauritius mexico micronesia moldova monaco mongolia montenegro morocco
mozambique myanmar namibia nauru nepal netherlands nicaragua niger nigeria
norway oman pakistan palau palestine panama paraguay peru philippines poland
portugal qatar romania russia rwanda samoa senegal serbia seychelles singapore
slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan
tajikistan tanzania thailand togo tonga tunisia turkey turkiye turkmenistan
tuvalu uganda ukraine uruguay uzbekistan vanuatu vatican venezuela vietnam yemen
zambia zimbabwe britain england scotland wales america crimea donbas donetsk
luhansk kyiv moscow london paris washington berlin brussels
"""


CAST_WORDS = {
    word.casefold()
    for group in LANTERN.__struct_fields__
    for name in (
        (getattr(LANTERN, group),)
        if isinstance(getattr(LANTERN, group), str)
        else getattr(LANTERN, group)
    )
    for word in name.split()
}


def names_in(exercise):
    for table in (
        exercise.observations,
        exercise.watch,
        exercise.register,
        exercise.truth_breaches,
        exercise.truth_events,
    ):
        for column in table.schema:
            if str(column.type) == "string":
                yield from set(table[column.name].drop_null().to_pylist())
    for source in exercise.sources:
        yield from (source.owner, source.title, source.publisher)
    for feature in exercise.control["features"]:
        yield feature["properties"]["party"]


def test_no_name_of_the_cast_is_a_country_or_a_capital():
    assert not CAST_WORDS & {*COUNTRIES.split()}


def test_every_settlement_has_a_name_of_its_own():
    assert len(set(LANTERN.settlements)) == len(LANTERN.settlements) >= 1_500


@pytest.mark.shared_data
def test_no_settlement_bears_a_real_name(shared_data):
    with gzip.open(
        shared_data / "boundaries" / "settlement_pcodes_names.csv.gz", "rt"
    ) as file:
        real = {row["name_en"].casefold() for row in csv.DictReader(file)}
    ours = {*LANTERN.settlements, *LANTERN.sectors, *LANTERN.areas}
    assert not {name.casefold() for name in ours} & real


def test_no_word_in_any_table_is_a_country(lantern):
    words = {
        word.casefold()
        for name in names_in(lantern)
        for word in re.findall(r"[^\W\d_]+", name)
    }
    assert not words & {*COUNTRIES.split()}


def test_imagined_history_names_nobody(imagined):
    text = "\n".join(names_in(imagined)).casefold()
    named = {
        *LANTERN.parties,
        *LANTERN.guarantors,
        LANTERN.lead,
        *LANTERN.sectors,
        *LANTERN.sites,
        *LANTERN.ranges,
    }
    assert not [name for name in named if name.casefold() in text]
    assert "party a" in text
    assert "guarantor 1" in text


def test_imagined_areas_name_nobody():
    text = json.dumps(areas_geojson(aliased(LANTERN)))
    assert not [name for name in (*LANTERN.parties, *LANTERN.sectors) if name in text]


def test_origin_stands_in_every_row_and_every_source(lantern, imagined):
    for exercise, origin in ((lantern, "exercise"), (imagined, "imagined")):
        for table in (exercise.observations, exercise.watch, exercise.register):
            assert table["origin"].unique().to_pylist() == [origin]
        ids = {*exercise.observations["source_id"].to_pylist()}
        assert all(name.startswith(f"{origin}-") for name in ids)
        assert ids <= {source.id for source in exercise.sources}
        assert {source.origin for source in exercise.sources} == {origin}
