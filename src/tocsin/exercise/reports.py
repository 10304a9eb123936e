"""What each network writes about an event: place, time, kind, and its errors.

One function per network takes the rows of its reports, already joined with the true
events, and fills them. Errors are drawn with the true standard errors; what the report
states as its standard error may be wrong by :class:`Misspecified`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta

from tocsin.exercise.events import (
    ASSESSMENTS,
    FIRE_KINDS,
    KINDS,
    Events,
    Flags,
    assessment,
    kind,
)
from tocsin.exercise.rows import Rows, blank_rows, word
from tocsin.exercise.sensors import next_overpass
from tocsin.exercise.watching import (
    ACOUSTIC,
    CAMERA,
    HOTLINE,
    PARTY,
    PATROL,
    PRESS,
    SATELLITE,
    UAV,
)
from tocsin.exercise.world import Ground, Reals, Wholes, line_y, sector_at
from tocsin.model import Record

__all__ = ["Desk", "Misspecified", "write_reports"]

_FIRE: Final = np.array(FIRE_KINDS)
_EXACT_UP_TO: Final = 2
_MOMENT_S: Final = 300.0  # what lasts longer has an end of its own in reports
_COURSE_TOLD: Final = 0.6  # who sees an aircraft mostly sees where it goes
_MINI_KM, _MID_KM = 5.0, 25.0  # reach of small and of mid-range aircraft
_NORTH, _SOUTH = 1, 2  # press channels of the sides; 0 is the digest


class Misspecified(Record, frozen=True, kw_only=True):
    """How the stated standard errors differ from the true ones.

    Attributes:
        factor: stated over true, the same for all; 1 is right.
        spread: sigma of a lognormal factor drawn for each report; 0 is none.
        tails: degrees of freedom of Student's t for the errors; None is Gaussian.
    """

    factor: Annotated[float, Meta(gt=0)] = 1.0
    spread: Annotated[float, Meta(ge=0)] = 0.0
    tails: Annotated[float, Meta(gt=2)] | None = None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What all reports need: the ground, the chance, how errors are stated.

    Attributes:
        wrong_settlement: share of press reports that name a wrong settlement.
    """

    ground: Ground
    rng: np.random.Generator
    misspecified: Misspecified = Misspecified()
    wrong_settlement: float = 0.12

    def error(self, sigma: Reals | float, how_many: int) -> Reals:
        """Errors with this standard error."""
        tails = self.misspecified.tails
        if tails is None:
            return np.asarray(self.rng.normal(0.0, 1.0, how_many) * sigma)
        unit = self.rng.standard_t(tails, how_many) * np.sqrt((tails - 2) / tails)
        return np.asarray(unit * sigma)

    def stated(self, sigma: Reals | float, how_many: int) -> Reals:
        """The standard error that a report gives where the true one is ``sigma``."""
        wrong = self.misspecified
        factor = np.full(how_many, wrong.factor)
        if wrong.spread:
            factor *= self.rng.lognormal(0.0, wrong.spread, how_many)
        return np.asarray(sigma * factor)

    def chance(self, share: float | Reals, how_many: int) -> Flags:
        """True with this chance."""
        return np.asarray(self.rng.random(how_many) < share)


def write_reports(desk: Desk, network: int, events: Events, index: Wholes) -> Rows:
    """One row for each event given; ``index`` says which true event each is."""
    rows = blank_rows(len(events))
    rows["event"], rows["network"] = index, network
    _say_what(desk, rows, events)
    _WRITERS[network](desk, rows, events)
    rows["received_at"] = np.maximum(rows["received_at"], rows["t_end"])
    return rows


# --- what: kind, weapon, count --------------------------------------------------------

_TAKEN_FOR: Final = {
    "explosion": "burst",
    "projectile_in_flight": "explosion",
    "burst": "shot",
    "shot": "burst",
    "muzzle_flash": "explosion",
    "salvo": "explosion",
    "airburst": "explosion",
    "trench_or_fortification": "position_new",
    "position_new": "trench_or_fortification",
    "weapon_presence": "military_presence",
    "convoy": "military_presence",
    "crater": "damage",
}
_MISTAKEN: Final = np.array([KINDS.index(_TAKEN_FOR.get(w, w)) for w in KINDS], np.int8)


def _say_what(desk: Desk, rows: Rows, events: Events) -> None:
    many = len(rows)
    mistaken = desk.chance(0.08, many)
    rows["kind"] = np.where(mistaken, _MISTAKEN[events["kind"]], events["kind"])
    rows["weapon"] = np.where(desk.chance(0.45, many), events["weapon"], -1)
    rows["restriction"] = events["restriction"]
    rows["marking"] = word("marking", "amber")
    _say_how_many(desk, rows, events)


def _say_how_many(desk: Desk, rows: Rows, events: Events) -> None:
    true = events["count"]
    about = np.maximum(1, np.round(true * desk.rng.lognormal(0, 0.25, len(rows))))
    exact = desk.chance(0.5, len(rows)) | (true <= _EXACT_UP_TO)
    rows["count"] = np.where(true > 0, np.where(exact, true, about), 0)
    vague = np.where(
        desk.chance(0.7, len(rows)),
        word("count_qualifier", "about"),
        word("count_qualifier", "at_least"),
    )
    said = np.where(exact, word("count_qualifier", "exact"), vague)
    rows["count_qualifier"] = np.where(true > 0, said, -1)


def _assess(desk: Desk, rows: Rows, events: Events, *, sure: float) -> None:
    """Outgoing or impact, where the report dares to say, and an exercise as such."""
    many = len(rows)
    shooting = np.isin(rows["kind"], _FIRE) & (events["assessment"] >= 0)
    out, into = assessment("outgoing"), assessment("impact")
    swapped = np.where(events["assessment"] == out, into, out)
    wrong = desk.chance(0.03, many) & np.isin(events["assessment"], (out, into))
    said = np.where(wrong, swapped, events["assessment"])
    said = np.where(desk.chance(sure, many), said, ASSESSMENTS.index("undetermined"))
    rows["assessment"] = np.where(shooting, said, -1)
    known = desk.chance(min(1.0, sure + 0.35), many)
    rows["setting"] = np.where(known, events["setting"], -1)


def _bearing_of_fire(
    desk: Desk, rows: Rows, events: Events, *, share: float, kappa: float
) -> None:
    flies = events["kind"] == kind("uav_overflight")
    told = np.where(flies, np.maximum(share, _COURSE_TOLD), share)
    given = desk.chance(told, len(rows)) & np.isfinite(events["bearing"])
    error = np.degrees(desk.rng.vonmises(0.0, kappa, len(rows)))
    bearing = (events["bearing"] + error) % 360.0
    rows["fire_bearing_deg"] = np.where(given, bearing, np.nan)
    rows["fire_kappa"] = np.where(given, kappa, np.nan)


# --- when and where -------------------------------------------------------------------


def _time(
    desk: Desk, rows: Rows, events: Events, *, sigma_s: float, step_s: float = 1.0
) -> None:
    """Begin and end as noted, with one error for both, on the network's clock."""
    many = len(rows)
    begin = events["t"] + desk.error(sigma_s, many)
    rows["t_start"] = np.maximum(np.round(begin / step_s) * step_s, 0.0)
    lasted = np.where(_long(events), events["until"] - events["t"], 0.0)
    rows["t_end"] = rows["t_start"] + np.round(lasted / step_s) * step_s
    rows["t_sigma_s"] = desk.stated(float(np.hypot(sigma_s, step_s / 3.5)), many)


def _long(events: Events) -> Flags:
    return np.asarray(events["until"] - events["t"] > _MOMENT_S)


def _point(desk: Desk, rows: Rows, events: Events, sigma_m: Reals | float) -> None:
    for axis in ("x", "y"):
        rows[axis] = events[axis] + desk.error(sigma_m, len(rows)) / 1_000
    rows["sigma_m"] = desk.stated(sigma_m, len(rows))


def _received(desk: Desk, rows: Rows, *, median_s: float, spread: float) -> None:
    delay = median_s * desk.rng.lognormal(0.0, spread, len(rows))
    rows["received_at"] = rows["t_end"] + delay


def _bearing_to(rows: Rows, x: Reals, y: Reals) -> tuple[Reals, Reals]:
    """Bearing in degrees and distance in metres from the observer to a place."""
    east, north = x - rows["observer_x"], y - rows["observer_y"]
    return np.degrees(np.arctan2(east, north)) % 360.0, np.hypot(east, north) * 1_000


def _stand(
    desk: Desk, rows: Rows, events: Events, *, every_km: float, off_km: float
) -> None:
    """The observer is the nearest, or the next, of the posts along the line."""
    post = (
        np.round(events["x"] / every_km + desk.rng.normal(0, 0.6, len(rows))) * every_km
    )
    side = np.where(np.round(post / every_km) % 2 == 0, 1.0, -1.0)
    rows["observer_x"] = post
    rows["observer_y"] = line_y(desk.ground, post) + side * off_km


# --- the networks ---------------------------------------------------------------------


def _acoustic(desk: Desk, rows: Rows, events: Events) -> None:
    """Sound ranging: a bearing, a range and the fix that follows from both."""
    many = len(rows)
    _stand(desk, rows, events, every_km=8.0, off_km=4.0)
    bearing, distance = _bearing_to(rows, events["x"], events["y"])
    sigma_range, sigma_deg = 0.05 * distance + 120.0, 1.2
    bearing = bearing + desk.error(sigma_deg, many)
    distance = np.maximum(distance + desk.error(sigma_range, many), 50.0)
    turn = np.radians(bearing)
    rows["x"] = rows["observer_x"] + distance / 1_000 * np.sin(turn)
    rows["y"] = rows["observer_y"] + distance / 1_000 * np.cos(turn)
    across = distance * np.radians(sigma_deg)
    rows["sigma_m"] = desk.stated(np.sqrt((sigma_range**2 + across**2) / 2), many)
    rows["bearing_deg"], rows["width_deg"] = bearing % 360.0, 4 * sigma_deg
    rows["range_min_m"] = np.maximum(distance - 2 * sigma_range, 0.0)
    rows["range_max_m"] = distance + 2 * sigma_range
    _time(desk, rows, events, sigma_s=3.0)
    _assess(desk, rows, events, sure=0.45)
    _bearing_of_fire(desk, rows, events, share=0.10, kappa=8.0)
    _received(desk, rows, median_s=45.0, spread=0.6)
    _grade(desk, rows, ("2", "3", "4"), (0.55, 0.35, 0.10))
    _sign(rows, source=0, platform="acoustic_sensor", means="recorded", grade="B")


def _cameras(desk: Desk, rows: Rows, events: Events) -> None:
    """A bearing sector from a mast, and a band of range as the operator guesses it."""
    many = len(rows)
    _stand(desk, rows, events, every_km=12.0, off_km=1.5)
    bearing, distance = _bearing_to(rows, events["x"], events["y"])
    guess = distance * desk.rng.lognormal(0.0, 0.15, many)
    rows["bearing_deg"] = (bearing + desk.error(1.5, many)) % 360.0
    rows["width_deg"] = 10.0
    rows["range_min_m"] = np.floor(guess * 0.65 / 100) * 100
    rows["range_max_m"] = np.ceil(guess * 1.45 / 100) * 100
    _time(desk, rows, events, sigma_s=2.0)
    _assess(desk, rows, events, sure=0.75)
    _bearing_of_fire(desk, rows, events, share=0.35, kappa=14.0)
    _received(desk, rows, median_s=1_200.0, spread=0.8)
    _grade(desk, rows, ("2", "3"), (0.7, 0.3))
    _sector(desk, rows, events)
    _sign(rows, source=1, platform="static_camera", means="recorded", grade="B")


def _uav(desk: Desk, rows: Rows, events: Events) -> None:
    """A place in an image."""
    _point(desk, rows, events, 80.0)
    _time(desk, rows, events, sigma_s=30.0)
    _assess(desk, rows, events, sure=0.85)
    _bearing_of_fire(desk, rows, events, share=0.30, kappa=10.0)
    _received(desk, rows, median_s=3_600.0, spread=0.6)
    _sector(desk, rows, events)
    _sign(rows, source=2, platform="mid_range_uav", means="observed_imagery", grade="B")
    reach = np.abs(events["y"] - line_y(desk.ground, events["x"]))
    rows["platform"] = np.where(
        reach < _MINI_KM, word("platform", "mini_uav"), rows["platform"]
    )
    far = word("platform", "long_range_uav")
    rows["platform"] = np.where(reach > _MID_KM, far, rows["platform"])
    _find_emitter(desk, rows, events)


def _find_emitter(desk: Desk, rows: Rows, events: Events) -> None:
    """An aircraft that is jammed gives a bearing sector to the emitter, no place."""
    many = len(rows)
    jammed = events["kind"] == kind("jamming")
    turn, far = desk.rng.uniform(0, 2 * np.pi, many), desk.rng.uniform(6.0, 18.0, many)
    rows["observer_x"] = np.where(jammed, events["x"] + far * np.sin(turn), np.nan)
    rows["observer_y"] = np.where(jammed, events["y"] + far * np.cos(turn), np.nan)
    bearing, _ = _bearing_to(rows, events["x"], events["y"])
    _keep(rows, jammed, "bearing_deg", (bearing + desk.error(4.0, many)) % 360.0)
    _keep(rows, jammed, "width_deg", np.full(many, 16.0))
    _keep(rows, jammed, "range_min_m", np.full(many, 3_000.0))
    _keep(rows, jammed, "range_max_m", np.full(many, 22_000.0))
    for name in ("x", "y", "sigma_m"):
        rows[name] = np.where(jammed, np.nan, rows[name])


def _patrols(desk: Desk, rows: Rows, events: Events) -> None:
    """Heard within one or two of the sixteen winds, or seen and paced out."""
    many = len(rows)
    heard = np.isin(events["kind"], _FIRE) & desk.chance(0.7, many)
    _point(desk, rows, events, 250.0)
    stood = np.radians(desk.rng.uniform(0, 360, many))
    far = desk.rng.uniform(2.0, 7.0, many)
    rows["observer_x"] = np.where(heard, events["x"] + far * np.sin(stood), np.nan)
    rows["observer_y"] = np.where(heard, events["y"] + far * np.cos(stood), np.nan)
    bearing, distance = _bearing_to(rows, events["x"], events["y"])
    wind = np.round((bearing + desk.error(6.0, many)) / 22.5) * 22.5 % 360.0
    guess = distance / 1_000 * desk.rng.lognormal(0.0, 0.2, many)
    _keep(rows, heard, "bearing_deg", wind)
    _keep(rows, heard, "width_deg", np.where(desk.chance(0.3, many), 45.0, 22.5))
    _keep(rows, heard, "range_min_m", np.maximum(np.floor(guess - 1.2), 0) * 1_000)
    _keep(rows, heard, "range_max_m", np.ceil(guess + 1.2) * 1_000)
    for name in ("x", "y", "sigma_m"):
        rows[name] = np.where(heard, np.nan, rows[name])
    _time(desk, rows, events, sigma_s=240.0, step_s=60.0)
    _assess(desk, rows, events, sure=0.55)
    _bearing_of_fire(desk, rows, events, share=0.12, kappa=4.0)
    _received(desk, rows, median_s=18_000.0, spread=0.5)
    _sector(desk, rows, events)
    _sign(rows, source=3, platform="patrol", means="saw", grade="A")
    rows["means"] = np.where(heard, word("means", "heard"), rows["means"])
    denied = rows["kind"] == kind("restriction")
    rows["claimed_party"] = np.where(denied, events["party"], rows["claimed_party"])


def _satellite(desk: Desk, rows: Rows, events: Events) -> None:
    """A hot pixel at the next overpass: a warning, and no word on what burns."""
    _point(desk, rows, events, 400.0)
    passed = next_overpass(events["t"])
    rows["t_end"] = np.round(passed)
    rows["t_start"] = np.maximum(np.round(passed - 3 * 3600.0), 0.0)
    rows["t_sigma_s"] = desk.stated(60.0, len(rows))
    _received(desk, rows, median_s=9_000.0, spread=0.2)
    rows["kind"], rows["weapon"], rows["count"] = -1, -1, 0
    rows["count_qualifier"] = -1
    _sign(rows, source=4, platform="satellite_imagery", means="observed_imagery")
    rows["nature"] = word("nature", "warning")


def _press(desk: Desk, rows: Rows, events: Events) -> None:
    """A post that names a settlement, sometimes the wrong one, and a culprit."""
    many = len(rows)
    _snap(desk, rows, events["x"], events["y"])
    rows["sigma_m"] = desk.stated(2_200.0, many)
    _time(desk, rows, events, sigma_s=900.0, step_s=60.0)
    _received(desk, rows, median_s=1_500.0, spread=1.0)
    channel = desk.rng.choice(3, many, p=[0.4, 0.3, 0.3])
    rows["claimed_party"] = _blamed(desk, events, channel)
    _sign(rows, source=5, platform="open_source", means="reported_to_mission")
    rows["source"] = 5 + channel
    rows["marking"] = word("marking", "clear")
    _grade(desk, rows, ("2", "3", "4", "5"), (0.1, 0.3, 0.2, 0.1))


def _hotline(desk: Desk, rows: Rows, events: Events) -> None:
    """A caller who names the own settlement and, at times, a culprit."""
    many = len(rows)
    wander = desk.rng.normal(0.0, 1.5, (2, many))
    _snap(desk, rows, events["x"] + wander[0], events["y"] + wander[1])
    rows["sigma_m"] = desk.stated(2_800.0, many)
    _time(desk, rows, events, sigma_s=600.0, step_s=300.0)
    _received(desk, rows, median_s=3_600.0, spread=0.9)
    holder = np.where(events["y"] > line_y(desk.ground, events["x"]), 0, 1)
    blames = desk.chance(0.4, many) & np.isin(events["kind"], _FIRE)
    rows["claimed_party"] = np.where(blames, 1 - holder, -1)
    _sector(desk, rows, events)
    _sign(rows, source=8, platform="hotline", means="reported_to_mission")


def _party(desk: Desk, rows: Rows, events: Events) -> None:
    """A party tells what the other did to it; never what it did itself."""
    many = len(rows)
    _point(desk, rows, events, 600.0)
    _time(desk, rows, events, sigma_s=180.0, step_s=60.0)
    _received(desk, rows, median_s=14_400.0, spread=0.7)
    told_by = np.where(
        events["party"] >= 0, 1 - events["party"], desk.rng.integers(0, 2, many)
    )
    rows["claimed_by"] = told_by
    rows["claimed_party"] = 1 - told_by
    rows["count"] = np.where(rows["count"] > 0, np.ceil(rows["count"] * 1.4), 0)
    _sector(desk, rows, events)
    _sign(rows, source=9, platform="party_notification", means="reported_to_mission")
    rows["source"] = 9 + told_by
    rows["nature"] = word("nature", "claim")


_WRITERS: Final[dict[int, Callable[[Desk, Rows, Events], None]]] = {
    ACOUSTIC: _acoustic,
    CAMERA: _cameras,
    UAV: _uav,
    PATROL: _patrols,
    SATELLITE: _satellite,
    PRESS: _press,
    HOTLINE: _hotline,
    PARTY: _party,
}


# --- shared by several networks -------------------------------------------------------


def _sign(
    rows: Rows, *, source: int, platform: str, means: str, grade: str | None = None
) -> None:
    rows["source"] = source
    rows["nature"] = word("nature", "event")
    rows["platform"] = word("platform", platform)
    rows["means"] = word("means", means)
    if grade is not None:
        rows["reliability"] = word("reliability", grade)


def _grade(
    desk: Desk, rows: Rows, grades: tuple[str, ...], shares: tuple[float, ...]
) -> None:
    """Credibility as given; what is left of the shares is not graded."""
    drawn = np.searchsorted(np.cumsum(shares), desk.rng.random(len(rows)), side="right")
    codes = np.array([*(word("credibility", grade) for grade in grades), -1])
    rows["credibility"] = codes[np.minimum(drawn, len(grades))]


def _keep(rows: Rows, where: Flags, name: str, values: Reals) -> None:
    rows[name] = np.where(where, values, np.nan)


def _sector(desk: Desk, rows: Rows, events: Events) -> None:
    rows["sector"] = sector_at(desk.ground, events["x"], events["y"])


def _snap(desk: Desk, rows: Rows, x: Reals, y: Reals) -> None:
    """The place of the nearest settlement, or of another one in the neighbourhood."""
    _, near = desk.ground.tree.query(np.column_stack([x, y]), k=8)
    wrong = desk.chance(desk.wrong_settlement, len(rows))
    pick = np.where(wrong, desk.rng.integers(1, 8, len(rows)), 0)
    rows["place"] = near[np.arange(len(rows)), pick]
    rows["x"], rows["y"] = desk.ground.settlements[rows["place"]].T


def _blamed(desk: Desk, events: Events, channel: Wholes) -> Wholes:
    """Whom a post names: the digest mostly rightly, the sides' channels the other."""
    many = len(events)
    right = np.where(desk.chance(0.85, many), events["party"], 1 - events["party"])
    named = np.select([channel == _NORTH, channel == _SOUTH], [1, 0], right)
    says = (
        desk.chance(0.6, many) & np.isin(events["kind"], _FIRE) & (events["party"] >= 0)
    )
    return np.asarray(np.where(says, named, -1))
