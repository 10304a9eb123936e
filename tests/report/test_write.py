"""From the folder of a run to the bytes of a report."""

import msgspec
import pytest

from tocsin.errors import WrongUse
from tocsin.report import AgreementText, daily, render_html, write
from tocsin.store import RECORD_KINDS, TABLES, FolderStore


@pytest.fixture
def folder(tmp_path, view):
    """The exercise day, committed as a run."""
    writer = FolderStore(tmp_path / "run").writer()
    for name in TABLES:
        if name in view.rows:
            writer.put_table(name, view.table(name))
    for kind in RECORD_KINDS:
        if kind != "agreement":
            writer.put_records(kind, getattr(view, kind)())
    writer.put_records("agreement", [msgspec.convert(view.agreement(), AgreementText)])
    writer.commit(view.summary())
    return tmp_path / "run"


def test_a_stored_run_gives_the_same_report_as_the_values(folder, view, day, released):
    given = {"kind": "daily", "day": day, "released_at": released}
    page = write(folder, form="html", **given)
    assert page.decode() == render_html(daily(view, day=day, released_at=released))
    assert msgspec.json.decode(write(folder, form="json", **given))["kind"] == "daily"


@pytest.mark.parametrize(("kind", "form"), [("weekly", "html"), ("daily", "pdf")])
def test_what_cannot_be_written_is_refused(folder, day, kind, form):
    with pytest.raises(WrongUse, match=f"{kind}|{form}"):
        write(folder, kind=kind, form=form, day=day, released_at=None)


def test_a_folder_without_a_run_is_refused(tmp_path, day):
    with pytest.raises(WrongUse, match="holds no run"):
        write(tmp_path, kind="daily", form="html", day=day, released_at=None)
