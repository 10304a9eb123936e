"""One text per kind of flaw, and its repaired twin that no longer has it."""

HEAD = """
parties A, B
group Coalition of C, D, E
body Mechanism of C, D, E led by C
act fire is "to open fire"
act deploy is "to deploy"
act help is "to help"
act judge is "to judge"
act audit is "to audit"
  performed by body
act restrict is "to restrict the monitors"
Article 1
  forbid any party to fire
Article 2
  finding storm for party, sector
  when count of breaches of Article 1 by party in sector over 72 hours >= 10
  standard probable
    sources {sources}
  attributed by Mechanism
    vote 2 of 3 of C, D, E
    within 6 hours of alleged
Article 9
  forbid any party to restrict
"""
PURSUED = """
Article 10
  finding blinding for party, sector
  when count of breaches of Article 9 by party in sector over 72 hours >= 2
"""
DUTY = (
    "Article 3\n  upon found storm on party, sector\n  oblige Coalition to {}\n  {}\n"
)
MERCY = """
Article 3
  forbid any party to help
  except mercy
    when fire of opponent
"""
DECIDE = """
Article 3
  upon found storm on party, sector
  decide Response by Coalition
    {}
    {}
"""

CASES = {
    "consult_only": (
        DECIDE.format("consultation only", "within 9 hours of found"),
        DECIDE.format("vote all members", "within 9 hours of found"),
    ),
    "self_judging": (
        "Article 3\n  power Coalition to help\n  needs judge of Coalition\n",
        "Article 3\n  power Coalition to help\n  needs adopted Response\n",
    ),
    "escape_clause": (
        MERCY,
        MERCY + "    limited to 30 minutes\n",
    ),
    "no_deadline": (
        DUTY.format("help", "deadline not stated"),
        DUTY.format("help", "within 9 hours"),
    ),
    "deadline_too_long": (
        DUTY.format("help", "within 90 hours"),
        DUTY.format("help", "within 9 hours"),
    ),
    "perverse_unilateral_right": (
        "Article 3\n  power each member of Coalition to help\n",
        (
            "Article 3\n  upon found storm on party, sector\n"
            "  power each member of Coalition to help\n"
        ),
    ),
    "cannot_perform": (
        "Article 3\n  oblige each party to audit\n  at all times\n",
        "Article 3\n  oblige Mechanism to audit\n  at all times\n",
    ),
    "contradiction": (
        (
            "Article 3\n  in force from 2025-01-01T00:00Z\n"
            "  oblige each party to fire\n"
            "  before 2025-02-01T00:00Z\n"
        ),
        (
            "Article 3\n  in force from 2025-01-01T00:00Z\n"
            "  oblige each party to help\n"
            "  before 2025-02-01T00:00Z\n"
        ),
    ),
    "undefined_term": (
        "term serious not stated\n",
        'term serious is "ten breaches in three days"\n',
    ),
    "mandate_without_renewal": (
        "Article 3\n  power Coalition to help\n  lapses after 90 days\n",
        "Article 3\n  power Coalition to help\n",
    ),
    "members_not_stated": (
        "group Club\n  members not stated\n",
        "group Club of C, D\n",
    ),
    "no_consequence": (
        "Article 3\n  forbid any party to deploy\n",
        (
            "Article 3\n  forbid any party to deploy\nArticle 4\n  finding force for"
            " party\n  when count of breaches of Article 3 by party over 9 hours >= 1\n"
        ),
    ),
}


def flawed(kind):
    """A text with a flaw of this kind."""
    if kind == "standard_out_of_reach":
        return HEAD.format(sources=2)
    if kind == "pays_for_blinding":
        return HEAD.format(sources=1)
    quiet = "" if kind == "no_consequence" else PURSUED
    return HEAD.format(sources=1) + CASES[kind][0] + quiet


KINDS = (*CASES, "standard_out_of_reach", "pays_for_blinding")
