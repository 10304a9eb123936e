"""Random small agreements of the constructs that a simple text has not.

Beside ``histories.rules``: suspensions, survival, preconditions, duties at all times,
defence against another act, lengths of time, episodes and decisions in conditions,
findings that follow a breach, measures that end, powers, amendments. Every agreement
is one that the checker passes; the engines must agree upon it.
"""

import pyarrow as pa
from hypothesis import strategies as st

from histories import PARTIES, SECTORS, at, seconds
from tocsin.agreement.check import check
from tocsin.agreement.parse import parse_rules
from tocsin.model.tables import FACTS, conform

FRAME = """\
parties Northland, Southland
group Coalition of Aurelia, Brennia, Caldoria
body Mechanism of Aurelia, Brennia, Caldoria
sectors North, East
sites Depot, Camp
line contact_line
zone Line is nearer than 5 km to contact_line
zone Both covers North, East
let heavy is weapon in mlrs
let busy for party
  when count of request by party over 20 minutes >= 1
act fire is "to open fire"
act fly is "to fly"
act request is "to request"
act access is "to grant access"
act clear is "to clear"
act place is "to have weapons in a place"
act meet is "to meet"
act signed is "to sign"
"""
minutes = st.integers(1, 60).map(lambda n: f"{n} minutes")
instants = st.sampled_from(
    ("2026-03-01T00:10Z", "2026-03-01T00:30Z", "2026-03-01T01:00Z", "signed")
)


@st.composite
def states(draw, deep=1):
    """A condition that speaks of no variable."""
    w, act = draw(minutes), draw(st.sampled_from(("fly", "request", "access", "fire")))
    choices = [
        f"{act} in the last {w}",
        f"not {act} in the last {w}",
        f"{act} by any party in the last {w}",
        f"count of {act} over {w} >= {draw(st.integers(1, 3))}",
        f"duration of {act} over {w} >= {draw(st.integers(1, 30))} minutes",
        f"Article 4(1) {draw(st.sampled_from(('in force', 'suspended')))}",
    ]
    said = draw(st.sampled_from(choices))
    if deep and draw(st.integers(0, 3)) == 0:
        join = draw(st.sampled_from(("and", "or")))
        said += f"\n    {join} {draw(states(deep=0))}"
    return said


@st.composite
def of_party(draw):
    """A condition about the party of whom the rule speaks."""
    w = draw(minutes)
    act = draw(st.sampled_from(("fly", "request", "access")))
    choices = (
        f"{act} of party in the last {w}",
        f"{act} of opponent in the last {w}",
        f"not {act} of party in the last {w}",
        f"not fly of party since request of party in the last {w}",
        f"count of {act} by party over {w} >= {draw(st.integers(1, 2))}",
        f"duration of {act} by party over {w} >= {draw(st.integers(1, 9))} minutes",
        f"{act} of party then fire of party within {w}",
        "party is Northland",
    )
    return draw(st.sampled_from(choices))


@st.composite
def frames(draw):
    """From when to when an article binds, and what suspends it."""
    lines = []
    if draw(st.booleans()):
        lines.append(f"  in force from {draw(instants)}")
    if draw(st.integers(0, 2)) == 0:
        lines.append("  in force until 2026-03-01T01:20Z")
    if draw(st.integers(0, 1)) == 0:
        lines.append(f"  suspended while {draw(states())}")
    if draw(st.integers(0, 2)) == 0:
        lines.append(f"  stays in force while {draw(states())}")
    return "".join(f"{line}\n" for line in lines)


@st.composite
def exceptions(draw, act):
    other = draw(st.sampled_from(("fly", "advance_", "request"))).removesuffix("_")
    other = {"advance": "access"}.get(other, other)
    near = draw(st.sampled_from(("", "nearer than 2 km to place ")))
    guilty = draw(st.sampled_from(("unexcused_", ""))) if other != act else ""
    answer = f"{guilty}{other} of opponent {near}in the last {draw(minutes)}"
    when = draw(st.one_of(st.just(answer), of_party(), st.just("busy")))
    lines = [f"  except plea\n    when {when}\n"]
    if draw(st.integers(0, 2)) == 0:
        lines.append(f"    needs {draw(st.sampled_from(('access of party', when)))}\n")
    if draw(st.booleans()):
        lines.append(f"    limited to {draw(minutes)}\n")
    return "".join(lines)


@st.composite
def bans(draw):
    act = draw(st.sampled_from(("fire", "fly")))
    where = draw(st.sampled_from(("", "", " in Line", " in Both", " with heavy")))
    lines = [f"  forbid any party to {act}{where}\n"]
    if draw(st.booleans()):
        lines.append(draw(exceptions(act)))
    if draw(st.integers(0, 2)) == 0:
        needs = draw(st.one_of(of_party(), st.just("access of any party")))
        lines.append(f"  needs {needs}\n")
    if draw(st.integers(0, 2)) == 0:
        stopped = draw(st.one_of(of_party(), st.just("suspended by Aurelia")))
        lines.append(f"  unless {stopped}\n")
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"  presence persists {draw(minutes)}\n")
    return "".join(lines)


@st.composite
def duties(draw):
    """A duty with whatever may belong to it."""
    lines = []
    called = draw(st.integers(0, 2)) > 0
    if called:
        lines.append("  when request of party at site\n")
    who = "party" if called else draw(st.sampled_from(("each party", "Coalition")))
    act = draw(st.sampled_from(("access", "access", "fly", "clear")))
    where = draw(st.sampled_from(("", "", " in Line", " in North", " with heavy")))
    at_site = " at site" if called and draw(st.booleans()) else ""
    lines.append(f"  oblige {who} to {act}{where}{at_site}\n")
    deadline = draw(
        st.sampled_from(
            (
                f"  within {draw(minutes)}\n",
                f"  within {draw(minutes)}\n",
                f"  before {draw(instants)}\n",
                "  at all times\n",
                "  deadline not stated\n",
            )
        )
    )
    lines.append(deadline)
    if draw(st.integers(0, 2)) == 0:
        cap = draw(st.sampled_from(("", f"    at most {draw(minutes)}\n")))
        lines.append(f"  excused while {draw(of_party())}\n{cap}")
    if draw(st.integers(0, 3)) == 0:
        lines.append(draw(exceptions(act)))
    if draw(st.integers(0, 2)) == 0:
        needs = draw(st.sampled_from(("fly of party", "fly of each party", "not fly")))
        lines.append(f"  needs {needs}\n")
    if draw(st.integers(0, 2)) == 0:
        stopped = draw(st.one_of(of_party(), st.just("suspended by Coalition")))
        lines.append(f"  unless {stopped}\n")
    follows = ("failing that found neglect on party", "failing that Article 7(1)")
    follows += ("failing that alleged neglect on party",)
    if draw(st.booleans()):
        lines.append(f"  {draw(st.sampled_from(follows))}\n")
    if draw(st.integers(0, 2)) == 0:
        lines.append(f"  presence persists {draw(minutes)}\n")
    return "".join(lines)


@st.composite
def findings(draw):
    """Two findings; the second may speak of the episodes of the first."""
    w, k = draw(minutes), draw(st.integers(1, 3))
    first = draw(
        st.sampled_from(
            (
                f"count of breaches of Article 1(1) by party over {w} >= {k}",
                f"duration of breaches of Article 1(1) by party over {w} >= 2 seconds",
                f"some breaches of Article 2(1) by party lasting over {w}",
                f"count of breaches of Article 2(1) by party in Both over {w} >= 1",
                f"duration of fly by party over {w} > duration of fly over 1 hour",
            )
        )
    )
    more = draw(st.sampled_from(("", f"\n    and {draw(of_party())}")))
    second = draw(
        st.sampled_from(
            (
                f"count of episodes of neglect by party over {w} >= {k}",
                f"some episodes of neglect by party lasting over {draw(minutes)}",
                f"duration of episodes of neglect by party over {w} >= 1 minute",
                "found neglect on party",
                f"alleged neglect on party\n    and fire of party in the last {w}",
                f"adopted Response\n    and fire of party in the last {w}",
            )
        )
    )
    attributed = (
        "  attributed by Mechanism\n    vote 1 of 3 of Aurelia, Brennia, Caldoria\n"
        f"    within {draw(minutes)} of alleged\n    otherwise Article 7(1)\n"
    )
    attributed = draw(st.sampled_from(("", attributed)))
    above = draw(st.sampled_from(("", f"  when {draw(of_party())}\n")))
    return f"""\
Article 5(1)
{above}  finding neglect for party
  when {first}{more}
{attributed}Article 5(2)
{draw(frames())}  finding pattern for party
  when {second}
"""


@st.composite
def consequences(draw):
    """A decision, a measure and a power, with what ends them."""
    w = draw(minutes)
    upon = draw(
        st.sampled_from(
            (
                "found neglect on party",
                "alleged neglect on party",
                f"count of fire by party over {w} >= 2",
                "breach of Article 1(1) by party",
                f"found neglect on party\n    and not fly of party in the last {w}",
            )
        )
    )
    silence = draw(
        st.sampled_from(("", "    silence is yes after 1 minute of found\n"))
    )
    ends = draw(
        st.sampled_from(
            (
                "",
                f"  lapses after {draw(minutes)}\n",
                "  lapses at 2026-03-01T01:00Z\n",
                f"  ends when {draw(states())}\n",
                f"  needs {draw(states(deep=0))}\n",
                f"  unless {draw(states(deep=0))}\n",
            )
        )
    )
    power = draw(
        st.sampled_from(
            (
                "  needs adopted Response\n    and access of Northland\n",
                "  needs access of each party\n",
                f"  needs fly of any party\n    or {draw(states(deep=0))}\n",
                "",
            )
        )
    )
    over = draw(
        st.sampled_from(
            ("", f"  lapses after {draw(minutes)}\n", f"  ends when {draw(states())}\n")
        )
    )
    woken = draw(st.sampled_from(("", "  upon found neglect on party\n")))
    return f"""\
Article 6(1)
  upon {upon}
  oblige Coalition to meet
  within {draw(minutes)}
  decide Response by Coalition
    vote 2 members
{silence}    within {draw(minutes)}
    otherwise Article 7(1)
Article 6(2)
  upon {upon}
  effect snapback on party
  within {draw(minutes)}
{ends}Article 6(3)
{woken}  power Coalition to meet
{power}{over}Article 7(1)
{draw(frames())}  upon breach of Article 2(1) by party
  oblige Coalition to meet
  within {draw(minutes)}
"""


@st.composite
def constructs(draw):
    """An agreement of the rarer constructs that the checker finds no error in."""
    ban, duty = draw(bans()), draw(duties())
    amended = ""
    if draw(st.integers(0, 2)) == 0:
        own = draw(st.sampled_from((draw(bans()), "  repealed\n")))
        amended = f"Article 1(1)\n  in version 2\n{own}"
    text = f"""\
{FRAME}version 2 from {draw(instants)}
Article 1(1)
{draw(frames())}{ban}{amended}Article 2(1)
{draw(frames())}{duty}Article 4(1)
  suspended while fly in the last 10 minutes
  forbid any party to place
{draw(findings())}{draw(consequences())}"""
    outcome = parse_rules(text)
    assert not outcome.issues, [str(issue) for issue in outcome.issues] + [text]
    return outcome.records


@st.composite
def records(draw):
    """Acts that these agreements wait for, beside ``histories.procedures``."""
    rows = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(("place", "clear", "suspend", "signed", "fly")))
        kind = draw(st.sampled_from((kind, "withdraw_access", "refuse_fly")))
        t = draw(seconds)
        row = {
            "fact_id": f"q{number}",
            "origin": "imagined",
            "kind": kind,
            "t": at(t),
            "t_end": at(t + draw(st.sampled_from((0, 0, 300, 900)))),
            "party": draw(st.sampled_from((*PARTIES, "Coalition", "Aurelia", None))),
            "sector": draw(st.sampled_from((*SECTORS, None))),
            "p": draw(st.sampled_from((1.0, 1.0, 0.7, 0.4))),
        }
        if kind == "suspend":
            row["subject"] = draw(st.sampled_from(("Article 1(1)", "Article 2(1)")))
        rows.append(row)
    return conform(pa.Table.from_pylist(rows, schema=FACTS), FACTS, what="facts")


def is_sound(agreement):
    """True where the checker finds no error."""
    return all(issue.warning for issue in check(agreement).issues)
