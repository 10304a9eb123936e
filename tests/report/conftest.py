"""A small exercise day, made by hand: 9 March 2025, Northland and Southland.

Three sectors. In Middle the cameras are jammed from 04:00 to 11:00; in South nobody
says how much the patrols see; North is watched well. Impacts of the afternoon are too
young at the usual release, 08:00 on the next morning.
"""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tocsin.model import (
    COVERAGE,
    FACTS,
    MEMBERS,
    OBSERVATIONS,
    REGISTER,
    VERDICTS,
    CoverageOf,
    Finding,
    Guarantee,
    GuaranteeState,
    Issue,
    Notice,
    Origin,
    SourceDescription,
    Step,
    TriggerMode,
    Verdict,
    Where,
    Witness,
    conform,
    incidents_schema,
)

DAY = date(2025, 3, 9)
RELEASED = datetime(2025, 3, 10, 8, tzinfo=UTC)
PARTIES = ("Northland", "Southland")


def at(day: int, hour: float) -> datetime:
    """An instant of March 2025, UTC."""
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def square(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def area(name, kind, geometry, variants=()):
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "name": name,
            "kind": kind,
            "publisher": "Lantern Survey (made up)",
            "variants": list(variants),
        },
    }


LINE = [
    [-25.4, 0.2],
    [-25.1, -0.9],
    [-25.5, -1.8],
    [-24.9, -2.7],
    [-24.6, -3.6],
    [-25.0, -4.6],
]
AREAS = {
    "type": "FeatureCollection",
    "features": [
        area("North", "sector", square(-26.6, -1.5, -23.6, 0.2), ["Nord"]),
        area("Middle", "sector", square(-26.6, -3.1, -23.6, -1.5)),
        area("South", "sector", square(-26.6, -4.6, -23.6, -3.1)),
        area("contact_line", "line", {"type": "LineString", "coordinates": LINE}),
        area("Halt", "zone", square(-25.3, -2.9, -24.5, -2.2)),
    ],
}
ARTICLES = (
    {
        "number": "Article 1(1)",
        "title": "Ceasefire",
        "sentence": "Each Party shall cease all fire.",
        "file": "agreement.md",
        "line": 21,
        "standard": 0.75,
        "standard_name": "clear",
    },
    {
        "number": "Article 2(1)",
        "title": "Withdrawal of heavy weapons",
        "sentence": "Each Party shall withdraw its heavy weapons within 14 days.",
        "file": "agreement.md",
        "line": 34,
    },
    {
        "number": "Article 3(2)",
        "title": "Inspection",
        "sentence": "Access is granted within 24 hours.",
        "file": "agreement.md",
        "line": 47,
    },
    {
        "number": "Article 5(1)",
        "title": "Serious violation",
        "sentence": "Ten breaches in 72 hours are a serious violation.",
        "file": "agreement.md",
        "line": 60,
        "standard": 0.55,
        "standard_name": "probable",
    },
    {
        "number": "Article 6(1)",
        "title": "Consultation",
        "sentence": "The Coalition shall meet within 24 hours.",
        "file": "agreement.md",
        "line": 74,
    },
    {
        "number": "Article 7",
        "title": "Amendment",
        "sentence": "The Parties may amend this agreement.",
        "file": "agreement.md",
        "line": 90,
    },
)


def description(source_id, **more):
    given = {
        "id": source_id,
        "title": source_id.replace("-", " ").capitalize(),
        "publisher": "Mechanism (made up)",
        "owner": "Mechanism (made up)",
        "way_of_knowing": "cameras",
        "licence": "CC0-1.0",
        "origin": Origin.EXERCISE,
        "coverage": CoverageOf(area="the line", first=date(2025, 3, 3), per_row=True),
    }
    return SourceDescription(**given | more)


SOURCES = (
    description("cameras", mission_sensor=True),
    description(
        "patrols",
        way_of_knowing="patrols",
        coverage=CoverageOf(area="the line", first=date(2025, 3, 3)),
    ),
    description(
        "press",
        publisher="The Lantern Gazette (made up)",
        owner="The Lantern Gazette (made up)",
        way_of_knowing="press",
        licence="terms not found",
        coverage=CoverageOf(area="both countries"),
        faults=("repeats the General Staffs",),
    ),
)


class Made:
    """A view whose tables were made by hand; answers what a report asks."""

    def __init__(self, *, origin=Origin.EXERCISE, areas=None, sources=SOURCES):
        self.origin = origin
        self.areas = deepcopy(AREAS if areas is None else areas)
        self.given_sources = sources
        self.rows = {
            name: []
            for name in (
                "observations",
                "incidents",
                "members",
                "facts",
                "coverage",
                "verdicts",
                "register",
            )
        }
        self.given_findings = []
        self.given_guarantees = []
        self.given_notices = []
        self.given_issues = []
        self.known = None
        self.title = "Lantern Agreement (exercise)"

    # --- what a report asks

    def summary(self):
        told = {"origin": self.origin.value}
        return told | ({"as_known_at": self.known} if self.known else {})

    def table(self, name):
        schema = {
            "observations": OBSERVATIONS,
            "incidents": incidents_schema(PARTIES),
            "members": MEMBERS,
            "facts": FACTS,
            "coverage": COVERAGE,
            "verdicts": VERDICTS,
            "register": REGISTER,
        }[name]
        rows = self.rows[name]
        return conform(pa.Table.from_pylist(rows, schema=schema), schema, what=name)

    def findings(self):
        return tuple(self.given_findings)

    def guarantees(self):
        return tuple(self.given_guarantees)

    def notices(self):
        return tuple(self.given_notices)

    def issues(self):
        return tuple(self.given_issues)

    def sources(self):
        return self.given_sources

    def agreement(self):
        return {
            "title": self.title,
            "parties": PARTIES,
            "articles": ARTICLES,
            "areas": self.areas,
        }

    # --- how a test says what happened

    def incident(self, kind, when, *, lon=None, lat=None, sigma=900.0, by=None, **more):
        """One incident with its observations; returns its id."""
        n = len(self.rows["incidents"])
        incident_id = f"{n:04x}{'ab' * 30}"
        shares = {"Northland": 0.0, "Southland": 0.0} | (by or {})
        lasts = more.pop("lasts", timedelta(minutes=1))
        sources = more.pop("sources", ("cameras",))
        self.rows["incidents"].append(
            {
                "incident_id": incident_id,
                "origin": self.origin.value,
                "kind": kind,
                "t_start": when,
                "t_end": when + lasts,
                "t_sigma_s": more.pop("t_sigma_s", 60.0),
                "lon": lon,
                "lat": lat,
                "sigma_m": sigma if lon is not None else None,
                "n_observations": len(sources),
                "n_independent": more.pop("roots", len(set(sources))),
                "p_Northland": shares["Northland"],
                "p_Southland": shares["Southland"],
                "p_undetermined": round(1 - sum(shares.values()), 6),
                "version": more.pop("version", 1),
                "known_at": when + timedelta(hours=1),
            }
        )
        for each in sources:
            observation_id = self.observation(kind, when, each, lasts=lasts, **more)
            self.rows["members"].append(
                {
                    "observation_id": observation_id,
                    "incident_id": incident_id,
                    "llr": 2.0,
                }
            )
        return incident_id

    def observation(self, kind, when, source, *, nature="event", **more):
        n = len(self.rows["observations"])
        observation_id = f"{n:04x}{'cd' * 30}"
        lasts = more.pop("lasts", timedelta(minutes=1))
        row = {
            "observation_id": observation_id,
            "origin": self.origin.value,
            "source_id": source,
            "nature": nature,
            "kind": kind,
            "t_start": when,
            "t_end": when + lasts,
            "received_at": when + timedelta(hours=1),
            "raw_sha256": "00",
            "raw_ref": f"{source}.csv#{n + 1}",
        }
        self.rows["observations"].append(row | more)
        return observation_id

    def fact(self, incident_id, act, party, when, p, sector):
        n = len(self.rows["facts"])
        fact_id = f"{n:04x}{'ef' * 30}"
        self.rows["facts"].append(
            {
                "fact_id": fact_id,
                "origin": self.origin.value,
                "kind": act,
                "party": party,
                "sector": sector,
                "t": when,
                "p": p,
                "root": incident_id,
                "n_independent": 2,
            }
        )
        return fact_id

    def watch(self, sector, start, end, share, *, source="cameras", why=None):
        self.rows["coverage"].append(
            {
                "sector": sector,
                "t_start": start,
                "t_end": end,
                "share": share,
                "source_id": source,
                "origin": self.origin.value,
                "why": why,
            }
        )

    def finding(self, clause, party, verdict, start, **more):
        n = len(self.given_findings)
        given = {
            "finding_id": f"{n:04x}{'12' * 30}",
            "origin": self.origin,
            "clause": clause,
            "party": party,
            "sector": "North",
            "verdict": verdict,
            "t_start": start,
            "t_end": None,
            "p_breached": 0.93 if verdict is Verdict.BREACHED else None,
            "sentence": f"{party or 'Somebody'} and {clause}: {verdict.value}",
            "witness": Witness(),
        }
        finding = Finding(**given | more)
        self.given_findings.append(finding)
        return finding


SCATTER = np.random.default_rng(9)


def scattered(view, kind, n, *, day, sector, hours=(0.0, 24.0), **more):
    """So many incidents of a kind around the middle of a sector's line."""
    south = {"North": -0.7, "Middle": -2.4, "South": -3.9}[sector]
    ids = []
    for hour in np.sort(SCATTER.uniform(*hours, n)):
        where = SCATTER.normal([-25.0, south], [0.25, 0.3])
        ids.append(
            view.incident(
                kind,
                at(day, float(hour)),
                lon=float(where[0]),
                lat=float(where[1]),
                sigma=float(SCATTER.choice([400.0, 1500.0, 4000.0])),
                **more,
            )
        )
    return ids


def everyday(view, day):
    """The usual traffic of a day in North and South, and what was watched."""
    probably_south = {"Southland": 0.81, "Northland": 0.06}
    scattered(
        view,
        "explosion",
        5,
        day=day,
        sector="North",
        assessment="impact",
        count=2,
        count_qualifier="about",
        weapon="mortar_ge_120",
        by=probably_south,
        sources=("cameras", "patrols"),
    )
    scattered(
        view,
        "explosion",
        3,
        day=day,
        sector="South",
        assessment="outgoing",
        weapon="artillery_ge_100",
        by={"Northland": 0.7},
    )
    scattered(view, "explosion", 4, day=day, sector="North", hours=(0, 7))
    scattered(view, "burst", 9, day=day, sector="South", weapon="small_arms", count=30)
    scattered(view, "shot", 4, day=day, sector="North", hours=(18, 23))
    for sector, share in (("North", 0.82), ("Middle", 0.6)):
        view.watch(sector, at(day, 0), at(day + 1, 0), share)
    view.watch("South", at(day, 6), at(day, 18), None, source="patrols")


@pytest.fixture
def empty():
    """A view in which nothing is on record; tests add what they need."""
    return Made()


@pytest.fixture
def view():
    return lantern()


@pytest.fixture
def day():
    return DAY


@pytest.fixture
def released():
    return RELEASED


def lantern():
    """The whole day of the exercise."""
    global SCATTER  # noqa: PLW0603  # the same day every time
    SCATTER = np.random.default_rng(9)
    view = Made()
    everyday(view, 8)
    view.watch("Middle", at(3, 0), at(8, 0), 0.5)
    everyday(view, 9)
    view.rows["coverage"] = [
        row
        for row in view.rows["coverage"]
        if not (row["sector"] == "Middle" and row["t_start"] == at(9, 0))
    ]
    view.watch("Middle", at(9, 0), at(9, 4), 0.6)
    view.watch("Middle", at(9, 4), at(9, 11), 0.0, why="jammed")
    view.watch("Middle", at(9, 11), at(10, 0), 0.55)
    _rest_of_the_day(view)
    _law_of_the_day(view)
    _promises_of_the_day(view)
    return view


def _rest_of_the_day(view):
    scattered(
        view,
        "explosion",
        7,
        day=9,
        sector="Middle",
        hours=(9, 16),
        setting="live_fire_exercise",
    )
    scattered(view, "uav_overflight", 3, day=9, sector="North", weapon="uav_recon")
    view.incident(
        "weapon_presence",
        at(9, 10.5),
        lon=-24.8,
        lat=-3.5,
        sigma=2500,
        weapon="mlrs",
        count=2,
        by={"Southland": 1.0},
    )
    view.incident(
        "restriction",
        at(9, 12.02),
        lon=-25.2,
        lat=-2.2,
        sigma=500,
        restriction="denial",
        sources=("patrols",),
        claimed_party="Southland",
        claimed_by="patrol leader",
    )
    view.incident("jamming", at(9, 4), sector="Middle", restriction="jamming")
    view.incident(
        "restriction",
        at(9, 3.5),
        sector="North",
        restriction="camera_damage",
        by={"Northland": 0.4},
    )
    view.incident(
        "casualty",
        at(9, 2.2),
        lon=-24.7,
        lat=-0.6,
        count=2,
        count_qualifier="at_least",
        sources=("patrols", "press"),
        by={"Southland": 0.6},
    )
    view.incident("casualty", at(9, 1.0), sector="South", sources=("press",), count=1)
    view.incident("damage", at(9, 14.5), lon=-24.9, lat=-0.9, sources=("cameras",))
    view.incident(
        None,
        at(9, 0),
        lasts=timedelta(hours=19.5),
        nature="period_count",
        sector="South",
        count=28,
        count_qualifier="at_least",
        sources=("patrols",),
    )
    view.incident(
        "explosion",
        at(6, 0),
        lasts=timedelta(days=5),
        sector="North",
        sources=("press",),
    )
    for hour in (6, 13, 20):
        view.observation(
            "explosion",
            at(9, hour),
            "press",
            nature="claim",
            claimed_party="Northland",
            claimed_by="Southland General Staff",
        )
    view.observation(
        "explosion", at(5, 8), "patrols", received_at=at(9, 9), sector="North"
    )
    for act, party, target, hour in (
        ("request_comment", "Mechanism", "Southland", 9.0),
        ("contest", "Southland", "Mechanism", 15.5),
        ("meet", "Coalition", None, 17.0),
    ):
        view.rows["register"].append(
            {
                "act": act,
                "origin": view.origin.value,
                "source_id": "mechanism-register",
                "party": party,
                "target_party": target,
                "subject": "Article 5(1)",
                "t": at(9, hour),
                "raw_sha256": "00",
                "raw_ref": f"register.csv#{int(hour)}",
            }
        )


def _law_of_the_day(view):
    impacts = [
        row
        for row in view.rows["incidents"]
        if row["p_Southland"] == 0.81 and row["t_start"] >= at(9, 0)
    ]
    facts = tuple(
        view.fact(
            row["incident_id"], "fire", "Southland", row["t_start"], 0.81, "North"
        )
        for row in impacts
    )
    view.finding(
        "Article 1(1)",
        "Southland",
        Verdict.BREACHED,
        at(9, 2.4),
        p_breached=0.9311,
        sentence="Southland opened fire in North five times, while 82 % of the sector"
        " was watched",
        witness=Witness(facts=facts, number=5, coverage_share=0.82),
        control="Lantern Survey (made up)",
        without_control=Verdict.UNDETERMINED,
    )
    view.finding(
        "Article 5(1)",
        "Southland",
        Verdict.BREACHED,
        at(8, 22),
        p_breached=0.71,
        sentence="Southland is found in serious violation in North: 11 breaches of"
        " Article 1(1) in 72 hours",
        witness=Witness(
            facts=facts[:3], number=11, window_start=at(6, 22), window_end=at(8, 22)
        ),
    )
    view.finding(
        "Article 2(1)",
        "Northland",
        Verdict.PENDING,
        at(3, 0),
        due=at(17, 0),
        sector=None,
        sentence="Northland has until 17 March to clear heavy weapons from Line",
    )
    view.finding(
        "Article 2(1)",
        "Southland",
        Verdict.PENDING,
        at(3, 0),
        due=at(17, 0),
        sector=None,
        sentence="Southland has until 17 March to clear heavy weapons from Line",
    )
    view.finding(
        "Article 3(2)",
        "Southland",
        Verdict.EXCUSED,
        at(9, 3),
        sector=None,
        sentence="Southland's clock for access to Site 4 stands still: active combat"
        " nearer than 5 km",
    )
    for party in PARTIES:
        view.finding(
            "Article 1(1)",
            party,
            Verdict.UNDETERMINED,
            at(9, 4),
            t_end=at(9, 11),
            sector="Middle",
            settles="imagery of Middle between 04:00 and 11:00",
        )
        view.finding("Article 1(1)", party, Verdict.MET, at(9, 11), sector="Middle")
    view.finding(
        "Article 1(1)",
        None,
        Verdict.UNDETERMINED,
        at(9, 1),
        sector="South",
        settles="the side from which the fire came",
        revision=2,
    )
    view.finding(
        "Article 6(1)",
        "Coalition",
        Verdict.MET,
        at(9, 17),
        sector=None,
        sentence="The Coalition met 19 hours after the finding",
    )


def _promises_of_the_day(view):
    view.given_guarantees = [
        Guarantee(
            guarantee_id="11" * 32,
            origin=view.origin,
            clause="Article 6(1)",
            title="Consultation",
            party="Southland",
            sector="North",
            mode=TriggerMode.BY_DECISION,
            state=GuaranteeState.CONSULTATION_CALLED,
            since=at(8, 22),
            episode=view.given_findings[1].finding_id,
            steps=(
                Step(
                    what="meet",
                    clause="Article 6(1)",
                    owed_by=("Coalition",),
                    due=at(9, 22),
                    done_at=at(9, 17),
                ),
                Step(
                    what="adopt Response",
                    clause="Article 6(1)",
                    owed_by=("Aurelia", "Brennia", "Caldoria"),
                    due=at(11, 22),
                    blockers=("Aurelia", "Brennia"),
                    otherwise="Article 6(3): automatic measures within 7 days",
                ),
            ),
            why="Southland was found in serious violation in North, and the Coalition"
            " has met",
        ),
        Guarantee(
            guarantee_id="22" * 32,
            origin=view.origin,
            clause="Article 6(4)",
            title="Relief of the sector",
            party="Southland",
            mode=TriggerMode.AUTOMATIC,
            state=GuaranteeState.CONDITION_FOUND,
            since=at(7, 12),
            steps=(
                Step(
                    what="report the state of the crossing",
                    clause="Article 6(4)",
                    owed_by=("Mechanism",),
                    due=at(9, 12),
                    missed=True,
                ),
            ),
            why="A crossing was closed for two days",
        ),
        Guarantee(
            guarantee_id="33" * 32,
            origin=view.origin,
            clause="Article 6(2)",
            title="Deployment",
            party=None,
            mode=TriggerMode.BY_DECISION,
            state=GuaranteeState.DORMANT,
            since=None,
            why="Nothing woke it",
        ),
    ]
    view.given_notices = [
        Notice(
            notice_id="44" * 32,
            origin=view.origin,
            at=at(9, 12),
            clause="Article 6(4)",
            to=("Mechanism",),
            sentence="The report on the crossing fell due and is not on record.",
        )
    ]
    view.given_issues = [
        Issue(
            code="contradiction",
            where=Where(file="patrols.csv", line=31, field="count"),
            also=(Where(file="patrols.csv", line=27),),
            message="28 for the period that row 27 puts at 47",
            repair="ask the Mechanism which reading holds",
            warning=True,
        ),
        Issue(
            code="value_invalid",
            where=Where(file="press.csv", line=4, field="lat"),
            message="`912.3` is no latitude",
            repair="give degrees between -90 and 90",
            refuses_row=True,
        ),
    ]
