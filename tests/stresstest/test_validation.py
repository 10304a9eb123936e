"""The published record: by computation, on a fixture, and on the real records."""

import pytest

from tocsin.errors import WrongUse
from tocsin.stresstest.survival import durability_of
from tocsin.stresstest.validation import validate


def by_id(data=None):
    return {table.id: table for table in validate(data)}


@pytest.mark.parametrize("name", ["V4", "V5", "V6"])
def test_tables_that_need_no_data_are_reproduced(name):
    table = by_id()[name]
    assert table.state == "reproduced", table
    assert table.rows


@pytest.mark.parametrize("name", ["V1", "V3", "V8"])
def test_tables_that_need_data_say_what_to_supply(name):
    table = by_id()[name]
    assert table.state == "not_run"
    assert "supply" in table.note


def test_every_table_is_told_also_those_not_run():
    assert set(by_id()) == {f"V{n}" for n in range(1, 9)}


def alliances(folder, honoured_late=12):
    """Counts as published: 61 of 92 before 1945, 12 of 54 since."""
    lines = ["honorLLM,violateLLM,sample"]
    for sample, honoured, tested in ((1, 61, 92), (0, honoured_late, 54)):
        lines += [
            f"{int(at < honoured)},{int(at >= honoured)},{sample}"
            for at in range(tested)
        ]
    (folder / "alliances.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_honouring_of_alliances_is_counted_by_period(tmp_path):
    table = by_id(alliances(tmp_path))["V1"]
    assert table.state == "reproduced"
    assert [round(row.ours, 1) for row in table.rows] == [50.0, 66.3, 22.2]


def test_other_records_are_not_called_reproduced(tmp_path):
    table = by_id(alliances(tmp_path, honoured_late=40))["V1"]
    assert table.state == "partly"


def test_alliances_without_their_columns_are_refused(tmp_path):
    (tmp_path / "alliances.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="honorLLM"):
        validate(tmp_path)


def test_durability_without_its_file_is_refused(tmp_path):
    with pytest.raises(WrongUse, match="fortna_peace_spells"):
        durability_of(tmp_path)


def test_peacekeeping_tables_are_reproduced_from_the_real_records(shared_data):
    found = by_id(shared_data / "durability")
    assert found["V3"].state == "reproduced"
    assert found["V8"].state == "reproduced", found["V8"]


def test_durability_shows_its_reference_class(shared_data):
    found = durability_of(shared_data / "durability")
    assert found.reference_class in found.sentence
    assert "no forecast" in found.sentence
    assert found.shape < 1
    for curve in found.curves:
        pairs = zip(curve.low, curve.survived, curve.high, strict=True)
        assert all(low <= middle <= high for low, middle, high in pairs)
