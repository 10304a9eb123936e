"""Tables as files: what a well-made one gives, in each format."""

import gzip
import json
from datetime import UTC, datetime

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors import tables
from tocsin.connectors.registry import read_source
from tocsin.errors import SourceUnusable
from tocsin.model import COVERAGE, OBSERVATIONS, REGISTER, SourceDescription

PLAIN = {
    "id": "mine",
    "title": "Mine",
    "publisher": "P",
    "owner": "P",
    "way_of_knowing": "patrols",
    "licence": "none",
    "origin": "exercise",
    "coverage": {"area": "Lantern"},
    "table": {
        "zone": "UTC",
        "columns": {
            "t_start": "when",
            "kind": "what",
            "lon": {"from": "lon", "optional": True},
            "lat": {"from": "lat", "optional": True},
            "sigma_m": {"from": "extent_m", "optional": True},
        },
    },
}
ROWS = [("2025-03-03 10:00", "shot"), ("2025-03-03 11:00", "burst")]


def source(**table):
    return msgspec.convert(
        PLAIN | {"table": {**PLAIN["table"], **table}}, SourceDescription
    )


def csv(rows=ROWS, *, delimiter=",", end="\n"):
    lines = [delimiter.join(cells) for cells in [("when", "what"), *rows]]
    return end.join(lines) + end


def read(tmp_path, content, name="w.csv", **table):
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = tables.read(file, source(**table))
    assert reading.adds_up
    return reading


@pytest.mark.parametrize(
    "content",
    [
        csv(),
        csv(end="\r\n"),
        csv(end="\r\n").rstrip(),
        csv(delimiter=";"),
        csv(delimiter="\t"),
        csv(delimiter="|"),
        "\n" + csv().replace("\n", "\n\n"),
        b"\xef\xbb\xbf" + csv().encode(),
        csv().encode("utf-16"),
        gzip.compress(csv().encode()),
        csv().replace("when", " when ").replace("shot", ' "shot"'.strip()),
    ],
    ids=[
        *("comma", "crlf", "no-end", "semicolon", "tab", "bar"),
        *("blank-lines", "bom", "utf-16", "gzip", "padded"),
    ],
)
def test_same_table_in_any_dress_gives_the_same_observations(tmp_path, content):
    name = "w.csv.gz" if content[:1] == b"\x1f" else "w.csv"
    kinds = read(tmp_path, content, name).observations["kind"].to_pylist()
    assert kinds == ["shot", "burst"]


def test_cp1252_is_read_where_the_description_says_so(tmp_path):
    rows = [("2025-03-03 10:00", "shot", "Fauré")]
    text = csv(rows).replace("what\n", "what,who\n").encode("cp1252")
    reading = read(tmp_path, text, encoding="cp1252", detail={"who": "who"})
    assert reading.observations["detail"].to_pylist() == ['{"who":"Fauré"}']


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(tmp_path):
    text = 'when,what,who\n2025-03-03,shot,"a ""b"", c\nd"\n2025-03-04,burst,e\n'
    reading = read(tmp_path, text, detail={"who": "who"})
    details = reading.observations["detail"].to_pylist()
    assert [json.loads(d)["who"] for d in details] == ['a "b", c\nd', "e"]


def test_row_with_too_many_or_too_few_cells_is_an_issue_and_the_rest_is_read(tmp_path):
    text = (
        csv() + "2025-03-03 12:00\n2025-03-03 13:00,shot,shot\n2025-03-03 14:00,shot\n"
    )
    reading = read(tmp_path, text)
    assert reading.rows_read == 5
    assert [issue.where.line for issue in reading.issues] == [4, 5]
    refs = reading.observations["raw_ref"].to_pylist()
    assert refs == ["w.csv#2", "w.csv#3", "w.csv#6"]
    assert "3 cells where the head line names 2" in reading.issues[1].message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("when,what\n2025-03-03,shot\n2025-03-03,bang\n", 3),
        ("when,what\n2025-03-03,shot\n2025-03-03,bang", 3),
        ("\nwhen,what\n\n2025-03-03,shot\n\n\n2025-03-03,bang\n", 7),
        ("\r\nwhen,what\r\n2025-03-03,shot\r\n\r\n2025-03-03,bang\r\n", 5),
        ('when,what\n2025-03-03,"shot"\n2025-03-03,"bang"\n', 3),
        ('when,what,who\n2025-03-03,shot,"a\nb\n""c"""\n2025-03-03,bang,d\n', 5),
        ('when,what,who\n2025-03-03,shot,"a\nb"\n\n2025-03-03,bang,"c\n"\n', 5),
    ],
)
def test_an_issue_names_the_line_of_the_file_that_a_person_opens(tmp_path, text, line):
    reading = read(tmp_path, text)
    [issue] = reading.issues
    assert "`bang` is no kind" in issue.message
    assert issue.where.line == line
    shown = text.replace("\r", "").split("\n")[line - 1]
    assert shown.startswith("2025-03-03")
    assert "bang" in shown


def test_an_observation_names_the_line_of_its_file_too(tmp_path):
    text = 'when,what,who\n2025-03-03,shot,"a\nb"\n2025-03-04,burst,c\n'
    reading = read(tmp_path, text)
    assert reading.observations["raw_ref"].to_pylist() == ["w.csv#2", "w.csv#4"]


def test_parquet_keeps_types(tmp_path):
    file = tmp_path / "w.parquet"
    when = [datetime(2025, 3, 3, 10, tzinfo=UTC), None]
    pq.write_table(pa.table({"when": when, "what": ["shot", "shot"]}), file)
    reading = tables.read(file, source())
    assert reading.adds_up
    assert reading.observations["t_start"].to_pylist() == when[:1]
    assert reading.issues[0].code == "value_missing"


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_geojson_gives_points_and_centres_with_their_extent(tmp_path):
    box = [[[0, 0], [0.02, 0], [0.02, 0.02], [0, 0.02], [0, 0]]]
    features = [
        feature(
            {"type": "Point", "coordinates": [1, 2]}, when="2025-03-03", what="shot"
        ),
        feature(
            {"type": "Polygon", "coordinates": box}, when="2025-03-03", what="burst"
        ),
        feature(None, when="2025-03-03", what="crater"),
        {"type": "Feature", "geometry": {"type": "Point"}, "properties": {}},
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    reading = read(tmp_path, text, "w.geojson")
    lons = reading.observations["lon"].to_pylist()
    assert lons == [1, pytest.approx(0.01), None]
    assert reading.observations["sigma_m"][1].as_py() == pytest.approx(1574, rel=0.01)
    assert (reading.rows_read, reading.issues[0].where.line) == (4, 4)


def test_format_may_be_said_where_the_name_does_not(tmp_path):
    assert read(tmp_path, csv(), "w.log", format="csv").kept == 2
    with pytest.raises(SourceUnusable, match="does not say what it is"):
        read(tmp_path, csv(), "w.log")


def test_file_digest_is_taken_where_a_description_expects_one(tmp_path):
    plain = PLAIN | {"expected": {"rows": 9, "file_sha256": "0" * 64}}
    file = tmp_path / "w.csv"
    file.write_text(csv())
    reading = tables.read(file, msgspec.convert(plain, SourceDescription))
    assert not len(reading.issues)


# --- Tocsin's own columns


def own(tmp_path, schema, rows, name):
    given = [
        f for f in schema if f.name not in {"observation_id", "raw_sha256", "raw_ref"}
    ]
    file = tmp_path / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(given)), file)
    return file


AT = datetime(2025, 3, 3, 10, tzinfo=UTC)


def test_tables_of_an_exercise_are_read_in_tocsins_own_columns(tmp_path):
    common = {"origin": "exercise", "source_id": "exercise-patrols"}
    observation = common | {
        "nature": "event",
        "t_start": AT,
        "t_end": AT,
        "kind": "shot",
        "rel_to": ["Aurelia"],
    }
    watch = common | {"sector": "Alvenor", "t_start": AT, "t_end": AT, "share": 0.5}
    act = common | {"act": "meet", "party": "Coalition", "t": AT}
    files = {
        "exercise-observations": own(tmp_path, OBSERVATIONS, [observation], "o"),
        "exercise-watch": own(tmp_path, COVERAGE, [watch], "w"),
        "exercise-register": own(tmp_path, REGISTER, [act], "r"),
    }
    readings = {name: read_source(name, file) for name, file in files.items()}
    assert all(reading.adds_up and reading.kept == 1 for reading in readings.values())
    [row] = readings["exercise-observations"].observations.to_pylist()
    assert (row["source_id"], row["rel_to"]) == ("exercise-patrols", ["Aurelia"])
    assert readings["exercise-watch"].coverage["share"].to_pylist() == [0.5]
    assert readings["exercise-register"].register["raw_ref"].to_pylist() == [
        "r.parquet#1"
    ]


def test_observed_rows_are_not_taken_as_an_exercise(tmp_path):
    row = {"origin": "observed", "source_id": "x", "act": "meet", "party": "C", "t": AT}
    file = own(tmp_path, REGISTER, [row], "r")
    with pytest.raises(SourceUnusable) as caught:
        read_source("exercise-register", file)
    assert caught.value.issue.code == "origin_mixed"
    assert read_source("tocsin-register", file).source.origin == "observed"


def test_what_tocsin_wrote_is_read_again_with_the_same_ids(tmp_path):
    first = tables.read(_write(tmp_path / "a.csv", csv()), source()).observations
    pq.write_table(first, tmp_path / "again.parquet")
    again = read_source("tocsin-observations", tmp_path / "again.parquet")
    assert again.observations.equals(first)


def _write(file, text):
    file.write_text(text)
    return file


# --- the law, from bytes to issues


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_characters='"\0', exclude_categories=["Cs"]),
                max_size=5,
            ),
            max_size=4,
        ),
        max_size=8,
    )
)
def test_rows_read_are_observations_and_refusing_issues(tmp_path_factory, lines):
    body = "\n".join(",".join(cells) for cells in lines)
    file = tmp_path_factory.mktemp("law") / "w.csv"
    file.write_bytes(f"when,what\n{body}\n".encode())
    reading = tables.read(file, source())
    assert reading.adds_up


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, content):
    for name in ("w.csv", "w.geojson", "w.parquet", "w.csv.gz"):
        file = tmp_path_factory.mktemp("bytes") / name
        file.write_bytes(content)
        try:
            reading = tables.read(file, source())
        except SourceUnusable:
            continue
        assert reading.adds_up
