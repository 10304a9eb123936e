"""Who plays: parties, guarantors, bodies and place names, all of them invented.

An exercise names the fictional states of ``agreements/exercise-lantern``. An imagined
history names nobody: it calls them ``Party A``, ``Guarantor 1``, ``Sector 3``.

>>> LANTERN.parties
('Northland', 'Southland')
>>> aliased(LANTERN).guarantors
('Guarantor 1', 'Guarantor 2', 'Guarantor 3')
"""

from __future__ import annotations

from itertools import product
from typing import Final

from tocsin.model import Record

__all__ = ["LANTERN", "Cast", "aliased"]

_HEADS = (
    "Ald Bresk Corv Dorr Eskn Farv Gant Hask Ivv Jarl Kestr Lorv Maskr Neskv Orlv"
    " Pelv Quarn Ruskv Sarv Tavr Ulvr Varsk Weskr Yarv Zelv Brunn Corsk Drav Fenv"
    " Galv Holv Isk Jolv Kerv Lusk Mirv Norv Osv Pirr Rolv"
)
_TAILS = (
    "oveth irrun askel undar ethune ivvar orrim elloch amund iskar ovent urrow aveld"
    " errant ilmar ombeth unnel asterre egund ikkel olvane usket avorn ellune indar"
    " orvald umbrin aquel emmar itholm oddun ustrel annoc ervil ibbern oquar uvandel"
    " arrosk essun illaver"
)


class Cast(Record, frozen=True, kw_only=True):
    """Names, in the order in which the world uses them.

    Attributes:
        parties: the party north of the line, then the one south of it.
        guarantors: members of the coalition.
        lead: the state that leads the mechanism.
        coalition: name of the body that consults and decides.
        sectors: from west to east.
        sites: inspection sites, first those of the first party, then of the second.
        ranges: firing ranges, alternating between the parties from west to east.
        areas: disengagement areas.
        settlements: enough for every settlement of the world.
    """

    parties: tuple[str, str]
    guarantors: tuple[str, ...]
    lead: str
    coalition: str = "Coalition"
    sectors: tuple[str, ...]
    sites: tuple[str, ...]
    ranges: tuple[str, ...]
    areas: tuple[str, ...]
    settlements: tuple[str, ...]

    def opponent(self, party: str) -> str:
        """The other party."""
        north, south = self.parties
        return south if party == north else north


LANTERN: Final = Cast(
    parties=("Northland", "Southland"),
    guarantors=("Aurelia", "Brennia", "Caldoria"),
    lead="Meridia",
    sectors=(
        "Alvenor",
        "Brasketh",
        "Corvaline",
        "Dunmarrow",
        "Eskeril",
        "Fenwarden",
        "Garrowmere",
        "Hollistrand",
        "Ivenholt",
        "Jorrandel",
        "Kelvarra",
        "Lorimund",
    ),
    sites=(
        "Haldunvar Depot",
        "Mirrowane Depot",
        "Ostrevane Depot",
        "Pellmarrun Depot",
        "Ruskethar Depot",
        "Tavornell Depot",
    ),
    ranges=(
        "Orrinmoor Range",
        "Sallowmar Range",
        "Thornavel Range",
        "Umberlan Range",
        "Varrowdun Range",
        "Wesselmoor Range",
    ),
    areas=("Quillan Bridge", "Zorrel Halt", "Yarrowen Ford"),
    settlements=tuple(
        head + tail for tail, head in product(_TAILS.split(), _HEADS.split())
    ),
)
"""The names of ``agreements/exercise-lantern``."""


def aliased(cast: Cast) -> Cast:
    """The same roles without names, for imagined histories."""
    return Cast(
        parties=("Party A", "Party B"),
        guarantors=_numbered("Guarantor", len(cast.guarantors)),
        lead=f"Guarantor {len(cast.guarantors) + 1}",
        coalition=cast.coalition,
        sectors=_numbered("Sector", len(cast.sectors)),
        sites=_numbered("Site", len(cast.sites)),
        ranges=_numbered("Range", len(cast.ranges)),
        areas=_numbered("Area", len(cast.areas)),
        settlements=_numbered("Place", len(cast.settlements)),
    )


def _numbered(word: str, how_many: int) -> tuple[str, ...]:
    return tuple(f"{word} {n}" for n in range(1, how_many + 1))
