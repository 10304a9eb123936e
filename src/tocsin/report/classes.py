"""The classes in which a report counts what was recorded, each with a sign of its own.

A class describes what was seen; whether it breaches a clause is another question and
stands in another section. Exercises are a class apart, and classes are never summed.

>>> [shown.name for shown in CLASSES if shown.fire]
['impact', 'outgoing', 'explosion', 'shots']
"""

from __future__ import annotations

from typing import Final

import polars as pl

from tocsin.model import ObservationKind, Record

__all__ = ["CLASSES", "ShownClass", "class_of", "shown_class"]


class ShownClass(Record, frozen=True, kw_only=True):
    """A class of recorded incidents.

    Attributes:
        name: also the name of its drawn sign.
        fire: True where weapons were fired, exercises apart.
        kinds: kinds of incident that fall into it, unless an earlier rule took them.
    """

    name: str
    one: str
    many: str
    short: str
    fire: bool = False
    kinds: tuple[ObservationKind, ...] = ()


_K = ObservationKind
CLASSES: Final = (
    ShownClass(name="impact", one="impact", many="impacts", short="Impacts", fire=True),
    ShownClass(
        name="outgoing",
        one="explosion assessed as outgoing",
        many="explosions assessed as outgoing",
        short="Outgoing",
        fire=True,
    ),
    ShownClass(
        name="explosion",
        one="explosion of undetermined direction",
        many="explosions of undetermined direction",
        short="Explosions",
        fire=True,
        kinds=(_K.EXPLOSION, _K.AIRBURST),
    ),
    ShownClass(
        name="shots",
        one="incident with shots, bursts or projectiles",
        many="incidents with shots, bursts or projectiles",
        short="Shots",
        fire=True,
        kinds=(
            _K.SHOT,
            _K.BURST,
            _K.PROJECTILE_IN_FLIGHT,
            _K.MUZZLE_FLASH,
            _K.SALVO,
            _K.EXCHANGE_OF_FIRE,
        ),
    ),
    ShownClass(
        name="air",
        one="flight of an aerial vehicle",
        many="flights of aerial vehicles",
        short="Flights",
        kinds=(_K.UAV_OVERFLIGHT,),
    ),
    ShownClass(
        name="weapons",
        one="weapon, position, work or mine",
        many="weapons, positions, works or mines",
        short="Weapons",
        kinds=(
            _K.WEAPON_PRESENCE,
            _K.POSITION_NEW,
            _K.POSITION_MOVED_FORWARD,
            _K.TRENCH_OR_FORTIFICATION,
            _K.MINE_OR_UXO,
        ),
    ),
    ShownClass(
        name="restriction",
        one="restriction of the monitors",
        many="restrictions of the monitors",
        short="Restrictions",
        kinds=(_K.RESTRICTION, _K.JAMMING),
    ),
    ShownClass(
        name="harm",
        one="report of casualties or damage",
        many="reports of casualties or damage",
        short="Harm",
        kinds=(_K.CASUALTY, _K.DAMAGE, _K.CRATER),
    ),
    ShownClass(
        name="exercise",
        one="incident assessed as a live-fire exercise",
        many="incidents assessed as live-fire exercises",
        short="Exercises, apart",
    ),
    ShownClass(
        name="other",
        one="other observation",
        many="other observations",
        short="Other",
    ),
)
"""In the order of the report."""

_BY_NAME: Final = {shown.name: shown for shown in CLASSES}
_BY_KIND: Final = {kind.value: shown.name for shown in CLASSES for kind in shown.kinds}


def shown_class(name: str) -> ShownClass:
    """The class of this name."""
    return _BY_NAME[name]


def class_of() -> pl.Expr:
    """The class of each incident, from `kind`, `exercise`, `outgoing` and `impact`.

    Only an incident that is assessed as outgoing and never as an impact counts as
    outgoing, and the other way round; where reports differ, it is undetermined.
    """
    fire = pl.col("kind").replace_strict(_BY_KIND, default="other")
    directed = fire.is_in(["explosion", "shots"])
    return (
        pl.when(pl.col("exercise"))
        .then(pl.lit("exercise"))
        .when(directed & pl.col("impact") & ~pl.col("outgoing"))
        .then(pl.lit("impact"))
        .when((fire == "explosion") & pl.col("outgoing") & ~pl.col("impact"))
        .then(pl.lit("outgoing"))
        .otherwise(fire)
        .alias("class")
    )
