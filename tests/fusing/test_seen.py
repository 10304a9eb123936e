"""Coverage by sector, watch and day: unions, blindness, rates, and the picture."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from shapely import box
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.fusing.seen import by_day, by_watch, drawn, unexplained
from tocsin.fusing.unseen import by_kind, mapped
from tocsin.model import COVERAGE, FACTS

START = datetime(2025, 3, 3, tzinfo=UTC)
UNTIL = START + timedelta(days=2)


def log(begin_h, hours, share, sector="East", source="cameras", why=None):
    begin = START + timedelta(hours=begin_h)
    return {
        "sector": sector, "t_start": begin, "t_end": begin + timedelta(hours=hours),
        "share": share, "source_id": source, "why": why,
    }  # fmt: skip


def table(*rows):
    return pa.Table.from_pylist(list(rows), COVERAGE)


def fact(name, hour, sector="East"):
    return {
        "fact_id": name, "kind": "fire", "choice": name.rstrip("'"), "sector": sector,
        "t": START + timedelta(hours=hour),
    }  # fmt: skip


def days(*rows, facts=()):
    acts = pa.Table.from_pylist(list(facts), FACTS)
    return by_day(table(*rows), acts, start=START, until=UNTIL).to_dicts()


def test_two_watches_of_one_time_are_a_union_never_a_sum():
    first, _ = days(log(0, 12, 0.5), log(6, 12, 0.5, source="patrols"))
    assert (first["hours"], first["share"]) == (9.0, 0.375)


def test_blind_hours_are_told_with_their_reason():
    rows = by_watch(
        table(log(0, 8, 1.0), log(8, 4, 0.0, why="jammed")), start=START, until=UNTIL
    ).to_dicts()
    (one,) = rows
    assert (one["hours"], one["hours_blind"], one["why"]) == (8.0, 4.0, "jammed")


def test_blindness_that_no_restriction_accounts_for_is_listed():
    rows = table(
        log(0, 24, 0.0, why="jammed"),
        log(0, 6, 0.0, sector="West", why="silent"),
        log(24, 6, 0.0, sector="South"),
        log(0, 24, 0.5, sector="North"),
    )
    told = [
        fact("j", 3) | {"kind": "jam"},
        fact("s", 2, sector="South") | {"kind": "restrict"},
        fact("w", 3, sector="West"),
    ]
    watches = by_watch(rows, start=START, until=UNTIL)
    found = unexplained(watches, pa.Table.from_pylist(told, FACTS))
    assert [(row["sector"], row["why"]) for row in found.to_dicts()] == [
        ("West", "silent")
    ]


def test_rate_is_for_each_hour_watched_and_none_where_nothing_was():
    facts = [fact("a", 1), fact("a'", 1), fact("b", 2), fact("c", 30)]
    first, second = days(log(0, 8, 0.5), log(24, 24, 0.0), facts=facts)
    assert (first["incidents"], first["per_hour"]) == (2, 0.5)
    assert (second["incidents"], second["per_hour"]) == (1, None)
    assert second["share"] == 0.0


def test_share_that_nobody_states_stays_unknown():
    first, _ = days(log(0, 24, None))
    assert first["share"] is None


def test_picture_has_a_cell_for_each_sector_and_day():
    rows = [log(0, 24, 0.2), log(0, 24, None, sector="West <&>")]
    facts = FACTS.empty_table()
    found = by_day(table(*rows), facts, start=START, until=UNTIL)
    picture = ET.fromstring(drawn(found, title="a & b"))
    cells = picture.findall("{http://www.w3.org/2000/svg}rect")
    assert len(cells) == 1 + 4


def test_map_is_black_where_nobody_could_see_and_hatched_where_nobody_says():
    rows = [log(0, 24, 0.0), log(0, 24, None, sector="West <&>"), log(24, 24, 1.0)]
    shares = by_kind(table(*rows), start=START, until=UNTIL)
    shapes = {"East": box(1, 0, 2, 1), "West <&>": box(0, 0, 1, 1)}
    picture = ET.fromstring(mapped(shares, shapes, title="a & b"))
    drawn = picture.findall(".//{http://www.w3.org/2000/svg}g/{*}path")
    fills = [path.get("fill") for path in drawn]
    assert fills == ["rgb(0,0,0)", "url(#unsaid)", "rgb(255,255,255)", "rgb(0,0,0)"]
    told = [path[0].text for path in drawn]
    assert told[0] == "East: nobody could see"
    assert told[2] == "East: 100% watched"


def test_watch_for_one_kind_sees_nothing_of_another():
    rows = [
        log(0, 24, 0.5),
        log(0, 24, 1.0, source="radar") | {"kind": "fly"},
        log(0, 24, 0.8, source="ears") | {"kind": "fire"},
    ]
    shares = by_kind(table(*rows), start=START, until=START + timedelta(days=1))
    found = dict(zip(shares["kind"], shares["share"], strict=True))
    assert found == pytest.approx({"any": 0.5, "fire": 0.8, "fly": 1.0})


def test_sector_without_a_shape_is_in_the_table_and_not_on_the_map():
    shares = by_kind(table(log(0, 24, 0.5)), start=START, until=UNTIL)
    assert shares.height == 2
    assert ET.fromstring(mapped(shares, {}, title="x")).findall(".//{*}g/{*}path") == []


def test_incident_of_several_acts_and_parties_counts_once():
    facts = [
        fact("a", 1) | {"root": "i", "choice": "i/fire/N"},
        fact("b", 1) | {"root": "i", "choice": "i/fire/S"},
    ]
    first, _ = days(log(0, 24, 1.0), facts=facts)
    assert first["incidents"] == 1


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("seen") / "demo"
    made = ["demo", "--days", "2", "--per-day", "300", "--out", str(out)]
    assert CliRunner().invoke(app, made).exit_code == 0
    return out


def test_command_writes_both_tables_and_the_picture(demo, tmp_path):
    done = CliRunner().invoke(app, ["coverage", str(demo), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "coverage.json").read_text())
    assert found["watches"]
    assert {row["day"] for row in found["days"]} == {
        "2025-03-03T00:00:00Z", "2025-03-04T00:00:00Z",
    }  # fmt: skip
    assert "EXERCISE" in (tmp_path / "coverage.svg").read_text()
    where = ET.fromstring((tmp_path / "map.svg").read_text())
    shapes = where.findall(".//{http://www.w3.org/2000/svg}g/{*}path")
    assert len(shapes) == 2 * 12
    assert len(found["kinds"]) == 2 * 12
    assert CliRunner().invoke(app, ["coverage", str(tmp_path / "no")]).exit_code == 2
