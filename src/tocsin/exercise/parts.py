"""The planned parts of a scenario: what an adversary does, as values that compose.

A part says who does what, where (a sector by its number from the west, 0 to 11) and
when (hours since the exercise began). Parties are 0, north of the line, and 1. Parts do
not know each other: a hidden escalation is an :class:`Escalation` under a
:class:`Jamming`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from tocsin.exercise.acts import Act
from tocsin.exercise.cast import Cast
from tocsin.exercise.events import (
    Events,
    assessment,
    blank,
    kind,
    restriction,
    weapon,
)
from tocsin.exercise.fire import fire_at, place_fire, toward
from tocsin.exercise.reports import Desk, write_reports
from tocsin.exercise.rows import Rows, blank_rows
from tocsin.exercise.watching import (
    CAMERA,
    HOTLINE,
    MISSION,
    PARTY,
    PATROL,
    PRESS,
    SATELLITE,
    UAV,
    Outage,
)
from tocsin.exercise.world import Ground, Reals, line_y, sector_at
from tocsin.model import Record

__all__ = [
    "Convoy",
    "Denials",
    "Escalation",
    "Exchange",
    "FalseReports",
    "HeavyWeapons",
    "Hour",
    "Inspection",
    "Jamming",
    "Part",
    "PartyNumber",
    "Played",
    "Provocation",
    "ReturnFire",
    "SectorNumber",
    "ShotCameras",
    "Stage",
    "play",
]

PartyNumber = Annotated[int, Meta(ge=0, le=1)]
SectorNumber = Annotated[int, Meta(ge=0, le=11)]
Hour = Annotated[float, Meta(ge=0, description="hours since the exercise began")]
Hours = Annotated[float, Meta(gt=0, description="hours")]
Number = Annotated[int, Meta(ge=0)]

_NOTICED = 1.6  # planned acts are noticed more than average
_CLAIMS = 0.2  # of false reports, the share that are formal claims
_IN_TIME_H = 24.0


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where parts play: the ground, the names and the chance."""

    ground: Ground
    cast: Cast
    rng: np.random.Generator


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What a part adds: true events, what it blinds, false reports, acts on record."""

    events: Events = msgspec.field(default_factory=lambda: blank(0))
    outages: tuple[Outage, ...] = ()
    rows: Rows = msgspec.field(default_factory=lambda: blank_rows(0))
    acts: tuple[Act, ...] = ()


class Escalation(Record, frozen=True, kw_only=True, tag=True):
    """One party opens fire again and again in one sector.

    Few events a window make it a slice below every threshold, many an escalation.
    """

    party: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours
    events: Number
    loud: Annotated[float, Meta(ge=0)] = _NOTICED

    def play(self, stage: Stage) -> Played:
        """Fire at four places of the sector, at times drawn evenly."""
        rng = stage.rng
        t = np.sort(np.floor(rng.uniform(0, self.hours * 3600, self.events)))
        x = _about(stage, self.sector, self.events, places=4)
        party = np.full(self.events, self.party)
        events = fire_at(stage.ground, rng, t=t + self.begin_h * 3600, x=x, party=party)
        events["loud"] = self.loud
        return Played(events=events)


class Exchange(Record, frozen=True, kw_only=True, tag=True):
    """Both sides fire, too far apart for either to be answering the other."""

    sector: SectorNumber
    begin_h: Hour
    each: Number
    minutes: Hours = 60.0
    apart_km: Annotated[float, Meta(gt=4)] = 12.0

    def play(self, stage: Stage) -> Played:
        """The north fires in the west of the sector, the south in the east of it."""
        many = 2 * self.each
        t = (
            np.floor(stage.rng.uniform(0, self.minutes * 60, many))
            + self.begin_h * 3600
        )
        party = np.repeat([0, 1], self.each)
        middle = _middle(stage.ground, self.sector)
        x = middle + np.where(party == 0, -0.5, 0.5) * self.apart_km
        events = fire_at(stage.ground, stage.rng, t=t, x=x, party=party)
        place_fire(
            stage.ground,
            events,
            own_side=events["assessment"] == assessment("outgoing"),
            away_km=stage.rng.uniform(0.2, 2.0, many),
        )
        events["loud"] = _NOTICED
        return Played(events=events)


class ReturnFire(Record, frozen=True, kw_only=True, tag=True):
    """One party opens fire; the other returns it at once, and once more far too late.

    What is returned within ten minutes and two kilometres is self-defence; what comes
    an hour after the last hostile round is a breach of its own.
    """

    attacker: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hostile: Annotated[int, Meta(ge=1)] = 4
    late: Number = 1

    def play(self, stage: Stage) -> Played:
        """Hostile impacts, and answers that leave from beside them."""
        first = self.begin_h * 3600 + 240.0 * np.arange(self.hostile, dtype=np.float64)
        x = np.full(self.hostile, _middle(stage.ground, self.sector))
        party = np.full(self.hostile, self.attacker)
        hostile = fire_at(stage.ground, stage.rng, t=first, x=x, party=party)
        hostile["assessment"] = assessment("impact")
        near = np.full(self.hostile, 0.8)
        place_fire(stage.ground, hostile, own_side=near < 0, away_km=near)
        answers = _answers(
            stage, hostile, at=first + stage.rng.integers(60, 180, len(first))
        )
        late = _answers(stage, hostile[-1:].repeat(self.late), at=first[-1] + 3_600.0)
        events = np.concatenate([hostile, answers, late])
        events["loud"] = 2 * _NOTICED
        return Played(events=events)


class Provocation(Record, frozen=True, kw_only=True, tag=True):
    """A party fires on its own ground and has the other blamed for it."""

    party: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    events: Number
    reports: Number = 20

    def play(self, stage: Stage) -> Played:
        """Impacts on the own side, and posts and claims that name the other party."""
        t = self.begin_h * 3600 + 420.0 * np.arange(self.events, dtype=np.float64)
        x = _about(stage, self.sector, self.events, places=1)
        party = np.full(self.events, self.party)
        events = fire_at(stage.ground, stage.rng, t=t, x=x, party=party)
        events["assessment"] = assessment("impact")
        mine = np.ones(self.events, dtype=bool)
        place_fire(
            stage.ground, events, own_side=mine, away_km=np.full(self.events, 2.5)
        )
        events["loud"] = _NOTICED
        lies = FalseReports(
            by=self.party,
            sector=self.sector,
            begin_h=self.begin_h,
            hours=max(0.1, self.events * 420 / 3600),
            reports=self.reports,
        )
        return Played(events=events, rows=lies.play(stage).rows)


class FalseReports(Record, frozen=True, kw_only=True, tag=True):
    """A flood of posts and claims, by one side, about fire that never was."""

    by: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours
    reports: Number
    stories: Annotated[int, Meta(ge=1)] = 4

    def play(self, stage: Stage) -> Played:
        """Few stories told often: posts share the root of their story."""
        rng = stage.rng
        story = np.sort(rng.integers(0, self.stories, self.reports))
        t = self.begin_h * 3600 + np.floor(
            rng.uniform(0, self.hours * 3600, self.stories)
        )
        x = _about(stage, self.sector, self.stories, places=self.stories)
        liar = np.full(self.stories, 1 - self.by)
        told = fire_at(stage.ground, rng, t=t, x=x, party=liar)[story]
        desk = Desk(ground=stage.ground, rng=rng, wrong_settlement=0.0)
        claims = rng.random(self.reports) < _CLAIMS
        nobody = np.full(self.reports, -1, dtype=np.int64)
        posts = write_reports(desk, PRESS, told[~claims], nobody[~claims])
        posts["claimed_party"] = 1 - self.by
        posts["source"] = 6 + self.by
        posts["root"] = story[~claims]
        notes = write_reports(desk, PARTY, told[claims], nobody[claims])
        return Played(rows=np.concatenate([posts, notes]))


class Jamming(Record, frozen=True, kw_only=True, tag=True):
    """A party blinds the whole mission in one sector; calls and posts stop, too."""

    by: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours

    def play(self, stage: Stage) -> Played:
        """The jamming as an event, known from the aircraft that lost their links."""
        events = _incident(stage, self.by, self.sector, self.begin_h, self.hours)
        events["kind"], events["restriction"] = kind("jamming"), restriction("jamming")
        events["sure"] = UAV
        outage = Outage(
            networks=(*MISSION, SATELLITE, PRESS, HOTLINE),
            sector=self.sector,
            begin_h=int(self.begin_h),
            end_h=int(np.ceil(self.begin_h + self.hours)),
            why="jamming",
        )
        return Played(events=events, outages=(outage,))


class ShotCameras(Record, frozen=True, kw_only=True, tag=True):
    """Cameras of one sector are shot out and stay dark until they are replaced."""

    by: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours
    left: Annotated[float, Meta(ge=0, le=1)] = 0.15

    def play(self, stage: Stage) -> Played:
        """A restriction without a culprit, and a sector with little sight left."""
        events = _incident(stage, self.by, self.sector, self.begin_h, 0.01)
        events["kind"] = kind("restriction")
        events["restriction"] = restriction("camera_damage")
        events["sure"] = CAMERA
        outage = Outage(
            networks=(CAMERA,),
            sector=self.sector,
            begin_h=int(self.begin_h) + 1,
            end_h=int(np.ceil(self.begin_h + self.hours)),
            left=self.left,
            why="cameras shot out",
        )
        return Played(events=events, outages=(outage,))


class Denials(Record, frozen=True, kw_only=True, tag=True):
    """A party turns patrols back in one sector, again and again."""

    by: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours
    times: Annotated[int, Meta(ge=1)]

    def play(self, stage: Stage) -> Played:
        """Evenly spaced denials, each reported, and no patrol in between."""
        step = self.hours / self.times
        events = np.concatenate(
            [
                _incident(stage, self.by, self.sector, self.begin_h + n * step, 1.0)
                for n in range(self.times)
            ]
        )
        events["kind"], events["restriction"] = (
            kind("restriction"),
            restriction("denial"),
        )
        events["sure"] = PATROL
        outage = Outage(
            networks=(PATROL,),
            sector=self.sector,
            begin_h=int(self.begin_h) + 1,
            end_h=int(np.ceil(self.begin_h + self.hours)),
            why="access denied",
        )
        return Played(events=events, outages=(outage,))


class HeavyWeapons(Record, frozen=True, kw_only=True, tag=True):
    """Heavy weapons of a party stand in a sector near the line, seen now and then."""

    party: PartyNumber
    sector: SectorNumber
    begin_h: Hour
    hours: Hours
    sightings: Number = 6
    away_km: Annotated[float, Meta(gt=0, le=40)] = 15.0

    def play(self, stage: Stage) -> Played:
        """Sightings of one battery at one place."""
        events = blank(self.sightings)
        at = np.linspace(0, self.hours, self.sightings, endpoint=False) + self.begin_h
        events["t"] = np.floor(at * 3600)
        events["until"] = events["t"] + 1_800
        _put(stage, events, self.party, self.sector, self.away_km)
        events["kind"], events["party"] = kind("weapon_presence"), self.party
        events["weapon"], events["count"] = weapon("artillery_ge_100"), 4
        events["loud"], events["sure"] = _NOTICED, UAV
        return Played(events=events)


class Inspection(Record, frozen=True, kw_only=True, tag=True):
    """An inspection of a site: asked for, accepted, and granted in time, late or never.

    Attributes:
        site: number of the site, 0 to 5; the first three are of the northern party.
        accepted_h: hours from the request to the acceptance.
        granted_h: hours from the acceptance to access; None is never.
        reasons_h: hours from the acceptance to written reasons; None is never.
    """

    site: Annotated[int, Meta(ge=0, le=5)]
    begin_h: Hour
    accepted_h: Annotated[float, Meta(ge=0)] = 5.0
    granted_h: Annotated[float, Meta(ge=0)] | None = 17.0
    reasons_h: Annotated[float, Meta(ge=0)] | None = None

    def play(self, stage: Stage) -> Played:
        """Acts on record, and a patrol turned back where access is refused."""
        party = stage.cast.parties[self.site // 3]
        where = stage.cast.sites[self.site]
        accepted = self.begin_h + self.accepted_h
        steps: list[tuple[str, float | None]] = [
            ("inspection_accepted", 0.0),
            ("grant_access", self.granted_h),
            ("give_reasons", self.reasons_h),
        ]
        acts = [
            Act(act=act, at_h=accepted + after, party=party, subject=where)
            for act, after in steps
            if after is not None
        ]
        asked = Act(
            act="inspection_requested",
            at_h=self.begin_h,
            party="Mechanism",
            target_party=party,
            subject=where,
        )
        return Played(acts=(asked, *acts), events=self._refused(stage, accepted))

    def _refused(self, stage: Stage, accepted: float) -> Events:
        if self.granted_h is not None and self.granted_h <= _IN_TIME_H:
            return blank(0)
        events = blank(1)
        events["t"] = np.floor((accepted + 6.0) * 3600)
        events["until"] = events["t"] + 3_600
        events["x"], events["y"] = stage.ground.sites[self.site]
        events["sector"] = sector_at(stage.ground, events["x"], events["y"])
        events["party"], events["sure"] = self.site // 3, PATROL
        events["kind"], events["restriction"] = (
            kind("restriction"),
            restriction("denial"),
        )
        return events


class Convoy(Record, frozen=True, kw_only=True, tag=True):
    """A medical convoy at a checkpoint: let through in time, late or never."""

    site: Annotated[int, Meta(ge=0, le=5)]
    begin_h: Hour
    passed_h: Annotated[float, Meta(ge=0)] | None = 1.0

    def play(self, stage: Stage) -> Played:
        """Acts on record alone."""
        party = stage.cast.parties[self.site // 3]
        where = stage.cast.sites[self.site]
        arrived = Act(
            act="convoy_arrived",
            at_h=self.begin_h,
            party=stage.cast.guarantors[-1],
            target_party=party,
            subject=where,
        )
        if self.passed_h is None:
            return Played(acts=(arrived,))
        at = self.begin_h + self.passed_h
        passed = Act(act="let_pass", at_h=at, party=party, subject=where)
        return Played(acts=(arrived, passed))


Part: TypeAlias = (
    Escalation
    | Exchange
    | ReturnFire
    | Provocation
    | FalseReports
    | Jamming
    | ShotCameras
    | Denials
    | HeavyWeapons
    | Inspection
    | Convoy
)
"""Any planned part."""


def play(part: Part, stage: Stage) -> Played:
    """What a part adds to the exercise."""
    return part.play(stage)


def _middle(ground: Ground, sector: int) -> float:
    return float(ground.cuts[sector] + ground.cuts[sector + 1]) / 2


def _about(stage: Stage, sector: int, how_many: int, *, places: int) -> Reals:
    """Places on the line of a sector, near a few drawn spots."""
    west, east = stage.ground.cuts[sector] + 4, stage.ground.cuts[sector + 1] - 4
    spots = stage.rng.uniform(west, east, places)
    drawn = spots[stage.rng.integers(0, places, how_many)]
    return np.asarray(np.clip(drawn + stage.rng.normal(0, 1.5, how_many), west, east))


def _put(stage: Stage, events: Events, party: int, sector: int, away_km: float) -> None:
    events["x"] = _middle(stage.ground, sector) + stage.rng.uniform(-20, 20)
    home = 1.0 if party == 0 else -1.0
    events["y"] = line_y(stage.ground, events["x"]) + home * away_km
    events["sector"] = sector_at(stage.ground, events["x"], events["y"])


def _incident(stage: Stage, by: int, sector: int, at_h: float, hours: float) -> Events:
    events = blank(1)
    events["t"] = np.floor(at_h * 3600)
    events["until"] = events["t"] + np.floor(hours * 3600)
    _put(stage, events, by, sector, stage.rng.uniform(3, 12))
    events["party"] = by
    return events


def _answers(stage: Stage, hostile: Events, *, at: Reals | float) -> Events:
    """Outgoing fire of the party that was hit, from within 400 m of the impacts."""
    answers = hostile.copy()
    answers["t"] = at
    answers["until"] = answers["t"] + 30
    answers["party"] = 1 - hostile["party"]
    answers["assessment"] = assessment("outgoing")
    answers["x"] = hostile["x"] + stage.rng.uniform(-0.2, 0.2, len(hostile))
    own = np.ones(len(hostile), dtype=bool)
    place_fire(stage.ground, answers, own_side=own, away_km=np.full(len(hostile), 0.9))
    answers["bearing"] = toward(stage.ground, answers, stage.rng)
    return answers
