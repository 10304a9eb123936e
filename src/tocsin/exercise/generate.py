"""Generate an exercise: events, what was seen of them, acts on record, and the truth.

>>> import numpy as np
>>> from tocsin.exercise.scenario import Scenario
>>> small = Scenario(days=2, per_day=150, plan=(), answers=())
>>> exercise = generate(small, rng=np.random.Generator(np.random.PCG64(7)))
>>> exercise.observations.num_rows, exercise.truth_members.num_rows
(300, 300)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tocsin.errors import WrongUse
from tocsin.exercise.acts import Act, register_table
from tocsin.exercise.answers import answer_acts
from tocsin.exercise.areas import control_geojson
from tocsin.exercise.background import (
    calm,
    cut,
    daily_life,
    quietened,
    restrictions,
    stray_fire,
)
from tocsin.exercise.events import Events, blank, is_fire, kind
from tocsin.exercise.mistakes import false_alarms
from tocsin.exercise.parts import Played, Stage, play
from tocsin.exercise.reports import Desk, write_reports
from tocsin.exercise.rows import Names, Rows, blank_rows, observations_table
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.sensors import draw_counts, expected_counts, rates
from tocsin.exercise.sources import descriptions, source_ids
from tocsin.exercise.truth import (
    Breach,
    breaches_of,
    breaches_table,
    events_table,
    excused_fire,
    overdue,
)
from tocsin.exercise.watching import (
    NETWORKS,
    PRESS,
    Outage,
    Watch,
    draw_watch,
    share_watched,
    watch_table,
)
from tocsin.exercise.world import Ground, Reals, lantern_ground
from tocsin.model import VOCABULARY, SourceDescription, seconds

__all__ = ["Exercise", "Progress", "generate"]

Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of the whole that is done."""

_FIRE_AT_MOST = 0.6  # share of the budget that stray fire may take on a thin day
_QUIET = 0.4  # stray fire stays below this share of a serious violation


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """What the mission gets, and what is true.

    Attributes:
        observations: columns of OBSERVATIONS that a source can give, in the order of
            arrival; row N is ``#N`` of the written file, counted from 1.
        watch: COVERAGE.
        register: REGISTER without the columns of raw rows.
        control: GeoJSON, one polygon per party.
        sources: a description of each source id in ``observations``.
        truth_events: every true event, noticed or not.
        truth_members: for each row of ``observations`` its ``event``, null where
            nothing happened, with its ``nature`` and ``network``.
        truth_breaches: true verdicts, see :class:`tocsin.exercise.truth.Breach`.
    """

    scenario: Scenario
    observations: pa.Table
    watch: pa.Table
    register: pa.Table
    control: dict[str, Any]
    sources: tuple[SourceDescription, ...]
    truth_events: pa.Table
    truth_members: pa.Table
    truth_breaches: pa.Table


def generate(
    scenario: Scenario, *, rng: np.random.Generator, progress: Progress | None = None
) -> Exercise:
    """The same scenario and the same generator state give the same bytes."""
    scenario = _checked(scenario)
    tell = progress or (lambda _step, _share: None)
    ground = lantern_ground()
    tell("planned events", 0.0)
    played = _play(scenario, ground, rng)
    tell("daily life", 0.1)
    watch, events, expected = _happen(scenario, ground, rng, played)
    tell("reports", 0.3)
    rows = _reported(scenario, ground, rng, watch, events, expected, played)
    tell("truth", 0.7)
    breaches = breaches_of(
        ground, watch, events, cast=scenario.names, terms=scenario.terms
    )
    acts = _acts(scenario, played, events, breaches)
    breaches += overdue(acts, horizon_h=scenario.days * 24.0, terms=scenario.terms)
    tell("tables", 0.8)
    exercise = _tables(scenario, watch, events, rows, acts, breaches)
    tell("done", 1.0)
    return exercise


def _checked(scenario: Scenario) -> Scenario:
    """The scenario with every value inside its bounds; the constructor checks none.

    Raises:
        WrongUse: a value is outside; the message names it.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(scenario), Scenario)
    except msgspec.ValidationError as error:
        raise WrongUse(f"scenario: {error}") from error


# --- what happens ---------------------------------------------------------------------


def _play(
    scenario: Scenario, ground: Ground, rng: np.random.Generator
) -> tuple[Played, ...]:
    """Every planned part, its events numbered after it and cut at the horizon."""
    stage = Stage(ground=ground, cast=scenario.names, rng=rng)
    played = []
    for number, part in enumerate(scenario.plan):
        made = play(part, stage)
        made.events["part"] = number
        inside = made.events[made.events["t"] < scenario.seconds]
        rows = made.rows[made.rows["t_start"] < scenario.seconds]
        played.append(msgspec.structs.replace(made, events=inside, rows=rows))
    return tuple(played)


def _happen(
    scenario: Scenario,
    ground: Ground,
    rng: np.random.Generator,
    played: Sequence[Played],
) -> tuple[Watch, Events, Reals]:
    """All true events, as many as give the wanted number of reports."""
    span = scenario.seconds
    planned = np.concatenate([blank(0), *(part.events for part in played)])
    hurdles = _hurdles(scenario, ground, rng, planned)
    outages: list[Outage] = [cut(event) for event in hurdles]
    outages += [outage for part in played for outage in part.outages]
    watch = draw_watch(rng, hours=24 * scenario.days, outages=outages)
    quiet = calm(ground, rng, how_many=_calm_watches(scenario), seconds=span)
    quiet = quiet[share_watched(watch, quiet["sector"], quiet["t"]) > 0]
    fixed = np.concatenate([planned, hurdles, quiet])
    given = rates(ground, watch, fixed)
    rest = scenario.rows * (1 - scenario.false_share) - _reports(given, scenario).sum()
    rest -= (fixed["sure"] >= 0).sum()
    more = _unplanned(scenario, ground, rng, watch, planned, rest)
    events = np.concatenate([fixed, more])
    events = events[np.argsort(events["t"], kind="stable")]
    return watch, events, rates(ground, watch, events)


def _hurdles(
    scenario: Scenario, ground: Ground, rng: np.random.Generator, planned: Events
) -> Events:
    """Unplanned restrictions, too few of one party for an obstruction."""
    wanted = int(rng.poisson(scenario.restrictions_per_day * scenario.days))
    return quietened(
        restrictions(ground, rng, how_many=wanted, seconds=scenario.seconds),
        planned[planned["kind"] == kind("restriction")],
        most=max(1, int(_QUIET * scenario.terms.obstruction_count)),
        window_s=scenario.terms.window_h * 3600,
    )


def _calm_watches(scenario: Scenario) -> int:
    return int(min(18.0, 0.03 * scenario.per_day) * scenario.days)


def _reports(expected: Reals, scenario: Scenario) -> Reals:
    """Rows expected of each event, reposts included."""
    counts = expected_counts(expected)
    return np.asarray(counts.sum(axis=1) + scenario.reposts * counts[:, PRESS])


def _unplanned(
    scenario: Scenario,
    ground: Ground,
    rng: np.random.Generator,
    watch: Watch,
    planned: Events,
    budget: float,
) -> Events:
    """Stray fire and daily life that together give ``budget`` rows."""
    if budget <= 0:
        return stray_fire(ground, rng, how_many=0, seconds=scenario.seconds)
    span = scenario.seconds
    guess = int(budget) + 200  # no event gives less than about one row on average
    share = scenario.fire_share
    if share is not None:
        shots = stray_fire(ground, rng, how_many=int(guess * share), seconds=span)
        life = daily_life(ground, rng, how_many=guess - len(shots), seconds=span)
        mixed = rng.permutation(np.concatenate([shots, life]))
        return _within(scenario, ground, watch, mixed, budget)
    wanted = int(rng.poisson(scenario.fire_per_day * scenario.days))
    shots = stray_fire(ground, rng, how_many=wanted, seconds=span)
    shots = _within(scenario, ground, watch, shots, _FIRE_AT_MOST * budget)
    shots = quietened(
        shots,
        planned[is_fire(planned)],
        most=max(1, int(_QUIET * scenario.terms.serious_count)),
        window_s=scenario.terms.window_h * 3600,
    )
    used = _reports(rates(ground, watch, shots), scenario).sum()
    life = daily_life(ground, rng, how_many=guess, seconds=span)
    life = _within(scenario, ground, watch, life, budget - used)
    return np.concatenate([shots, life])


def _within(
    scenario: Scenario, ground: Ground, watch: Watch, events: Events, budget: float
) -> Events:
    """The first events whose expected rows fit the budget."""
    expected = _reports(rates(ground, watch, events), scenario)
    return events[: int(np.searchsorted(np.cumsum(expected), budget, side="right"))]


# --- what is reported -----------------------------------------------------------------


def _reported(
    scenario: Scenario,
    ground: Ground,
    rng: np.random.Generator,
    watch: Watch,
    events: Events,
    expected: Reals,
    played: Sequence[Played],
) -> Rows:
    """True reports, reposts, lies and false alarms, in the order of arrival."""
    desk = Desk(
        ground=ground,
        rng=rng,
        misspecified=scenario.misspecified,
        wrong_settlement=scenario.wrong_settlement,
    )
    counts = draw_counts(rng, events, expected)
    made = [blank_rows(0)]
    for network in range(len(NETWORKS)):
        index = np.repeat(np.arange(len(events)), counts[:, network])
        made.append(write_reports(desk, network, events[index], index))
    true = np.concatenate(made)
    true = np.concatenate([true, _reposts(rng, true, scenario.reposts)])
    lies = np.concatenate([blank_rows(0), *(part.rows for part in played)])
    lies["root"] += np.where(lies["root"] >= 0, len(true), 0)
    missing = max(0, scenario.rows - len(true) - len(lies))
    false = false_alarms(desk, watch, how_many=missing, seconds=scenario.seconds)
    rows = np.concatenate([true, lies, false])
    for name in ("t_start", "t_end"):
        rows[name] = np.minimum(rows[name], scenario.seconds - 1)
    _delay(rng, rows, scenario.late_share)
    return rows[np.argsort(rows["received_at"], kind="stable")]


def _reposts(rng: np.random.Generator, rows: Rows, mean: float) -> Rows:
    """Copies of press reports on other channels; report and copies share a root."""
    posts = np.flatnonzero(rows["network"] == PRESS)
    copies = np.minimum(rng.geometric(1 / (1 + mean), len(posts)) - 1, 12)
    told = posts[copies > 0]
    rows["root"][told] = np.arange(len(told))
    again = rows[np.repeat(posts, copies)]
    again["source"] = 5 + rng.choice(3, len(again), p=[0.4, 0.3, 0.3])
    again["received_at"] += 1_800.0 * rng.lognormal(0.0, 1.0, len(again))
    again["credibility"] = -1
    return again


def _delay(rng: np.random.Generator, rows: Rows, share: float) -> None:
    late = rng.random(len(rows)) < share
    rows["received_at"] += np.where(late, rng.uniform(6, 48, len(rows)) * 3600, 0.0)


# --- what is on record ----------------------------------------------------------------


def _acts(
    scenario: Scenario,
    played: Sequence[Played],
    events: Events,
    breaches: Sequence[Breach],
) -> list[Act]:
    acts = [act for part in played for act in part.acts]
    acts += _notices(scenario, events)
    for answer in scenario.answers:
        acts += answer_acts(answer, breaches, scenario.names)
    return [act for act in acts if act.at_h < scenario.days * 24]


def _notices(scenario: Scenario, events: Events) -> list[Act]:
    """Each evening each party notifies the exercises that it held in a sector."""
    drill = events[(events["setting"] == 0) & (events["sector"] >= 0)]
    day = (drill["t"] // 86_400).astype(int)
    held = np.unique(np.stack([day, drill["party"], drill["sector"]]), axis=1)
    cast = scenario.names
    return [
        Act(
            act="notify",
            at_h=24.0 * when + 20.0,
            party=cast.parties[party],
            sector=cast.sectors[sector],
            subject="live-fire exercise",
        )
        for when, party, sector in held.T.tolist()
    ]


# --- tables ---------------------------------------------------------------------------


def _tables(
    scenario: Scenario,
    watch: Watch,
    events: Events,
    rows: Rows,
    acts: Sequence[Act],
    breaches: Sequence[Breach],
) -> Exercise:
    cast, origin = scenario.names, scenario.origin
    start_us = seconds(scenario.start) * 1_000_000
    ids = source_ids(origin)
    names = Names(
        sources=ids,
        parties=cast.parties,
        sectors=cast.sectors,
        settlements=cast.settlements,
    )
    return Exercise(
        scenario=scenario,
        observations=observations_table(rows, names, start_us=start_us, origin=origin),
        watch=watch_table(
            watch,
            sectors=cast.sectors,
            source_ids=ids,
            start_us=start_us,
            origin=origin,
        ),
        register=register_table(acts, start_us=start_us, origin=origin),
        control=control_geojson(cast),
        sources=descriptions(cast, origin=origin),
        truth_events=events_table(
            events, cast=cast, start_us=start_us, excused=excused_fire(events)
        ),
        truth_members=_members(rows),
        truth_breaches=breaches_table(breaches, start_us=start_us),
    )


def _members(rows: Rows) -> pa.Table:
    nature = np.array(VOCABULARY["nature"], dtype=object)[rows["nature"]]
    return pa.table(
        {
            "row": pa.array(np.arange(1, len(rows) + 1)),
            "event": pa.array(rows["event"], mask=rows["event"] < 0),
            "nature": pa.array(nature, pa.string()),
            "network": pa.array(
                np.array(NETWORKS, object)[rows["network"]], pa.string()
            ),
        }
    )
