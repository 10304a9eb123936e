"""Score what the pipeline made of an exercise against the truth.

Three questions: did it put together what belongs together, did it name the right party
and how surely, did it find the breaches and only those. What nobody could have seen is
counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.errors import WrongUse
from tocsin.exercise.calibration import Calibration, calibrate
from tocsin.exercise.clusters import Agreement, compare
from tocsin.exercise.events import FIRE_KINDS, KINDS
from tocsin.exercise.generate import Exercise
from tocsin.exercise.matching import TOLERANCE_S, Matched, match_verdicts
from tocsin.exercise.truth import CEASEFIRE, OBSTRUCTION, SERIOUS
from tocsin.model import Record, parties_of

__all__ = ["CLAUSES", "Score", "score", "score_attribution", "score_incidents"]

CLAUSES: Final = (
    CEASEFIRE,
    "Article 1(2)",
    "Article 1(3)",
    "Article 3(1)",
    "Article 3(2)",
    "Article 3(4)",
    SERIOUS,
    OBSTRUCTION,
)


LEGEND: Final = (
    "found        a verdict names clause, party and sector within 15 minutes",
    "missed       no verdict does; undetermined: it was said to be open then, not kept",
    "false        a verdict of breach that fits no true breach",
    "unseen       in sectors watched by less than a fifth: undetermined is right",
)
"""What the words of the score mean, for a terminal."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made of the observations."""

    incidents: pa.Table
    members: pa.Table


class Score(Record, frozen=True, kw_only=True):
    """How well a run did.

    Attributes:
        incidents: grouping of observations that are events.
        with_warnings: the same, with warnings and claims as items.
        attribution: of incidents of hostile fire by their true party, and of those
            that rest on nothing, which nobody did.
        false_incidents: incidents that rest on nothing true.
        accused_falsely: of these, those that give a party more than one half.
        verdicts: by clause.
    """

    incidents: Agreement
    with_warnings: Agreement
    attribution: Calibration
    false_incidents: int
    accused_falsely: int
    verdicts: tuple[Matched, ...]

    def lines(self) -> list[str]:
        """The score in words, for a terminal."""
        given, known = self.incidents, self.attribution
        grouping = (
            f"incidents    pairwise F1 {given.pairwise_f1:.3f}"
            f" (precision {given.pairwise_precision:.3f},"
            f" recall {given.pairwise_recall:.3f}), B-cubed F1 {given.bcubed_f1:.3f}"
            f" over {given.items:,} observations"
        )
        named = (
            f"attribution  accuracy {_figure(known.accuracy)},"
            f" Brier {_figure(known.brier)}, ECE {_figure(known.ece)},"
            f" undetermined {known.undetermined:.0%}"
            f" of {known.incidents:,} incidents, hostile fire or false reports of fire"
        )
        sure = (
            f"             at .95 or more: {known.sure:.0%} of them,"
            f" accuracy {_figure(known.sure_accuracy)}"
        )
        nothing = (
            f"false alarms {self.false_incidents:,} incidents rest on nothing true,"
            f" {self.accused_falsely:,} of them name a party"
        )
        head = [grouping, named, sure, nothing]
        return head + [_line(row) for row in self.verdicts] + list(LEGEND)


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _line(row: Matched) -> str:
    text = f"{row.clause:<13}{row.found} found, {row.missed} missed"
    why = [
        f"{row.missed_unreported} that no observation tells of"
        if row.missed_unreported
        else "",
        f"{row.missed_undetermined} left undetermined"
        if row.missed_undetermined
        else "",
    ]
    if any(why):
        text += f" ({', '.join(filter(None, why))})"
    text += f", {row.false} false"
    if row.false_excused:
        text += f" ({row.false_excused} of them self-defence)"
    if row.unseen:
        text += (
            f"; {row.unseen} nobody could see: {row.unseen_undetermined} undetermined,"
            f" {row.unseen_met} wrongly met"
        )
    return text


def score(
    exercise: Exercise,
    *,
    observations: pa.Table,
    incidents: pa.Table,
    members: pa.Table,
    verdicts: pa.Table,
    clauses: Sequence[str] = CLAUSES,
    tolerance_s: Mapping[str, float] = TOLERANCE_S,
) -> Score:
    """Compare the tables of a run with the truth of the exercise it was fed.

    Args:
        exercise: as generated.
        observations: OBSERVATIONS as taken in; ``raw_ref`` ends with the number of the
            row in ``exercise.observations``, counted from 1.
        incidents: INCIDENTS, attributed.
        members: MEMBERS.
        verdicts: VERDICTS.

    Raises:
        WrongUse: an observation does not come from this exercise.
    """
    truth = _by_id(exercise, observations)
    events = truth["nature"] == "event"
    found = _incident_of(truth["observation_id"], members)
    run = Run(incidents=incidents, members=members)
    known, falsely, accused = _attributed(exercise, truth, run)
    return Score(
        incidents=compare(truth["event"][events], found[events]),
        with_warnings=compare(truth["event"], found),
        attribution=known,
        false_incidents=falsely,
        accused_falsely=accused,
        verdicts=match_verdicts(
            exercise.truth_breaches,
            verdicts,
            clauses=clauses,
            tolerance_s=tolerance_s,
            reported=frozenset(truth["event"][events].tolist()),
        ),
    )


def score_incidents(
    exercise: Exercise, *, observations: pa.Table, members: pa.Table
) -> Agreement:
    """Only the grouping, over observations that are events."""
    truth = _by_id(exercise, observations)
    events = truth["nature"] == "event"
    found = _incident_of(truth["observation_id"], members)
    return compare(truth["event"][events], found[events])


def score_attribution(
    exercise: Exercise,
    *,
    observations: pa.Table,
    incidents: pa.Table,
    members: pa.Table,
) -> Calibration:
    """Only the attribution, over hostile fire and over what never happened."""
    truth = _by_id(exercise, observations)
    run = Run(incidents=incidents, members=members)
    return _attributed(exercise, truth, run)[0]


def _by_id(exercise: Exercise, observations: pa.Table) -> dict[str, npt.NDArray[Any]]:
    """True event and nature of each observation that was taken in."""
    refs = observations["raw_ref"].to_pylist()
    rows = np.array([int(ref.rpartition("#")[2]) for ref in refs], dtype=np.int64)
    given = exercise.truth_members
    if len(rows) and (rows.min() < 1 or rows.max() > given.num_rows):
        raise WrongUse(
            f"observation {refs[int(rows.argmax())]} is no row of this exercise of"
            f" {given.num_rows} rows; score a run with the exercise it was fed"
        )
    event = given["event"].fill_null(-1).to_numpy()
    nature = np.array(given["nature"].to_pylist(), dtype=object)
    ids = np.array(observations["observation_id"].to_pylist(), dtype=object)
    at = rows - 1
    return {"observation_id": ids, "event": event[at], "nature": nature[at]}


def _incident_of(
    ids: npt.NDArray[Any], members: pa.Table, names: Sequence[str] | None = None
) -> npt.NDArray[np.int64]:
    """Number of the incident of each observation, -1 where it is in none."""
    incident = members["incident_id"].to_pylist()
    order = sorted(set(incident)) if names is None else names
    number = {name: n for n, name in enumerate(order)}
    of = dict(zip(members["observation_id"].to_pylist(), incident, strict=True))
    return np.array(
        [number.get(of.get(name, ""), -1) for name in ids.tolist()], np.int64
    )


def _attributed(
    exercise: Exercise, truth: dict[str, npt.NDArray[Any]], run: Run
) -> tuple[Calibration, int, int]:
    """Calibration over fire, incidents that rest on nothing, those that accuse."""
    parties = parties_of(run.incidents)
    names = run.incidents["incident_id"].to_pylist()
    found = _incident_of(truth["observation_id"], run.members, names)
    event = _event_of_each(truth["event"], found, how_many=len(names))
    p = np.zeros((len(names), len(parties)))
    for n, party in enumerate(parties):
        p[:, n] = run.incidents[f"p_{party}"].to_numpy()
    did = _who_fired(exercise, parties)
    nothing = event == -1
    who = np.where(event >= 0, did[np.maximum(event, 0)], -1)
    fire = np.isin(run.incidents["kind"].to_pylist(), [KINDS[n] for n in FIRE_KINDS])
    judged = (nothing & fire) | (who >= 0)  # hostile fire, and fire that never was
    known = calibrate(p[judged], who[judged])
    named = p[nothing].max(axis=1, initial=0.0) > 0.5  # noqa: PLR2004  # more than even
    return known, int(nothing.sum()), int(named.sum())


def _event_of_each(
    event: npt.NDArray[np.int64], found: npt.NDArray[np.int64], *, how_many: int
) -> npt.NDArray[np.int64]:
    """True event that most members of each incident belong to.

    -1 where no member belongs to any, -2 where the incident has none of our members.
    """
    of = np.full(how_many, -2, dtype=np.int64)
    of[found[found >= 0]] = -1
    true = (found >= 0) & (event >= 0)
    (incident, which), count = np.unique(
        np.stack([found[true], event[true]]), axis=1, return_counts=True
    )
    order = np.lexsort((-which, count, incident))  # the last of each incident wins
    of[incident[order]] = which[order]
    return of


def _who_fired(exercise: Exercise, parties: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of the party of each true event of hostile fire, -1 for all others."""
    events = exercise.truth_events
    number = {party: n for n, party in enumerate(parties)}
    rows = zip(events["party"].to_pylist(), events["fire"].to_pylist(), strict=True)
    return np.array(
        [number.get(who, -1) if fire else -1 for who, fire in rows], np.int64
    )
