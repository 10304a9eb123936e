from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.exercise.matching import match_verdicts, pair
from tocsin.exercise.truth import Breach, breaches_table
from tocsin.model import VERDICTS, conform

T0 = datetime(2025, 3, 3, tzinfo=UTC)
ROW = {"clause": "Article 1(1)", "party": "Northland", "sector": "Alvenor"}


def truth(*rows):
    given_rows = [{"t": 0.0, "watched": 0.8} | ROW | row for row in rows]
    start = int(T0.timestamp()) * 1_000_000
    return breaches_table([Breach(**row) for row in given_rows], start_us=start)


def verdicts(*rows):
    whole = [
        {"verdict": "breached", "subject": None, "revision": 1}
        | ROW
        | row
        | {"t": T0 + timedelta(seconds=row.get("t", 0))}
        for row in rows
    ]
    names = ("clause", "party", "sector", "subject", "t", "verdict", "revision")
    columns = {name: [row[name] for row in whole] for name in names}
    table = pa.table(
        {
            name: pa.array(values, VERDICTS.field(name).type)
            for name, values in columns.items()
        }
    )
    return conform(table, VERDICTS, what="verdicts")


def match(true, said, clause="Article 1(1)"):
    (result,) = match_verdicts(true, said, clauses=[clause])
    return result


def most_pairs(truth, said, tolerance):
    """The largest pairing, by trying everything."""
    if not truth:
        return 0
    rest = most_pairs(truth[1:], said, tolerance)
    for n, t in enumerate(said):
        if abs(t - truth[0]) <= tolerance:
            others = said[:n] + said[n + 1 :]
            rest = max(rest, 1 + most_pairs(truth[1:], others, tolerance))
    return rest


times = st.lists(st.integers(0, 40).map(float), max_size=6).map(sorted)


@settings(max_examples=300)
@given(times, times, st.integers(0, 12).map(float))
def test_pairing_is_as_large_as_any(true, said, tolerance):
    pairs = pair(true, said, tolerance=tolerance)
    assert len(pairs) == most_pairs(true, said, tolerance)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert all(abs(true[a] - said[b]) <= tolerance for a, b in pairs)


def test_verdict_within_fifteen_minutes_finds_the_breach():
    result = match(truth({"t": 1_000.0}), verdicts({"t": 1_900}))
    assert (result.found, result.missed, result.false) == (1, 0, 0)
    assert result.recall == result.precision == 1.0


def test_verdict_sixteen_minutes_off_is_a_miss_and_a_false_one():
    result = match(truth({"t": 1_000.0}), verdicts({"t": 1_960}))
    assert (result.found, result.missed, result.false) == (0, 1, 1)


def test_one_verdict_finds_one_breach_only():
    result = match(truth({"t": 0.0}, {"t": 10.0}), verdicts({"t": 5}))
    assert (result.found, result.missed, result.false) == (1, 1, 0)


def test_other_party_or_other_sector_finds_nothing():
    said = verdicts({"party": "Southland"}, {"sector": "Brasketh"})
    result = match(truth({}), said)
    assert (result.found, result.missed, result.false) == (0, 1, 2)


def test_verdict_without_a_party_accuses_nobody():
    result = match(truth({}), verdicts({"party": None, "verdict": "undetermined"}))
    assert (result.found, result.missed, result.false) == (0, 1, 0)


def test_miss_that_was_left_undetermined_is_said_to_be_that():
    open_ = verdicts({"party": None, "verdict": "undetermined", "t": 60})
    assert match(truth({}), open_).missed_undetermined == 1
    denied = verdicts({"verdict": "met", "t": -60})
    assert match(truth({}), denied).missed_undetermined == 0


def test_naming_self_defence_a_breach_is_false_and_said_to_be_that():
    result = match(truth({"verdict": "excused"}), verdicts({"t": 60}))
    assert (result.missed, result.false, result.false_excused) == (0, 1, 1)


def test_unwatched_breach_is_no_miss_and_must_come_out_undetermined():
    hidden = truth({"t": 5_000.0, "watched": 0.0})
    honest = match(hidden, verdicts({"t": 4_000, "verdict": "undetermined"}))
    assert (honest.missed, honest.unseen, honest.unseen_undetermined) == (0, 1, 1)
    blind = match(hidden, verdicts({"t": 4_000, "verdict": "met"}))
    assert (blind.unseen_undetermined, blind.unseen_met) == (0, 1)


def test_undetermined_for_all_parties_answers_for_each():
    hidden = truth({"t": 5_000.0, "watched": 0.0})
    said = verdicts({"t": 4_000, "party": None, "verdict": "undetermined"})
    assert match(hidden, said).unseen_undetermined == 1


def test_later_verdict_holds_over_an_earlier_one():
    hidden = truth({"t": 5_000.0, "watched": 0.0})
    said = verdicts(
        {"t": 1_000, "verdict": "met"},
        {"t": 4_000, "verdict": "undetermined"},
        {"t": 6_000, "verdict": "met"},
    )
    assert match(hidden, said).unseen_undetermined == 1


def test_naming_an_unwatched_breach_rightly_is_not_false():
    hidden = truth({"watched": 0.0})
    assert match(hidden, verdicts({})).false == 0


def test_inspection_is_matched_by_its_site():
    site = {"clause": "Article 3(2)", "sector": None, "subject": "Depot One"}
    true = truth(site | {"watched": None})
    assert match(true, verdicts(site), "Article 3(2)").found == 1
    other = verdicts(site | {"subject": "Depot Two"})
    assert match(true, other, "Article 3(2)").missed == 1
