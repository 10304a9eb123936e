"""Every keyword of the language, in one table: its place, meaning and an example.

The grammar (``grammar.lark``) speaks of tokens, not of words, so that the same tree
can be written in another language: a table of phrases for the same tokens
(``languages/``, :mod:`~tocsin.agreement.languages`) is all that it needs.

A *line* keyword is reserved only where a line begins (``lead`` may be the name of
something elsewhere). An *inner* keyword is reserved everywhere else.

>>> ENGLISH[0].phrase, ENGLISH[0].terminal
('agreement', 'AGREEMENT')
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

__all__ = [
    "ENGLISH",
    "FRACTIONS",
    "KEYWORDS",
    "PLURALS",
    "UNITS",
    "Keyword",
    "Phrases",
    "Place",
]

Place: TypeAlias = Literal["line", "inner"]


class Keyword(msgspec.Struct, frozen=True):
    """A keyword of English.

    Attributes:
        phrase: the words.
        terminal: what the grammar calls it.
        place: where it is reserved: at the start of a line, or within one.
        meaning: one sentence.
        example: a line or two that use it.
    """

    phrase: str
    terminal: str
    place: Place
    meaning: str
    example: str


def _line(phrase: str, meaning: str, example: str, *, terminal: str = "") -> Keyword:
    return Keyword(phrase, terminal or _terminal(phrase), "line", meaning, example)


def _inner(phrase: str, meaning: str, example: str, *, terminal: str = "") -> Keyword:
    return Keyword(
        phrase, terminal or "_" + _terminal(phrase), "inner", meaning, example
    )


def _terminal(phrase: str) -> str:
    return phrase.upper().replace(" ", "_")


_DEFINITIONS: Final = (
    _line(
        "agreement",
        "Names the agreement and gives its title.",
        'agreement Lantern "Lantern Accord"',
    ),
    _line("parties", "The parties that the agreement binds.", "parties A, B"),
    _line(
        "status",
        "What somebody claims a party to be; never a statement of Tocsin's own.",
        'status A is "a party to the conflict" claimed by B',
    ),
    _line(
        "group",
        "States that act together, such as a coalition of guarantors.",
        "group Coalition of Aurelia, Brennia",
    ),
    _line(
        "body",
        "A body with members, with a lead, or both.",
        "body Commission of Aurelia, Brennia led by Aurelia",
    ),
    _line(
        "weights",
        "How many votes each member casts; one each where it is not said.",
        "weights Aurelia 3, Brennia 2",
    ),
    _line(
        "members not stated",
        "The text leaves open who belongs to a group or body.",
        "members not stated",
    ),
    _line("sectors", "Names of the sectors of reporting.", "sectors North, South"),
    _line("sites", "Names of sites.", "sites Depot_1, Depot_2"),
    _line(
        "line",
        "A named line and who publishes its course.",
        'line contact_line is "line of 1 May" published by Mechanism',
    ),
    _line(
        "zone",
        "A zone: nearer than a distance to a line, or covering sectors.",
        "zone Strip is nearer than 30 km to contact_line",
    ),
    _line(
        "let",
        "A name for a filter, or for a condition over variables.",
        "let heavy is weapon in mlrs, mortar_ge_120",
    ),
    _line(
        "act",
        "A verb of the agreement and what a sentence calls it.",
        'act let_pass is "to let a convoy pass"',
    ),
    _line(
        "label",
        "What an act is called in another language (`fr`, `uk`).",
        'label fr "ouvrir le feu"',
    ),
    _line(
        "performed by",
        "Who can do an act: party, group, body, member, names, or nobody.",
        "performed by party",
    ),
    _line("kinds", "Observation kinds that show an act.", "kinds shot, explosion"),
    _line("weapons", "Weapon classes that an act is done with.", "weapons mlrs"),
    _line(
        "term",
        "What a term of the text means, or that the text does not say.",
        'term Force is "the multinational force"',
    ),
    _line(
        "instrument",
        "One of the linked texts of an agreement.",
        'instrument Paris is "Declaration of 6 January 2026"',
    ),
    _line("signed by", "Who signed an instrument.", "signed by Aurelia, Brennia"),
    _line("dated", "The date of an instrument.", "dated 2026-01-06"),
    _line(
        "state",
        "How far an instrument has come: draft, declared, signed, ratified, in_force.",
        "state declared",
    ),
    _line(
        "force", "The force of an instrument: legal or political.", "force political"
    ),
    _line(
        "version",
        "A version of the text and when it begins to bind.",
        'version 2 "Additional measures" from 2020-07-27T00:01+03:00',
    ),
    _line(
        "calendar",
        "The time zone of dates, and how a month that is too short is rounded.",
        'calendar "Europe/Kyiv" rounded down',
    ),
    _line(
        "standard",
        "In a finding, the standard of evidence; at the margin, the number it means.",
        "standard probable is 0.6",
    ),
    _line(
        "covers territory",
        "Which territory an agreement or an article covers.",
        "covers territory recognised borders",
    ),
    _line(
        "presence persists",
        "How long something seen is taken to be still there.",
        "presence persists 7 days",
    ),
)

_ARTICLES: Final = (
    _line(
        "Article", "Begins an article.", 'Article 1(1) "Ceasefire"', terminal="ARTICLE"
    ),
    _line(
        "in force from", "When an article begins to bind.", "in force from ceasefire"
    ),
    _line(
        "in force until",
        "The instant at which an article ceases to bind.",
        "in force until 2030-01-01T00:00Z",
    ),
    _line("in force for", "How long an article binds.", "in force for 90 days"),
    _line(
        "stays in force while",
        "The article goes on binding while this holds, whatever else is suspended.",
        "stays in force while Article 1 suspended",
    ),
    _line(
        "suspended while",
        "The article does not bind while this holds.",
        "suspended while active_combat in Strip",
    ),
    _line(
        "in version",
        "The version of the text that brings this article.",
        "in version 2",
    ),
    _line("repealed", "The version takes this article out.", "repealed"),
    _line(
        "lead",
        "Who leads for a task, in sectors, or both.",
        "lead Aurelia for demining in North, South",
    ),
)

_RULES: Final = (
    _line(
        "upon",
        "The event that wakes the rules below it, up to the next `upon` or `when`.",
        "upon breach of Article 1(1) by party",
    ),
    _line(
        "when",
        "The condition under which the rules below it hold; of a finding, its own.",
        "when inspection_accepted of party at site",
    ),
    _line("forbid", "A prohibition.", "forbid any party to fire"),
    _line("permit", "A permission.", "permit Mechanism to fly in Strip"),
    _line("oblige", "An obligation.", "oblige each party to clear heavy in Strip"),
    _line(
        "power", "A power to bring something about.", "power Coalition to deploy Force"
    ),
    _line(
        "then",
        "What holds after an obligation has fallen due.",
        "then forbid each party to place heavy in Strip",
    ),
    _line(
        "finding",
        "A finding: an episode that opens when its condition becomes true.",
        "finding serious_violation for party, sector",
    ),
    _line("decide", "A decision to be taken.", "decide Response by Coalition"),
    _line(
        "effect",
        "Something that follows by itself, without a decision.",
        "effect snapback on party",
    ),
    _line(
        "within",
        "A time after an instant: a deadline.",
        "within 24 hours of inspection_accepted",
    ),
    _line(
        "before",
        "An instant that must not be passed.",
        "before start of Article 1(1) + 14 days",
    ),
    _line("at all times", "A duty that never ends.", "at all times"),
    _line(
        "deadline not stated",
        "The treaty sentence sets no deadline.",
        "deadline not stated",
    ),
    _line("except", "A named exception.", "except self_defence"),
    _line("limited to", "How long an exception lasts.", "limited to 30 minutes"),
    _line(
        "excused while",
        "While this holds the clock of an obligation stands still.",
        "excused while active_combat nearer than 5 km to site",
    ),
    _line("at most", "How long a clock may stand in all.", "at most 48 hours"),
    _line(
        "failing that",
        "What follows a breach: another article, or a finding.",
        "failing that Article 3(3)",
    ),
    _line("needs", "What must hold first.", "needs consent of Southland"),
    _line("unless", "What stops a rule.", "unless suspended by Coalition"),
    _line(
        "lapses after",
        "How long a power or a measure lasts.",
        "lapses after 90 days",
    ),
    _line(
        "lapses at",
        "The instant at which a power or a measure ends.",
        "lapses at end of Article 1(1)",
    ),
    _line(
        "ends when",
        "What ends a measure, a power or a permission.",
        "ends when Article 1 in force",
    ),
    _line("sources", "The smallest number of independent sources.", "sources 2"),
    _line(
        "attributed by",
        "Who attributes: from then on an episode is found.",
        "attributed by Mechanism",
    ),
)

_VOTES: Final = (
    _line("vote", "The rule of the vote.", "vote two thirds of votes"),
    _line("quorum", "Who must take part.", "quorum 3 members"),
    _line("veto", "Members that alone can stop a decision.", "veto Aurelia, Brennia"),
    _line(
        "outside veto",
        "Non-members that alone can stop a decision.",
        "outside veto Meridia",
    ),
    _line(
        "silence is yes after",
        "Not answering counts as yes after a time.",
        "silence is yes after 48 hours of proposal",
    ),
    _line(
        "silence is no after",
        "Not answering counts as no after a time.",
        "silence is no after 48 hours of proposal",
    ),
    _line(
        "silence is abstention after",
        "Not answering counts as an abstention after a time.",
        "silence is abstention after 48 hours of proposal",
    ),
    _line(
        "otherwise",
        "What follows when the deadline passes without a decision.",
        "otherwise Article 6(3)",
    ),
    _line(
        "consultation only",
        "Nothing can be decided, only discussed.",
        "consultation only",
    ),
    _line(
        "and",
        "On a line of its own: all hold. Never beside `or` at one level.",
        "and consent of Southland",
    ),
    _line(
        "or",
        "On a line of its own: at least one holds. Never beside `and` at one level.",
        "or lapsed Article 6(1)",
    ),
)

_INNER: Final = (
    _inner("of", "Whose; or out of which.", "consent of Southland"),
    _inner("by", "The actor.", "breaches of Article 1(1) by party"),
    _inner("in", "The zone or sector, or one of a list.", "fire in Strip"),
    _inner("not in", "None of a list.", "weapon not in small_arms"),
    _inner("at", "The site, request or convoy.", "grant_access at site"),
    _inner("to", "Before the act, or before the place of a distance.", "to fire"),
    _inner("with", "Only with such weapons.", "fire with heavy"),
    _inner("against", "The party that suffers it.", "fire against Southland"),
    _inner("on", "Whom a finding or an effect names.", "found storm on party"),
    _inner("for", "The variables of a finding, or the task of a lead.", "for party"),
    _inner("from", "When a version begins.", 'version 2 "Second" from ceasefire'),
    _inner("is", "Defines a name, or compares a variable.", "party is Northland"),
    _inner("is not", "A variable is none of these.", "party is not Northland"),
    _inner("over", "The length of a sliding window.", "over 72 hours"),
    _inner(
        "since",
        "Ever since; or the start of a window that grows.",
        "calm in Strip since ceasefire",
    ),
    _inner(
        "until",
        "One thing holds until another comes.",
        "calm in Strip until consent of A within 2 days",
    ),
    _inner(
        "until below",
        "Once true, stays true while not below this number.",
        ">= 10 until below 3",
    ),
    _inner(
        "within",
        "How soon the next step or the end must come.",
        "fire of party then advance of party within 6 hours",
    ),
    _inner(
        "then",
        "The next step of a sequence.",
        "fire of party then advance of party within 6 hours",
    ),
    _inner(
        "lasting over",
        "Some breach or episode goes on for longer than this.",
        "some breaches of Article 2(1) by party lasting over 24 hours",
    ),
    _inner(
        "nearer than",
        "A distance.",
        "active_combat nearer than 5 km to site",
    ),
    _inner(
        "in the last",
        "Now or within this time before now.",
        "fire of party in the last 10 minutes",
    ),
    _inner(
        "count of",
        "How many.",
        "count of breaches of Article 1(1) over 3 days >= 10",
        terminal="COUNT_OF",
    ),
    _inner(
        "count distinct",
        "How many different ones.",
        "count distinct sector of fire by party over 3 days >= 4",
        terminal="COUNT_DISTINCT",
    ),
    _inner(
        "sum of",
        "The sum of an attribute.",
        "sum of value of fire by party over 3 days >= 100",
        terminal="SUM_OF",
    ),
    _inner(
        "max of",
        "The largest of an attribute.",
        "max of value of fire by party over 3 days >= 100",
        terminal="MAX_OF",
    ),
    _inner(
        "duration of",
        "For how long in all.",
        "duration of breaches of Article 2(1) by party over 7 days > 2 days",
        terminal="DURATION_OF",
    ),
    _inner(
        "breaches of",
        "The breaches of an article.",
        "count of breaches of Article 1(1) by party over 72 hours >= 10",
        terminal="BREACHES_OF",
    ),
    _inner(
        "breach of",
        "A breach of an article, as an event.",
        "upon breach of Article 3(2) by party",
        terminal="BREACH_OF",
    ),
    _inner(
        "episodes of",
        "The openings of a finding.",
        "count of episodes of storm by party over 30 days >= 3",
        terminal="EPISODES_OF",
    ),
    _inner(
        "some",
        "At least one.",
        "some breaches of Article 2(1) lasting over 24 hours",
        terminal="SOME",
    ),
    _inner(
        "found",
        "An episode is attributed; or the instant at which it was.",
        "upon found serious_violation on party, sector",
        terminal="FOUND",
    ),
    _inner(
        "alleged",
        "An episode opens; or the instant at which it did.",
        "within 48 hours of alleged",
        terminal="ALLEGED",
    ),
    _inner(
        "adopted",
        "A decision was adopted.",
        "needs adopted Response",
        terminal="ADOPTED",
    ),
    _inner(
        "rejected",
        "A decision was rejected.",
        "upon rejected Response",
        terminal="REJECTED",
    ),
    _inner(
        "lapsed",
        "A decision was not taken in time.",
        "upon lapsed Article 6(1)",
        terminal="LAPSED",
    ),
    _inner(
        "suspended by",
        "Somebody has suspended this rule.",
        "unless suspended by Coalition",
        terminal="SUSPENDED_BY",
    ),
    _inner(
        "suspended",
        "An article is suspended.",
        "stays in force while Article 1 suspended",
        terminal="SUSPENDED",
    ),
    _inner(
        "in force",
        "An article binds.",
        "needs Article 1(1) in force",
        terminal="IN_FORCE",
    ),
    _inner(
        "not in force",
        "An article does not bind.",
        "when Article 1(1) not in force",
        terminal="NOT_IN_FORCE",
    ),
    _inner("Article", "An article by its number.", "Article 3(3)", terminal="ARTICLE"),
    _inner("each", "Every one for itself.", "each party", terminal="EACH"),
    _inner("any", "Whichever.", "any party", terminal="ANY"),
    _inner("all", "All together.", "vote all members", terminal="ALL"),
    _inner(
        "not",
        "The condition does not hold.",
        "and not consent of Southland",
        terminal="NOT",
    ),
    _inner(
        "start of",
        "When an article enters into force.",
        "before start of Article 1(1) + 14 days",
        terminal="START_OF",
    ),
    _inner(
        "end of",
        "When an article ceases to bind.",
        "lapses at end of Article 1(1)",
        terminal="END_OF",
    ),
    _inner("votes", "By weight.", "vote two thirds of votes", terminal="VOTES"),
    _inner("members", "By head.", "vote at least 2 members", terminal="MEMBERS"),
    _inner("led by", "The lead of a body.", "body Mechanism led by Meridia"),
    _inner("covers", "The sectors of a zone.", "zone East covers North, South"),
    _inner("except", "Takes sectors out of a zone.", "zone E covers N, S except S"),
    _inner(
        "published by",
        "Who publishes a line.",
        'line contact_line is "of 1 May" published by Mechanism',
    ),
    _inner(
        "claimed by",
        "Who claims a status.",
        'status A is "a signatory" claimed by B',
    ),
    _inner(
        "more than",
        "The share must be exceeded.",
        "vote more than half of votes",
        terminal="MORE_THAN",
    ),
    _inner("at least", "So many or more.", "vote at least 2 members"),
    _inner("percent", "Hundredths.", "vote 66 percent of votes"),
    _inner(
        "consensus", "Nobody votes against.", "vote consensus", terminal="CONSENSUS"
    ),
    _inner("not stated", "The text does not say.", "term Force not stated"),
    _inner(
        "rounded down",
        "31 January and a month is the last of February.",
        'calendar "Europe/Kyiv" rounded down',
        terminal="ROUNDED_DOWN",
    ),
    _inner(
        "rounded up",
        "31 January and a month is 1 March.",
        'calendar "Europe/Kyiv" rounded up',
        terminal="ROUNDED_UP",
    ),
    _inner(
        "line at entry into force",
        "The line as it stood when the agreement entered into force.",
        "covers territory line at entry into force",
        terminal="LINE_AT_ENTRY",
    ),
    _inner(
        "named line",
        "A line by its name.",
        "covers territory named line contact_line",
        terminal="NAMED_LINE",
    ),
    _inner(
        "recognised borders",
        "The internationally recognised borders.",
        "covers territory recognised borders",
        terminal="RECOGNISED_BORDERS",
    ),
)


FRACTIONS: Final = {
    "half": "1/2",
    "one third": "1/3",
    "two thirds": "2/3",
    "one quarter": "1/4",
    "three quarters": "3/4",
    "three fifths": "3/5",
    "four fifths": "4/5",
}
"""English words for shares."""

PLURALS: Final = {
    "party": "parties",
    "member": "members",
    "contributor": "contributors",
    "guarantor": "guarantors",
    "state": "states",
    "group": "groups",
    "body": "bodies",
}
"""Kinds of actors, and how they are called after ``all``."""

UNITS: Final = {
    "second": "TIME_UNIT",
    "minute": "TIME_UNIT",
    "hour": "TIME_UNIT",
    "day": "TIME_UNIT",
    "week": "TIME_UNIT",
    "month": "TIME_UNIT",
    "year": "TIME_UNIT",
    "m": "DISTANCE_UNIT",
    "km": "DISTANCE_UNIT",
}
"""English units in the singular; reserved only after a number."""


def _fraction(phrase: str, value: str) -> Keyword:
    example = f"vote {phrase} of votes"
    return _inner(phrase, f"The share {value}.", example, terminal="FRACTION")


_FRACTIONS: Final = tuple(_fraction(*fraction) for fraction in FRACTIONS.items())

ENGLISH: Final[tuple[Keyword, ...]] = (
    _DEFINITIONS + _ARTICLES + _RULES + _VOTES + _INNER + _FRACTIONS
)
"""The English keywords, in the order of the reference page."""

KEYWORDS: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(keyword.phrase for keyword in ENGLISH)
)
"""Every English keyword once."""

Phrases: TypeAlias = dict[tuple[str, ...], str]
