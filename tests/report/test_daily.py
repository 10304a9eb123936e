"""The daily report as a whole: what it says, what it refuses to say, and of whom."""

import random
import re
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tocsin.errors import StoreDamaged, WrongUse
from tocsin.model import CoverageOf, GuaranteeState, Origin, Step, Verdict, Witness
from tocsin.report import Document, daily, render_html, render_json
from tocsin.report.document import Figure, Sentence, Table

NAMED = re.compile(r"Article \d+(\(\d+\))?|section \d+|Annex [A-E]")


def blocks(document, of, *, annexes=False):
    parts = document.sections + (document.annexes if annexes else ())
    return [b for part in parts for b in part.blocks if isinstance(b, of)]


def section(document, anchor):
    return next(part for part in document.sections if part.anchor == anchor)


def told(part):
    """Every sentence of a section."""
    return [b.text for b in part.blocks if isinstance(b, Sentence)]


def table(document, anchor):
    found = blocks(document, Table, annexes=True)
    return next((t for t in found if t.anchor == anchor), None)


def texts(one):
    return [[cell.text for cell in row.cells] for row in one.rows]


def at(day, hour):
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def test_sections_follow_the_outline_of_a_mission_s_daily_report(view, day, released):
    document = daily(view, day=day, released_at=released)
    assert [part.anchor for part in document.sections] == [
        "summary",
        "recorded",
        "clauses",
        "guarantees",
        "restrictions",
        "civilians",
        "coverage",
        "corrections",
        "parties",
        "sources",
    ]
    assert [part.number for part in document.sections] == [str(n) for n in range(2, 12)]
    assert [part.number for part in document.annexes] == list("ABCDE")


def test_the_head_says_number_day_cut_off_zone_and_coverage(view, day, released):
    view.known = "2025-03-10T06:00:00Z"
    head = daily(view, day=day, released_at=released).head
    assert head.number == "68/2025"
    assert head.zone == "UTC"
    assert head.cut_off == datetime(2025, 3, 10, 6, tzinfo=UTC)
    assert "41\u00a0% watched" in head.coverage.text
    assert head.coverage.evidence


def test_every_sentence_with_a_figure_links_to_its_evidence(view, day, released):
    document = daily(view, day=day, released_at=released)
    for anchor in ("summary", "recorded", "clauses", "restrictions", "civilians"):
        for block in section(document, anchor).blocks:
            if isinstance(block, Sentence) and re.search(
                r"\d", NAMED.sub("", block.text)
            ):
                assert block.evidence, block.text


def test_a_day_with_nothing_recorded_never_says_that_nothing_happened(empty, day):
    empty.watch("North", at(9, 0), at(9, 12), 0.5)
    document = daily(empty, day=day, released_at=None)
    words = render_html(document).casefold()
    assert "no violations" not in words
    assert "nothing happened" not in words.replace("not mean that nothing happened", "")
    (first,) = (
        t for t in told(section(document, "summary")) if "No single incident" in t
    )
    assert "8\u00a0% watched" in first  # half of North for half a day, of three sectors
    assert "nobody on record as watching" in first  # the day before


def test_a_day_without_any_coverage_says_so_instead_of_zero(empty, day):
    document = daily(empty, day=day, released_at=None)
    assert document.head.coverage.text == (
        "Nobody is on record as watching any of 3\u00a0sectors on this day;"
        " the day before nobody on record as watching."
    )
    assert [row[1] for row in texts(table(document, "table-coverage"))] == [
        "nobody"
    ] * 3


def test_a_share_that_nobody_stated_stays_not_stated(empty, day):
    for sector in ("North", "Middle", "South"):
        empty.watch(sector, at(9, 0), at(10, 0), None)
    empty.incident("shot", at(9, 3), sector="North")
    document = daily(empty, day=day, released_at=None)
    assert document.head.coverage.text.startswith(
        "During 100\u00a0% of the day, as a mean over 3\u00a0sectors, somebody watched,"
    )
    assert texts(table(document, "table-recorded"))[0][1] == "not stated"


def test_exercises_stand_apart_and_no_column_is_a_total(view, day, released):
    recorded = table(daily(view, day=day, released_at=released), "table-recorded")
    titles = [column.title for column in recorded.columns]
    assert titles[-1] == "Exercises, apart"
    assert not [title for title in titles if "total" in title.casefold()]
    rows = {row[0]: row for row in texts(recorded)}
    assert rows["All sectors"][titles.index("Exercises, apart")] == "7"
    assert rows["All sectors"][titles.index("Explosions")] == "4"


def test_a_figure_for_a_period_is_never_added_to_incidents(empty, day):
    empty.incident(
        None,
        at(8, 19.5),
        lasts=timedelta(hours=24),
        nature="period_count",
        sector="South",
        count=28,
        count_qualifier="at_least",
        sources=("patrols",),
    )
    document = daily(empty, day=day, released_at=None)
    ((*_, sector, _, figure, _),) = texts(table(document, "table-periods"))
    assert (sector, figure) == ("South", "at least 28")
    assert [c.title for c in table(document, "table-recorded").columns] == [
        "Sector",
        "Share watched",
    ]


def test_a_period_s_figure_stands_in_the_summary_against_the_period_before(empty, day):
    for first, count in ((7, 47), (8, 28)):
        empty.incident(
            None,
            at(first, 16.5),
            lasts=timedelta(hours=24),
            nature="period_count",
            sector="South",
            count=count,
            count_qualifier="exact",
            sources=("patrols",),
        )
    words = told(section(daily(empty, day=day, released_at=None), "summary"))
    assert (
        "patrols counts ceasefire violations from 8\u00a0Mar 2025 16:30 to 9\u00a0Mar"
        " 2025 16:30 UTC: 28 in South (nobody on record as watching); the period"
        " before: 47 in South."
    ) in words


def test_an_incident_known_only_to_a_week_stands_in_no_table_of_the_day(empty, day):
    empty.incident("shot", at(5, 0), lasts=timedelta(days=7), sector="North")
    document = daily(empty, day=day, released_at=None)
    words = " ".join(told(section(document, "recorded")))
    assert "1\u00a0incident whose time is known only to more than a day" in words
    assert texts(table(document, "table-recorded"))[-1] == ["All sectors", "nobody"]


def test_an_incident_counts_once_on_the_day_on_which_it_began(empty):
    empty.incident("shot", at(9, 23.9), lasts=timedelta(hours=2), sector="North")

    def shots(day):
        document = daily(empty, day=day, released_at=None)
        change = table(document, "table-change")
        return None if change is None else texts(change)[0][1:3]

    assert shots(date(2025, 3, 9)) == ["1", "–"]
    assert shots(date(2025, 3, 10)) == ["–", "1"]


# --- what is withheld


def test_an_impact_of_the_last_24_hours_has_no_place_and_no_sector(empty, day):
    empty.incident(
        "explosion",
        at(9, 20),
        lon=-24.4321,
        lat=-0.8765,
        assessment="impact",
        sector="North",
        place_name="Hollow Mill",
    )
    document = daily(empty, day=day, released_at=at(10, 8))
    (row,) = texts(table(document, "table-incidents"))
    assert row[3:5] == ["withheld", "not before 10\u00a0Mar 2025 20:01"]
    assert document.head.withheld == 1
    data = render_json(document).decode()
    assert "Hollow Mill" not in data
    assert not re.search(r"24\.43|0\.87|0\.88", data)
    rows = {row[0]: row for row in texts(table(document, "table-recorded"))}
    assert rows["Sector withheld (24 hours)"][-1] == "1"
    assert rows["North"][-1] == "–"


def test_the_same_impact_is_placed_once_it_is_24_hours_old(empty, day):
    empty.incident("explosion", at(9, 20), lon=-24.4, lat=-0.9, assessment="impact")
    document = daily(empty, day=day, released_at=at(10, 20.1))
    assert document.head.withheld == 0
    (row,) = texts(table(document, "table-incidents"))
    assert row[3] == "North"


def test_without_a_release_every_impact_of_the_day_is_withheld(view, day):
    document = daily(view, day=day, released_at=None)
    rows = {row[0]: row for row in texts(table(document, "table-recorded"))}
    impacts = [c.title for c in table(document, "table-recorded").columns].index(
        "Impacts"
    )
    assert rows["Sector withheld (24 hours)"][impacts] == "5"
    assert rows["North"][impacts] == "–"


def test_outgoing_fire_is_never_placed_finer_than_1_km(empty, day):
    empty.incident(
        "explosion",
        at(9, 2),
        lon=-24.43219,
        lat=-0.87654,
        sigma=5.0,
        assessment="outgoing",
    )
    document = daily(empty, day=day, released_at=at(12, 0))
    (row,) = texts(table(document, "table-incidents"))
    assert row[4] == "0.88°\u00a0S 24.43°\u00a0W ±\u00a01\u00a0km"
    assert "24.432" not in render_json(document).decode()


def test_no_finding_with_a_sector_leads_to_a_withheld_incident(empty, day):
    incident = empty.incident(
        "explosion", at(9, 20), sector="North", assessment="impact"
    )
    fact = empty.fact(incident, "fire", None, at(9, 20), 1.0, "North")
    empty.finding(
        "Article 1(1)",
        None,
        Verdict.UNDETERMINED,
        at(9, 20),
        witness=Witness(facts=(fact,)),
    )
    document = daily(empty, day=day, released_at=at(10, 8))
    assert not table(document, "table-facts").rows
    (finding,) = table(document, "table-findings").rows
    assert not finding.cells[-1].links


def test_a_finding_on_a_withheld_incident_does_not_say_its_sector(empty, day):
    incident = empty.incident(
        "explosion", at(9, 20), sector="North", assessment="impact"
    )
    fact = empty.fact(incident, "fire", "Northland", at(9, 20), 1.0, "North")
    empty.finding(
        "Article 1(1)",
        "Northland",
        Verdict.BREACHED,
        at(9, 20),
        sector="North",
        sentence="Northland breached Article 1(1) in North at 9 March 2025 20:00 UTC:"
        " 1 incident; 63% of North was watched in the mean over that time.",
        witness=Witness(facts=(fact,), number=1.0, coverage_share=0.63),
    )
    young = daily(empty, day=day, released_at=at(10, 8))
    (row,) = texts(table(young, "table-findings"))
    assert row[2] == "a withheld sector"
    words = render_json(young).decode()
    assert "in North at" not in words
    assert "63" not in row[-1] + row[-2]
    assert "Northland breached Article 1(1) in a withheld sector at 9 March" in words
    old = daily(empty, day=day, released_at=at(10, 21))
    assert texts(table(old, "table-findings"))[0][2] == "North"


# --- of whom


def test_no_party_is_named_where_it_is_undetermined(empty, day):
    empty.incident("shot", at(9, 3), sector="North")
    empty.finding("Article 1(1)", None, Verdict.UNDETERMINED, at(9, 3))
    document = daily(empty, day=day, released_at=None)
    clauses = section(document, "clauses")
    assert "party undetermined" in " ".join(told(clauses))
    assert not re.search("Northland|Southland", " ".join(told(clauses)))
    (row,) = texts(table(document, "table-incidents"))
    assert row[-1] == "undetermined 1"


def test_a_claim_is_shown_as_the_claim_of_whoever_makes_it(view, day, released):
    document = daily(view, day=day, released_at=released)
    assert texts(table(document, "table-claims")) == [
        ["Southland General Staff", "Northland", "explosion", "3"]
    ]
    restrictions = texts(table(document, "table-restrictions"))
    assert restrictions[-1][-1] == "Southland, says patrol leader"


def test_silence_of_a_party_is_said_as_silence(view, day, released):
    words = told(section(daily(view, day=day, released_at=released), "parties"))
    assert words[0] == "Northland: no question and no reply is on record for this day."
    assert words[1].startswith(
        "Southland: asked 1\u00a0time (request comment 09:00); repl"
    )


def test_a_finding_that_rests_on_a_control_layer_names_its_publisher(view, day):
    document = daily(view, day=day, released_at=at(11, 8))
    words = " ".join(told(section(document, "clauses")))
    assert "control layer of Lantern Survey (made up), without it undetermined" in words
    assert "Control layer: Lantern Survey" in blocks(document, Figure)[0].credit


def test_casualties_on_a_single_root_are_counted_and_not_in_the_table(
    view, day, released
):
    document = daily(view, day=day, released_at=released)
    shown = texts(table(document, "table-civilians"))
    assert [(row[1], row[3], row[4]) for row in shown] == [
        ("casualty", "at least 2", "2")
    ]
    assert "1\u00a0report of casualties or damage rests on a single root" in " ".join(
        told(section(document, "civilians"))
    )


# --- times


def test_a_step_done_after_the_day_is_still_due_when_the_day_ends(view, released):
    document = daily(view, day=date(2025, 3, 8), released_at=released)
    steps = table(document, "steps-" + "11" * 8)
    assert texts(steps)[0][2] == "9\u00a0Mar 2025 22:00, in 22\u00a0h"


def test_a_missed_step_is_said_in_words(view, day, released):
    document = daily(view, day=day, released_at=released)
    (missed,) = texts(table(document, "steps-" + "22" * 8))
    assert missed[2].startswith("missed: was due 9\u00a0Mar 2025 12:00")
    assert missed[3:] == ["nobody alone", "the text is silent"]


def test_a_guarantee_woken_later_is_not_awake_in_the_report_of_an_earlier_day(view):
    document = daily(view, day=date(2025, 3, 6), released_at=None)
    words = told(section(document, "guarantees"))
    assert words == ["Dormant at the end of the day: Article 6(2) Deployment."]


def test_days_without_readings_are_named_and_are_no_quiet_days(empty):
    for day in (29, 30, 33):
        empty.watch("South", at(day, 0), at(day + 1, 0), None, source="patrols")
    document = daily(empty, day=date(2025, 3, 31), released_at=None)
    words = " ".join(told(section(document, "coverage")))
    assert "Readings of patrols begin here on 29\u00a0March 2025" in words
    assert "2 in between are missing: 31\u00a0March 2025 to 1\u00a0April 2025" in words
    assert "No reading of patrols covers 31\u00a0March 2025." in words
    assert "No reading of patrols" in " ".join(told(section(document, "summary")))


def test_late_evidence_and_revisions_are_corrections(view, day, released):
    words = " ".join(
        told(section(daily(view, day=day, released_at=released), "corrections"))
    )
    assert "1\u00a0observation about earlier days was received on this day" in words
    assert "1\u00a0finding that held on this day is a revision" in words
    assert "patrols.csv:31 (count) and patrols.csv:27: 28 for the period" in words


# --- the same again


def test_the_order_of_rows_does_not_change_a_byte(view, day, released):
    before = render_json(daily(view, day=day, released_at=released))
    mixed = random.Random(4)
    for rows in view.rows.values():
        mixed.shuffle(rows)
    for records in (view.given_findings, view.given_guarantees, view.given_issues):
        mixed.shuffle(records)
    assert render_json(daily(view, day=day, released_at=released)) == before


@pytest.mark.parametrize("origin", list(Origin))
def test_what_was_not_observed_is_watermarked(empty, day, origin):
    empty.origin = origin
    document = daily(empty, day=day, released_at=None)
    assert ("EXERCISE" in document.watermark) == (origin is not Origin.OBSERVED)
    assert ("EXERCISE" in render_html(document)) == (origin is not Origin.OBSERVED)
    data = msgspec.json.decode(render_json(document))
    assert data["origin"] == origin.value
    assert data["kind"] == "daily"
    assert data["watermark"] == document.watermark


def test_the_json_holds_the_whole_document(view, day, released):
    document = daily(view, day=day, released_at=released)
    again = msgspec.json.decode(render_json(document), type=Document)
    assert again == document
    assert render_html(again) == render_html(document)


def test_a_busy_day_is_limited_on_the_page_and_whole_in_the_json(empty, day):
    for minute in range(900):
        empty.incident("shot", at(9, minute / 60), lon=-25.0, lat=-0.5)
    document = daily(empty, day=day, released_at=at(12, 0))
    assert len(table(document, "table-incidents").rows) == 900
    assert "of 900 rows are shown" in render_html(document)
    (map_,) = (f for f in blocks(document, Figure) if f.anchor == "figure-map-fire")
    assert ">900</text>" in map_.svg


def test_areas_known_by_name_only_give_no_map_and_no_error(empty, day):
    for feature in empty.areas["features"]:
        feature["geometry"] = None
    empty.incident("shot", at(9, 3), place_name="nord")
    document = daily(empty, day=day, released_at=None)
    assert not [f for f in blocks(document, Figure) if "map" in f.anchor]
    (row,) = texts(table(document, "table-incidents"))
    assert row[3] == "North"  # by its variant


def test_a_source_without_stated_coverage_is_said_to_have_none(empty, day):
    (first, *_) = empty.given_sources
    empty.given_sources = (
        msgspec.structs.replace(first, coverage=CoverageOf(area="the line")),
    )
    ((*_, said),) = texts(
        table(daily(empty, day=day, released_at=None), "table-sources")
    )
    assert said == (
        "the line, first day not stated, last day not stated, share watched not stated"
    )


# --- wrong use


def test_a_release_without_a_zone_is_refused(view, day):
    with pytest.raises(WrongUse, match="has no time zone"):
        daily(view, day=day, released_at=datetime(2025, 3, 10, 8))  # noqa: DTZ001


def test_a_run_whose_agreement_lacks_its_title_is_said_to_be_damaged(view, day):
    view.title = None
    with pytest.raises(StoreDamaged, match="title"):
        daily(view, day=day, released_at=None)


def as_text(view, day, released):
    return render_json(daily(view, day=day, released_at=released)).decode()


SECTOR = {
    "observer_lon": -25.0,
    "observer_lat": -0.7,
    "bearing_deg": 191.25,
    "width_deg": 45.0,
    "range_min_m": 600.0,
    "range_max_m": 4000.0,
}


def test_what_was_seen_in_a_sector_is_a_sector_in_words_and_never_a_point(
    empty, day, released
):
    given = {"count": 45, "count_qualifier": "about", **SECTOR}
    empty.incident(
        "projectile_in_flight",
        at(9, 1),
        lon=-25.01,
        lat=-0.72,
        lasts=timedelta(hours=2.5),
        **given,
    )
    page = as_text(empty, day, released)
    assert "0.6 to 4 km S to SSW of the observer (6.1" in page
    assert "about 45" in page
    assert "0.72" not in page


def test_an_interval_is_shown_as_one(empty, day, released):
    empty.incident("burst", at(9, 1), lasts=timedelta(hours=2.5), **SECTOR)
    assert "03:30" in as_text(empty, day, released)


def test_a_place_that_is_known_by_name_only_is_named(empty, day, released):
    empty.incident("burst", at(9, 1), place_name="Alvenor")
    assert "Alvenor, by name only" in as_text(empty, day, released)


def test_a_sector_of_an_impact_is_withheld_with_it(empty, day):
    empty.incident("explosion", at(9, 20), assessment="impact", **SECTOR)
    page = as_text(empty, day, datetime(2025, 3, 10, 1, tzinfo=UTC))
    assert "of the observer" not in page
    assert "sector-seen" not in page


def test_an_uncountable_number_is_said_to_be_one(empty, day, released):
    empty.incident("burst", at(9, 1), count_qualifier="uncountable", **SECTOR)
    assert "uncountable" in as_text(empty, day, released)


def test_a_day_that_a_source_does_not_cover_is_said_to_be_no_data(empty, released):
    gap = CoverageOf(
        area="both countries",
        first=date(2025, 3, 1),
        missing=((date(2025, 3, 9), date(2025, 3, 10)),),
    )
    empty.given_sources = (
        msgspec.structs.replace(empty.given_sources[2], coverage=gap),
    )
    words = "press does not cover 9 March 2025, as described: no data"
    for number, there in ((8, False), (9, True), (11, False)):
        page = as_text(empty, date(2025, 3, number), None)
        assert (words in page.replace("\u00a0", " ")) is there


def claimed(view, by, of, count, **more):
    given = {"claimed_by": by, "claimed_party": of, "count": count} | more
    kind = given.pop("kind", "projectile_in_flight")
    view.observation(kind, at(9, 2), "press", nature="claim", **given)


def test_the_claims_of_both_sides_stand_beside_each_other_and_are_not_added(
    empty, day, released
):
    detail = '{"destroyed":30,"statements":"all of them fell","outcome":null}'
    claimed(empty, "Northland", "Southland", 4103, place_name="Alvenor", detail=detail)
    claimed(empty, "Southland", "Northland", 77, place_name="Alvenor")
    document = daily(empty, day=day, released_at=datetime(2025, 3, 12, tzinfo=UTC))
    rows = texts(table(document, "table-statements"))
    assert [row[:5] for row in rows] == [
        ["Northland", "Southland", "projectile in flight", "4,103", "Alvenor"],
        ["Southland", "Northland", "projectile in flight", "77", "Alvenor"],
    ]
    assert rows[0][5] == "outcome: unknown; statements: all of them fell; destroyed: 30"
    assert "4,180" not in render_json(document).decode()


def test_the_place_of_a_young_claim_is_withheld(empty, day):
    claimed(empty, "Northland", None, None, place_name="Alvenor", kind=None)
    document = daily(empty, day=day, released_at=datetime(2025, 3, 9, 20, tzinfo=UTC))
    ((_, of, _, figure, place, words, _),) = texts(table(document, "table-statements"))
    assert (of, figure, place, words) == (
        "nobody named",
        "not stated",
        "withheld",
        "withheld",
    )
    assert "Alvenor" not in render_json(document).decode()


def test_a_guarantee_in_the_summary_says_whom_it_concerns_and_no_power_that_lapsed(
    view, day, released
):
    view.given_guarantees = [
        msgspec.structs.replace(
            view.given_guarantees[0],
            state=GuaranteeState.LAPSED,
            party="Northland",
            sector="North",
            since=at(9, 3),
            steps=(
                Step(what="Coalition may deploy Force", clause="Article 6(2)",
                     owed_by=(), due=None),
            ),
        )
    ]  # fmt: skip
    words = " ".join(
        told(section(daily(view, day=day, released_at=released), "summary"))
    )
    assert "(concerning Northland) in North: lapsed." in words
    assert "may deploy" not in words


# --- what is known to a day only


KYIV_DAY = {"lasts": timedelta(hours=24), "lon": 37.9, "lat": 48.1, "sigma": 12_500.0}


def test_a_day_in_kyiv_is_booked_once_to_the_utc_day_that_holds_most_of_it(empty):
    empty.incident("casualty", at(8, 21), **KYIV_DAY)  # 9 March in Kyiv
    counts = {}
    for n in (8, 9, 10):
        document = daily(empty, day=date(2025, 3, n), released_at=at(20, 0))
        rows = texts(table(document, "table-recorded"))
        counts[n] = rows[-1][-1] if "Harm" in str(document) else "–"
    assert counts == {8: "–", 9: "1", 10: "–"}


def test_a_day_on_which_clocks_change_is_a_day(empty):
    for hours in (23, 25):
        empty.incident("casualty", at(8, 22), lasts=timedelta(hours=hours))
    document = daily(empty, day=date(2025, 3, 9), released_at=at(20, 0))
    assert texts(table(document, "table-recorded"))[-1][-1] == "2"
    assert "known only to more than a day" not in str(document)


def test_no_instant_is_said_of_what_is_known_to_a_day_or_a_week_only(empty, day):
    one = empty.incident(
        "casualty", at(8, 21), sources=("patrols", "press"), **KYIV_DAY
    )
    week = empty.incident("casualty", at(5, 21), lasts=timedelta(days=7))
    wide = {"t_earliest": at(8, 21), "t_latest": at(9, 21)}
    facts = (empty.fact(one, "fire", None, at(9, 9), 1.0, "North"),)
    empty.rows["facts"][-1] |= wide
    empty.finding(
        "Article 1(1)",
        None,
        Verdict.UNDETERMINED,
        at(9, 9),
        t_end=at(9, 9),
        sentence="1 incident in North at some time from 8 March to 9 March UTC",
        witness=Witness(facts=facts, window_start=at(8, 21), window_end=at(9, 21)),
    )
    document = daily(empty, day=day, released_at=at(20, 0))
    between = "between 8\u00a0Mar 2025 21:00 and 9\u00a0Mar 2025 21:00"
    rows = {row[0]: row for row in texts(table(document, "table-incidents"))}
    assert rows["A1"][1] == between
    assert rows["A2"][1] == "between 5\u00a0Mar 2025 21:00 and 12\u00a0Mar 2025 21:00"
    assert texts(table(document, "table-civilians"))[0][0] == between
    assert texts(table(document, "table-facts"))[0][1] == between
    assert texts(table(document, "table-findings"))[0][4] == f"at some time {between}"
    words = " ".join(told(section(document, "recorded")))
    assert "Of 1\u00a0incident counted above no hour is known" in words
    hours = next(f for f in blocks(document, Figure) if f.anchor == "figure-timeline")
    assert "North none on record" in hours.description
    assert week


def test_a_map_without_outlines_has_a_net_of_degrees_and_says_why(empty, day):
    for feature in empty.areas["features"]:
        feature["geometry"] = None
    empty.incident("casualty", at(8, 21), **KYIV_DAY)
    document = daily(empty, day=day, released_at=at(20, 0))
    drawn = next(f for f in blocks(document, Figure) if f.anchor == "figure-map")
    assert 'class="net"' in drawn.svg
    assert "48.1° N" in drawn.svg
    assert "gives no shape of any sector, so none is drawn" in drawn.credit
