"""Promised hours held against their clauses: by the monitor, and by plain counting."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tocsin import cell
from tocsin.cli import app
from tocsin.errors import InputRefused, WrongUse

CROSSINGS = "agreements/exercise-crossings"
FIRST = datetime(2025, 3, 3, tzinfo=UTC)
AFTER = datetime(2025, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
HEAD = ["place", "since", "until", "kinds", "reason", "by", "source"]


@pytest.fixture(scope="module")
def opened(root):
    return cell.open_board(root / CROSSINGS, at=AFTER)


def table(file, head, rows):
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return file


def asked(opened, folder, closures, watches, *, days=1):
    return cell.hours(
        opened,
        closures_file=table(folder / "closures.csv", HEAD, closures),
        watched_file=table(
            folder / "watched.csv", ["place", "since", "until", "source"], watches
        ),
        start=FIRST,
        until=FIRST + days * DAY,
    )


def at(hours_after):
    return (FIRST + timedelta(hours=hours_after)).isoformat()


def verdicts(found, place="Quillan Bridge"):
    return [day.verdict for day in found.days if day.seen.place == place]


ALL_DAY = ["Quillan Bridge", at(0), at(24), "camera"]


def shut(begin, end, *, by="Northland", kinds="", reason="restriction"):
    return ["Quillan Bridge", at(begin), at(end), kinds, reason, by, "log"]


@pytest.mark.parametrize(
    ("closures", "watches", "verdict"),
    [
        ([], [ALL_DAY], "kept"),
        ([], [], "undetermined"),
        ([], [["Quillan Bridge", at(6), at(19), "camera"]], "undetermined"),
        ([], [["Zorrel Halt", at(0), at(24), "camera"]], "undetermined"),
        ([shut(8, 9)], [ALL_DAY], "broken"),
        ([shut(8, 9)], [], "broken"),
        ([shut(21, 23)], [ALL_DAY], "kept"),
        ([shut(8, 9, kinds="school")], [ALL_DAY], "kept"),
        ([shut(8, 9, by="")], [ALL_DAY], "undetermined"),
        ([shut(8, 9, by="Southland")], [ALL_DAY], "undetermined"),
        ([shut(8, 9, reason="mine", by="")], [ALL_DAY], "undetermined"),
        ([shut(19.5, 22)], [ALL_DAY], "broken"),
        ([shut(20, 22)], [ALL_DAY], "kept"),
    ],
)
def test_the_monitor_says_what_became_of_promised_hours(
    opened, tmp_path, closures, watches, verdict
):
    found = asked(opened, tmp_path, closures, watches)
    assert verdicts(found) == [verdict]
    assert verdicts(found, "Zorrel Halt") == [
        "kept" if watches and watches[0][0] == "Zorrel Halt" else "undetermined"
    ]


TIMES = st.integers(0, 4 * 48).map(lambda n: n / 4)
SPANS = st.tuples(TIMES, TIMES).filter(lambda s: s[0] < s[1])
CLOSURES = st.tuples(
    SPANS,
    st.sampled_from(["Northland", "Southland", ""]),
    st.sampled_from(["restriction", "incident", "mine"]),
    st.sampled_from(["", "medical", "school"]),
)


@settings(max_examples=25)
@given(st.lists(CLOSURES, max_size=3), st.lists(SPANS, max_size=3))
def test_law_the_monitor_and_plain_counting_come_to_the_same(
    opened, tmp_path_factory, closures, watches
):
    found = asked(
        opened,
        tmp_path_factory.mktemp("hours"),
        [shut(*s, by=by, kinds=k, reason=why) for s, by, why, k in closures],
        [["Quillan Bridge", at(a), at(b), "camera"] for a, b in watches],
        days=2,
    )
    assert [d.verdict for d in found.days] == [d.seen.verdict for d in found.days]


def test_minutes_of_a_closing_on_another_day_are_not_counted(opened, tmp_path):
    found = asked(opened, tmp_path, [shut(32, 33)], [ALL_DAY], days=2)
    first, second = (d.seen for d in found.days if d.seen.place == "Quillan Bridge")
    assert (first.denied, first.watched) == (0, 840)
    assert (second.denied, second.watched) == (60, 0)


def test_the_command_says_which_days_were_kept(root, monkeypatch):
    monkeypatch.chdir(root)
    asked_ = (
        f"cell hours {CROSSINGS} --closures {CROSSINGS}/closures.csv"
        f" --watched {CROSSINGS}/watched.csv --from 2025-03-03 --to 2025-03-09"
    ).split()
    done = CliRunner().invoke(app, asked_)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[1] == (
        "Quillan Bridge (Article 1(1), Northland): 4 kept, 1 broken, 2 undetermined"
        " of 7 days"
    )
    assert lines[2] == (
        "  2025-03-05 06:00-20:00 broken: 90 min shut by Northland, 0 min shut"
        " otherwise, 840 of 840 min watched"
    )
    told = json.loads(CliRunner().invoke(app, [*asked_, "--format", "json"]).stdout)
    assert told["origin"] == "exercise"
    assert len(told["days"]) == 14


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Article 1(2)", "Article 2(1)"), "Article 2(1) forbids Southland nothing"),
        (("Zorrel Halt", "Umber Ford"), "`Umber Ford` is no sector of the map"),
    ],
)
def test_hours_that_no_clause_or_sector_holds_are_refused(
    root, tmp_path, change, message
):
    text = (root / CROSSINGS / "contributions.toml").read_text("utf-8")
    board = tmp_path / "board.toml"
    board.write_text(text.replace(*change), encoding="utf-8")
    held = cell.open_board(root / CROSSINGS, board_file=board, at=AFTER)
    with pytest.raises(InputRefused) as refused:
        asked(held, tmp_path, [], [])
    assert [issue.message.startswith(message) for issue in refused.value.issues] == [
        True
    ]


def test_a_line_that_ends_before_it_begins_is_told_with_its_number(opened, tmp_path):
    with pytest.raises(InputRefused) as refused:
        asked(opened, tmp_path, [shut(9, 8)], [])
    (issue,) = refused.value.issues
    assert issue.code == "time_invalid"
    assert issue.where.line == 2


def test_without_promised_hours_there_is_nothing_to_hold(root):
    paris = cell.open_board(root / "agreements/paris-2026", at=AFTER)
    with pytest.raises(WrongUse, match="promised hours"):
        cell.hours(
            paris, closures_file=root, watched_file=root, start=FIRST, until=AFTER
        )


def test_a_made_up_closing_accuses_nobody_real(root, tmp_path):
    for name in ("areas.geojson", "citations.toml"):
        text = (root / CROSSINGS / name).read_text("utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    agreement = (root / CROSSINGS / "agreement.md").read_text("utf-8")
    (tmp_path / "agreement.md").write_text(
        agreement.replace("(fictional)", ""), encoding="utf-8"
    )
    board = (root / CROSSINGS / "contributions.toml").read_text("utf-8")
    (tmp_path / "contributions.toml").write_text(board, encoding="utf-8")
    held = cell.open_board(tmp_path, at=AFTER)
    with pytest.raises(WrongUse, match="no accusation is made up"):
        asked(held, tmp_path, [shut(8, 9)], [ALL_DAY])
