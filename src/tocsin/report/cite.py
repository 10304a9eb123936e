"""Names for what a sentence rests on: A for incidents, B for findings, C for facts.

A label is short and holds within one report; the anchor behind it comes from the
content id and is the same in every report.

>>> cited = labels("A", "i", ["c0ffee", "beef00"])
>>> cited["beef00"]
Link(to='i-beef00', label='A2')
>>> some([cited["c0ffee"]] * 9, rest=Link(to="annex-a", label="Annex A"))[-1]
Link(to='annex-a', label='and 5 more in Annex A')
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from tocsin.report.document import Link

__all__ = ["ANNEX", "anchor", "labels", "some"]

ANCHOR_LENGTH: Final = 16
FIRST_FEW: Final = 4
ANNEX: Final = {
    letter: Link(to=f"annex-{letter.lower()}", label=f"Annex {letter}")
    for letter in "ABCDE"
}


def anchor(prefix: str, content_id: str) -> str:
    """An anchor that is safe in a page, whatever the id holds."""
    return f"{prefix}-{re.sub(r'[^A-Za-z0-9-]', '-', content_id)[:ANCHOR_LENGTH]}"


def labels(
    letter: str, prefix: str, ids: Iterable[str], *, bare: Collection[str] = ()
) -> dict[str, Link]:
    """A link for each id, numbered in the order given.

    Args:
        bare: ids of what must not be known by its content; their anchors are numbers.
    """
    return {
        each: Link(
            to=anchor(prefix, f"withheld-{at}" if each in bare else each),
            label=f"{letter}{at}",
        )
        for at, each in enumerate(ids, start=1)
    }


def some(links: Sequence[Link], *, rest: Link) -> tuple[Link, ...]:
    """The first few links, then how many more there are and where."""
    if len(links) <= FIRST_FEW + 1:
        return tuple(links)
    more = len(links) - FIRST_FEW
    return (
        *links[:FIRST_FEW],
        Link(to=rest.to, label=f"and {more:,} more in {rest.label}"),
    )
