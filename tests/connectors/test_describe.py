from tocsin.connectors import describe_all
from tocsin.connectors.describe import sources_page


def test_page_of_sources_is_current(root):
    page = (root / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
    assert sources_page(describe_all()) in page, "run `make reference`"


def test_every_key_of_a_mapping_is_explained(root):
    from tocsin.evidence.mapping import UNITS, Column, Mapping

    page = (root / "docs" / "how-to" / "describe-a-table.md").read_text(
        encoding="utf-8"
    )
    keys = [*Mapping.__struct_encode_fields__, *Column.__struct_encode_fields__]
    assert not [key for key in keys if f"| `{key}` |" not in page]
    assert not [unit for unit in UNITS if unit != "one" and f"`{unit}`" not in page]


def test_example_of_the_guide_is_a_valid_description(root, tmp_path):
    from tocsin.connectors import read_source

    page = (root / "docs" / "how-to" / "describe-a-table.md").read_text(
        encoding="utf-8"
    )
    block = page.partition("```toml\n")[2].partition("```")[0]
    file = tmp_path / "camera-log.toml"
    file.write_text("\n".join(line[3:] for line in block.splitlines()))
    table = tmp_path / "log.csv"
    table.write_text(
        "entry,Date and time,No.,Distance,Observation,Remarks\n"
        "1,03.03.2021 23:15,3,2.5,Explosion,loud\n"
    )
    reading = read_source(str(file), table)
    assert reading.adds_up
    [row] = reading.observations.to_pylist()
    assert (row["kind"], row["count"], row["range_max_m"]) == ("explosion", 3, 2500)
