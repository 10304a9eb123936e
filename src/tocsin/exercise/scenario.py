"""What an exercise is made of: its length, its volume, its noise and its plan.

>>> Scenario().rows
14000
>>> Scenario(origin="imagined").names.parties
('Party A', 'Party B')
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from tocsin.errors import WrongUse
from tocsin.exercise.answers import Answer, Ballot
from tocsin.exercise.cast import LANTERN, Cast, aliased
from tocsin.exercise.parts import (
    Convoy,
    Denials,
    Escalation,
    Exchange,
    FalseReports,
    Inspection,
    Jamming,
    Part,
    ReturnFire,
    ShotCameras,
)
from tocsin.exercise.reports import Misspecified
from tocsin.exercise.truth import Terms
from tocsin.model import Instant, Record

__all__ = ["LANTERN_ANSWERS", "LANTERN_PLAN", "Scenario"]

Share = Annotated[float, Meta(ge=0, le=1)]
Rate = Annotated[float, Meta(ge=0, description="a day")]

LANTERN_PLAN: Final[tuple[Part, ...]] = (
    Escalation(party=0, sector=2, begin_h=50, hours=28, events=90),
    Escalation(party=1, sector=7, begin_h=130, hours=28, events=90),
    Escalation(party=0, sector=10, begin_h=248, hours=28, events=90),
    Jamming(by=1, sector=5, begin_h=96, hours=32),
    Escalation(party=1, sector=5, begin_h=98, hours=26, events=55),
    Exchange(sector=8, begin_h=180, each=8),
    ReturnFire(attacker=0, sector=4, begin_h=204),
    Denials(by=1, sector=9, begin_h=189, hours=44, times=6),
    ShotCameras(by=0, sector=6, begin_h=60, hours=70),
    FalseReports(by=1, sector=3, begin_h=150, hours=8, reports=40),
    Inspection(site=0, begin_h=34, granted_h=17),
    Inspection(site=4, begin_h=80, granted_h=40, reasons_h=30),
    Inspection(site=2, begin_h=242, granted_h=None),
    Convoy(site=3, begin_h=57),
    Convoy(site=1, begin_h=154, passed_h=1.5),
    Convoy(site=5, begin_h=200, passed_h=5),
)
"""Three open escalations, a hidden one, and what else the agreement provides for."""

_FOUND = (
    Ballot(member="lead", vote="yes", after_h=20),
    Ballot(member=0, vote="yes", after_h=25),
)

LANTERN_ANSWERS: Final[tuple[Answer, ...]] = (
    # Adopted, consented, mandated: the guarantee is activated.
    Answer(
        party=0,
        sector=2,
        attribution=(*_FOUND, Ballot(member=1, vote="abstain", after_h=27)),
        meet_h=9,
        reply_h=30,
        propose_h=12,
        ballots=(
            Ballot(member=0, vote="yes", after_h=6),
            Ballot(member=1, vote="yes", after_h=14),
            Ballot(member=2, vote="yes", after_h=20),
        ),
        consent_h=24,
        mandates_h=30,
    ),
    # They meet in time and propose nothing: the decision lapses.
    Answer(
        party=1,
        sector=7,
        attribution=(*_FOUND, Ballot(member=1, vote="yes", after_h=28)),
        meet_h=15,
        reply_h=40,
    ),
    # Not called within a day: the consultation itself is late.
    Answer(
        party=0,
        sector=10,
        attribution=(*_FOUND, Ballot(member=1, vote="no", after_h=27)),
        meet_h=41,
        propose_h=50,
        ballots=(Ballot(member=0, vote="yes", after_h=8),),
    ),
)
"""One guarantee is activated, one lapses, one consultation is not called in time."""


class Scenario(Record, frozen=True, kw_only=True):
    """All that an exercise depends on besides chance.

    Attributes:
        days: length; planned parts beyond it do not happen.
        per_day: observations a day, over the whole line. Planned parts come first; if
            they alone give more, there are more.
        start: first instant.
        origin: ``exercise`` or ``imagined``; an imagined history names nobody.
        cast: the names; replaced by aliases where the origin is ``imagined``.
        fire_per_day: stray hostile acts a day over the whole line, planned ones apart.
        fire_share: if given, stray fire is this share of all unplanned events instead,
            and is not held below the threshold of a serious violation.
        false_share: share of observations of what never happened.
        late_share: share of observations that arrive 6 to 48 hours late.
        reposts: copies that follow a press report, on average.
        wrong_settlement: share of press reports that name a wrong settlement.
        restrictions_per_day: patrols turned back, aircraft jammed, cameras shot.
        misspecified: how stated standard errors differ from the true ones.
        terms: figures of the agreement that the truth depends on.
        plan: planned parts.
        answers: what the guarantors do about the findings.
    """

    days: Annotated[int, Meta(ge=1, le=3_660)] = 14
    per_day: Annotated[int, Meta(ge=1)] = 1_000
    start: Instant = datetime(2025, 3, 3, tzinfo=UTC)
    origin: Literal["exercise", "imagined"] = "exercise"
    cast: Cast = LANTERN
    fire_per_day: Rate = 24.0
    fire_share: Share | None = None
    false_share: Annotated[float, Meta(ge=0, le=0.9)] = 0.15
    late_share: Share = 0.10
    reposts: Annotated[float, Meta(ge=0, le=20)] = 0.8
    wrong_settlement: Share = 0.12
    restrictions_per_day: Rate = 2.5
    misspecified: Misspecified = Misspecified()
    terms: Terms = Terms()
    plan: tuple[Part, ...] = LANTERN_PLAN
    answers: tuple[Answer, ...] = LANTERN_ANSWERS

    def __post_init__(self) -> None:
        if self.origin not in ("exercise", "imagined"):
            raise WrongUse(
                f"origin `{self.origin}`: a generator makes `exercise` or `imagined`"
            )
        if self.start.tzinfo is None:
            raise WrongUse(f"start {self.start} has no time zone; give it tzinfo=UTC")

    @property
    def names(self) -> Cast:
        """The names that stand in what is written."""
        return aliased(self.cast) if self.origin == "imagined" else self.cast

    @property
    def rows(self) -> int:
        """Observations that are aimed at."""
        return self.days * self.per_day

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.days * 86_400.0
