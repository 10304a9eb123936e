"""What every store must do; a store's test module gives a ``store`` fixture."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tocsin.errors import WrongUse
from tocsin.model import Issue, Where
from tocsin.store import Store

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TABLE = pa.table(
    {
        "observation_id": ["a", "b", "c"],
        "received_at": pa.array(
            [NOON, NOON.replace(hour=14), None], pa.timestamp("us", tz="UTC")
        ),
    }
)
ISSUES = (
    Issue(code="value_missing", where=Where(file="x.csv", line=3), message="no count"),
)


class StoreContract:
    def test_what_was_committed_is_read_back(self, store: Store):
        self.commit(store, {"rows_read": 3})
        view = store.view()
        assert view.summary() == {"rows_read": 3}
        assert view.table("observations").equals(TABLE)
        assert view.records("issues", Issue) == ISSUES

    def test_nothing_is_visible_before_commit(self, store: Store):
        store.writer().put_table("observations", TABLE)
        with pytest.raises(WrongUse, match="holds no run"):
            store.view()

    def test_a_run_that_is_broken_off_leaves_the_former_one(self, store: Store):
        self.commit(store, {"rows_read": 3})
        store.writer().put_table("observations", TABLE.slice(0, 1))
        assert store.view().table("observations").equals(TABLE)

    def test_a_new_run_replaces_the_former_one_whole(self, store: Store):
        self.commit(store, {"rows_read": 3})
        writer = store.writer()
        writer.put_table("observations", TABLE.slice(0, 1))
        writer.commit({"rows_read": 1})
        assert store.view().table("observations").num_rows == 1
        assert store.view().summary() == {"rows_read": 1}

    def test_as_known_at_leaves_out_what_is_not_shown_to_be_known(self, store: Store):
        self.commit(store, {})
        known = store.view().table("observations", known_by=NOON)
        assert known["observation_id"].to_pylist() == ["a"]

    def test_unknown_names_are_refused_with_the_names_that_exist(self, store: Store):
        with pytest.raises(WrongUse, match="observations"):
            store.writer().put_table("observation", TABLE)

    @staticmethod
    def commit(store: Store, summary: dict[str, object]) -> None:
        writer = store.writer()
        writer.put_table("observations", TABLE)
        writer.put_records("issues", ISSUES)
        writer.commit(summary)
