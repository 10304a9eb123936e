from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.errors import StoreDamaged, WrongUse
from tocsin.model import Issue
from tocsin.store import FolderStore

_spec = importlib.util.spec_from_file_location(
    "store_contract", Path(__file__).with_name("contract.py")
)
assert _spec is not None
assert _spec.loader is not None
_contract = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_contract)
StoreContract = _contract.StoreContract


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "out")


class TestFolderStore(StoreContract):  # type: ignore[misc,valid-type]
    def test_a_folder_with_other_peoples_files_is_refused(self, tmp_path: Path):
        (tmp_path / "thesis.docx").write_text("mine")
        with pytest.raises(WrongUse, match="not empty"):
            FolderStore(tmp_path)

    def test_a_file_in_place_of_the_folder_is_refused(self, tmp_path: Path):
        (tmp_path / "out").write_text("")
        with pytest.raises(WrongUse, match="is a file"):
            FolderStore(tmp_path / "out")

    def test_a_changed_byte_in_a_segment_is_noticed(self, store: FolderStore):
        self.commit(store, {})
        (segment,) = (store.folder / "segments").iterdir()
        segment.write_bytes(segment.read_bytes()[:-40])
        with pytest.raises(StoreDamaged, match="run again"):
            store.view().table("observations")

    def test_a_missing_record_file_is_said(self, store: FolderStore):
        self.commit(store, {})
        (records,) = (store.folder / "records").iterdir()
        records.unlink()
        with pytest.raises(StoreDamaged, match="run `tocsin run` again"):
            store.view().records("issues", Issue)

    def test_a_changed_value_in_a_segment_is_noticed(self, store: FolderStore):
        self.commit(store, {})
        (segment,) = (store.folder / "segments").iterdir()
        pq.write_table(_contract.TABLE.slice(1), segment)
        with pytest.raises(StoreDamaged, match="changed after it was written"):
            store.view().table("observations")

    def test_a_changed_record_is_noticed(self, store: FolderStore):
        self.commit(store, {})
        (records,) = (store.folder / "records").iterdir()
        records.write_bytes(records.read_bytes().replace(b"value", b"eulav", 1) + b" ")
        with pytest.raises(StoreDamaged, match="changed after it was written"):
            store.view().records("issues", dict)

    @pytest.mark.parametrize("word", ["observed", "imagined"])
    def test_an_exercise_keeps_its_mark_when_the_summary_is_edited(
        self, store: FolderStore, word: str
    ):
        writer = store.writer()
        writer.put_table("observations", pa.table({"origin": ["exercise"]}))
        writer.put_records("sources", [{"origin": "exercise"}])
        writer.commit({"origin": "exercise"})
        assert store.view().table("observations").num_rows == 1
        summary = store.folder / "summary.json"
        edited = json.loads(summary.read_text()) | {"origin": word}
        summary.write_text(json.dumps(edited))
        with pytest.raises(StoreDamaged, match=f"says {word}, its observations are"):
            store.view().table("observations")

    def test_a_summary_without_an_origin_is_not_guessed(self, store: FolderStore):
        self.commit(store, {})
        with pytest.raises(StoreDamaged, match="names no `origin`"):
            _ = store.view().origin

    def test_a_summary_cannot_lead_out_of_its_folder(
        self, store: FolderStore, tmp_path: Path
    ):
        self.commit(store, {})
        (tmp_path / "other.json").write_text("[]")
        summary = store.folder / "summary.json"
        named = json.loads(summary.read_text())
        named["files"]["issues"] = "../../other.json"
        summary.write_text(json.dumps(named))
        with pytest.raises(StoreDamaged, match=r"other\.json"):
            store.view().records("issues", Issue)

    def test_no_partial_file_stays_behind(self, store: FolderStore):
        self.commit(store, {})
        assert not list(store.folder.rglob("*.partial"))

    def test_files_that_no_run_names_are_swept(self, store: FolderStore):
        self.commit(store, {})
        writer = store.writer()
        writer.put_table("observations", _contract.TABLE.slice(1))
        writer.commit({})
        assert len(list((store.folder / "segments").iterdir())) == 1
        assert not list((store.folder / "records").iterdir())
