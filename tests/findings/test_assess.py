"""Verdicts become findings that one can read, and that name nobody without evidence."""

import pytest

from tocsin.findings import assess
from tocsin.model import COVERAGE, Verdict, empty
from tocsin.model.times import instant

UNTIL = instant("2025-03-06T00:00:00Z")
FACTS = """
    fact_id  kind  party      p    root  n_independent  t
    f0       fire  Northland  0.8  i0    2              3T06:00:00
    f1       fire  Northland  0.7  i1    1              3T09:00:00
    f2       fire  -          1.0  i2    1              3T10:00:00
    f3       fire  Northland  0.9  i3    3              5T01:00:00
"""
DAYS = """
    clause        party      sector  t           verdict       p_breached  witness
    Article_1(1)  Northland  East    3T00:00:00  met           0.0         0:0
    Article_1(1)  Northland  East    3T06:00:00  breached      0.8         0:1
    Article_1(1)  Northland  East    3T06:00:01  met           0.0         0:0
    Article_1(1)  Northland  East    3T09:00:00  breached      0.7         1:2
    Article_1(1)  Northland  East    3T09:00:01  undetermined  0.0         0:0
    Article_1(1)  Northland  East    4T12:00:00  met           0.0         0:0
    Article_1(1)  Northland  East    5T01:00:00  breached      0.9         3:4
    Article_1(1)  Northland  East    5T01:00:01  met           0.0         0:0
    Article_1(1)  -          East    3T10:00:00  undetermined  0.0         2:3
"""


@pytest.fixture
def findings(facts_of, verdicts_of, coverage_of):
    def run(verdicts, facts=FACTS, coverage=None, until=UNTIL, **more):
        watched = empty(COVERAGE) if coverage is None else coverage_of(coverage)
        return assess(
            verdicts_of(verdicts), facts_of(facts), None, coverage=watched, until=until,
            **more,
        )  # fmt: skip

    return run


def said(findings, party="Northland"):
    return [
        (f.verdict.value, f.t_start.day, f.t_end and f.t_end.day, f.witness.number)
        for f in findings
        if f.party == party
    ]


def test_breaches_of_a_day_are_one_finding_with_their_number(findings):
    found = findings(DAYS).records
    assert said(found) == [
        ("breached", 3, 3, 2.0),
        ("undetermined", 4, 4, None),
        ("met", 4, 5, None),
        ("breached", 5, 5, 1.0),
    ]
    first = found[0]
    assert first.witness.facts == ("f0", "f1")
    assert first.p_breached == 0.8
    assert first.t_start == instant("2025-03-03T06:00:00Z")


def test_what_is_known_to_a_day_only_is_said_with_its_bounds_and_no_instant(findings):
    facts = """
        fact_id  kind  party  p    root  t           t_earliest  t_latest
        f0       fire  -      1.0  i0    3T09:00:00  2T21:00:00  3T21:00:00
    """
    verdicts = """
        clause        party  sector  t           verdict       witness
        Article_1(1)  -      East    3T09:00:00  undetermined  0:1
    """
    [found] = findings(verdicts, facts).records
    assert found.sentence.startswith(
        "1 incident in East at some time from 2 March 2025 21:00 to 3 March 2025 21:00"
    )
    assert "09:00" not in found.sentence
    assert found.witness.window_start == instant("2025-03-02T21:00:00Z")
    assert found.witness.window_end == instant("2025-03-03T21:00:00Z")


def test_a_party_is_named_as_people_say_it(findings):
    verdicts = DAYS.replace("Northland", "Armed_formations")
    facts = FACTS.replace("Northland", "Armed_formations")
    found = [f for f in findings(verdicts, facts).records if f.party]
    assert {f.party for f in found} == {"Armed_formations"}
    assert all("Armed formations" in f.sentence for f in found)
    assert not any("_" in f.sentence + f.settles for f in found)


def test_acts_of_nobody_known_are_undetermined_and_name_nobody(findings):
    (nobody,) = [f for f in findings(DAYS).records if f.party is None]
    assert nobody.verdict is Verdict.UNDETERMINED
    assert nobody.witness.facts == ("f2",)
    assert "nobody can be named" in nobody.sentence
    assert "control layer" in nobody.settles


def test_sentence_carries_its_conditions(findings):
    coverage = """
        sector  t_start     t_end       share
        East    3T00:00:00  6T00:00:00  0.4
    """
    breach, _, unknown, met, _ = findings(DAYS, coverage=coverage).records
    for part in (
        "Northland", "Article 1(1)", "East", "3 March 2025 06:00", "2 incidents",
        "up to 2 independent sources", "probability 0.80",
        "40\u00a0% of East was watched",
    ):  # fmt: skip
        assert part in breach.sentence
    assert breach.witness.coverage_share == pytest.approx(0.4)
    assert "kept Article 1(1) in East over 12 h of watched time" in met.sentence
    assert "cannot be said" in unknown.sentence
    assert "logs of whoever watched in East" in unknown.settles


def test_without_coverage_the_share_is_not_known_rather_than_zero(findings):
    breach = findings(DAYS).records[0]
    assert breach.witness.coverage_share is None
    assert "not known" in breach.sentence


def test_kept_is_not_said_without_the_incidents_that_stay_undetermined(findings):
    verdicts = """
        clause        party      sector  t           verdict       p_breached  witness
        Article_1(1)  Northland  East    3T00:00:00  met           0.0         0:0
        Article_1(1)  Northland  East    3T06:00:00  undetermined  0.4         0:1
        Article_1(1)  Northland  East    3T06:00:01  met           0.0         0:0
        Article_1(1)  Southland  East    3T00:00:00  met           0.0         0:0
        Article_1(1)  Southland  West    3T00:00:00  met           0.0         0:0
        Article_1(1)  -          East    3T10:00:00  undetermined  0.0         2:3
    """
    found = findings(verdicts, until=instant("2025-03-04T00:00:00Z")).records
    kept = {(f.party, f.sector): f.sentence for f in found if f.verdict is Verdict.MET}
    assert "apart from 2 incidents that stay undetermined" in kept["Northland", "East"]
    assert "apart from 1 incident that stays undetermined" in kept["Southland", "East"]
    assert "undetermined" not in kept["Southland", "West"]
    (unsaid,) = [f for f in found if f.party and f.verdict is Verdict.UNDETERMINED]
    assert "over 0 min" not in unsaid.sentence


def test_one_incident_has_its_sources_and_not_up_to_so_many_each(findings):
    verdicts = """
        clause        party      sector  t           verdict   p_breached  witness
        Article_1(1)  Northland  East    5T01:00:00  breached  0.9         3:4
    """
    (breach,) = findings(verdicts).records
    assert "1 incident, from 3 independent sources, probability" in breach.sentence


def test_quiet_weeks_are_one_finding(findings):
    verdicts = """
        clause        party      sector  t                     verdict
        Article_1(1)  Northland  East    2025-01-01T00:00:00Z  undetermined
        Article_1(1)  Northland  East    2025-01-20T00:00:00Z  met
        Article_1(1)  Southland  East    2025-01-01T00:00:00Z  undetermined
    """
    found = findings(verdicts).records
    assert len(found) == 3
    assert [f.t_end for f in found if f.party == "Southland"] == [None]


def test_breach_of_a_named_party_whose_facts_name_nobody_is_said_of_nobody(findings):
    verdicts = """
        clause        party      sector  t           verdict   p_breached  witness
        Article_1(1)  Southland  East    3T10:00:00  breached  0.9         2:3
    """
    outcome = findings(verdicts)
    (finding,) = outcome.records
    assert (finding.party, finding.verdict) == (None, Verdict.UNDETERMINED)
    assert "Southland" not in finding.sentence
    assert [issue.code for issue in outcome.issues] == ["contradiction"]


def test_lasting_breach_is_one_finding_and_a_missing_act_needs_no_fact(findings):
    verdicts = """
        clause        sector  t           due         verdict   p_breached  party
        Article_6(1)  East    3T10:00:00  4T10:00:00  pending   0.0         Coalition
        Article_6(1)  East    4T10:00:01  -           breached  1.0         Coalition
    """
    pending, breached = findings(verdicts).records
    assert (pending.verdict, pending.due) == (
        Verdict.PENDING, instant("2025-03-04T10:00:00Z"),
    )  # fmt: skip
    assert "due 4 March 2025 10:00 UTC" in pending.sentence
    assert (breached.verdict, breached.party, breached.t_end) == (
        Verdict.BREACHED, "Coalition", None,
    )  # fmt: skip
    assert breached.witness.missing
    assert "not doing what was due" in breached.sentence


def test_what_falls_due_within_days_is_one_finding_a_day(findings):
    rows = [
        f"Article_4(1) East 3T{k:02d}:00:00 3T{k + 12:02d}:00:00 pending Northland\n"
        f"Article_4(1) East 3T{k:02d}:30:00 - met Northland"
        for k in range(8)
    ]
    head = "clause sector t due verdict party"
    pending = [
        f
        for f in findings("\n".join([head, *rows])).records
        if f.verdict is Verdict.PENDING
    ]
    assert [f.due for f in pending] == [instant("2025-03-03T12:00:00Z")]
    assert "8 times, the first due 3 March 2025 12:00 UTC" in pending[0].sentence


def test_excused_acts_are_said_as_excused(findings):
    verdicts = """
        clause        party      sector  t           verdict  p_excused  witness
        Article_1(1)  Northland  East    3T06:00:00  excused  0.8        0:1
        Article_1(1)  Northland  East    3T06:00:01  met      0.0        0:0
    """
    excused = [f for f in findings(verdicts).records if f.verdict is Verdict.EXCUSED]
    assert [f.witness.facts for f in excused] == [("f0",)]
    assert "stand excused" in excused[0].sentence


def test_rows_out_of_force_say_nothing(findings):
    verdicts = """
        clause        party      sector  t           verdict       possible  p_met
        Article_1(1)  Northland  East    3T00:00:00  met           yes       0.9
        Article_1(1)  Northland  East    4T00:00:00  undetermined  no        -
    """
    (only,) = findings(verdicts).records
    assert (only.verdict, only.t_end) == (Verdict.MET, instant("2025-03-04T00:00:00Z"))


def test_witness_holds_the_earliest_fact_of_each_root_and_no_more_than_a_hundred(
    findings,
):
    rows = [
        f"f{k:03d} fire Northland 0.8 i{k // 2} 1 3T{k // 60:02d}:{k % 60:02d}:00"
        for k in range(300)
    ]
    facts = "\n".join(["fact_id kind party p root n_independent t", *rows])
    verdicts = """
        clause        party      sector  t           verdict   p_breached  witness
        Article_1(1)  Northland  East    3T00:00:00  breached  1.0         0:300
    """
    (finding,) = findings(
        verdicts, facts, until=instant("2025-03-03T23:00:00Z")
    ).records
    assert finding.witness.number == 150
    assert len(finding.witness.facts) == 100
    assert finding.witness.facts[:2] == ("f000", "f002")


def test_finding_ids_are_those_of_their_content(findings):
    first, second = findings(DAYS).records, findings(DAYS).records
    assert first == second
    assert len({f.finding_id for f in first}) == len(first)


def test_finding_that_rests_on_the_layer_says_what_it_would_be_without(
    case, line, facts_of, verdicts_of
):
    given = case("""
        id  assessment  lon  lat   sigma_m  claimed_party
        i0  impact      10   -0.1  300      -
        i1  -           -    -     -        Northland
    """)
    attributed = given.attributed(line).records
    facts = facts_of("""
        fact_id  kind  party      p    root  t
        f0       fire  Northland  0.8  i0    3T06:00:00
        f1       fire  Northland  0.7  i1    4T06:00:00
    """)
    verdicts = verdicts_of("""
        clause        party      sector  t           verdict   p_breached  witness
        Article_1(1)  Northland  East    3T06:00:00  breached  0.8         0:1
        Article_1(1)  Northland  East    3T06:00:01  met       0.0         0:0
        Article_1(1)  Northland  East    4T06:00:00  breached  0.7         1:2
        Article_1(1)  Northland  East    4T06:00:01  met       0.0         0:0
    """)
    outcome = assess(
        verdicts, facts, None, coverage=empty(COVERAGE), until=UNTIL,
        attribution=attributed,
    )  # fmt: skip
    by_line, by_word = [f for f in outcome.records if f.verdict is Verdict.BREACHED]
    assert (by_line.control, by_line.without_control) == (
        "Meridia survey", Verdict.UNDETERMINED,
    )  # fmt: skip
    assert (by_word.control, by_word.without_control) == (None, None)


def test_verdicts_without_the_layer_say_what_each_finding_would_be(
    case, line, facts_of, verdicts_of
):
    given = case("id assessment lon lat sigma_m\ni0 impact 10 -0.1 300")
    facts = facts_of("""
        fact_id  kind  party      p    root  t
        f0       fire  Northland  0.8  i0    3T06:00:00
    """)
    verdicts = verdicts_of("""
        clause        party      sector  t           verdict   p_breached  witness
        Article_1(1)  Northland  East    3T06:00:00  breached  0.8         0:1
    """)
    without = verdicts_of("""
        clause        party      sector  t           verdict
        Article_1(1)  Northland  East    1T06:00:00  met
        Article_1(1)  Northland  West    1T06:00:00  breached
    """)
    outcome = assess(
        verdicts, facts, None, coverage=empty(COVERAGE), until=UNTIL,
        attribution=given.attributed(line).records, without_control=without,
    )  # fmt: skip
    assert [f.without_control for f in outcome.records] == [Verdict.MET]
