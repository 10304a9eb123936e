"""A question put to an engine with tables from outside, answered whole.

What the command ``tocsin evaluate`` does between reading and writing. The tables are
those of :mod:`tocsin.agreement.given`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.agreement.evaluate import Engine, evaluate
from tocsin.agreement.terms import Agreement
from tocsin.errors import TocsinError, WrongUse
from tocsin.model.places import Areas
from tocsin.model.records import Outcome
from tocsin.model.tables import VERDICTS

if TYPE_CHECKING:
    from tocsin.agreement.evaluate.online_replay import Progress

__all__ = ["Answered", "ask", "bounds"]

SECOND: Final = timedelta(seconds=1)
FIRST: Final = ("t", "t_start")
LAST: Final = ("t", "t_end", "received_at", "known_at")
OWN: Final = ("clause", "party", "sector", "subject", "t", "due", "verdict")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came out.

    Attributes:
        verdicts: a VERDICTS table.
        changes: all that was said on the way, by the online engine; else None.
    """

    verdicts: pa.Table
    changes: pa.Table | None = None


def bounds(
    *tables: pa.Table | None,
    start: datetime | None = None,
    until: datetime | None = None,
    as_known_at: datetime | None = None,
) -> tuple[datetime, datetime]:
    """When a question starts and ends; by what the tables hold where nobody says.

    It starts with the first act or watch. It ends at ``as_known_at``, else one second
    after the last instant of which a table speaks.

    Raises:
        WrongUse: the tables are empty.
    """
    given = [table for table in tables if table is not None]
    first = [pc.min(t[n]).as_py() for t in given for n in FIRST if n in t.column_names]
    last = [pc.max(t[n]).as_py() for t in given for n in LAST if n in t.column_names]
    begins = start or min((at for at in first if at is not None), default=None)
    ends = until or as_known_at
    ends = ends or max((at + SECOND for at in last if at is not None), default=None)
    if begins is None or ends is None:
        raise WrongUse("the tables hold no instant; say from when and until when")
    return begins, ends


def ask(  # noqa: PLR0913  # as for evaluate
    agreement: Agreement,
    facts: pa.Table,
    *,
    coverage: pa.Table | None = None,
    areas: Areas | None = None,
    start: datetime,
    until: datetime,
    as_known_at: datetime | None = None,
    engine: Engine = "batch",
    seed: int = 0,
    progress: Progress | None = None,
) -> Outcome[Answered]:
    """The verdicts of an engine; of the online engine, with their revisions.

    The oracle and the batch engine know only one state of knowledge: every row is
    revision 1, known at ``as_known_at`` (null: at the end). The online engine takes the
    facts in the order in which they came.
    """
    whole = evaluate(
        agreement,
        facts,
        coverage=coverage,
        areas=areas,
        start=start,
        until=until,
        as_known_at=as_known_at,
        engine=engine,
        seed=seed,
    )
    if engine != "online":
        return Outcome(records=Answered(verdicts=whole.records), issues=whole.issues)
    from tocsin.agreement.evaluate.online_replay import replay

    told = replay(
        agreement,
        facts,
        coverage=coverage,
        areas=areas,
        start=start,
        until=until,
        as_known_at=as_known_at,
        seed=seed,
        progress=progress,
    )
    revised = _with_revisions(whole.records, told.verdicts)
    return Outcome(
        records=Answered(verdicts=revised, changes=told.changes), issues=whole.issues
    )


def _with_revisions(verdicts: pa.Table, told: pa.Table) -> pa.Table:
    """The verdicts, each with how often it was said and since when."""
    same = [verdicts[name].equals(told[name]) for name in OWN]
    if not all(same):
        raise TocsinError(
            "the online engine says one thing of all facts at once and another of the"
            " same facts as they came in; this is a fault of Tocsin: please report it"
        )
    for name in ("revision", "known_at"):
        place = VERDICTS.get_field_index(name)
        verdicts = verdicts.set_column(place, VERDICTS.field(place), told[name])
    return verdicts
