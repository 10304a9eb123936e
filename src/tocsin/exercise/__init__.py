"""The only generator: a fictional ceasefire, what was seen of it, and the truth.

The demo, the benchmarks and the stress test's adversaries build on it. See
``docs/explanation/exercise.md``.

>>> import numpy as np
>>> quiet = Scenario(days=1, per_day=100, plan=(), answers=())
>>> generate(quiet, rng=np.random.Generator(np.random.PCG64(1))).observations.num_rows
101
"""

from tocsin.exercise.answers import Answer, Ballot
from tocsin.exercise.areas import areas_bytes, areas_geojson, control_geojson
from tocsin.exercise.cast import LANTERN, Cast, aliased
from tocsin.exercise.files import FILES, write
from tocsin.exercise.generate import Exercise, Progress, generate
from tocsin.exercise.parts import (
    Convoy,
    Denials,
    Escalation,
    Exchange,
    FalseReports,
    HeavyWeapons,
    Inspection,
    Jamming,
    Part,
    Provocation,
    ReturnFire,
    ShotCameras,
)
from tocsin.exercise.reports import Misspecified
from tocsin.exercise.scenario import LANTERN_ANSWERS, LANTERN_PLAN, Scenario
from tocsin.exercise.score import (
    CLAUSES,
    Score,
    score,
    score_attribution,
    score_incidents,
)
from tocsin.exercise.sources import descriptions
from tocsin.exercise.truth import Terms

__all__ = [
    "CLAUSES",
    "FILES",
    "LANTERN",
    "LANTERN_ANSWERS",
    "LANTERN_PLAN",
    "Answer",
    "Ballot",
    "Cast",
    "Convoy",
    "Denials",
    "Escalation",
    "Exchange",
    "Exercise",
    "FalseReports",
    "HeavyWeapons",
    "Inspection",
    "Jamming",
    "Misspecified",
    "Part",
    "Progress",
    "Provocation",
    "ReturnFire",
    "Scenario",
    "Score",
    "ShotCameras",
    "Terms",
    "aliased",
    "areas_bytes",
    "areas_geojson",
    "control_geojson",
    "descriptions",
    "generate",
    "score",
    "score_attribution",
    "score_incidents",
    "write",
]
