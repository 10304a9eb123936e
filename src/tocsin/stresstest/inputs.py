"""What people put in: ranges, each with its source. Judgements, not measurements.

In: a TOML file, or nothing (then the ranges of :data:`DEFAULTS`, every one of them
marked as an assumption). Out: :class:`Inputs`. A range is two numbers and is read as
uniform between them; times are three numbers (lowest, usual, highest) and are read as a
triangle. Nothing in a range is ever replaced by its middle without saying so.

>>> Inputs().ranges["willingness"].low
0.22
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tocsin.errors import InputRefused, WrongUse
from tocsin.model.records import Issue, Record, Where

__all__ = ["DEFAULTS", "Hours", "Inputs", "Range", "read_inputs"]

ASSUMED: Final = "assumption of Tocsin's; replace it by your own judgement"


class Range(Record, frozen=True, kw_only=True):
    """A number between two, and who says so."""

    low: float
    high: float
    source: str

    @property
    def middle(self) -> float:
        """Its middle; say so wherever it is used."""
        return (self.low + self.high) / 2


class Hours(Record, frozen=True, kw_only=True):
    """How long a step takes, in hours: at least, usually, at most."""

    low: Annotated[float, Meta(ge=0)]
    usual: Annotated[float, Meta(ge=0)]
    high: Annotated[float, Meta(ge=0)]
    source: str


def _range(low: float, high: float, source: str = ASSUMED) -> Range:
    return Range(low=low, high=high, source=source)


DEFAULTS: Final[dict[str, Range]] = {
    # what the guarantors do
    "willingness": _range(
        0.22,
        0.75,
        "alliance commitments honoured: 22 % (1945-2003, Berkemeier and Fuhrmann 2018)"
        " to 74.5 % (Leeds and others 2000), by coding rule; alliances, not ceasefires",
    ),
    "correlation": _range(0.0, 0.8),
    "silent_refusals": _range(0.2, 0.8),
    # what the monitors and the force deliver
    "attribution": _range(0.3, 0.9),
    "capability": _range(0.2, 0.9),
    # clocks
    "fait_accompli_h": _range(24.0, 168.0),
    "pace": _range(0.7, 1.5),
    # the game: worth of outcomes between 0 and 1, see docs
    "challenger_gain": _range(0.1, 0.6),
    "challenger_war_cost": _range(0.1, 0.9),
    "defender_stake": _range(0.2, 0.8),
    "hard_challenger": _range(0.1, 0.9),
    # false alarms, per window of the clause
    "sensor_errors": _range(0.1, 2.0),
    "misread_self_defence": _range(0.1, 2.0),
    "staged": _range(0.0, 0.2),
    "staged_size": _range(2.0, 20.0),
    "common_error": _range(0.05, 0.5),
    "breaches": _range(2.0, 60.0),
    "seen": _range(0.2, 0.9),
}

UNDATED: Final = Hours(low=24, usual=168, high=720, source=ASSUMED)


class Inputs(Record, frozen=True, kw_only=True):
    """The ranges of one stress test.

    Attributes:
        ranges: by name; see :data:`DEFAULTS` for every name.
        steps: hours of a step, by its words (``Coalition: adopt Response``).
        actors: willingness of single states and bodies, where it differs.
        undated: hours of a step for which the text sets no deadline.
        violator: the party taken to be in breach, or None: left open.
        reversible: by the name of a measure, whether it can be taken back.
        note: what the reader should know of these inputs.
    """

    ranges: dict[str, Range] = msgspec.field(default_factory=lambda: dict(DEFAULTS))
    steps: dict[str, Hours] = {}
    actors: dict[str, Range] = {}
    undated: Hours = UNDATED
    violator: str | None = None
    reversible: dict[str, bool] = {}
    note: str = ""

    def __getitem__(self, name: str) -> Range:
        return self.ranges[name]

    @property
    def fait_accompli_s(self) -> int:
        """How fast facts may be made: the middle of the range, in seconds."""
        return int(self["fait_accompli_h"].middle * 3_600)


def read_inputs(path: Path) -> Inputs:
    """The inputs of a file; what it leaves out keeps the default range.

    Raises:
        WrongUse: there is no such file, or a name that nothing uses.
        InputRefused: the file is not TOML, or a range is not one.
    """
    try:
        held = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Inputs)
    except FileNotFoundError as error:
        raise WrongUse(f"{path}: no such inputs file") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputRefused([_issue(path, str(error))]) from error
    strange = set(held.ranges) - set(DEFAULTS)
    if strange:
        known = ", ".join(DEFAULTS)
        raise WrongUse(
            f"{path}: nothing uses {', '.join(sorted(strange))}; of: {known}"
        )
    wrong = [n for n, r in {**held.ranges, **held.actors}.items() if r.low > r.high]
    if wrong:
        message = f"{', '.join(wrong)}: low is above high"
        raise InputRefused([_issue(path, message)])
    return msgspec.structs.replace(held, ranges={**DEFAULTS, **held.ranges})


def _issue(path: Path, message: str) -> Issue:
    where = Where(file=str(path))
    repair = 'write `name = {low = 0.2, high = 0.7, source = "..."}`'
    return Issue(code="value_invalid", where=where, message=message, repair=repair)
