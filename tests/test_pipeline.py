from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tocsin import agreement as language
from tocsin import connectors, exercise, pipeline
from tocsin.errors import OriginsMixed, WrongUse

ROOT = Path(__file__).parents[1]
LANTERN = ROOT / "agreements" / "exercise-lantern"
START = datetime(2025, 3, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    scenario = exercise.Scenario(days=3, per_day=300)
    rng = np.random.Generator(np.random.PCG64(5))
    played = exercise.generate(scenario, rng=rng)
    return exercise.write(played, tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def given(files: dict[str, Path]) -> pipeline.Evidence:
    names = ("observations", "watch", "register")
    return pipeline.gather(
        [connectors.read_source(f"exercise-{name}", files[name]) for name in names]
    )


def run(given: pipeline.Evidence, files: dict[str, Path] | None = None, **more):
    control = connectors.read_control(files["control"]).records if files else None
    return pipeline.run(
        language.load(LANTERN),
        given,
        areas=language.load_areas(LANTERN).records,
        control=control,
        **more,
    )


def test_every_row_is_an_observation_or_an_issue(given: pipeline.Evidence):
    read = given.rows_of("observations", given.rows_read)
    refused = given.rows_of("observations", given.rows_refused)
    assert read == given.taken_in + refused
    assert given.taken_in == given.observations.num_rows > 0


def test_without_a_control_layer_the_line_accuses_nobody(given: pipeline.Evidence):
    result = run(given)
    assert not {"line", "bearing", "range"} & set(
        result.attribution["term"].to_pylist()
    )
    assert "no_control_layer" in result.issues.counts()


def test_a_finding_that_rests_on_the_control_layer_names_its_publisher(
    given: pipeline.Evidence, files: dict[str, Path]
):
    result = run(given, files)
    breaches = [
        one
        for one in result.findings
        if one.clause == "Article 1(1)" and one.verdict == "breached"
    ]
    assert breaches
    assert all(one.control for one in breaches if one.without_control != "breached")
    assert any(one.without_control == "undetermined" for one in breaches)


def test_the_order_of_the_files_does_not_matter(given: pipeline.Evidence, files):
    names = ("register", "watch", "observations")
    turned = pipeline.gather(
        [connectors.read_source(f"exercise-{name}", files[name]) for name in names]
    )
    assert run(turned).findings == run(given).findings


def test_the_rows_of_other_days_do_not_change_a_day(given: pipeline.Evidence):
    day = timedelta(days=1)
    asked = pipeline.Question(start=START, until=START + day)
    result = run(given, asked=asked)
    assert all(START <= one.t_start < START + day for one in result.findings)
    begins = result.evidence.observations["t_start"].to_pylist()
    assert max(begins) < START + day


def test_what_was_not_known_then_does_not_count_then(given: pipeline.Evidence):
    then = START + timedelta(days=1)
    result = run(given, asked=pipeline.Question(as_known_at=then))
    arrived = result.evidence.observations["received_at"].to_pylist()
    assert max(arrived) <= then
    assert result.evidence.observations.num_rows < given.taken_in


def test_no_sector_is_called_kept_while_nobody_watched(given: pipeline.Evidence):
    blind = pipeline.msgspec.structs.replace(given, coverage=given.coverage.slice(0, 0))
    result = run(blind)
    prohibitions = {"Article 1(1)", "Article 1(2)", "Article 1(3)", "Article 3(1)"}
    kept = [one for one in result.findings if one.verdict == "met"]
    assert not [one for one in kept if one.clause in prohibitions]


def test_sources_of_two_origins_are_refused(files: dict[str, Path], tmp_path: Path):
    readings = [connectors.read_source("exercise-watch", files["watch"])]
    real = readings[0].source
    observed = pipeline.msgspec.structs.replace(real, origin="observed", id="mine")
    mixed = pipeline.msgspec.structs.replace(readings[0], source=observed)
    with pytest.raises(OriginsMixed, match="mine is observed"):
        pipeline.gather([*readings, mixed])


def test_a_run_without_any_source_says_what_to_do():
    with pytest.raises(WrongUse, match="--source ID=FILE"):
        pipeline.gather([])


@pytest.mark.parametrize(
    ("start", "until"), [("2025-03-05", "2025-03-04"), ("2025-03-05", "yesterday")]
)
def test_a_question_must_be_one(start: str, until: str):
    with pytest.raises(WrongUse):
        pipeline.question(start=start, until=until, as_known_at=None)


def test_a_last_day_counts_to_its_end():
    asked = pipeline.question(start=None, until="2025-03-05", as_known_at=None)
    assert asked.until == datetime(2025, 3, 6, tzinfo=UTC)


def test_a_watch_that_ends_at_midnight_adds_no_day(given: pipeline.Evidence):
    assert given.coverage["t_end"].to_pylist()
    assert run(given).until == START + timedelta(days=3)


def test_made_up_evidence_never_accuses_a_real_party(given: pipeline.Evidence):
    minsk = ROOT / "agreements" / "minsk-2015"
    with pytest.raises(WrongUse, match="Ukraine"):
        pipeline.run(
            language.load(minsk), given, areas=language.load_areas(minsk).records
        )
