"""Names and doubts as the page shows them."""

from __future__ import annotations

from tocsin.model.contributions import Certainty
from tocsin.report.document import (
    Tone,
)

__all__ = ["plain", "unsure"]


def plain(name: str) -> str:
    """A name of the rules as people write it."""
    return name.replace("_", " ")


def unsure(one: Certainty) -> Tone:
    """The tone of a certainty: plain only for what its state said itself."""
    return "" if one is Certainty.STATED else "unknown"
