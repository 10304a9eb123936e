"""The sources of an exercise: who runs each network and how it knows.

Every network has an owner and a way of knowing of its own, so that two networks are
two independent sources; the three press channels copy from each other.

>>> from tocsin.exercise.cast import LANTERN
>>> [s.id for s in descriptions(LANTERN, origin="exercise")][:2]
['exercise-acoustic', 'exercise-cameras']
"""

from __future__ import annotations

from typing import Final

from tocsin.exercise.cast import Cast
from tocsin.model import CoverageOf, Origin, Record, SourceDescription
from tocsin.model.vocabulary import Platform

__all__ = ["SOURCES", "Network", "descriptions", "source_ids"]


class Network(Record, frozen=True, kw_only=True):
    """One source: names in braces are filled with those of the cast.

    Attributes:
        name: its id without the origin.
        sensor: True for an instrument of the mission with intact custody.
    """

    name: str
    title: str
    owner: str
    way: str
    platform: Platform
    sensor: bool = False


SOURCES: Final = (
    Network(
        name="acoustic",
        title="Acoustic arrays",
        owner="{g1} contingent",
        way="sound ranging",
        platform=Platform.ACOUSTIC_SENSOR,
        sensor=True,
    ),
    Network(
        name="cameras",
        title="Static cameras",
        owner="{lead} contingent",
        way="fixed cameras",
        platform=Platform.STATIC_CAMERA,
        sensor=True,
    ),
    Network(
        name="uav",
        title="Unmanned aircraft",
        owner="{g2} contingent",
        way="aerial imagery",
        platform=Platform.MID_RANGE_UAV,
        sensor=True,
    ),
    Network(
        name="patrols",
        title="Patrols",
        owner="Mechanism",
        way="patrols",
        platform=Platform.PATROL,
        sensor=True,
    ),
    Network(
        name="satellite",
        title="Thermal satellite",
        owner="{g3} space agency",
        way="thermal imagery",
        platform=Platform.SATELLITE_IMAGERY,
    ),
    Network(
        name="press",
        title="Press digest",
        owner="Free press desk",
        way="press and posts",
        platform=Platform.OPEN_SOURCE,
    ),
    Network(
        name="press-north",
        title="Channel North",
        owner="Channel North",
        way="posts of one side",
        platform=Platform.OPEN_SOURCE,
    ),
    Network(
        name="press-south",
        title="Channel South",
        owner="Channel South",
        way="posts of one side",
        platform=Platform.OPEN_SOURCE,
    ),
    Network(
        name="hotline",
        title="Hotline",
        owner="Hotline office",
        way="calls of residents",
        platform=Platform.HOTLINE,
    ),
    Network(
        name="liaison-north",
        title="Liaison office, north",
        owner="{north}",
        way="own statements",
        platform=Platform.PARTY_NOTIFICATION,
    ),
    Network(
        name="liaison-south",
        title="Liaison office, south",
        owner="{south}",
        way="own statements",
        platform=Platform.PARTY_NOTIFICATION,
    ),
)


def source_ids(origin: str) -> tuple[str, ...]:
    """Ids in the order of :data:`SOURCES`."""
    return tuple(f"{origin}-{network.name}" for network in SOURCES)


def descriptions(cast: Cast, *, origin: str) -> tuple[SourceDescription, ...]:
    """A description of each source of an exercise with this cast."""
    first, second, third = cast.guarantors[:3]
    words = {"g1": first, "g2": second, "g3": third, "lead": cast.lead}
    words |= {"north": cast.parties[0], "south": cast.parties[1]}
    return tuple(_describe(network, words, Origin(origin)) for network in SOURCES)


def _describe(
    network: Network, words: dict[str, str], origin: Origin
) -> SourceDescription:
    return SourceDescription(
        id=f"{origin}-{network.name}",
        title=f"{network.title} ({origin})",
        publisher="Exercise directing staff",
        owner=network.owner.format(**words),
        way_of_knowing=network.way,
        licence="Apache-2.0",
        redistribute=True,
        origin=origin,
        platform=network.platform,
        coverage=CoverageOf(area="sectors of the exercise", per_row=True),
        mission_sensor=network.sensor,
    )
