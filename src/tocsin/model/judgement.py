"""A number that can say why.

>>> tied = Judgement(
...     value=1.5,
...     reasons=(
...         Reason(
...             term="place", value=1.5, compared=("12 km", "sigma 3 km"), source="m"
...         ),
...     ),
... )
>>> print(tied.why())
place +1.50: 12 km against sigma 3 km [m]
"""

from __future__ import annotations

from tocsin.model.records import Record

__all__ = ["Judgement", "Reason"]


class Reason(Record, frozen=True, kw_only=True):
    """One additive term: its name, its weight, the two things compared, the source."""

    term: str
    value: float
    compared: tuple[str, str]
    source: str

    def __str__(self) -> str:
        first, second = self.compared
        return (
            f"{self.term} {self.value:+.2f}: {first} against {second} [{self.source}]"
        )


class Judgement(Record, frozen=True, kw_only=True):
    """A value and the terms that make it up; the terms add up to the value."""

    value: float
    reasons: tuple[Reason, ...] = ()

    def why(self) -> str:
        """The terms, one a line, in words."""
        return "\n".join(str(reason) for reason in self.reasons)
