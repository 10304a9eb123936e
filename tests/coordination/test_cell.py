"""The board beside its agreement: the exercise, the public offers, the commands."""

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from tests.coordination.conftest import day
from typer.testing import CliRunner

from tocsin import cell
from tocsin.cli import app
from tocsin.errors import WrongUse
from tocsin.model import Origin
from tocsin.report.cell import cell_page, render_cell, render_cell_json

LANTERN = "agreements/exercise-lantern"
PARIS = "agreements/paris-2026"
AT = "2025-03-16T00:00:00Z"
FEBRUARY = datetime(2026, 2, 10, tzinfo=UTC)
run = CliRunner()


@pytest.fixture(scope="module")
def lantern(root):
    return cell.open_board(root / LANTERN, at=day(16))


@pytest.fixture(scope="module")
def paris(root):
    return cell.open_board(root / PARIS, at=FEBRUARY)


def standing(view, name):
    return next(
        s for s in view.status.standings if s.contribution.contribution_id == name
    )


def test_before_the_ceasefire_of_the_exercise_nothing_under_it_is_deployable(lantern):
    before = cell.overview(lantern, at=day(1))
    assert before.ceasefire is None
    found = standing(before, "aurelia-watch")
    assert (found.deployable, found.waits_for) == (False, ("Article 1(1) in force",))


def test_a_power_waits_for_consent_decision_and_mandate_each_by_itself(lantern):
    view = cell.overview(lantern, at=day(16))
    assert standing(view, "estmere-patrols").waits_for == (
        "consent of Southland",
        "adopted Response",
        "mandate of Estmere (Estmere Diet)",
    )


def test_a_ceasefire_that_is_suspended_freezes_and_says_what(lantern):
    supposed = cell.Supposed(suspended=day(10))
    view = cell.overview(lantern, at=day(16), supposed=supposed)
    assert view.suspended
    frozen = {
        s.contribution.contribution_id
        for s in view.status.standings
        if s.frozen_since == day(10)
    }
    assert "aurelia-watch" in frozen
    assert "caldoria-medical" not in frozen  # Art. 4(2) stays in force
    assert standing(view, "caldoria-medical").deployable
    assert {f.contribution_id for f in view.freezes if f.until is None} == frozen


def test_a_mandate_that_ends_shuts_its_gate_and_its_clock_says_so(lantern):
    before = cell.overview(lantern, at=datetime(2025, 8, 1, tzinfo=UTC))
    after = cell.overview(lantern, at=datetime(2025, 9, 14, tzinfo=UTC))
    words = "mandate of Brennia (Brennian Assembly)"
    assert words not in standing(before, "brennia-patrols").waits_for
    assert words in standing(after, "brennia-patrols").waits_for

    def clock(view):
        clocks = (c for c in view.clocks if c.kind == "mandate")
        return next(c.state for c in clocks if c.who == "Brennia")

    assert (clock(before), clock(after)) == ("renew", "expired")
    page = render_cell(cell_page(after, areas=lantern.areas))
    assert "expired" in page
    assert "mandate: Brennia" in page


def test_a_complaint_that_was_answered_counts_no_days_any_more(lantern):
    view = cell.overview(lantern, at=day(16))
    complaints = [c for c in view.clocks if c.kind == "complaint"]
    assert {c.state for c in complaints} == {"late", "running", "no deadline", "done"}
    assert all(c.days_left is None for c in complaints if c.state == "done")
    assert all(c.days_left < 0 for c in complaints if c.state == "late")


def test_what_is_resumed_thaws(lantern):
    supposed = cell.Supposed(suspended=day(10), resumed=day(13))
    view = cell.overview(lantern, at=day(16), supposed=supposed)
    assert not view.suspended
    assert all(f.until == day(13) for f in view.freezes)
    assert standing(view, "aurelia-watch").deployable


def test_a_later_ceasefire_moves_what_becomes_deployable(lantern):
    supposed = cell.Supposed(ceasefire=day(12))
    view = cell.overview(lantern, at=day(16), supposed=supposed)
    engineers = standing(view, "brennia-engineers")
    assert (engineers.deployable, engineers.ready_at) == (False, day(22))


def test_opened_gates_open_the_force(lantern):
    opened = {
        "consent of Southland": day(4),
        "adopted Response": day(6),
    }
    view = cell.overview(lantern, at=day(25), supposed=cell.Supposed(opened=opened))
    assert standing(view, "aurelia-patrols").deployable
    assert standing(view, "aurelia-patrols").ready_at == day(6) + timedelta(days=14)
    assert not standing(view, "estmere-patrols").deployable


def test_the_deadlines_of_the_text_stand_on_the_line_of_days(lantern):
    view = cell.overview(lantern, at=day(16))
    deadlines = {e.clause: e.days for e in view.timeline if e.kind == "deadline"}
    assert deadlines["Article 2(1)"] == 14
    assert deadlines["Article 6(2)"] == 90


def test_the_exercise_shows_every_state_of_a_lead(lantern):
    view = cell.overview(lantern, at=day(16))
    assert {c.state for c in view.status.leads} == {
        "led",
        "contested",
        "overlap",
        "gap",
        "nobody",
    }


# --- the public offers


def test_no_public_offer_counts_as_more_than_an_offer(paris):
    view = cell.overview(paris, at=FEBRUARY)
    stages = {s.stage.value for s in view.status.standings}
    assert stages == {"offered", "declined"}
    assert not any(s.deployable for s in view.status.standings)


def test_every_public_offer_has_a_source_with_a_day_and_a_certainty(paris):
    for one in paris.board.contributions:
        for step in one.steps:
            assert step.on is not None
            assert step.source.published is not None
            public = step.source.url.startswith("https://")
            assert public or step.source.note or step.source.certainty != "stated"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("germany-force", "only_from_neighbouring"),
        ("italy-troops", "no_troops_on_ground"),
        ("poland-troops", "no_troops_on_ground"),
    ],
)
def test_what_germany_italy_and_poland_said_stands_as_a_caveat(paris, name, kind):
    one = next(c for c in paris.board.contributions if c.contribution_id == name)
    assert kind in {c.kind.value for c in one.caveats}


def test_those_caveats_have_a_price_that_claims_no_number(paris):
    planned = json.loads(
        run.invoke(
            app,
            [
                *[
                    "cell",
                    "plan",
                    "--at",
                    "2026-02-10",
                    "--count",
                    "offered",
                    "--seconds",
                    "4",
                ],
                PARIS,
            ],
        ).stdout
    )
    prices = {p["caveat"]: p for p in planned["prices"]}
    for caveat in (
        "Germany: only from neighbouring",
        "Italy: no troops on ground",
        "Poland: no troops on ground",
    ):
        assert prices[caveat]["at_least"] == 0
        assert prices[caveat]["at_most"] == (15_000 - 6_000) * 12
        assert prices[caveat]["stated"] is False
        supposed = prices[caveat]["supposed"]
        assert supposed["at_least"] == supposed["at_most"] == 1_000 * 12
        assert "a round number of ours" in supposed["words"]


def test_lifting_a_caveat_shows_its_price_and_names_the_assumption(root, monkeypatch):
    monkeypatch.chdir(root)
    asked = f"cell what-if {PARIS} --at 2026-02-10 --count offered --seconds 2".split()
    done = run.invoke(app, [*asked, "--lift", "Germany: only from neighbouring"])
    assert done.stdout.splitlines()[-1] == (
        "without `Germany: only from neighbouring`, unit-months more: 0 to 108,000: no"
        " number was offered. Assumption: 12,000 with 1,000 soldiers: a round number of"
        " ours; Germany has stated none"
    )
    wrong = run.invoke(app, [*asked, "--lift", "Germany: only from neighboring"])
    assert wrong.exit_code == 2
    assert "did you mean `Germany: only from neighbouring`?" in " ".join(
        wrong.output.split()
    )


def test_a_ceasefire_starts_is_suspended_and_holds_again(root, monkeypatch):
    monkeypatch.chdir(root)

    def what(*more):
        asked = ["cell", "what-if", LANTERN, "--at", AT, *more]
        return run.invoke(app, asked).stdout.splitlines()

    late = what("--ceasefire", "2025-03-20")
    assert any(
        line.startswith("aurelia-watch:") and "Waits for Article 1(1)" in line
        for line in late
    )
    shut = what("--suspended", "2025-03-10")
    frozen = {line.split()[1] for line in shut if line.startswith("frozen: ")}
    assert {"aurelia-watch", "meridia-observers"} <= frozen
    assert all(line.endswith("still") for line in shut if line.startswith("frozen: "))
    corridors = [line for line in shut if line.startswith("caldoria-medical:")]
    assert corridors == [], "Article 4(2) stays in force while 1(1) is suspended"
    again = what("--suspended", "2025-03-10", "--resumed", "2025-03-14")
    changed = {line.split(":")[0] for line in again if " -> " in line}
    assert not changed & {"aurelia-hub", "aurelia-watch", "caldoria-medical"}
    assert any(  # what had not arrived prepares anew: ten days from the reopening
        line.startswith("brennia-engineers:") and line.endswith("24 March 2025.")
        for line in again
    )
    assert "frozen: aurelia-watch since 2025-03-10, until 2025-03-14" in again


def test_a_board_stands_alone_without_its_agreement(root, tmp_path):
    text = (root / PARIS / "contributions.toml").read_text(encoding="utf-8")
    (tmp_path / "contributions.toml").write_text(text, encoding="utf-8")
    opened = cell.open_board(tmp_path, at=FEBRUARY)
    assert opened.agreement is None
    view = cell.overview(opened, at=FEBRUARY)
    assert standing(view, "us-monitoring").waits_for == ("Article D1(1)",)


# --- the page


def test_the_page_loads_nothing_and_marks_an_exercise(lantern):
    view = cell.overview(lantern, at=day(16))
    page = cell_page(view, areas=lantern.areas)
    html = render_cell(page)
    assert "default-src 'none'" in html
    assert not any(word in html for word in ("<script", 'http-equiv="refresh', "<img"))
    assert "EXERCISE EXERCISE EXERCISE" in html
    assert render_cell(page) == html
    assert json.loads(render_cell_json(page))["origin"] == "exercise"


def test_the_page_escapes_what_a_source_wrote(lantern):
    import msgspec

    first = lantern.board.contributions[0]
    evil = msgspec.structs.replace(first, state="<b>Aurelia</b>")
    board = msgspec.structs.replace(
        lantern.board, contributions=(evil, *lantern.board.contributions[1:])
    )
    opened = msgspec.structs.replace(lantern, board=board)
    page = cell_page(cell.overview(opened, at=day(16)), areas=lantern.areas)
    assert "<b>Aurelia</b>" not in render_cell(page)


def test_the_json_holds_no_position_of_a_unit(lantern):
    page = cell_page(cell.overview(lantern, at=day(16)), areas=lantern.areas)
    data = json.loads(render_cell_json(page))
    text = json.dumps(data["overview"])
    assert '"lon"' not in text
    assert '"lat"' not in text


def test_the_room_knows_no_target():
    """Nothing tactical: no word of fire or target stands in what a record can say."""
    module = import_module("tocsin.model.contributions")
    fields = {
        field
        for name in module.__all__
        for field in getattr(getattr(module, name), "__struct_fields__", ())
    }
    assert not {"lon", "lat", "target", "enemy", "opponent", "weapon"} & fields


# --- the commands


def test_status_table_and_what_if_and_export(root, monkeypatch):
    monkeypatch.chdir(root)
    table = run.invoke(app, ["cell", "status", LANTERN, "--at", AT])
    assert table.exit_code == 0
    assert "Alvenor\tmonitoring\tobserver team\t3" in table.stdout
    what = run.invoke(
        app, ["cell", "what-if", LANTERN, "--at", AT, "--suspended", "2025-03-10"]
    )
    assert "frozen: aurelia-watch since 2025-03-10, still" in what.stdout
    three_w = run.invoke(app, ["cell", "export", LANTERN, "--at", AT])
    assert three_w.stdout.splitlines()[1].startswith("#org+name")


def test_a_plan_without_solution_names_the_conflict_and_ends_with_1(root, tmp_path):
    text = (root / LANTERN / "contributions.toml").read_text(encoding="utf-8")
    text += (
        '\n[[need]]\nid = "impossible"\narea = "Hollistrand"\nfunction = "demining"\n'
        'capability = "clearance company"\nquantity = 2\nfrom_month = 2\nmust = true\n'
    )
    board = tmp_path / "board.toml"
    board.write_text(text, encoding="utf-8")
    done = run.invoke(
        app,
        f"cell plan --at {AT} --seconds 5 --board {board} {root / LANTERN}".split(),
    )
    assert done.exit_code == 1
    assert "demining in Hollistrand must have 2" in done.output
    assert "caveat of Doravia: only from neighbouring" in done.output
    assert "rotation" not in done.output


def test_import_keeps_the_older_version(root, tmp_path):
    table = tmp_path / "new.csv"
    table.write_text(
        "contribution_id,state,capability,quantity,functions,conditions,version,"
        "supersedes,stage,on,source\n"
        "aurelia-watch,Aurelia,observer team,12,monitoring,Article 1(1),2,1,"
        "committed,2025-03-15,cell\n",
        encoding="utf-8",
    )
    out = tmp_path / "board.json"
    folder = str(root / LANTERN)
    done = run.invoke(app, ["cell", "import", folder, str(table), "--out", str(out)])
    assert done.exit_code == 0, done.output
    opened = cell.open_board(root / LANTERN, board_file=out, at=day(16))
    versions = [
        c.version
        for c in opened.board.contributions
        if c.contribution_id == "aurelia-watch"
    ]
    assert versions == [1, 2]
    found = standing(cell.overview(opened, at=day(16)), "aurelia-watch")
    assert found.contribution.quantity == 12


def test_route_says_which_way_is_open_and_nothing_of_where_it_is_closed(root, tmp_path):
    roads = tmp_path / "roads.geojson"
    line = '{{"geometry":{{"type":"LineString","coordinates":{}}},"properties":{}}}'
    roads.write_text(
        '{"features":['
        + ",".join(
            [
                line.format("[[0,0],[0.1,0.1]]", '{"minutes":10}'),
                line.format(
                    "[[0.1,0.1],[0.2,0]]", '{"minutes":10,"place":"Quillan Bridge"}'
                ),
                line.format("[[0,0],[0.2,0]]", '{"minutes":50}'),
            ]
        )
        + "]}",
        encoding="utf-8",
    )
    board = str(root / LANTERN / "contributions.toml")
    asked = ["route", "0,0", "0.2,0", "--roads", str(roads), "--board", board]
    by_day = json.loads(run.invoke(app, [*asked, "--at", "2025-03-16T12:00Z"]).stdout)
    assert [w["minutes"] for w in by_day["ways"]] == [20.0, 50.0]
    night = json.loads(run.invoke(app, [*asked, "--at", "2025-03-16T23:00Z"]).stdout)
    assert [w["minutes"] for w in night["ways"]] == [50.0]
    assert night["closed_roads"]["hours"] == 1
    assert set(night["closed_roads"]) == {"incident", "mine", "restriction", "hours"}


def test_reconstruction_status_keeps_currencies_and_stages_apart(root, monkeypatch):
    monkeypatch.chdir(root)
    done = run.invoke(app, ["reconstruction", "status", LANTERN])
    assert done.exit_code == 0
    assert "committed  Brennia: 40,000.0 JPY, transport" in done.stdout
    assert "energy: needed 680.0 XDR; pledged 120.0, committed 60.0" in done.stdout


def test_a_fund_waits_for_its_security_condition(lantern):
    assert cell.overview(lantern, at=day(16)).held_funds == ()
    view = cell.overview(lantern, at=day(16), supposed=cell.Supposed(suspended=day(10)))
    held = {one.fund_id: one.waits_for for one in view.held_funds}
    assert held == dict.fromkeys(("f-2", "f-5", "f-10"), ("Article 1(1) in force",))
    booked, gaps, _ = cell.book_money(lantern.board)
    page = cell_page(view, areas=lantern.areas, booked=booked, gaps=gaps)
    assert (
        "Aurelia: 60.0 XDR committed for energy waits for Article 1(1) in force."
        in render_cell(page)
    )


def test_the_command_says_which_money_waits(root, monkeypatch):
    monkeypatch.chdir(root)
    asked = ["reconstruction", "status", LANTERN, "--at"]
    before = run.invoke(app, [*asked, "2025-03-01"]).stdout
    assert "f-10 waits for Article 1(1) in force" in before
    assert "waits for" not in run.invoke(app, [*asked, AT]).stdout


def test_evidence_without_an_agreement_is_wrong_use(root, tmp_path):
    text = (root / PARIS / "contributions.toml").read_text(encoding="utf-8")
    (tmp_path / "contributions.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="needs an agreement"):
        cell.open_board(tmp_path, run=tmp_path, at=FEBRUARY)


def test_the_exercise_names_only_fictional_states(lantern):
    assert lantern.board.origin is Origin.EXERCISE
    assert {c.state for c in lantern.board.contributions} == {
        "Aurelia",
        "Brennia",
        "Caldoria",
        "Meridia",
        "Doravia",
        "Estmere",
        "Velloria",
        "Tasmora",
    }
