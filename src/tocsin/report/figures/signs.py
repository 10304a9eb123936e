"""One drawn sign per class, told apart by shape; colour only helps.

Each sign fits a square of 16 around the origin.

>>> sign("impact")
'<path d="M0 -6.5L6.5 0L0 6.5L-6.5 0Z" class="sign impact solid"/>'
"""

from __future__ import annotations

from typing import Final

from tocsin.report.figures.svg import tag

__all__ = ["SIGNS", "sign"]

_SOLID: Final = {
    "impact": "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
    "explosion": "M0 -5.2A5.2 5.2 0 1 1 0 5.2A5.2 5.2 0 1 1 0 -5.2Z",
    "air": "M0 -6L6.2 5H-6.2Z",
    "weapons": "M-5 -5H5V5H-5Z",
    "harm": "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
}
_DRAWN: Final = {
    "outgoing": "M0 -5.5A5.5 5.5 0 1 1 0 5.5A5.5 5.5 0 1 1 0 -5.5Z",
    "shots": "M-5 -5L5 5M5 -5L-5 5",
    "restriction": "M-3 -6H3L6 -3V3L3 6H-3L-6 3V-3ZM-3.5 0H3.5",
    "exercise": "M-5.5 -5.5H5.5V5.5H-5.5ZM-5.5 5.5L5.5 -5.5",
    "other": "M-3 0H3",
    "watched": "M-7 -7H7V7H-7Z",
    "unwatched": "M-7 -7H7V7H-7ZM-7 0L0 -7M-7 7L7 -7M0 7L7 0",
    "unstated": "M-7 -7H7V7H-7ZM-3 -2A3 3 0 1 1 0 1V2.5M0 4.6V5.2",
    "doubt": "M0 -7A7 7 0 1 1 0 7A7 7 0 1 1 0 -7Z",
    "sector-seen": "M-7 3A8 8 0 0 1 7 3L3.5 7A4 4 0 0 0 -3.5 7Z",
    "line": "M-8 0H8",
    "zone": "M-8 -5H8V5H-8Z",
    "bin": "M0 -7L6 -3.5V3.5L0 7L-6 3.5V-3.5Z",
    "bar-fire": "M-3 -7H3V7H-3Z",
    "bar-rest": "M-3 -7H3V7H-3Z",
    "bar-exercise": "M-3 -7H3V7H-3Z",
    "bar-done": "M-7 -7H7V7H-7Z",
    "bar-half": "M-7 -7H7V7H-7Z",
    "bar-gap": "M-7 -7H7V7H-7ZM-7 0L0 -7M-7 7L7 -7M0 7L7 0",
    "now": "M0 -8V8",
    "done": "M-6 0L-2 4L6 -5",
    "due": "M0 -6A6 6 0 1 1 0 6A6 6 0 1 1 0 -6ZM0 -3V0L2.5 1.5",
    "missed": "M-6 -6H6V6H-6ZM-3 -3L3 3M3 -3L-3 3",
}
SIGNS: Final = tuple(sorted((*_SOLID, *_DRAWN)))
"""Every name that :func:`sign` knows."""


def sign(name: str, *, at: tuple[float, float] | None = None) -> str:
    """The sign of this name, at a point of the drawing or around its origin."""
    kind = "solid" if name in _SOLID else "drawn"
    shape = _SOLID.get(name) or _DRAWN[name]
    place = None if at is None else f"translate({at[0]:.1f} {at[1]:.1f})"
    return tag("path", d=shape, klass=f"sign {name} {kind}", transform=place)
