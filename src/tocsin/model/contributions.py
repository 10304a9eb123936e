"""The nouns of coordination: who promised what, where, when and under which condition.

A :class:`Contribution` is one promise of one state. It goes through stages (offered,
committed, allocated, delivered, withdrawn); each :class:`Step` has a date and a source.
What it waits for is named as clauses of the agreement; what its state will not do is
typed data (:class:`Caveat`). Places are regions by name: nothing here holds a position.

Money is kept as written (:class:`Money`): an exact decimal and the currency that the
source wrote. Nothing is converted where it is kept.

>>> Money(amount=Decimal("5.0"), currency="EUR")
Money(amount=Decimal('5.0'), currency='EUR')
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from tocsin.model.records import Instant, Record
from tocsin.model.vocabulary import Marking, Origin

__all__ = [
    "EVERYWHERE",
    "STAGES",
    "Assumption",
    "Board",
    "Caveat",
    "CaveatKind",
    "Certainty",
    "Complaint",
    "Contribution",
    "Fund",
    "FundStage",
    "Hub",
    "Lead",
    "Mandate",
    "Money",
    "MoneyNeed",
    "Need",
    "Opening",
    "Patrol",
    "Presence",
    "Rate",
    "Role",
    "Source",
    "Stage",
    "Step",
]

EVERYWHERE: Final = "*"
"""Stands for every region in ``areas``."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class Stage(StrEnum):
    """How far a contribution has come; declined: its state said that it offers none."""

    OFFERED = "offered"
    COMMITTED = "committed"
    ALLOCATED = "allocated"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


STAGES: Final = (
    Stage.OFFERED,
    Stage.COMMITTED,
    Stage.ALLOCATED,
    Stage.DELIVERED,
)
"""The stages in their order; withdrawn ends each of them, declined begins none."""


class Certainty(StrEnum):
    """How well a statement is established; it is shown with the statement.

    ``stated``: the state's own published text. ``reported``: press reports of what it
    said. ``uncertain``: reports that differ, or that nobody could confirm.
    """

    STATED = "stated"
    REPORTED = "reported"
    UNCERTAIN = "uncertain"


class Role(StrEnum):
    """Whether it would lead a function in a region, or support there."""

    LEAD = "lead"
    SUPPORT = "support"


class Presence(StrEnum):
    """From where it acts."""

    INSIDE = "inside"
    NEIGHBOURING = "neighbouring"
    REMOTE = "remote"


class CaveatKind(StrEnum):
    """What a state will not do, or only under a condition of its own.

    The first three say from where; ``only_monitoring`` which functions; ``only_in`` and
    ``not_in`` name regions; ``only_after_parliament`` is a gate of its own: a mandate.
    """

    NO_TROOPS_ON_GROUND = "no_troops_on_ground"
    ONLY_FROM_NEIGHBOURING = "only_from_neighbouring"
    ONLY_REMOTE = "only_remote"
    ONLY_MONITORING = "only_monitoring"
    ONLY_IN = "only_in"
    NOT_IN = "not_in"
    ONLY_AFTER_PARLIAMENT = "only_after_parliament"


class Source(Record, frozen=True, kw_only=True):
    """Who says so, where it can be read, and when it was said.

    Attributes:
        title: the page or paper.
        published: when it was said, or None: the source gives no date.
        url: where it can be read; "" where no address is at hand.
        certainty: how well the statement is established.
        note: what a reader should know of it, such as who could not confirm it.
    """

    title: Name
    published: date | None = None
    url: str = ""
    certainty: Certainty = Certainty.STATED
    note: str = ""


class Caveat(Record, frozen=True, kw_only=True):
    """One reservation of a state.

    Attributes:
        areas: the regions that ``only_in`` and ``not_in`` name.
        body: the parliament of ``only_after_parliament``.
        source: None: the source of the contribution's steps says it.
    """

    kind: CaveatKind
    areas: tuple[Name, ...] = ()
    body: str = ""
    source: Source | None = None


class Step(Record, frozen=True, kw_only=True):
    """A contribution enters a stage.

    Attributes:
        on: the day, or None: the source gives none.
        quantity: how much of it, in units; None: all that was offered, or not said.
        area: the region to which this part was allocated or delivered; "": to none in
            particular. Steps of one stage in several regions add up.
    """

    stage: Stage
    on: date | None = None
    quantity: Count | None = None
    area: str = ""
    source: Source


class Contribution(Record, frozen=True, kw_only=True):
    """One promise of one state.

    Attributes:
        contribution_id: chosen by the file, stable over its versions.
        capability: what it is, e.g. ``patrol team``; a need names the same word.
        quantity: units that were offered, or None: no number was stated.
        unit: what is counted, e.g. ``team``.
        areas: regions in which it would serve; ``*`` alone: every region. A caveat
            may take some away.
        functions: the tasks for which it is meant.
        conditions: clauses that must be open, e.g. ``Article 6(2)``.
        steps: in the order of the file; the last dated one not after the day counts.
        ready_after_days: days from the opening of its last gate until it can serve.
        valid_from, valid_until: the offer stands between these days; None: open.
        months_on, months_off: rotation: in any so many months together a unit serves
            at most ``months_on``; ``months_off = 0``: no rest is needed.
        version: 1, 2, ...; the highest of an id counts. ``supersedes`` names the one
            before.
    """

    contribution_id: Name
    origin: Origin
    state: Name
    capability: Name
    quantity: Count | None = None
    unit: Name = "unit"
    areas: tuple[Name, ...] = (EVERYWHERE,)
    functions: tuple[Name, ...]
    role: Role = Role.SUPPORT
    presence: Presence = Presence.INSIDE
    caveats: tuple[Caveat, ...] = ()
    conditions: tuple[Name, ...] = ()
    steps: tuple[Step, ...]
    ready_after_days: Count = 0
    valid_from: date | None = None
    valid_until: date | None = None
    months_on: Positive = 6
    months_off: Count = 0
    marking: Marking = Marking.AMBER
    version: Positive = 1
    supersedes: Positive | None = None


class Need(Record, frozen=True, kw_only=True):
    """What a function needs in a region.

    Attributes:
        quantity: units that are needed at a time, or None: nobody has stated a number.
        from_month, to_month: months after the ceasefire began, both inclusive, from 1.
        weight: what a missing unit-month counts against others; 1 is ordinary.
        must: True where a plan without it is no plan.
        presences: from where it can be met.
        after: ids of needs that must be met first; they may not wait for each other.
        protected: True where what serves it must be kept in protected storage.
    """

    need_id: Name
    area: Name
    function: Name
    capability: Name
    quantity: Count | None = None
    unit: Name = "unit"
    from_month: Positive = 1
    to_month: Positive = 12
    weight: Positive = 1
    must: bool = False
    presences: tuple[Presence, ...] = (Presence.INSIDE,)
    after: tuple[Name, ...] = ()
    protected: bool = False
    source: Source | None = None


class Hub(Record, frozen=True, kw_only=True):
    """A place of support for a region: depots, workshops, protected storage.

    Attributes:
        region: the region in which it lies; no finer place is kept.
        serves: regions that it can sustain.
        capacity: units that it can sustain at a time, or None: not stated.
        storage: True where protected storage is planned there.
    """

    hub_id: Name
    region: Name
    serves: tuple[Name, ...]
    capacity: Count | None = None
    storage: bool = False
    source: Source | None = None


class Lead(Record, frozen=True, kw_only=True):
    """Who leads a function in a region, from when until when.

    Attributes:
        since, until: the days; None: not stated, and then open.
        follows: who takes over afterwards, or "": nobody is named.
        claimed: True where the lead is a claim that others contest.
    """

    area: Name
    function: Name
    state: Name
    since: date | None = None
    until: date | None = None
    follows: str = ""
    claimed: bool = False
    source: Source


class Money(Record, frozen=True, kw_only=True):
    """An amount as written; ``currency`` is a code of ISO 4217."""

    amount: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class FundStage(StrEnum):
    """How far money has come; none of them is ever added to another."""

    PLEDGED = "pledged"
    COMMITTED = "committed"
    ALLOCATED = "allocated"
    PAID = "paid"


class Fund(Record, frozen=True, kw_only=True):
    """A donor's money in one stage.

    Attributes:
        sector: what it is for; "" where the source does not say.
        conditions: clauses that must be open, such as security conditions.
        of: id of the earlier stage from which it comes, or "".
    """

    fund_id: Name
    origin: Origin
    donor: Name
    stage: FundStage
    money: Money
    sector: str = ""
    on: date | None = None
    until: date | None = None
    conditions: tuple[Name, ...] = ()
    of: str = ""
    source: Source


class MoneyNeed(Record, frozen=True, kw_only=True):
    """What reconstruction needs in a sector over a period, as an assessment says."""

    need_id: Name
    origin: Origin
    sector: Name
    money: Money
    period: str = ""
    on: date | None = None
    source: Source


class Rate(Record, frozen=True, kw_only=True):
    """One unit of ``currency`` in ``into``, on one day, as somebody publishes it."""

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    into: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    rate: Decimal
    on: date
    source: str


class Complaint(Record, frozen=True, kw_only=True):
    """A complaint of the population or of the host, with its own clock.

    Attributes:
        by: ``population`` or ``host``, or another name.
        received: when it came in; the clock runs from here.
        answer_within_days: promised time for an answer, or None: none was promised.
        answered, closed: None: not yet.
        about: in words that name no person.
    """

    complaint_id: Name
    by: Name
    area: Name
    about: Name
    received: Instant
    answer_within_days: Count | None = None
    answered: Instant | None = None
    closed: Instant | None = None
    against: str = ""


class Mandate(Record, frozen=True, kw_only=True):
    """The permission of a parliament or body for a state's part, with its end.

    Attributes:
        granted, expires: None: not granted yet; no end is stated.
        renewal_takes_days: how long a renewal takes, or None: not known.
    """

    state: Name
    body: Name
    granted: date | None = None
    expires: date | None = None
    renewal_takes_days: Count | None = None
    source: Source


class Opening(Record, frozen=True, kw_only=True):
    """Promised hours of a crossing or route, as a clause promises them.

    Attributes:
        place: the crossing; roads carry the same name.
        party: who promised.
        opens, closes: ``HH:MM`` in ``zone``; a closing before the opening is on the
            next day.
        kinds: of traffic for which it is promised; empty: for all.
    """

    place: Name
    party: Name
    clause: Name
    opens: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    zone: str = "UTC"
    kinds: tuple[Name, ...] = ()


class Patrol(Record, frozen=True, kw_only=True):
    """Units of a contribution that patrol a region every day, between two times.

    Attributes:
        contribution: its id.
        opens, closes: ``HH:MM`` in UTC; a closing before the opening is on the next
            day; the same twice is the whole day.
        since, until: the first day, and the day after the last; None: open.
    """

    contribution: Name
    area: Name
    units: Positive
    opens: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    since: date | None = None
    until: date | None = None
    source: Source | None = None


class Assumption(Record, frozen=True, kw_only=True):
    """A number that nobody stated, supposed only to show what a caveat costs.

    Attributes:
        contribution: the id of an offer without a number.
        quantity: units that are supposed.
        why: in words that stand beside the price.
    """

    contribution: Name
    quantity: Positive
    why: Name


class Board(Record, frozen=True, kw_only=True):
    """Everything that a coordination cell keeps, of one origin.

    Attributes:
        regions: every region that counts, in their order; what is planned or promised
            elsewhere is an error.
        neighbouring: regions outside, from which a neighbouring presence acts.
        functions: every task, in their order.
        monitoring: the functions that ``only_monitoring`` allows.
        host: the state whose consent the presence needs, or "".
        ceasefire: the clause that is the ceasefire, e.g. ``Article 1(1)``.
        hubs_open: how many hubs may be opened; None: all.
    """

    title: Name
    origin: Origin
    regions: tuple[Name, ...]
    neighbouring: tuple[Name, ...] = ()
    functions: tuple[Name, ...]
    monitoring: tuple[Name, ...] = ()
    host: str = ""
    ceasefire: str = ""
    hubs_open: Count | None = None
    note: str = ""
    contributions: tuple[Contribution, ...] = ()
    needs: tuple[Need, ...] = ()
    hubs: tuple[Hub, ...] = ()
    leads: tuple[Lead, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    openings: tuple[Opening, ...] = ()
    patrols: tuple[Patrol, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    funds: tuple[Fund, ...] = ()
    money_needs: tuple[MoneyNeed, ...] = ()
