"""Two runs that differ only in where a withheld impact landed give the same report.

The whole way is taken: evidence, incidents, findings, guarantees, report. Two sectors
have the same history; an impact of the afternoon lands in the one or in the other.
"""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from typer.testing import CliRunner

from tocsin.cli import app
from tocsin.model import (
    Guarantee,
    GuaranteeState,
    Issue,
    Notice,
    Step,
    TriggerMode,
    Verdict,
    Where,
    Witness,
)
from tocsin.report import daily, render_json

DESCRIPTION = """
id = "{id}"
title = "{id}"
publisher = "{id} office"
owner = "{id} office"
way_of_knowing = "{way}"
licence = "none"
origin = "exercise"
platform = "patrol"
[coverage]
area = "Lantern"
[table]
zone = "UTC"
[table.columns]
t_start = "when"
kind = {{ value = "explosion" }}
assessment = "how"
sector = "where"
claimed_party = "who"
"""
HEAD = "when,how,where,who\n"
SECTORS = ("Alvenor", "Brasketh", "Corvaline", "Dunmarrow")
SOON, LATE = "2025-03-10T08:00Z", "2025-03-12T08:00Z"


def at(day, hour):
    return datetime(2025, 3, day, tzinfo=UTC) + timedelta(hours=hour)


def rows(where, *times, how="impact", who="Northland"):
    return [f"2025-03-{time},{how},{where},{who}\n" for time in times]


def history(sector):
    """A serious violation of days ago, fire of yesterday, and fire of this morning."""
    minutes = [f"06 0{n}:30" for n in range(9)] + [f"07 0{n}:30" for n in range(9)]
    return rows(sector, *minutes, "08 12:00", "09 05:00")


@pytest.fixture(scope="module")
def report(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("embargo")
    ways = {"patrols-a": "patrols", "village-b": "residents"}
    for name, way in ways.items():
        text = DESCRIPTION.format(id=name, way=way)
        (folder / f"{name}.toml").write_text(text)
    watch = "sector,t_start,t_end,share,origin\n" + "".join(
        f"{sector},2025-03-03T00:00Z,2025-03-11T00:00Z,0.7,exercise\n"
        for sector in SECTORS
    )
    (folder / "watch.csv").write_text(watch)

    def call(*arguments):
        done = CliRunner().invoke(app, [str(each) for each in arguments])
        assert done.exit_code == 0, done.output
        return done

    def made(*extra, released=SOON):
        evidence = [row for sector in SECTORS for row in history(sector)]
        for name in ways:
            (folder / f"{name}.csv").write_text(HEAD + "".join([*evidence, *extra]))
        given = [
            part
            for name in ways
            for part in ("--source", f"{folder / name}.toml={folder / name}.csv")
        ]
        given += ["--source", f"tocsin-coverage={folder / 'watch.csv'}"]
        given += ["--from", "2025-03-03", "--to", "2025-03-09"]
        out = folder / "out"
        call("run", root / "agreements" / "exercise-lantern", *given, "--out", out)
        asked = ["--date", "2025-03-09", "--released-at", released, "--out", "-"]
        return call("report", out, *asked, "--format", "json").stdout_bytes

    return made


def sentences(data):
    """Every text of the document that names a sector, and how often it stands there."""
    found = Counter()

    def walk(value):
        if isinstance(value, str) and any(name in value for name in SECTORS):
            found[value] += 1
        for each in (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, list)
            else ()
        ):
            walk(each)

    walk(json.loads(data))
    return found


@pytest.mark.parametrize("who", ["Northland", "Southland", ""])
def test_nobody_can_tell_where_a_withheld_impact_landed(report, who):
    here = report(*rows("Alvenor", "09 14:23", who=who))
    there = report(*rows("Brasketh", "09 14:23", who=who))
    assert b"less than 24 hours old" in here
    assert here == there


def test_the_same_reports_differ_once_the_impact_is_old(report):
    here = report(*rows("Alvenor", "09 14:23"), released=LATE)
    there = report(*rows("Brasketh", "09 14:23"), released=LATE)
    assert here != there


def test_a_further_withheld_impact_changes_no_word_about_any_sector(report):
    one = rows("Corvaline", "09 13:00")
    before = report(*one)
    after = report(*one, *rows("Alvenor", "09 14:23"))
    assert before != after
    assert sentences(before) == sentences(after)


@pytest.fixture
def shelled(empty):
    """An impact in North at 15:00, a finding on it, and a guarantee that it woke."""
    incident = empty.incident(
        "explosion", at(9, 15), sector="North", assessment="impact", sources=("press",)
    )
    fact = empty.fact(incident, "fire", "Southland", at(9, 15), 0.9, "North")
    found = empty.finding(
        "Article 5(1)",
        "Southland",
        Verdict.BREACHED,
        at(9, 15),
        sentence="Southland is in serious violation in North",
        witness=Witness(facts=(fact,), number=1),
    )
    empty.given_guarantees = [
        Guarantee(
            guarantee_id="ab" * 32,
            origin=empty.origin,
            clause="Article 6(1)",
            title="Consultation",
            party="Southland",
            sector="North",
            mode=TriggerMode.BY_DECISION,
            state=GuaranteeState.CONDITION_FOUND,
            since=at(9, 15),
            episode=found.finding_id,
            steps=(
                Step(
                    what="meet about North",
                    clause="Article 6(1)",
                    owed_by=("Coalition",),
                    due=at(10, 15),
                ),
            ),
            why="Southland was found in serious violation in North",
        )
    ]
    empty.given_notices = [
        Notice(
            notice_id="cd" * 32,
            origin=empty.origin,
            at=at(9, 15),
            clause="Article 6(1)",
            to=("Coalition",),
            sentence="The Coalition shall meet about North.",
        )
    ]
    return empty


def of(view, released):
    return render_json(daily(view, day=date(2025, 3, 9), released_at=released)).decode()


def test_a_guarantee_that_woke_by_what_is_withheld_names_no_sector(shelled):
    words = of(shelled, at(10, 8))
    assert "Southland) in a withheld sector" in words
    assert "meet about a withheld sector" in words
    assert not re.search(r"(in|about) North\b", words)
    assert "ab" * 8 not in words  # an id made from its content
    later = of(shelled, at(10, 16))
    assert "Southland) in North" in later
    assert "meet about North" in later


def test_a_guarantee_that_woke_before_keeps_its_sector(shelled):
    [one] = shelled.given_guarantees
    shelled.given_guarantees = [msgspec.structs.replace(one, since=at(7, 12))]
    assert "Southland) in North" in of(shelled, at(10, 8))


def test_what_is_withheld_leaves_no_source_no_row_and_no_id(shelled):
    words = of(shelled, at(10, 8))
    incident = shelled.rows["incidents"][0]["incident_id"]
    assert "press.csv#1" not in words
    assert incident[:16] not in words
    assert "i-withheld-1" in words
    assert "press.csv#1" in of(shelled, at(10, 16))


def test_an_issue_of_a_withheld_row_keeps_its_place_in_the_file_only(shelled):
    def issue(code, line, message):
        where = Where(file="in/press.csv", line=line)
        return Issue(code=code, where=where, message=message, repair="look at Millford")

    shelled.given_issues = [
        issue("place_read_as", 1, "`Milford` is read as Millford"),
        issue("place_unknown", 7, "`Nowhere` is in no gazetteer"),
        issue("value_invalid", 8, "`shoot` is no kind"),
    ]
    words = of(shelled, at(10, 8))
    assert not re.search("Milford|Millford.*place_|Nowhere", words)
    assert "`shoot` is no kind" in words
    assert "in/press.csv:1" in words
    assert "`Milford` is read as Millford" in of(shelled, at(10, 16))


def test_yesterday_s_report_tells_nothing_of_an_impact_that_came_after_it(shelled):
    """A run of days in North breaks off by it; in South it goes on."""
    for sector, end in (("North", at(9, 15)), ("South", None)):
        shelled.finding(
            "Article 5(1)",
            "Southland",
            Verdict.MET,
            at(5, 0),
            t_end=end,
            sector=sector,
            sentence=f"Southland kept Article 5(1) in {sector}",
        )
    document = daily(shelled, day=date(2025, 3, 8), released_at=at(9, 20))
    words = render_json(document).decode()
    assert "a withheld sector" in words
    assert "kept Article 5(1) in" not in words


def test_findings_that_say_the_same_without_their_sector_are_one_sentence(shelled):
    for sector in ("Middle", "South"):
        shelled.finding(
            "Article 5(1)",
            "Northland",
            Verdict.BREACHED,
            at(9, 2),
            sector=sector,
            sentence=f"Northland is in serious violation in {sector}",
        )
    document = daily(shelled, day=date(2025, 3, 9), released_at=at(10, 8))
    clauses = next(part for part in document.sections if part.anchor == "clauses")
    told = [b.text for b in clauses.blocks if getattr(b, "tone", "") == "breached"]
    [both] = [text for text in told if "Northland" in text]
    assert "probability of breach withheld" in both.lower()
    assert both.endswith("2\u00a0findings say this.")
