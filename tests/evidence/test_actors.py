import pyarrow as pa

from tocsin.evidence import strangers
from tocsin.model import OBSERVATIONS, REGISTER, empty

KNOWN = {"parties": ["Northland", "Southland"], "actors": ["Northland", "Meridia"]}


def blames(*names, source="press"):
    refs = [f"{source}.csv#{n}" for n in range(2, len(names) + 2)]
    return pa.table(
        {
            "source_id": [source] * len(names),
            "claimed_party": pa.array(names, pa.string()),
            "raw_ref": refs,
        }
    )


def test_misspelt_party_is_told_once_with_its_first_row_and_the_nearest_name():
    seen = blames(None, "Northland", "Southlnad", "Southlnad")
    [issue] = strangers(seen, empty(REGISTER), **KNOWN)
    assert (issue.code, issue.warning, issue.refuses_row) == (
        "party_unknown", True, False,
    )  # fmt: skip
    assert str(issue.where) == "press.csv:4 (claimed_party)"
    assert "2 rows of press name it" in issue.message
    assert issue.repair == "did you mean `Southland`?"


def test_each_source_answers_for_its_own_names():
    seen = pa.concat_tables([blames("X"), blames("X", "Y", source="hotline")])
    told = strangers(seen, empty(REGISTER), **KNOWN)
    assert [(i.where.file, i.message[:3]) for i in told] == [
        ("hotline.csv", "`X`"), ("hotline.csv", "`Y`"), ("press.csv", "`X`"),
    ]  # fmt: skip


def test_a_ballot_of_nobody_that_the_agreement_names_is_told():
    acts = pa.table(
        {
            "source_id": ["register"] * 2,
            "party": ["Meridia", "Meridian"],
            "target_party": pa.array([None, "Northland"]),
            "raw_ref": ["r.csv#2", "r.csv#3"],
        }
    )
    [issue] = strangers(empty(OBSERVATIONS), acts, **KNOWN)
    assert "`Meridian` is nobody that the agreement names" in issue.message


def test_no_evidence_raises_nothing():
    assert strangers(empty(OBSERVATIONS), empty(REGISTER), **KNOWN) == ()
