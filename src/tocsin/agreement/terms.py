"""The words of an agreement as values: its syntax tree, each node with its place.

Read from top to bottom: times and places, who does what, conditions, votes, rules,
articles, definitions, the agreement. A tree says what stands in the text and nothing
more; what a clause *means* is in ``docs/reference/semantics.md``.

Every node is frozen and keyword-only and carries ``where`` (file, line, column).
``None`` means that the text does not say it. Two trees are compared with
:func:`without_places`.

>>> Duration(amount=2, unit="day").seconds
172800
>>> Duration(amount=1, unit="month").is_calendar
True
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from tocsin.errors import WrongUse
from tocsin.model.records import Where

__all__ = [
    "NOWHERE",
    "Act",
    "ActLabel",
    "Aggregate",
    "AggregateFunction",
    "Agreement",
    "AllOf",
    "AnyOf",
    "Article",
    "ArticleIs",
    "ArticleRef",
    "ArticleTime",
    "AtAllTimes",
    "Before",
    "Block",
    "Body",
    "BreachOf",
    "Breaches",
    "Calendar",
    "Compare",
    "Condition",
    "ConditionLet",
    "Counted",
    "Deadline",
    "DeadlineNotStated",
    "Decision",
    "DecisionIs",
    "Deed",
    "Definition",
    "Distance",
    "Duration",
    "Effect",
    "Episodes",
    "EventTime",
    "Exception_",
    "Excuse",
    "FailingThat",
    "Filter",
    "FilterAll",
    "FilterAny",
    "FilterCompare",
    "FilterIn",
    "FilterNamed",
    "FindingRule",
    "FindingState",
    "FixedTime",
    "Forbid",
    "Fraction",
    "Group",
    "Happened",
    "InForce",
    "Instrument",
    "Label",
    "Lapses",
    "Lasting",
    "Lead",
    "Let",
    "Line",
    "Named",
    "Names",
    "Near",
    "Norm",
    "Not",
    "Number",
    "Oblige",
    "Operator",
    "Otherwise",
    "Party",
    "Permit",
    "Power",
    "Procedure",
    "Rule",
    "Scope",
    "Sequence",
    "SequenceStep",
    "Silence",
    "Since",
    "Standard",
    "StandardLevel",
    "Status",
    "SuspendedBy",
    "Term",
    "TimeBase",
    "TimePoint",
    "Trigger",
    "UndefinedTerm",
    "Unless",
    "Until",
    "VariableIs",
    "Version",
    "VoteAll",
    "VoteAny",
    "VoteConsensus",
    "VoteNumber",
    "VoteOf",
    "VoteRule",
    "VoteShare",
    "VoteUnanimous",
    "Weight",
    "Who",
    "Within",
    "Zone",
    "without_places",
]

NOWHERE: Final = Where(file="")
"""The place of a node that was built by hand."""

Names: TypeAlias = tuple[str, ...]

EARLIER: Final = "(@"
"""Begins what tells an earlier version of an article from its newest (rule A1)."""


class Term(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of every node: frozen, keyword-only, with its place in the text."""

    where: Where = NOWHERE


# --- times ---------------------------------------------------------------------------

SECONDS: Final = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
}
MONTHS: Final = {"month": 1, "year": 12}
TimeUnit: TypeAlias = Literal[
    "second", "minute", "hour", "day", "week", "month", "year"
]


class Duration(Term, frozen=True, kw_only=True):
    """A length of time, as written. A day is 86,400 seconds; a month has no length.

    Attributes:
        amount: how many.
        unit: in the singular. Months and years are calendar units: they need the
            agreement's calendar, and cannot be compared with days.
    """

    amount: int
    unit: TimeUnit

    @property
    def is_calendar(self) -> bool:
        """True for months and years, which have no length of their own."""
        return self.unit in MONTHS

    @property
    def seconds(self) -> int:
        """Length in seconds; raises ``WrongUse`` for months and years."""
        if self.is_calendar:
            raise WrongUse(f"{self} has no length in seconds: use `months`.")
        return self.amount * SECONDS[self.unit]

    @property
    def months(self) -> int:
        """Length in calendar months; raises ``WrongUse`` for exact units."""
        if not self.is_calendar:
            raise WrongUse(f"{self} is not a number of months: use `seconds`.")
        return self.amount * MONTHS[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"


class FixedTime(Term, frozen=True, kw_only=True):
    """A date or instant as written (ISO 8601); without offset it needs the calendar."""

    text: str


class EventTime(Term, frozen=True, kw_only=True):
    """The instant of a named event.

    Attributes:
        event: an act, or one of the anchors ``found``, ``alleged``, ``proposal``,
            ``due``, ``adopted``, ``rejected``, ``lapsed``, ``ceasefire``...
        of: whose event, or None.
    """

    event: str
    of: Who | None = None


class ArticleRef(Term, frozen=True, kw_only=True):
    """An article by its number, e.g. ``5(1)``; ``5`` means all of its paragraphs."""

    number: str

    def __str__(self) -> str:
        return f"Article {self.number}"


class ArticleTime(Term, frozen=True, kw_only=True):
    """When an article enters into force (start) or ceases to be (end)."""

    edge: Literal["start", "end"]
    article: ArticleRef


TimeBase: TypeAlias = FixedTime | EventTime | ArticleTime


class TimePoint(Term, frozen=True, kw_only=True):
    """An instant: a base, and how long after it (None: the base itself)."""

    base: TimeBase
    plus: Duration | None = None


class Calendar(Term, frozen=True, kw_only=True):
    """How months and dates are read.

    Attributes:
        zone: IANA name of the time zone.
        rounded: what 31 January + 1 month is: down is the last day of February, up
            is 1 March.
    """

    zone: str
    rounded: Literal["down", "up"]


# --- places, and who does what -------------------------------------------------------

METRES: Final = {"m": 1.0, "km": 1_000.0}


class Distance(Term, frozen=True, kw_only=True):
    """A distance as written."""

    amount: float
    unit: Literal["m", "km"]

    @property
    def metres(self) -> float:
        """The distance in metres."""
        return self.amount * METRES[self.unit]

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


class Near(Term, frozen=True, kw_only=True):
    """Nearer than a distance to a line, a site or the place of the deed itself."""

    distance: Distance
    to: str


class Who(Term, frozen=True, kw_only=True):
    """Who acts: names, a variable, or every one of a kind.

    Attributes:
        names: names of parties, groups, bodies or members; or one variable
            (``party``, ``opponent``); or one kind after a quantifier.
        quantifier: each (every one for itself), any (whichever), all (together).
        of: the group whose members are meant (``each member of Coalition``).
    """

    names: Names
    quantifier: Literal["each", "any", "all"] | None = None
    of: str | None = None


class Deed(Term, frozen=True, kw_only=True):
    """An act with what the text says of it; None and () leave it open.

    Attributes:
        act: a declared act.
        thing: its object (``Force``, or a ``let`` such as ``heavy``).
        by: whose act it is (written ``by`` or ``of``); None in the rule of a norm,
            where the norm says who.
        with_: a ``let``: only with such weapons.
        against: the party that suffers it.
        in_: a zone, a sector or the variable ``sector``.
        at: a site, a request or the variable ``site``.
        near: a distance that must hold, or None.
    """

    act: str
    thing: str | None = None
    by: Who | None = None
    with_: str | None = None
    against: Who | None = None
    in_: str | None = None
    at: str | None = None
    near: Near | None = None


# --- filters -------------------------------------------------------------------------

Operator: TypeAlias = Literal[">=", "<=", ">", "<", "="]


class FilterIn(Term, frozen=True, kw_only=True):
    """An attribute (weapon, kind, sector, party) is one of these values, or is not."""

    attribute: str
    values: Names
    negated: bool = False


class FilterCompare(Term, frozen=True, kw_only=True):
    """An attribute (value, count) compared with a number."""

    attribute: str
    operator: Operator
    number: float


class FilterNamed(Term, frozen=True, kw_only=True):
    """Another ``let``, by its name."""

    name: str


class FilterAll(Term, frozen=True, kw_only=True):
    """All of these hold."""

    filters: tuple[Filter, ...]


class FilterAny(Term, frozen=True, kw_only=True):
    """At least one of these holds."""

    filters: tuple[Filter, ...]


Filter: TypeAlias = FilterIn | FilterCompare | FilterNamed | FilterAll | FilterAny


# --- conditions ----------------------------------------------------------------------


class Breaches(Term, frozen=True, kw_only=True):
    """The breaches of an article, narrowed to a party, a sector or a site."""

    article: ArticleRef
    by: Who | None = None
    in_: str | None = None
    at: str | None = None


class Episodes(Term, frozen=True, kw_only=True):
    """The openings of a finding, narrowed to a party or a sector."""

    finding: str
    by: Who | None = None
    in_: str | None = None


Counted: TypeAlias = Breaches | Episodes | Deed
AggregateFunction: TypeAlias = Literal[
    "count", "count_distinct", "sum", "max", "duration"
]


class Aggregate(Term, frozen=True, kw_only=True):
    """A number over a window that slides with time and is closed at both ends.

    Attributes:
        function: ``duration`` is the seconds during which the subject held.
        subject: what is counted.
        attribute: what is added up or told apart (``sum``, ``max``,
            ``count_distinct``); None for ``count`` and ``duration``.
        over: length of the window, or None if ``since`` is given.
        since: start of a window that only grows, or None.
    """

    function: AggregateFunction
    subject: Counted
    attribute: str | None = None
    over: Duration | None = None
    since: TimePoint | None = None


class Number(Term, frozen=True, kw_only=True):
    """A number without a unit."""

    value: float


class Compare(Term, frozen=True, kw_only=True):
    """A number compared; once true it stays so while not below ``until_below``."""

    left: Aggregate
    operator: Operator
    right: Number | Duration | Aggregate
    until_below: Number | Duration | None = None


class Lasting(Term, frozen=True, kw_only=True):
    """Some breach or episode that goes on for longer than a time."""

    subject: Counted
    longer_than: Duration


class Happened(Term, frozen=True, kw_only=True):
    """The deed is done now, or was within the last stretch of time, ends included."""

    deed: Deed
    in_last: Duration | None = None


class FindingState(Term, frozen=True, kw_only=True):
    """An episode of a finding opens as alleged, or is found by attribution.

    Attributes:
        arguments: one for each variable of the finding, in its order; () leaves
            them open.
    """

    finding: str
    state: Literal["found", "alleged"]
    arguments: Names = ()


class BreachOf(Term, frozen=True, kw_only=True):
    """An article is breached."""

    breaches: Breaches


class DecisionIs(Term, frozen=True, kw_only=True):
    """A decision has this outcome; named, or as the decision of an article."""

    outcome: Literal["adopted", "rejected", "lapsed"]
    decision: str | None = None
    article: ArticleRef | None = None


class ArticleIs(Term, frozen=True, kw_only=True):
    """An article is in force, is not, or is suspended."""

    article: ArticleRef
    state: Literal["in_force", "not_in_force", "suspended"]


class SuspendedBy(Term, frozen=True, kw_only=True):
    """Somebody has suspended this rule."""

    who: Who


class VariableIs(Term, frozen=True, kw_only=True):
    """A variable (``party``, ``sector``) is one of these names, or is not."""

    variable: str
    names: Names
    negated: bool = False


class Not(Term, frozen=True, kw_only=True):
    """The condition does not hold."""

    condition: Condition


class AllOf(Term, frozen=True, kw_only=True):
    """All of these hold (``and``)."""

    conditions: tuple[Condition, ...]


class AnyOf(Term, frozen=True, kw_only=True):
    """At least one of these holds (``or``)."""

    conditions: tuple[Condition, ...]


class Since(Term, frozen=True, kw_only=True):
    """``holds`` at every time since ``start`` was last true.

    Attributes:
        within: how long ago ``start`` may lie, or None: any time in the past.
    """

    holds: Condition
    start: Condition
    within: Duration | None = None


class Until(Term, frozen=True, kw_only=True):
    """``holds`` at every time until ``end``, which comes within a time."""

    holds: Condition
    end: Condition
    within: Duration


class SequenceStep(Term, frozen=True, kw_only=True):
    """A step of a sequence, at most ``within`` after the step before it."""

    condition: Condition
    within: Duration


class Sequence(Term, frozen=True, kw_only=True):
    """One thing, then another, each within a time of the one before."""

    first: Condition
    steps: tuple[SequenceStep, ...]


Condition: TypeAlias = (
    Happened
    | FindingState
    | BreachOf
    | DecisionIs
    | ArticleIs
    | SuspendedBy
    | VariableIs
    | Compare
    | Lasting
    | Not
    | AllOf
    | AnyOf
    | Since
    | Until
    | Sequence
)


# --- decisions -----------------------------------------------------------------------


class Fraction(Term, frozen=True, kw_only=True):
    """A share as written: 2/3, or 66/100 for 66 percent. Never rounded."""

    numerator: int
    denominator: int


class VoteOf(Term, frozen=True, kw_only=True):
    """At least so many of these: ``2 of 3 of A, B, C``.

    Attributes:
        total: the number of names as written in the text, or None if not written.
    """

    at_least: int
    names: Names
    total: int | None = None


class VoteShare(Term, frozen=True, kw_only=True):
    """A share of all eligible votes (by weight) or of all members (by head).

    Attributes:
        more_than: True if the share must be exceeded, not only reached.
    """

    share: Fraction
    of: Literal["votes", "members"]
    more_than: bool = False


class VoteNumber(Term, frozen=True, kw_only=True):
    """At least so many votes (by weight) or members (by head)."""

    at_least: float
    of: Literal["votes", "members"]


class VoteUnanimous(Term, frozen=True, kw_only=True):
    """All members, or all of these."""

    names: Names = ()


class VoteConsensus(Term, frozen=True, kw_only=True):
    """Nobody votes against."""


class VoteAll(Term, frozen=True, kw_only=True):
    """All of these tests are passed (``and``)."""

    tests: tuple[VoteRule, ...]


class VoteAny(Term, frozen=True, kw_only=True):
    """At least one of these tests is passed (``or``)."""

    tests: tuple[VoteRule, ...]


VoteRule: TypeAlias = (
    VoteOf | VoteShare | VoteNumber | VoteUnanimous | VoteConsensus | VoteAll | VoteAny
)


class Silence(Term, frozen=True, kw_only=True):
    """What silence counts as, and after how long (of the proposal if ``of`` is None).

    It never casts a veto and can be overridden until the deadline.
    """

    counts_as: Literal["yes", "no", "abstain"]
    after: Duration
    of: TimePoint | None = None


class Otherwise(Term, frozen=True, kw_only=True):
    """What happens when the deadline passes without a decision."""

    article: ArticleRef | None = None
    outcome: Literal["adopted", "rejected", "lapsed"] | None = None


class Weight(Term, frozen=True, kw_only=True):
    """How many votes a member casts."""

    name: str
    votes: int


class Within(Term, frozen=True, kw_only=True):
    """At most so long after an instant (of the trigger if ``of`` is None)."""

    duration: Duration
    of: TimePoint | None = None


class Before(Term, frozen=True, kw_only=True):
    """Not later than an instant."""

    time: TimePoint


class AtAllTimes(Term, frozen=True, kw_only=True):
    """A duty that never ends while its article is in force."""


class DeadlineNotStated(Term, frozen=True, kw_only=True):
    """The treaty sentence sets no deadline, and the encoding says so."""


Deadline: TypeAlias = Within | Before | AtAllTimes | DeadlineNotStated


class Procedure(Term, frozen=True, kw_only=True):
    """How a body decides.

    Attributes:
        by: who decides, or None: the text does not say.
        vote: the rule of the vote, or None: the text does not say.
        quorum: who must take part, or None.
        vetoes: members that alone can stop it.
        outside_vetoes: non-members that can, declared as such.
        silence: what not answering counts as, or None: nothing.
        deadline: when no decision has become ``lapsed``, or None.
        otherwise: what then follows, or None.
        weights: votes of each member where they differ; else one each.
        consultation_only: True if nothing can be decided, only discussed.
    """

    by: Who | None = None
    vote: VoteRule | None = None
    quorum: VoteRule | None = None
    vetoes: Names = ()
    outside_vetoes: Names = ()
    silence: Silence | None = None
    deadline: Deadline | None = None
    otherwise: Otherwise | None = None
    weights: tuple[Weight, ...] = ()
    consultation_only: bool = False


# --- rules ---------------------------------------------------------------------------


class Trigger(Term, frozen=True, kw_only=True):
    """What wakes a rule: an event (``upon``), under a condition (``when``)."""

    upon: Condition | None = None
    when: Condition | None = None


class Exception_(Term, frozen=True, kw_only=True):  # noqa: N801 - not the built-in
    """A named exception with its precondition and its limit.

    Attributes:
        when: what opens it, or None: it is always open.
        needs: what must also hold, or None.
        limited_to: how long it lasts from its opening, or None: while ``when`` holds.
    """

    name: str
    when: Condition | None = None
    needs: Condition | None = None
    limited_to: Duration | None = None


class Excuse(Term, frozen=True, kw_only=True):
    """While this holds the clock of the obligation stands, at most so long in all."""

    while_: Condition
    at_most: Duration | None = None


class FailingThat(Term, frozen=True, kw_only=True):
    """What follows a breach, in order: another article, or a finding."""

    article: ArticleRef | None = None
    finding: FindingState | None = None


class Unless(Term, frozen=True, kw_only=True):
    """What stops a rule; with a procedure where somebody must decide to stop it."""

    condition: Condition
    procedure: Procedure | None = None


class Lapses(Term, frozen=True, kw_only=True):
    """When a power or measure ends: after a time, or at an instant."""

    after: Within | None = None
    at: TimePoint | None = None


class Norm(Term, frozen=True, kw_only=True):
    """What somebody must not, may, must or can do. Base of the four kinds.

    Attributes:
        who: the bearer.
        deed: what it is about.
        trigger: what wakes it, or None: it holds while the article is in force.
        deadline: by when, for an obligation or a power.
        exceptions: when it does not bind.
        excuses: what stops its clock.
        failing_that: what follows a breach, in the order of the text.
        needs: what must hold first, or None.
        unless: what stops it, or None.
        lapses: when it ends, or None.
        ends_when: a condition that ends it, or None.
        persists: how long something seen is taken to be still there, or None.
        then: what holds after an obligation is due (``then forbid``).
    """

    who: Who
    deed: Deed
    trigger: Trigger | None = None
    deadline: Deadline | None = None
    exceptions: tuple[Exception_, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    failing_that: tuple[FailingThat, ...] = ()
    needs: Condition | None = None
    unless: Unless | None = None
    lapses: Lapses | None = None
    ends_when: Condition | None = None
    persists: Duration | None = None
    then: tuple[Forbid | Permit | Oblige | Power, ...] = ()


class Forbid(Norm, frozen=True, kw_only=True):
    """A prohibition."""


class Permit(Norm, frozen=True, kw_only=True):
    """A permission."""


class Oblige(Norm, frozen=True, kw_only=True):
    """An obligation."""


class Power(Norm, frozen=True, kw_only=True):
    """A power: somebody may bring something about, under conditions."""


class Standard(Term, frozen=True, kw_only=True):
    """The standard of evidence: a named level or a probability, and how many sources.

    Attributes:
        level: name of a level (:class:`StandardLevel`), or None.
        probability: the number itself, or None.
        sources: smallest number of independent sources, or None: not stated.
    """

    level: str | None = None
    probability: float | None = None
    sources: int | None = None


class FindingRule(Term, frozen=True, kw_only=True):
    """A finding: an episode that opens when its condition becomes true.

    Attributes:
        variables: what it ranges over, in order (``party``, ``sector``).
        when: its condition.
        standard: the evidence it needs, or None: the text does not say.
        attribution: who says that it is found, and how; None: nobody must.
    """

    name: str
    variables: Names
    when: Condition
    trigger: Trigger | None = None
    standard: Standard | None = None
    attribution: Procedure | None = None


class Decision(Term, frozen=True, kw_only=True):
    """A decision to be taken once its trigger fires."""

    name: str
    procedure: Procedure
    trigger: Trigger | None = None


class Effect(Term, frozen=True, kw_only=True):
    """Something that follows by itself, without a decision (snapback).

    Attributes:
        on: whom it hits, or None.
        deadline: by when it must have followed.
    """

    name: str
    on: Who | None = None
    trigger: Trigger | None = None
    deadline: Deadline | None = None
    needs: Condition | None = None
    unless: Unless | None = None
    lapses: Lapses | None = None
    ends_when: Condition | None = None


Rule: TypeAlias = Forbid | Permit | Oblige | Power | FindingRule | Decision | Effect


# --- articles ------------------------------------------------------------------------


class InForce(Term, frozen=True, kw_only=True):
    """From when to when an article binds.

    Attributes:
        start: instants joined by ``join``; () for "with the agreement".
        join: ``all``: from the latest of them; ``any``: from the earliest.
        until: the instant at which it ends, or None.
        for_: how long it lasts, or None.
    """

    start: tuple[TimePoint, ...] = ()
    join: Literal["all", "any"] = "all"
    until: TimePoint | None = None
    for_: Duration | None = None


class Lead(Term, frozen=True, kw_only=True):
    """The member that leads for these tasks in these sectors; () means all."""

    name: str
    tasks: Names = ()
    sectors: Names = ()


class Scope(Term, frozen=True, kw_only=True):
    """Which territory is covered.

    Attributes:
        territory: the line as it stood at entry into force, a named line, or the
            recognised borders.
        line: its name, for a named line.
    """

    territory: Literal["line_at_entry_into_force", "named_line", "recognised_borders"]
    line: str | None = None


class Article(Term, frozen=True, kw_only=True):
    """One article or paragraph.

    Attributes:
        number: as in ``Article 1(1)``, without the word.
        title: its heading, or None.
        rules: in the order of the text, those without a trigger first.
        in_force: from when to when, or None: with the agreement.
        suspended_while: it does not bind while this holds, or None.
        surviving: it goes on binding while this holds even though its agreement is
            suspended (``stays in force while``), or None.
        scope: territory covered by it alone, or None.
        leads: who leads where.
        version: version of the text that brings it, 1 if not said.
        repealed: True if that version takes it out.
        sentence: the treaty sentence above its block.
    """

    number: str
    title: str | None = None
    rules: tuple[Rule, ...] = ()
    in_force: InForce | None = None
    suspended_while: Condition | None = None
    surviving: Condition | None = None
    scope: Scope | None = None
    leads: tuple[Lead, ...] = ()
    version: int = 1
    repealed: bool = False
    sentence: str = ""

    @property
    def clause(self) -> str:
        """The number with its word, as findings name it: ``Article 1(1)``."""
        return f"Article {self.number.partition(EARLIER)[0]}"

    def is_meant_by(self, number: str) -> bool:
        """True for its own number, and for that of the article it is part of."""
        return self.number == number or self.number.startswith(f"{number}(")


# --- definitions ---------------------------------------------------------------------


class Label(Term, frozen=True, kw_only=True):
    """The name and full title of the agreement."""

    name: str
    title: str | None = None


class Status(Term, frozen=True, kw_only=True):
    """What somebody claims the status of a party to be; never Tocsin's own word."""

    name: str
    claim: str
    claimed_by: str


class Group(Term, frozen=True, kw_only=True):
    """States that act together (``group Coalition of A, B``).

    Attributes:
        members_stated: False if the text leaves open who belongs to it.
    """

    name: str
    members: Names = ()
    weights: tuple[Weight, ...] = ()
    members_stated: bool = True


class Body(Term, frozen=True, kw_only=True):
    """A body with members, or led by one state, or both."""

    name: str
    members: Names = ()
    lead: str | None = None
    weights: tuple[Weight, ...] = ()
    members_stated: bool = True


class Line(Term, frozen=True, kw_only=True):
    """A named line; its course comes with the areas of the agreement."""

    name: str
    description: str | None = None
    published_by: str | None = None


class Zone(Term, frozen=True, kw_only=True):
    """A zone: nearer than a distance to a line, or covering sectors and zones.

    Attributes:
        near: the strip, or None.
        covers: sectors and zones, or ().
        except_: parts taken out of it.
    """

    name: str
    near: Near | None = None
    covers: Names = ()
    except_: Names = ()


class Let(Term, frozen=True, kw_only=True):
    """A name for a filter (``let heavy is weapon in mlrs``)."""

    name: str
    filter: Filter


class ConditionLet(Term, frozen=True, kw_only=True):
    """A name for a condition over variables (``let storm for party, sector``)."""

    name: str
    variables: Names
    when: Condition


class ActLabel(Term, frozen=True, kw_only=True):
    """What an act is called in another language."""

    language: str
    text: str


class Act(Term, frozen=True, kw_only=True):
    """A verb of the agreement.

    Attributes:
        label: as a sentence says it ("to open fire").
        labels: the same in other languages.
        performed_by: who can do it (``party``, ``group``, ``body``, ``member`` or
            names); () leaves it open, ``nobody`` is an event.
        kinds: observation kinds that show it; () where facts name the act itself.
        weapons: weapon classes that it is done with; () for any.
    """

    name: str
    label: str
    labels: tuple[ActLabel, ...] = ()
    performed_by: Names = ()
    kinds: Names = ()
    weapons: Names = ()


class UndefinedTerm(Term, frozen=True, kw_only=True):
    """A term of the text: what it means, or that the text does not say (None)."""

    name: str
    meaning: str | None = None


class Instrument(Term, frozen=True, kw_only=True):
    """One of the linked texts, with its signatories, force and state."""

    name: str
    title: str
    signed_by: Names = ()
    dated: FixedTime | None = None
    state: str | None = None
    force: str | None = None


class Version(Term, frozen=True, kw_only=True):
    """A version of the text and when it begins to bind."""

    number: int
    title: str | None = None
    start: TimePoint | None = None


class StandardLevel(Term, frozen=True, kw_only=True):
    """The probability that a named standard of evidence asks for."""

    name: str
    probability: float


Definition: TypeAlias = (
    Label
    | Status
    | Group
    | Body
    | Line
    | Zone
    | Let
    | ConditionLet
    | Act
    | UndefinedTerm
    | Instrument
    | Version
    | StandardLevel
    | Calendar
    | Scope
)


class Party(Term, frozen=True, kw_only=True):
    """A party to the agreement."""

    name: str


class Named(Term, frozen=True, kw_only=True):
    """A sector or a site that is known by its name."""

    name: str


class Block(Term, frozen=True, kw_only=True):
    """A fenced block of rules and the treaty sentence above it.

    Attributes:
        sentence: the prose, white space collapsed.
        digest: first 12 hex digits of its SHA-256.
        written: the digest that the fence carries, or None.
        articles: numbers of the articles in the block.
    """

    sentence: str
    digest: str
    written: str | None
    articles: Names


class Agreement(Term, frozen=True, kw_only=True):
    """An agreement: everything that one file says.

    Attributes:
        name: short name, the file's where the text gives none.
        title: full title, or None.
        language: of the keywords: ``en``.
        parties: those it binds.
        persists: how long something seen is taken to be still there, where a norm
            does not say otherwise; None: nothing is assumed.
        articles: in the order of the text.
        blocks: the fenced blocks with their sentences.
        mentions: every name as the text mentions it, with line and column.
    """

    name: str
    title: str | None = None
    language: str = "en"
    parties: tuple[Party, ...] = ()
    statuses: tuple[Status, ...] = ()
    groups: tuple[Group, ...] = ()
    bodies: tuple[Body, ...] = ()
    sectors: tuple[Named, ...] = ()
    sites: tuple[Named, ...] = ()
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    lets: tuple[Let, ...] = ()
    conditions: tuple[ConditionLet, ...] = ()
    acts: tuple[Act, ...] = ()
    terms: tuple[UndefinedTerm, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    versions: tuple[Version, ...] = ()
    standards: tuple[StandardLevel, ...] = ()
    calendar: Calendar | None = None
    scope: Scope | None = None
    persists: Duration | None = None
    articles: tuple[Article, ...] = ()
    blocks: tuple[Block, ...] = ()
    mentions: tuple[tuple[str, int, int], ...] = ()

    @property
    def party_names(self) -> Names:
        """Names of the parties, in the order of the text."""
        return tuple(party.name for party in self.parties)

    def members_of(self, name: str) -> Names:
        """Members of a group or body; of a body that has none, its lead; else ()."""
        for group in self.groups:
            if group.name == name:
                return group.members
        for body in self.bodies:
            if body.name == name:
                return body.members or ((body.lead,) if body.lead else ())
        return ()

    def find(self, number: str) -> tuple[Article, ...]:
        """The articles that a number means: itself, or all of its paragraphs."""
        return tuple(one for one in self.articles if one.is_meant_by(number))


Node = TypeVar("Node", bound=Term)

LAYOUT: Final = {"where": NOWHERE, "blocks": (), "mentions": ()}


def without_places(node: Node) -> Node:
    """The same tree without places and layout, so that two trees can be compared."""
    changed = {
        name: LAYOUT[name] if name in LAYOUT else _bare(getattr(node, name))
        for name in node.__struct_fields__
    }
    return msgspec.structs.replace(node, **changed)


def _bare(value: object) -> object:
    if isinstance(value, Term):
        return without_places(value)
    if isinstance(value, tuple):
        return tuple(_bare(part) for part in value)
    return value
