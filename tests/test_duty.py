"""The duty log from the first question to the evidence of a run."""

import re
from datetime import UTC, datetime

import msgspec
import pytest

from tocsin import duty
from tocsin.connectors import read_source
from tocsin.errors import InputRefused, WrongUse

NOW = datetime(2025, 3, 4, 6, 0, tzinfo=UTC)
CAMERA = (
    "recorded about 45 explosions, 36 projectiles in flight (mostly W to E), 2 flares,"
    " 0.6-4km S and SSW"
)
POINT = ("lon", "lat", "sigma_m")


def told(**other):
    base = {"form": "camera", "origin": "exercise", "by": "Ada", "yes": True}
    return duty.Told(**(base | other))


def keep(file, **other):
    said = []
    done = duty.write(file, told(**other), now=NOW, ask=None, say=said.append)
    return done.partition(":")[0], said


def camera(file, sentence=CAMERA, **other):
    at = {"at": "2025-03-03T21:10Z", "observer": "-25.0,-3.0"}
    return keep(file, sentence=sentence, **(at | other))


def restriction(file, arrived, left, **answers):
    fields = {"restriction": "denial", "arrived": arrived, "left": left, **answers}
    return keep(
        file,
        form="restriction",
        at="2025-03-03T00:00Z",
        observer="-25.0123,-3.0456",
        answers=fields,
    )


def seen(file):
    reading = read_source("manual-log", file)
    assert reading.adds_up
    assert not reading.issues
    return reading.observations.to_pylist()


def typing(*answers):
    """Somebody who types these answers, one after the other."""
    left = list(answers)
    return lambda _question, default: left.pop(0) or default


# --- acceptance scenario 1


def test_a_night_camera_log_is_three_items_in_a_sector_and_no_point(tmp_path):
    _, said = camera(tmp_path / "log.jsonl", until="23:40")
    rows = seen(tmp_path / "log.jsonl")
    assert [(r["kind"], r["count_qualifier"], r["count"]) for r in rows] == [
        ("explosion", "about", 45),
        ("projectile_in_flight", "exact", 36),
        ("illumination_flare", "exact", 2),
    ]
    for row in rows:
        assert all(row[name] is None for name in POINT)
        assert (row["bearing_deg"], row["width_deg"]) == (191.25, 45.0)
        assert (row["range_min_m"], row["range_max_m"]) == (600.0, 4000.0)
        assert row["t_end"] == datetime(2025, 3, 3, 23, 40, tzinfo=UTC)
    assert rows[1]["fire_bearing_deg"] == 90.0
    assert sum("6.1 km²" in line for line in said) == 3


def test_a_night_camera_log_takes_four_answers(tmp_path):
    ask = typing("-25.0,-3.0", "21:10", CAMERA, "y")
    plain = duty.Told(form="camera", origin="exercise")
    done = duty.write(
        tmp_path / "l.jsonl", plain, now=NOW, ask=ask, say=lambda _l: None
    )
    assert done.endswith("3 lines in " + str(tmp_path / "l.jsonl"))
    assert seen(tmp_path / "l.jsonl")[0]["t_start"] == datetime(
        2025, 3, 3, 21, 10, tzinfo=UTC
    )


def test_the_observer_of_the_last_entry_is_the_answer_of_enter(tmp_path):
    camera(tmp_path / "l.jsonl")
    ask = typing("", "21:10", "heard 2 shots 1km N", "y")
    plain = duty.Told(form="patrol", origin="exercise")
    duty.write(tmp_path / "l.jsonl", plain, now=NOW, ask=ask, say=lambda _l: None)
    assert seen(tmp_path / "l.jsonl")[-1]["observer_lon"] == -25.0


def test_without_a_sentence_the_form_asks_for_each_item(tmp_path):
    ask = typing(
        "-25,-3", "21:10", "",
        "expl", "3", "about", "", "", "2-4km SE", "y",
        "what", "shot", "many", "20", "", "", "", "1km N", "n", "y",
    )  # fmt: skip
    said = []
    plain = duty.Told(form="camera", origin="exercise")
    duty.write(tmp_path / "l.jsonl", plain, now=NOW, ask=ask, say=said.append)
    rows = seen(tmp_path / "l.jsonl")
    assert [(r["kind"], r["count"], r["bearing_deg"]) for r in rows] == [
        ("explosion", 3, 135.0),
        ("shot", 20, 0.0),
    ]
    assert any("`what`" in line for line in said)
    assert any("`many` is no whole number" in line for line in said)


def test_a_no_keeps_nothing(tmp_path):
    ask = typing("-25,-3", "21:10", CAMERA, "n")
    plain = duty.Told(form="camera", origin="exercise")
    say = lambda _line: None  # noqa: E731
    assert duty.write(tmp_path / "l.jsonl", plain, now=NOW, ask=ask, say=say) == (
        "not kept"
    )
    assert not (tmp_path / "l.jsonl").exists()


# --- acceptance scenario 4


def test_a_stated_delay_that_disagrees_is_flagged_and_not_decided(tmp_path):
    _, said = restriction(
        tmp_path / "l.jsonl", "12:11", "12:33", stated_delay_min="43", outcome="passed"
    )
    (row,) = seen(tmp_path / "l.jsonl")
    detail = msgspec.json.decode(row["detail"])
    assert detail["delay_min"] == 22
    assert detail["stated_delay_min"] == 43
    assert "11:50" in detail["open"][0]
    assert any("22 min" in line and "11:50" in line for line in said)
    assert row["t_start"] == datetime(2025, 3, 3, 12, 11, tzinfo=UTC)


def test_a_delay_that_agrees_is_not_flagged(tmp_path):
    _, said = restriction(
        tmp_path / "l.jsonl", "12:11", "12:33", stated_delay_min="22", outcome="passed"
    )
    assert not [line for line in said if "!" in line]


def test_a_restriction_stands_on_a_grid_of_a_kilometre(tmp_path):
    restriction(tmp_path / "l.jsonl", "12:01", "13:08", outcome="refused")
    (row,) = seen(tmp_path / "l.jsonl")
    assert (row["lon"], row["lat"], row["sigma_m"]) == (-25.01, -3.05, 1000.0)
    assert row["restriction"] == "denial"


def test_two_patrols_at_one_closed_road_are_one_incident_with_two_outcomes(tmp_path):
    from tocsin.connectors import description
    from tocsin.incidents import fuse

    file = tmp_path / "l.jsonl"
    first, _ = restriction(file, "12:01", "13:08", outcome="refused", mandate="6")
    restriction(file, "12:11", "12:33", outcome="passed", case=first)
    fused = fuse(
        read_source("manual-log", file).observations,
        sources=(description("manual-log"),),
        parties=("Northland", "Southland"),
    )
    assert fused.records.incidents.num_rows == 1
    outcomes = [msgspec.json.decode(row["detail"])["outcome"] for row in seen(file)]
    assert outcomes == ["refused", "passed"]


def test_the_three_items_of_one_entry_are_three_incidents(tmp_path):
    from tocsin.connectors import description
    from tocsin.incidents import fuse

    camera(tmp_path / "l.jsonl", until="23:40")
    fused = fuse(
        read_source("manual-log", tmp_path / "l.jsonl").observations,
        sources=(description("manual-log"),),
        parties=("Northland", "Southland"),
    )
    assert sorted(fused.records.incidents["kind"].to_pylist()) == [
        "explosion",
        "illumination_flare",
        "projectile_in_flight",
    ]


# --- the log and its handover


def test_the_log_only_grows(tmp_path):
    file = tmp_path / "l.jsonl"
    camera(file)
    before = file.read_bytes()
    restriction(file, "12:01", "13:08")
    assert file.read_bytes().startswith(before)


def test_a_torn_line_is_ended_told_and_loses_no_other(tmp_path):
    file = tmp_path / "l.jsonl"
    camera(file)
    file.write_bytes(file.read_bytes()[:-30])
    restriction(file, "12:01", "13:08")
    reading = read_source("manual-log", file)
    assert reading.adds_up
    assert reading.observations.num_rows == 3
    assert [issue.code for issue in reading.issues] == ["value_invalid"]
    lines = list(duty.handover(file, since="2020-01-01", until=None, now=NOW))
    assert lines[-1] == "Lines that could not be read: 1"


def test_one_log_holds_one_origin(tmp_path):
    camera(tmp_path / "l.jsonl")
    with pytest.raises(WrongUse, match="a log of its own"):
        camera(tmp_path / "l.jsonl", origin="observed")


def test_the_handover_lists_what_is_open_until_it_is_closed(tmp_path):
    file = tmp_path / "l.jsonl"
    camera(file, "heard 3 flimflams and 2 shots 1km N", follow_up="ask the mayor")
    entry, _ = restriction(file, "12:11", "12:33", stated_delay_min="43")
    lines = "\n".join(duty.handover(file, since="00:00", until=None, now=NOW))
    assert "Entries of the shift: 1 camera, 1 restriction" in lines
    assert "not understood: flimflams" in lines
    assert "follow up: ask the mayor" in lines
    assert "43 min are stated" in lines
    duty.close(file, entry[:6], by="Bo", words="11:50 it was", now=NOW)
    later = datetime(2025, 3, 4, 7, 0, tzinfo=UTC)
    lines = "\n".join(duty.handover(file, since="05:00", until=None, now=later))
    assert "43 min are stated" not in lines
    assert f"{entry}  Bo: 11:50 it was" in lines
    assert seen(file)


def test_what_an_earlier_shift_left_open_stays_in_the_handover(tmp_path):
    file = tmp_path / "l.jsonl"
    camera(file, follow_up="ask the mayor")
    nextday = datetime(2025, 3, 5, 6, 0, tzinfo=UTC)
    lines = "\n".join(duty.handover(file, since=None, until=None, now=nextday))
    assert "Entries of the shift: none" in lines
    assert "ask the mayor" in lines


@pytest.mark.parametrize("entry", ["zzzz", "", "ab"])
def test_nothing_is_closed_by_a_beginning_that_fits_no_single_entry(tmp_path, entry):
    camera(tmp_path / "l.jsonl")
    with pytest.raises(WrongUse):
        duty.close(tmp_path / "l.jsonl", entry, by="", words="", now=NOW)


# --- corrections


LATER = datetime(2025, 3, 4, 7, 30, tzinfo=UTC)


def correct(file, entry, sentence, **other):
    about = told(
        sentence=sentence, at="2025-03-03T21:10Z", observer="-25,-3", by="Bo",
        corrects=entry, **other,
    )  # fmt: skip
    said = []
    done = duty.write(file, about, now=LATER, ask=None, say=said.append)
    return done.partition(":")[0], said


def counted(file, root, known=None):
    """What a run counts of the log, and what it says of it."""
    from tocsin import agreement, connectors, pipeline

    lantern = root / "agreements" / "exercise-lantern"
    result = pipeline.run(
        agreement.load(lantern),
        pipeline.gather([connectors.read_source("manual-log", file)]),
        areas=agreement.load_areas(lantern).records,
        asked=pipeline.question(
            start="2025-03-03", until="2025-03-04", as_known_at=known
        ),
    )
    rows = result.evidence.observations.to_pylist()
    told = [issue for issue in result.issues if issue.code == "withdrawn"]
    return [(row["kind"], row["count"]) for row in rows], told


def test_a_correction_takes_the_place_of_the_entry_and_both_stay_in_the_log(
    tmp_path, root
):
    file = tmp_path / "l.jsonl"
    wrong, _ = camera(file, "heard 20 explosions and 3 shots 1-2km N")
    other, _ = camera(file, "heard 7 bursts 1-2km N")
    before = file.read_bytes()
    right, said = correct(file, wrong[:6], "heard 2 explosions 1-2km N")
    assert any(f"in place of {wrong}" in line for line in said)
    assert file.read_bytes().startswith(before)
    assert len(seen(file)) == 4
    rows, issues = counted(file, root)
    assert sorted(rows) == [("burst", 7), ("explosion", 2)]
    [issue] = issues
    assert f"`{right}` takes back `{wrong}`" in issue.message
    assert "2 rows of it do not count" in issue.message
    assert (issue.where.line, other in issue.message) == (1, False)


def test_what_was_known_before_a_correction_still_counts_then(tmp_path, root):
    file = tmp_path / "l.jsonl"
    wrong, _ = camera(file, "heard 20 explosions 1-2km N")
    correct(file, wrong, "heard 2 explosions 1-2km N")
    assert counted(file, root, "2025-03-04T07:00Z") == ([("explosion", 20)], [])
    assert counted(file, root, "2025-03-04T08:00Z")[0] == [("explosion", 2)]


def test_a_correction_of_a_correction_leaves_the_last_word(tmp_path, root):
    file = tmp_path / "l.jsonl"
    first, _ = camera(file, "heard 20 explosions 1-2km N")
    second, _ = correct(file, first, "heard 2 explosions 1-2km N")
    with pytest.raises(WrongUse, match=f"corrected by `{second}` already"):
        correct(file, first, "heard 3 explosions 1-2km N")
    correct(file, second, "heard 3 explosions 1-2km N")
    assert counted(file, root)[0] == [("explosion", 3)]


def test_the_handover_shows_what_was_corrected_and_no_longer_what_it_left_open(
    tmp_path,
):
    file = tmp_path / "l.jsonl"
    wrong, _ = camera(file, "heard 3 flimflams and 2 shots 1km N")
    at_six = "\n".join(duty.handover(file, since="00:00", until=None, now=NOW))
    right, _ = correct(file, wrong, "heard 3 bursts and 2 shots 1km N")
    lines = "\n".join(duty.handover(file, since="00:00", until=None, now=LATER))
    assert "not understood: flimflams" in at_six
    assert "flimflams" not in lines
    assert "Corrected in the shift: 1" in lines
    assert f"{wrong}  Bo: in its place {right}; it no longer counts" in lines
    again = "\n".join(duty.handover(file, since="00:00", until=None, now=NOW))
    assert again == at_six


@pytest.mark.parametrize("entry", ["zzzz", "ab"])
def test_nothing_is_corrected_that_is_no_single_entry(tmp_path, entry):
    file = tmp_path / "l.jsonl"
    camera(file)
    before = file.read_bytes()
    with pytest.raises(WrongUse, match="is the beginning of 0 entries"):
        correct(file, entry, "heard 1 shot")
    assert file.read_bytes() == before


# --- wrong use


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"form": "camra"}, "did you mean `camera`"),
        ({"form": "item"}, "--form item"),
        ({"platform": "camera"}, "static_camera"),
        ({"origin": "seen"}, "--origin"),
        ({"observer": "somewhere"}, "LON,LAT"),
        ({"observer": "48,138"}, "latitude"),
        ({"observer": "nan,1"}, "longitude"),
        ({"at": "yesterday"}, "not a date"),
        ({"zone": "Mars"}, "Mars"),
        ({"sentence": None}, "--sentence"),
        ({"sentence": "hello"}, "no item"),
        ({"yes": False}, "--yes"),
        ({"at": "2025-03-30T03:30", "zone": "Europe/Kyiv"}, "time zone"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(
    tmp_path, other, words
):
    given = {"sentence": CAMERA, "at": "21:10", "observer": "-25,-3", **other}
    with pytest.raises(WrongUse, match=words):
        keep(tmp_path / "l.jsonl", **given)
    assert not (tmp_path / "l.jsonl").exists()


def test_all_wrong_fields_of_a_form_are_listed(tmp_path):
    with pytest.raises(InputRefused) as refused:
        keep(
            tmp_path / "l.jsonl",
            form="restriction",
            answers={"restriction": "denal", "people": "six", "colour": "red"},
        )
    assert len(refused.value.issues) == 4


def test_an_hour_still_to_come_is_that_of_the_day_before(tmp_path):
    keep(tmp_path / "l.jsonl", sentence="heard 1 shot", at="21:10", observer="-25,-3")
    (row,) = seen(tmp_path / "l.jsonl")
    assert row["t_start"] == datetime(2025, 3, 3, 21, 10, tzinfo=UTC)


def test_an_hour_that_clocks_skipped_is_refused():
    from tocsin.evidence import clock

    day = datetime(2025, 3, 30, 12, tzinfo=UTC)
    with pytest.raises(WrongUse, match="never was"):
        clock("03:30", day, zone="Europe/Kyiv")
    assert clock("04:30", day, zone="Europe/Kyiv").hour == 1


# --- to the report


def test_no_export_of_a_night_camera_log_places_it_at_a_point(tmp_path, root):
    from tocsin import pipeline, report
    from tocsin.model import instant

    camera(tmp_path / "l.jsonl", until="23:40", observer="-25.0,-3.0")
    asked = pipeline.question(start="2025-03-03", until="2025-03-04", as_known_at=None)
    pipeline.run_folder(
        root / "agreements" / "exercise-lantern",
        [("manual-log", tmp_path / "l.jsonl")],
        tmp_path / "out",
        asked=asked,
    )
    for form in ("html", "json"):
        page = report.write(
            tmp_path / "out",
            kind="daily",
            day=instant("2025-03-03").date(),
            form=form,
            released_at=instant("2025-03-06T00:00Z"),
        ).decode()
        assert "0.6 to 4 km S to SSW of the observer (6.1" in page.replace(
            "\u00a0", " "
        )
        assert "about 45" in page.replace("\u00a0", " ")
        assert page.count("sector-seen") >= 3
        assert not re.search(r"\d°.{0,3}[NS]\b.{0,20}°.{0,3}[EW]\b", page)
        assert "circle" not in page.split("figure-map")[-1].split("figure-timeline")[0]
