"""Random facts, coverage and small agreements that the engines must agree upon.

Everything happens within a few hours, so that windows, deadlines, ties, reposts and
exclusive alternatives collide as often as they can.
"""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import strategies as st
from shapely.geometry import LineString

from tocsin.agreement.parse import parse_rules
from tocsin.model.places import Area, Areas
from tocsin.model.tables import COVERAGE, FACTS, conform

START = datetime(2026, 3, 1, tzinfo=UTC)
PARTIES = ("Northland", "Southland")
SECTORS = ("North", "East")
STATES = ("Aurelia", "Brennia", "Caldoria")
AREAS = Areas(
    areas=(
        Area(
            name="contact_line",
            kind="line",
            geometry=LineString([(-30.0, 0.0), (-29.0, 0.0)]),
            publisher="test",
        ),
    )
)
PROBABILITIES = (1.0, 1.0, 0.9, 0.6, 0.5, 0.35, 0.05)


def at(seconds):
    return START + timedelta(seconds=seconds)


seconds = st.integers(-600, 7_200) | st.sampled_from((0, 60, 600, 601, 1200, 1800))


@st.composite
def facts(draw, most=14):
    """A FACTS table in a random order of arrival."""
    rows = []
    for number in range(draw(st.integers(0, most))):
        rows += draw(_incident(number))
    if draw(st.integers(0, 3)) == 0 and rows:
        gone = draw(st.sampled_from(rows))["fact_id"]
        rows.append(
            {"fact_id": "w", "kind": "withdrawal", "t": at(7000), "withdraws": gone}
        )
    rows = draw(st.permutations(rows))
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


@st.composite
def _incident(draw, number):
    """Rows of one root: alternatives that exclude each other, or reposts."""
    t = draw(seconds)
    base = {
        "origin": "imagined",
        "kind": draw(
            st.sampled_from(("fire", "fire", "fire", "fly", "request", "access"))
        ),
        "sector": draw(st.sampled_from((*SECTORS, *SECTORS, None))),
        "subject": draw(st.sampled_from(("Depot", "Depot", "Camp", None))),
        "weapon": draw(st.sampled_from((None, "mlrs", "tank"))),
        "count": draw(st.sampled_from((None, 1, 5))),
        "n_independent": draw(st.integers(1, 3)),
        "root": draw(st.sampled_from((f"r{number}", f"r{number}", "shared", None))),
        **draw(_places()),
    }
    spread = draw(st.sampled_from((0, 0, 30, 400)))
    shape = draw(st.sampled_from(("one", "choice", "choice", "reposts", "nobody")))
    times = {"t": at(t), "t_earliest": at(t - spread), "t_latest": at(t + spread)}
    if shape == "nobody":
        return [{**base, **times, "fact_id": f"f{number}", "party": None}]
    p = draw(st.sampled_from(PROBABILITIES))
    party, other = draw(st.permutations(PARTIES))
    first = {**base, **times, "fact_id": f"f{number}", "party": party, "p": p}
    if shape == "one":
        return [first]
    if shape == "choice":
        rest = round(draw(st.sampled_from((1.0, 0.8, 0.0))) * (1.0 - p), 6)
        second = {**first, "fact_id": f"g{number}", "party": other, "p": rest}
        return [{**row, "choice": f"c{number}"} for row in (first, second)]
    later = at(t + draw(st.integers(0, 900)))
    again = {"fact_id": f"h{number}", "p": draw(st.sampled_from(PROBABILITIES))}
    return [
        first,
        {**first, **again, "t": later, "t_earliest": later, "t_latest": later},
    ]


@st.composite
def _places(draw):
    if draw(st.integers(0, 4)) == 0:
        return {}
    return {
        "lon": draw(st.sampled_from((-29.5, -29.51, -29.2))),
        "lat": draw(st.sampled_from((0.0, 0.005, 0.05, 0.3))),
        "sigma_m": draw(st.sampled_from((None, 0.0, 500.0, 5_000.0))),
    }


@st.composite
def procedures(draw):
    """Acts on record: ballots, meetings, proposals."""
    rows = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(("ballot", "ballot", "meet", "proposal")))
        row = {
            "fact_id": f"p{number}",
            "origin": "imagined",
            "kind": kind,
            "t": at(draw(seconds)),
        }
        if kind == "meet":
            row["party"] = "Coalition"
        else:
            row["party"] = draw(st.sampled_from(STATES))
            row["subject"] = draw(st.sampled_from(("Article 5(1)", "Response")))
            row["vote"] = draw(st.sampled_from(("yes", "yes", "no", "abstain")))
            row["target_party"] = draw(st.sampled_from((None, *PARTIES)))
        rows.append(row)
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


@st.composite
def coverages(draw):
    rows = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(seconds)
        rows.append(
            {
                "sector": draw(st.sampled_from((None, *SECTORS))),
                "kind": draw(st.sampled_from((None, None, "fire", "fly"))),
                "t_start": at(start),
                "t_end": at(start + draw(st.integers(1, 5_000))),
                "share": draw(st.sampled_from((None, 0.3, 0.6, 1.0))),
                "origin": "imagined",
            }
        )
    return conform(pa.Table.from_pylist(rows, schema=COVERAGE), COVERAGE, what="c")


minutes = st.integers(1, 40)


@st.composite
def rules(draw):
    """A small agreement of everything that the batch engine has columns for."""
    some = {name: draw(minutes) for name in "abcdefg"}
    start = draw(st.sampled_from(("2026-03-01T00:00Z", "2026-03-01T00:20Z", "signed")))
    end = draw(st.sampled_from(("", "  in force until 2026-03-01T01:30Z\n")))
    limit = draw(st.sampled_from(("", f"    limited to {some['a']} minutes\n")))
    near = draw(st.sampled_from(("", "nearer than 2 km to place ")))
    guilty = draw(st.sampled_from(("unexcused_", "")))
    excuse = (
        f"  except self_defence\n    when {guilty}fire of opponent {near}"
        f"in the last {some['b']} minutes\n{limit}"
    )
    excuse = draw(st.sampled_from(("", excuse, excuse)))
    where = draw(st.sampled_from(("", " in Line", " in North", " with heavy")))
    also = draw(st.sampled_from(("", "  forbid any party to fly\n")))
    sector = draw(st.sampled_from((" in sector", "")))
    variables = "party, sector" if sector else "party"
    bar, over = draw(st.integers(1, 4)), some["f"]
    count = f"count of breaches of Article 1(1) by party{sector} over {over} minutes"
    below = draw(st.sampled_from(("", f" until below {draw(st.integers(0, bar))}")))
    standard = draw(st.sampled_from(("probable", "clear", "suspected")))
    sources = draw(st.sampled_from(("", "    sources 2\n")))
    attributed = (
        "  attributed by Mechanism\n    vote 2 of 3 of Aurelia, Brennia, Caldoria\n"
        f"    within {some['c']} minutes of alleged\n    otherwise Article 6(2)\n"
    )
    attributed = draw(st.sampled_from(("", attributed)))
    silence = draw(
        st.sampled_from(("", f"    silence is yes after {some['d']} minutes\n"))
    )
    veto = draw(st.sampled_from(("", "    veto Aurelia\n")))
    text = f"""\
parties Northland, Southland
group Coalition of Aurelia, Brennia, Caldoria
body Mechanism of Aurelia, Brennia, Caldoria
line contact_line
zone Line is nearer than 5 km to contact_line
let heavy is weapon in mlrs
act fire is "to open fire"
act fly is "to fly"
act request is "to request"
act access is "to grant access"
act meet is "to meet"
Article 1(1)
  in force from {start}
{end}  forbid any party to fire{where}
{excuse}{also}Article 2(1)
  when request of party at site
  oblige party to access at site
  within {some["e"]} minutes of request
Article 5(1)
  finding serious_violation for {variables}
  when {count} >= {bar}{below}
  standard {standard}
{sources}{attributed}Article 6(1)
  upon found serious_violation on {variables}
  oblige Coalition to meet
  within {some["g"]} minutes of found
  decide Response
    vote two thirds of votes
{veto}{silence}    within {some["g"]} minutes of found
    otherwise Article 6(2)
Article 6(2)
  upon lapsed Article 6(1)
    or count of episodes of serious_violation by party over 60 minutes >= 2
  effect snapback on party
  within 7 minutes of due
  unless suspended by Coalition
    vote all members
Article 6(3)
  upon breach of Article 1(1) by party
  oblige party to access
  within 5 minutes
"""
    outcome = parse_rules(text)
    assert not outcome.issues, [str(issue) for issue in outcome.issues]
    return outcome.records


@st.composite
def followed_rules(draw):
    """An agreement without exceptions: every clause is followed fact by fact."""
    minutes = st.integers(1, 40)
    start = draw(st.sampled_from(("2026-03-01T00:00Z", "2026-03-01T00:20Z", "signed")))
    end = draw(st.sampled_from(("", "  in force until 2026-03-01T01:30Z\n")))
    where = draw(st.sampled_from(("", "", " in Line", " in North", " with heavy")))
    also = draw(st.sampled_from(("", "  forbid any party to fly\n")))
    findings = ""
    for number in range(1, draw(st.integers(1, 3)) + 1):
        sector = draw(st.sampled_from((" in sector", " in sector", "")))
        variables = "party, sector" if sector else "party"
        bar = draw(st.integers(1, 4))
        below = draw(st.sampled_from(("", f" until below {draw(st.integers(0, bar))}")))
        level = draw(st.sampled_from(("probable", "clear", "suspected")))
        sources = draw(st.sampled_from(("", "    sources 2\n")))
        findings += (
            f"Article 5({number})\n  finding storm_{number} for {variables}\n"
            f"  when count of breaches of Article 1(1) by party{sector}"
            f" over {draw(minutes)} minutes >= {bar}{below}\n"
            f"  standard {level}\n{sources}"
        )
    follow = (
        "Article 6(1)\n  upon found storm_1 on party\n  oblige Coalition to meet\n"
        f"  within {draw(minutes)} minutes of found\n"
        "Article 6(2)\n  upon breach of Article 2(1) by party\n"
        f"  oblige party to access\n  within {draw(minutes)} minutes\n"
    )
    outcome = parse_rules(
        "parties Northland, Southland\n"
        "group Coalition of Aurelia, Brennia, Caldoria\n"
        "line contact_line\nzone Line is nearer than 5 km to contact_line\n"
        "let heavy is weapon in mlrs\n"
        'act fire is "to open fire"\nact fly is "to fly"\n'
        'act request is "to request"\nact access is "to grant access"\n'
        'act meet is "to meet"\n'
        f"Article 1(1)\n  in force from {start}\n{end}"
        f"  forbid any party to fire{where}\n{also}"
        "Article 1(2)\n  forbid any party to fly\n"
        "Article 2(1)\n  when request of party at site\n"
        "  oblige party to access at site\n"
        f"  within {draw(minutes)} minutes of request\n"
        f"{findings}{draw(st.sampled_from(('', follow)))}"
    )
    assert not outcome.issues, [str(issue) for issue in outcome.issues]
    return outcome.records
