import pytest

from tocsin.connectors import describe_all, description, read_source
from tocsin.errors import SourceUnusable
from tocsin.evidence import read_mapping

OWN = """
id = "village-log"
title = "Village log"
publisher = "Village office"
owner = "Village office"
way_of_knowing = "residents"
licence = "none"
origin = "exercise"
[coverage]
area = "one village"
[table]
zone = "UTC"
[table.columns]
t_start = "when"
kind = "what"
"""


def own(tmp_path, text=OWN):
    file = tmp_path / "my-table.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def fault(source_id):
    with pytest.raises(SourceUnusable) as caught:
        description(source_id)
    return caught.value.issue


def test_every_source_says_who_owns_it_how_it_knows_and_what_is_wrong_with_it():
    for source in describe_all():
        assert source.publisher, source.id
        assert source.owner, source.id
        assert source.way_of_knowing, source.id
        assert source.licence, source.id
        own_layout = source.table.get("layout") == "tocsin"
        assert source.faults or own_layout, source.id


def test_ids_are_unique_ordered_and_those_of_their_files(root):
    ids = [source.id for source in describe_all()]
    assert ids == sorted(set(ids))
    folder = root / "src" / "tocsin" / "connectors" / "sources"
    assert ids == sorted(file.stem for file in folder.glob("*.toml"))


def test_every_mapping_is_valid():
    for source in describe_all():
        if source.connector == "tables":
            read_mapping(source.id, source.table, gives=source.gives)


def test_unknown_source_is_answered_with_the_nearest():
    issue = fault("osce-daily")
    assert issue.code == "source_unknown"
    assert issue.repair == "did you mean `osce-smm-daily`?"
    assert "tocsin sources" in fault("xyz").repair


def test_description_of_ones_own_reads_a_table(tmp_path):
    table = tmp_path / "log.csv"
    table.write_text("when,what\n2025-03-03 10:00,shot\n", encoding="utf-8")
    reading = read_source(own(tmp_path), table)
    assert reading.adds_up
    assert reading.observations["source_id"].to_pylist() == ["village-log"]


def test_description_of_ones_own_may_start_from_a_built_in_one(tmp_path):
    head = OWN.partition("[table]")[0]
    file = own(
        tmp_path, head + '[table]\nlike = "ucdp-ged"\n[table.columns]\nlon = "x"'
    )
    columns = description(file).table["columns"]
    assert (columns["lon"], columns["lat"]) == ("x", "latitude")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("publisher", "publishr"), "publishr"),
        (('"what"', '{ from = "what", unit = "verst" }'), "verst"),
        (('kind = "what"', 'knd = "what"'), "did you mean `kind`?"),
        (("[coverage]", "[coverage"), "not TOML"),
        (('id = "village-log"', 'id = "ucdp-ged"'), "my-ucdp-ged"),
        (('zone = "UTC"', 'like = "nothing"'), "`nothing`"),
        (("title", 'connector = "magic"\ntitle'), "`magic` is no connector"),
    ],
)
def test_error_in_a_description_of_ones_own_is_named(tmp_path, change, words):
    issue = fault(own(tmp_path, OWN.replace(*change, 1)))
    assert issue.code == "description_invalid"
    assert words in str(issue)


def test_description_that_is_not_there_is_told(tmp_path):
    assert fault(str(tmp_path / "none.toml")).code == "file_missing"


def test_control_layer_is_not_read_as_evidence(tmp_path):
    with pytest.raises(SourceUnusable, match="--control"):
        read_source("deepstate-control", tmp_path / "x.parquet")
