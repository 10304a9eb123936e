"""The zoo of broken files: each is refused with a clear message, or read whole."""

import gzip
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.connectors import read_control, read_source
from tocsin.errors import SourceUnusable

DESCRIPTION = """
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
bounds = [22.0, 44.0, 40.5, 52.5]
[table.columns]
t_start = "when"
kind = "what"
lon = "x"
lat = "y"
"""
HEAD = "when,what,x,y\n"
ROW = "2025-03-03 10:00,shot,37.1,48.6\n"


@pytest.fixture
def reads(tmp_path):
    described = tmp_path / "village.toml"
    described.write_text(DESCRIPTION, encoding="utf-8")

    def read(content, name="log.csv"):
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_source(str(described), file)

    read.description = str(described)
    return read


@pytest.fixture
def refuses(reads):
    def refused(content, name="log.csv"):
        with pytest.raises(SourceUnusable) as caught:
            reads(content, name)
        return caught.value.issue

    return refused


@pytest.fixture
def parquet(tmp_path):
    file = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"when": ["2025-03-03"] * 5000}), file)
    return file.read_bytes()


def test_empty_file(refuses):
    for name in ("log.csv", "log.geojson", "log.parquet"):
        assert refuses(b"", name).code == "file_empty"
    assert refuses(gzip.compress(b""), "log.csv.gz").code == "file_empty"


def test_file_that_is_not_there(reads, tmp_path):
    with pytest.raises(SourceUnusable) as caught:
        read_source(reads.description, tmp_path / "none.csv")
    assert caught.value.issue.code == "file_missing"


def test_folder_in_place_of_a_file(reads, tmp_path):
    folder = tmp_path / "log.csv"
    folder.mkdir()
    with pytest.raises(SourceUnusable, match="a folder, not a file"):
        read_source(reads.description, folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_that_may_not_be_read(reads, tmp_path):
    file = tmp_path / "log.csv"
    file.write_text(HEAD + ROW)
    file.chmod(0)
    with pytest.raises(SourceUnusable, match="cannot be read"):
        read_source(reads.description, file)


def test_device_that_fails_while_it_is_read(reads, tmp_path):
    link = tmp_path / "log.csv"
    link.symlink_to(link)
    with pytest.raises(SourceUnusable) as caught:
        read_source(reads.description, link)
    assert caught.value.issue.code == "file_missing"


def test_parquet_that_is_cut_short(refuses, parquet):
    for length in (4, len(parquet) // 2, len(parquet) - 1):
        issue = refuses(parquet[:length], "log.parquet")
        assert issue.code == "file_damaged"
        assert issue.repair == "get it again"


def test_parquet_with_a_flipped_byte_is_never_read_wrong(reads, parquet):
    for at in range(4, len(parquet) - 8, 97):
        broken = bytearray(parquet)
        broken[at] ^= 0xFF
        try:
            reading = reads(bytes(broken), "log.parquet")
        except SourceUnusable:
            continue
        assert reading.adds_up


def test_archive_that_is_cut_short(refuses):
    whole = gzip.compress((HEAD + ROW * 1000).encode())
    assert refuses(whole[:-20], "log.csv.gz").code == "file_damaged"
    assert refuses(whole[:15], "log.csv.gz").code == "file_damaged"


def test_csv_under_the_name_of_parquet(refuses):
    assert refuses(HEAD + ROW, "log.parquet").code == "file_damaged"


def test_parquet_under_the_name_of_csv(refuses, parquet):
    assert refuses(parquet, "log.csv").code == "file_damaged"


def test_geojson_that_is_cut_short_or_is_none(refuses):
    assert "not whole" in refuses('{"type": "FeatureColl', "log.geojson").message
    assert "no `features`" in refuses('{"type": "x"}', "log.geojson").message
    assert "no `features`" in refuses("[1]", "log.geojson").message
    assert "no list" in refuses('{"features": 3}', "log.geojson").message


def test_bytes_that_are_no_text_in_geojson(refuses, tmp_path):
    broken = b'{"features": [], "prop\x84ies": 1}'
    assert refuses(broken, "log.geojson").code == "file_damaged"
    control = tmp_path / "control.geojson"
    control.write_bytes(broken)
    with pytest.raises(SourceUnusable) as caught:
        read_control(control)
    assert caught.value.issue.code == "file_damaged"


def test_parquet_whose_notes_are_no_text_is_read_without_them(reads, tmp_path):
    table = pa.table(
        {"when": ["2025-03-03"], "what": ["shot"], "x": [37.1], "y": [48.6]}
    )
    file = tmp_path / "notes.parquet"
    pq.write_table(table.replace_schema_metadata({b"note": b"\xff\xc7"}), file)
    assert reads(file.read_bytes(), "log.parquet").kept == 1


def test_byte_order_mark(reads):
    assert reads(b"\xef\xbb\xbf" + (HEAD + ROW).encode()).kept == 1


def test_other_delimiter(reads):
    assert reads((HEAD + ROW).replace(",", ";")).kept == 1


def test_cp1252_bytes_are_refused_with_the_line_and_the_way_out(refuses):
    text = HEAD + ROW + "2025-03-03 11:00,Fauré,37.1,48.6\n"
    issue = refuses(text.encode("cp1252"))
    assert (issue.code, issue.where.line) == ("file_damaged", 3)
    assert "0xE9" in issue.message
    assert "cp1252" in issue.repair


def test_zero_bytes_in_a_text_file(refuses):
    assert refuses(HEAD + ROW + "\0\0\0").code == "file_damaged"


def test_renamed_column_is_named_with_the_nearest(refuses):
    issue = refuses((HEAD + ROW).replace("what", "What"))
    assert issue.code == "column_missing"
    assert "`what` did you mean `What`?" in issue.message


def test_reordered_columns_are_the_same_rows(reads):
    plain = reads(HEAD + ROW).observations
    other = reads("y,x,what,when\n48.6,37.1,shot,2025-03-03 10:00\n").observations
    assert plain.equals(other)


def test_two_columns_of_one_name(refuses):
    assert "`what`" in refuses("when,what,what,x,y\n").message


def test_file_without_a_head_line(refuses):
    assert refuses(ROW + ROW).code == "column_missing"


def test_quote_that_is_never_closed_does_not_swallow_the_rest(refuses):
    stray = '2025-03-03 09:00,"shot,37.1,48.6\n'
    for text in (
        HEAD + stray + ROW * 50,
        HEAD + stray + ROW * 50 + stray + ROW,
        HEAD + ROW * 50 + ROW.replace("48.6", '"48.6') + ROW,
    ):
        issue = refuses(text)
        assert "not closed" in issue.message
        assert issue.where.line > 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2025-03-03 10:00,shot,NaN,NaN", "value_invalid"),
        ("2025-03-03 10:00,shot,inf,48.6", "value_invalid"),
        ("2025-03-03 10:00,shot,48.6,37.1", "place_invalid"),
        ("2025-03-03 10:00,shot,371,48.6", "place_invalid"),
        ("0001-01-01 00:00,shot,37.1,48.6", "time_invalid"),
        ("2025-02-30 10:00,shot,37.1,48.6", "time_invalid"),
        ("10 o'clock,shot,37.1,48.6", "time_invalid"),
        (",shot,37.1,48.6", "value_missing"),
        ("2025-03-03 10:00,shot", "value_invalid"),
        ("2025-03-03 10:00,shot,37.1,48.6,more", "value_invalid"),
        ("2025-03-03 10:00,<script>,37.1,48.6", "value_invalid"),
    ],
)
def test_bad_row_among_good_ones(reads, row, code):
    reading = reads(HEAD + ROW + row + "\n" + ROW.replace("10:00", "12:00"))
    assert (reading.rows_read, reading.kept) == (3, 2)
    assert reading.adds_up
    assert reading.issues[0].code == code
    assert reading.issues[0].where.line == 3


def test_hours_of_a_clock_change(reads, tmp_path):
    described = tmp_path / "kyiv.toml"
    text = DESCRIPTION.replace('"UTC"', '"Europe/Kyiv"')
    described.write_text(text, encoding="utf-8")
    file = tmp_path / "log.csv"
    twice = ROW.replace("2025-03-03 10:00", "2025-10-26 03:30")
    never = ROW.replace("2025-03-03 10:00", "2025-03-30 03:30")
    file.write_text(HEAD + twice + never)
    reading = read_source(str(described), file)
    assert reading.adds_up
    [row] = reading.observations.to_pylist()
    assert (row["t_end"] - row["t_start"]).total_seconds() == 3600
    assert "clocks went forward" in reading.issues[0].message


def test_times_without_a_zone(reads, tmp_path):
    described = tmp_path / "nowhere.toml"
    described.write_text(DESCRIPTION.replace('zone = "UTC"', ""), encoding="utf-8")
    file = tmp_path / "log.csv"
    file.write_text(HEAD + ROW + ROW.replace("10:00", "11:00Z"))
    reading = read_source(str(described), file)
    assert (reading.kept, reading.issues.counts()) == (1, {"time_without_zone": 1})


def test_file_of_bad_rows_only(reads):
    reading = reads(HEAD + "x,x,x,x\n" * 20_000)
    assert (reading.kept, reading.issues.refused) == (0, 20_000)
    assert reading.adds_up


LONG_LINE = """
import sys, resource
from tocsin.connectors import read_control, read_source
from tocsin.errors import SourceUnusable
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_source(sys.argv[1], sys.argv[2])
except SourceUnusable as refused:
    print(refused.issue.message)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("packed", [False, True])
def test_200_mb_of_one_line_are_refused_in_little_memory(reads, tmp_path, packed):
    file = tmp_path / ("line.csv.gz" if packed else "line.csv")
    with gzip.open(file, "wb", 1) if packed else file.open("wb") as opened:
        for _ in range(200):
            opened.write(b"x" * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", LONG_LINE, reads.description, str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    message, grown_mb = done.stdout.splitlines()
    assert message == "a line is longer than 4 MiB"
    assert int(grown_mb) < 60


def test_limits_are_told_in_the_docs(root):
    text = (root / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")
    assert "4 MiB" in text
    assert "256 MiB" in text


def test_a_feature_or_a_line_that_says_nothing_is_an_issue(tmp_path):
    from tocsin.connectors import read_places, read_source

    collection = tmp_path / "f.geojson"
    collection.write_text('{"features": [{"geometry": null, "properties": null}]}')
    with pytest.raises(SourceUnusable) as caught:
        read_places("minregion-oblasts", collection)
    assert caught.value.issue.code == "column_missing"
    log = tmp_path / "l.jsonl"
    log.write_text('{}\n{"t_start": "2025-03-03T00:00:00Z", "origin": "exercise"}\n')
    reading = read_source("manual-log", log)
    assert (reading.rows_read, reading.kept) == (2, 1)
    assert reading.adds_up


def test_a_parquet_file_with_a_flipped_byte_is_damaged_and_not_missing(tmp_path):
    from tocsin.connectors import read_source

    file = tmp_path / "v.parquet"
    rows = pa.table({"datetime": ["2024-01-01 00:00"] * 50, "headline": ["x"] * 50})
    pq.write_table(rows, file, write_page_checksum=True, compression="zstd")
    whole = file.read_bytes()
    codes = set()
    for at in range(4, 120, 3):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        try:
            read_source("viina", file)
        except SourceUnusable as refused:
            codes.add(refused.issue.code)
    assert "file_missing" not in codes
    assert "file_damaged" in codes


def test_bytes_that_are_no_text_are_their_digits(tmp_path):
    file = tmp_path / "v.parquet"
    table = pa.table(
        {
            "datetime": ["2024-01-01 00:00"],
            "headline": [b"\xff\x00"],
            "lon": [30.0],
            "lat": [50.0],
            "place_name": ["Kyiv"],
            "event_type": ["uav"],
        }
    )
    pq.write_table(table, file)
    reading = read_source("viina", file)
    assert reading.adds_up
    assert '"headline":"ff00"' in reading.observations["detail"][0].as_py()


def test_a_number_too_long_for_a_table_is_an_issue_of_its_row(tmp_path):
    log = tmp_path / "l.jsonl"
    start = '{"origin":"exercise","t_start":"2025-03-03T00:00:00Z","count":'
    log.write_text(f"{start}{'9' * 40}}}\n{start}3}}\n")
    reading = read_source("manual-log", log)
    assert reading.adds_up
    assert reading.observations["count"].to_pylist() == [3]
    assert [issue.code for issue in reading.issues] == ["value_invalid"]
