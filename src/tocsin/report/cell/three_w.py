"""The board as OCHA 3W with HXL tags: who does what where, one line each.

A CSV table whose second line holds HXL hashtags. It is a projection: gates, caveats
and doubts have columns of their own and stay attached. Nothing is finer than a region,
and no unit has a place. What is not CLEAR or GREEN is left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from tocsin.coordination import Overview, Standing
from tocsin.coordination.caveats import areas_of, label
from tocsin.model import Marking, utc_text
from tocsin.model.contributions import STAGES

__all__ = ["HXL", "three_w"]

HXL: Final = (
    ("who", "#org+name"),
    ("what", "#sector+name"),
    ("capability", "#activity+type"),
    ("where", "#adm1+name"),
    ("stage", "#status"),
    ("quantity", "#capacity+num"),
    ("unit", "#capacity+unit"),
    ("deployable", "#status+deployable"),
    ("waits for", "#description+waits_for"),
    ("caveats", "#description+caveats"),
    ("from", "#date+start"),
    ("until", "#date+end"),
    ("certainty", "#meta+certainty"),
    ("source", "#meta+source"),
    ("url", "#meta+url"),
    ("origin", "#meta+origin"),
    ("as of", "#date+reported"),
)


RELEASABLE: Final = frozenset({Marking.CLEAR, Marking.GREEN})


def three_w(view: Overview, *, released_to_all: bool = True) -> bytes:
    """Who does what where, one line for each contribution, function and region.

    Args:
        view: the board at an instant.
        released_to_all: leave out what is not CLEAR or GREEN; exercises have no secret
            and are always whole.
    """
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([head for head, _ in HXL])
    rows.writerow([tag for _, tag in HXL])
    for one in view.status.standings:
        if one.stage in STAGES and _released(one, view, public=released_to_all):
            for function in one.contribution.functions:
                for area in areas_of(one.contribution, view.board):
                    rows.writerow(
                        [_safe(cell) for cell in _line(one, function, area, view)]
                    )
    return out.getvalue().encode()


def _released(one: Standing, view: Overview, *, public: bool) -> bool:
    observed = view.board.origin.value == "observed"
    return not (public and observed) or one.contribution.marking in RELEASABLE


def _line(one: Standing, function: str, area: str, view: Overview) -> Sequence[object]:
    given = one.contribution
    last = next((s for s in reversed(given.steps) if s.stage is one.stage), None)
    reached = one.quantities.get(one.stage.value) if one.stage else None
    return (
        given.state,
        function,
        given.capability,
        area,
        one.stage.value if one.stage else "",
        "" if reached is None else reached,
        given.unit,
        "yes" if one.deployable else "no",
        " | ".join(one.waits_for),
        " | ".join(label(given, at) for at in range(len(given.caveats))),
        given.valid_from or "",
        given.valid_until or "",
        one.certainty.value,
        last.source.title if last else "",
        last.source.url if last else "",
        given.origin.value,
        utc_text(view.at),
    )


def _safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
