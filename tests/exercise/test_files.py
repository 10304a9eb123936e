import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tocsin.errors import WrongUse
from tocsin.exercise import FILES, write


def test_files_hold_what_was_generated(imagined, tmp_path):
    written = write(imagined, tmp_path / "out")
    for name in FILES:
        table = pq.read_table(written[name])
        assert table.equals(getattr(imagined, name))
        assert table.schema.metadata[b"origin"] == b"imagined"
    control = json.loads(written["control"].read_text(encoding="utf-8"))
    assert control["origin"] == "imagined"
    assert control["publisher"]
    parties = [f["properties"]["party"] for f in control["features"]]
    assert parties == ["Party A", "Party B"]


def test_writing_twice_gives_the_same_bytes_and_leaves_no_scraps(imagined, tmp_path):
    first = {n: p.read_bytes() for n, p in write(imagined, tmp_path).items()}
    again = {n: p.read_bytes() for n, p in write(imagined, tmp_path).items()}
    assert first == again
    assert not list(tmp_path.rglob("*.part"))


def test_a_file_in_place_of_the_folder_is_refused(imagined, tmp_path):
    place = tmp_path / "taken"
    place.write_text("")
    with pytest.raises(WrongUse, match="taken"):
        write(imagined, place)


def test_areas_are_written_by_the_module_itself(root, tmp_path):
    place = tmp_path / "areas.geojson"
    command = [sys.executable, "-m", "tocsin.exercise", str(place)]
    assert subprocess.run(command, check=False).returncode == 0
    committed = root / "agreements" / "exercise-lantern" / "areas.geojson"
    assert place.read_bytes() == committed.read_bytes()
    assert (
        subprocess.run(command[:-1], check=False, capture_output=True).returncode == 2
    )
