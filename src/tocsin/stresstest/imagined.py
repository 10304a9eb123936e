"""Imagined histories: an adversary against the text, played through the real pipeline.

In: an adversary, a seed and a length. Out: what the mission would have seen of it,
told as :class:`Played`: whether somebody broke the peace in earnest, whether it was
alleged, found and answered, how long that took, and what fired without a cause. The
evidence comes from :mod:`tocsin.exercise` with origin ``imagined`` and no names; the
stages are those of :func:`tocsin.pipeline.run`, in memory, so that the stress test
cannot drift from what a mission would get.

The agreement is that of the exercise: an adversary needs a ground to act on, and the
ground is part of the exercise. Adversaries say how much and when in the abstract; none
of them is a plan for anybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import shapely.geometry

from tocsin import exercise, pipeline
from tocsin.agreement.areas import load_areas
from tocsin.agreement.load import load
from tocsin.agreement.terms import Agreement
from tocsin.connectors.registry import description
from tocsin.errors import WrongUse
from tocsin.evidence import Issues, RawRows, Reading, take_in
from tocsin.exercise.cast import LANTERN, aliased
from tocsin.model.control import Control, ControlLayer
from tocsin.model.places import Area, Areas
from tocsin.model.records import Record
from tocsin.model.vocabulary import Origin
from tocsin.stresstest.alias import renamed

__all__ = [
    "ADVERSARIES",
    "Adversary",
    "Played",
    "Summary",
    "imagine",
    "play",
    "summarise",
]

Adversary: TypeAlias = Literal[
    "quiet",
    "slices",
    "fait_accompli",
    "provocation",
    "blinding",
    "false_reports",
    "pressure",
]
ADVERSARIES: Final[tuple[Adversary, ...]] = (
    "quiet",
    "slices",
    "fait_accompli",
    "provocation",
    "blinding",
    "false_reports",
    "pressure",
)
FINDING: Final = "serious_violation"
THRESHOLD: Final = 40
SECTORS: Final = 12
EARNEST: Final = frozenset({"fait_accompli", "blinding", "pressure"})
"""Adversaries that break the peace in earnest; the others must not be found."""

Progress = Callable[[str, float], None]
Counts = npt.NDArray[np.int64]


class Played(Record, frozen=True, kw_only=True):
    """One imagined history and what became of it. Times in hours after the threshold.

    Attributes:
        earnest: somebody broke the peace so that it should be found.
        alleged: the finding was alleged where it should be.
        found: and attributed.
        answered: and a response adopted, or a measure in effect.
        alleged_h, answered_h: how long after the adversary began; None: never.
        false_alleged: allegations against the adversary's victim, or where nothing was.
    """

    adversary: Adversary
    seed: int
    days: int
    observations: int
    earnest: bool
    alleged: bool
    found: bool
    answered: bool
    alleged_h: float | None
    answered_h: float | None
    false_alleged: int
    origin: Origin = Origin.IMAGINED


class Summary(Record, frozen=True, kw_only=True):
    """Many histories of one adversary, in shares."""

    adversary: Adversary
    histories: int
    alleged: float
    found: float
    answered: float
    false_per_history: float
    median_alleged_h: float | None
    sentence: str


# --- the adversaries -----------------------------------------------------------------


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What an adversary does in one history: who, where, from when."""

    party: int
    sector: int
    begin_h: float
    plan: tuple[exercise.Part, ...]
    answers: tuple[exercise.Answer, ...]


def attempt(adversary: Adversary, days: int, rng: np.random.Generator) -> Attempt:
    """The adversary's part of a history, drawn by chance."""
    party, sector = int(rng.integers(2)), int(rng.integers(SECTORS))
    begin = float(rng.uniform(24, days * 24 - 96))
    plan = tuple(_plan(adversary, party, sector, begin, days))
    refusing = adversary == "pressure"
    return Attempt(
        party=party,
        sector=sector,
        begin_h=begin,
        plan=plan,
        answers=(_answer(party, sector, refusing=refusing),),
    )


def _plan(
    adversary: Adversary, party: int, sector: int, begin: float, days: int
) -> Iterator[exercise.Part]:
    other = 1 - party
    surge = exercise.Escalation(
        party=party, sector=sector, begin_h=begin, hours=36, events=2 * THRESHOLD
    )
    match adversary:
        case "slices":
            for start in np.arange(begin % 73, days * 24 - 72, 73.0):
                yield exercise.Escalation(
                    party=party,
                    sector=sector,
                    begin_h=float(start),
                    hours=48,
                    events=THRESHOLD // 2,
                )
        case "fait_accompli":
            yield msgspec.structs.replace(surge, hours=12)
        case "pressure":
            yield surge
        case "provocation":
            yield exercise.Provocation(
                party=party, sector=sector, begin_h=begin, events=THRESHOLD // 3
            )
        case "blinding":
            yield exercise.Jamming(by=party, sector=sector, begin_h=begin, hours=48)
            yield exercise.ShotCameras(by=party, sector=sector, begin_h=begin, hours=48)
            yield exercise.Denials(
                by=party, sector=sector, begin_h=begin, hours=48, times=6
            )
            yield msgspec.structs.replace(surge, begin_h=begin + 2)
        case "false_reports":
            yield exercise.FalseReports(
                by=other, sector=sector, begin_h=begin, hours=48, reports=200
            )


def _answer(party: int, sector: int, *, refusing: bool) -> exercise.Answer:
    """Everybody does their part, but the first guarantor who is leaned on."""
    said: Literal["yes", "no"] = "no" if refusing else "yes"
    return exercise.Answer(
        party=party,
        sector=sector,
        attribution=(
            exercise.Ballot(member="lead", vote="yes", after_h=20),
            exercise.Ballot(member=1, vote="yes", after_h=24),
        ),
        meet_h=12,
        propose_h=14,
        ballots=(
            exercise.Ballot(member=0, vote=said, after_h=6),
            exercise.Ballot(member=1, vote="yes", after_h=8),
            exercise.Ballot(member=2, vote="yes", after_h=10),
        ),
    )


# --- one history through the pipeline ------------------------------------------------


def play(
    adversary: Adversary, seed: int, *, days: int = 90, per_day: int = 200
) -> Played:
    """One history: the adversary's evidence, through every stage, and its answer."""
    number = ADVERSARIES.index(adversary)
    rng = np.random.Generator(np.random.PCG64([seed, number]))
    tried = attempt(adversary, days, rng)
    scenario = exercise.Scenario(
        days=days,
        per_day=per_day,
        origin="imagined",
        plan=tried.plan,
        answers=tried.answers,
    )
    made = exercise.generate(scenario, rng=rng)
    agreement, areas = _lantern()
    result = pipeline.run(
        agreement,
        pipeline.gather(_readings(made)),
        areas=areas,
        asked=pipeline.Question(start=scenario.start),
        control=_control(made),
    )
    return _told(adversary, seed, tried, scenario, made, result)


@cache
def _lantern() -> tuple[Agreement, Areas]:
    """The agreement of the exercise and its map, without names."""
    folder = Path(exercise.__file__).parent / "lantern"
    names = _aliases()
    agreement: Agreement = renamed(load(folder), names)
    areas = load_areas(folder).records.areas
    return agreement, Areas(areas=tuple(_area(one, names) for one in areas))


def _aliases() -> dict[str, str]:
    """Every name of the exercise's cast to its alias."""
    hidden = aliased(LANTERN)
    pairs = [
        *zip(LANTERN.parties, hidden.parties, strict=True),
        *zip(LANTERN.guarantors, hidden.guarantors, strict=True),
        (LANTERN.lead, hidden.lead),
        *zip(LANTERN.sectors, hidden.sectors, strict=True),
        *zip(LANTERN.sites, hidden.sites, strict=True),
        *zip(LANTERN.ranges, hidden.ranges, strict=True),
        *zip(LANTERN.areas, hidden.areas, strict=True),
    ]
    return dict(pairs)


def _area(area: Area, names: dict[str, str]) -> Area:
    variants = tuple(names[name] for name in area.variants if name in names)
    name = names.get(area.name, area.name)
    return msgspec.structs.replace(area, name=name, variants=variants)


def _control(made: exercise.Exercise) -> Control:
    """Who holds which ground, as the exercise draws it."""
    held = {
        feature["properties"]["party"]: shapely.geometry.shape(feature["geometry"])
        for feature in made.control["features"]
    }
    layer = ControlLayer(valid_from=None, held=held)
    return Control(
        publisher="Exercise directing staff", origin=Origin.IMAGINED, layers=(layer,)
    )


def _readings(made: exercise.Exercise) -> list[Reading]:
    """The evidence through the intake, as if it came from files."""
    tables = {
        "observations": made.observations,
        "watch": made.watch,
        "register": made.register,
    }
    return [_reading(name, table) for name, table in tables.items()]


def _reading(name: str, table: pa.Table) -> Reading:
    source = msgspec.structs.replace(
        description(f"exercise-{name}"),
        id=f"imagined-{name}",
        origin=Origin.IMAGINED,
    )
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    rows = np.arange(1, frame.height + 1, dtype=np.int64)
    raw = RawRows(file=f"imagined/{name}", frame=frame, rows=rows, failed=Issues())
    return take_in(raw, source)


def _told(
    adversary: Adversary,
    seed: int,
    tried: Attempt,
    scenario: exercise.Scenario,
    made: exercise.Exercise,
    result: pipeline.Result,
) -> Played:
    names = scenario.names
    party, sector = names.parties[tried.party], names.sectors[tried.sector]
    episodes = [e for e in result.evaluation.episodes if e.name == FINDING]
    theirs = [e for e in episodes if (e.party, e.sector) == (party, sector)]
    earnest = adversary in EARNEST
    begin = tried.begin_h

    def hours(at: datetime) -> float:
        return (at - scenario.start).total_seconds() / 3_600 - begin

    right = theirs if earnest else []
    answers = [
        d.decided_at
        for d in result.evaluation.decisions
        if d.outcome == "adopted" and d.episode in {e.episode_id for e in right}
        if d.decided_at is not None
    ]
    answers += [
        e.due or e.arose_at
        for e in result.evaluation.effects
        if e.on == party and e.state in ("in_effect", "pending") and right
    ]
    return Played(
        adversary=adversary,
        seed=seed,
        days=scenario.days,
        observations=made.observations.num_rows,
        earnest=earnest,
        alleged=bool(right),
        found=any(e.found_at is not None for e in right),
        answered=bool(answers),
        alleged_h=min((hours(e.alleged_at) for e in right), default=None),
        answered_h=min((hours(at) for at in answers), default=None),
        false_alleged=len(episodes) - len(right),
    )


# --- many histories ------------------------------------------------------------------


def imagine(
    histories: int,
    *,
    seed: int,
    days: int = 90,
    per_day: int = 200,
    adversaries: Sequence[Adversary] = ADVERSARIES,
    keep: Path | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> tuple[Played, ...]:
    """So many histories, the adversaries in turn; the same seed gives the same ones.

    Args:
        histories: how many in all.
        seed: of the first; each next one has the next.
        days, per_day: of each history.
        adversaries: who is played, in turn.
        keep: file of one JSON line a history. What it holds already is not played
            again, so that a run that was broken off goes on where it stopped.
        processes: how many at a time.
        progress: told after each history.

    Raises:
        WrongUse: the file holds histories of another length.
    """
    tell = progress or (lambda _what, _share: None)
    wanted = [
        (adversaries[at % len(adversaries)], seed + at) for at in range(histories)
    ]
    done = _kept(keep, days)
    open_ = [pair for pair in wanted if pair not in done]
    one = partial(_play_one, days=days, per_day=per_day)
    for at, played in enumerate(_run(one, open_, processes), start=1):
        done[played.adversary, played.seed] = played
        _append(keep, played)
        tell(f"{played.adversary} {played.seed}", at / len(open_))
    return tuple(done[pair] for pair in wanted)


def _play_one(pair: tuple[Adversary, int], *, days: int, per_day: int) -> Played:
    return play(pair[0], pair[1], days=days, per_day=per_day)


def _run(
    one: Callable[[tuple[Adversary, int]], Played],
    pairs: list[tuple[Adversary, int]],
    processes: int,
) -> Iterator[Played]:
    if processes <= 1:
        yield from map(one, pairs)
        return
    # Spawned, not forked: the threads of Polars do not survive a fork.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, pairs, chunksize=2)


def _kept(keep: Path | None, days: int) -> dict[tuple[Adversary, int], Played]:
    """What a broken-off run left; a last line that was cut short is played again."""
    if keep is None or not keep.exists():
        return {}
    found = {}
    for line in keep.read_text("utf-8").splitlines():
        try:
            played = msgspec.convert(json.loads(line), Played)
        except (json.JSONDecodeError, msgspec.ValidationError):
            continue
        if played.days != days:
            raise WrongUse(f"{keep} holds histories of {played.days} days, not {days}")
        found[played.adversary, played.seed] = played
    return found


def _append(keep: Path | None, played: Played) -> None:
    if keep is None:
        return
    keep.parent.mkdir(parents=True, exist_ok=True)
    held = keep.read_bytes() if keep.exists() else b""
    cut = bool(held) and not held.endswith(b"\n")
    with keep.open("ab") as file:
        file.write((b"\n" if cut else b"") + msgspec.json.encode(played) + b"\n")


def summarise(played: Sequence[Played]) -> tuple[Summary, ...]:
    """The histories of each adversary, in shares."""
    return tuple(
        _summary(adversary, [one for one in played if one.adversary == adversary])
        for adversary in ADVERSARIES
        if any(one.adversary == adversary for one in played)
    )


def _summary(adversary: Adversary, played: Sequence[Played]) -> Summary:
    n = len(played)
    known = sorted(one.alleged_h for one in played if one.alleged_h is not None)
    alleged, found, answered = (
        sum(getattr(one, name) for one in played) / n
        for name in ("alleged", "found", "answered")
    )
    false = sum(one.false_alleged for one in played) / n
    name = adversary.replace("_", " ")
    said = (
        f"Under {name}, conditional on the exercise's assumptions, {alleged:.0%} of"
        f" {n} imagined histories were alleged, {answered:.0%} answered, with"
        f" {false:.2f} false allegations each."
    )
    return Summary(
        adversary=adversary,
        histories=n,
        alleged=alleged,
        found=found,
        answered=answered,
        false_per_history=false,
        median_alleged_h=float(np.median(known)) if known else None,
        sentence=said,
    )
