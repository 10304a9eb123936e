"""The head of the page: one sentence, six large numbers, what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.coordination import Overview
from tocsin.model.contributions import STAGES
from tocsin.model.records import Record
from tocsin.report.cell.names import plain
from tocsin.report.document import (
    Term,
)
from tocsin.report.wording import counted, number, stamp

__all__ = ["Pill", "facts", "lead", "pills"]


class Pill(Record, frozen=True, kw_only=True):
    """A number that stands large at the head of the page."""

    number: str
    words: str


def lead(view: Overview) -> str:
    """How many contributions can be deployed, wait, or are frozen, in one sentence."""
    offers = [s for s in view.status.standings if s.stage in STAGES]
    ready = sum(s.deployable for s in offers)
    frozen = sum(s.frozen_since is not None for s in offers)
    waiting = sum(bool(s.waits_for) and s.frozen_since is None for s in offers)
    if view.ceasefire is None:
        begin = "No ceasefire is in force, as far as is on record."
    elif view.suspended:
        begin = "The ceasefire is suspended."
    else:
        begin = f"Month {view.status.month} of the ceasefire."
    of = counted(len(offers), "contribution")
    wait = "waits" if waiting == 1 else "wait"
    are = "is" if frozen == 1 else "are"
    return (
        f"{begin} Of {of} {number(ready)} can be deployed now, {number(waiting)} {wait}"
        f" for a gate, and {number(frozen)} {are} frozen."
    )


def pills(view: Overview) -> Iterator[Pill]:
    """The numbers that stand large."""
    standings = view.status.standings
    for stage in STAGES:
        here = sum(s.stage is stage for s in standings)
        yield Pill(number=number(here), words=stage.value)
    yield Pill(number=number(sum(s.deployable for s in standings)), words="deployable")
    gaps = sum(1 for row in view.status.rows if row.gap)
    yield Pill(number=number(gaps), words="rows of the board with a gap")


def facts(view: Overview) -> Iterator[Term]:
    """What the page rests on."""
    begun = "not on record" if view.ceasefire is None else stamp(view.ceasefire)
    yield Term(word="Ceasefire began", meaning=begun)
    clause = view.board.ceasefire or "no clause is named"
    yield Term(word="Ceasefire clause", meaning=clause)
    yield Term(word="Host", meaning=plain(view.board.host) or "not named")
    yield Term(word="Board as of", meaning=stamp(view.at))
    yield Term(word="Origin", meaning=view.board.origin.value)
