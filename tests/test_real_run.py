"""The real records in one run, under an agreement that had ended before them."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from tocsin import pipeline, report
from tocsin.model import instant
from tocsin.store import FolderStore

pytestmark = pytest.mark.shared_data

FILES = {
    "viina": "events/viina_incidents_2023-04_2024-12.parquet",
    "alerts-official": "events/air_raid_alerts_official_2022_2023.parquet",
    "alerts-volunteer": "events/air_raid_alerts_volunteer_2022_2023.parquet",
}
CONTROL = "control/deepstate_occupied_area_changes_2024-07_2026-08.parquet"


def run(root, folder: Path, sources, out: Path, *, control=None, **asked):
    summary = pipeline.run_folder(
        root / "agreements" / "minsk-2015",
        [(source, folder / file) for source, file in sources.items()],
        out,
        asked=pipeline.question(as_known_at=None, **asked),
        control_file=control,
    )
    return summary, FolderStore(out).view()


def page(out, day, released="2026-01-01T00:00Z"):
    data = report.write(
        out,
        kind="daily",
        day=instant(day).date(),
        form="json",
        released_at=instant(released),
    )
    return json.loads(data)


@pytest.fixture(scope="module")
def war(root, shared_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("war")
    control = shared_data / CONTROL
    asked = {"start": "2023-04-01", "until": "2024-12-31"}
    return out, *run(root, shared_data, FILES, out, control=control, **asked)


def test_no_verdict_is_breached_where_no_agreement_is_in_force(war):
    _, summary, view = war
    assert summary["rows_read"] == 159_540 + 34_855 + 34_288
    assert summary["rows_refused"] == 26_857 + 1
    assert set(view.table("verdicts")["verdict"].to_pylist()) <= {
        "undetermined",
        "pending",
    }
    said = {
        v
        for parties in summary["findings"].values()
        for p in parties.values()
        for v in p
    }
    assert "breached" not in said


def test_two_records_of_one_alert_have_one_root(war):
    _, _, view = war
    seen = pl.DataFrame(pl.from_arrow(view.table("observations")))
    alerts = seen.filter(pl.col("source_id").str.starts_with("alerts"))
    assert alerts["derived_from"].is_not_null().sum() == 11_259


def test_a_month_that_is_missing_is_missing_and_not_quiet(war):
    out, _, _ = war
    text = json.dumps(page(out, "2023-05-10"), ensure_ascii=False)
    text = text.replace("\u00a0", " ")
    assert "viina does not cover 10 May 2023, as described: no data" in text
    assert "nobody on record as watching" in text


def test_the_repeats_of_2024_are_as_many_as_were_counted(shared_data):
    raw = pl.read_parquet(shared_data / FILES["viina"])
    year = raw.filter(pl.col("datetime").dt.year() == 2024)
    assert (year.height, year.height - year.n_unique()) == (97_884, 11_973)


def test_each_corridor_stands_with_its_outcome_and_what_was_said(
    root, shared_data, tmp_path
):
    sources = {"corridors-2022": "events/humanitarian_corridors_2022.csv.gz"}
    run(root, shared_data, sources, tmp_path, start="2022-03-05", until="2022-05-05")
    outcomes: dict[str, int] = {}
    for day in pl.date_range(pl.date(2022, 3, 5), pl.date(2022, 5, 4), eager=True):
        document = page(tmp_path, day.isoformat())
        parties = next(s for s in document["sections"] if s["anchor"] == "parties")
        for block in parties["blocks"]:
            if block.get("anchor") == "table-statements":
                for row in block["rows"]:
                    words = row["cells"][5]["text"]
                    assert "statements: " in words
                    outcome = words.split(";")[0]
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes == {
        "outcome: unknown": 145,
        "outcome: successful": 125,
        "outcome: disputed": 7,
        "outcome: disrupted": 5,
    }


def test_ten_incidents_of_the_docs_are_as_the_page_says(war, root):
    _, summary, view = war
    page = (root / "docs/explanation/ten-incidents.md").read_text(encoding="utf-8")
    told = re.findall(r"\((\w{8}); (\d+) rows, (\d+) roots\)", page)
    assert len(told) == 10
    seen = pl.DataFrame(pl.from_arrow(view.table("observations")))
    story = pl.coalesce("derived_from", "observation_id")
    by = (
        pl.DataFrame(pl.from_arrow(view.table("members")))
        .join(seen.select("observation_id", story=story), on="observation_id")
        .group_by(pl.col("incident_id").str.head(8))
        .agg(n=pl.len(), roots=pl.col("story").n_unique())
    )
    found = {row["incident_id"]: (row["n"], row["roots"]) for row in by.to_dicts()}
    assert [found[name] for name, _, _ in told] == [
        (int(n), int(r)) for _, n, r in told
    ]
    assert f"{summary['rows_read']:,}" in page
    assert (
        f"{view.table('incidents').num_rows:,} of {view.table('members').num_rows:,}"
        in page
    )
