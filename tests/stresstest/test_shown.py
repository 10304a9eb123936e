"""Every kind of flaw is shown by a history that the monitor replays to the claim."""

import msgspec
import pytest

from flawed import KINDS, flawed
from tocsin.agreement.check import check
from tocsin.agreement.parse import parse, parse_rules
from tocsin.agreement.source import to_source
from tocsin.errors import WrongUse
from tocsin.stresstest.alias import aliased, aliases_of
from tocsin.stresstest.compiling import guarantees_of
from tocsin.stresstest.inputs import Inputs
from tocsin.stresstest.lint import lint
from tocsin.stresstest.run import examine
from tocsin.stresstest.shown import Case, show


def cases(text):
    agreement = parse_rules(text).records
    hidden = aliased(agreement)
    for flaw in lint(agreement, fait_accompli_s=Inputs().fait_accompli_s):
        yield Case(
            agreement=hidden,
            flaw=flaw,
            clause=aliases_of(agreement).get(flaw.clause, flaw.clause),
            promised=tuple(g for g in guarantees_of(hidden) if g.clause == flaw.clause),
            inputs=Inputs(),
        )


WOKEN = {  # what nothing wakes, or is due at all times, has no instant to be judged at
    "cannot_perform": (
        "  oblige each party to audit\n  at all times",
        (
            "  upon found storm on party, sector\n  oblige each party to audit\n"
            "  within 9 hours of found"
        ),
    ),
    "deadline_too_long": ("within 90 hours", "within 200 hours"),
    "mandate_without_renewal": (
        "  power Coalition to help",
        "  upon found storm on party, sector\n  power Coalition to help",
    ),
}


@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k not in ("undefined_term", "members_not_stated")]
)
def test_each_kind_of_flaw_has_a_history_that_confirms_it(kind):
    text = flawed(kind).replace(*WOKEN.get(kind, ("", "")))
    mine = [case for case in cases(text) if case.flaw.check == kind]
    assert mine
    for case in mine:
        made = show(case)
        assert made.confirmed, (kind, made.claims)
        assert made.claims
        assert all(claim.holds(made.replayed) for claim in made.claims)


TOLD = """
parties A, B
group Club
  members not stated
term serious not stated
act serious is "a serious matter"
act help is "to help"
Article 1
  upon serious of party
  oblige Club to help
  within 9 hours
"""


@pytest.mark.parametrize("kind", ["undefined_term", "members_not_stated"])
def test_what_is_left_open_is_shown_where_a_clause_turns_on_it(kind):
    (case,) = (case for case in cases(TOLD) if case.flaw.check == kind)
    assert show(case).confirmed


def test_what_no_clause_turns_on_says_so():
    text = TOLD.replace("oblige Club to help", "oblige A to help")
    (case,) = (c for c in cases(text) if c.flaw.check == "members_not_stated")
    with pytest.raises(WrongUse, match="no clause asks anything of it"):
        show(case)


def test_a_claim_of_another_state_does_not_hold():
    (case,) = (
        c for c in cases(flawed("consult_only")) if c.flaw.check == "consult_only"
    )
    made = show(case)
    wrong = [msgspec.structs.replace(c, state="adopted") for c in made.claims]
    assert not any(claim.holds(made.replayed) for claim in wrong)


@pytest.mark.parametrize("name", ["paris-2026", "budapest-1994", "cyprus-1960"])
def test_every_weakness_has_a_history_or_says_why_not(root, name):
    text = (root / "agreements" / name / "agreement.md").read_text("utf-8")
    result, found = examine(parse(text).records, text, Inputs(), draws=64, seed=1)
    assert result.weaknesses
    for one, weakness in zip(found, result.weaknesses, strict=True):
        if one.played is None:
            assert weakness.without_history.startswith("no history can be evaluated: ")
        else:
            assert weakness.confirmed, weakness.sentence
            assert weakness.command.startswith(f"tocsin evaluate {weakness.history} ")


def test_written_agreements_of_histories_pass_every_check(root):
    text = (root / "agreements/paris-2026/agreement.md").read_text("utf-8")
    _, found = examine(parse(text).records, text, Inputs(), draws=64, seed=1)
    written = {to_source(one.played.agreement) for one in found if one.played}
    for source in written:
        again = parse(source)
        issues = (*again.issues, *check(again.records).issues)
        assert not [i for i in issues if not i.warning]
